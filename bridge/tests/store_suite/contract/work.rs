//! Work: each entry goes to one worker at a time, and to another when that one is lost.

use std::{collections::BTreeSet, time::Duration};

use bridge::{
    exchange::{Applied, Change, Step},
    outbox::{POISON_BLAMES, Reason, SUSPECT_DELIVERIES, WorkKind},
};

use super::contract;
use crate::harness::{Harness, LEASE, stepping};

contract! {
    an_entry_is_taken_with_its_exchange,
    no_two_workers_get_the_same_entry,
    a_waiting_worker_is_woken_by_new_work,
    delayed_work_waits_for_its_time,
    postponed_work_is_another_attempt,
    work_of_a_vanished_worker_goes_to_another,
    an_extended_lease_holds,
    work_whose_taker_went_away_goes_back,
    work_whose_workers_vanish_is_suspect_but_not_poison,
    work_that_is_blamed_too_often_is_poison,
    a_delivery_is_blamed_once_and_by_its_holder_only,
    deferred_work_comes_back_uncounted,
    deferred_work_waits_for_its_time,
    an_outcome_clears_the_name,
    dead_letters_wait_for_an_operator,
    a_change_can_bury_its_entry,
    work_of_an_erased_exchange_is_dropped,
    only_the_kinds_asked_for_are_taken,
}

async fn an_entry_is_taken_with_its_exchange(h: Harness) {
    let record = h
        .open(vec![h.entry(WorkKind::AskProvider, "ask this")])
        .await;
    let leased = h.take("w").await;
    assert_eq!(leased.entry.data(), "ask this");
    assert_eq!((leased.entry.attempt(), leased.entry.deliveries()), (1, 1));
    assert_eq!(leased.record.id(), record.id());
    assert_eq!(leased.record.content(), record.content());
    let change = stepping(h.op(), leased.record, Step::Asked)
        .with_entry(h.entry(WorkKind::SendAs4, "send that"))
        .finishing(leased.lease.clone());
    assert!(matches!(
        h.store.apply(&change).await.unwrap(),
        Applied::Done(_)
    ));
    assert!(!h.store.complete(&leased.lease).await.unwrap());
    let next = h.take("w").await;
    assert_eq!(next.entry.kind(), WorkKind::SendAs4);
    assert!(h.store.complete(&next.lease).await.unwrap());
    assert!(h.is_idle().await);
    assert_eq!(h.store.health().await.unwrap().entries, 0);
}

async fn no_two_workers_get_the_same_entry(h: Harness) {
    const ENTRIES: usize = 120;
    let worker = |name: String| {
        let h = &h;
        async move {
            let mut done = Vec::new();
            let take = h.take_as(&name, Duration::from_millis(300));
            while let Some(leased) = h.store.take(&take).await.unwrap() {
                done.push(leased.entry.id());
                assert!(h.store.complete(&leased.lease).await.unwrap());
            }
            done
        }
    };
    let put = async {
        for _ in 0..ENTRIES / 2 {
            let entries = vec![
                h.entry(WorkKind::SendAs4, "a"),
                h.entry(WorkKind::AskProvider, "b"),
            ];
            h.open(entries).await;
        }
    };
    let workers = (0..6).map(|number| worker(format!("w{number}")));
    let (done, ()) = tokio::join!(futures_util::future::join_all(workers), put);
    let all: Vec<_> = done.into_iter().flatten().collect();
    let distinct: BTreeSet<_> = all.iter().copied().collect();
    assert_eq!((all.len(), distinct.len()), (ENTRIES, ENTRIES));
}

async fn a_waiting_worker_is_woken_by_new_work(h: Harness) {
    assert!(h.is_idle().await);
    let take = h.take_as("w", Duration::from_secs(60));
    let (taken, _) = tokio::join!(h.store.take(&take), async {
        // The worker is asleep by now.
        assert!(h.is_idle().await);
        h.open(vec![h.entry(WorkKind::SendAs4, "a")]).await
    });
    assert_eq!(taken.unwrap().unwrap().entry.data(), "a");
}

