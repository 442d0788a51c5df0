//! Every message is read, and written as it was.

use super::{changed, check_unchanged};
use crate::example::{self, agent, code, natural, order, request, response, wrap};
use mapping::noots::{Availability, Message, RepositoryItem, Subject};
use serde_json::json;

#[test]
fn a_request_is_read_and_written() {
    let Message::EvidenceRequest(request) = check_unchanged(&request()) else {
        panic!()
    };
    assert_eq!(request.jurisdiction.unwrap().as_str(), "081110000000");
    let Subject::Natural(person) = request.subject else {
        panic!()
    };
    assert_eq!(person.date_of_birth.to_string(), "1931-02-28");
}

#[test]
fn a_request_with_every_member_is_read_and_written() {
    let everything = json!({"NaturalPerson": {
        "Identifier": {"value": "DE/FR/123456789", "schemeID": "eidas"},
        "DateOfBirth": "1931-02-28",
        "FamilyName": {"value": "Müller", "nonLatin": "Мюллер"},
        "GivenName": {"value": "Zoë"},
        "LevelOfAssurance": code("loa", "High", "2022-12"),
        "BirthName": {"value": "Żółkiewska"},
        "PlaceOfBirth": "Stuttgart",
        "CurrentAddress": {"FullAddress": "Hauptstraße 1", "Thoroughfare": "Hauptstraße", "LocatorDesignator": "1",
            "AdminUnitLevel1": example::country("GR"), "AdminUnitLevel2": "EL30", "PostCode": "10431", "PostCityName": "Athen"},
        "Gender": "Female",
        "SectorSpecificAttribute": [{"AttributeName": "a", "AttributeURI": "urn:a", "AttributeValue": "b"}],
        "IDNr": "12345678901",
        "Nationality": [example::country("DE"), example::country("PL")],
        "CountryOfBirth": example::country("DE"),
        "TownOfBirth": "Stuttgart",
        "CountryOfResidence": example::country("GR"),
        "PhoneNumber": "+49 1",
        "EmailAddress": "a@example.org"}});
    let message = changed(
        &request(),
        "/DE.EvidenceRequest.0301/Query/LegalOrNaturalPerson",
        everything,
    );
    let message = changed(
        &message,
        "/DE.EvidenceRequest.0301/IssuedToken",
        json!("opaque"),
    );
    let message = changed(&message, "/DE.EvidenceRequest.0301/test", json!("1"));
    let Message::EvidenceRequest(request) = check_unchanged(&message) else {
        panic!()
    };
    let shown = format!("{request:?}");
    for hidden in [
        "Müller",
        "Zoë",
        "12345678901",
        "opaque",
        "Hauptstra",
        "123456789",
    ] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}

#[test]
fn a_legal_person_and_its_representative_are_read_and_written() {
    let legal = json!({"LegalPersonIdentifier": {"value": "DE/FR/HRB-12345", "schemeID": "eidas"},
        "LegalName": {"value": "Beispiel GmbH"},
        "LevelOfAssurance": code("loa", "Substantial", "2022-12"),
        "Identifier": [{"value": "DE123456789", "schemeID": "urn:cef.eu:names:identifier:EAS:9930"}],
        "RegisteredAddress": {"AdminUnitLevel1": example::country("DE")},
        "PhoneNumber": "1", "EmailAddress": "a@example.org"});
    let query = "/DE.EvidenceRequest.0301/Query";
    let message = changed(
        &request(),
        &format!("{query}/LegalOrNaturalPerson"),
        json!({"LegalPerson": legal}),
    );
    let by = json!({"AuthorizedRepresentativePerson": natural()});
    check_unchanged(&changed(
        &message,
        &format!("{query}/AuthorizedRepresentative"),
        by,
    ));
    let by = json!({"AuthorizedRepresentativeLegalPerson": legal});
    check_unchanged(&changed(
        &message,
        &format!("{query}/AuthorizedRepresentative"),
        by,
    ));
}

