//! The inbound call: octets to a sealed message, in the order of [AS4 1.12].

use crate::{
    compress::{self, Unpacker},
    envelope::Envelope,
    header::{PartInfo, UserMessage, decode},
    id::{ContentId, PartnerName},
    octets::Octets,
    package::{self, Part, Payload},
    pmode::Template,
    profile::ns,
    refusal::{Reason, Refusal},
    security::{Certificate, Sealed, decrypt::Opening, verify::Proof},
    signal::{self, SealedSignal},
    storage::Storage,
};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use std::{collections::BTreeSet, io};
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

/// Takes a message apart and reads its header. Nothing is proven by this, and of the payloads
/// nothing is read but where they begin and end.
pub fn read(
    content_type: &str,
    body: impl Into<Octets>,
    limits: &Limits,
) -> Result<Incoming, Refusal> {
    let unnamed = |reason| Refusal::new(reason, None);
    let package = package::read(content_type, &body.into(), limits).map_err(unnamed)?;
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

/// Decrypts, digests and decompresses the parts in header order, within the limits of the P-Mode.
/// What comes of a part is told only when all are proven: until then nothing of it matters.
pub(crate) fn unpack<S: Storage>(
    header: &UserMessage,
    parts: &[Part],
    opening: &Opening<'_>,
    template: &Template,
    storage: &mut S,
) -> Result<Vec<S::Draft>, Reason> {
    let limits = &template.limits;
    let mut budget = limits.total_bytes;
    let mut proven = true;
    let mut problem = None;
    let mut drafts = Vec::with_capacity(parts.len());
    for info in header.parts() {
        let part = parts
            .iter()
            .find(|part| part.cid == *info.cid())
            .ok_or(Reason::Parts("a PartInfo without MIME part"))?;
        let allowed = limits.payload_bytes.min(budget);
        let expected = part.content.length().min(allowed);
        let draft = storage.create(info, expected).map_err(not_now)?;
        let mut unpacker = Unpacker::new(draft, info.is_compressed(), limits, allowed);
        let read = opening.read(part, |chunk| unpacker.push(chunk));
        proven &= read.map_err(not_now)?;
        match unpacker.finish() {
            Ok((draft, length)) => {
                budget -= length;
                drafts.push(draft);
            }
            Err(failure) => {
                problem.get_or_insert_with(|| refusal_of(failure, allowed));
            }
        }
    }
    if !proven {
        return Err(opening.refusal());
    }
    if parts.len() > limits.payloads {
        return Err(Reason::NoPMode("more payloads than agreed"));
    }
    match problem {
        Some(problem) => Err(problem),
        None => Ok(drafts),
    }
}

fn refusal_of(failure: compress::Failure, allowed: u64) -> Reason {
    match failure {
        // [ROB-66] honest but larger than agreed, compressed or not.
        compress::Failure::Part(compress::Problem::TooLarge) => {
            Reason::PayloadTooLarge { limit: allowed }
        }
        compress::Failure::Part(problem) => Reason::Decompression(problem),
        compress::Failure::Storage(error) => not_now(error),
    }
}

/// Octets could not be read or kept: not the sender's fault.
fn not_now(_: io::Error) -> Reason {
    Reason::Undeliverable
}

/// The payloads of a message that is proven, whole and within the rules.
pub(crate) fn keep<S: Storage>(
    header: &UserMessage,
    drafts: Vec<S::Draft>,
    storage: &mut S,
) -> Result<Vec<Payload<S::Stored>>, Reason> {
    let keep = |(info, draft): (&PartInfo, S::Draft)| {
        let content = storage.keep(draft).map_err(not_now)?;
        Ok(Payload::new(info.cid().clone(), info.media_type(), content))
    };
    header.parts().iter().zip(drafts).map(keep).collect()
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
///
/// The payloads are in memory, or what a [`Storage`] made of them.
#[derive(Debug)]
pub struct ReceivedMessage<C = Bytes> {
    read: Read<C>,
}

/// What [`ReceivedMessage`] is made of.
#[derive(Debug)]
pub(crate) struct Read<C> {
    pub(crate) document: Document,
    pub(crate) header: UserMessage,
    pub(crate) payloads: Vec<Payload<C>>,
    pub(crate) partner: PartnerName,
    pub(crate) pmode: String,
    pub(crate) proof: Proof,
}

impl<C> ReceivedMessage<C> {
    pub(crate) fn new(read: Read<C>) -> Self {
        Self { read }
    }

    /// The header.
    pub fn header(&self) -> &UserMessage {
        &self.read.header
    }

    /// The payloads in header order; the first is the leading document.
    pub fn payloads(&self) -> &[Payload<C>] {
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
