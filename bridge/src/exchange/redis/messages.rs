//! Claims on messages, their answers, request ids and kept values.
//!
//! A message and the exchange that answers it lie in different slots. The answer is written first,
//! with the exchange it belongs to; it counts once that exchange carries a mark for the message.
//! Whoever meets an answer whose mark was not looked at yet looks, and either confirms the answer or
//! treats the claim as come to nothing.

use bytes::Bytes;
use redis::AsyncCommands;

use super::{
    Redis,
    exchanges::{Arguments, Refusal, op_text},
    keys,
};
use crate::{
    exchange::{
        id::ExchangeId,
        message::{Claim, Seen, Ticket},
        store::{MemoName, StoreError},
        stored::{StoredAnswer, StoredRequest, memo_place, open_answer},
    },
    seal::hex,
};

/// How long a claim holds at least once its answer was prepared.
const PREPARED_MS: i64 = 60_000;
/// After this time a request whose exchange never came to be belongs to nobody.
const REQUEST_LAPSE_MS: i64 = 120_000;

impl Redis {
    pub(super) async fn claim_message(&self, ticket: Ticket) -> Result<Claim, StoreError> {
        let name = ticket.key.index_name(self.vault.index());
        let key = keys::message(&name);
        let mut dead_holder = String::new();
        // Once to find an unconfirmed answer, once to replace it, and once more should somebody
        // else have been faster.
        for _ in 0..3 {
            let mut arguments = Arguments(Vec::new());
            arguments.text(hex(ticket.digest.bytes()));
            arguments.text(op_text(ticket.holder));
            arguments.text(self.now_ms());
            arguments.text(ticket.until_ms);
            arguments.text(self.life_ms(ticket.until_ms));
            arguments.text(&dead_holder);
            let script = &self.scripts.claim;
            let answer = self.wire.write(script, &key, &arguments.0).await?;
            match answer.word() {
                "new" => return Ok(Claim::New(ticket)),
                "in-flight" => return Ok(Claim::InFlight),
                "conflict" => return Ok(Claim::Conflict),
                "answered" => {
                    let sealed = answer.bytes(1).unwrap_or_default();
                    return Ok(Claim::Answered(open_answer(&self.vault, &name, sealed)?));
                }
                "check" => {
                    let exchange: ExchangeId = answer.parse(1)?;
                    if self.has_mark(exchange, &format!("m:{name}")).await? {
                        self.confirm_message(&name, exchange).await?;
                        continue;
                    }
                    if answer.text(4) == Some("running") {
                        return Ok(Claim::InFlight);
                    }
                    dead_holder = answer.text(3).unwrap_or_default().to_owned();
                }
                _ => return Err(StoreError::Protocol("claim")),
            }
        }
        Ok(Claim::InFlight)
    }

    pub(super) async fn release_message(&self, ticket: &Ticket) -> Result<(), StoreError> {
        let name = ticket.key.index_name(self.vault.index());
        let mut unmarked = String::new();
        for _ in 0..2 {
            let mut arguments = Arguments(Vec::new());
            arguments.text(op_text(ticket.holder));
            arguments.text(&unmarked);
            let script = &self.scripts.release;
            let key = keys::message(&name);
            let answer = self.wire.write(script, &key, &arguments.0).await?;
            if answer.word() != "check" {
                return Ok(());
            }
            let exchange: ExchangeId = answer.parse(1)?;
            if self.has_mark(exchange, &format!("m:{name}")).await? {
                return self.confirm_message(&name, exchange).await;
            }
            unmarked = exchange.to_string();
        }
        Ok(())
    }

    pub(super) async fn answer_message(&self, answer: &StoredAnswer) -> Result<bool, StoreError> {
        let mut arguments = Arguments(Vec::new());
        arguments.text(op_text(answer.ticket.holder));
        arguments.bytes(&answer.sealed);
        arguments.text(answer.keep_ms);
        arguments.text(self.life_ms(answer.keep_ms));
        let (script, key) = (&self.scripts.answer, keys::message(&answer.name));
        let answer = self.wire.write(script, &key, &arguments.0).await?;
        Ok(answer.word() == "done")
    }

    /// Writes the answer that will count with the exchange. Returns until when the claim holds, on
    /// the clock of the server.
    pub(super) async fn prepare_answer(
        &self,
        answer: &StoredAnswer,
        exchange: ExchangeId,
    ) -> Result<Result<String, Refusal>, StoreError> {
        let now = self.now_ms();
        let mut arguments = Arguments(Vec::new());
        arguments.text(op_text(answer.ticket.holder));
        arguments.text(exchange);
        arguments.bytes(&answer.sealed);
        arguments.text(answer.keep_ms);
        arguments.text(self.life_ms(answer.keep_ms));
        arguments.text(now);
        arguments.text(now.saturating_add(PREPARED_MS));
        let (script, key) = (&self.scripts.prepare, keys::message(&answer.name));
        let reply = self.wire.write(script, &key, &arguments.0).await?;
        match reply.word() {
            "ok" => Ok(Ok(reply.text(1).unwrap_or_default().to_owned())),
            "answered" => match reply.parse(1) {
                Ok(other) => Ok(Err(Refusal::AnsweredBy(other))),
                Err(_) => Ok(Err(Refusal::ClaimLost)),
            },
            "lost" => Ok(Err(Refusal::ClaimLost)),
            _ => Err(StoreError::Protocol("prepare")),
        }
    }

