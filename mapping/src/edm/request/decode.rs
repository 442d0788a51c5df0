//! A request from XML.

mod concept;
mod evidence;

use super::{Request, RequestDraft, Requester, Requirement, SecondRound};
use crate::edm::{
    Agent, Caution, EidasScheme, Invalid, LanguageCode, LegalPerson, Liberty, Malformed,
    NaturalPerson, Problem, ProcedureCode, RequestId, RequirementId, Subject, Version,
    agent::{AgentRules, read_agent, read_classification, read_language, read_texts},
    slot::{
        Family, Kind, QUERY, RIM, Reading, SlotRule, Slots, allow_only, attribute, leaf, parsed,
    },
    specification,
    subject::{
        LEGAL_REPRESENTATIVE, LEGAL_SUBJECT, NATURAL_REPRESENTATIVE, NATURAL_SUBJECT, read_legal,
        read_natural,
    },
};
use xml::{Element, XML_NAMESPACE};

/// Slots of the request, in the order of the specification.
const SLOTS: &[SlotRule] = &[
    SlotRule::new(
        "SpecificationIdentifier",
        Kind::Text,
        true,
        ["R-EDM-REQ-S005", "R-EDM-REQ-S020"],
    ),
    SlotRule::new(
        "IssueDateTime",
        Kind::DateTime,
        true,
        ["R-EDM-REQ-S006", "R-EDM-REQ-S021"],
    ),
    SlotRule::new(
        "Procedure",
        Kind::International,
        true,
        ["R-EDM-REQ-S007", "R-EDM-REQ-S022"],
    )
    .until_1_2(),
    SlotRule::new(
        "Procedure",
        Kind::Text,
        true,
        ["R-EDM-REQ-S007", "R-EDM-REQ-S022"],
    )
    .since_2_0(),
    SlotRule::new(
        "PreviewLocation",
        Kind::Text,
        false,
        ["R-EDM-REQ-S008", "R-EDM-REQ-S023"],
    ),
    SlotRule::new(
        "ReturnLocation",
        Kind::Text,
        false,
        ["R-EDM-REQ-S060", "R-EDM-REQ-S061"],
    )
    .since_2_0(),
    SlotRule::new(
        "PossibilityForPreview",
        Kind::Boolean,
        true,
        ["R-EDM-REQ-S009", "R-EDM-REQ-S024"],
    ),
    SlotRule::new(
        "ExplicitRequestGiven",
        Kind::Boolean,
        true,
        ["R-EDM-REQ-S010", "R-EDM-REQ-S025"],
    ),
    SlotRule::new(
        "Requirements",
        Kind::Collection,
        true,
        ["R-EDM-REQ-S011", "R-EDM-REQ-S026"],
    ),
    SlotRule::new(
        "EvidenceRequester",
        Kind::Collection,
        true,
        ["R-EDM-REQ-S012", "R-EDM-REQ-S028"],
    ),
    SlotRule::new(
        "EvidenceProvider",
        Kind::Any,
        true,
        ["R-EDM-REQ-S013", "R-EDM-REQ-S030"],
    ),
    SlotRule::new(
        CONCEPTS,
        Kind::Collection,
        false,
        ["R-EDM-REQ-S014", "R-EDM-REQ-S031"],
    ),
];

const CONCEPTS: &str = "EvidenceProviderClassification";

/// Slots of the query.
const QUERY_SLOTS: &[SlotRule] = &[
    SlotRule::new(
        "NaturalPerson",
        Kind::Any,
        false,
        ["R-EDM-REQ-S016", "R-EDM-REQ-S035"],
    ),
    SlotRule::new(
        "LegalPerson",
        Kind::Any,
        false,
        ["R-EDM-REQ-S016", "R-EDM-REQ-S034"],
    ),
    SlotRule::new(
        REPRESENTATIVE,
        Kind::Any,
        false,
        ["R-EDM-REQ-S049", "R-EDM-REQ-S036"],
    ),
    SlotRule::new(
        LEGAL,
        Kind::Any,
        false,
        ["R-EDM-REQ-S049", "R-EDM-REQ-S055"],
    ),
    SlotRule::new(
        "EvidenceRequest",
        Kind::Any,
        true,
        ["R-EDM-REQ-S015", "R-EDM-REQ-S033"],
    ),
];

const REPRESENTATIVE: &str = "AuthorizedRepresentative";
const LEGAL: &str = "AuthorizedRepresentativeLegalPerson";

