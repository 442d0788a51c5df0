//! A procedure portal: asks for evidence and scrutinizes the answer

mod answer;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use bytes::Bytes;
use ebms::{Outgoing, Payload, Property, profile};
use tokio::sync::Notify;

pub use answer::{Outcome, ReceivedAnswer};

use super::access_point::{AccessPoint, Delivered, Delivery, Letter, header_keys};
use super::inspect::EDM_MEDIA_TYPE;
use crate::simulator::edm::{
    self, Authority, EdmVersion, EvidenceTypeFacts, Received, ReceivedError, ReceivedRequest,
    ReceivedResponse, RequestFacts, RequirementFacts,
};
use crate::simulator::journal::Keys;
use crate::simulator::person::TestPerson;

/// Who the portal is
#[derive(Clone, Debug)]
pub struct PortalSpec {
    /// The Evidence Requester
    pub requester: Authority,
    /// The intermediary platform it asks through, if any
    pub platform: Option<Authority>,
    /// The platform of the asked member state, which has to name itself in every answer
    pub peer_platform: Authority,
}

/// What to ask
#[derive(Clone, Debug)]
pub struct RequestSpec {
    /// EDM version
    pub version: EdmVersion,
    /// What is asked for
    pub evidence: EvidenceTypeFacts,
    /// Whom
    pub provider: Authority,
    /// About whom
    pub subject: TestPerson,
    /// Procedure code
    pub procedure: String,
    /// What has to be proven
    pub requirements: Vec<RequirementFacts>,
    /// Whether the user can be sent to a preview
    pub preview_possible: bool,
    /// Whether the user asked expressly
    pub explicit: bool,
    /// Wanted language, upper case
    pub language: String,
    /// Request id, when it shall not be new
    pub request_id: Option<String>,
    /// Conversation, when it shall not be new
    pub conversation_id: Option<String>,
    /// Exchange, when it shall not be new
    pub exchange_id: Option<String>,
    /// Preview address of a second request
    pub preview_location: Option<String>,
    /// Return address of a second request
    pub return_location: Option<String>,
}

impl RequestSpec {
    /// An express request without preview in procedure T1
    #[must_use]
    pub fn new(
        version: EdmVersion,
        evidence: EvidenceTypeFacts,
        provider: Authority,
        subject: TestPerson,
    ) -> Self {
        Self {
            version,
            evidence,
            provider,
            subject,
            procedure: "T1".to_owned(),
            requirements: vec![RequirementFacts {
                id: BIRTH.to_owned(),
                name: "Proof of birth".to_owned(),
            }],
            preview_possible: false,
            explicit: true,
            language: "EN".to_owned(),
            request_id: None,
            conversation_id: None,
            exchange_id: None,
            preview_location: None,
            return_location: None,
        }
    }
}

/// A request that went out
#[derive(Clone, Debug)]
pub struct Sent {
    /// Conversation
    pub conversation_id: String,
    /// Exchange; on the wire in 2.0 only
    pub exchange_id: String,
    /// Identifier of the EDM request, without prefix, when it could be read
    pub request_id: Option<String>,
    /// MessageId
    pub message_id: String,
    /// What the partner said to it
    pub delivery: Delivery,
    letter: Letter,
    outgoing: Outgoing,
    index: usize,
}

impl Sent {
    /// What goes over the wire
    #[must_use]
    pub const fn package(&self) -> &Outgoing {
        &self.outgoing
    }
}

/// A request still or no longer waiting
#[derive(Debug)]
struct Asked {
    request: Option<ReceivedRequest>,
    conversation_id: String,
    exchange_id: String,
    sender: (String, String),
    recipient: (String, String),
    answers: Vec<ReceivedAnswer>,
}

/// A running portal
#[derive(Debug)]
pub struct Portal {
    access_point: AccessPoint,
    spec: PortalSpec,
    asked: Mutex<Vec<Asked>>,
    arrived: Notify,
}

impl Portal {
    pub(super) const fn new(access_point: AccessPoint, spec: PortalSpec) -> Self {
        Self {
            access_point,
            spec,
            asked: Mutex::new(Vec::new()),
            arrived: Notify::const_new(),
        }
    }

    /// Sends a request
    ///
    /// # Errors
    /// When it cannot be written or the partner cannot be reached.
    pub async fn request(&self, spec: &RequestSpec) -> Result<Sent> {
        let sent = self.prepare(spec)?;
        self.post(sent).await
    }

    /// Sends a request, and the identical bytes again until the partner has taken or refused them
    ///
    /// # Errors
    /// When it cannot be written, or the time is over.
    pub async fn request_patiently(&self, spec: &RequestSpec, limit: Duration) -> Result<Sent> {
        let mut sent = self.prepare(spec)?;
        sent.delivery = self.resend_patiently(&sent, limit).await?;
        Ok(sent)
    }

    /// Sends the identical bytes until the partner has taken or refused them
    ///
    /// # Errors
    /// When the time is over.
    pub async fn resend_patiently(&self, sent: &Sent, limit: Duration) -> Result<Delivery> {
        let trying = async {
            loop {
                match self.resend(sent).await {
                    Ok(delivery) if delivery.is_final() => return delivery,
                    Ok(_) | Err(_) => tokio::time::sleep(PAUSE).await,
                }
            }
        };
        tokio::time::timeout(limit, trying)
            .await
            .context("the partner did not take the request in time")
    }

