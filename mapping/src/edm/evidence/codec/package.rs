//! Packages of 2.0: documents with a classification, and the associations between them.

use super::{expect_type, metadata, read_id, read_reference, read_urn};
use crate::edm::{
    Association, Evidence, EvidenceId, Invalid, Malformed, ObjectId, Package, Problem, Supplement,
    SupplementKind,
    slot::{RIM, Reading, SDG, attribute, leaf, parsed, type_name},
};
use xml::Element;

/// Scheme of the classification of documents.
pub(super) const SCHEME: &str = "urn:fdc:oots:classification:edm";
/// What association types start with.
pub(super) const ASSOCIATION: &str = "urn:oasis:names:tc:ebxml-regrep:AssociationType:";

/// Node of the documents a package is about.
pub(super) const MAIN: &str = "MainEvidence";

/// An association as it stands, before its ends are known to exist.
struct Tie<'d> {
    association: Association,
    source: ObjectId,
    kind: SupplementKind,
    element: Element<'d>,
}

/// Reads a package.
pub(super) fn read(reading: &mut Reading, object: Element<'_>) -> Result<Package, Invalid> {
    let id = read_id(reading, object, "R-EDM-RESP-S037")?;
    expect_type(object, "RegistryPackageType", "R-EDM-RESP-S066")?;
    let Some(list) = object.only_child(RIM, "RegistryObjectList") else {
        let problem = Problem::Missing("one RegistryObjectList");
        return Err(Invalid::new("R-EDM-RESP-S046", problem, object.path()));
    };
    let (associations, documents): (Vec<_>, Vec<_>) = list
        .children_named(RIM, "RegistryObject")
        .partition(|child| type_name(*child) == Some("AssociationType"));
    // Documents without a known node break another rule, told where they are read.
    let nodes: Option<Vec<_>> = documents.iter().map(|document| node(*document)).collect();
    if nodes.is_some_and(|nodes| !nodes.contains(&MAIN)) {
        let problem = Problem::Missing(MAIN);
        return Err(Invalid::new("R-EDM-RESP-S047", problem, list.path()));
    }
    let mut ties = Vec::new();
    for association in associations {
        ties.push(read_tie(reading, association)?);
    }
    let mut package = Package {
        id,
        mains: Vec::new(),
        supplements: Vec::new(),
    };
    for document in documents {
        read_document(reading, document, &ties, &mut package)?;
    }
    check_ties(&package, &ties)?;
    Ok(package)
}

/// The node of a document, if it is a known one.
fn node(document: Element<'_>) -> Option<&str> {
    let classification = document.child(RIM, "Classification")?;
    let node = classification.attribute("", "classificationNode")?.trim();
    (node == MAIN || node.parse::<SupplementKind>().is_ok()).then_some(node)
}

fn read_tie<'d>(reading: &mut Reading, object: Element<'d>) -> Result<Tie<'d>, Invalid> {
    let id = read_id(reading, object, "R-EDM-RESP-S037")?;
    let mut end = |name, rule| {
        let text = attribute(object, ("", name), rule)?;
        read_urn(reading, text, rule, object)
    };
    let source = end("sourceObject", "R-EDM-RESP-S051")?;
    let target = end("targetObject", "R-EDM-RESP-S055")?;
    let kind = attribute(object, ("", "type"), "R-EDM-RESP-S059")?;
    let kind = kind.strip_prefix(ASSOCIATION).unwrap_or_default();
    Ok(Tie {
        association: Association::new(id, target),
        source,
        kind: parsed(kind, "R-EDM-RESP-S059", object)?,
        element: object,
    })
}

