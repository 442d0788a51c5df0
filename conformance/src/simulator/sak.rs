//! The Sicherer Anschlussknoten: takes 0301 from the platform, fetches the token, asks the register
//!
//! Answers at once, on asking again, or by calling back, as set per service. An identical resend
//! gets the identical answer; another body under the same nachrichtenUUID is refused.

mod exchange;
mod push;
mod respond;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Router};
use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use self::exchange::Exchange;
use self::respond::{accepted, message, problem};
use super::http::{Caller, MAX_BODY, Server, TlsIdentity, header, server_tls};
use super::journal::{Journal, Keys, Step, Verdict, Wire, sha256_hex};
use super::national::{Agent, Findings, classified, list, open, text};
use super::register::{Asked, REQUEST, Register, RegisterProfile};
use super::source::Source;
use super::token::{Permission, TokenIssuer};

/// How the answer of a register reaches the platform
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ReplyMode {
    /// In the answer to the request
    #[default]
    Direct,
    /// 202, to be fetched
    Poll,
    /// 202, then the SAK calls the platform
    Push,
}

impl ReplyMode {
    /// As written in the provider table
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Poll => "poll",
            Self::Push => "push",
        }
    }
}

/// How the SAK reaches the platform when it pushes
#[derive(Clone, Debug)]
pub struct PushTarget {
    /// Base URL of the platform's national listener
    pub base_url: String,
    /// Authority of the platform's server certificate
    pub root_pem: String,
    /// Client certificate the SAK shows
    pub identity: TlsIdentity,
    /// Bearer token the SAK shows, when tokens are in use
    pub token: Option<String>,
}

/// Everything a SAK needs to start
#[derive(Debug)]
pub struct SakSpec {
    /// Its server certificate
    pub identity: TlsIdentity,
    /// Authority of the platform's client certificate
    pub client_ca_pem: String,
    /// SHA-256 of the one client certificate allowed to call; any of the authority otherwise
    pub caller_fingerprint: Option<String>,
    /// Teilnehmer-ID the platform has to show
    pub platform_id: String,
    /// Bearer token the platform has to show; not asked for when absent
    pub platform_token: Option<String>,
    /// The platform as agent
    pub platform: Agent,
    /// The registers, each with its reply mode
    pub registers: Vec<(RegisterProfile, ReplyMode)>,
    /// Where answers are pushed to
    pub push: Option<PushTarget>,
}

#[derive(Debug)]
struct Service {
    register: Arc<Register>,
    reply_mode: ReplyMode,
}

#[derive(Debug)]
struct Shared {
    spec: SakSpec,
    services: BTreeMap<String, Service>,
    exchanges: Mutex<BTreeMap<String, Arc<Exchange>>>,
    tokens: Arc<TokenIssuer>,
    source: Source,
    journal: Journal,
    pusher: Option<reqwest::Client>,
}

/// A running SAK; stops when dropped
#[derive(Debug)]
pub struct Sak {
    shared: Arc<Shared>,
    server: Server,
}

impl Sak {
    /// Starts on a bound listener
    ///
    /// # Errors
    /// When a certificate cannot be read.
    pub fn start(
        listener: TcpListener,
        spec: SakSpec,
        source: Source,
        journal: Journal,
    ) -> Result<Self> {
        let tls = server_tls(&spec.identity, Some(&spec.client_ca_pem))?;
        let tokens = Arc::new(TokenIssuer::new(&source)?);
        let mut services = BTreeMap::new();
        for (profile, reply_mode) in &spec.registers {
            let environment = (source.clone(), journal.clone());
            let register = Register::new(
                profile.clone(),
                spec.platform.clone(),
                Arc::clone(&tokens),
                environment,
            );
            let service = Service {
                register: Arc::new(register),
                reply_mode: *reply_mode,
            };
            services.insert(profile.service_id.clone(), service);
        }
        let pusher = match &spec.push {
            Some(target) => Some(super::http::client(
                &target.root_pem,
                Some(&target.identity),
            )?),
            None => None,
        };
        let exchanges = Mutex::default();
        let shared = Arc::new(Shared {
            spec,
            services,
            exchanges,
            tokens,
            source,
            journal,
            pusher,
        });
        let server = Server::start(listener, tls, router(Arc::clone(&shared)))?;
        Ok(Self { shared, server })
    }

