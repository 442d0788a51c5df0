//! What the route keeps of an exchange, sealed in its record.

use jiff::Timestamp;
use mapping::{
    EvidencePart, edm,
    noots::{self, ConversationId, EvidenceOrder, MessageId},
    retrieve::Failure,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    exchange::Record,
    platform::{Platform, Stopped},
};

/// The content of a record of route retrieve: one order with all requests made for it.
#[derive(Clone, Deserialize, Serialize)]
pub struct Content {
    /// The consumer that ordered, as its entry in the configuration is named.
    pub(super) consumer: String,
    consumer_name: String,
    /// The 0401 as received.
    order: String,
    return_url: String,
    language: String,
    /// Session on the national side, and ConversationId abroad.
    pub(super) conversation: ConversationId,
    csrf: String,
    pub(super) requests: Vec<Asked>,
    pub(super) collected: Option<Collected>,
}

/// One request sent abroad.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct Asked {
    pub(super) request_id: Uuid,
    /// `ExchangeId` of the round trip.
    pub(super) exchange_id: Uuid,
    pub(super) partner: String,
    /// Country as the EDM spells it.
    pub(super) country: String,
    pub(super) requirement: String,
    pub(super) evidence_type: String,
    pub(super) came: Option<Came>,
}

/// What came back.
#[derive(Clone, Deserialize, Serialize)]
pub(super) enum Came {
    /// A response; it lies in the spool with its documents.
    Response {
        object: String,
        parts: Vec<Stored>,
        holds: Holds,
    },
    /// An error of the other side.
    Error {
        code: edm::EdmErrorCode,
        message: String,
    },
    /// Nothing in time.
    Silent,
    /// The request could not be delivered.
    Undeliverable,
    /// The answer does not fit its own documents.
    Unusable,
}

/// What a response holds.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) enum Holds {
    Evidence,
    Date,
    Nothing,
}

/// A document in the spool.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct Stored {
    pub(super) content_id: String,
    pub(super) media_type: String,
    pub(super) object: String,
}

/// The one collection of an order: enough to give the same answer to the same call.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct Collected {
    pub(super) call_id: MessageId,
    pub(super) body_sha256: [u8; 32],
    /// What the ids of the answer are made from.
    pub(super) seed: Uuid,
    pub(super) at: Timestamp,
}

impl Content {
    /// Of an order that just came.
    pub(super) fn new(
        consumer: (&str, &str),
        order: &EvidenceOrder,
        body: &[u8],
        secrets: (ConversationId, String),
    ) -> Self {
        Self {
            consumer: consumer.0.to_owned(),
            consumer_name: consumer.1.to_owned(),
            order: String::from_utf8_lossy(body).into_owned(),
            return_url: order.return_url.as_str().to_owned(),
            language: order.language.as_str().to_owned(),
            conversation: secrets.0,
            csrf: secrets.1,
            requests: Vec::new(),
            collected: None,
        }
    }

    /// Of a record.
    ///
    /// # Errors
    /// The exchange was erased, or written by something else.
    pub fn of(record: &Record) -> Result<Self, Stopped> {
        let bytes = record.content().ok_or(Stopped::Erased)?;
        serde_json::from_slice(bytes).map_err(Stopped::Encoding)
    }

    /// Puts it into a record.
    ///
    /// # Errors
    /// The exchange was erased.
    pub fn write(&self, record: &mut Record) -> Result<(), Stopped> {
        let bytes = serde_json::to_vec(self).map_err(Stopped::Encoding)?;
        record.set_content(bytes).map_err(|_| Stopped::Erased)
    }

    /// The order, decoded again from what was received.
    ///
    /// # Errors
    /// Never for content this route wrote.
    pub fn order(&self) -> Result<EvidenceOrder, Stopped> {
        match noots::decode_json(self.order.as_bytes()) {
            Ok(noots::Message::EvidenceOrder(order)) => Ok(*order),
            Ok(_) | Err(_) => Err(Stopped::Content),
        }
    }

