//! The only source of time and randomness: everything else is handed a `World`.
//!
//! `World::system()` reads the machine; `World::frozen()` is for tests and for replaying: its clock
//! stands still until it is stepped, and its random bytes follow from the seed. No other file of
//! this package may read a clock or draw a random number (`clippy.toml` refuses it).

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use aws_lc_rs::{
    digest::{self, SHA256},
    rand::{SecureRandom, SystemRandom},
};
use jiff::Timestamp;
use uuid::Uuid;

/// Clock and randomness of this process. Cloning is cheap; clones share one clock.
#[derive(Clone)]
pub struct World {
    source: Arc<Source>,
}

impl World {
    /// The machine's clock and the operating system's randomness.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the place where the clock is read"
    )]
    pub fn system() -> Self {
        let source = Source::System {
            random: SystemRandom::new(),
            began: Instant::now(),
        };
        Self {
            source: Arc::new(source),
        }
    }

    /// A clock that stands at `start` until it is stepped, and random bytes that follow from `seed`.
    #[must_use]
    pub fn frozen(start: Timestamp, seed: u64) -> Self {
        let state = Frozen {
            now: start,
            elapsed: Duration::ZERO,
            seed,
            drawn: 0,
        };
        Self {
            source: Arc::new(Source::Frozen(Mutex::new(state))),
        }
    }

    /// The wall clock.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the place where the clock is read"
    )]
    pub fn now(&self) -> Timestamp {
        match &*self.source {
            Source::System { .. } => Timestamp::now(),
            Source::Frozen(state) => lock(state).now,
        }
    }

    /// Time since this world began; never goes back, whatever happens to the wall clock.
    #[must_use]
    pub fn monotonic(&self) -> Duration {
        match &*self.source {
            Source::System { began, .. } => began.elapsed(),
            Source::Frozen(state) => lock(state).elapsed,
        }
    }

    /// A new random identifier (version 4).
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// Fills `bytes` with randomness fit for keys.
    pub fn fill(&self, bytes: &mut [u8]) {
        match &*self.source {
            Source::System { random, .. } => {
                if random.fill(bytes).is_err() {
                    // Going on would hand out predictable identifiers and keys.
                    std::process::abort();
                }
            }
            Source::Frozen(state) => lock(state).fill(bytes),
        }
    }

    /// Moves a frozen clock forward. The machine's clock cannot be moved: there this does nothing.
    pub fn step(&self, by: Duration) {
        if let Source::Frozen(state) = &*self.source {
            let mut state = lock(state);
            state.elapsed = state.elapsed.saturating_add(by);
            state.now = state.now.saturating_add(by).unwrap_or(Timestamp::MAX);
        }
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &*self.source {
            Source::System { .. } => "system",
            Source::Frozen(_) => "frozen",
        };
        f.debug_tuple("World").field(&kind).finish()
    }
}

enum Source {
    System {
        random: SystemRandom,
        began: Instant,
    },
    Frozen(Mutex<Frozen>),
}

struct Frozen {
    now: Timestamp,
    elapsed: Duration,
    seed: u64,
    drawn: u64,
}

impl Frozen {
    /// SHA-256 in counter mode: the same seed gives the same bytes on every machine.
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(digest::SHA256_OUTPUT_LEN) {
            let mut block = digest::Context::new(&SHA256);
            block.update(&self.seed.to_be_bytes());
            block.update(&self.drawn.to_be_bytes());
            self.drawn = self.drawn.wrapping_add(1);
            for (byte, drawn) in chunk.iter_mut().zip(block.finish().as_ref()) {
                *byte = *drawn;
            }
        }
    }
}

fn lock(state: &Mutex<Frozen>) -> std::sync::MutexGuard<'_, Frozen> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frozen(seed: u64) -> World {
        World::frozen("2026-01-31T10:00:00Z".parse().unwrap(), seed)
    }

    #[test]
    fn a_frozen_clock_stands_until_it_is_stepped() {
        let world = frozen(1);
        let before = world.now();
        assert_eq!(world.now(), before);
        world.clone().step(Duration::from_secs(90));
        assert_eq!(world.now().to_string(), "2026-01-31T10:01:30Z");
        assert_eq!(world.monotonic(), Duration::from_secs(90));
    }

    #[test]
    fn the_same_seed_gives_the_same_identifiers() {
        let (one, other) = (frozen(7), frozen(7));
        let ids: Vec<_> = (0..3).map(|_| one.uuid()).collect();
        assert_eq!(ids, (0..3).map(|_| other.uuid()).collect::<Vec<_>>());
        assert_ne!(ids, (0..3).map(|_| frozen(8).uuid()).collect::<Vec<_>>());
    }

    #[test]
    fn clones_share_the_stream_and_never_repeat() {
        let world = frozen(7);
        assert_ne!(world.uuid(), world.clone().uuid());
    }

    #[test]
    fn long_fills_do_not_repeat_their_blocks() {
        let mut bytes = [0; 96];
        frozen(3).fill(&mut bytes);
        assert_ne!(bytes[..32], bytes[32..64]);
        assert_ne!(bytes[32..64], bytes[64..]);
    }

    #[test]
    fn identifiers_are_version_four() {
        assert_eq!(frozen(1).uuid().get_version_num(), 4);
        assert_eq!(World::system().uuid().get_version_num(), 4);
    }

    #[test]
    fn the_system_clock_cannot_be_stepped() {
        let world = World::system();
        world.step(Duration::from_secs(1 << 40));
        assert!(world.monotonic() < Duration::from_secs(1 << 30));
    }
}
