//! Transitions and look-ups of exchanges.

use futures_util::future::{try_join, try_join_all};
use redis::AsyncCommands;

use super::{Redis, keys, wire::Answer};
use crate::exchange::{
    change::{Applied, Finish, Opened},
    id::{EpochNumber, ExchangeId, OpId, Shard},
    record::{Record, Summary},
    store::{Cursor, Filter, Page, StoreError},
    stored::{Prepared, open_record, read_summary, write_summary},
};

/// Names live far longer than any exchange; they are removed with it.
const INDEX_LIFE_MS: i64 = 90 * 86_400_000;
/// A page is looked for in so many rounds at most: a filter that matches nothing must end.
const PAGE_ROUNDS: usize = 200;

/// What stands in other slots before the transition itself.
#[derive(Default)]
pub(super) struct Footing {
    /// Until when, on the clock of the server, the claim on the message holds.
    fence: Option<String>,
    refusal: Option<Refusal>,
}

pub(super) enum Refusal {
    AnsweredBy(ExchangeId),
    ClaimLost,
    RequestKnown(ExchangeId),
}

impl Redis {
    pub(super) async fn open_exchange(&self, opening: &Prepared) -> Result<Opened, StoreError> {
        let footing = self.stand(opening).await?;
        match footing.refusal {
            Some(Refusal::AnsweredBy(other)) => return Ok(Opened::Existing(other)),
            Some(Refusal::ClaimLost) => return Ok(Opened::ClaimLost),
            Some(Refusal::RequestKnown(other)) => return Ok(Opened::RequestKnown(other)),
            None => {}
        }
        let answer = self.transit(opening, footing.fence).await?;
        match answer.word() {
            "done" => Ok(Opened::Created(epoch(&answer)?)),
            "existing" => Ok(Opened::Existing(opening.record.summary.id)),
            "claim-lost" => Ok(Opened::ClaimLost),
            _ => Err(StoreError::Protocol("opening")),
        }
    }

    pub(super) async fn change_exchange(&self, change: &Prepared) -> Result<Applied, StoreError> {
        let footing = self.stand(change).await?;
        match footing.refusal {
            Some(Refusal::AnsweredBy(_) | Refusal::ClaimLost) => return Ok(Applied::ClaimLost),
            Some(Refusal::RequestKnown(other)) => return Ok(Applied::RequestKnown(other)),
            None => {}
        }
        let answer = self.transit(change, footing.fence).await?;
        match answer.word() {
            "done" => Ok(Applied::Done(epoch(&answer)?)),
            "repeated" => Ok(Applied::Repeated(epoch(&answer)?)),
            "stale" => Ok(Applied::Stale {
                current: epoch(&answer)?,
            }),
            "gone" => Ok(Applied::Gone),
            "lease-lost" => Ok(Applied::LeaseLost),
            "claim-lost" => Ok(Applied::ClaimLost),
            "request-known" => Ok(Applied::RequestKnown(change.record.summary.id)),
            _ => Err(StoreError::Protocol("change")),
        }
    }

    /// Writes what lies in other slots. None of it counts before the exchange itself is written.
    async fn stand(&self, prepared: &Prepared) -> Result<Footing, StoreError> {
        let id = prepared.record.summary.id;
        let names = prepared.record.new_indexes.iter();
        let names = try_join_all(names.map(|name| self.add_name(name, id)));
        let (_, footing) = try_join(names, self.stand_messages(prepared, id)).await?;
        Ok(footing)
    }

    async fn stand_messages(
        &self,
        prepared: &Prepared,
        id: ExchangeId,
    ) -> Result<Footing, StoreError> {
        let mut footing = Footing::default();
        if let Some(answer) = &prepared.answer {
            match self.prepare_answer(answer, id).await? {
                Ok(fence) => footing.fence = Some(fence),
                Err(refusal) => {
                    footing.refusal = Some(refusal);
                    return Ok(footing);
                }
            }
        }
        if let Some(request) = &prepared.request {
            let message = prepared.answer.as_ref().map(|answer| answer.name.as_str());
            let known = self
                .prepare_request(request, message.unwrap_or_default(), id)
                .await?;
            footing.refusal = known.map(Refusal::RequestKnown);
        }
        Ok(footing)
    }

    async fn transit(
        &self,
        prepared: &Prepared,
        fence: Option<String>,
    ) -> Result<Answer, StoreError> {
        let arguments = self.transition(prepared, fence.unwrap_or_default())?;
        let key = keys::exchange(prepared.record.summary.id);
        self.wire
            .write(&self.scripts.transition, &key, &arguments)
            .await
    }

