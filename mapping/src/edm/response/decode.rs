//! A response from XML.

use super::{Availability, Response, ResponseDraft, ResponseProvider};
use crate::edm::{
    Agent, Caution, Invalid, Liberty, Malformed, Problem, RequestId, Version,
    agent::{AgentRules, read_agent, read_classification},
    evidence::read_objects,
    slot::{Family, Kind, RIM, RS, Reading, SlotRule, Slots, attribute, parsed, read_response_id},
    specification,
};
use jiff::Timestamp;
use xml::Element;

/// Slots of the response, in the order of the specification.
const SLOTS: Family = Family {
    slots: &[
        SlotRule::new(
            "SpecificationIdentifier",
            Kind::Text,
            true,
            ["R-EDM-RESP-S009", "R-EDM-RESP-S017"],
        ),
        SlotRule::new(
            "EvidenceResponseIdentifier",
            Kind::Text,
            true,
            ["R-EDM-RESP-S010", "R-EDM-RESP-S018"],
        ),
        SlotRule::new(
            "IssueDateTime",
            Kind::DateTime,
            true,
            ["R-EDM-RESP-S011", "R-EDM-RESP-S019"],
        ),
        SlotRule::new(
            AVAILABLE,
            Kind::DateTime,
            false,
            ["R-EDM-RESP-S014", "R-EDM-RESP-S023"],
        ),
        SlotRule::new(
            "EvidenceProvider",
            Kind::Collection,
            true,
            ["R-EDM-RESP-S012", "R-EDM-RESP-S020"],
        ),
        SlotRule::new(
            "EvidenceRequester",
            Kind::Any,
            true,
            ["R-EDM-RESP-S013", "R-EDM-RESP-S022"],
        ),
    ],
    closed: Some("R-EDM-RESP-S016"),
    one_value: "R-EDM-RESP-S016",
    filled: "R-EDM-RESP-S016",
    collection: ("R-EDM-RESP-S025", "R-EDM-RESP-S020"),
};

const AVAILABLE: &str = "ResponseAvailableDateTime";

const PROVIDER: AgentRules = AgentRules {
    children: Some((
        &["Identifier", "Name", "Address", "Classification"],
        "R-EDM-RESP-S026",
    )),
    scheme_missing: "R-EDM-RESP-C006",
    scheme: "R-EDM-RESP-C007",
    lang: ("R-EDM-RESP-S026", "R-EDM-RESP-S026"),
    country: "R-EDM-RESP-C008",
};

const REQUESTER: AgentRules = AgentRules {
    children: None,
    scheme_missing: "R-EDM-RESP-C012",
    scheme: "R-EDM-RESP-C013",
    lang: ("R-EDM-RESP-S028", "R-EDM-RESP-S028"),
    country: "R-EDM-RESP-C013",
};

const SUCCESS: &str = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success";
const UNAVAILABLE: &str = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Unavailable";

/// Reads a response; `root` is a `query:QueryResponse` without exceptions.
pub(in crate::edm) fn decode(
    root: Element<'_>,
    cautions: Vec<Caution>,
) -> Result<Response, Invalid> {
    let id = root.attribute("", "requestId");
    let id = id.and_then(|id| id.trim().parse().ok());
    let version = specification(root).and_then(|value| value.parse().ok());
    read(root, cautions).map_err(|invalid| match invalid.request_id() {
        Some(_) => invalid,
        None => invalid.in_message(false, id, version),
    })
}

fn read(root: Element<'_>, cautions: Vec<Caution>) -> Result<Response, Invalid> {
    // [R-EDM-RESP-S003] [R-EDM-RESP-S004]
    let text = attribute(root, ("", "requestId"), "R-EDM-RESP-S003")?;
    let request_id: RequestId = parsed(text, "R-EDM-RESP-S004", root)?;
    let version = read_version(root)?;
    let mut reading = Reading { version, cautions };
    let reading = &mut reading;
    if !request_id.is_regular() {
        reading.caution(Liberty::RequestIdPrefix, Some("R-EDM-RESP-S004"), root);
    }
    let deferred = read_status(root)?;
    let slots = Slots::read(reading, root, SLOTS)?;
    if let Some(exception) = root.child(RS, "Exception") {
        let problem = Problem::Unexpected("Exception");
        return Err(Invalid::new("R-EDM-RESP-S008", problem, exception.path()));
    }
    let issued_at = slots.date_time(reading, "IssueDateTime", "R-EDM-RESP-C004")?;
    let issued_at = issued_at.ok_or_else(|| {
        let problem = Problem::Missing("IssueDateTime");
        Invalid::new("R-EDM-RESP-S011", problem, root.path())
    })?;
    let available_at = slots.date_time(reading, AVAILABLE, "R-EDM-RESP-C005")?;
    let requester = slots.any("EvidenceRequester", "Agent", "R-EDM-RESP-S027")?;
    let draft = ResponseDraft {
        version,
        request_id,
        id: read_response_id(reading, &slots, "R-EDM-RESP-C003")?,
        issued_at,
        provider: read_provider(reading, &slots)?,
        requester: read_agent(reading, requester, &REQUESTER)?,
        availability: read_availability(reading, root, (deferred, available_at))?,
    };
    Response::checked(draft, std::mem::take(&mut reading.cautions))
}

