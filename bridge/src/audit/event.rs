//! The closed list of events, and what can be said about one.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::person::Person;
use crate::{
    exchange::{ExchangeId, Route, Summary},
    seal::hex,
};

/// What happened. Closed: whoever reads the log must know every word of it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Provide: a request was accepted.
    RequestReceived,
    /// Provide: a request was refused, before or after it could be read.
    RequestRefused,
    /// Provide: the preview was offered.
    PreviewOffered,
    /// Provide: the user proved who they are.
    UserAuthenticated,
    /// Provide: the Data Provider is being asked.
    NationalRequestSent,
    /// Provide: the Data Provider answered with evidence or a date.
    NationalResponseReceived,
    /// Provide: the Data Provider answered with an error.
    NationalErrorReceived,
    /// Provide: the user decided, or left without a decision.
    PreviewDecided,
    /// Provide: the response is being sent.
    ResponseSent,
    /// An error response is being sent.
    ErrorSent,
    /// Retrieve: an order was accepted.
    OrderReceived,
    /// Retrieve: an order was refused.
    OrderRefused,
    /// Retrieve: a request is being sent.
    RequestSent,
    /// Retrieve: a response was accepted.
    ResponseReceived,
    /// Retrieve: an error response was accepted.
    ErrorReceived,
    /// Retrieve: a response matched no exchange, or came too late.
    ResponseRefused,
    /// Retrieve: evidence is being handed to the Data Consumer.
    EvidenceDelivered,
    /// Time was over.
    Expired,
    /// Evidence we kept was deleted.
    EvidenceDeleted,
    /// eDelivery: the other access point acknowledged a message of ours.
    ReceiptReceived,
    /// eDelivery: an attempt to send a message of ours brought no receipt; another follows.
    AttemptFailed,
    /// eDelivery: a message of ours could not be delivered.
    DeliveryFailed,
    /// Something came that could not be read as far as its id, or that is read elsewhere only.
    MessageUnreadable,
}

/// How the user's look at the preview ended. [Implementing Regulation (EU) 2022/1463 Art. 17(2)]
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PreviewDecision {
    /// The evidence may leave.
    Accepted,
    /// It may not.
    Rejected,
    /// The user left.
    Abandoned,
    /// The user never came to a decision.
    Timeout,
}

/// One entry in the making. Everything but the event is optional; `Option`s are taken as they are.
#[derive(Clone, Debug)]
pub struct Entry {
    pub(super) facts: Facts,
    pub(super) subject: Option<Person>,
    pub(super) content: Option<Content>,
}

/// The first part of a message as received or sent, which the log must be able to produce.
#[derive(Clone)]
pub(super) struct Content {
    pub(super) media_type: String,
    pub(super) bytes: Zeroizing<Vec<u8>>,
}

/// The part of an entry that is written in the clear.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Facts {
    /// What happened.
    pub event: Event,
    /// On which route.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<Route>,
    /// In which exchange.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchange_id: Option<ExchangeId>,
    /// ebMS `ConversationId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ebms_conversation_id: Option<String>,
    /// ebMS `MessageId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ebms_message_id: Option<String>,
    /// `QueryRequest/@id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edm_request_id: Option<String>,
    /// `QueryResponse/@id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edm_response_id: Option<String>,
    /// The national message.
    #[serde(rename = "nachrichtenUUID", skip_serializing_if = "Option::is_none")]
    pub nachrichten_uuid: Option<String>,
    /// Its type, such as `0301`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nachrichtentyp: Option<String>,
    /// `ConversationID` of 0402 and 0411, as a keyed hash when it still opens something.
    #[serde(rename = "conversationID", skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<String>,
    /// Code of the procedure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub procedure: Option<String>,
    /// Identifiers of the requirements.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requirements: Vec<String>,
    /// Evidence type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence_type_classification: Option<String>,
    /// Identifier of the evidence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence_identifier: Option<String>,
    /// Content id of the part the evidence is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence_content_id: Option<String>,
    /// SHA-256 of the evidence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence_sha256: Option<String>,
    /// Country of the peer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Agents on the requesting side.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requester: Vec<String>,
    /// Agents on the providing side.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub provider: Vec<String>,
    /// `componentId` of the national side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component_id: Option<String>,
    /// Level of assurance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loa: Option<String>,
    /// EDM, NOOTS or EBMS code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// The violated rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule_id: Option<String>,
    /// Whether the IDNr was used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idnr_used: Option<bool>,
    /// Whether the user asked explicitly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explicit_request: Option<bool>,
    /// How the preview ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preview_decision: Option<PreviewDecision>,
    /// Non-repudiation: the SignedInfo of the message, and the receipt, as they were on the wire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<serde_json::Value>,
}

/// An entry as it lies in the log.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Written {
    /// Number of the entry, counted from 1 without a gap.
    pub seq: u64,
    /// Hash of the entry before.
    pub prev: String,
    /// Random identifier; what is encrypted opens only with it.
    pub id: uuid::Uuid,
    /// When it was written.
    pub occurred_at: Timestamp,
    /// Everything in the clear.
    #[serde(flatten)]
    pub facts: Facts,
    /// The person, encrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Keyed hash the person is found by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject_key: Option<String>,
    /// Media type of `content`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// First part of the message, encrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

macro_rules! text_setters {
    ($($(#[$doc:meta])* $name:ident => $field:ident;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name<'a>(mut self, value: impl Into<Option<&'a str>>) -> Self {
            if let Some(value) = value.into() {
                self.facts.$field = Some(value.to_owned());
            }
            self
        }
    )*};
}

