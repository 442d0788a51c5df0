//! What the demonstration prints: a timeline a newcomer understands, or one JSON object per
//! exchange.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "printing is what this file is for"
)]

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

    /// Whether evidence arrived, every digest agreed, and no simulator complained.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.failure.is_none()
            && self.complaints.is_empty()
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
        self.failure.clone().into_iter().chain(complaints).collect()
    }

    /// As one JSON object. design.md section 2.
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

    pub(super) fn print(&self, json: bool) {
        if json {
            println!("{}", self.to_json());
            return;
        }
        let verdict = if self.is_ok() { "ok" } else { "FAILED" };
        println!(
            "{:8} {}   {verdict}, {} ms",
            self.scenario.route().as_str(),
            self.scenario.title(),
            self.lasted.as_millis()
        );
        for step in &self.steps {
            self.print_step(step);
        }
        for pair in &self.evidence {
            print_evidence(pair);
        }
        for fault in self.faults() {
            println!("    fault: {fault}");
        }
        println!();
    }

    fn print_step(&self, step: &Step) {
        let after = step.at.duration_since(self.began).as_millis();
        let verdict = match &step.verdict {
            Verdict::Ok => "ok".to_owned(),
            Verdict::Complaint(text) => format!("COMPLAINT: {text}"),
        };
        println!(
            "  {after:>5} ms  {:<54} {:<9} {:<44} {:>9}  {:<10} {verdict}",
            format!("{} → {}", step.from, step.to),
            wire(step.wire),
            shorten(&step.what, 44),
            size(step.bytes),
            shorten_id(&step.id),
        );
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

fn print_evidence(pair: &Pair) {
    let (sent, received) = pair;
    let digest = |document: &Option<EvidenceRecord>| match document {
        Some(document) => shorten(&document.sha256, 16),
        None => "nothing".to_owned(),
    };
    let either = sent.as_ref().or(received.as_ref());
    println!(
        "    evidence: sha-256 {} sent, {} received, {}: {}, {}",
        digest(sent),
        digest(received),
        if agrees(pair) { "equal" } else { "NOT EQUAL" },
        either.map_or("", |document| document.media_type.as_str()),
        size(either.map_or(0, |document| document.bytes)),
    );
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

pub(super) fn introduce(stage: &Stage, redis: bool) {
    let urls = stage.urls();
    println!(
        "The Intermediäre Plattform between a simulated member state (FR) and simulated German"
    );
    println!(
        "registers and portals. Keys are made for this run; everything goes over TLS on loopback."
    );
    println!(
        "  access point {}   national {}   public {}",
        urls.as4, urls.national, urls.public
    );
    println!("  store: {}\n", if redis { "Redis" } else { "embedded" });
}

pub(super) fn summarize(reports: &[Report], lasted: Duration) {
    let ok = reports.iter().filter(|report| report.is_ok()).count();
    let digests = reports
        .iter()
        .flat_map(|report| &report.evidence)
        .filter(|pair| agrees(pair))
        .count();
    let complaints: usize = reports.iter().map(|report| report.complaints.len()).sum();
    let messages = reports
        .iter()
        .flat_map(Report::steps)
        .filter(|step| step.wire == Wire::As4)
        .count();
    println!(
        "{ok} of {} exchanges delivered, {digests} evidence digests equal at both ends, {messages} AS4 steps, \
         {complaints} complaints, {}.{:01} s in all",
        reports.len(),
        lasted.as_secs(),
        lasted.subsec_millis() / 100,
    );
}

pub(super) fn addresses(stage: &Stage) {
    println!("\nThe platform stays up until Ctrl-C:");
    println!(
        "  probes and metrics  {}/readyz?verbose  {}/metrics",
        stage.admin_url(),
        stage.admin_url()
    );
    println!("  access point        {}", stage.urls().as4);
    println!("  configuration       {}", stage.config_path().display());
}

pub(super) fn complain(text: &str) {
    eprintln!("{text}");
}
