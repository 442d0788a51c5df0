//! What we write is valid against the schemas of SOAP, ebMS, WS-Security and XML Encryption.

use super::support::{NOW, World, payload, reference, request, time};
use ebms::{
    Leg, Refusal,
    pmode::{Profile, TokenKind},
    signal,
};
use std::{fs, path::Path, process::Command};

/// Everything we write under one profile: messages, a receipt, errors.
fn written(profile: Profile, folder: &Path) -> usize {
    let own;
    let world = if profile == Profile::Rsa {
        World::rsa()
    } else {
        own = World::new(profile);
        &own
    };
    let mut count = 0;
    let mut put = |soap: &str| {
        fs::write(folder.join(format!("{profile:?}-{count}.xml")), soap).unwrap();
        count += 1;
    };
    let two = request().with_payload(payload("pdf@x", "application/pdf", b"%PDF"));
    for token in [
        TokenKind::Bst,
        TokenKind::PkiPath,
        TokenKind::IssuerSerial,
        TokenKind::Ski,
    ] {
        let leg = Leg::default()
            .with_profile(profile)
            .with_tokens(token, token);
        let sent = world.send(&two, &leg);
        let message = world
            .receive(sent.content_type(), sent.body().clone())
            .unwrap();
        put(message.soap());
        if token != TokenKind::Bst {
            continue;
        }
        let key = world.de.signing_key();
        let id = || "r@de.example".parse().unwrap();
        let receipt = signal::receipt(&message, id(), time(NOW), &key).unwrap();
        put(std::str::from_utf8(receipt.body()).unwrap());
        for about in [None, Some(message.header().message_id().clone())] {
            let refusal = Refusal::undeliverable(about);
            for key in [None, Some(&key)] {
                let error = signal::error(&refusal, id(), time(NOW), key);
                put(std::str::from_utf8(error.body()).unwrap());
            }
        }
    }
    count
}

#[test]
fn everything_written_is_valid() {
    let Some(reference) = reference("schema") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let count: usize = [Profile::Rsa, Profile::Ed25519, Profile::Ecdsa]
        .into_iter()
        .map(|profile| written(profile, folder.path()))
        .sum();
    let files = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let outcome = Command::new("xmllint")
        .args(["--nonet", "--noout", "--schema"])
        .arg(reference.join("xsd/as4-all.xsd"))
        .args(files)
        .output()
        .expect("xmllint (package libxml2-utils)");
    let said = String::from_utf8_lossy(&outcome.stderr);
    let faults: Vec<_> = said
        .lines()
        .filter(|line| !line.ends_with(" validates"))
        .collect();
    assert!(outcome.status.success(), "{}", faults.join("\n"));
    assert_eq!(said.matches(" validates").count(), count);
}
