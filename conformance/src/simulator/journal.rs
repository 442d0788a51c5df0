//! What happened on every wire of the simulated world, in order, with what anybody objected to
//!
//! Append-only and shared. Waiting is by notification; nothing here polls or sleeps.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_lc_rs::digest;
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::Notify;

/// The wire a step went over
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Wire {
    /// Between access points
    As4,
    /// Between the platform and German portals and registers
    XNachweis,
    /// Questions to the Evidence Broker and the Data Service Directory
    CommonServices,
    /// The citizen's browser
    Browser,
}

/// What the simulator that recorded a step thought of it
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub enum Verdict {
    /// As it should be
    Ok,
    /// Something is wrong, and this is what
    Complaint(String),
}

impl Verdict {
    /// `Ok` for an empty list, otherwise one complaint of all its lines
    #[must_use]
    pub fn of(findings: &[String]) -> Self {
        if findings.is_empty() {
            Self::Ok
        } else {
            Self::Complaint(findings.join("; "))
        }
    }

    /// Whether nothing was objected to
    #[must_use]
    pub const fn is_ok(&self) -> bool {
        matches!(self, Self::Ok)
    }
}

/// The identifiers that tie a step to an exchange
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Keys {
    /// ebMS ConversationId, or the ConversationID of a national order
    pub conversation: Option<String>,
    /// Identifier of the EDM request, without `urn:uuid:`
    pub request: Option<String>,
    /// ebMS MessageId
    pub message: Option<String>,
    /// nachrichtenUUID of a national message
    pub national: Option<String>,
}

impl Keys {
    /// Whether any of the identifiers is this one
    #[must_use]
    pub fn mentions(&self, id: &str) -> bool {
        [
            &self.conversation,
            &self.request,
            &self.message,
            &self.national,
        ]
        .into_iter()
        .flatten()
        .any(|key| key == id)
    }
}

/// One thing that went over a wire, as one simulator saw it
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// When it was seen
    pub at: Timestamp,
    /// Who sent it
    pub from: String,
    /// Who it was for
    pub to: String,
    /// The wire
    pub wire: Wire,
    /// What it was: a message name, or method and path
    pub what: String,
    /// The identifier of the message itself
    pub id: String,
    /// Size of the body in bytes
    pub bytes: u64,
    /// What the recorder thought of it
    pub verdict: Verdict,
    /// The identifiers that tie it to an exchange
    pub keys: Keys,
}

impl Step {
    /// What a step is that carried a receipt
    pub const RECEIPT: &str = "Receipt";

    /// Whether it carried the receipt for this message
    #[must_use]
    pub fn is_receipt_for(&self, message: &Self) -> bool {
        self.wire == Wire::As4
            && self.what == Self::RECEIPT
            && self.keys.message.is_some()
            && self.keys.message == message.keys.message
    }
}

/// An objection raised by a simulator
#[derive(Clone, Debug, Serialize)]
pub struct Complaint {
    /// When
    pub at: Timestamp,
    /// What is wrong
    pub text: String,
    /// The step it was about
    pub step: Step,
}

/// Which end of an exchange held an evidence document
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub enum Flow {
    /// A register or a foreign provider handed it out
    Sent,
    /// A portal got it
    Received,
}

/// An evidence document seen at one end, by its digest
#[derive(Clone, Debug, Serialize)]
pub struct EvidenceRecord {
    /// When
    pub at: Timestamp,
    /// The simulator that held it
    pub holder: String,
    /// Handed out or got
    pub flow: Flow,
    /// SHA-256 of the document, lower-case hexadecimal
    pub sha256: String,
    /// Media type of the document
    pub media_type: String,
    /// Size in bytes
    pub bytes: u64,
    /// The identifiers that tie it to an exchange
    pub keys: Keys,
}

#[derive(Debug, Default)]
struct Pages {
    steps: Vec<Step>,
    evidence: Vec<EvidenceRecord>,
}

#[derive(Debug, Default)]
struct Shared {
    pages: Mutex<Pages>,
    changed: Notify,
}

/// The shared record of everything the simulators saw; cheap to clone
#[derive(Clone, Debug, Default)]
pub struct Journal {
    shared: Arc<Shared>,
}

