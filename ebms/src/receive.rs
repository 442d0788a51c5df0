//! The inbound call: octets to a sealed message, in the order of [AS4 1.12].

use crate::{
    compress,
    envelope::Envelope,
    header::{PartInfo, UserMessage, decode},
    id::{ContentId, PartnerName},
    package::{self, Part, Payload},
    pmode::Template,
    profile::ns,
    refusal::{Reason, Refusal},
    security::{Certificate, Sealed, verify::Proof},
    signal::{self, SealedSignal},
};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use xml::Document;

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
    User(Box<Sealed>),
    /// A signal on the port for user messages. Two-Way and asynchronous answers are not agreed
    /// with anybody, so it is recorded and never answered. [AS4 2.2]
    Signal(SealedSignal),
}

/// Takes a message apart and reads its header. Nothing is proven by this.
pub fn read(content_type: &str, body: Bytes, limits: &Limits) -> Result<Incoming, Refusal> {
    let unnamed = |reason| Refusal::new(reason, None);
    let package = package::read(content_type, &body, limits).map_err(unnamed)?;
    let document = Document::parse(&package.root, &xml::Limits::SOAP)
        .map_err(|invalid| unnamed(Reason::Xml(invalid)))?;
    let envelope = Envelope::locate(&document).map_err(unnamed)?;
    if envelope
        .messaging
        .child(ns::EBMS, "SignalMessage")
        .is_some()
    {
        return match signal::decode(&envelope) {
            Ok(signal) => Ok(Incoming::Signal(signal)),
            // A request to pull is a signal too, but one that waits for an answer.
            Err(reason @ Reason::NotSupported(_)) => Err(unnamed(reason)),
            Err(reason) => Err(Refusal::of_signal(reason)),
        };
    }
    let message_id = decode::peek_message_id(&envelope);
    let named = |reason| Refusal::new(reason, message_id.clone());
    let header = decode::user_message(envelope.messaging).map_err(named)?;
    check_parts(&header, &package.parts).map_err(named)?;
    Ok(Incoming::User(Box::new(Sealed::new(
        document,
        header,
        package.parts,
    ))))
}

/// Every MIME part is described, every description has its part; order carries no meaning.
// [P23]
fn check_parts(header: &UserMessage, parts: &[Part]) -> Result<(), Reason> {
    let described: BTreeSet<&ContentId> = header.parts().iter().map(PartInfo::cid).collect();
    let present: BTreeSet<&ContentId> = parts.iter().map(|part| &part.cid).collect();
    if !described.is_subset(&present) {
        return Err(Reason::Parts("a PartInfo without MIME part"));
    }
    if parts.len() != described.len() {
        return Err(Reason::Parts("a MIME part without PartInfo"));
    }
    Ok(())
}

/// The window in which messages are taken. [AS4 3.6]
pub(crate) fn check_age(
    header: &UserMessage,
    template: &Template,
    now: Timestamp,
) -> Result<(), Reason> {
    let age = now.duration_since(header.timestamp());
    let limit = |duration| SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX);
    if age > limit(template.max_age) {
        Err(Reason::Timestamp("too old"))
    } else if -age > limit(template.max_ahead) {
        Err(Reason::Timestamp("in the future"))
    } else {
        Ok(())
    }
}

/// The payloads in header order, decompressed within the limits of the P-Mode.
pub(crate) fn unpack(
    header: &UserMessage,
    parts: Vec<Part>,
    template: &Template,
) -> Result<Vec<Payload>, Reason> {
    let limits = &template.limits;
    if parts.len() > limits.payloads {
        return Err(Reason::NoPMode("more payloads than agreed"));
    }
    let mut budget = limits.total_bytes;
    let mut payloads = Vec::with_capacity(parts.len());
    for info in header.parts() {
        let part = parts
            .iter()
            .find(|part| part.cid == *info.cid())
            .ok_or(Reason::Parts("a PartInfo without MIME part"))?;
        let allowed = limits.payload_bytes.min(budget);
        let content = if info.is_compressed() {
            let content = compress::gunzip(&part.content, limits, allowed);
            Bytes::from(content.map_err(|problem| match problem {
                // [ROB-66] honest but larger than agreed, as if it had come uncompressed.
                compress::Problem::TooLarge => Reason::PayloadTooLarge { limit: allowed },
                problem => Reason::Decompression(problem),
            })?)
        } else {
            part.content.clone()
        };
        let size = content.len() as u64;
        if size > allowed {
            return Err(Reason::PayloadTooLarge { limit: allowed });
        }
        budget -= size;
        payloads.push(Payload::new(info.cid().clone(), info.media_type(), content));
    }
    Ok(payloads)
}

/// Rules of the P-Mode on header values. [AS4 2.3]
pub(crate) fn check_rules(header: &UserMessage, template: &Template) -> Result<(), Reason> {
    if header.is_test_service() {
        return Ok(());
    }
    let rules = &template.rules;
    for name in &rules.required_properties {
        if header.property(name).is_none() {
            return Err(Reason::inconsistent(name, "a required property is missing"));
        }
    }
    for property in header.properties() {
        let must_be_uuid = rules
            .uuid_properties
            .iter()
            .any(|name| name == property.name());
        if must_be_uuid && uuid::Uuid::parse_str(property.value()).is_err() {
            return Err(Reason::inconsistent(property.name(), "not a UUID"));
        }
    }
    // [R-EDM-ebMS-017]
    if rules.conversation_id_is_uuid && header.conversation_id().as_uuid().is_none() {
        return Err(Reason::inconsistent("ConversationId", "not a UUID"));
    }
    Ok(())
}

/// A message that was received whole: header, payloads, and the proof they were signed.
#[derive(Debug)]
pub struct ReceivedMessage {
    read: Read,
}

/// What [`ReceivedMessage`] is made of.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) document: Document,
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
