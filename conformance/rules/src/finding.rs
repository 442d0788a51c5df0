//! What a check reports. Findings name places and rules, never the text of the document: reports
//! go to logs and to peers, and documents hold personal data.

use crate::{DocumentKind, Release};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How bad a finding is, as the rule sets flag it; worst first.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The document is invalid.
    Fatal,
    /// The document is accepted; its sender should change it.
    Warning,
    /// A reminder about something optional.
    Caution,
    /// Information only.
    Information,
    /// A remark of the editors of the rules.
    Note,
}

impl Severity {
    /// All, worst first.
    pub const ALL: [Self; 5] = [
        Self::Fatal,
        Self::Warning,
        Self::Caution,
        Self::Information,
        Self::Note,
    ];

    /// As it is printed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fatal => "fatal",
            Self::Warning => "warning",
            Self::Caution => "caution",
            Self::Information => "information",
            Self::Note => "note",
        }
    }

    /// The severity behind a Schematron `role` or `flag`. An assertion without either is fatal, and
    /// so is one with a word nobody knows: a rule must not lose its force by a spelling.
    #[must_use]
    pub fn from_role(role: &str) -> Self {
        match role.trim().to_ascii_lowercase().as_str() {
            "warning" | "warn" => Self::Warning,
            "caution" => Self::Caution,
            "info" | "information" => Self::Information,
            "note" => Self::Note,
            _ => Self::Fatal,
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What happened to a rule.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// What the rule demands is not so.
    Failed,
    /// What the rule reports is there (`sch:report`).
    Reported,
    /// The rule itself could not be evaluated (a dynamic error). Neither passed nor failed.
    RuleError,
    /// The document could not be read, so no rule was evaluated.
    Unreadable,
    /// The check was stopped at a limit; rules were left out.
    Stopped,
}

impl Outcome {
    /// As it is printed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Reported => "reported",
            Self::RuleError => "rule-error",
            Self::Unreadable => "unreadable",
            Self::Stopped => "stopped",
        }
    }
}

/// One finding.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Finding {
    rule: String,
    severity: Severity,
    outcome: Outcome,
    location: String,
    text_de: Option<String>,
    text_en: String,
    source: String,
}

impl Finding {
    pub(crate) fn new(outcome: Outcome, said: &Said<'_>, location: String) -> Self {
        Self {
            rule: said.rule.to_owned(),
            severity: said.severity,
            outcome,
            location,
            text_de: said.text_de.map(str::to_owned),
            text_en: said.text_en.to_owned(),
            source: said.source.to_owned(),
        }
    }

    /// Identifier of the rule, such as `R-EDM-REQ-S004`.
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// How bad it is.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.severity
    }

    /// What happened to the rule.
    #[must_use]
    pub const fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Where: local names from the root on, positions from two on.
    #[must_use]
    pub fn location(&self) -> &str {
        &self.location
    }

    /// What the rule demands, in German where it is known.
    #[must_use]
    pub fn text_de(&self) -> Option<&str> {
        self.text_de.as_deref()
    }

    /// What the rule demands, in English.
    #[must_use]
    pub fn text_en(&self) -> &str {
        &self.text_en
    }

    /// Where the rule comes from: a release of the rule set or the name of a file.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} {} at {}: {}",
            self.severity,
            self.rule,
            self.outcome.as_str(),
            self.location,
            self.text_en
        )
    }
}

/// What a finding repeats of its rule.
pub(crate) struct Said<'a> {
    pub(crate) rule: &'a str,
    pub(crate) severity: Severity,
    pub(crate) text_de: Option<&'a str>,
    pub(crate) text_en: &'a str,
    pub(crate) source: &'a str,
}

/// What a check found in one document.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Report {
    release: Option<Release>,
    kind: Option<DocumentKind>,
    findings: Vec<Finding>,
    rules: usize,
    stopped: bool,
}

impl Report {
    /// More findings than this are not collected: the sender has enough to read.
    pub const MOST_FINDINGS: usize = 500;

