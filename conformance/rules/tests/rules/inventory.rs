//! Every rule of the published inventory is checked or stands in `unknown.toml` with a reason.

use crate::data;
use rules::{Release, explain};
use std::collections::BTreeMap;

#[derive(serde::Deserialize)]
struct Unknown {
    rule: Vec<Entry>,
}

#[derive(serde::Deserialize)]
struct Entry {
    id: String,
    releases: Vec<Release>,
}

fn unknown() -> BTreeMap<String, Vec<Release>> {
    let text = include_str!("../../sets/unknown.toml");
    let file: Unknown = toml::from_str(text).expect("TOML");
    let mut unknown = BTreeMap::<String, Vec<Release>>::new();
    for entry in file.rule {
        unknown.entry(entry.id).or_default().extend(entry.releases);
    }
    unknown
}

/// Lines `| C001 | F | F | – |` below a heading `**R-EDM-REQ-C**`.
fn inventory(text: &str) -> Vec<(String, Vec<Release>)> {
    let mut family = String::new();
    let mut rules = Vec::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("**R-EDM-") {
            let name = rest.split("**").next().unwrap_or_default();
            // `REQ-C` stands before `C001`, `ebMS` before `017`.
            let name = name.trim_end_matches("-C").trim_end_matches("-S");
            family = format!("R-EDM-{name}");
        }
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let ["", id, one, two, three, ..] = cells.as_slice() else {
            continue;
        };
        if family.is_empty() || !id.ends_with(|c: char| c.is_ascii_digit()) {
            continue;
        }
        let releases = Release::ALL
            .into_iter()
            .zip([*one, *two, *three])
            .filter(|(_, column)| *column != "–")
            .map(|(release, _)| release)
            .collect();
        rules.push((format!("{family}-{id}"), releases));
    }
    rules
}

#[test]
fn every_rule_of_the_inventory_is_checked_or_unknown_with_a_reason() {
    let Some(folder) = data::reference("the rule inventory") else {
        return;
    };
    let text = String::from_utf8(data::read(&folder.join("oots-edm.md"))).expect("UTF-8");
    let section = text.split("\n## 9.").nth(1).expect("the inventory");
    let section = section.split("\n## 10.").next().expect("its end");
    let inventory = inventory(section);
    assert!(inventory.len() > 300, "{} rules", inventory.len());
    let unknown = unknown();
    let mut missing = Vec::new();
    let (mut checked, mut left_out) = (0, 0);
    for (id, releases) in &inventory {
        let known = explain(id).map(|text| text.releases).unwrap_or_default();
        for release in releases {
            if known.iter().any(|(has, _)| has == release) {
                checked += 1;
            } else if unknown.get(id).is_some_and(|here| here.contains(release)) {
                left_out += 1;
            } else {
                missing.push(format!("{id} of {release}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
    println!("inventory: {checked} checked, {left_out} unknown with a reason");
}
