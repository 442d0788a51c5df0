//! The form in which records, entries and answers are written, the same in both stores.

use bytes::Bytes;

use super::{
    change::{Change, Finish, Opening},
    id::{EntryId, EpochNumber, ExchangeId, OpId},
    message::{MessageAnswer, RequestMemory, Ticket},
    record::{RECORD_VERSION, Record, Summary},
    store::StoreError,
};
use crate::{
    outbox::{NewEntry, WorkKind},
    seal::{DataKey, Place, Vault},
};

/// A transition with everything sealed and named, ready to be written.
pub(super) struct Prepared {
    pub(super) op: OpId,
    /// None for an opening.
    pub(super) expected: Option<EpochNumber>,
    pub(super) record: StoredRecord,
    pub(super) entries: Vec<StoredEntry>,
    pub(super) finish: Option<Finish>,
    pub(super) answer: Option<StoredAnswer>,
    pub(super) request: Option<StoredRequest>,
}

/// An answer ready to be written.
pub(super) struct StoredAnswer {
    pub(super) name: String,
    pub(super) ticket: Ticket,
    pub(super) sealed: Vec<u8>,
    pub(super) keep_ms: i64,
}

/// A request id ready to be remembered.
pub(super) struct StoredRequest {
    pub(super) id: String,
    pub(super) keep_ms: i64,
}

impl Prepared {
    pub(super) fn opening(vault: &Vault, opening: &Opening) -> Result<Self, StoreError> {
        Ok(Self {
            op: opening.op,
            expected: None,
            record: seal_record(vault, &opening.record)?,
            entries: seal_entries(vault, &opening.record, &opening.entries)?,
            finish: None,
            answer: prepare_answer(vault, opening.answer.as_ref())?,
            request: opening.request.as_ref().map(StoredRequest::new),
        })
    }

    pub(super) fn change(vault: &Vault, change: &Change) -> Result<Self, StoreError> {
        Ok(Self {
            op: change.op,
            expected: Some(change.record.epoch()),
            record: seal_record(vault, &change.record)?,
            entries: seal_entries(vault, &change.record, &change.entries)?,
            finish: change.finish.clone(),
            answer: prepare_answer(vault, change.answer.as_ref())?,
            request: change.request.as_ref().map(StoredRequest::new),
        })
    }
}

impl StoredAnswer {
    pub(super) fn new(vault: &Vault, answer: &MessageAnswer) -> Result<Self, StoreError> {
        let name = answer.ticket.key.index_name(vault.index());
        Ok(Self {
            sealed: seal_answer(vault, &name, &answer.answer)?,
            name,
            ticket: answer.ticket.clone(),
            keep_ms: answer.keep_until.as_millisecond(),
        })
    }
}

impl StoredRequest {
    fn new(memory: &RequestMemory) -> Self {
        Self {
            id: memory.request.clone(),
            keep_ms: memory.keep_until.as_millisecond(),
        }
    }
}

fn prepare_answer(
    vault: &Vault,
    answer: Option<&MessageAnswer>,
) -> Result<Option<StoredAnswer>, StoreError> {
    answer
        .map(|answer| StoredAnswer::new(vault, answer))
        .transpose()
}

/// A record ready to be written. The summary still carries the epoch it was read at.
pub(super) struct StoredRecord {
    pub(super) summary: Summary,
    pub(super) key: Option<Vec<u8>>,
    pub(super) content: Option<Vec<u8>>,
    pub(super) new_indexes: Vec<String>,
}

/// An entry ready to be written.
pub(super) struct StoredEntry {
    pub(super) id: EntryId,
    pub(super) kind: WorkKind,
    pub(super) data: Vec<u8>,
    pub(super) not_before_ms: Option<i64>,
}

/// Seals a record, its new names hashed where they are secret.
fn seal_record(vault: &Vault, record: &Record) -> Result<StoredRecord, StoreError> {
    let owner = record.id().to_string();
    let mut summary = record.summary.clone();
    summary.version = RECORD_VERSION;
    let names = record.new_keys.iter();
    let new_indexes: Vec<_> = names.map(|key| key.index_name(vault.index())).collect();
    summary.indexes.extend(new_indexes.iter().cloned());
    let (mut key, mut content) = (None, None);
    if let Some(data_key) = &record.key {
        key = Some(vault.wrap(&owner, data_key)?);
        if let Some(plain) = &record.content {
            content = Some(data_key.seal(content_place(&owner), plain, vault.world())?);
        }
    }
    Ok(StoredRecord {
        summary,
        key,
        content,
        new_indexes,
    })
}

