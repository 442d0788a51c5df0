//! Answers of the Evidence Broker.

use mapping::edm;
use xml::Element;

use super::read::{Reading, SDG, parse, text, texts};
use crate::directory::answer::{
    EvidenceType, EvidenceTypeList, EvidenceTypes, Framework, Requirement,
};

pub(super) fn requirement(element: Element<'_>, reading: &mut Reading) -> Option<Requirement> {
    if !element.is(SDG, "Requirement") {
        return reading.leave_out(element, "not a requirement");
    }
    let mut names = texts(element, "Name").into_iter();
    let Some(name) = names.next() else {
        return reading.leave_out(element, "requirement without a name");
    };
    let id = reading.required(element, "Identifier", "identifier is not a requirement URL")?;
    let stated = edm::Requirement::new(id, name).with_descriptions(texts(element, "Description"));
    Some(Requirement {
        stated: names.fold(stated, edm::Requirement::with_name),
        frameworks: element
            .children_named(SDG, "ReferenceFramework")
            .map(|framework| read_framework(framework, reading))
            .collect(),
    })
}

fn read_framework(element: Element<'_>, reading: &mut Reading) -> Framework {
    Framework {
        id: text(element, "Identifier").unwrap_or_default(),
        titles: texts(element, "Title"),
        descriptions: texts(element, "Description"),
        procedure: element
            .child(SDG, "RelatedTo")
            .and_then(|related| parse(related, "Identifier")),
        jurisdictions: reading.jurisdictions(element),
    }
}

pub(super) fn evidence_types(element: Element<'_>, reading: &mut Reading) -> Option<EvidenceTypes> {
    let requirement = requirement(element, reading)?;
    let alternatives = element
        .children_named(SDG, "EvidenceTypeList")
        .filter_map(|list| evidence_type_list(list, reading))
        .collect();
    Some(EvidenceTypes {
        requirement,
        alternatives,
    })
}

/// A list is only worth what all its types together are: with one unusable the list is unusable.
fn evidence_type_list(list: Element<'_>, reading: &mut Reading) -> Option<EvidenceTypeList> {
    let mut types = Vec::new();
    for child in list.children_named(SDG, "EvidenceType") {
        types.push(evidence_type(child, reading)?);
    }
    if types.is_empty() {
        // [oots-edm 8.2] An empty list: the country has no matching evidence.
        return reading.leave_out(list, "list without evidence types");
    }
    Some(EvidenceTypeList {
        id: text(list, "Identifier").unwrap_or_default(),
        names: texts(list, "Name"),
        types,
        jurisdictions: reading.jurisdictions(list),
    })
}

fn evidence_type(element: Element<'_>, reading: &mut Reading) -> Option<EvidenceType> {
    let titles = texts(element, "Title");
    if titles.is_empty() {
        return reading.leave_out(element, "evidence type without a title");
    }
    Some(EvidenceType {
        id: reading.required(
            element,
            "EvidenceTypeClassification",
            "classification is not an evidence type URL",
        )?,
        titles,
        descriptions: texts(element, "Description"),
        jurisdictions: reading.jurisdictions(element),
    })
}
