//! Start tags: the shortest ones stay as they are, all others are written anew.

use super::{
    super::{Buffered, escape_attribute},
    scan::{Next, Scan},
    scope::{DEFAULT, Prefix, Scope},
};
use crate::{
    Problem, StreamLimits,
    chars::{self, NameOctet},
    token::{self, Range},
};
use std::cmp::Ordering;

/// Room for one start tag, used again for every one.
#[derive(Default)]
pub(super) struct Tag {
    attributes: Vec<Attribute>,
    /// Values that do not read as they are written.
    decoded: String,
    /// Prefixes visibly used, in the end only those to declare.
    used: Vec<Prefix>,
}

struct Attribute {
    prefix_name: Range,
    local: Range,
    value: Value,
    prefix: Prefix,
}

#[derive(Clone, Copy)]
enum Value {
    Plain(Range),
    Decoded(Range),
}

impl<S: FnMut(&[u8])> Scan<'_, S> {
    pub(super) fn start_tag(&mut self, text: &str) -> Next {
        let bytes = text.as_bytes();
        let name_start = self.at() + 1;
        let (name_end, colon) = end_of_name(bytes, name_start);
        let (attributes, end) = match (bytes.get(name_end), bytes.get(name_end + 1)) {
            (Some(b'>'), _) => (name_end, name_end + 1),
            (Some(b'/'), Some(b'>')) => (name_end, name_end + 2),
            (Some(b' ' | b'\t' | b'\n' | b'\r'), _) => {
                let Some(close) = end_of_tag(bytes, name_end) else {
                    return Ok(None);
                };
                let empty = bytes.get(close - 1) == Some(&b'/');
                (close - usize::from(empty), close + 1)
            }
            (None | Some(b'/'), None) => return Ok(None),
            _ => return Err(Problem::Name),
        };
        let name = text.get(name_start..name_end).unwrap_or_default();
        let (prefix, _) = match colon {
            Some(colon) if name.len() <= self.limits.name_bytes => split_at_colon(name, colon),
            _ => token::split_name(name, self.limits.name_bytes)?,
        };
        self.enter(text)?;
        self.scope.open(name)?;
        if name_end == attributes {
            let prefix = self.scope.element_prefix(prefix)?;
            if self.scope.render(prefix) {
                self.skip(text, name_end, name_end);
                declaration(&self.scope, &mut self.out, prefix);
            }
        } else {
            let place = (name_end, attributes);
            self.tag.read(&mut self.scope, self.limits, text, place)?;
            let prefix = self.scope.element_prefix(prefix)?;
            self.tag.order(&mut self.scope, text, prefix)?;
            if !self.tag.used.is_empty() || !self.tag.stands(text, place) {
                self.skip(text, name_end, end - 1);
                self.tag.write(&self.scope, &mut self.out, text);
            }
        }
        if attributes + 2 == end {
            self.skip(text, attributes, end);
            self.out.put("></");
            self.out.put(name);
            self.out.put(">");
            self.leave(text, end);
        }
        Ok(Some(end))
    }
}

impl Tag {
    /// Reads attributes and declarations; the declarations are in force from then on.
    fn read(
        &mut self,
        scope: &mut Scope<'_>,
        limits: &StreamLimits,
        text: &str,
        place: Range,
    ) -> Result<(), Problem> {
        self.attributes.clear();
        self.decoded.clear();
        let slice = |range: Range| text.get(range.0..range.1).unwrap_or_default();
        let base = place.0;
        for (count, attribute) in token::split_attributes(slice(place)).enumerate() {
            let (name, value) = attribute?;
            if count >= limits.attributes {
                return Err(Problem::TooLarge {
                    what: "attributes",
                    limit: limits.attributes,
                });
            }
            let (start, end) = (base + name.0, base + name.1);
            let name = slice((start, end));
            let (prefix, local) = match end_of_name(text.as_bytes(), start) {
                (name_end, Some(colon)) if name_end == end && name.len() <= limits.name_bytes => {
                    split_at_colon(name, colon)
                }
                _ => token::split_name(name, limits.name_bytes)?,
            };
            let value = self.value(text, (base + value.0, base + value.1))?;
            if prefix.is_empty() && local == "xmlns" {
                scope.declare("", self.get(text, value))?;
            } else if prefix == "xmlns" {
                scope.declare(local, self.get(text, value))?;
            } else {
                self.attributes.push(Attribute {
                    prefix_name: (start, start + prefix.len()),
                    local: (end - local.len(), end),
                    value,
                    prefix: DEFAULT,
                });
            }
        }
        Ok(())
    }

    fn value(&mut self, text: &str, range: Range) -> Result<Value, Problem> {
        let raw = text.get(range.0..range.1).unwrap_or_default();
        if token::is_plain_value(raw)? {
            return Ok(Value::Plain(range));
        }
        let start = self.decoded.len();
        token::decode_value(raw, &mut self.decoded)?;
        Ok(Value::Decoded((start, self.decoded.len())))
    }

    fn get<'t>(&'t self, text: &'t str, value: Value) -> &'t str {
        let (source, range): (&str, Range) = match value {
            Value::Plain(range) => (text, range),
            Value::Decoded(range) => (&self.decoded, range),
        };
        source.get(range.0..range.1).unwrap_or_default()
    }

