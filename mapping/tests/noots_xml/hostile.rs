//! Documents that are refused, and where.

use crate::messages::{ORDER, REQUEST, RESPONSE};
use mapping::noots::{Limits, Rule, decode_xml, decode_xml_within};

/// Changes one place of a document; the place must be there.
#[track_caller]
fn changed(document: &str, from: &str, to: &str) -> String {
    assert!(document.contains(from), "{from}");
    document.replacen(from, to, 1)
}

#[track_caller]
fn check(document: &str, rule: Rule, place: &str) {
    let invalid = decode_xml(document.as_bytes()).unwrap_err();
    assert_eq!(
        (invalid.rule(), invalid.pointer()),
        (rule, place),
        "{invalid}"
    );
}

#[track_caller]
fn check_changed(document: &str, from: &str, to: &str, rule: Rule, place: &str) {
    let (_, root) = document.split_once("<m:").unwrap();
    let (name, _) = root.split_once(' ').unwrap();
    check(
        &changed(document, from, to),
        rule,
        &format!("/{name}{place}"),
    );
}

#[test]
fn what_is_no_document_is_refused() {
    for text in [
        "",
        "{}",
        "<a>",
        "<!DOCTYPE a><a/>",
        "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>",
        "<a>&b;</a>",
        "<?xml version=\"1.0\" encoding=\"UTF-16\"?><a/>",
        "<a/>",
    ] {
        check(text, Rule::Xml, "");
    }
    let instruction = changed(REQUEST, "?>\n", "?>\n<?xml-stylesheet href=\"x\"?>");
    check(&instruction, Rule::Xml, "");
}

#[test]
fn a_document_type_is_refused_in_a_whole_message() {
    let message = changed(REQUEST, "?>\n", "?>\n<!DOCTYPE m [<!ENTITY x \"y\">]>");
    check(&message, Rule::Xml, "");
}

#[test]
fn messages_of_unknown_versions_and_of_others_are_refused() {
    check(&REQUEST.replace("_1.4\"", "_1.5\""), Rule::Xml, "");
    check(&REQUEST.replace(".0301", ".0101"), Rule::Xml, "");
}

#[test]
fn unknown_elements_are_refused_in_requests_and_ignored_in_answers() {
    let extra = "<p:Extra/>";
    check_changed(
        REQUEST,
        "</m:Query>",
        &format!("{extra}</m:Query>"),
        Rule::UnknownMember,
        "/Query/Extra",
    );
    let answer = changed(
        RESPONSE,
        "</m:EvidenceAvailability>",
        &format!("</m:EvidenceAvailability>{extra}"),
    );
    assert_eq!(
        decode_xml(answer.as_bytes()),
        decode_xml(RESPONSE.as_bytes())
    );
}

#[test]
fn unknown_attributes_are_refused_in_requests_and_ignored_in_answers() {
    check_changed(
        REQUEST,
        "<p:DateOfBirth>",
        "<p:DateOfBirth calendar=\"x\">",
        Rule::UnknownMember,
        "/Query/LegalOrNaturalPerson/NaturalPerson/DateOfBirth/@calendar",
    );
    check_changed(
        REQUEST,
        "<m:Query>",
        "<m:Query xsi:type=\"p:QueryType\">",
        Rule::UnknownMember,
        "/Query/@type",
    );
    let answer = changed(
        RESPONSE,
        "<p:DateOfBirth>",
        "<p:DateOfBirth calendar=\"x\">",
    );
    assert_eq!(
        decode_xml(answer.as_bytes()),
        decode_xml(RESPONSE.as_bytes())
    );
}

#[test]
fn an_element_of_another_namespace_is_another_element() {
    check_changed(
        REQUEST,
        "<p:QueryDefinition>DocumentQuery</p:QueryDefinition>",
        "<m:QueryDefinition>DocumentQuery</m:QueryDefinition>",
        Rule::UnknownMember,
        "/Query/QueryDefinition",
    );
    let qualified = REQUEST
        .replace("<code>", "<p:code>")
        .replace("</code>", "</p:code>");
    let place =
        "/DE.EvidenceRequest.0301/nachrichtenkopf/identifikation.nachricht/nachrichtentyp/code";
    check(&qualified, Rule::UnknownMember, place);
}