impl Journal {
    /// An empty journal
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a step and wakes whoever waits
    pub fn record(&self, step: Step) {
        if let Verdict::Complaint(text) = &step.verdict {
            tracing::warn!(
                from = step.from,
                what = step.what,
                complaint = text,
                "Simulator complains"
            );
        }
        self.pages().steps.push(step);
        self.shared.changed.notify_waiters();
    }

    /// Appends an evidence document to the ledger and wakes whoever waits
    pub fn record_evidence(&self, record: EvidenceRecord) {
        self.pages().evidence.push(record);
        self.shared.changed.notify_waiters();
    }

    /// How many steps there are; a mark for [`Journal::steps_since`]
    #[must_use]
    pub fn mark(&self) -> usize {
        self.pages().steps.len()
    }

    /// Every step so far
    #[must_use]
    pub fn steps(&self) -> Vec<Step> {
        self.pages().steps.clone()
    }

    /// The steps after a mark
    #[must_use]
    pub fn steps_since(&self, mark: usize) -> Vec<Step> {
        self.pages().steps.iter().skip(mark).cloned().collect()
    }

    /// The steps that mention an identifier
    #[must_use]
    pub fn steps_about(&self, id: &str) -> Vec<Step> {
        self.steps()
            .into_iter()
            .filter(|step| step.keys.mentions(id))
            .collect()
    }

    /// Every objection so far
    #[must_use]
    pub fn complaints(&self) -> Vec<Complaint> {
        self.complaints_since(0)
    }

    /// The objections after a mark
    #[must_use]
    pub fn complaints_since(&self, mark: usize) -> Vec<Complaint> {
        let complaint = |step: Step| match &step.verdict {
            Verdict::Ok => None,
            Verdict::Complaint(text) => Some(Complaint {
                at: step.at,
                text: text.clone(),
                step,
            }),
        };
        self.steps_since(mark)
            .into_iter()
            .filter_map(complaint)
            .collect()
    }

    /// Every evidence document seen at either end
    #[must_use]
    pub fn evidence(&self) -> Vec<EvidenceRecord> {
        self.pages().evidence.clone()
    }

    /// How many evidence documents are in the ledger; a mark for [`Journal::evidence_since`]
    #[must_use]
    pub fn evidence_mark(&self) -> usize {
        self.pages().evidence.len()
    }

    /// The evidence documents after a mark
    #[must_use]
    pub fn evidence_since(&self, mark: usize) -> Vec<EvidenceRecord> {
        self.pages().evidence.iter().skip(mark).cloned().collect()
    }

    /// Documents after a mark that one end handed out and no other got, or the other way round
    #[must_use]
    pub fn disagreements(&self, mark: usize) -> Vec<String> {
        let (sent, mut received): (Vec<_>, Vec<_>) = self
            .evidence_since(mark)
            .into_iter()
            .partition(|record| record.flow == Flow::Sent);
        let mut differing = Vec::new();
        for record in sent {
            let same = |other: &EvidenceRecord| {
                other.sha256 == record.sha256 && other.media_type == record.media_type
            };
            match received.iter().position(same) {
                Some(index) => drop(received.swap_remove(index)),
                None => differing.push(format!(
                    "{} of {} arrived nowhere",
                    record.sha256, record.holder
                )),
            }
        }
        let unsent = |record: EvidenceRecord| {
            format!("{} at {} was never sent", record.sha256, record.holder)
        };
        differing.extend(received.into_iter().map(unsent));
        differing
    }

    /// Waits for the first step, after the mark, that fits; `None` when the time is over
    pub async fn wait_for(
        &self,
        mark: usize,
        limit: Duration,
        fits: impl Fn(&Step) -> bool,
    ) -> Option<Step> {
        self.wait_until(limit, |pages| {
            pages
                .steps
                .iter()
                .skip(mark)
                .find(|step| fits(step))
                .cloned()
        })
        .await
    }

