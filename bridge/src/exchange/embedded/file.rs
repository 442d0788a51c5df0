//! The tables of the file, and how transactions are run on it.

use std::sync::Arc;

use redb::{
    Database, Durability, MultimapTableDefinition, ReadTransaction, ReadableDatabase,
    ReadableTable, TableDefinition, WriteTransaction,
};
use tokio::{sync::oneshot, task};

use super::{messages, queue};
use crate::exchange::{batch::Batcher, store::StoreError};

/// Exchange -> summary.
pub(super) const EXCHANGES: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("exchanges");
/// Exchange -> sealed content.
pub(super) const CONTENTS: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("contents");
/// Exchange -> wrapped data key. Removing the row is the erasure.
pub(super) const KEYS: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("keys");
/// Name -> exchanges.
pub(super) const INDEXES: MultimapTableDefinition<'_, &str, u128> =
    MultimapTableDefinition::new("indexes");
/// Beginning and id of every exchange.
pub(super) const CREATED: TableDefinition<'_, (i64, u128), ()> = TableDefinition::new("created");
/// Deadline and id of every exchange that has one.
pub(super) const DEADLINES: TableDefinition<'_, (i64, u128), ()> =
    TableDefinition::new("deadlines");
/// Entry -> state of the entry.
pub(super) const ENTRIES: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("entries");
/// Entry -> sealed data.
pub(super) const DATA: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("data");
/// Kind, when it can be taken, order of arrival -> entry.
pub(super) const QUEUE: TableDefinition<'_, (&str, i64, u64), u128> = TableDefinition::new("queue");
/// Exchange -> its entries.
pub(super) const OWNED: MultimapTableDefinition<'_, u128, u128> =
    MultimapTableDefinition::new("owned");
/// When it was buried, entry.
pub(super) const DEAD: TableDefinition<'_, (i64, u128), ()> = TableDefinition::new("dead");
/// Message -> claim.
pub(super) const MESSAGES: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("messages");
/// Message -> sealed answer.
pub(super) const ANSWERS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("answers");
/// Request id -> until when, by which exchange.
pub(super) const REQUESTS: TableDefinition<'_, &str, (i64, u128)> =
    TableDefinition::new("requests");
/// Name -> until when, sealed value.
pub(super) const MEMOS: TableDefinition<'_, &str, (i64, &[u8])> = TableDefinition::new("memos");
/// When to look whether a row can go, which table, its key.
pub(super) const EXPIRY: TableDefinition<'_, (i64, u8, &str), ()> = TableDefinition::new("expiry");
/// Counters and the version of the file.
pub(super) const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");

/// The version of the tables this code writes.
const FILE_VERSION: u64 = 1;

/// The file with its group commit.
pub(super) struct File {
    database: Arc<Database>,
    writers: Batcher<Box<dyn Job>>,
}

impl File {
    pub(super) fn new(database: Database, now_ms: i64) -> Result<Self, StoreError> {
        prepare(&database)?;
        let tx = database.begin_write()?;
        queue::free(&tx, now_ms)?;
        messages::free(&tx, now_ms)?;
        tx.commit()?;
        let database = Arc::new(database);
        let file = Arc::clone(&database);
        let writers = Batcher::new(move |jobs| commit(&file, jobs));
        Ok(Self { database, writers })
    }

    /// Runs `work` in a write transaction shared with whoever else is waiting; returns when it is on
    /// the disk. `work` may run twice: the first try is undone when another's work fails.
    pub(super) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&WriteTransaction) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.writers.submit(Box::new(Pending {
            work,
            outcome: None,
            reply,
        }));
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Runs `work` on the last committed state.
    pub(super) async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&ReadTransaction) -> Result<T, StoreError> + Send + 'static,
    {
        let database = Arc::clone(&self.database);
        task::spawn_blocking(move || work(&database.begin_read()?))
            .await
            .map_err(|_| StoreError::Closed)?
    }
}

/// Writes the time of the probe, which only a file that can be written takes.
pub(super) fn probe(tx: &WriteTransaction, now_ms: i64) -> Result<(), StoreError> {
    tx.open_table(META)?
        .insert("probe", now_ms.unsigned_abs())?;
    Ok(())
}