    /// Name of the body that ordered, for its user.
    #[must_use]
    pub fn consumer_name(&self) -> &str {
        &self.consumer_name
    }

    /// Where the user goes at the end, exactly as the portal wrote it.
    #[must_use]
    pub fn return_url(&self) -> &str {
        &self.return_url
    }

    /// Language of the dialogue.
    #[must_use]
    pub fn language(&self) -> &str {
        &self.language
    }

    /// Token of the dialogue's forms.
    #[must_use]
    pub fn csrf(&self) -> &str {
        &self.csrf
    }

    /// Whether the user said yes.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        !self.requests.is_empty()
    }

    /// Whether everything that was asked for is answered, one way or another.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.is_confirmed() && self.requests.iter().all(|asked| asked.came.is_some())
    }

    /// Whether there is anything to hand over.
    pub(super) fn is_deliverable(&self) -> bool {
        self.holds()
            .any(|holds| matches!(holds, Holds::Evidence | Holds::Date))
    }

    /// Whether there is evidence to hand over, and not dates only.
    pub(super) fn holds_evidence(&self) -> bool {
        self.holds().any(|holds| holds == Holds::Evidence)
    }

    /// Whether every answer was genuine and none holds anything.
    pub(super) fn is_empty(&self) -> bool {
        self.holds().count() == self.requests.len() && !self.is_deliverable()
    }

    fn holds(&self) -> impl Iterator<Item = Holds> {
        self.requests.iter().filter_map(|asked| match &asked.came {
            Some(Came::Response { holds, .. }) => Some(*holds),
            _ => None,
        })
    }
}

impl Asked {
    /// The failure a consumer is told, if this request brought none of what it asked for.
    pub(super) fn failure(&self, platform: &Platform) -> Option<Failure> {
        match self.came.as_ref()? {
            Came::Response { .. } => None,
            Came::Error { code, message } => {
                let tables = platform.tables();
                let country = self
                    .country
                    .parse()
                    .ok()
                    .and_then(|code| tables.countries().to_national(code))?;
                Some(Failure::Foreign {
                    code: *code,
                    message: message.clone(),
                    country,
                })
            }
            Came::Silent => Some(Failure::ForeignSilent),
            Came::Undeliverable => Some(Failure::DeliveryFailed),
            Came::Unusable => Some(Failure::AnswerInvalid(mapping::Untranslatable::Content)),
        }
    }

    /// The word for the state of this request, as the consumer is shown it.
    pub(super) fn state(&self) -> &'static str {
        match &self.came {
            None => "sent",
            Some(Came::Response {
                holds: Holds::Evidence,
                ..
            }) => "delivered",
            Some(Came::Response {
                holds: Holds::Date, ..
            }) => "deferred",
            Some(Came::Response {
                holds: Holds::Nothing,
                ..
            }) => "no_evidence",
            Some(Came::Silent) => "expired",
            Some(Came::Error { .. } | Came::Undeliverable | Came::Unusable) => "failed",
        }
    }
}

/// A response with its documents, out of the spool.
pub(super) struct Loaded {
    pub(super) response: edm::Response,
    pub(super) parts: Vec<EvidencePart>,
    pub(super) country: edm::CountryCode,
}

/// The subject as the audit log finds it again.
pub(super) fn person(subject: &noots::Subject) -> crate::audit::Person {
    match subject {
        noots::Subject::Natural(person) => crate::audit::Person {
            family_name: person.family_name.value.clone(),
            given_name: Some(person.given_name.value.clone()),
            birth_date: Some(person.date_of_birth.to_string()),
            identifier: person.identifier.as_ref().map(|id| id.as_str().to_owned()),
        },
        noots::Subject::Legal(person) => crate::audit::Person {
            family_name: person.name.value.clone(),
            given_name: None,
            birth_date: None,
            identifier: Some(person.identifier.as_str().to_owned()),
        },
    }
}