async fn delayed_work_waits_for_its_time(h: Harness) {
    let later = h
        .world
        .now()
        .saturating_add(Duration::from_secs(30))
        .unwrap();
    h.open(vec![
        h.entry(WorkKind::PollProvider, "later").not_before(later),
    ])
    .await;
    assert!(h.is_idle().await);
    h.step(Duration::from_secs(29)).await;
    assert!(h.is_idle().await);
    let take = h.take_as("w", Duration::from_secs(60));
    let (taken, ()) = tokio::join!(h.store.take(&take), h.step(Duration::from_secs(1)));
    assert_eq!(taken.unwrap().unwrap().entry.data(), "later");
}

async fn postponed_work_is_another_attempt(h: Harness) {
    h.open(vec![h.entry(WorkKind::SendAs4, "a")]).await;
    let first = h.take("w").await;
    let later = h
        .world
        .now()
        .saturating_add(Duration::from_secs(30))
        .unwrap();
    let reason = Reason::new("peer-unreachable");
    assert!(
        h.store
            .postpone(&first.lease, later, &reason)
            .await
            .unwrap()
    );
    assert!(
        !h.store
            .postpone(&first.lease, later, &reason)
            .await
            .unwrap()
    );
    assert!(h.is_idle().await);
    h.step(Duration::from_secs(30)).await;
    let second = h.take("w").await;
    assert_eq!(second.entry.id(), first.entry.id());
    assert_eq!((second.entry.attempt(), second.entry.deliveries()), (2, 1));
    assert!(!h.store.complete(&first.lease).await.unwrap());
}

async fn work_of_a_vanished_worker_goes_to_another(h: Harness) {
    h.open(vec![h.entry(WorkKind::SendAs4, "a")]).await;
    let lost = h.take("vanishes").await;
    h.step(LEASE - Duration::from_secs(5)).await;
    assert!(h.is_idle().await);
    h.step(Duration::from_secs(5)).await;
    let found = h.take("heir").await;
    assert_eq!(found.entry.id(), lost.entry.id());
    assert_eq!((found.entry.attempt(), found.entry.deliveries()), (1, 2));
    // The first one wakes up: whatever it does, it changes nothing.
    assert!(!h.store.extend(&lost.lease).await.unwrap());
    assert!(!h.store.complete(&lost.lease).await.unwrap());
    assert!(!h.store.bury(&lost.lease, &Reason::new("x")).await.unwrap());
    let change = stepping(h.op(), lost.record, Step::Asked).finishing(lost.lease);
    assert_eq!(h.store.apply(&change).await.unwrap(), Applied::LeaseLost);
    let change = stepping(h.op(), found.record, Step::Asked).finishing(found.lease);
    assert!(matches!(
        h.store.apply(&change).await.unwrap(),
        Applied::Done(_)
    ));
}

async fn work_whose_taker_went_away_goes_back(h: Harness) {
    let take = h.take_as("hasty", Duration::from_secs(30));
    let mut given_up = 0;
    for polls in 0..60 {
        h.open(vec![h.entry(WorkKind::SendAs4, "a")]).await;
        // Given up at every point of its way: each turn lets it go a little further.
        let mut turns = polls % 20;
        let patience = std::future::poll_fn(|context| {
            if turns == 0 {
                return std::task::Poll::Ready(());
            }
            turns -= 1;
            context.waker().wake_by_ref();
            std::task::Poll::Pending
        });
        let taken = tokio::select! {
            biased;
            taken = h.store.take(&take) => taken.unwrap(),
            () = patience => None,
        };
        let leased = match taken {
            Some(leased) => leased,
            None => {
                given_up += 1;
                h.take("patient").await
            }
        };
        assert!(h.store.complete(&leased.lease).await.unwrap());
    }
    assert!(given_up > 0);
    assert!(h.is_idle().await);
}

