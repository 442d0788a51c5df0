//! More than there is room for: told to come again at once, and nobody else suffers.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{Server, read_all, status};

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";

async fn answered(server: &Server) -> TcpStream {
    let mut stream = server.connect().await;
    stream.write_all(GET).await.unwrap();
    assert!(stream.read(&mut [0; 1024]).await.unwrap() > 0);
    stream
}

async fn waiting(server: &Server) -> TcpStream {
    let mut stream = server.connect().await;
    stream
        .write_all(b"GET /gate HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    stream
}

#[track_caller]
fn check_turned_away(answer: &str, expected: &str) {
    assert_eq!(status(answer), expected);
    assert!(answer.contains("retry-after: "), "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
}

/// [ROB-103] the excess hears 503 with Retry-After at once; those before keep their connections.
#[tokio::test(start_paused = true)]
async fn connections_beyond_all_are_told_to_come_again() {
    let server = Server::with(|settings| settings.max_connections = 2).await;
    let mut held = [answered(&server).await, answered(&server).await];
    let answer = server.exchange(GET).await;
    check_turned_away(&answer, "HTTP/1.1 503 Service Unavailable");
    held[0].write_all(GET).await.unwrap();
    assert!(held[0].read(&mut [0; 1024]).await.unwrap() > 0);
    let text = server.metrics.text().unwrap();
    assert!(text.contains(r#"reason="capacity"} 1"#), "{text}");
}

/// [ROB-104] [ROB-106] what a request says about where it comes from changes nothing.
#[tokio::test(start_paused = true)]
async fn connections_beyond_the_share_of_an_address_are_told_so() {
    let server = Server::with(|settings| settings.max_connections_per_address = 1).await;
    let _held = answered(&server).await;
    let forged = b"GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.7\r\n\
                   Forwarded: for=192.0.2.7\r\n\r\n";
    for request in [GET, forged] {
        let answer = server.exchange(request).await;
        check_turned_away(&answer, "HTTP/1.1 429 Too Many Requests");
    }
}

/// Whoever stays silent on the doorstep is not waited for longer than anybody.
#[tokio::test(start_paused = true)]
async fn beyond_the_doorstep_connections_are_closed() {
    let server = Server::with(|settings| settings.max_connections = 1).await;
    let _held = answered(&server).await;
    let mut silent = Vec::new();
    for _ in 0..32 {
        silent.push(server.connect().await);
    }
    let mut late = server.connect().await;
    assert_eq!(read_all(&mut late).await, "");
    for stream in &mut silent {
        assert_eq!(read_all(stream).await, "");
    }
}

/// [ROB-103]
#[tokio::test(start_paused = true)]
async fn requests_beyond_all_are_turned_away_unread() {
    let server = Server::with(|settings| settings.max_requests = 1).await;
    let mut busy = waiting(&server).await;
    let large = b"POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n";
    let answer = server.exchange(large).await;
    check_turned_away(&answer, "HTTP/1.1 503 Service Unavailable");
    server.gate.notify_one();
    assert_eq!(status(&read_all(&mut busy).await), "HTTP/1.1 200 OK");
    drop(answered(&server).await);
}

/// [ROB-104]
#[tokio::test(start_paused = true)]
async fn requests_beyond_the_share_of_an_address_are_turned_away() {
    let server = Server::with(|settings| settings.max_requests_per_address = 1).await;
    let _busy = waiting(&server).await;
    let answer = server.exchange(GET).await;
    check_turned_away(&answer, "HTTP/1.1 429 Too Many Requests");
}
