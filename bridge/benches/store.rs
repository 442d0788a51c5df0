//! Transitions per second of both stores, side by side with what the same disk and the same server
//! do without us: a bare durable commit, a bare `SET`.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, and stops at the first failure"
)]

#[path = "../tests/store_suite/server.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod server;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bridge::{
    exchange::{
        Applied, Change, EntryId, ExchangeId, OpId, Opened, Opening, Record, Route, Start, Store,
        embedded::Embedded,
        redis::{Durability, Redis, Settings},
    },
    outbox::{NewEntry, Take, WorkKind},
    seal::{DataKey, IndexKey, StorageKey, Vault},
    world::World,
};
use futures_util::future::join_all;
use server::RedisServer;

/// The size of what a route keeps with an exchange.
const CONTENT: usize = 900;
/// Transitions of each task.
const CHAIN: usize = 60;

#[tokio::main]
async fn main() {
    let world = World::system();
    let folder = tempfile::tempdir().unwrap();
    println!(
        "{:<34}{:>10}{:>10}{:>10}",
        "per second, by tasks", 1, 16, 64
    );
    bare_file(&folder.path().join("bare"));
    let embedded = Embedded::open(&folder.path().join("store"), vault(&world)).unwrap();
    measure("embedded", Arc::new(embedded), &world).await;
    for (name, fsync, durability) in [
        ("redis, appendfsync always", "always", Durability::Strict),
        (
            "redis, appendfsync everysec",
            "everysec",
            Durability::Relaxed,
        ),
    ] {
        let server = RedisServer::with(&["--appendonly", "yes", "--appendfsync", fsync]);
        bare_server(&server, fsync).await;
        let settings = Settings {
            durability,
            ..Settings::new(server.url())
        };
        let store = Redis::connect(&settings, vault(&world)).await.unwrap();
        measure(name, Arc::new(store), &world).await;
    }
}

async fn measure(name: &str, store: Arc<dyn Store>, world: &World) {
    let mut rates = Vec::new();
    for tasks in [1, 16, 64] {
        let began = world.monotonic();
        let chains = (0..tasks).map(|_| tokio::spawn(chain(Arc::clone(&store), world.clone())));
        join_all(chains).await.into_iter().for_each(Result::unwrap);
        rates.push(rate(tasks * CHAIN, world.monotonic() - began));
    }
    print(&format!("{name}: transitions"), &rates);
    let mut rates = Vec::new();
    for tasks in [1, 16, 64] {
        let began = world.monotonic();
        let goal = tasks * (CHAIN / 3);
        let (done, mut running) = (Arc::new(AtomicUsize::new(0)), Vec::new());
        for number in 0..tasks {
            let worker = Worker {
                store: Arc::clone(&store),
                world: world.clone(),
                name: format!("w{number}"),
                done: Arc::clone(&done),
            };
            running.push(tokio::spawn(worker.run(goal)));
        }
        for _ in 0..tasks {
            let (store, world) = (Arc::clone(&store), world.clone());
            running.push(tokio::spawn(async move {
                for _ in 0..CHAIN / 3 {
                    open(&*store, &world, Some(entry(&world))).await;
                }
            }));
        }
        join_all(running).await.into_iter().for_each(Result::unwrap);
        rates.push(rate(goal, world.monotonic() - began));
    }
    print(&format!("{name}: exchanges"), &rates);
}

/// One exchange changed many times.
async fn chain(store: Arc<dyn Store>, world: World) {
    let mut record = open(&*store, &world, None).await;
    for _ in 1..CHAIN {
        let change = Change::new(OpId::new(world.uuid()), record);
        let Applied::Done(epoch) = store.apply(&change).await.unwrap() else {
            panic!("not applied");
        };
        record = change.into_record(epoch);
    }
}

struct Worker {
    store: Arc<dyn Store>,
    world: World,
    name: String,
    done: Arc<AtomicUsize>,
}

impl Worker {
    /// Takes the first work of an exchange and puts the second, takes the second and ends.
    async fn run(self, goal: usize) {
        let take = Take {
            worker: self.name,
            kinds: WorkKind::ALL.to_vec(),
            lease: Duration::from_secs(60),
            wait: Duration::from_millis(100),
        };
        while self.done.load(Ordering::Relaxed) < goal {
            let Some(leased) = self.store.take(&take).await.unwrap() else {
                continue;
            };
            let op = OpId::new(self.world.uuid());
            let mut change = Change::new(op, leased.record).finishing(leased.lease);
            if leased.entry.kind() == WorkKind::AskProvider {
                let id = EntryId::new(self.world.uuid());
                let second = NewEntry::new(id, WorkKind::SendAs4, b"second".to_vec());
                change = change.with_entry(second);
            }
            match self.store.apply(&change).await.unwrap() {
                Applied::Done(_) => {}
                other => panic!("{other:?}"),
            }
            if leased.entry.kind() == WorkKind::SendAs4 {
                self.done.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

fn entry(world: &World) -> NewEntry {
    NewEntry::new(
        EntryId::new(world.uuid()),
        WorkKind::AskProvider,
        b"first".to_vec(),
    )
}

async fn open(store: &dyn Store, world: &World, entry: Option<NewEntry>) -> Record {
    let mut record = Record::new(Start {
        id: ExchangeId::new(world.uuid()),
        route: Route::Provide,
        key: DataKey::draw(world),
        created: world.now(),
    });
    record.set_content(vec![b'x'; CONTENT]).unwrap();
    let mut opening = Opening::new(OpId::new(world.uuid()), record);
    if let Some(entry) = entry {
        opening = opening.with_entry(entry);
    }
    match store.open(&opening).await.unwrap() {
        Opened::Created(epoch) => opening.into_record(epoch),
        other => panic!("{other:?}"),
    }
}

fn bare_file(path: &Path) {
    const TABLE: redb::TableDefinition<'_, u64, &[u8]> = redb::TableDefinition::new("t");
    let world = World::system();
    let database = redb::Database::create(path).unwrap();
    for number in 0..CHAIN as u64 {
        let tx = database.begin_write().unwrap();
        tx.open_table(TABLE)
            .unwrap()
            .insert(number, [b'x'; CONTENT].as_slice())
            .unwrap();
        tx.commit().unwrap();
    }
    print("bare durable commit", &[rate(CHAIN, world.monotonic())]);
}

async fn bare_server(server: &RedisServer, fsync: &str) {
    let world = World::system();
    let connection = server.connection().await;
    let mut rates = Vec::new();
    for tasks in [1, 16, 64] {
        let began = world.monotonic();
        let sets = (0..tasks).map(|task| {
            let mut connection = connection.clone();
            tokio::spawn(async move {
                for number in 0..CHAIN {
                    let mut set = redis::cmd("SET");
                    set.arg(format!("{task}/{number}"))
                        .arg([b'x'; CONTENT].as_slice());
                    set.query_async::<()>(&mut connection).await.unwrap();
                }
            })
        });
        join_all(sets).await.into_iter().for_each(Result::unwrap);
        rates.push(rate(tasks * CHAIN, world.monotonic() - began));
    }
    print(&format!("bare SET, appendfsync {fsync}"), &rates);
}

fn rate(count: usize, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

fn print(what: &str, rates: &[f64]) {
    let rates: String = rates.iter().map(|rate| format!("{rate:>10.0}")).collect();
    println!("{what:<34}{rates}");
}

fn vault(world: &World) -> Vault {
    let storage = StorageKey::new("k1", &[1; 32]).unwrap();
    Vault::new(
        vec![storage],
        IndexKey::new(&[2; 32]).unwrap(),
        world.clone(),
    )
    .unwrap()
}
