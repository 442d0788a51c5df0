//! The receiving side: verify, keep, acknowledge; or refuse with the code it deserves

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use ebms::receive::Limits;
use ebms::refusal::Stage;
use ebms::{Incoming, MessageId, ReceivedMessage, Refusal, SignalBytes, Verified};

use super::instead::{Instead, WireAnswer};
use super::{Delivered, Direction, Inbox, Receiving, Seen, Shared, header_keys};
use crate::simulator::http::{MAX_BODY, header};
use crate::simulator::journal::{Keys, Step, Verdict};

/// The receiving side: an access point and who reads for it
#[derive(Clone)]
pub(super) struct Gate {
    pub(super) shared: Arc<Shared>,
    pub(super) inbox: Arc<dyn Inbox>,
}

pub(super) async fn take(State(gate): State<Gate>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let content_type = header(&parts.headers, "Content-Type")
        .unwrap_or_default()
        .to_owned();
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY).await else {
        gate.shared.complain(
            "unreadable body",
            None,
            "the body is too large or broke off",
        );
        return respond(413, None);
    };
    let bytes = body.len() as u64;
    let manner = &gate.shared.manner;
    let receiving = manner.get();
    manner.note(&content_type, &body);
    if receiving == Receiving::Stalled {
        manner.released().await;
    }
    if matches!(receiving, Receiving::Busy | Receiving::Stalled) {
        return respond(503, None);
    }
    let instead = gate.shared.instead.next();
    if instead.as_ref().is_some_and(|instead| !instead.taken) {
        return otherwise(instead, respond(503, None)).await;
    }
    let answer = match gate.receive(&content_type, body) {
        Ok(receipt) => receipt,
        Err(refusal) => gate.shared.refuse(&refusal, bytes),
    };
    let answer = otherwise(instead, answer).await;
    if receiving == Receiving::Held {
        manner.released().await;
    }
    answer
}

/// What a test wants to be answered instead
async fn otherwise(instead: Option<Instead>, answer: Response) -> Response {
    let Some(instead) = instead else {
        return answer;
    };
    let (parts, body) = answer.into_parts();
    let changed = (instead.change)(WireAnswer {
        status: parts.status.as_u16(),
        content_type: header(&parts.headers, "Content-Type").map(str::to_owned),
        body: axum::body::to_bytes(body, MAX_BODY)
            .await
            .unwrap_or_default(),
    });
    let mut builder = Response::builder().status(changed.status);
    if let Some(content_type) = changed.content_type {
        builder = builder.header("Content-Type", content_type);
    }
    builder
        .body(Body::from(changed.body))
        .unwrap_or_else(|_| Response::new(Body::empty()))
}

impl Gate {
    fn receive(&self, content_type: &str, body: Bytes) -> Result<Response, Refusal> {
        let bytes = body.len() as u64;
        let shared = &self.shared;
        let sealed = match ebms::receive::read(content_type, body, &Limits::default())? {
            Incoming::User(sealed) => sealed,
            Incoming::Signal(signal) => {
                // One-way push: signals come on the back-channel only.
                let id = signal.message_id().as_str().to_owned();
                shared.complain("signal", Some(id), "a signal on the port for messages");
                return Ok(respond(202, None));
            }
        };
        let signed = sealed.verify(&shared.pmodes, shared.source.now())?;
        let message = signed.open(&shared.decryption)?;
        self.accept(message, bytes)
    }

    fn accept(&self, message: Verified<ReceivedMessage>, bytes: u64) -> Result<Response, Refusal> {
        let shared = &self.shared;
        let id = message.get().header().message_id().clone();
        let digest = message.get().digest();
        // Held until the message is kept, so that two copies at once are told apart.
        let mut seen = shared.seen();
        if let Some(earlier) = seen.get(&id) {
            return shared.again(&id, earlier, digest, bytes);
        }
        let receipt = shared.receipt(&message, &id)?;
        seen.insert(
            id,
            Seen {
                digest,
                receipt: receipt.clone(),
            },
        );
        drop(seen);
        let keys = header_keys(&message);
        let follow_up = if message.get().header().is_test_service() {
            shared.record(Direction::In, "ping", keys.clone(), (bytes, Verdict::Ok));
            None
        } else {
            self.inbox.take(Delivered { message, bytes })
        };
        let size = receipt.body().len() as u64;
        shared.record(Direction::Out, Step::RECEIPT, keys, (size, Verdict::Ok));
        if let Some(follow_up) = follow_up {
            tokio::spawn(follow_up);
        }
        Ok(respond(200, Some(&receipt)))
    }
}

impl Shared {
    fn again(
        &self,
        id: &MessageId,
        earlier: &Seen,
        digest: [u8; 32],
        bytes: u64,
    ) -> Result<Response, Refusal> {
        let keys = Keys {
            message: Some(id.to_string()),
            ..Keys::default()
        };
        if earlier.digest != digest {
            return Err(Refusal::reused_message_id(id.clone()));
        }
        self.record(
            Direction::In,
            "duplicate",
            keys.clone(),
            (bytes, Verdict::Ok),
        );
        let size = earlier.receipt.body().len() as u64;
        self.record(Direction::Out, Step::RECEIPT, keys, (size, Verdict::Ok));
        Ok(respond(200, Some(&earlier.receipt)))
    }

    fn receipt(
        &self,
        message: &Verified<ReceivedMessage>,
        id: &MessageId,
    ) -> Result<SignalBytes, Refusal> {
        let own_id = self
            .signal_id()
            .map_err(|_| Refusal::undeliverable(Some(id.clone())))?;
        ebms::signal::receipt(message, own_id, self.source.now(), &self.signing)
            .map_err(|_| Refusal::undeliverable(Some(id.clone())))
    }

    fn refuse(&self, refusal: &Refusal, bytes: u64) -> Response {
        let keys = Keys {
            message: refusal.message_id().map(ToString::to_string),
            ..Keys::default()
        };
        let verdict = Verdict::Complaint(refusal.to_string());
        self.record(Direction::In, "refused message", keys, (bytes, verdict));
        let status = match refusal.stage() {
            Stage::UnsupportedMediaType => 415,
            Stage::TooLarge => 413,
            Stage::Unparsable => 400,
            Stage::Unavailable => 503,
            Stage::Understood => 200,
        };
        let Ok(id) = self.signal_id() else {
            return respond(500, None);
        };
        let signal = ebms::signal::error(refusal, id, self.source.now(), Some(&self.signing));
        respond(status, Some(&signal))
    }
}

fn respond(status: u16, signal: Option<&SignalBytes>) -> Response {
    let mut builder = Response::builder().status(status);
    if let Some(signal) = signal {
        builder = builder.header("Content-Type", signal.content_type());
    }
    let body = signal.map_or_else(Body::empty, |signal| Body::from(signal.body().clone()));
    builder
        .body(body)
        .unwrap_or_else(|_| Response::new(Body::empty()))
}
