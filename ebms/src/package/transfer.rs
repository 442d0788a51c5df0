//! Content transfer encodings, undone before anything is digested or decrypted. `[P21]`

use super::Problem;
use crate::octets::{CHUNK, Octets};
use base64::{engine::general_purpose::STANDARD, read::DecoderReader};
use std::io::{self, BufRead, BufReader, Read};

/// How the octets of a part are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Transfer {
    /// As they are.
    Plain,
    Base64,
    QuotedPrintable,
}

impl Transfer {
    /// Reads the header.
    pub(super) fn parse(encoding: Option<&str>) -> Result<Self, Problem> {
        match encoding.unwrap_or("binary").to_ascii_lowercase().as_str() {
            "binary" | "8bit" | "7bit" => Ok(Self::Plain),
            "base64" => Ok(Self::Base64),
            "quoted-printable" => Ok(Self::QuotedPrintable),
            _ => Err(Problem::TransferEncoding),
        }
    }

    /// The octets without their encoding. What is broken is an error of kind `InvalidData`.
    pub(crate) fn undo(self, content: &Octets) -> Box<dyn BufRead + '_> {
        match self {
            Self::Plain => content.reader(),
            Self::Base64 => {
                let text = WithoutSpace(content.reader());
                let decoder = DecoderReader::new(text, &STANDARD);
                Box::new(BufReader::with_capacity(CHUNK, decoder))
            }
            Self::QuotedPrintable => Box::new(QuotedPrintable {
                lines: content.reader(),
                line: Vec::new(),
                decoded: Vec::new(),
                given: 0,
            }),
        }
    }
}

/// Leaves out white space, which may stand anywhere in base64.
struct WithoutSpace<'c>(Box<dyn BufRead + 'c>);

impl Read for WithoutSpace<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.0.read(into)?;
            let mut kept = 0;
            for at in 0..read {
                let Some(byte) = into.get(at).copied() else {
                    break;
                };
                if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
                    && let Some(slot) = into.get_mut(kept)
                {
                    *slot = byte;
                    kept += 1;
                }
            }
            if kept > 0 || read == 0 {
                return Ok(kept);
            }
        }
    }
}

/// Decodes line by line.
struct QuotedPrintable<'c> {
    lines: Box<dyn BufRead + 'c>,
    line: Vec<u8>,
    decoded: Vec<u8>,
    given: usize,
}

/// The standard says 76; some writers do not break lines at all.
const LONGEST_LINE: u64 = 1 << 20;

impl BufRead for QuotedPrintable<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.given == self.decoded.len() {
            self.line.clear();
            let mut limited = self.lines.by_ref().take(LONGEST_LINE);
            if limited.read_until(b'\n', &mut self.line)? == 0 {
                break;
            }
            if self.line.len() as u64 == LONGEST_LINE && !self.line.ends_with(b"\n") {
                return Err(broken());
            }
            self.decoded.clear();
            self.given = 0;
            decode_line(&self.line, &mut self.decoded).ok_or_else(broken)?;
        }
        Ok(self.decoded.get(self.given..).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.given = (self.given + amount).min(self.decoded.len());
    }
}

impl Read for QuotedPrintable<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(into)?;
        self.consume(read);
        Ok(read)
    }
}

fn broken() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

/// One line with its line break, which the last one may lack.
fn decode_line(line: &[u8], out: &mut Vec<u8>) -> Option<()> {
    // White space before a line break was added on the way.
    let mut kept = 0;
    let mut bytes = line;
    while let Some((first, rest)) = bytes.split_first() {
        bytes = rest;
        match first {
            b'=' => {
                bytes = escape(rest, out)?;
                kept = out.len();
            }
            b'\r' if rest == b"\n" => {
                out.truncate(kept);
                out.extend_from_slice(b"\r\n");
                return Some(());
            }
            b' ' | b'\t' => out.push(*first),
            b'!'..=b'~' => {
                out.push(*first);
                kept = out.len();
            }
            _ => return None,
        }
    }
    out.truncate(kept);
    Some(())
}

/// What follows an equals sign: an octet, or a line break that is none.
fn escape<'b>(rest: &'b [u8], out: &mut Vec<u8>) -> Option<&'b [u8]> {
    if let [high, low, after @ ..] = rest {
        let digit = |byte: &u8| char::from(*byte).to_digit(16);
        if let (Some(high), Some(low)) = (digit(high), digit(low)) {
            out.push(u8::try_from(high * 16 + low).ok()?);
            return Some(after);
        }
    }
    let blanks = rest
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .count();
    rest.get(blanks..)?.strip_prefix(b"\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::octets::{read_up_to, tests::kept};

    #[track_caller]
    fn check(encoding: &str, content: &str, expected: Option<&str>) {
        for octets in [kept(content.as_bytes()), content.as_bytes().to_vec().into()] {
            let mut decoded = Vec::new();
            let read = Transfer::parse(Some(encoding))
                .map_err(|_| broken())
                .and_then(|transfer| {
                    read_up_to(&mut *transfer.undo(&octets), usize::MAX, &mut decoded)
                });
            assert_eq!(
                read.ok().map(|_| decoded.as_slice()),
                expected.map(str::as_bytes)
            );
        }
    }

    #[test]
    fn identity_encodings_change_nothing() {
        check("Binary", "a=b\n", Some("a=b\n"));
        check("8bit", "a=b\n", Some("a=b\n"));
        check("7bit", "a=b\n", Some("a=b\n"));
    }

    #[test]
    fn base64_may_be_wrapped_but_not_broken() {
        check("base64", "YWJj\r\nZA==\r\n", Some("abcd"));
        check("BASE64", "YWJj-ZA==", None);
        check("base64", "YWJ", None);
    }

    #[test]
    fn quoted_printable_is_decoded() {
        check(
            "quoted-printable",
            "a=3Db =\r\nc\t \r\nd ",
            Some("a=b c\r\nd"),
        );
        check("quoted-printable", "a=\r\n\r\nb", Some("a\r\nb"));
        check("quoted-printable", "a=3", None);
        check("quoted-printable", "a=zz", None);
        check("quoted-printable", "ä", None);
        check("quoted-printable", "a\nb", None);
        check("quoted-printable", "a\rb", None);
    }

    #[test]
    fn a_line_longer_than_any_writer_makes_is_refused() {
        let line = "a".repeat(1 << 20);
        check("quoted-printable", &format!("{line}a"), None);
        let longest = format!("{}\r\n", line.get(2..).unwrap());
        check("quoted-printable", &longest, Some(&longest));
    }

    #[test]
    fn an_unknown_encoding_is_refused() {
        check("x-uuencode", "a", None);
    }
}
