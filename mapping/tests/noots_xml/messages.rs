//! The messages of 1.4.

use crate::example;
use base64::Engine as _;
use mapping::noots::{Availability, Message, Rule, decode_json, decode_xml, encode_xml};
use serde_json::{Value, json};

pub(crate) const REQUEST: &str = include_str!("handmade/0301.xml");
pub(crate) const RESPONSE: &str = include_str!("handmade/0302.xml");
const ERROR: &str = include_str!("handmade/0303.xml");
pub(crate) const ORDER: &str = include_str!("handmade/0401.xml");
const ORDER_RESPONSE: &str = include_str!("handmade/0402.xml");
const GET_EVIDENCE: &str = include_str!("handmade/0411.xml");
const COLLECTED: &str = include_str!("handmade/0412.xml");

const SIGNATURE: &str = "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" Id=\"seal\">\
<ds:SignedInfo><ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>\
</ds:SignedInfo>\n  <ds:SignatureValue>AAAA</ds:SignatureValue></ds:Signature>";

/// The document says what the JSON text says, and is written as the same tree.
#[track_caller]
fn check(document: &str, json: &Value) -> Message {
    let message = decode_xml(document.as_bytes()).unwrap();
    assert_eq!(message, decode_json(json.to_string().as_bytes()).unwrap());
    let written = String::from_utf8(encode_xml(&message).unwrap()).unwrap();
    check_same_tree(&normal(document), &written);
    message
}

#[track_caller]
fn check_same_tree(document: &str, written: &str) {
    let parse = |text: &str| xml::Document::parse(text.as_bytes(), &xml::Limits::REGREP).unwrap();
    let (document, written) = (parse(document), parse(written));
    let exact = xml::compare::Normalization {
        trim: true,
        collapse: false,
    };
    let difference = xml::compare::difference(document.root(), written.root(), &exact);
    assert_eq!(difference, None);
}

/// What we write in one way only: times in UTC, no hint where a schema lies.
fn normal(document: &str) -> String {
    let (before, hint) = document.split_once(" xsi:schemaLocation").unwrap();
    let (_, after) = hint.split_once(".xsd\"").unwrap();
    let normal = format!("{before}{after}");
    normal.replace("T11:15:30.123+01:00", "T10:15:30.123Z")
}

fn sealed(json: &Value, object: &str) -> Value {
    let mut json = json.clone();
    let text = base64::engine::general_purpose::STANDARD.encode(SIGNATURE);
    json.pointer_mut(object).unwrap()["Signature"] = text.into();
    json
}

#[test]
fn a_request_is_read_and_written() {
    check(REQUEST, &example::request());
}

#[test]
fn a_response_is_read_and_written() {
    let object = "/DE.EvidenceResponse.0302/EvidenceAvailability/RegistryObject/0";
    check(RESPONSE, &sealed(&example::response(), object));
}

#[test]
fn a_signature_keeps_its_bytes() {
    let Ok(Message::EvidenceResponse(response)) = decode_xml(RESPONSE.as_bytes()) else {
        panic!()
    };
    let Availability::Now(objects) = &response.availability else {
        panic!()
    };
    let signature = objects[0].object.signature.as_ref().unwrap();
    assert_eq!(std::str::from_utf8(signature.as_xml()), Ok(SIGNATURE));
}

#[test]
fn a_signature_in_its_own_namespace_is_understood() {
    let own = RESPONSE
        .replace("<p:Signature", "<ds:Signature")
        .replace("</p:Signature", "</ds:Signature");
    assert_eq!(decode_xml(own.as_bytes()), decode_xml(RESPONSE.as_bytes()));
}

#[test]
fn error_messages_are_read_and_written() {
    for name in [
        "DE.EvidenceErrorResponse.0303",
        "DE.EvidenceOrderErrorResponse.0403",
        "DE.GetEvidenceErrorResponse.0413",
    ] {
        let document = ERROR.replace("DE.EvidenceErrorResponse.0303", name);
        check(&document, &example::error(name));
    }
}

#[test]
fn an_order_is_read_and_written() {
    check(ORDER, &example::order());
}

#[test]
fn an_order_response_is_read_and_written() {
    let json = example::wrap(
        "DE.EvidenceOrderResponse.0402",
        json!({
            "orderid": format!("urn:uuid:{}", example::REQUEST_ID),
            "Status": example::status("Success"),
            "EvidenceRequester": [example::agent("ER")],
            "EvidenceProvider": [example::agent("IP")],
            "OrderResponseIdentifier": "0b0d5c6e-2f14-4f57-9a3e-5a1d7c3b9e16",
            "URLtoIP": "https://ip.example.de/abruf/x",
            "ConversationID": "0b0d5c6e-2f14-4f57-9a3e-5a1d7c3b9e17"}),
    );
    check(ORDER_RESPONSE, &json);
}

#[test]
fn a_collection_is_read_and_written() {
    let json = example::wrap(
        "DE.GetEvidence.0411",
        json!({"ConversationID": "0b0d5c6e-2f14-4f57-9a3e-5a1d7c3b9e17"}),
    );
    check(GET_EVIDENCE, &json);
}

#[test]
fn collected_evidence_is_read_and_written() {
    let object =
        "/DE.GetEvidenceResponse.0412/EvidenceResponse/0/EvidenceOrTimeAvailable/RegistryObject/0";
    check(COLLECTED, &sealed(&example::collected(), object));
}

#[test]
fn what_is_written_declares_the_namespaces_of_the_standard() {
    let message = decode_xml(GET_EVIDENCE.as_bytes()).unwrap();
    let written = String::from_utf8(encode_xml(&message).unwrap()).unwrap();
    for expected in [
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xn-de:DE.GetEvidence.0411 ",
        "xmlns:xn-de=\"urn:xoev-de:bva:standard:xnachweis:schema:xnachweis-de-noots_1.4\"",
        "xmlns:bn-g2g=\"http://xoev.de/schemata/basisnachricht/g2g/1_1\"",
        "<bn-g2g:autor><bn-beh:verzeichnisdienst listURI=\"urn:xoev-de:kosit:codeliste:verzeichnisdienst\" listVersionID=\"3\"><code>DVDV</code>",
        "<xn-de:ConversationID>0b0d5c6e-2f14-4f57-9a3e-5a1d7c3b9e17</xn-de:ConversationID>",
    ] {
        assert!(written.contains(expected), "{expected} in {written}");
    }
}

#[test]
fn a_signature_that_is_no_xml_is_not_written() {
    let response = decode_json(example::response().to_string().as_bytes()).unwrap();
    let invalid = encode_xml(&response).unwrap_err();
    assert_eq!(
        (invalid.rule(), invalid.pointer()),
        (
            Rule::Signature,
            "/DE.EvidenceResponse.0302/EvidenceAvailability/RegistryObject/Signature"
        )
    );
}
