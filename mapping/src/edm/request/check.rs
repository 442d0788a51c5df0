//! What a request must hold to be whole for its release line.

use super::{RequestDraft, RequestedDistribution};
use crate::edm::{
    DataModel, EidasId, EidasScheme, Gender, LegalPerson, Malformed, NaturalPerson, Problem,
    Subject, Version,
};

/// Rule, problem, field of the draft.
pub(super) type Fault = (&'static str, Problem, &'static str);

impl RequestDraft {
    /// Leaves out what the release line cannot carry and the meaning does not need.
    pub(super) fn conform(&mut self) {
        self.provider = self.provider.without_address();
        if self.version < Version::V1_2 {
            for requirement in &mut self.requirements {
                requirement.descriptions.clear();
            }
        }
        if self.version < Version::V1_1 {
            if let Subject::Natural(person) = &mut self.subject {
                person.conform_to_1_0();
            }
            if let Subject::Legal(person) = &mut self.subject {
                person.conform_to_1_0();
            }
            if let Some(person) = &mut self.representative {
                person.conform_to_1_0();
            }
        }
        let two = self.version >= Version::V2_0;
        if two {
            self.lang = None;
            if let Some(person) = &mut self.representative {
                person.specify_gender();
            }
        } else if let Some(round) = &mut self.second_round {
            round.back = None;
        }
        for distribution in &mut self.evidence.distributions {
            if !two {
                distribution.languages.clear();
                distribution.associated.clear();
            }
        }
    }

    pub(super) fn check(&self) -> Result<(), Fault> {
        if self.requirements.is_empty() {
            let problem = Problem::Missing("Requirement");
            return Err(("R-EDM-REQ-S052", problem, "requirements"));
        }
        let newer = self.version >= Version::V1_2;
        if newer && self.requester.authority.address().is_none() {
            let problem = Problem::Missing("AdminUnitLevel1 of the requester");
            return Err(("R-EDM-REQ-C073", problem, "requester"));
        }
        if self.version < Version::V1_1 && self.legal_representative.is_some() {
            let problem = Problem::Unexpected("AuthorizedRepresentativeLegalPerson");
            return Err(("R-EDM-REQ-S049", problem, "legal_representative"));
        }
        self.check_round()?;
        self.check_identifiers()?;
        self.check_schemes()?;
        self.check_gender()?;
        self.check_distributions()
    }

    /// [R-EDM-REQ-S062] the preview and the way back only together, in 2.0.
    fn check_round(&self) -> Result<(), Fault> {
        let complete = self.version < Version::V2_0
            || self.second_round.as_ref().is_none_or(|r| r.back.is_some());
        if complete {
            return Ok(());
        }
        let problem = Problem::Combination("PreviewLocation and ReturnLocation only together");
        Err(("R-EDM-REQ-S062", problem, "second_round"))
    }

    /// `eidas2` is for natural persons, in 2.0.
    fn check_schemes(&self) -> Result<(), Fault> {
        let two = self.version >= Version::V2_0;
        let newer = |id: Option<&EidasId>| id.is_some_and(|id| id.scheme() == EidasScheme::Eidas2);
        let legal = |person: &LegalPerson| newer(person.identity().identifier());
        let natural = |person: &NaturalPerson| newer(person.identity().identifier());
        let fault = |rule, field| Err((rule, Problem::Value(Malformed("the eIDAS scheme")), field));
        match &self.subject {
            Subject::Natural(person) if !two && natural(person) => {
                return fault("R-EDM-REQ-C042", "subject");
            }
            Subject::Legal(person) if legal(person) => return fault("R-EDM-REQ-C053", "subject"),
            Subject::Natural(_) | Subject::Legal(_) => {}
        }
        if !two && self.representative.as_deref().is_some_and(natural) {
            return fault("R-EDM-REQ-C063", "representative");
        }
        if self.legal_representative().is_some_and(legal) {
            return fault("R-EDM-REQ-C087", "legal_representative");
        }
        Ok(())
    }

    /// [R-EDM-REQ-C126] a representative known by `eidas` has no number for a gender.
    fn check_gender(&self) -> Result<(), Fault> {
        let number = self.representative.as_deref().is_some_and(|person| {
            let id = person.identity().identifier();
            let gender = person.gender().map(|gender| *gender.expose());
            id.is_some_and(|id| id.scheme() == EidasScheme::Eidas)
                && matches!(gender, Some(Gender::Eidas2(_)))
        });
        if number {
            let problem = Problem::Value(Malformed("a gender"));
            return Err(("R-EDM-REQ-C126", problem, "representative"));
        }
        Ok(())
    }

    /// From 1.1 on a legal person has its identifier.
    fn check_identifiers(&self) -> Result<(), Fault> {
        let missing = |person: &LegalPerson| {
            self.version >= Version::V1_1 && person.identity().identifier().is_none()
        };
        let problem = || Problem::Missing("LegalPersonIdentifier");
        if matches!(&self.subject, Subject::Legal(person) if missing(person)) {
            return Err(("R-EDM-REQ-C049", problem(), "subject"));
        }
        if self.legal_representative().is_some_and(missing) {
            return Err(("R-EDM-REQ-C084", problem(), "legal_representative"));
        }
        Ok(())
    }

    fn legal_representative(&self) -> Option<&LegalPerson> {
        self.legal_representative.as_deref()
    }

    fn check_distributions(&self) -> Result<(), Fault> {
        let count = self.evidence.distributions.len();
        let allowed = if self.version >= Version::V2_0 {
            count >= 1
        } else {
            count <= 1
        };
        if !allowed {
            let problem = Problem::Combination("the number of distributions is not allowed");
            return Err(("R-EDM-REQ-C032", problem, "evidence"));
        }
        self.evidence
            .distributions
            .iter()
            .try_for_each(|distribution| self.check_distribution(distribution))
    }

    fn check_distribution(&self, distribution: &RequestedDistribution) -> Result<(), Fault> {
        let named = distribution.conforms_to.is_some();
        if self.version >= Version::V1_2 && distribution.format.is_structured() && !named {
            return Err(("R-EDM-REQ-C070", Problem::Missing("ConformsTo"), "evidence"));
        }
        let old = distribution
            .conforms_to
            .as_ref()
            .is_some_and(DataModel::is_old_path);
        if self.version >= Version::V2_0 && old {
            let problem = Problem::Value(Malformed("a data model URL"));
            return Err(("R-EDM-REQ-C034", problem, "evidence"));
        }
        if distribution.transformation.is_none() {
            return Ok(());
        }
        if self.version >= Version::V2_0 {
            let problem = Problem::Unexpected("Transformation");
            return Err(("R-EDM-REQ-C034", problem, "evidence"));
        }
        if named {
            Ok(())
        } else {
            Err(("R-EDM-REQ-C071", Problem::Missing("ConformsTo"), "evidence"))
        }
    }
}
