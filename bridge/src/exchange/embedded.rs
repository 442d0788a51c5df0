//! The store of a single node: one transactional file, every commit on the disk before it counts.
//!
//! Writers gather in a group commit; readers never wait for them. One process at a time can have
//! the file open.

mod bell;
mod exchanges;
mod file;
mod messages;
mod queue;

use std::{path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use redb::{Database, backends::InMemoryBackend};
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

use self::{bell::Bell, file::File};
use super::{
    change::{Applied, Change, Opened, Opening},
    id::{EntryId, EpochNumber, ExchangeId, OpId},
    message::{Claim, Digest, MessageAnswer, MessageKey, Seen, Ticket},
    parcel::deliver,
    record::{LookupKey, Record},
    store::{Cursor, Filter, Health, MemoName, Page, Store, StoreError},
    stored::{Prepared, StoredAnswer, memo_place, open_answer, open_entry, open_record},
};
use crate::{
    outbox::{DeadLetter, Entry, Lease, Leased, Reason, Take, WorkKind},
    seal::Vault,
};

/// How often a waiting worker looks at what nobody rang for.
const RECOVERY: Duration = Duration::from_secs(30);

/// The store of a single node.
pub struct Embedded {
    vault: Vault,
    file: Arc<File>,
    bell: Arc<Bell>,
    /// Rung when the next deadline may have changed.
    deadlines: Arc<Notify>,
}

impl Embedded {
    /// Opens the file at `path`, making it if there is none.
    ///
    /// # Errors
    /// The file cannot be opened, is in use, or was written by a newer version.
    pub fn open(path: &Path, vault: Vault) -> Result<Self, StoreError> {
        Self::with(Database::create(path)?, vault)
    }

    /// A store that lives as long as the process: for the demo and for tests.
    ///
    /// # Errors
    /// Never in practice.
    pub fn in_memory(vault: Vault) -> Result<Self, StoreError> {
        let builder = Database::builder();
        Self::with(builder.create_with_backend(InMemoryBackend::new())?, vault)
    }

    fn with(database: Database, vault: Vault) -> Result<Self, StoreError> {
        Ok(Self {
            file: Arc::new(File::new(database, vault.world().now().as_millisecond())?),
            vault,
            bell: Arc::new(Bell::default()),
            deadlines: Arc::new(Notify::new()),
        })
    }

    fn now_ms(&self) -> i64 {
        self.vault.world().now().as_millisecond()
    }

    fn draw_op(&self) -> OpId {
        OpId::new(self.vault.world().uuid())
    }

    /// Wakes whom a transition concerns.
    fn ring(&self, new: &[Option<WorkKind>]) {
        for work in new {
            match work {
                Some(kind) => self.bell.expect(*kind),
                None => self.bell.alarm(),
            }
        }
        self.deadlines.notify_waiters();
    }

    /// When to look again: at `next`, or when the waiting is over.
    fn until(&self, next_ms: Option<i64>, end: Instant) -> Instant {
        let Some(next_ms) = next_ms else { return end };
        let ahead = next_ms.saturating_sub(self.now_ms()).max(1);
        let ahead = Duration::from_millis(ahead.unsigned_abs());
        Instant::now().checked_add(ahead).unwrap_or(end).min(end)
    }

    async fn take_now(&self, take: &Take) -> Result<Taken, StoreError> {
        let kinds = take.kinds.clone();
        let now = self.now_ms();
        let next = self
            .file
            .read(move |tx| queue::next_visible(tx, &kinds))
            .await?;
        if next.is_none_or(|next| next > now) {
            return Ok(Taken::Nothing(next));
        }
        let (kinds, holder, length) = (take.kinds.clone(), self.draw_op(), take.lease);
        let (file, bell) = (Arc::clone(&self.file), Arc::clone(&self.bell));
        let own_file = Arc::clone(&file);
        let taking = async move {
            let take = move |tx: &_| queue::take(tx, &kinds, now, (holder, length));
            file.write(take).await
        };
        let taken = deliver(taking, move |unwanted| async move {
            let lease = unwanted.lease;
            let returned = own_file
                .write(move |tx| queue::give_back(tx, &lease, now))
                .await;
            if let Err(error) = returned {
                tracing::debug!(%error, "Unwanted entry stays taken until its lease is over");
            }
            bell.alarm();
        });
        let taken = taken.await?;
        Ok(taken.map_or(Taken::Nothing(next), |taken| Taken::Raw(Box::new(taken))))
    }

    /// Opens a taken entry. One that cannot be opened would come back for ever: it is buried. Work
    /// of an exchange that ended meanwhile is done.
    async fn unseal(&self, taken: queue::Taken) -> Result<Option<Leased>, StoreError> {
        let lease = taken.lease.clone();
        match self.try_unseal(taken) {
            Ok(leased) => return Ok(Some(leased)),
            Err(StoreError::Erased) => self.complete(&lease).await?,
            Err(error) => {
                tracing::error!(exchange = %lease.exchange, %error, "Sealed work cannot be opened");
                self.bury(&lease, &Reason::new("unreadable")).await?
            }
        };
        Ok(None)
    }

    fn try_unseal(&self, taken: queue::Taken) -> Result<Leased, StoreError> {
        let record = taken.row.open(&self.vault)?;
        let key = record.key().ok_or(StoreError::Erased)?;
        let (exchange, id) = (taken.lease.exchange, taken.lease.entry);
        let entry = Entry {
            id,
            exchange,
            kind: taken.lease.kind,
            data: open_entry(key, exchange, id, &taken.data)?,
            attempt: taken.attempt,
            deliveries: taken.deliveries,
            blames: taken.blames,
        };
        Ok(Leased {
            entry,
            record,
            lease: taken.lease,
        })
    }
}

enum Taken {
    Raw(Box<queue::Taken>),
    /// Nothing to do now; perhaps later.
    Nothing(Option<i64>),
}

impl exchanges::Row {
    fn open(self, vault: &Vault) -> Result<Record, StoreError> {
        open_record(
            vault,
            self.summary,
            self.key.as_deref(),
            self.content.as_deref(),
        )
    }
}

#[async_trait]
impl Store for Embedded {
    async fn claim(
        &self,
        key: &MessageKey,
        digest: Digest,
        lease: Duration,
    ) -> Result<Claim, StoreError> {
        let name = key.index_name(self.vault.index());
        let now = self.now_ms();
        let length = i64::try_from(lease.as_millis()).unwrap_or(i64::MAX);
        let ticket = Ticket {
            key: key.clone(),
            digest,
            holder: self.draw_op(),
            until_ms: now.saturating_add(length),
        };
        let (row, wanted) = (name.clone(), ticket.clone());
        let claimed = self
            .file
            .write(move |tx| messages::claim(tx, &row, &wanted, now))
            .await?;
        Ok(match claimed {
            messages::Claimed::New => Claim::New(ticket),
            messages::Claimed::InFlight => Claim::InFlight,
            messages::Claimed::Conflict => Claim::Conflict,
            messages::Claimed::Answered(sealed) => {
                Claim::Answered(open_answer(&self.vault, &name, &sealed)?)
            }
        })
    }

    async fn release(&self, ticket: &Ticket) -> Result<(), StoreError> {
        let name = ticket.key.index_name(self.vault.index());
        let holder = ticket.holder;
        self.file
            .write(move |tx| messages::release(tx, &name, holder))
            .await
    }

    async fn answer(&self, answer: &MessageAnswer) -> Result<bool, StoreError> {
        let stored = StoredAnswer::new(&self.vault, answer)?;
        self.file
            .write(move |tx| messages::answer_alone(tx, &stored))
            .await
    }

    async fn open(&self, opening: &Opening) -> Result<Opened, StoreError> {
        let prepared = Prepared::opening(&self.vault, opening)?;
        let now = self.vault.world().now();
        let new = work_of(&prepared, now);
        let opened = self
            .file
            .write(move |tx| exchanges::open(tx, &prepared, now))
            .await?;
        if matches!(opened, Opened::Created(_)) {
            self.ring(&new);
        }
        Ok(opened)
    }

    async fn apply(&self, change: &Change) -> Result<Applied, StoreError> {
        let prepared = Prepared::change(&self.vault, change)?;
        let now = self.vault.world().now();
        let new = work_of(&prepared, now);
        let applied = self
            .file
            .write(move |tx| exchanges::apply(tx, &prepared, now))
            .await?;
        if matches!(applied, Applied::Done(_)) {
            self.ring(&new);
        }
        Ok(applied)
    }

    async fn load(&self, id: ExchangeId) -> Result<Option<Record>, StoreError> {
        let row = self.file.read(move |tx| exchanges::load(tx, id)).await?;
        row.map(|row| row.open(&self.vault)).transpose()
    }

    async fn find(&self, key: &LookupKey) -> Result<Vec<ExchangeId>, StoreError> {
        let name = key.index_name(self.vault.index());
        self.file.read(move |tx| exchanges::find(tx, &name)).await
    }

    async fn forget(&self, id: ExchangeId, epoch: EpochNumber) -> Result<bool, StoreError> {
        self.file
            .write(move |tx| exchanges::forget(tx, id, epoch))
            .await
    }

    async fn due(&self, limit: usize, wait: Duration) -> Result<Vec<ExchangeId>, StoreError> {
        let end = far(wait);
        loop {
            let changed = self.deadlines.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let now = self.now_ms();
            let (due, next) = self
                .file
                .read(move |tx| exchanges::due(tx, now, limit))
                .await?;
            if !due.is_empty() || Instant::now() >= end {
                return Ok(due);
            }
            tokio::select! {
                () = changed => {}
                () = sleep_until(self.until(next, end)) => {}
            }
        }
    }

    async fn seen(&self, request: &str) -> Result<Seen, StoreError> {
        let (request, now) = (request.to_owned(), self.now_ms());
        self.file
            .read(move |tx| messages::seen(tx, &request, now))
            .await
    }

    async fn list(&self, filter: &Filter, after: Option<Cursor>) -> Result<Page, StoreError> {
        let filter = filter.clone();
        self.file
            .read(move |tx| exchanges::list(tx, &filter, after))
            .await
    }

    async fn take(&self, take: &Take) -> Result<Option<Leased>, StoreError> {
        let end = far(take.wait);
        let (mut seen, mut next) = (None, None);
        loop {
            let rung = self.bell.rung();
            tokio::pin!(rung);
            rung.as_mut().enable();
            while self.bell.is_worth_a_look(&take.kinds, &mut seen) {
                match self.take_now(take).await? {
                    Taken::Nothing(at) => next = at,
                    Taken::Raw(taken) => match self.unseal(*taken).await? {
                        Some(leased) => return Ok(Some(leased)),
                        None => seen = None,
                    },
                }
            }
            if Instant::now() >= end {
                return Ok(None);
            }
            // Leases of others may end before anything is put.
            let look = self.until(next, end.min(far(RECOVERY)));
            tokio::select! {
                () = rung => {}
                () = sleep_until(look) => seen = None,
            }
        }
    }

    async fn extend(&self, lease: &Lease) -> Result<bool, StoreError> {
        let (lease, now) = (lease.clone(), self.now_ms());
        self.file
            .write(move |tx| queue::extend(tx, &lease, now))
            .await
    }

    async fn postpone(
        &self,
        lease: &Lease,
        until: Timestamp,
        reason: &Reason,
    ) -> Result<bool, StoreError> {
        let (lease, reason, until) = (lease.clone(), reason.clone(), until.as_millisecond());
        let postponed = self
            .file
            .write(move |tx| queue::postpone(tx, &lease, until, &reason))
            .await?;
        self.bell.alarm();
        Ok(postponed)
    }

    async fn defer(&self, lease: &Lease, until: Timestamp) -> Result<bool, StoreError> {
        let (lease, until) = (lease.clone(), until.as_millisecond());
        let deferred = self
            .file
            .write(move |tx| queue::give_back(tx, &lease, until))
            .await?;
        self.bell.alarm();
        Ok(deferred)
    }

    async fn blame(&self, lease: &Lease) -> Result<bool, StoreError> {
        let lease = lease.clone();
        self.file.write(move |tx| queue::blame(tx, &lease)).await
    }

    async fn complete(&self, lease: &Lease) -> Result<bool, StoreError> {
        let lease = lease.clone();
        self.file.write(move |tx| queue::complete(tx, &lease)).await
    }

    async fn bury(&self, lease: &Lease, reason: &Reason) -> Result<bool, StoreError> {
        let (lease, reason, now) = (lease.clone(), reason.clone(), self.now_ms());
        self.file
            .write(move |tx| queue::bury(tx, &lease, &reason, now))
            .await
    }

    async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        self.file
            .read(move |tx| queue::dead_letters(tx, limit))
            .await
    }

    async fn replay(&self, exchange: ExchangeId, entry: EntryId) -> Result<bool, StoreError> {
        let now = self.now_ms();
        let replayed = self
            .file
            .write(move |tx| queue::replay(tx, (exchange, entry), now))
            .await?;
        self.bell.alarm();
        Ok(replayed)
    }

    async fn discard(&self, exchange: ExchangeId, entry: EntryId) -> Result<bool, StoreError> {
        self.file
            .write(move |tx| queue::discard(tx, exchange, entry))
            .await
    }

    async fn remember(
        &self,
        name: &MemoName,
        value: &[u8],
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let row = name.index_name(self.vault.index());
        let sealed = self.vault.seal(memo_place(&row), value)?;
        let until = until.as_millisecond();
        self.file
            .write(move |tx| messages::remember(tx, &row, &sealed, until))
            .await
    }

    async fn recall(&self, name: &MemoName) -> Result<Option<Bytes>, StoreError> {
        let row = name.index_name(self.vault.index());
        let (wanted, now) = (row.clone(), self.now_ms());
        let sealed = self
            .file
            .read(move |tx| messages::recall(tx, &wanted, now))
            .await?;
        let Some(sealed) = sealed else {
            return Ok(None);
        };
        let plain = self.vault.open(memo_place(&row), &sealed)?;
        Ok(Some(Bytes::copy_from_slice(&plain)))
    }

    async fn dismiss(&self, name: &MemoName) -> Result<bool, StoreError> {
        let row = name.index_name(self.vault.index());
        let now = self.now_ms();
        self.file
            .write(move |tx| messages::dismiss(tx, &row, now))
            .await
    }

    async fn health(&self) -> Result<Health, StoreError> {
        let now = self.now_ms();
        self.file.write(move |tx| file::probe(tx, now)).await?;
        let (entries, dead_letters) = self.file.read(queue::count).await?;
        Ok(Health {
            kind: "embedded".to_owned(),
            entries,
            dead_letters,
            ..Health::default()
        })
    }

    fn wake(&self) {
        self.bell.alarm();
        self.deadlines.notify_waiters();
    }
}

/// The new entries of a transition: the kind of those that can be taken at once.
fn work_of(prepared: &Prepared, now: Timestamp) -> Vec<Option<WorkKind>> {
    let now_ms = now.as_millisecond();
    let entries = prepared.entries.iter();
    let entries = entries.map(|e| {
        e.not_before_ms
            .is_none_or(|at| at <= now_ms)
            .then_some(e.kind)
    });
    entries.collect()
}

fn far(wait: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(wait)
        .or_else(|| now.checked_add(Duration::from_secs(86_400)))
        .unwrap_or(now)
}
