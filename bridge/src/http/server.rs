//! The accept loop: one task per connection, every wait bounded, an orderly end.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    http::{Request, Response},
};
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
    service::{Service, service_fn},
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls_pki_types::CertificateDer;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    guard::{Activity, Guarded, MAX_HEAD, Patience},
    limit::{Full, Permit, Places},
    request::{Busy, Requests, Tracked},
    tls::ServerTls,
};
use crate::telemetry::metrics::{ListenerName, Metrics, Rejection};

/// Which versions of HTTP a listener speaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Protocols {
    /// HTTP/1.1 only: the access point.
    Http1,
    /// HTTP/2 as well, where TLS agrees on it.
    Http1And2,
}

impl Protocols {
    /// The names in TLS, those we prefer first.
    pub(crate) const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Http1 => &["http/1.1"],
            Self::Http1And2 => &["h2", "http/1.1"],
        }
    }
}

/// How a listener treats its connections.
#[derive(Clone, Debug)]
pub struct ListenerSettings {
    /// Its name in logs and metrics.
    pub name: ListenerName,
    /// TLS, unless it speaks plain HTTP.
    pub tls: Option<ServerTls>,
    /// Versions of HTTP.
    pub protocols: Protocols,
    /// Requests on connections beyond this number are turned away with 503.
    pub max_connections: usize,
    /// Requests on connections from one address beyond this number are turned away with 429.
    pub max_connections_per_address: usize,
    /// Requests beyond this number at a time are turned away with 503.
    pub max_requests: usize,
    /// Requests from one address beyond this number at a time are turned away with 429.
    pub max_requests_per_address: usize,
    /// What is said to those turned away.
    pub busy: Busy,
    /// How long a connection may take for what.
    pub patience: Patience,
    /// Where it is counted.
    pub metrics: Metrics,
}

/// When and how a listener stops.
#[derive(Clone, Debug)]
pub struct Shutdown {
    stop: CancellationToken,
    limit: Duration,
}

impl Shutdown {
    /// Running requests get `limit` to finish once `stop` is called.
    pub fn new(limit: Duration) -> Self {
        Self {
            stop: CancellationToken::new(),
            limit,
        }
    }

    /// Accept nothing more and finish what runs.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Ready once `stop` has been called.
    pub async fn stopped(&self) {
        self.stop.cancelled().await;
    }
}

/// Who is at the other end of a connection; an extension of every request.
#[derive(Clone, Debug)]
pub struct Peer {
    address: SocketAddr,
    certificate: Option<CertificateDer<'static>>,
}

impl Peer {
    /// The address the connection came from, whatever a header says. [ROB-106]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The verified client certificate, when one was shown.
    pub fn certificate(&self) -> Option<&CertificateDer<'static>> {
        self.certificate.as_ref()
    }
}

/// Serves until it is told to stop; returns how many connections had to be cut off.
pub async fn serve(
    listener: TcpListener,
    settings: ListenerSettings,
    router: Router,
    shutdown: Shutdown,
) -> usize {
    let tasks = TaskTracker::new();
    let cut = CancellationToken::new();
    let connections = Places::new(
        settings.max_connections,
        settings.max_connections_per_address,
    );
    let doorstep = Places::new(DOORSTEP, DOORSTEP_PER_ADDRESS);
    let shared = Arc::new(Shared::new(
        settings,
        router,
        shutdown.stop.clone(),
        cut.clone(),
    ));
    while let Some((stream, address)) = accept(&listener, &shutdown.stop).await {
        let (permit, turned_away) = match connections.admit(address.ip()) {
            Ok(permit) => (permit, None),
            // A place to hear that there is none. Beyond these, closing is the answer.
            Err(full) => match doorstep.admit(address.ip()) {
                Ok(permit) => (permit, Some(full)),
                Err(_) => {
                    shared.settings.metrics.rejected(Rejection::Capacity);
                    continue;
                }
            },
        };
        let visit = Visit {
            address,
            turned_away,
            permit,
        };
        tasks.spawn(Arc::clone(&shared).connection(stream, visit));
    }
    drop(listener);
    tasks.close();
    if timeout(shutdown.limit, tasks.wait()).await.is_ok() {
        return 0;
    }
    let left = tasks.len();
    tracing::warn!(listener = ?shared.settings.name, left, "Connections cut off while stopping");
    cut.cancel();
    tasks.wait().await;
    left
}

