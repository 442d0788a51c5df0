//! Code lists: values are facts of a release, kept as data. Rules name a list as a variable and
//! test membership; a value that is only part of a code is not a code.

use crate::{Release, expression::CodeLists};
use serde::Deserialize;

const FILES: [&str; 9] = [
    include_str!("../sets/code-lists/agent-classifications.toml"),
    include_str!("../sets/code-lists/associated-documents.toml"),
    include_str!("../sets/code-lists/countries.toml"),
    include_str!("../sets/code-lists/electronic-addresses.toml"),
    include_str!("../sets/code-lists/errors.toml"),
    include_str!("../sets/code-lists/identifier-schemes.toml"),
    include_str!("../sets/code-lists/languages.toml"),
    include_str!("../sets/code-lists/persons.toml"),
    include_str!("../sets/code-lists/procedures.toml"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    list: Vec<List>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    name: String,
    releases: Vec<Release>,
    values: Vec<String>,
}

/// The lists of a release, by the name rules use.
pub(crate) fn of_release(release: Release) -> Result<CodeLists, toml::de::Error> {
    let mut lists = CodeLists::new();
    for file in FILES {
        let file: File = toml::from_str(file)?;
        for list in file.list {
            if list.releases.contains(&release) {
                lists.entry(list.name).or_default().extend(list.values);
            }
        }
    }
    Ok(lists)
}
