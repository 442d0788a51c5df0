//! What one of the two refuses, the other refuses; what changes nothing signed, both accept.

use crate::{
    message::{Parts, between, find},
    world::{World, draft_with, parts_of, shapes},
};
use ebms::Leg;
use second_opinion::{Method, Verdict};

fn accepts(message: &Parts) -> (bool, bool) {
    let world = World::rsa();
    let (content_type, body) = message.join();
    let ours = world.receive(&content_type, body).is_ok();
    let theirs = message.verify(world.fr.certificate_pem(), Method::RsaSha256);
    (ours, matches!(theirs, Ok(Verdict::Valid(_))))
}

#[track_caller]
fn refused(what: &str, message: &Parts) {
    assert_eq!(
        accepts(message),
        (false, false),
        "(ebms, libxmlsec1) on {what}"
    );
}

#[track_caller]
fn accepted(what: &str, message: &Parts) {
    assert_eq!(
        accepts(message),
        (true, true),
        "(ebms, libxmlsec1) on {what}"
    );
}

/// Two parts that are canonicalized, one raw and one compressed one would do; all types are here.
fn message() -> Parts {
    let (_, draft, leg) = shapes().pop().unwrap();
    let message = parts_of(&World::rsa().send(&draft, leg));
    accepted("the message itself", &message);
    message
}

/// Exchanges the first digit of base64 text, so that other octets stand for it.
fn other(base64: &str) -> String {
    let first = if base64.starts_with('A') { 'B' } else { 'A' };
    format!("{first}{}", &base64[1..])
}

// [AS4_CP_TA12]
#[test]
fn a_changed_digest_is_refused() {
    let message = message();
    let soap = message.soap_text().to_owned();
    for digest in soap.split("<ds:DigestValue>").skip(1) {
        let digest = digest.split_once('<').unwrap().0;
        refused(
            "a digest",
            &message.with(&format!(">{digest}<"), &format!(">{}<", other(digest))),
        );
    }
}

#[test]
fn a_changed_signature_value_is_refused() {
    let message = message();
    let value = between(message.soap_text(), "<ds:SignatureValue>", "</");
    refused("the value", &message.with(value, &other(value)));
    refused("a cut value", &message.with(value, &value[4..]));
    refused("no value", &message.with(value, ""));
}

