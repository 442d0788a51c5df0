//! What comes back from abroad, and what became of what was sent.

use mapping::edm;
use serde::Serialize;

use super::{
    Content,
    content::{Asked, Came, Holds, Stored},
};
use crate::{
    as4::{
        Arrival, Origin,
        outbound::{self, Fate, Purpose, Sending},
    },
    audit::{Entry, Event},
    exchange::{Applied, Change, LookupKey, LookupKind, OpId, Outcome, Record, Route, State, Step},
    outbox::Leased,
    platform::{Platform, Stopped},
};

/// How often an answer is taken to a record that others keep changing.
const TRIES: usize = 8;

/// An EDM answer.
pub enum Received {
    /// Evidence, a date, or nothing.
    Response(Box<edm::Response>),
    /// An error.
    Error(Box<edm::ErrorResponse>),
}

impl Received {
    fn request_id(&self) -> Option<&edm::RequestId> {
        match self {
            Self::Response(response) => Some(response.request_id()),
            Self::Error(error) => error.request_id(),
        }
    }
}

/// Takes an answer to a request of ours. Whatever matches no waiting request is recorded and
/// receipted, and changes nothing. [R-EDM-RESP-C001]
///
/// # Errors
/// Something of ours failed; the message is not taken.
pub async fn accept(
    platform: &Platform,
    arrival: &Arrival,
    received: Received,
) -> Result<(), Stopped> {
    let origin = Origin::of(arrival.message());
    for _ in 0..TRIES {
        let Some((record, content, number)) = waiting(platform, &origin, &received).await? else {
            return refuse(platform, arrival, &origin, &received).await;
        };
        match take(platform, arrival, &received, (record, content, number)).await? {
            Applied::Done(_) | Applied::Repeated(_) => {
                platform.changed();
                return Ok(());
            }
            Applied::Stale { .. } => {}
            Applied::Gone => return refuse(platform, arrival, &origin, &received).await,
            Applied::LeaseLost | Applied::RequestKnown(_) | Applied::ClaimLost => {
                return Err(Stopped::Contended);
            }
        }
    }
    Err(Stopped::Contended)
}

/// The request an answer belongs to: request id, conversation and partner must all match, and in
/// 2.0 the exchange as well. [AT-10]
async fn waiting(
    platform: &Platform,
    origin: &Origin,
    received: &Received,
) -> Result<Option<(Record, Content, usize)>, Stopped> {
    let Some(request_id) = received.request_id() else {
        return Ok(None);
    };
    let key = LookupKey::new(LookupKind::EdmRequest, request_id.uuid().to_string());
    for id in platform.store().find(&key).await? {
        let Some(record) = platform.store().load(id).await? else {
            continue;
        };
        let open = matches!(
            record.state(),
            State::Waiting | State::PreviewRequired | State::Expired
        );
        if record.route() != Route::Retrieve || !open {
            continue;
        }
        let Ok(content) = Content::of(&record) else {
            continue;
        };
        if content.conversation.to_string() != origin.conversation_id.as_str() {
            continue;
        }
        let exchange = origin.property(edm::header::EXCHANGE_ID);
        let found = content.requests.iter().position(|asked| {
            asked.request_id == request_id.uuid()
                && asked.partner == origin.partner
                && exchange.is_none_or(|id| id.eq_ignore_ascii_case(&asked.exchange_id.to_string()))
                && matches!(asked.came, None | Some(Came::Silent))
        });
        if let Some(number) = found {
            return Ok(Some((record, content, number)));
        }
    }
    Ok(None)
}

async fn refuse(
    platform: &Platform,
    arrival: &Arrival,
    origin: &Origin,
    received: &Received,
) -> Result<(), Stopped> {
    tracing::warn!(
        partner = origin.partner,
        "Answer matches no waiting request"
    );
    let refused = Entry::new(Event::ResponseRefused)
        .route(Route::Retrieve)
        .rule("R-EDM-RESP-C001")
        .edm_request(received.request_id().map(edm::RequestId::as_str))
        .ebms_message(origin.message_id.as_str())
        .ebms_conversation(origin.conversation_id.as_str())
        .content(edm::header::MEDIA_TYPE, arrival.leading());
    platform.audit().write(refused).await?;
    platform.store().answer(&arrival.answer()).await?;
    Ok(())
}

