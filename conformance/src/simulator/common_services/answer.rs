//! From a question to what the catalogue says about it

use super::catalogue::{Catalogue, Concept, DataService, Place, Procedure, Provider, Requirement};
use super::line::Line;
use super::question::{DataServices, Question, Refusal};

/// What is to be written
#[derive(Debug)]
pub(super) enum Answer<'c> {
    Requirements(Vec<Found<'c>>),
    EvidenceTypes(&'c Requirement, Option<String>),
    DataServices(Vec<(&'c DataService, Vec<&'c Provider>)>),
    /// `DSD:ERR:0005`
    MoreInput {
        service: &'c DataService,
        place: Option<&'c Place>,
        concepts: Vec<&'c Concept>,
    },
}

/// A requirement with the part of its procedures that was asked for
#[derive(Debug)]
pub(super) struct Found<'c> {
    pub(super) requirement: &'c Requirement,
    pub(super) procedure: Option<String>,
    pub(super) country: Option<String>,
}

impl Found<'_> {
    /// Whether a procedure is in the part that was asked for
    pub(super) fn includes(&self, procedure: &Procedure) -> bool {
        let country = self.country.as_ref();
        self.procedure
            .as_ref()
            .is_none_or(|code| procedure.code == *code)
            && country.is_none_or(|country| procedure.country == *country)
    }
}

impl Catalogue {
    pub(super) fn answer(&self, question: &Question, line: Line) -> Result<Answer<'_>, Refusal> {
        match question {
            Question::Requirements { procedure, country } => {
                self.requirements(procedure.as_deref(), country.as_deref())
            }
            Question::EvidenceTypes {
                requirement,
                country,
            } => self
                .requirements
                .iter()
                .find(|published| published.id == *requirement)
                .map(|found| Answer::EvidenceTypes(found, country.clone()))
                .ok_or_else(|| Refusal::new("EB:ERR:0002", requirement)),
            Question::DataServices(asked) => self.data_services(asked, line),
        }
    }

    fn requirements(
        &self,
        procedure: Option<&str>,
        country: Option<&str>,
    ) -> Result<Answer<'_>, Refusal> {
        let everything = procedure.is_none() && country.is_none();
        let found: Vec<_> = self
            .requirements
            .iter()
            .map(|requirement| Found {
                requirement,
                procedure: procedure.map(str::to_owned),
                country: country.map(str::to_owned),
            })
            .filter(|found| {
                let mut declared = found.requirement.procedures.iter();
                everything || declared.any(|procedure| found.includes(procedure))
            })
            .collect();
        if found.is_empty() {
            return Err(Refusal::new("EB:ERR:0001", "EMPTY_RESULT"));
        }
        Ok(Answer::Requirements(found))
    }

    fn data_services(&self, asked: &DataServices, line: Line) -> Result<Answer<'_>, Refusal> {
        if !self.knows_evidence_type(&asked.evidence_type) {
            return Err(Refusal::new("DSD:ERR:0002", &asked.evidence_type));
        }
        let published = self.data_services.iter().filter(|service| {
            service.evidence_type == asked.evidence_type
                && service.country == asked.country
                && (service.lines.is_empty() || service.lines.contains(&line))
        });
        let mut found = Vec::new();
        for service in published {
            service.check_values(asked, line)?;
            if let Some(more) = service.more_input(asked, line) {
                return Ok(more);
            }
            let providers: Vec<_> = service
                .providers
                .iter()
                .filter(|provider| provider.fits(asked))
                .collect();
            if !providers.is_empty() {
                found.push((service, providers));
            }
        }
        if found.is_empty() {
            return Err(Refusal::new("DSD:ERR:0001", "DS_NOT_FOUND"));
        }
        Ok(Answer::DataServices(found))
    }
}

impl DataService {
    fn check_values(&self, asked: &DataServices, line: Line) -> Result<(), Refusal> {
        for (name, value) in &asked.values {
            let concept = self.concepts.iter().find(|concept| concept.id == *name);
            let concept = concept.ok_or_else(|| Refusal::new("DSD:ERR:0003", name))?;
            if !concept.values.is_empty() && !concept.values.contains(value) {
                return Err(Refusal::new("DSD:ERR:0006", name));
            }
        }
        let known = |context: &str| {
            line < Line::V2_0
                && self
                    .place
                    .as_ref()
                    .is_some_and(|place| place.context == context)
        };
        match &asked.place {
            Some((_, context)) if !known(context) => {
                Err(Refusal::new("DSD:ERR:0006", "jurisdiction-context-id"))
            }
            _ => Ok(()),
        }
    }

    fn more_input(&self, asked: &DataServices, line: Line) -> Option<Answer<'_>> {
        let place = self
            .place
            .as_ref()
            .filter(|_| line < Line::V2_0 && asked.place.is_none());
        let concepts: Vec<_> = self
            .concepts
            .iter()
            .filter(|concept| !asked.values.contains_key(&concept.id))
            .collect();
        (place.is_some() || !concepts.is_empty()).then_some(Answer::MoreInput {
            service: self,
            place,
            concepts,
        })
    }
}

impl Provider {
    fn fits(&self, asked: &DataServices) -> bool {
        let speaks = asked
            .specification
            .as_ref()
            .is_none_or(|version| self.conforms_to.contains(version));
        let competent = asked.values.iter().all(|(concept, value)| {
            self.competent_for
                .get(concept)
                .is_none_or(|values| values.contains(value))
        });
        let there = asked
            .place
            .as_ref()
            .is_none_or(|(code, _)| self.places.is_empty() || self.places.contains(code));
        speaks && competent && there
    }
}
