//! Identifiers with a name in the specifications. `FromStr` and `TryFrom<String>` are the only
//! ways in, so a value that exists is one that may stand in a header.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A text that cannot be the identifier it was meant to be.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a {kind}: {problem}")]
pub struct InvalidId {
    kind: &'static str,
    problem: &'static str,
}

impl InvalidId {
    /// Which identifier was meant.
    pub fn kind(&self) -> &'static str {
        self.kind
    }
}

/// Longest identifier taken from or put on the wire. [AS4 1.4]
const MAX_CHARS: usize = 255;

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $check:path) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                match $check(&text) {
                    None => Ok(Self(text)),
                    Some(problem) => Err(InvalidId { kind: $kind, problem }),
                }
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::try_from(text.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

identifier!(
    /// One AS4 message: an RFC 2822 msg-id without angle brackets, at most 255 characters.
    MessageId,
    "message id",
    message_id
);

identifier!(
    /// The user session an exchange belongs to. OOTS wants a UUID; that is a rule of the P-Mode,
    /// because other ebMS partners do not follow it.
    ConversationId,
    "conversation id",
    token
);

identifier!(
    /// A MIME part: `Content-ID` without angle brackets, `cid:` reference decoded.
    ContentId,
    "content id",
    message_id
);

identifier!(
    /// The name of a partner file, as shown to operators.
    PartnerName,
    "partner name",
    name
);

impl ConversationId {
    /// The UUID this is, if it is one.
    // [R-EDM-ebMS-017]
    pub fn as_uuid(&self) -> Option<uuid::Uuid> {
        uuid::Uuid::parse_str(&self.0).ok()
    }
}

impl ContentId {
    /// The reference to this part as it stands in `href` and `ds:Reference`: RFC 2392 wants
    /// everything outside the unreserved characters and `@` percent-encoded.
    pub fn to_href(&self) -> String {
        let mut href = String::with_capacity(self.0.len() + 4);
        href.push_str("cid:");
        for byte in self.0.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~@!$&'()*+,;=:".contains(&byte) {
                href.push(char::from(byte));
            } else {
                href.push_str(&format!("%{byte:02X}"));
            }
        }
        href
    }

    /// Reads a `cid:` reference, percent-encoded or not.
    // [P01]
    pub fn from_href(href: &str) -> Option<Self> {
        let encoded = href.strip_prefix("cid:")?;
        let bytes = percent_decode(encoded)?;
        Self::try_from(String::from_utf8(bytes).ok()?).ok()
    }
}

fn percent_decode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let high = char::from(bytes.next()?).to_digit(16)?;
            let low = char::from(bytes.next()?).to_digit(16)?;
            out.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            out.push(byte);
        }
    }
    Some(out)
}

/// A party: an identifier and the scheme it is from. Two parties are the same if both agree.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "PartyIdText", into = "PartyIdText")]
pub struct PartyId {
    scheme: Option<String>,
    value: String,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct PartyIdText {
    value: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scheme: Option<String>,
}

impl PartyId {
    /// A party id. Without a scheme the value itself must be a URI.
    // [EBMS:0003]
    pub fn new(value: &str, scheme: Option<&str>) -> Result<Self, InvalidId> {
        let invalid = |problem| InvalidId {
            kind: "party id",
            problem,
        };
        if let Some(problem) = token(value) {
            return Err(invalid(problem));
        }
        match scheme {
            Some(scheme) => {
                if let Some(problem) = token(scheme) {
                    return Err(invalid(problem));
                }
            }
            None if !is_uri(value) => return Err(invalid("neither a scheme nor a URI")),
            None => {}
        }
        Ok(Self {
            value: value.to_owned(),
            scheme: scheme.map(ToOwned::to_owned),
        })
    }

    /// The identifier.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The scheme: `@type` on the wire.
    pub fn scheme(&self) -> Option<&str> {
        self.scheme.as_deref()
    }
}

impl TryFrom<PartyIdText> for PartyId {
    type Error = InvalidId;

