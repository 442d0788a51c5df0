//! The store of several nodes: one Redis, every transition one script.
//!
//! What a transition changes lies in one of a fixed number of shards, so that a script stays in one
//! slot of a Cluster. Names and messages lie elsewhere: they are written first, and count only once
//! the exchange they point to exists. Nothing here relies on keys expiring in time; life times only
//! clear away what nobody can want any more.

mod bell;
mod condition;
mod exchanges;
mod keys;
mod messages;
mod queue;
mod scripts;
pub(super) mod wire;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use tokio::{
    sync::Notify,
    task::JoinHandle,
    time::{Instant, sleep_until},
};

use self::{bell::Bell, scripts::Scripts, wire::Wire};
use super::{
    change::{Applied, Change, Opened, Opening},
    id::{EntryId, EpochNumber, ExchangeId, OpId},
    message::{Claim, Digest, MessageAnswer, MessageKey, Seen, Ticket},
    record::{LookupKey, Record},
    store::{Cursor, Filter, Health, MemoName, Page, Store, StoreError},
    stored::{Prepared, StoredAnswer},
};
use crate::{
    outbox::{DeadLetter, Lease, Leased, Reason, Take},
    seal::Vault,
};

/// How often deadlines set by other nodes are looked for.
const DEADLINE_SCAN: Duration = Duration::from_secs(5);

/// How the server is reached and what is demanded of it.
#[derive(Clone)]
pub struct Settings {
    /// `redis://` or `rediss://`; may hold a password.
    pub url: String,
    /// What may be lost when the machine of the server loses power.
    pub durability: Durability,
    /// A write counts once so many replicas have it.
    pub replicas_required: u64,
    /// Connections for reads that block and for writes that wait for replicas.
    pub max_connections: u32,
}

/// What may be lost when the machine of the server loses power.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Durability {
    /// Nothing: the append-only file is synced before the answer.
    Strict,
    /// About a second.
    Relaxed,
}

/// The store of several nodes.
pub struct Redis {
    vault: Vault,
    wire: Arc<Wire>,
    scripts: Arc<Scripts>,
    bell: Arc<Bell>,
    /// Rung when this node moved a deadline.
    deadlines: Notify,
    durability: Durability,
    replicas_required: u64,
    installation: String,
    tasks: Vec<JoinHandle<()>>,
}

impl Settings {
    /// The strict settings for a server.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            durability: Durability::Strict,
            replicas_required: 0,
            max_connections: 16,
        }
    }
}

impl Redis {
    /// Connects, refuses a server that could lose or evict what is acknowledged, and starts
    /// listening for work.
    ///
    /// # Errors
    /// The server cannot be reached, is set up unsafely, or was written to by a newer version.
    pub async fn connect(settings: &Settings, vault: Vault) -> Result<Self, StoreError> {
        let wire = Arc::new(Wire::connect(settings).await?);
        let mut found = condition::inspect(&wire, settings.durability)
            .await?
            .problems;
        if !found.is_empty() {
            return Err(StoreError::Unsafe(found.swap_remove(0)));
        }
        let installation = condition::enroll(&wire, &vault.world().uuid().to_string()).await?;
        let (bell, scripts) = (Arc::new(Bell::new()), Arc::new(Scripts::new()));
        let tasks = vec![
            tokio::spawn(bell::listen(Arc::clone(&wire), Arc::clone(&bell))),
            tokio::spawn(bell::look_after(
                Arc::clone(&wire),
                Arc::clone(&bell),
                Arc::clone(&scripts),
                vault.world().clone(),
            )),
        ];
        Ok(Self {
            vault,
            wire,
            scripts,
            bell,
            deadlines: Notify::new(),
            durability: settings.durability,
            replicas_required: settings.replicas_required,
            installation,
            tasks,
        })
    }

    fn now_ms(&self) -> i64 {
        self.vault.world().now().as_millisecond()
    }

    fn draw_op(&self) -> OpId {
        OpId::new(self.vault.world().uuid())
    }

