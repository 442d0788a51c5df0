//! What the tree reader and the stream share: the parts of a tag, names, references, attribute
//! values, and which namespace declarations are allowed.

use crate::{Limits, Problem, XML_NAMESPACE, XMLNS_NAMESPACE, chars};
use quick_xml::events::BytesDecl;

/// Start and end of a piece of text.
pub(crate) type Range = (usize, usize);

/// Offsets of name and value (without quotes) of each attribute in the text behind a tag name.
pub(crate) fn split_attributes(raw: &str) -> impl Iterator<Item = Result<(Range, Range), Problem>> {
    let bytes = raw.as_bytes();
    let mut at = 0;
    let mut failed = false;
    std::iter::from_fn(move || {
        if failed {
            return None;
        }
        let next = next_attribute(bytes, &mut at);
        failed = matches!(next, Some(Err(_)));
        next
    })
}

fn next_attribute(bytes: &[u8], at: &mut usize) -> Option<Result<(Range, Range), Problem>> {
    let key_start = skip(bytes, *at, is_space);
    if key_start >= bytes.len() {
        return None;
    }
    // White space is required between attributes, and between the name and the first one.
    if key_start == *at {
        return Some(Err(Problem::Malformed));
    }
    let key_end = skip(bytes, key_start, |byte| byte != b'=' && !is_space(byte));
    let equals = skip(bytes, key_end, is_space);
    let quote_at = skip(bytes, equals + 1, is_space);
    let quote = match (bytes.get(equals), bytes.get(quote_at)) {
        (Some(b'='), Some(quote @ (b'"' | b'\''))) => *quote,
        _ => return Some(Err(Problem::Malformed)),
    };
    let value_start = quote_at + 1;
    let value = bytes.get(value_start..).unwrap_or_default();
    let Some(length) = memchr::memchr(quote, value) else {
        return Some(Err(Problem::Malformed));
    };
    let value_end = value_start + length;
    *at = value_end + 1;
    Some(Ok(((key_start, key_end), (value_start, value_end))))
}

fn is_space(byte: u8) -> bool {
    chars::is_space(char::from(byte))
}

fn skip(bytes: &[u8], from: usize, test: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    from + rest.iter().take_while(|byte| test(**byte)).count()
}

/// Prefix (empty for none) and local part of a QName.
pub(crate) fn split_name(name: &str, limit: usize) -> Result<(&str, &str), Problem> {
    if name.len() > limit {
        return Err(Problem::TooLarge {
            what: "bytes in a name",
            limit,
        });
    }
    match name.split_once(':') {
        None if chars::is_ncname(name) => Ok(("", name)),
        Some((prefix, local)) if chars::is_ncname(prefix) && chars::is_ncname(local) => {
            Ok((prefix, local))
        }
        _ => Err(Problem::Name),
    }
}

/// Whether an element may bind this prefix (empty: the default) to this namespace.
pub(crate) fn check_binding(prefix: &str, namespace: &str) -> Result<(), Problem> {
    if namespace.len() > Limits::NAMESPACE_BYTES {
        return Err(Problem::TooLarge {
            what: "bytes in a namespace name",
            limit: Limits::NAMESPACE_BYTES,
        });
    }
    // Namespaces in XML 1.0, section 3: reserved prefixes, and no undeclaring of a prefix.
    let reserved = match prefix {
        "xml" => namespace != XML_NAMESPACE,
        "xmlns" => true,
        "" => namespace == XML_NAMESPACE,
        _ => namespace.is_empty() || namespace == XML_NAMESPACE,
    };
    if reserved || namespace == XMLNS_NAMESPACE {
        return Err(Problem::Namespace);
    }
    Ok(())
}

/// Whether an attribute value reads as it is written, with nothing to resolve or normalize.
pub(crate) fn is_plain_value(raw: &str) -> Result<bool, Problem> {
    // No early end: so the loop works on many octets at a time.
    let (mut markup, mut special) = (false, false);
    for byte in raw.bytes() {
        markup |= byte == b'<';
        special |= matches!(byte, b'&' | b'\t' | b'\n' | b'\r');
    }
    if markup {
        return Err(Problem::Malformed);
    }
    Ok(!special)
}

/// Attribute value: references resolved, white space normalized (XML 1.0, section 3.3.3).
pub(crate) fn decode_value(raw: &str, out: &mut String) -> Result<(), Problem> {
    let mut rest = raw;
    while let Some(at) = rest.find(['&', '\t', '\n', '\r']) {
        let (plain, special) = rest.split_at(at);
        out.push_str(plain);
        let (c, used) = special_character(special)?;
        out.push(c);
        rest = special.get(used..).unwrap_or_default();
    }
    out.push_str(rest);
    Ok(())
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
            Ok((resolve_reference(name)?, name.len() + 2))
        }
    }
}

/// One of the five entities or a character reference, without `&` and `;`.
pub(crate) fn resolve_reference(name: &str) -> Result<char, Problem> {
    let code = match name {
        "amp" => return Ok('&'),
        "lt" => return Ok('<'),
        "gt" => return Ok('>'),
        "quot" => return Ok('"'),
        "apos" => return Ok('\''),
        name => name.strip_prefix('#').ok_or(Problem::Reference)?,
    };
    let (digits, radix) = code.strip_prefix('x').map_or((code, 10), |hex| (hex, 16));
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return Err(Problem::Reference);
    }
    u32::from_str_radix(digits, radix)
        .ok()
        .and_then(char::from_u32)
        .filter(|c| chars::is_char(*c))
        .ok_or(Problem::Reference)
}

/// Line ends as XML 1.0, section 2.11 wants them; only for text with a carriage return.
pub(crate) fn normalize_lines(raw: &str) -> String {
    raw.replace("\r\n", "\n").replace('\r', "\n")
}

/// Version and encoding of an XML declaration.
pub(crate) fn check_declaration(declaration: &BytesDecl<'_>) -> Result<(), Problem> {
    if declaration.version().map_err(|_| Problem::Malformed)? != "1.0" {
        return Err(Problem::Version);
    }
    match declaration.encoding() {
        None => Ok(()),
        Some(Ok(name)) if name.eq_ignore_ascii_case("utf-8") => Ok(()),
        Some(_) => Err(Problem::Encoding),
    }
}

/// A target of a processing instruction.
pub(crate) fn check_target(target: &str) -> Result<(), Problem> {
    if !chars::is_ncname(target) || target.eq_ignore_ascii_case("xml") {
        return Err(Problem::Malformed);
    }
    Ok(())
}
