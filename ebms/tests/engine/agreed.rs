//! What was agreed: P-Modes found by header, rules of the template, limits, files with mistakes,
//! keys that do not belong to their certificates.

use super::support::{
    Identity, Kind, SCHEME, TEMPLATE, World, counter, draft, partner_toml, payload, request, time,
};
use ebms::{
    Draft, EbmsCode, Leg, PModes, Partner, PartyId, Property, Service, Template,
    security::{DecryptionKey, SigningKey},
    send,
};

fn partner(name: &str, party: &str) -> Partner {
    let text = partner_toml(party, "certificates = [\"sign\"]", "encrypt", "");
    let world = World::rsa();
    let load = |file: &str| {
        let identity = if file == "sign" {
            &world.fr
        } else {
            &world.de_decrypt
        };
        Ok::<_, String>(identity.certificate.clone().into_bytes())
    };
    Partner::from_toml(name, &text, load).unwrap()
}

fn pmodes(template: &str) -> PModes {
    let template = Template::from_toml("oots", template).unwrap();
    let ours = PartyId::new("AP_DE_01", Some(SCHEME)).unwrap();
    PModes::new(vec![ours], vec![template], vec![partner("fr", "AP_FR_01")]).unwrap()
}

/// Sends a draft to an access point with this template; the code of its refusal, or none.
#[track_caller]
fn check_under(template: &str, draft: &Draft, expected: Option<EbmsCode>) {
    let world = World::rsa();
    let sent = world.send(draft, &Leg::default());
    let body = sent.body().clone();
    let limits = ebms::receive::Limits::default();
    let Ok(ebms::Incoming::User(sealed)) = ebms::receive::read(sent.content_type(), body, &limits)
    else {
        panic!("not a user message")
    };
    let opened = sealed
        .verify(&pmodes(template), time("2026-11-23T10:05:00Z"))
        .and_then(|signed| signed.open(&[world.de_decrypt.decryption_key()]));
    assert_eq!(
        opened.as_ref().err().map(ebms::Refusal::code),
        expected,
        "{opened:?}"
    );
}

#[track_caller]
fn check(change: impl FnOnce(&mut send::Heading), expected: Option<EbmsCode>) {
    let mut heading = request().heading().clone();
    change(&mut heading);
    let draft = Draft::new(heading)
        .with_property(Property::typed("originalSender", SCHEME, "a"))
        .with_property(Property::typed("finalRecipient", SCHEME, "b"));
    check_under(TEMPLATE, &draft, expected);
}

fn party(value: &str, scheme: &str, role: &str) -> ebms::Party {
    ebms::Party::new(PartyId::new(value, Some(scheme)).unwrap(), role)
}

#[test]
fn a_message_needs_a_p_mode() {
    // [ROB-59]
    let mismatch = Some(EbmsCode::ProcessingModeMismatch);
    let role = ebms::profile::GATEWAY_ROLE;
    check(|_| {}, None);
    check(|it| it.to = party("AP_DE_02", SCHEME, role), mismatch);
    check(|it| it.from = party("AP_XX_01", SCHEME, role), mismatch);
    check(
        |it| it.from = party("AP_FR_01", "urn:other:scheme", role),
        mismatch,
    );
    // Reflected: we do not talk to ourselves.
    check(|it| it.from = party("AP_DE_01", SCHEME, role), mismatch);
    check(
        |it| it.from = party("AP_FR_01", SCHEME, "urn:other:role"),
        mismatch,
    );
    let unknown = Some(EbmsCode::ValueNotRecognized);
    check(|it| it.action = "Other".to_owned(), unknown);
    check(
        |it| it.service = Service::new("QueryManager", Some("urn:t")).unwrap(),
        unknown,
    );
    check(|it| it.service = Service::test(), unknown);
}

#[test]
fn corners_and_uuids_are_asked_for() {
    // [ROB-60], [ROB-61], [R-EDM-ebMS-017], [R-EDM-ebMS-037]
    let inconsistent = Some(EbmsCode::ValueInconsistent);
    check(
        |it| it.conversation_id = "not-a-uuid".parse().unwrap(),
        inconsistent,
    );
    let corner = |name| Property::typed(name, SCHEME, "a");
    let bare = || Draft::new(request().heading().clone());
    check_under(
        TEMPLATE,
        &bare().with_property(corner("originalSender")),
        inconsistent,
    );
    check_under(
        TEMPLATE,
        &bare().with_property(corner("finalRecipient")),
        inconsistent,
    );
    let both = bare()
        .with_property(corner("originalSender"))
        .with_property(corner("finalRecipient"));
    check_under(TEMPLATE, &both, None);
    let wrong = both.with_property(Property::new("ExchangeId", "1"));
    check_under(TEMPLATE, &wrong, inconsistent);
}

