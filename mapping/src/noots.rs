//! XNachweis 1.4: the national messages as types, and their JSON and XML forms.
//!
//! The types know no codec; there are two over them: [`decode_json`] and [`encode_json`],
//! [`decode_xml`] and [`encode_xml`].
//! A decoded message is valid: mandatory fields are not optional, codes are enums, and the rules of
//! the standard that span several fields were checked on the way in.

mod agent;
mod code;
mod evidence;
mod evidence_order;
mod evidence_request;
mod evidence_response;
mod get_evidence;
mod header;
mod id;
mod invalid;
mod json;
mod one_or_more;
mod subject;
mod xml;

pub use agent::{Address, Agent, Agents, Identifier, Text};
pub use code::{AgentClass, CodeList, EdmDigit, ErrorCode, Loa, MediaType, MessageType, Status};
pub use evidence::{
    Availability, DistributedAs, Distribution, EvidenceConformity, EvidenceMetadata,
    IssuingAuthority, PrioritizedFormat, ProvidedObject, RegistryObject, RepositoryItem,
    RequestedEvidenceType, Signature, ValidityPeriod,
};
pub use evidence_order::{EvidenceOrder, EvidenceOrderResponse, Requirement, ReturnUrl};
pub use evidence_request::{EvidenceRequest, IssuedToken};
pub use evidence_response::{EvidenceErrorResponse, EvidenceResponse, Exception};
pub use get_evidence::{EvidenceResult, GetEvidence, GetEvidenceResponse};
pub use header::{Channel, Header, Party, Product};
pub use id::{
    Ars, ConversationId, CountryCode, DataModel, DataServiceId, DateTime, EidasId, EvidenceTypeId,
    IdNr, LanguageCode, Malformed, MessageId, ObjectId, ProcedureCode, RequirementId, ResponseId,
    SchemeId,
};
pub use invalid::{About, Finding, Invalid, Rule};
pub use json::{Limits, decode_json, decode_json_within, encode_json};
pub use one_or_more::OneOrMore;
pub use subject::{
    LegalIdentifier, LegalPerson, Name, NaturalPerson, Representative, SectorAttribute, Subject,
};
pub use xml::{decode_xml, decode_xml_within, encode_xml};

/// A national message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Message {
    /// 0301.
    EvidenceRequest(Box<EvidenceRequest>),
    /// 0302.
    EvidenceResponse(Box<EvidenceResponse>),
    /// 0303.
    EvidenceErrorResponse(Box<EvidenceErrorResponse>),
    /// 0401.
    EvidenceOrder(Box<EvidenceOrder>),
    /// 0402.
    EvidenceOrderResponse(Box<EvidenceOrderResponse>),
    /// 0403.
    EvidenceOrderErrorResponse(Box<EvidenceErrorResponse>),
    /// 0411.
    GetEvidence(Box<GetEvidence>),
    /// 0412.
    GetEvidenceResponse(Box<GetEvidenceResponse>),
    /// 0413.
    GetEvidenceErrorResponse(Box<EvidenceErrorResponse>),
}

impl Message {
    /// Which message it is.
    pub const fn message_type(&self) -> MessageType {
        match self {
            Self::EvidenceRequest(_) => MessageType::EvidenceRequest,
            Self::EvidenceResponse(_) => MessageType::EvidenceResponse,
            Self::EvidenceErrorResponse(_) => MessageType::EvidenceErrorResponse,
            Self::EvidenceOrder(_) => MessageType::EvidenceOrder,
            Self::EvidenceOrderResponse(_) => MessageType::EvidenceOrderResponse,
            Self::EvidenceOrderErrorResponse(_) => MessageType::EvidenceOrderErrorResponse,
            Self::GetEvidence(_) => MessageType::GetEvidence,
            Self::GetEvidenceResponse(_) => MessageType::GetEvidenceResponse,
            Self::GetEvidenceErrorResponse(_) => MessageType::GetEvidenceErrorResponse,
        }
    }

    /// Its head.
    pub fn header(&self) -> &Header {
        match self {
            Self::EvidenceRequest(message) => &message.header,
            Self::EvidenceResponse(message) => &message.header,
            Self::EvidenceOrder(message) => &message.header,
            Self::EvidenceOrderResponse(message) => &message.header,
            Self::GetEvidence(message) => &message.header,
            Self::GetEvidenceResponse(message) => &message.header,
            Self::EvidenceErrorResponse(message)
            | Self::EvidenceOrderErrorResponse(message)
            | Self::GetEvidenceErrorResponse(message) => &message.header,
        }
    }

    /// The request this message answers, if it is an answer.
    pub fn answers(&self) -> Option<MessageId> {
        match self {
            Self::EvidenceRequest(_) | Self::EvidenceOrder(_) | Self::GetEvidence(_) => None,
            Self::EvidenceResponse(message) => Some(message.request_id),
            Self::EvidenceOrderResponse(message) => Some(message.order_id),
            Self::GetEvidenceResponse(message) => Some(message.request_id),
            Self::EvidenceErrorResponse(message)
            | Self::EvidenceOrderErrorResponse(message)
            | Self::GetEvidenceErrorResponse(message) => Some(message.request_id),
        }
    }
}
