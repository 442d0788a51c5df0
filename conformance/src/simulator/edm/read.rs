//! What a received message says, or why it cannot be read

use xml::{Document, Element, Limits};

use super::slot::{Slots, value_type};
use super::{QUERY, RIM, RS, SDG, STATUS, XLINK};

/// A received message
#[derive(Clone, Debug)]
pub enum Received {
    /// An evidence request
    Request(Box<ReceivedRequest>),
    /// An evidence response
    Response(Box<ReceivedResponse>),
    /// An error response
    Error(Box<ReceivedError>),
}

/// An agent as read
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ReceivedAgent {
    /// Identifier
    pub id: String,
    /// Scheme of the identifier
    pub scheme: String,
    /// First name
    pub name: String,
    /// Its language
    pub lang: String,
    /// Country of the address
    pub country: Option<String>,
    /// Classification
    pub class: Option<String>,
}

/// A person as read
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ReceivedPerson {
    /// eIDAS identifier
    pub eidas: Option<String>,
    /// Family name
    pub family_name: String,
    /// Given name
    pub given_name: String,
    /// Date of birth
    pub birth_date: String,
    /// Level of assurance, in requests
    pub assurance: Option<String>,
}

/// A request as read
#[derive(Clone, Debug)]
pub struct ReceivedRequest {
    /// Specification identifier
    pub version: String,
    /// Identifier with its prefix
    pub id: String,
    /// Procedure code
    pub procedure: String,
    /// Whether the user can be sent to a preview
    pub preview_possible: bool,
    /// Whether the user asked expressly
    pub explicit: bool,
    /// Preview address of a second request
    pub preview_location: Option<String>,
    /// Return address of a second request
    pub return_location: Option<String>,
    /// Requirements by URL
    pub requirements: Vec<String>,
    /// Who asks, and through whom
    pub requesters: Vec<ReceivedAgent>,
    /// Who is asked
    pub provider: ReceivedAgent,
    /// The person; absent for a legal person
    pub person: Option<ReceivedPerson>,
    /// UUID of the evidence type
    pub evidence_identifier: String,
    /// Classification of the evidence type
    pub classification: String,
    /// Title
    pub title: String,
    /// Requested media types
    pub formats: Vec<String>,
    /// Data model
    pub conforms_to: Option<String>,
}

/// A document of a response as read
#[derive(Clone, Debug)]
pub struct ReceivedDocument {
    /// Content-ID of the part, without `cid:`
    pub cid: String,
    /// UUID of the evidence
    pub evidence_id: String,
    /// Evidence type classification
    pub classification: Option<String>,
    /// Media type of the metadata
    pub format: String,
    /// Whom it is about
    pub about: Option<ReceivedPerson>,
    /// Role in the package, 2.0 only
    pub node: Option<String>,
}

/// A response as read
#[derive(Clone, Debug)]
pub struct ReceivedResponse {
    /// Specification identifier
    pub version: String,
    /// Identifier of the request
    pub request_id: String,
    /// Last part of the status: `Success` or `Unavailable`
    pub status: String,
    /// UUID of the response
    pub response_id: String,
    /// Who answers, and through whom
    pub providers: Vec<ReceivedAgent>,
    /// Who asked
    pub requester: ReceivedAgent,
    /// When the evidence will be there
    pub available: Option<String>,
    /// The documents
    pub documents: Vec<ReceivedDocument>,
}

/// One exception as read
#[derive(Clone, Debug)]
pub struct ReceivedException {
    /// Type after the colon
    pub kind: String,
    /// Code
    pub code: String,
    /// Severity
    pub severity: String,
    /// Detail
    pub detail: Option<String>,
    /// Where the user has to go
    pub preview_location: Option<String>,
}

/// An error response as read
#[derive(Clone, Debug)]
pub struct ReceivedError {
    /// Specification identifier
    pub version: String,
    /// Identifier of the request
    pub request_id: Option<String>,
    /// UUID of the response
    pub response_id: String,
    /// Who answers
    pub provider: ReceivedAgent,
    /// The exceptions
    pub exceptions: Vec<ReceivedException>,
}

