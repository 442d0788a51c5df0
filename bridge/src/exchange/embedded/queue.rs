//! The outbox in the file: one queue per kind, ordered by when an entry can be taken. A taken entry
//! stays in it and can be taken again when its lease is over.

use std::time::Duration;

use redb::{
    ReadTransaction, ReadableMultimapTable, ReadableTable, ReadableTableMetadata, WriteTransaction,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    exchanges::{self, Row, key_of},
    file::{DATA, DEAD, ENTRIES, OWNED, QUEUE, count_up},
};
use crate::{
    exchange::{
        change::Finish,
        id::{EntryId, ExchangeId, OpId},
        store::StoreError,
        stored::StoredEntry,
    },
    outbox::{DeadLetter, Lease, Reason, WorkKind},
};

/// An entry as it was taken, still sealed.
pub(super) struct Taken {
    pub(super) lease: Lease,
    pub(super) row: Row,
    pub(super) data: Vec<u8>,
    pub(super) attempt: u32,
    pub(super) deliveries: u32,
    pub(super) blames: u32,
}

#[derive(Deserialize, Serialize)]
struct EntryRow {
    exchange: ExchangeId,
    kind: WorkKind,
    attempt: u32,
    deliveries: u32,
    // Rows of older versions have neither: nobody was blamed.
    #[serde(default)]
    blames: u32,
    /// In which delivery it was blamed last.
    #[serde(default)]
    blamed_in: Option<OpId>,
    /// Place in the queue; none for a dead letter.
    place: Option<(i64, u64)>,
    holder: Option<OpId>,
    reason: Option<Reason>,
    buried_ms: Option<i64>,
}

pub(super) fn put(
    tx: &WriteTransaction,
    exchange: ExchangeId,
    entry: &StoredEntry,
    now_ms: i64,
) -> Result<(), StoreError> {
    let mut row = EntryRow {
        exchange,
        kind: entry.kind,
        attempt: 1,
        deliveries: 0,
        blames: 0,
        blamed_in: None,
        place: None,
        holder: None,
        reason: None,
        buried_ms: None,
    };
    queue_at(
        tx,
        entry.id,
        &mut row,
        entry.not_before_ms.unwrap_or(now_ms),
    )?;
    write(tx, entry.id, &row)?;
    tx.open_table(DATA)?
        .insert(entry_key(entry.id), entry.data.as_slice())?;
    tx.open_multimap_table(OWNED)?
        .insert(key_of(exchange), entry_key(entry.id))?;
    Ok(())
}

/// Ends all leases: the process that held them is gone, for only one can have the file.
pub(super) fn free(tx: &WriteTransaction, now_ms: i64) -> Result<(), StoreError> {
    let mut ids = Vec::new();
    for row in tx.open_table(QUEUE)?.iter()? {
        ids.push(EntryId::new(Uuid::from_u128(row?.1.value())));
    }
    for id in ids {
        if let Some(mut row) = read(tx, id)?.filter(|row| row.holder.is_some()) {
            row.holder = None;
            queue_at(tx, id, &mut row, now_ms)?;
            write(tx, id, &row)?;
        }
    }
    Ok(())
}

/// When the first entry of these kinds can be taken.
pub(super) fn next_visible(
    tx: &ReadTransaction,
    kinds: &[WorkKind],
) -> Result<Option<i64>, StoreError> {
    let table = tx.open_table(QUEUE)?;
    first(&table, kinds).map(|found| found.map(|(at, _)| at))
}

/// Takes the entry that has waited longest.
pub(super) fn take(
    tx: &WriteTransaction,
    kinds: &[WorkKind],
    now_ms: i64,
    (holder, length): (OpId, Duration),
) -> Result<Option<Taken>, StoreError> {
    let found = first(&tx.open_table(QUEUE)?, kinds)?;
    let Some((_, id)) = found.filter(|(at, _)| *at <= now_ms) else {
        return Ok(None);
    };
    let missing = StoreError::Protocol("queued entry without row");
    let mut row = read(tx, id)?.ok_or(missing)?;
    let exchange = row.exchange;
    row.holder = Some(holder);
    row.deliveries = row.deliveries.saturating_add(1);
    queue_at(tx, id, &mut row, after(now_ms, length))?;
    write(tx, id, &row)?;
    let data = tx
        .open_table(DATA)?
        .get(entry_key(id))?
        .map(|row| row.value().to_vec());
    let missing = StoreError::Protocol("entry without exchange");
    let record = exchanges::load_for(tx, exchange)?.ok_or(missing)?;
    Ok(Some(Taken {
        lease: Lease {
            entry: id,
            exchange,
            kind: row.kind,
            holder,
            length,
            delivery: String::new(),
        },
        row: record,
        data: data.unwrap_or_default(),
        attempt: row.attempt,
        deliveries: row.deliveries,
        blames: row.blames,
    }))
}

