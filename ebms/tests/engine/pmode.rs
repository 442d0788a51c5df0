//! P-Modes from outside: what a partner file may say, what is reported of a wrong one, which leg
//! counts for which message, and why a message has no P-Mode.

use super::support::{
    Identity, Kind, NOW, TEMPLATE, World, counter, draft, partner_toml, payload, request, time,
};
use bytes::Bytes;
use ebms::{
    EbmsCode, Incoming, PModes, Partner, Party, PartyId, Property, Service, Template,
    pmode::{Explanation, Profile},
    receive::{self, Limits},
    send,
};

const SIGNING: &str = "certificates = [\"sign\"]";

fn partner(world: &World, extra: &str) -> Partner {
    let text = partner_toml("AP_FR_01", SIGNING, "encrypt", "") + extra;
    Partner::from_toml("fr", &text, load(world)).unwrap()
}

fn load(world: &World) -> impl Fn(&str) -> Result<Vec<u8>, &'static str> {
    let (sign, encrypt) = (
        world.fr.certificate.clone(),
        world.de_decrypt.certificate.clone(),
    );
    move |file: &str| match file {
        "sign" => Ok(sign.clone().into_bytes()),
        "encrypt" => Ok(encrypt.clone().into_bytes()),
        _ => Err("no such file"),
    }
}

fn ours() -> PartyId {
    PartyId::new("AP_DE_01", Some(super::support::SCHEME)).unwrap()
}

fn pmodes(template: &str, partner: Partner) -> PModes {
    let template = Template::from_toml("oots", template).unwrap();
    PModes::new(vec![ours()], vec![template], vec![partner]).unwrap()
}

#[test]
fn every_problem_of_a_partner_file_is_reported_with_its_line() {
    let text = "colour = 1\nendpoint = \" \"\n[[party]]\nvalue = \"AP_FR_01\"\n[signing]\n\
                certificates = [\n \"sign\",\n \"lost\",\n]\nrevocation = \"maybe\"\n\
                [security]\nprofile = \"rsa\"\nkey_derivation = \"concat-kdf\"\nencrypt = 1\n\
                [limits]\npayload_bytes = -1\n";
    let problems = Partner::from_toml("fr", text, load(World::rsa())).unwrap_err();
    let found: Vec<_> = problems.all().iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "fr: missing key template",
            "fr:1: unknown key colour",
            "fr:2: endpoint: is empty",
            "fr:4: party.value: not a party id: neither a scheme nor a URI",
            "fr:8: lost: no such file",
            "fr:10: signing.revocation: unknown variant `maybe`, expected one of `off`, `soft`, \
             `hard`",
            "fr:13: security.key_derivation: another derivation than HKDF goes with profile \
             \"ecdsa\"",
            "fr:14: security.encrypt: must be true or false",
            "fr:16: limits.payload_bytes: must be a whole number that is not negative",
        ]
    );
}

#[test]
fn a_partner_and_its_template_must_fit() {
    let world = World::rsa();
    let text = partner_toml("AP_DE_01", SIGNING, "encrypt", "") + "[[leg]]\naction = \"Stop\"\n";
    let partner = Partner::from_toml("fr", &text, load(world)).unwrap();
    let strange = partner_toml("AP_FR_01", SIGNING, "encrypt", "").replace("oots\"", "xx\"");
    let strange = Partner::from_toml("at", &strange, load(world)).unwrap();
    let template = Template::from_toml("oots", TEMPLATE).unwrap();
    let problems = PModes::new(vec![ours()], vec![template], vec![partner, strange]).unwrap_err();
    let found: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(
        found[0].contains("no [[service]] has the action \"Stop\""),
        "{found:?}"
    );
    assert!(found[1].starts_with("fr:5: ") && found[1].ends_with("is our own party id"));
    assert_eq!(found[2], "at:1: unknown template \"xx\"");
}

#[test]
fn what_is_said_later_counts() {
    let world = World::rsa();
    let template = format!(
        "compress = false\n{TEMPLATE}[security]\nsignature_token = \"ski\"\n\
         [[leg]]\naction = \"ExecuteQueryRequest\"\ncompress = true\nencryption_token = \"ski\"\n"
    );
    let extra = "[[leg]]\nservice = \"QueryManager\"\naction = \"ExecuteQueryRequest\"\n\
                 profile = \"ecdsa\"\n[retry]\nattempts = 2\n[limits]\npayloads = 3\n";
    let pmodes = pmodes(&template, partner(world, extra));
    let partner = pmodes.partner("fr").unwrap();
    let leg = |action| {
        pmodes
            .leg(partner, &Service::query_manager(), action)
            .unwrap()
    };
    let request = leg("ExecuteQueryRequest");
    assert_eq!(request.profile(), Profile::Ecdsa);
    assert!(request.compresses());
    assert_eq!(request.encryption_token(), ebms::pmode::TokenKind::Ski);
    let response = leg("ExecuteQueryResponse");
    assert_eq!(response.profile(), Profile::Rsa);
    assert!(!response.compresses());
    assert_eq!(response.signature_token(), ebms::pmode::TokenKind::Ski);
    let template = pmodes.template(partner).unwrap();
    assert_eq!(template.retry().attempts(), 2);
    assert_eq!(template.retry().interval().as_secs(), 60);
    assert_eq!(template.limits().payloads, 3);
}

