//! Reads the tables of a template or partner file: every value with its line, every problem
//! collected, every key that nobody asked for refused.

use super::problem::{Problem, Problems};
use serde::{
    Deserialize,
    de::{IntoDeserializer, value},
};
use std::{cell::RefCell, collections::BTreeSet, ops::Range};
use toml::{
    Spanned,
    de::{DeArray, DeTable, DeValue},
};

/// A file, and what was found wrong in it so far.
pub(super) struct Source<'t> {
    name: &'t str,
    text: &'t str,
    problems: RefCell<Vec<Problem>>,
}

/// A text and its line.
#[derive(Clone, Debug)]
pub(super) struct Located {
    pub(super) text: String,
    pub(super) line: usize,
}

impl<'t> Source<'t> {
    pub(super) fn new(name: &'t str, text: &'t str) -> Self {
        Self {
            name,
            text,
            problems: RefCell::default(),
        }
    }

    /// The tree of the file. What a syntax error swallowed would be reported as missing, so such a
    /// file is not read further.
    pub(super) fn tree(&self) -> Result<Spanned<DeTable<'t>>, Problems> {
        let (tree, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            let line = error.span().map(|span| self.line(&span));
            self.problem(line, error.message());
        }
        let problems = self.problems.take();
        if problems.is_empty() {
            Ok(tree)
        } else {
            Err(Problems::new(problems))
        }
    }

    pub(super) fn problem(&self, line: Option<usize>, message: impl Into<String>) {
        let problem = Problem::new(self.name, line, message);
        self.problems.borrow_mut().push(problem);
    }

    /// Every problem; or the value, which is missing only where a problem says why.
    pub(super) fn finish<T>(self, value: Option<T>) -> Result<T, Problems> {
        let problems = self.problems.into_inner();
        match value {
            Some(value) if problems.is_empty() => Ok(value),
            _ => Err(Problems::new(problems)),
        }
    }

    fn line(&self, span: &Range<usize>) -> usize {
        let before = self.text.bytes().take(span.start);
        1 + before.filter(|byte| *byte == b'\n').count()
    }
}

/// One table while it is read. A table that is not written has no keys.
pub(super) struct Table<'s> {
    source: &'s Source<'s>,
    path: String,
    line: Option<usize>,
    entries: Option<&'s DeTable<'s>>,
    asked: RefCell<BTreeSet<&'static str>>,
}

impl<'s> Table<'s> {
    pub(super) fn root(source: &'s Source<'s>, tree: &'s DeTable<'s>) -> Self {
        Self::new(source, String::new(), None, Some(tree))
    }

    fn new(
        source: &'s Source<'s>,
        path: String,
        line: Option<usize>,
        entries: Option<&'s DeTable<'s>>,
    ) -> Self {
        let asked = RefCell::default();
        Self {
            source,
            path,
            line,
            entries,
            asked,
        }
    }

    pub(super) fn is_written(&self) -> bool {
        self.entries.is_some()
    }

    /// The line of a key, or of the table.
    pub(super) fn line_of(&self, key: &str) -> Option<usize> {
        let entry = self.entries.and_then(|entries| entries.get_key_value(key));
        entry.map_or(self.line, |(key, _)| Some(self.source.line(&key.span())))
    }

    /// A problem with a key.
    pub(super) fn problem(&self, key: &str, message: impl std::fmt::Display) {
        let named = format!("{}{key}: {message}", self.path);
        self.source.problem(self.line_of(key), named);
    }

    /// A problem at a line of the file.
    pub(super) fn problem_at(&self, line: usize, message: impl Into<String>) {
        self.source.problem(Some(line), message);
    }

    fn value(&self, key: &'static str) -> Option<&'s Spanned<DeValue<'s>>> {
        self.asked.borrow_mut().insert(key);
        self.entries?.get(key)
    }

    fn missing(&self, key: &str) {
        let message = format!("missing key {}{key}", self.path);
        self.source.problem(self.line, message);
    }

    /// A text, where one is written.
    pub(super) fn text(&self, key: &'static str) -> Option<String> {
        let value = self.value(key)?;
        let found = string(value.get_ref());
        if found.is_none() {
            self.problem(key, "must be text");
        }
        found
    }

