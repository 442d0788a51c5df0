//! The trait both stores fulfil, and how they fail.
//!
//! Every method that writes is atomic and durable when it returns `Ok`. A method that failed may
//! have been carried out all the same; repeating it with the same ids is always safe.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use thiserror::Error;

use super::{
    change::{Applied, Change, Opened, Opening},
    id::{EntryId, EpochNumber, ExchangeId},
    message::{Claim, Digest, MessageAnswer, MessageKey, Seen, Ticket},
    record::{LookupKey, Record, Summary},
    state::{Route, State},
};
use crate::{
    outbox::{DeadLetter, Lease, Leased, Reason, Take},
    seal::{IndexKey, SealError},
};

/// Where exchanges, their work and the memory of messages are kept.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Tries to take a message for handling.
    async fn claim(
        &self,
        key: &MessageKey,
        digest: Digest,
        lease: Duration,
    ) -> Result<Claim, StoreError>;

    /// Gives a claim back: a refused message is checked afresh when it comes again.
    async fn release(&self, ticket: &Ticket) -> Result<(), StoreError>;

    /// Answers a message that belongs to no exchange; false when the claim was lost.
    async fn answer(&self, answer: &MessageAnswer) -> Result<bool, StoreError>;

    /// Opens an exchange.
    async fn open(&self, opening: &Opening) -> Result<Opened, StoreError>;

    /// Changes an exchange.
    async fn apply(&self, change: &Change) -> Result<Applied, StoreError>;

    /// Reads an exchange.
    async fn load(&self, id: ExchangeId) -> Result<Option<Record>, StoreError>;

    /// The exchanges known by a name. The caller still compares everything an answer must match.
    async fn find(&self, key: &LookupKey) -> Result<Vec<ExchangeId>, StoreError>;

    /// Removes an exchange with its names and its work; the memory of its messages and requests
    /// stays. False when it is in another epoch.
    async fn forget(&self, id: ExchangeId, epoch: EpochNumber) -> Result<bool, StoreError>;

    /// Waits at most `wait` until the deadline of an exchange has passed, and returns those due,
    /// the oldest first. The same ones come again until their deadline is moved.
    async fn due(&self, limit: usize, wait: Duration) -> Result<Vec<ExchangeId>, StoreError>;

    /// What is remembered about a request id.
    async fn seen(&self, request: &str) -> Result<Seen, StoreError>;

    /// A page of exchanges, newest first.
    async fn list(&self, filter: &Filter, after: Option<Cursor>) -> Result<Page, StoreError>;

    /// Takes one entry, waiting for it at most `take.wait`. No two workers get the same one while
    /// its lease runs.
    async fn take(&self, take: &Take) -> Result<Option<Leased>, StoreError>;

    /// Starts the time of a lease anew; false when it was lost.
    async fn extend(&self, lease: &Lease) -> Result<bool, StoreError>;

    /// Puts an entry back until `until`, as the next attempt; false when the lease was lost.
    async fn postpone(
        &self,
        lease: &Lease,
        until: Timestamp,
        reason: &Reason,
    ) -> Result<bool, StoreError>;

    /// Puts an entry back until `until` as if it had not been taken: the delivery does not count.
    /// False when the lease was lost.
    async fn defer(&self, lease: &Lease, until: Timestamp) -> Result<bool, StoreError>;

    /// Notes that what happens from here on is the doing of this entry: it runs alone, or its step
    /// failed by itself. Counts once per delivery, and until the entry is postponed or replayed.
    /// False when the lease was lost.
    async fn blame(&self, lease: &Lease) -> Result<bool, StoreError>;

    /// Finishes an entry that changes nothing in its exchange; false when the lease was lost.
    async fn complete(&self, lease: &Lease) -> Result<bool, StoreError>;

    /// Moves an entry to the dead letters; false when the lease was lost.
    async fn bury(&self, lease: &Lease, reason: &Reason) -> Result<bool, StoreError>;

    /// The dead letters, the oldest first.
    async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>, StoreError>;

    /// Puts a dead letter back to work as if new; false when there is none of this id.
    async fn replay(&self, exchange: ExchangeId, entry: EntryId) -> Result<bool, StoreError>;

    /// Throws a dead letter away; false when there is none of this id.
    async fn discard(&self, exchange: ExchangeId, entry: EntryId) -> Result<bool, StoreError>;

    /// Keeps a value, sealed, under a secret name: sessions and tokens.
    async fn remember(
        &self,
        name: &MemoName,
        value: &[u8],
        until: Timestamp,
    ) -> Result<(), StoreError>;

    /// The value kept under a name, unless its time is over.
    async fn recall(&self, name: &MemoName) -> Result<Option<Bytes>, StoreError>;

    /// Removes a value; true for the one call that removed it.
    async fn dismiss(&self, name: &MemoName) -> Result<bool, StoreError>;

    /// Writes and reads a probe, and looks at everything that makes the store trustworthy.
    async fn health(&self) -> Result<Health, StoreError>;

    /// Makes waiting calls look again: after a clock was stepped, or at shutdown.
    fn wake(&self);
}

/// The secret name of a kept value; the store sees its keyed hash only.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct MemoName {
    pub(crate) scope: &'static str,
    pub(crate) name: String,
}

/// Which exchanges to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those of this route.
    pub route: Option<Route>,
    /// Only those in this state.
    pub state: Option<State>,
    /// Only those with this partner.
    pub partner: Option<String>,
    /// At most so many; 0 means 50.
    pub limit: usize,
}

