//! `[timers]`: how long each step of an exchange may take.

use std::time::Duration;

use super::read::Table;

/// T1 to T3 of one role.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RoleTimers {
    t1: Duration,
    t2: Duration,
    t3: Duration,
}

impl RoleTimers {
    /// From the request to the first answer.
    pub fn t1(&self) -> Duration {
        self.t1
    }

    /// From the preview location to the user's arrival there.
    pub fn t2(&self) -> Duration {
        self.t2
    }

    /// From the arrival to the decision.
    pub fn t3(&self) -> Duration {
        self.t3
    }

    fn read(mut table: Table<'_>, defaults: [u64; 3]) -> Self {
        let [t1, t2, t3] = defaults;
        let timers = Self {
            t1: table.seconds("t1_secs", t1),
            t2: table.seconds("t2_secs", t2),
            t3: table.seconds("t3_secs", t3),
        };
        table.finish();
        timers
    }

    /// The three with their keys.
    pub(super) fn by_key(&self) -> [(&'static str, Duration); 3] {
        [
            ("t1_secs", self.t1),
            ("t2_secs", self.t2),
            ("t3_secs", self.t3),
        ]
    }
}

/// `[timers]`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Timers {
    provider: RoleTimers,
    requester: RoleTimers,
    late_grace: Duration,
    national: Duration,
    session: Duration,
    evidence_wait: Duration,
}

impl Timers {
    /// When we answer (route provide).
    pub fn provider(&self) -> RoleTimers {
        self.provider
    }

    /// When we ask (route retrieve).
    pub fn requester(&self) -> RoleTimers {
        self.requester
    }

    /// How long after a presumed time-out a genuine answer still counts.
    pub fn late_grace(&self) -> Duration {
        self.late_grace
    }

    /// How long a register may take, polling included.
    pub fn national(&self) -> Duration {
        self.national
    }

    /// How long a user's session lasts.
    pub fn session(&self) -> Duration {
        self.session
    }

    /// How long evidence waits for the Data Consumer.
    pub fn evidence_wait(&self) -> Duration {
        self.evidence_wait
    }

    pub(super) fn read(mut table: Table<'_>) -> Self {
        let provider = RoleTimers::read(table.section("provider"), [300, 900, 2_400]);
        let requester = RoleTimers::read(table.section("requester"), [360, 960, 2_460]);
        let timers = Self {
            provider,
            requester,
            late_grace: Duration::from_secs(table.or("late_grace_secs", 3_600)),
            national: table.seconds("national_secs", 120),
            session: table.seconds("session_secs", 3_600),
            evidence_wait: table.seconds("evidence_wait_secs", 3_600),
        };
        table.finish();
        timers
    }
}
