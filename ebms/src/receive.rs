//! The inbound call: octets to a sealed message, in the order of [AS4 1.12].

use crate::{
    compress, envelope::Envelope,
    header::{UserMessage, decode},
    id::{MessageId, PartnerName},
    package::{self, Part, Payload},
    pmode::Template,
    profile,
    refusal::{Reason, Refusal},
    security::{Certificate, Sealed, verify::Proof},
    signal::{self, SealedSignal},
};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use std::fmt;

/// How much of a message is read at all. What a P-Mode allows is asked later.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Octets of the whole body.
    pub body_bytes: usize,
    /// MIME parts, the root included.
    pub parts: usize,
    /// Octets of the headers of one part.
    pub part_header_bytes: usize,
    /// Headers of one part.
    pub part_headers: usize,
    /// Octets before the first delimiter, and after the last.
    pub preamble_bytes: usize,
}

impl Default for Limits {
    /// [AS4 4.4], robustness.md row 68.
    fn default() -> Self {
        Self {
            body_bytes: 100 << 20,
            parts: 29,
            part_header_bytes: 8 << 10,
            part_headers: 32,
            preamble_bytes: 8 << 10,
        }
    }
}

/// What arrived.
#[derive(Debug)]
pub enum Incoming {
    /// A user message.
    User(Sealed),
    /// A signal on the port for user messages. Two-Way and asynchronous answers are not agreed
    /// with anybody, so it is recorded and never answered. [AS4 2.2]
    Signal(SealedSignal),
}

/// Takes a message apart and reads its header. Nothing is proven by this.
pub fn read(content_type: &str, body: Bytes, limits: &Limits) -> Result<Incoming, Refusal> {
    todo!()
}

/// A message that was received whole: header, payloads, and the proof they were signed.
#[derive(Debug)]
pub struct ReceivedMessage {
    read: Read,
}

/// What [`ReceivedMessage`] is made of.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) document: xml::Document,
    pub(crate) header: UserMessage,
    pub(crate) payloads: Vec<Payload>,
    pub(crate) partner: PartnerName,
    pub(crate) pmode: String,
    pub(crate) proof: Proof,
}

impl ReceivedMessage {
    pub(crate) fn new(read: Read) -> Self {
        Self { read }
    }

    /// The header.
    pub fn header(&self) -> &UserMessage {
        &self.read.header
    }

    /// The payloads in header order; the first is the leading document.
    pub fn payloads(&self) -> &[Payload] {
        &self.read.payloads
    }

    /// The partner that signed it.
    pub fn partner(&self) -> &PartnerName {
        &self.read.partner
    }

    /// The template of the P-Mode in force.
    pub fn pmode(&self) -> &str {
        &self.read.pmode
    }

    /// One digest over every digest the signature covers: two messages with one id are the same
    /// message if this is the same. [AS4 3.1]
    pub fn digest(&self) -> [u8; 32] {
        self.read.proof.digest()
    }

    /// The certificate that signed it.
    pub fn signer(&self) -> &Certificate {
        &self.read.proof.signer
    }

    /// The SOAP part as it arrived: with the payloads, the proof of what was sent.
    pub fn soap(&self) -> &str {
        self.read.document.source()
    }

    pub(crate) fn proof(&self) -> &Proof {
        &self.read.proof
    }
}
pub(crate) fn check_age(_: &UserMessage, _: &Template, _: Timestamp) -> Result<(), Reason> { todo!() }
pub(crate) fn unpack(_: &UserMessage, _: Vec<Part>, _: &Template) -> Result<Vec<Payload>, Reason> { todo!() }
pub(crate) fn check_rules(_: &UserMessage, _: &Template) -> Result<(), Reason> { todo!() }
