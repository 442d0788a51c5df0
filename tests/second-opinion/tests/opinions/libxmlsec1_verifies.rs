//! libxmlsec1 verifies everything `ebms` signs, with the key of the certificate the message names.

use crate::{
    identity::{Identity, Kind},
    message::{Parts, between},
    openssl,
    template::Unsigned,
    world::{World, draft, draft_with, message_id, now, parts_of, reference, shapes},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use ebms::{
    Leg, Reason, Refusal,
    pmode::{Profile, TokenKind},
    signal::{self, SignalBytes},
};
use second_opinion::{Method, Verdict, knows};

const TOKENS: [TokenKind; 4] = [
    TokenKind::Bst,
    TokenKind::PkiPath,
    TokenKind::IssuerSerial,
    TokenKind::Ski,
];

/// libxmlsec1 finds the signature valid, over exactly header, Body and every part.
#[track_caller]
fn check(message: &Parts, certificate_pem: &str, method: Method) {
    let verdict = message.verify(certificate_pem, method);
    let soap = message.soap_text();
    let id = |element: &str| {
        let attributes = between(soap, &format!(":{element} "), ">");
        format!("#{}", between(attributes, "wsu:Id=\"", "\""))
    };
    let mut expected = vec![id("Messaging"), id("Body")];
    expected.extend(message.parts.iter().map(|it| format!("cid:{}", it.cid)));
    assert_eq!(verdict, Ok(Verdict::Valid(expected)), "{soap}");
}

#[track_caller]
fn check_signal(signal: &SignalBytes, signer: &Identity, method: Method) {
    let message = Parts::split(signal.content_type(), signal.body());
    check(&message, signer.certificate_pem(), method);
}

// [AS4 1.7, AS4 1.8, AS4_CP_TA12]
#[test]
fn user_messages_of_every_shape_under_every_token_are_valid() {
    let world = World::rsa();
    for token in TOKENS {
        for (shape, draft, leg) in shapes() {
            let message = parts_of(&world.send(&draft, leg.with_tokens(token, token)));
            assert_eq!(message.parts.len(), draft.payloads().len(), "{shape}");
            check(&message, world.fr.certificate_pem(), Method::RsaSha256);
        }
    }
}

// [AS4 1.8]
#[test]
fn the_token_in_the_message_is_the_certificate_that_signed() {
    let world = World::rsa();
    let pem = world.fr.certificate_pem();
    let message = |token| {
        let leg = Leg::default()
            .with_encryption(false)
            .with_tokens(token, token);
        parts_of(&world.send(&draft(), leg))
    };
    let leaf = STANDARD
        .decode(
            pem.lines()
                .filter(|it| !it.starts_with('-'))
                .collect::<String>(),
        )
        .unwrap();
    let carried = |message: &Parts| {
        let token = between(message.soap_text(), "<wsse:BinarySecurityToken", "</");
        STANDARD.decode(token.split_once('>').unwrap().1).unwrap()
    };
    assert_eq!(carried(&message(TokenKind::Bst)), leaf);
    // [P13] the end entity stands last, after its issuer.
    let path = carried(&message(TokenKind::PkiPath));
    assert!(path.ends_with(&leaf) && path.len() > leaf.len() + 200);

    let issued = message(TokenKind::IssuerSerial);
    let name = between(issued.soap_text(), "<ds:X509IssuerName>", "</");
    let printed = openssl::describe(pem, &["-issuer", "-nameopt", "RFC2253"]);
    assert_eq!(name, printed.trim().strip_prefix("issuer=").unwrap());
    let serial = between(issued.soap_text(), "<ds:X509SerialNumber>", "</");
    let printed = openssl::describe(pem, &["-serial"]);
    let hexadecimal = printed.trim().strip_prefix("serial=").unwrap();
    assert_eq!(serial.parse(), u64::from_str_radix(hexadecimal, 16));

    let named = message(TokenKind::Ski);
    let identifier = between(named.soap_text(), "<wsse:KeyIdentifier", "</");
    let identifier = STANDARD
        .decode(identifier.split_once('>').unwrap().1)
        .unwrap();
    let printed = openssl::describe(pem, &["-ext", "subjectKeyIdentifier"]);
    let printed: String = printed.lines().last().unwrap().replace([':', ' '], "");
    let identifier: String = identifier.iter().map(|it| format!("{it:02X}")).collect();
    assert_eq!(identifier, printed);
}

// [AS4 2.1, P17] a receipt signs itself, and nothing of the message.
#[test]
fn receipts_for_every_shape_are_valid() {
    let world = World::rsa();
    for (_, draft, leg) in shapes() {
        let outgoing = world.send(&draft, leg);
        let message = world
            .receive(outgoing.content_type(), outgoing.body().clone())
            .unwrap();
        check_signal(&world.receipt(&message), &world.de, Method::RsaSha256);
    }
}

// [P09] the one place where a PrefixList of ours appears is the copy of somebody else's reference.
#[test]
fn a_receipt_that_repeats_a_prefix_list_is_valid() {
    let world = World::rsa();
    let unsigned = Unsigned::new(&world.fr, Method::RsaSha256).with_prefixes("env wsu");
    let (content_type, body) = unsigned.sign(&world.fr).join();
    let message = world.receive(&content_type, body).unwrap();
    let receipt = world.receipt(&message);
    let text = std::str::from_utf8(receipt.body()).unwrap();
    assert_eq!(text.matches("PrefixList=\"env wsu\"").count(), 2, "{text}");
    check_signal(&receipt, &world.de, Method::RsaSha256);
}

/// What is refused before the message is named, after it, and with the fault SOAP asks for.
fn refusals(world: &World) -> Vec<Refusal> {
    let leg = Leg::default().with_encryption(false);
    let message = parts_of(&world.send(&draft(), leg));
    let refused = |message: &Parts| {
        let (content_type, body) = message.join();
        world.receive(&content_type, body).unwrap_err()
    };
    let unnamed = world.receive("text/plain", "x").unwrap_err();
    assert_eq!(unnamed.message_id(), None);
    let named = refused(&message.with("BR_FR_01", "BR_FR_02"));
    assert!(named.message_id().is_some());
    let asks = "<x:y xmlns:x=\"urn:x\" S12:mustUnderstand=\"true\"/></S12:Header>";
    let faulty = refused(&message.with("</S12:Header>", asks));
    assert!(matches!(faulty.reason(), Reason::NotUnderstood));
    vec![unnamed, named, faulty]
}

// [AS4 2.2]
#[track_caller]
fn check_errors(world: &World, method: Method) {
    for refusal in refusals(world) {
        let key = world.de.signing_key();
        let error = signal::error(&refusal, message_id("error"), now(), Some(&key));
        check_signal(&error, &world.de, method);
    }
}

#[test]
fn errors_are_valid() {
    check_errors(World::rsa(), Method::RsaSha256);
}

/// Messages, receipts and errors of a key on a curve.
#[track_caller]
fn check_curve(fr: Identity, de: Identity) {
    let world = World::of(Profile::Ecdsa, fr, de, "encrypt = false");
    for (_, draft, leg) in shapes() {
        let outgoing = world.send(&draft, leg);
        check(
            &parts_of(&outgoing),
            world.fr.certificate_pem(),
            Method::EcdsaSha256,
        );
        let message = world
            .receive(outgoing.content_type(), outgoing.body().clone())
            .unwrap();
        check_signal(&world.receipt(&message), &world.de, Method::EcdsaSha256);
    }
    check_errors(&world, Method::EcdsaSha256);
}

// [AS4 1.11, P39]
#[test]
fn signatures_on_p256_are_valid() {
    let identity = |name| Identity::new(name, Kind::P256);
    check_curve(identity("AP_FR_01"), identity("AP_DE_01"));
}

// [AS4 1.11]
#[test]
fn signatures_on_brainpool_are_valid() {
    let Some(reference) = reference("libxmlsec1: brainpoolP256r1") else {
        return;
    };
    let identity = |name| Identity::published(&reference, name);
    check_curve(identity("fr-sign-bp256"), identity("fr-sign-bp256"));
}

// [AS4 1.10] libxmlsec1 1.2 has no EdDSA: bergshamra is the second opinion there.
#[test]
fn an_ed25519_signature_is_beyond_libxmlsec1_before_1_3() {
    let [fr, de] = ["AP_FR_01", "AP_DE_01"].map(|name| Identity::new(name, Kind::Ed25519));
    let world = World::of(Profile::Ed25519, fr, de, "encrypt = false");
    let leg = Leg::default().with_encryption(false);
    let message = parts_of(&world.send(&draft_with(&[("application/pdf", b"%PDF")]), leg));
    let pem = world.fr.certificate_pem();
    if knows(Method::Ed25519.uri()) {
        check(&message, pem, Method::Ed25519);
    } else {
        assert!(second_opinion::version().starts_with("1.2."));
        let refused = message.verify(pem, Method::Ed25519).unwrap_err();
        assert!(!refused.0.is_empty());
    }
}
