//! Names and values of a start tag: split, resolved, normalised.

use super::{
    Problem,
    build::{Builder, count},
};
use crate::{
    token::{decode_value, is_plain_value, normalize_lines, split_name},
    tree::Slice,
};

impl Builder<'_> {
    /// Splits a QName into prefix and local part, both checked.
    pub(super) fn name(&self, start: usize, end: usize) -> Result<(Slice, Slice), Problem> {
        let text = self.source.get(start..end).ok_or(Problem::Name)?;
        let (prefix, local) = split_name(text, self.limits.name_bytes)?;
        let slice = |from: usize, to: usize| Slice {
            start: count(from),
            end: count(to),
            decoded: false,
        };
        let prefix = match prefix {
            "" => Slice::EMPTY,
            prefix => slice(start, start + prefix.len()),
        };
        Ok((prefix, slice(end - local.len(), end)))
    }

    /// Attribute value: references resolved, white space normalised (XML 1.0, section 3.3.3).
    pub(super) fn value(&mut self, start: usize, end: usize) -> Result<Slice, Problem> {
        let raw = self.source.get(start..end).ok_or(Problem::Malformed)?;
        self.check_text(raw.len())?;
        if is_plain_value(raw)? {
            return Ok(Slice {
                start: count(start),
                end: count(end),
                decoded: false,
            });
        }
        let from = self.document.decoded.len();
        decode_value(raw, &mut self.document.decoded)?;
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
        self.document.decoded.push_str(&normalize_lines(raw));
        Slice {
            start: count(from),
            end: count(self.document.decoded.len()),
            decoded: true,
        }
    }
}
