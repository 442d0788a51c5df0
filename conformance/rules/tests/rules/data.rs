//! Published and captured documents, which are not part of the repository.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The folder of published data, or `None` and one line when it is absent; with `CI=true` its
/// absence is a failure.
pub(crate) fn reference(what: &str) -> Option<PathBuf> {
    let path = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/reference"
    ));
    if path.is_dir() {
        return Some(path.to_owned());
    }
    let demanded = std::env::var_os("CI").is_some_and(|value| value == "true");
    assert!(!demanded, "no reference data");
    println!("not run: {what} (no reference data)");
    None
}

/// All files below a folder with this ending, sorted.
pub(crate) fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == ending)
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

pub(crate) fn read(path: &Path) -> Vec<u8> {
    fs::read(path).expect("a file")
}

/// A document without the white space in front that some published files have.
pub(crate) fn document(path: &Path) -> Vec<u8> {
    read(path).trim_ascii_start().to_vec()
}

/// Path below the folder of EDM data, as `expected.json` writes it.
pub(crate) fn short(path: &Path) -> String {
    let text = path.to_string_lossy();
    let short = text
        .split_once("/oots/")
        .map_or(text.as_ref(), |(_, rest)| rest);
    short.to_owned()
}

/// The Schematron files of a folder.
pub(crate) fn schemas(folder: &Path) -> rules::RuleSet {
    let files: Vec<_> = files(folder, "sch")
        .iter()
        .map(|path| rules::RuleFile {
            name: path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned(),
            content: read(path),
        })
        .collect();
    rules::official(&files).expect("published files are read")
}

/// One entry of an `expected.json`.
pub(crate) struct Mutation {
    pub(crate) file: String,
    /// `None`: the rules of that release do not see it.
    pub(crate) target: Option<String>,
    pub(crate) fires: Vec<String>,
}

pub(crate) fn mutations(folder: &Path) -> Vec<Mutation> {
    let text = read(&folder.join("expected.json"));
    let value: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
    let text = |value: &serde_json::Value| value.as_str().expect("a string").to_owned();
    let list = |value: &serde_json::Value, name: &str| {
        let list = value.get(name).and_then(serde_json::Value::as_array);
        list.expect("a list").clone()
    };
    list(&value, "files")
        .iter()
        .map(|entry| Mutation {
            file: entry.get("file").map(text).expect("a file"),
            target: entry
                .get("target")
                .and_then(serde_json::Value::as_str)
                .map(str::to_owned),
            fires: list(entry, "schematron").iter().map(text).collect(),
        })
        .collect()
}
