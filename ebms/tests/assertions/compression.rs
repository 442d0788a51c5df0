//! gzip, its properties, and the order of compressing, signing and encrypting.

use super::{
    exchange::{acknowledged, changed, check_refused, delivered, soap_of, with_pdf, write},
    forge::{Forge, between, sha256},
    support::{World, payload, request},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use ebms::{
    EbmsCode, Leg, Payload, ReceivedMessage, Refusal, Verified,
    pmode::Profile,
    refusal::{Category, Severity},
};
use flate2::{Compression, GzBuilder};
use std::{io::Write, sync::LazyLock};

/// Two access points that agreed not to encrypt, so that parts can be changed and signed anew.
pub(crate) fn plain() -> &'static World {
    static WORLD: LazyLock<World> = LazyLock::new(|| World::with(Profile::Rsa, "encrypt = false"));
    &WORLD
}

pub(crate) fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzBuilder::new().write(Vec::new(), Compression::new(6));
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// A signed message whose first part is this, whatever it says of itself.
pub(crate) fn with_content(content: Vec<u8>) -> Result<Verified<ReceivedMessage>, Refusal> {
    let world = plain();
    let sent = world.send(&request(), &Leg::default().with_encryption(false));
    let forged = Forge::of(sent.content_type(), sent.body())
        .with_content(0, content)
        .signed_with_parts(&world.fr.key);
    world.receive(&forged.content_type(), forged.body())
}

// [AS4_CP_TA04]
#[test]
fn ta04_an_uncompressed_payload_is_taken_although_gzip_was_agreed() {
    let (sent, message) = delivered(&with_pdf(), &Leg::default().with_compression(false));
    assert!(!soap_of(&sent).contains("CompressionType"));
    assert_eq!(message.payloads(), with_pdf().payloads());
    acknowledged(&sent, &message);
}

// [AS4_CP_TA23]
#[test]
fn ta23_every_payload_is_compressed_on_its_own() {
    let world = plain();
    let sent = world.send(&with_pdf(), &Leg::default().with_encryption(false));
    let forge = Forge::of(sent.content_type(), sent.body());
    for (part, payload) in forge.parts.iter().zip(with_pdf().payloads()) {
        assert!(part.content.starts_with(&[0x1f, 0x8b, 8]));
        assert!(part.headers.contains("Content-Type: application/gzip"));
        let mut plain = Vec::new();
        let mut decoder = flate2::read::GzDecoder::new(part.content.as_slice());
        std::io::copy(&mut decoder, &mut plain).unwrap();
        assert_eq!(plain.as_slice(), payload.content().as_ref());
    }
}

// [AS4_CP_TA24]
#[test]
fn ta24_a_compressed_part_says_that_it_is_gzip() {
    let property = "<eb:Property name=\"CompressionType\">application/gzip</eb:Property>";
    let soap = soap_of(&write(&with_pdf(), &Leg::default()).unwrap());
    assert_eq!(soap.matches(property).count(), 2);
}

// [AS4_CP_TA25]
#[test]
fn ta25_the_mime_type_is_the_one_the_producer_gave() {
    for compress in [true, false] {
        let leg = Leg::default().with_compression(compress);
        let soap = soap_of(&write(&with_pdf(), &leg).unwrap());
        let types: Vec<_> = soap
            .split("<eb:Property name=\"MimeType\">")
            .skip(1)
            .map(|rest| rest.split('<').next().unwrap())
            .collect();
        assert_eq!(types, ["application/x-ebrs+xml", "application/pdf"]);
    }
}

// [AS4_CP_TA26]
#[test]
fn ta26_a_compressed_part_without_mime_type_is_refused_at_once() {
    let property = "<eb:Property name=\"MimeType\">application/x-ebrs+xml</eb:Property>";
    check_refused(|it| it.with(property, ""), EbmsCode::ValueInconsistent);
}

fn character_set(value: &str) -> String {
    format!("<eb:Property name=\"CharacterSet\">{value}</eb:Property></eb:PartProperties>")
}

#[track_caller]
fn check_passed_on(value: &str, content: Vec<u8>) {
    let world = plain();
    let draft = super::support::draft().with_payload(Payload::new(
        "doc@x".parse().unwrap(),
        "application/xml",
        content.clone(),
    ));
    let sent = world.send(&draft, &Leg::default().with_encryption(false));
    let forged = Forge::of(sent.content_type(), sent.body())
        .with("</eb:PartProperties>", &character_set(value))
        .signed(&world.fr.key);
    let message = world
        .receive(&forged.content_type(), forged.body())
        .unwrap();
    let part = &message.header().parts()[0];
    assert_eq!(part.property("CharacterSet").unwrap().value(), value);
    assert_eq!(message.payloads()[0].content(), &content);
}