#[test]
fn a_response_is_read_and_written() {
    let Message::EvidenceResponse(response) = check_unchanged(&response()) else {
        panic!()
    };
    let Availability::Now(objects) = &response.availability else {
        panic!()
    };
    let RepositoryItem::Content(bytes) = &objects[0].object.item else {
        panic!()
    };
    assert_eq!(bytes.expose().as_ref(), b"%PDF-1.7\n");
    assert_eq!(
        objects[0]
            .object
            .signature
            .as_ref()
            .unwrap()
            .as_xml()
            .as_ref(),
        b"<ds:Signature"
    );
}

#[test]
fn a_response_for_later_is_read_and_written() {
    let root = "/DE.EvidenceResponse.0302";
    let later = json!({"ResponseAvailableDateTime": ["2026-11-24T08:00:00.000Z"]});
    let message = changed(&response(), &format!("{root}/EvidenceAvailability"), later);
    let message = changed(
        &message,
        &format!("{root}/Status"),
        example::status("Unavailable"),
    );
    check_unchanged(&message);
}

#[test]
fn a_document_may_be_linked() {
    let root = "/DE.EvidenceResponse.0302/EvidenceAvailability/RegistryObject/0/RepositoryItem";
    check_unchanged(&changed(
        &response(),
        root,
        json!({"RepositoryItemRef": "https://register.example.de/1"}),
    ));
}

#[test]
fn error_messages_are_read_and_written() {
    for name in [
        "DE.EvidenceErrorResponse.0303",
        "DE.EvidenceOrderErrorResponse.0403",
        "DE.GetEvidenceErrorResponse.0413",
    ] {
        let message = check_unchanged(&example::error(name));
        assert_eq!(message.message_type().as_str(), name);
        assert_eq!(message.answers().unwrap().to_string(), example::REQUEST_ID);
    }
}

#[test]
fn an_order_and_its_answer_are_read_and_written() {
    check_unchanged(&order());
    let name = "DE.EvidenceOrderResponse.0402";
    check_unchanged(&wrap(
        name,
        json!({
        "orderid": format!("urn:uuid:{}", example::REQUEST_ID),
        "Status": example::status("Success"),
        "EvidenceRequester": [agent("ER")], "EvidenceProvider": [agent("IP")],
        "OrderResponseIdentifier": "0b0d5c6e-2f14-4f57-9a3e-5a1d7c3b9e10",
        "URLtoIP": "https://ip.example.de/abruf/x", "ConversationID": "0b0d5c6e-2f14-4f57-9a3e-5a1d7c3b9e11"}),
    ));
}

#[test]
fn collecting_is_read_and_written() {
    check_unchanged(&wrap(
        "DE.GetEvidence.0411",
        json!({"ConversationID": "0b0d5c6e-2f14-4f57-9a3e-5a1d7c3b9e11"}),
    ));
    check_unchanged(&example::collected());
    let root = "/DE.GetEvidenceResponse.0412";
    let later = json!({"ResponseAvailableDateTime": "2026-11-24T08:00:00.000Z"});
    let message = changed(
        &example::collected(),
        &format!("{root}/EvidenceResponse/0/EvidenceOrTimeAvailable"),
        later,
    );
    check_unchanged(&changed(
        &message,
        &format!("{root}/Status"),
        example::status("Unavailable"),
    ));
}

#[test]
fn the_header_of_a_message_is_read() {
    let message = wrap(
        "DE.GetEvidence.0411",
        json!({"ConversationID": "0b0d5c6e-2f14-4f57-9a3e-5a1d7c3b9e11"}),
    );
    let message = changed(
        &message,
        "/DE.GetEvidence.0411/nachrichtenkopf/leser/erreichbarkeit",
        json!([
        {"kanal": {"code": "01", "listURI": "urn:de:xoev:codeliste:erreichbarkeit", "listVersionID": "3"}, "kennung": "a@example.org", "zusatz": "x"}]),
    );
    let decoded = check_unchanged(&message);
    assert_eq!(decoded.header().reader.channels.len(), 1);
    assert_eq!(decoded.header().reader.id, "psw:08111000");
}
