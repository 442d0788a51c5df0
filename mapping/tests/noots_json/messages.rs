//! The JSON form of the national messages: examples of every message, and what is refused.

use crate::example::{self, agent, code, natural, order, request, response, wrap};
use mapping::noots::{
    Availability, Invalid, Limits, Message, MessageType, RepositoryItem, Rule, Subject,
    decode_json, decode_json_within, encode_json,
};
use serde_json::{Value, json};

#[track_caller]
fn read(message: &Value) -> Message {
    decode_json(message.to_string().as_bytes()).unwrap()
}

/// Reads the message and writes it again: the same members with the same values.
#[track_caller]
fn check_unchanged(message: &Value) -> Message {
    let decoded = read(message);
    let written: Value = serde_json::from_slice(&encode_json(&decoded)).unwrap();
    assert_eq!(written, *message);
    decoded
}

/// Puts a value at a place; `null` takes the member away.
fn changed(message: &Value, place: &str, value: Value) -> Value {
    let mut message = message.clone();
    let (parent, name) = place.rsplit_once('/').unwrap();
    let name = name.replace("~1", "/");
    match message.pointer_mut(parent).unwrap() {
        Value::Object(members) if value.is_null() => {
            members.remove(&name).unwrap();
        }
        Value::Object(members) => {
            members.insert(name, value);
        }
        Value::Array(values) => values[name.parse::<usize>().unwrap()] = value,
        other => panic!("{other}"),
    }
    message
}

#[track_caller]
fn refusal(message: &Value) -> Invalid {
    decode_json(message.to_string().as_bytes()).unwrap_err()
}

#[track_caller]
fn check(message: &Value, place: &str, value: Value, rule: Rule, pointer: &str) {
    let root = message.as_object().unwrap().keys().next().unwrap();
    let invalid = refusal(&changed(message, &format!("/{root}{place}"), value));
    assert_eq!(
        (invalid.rule(), invalid.pointer()),
        (rule, format!("/{root}{pointer}").as_str()),
        "{invalid}"
    );
}

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
fn a_message_is_one_member_named_like_a_message() {
    // [XN-B1]
    for text in [
        "{}",
        "[]",
        "1",
        "{\"DE.EvidenceRequest.0101\":{}}",
        "{\"DE.GetEvidence.0411\":{},\"x\":{}}",
        "\u{feff}{}",
        "{",
    ] {
        let invalid = decode_json(text.as_bytes()).unwrap_err();
        assert_eq!(invalid.rule(), Rule::Json, "{text}");
        assert!(invalid.is_unreadable());
    }
}

#[test]
fn lists_and_single_values_keep_their_form() {
    // [XN-B3]
    check(
        &request(),
        "/EvidenceRequester",
        agent("ER"),
        Rule::Cardinality,
        "/EvidenceRequester",
    );
    check(
        &request(),
        "/EvidenceRequester",
        json!([]),
        Rule::Cardinality,
        "/EvidenceRequester",
    );
    check(
        &request(),
        "/Rechtsgrundlage",
        json!(["x"]),
        Rule::Cardinality,
        "/Rechtsgrundlage",
    );
    let text = request()
        .to_string()
        .replace("\"SDG-Verfahren T1\"", "null");
    let invalid = decode_json(text.as_bytes()).unwrap_err();
    assert_eq!(
        (invalid.rule(), invalid.pointer()),
        (
            Rule::Cardinality,
            "/DE.EvidenceRequest.0301/Verarbeitungszweck"
        )
    );
}

#[test]
fn a_code_names_its_list_or_none_and_always_a_version() {
    // [XN-B5]
    let other = json!({"code": "en", "listURI": "urn:other", "listVersionID": "1"});
    check(&request(), "/lang", other, Rule::Code, "/lang/listURI");
    check(
        &request(),
        "/lang",
        json!({"code": "en"}),
        Rule::Mandatory,
        "/lang/listVersionID",
    );
    check(&request(), "/lang", json!("en"), Rule::Kind, "/lang");
    let short = json!({"code": "EN", "listVersionID": "2099-01", "name": "English"});
    read(&changed(&request(), "/DE.EvidenceRequest.0301/lang", short));
}

