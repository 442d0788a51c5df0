//! What an AS4 listener does with a message, without HTTP: verify, open, digest what is delivered,
//! answer; a duplicate gets the stored receipt again.

use crate::{Result, Site, id, now, sha256};
use anyhow::bail;
use bytes::Bytes;
use ebms::{
    Incoming, MessageId, ReceivedMessage, Refusal, SignalBytes, Verified,
    receive::{self, Limits},
    signal,
};
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// A payload that was delivered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Delivered {
    /// Its media type.
    pub media_type: String,
    /// Its size.
    pub bytes: usize,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
}

/// What became of one request.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The message, as far as it could be read.
    pub id: Option<MessageId>,
    /// What was delivered; `None` where nothing was.
    pub delivered: Option<Vec<Delivered>>,
    /// The EBMS code it was refused with.
    pub refused: Option<String>,
    /// Whether it was here before.
    pub duplicate: bool,
    /// The answer.
    pub answer: Bytes,
    /// The request, kept only where the inbox was asked to keep it.
    pub request: Option<(String, Bytes)>,
}

/// The digest of a message, and its receipt if that is kept.
type Answered = ([u8; 32], Option<SignalBytes>);

/// Takes messages and remembers what became of them.
#[derive(Debug)]
pub struct Inbox {
    site: Site,
    keep: bool,
    /// By SHA-256 of the message id: a small text kept of every message would lie between its
    /// large buffers and keep their pages.
    answered: Mutex<BTreeMap<[u8; 32], Answered>>,
    verdicts: Mutex<Vec<Verdict>>,
}

impl Inbox {
    /// An inbox that keeps requests, verdicts and receipts, or one to be measured, which remembers
    /// only whom it has answered.
    pub fn new(site: Site, keep: bool) -> Self {
        Self {
            site,
            keep,
            answered: Mutex::default(),
            verdicts: Mutex::default(),
        }
    }

    /// Our side of the agreement.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// Verdicts on a message, oldest first.
    pub fn verdicts(&self, message: &str) -> Vec<Verdict> {
        lock(&self.verdicts)
            .iter()
            .filter(|verdict| verdict.id.as_ref().is_some_and(|it| it.as_str() == message))
            .cloned()
            .collect()
    }

    /// Takes a message and answers it.
    ///
    /// # Errors
    /// The answer cannot be written.
    pub fn take(&self, content_type: &str, body: Bytes) -> Result<SignalBytes> {
        let request = self.keep.then(|| (content_type.to_owned(), body.clone()));
        let (mut verdict, answer) = match self.open(content_type, body)? {
            Ok(message) => self.accept(&message)?,
            Err(refusal) => self.refuse(&refusal)?,
        };
        if self.keep {
            verdict.request = request;
            lock(&self.verdicts).push(verdict);
        }
        Ok(answer)
    }

    fn open(
        &self,
        content_type: &str,
        body: Bytes,
    ) -> Result<Result<Verified<ReceivedMessage>, Refusal>> {
        let limits = Limits {
            body_bytes: 200 << 20,
            ..Limits::default()
        };
        let sealed = match receive::read(content_type, body, &limits) {
            Ok(Incoming::User(sealed)) => sealed,
            Ok(Incoming::Signal(_)) => bail!("a signal, which nobody here sends"),
            Err(refusal) => return Ok(Err(refusal)),
        };
        Ok(sealed
            .verify(self.site.pmodes(), now())
            .and_then(|signed| signed.open(std::slice::from_ref(self.site.decryption()))))
    }

    fn accept(&self, message: &Verified<ReceivedMessage>) -> Result<(Verdict, SignalBytes)> {
        let header = message.get().header();
        // What is measured is the engine, not the digest of the test.
        let describes = self.keep && !header.is_test_service();
        let delivered = describes.then(|| describe(message.get()));
        let mut verdict = Verdict {
            id: Some(header.message_id().clone()),
            delivered,
            refused: None,
            duplicate: false,
            answer: Bytes::new(),
            request: None,
        };
        let digest = message.get().digest();
        let key = hash(header.message_id().as_str().as_bytes());
        let known = lock(&self.answered).get(&key).cloned();
        let answer = match known {
            Some((before, Some(receipt))) if before == digest => {
                verdict.duplicate = true;
                verdict.delivered = None;
                receipt
            }
            _ => {
                let receipt =
                    signal::receipt(message, id("bridge.example")?, now(), self.site.signing())?;
                // phase4 remembers no more than the id.
                let entry = (digest, self.keep.then(|| receipt.clone()));
                lock(&self.answered).insert(key, entry);
                receipt
            }
        };
        verdict.answer = answer.body().clone();
        Ok((verdict, answer))
    }

    fn refuse(&self, refusal: &Refusal) -> Result<(Verdict, SignalBytes)> {
        let answer = signal::error(
            refusal,
            id("bridge.example")?,
            now(),
            Some(self.site.signing()),
        );
        let verdict = Verdict {
            id: refusal.message_id().cloned(),
            delivered: None,
            refused: Some(refusal.code().as_str().to_owned()),
            duplicate: false,
            answer: answer.body().clone(),
            request: None,
        };
        Ok((verdict, answer))
    }
}

fn hash(octets: &[u8]) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, octets);
    digest.as_ref().try_into().unwrap_or_default()
}

fn describe(message: &ReceivedMessage) -> Vec<Delivered> {
    message
        .payloads()
        .iter()
        .map(|payload| Delivered {
            media_type: payload.media_type().to_owned(),
            bytes: payload.content().len(),
            sha256: sha256(payload.content()),
        })
        .collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
