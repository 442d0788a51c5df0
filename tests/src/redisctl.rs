//! A private `redis-server`: own port, own folder, killed, frozen and restarted at will, gone with
//! its guard.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result, bail};
use bridge::{demo::reserve, world::World};
use tempfile::TempDir;

use crate::process::signal;

/// A running server that loses nothing it acknowledged.
#[derive(Debug)]
pub struct Redis {
    child: Option<Child>,
    folder: TempDir,
    port: u16,
}

impl Redis {
    /// Starts one, with every write on the disk before it is acknowledged.
    ///
    /// # Errors
    /// `redis-server` is not installed or does not start.
    pub fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let world = World::system();
        // Somebody else may take the port between the look and the start.
        for _ in 0..8 {
            let port = port(&reserve(&world)?)?;
            if let Some(child) = spawn(port, folder.path())? {
                let child = Some(child);
                return Ok(Self {
                    child,
                    folder,
                    port,
                });
            }
        }
        bail!("redis-server does not start")
    }

    /// Where it is reached.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// Where its files are.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// Lets the leases of every worker run out now instead of when their time is over.
    ///
    /// # Errors
    /// It cannot be reached.
    pub async fn end_leases(&self) -> Result<()> {
        type Pending = Vec<(String, String, u64, u64)>;
        let client = redis::Client::open(self.url())?;
        let mut connection = client.get_multiplexed_async_connection().await?;
        let streams: Vec<String> = redis::cmd("KEYS")
            .arg("*work:*")
            .query_async(&mut connection)
            .await?;
        for stream in streams {
            let pending: Pending = redis::cmd("XPENDING")
                .arg(&stream)
                .arg(&["bridge", "-", "+", "1000"])
                .query_async(&mut connection)
                .await?;
            for (id, consumer, ..) in pending {
                let _: redis::Value = redis::cmd("XCLAIM")
                    .arg(&stream)
                    .arg(&["bridge", &consumer, "0", &id, "IDLE", "3600000", "JUSTID"])
                    .query_async(&mut connection)
                    .await?;
            }
        }
        Ok(())
    }

    /// Kills it as a crash would.
    ///
    /// # Errors
    /// It does not run.
    pub fn kill(&mut self) -> Result<()> {
        let mut child = self.child.take().context("redis-server does not run")?;
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    /// Asks it to end, and waits until it has.
    ///
    /// # Errors
    /// It does not run.
    pub fn stop(&mut self) -> Result<()> {
        let mut child = self.child.take().context("redis-server does not run")?;
        signal(child.id(), "TERM")?;
        child.wait()?;
        Ok(())
    }

    /// Starts it again at the same port on the same files.
    ///
    /// # Errors
    /// It still runs, or does not start.
    pub fn restart(&mut self) -> Result<()> {
        if self.child.is_some() {
            bail!("redis-server still runs");
        }
        let child = spawn(self.port, self.folder.path())?;
        self.child = Some(child.context("redis-server does not start again")?);
        Ok(())
    }

    /// Stops its clock: connections are taken and nothing is answered.
    ///
    /// # Errors
    /// It does not run.
    pub fn freeze(&self) -> Result<()> {
        self.signal("STOP")
    }

    /// Lets it go on.
    ///
    /// # Errors
    /// It does not run.
    pub fn thaw(&self) -> Result<()> {
        self.signal("CONT")
    }

    fn signal(&self, name: &str) -> Result<()> {
        let child = self.child.as_ref().context("redis-server does not run")?;
        signal(child.id(), name)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may be dead already, which is what we want.
            drop(child.kill());
            drop(child.wait());
        }
    }
}

fn port(socket: &TcpListener) -> Result<u16> {
    Ok(socket.local_addr()?.port())
}

/// A server that takes connections; none when the port is taken.
fn spawn(port: u16, folder: &Path) -> Result<Option<Child>> {
    let mut child = Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .args(["--save", "", "--appendonly", "yes"])
        .args(["--appendfsync", "always", "--dir"])
        .arg(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("redis-server must be installed")?;
    let output = child
        .stdout
        .take()
        .context("redis-server without an output")?;
    let mut lines = BufReader::new(output).lines();
    let ready = lines.any(|line| line.is_ok_and(|line| line.contains("Ready to accept")));
    if ready {
        // Keeps reading, so that the server never waits for a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        return Ok(Some(child));
    }
    child.wait()?;
    Ok(None)
}
