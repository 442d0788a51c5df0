//! Deadlines, values that are kept for a while, restarts and health.

use std::time::Duration;

use bridge::{
    exchange::{Claim, Digest, Opening, Step, store::MemoName},
    outbox::WorkKind,
};

use super::{answer, claim, contract, message};
use crate::harness::{Harness, LEASE, request_key, stepping};

contract! {
    deadlines_are_due_in_order,
    a_waiting_timer_is_woken_by_a_deadline,
    values_are_kept_until_their_time,
    everything_survives_a_restart,
    the_store_is_healthy,
}

async fn deadlines_are_due_in_order(h: Harness) {
    let mut ids = Vec::new();
    for minutes in [3, 1, 2] {
        let mut record = h.record();
        let at = h
            .world
            .now()
            .saturating_add(Duration::from_secs(60 * minutes))
            .unwrap();
        record.set_deadline(Some(at));
        ids.push(record.id());
        h.store.open(&Opening::new(h.op(), record)).await.unwrap();
    }
    assert!(h.store.due(10, Duration::ZERO).await.unwrap().is_empty());
    h.step(Duration::from_secs(120)).await;
    assert_eq!(
        h.store.due(10, Duration::ZERO).await.unwrap(),
        [ids[1], ids[2]]
    );
    assert_eq!(h.store.due(1, Duration::ZERO).await.unwrap(), [ids[1]]);
    let mut record = h.load(ids[1]).await;
    record.set_deadline(None);
    h.store
        .apply(&stepping(h.op(), record, Step::TimeOver))
        .await
        .unwrap();
    assert_eq!(h.store.due(10, Duration::ZERO).await.unwrap(), [ids[2]]);
}

async fn a_waiting_timer_is_woken_by_a_deadline(h: Harness) {
    let record = h.open(vec![]).await;
    let id = record.id();
    let (due, ()) = tokio::join!(h.store.due(10, Duration::from_secs(60)), async {
        assert!(h.is_idle().await);
        let mut record = record;
        record.set_deadline(Some(h.world.now()));
        h.store
            .apply(&stepping(h.op(), record, Step::Asked))
            .await
            .unwrap();
    });
    assert_eq!(due.unwrap(), [id]);
}

async fn values_are_kept_until_their_time(h: Harness) {
    let name = MemoName::new("session", "s3cret");
    let hour = h
        .world
        .now()
        .saturating_add(Duration::from_secs(3600))
        .unwrap();
    h.store.remember(&name, b"value", hour).await.unwrap();
    assert_eq!(h.store.recall(&name).await.unwrap().unwrap(), "value");
    assert!(
        h.store
            .recall(&MemoName::new("token", "s3cret"))
            .await
            .unwrap()
            .is_none()
    );
    assert!(h.store.dismiss(&name).await.unwrap());
    assert!(!h.store.dismiss(&name).await.unwrap());
    h.store.remember(&name, b"value", hour).await.unwrap();
    h.step(Duration::from_secs(3600)).await;
    assert!(h.store.recall(&name).await.unwrap().is_none());
    assert!(!h.store.dismiss(&name).await.unwrap());
}

async fn everything_survives_a_restart(h: Harness) {
    let mut record = h.record();
    record.add_key(request_key("r"));
    let id = record.id();
    let opening = Opening::new(h.op(), record)
        .with_entry(h.entry(WorkKind::AskProvider, "taken"))
        .with_entry(h.entry(WorkKind::SendAs4, "waiting"))
        .with_answer(answer(&h, claim(&h, "m1").await, b"receipt"));
    h.store.open(&opening).await.unwrap();
    let asking = bridge::outbox::Take {
        kinds: vec![WorkKind::AskProvider],
        ..h.take_as("dies", Duration::from_secs(20))
    };
    h.store.take(&asking).await.unwrap().unwrap();

    let h = h.restart().await;
    assert_eq!(
        h.load(id).await.content().unwrap(),
        b"{\"secret\":\"canary-7391\"}"
    );
    assert_eq!(h.store.find(&request_key("r")).await.unwrap(), [id]);
    let again = h
        .store
        .claim(&message("m1"), Digest::of(b"one"), LEASE)
        .await
        .unwrap();
    assert!(matches!(again, Claim::Answered(bytes) if bytes == "receipt"));
    h.step(LEASE).await;
    let mut work = [h.take("w").await, h.take("w").await];
    work.sort_by_key(|leased| leased.entry.kind());
    assert_eq!(work[0].entry.data(), "taken");
    assert_eq!(work[1].entry.data(), "waiting");
}

async fn the_store_is_healthy(h: Harness) {
    h.open(vec![h.entry(WorkKind::SendAs4, "a")]).await;
    let health = h.store.health().await.unwrap();
    assert!(health.is_ready(), "{health:?}");
    assert_eq!((health.entries, health.dead_letters), (1, 0));
}
