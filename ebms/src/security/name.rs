//! Distinguished names: compared by structure, because every stack writes them differently.
//! `[P14]`

use std::fmt;
use x509_parser::x509::X509Name;

/// A distinguished name in the order of its DER.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Name(Vec<Rdn>);

type Rdn = Vec<Attribute>;

#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Attribute {
    /// Dotted object identifier.
    kind: String,
    value: Value,
}

#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Value {
    Text(String),
    /// DER of a value that is not text.
    Other(Vec<u8>),
}

/// Short names as stacks write them; the first of an identifier is the one we write.
const SHORT_NAMES: &[(&str, &str)] = &[
    ("CN", "2.5.4.3"),
    ("SN", "2.5.4.4"),
    ("SURNAME", "2.5.4.4"),
    ("SERIALNUMBER", "2.5.4.5"),
    ("C", "2.5.4.6"),
    ("L", "2.5.4.7"),
    ("ST", "2.5.4.8"),
    ("S", "2.5.4.8"),
    ("STREET", "2.5.4.9"),
    ("O", "2.5.4.10"),
    ("OU", "2.5.4.11"),
    ("TITLE", "2.5.4.12"),
    ("T", "2.5.4.12"),
    ("GIVENNAME", "2.5.4.42"),
    ("ORGANIZATIONIDENTIFIER", "2.5.4.97"),
    ("OID.2.5.4.97", "2.5.4.97"),
    ("DC", "0.9.2342.19200300.100.1.25"),
    ("UID", "0.9.2342.19200300.100.1.1"),
    ("EMAILADDRESS", "1.2.840.113549.1.9.1"),
    ("E", "1.2.840.113549.1.9.1"),
    ("EMAIL", "1.2.840.113549.1.9.1"),
];

/// Names of RFC 4514 that every reader knows; others are written as object identifiers.
const WRITTEN: &[&str] = &["CN", "C", "L", "ST", "STREET", "O", "OU", "DC", "UID"];

impl Name {
    pub(crate) fn from_x509(name: &X509Name<'_>) -> Self {
        let attribute = |a: &x509_parser::x509::AttributeTypeAndValue<'_>| Attribute {
            kind: a.attr_type().to_id_string(),
            value: value(a),
        };
        Self(
            name.iter()
                .map(|rdn| rdn.iter().map(attribute).collect())
                .collect(),
        )
    }

    /// Reads RFC 4514, RFC 2253 and what Java and OpenSSL make of them. `None` if it is neither.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut rdns = Vec::new();
        for rdn in split(text, &[',', ';']) {
            let attributes: Option<Rdn> = split(rdn, &['+'])
                .into_iter()
                .map(parse_attribute)
                .collect();
            rdns.push(attributes?);
        }
        // The text runs from the leaf to the root.
        rdns.reverse();
        Some(Self(rdns))
    }

    /// Whether two names name the same, written in whatever order, case and spacing. This selects
    /// a candidate only; acceptance compares certificates octet by octet.
    pub(crate) fn matches(&self, other: &Self) -> bool {
        let (ours, mut theirs) = (self.folded(), other.folded());
        if ours == theirs {
            return true;
        }
        theirs.reverse();
        ours == theirs
    }

    /// Whether every attribute of another name is one of this name, in whatever place.
    pub(crate) fn has_all_of(&self, other: &Self) -> bool {
        let ours: Vec<Attribute> = self.folded().into_iter().flatten().collect();
        let mut theirs = other.folded().into_iter().flatten();
        theirs.all(|attribute| ours.contains(&attribute))
    }

    pub(crate) fn common_name(&self) -> Option<&str> {
        self.0
            .iter()
            .rev()
            .flatten()
            .find_map(|attribute| match &attribute.value {
                Value::Text(text) if attribute.kind == "2.5.4.3" => Some(text.as_str()),
                _ => None,
            })
    }

    fn folded(&self) -> Vec<Rdn> {
        let fold = |attribute: &Attribute| Attribute {
            kind: attribute.kind.clone(),
            value: match &attribute.value {
                Value::Text(text) => {
                    let words: Vec<&str> = text.split_whitespace().collect();
                    Value::Text(words.join(" ").to_lowercase())
                }
                Value::Other(der) => Value::Other(der.clone()),
            },
        };
        let sorted = |rdn: &Rdn| {
            let mut rdn: Rdn = rdn.iter().map(fold).collect();
            rdn.sort();
            rdn
        };
        self.0.iter().map(sorted).collect()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, rdn) in self.0.iter().rev().enumerate() {
            for (also, attribute) in rdn.iter().enumerate() {
                match (at, also) {
                    (_, 1..) => f.write_str("+")?,
                    (1.., 0) => f.write_str(",")?,
                    (0, 0) => {}
                }
                write!(f, "{attribute}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = SHORT_NAMES
            .iter()
            .find(|(short, oid)| *oid == self.kind && WRITTEN.contains(short))
            .map(|(short, _)| *short);
        match (&self.value, short) {
            (Value::Text(text), Some(short)) => write!(f, "{short}={}", Escaped(text)),
            (Value::Text(text), None) => {
                // RFC 4514 2.4: a type without short name takes the DER of its value.
                write!(f, "{}=#{}", self.kind, Hex(&utf8_string(text)))
            }
            (Value::Other(der), _) => write!(f, "{}=#{}", self.kind, Hex(der)),
        }
    }
}

struct Escaped<'t>(&'t str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.0.chars().count().saturating_sub(1);
        for (at, c) in self.0.chars().enumerate() {
            let special = matches!(c, ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=')
                || (c == '#' && at == 0)
                || (c == ' ' && (at == 0 || at == last));
            if special {
                f.write_str("\\")?;
            }
            write!(f, "{c}")?;
        }
        Ok(())
    }
}

