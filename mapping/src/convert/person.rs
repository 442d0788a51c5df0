//! Persons. The German identification number is read nowhere in this file: the EDM person has no
//! place for it, and nothing here makes one.

use super::{Border, abroad_address, national_address};
use crate::platform::{Untranslatable, Warning};
use crate::{Personal, edm, noots};

pub(crate) fn national_subject(
    subject: &edm::Subject,
    border: &mut Border<'_>,
) -> Result<noots::Subject, Untranslatable> {
    Ok(match subject {
        edm::Subject::Natural(person) => {
            noots::Subject::Natural(Box::new(national_natural(person, border)))
        }
        edm::Subject::Legal(person) => {
            noots::Subject::Legal(Box::new(national_legal(person, border)?))
        }
    })
}

pub(crate) fn abroad_subject(
    subject: &noots::Subject,
    border: &mut Border<'_>,
) -> Result<edm::Subject, Untranslatable> {
    Ok(match subject {
        noots::Subject::Natural(person) => {
            edm::Subject::Natural(Box::new(abroad_natural(person, border)?))
        }
        noots::Subject::Legal(person) => {
            edm::Subject::Legal(Box::new(abroad_legal(person, border)?))
        }
    })
}

/// Left out: `nonLatin` of places, which XNachweis does not have, and an `eidas2` identifier.
pub(crate) fn national_natural(
    person: &edm::NaturalPerson,
    border: &mut Border<'_>,
) -> noots::NaturalPerson {
    let identity = person.identity();
    let mut country = |code: &Personal<edm::CountryCode>| border.country_here(*code.expose());
    let nationalities = person
        .nationalities()
        .iter()
        .filter_map(&mut country)
        .collect();
    let country_of_birth = person.country_of_birth().and_then(&mut country);
    let country_of_residence = person.country_of_residence().and_then(&mut country);
    let translated = noots::NaturalPerson {
        identifier: identity
            .identifier()
            .and_then(|id| national_eidas(id, border)),
        date_of_birth: *identity.date_of_birth().expose(),
        family_name: national_name(identity.family_name().expose()),
        given_name: national_name(identity.given_name().expose()),
        loa: national_loa(person.loa()),
        birth_name: person.birth_name().map(|name| national_name(name.expose())),
        place_of_birth: identity.place_of_birth().map(latin),
        address: person
            .current_address()
            .map(|address| national_address(address.expose(), border)),
        gender: person
            .gender()
            .map(|gender| gender.expose().as_str().to_owned()),
        sector_attributes: person.attributes().iter().map(national_attribute).collect(),
        id_nr: None,
        nationalities,
        country_of_birth,
        town_of_birth: person.town_of_birth().map(latin),
        country_of_residence,
        phone: person.phone().map(|phone| phone.expose().clone()),
        email: person.email().map(|email| email.expose().clone()),
    };
    if translated.is_sparse() {
        border.warn(Warning::SparsePerson);
    }
    translated
}

/// Left out: the identification number, and countries and genders the EDM's lists do not have.
pub(crate) fn abroad_natural(
    person: &noots::NaturalPerson,
    border: &mut Border<'_>,
) -> Result<edm::NaturalPerson, Untranslatable> {
    let identifier = person.identifier.as_ref().map(abroad_eidas).transpose()?;
    let place_of_birth = person
        .place_of_birth
        .as_deref()
        .map(|place| Personal::new(place.into()));
    let identity = edm::NaturalIdentity::new(
        abroad_name(&person.family_name),
        abroad_name(&person.given_name),
        person.date_of_birth,
    )
    .with_identifier(identifier)
    .with_place_of_birth(place_of_birth);
    let mut country = |code: &noots::CountryCode| border.country_abroad(code).map(Personal::new);
    let nationalities = person
        .nationalities
        .iter()
        .filter_map(&mut country)
        .collect();
    let country_of_birth = person.country_of_birth.as_ref().and_then(&mut country);
    let country_of_residence = person.country_of_residence.as_ref().and_then(&mut country);
    let address = person
        .address
        .as_ref()
        .and_then(|address| abroad_address(address, border));
    let gender = person
        .gender
        .as_deref()
        .and_then(|text| abroad_gender(text, border));
    let town_of_birth = person
        .town_of_birth
        .as_deref()
        .map(|town| Personal::new(town.into()));
    Ok(edm::NaturalPerson::new(abroad_loa(person.loa), identity)
        .with_birth_name(
            person
                .birth_name
                .as_ref()
                .map(|name| Personal::new(abroad_name(name))),
        )
        .with_current_address(address.map(Personal::new))
        .with_gender(gender)
        .with_nationalities(nationalities)
        .with_country_of_birth(country_of_birth)
        .with_town_of_birth(town_of_birth)
        .with_country_of_residence(country_of_residence)
        .with_phone(person.phone.clone().map(Personal::new))
        .with_email(person.email.clone().map(Personal::new))
        .with_attributes(
            person
                .sector_attributes
                .iter()
                .map(abroad_attribute)
                .collect(),
        ))
}

