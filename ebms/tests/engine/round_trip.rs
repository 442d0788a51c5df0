//! Our own messages, read back; receipts and errors, judged.

use super::support::{
    Identity, Kind, NOW, World, counter, draft, partner_toml, payload, reference, request, time,
};
use bytes::Bytes;
use ebms::{
    Answer, EbmsCode, Incoming, Leg, MessageId, Partner, Property, Refusal, SentProof, Service,
    pmode::{KeyDerivation, Profile, TokenKind},
    receive::{self, Limits},
    retry::Retry,
    send::{self, Unsendable},
    signal::{self, HttpAnswer, InvalidReceipt, NoSignal, SignalKind, read_answer},
};
use proptest::prelude::*;

fn id(text: &str) -> MessageId {
    text.parse().unwrap()
}

/// Sends, receives, acknowledges, judges.
#[track_caller]
fn check(world: &World, draft: &ebms::Draft, leg: &Leg) {
    let sent = world.send(draft, leg);
    let message = world
        .receive(sent.content_type(), sent.body().clone())
        .unwrap();
    assert_eq!(message.header().message_id(), &draft.heading().message_id);
    assert_eq!(message.header().timestamp(), draft.heading().timestamp);
    assert_eq!(message.header().from(), &draft.heading().from);
    assert_eq!(message.partner().as_str(), "fr");
    assert_eq!(message.payloads(), draft.payloads());

    let key = world.de.signing_key();
    let receipt = signal::receipt(&message, id("r@de"), time(NOW), &key).unwrap();
    let http = HttpAnswer {
        status: 200,
        content_type: Some(receipt.content_type()),
        body: receipt.body(),
    };
    let answer = read_answer(&http, sent.proof(), &world.de_partner, time(NOW));
    assert!(matches!(&answer, Answer::Acknowledged(proof) if proof.message_id() == &id("r@de")));
    assert_eq!(answer.retry(), Retry::Never);
}

#[test]
fn every_profile_and_token_is_read_back() {
    for profile in [Profile::Rsa, Profile::Ed25519, Profile::Ecdsa] {
        let own;
        let world = if profile == Profile::Rsa {
            World::rsa()
        } else {
            own = World::new(profile);
            &own
        };
        let tokens = [
            TokenKind::Bst,
            TokenKind::PkiPath,
            TokenKind::IssuerSerial,
            TokenKind::Ski,
        ];
        for signature in tokens {
            for encryption in tokens {
                let leg = Leg::default()
                    .with_profile(profile)
                    .with_tokens(signature, encryption);
                check(world, &request(), &leg);
            }
        }
    }
}

#[test]
fn brainpool_and_both_key_derivations_are_read_back() {
    // [AS4 1.11]
    let Some(reference) = reference("round trip/brainpool") else {
        return;
    };
    for (derivation, security) in [
        (KeyDerivation::Hkdf, ""),
        (KeyDerivation::ConcatKdf, "key_derivation = \"concat-kdf\""),
    ] {
        let world = World::brainpool(&reference, security);
        for token in [TokenKind::PkiPath, TokenKind::Ski] {
            let leg = Leg::default()
                .with_profile(Profile::Ecdsa)
                .with_key_derivation(derivation)
                .with_tokens(token, token);
            check(&world, &request(), &leg);
        }
    }
}

#[test]
fn another_key_derivation_is_for_the_suite_with_curves() {
    let pem = World::rsa().fr.certificate.clone();
    let load = |_: &str| Ok::<_, String>(pem.clone().into_bytes());
    let read = |security: &str| {
        let text = partner_toml("AP_FR_01", "certificates = [\"a\"]", "a", security);
        Partner::from_toml("fr", &text, load)
    };
    let concat = "key_derivation = \"concat-kdf\"\nprofile = ";
    let partner = read(&format!("{concat}\"ecdsa\"")).unwrap();
    assert_eq!(partner.leg().key_derivation(), KeyDerivation::ConcatKdf);
    for profile in ["rsa", "ed25519"] {
        let problem = read(&format!("{concat}\"{profile}\"")).unwrap_err();
        assert!(problem.to_string().contains("HKDF"), "{problem}");
    }
    assert!(read("key_derivation = \"none\"").is_err());
}

