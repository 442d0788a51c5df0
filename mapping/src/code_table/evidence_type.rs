//! Evidence types German registers deliver: their EU classification, the key a register is found
//! by, and what has to hold before one is asked.

use std::collections::BTreeMap;

use super::load::{File, Located, Problems, Titles, entries};
use super::place::Level;
use super::procedure::{Procedures, check_procedures};
use super::repository::same_resource;
use crate::{edm, noots};

/// An evidence type.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceType {
    classification: noots::EvidenceTypeId,
    lookup_key: Option<String>,
    titles: Titles,
    formats: Vec<edm::MediaType>,
    #[serde(default)]
    data_models: BTreeMap<edm::MediaType, noots::DataModel>,
    minimum_loa: edm::Loa,
    preview: bool,
    legal_basis: String,
    level: Level,
    procedures: Vec<noots::ProcedureCode>,
    #[serde(default)]
    no_evidence: NoEvidence,
}

/// What to answer when the register has nothing.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NoEvidence {
    /// `EDM:ERR:0004`.
    #[default]
    Error,
    /// Success with an empty list: the register knows the person and has nothing.
    Empty,
}

impl EvidenceType {
    /// Its classification, on the production host.
    pub const fn classification(&self) -> &noots::EvidenceTypeId {
        &self.classification
    }

    /// What the register directory is asked for; the classification unless said otherwise.
    pub fn lookup_key(&self) -> &str {
        self.lookup_key
            .as_deref()
            .unwrap_or(self.classification.as_str())
    }

    /// Its name.
    pub const fn titles(&self) -> &Titles {
        &self.titles
    }

    /// Formats, best first.
    pub fn formats(&self) -> &[edm::MediaType] {
        &self.formats
    }

    /// Data model of a structured format.
    pub fn data_model(&self, format: &edm::MediaType) -> Option<&noots::DataModel> {
        self.data_models.get(format)
    }

    /// Level of assurance the user must have been identified with.
    pub const fn minimum_loa(&self) -> edm::Loa {
        self.minimum_loa
    }

    /// Whether the user must see it before it leaves.
    pub const fn needs_preview(&self) -> bool {
        self.preview
    }

    /// Legal basis of handing it over, for `Rechtsgrundlage`.
    pub fn legal_basis(&self) -> &str {
        &self.legal_basis
    }

    /// Of what kind of place its registers are.
    pub const fn level(&self) -> Level {
        self.level
    }

    /// Procedures it is used in.
    pub fn procedures(&self) -> &[noots::ProcedureCode] {
        &self.procedures
    }

    /// What to answer when the register has nothing.
    pub const fn no_evidence(&self) -> NoEvidence {
        self.no_evidence
    }

    fn check(&self, (file, line): (&str, usize), problems: &mut Problems) {
        self.titles.check(file, line, problems);
        if self.formats.is_empty() {
            problems.add(file, line, "no format");
        }
        for (place, format) in self.formats.iter().enumerate() {
            if !format.is_listed() {
                problems.add(
                    file,
                    line,
                    format!("format \"{format}\" is not in the list OOTSMediaTypes"),
                );
            }
            if self.formats.iter().take(place).any(|other| other == format) {
                problems.add(file, line, format!("format \"{format}\" is there twice"));
            }
            // [R-EDM-REQ-C070] a structured format names its data model
            if format.is_structured() && !self.data_models.contains_key(format) {
                problems.add(file, line, format!("no data model for format \"{format}\""));
            }
        }
        for format in self
            .data_models
            .keys()
            .filter(|format| !self.formats.contains(format))
        {
            problems.add(
                file,
                line,
                format!("a data model for \"{format}\", which is no format"),
            );
        }
        if self.legal_basis.trim().is_empty() {
            problems.add(file, line, "no legal basis");
        }
    }
}

/// All evidence types.
#[derive(Clone, Debug)]
pub struct EvidenceTypes(Vec<EvidenceType>);

impl EvidenceTypes {
    pub(super) fn read(file: File<'_>, procedures: &Procedures, problems: &mut Problems) -> Self {
        let mut known: Vec<EvidenceType> = Vec::new();
        for Located { line, value } in entries::<EvidenceType>(file, problems) {
            value.check((file.0, line), problems);
            check_procedures(&value.procedures, procedures, (file.0, line), problems);
            let classification = &value.classification;
            if known
                .iter()
                .any(|other| other.classification == *classification)
            {
                problems.add(
                    file.0,
                    line,
                    format!("classification = \"{classification}\" is there twice"),
                );
            } else if known
                .iter()
                .any(|other| other.lookup_key() == value.lookup_key())
            {
                // The way back, from a register to the classification, would be a guess.
                let key = value.lookup_key();
                problems.add(
                    file.0,
                    line,
                    format!("lookup_key = \"{key}\" leads to two evidence types"),
                );
            } else {
                known.push(value);
            }
        }
        Self(known)
    }

    /// All, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &EvidenceType> {
        self.0.iter()
    }

    /// The evidence type a foreign request means, on whatever host of the repository.
    pub fn find(&self, id: &edm::EvidenceTypeId) -> Option<&EvidenceType> {
        self.0
            .iter()
            .find(|known| same_resource(known.classification.as_str(), id.as_str()))
    }

    /// The evidence type with this classification.
    pub fn find_national(&self, id: &noots::EvidenceTypeId) -> Option<&EvidenceType> {
        self.0.iter().find(|known| known.classification == *id)
    }

    /// The evidence type a register directory means by its key.
    pub fn find_by_lookup_key(&self, key: &str) -> Option<&EvidenceType> {
        self.0.iter().find(|known| known.lookup_key() == key)
    }
}
