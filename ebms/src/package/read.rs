//! Takes a MIME package apart.

use super::{
    Package, Part, Problem,
    field::{MediaType, PartHeaders},
    transfer,
};
use crate::{id::ContentId, profile::SOAP_MEDIA_TYPE, receive::Limits, refusal::Reason};
use bytes::Bytes;
use memchr::memmem::Finder;
use std::{collections::BTreeSet, ops::Range};

/// Takes a message apart.
pub(crate) fn read(content_type: &str, body: &Bytes, limits: &Limits) -> Result<Package, Reason> {
    if body.len() > limits.body_bytes {
        return Err(Reason::TooLarge {
            limit: limits.body_bytes,
        });
    }
    let media = MediaType::parse(content_type).map_err(Reason::Mime)?;
    match media.essence.as_str() {
        SOAP_MEDIA_TYPE => {
            check_charset(&media).map_err(Reason::Mime)?;
            Ok(Package {
                root: body.clone(),
                parts: Vec::new(),
            })
        }
        "multipart/related" => {
            let kind = media.parameter("type");
            if kind.is_some_and(|kind| !kind.eq_ignore_ascii_case(SOAP_MEDIA_TYPE)) {
                return Err(Reason::ContentType(
                    "the type parameter is not application/soap+xml",
                ));
            }
            read_multipart(&media, body, limits).map_err(Reason::Mime)
        }
        _ => Err(Reason::ContentType(
            "neither multipart/related nor application/soap+xml",
        )),
    }
}

fn read_multipart(media: &MediaType, body: &Bytes, limits: &Limits) -> Result<Package, Problem> {
    let boundary = media.parameter("boundary").ok_or(Problem::Boundary)?;
    let ranges = split(body, boundary, limits)?;
    let mut sections = ranges.into_iter();
    let root = Section::read(body, sections.next().ok_or(Problem::Empty)?, limits)?;
    root.check_root(media.parameter("start"))?;
    let mut seen = BTreeSet::from_iter(root.content_id()?);
    let mut parts = Vec::with_capacity(sections.len());
    for range in sections {
        let part = Section::read(body, range, limits)?.into_part()?;
        if !seen.insert(part.cid.clone()) {
            return Err(Problem::ContentIdTwice);
        }
        parts.push(part);
    }
    let root = transfer::decode(root.headers.transfer_encoding.as_deref(), root.content)?;
    Ok(Package { root, parts })
}

struct Section {
    headers: PartHeaders,
    content: Bytes,
}

impl Section {
    fn read(body: &Bytes, range: Range<usize>, limits: &Limits) -> Result<Self, Problem> {
        let bytes = body.get(range.clone()).ok_or(Problem::Header)?;
        let (headers, start) = PartHeaders::split(bytes, limits)?;
        Ok(Self {
            headers,
            content: body.slice(range.start + start..range.end),
        })
    }

    fn content_id(&self) -> Result<Option<ContentId>, Problem> {
        let Some(text) = &self.headers.content_id else {
            return Ok(None);
        };
        strip_brackets(text)
            .parse()
            .map(Some)
            .map_err(|_| Problem::ContentId)
    }

    /// The root is the first part. A `start` that names another one would let two readers see two
    /// messages. [AS4 6.B]
    fn check_root(&self, start: Option<&str>) -> Result<(), Problem> {
        let media = MediaType::parse(self.headers.content_type.as_deref().unwrap_or_default())?;
        if media.essence != SOAP_MEDIA_TYPE {
            return Err(Problem::Root);
        }
        check_charset(&media)?;
        let Some(start) = start else { return Ok(()) };
        let id = self.headers.content_id.as_deref().ok_or(Problem::Start)?;
        if strip_brackets(id) == strip_brackets(start) {
            Ok(())
        } else {
            Err(Problem::Start)
        }
    }

    fn into_part(self) -> Result<Part, Problem> {
        let cid = self.content_id()?.ok_or(Problem::ContentId)?;
        let content_type = self
            .headers
            .content_type
            .unwrap_or_else(|| "application/octet-stream".to_owned());
        if MediaType::parse(&content_type)?
            .essence
            .starts_with("multipart/")
        {
            return Err(Problem::Nested);
        }
        let content = transfer::decode(self.headers.transfer_encoding.as_deref(), self.content)?;
        Ok(Part {
            cid,
            content_type,
            content,
        })
    }
}

fn check_charset(media: &MediaType) -> Result<(), Problem> {
    match media.parameter("charset") {
        Some(charset) if !charset.eq_ignore_ascii_case("utf-8") => Err(Problem::Root),
        _ => Ok(()),
    }
}

fn strip_brackets(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix('<')
        .and_then(|inner| inner.strip_suffix('>'))
        .unwrap_or(text)
}

/// The octets of each part, headers included. A delimiter stands at the start of a line and fills
/// it; anything else that begins like one is refused, because readers differ in what they do.
fn split(body: &[u8], boundary: &str, limits: &Limits) -> Result<Vec<Range<usize>>, Problem> {
    let allowed = |b: u8| matches!(b, b' '..=b'~') && b != b'"';
    let length = 1..=70;
    if !length.contains(&boundary.len())
        || !boundary.bytes().all(allowed)
        || boundary.ends_with(' ')
    {
        return Err(Problem::Boundary);
    }
    let delimiter = format!("\r\n--{boundary}");
    let finder = Finder::new(delimiter.as_bytes());
    let first = delimiter.get(2..).unwrap_or_default();
    // The first delimiter may stand at the very start, without a line break before it.
    let mut after = if body.starts_with(first.as_bytes()) {
        first.len()
    } else {
        let at = finder.find(body).ok_or(Problem::Unclosed)?;
        if at > limits.preamble_bytes {
            return Err(Problem::Preamble);
        }
        at + delimiter.len()
    };
    let mut parts = Vec::new();
    while let Some(start) = line_end(body, after)? {
        if parts.len() == limits.parts {
            return Err(Problem::Parts);
        }
        // The line break of this delimiter may be that of the next.
        let from = start - 2;
        let found = body
            .get(from..)
            .and_then(|rest| finder.find(rest))
            .ok_or(Problem::Unclosed)?;
        let end = from + found;
        parts.push(start..end);
        after = end + delimiter.len();
    }
    let epilogue = body.len().saturating_sub(after);
    if epilogue > limits.preamble_bytes {
        Err(Problem::Preamble)
    } else {
        Ok(parts)
    }
}

/// Where the part after a delimiter starts; `None` after the closing one.
fn line_end(body: &[u8], after: usize) -> Result<Option<usize>, Problem> {
    let rest = body.get(after..).unwrap_or_default();
    let (closing, rest) = match rest.strip_prefix(b"--") {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let blanks = rest
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .count();
    let line = rest.get(blanks..).unwrap_or_default();
    match (closing, line) {
        (true, [] | [b'\r', b'\n', ..]) => Ok(None),
        (false, [b'\r', b'\n', ..]) => Ok(Some(after + blanks + 2)),
        (false, []) => Err(Problem::Unclosed),
        _ => Err(Problem::LookAlike),
    }
}

#[cfg(test)]
mod tests;
