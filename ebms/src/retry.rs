//! When to send again and when to give up: arithmetic only. [AS4 3.1]

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Whether sending the same message again can help.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Retry {
    /// It cannot.
    Never,
    /// It can, after the interval of the schedule.
    After,
}

/// Attempts, evenly spaced.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Schedule {
    attempts: u32,
    interval: Duration,
}

/// What to do after an attempt that brought no receipt.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Next {
    /// Send the same octets again at this time.
    At(Timestamp),
    /// Tell the producer that no receipt came.
    // [EBMS:0301]
    GiveUp,
}

impl Schedule {
    /// `attempts` in all, at least one.
    pub fn new(attempts: u32, interval: Duration) -> Self {
        Self {
            attempts: attempts.max(1),
            interval,
        }
    }

    /// Attempts in all, the first included.
    pub fn attempts(self) -> u32 {
        self.attempts
    }

    /// Time between attempts.
    pub fn interval(self) -> Duration {
        self.interval
    }

    /// From the first attempt to the last.
    pub fn window(self) -> Duration {
        self.interval
            .saturating_mul(self.attempts.saturating_sub(1))
    }

    /// After `made` attempts, the last at `last`. A partner that asks for more time gets it, as
    /// long as the window lasts.
    pub fn next(self, made: u32, last: Timestamp, asked: Option<Duration>) -> Next {
        if made >= self.attempts {
            return Next::GiveUp;
        }
        let wait = self
            .interval
            .max(asked.unwrap_or_default().min(self.window()));
        let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
        last.checked_add(wait).map_or(Next::GiveUp, Next::At)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule() -> Schedule {
        Schedule::new(4, Duration::from_secs(60))
    }

    #[track_caller]
    fn check(made: u32, asked: Option<u64>, expected: Option<i64>) {
        let next = schedule().next(made, Timestamp::UNIX_EPOCH, asked.map(Duration::from_secs));
        let expected = expected.map_or(Next::GiveUp, |secs| {
            Next::At(Timestamp::from_second(secs).unwrap())
        });
        assert_eq!(next, expected);
    }

    #[test]
    fn attempts_are_evenly_spaced_and_counted() {
        check(1, None, Some(60));
        check(3, None, Some(60));
        check(4, None, None);
        check(5, None, None);
    }

    #[test]
    fn a_partner_may_ask_for_more_time_but_not_for_ever() {
        check(1, Some(90), Some(90));
        check(1, Some(10), Some(60));
        check(1, Some(86_400), Some(180));
    }

    #[test]
    fn there_is_always_one_attempt() {
        let once = Schedule::new(0, Duration::from_secs(60));
        assert_eq!(once.attempts(), 1);
        assert_eq!(once.window(), Duration::ZERO);
        assert_eq!(once.next(1, Timestamp::UNIX_EPOCH, None), Next::GiveUp);
    }
}
