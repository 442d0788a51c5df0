//! What the Common Services answer, as types. One model serves all lines; what a line lacks is
//! empty. [oots-edm 8.2, 8.3]

use mapping::edm::{self, CountryCode, EvidenceTypeId, ProcedureCode, RequirementId, Text};
use uuid::Uuid;

mod refusal;
mod service;

pub use refusal::{ErrorCode, Exception, Refusal};
pub use service::{AccessService, Concept, ConceptKind, DataService, Publisher};

/// An answer of the Evidence Broker: what was asked for, or a business failure, which is
/// information and no error.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outcome<T> {
    /// The answer.
    Found(Listing<T>),
    /// Nothing, or not like this.
    Refused(Refusal),
}

/// An answer of the Data Service Directory.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Services {
    /// Data services with their providers.
    Found(Listing<Vec<DataService>>),
    /// `DSD:ERR:0005`: the user must say more first.
    MoreInput(Box<Question>),
    /// Nothing, or not like this.
    Refused(Refusal),
}

/// Content with what in it could not be used.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Listing<T> {
    pub(super) content: T,
    pub(super) oddities: Vec<Oddity>,
}

impl<T> Listing<T> {
    /// The usable content.
    pub fn content(&self) -> &T {
        &self.content
    }

    /// What was left out, and why. One bad entry does not spoil an answer: every member state
    /// feeds its own, and schemas run behind. [oots-edm 11.7]
    pub fn oddities(&self) -> &[Oddity] {
        &self.oddities
    }
}

/// An entry that was left out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Oddity {
    pub(super) path: String,
    pub(super) problem: &'static str,
}

impl Oddity {
    /// Where it stands.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What is wrong with it.
    pub fn problem(&self) -> &'static str {
        self.problem
    }
}

/// A requirement with the procedures that have it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Requirement {
    pub(super) stated: edm::Requirement,
    pub(super) frameworks: Vec<Framework>,
}

impl Requirement {
    /// Identifier, names and descriptions, as a request repeats them.
    pub fn stated(&self) -> &edm::Requirement {
        &self.stated
    }

    /// Identifier
    pub fn id(&self) -> &RequirementId {
        self.stated.id()
    }

    /// Names, at least one.
    pub fn names(&self) -> &[Text] {
        self.stated.names()
    }

    /// Descriptions
    pub fn descriptions(&self) -> &[Text] {
        self.stated.descriptions()
    }

    /// The procedures of the member states that have it.
    pub fn frameworks(&self) -> &[Framework] {
        &self.frameworks
    }

    /// Whether a country declares it for a procedure.
    pub fn is_declared(&self, procedure: &ProcedureCode, country: CountryCode) -> bool {
        self.frameworks.iter().any(|framework| {
            framework.procedure.as_ref() == Some(procedure) && framework.is_of(country)
        })
    }
}

/// A procedure as a member state has it, `ReferenceFramework`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Framework {
    pub(super) id: String,
    pub(super) titles: Vec<Text>,
    pub(super) descriptions: Vec<Text>,
    pub(super) procedure: Option<ProcedureCode>,
    pub(super) jurisdictions: Vec<Jurisdiction>,
}

impl Framework {
    /// Identifier of the national procedure.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Titles
    pub fn titles(&self) -> &[Text] {
        &self.titles
    }

    /// Descriptions
    pub fn descriptions(&self) -> &[Text] {
        &self.descriptions
    }

    /// The procedure of the regulation it implements.
    pub fn procedure(&self) -> Option<&ProcedureCode> {
        self.procedure.as_ref()
    }

    /// Where it applies.
    pub fn jurisdictions(&self) -> &[Jurisdiction] {
        &self.jurisdictions
    }

    /// Whether it applies in a country.
    pub fn is_of(&self, country: CountryCode) -> bool {
        self.jurisdictions
            .iter()
            .any(|place| place.country == country)
    }
}

/// Where something applies.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Jurisdiction {
    pub(super) country: CountryCode,
    pub(super) nuts: Option<String>,
    pub(super) lau: Option<String>,
    pub(super) classifications: Vec<(String, String)>,
}

impl Jurisdiction {
    /// AdminUnitLevel1
    pub fn country(&self) -> CountryCode {
        self.country
    }

    /// AdminUnitLevel2 (before 2.0)
    pub fn nuts(&self) -> Option<&str> {
        self.nuts.as_deref()
    }