    /// Waits until as many fitting evidence documents are in the ledger; `None` when the time is over
    pub async fn wait_for_evidence(
        &self,
        count: usize,
        limit: Duration,
        fits: impl Fn(&EvidenceRecord) -> bool,
    ) -> Option<Vec<EvidenceRecord>> {
        self.wait_until(limit, |pages| {
            let found: Vec<_> = pages
                .evidence
                .iter()
                .filter(|record| fits(record))
                .cloned()
                .collect();
            (found.len() >= count).then_some(found)
        })
        .await
    }

    async fn wait_until<T>(
        &self,
        limit: Duration,
        look: impl Fn(&Pages) -> Option<T>,
    ) -> Option<T> {
        let watch = async {
            loop {
                // Registered before looking, so that a step recorded in between is not missed.
                let mut changed = std::pin::pin!(self.shared.changed.notified());
                changed.as_mut().enable();
                if let Some(found) = look(&self.pages()) {
                    return found;
                }
                changed.await;
            }
        };
        tokio::time::timeout(limit, watch).await.ok()
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.shared
            .pages
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// SHA-256 in lower-case hexadecimal, as the ledger writes it
#[must_use]
pub fn sha256_hex(content: &[u8]) -> String {
    digest::digest(&digest::SHA256, content)
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(what: &str, verdict: Verdict) -> Step {
        Step {
            at: Timestamp::UNIX_EPOCH,
            from: "a".to_owned(),
            to: "b".to_owned(),
            wire: Wire::As4,
            what: what.to_owned(),
            id: "1".to_owned(),
            bytes: 0,
            verdict,
            keys: Keys {
                request: Some("r1".to_owned()),
                ..Keys::default()
            },
        }
    }

    #[test]
    fn complaints_are_the_steps_somebody_objected_to() {
        let journal = Journal::new();
        journal.record(step("fine", Verdict::Ok));
        journal.record(step(
            "bad",
            Verdict::of(&["wrong".to_owned(), "late".to_owned()]),
        ));
        let complaints = journal.complaints();
        assert_eq!(complaints.len(), 1);
        assert_eq!(complaints[0].text, "wrong; late");
        assert_eq!(journal.complaints_since(2).len(), 0);
    }

    #[test]
    fn steps_are_found_by_any_identifier() {
        let journal = Journal::new();
        journal.record(step("fine", Verdict::Ok));
        assert_eq!(journal.steps_about("r1").len(), 1);
        assert_eq!(journal.steps_about("r2").len(), 0);
    }

    fn document(flow: Flow, sha256: &str) -> EvidenceRecord {
        EvidenceRecord {
            at: Timestamp::UNIX_EPOCH,
            holder: "a".to_owned(),
            flow,
            sha256: sha256.to_owned(),
            media_type: "application/pdf".to_owned(),
            bytes: 1,
            keys: Keys::default(),
        }
    }

    #[test]
    fn documents_agree_when_each_one_sent_was_received_once() {
        let journal = Journal::new();
        journal.record_evidence(document(Flow::Sent, "1"));
        journal.record_evidence(document(Flow::Received, "1"));
        assert_eq!(journal.disagreements(0), [""; 0]);
        journal.record_evidence(document(Flow::Received, "1"));
        journal.record_evidence(document(Flow::Sent, "2"));
        assert_eq!(
            journal.disagreements(0),
            ["2 of a arrived nowhere", "1 at a was never sent"]
        );
        assert_eq!(journal.disagreements(journal.evidence_mark()), [""; 0]);
    }

    #[tokio::test]
    async fn waiting_ends_with_the_step_that_fits() {
        let journal = Journal::new();
        let waiting = journal.wait_for(0, Duration::from_secs(5), |step| step.what == "second");
        let recording = async {
            journal.record(step("first", Verdict::Ok));
            tokio::task::yield_now().await;
            journal.record(step("second", Verdict::Ok));
        };
        let (found, ()) = tokio::join!(waiting, recording);
        assert_eq!(found.unwrap().what, "second");
    }

    #[tokio::test]
    async fn waiting_ends_when_the_time_is_over() {
        let found = Journal::new().wait_for(0, Duration::ZERO, |_| true).await;
        assert!(found.is_none());
    }

    #[test]
    fn digests_are_lower_case_hexadecimal() {
        let expected = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(sha256_hex(b""), expected);
    }
}
