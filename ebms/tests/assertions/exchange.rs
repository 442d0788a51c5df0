//! The exchange itself: who asks whom for what, in which conversation, with which parts.

use super::{
    forge::{Forge, between, cut},
    support::{
        Identity, NOW, SCHEME, World, counter, draft, partner_toml, payload, pmodes_of, request,
        time,
    },
};
use ebms::{
    Answer, Draft, EbmsCode, Leg, MessageId, Outgoing, Partner, Property, ReceivedMessage, Refusal,
    Service, Template, Verified, profile,
    security::SigningKey,
    send,
    signal::{self, HttpAnswer, read_answer},
};

/// Sent by FR, received by DE.
pub(crate) fn delivered(draft: &Draft, leg: &Leg) -> (Outgoing, Verified<ReceivedMessage>) {
    let sent = World::rsa().send(draft, leg);
    let message = World::rsa().receive(sent.content_type(), sent.body().clone());
    (sent, message.unwrap())
}

/// What FR makes of the receipt of DE.
pub(crate) fn acknowledged(sent: &Outgoing, message: &Verified<ReceivedMessage>) {
    let world = World::rsa();
    receipted(
        sent,
        message,
        &world.de.signing_key(),
        &world.de_partner,
        200,
    );
}

fn receipted(
    sent: &Outgoing,
    message: &Verified<ReceivedMessage>,
    key: &SigningKey,
    partner: &Partner,
    status: u16,
) {
    let receipt =
        signal::receipt(message, "r@de.example".parse().unwrap(), time(NOW), key).unwrap();
    let http = HttpAnswer {
        status,
        content_type: Some(receipt.content_type()),
        body: receipt.body(),
    };
    let answer = read_answer(&http, sent.proof(), partner, time(NOW));
    assert!(matches!(answer, Answer::Acknowledged(_)), "{answer:?}");
}

/// A good request with its header changed and signed anew, as DE sees it.
pub(crate) fn changed(
    change: impl FnOnce(Forge) -> Forge,
) -> Result<Verified<ReceivedMessage>, Refusal> {
    let world = World::rsa();
    let sent = world.send(&request(), &Leg::default());
    let forged = change(Forge::of(sent.content_type(), sent.body())).signed(&world.fr.key);
    world.receive(&forged.content_type(), forged.body())
}

#[track_caller]
pub(crate) fn check_refused(change: impl FnOnce(Forge) -> Forge, code: EbmsCode) {
    let refusal = changed(change).expect_err("accepted");
    assert_eq!(refusal.code(), code, "{refusal}");
    // It is answered on the same connection. [AS4 2.2]
    assert!(refusal.is_answerable());
}

pub(crate) fn soap_of(sent: &Outgoing) -> String {
    Forge::of(sent.content_type(), sent.body()).soap
}

/// A PDF beside the XML document.
pub(crate) fn with_pdf() -> Draft {
    request().with_payload(payload(
        "evidence@oots.eu",
        "application/pdf",
        b"%PDF-1.7\n\x00\xff",
    ))
}

// [AS4_CP_TA01]
#[test]
fn ta01_a_one_way_push_is_answered_with_a_signed_receipt() {
    let (sent, message) = delivered(&request(), &Leg::default());
    acknowledged(&sent, &message);
}

/// DE answers: the same two access points with the roles of sender and receiver exchanged.
struct Reply {
    sent: Outgoing,
    message: Verified<ReceivedMessage>,
}