    pub(crate) fn new(release: Option<Release>, kind: DocumentKind) -> Self {
        Self {
            release,
            kind: Some(kind),
            ..Self::default()
        }
    }

    /// Adds a finding; `false` when there are enough.
    pub(crate) fn put(&mut self, finding: Finding) -> bool {
        if self.findings.len() >= Self::MOST_FINDINGS {
            self.stopped = true;
            return false;
        }
        self.stopped |= finding.outcome == Outcome::Stopped;
        self.findings.push(finding);
        true
    }

    pub(crate) fn put_stopped(&mut self, source: &str) {
        let said = Said {
            rule: "LIMIT",
            severity: Severity::Fatal,
            text_de: Some(
                "Die Prüfung wurde an einer Grenze abgebrochen; Regeln blieben ungeprüft.",
            ),
            text_en: "The check was stopped at a limit; rules were left unchecked.",
            source,
        };
        self.findings.truncate(Self::MOST_FINDINGS - 1);
        self.put(Finding::new(Outcome::Stopped, &said, "/".to_owned()));
    }

    pub(crate) fn put_unreadable(&mut self, reason: &str) {
        let said = Said {
            rule: "XML",
            severity: Severity::Fatal,
            text_de: Some("Das Dokument ist kein lesbares XML."),
            text_en: reason,
            source: "XML 1.0",
        };
        self.put(Finding::new(Outcome::Unreadable, &said, "/".to_owned()));
    }

    /// Processing instructions are tolerated and left out: published samples carry them.
    pub(crate) fn put_instructions(&mut self, count: usize) {
        if count == 0 {
            return;
        }
        let said = Said {
            rule: "XML",
            severity: Severity::Caution,
            text_de: Some("Verarbeitungsanweisungen wurden übergangen."),
            text_en: "Processing instructions were skipped.",
            source: "XML 1.0",
        };
        self.put(Finding::new(Outcome::Reported, &said, "/".to_owned()));
    }

    pub(crate) fn count_rule(&mut self) {
        self.rules += 1;
    }

    /// The release whose rules were applied; `None` for rules of the operator.
    #[must_use]
    pub const fn release(&self) -> Option<Release> {
        self.release
    }

    /// What the document was checked as.
    #[must_use]
    pub const fn kind(&self) -> Option<DocumentKind> {
        self.kind
    }

    /// All findings, in the order of the rules.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How many rules were applied. None means that nothing was checked, not that all is well.
    #[must_use]
    pub const fn rules(&self) -> usize {
        self.rules
    }

    /// Whether a rule of the severity `fatal` is broken, or the document unreadable, or the check
    /// stopped at a limit. Errors inside a rule do not count: they are the rule's fault.
    #[must_use]
    pub fn has_fatal(&self) -> bool {
        self.findings.iter().any(|finding| {
            finding.severity == Severity::Fatal && finding.outcome != Outcome::RuleError
        })
    }

    /// Whether a rule could not be evaluated.
    #[must_use]
    pub fn has_rule_error(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.outcome == Outcome::RuleError)
    }

    /// Whether every rule was looked at and every finding kept.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        !self.stopped
    }

    /// Number of findings of one severity, errors inside rules left out.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.severity == severity && finding.outcome != Outcome::RuleError)
            .count()
    }

    /// Identifiers of the fatal rules that are broken, each once, in the order of the rules.
    #[must_use]
    pub fn fatal_rules(&self) -> Vec<&str> {
        let mut rules: Vec<&str> = Vec::new();
        for finding in &self.findings {
            let broken =
                finding.severity == Severity::Fatal && finding.outcome != Outcome::RuleError;
            if broken && !rules.contains(&finding.rule.as_str()) {
                rules.push(&finding.rule);
            }
        }
        rules
    }

    /// Puts the findings of another check of the same document behind these.
    pub fn append(&mut self, other: Self) {
        self.rules += other.rules;
        self.stopped |= other.stopped;
        for finding in other.findings {
            if !self.put(finding) {
                break;
            }
        }
    }
}
