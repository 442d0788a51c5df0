//! Names and values of a start tag: split, resolved, normalised.

use super::{
    Problem,
    build::{Builder, count},
    resolve_name,
};
use crate::{chars, tree::Slice};

impl Builder<'_> {
    /// Splits a QName into prefix and local part, both checked.
    pub(super) fn name(&self, start: usize, end: usize) -> Result<(Slice, Slice), Problem> {
        if end - start > self.limits.name_bytes {
            return Err(Problem::TooLarge {
                what: "bytes in a name",
                limit: self.limits.name_bytes,
            });
        }
        let text = self.source.get(start..end).ok_or(Problem::Name)?;
        let slice = |from: usize, to: usize| Slice {
            start: count(from),
            end: count(to),
            decoded: false,
        };
        match text.split_once(':') {
            None if chars::is_ncname(text) => Ok((Slice::EMPTY, slice(start, end))),
            Some((prefix, local)) if chars::is_ncname(prefix) && chars::is_ncname(local) => Ok((
                slice(start, start + prefix.len()),
                slice(end - local.len(), end),
            )),
            _ => Err(Problem::Name),
        }
    }

    /// Attribute value: references resolved, white space normalised (XML 1.0, section 3.3.3).
    pub(super) fn value(&mut self, start: usize, end: usize) -> Result<Slice, Problem> {
        let raw = self.source.get(start..end).ok_or(Problem::Malformed)?;
        self.check_text(raw.len())?;
        if raw.contains('<') {
            return Err(Problem::Malformed);
        }
        if !raw.contains(['&', '\t', '\n', '\r']) {
            return Ok(Slice {
                start: count(start),
                end: count(end),
                decoded: false,
            });
        }
        let from = self.document.decoded.len();
        let mut rest = raw;
        while let Some(at) = rest.find(['&', '\t', '\n', '\r']) {
            let (plain, special) = rest.split_at(at);
            self.document.decoded.push_str(plain);
            let (c, used) = special_character(special)?;
            self.document.decoded.push(c);
            rest = special.get(used..).unwrap_or_default();
        }
        self.document.decoded.push_str(rest);
        Ok(Slice {
            start: count(from),
            end: count(self.document.decoded.len()),
            decoded: true,
        })
    }

    pub(super) fn normalized(&mut self, start: usize, end: usize) -> Slice {
        let raw = self.source.get(start..end).unwrap_or_default();
        if !raw.contains('\r') {
            return Slice {
                start: count(start),
                end: count(end),
                decoded: false,
            };
        }
        let from = self.document.decoded.len();
        self.document
            .decoded
            .push_str(&raw.replace("\r\n", "\n").replace('\r', "\n"));
        Slice {
            start: count(from),
            end: count(self.document.decoded.len()),
            decoded: true,
        }
    }
}

/// What stands for one character in an attribute value, and how many octets it took.
fn special_character(text: &str) -> Result<(char, usize), Problem> {
    if text.starts_with("\r\n") {
        return Ok((' ', 2));
    }
    match text.strip_prefix('&') {
        None => Ok((' ', 1)),
        Some(reference) => {
            let (name, _) = reference.split_once(';').ok_or(Problem::Reference)?;
            Ok((resolve_name(name)?, name.len() + 2))
        }
    }
}
