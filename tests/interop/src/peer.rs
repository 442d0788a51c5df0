//! A phase4 process: started, commanded line by line, read line by line, ended.

use crate::{PROFILES, Result};
use anyhow::{Context, bail, ensure};
use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How long any answer of phase4 may take, its start included.
const PATIENCE: Duration = Duration::from_secs(120);

/// The folder into which `phase4/build` has put the peer, as the environment names it.
#[expect(
    clippy::disallowed_methods,
    reason = "whoever runs the tests says where the peer was built"
)]
pub fn harness() -> Option<PathBuf> {
    std::env::var("PHASE4_PEER").ok().map(PathBuf::from)
}

/// One line that the peer has written: a word and fields.
#[derive(Clone, Debug)]
pub struct Line {
    word: String,
    fields: Vec<(String, String)>,
}

impl Line {
    fn read(text: &str) -> Self {
        let mut tokens = text.split('\t').map(str::to_owned);
        let word = tokens.next().unwrap_or_default();
        let field = |token: String| match token.split_once('=') {
            Some((name, value)) => (name.to_owned(), value.to_owned()),
            None => (token, String::new()),
        };
        Self {
            word,
            fields: tokens.map(field).collect(),
        }
    }

    /// The first word.
    pub fn word(&self) -> &str {
        &self.word
    }

    /// A field's value, empty where there is none.
    pub fn get<'l>(&'l self, name: &'l str) -> &'l str {
        self.all(name).next().unwrap_or_default()
    }

    /// All values of a field.
    pub fn all<'l>(&'l self, name: &'l str) -> impl Iterator<Item = &'l str> {
        self.fields
            .iter()
            .filter(move |(field, _)| field == name)
            .map(|(_, value)| value.as_str())
    }
}

#[derive(Debug, Default)]
struct Said {
    lines: Vec<Line>,
    ended: bool,
}

/// A running phase4. Dropping it ends it.
#[derive(Debug)]
pub struct Peer {
    child: Child,
    orders: Mutex<Option<ChildStdin>>,
    said: Arc<(Mutex<Said>, Condvar)>,
    ready: Line,
}

impl Peer {
    /// Starts the peer that was built into `built`, over the keys in `keys`.
    ///
    /// # Errors
    /// No Java, or a peer that ends before it is ready.
    pub fn start(built: &Path, keys: &Path) -> Result<Self> {
        Self::start_as(built, keys, false)
    }

    /// As [`Self::start`], to be measured: it reads what it delivers, but makes no digest of it.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn start_measured(built: &Path, keys: &Path) -> Result<Self> {
        Self::start_as(built, keys, true)
    }

    fn start_as(built: &Path, keys: &Path, measured: bool) -> Result<Self> {
        let path = format!("{0}/classes:{0}/lib/*", built.display());
        let mut child = Command::new("java")
            .arg(format!("-Dinterop.measured={measured}"))
            .args(["-cp", &path, "interop.Peer"])
            .arg(keys)
            .args(PROFILES.map(|(name, _)| name))
            .current_dir(keys)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::from(std::fs::File::create(keys.join("peer.log"))?))
            .spawn()
            .context("java")?;
        let out = child.stdout.take().context("no output")?;
        let orders = Mutex::new(child.stdin.take());
        let said = Arc::new((Mutex::<Said>::default(), Condvar::new()));
        let heard = Arc::clone(&said);
        std::thread::spawn(move || {
            for line in BufReader::new(out)
                .lines()
                .map_while(std::result::Result::ok)
            {
                lock(&heard.0).lines.push(Line::read(&line));
                heard.1.notify_all();
            }
            lock(&heard.0).ended = true;
            heard.1.notify_all();
        });
        let mut peer = Self {
            child,
            orders,
            said,
            ready: Line::read(""),
        };
        peer.ready = peer.hear(|line| line.word() == "ready")?;
        Ok(peer)
    }

    /// Where a profile is received.
    pub fn url(&self, scheme: &str, profile: &str) -> String {
        format!("{scheme}://127.0.0.1:{}/{profile}", self.ready.get(scheme))
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Gives an order: words parted by tabs.
    ///
    /// # Errors
    /// It has ended.
    pub fn order(&self, fields: &[&str]) -> Result<()> {
        ensure!(
            !fields.iter().any(|field| field.contains(['\t', '\n'])),
            "a field with a tab or line break"
        );
        let mut orders = lock(&self.orders);
        let orders = orders.as_mut().context("no input")?;
        writeln!(orders, "{}", fields.join("\t"))?;
        Ok(orders.flush()?)
    }

    /// The first line so far, or the next to come, that is looked for.
    ///
    /// # Errors
    /// It ends, or says nothing of the kind in time.
    pub fn hear(&self, wanted: impl Fn(&Line) -> bool) -> Result<Line> {
        self.hear_nth(wanted, 0)
    }

    /// As [`Self::hear`], after `skip` lines of the kind.
    ///
    /// # Errors
    /// As [`Self::hear`].
    pub fn hear_nth(&self, wanted: impl Fn(&Line) -> bool, skip: usize) -> Result<Line> {
        let find = |said: &Said| {
            said.lines
                .iter()
                .filter(|line| wanted(line))
                .nth(skip)
                .cloned()
        };
        let (said, news) = &*self.said;
        let (said, wait) = news
            .wait_timeout_while(lock(said), PATIENCE, |said| {
                !said.ended && find(said).is_none()
            })
            .unwrap_or_else(PoisonError::into_inner);
        match find(&said) {
            Some(line) => Ok(line),
            None if wait.timed_out() => bail!("phase4 did not say what was waited for"),
            None => bail!("phase4 has ended; its log says why"),
        }
    }

    /// How many lines it has written so far that are looked for.
    pub fn count(&self, wanted: impl Fn(&Line) -> bool) -> usize {
        lock(&self.said.0)
            .lines
            .iter()
            .filter(|line| wanted(line))
            .count()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It ends by itself when its input ends; if it hangs, it is ended.
        drop(lock(&self.orders).take());
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
