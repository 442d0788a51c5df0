//! EDM messages (RegRep with SDG content) as types, for the releases 1.0, 1.1, 1.2 and 2.0.
//!
//! [`decode`] turns bytes into a [`Message`] or an [`Invalid`] that names the broken rule; what
//! was tolerated is listed as [`Caution`]s in the message. Every message kind has a draft with
//! open fields, a checked type made from it, and `encode`. One model serves all releases; what
//! differs on the wire is decided by [`Version`] when writing. Deliberately absent: AS4, evidence
//! bytes (they travel beside, found by [`ContentRef`]), and the full rule sets (package `rules`).

#[macro_use]
mod record;

mod agent;
mod caution;
mod code;
mod error;
mod evidence;
mod id;
mod invalid;
mod request;
mod response;
mod subject;
mod version;

pub use agent::{Address, Agent, Text};
pub use caution::{Caution, Liberty};
pub use code::{
    CountryCode, EdmErrorCode, ErrorProviderRole, Gender, LanguageCode, LegalIdScheme, Loa,
    Malformed, MediaType, PreviewMethod, ProcedureCode, Severity, SupplementKind,
};
pub use error::{ErrorDraft, ErrorResponse, Exception, Preview};
pub use evidence::{
    Association, Distribution, Evidence, EvidenceMetadata, EvidenceType, Package, Supplement,
    ValidityPeriod,
};
pub use id::{
    AgentId, ConceptId, ContentRef, DataModel, DataServiceId, EidasId, EidasScheme, EvidenceId,
    EvidenceResponseId, EvidenceTypeId, IdentifierScheme, ObjectId, PreviewUrl, RequestId,
    RequirementId, ReturnUrl,
};
pub use invalid::{Invalid, Problem};
pub use request::{
    ProviderClassification, Request, RequestDraft, RequestedDistribution, RequestedEvidence,
    Requester, Requirement, SecondRound, SupportedValues,
};
pub use response::{Availability, Response, ResponseDraft, ResponseProvider};
pub use subject::{
    EvidenceSubject, LegalIdentity, LegalPerson, Name, NaturalIdentity, NaturalPerson,
    SectorAttribute, Subject,
};
pub use version::Version;

/// A decoded EDM message, told apart by root element and content, never by the ebMS action.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Message {
    /// `query:QueryRequest`.
    Request(Box<Request>),
    /// `query:QueryResponse` with evidence, without any, or with the date when there will be some.
    Response(Box<Response>),
    /// `query:QueryResponse` with exceptions.
    Error(Box<ErrorResponse>),
}

impl Message {
    /// The release line the message says it follows.
    pub fn version(&self) -> Version {
        match self {
            Self::Request(request) => request.version(),
            Self::Response(response) => response.version(),
            Self::Error(error) => error.version(),
        }
    }

    /// What was tolerated while reading.
    pub fn cautions(&self) -> &[Caution] {
        match self {
            Self::Request(request) => request.cautions(),
            Self::Response(response) => response.cautions(),
            Self::Error(error) => error.cautions(),
        }
    }
}
