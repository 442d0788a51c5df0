//! Why a message is refused, and the ebMS code that says so: one exhaustive table. The text of a
//! refusal goes to the peer and into logs; it never holds payload, keys or text of a library.

mod code;

pub use code::{Category, EbmsCode, Severity, UnknownCode};

use crate::{compress, id::MessageId, package};
use std::fmt;

/// A refused message: the reason, and the message it concerns as far as that could be read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    reason: Reason,
    message_id: Option<MessageId>,
    of_signal: bool,
}

impl Refusal {
    pub(crate) fn new(reason: Reason, message_id: Option<MessageId>) -> Self {
        Self {
            reason,
            message_id,
            of_signal: false,
        }
    }

    /// A receipt or error that cannot be read.
    pub(crate) fn of_signal(reason: Reason) -> Self {
        Self {
            reason,
            message_id: None,
            of_signal: true,
        }
    }

    /// The message cannot be stored or delivered now; the sender shall try again.
    pub fn undeliverable(message_id: Option<MessageId>) -> Self {
        Self::new(Reason::Undeliverable, message_id)
    }

    /// The message id was used before for other content.
    pub fn reused_message_id(message_id: MessageId) -> Self {
        Self::new(Reason::ReusedMessageId, Some(message_id))
    }

    /// The ebMS code of the answer.
    pub fn code(&self) -> EbmsCode {
        self.reason.code()
    }

    /// The reason.
    pub fn reason(&self) -> &Reason {
        &self.reason
    }

    /// The message refused, if its id could be read. It is not authenticated.
    pub fn message_id(&self) -> Option<&MessageId> {
        self.message_id.as_ref()
    }

    /// Whether an error signal may be sent: a receipt or error is never answered with one.
    /// [AS4 2.2]
    pub fn is_answerable(&self) -> bool {
        !self.of_signal
    }

    /// How far the message was understood, for the HTTP status of the answer.
    pub fn stage(&self) -> Stage {
        match self.reason {
            Reason::ContentType(_) => Stage::UnsupportedMediaType,
            Reason::TooLarge { .. } => Stage::TooLarge,
            Reason::Mime(_) => Stage::Unparsable,
            Reason::Undeliverable => Stage::Unavailable,
            _ => Stage::Understood,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code(), self.reason)
    }
}

impl std::error::Error for Refusal {}

/// How far a refused message was understood. [AS4 1.1]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stage {
    /// Not a content type of AS4: status 415.
    UnsupportedMediaType,
    /// Larger than is read at all: status 413.
    TooLarge,
    /// The MIME package cannot be taken apart: status 400.
    Unparsable,
    /// It cannot be taken now: status 503.
    Unavailable,
    /// The answer is the error signal alone: status 200.
    Understood,
}

