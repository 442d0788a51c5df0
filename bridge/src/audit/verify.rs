//! Finds any edit, deletion, reordering or truncation of a log, and names the first entry that is
//! not as it was written.

use std::{collections::BTreeMap, path::Path};

use thiserror::Error;

use super::{
    AuditError,
    chain::{GENESIS, Kind, Statement, hash_of},
    event::Written,
    segment::{segments, statements},
};

/// The first entry that is not as it was written.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("entry {seq}: {fault}")]
pub struct Broken {
    /// Its number.
    pub seq: u64,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What can be wrong with an entry.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum Fault {
    /// Its text does not have the hash written beside it.
    #[error("was edited")]
    Edited,
    /// It does not follow the entry before it.
    #[error("does not follow the entry before")]
    OutOfOrder,
    /// It is not there although a signed statement or a later entry knows it.
    #[error("is missing")]
    Missing,
    /// From here to the next signed statement something was rewritten: what the statement signs is
    /// another end than this. Everything before is as it was.
    #[error("does not lead to what was signed")]
    Rewritten,
    /// The line is no entry.
    #[error("cannot be read")]
    Unreadable,
    /// A statement about it is not signed by the audit key.
    #[error("has a forged statement")]
    Forged,
}

/// What an intact log holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Intact {
    /// Number of the first entry that is still there.
    pub first: u64,
    /// Number of the last entry.
    pub last: u64,
    /// Hash of the last entry: keep it elsewhere to notice that a whole end was taken away.
    pub hash: String,
    /// How many of the last entries no signed statement covers.
    pub unsigned: u64,
}

/// Verifies the log in `folder`, which may be in use.
///
/// # Errors
/// A file cannot be read, or the log is broken.
pub fn verify(folder: &Path, public_key: &[u8]) -> Result<Intact, AuditError> {
    let signed = Signed::read(folder, public_key)?;
    let mut place = signed.start();
    let first = place.seq + 1;
    for segment in segments(folder)? {
        if segment.first <= signed.purged() {
            // Left over from a purge that was cut off; its entries are past their time.
            continue;
        }
        let bytes = std::fs::read(&segment.path)?;
        for line in complete_lines(&bytes) {
            place.follow(line)?;
            signed.compare(&place)?;
        }
    }
    signed.finish(&place)?;
    Ok(Intact {
        first,
        last: place.seq,
        unsigned: place.seq.saturating_sub(signed.last()),
        hash: place.hash,
    })
}

/// How far the chain has been followed.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) seq: u64,
    pub(super) hash: String,
}

impl Place {
    /// Goes on to the entry in `line`.
    pub(super) fn follow(&mut self, line: &[u8]) -> Result<Written, Broken> {
        let seq = self.seq + 1;
        let broken = |fault| Broken { seq, fault };
        let text = std::str::from_utf8(line).map_err(|_| broken(Fault::Unreadable))?;
        let (hash, json) = text.split_once(' ').ok_or(broken(Fault::Unreadable))?;
        if hash_of(json) != hash {
            return Err(broken(Fault::Edited));
        }
        let entry: Written = serde_json::from_str(json).map_err(|_| broken(Fault::Unreadable))?;
        if entry.seq > seq {
            return Err(broken(Fault::Missing));
        }
        if entry.seq < seq || entry.prev != self.hash {
            return Err(broken(Fault::OutOfOrder));
        }
        hash.clone_into(&mut self.hash);
        self.seq = seq;
        Ok(entry)
    }
}

/// What the signed statements say.
pub(super) struct Signed {
    heads: BTreeMap<u64, String>,
    purge: Option<Statement>,
}

impl Signed {
    pub(super) fn read(folder: &Path, public_key: &[u8]) -> Result<Self, AuditError> {
        let mut signed = Self {
            heads: BTreeMap::new(),
            purge: None,
        };
        for statement in statements(folder)? {
            let seq = signed.last() + 1;
            let forged = |seq| Broken {
                seq,
                fault: Fault::Forged,
            };
            let statement = statement.map_err(|_| forged(seq))?;
            if !statement.is_signed_by(public_key) {
                return Err(forged(statement.seq).into());
            }
            if statement.kind == Kind::Purge {
                let newer = signed.purge.as_ref().is_none_or(|p| p.seq < statement.seq);
                signed.purge = if newer { Some(statement) } else { signed.purge };
            } else {
                signed.heads.insert(statement.seq, statement.hash);
            }
        }
        Ok(signed)
    }

    /// Where the chain begins.
    pub(super) fn start(&self) -> Place {
        self.purge.as_ref().map_or_else(
            || Place {
                seq: 0,
                hash: GENESIS.to_owned(),
            },
            |purge| Place {
                seq: purge.seq,
                hash: purge.hash.clone(),
            },
        )
    }

    /// The last entry that was deleted when its time was over.
    pub(super) fn purged(&self) -> u64 {
        self.purge.as_ref().map_or(0, |purge| purge.seq)
    }

    /// The last entry a statement knows.
    pub(super) fn last(&self) -> u64 {
        let head = self.heads.last_key_value().map_or(0, |(seq, _)| *seq);
        head.max(self.purged())
    }

    /// The hash a statement knows for an entry.
    pub(super) fn hash_at(&self, seq: u64) -> Option<&str> {
        let purged = self.purge.as_ref().filter(|purge| purge.seq == seq);
        let purged = purged.map(|purge| purge.hash.as_str());
        self.heads.get(&seq).map(String::as_str).or(purged)
    }

    fn compare(&self, place: &Place) -> Result<(), Broken> {
        match self.heads.get(&place.seq) {
            Some(hash) if *hash != place.hash => Err(Broken {
                seq: self.after_last_match(place.seq),
                fault: Fault::Rewritten,
            }),
            _ => Ok(()),
        }
    }

    /// Every statement before `seq` matched, so the forgery begins after the last of them.
    fn after_last_match(&self, seq: u64) -> u64 {
        let before = self.heads.range(..seq).next_back();
        before.map_or(self.purged(), |(seq, _)| *seq) + 1
    }

    fn finish(&self, place: &Place) -> Result<(), Broken> {
        if self.last() > place.seq {
            return Err(Broken {
                seq: place.seq + 1,
                fault: Fault::Missing,
            });
        }
        Ok(())
    }
}

/// The lines that were written to their end. What follows the last line end was cut off by a crash
/// before anybody was told that it is written.
pub(super) fn complete_lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let end = bytes.iter().rposition(|byte| *byte == b'\n');
    let complete = end.and_then(|end| bytes.get(..end));
    let lines = complete.map(|complete| complete.split(|byte| *byte == b'\n'));
    lines.into_iter().flatten()
}
