//! Takes a MIME package apart. What is large is found, not read.

use super::{
    Package, Part, Problem,
    field::{MediaType, PartHeaders},
    transfer::Transfer,
};
use crate::{
    id::ContentId,
    octets::{Octets, for_each_chunk, read_up_to},
    profile::SOAP_MEDIA_TYPE,
    receive::Limits,
    refusal::Reason,
};
use bytes::Bytes;
use memchr::memmem::Finder;
use std::{collections::BTreeSet, io, ops::Range};

/// Why a package was not taken apart.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// It is broken.
    Broken(Problem),
    /// Its octets cannot be read now.
    Source,
}

impl From<Problem> for Unreadable {
    fn from(problem: Problem) -> Self {
        Self::Broken(problem)
    }
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            // Only a transfer encoding says so: octets as such are never invalid.
            io::ErrorKind::InvalidData => Self::Broken(Problem::TransferEncoding),
            _ => Self::Source,
        }
    }
}

impl From<Unreadable> for Reason {
    fn from(unreadable: Unreadable) -> Self {
        match unreadable {
            Unreadable::Broken(problem) => Self::Mime(problem),
            Unreadable::Source => Self::Undeliverable,
        }
    }
}

/// Takes a message apart.
pub(crate) fn read(content_type: &str, body: &Octets, limits: &Limits) -> Result<Package, Reason> {
    if body.length() > limits.body_bytes as u64 {
        return Err(Reason::TooLarge {
            limit: limits.body_bytes,
        });
    }
    let media = MediaType::parse(content_type).map_err(Reason::Mime)?;
    match media.essence.as_str() {
        SOAP_MEDIA_TYPE => {
            check_charset(&media).map_err(Reason::Mime)?;
            Ok(Package {
                root: read_root(body, Transfer::Plain)?,
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
            Ok(read_multipart(&media, body, limits)?)
        }
        _ => Err(Reason::ContentType(
            "neither multipart/related nor application/soap+xml",
        )),
    }
}

fn read_multipart(
    media: &MediaType,
    body: &Octets,
    limits: &Limits,
) -> Result<Package, Unreadable> {
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
            return Err(Problem::ContentIdTwice.into());
        }
        parts.push(part);
    }
    let root = read_root(&root.content, root.transfer()?)?;
    Ok(Package { root, parts })
}

/// The SOAP part in memory, no more of it than is ever parsed: a longer one is refused there.
fn read_root(content: &Octets, transfer: Transfer) -> Result<Bytes, Unreadable> {
    let most = xml::Limits::SOAP.bytes + 1;
    if transfer == Transfer::Plain {
        return Ok(content.slice(0..most as u64).load()?);
    }
    let mut root = Vec::new();
    read_up_to(&mut *transfer.undo(content), most, &mut root)?;
    Ok(root.into())
}

struct Section {
    headers: PartHeaders,
    content: Octets,
}

impl Section {
    fn read(body: &Octets, range: Range<u64>, limits: &Limits) -> Result<Self, Unreadable> {
        let part = body.slice(range);
        let window = part.slice(0..PartHeaders::window(limits)).load()?;
        let is_whole = window.len() as u64 == part.length();
        let (headers, start) = PartHeaders::split(&window, is_whole, limits)?;
        Ok(Self {
            headers,
            content: part.slice(start as u64..u64::MAX),
        })
    }

    fn transfer(&self) -> Result<Transfer, Problem> {
        Transfer::parse(self.headers.transfer_encoding.as_deref())
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

    fn into_part(self) -> Result<Part, Unreadable> {
        let cid = self.content_id()?.ok_or(Problem::ContentId)?;
        let transfer = self.transfer()?;
        let content_type = self
            .headers
            .content_type
            .unwrap_or_else(|| "application/octet-stream".to_owned());
        if MediaType::parse(&content_type)?
            .essence
            .starts_with("multipart/")
        {
            return Err(Problem::Nested.into());
        }
        if transfer != Transfer::Plain {
            // What is not encoded as it says is refused before anything else is looked at.
            for_each_chunk(&mut *transfer.undo(&self.content), |_| Ok(()))?;
        }
        Ok(Part {
            cid,
            content_type,
            transfer,
            content: self.content,
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
fn split(body: &Octets, boundary: &str, limits: &Limits) -> Result<Vec<Range<u64>>, Unreadable> {
    let allowed = |b: u8| matches!(b, b' '..=b'~') && b != b'"';
    let length = 1..=70;
    if !length.contains(&boundary.len())
        || !boundary.bytes().all(allowed)
        || boundary.ends_with(' ')
    {
        return Err(Problem::Boundary.into());
    }
    let delimiter = format!("\r\n--{boundary}");
    let finder = Finder::new(delimiter.as_bytes());
    let first = delimiter.get(2..).unwrap_or_default();
    let most = limits.preamble_bytes as u64;
    // The first delimiter may stand at the very start, without a line break before it.
    let mut after = if body.slice(0..first.len() as u64).load()? == first.as_bytes() {
        first.len() as u64
    } else {
        let at = body.find(&finder, 0)?.ok_or(Problem::Unclosed)?;
        if at > most {
            return Err(Problem::Preamble.into());
        }
        at + delimiter.len() as u64
    };
    let mut parts = Vec::new();
    while let Some(start) = line_end(body, after)? {
        if parts.len() == limits.parts {
            return Err(Problem::Parts.into());
        }
        // The line break of this delimiter may be that of the next.
        let end = body.find(&finder, start - 2)?.ok_or(Problem::Unclosed)?;
        parts.push(start..end);
        after = end + delimiter.len() as u64;
    }
    if body.length().saturating_sub(after) > most {
        Err(Problem::Preamble.into())
    } else {
        Ok(parts)
    }
}

/// Where the part after a delimiter starts; `None` after the closing one.
fn line_end(body: &Octets, after: u64) -> Result<Option<u64>, Unreadable> {
    /// Blanks behind a delimiter: no transport adds more.
    const MOST_BLANKS: u64 = 1 << 10;
    let window = body.slice(after..after + 4 + MOST_BLANKS).load()?;
    let (closing, rest) = match window.strip_prefix(b"--") {
        Some(rest) => (true, rest),
        None => (false, window.as_ref()),
    };
    let blanks = rest
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .count();
    let line = rest.get(blanks..).unwrap_or_default();
    match (closing, line) {
        (true, [] | [b'\r', b'\n', ..]) => Ok(None),
        (false, [b'\r', b'\n', ..]) => Ok(Some(after + blanks as u64 + 2)),
        (false, []) => Err(Problem::Unclosed.into()),
        _ => Err(Problem::LookAlike.into()),
    }
}

#[cfg(test)]
mod tests;
