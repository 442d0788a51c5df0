//! Which rules apply to a document: its kind and its release, read from the document itself.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use xml::{Document, Element};

pub(crate) const QUERY: &str = "urn:oasis:names:tc:ebxml-regrep:xsd:query:4.0";
pub(crate) const RIM: &str = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:4.0";
pub(crate) const RS: &str = "urn:oasis:names:tc:ebxml-regrep:xsd:rs:4.0";
pub(crate) const LCM: &str = "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:4.0";
pub(crate) const SDG: &str = "http://data.europa.eu/p4s";
pub(crate) const EB: &str = "http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/";
pub(crate) const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// A release line with a rule set of its own.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Release {
    /// 1.0, state of 2023.
    #[serde(rename = "1.0")]
    V1_0,
    /// 1.2, state 1.2.5; also applied to 1.1, which is only read.
    #[serde(rename = "1.2")]
    V1_2,
    /// 2.0, state 2.0.1.
    #[serde(rename = "2.0")]
    V2_0,
}

impl Release {
    /// All, oldest first.
    pub const ALL: [Self; 3] = [Self::V1_0, Self::V1_2, Self::V2_0];

    /// As it is written in rule sets: `2.0`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1_0 => "1.0",
            Self::V1_2 => "1.2",
            Self::V2_0 => "2.0",
        }
    }

    /// The specification identifier on the wire: `oots-edm:v2.0`.
    #[must_use]
    pub const fn specification(self) -> &'static str {
        match self {
            Self::V1_0 => "oots-edm:v1.0",
            Self::V1_2 => "oots-edm:v1.2",
            Self::V2_0 => "oots-edm:v2.0",
        }
    }

    /// The release whose rules judge a message with this specification identifier.
    #[must_use]
    pub fn of_specification(identifier: &str) -> Option<Self> {
        match identifier.trim() {
            "oots-edm:v1.0" => Some(Self::V1_0),
            // 1.1 has no set of its own; 1.2 is the closest, and its rule on the identifier fires.
            "oots-edm:v1.1" | "oots-edm:v1.2" => Some(Self::V1_2),
            "oots-edm:v2.0" => Some(Self::V2_0),
            _ => None,
        }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Release {
    type Err = UnknownRelease;

    fn from_str(text: &str) -> Result<Self, UnknownRelease> {
        Self::ALL
            .into_iter()
            .find(|release| release.as_str() == text)
            .ok_or(UnknownRelease)
    }
}

/// Not the name of a release with rules.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("no rules are known for this release")]
pub struct UnknownRelease;

/// What a document is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DocumentKind {
    /// Evidence request: `query:QueryRequest`.
    Request,
    /// Evidence response: evidence, none, or a promise.
    Response,
    /// Evidence error response: exceptions.
    Error,
    /// ebMS header: `eb:Messaging`.
    EbmsHeader,
    /// Evidence Broker: the requirements of a procedure.
    EvidenceBrokerRequirements,
    /// Evidence Broker: the evidence types of a requirement.
    EvidenceBrokerEvidenceTypes,
    /// Evidence Broker: a failure.
    EvidenceBrokerError,
    /// Data Service Directory: data services.
    DataServices,
    /// Data Service Directory: a failure, or a question back.
    DataServicesError,
    /// Submission of data services to the Common Services.
    DataServicesSubmission,
    /// Submission of requirements and evidence types to the Common Services.
    EvidenceBrokerSubmission,
    /// Answer to a submission: accepted.
    SubmissionAccepted,
    /// Answer to a submission: refused.
    SubmissionRefused,
}

impl DocumentKind {
    /// As it is printed and written in rule sets.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
            Self::Error => "error",
            Self::EbmsHeader => "ebms-header",
            Self::EvidenceBrokerRequirements => "evidence-broker-requirements",
            Self::EvidenceBrokerEvidenceTypes => "evidence-broker-evidence-types",
            Self::EvidenceBrokerError => "evidence-broker-error",
            Self::DataServices => "data-services",
            Self::DataServicesError => "data-services-error",
            Self::DataServicesSubmission => "data-services-submission",
            Self::EvidenceBrokerSubmission => "evidence-broker-submission",
            Self::SubmissionAccepted => "submission-accepted",
            Self::SubmissionRefused => "submission-refused",
        }
    }
}

impl fmt::Display for DocumentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The document is nothing that rules are known for.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotADocument {
    /// No XML, or outside the limits of a reader.
    #[error("the document cannot be read")]
    Unreadable(#[from] xml::Invalid),
    /// XML, but none of the known roots.
    #[error("the root element is not that of a known document")]
    UnknownRoot,
}

/// Kind and release of a document.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Detected {
    /// What it is.
    pub kind: DocumentKind,
    /// The release whose rules judge it.
    pub release: Release,
    /// Whether the document names that release itself. If not, the release is a guess from its
    /// form.
    pub announced: bool,
}

