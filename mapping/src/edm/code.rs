//! Code list values as types. Closed lists are enums; lists that grow keep an unknown value.

mod error;
mod list;

pub use error::{EdmErrorCode, Severity};

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A text is not a value of the type it was read as. Says what was expected, never what was read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not {0}")]
pub struct Malformed(pub(crate) &'static str);

/// String conversions of a type that has `FromStr` and `as_str`.
macro_rules! text_conversions {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
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
                value.as_str().to_owned()
            }
        }
    };
}
pub(crate) use text_conversions;

macro_rules! closed_list {
    ($(#[$doc:meta])* $name:ident, $what:literal {
        $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
        #[serde(try_from = "String", into = "String")]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// All values in list order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The value as the list spells it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }

        impl FromStr for $name {
            type Err = Malformed;

            fn from_str(text: &str) -> Result<Self, Malformed> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err(Malformed($what)),
                }
            }
        }

        text_conversions!($name);
    };
}

closed_list! {
    /// eIDAS level of assurance, lowest first.
    Loa, "a level of assurance" {
        /// Low
        Low = "Low",
        /// Substantial
        Substantial = "Substantial",
        /// High
        High = "High",
    }
}

closed_list! {
    /// Documents that may stand beside the main evidence (2.0).
    SupplementKind, "a kind of associated document" {
        /// An annex.
        Annex = "Annex",
        /// A rendition for people of a structured document.
        HumanReadableVersion = "HumanReadableVersion",
        /// A translation.
        Translation = "Translation",
    }
}

closed_list! {
    /// How the user's browser opens the preview space (before 2.0).
    PreviewMethod, "a preview method" {
        /// GET
        Get = "GET",
        /// POST
        Post = "POST",
        /// PUT
        Put = "PUT",
    }
}

closed_list! {
    /// Other identifiers of a legal person.
    LegalIdScheme, "an identifier scheme of legal persons" {
        /// VAT registration
        Vat = "VAT",
        /// Tax reference
        Tax = "TAX",
        /// Identifier of Directive 2012/17/EU
        BusinessCode = "BusinessCode",
        /// Legal Entity Identifier
        Lei = "LEI",
        /// Economic Operator Registration and Identification
        Eori = "EORI",
        /// System for Exchange of Excise Data
        Seed = "SEED",
        /// Standard Industrial Classification
        Sic = "SIC",
    }
}

closed_list! {
    /// In what capacity an agent reports an error.
    ErrorProviderRole, "a role that may report an error" {
        /// Error provider; what we write.
        ErrorProvider = "ERRP",
        /// Evidence provider.
        EvidenceProvider = "EP",
        /// Intermediary platform.
        Platform = "IP",
    }
}

/// Gender of a person.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub enum Gender {
    /// Male
    Male,
    /// Female
    Female,
    /// Unspecified
    Unspecified,
    /// A digit of the eidas2 list, which 2.0 allows in tests.
    Eidas2(char),
}

impl Gender {
    /// The value as the list spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Male => "Male",
            Self::Female => "Female",
            Self::Unspecified => "Unspecified",
            Self::Eidas2(digit) => match digit {
                '1' => "1",
                '2' => "2",
                '3' => "3",
                '4' => "4",
                '5' => "5",
                '6' => "6",
                '9' => "9",
                _ => "0",
            },
        }
    }
}

impl FromStr for Gender {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        match text {
            "Male" => Ok(Self::Male),
            "Female" => Ok(Self::Female),
            "Unspecified" => Ok(Self::Unspecified),
            "0" | "1" | "2" | "3" | "4" | "5" | "6" | "9" => {
                Ok(Self::Eidas2(text.chars().next().unwrap_or('0')))
            }
            _ => Err(Malformed("a gender")),
        }
    }
}

text_conversions!(Gender);

/// Media type of evidence. The list may grow, so an unlisted one is kept.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum MediaType {
    /// `image/jpeg`
    Jpeg,
    /// `application/json`, structured
    Json,
    /// `image/png`
    Png,
    /// `application/pdf`
    Pdf,
    /// `application/xml`, structured
    Xml,
    /// `image/svg+xml`
    Svg,
    /// Not in the list of 2.0.1.
    Other(Box<str>),
}

