//! Answers the user gave to find the provider: the slot `EvidenceProviderClassification`.

use super::{CONCEPTS, Slots, missing};
use crate::edm::{
    CountryCode, Invalid, Malformed, ProviderClassification, SupportedValues,
    agent::read_texts,
    slot::{Reading, SDG, leaf, optional_leaf, parsed, read_date},
};
use xml::Element;

pub(super) fn read(
    reading: &mut Reading,
    slots: &Slots<'_>,
) -> Result<Vec<ProviderClassification>, Invalid> {
    let elements = slots.collection(CONCEPTS, CONCEPTS, ("R-EDM-REQ-S032", "R-EDM-REQ-S041"))?;
    let mut concepts = Vec::new();
    for element in elements {
        concepts.push(read_concept(reading, element)?);
    }
    Ok(concepts)
}

fn read_concept(
    reading: &mut Reading,
    element: Element<'_>,
) -> Result<ProviderClassification, Invalid> {
    let (at, text) = leaf(element, "Identifier", "R-EDM-REQ-C019")?;
    let scheme = at.attribute("", "schemeID").map(str::trim);
    let scheme = scheme.filter(|scheme| !scheme.is_empty());
    if let Some(scheme) = scheme.filter(|_| reading.is_newer()) {
        check_code_list(scheme, at)?;
    }
    let values = element
        .only_child(SDG, "SupportedValue")
        .ok_or_else(|| missing(element, "R-EDM-REQ-C023", "SupportedValue"))?;
    let (_, kind) = leaf(element, "Type", "R-EDM-REQ-C020")?;
    let expression = optional_leaf(element, "ValueExpression")?;
    let id = parsed(&text, "R-EDM-REQ-C019", at)?;
    Ok(ProviderClassification::new(id, kind, read_values(values)?)
        .with_scheme(scheme.map(str::to_owned))
        .with_value_expression(expression.map(|(_, text)| text.into_owned()))
        .with_descriptions(read_texts(
            reading,
            element,
            "Description",
            ("R-EDM-REQ-C022", "R-EDM-REQ-C021"),
        )))
}

/// [R-EDM-REQ-C097] `…/codelists/<country>/<short name>`, and [R-EDM-REQ-C098] the country known.
fn check_code_list(scheme: &str, at: Element<'_>) -> Result<(), Invalid> {
    let refuse = |rule| Err(Invalid::new(rule, Malformed("a code list URL"), at.path()));
    let mut parts = scheme.rsplit('/');
    let name = parts.next().unwrap_or_default();
    let country = parts.next().unwrap_or_default();
    let shape = (2..=50).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric())
        && parts.next() == Some("codelists")
        && scheme.starts_with("https://sr.");
    match CountryCode::unlisted(country) {
        Some(country) if shape && country.is_listed() => Ok(()),
        Some(_) if shape => refuse("R-EDM-REQ-C098"),
        _ => refuse("R-EDM-REQ-C097"),
    }
}

fn read_values(place: Element<'_>) -> Result<SupportedValues, Invalid> {
    let rule = "R-EDM-REQ-C023";
    let texts = |local| {
        let values = place.children_named(SDG, local);
        let texts = values.map(|value| value.trimmed_text().into_owned());
        texts.filter(|text| !text.is_empty()).collect::<Vec<_>>()
    };
    let (strings, booleans, dates) = (
        texts("StringValue"),
        texts("BooleanValue"),
        texts("DateValue"),
    );
    let wrong = |what| Invalid::new(rule, Malformed(what), place.path());
    match (strings.is_empty(), booleans.is_empty(), dates.is_empty()) {
        (false, true, true) => Ok(SupportedValues::Strings(strings)),
        (true, false, true) => {
            let values = booleans.iter().map(|text| match text.as_str() {
                "true" | "1" => Ok(true),
                "false" | "0" => Ok(false),
                _ => Err(wrong("a truth value")),
            });
            values
                .collect::<Result<_, _>>()
                .map(SupportedValues::Booleans)
        }
        (true, true, false) => {
            let values = dates
                .iter()
                .map(|text| read_date(text).ok_or_else(|| wrong("a date")));
            values.collect::<Result<_, _>>().map(SupportedValues::Dates)
        }
        _ => Err(wrong("values of one type")),
    }
}
