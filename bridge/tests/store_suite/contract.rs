//! What both stores promise, checked against both: the embedded file and a real Redis.

use std::{collections::BTreeSet, time::Duration};

use crate::harness::{Harness, LEASE, request_key, stepping};
use bridge::{
    exchange::{
        Applied, Change, Claim, Digest, LookupKey, LookupKind, MessageAnswer, MessageKey, Opened,
        Opening, RequestMemory, State, Step,
        message::{Seen, Ticket},
        store::{Filter, MemoName},
    },
    outbox::{POISON_DELIVERIES, Reason, WorkKind},
};
use bytes::Bytes;

macro_rules! contract {
    ($($name:ident),* $(,)?) => {
        mod embedded {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::Harness::embedded().await).await;
            })*
        }
        mod redis {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::Harness::redis().await).await;
            })*
        }
    };
}

contract! {
    an_opened_exchange_is_read_back,
    opening_twice_makes_one_exchange,
    a_repeated_change_is_made_once,
    a_change_against_an_old_epoch_is_refused,
    of_many_concurrent_changes_one_wins,
    changes_can_follow_each_other_without_reading_again,
    an_exchange_is_found_by_every_name,
    forgetting_removes_everything,
    erased_content_is_gone,
    a_message_is_handled_once,
    an_answer_is_repeated_byte_for_byte,
    an_answer_without_exchange_is_kept,
    another_content_under_the_same_name_is_a_conflict,
    a_claim_lapses_with_its_lease,
    an_answer_counts_only_with_its_change,
    a_request_is_taken_once,
    an_entry_is_taken_with_its_exchange,
    no_two_workers_get_the_same_entry,
    a_waiting_worker_is_woken_by_new_work,
    delayed_work_waits_for_its_time,
    postponed_work_is_another_attempt,
    work_of_a_vanished_worker_goes_to_another,
    an_extended_lease_holds,
    work_whose_taker_went_away_goes_back,
    work_that_kills_its_workers_is_poison,
    dead_letters_wait_for_an_operator,
    a_change_can_bury_its_entry,
    work_of_an_erased_exchange_is_dropped,
    deadlines_are_due_in_order,
    a_waiting_timer_is_woken_by_a_deadline,
    exchanges_are_listed_newest_first,
    values_are_kept_until_their_time,
    everything_survives_a_restart,
    only_the_kinds_asked_for_are_taken,
    the_store_is_healthy,
}

async fn an_opened_exchange_is_read_back(h: Harness) {
    let mut record = h.record();
    record.set_country("FR");
    record.set_partner("fr");
    let id = record.id();
    let opening = Opening::new(h.op(), record);
    assert!(matches!(
        h.store.open(&opening).await.unwrap(),
        Opened::Created(_)
    ));
    let found = h.load(id).await;
    assert_eq!(found.state(), State::Open);
    assert_eq!(found.content().unwrap(), b"{\"secret\":\"canary-7391\"}");
    assert_eq!(found.summary().country(), Some("FR"));
    assert_eq!(found.epoch().number(), 1);
    assert!(h.store.load(h.record().id()).await.unwrap().is_none());
}

async fn opening_twice_makes_one_exchange(h: Harness) {
    let opening = Opening::new(h.op(), h.record()).with_entry(h.entry(WorkKind::AskProvider, "a"));
    assert!(matches!(
        h.store.open(&opening).await.unwrap(),
        Opened::Created(_)
    ));
    let again = h.store.open(&opening).await.unwrap();
    assert!(matches!(again, Opened::Existing(_)), "{again:?}");
    h.take("w").await;
    assert!(h.is_idle().await);
}

async fn a_repeated_change_is_made_once(h: Harness) {
    let record = h.open(vec![]).await;
    let change =
        stepping(h.op(), record, Step::Asked).with_entry(h.entry(WorkKind::AskProvider, "a"));
    let Applied::Done(epoch) = h.store.apply(&change).await.unwrap() else {
        panic!("not applied");
    };
    // Others go on meanwhile.
    let next = h.load(change.clone().into_record(epoch).id()).await;
    h.store
        .apply(&stepping(h.op(), next, Step::Answered))
        .await
        .unwrap();
    assert_eq!(
        h.store.apply(&change).await.unwrap(),
        Applied::Repeated(epoch)
    );
    h.take("w").await;
    assert!(h.is_idle().await);
}

