//! What is wrong in a template or partner file, and where.

use std::fmt;

/// Something wrong in a template or partner file.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{name}{}: {message}", .line.map_or_else(String::new, |line| format!(":{line}")))]
pub struct Problem {
    name: String,
    line: Option<usize>,
    message: String,
}

impl Problem {
    pub(crate) fn new(name: &str, line: Option<usize>, message: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            line,
            message: message.into(),
        }
    }

    /// The template or partner.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Line in its file, where one can be named.
    pub fn line(&self) -> Option<usize> {
        self.line
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// Everything wrong in one file, in the order of its lines. Never empty.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// What was found, in the order of the lines.
    pub(super) fn new(mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(Problem::line);
        Self(problems)
    }

    /// The problems.
    pub fn all(&self) -> &[Problem] {
        &self.0
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.0.iter().enumerate() {
            let separator = if at == 0 { "" } else { "; " };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}
