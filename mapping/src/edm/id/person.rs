//! eIDAS identifiers of persons.

use crate::{
    edm::code::{CountryCode, Malformed},
    personal::Personal,
};

/// Scheme of an eIDAS identifier.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum EidasScheme {
    /// `eidas`
    Eidas,
    /// `eidas2`, which 2.0 allows in tests.
    Eidas2,
}

impl EidasScheme {
    /// As `@schemeID` spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Eidas => "eidas",
            Self::Eidas2 => "eidas2",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "eidas" => Some(Self::Eidas),
            "eidas2" => Some(Self::Eidas2),
            _ => None,
        }
    }
}

/// Identifier of a natural or legal person: `<nationality>/<destination>/<value>`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EidasId {
    value: Personal<String>,
    scheme: EidasScheme,
}

impl EidasId {
    /// Under the scheme `eidas`. [R-EDM-REQ-C040] two countries and 6 to 256 characters.
    pub fn new(value: &str) -> Result<Self, Malformed> {
        let wrong = Malformed("an eIDAS identifier");
        let mut parts = value.splitn(3, '/');
        let country = |part: Option<&str>| {
            part.is_some_and(|part| part.to_ascii_uppercase().parse::<CountryCode>().is_ok())
        };
        let (from, to, rest) = (parts.next(), parts.next(), parts.next().unwrap_or_default());
        let long_enough = (6..=256).contains(&rest.chars().count());
        if country(from) && country(to) && long_enough && !rest.contains(char::is_whitespace) {
            Ok(Self::unchecked(value, EidasScheme::Eidas))
        } else {
            Err(wrong)
        }
    }

    /// Under the scheme `eidas2`, whose format is not published.
    pub fn eidas2(value: &str) -> Result<Self, Malformed> {
        if value.is_empty() || value.chars().count() > 300 || value.contains(char::is_whitespace) {
            return Err(Malformed("an eIDAS identifier"));
        }
        Ok(Self::unchecked(value, EidasScheme::Eidas2))
    }

    /// A value that only older rules warn about.
    pub(crate) fn unchecked(value: &str, scheme: EidasScheme) -> Self {
        Self {
            value: Personal::new(value.to_owned()),
            scheme,
        }
    }

    /// The whole value.
    pub fn value(&self) -> Personal<&str> {
        Personal::new(self.value.expose())
    }

    /// The scheme.
    pub fn scheme(&self) -> EidasScheme {
        self.scheme
    }

    /// Member state that issued the identifier, and the one it was made for.
    pub fn countries(&self) -> Option<(CountryCode, CountryCode)> {
        let mut parts = self.value.expose().splitn(3, '/');
        let from = CountryCode::unlisted(&parts.next()?.to_ascii_uppercase())?;
        let to = CountryCode::unlisted(&parts.next()?.to_ascii_uppercase())?;
        Some((from, to))
    }
}
