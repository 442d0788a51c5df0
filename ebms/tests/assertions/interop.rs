//! The cases of the interoperability event on eDelivery AS4 2.0: the test service, signed with
//! Ed25519, encrypted for X25519, with certificates of RSA, ECDSA and EdDSA authorities.

use super::{
    exchange::{id, ping, soap_of},
    published,
    support::{Identity, Kind, NOW, SCHEME, World, partner_toml, payload, pmodes_of, time},
};
use ebms::{
    Answer, Draft, Leg, Partner, Payload,
    pmode::{Profile, TokenKind},
    signal::{self, HttpAnswer, read_answer},
};
use rcgen::{
    BasicConstraints, IsCa, Issuer, KeyPair, KeyUsagePurpose, RsaKeySize, SignatureAlgorithm,
};

/// FR and DE with signing certificates of one authority, trusted on that path.
fn world(algorithm: &'static SignatureAlgorithm) -> World {
    let pair = if algorithm == &rcgen::PKCS_RSA_SHA256 {
        KeyPair::generate_rsa_for(algorithm, RsaKeySize::_2048).unwrap()
    } else {
        KeyPair::generate_for(algorithm).unwrap()
    };
    let mut root = super::support::parameters("Interop CA");
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    root.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let pem = root.self_signed(&pair).unwrap().pem();
    let issuer = Issuer::new(root, pair);
    let signing = |name: &str| {
        let pair = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
        let leaf = super::support::parameters(name);
        let leaf = leaf.signed_by(&pair, &issuer).unwrap();
        Identity {
            key: pair.serialize_pem(),
            certificate: leaf.pem(),
        }
    };
    let decryption = Identity::new("AP_DE_01", Kind::X25519);
    let partner = |name: &str, party: &str| {
        let text = partner_toml(
            party,
            "authorities = [\"root\"]",
            "encryption",
            "profile = \"ed25519\"",
        );
        let load = |file: &str| {
            let pem = if file == "root" {
                &pem
            } else {
                &decryption.certificate
            };
            Ok::<_, String>(pem.clone().into_bytes())
        };
        Partner::from_toml(name, &text, load).unwrap()
    };
    World {
        fr: signing("AP_FR_01"),
        de: signing("AP_DE_01"),
        pmodes: pmodes_of("AP_DE_01", SCHEME, vec![partner("fr", "AP_FR_01")]),
        de_partner: partner("de", "AP_DE_01"),
        de_decrypt: decryption,
    }
}

/// The message goes to and fro under every kind of authority.
#[track_caller]
fn check(payloads: &[Payload], token: TokenKind) {
    let draft: Draft = payloads
        .iter()
        .fold(ping(), |draft, payload| draft.with_payload(payload.clone()));
    for algorithm in [
        &rcgen::PKCS_RSA_SHA256,
        &rcgen::PKCS_ECDSA_P256_SHA256,
        &rcgen::PKCS_ED25519,
    ] {
        let world = world(algorithm);
        let leg = Leg::default()
            .with_profile(Profile::Ed25519)
            .with_tokens(token, TokenKind::Ski);
        let sent = world.send(&draft, &leg);
        let soap = soap_of(&sent);
        assert!(soap.contains("partyid-type:unregistered"));
        assert!(soap.contains("xmldsig-more#eddsa-ed25519"));
        assert_eq!(soap.contains("xmldsig-more#x25519"), !payloads.is_empty());
        assert_eq!(soap.contains("<xenc:EncryptedData"), !payloads.is_empty());
        let message = world
            .receive(sent.content_type(), sent.body().clone())
            .unwrap();
        assert!(message.header().is_test_service());
        assert_eq!(message.payloads(), payloads);
        let key = world.de.signing_key();
        let receipt = signal::receipt(&message, id("r@de"), time(NOW), &key).unwrap();
        let http = HttpAnswer {
            status: 200,
            content_type: Some(receipt.content_type()),
            body: receipt.body(),
        };
        let answer = read_answer(&http, sent.proof(), &world.de_partner, time(NOW));
        assert!(matches!(answer, Answer::Acknowledged(_)), "{answer:?}");
    }
}

fn xml() -> Payload {
    payload("message@oots.eu", "application/x-ebrs+xml", b"<q></q>")
}

// [AS4 1.10]
#[test]
fn tc01_a_ping_without_payload_is_signed_only() {
    check(&[], TokenKind::PkiPath);
    published::accepted(&["edelivery-2.0/test-service-ping-eddsa.as4"]);
}

#[test]
fn tc02_one_xml_payload_is_signed_and_encrypted() {
    check(&[xml()], TokenKind::Bst);
    published::accepted(&["edelivery-2.0/oots-request-eddsa.as4"]);
}

#[test]
fn tc03_xml_and_pdf_are_signed_and_encrypted() {
    let pdf = payload("evidence@oots.eu", "application/pdf", b"%PDF-1.7\n\x00\xff");
    check(&[xml(), pdf], TokenKind::PkiPath);
    published::accepted(&["edelivery-2.0/oots-response-eddsa-xml-pdf.as4"]);
    published::acknowledged(&["edelivery-2.0/receipt-oots-request-eddsa.as4"]);
}