/// Why a message is refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// The content type is not one of AS4.
    #[error("content type: {0}")]
    ContentType(&'static str),
    /// The body is larger than is read at all.
    #[error("message larger than {limit} octets")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// The MIME package is broken.
    #[error("MIME: {0}")]
    Mime(package::Problem),
    /// MIME parts and `PartInfo` do not match.
    #[error("MIME parts and PartInfo differ: {0}")]
    Parts(&'static str),
    /// The SOAP part is not XML as it is read here.
    #[error("SOAP part: {0}")]
    Xml(xml::Invalid),
    /// The envelope is not built as it must be.
    #[error("SOAP envelope: {0}")]
    Envelope(&'static str),
    /// A header block that must be understood is not.
    #[error("a header block marked mustUnderstand is not known")]
    NotUnderstood,
    /// The ebMS header is not built as it must be.
    #[error("ebMS header at {path}: {problem}")]
    Header {
        /// Where.
        path: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// A feature of ebMS that is not offered.
    #[error("not supported: {0}")]
    NotSupported(&'static str),
    /// Values of the header contradict a rule.
    #[error("{subject}: {problem}")]
    Inconsistent {
        /// Which value.
        subject: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// A payload outside the message.
    #[error("a payload is referenced outside the message")]
    ExternalPayload,
    /// Nothing was agreed for this message.
    #[error("no processing mode: {0}")]
    NoPMode(&'static str),
    /// Service or action are not known to the processing mode.
    #[error("unknown {0}")]
    UnknownValue(&'static str),
    /// A payload is larger than agreed.
    #[error("payload larger than the agreed {limit} octets")]
    PayloadTooLarge {
        /// The limit.
        limit: u64,
    },
    /// The timestamp is too old or in the future.
    #[error("timestamp {0}")]
    Timestamp(&'static str),
    /// The security header is not what was agreed.
    #[error("security policy: {0}")]
    Policy(&'static str),
    /// The signature is not valid, or not by the sender.
    #[error("authentication: {0}")]
    Authentication(&'static str),
    /// The parts cannot be decrypted. One reason for all causes: an oracle learns nothing.
    #[error("decryption failed")]
    Decryption,
    /// A payload cannot be decompressed.
    #[error("decompression: {0}")]
    Decompression(compress::Problem),
    /// The message id was used before for other content.
    #[error("the message id was used before for other content")]
    ReusedMessageId,
    /// The message cannot be stored now.
    #[error("the message cannot be stored now")]
    Undeliverable,
}

impl Reason {
    /// The table. [AS4 2.3]
    pub fn code(&self) -> EbmsCode {
        match self {
            Self::ContentType(_) | Self::TooLarge { .. } | Self::Mime(_) | Self::Parts(_) => {
                EbmsCode::MimeInconsistency
            }
            Self::Xml(_) | Self::Envelope(_) | Self::NotUnderstood | Self::Header { .. } => {
                EbmsCode::InvalidHeader
            }
            Self::NotSupported(_) => EbmsCode::FeatureNotSupportedFailure,
            Self::Inconsistent { .. } | Self::ReusedMessageId => EbmsCode::ValueInconsistent,
            Self::ExternalPayload => EbmsCode::ExternalPayloadError,
            Self::NoPMode(_) | Self::PayloadTooLarge { .. } => EbmsCode::ProcessingModeMismatch,
            Self::UnknownValue(_) => EbmsCode::ValueNotRecognized,
            Self::Timestamp(_) => EbmsCode::Other,
            Self::Policy(_) => EbmsCode::PolicyNoncompliance,
            Self::Authentication(_) => EbmsCode::FailedAuthentication,
            Self::Decryption => EbmsCode::FailedDecryption,
            Self::Decompression(_) => EbmsCode::DecompressionFailure,
            Self::Undeliverable => EbmsCode::DeliveryFailure,
        }
    }

    pub(crate) fn header(element: xml::Element<'_>, problem: &'static str) -> Self {
        Self::Header {
            path: shorten(element.path()),
            problem,
        }
    }

    pub(crate) fn inconsistent(subject: impl Into<String>, problem: &'static str) -> Self {
        Self::Inconsistent {
            subject: shorten(subject.into()),
            problem,
        }
    }
}

/// Names in a path are the peer's, and end up in answers and logs.
fn shorten(text: String) -> String {
    const MAX: usize = 200;
    if text.chars().count() > MAX {
        text.chars().take(MAX).chain(['…']).collect()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_decryption_says_nothing_more() {
        let refusal = Refusal::new(Reason::Decryption, None);
        assert_eq!(refusal.to_string(), "EBMS:0102: decryption failed");
    }

    #[test]
    fn the_stage_follows_the_reason() {
        let stage = |reason| Refusal::new(reason, None).stage();
        assert_eq!(
            stage(Reason::ContentType("text/html")),
            Stage::UnsupportedMediaType
        );
        assert_eq!(stage(Reason::TooLarge { limit: 1 }), Stage::TooLarge);
        assert_eq!(stage(Reason::Undeliverable), Stage::Unavailable);
        assert_eq!(stage(Reason::Decryption), Stage::Understood);
    }
}
