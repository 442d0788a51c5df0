//! Reads one table of the tree into typed values and says what is missing, wrong or unknown.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use url::Url;

use super::{
    problem::{Origin, Problems},
    tree::{Entries, Node, Value},
};

/// What every reader needs: the folder relative paths start from, and the list of problems.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) base: PathBuf,
    pub(super) problems: Problems,
}

/// Why a value cannot be taken.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) problem: String,
    pub(super) hint: String,
}

impl Wrong {
    pub(super) fn new(problem: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
            hint: hint.into(),
        }
    }

    fn kind(expected: &str, found: &Value) -> Self {
        Self::new(format!("must be {expected}, not {}", found.kind()), "")
    }
}

/// A value that stands in one place of a configuration.
pub(super) trait Scalar: Sized {
    fn from_value(value: &Value) -> Result<Self, Wrong>;
}

impl Scalar for String {
    fn from_value(value: &Value) -> Result<Self, Wrong> {
        match value {
            Value::Text(text) | Value::Loose(text) if text.trim().is_empty() => {
                Err(Wrong::new("must not be empty", ""))
            }
            Value::Text(text) | Value::Loose(text) => Ok(text.clone()),
            other => Err(Wrong::kind("text", other)),
        }
    }
}

impl Scalar for bool {
    fn from_value(value: &Value) -> Result<Self, Wrong> {
        match value {
            Value::Bool(truth) => Ok(*truth),
            Value::Loose(text) if text == "true" => Ok(true),
            Value::Loose(text) if text == "false" => Ok(false),
            other => Err(Wrong::kind("true or false", other)),
        }
    }
}

impl Scalar for u64 {
    fn from_value(value: &Value) -> Result<Self, Wrong> {
        let number = match value {
            Value::Integer(number) => Self::try_from(*number).ok(),
            Value::Loose(text) => text.parse().ok(),
            other => return Err(Wrong::kind("a whole number", other)),
        };
        number.ok_or_else(|| Wrong::new("must be a whole number that is not negative", ""))
    }
}

impl Scalar for SocketAddr {
    fn from_value(value: &Value) -> Result<Self, Wrong> {
        let text = String::from_value(value)?;
        let hint = "for example \"127.0.0.1:8443\" or \"[::]:8443\"";
        text.parse()
            .map_err(|_| Wrong::new(format!("{text:?} is not address:port"), hint))
    }
}

impl Scalar for Url {
    fn from_value(value: &Value) -> Result<Self, Wrong> {
        let text = String::from_value(value)?;
        let hint = "for example \"https://bridge.example/\"";
        let url: Self = text
            .parse()
            .map_err(|_| Wrong::new(format!("{text:?} is not a URL"), hint))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(Wrong::new(
                format!("{text:?} is not an http or https URL"),
                hint,
            ));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Wrong::new("must not carry a user name or password", ""));
        }
        Ok(url)
    }
}

/// A setting with a closed set of words.
pub(super) trait Choice: Copy + 'static {
    const WORDS: &'static [(&'static str, Self)];
}

impl<T: Choice> Scalar for T {
    fn from_value(value: &Value) -> Result<Self, Wrong> {
        let text = String::from_value(value)?;
        let known = T::WORDS.iter().find(|(word, _)| *word == text);
        known.map(|(_, choice)| *choice).ok_or_else(|| {
            let words: Vec<_> = T::WORDS
                .iter()
                .map(|(word, _)| format!("\"{word}\""))
                .collect();
            Wrong::new(
                format!("{text:?} is not a known value"),
                format!("one of {}", words.join(", ")),
            )
        })
    }
}

/// One table while it is read.
#[derive(Debug)]
pub(super) struct Table<'c> {
    path: String,
    entries: Option<&'c Entries>,
    origin: Origin,
    context: &'c Context,
    asked: BTreeSet<&'static str>,
}

