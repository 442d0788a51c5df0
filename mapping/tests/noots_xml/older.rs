//! The messages of 1.2.0.

use mapping::noots::{
    Availability, Message, MessageType, RepositoryItem, Representative, Rule, Subject, decode_xml,
};

const REQUEST: &str = include_str!("handmade/0301-1.2.0.xml");
const RESPONSE: &str = include_str!("handmade/0302-1.2.0.xml");
const ERROR: &str = include_str!("handmade/0303-1.2.0.xml");
const ORDER: &str = include_str!("handmade/0401-1.2.0.xml");
const ORDER_RESPONSE: &str = include_str!("handmade/0402-1.2.0.xml");
const GET_EVIDENCE: &str = include_str!("handmade/0411-1.2.0.xml");
const COLLECTED: &str = include_str!("handmade/0412-1.2.0.xml");

#[track_caller]
fn read(document: &str) -> Message {
    decode_xml(document.as_bytes()).unwrap()
}

#[track_caller]
fn check_refused(document: &str, rule: Rule, place: &str) {
    let invalid = decode_xml(document.as_bytes()).unwrap_err();
    assert_eq!((invalid.rule(), invalid.pointer()), (rule, place));
}

#[test]
fn a_request_is_read() {
    let Message::EvidenceRequest(request) = read(REQUEST) else {
        panic!()
    };
    assert_eq!(request.token.unwrap().expose(), "opaque");
    let formats = request.evidence_type.distribution.formats();
    assert_eq!((formats.len(), formats[0].priority), (1, None));
    assert_eq!(
        request
            .evidence_type
            .distribution
            .conforms_to
            .unwrap()
            .as_str(),
        "https://sr.oots.tech.ec.europa.eu/datamodels/Birth-1.0.0"
    );
    let Some(Representative::Natural(representative)) = request.representative else {
        panic!()
    };
    assert_eq!(representative.family_name.value, "Beispiel");
    let Subject::Natural(subject) = request.subject else {
        panic!()
    };
    assert_eq!(subject.address.unwrap().region.as_deref(), Some("DE111"));
}

#[test]
fn a_response_is_read() {
    let Message::EvidenceResponse(response) = read(RESPONSE) else {
        panic!()
    };
    let Availability::Now(objects) = &response.availability else {
        panic!()
    };
    let [first, second] = objects.as_slice() else {
        panic!()
    };
    // The title of the evidence type where the document has none of its own.
    assert_eq!(first.object.metadata.title, "Geburtsurkunde");
    assert_eq!(second.object.metadata.title, "Auszug");
    assert_eq!(
        second.object.item,
        RepositoryItem::Reference("https://register.example.de/1".to_owned())
    );
    assert_eq!(first.provider.value, "08111000-0001-11");
}

#[test]
fn errors_are_read() {
    for (name, message_type) in [
        (
            "DE.EvidenceErrorResponse.0303",
            MessageType::EvidenceErrorResponse,
        ),
        (
            "DE.EvidenceOrderErrorResponse.0403",
            MessageType::EvidenceOrderErrorResponse,
        ),
        (
            "DE.GetEvidenceErrorResponse.0413",
            MessageType::GetEvidenceErrorResponse,
        ),
    ] {
        let message = read(&ERROR.replace("DE.EvidenceErrorResponse.0303", name));
        assert_eq!(message.message_type(), message_type);
    }
}

#[test]
fn an_order_is_read_without_the_evidence_type_it_named() {
    let Message::EvidenceOrder(order) = read(ORDER) else {
        panic!()
    };
    assert_eq!(order.language.as_str(), "de");
    assert_eq!(order.requirements.len(), 1);
}

#[test]
fn a_collection_is_read() {
    assert!(matches!(read(GET_EVIDENCE), Message::GetEvidence(_)));
}

#[test]
fn collected_evidence_becomes_the_result_of_its_provider() {
    let Message::GetEvidenceResponse(response) = read(COLLECTED) else {
        panic!()
    };
    assert_eq!(response.results.len(), 1);
}

#[test]
fn several_times_of_availability_are_refused() {
    let from = COLLECTED.find("<m:RegistryObjectList>").unwrap();
    let to = COLLECTED.find("</m:EvidenceAvailability>").unwrap();
    let time = "<m:ResponseAvailableDateTime>2026-11-24T08:00:00Z</m:ResponseAvailableDateTime>";
    let mut one = COLLECTED.replace(
        "ResponseStatusType:Success",
        "ResponseStatusType:Unavailable",
    );
    let shift = one.len() - COLLECTED.len();
    one.replace_range(from + shift..to + shift, time);
    assert!(matches!(read(&one), Message::GetEvidenceResponse(_)));
    let two = one.replace(time, &time.repeat(2));
    assert_eq!(
        decode_xml(two.as_bytes()).unwrap_err().rule(),
        Rule::Cardinality
    );
}

#[test]
fn an_order_response_names_too_little_for_the_types() {
    check_refused(
        ORDER_RESPONSE,
        Rule::Mandatory,
        "/DE.EvidenceOrderResponse.0402/Status",
    );
}

#[test]
fn faults_are_named_as_the_message_has_them() {
    let wrong = REQUEST.replace("<code>application/pdf</code>", "<code>pdf</code>");
    check_refused(
        &wrong,
        Rule::CodeList,
        "/DE.EvidenceRequest.0301/Query/RequestedEvidenceType/DistributedAs/Format/code",
    );
}

#[test]
fn versions_are_not_mixed() {
    let attribute = GET_EVIDENCE.replace(" version=\"1.2.0\"", " version=\"1.4\"");
    check_refused(&attribute, Rule::Fixed, "/DE.GetEvidence.0411/@version");
    let specification = GET_EVIDENCE.replace("xnachweis_1.2.0", "xnachweis_1.4.0");
    check_refused(
        &specification,
        Rule::Fixed,
        "/DE.GetEvidence.0411/SpecificationIdentifier",
    );
    let id = GET_EVIDENCE.replace("xnachweis-de-noots\"", "xnachweis-de-noots_1.4\"");
    check_refused(&id, Rule::UnknownMember, "/DE.GetEvidence.0411/@id");
}