#[test]
fn a_suite_counts_for_the_leg_it_was_agreed_for() {
    // [AS4 0.1] suites never mix: an answer agreed as ECDSA is not taken as RSA.
    let world = World::rsa();
    let extra = "[[leg]]\naction = \"ExecuteQueryRequest\"\nprofile = \"ecdsa\"\n";
    let pmodes = pmodes(TEMPLATE, partner(world, extra));
    let verify = |action: &str| {
        let mut heading = draft().heading().clone();
        heading.action = action.to_owned();
        let draft = ebms::Draft::new(heading).with_payload(payload("a", "text/plain", b"x"));
        let sent = world.send(&draft, &ebms::Leg::default());
        sealed(&sent)
            .verify(&pmodes, time(NOW))
            .map(|_| ())
            .map_err(|it| it.code())
    };
    assert_eq!(verify("ExecuteQueryResponse"), Ok(()));
    assert_eq!(
        verify("ExecuteQueryRequest"),
        Err(EbmsCode::PolicyNoncompliance)
    );
}

#[test]
fn a_message_larger_than_agreed_is_refused() {
    // [ROB-66] [AS4 4.4]
    let world = World::rsa();
    let sent = world.send(&request(), &ebms::Leg::default());
    let verify = |limits: &str| {
        let pmodes = pmodes(TEMPLATE, partner(world, limits));
        sealed(&sent)
            .verify(&pmodes, time(NOW))
            .map(|_| ())
            .map_err(|it| it.code())
    };
    assert_eq!(verify(""), Ok(()));
    let small = verify("[limits]\nmessage_bytes = 1000\n");
    assert_eq!(small, Err(EbmsCode::ProcessingModeMismatch));
}

#[test]
fn another_channel_is_sent_and_asked_for_where_it_is_agreed() {
    // [AS4 4.1] [P34]
    let world = World::rsa();
    let template = format!("mpc = \"urn:x:channel\"\n{TEMPLATE}");
    let channel = pmodes(&template, partner(world, ""));
    let default = pmodes(TEMPLATE, partner(world, ""));
    let leg = channel.partner("fr").unwrap().leg().clone();
    let sent = world.send(&request(), &leg);
    assert!(sealed(&sent).verify(&channel, time(NOW)).is_ok());
    let refusal = sealed(&sent).verify(&default, time(NOW)).unwrap_err();
    assert_eq!(refusal.code(), EbmsCode::ProcessingModeMismatch);
    let plain = world.send(&request(), &ebms::Leg::default());
    assert!(sealed(&plain).verify(&default, time(NOW)).is_ok());
    assert!(sealed(&plain).verify(&channel, time(NOW)).is_err());
}

fn sealed(sent: &ebms::Outgoing) -> ebms::Sealed {
    let body = Bytes::copy_from_slice(sent.body());
    match receive::read(sent.content_type(), body, &Limits::default()).unwrap() {
        Incoming::User(sealed) => *sealed,
        Incoming::Signal(signal) => panic!("{signal:?}"),
    }
}

#[test]
fn two_certificates_of_a_party_overlap() {
    // [AT-54] while a partner changes from one to the next, both count.
    let world = World::rsa();
    let next = Identity::new("AP_FR_01", Kind::Rsa);
    let text = partner_toml(
        "AP_FR_01",
        "certificates = [\"sign\", \"next\"]",
        "encrypt",
        "",
    );
    let known = load(world);
    let next_pem = next.certificate.clone();
    let both = Partner::from_toml("fr", &text, |file| match file {
        "next" => Ok(next_pem.clone().into_bytes()),
        file => known(file),
    });
    let both = pmodes(TEMPLATE, both.unwrap());
    let one = pmodes(TEMPLATE, partner(world, ""));
    let by = |identity: &Identity| {
        let recipient = world.de_decrypt.certificate();
        let key = identity.signing_key();
        send::write(
            &request(),
            &ebms::Leg::default(),
            &key,
            &recipient,
            &mut counter(),
        )
        .unwrap()
    };
    for identity in [&world.fr, &next] {
        assert!(sealed(&by(identity)).verify(&both, time(NOW)).is_ok());
    }
    let refusal = sealed(&by(&next)).verify(&one, time(NOW)).unwrap_err();
    assert_eq!(refusal.code(), EbmsCode::FailedAuthentication);
}

