//! A message or signal taken apart by its own text, changed where no sender of ours would change
//! it, and signed anew: so that what is tested is the rule and not the signature.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use rcgen::{KeyPair, SigningKey};

/// What goes over the wire, open to changes.
#[derive(Clone)]
pub(crate) struct Forge {
    boundary: Option<String>,
    pub(crate) soap: String,
    pub(crate) parts: Vec<Part>,
}

/// A MIME part after the root.
#[derive(Clone)]
pub(crate) struct Part {
    pub(crate) headers: String,
    pub(crate) content: Vec<u8>,
}

impl Forge {
    pub(crate) fn of(content_type: &str, body: &[u8]) -> Self {
        let Some((_, boundary)) = content_type.split_once("boundary=\"") else {
            return Self {
                boundary: None,
                soap: String::from_utf8(body.to_vec()).unwrap(),
                parts: Vec::new(),
            };
        };
        let boundary = boundary.trim_end_matches('"').to_owned();
        let mut parts = sections(body, &boundary);
        let soap = String::from_utf8(parts.remove(0).content).unwrap();
        Self {
            boundary: Some(boundary),
            soap,
            parts,
        }
    }

    /// One text for another in the SOAP part, wherever it occurs.
    #[track_caller]
    pub(crate) fn with(mut self, old: &str, new: &str) -> Self {
        assert!(self.soap.contains(old), "{old:?} is not in the message");
        self.soap = self.soap.replace(old, new);
        self
    }

    /// Another content for a part that is not encrypted.
    pub(crate) fn with_content(mut self, at: usize, content: Vec<u8>) -> Self {
        self.parts[at].content = content;
        self
    }

    /// Signs the header as it now stands, with the key the message was signed with. The header
    /// must be written in canonical form.
    pub(crate) fn signed(mut self, key: &str) -> Self {
        let messaging = cut(&self.soap, "<eb:Messaging", "</eb:Messaging>");
        let id = between(&messaging, "wsu:Id=\"", "\"");
        self.set_digest(&format!("#{id}"), messaging.as_bytes());
        self.resigned(key)
    }

    /// Signs the parts as they now are, too. They must not be encrypted, and of a type that is
    /// digested as it is.
    pub(crate) fn signed_with_parts(mut self, key: &str) -> Self {
        for part in self.parts.clone() {
            let cid = between(&part.headers, "Content-ID: <", ">");
            self.set_digest(&format!("cid:{cid}"), &part.content);
        }
        self.signed(key)
    }

    fn set_digest(&mut self, uri: &str, octets: &[u8]) {
        let reference = cut(
            &self.soap,
            &format!("<ds:Reference URI=\"{uri}\""),
            "</ds:Reference>",
        );
        let old = between(&reference, "<ds:DigestValue>", "<");
        let digest = STANDARD.encode(sha256(octets));
        self.soap = self
            .soap
            .replace(&reference, &reference.replace(&old, &digest));
    }

    /// Signs SignedInfo as it now stands.
    pub(crate) fn resigned(mut self, key: &str) -> Self {
        let info = cut(&self.soap, "<ds:SignedInfo", "</ds:SignedInfo>");
        let value = KeyPair::from_pem(key)
            .unwrap()
            .sign(info.as_bytes())
            .unwrap();
        let old = between(&self.soap, "<ds:SignatureValue>", "<");
        self.soap = self.soap.replace(&old, &STANDARD.encode(value));
        self
    }

    pub(crate) fn content_type(&self) -> String {
        match &self.boundary {
            None => "application/soap+xml; charset=UTF-8".to_owned(),
            Some(boundary) => {
                format!("multipart/related; type=\"application/soap+xml\"; boundary=\"{boundary}\"")
            }
        }
    }

    pub(crate) fn body(&self) -> Bytes {
        let Some(boundary) = &self.boundary else {
            return Bytes::copy_from_slice(self.soap.as_bytes());
        };
        let mut out = format!("--{boundary}\r\nContent-Type: application/soap+xml\r\n\r\n");
        out.push_str(&self.soap);
        let mut out = out.into_bytes();
        for part in &self.parts {
            out.extend(format!("\r\n--{boundary}\r\n{}\r\n\r\n", part.headers).bytes());
            out.extend(&part.content);
        }
        out.extend(format!("\r\n--{boundary}--\r\n").bytes());
        out.into()
    }
}

fn sections(body: &[u8], boundary: &str) -> Vec<Part> {
    let delimiter = format!("--{boundary}");
    let find = |from: usize, needle: &[u8]| {
        let rest = &body[from..];
        let at = rest.windows(needle.len()).position(|it| it == needle);
        at.map(|at| from + at)
    };
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = find(at, delimiter.as_bytes()) {
        let start = start + delimiter.len() + 2;
        let Some(end) = find(start, format!("\r\n{delimiter}").as_bytes()) else {
            break;
        };
        let empty = find(start, b"\r\n\r\n").unwrap();
        found.push(Part {
            headers: String::from_utf8(body[start..empty].to_vec()).unwrap(),
            content: body[empty + 4..end].to_vec(),
        });
        at = end;
    }
    found
}

/// From the first `from` to the end of the next `to`, both included.
#[track_caller]
pub(crate) fn cut(text: &str, from: &str, to: &str) -> String {
    format!("{from}{}{to}", between(text, from, to))
}

/// What stands between the first `from` and the next `to`.
#[track_caller]
pub(crate) fn between(text: &str, from: &str, to: &str) -> String {
    let (_, after) = text
        .split_once(from)
        .unwrap_or_else(|| panic!("{from:?} is not there"));
    let (inner, _) = after
        .split_once(to)
        .unwrap_or_else(|| panic!("{to:?} is not there"));
    inner.to_owned()
}

pub(crate) fn sha256(octets: &[u8]) -> Vec<u8> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, octets)
        .as_ref()
        .to_vec()
}