    /// Base URL, without `/v1`
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("https://{}", self.server.address())
    }

    /// Where it listens
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The register behind a Service-ID
    #[must_use]
    pub fn register(&self, service_id: &str) -> Option<&Arc<Register>> {
        self.shared
            .services
            .get(service_id)
            .map(|service| &service.register)
    }

    /// Brings the platform the answer to a message once more; false when there is none yet
    pub async fn push_again(&self, id: &str) -> bool {
        let exchange = self.shared.exchanges().get(id).cloned();
        let Some(body) = exchange.and_then(|exchange| Some(exchange.reply()?.body.clone())) else {
            return false;
        };
        self.shared.push(id, body).await;
        true
    }

    /// Stops at once: further connections are refused
    pub async fn close(&self) {
        self.server.close().await;
    }

    /// Serves again at the same address
    ///
    /// # Errors
    /// When the address was taken meanwhile.
    pub async fn reopen(&self) -> Result<()> {
        self.server.reopen().await
    }
}

fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/v1/services/{service}/messages", post(take))
        .route("/v1/messages/{id}", get(fetch))
        .with_state(shared)
}

async fn take(
    State(shared): State<Arc<Shared>>,
    Path(service): Path<String>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY).await else {
        return problem(413, "the body is too large or broke off", None);
    };
    let call = Call {
        service,
        caller,
        headers: parts.headers,
        body,
    };
    match shared.take(call).await {
        Ok(response) | Err(response) => response,
    }
}

async fn fetch(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    Extension(caller): Extension<Caller>,
) -> Response {
    if !shared.may_call(&caller) {
        return problem(403, "this certificate may not call", None);
    }
    let exchange = shared.exchanges().get(&id).cloned();
    match exchange {
        None => problem(404, "no such message", Some(&id)),
        Some(exchange) => match exchange.reply() {
            Some(reply) => message(&reply.body, &id),
            None => accepted(&id),
        },
    }
}

/// One call of the platform
struct Call {
    service: String,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
}

impl Shared {
    async fn take(self: &Arc<Self>, call: Call) -> Result<Response, Response> {
        if !self.may_call(&call.caller) {
            self.complain(&call, "the client certificate is not the platform's");
            return Err(problem(403, "this certificate may not call", None));
        }
        if !self.has_token(&call.headers) {
            self.complain(&call, "the access token is missing or wrong");
            return Err(problem(401, "access token missing or wrong", None));
        }
        let Some(service) = self.services.get(&call.service) else {
            self.complain(&call, "no such service");
            return Err(problem(404, "no such service", None));
        };
        let mut findings = Findings::new();
        let message = open(&call.body, REQUEST, &mut findings).map_err(|fault| {
            self.complain(&call, &fault);
            problem(400, &fault, None)
        })?;
        let id = text(
            &message,
            "/nachrichtenkopf/identifikation.nachricht/nachrichtenUUID",
        )
        .unwrap_or_default()
        .to_owned();
        self.inspect_headers(&call, &id, &mut findings);
        if header(&call.headers, "X-NOOTS-Message-ID") != Some(&id) {
            self.complain(&call, "X-NOOTS-Message-ID is not the nachrichtenUUID");
            return Err(problem(
                400,
                "X-NOOTS-Message-ID is not the nachrichtenUUID",
                Some(&id),
            ));
        }
        let exchange = self.exchange(&id, &call)?;
        let message = self.with_token(message, &mut findings);
        let bytes = call.body.len() as u64;
        let asked = Asked {
            message,
            id: id.clone(),
            bytes,
            findings: findings.into_vec(),
        };
        self.reply(service, exchange, asked).await
    }

    /// The exchange of a message: a new one, or the earlier one when the body is the same
    fn exchange(&self, id: &str, call: &Call) -> Result<Arc<Exchange>, Response> {
        let digest = sha256_hex(&call.body);
        let fresh = || Arc::new(Exchange::new(digest.clone()));
        let exchange = Arc::clone(self.exchanges().entry(id.to_owned()).or_insert_with(fresh));
        if exchange.digest() == digest {
            return Ok(exchange);
        }
        self.complain(
            call,
            "the nachrichtenUUID was used before with another body",
        );
        Err(problem(
            409,
            "this nachrichtenUUID was used with another body",
            Some(id),
        ))
    }

