//! The requirement ledger: `conformance/requirements/*.toml` against the citations in comments.

use crate::tree::{File, files};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::Path,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chapter {
    requirement: Vec<Requirement>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Requirement {
    id: String,
    level: String,
    text: String,
    source: String,
    status: Status,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Done,
    Todo,
    Exception(String),
}

pub(crate) struct Report {
    pub(crate) faults: Vec<String>,
    pub(crate) table: String,
}

/// How an id begins, so that an ordinary `[link]` in a comment is not taken for a citation.
const PREFIXES: [&str; 12] = [
    "AS4 ", "AS4_", "AT-", "DSD:ERR:", "EB:ERR:", "EBMS:", "EDM:ERR:", "NOOTS", "R-DSD-", "R-EDM-",
    "ROB-", "XN-",
];

pub(crate) fn check(root: &Path) -> Report {
    let mut faults = Vec::new();
    let mut ledger: BTreeMap<String, Requirement> = BTreeMap::new();
    let mut chapters: Vec<(String, Vec<String>)> = Vec::new();
    let folder = root.join("conformance/requirements");
    let mut names: Vec<_> = fs::read_dir(&folder)
        .expect("the ledger")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    for name in names {
        let text = fs::read_to_string(folder.join(&name)).expect("a readable chapter");
        let chapter: Chapter =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        chapters.push((
            name.clone(),
            chapter.requirement.iter().map(|r| r.id.clone()).collect(),
        ));
        for requirement in chapter.requirement {
            if requirement.text.is_empty()
                || requirement.source.is_empty()
                || requirement.level.is_empty()
            {
                faults.push(format!("{name}: {} is incomplete", requirement.id));
            }
            let id = requirement.id.clone();
            if ledger.insert(id.clone(), requirement).is_some() {
                faults.push(format!("{name}: {id} is there twice"));
            }
        }
    }
    let (mut code, mut tests) = (BTreeSet::new(), BTreeSet::new());
    for file in files(&["rs"]) {
        cite(&file, &ledger, &mut code, &mut tests, &mut faults);
    }
    for (id, requirement) in &ledger {
        if matches!(&requirement.status, Status::Exception(reason) if reason.trim().is_empty()) {
            faults.push(format!("{id} is an exception without a reason"));
        }
        if matches!(requirement.status, Status::Done) {
            // A test of others is about the whole, and has no line of code as its place.
            let wanted = [(&code, "code"), (&tests, "test")];
            for (set, what) in wanted
                .into_iter()
                .skip(usize::from(requirement.level == "test"))
            {
                if !set.contains(id) {
                    faults.push(format!("{id} is done but no {what} cites it"));
                }
            }
        }
    }
    Report {
        faults,
        table: table(&chapters, &ledger),
    }
}

fn cite(
    file: &File,
    ledger: &BTreeMap<String, Requirement>,
    code: &mut BTreeSet<String>,
    tests: &mut BTreeSet<String>,
    faults: &mut Vec<String>,
) {
    let code_end = if file.is_test() { 0 } else { file.code().len() };
    let mut offset = 0;
    for line in file.text.split_inclusive('\n') {
        for id in line
            .split_once("//")
            .map_or(Vec::new(), |(_, comment)| ids(comment))
        {
            if ledger.contains_key(id) {
                let set = if offset < code_end {
                    &mut *code
                } else {
                    &mut *tests
                };
                set.insert(id.to_owned());
            } else {
                faults.push(format!("{}: [{id}] is not in the ledger", file.path));
            }
        }
        offset += line.len();
    }
}

/// `[id]` and `[id, id]` in a comment; `[text](link)` and `[text]: link` are not citations.
fn ids(comment: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for piece in comment.split('[').skip(1) {
        let Some((inside, after)) = piece.split_once(']') else {
            continue;
        };
        if after.starts_with('(') || after.starts_with(':') {
            continue;
        }
        let listed = inside.split(',').map(str::trim);
        // Documentation comments quote ids, because rustdoc takes brackets for links.
        found.extend(listed.map(|id| id.trim_matches('`')).filter(|id| is_id(id)));
    }
    found
}

fn is_id(text: &str) -> bool {
    let short = |letter: char| {
        text.strip_prefix(letter).is_some_and(|digits| {
            !digits.is_empty() && digits.len() <= 2 && digits.bytes().all(|b| b.is_ascii_digit())
        })
    };
    PREFIXES
        .iter()
        .filter(|p| p.len() > 2)
        .any(|prefix| text.starts_with(prefix))
        || ['B', 'P', 'W'].into_iter().any(short)
}

fn table(chapters: &[(String, Vec<String>)], ledger: &BTreeMap<String, Requirement>) -> String {
    let mut table = "| chapter | done | todo | exception |\n| --- | --- | --- | --- |\n".to_owned();
    for (name, ids) in chapters {
        let mut counts = [0; 3];
        for requirement in ids.iter().filter_map(|id| ledger.get(id)) {
            let at = match &requirement.status {
                Status::Done => 0,
                Status::Todo => 1,
                Status::Exception(_) => 2,
            };
            if let Some(count) = counts.get_mut(at) {
                *count += 1;
            }
        }
        let [done, todo, exception] = counts;
        writeln!(table, "| {name} | {done} | {todo} | {exception} |").expect("writing to a string");
    }
    table
}