/// Reads a message
///
/// # Errors
/// With the first thing that is missing.
pub fn read(content: &[u8]) -> Result<Received, String> {
    let document = Document::parse(content, &Limits::REGREP).map_err(|error| error.to_string())?;
    let root = document.root();
    if root.is(QUERY, "QueryRequest") {
        return request(root).map(Box::new).map(Received::Request);
    }
    if !root.is(QUERY, "QueryResponse") {
        return Err(format!("the root element is {}", root.path()));
    }
    let status = root
        .attribute("", "status")
        .and_then(|status| status.strip_prefix(STATUS));
    match status.ok_or("the status is unknown")? {
        "Failure" => error(root).map(Box::new).map(Received::Error),
        status @ ("Success" | "Unavailable") => {
            response(root, status).map(Box::new).map(Received::Response)
        }
        other => Err(format!("the status is {other}")),
    }
}

fn request(root: Element<'_>) -> Result<ReceivedRequest, String> {
    let slots = Slots::of(root);
    closed(&slots, REQUEST_SLOTS)?;
    let query = root
        .only_child(QUERY, "Query")
        .ok_or("query:Query is missing")?;
    let query_slots = Slots::of(query);
    closed(&query_slots, QUERY_SLOTS)?;
    let evidence = query_slots
        .any("EvidenceRequest")
        .ok_or("slot EvidenceRequest is missing")?;
    let distribution = evidence
        .child(SDG, "DistributedAs")
        .ok_or("DistributedAs is missing")?;
    let requirements = slots
        .collection("Requirements")
        .ok_or("slot Requirements is missing")?;
    let requesters = slots
        .collection("EvidenceRequester")
        .ok_or("slot EvidenceRequester")?;
    let provider = slots
        .any("EvidenceProvider")
        .ok_or("slot EvidenceProvider is missing")?;
    Ok(ReceivedRequest {
        version: text(&slots, "SpecificationIdentifier", "StringValueType")?,
        id: root
            .attribute("", "id")
            .ok_or("the id is missing")?
            .to_owned(),
        procedure: procedure(&slots)?,
        preview_possible: flag(&slots, "PossibilityForPreview")?,
        explicit: flag(&slots, "ExplicitRequestGiven")?,
        preview_location: text(&slots, "PreviewLocation", "StringValueType").ok(),
        return_location: text(&slots, "ReturnLocation", "StringValueType").ok(),
        requirements: requirements
            .into_iter()
            .map(|requirement| leaf(requirement, "Identifier"))
            .collect::<Result<_, _>>()?,
        requesters: requesters
            .into_iter()
            .map(agent)
            .collect::<Result<_, _>>()?,
        provider: agent(provider)?,
        person: query_slots.any("NaturalPerson").map(person).transpose()?,
        evidence_identifier: leaf(evidence, "Identifier")?,
        classification: leaf(evidence, "EvidenceTypeClassification")?,
        title: leaf_first(evidence, "Title")?,
        formats: distribution
            .children_named(SDG, "Format")
            .map(|format| format.trimmed_text().into_owned())
            .collect(),
        conforms_to: leaf(distribution, "ConformsTo").ok(),
    })
}

fn procedure(slots: &Slots<'_>) -> Result<String, String> {
    if let Ok(code) = text(slots, "Procedure", "StringValueType") {
        return Ok(code);
    }
    slots
        .typed("Procedure", "InternationalStringValueType")
        .and_then(|value| value.only_child(RIM, "Value"))
        .and_then(|value| value.child(RIM, "LocalizedString"))
        .and_then(|string| string.attribute("", "value"))
        .map(str::to_owned)
        .ok_or_else(|| "slot Procedure is missing".to_owned())
}