#[test]
fn changed_signed_info_is_refused() {
    let message = message();
    let sha1 = "http://www.w3.org/2000/09/xmldsig#sha1";
    let soap = message.soap_text();
    let reference = format!(
        "<ds:Reference{}</ds:Reference>",
        between(soap, "<ds:Reference", "</ds:Reference>")
    );
    refused("a reference less", &message.with(&reference, ""));
    let weak = reference.replace("http://www.w3.org/2001/04/xmlenc#sha256", sha1);
    refused("a weak digest", &message.with(&reference, &weak));
    let xslt = reference.replace(
        "http://www.w3.org/2001/10/xml-exc-c14n#",
        "http://www.w3.org/TR/1999/REC-xslt-19991116",
    );
    refused("a transform that runs", &message.with(&reference, &xslt));
    let method = Method::RsaSha256.uri();
    let hmac = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256";
    refused("HMAC", &message.with(method, hmac));
    refused(
        "RSA with SHA-1",
        &message.with(method, "http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
    );
    refused(
        "white space",
        &message.with(&reference, &format!("{reference}\n")),
    );
}

// A file of this machine is not a part.
#[test]
fn a_reference_outside_the_message_is_refused() {
    let message = message();
    let cid = format!("URI=\"cid:{}\"", message.parts[0].cid);
    for uri in [
        "file:///etc/hostname",
        "http://127.0.0.1:9/x",
        "cid:nowhere@x",
        "",
        "#nowhere",
    ] {
        refused(uri, &message.with(&cid, &format!("URI=\"{uri}\"")));
    }
    // Nor would it sign one.
    let sign = |message: &Parts| {
        let (key, digested) = (&World::rsa().fr.key, message.digested().unwrap());
        second_opinion::sign(&message.soap, &digested, key.as_bytes(), Method::RsaSha256)
    };
    assert!(sign(&message).is_ok());
    let refused = sign(&message.with(&cid, "URI=\"file:///etc/hostname\"")).unwrap_err();
    assert!(refused.says("file:///etc/hostname"), "{refused}");
}

#[test]
fn changed_messaging_is_refused() {
    let message = message();
    for (old, new) in [
        ("BR_FR_01", "BR_FR_02"),
        ("name=\"finalRecipient\"", "name=\"finalrecipient\""),
        ("<eb:UserMessage>", "<eb:UserMessage> "),
        (
            "<eb:MessageProperties>",
            "<eb:MessageProperties><eb:Property name=\"x\">y</eb:Property>",
        ),
        ("ExecuteQueryRequest", "ExecuteQueryResponse"),
    ] {
        refused(old, &message.with(old, new));
    }
    let head = between(message.soap_text(), "<eb:Messaging", ">");
    let must = head.replace("mustUnderstand=\"true\"", "mustUnderstand=\"1\"");
    refused("another spelling of true", &message.with(head, &must));
}

#[test]
fn a_changed_body_is_refused() {
    let message = message();
    refused(
        "text in the Body",
        &message.with("</S12:Body>", " </S12:Body>"),
    );
    refused(
        "an element in the Body",
        &message.with("</S12:Body>", "<x></x></S12:Body>"),
    );
}

#[test]
fn an_id_that_stands_twice_is_refused() {
    let message = message();
    let body = between(message.soap_text(), "<S12:Body", ">");
    let id = between(body, "wsu:Id=\"", "\"");
    let wsu = between(body, "xmlns:wsu=\"", "\"");
    let twin = format!("<x xmlns:wsu=\"{wsu}\" wsu:Id=\"{id}\"></x></S12:Header>");
    refused("a twin of the Body", &message.with("</S12:Header>", &twin));
}

#[test]
fn a_changed_part_is_refused() {
    let message = message();
    for at in 0..message.parts.len() {
        let kind = message.parts[at].content_type.clone();
        let mut longer = message.clone();
        longer.parts[at].content.extend_from_slice(b"<");
        refused(&format!("a longer {kind}"), &longer);
        if let Some(middle) = find(&message.parts[at].content, b"a") {
            let mut changed = message.clone();
            changed.parts[at].content[middle] = b'e';
            refused(&format!("a changed {kind}"), &changed);
        }
    }
    let mut exchanged = message.clone();
    let first = exchanged.parts[0].content.clone();
    exchanged.parts[0].content = exchanged.parts[2].content.clone();
    exchanged.parts[2].content = first;
    refused("two parts exchanged", &exchanged);
    let mut fewer = message;
    fewer.parts.pop();
    refused("a part less", &fewer);
}

// [AS4 0.2] the type is not signed, but decides what is digested.
#[test]
fn another_content_type_is_refused_where_it_changes_what_is_digested() {
    let message = message();
    for (at, content_type) in [
        (0, "application/octet-stream"),
        (3, "application/xml"),
        (3, "text/plain"),
    ] {
        let mut changed = message.clone();
        changed.parts[at].content_type = content_type.to_owned();
        refused(content_type, &changed);
    }
}

#[test]
fn the_signature_of_somebody_else_is_refused() {
    let world = World::rsa();
    let signed_by_de = ebms::send::write(
        &draft_with(&[("application/pdf", b"%PDF")]),
        &Leg::default().with_encryption(false),
        &world.de.signing_key(),
        None,
        &mut crate::world::counter(),
    );
    refused(
        "DE's signature under FR's name",
        &parts_of(&signed_by_de.unwrap()),
    );
}

// [P08, P10, P20] what exclusive canonical XML does away with.
#[test]
fn what_changes_nothing_signed_is_accepted() {
    let message = message();
    let envelope = "<S12:Envelope ";
    let declared = "<S12:Envelope xmlns:other=\"urn:other\" ";
    accepted("a declaration", &message.with(envelope, declared));
    let with_declaration = format!("<?xml version='1.0' encoding='UTF-8'?>\n{envelope}");
    accepted(
        "an XML declaration",
        &message.with(envelope, &with_declaration),
    );
    accepted(
        "white space",
        &message.with("<S12:Header>", "\r\n<S12:Header>\n"),
    );
    let head = between(message.soap_text(), "<eb:Messaging", ">");
    accepted(
        "quotes",
        &message.with(head, &format!("{}\n", head.replace('"', "'"))),
    );
    let value = between(message.soap_text(), "<ds:SignatureValue>", "</");
    let wrapped = format!("\n{}\r\n{}", &value[..64], &value[64..]);
    accepted("a wrapped value", &message.with(value, &wrapped));
    accepted(
        "a reference for a letter",
        &message.with(">BR_FR_01<", ">BR_&#x46;R_01<"),
    );
}

// [P07, P08] the parts whose canonical form is digested may be written otherwise.
#[test]
fn another_spelling_of_a_part_is_accepted() {
    let mut message = message();
    let text =
        |at: usize, message: &Parts| String::from_utf8(message.parts[at].content.clone()).unwrap();
    let xml = text(0, &message)
        .replace("\r\n", "\n")
        .replace('\'', "\"")
        .replace("<!-- c -->", "");
    message.parts[0].content = xml.trim_start_matches('\u{feff}').as_bytes().to_vec();
    let plain = text(4, &message).replace("\r\n", "\n");
    message.parts[4].content = plain.into_bytes();
    message.parts[2].content = b"<svg></svg>".to_vec();
    accepted("parts written otherwise", &message);
}