fn reply_to(message: &Verified<ReceivedMessage>) -> Reply {
    let world = World::rsa();
    let copy = |identity: &Identity| Identity {
        key: identity.key.clone(),
        certificate: identity.certificate.clone(),
    };
    // FR decrypts with the key it signs with, as many do. [AS4 1.9]
    let load = |file: &str| {
        let identity = if file == "de" { &world.de } else { &world.fr };
        Ok::<_, String>(identity.certificate.clone().into_bytes())
    };
    let partner = |name: &str, party: &str| {
        let text = partner_toml(party, &format!("certificates = [\"{name}\"]"), name, "");
        Partner::from_toml(name, &text, load).unwrap()
    };
    let back = World {
        fr: copy(&world.de),
        de: copy(&world.fr),
        de_decrypt: copy(&world.fr),
        pmodes: pmodes_of("AP_FR_01", SCHEME, vec![partner("de", "AP_DE_01")]),
        de_partner: partner("fr", "AP_FR_01"),
    };
    let header = message.header();
    let mut heading = draft().heading().clone();
    heading.message_id = "reply@de.example".parse().unwrap();
    heading.conversation_id = header.conversation_id().clone();
    std::mem::swap(&mut heading.from, &mut heading.to);
    heading.action = profile::EXECUTE_QUERY_RESPONSE.to_owned();
    let answer = Draft::new(heading)
        .with_ref_to_message_id(header.message_id().clone())
        .with_property(Property::typed("originalSender", SCHEME, "BR_DE_01"))
        .with_property(Property::typed("finalRecipient", SCHEME, "BR_FR_01"))
        .with_payload(payload("a@de", "application/x-ebrs+xml", b"<r></r>"));
    let sent = back.send(&answer, &Leg::default());
    let received = back
        .receive(sent.content_type(), sent.body().clone())
        .unwrap();
    receipted(
        &sent,
        &received,
        &back.de.signing_key(),
        &back.de_partner,
        200,
    );
    Reply {
        sent,
        message: received,
    }
}

// [AS4_CP_TA02]
#[test]
fn ta02_a_reply_names_the_request_it_answers() {
    let (_, request) = delivered(&request(), &Leg::default());
    let reply = reply_to(&request);
    let named = reply.message.header().ref_to_message_id();
    assert_eq!(named, Some(request.header().message_id()));
    let id = request.header().message_id();
    let element = format!("<eb:RefToMessageId>{id}</eb:RefToMessageId>");
    assert!(soap_of(&reply.sent).contains(&element));
}

// [AS4_CP_TA19]
#[test]
fn ta19_a_reply_stays_in_the_conversation_its_producer_names() {
    let (_, request) = delivered(&request(), &Leg::default());
    let reply = reply_to(&request);
    let conversation = request.header().conversation_id();
    assert_eq!(reply.message.header().conversation_id(), conversation);
    assert_eq!(conversation, &draft().heading().conversation_id);
}

// [AS4_CP_TA14]
#[test]
fn ta14_each_leg_of_push_and_push_gets_its_receipt() {
    let (sent, request) = delivered(&request(), &Leg::default());
    acknowledged(&sent, &request);
    // Judged on the way.
    let reply = reply_to(&request);
    let (asked, answered) = (request.header(), reply.message.header());
    assert_eq!((asked.from(), asked.to()), (answered.to(), answered.from()));
}

// [AS4_CP_TA03]
#[test]
fn ta03_a_party_has_exactly_one_id() {
    let (sent, _) = delivered(&request(), &Leg::default());
    let soap = soap_of(&sent);
    for end in ["From", "To"] {
        let party = cut(&soap, &format!("<eb:{end}>"), &format!("</eb:{end}>"));
        assert_eq!(party.matches("<eb:PartyId").count(), 1);
        let second = "<eb:PartyId type=\"urn:x:y\">AP_XX_01</eb:PartyId><eb:Role>";
        let two = party.replace("<eb:Role>", second);
        check_refused(|it| it.with(&party, &two), EbmsCode::ValueInconsistent);
        let id = cut(&party, "<eb:PartyId", "</eb:PartyId>");
        let none = party.replace(&id, "");
        check_refused(|it| it.with(&party, &none), EbmsCode::InvalidHeader);
    }
}