/// Where a page ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cursor {
    /// When the last exchange of the page began, in milliseconds.
    pub created_ms: i64,
    /// The last exchange of the page.
    pub id: ExchangeId,
}

/// Some exchanges, and where to go on.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The exchanges, newest first.
    pub exchanges: Vec<Summary>,
    /// Where the next page begins; none when this was the last.
    pub next: Option<Cursor>,
}

/// What is known about the store's condition.
#[derive(Clone, Debug, Default)]
pub struct Health {
    /// What the store is: `embedded`, or `redis` with its version.
    pub kind: String,
    /// Entries in the outbox, taken ones included.
    pub entries: u64,
    /// Dead letters.
    pub dead_letters: u64,
    /// Replicas that follow closely; always 0 in the embedded store.
    pub replicas: u64,
    /// Share of the memory limit in use, in per cent, where there is a limit.
    pub memory_percent: Option<u8>,
    /// What makes the store untrustworthy right now; empty when it is ready.
    pub problems: Vec<UnsafeSetting>,
}

/// A setting under which the store could lose what was acknowledged.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("{setting} is {value}, must be {needed}")]
pub struct UnsafeSetting {
    /// The name of the setting, as the store spells it.
    pub setting: String,
    /// What it is.
    pub value: String,
    /// What it must be.
    pub needed: String,
}

/// Why the store did not do what was asked.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The server cannot be reached, or it refuses work for now.
    #[error("store is not available")]
    Unavailable(#[source] ::redis::RedisError),
    /// No answer in time; the change may have been made.
    #[error("store did not answer in time")]
    TimedOut,
    /// Every connection is busy.
    #[error("no connection to the store is free")]
    Exhausted,
    /// The server answered something this version does not understand.
    #[error("store answered unexpectedly: {0}")]
    Protocol(&'static str),
    /// Fewer replicas confirmed the write than are required.
    #[error("{confirmed} of {required} replicas confirmed the write")]
    NotReplicated {
        /// How many did.
        confirmed: u64,
        /// How many must.
        required: u64,
    },
    /// The server could lose or evict what it acknowledged.
    #[error("store is set up unsafely")]
    Unsafe(#[source] UnsafeSetting),
    /// The store was emptied, or it belongs to another installation.
    #[error("store was wiped or is the wrong one")]
    Wiped,
    /// The file of the embedded store could not be read or written.
    #[error("store file failed")]
    File(#[source] Box<redb::Error>),
    /// The store is shutting down.
    #[error("store is closed")]
    Closed,
    /// A record was written by a newer version of this software.
    #[error("record has version {found}, newest known is {known}")]
    Newer {
        /// The version found.
        found: u16,
        /// The newest this software reads.
        known: u16,
    },
    /// A record cannot be read.
    #[error("record is damaged")]
    Damaged(#[source] serde_json::Error),
    /// Work cannot be sealed for an exchange whose key is gone.
    #[error("exchange was erased")]
    Erased,
    /// A sealed value cannot be opened: wrong key, or it was tampered with.
    #[error("sealed value cannot be opened")]
    Sealed(#[from] SealError),
}

/// Whether trying again can help.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Retry {
    /// It will fail again.
    Never,
    /// It may succeed after this time.
    After(Duration),
}

impl StoreError {
    /// Whether trying again can help.
    #[must_use]
    pub fn retry(&self) -> Retry {
        match self {
            Self::Unavailable(error) if !super::redis::wire::is_temporary(error) => Retry::Never,
            Self::Unavailable(_)
            | Self::TimedOut
            | Self::Exhausted
            | Self::NotReplicated { .. }
            | Self::Unsafe(_)
            | Self::Wiped => Retry::After(Duration::from_secs(1)),
            Self::Protocol(_)
            | Self::File(_)
            | Self::Closed
            | Self::Newer { .. }
            | Self::Damaged(_)
            | Self::Erased
            | Self::Sealed(_) => Retry::Never,
        }
    }
}

impl MemoName {
    /// The name within a scope, such as `session`.
    #[must_use]
    pub fn new(scope: &'static str, name: impl Into<String>) -> Self {
        Self {
            scope,
            name: name.into(),
        }
    }
}

impl MemoName {
    /// The name under which the store keeps it.
    pub(crate) fn index_name(&self, key: &IndexKey) -> String {
        let Self { scope, name } = self;
        format!("{scope}:{}", key.name(scope, name.as_bytes()))
    }
}

impl Filter {
    /// How many exchanges a page has at most.
    pub(crate) const fn page_len(&self) -> usize {
        if self.limit == 0 { 50 } else { self.limit }
    }

    /// Whether an exchange belongs into the list.
    pub(crate) fn admits(&self, summary: &Summary) -> bool {
        self.route.is_none_or(|route| route == summary.route())
            && self.state.is_none_or(|state| state == summary.state())
            && (self.partner.is_none() || self.partner.as_deref() == summary.partner())
    }
}

impl Page {
    /// Takes the one exchange too many off and notes that there is a next page.
    pub(crate) fn cut(&mut self) {
        self.exchanges.pop();
        self.next = self.exchanges.last().map(|last| Cursor {
            created_ms: last.created().as_millisecond(),
            id: last.id(),
        });
    }
}

impl Health {
    /// Whether new exchanges may be accepted.
    #[must_use]
    pub const fn is_ready(&self) -> bool {
        self.problems.is_empty()
    }
}
