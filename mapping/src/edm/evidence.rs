//! Evidence in a response: documents, what is said about them, and how they belong together.

mod codec;

pub(super) use codec::{read_objects, write_objects};

use super::{
    Agent, ContentRef, DataModel, EvidenceId, EvidenceSubject, EvidenceTypeId, LanguageCode,
    MediaType, ObjectId, SupplementKind, Text,
};
use jiff::civil::Date;

/// Documents that belong together. Before 2.0 the wire has no packages: every document is a
/// package of its own, named like its document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Package {
    pub(super) id: ObjectId,
    pub(super) mains: Vec<Evidence>,
    pub(super) supplements: Vec<Supplement>,
}

impl Package {
    /// A package around one main evidence.
    pub fn new(id: ObjectId, main: Evidence) -> Self {
        Self {
            id,
            mains: vec![main],
            supplements: Vec::new(),
        }
    }

    /// Adds another main evidence.
    #[must_use]
    pub fn with_main(mut self, main: Evidence) -> Self {
        self.mains.push(main);
        self
    }

    /// Main evidence, at least one. [R-EDM-RESP-S047]
    pub fn mains(&self) -> &[Evidence] {
        &self.mains
    }

    fields! {
        /// Identifier of the package.
        copy id: ObjectId;
        /// Annexes, translations and renditions.
        list supplements, with_supplements: Supplement;
    }
}

/// A main document. Its bytes are the part that [`Evidence::content`] names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Evidence {
    pub(super) id: ObjectId,
    pub(super) classification_id: ObjectId,
    content: ContentRef,
    title: String,
    pub(super) metadata: EvidenceMetadata,
}

impl Evidence {
    /// A document. The classification that 2.0 adds gets its own identifier by
    /// [`Evidence::classified`]; until then it is named like the document.
    pub fn new(
        id: ObjectId,
        content: ContentRef,
        title: impl Into<String>,
        metadata: EvidenceMetadata,
    ) -> Self {
        Self {
            id,
            classification_id: id,
            content,
            title: title.into(),
            metadata,
        }
    }

    /// Sets the identifier of the classification.
    #[must_use]
    pub fn classified(mut self, classification_id: ObjectId) -> Self {
        self.classification_id = classification_id;
        self
    }

    fields! {
        /// Identifier of the document object.
        copy id: ObjectId;
        /// Identifier of its classification (2.0).
        copy classification_id: ObjectId;
        /// Content-ID of the part with the bytes.
        get content: ContentRef;
        /// `xlink:title`
        get title: String;
        /// What is said about the document.
        get metadata: EvidenceMetadata;
    }
}

/// What is said about a main document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EvidenceMetadata {
    id: EvidenceId,
    pub(super) is_about: EvidenceSubject,
    issuing_authority: Agent,
    conforms_to: EvidenceType,
    pub(super) source: (Date, Distribution),
    validity: Option<ValidityPeriod>,
}

impl EvidenceMetadata {
    /// Everything that must be said. [R-EDM-RESP-S062] `issued` is the issuing date and the form
    /// the document has.
    pub fn new(
        id: EvidenceId,
        is_about: EvidenceSubject,
        issuing_authority: Agent,
        conforms_to: EvidenceType,
        issued: (Date, Distribution),
    ) -> Self {
        Self {
            id,
            is_about,
            issuing_authority,
            conforms_to,
            source: issued,
            validity: None,
        }
    }

    /// IssuingDate
    pub fn issuing_date(&self) -> Date {
        self.source.0
    }

    /// Distribution
    pub fn distribution(&self) -> &Distribution {
        &self.source.1
    }

    fields! {
        /// Identifier
        copy id: EvidenceId;
        /// IsAbout
        get is_about: EvidenceSubject;
        /// IssuingAuthority
        get issuing_authority: Agent;
        /// IsConformantTo
        get conforms_to: EvidenceType;
        /// ValidityPeriod
        option validity, with_validity: ValidityPeriod;
    }
}

/// The type of evidence a document conforms to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EvidenceType {
    id: EvidenceTypeId,
    titles: Vec<Text>,
    descriptions: Vec<Text>,
}

