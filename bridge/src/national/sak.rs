//! Client of our Sicherer Anschlussknoten: hands a 0301 over and fetches what the register
//! answers. One attempt; when to try again is decided by the route.

use std::time::Duration;

use http::{StatusCode, header};
use mapping::noots::{self, Message};
use thiserror::Error;
use url::Url;

use super::{CORRELATION_ID, JSON, MESSAGE_ID, SENDER_ID, SERVICE_ID, TEST};

/// The most an answer may hold. [NOOTS 5 B12]
const ANSWER_BYTES: usize = 64 << 20;

/// How long to wait before asking again where the SAK does not say.
const POLL: Duration = Duration::from_secs(2);

/// The way to the registers.
#[derive(Clone, Debug)]
pub struct Sak {
    http: reqwest::Client,
    base: Url,
    component: String,
}

/// What the SAK said.
#[derive(Debug)]
pub enum Reply {
    /// The register answered: 0302 or 0303.
    Answer(Box<Message>),
    /// Not yet: ask again at this place.
    Later {
        /// Where.
        location: Url,
        /// When.
        after: Duration,
    },
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum SakError {
    /// No connection, or it broke.
    #[error("SAK cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// A status that is no answer.
    #[error("SAK answered with status {status}")]
    Status {
        /// The status.
        status: StatusCode,
        /// What the SAK asked us to wait.
        retry_after: Option<Duration>,
    },
    /// The answer is no message, or one that breaks a rule.
    #[error("register's answer is not valid: {0}")]
    Invalid(#[from] noots::Invalid),
    /// The answer is longer than any may be.
    #[error("register's answer is too large")]
    TooLarge,
    /// The place to poll is not at the SAK.
    #[error("SAK names no usable place to ask again")]
    Location,
}

impl SakError {
    /// Whether asking again, with the same `nachrichtenUUID`, can help: connect errors, 429, 502,
    /// 503, 504. [NOOTS 9]
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            Self::Status { status, .. } => matches!(status.as_u16(), 429 | 502 | 503 | 504),
            Self::Invalid(_) | Self::TooLarge | Self::Location => false,
        }
    }

    /// What the SAK asked us to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

impl Sak {
    /// The SAK at this address, reached with this client; `component` is our Teilnehmer-ID.
    #[must_use]
    pub fn new(http: reqwest::Client, base: Url, component: impl Into<String>) -> Self {
        Self {
            http,
            base,
            component: component.into(),
        }
    }

    /// Hands a message to the service of a register.
    ///
    /// # Errors
    /// There is no answer; the error says whether trying again can help.
    pub async fn ask(&self, service: &str, message: &Message) -> Result<Reply, SakError> {
        let header_id = message.header().id.to_string();
        let address = self.address(&["v1", "services", service, "messages"])?;
        let mut request = self
            .http
            .post(address)
            .header(header::CONTENT_TYPE, JSON)
            .header(header::ACCEPT, JSON)
            .header(MESSAGE_ID, &header_id)
            .header(SENDER_ID, &self.component)
            .header(SERVICE_ID, service);
        if message.header().test.is_some() {
            request = request.header(TEST, "true");
        }
        let response = request.body(noots::encode_json(message)).send().await;
        self.read(response.map_err(SakError::Unreachable)?, None)
            .await
    }

    /// Asks again at the place the SAK named.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub async fn poll(&self, location: &Url) -> Result<Reply, SakError> {
        if location.origin() != self.base.origin() {
            return Err(SakError::Location);
        }
        let request = self.http.get(location.clone()).header(header::ACCEPT, JSON);
        let response = request.header(SENDER_ID, &self.component).send().await;
        self.read(response.map_err(SakError::Unreachable)?, Some(location))
            .await
    }

    async fn read(
        &self,
        response: reqwest::Response,
        asked: Option<&Url>,
    ) -> Result<Reply, SakError> {
        let status = response.status();
        let text = |name: &str| {
            response
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        let retry_after = text("retry-after")
            .and_then(|secs| secs.parse().ok())
            .map(Duration::from_secs);
        match status {
            StatusCode::OK => {
                tracing::debug!(correlation = text(CORRELATION_ID), "Register answered");
                Ok(Reply::Answer(Box::new(noots::decode_json(
                    &body(response).await?,
                )?)))
            }
            StatusCode::ACCEPTED => {
                let location = match (text("location"), asked) {
                    (Some(place), _) => self.base.join(place).map_err(|_| SakError::Location)?,
                    (None, Some(asked)) => asked.clone(),
                    (None, None) => return Err(SakError::Location),
                };
                Ok(Reply::Later {
                    location,
                    after: retry_after.unwrap_or(POLL),
                })
            }
            status => Err(SakError::Status {
                status,
                retry_after,
            }),
        }
    }

    fn address(&self, path: &[&str]) -> Result<Url, SakError> {
        let mut address = self.base.clone();
        address
            .path_segments_mut()
            .map_err(|()| SakError::Location)?
            .pop_if_empty()
            .extend(path);
        Ok(address)
    }
}

async fn body(mut response: reqwest::Response) -> Result<Vec<u8>, SakError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(SakError::Unreachable)? {
        if body.len() + chunk.len() > ANSWER_BYTES {
            return Err(SakError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
