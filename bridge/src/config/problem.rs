//! What is wrong with a configuration, and where: one line per problem.

use std::{cell::RefCell, fmt, path::Path, sync::Arc};

/// Where a setting was made.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Origin {
    /// A line of a file; line 0 stands for the file as a whole.
    File {
        /// The file as the operator named it.
        file: Arc<str>,
        /// Line, counted from 1.
        line: usize,
    },
    /// An environment variable.
    Environment(Arc<str>),
    /// A `--set key=value` of the command line.
    Set(Arc<str>),
}

impl Origin {
    /// The file as a whole.
    pub(super) fn whole_file(file: &Path) -> Self {
        Self::File {
            file: file.display().to_string().into(),
            line: 0,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, line: 0 } => f.write_str(file),
            Self::File { file, line } => write!(f, "{file}:{line}"),
            Self::Environment(name) => f.write_str(name),
            Self::Set(key) => write!(f, "--set {key}"),
        }
    }
}

/// One thing that is wrong with a configuration.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Problem {
    origin: Origin,
    problem: String,
    hint: String,
}

impl Problem {
    /// Where the setting was made.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// What is wrong, without the place.
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// What would be right; empty when there is nothing to add.
    pub fn hint(&self) -> &str {
        &self.hint
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.origin, self.problem)?;
        if self.hint.is_empty() {
            Ok(())
        } else {
            write!(f, " ({})", self.hint)
        }
    }
}

/// Every problem of a configuration, in the order of the files. Never empty.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{}", lines(.problems))]
pub struct ConfigErrors {
    problems: Vec<Problem>,
}

impl ConfigErrors {
    /// The problems, sorted by file and line.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

fn lines(problems: &[Problem]) -> String {
    problems
        .iter()
        .map(Problem::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

/// Collects problems while a configuration is read.
#[derive(Debug, Default)]
pub(super) struct Problems {
    found: RefCell<Vec<Problem>>,
}

impl Problems {
    pub(super) fn add(&self, origin: &Origin, problem: impl Into<String>, hint: impl Into<String>) {
        let problem = Problem {
            origin: origin.clone(),
            problem: problem.into(),
            hint: hint.into(),
        };
        self.found.borrow_mut().push(problem);
    }

    /// Takes over what was found elsewhere.
    pub(super) fn absorb(&self, other: Self) {
        self.found.borrow_mut().extend(other.found.into_inner());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.borrow().is_empty()
    }

    /// `value` when nothing was found wrong; a value that is absent without a problem cannot be
    /// reached, because every reader that returns `None` for a required key has said why.
    pub(super) fn finish<T>(self, value: Option<T>) -> Result<T, ConfigErrors> {
        let mut problems = self.found.into_inner();
        problems.sort();
        problems.dedup();
        match value {
            Some(value) if problems.is_empty() => Ok(value),
            _ => Err(ConfigErrors { problems }),
        }
    }
}
