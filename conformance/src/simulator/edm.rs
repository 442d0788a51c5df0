//! EDM messages as the simulated member state writes and reads them
//!
//! Versions 1.2 and 2.0. Written against the data model and not with the platform's own codec,
//! so that a mistake there is noticed here.

mod read;
mod slot;
#[cfg(test)]
mod tests;
mod write;

use jiff::Timestamp;

pub use read::{
    Received, ReceivedAgent, ReceivedDocument, ReceivedError, ReceivedException, ReceivedPerson,
    ReceivedRequest, ReceivedResponse, read,
};
pub use write::{error, request, response};

use super::person::TestPerson;

/// A version of the data model the simulated member state speaks
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum EdmVersion {
    /// 1.2
    V1_2,
    /// 2.0
    V2_0,
}

impl EdmVersion {
    /// As written into the messages
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1_2 => "oots-edm:v1.2",
            Self::V2_0 => "oots-edm:v2.0",
        }
    }

    /// The version with this identifier
    #[must_use]
    pub fn find(text: &str) -> Option<Self> {
        [Self::V1_2, Self::V2_0]
            .into_iter()
            .find(|version| version.as_str() == text)
    }
}

/// An authority as EDM messages name it
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Authority {
    /// Identifier
    pub id: String,
    /// Scheme of the identifier
    pub scheme: String,
    /// Name
    pub name: String,
    /// Language of the name, upper case
    pub lang: String,
    /// Country
    pub country: String,
}

/// A requirement as the Evidence Broker names it
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RequirementFacts {
    /// URL in the semantic repository
    pub id: String,
    /// English name
    pub name: String,
}

/// An evidence type as the Data Service Directory names it
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EvidenceTypeFacts {
    /// UUID of the data service's evidence type
    pub identifier: String,
    /// Classification, a URL in the semantic repository
    pub classification: String,
    /// English title
    pub title: String,
    /// Media type
    pub format: String,
    /// Data model of a structured format
    pub conforms_to: Option<String>,
}

/// Everything an evidence request says
#[derive(Clone, Debug)]
pub struct RequestFacts {
    /// Version
    pub version: EdmVersion,
    /// UUID of the request
    pub id: String,
    /// When it is written
    pub issued: Timestamp,
    /// Procedure code
    pub procedure: String,
    /// Whether the user can be sent to a preview
    pub preview_possible: bool,
    /// Whether the user asked for the evidence expressly
    pub explicit: bool,
    /// The address of the preview, in the second request
    pub preview_location: Option<String>,
    /// Where the preview leads back to, in the second request of 2.0
    pub return_location: Option<String>,
    /// What has to be proven
    pub requirements: Vec<RequirementFacts>,
    /// Who asks
    pub requester: Authority,
    /// Through which platform, when there is one
    pub platform: Option<Authority>,
    /// Who is asked
    pub provider: Authority,
    /// The person
    pub subject: TestPerson,
    /// What is asked for
    pub evidence: EvidenceTypeFacts,
    /// In which language the user would like it, upper case
    pub language: String,
}

/// A document of a response
#[derive(Clone, Debug)]
pub struct DocumentFacts {
    /// UUID of the registry object
    pub object_id: String,
    /// UUID of the evidence
    pub evidence_id: String,
    /// What it is
    pub evidence: EvidenceTypeFacts,
    /// Whom it is about
    pub subject: TestPerson,
    /// Content-ID of the document's part
    pub cid: String,
}

/// Everything an evidence response says
#[derive(Clone, Debug)]
pub struct ResponseFacts {
    /// Version
    pub version: EdmVersion,
    /// Identifier of the request, as received
    pub request_id: String,
    /// UUIDs still needed: of the response, then of packages and classifications
    pub fresh_ids: Vec<String>,
    /// When it is written
    pub issued: Timestamp,
    /// Who answers
    pub provider: Authority,
    /// Through which platform, when there is one
    pub platform: Option<Authority>,
    /// Who asked: identifier, scheme, name
    pub requester: ReceivedAgent,
    /// The documents
    pub documents: Vec<DocumentFacts>,
    /// When the evidence will be there, for a deferred answer
    pub available: Option<Timestamp>,
}

/// Everything an error response says
#[derive(Clone, Debug)]
pub struct ErrorFacts {
    /// Version
    pub version: EdmVersion,
    /// Identifier of the request, as received; absent when it could not be read
    pub request_id: Option<String>,
    /// UUID of the response
    pub response_id: String,
    /// When it is written
    pub issued: Timestamp,
    /// Who answers
    pub provider: Authority,
    /// Who asked, when that could be read
    pub requester: Option<ReceivedAgent>,
    /// Error code, `EDM:ERR:0001` to `EDM:ERR:0008`
    pub code: String,
    /// What exactly
    pub detail: Option<String>,
    /// Where the user has to go first, with `EDM:ERR:0002`
    pub preview_location: Option<String>,
}

/// Type and message of an error code
#[must_use]
pub fn exception(code: &str) -> Option<(&'static str, &'static str)> {
    Some(match code {
        "EDM:ERR:0001" => ("rs:AuthenticationExceptionType", "Failed Authentication"),
        "EDM:ERR:0002" => ("rs:AuthorizationExceptionType", "Missing Authorization"),
        "EDM:ERR:0003" => (
            "rs:InvalidRequestExceptionType",
            "Syntactically or semantically invalid request",
        ),
        "EDM:ERR:0004" => ("rs:ObjectNotFoundExceptionType", "Object not found"),
        "EDM:ERR:0005" => ("rs:TimeoutExceptionType", "Exceeding timeout period"),
        "EDM:ERR:0006" => (
            "rs:UnresolvedReferenceExceptionType",
            "Referenced object that cannot be resolved",
        ),
        "EDM:ERR:0007" => (
            "rs:UnsupportedCapabilityExceptionType",
            "Optional feature or capability is not supported",
        ),
        "EDM:ERR:0008" => (
            "query:QueryExceptionType",
            "Invalid query syntax or semantics that must be corrected",
        ),
        _ => return None,
    })
}

const QUERY: &str = "urn:oasis:names:tc:ebxml-regrep:xsd:query:4.0";
const RIM: &str = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:4.0";
const RS: &str = "urn:oasis:names:tc:ebxml-regrep:xsd:rs:4.0";
const SDG: &str = "http://data.europa.eu/p4s";
const XLINK: &str = "http://www.w3.org/1999/xlink";
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
const SET: &str = "urn:oasis:names:tc:ebxml-regrep:CollectionType:Set";
const STATUS: &str = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:";
const SEVERITY_ERROR: &str = "urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:Error";
const SEVERITY_PREVIEW: &str =
    "urn:sr.oots.tech.ec.europa.eu:codes:ErrorSeverity:EDMErrorResponse:PreviewRequired";