fn response(root: Element<'_>, status: &str) -> Result<ReceivedResponse, String> {
    let slots = Slots::of(root);
    closed(&slots, RESPONSE_SLOTS)?;
    text(&slots, "IssueDateTime", "DateTimeValueType")?;
    let providers = slots
        .collection("EvidenceProvider")
        .ok_or("slot EvidenceProvider is missing")?;
    let requester = slots
        .any("EvidenceRequester")
        .ok_or("slot EvidenceRequester is missing")?;
    let mut documents = Vec::new();
    if let Some(list) = root.child(RIM, "RegistryObjectList") {
        collect(list, &mut documents)?;
    } else if status == "Success" {
        return Err("RegistryObjectList is missing".to_owned());
    }
    Ok(ReceivedResponse {
        version: text(&slots, "SpecificationIdentifier", "StringValueType")?,
        request_id: root
            .attribute("", "requestId")
            .ok_or("requestId is missing")?
            .to_owned(),
        status: status.to_owned(),
        response_id: text(&slots, "EvidenceResponseIdentifier", "StringValueType")?,
        providers: providers.into_iter().map(agent).collect::<Result<_, _>>()?,
        requester: agent(requester)?,
        available: text(&slots, "ResponseAvailableDateTime", "DateTimeValueType").ok(),
        documents,
    })
}

/// Documents of the list, and of the packages in it
fn collect(list: Element<'_>, documents: &mut Vec<ReceivedDocument>) -> Result<(), String> {
    for object in list.children_named(RIM, "RegistryObject") {
        match value_type(object) {
            Some("ExtrinsicObjectType") => documents.push(document(object)?),
            Some("RegistryPackageType") => {
                let inner = object
                    .only_child(RIM, "RegistryObjectList")
                    .ok_or("empty package")?;
                collect(inner, documents)?;
            }
            Some("AssociationType") => {}
            other => return Err(format!("a registry object is of type {other:?}")),
        }
    }
    Ok(())
}

fn document(object: Element<'_>) -> Result<ReceivedDocument, String> {
    let metadata = Slots::of(object)
        .any("EvidenceMetadata")
        .ok_or("slot EvidenceMetadata is missing")?;
    let distribution = metadata
        .child(SDG, "Distribution")
        .ok_or("Distribution is missing")?;
    let href = object
        .only_child(RIM, "RepositoryItemRef")
        .and_then(|reference| reference.attribute(XLINK, "href"))
        .ok_or("RepositoryItemRef is missing")?;
    let about = metadata
        .child(SDG, "IsAbout")
        .and_then(|about| about.child(SDG, "NaturalPerson"))
        .map(person)
        .transpose()?;
    let conformance = metadata.child(SDG, "IsConformantTo");
    Ok(ReceivedDocument {
        cid: href
            .strip_prefix("cid:")
            .ok_or("RepositoryItemRef is not a cid")?
            .to_owned(),
        evidence_id: leaf(metadata, "Identifier")?,
        classification: conformance.and_then(|c| leaf(c, "EvidenceTypeClassification").ok()),
        format: leaf(distribution, "Format")?,
        about,
        node: object
            .child(RIM, "Classification")
            .and_then(|class| class.attribute("", "classificationNode"))
            .map(str::to_owned),
    })
}

fn error(root: Element<'_>) -> Result<ReceivedError, String> {
    let slots = Slots::of(root);
    closed(&slots, ERROR_SLOTS)?;
    let provider = slots
        .any("ErrorProvider")
        .ok_or("slot ErrorProvider is missing")?;
    let exceptions: Vec<_> = root
        .children_named(RS, "Exception")
        .map(exception)
        .collect::<Result<_, _>>()?;
    if exceptions.is_empty() {
        return Err("rs:Exception is missing".to_owned());
    }
    Ok(ReceivedError {
        version: text(&slots, "SpecificationIdentifier", "StringValueType")?,
        request_id: root.attribute("", "requestId").map(str::to_owned),
        response_id: text(&slots, "EvidenceResponseIdentifier", "StringValueType")?,
        provider: agent(provider)?,
        exceptions,
    })
}

fn exception(element: Element<'_>) -> Result<ReceivedException, String> {
    let slots = Slots::of(element);
    text(&slots, "Timestamp", "DateTimeValueType")?;
    let attribute = |name: &str| element.attribute("", name).map(str::to_owned);
    Ok(ReceivedException {
        kind: value_type(element)
            .ok_or("the exception has no type")?
            .to_owned(),
        code: attribute("code").ok_or("the exception has no code")?,
        severity: attribute("severity").ok_or("the exception has no severity")?,
        detail: attribute("detail"),
        preview_location: text(&slots, "PreviewLocation", "StringValueType").ok(),
    })
}

