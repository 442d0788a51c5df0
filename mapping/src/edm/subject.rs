//! Whom the evidence is about, and who acts for them.

mod codec;

pub(super) use codec::{
    LEGAL_REPRESENTATIVE, LEGAL_SUBJECT, NATURAL_REPRESENTATIVE, NATURAL_SUBJECT,
    read_evidence_subject, read_legal, read_natural, write_evidence_subject, write_legal,
    write_natural,
};

use super::{Address, CountryCode, EidasId, EidasScheme, Gender, LegalIdScheme, Loa};
use crate::personal::Personal;
use jiff::civil::Date;

/// A name, with its spelling in another script (from 1.1).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Name {
    latin: String,
    non_latin: Option<String>,
}

impl Name {
    /// A name in Latin letters.
    pub fn new(latin: impl Into<String>) -> Self {
        Self {
            latin: latin.into(),
            non_latin: None,
        }
    }

    /// In Latin letters.
    pub fn latin(&self) -> &str {
        &self.latin
    }

    fields! {
        /// In another script, attribute `nonLatin`.
        option non_latin, with_non_latin: String;
    }
}

impl<T: Into<String>> From<T> for Name {
    fn from(latin: T) -> Self {
        Self::new(latin)
    }
}

/// What identifies a natural person: all that evidence may repeat about its subject.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NaturalIdentity {
    identifier: Option<EidasId>,
    family_name: Personal<Name>,
    given_name: Personal<Name>,
    date_of_birth: Personal<Date>,
    place_of_birth: Option<Personal<Name>>,
}

impl NaturalIdentity {
    /// Names and date of birth.
    pub fn new(
        family_name: impl Into<Name>,
        given_name: impl Into<Name>,
        date_of_birth: Date,
    ) -> Self {
        Self {
            identifier: None,
            family_name: Personal::new(family_name.into()),
            given_name: Personal::new(given_name.into()),
            date_of_birth: Personal::new(date_of_birth),
            place_of_birth: None,
        }
    }

    fields! {
        /// eIDAS identifier
        option identifier, with_identifier: EidasId;
        /// FamilyName
        get family_name: Personal<Name>;
        /// GivenName
        get given_name: Personal<Name>;
        /// DateOfBirth
        get date_of_birth: Personal<Date>;
        /// PlaceOfBirth
        option place_of_birth, with_place_of_birth: Personal<Name>;
    }
}

/// A natural person in a request: subject or representative.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NaturalPerson {
    loa: Loa,
    identity: NaturalIdentity,
    birth_name: Option<Personal<Name>>,
    current_address: Option<Personal<Address>>,
    gender: Option<Personal<Gender>>,
    nationalities: Vec<Personal<CountryCode>>,
    country_of_birth: Option<Personal<CountryCode>>,
    town_of_birth: Option<Personal<Name>>,
    country_of_residence: Option<Personal<CountryCode>>,
    phone: Option<Personal<String>>,
    email: Option<Personal<String>>,
    attributes: Vec<SectorAttribute>,
}

impl NaturalPerson {
    /// A person with the level of assurance of the authentication.
    pub fn new(loa: Loa, identity: NaturalIdentity) -> Self {
        Self {
            loa,
            identity,
            birth_name: None,
            current_address: None,
            gender: None,
            nationalities: Vec::new(),
            country_of_birth: None,
            town_of_birth: None,
            country_of_residence: None,
            phone: None,
            email: None,
            attributes: Vec::new(),
        }
    }

    fields! {
        /// LevelOfAssurance
        copy loa: Loa;
        /// What identifies the person.
        get identity: NaturalIdentity;
        /// BirthName
        option birth_name, with_birth_name: Personal<Name>;
        /// CurrentAddress
        option current_address, with_current_address: Personal<Address>;
        /// Gender
        option gender, with_gender: Personal<Gender>;
        /// Nationality (from 1.1)
        list nationalities, with_nationalities: Personal<CountryCode>;
        /// CountryOfBirth (from 1.1)
        option country_of_birth, with_country_of_birth: Personal<CountryCode>;
        /// TownOfBirth (from 1.1)
        option town_of_birth, with_town_of_birth: Personal<Name>;
        /// CountryOfResidence (from 1.1)
        option country_of_residence, with_country_of_residence: Personal<CountryCode>;
        /// PhoneNumber (from 1.1)
        option phone, with_phone: Personal<String>;
        /// EmailAddress (from 1.1)
        option email, with_email: Personal<String>;
        /// SectorSpecificAttribute
        list attributes, with_attributes: SectorAttribute;
    }
}

impl NaturalIdentity {
    /// Leaves out what came with 1.1.
    fn conform_to_1_0(&mut self) {
        plain(Some(&mut self.family_name));
        plain(Some(&mut self.given_name));
        plain(self.place_of_birth.as_mut());
    }
}

/// Leaves out the spelling in another script, which came with 1.1.
fn plain(name: Option<&mut Personal<Name>>) {
    if let Some(name) = name {
        *name = Personal::new(Name::new(name.expose().latin()));
    }
}