#[test]
fn payloads_come_back_whether_compressed_or_not() {
    let pdf = [b"%PDF-1.7\r\n\x00\xff".as_slice(), &[7; 3000]].concat();
    let draft = request()
        .with_payload(payload("evidence@x", "application/pdf", &pdf))
        .with_payload(payload("empty", "application/octet-stream", b""))
        .with_payload(payload("text", "text/plain; charset=UTF-8", b"a\nb\r\n"));
    for compress in [true, false] {
        check(
            World::rsa(),
            &draft,
            &Leg::default().with_compression(compress),
        );
    }
}

#[test]
fn a_ping_needs_no_payload_and_no_properties() {
    // [AS4 3.3]
    let mut heading = draft().heading().clone();
    heading.service = Service::test();
    heading.action = ebms::profile::TEST_ACTION.to_owned();
    let ping = ebms::Draft::new(heading);
    check(World::rsa(), &ping, &Leg::default());
    let sent = World::rsa().send(&ping, &Leg::default());
    assert_eq!(sent.content_type(), "application/soap+xml; charset=UTF-8");
    let message = World::rsa()
        .receive(sent.content_type(), sent.body().clone())
        .unwrap();
    assert!(message.header().is_test_service());
}

#[test]
fn twenty_eight_payloads_are_the_most() {
    // [P35]
    let many = |count: usize| {
        (0..count).fold(draft(), |draft, at| {
            draft.with_payload(payload(&format!("p{at}@x"), "text/xml", b"<a/>"))
        })
    };
    check(World::rsa(), &many(28), &Leg::default());
    check_unsendable(&many(29), &Leg::default(), Unsendable::TooManyPayloads);
}

#[track_caller]
fn check_unsendable(draft: &ebms::Draft, leg: &Leg, expected: Unsendable) {
    let world = World::rsa();
    let (key, recipient) = (world.fr.signing_key(), world.de_decrypt.certificate());
    let found = send::write(draft, leg, &key, &recipient, &mut counter());
    assert_eq!(found.unwrap_err(), expected);
}

#[test]
fn what_partners_could_not_read_is_not_sent() {
    let leg = Leg::default();
    let twice = request().with_payload(payload("regrep@oots.eu", "text/xml", b"<a/>"));
    check_unsendable(&twice, &leg, Unsendable::ContentIdTwice);
    for value in ["", " a", "a\nb", "a\u{0}"] {
        let draft = request().with_property(Property::new("p", value));
        check_unsendable(&draft, &leg, Unsendable::Value);
    }
    check_unsendable(
        &request().with_payload(payload("a", "pdf", b"")),
        &leg,
        Unsendable::Value,
    );
    let broken = draft().with_payload(payload("a", "application/xml", b"<a>"));
    check_unsendable(
        &broken,
        &leg.clone().with_compression(false),
        Unsendable::Content,
    );
    let other = leg.clone().with_profile(Profile::Ed25519);
    check_unsendable(&request(), &other, Unsendable::SigningKey);
}

#[test]
fn an_expired_or_missing_encryption_certificate_stops_the_message() {
    let world = World::rsa();
    let key = world.fr.signing_key();
    let mut heading = draft().heading().clone();
    heading.timestamp = time("2029-12-31T00:00:00Z");
    let write = |heading: &send::Heading, certificate: Option<&ebms::security::Certificate>| {
        let draft =
            ebms::Draft::new(heading.clone()).with_payload(payload("a", "text/plain", b"x"));
        send::write(&draft, &Leg::default(), &key, certificate, &mut counter()).map(|_| ())
    };
    let certificate = world.de_decrypt.certificate();
    assert_eq!(write(&heading, Some(&certificate)), Ok(()));
    assert_eq!(
        write(&heading, None),
        Err(Unsendable::EncryptionCertificate)
    );
    let expired = Identity::until("AP_DE_01", Kind::Rsa, 2029).certificate();
    assert_eq!(
        write(&heading, Some(&expired)),
        Err(Unsendable::EncryptionCertificate)
    );
    heading.timestamp = time("2030-06-01T00:00:00Z");
    assert_eq!(
        write(&heading, Some(&certificate)),
        Err(Unsendable::SigningKey)
    );
    let other = Identity::new("x", Kind::P256).certificate();
    heading.timestamp = time("2029-12-31T00:00:00Z");
    assert_eq!(
        write(&heading, Some(&other)),
        Err(Unsendable::EncryptionCertificate)
    );
}