impl MediaType {
    /// The value as the list spells it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Json => "application/json",
            Self::Png => "image/png",
            Self::Pdf => "application/pdf",
            Self::Xml => "application/xml",
            Self::Svg => "image/svg+xml",
            Self::Other(text) => text,
        }
    }

    /// Whether the document must say which data model it follows.
    pub fn is_structured(&self) -> bool {
        matches!(self, Self::Json | Self::Xml)
    }

    /// Whether the value is in the list of 2.0.1.
    pub fn is_listed(&self) -> bool {
        !matches!(self, Self::Other(_))
    }
}

impl FromStr for MediaType {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let shape = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_graphic() && b != b'/')
        };
        Ok(match text {
            "image/jpeg" => Self::Jpeg,
            "application/json" => Self::Json,
            "image/png" => Self::Png,
            "application/pdf" => Self::Pdf,
            "application/xml" => Self::Xml,
            "image/svg+xml" => Self::Svg,
            other => match other.split_once('/') {
                Some((kind, subtype)) if shape(kind) && shape(subtype) => Self::Other(other.into()),
                _ => return Err(Malformed("a media type")),
            },
        })
    }
}

text_conversions!(MediaType);

/// Two capital letters.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
struct Letters([u8; 2]);

impl Letters {
    fn parse(text: &str) -> Option<Self> {
        let letters: [u8; 2] = text.as_bytes().try_into().ok()?;
        letters
            .iter()
            .all(u8::is_ascii_uppercase)
            .then_some(Self(letters))
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Letters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Country as the OOTS lists spell it: `EL` is Greece. A value read from a message may be outside
/// the list where the rules of its release only warn.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct CountryCode(Letters);

impl CountryCode {
    /// The two letters.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether it stands in `OOTS_Country`.
    pub fn is_listed(&self) -> bool {
        list::COUNTRIES.binary_search(&self.as_str()).is_ok()
    }

    /// Two capital letters, listed or not.
    pub(crate) fn unlisted(text: &str) -> Option<Self> {
        Letters::parse(text).map(Self)
    }
}

impl FromStr for CountryCode {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Self::unlisted(text)
            .filter(Self::is_listed)
            .ok_or(Malformed("a country of the OOTS list"))
    }
}

text_conversions!(CountryCode);

/// Language, two letters, always written in capitals; either case is read `[W11]`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct LanguageCode(Letters);

impl LanguageCode {
    /// English: what stands where a sender left the language out.
    pub const EN: Self = Self(Letters(*b"EN"));
    /// German.
    pub const DE: Self = Self(Letters(*b"DE"));

    /// The two letters, capitals.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for LanguageCode {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Letters::parse(&text.to_ascii_uppercase())
            .filter(|letters| list::LANGUAGES.binary_search(&letters.as_str()).is_ok())
            .map(Self)
            .ok_or(Malformed("a language"))
    }
}

text_conversions!(LanguageCode);

/// Code of a procedure. New procedures need no code, so the shape decides; `00` is the test one.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProcedureCode(Box<str>);

impl ProcedureCode {
    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it stands in the list known to this release of the software.
    pub fn is_listed(&self) -> bool {
        list::PROCEDURES.binary_search(&self.as_str()).is_ok()
    }
}

impl FromStr for ProcedureCode {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let letters = text.bytes().take_while(u8::is_ascii_uppercase).count();
        let digits = text.len() - letters;
        let shape = (1..=2).contains(&letters)
            && (1..=2).contains(&digits)
            && text.bytes().skip(letters).all(|b| b.is_ascii_digit());
        if shape || text == "00" {
            Ok(Self(text.into()))
        } else {
            Err(Malformed("a procedure code"))
        }
    }
}

text_conversions!(ProcedureCode);

/// Whether a code of the list `EAS` (Electronic Address Scheme) exists.
pub(crate) fn is_address_scheme(code: &str) -> bool {
    list::ADDRESS_SCHEMES.binary_search(&code).is_ok()
}
