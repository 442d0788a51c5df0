//! Exchanges: opened once, changed one change at a time, found, listed, erased and forgotten.

use std::{collections::BTreeSet, time::Duration};

use bridge::{
    exchange::{
        Applied, Change, LookupKey, LookupKind, Opened, Opening, State, Step, store::Filter,
    },
    outbox::WorkKind,
};

use super::contract;
use crate::harness::{Harness, request_key, stepping};

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
    exchanges_are_listed_newest_first,
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