/// The next connection; `None` when it is time to stop.
async fn accept(
    listener: &TcpListener,
    stop: &CancellationToken,
) -> Option<(TcpStream, SocketAddr)> {
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => return None,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok(accepted) => return Some(accepted),
            Err(error) if is_of_the_peer(&error) => {}
            Err(error) => {
                // Out of descriptors or memory: trying again at once would spin.
                tracing::error!(%error, "Connection cannot be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

fn is_of_the_peer(error: &io::Error) -> bool {
    use io::ErrorKind as K;
    matches!(
        error.kind(),
        K::ConnectionAborted | K::ConnectionReset | K::ConnectionRefused
    )
}

/// A connection that was accepted.
struct Visit {
    address: SocketAddr,
    /// Why it is only told to come again.
    turned_away: Option<Full>,
    permit: Permit,
}

struct Shared {
    settings: ListenerSettings,
    acceptor: Option<TlsAcceptor>,
    router: Router,
    requests: Places,
    stop: CancellationToken,
    cut: CancellationToken,
}

impl Shared {
    fn new(
        settings: ListenerSettings,
        router: Router,
        stop: CancellationToken,
        cut: CancellationToken,
    ) -> Self {
        let protocols = settings.protocols.names();
        let tls = settings.tls.as_ref();
        let acceptor = tls.map(|tls| TlsAcceptor::from(tls.config(protocols)));
        let requests = Places::new(settings.max_requests, settings.max_requests_per_address);
        Self {
            settings,
            acceptor,
            router,
            requests,
            stop,
            cut,
        }
    }

    async fn connection(self: Arc<Self>, stream: TcpStream, visit: Visit) {
        let _open = self.settings.metrics.connection(self.settings.name);
        tokio::select! {
            biased;
            () = self.cut.cancelled() => {}
            ended = self.converse(stream, visit.address, visit.turned_away) => {
                if let Err(reason) = ended {
                    self.settings.metrics.rejected(reason);
                }
            }
        }
        drop(visit.permit);
    }

    async fn converse(
        &self,
        stream: TcpStream,
        address: SocketAddr,
        turned_away: Option<Full>,
    ) -> Result<(), Rejection> {
        let patience = self.settings.patience;
        // Answers are small and final: waiting to fill a packet helps nobody.
        if stream.set_nodelay(true).is_err() {
            return Err(Rejection::Protocol);
        }
        let mut first = [0];
        let peeked = tokio::select! {
            () = self.stop.cancelled() => return Ok(()),
            peeked = timeout(patience.first_byte, stream.peek(&mut first)) => peeked,
        };
        match peeked {
            Err(_) => return Err(Rejection::FirstByte),
            Ok(Ok(1..)) => {}
            // Closed without a word, as port checks do.
            Ok(_) => return Ok(()),
        }
        let Some(acceptor) = &self.acceptor else {
            let peer = Peer {
                address,
                certificate: None,
            };
            return self.http1(stream, (peer, turned_away)).await;
        };
        let handshake = timeout(patience.handshake, acceptor.accept(stream)).await;
        let stream = handshake
            .map_err(|_| Rejection::HandshakeTimeout)?
            .map_err(|error| {
                tracing::debug!(%error, "TLS handshake failed");
                Rejection::Handshake
            })?;
        let (_, session) = stream.get_ref();
        let certificate = session.peer_certificates().and_then(<[_]>::first).cloned();
        let peer = Peer {
            address,
            certificate: certificate.map(CertificateDer::into_owned),
        };
        if session.alpn_protocol() == Some(b"h2") {
            self.http2(stream, (peer, turned_away)).await
        } else {
            self.http1(stream, (peer, turned_away)).await
        }
    }

    async fn http1<S>(&self, stream: S, visitor: (Peer, Option<Full>)) -> Result<(), Rejection>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let activity = Activity::default();
        let guarded = Guarded::http1(stream, self.settings.patience, activity.clone());
        let service = self.service(visitor, activity.clone());
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            // `guard` measures the head from its first byte; this one would end idle connections.
            .header_read_timeout(None)
            .max_headers(100)
            .max_header_size(MAX_HEAD)
            .max_buf_size(MAX_BUFFER)
            .serve_connection(TokioIo::new(guarded), service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Some(reason) = activity.given_up() {
            return Err(reason);
        }
        ended.or_else(|error| rejection(&error).map_or(Ok(()), Err))
    }

    async fn http2<S>(&self, stream: S, visitor: (Peer, Option<Full>)) -> Result<(), Rejection>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let activity = Activity::default();
        let guarded = Guarded::http2(stream, self.settings.patience, activity.clone());
        let service = self.service(visitor, activity.clone());
        let connection = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .keep_alive_interval(self.settings.patience.idle)
            .keep_alive_timeout(self.settings.patience.head)
            .max_concurrent_streams(MAX_STREAMS)
            .max_header_list_size(HEADER_LIST)
            .max_pending_accept_reset_streams(MAX_RESETS)
            .max_local_error_reset_streams(MAX_RESETS)
            .serve_connection(TokioIo::new(guarded), service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = idle(&activity, self.settings.patience) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
            () = self.stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        ended.or_else(|error| rejection(&error).map_or(Ok(()), Err))
    }

    fn service(
        &self,
        (peer, turned_away): (Peer, Option<Full>),
        activity: Activity,
    ) -> impl Service<
        Request<Incoming>,
        Response = Response<Tracked>,
        Error = Infallible,
        Future: Send + 'static,
    > + Send
    + use<> {
        let requests = Requests {
            router: self.router.clone(),
            peer,
            window: self.settings.patience.body_window,
            places: self.requests.clone(),
            turned_away,
            busy: self.settings.busy.clone(),
            metrics: self.settings.metrics.clone(),
        };
        service_fn(move |request| requests.clone().answer(request, activity.clone()))
    }
}

/// Ready when no request has come for too long. HTTP/2 pings keep a dead connection from staying.
async fn idle(activity: &Activity, patience: Patience) {
    let mut wait = patience.first_byte;
    loop {
        let before = activity.begun();
        tokio::time::sleep(wait).await;
        if activity.is_idle() && activity.begun() == before {
            return;
        }
        wait = patience.idle;
    }
}

/// Only what a peer did wrong counts; going away is its right.
fn rejection(error: &hyper::Error) -> Option<Rejection> {
    tracing::debug!(%error, "Connection ended with an error");
    let left = error.is_incomplete_message() || error.is_closed() || error.is_canceled();
    (!left).then_some(Rejection::Protocol)
}

/// Twice our limit: `hyper` answers a head between the two with 431 instead of closing.
const MAX_BUFFER: usize = 2 * MAX_HEAD;
const HEADER_LIST: u32 = 32 * 1024;
const MAX_STREAMS: u32 = 100;
const MAX_RESETS: usize = 20;
/// Connections that have no place and are told so.
const DOORSTEP: usize = 256;
const DOORSTEP_PER_ADDRESS: usize = 32;
const PAUSE: Duration = Duration::from_millis(100);
