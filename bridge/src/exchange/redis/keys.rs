//! The names of all keys. What must change in one script has one shard tag.

use crate::exchange::id::{ExchangeId, Shard};
use crate::{outbox::WorkKind, seal::sha256};

/// The group all workers of all nodes belong to.
pub(super) const GROUP: &str = "bridge";

/// What every key of a shard begins with.
pub(super) fn prefix(shard: Shard) -> String {
    format!("bridge{shard}:")
}

pub(super) fn exchange(id: ExchangeId) -> String {
    format!("{}exchange:{id}", prefix(id.shard()))
}

pub(super) fn entry(exchange: ExchangeId, entry: crate::exchange::EntryId) -> String {
    format!("{}entry:{entry}", prefix(exchange.shard()))
}

pub(super) fn work(shard: Shard, kind: WorkKind) -> String {
    format!("{}work:{kind}", prefix(shard))
}

pub(super) fn index(name: &str) -> String {
    elsewhere("index", name)
}

pub(super) fn message(name: &str) -> String {
    elsewhere("message", name)
}

pub(super) fn request(id: &str) -> String {
    elsewhere("request", id)
}

pub(super) fn memo(name: &str) -> String {
    elsewhere("memo", name)
}

/// Version of the layout and identity of the installation.
pub(super) fn meta() -> String {
    elsewhere("meta", "")
}

/// A key that is looked up by a name has the shard of its name, not of its exchange.
fn elsewhere(kind: &str, name: &str) -> String {
    let shard = Shard::of_hash(&sha256(name.as_bytes()));
    format!("{}{kind}:{name}", prefix(shard))
}