    /// Resolves the prefixes, puts all in the order of the output, and looks for attributes given
    /// twice: they stand side by side now.
    fn order(&mut self, scope: &mut Scope<'_>, text: &str, element: Prefix) -> Result<(), Problem> {
        let slice = |range: Range| text.get(range.0..range.1).unwrap_or_default();
        self.used.clear();
        self.used.push(element);
        for attribute in &mut self.attributes {
            let name = slice(attribute.prefix_name);
            if !name.is_empty() {
                attribute.prefix = scope.find(name)?;
                self.used.push(attribute.prefix);
            }
        }
        if self.used.len() > 1 {
            self.used
                .sort_unstable_by(|a, b| scope.prefix(*a).cmp(scope.prefix(*b)));
            self.used.dedup();
        }
        // By namespace, then local name; unqualified ones have none and come first.
        let namespace = |prefix| match prefix {
            DEFAULT => "",
            prefix => scope.namespace(prefix),
        };
        let compare = |a: &Attribute, b: &Attribute| {
            let spaces = match a.prefix == b.prefix {
                true => Ordering::Equal,
                false => namespace(a.prefix).cmp(namespace(b.prefix)),
            };
            spaces.then_with(|| slice(a.local).cmp(slice(b.local)))
        };
        self.attributes.sort_unstable_by(compare);
        let twice = self
            .attributes
            .windows(2)
            .any(|pair| matches!(pair, [a, b] if compare(a, b) == Ordering::Equal));
        if twice {
            return Err(Problem::DuplicateAttribute);
        }
        self.used.retain(|prefix| scope.render(*prefix));
        Ok(())
    }

    /// Whether the attributes stand in the tag as they stand in the output.
    fn stands(&self, text: &str, place: Range) -> bool {
        let bytes = text.as_bytes();
        let mut at = place.0;
        for attribute in &self.attributes {
            let (start, end) = (attribute.prefix_name.0, attribute.local.1);
            let Value::Plain((value_start, value_end)) = attribute.value else {
                return false;
            };
            let tight = start == at + 1 && value_start == end + 2;
            // A value in double quotes has none inside.
            if !tight || bytes.get(at) != Some(&b' ') || bytes.get(end + 1) != Some(&b'"') {
                return false;
            }
            at = value_end + 1;
        }
        at == place.1
    }

    fn write<S: FnMut(&[u8])>(&self, scope: &Scope<'_>, out: &mut Buffered<S>, text: &str) {
        for prefix in &self.used {
            declaration(scope, out, *prefix);
        }
        for attribute in &self.attributes {
            // Prefix, colon and local part, as they stand.
            let name = (attribute.prefix_name.0, attribute.local.1);
            out.put(" ");
            out.put(text.get(name.0..name.1).unwrap_or_default());
            out.put("=\"");
            escape_attribute(self.get(text, attribute.value), |piece| out.put(piece));
            out.put("\"");
        }
    }
}

fn declaration<S: FnMut(&[u8])>(scope: &Scope<'_>, out: &mut Buffered<S>, prefix: Prefix) {
    out.put(" xmlns");
    let name = scope.prefix(prefix);
    if !name.is_empty() {
        out.put(":");
        out.put(name);
    }
    out.put("=\"");
    escape_attribute(scope.namespace(prefix), |piece| out.put(piece));
    out.put("\"");
}

/// The `>` of a tag; one inside quotes does not count.
fn end_of_tag(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let mut quote = None;
    for at in memchr::memchr3_iter(b'>', b'\'', b'"', rest) {
        let byte = *rest.get(at)?;
        match quote {
            None if byte == b'>' => return Some(from + at),
            None => quote = Some(byte),
            Some(open) if open == byte => quote = None,
            Some(_) => {}
        }
    }
    None
}

/// End of a name, and for one that is surely a QName where its colon stands (0: it has none).
/// Names with characters beyond ASCII are left to [`token::split_name`].
fn end_of_name(bytes: &[u8], from: usize) -> (usize, Option<usize>) {
    let first = end_of_part(bytes, from);
    let (end, colon) = match bytes.get(first) {
        Some(b':') => (end_of_part(bytes, first + 1), first - from),
        _ => (first, 0),
    };
    let whole = bytes.get(end).copied().map(chars::name_octet) == Some(NameOctet::Other);
    let empty = first == from || (colon > 0 && end == first + 1);
    if whole && !empty {
        return (end, Some(colon));
    }
    let rest = bytes.get(end..).unwrap_or_default();
    let length = rest
        .iter()
        .position(|byte| chars::name_octet(*byte) == NameOctet::Other);
    (end + length.unwrap_or(rest.len()), None)
}

/// End of the ASCII name without a colon that starts here, if one does.
fn end_of_part(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    match rest.first().copied().map(chars::name_octet) {
        Some(NameOctet::Start) => {}
        _ => return from,
    }
    let inner = |byte: &u8| {
        !matches!(
            chars::name_octet(*byte),
            NameOctet::Start | NameOctet::Inner
        )
    };
    from + rest.iter().position(inner).unwrap_or(rest.len())
}

#[inline]
fn split_at_colon(name: &str, colon: usize) -> (&str, &str) {
    match colon {
        0 => ("", name),
        colon => (
            name.get(..colon).unwrap_or_default(),
            name.get(colon + 1..).unwrap_or_default(),
        ),
    }
}