    /// AdminUnitLevel3 (before 2.0)
    pub fn lau(&self) -> Option<&str> {
        self.lau.as_deref()
    }

    /// AdditionalJurisdictionClassification (2.0): code list and value.
    pub fn classifications(&self) -> impl Iterator<Item = (&str, &str)> {
        self.classifications
            .iter()
            .map(|(list, value)| (list.as_str(), value.as_str()))
    }
}

/// How a country proves a requirement. The lists are alternatives (OR); inside a list every type is
/// needed (AND). No list: the country has nothing that proves it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EvidenceTypes {
    pub(super) requirement: Requirement,
    pub(super) alternatives: Vec<EvidenceTypeList>,
}

impl EvidenceTypes {
    /// The requirement.
    pub fn requirement(&self) -> &Requirement {
        &self.requirement
    }

    /// The alternatives.
    pub fn alternatives(&self) -> &[EvidenceTypeList] {
        &self.alternatives
    }
}

/// Evidence types that prove a requirement together.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EvidenceTypeList {
    pub(super) id: String,
    pub(super) names: Vec<Text>,
    pub(super) types: Vec<EvidenceType>,
    pub(super) jurisdictions: Vec<Jurisdiction>,
}

impl EvidenceTypeList {
    /// Identifier
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Names
    pub fn names(&self) -> &[Text] {
        &self.names
    }

    /// All of them are needed.
    pub fn types(&self) -> &[EvidenceType] {
        &self.types
    }

    /// Where the list applies (2.0).
    pub fn jurisdictions(&self) -> &[Jurisdiction] {
        &self.jurisdictions
    }
}

/// An evidence type of a country.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EvidenceType {
    pub(super) id: EvidenceTypeId,
    pub(super) titles: Vec<Text>,
    pub(super) descriptions: Vec<Text>,
    pub(super) jurisdictions: Vec<Jurisdiction>,
}

impl EvidenceType {
    /// EvidenceTypeClassification
    pub fn id(&self) -> &EvidenceTypeId {
        &self.id
    }

    /// Titles, at least one.
    pub fn titles(&self) -> &[Text] {
        &self.titles
    }

    /// Descriptions
    pub fn descriptions(&self) -> &[Text] {
        &self.descriptions
    }

    /// Where it is issued (before 2.0).
    pub fn jurisdictions(&self) -> &[Jurisdiction] {
        &self.jurisdictions
    }
}

/// What the user must say before the Data Service Directory can answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Question {
    pub(super) service: DataService,
    pub(super) determination: Option<Determination>,
    pub(super) concepts: Vec<Concept>,
    pub(super) message: String,
}

impl Question {
    /// The data service evidence type it is about; without access services.
    pub fn service(&self) -> &DataService {
        &self.service
    }

    /// The place it depends on (before 2.0).
    pub fn determination(&self) -> Option<&Determination> {
        self.determination.as_ref()
    }

    /// The concepts it depends on.
    pub fn concepts(&self) -> &[Concept] {
        &self.concepts
    }

    /// The text of the Directory.
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// A place that decides who the provider is, `EvidenceProviderJurisdictionDetermination`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Determination {
    pub(super) context: Uuid,
    pub(super) labels: Vec<Text>,
    pub(super) level: Level,
}

impl Determination {
    /// JurisdictionContextId
    pub fn context(&self) -> Uuid {
        self.context
    }

    /// What place it is, for example the place of birth.
    pub fn labels(&self) -> &[Text] {
        &self.labels
    }

    /// How exact the place must be.
    pub fn level(&self) -> Level {
        self.level
    }
}

/// How exact a place is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Level {
    /// The country, which is in the query anyway.
    Country,
    /// NUTS 1
    Nuts1,
    /// NUTS 2
    Nuts2,
    /// NUTS 3
    Nuts3,
    /// Local administrative unit
    Lau,
}

impl Level {
    /// The value as the list JurisdictionLevel spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Country => "Country",
            Self::Nuts1 => "NUTS1",
            Self::Nuts2 => "NUTS2",
            Self::Nuts3 => "NUTS3",
            Self::Lau => "LAU",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        [
            Self::Country,
            Self::Nuts1,
            Self::Nuts2,
            Self::Nuts3,
            Self::Lau,
        ]
        .into_iter()
        .find(|level| level.as_str().eq_ignore_ascii_case(text))
    }
}
