//! The outbound call: a draft to the octets that are sent, and sent again unchanged. [AS4 1.15]

mod part;
mod signed;

use crate::{
    header::{PartInfo, Party, Property, Service, UserMessage, decode::is_media_type},
    id::{ConversationId, MessageId},
    octets::Octets,
    package,
    pmode::{Leg, Profile},
    profile::alg,
    security::{
        Certificate, SigningKey,
        encrypt::{self, Encryption},
        sign,
    },
    storage::{Memory, Storage},
};
use bytes::Bytes;
use jiff::Timestamp;
use part::{Out, Packed};
use serde::{Deserialize, Serialize};
use signed::Signed;
use std::collections::BTreeSet;

pub use crate::package::{Payload, Segment};

/// What stands in the header of a message to be sent.
#[derive(Clone, Debug)]
pub struct Heading {
    /// Id of the message, drawn once.
    pub message_id: MessageId,
    /// When it was made.
    pub timestamp: Timestamp,
    /// The user session.
    pub conversation_id: ConversationId,
    /// Who sends.
    pub from: Party,
    /// To whom.
    pub to: Party,
    /// The service asked.
    pub service: Service,
    /// The action asked.
    pub action: String,
}

/// A message to be sent. Its payloads are in memory ([`Bytes`]), or anywhere ([`Octets`]).
#[derive(Clone, Debug)]
pub struct Draft<C = Bytes> {
    heading: Heading,
    ref_to_message_id: Option<MessageId>,
    properties: Vec<Property>,
    payloads: Vec<Payload<C>>,
}

impl Draft {
    /// A message without properties and payloads.
    pub fn new(heading: Heading) -> Self {
        Self::empty(heading)
    }
}

impl Draft<Octets> {
    /// [`Draft::new`] for payloads that need not be in memory.
    pub fn of_any_size(heading: Heading) -> Self {
        Self::empty(heading)
    }
}

impl<C> Draft<C> {
    fn empty(heading: Heading) -> Self {
        Self {
            heading,
            ref_to_message_id: None,
            properties: Vec::new(),
            payloads: Vec::new(),
        }
    }

    /// Names the message this one answers. OOTS messages do not. [AS4 3.2]
    #[must_use]
    pub fn with_ref_to_message_id(mut self, id: MessageId) -> Self {
        self.ref_to_message_id = Some(id);
        self
    }

    /// Adds a message property.
    #[must_use]
    pub fn with_property(mut self, property: Property) -> Self {
        self.properties.push(property);
        self
    }

    /// Adds a payload; the first is the leading document.
    #[must_use]
    pub fn with_payload(mut self, payload: Payload<C>) -> Self {
        self.payloads.push(payload);
        self
    }

    /// The heading.
    pub fn heading(&self) -> &Heading {
        &self.heading
    }

    /// The payloads.
    pub fn payloads(&self) -> &[Payload<C>] {
        &self.payloads
    }
}

/// Octets ready to be sent, again and again without change: in one piece, or in the segments that
/// [`Secured::write`] returns.
#[derive(Clone, Debug)]
pub struct Outgoing<B = Bytes> {
    content_type: String,
    body: B,
    proof: SentProof,
}

impl<B> Outgoing<B> {
    /// The `Content-Type` of the request.
    pub fn content_type(&self) -> &str {
        &self.content_type
    }

    /// The body of the request.
    pub fn body(&self) -> &B {
        &self.body
    }

    /// The same with another form of the body.
    pub fn map<T>(self, f: impl FnOnce(B) -> T) -> Outgoing<T> {
        Outgoing {
            content_type: self.content_type,
            body: f(self.body),
            proof: self.proof,
        }
    }

    /// The body with what judges the receipt.
    pub fn into_parts(self) -> (B, SentProof) {
        (self.body, self.proof)
    }

    /// What was signed: keep it to judge the receipt.
    pub fn proof(&self) -> &SentProof {
        &self.proof
    }
}

/// What was signed in a message sent.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct SentProof {
    message_id: MessageId,
    references: Vec<SignedDigest>,
    signed_info: String,
}

/// One thing signed and its SHA-256.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct SignedDigest {
    uri: String,
    digest: [u8; 32],
}

impl SentProof {
    /// The message.
    pub fn message_id(&self) -> &MessageId {
        &self.message_id
    }

