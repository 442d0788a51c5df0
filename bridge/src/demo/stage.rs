//! A bridge and the world around it, started together: sockets first, so that each side can be
//! told where the other is; then the world; then the configuration, written as files and read as
//! any configuration is; then the bridge.

mod files;

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    sync::Arc,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use conformance::{
    pki,
    simulator::{
        Source,
        sak::ReplyMode,
        world::{BridgeUrls, SimulatedWorld, WorldKeys, WorldSpec},
    },
};
use thiserror::Error;

use crate::{
    config::{Config, ConfigErrors, Overrides},
    start::{Running, Sockets, StartError, run},
    telemetry::Metrics,
    world::World,
};

/// How the stage is set.
#[derive(Clone, Debug, Default)]
pub struct StageOptions {
    /// URL of a Redis; the embedded store otherwise.
    pub redis: Option<String>,
    /// Where the files go; a folder that is deleted at the end otherwise.
    pub folder: Option<std::path::PathBuf>,
    /// Whether registers answer later instead of at once.
    pub slow_registers: bool,
    /// Whether the SAK brings late answers itself instead of being asked for them.
    pub push_registers: bool,
    /// Settings on top of the configuration, as `--set` takes them.
    pub settings: Vec<String>,
}

/// Why the stage cannot be set.
#[derive(Debug, Error)]
pub enum StageError {
    /// The simulated world does not start.
    #[error("simulated world does not start: {0:#}")]
    World(anyhow::Error),
    /// A file cannot be written or a port not bound.
    #[error("file or port cannot be used: {0}")]
    Io(#[from] std::io::Error),
    /// What was written is not a valid configuration.
    #[error("configuration is not valid: {0}")]
    Config(#[from] ConfigErrors),
    /// A setting on top of it is none.
    #[error("setting cannot be used: {0}")]
    Setting(String),
    /// The metrics cannot be set up.
    #[error("metrics cannot be set up")]
    Metrics(#[from] crate::telemetry::metrics::MetricsError),
    /// The platform does not start.
    #[error("platform does not start: {0}")]
    Start(#[from] StartError),
}

/// A bridge in its world.
pub struct Stage {
    world: SimulatedWorld,
    running: Option<Running>,
    urls: BridgeUrls,
    admin: SocketAddr,
    folder: Folder,
    options: StageOptions,
    clock: World,
}

/// The files of a stage; a temporary folder is deleted with it.
enum Folder {
    Kept(std::path::PathBuf),
    Temporary(tempfile::TempDir),
}

impl Folder {
    fn path(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::Temporary(folder) => folder.path(),
        }
    }
}

impl Stage {
    /// Sets everything up and starts it.
    ///
    /// # Errors
    /// What does not start.
    pub async fn start(options: StageOptions, clock: World) -> Result<Self, StageError> {
        let socket = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let (mut stage, sockets) = Self::set(options, clock, Bound::new(socket)?).await?;
        stage.running = Some(stage.launch(sockets).await?);
        Ok(stage)
    }

    /// Sets everything up but the bridge, for one in another process that comes and goes: nobody
    /// is given its ports meanwhile.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn prepare(options: StageOptions, clock: World) -> Result<Self, StageError> {
        let bound = Bound::new(|| reserve(&clock))?;
        Ok(Self::set(options, clock, bound).await?.0)
    }

    async fn set(
        options: StageOptions,
        clock: World,
        bound: Bound,
    ) -> Result<(Self, Sockets), StageError> {
        crate::http::client::install_provider();
        let urls = bound.urls();
        let admin = bound.admin;
        // TLS is checked by the clock of the machine, whatever the clock of the world shows.
        let (machine, now) = (World::system().now(), clock.now());
        let keys = tokio::task::spawn_blocking(move || WorldKeys::generate(machine, now));
        let keys = keys
            .await
            .map_err(|error| StageError::World(error.into()))?
            .map_err(StageError::World)?;
        let bridge_keys = keys.bridge.clone();
        let mut spec = WorldSpec::new(urls.clone(), keys, source(&clock));
        let reply_mode = match (options.push_registers, options.slow_registers) {
            (true, _) => ReplyMode::Push,
            (false, true) => ReplyMode::Poll,
            (false, false) => ReplyMode::Direct,
        };
        spec.births = reply_mode;
        spec.vehicles = reply_mode;
        let world = SimulatedWorld::start(spec)
            .await
            .map_err(StageError::World)?;
        let folder = match &options.folder {
            Some(path) => Folder::Kept(path.clone()),
            None => Folder::Temporary(tempfile::tempdir()?),
        };
        let files = files::Files {
            folder: folder.path(),
            facts: world.facts(),
            keys: &bridge_keys,
        };
        files.write(&clock, options.redis.as_deref(), (&urls, admin))?;
        let stage = Self {
            world,
            running: None,
            urls,
            admin,
            folder,
            options,
            clock,
        };
        Ok((stage, bound.sockets))
    }

    /// Starts the bridge anew on the same files and ports: after it was stopped, or was lost.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn restart(&mut self) -> Result<(), StageError> {
        if let Some(running) = self.running.take() {
            running.shutdown().await;
        }
        self.running = Some(self.launch(Sockets::default()).await?);
        Ok(())
    }

    async fn launch(&self, sockets: Sockets) -> Result<Running, StageError> {
        let mut overrides = Overrides::none();
        for setting in &self.options.settings {
            overrides = overrides
                .set(setting)
                .map_err(|error| StageError::Setting(error.to_string()))?;
        }
        let config = Config::load(&self.config_path(), &overrides)?;
        Ok(run(config, self.clock.clone(), Metrics::new()?, sockets).await?)
    }

    /// The configuration file.
    #[must_use]
    pub fn config_path(&self) -> std::path::PathBuf {
        self.folder.path().join("bridge.toml")
    }

    /// The world around the bridge.
    #[must_use]
    pub const fn world(&self) -> &SimulatedWorld {
        &self.world
    }

    /// The bridge, unless it was stopped.
    #[must_use]
    pub const fn running(&self) -> Option<&Running> {
        self.running.as_ref()
    }

    /// Where the bridge is reached.
    #[must_use]
    pub const fn urls(&self) -> &BridgeUrls {
        &self.urls
    }

    /// Where probes and metrics are read.
    #[must_use]
    pub fn admin_url(&self) -> String {
        format!("http://{}", self.admin)
    }

    /// Stops the bridge; true when nothing had to be cut off.
    pub async fn stop(mut self) -> bool {
        match self.running.take() {
            Some(running) => running.shutdown().await,
            None => true,
        }
    }

    /// Stops the bridge and leaves the world running, for a bridge in another process.
    pub async fn stop_bridge(&mut self) -> bool {
        match self.running.take() {
            Some(running) => running.shutdown().await,
            None => true,
        }
    }
}

struct Bound {
    sockets: Sockets,
    as4: SocketAddr,
    national: SocketAddr,
    public: SocketAddr,
    admin: SocketAddr,
}

impl Bound {
    fn new(socket: impl Fn() -> std::io::Result<TcpListener>) -> std::io::Result<Self> {
        let (as4, national, public, admin) = (socket()?, socket()?, socket()?, socket()?);
        Ok(Self {
            as4: as4.local_addr()?,
            national: national.local_addr()?,
            public: public.local_addr()?,
            admin: admin.local_addr()?,
            sockets: Sockets {
                as4: Some(as4),
                national: Some(national),
                public: Some(public),
                admin: Some(admin),
            },
        })
    }

