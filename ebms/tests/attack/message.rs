//! A good message taken apart by its own text, so that it can be put together wrongly.

use ebms::Outgoing;

#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) boundary: String,
    /// SOAP up to the content of its Header.
    pub(crate) open: String,
    pub(crate) messaging: String,
    pub(crate) security: String,
    pub(crate) body: String,
    pub(crate) parts: Vec<Part>,
    pub(crate) preamble: String,
    /// Headers of the root part.
    pub(crate) root: String,
}

#[derive(Clone)]
pub(crate) struct Part {
    pub(crate) headers: String,
    pub(crate) content: Vec<u8>,
}

impl Message {
    pub(crate) fn split(sent: &Outgoing) -> Self {
        let body = sent.body();
        let boundary = sent.content_type().split("boundary=\"").nth(1).unwrap();
        let boundary = boundary.split('"').next().unwrap().to_owned();
        let delimiter = format!("--{boundary}");
        let find = |from: usize, needle: &[u8]| {
            let found = body[from..]
                .windows(needle.len())
                .position(|it| it == needle);
            found.map(|it| from + it)
        };
        let (mut parts, mut at) = (Vec::new(), 0);
        while let Some(start) = find(at, delimiter.as_bytes()) {
            let start = start + delimiter.len() + 2;
            let Some(end) = find(start, format!("\r\n{delimiter}").as_bytes()) else {
                break;
            };
            let empty = find(start, b"\r\n\r\n").unwrap();
            parts.push(Part {
                headers: String::from_utf8(body[start..empty].to_vec()).unwrap(),
                content: body[empty + 4..end].to_vec(),
            });
            at = end;
        }
        let root = parts.remove(0);
        let soap = String::from_utf8(root.content).unwrap();
        Self {
            boundary,
            open: soap.split_once("<eb:Messaging").unwrap().0.to_owned(),
            messaging: cut(&soap, "<eb:Messaging", "</eb:Messaging>"),
            security: cut(&soap, "<wsse:Security ", "</wsse:Security>"),
            body: cut(&soap, "<S12:Body", "</S12:Body>"),
            parts,
            preamble: String::new(),
            root: root.headers,
        }
    }

    pub(crate) fn soap(&self) -> String {
        let Self {
            open,
            messaging,
            security,
            body,
            ..
        } = self;
        format!("{open}{messaging}{security}</S12:Header>{body}</S12:Envelope>")
    }

    pub(crate) fn content_type(&self) -> String {
        let boundary = &self.boundary;
        format!("multipart/related; type=\"application/soap+xml\"; boundary=\"{boundary}\"")
    }

    pub(crate) fn octets(&self, soap: &[u8]) -> Vec<u8> {
        let boundary = &self.boundary;
        let mut out = self.preamble.clone().into_bytes();
        out.extend(format!("--{boundary}\r\n{}\r\n\r\n", self.root).bytes());
        out.extend(soap);
        for part in &self.parts {
            out.extend(format!("\r\n--{boundary}\r\n{}\r\n\r\n", part.headers).bytes());
            out.extend(&part.content);
        }
        out.extend(format!("\r\n--{boundary}--\r\n").bytes());
        out
    }

    /// Changes the header, and something must have changed.
    #[track_caller]
    pub(crate) fn messaging(&self, from: &str, to: &str) -> Self {
        let mut changed = self.clone();
        changed.messaging = swap(&self.messaging, from, to);
        changed
    }

    /// Changes the security header.
    #[track_caller]
    pub(crate) fn security(&self, from: &str, to: &str) -> Self {
        let mut changed = self.clone();
        changed.security = swap(&self.security, from, to);
        changed
    }

    /// The reference of the signature to what `uri` names.
    #[track_caller]
    pub(crate) fn reference(&self, uri: &str) -> String {
        let from = format!("<ds:Reference URI=\"{uri}");
        cut(&self.security, &from, "</ds:Reference>")
    }

    pub(crate) fn signature(&self) -> String {
        cut(&self.security, "<ds:Signature ", "</ds:Signature>")
    }

    /// `ds:KeyInfo` of the signature.
    pub(crate) fn key_info(&self) -> String {
        cut(&self.signature(), "<ds:KeyInfo>", "</ds:KeyInfo>")
    }

    pub(crate) fn messaging_id(&self) -> &str {
        id_of(&self.messaging)
    }

    pub(crate) fn body_id(&self) -> &str {
        id_of(&self.body)
    }
}

impl Part {
    pub(crate) fn new(id: &str, content: &[u8]) -> Self {
        Self {
            headers: format!("Content-Type: application/octet-stream\r\nContent-ID: <{id}>"),
            content: content.to_vec(),
        }
    }

    pub(crate) fn cid(&self) -> &str {
        let (_, after) = self.headers.split_once("Content-ID:").unwrap_or_default();
        let line = after.split("\r\n").next().unwrap_or_default();
        line.trim().trim_matches(['<', '>'])
    }
}

pub(crate) fn id_of(text: &str) -> &str {
    let (_, after) = text.split_once("wsu:Id=\"").unwrap();
    after.split('"').next().unwrap()
}

/// The block with another id attribute, or none.
pub(crate) fn with_id(block: &str, id: &str) -> String {
    block.replacen(&format!(" wsu:Id=\"{}\"", id_of(block)), id, 1)
}

/// From the first `from` to the end of the next `to`.
#[track_caller]
pub(crate) fn cut(text: &str, from: &str, to: &str) -> String {
    let (_, after) = text.split_once(from).unwrap_or_else(|| panic!("no {from}"));
    let (inner, _) = after.split_once(to).unwrap_or_else(|| panic!("no {to}"));
    format!("{from}{inner}{to}")
}

/// The text with its first `from` exchanged.
#[track_caller]
pub(crate) fn swap(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "no {from}");
    assert_ne!(from, to, "nothing changes");
    text.replacen(from, to, 1)
}
