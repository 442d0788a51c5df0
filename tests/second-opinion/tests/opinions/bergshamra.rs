//! `bergshamra`, a second second opinion: it verifies the signatures libxmlsec1 1.2 cannot. It
//! leaves digests of parts to its caller, so they are computed with its own SHA-256 here.

use crate::{
    identity::{Identity, Kind},
    message::{Parts, between},
    world::{World, parts_of, shapes},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bergshamra::{DsigContext, KeysManager, VerifyResult, crypto::digest, keys::loader};
use ebms::pmode::{Profile, TokenKind};

const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

/// How many references are right, or why the signature is not.
fn verify(message: &Parts, certificate_pem: &str) -> Result<usize, String> {
    let key = loader::load_x509_cert_pem(certificate_pem.as_bytes()).unwrap();
    let mut keys = KeysManager::new();
    keys.add_key(key);
    // It knows no place for a reference in WS-Security, and no part of a MIME package.
    let context = DsigContext::new(keys)
        .with_trusted_keys_only(true)
        .with_strict_verification(false)
        .with_require_reference_digests(false);
    let soap = message.soap_text();
    let references = match bergshamra::verify(&context, soap) {
        Ok(VerifyResult::Valid { references, .. }) => references,
        Ok(VerifyResult::Invalid { reason }) => return Err(reason),
        Err(error) => return Err(error.to_string()),
    };
    let parts = message.digested().map_err(|refused| refused.to_string())?;
    for reference in &references {
        if reference.digest_verified {
            continue;
        }
        let octets = parts.get(&reference.uri).ok_or("a part is not there")?;
        let described = between(
            soap,
            &format!("URI=\"{}\"", reference.uri),
            "</ds:DigestValue>",
        );
        let (_, found) = described.split_once("<ds:DigestValue>").unwrap();
        if STANDARD.encode(digest::digest(SHA256, octets).unwrap()) != found {
            return Err(format!("the digest of {}", reference.uri));
        }
    }
    Ok(references.len())
}

/// Messages of every shape and token, receipts, and one changed of each.
fn check(profile: Profile, kind: Kind) {
    let [fr, de] = ["AP_FR_01", "AP_DE_01"].map(|name| Identity::new(name, kind));
    let world = World::of(profile, fr, de, "encrypt = false");
    let [fr, de] = [&world.fr, &world.de].map(Identity::certificate_pem);
    for token in [
        TokenKind::Bst,
        TokenKind::PkiPath,
        TokenKind::IssuerSerial,
        TokenKind::Ski,
    ] {
        for (shape, draft, leg) in shapes() {
            let outgoing = world.send(&draft, leg.with_tokens(token, token));
            let message = parts_of(&outgoing);
            assert_eq!(verify(&message, fr), Ok(message.parts.len() + 2), "{shape}");
            assert!(verify(&message, de).is_err());
            assert!(verify(&message.with("BR_FR_01", "BR_FR_02"), fr).is_err());
            let opened = world
                .receive(outgoing.content_type(), outgoing.body().clone())
                .unwrap();
            let receipt = world.receipt(&opened);
            let receipt = Parts::split(receipt.content_type(), receipt.body());
            assert_eq!(verify(&receipt, de), Ok(2));
        }
    }
}

// [AS4 1.10]
#[test]
fn bergshamra_verifies_ed25519() {
    check(Profile::Ed25519, Kind::Ed25519);
}

// [AS4 1.11]
#[test]
fn bergshamra_verifies_p256() {
    check(Profile::Ecdsa, Kind::P256);
}

// [AS4 1.7]
#[test]
fn bergshamra_verifies_rsa() {
    check(Profile::Rsa, Kind::Rsa);
}
