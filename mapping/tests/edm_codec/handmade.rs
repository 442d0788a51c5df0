//! Messages made by the project, one of each kind, to be bent by tests.

use jiff::{Timestamp, civil::date};
use mapping::{
    Personal,
    edm::{
        Address, Agent, AgentId, Availability, Distribution, EidasId, ErrorDraft,
        ErrorProviderRole, ErrorResponse, Evidence, EvidenceMetadata, EvidenceType, EvidenceTypeId,
        Exception, Gender, LanguageCode, Loa, MediaType, NaturalIdentity, NaturalPerson, Package,
        Preview, Request, RequestDraft, RequestId, RequestedDistribution, RequestedEvidence,
        Requester, Requirement, Response, ResponseDraft, ResponseProvider, Subject, Text, Version,
    },
};
use uuid::Uuid;

pub(crate) fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(0x5d1e_0000_0000_4000_8000_0000_0000_0000 + number)
}

pub(crate) fn at() -> Timestamp {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

pub(crate) fn text(value: &str) -> Text {
    Text::new(LanguageCode::EN, value)
}

pub(crate) fn agent(value: &str, name: &str) -> Agent {
    let scheme = "urn:cef.eu:names:identifier:EAS:0204".parse().unwrap();
    Agent::new(AgentId::new(value, scheme).unwrap(), text(name))
}

pub(crate) fn located(agent: Agent, country: &str) -> Agent {
    agent.with_address(Address::new(country.parse().unwrap()))
}

pub(crate) fn evidence_type() -> EvidenceTypeId {
    let base = "https://sr.oots.tech.ec.europa.eu/evidencetypeclassifications/DE";
    format!("{base}/{}", uuid(1)).parse().unwrap()
}

pub(crate) fn person() -> NaturalPerson {
    let born = date(1931, 2, 28);
    let identity = NaturalIdentity::new("Müller-Żółkiewska", "Zoë-Ángela", born)
        .with_identifier(EidasId::new("FR/DE/AT7F3C910").unwrap());
    NaturalPerson::new(Loa::High, identity).with_gender(Personal::new(Gender::Female))
}

pub(crate) fn draft(version: Version) -> RequestDraft {
    let requirement = format!("https://sr.oots.tech.ec.europa.eu/requirements/{}", uuid(2));
    let authority = located(agent("ER-1", "University"), "FR");
    let distribution = RequestedDistribution::new(MediaType::Pdf);
    RequestDraft {
        version,
        id: RequestId::new(uuid(3)),
        lang: None,
        issued_at: at(),
        procedure: "T3".parse().unwrap(),
        second_round: None,
        possibility_for_preview: true,
        explicit_request_given: true,
        requirements: vec![Requirement::new(
            requirement.parse().unwrap(),
            text("Proof of birth"),
        )],
        requester: Requester::new(authority).with_platform(agent("IP-1", "Platform")),
        provider: agent("EP-1", "Registry office"),
        classifications: Vec::new(),
        subject: Subject::Natural(Box::new(person())),
        representative: None,
        legal_representative: None,
        evidence: RequestedEvidence::new(
            uuid(4).into(),
            evidence_type(),
            text("Birth certificate"),
        )
        .with_distributions(vec![distribution]),
    }
}

pub(crate) fn request(version: Version) -> Request {
    Request::new(draft(version)).unwrap()
}

pub(crate) fn evidence() -> Evidence {
    let metadata = EvidenceMetadata::new(
        uuid(5).into(),
        Subject::Natural(Box::new(person())).identity(),
        agent("EP-1", "Registry office"),
        EvidenceType::new(evidence_type(), text("Birth certificate")),
        (date(2026, 11, 1), Distribution::new(MediaType::Pdf)),
    );
    let content = "evidence-1@bridge.example".parse().unwrap();
    Evidence::new(uuid(6).into(), content, "Birth certificate", metadata).classified(uuid(7).into())
}

pub(crate) fn response(version: Version) -> Response {
    Response::new(ResponseDraft {
        version,
        request_id: RequestId::new(uuid(3)),
        id: uuid(8).into(),
        issued_at: at(),
        provider: ResponseProvider::new(located(agent("EP-1", "Registry office"), "DE")),
        requester: agent("ER-1", "University"),
        availability: Availability::Now(vec![Package::new(uuid(9).into(), evidence())]),
    })
    .unwrap()
}

pub(crate) fn preview() -> Preview {
    let location = "https://preview.example/space?session=1&lang=de"
        .parse()
        .unwrap();
    Preview::new(location).with_descriptions(vec![text("Please look at your evidence.")])
}

pub(crate) fn error_draft(version: Version, exception: Exception) -> ErrorDraft {
    ErrorDraft {
        version,
        request_id: Some(RequestId::new(uuid(3))),
        id: uuid(8).into(),
        provider: located(agent("EP-1", "Registry office"), "DE"),
        role: ErrorProviderRole::ErrorProvider,
        requester: Some(agent("ER-1", "University")),
        exceptions: vec![exception],
    }
}

pub(crate) fn error(version: Version) -> ErrorResponse {
    let exception = Exception::preview_required(preview(), at());
    ErrorResponse::new(error_draft(version, exception)).unwrap()
}
