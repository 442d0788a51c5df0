//! What a response must hold to be whole for its release line.

use super::{Availability, ResponseDraft};
use crate::edm::{
    Distribution, EidasId, EidasScheme, Evidence, EvidenceSubject, Malformed, Package, Problem,
    Supplement, Version,
};

/// Rule and problem.
pub(super) type Fault = (&'static str, Problem);

impl ResponseDraft {
    pub(super) fn conform(&mut self) {
        self.requester = self.requester.without_address();
        let Availability::Now(packages) = &mut self.availability else {
            return;
        };
        let mains = packages.iter_mut().flat_map(|package| &mut package.mains);
        for main in mains.filter(|_| self.version < Version::V1_1) {
            main.metadata.is_about.conform_to_1_0();
        }
        if self.version >= Version::V2_0 {
            return;
        }
        for package in packages {
            if let [main] = package.mains.as_mut_slice() {
                main.classification_id = main.id;
                package.id = main.id;
            }
        }
    }

    pub(super) fn check(&self) -> Result<(), Fault> {
        let Availability::Now(packages) = &self.availability else {
            return Ok(());
        };
        packages
            .iter()
            .try_for_each(|package| self.check_package(package))?;
        self.check_object_ids(packages)
    }

    fn check_package(&self, package: &Package) -> Result<(), Fault> {
        let flat = self.version < Version::V2_0;
        if flat && (package.mains.len() != 1 || !package.supplements.is_empty()) {
            let problem = Problem::Combination("before 2.0 every document stands alone");
            return Err(("R-EDM-RESP-S015", problem));
        }
        for main in &package.mains {
            self.check_subject(main.metadata().is_about())?;
            self.check_form(main.metadata().distribution())?;
        }
        for supplement in &package.supplements {
            check_supplement(package, supplement)?;
        }
        Ok(())
    }

    /// A legal person has its identifier from 1.1 on; `eidas2` is for natural persons in 2.0.
    fn check_subject(&self, subject: &EvidenceSubject) -> Result<(), Fault> {
        let two = self.version >= Version::V2_0;
        let newer = |id: Option<&EidasId>| id.is_some_and(|id| id.scheme() == EidasScheme::Eidas2);
        let scheme = || Problem::Value(Malformed("the eIDAS scheme"));
        match subject {
            EvidenceSubject::Natural(person) if !two && newer(person.identifier()) => {
                Err(("R-EDM-RESP-C031", scheme()))
            }
            EvidenceSubject::Legal(person) if newer(person.identifier()) => {
                Err(("R-EDM-RESP-C037", scheme()))
            }
            EvidenceSubject::Legal(person)
                if self.version >= Version::V1_1 && person.identifier().is_none() =>
            {
                let problem = Problem::Missing("LegalPersonIdentifier");
                Err(("R-EDM-RESP-C033", problem))
            }
            EvidenceSubject::Natural(_) | EvidenceSubject::Legal(_) => Ok(()),
        }
    }

    fn check_form(&self, form: &Distribution) -> Result<(), Fault> {
        let unnamed = form.format.is_structured() && form.conforms_to.is_none();
        if self.version >= Version::V1_2 && unnamed {
            return Err(("R-EDM-RESP-C044", Problem::Missing("ConformsTo")));
        }
        if self.version < Version::V2_0 {
            return Ok(());
        }
        if form.transformation.is_some() {
            return Err(("R-EDM-RESP-C043", Problem::Unexpected("Transformation")));
        }
        // The path of 1.0 went away.
        match &form.conforms_to {
            Some(model) if model.is_old_path() => {
                let problem = Problem::Value(Malformed("a data model URL"));
                Err(("R-EDM-RESP-C022", problem))
            }
            _ => Ok(()),
        }
    }

    /// [R-EDM-RESP-C014] object identifiers are unique.
    fn check_object_ids(&self, packages: &[Package]) -> Result<(), Fault> {
        let mut ids = Vec::new();
        for package in packages {
            let packaged = self.version >= Version::V2_0;
            ids.extend(packaged.then_some(package.id));
            ids.extend(package.mains.iter().map(Evidence::id));
            ids.extend(package.supplements.iter().map(Supplement::id));
            let ties = package
                .supplements
                .iter()
                .flat_map(Supplement::associations);
            ids.extend(ties.map(|tie| tie.id()));
        }
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        if ids.len() == count {
            Ok(())
        } else {
            Err(("R-EDM-RESP-C014", Problem::Repeated("an object id")))
        }
    }
}

fn check_supplement(package: &Package, supplement: &Supplement) -> Result<(), Fault> {
    let form = &supplement.distribution;
    if form.conforms_to.is_some() || form.transformation.is_some() {
        return Err(("R-EDM-RESP-S063", Problem::Unexpected("ConformsTo")));
    }
    let tied = supplement.associations().iter().all(|tie| {
        let target = tie.target();
        package.mains.iter().any(|main| main.id() == target)
    });
    if tied {
        return Ok(());
    }
    let problem = Problem::Combination("an association does not lead to main evidence");
    Err(("R-EDM-RESP-S056", problem))
}
