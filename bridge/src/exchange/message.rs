//! Messages that must be taken once: the claim on a message, its remembered answer, and the memory
//! of request ids.

use bytes::Bytes;
use jiff::Timestamp;

use super::id::{ExchangeId, OpId};
use crate::seal::IndexKey;

/// Who sent a message and what they called it: what makes two arrivals the same message.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct MessageKey {
    scope: &'static str,
    sender: String,
    id: String,
}

/// A hash over what the message said, to tell a repetition from another message of the same name.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Digest([u8; 32]);

/// What became of the attempt to take a message.
#[derive(Clone, Debug)]
pub enum Claim {
    /// It is ours to handle; nobody else will while the lease runs.
    New(Ticket),
    /// Somebody is handling it right now.
    InFlight,
    /// It was handled; these are the bytes that were answered.
    Answered(Bytes),
    /// A message of the same sender and name, but with other content, was here before.
    Conflict,
}

/// The right to handle one message. Only its holder can answer or release it.
#[derive(Clone, Debug)]
pub struct Ticket {
    pub(crate) key: MessageKey,
    pub(crate) digest: Digest,
    pub(crate) holder: OpId,
    /// On the clock of the store, in milliseconds.
    pub(crate) until_ms: i64,
}

/// The answer to a message, remembered so that a repetition gets the identical bytes.
#[derive(Clone, Debug)]
pub struct MessageAnswer {
    pub(crate) ticket: Ticket,
    pub(crate) answer: Bytes,
    pub(crate) keep_until: Timestamp,
}

/// A request id that must not be answered a second time, whatever message it comes in.
#[derive(Clone, Debug)]
pub struct RequestMemory {
    pub(crate) request: String,
    pub(crate) keep_until: Timestamp,
}

/// What a request id is known for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Seen {
    /// Not known.
    Never,
    /// This exchange took it.
    By(ExchangeId),
}

impl MessageKey {
    /// An AS4 message. [AS4 3.2] The same MessageId from another party is another message.
    #[must_use]
    pub fn as4(from_party: &str, message_id: &str) -> Self {
        Self::new("as4", from_party, message_id)
    }

    /// A national message: the authenticated client and the `nachrichtenUUID`.
    #[must_use]
    pub fn national(client: &str, nachrichten_uuid: &str) -> Self {
        Self::new("national", client, nachrichten_uuid)
    }

    fn new(scope: &'static str, sender: &str, id: &str) -> Self {
        Self {
            scope,
            sender: sender.to_owned(),
            id: id.to_owned(),
        }
    }

    /// The name under which the store keeps it.
    pub(crate) fn index_name(&self, key: &IndexKey) -> String {
        // The length keeps ("a", "bc") and ("ab", "c") apart.
        let joined = format!("{}:{}{}", self.sender.len(), self.sender, self.id);
        format!("{}:{}", self.scope, key.name(self.scope, joined.as_bytes()))
    }
}

impl Digest {
    /// The digest with these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// SHA-256 over `content`.
    #[must_use]
    pub fn of(content: &[u8]) -> Self {
        Self(crate::seal::sha256(content))
    }

    /// The bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Ticket {
    /// The message it is for.
    #[must_use]
    pub const fn key(&self) -> &MessageKey {
        &self.key
    }
}

impl MessageAnswer {
    /// `answer` for the message of `ticket`, kept for the duplicate window.
    #[must_use]
    pub const fn new(ticket: Ticket, answer: Bytes, keep_until: Timestamp) -> Self {
        Self {
            ticket,
            answer,
            keep_until,
        }
    }
}

impl RequestMemory {
    /// Remembers `request` until `keep_until`: for as long as the audit is kept.
    #[must_use]
    pub fn new(request: impl Into<String>, keep_until: Timestamp) -> Self {
        Self {
            request: request.into(),
            keep_until,
        }
    }
}