#[test]
fn a_message_too_old_or_from_the_future_is_refused() {
    // [AS4 3.6]
    let world = World::rsa();
    let sent = world.send(&request(), &Leg::default());
    let at = |now| {
        world
            .receive_at(sent.content_type(), sent.body().clone(), time(now))
            .map(|_| ())
            .map_err(|refusal| refusal.code())
    };
    assert_eq!(at("2026-11-30T09:59:00Z"), Ok(()));
    assert_eq!(at("2026-11-30T10:01:00Z"), Err(EbmsCode::Other));
    assert_eq!(at("2026-11-23T09:56:00Z"), Ok(()));
    assert_eq!(at("2026-11-23T09:54:00Z"), Err(EbmsCode::Other));
}

#[test]
fn the_same_message_has_the_same_digest_and_another_has_not() {
    // [AS4 3.1] duplicates are told from forgeries by it.
    let world = World::rsa();
    let digest = |draft: &ebms::Draft| {
        let sent = world.send(draft, &Leg::default());
        world
            .receive(sent.content_type(), sent.body().clone())
            .unwrap()
            .digest()
    };
    assert_eq!(digest(&request()), digest(&request()));
    let other = request().with_payload(payload("b", "text/plain", b"b"));
    assert_ne!(digest(&request()), digest(&other));
}

fn received(world: &World) -> (SentProof, ebms::Verified<ebms::ReceivedMessage>) {
    let sent = world.send(&request(), &Leg::default());
    let message = world
        .receive(sent.content_type(), sent.body().clone())
        .unwrap();
    (sent.proof().clone(), message)
}

#[track_caller]
fn judge(status: u16, body: &[u8], proof: &SentProof) -> Answer {
    let http = HttpAnswer {
        status,
        content_type: Some("application/soap+xml"),
        body,
    };
    read_answer(&http, proof, &World::rsa().de_partner, time(NOW))
}

#[test]
fn a_receipt_signs_no_part_of_the_request() {
    // [P17] peers would look for the attachments.
    let (_, message) = received(World::rsa());
    let key = World::rsa().de.signing_key();
    let receipt = signal::receipt(&message, id("r@de"), time(NOW), &key).unwrap();
    let text = String::from_utf8(receipt.body().to_vec()).unwrap();
    let (_, signed_info) = text.split_once("<ds:SignedInfo").unwrap();
    assert!(!signed_info.contains("cid:"));
    assert_eq!(text.matches("URI=\"cid:").count(), 1);
}

#[test]
fn a_receipt_by_another_or_for_another_does_not_count() {
    let world = World::rsa();
    let (proof, message) = received(world);
    let now = time(NOW);
    // [AS4 6.O]
    let foreign = signal::receipt(&message, id("r@de"), now, &world.fr.signing_key()).unwrap();
    let answer = judge(200, foreign.body(), &proof);
    assert!(
        matches!(answer, Answer::InvalidReceipt(InvalidReceipt::Signature(_))),
        "{answer:?}"
    );
    assert_eq!(answer.retry(), Retry::After);

    let good = signal::receipt(&message, id("r@de"), now, &world.de.signing_key()).unwrap();
    let mut value = serde_json::to_value(&proof).unwrap();
    value["message_id"] = "other@fr.example".into();
    let other: SentProof = serde_json::from_value(value.clone()).unwrap();
    let answer = judge(200, good.body(), &other);
    assert_eq!(answer, Answer::InvalidReceipt(InvalidReceipt::OtherMessage));

    let mut value = serde_json::to_value(&proof).unwrap();
    value["references"].as_array_mut().unwrap().pop();
    let fewer: SentProof = serde_json::from_value(value).unwrap();
    let answer = judge(200, good.body(), &fewer);
    assert_eq!(answer, Answer::InvalidReceipt(InvalidReceipt::Digests));

    let text = String::from_utf8(good.body().to_vec()).unwrap();
    let changed = text.replacen("r@de", "q@de", 1);
    let answer = judge(200, changed.as_bytes(), &proof);
    assert!(
        matches!(answer, Answer::InvalidReceipt(InvalidReceipt::Signature(_))),
        "{answer:?}"
    );
}