async fn a_change_against_an_old_epoch_is_refused(h: Harness) {
    let record = h.open(vec![]).await;
    let id = record.id();
    h.store
        .apply(&stepping(h.op(), record.clone(), Step::Asked))
        .await
        .unwrap();
    let late = stepping(h.op(), record, Step::Failed).with_entry(h.entry(WorkKind::SendAs4, "x"));
    let refused = h.store.apply(&late).await.unwrap();
    assert!(matches!(refused, Applied::Stale { current } if current.number() == 2));
    assert_eq!(h.load(id).await.state(), State::Waiting);
    assert!(h.is_idle().await);
    let unknown = Change::new(h.op(), h.record());
    assert_eq!(h.store.apply(&unknown).await.unwrap(), Applied::Gone);
}

async fn of_many_concurrent_changes_one_wins(h: Harness) {
    let record = h.open(vec![]).await;
    let changes: Vec<_> = (0..16)
        .map(|_| stepping(h.op(), record.clone(), Step::AnswerClaimed))
        .collect();
    let applied = changes.iter().map(|change| h.store.apply(change));
    let applied = futures_util::future::join_all(applied).await;
    let done = applied.iter().filter(|a| matches!(a, Ok(Applied::Done(_))));
    assert_eq!(done.count(), 1);
    let mut after = h.load(record.id()).await;
    assert!(after.answer_claimed());
    assert!(after.step(Step::AnswerClaimed).is_err());
}

async fn changes_can_follow_each_other_without_reading_again(h: Harness) {
    let mut record = h.open(vec![]).await;
    let id = record.id();
    let mut ops = Vec::new();
    for number in 0..5 {
        record.add_key(request_key(&format!("r{number}")));
        ops.push(h.op());
        let change = stepping(ops[number], record, Step::Asked);
        let Applied::Done(epoch) = h.store.apply(&change).await.unwrap() else {
            panic!("not applied");
        };
        record = change.into_record(epoch);
    }
    let found = h.load(id).await;
    assert_eq!(found.epoch(), record.epoch());
    let names: Vec<_> = found
        .summary()
        .references()
        .map(|(_, name)| name.to_owned())
        .collect();
    assert_eq!(names, ["r0", "r1", "r2", "r3", "r4"]);
    for (op, epoch) in ops.iter().zip(2..) {
        assert_eq!(found.summary().epoch_of(*op).unwrap().number(), epoch);
    }
}

async fn an_exchange_is_found_by_every_name(h: Harness) {
    let mut record = h.record();
    let id = record.id();
    record.add_key(request_key("urn:uuid:1"));
    record.add_key(LookupKey::new(LookupKind::EbmsConversation, "c1"));
    record.add_key(LookupKey::new(LookupKind::PreviewToken, "t0k3n"));
    h.store.open(&Opening::new(h.op(), record)).await.unwrap();
    let mut other = h.record();
    other.add_key(LookupKey::new(LookupKind::EbmsConversation, "c1"));
    h.store
        .open(&Opening::new(h.op(), other.clone()))
        .await
        .unwrap();

    assert_eq!(
        h.store.find(&request_key("urn:uuid:1")).await.unwrap(),
        [id]
    );
    let token = LookupKey::new(LookupKind::PreviewToken, "t0k3n");
    assert_eq!(h.store.find(&token).await.unwrap(), [id]);
    // The same value of another kind is another name.
    let session = LookupKey::new(LookupKind::SessionToken, "t0k3n");
    assert!(h.store.find(&session).await.unwrap().is_empty());
    let conversation = LookupKey::new(LookupKind::EbmsConversation, "c1");
    let both: BTreeSet<_> = h
        .store
        .find(&conversation)
        .await
        .unwrap()
        .into_iter()
        .collect();
    assert_eq!(both, BTreeSet::from([id, other.id()]));
    // Secret names are not shown.
    let record = h.load(id).await;
    assert!(
        record
            .summary()
            .references()
            .all(|(kind, _)| !kind.is_secret())
    );
    assert!(!format!("{record:?}").contains("t0k3n"));

    let mut record = record;
    record.add_key(request_key("urn:uuid:2"));
    h.store
        .apply(&stepping(h.op(), record, Step::PreviewOffered))
        .await
        .unwrap();
    assert_eq!(
        h.store.find(&request_key("urn:uuid:2")).await.unwrap(),
        [id]
    );
    assert_eq!(
        h.store.find(&request_key("urn:uuid:1")).await.unwrap(),
        [id]
    );
}

