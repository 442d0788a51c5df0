//! The accept loop over raw sockets: what it answers, what it refuses, when it loses patience, how
//! it stops. Time is paused: it advances only while everybody waits.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "test code"
)]

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
        Patience,
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
    time::Instant,
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

#[tokio::test]
async fn a_request_is_answered_and_knows_who_asks() {
    let server = Server::start().await;
    let mut stream = server.connect().await;
    let own = stream.local_addr().unwrap().to_string();
    stream
        .write_all(b"GET /who HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let answer = read_all(&mut stream).await;
    assert_eq!(status(&answer), "HTTP/1.1 200 OK");
    assert!(answer.ends_with(&own), "{answer}");
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let server = Server::start().await;
    let answer = server
        .exchange(
            b"POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcPOST /length HTTP/1.1\r\n\
              Host: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n\
              GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        )
        .await;
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 3, "{answer}");
    let order = [
        answer.find("3 294"),
        answer.find("2 195"),
        answer.find("hello"),
    ];
    assert!(
        order.is_sorted() && order.iter().all(Option::is_some),
        "{answer}"
    );
}

/// The request is refused and the one smuggled behind it never answered.
#[track_caller]
fn check_refused(request: &str) -> impl Future<Output = ()> + use<> {
    let mut bytes = request.as_bytes().to_vec();
    bytes.extend_from_slice(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    async move {
        let server = Server::start().await;
        let answer = server.exchange(&bytes).await;
        assert_eq!(
            status(&answer),
            "HTTP/1.1 400 Bad Request",
            "{}",
            bytes.escape_ascii()
        );
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
    }
}

#[tokio::test]
async fn two_lengths_or_a_length_beside_an_encoding_are_refused() {
    let post = "POST /length HTTP/1.1\r\nHost: x\r\n";
    for framing in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        "Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
        "Content-Length: 0\r\nContent-Length: 5\r\n\r\n",
        "Content-Length: +0\r\n\r\n",
        "Content-Length : 0\r\n\r\n",
        "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ] {
        check_refused(&format!("{post}{framing}")).await;
    }
}

#[tokio::test]
async fn a_missing_repeated_or_foreign_host_is_refused() {
    check_refused("GET / HTTP/1.1\r\n\r\n").await;
    check_refused("GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n").await;
    check_refused("GET http://other/ HTTP/1.1\r\nHost: x\r\n\r\n").await;
}

#[tokio::test]
async fn bare_line_feeds_and_folded_lines_are_refused() {
    check_refused("GET / HTTP/1.1\nHost: x\n\n").await;
    check_refused("GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n").await;
    check_refused("GET / HTTP/1.1\r\nHost: x\r\nA: b\rC: d\r\n\r\n").await;
}

#[tokio::test]
async fn tunnels_and_traces_are_refused() {
    check_refused("CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n").await;
    check_refused("TRACE / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    check_refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
}

#[tokio::test]
async fn a_head_too_large_or_with_too_many_lines_is_answered_with_431() {
    let server = Server::start().await;
    let long = format!(
        "GET / HTTP/1.1\r\nHost: x\r\nA: {}\r\n\r\n",
        "a".repeat(200_000)
    );
    let answer = server.exchange(long.as_bytes()).await;
    assert_eq!(
        status(&answer),
        "HTTP/1.1 431 Request Header Fields Too Large"
    );
    let many = format!(
        "GET / HTTP/1.1\r\nHost: x\r\n{}\r\n",
        "A: b\r\n".repeat(101)
    );
    let answer = server.exchange(many.as_bytes()).await;
    assert_eq!(
        status(&answer),
        "HTTP/1.1 431 Request Header Fields Too Large"
    );
}

#[tokio::test]
async fn a_malformed_chunk_ends_the_connection() {
    let server = Server::start().await;
    let answer = server
        .exchange(
            b"POST /length HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\
              3\r\nabcX0\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
        )
        .await;
    assert!(!answer.contains("200 OK"), "{answer}");
}

#[tokio::test]
async fn a_body_too_large_is_answered_although_it_is_still_coming() {
    let server = Server::start().await;
    let stream = server.connect().await;
    let (mut from, mut to) = stream.into_split();
    let sending = tokio::spawn(async move {
        to.write_all(b"POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n")
            .await?;
        for _ in 0..64 {
            to.write_all(&[b'x'; 16 * 1024]).await?;
        }
        Ok::<_, std::io::Error>(())
    });
    let mut answer = vec![0; 4096];
    let read = from.read(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
    assert_eq!(status(&answer), "HTTP/1.1 413 Payload Too Large");
    assert!(answer.contains("connection: close"), "{answer}");
    assert!(answer.contains("/problems/payload-too-large"), "{answer}");
    drop(from);
    // Whether the rest of the body could be sent is up to the network.
    drop(sending.await.unwrap());
}

#[tokio::test]
async fn a_panic_costs_one_answer_and_no_more() {
    let server = Server::start().await;
    let answer = server
        .exchange(
            b"GET /panic HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        )
        .await;
    assert_eq!(status(&answer), "HTTP/1.1 500 Internal Server Error");
    assert!(
        answer.contains("/problems/internal") && answer.ends_with("hello"),
        "{answer}"
    );
}

#[tokio::test(start_paused = true)]
async fn silence_is_heard_for_five_seconds() {
    let server = Server::start().await;
    let began = Instant::now();
    assert_eq!(server.exchange(b"").await, "");
    assert_eq!(began.elapsed().as_secs(), 5);
    assert!(
        server
            .metrics
            .text()
            .unwrap()
            .contains(r#"reason="first_byte"} 1"#)
    );
}

#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_end_is_waited_for_five_seconds() {
    let server = Server::start().await;
    let began = Instant::now();
    assert_eq!(
        server.exchange(b"GET / HTTP/1.1\r\nHost: x\r\nA: ").await,
        ""
    );
    assert_eq!(began.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn dripping_a_head_gains_no_time() {
    let server = Server::start().await;
    let began = Instant::now();
    let (mut from, mut to) = server.connect().await.into_split();
    let dripping = tokio::spawn(async move {
        let mut tick = tokio::time::interval(Duration::from_secs(1));
        for byte in b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" {
            tick.tick().await;
            if to.write_all(&[*byte]).await.is_err() {
                return;
            }
        }
    });
    let mut answer = [0; 64];
    assert!(matches!(from.read(&mut answer).await, Ok(0) | Err(_)));
    assert_eq!(began.elapsed().as_secs(), 5);
    dripping.abort();
}

#[tokio::test(start_paused = true)]
async fn between_two_requests_a_minute_may_pass() {
    let server = Server::start().await;
    let began = Instant::now();
    let answer = server.exchange(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(answer.ends_with("hello"), "{answer}");
    assert_eq!(began.elapsed().as_secs(), 60);
}

#[tokio::test(start_paused = true)]
async fn a_request_may_take_longer_to_answer_than_any_silence() {
    let server = Server::start().await;
    let gate = Arc::clone(&server.gate);
    tokio::spawn(async move {
        tokio::time::timeout(Duration::from_secs(600), std::future::pending::<()>())
            .await
            .ok();
        gate.notify_one();
    });
    let began = Instant::now();
    let request = b"GET /gate HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    assert_eq!(status(&server.exchange(request).await), "HTTP/1.1 200 OK");
    assert_eq!(began.elapsed().as_secs(), 600);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stops_is_waited_for_ten_seconds() {
    let server = Server::start().await;
    let began = Instant::now();
    let head = b"POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\nabc";
    let answer = server.exchange(head).await;
    assert_eq!(status(&answer), "HTTP/1.1 408 Request Timeout");
    assert_eq!(began.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_trickles_is_no_better() {
    let server = Server::start().await;
    let (mut from, mut to) = server.connect().await.into_split();
    to.write_all(b"POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\n")
        .await
        .unwrap();
    let began = Instant::now();
    let trickle = tokio::spawn(async move {
        let mut tick = tokio::time::interval(Duration::from_secs(1));
        loop {
            tick.tick().await;
            if to.write_all(&[b'x'; 500]).await.is_err() {
                return;
            }
        }
    });
    let mut answer = [0; 64];
    let read = from.read(&mut answer).await.unwrap();
    assert!(answer[..read].starts_with(b"HTTP/1.1 408"));
    assert_eq!(began.elapsed().as_secs(), 10);
    trickle.abort();
}

#[tokio::test(start_paused = true)]
async fn a_slow_body_above_the_minimum_is_taken() {
    let server = Server::start().await;
    let (mut from, mut to) = server.connect().await.into_split();
    let head =
        b"POST /length HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 50000\r\n\r\n";
    to.write_all(head).await.unwrap();
    let slow = tokio::spawn(async move {
        let mut tick = tokio::time::interval(Duration::from_secs(1));
        for _ in 0..25 {
            tick.tick().await;
            to.write_all(&[1; 2000]).await.unwrap();
        }
        to
    });
    let mut answer = [0; 1024];
    let read = from.read(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
    assert_eq!(status(&answer), "HTTP/1.1 200 OK");
    slow.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_read_is_given_up_after_ten_seconds() {
    let server = Server::start().await;
    let mut stream = server.connect().await;
    let began = Instant::now();
    stream
        .write_all(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    while !server
        .metrics
        .text()
        .unwrap()
        .contains(r#"reason="protocol"} 1"#)
    {
        tokio::time::timeout(Duration::from_millis(500), std::future::pending::<()>())
            .await
            .ok();
        assert!(began.elapsed().as_secs() < 30);
    }
    assert!(
        (10..12).contains(&began.elapsed().as_secs()),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn connections_beyond_the_limit_are_closed_at_once() {
    let server = Server::with(|settings| settings.max_connections = 2).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = server.connect().await;
        stream
            .write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            .await
            .unwrap();
        assert!(stream.read(&mut [0; 1024]).await.unwrap() > 0);
        held.push(stream);
    }
    let mut third = server.connect().await;
    assert_eq!(read_all(&mut third).await, "");
    let text = server.metrics.text().unwrap();
    assert!(
        text.contains(r#"bridge_conn_open{listener="as4"} 2"#),
        "{text}"
    );
    assert!(text.contains(r#"reason="capacity"} 1"#), "{text}");
}

#[tokio::test(start_paused = true)]
async fn stopping_finishes_what_runs_and_accepts_nothing_more() {
    let server = Server::start().await;
    let mut idle = server.connect().await;
    idle.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    assert!(idle.read(&mut [0; 1024]).await.unwrap() > 0);
    let mut busy = server.connect().await;
    busy.write_all(b"GET /gate HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    let mut mute = server.connect().await;
    // The busy request has arrived once a later one is answered.
    let mut probe = server.connect().await;
    probe
        .write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    read_all(&mut probe).await;

    server.shutdown.stop();
    assert_eq!(
        read_all(&mut idle).await,
        "",
        "an idle connection is closed"
    );
    assert_eq!(
        read_all(&mut mute).await,
        "",
        "a silent connection is closed"
    );
    assert!(
        TcpStream::connect(server.address).await.is_err(),
        "nothing more is accepted"
    );
    server.gate.notify_one();
    assert_eq!(status(&read_all(&mut busy).await), "HTTP/1.1 200 OK");
    assert_eq!(server.running.await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_finish_in_time_is_cut_off() {
    let server = Server::start().await;
    let mut busy = server.connect().await;
    busy.write_all(b"GET /gate HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    let mut probe = server.connect().await;
    probe
        .write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    read_all(&mut probe).await;

    let began = Instant::now();
    server.shutdown.stop();
    assert_eq!(read_all(&mut busy).await, "");
    assert_eq!(server.running.await.unwrap(), 1);
    assert_eq!(began.elapsed().as_secs(), 20);
}