const REQUESTER: AgentRules = AgentRules {
    children: Some((
        &["Identifier", "Name", "Address", "Classification"],
        "R-EDM-REQ-S040",
    )),
    scheme_missing: "R-EDM-REQ-C011",
    scheme: "R-EDM-REQ-C012",
    lang: ("R-EDM-REQ-C109", "R-EDM-REQ-C108"),
    country: "R-EDM-REQ-C015",
};

const PROVIDER: AgentRules = AgentRules {
    children: Some((&["Identifier", "Name"], "R-EDM-REQ-S043")),
    scheme_missing: "R-EDM-REQ-C017",
    scheme: "R-EDM-REQ-C018",
    lang: ("R-EDM-REQ-C111", "R-EDM-REQ-C110"),
    country: "R-EDM-REQ-C018",
};

const fn family(slots: &'static [SlotRule], closed: Option<&'static str>) -> Family {
    Family {
        slots,
        closed,
        one_value: "R-EDM-REQ-S050",
        filled: "R-EDM-REQ-S051",
        collection: ("R-EDM-REQ-S052", "R-EDM-REQ-S053"),
    }
}

/// Reads a request; `root` is a `query:QueryRequest`.
pub(in crate::edm) fn decode(
    root: Element<'_>,
    cautions: Vec<Caution>,
) -> Result<Request, Invalid> {
    let id = root
        .attribute("", "id")
        .and_then(|id| id.trim().parse().ok());
    let version = specification(root).and_then(|value| value.parse().ok());
    read(root, cautions).map_err(|invalid| match invalid.request_id() {
        Some(_) => invalid,
        None => invalid.in_message(true, id, version),
    })
}

fn read(root: Element<'_>, cautions: Vec<Caution>) -> Result<Request, Invalid> {
    // [R-EDM-REQ-S003] [R-EDM-REQ-S004]
    let id: RequestId = parsed(
        attribute(root, ("", "id"), "R-EDM-REQ-S003")?,
        "R-EDM-REQ-S004",
        root,
    )?;
    let version = read_version(root)?;
    let mut reading = Reading { version, cautions };
    let reading = &mut reading;
    if !id.is_regular() {
        reading.caution(Liberty::RequestIdPrefix, Some("R-EDM-REQ-S004"), root);
    }
    let slots = Slots::read(reading, root, family(SLOTS, Some("R-EDM-REQ-S019")))?;
    let query = read_query(root)?;
    // 1.0 has no rule that closes this list.
    let closed = (version >= Version::V1_1).then_some("R-EDM-REQ-S049");
    let about = Slots::read(reading, query, family(QUERY_SLOTS, closed))?;
    let draft = RequestDraft {
        version,
        id,
        lang: read_root_language(reading, root)?,
        issued_at: slots
            .date_time(reading, "IssueDateTime", "R-EDM-REQ-C002")?
            .ok_or_else(|| missing(root, "R-EDM-REQ-S006", "IssueDateTime"))?,
        procedure: read_procedure(reading, &slots)?,
        second_round: read_second_round(&slots)?,
        possibility_for_preview: slots.boolean("PossibilityForPreview", "R-EDM-REQ-C006")?,
        explicit_request_given: slots.boolean("ExplicitRequestGiven", "R-EDM-REQ-C007")?,
        requirements: read_requirements(reading, &slots)?,
        requester: read_requester(reading, &slots)?,
        provider: read_agent(
            reading,
            slots.any("EvidenceProvider", "Agent", "R-EDM-REQ-S042")?,
            &PROVIDER,
        )?,
        classifications: concept::read(reading, &slots)?,
        subject: read_subject(reading, &about, query)?,
        representative: read_representative(reading, &about)?,
        legal_representative: read_legal_representative(reading, &about)?,
        evidence: evidence::read(reading, &about)?,
    };
    Request::checked(draft, std::mem::take(&mut reading.cautions))
}

fn missing(at: Element<'_>, rule: &'static str, what: &'static str) -> Invalid {
    Invalid::new(rule, Problem::Missing(what), at.path())
}

/// [R-EDM-REQ-C001] the literal of a release line.
fn read_version(root: Element<'_>) -> Result<Version, Invalid> {
    let value = specification(root)
        .ok_or_else(|| missing(root, "R-EDM-REQ-S005", "SpecificationIdentifier"))?;
    parsed(&value, "R-EDM-REQ-C001", root)
}