async fn forgetting_removes_everything(h: Harness) {
    let mut record = h.record();
    let id = record.id();
    record.add_key(request_key("r"));
    record.set_deadline(Some(h.world.now()));
    let opening = Opening::new(h.op(), record).with_entry(h.entry(WorkKind::SendAs4, "a"));
    let Opened::Created(epoch) = h.store.open(&opening).await.unwrap() else {
        panic!("not opened");
    };
    assert!(!h.store.forget(id, epoch.next()).await.unwrap());
    assert!(h.store.forget(id, epoch).await.unwrap());
    assert!(h.store.load(id).await.unwrap().is_none());
    assert!(h.store.find(&request_key("r")).await.unwrap().is_empty());
    assert!(h.store.due(10, Duration::ZERO).await.unwrap().is_empty());
    assert!(
        h.store
            .list(&Filter::default(), None)
            .await
            .unwrap()
            .exchanges
            .is_empty()
    );
    assert!(h.is_idle().await);
    assert!(!h.store.forget(id, epoch).await.unwrap());
}

async fn erased_content_is_gone(h: Harness) {
    let mut record = h.open(vec![]).await;
    let id = record.id();
    record.step(Step::Failed).unwrap();
    record.erase();
    h.store.apply(&Change::new(h.op(), record)).await.unwrap();
    let mut record = h.load(id).await;
    assert!(record.content().is_none());
    assert!(record.key().is_none());
    assert!(record.set_content(b"x".to_vec()).is_err());
    assert_eq!(record.state(), State::Failed);
}

fn message(id: &str) -> MessageKey {
    MessageKey::as4("AP_FR_01", id)
}

async fn claim(h: &Harness, id: &str) -> Ticket {
    match h
        .store
        .claim(&message(id), Digest::of(b"one"), LEASE)
        .await
        .unwrap()
    {
        Claim::New(ticket) => ticket,
        other => panic!("{other:?}"),
    }
}

fn answer(h: &Harness, ticket: Ticket, bytes: &'static [u8]) -> MessageAnswer {
    let week = Duration::from_secs(7 * 86_400);
    MessageAnswer::new(
        ticket,
        Bytes::from_static(bytes),
        h.world.now().saturating_add(week).unwrap(),
    )
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

async fn work_that_kills_its_workers_is_poison(h: Harness) {
    h.open(vec![h.entry(WorkKind::SendAs4, "a")]).await;
    for _ in 0..POISON_DELIVERIES {
        let leased = h.take("victim").await;
        assert!(!leased.entry.is_poison());
        h.step(LEASE).await;
    }
    assert!(h.take("survivor").await.entry.is_poison());
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

async fn exchanges_are_listed_newest_first(h: Harness) {
    let mut ids = Vec::new();
    for number in 0..7 {
        let mut record = h.record();
        if number % 2 == 0 {
            record.set_partner("fr");
        }
        ids.push(record.id());
        h.store.open(&Opening::new(h.op(), record)).await.unwrap();
        // Some begin in the same millisecond.
        if number % 3 == 0 {
            h.step(Duration::from_millis(1)).await;
        }
    }
    let filter = Filter {
        limit: 3,
        ..Filter::default()
    };
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let page = h.store.list(&filter, cursor).await.unwrap();
        assert!(page.exchanges.len() <= 3);
        seen.extend(page.exchanges.iter().map(|s| (s.created(), s.id())));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 7);
    assert!(seen.is_sorted_by(|one, other| one > other));
    let filter = Filter {
        partner: Some("fr".to_owned()),
        ..Filter::default()
    };
    let page = h.store.list(&filter, None).await.unwrap();
    assert_eq!(page.exchanges.len(), 4);
    assert!(page.next.is_none());
    let filter = Filter {
        state: Some(State::Failed),
        ..Filter::default()
    };
    assert!(
        h.store
            .list(&filter, None)
            .await
            .unwrap()
            .exchanges
            .is_empty()
    );
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

async fn the_store_is_healthy(h: Harness) {
    h.open(vec![h.entry(WorkKind::SendAs4, "a")]).await;
    let health = h.store.health().await.unwrap();
    assert!(health.is_ready(), "{health:?}");
    assert_eq!((health.entries, health.dead_letters), (1, 0));
}