impl<'c> Table<'c> {
    pub(super) fn root(entries: &'c Entries, file: &Path, context: &'c Context) -> Self {
        Self {
            path: String::new(),
            entries: Some(entries),
            origin: Origin::whole_file(file),
            context,
            asked: BTreeSet::new(),
        }
    }

    pub(super) fn context(&self) -> &'c Context {
        self.context
    }

    /// Where `key` is written, or else where the table begins.
    pub(super) fn origin_of(&self, key: &str) -> &Origin {
        let node = self.entries.and_then(|entries| entries.get(key));
        node.map_or(&self.origin, |node| &node.origin)
    }

    /// Whether the table is written at all.
    pub(super) fn is_present(&self) -> bool {
        self.entries.is_some()
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.entries
            .is_some_and(|entries| entries.contains_key(key))
    }

    /// Whether `key` holds a table.
    pub(super) fn is_table(&self, key: &str) -> bool {
        let node = self.entries.and_then(|entries| entries.get(key));
        node.is_some_and(|node| matches!(node.value, Value::Table(_)))
    }

    pub(super) fn node(&mut self, key: &'static str) -> Option<&'c Node> {
        self.asked.insert(key);
        self.entries?.get(key)
    }

    /// A required value; its absence is a problem.
    pub(super) fn get<T: Scalar>(&mut self, key: &'static str) -> Option<T> {
        if !self.has(key) {
            self.missing(key, "");
        }
        self.find(key)
    }

    /// An optional value.
    pub(super) fn find<T: Scalar>(&mut self, key: &'static str) -> Option<T> {
        let node = self.node(key)?;
        self.taken(key, node)
    }

    /// A value with a default.
    pub(super) fn or<T: Scalar>(&mut self, key: &'static str, default: T) -> T {
        self.find(key).unwrap_or(default)
    }

    /// A time in seconds, at least one.
    pub(super) fn seconds(&mut self, key: &'static str, default: u64) -> Duration {
        let seconds = self.or(key, default);
        if seconds == 0 {
            self.problem(key, "must be at least 1", "");
        }
        Duration::from_secs(seconds)
    }

    /// A list of values; absent is empty.
    pub(super) fn list<T: Scalar>(&mut self, key: &'static str) -> Vec<T> {
        let Some(node) = self.node(key) else {
            return Vec::new();
        };
        match &node.value {
            Value::Array(items) => items
                .iter()
                .filter_map(|item| self.taken(key, item))
                .collect(),
            _ => self.taken(key, node).into_iter().collect(),
        }
    }

    /// A required path, relative to the configuration file.
    pub(super) fn path(&mut self, key: &'static str) -> Option<PathBuf> {
        self.get::<String>(key)
            .map(|text| self.context.base.join(text))
    }

    /// An optional path, relative to the configuration file.
    pub(super) fn find_path(&mut self, key: &'static str) -> Option<PathBuf> {
        self.find::<String>(key)
            .map(|text| self.context.base.join(text))
    }

    /// A table below this one; when it is absent, an empty one, so that its required keys are
    /// reported one by one.
    pub(super) fn section(&mut self, key: &'static str) -> Self {
        let path = self.dotted(key);
        let node = self.node(key);
        let origin = node.map_or(&self.origin, |node| &node.origin).clone();
        let entries = match node.map(|node| &node.value) {
            Some(Value::Table(entries)) => Some(entries),
            Some(other) => {
                let wrong = Wrong::kind("a table", other);
                self.context
                    .problems
                    .add(&origin, format!("{path}: {}", wrong.problem), "");
                None
            }
            None => None,
        };
        Self {
            path,
            entries,
            origin,
            context: self.context,
            asked: BTreeSet::new(),
        }
    }

    /// A table below this one that may be absent.
    pub(super) fn optional(&mut self, key: &'static str) -> Option<Self> {
        self.has(key)
            .then(|| self.section(key))
            .filter(Self::is_present)
    }

    /// One table or a list of tables.
    pub(super) fn tables(&mut self, key: &'static str) -> Vec<Self> {
        let Some(node) = self.node(key) else {
            return Vec::new();
        };
        let nodes = match &node.value {
            Value::Array(items) => items.iter().collect(),
            _ => vec![node],
        };
        let mut tables = Vec::new();
        for node in nodes {
            let Value::Table(entries) = &node.value else {
                let wrong = Wrong::kind("a table", &node.value);
                self.report(key, &node.origin, wrong);
                continue;
            };
            tables.push(Self {
                path: self.dotted(key),
                entries: Some(entries),
                origin: node.origin.clone(),
                context: self.context,
                asked: BTreeSet::new(),
            });
        }
        tables
    }

    /// Every key with its text, for tables whose keys are data (language codes).
    pub(super) fn texts(&self) -> Vec<(String, String)> {
        let Some(entries) = self.entries else {
            return Vec::new();
        };
        let take = |(key, node): (&String, &Node)| match String::from_value(&node.value) {
            Ok(text) => Some((key.clone(), text)),
            Err(wrong) => {
                self.report(key, &node.origin, wrong);
                None
            }
        };
        entries.iter().filter_map(take).collect()
    }

    /// Reports a problem with the value of `key`, at its place or, if absent, at the table's.
    pub(super) fn problem(&self, key: &str, problem: impl Into<String>, hint: impl Into<String>) {
        self.report(
            key,
            self.origin_of(key),
            Wrong {
                problem: problem.into(),
                hint: hint.into(),
            },
        );
    }

    pub(super) fn missing(&self, key: &str, hint: &str) {
        let problem = format!("missing key {}", self.dotted(key));
        self.context.problems.add(&self.origin, problem, hint);
    }

    /// Refuses what nobody asked for.
    pub(super) fn finish(self) {
        let Some(entries) = self.entries else { return };
        for (key, node) in entries {
            if self.asked.contains(key.as_str()) {
                continue;
            }
            let hint = nearest(key, &self.asked)
                .map(|known| format!("did you mean {known}?"))
                .unwrap_or_else(|| self.known());
            let problem = format!("unknown key {}", self.dotted(key));
            self.context.problems.add(&node.origin, problem, hint);
        }
    }

    fn known(&self) -> String {
        let known: Vec<_> = self.asked.iter().copied().collect();
        format!("known here: {}", known.join(", "))
    }

    fn taken<T: Scalar>(&self, key: &str, node: &Node) -> Option<T> {
        match T::from_value(&node.value) {
            Ok(value) => Some(value),
            Err(wrong) => {
                self.report(key, &node.origin, wrong);
                None
            }
        }
    }

    fn report(&self, key: &str, origin: &Origin, wrong: Wrong) {
        let problem = format!("{}: {}", self.dotted(key), wrong.problem);
        self.context.problems.add(origin, problem, wrong.hint);
    }

    fn dotted(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }
}

/// The known key that a typo most likely meant.
fn nearest(key: &str, known: &BTreeSet<&'static str>) -> Option<&'static str> {
    let near = known
        .iter()
        .map(|candidate| (distance(key, candidate), *candidate));
    let (distance, candidate) = near.min()?;
    (distance <= 1 + key.len() / 4).then_some(candidate)
}

/// Levenshtein distance.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (b, cell) in other.chars().zip(row.iter_mut().skip(1)) {
            let substituted = diagonal + usize::from(a != b);
            diagonal = *cell;
            left = substituted.min(left + 1).min(*cell + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_counts_edits() {
        assert_eq!(distance("adress", "address"), 1);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", "abc"), 0);
    }

    #[test]
    fn a_typo_is_recognized_and_a_foreign_word_is_not() {
        let known = BTreeSet::from(["address", "base_url", "tls"]);
        assert_eq!(nearest("adress", &known), Some("address"));
        assert_eq!(nearest("baseurl", &known), Some("base_url"));
        assert_eq!(nearest("keepalive", &known), None);
    }
}
