//! What the route keeps of an exchange, sealed in its record.

use jiff::Timestamp;
use mapping::{edm, noots::MessageId};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    as4::Origin,
    audit::Person,
    exchange::Record,
    platform::{Platform, Stopped},
};

/// The content of a record of route provide.
#[derive(Clone, Deserialize, Serialize)]
pub struct Content {
    pub(super) origin: Origin,
    /// The EDM request as received.
    body: String,
    /// `nachrichtenUUID` of the 0301: drawn once, so that the register knows a repetition.
    pub(super) national_id: MessageId,
    /// When the 0301 was made; its bytes do not change from one attempt to the next.
    pub(super) asked_at: Timestamp,
    pub(super) looked_up_again: bool,
    /// Where the SAK holds the answer ready.
    pub(super) location: Option<Url>,
}

impl Content {
    /// Of a request that just came.
    #[must_use]
    pub fn new(platform: &Platform, origin: Origin, body: &[u8]) -> Self {
        Self {
            origin,
            // What was decoded is UTF-8.
            body: String::from_utf8_lossy(body).into_owned(),
            national_id: MessageId::new(platform.world().uuid()),
            asked_at: platform.world().now(),
            looked_up_again: false,
            location: None,
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

    /// The request, decoded again from what was received.
    ///
    /// # Errors
    /// Never for content this route wrote.
    pub fn request(&self) -> Result<edm::Request, Stopped> {
        match edm::decode(self.body.as_bytes()) {
            Ok(edm::Message::Request(request)) => Ok(*request),
            Ok(_) | Err(_) => Err(Stopped::Content),
        }
    }

    /// `nachrichtenUUID` of the 0301.
    #[must_use]
    pub const fn national_id(&self) -> MessageId {
        self.national_id
    }
}

/// The subject as the audit log finds it again.
pub(super) fn person(subject: &edm::Subject) -> Person {
    match subject.identity() {
        edm::EvidenceSubject::Natural(person) => Person {
            family_name: person.family_name().expose().latin().to_owned(),
            given_name: Some(person.given_name().expose().latin().to_owned()),
            birth_date: Some(person.date_of_birth().expose().to_string()),
            identifier: person
                .identifier()
                .map(|id| id.value().expose().to_string()),
        },
        edm::EvidenceSubject::Legal(person) => Person {
            family_name: person.name().expose().latin().to_owned(),
            given_name: None,
            birth_date: None,
            identifier: person
                .identifier()
                .map(|id| id.value().expose().to_string()),
        },
    }
}
