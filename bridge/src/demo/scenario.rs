//! The exchanges of the demonstration.

use std::time::Duration;

use conformance::simulator::{
    EvidenceRecord, Flow, Journal, Step, Wire,
    data_consumer::Collection,
    edm::EdmVersion,
    foreign::{Delivery, Outcome},
    world::{ForeignEvidence, GermanEvidence},
};

use super::{Report, Stage};
use crate::{exchange::Route, world::World};

/// One exchange from beginning to end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Scenario {
    /// A French portal fetches a German birth certificate (PDF), in EDM 2.0.
    BirthCertificate,
    /// The same in EDM 1.2.
    BirthCertificate12,
    /// A French portal fetches a German vehicle record (XML), in EDM 2.0.
    VehicleRecord,
    /// A German portal fetches a French vehicle certificate (PDF), in EDM 2.0.
    ForeignVehicleCertificate,
    /// A German portal fetches a French birth certificate (PDF), in EDM 1.2.
    ForeignBirthCertificate,
    /// A German portal fetches a French vehicle record (XML), in EDM 2.0.
    ForeignVehicleRecord,
}

/// What one play brought.
pub(super) struct Played {
    pub(super) state: String,
    pub(super) failure: Option<String>,
}

impl Scenario {
    /// All, in the order they are played.
    pub const ALL: [Self; 6] = [
        Self::BirthCertificate,
        Self::BirthCertificate12,
        Self::VehicleRecord,
        Self::ForeignVehicleCertificate,
        Self::ForeignBirthCertificate,
        Self::ForeignVehicleRecord,
    ];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BirthCertificate => "birth-certificate",
            Self::BirthCertificate12 => "birth-certificate-1.2",
            Self::VehicleRecord => "vehicle-record",
            Self::ForeignVehicleCertificate => "foreign-vehicle-certificate",
            Self::ForeignBirthCertificate => "foreign-birth-certificate",
            Self::ForeignVehicleRecord => "foreign-vehicle-record",
        }
    }

    /// What happens in it, in one line.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::BirthCertificate => {
                "a French portal fetches a German birth certificate (PDF), EDM 2.0"
            }
            Self::BirthCertificate12 => {
                "a French portal fetches a German birth certificate (PDF), EDM 1.2"
            }
            Self::VehicleRecord => "a French portal fetches a German vehicle record (XML), EDM 2.0",
            Self::ForeignVehicleCertificate => {
                "a German portal fetches a French vehicle certificate (PDF), EDM 2.0"
            }
            Self::ForeignBirthCertificate => {
                "a German portal fetches a French birth certificate (PDF), EDM 1.2"
            }
            Self::ForeignVehicleRecord => {
                "a German portal fetches a French vehicle record (XML), EDM 2.0"
            }
        }
    }

    /// Who asks and who answers.
    #[must_use]
    pub const fn route(self) -> Route {
        match self {
            Self::BirthCertificate | Self::BirthCertificate12 | Self::VehicleRecord => {
                Route::Provide
            }
            Self::ForeignVehicleCertificate
            | Self::ForeignBirthCertificate
            | Self::ForeignVehicleRecord => Route::Retrieve,
        }
    }

    /// The version of the EDM spoken in it.
    #[must_use]
    pub const fn edm_version(self) -> &'static str {
        match self {
            Self::BirthCertificate12 | Self::ForeignBirthCertificate => "1.2",
            _ => "2.0",
        }
    }

    /// Plays it, and reports what the simulators saw.
    pub async fn play(self, stage: &Stage, world: &World, limit: Duration) -> Report {
        let journal = stage.world().journal();
        let (steps, evidence) = (journal.mark(), journal.evidence().len());
        let (began, at) = (world.monotonic(), world.now());
        let played = match self {
            Self::BirthCertificate => {
                provide(
                    stage,
                    EdmVersion::V2_0,
                    GermanEvidence::BirthCertificate,
                    limit,
                )
                .await
            }
            Self::BirthCertificate12 => {
                provide(
                    stage,
                    EdmVersion::V1_2,
                    GermanEvidence::BirthCertificate,
                    limit,
                )
                .await
            }
            Self::VehicleRecord => {
                provide(
                    stage,
                    EdmVersion::V2_0,
                    GermanEvidence::VehicleRecord,
                    limit,
                )
                .await
            }
            Self::ForeignVehicleCertificate => {
                retrieve(stage, ForeignEvidence::VehicleCertificate).await
            }
            Self::ForeignBirthCertificate => {
                retrieve(stage, ForeignEvidence::BirthCertificate).await
            }
            Self::ForeignVehicleRecord => retrieve(stage, ForeignEvidence::VehicleRecord).await,
        };
        let lasted = world.monotonic().saturating_sub(began);
        let unproven = unproven(journal, steps, limit).await;
        let seen: Vec<Step> = journal.steps_since(steps);
        let documents: Vec<EvidenceRecord> =
            journal.evidence().into_iter().skip(evidence).collect();
        let complaints = journal.complaints_since(steps);
        Report::new(self, played, (at, lasted))
            .with_steps(seen)
            .with_unproven(unproven)
            .with_evidence(pairs(&documents))
            .with_complaints(complaints)
    }
}