    /// A text that must be there, without the blanks around it.
    pub(super) fn trimmed(&self, key: &'static str) -> Option<String> {
        if self.value(key).is_none() {
            self.missing(key);
        }
        self.text(key).map(|text| text.trim().to_owned())
    }

    /// A text without blanks around it, and not empty.
    pub(super) fn word(&self, key: &'static str) -> Option<String> {
        let text = self.text(key)?;
        if text.is_empty() || text.trim() != text {
            self.problem(key, "is empty or has blanks around it");
            return None;
        }
        Some(text)
    }

    /// A text that must be there.
    pub(super) fn required(&self, key: &'static str) -> Option<String> {
        if self.value(key).is_none() {
            self.missing(key);
        }
        self.word(key)
    }

    pub(super) fn flag(&self, key: &'static str) -> Option<bool> {
        let found = self.value(key)?.get_ref().as_bool();
        if found.is_none() {
            self.problem(key, "must be true or false");
        }
        found
    }

    pub(super) fn number(&self, key: &'static str) -> Option<u64> {
        let value = self.value(key)?;
        let found = match value.get_ref() {
            DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        if found.is_none() {
            self.problem(key, "must be a whole number that is not negative");
        }
        found
    }

    /// One of a closed set of words.
    pub(super) fn choice<T: Deserialize<'static>>(&self, key: &'static str) -> Option<T> {
        let text = self.text(key)?;
        let read = T::deserialize(text.into_deserializer());
        read.map_err(|error: value::Error| self.problem(key, error))
            .ok()
    }

    /// A list of texts, each with its line.
    pub(super) fn texts(&self, key: &'static str) -> Vec<Located> {
        let list = self.list(key, "must be a list of texts");
        let text = |item: &Spanned<DeValue<'_>>| {
            let text = string(item.get_ref());
            if text.is_none() {
                self.problem(key, "must be a list of texts");
            }
            let line = self.source.line(&item.span());
            text.map(|text| Located { text, line })
        };
        list.into_iter().flatten().filter_map(text).collect()
    }

    /// A table below this one.
    pub(super) fn table(&self, key: &'static str) -> Self {
        let path = format!("{}{key}.", self.path);
        let value = self.value(key);
        let entries = value.and_then(|value| value.get_ref().as_table());
        if value.is_some() && entries.is_none() {
            self.problem(key, "must be a table");
        }
        let line = entries.and_then(|_| self.line_of(key)).or(self.line);
        Self::new(self.source, path, line, entries)
    }

    /// Several tables of one name.
    pub(super) fn tables(&self, key: &'static str) -> Vec<Self> {
        let path = format!("{}{key}.", self.path);
        let list = self.list(key, "must be a list of tables");
        let table = |item: &'s Spanned<DeValue<'s>>| {
            let line = Some(self.source.line(&item.span()));
            let entries = item.get_ref().as_table();
            if entries.is_none() {
                self.problem(key, "must be a list of tables");
            }
            entries.map(|entries| Self::new(self.source, path.clone(), line, Some(entries)))
        };
        list.into_iter().flatten().filter_map(table).collect()
    }

    fn list(&self, key: &'static str, wrong: &str) -> Option<&'s DeArray<'s>> {
        let found = self.value(key)?.get_ref().as_array();
        if found.is_none() {
            self.problem(key, wrong);
        }
        found
    }

    /// Refuses what was not asked for.
    pub(super) fn finish(self) {
        self.check();
    }

    /// Refuses what was not asked for so far.
    pub(super) fn check(&self) {
        let asked = self.asked.borrow();
        for key in self.entries.into_iter().flat_map(|table| table.keys()) {
            let name: &str = key.get_ref();
            if !asked.contains(name) {
                let line = Some(self.source.line(&key.span()));
                let message = format!("unknown key {}{name}", self.path);
                self.source.problem(line, message);
            }
        }
    }
}

fn string(value: &DeValue<'_>) -> Option<String> {
    value.as_str().map(str::to_owned)
}
