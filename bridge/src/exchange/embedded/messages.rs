//! Claims on messages, their answers, request ids and kept values.

use jiff::Timestamp;
use redb::{ReadTransaction, ReadableTable, WriteTransaction};
use serde::{Deserialize, Serialize};

use super::{
    exchanges::{id_of, key_of},
    file::{ANSWERS, EXPIRY, MEMOS, MESSAGES, REQUESTS},
};
use crate::exchange::{
    id::{ExchangeId, OpId},
    message::{Seen, Ticket},
    store::StoreError,
    stored::{StoredAnswer, StoredRequest},
};

/// How many outdated rows one claim clears away.
const PURGE_BATCH: usize = 16;
/// No claim is longer than this.
const LONGEST_CLAIM_MS: i64 = 600_000;
const MESSAGE: u8 = 0;
const REQUEST: u8 = 1;
const MEMO: u8 = 2;

pub(super) enum Claimed {
    New,
    InFlight,
    Conflict,
    Answered(Vec<u8>),
}

/// How a claim stands when its holder comes back.
pub(super) enum Standing {
    Held,
    AnsweredBy(Option<ExchangeId>),
    Lost,
}

#[derive(Deserialize, Serialize)]
struct Row {
    digest: [u8; 32],
    holder: OpId,
    /// End of the claim, or of the memory once answered.
    until_ms: i64,
    answered: bool,
    exchange: Option<ExchangeId>,
}

pub(super) fn claim(
    tx: &WriteTransaction,
    name: &str,
    ticket: &Ticket,
    now_ms: i64,
) -> Result<Claimed, StoreError> {
    purge(tx, now_ms)?;
    if let Some(row) = read(tx, name)?.filter(|row| row.until_ms > now_ms) {
        // [EBMS:0003] the same name with other content is another message, not a repetition.
        if row.digest != *ticket.digest.bytes() {
            return Ok(Claimed::Conflict);
        }
        if !row.answered {
            return Ok(Claimed::InFlight);
        }
        let answers = tx.open_table(ANSWERS)?;
        let answer = answers.get(name)?.map(|row| row.value().to_vec());
        let missing = StoreError::Protocol("answered message without answer");
        return answer.map(Claimed::Answered).ok_or(missing);
    }
    let row = Row {
        digest: *ticket.digest.bytes(),
        holder: ticket.holder,
        until_ms: ticket.until_ms,
        answered: false,
        exchange: None,
    };
    write(tx, name, &row)?;
    Ok(Claimed::New)
}

/// Ends all claims: the process that held them is gone, for only one can have the file. Without
/// this, a sender that repeats what the last process did not answer would be told to wait.
pub(super) fn free(tx: &WriteTransaction, now_ms: i64) -> Result<(), StoreError> {
    let mut names = Vec::new();
    let last = now_ms.saturating_add(LONGEST_CLAIM_MS);
    let table = tx.open_table(EXPIRY)?;
    for row in table.range((now_ms, MESSAGE, "")..(last, MEMO, ""))? {
        let row = row?;
        let (_, which, name) = row.0.value();
        if which == MESSAGE {
            names.push(name.to_owned());
        }
    }
    for name in names {
        if read(tx, &name)?.is_some_and(|row| !row.answered) {
            tx.open_table(MESSAGES)?.remove(name.as_str())?;
        }
    }
    Ok(())
}

pub(super) fn release(tx: &WriteTransaction, name: &str, holder: OpId) -> Result<(), StoreError> {
    let row = read(tx, name)?;
    if row.is_some_and(|row| !row.answered && row.holder == holder) {
        tx.open_table(MESSAGES)?.remove(name)?;
    }
    Ok(())
}

pub(super) fn standing(
    tx: &WriteTransaction,
    name: &str,
    holder: OpId,
) -> Result<Standing, StoreError> {
    Ok(match read(tx, name)? {
        Some(row) if row.answered => Standing::AnsweredBy(row.exchange),
        Some(row) if row.holder == holder => Standing::Held,
        Some(_) | None => Standing::Lost,
    })
}

pub(super) fn answer(
    tx: &WriteTransaction,
    answer: &StoredAnswer,
    exchange: Option<ExchangeId>,
) -> Result<(), StoreError> {
    let row = Row {
        digest: *answer.ticket.digest.bytes(),
        holder: answer.ticket.holder,
        until_ms: answer.keep_ms,
        answered: true,
        exchange,
    };
    write(tx, &answer.name, &row)?;
    tx.open_table(ANSWERS)?
        .insert(answer.name.as_str(), answer.sealed.as_slice())?;
    Ok(())
}

pub(super) fn answer_alone(
    tx: &WriteTransaction,
    stored: &StoredAnswer,
) -> Result<bool, StoreError> {
    match read(tx, &stored.name)? {
        Some(row) if row.holder == stored.ticket.holder => {
            if !row.answered {
                answer(tx, stored, None)?;
            }
            Ok(true)
        }
        Some(_) | None => Ok(false),
    }
}

