//! Serves German portals, and takes what the SAK brings. noots.md sections 6.1 to 6.3.
//!
//! The client certificate says who calls. What cannot be understood is answered with a problem;
//! what is understood and refused, with the error message of the call.

use std::sync::Arc;

use axum::{
    Extension, Json, Router,
    body::Body,
    extract::{Path, State},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use mapping::{
    noots::{self, ConversationId, Message, MessageId},
    retrieve::{Failure, NationalError, error_to_national},
};

use super::{Answer, JSON, MESSAGE_ID};
use crate::{
    audit::{AuditError, Entry, Event},
    config::Consumer,
    exchange::{Claim, Digest, MessageKey, StoreError, message::Ticket},
    http::{
        limit::read_body,
        respond::{FieldError, Kind, Problem},
        server::Peer,
    },
    platform::{Platform, Stopped},
    provide::{self, Pushed},
    retrieve::{self, Collection},
    seal::sha256,
};

/// The most a call of a portal may hold. [NOOTS 5 B12]
const CALL_BYTES: u64 = 2 << 20;
/// The most an answer of a register may hold. [NOOTS 5 B12]
const PUSH_BYTES: u64 = 64 << 20;
/// When a portal should ask again, in seconds.
const ASK_AGAIN_SECS: u64 = 2;

/// The routes of the national listener.
pub fn router(platform: Arc<Platform>) -> Router {
    Router::new()
        .route("/noots/v1/evidence-orders", post(evidence_orders))
        .route("/noots/v1/evidence", post(evidence))
        .route(
            "/noots/v1/conversations/{id}",
            get(conversation).delete(delete_conversation),
        )
        .route("/noots/v1/responses", post(responses))
        .fallback(|| async { Problem::new(Kind::NotFound) })
        .method_not_allowed_fallback(|| async { Problem::new(Kind::MethodNotAllowed) })
        .with_state(platform)
}

type Caller = Option<Extension<Peer>>;

async fn evidence_orders(
    State(platform): State<Arc<Platform>>,
    peer: Caller,
    headers: HeaderMap,
    body: Body,
) -> Response {
    reply(async {
        let consumer = consumer(&platform, peer)?;
        recorded(
            &platform,
            consumer,
            take_order(&platform, consumer, &headers, body),
        )
        .await
    })
    .await
}

async fn take_order(
    platform: &Platform,
    consumer: &Consumer,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Refused> {
    let body = fetch(headers, body, CALL_BYTES).await?;
    let Message::EvidenceOrder(order) = decode(platform, consumer, &body).await? else {
        return Err(other_message());
    };
    same_id(headers, order.header.id)?;
    let key = MessageKey::national(consumer.id(), &order.header.id.to_string());
    let ticket = match platform
        .store()
        .claim(&key, Digest::of(&body), platform.message_lease())
        .await?
    {
        Claim::New(ticket) => ticket,
        Claim::Answered(bytes) => return Ok(Answer::from_bytes(&bytes)?.into_response()),
        Claim::InFlight | Claim::Conflict => {
            return Err(Problem::new(Kind::IdempotencyConflict).into());
        }
    };
    place(platform, consumer, &order, (&body, ticket)).await
}

/// A call that gets no further than a problem is in the audit log all the same. [NOOTS 10]
async fn recorded(
    platform: &Platform,
    consumer: &Consumer,
    call: impl Future<Output = Result<Response, Refused>>,
) -> Result<Response, Refused> {
    let answered = call.await;
    if let Err(Refused::Problem(problem)) = &answered {
        let refused = Entry::new(Event::OrderRefused)
            .component(consumer.id())
            .rule(problem.kind().slug());
        platform.audit().write(refused).await?;
    }
    answered
}

/// An order that is refused or cannot be kept holds no claim: the corrected one may come.
async fn place(
    platform: &Platform,
    consumer: &Consumer,
    order: &noots::EvidenceOrder,
    (body, ticket): (&[u8], Ticket),
) -> Result<Response, Refused> {
    let placed = retrieve::order(platform, consumer, order, (body, ticket.clone())).await;
    if !matches!(placed, Ok(Ok(_))) {
        platform.store().release(&ticket).await?;
    }
    match placed? {
        Ok(answer) => Ok(answer.into_response()),
        Err(failure) => refuse_order(platform, consumer, order, failure).await,
    }
}

async fn refuse_order(
    platform: &Platform,
    consumer: &Consumer,
    order: &noots::EvidenceOrder,
    failure: Failure,
) -> Result<Response, Refused> {
    let refused = Entry::new(Event::OrderRefused)
        .national_message(order.header.id.to_string().as_str())
        .national_type("0401")
        .component(consumer.id())
        .error(code_of(platform, &failure).as_deref());
    platform.audit().write(refused).await?;
    Ok(failed(
        platform,
        failure,
        Some(NationalError::of_order(order)),
    ))
}

async fn evidence(
    State(platform): State<Arc<Platform>>,
    peer: Caller,
    headers: HeaderMap,
    body: Body,
) -> Response {
    reply(async {
        let consumer = consumer(&platform, peer)?;
        recorded(
            &platform,
            consumer,
            hand_over(&platform, consumer, &headers, body),
        )
        .await
    })
    .await
}

async fn hand_over(
    platform: &Platform,
    consumer: &Consumer,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Refused> {
    let body = fetch(headers, body, CALL_BYTES).await?;
    let Message::GetEvidence(call) = decode(platform, consumer, &body).await? else {
        return Err(other_message());
    };
    same_id(headers, call.header.id)?;
    match retrieve::collect(platform, consumer.id(), &call, &body).await? {
        Collection::Answer(answer) => Ok(answer.into_response()),
        Collection::NotYet => {
            let again = [(header::RETRY_AFTER, HeaderValue::from(ASK_AGAIN_SECS))];
            Ok((StatusCode::ACCEPTED, again).into_response())
        }
        Collection::Failed(failure) => Ok(failed(
            platform,
            failure,
            collection_error(platform, consumer, &call),
        )),
        Collection::Conflict => Err(Problem::new(Kind::IdempotencyConflict).into()),
    }
}

/// A 0413 has to name who ordered; a call for an unknown conversation does not say. The caller is
/// known by its certificate.
fn collection_error(
    platform: &Platform,
    consumer: &Consumer,
    call: &noots::GetEvidence,
) -> Option<NationalError> {
    let agent = noots::Agent {
        identifier: noots::Identifier {
            value: consumer.agent_id().to_owned(),
            scheme: consumer.agent_scheme().parse().ok()?,
        },
        names: noots::OneOrMore::one(noots::Text::new(consumer.name(), "de".parse().ok()?)),
        address: Some(noots::Address::of_country(
            platform.config().platform().country().parse().ok()?,
        )),
        class: noots::AgentClass::EvidenceRequester,
    };
    Some(NationalError {
        stage: mapping::retrieve::Stage::Collection,
        request_id: call.header.id,
        reader: call.header.author.clone(),
        requesters: noots::Agents::one(agent).ok()?,
    })
}

async fn conversation(
    State(platform): State<Arc<Platform>>,
    peer: Caller,
    Path(id): Path<String>,
) -> Response {
    reply(async {
        let consumer = consumer(&platform, peer)?;
        let found = retrieve::conversation(&platform, consumer.id(), conversation_id(&id)?).await?;
        let (record, content) = found.ok_or_else(|| Problem::new(Kind::NotFound))?;
        Ok(Json(retrieve::state(&platform, &record, &content)).into_response())
    })
    .await
}

async fn delete_conversation(
    State(platform): State<Arc<Platform>>,
    peer: Caller,
    Path(id): Path<String>,
) -> Response {
    reply(async {
        let consumer = consumer(&platform, peer)?;
        let found = retrieve::conversation(&platform, consumer.id(), conversation_id(&id)?).await?;
        let (record, _) = found.ok_or_else(|| Problem::new(Kind::NotFound))?;
        retrieve::delete(&platform, record).await?;
        Ok(StatusCode::NO_CONTENT.into_response())
    })
    .await
}

/// The SAK brings the answer of a register.
async fn responses(
    State(platform): State<Arc<Platform>>,
    peer: Caller,
    headers: HeaderMap,
    body: Body,
) -> Response {
    reply(async {
        let sak = sak(&platform, peer)?;
        let body = fetch(&headers, body, PUSH_BYTES).await?;
        let message = decode(&platform, sak, &body).await?;
        if !matches!(
            message,
            Message::EvidenceResponse(_) | Message::EvidenceErrorResponse(_)
        ) {
            return Err(other_message());
        }
        same_id(&headers, message.header().id)?;
        match provide::pushed(&platform, message).await? {
            Pushed::Taken => Ok(StatusCode::NO_CONTENT.into_response()),
            Pushed::Unknown => Err(Problem::new(Kind::NotFound).into()),
            Pushed::AnsweredBefore => {
                let problem = Problem::new(Kind::IdempotencyConflict);
                Err(problem
                    .with_detail("the request was answered before")
                    .into())
            }
        }
    })
    .await
}

/// Who calls, by the certificate of the connection. [NOOTS 6.1]
fn consumer(platform: &Platform, peer: Caller) -> Result<&Consumer, Refused> {
    let fingerprint = fingerprint(peer).ok_or_else(|| Problem::new(Kind::Unauthenticated))?;
    let consumers = platform.config().national().consumers();
    consumers
        .by_certificate(&fingerprint)
        .ok_or_else(|| Problem::new(Kind::Forbidden).into())
}

/// The SAK proves itself like everybody else: its certificate is listed with the consumers, under
/// our own component id.
fn sak(platform: &Platform, peer: Caller) -> Result<&Consumer, Refused> {
    let consumer = consumer(platform, peer)?;
    if consumer.id() == platform.config().national().component_id() {
        Ok(consumer)
    } else {
        Err(Problem::new(Kind::Forbidden).into())
    }
}

fn fingerprint(peer: Caller) -> Option<[u8; 32]> {
    let Extension(peer) = peer?;
    peer.certificate().map(|certificate| sha256(certificate))
}

async fn fetch(headers: &HeaderMap, body: Body, limit: u64) -> Result<Bytes, Refused> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case(JSON) || headers.contains_key(header::CONTENT_ENCODING) {
        return Err(Problem::new(Kind::UnsupportedMediaType).into());
    }
    read_body(body, limit)
        .await
        .map_err(|error| Refused::Problem(Box::new((&error).into())))
}

/// Reads a message, or answers for it as far as it can be answered.
async fn decode(platform: &Platform, consumer: &Consumer, body: &[u8]) -> Result<Message, Refused> {
    let invalid = match noots::decode_json(body) {
        Ok(message) => return Ok(message),
        Err(invalid) => invalid,
    };
    let failure = Failure::from(&invalid);
    let refused = Entry::new(Event::OrderRefused)
        .component(consumer.id())
        .rule(invalid.rule().as_str())
        .error(code_of(platform, &failure).as_deref())
        .national_message(
            invalid
                .about()
                .message_id
                .map(|id| id.to_string())
                .as_deref(),
        );
    platform.audit().write(refused).await?;
    if let Some(error) = NationalError::of_invalid(invalid.about(), None) {
        return Err(Refused::Answer(Box::new(failed(
            platform,
            failure,
            Some(error),
        ))));
    }
    let kind = if invalid.is_unreadable() {
        Kind::InvalidJson
    } else {
        Kind::ValidationFailed
    };
    let errors: Vec<_> = invalid
        .findings()
        .map(|finding| FieldError {
            pointer: finding.pointer().to_owned(),
            detail: finding.problem().to_owned(),
        })
        .collect();
    let problem = Problem::new(kind).with_errors(&errors);
    Err(Refused::Answer(Box::new(problem.into_response())))
}

/// [NOOTS 6.1] the header repeats the id of the message.
fn same_id(headers: &HeaderMap, id: MessageId) -> Result<(), Refused> {
    let given = headers
        .get(MESSAGE_ID)
        .ok_or_else(|| Problem::new(Kind::MissingIdempotencyKey))?;
    if given
        .to_str()
        .is_ok_and(|given| given.eq_ignore_ascii_case(&id.to_string()))
    {
        return Ok(());
    }
    let detail = "X-NOOTS-Message-ID differs from nachrichtenUUID";
    Err(Problem::new(Kind::MissingIdempotencyKey)
        .with_detail(detail)
        .into())
}

fn conversation_id(text: &str) -> Result<ConversationId, Refused> {
    text.parse()
        .map_err(|_| Problem::new(Kind::NotFound).into())
}

fn other_message() -> Refused {
    Problem::new(Kind::ValidationFailed)
        .with_detail("this path takes another message")
        .into()
}

/// The code a caller is told, if there is one.
fn code_of(platform: &Platform, failure: &Failure) -> Option<String> {
    let tables = platform.tables();
    let answer = failure.answer(&platform.context(&tables, platform.world().now()));
    answer.code.map(|code| code.to_string())
}

/// A failure as the error message of its call; as a problem where there is none.
fn failed(platform: &Platform, failure: Failure, refused: Option<NationalError>) -> Response {
    let tables = platform.tables();
    let context = platform.context(&tables, platform.world().now());
    let status = failure.answer(&context).status;
    let world = platform.world();
    let message = refused.and_then(|refused| {
        error_to_national(
            std::slice::from_ref(&failure),
            refused,
            &context,
            &mut || world.uuid(),
        )
    });
    match message {
        Some(message) => Answer::message(status, &message).into_response(),
        None => problem_of(status)
            .with_detail(failure.detail())
            .into_response(),
    }
}

fn problem_of(status: u16) -> Problem {
    Problem::new(match status {
        400 => Kind::InvalidJson,
        401 => Kind::Unauthenticated,
        403 => Kind::Forbidden,
        404 => Kind::NotFound,
        410 => Kind::ExchangeGone,
        422 => Kind::ValidationFailed,
        429 => Kind::RateLimited,
        503 => Kind::StoreUnavailable,
        _ => Kind::EvidenceNotFound,
    })
}

/// Why a call is not answered as it hoped.
enum Refused {
    Problem(Box<Problem>),
    /// Recorded already.
    Answer(Box<Response>),
    Stopped(Stopped),
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl From<Stopped> for Refused {
    fn from(stopped: Stopped) -> Self {
        Self::Stopped(stopped)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Stopped(error.into())
    }
}

impl From<AuditError> for Refused {
    fn from(error: AuditError) -> Self {
        Self::Stopped(error.into())
    }
}

async fn reply(answer: impl Future<Output = Result<Response, Refused>>) -> Response {
    match answer.await {
        Ok(response) => response,
        Err(Refused::Problem(problem)) => problem.into_response(),
        Err(Refused::Answer(response)) => *response,
        Err(Refused::Stopped(stopped)) => {
            tracing::error!(error = %stopped, "Call cannot be answered");
            stopped.problem().into_response()
        }
    }
}
