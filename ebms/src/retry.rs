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

    /// From the making of the message until the last attempt has ended, if none takes longer than
    /// `timeout`: what must be less than the business deadline. [ROB 8.4]
    pub fn budget(self, timeout: Duration) -> Duration {
        self.window()
            .saturating_add(self.slack())
            .saturating_add(timeout)
    }

    /// When to send again after an attempt. Spacing is from begin to begin, so that a partner that
    /// says nothing does not stretch the plan; one that asks for more time gets it within the plan.
    /// [ROB-54]
    pub fn next(self, attempt: Attempt, asked: Option<Duration>) -> Next {
        if attempt.number >= self.attempts {
            return Next::GiveUp;
        }
        let regular = after(attempt.began, self.interval).max(attempt.ended);
        let last = after(attempt.message_made, self.window());
        let asked = asked.map(|wait| after(attempt.ended, wait).min(last));
        let at = asked.map_or(regular, |asked| asked.max(regular));
        // The second attempt is made in any case: the first may have waited for us.
        if attempt.number > 1 && at > after(last, self.slack()) {
            return Next::GiveUp;
        }
        Next::At(at)
    }

    /// How far attempts may slip before the plan is over: each takes a moment to begin.
    fn slack(self) -> Duration {
        self.interval / 2
    }
}

/// An attempt that brought no receipt.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Attempt {
    /// Which it was, counted from 1.
    pub number: u32,
    /// When the message was made.
    pub message_made: Timestamp,
    /// When the attempt began.
    pub began: Timestamp,
    /// When it was known to have failed.
    pub ended: Timestamp,
}

fn after(time: Timestamp, wait: Duration) -> Timestamp {
    let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
    time.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule() -> Schedule {
        Schedule::new(4, Duration::from_secs(60))
    }

    fn second(number: i64) -> Timestamp {
        Timestamp::from_second(number).unwrap()
    }

    /// An attempt of a message made at 0, and what its partner asked for.
    #[track_caller]
    fn check(number: u32, began: i64, ended: i64, asked: Option<u64>, expected: Option<i64>) {
        let attempt = Attempt {
            number,
            message_made: second(0),
            began: second(began),
            ended: second(ended),
        };
        let next = schedule().next(attempt, asked.map(Duration::from_secs));
        let expected = expected.map_or(Next::GiveUp, |secs| Next::At(second(secs)));
        assert_eq!(next, expected);
    }

    #[test]
    fn attempts_are_evenly_spaced_and_counted() {
        check(1, 0, 0, None, Some(60));
        check(3, 120, 120, None, Some(180));
        check(4, 180, 180, None, None);
        check(5, 240, 240, None, None);
    }

    #[test]
    fn the_time_an_attempt_took_is_part_of_the_interval() {
        check(1, 0, 30, None, Some(60));
        check(1, 0, 75, None, Some(75));
    }

    #[test]
    fn a_partner_may_ask_for_more_time_but_not_for_ever() {
        // [ROB-54]
        check(1, 0, 0, Some(90), Some(90));
        check(1, 0, 0, Some(10), Some(60));
        check(1, 0, 0, Some(86_400), Some(180));
        // The plan is over before a third attempt.
        check(2, 180, 180, Some(86_400), None);
        check(2, 150, 150, None, Some(210));
    }

    #[test]
    fn a_message_that_waited_for_us_gets_a_second_attempt() {
        check(1, 1000, 1000, None, Some(1060));
        check(2, 1060, 1060, None, None);
    }

    #[test]
    fn there_is_always_one_attempt() {
        let once = Schedule::new(0, Duration::from_secs(60));
        assert_eq!(once.attempts(), 1);
        assert_eq!(once.window(), Duration::ZERO);
    }

    #[test]
    fn no_plan_outlasts_its_budget() {
        // [ROB 8.4] whatever partners ask for and however long they take, up to the time-out.
        const TIMEOUT: u64 = 70;
        let budget = schedule().budget(Duration::from_secs(TIMEOUT)).as_secs();
        for step in 0..1000_u64 {
            let (mut number, mut began) = (1, 0_u64);
            let mut ended;
            loop {
                let took = step.wrapping_mul(u64::from(number) * 7) % (TIMEOUT + 1);
                ended = began + took;
                let asked = (step % 3 > 0).then(|| step * 13 % 400);
                let attempt = Attempt {
                    number,
                    message_made: second(0),
                    began: second(began.try_into().unwrap()),
                    ended: second(ended.try_into().unwrap()),
                };
                match schedule().next(attempt, asked.map(Duration::from_secs)) {
                    Next::At(at) => began = at.as_second().try_into().unwrap(),
                    Next::GiveUp => break,
                }
                number += 1;
            }
            assert!(ended <= budget, "{ended} s in case {step}");
        }
    }
}
