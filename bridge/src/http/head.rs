//! Where one HTTP/1.1 request ends and the next begins, decided strictly before `hyper` sees a byte.
//!
//! `hyper` forgives what a proxy in front of us may read differently: it drops Content-Length
//! beside Transfer-Encoding, merges equal lengths, takes bare line feeds, and asks for no Host.
//! Each of these is a way to smuggle a request. A layer above `hyper` cannot see them any more, so
//! they are refused here. What is let through has exactly one reading. [ROB-97] `[P25]`

use std::str;

/// Why a request is refused unread.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum Violation {
    #[error("line feed without carriage return, or the reverse")]
    LineEnd,
    #[error("request line is not METHOD TARGET HTTP/1.x")]
    RequestLine,
    #[error("method is not allowed")]
    Method,
    #[error("target names another host")]
    OtherHost,
    #[error("path has more than one reading")]
    Path,
    #[error("header line is folded or malformed")]
    HeaderLine,
    #[error("Host is missing or repeated")]
    Host,
    #[error("Content-Length is repeated or not a number")]
    Length,
    #[error("Transfer-Encoding is not exactly chunked")]
    TransferEncoding,
    #[error("Content-Length together with Transfer-Encoding")]
    LengthAndEncoding,
    #[error("chunk is malformed")]
    Chunk,
}

/// How the body after a head is delimited.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Framing {
    Length(u64),
    Chunked,
}

/// Checks a complete head, from the request line to the empty line.
pub(super) fn check(head: &[u8]) -> Result<Framing, Violation> {
    let text = head.strip_suffix(b"\r\n\r\n").ok_or(Violation::LineEnd)?;
    let mut lines = split_lines(text)?.into_iter();
    let request = lines.next().ok_or(Violation::RequestLine)?;
    let fields = lines.map(field).collect::<Result<Vec<_>, _>>()?;
    let newest = request_line(request, &fields)?;
    framing(&fields, newest)
}

fn split_lines(text: &[u8]) -> Result<Vec<&[u8]>, Violation> {
    let mut lines = Vec::new();
    let mut parts = text.split(|byte| *byte == b'\n').peekable();
    while let Some(part) = parts.next() {
        let ends = parts.peek().is_some();
        let line = if ends {
            part.strip_suffix(b"\r").ok_or(Violation::LineEnd)?
        } else {
            part
        };
        if line.contains(&b'\r') {
            return Err(Violation::LineEnd);
        }
        lines.push(line);
    }
    Ok(lines)
}

struct Field<'h> {
    name: &'h [u8],
    value: &'h [u8],
}

fn field(line: &[u8]) -> Result<Field<'_>, Violation> {
    // A folded line starts with white space; white space before the colon is the other trap.
    let colon = line
        .iter()
        .position(|byte| *byte == b':')
        .ok_or(Violation::HeaderLine)?;
    let (name, value) = line.split_at(colon);
    let token = !name.is_empty() && name.iter().all(|byte| is_token(*byte));
    let clean = value
        .iter()
        .all(|byte| *byte == b'\t' || (*byte >= b' ' && *byte != 0x7f));
    if !token || !clean {
        return Err(Violation::HeaderLine);
    }
    Ok(Field {
        name,
        value: value.get(1..).unwrap_or_default().trim_ascii(),
    })
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn values<'f>(fields: &'f [Field<'_>], name: &'f str) -> impl Iterator<Item = &'f [u8]> {
    let named = move |field: &&Field<'_>| field.name.eq_ignore_ascii_case(name.as_bytes());
    fields.iter().filter(named).map(|field| field.value)
}

