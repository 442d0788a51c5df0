//! Reads a signal.

use crate::{
    envelope::{Cursor, Envelope},
    header::decode::{MessageInfo, done, required},
    id::MessageId,
    profile::ns,
    refusal::{EbmsCode, Reason, Severity},
};
use jiff::Timestamp;
use xml::Element;

/// A signal as it claims to be, nothing proven.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SealedSignal {
    pub(super) message_id: MessageId,
    pub(super) timestamp: Timestamp,
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

/// Reads the signal of an envelope.
pub(crate) fn decode(envelope: &Envelope<'_>) -> Result<SealedSignal, Reason> {
    let mut outer = Cursor::new(envelope.messaging);
    let signal = required(&mut outer, "SignalMessage")?;
    while outer.take_foreign(ns::EBMS).is_some() {}
    done(&mut outer)?;

    let mut children = Cursor::new(signal);
    let info = MessageInfo::read(required(&mut children, "MessageInfo")?)?;
    if children.take(ns::EBMS, "PullRequest").is_some() {
        // [AS4 3.4] pull is not offered. [ROB-71]
        return Err(Reason::NotSupported("PullRequest"));
    }
    let receipt = children.take(ns::EBMS, "Receipt");
    let mut errors = Vec::new();
    while let Some(error) = children.take(ns::EBMS, "Error") {
        if errors.len() == MAX_ERRORS {
            return Err(Reason::header(signal, "more errors than are read"));
        }
        errors.push(read_error(error)?);
    }
    while children.take_foreign(ns::EBMS).is_some() {}
    done(&mut children)?;
    let kind = match (receipt, errors.is_empty()) {
        (Some(_), true) => SignalKind::Receipt,
        (None, false) => SignalKind::Error,
        _ => {
            return Err(Reason::header(
                signal,
                "neither a receipt nor errors, or both",
            ));
        }
    };
    Ok(SealedSignal {
        message_id: info.message_id,
        timestamp: info.timestamp,
        ref_to_message_id: info.ref_to_message_id,
        kind,
        errors,
    })
}

fn read_error(element: Element<'_>) -> Result<ReceivedError, Reason> {
    let attribute = |name| {
        element
            .attribute("", name)
            .map(str::trim)
            .filter(|it| !it.is_empty())
    };
    let mut children = Cursor::new(element);
    let description = children.take(ns::EBMS, "Description");
    let detail = children.take(ns::EBMS, "ErrorDetail");
    done(&mut children)?;
    let text = |element: Element<'_>| {
        let text: String = element.trimmed_text().chars().take(MAX_DETAIL).collect();
        (!text.is_empty()).then_some(text)
    };
    let short = |text: &str| text.chars().take(MAX_SHORT).collect::<String>();
    let code = attribute("errorCode").ok_or_else(|| Reason::header(element, "no errorCode"))?;
    let severity = attribute("severity").ok_or_else(|| Reason::header(element, "no severity"))?;
    // [AS4 1.4] an unknown severity is a failure.
    let warning = severity.eq_ignore_ascii_case("warning");
    Ok(ReceivedError {
        code: code.chars().take(MAX_CODE).collect(),
        severity: if warning {
            Severity::Warning
        } else {
            Severity::Failure
        },
        short_description: attribute("shortDescription").map(short),
        detail: detail.and_then(text).or_else(|| description.and_then(text)),
        ref_to_message_id: attribute("refToMessageInError").map(short),
    })
}

/// Characters kept of an error's detail: it goes to the audit log.
const MAX_DETAIL: usize = 2000;
const MAX_CODE: usize = 32;
/// Errors of one signal.
const MAX_ERRORS: usize = 32;
const MAX_SHORT: usize = 255;
