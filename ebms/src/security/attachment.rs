//! The Attachment-Content-Signature-Transform: what is digested of a part depends on the content
//! type of the part, never on the ebMS `MimeType` property. [AS4 0.2, AS4 1.7]

use super::sha256;
use aws_lc_rs::digest;
use xml::{Document, Limits, c14n};

/// SHA-256 of a part under the transform. `None` where XML content is not XML.
pub(crate) fn digest(content_type: &str, content: &[u8]) -> Option<[u8; 32]> {
    match Form::of(content_type) {
        Form::Raw => Some(sha256(content)),
        Form::Text => Some(text(content)),
        Form::Xml => {
            let document = Document::parse(content, &Limits::ATTACHMENT).ok()?;
            let mut context = digest::Context::new(&digest::SHA256);
            c14n::exclusive(document.root(), &[], |chunk| context.update(chunk));
            Some(finish(context))
        }
    }
}

/// Which octets stand for a part.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Form {
    Raw,
    Text,
    Xml,
}

impl Form {
    /// The same prefixes WSS4J looks for.
    fn of(content_type: &str) -> Self {
        let lower = content_type.trim().to_ascii_lowercase();
        let (essence, _) = lower.split_once(';').unwrap_or((&lower, ""));
        let suffixed = essence.starts_with("application/") || essence.starts_with("image/");
        if essence.starts_with("text/xml")
            || essence.starts_with("application/xml")
            || (suffixed && essence.contains("+xml"))
        {
            Self::Xml
        } else if essence.starts_with("text/") {
            Self::Text
        } else {
            Self::Raw
        }
    }
}

/// Text with every line break as CRLF.
// [P07]
fn text(content: &[u8]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    let mut rest = content;
    while let Some(at) = memchr::memchr2(b'\r', b'\n', rest) {
        let (line, end) = rest.split_at(at);
        context.update(line);
        context.update(b"\r\n");
        let skipped = if end.starts_with(b"\r\n") { 2 } else { 1 };
        rest = end.get(skipped..).unwrap_or_default();
    }
    context.update(rest);
    finish(context)
}

pub(super) fn finish(context: digest::Context) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(content_type: &str, content: &str, digested: &str) {
        let expected = Some(sha256(digested.as_bytes()));
        assert_eq!(digest(content_type, content.as_bytes()), expected);
    }

    #[test]
    fn the_content_type_decides_what_is_digested() {
        check("application/octet-stream", "<a/>\n", "<a/>\n");
        check("application/gzip", "\r", "\r");
        check("text/plain", "a\nb\r\nc\rd\n\r", "a\r\nb\r\nc\r\nd\r\n\r\n");
        check(
            "TEXT/XML; charset=UTF-8",
            "\u{FEFF}<?xml version=\"1.0\"?>\r\n<a b='1'/>",
            "<a b=\"1\"></a>",
        );
        check("application/x-ebrs+xml", "<a><!-- c --></a>", "<a></a>");
        check("image/svg+xml", "<a/>", "<a></a>");
        check("text/csv+xml", "a\n", "a\r\n");
    }

    #[test]
    fn xml_that_is_not_xml_has_no_digest() {
        assert_eq!(digest("application/xml", b"<a>"), None);
        assert_eq!(digest("application/xml", b"<!DOCTYPE a><a/>"), None);
    }
}
