//! Reads the log: everything about a person, an exchange, or of a time.

use std::path::Path;

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use zeroize::Zeroizing;

use super::{
    AuditError,
    event::Written,
    person::Person,
    segment::segments,
    sink::{CONTENT, SUBJECT, place},
    verify::complete_lines,
};
use crate::{exchange::ExchangeId, seal::Vault};

/// What to look for; everything given must match.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// The key of a person, `Person::key`.
    pub subject_key: Option<String>,
    /// An exchange.
    pub exchange: Option<ExchangeId>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// The country of the peer.
    pub country: Option<String>,
}

/// The entries that match, in order. Reads whole segments: call it from a blocking task.
///
/// # Errors
/// A segment cannot be read. Lines that are no entries are left to `verify`.
pub fn search(folder: &Path, query: &Query) -> Result<Vec<Written>, AuditError> {
    let mut found = Vec::new();
    for segment in segments(folder)? {
        let bytes = std::fs::read(&segment.path)?;
        let lines = complete_lines(&bytes).filter_map(|line| std::str::from_utf8(line).ok());
        for json in lines.filter_map(|line| line.split_once(' ').map(|(_, json)| json)) {
            if !query.may_match(json) {
                continue;
            }
            if let Ok(entry) = serde_json::from_str::<Written>(json)
                && query.matches(&entry)
            {
                found.push(entry);
            }
        }
    }
    Ok(found)
}

/// The person of an entry.
///
/// # Errors
/// The storage key is gone, or the entry was tampered with.
pub fn subject(vault: &Vault, entry: &Written) -> Result<Option<Person>, AuditError> {
    let Some(sealed) = &entry.subject else {
        return Ok(None);
    };
    let plain = open(vault, entry, SUBJECT, sealed)?;
    Ok(Some(serde_json::from_slice(&plain)?))
}

/// The first part of the message of an entry.
///
/// # Errors
/// The storage key is gone, or the entry was tampered with.
pub fn content(vault: &Vault, entry: &Written) -> Result<Option<Zeroizing<Vec<u8>>>, AuditError> {
    let sealed = entry.content.as_ref();
    sealed
        .map(|sealed| open(vault, entry, CONTENT, sealed))
        .transpose()
}

fn open(
    vault: &Vault,
    entry: &Written,
    field: &'static str,
    sealed: &str,
) -> Result<Zeroizing<Vec<u8>>, AuditError> {
    let sealed = STANDARD.decode(sealed);
    let sealed = sealed.map_err(|_| crate::seal::SealError::Format)?;
    Ok(vault.open(place(&entry.id.to_string(), field), &sealed)?)
}

impl Query {
    /// A cheap look before the line is parsed.
    fn may_match(&self, json: &str) -> bool {
        let key = self.subject_key.as_ref();
        key.is_none_or(|key| json.contains(key.as_str()))
    }

    fn matches(&self, entry: &Written) -> bool {
        let facts = &entry.facts;
        (self.subject_key.is_none() || self.subject_key == entry.subject_key)
            && (self.exchange.is_none() || self.exchange == facts.exchange_id)
            && (self.country.is_none() || self.country == facts.country)
            && self.from.is_none_or(|from| entry.occurred_at >= from)
            && self.until.is_none_or(|until| entry.occurred_at < until)
    }
}
