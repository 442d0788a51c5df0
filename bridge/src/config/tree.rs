//! TOML text and overrides as one tree in which every value knows where it was set.

use std::{collections::BTreeMap, ops::Range, path::Path, sync::Arc};

use toml::de::{DeTable, DeValue};

use super::problem::{Origin, Problems};

/// A table: values by key.
pub(super) type Entries = BTreeMap<String, Node>;

/// A value and the place where it was set.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) origin: Origin,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Array(Vec<Node>),
    Bool(bool),
    /// Floats and dates: no setting of ours takes one.
    Foreign(&'static str),
    Integer(i64),
    /// From an override: text, number or truth, as the reader of the key needs it.
    Loose(String),
    Table(Entries),
    Text(String),
}

impl Value {
    /// The kind of value, as a problem names it.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Array(_) => "a list",
            Self::Bool(_) => "true or false",
            Self::Foreign(kind) => kind,
            Self::Integer(_) => "a number",
            Self::Loose(_) | Self::Text(_) => "text",
            Self::Table(_) => "a table",
        }
    }
}

/// Reads a TOML text. Every syntax error is reported; what could be read is returned all the same.
pub(super) fn parse(name: &Path, text: &str, problems: &Problems) -> Entries {
    let file: Arc<str> = name.display().to_string().into();
    let lines = Lines { file, text };
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let at = lines.origin(error.span().unwrap_or_default());
        problems.add(&at, format!("not TOML: {}", error.message()), "");
    }
    lines.entries(table.get_ref())
}

/// Puts an override in place of, or beside, what the files say.
pub(super) fn overlay(root: &mut Entries, key: &str, text: &str, origin: &Origin) -> bool {
    let mut table = root;
    let mut names = key.split('.').peekable();
    while let Some(name) = names.next() {
        if name.is_empty() {
            return false;
        }
        if names.peek().is_none() {
            let node = Node {
                value: override_value(text, origin),
                origin: origin.clone(),
            };
            table.insert(name.to_owned(), node);
            return true;
        }
        let empty = || Node {
            value: Value::Table(Entries::new()),
            origin: origin.clone(),
        };
        let node = table.entry(name.to_owned()).or_insert_with(empty);
        if !matches!(node.value, Value::Table(_)) {
            *node = empty();
        }
        let Value::Table(inner) = &mut node.value else {
            return false;
        };
        table = inner;
    }
    false
}

/// Lists and tables are written as TOML writes them; all else is taken as it is.
fn override_value(text: &str, origin: &Origin) -> Value {
    let structured = text.starts_with('{') || text.starts_with('[');
    match DeValue::parse(text) {
        Ok(value) if structured => relocated(value.get_ref(), origin),
        _ => Value::Loose(text.to_owned()),
    }
}

fn relocated(value: &DeValue<'_>, origin: &Origin) -> Value {
    convert(value, &|_| origin.clone())
}

struct Lines<'t> {
    file: Arc<str>,
    text: &'t str,
}

impl Lines<'_> {
    fn origin(&self, span: Range<usize>) -> Origin {
        let before = self.text.as_bytes().iter().take(span.start);
        let line = 1 + before.filter(|byte| **byte == b'\n').count();
        Origin::File {
            file: Arc::clone(&self.file),
            line,
        }
    }

    fn entries(&self, table: &DeTable<'_>) -> Entries {
        entries(table, &|span| self.origin(span))
    }
}

fn entries(table: &DeTable<'_>, place: &dyn Fn(Range<usize>) -> Origin) -> Entries {
    let node = |(key, value): (&toml::Spanned<_>, &toml::Spanned<DeValue<'_>>)| {
        let node = Node {
            value: convert(value.get_ref(), place),
            origin: place(key.span()),
        };
        let name: &std::borrow::Cow<'_, str> = key.get_ref();
        (name.to_string(), node)
    };
    table.iter().map(node).collect()
}

fn convert(value: &DeValue<'_>, place: &dyn Fn(Range<usize>) -> Origin) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Boolean(truth) => Value::Bool(*truth),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or(Value::Foreign("a number beyond 64 bits"), Value::Integer),
        DeValue::Float(_) => Value::Foreign("a number with a fraction"),
        DeValue::Datetime(_) => Value::Foreign("a date"),
        DeValue::Array(items) => Value::Array(
            items
                .iter()
                .map(|item| Node {
                    value: convert(item.get_ref(), place),
                    origin: place(item.span()),
                })
                .collect(),
        ),
        DeValue::Table(table) => Value::Table(entries(table, place)),
    }
}
