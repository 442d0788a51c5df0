//! A bridge in its world, with the usual questions to both.

use std::{fs, sync::Arc, time::Duration};

use bridge::{
    demo::{Stage, StageOptions},
    world::World,
};
use conformance::simulator::{
    Step,
    data_consumer::{DataConsumer, Order, Placement},
    edm::EdmVersion,
    foreign::{
        AccessPoint, Delivery, Outcome, Portal, Provider, ReceivedAnswer, RequestSpec, Sent,
    },
    register::Register,
    world::{ForeignEvidence, GermanEvidence},
};
use tests::{process::Bridge, redisctl::Redis};

/// The longest anything may take here before it counts as lost.
pub(crate) const LIMIT: Duration = Duration::from_secs(90);

/// Where exchanges are kept.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Embedded,
    Redis,
}

/// Everything a test acts on.
pub(crate) struct Ground {
    pub(crate) bridge: Bridge,
    pub(crate) stage: Stage,
    pub(crate) redis: Option<Redis>,
    pub(crate) clock: World,
}

impl Ground {
    pub(crate) async fn set(kind: Kind) -> Self {
        let redis = match kind {
            Kind::Embedded => None,
            Kind::Redis => Some(Redis::start().unwrap()),
        };
        let options = StageOptions {
            redis: redis.as_ref().map(Redis::url),
            ..StageOptions::default()
        };
        let clock = World::system();
        let stage = Stage::prepare(options, clock.clone()).await.unwrap();
        hurry(&stage);
        let mut bridge = Bridge::new(&stage.config_path(), &stage.admin_url());
        bridge.start().await.unwrap();
        Self {
            bridge,
            stage,
            redis,
            clock,
        }
    }

    /// SIGKILL, and a new process on the same files.
    pub(crate) async fn crash(&mut self) {
        self.bridge.kill().await.unwrap();
        self.bridge.start().await.unwrap();
    }

    pub(crate) fn portal(&self) -> &Arc<Portal> {
        self.stage.world().foreign().portal()
    }

    pub(crate) fn provider(&self) -> &Arc<Provider> {
        self.stage.world().foreign().provider()
    }

    pub(crate) fn access_point(&self) -> &AccessPoint {
        self.stage.world().foreign().access_point()
    }

    pub(crate) fn consumer(&self) -> &DataConsumer {
        self.stage.world().consumer()
    }

    pub(crate) fn register(&self) -> &Arc<Register> {
        let service = GermanEvidence::BirthCertificate.service_id();
        self.stage.world().sak().register(service).unwrap()
    }

    pub(crate) fn request(&self) -> RequestSpec {
        let evidence = GermanEvidence::BirthCertificate;
        self.stage.world().request(EdmVersion::V2_0, evidence)
    }

    /// Asks for a birth certificate; the bridge has acknowledged it.
    pub(crate) async fn ask(&self) -> Sent {
        let sent = self.portal().request(&self.request()).await.unwrap();
        assert_eq!(sent.delivery, Delivery::Acknowledged);
        sent
    }

    /// The answer to a request, with a document.
    pub(crate) async fn answer(&self, sent: &Sent) -> ReceivedAnswer {
        let answer = self.portal().answer(sent, LIMIT).await.expect("an answer");
        assert!(
            matches!(&answer.outcome, Outcome::Evidence(documents) if documents.len() == 1),
            "{answer:?}"
        );
        answer
    }

    /// Orders a foreign birth certificate; the bridge has taken the order.
    pub(crate) async fn order(&self) -> Order {
        let wanted = self
            .stage
            .world()
            .order(&[ForeignEvidence::BirthCertificate]);
        match self.consumer().place(&wanted).await.unwrap() {
            Placement::Accepted(order) => order,
            Placement::Refused { refusal, .. } => panic!("{refusal:?}"),
        }
    }

    /// Waits for so many steps of a name, and returns them.
    pub(crate) async fn steps(&self, what: &str, count: usize) -> Vec<Step> {
        let journal = self.stage.world().journal();
        loop {
            let mark = journal.mark();
            let steps = journal.steps().into_iter();
            let named: Vec<_> = steps.filter(|step| step.what == what).collect();
            if named.len() >= count {
                return named;
            }
            let next = journal.wait_for(mark, LIMIT, |step| step.what == what);
            assert!(next.await.is_some(), "{} of {count} {what}", named.len());
        }
    }

    /// Every document that went in came out, once, and nobody complained.
    #[track_caller]
    pub(crate) fn check_ledgers(&self) {
        let journal = self.stage.world().journal();
        assert_eq!(journal.disagreements(0), [""; 0]);
        let complaints = journal.complaints();
        assert!(complaints.is_empty(), "{complaints:#?}");
    }

    /// Says how long something took.
    pub(crate) fn report(&self, what: &str, since: Duration) {
        let took = self.clock.monotonic().saturating_sub(since);
        println!("{what}: {} ms", took.as_millis());
    }
}

/// Lets the bridge repeat a message after two seconds instead of a minute.
fn hurry(stage: &Stage) {
    let path = stage
        .config_path()
        .with_file_name("pmodes")
        .join("oots.toml");
    let text = fs::read_to_string(&path).unwrap();
    let hurried = text
        .replace("interval_secs = 60", "interval_secs = 2")
        .replace("attempts = 4", "attempts = 10");
    assert_ne!(text, hurried);
    fs::write(path, hurried).unwrap();
}
