//! What the member states have published: requirements of procedures, evidence types that prove
//! them, data services that provide those. Plain data, so that a test can publish nonsense, too

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::line::Line;

/// A text by language, capitals
pub type Texts = BTreeMap<String, String>;

/// Everything published
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// Requirements, with what proves them
    #[serde(default)]
    pub requirements: Vec<Requirement>,
    /// Who provides which evidence type
    #[serde(default)]
    pub data_services: Vec<DataService>,
}

impl Catalogue {
    /// Reads a catalogue written as TOML
    ///
    /// # Errors
    /// When the text does not have the shape of these types.
    pub fn from_toml(text: &str) -> Result<Self> {
        toml::from_str(text).context("catalogue of the Common Services")
    }

    /// Whether any member state has published an evidence type
    pub(super) fn knows_evidence_type(&self, id: &str) -> bool {
        let listed = self
            .requirements
            .iter()
            .flat_map(|requirement| &requirement.evidence_type_lists)
            .flat_map(|list| &list.evidence_types)
            .any(|kind| kind.id == id);
        listed
            || self
                .data_services
                .iter()
                .any(|service| service.evidence_type == id)
    }
}

/// A requirement
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// URL in the semantic repository
    pub id: String,
    /// Names
    pub names: Texts,
    /// Descriptions
    #[serde(default)]
    pub descriptions: Texts,
    /// Procedures that have it
    #[serde(default)]
    pub procedures: Vec<Procedure>,
    /// Alternatives that prove it, of all countries
    #[serde(default)]
    pub evidence_type_lists: Vec<EvidenceTypeList>,
}

/// A procedure as a country has it
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Procedure {
    /// UUID of the national procedure
    pub id: String,
    /// Code of the regulation, for example `R1`
    pub code: String,
    /// Country
    pub country: String,
    /// Titles
    pub titles: Texts,
}

/// Evidence types of a country that prove a requirement together
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct EvidenceTypeList {
    /// UUID
    pub id: String,
    /// Country
    pub country: String,
    /// Names
    #[serde(default)]
    pub names: Texts,
    /// All of them are needed
    pub evidence_types: Vec<EvidenceType>,
}

/// An evidence type
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct EvidenceType {
    /// URL in the semantic repository
    pub id: String,
    /// Titles
    pub titles: Texts,
    /// Descriptions
    #[serde(default)]
    pub descriptions: Texts,
}

/// A data service: an evidence type with the providers that have it
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct DataService {
    /// UUID
    pub id: String,
    /// URL of the evidence type
    pub evidence_type: String,
    /// Country
    pub country: String,
    /// Titles
    pub titles: Texts,
    /// Descriptions
    #[serde(default)]
    pub descriptions: Texts,
    /// In which forms
    pub distributions: Vec<Distribution>,
    /// Level of assurance a user needs
    #[serde(default)]
    pub level_of_assurance: Option<String>,
    /// Providers
    pub providers: Vec<Provider>,
    /// What the user must say for the right provider to be found
    #[serde(default)]
    pub concepts: Vec<Concept>,
    /// The place that decides (before 2.0)
    #[serde(default)]
    pub place: Option<Place>,
    /// Lines it was published on; empty means all
    #[serde(default)]
    pub lines: Vec<Line>,
}

/// A form of an evidence type
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Distribution {
    /// Media type
    pub format: String,
    /// Data model
    #[serde(default)]
    pub conforms_to: Option<String>,
    /// Languages (2.0)
    #[serde(default)]
    pub languages: Vec<String>,
}

/// A provider behind an access point
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Identifier of the provider
    pub id: Party,
    /// Names
    pub names: Texts,
    /// Descriptions
    #[serde(default)]
    pub descriptions: Texts,
    /// Address in one line
    #[serde(default)]
    pub address: Option<String>,
    /// Identifier of the access point
    pub access_point: Party,
    /// Names of the access point
    #[serde(default)]
    pub access_point_names: Texts,
    /// EDM versions it takes
    pub conforms_to: Vec<String>,
    /// Values of concepts it is competent for, by concept; nothing said about one means all
    #[serde(default)]
    pub competent_for: BTreeMap<String, Vec<String>>,
    /// Codes of places it is competent for; none means all
    #[serde(default)]
    pub places: Vec<String>,
}

/// An identifier under a scheme
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// Value
    pub value: String,
    /// Scheme
    pub scheme: String,
}

/// A question to the user
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Concept {
    /// UUID
    pub id: String,
    /// Code list, for the kind `codelist`
    #[serde(default)]
    pub scheme: Option<String>,
    /// `string`, `boolean` or `codelist`
    pub kind: String,
    /// Where the values can be read
    #[serde(default)]
    pub value_expression: Option<String>,
    /// The question
    pub labels: Texts,
    /// Values that are accepted; none means any
    #[serde(default)]
    pub values: Vec<String>,
}

/// A place that decides who the provider is
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// UUID
    pub context: String,
    /// `NUTS1`, `NUTS2`, `NUTS3` or `LAU`
    pub level: String,
    /// What place it is
    pub labels: Texts,
}
