//! Judges what came back for a message sent.

use super::{ReceivedError, SealedSignal, SignalKind, read};
use crate::{
    envelope::Envelope,
    id::{ContentId, MessageId},
    octets::Octets,
    package,
    pmode::{KeyDerivation, Partner},
    profile::{alg, ns},
    receive::Limits,
    refusal::{EbmsCode, Reason, Severity},
    retry::Retry,
    security::{
        Certificate, OcspQuestion,
        token::octets,
        verify::{self, Demand},
    },
    send::SentProof,
};
use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use xml::{Document, Element};

/// An HTTP answer.
#[derive(Clone, Copy, Debug)]
pub struct HttpAnswer<'a> {
    /// Status.
    pub status: u16,
    /// `Content-Type`, if there is one.
    pub content_type: Option<&'a str>,
    /// Body.
    pub body: &'a [u8],
}

/// What a partner answered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Answer {
    /// A valid receipt for exactly what was signed.
    Acknowledged(ReceiptProof),
    /// The partner had the message before and does not repeat its receipt (phase4). [AS4 0.4]
    AlreadyAccepted(Vec<ReceivedError>),
    /// The message was refused.
    Refused(Vec<ReceivedError>),
    /// A receipt that does not prove reception.
    // [EBMS:0302]
    InvalidReceipt(InvalidReceipt),
    /// No signal.
    // [EBMS:0301]
    Unanswered {
        /// Status of the HTTP answer.
        status: u16,
        /// What came instead.
        reason: NoSignal,
    },
}

impl Answer {
    /// Whether to send the same octets again. [AS4 2.2]
    pub fn retry(&self) -> Retry {
        match self {
            Self::Acknowledged(_) | Self::AlreadyAccepted(_) => Retry::Never,
            Self::Refused(errors) => {
                let permanent = |error: &ReceivedError| {
                    error.severity() == Severity::Failure
                        && error.code().is_some_and(EbmsCode::is_permanent)
                };
                if errors.iter().any(permanent) {
                    Retry::Never
                } else {
                    Retry::After
                }
            }
            Self::InvalidReceipt(_) | Self::Unanswered { .. } => Retry::After,
        }
    }
}

/// Why a receipt does not count.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidReceipt {
    /// It is not signed.
    #[error("the receipt is not signed")]
    Unsigned,
    /// Its signature is not valid, or not by the partner.
    #[error("the receipt's signature: {0}")]
    Signature(&'static str),
    /// It is about another message.
    #[error("the receipt is about another message")]
    OtherMessage,
    /// It does not repeat exactly the digests that were signed.
    #[error("the receipt's digests are not those that were signed")]
    Digests,
    /// It is not built as a receipt must be.
    #[error("the receipt is malformed")]
    Malformed,
}

/// What came instead of a signal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NoSignal {
    /// Nothing.
    Empty,
    /// Something that is not a SOAP message.
    NotSoap,
    /// A SOAP message that cannot be read.
    Unreadable,
    /// A SOAP fault without an ebMS error.
    Fault,
    /// Warnings alone: the message may have been delivered, but no receipt says so.
    WarningsOnly,
    /// An error about another message.
    OtherMessage,
}

/// A valid receipt: proof that the partner has what was sent.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
pub struct ReceiptProof {
    message_id: MessageId,
    timestamp: Timestamp,
    signer_sha256: [u8; 32],
    soap: String,
}

impl ReceiptProof {
    /// Id of the receipt.
    pub fn message_id(&self) -> &MessageId {
        &self.message_id
    }

    /// When the partner made it.
    pub fn timestamp(&self) -> Timestamp {
        self.timestamp
    }

    /// SHA-256 of the certificate that signed it.
    pub fn signer_sha256(&self) -> &[u8; 32] {
        &self.signer_sha256
    }

    /// The receipt as it arrived.
    pub fn soap(&self) -> &str {
        &self.soap
    }
}

impl fmt::Debug for ReceiptProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReceiptProof({}, {})", self.message_id, self.timestamp)
    }
}

/// Judges an answer, whatever its status: partners send signals with any.
// [P19]
pub fn read_answer(
    http: &HttpAnswer<'_>,
    proof: &SentProof,
    partner: &Partner,
    now: Timestamp,
) -> Answer {
    let unanswered = |reason| Answer::Unanswered {
        status: http.status,
        reason,
    };
    if http.body.is_empty() {
        return unanswered(NoSignal::Empty);
    }
    let Some(content_type) = http.content_type else {
        return unanswered(NoSignal::NotSoap);
    };
    let body = Octets::from(Bytes::copy_from_slice(http.body));
    let root = match package::read(content_type, &body, &Limits::default()) {
        Ok(package) => package.root,
        Err(Reason::ContentType(_)) => return unanswered(NoSignal::NotSoap),
        Err(_) => return unanswered(NoSignal::Unreadable),
    };
    let Ok(document) = Document::parse(&root, &xml::Limits::SOAP) else {
        return unanswered(NoSignal::Unreadable);
    };
    let Ok(envelope) = Envelope::locate(&document) else {
        let body = document.root().child(ns::SOAP12, "Body");
        let fault = body.is_some_and(|body| body.child(ns::SOAP12, "Fault").is_some());
        return unanswered(if fault {
            NoSignal::Fault
        } else {
            NoSignal::Unreadable
        });
    };
    let Ok(signal) = read::decode(&envelope) else {
        return unanswered(NoSignal::Unreadable);
    };
    match signal.kind {
        SignalKind::Receipt => match check_receipt(&envelope, &signal, proof, partner, now) {
            Ok(signer) => Answer::Acknowledged(ReceiptProof {
                message_id: signal.message_id,
                timestamp: signal.timestamp,
                signer_sha256: signer.fingerprint_sha256(),
                soap: document.source().to_owned(),
            }),
            Err(problem) => Answer::InvalidReceipt(problem),
        },
        SignalKind::Error => judge_errors(signal, proof, http.status),
    }
}

