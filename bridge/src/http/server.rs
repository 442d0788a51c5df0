//! The accept loop: one task per connection, every wait bounded, an orderly end.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, HttpBody},
    http::{HeaderValue, Request, Response, StatusCode, Version, header},
    response::IntoResponse,
};
use bytes::Bytes;
use futures_util::FutureExt;
use hyper::{
    body::{Frame, Incoming, SizeHint},
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
use tower::ServiceExt;

use super::{
    guard::{Activity, Guarded, InFlight, MAX_HEAD, Patience},
    limit::{Connections, PacedBody, Permit},
    respond::{Kind, Problem},
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

/// How a listener treats its connections.
#[derive(Clone, Debug)]
pub struct ListenerSettings {
    /// Its name in logs and metrics.
    pub name: ListenerName,
    /// TLS, unless it speaks plain HTTP.
    pub tls: Option<ServerTls>,
    /// Versions of HTTP.
    pub protocols: Protocols,
    /// Connections beyond this number are closed at once.
    pub max_connections: usize,
    /// Connections from one address beyond this number are closed at once.
    pub max_connections_per_address: usize,
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
    /// The address the connection came from.
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
    let connections = Connections::new(
        settings.max_connections,
        settings.max_connections_per_address,
    );
    let shared = Arc::new(Shared::new(
        settings,
        router,
        shutdown.stop.clone(),
        cut.clone(),
    ));
    while let Some((stream, address)) = accept(&listener, &shutdown.stop).await {
        let Some(permit) = connections.admit(address.ip()) else {
            shared.settings.metrics.rejected(Rejection::Capacity);
            continue;
        };
        let connection = Arc::clone(&shared).connection(stream, address, permit);
        tasks.spawn(connection);
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

struct Shared {
    settings: ListenerSettings,
    acceptor: Option<TlsAcceptor>,
    router: Router,
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
        let protocols: &[&str] = match settings.protocols {
            Protocols::Http1 => &["http/1.1"],
            Protocols::Http1And2 => &["h2", "http/1.1"],
        };
        let tls = settings.tls.as_ref();
        let acceptor = tls.map(|tls| TlsAcceptor::from(tls.config(protocols)));
        Self {
            settings,
            acceptor,
            router,
            stop,
            cut,
        }
    }

    async fn connection(self: Arc<Self>, stream: TcpStream, address: SocketAddr, permit: Permit) {
        let _open = self.settings.metrics.connection(self.settings.name);
        tokio::select! {
            biased;
            () = self.cut.cancelled() => {}
            ended = self.converse(stream, address) => {
                if let Err(reason) = ended {
                    self.settings.metrics.rejected(reason);
                }
            }
        }
        drop(permit);
    }

    async fn converse(&self, stream: TcpStream, address: SocketAddr) -> Result<(), Rejection> {
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
            return self
                .http1(
                    stream,
                    Peer {
                        address,
                        certificate: None,
                    },
                )
                .await;
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
            self.http2(stream, peer).await
        } else {
            self.http1(stream, peer).await
        }
    }

    async fn http1<S>(&self, stream: S, peer: Peer) -> Result<(), Rejection>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let activity = Activity::default();
        let guarded = Guarded::http1(stream, self.settings.patience, activity.clone());
        let service = self.service(peer, activity);
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
        ended.or_else(|error| rejection(&error).map_or(Ok(()), Err))
    }

    async fn http2<S>(&self, stream: S, peer: Peer) -> Result<(), Rejection>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let activity = Activity::default();
        let guarded = Guarded::http2(stream, self.settings.patience, activity.clone());
        let service = self.service(peer, activity.clone());
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
        peer: Peer,
        activity: Activity,
    ) -> impl Service<
        Request<Incoming>,
        Response = Response<Tracked>,
        Error = Infallible,
        Future: Send + 'static,
    > + Send
    + use<> {
        let router = self.router.clone();
        let window = self.settings.patience.body_window;
        service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(|body| Body::new(PacedBody::new(body, window)));
            request.extensions_mut().insert(peer.clone());
            respond(router.clone(), request, activity.begin())
        })
    }
}

async fn respond(
    router: Router,
    request: Request<Body>,
    in_flight: InFlight,
) -> Result<Response<Tracked>, Infallible> {
    let version = request.version();
    let answer = AssertUnwindSafe(router.oneshot(request))
        .catch_unwind()
        .await;
    let mut response = answer.unwrap_or_else(|_| {
        tracing::error!("Request ended in a panic");
        Ok(Problem::new(Kind::Internal).into_response())
    })?;
    let unread = [StatusCode::REQUEST_TIMEOUT, StatusCode::PAYLOAD_TOO_LARGE];
    if version != Version::HTTP_2 && unread.contains(&response.status()) {
        // The rest of the body would be taken for the next request.
        response
            .headers_mut()
            .insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response.map(|inner| Tracked {
        inner,
        _in_flight: in_flight,
    }))
}

/// A response body; its request is in flight until it has been sent.
struct Tracked {
    inner: Body,
    _in_flight: InFlight,
}

impl HttpBody for Tracked {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.inner).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
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
const PAUSE: Duration = Duration::from_millis(100);