#[test]
fn payloads_stay_within_what_was_agreed() {
    // [ROB-66]
    let limited = |limits: &str| format!("{TEMPLATE}[limits]\n{limits}\n");
    let two = request().with_payload(payload("b", "text/plain", &[b'x'; 1000]));
    check_under(&limited("payload_bytes = 1000"), &two, None);
    let mismatch = Some(EbmsCode::ProcessingModeMismatch);
    check_under(&limited("payload_bytes = 999"), &two, mismatch);
    check_under(&limited("total_bytes = 1005"), &two, mismatch);
    check_under(&limited("payloads = 1"), &two, mismatch);
}

#[test]
fn an_agreement_named_is_the_agreed_one() {
    let with = format!("agreement = \"urn:a\"\n{TEMPLATE}");
    // Partners may leave it out.
    check_under(&with, &request(), None);
}

#[test]
fn mistakes_in_files_are_all_reported() {
    let template = || Template::from_toml("oots", TEMPLATE).unwrap();
    let ours = || vec![PartyId::new("AP_DE_01", Some(SCHEME)).unwrap()];
    let partners = vec![
        partner("fr", "AP_FR_01"),
        partner("twin", "AP_FR_01"),
        partner("self", "AP_DE_01"),
        partner("fr", "AP_XX_01"),
    ];
    let problems = PModes::new(ours(), vec![template()], partners).unwrap_err();
    assert_eq!(problems.len(), 3, "{problems:?}");
    let problems = PModes::new(ours(), vec![], vec![partner("fr", "AP_FR_01")]).unwrap_err();
    assert_eq!(problems[0].to_string(), "fr:1: unknown template \"oots\"");
}

#[test]
fn a_partner_is_found_by_name_and_by_party() {
    let pmodes = pmodes(TEMPLATE);
    let fr = pmodes.partner("fr").unwrap();
    // [P32] the published P-Modes have a blank behind the address.
    assert_eq!(fr.endpoint(), "https://as4.example/msh");
    let party = PartyId::new("AP_FR_01", Some(SCHEME)).unwrap();
    assert_eq!(pmodes.partner_by_party(&party).unwrap().name(), fr.name());
    assert_eq!(pmodes.template(fr).unwrap().retry().attempts(), 4);
    assert!(pmodes.partner("nobody").is_none());
}

#[test]
fn a_key_belongs_to_its_certificate() {
    let (one, other) = (
        Identity::new("a", Kind::P256),
        Identity::new("b", Kind::P256),
    );
    let edwards = Identity::new("c", Kind::Ed25519);
    let signing = |key: &Identity, certificate: &Identity| {
        SigningKey::from_pkcs8_pem(key.key.as_bytes(), certificate.certificate.as_bytes()).is_ok()
    };
    let decryption = |key: &Identity, certificate: &Identity| {
        DecryptionKey::from_pkcs8_pem(key.key.as_bytes(), certificate.certificate.as_bytes())
            .is_ok()
    };
    assert!(signing(&one, &one) && decryption(&one, &one));
    assert!(!signing(&one, &other) && !decryption(&one, &other));
    assert!(!signing(&edwards, &one) && !decryption(&edwards, &edwards));
    let exchange = Identity::new("d", Kind::X25519);
    assert!(!signing(&exchange, &exchange) && decryption(&exchange, &exchange));
    assert!(SigningKey::from_pkcs8_pem(b"", b"").is_err());
}

#[test]
fn a_retry_of_the_engine_signs_the_same() {
    // [AS4 3.1] a message written again from the same draft has the same digests.
    let world = World::rsa();
    let write = || {
        send::write(
            &draft().with_payload(payload("a", "text/xml", b"<a/>")),
            &Leg::default(),
            &world.fr.signing_key(),
            &world.de_decrypt.certificate(),
            &mut counter(),
        )
        .unwrap()
    };
    assert_eq!(write().proof(), write().proof());
}
