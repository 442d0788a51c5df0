use super::*;
use crate::refusal::EbmsCode;
use xml::{Document, Limits};

const GOOD: &str = r#"<eb:Messaging xmlns:eb="http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/">
<eb:UserMessage>
 <eb:MessageInfo><eb:Timestamp>2026-11-23T10:00:00.000Z</eb:Timestamp><eb:MessageId>m@x</eb:MessageId></eb:MessageInfo>
 <eb:PartyInfo>
  <eb:From><eb:PartyId type="urn:x:y">
    AP_FR_01
  </eb:PartyId><eb:Role>urn:role</eb:Role></eb:From>
  <eb:To><eb:PartyId>urn:x:AP_DE_01</eb:PartyId><eb:Role>urn:role</eb:Role></eb:To>
 </eb:PartyInfo>
 <eb:CollaborationInfo><eb:Service type="urn:t">S</eb:Service><eb:Action>A</eb:Action><eb:ConversationId>c</eb:ConversationId></eb:CollaborationInfo>
 <eb:MessageProperties><eb:Property name="p" type="t">v</eb:Property></eb:MessageProperties>
 <eb:PayloadInfo><eb:PartInfo href="cid:a%40b"><eb:PartProperties><eb:Property name="MimeType">application/pdf</eb:Property><eb:Property name="CompressionType">application/gzip</eb:Property></eb:PartProperties></eb:PartInfo></eb:PayloadInfo>
</eb:UserMessage></eb:Messaging>"#;

fn decode(text: &str) -> Result<UserMessage, Reason> {
    let document = Document::parse(text.as_bytes(), &Limits::SOAP).unwrap();
    user_message(document.root())
}

/// Replaces something in the good header and expects a code, or none.
#[track_caller]
fn check(from: &str, to: &str, expected: Option<EbmsCode>) {
    assert!(GOOD.contains(from), "{from}");
    let found = decode(&GOOD.replacen(from, to, 1));
    assert_eq!(
        found.as_ref().err().map(Reason::code),
        expected,
        "{found:?}"
    );
}

#[test]
fn a_good_header_is_read() {
    let header = decode(GOOD).unwrap();
    // [P31] white space around a value is layout.
    assert_eq!(
        header.from().id(),
        &PartyId::new("AP_FR_01", Some("urn:x:y")).unwrap()
    );
    assert_eq!(header.message_id().as_str(), "m@x");
    assert_eq!(header.property("p").unwrap().kind(), Some("t"));
    let part = &header.parts()[0];
    assert_eq!(part.cid().as_str(), "a@b");
    assert_eq!(part.media_type(), "application/pdf");
    assert!(part.is_compressed());
    assert!(!header.is_test_service());
}

#[test]
fn structure_is_that_of_the_schema() {
    let invalid = Some(EbmsCode::InvalidHeader);
    check("<eb:ConversationId>c</eb:ConversationId>", "", invalid);
    check("<eb:Role>urn:role</eb:Role>", "", invalid);
    check(
        "<eb:Action>A</eb:Action>",
        "<eb:Action></eb:Action>",
        invalid,
    );
    check(
        "<eb:Action>A</eb:Action>",
        "<eb:Action>A<x/></eb:Action>",
        invalid,
    );
    check(
        "<eb:UserMessage>",
        "<eb:UserMessage/><eb:UserMessage>",
        invalid,
    );
    check(
        "</eb:UserMessage>",
        "</eb:UserMessage><eb:Messaging/>",
        invalid,
    );
    check("</eb:UserMessage>", "</eb:UserMessage><x/>", None);
    check("<eb:PartyInfo>", "text<eb:PartyInfo>", invalid);
    check("<eb:PartyInfo>", "<x/><eb:PartyInfo>", invalid);
    check(
        "<eb:Property name=\"p\" type=\"t\">v</eb:Property>",
        "",
        invalid,
    );
    check("name=\"p\"", "name=\"\"", invalid);
    // [P33]
    check("type=\"t\"", "type=\"\"", invalid);
}

