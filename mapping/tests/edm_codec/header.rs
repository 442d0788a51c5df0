//! The header that goes with a message.

use crate::{
    handmade::{error, request, response, uuid},
    reference,
};
use mapping::edm::{
    Message, Version,
    header::{self, Property},
};
use std::fs;
use xml::{Document, Element, Limits};

const EBMS: &str = "http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/";
const CONVERSATION: &str = "e0a6a5b7-6b2e-4b9c-9a63-8f0c6d3a1b24";

fn names(properties: &[Property]) -> Vec<&str> {
    properties.iter().map(Property::name).collect()
}

#[track_caller]
fn check(version: Version, conversation: &str, properties: &[Property], expected: &[&str]) {
    let faults = header::check(version, conversation, properties).err();
    let rules: Vec<_> = faults.iter().flatten().map(|fault| fault.rule()).collect();
    assert_eq!(rules, expected);
}

#[test]
fn a_request_names_authority_and_provider() {
    let properties = header::of_request(&request(Version::V2_0), uuid(30));
    let scheme = Some("urn:cef.eu:names:identifier:EAS:0204");
    let exchange = uuid(30).to_string();
    let expected = [
        Property::new("originalSender", scheme, "ER-1"),
        Property::new("finalRecipient", scheme, "EP-1"),
        Property::new("ExchangeId", None, exchange),
        Property::new("SpecificationId", None, "oots-edm:v2.0"),
    ];
    assert_eq!(properties, expected);
    check(Version::V2_0, CONVERSATION, &properties, &[]);
}

#[test]
fn before_2_0_there_are_only_the_corners() {
    for version in [Version::V1_0, Version::V1_2] {
        let properties = header::of_request(&request(version), uuid(30));
        assert_eq!(names(&properties), ["originalSender", "finalRecipient"]);
        check(version, CONVERSATION, &properties, &[]);
    }
}

#[test]
fn answers_go_the_other_way() {
    let sent = header::of_request(&request(Version::V2_0), uuid(30));
    let answer = header::of_answer(Version::V2_0, &sent);
    assert_eq!(
        answer,
        header::of_response(&response(Version::V2_0), uuid(30))
    );
    assert_eq!(
        Some(answer),
        header::of_error(&error(Version::V2_0), uuid(30))
    );
}

#[test]
fn corners_are_echoed_as_they_came() {
    // [W3] a type inside the value, and none at all.
    let came = [
        Property::new("finalRecipient", None, "urn:x:unregistered:C4"),
        Property::new("originalSender", Some("odd"), " C1 "),
    ];
    let expected = [
        Property::new("originalSender", None, "urn:x:unregistered:C4"),
        Property::new("finalRecipient", Some("odd"), " C1 "),
    ];
    assert_eq!(header::of_answer(Version::V1_2, &came), expected);
}

#[test]
fn every_fault_of_a_header_names_its_rule() {
    let good = header::of_request(&request(Version::V2_0), uuid(30));
    check(Version::V2_0, "message_1", &good, &["R-EDM-ebMS-017"]);
    check(Version::V2_0, CONVERSATION, &good[..3], &["R-EDM-ebMS-018"]);
    let foreign = [
        "R-EDM-ebMS-018",
        "R-EDM-ebMS-019",
        "R-EDM-ebMS-019",
        "R-EDM-ebMS-038",
    ];
    check(Version::V1_2, CONVERSATION, &good, &foreign);
    let mut other = good.clone();
    other[2] = Property::new("ExchangeId", None, "1");
    check(Version::V2_0, CONVERSATION, &other, &["R-EDM-ebMS-037"]);
    other[2] = Property::new("TrackingId", None, "1");
    check(Version::V2_0, CONVERSATION, &other, &["R-EDM-ebMS-019"]);
    // [AT-38] header and body of different release lines.
    let mut other = good;
    other[3] = Property::new("SpecificationId", None, "oots-edm:v1.2");
    check(Version::V2_0, CONVERSATION, &other, &["R-EDM-ebMS-038"]);
}

#[test]
fn headers_of_1_0_are_free() {
    check(Version::V1_0, "message_1", &[], &[]);
}

#[test]
fn actions_follow_the_kind_of_message() {
    let line = Version::V2_0;
    for (message, action) in [
        (
            Message::Request(Box::new(request(line))),
            "ExecuteQueryRequest",
        ),
        (
            Message::Response(Box::new(response(line))),
            "ExecuteQueryResponse",
        ),
        (Message::Error(Box::new(error(line))), "ExceptionResponse"),
    ] {
        assert_eq!(message.action(), action);
    }
}

#[test]
fn published_headers_of_2_0_pass() {
    let Some(root) = reference::folder("published headers") else {
        return;
    };
    for path in reference::files(&root.join("v2.0/xml/ebms"), |_| true) {
        let document = Document::parse(&fs::read(&path).unwrap(), &Limits::SOAP).unwrap();
        let find = |local: &'static str| {
            let mut all = document.root().descendants();
            all.find(move |element| element.is(EBMS, local)).unwrap()
        };
        let property = |element: Element<'_>| {
            let name = element.attribute("", "name").unwrap();
            Property::new(name, element.attribute("", "type"), element.text())
        };
        let properties: Vec<_> = find("MessageProperties").children().map(property).collect();
        check(
            Version::V2_0,
            &find("ConversationId").text(),
            &properties,
            &[],
        );
        assert_eq!(find("Service").text(), header::SERVICE);
        assert_eq!(
            find("Service").attribute("", "type"),
            Some(header::SERVICE_TYPE)
        );
        assert_eq!(find("Role").text(), header::ROLE);
    }
}