/// Reads kind and release from a document.
pub fn detect(document: &Document) -> Result<Detected, NotADocument> {
    let root = document.root();
    let kind = kind_of(root).ok_or(NotADocument::UnknownRoot)?;
    let named = match kind {
        DocumentKind::EbmsHeader => property(root, "SpecificationId"),
        _ => slot(root, "SpecificationIdentifier").map(|value| value.trimmed_text().into_owned()),
    };
    let announced = named.as_deref().and_then(Release::of_specification);
    Ok(Detected {
        kind,
        release: announced.unwrap_or_else(|| guess(root)),
        announced: announced.is_some(),
    })
}

fn kind_of(root: Element<'_>) -> Option<DocumentKind> {
    let name = root.name();
    match (name.namespace, name.local) {
        (QUERY, "QueryRequest") => Some(DocumentKind::Request),
        (QUERY, "QueryResponse") => Some(answer_kind(root)),
        (LCM, "SubmitObjectsRequest") => Some(submission_kind(root)),
        (RS, "RegistryResponse") => Some(match root.child(RS, "Exception") {
            Some(_) => DocumentKind::SubmissionRefused,
            None => DocumentKind::SubmissionAccepted,
        }),
        (EB, "Messaging") => Some(DocumentKind::EbmsHeader),
        _ => None,
    }
}

/// Evidence Response, Evidence Error Response, or an answer of the Common Services: by status and
/// content, not by the ebMS action, which captured exchanges set wrongly.
fn answer_kind(root: Element<'_>) -> DocumentKind {
    let exception = root.child(RS, "Exception");
    let failed = root
        .attribute("", "status")
        .is_some_and(|status| status.ends_with(":Failure"));
    let list = root.child(RIM, "RegistryObjectList");
    if failed || (exception.is_some() && list.is_none()) {
        let code = exception.and_then(|exception| exception.attribute("", "code"));
        return match code.unwrap_or_default() {
            code if code.starts_with("EB:") => DocumentKind::EvidenceBrokerError,
            code if code.starts_with("DSD:") => DocumentKind::DataServicesError,
            _ => DocumentKind::Error,
        };
    }
    let first = list
        .into_iter()
        .flat_map(|list| list.children_named(RIM, "RegistryObject"))
        .find_map(|object| object.child(RIM, "Slot"));
    match first.and_then(|slot| slot.attribute("", "name")) {
        Some("DataServiceEvidenceType") => DocumentKind::DataServices,
        Some("Requirement") => {
            let with_types = first.is_some_and(|slot| {
                slot.descendants()
                    .any(|element| element.is(SDG, "EvidenceTypeList"))
            });
            if with_types {
                DocumentKind::EvidenceBrokerEvidenceTypes
            } else {
                DocumentKind::EvidenceBrokerRequirements
            }
        }
        _ => DocumentKind::Response,
    }
}

fn submission_kind(root: Element<'_>) -> DocumentKind {
    let data_services = root.descendants().any(|element| {
        element.is(RIM, "Classification")
            && element.attribute("", "classificationScheme")
                == Some("urn:fdc:oots:classification:dsd")
    });
    if data_services {
        DocumentKind::DataServicesSubmission
    } else {
        DocumentKind::EvidenceBrokerSubmission
    }
}

/// The form of a document that does not name its release: packages and a plain procedure code came
/// with 2.0, the header properties too; everything else is read as 1.2.
fn guess(root: Element<'_>) -> Release {
    let typed = |element: Element<'_>, kind: &str| {
        element
            .attribute(XSI, "type")
            .is_some_and(|value| value.rsplit(':').next() == Some(kind))
    };
    let packages = root
        .child(RIM, "RegistryObjectList")
        .and_then(|list| list.child(RIM, "RegistryObject"))
        .is_some_and(|object| typed(object, "RegistryPackageType"));
    let plain_procedure = named_slot(root, "Procedure")
        .and_then(|slot| slot.child(RIM, "SlotValue"))
        .is_some_and(|value| typed(value, "StringValueType"));
    let newer = packages || plain_procedure || property(root, "ExchangeId").is_some();
    if newer { Release::V2_0 } else { Release::V1_2 }
}

fn named_slot<'d>(root: Element<'d>, name: &str) -> Option<Element<'d>> {
    root.children_named(RIM, "Slot")
        .find(|slot| slot.attribute("", "name") == Some(name))
}

fn slot<'d>(root: Element<'d>, name: &str) -> Option<Element<'d>> {
    named_slot(root, name)?
        .child(RIM, "SlotValue")?
        .child(RIM, "Value")
}

fn property(root: Element<'_>, name: &str) -> Option<String> {
    root.child(EB, "UserMessage")?
        .child(EB, "MessageProperties")?
        .children_named(EB, "Property")
        .find(|property| property.attribute("", "name") == Some(name))
        .map(|property| property.trimmed_text().into_owned())
}