/// The root language was the preferred one of the evidence; 2.0 forbids it. [R-EDM-REQ-S059]
fn read_root_language(
    reading: &mut Reading,
    root: Element<'_>,
) -> Result<Option<LanguageCode>, Invalid> {
    let Some(lang) = root.attribute(XML_NAMESPACE, "lang") else {
        return Ok(None);
    };
    if reading.version >= Version::V2_0 {
        let problem = Problem::Unexpected("xml:lang");
        return Err(Invalid::new("R-EDM-REQ-S059", problem, root.path()));
    }
    Ok(Some(read_language(
        reading,
        lang.trim(),
        ("R-EDM-REQ-C069", "R-EDM-REQ-C069"),
        root,
    )))
}

/// [R-EDM-REQ-C003] New procedures come without new code, so an unlisted one is only noted.
fn read_procedure(reading: &mut Reading, slots: &Slots<'_>) -> Result<ProcedureCode, Invalid> {
    let value = slots.scalar("Procedure")?;
    let (text, at) = if reading.version >= Version::V2_0 {
        (value.trimmed_text().into_owned(), value)
    } else {
        let string = value
            .child(RIM, "LocalizedString")
            .ok_or_else(|| missing(value, "R-EDM-REQ-C003", "LocalizedString"))?;
        let lang = string.attribute(XML_NAMESPACE, "lang").unwrap_or_default();
        read_language(
            reading,
            lang.trim(),
            ("R-EDM-REQ-C004", "R-EDM-REQ-C004"),
            string,
        );
        let text = string.attribute("", "value").unwrap_or_default();
        (text.trim().to_owned(), string)
    };
    let procedure: ProcedureCode = parsed(&text, "R-EDM-REQ-C003", at)?;
    if !procedure.is_listed() {
        reading.caution(Liberty::Procedure, Some("R-EDM-REQ-C003"), at);
    }
    Ok(procedure)
}

fn read_second_round(slots: &Slots<'_>) -> Result<Option<SecondRound>, Invalid> {
    let preview = slots.element("PreviewLocation")?;
    let back = slots.element("ReturnLocation")?;
    match (preview, back) {
        (Some(preview), back) => {
            let location = parsed(&preview.trimmed_text(), "R-EDM-REQ-C005", preview)?;
            let back = match back {
                Some(back) => Some(parsed(&back.trimmed_text(), "R-EDM-REQ-C120", back)?),
                None => None,
            };
            Ok(Some(SecondRound::new(location).with_back(back)))
        }
        (None, Some(back)) => {
            let problem = Problem::Combination("PreviewLocation and ReturnLocation only together");
            Err(Invalid::new("R-EDM-REQ-S062", problem, back.path()))
        }
        (None, None) => Ok(None),
    }
}

fn read_requirements(
    reading: &mut Reading,
    slots: &Slots<'_>,
) -> Result<Vec<Requirement>, Invalid> {
    let rules = ("R-EDM-REQ-S027", "R-EDM-REQ-S037");
    let elements = slots.collection("Requirements", "Requirement", rules)?;
    let mut requirements = Vec::new();
    for element in elements {
        allow_only(
            element,
            &["Identifier", "Name", "Description"],
            "R-EDM-REQ-S038",
        )?;
        let (at, text) = leaf(element, "Identifier", "R-EDM-REQ-C008")?;
        let id: RequirementId = parsed(&text, "R-EDM-REQ-C008", at)?;
        if reading.is_newer() && id.is_old_domain() {
            reading.caution(Liberty::OldDomain, Some("R-EDM-REQ-C008"), at);
        }
        let names = read_texts(
            reading,
            element,
            "Name",
            ("R-EDM-REQ-C010", "R-EDM-REQ-C009"),
        );
        if names.is_empty() {
            return Err(missing(element, "R-EDM-REQ-C010", "Name"));
        }
        requirements.push(Requirement {
            id,
            names,
            descriptions: read_texts(
                reading,
                element,
                "Description",
                ("R-EDM-REQ-C094", "R-EDM-REQ-C093"),
            ),
        });
    }
    Ok(requirements)
}

/// Role of an agent among the requesters.
enum Role {
    Requester,
    Platform,
}

impl std::str::FromStr for Role {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        match text {
            "ER" => Ok(Self::Requester),
            "IP" => Ok(Self::Platform),
            _ => Err(Malformed("ER or IP")),
        }
    }
}

