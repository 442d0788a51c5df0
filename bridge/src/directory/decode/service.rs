//! Data services of the Data Service Directory.

use mapping::edm::{Address, Agent, AgentId, RequestedDistribution};
use xml::Element;

use super::read::{Reading, SDG, parse, text, texts};
use crate::directory::answer::{
    AccessService, Concept, ConceptKind, DataService, Determination, Level, Publisher,
};

/// A data service that can be asked: with identifier and somebody who has it.
pub(super) fn offered(element: Element<'_>, reading: &mut Reading) -> Option<DataService> {
    let service = data_service(element, reading)?;
    if service.id.is_none() {
        return reading.leave_out(element, "identifier is not a UUID");
    }
    if service.access_services.is_empty() {
        return reading.leave_out(element, "data service without a usable access service");
    }
    Some(service)
}

pub(super) fn data_service(element: Element<'_>, reading: &mut Reading) -> Option<DataService> {
    if !element.is(SDG, "DataServiceEvidenceType") {
        return reading.leave_out(element, "not a data service");
    }
    let titles = texts(element, "Title");
    if titles.is_empty() {
        return reading.leave_out(element, "data service without a title");
    }
    Some(DataService {
        id: parse(element, "Identifier"),
        evidence_type: reading.required(
            element,
            "EvidenceTypeClassification",
            "classification is not an evidence type URL",
        )?,
        titles,
        descriptions: texts(element, "Description"),
        distributions: distributions(element, reading),
        access_services: element
            .children_named(SDG, "AccessService")
            .filter_map(|access| access_service(access, reading))
            .collect(),
        loa: parse(element, "AuthenticationLevelOfAssurance"),
        notes: texts(element, "Note"),
        determination: element
            .child(SDG, "EvidenceProviderJurisdictionDetermination")
            .and_then(|asked| determination(asked, reading)),
        concepts: concepts(element, "EvidenceProviderClassification", reading),
    })
}

fn distributions(parent: Element<'_>, reading: &mut Reading) -> Vec<RequestedDistribution> {
    parent
        .children_named(SDG, "DistributedAs")
        .filter_map(|element| {
            let format = reading.required(element, "Format", "format is not a media type")?;
            Some(
                RequestedDistribution::new(format)
                    .with_conforms_to(parse(element, "ConformsTo"))
                    .with_transformation(parse(element, "Transformation"))
                    .with_languages(reading.each(element, "Language", "not a language"))
                    .with_associated(reading.each(
                        element,
                        "AssociatedDocumentRequest",
                        "not a kind of associated document",
                    )),
            )
        })
        .collect()
}

fn access_service(element: Element<'_>, reading: &mut Reading) -> Option<AccessService> {
    let Some(publisher) = element.child(SDG, "Publisher") else {
        return reading.leave_out(element, "access service without a publisher");
    };
    Some(AccessService {
        party: agent_id(element, reading)?,
        names: texts(element, "Name"),
        conforms_to: element
            .children_named(SDG, "ConformsTo")
            .map(|child| child.trimmed_text().into_owned())
            .collect(),
        publisher: read_publisher(publisher, reading)?,
    })
}

fn read_publisher(element: Element<'_>, reading: &mut Reading) -> Option<Publisher> {
    let id = agent_id(element, reading)?;
    let mut names = texts(element, "Name").into_iter();
    let Some(name) = names.next() else {
        return reading.leave_out(element, "publisher without a name");
    };
    let address = element
        .child(SDG, "Address")
        .and_then(|address| read_address(address, reading));
    Some(Publisher {
        agent: names
            .fold(Agent::new(id, name), Agent::with_name)
            .with_address(address),
        descriptions: texts(element, "Description"),
        jurisdictions: reading.jurisdictions(element),
        concepts: concepts(element, "ClassificationConcept", reading),
    })
}

/// Identifier and scheme; case-sensitive both.
fn agent_id(parent: Element<'_>, reading: &mut Reading) -> Option<AgentId> {
    let read = || {
        let id = parent.child(SDG, "Identifier")?;
        let scheme = id.attribute("", "schemeID")?.trim().parse().ok()?;
        AgentId::new(&id.trimmed_text(), scheme).ok()
    };
    match read() {
        Some(id) => Some(id),
        None => reading.leave_out(parent, "identifier without a known scheme"),
    }
}

fn read_address(element: Element<'_>, reading: &mut Reading) -> Option<Address> {
    let country = reading.required(element, "AdminUnitLevel1", "country is not in the list")?;
    Some(
        Address::new(country)
            .with_full(text(element, "FullAddress"))
            .with_locator(text(element, "LocatorDesignator"))
            .with_post_code(text(element, "PostCode"))
            .with_post_city(text(element, "PostCityName"))
            .with_thoroughfare(text(element, "Thoroughfare"))
            .with_region(text(element, "AdminUnitLevel2")),
    )
}

pub(super) fn determination(element: Element<'_>, reading: &mut Reading) -> Option<Determination> {
    let level = text(element, "JurisdictionLevel").and_then(|level| Level::parse(&level));
    let Some(level) = level else {
        return reading.leave_out(element, "jurisdiction level is not in the list");
    };
    Some(Determination {
        context: reading.required(element, "JurisdictionContextId", "context is not a UUID")?,
        labels: texts(element, "JurisdictionContext"),
        level,
    })
}

fn concepts(parent: Element<'_>, name: &str, reading: &mut Reading) -> Vec<Concept> {
    parent
        .children_named(SDG, name)
        .filter_map(|element| concept(element, reading))
        .collect()
}

pub(super) fn concept(element: Element<'_>, reading: &mut Reading) -> Option<Concept> {
    let kind_text = text(element, "Type").unwrap_or_default();
    let scheme = element
        .child(SDG, "Identifier")
        .and_then(|id| id.attribute("", "schemeID"));
    Some(Concept {
        // [R-DSD-ERR-C005]
        id: reading.required(element, "Identifier", "concept identifier is not a UUID")?,
        scheme: scheme.map(str::to_owned),
        kind: ConceptKind::parse(&kind_text),
        kind_text,
        value_expression: text(element, "ValueExpression"),
        labels: texts(element, "Description"),
        values: element
            .children_named(SDG, "SupportedValue")
            .flat_map(|choice| choice.children())
            .map(|value| value.trimmed_text().into_owned())
            .collect(),
    })
}
