//! Evidence types, metadata, documents.

use super::{Object, Pen, party, subject};
use crate::noots::code::CodeList;
use crate::noots::evidence::{
    DistributedAs, EvidenceMetadata, PrioritizedFormat, ProvidedObject, RegistryObject,
    RepositoryItem, RequestedEvidenceType,
};

pub(super) fn requested(object: &mut Object<'_>, requested: &RequestedEvidenceType) {
    object.text(
        "EvidenceTypeClassification",
        requested.classification.as_str(),
    );
    object.array("Title", &requested.titles, party::text);
    object.array("Description", &requested.descriptions, party::text);
    object.shown("Identifier", requested.id);
    object.object("DistributedAs", |object| {
        distributed_as(object, &requested.distribution)
    });
}

fn distributed_as(object: &mut Object<'_>, distribution: &DistributedAs) {
    object.array("PrioritizedFormat", distribution.formats(), format);
    object.text_if(
        "ConformsTo",
        distribution.conforms_to.as_ref().map(|uri| uri.as_str()),
    );
    object.text_if(
        "Transformation",
        distribution.transformation.as_ref().map(|uri| uri.as_str()),
    );
}

fn format(pen: &mut Pen, format: &PrioritizedFormat) {
    pen.object(|object| {
        object.code("Format", CodeList::MediaTypes, format.format.as_str());
        if let Some(priority) = format.priority {
            object.integer("Priority", priority);
        }
    });
}

pub(super) fn provided(pen: &mut Pen, provided: &ProvidedObject) {
    pen.object(|object| {
        members(object, &provided.object);
        object.member("EvidenceProviderReference", |pen| {
            party::identifier(pen, &provided.provider)
        });
    });
}

pub(super) fn retrieved(pen: &mut Pen, retrieved: &RegistryObject) {
    pen.object(|object| members(object, retrieved));
}

fn members(object: &mut Object<'_>, document: &RegistryObject) {
    object.text("id", &document.id.urn());
    object.object("EvidenceMetadata", |object| {
        metadata(object, &document.metadata)
    });
    object.object("RepositoryItem", |object| match &document.item {
        RepositoryItem::Content(bytes) => object.base64("RepositoryItem", bytes.expose()),
        RepositoryItem::Reference(uri) => object.text("RepositoryItemRef", uri),
    });
    subject::subject(object, &document.subject);
    if let Some(signature) = &document.signature {
        object.base64("Signature", signature.as_xml());
    }
}

fn metadata(object: &mut Object<'_>, metadata: &EvidenceMetadata) {
    object.text("Title", &metadata.title);
    object.shown("IssuingDate", metadata.issued_on);
    if let Some(validity) = &metadata.validity {
        object.object("ValidityPeriod", |object| {
            object.shown("StartDate", validity.start);
            object.shown("EndDate", validity.end);
        });
    }
    object.object("IssuingAuthority", |object| {
        object.member("Identifier", |pen| {
            party::identifier(pen, &metadata.authority.identifier)
        });
        object.array("Name", &metadata.authority.names, party::text);
    });
    object.object("Distribution", |object| {
        distributed_as(object, &metadata.distribution.distributed_as);
        object.array(
            "Language",
            &metadata.distribution.languages,
            party::language,
        );
    });
    object.object("IsConformantTo", |object| {
        let conformity = &metadata.conforms_to;
        object.text(
            "EvidenceTypeClassification",
            conformity.classification.as_str(),
        );
        object.array("Title", &conformity.titles, party::text);
        object.array("Description", &conformity.descriptions, party::text);
    });
}
