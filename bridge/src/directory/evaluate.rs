//! From what a user needs to whom to ask: the alternatives that prove a requirement in a country,
//! who provides each evidence type, in which version, and what must be asked first.

use std::{collections::BTreeMap, time::Duration};

use futures_util::future::try_join_all;
use jiff::{Timestamp, civil::Date};
use mapping::edm::{
    Agent, AgentId, CountryCode, DataServiceId, EvidenceTypeId, MediaType, ProcedureCode,
    ProviderClassification, RequestedDistribution, RequestedEvidence, Requirement, RequirementId,
    SupportedValues, Version,
};

use super::{
    Directory, LookUpError,
    answer::{
        AccessService, ConceptKind, DataService, EvidenceType, EvidenceTypeList, Outcome, Question,
        Refusal, Services,
    },
    cache::Aged,
    query::{DataServicesQuery, EvidenceTypesQuery, UserInput},
};

/// The versions we send, newest first. 1.1 is only read.
pub const SENT: [Version; 3] = [Version::V2_0, Version::V1_2, Version::V1_0];

/// What a user needs, and from where.
#[derive(Clone, Debug)]
pub struct Wanted {
    procedure: ProcedureCode,
    home: CountryCode,
    requirement: RequirementId,
    country: CountryCode,
    inputs: BTreeMap<EvidenceTypeId, UserInput>,
}

impl Wanted {
    /// Proof of a requirement of a procedure of the country `home`, from `country`.
    pub fn new(
        (procedure, home): (ProcedureCode, CountryCode),
        requirement: RequirementId,
        country: CountryCode,
    ) -> Self {
        Self {
            procedure,
            home,
            requirement,
            country,
            inputs: BTreeMap::new(),
        }
    }

    /// What the user answered about an evidence type.
    #[must_use]
    pub fn with_input(mut self, evidence_type: EvidenceTypeId, input: UserInput) -> Self {
        self.inputs.insert(evidence_type, input);
        self
    }
}

/// What can be had. No alternative: the country has nothing that proves the requirement.
#[derive(Clone, Debug)]
pub struct Candidates {
    requirement: Requirement,
    declared: bool,
    alternatives: Vec<Alternative>,
    as_of: Timestamp,
    age: Duration,
    stale: bool,
}

impl Candidates {
    /// The requirement.
    pub fn requirement(&self) -> &Requirement {
        &self.requirement
    }

    /// Whether the home country declares the requirement for the procedure.
    pub fn is_declared(&self) -> bool {
        self.declared
    }

    /// Any one of them is enough (OR). [AT-08]
    pub fn alternatives(&self) -> &[Alternative] {
        &self.alternatives
    }

    /// When the oldest of the answers was given.
    pub fn as_of(&self) -> Timestamp {
        self.as_of
    }

    /// How long ago that was.
    pub fn age(&self) -> Duration {
        self.age
    }

    /// Whether any of the answers stands in for a service that is not there.
    pub fn is_stale(&self) -> bool {
        self.stale
    }

    /// Makes the choice of an offer, if it speaks one of `ours`, and of what `input` said.
    pub fn select(
        &self,
        offer: &Offer,
        ours: &[Version],
        input: &UserInput,
    ) -> Result<Selection, Unsupported> {
        let version = offer.access.version(ours).ok_or_else(|| Unsupported {
            declared: offer.access.conforms_to().to_vec(),
        })?;
        Ok(Selection {
            requirement: self.requirement.clone(),
            service: offer.service.clone(),
            id: offer.id,
            access: offer.access.clone(),
            version,
            input: input.clone(),
        })
    }
}

/// A list of evidence types of which all are needed (AND).
#[derive(Clone, Debug)]
pub struct Alternative {
    list: EvidenceTypeList,
    offered: Vec<Offers>,
}

impl Alternative {
    /// The list with its name.
    pub fn list(&self) -> &EvidenceTypeList {
        &self.list
    }

    /// Every type of the list with who has it.
    pub fn types(&self) -> impl Iterator<Item = (&EvidenceType, &Offers)> {
        self.list.types().iter().zip(&self.offered)
    }
}

/// Who has an evidence type.
#[derive(Clone, Debug)]
pub enum Offers {
    /// These, none before another.
    From(Vec<Offer>),
    /// It depends on what the user answers. [AT-07]
    MoreInput(Box<Question>),
    /// Nobody, as far as the Directory knows.
    Nobody(Refusal),
}

/// An evidence type at one provider.
#[derive(Clone, Debug)]
pub struct Offer {
    service: DataService,
    id: DataServiceId,
    access: AccessService,
}

impl Offer {
    /// The data service.
    pub fn service(&self) -> &DataService {
        &self.service
    }

    /// The provider and the access point before it.
    pub fn access(&self) -> &AccessService {
        &self.access
    }

    /// What names this offer among the others of its type.
    pub fn key(&self) -> (DataServiceId, &AgentId, &AgentId) {
        (
            self.id,
            self.access.publisher().agent().id(),
            self.access.party(),
        )
    }
}

/// A provider speaks none of our versions. [AT-09]
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("provider conforms to no version we send")]
pub struct Unsupported {
    declared: Vec<String>,
}

impl Unsupported {
    /// What it declares.
    pub fn declared(&self) -> &[String] {
        &self.declared
    }
}

/// Everything a request needs from the Common Services.
#[derive(Clone, Debug)]
pub struct Selection {
    requirement: Requirement,
    service: DataService,
    id: DataServiceId,
    access: AccessService,
    version: Version,
    input: UserInput,
}

impl Selection {
    /// The requirement to be proven.
    pub fn requirement(&self) -> &Requirement {
        &self.requirement
    }

