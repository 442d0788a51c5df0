//! Persons and those who act for them. Everything here stays inside Germany.

use super::{Object, Pen, party, write_code};
use crate::noots::code::CodeList;
use crate::noots::id::{CountryCode, EidasId};
use crate::noots::subject::{
    LegalIdentifier, LegalPerson, Name, NaturalPerson, Representative, SectorAttribute, Subject,
};

pub(super) fn query(object: &mut Object<'_>, by: Option<&Representative>, about: &Subject) {
    object.text("QueryDefinition", "DocumentQuery");
    if let Some(by) = by {
        object.object("AuthorizedRepresentative", |object| match by {
            Representative::Natural(person) => {
                object.member("AuthorizedRepresentativePerson", |pen| natural(pen, person));
            }
            Representative::Legal(person) => {
                object.member("AuthorizedRepresentativeLegalPerson", |pen| {
                    legal(pen, person)
                });
            }
        });
    }
    subject(object, about);
}

pub(super) fn subject(object: &mut Object<'_>, subject: &Subject) {
    object.object("LegalOrNaturalPerson", |object| match subject {
        Subject::Natural(person) => object.member("NaturalPerson", |pen| natural(pen, person)),
        Subject::Legal(person) => object.member("LegalPerson", |pen| legal(pen, person)),
    });
}

fn natural(pen: &mut Pen, person: &NaturalPerson) {
    let country = |code: &Option<CountryCode>| code.as_ref().map(|code| code.as_str().to_owned());
    pen.object(|object| {
        if let Some(id) = &person.identifier {
            object.member("Identifier", |pen| eidas(pen, id));
        }
        object.shown("DateOfBirth", person.date_of_birth);
        object.member("FamilyName", |pen| name(pen, &person.family_name));
        object.member("GivenName", |pen| name(pen, &person.given_name));
        object.code("LevelOfAssurance", CodeList::Loa, person.loa.as_str());
        if let Some(birth_name) = &person.birth_name {
            object.member("BirthName", |pen| name(pen, birth_name));
        }
        object.text_if("PlaceOfBirth", person.place_of_birth.as_deref());
        if let Some(address) = &person.address {
            object.member("CurrentAddress", |pen| party::address(pen, address));
        }
        object.text_if("Gender", person.gender.as_deref());
        object.array(
            "SectorSpecificAttribute",
            &person.sector_attributes,
            sector_attribute,
        );
        object.text_if("IDNr", person.id_nr.as_ref().map(|id| id.expose().as_str()));
        object.array("Nationality", &person.nationalities, |pen, code| {
            write_code(pen, CodeList::Countries, code.as_str());
        });
        object.code_if(
            "CountryOfBirth",
            CodeList::Countries,
            country(&person.country_of_birth).as_deref(),
        );
        object.text_if("TownOfBirth", person.town_of_birth.as_deref());
        object.code_if(
            "CountryOfResidence",
            CodeList::Countries,
            country(&person.country_of_residence).as_deref(),
        );
        object.text_if("PhoneNumber", person.phone.as_deref());
        object.text_if("EmailAddress", person.email.as_deref());
    });
}

fn legal(pen: &mut Pen, person: &LegalPerson) {
    pen.object(|object| {
        object.member("LegalPersonIdentifier", |pen| {
            eidas(pen, &person.identifier)
        });
        object.member("LegalName", |pen| name(pen, &person.name));
        object.code("LevelOfAssurance", CodeList::Loa, person.loa.as_str());
        object.array("Identifier", &person.identifiers, legal_identifier);
        if let Some(address) = &person.address {
            object.member("RegisteredAddress", |pen| party::address(pen, address));
        }
        object.array(
            "SectorSpecificAttribute",
            &person.sector_attributes,
            sector_attribute,
        );
        object.text_if("PhoneNumber", person.phone.as_deref());
        object.text_if("EmailAddress", person.email.as_deref());
    });
}

fn name(pen: &mut Pen, name: &Name) {
    pen.object(|object| {
        object.text("value", &name.value);
        object.text_if("nonLatin", name.non_latin.as_deref());
    });
}

fn eidas(pen: &mut Pen, id: &EidasId) {
    pen.object(|object| {
        object.text("value", id.as_str());
        object.text("schemeID", "eidas");
    });
}

fn legal_identifier(pen: &mut Pen, identifier: &LegalIdentifier) {
    pen.object(|object| {
        object.text("value", &identifier.value);
        object.text("schemeID", identifier.scheme.as_str());
    });
}

fn sector_attribute(pen: &mut Pen, attribute: &SectorAttribute) {
    pen.object(|object| {
        object.text("AttributeName", &attribute.name);
        object.text("AttributeURI", &attribute.uri);
        object.text("AttributeValue", &attribute.value);
    });
}
