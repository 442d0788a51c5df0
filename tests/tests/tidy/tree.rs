//! Files of the working tree, without build output.

use std::{fs, path::PathBuf};

/// A text file, with its path from the workspace root.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    /// Whether the whole file is test code.
    pub(crate) fn is_test(&self) -> bool {
        self.path.contains("/tests/") || self.path.ends_with("/tests.rs")
    }

    /// The text in front of an inline test module.
    pub(crate) fn code(&self) -> &str {
        self.text
            .split("#[cfg(test)]\nmod tests {")
            .next()
            .unwrap_or_default()
    }
}

pub(crate) fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All files with one of these extensions, or with one as their whole name.
pub(crate) fn files(extensions: &[&str]) -> Vec<File> {
    let mut found = Vec::new();
    collect(PathBuf::new(), extensions, &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn collect(folder: PathBuf, extensions: &[&str], found: &mut Vec<File>) {
    for entry in fs::read_dir(root().join(&folder)).expect("a readable folder") {
        let entry = entry.expect("a readable entry");
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = folder.join(&name);
        if entry.file_type().expect("a file type").is_dir() {
            if !matches!(name.as_str(), "target" | ".git" | "node_modules") {
                collect(path, extensions, found);
            }
        } else if extensions.contains(&name.rsplit('.').next().unwrap_or_default()) {
            // A file that is no text has no words to check.
            if let Ok(text) = fs::read_to_string(root().join(&path)) {
                found.push(File {
                    path: path.to_string_lossy().into_owned(),
                    text,
                });
            }
        }
    }
}
