//! Data services: what can be had, in which form, from whom, through which access point.

use mapping::edm::{
    Agent, AgentId, ConceptId, CountryCode, DataServiceId, EvidenceTypeId, Loa,
    RequestedDistribution, Text, Version,
};

use super::{Determination, Jurisdiction};

/// An evidence type as the providers of a country offer it, `DataServiceEvidenceType`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DataService {
    pub(in crate::directory) id: Option<DataServiceId>,
    pub(in crate::directory) evidence_type: EvidenceTypeId,
    pub(in crate::directory) titles: Vec<Text>,
    pub(in crate::directory) descriptions: Vec<Text>,
    pub(in crate::directory) distributions: Vec<RequestedDistribution>,
    pub(in crate::directory) access_services: Vec<AccessService>,
    pub(in crate::directory) loa: Option<Loa>,
    pub(in crate::directory) notes: Vec<Text>,
    pub(in crate::directory) determination: Option<Determination>,
    pub(in crate::directory) concepts: Vec<Concept>,
}

impl DataService {
    /// Identifier. Only in a question it may be absent.
    pub fn id(&self) -> Option<DataServiceId> {
        self.id
    }

    /// EvidenceTypeClassification
    pub fn evidence_type(&self) -> &EvidenceTypeId {
        &self.evidence_type
    }

    /// Titles, at least one.
    pub fn titles(&self) -> &[Text] {
        &self.titles
    }

    /// Descriptions
    pub fn descriptions(&self) -> &[Text] {
        &self.descriptions
    }

    /// The forms in which it can be had.
    pub fn distributions(&self) -> &[RequestedDistribution] {
        &self.distributions
    }

    /// Who has it, and through whom it is reached.
    pub fn access_services(&self) -> &[AccessService] {
        &self.access_services
    }

    /// AuthenticationLevelOfAssurance: the lowest with which a user is served.
    pub fn required_loa(&self) -> Option<Loa> {
        self.loa
    }

    /// Notes
    pub fn notes(&self) -> &[Text] {
        &self.notes
    }

    /// The place the provider depends on (before 2.0).
    pub fn determination(&self) -> Option<&Determination> {
        self.determination.as_ref()
    }

    /// The concepts the provider depends on.
    pub fn concepts(&self) -> &[Concept] {
        &self.concepts
    }
}

/// An access point (C3) that serves an evidence type for one provider (C4).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AccessService {
    pub(in crate::directory) party: AgentId,
    pub(in crate::directory) names: Vec<Text>,
    pub(in crate::directory) conforms_to: Vec<String>,
    pub(in crate::directory) publisher: Publisher,
}

impl AccessService {
    /// Identifier and scheme of the access point; the PartyId of AS4.
    pub fn party(&self) -> &AgentId {
        &self.party
    }

    /// Names
    pub fn names(&self) -> &[Text] {
        &self.names
    }

    /// ConformsTo as declared, known or not.
    pub fn conforms_to(&self) -> &[String] {
        &self.conforms_to
    }

    /// The provider.
    pub fn publisher(&self) -> &Publisher {
        &self.publisher
    }

    /// The newest of our versions that it declares. [AT-09]
    pub fn version(&self, ours: &[Version]) -> Option<Version> {
        self.conforms_to
            .iter()
            .filter_map(|declared| declared.parse::<Version>().ok())
            .filter(|version| ours.contains(version))
            .max()
    }
}

/// An evidence provider.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Publisher {
    pub(in crate::directory) agent: Agent,
    pub(in crate::directory) descriptions: Vec<Text>,
    pub(in crate::directory) jurisdictions: Vec<Jurisdiction>,
    pub(in crate::directory) concepts: Vec<Concept>,
}

impl Publisher {
    /// Identifier, names and address.
    pub fn agent(&self) -> &Agent {
        &self.agent
    }

    /// Descriptions
    pub fn descriptions(&self) -> &[Text] {
        &self.descriptions
    }

    /// For which places it is competent.
    pub fn jurisdictions(&self) -> &[Jurisdiction] {
        &self.jurisdictions
    }

    /// For which cases it is competent (before 1.2).
    pub fn concepts(&self) -> &[Concept] {
        &self.concepts
    }

    /// Whether it sits in a country or is competent for it.
    pub fn is_of(&self, country: CountryCode) -> bool {
        let seat = self.agent.address().map(mapping::edm::Address::country);
        seat == Some(country)
            || self
                .jurisdictions
                .iter()
                .any(|place| place.country() == country)
    }
}

/// A question about the user's case, `EvidenceProviderClassification`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Concept {
    pub(in crate::directory) id: ConceptId,
    pub(in crate::directory) scheme: Option<String>,
    pub(in crate::directory) kind: ConceptKind,
    pub(in crate::directory) kind_text: String,
    pub(in crate::directory) value_expression: Option<String>,
    pub(in crate::directory) labels: Vec<Text>,
    pub(in crate::directory) values: Vec<String>,
}

impl Concept {
    /// Identifier; the name of the parameter that carries the answer.
    pub fn id(&self) -> ConceptId {
        self.id
    }

    /// The code list the values come from (from 1.2).
    pub fn scheme(&self) -> Option<&str> {
        self.scheme.as_deref()
    }

    /// What kind of answer is wanted.
    pub fn kind(&self) -> &ConceptKind {
        &self.kind
    }

    /// Type as written, to be repeated in a request.
    pub fn kind_text(&self) -> &str {
        &self.kind_text
    }

    /// Where the values in use can be read.
    pub fn value_expression(&self) -> Option<&str> {
        self.value_expression.as_deref()
    }

    /// The question for the user.
    pub fn labels(&self) -> &[Text] {
        &self.labels
    }

    /// SupportedValue: the values a provider is competent for.
    pub fn values(&self) -> &[String] {
        &self.values
    }
}

/// What kind of answer a concept wants.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum ConceptKind {
    /// Free text.
    Text,
    /// Yes or no.
    YesNo,
    /// A value of a code list.
    CodeList,
    /// A date (before 1.2).
    Date,
    /// Another.
    Other(Box<str>),
}

impl ConceptKind {
    /// Reads the spellings of all lines: `string`, `stringValue`, `Codelist`, …
    pub fn parse(text: &str) -> Self {
        let lower = text.to_ascii_lowercase();
        match lower.strip_suffix("value").unwrap_or(&lower) {
            "string" => Self::Text,
            "boolean" => Self::YesNo,
            "codelist" => Self::CodeList,
            "date" => Self::Date,
            _ => Self::Other(text.into()),
        }
    }
}