/// [XN-R4] the identifier is mandatory here, in 1.0 it is not.
pub(crate) fn national_legal(
    person: &edm::LegalPerson,
    border: &mut Border<'_>,
) -> Result<noots::LegalPerson, Untranslatable> {
    let identity = person.identity();
    let missing = Untranslatable::LegalPersonIdentifier;
    let eidas = identity.identifier().ok_or(missing.clone())?;
    let country = eidas
        .countries()
        .and_then(|(from, _)| border.tables.countries().to_national(from));
    let mut identifiers = Vec::new();
    for (scheme, value) in person.other_identifiers() {
        match border
            .tables
            .schemes()
            .to_national(*scheme, country.as_ref())
        {
            Some(scheme) => identifiers.push(noots::LegalIdentifier {
                value: value.expose().clone(),
                scheme: scheme.clone(),
            }),
            None => border.warn(Warning::IdentifierDropped),
        }
    }
    Ok(noots::LegalPerson {
        identifier: national_eidas(eidas, border).ok_or(missing)?,
        name: national_name(identity.name().expose()),
        loa: national_loa(person.loa()),
        identifiers,
        address: person
            .registered_address()
            .map(|address| national_address(address.expose(), border)),
        sector_attributes: person.attributes().iter().map(national_attribute).collect(),
        phone: person.phone().map(|phone| phone.expose().clone()),
        email: person.email().map(|email| email.expose().clone()),
    })
}

pub(crate) fn abroad_legal(
    person: &noots::LegalPerson,
    border: &mut Border<'_>,
) -> Result<edm::LegalPerson, Untranslatable> {
    let identity = edm::LegalIdentity::new(abroad_name(&person.name))
        .with_identifier(abroad_eidas(&person.identifier)?);
    let mut identifiers = Vec::new();
    for identifier in &person.identifiers {
        match border.tables.schemes().to_edm(&identifier.scheme) {
            Some(scheme) => identifiers.push((scheme, Personal::new(identifier.value.clone()))),
            None => border.warn(Warning::IdentifierDropped),
        }
    }
    let address = person
        .address
        .as_ref()
        .and_then(|address| abroad_address(address, border));
    Ok(edm::LegalPerson::new(abroad_loa(person.loa), identity)
        .with_other_identifiers(identifiers)
        .with_registered_address(address.map(Personal::new))
        .with_phone(person.phone.clone().map(Personal::new))
        .with_email(person.email.clone().map(Personal::new))
        .with_attributes(
            person
                .sector_attributes
                .iter()
                .map(abroad_attribute)
                .collect(),
        ))
}

fn national_eidas(id: &edm::EidasId, border: &mut Border<'_>) -> Option<noots::EidasId> {
    let known = id.scheme() == edm::EidasScheme::Eidas;
    let found = if known {
        id.value().expose().parse().ok()
    } else {
        None
    };
    if found.is_none() {
        border.warn(Warning::AttributeDropped);
    }
    found
}

/// An identifier that cannot travel would let the other side look for somebody else.
fn abroad_eidas(id: &noots::EidasId) -> Result<edm::EidasId, Untranslatable> {
    edm::EidasId::new(id.as_str()).map_err(|_| Untranslatable::Field("the eIDAS identifier"))
}

const fn national_loa(loa: edm::Loa) -> noots::Loa {
    match loa {
        edm::Loa::Low => noots::Loa::Low,
        edm::Loa::Substantial => noots::Loa::Substantial,
        edm::Loa::High => noots::Loa::High,
    }
}

const fn abroad_loa(loa: noots::Loa) -> edm::Loa {
    match loa {
        noots::Loa::Low => edm::Loa::Low,
        noots::Loa::Substantial => edm::Loa::Substantial,
        noots::Loa::High => edm::Loa::High,
    }
}

fn national_name(name: &edm::Name) -> noots::Name {
    noots::Name {
        value: name.latin().to_owned(),
        non_latin: name.non_latin().cloned(),
    }
}

fn abroad_name(name: &noots::Name) -> edm::Name {
    edm::Name::new(name.value.clone()).with_non_latin(name.non_latin.clone())
}

fn latin(name: &Personal<edm::Name>) -> String {
    name.expose().latin().to_owned()
}

/// Free text here, a code there; the digits of eidas2 stay out of it.
fn abroad_gender(text: &str, border: &mut Border<'_>) -> Option<Personal<edm::Gender>> {
    match text.parse() {
        Ok(gender @ (edm::Gender::Male | edm::Gender::Female | edm::Gender::Unspecified)) => {
            Some(Personal::new(gender))
        }
        Ok(edm::Gender::Eidas2(_)) | Err(_) => {
            border.warn(Warning::AttributeDropped);
            None
        }
    }
}

fn national_attribute(attribute: &edm::SectorAttribute) -> noots::SectorAttribute {
    noots::SectorAttribute {
        name: attribute.name().to_owned(),
        uri: attribute.uri().to_owned(),
        value: attribute.value().expose().clone(),
    }
}

fn abroad_attribute(attribute: &noots::SectorAttribute) -> edm::SectorAttribute {
    edm::SectorAttribute::new(&attribute.name, &attribute.uri, &attribute.value)
}
