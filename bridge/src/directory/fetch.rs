//! One question over HTTP: where to, with which headers, what counts as an answer. What comes back
//! was verified, read and found to answer the question.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use url::{Url, form_urlencoded};
use xml::Limits;

use super::{
    decode::Unreadable,
    query::{Line, Parameters, Query, Service},
    relevance::Irrelevant,
    signature::{self, Trust, Untrusted},
};
use crate::{exchange::Retry, world::World};

/// Why there is no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LookUpError {
    /// It is not known where the service is.
    #[error("location of the service is not known")]
    Unlocated,
    /// The service cannot be reached, or the connection broke.
    #[error("service is not reachable")]
    Unreachable(#[source] Arc<reqwest::Error>),
    /// The service did not answer in time.
    #[error("service did not answer in time")]
    TimedOut,
    /// An HTTP status without a signed answer.
    #[error("service answered with HTTP status {0}")]
    Status(u16),
    /// The answer is larger than any real one.
    #[error("answer has more than {0} bytes")]
    Oversize(usize),
    /// The answer is not authentic.
    #[error("answer is not trusted")]
    Untrusted(#[from] Untrusted),
    /// The answer cannot be read.
    #[error("answer is not readable")]
    Unreadable(#[from] Unreadable),
    /// The answer is authentic and about something else.
    #[error("answer does not answer the question")]
    Irrelevant(#[from] Irrelevant),
}

impl LookUpError {
    /// Whether the service is not there, as opposed to there and wrong. Only then an older answer
    /// stands in; a wrong signature is a hard stop.
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Unlocated | Self::Unreachable(_) | Self::TimedOut => true,
            Self::Status(status) => *status >= 500 || *status == 429,
            Self::Oversize(_) | Self::Untrusted(_) | Self::Unreadable(_) | Self::Irrelevant(_) => {
                false
            }
        }
    }

    /// Whether asking again can help.
    pub fn retry(&self) -> Retry {
        if self.is_outage() {
            Retry::After(RETRY_AFTER)
        } else {
            Retry::Never
        }
    }
}

/// Where the services are. Asked before every question, so that a change needs no restart.
#[async_trait]
pub trait Locate: Send + Sync {
    /// The base URL of a service for a release line; `None` when it is not known.
    async fn locate(&self, service: Service, line: Line) -> Option<Url>;
}

/// Locations that are written down.
#[derive(Clone, Debug)]
pub struct Fixed {
    /// Evidence Broker.
    pub evidence_broker: Url,
    /// Data Service Directory.
    pub data_service_directory: Url,
}

#[async_trait]
impl Locate for Fixed {
    async fn locate(&self, service: Service, _: Line) -> Option<Url> {
        Some(match service {
            Service::EvidenceBroker => self.evidence_broker.clone(),
            Service::DataServiceDirectory => self.data_service_directory.clone(),
        })
    }
}

/// What a question needs.
pub(super) struct Fetcher {
    pub(super) client: reqwest::Client,
    pub(super) locate: Arc<dyn Locate>,
    pub(super) trust: Trust,
    pub(super) timeout: Duration,
    pub(super) world: World,
}

impl Fetcher {
    pub(super) async fn ask<Q: Query>(
        &self,
        query: &Q,
        line: Line,
    ) -> Result<Q::Answer, LookUpError> {
        let parameters = query.parameters(line);
        let (headers, body) = self.get(Q::SERVICE, line, &parameters).await?;
        let answer = signature::verify(&headers, &body, &self.trust, self.world.now())
            .map_err(LookUpError::from)
            .and_then(|authentic| query.read(authentic));
        if let Err(error) = &answer {
            tracing::warn!(service = ?Q::SERVICE, %line, %error, "Common Services answer refused");
        }
        answer
    }

    async fn get(
        &self,
        service: Service,
        line: Line,
        parameters: &Parameters,
    ) -> Result<(HeaderMap, Bytes), LookUpError> {
        let base = self.locate.locate(service, line).await;
        let url = search_url(base.ok_or(LookUpError::Unlocated)?, parameters);
        let response = self
            .client
            .get(url)
            .header(header::ACCEPT, "application/x-ebrs+xml")
            .header("accept-version", line.accept())
            .timeout(self.timeout)
            .send()
            .await
            .map_err(broken)?;
        // Failures come with 200. Another status counts only if the answer below it is signed.
        let status = response.status();
        if status != StatusCode::OK && !response.headers().contains_key("oots-response-sig") {
            return Err(LookUpError::Status(status.as_u16()));
        }
        let headers = response.headers().clone();
        Ok((headers, body(response).await?))
    }
}

/// The base may name the search itself, as the first deployments did.
fn search_url(mut base: Url, parameters: &Parameters) -> Url {
    let path = base.path().trim_end_matches('/').to_owned();
    if !path.ends_with(SEARCH) {
        base.set_path(&format!("{path}{SEARCH}"));
    }
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(parameters.pairs())
        .finish();
    // Percent-encoding is asked for, the form encoding of a blank is not. [oots-edm 8.1]
    base.set_query(Some(&query.replace('+', "%20")));
    base
}

async fn body(mut response: reqwest::Response) -> Result<Bytes, LookUpError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        if body.len() + chunk.len() > Limits::REGREP.bytes {
            return Err(LookUpError::Oversize(Limits::REGREP.bytes));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.into())
}

/// The URL is dropped: the user's answers are in it.
fn broken(error: reqwest::Error) -> LookUpError {
    if error.is_timeout() {
        LookUpError::TimedOut
    } else {
        LookUpError::Unreachable(Arc::new(error.without_url()))
    }
}

const SEARCH: &str = "/rest/search";

const RETRY_AFTER: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests;
