//! `serve`: runs until a signal asks for the end, and drains before it goes.

use std::{future::Future, process::ExitCode, time::Duration};

use tokio::{
    runtime::{Builder, Runtime},
    signal::unix::{Signal, SignalKind, signal},
};

use super::{
    Global,
    exit::{Failure, INTERRUPTED, TRY_AGAIN},
};
use crate::{
    http::client::install_provider,
    keys,
    start::{self, Sockets},
    telemetry::{self, Metrics},
    world::World,
};

pub(super) fn run(global: &Global, world: World) -> Result<ExitCode, Failure> {
    let config = global.load()?;
    let runtime = runtime()?;
    runtime.block_on(async {
        install_provider();
        let guard = telemetry::install(config.telemetry())?;
        let metrics = Metrics::new()?;
        keys::list::measure(&config, &metrics, world.now());
        let mut signals = Signals::new()?;
        let running = start::run(config, world, metrics, Sockets::default()).await?;
        signals.wait().await;
        tracing::info!("Stopping");
        running.leave();
        let stopping = async {
            tokio::time::sleep(LEAVING).await;
            running.shutdown().await
        };
        let code = tokio::select! {
            clean = stopping => {
                if clean { ExitCode::SUCCESS } else { ExitCode::from(TRY_AGAIN) }
            }
            // Nothing that was acknowledged is lost by stopping at once; it only takes up again.
            () = signals.wait() => ExitCode::from(INTERRUPTED),
        };
        guard.finish().await;
        Ok(code)
    })
}

/// Runs a command that is a task of its own.
pub(super) fn block_on(command: impl Future<Output = ExitCode>) -> Result<ExitCode, Failure> {
    install_provider();
    let runtime = runtime()?;
    let code = runtime.block_on(command);
    runtime.shutdown_timeout(LINGER);
    Ok(code)
}

pub(super) fn runtime() -> Result<Runtime, Failure> {
    let built = Builder::new_multi_thread().enable_all().build();
    built.map_err(|source| Failure::File {
        what: "threads cannot be started".to_owned(),
        source,
    })
}

/// The two signals that ask for the end.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> Result<Self, Failure> {
        let listen = |kind| {
            signal(kind).map_err(|source| Failure::File {
                what: "signals cannot be awaited".to_owned(),
                source,
            })
        };
        let terminate = listen(SignalKind::terminate())?;
        Ok(Self {
            terminate,
            interrupt: listen(SignalKind::interrupt())?,
        })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// How long a node that is leaving takes what still comes: load balancers need a moment to notice.
const LEAVING: Duration = Duration::from_secs(5);
const LINGER: Duration = Duration::from_secs(2);
