//! What is asked for: the slot `EvidenceRequest`.

use super::{Slots, missing};
use crate::edm::{
    DataModel, EvidenceTypeId, Invalid, LanguageCode, Liberty, Malformed, MediaType,
    RequestedDistribution, RequestedEvidence, SupplementKind, Version,
    agent::read_texts,
    slot::{Reading, SDG, allow_only, choice, leaf, parsed},
};
use xml::Element;

/// Children a request may copy from the directory. [R-EDM-REQ-S045]
const CHILDREN: &[&str] = &[
    "Identifier",
    "EvidenceTypeClassification",
    "Title",
    "Description",
    "DistributedAs",
];

pub(super) fn read(reading: &mut Reading, about: &Slots<'_>) -> Result<RequestedEvidence, Invalid> {
    let local = "DataServiceEvidenceType";
    let element = about.any("EvidenceRequest", local, "R-EDM-REQ-S044")?;
    allow_only(element, CHILDREN, "R-EDM-REQ-S045")?;
    let (at, text) = leaf(element, "Identifier", "R-EDM-REQ-C026")?;
    let id = parsed(&text, "R-EDM-REQ-C026", at)?;
    let evidence_type = read_evidence_type(reading, element, "R-EDM-REQ-C027")?;
    let titles = read_texts(
        reading,
        element,
        "Title",
        ("R-EDM-REQ-C029", "R-EDM-REQ-C028"),
    );
    if titles.is_empty() {
        return Err(missing(element, "R-EDM-REQ-C029", "Title"));
    }
    let descriptions = read_texts(
        reading,
        element,
        "Description",
        ("R-EDM-REQ-C031", "R-EDM-REQ-C030"),
    );
    let mut distributions = Vec::new();
    for distribution in element.children_named(SDG, "DistributedAs") {
        distributions.push(read_distribution(reading, distribution)?);
    }
    Ok(RequestedEvidence {
        id,
        evidence_type,
        titles,
        descriptions,
        distributions,
    })
}

/// [R-EDM-REQ-C027] The rule looks at the raw text: white space around it breaks the rule.
fn read_evidence_type(
    reading: &mut Reading,
    parent: Element<'_>,
    rule: &'static str,
) -> Result<EvidenceTypeId, Invalid> {
    let (at, _) = leaf(parent, "EvidenceTypeClassification", rule)?;
    let id: EvidenceTypeId = parsed(&at.text(), rule, at)?;
    if reading.is_newer() && id.is_old_domain() {
        reading.caution(Liberty::OldDomain, Some(rule), at);
    }
    Ok(id)
}

fn read_distribution(
    reading: &mut Reading,
    element: Element<'_>,
) -> Result<RequestedDistribution, Invalid> {
    let (at, text) = leaf(element, "Format", "R-EDM-REQ-C033")?;
    let format: MediaType = parsed(&text, "R-EDM-REQ-C033", at)?;
    if !format.is_listed() {
        let malformed = Malformed("a media type of the list");
        return Err(Invalid::new("R-EDM-REQ-C033", malformed, at.path()));
    }
    let conforms_to: Option<DataModel> = choice(element, "ConformsTo", "R-EDM-REQ-C034")?;
    let transformation: Option<DataModel> = choice(element, "Transformation", "R-EDM-REQ-C035")?;
    let mut distribution = RequestedDistribution::new(format)
        .with_conforms_to(conforms_to)
        .with_transformation(transformation);
    if reading.version >= Version::V2_0 {
        distribution.languages = read_languages(reading, element);
        distribution.associated = read_associated(element)?;
    }
    Ok(distribution)
}

/// A wanted language that is not known cannot be served: it is passed over, like every language
/// that cannot be served. [R-EDM-REQ-C118] `[W11]`
fn read_languages(reading: &mut Reading, element: Element<'_>) -> Vec<LanguageCode> {
    let mut languages = Vec::new();
    for language in element.children_named(SDG, "Language") {
        let text = language.trimmed_text();
        let known: Option<LanguageCode> = text.parse().ok();
        if known.is_none_or(|lang| lang.as_str() != text) {
            reading.caution(Liberty::Language, Some("R-EDM-REQ-C118"), language);
        }
        languages.extend(known);
    }
    languages
}

fn read_associated(element: Element<'_>) -> Result<Vec<SupplementKind>, Invalid> {
    element
        .children_named(SDG, "AssociatedDocumentRequest")
        .map(|wanted| parsed(&wanted.trimmed_text(), "R-EDM-REQ-C119", wanted))
        .collect()
}
