//! From a configuration to a running platform, and back to rest.

use std::{
    net::{SocketAddr, TcpListener as StdListener},
    sync::Arc,
    time::Duration,
};

use axum::Router;
use thiserror::Error;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::{
    as4,
    config::{Config, Listen, Listener},
    dialogue,
    http::{
        Busy,
        health::Health,
        respond::{Kind, Problem},
        server::{ListenerSettings, Protocols, Shutdown, serve},
    },
    national, partners,
    platform::{self, Platform},
    telemetry::metrics::{ListenerName, Metrics},
    worker,
    world::World,
};

/// How long requests and steps in flight may take to finish at shutdown.
const DRAIN: Duration = Duration::from_secs(25);

/// Sockets that are bound already, where somebody must know the ports before the start.
#[derive(Debug, Default)]
pub struct Sockets {
    /// The access point.
    pub as4: Option<StdListener>,
    /// German portals and registers.
    pub national: Option<StdListener>,
    /// Citizens.
    pub public: Option<StdListener>,
    /// Operators and probes.
    pub admin: Option<StdListener>,
}

/// Where the listeners can be reached.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    /// The access point.
    pub as4: SocketAddr,
    /// German portals and registers.
    pub national: SocketAddr,
    /// Citizens.
    pub public: SocketAddr,
    /// Operators and probes.
    pub admin: SocketAddr,
}

