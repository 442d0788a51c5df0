//! Identifiers and texts with a pattern, each its own type. `FromStr` is the only way in.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A text that does not have the form its type asks for. Never quotes the text.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not {0}")]
pub struct Malformed(pub(crate) &'static str);

macro_rules! uuid_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID drawn by the caller.
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID itself.
            pub const fn uuid(&self) -> Uuid {
                self.0
            }

            /// The form with the prefix `urn:uuid:`.
            pub fn urn(&self) -> String {
                format!("urn:uuid:{}", self.0)
            }

            /// Reads the form with the prefix `urn:uuid:`.
            ///
            /// # Errors
            /// When the text has another form.
            pub fn from_urn(text: &str) -> Result<Self, Malformed> {
                text.strip_prefix("urn:uuid:")
                    .ok_or(Malformed("a UUID with the prefix urn:uuid:"))?
                    .parse()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = Malformed;

            fn from_str(text: &str) -> Result<Self, Malformed> {
                strict_uuid(text).map(Self).ok_or(Malformed("a UUID"))
            }
        }

        impl TryFrom<String> for $name {
            type Error = Malformed;

            fn try_from(text: String) -> Result<Self, Malformed> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }
    };
}

uuid_type! {
    /// `nachrichtenUUID`: names one national message and is its idempotency key.
    MessageId
}
uuid_type! {
    /// `ConversationID` of 0402 and 0411: one user session at the platform.
    ConversationId
}
uuid_type! {
    /// `EvidenceResponseIdentifier`, `OrderResponseIdentifier`, `GetEvidenceResponseIdentifier`.
    ResponseId
}
uuid_type! {
    /// `RegistryObject/@id`: one document in an answer.
    ObjectId
}
uuid_type! {
    /// `RequestedEvidenceType/Identifier`: the entry of the Data Service Directory asked for.
    DataServiceId
}

macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident, $what:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Box<str>);

        impl $name {
            /// The text as it stands on the wire.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = Malformed;

            fn from_str(text: &str) -> Result<Self, Malformed> {
                let check: fn(&str) -> bool = $check;
                if check(text) { Ok(Self(text.into())) } else { Err(Malformed($what)) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = Malformed;

            fn try_from(text: String) -> Result<Self, Malformed> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0.into()
            }
        }
    };
}

text_type! {
    /// Classification of an evidence type on the national side: always the production host of the
    /// semantic repository, whatever host the EU environment uses.
    EvidenceTypeId, "an evidence type classification", is_evidence_type
}
text_type! {
    /// URI of a requirement, on the production host of the semantic repository.
    RequirementId, "a requirement URI", |text| {
        after_repository(text, "requirements/").is_some_and(|rest| strict_uuid(rest).is_some())
    }
}
text_type! {
    /// URI of a data model (`ConformsTo`, `Transformation`).
    DataModel, "a data model URI", |text| {
        after_repository(text, "datamodels/").is_some_and(|rest| !rest.is_empty())
    }
}
text_type! {
    /// Scheme of an agent's or legal person's identifier.
    SchemeId, "an EAS or unregistered identifier scheme", is_scheme
}
text_type! {
    /// Amtlicher Regionalschlüssel: twelve digits naming a German place.
    Ars, "a twelve-digit regional key (ARS)", |text| digits(text, 12)
}
text_type! {
    /// Code of a procedure, such as `T1`. Whether the list in use knows it is for the code tables.
    ProcedureCode, "a procedure code", |text| {
        (1..=8).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    }
}
text_type! {
    /// ISO 3166-1 alpha-2 country code, upper case; Greece is `GR` here.
    CountryCode, "a two-letter country code", two_capitals
}

impl Ars {
    /// Amtlicher Gemeindeschlüssel: the eight digits without the association of municipalities.
    pub fn ags(&self) -> String {
        let digits = self.as_str();
        let (district, municipality) = (digits.get(..5), digits.get(9..));
        [district, municipality].into_iter().flatten().collect()
    }
}

