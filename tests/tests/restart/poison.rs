//! One entry kills every process that works on it. Those beside it are not blamed for that.

use std::time::Duration;

use conformance::simulator::{
    Step,
    edm::EdmVersion,
    foreign::{Outcome, Sent},
    register::Mood,
    world::GermanEvidence,
};

use super::{
    ground::{Ground, LIMIT},
    with_either_store,
};

with_either_store! { poison_is_buried_and_the_innocent_are_delivered }

/// [ROB-24] The poisonous entry asks the vehicle register: as soon as that is asked, the bridge gets
/// SIGKILL. The innocent ones ask the civil registry, which keeps its answers for as long as they
/// could run beside the other.
async fn poison_is_buried_and_the_innocent_are_delivered(g: &mut Ground) {
    g.register().set_mood(Mood::Held);
    vehicles(g).set_mood(Mood::Held);
    let poisonous = g.stage.world().request(EdmVersion::V2_0, POISON);
    let poisonous = g.portal().request(&poisonous).await.unwrap();
    let mut innocent = Vec::new();
    for _ in 1..WORKERS {
        innocent.push(g.ask().await);
    }
    let mut lives = 0;
    let mut life = Life::default();
    while tokio::time::timeout(LIMIT, is_killed(g, life, &mut innocent))
        .await
        .expect("the poisonous entry is taken again or buried")
    {
        lives += 1;
        assert!(lives <= LIVES, "killed {lives} times");
        life = revive(g).await;
    }
    assert_eq!(lives, LIVES);
    let answer = g
        .portal()
        .answer(&poisonous, LIMIT)
        .await
        .expect("an answer");
    assert!(
        matches!(&answer.outcome, Outcome::Error { .. }),
        "{answer:?}"
    );
    assert!(innocent.len() > 2 * WORKERS - 2);
    for sent in &innocent {
        g.answer(sent).await;
        assert_eq!(g.portal().answers(sent).len(), 1);
    }
    assert_eq!(vehicles(g).times_asked(), u64::from(LIVES));
    g.check_ledgers();
    check_dead_letter(g).await;
}

/// Where a life of the bridge begins in the journal and in the log.
#[derive(Clone, Copy, Default)]
struct Life {
    step: usize,
    log: usize,
}

/// Lets the bridge live until it works on the poisonous entry, and kills it then. False when that
/// entry is given up.
async fn is_killed(g: &mut Ground, life: Life, innocent: &mut Vec<Sent>) -> bool {
    let mut released = false;
    loop {
        let asked = questions(g, life.step);
        let poisonous = asked.iter().any(|step| step.to == vehicle_office(g));
        if poisonous && (released || asked.len() == WORKERS) {
            g.bridge.kill().await.unwrap();
            return true;
        }
        let log = g.bridge.log();
        let said = log.get(life.log..).unwrap_or_default();
        if said.contains("is buried") {
            g.register().set_mood(Mood::Normal);
            g.register().release();
            return false;
        }
        if said.contains("is to run alone") {
            if !released {
                // Nothing runs beside it now. More innocent ones come.
                g.register().set_mood(Mood::Normal);
                more(g, innocent).await;
                released = true;
            }
            g.register().release();
        }
        let journal = g.stage.world().journal();
        drop(journal.wait_for(journal.mark(), LOOK, |_| true).await);
    }
}

/// As many innocent ones again, once.
async fn more(g: &Ground, innocent: &mut Vec<Sent>) {
    if innocent.len() < WORKERS {
        for _ in 0..WORKERS {
            innocent.push(g.ask().await);
        }
    }
}

/// Another process, to which everything is held again; what its predecessor had is free.
async fn revive(g: &mut Ground) -> Life {
    g.register().set_mood(Mood::Held);
    if let Some(redis) = &g.redis {
        redis.end_leases().await.unwrap();
    }
    let life = Life {
        step: g.stage.world().journal().mark(),
        log: g.bridge.log().len(),
    };
    g.bridge.start().await.unwrap();
    life
}

/// The entry is kept for an operator, with the reason.
async fn check_dead_letter(g: &mut Ground) {
    let (_, metrics) = g.bridge.get("/metrics").await.unwrap();
    assert!(metrics.contains("bridge_dlq_depth 1\n"), "{metrics}");
    g.bridge.kill().await.unwrap();
    g.stage.restart().await.unwrap();
    let platform = g.stage.running().unwrap().platform();
    let letters = platform.store().dead_letters(10).await.unwrap();
    let reasons: Vec<_> = letters
        .iter()
        .map(|letter| letter.reason.as_str())
        .collect();
    assert_eq!(reasons, ["internal-poison"]);
    assert_eq!(letters[0].kind.as_str(), "ask-provider");
}

fn questions(g: &Ground, mark: usize) -> Vec<Step> {
    let steps = g.stage.world().journal().steps_since(mark).into_iter();
    steps
        .filter(|step| step.what == "DE.EvidenceRequest.0301")
        .collect()
}

fn vehicles(g: &Ground) -> &conformance::simulator::register::Register {
    let register = g.stage.world().sak().register(POISON.service_id());
    register.unwrap()
}

fn vehicle_office(g: &Ground) -> &str {
    &vehicles(g).profile().agent.name
}

const POISON: GermanEvidence = GermanEvidence::VehicleRecord;
/// As many entries as run at the same time.
const WORKERS: usize = bridge::worker::WORKERS as usize;
/// Twice beside others, then alone until it is poison.
const LIVES: u32 = bridge::outbox::SUSPECT_DELIVERIES + bridge::outbox::POISON_BLAMES;
const LOOK: Duration = Duration::from_millis(20);
