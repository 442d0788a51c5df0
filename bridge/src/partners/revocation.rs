//! Fetches revocation lists and OCSP answers, and remembers them. Only addresses of partner files
//! are called, never one that a message or a certificate names. What comes is a hint: `ebms` asks
//! who signed it whenever it is used. [AS4 6.G]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ebms::{
    PModes,
    security::{
        Crl, InvalidCrl, InvalidOcspAnswer, OCSP_REQUEST, OcspAnswer, OcspQuestion, Revocations,
    },
};
use http::header::CONTENT_TYPE;
use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

use crate::http::{
    CallTimeouts,
    client::{ClientError, client},
    tls::ClientTls,
};

/// How much is taken from an authority, and how long it is waited for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Patience {
    /// For one list or answer.
    pub time: Duration,
    /// Octets of a list.
    pub list_bytes: usize,
    /// Octets of an answer.
    pub answer_bytes: usize,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(10),
            list_bytes: 20 << 20,
            answer_bytes: 64 << 10,
        }
    }
}

/// Why something was not fetched.
#[derive(Debug, Error)]
enum Unfetched {
    #[error("not reachable, or too slow")]
    Call(#[from] reqwest::Error),
    #[error("HTTP status {0}")]
    Status(u16),
    #[error("larger than {0} bytes")]
    TooLarge(usize),
    #[error(transparent)]
    List(#[from] InvalidCrl),
    #[error(transparent)]
    Answer(#[from] InvalidOcspAnswer),
    #[error("the question cannot be written")]
    Question,
}

/// Something fetched, or the memory that it could not be.
#[derive(Clone, Debug)]
struct Kept<T> {
    value: Option<T>,
    /// When to fetch it again.
    due: Timestamp,
}

#[derive(Debug, Default)]
struct State {
    lists: BTreeMap<String, Kept<Crl>>,
    /// By the certificate asked about.
    answers: BTreeMap<[u8; 32], Kept<OcspAnswer>>,
}

/// What was fetched.
#[derive(Debug)]
pub(super) struct Cache {
    http: reqwest::Client,
    patience: Patience,
    state: Mutex<State>,
    /// One caller fetches; the others find what it brought.
    fetching: tokio::sync::Mutex<()>,
}

impl Cache {
    pub(super) fn new(patience: Patience) -> Result<Self, ClientError> {
        // Redirects are not followed: they would lead where nobody configured.
        let http = client(
            &ClientTls::new(None, None),
            CallTimeouts::within(patience.time),
        )?;
        Ok(Self {
            http,
            patience,
            state: Mutex::default(),
            fetching: tokio::sync::Mutex::default(),
        })
    }

    /// All that is known.
    pub(super) fn known(&self) -> Revocations {
        let state = self.state();
        let lists = state.lists.values().filter_map(|kept| kept.value.clone());
        let answers = state.answers.values().filter_map(|kept| kept.value.clone());
        Revocations::new(lists.collect(), answers.collect())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fetches what is due for these partners, and forgets what no partner needs any more. True if
    /// anything has changed.
    pub(super) async fn refresh(&self, pmodes: &PModes, now: Timestamp) -> bool {
        let urls: BTreeSet<&String> = pmodes
            .partners()
            .flat_map(|partner| partner.trust().crl_urls())
            .collect();
        let mut changed = self.forget(&urls, now);
        for url in urls {
            changed |= self.list(url, now).await;
        }
        let questions = pmodes.partners().flat_map(|partner| {
            let trust = partner.trust();
            let certificates = trust.certificates().iter().chain(trust.intermediates());
            let all = certificates.chain(partner.encryption_certificate());
            all.filter_map(|certificate| trust.question(certificate))
        });
        let questions: Vec<_> = questions.collect();
        changed |= self.ask(&questions, now).await;
        changed
    }

    fn forget(&self, urls: &BTreeSet<&String>, now: Timestamp) -> bool {
        let mut state = self.state();
        let before = state.lists.len() + state.answers.len();
        state.lists.retain(|url, _| urls.contains(url));
        state.answers.retain(|_, kept| {
            let good = kept.value.as_ref().map(OcspAnswer::good_until);
            good.is_some_and(|until| until >= now) || kept.due > now
        });
        before != state.lists.len() + state.answers.len()
    }

    async fn list(&self, url: &str, now: Timestamp) -> bool {
        let _fetching = self.fetching.lock().await;
        if self
            .state()
            .lists
            .get(url)
            .is_some_and(|kept| kept.due > now)
        {
            return false;
        }
        let fetched = self.fetch_list(url).await;
        let mut state = self.state();
        match fetched {
            Ok(list) => {
                let due = again(now, list.next_update());
                let value = Some(list);
                state.lists.insert(url.to_owned(), Kept { value, due });
                true
            }
            Err(error) => {
                // What was fetched before is kept: it says itself until when it counts.
                tracing::warn!(url, %error, "Revocation list cannot be fetched");
                let due = later(now, RETRY);
                let kept = state.lists.entry(url.to_owned());
                kept.or_insert(Kept { value: None, due }).due = due;
                false
            }
        }
    }

    async fn fetch_list(&self, url: &str) -> Result<Crl, Unfetched> {
        let request = self.http.get(url);
        let octets = read(request, self.patience.list_bytes).await?;
        Ok(Crl::from_bytes(&octets)?)
    }

    /// Asks what is not known. True if anything new was learned.
    pub(super) async fn ask(&self, questions: &[OcspQuestion], now: Timestamp) -> bool {
        let mut changed = false;
        for question in questions {
            changed |= self.ask_one(question, now).await;
        }
        changed
    }

    async fn ask_one(&self, question: &OcspQuestion, now: Timestamp) -> bool {
        let _fetching = self.fetching.lock().await;
        let key = *question.fingerprint();
        if self
            .state()
            .answers
            .get(&key)
            .is_some_and(|kept| kept.due > now)
        {
            // Somebody else has asked meanwhile; whatever came of it counts for a while.
            return true;
        }
        let fetched = self.fetch_answer(question).await;
        let mut state = self.state();
        match fetched {
            Ok(answer) => {
                let due = again(now, answer.good_until());
                let value = Some(answer);
                state.answers.insert(key, Kept { value, due });
                true
            }
            Err(error) => {
                tracing::warn!(url = question.url(), %error, "Responder gives no answer");
                let due = later(now, RETRY_ANSWER);
                let kept = state.answers.entry(key);
                kept.or_insert(Kept { value: None, due }).due = due;
                false
            }
        }
    }

    async fn fetch_answer(&self, question: &OcspQuestion) -> Result<OcspAnswer, Unfetched> {
        let body = question.to_der().ok_or(Unfetched::Question)?;
        let request = self
            .http
            .post(question.url())
            .header(CONTENT_TYPE, OCSP_REQUEST)
            .body(body);
        let octets = read(request, self.patience.answer_bytes).await?;
        Ok(OcspAnswer::from_der(&octets)?)
    }
}

async fn read(request: reqwest::RequestBuilder, limit: usize) -> Result<Vec<u8>, Unfetched> {
    let mut response = request.send().await.map_err(reqwest::Error::without_url)?;
    if response.status() != http::StatusCode::OK {
        return Err(Unfetched::Status(response.status().as_u16()));
    }
    let mut octets = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(reqwest::Error::without_url)?
    {
        if octets.len() + chunk.len() > limit {
            return Err(Unfetched::TooLarge(limit));
        }
        octets.extend_from_slice(&chunk);
    }
    Ok(octets)
}

/// Fetched again when three quarters of its time are over, every six hours at least, and never more
/// often than every five minutes.
fn again(now: Timestamp, until: Timestamp) -> Timestamp {
    let left = until.duration_since(now);
    let wait = (left * 3 / 4).min(LONGEST).max(RETRY);
    later(now, wait)
}

fn later(now: Timestamp, wait: SignedDuration) -> Timestamp {
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}

const LONGEST: SignedDuration = SignedDuration::from_hours(6);
const RETRY: SignedDuration = SignedDuration::from_mins(5);
/// A message waits for it: whoever keeps sending causes no more than one call in this time.
const RETRY_ANSWER: SignedDuration = SignedDuration::from_secs(30);