/// Identifier of the eIDAS minimum data set, such as `ES/AT/02635542Y`. It names a person, so
/// `Debug` hides it.
#[derive(Clone, Eq, Ord, PartialEq, PartialOrd)]
pub struct EidasId(Box<str>);

impl EidasId {
    /// The identifier as it stands on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for EidasId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[personal]")
    }
}

impl FromStr for EidasId {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let mut parts = text.splitn(3, '/');
        let mut two = || parts.next().is_some_and(|part| part.chars().count() == 2);
        if two() && two() && parts.next().is_some_and(|rest| !rest.is_empty()) {
            Ok(Self(text.into()))
        } else {
            Err(Malformed("an eIDAS identifier"))
        }
    }
}

/// The German tax identification number, eleven digits. Used inside Germany only: there is no
/// conversion of it into anything of [`crate::edm`].
///
/// An EDM person has no place for it, so this does not compile:
///
/// ```compile_fail,E0609
/// fn abroad(person: &mut mapping::edm::NaturalPerson, id: mapping::noots::IdNr) {
///     person.id_nr = Some(id);
/// }
/// ```
#[derive(Clone, Eq, PartialEq)]
pub struct IdNr(Box<str>);

impl IdNr {
    /// The eleven digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for IdNr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[personal]")
    }
}

impl FromStr for IdNr {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        if digits(text, 11) {
            Ok(Self(text.into()))
        } else {
            Err(Malformed("an eleven-digit identification number"))
        }
    }
}

/// A language of ISO 639-1, kept in lower case as XNachweis writes it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct LanguageCode([u8; 2]);

impl LanguageCode {
    /// German.
    pub const GERMAN: Self = Self(*b"de");
    /// English, the default of multilingual texts.
    pub const ENGLISH: Self = Self(*b"en");

    /// Two lower-case letters.
    pub fn as_str(&self) -> &str {
        // The bytes are ASCII letters by construction; the fallback is unreachable.
        std::str::from_utf8(&self.0).unwrap_or("en")
    }
}

impl fmt::Display for LanguageCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for LanguageCode {
    type Err = Malformed;

    // The standard's text gives the default "DE", its rule admits lower case only: both are read.
    fn from_str(text: &str) -> Result<Self, Malformed> {
        match text.as_bytes() {
            [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                Ok(Self([a.to_ascii_lowercase(), b.to_ascii_lowercase()]))
            }
            _ => Err(Malformed("a two-letter language code")),
        }
    }
}

impl TryFrom<String> for LanguageCode {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        text.parse()
    }
}

impl From<LanguageCode> for String {
    fn from(code: LanguageCode) -> Self {
        code.as_str().to_owned()
    }
}

/// A point in time with the precision the standard writes: milliseconds, UTC.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(from = "jiff::Timestamp", into = "jiff::Timestamp")]
pub struct DateTime(jiff::Timestamp);

impl DateTime {
    /// The time itself.
    pub const fn timestamp(self) -> jiff::Timestamp {
        self.0
    }
}

impl From<jiff::Timestamp> for DateTime {
    /// Drops what is finer than a millisecond.
    fn from(time: jiff::Timestamp) -> Self {
        Self(jiff::Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time))
    }
}

impl From<DateTime> for jiff::Timestamp {
    fn from(time: DateTime) -> Self {
        time.0
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.0)
    }
}

impl FromStr for DateTime {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        // jiff reads more than RFC 3339 (blanks for `T`, RFC 9557 zone names), the standard does not.
        let plain = text
            .bytes()
            .all(|b| b.is_ascii_digit() || b"-:.TtZz+".contains(&b));
        let time: Option<jiff::Timestamp> = if plain { text.parse().ok() } else { None };
        time.map(Self::from)
            .ok_or(Malformed("an RFC 3339 date and time"))
    }
}

fn strict_uuid(text: &str) -> Option<Uuid> {
    // `Uuid` also reads forms without hyphens, in braces and as URN.
    if text.len() == 36 {
        Uuid::try_parse(text).ok()
    } else {
        None
    }
}

