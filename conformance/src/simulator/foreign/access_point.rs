//! An access point with keys, P-Modes and a duplicate memory of its own
//!
//! Verifies every message before anybody reads it, acknowledges only what it has kept, gives a
//! duplicate the identical receipt, and judges every receipt it gets.

mod instead;
mod manner;
mod receive;
mod spec;

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use axum::Router;
use axum::routing::post;
use bytes::Bytes;
use ebms::security::{DecryptionKey, SigningKey};
use ebms::send::Heading;
use ebms::signal::HttpAnswer;
use ebms::{
    Answer, Draft, MessageId, Outgoing, PModes, Partner, Party, Property, ReceivedMessage, Service,
    SignalBytes, Verified, profile,
};
use tokio::net::TcpListener;

pub use instead::WireAnswer;
pub use manner::{Package, Receiving};
pub use spec::{AccessPointSpec, Delivery, Letter, PartnerSpec, PartyName};

use self::instead::Queue;
use self::manner::Manner;
use self::receive::{Gate, take};
use crate::simulator::http::{self, Server, server_tls};
use crate::simulator::journal::{Journal, Keys, Step, Verdict, Wire};
use crate::simulator::source::Source;

/// A verified message, with the size of its package
#[derive(Debug)]
pub(super) struct Delivered {
    pub(super) message: Verified<ReceivedMessage>,
    pub(super) bytes: u64,
}

/// Who reads what an access point receives
pub(super) trait Inbox: Send + Sync {
    /// Reads and records a message; what is still to be done begins after the receipt
    fn take(&self, delivered: Delivered) -> FollowUp;
}

/// What a message leads to once it is acknowledged
pub(super) type FollowUp = Option<Pin<Box<dyn Future<Output = ()> + Send>>>;

/// An access point; cheap to clone
#[derive(Clone, Debug)]
pub struct AccessPoint {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    spec: AccessPointSpec,
    own: Party,
    signing: SigningKey,
    decryption: [DecryptionKey; 1],
    pmodes: PModes,
    partner: Partner,
    client: reqwest::Client,
    seen: Mutex<BTreeMap<MessageId, Seen>>,
    manner: Manner,
    instead: Queue,
    source: Source,
    journal: Journal,
}

/// What the duplicate memory keeps of a message
#[derive(Debug)]
struct Seen {
    digest: [u8; 32],
    receipt: SignalBytes,
}

impl AccessPoint {
    /// An access point that can send, and can be let listen
    ///
    /// # Errors
    /// When a key or certificate cannot be read.
    pub fn new(spec: AccessPointSpec, source: Source, journal: Journal) -> Result<Self> {
        let signing = SigningKey::from_pkcs8_pem(
            spec.signing.key_pem.as_bytes(),
            spec.signing.chain_pem.as_bytes(),
        )
        .context("signing key")?;
        let decryption = DecryptionKey::from_pkcs8_pem(
            spec.decryption.key_pem.as_bytes(),
            spec.decryption.chain_pem.as_bytes(),
        )
        .context("decryption key")?;
        let pmodes = spec.pmodes()?;
        let partner = pmodes
            .partner(spec::PARTNER)
            .context("the partner has vanished")?
            .clone();
        let own = spec.party.party()?;
        let client = http::client(&spec.partner.tls_root_pem, None)?;
        let shared = Arc::new(Shared {
            spec,
            own,
            signing,
            decryption: [decryption],
            pmodes,
            partner,
            client,
            seen: Mutex::default(),
            manner: Manner::default(),
            instead: Queue::default(),
            source,
            journal,
        });
        Ok(Self { shared })
    }

    /// Begins to receive
    pub(super) fn listen(&self, listener: TcpListener, inbox: Arc<dyn Inbox>) -> Result<Server> {
        let tls = server_tls(&self.shared.spec.tls, None)?;
        let gate = Gate {
            shared: Arc::clone(&self.shared),
            inbox,
        };
        Server::start(
            listener,
            tls,
            Router::new().route(PATH, post(take)).with_state(gate),
        )
    }

    /// Its party name
    #[must_use]
    pub fn party(&self) -> &PartyName {
        &self.shared.spec.party
    }

