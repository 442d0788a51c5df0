//! Identifiers and references, one type each. Parsing is the only way in.

mod agent;
mod link;
mod person;
mod repository;

pub use agent::{AgentId, IdentifierScheme};
pub use link::{PreviewUrl, ReturnUrl};
pub use person::{EidasId, EidasScheme};
pub use repository::{DataModel, EvidenceTypeId, RequirementId};

use super::code::{Malformed, text_conversions};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// The prefix of identifiers in attributes.
const URN: &str = "urn:uuid:";

/// A UUID with hyphens and nothing around it; other spellings the uuid crate reads are not UUIDs here.
pub(crate) fn bare_uuid(text: &str) -> Option<Uuid> {
    if text.len() == 36 {
        Uuid::try_parse(text).ok()
    } else {
        None
    }
}

macro_rules! uuid_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Uuid);

        impl $name {
            /// From a UUID the caller drew.
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = Malformed;

            fn from_str(text: &str) -> Result<Self, Malformed> {
                bare_uuid(text).map(Self).ok_or(Malformed("a UUID"))
            }
        }

        impl TryFrom<String> for $name {
            type Error = Malformed;

            fn try_from(text: String) -> Result<Self, Malformed> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0.to_string()
            }
        }
    };
}

uuid_type! {
    /// Identifier of one answer, slot `EvidenceResponseIdentifier`.
    EvidenceResponseId
}
uuid_type! {
    /// Identifier of a piece of evidence.
    EvidenceId
}
uuid_type! {
    /// Identifier of a registry object: a document, a package, a classification, an association.
    /// Unique inside one message.
    ObjectId
}
uuid_type! {
    /// Identifier of a data service evidence type, from the Data Service Directory.
    DataServiceId
}
uuid_type! {
    /// Identifier of a classification concept of evidence providers.
    ConceptId
}

impl ObjectId {
    /// As attributes spell it: `urn:uuid:…`.
    pub fn to_urn(self) -> String {
        format!("{URN}{self}")
    }
}

/// Identifier of one request, `@id` and `@requestId`. The UUID correlates; the text as received is
/// kept and echoed, because senders drop or double the prefix `[W9]`.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct RequestId {
    uuid: Uuid,
    text: Box<str>,
}

impl RequestId {
    /// A new identifier from a UUID the caller drew.
    pub fn new(uuid: Uuid) -> Self {
        Self {
            uuid,
            text: format!("{URN}{uuid}").into(),
        }
    }

    /// What to correlate by.
    pub fn uuid(&self) -> Uuid {
        self.uuid
    }

    /// What to echo.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the text has the prefix exactly once.
    pub fn is_regular(&self) -> bool {
        self.text.strip_prefix(URN).and_then(bare_uuid).is_some()
    }
}

impl FromStr for RequestId {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let mut rest = text;
        while let Some(shorter) = rest.strip_prefix(URN) {
            rest = shorter;
        }
        let uuid = bare_uuid(rest).ok_or(Malformed("urn:uuid: and a UUID"))?;
        Ok(Self {
            uuid,
            text: text.into(),
        })
    }
}

text_conversions!(RequestId);

/// Content-ID of the part that holds a document, as `RepositoryItemRef` names it, without `cid:`.
/// Compared octet for octet.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct ContentRef(Box<str>);

impl ContentRef {
    /// The Content-ID.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads `cid:…`. [R-EDM-RESP-C042]
    pub fn from_href(href: &str) -> Result<Self, Malformed> {
        href.strip_prefix("cid:")
            .ok_or(Malformed("a cid: reference"))?
            .parse()
    }

    /// As `xlink:href` spells it.
    pub fn to_href(&self) -> String {
        format!("cid:{}", self.0)
    }

    /// Whether it has the two sides around one `@` that the rules demand.
    pub fn has_two_sides(&self) -> bool {
        self.0.split_once('@').is_some_and(|(left, right)| {
            !left.is_empty() && !right.is_empty() && !right.contains('@')
        })
    }
}

impl FromStr for ContentRef {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        if text.is_empty() || text.len() > 512 || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Malformed("a content id"));
        }
        Ok(Self(text.into()))
    }
}

text_conversions!(ContentRef);
