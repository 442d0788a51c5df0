//! Answers kept in memory: fresh for a while, then a stand-in during an outage. One question is
//! out only once at a time, however many ask it. Deliberately absent: refusals, errors, and a
//! wall clock (age is monotonic).

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use jiff::Timestamp;

use super::fetch::LookUpError;
use crate::world::World;

/// How long answers serve.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Policy {
    /// How long an answer is fresh.
    pub ttl: Duration,
    /// How long after that it stands in when the service is not there.
    pub serve_stale: Duration,
}

/// An answer with its age.
#[derive(Debug)]
pub struct Aged<T> {
    value: Arc<T>,
    as_of: Timestamp,
    age: Duration,
    stale: bool,
}

impl<T> Aged<T> {
    /// The answer.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// The answer, to be kept.
    pub fn share(&self) -> Arc<T> {
        Arc::clone(&self.value)
    }

    /// When the service gave it.
    pub fn as_of(&self) -> Timestamp {
        self.as_of
    }

    /// How long ago that was.
    pub fn age(&self) -> Duration {
        self.age
    }

    /// Whether it is past its time and stands in for a service that is not there.
    pub fn is_stale(&self) -> bool {
        self.stale
    }
}

impl<T> Clone for Aged<T> {
    fn clone(&self) -> Self {
        Self {
            value: Arc::clone(&self.value),
            ..*self
        }
    }
}

type Fetch<V> = BoxFuture<'static, Result<Arc<V>, LookUpError>>;

pub(super) struct Cache<K, V> {
    policy: Policy,
    may_be_kept: fn(&V) -> bool,
    entries: Mutex<BTreeMap<K, Entry<V>>>,
}

struct Entry<V> {
    stored: Option<Stored<V>>,
    flight: Option<Shared<Fetch<V>>>,
}

struct Stored<V> {
    value: Arc<V>,
    as_of: Timestamp,
    /// Monotonic time of `as_of`.
    at: Duration,
}

impl<K: Clone + Ord, V: Send + Sync + 'static> Cache<K, V> {
    pub(super) fn new(policy: Policy, may_be_kept: fn(&V) -> bool) -> Self {
        Self {
            policy,
            may_be_kept,
            entries: Mutex::default(),
        }
    }

    /// A fresh answer, one that is fetched now, or during an outage one that is not too old.
    pub(super) async fn get(
        &self,
        key: &K,
        world: &World,
        fetch: impl FnOnce() -> Fetch<V>,
    ) -> Result<Aged<V>, LookUpError> {
        let flight = match self.board(key, world, fetch) {
            Boarded::Fresh(answer) => return Ok(answer),
            Boarded::Flight(flight) => flight,
        };
        let landed = flight.clone().await;
        self.land(key, &flight, &landed, world);
        match landed {
            Ok(value) => Ok(Aged {
                value,
                as_of: world.now(),
                age: Duration::ZERO,
                stale: false,
            }),
            Err(error) if error.is_outage() => self.stand_in(key, world).ok_or(error),
            Err(error) => Err(error),
        }
    }

    fn board(&self, key: &K, world: &World, fetch: impl FnOnce() -> Fetch<V>) -> Boarded<V> {
        let mut entries = self.lock();
        let entry = entries.entry(key.clone()).or_insert_with(Entry::empty);
        if let Some(stored) = &entry.stored
            && stored.age(world) < self.policy.ttl
        {
            return Boarded::Fresh(stored.aged(world, false));
        }
        // A flight nobody else holds was abandoned by its callers; its time-out has been running.
        let flight = entry
            .flight
            .take()
            .filter(|flight| flight.strong_count().is_some_and(|holders| holders > 1))
            .unwrap_or_else(|| fetch().shared());
        entry.flight = Some(flight.clone());
        Boarded::Flight(flight)
    }

    /// The first of the callers of a flight that gets here files its result.
    fn land(
        &self,
        key: &K,
        flight: &Shared<Fetch<V>>,
        result: &Result<Arc<V>, LookUpError>,
        world: &World,
    ) {
        let mut entries = self.lock();
        let Some(entry) = entries.get_mut(key) else {
            return;
        };
        if !entry
            .flight
            .as_ref()
            .is_some_and(|current| current.ptr_eq(flight))
        {
            return;
        }
        entry.flight = None;
        if let Ok(value) = result {
            entry.stored = (self.may_be_kept)(value).then(|| Stored {
                value: Arc::clone(value),
                as_of: world.now(),
                at: world.monotonic(),
            });
        }
        let longest = self.policy.ttl.saturating_add(self.policy.serve_stale);
        entries.retain(|_, entry| {
            entry.flight.is_some()
                || entry
                    .stored
                    .as_ref()
                    .is_some_and(|stored| stored.age(world) < longest)
        });
        make_room(&mut entries);
    }

    fn stand_in(&self, key: &K, world: &World) -> Option<Aged<V>> {
        let longest = self.policy.ttl.saturating_add(self.policy.serve_stale);
        let entries = self.lock();
        let stored = entries.get(key)?.stored.as_ref()?;
        (stored.age(world) < longest)
            .then(|| stored.aged(world, stored.age(world) >= self.policy.ttl))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<K, Entry<V>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Boarded<V> {
    Fresh(Aged<V>),
    Flight(Shared<Fetch<V>>),
}

impl<V> Entry<V> {
    fn empty() -> Self {
        Self {
            stored: None,
            flight: None,
        }
    }
}

impl<V> Stored<V> {
    fn age(&self, world: &World) -> Duration {
        world.monotonic().saturating_sub(self.at)
    }

    fn aged(&self, world: &World, stale: bool) -> Aged<V> {
        Aged {
            value: Arc::clone(&self.value),
            as_of: self.as_of,
            age: self.age(world),
            stale,
        }
    }
}

/// User answers make keys, so their number is not bounded by the catalogue.
fn make_room<K: Clone + Ord, V>(entries: &mut BTreeMap<K, Entry<V>>) {
    while entries.len() > CAPACITY {
        let oldest = entries
            .iter()
            .filter(|(_, entry)| entry.flight.is_none())
            .min_by_key(|(_, entry)| entry.stored.as_ref().map(|stored| stored.at))
            .map(|(key, _)| key.clone());
        let Some(oldest) = oldest else {
            return;
        };
        entries.remove(&oldest);
    }
}

const CAPACITY: usize = 4096;

#[cfg(test)]
mod tests;
