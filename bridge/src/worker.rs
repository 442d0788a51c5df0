//! Takes work out of the outbox and sees deadlines through. A worker holds no state of its own: it
//! may die at any point, and another takes its entry over when the lease runs out. An entry that
//! may be the reason for that runs alone, so that no other is blamed for its deeds.

mod floor;

pub use floor::Floor;

use std::{
    convert::Infallible, future::Future, panic::AssertUnwindSafe, sync::Arc, time::Duration,
};

use futures_util::FutureExt as _;
use tokio::sync::watch;
use tracing::Instrument as _;

use crate::{
    as4::outbound::{self, Purpose},
    exchange::{Route, State, StoreError, Summary, store::Filter},
    outbox::{Lease, Leased, Reason, Take, WorkKind},
    platform::{Platform, Stopped},
    provide, retrieve,
    telemetry::names,
};

/// Workers per node. Steps wait for others most of the time; the CPU is kept busy by `spawn_blocking`.
pub const WORKERS: u32 = 8;

/// After so long without a sign of life of its worker an entry is taken over by another: what an
/// exchange loses at most when a node is killed.
const LEASE: Duration = Duration::from_secs(15);

/// How often a worker shows that it is alive while a step runs.
const SIGN: Duration = Duration::from_secs(5);

/// How long a worker waits in the store before it looks whether the platform stops.
const WAIT: Duration = Duration::from_secs(30);

/// Pause after a failure of ours, doubled up to a minute with every attempt.
const PAUSE: Duration = Duration::from_secs(1);

/// Time between two rounds of housekeeping.
const HOUSEKEEPING: Duration = Duration::from_secs(3600);

/// A spooled object younger than this may belong to a transition still to come.
const ORPHANED: Duration = Duration::from_secs(3600);

/// How long a finished exchange, erased but for its summary, is remembered.
const REMEMBERED: Duration = Duration::from_secs(24 * 3600);

/// How many deadlines are seen to at once.
const DUE: usize = 64;

/// Works until told to stop; what is begun is finished. All workers of a node share the floor.
pub async fn run(
    platform: Arc<Platform>,
    floor: Arc<Floor>,
    name: String,
    mut stop: watch::Receiver<bool>,
) {
    let take = Take {
        worker: name,
        kinds: WorkKind::ALL.to_vec(),
        lease: LEASE,
        wait: WAIT,
    };
    while !*stop.borrow() {
        let taking = async {
            floor.opened().await;
            platform.store().take(&take).await
        };
        let taken = tokio::select! {
            taken = taking => taken,
            // Somebody has to be alone: what is just being taken goes back.
            () = closing(&floor) => continue,
            _ = stop.changed() => continue,
        };
        match taken {
            Ok(Some(leased)) => place(&platform, &floor, leased, &mut stop).await,
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%error, "Outbox cannot be read");
                pause(PAUSE, &mut stop).await;
            }
        }
    }
}

/// Sees deadlines through until told to stop.
pub async fn keep_time(platform: Arc<Platform>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let due = tokio::select! {
            due = platform.store().due(DUE, WAIT) => due,
            _ = stop.changed() => continue,
        };
        let exchanges = match due {
            Ok(exchanges) => exchanges,
            Err(error) => {
                tracing::warn!(%error, "Deadlines cannot be read");
                pause(PAUSE, &mut stop).await;
                continue;
            }
        };
        for id in exchanges {
            if let Err(error) = time_over(&platform, id).await {
                tracing::warn!(%error, exchange = %id, "Deadline cannot be seen through");
                pause(PAUSE, &mut stop).await;
            }
        }
    }
}

/// Housekeeping, at start and every hour until told to stop: what nobody owns any more goes.
pub async fn keep_house(platform: Arc<Platform>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        if let Err(error) = tidy(&platform).await {
            tracing::warn!(%error, "Housekeeping failed and will be tried again");
        }
        pause(HOUSEKEEPING, &mut stop).await;
    }
}

