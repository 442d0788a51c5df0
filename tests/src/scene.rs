//! A bridge in the simulated world, shared by the tests of a file: one plays at a time, on a clock
//! that stands until a test moves it, and leaves nothing behind.
#![expect(clippy::expect_used, clippy::panic, reason = "test code")]

use std::{
    collections::BTreeSet,
    future::Future,
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bridge::{
    audit::{
        Event,
        event::{Facts, Written},
        search::{Query, search},
    },
    demo::{Stage, StageOptions},
    exchange::{ExchangeId, State, store::Filter},
    platform::Platform,
    world::World,
};
use conformance::simulator::{
    Journal, SimulatedWorld,
    data_consumer::DataConsumer,
    foreign::{AccessPoint, Answering, Portal, Provider, Receiving},
    register::{Mood, Register},
    world::GermanEvidence,
};
use tokio::{
    runtime::Runtime,
    sync::{Mutex, OnceCell},
};

/// How long anything may take before a test fails; the machine may be busy.
pub const LIMIT: Duration = Duration::from_secs(30);

/// Longer than a step of work needs to be noticed.
const MOMENT: Duration = Duration::from_millis(100);

/// When the clock of every scene begins.
const BEGIN: &str = "2026-08-06T10:00:00Z";

/// The scene of a file of tests.
pub struct Shared {
    folder: &'static str,
    name: &'static str,
    options: fn() -> StageOptions,
    runtime: OnceLock<Runtime>,
    scene: OnceCell<Mutex<Scene>>,
}

impl Shared {
    /// A scene that is set up when the first test wants it, with its files in a folder of this name
    /// below `folder`, which is `CARGO_TARGET_TMPDIR`.
    #[must_use]
    pub const fn new(
        folder: &'static str,
        name: &'static str,
        options: fn() -> StageOptions,
    ) -> Self {
        Self {
            folder,
            name,
            options,
            runtime: OnceLock::new(),
            scene: OnceCell::const_new(),
        }
    }

    /// Plays one test to its end: afterwards no exchange is stuck and no work is left.
    ///
    /// # Panics
    /// The test fails, the scene cannot be set up, or something is left.
    pub fn play(&'static self, test: impl AsyncFnOnce(&Scene)) {
        // Outlives every test, as what runs in it must.
        let runtime = self
            .runtime
            .get_or_init(|| Runtime::new().expect("a runtime"));
        runtime.block_on(async {
            let scene = self.scene.get_or_init(|| self.set_up()).await;
            let mut scene = scene.lock().await;
            scene.begin().await;
            test(&scene).await;
            scene.settled().await;
        });
    }

    async fn set_up(&self) -> Mutex<Scene> {
        let folder = PathBuf::from(self.folder).join(self.name);
        // What an earlier run left.
        drop(std::fs::remove_dir_all(&folder));
        let clock = World::frozen(BEGIN.parse().expect("a time"), SEED);
        let options = StageOptions {
            folder: Some(folder),
            ..(self.options)()
        };
        let stage = Stage::start(options, clock.clone())
            .await
            .expect("the stage starts");
        Mutex::new(Scene {
            stage,
            clock,
            before: Before::default(),
        })
    }
}

const SEED: u64 = 1463;

/// A bridge and its world while a test plays.
pub struct Scene {
    stage: Stage,
    clock: World,
    before: Before,
}

/// What was there when the test began.
#[derive(Default)]
struct Before {
    steps: usize,
    evidence: usize,
    audit: u64,
    left: Left,
}

/// What is not finished.
#[derive(Debug, Default)]
struct Left {
    exchanges: BTreeSet<ExchangeId>,
    entries: u64,
    dead_letters: u64,
}

impl Left {
    /// Whether all of the other was there before. What a failed test left may go meanwhile.
    fn covers(&self, other: &Self) -> bool {
        other.exchanges.is_subset(&self.exchanges)
            && other.entries <= self.entries
            && other.dead_letters <= self.dead_letters
    }
}

impl Scene {
    /// The stage.
    #[must_use]
    pub const fn stage(&self) -> &Stage {
        &self.stage
    }

    /// The clock.
    #[must_use]
    pub const fn clock(&self) -> &World {
        &self.clock
    }

    /// The world around the bridge.
    #[must_use]
    pub const fn world(&self) -> &SimulatedWorld {
        self.stage.world()
    }

    /// The foreign portal.
    #[must_use]
    pub fn portal(&self) -> &Portal {
        self.world().foreign().portal()
    }

    /// The foreign evidence provider.
    #[must_use]
    pub fn provider(&self) -> &Provider {
        self.world().foreign().provider()
    }

    /// The foreign access point.
    #[must_use]
    pub fn access_point(&self) -> &AccessPoint {
        self.world().foreign().access_point()
    }

    /// The German portal.
    #[must_use]
    pub const fn consumer(&self) -> &DataConsumer {
        self.world().consumer()
    }

    /// The register behind a German evidence.
    ///
    /// # Panics
    /// Never in the simulated world.
    #[must_use]
    pub fn register(&self, evidence: GermanEvidence) -> &Arc<Register> {
        let register = self.world().sak().register(evidence.service_id());
        register.expect("a register of the world")
    }

    /// What happened on every wire.
    #[must_use]
    pub const fn journal(&self) -> &Journal {
        self.world().journal()
    }

    /// What runs.
    ///
    /// # Panics
    /// The bridge was stopped.
    #[must_use]
    pub fn platform(&self) -> &Arc<Platform> {
        self.stage.running().expect("a running bridge").platform()
    }

    /// Lets time pass.
    pub fn pass(&self, time: Duration) {
        self.clock.step(time);
        self.platform().store().wake();
    }

    /// Waits for something that takes its time: whenever a step of work is done and nothing but
    /// the clock holds up the next, the clock is moved by `pace`, the longest wait between two.
    pub async fn passing<T>(&self, pace: Duration, awaited: impl Future<Output = T>) -> T {
        let mut changes = self.platform().changes();
        let mut awaited = std::pin::pin!(awaited);
        // The step before may be done already.
        self.pass(pace);
        loop {
            tokio::select! {
                done = &mut awaited => return done,
                _ = changes.changed() => self.pass(pace),
            }
        }
    }

    /// Waits until nothing has happened for a moment.
    pub async fn quiet(&self) {
        let mut changes = self.platform().changes();
        while tokio::time::timeout(MOMENT, changes.changed())
            .await
            .is_ok()
        {}
    }

    /// The entries of the audit log since the test began.
    ///
    /// # Panics
    /// The log cannot be read.
    #[must_use]
    pub fn log(&self) -> Vec<Written> {
        let folder = self.platform().config().audit().path().to_owned();
        let entries = search(&folder, &Query::default()).expect("the audit log can be read");
        entries
            .into_iter()
            .filter(|entry| entry.seq > self.before.audit)
            .collect()
    }

    /// The events in the audit log since the test began.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.log().iter().map(|entry| entry.facts.event).collect()
    }

    /// What the log says about an event since the test began.
    #[must_use]
    pub fn entries(&self, event: Event) -> Vec<Written> {
        let log = self.log().into_iter();
        log.filter(|entry| entry.facts.event == event).collect()
    }

    /// Waits until an event is in the log so often, and the step that wrote it is done.
    ///
    /// # Panics
    /// It does not come, or the platform stops.
    pub async fn until(&self, event: Event, count: usize) -> Vec<Written> {
        let mut changes = self.platform().changes();
        let watch = async {
            while self.entries(event).len() < count {
                changes.changed().await.expect("the platform runs");
            }
        };
        let watched = tokio::time::timeout(LIMIT, watch).await;
        let found = self.entries(event);
        assert!(watched.is_ok(), "{} of {count} {event:?}", found.len());
        self.quiet().await;
        found
    }

    /// The one entry of an event.
    ///
    /// # Panics
    /// There is none, or more than one.
    #[track_caller]
    pub fn logged(&self, event: Event) -> Facts {
        let log = self.log();
        let mut found = log.iter().filter(|entry| entry.facts.event == event);
        match (found.next(), found.next()) {
            (Some(entry), None) => entry.facts.clone(),
            (first, _) => {
                let number = if first.is_some() {
                    "more than one"
                } else {
                    "no"
                };
                let all: Vec<_> = log.iter().map(|entry| entry.facts.event).collect();
                panic!("{number} {event:?} in {all:?}")
            }
        }
    }

    /// Fails if a simulator had anything to object to since the test began, or if a document was
    /// another one at its end.
    ///
    /// # Panics
    /// It did, or it was.
    #[track_caller]
    pub fn agreed(&self) {
        self.uncontested();
        assert_eq!(
            self.journal().disagreements(self.before.evidence),
            [""; 0],
            "documents differ"
        );
    }

    /// What the simulators had to object to since the test began.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        let complaints = self.journal().complaints_since(self.before.steps);
        complaints
            .into_iter()
            .map(|complaint| format!("{}: {}", complaint.step.what, complaint.text))
            .collect()
    }

    /// Fails if a simulator had anything to object to since the test began.
    ///
    /// # Panics
    /// It did.
    #[track_caller]
    pub fn uncontested(&self) {
        assert_eq!(self.complaints(), [""; 0]);
    }

    /// Waits until every exchange of the test has ended and the outbox is as empty as before.
    ///
    /// # Panics
    /// Something is stuck.
    pub async fn settled(&self) {
        let mut changes = self.platform().changes();
        let watch = async {
            loop {
                if self.before.left.covers(&self.left().await) {
                    return;
                }
                // Work that has become needless goes without a word.
                drop(tokio::time::timeout(MOMENT, changes.changed()).await);
            }
        };
        if tokio::time::timeout(LIMIT, watch).await.is_err() {
            let left = self.left().await;
            assert!(self.before.left.covers(&left), "stuck: {left:?}");
        }
    }

    async fn begin(&mut self) {
        for evidence in GermanEvidence::ALL {
            self.register(evidence).set_mood(Mood::Normal);
        }
        self.provider().set_answering(Answering::Evidence);
        self.access_point().set_receiving(Receiving::Normal);
        self.before = Before {
            steps: self.journal().mark(),
            evidence: self.journal().evidence_mark(),
            audit: 0,
            left: self.left().await,
        };
        self.before.audit = self.log().last().map_or(0, |entry| entry.seq);
    }

    async fn left(&self) -> Left {
        let store = self.platform().store();
        let condition = store.health().await.expect("the store answers");
        let mut left = Left {
            entries: condition.entries,
            dead_letters: condition.dead_letters,
            ..Left::default()
        };
        for state in State::ALL.into_iter().filter(|state| !state.is_final()) {
            let filter = Filter {
                state: Some(state),
                limit: 1000,
                ..Filter::default()
            };
            let page = store.list(&filter, None).await.expect("the store answers");
            left.exchanges
                .extend(page.exchanges.iter().map(|summary| summary.id()));
        }
        left
    }
}