/// The exchange that took the request before.
pub(super) fn known_request(
    tx: &WriteTransaction,
    request: Option<&StoredRequest>,
    now: Timestamp,
) -> Result<Option<ExchangeId>, StoreError> {
    let Some(request) = request else {
        return Ok(None);
    };
    let table = tx.open_table(REQUESTS)?;
    let row = table.get(request.id.as_str())?.map(|row| row.value());
    let current = row.filter(|(until, _)| *until > now.as_millisecond());
    Ok(current.map(|(_, exchange)| id_of(exchange)))
}

pub(super) fn remember_request(
    tx: &WriteTransaction,
    request: &StoredRequest,
    exchange: ExchangeId,
) -> Result<(), StoreError> {
    let id = request.id.as_str();
    tx.open_table(REQUESTS)?
        .insert(id, (request.keep_ms, key_of(exchange)))?;
    tx.open_table(EXPIRY)?
        .insert((request.keep_ms, REQUEST, id), ())?;
    Ok(())
}

pub(super) fn seen(tx: &ReadTransaction, request: &str, now_ms: i64) -> Result<Seen, StoreError> {
    let table = tx.open_table(REQUESTS)?;
    let row = table.get(request)?.map(|row| row.value());
    Ok(match row {
        Some((until, exchange)) if until > now_ms => Seen::By(id_of(exchange)),
        Some(_) | None => Seen::Never,
    })
}

pub(super) fn remember(
    tx: &WriteTransaction,
    name: &str,
    sealed: &[u8],
    until_ms: i64,
) -> Result<(), StoreError> {
    tx.open_table(MEMOS)?.insert(name, (until_ms, sealed))?;
    tx.open_table(EXPIRY)?.insert((until_ms, MEMO, name), ())?;
    Ok(())
}

pub(super) fn recall(
    tx: &ReadTransaction,
    name: &str,
    now_ms: i64,
) -> Result<Option<Vec<u8>>, StoreError> {
    let table = tx.open_table(MEMOS)?;
    let Some(row) = table.get(name)? else {
        return Ok(None);
    };
    let (until, sealed) = row.value();
    Ok((until > now_ms).then(|| sealed.to_vec()))
}

pub(super) fn dismiss(tx: &WriteTransaction, name: &str, now_ms: i64) -> Result<bool, StoreError> {
    let mut table = tx.open_table(MEMOS)?;
    let removed = table.remove(name)?;
    Ok(removed.is_some_and(|row| row.value().0 > now_ms))
}

/// Clears away a few rows whose time is over.
fn purge(tx: &WriteTransaction, now_ms: i64) -> Result<(), StoreError> {
    let mut outdated = Vec::new();
    {
        let table = tx.open_table(EXPIRY)?;
        for row in table.iter()?.take(PURGE_BATCH) {
            let row = row?;
            let (at, which, name) = row.0.value();
            if at > now_ms {
                break;
            }
            outdated.push((at, which, name.to_owned()));
        }
    }
    for (at, which, name) in outdated {
        let name = name.as_str();
        tx.open_table(EXPIRY)?.remove((at, which, name))?;
        match which {
            MESSAGE => purge_message(tx, name, now_ms)?,
            REQUEST => {
                let mut table = tx.open_table(REQUESTS)?;
                let until = table.get(name)?.map(|row| row.value().0);
                if until.is_some_and(|until| until <= now_ms) {
                    table.remove(name)?;
                }
            }
            _ => {
                let mut table = tx.open_table(MEMOS)?;
                let until = table.get(name)?.map(|row| row.value().0);
                if until.is_some_and(|until| until <= now_ms) {
                    table.remove(name)?;
                }
            }
        }
    }
    Ok(())
}

fn purge_message(tx: &WriteTransaction, name: &str, now_ms: i64) -> Result<(), StoreError> {
    if read(tx, name)?.is_some_and(|row| row.until_ms <= now_ms) {
        tx.open_table(MESSAGES)?.remove(name)?;
        tx.open_table(ANSWERS)?.remove(name)?;
    }
    Ok(())
}

fn read(tx: &WriteTransaction, name: &str) -> Result<Option<Row>, StoreError> {
    let table = tx.open_table(MESSAGES)?;
    let row = table.get(name)?;
    row.map(|row| serde_json::from_slice(row.value()).map_err(StoreError::Damaged))
        .transpose()
}

fn write(tx: &WriteTransaction, name: &str, row: &Row) -> Result<(), StoreError> {
    let json = serde_json::to_vec(row).map_err(StoreError::Damaged)?;
    tx.open_table(MESSAGES)?.insert(name, json.as_slice())?;
    tx.open_table(EXPIRY)?
        .insert((row.until_ms, MESSAGE, name), ())?;
    Ok(())
}