async fn an_extended_lease_holds(h: Harness) {
    h.open(vec![h.entry(WorkKind::SendAs4, "a")]).await;
    let leased = h.take("slow").await;
    for _ in 0..3 {
        h.step(LEASE - Duration::from_secs(5)).await;
        assert!(h.store.extend(&leased.lease).await.unwrap());
    }
    assert!(h.is_idle().await);
    assert!(h.store.complete(&leased.lease).await.unwrap());
}

/// [ROB-24] Something else may have killed them.
async fn work_whose_workers_vanish_is_suspect_but_not_poison(h: Harness) {
    h.open(vec![h.entry(WorkKind::SendAs4, "a")]).await;
    for delivery in 1..=10 {
        let leased = h.take("victim").await;
        assert_eq!(leased.entry.deliveries(), delivery);
        assert_eq!(leased.entry.is_suspect(), delivery > SUSPECT_DELIVERIES);
        assert!(!leased.entry.is_poison());
        h.step(LEASE).await;
    }
}

async fn work_that_is_blamed_too_often_is_poison(h: Harness) {
    h.open(vec![h.entry(WorkKind::SendAs4, "a")]).await;
    for blames in 0..POISON_BLAMES {
        let leased = h.take("victim").await;
        assert_eq!(leased.entry.blames(), blames);
        assert!(!leased.entry.is_poison());
        assert!(h.store.blame(&leased.lease).await.unwrap());
        h.step(LEASE).await;
    }
    let leased = h.take("survivor").await;
    assert!(leased.entry.is_poison());
    let record = leased.record.id();
    let reason = Reason::new("internal-poison");
    assert!(h.store.bury(&leased.lease, &reason).await.unwrap());
    // An operator who puts it back gives it a new start.
    assert!(h.store.replay(record, leased.entry.id()).await.unwrap());
    let replayed = h.take("w").await.entry;
    assert_eq!((replayed.deliveries(), replayed.blames()), (1, 0));
}

async fn a_delivery_is_blamed_once_and_by_its_holder_only(h: Harness) {
    h.open(vec![h.entry(WorkKind::SendAs4, "a")]).await;
    let lost = h.take("vanishes").await;
    for _ in 0..3 {
        assert!(h.store.blame(&lost.lease).await.unwrap());
    }
    h.step(LEASE).await;
    let found = h.take("heir").await;
    assert_eq!(found.entry.blames(), 1);
    assert!(!h.store.blame(&lost.lease).await.unwrap());
    assert!(!h.store.defer(&lost.lease, h.world.now()).await.unwrap());
    assert!(h.store.blame(&found.lease).await.unwrap());
    assert!(h.store.defer(&found.lease, h.world.now()).await.unwrap());
    assert_eq!(h.take("w").await.entry.blames(), 2);
}

async fn deferred_work_comes_back_uncounted(h: Harness) {
    h.open(vec![h.entry(WorkKind::SendAs4, "a")]).await;
    h.take("vanishes").await;
    h.step(LEASE).await;
    for _ in 0..4 {
        let leased = h.take("w").await;
        let (attempt, deliveries) = (leased.entry.attempt(), leased.entry.deliveries());
        assert_eq!((attempt, deliveries), (1, 2));
        assert!(h.store.defer(&leased.lease, h.world.now()).await.unwrap());
        assert!(!h.store.complete(&leased.lease).await.unwrap());
    }
    let restarted = h.restart().await;
    assert_eq!(restarted.take("w").await.entry.deliveries(), 2);
}

async fn deferred_work_waits_for_its_time(h: Harness) {
    h.open(vec![h.entry(WorkKind::SendAs4, "a")]).await;
    let leased = h.take("w").await;
    let later = h.world.now() + Duration::from_secs(30);
    assert!(h.store.defer(&leased.lease, later).await.unwrap());
    assert!(h.is_idle().await);
    h.step(Duration::from_secs(30)).await;
    assert_eq!(h.take("w").await.entry.deliveries(), 1);
}

