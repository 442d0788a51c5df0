use super::*;
use std::collections::BTreeSet;

#[test]
fn every_rule_of_every_set_compiles() {
    for embedded in &SETS {
        let set = embedded.set();
        let name = format!("{} {}", embedded.release, embedded.kind);
        assert!(set.rules.len() >= 3, "{name} has rules");
        let contexts = set
            .contexts
            .iter()
            .filter_map(|context| context.as_ref().err());
        let tests = set.rules.iter().filter_map(|rule| rule.test.as_ref().err());
        let problems: Vec<_> = contexts.chain(tests).collect();
        assert!(problems.is_empty(), "{name}: {problems:#?}");
    }
}

#[test]
fn every_rule_is_explained_in_both_languages_and_only_once_per_set() {
    for embedded in &SETS {
        let mut seen = BTreeSet::new();
        for rule in &embedded.set().rules {
            assert!(
                rule.text_de.ends_with('.') && rule.text_en.ends_with('.'),
                "{}",
                rule.id
            );
            assert!(seen.insert(&rule.id), "{} twice", rule.id);
        }
    }
}

#[test]
fn a_rule_is_checked_or_unknown_never_both() {
    for entry in unknown() {
        for release in entry.releases {
            let checked = SETS
                .iter()
                .filter(|embedded| embedded.release == release)
                .any(|embedded| embedded.set().rules.iter().any(|rule| rule.id == entry.id));
            assert!(!checked, "{} of {release} is in a set", entry.id);
        }
    }
}

#[test]
fn a_set_that_cannot_be_read_passes_nothing() {
    let set = Set::read("source = 1", Release::V2_0);
    let document = Document::parse(b"<a/>", &xml::Limits::REGREP).unwrap();
    let mut report = Report::new(Some(Release::V2_0), DocumentKind::Request);
    set.apply(&document, &mut report);
    assert!(report.has_rule_error());
}

// [R-EDM-REQ-S004] is in all three releases, [R-EDM-REQ-C069] went away, [R-EDM-REQ-S059] came.
#[test]
fn a_rule_is_explained_with_the_releases_that_have_it() {
    let releases = |id| explain(id).map(|text| text.releases);
    let fatal = |release| (release, Severity::Fatal);
    assert_eq!(
        releases("R-EDM-REQ-S004"),
        Some(Release::ALL.map(fatal).to_vec())
    );
    assert_eq!(releases("R-EDM-REQ-C069"), Some(vec![fatal(Release::V1_2)]));
    assert_eq!(releases("R-EDM-REQ-S059"), Some(vec![fatal(Release::V2_0)]));
    assert_eq!(releases("R-EDM-REQ-S999"), None);
}

#[test]
fn a_known_rule_without_a_check_is_explained_by_the_reason() {
    let text = explain("R-EDM-REQ-C121").unwrap();
    assert!(
        text.text_en.starts_with("Not checked: "),
        "{}",
        text.text_en
    );
    assert!(text.releases.is_empty());
}

#[test]
fn code_lists_hold_what_the_releases_differ_in() {
    let list = |release, name: &str| code_list::of_release(release).unwrap()[name].clone();
    let has = |release, name, value: &str| list(release, name).iter().any(|code| code == value);
    assert!(has(Release::V2_0, "Country", "EL"));
    assert!(!has(Release::V2_0, "Country", "GR"));
    assert!(!has(Release::V2_0, "Country", "US"));
    assert!(has(Release::V1_0, "Country", "US"));
    assert!(!has(Release::V1_0, "Country", "GR"));
    assert!(has(Release::V2_0, "ElectronicAddress", "0204"));
    assert!(!has(Release::V1_2, "Gender", "0"));
    assert!(has(Release::V2_0, "Gender", "0"));
    assert!(!has(Release::V1_0, "Procedure", "AM1"));
}
