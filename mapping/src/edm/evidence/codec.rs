//! Registry objects from and to XML: a flat list before 2.0, packages from then on.

mod metadata;
mod package;
mod write;

pub(in crate::edm) use write::write_objects;

use super::{Evidence, Package};
use crate::edm::{
    ContentRef, EvidenceMetadata, Invalid, Liberty, Malformed, ObjectId, Problem, Version,
    slot::{Family, Kind, RIM, Reading, SlotRule, XLINK, attribute, type_name},
};
use std::str::FromStr;
use xml::Element;

const SLOTS: Family = Family {
    slots: &[SlotRule::new(
        "EvidenceMetadata",
        Kind::Any,
        true,
        ["R-EDM-RESP-S015", "R-EDM-RESP-S024"],
    )],
    closed: None,
    one_value: "R-EDM-RESP-S024",
    filled: "R-EDM-RESP-S029",
    collection: ("R-EDM-RESP-S029", "R-EDM-RESP-S029"),
};

/// Objects of a list.
pub(in crate::edm) fn read_objects(
    reading: &mut Reading,
    list: Element<'_>,
) -> Result<Vec<Package>, Invalid> {
    let packaged = reading.version >= Version::V2_0;
    let mut packages = Vec::new();
    for object in list.children_named(RIM, "RegistryObject") {
        packages.push(if packaged {
            package::read(reading, object)?
        } else {
            read_flat(reading, object)?
        });
    }
    Ok(packages)
}

fn read_flat(reading: &mut Reading, object: Element<'_>) -> Result<Package, Invalid> {
    let id = read_id(reading, object, "R-EDM-RESP-S037")?;
    expect_type(object, "ExtrinsicObjectType", "R-EDM-RESP-S033")?;
    let evidence = metadata::slot(reading, object)?;
    let metadata: EvidenceMetadata = metadata::read(reading, evidence)?;
    let (content, title) = read_reference(reading, object)?;
    Ok(Package::new(
        id,
        Evidence::new(id, content, title, metadata),
    ))
}

/// Identifier of an object. [R-EDM-RESP-S036] [R-EDM-RESP-S037]
fn read_id(
    reading: &mut Reading,
    object: Element<'_>,
    rule: &'static str,
) -> Result<ObjectId, Invalid> {
    let text = attribute(object, ("", "id"), "R-EDM-RESP-S036")?;
    read_urn(reading, text, rule, object)
}

/// `urn:uuid:…`; with another prefix (`uurn:uuid:` was seen) it names the same object.
fn read_urn(
    reading: &mut Reading,
    text: &str,
    rule: &'static str,
    at: Element<'_>,
) -> Result<ObjectId, Invalid> {
    let cut = text.len().saturating_sub(36);
    let (prefix, bare) = text.split_at_checked(cut).unwrap_or((text, ""));
    if prefix != "urn:uuid:" {
        reading.caution(Liberty::ObjectId, Some(rule), at);
    }
    ObjectId::from_str(bare).map_err(|malformed| Invalid::new(rule, malformed, at.path()))
}

fn expect_type(
    object: Element<'_>,
    expected: &'static str,
    rule: &'static str,
) -> Result<(), Invalid> {
    if type_name(object) == Some(expected) {
        return Ok(());
    }
    Err(Invalid::new(rule, Problem::Type(expected), object.path()))
}

/// The part that holds the document, and its title. [R-EDM-RESP-C042]
fn read_reference(
    reading: &mut Reading,
    object: Element<'_>,
) -> Result<(ContentRef, String), Invalid> {
    let Some(reference) = object.only_child(RIM, "RepositoryItemRef") else {
        let problem = Problem::Missing("RepositoryItemRef");
        return Err(Invalid::new("R-EDM-RESP-S033", problem, object.path()));
    };
    let href = attribute(reference, (XLINK, "href"), "R-EDM-RESP-S034")?;
    let title = attribute(reference, (XLINK, "title"), "R-EDM-RESP-S035")?;
    let content = ContentRef::from_href(href)
        .map_err(|malformed| Invalid::new("R-EDM-RESP-C042", malformed, reference.path()))?;
    if !content.has_two_sides() {
        // Gateways write Content-IDs of every form (oots-edm.md 11.6).
        reading.caution(Liberty::ContentId, Some("R-EDM-RESP-C042"), reference);
    }
    Ok((content, title.to_owned()))
}

fn unknown(rule: &'static str, what: &'static str, at: Element<'_>) -> Invalid {
    Invalid::new(rule, Malformed(what), at.path())
}
