//! Our own rule sets: data under `sets/`, compiled once per process on first use.

use crate::{
    DocumentKind, Finding, Outcome, Release, Report, Severity, code_list,
    expression::{Compiler, Expression, Fault, Focus, Item},
    finding::Said,
};
use serde::Deserialize;
use std::{collections::BTreeMap, sync::OnceLock};
use xml::Document;

/// Nodes looked at before a check is stopped. A request of 5 kB takes some ten thousand; a document
/// as large as the reader accepts takes less than this unless it is built to be slow.
const MOST_STEPS: u64 = 60_000_000;

/// The rules for one kind of document of one release.
struct Embedded {
    release: Release,
    kind: DocumentKind,
    text: &'static str,
    compiled: OnceLock<Set>,
}

macro_rules! embedded {
    ($($release:ident $folder:literal: $($kind:ident $file:literal),+;)+) => {
        [$($(Embedded {
            release: Release::$release,
            kind: DocumentKind::$kind,
            text: include_str!(concat!("../sets/", $folder, "/", $file, ".toml")),
            compiled: OnceLock::new(),
        }),+),+]
    };
}

static SETS: [Embedded; 11] = embedded! {
    V1_0 "v1.0": Request "request", Response "response", Error "error";
    V1_2 "v1.2": Request "request", Response "response", Error "error", EbmsHeader "ebms-header";
    V2_0 "v2.0": Request "request", Response "response", Error "error", EbmsHeader "ebms-header";
};

/// Identifiers that are known and have no check, with the reason.
const UNKNOWN: &str = include_str!("../sets/unknown.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    source: String,
    rule: Vec<RuleEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleEntry {
    id: String,
    severity: Severity,
    context: String,
    test: String,
    text_de: String,
    text_en: String,
}

/// A compiled set.
pub(crate) struct Set {
    source: String,
    contexts: Vec<Result<Expression, String>>,
    rules: Vec<Rule>,
}

struct Rule {
    id: String,
    severity: Severity,
    text_de: String,
    text_en: String,
    context: usize,
    test: Result<Expression, String>,
}

impl Embedded {
    fn set(&self) -> &Set {
        self.compiled
            .get_or_init(|| Set::read(self.text, self.release))
    }
}

/// The set for a kind of document, if there is one.
pub(crate) fn find(release: Release, kind: DocumentKind) -> Option<&'static Set> {
    SETS.iter()
        .find(|embedded| embedded.release == release && embedded.kind == kind)
        .map(Embedded::set)
}

/// Compiles all sets now, so that the first messages do not wait for it; the number of rules.
pub fn prepare() -> usize {
    SETS.iter().map(|embedded| embedded.set().rules.len()).sum()
}

impl Set {
    fn read(text: &str, release: Release) -> Self {
        let read = toml::from_str::<File>(text)
            .and_then(|file| Ok((file, code_list::of_release(release)?)));
        match read {
            Ok((file, lists)) => Self::compile(file, &mut Compiler::new(lists)),
            Err(error) => Self::broken(&error.to_string()),
        }
    }

    fn compile(file: File, compiler: &mut Compiler) -> Self {
        let mut contexts = Vec::new();
        let mut known = BTreeMap::new();
        let mut rules = Vec::new();
        for entry in file.rule {
            let context = *known.entry(entry.context).or_insert_with_key(|context| {
                contexts.push(compile(context, compiler));
                contexts.len() - 1
            });
            rules.push(Rule {
                id: entry.id,
                severity: entry.severity,
                text_de: entry.text_de,
                text_en: entry.text_en,
                context,
                test: compile(&entry.test, compiler),
            });
        }
        Self {
            source: file.source,
            contexts,
            rules,
        }
    }

    /// A set that cannot be read must not pass everything: its one rule reports that.
    fn broken(problem: &str) -> Self {
        Self {
            source: String::new(),
            contexts: vec![Err(problem.to_owned())],
            rules: vec![Rule {
                id: "RULE-SET".to_owned(),
                severity: Severity::Fatal,
                text_de: "Der Regelsatz ist nicht lesbar.".to_owned(),
                text_en: "The rule set cannot be read.".to_owned(),
                context: 0,
                test: Err(problem.to_owned()),
            }],
        }
    }

    pub(crate) fn apply(&self, document: &Document, report: &mut Report) {
        self.apply_at(&mut Focus::new(document, MOST_STEPS), report);
    }