struct Hex<'b>(&'b [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// DER of a UTF8String. Values are short: names over 127 octets keep their first octets only,
/// which is enough for a hint.
fn utf8_string(text: &str) -> Vec<u8> {
    let bytes: Vec<u8> = text.bytes().take(127).collect();
    let mut der = vec![0x0C, u8::try_from(bytes.len()).unwrap_or(127)];
    der.extend(bytes);
    der
}

fn value(attribute: &x509_parser::x509::AttributeTypeAndValue<'_>) -> Value {
    if let Ok(text) = attribute.as_str() {
        return Value::Text(text.to_owned());
    }
    let any = attribute.attr_value();
    match any.header.tag().0 {
        // T61String, in practice Latin-1. [P16]
        20 => Value::Text(any.data.iter().map(|byte| char::from(*byte)).collect()),
        // BMPString
        30 => {
            let units = any.data.chunks_exact(2).map(|pair| match pair {
                [high, low] => u16::from_be_bytes([*high, *low]),
                _ => 0,
            });
            Value::Text(
                char::decode_utf16(units)
                    .map(|c| c.unwrap_or('\u{FFFD}'))
                    .collect(),
            )
        }
        _ => Value::Other(any.data.to_vec()),
    }
}

/// Splits at unescaped, unquoted separators.
fn split<'t>(text: &'t str, separators: &[char]) -> Vec<&'t str> {
    let (mut parts, mut start) = (Vec::new(), 0);
    let (mut escaped, mut quoted) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            c if !quoted && separators.contains(&c) => {
                parts.push(text.get(start..at).unwrap_or_default());
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}

fn parse_attribute(text: &str) -> Option<Attribute> {
    let (kind, value) = text.split_once('=')?;
    let kind = kind.trim().to_ascii_uppercase();
    let dotted = kind.strip_prefix("OID.").unwrap_or(&kind);
    let kind = match SHORT_NAMES.iter().find(|(short, _)| *short == kind) {
        Some((_, oid)) => (*oid).to_owned(),
        None if dotted.starts_with(|c: char| c.is_ascii_digit()) => dotted.to_owned(),
        None => return None,
    };
    let value = value.trim_start();
    if let Some(hex) = value.strip_prefix('#') {
        return Some(Attribute {
            kind,
            value: from_der(&unhex(hex.trim_end())?)?,
        });
    }
    Some(Attribute {
        kind,
        value: Value::Text(unescape(value)?),
    })
}

