//! The three questions and the parameters each release line knows for them. [oots-edm 8.1]

use std::{collections::BTreeMap, fmt};

use mapping::{
    Personal,
    edm::{
        ConceptId, CountryCode, DataServiceId, EvidenceTypeId, ProcedureCode, RequirementId,
        Version,
    },
};
use uuid::Uuid;

use super::answer::{Determination, Level};

/// A release line of the Common Services.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Line {
    /// `oots-cs:v1.0`
    V1_0,
    /// `oots-cs:v1.1`
    V1_1,
    /// `oots-cs:v1.2`
    V1_2,
    /// `oots-cs:v2.0`
    V2_0,
}

impl Line {
    /// The value of `Accept-Version`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1_0 => "oots-cs:v1.0",
            Self::V1_1 => "oots-cs:v1.1",
            Self::V1_2 => "oots-cs:v1.2",
            Self::V2_0 => "oots-cs:v2.0",
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One of the two services.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Service {
    /// Evidence Broker: requirements and evidence types.
    EvidenceBroker,
    /// Data Service Directory: who provides an evidence type.
    DataServiceDirectory,
}

/// A region inside a country, where a line still takes one.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Region {
    nuts: Option<String>,
    lau: Option<String>,
}

impl Region {
    /// A NUTS code, `jurisdiction-admin-l2`.
    #[must_use]
    pub fn with_nuts(mut self, code: impl Into<String>) -> Self {
        self.nuts = Some(code.into());
        self
    }

    /// A LAU code, `jurisdiction-admin-l3`.
    #[must_use]
    pub fn with_lau(mut self, code: impl Into<String>) -> Self {
        self.lau = Some(code.into());
        self
    }
}

/// Which requirements a procedure has.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RequirementsQuery {
    pub(super) procedure: Option<ProcedureCode>,
    pub(super) country: Option<CountryCode>,
    region: Region,
}

impl RequirementsQuery {
    /// Of a procedure in a country.
    pub fn new(procedure: ProcedureCode, country: CountryCode) -> Self {
        Self {
            procedure: Some(procedure),
            country: Some(country),
            region: Region::default(),
        }
    }

    /// The whole catalogue, which only 2.0 gives.
    pub fn catalogue() -> Self {
        Self {
            procedure: None,
            country: None,
            region: Region::default(),
        }
    }

    /// In a region (before 2.0).
    #[must_use]
    pub fn with_region(mut self, region: Region) -> Self {
        self.region = region;
        self
    }
}

/// Which evidence types of a country prove a requirement.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EvidenceTypesQuery {
    pub(super) requirement: RequirementId,
    pub(super) country: CountryCode,
    region: Region,
}

impl EvidenceTypesQuery {
    /// Of a country.
    pub fn new(requirement: RequirementId, country: CountryCode) -> Self {
        Self {
            requirement,
            country,
            region: Region::default(),
        }
    }

    /// In a region (before 1.2).
    #[must_use]
    pub fn with_region(mut self, region: Region) -> Self {
        self.region = region;
        self
    }
}

/// Who provides an evidence type in a country.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DataServicesQuery {
    pub(super) evidence_type: EvidenceTypeId,
    pub(super) country: CountryCode,
    specification: Option<Version>,
    input: UserInput,
}

impl DataServicesQuery {
    /// Everybody, whatever version they speak.
    pub fn new(evidence_type: EvidenceTypeId, country: CountryCode) -> Self {
        Self {
            evidence_type,
            country,
            specification: None,
            input: UserInput::default(),
        }
    }

    /// Only those who speak a version (from 1.1).
    #[must_use]
    pub fn with_specification(mut self, version: Version) -> Self {
        self.specification = Some(version);
        self
    }

    /// With the user's answers to an earlier question.
    #[must_use]
    pub fn with_input(mut self, input: UserInput) -> Self {
        self.input = input;
        self
    }
}

