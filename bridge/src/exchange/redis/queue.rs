//! The outbox: taking entries, settling them, and the dead letters.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::try_join_all;

use super::{
    Redis,
    bell::Spot,
    exchanges::{Arguments, op_text},
    keys,
    scripts::Scripts,
    wire::{Answer, Wire},
};
use crate::{
    exchange::{
        id::{EntryId, ExchangeId, OpId, Shard},
        parcel::deliver,
        record::Record,
        store::StoreError,
        stored::{open_entry, open_record, read_summary},
    },
    outbox::{DeadLetter, Entry, Lease, Leased, Reason, Take, WorkKind},
};

/// What the holder of a lease does with the entry.
pub(super) enum Settlement<'a> {
    Complete,
    Extend,
    /// Back to the others as if it had not been taken.
    Return,
    /// The same, once the time has come.
    Defer(i64),
    Blame,
    Postpone(i64, &'a Reason),
    Bury(&'a Reason),
}

impl Redis {
    /// Takes an entry at a spot, if there is one.
    pub(super) async fn take_at(
        &self,
        spot: Spot,
        take: &Take,
    ) -> Result<Option<Leased>, StoreError> {
        let holder = self.draw_op();
        let taken = self.take_script(spot, take, holder).await;
        let Some((answer, lease)) = taken.inspect_err(|_| self.bell.hint(spot))? else {
            return Ok(None);
        };
        self.unseal(&answer, lease).await
    }

    async fn take_script(
        &self,
        (kind, shard): Spot,
        take: &Take,
        holder: OpId,
    ) -> Result<Option<(Answer, Lease)>, StoreError> {
        let mut arguments = Arguments(Vec::new());
        arguments.text(keys::prefix(shard));
        arguments.text(kind);
        arguments.text(&take.worker);
        arguments.text(self.now_ms());
        arguments.text(take.lease.as_millis());
        arguments.text(op_text(holder));
        let (worker, length) = (take.worker.clone(), take.lease);
        let (wire, scripts, bell) = (
            Arc::clone(&self.wire),
            Arc::clone(&self.scripts),
            Arc::clone(&self.bell),
        );
        let (own_wire, own_scripts) = (Arc::clone(&wire), Arc::clone(&scripts));
        let taking = async move {
            let stream = keys::work(shard, kind);
            let answer = wire.write(&scripts.take, &stream, &arguments.0).await?;
            let nothing = answer.word() == "none";
            if let Ok(next) = answer.parse::<f64>(if nothing { 1 } else { 7 }) {
                bell.set_alarm(next as i64, shard);
            }
            if nothing {
                return Ok(None);
            }
            if answer.parse::<u64>(6)? > 0 {
                bell.hint((kind, shard));
            }
            let lease = Lease {
                entry: answer.parse(1)?,
                exchange: answer.parse(2)?,
                kind,
                holder,
                length,
                delivery: worker,
            };
            Ok(Some((answer, lease)))
        };
        deliver(taking, |(_, lease): (Answer, Lease)| async move {
            let returned = settle(&own_wire, &own_scripts, &lease, Settlement::Return, 0).await;
            if let Err(error) = returned {
                tracing::debug!(%error, "Unwanted entry stays taken until its lease is over");
            }
        })
        .await
    }

    /// Opens a taken entry. One that cannot be opened would come back for ever: it is buried. Work
    /// of an exchange that ended meanwhile is done.
    async fn unseal(&self, answer: &Answer, lease: Lease) -> Result<Option<Leased>, StoreError> {
        match self.try_unseal(answer, &lease) {
            Ok((entry, record)) => {
                return Ok(Some(Leased {
                    entry,
                    record,
                    lease,
                }));
            }
            Err(StoreError::Erased) => self.settle(&lease, Settlement::Complete).await?,
            Err(error) => {
                tracing::error!(exchange = %lease.exchange, %error, "Sealed work cannot be opened");
                let reason = Reason::new("unreadable");
                self.settle(&lease, Settlement::Bury(&reason)).await?
            }
        };
        Ok(None)
    }

    fn try_unseal(&self, answer: &Answer, lease: &Lease) -> Result<(Entry, Record), StoreError> {
        let summary = answer.bytes(8);
        let missing = StoreError::Protocol("entry without exchange");
        let summary = read_summary(summary.ok_or(missing)?)?;
        let record = open_record(&self.vault, summary, answer.bytes(10), answer.bytes(11))?;
        let key = record.key().ok_or(StoreError::Erased)?;
        let sealed = answer.bytes(3).unwrap_or_default();
        let data: Bytes = open_entry(key, lease.exchange, lease.entry, sealed)?;
        let entry = Entry {
            id: lease.entry,
            exchange: lease.exchange,
            kind: lease.kind,
            data,
            attempt: answer.parse(4)?,
            deliveries: answer.parse(5)?,
            blames: answer.parse(12)?,
        };
        Ok((entry, record))
    }

    pub(super) async fn settle(
        &self,
        lease: &Lease,
        settlement: Settlement<'_>,
    ) -> Result<bool, StoreError> {
        settle(&self.wire, &self.scripts, lease, settlement, self.now_ms()).await
    }

    pub(super) async fn list_dead(&self, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        let scans = Shard::all().map(|shard| self.dead_in(shard, limit));
        let mut letters: Vec<_> = try_join_all(scans).await?.into_iter().flatten().collect();
        letters.sort_by_key(|letter| (letter.buried, letter.id));
        letters.truncate(limit);
        Ok(letters)
    }

    async fn dead_in(&self, shard: Shard, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        type Row = (
            Option<String>,
            Option<String>,
            Option<u32>,
            Option<String>,
            Option<i64>,
        );
        let prefix = keys::prefix(shard);
        let mut connection = self.wire.shared();
        let ids: Vec<String> = redis::cmd("ZRANGE")
            .arg(format!("{prefix}dead"))
            .arg(0)
            .arg(limit)
            .query_async(&mut connection)
            .await?;
        let mut letters = Vec::new();
        for id in ids {
            let (exchange, kind, attempt, reason, buried): Row = redis::cmd("HMGET")
                .arg(format!("{prefix}entry:{id}"))
                .arg(&["x", "k", "a", "r", "t"])
                .query_async(&mut connection)
                .await?;
            let exchange = exchange.and_then(|exchange| exchange.parse().ok());
            let kind = kind.and_then(|kind| WorkKind::named(&kind));
            let buried = buried.and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
            // Settled between the two looks: no dead letter any more.
            let (Ok(id), Some(exchange), Some(kind), Some(buried)) =
                (id.parse(), exchange, kind, buried)
            else {
                continue;
            };
            letters.push(DeadLetter {
                id,
                exchange,
                kind,
                attempt: attempt.unwrap_or_default(),
                reason: Reason::new(reason.unwrap_or_default()),
                buried,
            });
        }
        Ok(letters)
    }

    pub(super) async fn decide_dead(
        &self,
        exchange: ExchangeId,
        entry: EntryId,
        decision: &str,
    ) -> Result<bool, StoreError> {
        let mut arguments = Arguments(Vec::new());
        arguments.text(keys::prefix(exchange.shard()));
        arguments.text(entry);
        arguments.text(exchange);
        arguments.text(decision);
        let (script, key) = (&self.scripts.dead, keys::entry(exchange, entry));
        let answer = self.wire.write(script, &key, &arguments.0).await?;
        Ok(answer.word() == "done")
    }
}

async fn settle(
    wire: &Wire,
    scripts: &Scripts,
    lease: &Lease,
    settlement: Settlement<'_>,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let (what, at, reason) = match &settlement {
        Settlement::Complete => ("complete", now_ms, ""),
        Settlement::Extend => ("extend", now_ms, ""),
        Settlement::Return => ("return", now_ms, ""),
        Settlement::Defer(until) => ("defer", *until, ""),
        Settlement::Blame => ("blame", now_ms, ""),
        Settlement::Postpone(until, reason) => ("postpone", *until, reason.as_str()),
        Settlement::Bury(reason) => ("bury", now_ms, reason.as_str()),
    };
    let mut arguments = Arguments(Vec::new());
    arguments.text(keys::prefix(lease.exchange.shard()));
    arguments.text(lease.entry);
    arguments.text(lease.kind);
    arguments.text(op_text(lease.holder));
    arguments.text(lease.exchange);
    arguments.text(what);
    arguments.text(at);
    arguments.text(reason);
    arguments.text(&lease.delivery);
    let key = keys::entry(lease.exchange, lease.entry);
    let answer = wire.write(&scripts.settle, &key, &arguments.0).await?;
    Ok(answer.word() == "done")
}