#[test]
fn a_code_is_in_its_list() {
    // [XN-R9]
    let loa = "/Query/LegalOrNaturalPerson/NaturalPerson/LevelOfAssurance";
    check(
        &request(),
        loa,
        code("loa", "Highest", "2022-12"),
        Rule::CodeList,
        &format!("{loa}/code"),
    );
}

#[test]
fn a_choice_has_one_member() {
    // [XN-B6]
    let place = "/EvidenceAvailability/RegistryObject/0/RepositoryItem";
    check(&response(), place, json!({}), Rule::Choice, place);
    check(
        &response(),
        place,
        json!({"RepositoryItem": "", "RepositoryItemRef": "x"}),
        Rule::Choice,
        place,
    );
    check(
        &response(),
        place,
        json!({"Content": ""}),
        Rule::Choice,
        &format!("{place}/Content"),
    );
}

#[test]
fn a_natural_and_a_legal_person_exclude_each_other() {
    // [R-EDM-REQ-S016] [AT-19] both places are named
    let both = json!({"NaturalPerson": natural(), "LegalPerson": natural()});
    let invalid = refusal(&changed(
        &order(),
        "/DE.EvidenceOrder.0401/Query/LegalOrNaturalPerson",
        both,
    ));
    assert_eq!(invalid.rule().as_str(), "R-EDM-REQ-S016");
    assert!(!invalid.is_unreadable());
    let places: Vec<_> = invalid
        .findings()
        .map(|finding| finding.pointer().rsplit('/').next().unwrap().to_owned())
        .collect();
    assert_eq!(places, ["NaturalPerson", "LegalPerson"]);
}

#[test]
fn times_have_a_zone() {
    // [XN-B7]
    check(
        &request(),
        "/IssueDateTime",
        json!("2026-11-23T10:15:30"),
        Rule::Pattern,
        "/IssueDateTime",
    );
    check(
        &request(),
        "/IssueDateTime",
        json!("2026-11-23"),
        Rule::Pattern,
        "/IssueDateTime",
    );
    read(&changed(
        &request(),
        "/DE.EvidenceRequest.0301/IssueDateTime",
        json!("2026-11-23T11:15:30.1234567+01:00"),
    ));
    let date = "/Query/LegalOrNaturalPerson/NaturalPerson/DateOfBirth";
    check(&request(), date, json!("1931-02-30"), Rule::Pattern, date);
    check(&request(), date, json!("19310228"), Rule::Pattern, date);
}

#[test]
fn content_is_base64_with_padding_and_without_line_breaks() {
    // [XN-B8]
    let place = "/EvidenceAvailability/RegistryObject/0/RepositoryItem/RepositoryItem";
    for text in [
        "JVBERi0xLjcK\n",
        "JVBERi0xLjc",
        "JVBERi0xLjcL_w==",
        "=",
        "JVBERi0xLjd=",
    ] {
        check(&response(), place, json!(text), Rule::Base64, place);
    }
}

#[test]
fn a_priority_is_an_integer_from_one() {
    // [XN-B10]
    let place = "/Query/RequestedEvidenceType/DistributedAs/PrioritizedFormat/0/Priority";
    for value in [
        json!(0),
        json!(-1),
        json!(1.5),
        json!("1"),
        json!(4_294_967_296_u64),
    ] {
        check(&request(), place, value, Rule::Kind, place);
    }
}

#[test]
fn unknown_members_are_refused_in_requests_and_ignored_in_answers() {
    // [XN-B11]
    check(
        &request(),
        "/Colour",
        json!("red"),
        Rule::UnknownMember,
        "/Colour",
    );
    check(
        &order(),
        "/Query/Colour",
        json!({"a": 1}),
        Rule::UnknownMember,
        "/Query/Colour",
    );
    let answer = changed(
        &response(),
        "/DE.EvidenceResponse.0302/Colour",
        json!({"a": [true, 1.5]}),
    );
    assert_eq!(read(&answer), read(&response()));
}