#[track_caller]
fn explain(change: impl FnOnce(&mut send::Heading)) -> Explanation {
    let world = World::rsa();
    let mut heading = draft().heading().clone();
    change(&mut heading);
    let draft = ebms::Draft::new(heading)
        .with_property(Property::new("originalSender", "a"))
        .with_property(Property::new("finalRecipient", "b"))
        .with_payload(payload("a", "text/plain", b"x"));
    let sent = world.send(&draft, &ebms::Leg::default());
    let text = partner_toml("AP_FR_01", SIGNING, "encrypt", "");
    let text = text.replace("[[party]]", "edm_versions = [\"1.2\"]\n[[party]]");
    let partner = Partner::from_toml("fr", &text, load(world)).unwrap();
    let pmodes = pmodes(TEMPLATE, partner);
    let explanation = pmodes.explain(sealed(&sent).claimed());
    let found = sealed(&sent).verify(&pmodes, time(NOW)).is_ok();
    assert_eq!(explanation.matches, found, "{explanation:?}");
    explanation
}

#[track_caller]
fn check_failed(change: impl FnOnce(&mut send::Heading), expected: &[(&str, &str, &str)]) {
    let explanation = explain(change);
    assert_eq!(explanation.partner.as_deref(), Some("fr"));
    let failed: Vec<_> = explanation
        .failed()
        .map(|it| (it.field.to_string(), it.expected.clone(), it.found.clone()))
        .collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|(field, wanted, found)| {
            (
                (*field).to_owned(),
                (*wanted).to_owned(),
                (*found).to_owned(),
            )
        })
        .collect();
    assert_eq!(failed, expected);
}

fn other(value: &str) -> Party {
    let id = PartyId::new(value, Some(super::support::SCHEME)).unwrap();
    Party::new(id, ebms::profile::GATEWAY_ROLE)
}

fn party(value: &str) -> String {
    format!("{}::{value}", super::support::SCHEME)
}

#[test]
fn the_field_that_does_not_match_is_named() {
    // [EBMS:0010] [EBMS:0001]
    check_failed(|_| {}, &[]);
    let (fr, at) = (party("AP_FR_01"), party("AP_AT_01"));
    check_failed(|it| it.from = other("AP_AT_01"), &[("From", &fr, &at)]);
    check_failed(
        |it| it.to = other("AP_AT_01"),
        &[("To", &party("AP_DE_01"), &at)],
    );
    let role = ebms::profile::GATEWAY_ROLE;
    check_failed(
        |it| it.from = Party::new(it.from.id().clone(), "urn:x:role"),
        &[("From/Role", role, "urn:x:role")],
    );
    check_failed(
        |it| it.action = "Stop".to_owned(),
        &[(
            "Action",
            "ExceptionResponse or ExecuteQueryRequest or ExecuteQueryResponse",
            "Stop",
        )],
    );
    let kind = "urn:oasis:names:tc:ebcore:ebrs:ebms:binding:1.0";
    let (expected, found) = (format!("QueryManager ({kind})"), format!("Other ({kind})"));
    check_failed(
        |it| it.service = Service::new("Other", Some(kind)).unwrap(),
        &[("Service", &expected, &found)],
    );
}

#[test]
fn the_test_service_needs_no_listing() {
    // [AS4_CP_TA16]
    check_failed(
        |it| {
            it.service = Service::new(ebms::profile::TEST_SERVICE, None).unwrap();
            it.action = ebms::profile::TEST_ACTION.to_owned();
        },
        &[],
    );
}

#[test]
fn properties_of_another_release_are_told_but_do_not_refuse() {
    // [P44]
    let world = World::rsa();
    let sent = world.send(&request(), &ebms::Leg::default());
    let text = partner_toml("AP_FR_01", SIGNING, "encrypt", "");
    let text = text.replace("[[party]]", "edm_versions = [\"2.0\"]\n[[party]]");
    let pmodes = pmodes(
        TEMPLATE,
        Partner::from_toml("fr", &text, load(world)).unwrap(),
    );
    let explanation = pmodes.explain(sealed(&sent).claimed());
    assert!(explanation.matches);
    let failed: Vec<_> = explanation.failed().collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(
        failed[0].expected,
        "originalSender, finalRecipient, ExchangeId, SpecificationId"
    );
    assert_eq!(
        failed[0].found,
        "originalSender, finalRecipient, ExchangeId"
    );
}
