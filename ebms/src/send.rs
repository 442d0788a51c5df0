//! The outbound call: a draft to the octets that are sent, and sent again unchanged. [AS4 1.15]

use crate::{
    header::{Party, Property, Service, UserMessage},
    id::{ConversationId, MessageId},
    package::{Part, Payload as Content},
    pmode::Leg,
    security::{Certificate, SigningKey},
};
use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

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
        Self { heading, ref_to_message_id: None, properties: Vec::new(), payloads: Vec::new() }
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
    /// More payloads than peers accept. [P35]
    #[error("more than 28 payloads")]
    TooManyPayloads,
    /// The signing key is not of the profile agreed.
    #[error("the signing key is not of the agreed profile")]
    SigningKey,
    /// The partner's encryption certificate is missing, expired or not of the profile agreed.
    #[error("the encryption certificate is missing, expired or not of the agreed profile")]
    EncryptionCertificate,
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
    todo!()
}
