//! What was exchanged, for those who must be able to prove it: append-only, chained, signed.
//!
//! The log lies outside the store, one folder per node. An entry is written before what it tells of
//! has an effect; a write that fails fails the step. Evidence never gets in here; persons only
//! encrypted, findable by a keyed hash.

pub mod event;

pub mod person;

mod chain;

mod segment;

mod sink;

pub mod search;

pub mod verify;

use std::path::PathBuf;

use thiserror::Error;

pub use chain::{AuditKey, KeyInvalid};
pub use event::{Entry, Event, PreviewDecision};
pub use person::Person;
pub use sink::AuditLog;

use crate::seal::SealError;

/// [Implementing Regulation (EU) 2022/1463 Art. 17(4)] twelve months, a leap year included.
pub const RETENTION_FLOOR_DAYS: u32 = 366;

/// Where and how the log is kept.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Folder of this node alone.
    pub folder: PathBuf,
    /// At least `RETENTION_FLOOR_DAYS`.
    pub retention_days: u32,
    /// A segment is closed when it has grown to this size.
    pub segment_bytes: u64,
}

impl Settings {
    /// Segments of 16 MiB in `folder`.
    #[must_use]
    pub const fn new(folder: PathBuf, retention_days: u32) -> Self {
        Self {
            folder,
            retention_days,
            segment_bytes: 16 * 1024 * 1024,
        }
    }
}

/// Why the log cannot be opened, written or read.
#[derive(Debug, Error)]
pub enum AuditError {
    /// Kept for too short a time.
    #[error("audit retention is {days} days, must be at least {RETENTION_FLOOR_DAYS}")]
    Retention {
        /// The days configured.
        days: u32,
    },
    /// Another process writes this log.
    #[error("audit folder is in use by another process")]
    InUse,
    /// A file could not be read or written.
    #[error("audit file failed")]
    File(#[from] std::io::Error),
    /// An entry cannot be written down.
    #[error("audit entry cannot be encoded")]
    Encoding(#[from] serde_json::Error),
    /// A person cannot be sealed or opened.
    #[error("audit entry cannot be sealed")]
    Sealed(#[from] SealError),
    /// The log was changed by somebody else.
    #[error("audit log is broken")]
    Broken(#[from] verify::Broken),
    /// The log stopped after a failed write, so that no gap is papered over.
    #[error("audit log stopped after a failed write")]
    Stopped,
}
