//! The one answer of an exchange: evidence, a date, nothing, or an error; and what became of it.

use mapping::{
    EvidencePart, edm,
    provide::{Asker, Failure, error_to_edm},
};

use super::{Content, ask::finish};
use crate::{
    as4::{
        Arrival, Origin,
        outbound::{self, Fate, Letter, Part, Purpose, Sending},
    },
    audit::{Entry, Event},
    exchange::{
        Change, ExchangeId, LookupKey, LookupKind, OpId, Opened, Opening, Outcome, Record, Route,
        Start, State, Step,
    },
    outbox::{Lease, Leased, Reason},
    platform::{Platform, Stopped},
    seal::{DataKey, sha256},
};

/// What the peer gets.
pub(super) enum Answer {
    Evidence {
        response: Box<edm::Response>,
        parts: Vec<EvidencePart>,
        outcome: Outcome,
    },
    Error {
        asker: Box<Asker>,
        failure: Failure,
    },
}

/// Claims the answer, queues it, and finishes the entry that led here: one transition.
pub(super) async fn give(
    platform: &Platform,
    mut record: Record,
    content: &Content,
    (step, answer): (Step, Answer),
    lease: Option<Lease>,
) -> Result<(), Stopped> {
    record.step(step)?;
    record.set_deadline(None);
    let entry = queue(platform, &mut record, &content.origin, answer).await?;
    let change = Change::new(OpId::new(platform.world().uuid()), record).with_entry(entry);
    platform.apply(finish(change, lease)).await
}

/// A request that is not even asked about: the exchange begins and ends with its error answer.
pub(super) async fn refuse(
    platform: &Platform,
    arrival: &Arrival,
    asker: Asker,
    failure: Failure,
) -> Result<(), Stopped> {
    let origin = Origin::of(arrival.message());
    let world = platform.world();
    let mut record = Record::new(Start {
        id: ExchangeId::new(world.uuid()),
        route: Route::Provide,
        key: DataKey::draw(world),
        created: origin.timestamp,
    });
    record.set_partner(&origin.partner);
    record.set_edm_version(asker.version.as_str());
    record.add_key(LookupKey::new(
        LookupKind::EbmsMessage,
        origin.message_id.as_str(),
    ));
    record.add_key(LookupKey::new(
        LookupKind::EbmsConversation,
        origin.conversation_id.as_str(),
    ));
    record.step(Step::Refused)?;
    let refused = Entry::new(Event::RequestRefused)
        .about(record.summary())
        .ebms_message(origin.message_id.as_str())
        .ebms_conversation(origin.conversation_id.as_str())
        .edm_request(asker.request_id.as_ref().map(edm::RequestId::as_str))
        .rule(rule_of(&failure))
        .error(code_of(platform, &failure).as_str())
        .content(edm::header::MEDIA_TYPE, arrival.leading());
    platform.audit().write(refused).await?;
    tracing::info!(exchange = %record.id(), reason = %failure, "Request is refused");
    Content::new(platform, origin.clone(), arrival.leading()).write(&mut record)?;
    let entry = queue(
        platform,
        &mut record,
        &origin,
        Answer::Error {
            asker: Box::new(asker),
            failure,
        },
    )
    .await?;
    let opening = Opening::new(OpId::new(world.uuid()), record)
        .with_entry(entry)
        .with_answer(arrival.answer());
    match platform.store().open(&opening).await? {
        Opened::Created(_) | Opened::Existing(_) => {
            platform.changed();
            Ok(())
        }
        Opened::RequestKnown(_) | Opened::ClaimLost => Err(Stopped::Contended),
    }
}

