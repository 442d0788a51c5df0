//! The Common Services: an Evidence Broker and a Data Service Directory over one catalogue
//!
//! Answers in the shapes of all lines, signs as the real ones do, refuses wrong parameters with
//! the codes of the specification and complains about them into the journal. Told to, it does
//! wrong. Deliberately absent: feeding the catalogue over eDelivery.

mod answer;
mod catalogue;
mod line;
mod question;
mod sign;
mod write;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, Response, StatusCode};
use axum::routing::get;
use jiff::Timestamp;
use tokio::net::TcpListener;
use url::Url;

pub use self::catalogue::{
    Catalogue, Concept, DataService, Distribution, EvidenceType, EvidenceTypeList, Party, Place,
    Procedure, Provider, Requirement, Texts,
};
use self::line::Agreed;
pub use self::line::Line;
use self::question::{Refusal, Service};
pub use self::sign::{Headers, Signer};
use super::http::{Server, TlsIdentity, header, server_tls};
use super::{Journal, Keys, Source, Step, Verdict, Wire};

/// What the services are made of
#[derive(Debug)]
pub struct Setup {
    /// TLS server
    pub tls: TlsIdentity,
    /// Who signs
    pub signer: Signer,
    /// Lines they speak
    pub lines: Vec<Line>,
    /// Time and randomness
    pub source: Source,
    /// Where questions and answers are recorded
    pub journal: Journal,
    /// Who asks, as the journal names it: questions carry no name
    pub client: String,
}

/// What the services do wrong
#[derive(Debug)]
pub enum Misbehavior {
    /// The body is not the one that was digested and signed
    OtherBody,
    /// Another signer, for example an expired or a foreign one
    SignedBy(Signer),
    /// No signature at all
    Unsigned,
    /// The honest and signed answer to another question: path and query of it
    AnswerTo(String),
    /// An HTTP status and nothing else
    Status(u16),
    /// No answer for as long as the client waits
    Silence,
}

/// The running services; stop when dropped
#[derive(Debug)]
pub struct CommonServices {
    server: Server,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    signer: Signer,
    lines: Vec<Line>,
    source: Source,
    journal: Journal,
    client: String,
    started: Timestamp,
    catalogue: Mutex<Arc<Catalogue>>,
    misbehavior: Mutex<Option<Arc<Misbehavior>>>,
}

impl CommonServices {
    /// Starts both services on one listener
    ///
    /// # Errors
    /// When the certificate cannot serve.
    pub fn start(listener: TcpListener, catalogue: Catalogue, setup: Setup) -> Result<Self> {
        let shared = Arc::new(Shared {
            signer: setup.signer,
            lines: setup.lines,
            started: setup.source.now(),
            source: setup.source,
            journal: setup.journal,
            client: setup.client,
            catalogue: Mutex::new(Arc::new(catalogue)),
            misbehavior: Mutex::default(),
        });
        let router = Router::new()
            .route("/eb/rest/search", get(evidence_broker))
            .route("/dsd/rest/search", get(data_service_directory))
            .with_state(Arc::clone(&shared));
        let server = Server::start(listener, server_tls(&setup.tls, None)?, router)?;
        Ok(Self { server, shared })
    }

    /// The URL above both services
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("https://{}/", self.server.address())
    }

    /// Base of the Evidence Broker
    ///
    /// # Errors
    /// Never for an address that was bound.
    pub fn evidence_broker_url(&self) -> Result<Url> {
        Url::parse(&format!("{}eb/", self.base_url())).context("address of the listener")
    }

    /// Base of the Data Service Directory
    ///
    /// # Errors
    /// Never for an address that was bound.
    pub fn data_service_directory_url(&self) -> Result<Url> {
        Url::parse(&format!("{}dsd/", self.base_url())).context("address of the listener")
    }

    /// Publishes another catalogue
    pub fn publish(&self, catalogue: Catalogue) {
        *lock(&self.shared.catalogue) = Arc::new(catalogue);
    }

    /// Does wrong from now on, or right again
    pub fn misbehave(&self, how: impl Into<Option<Misbehavior>>) {
        *lock(&self.shared.misbehavior) = how.into().map(Arc::new);
    }

    /// Stops at once
    pub fn stop(&self) {
        self.server.stop();
    }
}