    fn try_from(text: PartyIdText) -> Result<Self, InvalidId> {
        Self::new(&text.value, text.scheme.as_deref())
    }
}

impl From<PartyId> for PartyIdText {
    fn from(id: PartyId) -> Self {
        Self {
            value: id.value,
            scheme: id.scheme,
        }
    }
}

impl fmt::Display for PartyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.scheme {
            Some(scheme) => write!(f, "{scheme}::{}", self.value),
            None => f.write_str(&self.value),
        }
    }
}

/// Whether a text is an absolute URI as far as ebMS asks: a scheme, a colon, something behind it.
pub(crate) fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let mut letters = scheme.chars();
    letters.next().is_some_and(|c| c.is_ascii_alphabetic())
        && letters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
        && !rest.is_empty()
        && !rest.chars().any(|c| c.is_whitespace() || c.is_control())
}

fn message_id(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        Some("empty")
    } else if text.len() > MAX_CHARS {
        Some("longer than 255 characters")
    } else if !text
        .bytes()
        .all(|b| matches!(b, b'!'..=b'~') && !matches!(b, b'<' | b'>'))
    {
        // Printable ASCII only: ids end up in logs, keys and file names.
        Some("a character outside printable ASCII, or an angle bracket")
    } else {
        None
    }
}

fn token(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        Some("empty")
    } else if text.chars().count() > MAX_CHARS {
        Some("longer than 255 characters")
    } else if text.chars().any(char::is_control) {
        Some("a control character")
    } else if text.trim() != text {
        Some("white space around it")
    } else {
        None
    }
}

fn name(text: &str) -> Option<&'static str> {
    if text.is_empty() || text.len() > 64 {
        return Some("empty or longer than 64 characters");
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (!text.chars().all(allowed)).then_some("a character outside letters, digits, '-', '_', '.'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_message_id(text: &str, good: bool) {
        assert_eq!(text.parse::<MessageId>().is_ok(), good, "{text:?}");
    }

    #[test]
    fn a_message_id_is_printable_ascii_without_brackets() {
        check_message_id("54f4d4cc-8a26-4b63-9f04-61f477b0bc41@oots.example", true);
        check_message_id("", false);
        check_message_id("<a@b>", false);
        check_message_id("a\nb@c", false);
        check_message_id("a b@c", false);
        check_message_id(&"x".repeat(255), true);
        check_message_id(&"x".repeat(256), false);
    }

    #[track_caller]
    fn check_href(href: &str, expected: Option<&str>) {
        assert_eq!(
            ContentId::from_href(href).as_ref().map(ContentId::as_str),
            expected
        );
    }

    #[test]
    fn a_reference_is_read_encoded_or_not() {
        // [P01] partners differ in whether they encode.
        check_href("cid:a@b", Some("a@b"));
        check_href("cid:a%40b", Some("a@b"));
        check_href("cid:a%4", None);
        check_href("cid:a%zz", None);
        check_href("cid:%0A", None);
        check_href("http://a/b", None);
        check_href("CID:a", None);
    }

    #[test]
    fn a_reference_written_is_read_back() {
        for id in [
            "regrep@oots.eu",
            "a%b@c",
            "part 1".replace(' ', "/").as_str(),
        ] {
            let id: ContentId = id.parse().unwrap();
            assert_eq!(ContentId::from_href(&id.to_href()), Some(id));
        }
    }

    #[test]
    fn a_party_without_scheme_is_a_uri() {
        assert!(PartyId::new("AP_DE_01", Some("urn:x:y")).is_ok());
        assert!(PartyId::new("AP_DE_01", None).is_err());
        assert!(PartyId::new("urn:oasis:names:x:AP_DE_01", None).is_ok());
        assert!(PartyId::new("", Some("urn:x:y")).is_err());
        assert!(PartyId::new("AP_DE_01", Some("")).is_err());
    }

    #[test]
    fn a_party_survives_serialization() {
        let party = PartyId::new("AP_DE_01", Some("urn:x:y")).unwrap();
        let text = serde_json::to_string(&party).unwrap();
        assert_eq!(serde_json::from_str::<PartyId>(&text).unwrap(), party);
        assert!(serde_json::from_str::<PartyId>(r#"{"value":"AP_DE_01"}"#).is_err());
    }
}
