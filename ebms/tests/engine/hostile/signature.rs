//! Signatures written otherwise than was agreed.

use super::{AUTHENTICATION, GOOD, HEADER, Message, POLICY, check, check_soap, cut, with_security};
use crate::engine::support::{Identity, Kind, World, counter, request};
use ebms::{EbmsCode, Leg, send};

/// The first `ds:Reference` of the signature: the one to `eb:Messaging`.
fn first_reference() -> String {
    cut(&GOOD.security, "<ds:Reference", "</ds:Reference>")
}

#[test]
fn references_are_what_was_agreed() {
    let id = Message::id_of(&GOOD.messaging);
    let uri = format!("URI=\"#{id}\"");
    let exclusive = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">";
    let uri_as = |new: &'static str| with_security(|text| text.replacen(&uri, new, 1));
    // [26], [27]
    check(&uri_as("URI=\"\""), POLICY);
    check(&uri_as("URI=\"#xpointer(id('m'))\""), POLICY);
    check(&uri_as("URI=\"http://127.0.0.1/x\""), POLICY);
    check(&uri_as("URI=\"#nothing\""), AUTHENTICATION);
    // [28], [29], and the enveloped and base64 transforms.
    for transform in [
        "http://www.w3.org/TR/1999/REC-xpath-19991116",
        "http://www.w3.org/2002/06/xmldsig-filter2",
        "http://www.w3.org/TR/1999/REC-xslt-19991116",
        "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
        "http://www.w3.org/2000/09/xmldsig#base64",
        "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
    ] {
        let other = format!("<ds:Transform Algorithm=\"{transform}\">");
        check(
            &with_security(|text| text.replacen(exclusive, &other, 1)),
            POLICY,
        );
        let more = format!("{other}</ds:Transform>{exclusive}");
        check(
            &with_security(|text| text.replacen(exclusive, &more, 1)),
            POLICY,
        );
    }
    // [30] twice, [31] one missing, [32] of a type.
    let reference = first_reference();
    check(
        &with_security(|text| text.replacen(&reference, &reference.repeat(2), 1)),
        POLICY,
    );
    check(
        &with_security(|text| text.replacen(&reference, "", 1)),
        POLICY,
    );
    let typed = "URI=\"#x\" Type=\"http://www.w3.org/2000/09/xmldsig#Manifest\"";
    check(&with_security(|text| text.replacen(&uri, typed, 1)), POLICY);
    check(
        &with_security(|text| text.replacen(&reference, &reference.repeat(1000), 1)),
        POLICY,
    );
}

#[test]
fn one_security_header_and_one_signature() {
    // [33], [34]
    let foreign = GOOD
        .security
        .replacen("S12:mustUnderstand=\"true\"", "S12:role=\"urn:x\"", 1);
    let mut evil = GOOD.clone();
    evil.security = format!("{}{foreign}", GOOD.security);
    check(&evil, POLICY);
    evil.security = foreign;
    check(&evil, POLICY);
    evil.security = String::new();
    check(&evil, POLICY);
    // [35]
    let signature = cut(&GOOD.security, "<ds:Signature ", "</ds:Signature>");
    let twice = |text: &str| text.replacen(&signature, &signature.repeat(2), 1);
    check(&with_security(twice), &[POLICY, AUTHENTICATION].concat());
    let renamed = signature.replacen(" Id=\"", " Id=\"x", 1);
    check(
        &with_security(|text| text.replacen(&signature, &format!("{renamed}{signature}"), 1)),
        POLICY,
    );
    // [36]
    let nested = format!("{renamed}</ds:KeyInfo></ds:Signature>");
    check(
        &with_security(|text| text.replacen("</ds:KeyInfo></ds:Signature>", &nested, 1)),
        AUTHENTICATION,
    );
}

#[test]
fn another_certificate_does_not_help() {
    // [37] same subject, other key.
    let own = token(&World::rsa().fr.certificate);
    let other = token(&Identity::new("AP_FR_01", Kind::Rsa).certificate);
    check(
        &with_security(|text| text.replace(&own, &other)),
        AUTHENTICATION,
    );
    check(
        &with_security(|text| text.replace(&own, "AAAA")),
        AUTHENTICATION,
    );
    check(
        &with_security(|text| text.replace(&own, "!")),
        AUTHENTICATION,
    );
    // The message signed whole by a stranger.
    let stranger = Identity::new("AP_FR_01", Kind::Rsa);
    let sent = send::write(
        &request(),
        &Leg::default(),
        &stranger.signing_key(),
        &World::rsa().de_decrypt.certificate(),
        &mut counter(),
    )
    .unwrap();
    let refused = World::rsa()
        .receive(sent.content_type(), sent.body().clone())
        .unwrap_err();
    assert_eq!(refused.code(), EbmsCode::FailedAuthentication);
}

fn token(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with('-')).collect()
}