impl Entry {
    /// Tells of `event`.
    #[must_use]
    pub const fn new(event: Event) -> Self {
        let facts = Facts {
            event,
            route: None,
            exchange_id: None,
            ebms_conversation_id: None,
            ebms_message_id: None,
            edm_request_id: None,
            edm_response_id: None,
            nachrichten_uuid: None,
            nachrichtentyp: None,
            conversation_id: None,
            procedure: None,
            requirements: Vec::new(),
            evidence_type_classification: None,
            evidence_identifier: None,
            evidence_content_id: None,
            evidence_sha256: None,
            country: None,
            requester: Vec::new(),
            provider: Vec::new(),
            component_id: None,
            loa: None,
            error_code: None,
            rule_id: None,
            idnr_used: None,
            explicit_request: None,
            preview_decision: None,
            proof: None,
        };
        Self {
            facts,
            subject: None,
            content: None,
        }
    }

    /// Route, exchange, country and procedure of a record.
    #[must_use]
    pub fn about(self, exchange: &Summary) -> Self {
        self.route(exchange.route())
            .exchange(exchange.id())
            .country(exchange.country())
            .procedure(exchange.procedure())
    }

    /// On which route.
    #[must_use]
    pub const fn route(mut self, route: Route) -> Self {
        self.facts.route = Some(route);
        self
    }

    /// In which exchange.
    #[must_use]
    pub const fn exchange(mut self, id: ExchangeId) -> Self {
        self.facts.exchange_id = Some(id);
        self
    }

    text_setters! {
        /// ebMS `ConversationId`.
        ebms_conversation => ebms_conversation_id;
        /// ebMS `MessageId`.
        ebms_message => ebms_message_id;
        /// `QueryRequest/@id`.
        edm_request => edm_request_id;
        /// `QueryResponse/@id`.
        edm_response => edm_response_id;
        /// `nachrichtenUUID`.
        national_message => nachrichten_uuid;
        /// Type of the national message, such as `0301`.
        national_type => nachrichtentyp;
        /// `ConversationID` of 0402 and 0411.
        conversation => conversation_id;
        /// Code of the procedure.
        procedure => procedure;
        /// Evidence type.
        evidence_type => evidence_type_classification;
        /// Identifier of the evidence.
        evidence_identifier => evidence_identifier;
        /// Content id of the part the evidence is in.
        evidence_content => evidence_content_id;
        /// Country of the peer.
        country => country;
        /// `componentId` of the national side.
        component => component_id;
        /// Level of assurance.
        loa => loa;
        /// EDM, NOOTS or EBMS code.
        error => error_code;
        /// The violated rule.
        rule => rule_id;
    }

    /// SHA-256 of the evidence.
    #[must_use]
    pub fn evidence_sha256(mut self, hash: &[u8; 32]) -> Self {
        self.facts.evidence_sha256 = Some(hex(hash));
        self
    }

    /// One more requirement.
    #[must_use]
    pub fn requirement(mut self, id: impl Into<String>) -> Self {
        self.facts.requirements.push(id.into());
        self
    }

    /// One more agent on the requesting side.
    #[must_use]
    pub fn requester(mut self, agent: impl Into<String>) -> Self {
        self.facts.requester.push(agent.into());
        self
    }

    /// One more agent on the providing side.
    #[must_use]
    pub fn provider(mut self, agent: impl Into<String>) -> Self {
        self.facts.provider.push(agent.into());
        self
    }

    /// Whether the IDNr was used.
    #[must_use]
    pub const fn idnr_used(mut self, used: bool) -> Self {
        self.facts.idnr_used = Some(used);
        self
    }

    /// Whether the user asked explicitly.
    #[must_use]
    pub const fn explicit_request(mut self, explicit: bool) -> Self {
        self.facts.explicit_request = Some(explicit);
        self
    }

    /// How the preview ended.
    #[must_use]
    pub const fn preview_decision(mut self, decision: PreviewDecision) -> Self {
        self.facts.preview_decision = Some(decision);
        self
    }

    /// What `audit prove` replays: SignedInfo and receipt. Holds digests, no personal data.
    #[must_use]
    pub fn proof(mut self, proof: serde_json::Value) -> Self {
        self.facts.proof = Some(proof);
        self
    }

    /// The person the evidence is about; written encrypted.
    #[must_use]
    pub fn subject(mut self, subject: Person) -> Self {
        self.subject = Some(subject);
        self
    }

    /// The first part of the message; written encrypted. Never evidence.
    #[must_use]
    pub fn content(mut self, media_type: impl Into<String>, bytes: &[u8]) -> Self {
        self.content = Some(Content {
            media_type: media_type.into(),
            bytes: Zeroizing::new(bytes.to_vec()),
        });
        self
    }
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Content")
            .field("media_type", &self.media_type)
            .finish_non_exhaustive()
    }
}

impl Event {
    /// Every event, in the order of the routes.
    pub const ALL: [Self; 23] = [
        Self::RequestReceived,
        Self::RequestRefused,
        Self::PreviewOffered,
        Self::UserAuthenticated,
        Self::NationalRequestSent,
        Self::NationalResponseReceived,
        Self::NationalErrorReceived,
        Self::PreviewDecided,
        Self::ResponseSent,
        Self::ErrorSent,
        Self::OrderReceived,
        Self::OrderRefused,
        Self::RequestSent,
        Self::ResponseReceived,
        Self::ErrorReceived,
        Self::ResponseRefused,
        Self::EvidenceDelivered,
        Self::Expired,
        Self::EvidenceDeleted,
        Self::ReceiptReceived,
        Self::AttemptFailed,
        Self::DeliveryFailed,
        Self::MessageUnreadable,
    ];
}
