//! `POST /as4`: octets to a verified message, the message to its route, the route's word to an
//! answer. The order of [AS4 1.12] is kept by the types; what is added here is the claim that makes
//! a message be taken once, and that nothing is acknowledged before it is durable.

use std::sync::Arc;

use axum::{Router, body::Body, extract::State, response::Response, routing::post};
use bytes::Bytes;
use ebms::{
    EbmsCode, Incoming, MessageId, ReceivedMessage, Refusal, Verified, receive, refusal::Stage,
    signal,
};
use http::{HeaderMap, StatusCode, header};
use mapping::edm;
use tokio::task;
use tracing::Instrument as _;

use super::{
    Arrival, Content, Leading,
    intake::{Payloads, Untaken, take_in},
    new_message_id,
};
use crate::{
    audit::{self, Event},
    exchange::{Claim, Digest, MessageAnswer, MessageKey, message::Ticket},
    http::limit::BodyError,
    platform::{Platform, Stopped},
    provide, retrieve,
    spool::Scratch,
    telemetry::{
        metrics::{As4Action, As4Result, Direction},
        names,
    },
};

/// The routes of the AS4 listener.
pub fn router(platform: Arc<Platform>) -> Router {
    Router::new()
        .route("/as4", post(receive_message))
        .with_state(platform)
}

async fn receive_message(
    State(platform): State<Arc<Platform>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let span = tracing::info_span!(names::SPAN_AS4_RECEIVE);
    async move {
        let reply = match fetch(&platform, &headers, body).await {
            Ok((content_type, octets)) => take(&platform, &content_type, octets).await,
            // [AS4 1.1] the sender is told to come again, not that its message was read.
            Err(StatusCode::SERVICE_UNAVAILABLE) => unavailable(&platform, None),
            Err(status) => turn_away(&platform, status).await,
        };
        reply.into_response()
    }
    .instrument(span)
    .await
}

/// What goes back on the connection.
#[derive(Debug)]
enum Reply {
    /// A receipt or an error signal; receivers read it whatever the status. [AS4 1.1]
    Signal(StatusCode, Bytes),
    /// Nothing to say.
    Status(StatusCode),
}

impl Reply {
    fn into_response(self) -> Response {
        let (status, body) = match self {
            Self::Signal(status, body) => (status, body),
            Self::Status(status) => (status, Bytes::new()),
        };
        let mut response = Response::new(Body::from(body.clone()));
        *response.status_mut() = status;
        if !body.is_empty() {
            let value = http::HeaderValue::from_static(SIGNAL);
            response.headers_mut().insert(header::CONTENT_TYPE, value);
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, http::HeaderValue::from_static("5"));
        }
        response
    }
}

