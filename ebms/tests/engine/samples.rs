//! Real messages of other implementations, as far as their keys are known: read without panic,
//! and the ones of the OOTS projectathon verified.

use super::support::{pmodes_of, proof_of, read, reference, time};
use bytes::Bytes;
use ebms::{
    Answer, Incoming, Partner, Reason, Refusal,
    receive::{self, Limits},
    security::Certificate,
    signal::{HttpAnswer, read_answer},
};
use std::{
    fs,
    path::{Path, PathBuf},
};

const NOW: &str = "2023-10-19T08:00:00Z";
const SCHEME: &str = "urn:oasis:names:tc:ebcore:partyid-type:unregistered:oots-simulator";

fn projectathon(keys: &Path, name: &str) -> Partner {
    let text = format!(
        "template = \"oots\"\nendpoint = \"https://as4.example\"\n\
         [[party]]\nvalue = \"{name}\"\nscheme = \"{SCHEME}\"\n\
         [signing]\ncertificates = [\"oots-{name}.cert.pem\"]\n\
         [encryption]\ncertificate = \"oots-{name}.cert.pem\"\n"
    );
    Partner::from_toml(&name.replace('_', "-"), &text, |file| {
        fs::read(keys.join(file))
    })
    .unwrap()
}

#[test]
fn a_message_and_a_receipt_of_domibus_verify() {
    let Some(folder) = reference("samples/oots") else {
        return;
    };
    let (samples, keys) = (
        folder.join("samples/oots-projectathon"),
        folder.join("sample-keys"),
    );
    let soap = read(&samples.join("2023-10-sk-cz-response.user-message.xml"));

    // The encrypted part was not kept; its place is taken, and opening must fail.
    let body = [
        b"--b\r\nContent-Type: application/soap+xml\r\n\r\n".as_slice(),
        soap.as_slice(),
        b"\r\n--b\r\nContent-ID: <regrep@oots.eu>\r\n\r\nlost\r\n--b--",
    ]
    .concat();
    let pmodes = pmodes_of(
        "cz_test_ap",
        SCHEME,
        vec![projectathon(&keys, "sk_test_ap")],
    );
    let content_type = "multipart/related; boundary=b";
    let incoming = receive::read(content_type, Bytes::from(body), &Limits::default()).unwrap();
    let Incoming::User(sealed) = incoming else {
        panic!("a signal")
    };
    let signed = sealed.verify(&pmodes, time(NOW)).unwrap();
    assert_eq!(signed.partner().name().as_str(), "sk-test-ap");
    assert_eq!(signed.header().action(), "ExecuteQueryResponse");
    assert_eq!(signed.open(&[]).unwrap_err().reason(), &Reason::Decryption);

    // Its receipt is signed by the other side, with a long PrefixList. [P09]
    let receipt = read(&samples.join("2023-10-cz-sk-response.receipt.xml"));
    let http = HttpAnswer {
        status: 200,
        content_type: Some("application/soap+xml"),
        body: &receipt,
    };
    let cz = projectathon(&keys, "cz_test_ap");
    let answer = read_answer(&http, &proof_of(&soap), &cz, time(NOW));
    assert!(matches!(answer, Answer::Acknowledged(_)), "{answer:?}");
    let sk = projectathon(&keys, "sk_test_ap");
    let answer = read_answer(&http, &proof_of(&soap), &sk, time(NOW));
    assert!(matches!(answer, Answer::InvalidReceipt(_)), "{answer:?}");
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found)
        } else {
            found.push(path)
        }
    }
}

fn take(content_type: &str, body: &[u8]) -> Result<Incoming, Refusal> {
    receive::read(
        content_type,
        Bytes::copy_from_slice(body),
        &Limits::default(),
    )
}

#[test]
fn every_sample_is_read_or_refused() {
    let Some(folder) = reference("samples").map(|folder| folder.join("samples")) else {
        return;
    };
    let mut found = Vec::new();
    files(&folder, &mut found);
    assert!(found.len() > 50);
    let mut users = 0;
    for path in found {
        let stored = read(&path);
        let first = stored
            .split(|byte| *byte == b'\n')
            .next()
            .unwrap_or_default();
        let first = String::from_utf8_lossy(first).trim().to_owned();
        let content_type = match first.strip_prefix("--") {
            Some(boundary) => format!("multipart/related; boundary=\"{boundary}\""),
            None => "application/soap+xml".to_owned(),
        };
        if let Ok(Incoming::User(sealed)) = take(&content_type, &stored) {
            users += 1;
            assert!(!sealed.claimed().action().is_empty());
        }
    }
    assert!(users > 5, "{users} user messages read");
}

#[test]
fn certificates_strict_parsers_refuse_are_read() {
    let Some(folder) = reference("sample-keys").map(|folder| folder.join("sample-keys")) else {
        return;
    };
    let read = |name: &str| {
        Certificate::from_pem(&read(&folder.join(format!("oots-{name}.cert.pem")))).unwrap()
    };
    // [P16] a subject in Latin-1, marked as T61String.
    assert!(
        read("ap_se_01")
            .subject()
            .contains("Myndigheten för digital förvaltning")
    );
    // [P15] no subject key identifier.
    assert!(read("ap_lu_01").subject().contains("AP_LU_01"));
    assert_eq!(read("oots_ap_es").subject(), "C=ES");
}