impl EvidenceType {
    /// A type with one title.
    pub fn new(id: EvidenceTypeId, title: Text) -> Self {
        Self::titled(id, vec![title])
    }

    pub(super) fn titled(id: EvidenceTypeId, titles: Vec<Text>) -> Self {
        Self {
            id,
            titles,
            descriptions: Vec::new(),
        }
    }

    /// Titles, at least one.
    pub fn titles(&self) -> &[Text] {
        &self.titles
    }

    /// Adds a title in another language.
    #[must_use]
    pub fn with_title(mut self, title: Text) -> Self {
        self.titles.push(title);
        self
    }

    fields! {
        /// EvidenceTypeClassification
        get id: EvidenceTypeId;
        /// Description
        list descriptions, with_descriptions: Text;
    }
}

/// In what form a document is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Distribution {
    pub(super) format: MediaType,
    pub(super) languages: Vec<LanguageCode>,
    pub(super) conforms_to: Option<DataModel>,
    pub(super) transformation: Option<DataModel>,
}

impl Distribution {
    /// A document of a media type.
    pub fn new(format: MediaType) -> Self {
        Self {
            format,
            languages: Vec::new(),
            conforms_to: None,
            transformation: None,
        }
    }

    fields! {
        /// Format
        get format: MediaType;
        /// Language
        list languages, with_languages: LanguageCode;
        /// ConformsTo: required for structured documents.
        option conforms_to, with_conforms_to: DataModel;
        /// Transformation: the subset of the data model (before 2.0).
        option transformation, with_transformation: DataModel;
    }
}

/// From when to when a document is valid.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ValidityPeriod {
    start: Date,
    end: Date,
}

impl ValidityPeriod {
    /// First and last day.
    pub fn new(start: Date, end: Date) -> Self {
        Self { start, end }
    }

    fields! {
        /// StartDate
        copy start: Date;
        /// EndDate
        copy end: Date;
    }
}

/// A document that goes with a main document (2.0).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Supplement {
    kind: SupplementKind,
    document: (ObjectId, EvidenceId),
    classification_id: ObjectId,
    content: (ContentRef, String),
    pub(super) distribution: Distribution,
    associations: Vec<Association>,
}

impl Supplement {
    /// A document of a kind, tied to a main document. `document` is the identifier of the object
    /// and of the document itself, `content` the Content-ID and the title.
    pub fn new(
        kind: SupplementKind,
        document: (ObjectId, EvidenceId),
        content: (ContentRef, String),
        distribution: Distribution,
        association: Association,
    ) -> Self {
        Self {
            kind,
            document,
            classification_id: document.0,
            content,
            distribution,
            associations: vec![association],
        }
    }

    /// Sets the identifier of the classification.
    #[must_use]
    pub fn classified(mut self, classification_id: ObjectId) -> Self {
        self.classification_id = classification_id;
        self
    }

    /// Ties the document to another main document too.
    #[must_use]
    pub fn with_association(mut self, association: Association) -> Self {
        self.associations.push(association);
        self
    }

    /// Identifier of the document object.
    pub fn id(&self) -> ObjectId {
        self.document.0
    }

    /// Identifier of the document.
    pub fn evidence_id(&self) -> EvidenceId {
        self.document.1
    }

    /// Content-ID of the part with the bytes.
    pub fn content(&self) -> &ContentRef {
        &self.content.0
    }

    /// `xlink:title`
    pub fn title(&self) -> &str {
        &self.content.1
    }

    /// The main documents it goes with, at least one. [R-EDM-RESP-S050]
    pub fn associations(&self) -> &[Association] {
        &self.associations
    }

    fields! {
        /// What it is to the main document.
        copy kind: SupplementKind;
        /// Identifier of its classification.
        copy classification_id: ObjectId;
        /// Distribution: format and languages.
        get distribution: Distribution;
    }
}

/// The tie between a supplement and a main document of the same package.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Association {
    id: ObjectId,
    target: ObjectId,
}

impl Association {
    /// A tie to a main document.
    pub fn new(id: ObjectId, target: ObjectId) -> Self {
        Self { id, target }
    }

    fields! {
        /// Identifier of the association object.
        copy id: ObjectId;
        /// Identifier of the main document object.
        copy target: ObjectId;
    }
}