#[test]
fn a_comment_cannot_split_a_value() {
    // [AS4 6.H] canonical XML drops the comment, so the signature stays valid.
    check(
        "<eb:Action>A</eb:Action>",
        "<eb:Action>A<!-- -->B</eb:Action>",
        Some(EbmsCode::InvalidHeader),
    );
    check("m@x", "m@<!---->x", Some(EbmsCode::InvalidHeader));
}

#[test]
fn values_follow_the_rules_of_ebms() {
    let inconsistent = Some(EbmsCode::ValueInconsistent);
    check("type=\"urn:x:y\"", "", inconsistent);
    check(" type=\"urn:t\"", "", inconsistent);
    check(
        "</eb:PartyId><eb:Role>",
        "</eb:PartyId><eb:PartyId>urn:a:b</eb:PartyId><eb:Role>",
        inconsistent,
    );
    check(
        "</eb:MessageProperties>",
        "<eb:Property name=\"p\">w</eb:Property></eb:MessageProperties>",
        inconsistent,
    );
    check(
        "</eb:MessageProperties>",
        "<eb:Property name=\"p\" type=\"t\">v</eb:Property></eb:MessageProperties>",
        None,
    );
}

#[test]
fn parts_stand_in_the_message() {
    check(
        "cid:a%40b",
        "http://127.0.0.1/x",
        Some(EbmsCode::ExternalPayloadError),
    );
    check(
        "cid:a%40b",
        "file:///etc/passwd",
        Some(EbmsCode::ExternalPayloadError),
    );
    // [P30]
    check("cid:a%40b", "#_body", Some(EbmsCode::ValueInconsistent));
    check(" href=\"cid:a%40b\"", "", Some(EbmsCode::ValueInconsistent));
    check("cid:a%40b", "cid:%0A", Some(EbmsCode::MimeInconsistency));
    check(
        "</eb:PayloadInfo>",
        "<eb:PartInfo href=\"cid:a@b\"/></eb:PayloadInfo>",
        Some(EbmsCode::ValueInconsistent),
    );
}

#[test]
fn part_properties_are_checked() {
    let inconsistent = Some(EbmsCode::ValueInconsistent);
    check("application/gzip", "application/zip", inconsistent);
    check("name=\"MimeType\"", "name=\"Other\"", inconsistent);
    check("application/pdf", "pdf", inconsistent);
    check("application/pdf", "text/xml; charset=UTF-8", None);
    let charset = |name: &str| {
        format!("<eb:Property name=\"CharacterSet\">{name}</eb:Property></eb:PartProperties>")
    };
    check("</eb:PartProperties>", &charset("UTF-16"), None);
    check(
        "</eb:PartProperties>",
        &charset("not a charset"),
        inconsistent,
    );
}

#[test]
fn a_timestamp_has_a_zone() {
    for bad in [
        "2026-11-23T10:00:00",
        "2026-11-23 10:00:00Z",
        "2026-11-23T10:00Z",
        "2026-11-23T10:00:00.Z",
        "yesterday",
        "2026-13-23T10:00:00Z",
        "2026-11-23T10:00:00Z[UTC]",
    ] {
        check(
            "2026-11-23T10:00:00.000Z",
            bad,
            Some(EbmsCode::InvalidHeader),
        );
    }
    for good in ["2026-11-23T10:00:00Z", "2026-11-23T11:00:00.123456+01:00"] {
        check("2026-11-23T10:00:00.000Z", good, None);
    }
}

#[test]
fn a_message_id_is_one_the_rest_of_the_platform_can_hold() {
    for bad in ["&lt;m@x&gt;", "m\n@x", "m @x", &"m".repeat(1000)] {
        check("m@x", bad, Some(EbmsCode::InvalidHeader));
    }
}
