//! Persons and those who act for them.

use crate::Personal;
use crate::noots::code::CodeList;
use crate::noots::id::{CountryCode, EidasId, Malformed};
use crate::noots::invalid::{Finding, Rule};
use crate::noots::json::cursor::{Fields, Node, Read, broken};
use crate::noots::subject::{
    LegalIdentifier, LegalPerson, Name, NaturalPerson, Representative, SectorAttribute, Subject,
};

/// Query definition, representative and subject: the part every query shares.
pub(super) fn query(fields: &mut Fields<'_>) -> Read<(Option<Representative>, Subject)> {
    fields.required("QueryDefinition", |node| node.fixed("DocumentQuery"))?;
    let representative = fields.optional("AuthorizedRepresentative", representative)?;
    Ok((
        representative,
        fields.required("LegalOrNaturalPerson", subject)?,
    ))
}

pub(super) fn subject(node: Node<'_>) -> Read<Subject> {
    // [R-EDM-REQ-S016] the EDM names this rule, so the refusal does too
    if node.member_names().count() > 1 {
        return Err(Finding::new(
            Rule::OneSubject,
            "both a natural and a legal person",
        ));
    }
    node.choice(|name, node| match name {
        "NaturalPerson" => Some(natural(node).map(|person| Subject::Natural(Box::new(person)))),
        "LegalPerson" => Some(legal(node).map(|person| Subject::Legal(Box::new(person)))),
        _ => None,
    })
}

fn representative(node: Node<'_>) -> Read<Representative> {
    node.choice(|name, node| match name {
        "AuthorizedRepresentativePerson" => {
            Some(natural(node).map(|person| Representative::Natural(Box::new(person))))
        }
        "AuthorizedRepresentativeLegalPerson" => {
            Some(legal(node).map(|person| Representative::Legal(Box::new(person))))
        }
        _ => None,
    })
}

fn natural(node: Node<'_>) -> Read<NaturalPerson> {
    node.fields(|fields| {
        Ok(NaturalPerson {
            identifier: fields.optional("Identifier", eidas)?,
            date_of_birth: fields.required("DateOfBirth", Node::date)?,
            family_name: fields.required("FamilyName", name)?,
            given_name: fields.required("GivenName", name)?,
            loa: fields.required("LevelOfAssurance", |node| node.code(CodeList::Loa))?,
            birth_name: fields.optional("BirthName", name)?,
            place_of_birth: fields.optional("PlaceOfBirth", Node::string)?,
            address: fields.optional("CurrentAddress", super::agent::address)?,
            gender: fields.optional("Gender", Node::string)?,
            sector_attributes: fields.any_number("SectorSpecificAttribute", sector_attribute)?,
            id_nr: fields.optional("IDNr", Node::parsed)?.map(Personal::new),
            nationalities: fields.any_number("Nationality", country)?,
            country_of_birth: fields.optional("CountryOfBirth", country)?,
            town_of_birth: fields.optional("TownOfBirth", Node::string)?,
            country_of_residence: fields.optional("CountryOfResidence", country)?,
            phone: fields.optional("PhoneNumber", Node::string)?,
            email: fields.optional("EmailAddress", Node::string)?,
        })
    })
}

fn legal(node: Node<'_>) -> Read<LegalPerson> {
    node.fields(|fields| {
        Ok(LegalPerson {
            // [XN-R4] mandatory and valid in 03xx and 04xx
            identifier: fields
                .optional("LegalPersonIdentifier", |node| {
                    eidas(node).map_err(|finding| finding.because_of(Rule::LegalPersonIdentifier))
                })?
                .ok_or_else(|| broken(Rule::LegalPersonIdentifier))?,
            name: fields.required("LegalName", name)?,
            loa: fields.required("LevelOfAssurance", |node| node.code(CodeList::Loa))?,
            identifiers: fields.any_number("Identifier", legal_identifier)?,
            address: fields.optional("RegisteredAddress", super::agent::address)?,
            sector_attributes: fields.any_number("SectorSpecificAttribute", sector_attribute)?,
            phone: fields.optional("PhoneNumber", Node::string)?,
            email: fields.optional("EmailAddress", Node::string)?,
        })
    })
}

fn country(node: Node<'_>) -> Read<CountryCode> {
    node.code(CodeList::Countries)
}

fn name(node: Node<'_>) -> Read<Name> {
    node.fields(|fields| {
        Ok(Name {
            value: fields.required("value", Node::string)?,
            non_latin: fields.optional("nonLatin", Node::string)?,
        })
    })
}

fn eidas(node: Node<'_>) -> Read<EidasId> {
    node.fields(|fields| {
        fields.required("schemeID", |node| node.fixed("eidas"))?;
        fields.required("value", |node| {
            node.text()?
                .parse()
                .map_err(|wrong: Malformed| Finding::new(Rule::Pattern, wrong.to_string()))
        })
    })
}

fn legal_identifier(node: Node<'_>) -> Read<LegalIdentifier> {
    let identifier = super::agent::identifier(node)?;
    Ok(LegalIdentifier {
        value: identifier.value,
        scheme: identifier.scheme,
    })
}

fn sector_attribute(node: Node<'_>) -> Read<SectorAttribute> {
    node.fields(|fields| {
        Ok(SectorAttribute {
            name: fields.required("AttributeName", Node::string)?,
            uri: fields.required("AttributeURI", Node::string)?,
            value: fields.required("AttributeValue", Node::string)?,
        })
    })
}
