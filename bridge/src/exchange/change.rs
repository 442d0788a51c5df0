//! One atomic transition: the record as it shall be, the work it causes, the entry it finishes, the
//! message it answers. All of it happens or nothing does.

use super::{
    id::{EpochNumber, ExchangeId, OpId},
    message::{MessageAnswer, RequestMemory},
    record::Record,
};
use crate::outbox::{Lease, NewEntry, Reason};

/// The first transition of an exchange.
#[derive(Clone, Debug)]
pub struct Opening {
    pub(crate) op: OpId,
    pub(crate) record: Record,
    pub(crate) entries: Vec<NewEntry>,
    pub(crate) answer: Option<MessageAnswer>,
    pub(crate) request: Option<RequestMemory>,
}

/// What became of an opening.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Opened {
    /// It is there now, in its first epoch.
    Created(EpochNumber),
    /// This operation was done before, or the message already opened this exchange.
    Existing(ExchangeId),
    /// Another message asked the same request before; nothing was written.
    RequestKnown(ExchangeId),
    /// The claim on the message ran out and somebody else has it; nothing was written.
    ClaimLost,
}

/// A later transition.
#[derive(Clone, Debug)]
pub struct Change {
    pub(crate) op: OpId,
    pub(crate) record: Record,
    pub(crate) entries: Vec<NewEntry>,
    pub(crate) finish: Option<Finish>,
    pub(crate) answer: Option<MessageAnswer>,
    pub(crate) request: Option<RequestMemory>,
}

/// What happens to the leased entry that caused a change.
#[derive(Clone, Debug)]
pub(crate) enum Finish {
    Done(Lease),
    Bury(Lease, Reason),
}

impl Finish {
    pub(crate) const fn lease(&self) -> &Lease {
        match self {
            Self::Done(lease) | Self::Bury(lease, _) => lease,
        }
    }
}

/// What became of a change.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Applied {
    /// It is applied; the exchange is in this epoch now.
    Done(EpochNumber),
    /// This operation was applied before and led to this epoch.
    Repeated(EpochNumber),
    /// Somebody else changed the exchange meanwhile: load it again and decide afresh.
    Stale {
        /// The epoch it is in.
        current: EpochNumber,
    },
    /// The exchange does not exist (any more).
    Gone,
    /// The lease on the entry ran out and another worker has it; nothing was written.
    LeaseLost,
    /// Another message asked the same request before; nothing was written.
    RequestKnown(ExchangeId),
    /// The claim on the message ran out and somebody else has it; nothing was written.
    ClaimLost,
}

impl Opening {
    /// Opens `record`. The same `op` is used for every repetition.
    #[must_use]
    pub const fn new(op: OpId, record: Record) -> Self {
        Self {
            op,
            record,
            entries: Vec::new(),
            answer: None,
            request: None,
        }
    }

    /// Adds work.
    #[must_use]
    pub fn with_entry(mut self, entry: NewEntry) -> Self {
        self.entries.push(entry);
        self
    }

    /// Answers the message that opened the exchange.
    #[must_use]
    pub fn with_answer(mut self, answer: MessageAnswer) -> Self {
        self.answer = Some(answer);
        self
    }

    /// Remembers the request id, and opens nothing when it is known already.
    #[must_use]
    pub fn with_request(mut self, request: RequestMemory) -> Self {
        self.request = Some(request);
        self
    }

    /// The record, in the epoch the opening led to.
    #[must_use]
    pub fn into_record(self, epoch: EpochNumber) -> Record {
        at_epoch(self.record, self.op, epoch)
    }
}

impl Change {
    /// Changes the exchange to `record`, which still carries the epoch it was read at.
    #[must_use]
    pub const fn new(op: OpId, record: Record) -> Self {
        Self {
            op,
            record,
            entries: Vec::new(),
            finish: None,
            answer: None,
            request: None,
        }
    }

    /// Adds work.
    #[must_use]
    pub fn with_entry(mut self, entry: NewEntry) -> Self {
        self.entries.push(entry);
        self
    }

    /// Takes the entry that caused the change out of the outbox.
    #[must_use]
    pub fn finishing(mut self, lease: Lease) -> Self {
        self.finish = Some(Finish::Done(lease));
        self
    }

    /// Moves the entry that caused the change to the dead letters.
    #[must_use]
    pub fn burying(mut self, lease: Lease, reason: Reason) -> Self {
        self.finish = Some(Finish::Bury(lease, reason));
        self
    }

    /// Answers the message that caused the change.
    #[must_use]
    pub fn with_answer(mut self, answer: MessageAnswer) -> Self {
        self.answer = Some(answer);
        self
    }

    /// Remembers the request id, and changes nothing when it is known already.
    #[must_use]
    pub fn with_request(mut self, request: RequestMemory) -> Self {
        self.request = Some(request);
        self
    }

    /// The record, in the epoch the change led to.
    #[must_use]
    pub fn into_record(self, epoch: EpochNumber) -> Record {
        at_epoch(self.record, self.op, epoch)
    }
}

fn at_epoch(mut record: Record, op: OpId, epoch: EpochNumber) -> Record {
    let updated = record.summary.updated;
    record.summary.epoch = EpochNumber::new(epoch.number().saturating_sub(1));
    record.summary.note(op, updated);
    record
}
