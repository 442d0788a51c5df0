//! An evidence provider: scrutinizes a request and answers it as configured

mod inspect;
mod question;
mod write;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use ebms::{Outgoing, Property, profile};
use jiff::Timestamp;
use tokio::sync::Notify;

pub use question::Question;

use super::access_point::{
    AccessPoint, Delivered, Delivery, FollowUp, Letter, header_keys, property,
};
use super::evidence::ForeignOffer;
use super::portal::bare;
use crate::simulator::edm::{Authority, EdmVersion, ReceivedAgent, ReceivedRequest};
use crate::simulator::journal::{EvidenceRecord, Flow, Keys, Step, Verdict, Wire, sha256_hex};
use crate::simulator::person::TestPerson;

/// What the provider is and has
#[derive(Clone, Debug)]
pub struct ProviderSpec {
    /// The Evidence Provider
    pub authority: Authority,
    /// The kinds of evidence it has
    pub offers: Vec<ForeignOffer>,
    /// The persons it knows
    pub persons: Vec<TestPerson>,
    /// The platform it answers through, if any
    pub platform: Option<Authority>,
    /// The platform that has to name itself in every request
    pub peer_platform: Authority,
}

/// How the provider answers valid requests, to be changed while it runs
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Answering {
    /// With the document
    #[default]
    Evidence,
    /// With so many documents
    Documents(usize),
    /// With Success and no document
    Empty,
    /// With a promise
    Deferred(Timestamp),
    /// With an error
    Error {
        /// `EDM:ERR:` code
        code: String,
        /// Detail
        detail: Option<String>,
    },
    /// Demands that the user looks at the evidence here first
    PreviewRequired(String),
    /// With the document, after [`Provider::release`]
    Held,
    /// Never
    Silent,
}

/// A running provider
#[derive(Debug)]
pub struct Provider {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    access_point: AccessPoint,
    spec: ProviderSpec,
    answering: Mutex<Answering>,
    released: Notify,
    seen: Mutex<BTreeSet<String>>,
    questions: Mutex<Vec<Question>>,
    asked: Notify,
}

/// A request to be answered, and where the answer goes
#[derive(Clone, Debug)]
struct Task {
    request: Option<ReceivedRequest>,
    version: EdmVersion,
    conversation_id: String,
    exchange_id: Option<String>,
    sender: Option<Property>,
    recipient: Option<Property>,
}

