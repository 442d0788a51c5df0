//! How long a peer is waited for that is silent, slow, or does not read.

use std::{sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::Instant,
};

use super::{Server, status};

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
