//! Writes the log: entries gather, one write and one sync carries all of them, then the head they
//! led to is signed.

use std::{
    fs::File,
    io::Write,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::{Timestamp, ToSpan};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::{
    AuditError, RETENTION_FLOOR_DAYS, Settings,
    chain::{AuditKey, Kind, Statement, hash_of},
    event::{Entry, Written},
    segment::{self, LOCK, STATEMENTS, Segment, append_to, line_of, rewrite_statements, segments},
    verify::{Broken, Fault, Place, Signed, complete_lines},
};
use crate::{
    exchange::batch::Batcher,
    seal::{Place as SealPlace, Vault},
};

pub(super) const SUBJECT: &str = "audit-subject";
pub(super) const CONTENT: &str = "audit-content";

/// The log of this node. Cloning is cheap; clones write one log.
#[derive(Clone)]
pub struct AuditLog {
    vault: Vault,
    folder: PathBuf,
    writer: Arc<Mutex<Writer>>,
    batcher: Arc<Batcher<Job>>,
}

struct Job {
    entry: Written,
    reply: oneshot::Sender<Result<u64, AuditError>>,
}

impl AuditLog {
    /// Opens the log, making it if there is none. A line that a crash cut off is removed: nobody was
    /// told that it was written.
    ///
    /// # Errors
    /// The retention is too short, another process has the log, or its end was tampered with.
    pub fn open(settings: Settings, key: AuditKey, vault: Vault) -> Result<Self, AuditError> {
        let days = settings.retention_days;
        if days < RETENTION_FLOOR_DAYS {
            return Err(AuditError::Retention { days });
        }
        let folder = settings.folder.clone();
        let writer = Writer::open(settings, key, vault.world().now())?;
        let writer = Arc::new(Mutex::new(writer));
        let carrier = Arc::clone(&writer);
        let world = vault.world().clone();
        let batcher = Arc::new(Batcher::new(move |jobs: Vec<Job>| {
            let mut writer = carrier.lock().unwrap_or_else(PoisonError::into_inner);
            writer.carry(jobs, world.now());
        }));
        Ok(Self {
            vault,
            folder,
            writer,
            batcher,
        })
    }

    /// Writes an entry and returns its number once it is on the disk.
    ///
    /// # Errors
    /// It is not written; what it tells of must not happen.
    pub async fn write(&self, entry: Entry) -> Result<u64, AuditError> {
        let entry = self.seal(entry)?;
        let (reply, written) = oneshot::channel();
        self.batcher.submit(Job { entry, reply });
        written.await.map_err(|_| AuditError::Stopped)?
    }

    /// Deletes segments whose entries are all past the retention. Returns how many.
    ///
    /// # Errors
    /// A file cannot be deleted.
    pub async fn purge(&self) -> Result<usize, AuditError> {
        let (writer, now) = (Arc::clone(&self.writer), self.vault.world().now());
        let purged = tokio::task::spawn_blocking(move || {
            let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
            writer.purge(now)
        });
        purged.await.map_err(|_| AuditError::Stopped)?
    }

    /// Signs where the log ends and closes it: nothing can be written afterwards.
    ///
    /// # Errors
    /// The statement cannot be written.
    pub async fn close(&self) -> Result<(), AuditError> {
        let (writer, now) = (Arc::clone(&self.writer), self.vault.world().now());
        let closed = tokio::task::spawn_blocking(move || {
            let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
            writer.close(now)
        });
        closed.await.map_err(|_| AuditError::Stopped)?
    }

    /// Where the log lies, for `verify` and `search`.
    #[must_use]
    pub const fn folder(&self) -> &PathBuf {
        &self.folder
    }

    /// What opens the encrypted parts of entries.
    #[must_use]
    pub const fn vault(&self) -> &Vault {
        &self.vault
    }

    fn seal(&self, entry: Entry) -> Result<Written, AuditError> {
        let world = self.vault.world();
        let id = world.uuid();
        let subject = entry.subject.as_ref();
        let sealed_subject = subject
            .map(|person| -> Result<_, AuditError> {
                let plain = zeroize::Zeroizing::new(serde_json::to_vec(person)?);
                self.sealed(id, SUBJECT, &plain)
            })
            .transpose()?;
        let content = entry.content.as_ref();
        Ok(Written {
            seq: 0,
            prev: String::new(),
            id,
            occurred_at: world.now(),
            facts: entry.facts,
            subject: sealed_subject,
            subject_key: subject.map(|person| person.key(self.vault.index())),
            content_type: content.map(|content| content.media_type.clone()),
            content: content
                .map(|content| self.sealed(id, CONTENT, &content.bytes))
                .transpose()?,
        })
    }

    fn sealed(&self, id: Uuid, field: &'static str, plain: &[u8]) -> Result<String, AuditError> {
        let sealed = self.vault.seal(place(&id.to_string(), field), plain)?;
        Ok(STANDARD.encode(sealed))
    }
}

impl std::fmt::Debug for AuditLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuditLog")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

pub(super) const fn place<'a>(id: &'a str, field: &'static str) -> SealPlace<'a> {
    SealPlace {
        owner: id,
        field,
        version: 1,
    }
}

struct Writer {
    settings: Settings,
    key: AuditKey,
    at: Place,
    segment: Option<Open>,
    statements: File,
    /// Set after a failed write: what is on the disk is not known, so nothing is added.
    stopped: bool,
    /// Held for as long as the log is open.
    _lock: File,
}

/// The segment that is being written.
struct Open {
    file: File,
    bytes: u64,
}

impl Writer {
    fn open(settings: Settings, key: AuditKey, now: Timestamp) -> Result<Self, AuditError> {
        let folder = &settings.folder;
        std::fs::create_dir_all(folder)?;
        let lock = append_to(&folder.join(LOCK))?;
        lock.try_lock().map_err(|error| match error {
            std::fs::TryLockError::WouldBlock => AuditError::InUse,
            std::fs::TryLockError::Error(error) => AuditError::File(error),
        })?;
        let signed = Signed::read(folder, &key.public_key())?;
        let (at, segment) = recover(folder, &signed)?;
        let statements = append_to(&folder.join(STATEMENTS))?;
        let mut writer = Self {
            settings,
            key,
            at,
            segment,
            statements,
            stopped: false,
            _lock: lock,
        };
        if writer.at.seq > signed.last() {
            writer.state(Kind::Head, now)?;
            writer.statements.sync_all()?;
        }
        Ok(writer)
    }

    fn carry(&mut self, jobs: Vec<Job>, now: Timestamp) {
        let mut replies = Vec::with_capacity(jobs.len());
        let mut entries = Vec::with_capacity(jobs.len());
        for Job { entry, reply } in jobs {
            entries.push(entry);
            replies.push(reply);
        }
        let first = self.at.seq + 1;
        let result = self.append(entries, now);
        for (seq, reply) in (first..).zip(replies) {
            let answer = match &result {
                Ok(()) => Ok(seq),
                Err(error) => Err(again(error)),
            };
            // A caller that went away does not want the answer; the entry is written all the same.
            drop(reply.send(answer));
        }
    }

    fn append(&mut self, entries: Vec<Written>, now: Timestamp) -> Result<(), AuditError> {
        if self.stopped {
            return Err(AuditError::Stopped);
        }
        let mut at = self.at.clone();
        let mut lines = String::new();
        for mut entry in entries {
            at.seq += 1;
            entry.seq = at.seq;
            entry.prev = at.hash;
            let json = serde_json::to_string(&entry)?;
            at.hash = hash_of(&json);
            lines.push_str(&at.hash);
            lines.push(' ');
            lines.push_str(&json);
            lines.push('\n');
        }
        // From here on a failure may leave half a line behind.
        self.stopped = true;
        self.write_lines(&lines)?;
        self.at = at;
        let full =
            self.segment.as_ref().map_or(0, |open| open.bytes) >= self.settings.segment_bytes;
        if full {
            self.segment = None;
            self.state(Kind::Close, now)?;
            let lasting = self.lasting_statements(0)?;
            self.replace_statements(&lasting)?;
        } else {
            self.state(Kind::Head, now)?;
        }
        self.stopped = false;
        Ok(())
    }

    fn write_lines(&mut self, lines: &str) -> std::io::Result<()> {
        let open = match &mut self.segment {
            Some(open) => open,
            none => {
                let Segment { path, .. } = segment::named(&self.settings.folder, self.at.seq + 1);
                none.insert(Open {
                    file: append_to(&path)?,
                    bytes: 0,
                })
            }
        };
        open.file.write_all(lines.as_bytes())?;
        open.file.sync_data()?;
        open.bytes = open.bytes.saturating_add(lines.len() as u64);
        Ok(())
    }

    /// Signs where the chain stands. Not synced: after a crash the end is signed again.
    fn state(&mut self, kind: Kind, now: Timestamp) -> std::io::Result<()> {
        let statement = self.key.state(kind, self.at.seq, &self.at.hash, now);
        self.statements.write_all(line_of(&statement)?.as_bytes())
    }

    fn purge(&mut self, now: Timestamp) -> Result<usize, AuditError> {
        let kept_hours = i64::from(self.settings.retention_days).saturating_mul(24);
        let Ok(term) = now.checked_sub(kept_hours.hours()) else {
            return Ok(0);
        };
        let folder = &self.settings.folder;
        let all = segments(folder)?;
        let mut gone: Vec<(Segment, Place)> = Vec::new();
        // The last segment is never deleted: the chain goes on from it.
        for segment in all.iter().take(all.len().saturating_sub(1)) {
            let Some((newest, place)) = last_entry(segment)? else {
                break;
            };
            if newest >= term {
                break;
            }
            gone.push((segment.clone(), place));
        }
        let Some((_, last)) = gone.last() else {
            return Ok(0);
        };
        let purge = self.key.state(Kind::Purge, last.seq, &last.hash, now);
        let mut kept = self.lasting_statements(last.seq)?;
        kept.insert(0, purge);
        // The statement first: files that outlive it are ignored, files missing without it are a fault.
        self.replace_statements(&kept)?;
        for (segment, _) in &gone {
            std::fs::remove_file(&segment.path)?;
        }
        segment::sync_folder(&self.settings.folder)?;
        Ok(gone.len())
    }

    fn close(&mut self, now: Timestamp) -> Result<(), AuditError> {
        if !self.stopped {
            self.stopped = true;
            self.state(Kind::Head, now)?;
            self.statements.sync_all()?;
        }
        Ok(())
    }

    fn replace_statements(&mut self, statements: &[Statement]) -> std::io::Result<()> {
        let folder = &self.settings.folder;
        rewrite_statements(folder, statements)?;
        self.statements = append_to(&folder.join(STATEMENTS))?;
        Ok(())
    }

    /// The statements about entries after `seq`, heads within closed segments left out.
    fn lasting_statements(&self, seq: u64) -> Result<Vec<Statement>, AuditError> {
        let all = segment::statements(&self.settings.folder)?;
        let later: Vec<_> = all.into_iter().flatten().filter(|s| s.seq > seq).collect();
        let closed = later.iter().filter(|s| s.kind == Kind::Close);
        let closed = closed.map(|s| s.seq).max().unwrap_or(0);
        let lasting = |s: &Statement| s.kind != Kind::Head || s.seq > closed;
        Ok(later.into_iter().filter(lasting).collect())
    }
}

/// Follows the last segment to its end and cuts off what a crash left half-written.
fn recover(folder: &std::path::Path, signed: &Signed) -> Result<(Place, Option<Open>), AuditError> {
    let Some(segment) = segments(folder)?.pop() else {
        return ended(signed.start(), signed, None);
    };
    let bytes = std::fs::read(&segment.path)?;
    let mut place = Place {
        seq: segment.first.saturating_sub(1),
        hash: String::new(),
    };
    let mut complete = 0_u64;
    for line in complete_lines(&bytes) {
        complete = complete.saturating_add(line.len() as u64).saturating_add(1);
        if place.hash.is_empty() {
            // Where the segment begins, the hash before it is what its first entry says or what is
            // signed; the whole chain is for `verify`.
            place.hash = hash_before(&segment, signed, line);
        }
        place.follow(line)?;
        let known = signed.hash_at(place.seq);
        if known.is_some_and(|known| known != place.hash) {
            let (seq, fault) = (place.seq, Fault::Rewritten);
            return Err(Broken { seq, fault }.into());
        }
    }
    let file = append_to(&segment.path)?;
    if complete < bytes.len() as u64 {
        file.set_len(complete)?;
        file.sync_all()?;
    }
    if complete == 0 {
        // The very first write of this segment was cut off: the one before it has the end.
        std::fs::remove_file(&segment.path)?;
        return recover(folder, signed);
    }
    ended(
        place,
        signed,
        Some(Open {
            file,
            bytes: complete,
        }),
    )
}

fn ended(
    place: Place,
    signed: &Signed,
    open: Option<Open>,
) -> Result<(Place, Option<Open>), AuditError> {
    if signed.last() > place.seq {
        let (seq, fault) = (place.seq + 1, Fault::Missing);
        return Err(Broken { seq, fault }.into());
    }
    Ok((place, open))
}

fn hash_before(segment: &Segment, signed: &Signed, line: &[u8]) -> String {
    let before = segment.first.saturating_sub(1);
    let start = signed.start();
    if start.seq == before {
        return start.hash;
    }
    let said = std::str::from_utf8(line).ok();
    let said = said.and_then(|text| text.split_once(' '));
    let said = said.and_then(|(_, json)| serde_json::from_str::<Written>(json).ok());
    let signed = signed.hash_at(before).map(str::to_owned);
    signed
        .or(said.map(|entry| entry.prev))
        .unwrap_or(start.hash)
}

/// When the last entry of a segment was written, and where the chain stood then.
fn last_entry(segment: &Segment) -> Result<Option<(Timestamp, Place)>, AuditError> {
    let bytes = std::fs::read(&segment.path)?;
    let Some(line) = complete_lines(&bytes).last() else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(line);
    let Some((hash, json)) = text.split_once(' ') else {
        return Ok(None);
    };
    let entry: Written = serde_json::from_str(json)?;
    let place = Place {
        seq: entry.seq,
        hash: hash.to_owned(),
    };
    Ok(Some((entry.occurred_at, place)))
}

/// Everybody in a batch is told what went wrong with it.
fn again(error: &AuditError) -> AuditError {
    match error {
        AuditError::File(error) => {
            AuditError::File(std::io::Error::new(error.kind(), error.to_string()))
        }
        _ => AuditError::Stopped,
    }
}