/// Content type and octets of the request, within the limit.
async fn fetch(
    platform: &Platform,
    headers: &HeaderMap,
    body: Body,
) -> Result<(String, Scratch), StatusCode> {
    let text = |name| {
        headers
            .get(name)
            .map(|value: &http::HeaderValue| value.to_str().unwrap_or_default())
    };
    // [AS4 1.1] compression of the transport is not part of the profile.
    if text(header::CONTENT_ENCODING)
        .is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity"))
    {
        return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    let content_type = text(header::CONTENT_TYPE)
        .unwrap_or_default()
        .trim()
        .to_owned();
    let kind = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    if !matches!(kind.as_str(), "multipart/related" | "application/soap+xml") {
        return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    let limit = platform.config().as4().max_message_bytes();
    match take_in(body, limit, platform.spool().scratchpad()).await {
        Ok(whole) => Ok((content_type, whole)),
        Err(Untaken::Body(BodyError::TooLarge { .. })) => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Err(Untaken::Body(BodyError::TooSlow)) => Err(StatusCode::REQUEST_TIMEOUT),
        Err(Untaken::Body(BodyError::Broken(_))) => Err(StatusCode::BAD_REQUEST),
        Err(Untaken::Scratch(error)) => {
            tracing::error!(%error, "Message cannot be taken in");
            Err(StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}

/// What nobody read is in the audit log all the same. [NOOTS 10]
async fn turn_away(platform: &Platform, status: StatusCode) -> Reply {
    let unread = audit::Entry::new(Event::MessageUnreadable);
    let unread = unread.rule(format!("HTTP {}", status.as_u16()).as_str());
    record(platform, unread, Reply::Status(status)).await
}

/// An audit line, then the answer.
async fn record(platform: &Platform, entry: audit::Entry, reply: Reply) -> Reply {
    count(platform, As4Action::Other, As4Result::Refused, "");
    match platform.audit().write(entry).await {
        Ok(_) => reply,
        Err(error) => {
            tracing::error!(%error, "Audit log cannot be written");
            unavailable(platform, None)
        }
    }
}

async fn take(platform: &Arc<Platform>, content_type: &str, octets: Scratch) -> Reply {
    match verify(platform, content_type.to_owned(), octets).await {
        Ok(Genuine::Message(opened)) => claimed(platform, *opened).await,
        // [AS4 2.2] a signal is never answered with a signal.
        Ok(Genuine::Signal(id)) => {
            tracing::warn!("Signal came where only messages do");
            let unread = audit::Entry::new(Event::MessageUnreadable).ebms_message(id.as_str());
            record(platform, unread, Reply::Status(StatusCode::ACCEPTED)).await
        }
        // Ours is the fault: the message is not refused, and the audit log does not say so.
        Err(Unverified::Refused(refusal)) if refusal.stage() == Stage::Unavailable => {
            tracing::error!(reason = %refusal, "Message cannot be read or kept");
            unavailable(platform, refusal.message_id().cloned())
        }
        Err(Unverified::Refused(refusal)) => refuse(platform, &refusal).await,
        Err(Unverified::Interrupted(error)) => {
            tracing::error!(%error, "Verification broke off");
            unavailable(platform, None)
        }
    }
}

enum Genuine {
    Message(Box<Opened>),
    /// Not verified: nobody waits for it.
    Signal(MessageId),
}

/// A genuine message and its EDM document.
struct Opened {
    message: Verified<ReceivedMessage<Content>>,
    leading: Leading,
}

enum Unverified {
    Refused(Refusal),
    Interrupted(task::JoinError),
}

/// Reading, signature, decryption: computing, so not on this thread.
async fn verify(
    platform: &Arc<Platform>,
    content_type: String,
    octets: Scratch,
) -> Result<Genuine, Unverified> {
    let platform = Arc::clone(platform);
    let span = tracing::info_span!(names::SPAN_AS4_VERIFY);
    let checked = task::spawn_blocking(move || {
        let _entered = span.entered();
        let now = platform.world().now();
        match receive::read(&content_type, octets, &platform.receive_limits())? {
            Incoming::User(sealed) => {
                platform.in_force().ask_before(&sealed, now);
                let signed = sealed.verify(&platform.partners(), now)?;
                let pad = platform.spool().scratchpad();
                let message = signed.open_into(&platform.decryption_keys(), &mut Payloads(pad))?;
                let leading = Leading::find(message.get().payloads()).map_err(|error| {
                    tracing::error!(%error, "Scratch cannot be read back");
                    Refusal::undeliverable(Some(message.get().header().message_id().clone()))
                })?;
                Ok(Genuine::Message(Box::new(Opened { message, leading })))
            }
            Incoming::Signal(signal) => Ok(Genuine::Signal(signal.message_id().clone())),
        }
    });
    checked
        .await
        .map_err(Unverified::Interrupted)?
        .map_err(Unverified::Refused)
}

/// The message is genuine; is it new?
async fn claimed(platform: &Arc<Platform>, opened: Opened) -> Reply {
    let header = opened.message.get().header();
    let key = MessageKey::as4(header.from().id().value(), header.message_id().as_str());
    let digest = Digest::new(opened.message.get().digest());
    let lease = platform.message_lease();
    if header.is_test_service() {
        return ping(platform, &opened.message, (&key, digest)).await;
    }
    match platform.store().claim(&key, digest, lease).await {
        Ok(Claim::New(ticket)) => {
            let action = super::action_label(header.action());
            let message_id = header.message_id().clone();
            match hand_over(platform, opened, ticket.clone()).await {
                Ok(receipt) => {
                    count(platform, action, As4Result::Acknowledged, "");
                    Reply::Signal(StatusCode::OK, receipt)
                }
                Err(stopped) => {
                    tracing::error!(error = %stopped, "Message cannot be made durable");
                    if let Err(error) = platform.store().release(&ticket).await {
                        // The claim runs out by itself; until then the sender hears "busy".
                        tracing::warn!(%error, "Claim cannot be given back");
                    }
                    unavailable(platform, Some(message_id))
                }
            }
        }
        Ok(Claim::Answered(receipt)) => {
            platform.metrics().as4_duplicate();
            tracing::info!("Duplicate answered with the stored receipt");
            Reply::Signal(StatusCode::OK, receipt)
        }
        Ok(Claim::InFlight) => unavailable(platform, Some(header.message_id().clone())),
        Ok(Claim::Conflict) => {
            refuse(
                platform,
                &Refusal::reused_message_id(header.message_id().clone()),
            )
            .await
        }
        Err(error) => {
            tracing::error!(%error, "Store cannot claim a message");
            unavailable(platform, Some(header.message_id().clone()))
        }
    }
}

/// A ping is answered and never handed on. There is nothing in it to be lost: it is answered
/// although the store cannot remember it, only not twice with the same receipt then. [AT-47]
/// [AS4 3.3] `[AS4_CP_TA16]` `[AS4_CP_TA17]`
async fn ping(
    platform: &Arc<Platform>,
    message: &Verified<ReceivedMessage<Content>>,
    (key, digest): (&MessageKey, Digest),
) -> Reply {
    let now = platform.world().now();
    let claim = platform
        .store()
        .claim(key, digest, platform.message_lease());
    let ticket = match claim.await {
        Ok(Claim::New(ticket)) => Some(ticket),
        Ok(Claim::Answered(receipt)) => {
            platform.metrics().as4_duplicate();
            return Reply::Signal(StatusCode::OK, receipt);
        }
        Ok(Claim::InFlight) => {
            return unavailable(platform, Some(message.get().header().message_id().clone()));
        }
        Ok(Claim::Conflict) => {
            let id = message.get().header().message_id().clone();
            return refuse(platform, &Refusal::reused_message_id(id)).await;
        }
        Err(error) => {
            tracing::warn!(%error, "Ping answered although the store cannot claim it");
            None
        }
    };
    let receipt = new_message_id(platform)
        .map_err(Stopped::from)
        .and_then(|id| {
            signal::receipt(message, id, now, &platform.signing_key()).map_err(Stopped::Unsendable)
        });
    let receipt = match receipt {
        Ok(receipt) => receipt.body().clone(),
        Err(stopped) => {
            tracing::error!(error = %stopped, "Ping cannot be answered");
            return unavailable(platform, Some(message.get().header().message_id().clone()));
        }
    };
    if let Some(ticket) = ticket {
        let answer = MessageAnswer::new(ticket, receipt.clone(), platform.remember_until(now));
        if let Err(error) = platform.store().answer(&answer).await {
            tracing::warn!(%error, "Answer to a ping cannot be remembered");
        }
    }
    count(platform, As4Action::Test, As4Result::Acknowledged, "");
    Reply::Signal(StatusCode::OK, receipt)
}

/// Gives a new message to its route. The receipt is made before, so that the transition that makes
/// the message durable can remember it.
async fn hand_over(
    platform: &Arc<Platform>,
    Opened { message, leading }: Opened,
    ticket: Ticket,
) -> Result<Bytes, Stopped> {
    let now = platform.world().now();
    let id = new_message_id(platform)?;
    let receipt =
        signal::receipt(&message, id, now, &platform.signing_key()).map_err(Stopped::Unsendable)?;
    let receipt = receipt.body().clone();
    let keep_until = platform.remember_until(now);
    let arrival = Arrival {
        leading,
        message,
        ticket,
        receipt: receipt.clone(),
        keep_until,
    };
    // [W2] the root and its status say what it is; the action is compared, not believed.
    match edm::decode(arrival.leading()) {
        Ok(edm::Message::Request(request)) => provide::accept(platform, &arrival, *request).await?,
        Ok(edm::Message::Response(response)) => {
            retrieve::accept(platform, &arrival, retrieve::Received::Response(response)).await?;
        }
        Ok(edm::Message::Error(error)) => {
            retrieve::accept(platform, &arrival, retrieve::Received::Error(error)).await?;
        }
        Err(invalid) => provide::accept_invalid(platform, &arrival, &invalid).await?,
    }
    Ok(receipt)
}

/// Refused: an audit line, then the error signal.
async fn refuse(platform: &Platform, refusal: &Refusal) -> Reply {
    let code = refusal.code();
    let event = match refusal.message_id() {
        Some(_) => Event::RequestRefused,
        None => Event::MessageUnreadable,
    };
    let event = audit::Entry::new(event)
        .error(code.as_str())
        .ebms_message(refusal.message_id().map(MessageId::as_str));
    count(
        platform,
        As4Action::Other,
        As4Result::Refused,
        code.as_str(),
    );
    tracing::warn!(code = code.as_str(), reason = %refusal, "AS4 message refused");
    if let Err(error) = platform.audit().write(event).await {
        tracing::error!(%error, "Audit log cannot be written");
        return unavailable(platform, refusal.message_id().cloned());
    }
    if !refusal.is_answerable() {
        return Reply::Status(status_of(refusal.stage()));
    }
    error_signal(platform, refusal, status_of(refusal.stage()))
}

/// [EBMS:0202] not now: the sender keeps its message and tries again.
fn unavailable(platform: &Platform, message_id: Option<MessageId>) -> Reply {
    count(
        platform,
        As4Action::Other,
        As4Result::Deferred,
        EbmsCode::DeliveryFailure.as_str(),
    );
    error_signal(
        platform,
        &Refusal::undeliverable(message_id),
        StatusCode::SERVICE_UNAVAILABLE,
    )
}

fn error_signal(platform: &Platform, refusal: &Refusal, status: StatusCode) -> Reply {
    let Ok(id) = new_message_id(platform) else {
        return Reply::Status(status);
    };
    let signed = signal::error(
        refusal,
        id,
        platform.world().now(),
        Some(&platform.signing_key()),
    );
    Reply::Signal(status, signed.body().clone())
}

fn count(platform: &Platform, action: As4Action, result: As4Result, code: &'static str) {
    platform
        .metrics()
        .as4_message(Direction::Received, action, result, code);
}

/// Content type of receipts and errors: a bare SOAP entity. [AS4 2.1]
const SIGNAL: &str = "application/soap+xml; charset=UTF-8";

/// [AS4 1.1] the stage at which a message failed decides the status, whatever its code.
const fn status_of(stage: Stage) -> StatusCode {
    match stage {
        Stage::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Stage::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Stage::Unparsable => StatusCode::BAD_REQUEST,
        Stage::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Stage::Understood => StatusCode::OK,
    }
}
