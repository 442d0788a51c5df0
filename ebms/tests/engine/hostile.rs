//! Attacks on a good message. Every variant keeps the octets that were signed somewhere and adds
//! what the attacker wants read; none may be accepted. Then the legal variants, which must be.
//! Numbers in brackets are those of the catalogue of wrapping variants.

use super::support::{World, counter, payload, request};
use bytes::Bytes;
use ebms::{EbmsCode, Leg, Refusal, send};
use proptest::prelude::*;
use std::sync::LazyLock;

/// A good message taken apart by its own text, so that it can be put together wrongly.
#[derive(Clone)]
struct Message {
    boundary: String,
    /// SOAP up to the content of its Header.
    open: String,
    messaging: String,
    security: String,
    body: String,
    parts: Vec<Part>,
    preamble: String,
}

#[derive(Clone)]
struct Part {
    headers: String,
    content: Vec<u8>,
}

static GOOD: LazyLock<Message> = LazyLock::new(|| {
    let draft = request().with_payload(payload("second@oots.eu", "application/pdf", b"%PDF"));
    let sent = World::rsa().send(&draft, &Leg::default());
    Message::split(sent.content_type(), sent.body())
});

impl Message {
    fn split(content_type: &str, body: &[u8]) -> Self {
        let boundary = content_type.split("boundary=\"").nth(1).unwrap();
        let boundary = boundary.trim_end_matches('"').to_owned();
        let delimiter = format!("--{boundary}");
        let mut parts = Vec::new();
        let mut at = 0;
        let find = |from: usize, needle: &[u8]| {
            body[from..]
                .windows(needle.len())
                .position(|it| it == needle)
                .map(|it| from + it)
        };
        while let Some(start) = find(at, delimiter.as_bytes()) {
            let start = start + delimiter.len() + 2;
            let Some(end) = find(start, format!("\r\n{delimiter}").as_bytes()) else {
                break;
            };
            let empty = find(start, b"\r\n\r\n").unwrap();
            let headers = String::from_utf8(body[start..empty].to_vec()).unwrap();
            parts.push(Part {
                headers,
                content: body[empty + 4..end].to_vec(),
            });
            at = end;
        }
        let soap = String::from_utf8(parts.remove(0).content).unwrap();
        Self {
            boundary,
            open: soap.split_once("<eb:Messaging").unwrap().0.to_owned(),
            messaging: cut(&soap, "<eb:Messaging", "</eb:Messaging>"),
            security: cut(&soap, "<wsse:Security ", "</wsse:Security>"),
            body: cut(&soap, "<S12:Body", "</S12:Body>"),
            parts,
            preamble: String::new(),
        }
    }

    fn soap(&self) -> String {
        let Self {
            open,
            messaging,
            security,
            body,
            ..
        } = self;
        format!("{open}{messaging}{security}</S12:Header>{body}</S12:Envelope>")
    }

    fn content_type(&self) -> String {
        let boundary = &self.boundary;
        format!("multipart/related; type=\"application/soap+xml\"; boundary=\"{boundary}\"")
    }

    fn octets(&self, soap: &str) -> Vec<u8> {
        let boundary = &self.boundary;
        let mut out = self.preamble.clone().into_bytes();
        out.extend(format!("--{boundary}\r\nContent-Type: application/soap+xml\r\n\r\n").bytes());
        out.extend(soap.bytes());
        for part in &self.parts {
            out.extend(format!("\r\n--{boundary}\r\n{}\r\n\r\n", part.headers).bytes());
            out.extend(&part.content);
        }
        out.extend(format!("\r\n--{boundary}--\r\n").bytes());
        out
    }

    fn receive(&self) -> Result<Vec<Vec<u8>>, Refusal> {
        self.receive_soap(&self.soap())
    }

    fn receive_soap(&self, soap: &str) -> Result<Vec<Vec<u8>>, Refusal> {
        let body = Bytes::from(self.octets(soap));
        let message = World::rsa().receive(&self.content_type(), body)?;
        assert_eq!(message.header().action(), "ExecuteQueryRequest");
        Ok(message
            .payloads()
            .iter()
            .map(|it| it.content().to_vec())
            .collect())
    }

