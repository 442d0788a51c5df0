//! The spool: what goes in comes out, and nothing else does.

use std::path::PathBuf;

use crate::harness::{Harness, stepping, world};
use bridge::{
    exchange::{Change, ExchangeId, Step},
    seal::{DataKey, SealError},
    spool::{Spool, SpoolError},
    world::World,
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use tempfile::TempDir;

const MIB: u64 = 1024 * 1024;

struct Place {
    folder: TempDir,
    world: World,
    key: DataKey,
    name: String,
}

impl Place {
    fn new() -> Self {
        let world = world();
        Self {
            folder: tempfile::tempdir().unwrap(),
            key: DataKey::draw(&world),
            name: format!("{}/evidence-1", ExchangeId::new(world.uuid())),
            world,
        }
    }

    async fn spool(&self, max_bytes: u64) -> Spool {
        Spool::open(self.folder.path(), max_bytes, self.world.clone())
            .await
            .unwrap()
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join(&self.name)
    }
}

fn content(length: usize) -> Bytes {
    (0..length)
        .map(|at| u8::try_from(at % 251).unwrap())
        .collect()
}

#[tokio::test]
async fn what_goes_in_comes_out_at_every_length() {
    let p = Place::new();
    let spool = p.spool(64 * MIB).await;
    for length in [0, 1, 65_535, 65_536, 65_537, 131_072, 300_000] {
        spool.put(&p.key, &p.name, content(length)).await.unwrap();
        assert_eq!(spool.get(&p.key, &p.name).await.unwrap(), content(length));
    }
}

#[tokio::test]
async fn streams_and_whole_objects_have_one_form() {
    let p = Place::new();
    let spool = p.spool(64 * MIB).await;
    let whole = content(20 * 1024 * 1024 + 17);
    let pieces: Vec<_> = whole
        .chunks(70_001)
        .map(|c| Ok(Bytes::copy_from_slice(c)))
        .collect();
    let length = spool
        .put_stream(&p.key, &p.name, stream::iter(pieces))
        .await
        .unwrap();
    assert_eq!(length, whole.len() as u64);
    assert_eq!(spool.get(&p.key, &p.name).await.unwrap(), whole);
    let used = spool.used_bytes();
    spool.put(&p.key, &p.name, whole.clone()).await.unwrap();
    assert_eq!(spool.used_bytes(), used);
    let mut read = Vec::new();
    let mut chunks = spool.get_stream(&p.key, &p.name).await.unwrap();
    while let Some(chunk) = chunks.next().await {
        read.extend_from_slice(&chunk.unwrap());
    }
    assert_eq!(read, whole);
}

#[tokio::test]
async fn nothing_readable_lies_on_the_disk() {
    let p = Place::new();
    let spool = p.spool(MIB).await;
    spool
        .put(&p.key, &p.name, Bytes::from_static(b"EVIDENCE-MARKER-5d1e"))
        .await
        .unwrap();
    let raw = std::fs::read(p.path()).unwrap();
    assert!(!raw.windows(15).any(|window| window == b"EVIDENCE-MARKER"));
}

/// [ROB-31] a torn file is never taken for the evidence.
#[tokio::test]
async fn a_torn_file_is_refused() {
    let p = Place::new();
    let spool = p.spool(MIB).await;
    spool.put(&p.key, &p.name, content(200_000)).await.unwrap();
    let whole = std::fs::read(p.path()).unwrap();
    // The ends of the header, of a chunk, within a chunk, and just before the end.
    for length in [
        0,
        5,
        12,
        12 + 65_552,
        12 + 2 * 65_552,
        100_000,
        whole.len() - 1,
    ] {
        std::fs::write(p.path(), &whole[..length]).unwrap();
        let refused = spool.get(&p.key, &p.name).await;
        assert!(
            matches!(refused, Err(SpoolError::Sealed(_))),
            "{length}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn a_changed_file_is_refused() {
    let p = Place::new();
    let spool = p.spool(MIB).await;
    spool.put(&p.key, &p.name, content(150_000)).await.unwrap();
    let whole = std::fs::read(p.path()).unwrap();
    for at in [0, 7, 20, 70_000, whole.len() - 1] {
        let mut bent = whole.clone();
        bent[at] ^= 1;
        std::fs::write(p.path(), bent).unwrap();
        assert!(spool.get(&p.key, &p.name).await.is_err(), "{at}");
    }
    // Two whole chunks in the other order.
    let mut swapped = whole.clone();
    swapped[12..12 + 65_552].copy_from_slice(&whole[12 + 65_552..12 + 2 * 65_552]);
    swapped[12 + 65_552..12 + 2 * 65_552].copy_from_slice(&whole[12..12 + 65_552]);
    std::fs::write(p.path(), swapped).unwrap();
    assert!(spool.get(&p.key, &p.name).await.is_err());
}

#[tokio::test]
async fn an_object_opens_only_under_its_name_and_key() {
    let p = Place::new();
    let spool = p.spool(MIB).await;
    spool.put(&p.key, &p.name, content(10)).await.unwrap();
    let other = DataKey::draw(&p.world);
    let refused = spool.get(&other, &p.name).await;
    assert!(matches!(
        refused,
        Err(SpoolError::Sealed(SealError::Tampered))
    ));
    let renamed = format!("{}-2", p.name);
    std::fs::copy(p.path(), p.folder.path().join(&renamed)).unwrap();
    assert!(spool.get(&p.key, &renamed).await.is_err());
}

#[tokio::test]
async fn the_limit_is_kept_and_deleting_makes_room() {
    let p = Place::new();
    let spool = p.spool(100_000).await;
    spool.put(&p.key, &p.name, content(60_000)).await.unwrap();
    let second = format!("{}-2", p.name);
    let full = spool.put(&p.key, &second, content(60_000)).await;
    assert!(matches!(full, Err(SpoolError::Full)));
    let pieces = stream::iter([Ok(content(60_000))]);
    let full = spool.put_stream(&p.key, &second, pieces).await;
    assert!(matches!(full, Err(SpoolError::Full)));
    assert!(matches!(
        spool.get(&p.key, &second).await,
        Err(SpoolError::Missing)
    ));
    spool.delete(&p.name).await.unwrap();
    spool.delete(&p.name).await.unwrap();
    assert_eq!(spool.used_bytes(), 0);
    spool.put(&p.key, &second, content(60_000)).await.unwrap();
    // What is there counts after a restart.
    assert_eq!(p.spool(100_000).await.used_bytes(), spool.used_bytes());
}

#[tokio::test]
async fn a_stream_that_breaks_off_leaves_nothing() {
    let p = Place::new();
    let spool = p.spool(64 * MIB).await;
    let broken = stream::iter([
        Ok(content(9 * 1024 * 1024)),
        Err(std::io::Error::other("gone")),
    ]);
    let failed = spool.put_stream(&p.key, &p.name, broken).await;
    assert!(matches!(failed, Err(SpoolError::Source(_))));
    assert!(matches!(
        spool.get(&p.key, &p.name).await,
        Err(SpoolError::Missing)
    ));
    assert_eq!(spool.used_bytes(), 0);
}

#[tokio::test]
async fn leftovers_of_a_crash_are_removed_at_start() {
    let p = Place::new();
    p.spool(MIB)
        .await
        .put(&p.key, &p.name, content(10))
        .await
        .unwrap();
    let staged = p.folder.path().join(format!("{}-2#7", p.name));
    std::fs::write(&staged, b"half").unwrap();
    let spool = p.spool(MIB).await;
    assert!(!staged.exists());
    assert_eq!(spool.get(&p.key, &p.name).await.unwrap(), content(10));
}

#[tokio::test]
async fn names_do_not_leave_the_folder() {
    let p = Place::new();
    let spool = p.spool(MIB).await;
    for name in ["../x", "a/../../x", "/x/../y"] {
        let refused = spool.put(&p.key, name, content(1)).await;
        assert!(matches!(refused, Err(SpoolError::Name(_))), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn orphans_are_swept_and_living_evidence_is_kept() {
    let h = Harness::embedded().await;
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::open(folder.path(), MIB, h.world.clone())
        .await
        .unwrap();
    let (living, erased) = (h.open(vec![]).await, h.open(vec![]).await);
    let key = living.key().unwrap();
    let orphan = format!("{}/x", ExchangeId::new(h.world.uuid()));
    for name in [
        format!("{}/x", living.id()),
        format!("{}/x", erased.id()),
        orphan,
    ] {
        spool.put(key, &name, content(1)).await.unwrap();
    }
    let mut gone = stepping(h.op(), erased, Step::Failed);
    let epoch = h
        .load(
            gone.clone()
                .into_record(bridge::exchange::EpochNumber::FIRST)
                .id(),
        )
        .await
        .epoch();
    let mut record = gone.into_record(epoch);
    record = h.load(record.id()).await;
    record.erase();
    gone = Change::new(h.op(), record);
    h.store.apply(&gone).await.unwrap();

    // Files are as young as the machine says; nothing is old enough in the year 2000.
    let past = "2000-01-01T00:00:00Z".parse().unwrap();
    assert_eq!(spool.sweep(&*h.store, past).await.unwrap(), 0);
    let future = "2999-01-01T00:00:00Z".parse().unwrap();
    assert_eq!(spool.sweep(&*h.store, future).await.unwrap(), 2);
    let name = format!("{}/x", living.id());
    assert_eq!(spool.get(key, &name).await.unwrap(), content(1));
    spool.delete_all(living.id()).await.unwrap();
    assert_eq!(spool.used_bytes(), 0);
}
