//! How long the listener waits, with deadlines short enough to be seen.

use std::time::Duration;

use bridge::world::World;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpSocket,
    time::timeout,
};

use super::{
    LIMIT, read_all,
    server::{Server, Shared},
    status,
};

static HASTY: Shared = Shared::new(
    "hasty",
    &[
        "listen.as4.tls=off",
        "listen.as4.patience.first_byte_ms=400",
        "listen.as4.patience.head_ms=400",
        "listen.as4.patience.idle_ms=600",
        "listen.as4.patience.body_window_ms=400",
        "listen.as4.patience.write_ms=400",
    ],
);

static HASTY_TLS: Shared = Shared::new(
    "hasty-tls",
    &[
        "listen.as4.patience.first_byte_ms=400",
        "listen.as4.patience.handshake_ms=400",
    ],
);

/// What comes after these octets, and after how long the connection ends.
async fn ends(server: &Server, octets: &[u8]) -> (String, Duration) {
    let world = World::system();
    let mut stream = server.connect().await;
    let began = world.monotonic();
    stream.write_all(octets).await.unwrap();
    let answer = read_all(&mut stream).await;
    (answer, world.monotonic().saturating_sub(began))
}

/// The connection ends without an answer when its time is over, not before.
fn check_ends(shared: &'static Shared, octets: &'static [u8], reason: &str) {
    shared.play(async |server| {
        let (answer, after) = ends(server, octets).await;
        assert_eq!(answer, "");
        assert!(after >= Duration::from_millis(390), "{after:?}");
        let metrics = server.metrics().await;
        assert!(
            metrics.contains(&format!("reason={reason:?}}}")),
            "{metrics}"
        );
    });
}

/// [ROB-96]
#[test]
fn silence_is_not_waited_for() {
    check_ends(&HASTY, b"", "first_byte");
}

/// [ROB-96]
#[test]
fn a_head_that_does_not_end_is_not_waited_for() {
    check_ends(&HASTY, b"POST /as4 HTTP/1.1\r\nHost: x\r\nA: ", "head");
}

/// [ROB-96]
#[test]
fn a_handshake_that_does_not_end_is_not_waited_for() {
    // The beginning of a TLS record.
    check_ends(&HASTY_TLS, b"\x16\x03\x01\x02\x00", "handshake_timeout");
}

/// [ROB-96] the head is measured from its first octet, however it drips.
#[test]
fn a_dripping_head_gains_no_time() {
    HASTY.play(async |server| {
        let (mut from, mut to) = server.connect().await.into_split();
        let dripping = async {
            let mut tick = tokio::time::interval(Duration::from_millis(50));
            loop {
                tick.tick().await;
                if to.write_all(b"A").await.is_err() {
                    return;
                }
            }
        };
        let mut answer = [0; 64];
        let end = async {
            tokio::select! {
                read = from.read(&mut answer) => assert!(matches!(read, Ok(0) | Err(_))),
                () = dripping => {}
            }
        };
        timeout(LIMIT, end).await.expect("an end");
    });
}

/// [ROB-96]
#[test]
fn a_body_that_stops_is_answered_with_408_and_the_connection_closed() {
    HASTY.play(async |server| {
        let head = b"POST /as4 HTTP/1.1\r\nHost: x\r\nContent-Type: application/soap+xml\r\n\
                     Content-Length: 5000\r\n\r\n<a";
        let (answer, after) = ends(server, head).await;
        assert_eq!(status(&answer), "408 Request Timeout");
        assert!(answer.contains("connection: close"), "{answer}");
        assert!(after >= Duration::from_millis(390), "{after:?}");
    });
}

/// [ROB-96] `[P42]` the peer may take its time between two messages, but not for ever.
#[test]
fn an_idle_connection_is_closed_after_its_time() {
    HASTY.play(async |server| {
        let request = b"GET /as4 HTTP/1.1\r\nHost: x\r\n\r\n";
        let (answer, after) = ends(server, request).await;
        assert_eq!(status(&answer), "405 Method Not Allowed");
        assert!(after >= Duration::from_millis(590), "{after:?}");
    });
}

/// [ROB-96] answers pile up until the network takes no more of them.
#[test]
fn a_peer_that_does_not_read_is_given_up() {
    HASTY.play(async |server| {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let mut stream = socket.connect(server.as4).await.unwrap();
        let requests = "GET /as4 HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1000);
        let writing = async { while stream.write_all(requests.as_bytes()).await.is_ok() {} };
        timeout(LIMIT, writing)
            .await
            .expect("the connection is cut");
    });
}
