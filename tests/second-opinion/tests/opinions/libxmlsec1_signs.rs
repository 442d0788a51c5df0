//! `ebms` reads, verifies and opens what libxmlsec1 signs, and libxmlsec1 verifies the receipt.

use crate::{
    identity::{Identity, Kind},
    message::{Parts, between},
    template::Unsigned,
    world::{World, XML, now, parts_of, shapes},
};
use ebms::{
    Answer,
    pmode::Profile,
    signal::{self, HttpAnswer, InvalidReceipt},
};
use flate2::{Compression, write::GzEncoder};
use second_opinion::{Attachments, Method, Verdict};
use std::io::Write as _;

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// `ebms` takes the message and delivers these contents; the receipt it makes is valid.
#[track_caller]
fn check(world: &World, method: Method, unsigned: Unsigned, contents: &[&[u8]]) {
    let message = unsigned.sign(&world.fr);
    let (content_type, body) = message.join();
    let opened = world
        .receive(&content_type, body)
        .unwrap_or_else(|refusal| panic!("{refusal:?}\n{}", message.soap_text()));
    let delivered: Vec<&[u8]> = opened.payloads().iter().map(|it| &**it.content()).collect();
    assert_eq!(delivered, contents);
    assert_eq!(
        opened.header().property("finalRecipient").unwrap().value(),
        "BR_DE_01"
    );
    let receipt = world.receipt(&opened);
    let receipt = Parts::split(receipt.content_type(), receipt.body());
    let verdict = receipt.verify(world.de.certificate_pem(), method).unwrap();
    assert!(matches!(verdict, Verdict::Valid(uris) if uris.len() == 2));
}

fn check_all(world: &World, method: Method) {
    let unsigned = || Unsigned::new(&world.fr, method);
    let pdf: &[u8] = b"%PDF-1.7\r\n\x00\xff";
    let packed = gzip(XML);
    check(world, method, unsigned(), &[]);
    let one = unsigned().with_part("application/gzip", "application/x-ebrs+xml", &packed);
    check(world, method, one, &[XML]);
    // [AS4 0.2] the MIME type decides what is digested, not the property.
    let raw = unsigned().with_part("application/octet-stream", "application/x-ebrs+xml", XML);
    check(world, method, raw, &[XML]);
    let several = unsigned()
        .with_part("application/x-ebrs+xml", "application/x-ebrs+xml", XML)
        .with_part("text/xml; charset=UTF-8", "text/xml", XML)
        .with_part("application/pdf", "application/pdf", pdf)
        .with_part("text/plain", "text/plain", b"a\nb\rc\r\nd")
        .with_part("application/gzip", "application/pdf", &gzip(pdf));
    check(
        world,
        method,
        several,
        &[XML, XML, pdf, b"a\nb\rc\r\nd", pdf],
    );
    // [P09] prefixes used, declared and not used, not declared, and the default namespace.
    for prefixes in [
        "env",
        "env ds eb3 wsu wsse",
        "unused",
        "nowhere",
        "#default env",
    ] {
        let listed =
            unsigned()
                .with_prefixes(prefixes)
                .with_part("application/xml", "application/xml", XML);
        check(world, method, listed, &[XML]);
    }
}

#[test]
fn rsa_signatures_of_libxmlsec1_are_accepted() {
    check_all(World::rsa(), Method::RsaSha256);
}

fn on_curve(kind: Kind) {
    // We answer on P-256, whatever the partner signs with.
    let de = Identity::new("AP_DE_01", Kind::P256);
    let fr = Identity::new("AP_FR_01", kind);
    let world = World::of(Profile::Ecdsa, fr, de, "encrypt = false");
    check_all(&world, Method::EcdsaSha256);
}

// [AS4 1.11, P39]
#[test]
fn p256_signatures_of_libxmlsec1_are_accepted() {
    on_curve(Kind::P256);
}

// [AS4 1.11]
#[test]
fn p384_signatures_of_libxmlsec1_are_accepted() {
    on_curve(Kind::P384);
}

/// The same receipt, signed by libxmlsec1.
fn signed_again(receipt: &str, key: &Identity) -> Vec<u8> {
    let (before, signature) = receipt.split_once("<ds:SignedInfo").unwrap();
    let mut unsigned = format!("{before}<ds:SignedInfo");
    for (at, piece) in signature.split("<ds:DigestValue>").enumerate() {
        match piece.split_once('<') {
            Some((_, rest)) if at > 0 => unsigned += &format!("<ds:DigestValue><{rest}"),
            _ => unsigned += piece,
        }
    }
    let value = between(&unsigned, "<ds:SignatureValue>", "</").to_owned();
    let unsigned = unsigned.replace(&value, "");
    let (key, method) = (key.key.as_bytes(), Method::RsaSha256);
    second_opinion::sign(unsigned.as_bytes(), &Attachments::new(), key, method).unwrap()
}

// [AS4 2.1]
#[test]
fn receipts_signed_by_libxmlsec1_are_accepted_for_what_they_acknowledge() {
    let world = World::rsa();
    let (_, draft, leg) = shapes().pop().unwrap();
    let outgoing = world.send(&draft, leg);
    let message = world
        .receive(outgoing.content_type(), outgoing.body().clone())
        .unwrap();
    let receipt = world.receipt(&message);
    let receipt = std::str::from_utf8(receipt.body()).unwrap();
    let judge = |receipt: &str, key: &Identity| {
        let http = HttpAnswer {
            status: 200,
            content_type: Some("application/soap+xml"),
            body: &signed_again(receipt, key),
        };
        signal::read_answer(&http, outgoing.proof(), &world.de_partner, now())
    };
    assert!(matches!(judge(receipt, &world.de), Answer::Acknowledged(_)));
    let stranger = judge(receipt, &world.fr);
    assert!(matches!(
        stranger,
        Answer::InvalidReceipt(InvalidReceipt::Signature(_))
    ));
    let uri = &parts_of(&outgoing).parts[0].cid;
    let other = receipt.replace(&format!("\"cid:{uri}\""), "\"cid:other@x\"");
    let other = judge(&other, &world.de);
    assert_eq!(other, Answer::InvalidReceipt(InvalidReceipt::Digests));
}