#[test]
fn a_member_occurs_once_in_requests_and_answers() {
    // [XN-B11]
    for message in [request(), response()] {
        let text = message.to_string().replacen(
            "\"version\":\"1.4\"",
            "\"version\":\"1.4\",\"version\":\"1.4\"",
            1,
        );
        let invalid = decode_json(text.as_bytes()).unwrap_err();
        assert_eq!(invalid.rule(), Rule::DuplicateMember);
        assert!(invalid.pointer().ends_with("/version"));
    }
}

#[test]
fn texts_lists_and_messages_have_limits() {
    // [XN-B12]
    check(
        &request(),
        "/Rechtsgrundlage",
        json!("x".repeat(8193)),
        Rule::Limit,
        "/Rechtsgrundlage",
    );
    check(
        &request(),
        "/EvidenceRequester",
        json!(vec!["x"; 65]),
        Rule::Limit,
        "/EvidenceRequester",
    );
    let place = "/DE.EvidenceResponse.0302/EvidenceAvailability/RegistryObject/0/RepositoryItem/RepositoryItem";
    read(&changed(&response(), place, json!("A".repeat(400_000))));
    let small = Limits {
        item_bytes: 1000,
        ..Limits::default()
    };
    let large = changed(&response(), place, json!("A".repeat(1004)));
    let invalid = decode_json_within(large.to_string().as_bytes(), &small).unwrap_err();
    assert_eq!((invalid.rule(), invalid.pointer()), (Rule::Limit, place));
}

#[test]
fn mandatory_members_are_missed_by_name() {
    check(
        &request(),
        "/EvidenceProvider",
        Value::Null,
        Rule::Mandatory,
        "/EvidenceProvider",
    );
    check(
        &order(),
        "/BackToEvidenceRequesterURL",
        Value::Null,
        Rule::Mandatory,
        "/BackToEvidenceRequesterURL",
    );
}

#[test]
fn fixed_values_are_what_the_standard_says() {
    check(
        &request(),
        "/version",
        json!("1.2"),
        Rule::Fixed,
        "/version",
    );
    check(
        &request(),
        "/SpecificationIdentifier",
        json!("urn:xoev-de:bva:standard:xnachweis_1.2.0"),
        Rule::Fixed,
        "/SpecificationIdentifier",
    );
    let named = "/nachrichtenkopf/identifikation.nachricht/nachrichtentyp";
    check(
        &request(),
        &format!("{named}/code"),
        json!("DE.GetEvidence.0411"),
        Rule::Fixed,
        &format!("{named}/code"),
    );
    check(
        &request(),
        "/EvidenceProvider",
        agent("IP"),
        Rule::Fixed,
        "/EvidenceProvider/Classification/code",
    );
}

#[test]
fn a_role_occurs_once_and_a_requester_has_a_country() {
    // [XN-R1] [XN-R2]
    check(
        &request(),
        "/EvidenceRequester",
        json!([agent("ER"), agent("ER")]),
        Rule::OneAgentPerClass,
        "/EvidenceRequester",
    );
    check(
        &request(),
        "/EvidenceRequester/0/Address",
        Value::Null,
        Rule::RequesterCountry,
        "/EvidenceRequester",
    );
}

#[test]
fn priorities_are_unique() {
    // [XN-R3]
    let place = "/Query/RequestedEvidenceType/DistributedAs/PrioritizedFormat";
    let format =
        json!({"Format": code("ootsmediatypes", "application/pdf", "2023-11"), "Priority": 1});
    check(
        &request(),
        place,
        json!([format, format]),
        Rule::UniquePriority,
        place,
    );
}

#[test]
fn a_legal_person_has_an_eidas_identifier() {
    // [XN-R4]
    let legal = |id: Value| json!({"LegalPerson": {"LegalPersonIdentifier": id, "LegalName": {"value": "x"}, "LevelOfAssurance": code("loa", "Low", "2022-12")}});
    let place = "/Query/LegalOrNaturalPerson";
    let wrong = legal(json!({"value": "HRB 1", "schemeID": "eidas"}));
    check(
        &order(),
        place,
        wrong,
        Rule::LegalPersonIdentifier,
        &format!("{place}/LegalPerson/LegalPersonIdentifier/value"),
    );
    let mut missing = legal(json!(1));
    missing["LegalPerson"]
        .as_object_mut()
        .unwrap()
        .remove("LegalPersonIdentifier");
    check(
        &order(),
        place,
        missing,
        Rule::LegalPersonIdentifier,
        &format!("{place}/LegalPerson"),
    );
}

