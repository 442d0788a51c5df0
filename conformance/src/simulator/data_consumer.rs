//! A German portal as Data Consumer: orders with 0401, sends its user's browser, collects with 0411
//!
//! The user is part of it: [`browser`] walks through the pages of the platform without script,
//! as a citizen with a text browser would.

pub mod browser;
mod collect;
pub mod html;
mod inspect;
mod order;
#[cfg(test)]
mod tests;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use bytes::Bytes;
use serde_json::Value;

pub use browser::{Arrival, Decision};
pub use collect::{Attempt, CollectedEvidence, Collection};
pub use order::{Order, Placement, WrittenOrder};

use super::http::{self, Answer, TlsIdentity};
use super::journal::{Journal, Keys, Step, Verdict, Wire};
use super::national::{Agent, Body, Envelope};
use super::person::TestPerson;
use super::source::Source;

/// Everything a Data Consumer needs
#[derive(Clone, Debug)]
pub struct DataConsumerSpec {
    /// The portal as agent; its country goes into the address
    pub agent: Agent,
    /// Its name in `leser` and `autor`
    pub body: Body,
    /// Its Teilnehmer-ID
    pub component_id: String,
    /// Its client certificate
    pub identity: TlsIdentity,
    /// Its access token, when tokens are in use
    pub token: Option<String>,
    /// The platform as agent
    pub platform: Agent,
    /// The platform in `leser` and `autor`
    pub platform_body: Body,
    /// Base URL of the platform's national listener
    pub national_url: String,
    /// Base URL of the platform's public listener
    pub public_url: String,
    /// Authority of both server certificates of the platform
    pub root_pem: String,
    /// Origin its users are sent back to, registered with the platform
    pub return_origin: String,
}

/// What to order
#[derive(Clone, Debug)]
pub struct OrderSpec {
    /// Procedure code
    pub procedure: String,
    /// What has to be proven; without any, the dialogue asks
    pub requirements: Vec<OrderedRequirement>,
    /// About whom
    pub subject: TestPerson,
    /// Language, lower case
    pub lang: String,
    /// What the user does in the dialogue
    pub decision: Decision,
    /// How long the whole order may take
    pub limit: Duration,
    /// Where the user shall come back to, when not to the registered origin
    pub return_origin: Option<String>,
}

/// A requirement of an order
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OrderedRequirement {
    /// URL in the semantic repository
    pub id: String,
    /// English name
    pub name: String,
    /// Member state to ask
    pub country: Option<String>,
}

impl OrderSpec {
    /// An order in procedure V2 that the user confirms
    #[must_use]
    pub fn new(requirements: Vec<OrderedRequirement>, subject: TestPerson) -> Self {
        Self {
            procedure: "V2".to_owned(),
            requirements,
            subject,
            lang: "de".to_owned(),
            decision: Decision::Confirm,
            limit: Duration::from_secs(60),
            return_origin: None,
        }
    }
}

/// An order carried through
#[derive(Clone, Debug)]
pub struct Ordered {
    /// nachrichtenUUID of the 0401
    pub order_id: String,
    /// The order when it was accepted
    pub order: Option<Order>,
    /// What came of it
    pub collection: Collection,
}

/// A Data Consumer
#[derive(Debug)]
pub struct DataConsumer {
    spec: DataConsumerSpec,
    client: reqwest::Client,
    source: Source,
    journal: Journal,
    patience: Mutex<Duration>,
}

impl DataConsumer {
    /// A Data Consumer, ready to order
    ///
    /// # Errors
    /// When a certificate cannot be read.
    pub fn new(spec: DataConsumerSpec, source: Source, journal: Journal) -> Result<Self> {
        let client = http::client(&spec.root_pem, Some(&spec.identity))?;
        Ok(Self {
            spec,
            client,
            source,
            journal,
            patience: Mutex::default(),
        })
    }

    /// Keeps repeating every call that is not taken for as long; not at all by default
    pub fn set_patience(&self, patience: Duration) {
        *self.patience.lock().unwrap_or_else(PoisonError::into_inner) = patience;
    }

