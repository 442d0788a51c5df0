//! An error response from XML.

mod exception;

use super::{ErrorDraft, ErrorResponse};
use crate::edm::{
    Agent, Caution, Invalid, Liberty, Malformed, Problem, RequestId, Version,
    agent::{AgentRules, read_agent, read_classification},
    slot::{Family, Kind, RIM, RS, Reading, SlotRule, Slots, attribute, parsed, read_response_id},
    specification,
};
use xml::Element;

/// Slots of the error response, in the order of the specification. There is no IssueDateTime.
const SLOTS: Family = Family {
    slots: &[
        SlotRule::new(
            "SpecificationIdentifier",
            Kind::Text,
            true,
            ["R-EDM-ERR-S009", "R-EDM-ERR-S018"],
        ),
        SlotRule::new(
            "EvidenceResponseIdentifier",
            Kind::Text,
            true,
            ["R-EDM-ERR-S010", "R-EDM-ERR-S019"],
        ),
        SlotRule::new(
            "ErrorProvider",
            Kind::Any,
            true,
            ["R-EDM-ERR-S011", "R-EDM-ERR-S020"],
        ),
        SlotRule::new(
            "EvidenceRequester",
            Kind::Any,
            false,
            ["R-EDM-ERR-S012", "R-EDM-ERR-S021"],
        ),
    ],
    closed: Some("R-EDM-ERR-S017"),
    one_value: "R-EDM-ERR-S028",
    filled: "R-EDM-ERR-S029",
    collection: ("R-EDM-ERR-S029", "R-EDM-ERR-S029"),
};

const PROVIDER: AgentRules = AgentRules {
    children: None,
    scheme_missing: "R-EDM-ERR-C003",
    scheme: "R-EDM-ERR-C004",
    lang: ("R-EDM-ERR-C029", "R-EDM-ERR-C028"),
    country: "R-EDM-ERR-C005",
};

const REQUESTER: AgentRules = AgentRules {
    children: None,
    scheme_missing: "R-EDM-ERR-C009",
    scheme: "R-EDM-ERR-C010",
    lang: ("R-EDM-ERR-C031", "R-EDM-ERR-C030"),
    country: "R-EDM-ERR-C010",
};

const FAILURE: &str = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Failure";

/// Reads an error response; `root` is a `query:QueryResponse`.
pub(in crate::edm) fn decode(
    root: Element<'_>,
    cautions: Vec<Caution>,
) -> Result<ErrorResponse, Invalid> {
    let id = root.attribute("", "requestId");
    let id = id.and_then(|id| id.trim().parse().ok());
    let version = specification(root).and_then(|value| value.parse().ok());
    read(root, cautions).map_err(|invalid| match invalid.request_id() {
        Some(_) => invalid,
        None => invalid.in_message(false, id, version),
    })
}

fn read(root: Element<'_>, cautions: Vec<Caution>) -> Result<ErrorResponse, Invalid> {
    let version = read_version(root)?;
    let mut reading = Reading { version, cautions };
    let reading = &mut reading;
    let request_id = read_request_id(reading, root)?;
    // [R-EDM-ERR-S005] [R-EDM-ERR-S006]
    if attribute(root, ("", "status"), "R-EDM-ERR-S005")? != FAILURE {
        let malformed = Malformed("the status Failure");
        return Err(Invalid::new("R-EDM-ERR-S006", malformed, root.path()));
    }
    if let Some(list) = root.child(RIM, "RegistryObjectList") {
        let problem = Problem::Unexpected("RegistryObjectList");
        return Err(Invalid::new("R-EDM-ERR-S007", problem, list.path()));
    }
    let slots = Slots::read(reading, root, SLOTS)?;
    let provider = slots.any("ErrorProvider", "Agent", "R-EDM-ERR-S026")?;
    let mut exceptions = Vec::new();
    for element in root.children_named(RS, "Exception") {
        exceptions.push(exception::read(reading, element)?);
    }
    let draft = ErrorDraft {
        version,
        request_id,
        id: read_response_id(reading, &slots, "R-EDM-ERR-C002")?,
        provider: read_agent(reading, provider, &PROVIDER)?,
        role: read_classification(provider, ("R-EDM-ERR-C007", "R-EDM-ERR-C008"))?,
        requester: read_requester(reading, &slots)?,
        exceptions,
    };
    ErrorResponse::checked(draft, std::mem::take(&mut reading.cautions))
}

/// [R-EDM-ERR-C001] the literal of a release line.
fn read_version(root: Element<'_>) -> Result<Version, Invalid> {
    let value = specification(root).ok_or_else(|| {
        let problem = Problem::Missing("SpecificationIdentifier");
        Invalid::new("R-EDM-ERR-S009", problem, root.path())
    })?;
    parsed(&value, "R-EDM-ERR-C001", root)
}

/// [R-EDM-ERR-S003] may be absent; [R-EDM-ERR-S004] the form, which senders vary. `[W9]`
fn read_request_id(reading: &mut Reading, root: Element<'_>) -> Result<Option<RequestId>, Invalid> {
    let text = root.attribute("", "requestId").map(str::trim);
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let id: RequestId = parsed(text, "R-EDM-ERR-S004", root)?;
    if !id.is_regular() {
        reading.caution(Liberty::RequestIdPrefix, Some("R-EDM-ERR-S004"), root);
    }
    Ok(Some(id))
}

fn read_requester(reading: &mut Reading, slots: &Slots<'_>) -> Result<Option<Agent>, Invalid> {
    if !slots.has("EvidenceRequester") {
        return Ok(None);
    }
    let agent = slots.any("EvidenceRequester", "Agent", "R-EDM-ERR-C023")?;
    read_agent(reading, agent, &REQUESTER).map(Some)
}