    /// How long a key that is wanted until `until_ms` lives: twice as long, and a day more.
    fn life_ms(&self, until_ms: i64) -> i64 {
        const DAY_MS: i64 = 86_400_000;
        let ahead = until_ms.saturating_sub(self.now_ms()).max(0);
        ahead.saturating_mul(2).saturating_add(DAY_MS)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("durability", &self.durability)
            .field("replicas_required", &self.replicas_required)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for Redis {
    async fn claim(
        &self,
        key: &MessageKey,
        digest: Digest,
        lease: Duration,
    ) -> Result<Claim, StoreError> {
        let length = i64::try_from(lease.as_millis()).unwrap_or(i64::MAX);
        let ticket = Ticket {
            key: key.clone(),
            digest,
            holder: self.draw_op(),
            until_ms: self.now_ms().saturating_add(length),
        };
        self.claim_message(ticket).await
    }

    async fn release(&self, ticket: &Ticket) -> Result<(), StoreError> {
        self.release_message(ticket).await
    }

    async fn answer(&self, answer: &MessageAnswer) -> Result<bool, StoreError> {
        let stored = StoredAnswer::new(&self.vault, answer)?;
        self.answer_message(&stored).await
    }

    async fn open(&self, opening: &Opening) -> Result<Opened, StoreError> {
        let prepared = Prepared::opening(&self.vault, opening)?;
        let opened = self.open_exchange(&prepared).await?;
        self.deadlines.notify_waiters();
        Ok(opened)
    }

    async fn apply(&self, change: &Change) -> Result<Applied, StoreError> {
        let prepared = Prepared::change(&self.vault, change)?;
        let applied = self.change_exchange(&prepared).await?;
        self.deadlines.notify_waiters();
        Ok(applied)
    }

    async fn load(&self, id: ExchangeId) -> Result<Option<Record>, StoreError> {
        self.load_exchange(id).await
    }

    async fn find(&self, key: &LookupKey) -> Result<Vec<ExchangeId>, StoreError> {
        self.find_exchanges(&key.index_name(self.vault.index()))
            .await
    }

    async fn forget(&self, id: ExchangeId, epoch: EpochNumber) -> Result<bool, StoreError> {
        self.forget_exchange(id, epoch).await
    }

    async fn due(&self, limit: usize, wait: Duration) -> Result<Vec<ExchangeId>, StoreError> {
        let end = after(wait);
        loop {
            let changed = self.deadlines.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let (due, next) = self.due_exchanges(limit).await?;
            if !due.is_empty() || Instant::now() >= end {
                return Ok(due);
            }
            let ahead = next.map(|next| next.saturating_sub(self.now_ms()).max(1));
            let ahead = ahead.map_or(DEADLINE_SCAN, |ms| Duration::from_millis(ms.unsigned_abs()));
            tokio::select! {
                () = changed => {}
                () = sleep_until(after(ahead.min(DEADLINE_SCAN)).min(end)) => {}
            }
        }
    }

    async fn seen(&self, request: &str) -> Result<Seen, StoreError> {
        self.seen_request(request).await
    }

    async fn list(&self, filter: &Filter, after: Option<Cursor>) -> Result<Page, StoreError> {
        self.list_exchanges(filter, after).await
    }

    async fn take(&self, take: &Take) -> Result<Option<Leased>, StoreError> {
        let end = after(take.wait);
        loop {
            let rung = self.bell.rung();
            tokio::pin!(rung);
            rung.as_mut().enable();
            while let Some(spot) = self.bell.pick(&take.kinds) {
                if let Some(leased) = self.take_at(spot, take).await? {
                    return Ok(Some(leased));
                }
            }
            if Instant::now() >= end {
                return Ok(None);
            }
            tokio::select! {
                () = rung => {}
                () = sleep_until(end) => {}
            }
        }
    }

    async fn extend(&self, lease: &Lease) -> Result<bool, StoreError> {
        self.settle(lease, queue::Settlement::Extend).await
    }

    async fn postpone(
        &self,
        lease: &Lease,
        until: Timestamp,
        reason: &Reason,
    ) -> Result<bool, StoreError> {
        let until = until.as_millisecond();
        let postponed = self
            .settle(lease, queue::Settlement::Postpone(until, reason))
            .await?;
        self.bell.set_alarm(until, lease.exchange.shard());
        Ok(postponed)
    }

    async fn defer(&self, lease: &Lease, until: Timestamp) -> Result<bool, StoreError> {
        let until = until.as_millisecond();
        if until <= self.now_ms() {
            return self.settle(lease, queue::Settlement::Return).await;
        }
        let deferred = self.settle(lease, queue::Settlement::Defer(until)).await?;
        self.bell.set_alarm(until, lease.exchange.shard());
        Ok(deferred)
    }

    async fn blame(&self, lease: &Lease) -> Result<bool, StoreError> {
        self.settle(lease, queue::Settlement::Blame).await
    }

    async fn complete(&self, lease: &Lease) -> Result<bool, StoreError> {
        self.settle(lease, queue::Settlement::Complete).await
    }

    async fn bury(&self, lease: &Lease, reason: &Reason) -> Result<bool, StoreError> {
        self.settle(lease, queue::Settlement::Bury(reason)).await
    }

    async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        self.list_dead(limit).await
    }

    async fn replay(&self, exchange: ExchangeId, entry: EntryId) -> Result<bool, StoreError> {
        self.decide_dead(exchange, entry, "replay").await
    }

    async fn discard(&self, exchange: ExchangeId, entry: EntryId) -> Result<bool, StoreError> {
        self.decide_dead(exchange, entry, "discard").await
    }

    async fn remember(
        &self,
        name: &MemoName,
        value: &[u8],
        until: Timestamp,
    ) -> Result<(), StoreError> {
        self.keep_memo(name, value, until.as_millisecond()).await
    }

    async fn recall(&self, name: &MemoName) -> Result<Option<Bytes>, StoreError> {
        self.read_memo(name).await
    }

    async fn dismiss(&self, name: &MemoName) -> Result<bool, StoreError> {
        self.drop_memo(name).await
    }

    async fn health(&self) -> Result<Health, StoreError> {
        self.condition().await
    }

    fn wake(&self) {
        self.bell.wake();
        self.deadlines.notify_waiters();
    }
}

fn after(wait: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(wait)
        .or_else(|| now.checked_add(Duration::from_secs(86_400)))
        .unwrap_or(now)
}