    /// The data service.
    pub fn service(&self) -> &DataService {
        &self.service
    }

    /// Identifier of the data service evidence type.
    pub fn service_id(&self) -> DataServiceId {
        self.id
    }

    /// The provider (C4), slot `EvidenceProvider`.
    pub fn provider(&self) -> &Agent {
        self.access.publisher().agent()
    }

    /// The access point (C3), the PartyId to send to.
    pub fn access_point(&self) -> &AgentId {
        self.access.party()
    }

    /// The version to speak.
    pub fn version(&self) -> Version {
        self.version
    }

    /// What to ask for, in the wanted format or, without a wish, in any that is offered. Before
    /// 2.0 a request names one form. [R-EDM-REQ-C032]
    pub fn requested_evidence(&self, format: Option<&MediaType>) -> Option<RequestedEvidence> {
        let mut titles = self.service.titles().iter().cloned();
        let first = titles.next()?;
        let id = self.id;
        let evidence_type = self.service.evidence_type().clone();
        let evidence = titles.fold(
            RequestedEvidence::new(id, evidence_type, first),
            RequestedEvidence::with_title,
        );
        Some(
            evidence
                .with_descriptions(self.service.descriptions().to_vec())
                .with_distributions(self.distributions(format)?),
        )
    }

    fn distributions(&self, format: Option<&MediaType>) -> Option<Vec<RequestedDistribution>> {
        let most = if self.version < Version::V2_0 {
            1
        } else {
            usize::MAX
        };
        let wanted: Vec<_> = self
            .service
            .distributions()
            .iter()
            .filter(|offered| format.is_none_or(|format| offered.format() == format))
            .take(most)
            .cloned()
            .collect();
        (!wanted.is_empty()).then_some(wanted)
    }

    /// The user's answers to the questions of the Directory, slot `EvidenceProviderClassification`.
    pub fn classifications(&self) -> Vec<ProviderClassification> {
        self.input
            .values()
            .map(|(concept, value)| {
                let values = supported(concept.kind(), value.expose());
                ProviderClassification::new(concept.id(), concept.kind_text(), values)
                    .with_scheme(concept.scheme().map(str::to_owned))
                    .with_value_expression(concept.value_expression().map(str::to_owned))
                    .with_descriptions(concept.labels().to_vec())
            })
            .collect()
    }
}

fn supported(kind: &ConceptKind, value: &str) -> SupportedValues {
    let text = || SupportedValues::Strings(vec![value.to_owned()]);
    match kind {
        ConceptKind::YesNo => value
            .parse()
            .map_or_else(|_| text(), |yes| SupportedValues::Booleans(vec![yes])),
        ConceptKind::Date => value
            .parse::<Date>()
            .map_or_else(|_| text(), |date| SupportedValues::Dates(vec![date])),
        ConceptKind::Text | ConceptKind::CodeList | ConceptKind::Other(_) => text(),
    }
}

/// What the two services know together.
#[derive(Clone, Debug)]
pub enum Outlook {
    /// What can be had.
    Candidates(Box<Candidates>),
    /// The Evidence Broker has nothing on it.
    Refused(Refusal),
}

impl Directory {
    /// Asks both services and puts their answers together.
    pub async fn evaluate(&self, wanted: &Wanted) -> Result<Outlook, LookUpError> {
        let query = EvidenceTypesQuery::new(wanted.requirement.clone(), wanted.country);
        let types = self.evidence_types(&query).await?;
        let found = match types.value() {
            Outcome::Found(listing) => listing.content(),
            Outcome::Refused(refusal) => return Ok(Outlook::Refused(refusal.clone())),
        };
        let mut candidates = Candidates {
            requirement: found.requirement().stated().clone(),
            declared: found
                .requirement()
                .is_declared(&wanted.procedure, wanted.home),
            alternatives: Vec::new(),
            as_of: types.as_of(),
            age: types.age(),
            stale: types.is_stale(),
        };
        for list in found.alternatives() {
            let asked = list.types().iter().map(|kind| self.offers(wanted, kind));
            let answers = try_join_all(asked).await?;
            candidates.alternatives.push(Alternative {
                list: list.clone(),
                offered: answers
                    .iter()
                    .map(|answer| offers(answer.value()))
                    .collect(),
            });
            for answer in &answers {
                candidates.grow_old(answer);
            }
        }
        Ok(Outlook::Candidates(Box::new(candidates)))
    }

    async fn offers(
        &self,
        wanted: &Wanted,
        kind: &EvidenceType,
    ) -> Result<Aged<Services>, LookUpError> {
        let query = DataServicesQuery::new(kind.id().clone(), wanted.country);
        let input = wanted.inputs.get(kind.id()).cloned().unwrap_or_default();
        self.data_services(&query.with_input(input)).await
    }
}

impl Candidates {
    fn grow_old(&mut self, answer: &Aged<Services>) {
        self.as_of = self.as_of.min(answer.as_of());
        self.age = self.age.max(answer.age());
        self.stale |= answer.is_stale();
    }
}

fn offers(answer: &Services) -> Offers {
    match answer {
        Services::Found(listing) => {
            Offers::From(listing.content().iter().flat_map(of_service).collect())
        }
        Services::MoreInput(question) => Offers::MoreInput(question.clone()),
        Services::Refused(refusal) => Offers::Nobody(refusal.clone()),
    }
}

fn of_service(service: &DataService) -> impl Iterator<Item = Offer> {
    let accesses = service.id().map(|id| (id, service.access_services()));
    accesses.into_iter().flat_map(move |(id, accesses)| {
        accesses.iter().map(move |access| Offer {
            service: DataService {
                access_services: Vec::new(),
                ..service.clone()
            },
            id,
            access: access.clone(),
        })
    })
}
