//! Evidence types, metadata, documents, availability.

use crate::Personal;
use crate::noots::code::CodeList;
use crate::noots::evidence::{
    Availability, DistributedAs, Distribution, EvidenceConformity, EvidenceMetadata,
    IssuingAuthority, PrioritizedFormat, ProvidedObject, RegistryObject, RepositoryItem,
    RequestedEvidenceType, Signature, ValidityPeriod,
};
use crate::noots::id::{DateTime, ObjectId};
use crate::noots::invalid::Rule;
use crate::noots::json::cursor::{Fields, Node, Read, broken, malformed};

pub(super) fn requested(node: Node<'_>) -> Read<RequestedEvidenceType> {
    node.fields(|fields| {
        Ok(RequestedEvidenceType {
            classification: fields.required("EvidenceTypeClassification", Node::parsed)?,
            titles: fields.one_or_more("Title", super::agent::text)?,
            descriptions: fields.any_number("Description", super::agent::text)?,
            id: fields.required("Identifier", Node::parsed)?,
            distribution: fields.required("DistributedAs", |node| node.fields(distributed_as))?,
        })
    })
}

fn distributed_as(fields: &mut Fields<'_>) -> Read<DistributedAs> {
    let formats = fields.one_or_more("PrioritizedFormat", |node| {
        node.fields(|fields| {
            Ok(PrioritizedFormat {
                format: fields.required("Format", |node| node.code(CodeList::MediaTypes))?,
                priority: fields.optional("Priority", Node::positive)?,
            })
        })
    })?;
    let conforms_to = fields.optional("ConformsTo", Node::parsed)?;
    let transformation = fields.optional("Transformation", Node::parsed)?;
    let distributed_as =
        DistributedAs::new(formats).map_err(|rule| broken(rule).below("PrioritizedFormat"))?;
    Ok(distributed_as.with_model(conforms_to, transformation))
}

/// 0302.
pub(super) fn provided(node: Node<'_>) -> Read<Availability<ProvidedObject>> {
    node.choice(|name, node| match name {
        "RegistryObject" => Some(node.many(provided_object).map(Availability::Now)),
        "ResponseAvailableDateTime" => Some(one_time(node).map(Availability::At)),
        _ => None,
    })
}

/// 0412.
pub(super) fn retrieved(node: Node<'_>) -> Read<Availability<RegistryObject>> {
    node.choice(|name, node| match name {
        "RegistryObject" => Some(
            node.many(|node| node.fields(registry_object))
                .map(Availability::Now),
        ),
        "ResponseAvailableDateTime" => Some(node.parsed().map(Availability::At)),
        _ => None,
    })
}

/// [XN-R8] the schema lets several times through, the rule does not.
fn one_time(node: Node<'_>) -> Read<DateTime> {
    match node.many(Node::parsed)?.as_slice() {
        [time] => Ok(*time),
        _ => Err(broken(Rule::OneAvailability)),
    }
}

fn provided_object(node: Node<'_>) -> Read<ProvidedObject> {
    node.fields(|fields| {
        let object = registry_object(fields)?;
        let provider = fields.required("EvidenceProviderReference", super::agent::identifier)?;
        Ok(ProvidedObject { object, provider })
    })
}

fn registry_object(fields: &mut Fields<'_>) -> Read<RegistryObject> {
    Ok(RegistryObject {
        id: fields.required("id", |node| {
            ObjectId::from_urn(node.text()?).map_err(malformed)
        })?,
        metadata: fields.required("EvidenceMetadata", metadata)?,
        item: fields.required("RepositoryItem", item)?,
        subject: fields.required("LegalOrNaturalPerson", super::subject::subject)?,
        signature: fields
            .optional("Signature", Node::base64)?
            .map(Signature::new),
    })
}

fn item(node: Node<'_>) -> Read<RepositoryItem> {
    node.choice(|name, node| match name {
        "RepositoryItem" => Some(
            node.base64()
                .map(|bytes| RepositoryItem::Content(Personal::new(bytes))),
        ),
        "RepositoryItemRef" => Some(node.string().map(RepositoryItem::Reference)),
        _ => None,
    })
}

fn metadata(node: Node<'_>) -> Read<EvidenceMetadata> {
    node.fields(|fields| {
        Ok(EvidenceMetadata {
            title: fields.required("Title", Node::string)?,
            issued_on: fields.required("IssuingDate", Node::date)?,
            validity: fields.optional("ValidityPeriod", validity)?,
            authority: fields.required("IssuingAuthority", authority)?,
            distribution: fields.required("Distribution", distribution)?,
            conforms_to: fields.required("IsConformantTo", conformity)?,
        })
    })
}

fn validity(node: Node<'_>) -> Read<ValidityPeriod> {
    node.fields(|fields| {
        Ok(ValidityPeriod {
            start: fields.required("StartDate", Node::date)?,
            end: fields.required("EndDate", Node::date)?,
        })
    })
}

fn authority(node: Node<'_>) -> Read<IssuingAuthority> {
    node.fields(|fields| {
        Ok(IssuingAuthority {
            identifier: fields.required("Identifier", super::agent::identifier)?,
            names: fields.one_or_more("Name", super::agent::text)?,
        })
    })
}

fn distribution(node: Node<'_>) -> Read<Distribution> {
    node.fields(|fields| {
        Ok(Distribution {
            distributed_as: distributed_as(fields)?,
            languages: fields.any_number("Language", super::agent::language)?,
        })
    })
}

fn conformity(node: Node<'_>) -> Read<EvidenceConformity> {
    node.fields(|fields| {
        Ok(EvidenceConformity {
            classification: fields.required("EvidenceTypeClassification", Node::parsed)?,
            titles: fields.one_or_more("Title", super::agent::text)?,
            descriptions: fields.any_number("Description", super::agent::text)?,
        })
    })
}