    /// The arguments of the script, in its order.
    fn transition(&self, prepared: &Prepared, fence: String) -> Result<Vec<Vec<u8>>, StoreError> {
        let now = self.vault.world().now();
        let mut after = prepared.record.summary.clone();
        let id = after.id;
        let before = after.epoch;
        let epoch = after.note(prepared.op, now);
        let mode = if prepared.expected.is_some() {
            "apply"
        } else {
            "open"
        };
        let deadline = after.deadline.map(|at| at.as_millisecond().to_string());
        let message = prepared.answer.as_ref().map(|answer| answer.name.clone());
        let request = prepared.request.as_ref().map(|request| request.id.clone());
        let mut arguments = Arguments(Vec::new());
        arguments.text(keys::prefix(id.shard()));
        arguments.text(id);
        arguments.text(mode);
        arguments.text(op_text(prepared.op));
        arguments.text(before);
        arguments.text(epoch);
        arguments.text(ops_text(&after));
        arguments.text(after.state);
        arguments.bytes(&write_summary(&after)?);
        arguments.bytes(prepared.record.key.as_deref().unwrap_or_default());
        arguments.bytes(prepared.record.content.as_deref().unwrap_or_default());
        arguments.text(deadline.unwrap_or_default());
        arguments.text(after.created.as_millisecond());
        arguments.text(now.as_millisecond());
        arguments.text(fence);
        arguments.text(message.unwrap_or_default());
        arguments.text(request.unwrap_or_default());
        arguments.finish(prepared.finish.as_ref());
        arguments.text(prepared.entries.len());
        for entry in &prepared.entries {
            arguments.text(entry.id);
            arguments.text(entry.kind);
            arguments.bytes(&entry.data);
            let not_before = entry.not_before_ms;
            arguments.text(not_before.map(|at| at.to_string()).unwrap_or_default());
            if let Some(at) = not_before {
                self.bell.set_alarm(at, id.shard());
            }
        }
        Ok(arguments.0)
    }

    async fn add_name(&self, name: &str, id: ExchangeId) -> Result<(), StoreError> {
        let key = keys::index(name);
        let mut pipe = redis::pipe();
        pipe.sadd(&key, id.to_string()).ignore();
        pipe.pexpire(&key, INDEX_LIFE_MS).ignore();
        pipe.query_async::<()>(&mut self.wire.shared()).await?;
        Ok(())
    }

    pub(super) async fn load_exchange(&self, id: ExchangeId) -> Result<Option<Record>, StoreError> {
        let row: [Option<Vec<u8>>; 3] = redis::cmd("HMGET")
            .arg(keys::exchange(id))
            .arg(&["r", "k", "c"])
            .query_async(&mut self.wire.shared())
            .await?;
        let [Some(json), key, content] = row else {
            return Ok(None);
        };
        let summary = read_summary(&json)?;
        open_record(&self.vault, summary, key.as_deref(), content.as_deref()).map(Some)
    }

    pub(super) async fn find_exchanges(&self, name: &str) -> Result<Vec<ExchangeId>, StoreError> {
        let mut connection = self.wire.shared();
        let members: Vec<String> = connection.smembers(keys::index(name)).await?;
        let mut found = Vec::new();
        for id in members.iter().filter_map(|id| id.parse().ok()) {
            // A name is written before its exchange, which may never have come to be.
            if connection.exists::<_, bool>(keys::exchange(id)).await? {
                found.push(id);
            }
        }
        Ok(found)
    }

    pub(super) async fn forget_exchange(
        &self,
        id: ExchangeId,
        at: EpochNumber,
    ) -> Result<bool, StoreError> {
        let Some(summary) = self.summary(id).await? else {
            return Ok(false);
        };
        if summary.epoch != at {
            return Ok(false);
        }
        // What points here must stand by itself before this goes.
        let fields: Vec<String> = self.wire.shared().hkeys(keys::exchange(id)).await?;
        for field in &fields {
            if let Some(message) = field.strip_prefix("m:") {
                self.confirm_message(message, id).await?;
            } else if let Some(request) = field.strip_prefix("q:") {
                self.confirm_request(request, id).await?;
            }
        }
        let mut arguments = Arguments(Vec::new());
        arguments.text(keys::prefix(id.shard()));
        arguments.text(id);
        arguments.text(at);
        let script = &self.scripts.forget;
        let answer = self
            .wire
            .write(script, &keys::exchange(id), &arguments.0)
            .await?;
        if answer.word() != "done" {
            return Ok(false);
        }
        let mut connection = self.wire.shared();
        for name in &summary.indexes {
            let () = connection.srem(keys::index(name), id.to_string()).await?;
        }
        Ok(true)
    }

    /// The exchanges due, and when the next one will be.
    pub(super) async fn due_exchanges(
        &self,
        limit: usize,
    ) -> Result<(Vec<ExchangeId>, Option<i64>), StoreError> {
        let now = self.now_ms();
        let scans = Shard::all().map(|shard| async move {
            let key = format!("{}due", keys::prefix(shard));
            let rows: Vec<(String, f64)> = redis::cmd("ZRANGE")
                .arg(key)
                .arg(0)
                .arg(limit)
                .arg("WITHSCORES")
                .query_async(&mut self.wire.shared())
                .await?;
            Ok::<_, StoreError>(rows)
        });
        let mut all: Vec<(i64, ExchangeId)> = Vec::new();
        for (member, score) in try_join_all(scans).await?.into_iter().flatten() {
            if let Ok(id) = member.parse() {
                all.push((score as i64, id));
            }
        }
        all.sort_unstable();
        let next = all.iter().map(|(at, _)| *at).find(|at| *at > now);
        let due = all.into_iter().take_while(|(at, _)| *at <= now);
        Ok((due.map(|(_, id)| id).take(limit).collect(), next))
    }

