//! Content transfer encodings, undone before anything is digested or decrypted. [P21]

use super::Problem;
use bytes::Bytes;

/// Undoes a transfer encoding. What is not encoded is not copied.
pub(super) fn decode(encoding: Option<&str>, content: Bytes) -> Result<Bytes, Problem> {
    let encoding = encoding.unwrap_or("binary").to_ascii_lowercase();
    match encoding.as_str() {
        "binary" | "8bit" | "7bit" => Ok(content),
        "base64" => base64(&content).map(Bytes::from),
        "quoted-printable" => quoted_printable(&content).map(Bytes::from),
        _ => Err(Problem::TransferEncoding),
    }
}

fn base64(content: &[u8]) -> Result<Vec<u8>, Problem> {
    let text = std::str::from_utf8(content).map_err(|_| Problem::TransferEncoding)?;
    crate::security::from_base64(text).ok_or(Problem::TransferEncoding)
}

fn quoted_printable(content: &[u8]) -> Result<Vec<u8>, Problem> {
    let mut out = Vec::with_capacity(content.len());
    // White space before a line break was added on the way.
    let mut kept = 0;
    let mut bytes = content;
    while let Some((first, rest)) = bytes.split_first() {
        bytes = rest;
        match first {
            b'=' => {
                bytes = escape(rest, &mut out)?;
                kept = out.len();
            }
            b'\r' if rest.first() == Some(&b'\n') => {
                out.truncate(kept);
                out.extend_from_slice(b"\r\n");
                kept = out.len();
                bytes = rest.get(1..).unwrap_or_default();
            }
            b' ' | b'\t' => out.push(*first),
            b'!'..=b'~' => {
                out.push(*first);
                kept = out.len();
            }
            _ => return Err(Problem::TransferEncoding),
        }
    }
    out.truncate(kept);
    Ok(out)
}

/// What follows an equals sign: an octet, or a line break that is none.
fn escape<'b>(rest: &'b [u8], out: &mut Vec<u8>) -> Result<&'b [u8], Problem> {
    if let [high, low, after @ ..] = rest {
        let digit = |byte: &u8| char::from(*byte).to_digit(16);
        if let (Some(high), Some(low)) = (digit(high), digit(low)) {
            out.push(u8::try_from(high * 16 + low).map_err(|_| Problem::TransferEncoding)?);
            return Ok(after);
        }
    }
    let blanks = rest
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .count();
    rest.get(blanks..)
        .and_then(|line| line.strip_prefix(b"\r\n"))
        .ok_or(Problem::TransferEncoding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(encoding: &str, content: &str, expected: Option<&str>) {
        let decoded = decode(Some(encoding), Bytes::copy_from_slice(content.as_bytes()));
        assert_eq!(decoded.ok().as_deref(), expected.map(str::as_bytes));
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
            "a=3Db =\r\nc\t \r\nd",
            Some("a=b c\r\nd"),
        );
        check("quoted-printable", "a=3", None);
        check("quoted-printable", "a=zz", None);
        check("quoted-printable", "ä", None);
    }

    #[test]
    fn an_unknown_encoding_is_refused() {
        check("x-uuencode", "a", None);
    }
}