#[test]
fn the_order_of_the_schema_holds_in_requests_and_in_answers() {
    let place = "/Query/LegalOrNaturalPerson/NaturalPerson/DateOfBirth";
    let date = "<p:DateOfBirth>1931-02-28</p:DateOfBirth>";
    let moved = changed(
        &changed(REQUEST, date, ""),
        "<p:PlaceOfBirth>",
        &format!("{date}<p:PlaceOfBirth>"),
    );
    check(
        &moved,
        Rule::Order,
        &format!("/DE.EvidenceRequest.0301{place}"),
    );
    let (_, party) = RESPONSE.split_once("<h:leser>").unwrap();
    let (party, _) = party.split_once("</h:leser>").unwrap();
    let party = format!("<h:leser>{party}</h:leser>");
    let swapped = changed(
        &changed(RESPONSE, &party, ""),
        "</h:autor>",
        &format!("</h:autor>{party}"),
    );
    check(
        &swapped,
        Rule::Order,
        "/DE.EvidenceResponse.0302/nachrichtenkopf/leser",
    );
}

#[test]
fn a_single_element_occurs_once() {
    let date = "<p:DateOfBirth>1931-02-28</p:DateOfBirth>";
    let place = "/LegalOrNaturalPerson/NaturalPerson/DateOfBirth[2]";
    check_changed(
        REQUEST,
        date,
        &date.repeat(2),
        Rule::DuplicateMember,
        &format!("/Query{place}"),
    );
    check_changed(
        RESPONSE,
        date,
        &date.repeat(2),
        Rule::DuplicateMember,
        &format!("/EvidenceAvailability/RegistryObject{place}"),
    );
}

#[test]
fn a_natural_and_a_legal_person_are_refused_at_both_places() {
    let legal =
        "<p:LegalOrNaturalPerson><p:LegalPerson><p:LegalName>x</p:LegalName></p:LegalPerson>";
    let both = changed(REQUEST, "<p:LegalOrNaturalPerson>", legal);
    let invalid = decode_xml(both.as_bytes()).unwrap_err();
    let places: Vec<&str> = invalid
        .findings()
        .map(|finding| finding.pointer())
        .collect();
    let place = "/DE.EvidenceRequest.0301/Query/LegalOrNaturalPerson";
    assert_eq!(invalid.rule(), Rule::OneSubject);
    assert_eq!(
        places,
        [
            format!("{place}/NaturalPerson"),
            format!("{place}/LegalPerson")
        ]
    );
}

#[test]
fn texts_hold_nothing_but_text() {
    let place = "/Query/LegalOrNaturalPerson/NaturalPerson/FamilyName";
    for name in ["Mü<!-- x -->ller", "Mü<b/>ller"] {
        check_changed(REQUEST, "Müller-Żółkiewska", name, Rule::Kind, place);
    }
    check_changed(REQUEST, "<m:Query>", "<m:Query>text", Rule::Kind, "/Query");
}

#[test]
fn codes_come_from_their_lists() {
    let language = "urn:xoev-de:xnachweis:codeliste:sprachen-iso-639-1";
    check_changed(REQUEST, language, "urn:other", Rule::Code, "/lang/@listURI");
    check_changed(
        REQUEST,
        "listVersionID=\"2023-12\"",
        "",
        Rule::Mandatory,
        "/lang/@listVersionID",
    );
    check_changed(
        REQUEST,
        "<code>High</code>",
        "<code>Highest</code>",
        Rule::CodeList,
        "/Query/LegalOrNaturalPerson/NaturalPerson/LevelOfAssurance/code",
    );
    check_changed(
        ORDER,
        "<code>IP</code>",
        "<code>EP</code>",
        Rule::Fixed,
        "/EvidenceProvider/Classification/code",
    );
    let blank = changed(REQUEST, "<code>High</code>", "<code>\n High </code>");
    assert_eq!(decode_xml(blank.as_bytes()), decode_xml(REQUEST.as_bytes()));
}

#[test]
fn business_rules_hold_as_in_the_json_form() {
    // [XN-R1]
    check_changed(
        REQUEST,
        "<code>IP</code>",
        "<code>ER</code>",
        Rule::OneAgentPerClass,
        "/EvidenceRequester",
    );
    // [XN-R7]
    check_changed(
        RESPONSE,
        "<p:EvidenceProviderReference schemeID=\"urn:cef.eu:names:identifier:EAS:0204\">08",
        "<p:EvidenceProviderReference schemeID=\"urn:cef.eu:names:identifier:EAS:0204\">09",
        Rule::ProviderReference,
        "/EvidenceAvailability/RegistryObject/EvidenceProviderReference",
    );
    check_changed(
        REQUEST,
        "EAS:0204",
        "0204",
        Rule::Pattern,
        "/EvidenceRequester/Identifier/@schemeID",
    );
}

