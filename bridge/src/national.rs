//! The national side: what German portals call, and how registers are reached.
//!
//! Paths, headers and status codes are those of noots.md section 6; the messages and their rules
//! are `mapping::noots`.

pub mod sak;

pub mod server;

use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use mapping::noots::{self, Message};
use serde::{Deserialize, Serialize};

use crate::platform::Stopped;

/// An answer of the national interface, in a form that can be kept and given again.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Answer {
    status: u16,
    location: Option<String>,
    correlation: Option<String>,
    body: Bytes,
}

impl Answer {
    /// A national message with its status.
    #[must_use]
    pub fn message(status: u16, message: &Message) -> Self {
        Self {
            status,
            location: None,
            correlation: message.answers().map(|id| id.to_string()),
            body: Bytes::from(noots::encode_json(message)),
        }
    }

    /// The same with a `Location`.
    #[must_use]
    pub fn with_location(mut self, location: String) -> Self {
        self.location = Some(location);
        self
    }

    /// To be remembered.
    ///
    /// # Errors
    /// Never for an answer made here.
    pub fn to_bytes(&self) -> Result<Bytes, Stopped> {
        serde_json::to_vec(self)
            .map(Bytes::from)
            .map_err(Stopped::Encoding)
    }

    /// As remembered.
    ///
    /// # Errors
    /// The bytes are no answer.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Stopped> {
        serde_json::from_slice(bytes).map_err(Stopped::Encoding)
    }

    /// As it goes out.
    #[must_use]
    pub fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, self.body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
        let mut set = |name: header::HeaderName, value: Option<String>| {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
                headers.insert(name, value);
            }
        };
        set(header::LOCATION, self.location);
        set(
            header::HeaderName::from_static(CORRELATION_ID),
            self.correlation,
        );
        response
    }
}

/// `nachrichtenUUID`, repeated as a header: the idempotency key of the national side.
pub(crate) const MESSAGE_ID: &str = "x-noots-message-id";
/// `nachrichtenUUID` of the request that is answered.
pub(crate) const CORRELATION_ID: &str = "x-noots-correlation-id";
/// Who calls.
pub(crate) const SENDER_ID: &str = "x-noots-sender-id";
/// What is called.
pub(crate) const SERVICE_ID: &str = "x-noots-service-id";
/// Present if and only if the message has the attribute `test`.
pub(crate) const TEST: &str = "x-noots-test";
/// The media type of the JSON form.
pub(crate) const JSON: &str = "application/json";
