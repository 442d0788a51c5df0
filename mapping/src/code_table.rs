//! The tables that join the two worlds: evidence types, procedures, requirements, identifier
//! schemes, countries, errors. Data of `config/mapping`, read once and in both directions; a new
//! evidence type or procedure needs no code.
//!
//! Reading is fail-closed: a duplicate, an ambiguity or an unknown code refuses the whole set, and
//! everything wrong is reported at once with file and line.

mod country;
mod error;
mod evidence_type;
mod load;
mod place;
mod procedure;
pub mod providers;
mod repository;
mod scheme;

pub use country::{Countries, Country};
pub use error::Errors;
pub use evidence_type::{EvidenceType, EvidenceTypes, NoEvidence};
pub use load::{Problem, Titles};
pub use place::{Level, Place, nuts1_of_state, state_of_nuts1};
pub use procedure::{Procedure, Procedures, Requirement, Requirements};
pub use repository::Repository;
pub use scheme::Schemes;

use load::Problems;

/// All tables.
#[derive(Clone, Debug)]
pub struct CodeTables {
    evidence_types: EvidenceTypes,
    procedures: Procedures,
    requirements: Requirements,
    schemes: Schemes,
    countries: Countries,
    errors: Errors,
    repository: Repository,
}

/// Names of the files, without folder.
pub const FILES: [&str; 6] = [
    "evidence-types.toml",
    "procedures.toml",
    "requirements.toml",
    "identifier-schemes.toml",
    "countries.toml",
    "errors.toml",
];

impl CodeTables {
    /// Reads the tables from pairs of file name and text. A name may have a folder before it; the
    /// last part decides which table it is. The semantic repository is the production one.
    ///
    /// # Errors
    /// Everything that is wrong in any of the files.
    pub fn from_toml<'t>(
        files: impl IntoIterator<Item = (&'t str, &'t str)>,
    ) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems::default();
        let files = by_name(files, &mut problems);
        let file = |wanted: &str| files.iter().find(|(name, ..)| *name == wanted);
        for name in FILES.into_iter().filter(|name| file(name).is_none()) {
            problems.add(name, 0, "the table is missing");
        }
        let text = |wanted: &str| file(wanted).map_or(("", ""), |(_, path, text)| (*path, *text));
        let countries = Countries::read(text("countries.toml"), &mut problems);
        let procedures = Procedures::read(text("procedures.toml"), &mut problems);
        let tables = Self {
            evidence_types: EvidenceTypes::read(
                text("evidence-types.toml"),
                &procedures,
                &mut problems,
            ),
            requirements: Requirements::read(text("requirements.toml"), &procedures, &mut problems),
            schemes: Schemes::read(text("identifier-schemes.toml"), &countries, &mut problems),
            errors: Errors::read(text("errors.toml"), &mut problems),
            procedures,
            countries,
            repository: Repository::default(),
        };
        problems.finish(tables)
    }

    /// The same tables for another host of the semantic repository on the EU side, such as the one
    /// of the acceptance environment.
    #[must_use]
    pub fn with_repository(self, repository: Repository) -> Self {
        Self { repository, ..self }
    }

    /// Evidence types German registers deliver.
    pub const fn evidence_types(&self) -> &EvidenceTypes {
        &self.evidence_types
    }

    /// Procedures.
    pub const fn procedures(&self) -> &Procedures {
        &self.procedures
    }

    /// Requirements.
    pub const fn requirements(&self) -> &Requirements {
        &self.requirements
    }

    /// Schemes of identifiers of legal persons.
    pub const fn schemes(&self) -> &Schemes {
        &self.schemes
    }

    /// Countries.
    pub const fn countries(&self) -> &Countries {
        &self.countries
    }

    /// Error codes.
    pub const fn errors(&self) -> &Errors {
        &self.errors
    }

    /// Hosts of the semantic repository.
    pub const fn repository(&self) -> &Repository {
        &self.repository
    }
}

/// Name, path and text of each file that is a table.
fn by_name<'t>(
    files: impl IntoIterator<Item = (&'t str, &'t str)>,
    problems: &mut Problems,
) -> Vec<(&'static str, &'t str, &'t str)> {
    let mut known: Vec<(&str, &str, &str)> = Vec::new();
    for (path, text) in files {
        let last = path.rsplit(['/', '\\']).next().unwrap_or(path);
        match FILES.into_iter().find(|name| *name == last) {
            None => problems.add(path, 0, "not a table that is known"),
            Some(name) if known.iter().any(|(other, ..)| *other == name) => {
                problems.add(path, 0, "the table is there twice");
            }
            Some(name) => known.push((name, path, text)),
        }
    }
    known
}

#[cfg(test)]
mod tests;
