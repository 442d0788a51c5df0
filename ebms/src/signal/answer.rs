//! Judges what came back for a message sent.

use super::ReceivedError;
use crate::{
    id::MessageId,
    pmode::Partner,
    retry::Retry,
    send::SentProof,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

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
    /// A receipt that does not prove reception. [EBMS:0302]
    InvalidReceipt(InvalidReceipt),
    /// No signal. [EBMS:0301]
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
        todo!()
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
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
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

/// Judges an answer, whatever its status: partners send signals with any. [P19]
pub fn read_answer(
    http: &HttpAnswer<'_>,
    proof: &SentProof,
    partner: &Partner,
    now: Timestamp,
) -> Answer {
    todo!()
}