    /// Its clock and randomness
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.shared.source
    }

    /// Changes how it receives from now on
    pub fn set_receiving(&self, receiving: Receiving) {
        self.shared.instead.clear();
        self.shared.manner.set(receiving);
    }

    /// Lets one receipt go that [`Receiving::Held`] keeps
    pub fn release(&self) {
        self.shared.manner.release();
    }

    /// Answers the next package otherwise: `change` gets the answer it would have had, from an
    /// access point that keeps it if it is `taken`, and is too busy if not. Called again, it is for
    /// the package after that. [`Self::set_receiving`] forgets what was not used.
    pub fn answer_next(
        &self,
        taken: bool,
        change: impl FnOnce(WireAnswer) -> WireAnswer + Send + 'static,
    ) {
        self.shared.instead.push(taken, change);
    }

    /// What it was given
    #[must_use]
    pub fn spec(&self) -> &AccessPointSpec {
        &self.shared.spec
    }

    /// Every package so far, those that were not taken included
    #[must_use]
    pub fn packages(&self) -> Vec<Package> {
        self.shared.manner.packages()
    }

    /// Waits until as many packages have arrived; `None` when the time is over
    pub async fn wait_for_packages(&self, count: usize, limit: Duration) -> Option<Vec<Package>> {
        self.shared.manner.wait_for(count, limit).await
    }

    /// Where it records
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.shared.journal
    }

    /// The partner as its P-Modes know it
    #[must_use]
    pub fn partner(&self) -> &Partner {
        &self.shared.partner
    }

    /// The name of the partner in the journal
    #[must_use]
    pub fn partner_name(&self) -> &str {
        &self.shared.spec.partner.name
    }

    /// Signs, encrypts and packs a letter, without sending it
    ///
    /// # Errors
    /// When a value cannot stand in a message.
    pub fn compose(&self, letter: &Letter) -> Result<Outgoing> {
        let shared = &self.shared;
        let heading = Heading {
            message_id: letter.message_id.parse()?,
            timestamp: letter.timestamp.unwrap_or_else(|| shared.source.now()),
            conversation_id: letter.conversation_id.parse()?,
            from: match &letter.from {
                Some(party) => party.party()?,
                None => shared.own.clone(),
            },
            to: match &letter.to {
                Some(party) => party.party()?,
                None => shared.spec.partner.party.party()?,
            },
            service: match &letter.service {
                Some((value, kind)) => Service::new(value, kind.as_deref())?,
                None => Service::query_manager(),
            },
            action: letter.action.clone(),
        };
        let mut draft = Draft::new(heading);
        for property in &letter.properties {
            draft = draft.with_property(property.clone());
        }
        for payload in &letter.payloads {
            draft = draft.with_payload(payload.clone());
        }
        let key = letter.signing.as_ref().unwrap_or(&shared.signing);
        let recipient = shared.partner.encryption_certificate();
        let mut random = |buffer: &mut [u8]| shared.source.fill(buffer);
        ebms::send::write(&draft, shared.partner.leg(), key, recipient, &mut random)
            .context("the message cannot be written")
    }

    /// Sends a letter and judges what comes back
    ///
    /// # Errors
    /// When it cannot be written or the partner cannot be reached.
    pub async fn send(&self, letter: &Letter) -> Result<Delivery> {
        let outgoing = self.compose(letter)?;
        self.post(letter, &outgoing).await
    }

    /// Sends a composed letter, again if need be, and judges what comes back
    ///
    /// # Errors
    /// When the partner cannot be reached.
    pub async fn post(&self, letter: &Letter, outgoing: &Outgoing) -> Result<Delivery> {
        let bytes = outgoing.body().len() as u64;
        self.record(
            Direction::Out,
            &letter.action,
            letter.keys(),
            (bytes, Verdict::Ok),
        );
        let answer = self
            .post_raw(outgoing.content_type(), outgoing.body().clone())
            .await?;
        let http = HttpAnswer {
            status: answer.status,
            content_type: answer.header("Content-Type"),
            body: &answer.body,
        };
        let now = self.shared.source.now();
        let judged = ebms::signal::read_answer(&http, outgoing.proof(), &self.shared.partner, now);
        let delivery = Delivery::from(judged);
        let (what, verdict) = match &delivery {
            Delivery::Acknowledged => (Step::RECEIPT, Verdict::Ok),
            // A refusal may be what a test wants: no complaint, the caller judges.
            Delivery::Refused(_) => ("Error signal", Verdict::Ok),
            Delivery::Unproven(reason) => {
                ("Answer without proof", Verdict::Complaint(reason.clone()))
            }
        };
        self.record(
            Direction::In,
            what,
            letter.keys(),
            (answer.body.len() as u64, verdict),
        );
        Ok(delivery)
    }

    /// Sends any body to the partner's access point
    ///
    /// # Errors
    /// When the partner cannot be reached.
    pub async fn post_raw(&self, content_type: &str, body: Bytes) -> Result<http::Answer> {
        let response = self
            .shared
            .client
            .post(self.shared.partner.endpoint())
            .header("Content-Type", content_type)
            .body(body)
            .send()
            .await
            .with_context(|| format!("{} cannot be reached", self.shared.spec.partner.name))?;
        http::Answer::read(response).await
    }

    /// A new MessageId
    #[must_use]
    pub fn message_id(&self) -> String {
        format!("{}@{}", self.shared.source.uuid(), DOMAIN)
    }

    /// A new Content-ID
    #[must_use]
    pub fn content_id(&self) -> String {
        format!("{}@{}", self.shared.source.uuid(), DOMAIN)
    }

    /// Records a verified message with what its reader found
    pub(super) fn record_received(&self, delivered: &Delivered, keys: Keys, findings: &[String]) {
        let action = delivered.message.get().header().action();
        self.record(
            Direction::In,
            action,
            keys,
            (delivered.bytes, Verdict::of(findings)),
        );
    }

    fn record(&self, direction: Direction, what: &str, keys: Keys, seen: (u64, Verdict)) {
        self.shared.record(direction, what, keys, seen);
    }
}

