//! Kills at random moments under load; at the end, what went in came out, once.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    task::Poll,
    time::Duration,
};

use bridge::world::World;
use conformance::simulator::{
    SimulatedWorld,
    data_consumer::Collection,
    edm::EdmVersion,
    foreign::{Delivery, Outcome},
    world::{ForeignEvidence, GermanEvidence},
};

use super::{
    ground::{Ground, LIMIT},
    with_either_store,
};

with_either_store! { a_storm_of_kills_loses_nothing_and_doubles_nothing }

async fn a_storm_of_kills_loses_nothing_and_doubles_nothing(g: &mut Ground) {
    let seed = seed(&g.clock);
    println!("SEED={seed}");
    let chance = World::frozen(jiff::Timestamp::UNIX_EPOCH, seed);
    g.consumer().set_patience(LIMIT);
    let over = AtomicBool::new(false);
    let Ground {
        bridge,
        stage,
        redis,
        clock,
    } = g;
    let world = stage.world();
    let began = clock.monotonic();
    let mut downtime = Duration::ZERO;
    let storm = async {
        for kill in 0..KILLS {
            tokio::time::sleep(moment(&chance)).await;
            // Every fifth blow hits Redis as well, where there is one.
            if let Some(redis) = redis.as_mut().filter(|_| kill % 5 == 4) {
                redis.kill().unwrap();
                redis.restart().unwrap();
            }
            let killed = clock.monotonic();
            bridge.kill().await.unwrap();
            bridge.start().await.unwrap();
            downtime += clock.monotonic().saturating_sub(killed);
        }
        over.store(true, Ordering::Relaxed);
    };
    // With Redis most clients wait for a lease to run out: there must be some left for each kill.
    let (requesters, consumers) = (16, 6);
    let requests = all((0..requesters).map(|_| ask(world, &over)));
    let orders = all((0..consumers).map(|_| order(world, &over)));
    let ((), requests, orders) = tokio::join!(storm, requests, orders);
    println!(
        "{requests} requests and {orders} orders through {KILLS} kills in {} ms, {} ms from kill to ready",
        clock.monotonic().saturating_sub(began).as_millis(),
        downtime.as_millis() / u128::from(KILLS),
    );
    assert!(requests >= requesters && orders >= consumers);
    g.check_ledgers();
}

/// Requests one after the other until the storm is over; each gets its one answer.
async fn ask(world: &SimulatedWorld, over: &AtomicBool) -> usize {
    let portal = world.foreign().portal();
    let mut done = 0;
    while !over.load(Ordering::Relaxed) {
        let spec = world.request(EdmVersion::V2_0, GermanEvidence::VehicleRecord);
        let sent = portal.request_patiently(&spec, LIMIT).await.unwrap();
        assert_eq!(sent.delivery, Delivery::Acknowledged);
        let answer = portal.answer(&sent, LIMIT).await;
        let about = || world.journal().steps_about(&sent.conversation_id);
        let answer = answer.unwrap_or_else(|| panic!("no answer after {:#?}", about()));
        let got = matches!(&answer.outcome, Outcome::Evidence(all) if all.len() == 1);
        assert!(got, "{:?} after {:#?}", answer.outcome, about());
        assert_eq!(portal.answers(&sent).len(), 1);
        done += 1;
    }
    done
}

/// Orders one after the other until the storm is over; each gets its one document.
async fn order(world: &SimulatedWorld, over: &AtomicBool) -> usize {
    let mut done = 0;
    while !over.load(Ordering::Relaxed) {
        let mut wanted = world.order(&[ForeignEvidence::VehicleRecord]);
        wanted.limit = LIMIT;
        let ordered = world.consumer().order(&wanted).await.unwrap();
        let got = matches!(&ordered.collection, Collection::Evidence(all) if all.len() == 1);
        let about = ordered.order.map(|order| order.conversation_id);
        let steps = world.journal().steps_about(&about.unwrap_or_default());
        assert!(got, "{:?} after {steps:#?}", ordered.collection);
        done += 1;
    }
    done
}

/// Runs all at the same time and adds up what they return.
async fn all(work: impl Iterator<Item = impl Future<Output = usize>>) -> usize {
    let mut running: Vec<_> = work.map(Box::pin).collect();
    let mut sum = 0;
    std::future::poll_fn(|context| {
        running.retain_mut(|one| match one.as_mut().poll(context) {
            Poll::Ready(done) => {
                sum += done;
                false
            }
            Poll::Pending => true,
        });
        if running.is_empty() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    sum
}

/// Between two kills: long enough for something to have begun, seldom for all of it to be done.
fn moment(chance: &World) -> Duration {
    let mut random = [0; 2];
    chance.fill(&mut random);
    Duration::from_millis(20 + u64::from(u16::from_be_bytes(random)) % 700)
}

/// The seed of the environment, or a new one.
#[expect(clippy::disallowed_methods, reason = "how a failed run is repeated")]
fn seed(clock: &World) -> u64 {
    let given = std::env::var("SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    given.unwrap_or_else(|| {
        let mut random = [0; 8];
        clock.fill(&mut random);
        u64::from_be_bytes(random)
    })
}

const KILLS: u32 = 20;
