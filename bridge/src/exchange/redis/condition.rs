//! Whether the server can be trusted with what is acknowledged, and how it is doing.

use futures_util::future::try_join_all;
use redis::AsyncCommands;

use super::{
    Durability, Redis,
    keys::{self, GROUP},
    wire::Wire,
};
use crate::{
    exchange::{
        id::Shard,
        store::{Health, StoreError, UnsafeSetting},
    },
    outbox::WorkKind,
};

/// The version of the layout of the keys.
const LAYOUT: u16 = 1;

impl Redis {
    pub(super) async fn condition(&self) -> Result<Health, StoreError> {
        let mut health = inspect(&self.wire, self.durability).await?;
        let mut connection = self.wire.shared();
        // Only a server that takes writes is of use.
        let probe = format!("{}probe", keys::meta());
        let () = connection.set(probe, self.now_ms()).await?;
        let found: Option<String> = connection.hget(keys::meta(), "installation").await?;
        if found.as_deref() != Some(&self.installation) {
            let value = found.unwrap_or_else(|| "missing".to_owned());
            health
                .problems
                .push(problem("installation", &value, &self.installation));
        }
        if health.replicas < self.replicas_required {
            let value = health.replicas.to_string();
            let needed = format!("at least {}", self.replicas_required);
            health
                .problems
                .push(problem("connected_slaves", &value, &needed));
        }
        let counts = try_join_all(Shard::all().map(|shard| self.count(shard))).await?;
        health.entries = counts.iter().map(|(entries, _)| entries).sum();
        health.dead_letters = counts.iter().map(|(_, dead)| dead).sum();
        Ok(health)
    }

    async fn count(&self, shard: Shard) -> Result<(u64, u64), StoreError> {
        let prefix = keys::prefix(shard);
        let mut pipe = redis::pipe();
        pipe.zcard(format!("{prefix}dead"));
        pipe.zcard(format!("{prefix}later"));
        for kind in WorkKind::ALL {
            pipe.xlen(keys::work(shard, kind));
        }
        let counts: Vec<u64> = pipe.query_async(&mut self.wire.shared()).await?;
        let (dead, waiting) = counts.split_first().unwrap_or((&0, &[]));
        Ok((waiting.iter().sum(), *dead))
    }
}

/// Looks at everything that could make the server lose or evict what it acknowledged.
pub(super) async fn inspect(wire: &Wire, durability: Durability) -> Result<Health, StoreError> {
    let mut connection = wire.shared();
    let text: String = redis::cmd("INFO").query_async(&mut connection).await?;
    let info = Info(&text);
    let mut health = Health {
        kind: format!("redis {}", info.get("redis_version").unwrap_or("unknown")),
        replicas: info.number("connected_slaves"),
        memory_percent: info.memory_percent(),
        ..Health::default()
    };
    let strict = durability == Durability::Strict;
    let mut must = |setting: &str, needed: &str| {
        let value = info.get(setting).unwrap_or("unknown");
        if value != needed {
            health.problems.push(problem(setting, value, needed));
        }
    };
    // Everything else silently drops live keys when memory runs short, those with a life time first.
    must("maxmemory_policy", "noeviction");
    must("role", "master");
    must("loading", "0");
    if strict {
        must("aof_enabled", "1");
    }
    if info.get("aof_enabled") == Some("1") {
        must("aof_last_write_status", "ok");
    }
    if strict {
        // Hosted servers may not let us ask; then the operator's word stands.
        let asked: Result<Vec<String>, _> = redis::cmd("CONFIG")
            .arg("GET")
            .arg("appendfsync")
            .query_async(&mut connection)
            .await;
        let value = asked.ok().and_then(|pair| pair.into_iter().nth(1));
        if let Some(value) = value.filter(|value| value != "always") {
            health
                .problems
                .push(problem("appendfsync", &value, "always"));
        }
    }
    Ok(health)
}

/// Makes the groups, and writes down whose store this is. Returns the name of the installation.
pub(super) async fn enroll(wire: &Wire, candidate: &str) -> Result<String, StoreError> {
    let mut connection = wire.shared();
    let meta = keys::meta();
    let () = connection.hset_nx(&meta, "version", LAYOUT).await?;
    let () = connection.hset_nx(&meta, "installation", candidate).await?;
    let (found, installation): (u16, String) = redis::cmd("HMGET")
        .arg(&meta)
        .arg(&["version", "installation"])
        .query_async(&mut connection)
        .await?;
    if found > LAYOUT {
        return Err(StoreError::Newer {
            found,
            known: LAYOUT,
        });
    }
    let shards = Shard::all();
    let streams = shards.flat_map(|shard| WorkKind::ALL.map(|kind| keys::work(shard, kind)));
    try_join_all(streams.map(|stream| make_group(wire, stream))).await?;
    Ok(installation)
}

async fn make_group(wire: &Wire, stream: String) -> Result<(), StoreError> {
    let made: Result<(), redis::RedisError> = wire
        .shared()
        .xgroup_create_mkstream(stream, GROUP, "0")
        .await;
    match made {
        Err(error) if error.code() == Some("BUSYGROUP") => Ok(()),
        other => Ok(other?),
    }
}

fn problem(setting: &str, value: &str, needed: &str) -> UnsafeSetting {
    // INFO and the configuration spell it differently; operators look for the latter.
    let setting = match setting {
        "maxmemory_policy" => "maxmemory-policy",
        "aof_enabled" => "appendonly",
        other => other,
    };
    let word = |value: &str| match (setting, value) {
        ("appendonly", "0") => "no".to_owned(),
        ("appendonly", "1") => "yes".to_owned(),
        (_, other) => other.to_owned(),
    };
    UnsafeSetting {
        setting: setting.to_owned(),
        value: word(value),
        needed: word(needed),
    }
}

/// The answer of INFO: lines of `name:value`.
struct Info<'a>(&'a str);

impl<'a> Info<'a> {
    fn get(&self, name: &str) -> Option<&'a str> {
        let mut lines = self.0.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    fn number(&self, name: &str) -> u64 {
        self.get(name)
            .and_then(|text| text.parse().ok())
            .unwrap_or(0)
    }

    fn memory_percent(&self) -> Option<u8> {
        let limit = self.number("maxmemory");
        let used = self.number("used_memory").saturating_mul(100);
        u8::try_from(used.checked_div(limit)?).ok()
    }
}
