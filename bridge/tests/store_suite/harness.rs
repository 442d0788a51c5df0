//! Both stores behind one face, with a clock that is stepped.

use std::{sync::Arc, time::Duration};

use bridge::{
    exchange::{
        Change, ExchangeId, LookupKey, LookupKind, OpId, Opened, Opening, Record, Route, Start,
        Step, Store, embedded::Embedded, redis::Redis,
    },
    outbox::{Leased, NewEntry, Take, WorkKind},
    seal::{DataKey, IndexKey, StorageKey, Vault},
    world::World,
};
use tempfile::TempDir;

use crate::server::RedisServer;

pub(crate) const LEASE: Duration = Duration::from_secs(60);

/// A store under test.
pub(crate) struct Harness {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) world: World,
    pub(crate) redis: Option<RedisServer>,
    pub(crate) folder: TempDir,
}

impl Harness {
    pub(crate) async fn embedded() -> Self {
        let (world, folder) = (world(), tempfile::tempdir().unwrap());
        let store = Embedded::open(&folder.path().join("store"), vault(&world)).unwrap();
        Self {
            store: Arc::new(store),
            world,
            redis: None,
            folder,
        }
    }

    pub(crate) async fn redis() -> Self {
        let (world, folder) = (world(), tempfile::tempdir().unwrap());
        let server = RedisServer::start();
        Self {
            store: connect(&server, &world).await,
            world,
            redis: Some(server),
            folder,
        }
    }

    /// Ends the process that has the store, as far as the store can tell, and starts another.
    pub(crate) async fn restart(self) -> Self {
        let Self {
            store,
            world,
            mut redis,
            folder,
        } = self;
        drop(store);
        let store: Arc<dyn Store> = match &mut redis {
            Some(server) => {
                server.kill();
                server.restart();
                connect(server, &world).await
            }
            None => {
                let path = folder.path().join("store");
                Arc::new(Embedded::open(&path, vault(&world)).unwrap())
            }
        };
        Self {
            store,
            world,
            redis,
            folder,
        }
    }

    /// Lets time go by, for the store and for its leases.
    pub(crate) async fn step(&self, by: Duration) {
        self.world.step(by);
        if let Some(server) = &self.redis {
            age(server, by).await;
        }
        self.store.wake();
    }

    pub(crate) fn op(&self) -> OpId {
        OpId::new(self.world.uuid())
    }

    pub(crate) fn entry(&self, kind: WorkKind, data: &str) -> NewEntry {
        let id = bridge::exchange::EntryId::new(self.world.uuid());
        NewEntry::new(id, kind, data.as_bytes().to_vec())
    }

    pub(crate) fn record(&self) -> Record {
        let mut record = Record::new(Start {
            id: ExchangeId::new(self.world.uuid()),
            route: Route::Provide,
            key: DataKey::draw(&self.world),
            created: self.world.now(),
        });
        record
            .set_content(b"{\"secret\":\"canary-7391\"}".to_vec())
            .unwrap();
        record
    }

    /// Opens an exchange with this work.
    pub(crate) async fn open(&self, entries: Vec<NewEntry>) -> Record {
        let mut opening = Opening::new(self.op(), self.record());
        for entry in entries {
            opening = opening.with_entry(entry);
        }
        match self.store.open(&opening).await.unwrap() {
            Opened::Created(epoch) => opening.into_record(epoch),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn load(&self, id: ExchangeId) -> Record {
        self.store.load(id).await.unwrap().expect("exchange")
    }

    pub(crate) fn take_as(&self, worker: &str, wait: Duration) -> Take {
        Take {
            worker: worker.to_owned(),
            kinds: WorkKind::ALL.to_vec(),
            lease: LEASE,
            wait,
        }
    }

    /// Takes an entry that must be there.
    pub(crate) async fn take(&self, worker: &str) -> Leased {
        let take = self.take_as(worker, Duration::from_secs(20));
        self.store.take(&take).await.unwrap().expect("an entry")
    }

    /// True when there is nothing to take.
    pub(crate) async fn is_idle(&self) -> bool {
        // Long enough for news to arrive that should not arrive.
        let take = self.take_as("idle", Duration::from_millis(150));
        self.store.take(&take).await.unwrap().is_none()
    }
}

pub(crate) fn world() -> World {
    World::frozen("2026-01-31T10:00:00Z".parse().unwrap(), 1)
}

pub(crate) fn vault(world: &World) -> Vault {
    let storage = StorageKey::new("k1", &[1; 32]).unwrap();
    Vault::new(
        vec![storage],
        IndexKey::new(&[2; 32]).unwrap(),
        world.clone(),
    )
    .unwrap()
}

pub(crate) async fn connect(server: &RedisServer, world: &World) -> Arc<dyn Store> {
    let settings = bridge::exchange::redis::Settings::new(server.url());
    Arc::new(Redis::connect(&settings, vault(world)).await.unwrap())
}

pub(crate) fn request_key(id: &str) -> LookupKey {
    LookupKey::new(LookupKind::EdmRequest, id)
}

/// A change that goes one step.
pub(crate) fn stepping(op: OpId, mut record: Record, step: Step) -> Change {
    record.step(step).unwrap();
    Change::new(op, record)
}

/// Redis measures leases on its own clock: this puts the deliveries into the past.
async fn age(server: &RedisServer, by: Duration) {
    let mut connection = server.connection().await;
    let streams: Vec<String> = redis::cmd("KEYS")
        .arg("*work:*")
        .query_async(&mut connection)
        .await
        .unwrap();
    for stream in streams {
        type Pending = Vec<(String, String, u64, u64)>;
        let pending: Pending = redis::cmd("XPENDING")
            .arg(&stream)
            .arg(&["bridge", "-", "+", "1000"])
            .query_async(&mut connection)
            .await
            .unwrap();
        for (id, consumer, idle, _) in pending {
            let idle = idle + u64::try_from(by.as_millis()).unwrap();
            let _: redis::Value = redis::cmd("XCLAIM")
                .arg(&stream)
                .arg(&["bridge", &consumer, "0", &id, "IDLE"])
                .arg(idle)
                .arg("JUSTID")
                .query_async(&mut connection)
                .await
                .unwrap();
        }
    }
}