    fn apply_at(&self, focus: &mut Focus<'_>, report: &mut Report) {
        let mut selected: Vec<Option<Result<Vec<Item<'_>>, Fault>>> = Vec::new();
        selected.resize_with(self.contexts.len(), || None);
        for rule in &self.rules {
            report.count_rule();
            let nodes = match (
                selected.get_mut(rule.context),
                self.contexts.get(rule.context),
            ) {
                (Some(cell), Some(Ok(context))) => {
                    cell.get_or_insert_with(|| focus.select(context))
                }
                _ => &Err(Fault::Type),
            };
            let finished = match nodes {
                Ok(nodes) => self.judge(rule, nodes, focus, report),
                Err(Fault::Spent) => false,
                Err(Fault::Type) => report.put(self.finding(rule, Outcome::RuleError, "/")),
            };
            if !finished {
                report.put_stopped(&self.source);
                return;
            }
        }
    }

    /// One rule on all its nodes; `false` when the check must stop.
    fn judge<'d>(
        &self,
        rule: &Rule,
        nodes: &[Item<'d>],
        focus: &mut Focus<'d>,
        report: &mut Report,
    ) -> bool {
        for node in nodes {
            let holds = match &rule.test {
                Ok(test) => focus.holds(test, node),
                Err(_) => Err(Fault::Type),
            };
            let outcome = match holds {
                Ok(true) => continue,
                Ok(false) => Outcome::Failed,
                Err(Fault::Type) => Outcome::RuleError,
                Err(Fault::Spent) => return false,
            };
            if !report.put(self.finding(rule, outcome, &node.location())) {
                return false;
            }
        }
        true
    }

    fn finding(&self, rule: &Rule, outcome: Outcome, location: &str) -> Finding {
        let said = Said {
            rule: &rule.id,
            severity: rule.severity,
            text_de: Some(&rule.text_de),
            text_en: &rule.text_en,
            source: &self.source,
        };
        Finding::new(outcome, &said, location.to_owned())
    }
}

fn compile(text: &str, compiler: &mut Compiler) -> Result<Expression, String> {
    compiler
        .compile(text)
        .map_err(|error| format!("{text}: {error}"))
}

/// What is known about a rule.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RuleText {
    /// Its identifier.
    pub id: String,
    /// What it demands, in German.
    pub text_de: String,
    /// What it demands, in English.
    pub text_en: String,
    /// Where it comes from.
    pub source: String,
    /// The releases that have it, with its severity there. Empty: the rule is known, not checked.
    pub releases: Vec<(Release, Severity)>,
}

/// Explains a rule by its identifier, in the words of the newest release that has it.
#[must_use]
pub fn explain(id: &str) -> Option<RuleText> {
    let mut found: Option<RuleText> = None;
    for embedded in &SETS {
        let set = embedded.set();
        for rule in set.rules.iter().filter(|rule| rule.id == id) {
            let text = found.get_or_insert_with(|| RuleText {
                id: rule.id.clone(),
                text_de: String::new(),
                text_en: String::new(),
                source: String::new(),
                releases: Vec::new(),
            });
            text.text_de.clone_from(&rule.text_de);
            text.text_en.clone_from(&rule.text_en);
            text.source.clone_from(&set.source);
            let here = (embedded.release, rule.severity);
            if !text.releases.contains(&here) {
                text.releases.push(here);
            }
        }
    }
    found.or_else(|| {
        unknown()
            .into_iter()
            .find(|entry| entry.id == id)
            .map(Unchecked::text)
    })
}

/// A rule that is known and not checked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Unchecked {
    pub(crate) id: String,
    pub(crate) releases: Vec<Release>,
    reason_de: String,
    reason_en: String,
}

impl Unchecked {
    fn text(self) -> RuleText {
        let releases: Vec<&str> = self
            .releases
            .iter()
            .map(|release| release.as_str())
            .collect();
        RuleText {
            id: self.id,
            text_de: format!("Nicht geprüft: {}", self.reason_de),
            text_en: format!("Not checked: {}", self.reason_en),
            source: format!("EDM rules {}", releases.join(", ")),
            releases: Vec::new(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UnknownFile {
    rule: Vec<Unchecked>,
}

pub(crate) fn unknown() -> Vec<Unchecked> {
    toml::from_str::<UnknownFile>(UNKNOWN).map_or_else(|_| Vec::new(), |file| file.rule)
}

#[cfg(test)]
mod tests;