#[derive(Clone, Copy, Debug)]
enum Direction {
    In,
    Out,
}

impl Shared {
    fn signal_id(&self) -> Result<MessageId> {
        format!("{}@{}", self.source.uuid(), DOMAIN)
            .parse()
            .map_err(|error| anyhow!("{error}"))
    }

    fn complain(&self, what: &str, id: Option<String>, complaint: &str) {
        let keys = Keys {
            message: id,
            ..Keys::default()
        };
        self.record(
            Direction::In,
            what,
            keys,
            (0, Verdict::Complaint(complaint.to_owned())),
        );
    }

    fn record(
        &self,
        direction: Direction,
        what: &str,
        keys: Keys,
        (bytes, verdict): (u64, Verdict),
    ) {
        let own = self.spec.party.id.clone();
        let other = self.spec.partner.name.clone();
        let (from, to) = match direction {
            Direction::In => (other, own),
            Direction::Out => (own, other),
        };
        let id = keys.message.clone().unwrap_or_default();
        let at = self.source.now();
        let what = what.to_owned();
        self.journal.record(Step {
            at,
            from,
            to,
            wire: Wire::As4,
            what,
            id,
            bytes,
            verdict,
            keys,
        });
    }

    fn seen(&self) -> MutexGuard<'_, BTreeMap<MessageId, Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The identifiers in the header of a message
pub(super) fn header_keys(message: &Verified<ReceivedMessage>) -> Keys {
    let header = message.get().header();
    Keys {
        conversation: Some(header.conversation_id().to_string()),
        message: Some(header.message_id().to_string()),
        ..Keys::default()
    }
}

/// The value of a message property
pub(super) fn property<'m>(message: &'m ReceivedMessage, name: &str) -> Option<&'m Property> {
    message.header().property(name)
}

impl From<Answer> for Delivery {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Acknowledged(_) => Self::Acknowledged,
            Answer::Refused(errors) | Answer::AlreadyAccepted(errors) => Self::Refused(
                errors
                    .iter()
                    .map(|error| error.code_text().to_owned())
                    .collect(),
            ),
            Answer::InvalidReceipt(reason) => Self::Unproven(reason.to_string()),
            Answer::Unanswered { status, reason } => Self::Unproven(format!(
                "no signal in the answer with status {status}: {reason:?}"
            )),
        }
    }
}

/// The path every access point of the simulated world listens on
pub const PATH: &str = "/as4";
const DOMAIN: &str = "oots.example";
/// The role of every access point
pub(super) const ROLE: &str = profile::GATEWAY_ROLE;