pub(super) fn is_held(tx: &WriteTransaction, lease: &Lease) -> Result<bool, StoreError> {
    Ok(held(tx, lease)?.is_some())
}

pub(super) fn extend(
    tx: &WriteTransaction,
    lease: &Lease,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let Some(mut row) = held(tx, lease)? else {
        return Ok(false);
    };
    queue_at(tx, lease.entry, &mut row, after(now_ms, lease.length))?;
    write(tx, lease.entry, &row)?;
    Ok(true)
}

/// Puts an entry back as if it had not been taken.
pub(super) fn give_back(
    tx: &WriteTransaction,
    lease: &Lease,
    until_ms: i64,
) -> Result<bool, StoreError> {
    let Some(mut row) = held(tx, lease)? else {
        return Ok(false);
    };
    row.deliveries = row.deliveries.saturating_sub(1);
    row.holder = None;
    queue_at(tx, lease.entry, &mut row, until_ms)?;
    write(tx, lease.entry, &row)?;
    Ok(true)
}

/// Blames an entry for what may happen in this delivery.
pub(super) fn blame(tx: &WriteTransaction, lease: &Lease) -> Result<bool, StoreError> {
    let Some(mut row) = held(tx, lease)? else {
        return Ok(false);
    };
    if row.blamed_in != Some(lease.holder) {
        row.blames = row.blames.saturating_add(1);
        row.blamed_in = Some(lease.holder);
        write(tx, lease.entry, &row)?;
    }
    Ok(true)
}

pub(super) fn postpone(
    tx: &WriteTransaction,
    lease: &Lease,
    until_ms: i64,
    reason: &Reason,
) -> Result<bool, StoreError> {
    let Some(mut row) = held(tx, lease)? else {
        return Ok(false);
    };
    row.attempt = row.attempt.saturating_add(1);
    row.deliveries = 0;
    row.blames = 0;
    row.holder = None;
    row.reason = Some(reason.clone());
    queue_at(tx, lease.entry, &mut row, until_ms)?;
    write(tx, lease.entry, &row)?;
    Ok(true)
}

pub(super) fn complete(tx: &WriteTransaction, lease: &Lease) -> Result<bool, StoreError> {
    let Some(row) = held(tx, lease)? else {
        return Ok(false);
    };
    remove(tx, lease.entry, &row)?;
    Ok(true)
}

pub(super) fn bury(
    tx: &WriteTransaction,
    lease: &Lease,
    reason: &Reason,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let Some(mut row) = held(tx, lease)? else {
        return Ok(false);
    };
    unqueue(tx, &mut row)?;
    row.holder = None;
    row.reason = Some(reason.clone());
    row.buried_ms = Some(now_ms);
    write(tx, lease.entry, &row)?;
    tx.open_table(DEAD)?
        .insert((now_ms, entry_key(lease.entry)), ())?;
    Ok(true)
}

/// Settles the entry a transition came from; that it is held was checked before.
pub(super) fn finish(
    tx: &WriteTransaction,
    finish: &Finish,
    now_ms: i64,
) -> Result<(), StoreError> {
    match finish {
        Finish::Done(lease) => complete(tx, lease)?,
        Finish::Bury(lease, reason) => bury(tx, lease, reason, now_ms)?,
    };
    Ok(())
}

/// Removes all work of an exchange.
pub(super) fn forget(tx: &WriteTransaction, exchange: ExchangeId) -> Result<(), StoreError> {
    let mut ids = Vec::new();
    for row in tx.open_multimap_table(OWNED)?.get(key_of(exchange))? {
        ids.push(EntryId::new(Uuid::from_u128(row?.value())));
    }
    for id in ids {
        if let Some(row) = read(tx, id)? {
            remove(tx, id, &row)?;
        }
    }
    Ok(())
}

pub(super) fn dead_letters(
    tx: &ReadTransaction,
    limit: usize,
) -> Result<Vec<DeadLetter>, StoreError> {
    let entries = tx.open_table(ENTRIES)?;
    let mut letters = Vec::new();
    for row in tx.open_table(DEAD)?.iter()?.take(limit) {
        let (buried_ms, key) = row?.0.value();
        let Some(json) = entries.get(key)? else {
            continue;
        };
        let row: EntryRow = serde_json::from_slice(json.value()).map_err(StoreError::Damaged)?;
        letters.push(DeadLetter {
            id: EntryId::new(Uuid::from_u128(key)),
            exchange: row.exchange,
            kind: row.kind,
            attempt: row.attempt,
            reason: row.reason.unwrap_or_else(|| Reason::new("unknown")),
            buried: jiff::Timestamp::from_millisecond(buried_ms).unwrap_or_default(),
        });
    }
    Ok(letters)
}