/// Checks method, target and Host; tells whether this is HTTP/1.1.
fn request_line(line: &[u8], fields: &[Field<'_>]) -> Result<bool, Violation> {
    let words: Vec<_> = line.split(|byte| *byte == b' ').collect();
    let [method, target, version] = words.as_slice() else {
        return Err(Violation::RequestLine);
    };
    let newest = match *version {
        b"HTTP/1.1" => true,
        b"HTTP/1.0" => false,
        _ => return Err(Violation::RequestLine),
    };
    if method.is_empty() || !method.iter().all(|byte| is_token(*byte)) {
        return Err(Violation::RequestLine);
    }
    if [b"CONNECT".as_slice(), b"TRACE"].contains(method) {
        return Err(Violation::Method);
    }
    let hosts: Vec<_> = values(fields, "host").collect();
    let host = match hosts.as_slice() {
        [host] if !host.is_empty() => Some(*host),
        [] if !newest => None,
        _ => return Err(Violation::Host),
    };
    check_target(target, host)?;
    Ok(newest)
}

/// A path, `*`, or an absolute URL of the very host that the Host header names.
fn check_target(target: &[u8], host: Option<&[u8]>) -> Result<(), Violation> {
    if target == b"*" {
        return Ok(());
    }
    let text = str::from_utf8(target).map_err(|_| Violation::Path)?;
    if text.starts_with('/') {
        return check_path(text);
    }
    let (_, rest) = text.split_once("://").ok_or(Violation::RequestLine)?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let same = host.is_some_and(|host| host.eq_ignore_ascii_case(authority.as_bytes()));
    if same {
        check_path(path)
    } else {
        Err(Violation::OtherHost)
    }
}

/// Dot segments, empty segments, and separators or NUL in disguise: a proxy and we may resolve
/// them differently, and no path of ours has them. [ROB-105]
fn check_path(target: &str) -> Result<(), Violation> {
    let (path, _) = target.split_once('?').unwrap_or((target, ""));
    let lower = path.to_ascii_lowercase();
    let disguised = ["%00", "%2f", "%5c", "\\", "//", "#"];
    let dots = |segment: &str| matches!(segment.replace("%2e", ".").as_str(), "." | "..");
    let plain = path.bytes().all(|byte| byte.is_ascii_graphic());
    let odd = disguised.iter().any(|text| lower.contains(text)) || lower.split('/').any(dots);
    if odd || !plain {
        Err(Violation::Path)
    } else {
        Ok(())
    }
}

fn framing(fields: &[Field<'_>], newest: bool) -> Result<Framing, Violation> {
    let lengths: Vec<_> = values(fields, "content-length").collect();
    let encodings: Vec<_> = values(fields, "transfer-encoding").collect();
    match (lengths.as_slice(), encodings.as_slice()) {
        ([], []) => Ok(Framing::Length(0)),
        ([_, ..], [_, ..]) => Err(Violation::LengthAndEncoding),
        ([length], []) => number(length).map(Framing::Length).ok_or(Violation::Length),
        (_, []) => Err(Violation::Length),
        ([], [encoding]) if newest && encoding.eq_ignore_ascii_case(b"chunked") => {
            Ok(Framing::Chunked)
        }
        ([], _) => Err(Violation::TransferEncoding),
    }
}

/// Digits and nothing else: `+5` and `5,5` are read differently by different programs.
fn number(text: &[u8]) -> Option<u64> {
    let digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    digits
        .then(|| str::from_utf8(text).ok()?.parse().ok())
        .flatten()
}

/// Follows the chunks of a body up to its end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Chunks {
    /// In the hexadecimal size: its value and its digits so far.
    Size(u64, u8),
    /// In an extension of a chunk of this size.
    Extension(u64),
    /// After the carriage return of the size line.
    SizeEnd(u64),
    /// In the data, so much left.
    Data(u64),
    /// Before the carriage return, or before the line feed, that ends the data.
    DataEnd(bool),
    /// In the trailer section: length of the line so far, and whether a carriage return came.
    Trailer(u16, bool),
    /// The body is over.
    Over,
}

impl Chunks {
    pub(super) const START: Self = Self::Size(0, 0);

    /// Takes bytes of the body; returns how many belong to it.
    pub(super) fn follow(&mut self, bytes: &[u8]) -> Result<usize, Violation> {
        let mut taken = 0;
        while let Some(rest) = bytes.get(taken..).filter(|rest| !rest.is_empty()) {
            match *self {
                Self::Over => break,
                Self::Data(left) => {
                    let step = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
                    let left = left.saturating_sub(u64::try_from(step).unwrap_or(u64::MAX));
                    *self = if left == 0 {
                        Self::DataEnd(false)
                    } else {
                        Self::Data(left)
                    };
                    taken += step;
                }
                _ => {
                    let byte = rest.first().copied().unwrap_or_default();
                    *self = self.after(byte)?;
                    taken += 1;
                }
            }
        }
        Ok(taken)
    }

    fn after(self, byte: u8) -> Result<Self, Violation> {
        match (self, byte) {
            (Self::Size(size, digits), _) if byte.is_ascii_hexdigit() && digits < 15 => {
                let digit = char::from(byte).to_digit(16).unwrap_or_default();
                Ok(Self::Size(size * 16 + u64::from(digit), digits + 1))
            }
            (Self::Size(size, 1..), b';') => Ok(Self::Extension(size)),
            (Self::Size(size, 1..) | Self::Extension(size), b'\r') => Ok(Self::SizeEnd(size)),
            (Self::Extension(size), b'\t' | b' '..=b'~') => Ok(Self::Extension(size)),
            (Self::SizeEnd(0), b'\n') => Ok(Self::Trailer(0, false)),
            (Self::SizeEnd(size), b'\n') => Ok(Self::Data(size)),
            (Self::DataEnd(false), b'\r') => Ok(Self::DataEnd(true)),
            (Self::DataEnd(true), b'\n') => Ok(Self::START),
            (Self::Trailer(length, false), b'\r') => Ok(Self::Trailer(length, true)),
            (Self::Trailer(0, true), b'\n') => Ok(Self::Over),
            (Self::Trailer(_, true), b'\n') => Ok(Self::Trailer(0, false)),
            (Self::Trailer(length, false), b'\t' | b' '..=b'~') if length < MAX_TRAILER => {
                Ok(Self::Trailer(length + 1, false))
            }
            _ => Err(Violation::Chunk),
        }
    }
}

const MAX_TRAILER: u16 = 1024;

#[cfg(test)]
mod tests;