async fn an_outcome_clears_the_name(h: Harness) {
    h.open(vec![h.entry(WorkKind::SendAs4, "a")]).await;
    let leased = h.take("vanishes").await;
    assert!(h.store.blame(&leased.lease).await.unwrap());
    h.step(LEASE).await;
    let leased = h.take("w").await;
    let now = h.world.now();
    let reason = Reason::new("peer-unreachable");
    assert!(h.store.postpone(&leased.lease, now, &reason).await.unwrap());
    h.store.wake();
    let entry = h.take("w").await.entry;
    assert_eq!((entry.deliveries(), entry.blames()), (1, 0));
    assert!(!entry.is_suspect());
}

async fn dead_letters_wait_for_an_operator(h: Harness) {
    let record = h
        .open(vec![
            h.entry(WorkKind::SendAs4, "a"),
            h.entry(WorkKind::SendAs4, "b"),
        ])
        .await;
    for _ in 0..2 {
        let leased = h.take("w").await;
        assert!(
            h.store
                .bury(&leased.lease, &Reason::new("peer-refused"))
                .await
                .unwrap()
        );
        h.step(Duration::from_secs(1)).await;
    }
    h.step(LEASE * 2).await;
    assert!(h.is_idle().await);
    let letters = h.store.dead_letters(10).await.unwrap();
    assert_eq!(letters.len(), 2);
    assert_eq!(letters[0].reason.as_str(), "peer-refused");
    assert_eq!(letters[0].exchange, record.id());
    assert!(letters[0].buried < letters[1].buried);
    let health = h.store.health().await.unwrap();
    assert_eq!((health.entries, health.dead_letters), (0, 2));

    assert!(h.store.replay(record.id(), letters[0].id).await.unwrap());
    assert!(!h.store.replay(record.id(), letters[0].id).await.unwrap());
    let leased = h.take("w").await;
    assert_eq!(leased.entry.id(), letters[0].id);
    assert!(h.store.discard(record.id(), letters[1].id).await.unwrap());
    assert!(
        !h.store
            .discard(record.id(), leased.entry.id())
            .await
            .unwrap()
    );
    assert!(h.store.dead_letters(10).await.unwrap().is_empty());
}

async fn a_change_can_bury_its_entry(h: Harness) {
    h.open(vec![h.entry(WorkKind::SendAs4, "a")]).await;
    let leased = h.take("w").await;
    let change = stepping(h.op(), leased.record, Step::Failed)
        .burying(leased.lease.clone(), Reason::new("internal-poison"));
    assert!(matches!(
        h.store.apply(&change).await.unwrap(),
        Applied::Done(_)
    ));
    let letters = h.store.dead_letters(10).await.unwrap();
    assert_eq!(letters[0].id, leased.entry.id());
    assert_eq!(letters[0].reason.as_str(), "internal-poison");
}

async fn work_of_an_erased_exchange_is_dropped(h: Harness) {
    let mut record = h.open(vec![h.entry(WorkKind::SendAs4, "a")]).await;
    record.erase();
    h.store.apply(&Change::new(h.op(), record)).await.unwrap();
    assert!(h.is_idle().await);
    assert!(h.store.dead_letters(10).await.unwrap().is_empty());
    assert_eq!(h.store.health().await.unwrap().entries, 0);
}

async fn only_the_kinds_asked_for_are_taken(h: Harness) {
    h.open(vec![
        h.entry(WorkKind::SendAs4, "a"),
        h.entry(WorkKind::AskProvider, "b"),
    ])
    .await;
    let take = bridge::outbox::Take {
        kinds: vec![WorkKind::AskProvider],
        ..h.take_as("w", Duration::from_secs(20))
    };
    assert_eq!(
        h.store.take(&take).await.unwrap().unwrap().entry.data(),
        "b"
    );
    let take = bridge::outbox::Take {
        wait: Duration::from_millis(100),
        ..take
    };
    assert!(h.store.take(&take).await.unwrap().is_none());
}
