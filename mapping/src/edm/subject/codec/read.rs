//! Persons from XML.

use super::{
    EVIDENCE_LEGAL, EVIDENCE_NATURAL,
    rules::{IdentifierRules, LegalRules, NaturalRules},
};
use crate::{
    edm::{
        Address, CountryCode, EidasId, EidasScheme, EvidenceSubject, Gender, Invalid,
        LegalIdScheme, LegalIdentity, LegalPerson, Liberty, Loa, Malformed, Name, NaturalIdentity,
        NaturalPerson, Problem, SectorAttribute, Version,
        agent::{read_address, read_country},
        slot::{Reading, SCHEMA, SDG, allow_only, leaf, optional_leaf, parsed, read_date},
    },
    personal::Personal,
};
use xml::Element;

/// Children of a person, so that what the release line does not have is noticed.
const NATURAL: &[&str] = &[
    "LevelOfAssurance",
    "Identifier",
    "FamilyName",
    "GivenName",
    "DateOfBirth",
    "BirthName",
    "PlaceOfBirth",
    "CurrentAddress",
    "Gender",
    "Nationality",
    "CountryOfBirth",
    "TownOfBirth",
    "CountryOfResidence",
    "PhoneNumber",
    "EmailAddress",
    "SectorSpecificAttribute",
];
const LEGAL: &[&str] = &[
    "LevelOfAssurance",
    "Identifier",
    "LegalPersonIdentifier",
    "LegalName",
    "RegisteredAddress",
    "LegalPhoneNumber",
    "LegalEmailAddress",
    "SectorSpecificAttribute",
];
const NATURAL_IDENTITY: &[&str] = &[
    "Identifier",
    "FamilyName",
    "GivenName",
    "DateOfBirth",
    "PlaceOfBirth",
];
const LEGAL_IDENTITY: &[&str] = &["LegalPersonIdentifier", "LegalName"];

/// A natural person of a request.
pub(in crate::edm) fn read_natural(
    reading: &mut Reading,
    person: Element<'_>,
    rules: &NaturalRules,
) -> Result<NaturalPerson, Invalid> {
    note_strangers(reading, person, NATURAL);
    let loa = read_loa(person, rules.loa)?;
    let identity = read_natural_identity(reading, person, (&rules.identifier, rules.born))?;
    let [nationality, birth, residence] = rules.countries;
    Ok(NaturalPerson::new(loa, identity)
        .with_birth_name(read_name(person, "BirthName")?)
        .with_current_address(read_personal_address(
            reading,
            person,
            ("CurrentAddress", rules.address),
        )?)
        .with_gender(read_gender(reading, person, rules.gender)?)
        .with_nationalities(read_countries(
            reading,
            person,
            ("Nationality", nationality),
        )?)
        .with_country_of_birth(read_one_country(
            reading,
            person,
            ("CountryOfBirth", birth),
        )?)
        .with_town_of_birth(read_name(person, "TownOfBirth")?)
        .with_country_of_residence(read_one_country(
            reading,
            person,
            ("CountryOfResidence", residence),
        )?)
        .with_phone(read_personal(person, "PhoneNumber")?)
        .with_email(read_personal(person, "EmailAddress")?)
        .with_attributes(read_attributes(person)?))
}

/// A legal person of a request.
pub(in crate::edm) fn read_legal(
    reading: &mut Reading,
    person: Element<'_>,
    rules: &LegalRules,
) -> Result<LegalPerson, Invalid> {
    note_strangers(reading, person, LEGAL);
    let loa = read_loa(person, rules.loa)?;
    let identity = read_legal_identity(reading, person, &rules.identifier)?;
    let others = read_other_identifiers(reading, person, rules.others)?;
    let address = read_personal_address(reading, person, ("RegisteredAddress", rules.address))?;
    Ok(LegalPerson::new(loa, identity)
        .with_other_identifiers(others)
        .with_registered_address(address)
        .with_phone(read_personal(person, "LegalPhoneNumber")?)
        .with_email(read_personal(person, "LegalEmailAddress")?)
        .with_attributes(read_attributes(person)?))
}

/// `IsAbout`. Older senders put the whole person in; what identifies is kept.
pub(in crate::edm) fn read_evidence_subject(
    reading: &mut Reading,
    is_about: Element<'_>,
) -> Result<EvidenceSubject, Invalid> {
    let natural = is_about.only_child(SDG, "NaturalPerson");
    let legal = is_about.only_child(SDG, "LegalPerson");
    match (natural, legal) {
        (Some(person), None) => {
            let (identifier, born, closed) = EVIDENCE_NATURAL;
            allow_detail(reading, person, (NATURAL_IDENTITY, closed))?;
            read_natural_identity(reading, person, (&identifier, born))
                .map(|identity| EvidenceSubject::Natural(Box::new(identity)))
        }
        (None, Some(person)) => {
            let (identifier, closed) = EVIDENCE_LEGAL;
            allow_detail(reading, person, (LEGAL_IDENTITY, closed))?;
            read_legal_identity(reading, person, &identifier).map(EvidenceSubject::Legal)
        }
        _ => {
            let problem = Problem::Combination("one of NaturalPerson and LegalPerson must be here");
            Err(Invalid::new(SCHEMA, problem, is_about.path()))
        }
    }
}

