//! Which P-Mode a stored message has, or which field of it failed to match.

use std::{fs, path::Path, process::ExitCode};

use bytes::Bytes;
use ebms::{
    Incoming, Refusal, UserMessage,
    pmode::{self, Explanation},
    receive::{self, Limits},
};
use serde_json::json;

use super::leg_record;
use crate::{
    cli::{
        exit::{FINDINGS, Failure},
        output::Output,
    },
    config::Config,
};

pub(super) fn run(config: &Config, file: &Path, output: Output) -> Result<ExitCode, Failure> {
    let stored = fs::read(file).map_err(|source| Failure::File {
        what: format!("{} cannot be read", file.display()),
        source,
    })?;
    let header = match header(&stored) {
        Ok(header) => header,
        Err(unread) => {
            let text = unread.to_string();
            let record = json!({ "matches": false, "problem": text });
            output.record(&record, || format!("not read: {text}"))?;
            return Ok(ExitCode::from(FINDINGS));
        }
    };
    let explanation = config.pmodes().explain(&header);
    print(config, &header, &explanation, output)?;
    Ok(if explanation.matches {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FINDINGS)
    })
}

#[derive(Debug, thiserror::Error)]
enum Unread {
    #[error("{0}")]
    Refused(#[from] Refusal),
    #[error("a signal: receipts and errors have no P-Mode of their own")]
    Signal,
    #[error("no Content-Type header before the body")]
    NoContentType,
}

/// A SOAP envelope alone, a MIME package, or either of them behind its HTTP headers.
fn header(stored: &[u8]) -> Result<UserMessage, Unread> {
    let text = stored.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(stored);
    if text.trim_ascii_start().first() == Some(&b'<') {
        return Ok(pmode::read_header(text.trim_ascii())?);
    }
    if let Some(content_type) = bare_package(text) {
        return package(&content_type, text);
    }
    let (head, body) = split(text).ok_or(Unread::NoContentType)?;
    let content_type = content_type(&head).ok_or(Unread::NoContentType)?;
    if content_type
        .to_ascii_lowercase()
        .starts_with("application/soap+xml")
    {
        return Ok(pmode::read_header(body.trim_ascii())?);
    }
    package(&content_type, body)
}

fn package(content_type: &str, body: &[u8]) -> Result<UserMessage, Unread> {
    // It was stored because it was too large, perhaps: what a listener reads does not count here.
    let limits = Limits {
        body_bytes: usize::MAX,
        ..Limits::default()
    };
    match receive::read(content_type, Bytes::copy_from_slice(body), &limits)? {
        Incoming::User(sealed) => Ok(sealed.claimed().clone()),
        Incoming::Signal(_) => Err(Unread::Signal),
    }
}

/// A package without its HTTP headers tells its boundary itself.
fn bare_package(text: &[u8]) -> Option<String> {
    let first = text
        .trim_ascii_start()
        .split(|byte| *byte == b'\n')
        .next()?;
    let boundary = first.trim_ascii_end().strip_prefix(b"--")?;
    let boundary = std::str::from_utf8(boundary).ok()?;
    Some(format!(
        "multipart/related; type=\"application/soap+xml\"; boundary=\"{boundary}\""
    ))
}

/// Headers, lines unfolded, and body.
fn split(text: &[u8]) -> Option<(String, &[u8])> {
    let find = |mark: &[u8]| {
        let at = text.windows(mark.len()).position(|window| window == mark)?;
        Some((at, at + mark.len()))
    };
    let (end, start) = find(b"\r\n\r\n").or_else(|| find(b"\n\n"))?;
    let head = String::from_utf8_lossy(text.get(..end)?);
    let head = head
        .replace("\r\n", "\n")
        .replace("\n ", " ")
        .replace("\n\t", " ");
    Some((head, text.get(start..)?))
}

fn content_type(head: &str) -> Option<String> {
    head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is = name.trim().eq_ignore_ascii_case("content-type");
        is.then(|| value.trim().to_owned())
    })
}

fn print(
    config: &Config,
    header: &UserMessage,
    explanation: &Explanation,
    output: Output,
) -> Result<(), Failure> {
    let pmodes = config.pmodes();
    let partner = explanation
        .partner
        .as_deref()
        .and_then(|name| pmodes.partner(name));
    let (service, action) = (header.service(), header.action());
    let leg = partner
        .filter(|_| explanation.matches)
        .and_then(|partner| pmodes.leg(partner, service, action))
        .map(|leg| leg_record(service, action, &leg));
    let record = json!({
        "message_id": header.message_id().as_str(),
        "matches": explanation.matches,
        "partner": explanation.partner,
        "template": explanation.template,
        "leg": leg,
        "checks": explanation.checks,
    });
    output.record(&record, || text(header, explanation))
}

fn text(header: &UserMessage, explanation: &Explanation) -> String {
    let named = |name: &Option<String>| name.clone().unwrap_or_else(|| "-".to_owned());
    let (partner, template) = (named(&explanation.partner), named(&explanation.template));
    let verdict = if explanation.matches {
        "has the P-Mode"
    } else {
        "has no P-Mode; closest is"
    };
    let id = header.message_id();
    let mut lines = vec![format!("{id} {verdict} of {partner} ({template})")];
    for check in &explanation.checks {
        let (field, found) = (check.field, &check.found);
        lines.push(if check.ok {
            format!("  ok     {field}: {found}")
        } else {
            format!(
                "  differs {field}: found {found}, expected {}",
                check.expected
            )
        });
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_tells_its_boundary() {
        let found = bare_package(b"\r\n--a b\r\nContent-Type: x\r\n").unwrap();
        assert!(found.ends_with("boundary=\"a b\""), "{found}");
        assert_eq!(bare_package(b"Content-Type: x"), None);
    }

    #[test]
    fn headers_are_read_however_they_are_folded() {
        let stored =
            b"POST /as4 HTTP/1.1\r\nContent-type: multipart/related;\r\n\tboundary=b\r\n\r\nbody";
        let (head, body) = split(stored).unwrap();
        assert_eq!(body, b"body");
        assert_eq!(
            content_type(&head).unwrap(),
            "multipart/related; boundary=b"
        );
        let (head, body) = split(b"Content-Type: a\n\nx").unwrap();
        assert_eq!(
            (content_type(&head).as_deref(), body),
            (Some("a"), &b"x"[..])
        );
    }
}
