//! What the demonstration prints: a timeline a newcomer understands, or one JSON object per
//! exchange. Here are the words; `demo` writes them.

use std::time::Duration;

use conformance::simulator::{Complaint, EvidenceRecord, Step, Verdict, Wire};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Scenario, Stage, scenario::Played};

type Pair = (Option<EvidenceRecord>, Option<EvidenceRecord>);

/// What one exchange looked like from outside.
#[derive(Debug)]
pub struct Report {
    scenario: Scenario,
    state: String,
    failure: Option<String>,
    began: Timestamp,
    lasted: Duration,
    steps: Vec<Step>,
    evidence: Vec<Pair>,
    complaints: Vec<Complaint>,
    unproven: Vec<Step>,
}

impl Report {
    pub(super) fn new(
        scenario: Scenario,
        played: Played,
        (began, lasted): (Timestamp, Duration),
    ) -> Self {
        Self {
            scenario,
            state: played.state,
            failure: played.failure,
            began,
            lasted,
            steps: Vec::new(),
            evidence: Vec::new(),
            complaints: Vec::new(),
            unproven: Vec::new(),
        }
    }

    pub(super) fn with_steps(mut self, steps: Vec<Step>) -> Self {
        self.steps = steps;
        self
    }

    pub(super) fn with_evidence(mut self, evidence: Vec<Pair>) -> Self {
        self.evidence = evidence;
        self
    }

    pub(super) fn with_complaints(mut self, complaints: Vec<Complaint>) -> Self {
        self.complaints = complaints;
        self
    }

    pub(super) fn with_unproven(mut self, messages: Vec<Step>) -> Self {
        self.unproven = messages;
        self
    }

    /// Whether evidence arrived, every digest agreed, every message got its receipt, and no simulator
    /// complained.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.failure.is_none()
            && self.complaints.is_empty()
            && self.unproven.is_empty()
            && !self.evidence.is_empty()
            && self.evidence.iter().all(agrees)
    }

    /// The steps, as the simulators saw them.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// What went wrong, in words.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let complaints = self
            .complaints
            .iter()
            .map(|complaint| complaint.text.clone());
        let unproven = self
            .unproven
            .iter()
            .map(|message| format!("no receipt for {} {}", message.what, message.id));
        let failure = self.failure.clone().into_iter();
        failure.chain(complaints).chain(unproven).collect()
    }

    /// As one JSON object.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let evidence: Vec<_> = self.evidence.iter().map(document).collect();
        let steps: Vec<_> = self.steps.iter().map(line).collect();
        json!({
            "route": self.scenario.route().as_str(),
            "scenario": self.scenario.name(),
            "edm_version": self.scenario.edm_version(),
            "partner": "AP_FR_01",
            "state": self.state,
            "ok": self.is_ok(),
            "duration_ms": u64::try_from(self.lasted.as_millis()).unwrap_or(u64::MAX),
            "evidence": evidence,
            "steps": steps,
            "faults": self.faults(),
        })
    }

    /// As lines for people, with an empty one behind.
    pub(super) fn text(&self) -> String {
        let verdict = if self.is_ok() { "ok" } else { "FAILED" };
        let mut lines = vec![format!(
            "{:8} {}   {verdict}, {} ms",
            self.scenario.route().as_str(),
            self.scenario.title(),
            self.lasted.as_millis()
        )];
        lines.extend(self.steps.iter().map(|step| self.step_text(step)));
        lines.extend(self.evidence.iter().map(evidence_text));
        let faults = self.faults().into_iter();
        lines.extend(faults.map(|fault| format!("    fault: {fault}")));
        lines.push(String::new());
        lines.join("\n")
    }

    fn step_text(&self, step: &Step) -> String {
        let after = step.at.duration_since(self.began).as_millis();
        let verdict = match &step.verdict {
            Verdict::Ok => "ok".to_owned(),
            Verdict::Complaint(text) => format!("COMPLAINT: {text}"),
        };
        format!(
            "  {after:>5} ms  {:<54} {:<9} {:<44} {:>9}  {:<10} {verdict}",
            format!("{} → {}", step.from, step.to),
            wire(step.wire),
            shorten(&step.what, 44),
            size(step.bytes),
            shorten_id(&step.id),
        )
    }
}

