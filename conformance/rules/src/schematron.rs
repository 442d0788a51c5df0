//! ISO Schematron with the query binding `xslt2`, for the rule files an operator brings along.
//!
//! A file is read into plain data once and compiled once per thread, because compiled queries stay
//! on their thread. Deliberately absent: phases, diagnostics, and the text of the document in
//! messages (`sch:value-of` prints as `…`): findings go to logs, documents hold personal data.

mod read;
mod run;
mod xpath;

use crate::{DocumentKind, Report};
use read::Schema;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use xml::{Document, Limits};

/// A Schematron file, by the name messages call it.
#[derive(Clone, Debug)]
pub struct RuleFile {
    /// File name; the last part of a path says which documents it is for, as in `EDM-REQ-C.sch`.
    pub name: String,
    /// Its content.
    pub content: Vec<u8>,
}

/// A rule file that is not used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{file}: {problem}")]
pub struct SchemaProblem {
    /// Which file.
    pub file: String,
    /// What is wrong.
    pub problem: String,
}

/// Published rules, ready to run. Cheap to clone, and shared by threads.
#[derive(Clone)]
pub struct RuleSet(Arc<Loaded>);

struct Loaded {
    /// Never given twice in a process, so that a thread cannot take one set for another.
    number: u64,
    schemas: Vec<Schema>,
}

/// Reads rule files. `sch:include` finds other files of the same list.
pub fn official(files: &[RuleFile]) -> Result<RuleSet, Vec<SchemaProblem>> {
    official_with(files, &|_| None)
}

/// Reads rule files; `include` is asked for what is not among them.
pub fn official_with(
    files: &[RuleFile],
    include: &dyn Fn(&str) -> Option<Vec<u8>>,
) -> Result<RuleSet, Vec<SchemaProblem>> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let find = |href: &str| {
        files
            .iter()
            .find(|file| last_part(&file.name) == last_part(href))
            .map(|file| file.content.clone())
            .or_else(|| include(href))
    };
    let mut schemas = Vec::new();
    let mut problems = Vec::new();
    for file in files {
        match Schema::read(file, &find) {
            Ok(Some(schema)) => schemas.push(schema),
            // A fragment: only there to be included.
            Ok(None) => {}
            Err(problem) => problems.push(SchemaProblem {
                file: file.name.clone(),
                problem,
            }),
        }
    }
    if problems.is_empty() {
        Ok(RuleSet(Arc::new(Loaded {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            schemas,
        })))
    } else {
        Err(problems)
    }
}

impl RuleSet {
    /// Names of the schemas.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.schemas.iter().map(|schema| schema.name.as_str())
    }

    /// Number of asserts and reports in all schemas.
    #[must_use]
    pub fn rules(&self) -> usize {
        self.0.schemas.iter().map(Schema::checks).sum()
    }

    /// Compiles every schema for this thread and tells which rules do not compile; call it when
    /// rules are loaded. Such a rule is reported as an error on every document.
    #[must_use]
    pub fn compile(&self) -> Vec<SchemaProblem> {
        run::compile_all(&self.0)
    }

    /// Runs the schemas meant for this kind of document, by their names, and those whose name says
    /// nothing.
    #[must_use]
    pub fn check(&self, kind: DocumentKind, document: &[u8]) -> Report {
        self.run(kind, document, |schema| {
            applies(&schema.name).is_none_or(|kinds| kinds.contains(&kind))
        })
    }

    /// Runs one schema, whatever the document is.
    #[must_use]
    pub fn check_with(&self, name: &str, kind: DocumentKind, document: &[u8]) -> Report {
        self.run(kind, document, |schema| schema.name == name)
    }

    fn run(&self, kind: DocumentKind, document: &[u8], chosen: impl Fn(&Schema) -> bool) -> Report {
        let mut report = Report::new(None, kind);
        // Read by our own reader first: its limits and refusals hold for every engine.
        match Document::parse(document, &Limits::REGREP) {
            Ok(document) => run::run(&self.0, document.source(), &chosen, &mut report),
            Err(problem) => report.put_unreadable(&problem.to_string()),
        }
        report
    }
}

impl std::fmt::Debug for RuleSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

/// Kinds of documents a published file is for; `None` if its name says nothing.
fn applies(name: &str) -> Option<&'static [DocumentKind]> {
    let stem = last_part(name);
    KINDS
        .iter()
        .find(|(prefix, _)| stem.starts_with(prefix))
        .map(|(_, kinds)| *kinds)
}

fn last_part(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

const KINDS: [(&str, &[DocumentKind]); 13] = [
    ("EDM-REQ", &[DocumentKind::Request]),
    ("EDM-RESP", &[DocumentKind::Response]),
    ("EDM-ERR", &[DocumentKind::Error]),
    ("EDM-ebMS", &[DocumentKind::EbmsHeader]),
    ("EB-REQ", &[DocumentKind::EvidenceBrokerRequirements]),
    ("EB-EVI", &[DocumentKind::EvidenceBrokerEvidenceTypes]),
    ("EB-ERR", &[DocumentKind::EvidenceBrokerError]),
    ("EB-SUB", &[DocumentKind::EvidenceBrokerSubmission]),
    ("DSD-RESP", &[DocumentKind::DataServices]),
    ("DSD-ERR", &[DocumentKind::DataServicesError]),
    ("DSD-SUB", &[DocumentKind::DataServicesSubmission]),
    ("LCM-SUC", &[DocumentKind::SubmissionAccepted]),
    ("LCM-ERR", &[DocumentKind::SubmissionRefused]),
];

#[cfg(test)]
mod tests;
