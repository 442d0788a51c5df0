//! What only Redis can do wrong: lose, evict, fail over, be wiped, be read and changed by others.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use crate::{
    harness::{Harness, connect, request_key, stepping, vault, world},
    server::RedisServer,
};
use bridge::{
    exchange::{
        Applied, Change, EpochNumber, ExchangeId, Opened, Opening, Record, Retry, Step, StoreError,
        redis::{Durability, Redis, Settings},
    },
    outbox::WorkKind,
};
use redis::AsyncCommands;

async fn connecting(server: &RedisServer, durability: Durability) -> Result<Redis, StoreError> {
    let settings = Settings {
        durability,
        ..Settings::new(server.url())
    };
    Redis::connect(&settings, vault(&world())).await
}

#[track_caller]
fn check_refused(result: Result<Redis, StoreError>, setting: &str, value: &str) {
    match result {
        Err(StoreError::Unsafe(found)) => {
            assert_eq!(
                (found.setting.as_str(), found.value.as_str()),
                (setting, value)
            );
        }
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("accepted"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_evicts_is_refused() {
    for policy in ["allkeys-lru", "volatile-ttl"] {
        let options = [
            "--appendonly",
            "yes",
            "--appendfsync",
            "always",
            "--maxmemory-policy",
            policy,
        ];
        let server = RedisServer::with(&options);
        check_refused(
            connecting(&server, Durability::Strict).await,
            "maxmemory-policy",
            policy,
        );
        check_refused(
            connecting(&server, Durability::Relaxed).await,
            "maxmemory-policy",
            policy,
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_forgets_is_refused_unless_relaxed() {
    let server = RedisServer::with(&[]);
    check_refused(
        connecting(&server, Durability::Strict).await,
        "appendonly",
        "no",
    );
    assert!(connecting(&server, Durability::Relaxed).await.is_ok());
    let server = RedisServer::with(&["--appendonly", "yes", "--appendfsync", "everysec"]);
    check_refused(
        connecting(&server, Durability::Strict).await,
        "appendfsync",
        "everysec",
    );
    assert!(connecting(&server, Durability::Relaxed).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_changed_at_run_time_is_noticed() {
    let h = Harness::redis().await;
    let mut connection = h.redis.as_ref().unwrap().connection().await;
    let _: redis::Value = redis::cmd("CONFIG")
        .arg(&["SET", "maxmemory-policy", "allkeys-lru"])
        .query_async(&mut connection)
        .await
        .unwrap();
    let health = h.store.health().await.unwrap();
    assert_eq!(health.problems[0].setting, "maxmemory-policy");
    assert!(!health.is_ready());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wiped_server_is_noticed() {
    let h = Harness::redis().await;
    let mut connection = h.redis.as_ref().unwrap().connection().await;
    let _: redis::Value = redis::cmd("FLUSHALL")
        .query_async(&mut connection)
        .await
        .unwrap();
    let health = h.store.health().await.unwrap();
    assert_eq!(health.problems[0].setting, "installation");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_is_refused_and_its_errors_are_temporary() {
    let h = Harness::redis().await;
    let record = h.open(vec![]).await;
    let mut connection = h.redis.as_ref().unwrap().connection().await;
    let _: redis::Value = redis::cmd("REPLICAOF")
        .arg(&["127.0.0.1", "1"])
        .query_async(&mut connection)
        .await
        .unwrap();
    let failed = h
        .store
        .apply(&stepping(h.op(), record, Step::Asked))
        .await
        .unwrap_err();
    assert!(matches!(failed.retry(), Retry::After(_)), "{failed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_server_is_a_temporary_failure() {
    let h = Harness::redis().await;
    let mut connection = h.redis.as_ref().unwrap().connection().await;
    let _: redis::Value = redis::cmd("CONFIG")
        .arg(&["SET", "maxmemory", "1"])
        .query_async(&mut connection)
        .await
        .unwrap();
    let failed = h
        .store
        .open(&Opening::new(h.op(), h.record()))
        .await
        .unwrap_err();
    assert!(matches!(failed.retry(), Retry::After(_)), "{failed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_replicas_fail_the_write() {
    let server = RedisServer::start();
    let settings = Settings {
        replicas_required: 1,
        ..Settings::new(server.url())
    };
    let world = world();
    let store = Redis::connect(&settings, vault(&world)).await.unwrap();
    let h = Harness {
        store: Arc::new(store),
        world,
        redis: Some(server),
        folder: tempfile::tempdir().unwrap(),
    };
    let opening = Opening::new(h.op(), h.record());
    // Once for the first try, once for a repetition that has nothing left to write.
    for _ in 0..2 {
        let failed = h.store.open(&opening).await.unwrap_err();
        assert!(matches!(
            failed,
            StoreError::NotReplicated {
                confirmed: 0,
                required: 1
            }
        ));
    }
    assert!(!h.store.health().await.unwrap().is_ready());
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_scripts_are_loaded_again() {
    let h = Harness::redis().await;
    let record = h.open(vec![]).await;
    let mut connection = h.redis.as_ref().unwrap().connection().await;
    let _: redis::Value = redis::cmd("SCRIPT")
        .arg("FLUSH")
        .query_async(&mut connection)
        .await
        .unwrap();
    let applied = h
        .store
        .apply(&stepping(h.op(), record, Step::Asked))
        .await
        .unwrap();
    assert!(matches!(applied, Applied::Done(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_readable_lies_on_the_server() {
    let h = Harness::redis().await;
    let mut record = h.record();
    record.add_key(bridge::exchange::LookupKey::new(
        bridge::exchange::LookupKind::PreviewToken,
        "canary-7391",
    ));
    let opening =
        Opening::new(h.op(), record).with_entry(h.entry(WorkKind::SendAs4, "canary-7391"));
    h.store.open(&opening).await.unwrap();
    let name = bridge::exchange::store::MemoName::new("session", "canary-7391");
    h.store
        .remember(&name, b"canary-7391", h.world.now())
        .await
        .unwrap();
    let mut found_record = false;
    for file in files(&h.redis.as_ref().unwrap().folder()) {
        let bytes = std::fs::read(file).unwrap();
        assert!(!contains(&bytes, b"canary-7391"));
        found_record |= contains(&bytes, opening_id(&opening).as_bytes());
    }
    assert!(found_record);
}

fn opening_id(opening: &Opening) -> String {
    opening
        .clone()
        .into_record(EpochNumber::FIRST)
        .id()
        .to_string()
}

fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// Where the record of an exchange lies.
async fn key_of(h: &Harness, id: ExchangeId) -> String {
    let mut connection = h.redis.as_ref().unwrap().connection().await;
    let keys: Vec<String> = connection.keys(format!("*exchange:{id}")).await.unwrap();
    keys[0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_fails_closed() {
    let h = Harness::redis().await;
    let record = h.open(vec![h.entry(WorkKind::SendAs4, "a")]).await;
    let key = key_of(&h, record.id()).await;
    let mut connection = h.redis.as_ref().unwrap().connection().await;
    for field in ["c", "k"] {
        let good: Vec<u8> = connection.hget(&key, field).await.unwrap();
        let mut bad = good.clone();
        *bad.last_mut().unwrap() ^= 1;
        let () = connection.hset(&key, field, bad).await.unwrap();
        let failed = h.store.load(record.id()).await.unwrap_err();
        assert!(matches!(failed, StoreError::Sealed(_)), "{failed:?}");
        let () = connection.hset(&key, field, good).await.unwrap();
    }
    let bad = vec![1_u8; 40];
    let () = connection.hset(&key, "c", bad).await.unwrap();
    assert!(h.is_idle().await);
    assert_eq!(
        h.store.dead_letters(1).await.unwrap()[0].reason.as_str(),
        "unreadable"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn content_of_another_exchange_fails_closed() {
    let h = Harness::redis().await;
    let (one, other) = (h.open(vec![]).await, h.open(vec![]).await);
    let (from, to) = (key_of(&h, one.id()).await, key_of(&h, other.id()).await);
    let mut connection = h.redis.as_ref().unwrap().connection().await;
    for field in ["c", "k"] {
        let value: Vec<u8> = connection.hget(&from, field).await.unwrap();
        let () = connection.hset(&to, field, value).await.unwrap();
    }
    assert!(h.store.load(other.id()).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_of_a_newer_version_is_refused_and_kept() {
    let h = Harness::redis().await;
    let record = h.open(vec![]).await;
    let key = key_of(&h, record.id()).await;
    let mut connection = h.redis.as_ref().unwrap().connection().await;
    let json: String = connection.hget(&key, "r").await.unwrap();
    let newer = json.replace("\"version\":1", "\"version\":2");
    let () = connection.hset(&key, "r", newer).await.unwrap();
    let failed = h.store.load(record.id()).await.unwrap_err();
    assert!(matches!(failed, StoreError::Newer { found: 2, known: 1 }));
    assert!(connection.exists::<_, bool>(&key).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_key_has_a_shard_tag() {
    let h = Harness::redis().await;
    let mut record = h.record();
    record.add_key(request_key("r"));
    record.set_deadline(Some(h.world.now()));
    h.store
        .open(&Opening::new(h.op(), record).with_entry(h.entry(WorkKind::SendAs4, "a")))
        .await
        .unwrap();
    h.store.health().await.unwrap();
    let mut connection = h.redis.as_ref().unwrap().connection().await;
    let keys: Vec<String> = connection.keys("*").await.unwrap();
    assert!(keys.len() > 96);
    for key in keys {
        let tag = key
            .strip_prefix("bridge{s")
            .and_then(|rest| rest.split_once("}:"));
        let number: u8 = tag.expect(&key).0.parse().unwrap();
        assert!(number < 16, "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_are_never_trimmed() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/exchange/redis/lua");
    let mut scripts = 0;
    for file in files(folder.as_ref()) {
        let text = std::fs::read_to_string(file).unwrap().to_uppercase();
        assert!(!text.contains("MAXLEN") && !text.contains("XTRIM"));
        scripts += 1;
    }
    assert!(scripts >= 12);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_share_the_work() {
    let h = Harness::redis().await;
    let second = connect(h.redis.as_ref().unwrap(), &h.world).await;
    let mut take = h.take_as("second", Duration::from_secs(30));
    let (taken, _) = tokio::join!(second.take(&take), async {
        assert!(second.health().await.unwrap().is_ready());
        h.open(vec![h.entry(WorkKind::SendAs4, "a")]).await
    });
    let leased = taken.unwrap().unwrap();
    assert!(h.is_idle().await);
    // The other node changes the exchange; the first one notices.
    let id = leased.record.id();
    let change = stepping(h.op(), leased.record, Step::Asked).finishing(leased.lease);
    assert!(matches!(
        second.apply(&change).await.unwrap(),
        Applied::Done(_)
    ));
    assert_eq!(h.load(id).await.epoch().number(), 2);
    take.wait = Duration::ZERO;
    assert!(second.take(&take).await.unwrap().is_none());
}

/// [ROB-1, ROB-6, ROB-19] whatever was acknowledged is there after a kill, whole.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_when_the_server_is_killed() {
    let mut h = Harness::redis().await;
    let mut ledger: BTreeMap<ExchangeId, u64> = BTreeMap::new();
    for round in 0..4_u32 {
        let server = h.redis.take().unwrap();
        let killer = tokio::task::spawn_blocking(move || kill_after(server, 40 + 37 * round));
        let acknowledged = drive(&h).await;
        ledger.extend(acknowledged);
        h.redis = Some(killer.await.unwrap());
        h.redis.as_mut().unwrap().restart();
        h.store = connect(h.redis.as_ref().unwrap(), &h.world).await;
        for (id, epoch) in &ledger {
            let record = h.load(*id).await;
            // One more may have happened without our knowing.
            let found = record.epoch().number();
            assert!(found == *epoch || found == *epoch + 1, "{found} of {epoch}");
            assert_eq!(record.content().unwrap().len() as u64, found);
        }
    }
    assert!(ledger.len() > 4, "{}", ledger.len());
}

/// Kills the server when its append-only file has grown by so many kilobytes.
fn kill_after(mut server: RedisServer, kilobytes: u32) -> RedisServer {
    let size = |server: &RedisServer| -> u64 {
        let files = files(&server.folder());
        files
            .iter()
            .filter_map(|file| file.metadata().ok())
            .map(|file| file.len())
            .sum()
    };
    let goal = size(&server) + u64::from(kilobytes) * 1024;
    while size(&server) < goal {
        std::thread::yield_now();
    }
    server.kill();
    server
}

/// Opens and changes exchanges until the server is gone; returns what was acknowledged. The content
/// has as many bytes as the epoch says.
async fn drive(h: &Harness) -> BTreeMap<ExchangeId, u64> {
    let workers = (0..4).map(|_| async {
        let mut acknowledged = BTreeMap::new();
        loop {
            let mut record = h.record();
            record.set_content(vec![b'x'; 1]).unwrap();
            let opening = Opening::new(h.op(), record).with_entry(h.entry(WorkKind::SendAs4, "a"));
            let Ok(Opened::Created(epoch)) = h.store.open(&opening).await else {
                return acknowledged;
            };
            let mut record: Record = opening.into_record(epoch);
            acknowledged.insert(record.id(), 1);
            for _ in 0..3 {
                let id = record.id();
                let length = usize::try_from(record.epoch().number()).unwrap() + 1;
                record.set_content(vec![b'x'; length]).unwrap();
                let change = Change::new(h.op(), record);
                let Ok(Applied::Done(epoch)) = h.store.apply(&change).await else {
                    return acknowledged;
                };
                acknowledged.insert(id, epoch.number());
                record = change.into_record(epoch);
            }
        }
    });
    let all = futures_util::future::join_all(workers).await;
    all.into_iter().flatten().collect()
}

/// [ROB-4] the server did it, but the answer came too late: done once all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_whose_answer_got_lost_is_made_once() {
    let h = Harness::redis().await;
    let record = h.open(vec![]).await;
    let mut connection = h.redis.as_ref().unwrap().connection().await;
    // Longer than a client waits for an answer.
    let _: redis::Value = redis::cmd("CLIENT")
        .arg(&["PAUSE", "1300", "ALL"])
        .query_async(&mut connection)
        .await
        .unwrap();
    let id = record.id();
    let change = stepping(h.op(), record, Step::Asked).with_entry(h.entry(WorkKind::SendAs4, "a"));
    let applied = h.store.apply(&change).await.unwrap();
    assert!(matches!(applied, Applied::Repeated(_)), "{applied:?}");
    assert_eq!(h.load(id).await.epoch().number(), 2);
    h.take("w").await;
    assert!(h.is_idle().await);
}

/// [ROB-6] a cut end of the append-only file takes a transition away as a whole.
#[tokio::test(flavor = "multi_thread")]
async fn a_transition_is_lost_whole_or_not_at_all() {
    let mut h = Harness::redis().await;
    let record = h.open(vec![]).await;
    let id = record.id();
    let change = stepping(h.op(), record, Step::Asked)
        .with_entry(h.entry(WorkKind::SendAs4, "a"))
        .with_entry(h.entry(WorkKind::AskProvider, "b"));
    // Everything before is on the disk; what follows is cut.
    h.redis.as_mut().unwrap().kill();
    let whole = append_only_file(&h);
    let before = whole.metadata().unwrap().len();
    h.redis.as_mut().unwrap().restart();
    h.store = connect(h.redis.as_ref().unwrap(), &h.world).await;
    h.store.apply(&change).await.unwrap();
    h.redis.as_mut().unwrap().kill();
    let bytes = std::fs::read(&whole).unwrap();
    let begins = usize::try_from(before).unwrap();
    let (mut lost, mut kept) = (0, 0);
    for cut in [1, 20, 150, 400, 700, 1000] {
        let end = bytes.len().saturating_sub(cut).max(begins);
        std::fs::write(&whole, &bytes[..end]).unwrap();
        h.redis.as_mut().unwrap().restart();
        let found = entries_and_epoch(&h, id).await;
        match found {
            (0, 1) => lost += 1,
            (2, 2) => kept += 1,
            other => panic!("cut by {cut}: {other:?}"),
        }
        h.redis.as_mut().unwrap().kill();
    }
    assert!(lost > 0, "{lost} lost, {kept} kept");
    h.redis.as_mut().unwrap().restart();
}

fn append_only_file(h: &Harness) -> std::path::PathBuf {
    let all = files(&h.redis.as_ref().unwrap().folder());
    let found = all
        .into_iter()
        .find(|path| path.to_str().unwrap().ends_with(".incr.aof"));
    found.expect("append-only file")
}

/// How many entries an exchange has, and its epoch.
async fn entries_and_epoch(h: &Harness, id: ExchangeId) -> (usize, u64) {
    let mut connection = h.redis.as_ref().unwrap().connection().await;
    let entries: Vec<String> = connection.keys("*entry:*").await.unwrap();
    let key = key_of(h, id).await;
    let epoch: u64 = connection.hget(&key, "e").await.unwrap();
    (entries.len(), epoch)
}
