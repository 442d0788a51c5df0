//! 0411: the portal collects. The same call gets the same answer for as long as the evidence is
//! kept; another call after that gets none.

use jiff::Timestamp;
use mapping::{
    EvidencePart, Personal, edm,
    noots::{ConversationId, GetEvidence},
    retrieve::{Collecting, Failure, Outcome as Came, to_national},
};
use uuid::Uuid;

use super::{
    Content,
    answer::Line,
    content::{self, Asked, Collected, Loaded, Stored},
};
use crate::{
    audit::{Entry, Event},
    exchange::{Change, LookupKey, LookupKind, OpId, Outcome, Record, Route, State, Step},
    national::Answer,
    platform::{Platform, Stopped},
    seal::sha256,
};

/// How a collection goes.
#[derive(Debug)]
pub enum Collection {
    /// 0412 or 0413.
    Answer(Answer),
    /// The user is still busy, or answers are outstanding.
    NotYet,
    /// There is nothing to collect, for this reason.
    Failed(Failure),
    /// The same `nachrichtenUUID` came with another body.
    Conflict,
}

/// The conversations of one consumer by their id; nobody sees another's. [NOOTS 6.2]
pub(crate) async fn conversation(
    platform: &Platform,
    consumer: &str,
    id: ConversationId,
) -> Result<Option<(Record, Content)>, Stopped> {
    let key = LookupKey::new(LookupKind::NationalConversation, id.to_string());
    for id in platform.store().find(&key).await? {
        let Some(record) = platform.store().load(id).await? else {
            continue;
        };
        if record.route() != Route::Retrieve {
            continue;
        }
        if let Ok(content) = Content::of(&record)
            && content.consumer == consumer
        {
            return Ok(Some((record, content)));
        }
    }
    Ok(None)
}

/// Hands over what is there.
///
/// # Errors
/// Something of ours failed; nothing was handed over.
pub async fn collect(
    platform: &Platform,
    consumer: &str,
    call: &GetEvidence,
    body: &[u8],
) -> Result<Collection, Stopped> {
    let Some((record, mut content)) =
        conversation(platform, consumer, call.conversation_id).await?
    else {
        let failure = gone(platform, consumer, call).await?;
        return Ok(Collection::Failed(failure));
    };
    let body_sha256 = sha256(body);
    if let Some(before) = &content.collected {
        if before.call_id != call.header.id {
            return Ok(Collection::Failed(Failure::Collected));
        }
        if before.body_sha256 != body_sha256 {
            return Ok(Collection::Conflict);
        }
        return answer(platform, &record, &content, call).await;
    }
    match record.state() {
        State::Open | State::PreviewRequired => return Ok(Collection::NotYet),
        State::Waiting if !content.is_answered() => return Ok(Collection::NotYet),
        State::Expired if !content.is_confirmed() => {
            return Ok(Collection::Failed(Failure::Expired));
        }
        State::Failed if !content.is_confirmed() => {
            return Ok(Collection::Failed(Failure::Declined));
        }
        State::Waiting | State::Delivered | State::Failed | State::Expired => {}
    }
    let seed = platform.world().uuid();
    content.collected = Some(Collected {
        call_id: call.header.id,
        body_sha256,
        seed,
        at: platform.world().now(),
    });
    let answer = answer(platform, &record, &content, call).await?;
    if content.is_deliverable() && matches!(record.state(), State::Waiting | State::Delivered) {
        deliver(platform, consumer, call, record, &content).await?;
    }
    Ok(answer)
}

/// Why a conversation is not there: it ended, or it was never this consumer's.
async fn gone(platform: &Platform, consumer: &str, call: &GetEvidence) -> Result<Failure, Stopped> {
    let owner = platform
        .store()
        .recall(&super::end::ended(call.conversation_id))
        .await?;
    let was_ours = owner.is_some_and(|owner| owner == consumer.as_bytes());
    Ok(if was_ours {
        Failure::Expired
    } else {
        Failure::ConversationUnknown
    })
}

/// Ends the exchange: the audit log knows of the handover before the store does.
async fn deliver(
    platform: &Platform,
    consumer: &str,
    call: &GetEvidence,
    mut record: Record,
    content: &Content,
) -> Result<(), Stopped> {
    let intent = Entry::new(Event::EvidenceDelivered)
        .about(record.summary())
        .national_message(call.header.id.to_string().as_str())
        .national_type("0412")
        .component(consumer);
    platform.audit().write(intent).await?;
    record.step(Step::Collected)?;
    record.set_outcome(if content.holds_evidence() {
        Outcome::Evidence
    } else {
        Outcome::Deferred
    });
    content.write(&mut record)?;
    let ended = record.summary().clone();
    platform
        .apply(Change::new(OpId::new(platform.world().uuid()), record))
        .await?;
    platform.ended(&ended);
    Ok(())
}

