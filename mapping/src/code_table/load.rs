//! Reading `[[entry]]` tables so that every problem is found, not only the first.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use crate::noots::LanguageCode;

/// Something wrong in a table.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Problem {
    file: String,
    line: usize,
    problem: String,
}

impl Problem {
    /// The file as it was named.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line, counted from 1; 0 stands for the file as a whole.
    pub const fn line(&self) -> usize {
        self.line
    }

    /// What is wrong.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.problem),
            line => write!(f, "{}:{line}: {}", self.file, self.problem),
        }
    }
}

/// Collects problems.
#[derive(Debug, Default)]
pub(super) struct Problems(Vec<Problem>);

impl Problems {
    pub(super) fn add(&mut self, file: &str, line: usize, problem: impl Into<String>) {
        self.0.push(Problem {
            file: file.to_owned(),
            line,
            problem: problem.into(),
        });
    }

    /// `value` when nothing is wrong.
    pub(super) fn finish<T>(mut self, value: T) -> Result<T, Vec<Problem>> {
        self.0.sort();
        if self.0.is_empty() {
            Ok(value)
        } else {
            Err(self.0)
        }
    }
}

/// A file with its name.
pub(super) type File<'t> = (&'t str, &'t str);

/// An entry and the line it begins on.
#[derive(Debug)]
pub(super) struct Located<T> {
    pub(super) line: usize,
    pub(super) value: T,
}

/// Reads all entries that can be read; what cannot becomes a problem.
pub(super) fn entries<T: DeserializeOwned>(
    (file, text): File<'_>,
    problems: &mut Problems,
) -> Vec<Located<T>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        problems.add(file, line_of(text, error), error.message());
    }
    if !errors.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (key, value) in table.into_inner() {
        let line = line_at(text, key.span().start);
        match value.into_inner() {
            DeValue::Array(rows) if key.get_ref() == "entry" => {
                for row in rows {
                    let line = line_at(text, row.span().start);
                    match T::deserialize(ValueDeserializer::from(row)) {
                        Ok(value) => found.push(Located { line, value }),
                        Err(error) => {
                            let at = error.span().map_or(line, |span| line_at(text, span.start));
                            problems.add(file, at, error.message());
                        }
                    }
                }
            }
            _ => problems.add(
                file,
                line,
                format!("{:?} is not known here, only [[entry]]", key.get_ref()),
            ),
        }
    }
    found
}

fn line_of(text: &str, error: &toml::de::Error) -> usize {
    error.span().map_or(0, |span| line_at(text, span.start))
}

fn line_at(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().get(..offset).unwrap_or_default();
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}

/// A text in several languages.
#[derive(Clone, Debug, Eq, PartialEq, serde::Deserialize)]
#[serde(transparent)]
pub struct Titles(BTreeMap<LanguageCode, String>);

impl Titles {
    /// In this language, else English, else the first there is.
    pub fn in_language(&self, language: LanguageCode) -> Option<(LanguageCode, &str)> {
        let wanted = [language, LanguageCode::ENGLISH];
        let found = wanted
            .into_iter()
            .find_map(|code| self.0.get_key_value(&code));
        found
            .or_else(|| self.0.first_key_value())
            .map(|(code, text)| (*code, text.as_str()))
    }

    /// All.
    pub fn iter(&self) -> impl Iterator<Item = (LanguageCode, &str)> {
        self.0.iter().map(|(code, text)| (*code, text.as_str()))
    }

    /// German and English are what every page and message needs.
    pub(super) fn check(&self, file: &str, line: usize, problems: &mut Problems) {
        for code in [LanguageCode::GERMAN, LanguageCode::ENGLISH] {
            if self.0.get(&code).is_none_or(|text| text.trim().is_empty()) {
                problems.add(
                    file,
                    line,
                    format!("no title in language {code:?}", code = code.as_str()),
                );
            }
        }
    }
}
