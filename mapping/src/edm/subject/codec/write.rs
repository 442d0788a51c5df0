//! Persons to XML, children in the order of the schema.

use crate::{
    edm::{
        CountryCode, EidasId, EvidenceSubject, LegalPerson, Name, NaturalIdentity, NaturalPerson,
        SectorAttribute, agent::write_address, slot::optional,
    },
    personal::Personal,
};
use xml::Writer;

/// `sdg:Person`
pub(in crate::edm) fn write_natural(w: &mut Writer, person: &NaturalPerson) {
    let identity = person.identity();
    w.element("sdg:Person", &[], |w| {
        w.leaf("sdg:LevelOfAssurance", &[], person.loa().as_str());
        write_names_and_birth(w, identity);
        write_name(w, "sdg:BirthName", person.birth_name());
        write_name(w, "sdg:PlaceOfBirth", identity.place_of_birth());
        if let Some(address) = person.current_address() {
            write_address(w, "sdg:CurrentAddress", address.expose());
        }
        let gender = person.gender().map(|gender| gender.expose().as_str());
        optional(w, "sdg:Gender", gender);
        for nationality in person.nationalities() {
            write_country(w, "sdg:Nationality", Some(nationality));
        }
        write_country(w, "sdg:CountryOfBirth", person.country_of_birth());
        write_name(w, "sdg:TownOfBirth", person.town_of_birth());
        write_country(w, "sdg:CountryOfResidence", person.country_of_residence());
        write_text(w, "sdg:PhoneNumber", person.phone());
        write_text(w, "sdg:EmailAddress", person.email());
        write_attributes(w, person.attributes());
    });
}

/// `sdg:LegalPerson`
pub(in crate::edm) fn write_legal(w: &mut Writer, person: &LegalPerson) {
    let identity = person.identity();
    w.element("sdg:LegalPerson", &[], |w| {
        w.leaf("sdg:LevelOfAssurance", &[], person.loa().as_str());
        for (scheme, value) in person.other_identifiers() {
            let attributes = [("schemeID", scheme.as_str())];
            w.leaf("sdg:Identifier", &attributes, value.expose());
        }
        write_eidas(w, "sdg:LegalPersonIdentifier", identity.identifier());
        write_name(w, "sdg:LegalName", Some(identity.name()));
        if let Some(address) = person.registered_address() {
            write_address(w, "sdg:RegisteredAddress", address.expose());
        }
        write_text(w, "sdg:LegalPhoneNumber", person.phone());
        write_text(w, "sdg:LegalEmailAddress", person.email());
        write_attributes(w, person.attributes());
    });
}

/// `sdg:IsAbout`: only what identifies. [R-EDM-RESP-S041] [R-EDM-RESP-S042]
pub(in crate::edm) fn write_evidence_subject(w: &mut Writer, subject: &EvidenceSubject) {
    w.element("sdg:IsAbout", &[], |w| match subject {
        EvidenceSubject::Natural(identity) => w.element("sdg:NaturalPerson", &[], |w| {
            write_names_and_birth(w, identity);
            write_name(w, "sdg:PlaceOfBirth", identity.place_of_birth());
        }),
        EvidenceSubject::Legal(identity) => w.element("sdg:LegalPerson", &[], |w| {
            write_eidas(w, "sdg:LegalPersonIdentifier", identity.identifier());
            write_name(w, "sdg:LegalName", Some(identity.name()));
        }),
    });
}

fn write_names_and_birth(w: &mut Writer, identity: &NaturalIdentity) {
    write_eidas(w, "sdg:Identifier", identity.identifier());
    write_name(w, "sdg:FamilyName", Some(identity.family_name()));
    write_name(w, "sdg:GivenName", Some(identity.given_name()));
    let born = identity.date_of_birth().expose().to_string();
    w.leaf("sdg:DateOfBirth", &[], &born);
}

fn write_eidas(w: &mut Writer, element: &str, id: Option<&EidasId>) {
    if let Some(id) = id {
        let attributes = [("schemeID", id.scheme().as_str())];
        w.leaf(element, &attributes, id.value().expose());
    }
}

fn write_name(w: &mut Writer, element: &str, name: Option<&Personal<Name>>) {
    let Some(name) = name.map(Personal::expose) else {
        return;
    };
    let other = name.non_latin().map(|text| ("nonLatin", text.as_str()));
    w.leaf(element, other.as_slice(), name.latin());
}

fn write_text(w: &mut Writer, element: &str, text: Option<&Personal<String>>) {
    optional(w, element, text.map(|text| text.expose().as_str()));
}

fn write_country(w: &mut Writer, element: &str, country: Option<&Personal<CountryCode>>) {
    optional(w, element, country.map(|country| country.expose().as_str()));
}

fn write_attributes(w: &mut Writer, attributes: &[SectorAttribute]) {
    for attribute in attributes {
        w.element("sdg:SectorSpecificAttribute", &[], |w| {
            w.leaf("sdg:AttributeName", &[], attribute.name());
            w.leaf("sdg:AttributeURI", &[], attribute.uri());
            w.leaf("sdg:AttributeValue", &[], attribute.value().expose());
        });
    }
}
