//! The accept loop over raw sockets: what it answers, what it refuses, when it loses patience, how
//! it stops. Time is paused: it advances only while everybody waits.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "test code"
)]

#[path = "http_server/closing.rs"]
mod closing;
#[path = "http_server/crowds.rs"]
mod crowds;
#[path = "http_server/patience.rs"]
mod patience;
#[path = "http_server/requests.rs"]
mod requests;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Extension, Router,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bridge::{
    http::{
        Busy, Patience,
        limit::read_body,
        respond::Problem,
        server::{ListenerSettings, Peer, Protocols, Shutdown, serve},
    },
    telemetry::metrics::{ListenerName, Metrics},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinHandle,
};

struct Server {
    address: SocketAddr,
    metrics: Metrics,
    shutdown: Shutdown,
    gate: Arc<Notify>,
    running: JoinHandle<usize>,
}

impl Server {
    async fn start() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut ListenerSettings)) -> Self {
        let metrics = Metrics::new().unwrap();
        let mut settings = ListenerSettings {
            name: ListenerName::As4,
            tls: None,
            protocols: Protocols::Http1,
            max_connections: 8,
            max_connections_per_address: 8,
            max_requests: 8,
            max_requests_per_address: 8,
            busy: Busy::default(),
            patience: Patience::default(),
            metrics: metrics.clone(),
        };
        change(&mut settings);
        let gate = Arc::new(Notify::new());
        let shutdown = Shutdown::new(Duration::from_secs(20));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = router(Arc::clone(&gate));
        let running = tokio::spawn(serve(listener, settings, router, shutdown.clone()));
        Self {
            address,
            metrics,
            shutdown,
            gate,
            running,
        }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends all of it and reads until the server closes.
    async fn exchange(&self, request: &[u8]) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request).await.unwrap();
        read_all(&mut stream).await
    }
}

async fn read_all(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let mut part = [0; 4096];
    // A reset after the answer is an end like any other.
    while let Ok(1..) = stream
        .read(&mut part)
        .await
        .inspect(|read| answer.extend(&part[..*read]))
    {}
    String::from_utf8_lossy(&answer).into_owned()
}

fn router(gate: Arc<Notify>) -> Router {
    Router::new()
        .route("/", get(|| async { "hello" }))
        .route(
            "/who",
            get(|Extension(peer): Extension<Peer>| async move { peer.address().to_string() }),
        )
        .route("/length", post(length))
        .route(
            "/gate",
            get(|State(gate): State<Arc<Notify>>| async move { gate.notified().await }),
        )
        .route("/large", get(|| async { vec![b'x'; 64 * 1024 * 1024] }))
        .route("/panic", get(fail))
        .with_state(gate)
}

async fn fail() -> Response {
    panic!("as asked")
}

async fn length(body: Body) -> Response {
    match read_body(body, 100_000).await {
        Ok(body) => format!(
            "{} {}",
            body.len(),
            body.iter().map(|b| u64::from(*b)).sum::<u64>()
        )
        .into_response(),
        Err(error) => Problem::from(&error).into_response(),
    }
}

fn status(answer: &str) -> &str {
    answer.lines().next().unwrap_or("no answer")
}