/// The questions to be asked about the signer of an answer before it is judged. Mostly none.
pub fn questions(http: &HttpAnswer<'_>, partner: &Partner, now: Timestamp) -> Vec<OcspQuestion> {
    let trust = partner.trust();
    let (Some(_), Some(content_type)) = (trust.ocsp_url(), http.content_type) else {
        return Vec::new();
    };
    let body = Octets::from(Bytes::copy_from_slice(http.body));
    let Ok(package) = package::read(content_type, &body, &Limits::default()) else {
        return Vec::new();
    };
    let Ok(document) = Document::parse(&package.root, &xml::Limits::SOAP) else {
        return Vec::new();
    };
    let envelope = Envelope::locate(&document);
    envelope.map_or_else(|_| Vec::new(), |it| verify::questions(&it, trust, now))
}

/// Errors come on the connection of the request, signed or not, with or without reference; only
/// one that names another message is not about this one. [AS4 2.2]
fn judge_errors(signal: SealedSignal, proof: &SentProof, status: u16) -> Answer {
    let ours = signal
        .ref_to_message_id
        .as_ref()
        .is_none_or(|id| id == proof.message_id());
    if !ours {
        return Answer::Unanswered {
            status,
            reason: NoSignal::OtherMessage,
        };
    }
    let failure = |error: &ReceivedError| error.severity() == Severity::Failure;
    if !signal.errors.iter().any(failure) {
        return Answer::Unanswered {
            status,
            reason: NoSignal::WarningsOnly,
        };
    }
    let duplicate = |error: &ReceivedError| error.code() == Some(EbmsCode::DuplicateDetected);
    if signal.errors.iter().filter(|it| failure(it)).all(duplicate) {
        Answer::AlreadyAccepted(signal.errors)
    } else {
        Answer::Refused(signal.errors)
    }
}

/// Signature, signer, message and digests of a receipt. [AS4 2.1]
fn check_receipt(
    envelope: &Envelope<'_>,
    signal: &SealedSignal,
    proof: &SentProof,
    partner: &Partner,
    now: Timestamp,
) -> Result<Certificate, InvalidReceipt> {
    let demand = Demand {
        profile: proof.profile().unwrap_or(partner.leg().profile()),
        encrypted: false,
        derivation: KeyDerivation::default(),
        legacy_oaep: false,
        parts: &[],
    };
    if envelope.security.is_none() {
        return Err(InvalidReceipt::Unsigned);
    }
    let signer = verify::read(envelope, &demand)
        .and_then(|structure| structure.check(envelope, partner.trust(), now))
        .map_err(|reason| match reason {
            Reason::Authentication(problem) | Reason::Policy(problem) => {
                InvalidReceipt::Signature(problem)
            }
            _ => InvalidReceipt::Malformed,
        })?
        .signer;
    if signal.ref_to_message_id.as_ref() != Some(proof.message_id()) {
        return Err(InvalidReceipt::OtherMessage);
    }
    let receipt = envelope
        .messaging
        .only_child(ns::EBMS, "SignalMessage")
        .and_then(|signal| signal.only_child(ns::EBMS, "Receipt"))
        .ok_or(InvalidReceipt::Malformed)?;
    // As multisets: partners differ in the order.
    let mut acknowledged = read_digests(receipt).ok_or(InvalidReceipt::Malformed)?;
    let mut signed: Vec<(String, [u8; 32])> = proof
        .references()
        .iter()
        .map(|it| (normal(it.uri()), *it.digest()))
        .collect();
    acknowledged.sort();
    signed.sort();
    if acknowledged == signed {
        Ok(signer)
    } else {
        Err(InvalidReceipt::Digests)
    }
}

/// URI and decoded digest of each copied reference. Other children of the receipt are tolerated:
/// phase4 adds one.
// [P18]
fn read_digests(receipt: Element<'_>) -> Option<Vec<(String, [u8; 32])>> {
    let information = receipt.only_child(ns::EBBP, "NonRepudiationInformation")?;
    let mut found = Vec::new();
    for part in information.children() {
        if !part.is(ns::EBBP, "MessagePartNRInformation") {
            return None;
        }
        let reference = part.only_child(ns::DS, "Reference")?;
        let method = reference.only_child(ns::DS, "DigestMethod")?;
        if method.attribute("", "Algorithm") != Some(alg::SHA256) {
            return None;
        }
        let digest = octets(reference.only_child(ns::DS, "DigestValue")?)?
            .try_into()
            .ok()?;
        found.push((normal(reference.attribute("", "URI")?), digest));
    }
    Some(found)
}

/// A reference in one spelling: partners differ in percent-encoding.
// [P01]
fn normal(uri: &str) -> String {
    ContentId::from_href(uri).map_or_else(|| uri.to_owned(), |cid| cid.to_href())
}
