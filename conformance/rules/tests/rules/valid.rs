//! Our sets on valid messages: nothing fatal.

use crate::data;
use rules::{Release, check_document};

/// Messages that break a rule although they are published or were exchanged.
const EXCEPTIONS: [(&str, &[&str]); 3] = [
    // A lower-case language on the name of the requester.
    ("v1.2/xml/edm/2-error-preview.xml", &["R-EDM-ERR-C030"]),
    // A bare UUID in requestId.
    (
        "v1.0/exchanges-2023-04/msg-5148cf5a/payload.xml",
        &["R-EDM-ERR-S004"],
    ),
    // Severity PreviewRequired without a PreviewLocation.
    (
        "v1.0/xml/edm-2023Q4-it/oots_responseKO_senza_preview_Link.xml",
        &["R-EDM-ERR-C022"],
    ),
];

fn check(folder: &str, release: Release, at_least: usize) {
    let Some(reference) = data::reference(folder) else {
        return;
    };
    let mut seen = 0;
    for path in data::files(&reference.join("oots").join(folder), "xml") {
        let name = data::short(&path);
        if name.contains("/invalid/") || name.contains("/nonconformant/") {
            continue;
        }
        let Ok(report) = check_document(&data::document(&path)) else {
            continue;
        };
        // Common Services and headers of 1.0 have no rules of ours.
        if report.rules() == 0 || name.contains("/edm-slots/") {
            continue;
        }
        let header = report.kind() == Some(rules::DocumentKind::EbmsHeader);
        if header && release == Release::V1_0 {
            continue;
        }
        let expected = EXCEPTIONS
            .iter()
            .find(|(file, _)| *file == name)
            .map_or(&[][..], |(_, rules)| rules);
        assert_eq!(report.fatal_rules(), expected, "{name}");
        assert!(!report.has_rule_error() && report.is_complete(), "{name}");
        assert_eq!(report.release(), Some(release), "{name}");
        seen += 1;
    }
    println!("{seen} valid documents in {folder}");
    assert!(seen >= at_least, "{seen}");
}

#[test]
fn valid_messages_of_1_0_break_no_fatal_rule() {
    check("v1.0", Release::V1_0, 60);
}

#[test]
fn valid_messages_of_1_2_break_no_fatal_rule() {
    check("v1.2", Release::V1_2, 15);
}

#[test]
fn valid_messages_of_2_0_break_no_fatal_rule() {
    check("v2.0", Release::V2_0, 21);
}

/// 1.1 has no rules of its own; 1.2 judges it, and says that it is not 1.2.
#[test]
fn messages_of_1_1_break_the_rule_on_the_identifier() {
    let Some(reference) = data::reference("messages of 1.1") else {
        return;
    };
    let folder = reference.join("oots/v1.1/xml/edm");
    for (name, expected) in [
        ("1-request.xml", &["R-EDM-REQ-C001", "R-EDM-REQ-C089"][..]),
        (
            "3-request-after-preview.xml",
            &["R-EDM-REQ-C001", "R-EDM-REQ-C089"],
        ),
        ("error-plain.xml", &["R-EDM-ERR-C001"]),
    ] {
        let report = check_document(&data::document(&folder.join(name))).expect("a message");
        assert_eq!(report.release(), Some(Release::V1_2));
        assert_eq!(report.fatal_rules(), expected, "{name}");
    }
}
