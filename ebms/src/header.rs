//! The ebMS header of a user message. Values of this type come from decoding or from a draft;
//! both hold the rules of the schema, so nothing is optional here that the schema requires.

pub(crate) mod decode;
pub(crate) mod encode;

use crate::{
    id::{ContentId, ConversationId, InvalidId, MessageId, PartyId, is_uri},
    profile,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A header: who to whom, what for, with which parts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UserMessage {
    pub(crate) message_id: MessageId,
    pub(crate) timestamp: Timestamp,
    pub(crate) ref_to_message_id: Option<MessageId>,
    pub(crate) mpc: Option<String>,
    pub(crate) from: Party,
    pub(crate) to: Party,
    pub(crate) agreement: Option<String>,
    pub(crate) service: Service,
    pub(crate) action: String,
    pub(crate) conversation_id: ConversationId,
    pub(crate) properties: Vec<Property>,
    pub(crate) parts: Vec<PartInfo>,
}

impl UserMessage {
    /// Id of this message.
    pub fn message_id(&self) -> &MessageId {
        &self.message_id
    }

    /// When the message was made; a retry does not change it.
    pub fn timestamp(&self) -> Timestamp {
        self.timestamp
    }

    /// The message this one answers, where a partner says so.
    pub fn ref_to_message_id(&self) -> Option<&MessageId> {
        self.ref_to_message_id.as_ref()
    }

    /// The sending access point.
    pub fn from(&self) -> &Party {
        &self.from
    }

    /// The receiving access point.
    pub fn to(&self) -> &Party {
        &self.to
    }

    /// The agreement, where one is named.
    pub fn agreement(&self) -> Option<&str> {
        self.agreement.as_deref()
    }

    /// The service asked.
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// The action asked.
    pub fn action(&self) -> &str {
        &self.action
    }

    /// The user session.
    pub fn conversation_id(&self) -> &ConversationId {
        &self.conversation_id
    }

    /// Message properties in header order.
    pub fn properties(&self) -> &[Property] {
        &self.properties
    }

    /// The message property of this name.
    pub fn property(&self, name: &str) -> Option<&Property> {
        self.properties
            .iter()
            .find(|property| property.name == name)
    }

    /// Parts in header order; the first is the leading document.
    pub fn parts(&self) -> &[PartInfo] {
        &self.parts
    }

    /// Whether this is a ping: receipted, never delivered. [AS4 3.3]
    pub fn is_test_service(&self) -> bool {
        self.service.value == profile::TEST_SERVICE && self.action == profile::TEST_ACTION
    }
}

/// One end of a message.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    id: PartyId,
    role: String,
}

impl Party {
    /// A party in a role.
    pub fn new(id: PartyId, role: &str) -> Self {
        Self {
            id,
            role: role.to_owned(),
        }
    }

    /// Who.
    pub fn id(&self) -> &PartyId {
        &self.id
    }

    /// In which role.
    pub fn role(&self) -> &str {
        &self.role
    }
}

/// A service: a value and the scheme it is from.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Service {
    value: String,
    kind: Option<String>,
}

impl Service {
    /// A service. Without a type the value must be a URI.
    // [EBMS:0003]
    pub fn new(value: &str, kind: Option<&str>) -> Result<Self, InvalidId> {
        // The rule is the same as for a party.
        PartyId::new(value, kind)?;
        Ok(Self {
            value: value.to_owned(),
            kind: kind.map(ToOwned::to_owned),
        })
    }

    /// The OOTS service.
    pub fn query_manager() -> Self {
        Self {
            value: profile::SERVICE.to_owned(),
            kind: Some(profile::SERVICE_TYPE.to_owned()),
        }
    }

    /// The test service.
    pub fn test() -> Self {
        debug_assert!(is_uri(profile::TEST_SERVICE));
        Self {
            value: profile::TEST_SERVICE.to_owned(),
            kind: None,
        }
    }

    /// The value.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The scheme: `@type` on the wire.
    pub fn kind(&self) -> Option<&str> {
        self.kind.as_deref()
    }
}

/// A property of a message or of a part.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Property {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    value: String,
}

impl Property {
    /// A property without type.
    pub fn new(name: &str, value: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind: None,
            value: value.to_owned(),
        }
    }

    /// A property with a type, as `originalSender` and `finalRecipient` have. [AS4 4.2]
    pub fn typed(name: &str, kind: &str, value: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind: Some(kind.to_owned()),
            value: value.to_owned(),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its type.
    pub fn kind(&self) -> Option<&str> {
        self.kind.as_deref()
    }

    /// Its value.
    pub fn value(&self) -> &str {
        &self.value
    }
}

/// A part as the signed header describes it. The MIME headers of the part are not signed and are
/// not kept. [AS4 6.C]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PartInfo {
    cid: ContentId,
    media_type: String,
    compressed: bool,
    properties: Vec<Property>,
}

impl PartInfo {
    pub(crate) fn new(
        cid: ContentId,
        media_type: String,
        compressed: bool,
        properties: Vec<Property>,
    ) -> Self {
        Self {
            cid,
            media_type,
            compressed,
            properties,
        }
    }

    /// Which MIME part.
    pub fn cid(&self) -> &ContentId {
        &self.cid
    }

    /// Media type of the content, before compression.
    pub fn media_type(&self) -> &str {
        &self.media_type
    }

    /// Whether the part travels compressed.
    pub fn is_compressed(&self) -> bool {
        self.compressed
    }

    /// The part property of this name.
    pub fn property(&self, name: &str) -> Option<&Property> {
        self.properties
            .iter()
            .find(|property| property.name == name)
    }
}