#[test]
fn an_error_is_read_whatever_the_status_and_signed_or_not() {
    // [P19]
    let world = World::rsa();
    let (proof, _) = received(world);
    let refusal = Refusal::undeliverable(Some(proof.message_id().clone()));
    let key = world.de.signing_key();
    for key in [Some(&key), None] {
        let error = signal::error(&refusal, id("e@de"), time(NOW), key);
        for status in [200, 400, 500, 503] {
            let answer = judge(status, error.body(), &proof);
            let Answer::Refused(errors) = &answer else {
                panic!("{answer:?}")
            };
            assert_eq!(errors[0].code(), Some(EbmsCode::DeliveryFailure));
            // [EBMS:0202] may pass; the same octets may be sent again.
            assert_eq!(answer.retry(), Retry::After);
        }
    }
    let refusal = Refusal::reused_message_id(proof.message_id().clone());
    let error = signal::error(&refusal, id("e@de"), time(NOW), None);
    assert_eq!(judge(200, error.body(), &proof).retry(), Retry::Never);
}

#[test]
fn a_duplicate_of_phase4_counts_as_accepted() {
    // [AS4 0.4]
    let (proof, _) = received(World::rsa());
    let refusal = Refusal::reused_message_id(proof.message_id().clone());
    let error = signal::error(&refusal, id("e@de"), time(NOW), None);
    let text = String::from_utf8(error.body().to_vec()).unwrap();
    let answer = judge(
        200,
        text.replace("EBMS:0003", "EBMS:4001").as_bytes(),
        &proof,
    );
    assert!(matches!(answer, Answer::AlreadyAccepted(_)), "{answer:?}");
    assert_eq!(answer.retry(), Retry::Never);
}

#[test]
fn what_is_no_signal_is_no_answer() {
    let (proof, _) = received(World::rsa());
    let unanswered = |status, reason| Answer::Unanswered { status, reason };
    assert_eq!(judge(204, b"", &proof), unanswered(204, NoSignal::Empty));
    assert_eq!(
        judge(200, b"hello", &proof),
        unanswered(200, NoSignal::Unreadable)
    );
    let fault = "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Header/>\
                 <s:Body><s:Fault/></s:Body></s:Envelope>";
    assert_eq!(
        judge(500, fault.as_bytes(), &proof),
        unanswered(500, NoSignal::Fault)
    );
    let http = HttpAnswer {
        status: 502,
        content_type: Some("text/html"),
        body: b"<html>",
    };
    let answer = read_answer(&http, &proof, &World::rsa().de_partner, time(NOW));
    assert_eq!(answer, unanswered(502, NoSignal::NotSoap));
    assert_eq!(answer.retry(), Retry::After);
}

#[test]
fn a_signal_on_the_port_for_messages_is_recognized() {
    let (proof, message) = received(World::rsa());
    let key = World::rsa().de.signing_key();
    let receipt = signal::receipt(&message, id("r@de"), time(NOW), &key).unwrap();
    let body = Bytes::copy_from_slice(receipt.body());
    let incoming = receive::read(receipt.content_type(), body, &Limits::default()).unwrap();
    let Incoming::Signal(signal) = incoming else {
        panic!("a user message")
    };
    assert_eq!(signal.kind(), SignalKind::Receipt);
    assert_eq!(signal.ref_to_message_id(), Some(proof.message_id()));
}

