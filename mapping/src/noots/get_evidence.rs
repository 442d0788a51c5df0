//! 0411: a Data Consumer collects; 0412: what was retrieved from abroad.

use super::agent::Agents;
use super::code::Status;
use super::evidence::{Availability, RegistryObject};
use super::header::Header;
use super::id::{ConversationId, DateTime, MessageId, ResponseId};
use super::one_or_more::OneOrMore;

/// `DE.GetEvidence.0411`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GetEvidence {
    /// Head of the message.
    pub header: Header,
    /// `IssueDateTime`.
    pub issued_at: DateTime,
    /// `Rechtsgrundlage`.
    pub legal_basis: Option<String>,
    /// `Verarbeitungszweck`.
    pub purpose: Option<String>,
    /// The session of the 0402.
    pub conversation_id: ConversationId,
}

/// `DE.GetEvidenceResponse.0412`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GetEvidenceResponse {
    /// Head of the message.
    pub header: Header,
    /// `getevidenceid`: the 0411 answered.
    pub request_id: MessageId,
    /// `IssueDateTime`.
    pub issued_at: DateTime,
    /// Who ordered.
    pub requesters: Agents,
    /// `GetEvidenceResponseIdentifier`.
    pub id: ResponseId,
    /// One entry per answered request abroad.
    pub results: OneOrMore<EvidenceResult>,
}

impl GetEvidenceResponse {
    /// `Status`: success when at least one evidence is in the answer.
    pub fn status(&self) -> Status {
        let any = self
            .results
            .iter()
            .any(|result| matches!(result.availability, Availability::Now(_)));
        if any {
            Status::Success
        } else {
            Status::Unavailable
        }
    }
}

/// `EvidenceResponse` of 0412: what one foreign provider answered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EvidenceResult {
    /// The foreign body (`EP`) and the platform (`IP`).
    pub providers: Agents,
    /// The evidence, or when it will be there.
    pub availability: Availability<RegistryObject>,
}
