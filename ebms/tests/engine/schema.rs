//! What we write is valid against the schemas of SOAP, ebMS, WS-Security and XML Encryption.

use super::support::{NOW, World, payload, reference, request, time};
use ebms::{
    Leg, Refusal,
    pmode::{KeyDerivation, Profile, TokenKind},
    signal,
};
use std::{fs, path::Path, process::Command};

/// Everything we write under one agreement: messages, a receipt, errors.
fn written(world: &World, leg: &Leg, folder: &Path) -> usize {
    let (profile, derivation) = (leg.profile(), leg.key_derivation());
    let mut count = 0;
    let mut put = |soap: &str| {
        let name = format!("{profile:?}-{derivation:?}-{count}.xml");
        fs::write(folder.join(name), soap).unwrap();
        count += 1;
    };
    let two = request().with_payload(payload("pdf@x", "application/pdf", b"%PDF"));
    for token in [
        TokenKind::Bst,
        TokenKind::PkiPath,
        TokenKind::IssuerSerial,
        TokenKind::Ski,
    ] {
        let leg = leg.clone().with_tokens(token, token);
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
    let mut count = written(World::rsa(), &Leg::default(), folder.path());
    for profile in [Profile::Ed25519, Profile::Ecdsa] {
        let leg = Leg::default().with_profile(profile);
        count += written(&World::new(profile), &leg, folder.path());
    }
    let world = World::with(Profile::Ecdsa, "key_derivation = \"concat-kdf\"");
    let leg = Leg::default()
        .with_profile(Profile::Ecdsa)
        .with_key_derivation(KeyDerivation::ConcatKdf);
    count += written(&world, &leg, folder.path());
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