/// Orphans in the spool, audit segments past their term, finished exchanges after a day. [NOOTS 9]
async fn tidy(platform: &Platform) -> Result<(), Stopped> {
    let orphaned = before(platform, ORPHANED);
    platform.spool().sweep(platform.store(), orphaned).await?;
    platform.audit().purge().await?;
    for state in State::ALL.into_iter().filter(|state| state.is_final()) {
        let filter = Filter {
            state: Some(state),
            ..Filter::default()
        };
        let mut after = None;
        loop {
            let page = platform.store().list(&filter, after).await?;
            forget_old(platform, &page.exchanges).await?;
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    platform
        .metrics()
        .spool_bytes(platform.spool().used_bytes());
    Ok(())
}

async fn forget_old(platform: &Platform, exchanges: &[Summary]) -> Result<(), Stopped> {
    let remembered = before(platform, REMEMBERED);
    for old in exchanges {
        if old.deadline().is_none() && old.updated() < remembered {
            platform.store().forget(old.id(), old.epoch()).await?;
        }
    }
    Ok(())
}

fn before(platform: &Platform, time: Duration) -> jiff::Timestamp {
    platform
        .world()
        .now()
        .saturating_sub(time)
        .unwrap_or(jiff::Timestamp::MIN)
}

async fn time_over(
    platform: &Arc<Platform>,
    id: crate::exchange::ExchangeId,
) -> Result<(), Stopped> {
    let Some(record) = platform.store().load(id).await? else {
        return Ok(());
    };
    // Another worker, or a step meanwhile, may have moved it.
    if record
        .summary()
        .deadline()
        .is_none_or(|deadline| deadline > platform.world().now())
    {
        return Ok(());
    }
    match record.route() {
        Route::Provide => provide::time_over(platform, record).await?,
        Route::Retrieve => retrieve::time_over(platform, record).await?,
    }
    platform.changed();
    Ok(())
}

/// Resolves when an open floor closes.
async fn closing(floor: &Floor) {
    floor.opened().await;
    floor.closed().await;
}

/// Runs the step beside others, or alone if the entry is suspected of killing its workers.
async fn place(
    platform: &Arc<Platform>,
    floor: &Floor,
    leased: Leased,
    stop: &mut watch::Receiver<bool>,
) {
    let lease = leased.lease.clone();
    if !leased.entry.is_suspect() || leased.entry.is_poison() {
        match floor.enter() {
            Some(_place) => step(platform, leased).await,
            None => put_back(platform, &lease).await,
        }
        return;
    }
    tracing::warn!(
        { names::EXCHANGE } = %lease.exchange,
        deliveries = leased.entry.deliveries(),
        blames = leased.entry.blames(),
        "Entry whose workers vanished is to run alone"
    );
    let _alone = tokio::select! {
        alone = alive(platform, &lease, floor.alone()) => alone,
        _ = stop.changed() => return put_back(platform, &lease).await,
    };
    // Written before the step: if the process dies now, it was this entry and no other.
    match platform.store().blame(&lease).await {
        Ok(true) => step(platform, leased).await,
        Ok(false) => tracing::warn!("Entry was taken over by another worker"),
        Err(error) => {
            tracing::warn!(%error, "Entry cannot be blamed, and so not run alone");
            put_back(platform, &lease).await;
        }
    }
}

/// Gives an entry back as if it had not been taken.
async fn put_back(platform: &Platform, lease: &Lease) {
    let now = platform.world().now();
    if let Err(error) = platform.store().defer(lease, now).await {
        // The lease runs out, and the entry comes again.
        tracing::warn!(%error, "Entry cannot be put back");
    }
}

async fn step(platform: &Arc<Platform>, leased: Leased) {
    let span = tracing::info_span!(
        names::SPAN_STEP,
        { names::EXCHANGE } = %leased.record.id(),
        { names::ROUTE } = leased.record.route().as_str(),
        { names::WORK } = leased.entry.kind().as_str(),
        { names::ATTEMPT } = leased.entry.attempt(),
    );
    async move {
        let lease = leased.lease.clone();
        let attempt = leased.entry.attempt();
        let done = AssertUnwindSafe(alive(platform, &lease, work(platform, leased)));
        match done.catch_unwind().await {
            Ok(Ok(())) => {}
            Ok(Err(stopped)) => {
                tracing::warn!(error = %stopped, "Step failed and will be tried again");
                let reason = Reason::new(stopped.code());
                let until = later(platform, attempt);
                if let Err(error) = platform.store().postpone(&lease, until, &reason).await {
                    // The lease runs out, and the entry comes again.
                    tracing::warn!(%error, "Entry cannot be postponed");
                }
            }
            // A defect of ours that this entry brings out. The worker must not be lost over it.
            Err(_) => {
                tracing::error!("Step panicked");
                if let Err(error) = panicked(platform, &lease).await {
                    tracing::warn!(%error, "Entry cannot be blamed");
                }
            }
        }
        platform.changed();
    }
    .instrument(span)
    .await;
}

/// Nobody else can have done it.
async fn panicked(platform: &Platform, lease: &Lease) -> Result<(), StoreError> {
    if platform.store().blame(lease).await? {
        platform.store().defer(lease, later(platform, 0)).await?;
    }
    Ok(())
}

/// When to try again after a failure of ours.
fn later(platform: &Platform, attempt: u32) -> jiff::Timestamp {
    let wait = PAUSE
        .saturating_mul(1 << attempt.min(6))
        .min(Duration::from_secs(60));
    let until = platform.world().now().saturating_add(wait);
    until.unwrap_or(jiff::Timestamp::MAX)
}

/// Keeps a lease for as long as its step runs.
async fn alive<T>(platform: &Platform, lease: &Lease, step: impl Future<Output = T>) -> T {
    let signs = async {
        loop {
            tokio::time::sleep(SIGN).await;
            match platform.store().extend(lease).await {
                Ok(true) => {}
                // What the step does to the exchange will be refused.
                Ok(false) => tracing::warn!("Entry was taken over by another worker"),
                Err(error) => tracing::warn!(%error, "Lease cannot be extended"),
            }
        }
    };
    let signs: std::pin::Pin<Box<dyn Future<Output = Infallible> + Send>> = Box::pin(signs);
    tokio::select! {
        done = step => done,
        never = signs => match never {},
    }
}

async fn work(platform: &Arc<Platform>, leased: Leased) -> Result<(), Stopped> {
    if leased.entry.is_poison() {
        tracing::error!("Entry keeps killing its workers and is buried");
        return match leased.record.route() {
            Route::Provide => provide::poisoned(platform, leased).await,
            Route::Retrieve => retrieve::poisoned(platform, leased).await,
        };
    }
    match leased.entry.kind() {
        WorkKind::AskProvider | WorkKind::PollProvider => provide::ask(platform, leased).await,
        WorkKind::SendAs4 => {
            let (sending, fate) = outbound::send(platform, &leased).await?;
            match (sending.purpose, fate) {
                (_, outbound::Fate::Postponed) => Ok(()),
                (Purpose::Answer | Purpose::Error, fate) => {
                    provide::sent(platform, leased, &sending, fate).await
                }
                (Purpose::Request(_), fate) => {
                    retrieve::sent(platform, leased, &sending, fate).await
                }
            }
        }
        // Nothing of this route puts these in yet; an entry of a newer version is kept for it.
        WorkKind::Resolve | WorkKind::NotifyConsumer | WorkKind::DeleteEvidence => {
            platform
                .store()
                .bury(&leased.lease, &Reason::new("unknown-work"))
                .await?;
            Ok(())
        }
    }
}

async fn pause(time: Duration, stop: &mut watch::Receiver<bool>) {
    tokio::select! {
        () = tokio::time::sleep(time) => {}
        _ = stop.changed() => {}
    }
}