    fn urls(&self) -> BridgeUrls {
        BridgeUrls {
            as4: format!("https://{}/as4", self.as4),
            national: format!("https://{}", self.national),
            public: format!("https://{}", self.public),
        }
    }
}

/// A free port below those that systems give to whoever asks for any: it is still free when its
/// owner comes back.
///
/// # Errors
/// None was free.
pub fn reserve(world: &World) -> std::io::Result<TcpListener> {
    let mut last = std::io::ErrorKind::AddrInUse.into();
    for _ in 0..100 {
        let mut random = [0; 2];
        world.fill(&mut random);
        let port = 15_000 + u16::from_be_bytes(random) % 15_000;
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(socket) => return Ok(socket),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn source(world: &World) -> Source {
    let (clock, chance) = (world.clone(), world.clone());
    Source::new(
        Arc::new(move || clock.now()),
        Arc::new(move |bytes: &mut [u8]| chance.fill(bytes)),
    )
}

/// A random key as the configuration takes it.
fn random_key(world: &World) -> String {
    let mut key = [0; 32];
    world.fill(&mut key);
    STANDARD.encode(key)
}

/// An Ed25519 key for the audit log.
fn audit_key() -> Result<String, StageError> {
    pki::key_pem(pki::Key::Ed25519).map_err(StageError::World)
}

/// Writes a file that only its owner may read.
fn write_secret(path: &Path, text: &str) -> std::io::Result<()> {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())
}