    fn patience(&self) -> Duration {
        *self.patience.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who it is and whom it talks to
    #[must_use]
    pub const fn spec(&self) -> &DataConsumerSpec {
        &self.spec
    }

    /// Carries an order through: 0401, the user's dialogue, 0411 until there is an answer, DELETE
    ///
    /// # Errors
    /// When the platform cannot be reached.
    pub async fn order(&self, spec: &OrderSpec) -> Result<Ordered> {
        let order = match self.place(spec).await? {
            Placement::Accepted(order) => order,
            Placement::Refused { order_id, refusal } => {
                return Ok(Ordered {
                    order_id,
                    order: None,
                    collection: Collection::Refused(refusal),
                });
            }
        };
        self.browse(&order, spec.decision).await?;
        let collection = self.collect(&order, spec.limit).await?;
        self.delete(&order).await?;
        Ok(Ordered {
            order_id: order.order_id.clone(),
            order: Some(order),
            collection,
        })
    }

    /// Sends the user's browser to the platform until it comes back
    ///
    /// # Errors
    /// When the platform cannot be reached.
    pub async fn browse(&self, order: &Order, decision: Decision) -> Result<Arrival> {
        let client = http::client(&self.spec.root_pem, None)?;
        let trip = browser::Trip {
            start: order.url.clone(),
            back: order.return_url.clone(),
            decision,
            site: self.spec.platform.name.clone(),
            keys: order.keys(),
        };
        browser::Browser::new(client, self.source.clone(), self.journal.clone())
            .with_patience(self.patience())
            .follow(&trip)
            .await
    }

    /// Ends the order at the platform
    ///
    /// # Errors
    /// When the platform cannot be reached.
    pub async fn delete(&self, order: &Order) -> Result<()> {
        let path = format!("{CONVERSATIONS}/{}", order.conversation_id);
        let request = || self.with_identity(self.client.delete(self.url(&path)));
        let called = http::patiently(self.patience(), request).await;
        let (answer, tries) = called.context("DELETE")?;
        // An earlier try may have ended it, and only its answer got lost.
        let verdict = if answer.status == 204 || tries > 1 && answer.status == 404 {
            Verdict::Ok
        } else {
            Verdict::Complaint(format!("DELETE was answered with {}", answer.status))
        };
        self.record_out("DELETE conversation", order.keys(), 0, verdict);
        Ok(())
    }

    /// The state of an order as the platform shows it
    ///
    /// # Errors
    /// When the platform cannot be reached or says something that is not JSON.
    pub async fn state(&self, order: &Order) -> Result<Value> {
        let path = format!("{CONVERSATIONS}/{}", order.conversation_id);
        let request = || self.with_identity(self.client.get(self.url(&path)));
        let called = http::patiently(self.patience(), request).await;
        let (answer, _) = called.context("GET")?;
        serde_json::from_slice(&answer.body).context("the state is not JSON")
    }

    /// Posts any body to a path of the national listener, with our identity
    ///
    /// # Errors
    /// When the platform cannot be reached.
    pub async fn post_raw(&self, path: &str, id: &str, body: Bytes) -> Result<Answer> {
        let request = || {
            self.with_identity(self.client.post(self.url(path)))
                .header("Content-Type", "application/json")
                .header("X-NOOTS-Message-ID", id)
                .body(body.clone())
        };
        let called = http::patiently(self.patience(), request).await;
        let (answer, _) = called.with_context(|| format!("POST {path}"))?;
        Ok(answer)
    }

    fn with_identity(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        let request = request
            .header("X-NOOTS-Sender-ID", &self.spec.component_id)
            .header("X-NOOTS-Service-ID", &self.spec.platform_body.kennung);
        match &self.spec.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    fn envelope<'a>(&'a self, message: &'a str, id: &'a str) -> Envelope<'a> {
        Envelope {
            message,
            id,
            author: &self.spec.body,
            reader: &self.spec.platform_body,
            now: self.source.now(),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.spec.national_url.trim_end_matches('/'))
    }

    fn record_out(&self, what: &str, keys: Keys, bytes: usize, verdict: Verdict) {
        let ends = (
            self.spec.agent.name.clone(),
            self.spec.platform.name.clone(),
        );
        self.record(ends, what, keys, (bytes, verdict));
    }

    fn record_in(&self, what: &str, keys: Keys, bytes: usize, findings: &[String]) {
        let ends = (
            self.spec.platform.name.clone(),
            self.spec.agent.name.clone(),
        );
        self.record(ends, what, keys, (bytes, Verdict::of(findings)));
    }

    fn record(
        &self,
        (from, to): (String, String),
        what: &str,
        keys: Keys,
        (bytes, verdict): (usize, Verdict),
    ) {
        self.journal.record(Step {
            at: self.source.now(),
            from,
            to,
            wire: Wire::XNachweis,
            what: what.to_owned(),
            id: keys
                .national
                .clone()
                .or_else(|| keys.conversation.clone())
                .unwrap_or_default(),
            bytes: bytes as u64,
            verdict,
            keys,
        });
    }
}

/// Why the platform refused a message
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// HTTP status
    pub status: u16,
    /// Code of the error message, when there is one
    pub code: Option<String>,
    /// Detail
    pub detail: Option<String>,
}

const ORDERS: &str = "/noots/v1/evidence-orders";
const EVIDENCE: &str = "/noots/v1/evidence";
const CONVERSATIONS: &str = "/noots/v1/conversations";
