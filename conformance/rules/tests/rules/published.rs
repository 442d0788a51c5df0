//! The published Schematron of 1.0 and the reconstructions of 1.2 and 2.0, with the known outcome
//! of every sample.

use crate::data;
use rules::{DocumentKind, Outcome, RuleSet, detect};
use std::path::Path;
use xml::{Document, Limits};

fn kind(document: &[u8]) -> Option<DocumentKind> {
    let document = Document::parse(document, &Limits::REGREP).ok()?;
    detect(&document).ok().map(|detected| detected.kind)
}

/// Identifiers that fire, errors inside rules written as `error:`, each once, sorted.
fn fired(set: &RuleSet, kind: DocumentKind, document: &[u8]) -> Vec<String> {
    let report = set.check(kind, document);
    assert!(report.rules() > 0, "no rule for {kind}");
    let mut fired: Vec<String> = report
        .findings()
        .iter()
        .filter(|finding| finding.severity() == rules::Severity::Fatal)
        .map(|finding| match finding.outcome() {
            Outcome::RuleError => format!("error:{}", finding.rule()),
            _ => finding.rule().to_owned(),
        })
        .collect();
    fired.sort();
    fired.dedup();
    fired
}

#[test]
fn all_published_schemas_compile() {
    let Some(folder) = data::reference("published Schematron") else {
        return;
    };
    for name in ["sch", "sch-ec-domain"] {
        let set = data::schemas(&folder.join("oots/v1.0").join(name));
        assert_eq!(set.names().count(), 21);
        assert_eq!(set.rules(), 561);
        assert_eq!(set.compile(), []);
    }
    for (release, rules) in [("v1.2", 292), ("v2.0", 314)] {
        let set = data::schemas(&folder.join("oots").join(release).join("sch-reconstructed"));
        assert_eq!((release, set.rules()), (release, rules));
        assert_eq!(set.compile(), []);
    }
}

/// Samples of 1.0 that break a published rule or run into an error inside one; all others are
/// clean. [R-EDM-ERR-C022] raises FORG0001 on every preview error.
const NOT_CLEAN: [(&str, &str); 13] = [
    ("msg-5148cf5a/payload.xml", "R-EDM-ERR-S004"),
    ("edm/legalperson-1-request.xml", "R-EDM-REQ-C067"),
    ("oots_responseKO_senza_preview_Link.xml", "R-EDM-ERR-C022"),
    ("2023-04/TC06_Response_1.xml", "error:R-EDM-ERR-C022"),
    ("2023-04/TC07_Response_1_EP1.xml", "error:R-EDM-ERR-C022"),
    ("2023-04/TC07_Response_1_EP2.xml", "error:R-EDM-ERR-C022"),
    ("2023-04/TC08_Response_1.xml", "error:R-EDM-ERR-C022"),
    ("2023-04/TC09_Response_1.xml", "error:R-EDM-ERR-C022"),
    ("2023-06/TC06_Response_1.xml", "error:R-EDM-ERR-C022"),
    ("2023-06/TC07_Response_1_EP1.xml", "error:R-EDM-ERR-C022"),
    ("2023-06/TC07_Response_1_EP2.xml", "error:R-EDM-ERR-C022"),
    ("2023-06/TC08_Response_1.xml", "error:R-EDM-ERR-C022"),
    ("2023-06/TC09_Response_1.xml", "error:R-EDM-ERR-C022"),
];

#[test]
fn samples_of_1_0_have_the_known_outcome() {
    let Some(folder) = data::reference("samples of 1.0") else {
        return;
    };
    let folder = folder.join("oots/v1.0");
    let old = data::schemas(&folder.join("sch"));
    let new = data::schemas(&folder.join("sch-ec-domain"));
    let mut seen = 0;
    for part in ["exchanges-2023-04", "xml"] {
        for path in data::files(&folder.join(part), "xml") {
            let name = data::short(&path);
            if name.contains("/invalid/") || name.contains("/edm-slots/") {
                continue;
            }
            let document = data::document(&path);
            let Some(kind) = kind(&document) else {
                continue;
            };
            if kind == DocumentKind::EbmsHeader {
                continue;
            }
            let moved = String::from_utf8_lossy(&document).contains("oots.tech.ec.europa.eu");
            let set = if moved { &new } else { &old };
            let expected: Vec<&str> = NOT_CLEAN
                .iter()
                .filter(|(file, _)| name.ends_with(file))
                .map(|(_, rule)| *rule)
                .collect();
            assert_eq!(fired(set, kind, &document), expected, "{name} as {kind}");
            seen += 1;
        }
    }
    println!("published rules on {seen} samples of 1.0");
    assert!(seen > 90, "{seen}");
}

fn check_mutations(folder: &Path, schemas: &str) {
    let set = data::schemas(&folder.join(schemas));
    let invalid = folder.join("xml/invalid");
    let mutations = data::mutations(&invalid);
    assert!(mutations.len() >= 80);
    for mutation in mutations {
        let document = data::read(&invalid.join(&mutation.file));
        let kind = match mutation.file.split('-').next() {
            Some("req") => DocumentKind::Request,
            Some("resp") => DocumentKind::Response,
            _ => DocumentKind::Error,
        };
        let mut expected = mutation.fires;
        expected.sort();
        expected.dedup();
        let mut fired = fired(&set, kind, &document);
        // Some asserts have no identifier; their finding is named by the test.
        fired.retain(|rule| rule.contains("R-EDM-"));
        assert_eq!(fired, expected, "{}", mutation.file);
    }
}

#[test]
fn mutated_messages_of_1_0_fire_what_another_engine_found() {
    if let Some(folder) = data::reference("mutated messages of 1.0") {
        check_mutations(&folder.join("oots/v1.0"), "sch");
    }
}

#[test]
fn mutated_messages_of_1_2_fire_what_another_engine_found() {
    if let Some(folder) = data::reference("mutated messages of 1.2") {
        check_mutations(&folder.join("oots/v1.2"), "sch-reconstructed");
    }
}

#[test]
fn mutated_messages_of_2_0_fire_what_another_engine_found() {
    if let Some(folder) = data::reference("mutated messages of 2.0") {
        check_mutations(&folder.join("oots/v2.0"), "sch-reconstructed");
    }
}
