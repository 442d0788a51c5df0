//! Messages that are not written as the JSON form demands.

use super::{changed, check, read};
use crate::example::{agent, order, request, response};
use mapping::noots::{Limits, Rule, decode_json, decode_json_within};
use serde_json::{Value, json};

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
