//! Procedures, and what has to be proven in them.

use super::load::{File, Located, Problems, Titles, entries};
use crate::{edm, noots};

/// A procedure.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Procedure {
    code: noots::ProcedureCode,
    titles: Titles,
    /// Whether the national code list in use has it.
    national: bool,
    /// Whether it is always answered without the user, as the system check is.
    #[serde(default)]
    automatic: bool,
}

impl Procedure {
    /// Its code, the same on both sides.
    pub const fn code(&self) -> &noots::ProcedureCode {
        &self.code
    }

    /// Its name.
    pub const fn titles(&self) -> &Titles {
        &self.titles
    }

    /// Whether the national code list in use has it; otherwise it is refused nationally.
    pub const fn is_national(&self) -> bool {
        self.national
    }

    /// Whether it is always answered without preview.
    pub const fn is_automatic(&self) -> bool {
        self.automatic
    }
}

/// All procedures.
#[derive(Clone, Debug)]
pub struct Procedures(Vec<Procedure>);

impl Procedures {
    pub(super) fn read(file: File<'_>, problems: &mut Problems) -> Self {
        let mut known: Vec<Procedure> = Vec::new();
        for Located { line, value } in entries::<Procedure>(file, problems) {
            value.titles.check(file.0, line, problems);
            if value.code.as_str().parse::<edm::ProcedureCode>().is_err() {
                problems.add(
                    file.0,
                    line,
                    format!("{:?} is no code of the EDM", value.code.as_str()),
                );
            }
            if known.iter().any(|other| other.code == value.code) {
                problems.add(
                    file.0,
                    line,
                    format!("code = \"{}\" is there twice", value.code),
                );
            } else {
                known.push(value);
            }
        }
        Self(known)
    }

    /// All, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Procedure> {
        self.0.iter()
    }

    /// The procedure with this code, as either side writes it.
    pub fn find(&self, code: &str) -> Option<&Procedure> {
        self.0
            .iter()
            .find(|procedure| procedure.code.as_str() == code)
    }
}

/// Something to prove.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    id: noots::RequirementId,
    titles: Titles,
    procedures: Vec<noots::ProcedureCode>,
}

impl Requirement {
    /// Its URI, on the production host.
    pub const fn id(&self) -> &noots::RequirementId {
        &self.id
    }

    /// Its name.
    pub const fn titles(&self) -> &Titles {
        &self.titles
    }

    /// German procedures that ask for it.
    pub fn procedures(&self) -> &[noots::ProcedureCode] {
        &self.procedures
    }
}

/// All requirements German procedures ask for.
#[derive(Clone, Debug)]
pub struct Requirements(Vec<Requirement>);

impl Requirements {
    pub(super) fn read(file: File<'_>, procedures: &Procedures, problems: &mut Problems) -> Self {
        let mut known: Vec<Requirement> = Vec::new();
        for Located { line, value } in entries::<Requirement>(file, problems) {
            value.titles.check(file.0, line, problems);
            check_procedures(&value.procedures, procedures, (file.0, line), problems);
            if known.iter().any(|other| other.id == value.id) {
                problems.add(
                    file.0,
                    line,
                    format!("id = \"{}\" is there twice", value.id),
                );
            } else {
                known.push(value);
            }
        }
        Self(known)
    }

    /// All, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Requirement> {
        self.0.iter()
    }

    /// The requirement with this URI.
    pub fn find(&self, id: &noots::RequirementId) -> Option<&Requirement> {
        self.0.iter().find(|requirement| requirement.id == *id)
    }

    /// What a procedure asks for.
    pub fn of_procedure(&self, code: &noots::ProcedureCode) -> impl Iterator<Item = &Requirement> {
        self.0
            .iter()
            .filter(move |requirement| requirement.procedures.contains(code))
    }
}

/// Every code named must be a procedure, and named once.
pub(super) fn check_procedures(
    codes: &[noots::ProcedureCode],
    procedures: &Procedures,
    (file, line): (&str, usize),
    problems: &mut Problems,
) {
    for (place, code) in codes.iter().enumerate() {
        if procedures.find(code.as_str()).is_none() {
            problems.add(
                file,
                line,
                format!("procedure \"{code}\" is not in procedures.toml"),
            );
        }
        if codes.iter().take(place).any(|other| other == code) {
            problems.add(file, line, format!("procedure \"{code}\" is named twice"));
        }
    }
}
