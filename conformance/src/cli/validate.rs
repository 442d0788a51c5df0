//! `validate`: what is wrong with a message file

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use mapping::{edm, noots};
use serde::Serialize;

/// What a file is
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// `query:QueryRequest`
    EdmRequest,
    /// `query:QueryResponse` with evidence, without any, or with a promise
    EdmResponse,
    /// `query:QueryResponse` with exceptions
    EdmError,
    /// XNachweis in its JSON form
    Xnachweis,
    /// Nothing that is read here
    Unknown,
}

impl Kind {
    /// As it is printed
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EdmRequest => "EDM request",
            Self::EdmResponse => "EDM response",
            Self::EdmError => "EDM error response",
            Self::Xnachweis => "XNachweis message",
            Self::Unknown => "message",
        }
    }
}

/// How bad a finding is
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The message is invalid
    Fatal,
    /// Tolerated, but the sender should know
    Caution,
}

impl Severity {
    /// As it is printed
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fatal => "FATAL",
            Self::Caution => "CAUTION",
        }
    }
}

/// One thing that is wrong
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Finding {
    /// The rule, by its identifier
    pub rule: String,
    /// How bad it is
    pub severity: Severity,
    /// Where in the message
    pub place: String,
    /// What is wrong, without a word of the message's own text
    pub message: String,
}

/// What was found in a file
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Report {
    /// Name of the file
    pub file: String,
    /// What it is
    pub kind: Kind,
    /// What is wrong
    pub findings: Vec<Finding>,
}

impl Report {
    /// Reads and checks a file
    #[must_use]
    pub fn of_file(path: &Path) -> Self {
        let (kind, findings) = match read(path) {
            Ok(content) => validate(&content),
            Err(error) => (Kind::Unknown, vec![fatal("file", "/", error.to_string())]),
        };
        Self {
            file: path.display().to_string(),
            kind,
            findings,
        }
    }

    /// Whether there is nothing worse than a caution
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.findings
            .iter()
            .all(|finding| finding.severity != Severity::Fatal)
    }
}

/// Says what a message is and what is wrong with it
#[must_use]
pub fn validate(content: &[u8]) -> (Kind, Vec<Finding>) {
    let first = content.iter().find(|byte| !byte.is_ascii_whitespace());
    if first == Some(&b'{') {
        national(content)
    } else {
        abroad(content)
    }
}

/// What the codec says, and behind it what the rules of the message's release say.
fn abroad(content: &[u8]) -> (Kind, Vec<Finding>) {
    let (kind, mut findings) = codec(content);
    let Ok(report) = rules::check_document(content) else {
        return (kind, findings);
    };
    for finding in report.findings() {
        let is_known = findings.iter().any(|known| known.rule == finding.rule());
        if !is_known {
            findings.push(ruled(finding));
        }
    }
    (kind, findings)
}

fn ruled(finding: &rules::Finding) -> Finding {
    Finding {
        rule: finding.rule().to_owned(),
        severity: match finding.severity() {
            rules::Severity::Fatal => Severity::Fatal,
            _ => Severity::Caution,
        },
        place: finding.location().to_owned(),
        message: finding.text_en().to_owned(),
    }
}

fn codec(content: &[u8]) -> (Kind, Vec<Finding>) {
    match edm::decode(content) {
        Ok(message) => {
            let kind = match &message {
                edm::Message::Request(_) => Kind::EdmRequest,
                edm::Message::Response(_) => Kind::EdmResponse,
                edm::Message::Error(_) => Kind::EdmError,
            };
            (kind, message.cautions().iter().map(caution).collect())
        }
        Err(invalid) => {
            let kind = if invalid.is_request() {
                Kind::EdmRequest
            } else {
                Kind::Unknown
            };
            (
                kind,
                vec![fatal(
                    invalid.rule(),
                    invalid.place(),
                    invalid.problem().to_string(),
                )],
            )
        }
    }
}

fn caution(caution: &edm::Caution) -> Finding {
    Finding {
        rule: caution.rule().unwrap_or("tolerated").to_owned(),
        severity: Severity::Caution,
        place: caution.place().to_owned(),
        message: caution.liberty().label().to_owned(),
    }
}

fn national(content: &[u8]) -> (Kind, Vec<Finding>) {
    let findings = match noots::decode_json(content) {
        Ok(_) => Vec::new(),
        Err(invalid) => invalid
            .findings()
            .map(|finding| {
                fatal(
                    finding.rule().as_str(),
                    finding.pointer(),
                    finding.problem().to_owned(),
                )
            })
            .collect(),
    };
    (Kind::Xnachweis, findings)
}

fn fatal(rule: &str, place: &str, message: String) -> Finding {
    Finding {
        rule: rule.to_owned(),
        severity: Severity::Fatal,
        place: place.to_owned(),
        message,
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    io::copy(&mut File::open(path)?.take(MAX_BYTES + 1), &mut content)?;
    if content.len() as u64 > MAX_BYTES {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "larger than 64 MiB",
        ));
    }
    Ok(content)
}

const MAX_BYTES: u64 = 64 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(content: &str, kind: Kind, rules: &[&str]) {
        let (found, findings) = validate(content.as_bytes());
        let found_rules: Vec<_> = findings
            .iter()
            .map(|finding| finding.rule.as_str())
            .collect();
        assert_eq!((found, found_rules.as_slice()), (kind, rules));
    }

    #[test]
    fn a_message_is_told_by_its_content() {
        check("<x/>", Kind::Unknown, &["R-EDM-REQ-S001"]);
        check("no message", Kind::Unknown, &["R-EDM-REQ-S001"]);
        let (kind, findings) = validate(b" {}");
        assert_eq!(kind, Kind::Xnachweis);
        assert!(!findings.is_empty());
    }

    #[test]
    fn a_missing_file_is_a_finding() {
        let report = Report::of_file(Path::new("/nowhere/at/all"));
        assert!(!report.is_valid());
        assert_eq!(report.findings[0].rule, "file");
    }
}