fn agrees(pair: &Pair) -> bool {
    matches!(pair, (Some(sent), Some(received)) if sent.sha256 == received.sha256)
}

fn document((sent, received): &Pair) -> Value {
    let either = sent.as_ref().or(received.as_ref());
    json!({
        "sha256_sent": sent.as_ref().map(|document| &document.sha256),
        "sha256_received": received.as_ref().map(|document| &document.sha256),
        "media_type": either.map(|document| &document.media_type),
        "bytes": either.map(|document| document.bytes),
    })
}

fn line(step: &Step) -> Value {
    let verdict = match &step.verdict {
        Verdict::Ok => "ok",
        Verdict::Complaint(text) => text,
    };
    json!({
        "at": step.at,
        "from": step.from,
        "to": step.to,
        "wire": wire(step.wire),
        "what": step.what,
        "id": step.id,
        "bytes": step.bytes,
        "verdict": verdict,
    })
}

fn evidence_text(pair: &Pair) -> String {
    let (sent, received) = pair;
    let digest = |document: &Option<EvidenceRecord>| match document {
        Some(document) => shorten(&document.sha256, 16),
        None => "nothing".to_owned(),
    };
    let either = sent.as_ref().or(received.as_ref());
    format!(
        "    evidence: sha-256 {} sent, {} received, {}: {}, {}",
        digest(sent),
        digest(received),
        if agrees(pair) { "equal" } else { "NOT EQUAL" },
        either.map_or("", |document| document.media_type.as_str()),
        size(either.map_or(0, |document| document.bytes)),
    )
}

const fn wire(wire: Wire) -> &'static str {
    match wire {
        Wire::As4 => "AS4",
        Wire::XNachweis => "XNachweis",
        Wire::CommonServices => "EB/DSD",
        Wire::Browser => "browser",
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        _ => format!("{}.{} kB", bytes / 1_000, bytes % 1_000 / 100),
    }
}

fn shorten(text: &str, length: usize) -> String {
    if text.chars().count() <= length {
        return text.to_owned();
    }
    text.chars()
        .take(length.saturating_sub(1))
        .chain(['…'])
        .collect()
}

fn shorten_id(id: &str) -> String {
    shorten(id, 9)
}

pub(super) fn introduction(stage: &Stage, redis: bool) -> String {
    let urls = stage.urls();
    format!(
        "The Intermediäre Plattform between a simulated member state (FR) and simulated German\n\
         registers and portals. Keys are made for this run; everything goes over TLS on loopback.\n  \
         access point {}   national {}   public {}\n  store: {}\n",
        urls.as4,
        urls.national,
        urls.public,
        if redis { "Redis" } else { "embedded" }
    )
}

pub(super) fn summary(reports: &[Report], lasted: Duration) -> String {
    let ok = reports.iter().filter(|report| report.is_ok()).count();
    let digests = reports
        .iter()
        .flat_map(|report| &report.evidence)
        .filter(|pair| agrees(pair))
        .count();
    let complaints: usize = reports.iter().map(|report| report.complaints.len()).sum();
    let unproven: usize = reports.iter().map(|report| report.unproven.len()).sum();
    let messages = reports
        .iter()
        .flat_map(Report::steps)
        .filter(|step| step.wire == Wire::As4 && step.what != Step::RECEIPT)
        .count();
    format!(
        "{ok} of {} exchanges delivered, {digests} evidence digests equal at both ends, \
         {} of {messages} AS4 messages receipted, {complaints} complaints, {}.{:01} s in all",
        reports.len(),
        messages.saturating_sub(unproven),
        lasted.as_secs(),
        lasted.subsec_millis() / 100,
    )
}

pub(super) fn addresses(stage: &Stage) -> String {
    format!(
        "\nThe platform stays up until Ctrl-C:\n  \
         probes and metrics  {admin}/readyz?verbose  {admin}/metrics\n  \
         access point        {}\n  \
         configuration       {}",
        stage.urls().as4,
        stage.config_path().display(),
        admin = stage.admin_url(),
    )
}
