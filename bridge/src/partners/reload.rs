//! Reads the configuration again when somebody asks for it (SIGHUP) or a file has changed, and swaps
//! it in while messages are in flight. A broken file leaves the old set in force.
//!
//! Changes are found by looking, not by events of the file system: folders that a container mounts
//! change by renaming links, which such events tell of in a dozen ways or not at all.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use thiserror::Error;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
};

use crate::{
    as4::client::Client,
    config::{Config, ConfigErrors},
    http::client::{ClientError, Clients},
    keys,
    platform::Platform,
};

/// Why the old set stays in force.
#[derive(Debug, Error)]
pub enum Rejected {
    /// The configuration has problems.
    #[error("{0}")]
    Broken(#[from] ConfigErrors),
    /// The TLS settings of a partner cannot be used.
    #[error(transparent)]
    Tls(#[from] ClientError),
    /// It says that we are somebody else: that takes a restart.
    #[error("platform.party_id cannot change while the platform runs")]
    Identity,
    /// The platform stops.
    #[error("interrupted")]
    Interrupted,
}

/// Reads the configuration again and puts its partners and how they are called, templates, tables
/// and AS4 keys in force.
///
/// # Errors
/// Nothing has changed: the old set is in force.
pub async fn reload(platform: &Platform) -> Result<(), Rejected> {
    let result = read(platform).await;
    platform.metrics().config_reload(result.is_ok());
    match result {
        Ok((config, clients)) => {
            let partners = config.pmodes().partners().count();
            let tables = config.tables().clone();
            keys::list::measure(&config, platform.metrics(), platform.world().now());
            platform.as4_client().adopt(clients);
            platform.in_force().adopt(config);
            platform.parts.tables.store(Arc::new(tables));
            tracing::info!(partners, "Configuration reloaded");
            Ok(())
        }
        Err(rejected) => {
            tracing::error!(error = %rejected, "Configuration not reloaded: the old one stays in force");
            Err(rejected)
        }
    }
}

async fn read(platform: &Platform) -> Result<(Config, Clients), Rejected> {
    let old = platform.in_force().config().clone();
    let read = tokio::task::spawn_blocking(move || old.reload()).await;
    let config = read.map_err(|_| Rejected::Interrupted)??;
    if config.platform().party_id() != platform.party_id() {
        return Err(Rejected::Identity);
    }
    let clients = Client::prepare(&config)?;
    Ok((config, clients))
}

/// Reloads when the files change or a SIGHUP comes, until the platform stops.
pub async fn keep_current(platform: Arc<Platform>, mut stop: watch::Receiver<bool>) {
    let mut hangup = match signal(SignalKind::hangup()) {
        Ok(hangup) => Some(hangup),
        Err(error) => {
            tracing::warn!(%error, "SIGHUP cannot be awaited: only changed files are noticed");
            None
        }
    };
    // Nothing counts as loaded yet: what changed while we started would never be noticed else.
    let mut watched = Watched::new(Snapshot::default());
    while !*stop.borrow() {
        let asked = tokio::select! {
            () = tokio::time::sleep(LOOK) => false,
            () = next(&mut hangup) => true,
            _ = stop.changed() => return,
        };
        let seen = look(&platform).await;
        if asked || watched.has_settled(&seen) {
            watched.loaded(seen);
            // What is wrong was logged and counted; the next change is another chance.
            drop(reload(&platform).await);
        }
    }
}

async fn next(hangup: &mut Option<Signal>) {
    match hangup {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

async fn look(platform: &Platform) -> Snapshot {
    let sources = platform.in_force().config().sources();
    let looked = tokio::task::spawn_blocking(move || Snapshot::take(&sources));
    looked.await.unwrap_or_default()
}

/// Names, sizes and times of files.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Snapshot(Vec<(PathBuf, u64, Option<SystemTime>)>);

impl Snapshot {
    fn take(sources: &[PathBuf]) -> Self {
        let mut files = Vec::new();
        for source in sources {
            // A folder that is gone differs from one that is there, and that is all to be known.
            drop(collect(source, DEPTH, &mut files));
        }
        files.sort();
        Self(files)
    }
}

fn collect(
    path: &Path,
    depth: usize,
    files: &mut Vec<(PathBuf, u64, Option<SystemTime>)>,
) -> io::Result<()> {
    let facts = fs::metadata(path)?;
    if facts.is_dir() && depth > 0 {
        for entry in fs::read_dir(path)? {
            collect(&entry?.path(), depth - 1, files)?;
        }
    } else {
        files.push((path.to_owned(), facts.len(), facts.modified().ok()));
    }
    Ok(())
}

/// What was loaded, and what was seen last.
#[derive(Debug)]
struct Watched {
    loaded: Snapshot,
    seen: Snapshot,
}

impl Watched {
    fn new(loaded: Snapshot) -> Self {
        let seen = loaded.clone();
        Self { loaded, seen }
    }

    /// Whether there is a change and it is over: somebody may be in the middle of writing.
    fn has_settled(&mut self, now: &Snapshot) -> bool {
        let settled = *now == self.seen && *now != self.loaded;
        self.seen = now.clone();
        settled
    }

    fn loaded(&mut self, now: Snapshot) {
        *self = Self::new(now);
    }
}

/// How often files are looked at.
const LOOK: Duration = Duration::from_secs(2);
/// Folders in folders: the lists of an authority lie below the partners.
const DEPTH: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(size: u64) -> Snapshot {
        Snapshot(vec![(PathBuf::from("a"), size, None)])
    }

    #[test]
    fn a_change_counts_when_it_is_over() {
        // [ROB-126]
        let mut watched = Watched::new(snapshot(1));
        assert!(!watched.has_settled(&snapshot(1)));
        assert!(!watched.has_settled(&snapshot(2)));
        assert!(!watched.has_settled(&snapshot(3)));
        assert!(watched.has_settled(&snapshot(3)));
        watched.loaded(snapshot(3));
        assert!(!watched.has_settled(&snapshot(3)));
    }

    #[test]
    fn files_below_folders_are_seen() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("crls");
        fs::create_dir(&inner).unwrap();
        let sources = [folder.path().to_owned()];
        let before = Snapshot::take(&sources);
        fs::write(inner.join("x.crl"), "x").unwrap();
        let after = Snapshot::take(&sources);
        assert_ne!(before, after);
        assert_eq!(after, Snapshot::take(&sources));
        assert_eq!(
            Snapshot::take(&[folder.path().join("gone")]),
            Snapshot::default()
        );
    }
}
