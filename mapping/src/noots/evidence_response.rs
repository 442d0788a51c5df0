//! 0302: a Data Provider answers; 0303, 0403, 0413: something refuses.

use super::agent::{Agent, Agents};
use super::code::{ErrorCode, Status};
use super::evidence::{Availability, ProvidedObject};
use super::header::Header;
use super::id::{DateTime, MessageId, ResponseId};
use super::one_or_more::OneOrMore;

/// `DE.EvidenceResponse.0302`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EvidenceResponse {
    /// Head of the message.
    pub header: Header,
    /// `requestid`: the 0301 answered.
    pub request_id: MessageId,
    /// `IssueDateTime`.
    pub issued_at: DateTime,
    /// Who asked.
    pub requesters: Agents,
    /// `EvidenceResponseIdentifier`.
    pub id: ResponseId,
    /// Who answers.
    pub providers: Agents,
    /// The evidence, or when it will be there.
    pub availability: Availability<ProvidedObject>,
}

impl EvidenceResponse {
    /// `Status`: follows from what the answer holds.
    pub const fn status(&self) -> Status {
        match self.availability {
            Availability::Now(_) => Status::Success,
            Availability::At(_) => Status::Unavailable,
        }
    }
}

/// The content of `DE.EvidenceErrorResponse.0303`, `DE.EvidenceOrderErrorResponse.0403` and
/// `DE.GetEvidenceErrorResponse.0413`, which differ in name only.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EvidenceErrorResponse {
    /// Head of the message.
    pub header: Header,
    /// `requestid`: the message answered.
    pub request_id: MessageId,
    /// `EvidenceResponseIdentifier`.
    pub id: ResponseId,
    /// `IssueDateTime`.
    pub issued_at: DateTime,
    /// Who reports the error.
    pub error_provider: Agent,
    /// Who asked.
    pub requesters: Agents,
    /// What went wrong.
    pub exceptions: OneOrMore<Exception>,
}

/// One `Exception`. Its severity is fixed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Exception {
    /// What kind of error.
    pub code: ErrorCode,
    /// For people, for example what is missing.
    pub detail: Option<String>,
    /// When it happened.
    pub at: Option<DateTime>,
}
