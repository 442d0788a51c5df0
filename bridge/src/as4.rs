//! The access point: receives at `POST /as4`, sends what the outbox holds.
//!
//! `ebms` decides what a message is worth; here it is fetched, claimed, handed to its route and
//! answered. Deliberately absent: pull, Two-Way, and any answer before the route said "durable".

pub mod busy;

pub mod client;

mod intake;

pub mod outbound;

pub mod server;

pub use intake::Content;

use std::io;

use bytes::Bytes;
use ebms::{MessageId, Payload, Property, ReceivedMessage, Verified};
use jiff::Timestamp;
use mapping::edm::{self, Version, header};
use serde::{Deserialize, Serialize};

use crate::{
    exchange::{MessageAnswer, message::Ticket},
    platform::Platform,
    telemetry::metrics::As4Action,
};

/// A verified message with the right to answer it.
#[derive(Debug)]
pub struct Arrival {
    message: Verified<ReceivedMessage<Content>>,
    leading: Leading,
    ticket: Ticket,
    receipt: Bytes,
    keep_until: Timestamp,
}

/// The EDM document of a message, and its place among the payloads.
#[derive(Debug)]
struct Leading {
    place: usize,
    document: Bytes,
}

impl Arrival {
    /// The message.
    #[must_use]
    pub fn message(&self) -> &ReceivedMessage<Content> {
        self.message.get()
    }

    /// The leading document: the EDM message. Nothing, where it is longer than any EDM message.
    #[must_use]
    pub fn leading(&self) -> &[u8] {
        &self.leading.document
    }

    /// What came with the leading document, in header order.
    pub fn documents(&self) -> impl Iterator<Item = &Payload<Content>> {
        self.message()
            .payloads()
            .iter()
            .enumerate()
            .filter(|(place, _)| *place != self.leading.place)
            .map(|(_, payload)| payload)
    }

    /// The receipt as the transition that makes the message durable remembers it.
    #[must_use]
    pub fn answer(&self) -> MessageAnswer {
        MessageAnswer::new(self.ticket.clone(), self.receipt.clone(), self.keep_until)
    }
}

impl Leading {
    /// Finds the EDM document: first by rule, but some put it elsewhere. `[W8]`
    fn find(payloads: &[Payload<Content>]) -> io::Result<Self> {
        let most = xml::Limits::REGREP.bytes as u64;
        let mut first = None;
        for (place, payload) in payloads.iter().enumerate() {
            let document = payload.content().load(most)?;
            if let Some(document) = document
                && (payloads.len() == 1 || edm::is_message(&document))
            {
                return Ok(Self { place, document });
            } else if place == 0 {
                first = payload.content().load(most)?;
            }
        }
        Ok(Self {
            place: 0,
            document: first.unwrap_or_default(),
        })
    }
}

/// What an answer to a message needs to know of it. Stored with the exchange.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Origin {
    pub(crate) partner: String,
    pub(crate) message_id: MessageId,
    pub(crate) timestamp: Timestamp,
    pub(crate) conversation_id: ebms::ConversationId,
    pub(crate) properties: Vec<Property>,
}

impl Origin {
    /// Where a message came from.
    #[must_use]
    pub fn of(message: &ReceivedMessage<Content>) -> Self {
        let header = message.header();
        Self {
            partner: message.partner().as_str().to_owned(),
            message_id: header.message_id().clone(),
            timestamp: header.timestamp(),
            conversation_id: header.conversation_id().clone(),
            properties: header.properties().to_vec(),
        }
    }

    /// The properties as the EDM's rules on headers see them.
    #[must_use]
    pub fn edm_properties(&self) -> Vec<header::Property> {
        self.properties
            .iter()
            .map(|property| {
                header::Property::new(property.name(), property.kind(), property.value())
            })
            .collect()
    }

    /// The properties of the answer, in the shape of the version it is written in: corners swapped,
    /// their values and types untouched. [W3, AT-27]
    #[must_use]
    pub fn answer_properties(&self, version: Version) -> Vec<Property> {
        on_the_wire(&header::of_answer(version, &self.edm_properties()))
    }

    /// The value of a property of the message.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&str> {
        self.properties
            .iter()
            .find(|property| property.name() == name)
            .map(Property::value)
    }
}

/// Properties as the AS4 header carries them.
pub(crate) fn on_the_wire(properties: &[header::Property]) -> Vec<Property> {
    let wire = |property: &header::Property| match property.kind() {
        Some(kind) => Property::typed(property.name(), kind, property.value()),
        None => Property::new(property.name(), property.value()),
    };
    properties.iter().map(wire).collect()
}

/// The label an action is counted under.
pub(crate) fn action_label(action: &str) -> As4Action {
    match action {
        header::REQUEST => As4Action::Request,
        header::RESPONSE => As4Action::Response,
        header::EXCEPTION => As4Action::Exception,
        ebms::profile::TEST_ACTION => As4Action::Test,
        _ => As4Action::Other,
    }
}

/// A MessageId of ours, never used before.
pub(crate) fn new_message_id(platform: &Platform) -> Result<MessageId, ebms::InvalidId> {
    format!("{}@{}", platform.world().uuid(), platform.message_domain()).parse()
}
