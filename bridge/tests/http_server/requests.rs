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

/// [ROB-105] a path has one reading.
#[tokio::test]
async fn paths_in_disguise_are_refused() {
    for path in ["/..%2fwho", "//who", "/who%00", "/a/../who", "/a\\who"] {
        check_refused(&format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")).await;
    }
}

/// [ROB-98] a body that nobody read is never taken for a request.
#[tokio::test]
async fn after_an_unread_body_the_connection_is_closed() {
    let server = Server::start().await;
    let smuggled = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    let answer = server
        .exchange(
            format!(
                "POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{smuggled}{smuggled}",
                smuggled.len()
            )
            .as_bytes(),
        )
        .await;
    assert_eq!(status(&answer), "HTTP/1.1 404 Not Found");
    assert!(answer.contains("connection: close"), "{answer}");
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
}

/// `[P25]` [ROB-99] the invitation comes when the head was found good, and only when the body is wanted.
#[tokio::test]
async fn a_body_is_invited_after_its_head_was_checked() {
    let server = Server::start().await;
    let head = "Host: x\r\nExpect: 100-continue\r\nConnection: close\r\n";
    let mut stream = server.connect().await;
    let good = format!("POST /length HTTP/1.1\r\n{head}Content-Length: 3\r\n\r\n");
    stream.write_all(good.as_bytes()).await.unwrap();
    let mut invitation = [0; 25];
    stream.read_exact(&mut invitation).await.unwrap();
    assert_eq!(&invitation, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"abc").await.unwrap();
    assert!(read_all(&mut stream).await.ends_with("3 294"));
    for (line, expected) in [
        (
            "POST /nowhere HTTP/1.1\r\nContent-Length: 3\r\n",
            "HTTP/1.1 404 Not Found",
        ),
        (
            "POST /length HTTP/1.1\r\nContent-Length: +3\r\n",
            "HTTP/1.1 400 Bad Request",
        ),
        (
            "POST /length HTTP/1.1\r\nContent-Length: 100000000\r\n",
            "HTTP/1.1 413 Payload Too Large",
        ),
    ] {
        let answer = server
            .exchange(format!("{line}{head}\r\n").as_bytes())
            .await;
        assert_eq!(status(&answer), expected, "{answer}");
    }
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

/// [ROB-97] whether it comes with its head or after the body was asked for.
#[tokio::test]
async fn a_malformed_chunk_is_refused_and_ends_the_connection() {
    let head = "POST /length HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n";
    let smuggled = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    for body in [
        "3\r\nabcX0\r\n\r\n",
        "3;\u{1}\r\nabc\r\n0\r\n\r\n",
        "3;a\nabc\r\n0\r\n\r\n",
    ] {
        check_refused(&format!("{head}\r\n{body}")).await;
        let server = Server::start().await;
        let mut stream = server.connect().await;
        let asking = format!("{head}Expect: 100-continue\r\n\r\n");
        stream.write_all(asking.as_bytes()).await.unwrap();
        stream.read_exact(&mut [0; 25]).await.unwrap();
        stream
            .write_all(format!("{body}{smuggled}").as_bytes())
            .await
            .unwrap();
        let answer = read_all(&mut stream).await;
        assert_eq!(
            status(&answer),
            "HTTP/1.1 422 Unprocessable Entity",
            "{body:?}"
        );
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
    }
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
