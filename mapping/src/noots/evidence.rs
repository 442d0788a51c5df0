//! What is asked for and what is delivered: evidence types, formats, metadata, documents.

use bytes::Bytes;
use jiff::civil::Date;

use super::agent::{Identifier, Text};
use super::code::MediaType;
use super::id::{DataModel, DataServiceId, DateTime, EvidenceTypeId, LanguageCode, ObjectId};
use super::invalid::Rule;
use super::one_or_more::OneOrMore;
use super::subject::Subject;
use crate::Personal;

/// `RequestedEvidenceType`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RequestedEvidenceType {
    /// Its classification.
    pub classification: EvidenceTypeId,
    /// Titles.
    pub titles: OneOrMore<Text>,
    /// Descriptions.
    pub descriptions: Vec<Text>,
    /// Entry of the Data Service Directory.
    pub id: DataServiceId,
    /// Formats wanted.
    pub distribution: DistributedAs,
}

/// `DistributedAs`: formats in order of preference and the data model.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DistributedAs {
    formats: OneOrMore<PrioritizedFormat>,
    /// Data model of the content.
    pub conforms_to: Option<DataModel>,
    /// Part of the data model.
    pub transformation: Option<DataModel>,
}

/// A format and how much it is wanted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PrioritizedFormat {
    /// The media type.
    pub format: MediaType,
    /// 1 is wanted most.
    pub priority: Option<u32>,
}

impl DistributedAs {
    /// One format, without data model.
    pub fn one(format: MediaType, priority: Option<u32>) -> Self {
        Self {
            formats: OneOrMore::one(PrioritizedFormat { format, priority }),
            conforms_to: None,
            transformation: None,
        }
    }

    /// Formats, when no priority occurs twice.
    ///
    /// # Errors
    /// The business rule that is broken.
    pub fn new(formats: OneOrMore<PrioritizedFormat>) -> Result<Self, Rule> {
        // [XN-R3] priorities are unique
        for (place, format) in formats.iter().enumerate() {
            let same = |other: &PrioritizedFormat| other.priority == format.priority;
            if format.priority.is_some() && formats.iter().take(place).any(same) {
                return Err(Rule::UniquePriority);
            }
        }
        Ok(Self {
            formats,
            conforms_to: None,
            transformation: None,
        })
    }

    /// The same formats with a data model.
    #[must_use]
    pub fn with_model(
        self,
        conforms_to: Option<DataModel>,
        transformation: Option<DataModel>,
    ) -> Self {
        Self {
            conforms_to,
            transformation,
            ..self
        }
    }

    /// Formats as listed.
    pub fn formats(&self) -> &OneOrMore<PrioritizedFormat> {
        &self.formats
    }

    /// The format wanted most: lowest priority number, else the first listed.
    pub fn preferred(&self) -> Option<&MediaType> {
        let first = self
            .formats
            .iter()
            .min_by_key(|format| format.priority.unwrap_or(u32::MAX))?;
        Some(&first.format)
    }
}

/// `EvidenceMetadata`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EvidenceMetadata {
    /// Title of the document.
    pub title: String,
    /// Date of issue.
    pub issued_on: Date,
    /// How long it is valid.
    pub validity: Option<ValidityPeriod>,
    /// Who issued it.
    pub authority: IssuingAuthority,
    /// Format, data model, languages.
    pub distribution: Distribution,
    /// The evidence type it belongs to.
    pub conforms_to: EvidenceConformity,
}

/// `ValidityPeriod`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ValidityPeriod {
    /// First day.
    pub start: Date,
    /// Last day.
    pub end: Date,
}

/// `IssuingAuthority`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IssuingAuthority {
    /// Its identifier.
    pub identifier: Identifier,
    /// Its names.
    pub names: OneOrMore<Text>,
}

/// `Distribution`: what was delivered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Distribution {
    /// Formats and data model.
    pub distributed_as: DistributedAs,
    /// Languages of the document.
    pub languages: Vec<LanguageCode>,
}

/// `IsConformantTo`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EvidenceConformity {
    /// Its classification.
    pub classification: EvidenceTypeId,
    /// Titles.
    pub titles: OneOrMore<Text>,
    /// Descriptions.
    pub descriptions: Vec<Text>,
}

/// `RegistryObject`: one document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RegistryObject {
    /// Its id within the answer.
    pub id: ObjectId,
    /// What it is.
    pub metadata: EvidenceMetadata,
    /// The document.
    pub item: RepositoryItem,
    /// Whom it is about.
    pub subject: Subject,
    /// Seal of the provider, as received.
    pub signature: Option<Signature>,
}

/// `RegistryObject` of 0302: a document and who provides it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProvidedObject {
    /// The document.
    pub object: RegistryObject,
    /// `EvidenceProviderReference`: an `EvidenceProvider/Identifier` of the same message.
    pub provider: Identifier,
}

/// Content of a document, or where it lies.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RepositoryItem {
    /// The bytes.
    Content(Personal<Bytes>),
    /// A URI. The platform itself always writes the content.
    Reference(String),
}

/// An XML signature over the **base64 text** of the content: the UTF-8 bytes of the `ds:Signature`
/// element, passed on unchanged.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Signature(Bytes);

impl Signature {
    /// Wraps the serialized element.
    pub const fn new(xml: Bytes) -> Self {
        Self(xml)
    }

    /// The serialized element.
    pub const fn as_xml(&self) -> &Bytes {
        &self.0
    }
}

/// Documents now, or a time at which to ask again.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Availability<T> {
    /// Documents.
    Now(OneOrMore<T>),
    /// From then on.
    At(DateTime),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(format: MediaType, priority: Option<u32>) -> PrioritizedFormat {
        PrioritizedFormat { format, priority }
    }

    #[test]
    fn a_priority_occurs_once() {
        // [XN-R3]
        let mut formats = OneOrMore::one(format(MediaType::Pdf, Some(1)));
        formats.push(format(MediaType::Xml, Some(1)));
        assert_eq!(
            DistributedAs::new(formats).err(),
            Some(Rule::UniquePriority)
        );
    }

    #[test]
    fn the_lowest_priority_number_is_preferred() {
        let mut formats = OneOrMore::one(format(MediaType::Png, None));
        formats.push(format(MediaType::Xml, Some(2)));
        formats.push(format(MediaType::Pdf, Some(1)));
        let distribution = DistributedAs::new(formats).unwrap();
        assert_eq!(distribution.preferred(), Some(&MediaType::Pdf));
    }
}
