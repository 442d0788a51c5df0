//! Who tells waiting workers that there is work: what this process knows about the streams.
//!
//! One task reads the streams on a connection of its own and blocks there, so that an entry put by
//! any node wakes a worker at once. Another looks after entries whose time comes, and every few
//! seconds after work whose worker has vanished.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use redis::{from_redis_value, streams::StreamReadReply};
use tokio::sync::{Notify, futures::Notified};

use super::{
    keys,
    scripts::Scripts,
    wire::{BLOCK, Wire},
};
use crate::{
    exchange::{id::Shard, store::StoreError},
    outbox::WorkKind,
    world::World,
};

/// How often a look is taken at what nobody rang for.
const RECOVERY: Duration = Duration::from_secs(5);
/// Pause after a failure, so that a server that is down is not hammered.
const PAUSE: Duration = Duration::from_millis(500);

/// A stream: the work of one kind in one shard.
pub(super) type Spot = (WorkKind, Shard);

/// What is known, shared by the tasks and the workers.
pub(super) struct Bell {
    state: Mutex<State>,
    work: Notify,
    alarm: Notify,
}

#[derive(Default)]
struct State {
    /// How many entries to expect where.
    expected: BTreeMap<Spot, usize>,
    /// When an entry of a shard is due.
    due: BTreeSet<(i64, Shard)>,
}

impl Bell {
    pub(super) fn new() -> Self {
        Self {
            state: Mutex::default(),
            work: Notify::new(),
            alarm: Notify::new(),
        }
    }

    /// Resolves at the next ring.
    pub(super) fn rung(&self) -> Notified<'_> {
        self.work.notified()
    }

    /// There are `count` more entries at a spot.
    pub(super) fn expect(&self, spot: Spot, count: usize) {
        let mut state = self.lock();
        let expected = state.expected.entry(spot).or_default();
        *expected = expected.saturating_add(count);
        drop(state);
        self.work.notify_waiters();
    }

    /// There is something at a spot, perhaps not more than is expected anyway.
    pub(super) fn hint(&self, spot: Spot) {
        self.lock().expected.entry(spot).or_insert(1);
        self.work.notify_waiters();
    }

    /// A spot worth a look, which is then nobody else's to look at unless more is expected there.
    pub(super) fn pick(&self, kinds: &[WorkKind]) -> Option<Spot> {
        let mut state = self.lock();
        let mut spots = state.expected.keys();
        let spot = *spots.find(|(kind, _)| kinds.contains(kind))?;
        let left = state.expected.get_mut(&spot)?;
        *left = left.saturating_sub(1);
        if *left == 0 {
            state.expected.remove(&spot);
        }
        Some(spot)
    }

    /// An entry of this shard is due at that time.
    pub(super) fn set_alarm(&self, at_ms: i64, shard: Shard) {
        let mut state = self.lock();
        let sooner = state.due.first().is_none_or(|(first, _)| at_ms < *first);
        state.due.insert((at_ms, shard));
        drop(state);
        if sooner {
            self.alarm.notify_one();
        }
    }

    /// Looks at everything now.
    pub(super) fn wake(&self) {
        self.alarm.notify_one();
        self.work.notify_waiters();
    }

    fn next_alarm(&self) -> Option<i64> {
        self.lock().due.first().map(|(at, _)| *at)
    }

    fn clear_alarms(&self, now_ms: i64) {
        self.lock().due.retain(|(at, _)| *at > now_ms);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads the streams for ever, without taking anything from them.
pub(super) async fn listen(wire: Arc<Wire>, bell: Arc<Bell>) {
    let mut last = BTreeMap::new();
    for kind in WorkKind::ALL {
        for shard in Shard::all() {
            last.insert(keys::work(shard, kind), ((kind, shard), "0-0".to_owned()));
        }
    }
    loop {
        if let Err(error) = listen_once(&wire, &bell, &mut last).await {
            tracing::debug!(%error, "Streams cannot be read");
            tokio::time::sleep(PAUSE).await;
        }
    }
}

async fn listen_once(
    wire: &Wire,
    bell: &Bell,
    last: &mut BTreeMap<String, (Spot, String)>,
) -> Result<(), StoreError> {
    let mut connection = wire.dedicated().await?;
    loop {
        let mut read = redis::cmd("XREAD");
        let millis = u64::try_from(BLOCK.as_millis()).unwrap_or(u64::MAX);
        read.arg("COUNT")
            .arg(128)
            .arg("BLOCK")
            .arg(millis)
            .arg("STREAMS");
        for name in last.keys() {
            read.arg(name);
        }
        for (_, id) in last.values() {
            read.arg(id);
        }
        let result = read.query_async(&mut connection.inner).await;
        let value: redis::Value = connection.note(result)?;
        if value == redis::Value::Nil {
            continue;
        }
        let reply: StreamReadReply =
            from_redis_value(value).map_err(|_| StoreError::Protocol("stream reply"))?;
        for stream in reply.keys {
            let newest = stream.ids.last().map(|entry| entry.id.clone());
            let known = last.get_mut(&stream.key);
            if let (Some(newest), Some((spot, id))) = (newest, known) {
                *id = newest;
                bell.expect(*spot, stream.ids.len());
            }
        }
    }
}

/// Sees to entries whose time comes and to stuck ones, for ever.
pub(super) async fn look_after(
    wire: Arc<Wire>,
    bell: Arc<Bell>,
    scripts: Arc<Scripts>,
    world: World,
) {
    loop {
        if let Err(error) = sweep(&wire, &bell, &scripts, &world).await {
            tracing::debug!(%error, "Store cannot be swept");
            tokio::time::sleep(PAUSE).await;
        }
        let now = world.now().as_millisecond();
        let ahead = bell.next_alarm().map(|at| at.saturating_sub(now).max(1));
        let wait = ahead.map_or(RECOVERY, |ms| Duration::from_millis(ms.unsigned_abs()));
        tokio::select! {
            () = bell.alarm.notified() => {}
            () = tokio::time::sleep(wait.min(RECOVERY)) => {}
        }
    }
}

async fn sweep(
    wire: &Wire,
    bell: &Bell,
    scripts: &Scripts,
    world: &World,
) -> Result<(), StoreError> {
    let now = world.now().as_millisecond();
    bell.clear_alarms(now);
    let mut sweeps = Vec::new();
    for shard in Shard::all() {
        let mut arguments = vec![
            keys::prefix(shard).into_bytes(),
            now.to_string().into_bytes(),
        ];
        arguments.extend(WorkKind::ALL.map(|kind| kind.as_str().as_bytes().to_vec()));
        sweeps.push(async move {
            let key = keys::prefix(shard);
            let answer = wire.write(&scripts.sweep, &key, &arguments).await?;
            if let Ok(next) = answer.parse::<f64>(0) {
                // Scores are whole milliseconds far below 2^53.
                bell.set_alarm(next as i64, shard);
            }
            for kind in answer.texts_from(1).filter_map(WorkKind::named) {
                bell.hint((kind, shard));
            }
            Ok::<_, StoreError>(())
        });
    }
    futures_util::future::try_join_all(sweeps).await?;
    Ok(())
}
