//! Values of the header as partners write them, and the P-Mode they lead to.

use super::{
    exchange::{acknowledged, changed, check_refused, delivered, id, soap_of, with_pdf},
    forge::{Forge, sha256},
    support::{NOW, SCHEME, World, draft, partner_toml, payload, request},
};
use ebms::{ContentId, Draft, EbmsCode, Leg, Partner, Property, Service};
use std::collections::BTreeSet;

// [P31]
#[test]
fn p31_white_space_around_a_value_is_trimmed_for_matching_and_left_in_what_is_signed() {
    let world = World::rsa();
    let sent = world.send(&request(), &Leg::default());
    let forged = Forge::of(sent.content_type(), sent.body())
        .with(">AP_FR_01<", ">\n        AP_FR_01 \n      <")
        .with(">QueryManager<", "> QueryManager\t<")
        .with(">ExecuteQueryRequest<", ">\nExecuteQueryRequest <")
        .signed(&world.fr.key);
    let message = world
        .receive(&forged.content_type(), forged.body())
        .unwrap();
    let header = message.header();
    assert_eq!(header.from().id().value(), "AP_FR_01");
    assert_eq!(header.service(), &Service::query_manager());
    assert_eq!(header.action(), "ExecuteQueryRequest");
    // The receipt repeats the digest of the header with its white space.
    let messaging = super::forge::cut(&forged.soap, "<eb:Messaging", "</eb:Messaging>");
    let key = world.de.signing_key();
    let receipt = ebms::signal::receipt(&message, id("r@de"), super::support::time(NOW), &key);
    let receipt = String::from_utf8(receipt.unwrap().body().to_vec()).unwrap();
    let digest = {
        use base64::{Engine, engine::general_purpose::STANDARD};
        STANDARD.encode(sha256(messaging.as_bytes()))
    };
    assert!(receipt.contains(&digest));
    assert_eq!(message.soap(), forged.soap);
}

// [P32]
#[test]
fn p32_a_blank_behind_an_address_is_cut_off() {
    let text = partner_toml("AP_FR_01", "certificates = [\"a\"]", "a", "");
    assert!(text.contains("/msh \""));
    let pem = World::rsa().fr.certificate.clone();
    let load = |_: &str| Ok::<_, String>(pem.clone().into_bytes());
    let partner = Partner::from_toml("fr", &text, load).unwrap();
    assert_eq!(partner.endpoint(), "https://as4.example/msh");
}

// [P33] [EBMS:0009]
#[test]
fn p33_an_empty_type_or_agreement_is_refused_and_never_written() {
    let typed = format!("type=\"{SCHEME}\">AP_FR_01");
    check_refused(
        |it| it.with(&typed, "type=\"\">AP_FR_01"),
        EbmsCode::InvalidHeader,
    );
    let service = "type=\"urn:oasis:names:tc:ebcore:ebrs:ebms:binding:1.0\"";
    check_refused(|it| it.with(service, "type=\"\""), EbmsCode::InvalidHeader);
    let corner = format!("name=\"originalSender\" type=\"{SCHEME}\"");
    check_refused(
        |it| it.with(&corner, "name=\"originalSender\" type=\"\""),
        EbmsCode::InvalidHeader,
    );
    for empty in [
        "<eb:AgreementRef></eb:AgreementRef>",
        "<eb:AgreementRef> </eb:AgreementRef>",
    ] {
        let first = format!("<eb:CollaborationInfo>{empty}");
        check_refused(
            |it| it.with("<eb:CollaborationInfo>", &first),
            EbmsCode::InvalidHeader,
        );
    }
    let (sent, _) = delivered(&with_pdf(), &Leg::default());
    let soap = soap_of(&sent);
    assert!(!soap.contains("type=\"\"") && !soap.contains("AgreementRef"));
    // A type that would be empty is not even a value.
    assert!(Service::new("QueryManager", Some("")).is_err());
    assert!(ebms::PartyId::new("AP_FR_01", Some("")).is_err());
    let empty = request().with_property(Property::typed("p", "", "v"));
    assert!(super::exchange::write(&empty, &Leg::default()).is_err());
}

// [P34]
#[test]
fn p34_no_channel_and_the_default_channel_are_the_same() {
    let root = "http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704";
    let with = |mpc: &str| {
        let user = format!("<eb:UserMessage mpc=\"{mpc}\">");
        changed(move |it| it.with("<eb:UserMessage>", &user))
    };
    let default = with(&format!("{root}/defaultMPC")).unwrap();
    assert_eq!(default.partner().as_str(), "fr");
    let refusal = with("urn:other:mpc").expect_err("accepted");
    assert_eq!(refusal.code(), EbmsCode::ProcessingModeMismatch);
    assert!(changed(|it| it).is_ok());
}

// [P43]
#[test]
fn p43_one_conversation_has_many_messages_that_may_name_others() {
    for at in 0..3 {
        let mut heading = draft().heading().clone();
        heading.message_id = id(&format!("m{at}@fr.example"));
        let draft = Draft::new(heading)
            .with_ref_to_message_id(id("nobody-knows@this.example"))
            .with_property(Property::typed("originalSender", SCHEME, "a"))
            .with_property(Property::typed("finalRecipient", SCHEME, "b"))
            .with_payload(payload("a@x", "text/plain", b"x"));
        let (sent, message) = delivered(&draft, &Leg::default());
        acknowledged(&sent, &message);
        let named = message.header().ref_to_message_id().unwrap();
        assert_eq!(named.as_str(), "nobody-knows@this.example");
    }
}

// [P03]
#[test]
fn p03_ids_of_a_hundred_thousand_parts_are_all_different_and_need_no_encoding() {
    let mut random = super::support::counter();
    let mut seen = BTreeSet::new();
    for _ in 0..100_000 {
        let mut octets = [0; 16];
        random(&mut octets);
        let uuid = uuid::Builder::from_random_bytes(octets).into_uuid();
        let cid: ContentId = format!("{uuid}@oots.example").parse().unwrap();
        assert_eq!(cid.to_href(), format!("cid:{cid}"));
        assert!(seen.insert(cid));
    }
}

// [AS4_CP_TA18]
#[test]
fn ta18_a_message_without_a_conversation_cannot_be_written_and_is_refused() {
    // The type asks the producer for one; where a conversation begins, the bridge makes it.
    let conversation = super::forge::cut(
        &soap_of(&delivered(&request(), &Leg::default()).0),
        "<eb:ConversationId>",
        "</eb:ConversationId>",
    );
    check_refused(|it| it.with(&conversation, ""), EbmsCode::InvalidHeader);
    let empty = "<eb:ConversationId></eb:ConversationId>";
    check_refused(|it| it.with(&conversation, empty), EbmsCode::InvalidHeader);
    assert!("".parse::<ebms::ConversationId>().is_err());
}
