//! Messages taken apart and put together, apart from `ebms`, which is what is judged.

use second_opinion::{Attachments, Method, Refused, Verdict, canonical_xml};

/// A message: its envelope and its other MIME parts.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    pub(crate) soap: Vec<u8>,
    pub(crate) parts: Vec<Part>,
}

#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) cid: String,
    pub(crate) content_type: String,
    pub(crate) content: Vec<u8>,
}

impl Parts {
    /// Splits a body; one that is not multipart is an envelope.
    pub(crate) fn split(content_type: &str, body: &[u8]) -> Self {
        let Some((_, boundary)) = content_type.split_once("boundary=") else {
            return Self {
                soap: body.to_vec(),
                parts: Vec::new(),
            };
        };
        let boundary = boundary.split(';').next().unwrap().trim().trim_matches('"');
        let delimiter = format!("\r\n--{boundary}");
        let body = [b"\r\n", body].concat();
        let mut pieces = Vec::new();
        let mut rest = body.as_slice();
        while let Some(at) = find(rest, delimiter.as_bytes()) {
            pieces.push(&rest[..at]);
            rest = &rest[at + delimiter.len()..];
        }
        assert!(rest.starts_with(b"--"), "the last delimiter");
        let mut parts: Vec<Part> = pieces[1..].iter().map(|it| Part::read(it)).collect();
        let soap = parts.remove(0).content;
        Self { soap, parts }
    }

    /// Puts a message together.
    pub(crate) fn join(&self) -> (String, Vec<u8>) {
        const BOUNDARY: &str = "----=_Part_7_second.opinion";
        let mut body = Vec::new();
        let root = Part {
            cid: "soap@second.opinion".to_owned(),
            content_type: "application/soap+xml; charset=UTF-8".to_owned(),
            content: self.soap.clone(),
        };
        for part in std::iter::once(&root).chain(&self.parts) {
            let head = format!(
                "\r\n--{BOUNDARY}\r\nContent-Type: {}\r\nContent-ID: <{}>\r\n\r\n",
                part.content_type, part.cid
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(&part.content);
        }
        body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
        let content_type = format!(
            "multipart/related; type=\"application/soap+xml\"; start=\"<{}>\"; \
             boundary=\"{BOUNDARY}\"",
            root.cid
        );
        (content_type, body)
    }

    /// What is digested of each part, by its content type. [AS4 1.7]
    pub(crate) fn digested(&self) -> Result<Attachments, Refused> {
        let mut attachments = Attachments::new();
        for part in &self.parts {
            let essence = part.content_type.split(';').next().unwrap().trim();
            let octets = match essence {
                "text/xml" | "application/xml" => canonical_xml(&part.content)?,
                it if it.ends_with("+xml") => canonical_xml(&part.content)?,
                it if it.starts_with("text/") => with_crlf(&part.content),
                _ => part.content.clone(),
            };
            attachments.insert(&format!("cid:{}", part.cid), octets);
        }
        Ok(attachments)
    }

    /// The parts as they are.
    pub(crate) fn raw(&self) -> Attachments {
        let mut attachments = Attachments::new();
        for part in &self.parts {
            attachments.insert(&format!("cid:{}", part.cid), part.content.clone());
        }
        attachments
    }

    /// libxmlsec1's opinion.
    pub(crate) fn verify(&self, certificate_pem: &str, method: Method) -> Result<Verdict, Refused> {
        let certificate = certificate_pem.as_bytes();
        second_opinion::verify(&self.soap, &self.digested()?, certificate, method)
    }

    pub(crate) fn soap_text(&self) -> &str {
        std::str::from_utf8(&self.soap).unwrap()
    }

    /// The same message with text of its envelope exchanged; it must be there once.
    pub(crate) fn with(&self, old: &str, new: &str) -> Self {
        assert_eq!(
            self.soap_text().matches(old).count(),
            1,
            "{old} in the envelope"
        );
        let mut changed = self.clone();
        changed.soap = self.soap_text().replace(old, new).into_bytes();
        changed
    }
}

impl Part {
    fn read(piece: &[u8]) -> Self {
        let end = find(piece, b"\r\n\r\n").expect("headers end");
        let headers = std::str::from_utf8(&piece[..end]).unwrap();
        let header = |name: &str| {
            let mut lines = headers.lines().filter_map(|line| line.split_once(':'));
            let found = lines.find(|(found, _)| found.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.trim().to_owned())
        };
        Self {
            cid: header("content-id")
                .unwrap_or_default()
                .trim_matches(['<', '>'])
                .to_owned(),
            content_type: header("content-type").unwrap_or_default(),
            content: piece[end + 4..].to_vec(),
        }
    }
}

/// The text between two marks, which must be there.
pub(crate) fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let (_, rest) = text
        .split_once(before)
        .unwrap_or_else(|| panic!("{before} in {text}"));
    rest.split_once(after).unwrap().0
}

pub(crate) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|it| it == needle)
}

/// Every line break as CRLF, one octet at a time.
fn with_crlf(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut after_cr = false;
    for &byte in content {
        match byte {
            b'\n' if after_cr => {}
            b'\r' | b'\n' => out.extend_from_slice(b"\r\n"),
            other => out.push(other),
        }
        after_cr = byte == b'\r';
    }
    out
}