    /// The header the attacker wants read: without id, or with whatever id attribute.
    fn evil_messaging(&self, id: &str) -> String {
        replace_id(&self.messaging, id).replace("ExecuteQueryRequest", "ExceptionResponse")
    }

    fn evil_body(&self, id: &str) -> String {
        replace_id(&self.body, id)
    }

    fn id_of(text: &str) -> String {
        text.split("wsu:Id=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned()
    }
}

/// From the first `from` to the end of the next `to`.
#[track_caller]
fn cut(text: &str, from: &str, to: &str) -> String {
    let (_, after) = text.split_once(from).unwrap();
    let (inner, _) = after.split_once(to).unwrap();
    format!("{from}{inner}{to}")
}

fn replace_id(text: &str, id: &str) -> String {
    let old = format!(" wsu:Id=\"{}\"", Message::id_of(text));
    text.replacen(&old, id, 1)
}

#[track_caller]
fn check(message: &Message, expected: &[EbmsCode]) {
    check_soap(message, &message.soap(), expected);
}

#[track_caller]
fn check_soap(message: &Message, soap: &str, expected: &[EbmsCode]) {
    let refusal = message.receive_soap(soap).expect_err("accepted");
    assert!(expected.contains(&refusal.code()), "{refusal}");
}

const AUTHENTICATION: &[EbmsCode] = &[EbmsCode::FailedAuthentication];
const POLICY: &[EbmsCode] = &[EbmsCode::PolicyNoncompliance];
const HEADER: &[EbmsCode] = &[EbmsCode::InvalidHeader];
const MIME: &[EbmsCode] = &[EbmsCode::MimeInconsistency];
const DECRYPTION: &[EbmsCode] = &[EbmsCode::FailedDecryption];

#[test]
fn the_good_message_is_accepted() {
    let payloads = GOOD.receive().unwrap();
    assert_eq!(payloads, [b"<q>\n</q>".to_vec(), b"%PDF".to_vec()]);
}

/// Every way to give the evil copy an id: none, the same in any place, other attribute kinds.
fn ids(id: &str) -> Vec<String> {
    vec![
        String::new(),
        " wsu:Id=\"evil\"".to_owned(),
        format!(" wsu:Id=\"{id}\""),
        format!(" Id=\"{id}\""),
        format!(" id=\"{id}\""),
        format!(" ID=\"{id}\""),
        format!(" wsu:ID=\"{id}\""),
        format!(" xml:id=\"{id}\""),
        format!(" xmlns:o=\"http://schemas.xmlsoap.org/ws/2003/06/utility\" o:Id=\"{id}\""),
    ]
}

/// Every place the signed original can be moved to; `{}` is where it goes.
const PLACES: &[(&str, &str)] = &[
    ("<S12:Header>", "<S12:Header><wrap>{}</wrap>"),
    ("</S12:Header>", "<wrap>{}</wrap></S12:Header>"),
    ("</wsse:Security>", "{}</wsse:Security>"),
    ("</wsse:Security>", "<wrap>{}</wrap></wsse:Security>"),
    (
        "</ds:Signature>",
        "<ds:Object>{}</ds:Object></ds:Signature>",
    ),
    (
        "</ds:KeyInfo></ds:Signature>",
        "{}</ds:KeyInfo></ds:Signature>",
    ),
    ("</S12:Envelope>", "{}</S12:Envelope>"),
    ("</S12:Envelope>", "<wrap>{}</wrap></S12:Envelope>"),
    ("</eb:Messaging>", "<wrap>{}</wrap></eb:Messaging>"),
    (
        "</eb:MessageProperties>",
        "<wrap>{}</wrap></eb:MessageProperties>",
    ),
    ("</S12:Body>", "{}</S12:Body>"),
    ("</S12:Body>", "<wrap>{}</wrap></S12:Body>"),
];

/// [1]-[11], [13]-[22]: the original anywhere, the evil copy in its place, with every kind of id.
#[test]
fn a_signed_block_out_of_its_place_is_not_read() {
    let any = &[AUTHENTICATION, POLICY, HEADER].concat();
    let mut tried = 0;
    for (place, moved) in PLACES {
        for id in ids(&Message::id_of(&GOOD.messaging)) {
            let mut evil = GOOD.clone();
            evil.messaging = GOOD.evil_messaging(&id);
            let soap = evil
                .soap()
                .replacen(place, &moved.replace("{}", &GOOD.messaging), 1);
            assert!(soap.len() > evil.soap().len(), "{place}");
            check_soap(&evil, &soap, any);
            tried += 1;
        }
        for id in ids(&Message::id_of(&GOOD.body)) {
            let mut evil = GOOD.clone();
            evil.body = GOOD.evil_body(&id);
            let soap = evil
                .soap()
                .replacen(place, &moved.replace("{}", &GOOD.body), 1);
            check_soap(&evil, &soap, any);
            tried += 1;
        }
    }
    assert_eq!(tried, 2 * 9 * PLACES.len());
}

/// [1], [13]: the plain cases have the code of the catalogue.
#[test]
fn a_wrapped_block_is_a_failed_authentication() {
    let mut evil = GOOD.clone();
    evil.messaging = format!("{}<wrap>{}</wrap>", GOOD.evil_messaging(""), GOOD.messaging);
    check(&evil, AUTHENTICATION);
    let mut evil = GOOD.clone();
    evil.messaging = format!("{}<wrap>{}</wrap>", GOOD.messaging, GOOD.body);
    evil.body = GOOD
        .evil_body("")
        .replace("></S12:Body>", "><evil/></S12:Body>");
    check(&evil, AUTHENTICATION);
}

#[test]
fn two_blocks_of_a_kind_are_refused() {
    // [12]
    let mut evil = GOOD.clone();
    evil.messaging = format!(
        "{}{}",
        GOOD.evil_messaging(" wsu:Id=\"evil\""),
        GOOD.messaging
    );
    check(&evil, HEADER);
    // [23]
    let mut evil = GOOD.clone();
    evil.body = format!("{}{}", GOOD.evil_body(""), GOOD.body);
    check(&evil, HEADER);
    // [24]
    let inner = GOOD.soap();
    let mut evil = GOOD.clone();
    evil.messaging = GOOD.evil_messaging("");
    let outer = evil.soap().replacen(
        "</S12:Header>",
        &format!("<wrap>{inner}</wrap></S12:Header>"),
        1,
    );
    check_soap(&evil, &outer, &[AUTHENTICATION, HEADER].concat());
}

#[test]
fn the_body_stays_empty() {
    // [25] content in the Body, where the signature covers it no more.
    let mut evil = GOOD.clone();
    evil.body = GOOD.body.replace("></S12:Body>", "><evil/></S12:Body>");
    check(&evil, HEADER);
}

/// Changes the signature's own text.
fn with_security(change: impl Fn(&str) -> String) -> Message {
    let mut evil = GOOD.clone();
    evil.security = change(&GOOD.security);
    assert_ne!(evil.security, GOOD.security);
    evil
}

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
        POLICY,
    );
}

