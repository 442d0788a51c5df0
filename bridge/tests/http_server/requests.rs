//! What is answered, and what is refused so that nothing can be smuggled behind it.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Server, read_all, status};

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
