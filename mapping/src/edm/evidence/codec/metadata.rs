//! `sdg:Evidence`: what is said about a document.

use super::{SLOTS, unknown};
use crate::edm::{
    DataModel, Distribution, EvidenceMetadata, EvidenceType, EvidenceTypeId, Invalid, LanguageCode,
    Liberty, MediaType, Problem, ValidityPeriod, Version,
    agent::{AgentRules, read_agent, read_texts},
    slot::{Reading, SCHEMA, SDG, Slots, choice, leaf, optional_leaf, parsed, read_date},
    subject::read_evidence_subject,
};
use jiff::civil::Date;
use xml::Element;

const AUTHORITY: AgentRules = AgentRules {
    children: None,
    scheme_missing: "R-EDM-RESP-C038",
    scheme: "R-EDM-RESP-C039",
    lang: ("R-EDM-RESP-S062", "R-EDM-RESP-S062"),
    country: "R-EDM-RESP-C039",
};

/// The `sdg:Evidence` of a document object.
pub(super) fn slot<'d>(reading: &mut Reading, object: Element<'d>) -> Result<Element<'d>, Invalid> {
    let slots = Slots::read(reading, object, SLOTS)?;
    slots.any("EvidenceMetadata", "Evidence", "R-EDM-RESP-S029")
}

/// What is said about a main document.
pub(super) fn read(
    reading: &mut Reading,
    evidence: Element<'_>,
) -> Result<EvidenceMetadata, Invalid> {
    // [R-EDM-RESP-S062] all of these; before 2.0 the schema says so.
    let rule = if reading.version >= Version::V2_0 {
        "R-EDM-RESP-S062"
    } else {
        SCHEMA
    };
    let part = |local| -> Result<Element<'_>, Invalid> {
        evidence
            .only_child(SDG, local)
            .ok_or_else(|| Invalid::new(rule, Problem::Missing(local), evidence.path()))
    };
    let (at, text) = leaf(evidence, "Identifier", "R-EDM-RESP-C015")?;
    let id = parsed(&text, "R-EDM-RESP-C015", at)?;
    let is_about = read_evidence_subject(reading, part("IsAbout")?)?;
    let authority = read_agent(reading, part("IssuingAuthority")?, &AUTHORITY)?;
    let conforms_to = read_type(reading, part("IsConformantTo")?)?;
    let (at, text) = leaf(evidence, "IssuingDate", rule)?;
    let issued = date(&text, "R-EDM-RESP-C016", at)?;
    let distribution = read_distribution(reading, part("Distribution")?)?;
    let metadata =
        EvidenceMetadata::new(id, is_about, authority, conforms_to, (issued, distribution));
    Ok(metadata.with_validity(read_validity(evidence)?))
}

fn read_type(reading: &mut Reading, element: Element<'_>) -> Result<EvidenceType, Invalid> {
    let (at, text) = leaf(element, "EvidenceTypeClassification", "R-EDM-RESP-S030")?;
    let id: EvidenceTypeId = parsed(&text, "R-EDM-RESP-C017", at)?;
    if reading.is_newer() && id.is_old_domain() {
        reading.caution(Liberty::OldDomain, Some("R-EDM-RESP-C017"), at);
    }
    let titles = read_texts(
        reading,
        element,
        "Title",
        ("R-EDM-RESP-C019", "R-EDM-RESP-C018"),
    );
    if titles.is_empty() {
        let problem = Problem::Missing("Title");
        return Err(Invalid::new("R-EDM-RESP-S030", problem, element.path()));
    }
    let descriptions = read_texts(
        reading,
        element,
        "Description",
        ("R-EDM-RESP-C021", "R-EDM-RESP-C020"),
    );
    Ok(EvidenceType::titled(id, titles).with_descriptions(descriptions))
}

/// In what form a document is. [R-EDM-RESP-C058] one format, although the schema has more.
pub(super) fn read_distribution(
    reading: &mut Reading,
    element: Element<'_>,
) -> Result<Distribution, Invalid> {
    if element.children_named(SDG, "Format").count() > 1 {
        let problem = Problem::Repeated("Format");
        return Err(Invalid::new("R-EDM-RESP-C058", problem, element.path()));
    }
    let (at, text) = leaf(element, "Format", "R-EDM-RESP-C023")?;
    let format: MediaType = parsed(&text, "R-EDM-RESP-C023", at)?;
    if !format.is_listed() {
        return Err(unknown("R-EDM-RESP-C023", "a media type of the list", at));
    }
    let conforms_to: Option<DataModel> = choice(element, "ConformsTo", "R-EDM-RESP-C022")?;
    let transformation: Option<DataModel> = choice(element, "Transformation", "R-EDM-RESP-C043")?;
    Ok(Distribution::new(format)
        .with_languages(read_languages(reading, element))
        .with_conforms_to(conforms_to)
        .with_transformation(transformation))
}

/// [R-EDM-RESP-C026] `[W11]` a language that is not known says nothing and is left out.
fn read_languages(reading: &mut Reading, element: Element<'_>) -> Vec<LanguageCode> {
    let mut languages = Vec::new();
    for language in element.children_named(SDG, "Language") {
        let text = language.trimmed_text();
        let known: Option<LanguageCode> = text.parse().ok();
        if known.is_none_or(|lang| lang.as_str() != text) {
            reading.caution(Liberty::Language, Some("R-EDM-RESP-C026"), language);
        }
        languages.extend(known);
    }
    languages
}

fn read_validity(evidence: Element<'_>) -> Result<Option<ValidityPeriod>, Invalid> {
    let Some(period) = evidence.only_child(SDG, "ValidityPeriod") else {
        return Ok(None);
    };
    let day = |local, rule| match optional_leaf(period, local)? {
        Some((at, text)) => date(&text, rule, at),
        None => Err(Invalid::new(rule, Problem::Missing(local), period.path())),
    };
    let start = day("StartDate", "R-EDM-RESP-C040")?;
    let end = day("EndDate", "R-EDM-RESP-C041")?;
    Ok(Some(ValidityPeriod::new(start, end)))
}

fn date(text: &str, rule: &'static str, at: Element<'_>) -> Result<Date, Invalid> {
    read_date(text).ok_or_else(|| unknown(rule, "a date", at))
}