    /// Writes a request without sending it, for [`Portal::resend`] or to be sent by hand
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn prepare(&self, spec: &RequestSpec) -> Result<Sent> {
        let content = edm::request(&self.facts(spec));
        self.write(content.into(), |letter| {
            if let Some(id) = &spec.conversation_id {
                letter.conversation_id.clone_from(id);
            }
            if let Some(id) = &spec.exchange_id {
                let exchange = |property: &Property| property.name() == profile::EXCHANGE_ID;
                if let Some(found) = letter.properties.iter_mut().find(|p| exchange(p)) {
                    *found = Property::new(profile::EXCHANGE_ID, id);
                }
            }
        })
    }

    /// The request as it would be written
    #[must_use]
    pub fn facts(&self, spec: &RequestSpec) -> RequestFacts {
        let source = self.access_point.source();
        RequestFacts {
            version: spec.version,
            id: spec
                .request_id
                .clone()
                .unwrap_or_else(|| source.uuid().to_string()),
            issued: source.now(),
            procedure: spec.procedure.clone(),
            preview_possible: spec.preview_possible,
            explicit: spec.explicit,
            preview_location: spec.preview_location.clone(),
            return_location: spec.return_location.clone(),
            requirements: spec.requirements.clone(),
            requester: self.spec.requester.clone(),
            platform: self.spec.platform.clone(),
            provider: spec.provider.clone(),
            subject: spec.subject.clone(),
            evidence: spec.evidence.clone(),
            language: spec.language.clone(),
        }
    }

    /// Sends any EDM bytes, under a header fitting to them that the closure may spoil
    ///
    /// # Errors
    /// When it cannot be written or the partner cannot be reached.
    pub async fn send_edm(&self, content: Bytes, adjust: impl FnOnce(&mut Letter)) -> Result<Sent> {
        let sent = self.write(content, adjust)?;
        self.post(sent).await
    }

    async fn post(&self, mut sent: Sent) -> Result<Sent> {
        sent.delivery = self.resend(&sent).await?;
        Ok(sent)
    }

    fn write(&self, content: Bytes, adjust: impl FnOnce(&mut Letter)) -> Result<Sent> {
        let request = match edm::read(&content) {
            Ok(Received::Request(request)) => Some(*request),
            _ => None,
        };
        let mut letter = self.letter(request.as_ref(), content)?;
        adjust(&mut letter);
        let outgoing = self.access_point.compose(&letter)?;
        let exchange_id = value_of(&letter, profile::EXCHANGE_ID)
            .unwrap_or_default()
            .0;
        let asked = Asked {
            request,
            conversation_id: letter.conversation_id.clone(),
            exchange_id: exchange_id.clone(),
            sender: value_of(&letter, profile::ORIGINAL_SENDER).unwrap_or_default(),
            recipient: value_of(&letter, profile::FINAL_RECIPIENT).unwrap_or_default(),
            answers: Vec::new(),
        };
        Ok(Sent {
            conversation_id: letter.conversation_id.clone(),
            exchange_id,
            request_id: letter.request_id.clone(),
            message_id: letter.message_id.clone(),
            delivery: Delivery::Unproven("not sent".to_owned()),
            letter,
            outgoing,
            // Noted before it is sent: the answer may be faster than the receipt.
            index: self.note(asked),
        })
    }

    /// Sends the identical bytes once more
    ///
    /// # Errors
    /// When the partner cannot be reached.
    pub async fn resend(&self, sent: &Sent) -> Result<Delivery> {
        self.access_point.post(&sent.letter, &sent.outgoing).await
    }

    /// Waits for the answer to a request; `None` when the time is over
    pub async fn answer(&self, sent: &Sent, limit: Duration) -> Option<ReceivedAnswer> {
        let watch = async {
            loop {
                // Registered before looking, so that an answer in between is not missed.
                let mut arrived = std::pin::pin!(self.arrived.notified());
                arrived.as_mut().enable();
                if let Some(answer) = self.answers(sent).into_iter().next() {
                    return answer;
                }
                arrived.await;
            }
        };
        tokio::time::timeout(limit, watch).await.ok()
    }

    /// The answers to a request so far; more than one is already complained about
    #[must_use]
    pub fn answers(&self, sent: &Sent) -> Vec<ReceivedAnswer> {
        self.asked()
            .get(sent.index)
            .map(|asked| asked.answers.clone())
            .unwrap_or_default()
    }