    pub(super) async fn list_exchanges(
        &self,
        filter: &Filter,
        after: Option<Cursor>,
    ) -> Result<Page, StoreError> {
        let mut page = Page::default();
        let mut at = after;
        for _ in 0..PAGE_ROUNDS {
            let newest = self.newest(at, filter.page_len() + 1).await?;
            let Some(last) = newest.last().copied() else {
                return Ok(page);
            };
            let ids = newest.iter().map(|(_, id)| *id);
            for summary in try_join_all(ids.map(|id| self.summary(id))).await? {
                let Some(summary) = summary.filter(|summary| filter.admits(summary)) else {
                    continue;
                };
                page.exchanges.push(summary);
                if page.exchanges.len() > filter.page_len() {
                    page.cut();
                    return Ok(page);
                }
            }
            at = Some(Cursor {
                created_ms: last.0,
                id: last.1,
            });
        }
        Ok(page)
    }

    /// The newest exchanges before a cursor.
    async fn newest(
        &self,
        before: Option<Cursor>,
        limit: usize,
    ) -> Result<Vec<(i64, ExchangeId)>, StoreError> {
        let top = before.map_or("+inf".to_owned(), |cursor| cursor.created_ms.to_string());
        let scans = Shard::all().map(|shard| {
            let top = top.clone();
            async move { self.newest_in(shard, &top, limit).await }
        });
        let mut all: Vec<_> = try_join_all(scans).await?.into_iter().flatten().collect();
        if let Some(cursor) = before {
            all.retain(|place| *place < (cursor.created_ms, cursor.id));
        }
        all.sort_unstable_by(|one, other| other.cmp(one));
        all.truncate(limit);
        Ok(all)
    }

    async fn newest_in(
        &self,
        shard: Shard,
        top: &str,
        limit: usize,
    ) -> Result<Vec<(i64, ExchangeId)>, StoreError> {
        // Those of the very millisecond of the cursor come along and are sorted out by their id.
        const SAME_MILLISECOND: usize = 256;
        let rows: Vec<(String, f64)> = redis::cmd("ZREVRANGEBYSCORE")
            .arg(format!("{}all", keys::prefix(shard)))
            .arg(top)
            .arg("-inf")
            .arg("WITHSCORES")
            .arg("LIMIT")
            .arg(0)
            .arg(limit.saturating_add(SAME_MILLISECOND))
            .query_async(&mut self.wire.shared())
            .await?;
        let ids = rows.iter().filter_map(|(member, score)| {
            let id = member.parse().ok()?;
            Some((*score as i64, id))
        });
        Ok(ids.collect())
    }

    async fn summary(&self, id: ExchangeId) -> Result<Option<Summary>, StoreError> {
        let mut connection = self.wire.shared();
        let json: Option<Vec<u8>> = connection.hget(keys::exchange(id), "r").await?;
        json.map(|json| read_summary(&json)).transpose()
    }
}

/// Arguments of a script in the making.
pub(super) struct Arguments(pub(super) Vec<Vec<u8>>);

impl Arguments {
    pub(super) fn text(&mut self, value: impl std::fmt::Display) {
        self.0.push(value.to_string().into_bytes());
    }

    pub(super) fn bytes(&mut self, value: &[u8]) {
        self.0.push(value.to_vec());
    }

    fn finish(&mut self, finish: Option<&Finish>) {
        let (word, reason) = match finish {
            None => ("", String::new()),
            Some(Finish::Done(_)) => ("done", String::new()),
            Some(Finish::Bury(_, reason)) => ("bury", reason.to_string()),
        };
        self.text(word);
        let lease = finish.map(Finish::lease);
        self.text(
            lease
                .map(|lease| lease.entry.to_string())
                .unwrap_or_default(),
        );
        self.text(
            lease
                .map(|lease| lease.kind.to_string())
                .unwrap_or_default(),
        );
        self.text(lease.map(|lease| op_text(lease.holder)).unwrap_or_default());
        self.text(reason);
    }
}

/// Without hyphens, which have a meaning in the patterns of the scripts.
pub(super) fn op_text(op: OpId) -> String {
    op.uuid().simple().to_string()
}

fn ops_text(summary: &Summary) -> String {
    let ops = summary.ops.iter();
    let ops: Vec<_> = ops
        .map(|(op, epoch)| format!("{}={epoch}", op_text(*op)))
        .collect();
    ops.join(" ")
}

fn epoch(answer: &Answer) -> Result<EpochNumber, StoreError> {
    answer.parse(1).map(EpochNumber::new)
}
