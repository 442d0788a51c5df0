//! Where the simulators get time and random bytes from

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use uuid::{Builder, Uuid};

/// Tells the time
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Fills a buffer with random bytes
pub type Fill = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// The only source of time and randomness of the simulated world
#[derive(Clone)]
pub struct Source {
    now: Clock,
    fill: Fill,
}

impl Source {
    /// Builds a source from a clock and a generator of random bytes
    pub fn new(now: Clock, fill: Fill) -> Self {
        Self { now, fill }
    }

    /// The present time
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// Fills a buffer with random bytes
    pub fn fill(&self, buffer: &mut [u8]) {
        (self.fill)(buffer);
    }

    /// A random UUID, version 4
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        Builder::from_random_bytes(bytes).into_uuid()
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").finish_non_exhaustive()
    }
}
