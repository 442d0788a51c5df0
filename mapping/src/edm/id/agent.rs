//! Identifiers of agents (corners C1 and C4) and the schemes that give them meaning.

use crate::edm::code::{CountryCode, Malformed, is_address_scheme, text_conversions};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

const EAS: &str = "urn:cef.eu:names:identifier:EAS:";
const UNREGISTERED: &str = "urn:oasis:names:tc:ebcore:partyid-type:unregistered";

/// Scheme of an agent identifier: a code of the list EAS, or ebCore `unregistered` with a country
/// or `oots`. Case-sensitive. A value read from an old message may be another `unregistered` one.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct IdentifierScheme(Box<str>);

impl IdentifierScheme {
    /// The URN.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `urn:oasis:names:tc:ebcore:partyid-type:unregistered:` and a country.
    pub fn unregistered(country: CountryCode) -> Self {
        Self(format!("{UNREGISTERED}:{country}").into())
    }

    /// Schemes seen before 1.2: `unregistered` alone or with a word of the sender's.
    pub(crate) fn old(text: &str) -> Option<Self> {
        text.starts_with(UNREGISTERED).then(|| Self(text.into()))
    }
}

impl FromStr for IdentifierScheme {
    type Err = Malformed;

    // [R-EDM-REQ-C012] and its siblings for the other agents.
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let known = match text.strip_prefix(EAS) {
            Some(code) => is_address_scheme(code),
            None => text
                .strip_prefix(UNREGISTERED)
                .and_then(|rest| rest.strip_prefix(':'))
                .is_some_and(|rest| rest == "oots" || rest.parse::<CountryCode>().is_ok()),
        };
        if known {
            Ok(Self(text.into()))
        } else {
            Err(Malformed("an agent identifier scheme"))
        }
    }
}

text_conversions!(IdentifierScheme);

/// Identifier of an agent: value and scheme. Both case-sensitive, compared as they are.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct AgentId {
    value: Box<str>,
    scheme: IdentifierScheme,
}

impl AgentId {
    /// A value of 1 to 255 characters under a scheme.
    pub fn new(value: &str, scheme: IdentifierScheme) -> Result<Self, Malformed> {
        let value = value.trim();
        if value.is_empty() || value.chars().count() > 255 {
            return Err(Malformed("an agent identifier"));
        }
        Ok(Self {
            value: value.into(),
            scheme,
        })
    }

    /// The value.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The scheme.
    pub fn scheme(&self) -> &IdentifierScheme {
        &self.scheme
    }
}
