//! Broken messages, each made for one rule: refused or read with a caution, never a panic. The
//! snapshot tells which rules the types find; the others are left to the rule sets.

use crate::reference;
use mapping::edm;
use std::{collections::BTreeMap, fmt::Write, fs};

/// What reading a message said about the rule it was made to break.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
enum Verdict {
    /// Refused under this rule.
    Refused,
    /// Read, with a caution that names this rule.
    Noted,
    /// Refused under another rule.
    Otherwise(&'static str),
    /// Read without a word about this rule.
    Unseen,
}

fn verdict(bytes: &[u8], target: &str) -> Verdict {
    match edm::decode(bytes) {
        Err(invalid) if invalid.rule() == target => Verdict::Refused,
        Err(invalid) => Verdict::Otherwise(invalid.rule()),
        Ok(message) => {
            let mut cautions = message.cautions().iter();
            match cautions.any(|caution| caution.rule() == Some(target)) {
                true => Verdict::Noted,
                false => Verdict::Unseen,
            }
        }
    }
}

/// The published 1.0 error rules have two digits and are numbered one less from the time stamp on.
fn today(rule: &str) -> String {
    match rule.strip_prefix("R-EDM-ERR-S") {
        Some("12") => "R-EDM-ERR-S013".to_owned(),
        Some(digits) if digits.len() == 2 => format!("R-EDM-ERR-S0{digits}"),
        _ => rule.to_owned(),
    }
}

fn table(line: &str) -> Option<String> {
    let folder = reference::folder("broken messages")?
        .join(line)
        .join("xml/invalid");
    let expected = fs::read(folder.join("expected.json")).unwrap();
    let expected: serde_json::Value = serde_json::from_slice(&expected).unwrap();
    let mut rows = BTreeMap::new();
    for entry in expected["files"].as_array().unwrap() {
        let file = entry["file"].as_str().unwrap();
        let target = today(entry["target"].as_str().unwrap_or("none"));
        let bytes = fs::read(folder.join(file)).unwrap();
        rows.insert((verdict(&bytes, &target), file.to_owned()), target);
    }
    let mut table = String::new();
    let refused = rows
        .keys()
        .filter(|(verdict, _)| *verdict == Verdict::Refused);
    let noted = rows
        .keys()
        .filter(|(verdict, _)| *verdict == Verdict::Noted);
    let counts = (rows.len(), refused.count(), noted.count());
    writeln!(
        table,
        "{} files, {} refused, {} noted",
        counts.0, counts.1, counts.2
    )
    .unwrap();
    for ((verdict, file), target) in &rows {
        let said = match verdict {
            Verdict::Refused => "refused".to_owned(),
            Verdict::Noted => "noted".to_owned(),
            Verdict::Otherwise(rule) => format!("refused as {rule}"),
            Verdict::Unseen => "unseen".to_owned(),
        };
        writeln!(table, "{target:16} {said:28} {file}").unwrap();
    }
    Some(table)
}

#[test]
fn broken_messages_of_1_0_are_refused_or_noted() {
    if let Some(table) = table("v1.0") {
        insta::assert_snapshot!("broken_1_0", table);
    }
}

#[test]
fn broken_messages_of_1_2_are_refused_or_noted() {
    if let Some(table) = table("v1.2") {
        insta::assert_snapshot!("broken_1_2", table);
    }
}

#[test]
fn broken_messages_of_2_0_are_refused_or_noted() {
    if let Some(table) = table("v2.0") {
        insta::assert_snapshot!("broken_2_0", table);
    }
}

#[test]
fn a_refused_request_tells_its_id_and_release_line() {
    let Some(root) = reference::folder("broken messages") else {
        return;
    };
    for line in ["v1.0", "v1.2", "v2.0"] {
        let folder = root.join(line).join("xml/invalid");
        for path in reference::files(&folder, |name| name.starts_with("req-")) {
            let name = path.file_name().unwrap().to_str().unwrap();
            let Err(invalid) = edm::decode(&fs::read(&path).unwrap()) else {
                continue;
            };
            assert!(invalid.is_request(), "{line}/{name}");
            assert_eq!(
                invalid.request_id().is_some(),
                name != "req-id-not-uuid.xml",
                "{line}/{name}"
            );
            let unknown = name.contains("SpecificationIdentifier.xml") && name.contains("missing")
                || name == "req-spec-id-unknown.xml";
            assert_eq!(invalid.version().is_some(), !unknown, "{line}/{name}");
        }
    }
}
