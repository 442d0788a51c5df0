//! A published vector by its name, under the P-Mode of the manifest.

use super::support::{
    NOW, partner, partner_toml, pmodes, proof_of, read, reference, split_entity, time,
};
use bytes::Bytes;
use ebms::{
    Answer, Incoming, ReceivedMessage, Refusal, Verified,
    receive::{self, Limits},
    security::DecryptionKey,
    signal::{HttpAnswer, read_answer},
};
use std::path::{Path, PathBuf};

fn folder(test: &str) -> Option<PathBuf> {
    Some(reference(test)?.join("vectors"))
}

fn profile_of(file: &str) -> &'static str {
    if file.contains("eddsa") || file.contains("x25519") {
        "ed25519"
    } else if file.contains("ecdsa") || file.contains("ecdh") {
        "ecdsa"
    } else {
        "rsa"
    }
}

/// Signing and encryption certificate of a party.
fn certificates(party: &str, profile: &str) -> (String, String) {
    let (sign, encrypt) = match profile {
        "rsa" => ("rsa", "rsa"),
        "ed25519" => ("ed25519", "x25519"),
        // The foreign side has no P-256 certificate to encrypt for; ours is as good here.
        _ => return (format!("{party}-sign-p256"), "de-enc-p256".to_owned()),
    };
    (
        format!("{party}-sign-{sign}"),
        format!("{party}-enc-{encrypt}"),
    )
}

fn partner_of(pki: &Path, party: &str, id: &str, profile: &str, security: &str) -> ebms::Partner {
    let (sign, encrypt) = certificates(party, profile);
    let text = partner_toml(
        id,
        &format!("certificates = [\"{sign}.cert.pem\"]"),
        &format!("{encrypt}.cert.pem"),
        &format!("profile = \"{profile}\"\n{security}"),
    );
    partner(pki, party, &text)
}

/// Reads a vector as AP_DE_01 would.
pub(crate) fn open(
    file: &str,
    security: &str,
) -> Option<Result<Verified<ReceivedMessage>, Refusal>> {
    let folder = folder(file)?;
    let pki = folder.join("pki");
    let pmodes = pmodes(vec![partner_of(
        &pki,
        "fr",
        "AP_FR_01",
        profile_of(file),
        security,
    )]);
    let keys: Vec<DecryptionKey> = ["rsa", "x25519", "p256", "p384"]
        .iter()
        .map(|name| {
            let pem = |what| read(&pki.join(format!("de-enc-{name}.{what}.pem")));
            DecryptionKey::from_pkcs8_pem(&pem("key"), &pem("cert")).unwrap()
        })
        .collect();
    let (content_type, body) = split_entity(&read(&folder.join(file)));
    let opened = match receive::read(&content_type, Bytes::from(body), &Limits::default()) {
        Ok(Incoming::User(sealed)) => sealed
            .verify(&pmodes, time(NOW))
            .and_then(|signed| signed.open(&keys)),
        Ok(Incoming::Signal(signal)) => panic!("{signal:?}"),
        Err(refusal) => Err(refusal),
    };
    Some(opened)
}

/// The vectors are accepted.
#[track_caller]
pub(crate) fn accepted(files: &[&str]) {
    for file in files {
        if let Some(Err(refusal)) = open(file, "") {
            panic!("{file}: {refusal}");
        }
    }
}

/// The vectors are refused with this code.
#[track_caller]
pub(crate) fn refused(files: &[&str], code: &str) {
    for file in files {
        match open(file, "") {
            Some(Ok(_)) => panic!("{file}: accepted"),
            Some(Err(refusal)) => assert_eq!(refusal.code().as_str(), code, "{file}: {refusal}"),
            None => {}
        }
    }
}

/// A signal of AP_DE_01 as its partner judges it: about a good request.
pub(crate) fn judged(file: &str) -> Option<Answer> {
    let folder = folder(file)?;
    let profile = profile_of(file);
    let about = match profile {
        "rsa" => "edelivery-1.15/oots-request-bst.as4",
        _ => "edelivery-2.0/oots-request-eddsa.as4",
    };
    let proof = proof_of(&read(&folder.join(about)));
    let partner = partner_of(&folder.join("pki"), "de", "AP_DE_01", profile, "");
    let (content_type, body) = split_entity(&read(&folder.join(file)));
    let http = HttpAnswer {
        status: 200,
        content_type: Some(&content_type),
        body: &body,
    };
    Some(read_answer(&http, &proof, &partner, time(NOW)))
}

/// The receipts are accepted.
#[track_caller]
pub(crate) fn acknowledged(files: &[&str]) {
    for file in files {
        if let Some(answer) = judged(file) {
            assert!(
                matches!(answer, Answer::Acknowledged(_)),
                "{file}: {answer:?}"
            );
        }
    }
}