/// Opens a record.
pub(super) fn open_record(
    vault: &Vault,
    summary: Summary,
    key: Option<&[u8]>,
    content: Option<&[u8]>,
) -> Result<Record, StoreError> {
    let owner = summary.id.to_string();
    let key = key
        .map(|wrapped| vault.unwrap(&owner, wrapped))
        .transpose()?;
    let content = match (&key, content) {
        (Some(key), Some(sealed)) => Some(key.open(content_place(&owner), sealed)?),
        _ => None,
    };
    Ok(Record {
        summary,
        key,
        content,
        new_keys: Vec::new(),
    })
}

/// Reads a summary, refusing a version this software does not know.
pub(super) fn read_summary(json: &[u8]) -> Result<Summary, StoreError> {
    #[derive(serde::Deserialize)]
    struct Version {
        version: u16,
    }
    // The version is looked at first: a newer form need not be readable otherwise.
    let Version { version: found } = serde_json::from_slice(json).map_err(StoreError::Damaged)?;
    if found > RECORD_VERSION {
        return Err(StoreError::Newer {
            found,
            known: RECORD_VERSION,
        });
    }
    serde_json::from_slice(json).map_err(StoreError::Damaged)
}

/// Writes a summary.
pub(super) fn write_summary(summary: &Summary) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(summary).map_err(StoreError::Damaged)
}

/// Seals the entries of an exchange under its key.
fn seal_entries(
    vault: &Vault,
    record: &Record,
    entries: &[NewEntry],
) -> Result<Vec<StoredEntry>, StoreError> {
    let mut stored = Vec::with_capacity(entries.len());
    for entry in entries {
        let key = record.key.as_ref().ok_or(StoreError::Erased)?;
        let owner = entry_owner(record.id(), entry.id);
        stored.push(StoredEntry {
            id: entry.id,
            kind: entry.kind,
            data: key.seal(entry_place(&owner), &entry.data, vault.world())?,
            not_before_ms: entry.not_before.map(jiff::Timestamp::as_millisecond),
        });
    }
    Ok(stored)
}

/// Opens the data of an entry.
pub(super) fn open_entry(
    key: &DataKey,
    exchange: ExchangeId,
    entry: EntryId,
    sealed: &[u8],
) -> Result<Bytes, StoreError> {
    let owner = entry_owner(exchange, entry);
    let plain = key.open(entry_place(&owner), sealed)?;
    Ok(Bytes::copy_from_slice(&plain))
}

/// Seals the answer to a message. It outlives its exchange, so it is sealed by the storage key.
fn seal_answer(vault: &Vault, name: &str, answer: &[u8]) -> Result<Vec<u8>, StoreError> {
    Ok(vault.seal(answer_place(name), answer)?)
}

/// Opens the answer to a message.
pub(super) fn open_answer(vault: &Vault, name: &str, sealed: &[u8]) -> Result<Bytes, StoreError> {
    let plain = vault.open(answer_place(name), sealed)?;
    Ok(Bytes::copy_from_slice(&plain))
}

/// What a kept value is sealed for.
pub(super) const fn memo_place(name: &str) -> Place<'_> {
    Place {
        owner: name,
        field: "memo",
        version: RECORD_VERSION,
    }
}

const fn answer_place(name: &str) -> Place<'_> {
    Place {
        owner: name,
        field: "answer",
        version: RECORD_VERSION,
    }
}

const fn content_place(owner: &str) -> Place<'_> {
    Place {
        owner,
        field: "content",
        version: RECORD_VERSION,
    }
}

const fn entry_place(owner: &str) -> Place<'_> {
    Place {
        owner,
        field: "entry",
        version: RECORD_VERSION,
    }
}

fn entry_owner(exchange: ExchangeId, entry: EntryId) -> String {
    format!("{exchange}/{entry}")
}
