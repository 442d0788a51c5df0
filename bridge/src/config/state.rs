//! `[store]`, `[spool]`, `[audit]`: where we remember.

use std::path::{Path, PathBuf};

use super::{
    read::{Choice, Table},
    secret::Secret,
};

/// When a transition counts as written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Durability {
    /// On disk.
    Strict,
    /// On disk within about a second.
    Relaxed,
}

impl Choice for Durability {
    const WORDS: &'static [(&'static str, Self)] =
        &[("strict", Self::Strict), ("relaxed", Self::Relaxed)];
}

/// What keeps the exchanges.
#[derive(Clone, Debug)]
pub enum StoreKind {
    /// One file, one node.
    Embedded {
        /// The file.
        path: PathBuf,
    },
    /// A Redis that several nodes share.
    Redis {
        /// The URL, password included.
        url: Secret,
    },
}

/// `[store]`.
#[derive(Clone, Debug)]
pub struct Store {
    kind: StoreKind,
    durability: Durability,
    replicas_required: usize,
}

impl Store {
    /// What keeps the exchanges.
    pub fn kind(&self) -> &StoreKind {
        &self.kind
    }

    /// When a transition counts as written.
    pub fn durability(&self) -> Durability {
        self.durability
    }

    /// How many Redis replicas must confirm a transition.
    pub fn replicas_required(&self) -> usize {
        self.replicas_required
    }

    pub(super) fn read(mut table: Table<'_>) -> Option<Self> {
        let word = table.get::<Kind>("kind");
        let kind = match word {
            Some(Kind::Embedded) => table.path("path").map(|path| StoreKind::Embedded { path }),
            Some(Kind::Redis) => read_redis(&mut table),
            None => None,
        };
        // The key of the other kind may stay in the file while trying one and the other.
        table.node("path");
        table.node("url");
        let durability = table.or("durability", Durability::Strict);
        let replicas = table.or::<u64>("replicas_required", 0);
        if replicas > 0 && matches!(word, Some(Kind::Embedded)) {
            table.problem("replicas_required", "an embedded store has no replicas", "");
        }
        table.finish();
        let replicas_required = usize::try_from(replicas).unwrap_or(usize::MAX);
        Some(Self {
            kind: kind?,
            durability,
            replicas_required,
        })
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Embedded,
    Redis,
}

impl Choice for Kind {
    const WORDS: &'static [(&'static str, Self)] =
        &[("embedded", Self::Embedded), ("redis", Self::Redis)];
}

fn read_redis(table: &mut Table<'_>) -> Option<StoreKind> {
    let url = table.secret_text("url")?;
    if !url.expose().starts_with("redis://") && !url.expose().starts_with("rediss://") {
        // The value may hold a password: it is not repeated.
        table.problem(
            "url",
            "is not a Redis URL",
            "redis://HOST:PORT or rediss://HOST:PORT",
        );
        return None;
    }
    Some(StoreKind::Redis { url })
}

/// `[spool]`: encrypted evidence and messages on their way.
#[derive(Clone, Debug)]
pub struct Spool {
    folder: PathBuf,
    max_bytes: u64,
}

impl Spool {
    /// The folder of a `file:` URL.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// No more than this is kept; beyond it new messages are put off.
    pub fn max_bytes(&self) -> u64 {
        self.max_bytes
    }

    pub(super) fn read(mut table: Table<'_>) -> Option<Self> {
        let url = table.get::<String>("url");
        let folder = url.and_then(|url| {
            let folder = url
                .strip_prefix("file:")
                .map(|path| table.context().base.join(path));
            if folder.is_none() {
                table.problem(
                    "url",
                    format!("{url:?} is not a file: URL"),
                    "url = \"file:spool\"",
                );
            }
            folder
        });
        let max_bytes = table.or("max_bytes", 10 * 1024 * 1024 * 1024);
        table.finish();
        Some(Self {
            folder: folder?,
            max_bytes,
        })
    }
}

/// `[audit]`.
#[derive(Clone, Debug)]
pub struct Audit {
    path: PathBuf,
    retention_days: u64,
}

impl Audit {
    /// The folder of the segments.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How long segments are kept.
    pub fn retention_days(&self) -> u64 {
        self.retention_days
    }

    pub(super) fn read(mut table: Table<'_>) -> Option<Self> {
        let path = table.path("path");
        let retention_days = table.or("retention_days", MIN_RETENTION_DAYS);
        if retention_days < MIN_RETENTION_DAYS {
            // Implementing Regulation (EU) 2022/1463, Art. 17(4): twelve months at least.
            let problem = format!("{retention_days} days are less than twelve months");
            table.problem(
                "retention_days",
                problem,
                "at least 366 (Reg. 2022/1463, Art. 17)",
            );
        }
        table.finish();
        Some(Self {
            path: path?,
            retention_days,
        })
    }
}

const MIN_RETENTION_DAYS: u64 = 366;
