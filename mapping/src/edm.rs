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
pub mod header;
mod id;
mod invalid;
mod request;
mod response;
mod slot;
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

use slot::{QUERY, RIM, RS, SDG};
use xml::{Document, Element, Limits, Node};

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

/// Reads a message. `[W14]` White space and a byte order mark may stand in front of it.
pub fn decode(bytes: &[u8]) -> Result<Message, Invalid> {
    let (bytes, mut cautions) = trim_front(bytes);
    let document = Document::parse(bytes, &Limits::REGREP)
        .map_err(|problem| Invalid::new("R-EDM-REQ-S001", problem, "/".to_owned()))?;
    survey(&document, &mut cautions);
    let root = document.root();
    match (root.name().namespace, root.name().local) {
        (QUERY, "QueryRequest") => {
            request::decode(root, cautions).map(|request| Message::Request(Box::new(request)))
        }
        (QUERY, "QueryResponse") if is_error(root) => {
            error::decode(root, cautions).map(|error| Message::Error(Box::new(error)))
        }
        (QUERY, "QueryResponse") => {
            response::decode(root, cautions).map(|response| Message::Response(Box::new(response)))
        }
        (_, "QueryRequest" | "QueryResponse") => {
            Err(Invalid::new("R-EDM-REQ-S002", Problem::Root, root.path()))
        }
        _ => Err(Invalid::new("R-EDM-REQ-S001", Problem::Root, root.path())),
    }
}

/// Whether these bytes are a message by their root element, right or wrong inside. For finding the
/// message among the parts it came with. `[W8]`
#[must_use]
pub fn is_message(bytes: &[u8]) -> bool {
    let (bytes, _) = trim_front(bytes);
    Document::parse(bytes, &Limits::REGREP).is_ok_and(|document| {
        let name = document.root().name();
        name.namespace == QUERY && matches!(name.local, "QueryRequest" | "QueryResponse")
    })
}

/// Exceptions make a response an error; without any, and without a list of objects, the status does.
fn is_error(root: Element<'_>) -> bool {
    let failure = root
        .attribute("", "status")
        .is_some_and(|status| status.trim().ends_with(":Failure"));
    let exceptions = root.child(RS, "Exception").is_some();
    let objects = root.child(RIM, "RegistryObjectList").is_some();
    if objects {
        exceptions && failure
    } else {
        exceptions || failure
    }
}

fn trim_front(bytes: &[u8]) -> (&[u8], Vec<Caution>) {
    const MARK: &[u8] = b"\xEF\xBB\xBF";
    let mut cautions = Vec::new();
    let mut note = |liberty| cautions.push(Caution::new(liberty, None, "/".to_owned()));
    let mut rest = bytes.trim_ascii_start();
    let mut spaces = rest.len() < bytes.len();
    if let Some(unmarked) = rest.strip_prefix(MARK) {
        note(Liberty::ByteOrderMark);
        rest = unmarked.trim_ascii_start();
        spaces |= rest.len() < unmarked.len();
    }
    if spaces {
        note(Liberty::LeadingSpace);
    }
    (rest, cautions)
}

/// Notes once what may come up all over a document: instructions, comments, prefixes. `[W13]`
fn survey(document: &Document, cautions: &mut Vec<Caution>) {
    let root = document.root();
    if document.skipped_instructions() > 0 {
        cautions.push(Caution::new(Liberty::Instruction, None, root.path()));
    }
    let commented = root
        .descendants()
        .find(|element| element.nodes().any(|node| matches!(node, Node::Comment(_))));
    if let Some(element) = commented {
        cautions.push(Caution::new(Liberty::Comment, None, element.path()));
    }
    let renamed = root.descendants().find(|element| {
        let usual = match element.name().namespace {
            QUERY => "query",
            RIM => "rim",
            RS => "rs",
            SDG => "sdg",
            _ => return false,
        };
        element.prefix() != usual
    });
    if let Some(element) = renamed {
        cautions.push(Caution::new(Liberty::Prefix, None, element.path()));
    }
}

/// The release line as the message writes it, before anything else is read.
fn specification(root: Element<'_>) -> Option<String> {
    let mut slots = root.children_named(RIM, "Slot");
    let slot = slots.find(|s| s.attribute("", "name") == Some("SpecificationIdentifier"))?;
    let value = slot.child(RIM, "SlotValue")?.child(RIM, "Value")?;
    Some(value.trimmed_text().into_owned())
}