    /// Everything signed.
    pub fn references(&self) -> &[SignedDigest] {
        &self.references
    }

    /// The suite it was signed with, in which the receipt is to be signed too.
    pub(crate) fn profile(&self) -> Option<Profile> {
        let signed = |(_, uri): &(Profile, &str)| self.signed_info.contains(&format!("\"{uri}\""));
        let known = [
            (Profile::Rsa, alg::RSA_SHA256),
            (Profile::Ed25519, alg::ED25519),
            (Profile::Ecdsa, alg::ECDSA_SHA256),
        ];
        known.into_iter().find(signed).map(|(profile, _)| profile)
    }

    /// The canonical `ds:SignedInfo`.
    pub fn signed_info(&self) -> &str {
        &self.signed_info
    }
}

impl SignedDigest {
    /// The reference as it stands in the signature.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// SHA-256 of what it refers to.
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }
}

/// Why a draft cannot be sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Unsendable {
    /// A value of the header is empty or cannot stand in XML.
    #[error("a header value is empty or cannot stand in XML")]
    Value,
    /// Two payloads have one content id.
    #[error("two payloads have one content id")]
    ContentIdTwice,
    /// More payloads than peers accept.
    // [P35]
    #[error("more than 28 payloads")]
    TooManyPayloads,
    /// The signing key is not of the profile agreed, or its certificate has expired.
    #[error("the signing key is not of the agreed profile or its certificate has expired")]
    SigningKey,
    /// The partner's encryption certificate is missing, expired or not of the profile agreed.
    #[error("the encryption certificate is missing, expired or not of the agreed profile")]
    EncryptionCertificate,
    /// A payload cannot be read, or what was made of it cannot be stored.
    #[error("a payload cannot be read, or not be stored")]
    Storage,
    /// An uncompressed XML payload is not XML.
    #[error("an uncompressed XML payload is not XML")]
    Content,
    /// The library failed.
    #[error("a cryptographic operation failed")]
    Cryptography,
    /// What was written does not pass our own checks: a defect of this engine.
    #[error("the message written does not pass its own verification")]
    SelfCheck,
}

/// Writes a message: compressed, signed, encrypted, packaged, all in memory. `recipient` may be
/// left out where nothing is encrypted.
pub fn write<'r, C: Clone + Into<Octets>>(
    draft: &Draft<C>,
    leg: &Leg,
    key: &SigningKey,
    recipient: impl Into<Option<&'r Certificate>>,
    random: &mut dyn FnMut(&mut [u8]),
) -> Result<Outgoing, Unsendable> {
    let secured = Secured {
        leg,
        key,
        recipient: recipient.into(),
    };
    let sent = secured.write(draft, random, &mut Memory)?;
    Ok(sent.map(package::join))
}

/// With what a message is secured.
#[derive(Clone, Copy, Debug)]
pub struct Secured<'a> {
    /// What was agreed.
    pub leg: &'a Leg,
    /// Signs the message.
    pub key: &'a SigningKey,
    /// Whom the payloads are encrypted for; may be left out where nothing is encrypted.
    pub recipient: Option<&'a Certificate>,
}