// [AS4_CP_TA27]
#[test]
fn ta27_utf_16_is_passed_on_with_its_name() {
    let text = "\u{FEFF}<?xml version=\"1.0\" encoding=\"UTF-16\"?><a>\u{e4}</a>";
    let octets = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    check_passed_on("UTF-16", octets);
    check_sent("application/xml; charset=UTF-16", Some("UTF-16"));
}

// [AS4_CP_TA28]
#[test]
fn ta28_utf_8_is_passed_on_with_its_name() {
    check_passed_on("UTF-8", "<a>\u{e4}</a>".as_bytes().to_vec());
    check_sent("application/xml; charset=\"utf-8\"", Some("utf-8"));
    check_sent("application/xml", None);
}

/// A producer names the encoding where media types name it.
#[track_caller]
fn check_sent(media_type: &str, expected: Option<&str>) {
    let draft = super::support::draft().with_payload(payload("doc@x", media_type, b"<a></a>"));
    let sent = write(&draft, &Leg::default()).unwrap();
    let soap = soap_of(&sent);
    let named = expected.map(|_| between(&soap, "name=\"CharacterSet\">", "<"));
    assert_eq!(named.as_deref(), expected);
    assert_eq!(soap.contains("CharacterSet"), expected.is_some());
    let message = World::rsa()
        .receive(sent.content_type(), sent.body().clone())
        .unwrap();
    assert_eq!(message.payloads()[0].media_type(), media_type);
}

// [AS4_CP_TA29]
#[test]
fn ta29_a_character_set_that_is_no_encoding_name_is_refused_at_once() {
    for value in ["8-UTF", "UTF 8", "utf/8", "\u{fc}tf-8"] {
        check_refused(
            |it| it.with("</eb:PartProperties>", &character_set(value)),
            EbmsCode::ValueInconsistent,
        );
    }
    let draft = request().with_payload(payload("b@x", "text/xml; charset=8/x", b"<a></a>"));
    let sent = write(&draft, &Leg::default());
    assert!(sent.is_ok_and(|sent| !soap_of(&sent).contains("CharacterSet")));
}

/// Ways of breaking a good member.
fn damaged() -> Vec<Vec<u8>> {
    let good = gzip(b"<q>\n</q>");
    let mut wrong_sum = good.clone();
    let at = wrong_sum.len() - 6;
    wrong_sum[at] ^= 1;
    vec![
        good[..good.len() - 5].to_vec(),
        [good.as_slice(), b"x"].concat(),
        [good.as_slice(), good.as_slice()].concat(),
        wrong_sum,
        b"<q>\n</q>".to_vec(),
        Vec::new(),
    ]
}

// [AS4_CP_TA30] [EBMS:0303]
#[test]
fn ta30_damaged_gzip_is_a_failure_of_communication() {
    for content in damaged() {
        let refusal = with_content(content).expect_err("accepted");
        let code = refusal.code();
        assert_eq!(code, EbmsCode::DecompressionFailure, "{refusal}");
        assert_eq!(code.as_str(), "EBMS:0303");
        assert_eq!(
            (code.severity(), code.category()),
            (Severity::Failure, Category::Communication)
        );
    }
    assert!(with_content(gzip(b"<q>\n</q>")).is_ok());
}

// [AS4_CP_TA32]
#[test]
fn ta32_what_is_delivered_is_decompressed() {
    let (_, message) = delivered(&request(), &Leg::default());
    assert_eq!(message.payloads()[0].content().as_ref(), b"<q>\n</q>");
    assert!(message.header().parts()[0].is_compressed());
}

// [AS4_CP_TA34]
#[test]
fn ta34_what_is_compressed_then_signed_is_acknowledged() {
    let world = plain();
    let sent = world.send(&with_pdf(), &Leg::default().with_encryption(false));
    let forge = Forge::of(sent.content_type(), sent.body());
    for part in &forge.parts {
        // The digest is that of the compressed octets.
        let digest = STANDARD.encode(sha256(&part.content));
        assert!(forge.soap.contains(&digest));
    }
    let message = world
        .receive(sent.content_type(), sent.body().clone())
        .unwrap();
    assert_eq!(message.payloads(), with_pdf().payloads());
}

