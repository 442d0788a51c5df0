//! Messages and requests: each is handled once, and a repeated one gets the same answer.

use std::time::Duration;

use bridge::exchange::{
    Applied, Claim, Digest, MessageKey, Opened, Opening, RequestMemory, Step, message::Seen,
};

use super::{answer, claim, contract, message};
use crate::harness::{Harness, LEASE, stepping};

contract! {
    a_message_is_handled_once,
    an_answer_is_repeated_byte_for_byte,
    an_answer_without_exchange_is_kept,
    another_content_under_the_same_name_is_a_conflict,
    a_claim_lapses_with_its_lease,
    an_answer_counts_only_with_its_change,
    a_request_is_taken_once,
}

async fn a_message_is_handled_once(h: Harness) {
    let key = message("m1");
    let ticket = claim(&h, "m1").await;
    let second = h
        .store
        .claim(&key, Digest::of(b"one"), LEASE)
        .await
        .unwrap();
    assert!(matches!(second, Claim::InFlight));
    // The same id of another party is another message.
    let other = MessageKey::as4("AP_AT_01", "m1");
    let other = h
        .store
        .claim(&other, Digest::of(b"one"), LEASE)
        .await
        .unwrap();
    assert!(matches!(other, Claim::New(_)));
    // [ROB-8.1] a refused message holds no claim.
    h.store.release(&ticket).await.unwrap();
    claim(&h, "m1").await;
    // The first ticket no longer releases anything.
    h.store.release(&ticket).await.unwrap();
    let fourth = h
        .store
        .claim(&key, Digest::of(b"one"), LEASE)
        .await
        .unwrap();
    assert!(matches!(fourth, Claim::InFlight));
}

async fn an_answer_is_repeated_byte_for_byte(h: Harness) {
    let ticket = claim(&h, "m1").await;
    let opening =
        Opening::new(h.op(), h.record()).with_answer(answer(&h, ticket.clone(), b"receipt"));
    let Opened::Created(epoch) = h.store.open(&opening).await.unwrap() else {
        panic!("not opened");
    };
    // Releasing by mistake takes nothing away.
    h.store.release(&ticket).await.unwrap();
    let again = h
        .store
        .claim(&message("m1"), Digest::of(b"one"), LEASE)
        .await
        .unwrap();
    assert!(matches!(again, Claim::Answered(bytes) if bytes == "receipt"));

    let ticket = claim(&h, "m2").await;
    let change = stepping(h.op(), opening.into_record(epoch), Step::PreviewOffered);
    let id = change.clone().into_record(epoch).id();
    let change = change.with_answer(answer(&h, ticket, b"second receipt"));
    let Applied::Done(epoch) = h.store.apply(&change).await.unwrap() else {
        panic!("not applied");
    };
    let again = h
        .store
        .claim(&message("m2"), Digest::of(b"one"), LEASE)
        .await
        .unwrap();
    assert!(matches!(again, Claim::Answered(bytes) if bytes == "second receipt"));

    // The exchange goes, the memory of its messages stays: for its time.
    assert!(h.store.forget(id, epoch).await.unwrap());
    for (name, receipt) in [("m1", "receipt"), ("m2", "second receipt")] {
        let again = h
            .store
            .claim(&message(name), Digest::of(b"one"), LEASE)
            .await
            .unwrap();
        assert!(matches!(again, Claim::Answered(bytes) if bytes == receipt));
    }
    h.step(Duration::from_secs(8 * 86_400)).await;
    claim(&h, "m1").await;
}

async fn an_answer_without_exchange_is_kept(h: Harness) {
    let ticket = claim(&h, "ping").await;
    assert!(
        h.store
            .answer(&answer(&h, ticket.clone(), b"pong"))
            .await
            .unwrap()
    );
    assert!(h.store.answer(&answer(&h, ticket, b"pong")).await.unwrap());
    let again = h
        .store
        .claim(&message("ping"), Digest::of(b"one"), LEASE)
        .await
        .unwrap();
    assert!(matches!(again, Claim::Answered(bytes) if bytes == "pong"));
}