fn read_document(
    reading: &mut Reading,
    object: Element<'_>,
    ties: &[Tie<'_>],
    package: &mut Package,
) -> Result<(), Invalid> {
    let id = read_id(reading, object, "R-EDM-RESP-S037")?;
    expect_type(object, "ExtrinsicObjectType", "R-EDM-RESP-S033")?;
    let (classification_id, node) = read_classification(reading, object)?;
    let evidence = metadata::slot(reading, object)?;
    let content = read_reference(reading, object)?;
    match node {
        None => {
            let metadata = metadata::read(reading, evidence)?;
            let main = Evidence::new(id, content.0, content.1, metadata);
            package.mains.push(main.classified(classification_id));
        }
        Some(kind) => {
            let own = ties.iter().filter(|tie| tie.source == id);
            let mut own = own.map(|tie| tie.association);
            let Some(first) = own.next() else {
                let problem = Problem::Missing("an association of the document");
                return Err(Invalid::new("R-EDM-RESP-S050", problem, object.path()));
            };
            let (evidence_id, form) = read_supplement(reading, evidence)?;
            let supplement = Supplement::new(kind, (id, evidence_id), content, form, first)
                .classified(classification_id);
            package
                .supplements
                .push(own.fold(supplement, Supplement::with_association));
        }
    }
    Ok(())
}

/// Identifier and node; no kind stands for the main evidence. [R-EDM-RESP-S048]
fn read_classification(
    reading: &mut Reading,
    object: Element<'_>,
) -> Result<(ObjectId, Option<SupplementKind>), Invalid> {
    let mut ours = object
        .children_named(RIM, "Classification")
        .filter(|c| c.attribute("", "classificationScheme").map(str::trim) == Some(SCHEME));
    let (Some(classification), None) = (ours.next(), ours.next()) else {
        let problem = Problem::Missing("one Classification");
        return Err(Invalid::new("R-EDM-RESP-S048", problem, object.path()));
    };
    let text = attribute(classification, ("", "id"), "R-EDM-RESP-S065")?;
    let id = read_urn(reading, text, "R-EDM-RESP-S065", classification)?;
    let node = attribute(
        classification,
        ("", "classificationNode"),
        "R-EDM-RESP-S049",
    )?;
    match node {
        MAIN => Ok((id, None)),
        node => parsed(node, "R-EDM-RESP-S049", classification).map(|kind| (id, Some(kind))),
    }
}

/// [R-EDM-RESP-S063] a supplement says no more than its identifier and form.
fn read_supplement(
    reading: &mut Reading,
    evidence: Element<'_>,
) -> Result<(EvidenceId, crate::edm::Distribution), Invalid> {
    let refuse =
        |problem, at: Element<'_>| Err(Invalid::new("R-EDM-RESP-S063", problem, at.path()));
    let stranger = evidence
        .children()
        .find(|child| !child.is(SDG, "Identifier") && !child.is(SDG, "Distribution"));
    if let Some(stranger) = stranger {
        return refuse(Problem::Unexpected("an element of this name"), stranger);
    }
    let (at, text) = leaf(evidence, "Identifier", "R-EDM-RESP-C015")?;
    let id = parsed(&text, "R-EDM-RESP-C015", at)?;
    let Some(form) = evidence.only_child(SDG, "Distribution") else {
        return refuse(Problem::Missing("Distribution"), evidence);
    };
    if form.child(SDG, "ConformsTo").is_some() {
        return refuse(Problem::Unexpected("ConformsTo"), form);
    }
    Ok((id, metadata::read_distribution(reading, form)?))
}

/// Both ends of every association exist, and source and type agree.
fn check_ties(package: &Package, ties: &[Tie<'_>]) -> Result<(), Invalid> {
    for tie in ties {
        let refuse = |rule, what| Err(Invalid::new(rule, Malformed(what), tie.element.path()));
        let mut mains = package.mains.iter();
        if !mains.any(|main| main.id == tie.association.target()) {
            // [R-EDM-RESP-S056] [R-EDM-RESP-S057] [R-EDM-RESP-S058]
            let rule = match tie.kind {
                SupplementKind::Annex => "R-EDM-RESP-S056",
                SupplementKind::HumanReadableVersion => "R-EDM-RESP-S057",
                SupplementKind::Translation => "R-EDM-RESP-S058",
            };
            return refuse(rule, "a reference to main evidence");
        }
        let mut supplements = package.supplements.iter();
        let source = supplements.find(|supplement| supplement.id() == tie.source);
        let rule = match (source.map(Supplement::kind), tie.kind) {
            (Some(source), kind) if source == kind => continue,
            (Some(SupplementKind::Annex), _) => "R-EDM-RESP-S059",
            (Some(SupplementKind::Translation), _) => "R-EDM-RESP-S060",
            (Some(SupplementKind::HumanReadableVersion), _) => "R-EDM-RESP-S061",
            (None, SupplementKind::Annex) => "R-EDM-RESP-S052",
            (None, SupplementKind::HumanReadableVersion) => "R-EDM-RESP-S053",
            (None, SupplementKind::Translation) => "R-EDM-RESP-S054",
        };
        return refuse(rule, "a reference to a document of that kind");
    }
    Ok(())
}
