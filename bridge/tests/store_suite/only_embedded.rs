//! What only the embedded store can do wrong: the file.

use std::path::Path;

use bridge::{
    exchange::{
        Applied, Change, Claim, Digest, MessageAnswer, MessageKey, Opened, Opening, Store,
        StoreError, embedded::Embedded,
    },
    outbox::WorkKind,
};

use crate::harness::{Harness, LEASE, vault, world};

fn contains(path: &Path, wanted: &[u8]) -> bool {
    let bytes = std::fs::read(path).unwrap();
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// The file as it is on the disk, at any moment, is a store that holds all that was acknowledged:
/// whoever pulls the plug finds this.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_acknowledged_is_in_the_file_at_once() {
    let h = Harness::embedded().await;
    let (live, copy) = (h.folder.path().join("store"), h.folder.path().join("copy"));
    for round in 1..=5 {
        let mut record = h.open(vec![h.entry(WorkKind::SendAs4, "a")]).await;
        for length in 1..=round {
            record.set_content(vec![b'x'; length]).unwrap();
            let change = Change::new(h.op(), record);
            let Applied::Done(epoch) = h.store.apply(&change).await.unwrap() else {
                panic!("not applied");
            };
            record = change.into_record(epoch);
        }
        std::fs::copy(&live, &copy).unwrap();
        let found = Embedded::open(&copy, vault(&h.world)).unwrap();
        let found = found.load(record.id()).await.unwrap().unwrap();
        assert_eq!(found.epoch(), record.epoch());
        assert_eq!(found.content(), record.content());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_readable_lies_in_the_file() {
    let h = Harness::embedded().await;
    h.open(vec![h.entry(WorkKind::SendAs4, "canary-7391")])
        .await;
    let name = bridge::exchange::store::MemoName::new("session", "canary-7391");
    h.store
        .remember(&name, b"canary-7391", h.world.now())
        .await
        .unwrap();
    let path = h.folder.path().join("store");
    assert!(!contains(&path, b"canary-7391"));
    assert!(contains(&path, b"PreviewRequired") || contains(&path, b"Open"));
}

#[tokio::test]
async fn another_storage_key_opens_nothing() {
    let h = Harness::embedded().await;
    let record = h.open(vec![]).await;
    let (id, path) = (record.id(), h.folder.path().join("store"));
    drop(h.store);
    let other = bridge::seal::StorageKey::new("k1", &[3; 32]).unwrap();
    let index = bridge::seal::IndexKey::new(&[2; 32]).unwrap();
    let other = bridge::seal::Vault::new(vec![other], index, world()).unwrap();
    let store = Embedded::open(&path, other).unwrap();
    assert!(matches!(store.load(id).await, Err(StoreError::Sealed(_))));
}

#[tokio::test]
async fn one_process_has_the_file() {
    let h = Harness::embedded().await;
    let again = Embedded::open(&h.folder.path().join("store"), vault(&h.world));
    assert!(matches!(again, Err(StoreError::File(_))));
}

#[tokio::test]
async fn a_store_in_memory_works_alike() {
    let h = Harness::embedded().await;
    let store = Embedded::in_memory(vault(&h.world)).unwrap();
    let opening = Opening::new(h.op(), h.record()).with_entry(h.entry(WorkKind::SendAs4, "a"));
    assert!(matches!(
        store.open(&opening).await.unwrap(),
        Opened::Created(_)
    ));
    let take = h.take_as("w", std::time::Duration::from_secs(20));
    assert_eq!(store.take(&take).await.unwrap().unwrap().entry.data(), "a");
}

/// A sender that repeats what the last process did not answer is not told to wait for that process.
#[tokio::test]
async fn a_claim_ends_with_the_process_that_held_it() {
    let h = Harness::embedded().await;
    let (taken, answered) = (MessageKey::as4("AP", "m1"), MessageKey::as4("AP", "m2"));
    let claim = async |h: &Harness, key| {
        let digest = Digest::of(b"m");
        h.store.claim(key, digest, LEASE).await.unwrap()
    };
    assert!(matches!(claim(&h, &taken).await, Claim::New(_)));
    let Claim::New(ticket) = claim(&h, &answered).await else {
        panic!("not claimed");
    };
    // Kept no longer than a claim could be: the end of the memory does not make it one.
    let keep_until = h.world.now().saturating_add(LEASE).unwrap();
    let answer = MessageAnswer::new(ticket, "receipt".into(), keep_until);
    assert!(h.store.answer(&answer).await.unwrap());
    assert!(matches!(claim(&h, &taken).await, Claim::InFlight));
    let h = h.restart().await;
    assert!(matches!(claim(&h, &taken).await, Claim::New(_)));
    let repeated = claim(&h, &answered).await;
    assert!(matches!(repeated, Claim::Answered(receipt) if receipt == "receipt"));
}