async fn take(
    platform: &Platform,
    arrival: &Arrival,
    received: &Received,
    (mut record, mut content, number): (Record, Content, usize),
) -> Result<Applied, Stopped> {
    let message_id = arrival.message().header().message_id().as_str();
    let (came, entry) = match received {
        Received::Response(response) => {
            let came = if is_wanted(response, content.requests.get(number)) {
                keep(platform, &record, arrival, (response, number)).await?
            } else {
                tracing::warn!(exchange = %record.id(), "Response holds evidence of another type");
                Came::Unusable
            };
            let entry = Entry::new(Event::ResponseReceived)
                .edm_response(response.id().to_string().as_str());
            (came, evidence(entry, response, arrival))
        }
        Received::Error(error) => {
            let first = error.exceptions().first();
            let code = first.map_or(edm::EdmErrorCode::Query, edm::Exception::code);
            let message = first
                .map(|exception| exception.message().to_owned())
                .unwrap_or_default();
            let entry = Entry::new(Event::ErrorReceived)
                .error(code.as_str())
                .rule(first.and_then(edm::Exception::detail).map(String::as_str));
            (Came::Error { code, message }, entry)
        }
    };
    let entry = entry
        .about(record.summary())
        .edm_request(received.request_id().map(edm::RequestId::as_str))
        .ebms_message(message_id)
        .content(edm::header::MEDIA_TYPE, arrival.leading());
    platform.audit().write(entry).await?;
    if let Some(asked) = content.requests.get_mut(number) {
        asked.came = Some(came);
    }
    record.add_key(LookupKey::new(LookupKind::EbmsMessage, message_id));
    settle(platform, &mut record, &content)?;
    content.write(&mut record)?;
    let op = OpId::new(platform.world().uuid());
    Ok(platform
        .store()
        .apply(&Change::new(op, record).with_answer(arrival.answer()))
        .await?)
}

/// Whether all evidence is of the type that was asked for; the person agreed to no other.
fn is_wanted(response: &edm::Response, asked: Option<&Asked>) -> bool {
    response.evidence().all(|evidence| {
        let given = evidence.metadata().conforms_to().id().as_str();
        asked.is_some_and(|asked| asked.evidence_type == given)
    })
}

/// The step that follows from the answers so far.
pub(super) fn settle(
    platform: &Platform,
    record: &mut Record,
    content: &Content,
) -> Result<(), Stopped> {
    let late = record.state() == State::Expired;
    if !content.is_answered() && !late {
        record.step(Step::Answered)?;
        return Ok(());
    }
    let now = platform.world().now();
    let kept_until = now.saturating_add(platform.config().timers().evidence_wait());
    record.set_deadline(Some(kept_until.unwrap_or(jiff::Timestamp::MAX)));
    if content.is_deliverable() {
        record.step(if late {
            Step::LateAnswer
        } else {
            Step::AllAnswered
        })?;
    } else if content.is_empty() {
        record.set_outcome(Outcome::NoEvidence);
        record.step(if late {
            Step::LateNothing
        } else {
            Step::NothingToDeliver
        })?;
    } else {
        record.set_outcome(Outcome::Error);
        record.step(if late { Step::LateError } else { Step::Failed })?;
    }
    Ok(())
}

