//! Rules over XML documents: our own rule sets, and the Schematron files of an operator.
//!
//! Two engines, one report. [`check`] applies our sets (data under `sets/`, written in a subset of
//! XPath that is evaluated natively); [`official`] takes published Schematron files and runs them
//! on a full XPath engine. Both are pure: text in, [`Report`] out. Limits count nodes and
//! evaluations instead of time. Reading order: [`finding`], [`release`], `set`, `expression`,
//! [`schematron`].

pub mod finding;
pub mod release;

mod code_list;
mod expression;
mod set;

pub mod schematron;

pub use finding::{Finding, Outcome, Report, Severity};
pub use release::{Detected, DocumentKind, NotADocument, Release, UnknownRelease, detect};
pub use schematron::{RuleFile, RuleSet, SchemaProblem, official, official_with};
pub use set::{RuleText, explain, prepare};

use xml::{Document, Limits};

/// Checks a document against our rules for a release and kind. A document that cannot be read is a
/// finding; a kind without rules of ours gives a report of no rules ([`Report::rules`]).
#[must_use]
pub fn check(release: Release, kind: DocumentKind, document: &[u8]) -> Report {
    match Document::parse(document, &Limits::REGREP) {
        Ok(document) => check_parsed(release, kind, &document),
        Err(problem) => {
            let mut report = Report::new(Some(release), kind);
            report.put_unreadable(&problem.to_string());
            report
        }
    }
}

/// [`check`] for a document that has been read already.
#[must_use]
pub fn check_parsed(release: Release, kind: DocumentKind, document: &Document) -> Report {
    let mut report = Report::new(Some(release), kind);
    if let Some(set) = set::find(release, kind) {
        report.put_instructions(document.skipped_instructions());
        set.apply(document, &mut report);
    }
    report
}

/// Finds out what a document is and checks it against our rules.
pub fn check_document(document: &[u8]) -> Result<Report, NotADocument> {
    let document = Document::parse(document, &Limits::REGREP)?;
    let detected = detect(&document)?;
    Ok(check_parsed(detected.release, detected.kind, &document))
}

/// Prefixes rules are written with; documents may use any.
const NAMESPACES: [(&str, &str); 9] = [
    ("eb", release::EB),
    ("query", release::QUERY),
    ("rim", release::RIM),
    ("rs", release::RS),
    ("sdg", release::SDG),
    ("lcm", release::LCM),
    ("xlink", "http://www.w3.org/1999/xlink"),
    ("xml", xml::XML_NAMESPACE),
    ("xsi", release::XSI),
];

fn namespace(prefix: &str) -> Option<&'static str> {
    NAMESPACES
        .into_iter()
        .find(|(known, _)| *known == prefix)
        .map(|(_, uri)| uri)
}
