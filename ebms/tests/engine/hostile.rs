//! Attacks on a good message. Every variant keeps the octets that were signed somewhere and adds
//! what the attacker wants read; none may be accepted. Then the legal variants, which must be.
//! Numbers in brackets are those of the catalogue of wrapping variants.

mod damage;
mod legal;
mod limits;
mod parts;
mod signature;
mod wrapping;

use super::support::{World, payload, request};
use bytes::Bytes;
use ebms::{EbmsCode, Leg, Refusal};
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

/// Changes the signature's own text.
fn with_security(change: impl Fn(&str) -> String) -> Message {
    let mut evil = GOOD.clone();
    evil.security = change(&GOOD.security);
    assert_ne!(evil.security, GOOD.security);
    evil
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