/// Why the platform did not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// A part could not be put together.
    #[error(transparent)]
    Platform(#[from] platform::AssemblyError),
    /// A port could not be bound.
    #[error("{listener} cannot listen at {address}")]
    Bind {
        /// Which listener.
        listener: &'static str,
        /// Where.
        address: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The public listener needs an address that browsers can reach.
    #[error("public listener has no base URL")]
    PublicUrl,
}

/// A running platform.
pub struct Running {
    platform: Arc<Platform>,
    addresses: Addresses,
    health: Health,
    shutdown: Shutdown,
    stop: watch::Sender<bool>,
    listeners: Vec<JoinHandle<usize>>,
    workers: Vec<JoinHandle<()>>,
}

impl Running {
    /// Where the listeners are.
    #[must_use]
    pub const fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// What runs.
    #[must_use]
    pub fn platform(&self) -> &Arc<Platform> {
        &self.platform
    }

    /// Tells probes that nothing more should come here; whatever comes is still taken.
    pub fn leave(&self) {
        self.health.drain();
    }

    /// Stops: not ready any more, nothing new accepted, what runs is finished. True when nothing
    /// had to be cut off. A step that takes too long is none of that: it is done again.
    pub async fn shutdown(self) -> bool {
        self.leave();
        self.shutdown.stop();
        self.stop.send_replace(true);
        self.platform.store().wake();
        let end = tokio::time::Instant::now() + DRAIN;
        let mut clean = true;
        for listener in self.listeners {
            clean &= listener.await.is_ok_and(|cut| cut == 0);
        }
        for mut worker in self.workers {
            match tokio::time::timeout_at(end, &mut worker).await {
                Ok(ended) => clean &= ended.is_ok(),
                Err(_) => worker.abort(),
            }
        }
        clean &= self.platform.audit().close().await.is_ok();
        clean
    }
}

/// Starts everything. Ports are bound first, so that a taken one is the first thing that fails, and
/// served last, so that nothing is taken that cannot be kept.
///
/// # Errors
/// What could not be put together, or a port that could not be bound.
pub async fn run(
    config: Config,
    world: World,
    metrics: Metrics,
    sockets: Sockets,
) -> Result<Running, StartError> {
    let listen = config.listen().clone();
    let bound = Bound::new(&listen, sockets)?;
    let addresses = bound.addresses(&listen);
    let public_url = listen
        .public()
        .base_url_at(addresses.public)
        .ok_or(StartError::PublicUrl)?;
    let platform = Platform::assemble(config, world, metrics, public_url).await?;
    let health = checks(&platform);
    let shutdown = Shutdown::new(DRAIN);
    let listeners = bound.serve(&listen, &platform, &health, &shutdown);
    let stop = watch::Sender::new(false);
    let workers = workers(&platform, &stop);
    health.started();
    let Addresses {
        as4,
        national,
        public,
        admin,
    } = addresses;
    tracing::info!(%as4, %national, %public, %admin, "Platform is up");
    Ok(Running {
        platform,
        addresses,
        health,
        shutdown,
        stop,
        listeners,
        workers,
    })
}

/// The four sockets, not yet served.
struct Bound {
    as4: TcpListener,
    national: TcpListener,
    public: TcpListener,
    admin: TcpListener,
}

impl Bound {
    fn new(listen: &Listen, sockets: Sockets) -> Result<Self, StartError> {
        Ok(Self {
            as4: bind("as4", listen.as4(), sockets.as4)?,
            national: bind("national", listen.national(), sockets.national)?,
            public: bind("public", listen.public(), sockets.public)?,
            admin: bind("admin", listen.admin(), sockets.admin)?,
        })
    }

    fn addresses(&self, listen: &Listen) -> Addresses {
        Addresses {
            as4: local(&self.as4, listen.as4()),
            national: local(&self.national, listen.national()),
            public: local(&self.public, listen.public()),
            admin: local(&self.admin, listen.admin()),
        }
    }

    fn serve(
        self,
        listen: &Listen,
        platform: &Arc<Platform>,
        health: &Health,
        shutdown: &Shutdown,
    ) -> Vec<JoinHandle<usize>> {
        let shared = || Arc::clone(platform);
        let doors = [
            (
                ListenerName::As4,
                self.as4,
                listen.as4(),
                as4::server::router(shared()),
            ),
            (
                ListenerName::National,
                self.national,
                listen.national(),
                national::server::router(shared()),
            ),
            (
                ListenerName::Public,
                self.public,
                listen.public(),
                dialogue::router(shared()),
            ),
            (
                ListenerName::Admin,
                self.admin,
                listen.admin(),
                admin_router(platform, health),
            ),
        ];
        doors
            .into_iter()
            .map(|(name, socket, listener, router)| {
                let settings = settings(name, listener, platform);
                tokio::spawn(serve(socket, settings, router, shutdown.clone()))
            })
            .collect()
    }
}

fn workers(platform: &Arc<Platform>, stop: &watch::Sender<bool>) -> Vec<JoinHandle<()>> {
    // The name must be unique among all nodes of a store.
    let node = platform.world().uuid();
    let floor = Arc::new(worker::Floor::new(worker::WORKERS));
    let mut workers: Vec<_> = (0..worker::WORKERS)
        .map(|number| {
            let name = format!("{node}-{number}");
            tokio::spawn(worker::run(
                Arc::clone(platform),
                Arc::clone(&floor),
                name,
                stop.subscribe(),
            ))
        })
        .collect();
    workers.push(tokio::spawn(worker::keep_time(
        Arc::clone(platform),
        stop.subscribe(),
    )));
    workers.push(tokio::spawn(worker::keep_house(
        Arc::clone(platform),
        stop.subscribe(),
    )));
    workers.push(tokio::spawn(partners::keep_current(
        Arc::clone(platform),
        stop.subscribe(),
    )));
    workers.push(tokio::spawn(partners::keep_informed(
        Arc::clone(platform),
        stop.subscribe(),
    )));
    workers
}

fn bind(
    name: &'static str,
    listener: &Listener,
    given: Option<StdListener>,
) -> Result<TcpListener, StartError> {
    let failed = |source| StartError::Bind {
        listener: name,
        address: listener.address().to_string(),
        source,
    };
    let socket = match given {
        Some(socket) => socket,
        None => StdListener::bind(listener.address()).map_err(failed)?,
    };
    socket.set_nonblocking(true).map_err(failed)?;
    TcpListener::from_std(socket).map_err(failed)
}

fn local(socket: &TcpListener, listener: &Listener) -> SocketAddr {
    socket.local_addr().unwrap_or_else(|_| listener.address())
}

fn settings(name: ListenerName, listener: &Listener, platform: &Arc<Platform>) -> ListenerSettings {
    ListenerSettings {
        name,
        tls: listener.tls().cloned(),
        protocols: match name {
            ListenerName::As4 => Protocols::Http1,
            _ => Protocols::Http1And2,
        },
        max_connections: listener.max_connections(),
        max_connections_per_address: listener.max_connections_per_address(),
        max_requests: listener.max_requests(),
        max_requests_per_address: listener.max_requests_per_address(),
        busy: match name {
            ListenerName::As4 => as4::busy::answer(platform),
            _ => Busy::default(),
        },
        patience: listener.patience(),
        metrics: platform.metrics().clone(),
    }
}

fn checks(platform: &Arc<Platform>) -> Health {
    let health = Health::default();
    let store = Arc::clone(platform);
    health.add("store", move || {
        let platform = Arc::clone(&store);
        async move {
            let condition = platform.store().health().await;
            let finding = match &condition {
                Ok(condition) => match condition.problems.first() {
                    Some(problem) => Err(problem.to_string()),
                    None => Ok(()),
                },
                Err(error) => Err(error.to_string()),
            };
            platform.metrics().store_up(condition.is_ok());
            platform
                .metrics()
                .store_policy_ok(condition.is_ok_and(|c| c.is_ready()));
            finding
        }
    });
    let signing = Arc::clone(platform);
    health.add("as4_signing_certificate", move || {
        let platform = Arc::clone(&signing);
        async move {
            let key = platform.signing_key();
            if key.certificate().is_valid_at(platform.world().now()) {
                Ok(())
            } else {
                Err("the certificate that signs AS4 messages is not valid now".to_owned())
            }
        }
    });
    health
}

fn admin_router(platform: &Arc<Platform>, health: &Health) -> Router {
    let platform = Arc::clone(platform);
    let metrics = axum::routing::get(move || {
        let platform = Arc::clone(&platform);
        async move {
            // What only the store knows is read when somebody asks.
            match platform.store().health().await {
                Ok(condition) => platform
                    .metrics()
                    .dead_letters(usize::try_from(condition.dead_letters).unwrap_or(usize::MAX)),
                Err(error) => tracing::warn!(%error, "Dead letters cannot be counted"),
            }
            let text = platform.metrics().text().map_err(|error| {
                tracing::error!(%error, "Metrics cannot be written");
                Problem::new(Kind::Internal)
            })?;
            Ok::<_, Problem>((
                [(
                    http::header::CONTENT_TYPE,
                    "text/plain; version=0.0.4; charset=utf-8",
                )],
                text,
            ))
        }
    });
    Router::new()
        .route("/metrics", metrics)
        .merge(health.router())
}
