//! Messages recorded from five other implementations: all are accepted, with their payloads, and
//! their receipts are taken for what they answer.

use super::support::{partner, proof_of, read, reference, sha256_hex, split_entity, time};
use bytes::Bytes;
use ebms::{
    Answer, Incoming, PModes, PartyId, Template,
    receive::{self, Limits},
    security::DecryptionKey,
    signal::{HttpAnswer, read_answer},
};
use serde_json::Value;
use std::{fmt::Write, path::Path};

const NOW: &str = "2026-11-23T16:10:00Z";

fn profile(entry: &Value) -> &'static str {
    match entry["profile"].as_str().unwrap() {
        "rsa" => "rsa",
        "ed25519" => "ed25519",
        _ => "ecdsa",
    }
}

/// The producers use placeholder values of their own.
fn template(producer: &str) -> String {
    let peppol = matches!(producer, "as4pkg" | "peppolpy");
    let mut text = String::new();
    if producer == "phase4" {
        text.push_str("agreement = \"urn:as4:agreement\"\n");
    }
    if peppol {
        let base = "http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704";
        write!(
            text,
            "agreement = \"urn:fdc:peppol.eu:2017:agreements:tia:ap_provider\"\n\
             role_from = \"{base}/initiator\"\nrole_to = \"{base}/responder\"\n\
             [[service]]\nvalue = \"urn:test:process\"\ntype = \"cenbii-procid-ubl\"\n\
             actions = [\"busdox-docid-qns::urn:oasis:names:specification:ubl:schema:xsd:Invoice-2\
             ::Invoice##urn:test::2.1\",\
             \"busdox-docid-qns::urn:x::Invoice##urn:test::2.1\"]\n"
        )
        .unwrap();
    } else {
        text.push_str(
            "[[service]]\nvalue = \"QueryManager\"\n\
             type = \"urn:oasis:names:tc:ebcore:ebrs:ebms:binding:1.0\"\n\
             actions = [\"ExecuteQueryRequest\"]\n",
        );
    }
    text.push_str("[rules]\nrequired_properties = [\"originalSender\", \"finalRecipient\"]\n");
    text
}

fn scheme(producer: &str) -> &'static str {
    match producer {
        "as4pkg" | "peppolpy" => "urn:fdc:peppol.eu:2017:identifiers:ap",
        _ => "urn:oasis:names:tc:ebcore:partyid-type:unregistered",
    }
}

fn partner_text(name: &str, entry: &Value) -> String {
    let profile = entry["profile"].as_str().unwrap();
    let encryption = if profile == "ed25519" {
        "x25519"
    } else {
        profile
    };
    format!(
        "template = \"t\"\nendpoint = \"https://as4.example\"\n\
         [[party]]\nvalue = \"{name}\"\nscheme = \"{}\"\n\
         [signing]\ncertificates = [\"{name}.{profile}.crt.pem\"]\n\
         [encryption]\ncertificate = \"{name}.{encryption}.crt.pem\"\n\
         [security]\nprofile = \"{}\"\n",
        scheme(entry["producer"].as_str().unwrap()),
        self::profile(entry),
    )
}

fn pmodes(pki: &Path, entry: &Value) -> PModes {
    let producer = entry["producer"].as_str().unwrap();
    let template = Template::from_toml("t", &template(producer)).unwrap();
    let ours = PartyId::new("red", Some(scheme(producer))).unwrap();
    let blue = partner(pki, "blue", &partner_text("blue", entry));
    PModes::new(vec![ours], vec![template], vec![blue]).unwrap()
}

fn open(folder: &Path, entry: &Value) -> Result<(), String> {
    let pki = folder.join("pki");
    let stored = read(&folder.join(entry["file"].as_str().unwrap()));
    let key = entry["receiver_key"].as_str().unwrap();
    let pem = |what| read(&pki.join(format!("{key}.{what}.pem")));
    let key = DecryptionKey::from_pkcs8_pem(&pem("key"), &pem("crt")).unwrap();
    let (content_type, body) = split_entity(&stored);
    let body = Bytes::from(body);
    let incoming = receive::read(&content_type, body, &Limits::default());
    let Incoming::User(sealed) = incoming.map_err(|it| it.to_string())? else {
        return Err("a signal".to_owned());
    };
    let signed = sealed
        .verify(&pmodes(&pki, entry), time(NOW))
        .map_err(|refusal| refusal.to_string())?;
    let message = signed.open(&[key]).map_err(|refusal| refusal.to_string())?;
    if Some(message.header().message_id().as_str()) != entry["message_id"].as_str() {
        return Err("another message id".to_owned());
    }
    let expected = entry["payloads"].as_array().unwrap();
    let found = |part: &Value| {
        message.payloads().iter().any(|payload| {
            Some(payload.cid().as_str()) == part["cid"].as_str()
                && Some(sha256_hex(payload.content()).as_str()) == part["sha256"].as_str()
        })
    };
    if message.payloads().len() == expected.len() && expected.iter().all(found) {
        Ok(())
    } else {
        Err("other payloads".to_owned())
    }
}

fn judge(folder: &Path, entry: &Value) -> Result<(), String> {
    let about = read(&folder.join(entry["for"].as_str().unwrap()));
    let proof = proof_of(&about);
    let red = partner(&folder.join("pki"), "red", &partner_text("red", entry));
    let (content_type, body) = split_entity(&read(&folder.join(entry["file"].as_str().unwrap())));
    let http = HttpAnswer {
        status: 200,
        content_type: Some(&content_type),
        body: &body,
    };
    match read_answer(&http, &proof, &red, time(NOW)) {
        Answer::Acknowledged(_) => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

#[test]
fn every_recorded_message_and_receipt_is_accepted() {
    let Some(folder) = reference("recorded").map(|folder| folder.join("recorded")) else {
        return;
    };
    let index: Value = serde_json::from_slice(&read(&folder.join("index.json"))).unwrap();
    let (mut wrong, mut total) = (String::new(), 0);
    for entry in index.as_array().unwrap() {
        let verdict = match entry["kind"].as_str().unwrap() {
            "user-message" => open(&folder, entry),
            _ => judge(&folder, entry),
        };
        total += 1;
        if let Err(problem) = verdict {
            writeln!(wrong, "{}: {problem}", entry["file"]).unwrap();
        }
    }
    assert!(
        wrong.is_empty(),
        "{total} recorded messages, wrong:\n{wrong}"
    );
}