#[test]
fn a_signal_that_cannot_be_read_is_not_answered() {
    // [AS4 2.2] no errors for errors; a request to pull is refused. [ROB-71]
    let signal = |content: &str| {
        let text = format!(
            "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Header>\
             <e:Messaging xmlns:e=\"http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/\
             200704/\"><e:SignalMessage><e:MessageInfo><e:Timestamp>{NOW}</e:Timestamp>\
             <e:MessageId>s@x</e:MessageId></e:MessageInfo>{content}</e:SignalMessage>\
             </e:Messaging></s:Header><s:Body/></s:Envelope>"
        );
        receive::read(
            "application/soap+xml",
            Bytes::from(text),
            &Limits::default(),
        )
    };
    assert!(!signal("<e:Error/>").unwrap_err().is_answerable());
    assert!(!signal("").unwrap_err().is_answerable());
    let pull = signal("<e:PullRequest/>").unwrap_err();
    assert!(pull.is_answerable());
    assert_eq!(pull.code(), EbmsCode::FeatureNotSupportedFailure);
    let error = "<e:Error errorCode=\"EBMS:0004\" severity=\"fatal\"/>";
    let Incoming::Signal(error) = signal(error).unwrap() else {
        panic!("a user message")
    };
    assert_eq!(
        error.errors()[0].severity(),
        ebms::refusal::Severity::Failure
    );
}

#[test]
fn a_header_that_must_be_understood_is_answered_with_a_fault() {
    // [ROB-70]
    let sent = World::rsa().send(&request(), &Leg::default());
    let body = String::from_utf8_lossy(sent.body()).into_owned();
    assert!(body.contains("<S12:Header>"));
    let soap = body
        .split_once("\r\n\r\n")
        .unwrap()
        .1
        .split_once("\r\n--")
        .unwrap()
        .0;
    let soap = soap.replacen(
        "<S12:Header>",
        "<S12:Header><x S12:mustUnderstand=\"1\"></x>",
        1,
    );
    let refused = receive::read(
        "application/soap+xml",
        Bytes::from(soap),
        &Limits::default(),
    );
    let error = signal::error(&refused.unwrap_err(), id("e@de"), time(NOW), None);
    let text = String::from_utf8(error.body().to_vec()).unwrap();
    assert!(text.contains("S12:MustUnderstand") && text.contains("EBMS:0009"));
}

#[test]
fn a_proof_survives_storage() {
    let (proof, _) = received(World::rsa());
    let text = serde_json::to_string(&proof).unwrap();
    assert_eq!(serde_json::from_str::<SentProof>(&text).unwrap(), proof);
    assert!(proof.signed_info().starts_with("<ds:SignedInfo"));
}

#[test]
fn a_partner_is_not_found_by_the_wrong_file() {
    let text = partner_toml("AP_FR_01", "certificates = [\"a\"]", "a", "colour = 1");
    let pem = World::rsa().fr.certificate.clone();
    let load = |_: &str| Ok::<_, String>(pem.clone().into_bytes());
    assert!(Partner::from_toml("fr", &text, load).is_err());
    let text = partner_toml("AP_FR_01", "", "a", "");
    assert!(Partner::from_toml("fr", &text, load).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_content_and_value_comes_back(
        content in prop::collection::vec(any::<u8>(), 0..2000),
        value in "[ -~äöü€&<>\"']{1,60}",
        compress: bool,
    ) {
        let value = value.trim().to_owned();
        prop_assume!(!value.is_empty());
        let draft = request()
            .with_property(Property::typed("p", "t", &value))
            .with_payload(payload("a@b", "application/octet-stream", &content));
        let world = World::rsa();
        let sent = world.send(&draft, &Leg::default().with_compression(compress));
        let message = world.receive(sent.content_type(), sent.body().clone()).unwrap();
        prop_assert_eq!(message.payloads()[1].content().as_ref(), content.as_slice());
        prop_assert_eq!(message.header().property("p").unwrap().value(), value);
    }
}