/// Translates, audits the intent, and puts the message into the spool.
async fn queue(
    platform: &Platform,
    record: &mut Record,
    origin: &Origin,
    answer: Answer,
) -> Result<crate::outbox::NewEntry, Stopped> {
    let (version, action, purpose) = match &answer {
        Answer::Evidence { response, .. } => {
            (response.version(), edm::header::RESPONSE, Purpose::Answer)
        }
        Answer::Error { asker, .. } => (asker.version, edm::header::EXCEPTION, Purpose::Error),
    };
    let (document, parts, entry) = match answer {
        Answer::Evidence {
            response,
            parts,
            outcome,
        } => {
            record.set_outcome(outcome);
            let entry = evidence_entry(record, &response, &parts);
            (response.encode(), parts, entry)
        }
        Answer::Error { asker, failure } => {
            record.set_outcome(outcome_of(&failure));
            let entry = error_entry(platform, record, &failure);
            if failure.needs_alarm() {
                tracing::error!(exchange = %record.id(), reason = %failure, "Register's answer or our access to it is wrong");
            }
            let error = {
                let tables = platform.tables();
                let context = platform.context(&tables, platform.world().now());
                let world = platform.world();
                error_to_edm(&failure, *asker, &context, &mut || world.uuid())?
            };
            (error.encode(), Vec::new(), entry)
        }
    };
    let entry = entry.content(edm::header::MEDIA_TYPE, &document);
    let letter = Letter {
        partner: origin.partner.clone(),
        action,
        conversation_id: origin.conversation_id.clone(),
        properties: origin.answer_properties(version),
        document,
        parts: parts
            .into_iter()
            .map(|part| Part {
                content_id: part.content_id.as_str().to_owned(),
                media_type: part.media_type.as_str().to_owned(),
                content: part.content.into_exposed(),
            })
            .collect(),
    };
    let (work, message_id) = outbound::prepare(platform, record, purpose, letter).await?;
    fresh(platform, record).await?;
    platform
        .audit()
        .write(entry.ebms_message(message_id.as_str()))
        .await?;
    record.add_key(LookupKey::new(LookupKind::EbmsMessage, message_id.as_str()));
    Ok(work)
}

/// Somebody else may have changed the exchange meanwhile. The transition would notice it as well,
/// but by then the log would tell of a message that nobody sent.
async fn fresh(platform: &Platform, record: &Record) -> Result<(), Stopped> {
    match platform.store().load(record.id()).await? {
        Some(current) if current.epoch() != record.epoch() => Err(Stopped::Contended),
        Some(_) | None => Ok(()),
    }
}

fn evidence_entry(record: &Record, response: &edm::Response, parts: &[EvidencePart]) -> Entry {
    let mut entry = Entry::new(Event::ResponseSent)
        .about(record.summary())
        .edm_request(response.request_id().as_str())
        .edm_response(response.id().to_string().as_str());
    if let (Some(evidence), Some(part)) = (response.evidence().next(), parts.first()) {
        entry = entry
            .evidence_identifier(evidence.metadata().id().to_string().as_str())
            .evidence_content(part.content_id.as_str())
            .evidence_sha256(&sha256(part.content.expose()));
    }
    entry
}

fn error_entry(platform: &Platform, record: &Record, failure: &Failure) -> Entry {
    Entry::new(Event::ErrorSent)
        .about(record.summary())
        .rule(rule_of(failure))
        .error(code_of(platform, failure).as_str())
}

/// What became of the answer. With the receipt the exchange is over and everything is erased.
///
/// # Errors
/// Something of ours failed; the entry comes again.
pub async fn sent(
    platform: &Platform,
    leased: Leased,
    sending: &Sending,
    fate: Fate,
) -> Result<(), Stopped> {
    let Leased {
        mut record, lease, ..
    } = leased;
    let message_id = sending.proof.message_id().as_str();
    let (step, entry) = match fate {
        Fate::Acknowledged(receipt) => {
            let entry = Entry::new(Event::ReceiptReceived)
                .proof(outbound::proof(&sending.proof, receipt.as_ref()));
            (Step::AnswerAcknowledged, entry)
        }
        Fate::Refused(code) | Fate::Undeliverable(code) => {
            tracing::error!(exchange = %record.id(), code, "Answer cannot be delivered");
            (
                Step::AnswerUndeliverable,
                Entry::new(Event::DeliveryFailed).error(code.as_str()),
            )
        }
        Fate::Postponed => return Ok(()),
    };
    platform
        .audit()
        .write(entry.about(record.summary()).ebms_message(message_id))
        .await?;
    let before = record.state();
    record.step(step)?;
    if step == Step::AnswerUndeliverable && before == State::Waiting {
        record.set_outcome(Outcome::Unreachable);
    }
    conclude(platform, record, Some(lease)).await
}