/// [R-EDM-RESP-C002] the literal of a release line.
fn read_version(root: Element<'_>) -> Result<Version, Invalid> {
    let value = specification(root).ok_or_else(|| {
        let problem = Problem::Missing("SpecificationIdentifier");
        Invalid::new("R-EDM-RESP-S009", problem, root.path())
    })?;
    parsed(&value, "R-EDM-RESP-C002", root)
}

/// Whether the answer is deferred. [R-EDM-RESP-S005] [R-EDM-RESP-S006]
fn read_status(root: Element<'_>) -> Result<bool, Invalid> {
    match attribute(root, ("", "status"), "R-EDM-RESP-S005")? {
        SUCCESS => Ok(false),
        UNAVAILABLE => Ok(true),
        _ => Err(Invalid::new(
            "R-EDM-RESP-S006",
            Malformed("the status Success or Unavailable"),
            root.path(),
        )),
    }
}

/// Role of an agent among the providers.
enum Role {
    Provider,
    Platform,
}

impl std::str::FromStr for Role {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        match text {
            "EP" => Ok(Self::Provider),
            "IP" => Ok(Self::Platform),
            _ => Err(Malformed("EP or IP")),
        }
    }
}

/// [R-EDM-RESP-C046] exactly one `EP`, and at most one `IP`.
fn read_provider(reading: &mut Reading, slots: &Slots<'_>) -> Result<ResponseProvider, Invalid> {
    let rules = ("R-EDM-RESP-S021", "R-EDM-RESP-S025");
    let (mut provider, mut platform): (Option<Agent>, Option<Agent>) = (None, None);
    for element in slots.collection("EvidenceProvider", "Agent", rules)? {
        let agent = read_agent(reading, element, &PROVIDER)?;
        let role = read_classification(element, ("R-EDM-RESP-C010", "R-EDM-RESP-C011"))?;
        let place = match role {
            Role::Provider => &mut provider,
            Role::Platform => &mut platform,
        };
        if place.replace(agent).is_some() {
            let problem = Problem::Repeated("an agent of one classification");
            return Err(Invalid::new("R-EDM-RESP-C046", problem, element.path()));
        }
    }
    if !reading.is_newer() && provider.is_none() && platform.is_some() {
        provider = platform.take();
        reading.caution(
            Liberty::ProviderRole,
            None,
            slots.required("EvidenceProvider")?,
        );
    }
    let agent = provider.ok_or_else(|| {
        let place = "EvidenceProvider".to_owned();
        Invalid::new("R-EDM-RESP-C046", Problem::Missing("the agent EP"), place)
    })?;
    Ok(ResponseProvider::new(agent).with_platform(platform))
}

fn read_availability(
    reading: &mut Reading,
    root: Element<'_>,
    (deferred, at): (bool, Option<Timestamp>),
) -> Result<Availability, Invalid> {
    let refuse = |rule, problem| Err(Invalid::new(rule, problem, root.path()));
    let packages = match root.only_child(RIM, "RegistryObjectList") {
        Some(list) => read_objects(reading, list)?,
        None if deferred && reading.version < Version::V2_0 => Vec::new(),
        None => {
            let problem = Problem::Missing("one RegistryObjectList");
            return refuse("R-EDM-RESP-S007", problem);
        }
    };
    match (deferred, at) {
        (true, Some(at)) if packages.is_empty() => Ok(Availability::At(at)),
        (true, Some(_)) => {
            let problem = Problem::Combination("evidence in an answer that defers it");
            refuse("R-EDM-RESP-S006", problem)
        }
        (true, None) => refuse("R-EDM-RESP-S045", Problem::Missing(AVAILABLE)),
        (false, Some(_)) => refuse("R-EDM-RESP-S014", Problem::Unexpected(AVAILABLE)),
        (false, None) => Ok(Availability::Now(packages)),
    }
}