/// A text value keeps its text, so that it compares equal to the same text written plainly.
fn from_der(der: &[u8]) -> Option<Value> {
    match der {
        [0x0C | 0x13 | 0x16, length, text @ ..] if usize::from(*length) == text.len() => {
            Some(Value::Text(String::from_utf8(text.to_vec()).ok()?))
        }
        [_, _, content @ ..] => Some(Value::Other(content.to_vec())),
        _ => None,
    }
}

fn unescape(text: &str) -> Option<String> {
    let text = match text.trim_end().strip_prefix('"') {
        Some(quoted) => quoted.strip_suffix('"')?,
        None => text,
    };
    let mut out = Vec::with_capacity(text.len());
    let mut kept = 0;
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            out.push(byte);
            if byte != b' ' {
                kept = out.len();
            }
            continue;
        }
        let first = bytes.next()?;
        match char::from(first).to_digit(16) {
            Some(high) => {
                let low = char::from(bytes.next()?).to_digit(16)?;
                out.push(u8::try_from(high * 16 + low).ok()?);
            }
            None => out.push(first),
        }
        kept = out.len();
    }
    out.truncate(kept);
    String::from_utf8(out).ok()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(16)).collect();
    let digits = digits?;
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits
        .chunks_exact(2)
        .map(|pair| u8::try_from(pair.first()? * 16 + pair.last()?).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_same(left: &str, right: &str) {
        assert!(
            Name::parse(left)
                .unwrap()
                .matches(&Name::parse(right).unwrap())
        );
    }

    #[test]
    fn spelling_does_not_matter() {
        // [P14]
        check_same("CN=A B,O=X,C=DE", "cn=a  b, O = X , C=de");
        check_same("CN=A,O=X", "O=X,CN=A");
        check_same("E=a@b,CN=A", "EMAILADDRESS=a@b,CN=A");
        check_same("1.2.840.113549.1.9.1=#1603614062,CN=A", "E=a@b,CN=A");
        check_same("OID.2.5.4.3=A", "CN=A");
        check_same(r"O=A\, B,C=DE", r#"O="A, B",C=DE"#);
        check_same(r"O=A\2C B", r"O=A\, B");
        check_same("CN=A+OU=B,C=DE", "OU=B+CN=A,C=DE");
    }

    #[test]
    fn another_name_is_another_name() {
        let name = |text| Name::parse(text).unwrap();
        assert!(!name("CN=A,O=X").matches(&name("CN=A")));
        assert!(!name("CN=A").matches(&name("O=A")));
        assert!(Name::parse("nonsense").is_none());
        assert!(Name::parse("WHAT=A").is_none());
    }

    #[test]
    fn a_name_has_its_attributes_in_whatever_order() {
        let name = Name::parse("CN=AP_FR_01,O=Ministry of  X,C=FR").unwrap();
        let has = |text| name.has_all_of(&Name::parse(text).unwrap());
        assert!(has("C=fr,O=ministry of x"));
        assert!(has("CN=AP_FR_01"));
        assert!(!has("C=FR,O=Ministry of Y"));
        assert!(!has("OU=AP_FR_01"));
    }

    #[test]
    fn what_is_written_is_read_back() {
        for text in [
            "CN=AP_DE_01,O=X,C=DE",
            r"CN=a\,b\+c,O=\#x",
            "1.2.3.4=#0c0141,CN=A",
        ] {
            let name = Name::parse(text).unwrap();
            assert_eq!(name.to_string(), text);
            assert_eq!(Name::parse(&name.to_string()), Some(name));
        }
    }
}