/// AS4 messages of an exchange without a receipt. Waits for those on their way: the last receipt may
/// be slower than the evidence.
async fn unproven(journal: &Journal, mark: usize, limit: Duration) -> Vec<Step> {
    let mut unproven = Vec::new();
    for message in journal.steps_since(mark) {
        if message.wire != Wire::As4 || message.what == Step::RECEIPT {
            continue;
        }
        let proof = |step: &Step| step.is_receipt_for(&message);
        if journal.wait_for(mark, limit, proof).await.is_none() {
            unproven.push(message);
        }
    }
    unproven
}

/// What was sent beside what was received.
fn pairs(documents: &[EvidenceRecord]) -> Vec<(Option<EvidenceRecord>, Option<EvidenceRecord>)> {
    let of = |flow: Flow| {
        documents
            .iter()
            .filter(move |document| document.flow == flow)
            .cloned()
    };
    let mut received: Vec<_> = of(Flow::Received).collect();
    let mut pairs = Vec::new();
    for sent in of(Flow::Sent) {
        let same = received
            .iter()
            .position(|document| document.sha256 == sent.sha256);
        // A document that arrived changed is shown beside the one it should be.
        let at = same.or(if received.is_empty() { None } else { Some(0) });
        pairs.push((Some(sent), at.map(|at| received.remove(at))));
    }
    pairs.extend(received.into_iter().map(|document| (None, Some(document))));
    pairs
}

async fn provide(
    stage: &Stage,
    version: EdmVersion,
    evidence: GermanEvidence,
    limit: Duration,
) -> Played {
    let request = stage.world().request(version, evidence);
    let portal = stage.world().foreign().portal();
    let sent = match portal.request(&request).await {
        Ok(sent) => sent,
        Err(error) => return failed("unsent", format!("{error:#}")),
    };
    if sent.delivery != Delivery::Acknowledged {
        return failed("refused", format!("{:?}", sent.delivery));
    }
    match portal
        .answer(&sent, limit)
        .await
        .map(|answer| answer.outcome)
    {
        Some(Outcome::Evidence(documents)) if !documents.is_empty() => Played {
            state: "delivered".to_owned(),
            failure: None,
        },
        Some(other) => failed("failed", format!("{other:?}")),
        None => failed("expired", "no answer in time".to_owned()),
    }
}

async fn retrieve(stage: &Stage, evidence: ForeignEvidence) -> Played {
    let order = stage.world().order(&[evidence]);
    match stage.world().consumer().order(&order).await {
        Ok(ordered) => match ordered.collection {
            Collection::Evidence(documents) if !documents.is_empty() => Played {
                state: "delivered".to_owned(),
                failure: None,
            },
            other => failed("failed", format!("{other:?}")),
        },
        Err(error) => failed("failed", format!("{error:#}")),
    }
}

fn failed(state: &str, failure: String) -> Played {
    Played {
        state: state.to_owned(),
        failure: Some(failure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use conformance::simulator::{Keys, Verdict};

    fn step(what: &str, message: &str) -> Step {
        Step {
            at: jiff::Timestamp::UNIX_EPOCH,
            from: "a".to_owned(),
            to: "b".to_owned(),
            wire: Wire::As4,
            what: what.to_owned(),
            id: message.to_owned(),
            bytes: 1,
            verdict: Verdict::Ok,
            keys: Keys {
                message: Some(message.to_owned()),
                ..Keys::default()
            },
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_without_its_own_receipt_is_found() {
        let journal = Journal::new();
        journal.record(step("ExecuteQueryRequest", "1"));
        journal.record(step("ExecuteQueryResponse", "2"));
        journal.record(step(Step::RECEIPT, "1"));
        journal.record(step(Step::RECEIPT, "3"));
        let found = unproven(&journal, 0, Duration::from_secs(30)).await;
        let found: Vec<_> = found.iter().map(|step| step.id.as_str()).collect();
        assert_eq!(found, ["2"]);
    }
}
