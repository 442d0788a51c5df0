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
fn all_sets_are_prepared_at_once() {
    let rules = SETS.iter().map(|embedded| embedded.set().rules.len());
    assert_eq!(prepare(), rules.sum::<usize>());
    assert!(prepare() > 800);
}

#[test]
fn a_set_that_cannot_be_read_passes_nothing() {
    let set = Set::read("source = 1", Release::V2_0);
    let document = Document::parse(b"<a/>", &xml::Limits::REGREP).unwrap();
    let mut report = Report::new(Some(Release::V2_0), DocumentKind::Request);
    set.apply(&document, &mut report);
    assert!(report.has_rule_error());
}

// [R-EDM-REQ-S004] is in all three releases, C069 went away, [R-EDM-REQ-S059] came.
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

/// A response of 2.0 with so many annexes, each with an association to one main document.
fn package(annexes: usize) -> String {
    let object = |id: String, rest: String| format!("<r:RegistryObject id='{id}' {rest}");
    let document = |id: String, node: &str| {
        let classification = format!(
            "<r:Classification classificationScheme='urn:fdc:oots:classification:edm' \
             classificationNode='{node}'/>"
        );
        let body = format!("i:type='r:ExtrinsicObjectType'>{classification}</r:RegistryObject>");
        object(id, body)
    };
    let mut list = document("main".to_owned(), "MainEvidence");
    for number in 0..annexes {
        list.push_str(&document(format!("a{number}"), "Annex"));
        let rest = format!(
            "i:type='r:AssociationType' sourceObject='a{number}' targetObject='main' \
             type='urn:oasis:names:tc:ebxml-regrep:AssociationType:Annex'/>"
        );
        list.push_str(&object(format!("s{number}"), rest));
    }
    format!(
        "<q:QueryResponse xmlns:q='{}' xmlns:r='{}' xmlns:i='{}'><r:RegistryObjectList>\
         <r:RegistryObject i:type='r:RegistryPackageType'><r:RegistryObjectList>{list}\
         </r:RegistryObjectList></r:RegistryObject></r:RegistryObjectList></q:QueryResponse>",
        crate::release::QUERY,
        crate::release::RIM,
        crate::release::XSI
    )
}

#[test]
fn objects_that_refer_to_each_other_cost_no_more_than_their_number() {
    let set = find(Release::V2_0, DocumentKind::Response).unwrap();
    // Few enough that the findings of this bare package do not end the check.
    let steps = |annexes| {
        let document = Document::parse(package(annexes).as_bytes(), &xml::Limits::REGREP).unwrap();
        let mut report = Report::new(Some(Release::V2_0), DocumentKind::Response);
        let mut focus = Focus::new(&document, MOST_STEPS);
        set.apply_at(&mut focus, &mut report);
        assert!(report.is_complete());
        MOST_STEPS - focus.left()
    };
    let (fifteen, thirty, sixty) = (steps(15), steps(30), steps(60));
    assert_eq!(sixty - thirty, 2 * (thirty - fifteen));
}