fn allow_detail(
    reading: &mut Reading,
    person: Element<'_>,
    (allowed, rule): (&[&str], &'static str),
) -> Result<(), Invalid> {
    match allow_only(person, allowed, rule) {
        Err(_) if !reading.is_newer() => {
            reading.caution(Liberty::SubjectDetail, None, person);
            Ok(())
        }
        outcome => outcome,
    }
}

fn note_strangers(reading: &mut Reading, person: Element<'_>, known: &[&str]) {
    if let Err(found) = allow_only(person, known, SCHEMA) {
        let place = found.place().to_owned();
        let caution = crate::edm::Caution::new(Liberty::UnknownElement, Some(SCHEMA), place);
        reading.cautions.push(caution);
    }
}

fn read_loa(person: Element<'_>, rules: (&'static str, &'static str)) -> Result<Loa, Invalid> {
    let (element, text) = leaf(person, "LevelOfAssurance", rules.0)?;
    parsed(&text, rules.1, element)
}

fn read_natural_identity(
    reading: &mut Reading,
    person: Element<'_>,
    (identifier, born): (&IdentifierRules, &'static str),
) -> Result<NaturalIdentity, Invalid> {
    let (element, text) = leaf(person, "DateOfBirth", born)?;
    let date =
        read_date(&text).ok_or_else(|| Invalid::new(born, Malformed("a date"), element.path()))?;
    let required = |local| -> Result<Name, Invalid> {
        read_name(person, local)?
            .map(Personal::into_exposed)
            .ok_or_else(|| Invalid::new(SCHEMA, Problem::Missing(local), person.path()))
    };
    let identity = NaturalIdentity::new(required("FamilyName")?, required("GivenName")?, date)
        .with_place_of_birth(read_name(person, "PlaceOfBirth")?);
    let id = read_eidas(reading, person, ("Identifier", identifier))?;
    if id.is_none() {
        // The rules only warn: not every means of identification gives one away.
        reading.caution(Liberty::EidasMissing, Some(identifier.missing), person);
    }
    Ok(identity.with_identifier(id))
}

fn read_legal_identity(
    reading: &mut Reading,
    person: Element<'_>,
    rules: &IdentifierRules,
) -> Result<LegalIdentity, Invalid> {
    let name = read_name(person, "LegalName")?
        .ok_or_else(|| Invalid::new(SCHEMA, Problem::Missing("LegalName"), person.path()))?;
    let id = read_eidas(reading, person, ("LegalPersonIdentifier", rules))?;
    if id.is_none() {
        if reading.version >= Version::V1_1 {
            let problem = Problem::Missing("LegalPersonIdentifier");
            return Err(Invalid::new(rules.missing, problem, person.path()));
        }
        reading.caution(Liberty::EidasMissing, Some(rules.missing), person);
    }
    Ok(LegalIdentity::new(name.into_exposed()).with_identifier(id))
}

fn read_eidas(
    reading: &mut Reading,
    person: Element<'_>,
    (local, rules): (&'static str, &IdentifierRules),
) -> Result<Option<EidasId>, Invalid> {
    let Some((element, text)) = optional_leaf(person, local)? else {
        return Ok(None);
    };
    let Some(scheme) = element.attribute("", "schemeID").map(str::trim) else {
        let problem = Problem::Missing("schemeID");
        return Err(Invalid::new(rules.scheme_missing, problem, element.path()));
    };
    let two = reading.version >= Version::V2_0;
    let refuse = |rule, malformed| Err(Invalid::new(rule, malformed, element.path()));
    match EidasScheme::parse(scheme) {
        Some(EidasScheme::Eidas) => read_eidas_value(reading, &text, element, rules).map(Some),
        Some(EidasScheme::Eidas2) if two && local == "Identifier" => match EidasId::eidas2(&text) {
            Ok(id) => Ok(Some(id)),
            Err(malformed) => refuse(rules.format, malformed),
        },
        _ => refuse(rules.scheme, Malformed("the eIDAS scheme")),
    }
}

/// [R-EDM-REQ-C039] 1.0 knows nine characters only, and its senders wrote other lengths.
fn read_eidas_value(
    reading: &mut Reading,
    text: &str,
    element: Element<'_>,
    rules: &IdentifierRules,
) -> Result<EidasId, Invalid> {
    let older = !reading.is_newer();
    let rule = if reading.version == Version::V1_0 {
        rules.old_format
    } else {
        rules.format
    };
    let value = text.rsplit('/').next().unwrap_or_default();
    let nine = value.len() == 9 && value.bytes().all(|b| b.is_ascii_alphanumeric());
    match EidasId::new(text) {
        Ok(id) => {
            if reading.version == Version::V1_0 && !nine {
                reading.caution(Liberty::EidasFormat, Some(rule), element);
            }
            Ok(id)
        }
        Err(malformed) => {
            let id = EidasId::unchecked(text, EidasScheme::Eidas);
            if older && id.countries().is_some() && !value.is_empty() {
                reading.caution(Liberty::EidasFormat, Some(rule), element);
                return Ok(id);
            }
            Err(Invalid::new(rule, malformed, element.path()))
        }
    }
}

fn read_name(person: Element<'_>, local: &'static str) -> Result<Option<Personal<Name>>, Invalid> {
    Ok(optional_leaf(person, local)?.map(|(element, text)| {
        let other = element.attribute("", "nonLatin").map(str::trim);
        let other = other.filter(|text| !text.is_empty()).map(str::to_owned);
        Personal::new(Name::new(text).with_non_latin(other))
    }))
}

fn read_personal(
    person: Element<'_>,
    local: &'static str,
) -> Result<Option<Personal<String>>, Invalid> {
    Ok(optional_leaf(person, local)?.map(|(_, text)| Personal::new(text.into_owned())))
}

/// Countries of persons are warnings in 1.0.
fn read_personal_address(
    reading: &mut Reading,
    person: Element<'_>,
    (local, rule): (&'static str, &'static str),
) -> Result<Option<Personal<Address>>, Invalid> {
    match person.only_child(SDG, local) {
        Some(address) => read_address(reading, address, (rule, false))
            .map(|address| Some(Personal::new(address))),
        None => Ok(None),
    }
}

fn read_gender(
    reading: &Reading,
    person: Element<'_>,
    rule: &'static str,
) -> Result<Option<Personal<Gender>>, Invalid> {
    let Some((element, text)) = optional_leaf(person, "Gender")? else {
        return Ok(None);
    };
    match parsed(&text, rule, element)? {
        Gender::Eidas2(_) if reading.version < Version::V2_0 => {
            Err(Invalid::new(rule, Malformed("a gender"), element.path()))
        }
        gender => Ok(Some(Personal::new(gender))),
    }
}

fn read_countries(
    reading: &mut Reading,
    person: Element<'_>,
    (local, rule): (&'static str, &'static str),
) -> Result<Vec<Personal<CountryCode>>, Invalid> {
    let mut countries = Vec::new();
    for element in person.children_named(SDG, local) {
        let text = element.trimmed_text();
        countries.push(read_country(reading, &text, (rule, true), element)?.into());
    }
    Ok(countries)
}

fn read_one_country(
    reading: &mut Reading,
    person: Element<'_>,
    (local, rule): (&'static str, &'static str),
) -> Result<Option<Personal<CountryCode>>, Invalid> {
    match optional_leaf(person, local)? {
        Some((element, text)) => read_country(reading, &text, (rule, true), element)
            .map(|country| Some(Personal::new(country))),
        None => Ok(None),
    }
}

fn read_other_identifiers(
    reading: &mut Reading,
    person: Element<'_>,
    (missing, unknown): (&'static str, &'static str),
) -> Result<Vec<(LegalIdScheme, Personal<String>)>, Invalid> {
    let mut identifiers = Vec::new();
    for element in person.children_named(SDG, "Identifier") {
        let Some(scheme) = element.attribute("", "schemeID").map(str::trim) else {
            let problem = Problem::Missing("schemeID");
            return Err(Invalid::new(missing, problem, element.path()));
        };
        let scheme = match scheme.parse() {
            Ok(scheme) => scheme,
            Err(malformed) => {
                let mut all = LegalIdScheme::ALL.iter();
                let near = all.find(|known| known.as_str().eq_ignore_ascii_case(scheme));
                let near = near.ok_or_else(|| Invalid::new(unknown, malformed, element.path()))?;
                reading.caution(Liberty::LegalScheme, Some(unknown), element);
                *near
            }
        };
        let value = Personal::new(element.trimmed_text().into_owned());
        identifiers.push((scheme, value));
    }
    Ok(identifiers)
}

fn read_attributes(person: Element<'_>) -> Result<Vec<SectorAttribute>, Invalid> {
    let mut attributes = Vec::new();
    for element in person.children_named(SDG, "SectorSpecificAttribute") {
        let part = |local| leaf(element, local, SCHEMA).map(|(_, text)| text);
        let (name, uri) = (part("AttributeName")?, part("AttributeURI")?);
        attributes.push(SectorAttribute::new(name, uri, part("AttributeValue")?));
    }
    Ok(attributes)
}
