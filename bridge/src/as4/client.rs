//! Posts stored AS4 messages to partners and fetches their answer. One attempt; when to try again
//! is decided by the outbox.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use ebms::{Partner, SentProof, signal};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use jiff::Timestamp;

use crate::{
    config::Config,
    http::client::{CallTimeouts, ClientError, Clients},
    partners::Partners,
};

/// The most an answer to a message may hold: receipts grow with the number of parts.
const ANSWER_BYTES: usize = 2 << 20;

/// What came of one attempt.
#[derive(Debug)]
pub enum Attempt {
    /// The partner answered.
    Answered {
        /// The verdict on the answer.
        answer: signal::Answer,
        /// What the partner asked us to wait.
        retry_after: Option<Duration>,
    },
    /// No connection, or none that held long enough for an answer. The message may have arrived.
    Unreachable,
}

/// A message built before: what is needed to post it and to judge the answer.
#[derive(Clone, Copy)]
pub struct Outbound<'o> {
    /// `Content-Type` of the octets.
    pub content_type: &'o str,
    /// Length of the octets: partners do not take chunked requests. [AS4 1.1]
    pub length: u64,
    /// What was signed in it.
    pub proof: &'o SentProof,
    /// Who can say whether the signer of the answer is revoked.
    pub in_force: &'o Partners,
}

/// Sends one message once.
#[derive(Debug)]
pub struct Client {
    http: ArcSwap<Clients>,
}

impl Client {
    /// A client for the partners of a configuration.
    ///
    /// # Errors
    /// Certificates or keys that cannot be used.
    pub fn new(config: &Config) -> Result<Self, ClientError> {
        let http = ArcSwap::from_pointee(Self::prepare(config)?);
        Ok(Self { http })
    }

    /// HTTP clients as agreed with each partner: redirects off, time-outs set.
    ///
    /// # Errors
    /// Certificates or keys that cannot be used.
    pub fn prepare(config: &Config) -> Result<Clients, ClientError> {
        Clients::new(
            config.as4().tls(),
            config.partner_tls(),
            CallTimeouts::within(config.as4().retry().timeout()),
        )
    }

    /// Calls from now on through other clients; calls in flight end as they began.
    pub fn adopt(&self, http: Clients) {
        self.http.store(Arc::new(http));
    }

    /// Posts the octets and judges the answer.
    pub async fn send(
        &self,
        partner: &Partner,
        message: &Outbound<'_>,
        body: reqwest::Body,
        now: Timestamp,
    ) -> Attempt {
        // [P32] a trailing blank in an endpoint is trimmed when the partner is read.
        let http = self.http.load_full();
        let request = http
            .of(partner.name().as_str())
            .post(partner.endpoint())
            .header(CONTENT_TYPE, message.content_type)
            .header(CONTENT_LENGTH, message.length)
            .body(body);
        match request.send().await {
            Ok(response) => read(response, message, partner, now).await,
            Err(error) => {
                tracing::debug!(%error, "Partner cannot be reached");
                Attempt::Unreachable
            }
        }
    }
}

async fn read(
    mut response: reqwest::Response,
    message: &Outbound<'_>,
    partner: &Partner,
    now: Timestamp,
) -> Attempt {
    let status = response.status().as_u16();
    let header = |name| {
        response
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let content_type = header(CONTENT_TYPE).map(str::to_owned);
    let retry_after = header(RETRY_AFTER)
        .and_then(|text| text.parse().ok())
        .map(Duration::from_secs);
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= ANSWER_BYTES => {
                body.extend_from_slice(&chunk)
            }
            Ok(None) => break,
            // Too long or cut off: not an answer, and so tried again.
            Ok(Some(_)) | Err(_) => return Attempt::Unreachable,
        }
    }
    let answer = signal::HttpAnswer {
        status,
        content_type: content_type.as_deref(),
        body: &body,
    };
    let informed = message.in_force.ask_about(&answer, partner, now).await;
    let partner = informed.as_ref().unwrap_or(partner);
    Attempt::Answered {
        answer: signal::read_answer(&answer, message.proof, partner, now),
        retry_after,
    }
}