impl NaturalPerson {
    /// Says that the gender is not specified. [R-EDM-REQ-C126] asks for one of a representative
    /// with an identifier.
    pub(super) fn specify_gender(&mut self) {
        let eidas = self.identity.identifier.as_ref();
        if eidas.is_some_and(|id| id.scheme() == EidasScheme::Eidas) {
            self.gender
                .get_or_insert(Personal::new(Gender::Unspecified));
        }
    }

    /// Leaves out what came with 1.1.
    pub(super) fn conform_to_1_0(&mut self) {
        self.identity.conform_to_1_0();
        plain(self.birth_name.as_mut());
        self.nationalities.clear();
        self.country_of_birth = None;
        self.town_of_birth = None;
        self.country_of_residence = None;
        self.phone = None;
        self.email = None;
    }
}

/// What identifies a legal person.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LegalIdentity {
    identifier: Option<EidasId>,
    name: Personal<Name>,
}

impl LegalIdentity {
    /// A legal name; the identifier is required from 1.1 on.
    pub fn new(name: impl Into<Name>) -> Self {
        Self {
            identifier: None,
            name: Personal::new(name.into()),
        }
    }

    fields! {
        /// LegalPersonIdentifier
        option identifier, with_identifier: EidasId;
        /// LegalName
        get name: Personal<Name>;
    }
}

/// A legal person in a request: subject or representative.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LegalPerson {
    loa: Loa,
    identity: LegalIdentity,
    other_identifiers: Vec<(LegalIdScheme, Personal<String>)>,
    registered_address: Option<Personal<Address>>,
    phone: Option<Personal<String>>,
    email: Option<Personal<String>>,
    attributes: Vec<SectorAttribute>,
}

impl LegalPerson {
    /// A legal person with the level of assurance of the authentication.
    pub fn new(loa: Loa, identity: LegalIdentity) -> Self {
        Self {
            loa,
            identity,
            other_identifiers: Vec::new(),
            registered_address: None,
            phone: None,
            email: None,
            attributes: Vec::new(),
        }
    }

    fields! {
        /// LevelOfAssurance
        copy loa: Loa;
        /// What identifies the legal person.
        get identity: LegalIdentity;
        /// Identifiers of other schemes: VAT, LEI, …
        list other_identifiers, with_other_identifiers: (LegalIdScheme, Personal<String>);
        /// RegisteredAddress
        option registered_address, with_registered_address: Personal<Address>;
        /// LegalPhoneNumber (from 1.1)
        option phone, with_phone: Personal<String>;
        /// LegalEmailAddress (from 1.1)
        option email, with_email: Personal<String>;
        /// SectorSpecificAttribute
        list attributes, with_attributes: SectorAttribute;
    }
}

impl LegalPerson {
    /// Leaves out what came with 1.1.
    pub(super) fn conform_to_1_0(&mut self) {
        plain(Some(&mut self.identity.name));
        self.phone = None;
        self.email = None;
    }
}

/// A further attribute of a person, named by a URI.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SectorAttribute {
    name: String,
    uri: String,
    value: Personal<String>,
}

impl SectorAttribute {
    /// URI of the attribute that says for which procedures a representative may act.
    pub const REPRESENTATION_URI: &'static str =
        "http://data.europa.eu/p4s/attributes/PowerOfRepresentationScope";

    /// An attribute.
    pub fn new(name: impl Into<String>, uri: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            uri: uri.into(),
            value: Personal::new(value.into()),
        }
    }

    /// The power to represent in the procedures listed, comma-separated, or in `ALL`.
    pub fn representation(scope: impl Into<String>) -> Self {
        Self::new(
            "PowerOfRepresentationScope",
            Self::REPRESENTATION_URI,
            scope,
        )
    }

    /// AttributeName
    pub fn name(&self) -> &str {
        &self.name
    }

    /// AttributeURI
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// AttributeValue
    pub fn value(&self) -> &Personal<String> {
        &self.value
    }
}

/// Whom the evidence is about. [R-EDM-REQ-S016] exactly one of the two.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Subject {
    /// A natural person.
    Natural(Box<NaturalPerson>),
    /// A legal person.
    Legal(Box<LegalPerson>),
}

impl Subject {
    /// Level of assurance of the authentication.
    pub fn loa(&self) -> Loa {
        match self {
            Self::Natural(person) => person.loa(),
            Self::Legal(person) => person.loa(),
        }
    }

    /// What evidence repeats about the subject.
    pub fn identity(&self) -> EvidenceSubject {
        match self {
            Self::Natural(person) => EvidenceSubject::Natural(Box::new(person.identity.clone())),
            Self::Legal(person) => EvidenceSubject::Legal(person.identity.clone()),
        }
    }
}

/// Whom a piece of evidence says it is about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum EvidenceSubject {
    /// A natural person.
    Natural(Box<NaturalIdentity>),
    /// A legal person.
    Legal(LegalIdentity),
}

impl EvidenceSubject {
    /// Leaves out what came with 1.1.
    pub(super) fn conform_to_1_0(&mut self) {
        match self {
            Self::Natural(identity) => identity.conform_to_1_0(),
            Self::Legal(identity) => plain(Some(&mut identity.name)),
        }
    }
}