#[test]
fn another_certificate_does_not_help() {
    use super::support::{Identity, Kind};
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
fn parts_are_bound_to_the_signature() {
    // [39] content replaced, reference kept; reference dropped.
    let mut evil = GOOD.clone();
    evil.parts[0].content = evil.parts[1].content.clone();
    check(&evil, DECRYPTION);
    let reference = cut(
        &GOOD.security,
        "<ds:Reference URI=\"cid:",
        "</ds:Reference>",
    );
    check(
        &with_security(|text| text.replacen(&reference, "", 1)),
        POLICY,
    );
    // [40] contents swapped.
    let mut evil = GOOD.clone();
    let (first, second) = (evil.parts[0].content.clone(), evil.parts[1].content.clone());
    evil.parts[0].content = second;
    evil.parts[1].content = first;
    check(&evil, DECRYPTION);
    // [41] an extra part, [42] one id twice.
    let extra = |id: &str| Part {
        headers: format!("Content-ID: <{id}>"),
        content: vec![1; 40],
    };
    for (id, at) in [
        ("extra@x", 2),
        ("extra@x", 0),
        ("regrep@oots.eu", 0),
        ("regrep@oots.eu", 2),
    ] {
        let mut evil = GOOD.clone();
        evil.parts.insert(at, extra(id));
        check(&evil, MIME);
    }
    let mut evil = GOOD.clone();
    evil.parts.pop();
    check(&evil, MIME);
    // [43] variants of an id are other ids.
    for id in [
        "REGREP@oots.eu",
        "regrep%40oots.eu",
        "regrep @oots.eu",
        "regrep@oots.eu.",
    ] {
        let mut evil = GOOD.clone();
        evil.parts[0].headers = evil.parts[0].headers.replace("regrep@oots.eu", id);
        check(&evil, MIME);
    }
}

#[test]
fn the_type_read_is_the_signed_one() {
    // [44] MIME headers are not signed.
    let mut changed = GOOD.clone();
    changed.parts[0].headers = changed.parts[0]
        .headers
        .replace("application/octet-stream", "text/html");
    let body = Bytes::from(changed.octets(&changed.soap()));
    let message = World::rsa().receive(&changed.content_type(), body).unwrap();
    assert_eq!(message.payloads()[0].media_type(), "application/x-ebrs+xml");
    // [AS4 6.C] the type that selects the transform is not signed either; the digest then fails.
    let evil = with_security(|text| text.replacen("application/gzip", "text/xml", 1));
    check(&evil, DECRYPTION);
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

#[test]
fn decryption_fails_in_one_way() {
    // [ROB-86], [ROB-87] nothing tells which step failed.
    let mut refusals = Vec::new();
    for at in [0, 13, 40] {
        let mut evil = GOOD.clone();
        evil.parts[0].content[at] ^= 1;
        refusals.push(evil.receive().unwrap_err());
    }
    let mut evil = GOOD.clone();
    evil.parts[0].content.truncate(20);
    refusals.push(evil.receive().unwrap_err());
    let (_, value) = GOOD.security.split_once("<xenc:CipherValue>").unwrap();
    let value = value.split('<').next().unwrap().to_owned();
    let (head, tail) = value.split_at(12);
    for other in [
        format!("{head}AAAA{}", tail.split_at(4).1),
        "AAAA".to_owned(),
        String::new(),
    ] {
        refusals.push(
            with_security(|text| text.replacen(&value, &other, 1))
                .receive()
                .unwrap_err(),
        );
    }
    for refusal in &refusals {
        assert_eq!(refusal.to_string(), "EBMS:0102: decryption failed");
        assert_eq!(refusal, &refusals[0]);
    }
}

#[test]
fn anything_changed_in_the_header_breaks_the_signature() {
    let text = &GOOD.messaging;
    let mut tried = 0;
    // A declaration that is also in force from outside may change without changing anything.
    let start = text.find("wsu:Id").unwrap();
    for (at, byte) in text.bytes().enumerate().skip(start).step_by(7) {
        let mut changed = text.clone().into_bytes();
        changed[at] = if byte.is_ascii_digit() {
            b'7'
        } else {
            byte ^ 1
        };
        let Ok(changed) = String::from_utf8(changed) else {
            continue;
        };
        if changed == *text {
            continue;
        }
        let mut evil = GOOD.clone();
        evil.messaging = changed;
        assert!(evil.receive().is_err(), "octet {at}");
        tried += 1;
    }
    assert!(tried > 100);
}

#[track_caller]
fn check_legal(change: impl Fn(&str) -> String) {
    let soap = change(&GOOD.soap());
    assert_ne!(soap, GOOD.soap(), "nothing changed");
    assert_eq!(GOOD.receive_soap(&soap).unwrap(), GOOD.receive().unwrap());
}

#[test]
fn legal_variants_of_the_envelope_are_accepted() {
    let quoted = |text: &str| text.replace('"', "'");
    // Quotes, white space in tags, empty tags: one canonical form.
    check_legal(|soap| {
        soap.replacen(
            "S12:mustUnderstand=\"true\"",
            "S12:mustUnderstand = 'true'",
            1,
        )
    });
    check_legal(|soap| soap.replace(&GOOD.body, &quoted(&GOOD.body)));
    check_legal(|soap| soap.replacen("></S12:Body>", " />", 1));
    check_legal(|soap| soap.replacen("<eb:MessageInfo>", "<eb:MessageInfo\n>", 1));
    // Attribute order.
    let id = format!("wsu:Id=\"{}\" ", Message::id_of(&GOOD.messaging));
    check_legal(|soap| {
        let must = "S12:mustUnderstand=\"true\"";
        soap.replacen(&format!("{id}{must}"), &format!("{must} {id}"), 1)
    });
    // A comment in unread places, a declaration, an encoding name, a byte order mark.
    check_legal(|soap| soap.replacen("<eb:PartyInfo>", "<eb:PartyInfo><!-- c -->", 1));
    check_legal(|soap| format!("<?xml version='1.0' encoding='utf-8'?>\n{soap}"));
    check_legal(|soap| format!("\u{FEFF}{soap}"));
    // White space and line ends between header blocks.
    check_legal(|soap| soap.replacen("<wsse:Security ", "\r\n\t<wsse:Security ", 1));
    check_legal(|soap| soap.replacen("<S12:Header>", "\r\n<S12:Header>\r\n", 1));
    check_legal(|soap| soap.replacen("<ds:KeyInfo>", "\n<ds:KeyInfo>\n", 1));
    // Security before Messaging, another header block.
    check_legal(|soap| {
        soap.replace(&GOOD.messaging, "").replace(
            &GOOD.security,
            &format!("{}{}", GOOD.security, GOOD.messaging),
        )
    });
    check_legal(|soap| soap.replacen("<S12:Header>", "<S12:Header><x/>", 1));
    // Declarations further out, other prefixes where nothing is signed.
    check_legal(|soap| soap.replacen("<S12:Envelope ", "<S12:Envelope xmlns:x=\"urn:x\" ", 1));
    check_legal(|soap| {
        let security = GOOD
            .security
            .replace("wsse:", "sec:")
            .replace("xmlns:wsse=", "xmlns:sec=");
        soap.replace(&GOOD.security, &security)
    });
    // A time stamp and a token nobody uses. [P18]
    check_legal(|soap| soap.replacen("</wsse:Security>", "<wsu:Timestamp/></wsse:Security>", 1));
    check_legal(|soap| {
        let token = "<wsse:BinarySecurityToken wsu:Id=\"unused\">AAAA</wsse:BinarySecurityToken>";
        soap.replacen("</wsse:Security>", &format!("{token}</wsse:Security>"), 1)
    });
    // Wrapped base64. [P10]
    check_legal(|soap| soap.replacen("<ds:SignatureValue>", "<ds:SignatureValue>\r\n ", 1));
    check_legal(|soap| soap.replacen("<xenc:CipherValue>", "<xenc:CipherValue>\n\t", 1));
    // The PrefixList may name what is not used.
    let method =
        "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">";
    assert!(GOOD.security.contains(method));
}

#[test]
fn legal_variants_of_the_package_are_accepted() {
    let good = GOOD.receive().unwrap();
    let check = |change: &dyn Fn(&mut Message)| {
        let mut message = GOOD.clone();
        change(&mut message);
        assert_eq!(message.receive().unwrap(), good);
    };
    check(&|it| it.preamble = "This is a MIME message\r\n".to_owned());
    check(&|it| it.preamble = "\r\n".to_owned());
    check(&|it| it.parts.reverse());
    check(&|it| {
        it.parts[0].headers = it.parts[0]
            .headers
            .to_uppercase()
            .replace("REGREP@OOTS.EU", "regrep@oots.eu")
    });
    check(&|it| it.parts[0].headers = it.parts[0].headers.replace(['<', '>'], ""));
    check(&|it| it.parts[0].headers = it.parts[0].headers.replace(": ", ":\r\n\t"));
    check(&|it| {
        it.parts[0]
            .headers
            .push_str("\r\nContent-Disposition: attachment; filename=\"../x\"")
    });
    check(&|it| it.boundary = "----=_Part_1.2".to_owned());
    check(&|it| {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let encoded = STANDARD.encode(&it.parts[0].content);
        it.parts[0].content = encoded.into_bytes();
        it.parts[0].headers = it.parts[0].headers.replace("binary", "base64");
    });
    check(&|it| {
        let encoded = it.parts[1]
            .content
            .iter()
            .map(|byte| format!("={byte:02X}"))
            .collect::<Vec<_>>();
        let lines: Vec<String> = encoded.chunks(20).map(<[String]>::concat).collect();
        it.parts[1].content = lines.join("=\r\n").into_bytes();
        it.parts[1].headers = it.parts[1].headers.replace("binary", "Quoted-Printable");
    });
    let body = Bytes::from(GOOD.octets(&GOOD.soap()));
    for content_type in [
        format!("Multipart/Related;boundary={}", GOOD.boundary),
        format!(
            "multipart/related; charset=x; type=Application/SOAP+xml; BOUNDARY=\"{}\"",
            GOOD.boundary
        ),
    ] {
        assert!(
            World::rsa().receive(&content_type, body.clone()).is_ok(),
            "{content_type}"
        );
    }
}

#[test]
fn work_is_bounded_before_anything_is_proven() {
    // [ROB-89], [ROB-80]
    let messaging = |change: &dyn Fn(&str) -> String| {
        let mut evil = GOOD.clone();
        evil.messaging = change(&GOOD.messaging);
        assert_ne!(evil.messaging, GOOD.messaging);
        evil
    };
    let list = "</eb:MessageProperties>";
    let properties: String = (0..5000)
        .map(|at| format!("<eb:Property name=\"p{at}\">v</eb:Property>"))
        .collect();
    check(
        &messaging(&|text| text.replacen(list, &format!("{properties}{list}"), 1)),
        HEADER,
    );
    let list = "</eb:PayloadInfo>";
    let parts: String = (0..5000)
        .map(|at| format!("<eb:PartInfo href=\"cid:p{at}\"/>"))
        .collect();
    check(
        &messaging(&|text| text.replacen(list, &format!("{parts}{list}"), 1)),
        HEADER,
    );
    let deep = format!("{}{}", "<x>".repeat(5000), "</x>".repeat(5000));
    check(&messaging(&|text| format!("{text}{deep}")), HEADER);
    let attributes: String = (0..5000).map(|at| format!(" a{at}=\"\"")).collect();
    check(
        &messaging(&|text| format!("{text}<x{attributes}/>")),
        HEADER,
    );
    let declarations: String = (0..5000)
        .map(|at| format!(" xmlns:a{at}=\"urn:x\""))
        .collect();
    check(
        &messaging(&|text| format!("{text}<x{declarations}/>")),
        HEADER,
    );
    check(
        &messaging(&|text| format!("{text}{}", "<x/>".repeat(200_000))),
        HEADER,
    );
}

#[test]
fn work_is_bounded_before_the_signature_is_checked() {
    // A list of prefixes is looked through for every declaration.
    let method =
        "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">";
    let listed = format!(
        "{method}<ec:InclusiveNamespaces xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\" \
         PrefixList=\"{}\"/>",
        "a ".repeat(100_000)
    );
    check(
        &with_security(|text| text.replacen(method, &listed, 1)),
        POLICY,
    );
    // Each key would cost a private-key operation, each description a look.
    let key = cut(
        &GOOD.security,
        "<xenc:EncryptedKey ",
        "</xenc:EncryptedKey>",
    );
    let keys: String = (0..1000)
        .map(|at| key.replacen(" Id=\"", &format!(" Id=\"k{at}"), 1))
        .collect();
    check(
        &with_security(|text| text.replacen(&key, &format!("{keys}{key}"), 1)),
        DECRYPTION,
    );
    let data = cut(
        &GOOD.security,
        "<xenc:EncryptedData ",
        "</xenc:EncryptedData>",
    );
    let all: String = (0..1000)
        .map(|at| data.replacen(" Id=\"", &format!(" Id=\"d{at}"), 1))
        .collect();
    check(
        &with_security(|text| text.replacen(&data, &format!("{all}{data}"), 1)),
        DECRYPTION,
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever is changed in transit: refused, or read exactly as it was sent.
    #[test]
    fn damage_in_transit_changes_nothing_that_is_read(
        at: prop::sample::Index,
        kind in 0..3_u8,
        byte: u8,
        count in 1..40_usize,
    ) {
        let mut octets = GOOD.octets(&GOOD.soap());
        let at = at.index(octets.len());
        match kind {
            0 => octets[at] = byte,
            1 => octets.insert(at, byte),
            _ => drop(octets.drain(at..octets.len().min(at + count))),
        }
        if let Ok(message) = World::rsa().receive(&GOOD.content_type(), Bytes::from(octets)) {
            let good = World::rsa()
                .receive(&GOOD.content_type(), Bytes::from(GOOD.octets(&GOOD.soap())))
                .unwrap();
            prop_assert_eq!(message.header(), good.header());
            prop_assert_eq!(message.payloads(), good.payloads());
        }
    }
}