/// Puts response and documents into the spool, under the key of the exchange.
async fn keep(
    platform: &Platform,
    record: &Record,
    arrival: &Arrival,
    (response, number): (&edm::Response, usize),
) -> Result<Came, Stopped> {
    let documents: Vec<_> = arrival.documents().collect();
    let named: Vec<_> = response
        .evidence()
        .map(edm::Evidence::content)
        .chain(response.supplements().map(edm::Supplement::content))
        .collect();
    // [AT-15] every reference has its document, every document its reference.
    let complete = named.len() == documents.len()
        && named.iter().all(|id| {
            documents
                .iter()
                .any(|document| document.cid().as_str() == id.as_str())
        });
    if !complete {
        tracing::warn!(exchange = %record.id(), "Response and its documents do not fit");
        return Ok(Came::Unusable);
    }
    let key = record.key().ok_or(Stopped::Erased)?;
    let mut parts = Vec::new();
    for (place, document) in documents.iter().enumerate() {
        let object = format!("{}/{number}-{place}.part", record.id());
        let content = vec![document.content().scratch().clone()];
        platform.spool().put_pieces(key, &object, content).await?;
        parts.push(Stored {
            content_id: document.cid().as_str().to_owned(),
            media_type: document.media_type().to_owned(),
            object,
        });
    }
    let object = format!("{}/{number}.regrep", record.id());
    platform
        .spool()
        .put(
            key,
            &object,
            bytes::Bytes::copy_from_slice(arrival.leading()),
        )
        .await?;
    let holds = match response.availability() {
        edm::Availability::At(_) => Holds::Date,
        edm::Availability::Now(packages) if packages.is_empty() => Holds::Nothing,
        edm::Availability::Now(_) => Holds::Evidence,
    };
    Ok(Came::Response {
        object,
        parts,
        holds,
    })
}

fn evidence(entry: Entry, response: &edm::Response, arrival: &Arrival) -> Entry {
    match (response.evidence().next(), arrival.documents().next()) {
        (Some(evidence), Some(document)) => entry
            .evidence_identifier(evidence.metadata().id().to_string().as_str())
            .evidence_content(document.cid().as_str())
            .evidence_sha256(document.content().sha256()),
        _ => entry,
    }
}

/// What became of a request we sent.
///
/// # Errors
/// Something of ours failed; the entry comes again.
pub async fn sent(
    platform: &Platform,
    leased: Leased,
    sending: &Sending,
    fate: Fate,
) -> Result<(), Stopped> {
    let Leased { record, lease, .. } = leased;
    let message_id = sending.proof.message_id().as_str();
    match fate {
        Fate::Acknowledged(receipt) => {
            let entry = Entry::new(Event::ReceiptReceived)
                .about(record.summary())
                .ebms_message(message_id)
                .proof(outbound::proof(&sending.proof, receipt.as_ref()));
            platform.audit().write(entry).await?;
            platform.store().complete(&lease).await?;
            Ok(())
        }
        Fate::Refused(code) | Fate::Undeliverable(code) => {
            tracing::error!(exchange = %record.id(), code, "Request cannot be delivered");
            let entry = Entry::new(Event::DeliveryFailed)
                .about(record.summary())
                .ebms_message(message_id)
                .error(code.as_str());
            platform.audit().write(entry).await?;
            let Purpose::Request(number) = sending.purpose else {
                return Err(Stopped::Content);
            };
            undelivered(platform, record, number, lease).await
        }
        Fate::Postponed => Ok(()),
    }
}

async fn undelivered(
    platform: &Platform,
    mut record: Record,
    number: usize,
    lease: crate::outbox::Lease,
) -> Result<(), Stopped> {
    let mut content = Content::of(&record)?;
    let silent = content
        .requests
        .get_mut(number)
        .filter(|asked| asked.came.is_none());
    // The answer may have come although no receipt did, or the time may be over.
    let Some(asked) = silent.filter(|_| !record.state().is_final()) else {
        platform.store().complete(&lease).await?;
        return Ok(());
    };
    asked.came = Some(Came::Undeliverable);
    if content.is_answered() {
        settle(platform, &mut record, &content)?;
        if record.state() == State::Failed {
            record.set_outcome(Outcome::Unreachable);
        }
    }
    content.write(&mut record)?;
    let change = Change::new(OpId::new(platform.world().uuid()), record);
    platform.apply(change.finishing(lease)).await
}

/// One line of the state a consumer is shown.
#[derive(Debug, Serialize)]
pub(super) struct Line<'a> {
    pub(super) requirement: &'a str,
    pub(super) country: &'a str,
    pub(super) state: &'a str,
}