async fn evidence_broker(
    State(shared): State<Arc<Shared>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response<Body> {
    shared
        .serve(
            Service::EvidenceBroker,
            &query.unwrap_or_default(),
            &headers,
        )
        .await
}

async fn data_service_directory(
    State(shared): State<Arc<Shared>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response<Body> {
    shared
        .serve(
            Service::DataServiceDirectory,
            &query.unwrap_or_default(),
            &headers,
        )
        .await
}

impl Shared {
    async fn serve(&self, service: Service, query: &str, headers: &HeaderMap) -> Response<Body> {
        let versions = header(headers, "accept-version");
        let honest = self.answer(service, query, versions);
        self.record(service, &honest);
        let misbehavior = lock(&self.misbehavior).clone();
        let response = match misbehavior.as_deref() {
            None => self.signed(&self.signer, honest.body),
            Some(Misbehavior::OtherBody) => {
                self.signed(&self.signer, honest.body).map(|mut sent| {
                    *sent.body_mut() = Body::from("<query:QueryResponse/>");
                    sent
                })
            }
            Some(Misbehavior::SignedBy(other)) => self.signed(other, honest.body),
            Some(Misbehavior::Unsigned) => Ok(Response::new(Body::from(honest.body))),
            Some(Misbehavior::AnswerTo(other)) => {
                self.signed(&self.signer, self.answer_to(other, versions).body)
            }
            Some(Misbehavior::Status(status)) => Ok(bare(*status)),
            Some(Misbehavior::Silence) => std::future::pending().await,
        };
        response.unwrap_or_else(|error| {
            tracing::warn!(%error, "Simulated Common Services cannot answer");
            bare(500)
        })
    }

    /// The answer to another question, given by path and query
    fn answer_to(&self, other: &str, versions: Option<&str>) -> Answered {
        let (path, query) = other.split_once('?').unwrap_or((other, ""));
        let service = if path.starts_with("/dsd") {
            Service::DataServiceDirectory
        } else {
            Service::EvidenceBroker
        };
        self.answer(service, query, versions)
    }

    fn answer(&self, service: Service, query: &str, versions: Option<&str>) -> Answered {
        let catalogue = Arc::clone(&lock(&self.catalogue));
        let Some(agreed) = line::agree(versions, &self.lines) else {
            return Answered::refused(Refusal::of_versions(service), UNAGREED, query);
        };
        let found = service
            .question(query, agreed.line, &catalogue)
            .and_then(|question| catalogue.answer(&question, agreed.line));
        match found {
            Ok(answer) => Answered {
                body: write::success(&answer, agreed, &self.source),
                agreed,
                query: query_name(query),
                refusal: None,
            },
            Err(refusal) => Answered::refused(refusal, agreed, query),
        }
    }

    fn signed(&self, signer: &Signer, body: Vec<u8>) -> Result<Response<Body>> {
        let headers = signer.headers(&body, self.started)?;
        Response::builder()
            .header("content-type", "application/x-ebrs+xml")
            .header("digest", headers.digest)
            .header("oots-response-sig", headers.signature)
            .body(Body::from(body))
            .context("answer")
    }

    /// The question as a step; what the user answered in it stays out of the journal.
    fn record(&self, service: Service, answered: &Answered) {
        let name = match service {
            Service::EvidenceBroker => "Evidence Broker",
            Service::DataServiceDirectory => "Data Service Directory",
        };
        let line = answered.agreed.line.as_str();
        let what = match &answered.refusal {
            None => format!("{} ({line})", answered.query),
            Some(refusal) => format!("{} ({line}): {}", answered.query, refusal.code),
        };
        let fault = answered
            .refusal
            .as_ref()
            .filter(|refusal| refusal.is_fault());
        self.journal.record(Step {
            at: self.source.now(),
            from: self.client.clone(),
            to: name.to_owned(),
            wire: Wire::CommonServices,
            what,
            id: answered.query.clone(),
            bytes: answered.body.len() as u64,
            verdict: match fault {
                None => Verdict::Ok,
                Some(refusal) => Verdict::Complaint(format!(
                    "{}: {} ({})",
                    refusal.code, refusal.message, refusal.detail
                )),
            },
            keys: Keys::default(),
        });
    }
}

/// An honest answer, before it is signed
struct Answered {
    body: Vec<u8>,
    agreed: Agreed,
    query: String,
    refusal: Option<Refusal>,
}

impl Answered {
    fn refused(refusal: Refusal, agreed: Agreed, query: &str) -> Self {
        Self {
            body: write::failure(&refusal, agreed),
            agreed,
            query: query_name(query),
            refusal: Some(refusal),
        }
    }
}

/// The last part of the query id
fn query_name(query: &str) -> String {
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "queryId")
        .and_then(|(_, id)| id.rsplit(':').next().map(str::to_owned))
        .unwrap_or_default()
}

fn bare(status: u16) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

const UNAGREED: Agreed = Agreed {
    line: Line::V1_0,
    stated: false,
};

#[cfg(test)]
mod tests;
