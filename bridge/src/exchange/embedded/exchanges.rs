//! Transitions and look-ups of exchanges, each within one transaction of the file.

use jiff::Timestamp;
use redb::{ReadTransaction, ReadableTable, WriteTransaction};
use uuid::Uuid;

use super::{
    file::{CONTENTS, CREATED, DEADLINES, EXCHANGES, INDEXES, KEYS},
    messages, queue,
};
use crate::exchange::{
    change::{Applied, Opened},
    id::{EpochNumber, ExchangeId},
    record::Summary,
    store::{Cursor, Filter, Page, StoreError},
    stored::{Prepared, read_summary, write_summary},
};

/// An exchange as it lies in the file.
pub(in crate::exchange) struct Row {
    pub(super) summary: Summary,
    pub(super) key: Option<Vec<u8>>,
    pub(super) content: Option<Vec<u8>>,
}

pub(super) fn open(
    tx: &WriteTransaction,
    opening: &Prepared,
    now: Timestamp,
) -> Result<Opened, StoreError> {
    let id = opening.record.summary.id;
    if summary(tx, id)?.is_some() {
        return Ok(Opened::Existing(id));
    }
    if let Some(answer) = &opening.answer {
        match messages::standing(tx, &answer.name, answer.ticket.holder)? {
            messages::Standing::Held => {}
            messages::Standing::AnsweredBy(Some(other)) => return Ok(Opened::Existing(other)),
            messages::Standing::AnsweredBy(None) | messages::Standing::Lost => {
                return Ok(Opened::ClaimLost);
            }
        }
    }
    if let Some(other) = messages::known_request(tx, opening.request.as_ref(), now)? {
        return Ok(Opened::RequestKnown(other));
    }
    let created = opening.record.summary.created.as_millisecond();
    tx.open_table(CREATED)?.insert((created, key_of(id)), ())?;
    let epoch = write(tx, opening, None, now)?;
    Ok(Opened::Created(epoch))
}

pub(super) fn apply(
    tx: &WriteTransaction,
    change: &Prepared,
    now: Timestamp,
) -> Result<Applied, StoreError> {
    let Some(current) = summary(tx, change.record.summary.id)? else {
        return Ok(Applied::Gone);
    };
    if let Some(epoch) = current.epoch_of(change.op) {
        return Ok(Applied::Repeated(epoch));
    }
    if Some(current.epoch) != change.expected {
        return Ok(Applied::Stale {
            current: current.epoch,
        });
    }
    if let Some(finish) = &change.finish
        && !queue::is_held(tx, finish.lease())?
    {
        return Ok(Applied::LeaseLost);
    }
    if let Some(answer) = &change.answer {
        match messages::standing(tx, &answer.name, answer.ticket.holder)? {
            messages::Standing::Held => {}
            messages::Standing::AnsweredBy(_) | messages::Standing::Lost => {
                return Ok(Applied::ClaimLost);
            }
        }
    }
    if let Some(other) = messages::known_request(tx, change.request.as_ref(), now)? {
        return Ok(Applied::RequestKnown(other));
    }
    let epoch = write(tx, change, Some(&current), now)?;
    Ok(Applied::Done(epoch))
}

/// Writes everything a transition writes. All conditions were checked before.
fn write(
    tx: &WriteTransaction,
    prepared: &Prepared,
    before: Option<&Summary>,
    now: Timestamp,
) -> Result<EpochNumber, StoreError> {
    let mut after = prepared.record.summary.clone();
    let id = after.id;
    if let Some(before) = before {
        after.ops.clone_from(&before.ops);
        after.indexes.extend(before.indexes.iter().cloned());
    }
    let epoch = after.note(prepared.op, now);
    tx.open_table(EXCHANGES)?
        .insert(key_of(id), write_summary(&after)?.as_slice())?;
    put(tx, id, prepared)?;
    move_deadline(tx, id, before.and_then(|b| b.deadline), after.deadline)?;
    let mut indexes = tx.open_multimap_table(INDEXES)?;
    for name in &prepared.record.new_indexes {
        indexes.insert(name.as_str(), key_of(id))?;
    }
    drop(indexes);
    if let Some(finish) = &prepared.finish {
        queue::finish(tx, finish, now.as_millisecond())?;
    }
    for entry in &prepared.entries {
        queue::put(tx, id, entry, now.as_millisecond())?;
    }
    if let Some(answer) = &prepared.answer {
        messages::answer(tx, answer, Some(id))?;
    }
    if let Some(request) = &prepared.request {
        messages::remember_request(tx, request, id)?;
    }
    Ok(epoch)
}

fn put(tx: &WriteTransaction, id: ExchangeId, prepared: &Prepared) -> Result<(), StoreError> {
    for (table, value) in [
        (KEYS, &prepared.record.key),
        (CONTENTS, &prepared.record.content),
    ] {
        let mut table = tx.open_table(table)?;
        match value {
            Some(bytes) => table.insert(key_of(id), bytes.as_slice())?,
            None => table.remove(key_of(id))?,
        };
    }
    Ok(())
}