fn agent(element: Element<'_>) -> Result<ReceivedAgent, String> {
    let identifier = element
        .child(SDG, "Identifier")
        .ok_or("an agent has no Identifier")?;
    let name = element.child(SDG, "Name").ok_or("an agent has no Name")?;
    let country = element
        .child(SDG, "Address")
        .and_then(|address| leaf(address, "AdminUnitLevel1").ok());
    Ok(ReceivedAgent {
        id: identifier.trimmed_text().into_owned(),
        scheme: identifier
            .attribute("", "schemeID")
            .ok_or("an agent has no scheme")?
            .to_owned(),
        name: name.trimmed_text().into_owned(),
        lang: name
            .attribute("", "lang")
            .ok_or("an agent's name has no language")?
            .to_owned(),
        country,
        class: leaf(element, "Classification").ok(),
    })
}

fn person(element: Element<'_>) -> Result<ReceivedPerson, String> {
    Ok(ReceivedPerson {
        eidas: leaf(element, "Identifier").ok(),
        family_name: leaf(element, "FamilyName")?,
        given_name: leaf(element, "GivenName")?,
        birth_date: leaf(element, "DateOfBirth")?,
        assurance: leaf(element, "LevelOfAssurance").ok(),
    })
}

fn leaf(parent: Element<'_>, name: &str) -> Result<String, String> {
    let child = parent
        .only_child(SDG, name)
        .ok_or_else(|| format!("sdg:{name} is missing"))?;
    Ok(child.trimmed_text().into_owned())
}

fn leaf_first(parent: Element<'_>, name: &str) -> Result<String, String> {
    let child = parent
        .child(SDG, name)
        .ok_or_else(|| format!("sdg:{name} is missing"))?;
    Ok(child.trimmed_text().into_owned())
}

fn text(slots: &Slots<'_>, name: &str, kind: &str) -> Result<String, String> {
    let value = slots
        .text(name, kind)
        .ok_or_else(|| format!("slot {name} is missing or not {kind}"))?;
    Ok(value.into_owned())
}

fn flag(slots: &Slots<'_>, name: &str) -> Result<bool, String> {
    match text(slots, name, "BooleanValueType")?.as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        other => Err(format!("slot {name} is {other}")),
    }
}

/// No slot twice, and none that the list does not name
fn closed(slots: &Slots<'_>, known: &[&str]) -> Result<(), String> {
    let names = slots.names();
    for (index, name) in names.iter().enumerate() {
        if !known.contains(name) {
            return Err(format!("slot {name} is unknown"));
        }
        if names.iter().skip(index + 1).any(|other| other == name) {
            return Err(format!("slot {name} is repeated"));
        }
    }
    Ok(())
}

const REQUEST_SLOTS: &[&str] = &[
    "SpecificationIdentifier",
    "IssueDateTime",
    "Procedure",
    "PreviewLocation",
    "ReturnLocation",
    "PossibilityForPreview",
    "ExplicitRequestGiven",
    "Requirements",
    "EvidenceRequester",
    "EvidenceProvider",
    "EvidenceProviderClassification",
];
const QUERY_SLOTS: &[&str] = &[
    "NaturalPerson",
    "LegalPerson",
    "AuthorizedRepresentative",
    "AuthorizedRepresentativeLegalPerson",
    "EvidenceRequest",
];
const RESPONSE_SLOTS: &[&str] = &[
    "SpecificationIdentifier",
    "EvidenceResponseIdentifier",
    "IssueDateTime",
    "ResponseAvailableDateTime",
    "EvidenceProvider",
    "EvidenceRequester",
];
const ERROR_SLOTS: &[&str] = &[
    "SpecificationIdentifier",
    "EvidenceResponseIdentifier",
    "ErrorProvider",
    "EvidenceRequester",
];
