//! Settings from outside the file: `BRIDGE__SECTION__KEY` and `--set section.key=value`.

use super::{
    problem::{Origin, Problems},
    tree::{self, Entries},
};

/// A `--set` that is not `key=value`.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0:?} is not key=value")]
pub struct BadOverride(String);

/// Overrides in the order in which they apply: the last one wins.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    settings: Vec<Setting>,
}

#[derive(Clone, Debug)]
struct Setting {
    origin: Origin,
    key: String,
    value: Option<String>,
}

impl Overrides {
    /// No overrides.
    pub fn none() -> Self {
        Self::default()
    }

    /// What the environment of this process says.
    pub fn from_environment() -> Self {
        let named = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.to_str()?.to_owned();
            Some((name, value.into_string().ok()))
        });
        let mut overrides = Self::default();
        for (name, value) in named {
            overrides.add_variable(&name, value);
        }
        overrides
    }

    /// Adds a `key=value` of the command line.
    ///
    /// # Errors
    /// Text without `=` or without a key.
    pub fn set(mut self, setting: &str) -> Result<Self, BadOverride> {
        let (key, value) = setting
            .split_once('=')
            .filter(|(key, _)| !key.trim().is_empty())
            .ok_or_else(|| BadOverride(setting.to_owned()))?;
        self.settings.push(Setting {
            origin: Origin::Set(key.trim().into()),
            key: key.trim().to_owned(),
            value: Some(value.trim().to_owned()),
        });
        Ok(self)
    }

    fn add_variable(&mut self, name: &str, value: Option<String>) {
        let Some(rest) = name.strip_prefix(PREFIX) else {
            return;
        };
        self.settings.push(Setting {
            origin: Origin::Environment(name.into()),
            key: rest.replace("__", ".").to_ascii_lowercase(),
            value,
        });
    }

    pub(super) fn apply(&self, root: &mut Entries, problems: &Problems) {
        for Setting { origin, key, value } in &self.settings {
            let Some(value) = value else {
                problems.add(origin, "the value is not UTF-8 text", "");
                continue;
            };
            if !tree::overlay(root, key, value, origin) {
                problems.add(origin, format!("{key:?} is not a key"), "section.key");
            }
        }
    }
}

const PREFIX: &str = "BRIDGE__";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_without_key_or_sign_is_refused() {
        for text in ["", "store.url", "=x", " =x"] {
            assert!(Overrides::none().set(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn only_our_variables_count() {
        let mut overrides = Overrides::none();
        overrides.add_variable("BRIDGE__STORE__URL", Some("redis://x".into()));
        overrides.add_variable("BRIDGE_HOME", Some("x".into()));
        overrides.add_variable("PATH", Some("x".into()));
        let keys: Vec<_> = overrides
            .settings
            .iter()
            .map(|setting| &setting.key)
            .collect();
        assert_eq!(keys, ["store.url"]);
    }
}