/// Exactly one `ER` and at most one `IP`.
fn read_requester(reading: &mut Reading, slots: &Slots<'_>) -> Result<Requester, Invalid> {
    let rules = ("R-EDM-REQ-S029", "R-EDM-REQ-S039");
    let (mut authority, mut platform): (Option<Agent>, Option<Agent>) = (None, None);
    for element in slots.collection("EvidenceRequester", "Agent", rules)? {
        let agent = read_agent(reading, element, &REQUESTER)?;
        let role = read_classification(element, ("R-EDM-REQ-C013", "R-EDM-REQ-C014"))?;
        let place = match role {
            Role::Requester => &mut authority,
            Role::Platform => &mut platform,
        };
        if place.replace(agent).is_some() {
            let problem = Problem::Repeated("an agent of one classification");
            return Err(Invalid::new("R-EDM-REQ-C014", problem, element.path()));
        }
    }
    let authority = authority.ok_or_else(|| {
        let place = "EvidenceRequester".to_owned();
        Invalid::new("R-EDM-REQ-C014", Problem::Missing("the agent ER"), place)
    })?;
    Ok(Requester {
        authority,
        platform,
    })
}

/// The fixed attributes around the query. [R-EDM-REQ-C024] [R-EDM-REQ-C025]
fn read_query(root: Element<'_>) -> Result<Element<'_>, Invalid> {
    let fixed = |local, name, expected, rule| -> Result<Element<'_>, Invalid> {
        let element = root
            .only_child(QUERY, local)
            .ok_or_else(|| missing(root, rule, local))?;
        if element.attribute("", name).map(str::trim) == Some(expected) {
            return Ok(element);
        }
        Err(Invalid::new(
            rule,
            Malformed("the fixed value"),
            element.path(),
        ))
    };
    let option = "ResponseOption";
    fixed(
        option,
        "returnType",
        "LeafClassWithRepositoryItem",
        "R-EDM-REQ-C024",
    )?;
    fixed(
        "Query",
        "queryDefinition",
        "DocumentQuery",
        "R-EDM-REQ-C025",
    )
}

/// [R-EDM-REQ-S016] exactly one subject.
fn read_subject(
    reading: &mut Reading,
    about: &Slots<'_>,
    query: Element<'_>,
) -> Result<Subject, Invalid> {
    match (about.has("NaturalPerson"), about.has("LegalPerson")) {
        (true, false) => {
            let person = about.any("NaturalPerson", "Person", "R-EDM-REQ-S046")?;
            let person = read_natural(reading, person, &NATURAL_SUBJECT)?;
            Ok(Subject::Natural(Box::new(person)))
        }
        (false, true) => {
            let person = about.any("LegalPerson", "LegalPerson", "R-EDM-REQ-S047")?;
            let person = read_legal(reading, person, &LEGAL_SUBJECT)?;
            Ok(Subject::Legal(Box::new(person)))
        }
        (true, true) => {
            let problem = Problem::Combination("NaturalPerson and LegalPerson exclude each other");
            Err(Invalid::new("R-EDM-REQ-S016", problem, query.path()))
        }
        (false, false) => Err(missing(
            query,
            "R-EDM-REQ-S016",
            "NaturalPerson or LegalPerson",
        )),
    }
}

fn read_representative(
    reading: &mut Reading,
    about: &Slots<'_>,
) -> Result<Option<Box<NaturalPerson>>, Invalid> {
    if !about.has(REPRESENTATIVE) {
        return Ok(None);
    }
    let person = about.any(REPRESENTATIVE, "Person", "R-EDM-REQ-S048")?;
    let representative = read_natural(reading, person, &NATURAL_REPRESENTATIVE)?;
    let id = representative.identity().identifier();
    let known = id.is_some_and(|id| id.scheme() == EidasScheme::Eidas);
    if known && representative.gender().is_none() && reading.version >= Version::V2_0 {
        // [R-EDM-REQ-C126] asks for a gender, which the chapter does not: it is left open.
        reading.caution(Liberty::GenderMissing, Some("R-EDM-REQ-C126"), person);
    }
    Ok(Some(Box::new(representative)))
}

fn read_legal_representative(
    reading: &mut Reading,
    about: &Slots<'_>,
) -> Result<Option<Box<LegalPerson>>, Invalid> {
    if !about.has(LEGAL) {
        return Ok(None);
    }
    let person = about.any(LEGAL, "LegalPerson", "R-EDM-REQ-S056")?;
    read_legal(reading, person, &LEGAL_REPRESENTATIVE).map(|person| Some(Box::new(person)))
}