// [AS4_CP_TA05]
#[test]
fn ta05_a_payload_travels_in_a_mime_part_and_the_body_is_empty() {
    let (sent, message) = delivered(&request(), &Leg::default());
    let forge = Forge::of(sent.content_type(), sent.body());
    assert_eq!(forge.parts.len(), 1);
    let body = cut(&forge.soap, "<S12:Body", "</S12:Body>");
    assert!(body.ends_with("\"></S12:Body>"), "{body}");
    assert_eq!(message.payloads(), request().payloads());
}

// [AS4_CP_TA06]
#[test]
fn ta06_the_leading_document_is_in_the_first_part_info() {
    let (sent, message) = delivered(&with_pdf(), &Leg::default());
    let soap = soap_of(&sent);
    let first = between(&soap, "<eb:PartInfo href=\"cid:", "\"");
    assert_eq!(first, "regrep@oots.eu");
    assert_eq!(
        message.header().parts()[0].media_type(),
        "application/x-ebrs+xml"
    );
    assert_eq!(message.header().parts()[1].media_type(), "application/pdf");
}

// [AS4_CP_TA07]
#[test]
fn ta07_an_xml_document_and_a_binary_one_are_both_delivered() {
    let (sent, message) = delivered(&with_pdf(), &Leg::default());
    assert_eq!(message.payloads(), with_pdf().payloads());
    acknowledged(&sent, &message);
}

// [AS4_CP_TA08]
#[test]
fn ta08_a_payload_by_hyperlink_is_refused_at_once() {
    for href in [
        "http://files.example/evidence.pdf",
        "https://files.example/x",
        "ftp://files.example/x",
        "file:///etc/passwd",
    ] {
        check_refused(
            |it| {
                it.with(
                    "cid:regrep@oots.eu\"><eb:PartProp",
                    &format!("{href}\"><eb:PartProp"),
                )
            },
            EbmsCode::ExternalPayloadError,
        );
    }
}

// [AS4_CP_TA11]
#[test]
fn ta11_no_other_address_for_errors_can_be_agreed() {
    let template = |line: &str| {
        let text = format!("{line}\n{}", super::support::TEMPLATE);
        Template::from_toml("oots", &text)
    };
    assert!(template("").is_ok());
    for line in [
        "sender_errors_to = \"https://errors.example\"",
        "receiver_errors_to = \"https://errors.example\"",
        "username = \"a\"",
    ] {
        assert!(template(line).is_err(), "{line}");
    }
}

// [AS4_CP_TA16]
#[test]
fn ta16_a_ping_names_the_test_service() {
    let (sent, message) = delivered(&ping(), &Leg::default());
    let soap = soap_of(&sent);
    let root = "http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/";
    assert!(soap.contains(&format!("<eb:Service>{root}service</eb:Service>")));
    assert!(soap.contains(&format!("<eb:Action>{root}test</eb:Action>")));
    acknowledged(&sent, &message);
}

pub(crate) fn ping() -> Draft {
    let mut heading = draft().heading().clone();
    heading.service = Service::test();
    heading.action = profile::TEST_ACTION.to_owned();
    Draft::new(heading)
}

// [AS4_CP_TA20]
#[test]
fn ta20_message_properties_are_taken_with_and_without_a_type() {
    let draft = request()
        .with_property(Property::new("plain", "a"))
        .with_property(Property::typed("typed", "urn:x:y", "b"));
    let (sent, message) = delivered(&draft, &Leg::default());
    let kind = |name| message.header().property(name).unwrap().kind();
    assert_eq!((kind("plain"), kind("typed")), (None, Some("urn:x:y")));
    acknowledged(&sent, &message);
}

// [AS4_CP_TA44]
#[test]
fn ta44_part_properties_are_taken_with_and_without_a_type() {
    let extra = "<eb:Property name=\"PayloadName\">a.xml</eb:Property>\
                 <eb:Property name=\"Rank\" type=\"xs:int\">1</eb:Property></eb:PartProperties>";
    let message = changed(|it| it.with("</eb:PartProperties>", extra)).unwrap();
    let part = &message.header().parts()[0];
    let kind = |name| part.property(name).unwrap().kind();
    assert_eq!((kind("PayloadName"), kind("Rank")), (None, Some("xs:int")));
}

