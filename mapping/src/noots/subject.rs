//! Whom the evidence is about and who acts for them. None of these types prints its content.

use std::fmt;

use jiff::civil::Date;

use super::agent::Address;
use super::code::Loa;
use super::id::{CountryCode, EidasId, IdNr, SchemeId};
use crate::Personal;

/// The person the evidence is about: `LegalOrNaturalPerson`.
#[derive(Clone, Eq, PartialEq)]
pub enum Subject {
    /// A human.
    Natural(Box<NaturalPerson>),
    /// A company or other body.
    Legal(Box<LegalPerson>),
}

impl Subject {
    /// Level of assurance of the identification.
    pub fn loa(&self) -> Loa {
        match self {
            Self::Natural(person) => person.loa,
            Self::Legal(person) => person.loa,
        }
    }
}

/// Who acts for the subject: `AuthorizedRepresentative`.
#[derive(Clone, Eq, PartialEq)]
pub enum Representative {
    /// A human.
    Natural(Box<NaturalPerson>),
    /// A company or other body.
    Legal(Box<LegalPerson>),
}

impl Representative {
    /// What the representative may do.
    pub fn sector_attributes(&self) -> &[SectorAttribute] {
        match self {
            Self::Natural(person) => &person.sector_attributes,
            Self::Legal(person) => &person.sector_attributes,
        }
    }
}

/// A name, with the spelling it has in another script.
#[derive(Clone, Eq, PartialEq)]
pub struct Name {
    /// In Latin script.
    pub value: String,
    /// `nonLatin`: before transliteration.
    pub non_latin: Option<String>,
}

impl Name {
    /// A name in Latin script only.
    pub fn new(value: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            non_latin: None,
        }
    }
}

/// A human.
#[derive(Clone, Eq, PartialEq)]
pub struct NaturalPerson {
    /// Identifier of the eIDAS minimum data set.
    pub identifier: Option<EidasId>,
    /// Date of birth.
    pub date_of_birth: Date,
    /// Family name.
    pub family_name: Name,
    /// Given names.
    pub given_name: Name,
    /// How well the person was identified.
    pub loa: Loa,
    /// Name at birth.
    pub birth_name: Option<Name>,
    /// Place of birth.
    pub place_of_birth: Option<String>,
    /// Where the person lives.
    pub address: Option<Address>,
    /// Gender.
    pub gender: Option<String>,
    /// Further attributes of a domain.
    pub sector_attributes: Vec<SectorAttribute>,
    /// German identification number; stays in Germany.
    pub id_nr: Option<Personal<IdNr>>,
    /// Nationalities.
    pub nationalities: Vec<CountryCode>,
    /// Country of birth.
    pub country_of_birth: Option<CountryCode>,
    /// Town of birth.
    pub town_of_birth: Option<String>,
    /// Country of residence.
    pub country_of_residence: Option<CountryCode>,
    /// Phone number.
    pub phone: Option<String>,
    /// Mail address.
    pub email: Option<String>,
}

impl NaturalPerson {
    /// A person of whom only the mandatory attributes are known.
    pub fn new(family_name: Name, given_name: Name, date_of_birth: Date, loa: Loa) -> Self {
        Self {
            identifier: None,
            date_of_birth,
            family_name,
            given_name,
            loa,
            birth_name: None,
            place_of_birth: None,
            address: None,
            gender: None,
            sector_attributes: Vec::new(),
            id_nr: None,
            nationalities: Vec::new(),
            country_of_birth: None,
            town_of_birth: None,
            country_of_residence: None,
            phone: None,
            email: None,
        }
    }

    /// [XN-R5] Whether a register can hardly find the person: neither the identification number nor
    /// any optional attribute is there. A warning, not an error.
    pub fn is_sparse(&self) -> bool {
        let absent = [
            self.id_nr.is_none(),
            self.identifier.is_none(),
            self.birth_name.is_none(),
            self.place_of_birth.is_none(),
            self.address.is_none(),
            self.gender.is_none(),
            self.sector_attributes.is_empty(),
            self.nationalities.is_empty(),
            self.country_of_birth.is_none(),
            self.town_of_birth.is_none(),
            self.country_of_residence.is_none(),
            self.phone.is_none(),
            self.email.is_none(),
        ];
        absent.iter().all(|missing| *missing)
    }
}

/// A company or other body.
#[derive(Clone, Eq, PartialEq)]
pub struct LegalPerson {
    /// `LegalPersonIdentifier`. [XN-R4] mandatory in every message the platform takes part in.
    pub identifier: EidasId,
    /// Its name.
    pub name: Name,
    /// How well it was identified.
    pub loa: Loa,
    /// Further identifiers.
    pub identifiers: Vec<LegalIdentifier>,
    /// Its seat.
    pub address: Option<Address>,
    /// Further attributes of a domain.
    pub sector_attributes: Vec<SectorAttribute>,
    /// Phone number.
    pub phone: Option<String>,
    /// Mail address.
    pub email: Option<String>,
}

/// A further identifier of a legal person.
#[derive(Clone, Eq, PartialEq)]
pub struct LegalIdentifier {
    /// The identifier.
    pub value: String,
    /// Its scheme.
    pub scheme: SchemeId,
}

/// An attribute of a domain, for example what a representative may do.
#[derive(Clone, Eq, PartialEq)]
pub struct SectorAttribute {
    /// Its name.
    pub name: String,
    /// Its URI.
    pub uri: String,
    /// Its value.
    pub value: String,
}

impl SectorAttribute {
    /// Name of the attribute that says what a representative may do.
    pub const POWER_OF_REPRESENTATION: &'static str = "PowerOfRepresentationScope";
}

macro_rules! hidden {
    ($($name:ident),+) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("[personal]")
            }
        })+
    };
}

hidden!(
    Subject,
    Representative,
    Name,
    NaturalPerson,
    LegalPerson,
    LegalIdentifier,
    SectorAttribute
);
