//! Many at once: those who do nothing, those who are too many, and one who takes too much.

use std::{net::Ipv4Addr, time::Duration};

use bridge::world::World;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

use super::{
    read_all,
    server::{Server, Shared},
    status,
};

static CROWDED: Shared = Shared::new(
    "crowded",
    &[
        "listen.as4.tls=off",
        "listen.as4.max_connections=8000",
        "listen.as4.max_connections_per_address=6000",
        "listen.as4.patience.first_byte_ms=8000",
        "listen.as4.patience.head_ms=8000",
    ],
);

static FULL: Shared = Shared::new(
    "full",
    &[
        "listen.as4.tls=off",
        "listen.as4.max_requests=8",
        "listen.as4.max_requests_per_address=6",
    ],
);

/// The times of so many pings from another address than the crowd's, in order.
async fn pings(server: &Server, count: usize) -> Vec<Duration> {
    let world = World::system();
    let mut times = Vec::new();
    for _ in 0..count {
        let request = server.good();
        let began = world.monotonic();
        let mut stream = from(server, Ipv4Addr::new(127, 0, 0, 2)).await;
        stream.write_all(&request).await.unwrap();
        let answer = read_all(&mut stream).await;
        times.push(world.monotonic().saturating_sub(began));
        assert_eq!(status(&answer), "200 OK", "{answer}");
    }
    times.sort_unstable();
    times
}

/// So many sockets as the system lets a process have, 5 000 at most.
fn sockets() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"))
        .unwrap();
    let soft: usize = line.split_whitespace().nth(3).unwrap().parse().unwrap();
    let sockets = 5000.min(soft - soft / 4);
    assert!(sockets >= 500, "only {soft} files may be open");
    sockets
}

/// [ROB-96] slow sockets, of every kind, beside clients that mean it.
#[test]
fn thousands_of_slow_sockets_do_not_slow_down_the_others() {
    CROWDED.play_alone(async |server| {
        let alone = pings(server, 40).await;
        let mut crowd = Vec::new();
        for number in 0..sockets() {
            let mut stream = server.connect().await;
            let octets: &[u8] = match number % 3 {
                0 => b"",
                1 => b"POST /as4 HTTP/1.1\r\nHost: x\r\nA: ",
                _ => {
                    b"POST /as4 HTTP/1.1\r\nHost: x\r\nContent-Type: application/soap+xml\r\n\
                       Content-Length: 100\r\n\r\n<"
                }
            };
            // Early ones may have been closed already, which is what they are for.
            drop(stream.write_all(octets).await);
            crowd.push(stream);
        }
        let crowded = pings(server, 40).await;
        let (before, after) = (alone[39], crowded[39]);
        println!(
            "slowest of 40 pings: {before:?} alone, {after:?} beside {} sockets",
            crowd.len()
        );
        // Twice as long, and what a busy machine adds.
        assert!(
            after <= before * 2 + Duration::from_millis(500),
            "{before:?} {after:?}"
        );
        for stream in &mut crowd {
            let answer = read_all(stream).await;
            let expected = [
                "no answer",
                "408 Request Timeout",
                "429 Too Many Requests",
                "503 Service Unavailable",
            ];
            assert!(expected.contains(&status(&answer)), "{answer}");
        }
    });
}

async fn from(server: &Server, address: Ipv4Addr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((address, 0).into()).unwrap();
    socket.connect(server.as4).await.unwrap()
}

/// A request whose body is still to come: it has its place when it is invited to send it. Returns
/// what is missing.
async fn begin(server: &Server, address: Ipv4Addr) -> (TcpStream, Vec<u8>) {
    let mut stream = from(server, address).await;
    let mut request = server.good();
    let end = request
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .unwrap()
        + 4;
    let rest = request.split_off(end);
    request.truncate(end - 2);
    request.extend(b"Expect: 100-continue\r\n\r\n");
    stream.write_all(&request).await.unwrap();
    let mut invitation = [0; 25];
    stream.read_exact(&mut invitation).await.unwrap();
    assert_eq!(&invitation, b"HTTP/1.1 100 Continue\r\n\r\n");
    (stream, rest)
}

async fn finish((mut stream, rest): (TcpStream, Vec<u8>)) {
    stream.write_all(&rest).await.unwrap();
    let answer = read_all(&mut stream).await;
    assert_eq!(status(&answer), "200 OK", "{answer}");
}

async fn ask(server: &Server, address: Ipv4Addr) -> String {
    let mut stream = from(server, address).await;
    stream.write_all(&server.good()).await.unwrap();
    read_all(&mut stream).await
}

fn check_busy(answer: &str, expected: &str) {
    assert_eq!(status(answer), expected, "{answer}");
    assert!(answer.contains("retry-after: 5"), "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
    assert!(answer.contains("EBMS:0202"), "{answer}");
}

/// [ROB-103] three times the capacity: what is in work is finished, the rest hears at once that it
/// shall come again.
#[test]
fn a_burst_beyond_capacity_is_told_to_come_again() {
    FULL.play_alone(async |server| {
        let one = Ipv4Addr::new(127, 0, 0, 1);
        let two = Ipv4Addr::new(127, 0, 0, 2);
        let mut held = Vec::new();
        for number in 0..8 {
            held.push(begin(server, if number % 2 == 0 { one } else { two }).await);
        }
        for number in 0..16 {
            let answer = ask(server, if number % 2 == 0 { one } else { two }).await;
            check_busy(&answer, "503 Service Unavailable");
        }
        for request in held {
            finish(request).await;
        }
        assert_eq!(status(&ask(server, one).await), "200 OK");
        let metrics = server.metrics().await;
        assert!(metrics.contains("reason=\"capacity\"}"), "{metrics}");
    });
}

/// [ROB-104]
#[test]
fn one_noisy_client_is_stopped_and_others_are_not() {
    FULL.play_alone(async |server| {
        let noisy = Ipv4Addr::new(127, 0, 0, 3);
        let quiet = Ipv4Addr::new(127, 0, 0, 4);
        let mut held = Vec::new();
        for _ in 0..6 {
            held.push(begin(server, noisy).await);
        }
        for _ in 0..5 {
            check_busy(&ask(server, noisy).await, "429 Too Many Requests");
            assert_eq!(status(&ask(server, quiet).await), "200 OK");
        }
        for request in held {
            finish(request).await;
        }
    });
}
