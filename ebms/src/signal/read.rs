//! Reads a signal.

use crate::{
    id::MessageId,
    refusal::{EbmsCode, Severity},
};

/// A signal as it claims to be, nothing proven.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SealedSignal {
    pub(super) message_id: MessageId,
    pub(super) ref_to_message_id: Option<MessageId>,
    pub(super) kind: SignalKind,
    pub(super) errors: Vec<ReceivedError>,
}

/// What a signal says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SignalKind {
    /// A message was received.
    Receipt,
    /// A message was refused.
    Error,
}

impl SealedSignal {
    /// Its own id.
    pub fn message_id(&self) -> &MessageId {
        &self.message_id
    }

    /// The message it is about.
    pub fn ref_to_message_id(&self) -> Option<&MessageId> {
        self.ref_to_message_id.as_ref()
    }

    /// What it says.
    pub fn kind(&self) -> SignalKind {
        self.kind
    }

    /// The errors it reports.
    pub fn errors(&self) -> &[ReceivedError] {
        &self.errors
    }
}

/// An error a partner reports.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReceivedError {
    pub(super) code: String,
    pub(super) severity: Severity,
    pub(super) short_description: Option<String>,
    pub(super) detail: Option<String>,
    pub(super) ref_to_message_id: Option<String>,
}

impl ReceivedError {
    /// The code, if it is one of the table.
    pub fn code(&self) -> Option<EbmsCode> {
        self.code.parse().ok()
    }

    /// The code as written.
    pub fn code_text(&self) -> &str {
        &self.code
    }

    /// How bad; anything but a warning is a failure.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// Short description as written.
    pub fn short_description(&self) -> Option<&str> {
        self.short_description.as_deref()
    }

    /// Detail or description as written.
    pub fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    /// The message in error as written.
    pub fn ref_to_message_id(&self) -> Option<&str> {
        self.ref_to_message_id.as_deref()
    }
}
pub(crate) fn decode() {}