    pub(super) async fn confirm_message(
        &self,
        name: &str,
        exchange: ExchangeId,
    ) -> Result<(), StoreError> {
        let mut arguments = Arguments(Vec::new());
        arguments.text(exchange);
        let (script, key) = (&self.scripts.confirm, keys::message(name));
        self.wire.write(script, &key, &arguments.0).await?;
        Ok(())
    }

    /// Notes which exchange takes a request; returns the one that took it before.
    pub(super) async fn prepare_request(
        &self,
        request: &StoredRequest,
        message: &str,
        exchange: ExchangeId,
    ) -> Result<Option<ExchangeId>, StoreError> {
        let now = self.now_ms();
        let mut dead = String::new();
        for _ in 0..2 {
            let mut arguments = Arguments(Vec::new());
            arguments.text(exchange);
            arguments.text(message);
            arguments.text(now);
            arguments.text(request.keep_ms);
            arguments.text(self.life_ms(request.keep_ms));
            arguments.text(&dead);
            let (script, key) = (&self.scripts.request, keys::request(&request.id));
            let reply = self.wire.write(script, &key, &arguments.0).await?;
            match reply.word() {
                "ok" => return Ok(None),
                "known" => return reply.parse(1).map(Some),
                "check" => {
                    let other: ExchangeId = reply.parse(1)?;
                    let same_message = !message.is_empty() && reply.text(2) == Some(message);
                    let age = now.saturating_sub(reply.parse(3)?);
                    if self.has_mark(other, &format!("q:{}", request.id)).await? {
                        return Ok(Some(other));
                    }
                    if !same_message && age < REQUEST_LAPSE_MS {
                        return Ok(Some(other));
                    }
                    dead = other.to_string();
                }
                _ => return Err(StoreError::Protocol("request")),
            }
        }
        Err(StoreError::Protocol("request contended"))
    }

    pub(super) async fn confirm_request(
        &self,
        request: &str,
        exchange: ExchangeId,
    ) -> Result<(), StoreError> {
        let key = keys::request(request);
        let mut connection = self.wire.shared();
        let owner: Option<String> = connection.hget(&key, "x").await?;
        if owner.is_some_and(|owner| owner == exchange.to_string()) {
            let () = connection.hset(&key, "z", "1").await?;
        }
        Ok(())
    }

    pub(super) async fn seen_request(&self, request: &str) -> Result<Seen, StoreError> {
        type Row = (Option<String>, Option<i64>, Option<String>);
        let (exchange, until, confirmed): Row = redis::cmd("HMGET")
            .arg(keys::request(request))
            .arg(&["x", "u", "z"])
            .query_async(&mut self.wire.shared())
            .await?;
        let exchange = exchange.and_then(|id| id.parse::<ExchangeId>().ok());
        let Some(exchange) = exchange.filter(|_| until.is_some_and(|u| u > self.now_ms())) else {
            return Ok(Seen::Never);
        };
        if confirmed.is_some() || self.has_mark(exchange, &format!("q:{request}")).await? {
            return Ok(Seen::By(exchange));
        }
        Ok(Seen::Never)
    }

    async fn has_mark(&self, exchange: ExchangeId, mark: &str) -> Result<bool, StoreError> {
        let mut connection = self.wire.shared();
        Ok(connection.hexists(keys::exchange(exchange), mark).await?)
    }

    pub(super) async fn keep_memo(
        &self,
        name: &MemoName,
        value: &[u8],
        until_ms: i64,
    ) -> Result<(), StoreError> {
        let row = name.index_name(self.vault.index());
        let sealed = self.vault.seal(memo_place(&row), value)?;
        let key = keys::memo(&row);
        let mut pipe = redis::pipe();
        pipe.atomic();
        pipe.hset(&key, "v", sealed).ignore();
        pipe.hset(&key, "u", until_ms).ignore();
        pipe.pexpire(&key, self.life_ms(until_ms)).ignore();
        pipe.query_async::<()>(&mut self.wire.shared()).await?;
        Ok(())
    }

    pub(super) async fn read_memo(&self, name: &MemoName) -> Result<Option<Bytes>, StoreError> {
        let row = name.index_name(self.vault.index());
        let (sealed, until): (Option<Vec<u8>>, Option<i64>) = redis::cmd("HMGET")
            .arg(keys::memo(&row))
            .arg(&["v", "u"])
            .query_async(&mut self.wire.shared())
            .await?;
        let Some(sealed) = sealed.filter(|_| until.is_some_and(|u| u > self.now_ms())) else {
            return Ok(None);
        };
        let plain = self.vault.open(memo_place(&row), &sealed)?;
        Ok(Some(Bytes::copy_from_slice(&plain)))
    }

    pub(super) async fn drop_memo(&self, name: &MemoName) -> Result<bool, StoreError> {
        let key = keys::memo(&name.index_name(self.vault.index()));
        let mut pipe = redis::pipe();
        pipe.atomic();
        pipe.hget(&key, "u");
        pipe.del(&key).ignore();
        let (until,): (Option<i64>,) = pipe.query_async(&mut self.wire.shared()).await?;
        Ok(until.is_some_and(|until| until > self.now_ms()))
    }
}
