//! How exchanges of this route end when nobody collects: the user says no, time is over, an entry
//! cannot be worked on.

use std::time::Duration;

use mapping::noots::ConversationId;

use super::{Content, collect::kept_until, content::Came};
use crate::{
    audit::{Entry, Event},
    exchange::{Change, OpId, Outcome, Record, State, Step, store::MemoName},
    outbox::{Leased, Reason},
    platform::{Platform, Stopped},
};

/// The user says no in the dialogue. The consumer learns it at 0411.
///
/// # Errors
/// Something of ours failed.
pub async fn cancel(platform: &Platform, mut record: Record) -> Result<(), Stopped> {
    record.step(Step::Cancelled)?;
    record.set_outcome(Outcome::Declined);
    record.set_deadline(Some(kept_until(
        platform,
        platform.config().timers().evidence_wait(),
    )));
    let ended = record.summary().clone();
    platform
        .apply(Change::new(OpId::new(platform.world().uuid()), record))
        .await?;
    platform.ended(&ended);
    Ok(())
}

/// A deadline has passed: nobody confirmed, nobody answered, or nobody collected.
///
/// # Errors
/// Something of ours failed; the deadline is seen through again.
pub async fn time_over(platform: &Platform, record: Record) -> Result<(), Stopped> {
    let Ok(content) = Content::of(&record) else {
        return idle(platform, record).await;
    };
    if record.state() == State::Waiting && !content.is_answered() {
        return presume(platform, record, content).await;
    }
    erase(platform, record, Step::TimeOver).await
}

/// [AT-12] no answer in time is a presumption: what came is handed over, and a late genuine answer
/// still counts for a while.
async fn presume(
    platform: &Platform,
    mut record: Record,
    mut content: Content,
) -> Result<(), Stopped> {
    platform
        .audit()
        .write(Entry::new(Event::Expired).about(record.summary()))
        .await?;
    for asked in content
        .requests
        .iter_mut()
        .filter(|asked| asked.came.is_none())
    {
        asked.came = Some(Came::Silent);
    }
    if content.is_deliverable() {
        super::answer::settle(platform, &mut record, &content)?;
    } else {
        record.step(Step::TimeOver)?;
        record.set_outcome(Outcome::TimedOut);
        record.set_deadline(Some(kept_until(
            platform,
            platform.config().timers().late_grace(),
        )));
    }
    content.write(&mut record)?;
    let summary = record.summary().clone();
    platform
        .apply(Change::new(OpId::new(platform.world().uuid()), record))
        .await?;
    if summary.state().is_final() {
        platform.ended(&summary);
    }
    Ok(())
}

/// Ends the exchange if it has not ended, and erases everything in it.
pub(super) async fn erase(
    platform: &Platform,
    mut record: Record,
    step: Step,
) -> Result<(), Stopped> {
    let id = record.id();
    let running = !record.state().is_final();
    let entry = Entry::new(if step == Step::TimeOver && running {
        Event::Expired
    } else {
        Event::EvidenceDeleted
    });
    platform
        .audit()
        .write(entry.about(record.summary()))
        .await?;
    if running {
        record.step(step)?;
        record.set_outcome(if step == Step::TimeOver {
            Outcome::TimedOut
        } else {
            Outcome::Cancelled
        });
    } else {
        record.step(Step::EvidenceDeleted)?;
    }
    record.set_deadline(None);
    remember(platform, &record).await?;
    record.erase();
    let summary = record.summary().clone();
    platform
        .apply(Change::new(OpId::new(platform.world().uuid()), record))
        .await?;
    // The key is gone; what is left in the spool is unreadable, and is swept if this fails.
    if let Err(error) = platform.spool().delete_all(id).await {
        tracing::warn!(%error, exchange = %id, "Spooled evidence cannot be deleted");
    }
    if running {
        platform.ended(&summary);
    }
    Ok(())
}

/// Whose conversation it was is all that is kept: its consumer hears "gone", everybody else
/// "unknown". [NOOTS 6.2]
async fn remember(platform: &Platform, record: &Record) -> Result<(), Stopped> {
    let Ok(content) = Content::of(record) else {
        return Ok(());
    };
    let name = ended(content.conversation);
    let until = kept_until(platform, REMEMBERED);
    platform
        .store()
        .remember(&name, content.consumer.as_bytes(), until)
        .await?;
    Ok(())
}

/// Name under which the owner of an ended conversation is kept.
pub(super) fn ended(conversation: ConversationId) -> MemoName {
    MemoName::new("ended-conversation", conversation.to_string())
}

/// A finished exchange is remembered for a day. [NOOTS 9]
const REMEMBERED: Duration = Duration::from_secs(24 * 3600);

/// Erased already: only the deadline is left to be taken away.
async fn idle(platform: &Platform, mut record: Record) -> Result<(), Stopped> {
    record.set_deadline(None);
    platform
        .apply(Change::new(OpId::new(platform.world().uuid()), record))
        .await
}

/// An entry that kills its workers goes to an operator; the timers end its exchange.
///
/// # Errors
/// Something of ours failed.
pub async fn poisoned(platform: &Platform, leased: Leased) -> Result<(), Stopped> {
    platform
        .store()
        .bury(&leased.lease, &Reason::new("internal-poison"))
        .await?;
    Ok(())
}