impl Provider {
    pub(super) fn new(access_point: AccessPoint, spec: ProviderSpec) -> Self {
        let shared = Shared {
            access_point,
            spec,
            answering: Mutex::default(),
            released: Notify::new(),
            seen: Mutex::default(),
            questions: Mutex::default(),
            asked: Notify::new(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// What it is and has
    #[must_use]
    pub fn spec(&self) -> &ProviderSpec {
        &self.shared.spec
    }

    /// Changes how it answers from now on
    pub fn set_answering(&self, answering: Answering) {
        *self.shared.answering() = answering;
    }

    /// Lets one answer go that [`Answering::Held`] keeps
    pub fn release(&self) {
        self.shared.released.notify_one();
    }

    /// How many different requests it got
    #[must_use]
    pub fn times_asked(&self) -> usize {
        self.shared.seen().len()
    }

    /// Inspects and records a request; the answer goes out after the receipt
    pub(super) fn take(
        &self,
        delivered: &Delivered,
        request: &ReceivedRequest,
        mut findings: Vec<String>,
    ) -> FollowUp {
        let shared = &self.shared;
        findings.extend(inspect::request(shared, delivered, request));
        // A request that replays an id must be refused.
        let fresh = shared.seen().insert(bare(&request.id).to_owned());
        if !fresh {
            findings.push("the request id was used before".to_owned());
        }
        let keys = Keys {
            request: Some(bare(&request.id).to_owned()),
            ..header_keys(&delivered.message)
        };
        shared
            .access_point
            .record_received(delivered, keys, &findings);
        let answering = match findings.first() {
            None => shared.answering().clone(),
            Some(finding) => invalid(finding),
        };
        let task = Task::new(delivered, Some(request));
        shared.note(Question::new(delivered, task.clone()));
        self.follow_up(task, answering)
    }

    /// Records a message that cannot be read; the answer says so
    pub(super) fn take_unreadable(&self, delivered: &Delivered, fault: String) -> FollowUp {
        let keys = header_keys(&delivered.message);
        let answering = invalid(&fault);
        self.shared
            .access_point
            .record_received(delivered, keys, &[fault]);
        // Only requests are answered: an unreadable answer is not, so that no loop can begin.
        let action = delivered.message.get().header().action();
        (action == profile::EXECUTE_QUERY_REQUEST)
            .then(|| self.follow_up(Task::new(delivered, None), answering))
            .flatten()
    }

    fn follow_up(&self, task: Task, answering: Answering) -> FollowUp {
        let shared = Arc::clone(&self.shared);
        Some(Box::pin(async move {
            if answering == Answering::Held {
                shared.released.notified().await;
            }
            if answering == Answering::Silent {
                return;
            }
            if let Err(error) = shared.answer(&task, &answering).await {
                shared.complain(
                    &task,
                    format!("the answer could not be delivered: {error:#}"),
                );
            }
        }))
    }
}

fn invalid(finding: &str) -> Answering {
    Answering::Error {
        code: "EDM:ERR:0003".to_owned(),
        detail: Some(finding.to_owned()),
    }
}

impl Task {
    fn new(delivered: &Delivered, request: Option<&ReceivedRequest>) -> Self {
        let message = delivered.message.get();
        let version = request.and_then(|request| EdmVersion::find(&request.version));
        let exchange = property(message, profile::EXCHANGE_ID);
        let by_header = if exchange.is_some() {
            EdmVersion::V2_0
        } else {
            EdmVersion::V1_2
        };
        Self {
            request: request.cloned(),
            version: version.unwrap_or(by_header),
            conversation_id: message.header().conversation_id().to_string(),
            exchange_id: exchange.map(|exchange| exchange.value().to_owned()),
            sender: property(message, profile::ORIGINAL_SENDER).cloned(),
            recipient: property(message, profile::FINAL_RECIPIENT).cloned(),
        }
    }

    fn request_id(&self) -> Option<&str> {
        self.request.as_ref().map(|request| request.id.as_str())
    }

    /// The properties of the answer: the corners change places
    fn properties(&self) -> Vec<Property> {
        let swapped = [
            (profile::ORIGINAL_SENDER, &self.recipient),
            (profile::FINAL_RECIPIENT, &self.sender),
        ];
        let mut properties: Vec<_> = swapped
            .into_iter()
            .filter_map(|(name, corner)| {
                let corner = corner.as_ref()?;
                Some(match corner.kind() {
                    Some(kind) => Property::typed(name, kind, corner.value()),
                    None => Property::new(name, corner.value()),
                })
            })
            .collect();
        if let Some(exchange) = &self.exchange_id {
            properties.push(Property::new(profile::EXCHANGE_ID, exchange));
            properties.push(Property::new(
                profile::SPECIFICATION_ID,
                EdmVersion::V2_0.as_str(),
            ));
        }
        properties
    }
}

impl Shared {
    async fn answer(&self, task: &Task, answering: &Answering) -> Result<()> {
        let written = self.write(task, answering)?;
        let request_id = task.request_id().map(|id| bare(id).to_owned());
        let letter = self.letter(task, written.action, written.payloads, request_id);
        let outgoing = self.access_point.compose(&letter)?;
        match self.post_patiently(&letter, &outgoing).await? {
            Delivery::Acknowledged => {}
            Delivery::Refused(codes) => {
                self.complain(task, format!("the answer was refused: {codes:?}"))
            }
            // Already complained about by the access point.
            Delivery::Unproven(_) => {}
        }
        Ok(())
    }

    /// Sends the identical bytes again while the partner cannot take them
    async fn post_patiently(&self, letter: &Letter, outgoing: &Outgoing) -> Result<Delivery> {
        for pause in PAUSES {
            match self.access_point.post(letter, outgoing).await {
                Ok(delivery) if delivery.is_final() => return Ok(delivery),
                Ok(_) | Err(_) => tokio::time::sleep(pause).await,
            }
        }
        self.access_point.post(letter, outgoing).await
    }

    fn find_offer(&self, request: &ReceivedRequest) -> Option<&ForeignOffer> {
        let wanted = &request.classification;
        self.spec
            .offers
            .iter()
            .find(|offer| &offer.evidence.classification == wanted)
    }

    fn find_person(&self, request: &ReceivedRequest) -> Option<&TestPerson> {
        let person = request.person.as_ref()?;
        let is = |known: &&TestPerson| {
            known.is(&person.family_name, &person.given_name, &person.birth_date)
        };
        self.spec.persons.iter().find(is)
    }

    fn enter_in_ledger(&self, task: &Task, content: &[u8], media_type: &str) {
        self.access_point.journal().record_evidence(EvidenceRecord {
            at: self.access_point.source().now(),
            holder: self.spec.authority.name.clone(),
            flow: Flow::Sent,
            sha256: sha256_hex(content),
            media_type: media_type.to_owned(),
            bytes: content.len() as u64,
            keys: self.keys(task),
        });
    }

    fn complain(&self, task: &Task, complaint: String) {
        let keys = self.keys(task);
        self.access_point.journal().record(Step {
            at: self.access_point.source().now(),
            from: self.spec.authority.name.clone(),
            to: self.access_point.partner_name().to_owned(),
            wire: Wire::As4,
            what: "answer".to_owned(),
            id: keys.request.clone().unwrap_or_default(),
            bytes: 0,
            verdict: Verdict::Complaint(complaint),
            keys,
        });
    }

    fn keys(&self, task: &Task) -> Keys {
        Keys {
            conversation: Some(task.conversation_id.clone()),
            request: task.request_id().map(|id| bare(id).to_owned()),
            ..Keys::default()
        }
    }

    fn answering(&self) -> MutexGuard<'_, Answering> {
        self.answering
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn seen(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn requester(request: &ReceivedRequest) -> Option<&ReceivedAgent> {
    request
        .requesters
        .iter()
        .find(|agent| agent.class.as_deref() == Some("ER"))
}

/// Pauses between the attempts to deliver an answer: a message whose taking a crash interrupted is
/// not taken again for half a minute
const PAUSES: [Duration; 7] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(16),
    Duration::from_secs(16),
    Duration::from_secs(16),
];
