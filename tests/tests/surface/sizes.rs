//! Bodies without end, and bodies that are packed.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{PLAIN, exchange, server::Server, status};

/// The most this bridge reads.
const LIMIT: u64 = 1 << 20;
/// What may be read beyond it.
const SLACK: u64 = 1 << 20;
const STEP: usize = 16 * 1024;

/// Sends `piece` again and again, each when the one before was read, until an answer comes; and
/// then until the connection ends. Returns the answer and how many octets were read in all.
async fn pour(server: &Server, head: &str, piece: &[u8]) -> (String, u64) {
    let mut stream = server.connect().await;
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut answer, mut poured, mut unread) = (Vec::new(), 0, 0);
    while poured < 64 * LIMIT {
        if stream.write_all(piece).await.is_err() {
            break;
        }
        poured += piece.len() as u64;
        let (open, left) = swallowed(server, &mut stream, &mut answer).await;
        unread = left;
        if !open {
            break;
        }
    }
    (
        String::from_utf8_lossy(&answer).into_owned(),
        poured - unread,
    )
}

/// Waits until all is read or the connection ends; collects what comes meanwhile.
async fn swallowed(server: &Server, stream: &mut TcpStream, answer: &mut Vec<u8>) -> (bool, u64) {
    let mut part = [0; 4096];
    loop {
        let unread = server.unread(stream);
        match timeout(Duration::from_millis(2), stream.read(&mut part)).await {
            Ok(Ok(read @ 1..)) => answer.extend(&part[..read]),
            Ok(_) => return (false, unread),
            Err(_) if server.unread(stream) == 0 => return (true, 0),
            Err(_) => {}
        }
    }
}

fn check(fields: &str, piece: &[u8]) {
    PLAIN.play(async |server| {
        let head = format!(
            "POST /as4 HTTP/1.1\r\nHost: x\r\nContent-Type: application/soap+xml\r\n{fields}\r\n\r\n"
        );
        let (answer, read) = pour(server, &head, piece).await;
        assert_eq!(status(&answer), "413 Payload Too Large", "{answer}");
        assert!(answer.contains("connection: close"), "{answer}");
        println!("{fields}: {read} octets read");
        assert!(read <= LIMIT + SLACK, "{read} octets were read");
    });
}

/// [ROB-99] a gibibyte is announced.
#[test]
fn a_body_of_a_gibibyte_is_refused_before_it_comes() {
    check("Content-Length: 1073741824", &[b' '; STEP]);
}

/// [ROB-99] chunks without end.
#[test]
fn chunks_without_end_are_refused_soon_after_the_limit() {
    let chunk = [format!("{STEP:x}\r\n").as_bytes(), &[b' '; STEP], b"\r\n"].concat();
    check("Transfer-Encoding: chunked", &chunk);
}

/// [ROB-100] [AS4 1.1] compression of the transport is not part of the profile.
#[test]
fn a_packed_body_is_not_unpacked() {
    PLAIN.play(async |server| {
        for encoding in [
            "gzip",
            "deflate",
            "br",
            "zstd",
            "gzip, gzip",
            "identity, gzip",
        ] {
            let request = format!(
                "POST /as4 HTTP/1.1\r\nHost: x\r\nContent-Type: application/soap+xml\r\n\
                 Content-Encoding: {encoding}\r\nContent-Length: 4\r\n\r\nabcd"
            );
            let answer = exchange(server, request.as_bytes()).await;
            assert_eq!(status(&answer), "415 Unsupported Media Type", "{encoding}");
        }
    });
}