#[test]
fn priorities_are_positive_integers() {
    let place = "/Query/RequestedEvidenceType/DistributedAs/PrioritizedFormat/Priority";
    for wrong in ["0", "-1", "1.0", "", "99999999999999999999"] {
        let to = format!("<p:Priority>{wrong}</p:Priority>");
        check_changed(
            REQUEST,
            "<p:Priority>1</p:Priority>",
            &to,
            Rule::Kind,
            place,
        );
    }
    let signed = changed(REQUEST, ">1</p:Priority>", "> +01 </p:Priority>");
    assert_eq!(
        decode_xml(signed.as_bytes()),
        decode_xml(REQUEST.as_bytes())
    );
}

#[test]
fn base64_may_have_white_space_unless_it_is_sealed() {
    // [XN-B8]
    let place = "/EvidenceAvailability/RegistryObject/RepositoryItem/RepositoryItem";
    check_changed(
        RESPONSE,
        "JVBERi0xLjcK",
        "JVBE\nRi0xLjcK",
        Rule::Base64,
        place,
    );
    let start = RESPONSE.find("<p:Signature").unwrap();
    let end = RESPONSE.find("</p:Signature>").unwrap() + "</p:Signature>".len();
    let mut unsealed = RESPONSE.to_owned();
    unsealed.replace_range(start..end, "");
    let broken = changed(&unsealed, "JVBERi0xLjcK", "\n JVBE\r\nRi0xLjcK\n");
    assert_eq!(
        decode_xml(broken.as_bytes()),
        decode_xml(unsealed.as_bytes())
    );
    check_changed(
        &unsealed,
        "JVBERi0xLjcK",
        "JVBERi0xLjc",
        Rule::Base64,
        place,
    );
}

#[test]
fn a_signature_is_a_signature() {
    check_changed(
        RESPONSE,
        "http://www.w3.org/2000/09/xmldsig#",
        "urn:other",
        Rule::Signature,
        "/EvidenceAvailability/RegistryObject/Signature",
    );
}

#[test]
fn limits_hold() {
    // [XN-B12]
    let within = |limits: Limits, document: &str| {
        decode_xml_within(document.as_bytes(), &limits).map_err(|invalid| invalid.rule())
    };
    let limits = Limits::default();
    let small = |limits: Limits| within(limits, REQUEST).err();
    let body_bytes = REQUEST.len() - 1;
    assert_eq!(
        small(Limits {
            body_bytes,
            ..limits
        }),
        Some(Rule::Limit)
    );
    assert_eq!(small(Limits { depth: 5, ..limits }), Some(Rule::Limit));
    assert_eq!(
        small(Limits {
            text_bytes: 40,
            ..limits
        }),
        Some(Rule::Limit)
    );
    assert_eq!(small(Limits { items: 1, ..limits }), Some(Rule::Limit));
    let long = changed(RESPONSE, "JVBERi0xLjcK", &"JVBE".repeat(5_000));
    assert!(within(limits, &long).is_ok());
    let item_bytes = 19_999;
    let refused = within(
        Limits {
            item_bytes,
            ..limits
        },
        &long,
    );
    assert_eq!(refused.err(), Some(Rule::Limit));
    let name = changed(REQUEST, "Müller", &"x".repeat(9_000));
    assert_eq!(within(limits, &name).err(), Some(Rule::Limit));
}

#[test]
fn a_refused_message_can_be_answered() {
    let wrong = changed(ORDER, "<m:Query>", "<m:Query><p:Extra/>");
    let invalid = decode_xml(wrong.as_bytes()).unwrap_err();
    assert!(invalid.is_unreadable());
    let about = invalid.about();
    assert_eq!(
        about.message_id.unwrap().to_string(),
        "5f2b6f0e-9d0f-4c58-8f0c-6b0f3f1d7a11"
    );
    assert!(about.requesters.is_some() && about.author.is_some());
    let order = changed(ORDER, "<code>V2</code>", "<code>v2</code>");
    assert!(!decode_xml(order.as_bytes()).unwrap_err().is_unreadable());
}

#[test]
fn problems_never_quote_the_message() {
    let wrong = changed(REQUEST, "1931-02-28", "31.02.1931");
    let shown = decode_xml(wrong.as_bytes()).unwrap_err().to_string();
    assert!(!shown.contains("1931"), "{shown}");
}