    fn letter(&self, request: Option<&ReceivedRequest>, content: Bytes) -> Result<Letter> {
        let source = self.access_point.source();
        let own = &self.spec.requester;
        let requester = request.and_then(|request| {
            request
                .requesters
                .iter()
                .find(|a| a.class.as_deref() == Some("ER"))
        });
        let (sender, scheme) = requester.map_or((&own.id, &own.scheme), |a| (&a.id, &a.scheme));
        let peer = &self.spec.peer_platform;
        let (recipient, recipient_scheme) = request.map_or((&peer.id, &peer.scheme), |request| {
            (&request.provider.id, &request.provider.scheme)
        });
        let mut properties = vec![
            Property::typed(profile::ORIGINAL_SENDER, scheme, sender),
            Property::typed(profile::FINAL_RECIPIENT, recipient_scheme, recipient),
        ];
        let version = request.and_then(|request| EdmVersion::find(&request.version));
        if version != Some(EdmVersion::V1_2) {
            let exchange = source.uuid().to_string();
            properties.push(Property::new(profile::EXCHANGE_ID, &exchange));
            properties.push(Property::new(
                profile::SPECIFICATION_ID,
                EdmVersion::V2_0.as_str(),
            ));
        }
        let cid = self
            .access_point
            .content_id()
            .parse()
            .context("content id")?;
        Ok(Letter {
            message_id: self.access_point.message_id(),
            conversation_id: source.uuid().to_string(),
            action: profile::EXECUTE_QUERY_REQUEST.to_owned(),
            service: None,
            from: None,
            to: None,
            timestamp: None,
            properties,
            payloads: vec![Payload::new(cid, EDM_MEDIA_TYPE, content)],
            signing: None,
            request_id: request.map(|request| bare(&request.id).to_owned()),
        })
    }

    fn note(&self, asked: Asked) -> usize {
        let mut all = self.asked();
        all.push(asked);
        all.len() - 1
    }

    pub(super) fn take_response(
        &self,
        delivered: &Delivered,
        response: &ReceivedResponse,
        findings: Vec<String>,
    ) {
        let inspect = |asked: &Asked| answer::response(self, asked, delivered, response);
        self.take(delivered, Some(&response.request_id), findings, inspect);
    }

    pub(super) fn take_error(
        &self,
        delivered: &Delivered,
        error: &ReceivedError,
        findings: Vec<String>,
    ) {
        let inspect = |asked: &Asked| answer::error(asked, delivered, error);
        self.take(delivered, error.request_id.as_deref(), findings, inspect);
    }

    /// Finds the request, inspects the answer and keeps it
    fn take(
        &self,
        delivered: &Delivered,
        request_id: Option<&str>,
        mut findings: Vec<String>,
        inspect: impl FnOnce(&Asked) -> (Outcome, Vec<String>),
    ) {
        let message = delivered.message.get();
        let conversation = message.header().conversation_id().as_str();
        let request_id = request_id.map(bare);
        let keys = Keys {
            request: request_id.map(str::to_owned),
            ..header_keys(&delivered.message)
        };
        let mut all = self.asked();
        let found = find(&all, request_id, conversation);
        let Some(asked) = found.and_then(|index| all.get_mut(index)) else {
            findings.push("the answer belongs to no request of this portal".to_owned());
            drop(all);
            return self
                .access_point
                .record_received(delivered, keys, &findings);
        };
        let (outcome, inspected) = inspect(asked);
        findings.extend(inspected);
        if !asked.answers.is_empty() {
            findings.push("the request was answered before".to_owned());
        }
        self.access_point
            .record_received(delivered, keys.clone(), &findings);
        answer::enter_in_ledger(self, &outcome, &keys);
        let edm = message
            .payloads()
            .first()
            .map(|first| first.content().clone());
        let message_id = message.header().message_id().to_string();
        let edm = edm.unwrap_or_default();
        asked.answers.push(ReceivedAnswer {
            outcome,
            findings,
            message_id,
            edm,
        });
        drop(all);
        self.arrived.notify_waiters();
    }

    fn asked(&self) -> MutexGuard<'_, Vec<Asked>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The request an answer is for: by id and conversation, else by the id alone. Only an unreadable
/// request is found by the conversation alone
fn find(all: &[Asked], request_id: Option<&str>, conversation: &str) -> Option<usize> {
    let same_id = |asked: &Asked| {
        let own = asked.request.as_ref().map(|request| bare(&request.id));
        own.is_some() && own == request_id
    };
    let same_session = |asked: &Asked| asked.conversation_id == conversation;
    let unreadable = |asked: &Asked| asked.request.is_none() || request_id.is_none();
    all.iter()
        .position(|asked| same_id(asked) && same_session(asked))
        .or_else(|| all.iter().position(same_id))
        .or_else(|| {
            all.iter()
                .position(|asked| unreadable(asked) && same_session(asked))
        })
}

fn value_of(letter: &Letter, name: &str) -> Option<(String, String)> {
    let property = letter
        .properties
        .iter()
        .find(|property| property.name() == name)?;
    Some((
        property.value().to_owned(),
        property.kind().unwrap_or_default().to_owned(),
    ))
}

/// The UUID of a request without its prefix
pub(super) fn bare(id: &str) -> &str {
    id.strip_prefix("urn:uuid:").unwrap_or(id)
}

/// Pause between two attempts of a patient request
const PAUSE: Duration = Duration::from_millis(250);
/// The requirement of the birth certificate
const BIRTH: &str =
    "https://sr.oots.tech.ec.europa.eu/requirements/df81cba1-1936-46fe-ad4b-53254b79bf55";
