//! Secrets come from files that only their owner can read, or from the environment.

use std::{fmt, fs, io, os::unix::fs::PermissionsExt, path::Path};

use zeroize::Zeroizing;

use super::{
    read::{Table, Wrong},
    tree::Value,
};

/// A secret text; wiped from memory when dropped, never printed.
#[derive(Clone, Eq, PartialEq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes over a text.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl Table<'_> {
    /// A secret whose plain text in the configuration is the name of a file.
    pub(super) fn secret_file(&mut self, key: &'static str) -> Option<Secret> {
        match self.node(key).map(|node| &node.value) {
            None => {
                self.missing(key, "the name of a file, or { env = \"NAME\" }");
                None
            }
            Some(Value::Table(_)) => self.secret_table(key),
            Some(_) => self.path(key).and_then(|path| self.secret_of(key, &path)),
        }
    }

    /// A secret that may stand in the configuration itself, as a whole URL does.
    pub(super) fn secret_text(&mut self, key: &'static str) -> Option<Secret> {
        match self.node(key).map(|node| &node.value) {
            Some(Value::Table(_)) => self.secret_table(key),
            _ => self.get::<String>(key).map(Secret::new),
        }
    }

    /// `{ file = "…" }` or `{ env = "…" }`.
    fn secret_table(&mut self, key: &'static str) -> Option<Secret> {
        let mut table = self.section(key);
        let file = table.find_path("file");
        let name = table.find::<String>("env");
        let secret = match (file, name) {
            (Some(path), None) => table.secret_of("file", &path),
            (None, Some(name)) => table.secret_from_environment(&name),
            _ => {
                self.problem(key, "needs either file or env", "");
                None
            }
        };
        table.finish();
        secret
    }

    fn secret_of(&self, key: &str, path: &Path) -> Option<Secret> {
        match secret_from_file(path) {
            Ok(secret) => Some(secret),
            Err(wrong) => {
                self.problem(key, wrong.problem, wrong.hint);
                None
            }
        }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the configuration is what reads the environment"
    )]
    fn secret_from_environment(&self, name: &str) -> Option<Secret> {
        if let Ok(text) = std::env::var(name) {
            return Some(Secret::new(text));
        }
        self.problem(
            "env",
            format!("the environment variable {name} is not set"),
            "",
        );
        None
    }
}

/// Reads a file that others must not be able to read.
pub(super) fn secret_from_file(path: &Path) -> Result<Secret, Wrong> {
    let shown = path.display();
    let mode = fs::metadata(path)
        .map_err(|error| unreadable(path, &error))?
        .permissions()
        .mode();
    if mode & 0o007 != 0 {
        return Err(Wrong::new(
            format!(
                "{shown} can be read by everyone (mode {:03o})",
                mode & 0o777
            ),
            format!("chmod 600 {shown}"),
        ));
    }
    fs::read_to_string(path)
        .map(Secret::new)
        .map_err(|error| unreadable(path, &error))
}

/// What to say about a file that cannot be read.
pub(super) fn unreadable(path: &Path, error: &io::Error) -> Wrong {
    let shown = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => Wrong::new(
            format!("{shown} does not exist"),
            "paths are relative to the configuration file",
        ),
        io::ErrorKind::PermissionDenied => {
            Wrong::new(format!("{shown} cannot be read"), "permission denied")
        }
        io::ErrorKind::InvalidData => Wrong::new(format!("{shown} is not UTF-8 text"), ""),
        _ => Wrong::new(format!("{shown} cannot be read"), error.to_string()),
    }
}