#[test]
fn the_key_comes_from_what_was_agreed() {
    // [ROB-83] never fetched, never taken from the message alone.
    let (_, last) = GOOD.security.rsplit_once("<ds:KeyInfo>").unwrap();
    let key_info = cut(
        &format!("<ds:KeyInfo>{last}"),
        "<ds:KeyInfo>",
        "</ds:KeyInfo>",
    );
    for other in [
        "<ds:KeyInfo><ds:RetrievalMethod URI=\"http://127.0.0.1/k\"/></ds:KeyInfo>",
        "<ds:KeyInfo><ds:KeyName>k</ds:KeyName></ds:KeyInfo>",
        "<ds:KeyInfo><ds:KeyValue/></ds:KeyInfo>",
        "<ds:KeyInfo/>",
        "<ds:KeyInfo><wsse:SecurityTokenReference><wsse:Reference URI=\"http://x\"/>\
         </wsse:SecurityTokenReference></ds:KeyInfo>",
        "<ds:KeyInfo><wsse:SecurityTokenReference><wsse:Embedded/></wsse:SecurityTokenReference>\
         </ds:KeyInfo>",
        "",
    ] {
        check(
            &with_security(|text| text.replacen(&key_info, other, 1)),
            POLICY,
        );
    }
}

#[test]
fn algorithms_are_the_agreed_ones() {
    // [ROB-81], [ROB-82], [ROB-86]
    for (old, new) in [
        (
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        ),
        (
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
        ),
        (
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519",
        ),
        (
            "http://www.w3.org/2009/xmlenc11#rsa-oaep",
            "http://www.w3.org/2001/04/xmlenc#rsa-1_5",
        ),
        (
            "http://www.w3.org/2009/xmlenc11#rsa-oaep",
            "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
        ),
        (
            "http://www.w3.org/2009/xmlenc11#mgf1sha256",
            "http://www.w3.org/2009/xmlenc11#mgf1sha1",
        ),
        (
            "http://www.w3.org/2009/xmlenc11#aes128-gcm",
            "http://www.w3.org/2001/04/xmlenc#aes128-cbc",
        ),
        ("#Attachment-Content-Only", "#Attachment-Complete"),
        (
            "#Attachment-Content-Signature-Transform",
            "#Attachment-Complete-Signature-Transform",
        ),
    ] {
        let evil = with_security(|text| text.replacen(&format!("{old}\""), &format!("{new}\""), 1));
        check(&evil, POLICY);
    }
    let length = "rsa-sha256\"><ds:HMACOutputLength>1</ds:HMACOutputLength></ds:SignatureMethod>";
    check(
        &with_security(|text| text.replacen("rsa-sha256\"></ds:SignatureMethod>", length, 1)),
        POLICY,
    );
}

#[test]
fn canonicalization_is_not_a_way_in() {
    // [45] another PrefixList, and a prefix bound anew outside.
    let exclusive = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">";
    let listed = format!(
        "{exclusive}<ec:InclusiveNamespaces xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\" \
         PrefixList=\"evil\"/>"
    );
    check(
        &with_security(|text| text.replacen(exclusive, &listed, 1)),
        AUTHENTICATION,
    );
    let soap = GOOD
        .soap()
        .replacen("<S12:Envelope ", "<S12:Envelope xmlns:eb=\"urn:evil\" ", 1);
    assert!(
        GOOD.receive_soap(&soap).is_ok(),
        "the block declares its own prefixes"
    );
    let undeclared = GOOD.messaging.replacen(
        "xmlns:eb=\"http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/\"",
        "",
        1,
    );
    let mut evil = GOOD.clone();
    evil.messaging = undeclared;
    let soap = evil
        .soap()
        .replacen("<S12:Envelope ", "<S12:Envelope xmlns:eb=\"urn:evil\" ", 1);
    check_soap(&evil, &soap, HEADER);
    // [47] a comment in a value that is read.
    for (text, value) in [("messaging", "AP_FR_01"), ("messaging", "54f4d4cc")] {
        let mut evil = GOOD.clone();
        assert_eq!(text, "messaging");
        evil.messaging = evil
            .messaging
            .replacen(value, &format!("{value}<!-- -->"), 1);
        check(&evil, HEADER);
    }
    for tag in ["<ds:DigestValue>", "<ds:SignatureValue>"] {
        let commented = format!("{tag}<!-- -->");
        check(
            &with_security(|text| text.replacen(tag, &commented, 1)),
            AUTHENTICATION,
        );
    }
    // [48] two of what must be one.
    for tag in ["DigestValue", "SignatureValue"] {
        let more = format!("<ds:{tag}>AAAA</ds:{tag}><ds:{tag}>");
        let doubled = with_security(|text| text.replacen(&format!("<ds:{tag}>"), &more, 1));
        check(&doubled, AUTHENTICATION);
    }
    let signed_info = cut(&GOOD.security, "<ds:SignedInfo", "</ds:SignedInfo>");
    let doubled = signed_info.repeat(2);
    check(
        &with_security(|text| text.replacen(&signed_info, &doubled, 1)),
        AUTHENTICATION,
    );
}