    async fn reply(
        self: &Arc<Self>,
        service: &Service,
        exchange: Arc<Exchange>,
        asked: Asked,
    ) -> Result<Response, Response> {
        let id = asked.id.clone();
        let unreachable = || problem(503, "the register cannot be reached", Some(&id));
        if service.reply_mode == ReplyMode::Direct {
            let reply = exchange
                .answer(&service.register, asked)
                .await
                .map_err(|_| unreachable())?;
            return Ok(message(&reply.body, &id));
        }
        if service.register.mood() == super::register::Mood::Down {
            return Err(unreachable());
        }
        let register = Arc::clone(&service.register);
        let pushes = service.reply_mode == ReplyMode::Push && exchange.reply().is_none();
        let shared = Arc::clone(self);
        tokio::spawn(async move {
            let id = asked.id.clone();
            if let Ok(reply) = exchange.answer(&register, asked).await
                && pushes
            {
                shared.push(&id, reply.body).await;
            }
        });
        Ok(accepted(&id))
    }

    /// Fetches the token of the Vermittlungsstelle into the message
    fn with_token(&self, mut message: Value, findings: &mut Findings) -> Value {
        findings.expect(message.get("IssuedToken").is_none(), || {
            "the platform wrote IssuedToken, which is for the SAK to fetch".to_owned()
        });
        let requesters = list(&message, "/EvidenceRequester");
        let requester = classified(requesters, "ER").first().copied();
        let permission = Permission {
            requester: requester
                .and_then(|agent| text(agent, "/Identifier/value"))
                .unwrap_or_default(),
            provider: text(&message, "/EvidenceProvider/Identifier/value").unwrap_or_default(),
            purpose: text(&message, "/Verarbeitungszweck").unwrap_or_default(),
        };
        findings.expect(!permission.purpose.is_empty(), || {
            "Verarbeitungszweck is missing".to_owned()
        });
        let token = self.tokens.issue(&message, permission, &self.source);
        if let Some(members) = message.as_object_mut() {
            members.insert("IssuedToken".to_owned(), json!(token));
        }
        message
    }

    fn inspect_headers(&self, call: &Call, id: &str, findings: &mut Findings) {
        let headers = &call.headers;
        findings.equal(
            "X-NOOTS-Message-ID",
            header(headers, "X-NOOTS-Message-ID"),
            id,
        );
        let sender = header(headers, "X-NOOTS-Sender-ID");
        findings.equal("X-NOOTS-Sender-ID", sender, &self.spec.platform_id);
        let service = header(headers, "X-NOOTS-Service-ID");
        findings.equal("X-NOOTS-Service-ID", service, &call.service);
        let media_type = header(headers, "Content-Type").and_then(|value| value.split(';').next());
        findings.equal("Content-Type", media_type, "application/json");
        // [NOOTS 6.1] present if and only if the message has the attribute
        let marked = headers.contains_key("X-NOOTS-Test");
        let test = is_test(&call.body);
        findings.expect(marked == test, || {
            "X-NOOTS-Test and the attribute test do not agree".to_owned()
        });
    }

    fn may_call(&self, caller: &Caller) -> bool {
        match &self.spec.caller_fingerprint {
            Some(_) => caller.0 == self.spec.caller_fingerprint,
            None => caller.0.is_some(),
        }
    }

    fn has_token(&self, headers: &HeaderMap) -> bool {
        let Some(token) = &self.spec.platform_token else {
            return true;
        };
        header(headers, "Authorization").and_then(|value| value.strip_prefix("Bearer "))
            == Some(token)
    }

    fn complain(&self, call: &Call, complaint: &str) {
        let id = header(&call.headers, "X-NOOTS-Message-ID").unwrap_or_default();
        let verdict = Verdict::Complaint(complaint.to_owned());
        let ends = (self.spec.platform.name.clone(), SAK.to_owned());
        self.record(ends, REQUEST, id, (call.body.len() as u64, verdict));
    }

    fn record(
        &self,
        (from, to): (String, String),
        what: &str,
        id: &str,
        (bytes, verdict): (u64, Verdict),
    ) {
        self.journal.record(Step {
            at: self.source.now(),
            from,
            to,
            wire: Wire::XNachweis,
            what: what.to_owned(),
            id: id.to_owned(),
            bytes,
            verdict,
            keys: Keys {
                national: Some(id.to_owned()),
                ..Keys::default()
            },
        });
    }

    fn exchanges(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Arc<Exchange>>> {
        self.exchanges
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the only member of the body, the message, has the attribute `test`
fn is_test(body: &[u8]) -> bool {
    let body = serde_json::from_slice::<Value>(body).unwrap_or_default();
    let message = body.as_object().and_then(|members| members.values().next());
    message.is_some_and(|message| message.get("test").is_some())
}

/// Name of this simulator in the journal
pub const SAK: &str = "SAK";

#[cfg(test)]
mod tests;