/// The last transition: nothing of the exchange can be read any more, only its summary remains.
async fn conclude(
    platform: &Platform,
    mut record: Record,
    lease: Option<Lease>,
) -> Result<(), Stopped> {
    let id = record.id();
    let ended = record.summary().clone();
    record.set_deadline(None);
    record.erase();
    let change = Change::new(OpId::new(platform.world().uuid()), record);
    platform.apply(finish(change, lease)).await?;
    // The key is gone; what is left in the spool is unreadable, and is swept if this fails.
    if let Err(error) = platform.spool().delete_all(id).await {
        tracing::warn!(%error, exchange = %id, "Spooled messages cannot be deleted");
    }
    platform.ended(&ended);
    Ok(())
}

/// No answer in time: the peer is told, and a later answer of the register comes too late.
///
/// # Errors
/// Something of ours failed; the deadline is seen through again.
pub async fn time_over(platform: &Platform, record: Record) -> Result<(), Stopped> {
    if record.state().is_final() || record.answer_claimed() {
        return Ok(());
    }
    let content = Content::of(&record)?;
    let request = content.request()?;
    platform
        .audit()
        .write(Entry::new(Event::Expired).about(record.summary()))
        .await?;
    let answer = Answer::Error {
        asker: Box::new((&request).into()),
        failure: Failure::NoAnswerInTime,
    };
    give(platform, record, &content, (Step::TimeOver, answer), None).await
}

/// An entry that kills its workers: the peer gets an error instead, and an operator the entry.
///
/// # Errors
/// As [`sent`].
pub async fn poisoned(platform: &Platform, leased: Leased) -> Result<(), Stopped> {
    let Leased {
        entry,
        mut record,
        lease,
    } = leased;
    let reason = Reason::new("internal-poison");
    let answering = entry.kind() != crate::outbox::WorkKind::SendAs4;
    if answering && !record.state().is_final() && !record.answer_claimed() {
        let content = Content::of(&record)?;
        let request = content.request()?;
        record.step(Step::Failed)?;
        record.set_deadline(None);
        let answer = Answer::Error {
            asker: Box::new((&request).into()),
            failure: Failure::Unreachable,
        };
        let work = queue(platform, &mut record, &content.origin, answer).await?;
        let op = OpId::new(platform.world().uuid());
        return platform
            .apply(
                Change::new(op, record)
                    .with_entry(work)
                    .burying(lease, reason),
            )
            .await;
    }
    platform.store().bury(&lease, &reason).await?;
    Ok(())
}

/// The version to answer a partner in whose message could not be read.
pub(super) fn version_of(platform: &Platform, arrival: &Arrival) -> edm::Version {
    let declared = Origin::of(arrival.message());
    let named = declared
        .property(edm::header::SPECIFICATION_ID)
        .and_then(|version| version.parse().ok());
    let partners = platform.partners();
    let partner = partners.partner(&declared.partner);
    let mut spoken = partner.into_iter().flat_map(ebms::Partner::edm_versions);
    named
        .or_else(|| spoken.find_map(|version| version.parse().ok()))
        .unwrap_or(edm::Version::V1_0)
}

fn rule_of(failure: &Failure) -> Option<&str> {
    match failure {
        Failure::RequestInvalid { rule, .. } => Some(rule),
        _ => None,
    }
}

fn code_of(platform: &Platform, failure: &Failure) -> String {
    let tables = platform.tables();
    failure
        .edm_code(&platform.context(&tables, platform.world().now()))
        .as_str()
        .to_owned()
}

fn outcome_of(failure: &Failure) -> Outcome {
    match failure {
        Failure::RequestInvalid { .. }
        | Failure::ExplicitRequestMissing
        | Failure::RequestRepeated => Outcome::Refused,
        Failure::NoAnswerInTime => Outcome::TimedOut,
        Failure::UserAbandoned => Outcome::Abandoned,
        Failure::NoEvidence => Outcome::NoEvidence,
        _ => Outcome::Error,
    }
}