impl Secured<'_> {
    /// [`write()`] for payloads of any size: each is read once, or twice where it goes
    /// uncompressed, and its part is kept in `storage`.
    pub fn write<C: Clone + Into<Octets>, S: Storage>(
        &self,
        draft: &Draft<C>,
        random: &mut dyn FnMut(&mut [u8]),
        storage: &mut S,
    ) -> Result<Outgoing<Vec<Segment<S::Stored>>>, Unsendable> {
        let Self { leg, key, .. } = *self;
        let certificate = key.certificate();
        let usable = certificate.may_sign() && certificate.is_valid_at(draft.heading.timestamp);
        if sign::profile(key) != leg.profile || !usable {
            return Err(Unsendable::SigningKey);
        }
        let header = draft.header(leg)?;
        let tag = draw_tag(random);
        let encryption = self.encryption(&header, random)?;
        let mut parts = Vec::with_capacity(header.parts.len());
        for (payload, info) in draft.payloads.iter().zip(&header.parts) {
            let content = payload.content().clone().into();
            let place = storage
                .create(info, content.length())
                .map_err(|_| Unsendable::Storage)?;
            let out = match &encryption {
                Some((encryption, _)) => Out::Sealed(Box::new(encryption.sealer(place, random))),
                None => Out::Open(place),
            };
            parts.push(Packed::new(info, &content, out)?);
        }
        let envelope = Signed::new(&header, &parts, self, &tag)?;
        let elements = encryption.map(|(encryption, recipient)| {
            let described: Vec<_> = parts
                .iter()
                .map(|part| (&part.cid, part.content_type.as_str()))
                .collect();
            encryption.elements(&described, leg, recipient, &tag)
        });
        let soap = envelope.write(elements.as_ref());
        envelope.check(soap.as_ref(), &header, elements.is_some())?;
        let sealed = elements.is_some();
        let keep = |part: Packed<S::Draft>| part.keep(sealed, storage);
        let written = parts.into_iter().map(keep).collect::<Result<_, _>>()?;
        let (content_type, body) = package::write(soap.as_ref(), written, &tag);
        Ok(Outgoing {
            content_type,
            body,
            proof: envelope.into_proof(header.message_id),
        })
    }

    /// The content key, where anything is encrypted.
    fn encryption(
        &self,
        header: &UserMessage,
        random: &mut dyn FnMut(&mut [u8]),
    ) -> Result<Option<(Encryption, &Certificate)>, Unsendable> {
        if !self.leg.encrypt || header.parts.is_empty() {
            return Ok(None);
        }
        let usable = |it: &&Certificate| {
            encrypt::suits(it, self.leg.profile) && it.is_valid_at(header.timestamp)
        };
        let recipient = self
            .recipient
            .filter(usable)
            .ok_or(Unsendable::EncryptionCertificate)?;
        let encryption = Encryption::new(self.leg, recipient, random);
        Ok(Some((
            encryption.ok_or(Unsendable::Cryptography)?,
            recipient,
        )))
    }
}

impl<C> Draft<C> {
    fn header(&self, leg: &Leg) -> Result<UserMessage, Unsendable> {
        let heading = &self.heading;
        let values = [&heading.action]
            .into_iter()
            .map(String::as_str)
            .chain([heading.from.role(), heading.to.role()])
            .chain(
                self.properties
                    .iter()
                    .flat_map(|it| [it.name(), it.value()]),
            )
            .chain(self.properties.iter().filter_map(Property::kind));
        for value in values {
            let printable = |c: char| !c.is_control() && c != '\u{FFFE}' && c != '\u{FFFF}';
            if value.trim() != value || value.is_empty() || !value.chars().all(printable) {
                return Err(Unsendable::Value);
            }
        }
        if self.payloads.len() > MAX_PAYLOADS {
            return Err(Unsendable::TooManyPayloads);
        }
        let mut seen = BTreeSet::new();
        let mut parts = Vec::with_capacity(self.payloads.len());
        for payload in &self.payloads {
            if !is_media_type(payload.media_type()) {
                return Err(Unsendable::Value);
            }
            if !seen.insert(payload.cid()) {
                return Err(Unsendable::ContentIdTwice);
            }
            let media_type = payload.media_type().to_owned();
            parts.push(PartInfo::new(
                payload.cid().clone(),
                media_type,
                leg.compress,
                Vec::new(),
            ));
        }
        Ok(UserMessage {
            message_id: heading.message_id.clone(),
            timestamp: heading.timestamp,
            ref_to_message_id: self.ref_to_message_id.clone(),
            mpc: leg.mpc.clone(),
            from: heading.from.clone(),
            to: heading.to.clone(),
            agreement: leg.agreement.clone(),
            service: heading.service.clone(),
            action: heading.action.clone(),
            conversation_id: heading.conversation_id.clone(),
            properties: self.properties.clone(),
            parts,
        })
    }
}

/// Payloads of one message: with header and Body, Santuario's 30 references.
// [P35]
const MAX_PAYLOADS: usize = 28;

/// 128 random bits in hexadecimal: for ids and for the boundary.
fn draw_tag(random: &mut dyn FnMut(&mut [u8])) -> String {
    let mut octets = [0; 16];
    random(&mut octets);
    octets
        .iter()
        .fold(String::with_capacity(32), |mut text, byte| {
            text.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
            text.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
            text
        })
}