/// What the user answered to a [`super::answer::Question`].
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct UserInput {
    place: Option<Place>,
    values: BTreeMap<ConceptId, Personal<String>>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct Place {
    context: Uuid,
    level: Level,
    code: Personal<String>,
    service: Option<DataServiceId>,
}

impl UserInput {
    /// The code of the place that a determination asked for, and the data service evidence type
    /// the question was about, which lines before 1.2 want back.
    #[must_use]
    pub fn with_place(
        mut self,
        asked: &Determination,
        code: impl Into<String>,
        service: Option<DataServiceId>,
    ) -> Self {
        self.place = Some(Place {
            context: asked.context(),
            level: asked.level(),
            code: Personal::new(code.into()),
            service,
        });
        self
    }

    /// The value chosen for a concept.
    #[must_use]
    pub fn with_value(mut self, concept: ConceptId, value: impl Into<String>) -> Self {
        self.values.insert(concept, Personal::new(value.into()));
        self
    }

    /// The values chosen so far.
    pub fn values(&self) -> impl Iterator<Item = (ConceptId, &Personal<String>)> {
        self.values.iter().map(|(concept, value)| (*concept, value))
    }

    /// Whether nothing was answered.
    pub fn is_empty(&self) -> bool {
        self.place.is_none() && self.values.is_empty()
    }
}

/// Parameters in the order sent. No `Debug`: the user's answers are among them.
#[derive(Clone, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn new(query: &str) -> Self {
        Self(vec![("queryId".to_owned(), query.to_owned())])
    }

    fn add(&mut self, name: &str, value: impl Into<String>) {
        self.0.push((name.to_owned(), value.into()));
    }

    fn add_region(&mut self, region: &Region) {
        if let Some(code) = &region.nuts {
            self.add("jurisdiction-admin-l2", code);
        }
        if let Some(code) = &region.lau {
            self.add("jurisdiction-admin-l3", code);
        }
    }

    fn add_place(&mut self, place: &Place, line: Line) {
        let name = match place.level {
            Level::Country => None,
            Level::Nuts1 | Level::Nuts2 | Level::Nuts3 => Some("jurisdiction-admin-l2"),
            Level::Lau => Some("jurisdiction-admin-l3"),
        };
        if let Some(name) = name {
            self.add(name, place.code.expose());
        }
        self.add("jurisdiction-context-id", place.context.to_string());
        if let (Some(service), Line::V1_0 | Line::V1_1) = (place.service, line) {
            self.add("evidence-type-id", service.to_string());
        }
    }

    pub(super) fn pairs(&self) -> &[(String, String)] {
        &self.0
    }
}

/// A question as the client sends and checks it.
pub(super) trait Query {
    const SERVICE: Service;

    fn parameters(&self, line: Line) -> Parameters;
}

impl Query for RequirementsQuery {
    const SERVICE: Service = Service::EvidenceBroker;

    fn parameters(&self, line: Line) -> Parameters {
        let mut parameters = Parameters::new(REQUIREMENTS);
        if let Some(procedure) = &self.procedure {
            parameters.add("procedure-id", procedure.as_str());
        }
        if let Some(country) = &self.country {
            parameters.add("country-code", country.as_str());
        }
        if line < Line::V2_0 {
            parameters.add_region(&self.region);
        }
        parameters
    }
}

impl Query for EvidenceTypesQuery {
    const SERVICE: Service = Service::EvidenceBroker;

    fn parameters(&self, line: Line) -> Parameters {
        let mut parameters = Parameters::new(EVIDENCE_TYPES);
        parameters.add("requirement-id", self.requirement.as_str());
        parameters.add("country-code", self.country.as_str());
        if line < Line::V1_2 {
            parameters.add_region(&self.region);
        }
        parameters
    }
}

impl Query for DataServicesQuery {
    const SERVICE: Service = Service::DataServiceDirectory;

    fn parameters(&self, line: Line) -> Parameters {
        let mut parameters = Parameters::new(DATA_SERVICES);
        parameters.add("evidence-type-classification", self.evidence_type.as_str());
        parameters.add("country-code", self.country.as_str());
        if let (Some(version), true) = (self.specification, line > Line::V1_0) {
            parameters.add("specification", version.as_str());
        }
        if let (Some(place), true) = (&self.input.place, line < Line::V2_0) {
            parameters.add_place(place, line);
        }
        for (concept, value) in self.input.values() {
            parameters.add(&concept.to_string(), value.expose());
        }
        parameters
    }
}

const REQUIREMENTS: &str =
    "urn:fdc:oots:eb:ebxml-regrep:queries:requirements-by-procedure-and-jurisdiction";
const EVIDENCE_TYPES: &str =
    "urn:fdc:oots:eb:ebxml-regrep:queries:evidence-types-by-requirement-and-jurisdiction";
const DATA_SERVICES: &str =
    "urn:fdc:oots:dsd:ebxml-regrep:queries:dataservices-by-evidencetype-and-jurisdiction";

#[cfg(test)]
mod tests;