fn move_deadline(
    tx: &WriteTransaction,
    id: ExchangeId,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
) -> Result<(), StoreError> {
    let mut table = tx.open_table(DEADLINES)?;
    if let Some(from) = from {
        table.remove((from.as_millisecond(), key_of(id)))?;
    }
    if let Some(to) = to {
        table.insert((to.as_millisecond(), key_of(id)), ())?;
    }
    Ok(())
}

pub(super) fn load(tx: &ReadTransaction, id: ExchangeId) -> Result<Option<Row>, StoreError> {
    let Some(json) = tx
        .open_table(EXCHANGES)?
        .get(key_of(id))?
        .map(|row| row.value().to_vec())
    else {
        return Ok(None);
    };
    Ok(Some(Row {
        summary: read_summary(&json)?,
        key: tx
            .open_table(KEYS)?
            .get(key_of(id))?
            .map(|row| row.value().to_vec()),
        content: tx
            .open_table(CONTENTS)?
            .get(key_of(id))?
            .map(|row| row.value().to_vec()),
    }))
}

/// The same within a transaction that also writes.
pub(super) fn load_for(tx: &WriteTransaction, id: ExchangeId) -> Result<Option<Row>, StoreError> {
    let Some(summary) = summary(tx, id)? else {
        return Ok(None);
    };
    Ok(Some(Row {
        summary,
        key: bytes_of(tx, KEYS, id)?,
        content: bytes_of(tx, CONTENTS, id)?,
    }))
}

pub(super) fn find(tx: &ReadTransaction, name: &str) -> Result<Vec<ExchangeId>, StoreError> {
    let table = tx.open_multimap_table(INDEXES)?;
    let mut found = Vec::new();
    for row in table.get(name)? {
        found.push(id_of(row?.value()));
    }
    Ok(found)
}

pub(super) fn forget(
    tx: &WriteTransaction,
    id: ExchangeId,
    epoch: EpochNumber,
) -> Result<bool, StoreError> {
    let Some(current) = summary(tx, id)?.filter(|current| current.epoch == epoch) else {
        return Ok(false);
    };
    queue::forget(tx, id)?;
    move_deadline(tx, id, current.deadline, None)?;
    let created = current.created.as_millisecond();
    tx.open_table(CREATED)?.remove((created, key_of(id)))?;
    let mut indexes = tx.open_multimap_table(INDEXES)?;
    for name in &current.indexes {
        indexes.remove(name.as_str(), key_of(id))?;
    }
    for table in [EXCHANGES, CONTENTS, KEYS] {
        tx.open_table(table)?.remove(key_of(id))?;
    }
    Ok(true)
}

/// The exchanges due, and when the next one will be.
pub(super) fn due(
    tx: &ReadTransaction,
    now_ms: i64,
    limit: usize,
) -> Result<(Vec<ExchangeId>, Option<i64>), StoreError> {
    let table = tx.open_table(DEADLINES)?;
    let mut due = Vec::new();
    for row in table.iter()? {
        let (at, id) = row?.0.value();
        if at > now_ms {
            return Ok((due, Some(at)));
        }
        if due.len() == limit {
            break;
        }
        due.push(id_of(id));
    }
    Ok((due, None))
}

pub(super) fn list(
    tx: &ReadTransaction,
    filter: &Filter,
    after: Option<Cursor>,
) -> Result<Page, StoreError> {
    let exchanges = tx.open_table(EXCHANGES)?;
    let end = after.map_or((i64::MAX, u128::MAX), |c| (c.created_ms, key_of(c.id)));
    let mut page = Page::default();
    let created = tx.open_table(CREATED)?;
    for row in created.range(..end)?.rev() {
        let (_, id) = row?.0.value();
        let Some(json) = exchanges.get(id)? else {
            continue;
        };
        let summary = read_summary(json.value())?;
        if !filter.admits(&summary) {
            continue;
        }
        page.exchanges.push(summary);
        if page.exchanges.len() > filter.page_len() {
            page.cut();
            break;
        }
    }
    Ok(page)
}

fn summary(tx: &WriteTransaction, id: ExchangeId) -> Result<Option<Summary>, StoreError> {
    let json = bytes_of(tx, EXCHANGES, id)?;
    json.map(|json| read_summary(&json)).transpose()
}

fn bytes_of(
    tx: &WriteTransaction,
    table: redb::TableDefinition<'_, u128, &'static [u8]>,
    id: ExchangeId,
) -> Result<Option<Vec<u8>>, StoreError> {
    let table = tx.open_table(table)?;
    let row = table.get(key_of(id))?;
    Ok(row.map(|row| row.value().to_vec()))
}

pub(super) const fn key_of(id: ExchangeId) -> u128 {
    id.uuid().as_u128()
}

pub(super) const fn id_of(key: u128) -> ExchangeId {
    ExchangeId::new(Uuid::from_u128(key))
}
