//! Our sets on mutated messages: the rule a message was made for fires.

use crate::data;
use rules::{DocumentKind, Release, check};

/// Identifiers of the published files of 1.0 that are numbered apart from its table.
const RENUMBERED: [(&str, &str); 9] = [
    ("R-EDM-REQ-C010", "R-EDM-REQ-C011"),
    ("R-EDM-ERR-S02", "R-EDM-ERR-S002"),
    ("R-EDM-ERR-S06", "R-EDM-ERR-S006"),
    ("R-EDM-ERR-S07", "R-EDM-ERR-S007"),
    ("R-EDM-ERR-S08", "R-EDM-ERR-S008"),
    ("R-EDM-ERR-S09", "R-EDM-ERR-S009"),
    ("R-EDM-ERR-S10", "R-EDM-ERR-S010"),
    ("R-EDM-ERR-S11", "R-EDM-ERR-S011"),
    ("R-EDM-ERR-S12", "R-EDM-ERR-S013"),
];

fn renumbered(rule: &str, release: Release) -> String {
    let new = RENUMBERED
        .iter()
        .find(|(old, _)| release == Release::V1_0 && *old == rule)
        .map_or(rule, |(_, new)| new);
    new.to_owned()
}

fn check_folder(folder: &str, release: Release) {
    let Some(reference) = data::reference(folder) else {
        return;
    };
    let invalid = reference.join("oots").join(folder).join("xml/invalid");
    let mutations = data::mutations(&invalid);
    let (mut hit, mut unseen, mut same, mut problems) = (0, 0, 0, Vec::new());
    for mutation in &mutations {
        let document = data::read(&invalid.join(&mutation.file));
        let kind = match mutation.file.split('-').next() {
            Some("req") => DocumentKind::Request,
            Some("resp") => DocumentKind::Response,
            _ => DocumentKind::Error,
        };
        let report = check(release, kind, &document);
        assert!(!report.has_rule_error(), "{}", mutation.file);
        let mut fired = report.fatal_rules();
        let target = mutation.target.as_deref();
        match target.map(|target| renumbered(target, release)) {
            // The rules of that release have a gap there.
            None if fired.is_empty() => unseen += 1,
            Some(target) if fired.contains(&target.as_str()) => hit += 1,
            target => problems.push(format!("{}: {target:?}, {fired:?}", mutation.file)),
        }
        let mut expected: Vec<_> = (mutation.fires.iter())
            .map(|rule| renumbered(rule, release))
            .collect();
        expected.sort();
        fired.sort_unstable();
        if fired == expected {
            same += 1;
        } else {
            println!(
                "{folder} {}: {fired:?} fired, not {expected:?}",
                mutation.file
            );
        }
    }
    let files = mutations.len();
    println!("| set | files | target fired | gap of the release | exactly the same rules |");
    println!("| --- | --- | --- | --- | --- |");
    println!("| {release} | {files} | {hit} | {unseen} | {same} |");
    assert!(problems.is_empty(), "expected, fired: {problems:#?}");
}

#[test]
fn mutated_messages_of_1_0_break_their_rule() {
    check_folder("v1.0", Release::V1_0);
}

#[test]
fn mutated_messages_of_1_2_break_their_rule() {
    check_folder("v1.2", Release::V1_2);
}

#[test]
fn mutated_messages_of_2_0_break_their_rule() {
    check_folder("v2.0", Release::V2_0);
}