fn digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|b| b.is_ascii_digit())
}

fn two_capitals(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase())
}

fn after_repository<'t>(text: &'t str, kind: &str) -> Option<&'t str> {
    text.strip_prefix("https://sr.oots.tech.ec.europa.eu/")?
        .strip_prefix(kind)
}

fn is_evidence_type(text: &str) -> bool {
    let Some((place, id)) = after_repository(text, "evidencetypeclassifications/")
        .and_then(|rest| rest.split_once('/'))
    else {
        return false;
    };
    // The pattern of the standard asks for two capitals; `oots` marks the EU's own test types, and
    // `ec` is what the pattern of 1.2.0 asks for.
    (matches!(place, "oots" | "ec") || two_capitals(place)) && strict_uuid(id).is_some()
}

fn is_scheme(text: &str) -> bool {
    if let Some(code) = text.strip_prefix("urn:cef.eu:names:identifier:EAS:") {
        return !code.is_empty();
    }
    text.strip_prefix("urn:oasis:names:tc:ebcore:partyid-type:unregistered:")
        .is_some_and(two_capitals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check<T: FromStr>(text: &str, good: bool) {
        assert_eq!(text.parse::<T>().is_ok(), good, "{text}");
    }

    #[test]
    fn a_uuid_has_hyphens_and_no_prefix() {
        check::<MessageId>("5f2b6f0e-9d0f-4c58-8f0c-6b0f3f1d7a11", true);
        check::<MessageId>("5F2B6F0E-9D0F-4C58-8F0C-6B0F3F1D7A11", true);
        check::<MessageId>("5f2b6f0e9d0f4c588f0c6b0f3f1d7a11", false);
        check::<MessageId>("urn:uuid:5f2b6f0e-9d0f-4c58-8f0c-6b0f3f1d7a11", false);
    }

    #[test]
    fn an_evidence_type_stands_on_the_production_host() {
        let id = "ca8afed6-2dc0-422a-a931-d21c3d8d370e";
        check::<EvidenceTypeId>(
            &format!("https://sr.oots.tech.ec.europa.eu/evidencetypeclassifications/DE/{id}"),
            true,
        );
        check::<EvidenceTypeId>(
            &format!("https://sr.acc.oots.tech.ec.europa.eu/evidencetypeclassifications/DE/{id}"),
            false,
        );
        check::<EvidenceTypeId>(
            &format!("https://sr.oots.tech.ec.europa.eu/evidencetypeclassifications/de/{id}"),
            false,
        );
    }

    #[test]
    fn an_eidas_identifier_names_two_countries() {
        check::<EidasId>("ES/AT/02635542Y", true);
        check::<EidasId>("ES/AT/", false);
        check::<EidasId>("ESP/AT/1", false);
    }

    #[test]
    fn identification_numbers_have_eleven_digits() {
        check::<IdNr>("12345678901", true);
        check::<IdNr>("1234567890", false);
    }

    #[test]
    fn languages_are_kept_in_lower_case() {
        assert_eq!("DE".parse::<LanguageCode>(), Ok(LanguageCode::GERMAN));
    }

    #[test]
    fn times_are_written_with_three_fraction_digits() {
        for text in [
            "2026-11-23T10:15:30Z",
            "2026-11-23T10:15:30.000000001Z",
            "2026-11-23T11:15:30+01:00",
        ] {
            let time: DateTime = text.parse().unwrap();
            assert_eq!(time.to_string(), "2026-11-23T10:15:30.000Z");
        }
        check::<DateTime>("2026-11-23 10:15:30Z", false);
        check::<DateTime>("2026-11-23T10:15:30", false);
        check::<DateTime>("2026-11-23T10:15:30Z[UTC]", false);
    }

    #[test]
    fn the_municipality_key_leaves_out_the_association() {
        let ars: Ars = "081110000000".parse().unwrap();
        assert_eq!(ars.ags(), "08111000");
    }
}
