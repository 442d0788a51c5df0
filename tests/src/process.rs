//! A bridge as a process of its own: the real binary, started, asked, ended politely or not.

use std::{
    fs::{File, OpenOptions},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    sync::OnceLock,
    time::Duration,
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use bridge::world::World;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::Child,
    time::{sleep, timeout},
};

/// A bridge that can be started, killed and started again on the same files and ports.
#[derive(Debug)]
pub struct Bridge {
    config: PathBuf,
    log: PathBuf,
    admin: String,
    world: World,
    child: Option<Child>,
}

impl Bridge {
    /// The bridge of a configuration file, not started, whose probes are at `admin_url`.
    #[must_use]
    pub fn new(config: &Path, admin_url: &str) -> Self {
        Self {
            config: config.to_owned(),
            log: config.with_file_name("bridge.log"),
            admin: admin_url.trim_start_matches("http://").to_owned(),
            world: World::system(),
            child: None,
        }
    }

    /// Starts it and waits until it is ready; returns how long that took.
    ///
    /// # Errors
    /// It runs already, cannot be built, ends, or is not ready in time.
    pub async fn start(&mut self) -> Result<Duration> {
        ensure!(self.child.is_none(), "the bridge runs already");
        let began = self.world.monotonic();
        self.child = Some(self.spawn()?);
        if timeout(START, self.ready()).await.is_err() {
            bail!("the bridge is not ready after {START:?}");
        }
        self.running()?;
        Ok(self.world.monotonic().saturating_sub(began))
    }

    /// Ends it as a crash would: SIGKILL, nothing is finished.
    ///
    /// # Errors
    /// It does not run.
    pub async fn kill(&mut self) -> Result<()> {
        let mut child = self.child.take().context("the bridge does not run")?;
        child.kill().await.context("the bridge ended by itself")?;
        Ok(())
    }

    /// Asks it to end with SIGTERM and returns at once.
    ///
    /// # Errors
    /// It does not run.
    pub fn terminate(&self) -> Result<()> {
        let child = self.child.as_ref().and_then(Child::id);
        signal(child.context("the bridge does not run")?, "TERM")
    }

    /// Waits until it has ended.
    ///
    /// # Errors
    /// It does not run, or not end in time.
    pub async fn ended(&mut self, limit: Duration) -> Result<ExitStatus> {
        let mut child = self.child.take().context("the bridge does not run")?;
        match timeout(limit, child.wait()).await {
            Ok(status) => Ok(status?),
            Err(_) => bail!("the bridge still runs after {limit:?}"),
        }
    }

    /// Waits until it is ready, however long that takes.
    pub async fn ready(&mut self) {
        while self.status("/readyz").await.ok() != Some(200) && self.running().is_ok() {
            sleep(LOOK).await;
        }
    }

    /// The status of a page of its admin listener.
    ///
    /// # Errors
    /// It cannot be reached, or what it says is no HTTP.
    pub async fn status(&self, path: &str) -> Result<u16> {
        let (status, _) = self.get(path).await?;
        Ok(status)
    }

    /// A page of its admin listener.
    ///
    /// # Errors
    /// As [`Self::status`].
    pub async fn get(&self, path: &str) -> Result<(u16, String)> {
        let mut stream = TcpStream::connect(&self.admin).await?;
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            self.admin
        );
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        let mut limited = stream.take(MAX_PAGE);
        while limited.read_buf(&mut answer).await? > 0 {}
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n").context("half an answer")?;
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        Ok((status.context("an answer without status")?, body.to_owned()))
    }

    /// What it has logged so far, over all its lives.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    fn running(&mut self) -> Result<()> {
        let child = self.child.as_mut().context("the bridge does not run")?;
        match child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("the bridge ended with {status}:\n{}", tail(&self.log())),
        }
    }

    fn spawn(&self) -> Result<Child> {
        let log = || -> Result<File> {
            let mut options = OpenOptions::new();
            Ok(options.create(true).append(true).open(&self.log)?)
        };
        tokio::process::Command::new(binary()?)
            .args(["serve", "--config"])
            .arg(&self.config)
            .stdin(Stdio::null())
            .stdout(log()?)
            .stderr(log()?)
            .kill_on_drop(true)
            .spawn()
            .context("the bridge does not start")
    }
}

impl Drop for Bridge {
    #[expect(clippy::print_stderr, reason = "a failed test needs the log")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("log of the bridge:\n{}", tail(&self.log()));
        }
    }
}

/// The binary of this profile, built once if it is not yet there or not current.
///
/// # Errors
/// It cannot be built.
pub fn binary() -> Result<&'static Path> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let built = BUILT.get_or_init(|| build().map_err(|error| format!("{error:#}")));
    built
        .as_deref()
        .map_err(|error| anyhow!("the bridge cannot be built: {error}"))
}

fn build() -> Result<PathBuf> {
    // target/PROFILE/deps/this-test
    let test = std::env::current_exe()?;
    let folder = test.ancestors().nth(2).context("where is this test?")?;
    let target = folder.parent().context("a profile without target folder")?;
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        None | Some("debug") => "dev",
        Some(other) => other,
    };
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", "bridge", "--bin", "bridge"])
        .args(["--profile", profile, "--manifest-path", MANIFEST])
        .arg("--target-dir")
        .arg(target)
        .status()?;
    ensure!(built.success(), "cargo build ended with {built}");
    Ok(folder.join("bridge"))
}

/// Sends a signal to a process of ours.
///
/// # Errors
/// The process is gone.
pub fn signal(pid: u32, name: &str) -> Result<()> {
    let sent = Command::new("sh")
        .args(["-c", "kill -s \"$1\" \"$2\"", "sh", name, &pid.to_string()])
        .status()?;
    ensure!(sent.success(), "SIG{name} cannot be sent");
    Ok(())
}

fn tail(log: &str) -> String {
    let lines: Vec<_> = log.lines().collect();
    let from = lines.len().saturating_sub(LINES);
    lines.get(from..).unwrap_or_default().join("\n")
}

const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
/// The longest a start may take before something is wrong; the machine may be busy.
const START: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(10);
const MAX_PAGE: u64 = 4 << 20;
const LINES: usize = 60;