/// The state of a conversation, without personal data. [NOOTS 6.2]
pub(crate) fn state(platform: &Platform, record: &Record, content: &Content) -> serde_json::Value {
    let results: Vec<_> = content
        .requests
        .iter()
        .map(|asked| Line {
            requirement: &asked.requirement,
            country: &asked.country,
            state: asked.state(),
        })
        .collect();
    let state = match record.state() {
        State::Open => "pending",
        State::Waiting if content.is_answered() => "ready",
        State::Waiting => "sent",
        State::PreviewRequired => "preview_required",
        State::Delivered => "delivered",
        State::Failed => "failed",
        State::Expired => "expired",
    };
    let expires = record
        .summary()
        .deadline()
        .unwrap_or_else(|| platform.world().now());
    serde_json::json!({
        "ConversationID": content.conversation.to_string(),
        "state": state,
        "expiresAt": expires.to_string(),
        "results": results,
    })
}

async fn answer(
    platform: &Platform,
    record: &Record,
    content: &Content,
    call: &GetEvidence,
) -> Result<Collection, Stopped> {
    let Some(collected) = &content.collected else {
        return Err(Stopped::Content);
    };
    let order = content.order()?;
    let mut loaded = Vec::new();
    for asked in &content.requests {
        loaded.push(load(platform, record, asked).await?);
    }
    let outcomes: Vec<_> = content
        .requests
        .iter()
        .zip(&loaded)
        .map(|(asked, loaded)| outcome(platform, asked, loaded.as_ref()))
        .collect();
    let tables = platform.tables();
    let context = platform.context(&tables, collected.at);
    let collecting = Collecting {
        call,
        order: &order,
    };
    let mut draw = ids(collected.seed);
    let answer = to_national(&outcomes, &collecting, &context, &mut draw)?;
    for failure in &answer.failures {
        tracing::info!(exchange = %record.id(), reason = %failure, "Part of an order has no evidence");
    }
    Ok(Collection::Answer(Answer::message(
        answer.status,
        &answer.message,
    )))
}

fn outcome<'l>(platform: &Platform, asked: &Asked, loaded: Option<&'l Loaded>) -> Came<'l> {
    match loaded {
        Some(Loaded {
            response,
            parts,
            country,
        }) => Came::Answered {
            response,
            parts,
            country: *country,
        },
        None => Came::Failed(asked.failure(platform).unwrap_or(Failure::ForeignSilent)),
    }
}

async fn load(
    platform: &Platform,
    record: &Record,
    asked: &Asked,
) -> Result<Option<Loaded>, Stopped> {
    let Some(content::Came::Response { object, parts, .. }) = &asked.came else {
        return Ok(None);
    };
    let key = record.key().ok_or(Stopped::Erased)?;
    let document = platform.spool().get(key, object).await?;
    let Ok(edm::Message::Response(response)) = edm::decode(&document) else {
        return Err(Stopped::Content);
    };
    let mut documents = Vec::new();
    for Stored {
        content_id,
        media_type,
        object,
    } in parts
    {
        let content = platform.spool().get(key, object).await?;
        documents.push(EvidencePart {
            content_id: content_id.parse().map_err(|_| Stopped::Content)?,
            media_type: media_type.parse().map_err(|_| Stopped::Content)?,
            content: Personal::new(content),
        });
    }
    let country = asked.country.parse().map_err(|_| Stopped::Content)?;
    Ok(Some(Loaded {
        response: *response,
        parts: documents,
        country,
    }))
}

/// Ids that follow from a seed: the same answer has the same ids each time it is given.
fn ids(seed: Uuid) -> impl FnMut() -> Uuid {
    let mut count: u32 = 0;
    move || {
        count += 1;
        let mut source = seed.as_bytes().to_vec();
        source.extend_from_slice(&count.to_be_bytes());
        let mut bytes = [0; 16];
        for (to, from) in bytes.iter_mut().zip(sha256(&source)) {
            *to = from;
        }
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }
}

/// The consumer is done, or gives up: everything is erased at once.
///
/// # Errors
/// Something of ours failed; nothing was deleted.
pub(crate) async fn delete(platform: &Platform, record: Record) -> Result<(), Stopped> {
    super::end::erase(platform, record, Step::Cancelled).await
}

/// When something that starts now is over.
pub(super) fn kept_until(platform: &Platform, time: std::time::Duration) -> Timestamp {
    platform
        .world()
        .now()
        .saturating_add(time)
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_one_seed_are_the_same_and_differ_from_each_other() {
        let (mut one, mut other) = (ids(Uuid::from_u128(7)), ids(Uuid::from_u128(7)));
        let (first, second) = (one(), one());
        assert_eq!((first, second), (other(), other()));
        assert_ne!(first, second);
        assert_ne!(ids(Uuid::from_u128(8))(), first);
        assert_eq!(first.get_version_num(), 4);
    }
}
