//! Registry objects to XML.

use super::package::{ASSOCIATION, MAIN, SCHEME};
use crate::edm::{
    Distribution, Evidence, EvidenceMetadata, ObjectId, Package, Supplement, Version,
    agent::{write_agent, write_texts},
    slot::{any, optional},
    subject::write_evidence_subject,
};
use xml::Writer;

/// `rim:RegistryObjectList` of a response.
pub(in crate::edm) fn write_objects(w: &mut Writer, version: Version, packages: &[Package]) {
    w.element("rim:RegistryObjectList", &[], |w| {
        for package in packages {
            if version >= Version::V2_0 {
                write_package(w, package);
            } else {
                package
                    .mains()
                    .iter()
                    .for_each(|main| write_main(w, main, false));
            }
        }
    });
}

fn write_package(w: &mut Writer, package: &Package) {
    object(w, "rim:RegistryPackageType", package.id(), |w| {
        w.element("rim:RegistryObjectList", &[], |w| {
            package
                .mains()
                .iter()
                .for_each(|main| write_main(w, main, true));
            for supplement in package.supplements() {
                write_supplement(w, supplement);
            }
            for supplement in package.supplements() {
                write_associations(w, supplement);
            }
        });
    });
}

fn object(w: &mut Writer, kind: &str, id: ObjectId, content: impl FnOnce(&mut Writer)) {
    let attributes = [("xsi:type", kind), ("id", &id.to_urn())];
    w.element("rim:RegistryObject", &attributes, content);
}

fn write_main(w: &mut Writer, main: &Evidence, packaged: bool) {
    object(w, "rim:ExtrinsicObjectType", main.id(), |w| {
        any(w, "EvidenceMetadata", |w| {
            write_metadata(w, main.metadata())
        });
        if packaged {
            write_classification(w, main.classification_id(), MAIN);
        }
        write_reference(w, &main.content().to_href(), main.title());
    });
}

fn write_supplement(w: &mut Writer, supplement: &Supplement) {
    object(w, "rim:ExtrinsicObjectType", supplement.id(), |w| {
        any(w, "EvidenceMetadata", |w| {
            w.element("sdg:Evidence", &[], |w| {
                w.leaf("sdg:Identifier", &[], &supplement.evidence_id().to_string());
                write_distribution(w, supplement.distribution());
            });
        });
        let node = supplement.kind().as_str();
        write_classification(w, supplement.classification_id(), node);
        write_reference(w, &supplement.content().to_href(), supplement.title());
    });
}

fn write_associations(w: &mut Writer, supplement: &Supplement) {
    let kind = format!("{ASSOCIATION}{}", supplement.kind());
    for association in supplement.associations() {
        let attributes = [
            ("xsi:type", "rim:AssociationType"),
            ("id", &association.id().to_urn()),
            ("type", &kind),
            ("sourceObject", &supplement.id().to_urn()),
            ("targetObject", &association.target().to_urn()),
        ];
        w.empty("rim:RegistryObject", &attributes);
    }
}

fn write_classification(w: &mut Writer, id: ObjectId, node: &str) {
    let id = id.to_urn();
    let attributes = [
        ("id", id.as_str()),
        ("classificationScheme", SCHEME),
        ("classificationNode", node),
    ];
    w.empty("rim:Classification", &attributes);
}

fn write_reference(w: &mut Writer, href: &str, title: &str) {
    let attributes = [("xlink:href", href), ("xlink:title", title)];
    w.empty("rim:RepositoryItemRef", &attributes);
}

fn write_metadata(w: &mut Writer, metadata: &EvidenceMetadata) {
    w.element("sdg:Evidence", &[], |w| {
        w.leaf("sdg:Identifier", &[], &metadata.id().to_string());
        write_evidence_subject(w, metadata.is_about());
        write_agent(
            w,
            "sdg:IssuingAuthority",
            metadata.issuing_authority(),
            None,
        );
        w.element("sdg:IsConformantTo", &[], |w| {
            let conforms_to = metadata.conforms_to();
            w.leaf(
                "sdg:EvidenceTypeClassification",
                &[],
                conforms_to.id().as_str(),
            );
            write_texts(w, "sdg:Title", conforms_to.titles());
            write_texts(w, "sdg:Description", conforms_to.descriptions());
        });
        w.leaf("sdg:IssuingDate", &[], &metadata.issuing_date().to_string());
        write_distribution(w, metadata.distribution());
        if let Some(period) = metadata.validity() {
            w.element("sdg:ValidityPeriod", &[], |w| {
                w.leaf("sdg:StartDate", &[], &period.start().to_string());
                w.leaf("sdg:EndDate", &[], &period.end().to_string());
            });
        }
    });
}

fn write_distribution(w: &mut Writer, distribution: &Distribution) {
    w.element("sdg:Distribution", &[], |w| {
        w.leaf("sdg:Format", &[], distribution.format().as_str());
        for lang in distribution.languages() {
            w.leaf("sdg:Language", &[], lang.as_str());
        }
        let model = distribution.conforms_to().map(|model| model.as_str());
        optional(w, "sdg:ConformsTo", model);
        let subset = distribution.transformation().map(|model| model.as_str());
        optional(w, "sdg:Transformation", subset);
    });
}
