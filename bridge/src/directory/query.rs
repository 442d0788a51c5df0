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

use super::{
    answer::{Concept, Determination, EvidenceTypes, Level, Outcome, Requirement, Services},
    decode,
    fetch::LookUpError,
    relevance,
    signature::Authentic,
};

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
    /// The identifier.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1_0 => "oots-cs:v1.0",
            Self::V1_1 => "oots-cs:v1.1",
            Self::V1_2 => "oots-cs:v1.2",
            Self::V2_0 => "oots-cs:v2.0",
        }
    }

    /// The value of `Accept-Version`: this line, or an older one of the same major version; the
    /// service takes the newest it has. 2.0 is another shape with other parameters.
    pub fn accept(self) -> &'static str {
        match self {
            Self::V1_0 => "oots-cs:v1.0",
            Self::V1_1 => "oots-cs:v1.1, oots-cs:v1.0",
            Self::V1_2 => "oots-cs:v1.2, oots-cs:v1.1, oots-cs:v1.0",
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
    values: BTreeMap<ConceptId, (Concept, Personal<String>)>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct Place {
    context: Uuid,
    level: Level,
    code: Personal<String>,
    service: Option<DataServiceId>,
}

impl UserInput {
    /// The code of the place that a determination asked for, and the identifier the question
    /// carried, which lines before 1.2 have and want back.
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
    pub fn with_value(mut self, concept: &Concept, value: impl Into<String>) -> Self {
        let value = Personal::new(value.into());
        self.values.insert(concept.id(), (concept.clone(), value));
        self
    }

    /// The values chosen so far, by concept.
    pub fn values(&self) -> impl Iterator<Item = (&Concept, &Personal<String>)> {
        self.values
            .values()
            .map(|(concept, value)| (concept, value))
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

    fn add_place(&mut self, place: &Place) {
        let name = match place.level {
            Level::Country => None,
            Level::Nuts1 | Level::Nuts2 | Level::Nuts3 => Some("jurisdiction-admin-l2"),
            Level::Lau => Some("jurisdiction-admin-l3"),
        };
        if let Some(name) = name {
            self.add(name, place.code.expose());
        }
        self.add("jurisdiction-context-id", place.context.to_string());
        if let Some(service) = place.service {
            self.add("evidence-type-id", service.to_string());
        }
    }

    pub(super) fn pairs(&self) -> &[(String, String)] {
        &self.0
    }
}

/// A question as the client sends it and reads the answer.
pub(super) trait Query: Clone + Send + Sync + 'static {
    type Answer: Send + Sync + 'static;
    const SERVICE: Service;

    fn parameters(&self, line: Line) -> Parameters;

    /// Reads the answer and checks that it answers this question.
    fn read(&self, answer: Authentic<'_>) -> Result<Self::Answer, LookUpError>;

    /// Whether there is nothing in it, for a reason that another line may not have.
    fn depends_on_line(answer: &Self::Answer) -> bool;

    /// Whether it may be kept: refusals and questions to the user are not. [AT-07] [AT-49]
    fn may_be_kept(answer: &Self::Answer) -> bool;
}

impl Query for RequirementsQuery {
    type Answer = Outcome<Vec<Requirement>>;
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

    fn read(&self, answer: Authentic<'_>) -> Result<Self::Answer, LookUpError> {
        let answer = decode::requirements(answer.body())?;
        Ok(relevance::requirements(self, answer)?)
    }

    fn depends_on_line(answer: &Self::Answer) -> bool {
        match answer {
            Outcome::Found(listing) => listing.content().is_empty(),
            Outcome::Refused(refusal) => refusal.depends_on_line(),
        }
    }

    fn may_be_kept(answer: &Self::Answer) -> bool {
        matches!(answer, Outcome::Found(_)) && !Self::depends_on_line(answer)
    }
}

impl Query for EvidenceTypesQuery {
    type Answer = Outcome<EvidenceTypes>;
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

    fn read(&self, answer: Authentic<'_>) -> Result<Self::Answer, LookUpError> {
        let answer = decode::evidence_types(answer.body())?;
        Ok(relevance::evidence_types(self, answer)?)
    }

    fn depends_on_line(answer: &Self::Answer) -> bool {
        match answer {
            Outcome::Found(listing) => listing.content().alternatives().is_empty(),
            Outcome::Refused(refusal) => refusal.depends_on_line(),
        }
    }

    fn may_be_kept(answer: &Self::Answer) -> bool {
        matches!(answer, Outcome::Found(_)) && !Self::depends_on_line(answer)
    }
}

impl Query for DataServicesQuery {
    type Answer = Services;
    const SERVICE: Service = Service::DataServiceDirectory;

    fn parameters(&self, line: Line) -> Parameters {
        let mut parameters = Parameters::new(DATA_SERVICES);
        parameters.add("evidence-type-classification", self.evidence_type.as_str());
        parameters.add("country-code", self.country.as_str());
        if let (Some(version), true) = (self.specification, line > Line::V1_0) {
            parameters.add("specification", version.as_str());
        }
        if let (Some(place), true) = (&self.input.place, line < Line::V2_0) {
            parameters.add_place(place);
        }
        for (concept, value) in self.input.values() {
            parameters.add(&concept.id().to_string(), value.expose());
        }
        parameters
    }

    fn read(&self, answer: Authentic<'_>) -> Result<Self::Answer, LookUpError> {
        let answer = decode::data_services(answer.body())?;
        Ok(relevance::data_services(self, answer)?)
    }

    fn depends_on_line(answer: &Self::Answer) -> bool {
        match answer {
            Services::Found(listing) => listing.content().is_empty(),
            Services::MoreInput(_) => false,
            Services::Refused(refusal) => refusal.depends_on_line(),
        }
    }

    fn may_be_kept(answer: &Self::Answer) -> bool {
        matches!(answer, Services::Found(listing) if !listing.content().is_empty())
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
