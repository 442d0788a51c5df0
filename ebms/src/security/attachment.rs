//! The Attachment-Content-Signature-Transform: what is digested of a part depends on the content
//! type of the part, never on the ebMS `MimeType` property. [AS4 0.2, AS4 1.7]

use crate::octets::{CHUNK, for_each_chunk};
use aws_lc_rs::digest;
use std::io::{self, BufRead, BufReader, Read};
use xml::{
    StreamLimits,
    c14n::{self, StreamError},
};

/// SHA-256 of a part under the transform, and every octet of the part to `pass_on`. `None` where
/// XML content is not XML.
pub(crate) fn digest(
    content_type: &str,
    content: &mut dyn BufRead,
    mut pass_on: impl FnMut(&[u8]),
) -> io::Result<Option<[u8; 32]>> {
    match Form::of(content_type) {
        Form::Raw => {
            let mut context = digest::Context::new(&digest::SHA256);
            for_each_chunk(content, |chunk| {
                context.update(chunk);
                pass_on(chunk);
                Ok(())
            })?;
            Ok(Some(finish(context)))
        }
        Form::Text => {
            let mut text = Text::new();
            for_each_chunk(content, |chunk| {
                text.update(chunk);
                pass_on(chunk);
                Ok(())
            })?;
            Ok(Some(text.finish()))
        }
        Form::Xml => {
            let mut tee = Tee { content, pass_on };
            let mut context = digest::Context::new(&digest::SHA256);
            let canonical = c14n::stream(
                BufReader::with_capacity(CHUNK, &mut tee),
                &StreamLimits::ATTACHMENT,
                |chunk| context.update(chunk),
            );
            match canonical {
                Ok(()) => Ok(Some(finish(context))),
                Err(StreamError::Read(error)) => Err(error),
                Err(StreamError::Xml(_)) => {
                    // To its end all the same: what comes of the rest must not depend on this.
                    for_each_chunk(tee.content, |chunk| {
                        (tee.pass_on)(chunk);
                        Ok(())
                    })?;
                    Ok(None)
                }
            }
        }
    }
}

/// Passes on what is read.
struct Tee<'c, F> {
    content: &'c mut dyn BufRead,
    pass_on: F,
}

impl<F: FnMut(&[u8])> Read for Tee<'_, F> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.content.read(into)?;
        (self.pass_on)(into.get(..read).unwrap_or_default());
        Ok(read)
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

/// Digests text with every line break as CRLF.
// [P07]
struct Text {
    context: digest::Context,
    /// The chunk before ended in a carriage return, whose line break is written already.
    after_return: bool,
}

impl Text {
    fn new() -> Self {
        Self {
            context: digest::Context::new(&digest::SHA256),
            after_return: false,
        }
    }

    fn update(&mut self, chunk: &[u8]) {
        let mut rest = chunk;
        if self.after_return && !rest.is_empty() {
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
            self.after_return = false;
        }
        while let Some(at) = memchr::memchr2(b'\r', b'\n', rest) {
            let (line, end) = rest.split_at(at);
            self.context.update(line);
            self.context.update(b"\r\n");
            self.after_return = end == b"\r";
            let skipped = if end.starts_with(b"\r\n") { 2 } else { 1 };
            rest = end.get(skipped..).unwrap_or_default();
        }
        self.context.update(rest);
    }

    fn finish(self) -> [u8; 32] {
        finish(self.context)
    }
}

pub(crate) fn finish(context: digest::Context) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        octets::{Octets, tests::kept},
        security::sha256,
    };

    fn digest_of(content_type: &str, content: &Octets) -> Option<[u8; 32]> {
        let mut passed = Vec::new();
        let digest = digest(content_type, &mut *content.reader(), |chunk| {
            passed.extend_from_slice(chunk);
        });
        assert_eq!(passed, content.load().unwrap());
        digest.unwrap()
    }

    #[track_caller]
    fn check(content_type: &str, content: &str, digested: &str) {
        let expected = Some(sha256(digested.as_bytes()));
        for octets in [kept(content.as_bytes()), content.as_bytes().to_vec().into()] {
            assert_eq!(digest_of(content_type, &octets), expected);
        }
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
        check("text/xml", "<?s t?><a/>", "<?s t?>\n<a></a>");
        check("image/svg+xml", "<a/>", "<a></a>");
        check("text/csv+xml", "a\n", "a\r\n");
    }

    #[test]
    fn a_line_break_across_two_chunks_is_one() {
        for split in 0..6 {
            let (first, second) = b"a\r\nb\r\r".split_at(split);
            let mut text = Text::new();
            text.update(first);
            text.update(b"");
            text.update(second);
            assert_eq!(text.finish(), sha256(b"a\r\nb\r\n\r\n"));
        }
    }

    #[test]
    fn xml_that_is_not_xml_has_no_digest() {
        for content in ["<a>", "<!DOCTYPE a><a/>", "<a/>x"] {
            let content = Octets::from(content.as_bytes().to_vec());
            assert_eq!(digest_of("application/xml", &content), None);
        }
    }
}
