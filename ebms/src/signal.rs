//! Signals: the receipt for a message received, the error for a message refused, and what came
//! back for a message sent. [AS4 2]

mod answer;
mod read;
mod write;

pub use answer::{
    Answer, HttpAnswer, InvalidReceipt, NoSignal, ReceiptProof, questions, read_answer,
};
pub use read::{ReceivedError, SealedSignal, SignalKind};
pub use write::{error, receipt, report};

pub(crate) use read::decode;

use bytes::Bytes;

/// A signal ready to be sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignalBytes {
    body: Bytes,
}

impl SignalBytes {
    /// The content type of the answer: a bare SOAP entity.
    pub fn content_type(&self) -> &'static str {
        "application/soap+xml; charset=UTF-8"
    }

    /// The octets of the answer.
    pub fn body(&self) -> &Bytes {
        &self.body
    }
}
