//! The outbound call: a draft to the octets that are sent, and sent again unchanged. [AS4 1.15]

use crate::{
    compress,
    envelope::Envelope,
    header::{
        PartInfo, Party, Property, Service, UserMessage,
        decode::{self, is_media_type},
        encode,
    },
    id::{ConversationId, MessageId},
    package::{self, Part},
    pmode::Leg,
    profile,
    refusal::Reason,
    security::{
        Certificate, SigningKey, Trust, attachment, encrypt,
        sign::{self, Signature},
        verify::{self, Demand, Reference, Target, Transform},
    },
};
use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use xml::{Document, Fragment};

pub use crate::package::Payload;

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

/// A message to be sent.
#[derive(Clone, Debug)]
pub struct Draft {
    heading: Heading,
    ref_to_message_id: Option<MessageId>,
    properties: Vec<Property>,
    payloads: Vec<Payload>,
}

impl Draft {
    /// A message without properties and payloads.
    pub fn new(heading: Heading) -> Self {
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
    pub fn with_payload(mut self, payload: Payload) -> Self {
        self.payloads.push(payload);
        self
    }

    /// The heading.
    pub fn heading(&self) -> &Heading {
        &self.heading
    }

    /// The payloads.
    pub fn payloads(&self) -> &[Payload] {
        &self.payloads
    }
}

/// Octets ready to be sent, again and again without change.
#[derive(Clone, Debug)]
pub struct Outgoing {
    content_type: String,
    body: Bytes,
    proof: SentProof,
}

impl Outgoing {
    /// The `Content-Type` of the request.
    pub fn content_type(&self) -> &str {
        &self.content_type
    }

    /// The body of the request.
    pub fn body(&self) -> &Bytes {
        &self.body
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
    /// A payload cannot be compressed.
    #[error("a payload cannot be compressed")]
    Compression,
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

/// Writes a message: compressed, signed, encrypted, packaged. `recipient` may be left out where
/// nothing is encrypted.
pub fn write<'r>(
    draft: &Draft,
    leg: &Leg,
    key: &SigningKey,
    recipient: impl Into<Option<&'r Certificate>>,
    random: &mut dyn FnMut(&mut [u8]),
) -> Result<Outgoing, Unsendable> {
    let certificate = key.certificate();
    let usable = certificate.may_sign() && certificate.is_valid_at(draft.heading.timestamp);
    if sign::profile(key) != leg.profile || !usable {
        return Err(Unsendable::SigningKey);
    }
    let recipient = recipient.into();
    let header = draft.header(leg)?;
    let parts = draft.pack(leg)?;
    let tag = draw_tag(random);
    let secured = Secured::new(&header, &parts, leg, key, &tag)?;
    let (parts, encryption) = if leg.encrypt && !parts.is_empty() {
        let recipient = recipient
            .filter(|it| encrypt::suits(it, leg.profile) && it.is_valid_at(header.timestamp))
            .ok_or(Unsendable::EncryptionCertificate)?;
        let encrypted = encrypt::encrypt(parts, leg, recipient, &tag, random)
            .ok_or(Unsendable::Cryptography)?;
        (encrypted.parts, Some(encrypted.elements))
    } else {
        (parts, None)
    };
    let soap = secured.envelope(encryption.as_ref());
    secured.check(soap.as_ref(), &header, &parts)?;
    let (content_type, body) = package::write(soap.as_ref(), &parts, &tag);
    let references = secured
        .references
        .iter()
        .map(|it| SignedDigest {
            uri: it.uri.clone(),
            digest: it.digest,
        })
        .collect();
    let proof = SentProof {
        message_id: header.message_id,
        references,
        signed_info: secured.signature.signed_info,
    };
    Ok(Outgoing {
        content_type,
        body,
        proof,
    })
}

impl Draft {
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
            mpc: None,
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

    /// The parts as they are signed: compressed, or as they are.
    fn pack(&self, leg: &Leg) -> Result<Vec<Part>, Unsendable> {
        let pack = |payload: &Payload| {
            let (content_type, content) = if leg.compress {
                let packed = compress::gzip(payload.content(), payload.media_type())
                    .ok_or(Unsendable::Compression)?;
                (profile::GZIP, Bytes::from(packed))
            } else {
                (payload.media_type(), payload.content().clone())
            };
            Ok(Part {
                cid: payload.cid().clone(),
                content_type: content_type.to_owned(),
                content,
            })
        };
        self.payloads.iter().map(pack).collect()
    }
}

/// A signed envelope before it is put together.
struct Secured<'a> {
    leg: &'a Leg,
    key: &'a SigningKey,
    messaging: Fragment,
    body: Fragment,
    references: Vec<Reference>,
    signature: Signature,
}

impl<'a> Secured<'a> {
    fn new(
        header: &UserMessage,
        parts: &[Part],
        leg: &'a Leg,
        key: &'a SigningKey,
        tag: &str,
    ) -> Result<Self, Unsendable> {
        let (messaging_id, body_id) = (format!("msg-{tag}"), format!("body-{tag}"));
        let messaging = encode::messaging(&messaging_id, |w| encode::user_message(w, header));
        let body = encode::body(&body_id, |_| {});
        let mut references =
            sign::envelope_references((&messaging_id, &messaging), (&body_id, &body));
        for part in parts {
            let digest =
                attachment::digest(&part.content_type, &part.content).ok_or(Unsendable::Content)?;
            references.push(Reference {
                uri: part.cid.to_href(),
                target: Target::Part(part.cid.clone()),
                transform: Transform::AttachmentContent,
                digest,
            });
        }
        let signature = sign::sign(&references, key, leg.signature_token, tag)
            .ok_or(Unsendable::Cryptography)?;
        Ok(Self {
            leg,
            key,
            messaging,
            body,
            references,
            signature,
        })
    }

    fn envelope(&self, encryption: Option<&Fragment>) -> Fragment {
        encode::envelope(&self.messaging, &self.body, |w| {
            // [AS4 1.6] encryption first: what was done last stands first.
            if let Some(encryption) = encryption {
                w.fragment(encryption);
            }
            w.fragment(&self.signature.elements);
        })
    }

    /// Reads the envelope back with the code that reads what others send. [AS4 1.15]
    fn check(&self, soap: &str, header: &UserMessage, parts: &[Part]) -> Result<(), Unsendable> {
        let (leg, key) = (self.leg, self.key);
        let document = Document::parse(soap.as_bytes(), &xml::Limits::SOAP)
            .map_err(|_| Unsendable::SelfCheck)?;
        let read = || {
            let envelope = Envelope::locate(&document)?;
            let demand = Demand {
                profile: leg.profile,
                encrypted: leg.encrypt && !parts.is_empty(),
                derivation: leg.key_derivation,
                legacy_oaep: false,
                parts,
            };
            let structure = verify::read(&envelope, &demand)?;
            let own = Trust::pinned(vec![key.certificate().clone()]);
            let proof = structure.check(&envelope, &own, header.timestamp)?;
            Ok::<_, Reason>((proof, decode::user_message(envelope.messaging)?))
        };
        match read() {
            Ok((proof, found))
                if proof.references == self.references
                    && proof.signed_info == self.signature.signed_info.as_bytes()
                    && found.message_id == header.message_id
                    && found.properties == header.properties
                    && found.parts.len() == header.parts.len() =>
            {
                Ok(())
            }
            _ => Err(Unsendable::SelfCheck),
        }
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