// [AS4_CP_TA35]
#[test]
fn ta35_what_is_signed_then_compressed_is_refused() {
    let world = plain();
    let leg = Leg::default().with_encryption(false);
    let sent = world.send(&request(), &leg.with_compression(false));
    let mut forged = Forge::of(sent.content_type(), sent.body()).with(
        "</eb:PartProperties>",
        "<eb:Property name=\"CompressionType\">application/gzip</eb:Property></eb:PartProperties>",
    );
    // The digest stays that of the document.
    forged = forged.signed(&world.fr.key);
    let content = gzip(&forged.parts[0].content);
    let mut forged = forged.with_content(0, content);
    let typed = forged.parts[0].headers.clone();
    forged.parts[0].headers = typed.replace("application/x-ebrs+xml", "application/gzip");
    let refusal = world.receive(&forged.content_type(), forged.body());
    let refusal = refusal.expect_err("accepted");
    assert_eq!(refusal.code(), EbmsCode::FailedAuthentication, "{refusal}");
}

// [AS4_CP_TA36] [P05]
#[test]
fn ta36_what_is_compressed_then_encrypted_is_acknowledged() {
    let (sent, message) = delivered(&with_pdf(), &Leg::default());
    let forge = Forge::of(sent.content_type(), sent.body());
    // Encrypted last: no trace of gzip is left, and the type of what was encrypted is gzip.
    for part in &forge.parts {
        assert!(!part.content.starts_with(&[0x1f, 0x8b]));
        assert!(
            part.headers
                .contains("Content-Type: application/octet-stream")
        );
    }
    let typed = "MimeType=\"application/gzip\"";
    assert_eq!(forge.soap.matches(typed).count(), 2);
    acknowledged(&sent, &message);
}

// [AS4_CP_TA37]
#[test]
fn ta37_what_is_encrypted_then_compressed_is_refused() {
    let world = World::rsa();
    let sent = world.send(&request(), &Leg::default());
    let forged = Forge::of(sent.content_type(), sent.body());
    let content = gzip(&forged.parts[0].content);
    let forged = forged.with_content(0, content);
    let refusal = world.receive(&forged.content_type(), forged.body());
    assert_eq!(
        refusal.expect_err("accepted").code(),
        EbmsCode::FailedDecryption
    );
}

// [AS4_CP_TA38]
#[test]
fn ta38_what_is_compressed_then_signed_then_encrypted_is_acknowledged() {
    let (sent, message) = delivered(&with_pdf(), &Leg::default());
    assert_eq!(message.payloads(), with_pdf().payloads());
    acknowledged(&sent, &message);
    // The signature is of the compressed octets, made before they were encrypted.
    let world = plain();
    let plain = world.send(&with_pdf(), &Leg::default().with_encryption(false));
    let parts = |sent: &ebms::Outgoing| {
        let references = sent.proof().references().iter();
        let parts = references.filter(|it| it.uri().starts_with("cid:"));
        parts.cloned().collect::<Vec<_>>()
    };
    assert_eq!(parts(&sent), parts(&plain));
}

// [P36] [ROB-67]
#[test]
fn p36_one_member_with_whatever_fields_and_nothing_behind_it() {
    let mut named = GzBuilder::new()
        .filename("a.xml")
        .comment("c")
        .extra(vec![1, 2, 3])
        .mtime(1)
        .write(Vec::new(), Compression::new(9));
    named.write_all(b"<q>\n</q>").unwrap();
    let message = with_content(named.finish().unwrap()).unwrap();
    assert_eq!(message.payloads()[0].content().as_ref(), b"<q>\n</q>");
    let empty = with_content(gzip(b"")).unwrap();
    assert!(empty.payloads()[0].content().is_empty());
    for content in damaged() {
        assert!(with_content(content).is_err());
    }
}

// [P06]
#[test]
fn p06_a_part_encrypted_with_its_headers_is_refused_clearly() {
    // As an attachment in complete mode looks once it is decrypted.
    let complete = [
        b"Content-ID: <regrep@oots.eu>\r\n\r\n".as_slice(),
        &gzip(b"<q>\n</q>"),
    ]
    .concat();
    let refusal = with_content(complete).expect_err("accepted");
    assert_eq!(refusal.code(), EbmsCode::DecompressionFailure);
    assert!(refusal.to_string().contains("gzip"), "{refusal}");
    // And as it announces itself.
    let refusal = changed(|it| it.with("Attachment-Content-Only", "Attachment-Complete"));
    let refusal = refusal.expect_err("accepted");
    assert_eq!(refusal.code(), EbmsCode::PolicyNoncompliance, "{refusal}");
}

// [ROB-67]
#[test]
fn rob67_an_unknown_compression_is_refused_and_none_is_none() {
    let gzip = "<eb:Property name=\"CompressionType\">application/gzip</eb:Property>";
    let other = gzip.replace("application/gzip", "application/zip");
    check_refused(|it| it.with(gzip, &other), EbmsCode::ValueInconsistent);
    // Without the property the octets are taken as they are.
    let message = changed(|it| it.with(gzip, "")).unwrap();
    assert!(message.payloads()[0].content().starts_with(&[0x1f, 0x8b]));
}