/// The next number of a counter.
pub(super) fn count_up(tx: &WriteTransaction, counter: &str) -> Result<u64, StoreError> {
    let mut meta = tx.open_table(META)?;
    let last = meta.get(counter)?.map_or(0, |row| row.value());
    let next = last.wrapping_add(1);
    meta.insert(counter, next)?;
    Ok(next)
}

fn prepare(database: &Database) -> Result<(), StoreError> {
    let tx = database.begin_write()?;
    {
        let mut meta = tx.open_table(META)?;
        let found = meta.get("version")?.map(|row| row.value());
        match found {
            Some(found) if found > FILE_VERSION => {
                return Err(StoreError::Newer {
                    found: u16::try_from(found).unwrap_or(u16::MAX),
                    known: u16::try_from(FILE_VERSION).unwrap_or(u16::MAX),
                });
            }
            Some(_) => {}
            None => {
                meta.insert("version", FILE_VERSION)?;
            }
        }
        // A table that was never written to does not exist for readers.
        for table in [EXCHANGES, CONTENTS, KEYS, ENTRIES, DATA] {
            tx.open_table(table)?;
        }
        for table in [MESSAGES, ANSWERS] {
            tx.open_table(table)?;
        }
        for table in [CREATED, DEADLINES, DEAD] {
            tx.open_table(table)?;
        }
        tx.open_table(QUEUE)?;
        tx.open_table(REQUESTS)?;
        tx.open_table(MEMOS)?;
        tx.open_table(EXPIRY)?;
        tx.open_multimap_table(INDEXES)?;
        tx.open_multimap_table(OWNED)?;
    }
    tx.commit()?;
    Ok(())
}

/// One caller's work in a group commit.
trait Job: Send {
    /// False when the transaction must not be committed.
    fn run(&mut self, tx: &WriteTransaction) -> bool;
    /// Tells the caller: its outcome when committed, the error otherwise.
    fn settle(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Pending<T, F> {
    work: F,
    outcome: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Job for Pending<T, F>
where
    T: Send,
    F: Fn(&WriteTransaction) -> Result<T, StoreError> + Send,
{
    fn run(&mut self, tx: &WriteTransaction) -> bool {
        let outcome = (self.work)(tx);
        let good = outcome.is_ok();
        self.outcome = Some(outcome);
        good
    }

    fn settle(self: Box<Self>, committed: Result<(), StoreError>) {
        let answer = match (self.outcome, committed) {
            (Some(Err(own)), _) => Err(own),
            (Some(Ok(outcome)), Ok(())) => Ok(outcome),
            (_, Err(error)) => Err(error),
            (None, Ok(())) => Err(StoreError::Closed),
        };
        // A caller that went away does not want the answer.
        drop(self.reply.send(answer));
    }
}

fn commit(database: &Database, mut jobs: Vec<Box<dyn Job>>) {
    if try_commit(database, &mut jobs).is_ok() {
        jobs.into_iter().for_each(|job| job.settle(Ok(())));
        return;
    }
    // Somebody's work failed. Alone, everybody gets what is theirs.
    for mut job in jobs {
        let result = try_commit(database, std::slice::from_mut(&mut job));
        job.settle(result.map_err(|error| StoreError::File(Box::new(error))));
    }
}

fn try_commit(database: &Database, jobs: &mut [Box<dyn Job>]) -> Result<(), redb::Error> {
    let mut tx = database.begin_write()?;
    tx.set_durability(Durability::Immediate)?;
    for job in jobs.iter_mut() {
        if !job.run(&tx) {
            tx.abort()?;
            return Err(redb::Error::Io(std::io::Error::other("work failed")));
        }
    }
    tx.commit()?;
    Ok(())
}

macro_rules! from_redb {
    ($($error:ident),*) => {$(
        impl From<redb::$error> for StoreError {
            fn from(error: redb::$error) -> Self {
                Self::File(Box::new(error.into()))
            }
        }
    )*};
}

from_redb!(
    CommitError,
    DatabaseError,
    StorageError,
    TableError,
    TransactionError
);