#[test]
fn a_power_of_representation_is_for_the_procedure() {
    // [XN-R6]
    let by = |scope: &str| {
        let mut person = natural();
        person["SectorSpecificAttribute"] = json!([{"AttributeName": "PowerOfRepresentationScope",
            "AttributeURI": "http://data.europa.eu/p4s/attributes/PowerOfRepresentationScope", "AttributeValue": scope}]);
        json!({"AuthorizedRepresentativePerson": person})
    };
    let place = "/Query/AuthorizedRepresentative";
    read(&changed(
        &order(),
        &format!("/DE.EvidenceOrder.0401{place}"),
        by("V2"),
    ));
    check(
        &order(),
        place,
        by("T1"),
        Rule::PowerOfRepresentation,
        place,
    );
    // 0301 has no procedure to compare with.
    read(&changed(
        &request(),
        &format!("/DE.EvidenceRequest.0301{place}"),
        by("T1"),
    ));
}

#[test]
fn a_document_refers_to_a_provider_of_the_message() {
    // [XN-R7]
    let place = "/EvidenceAvailability/RegistryObject/0/EvidenceProviderReference";
    let other = json!({"value": "other", "schemeID": "urn:cef.eu:names:identifier:EAS:0204"});
    check(&response(), place, other, Rule::ProviderReference, place);
}

#[test]
fn there_is_one_time_of_availability() {
    // [XN-R8]
    let times = json!({"ResponseAvailableDateTime": ["2026-11-24T08:00:00.000Z", "2026-11-25T08:00:00.000Z"]});
    check(
        &response(),
        "/EvidenceAvailability",
        times,
        Rule::OneAvailability,
        "/EvidenceAvailability/ResponseAvailableDateTime",
    );
}

#[test]
fn a_status_agrees_with_the_answer() {
    check(
        &response(),
        "/Status",
        example::status("Unavailable"),
        Rule::Fixed,
        "/Status/code",
    );
    check(
        &response(),
        "/Status",
        example::status("Failure"),
        Rule::Fixed,
        "/Status/code",
    );
}

#[test]
fn collected_evidence_names_provider_and_platform() {
    let place = "/EvidenceResponse/0/EvidenceProvider";
    check(
        &example::collected(),
        place,
        json!([agent("EP")]),
        Rule::Cardinality,
        place,
    );
}

#[test]
fn a_refused_message_can_still_be_answered() {
    let root = "/DE.EvidenceOrder.0401";
    let mut message = changed(&order(), &format!("{root}/Procedure"), json!(1));
    message["DE.EvidenceOrder.0401"]["Colour"] = json!("red");
    let invalid = refusal(&message);
    let about = invalid.about();
    assert_eq!(about.message_type, Some(MessageType::EvidenceOrder));
    assert_eq!(about.message_id.unwrap().to_string(), example::MESSAGE_ID);
    assert_eq!(
        about.author.as_ref().unwrap().name,
        "Intermediäre Plattform"
    );
    assert!(about.requesters.is_some());
}

#[test]
fn findings_never_quote_values() {
    let place = "/DE.EvidenceRequest.0301/Query/LegalOrNaturalPerson/NaturalPerson";
    for (member, value) in [
        ("DateOfBirth", json!("SECRET")),
        ("IDNr", json!("SECRET")),
        (
            "Identifier",
            json!({"value": "SECRET", "schemeID": "eidas"}),
        ),
        ("Nationality", json!([example::country("SECRET")])),
    ] {
        let invalid = refusal(&changed(&request(), &format!("{place}/{member}"), value));
        assert!(
            !format!("{invalid} {invalid:?}").contains("SECRET"),
            "{invalid}"
        );
    }
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
