//! What is set, and where: for `bridge config print`.

use std::path::Path;

use serde::Serialize;

use super::{
    ConfigErrors, Overrides,
    load::read_text,
    problem::{Origin, Problems},
    tree::{self, Entries, Value},
};

/// One setting that is written somewhere.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Setting {
    /// The key with its sections.
    pub key: String,
    /// The value as TOML; what may hold a password is hidden.
    pub value: String,
    /// The place that won.
    pub origin: String,
}

/// Everything that file, environment and command line set, without checking what it means.
///
/// # Errors
/// A file that cannot be read or is not TOML.
pub fn settings(path: &Path, overrides: &Overrides) -> Result<Vec<Setting>, ConfigErrors> {
    let problems = Problems::default();
    let text = match read_text(path) {
        Ok(text) => Some(text),
        Err(wrong) => {
            problems.add(&Origin::whole_file(path), wrong.problem, wrong.hint);
            None
        }
    };
    let settings = text.map(|text| {
        let mut root = tree::parse(path, &text, &problems);
        overrides.apply(&mut root, &problems);
        let mut settings = Vec::new();
        flatten(&root, "", &mut settings);
        settings
    });
    problems.finish(settings)
}

fn flatten(entries: &Entries, above: &str, settings: &mut Vec<Setting>) {
    for (name, node) in entries {
        let key = if above.is_empty() {
            name.clone()
        } else {
            format!("{above}.{name}")
        };
        match &node.value {
            Value::Table(inner) => flatten(inner, &key, settings),
            value => {
                let value = shown(value);
                settings.push(Setting {
                    key,
                    value,
                    origin: node.origin.to_string(),
                });
            }
        }
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Bool(truth) => truth.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Foreign(kind) => format!("({kind})"),
        Value::Text(text) | Value::Loose(text) => format!("{:?}", without_password(text)),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| shown(&item.value)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Table(entries) => {
            let pair =
                |(name, node): (&String, &tree::Node)| format!("{name} = {}", shown(&node.value));
            format!(
                "{{ {} }}",
                entries.iter().map(pair).collect::<Vec<_>>().join(", ")
            )
        }
    }
}

/// Hides what stands between `//` and `@` of a URL.
fn without_password(text: &str) -> String {
    let hidden = text.split_once("://").and_then(|(scheme, rest)| {
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let (_, host) = authority.rsplit_once('@')?;
        Some(format!("{scheme}://[secret]@{host}{path}"))
    });
    hidden.unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn passwords_in_urls_are_hidden() {
        assert_eq!(
            without_password("redis://:geheim@host:1/0"),
            "redis://[secret]@host:1/0"
        );
        assert_eq!(
            without_password("redis://user:a@b@host"),
            "redis://[secret]@host"
        );
        assert_eq!(without_password("https://host/a@b"), "https://host/a@b");
        assert_eq!(without_password("keys/a.pem"), "keys/a.pem");
    }
}
