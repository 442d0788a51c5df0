//! Work that must be done at least once: put in the same transition that caused it, taken by one
//! worker at a time, kept until it is finished or buried.

use std::{fmt, time::Duration};

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::exchange::{EntryId, ExchangeId, OpId, Record};

/// An entry delivered so often without an outcome is suspected of killing its workers. It may as
/// well be another that ran beside it: from now on it runs alone.
pub const SUSPECT_DELIVERIES: u32 = 2;

/// An entry that was blamed so often is poison: each time the process died while nothing else ran,
/// or the step itself panicked. [ROB-24]
pub const POISON_BLAMES: u32 = 5;

/// What is to be done.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkKind {
    /// Provide: ask the Data Provider (0301).
    AskProvider,
    /// Provide: ask again for an answer the provider is still working on.
    PollProvider,
    /// Send an AS4 message.
    SendAs4,
    /// Retrieve: ask the Common Services what is missing for the request.
    Resolve,
    /// Retrieve: tell the consumer that there is something to collect.
    NotifyConsumer,
    /// Delete spooled evidence of an exchange that ended.
    DeleteEvidence,
}

/// Work to be put into the outbox.
#[derive(Clone)]
pub struct NewEntry {
    pub(crate) id: EntryId,
    pub(crate) kind: WorkKind,
    pub(crate) data: Vec<u8>,
    pub(crate) not_before: Option<Timestamp>,
}

/// Work as a worker gets it.
#[derive(Clone)]
pub struct Entry {
    pub(crate) id: EntryId,
    pub(crate) exchange: ExchangeId,
    pub(crate) kind: WorkKind,
    pub(crate) data: Bytes,
    pub(crate) attempt: u32,
    pub(crate) deliveries: u32,
    pub(crate) blames: u32,
}

/// The right to work on an entry until somebody else may take it over.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Lease {
    pub(crate) entry: EntryId,
    pub(crate) exchange: ExchangeId,
    pub(crate) kind: WorkKind,
    pub(crate) holder: OpId,
    pub(crate) length: Duration,
    /// Where the store keeps the delivery; empty where it needs no such place.
    pub(crate) delivery: String,
}

/// An entry with the exchange it belongs to, as it is now.
#[derive(Clone, Debug)]
pub struct Leased {
    /// The work.
    pub entry: Entry,
    /// The exchange, read in the same moment.
    pub record: Record,
    /// What finishes, postpones or buries the entry.
    pub lease: Lease,
}

/// What a worker is willing to do.
#[derive(Clone, Debug)]
pub struct Take {
    /// Name of the worker, unique in the cluster.
    pub worker: String,
    /// The kinds it can do.
    pub kinds: Vec<WorkKind>,
    /// How long nobody else gets the entry unless the lease is extended.
    pub lease: Duration,
    /// How long to wait when there is nothing to do.
    pub wait: Duration,
}

/// Why work was postponed or buried: a short code, never text of a peer.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Reason(String);

/// An entry that nobody will work on until an operator decides.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct DeadLetter {
    /// The entry.
    pub id: EntryId,
    /// The exchange it belongs to.
    pub exchange: ExchangeId,
    /// What was to be done.
    pub kind: WorkKind,
    /// How often it was tried.
    pub attempt: u32,
    /// Why it was given up.
    pub reason: Reason,
    /// When it was given up.
    pub buried: Timestamp,
}

impl NewEntry {
    /// Work of this kind, to be done at once.
    #[must_use]
    pub const fn new(id: EntryId, kind: WorkKind, data: Vec<u8>) -> Self {
        Self {
            id,
            kind,
            data,
            not_before: None,
        }
    }

    /// The same work, not before `at`.
    #[must_use]
    pub const fn not_before(mut self, at: Timestamp) -> Self {
        self.not_before = Some(at);
        self
    }
}

impl Entry {
    /// The identifier, the same at every attempt.
    #[must_use]
    pub const fn id(&self) -> EntryId {
        self.id
    }

    /// The exchange it belongs to.
    #[must_use]
    pub const fn exchange(&self) -> ExchangeId {
        self.exchange
    }

    /// What is to be done.
    #[must_use]
    pub const fn kind(&self) -> WorkKind {
        self.kind
    }

    /// What the route needs for it.
    #[must_use]
    pub const fn data(&self) -> &Bytes {
        &self.data
    }

    /// Which attempt this is, counted from 1. Postponing makes the next attempt.
    #[must_use]
    pub const fn attempt(&self) -> u32 {
        self.attempt
    }

    /// How often this attempt was given to a worker. More than 1: a worker vanished.
    #[must_use]
    pub const fn deliveries(&self) -> u32 {
        self.deliveries
    }

    /// How often this attempt ended without an outcome, and by nobody else's fault.
    #[must_use]
    pub const fn blames(&self) -> u32 {
        self.blames
    }

    /// Whether workers vanished over it, or over what ran beside it.
    #[must_use]
    pub const fn is_suspect(&self) -> bool {
        self.deliveries > SUSPECT_DELIVERIES || self.blames > 0
    }

    /// Whether workers keep vanishing over it and over nothing else.
    #[must_use]
    pub const fn is_poison(&self) -> bool {
        self.blames >= POISON_BLAMES
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("id", &self.id)
            .field("exchange", &self.exchange)
            .field("kind", &self.kind)
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for NewEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewEntry")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl Reason {
    /// The reason with this code.
    #[must_use]
    pub fn new(code: impl Into<String>) -> Self {
        Self(code.into())
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl WorkKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::AskProvider,
        Self::PollProvider,
        Self::SendAs4,
        Self::Resolve,
        Self::NotifyConsumer,
        Self::DeleteEvidence,
    ];

    /// The name as stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AskProvider => "ask-provider",
            Self::PollProvider => "poll-provider",
            Self::SendAs4 => "send-as4",
            Self::Resolve => "resolve",
            Self::NotifyConsumer => "notify-consumer",
            Self::DeleteEvidence => "delete-evidence",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

impl fmt::Display for WorkKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