pub(super) fn replay(
    tx: &WriteTransaction,
    (exchange, id): (ExchangeId, EntryId),
    now_ms: i64,
) -> Result<bool, StoreError> {
    let Some(mut row) = dead(tx, exchange, id)? else {
        return Ok(false);
    };
    if let Some(buried) = row.buried_ms.take() {
        tx.open_table(DEAD)?.remove((buried, entry_key(id)))?;
    }
    row.attempt = 1;
    row.deliveries = 0;
    row.blames = 0;
    row.reason = None;
    queue_at(tx, id, &mut row, now_ms)?;
    write(tx, id, &row)?;
    Ok(true)
}

pub(super) fn discard(
    tx: &WriteTransaction,
    exchange: ExchangeId,
    id: EntryId,
) -> Result<bool, StoreError> {
    let Some(row) = dead(tx, exchange, id)? else {
        return Ok(false);
    };
    remove(tx, id, &row)?;
    Ok(true)
}

/// How many entries wait or are being worked on, and how many are dead.
pub(super) fn count(tx: &ReadTransaction) -> Result<(u64, u64), StoreError> {
    let waiting = tx.open_table(QUEUE)?.len()?;
    let dead = tx.open_table(DEAD)?.len()?;
    Ok((waiting, dead))
}

fn dead(
    tx: &WriteTransaction,
    exchange: ExchangeId,
    id: EntryId,
) -> Result<Option<EntryRow>, StoreError> {
    let row = read(tx, id)?;
    Ok(row.filter(|row| row.buried_ms.is_some() && row.exchange == exchange))
}

/// The row of a lease that nobody took over.
fn held(tx: &WriteTransaction, lease: &Lease) -> Result<Option<EntryRow>, StoreError> {
    let row = read(tx, lease.entry)?;
    Ok(row.filter(|row| row.holder == Some(lease.holder)))
}

fn first(
    table: &impl ReadableTable<(&'static str, i64, u64), u128>,
    kinds: &[WorkKind],
) -> Result<Option<(i64, EntryId)>, StoreError> {
    let mut earliest: Option<((i64, u64), EntryId)> = None;
    for kind in kinds {
        let kind = kind.as_str();
        let mut range = table.range((kind, i64::MIN, 0)..=(kind, i64::MAX, u64::MAX))?;
        let Some(row) = range.next().transpose()? else {
            continue;
        };
        let (_, at, number) = row.0.value();
        if earliest.is_none_or(|(place, _)| (at, number) < place) {
            let id = EntryId::new(Uuid::from_u128(row.1.value()));
            earliest = Some(((at, number), id));
        }
    }
    Ok(earliest.map(|((at, _), id)| (at, id)))
}

fn queue_at(
    tx: &WriteTransaction,
    id: EntryId,
    row: &mut EntryRow,
    at_ms: i64,
) -> Result<(), StoreError> {
    unqueue(tx, row)?;
    let number = count_up(tx, "queue")?;
    tx.open_table(QUEUE)?
        .insert((row.kind.as_str(), at_ms, number), entry_key(id))?;
    row.place = Some((at_ms, number));
    Ok(())
}

fn unqueue(tx: &WriteTransaction, row: &mut EntryRow) -> Result<(), StoreError> {
    if let Some((at, number)) = row.place.take() {
        tx.open_table(QUEUE)?
            .remove((row.kind.as_str(), at, number))?;
    }
    Ok(())
}

fn remove(tx: &WriteTransaction, id: EntryId, row: &EntryRow) -> Result<(), StoreError> {
    if let Some((at, number)) = row.place {
        tx.open_table(QUEUE)?
            .remove((row.kind.as_str(), at, number))?;
    }
    if let Some(buried) = row.buried_ms {
        tx.open_table(DEAD)?.remove((buried, entry_key(id)))?;
    }
    tx.open_table(ENTRIES)?.remove(entry_key(id))?;
    tx.open_table(DATA)?.remove(entry_key(id))?;
    tx.open_multimap_table(OWNED)?
        .remove(key_of(row.exchange), entry_key(id))?;
    Ok(())
}

fn read(tx: &WriteTransaction, id: EntryId) -> Result<Option<EntryRow>, StoreError> {
    let table = tx.open_table(ENTRIES)?;
    let row = table.get(entry_key(id))?;
    row.map(|row| serde_json::from_slice(row.value()).map_err(StoreError::Damaged))
        .transpose()
}

fn write(tx: &WriteTransaction, id: EntryId, row: &EntryRow) -> Result<(), StoreError> {
    let json = serde_json::to_vec(row).map_err(StoreError::Damaged)?;
    tx.open_table(ENTRIES)?
        .insert(entry_key(id), json.as_slice())?;
    Ok(())
}

fn after(now_ms: i64, length: Duration) -> i64 {
    now_ms.saturating_add(i64::try_from(length.as_millis()).unwrap_or(i64::MAX))
}

const fn entry_key(id: EntryId) -> u128 {
    id.uuid().as_u128()
}