// [AS4_CP_TA33]
#[test]
fn ta33_every_payload_is_delivered_as_it_was_submitted() {
    let draft = with_pdf()
        .with_payload(payload("second@x", "application/xml", b"<b>\r\n</b>"))
        .with_payload(payload("empty@x", "application/octet-stream", b""))
        .with_payload(payload("text@x", "text/plain", b"a\nb\r\n"));
    for compress in [true, false] {
        let (sent, message) = delivered(&draft, &Leg::default().with_compression(compress));
        assert_eq!(message.payloads(), draft.payloads());
        acknowledged(&sent, &message);
    }
}

// [AS4_CP_TA45]
#[test]
fn ta45_parts_are_described_and_sent_in_the_order_of_submission() {
    let ids = ["z@x", "a@x", "m@x", "b@x"];
    let draft = ids.iter().fold(draft(), |draft, id| {
        draft.with_payload(payload(id, "application/xml", b"<a></a>"))
    });
    let (sent, message) = delivered(&draft, &Leg::default());
    let forge = Forge::of(sent.content_type(), sent.body());
    let described: Vec<_> = forge
        .soap
        .split("<eb:PartInfo href=\"cid:")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert_eq!(described, ids);
    let packed = forge.parts.iter();
    let packed: Vec<_> = packed
        .map(|part| between(&part.headers, "Content-ID: <", ">"))
        .collect();
    assert_eq!(packed, ids);
    let order = message.payloads().iter();
    let order: Vec<_> = order.map(|payload| payload.cid().as_str()).collect();
    assert_eq!(order, ids);
}

// [AS4_4CT_TA01]
#[test]
fn fct_ta01_the_outer_corners_are_those_the_producer_names() {
    let (_, message) = delivered(&request(), &Leg::default());
    for (name, value) in [
        (profile::ORIGINAL_SENDER, "BR_FR_01"),
        (profile::FINAL_RECIPIENT, "BR_DE_01"),
    ] {
        let property = message.header().property(name).unwrap();
        assert_eq!((property.value(), property.kind()), (value, Some(SCHEME)));
    }
}

// [AS4_4CT_TA02]
#[test]
fn fct_ta02_a_tracking_identifier_is_passed_on() {
    let draft = request().with_property(Property::new("trackingIdentifier", "case-1463"));
    let (sent, message) = delivered(&draft, &Leg::default());
    let tracking = message.header().property("trackingIdentifier").unwrap();
    assert_eq!(tracking.value(), "case-1463");
    acknowledged(&sent, &message);
}

// [AS4_4CT_TA03]
#[test]
fn fct_ta03_from_and_to_name_the_access_points() {
    let (sent, message) = delivered(&request(), &Leg::default());
    let header = message.header();
    assert_eq!(header.from().id().value(), "AP_FR_01");
    assert_eq!(header.to().id().value(), "AP_DE_01");
    for end in ["From", "To"] {
        let party = cut(
            &soap_of(&sent),
            &format!("<eb:{end}>"),
            &format!("</eb:{end}>"),
        );
        assert!(party.contains(&format!("type=\"{SCHEME}\">AP_")), "{party}");
    }
}

/// A message id for tests that need another one.
pub(crate) fn id(text: &str) -> MessageId {
    text.parse().unwrap()
}

/// Written with random octets that repeat.
pub(crate) fn write(draft: &Draft, leg: &Leg) -> Result<Outgoing, send::Unsendable> {
    let world = World::rsa();
    let key = world.fr.signing_key();
    let recipient = world.de_decrypt.certificate();
    send::write(draft, leg, &key, &recipient, &mut counter())
}