async fn another_content_under_the_same_name_is_a_conflict(h: Harness) {
    // [EBMS:0003]
    let ticket = claim(&h, "m1").await;
    let other = h
        .store
        .claim(&message("m1"), Digest::of(b"two"), LEASE)
        .await
        .unwrap();
    assert!(matches!(other, Claim::Conflict));
    assert!(
        h.store
            .answer(&answer(&h, ticket, b"receipt"))
            .await
            .unwrap()
    );
    let other = h
        .store
        .claim(&message("m1"), Digest::of(b"two"), LEASE)
        .await
        .unwrap();
    assert!(matches!(other, Claim::Conflict));
}

async fn a_claim_lapses_with_its_lease(h: Harness) {
    let old = claim(&h, "m1").await;
    h.step(LEASE).await;
    let new = claim(&h, "m1").await;
    let opening = Opening::new(h.op(), h.record()).with_answer(answer(&h, old.clone(), b"late"));
    assert_eq!(h.store.open(&opening).await.unwrap(), Opened::ClaimLost);
    assert!(!h.store.answer(&answer(&h, old, b"late")).await.unwrap());
    assert!(h.store.answer(&answer(&h, new, b"in time")).await.unwrap());
    let again = h
        .store
        .claim(&message("m1"), Digest::of(b"one"), LEASE)
        .await
        .unwrap();
    assert!(matches!(again, Claim::Answered(bytes) if bytes == "in time"));
}

async fn an_answer_counts_only_with_its_change(h: Harness) {
    let record = h.open(vec![]).await;
    h.store
        .apply(&stepping(h.op(), record.clone(), Step::PreviewOffered))
        .await
        .unwrap();
    let ticket = claim(&h, "m1").await;
    let stale = stepping(h.op(), record, Step::Failed).with_answer(answer(&h, ticket, b"never"));
    assert!(matches!(
        h.store.apply(&stale).await.unwrap(),
        Applied::Stale { .. }
    ));
    let again = h
        .store
        .claim(&message("m1"), Digest::of(b"one"), LEASE)
        .await
        .unwrap();
    assert!(matches!(again, Claim::InFlight), "{again:?}");
    h.step(LEASE * 2).await;
    claim(&h, "m1").await;
}

async fn a_request_is_taken_once(h: Harness) {
    let year = h
        .world
        .now()
        .saturating_add(Duration::from_secs(400 * 86_400))
        .unwrap();
    let memory = || RequestMemory::new("urn:uuid:r", year);
    assert_eq!(h.store.seen("urn:uuid:r").await.unwrap(), Seen::Never);
    let first = Opening::new(h.op(), h.record())
        .with_request(memory())
        .with_answer(answer(&h, claim(&h, "m1").await, b"receipt"));
    let Opened::Created(epoch) = h.store.open(&first).await.unwrap() else {
        panic!("not opened");
    };
    let record = first.clone().into_record(epoch);
    let id = record.id();
    // [AT-37] the same request in another message.
    let second = Opening::new(h.op(), h.record())
        .with_request(memory())
        .with_answer(answer(&h, claim(&h, "m2").await, b"receipt"));
    assert_eq!(
        h.store.open(&second).await.unwrap(),
        Opened::RequestKnown(id)
    );
    let third = stepping(h.op(), record, Step::PreviewOffered).with_request(memory());
    assert_eq!(
        h.store.apply(&third).await.unwrap(),
        Applied::RequestKnown(id)
    );
    // The second request of a preview has an id of its own.
    let fourth = stepping(h.op(), h.load(id).await, Step::PreviewOffered)
        .with_request(RequestMemory::new("urn:uuid:r2", year));
    let Applied::Done(epoch) = h.store.apply(&fourth).await.unwrap() else {
        panic!("not applied");
    };
    assert_eq!(h.store.seen("urn:uuid:r2").await.unwrap(), Seen::By(id));
    // The memory outlives the exchange.
    assert!(h.store.forget(id, epoch).await.unwrap());
    assert_eq!(h.store.seen("urn:uuid:r").await.unwrap(), Seen::By(id));
    let fifth = Opening::new(h.op(), h.record()).with_request(memory());
    assert_eq!(
        h.store.open(&fifth).await.unwrap(),
        Opened::RequestKnown(id)
    );
}
