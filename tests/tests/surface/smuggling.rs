//! Requests that a proxy before us might read differently, and paths and methods in disguise.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{PLAIN, answers, exchange, read_all, status};

const POST: &str = "POST /as4 HTTP/1.1\r\nHost: x\r\nContent-Type: application/soap+xml\r\n";
const BEHIND: &str = "GET /as4 HTTP/1.1\r\nHost: x\r\n\r\n";

/// Refused with 400, the connection closed, and what came behind never answered.
fn check_refused(request: &str) {
    PLAIN.play(async |server| {
        let answer = exchange(server, format!("{request}{BEHIND}").as_bytes()).await;
        assert_eq!(status(&answer), "400 Bad Request", "{request:?}");
        assert_eq!(answers(&answer), 1, "{request:?}: {answer}");
    });
}

/// [ROB-97]
#[test]
fn a_length_beside_an_encoding_is_refused() {
    let (length, encoding) = ("Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n");
    check_refused(&format!("{POST}{length}{encoding}\r\n0\r\n\r\n"));
    check_refused(&format!("{POST}{encoding}{length}\r\n0\r\n\r\n"));
}

/// [ROB-97]
#[test]
fn lengths_that_differ_are_repeated_or_are_no_numbers_are_refused() {
    for lengths in [
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 0\r\nContent-Length: 0\r\n",
        "Content-Length: 0, 0\r\n",
        "Content-Length: +0\r\n",
        "Content-Length: 0x0\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 99999999999999999999999\r\n",
        "Content-Length :0\r\n",
        "Content-Length\u{b}: 0\r\n",
        " Content-Length: 0\r\n",
    ] {
        check_refused(&format!("{POST}{lengths}\r\n"));
    }
}

/// [ROB-97]
#[test]
fn encodings_other_than_chunked_are_refused() {
    for encoding in [
        "xchunked",
        "chunked, identity",
        "identity, chunked",
        "gzip, chunked",
        "chunked\r\nTransfer-Encoding: chunked",
        "\"chunked\"",
        "chunked;a=b",
    ] {
        check_refused(&format!(
            "{POST}Transfer-Encoding: {encoding}\r\n\r\n0\r\n\r\n"
        ));
    }
    let old = POST.replace("HTTP/1.1", "HTTP/1.0");
    check_refused(&format!("{old}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"));
}

/// [ROB-97] folded lines, line feeds alone, carriage returns alone.
#[test]
fn lines_that_end_otherwise_are_refused() {
    check_refused(&format!("{POST}A: b\r\n c\r\nContent-Length: 0\r\n\r\n"));
    check_refused(&format!("{POST}A: b\nContent-Length: 0\r\n\r\n"));
    check_refused(&format!("{POST}A: b\rB: c\r\nContent-Length: 0\r\n\r\n"));
    check_refused("GET /as4 HTTP/1.1\nHost: x\n\n");
    check_refused(&format!("{POST}A: b\0c\r\nContent-Length: 0\r\n\r\n"));
}

/// [ROB-97]
#[test]
fn chunks_that_are_malformed_are_refused() {
    let head = format!("{POST}Transfer-Encoding: chunked\r\n\r\n");
    for chunks in [
        "3;\u{1}\r\nabc\r\n0\r\n\r\n",
        "3;a\nabc\r\n0\r\n\r\n",
        "3\r\nabcX0\r\n\r\n",
        "3 \r\nabc\r\n0\r\n\r\n",
        "0x3\r\nabc\r\n0\r\n\r\n",
        "-1\r\n\r\n",
        "\r\nabc",
        "10000000000000000\r\nabc\r\n0\r\n\r\n",
        "0\r\nA: b\n\r\n",
    ] {
        check_refused(&format!("{head}{chunks}"));
    }
}

/// [ROB-97]
#[test]
fn a_host_that_is_missing_repeated_or_another_is_refused() {
    check_refused("GET /as4 HTTP/1.1\r\n\r\n");
    check_refused("GET /as4 HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n");
    check_refused("GET /as4 HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n");
    check_refused("GET /as4 HTTP/1.1\r\nHost:\r\n\r\n");
    check_refused("GET http://other/as4 HTTP/1.1\r\nHost: x\r\n\r\n");
}

/// [ROB-98] [ROB-99] refused unread, and what follows is body, not request.
#[test]
fn behind_a_refused_length_nothing_is_read_as_a_request() {
    PLAIN.play(async |server| {
        let request = format!("{POST}Content-Length: 1073741824\r\n\r\n{BEHIND}");
        let answer = exchange(server, request.as_bytes()).await;
        assert_eq!(status(&answer), "413 Payload Too Large");
        assert_eq!(answers(&answer), 1, "{answer}");
    });
}

/// [ROB-98] a body that is no message is refused with 400, and the connection closed.
#[test]
fn behind_a_broken_package_nothing_is_read_as_a_request() {
    PLAIN.play(async |server| {
        let head = "POST /as4 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Type: \
                    multipart/related; type=\"application/soap+xml\"; boundary=b\r\n\r\nhello";
        let answer = exchange(server, format!("{head}{BEHIND}").as_bytes()).await;
        assert_eq!(status(&answer), "400 Bad Request");
        assert_eq!(answers(&answer), 1, "{answer}");
    });
}

/// [ROB-105]
#[test]
fn methods_that_tunnel_or_echo_are_refused() {
    check_refused("TRACE /as4 HTTP/1.1\r\nHost: x\r\n\r\n");
    check_refused("CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n");
    check_refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
}

/// [ROB-105] the header that names another method is not read.
#[test]
fn only_post_is_a_method_here() {
    PLAIN.play(async |server| {
        for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"] {
            let request = format!(
                "{method} /as4 HTTP/1.1\r\nHost: x\r\nX-HTTP-Method-Override: POST\r\n\
                 X-HTTP-Method: POST\r\nConnection: close\r\n\r\n"
            );
            let answer = exchange(server, request.as_bytes()).await;
            assert_eq!(status(&answer), "405 Method Not Allowed", "{method}");
            assert!(answer.contains("allow: POST"), "{answer}");
        }
    });
}

/// [ROB-105]
#[test]
fn paths_in_disguise_are_refused() {
    for path in [
        "/..%2fas4",
        "//as4",
        "/as4%00",
        "/./as4",
        "/x/../as4",
        "/as4%5c",
        "/x\\as4",
    ] {
        check_refused(&format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"));
    }
}

/// [ROB-106] what a request says about its way here changes nothing.
#[test]
fn forged_headers_of_proxies_are_ignored() {
    PLAIN.play(async |server| {
        let good = server.good();
        let text = b"POST /as4 HTTP/1.1\r\n";
        let forged =
            b"X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: y\r\n\
                       Forwarded: for=127.0.0.1;proto=https\r\nX-Real-IP: 127.0.0.1\r\n\
                       traceparent: 00-zz-zz-zz\r\n";
        let request = [text.as_slice(), forged, &good[text.len()..]].concat();
        let answer = exchange(server, &request).await;
        assert_eq!(status(&answer), "200 OK", "{answer}");
        assert!(answer.contains("Receipt"), "{answer}");
        for forgery in ["zz-zz", "X-Forwarded"] {
            assert!(!server.log().contains(forgery));
        }
    });
}

/// `[P25]` [ROB-97] the body is asked for once the head was found good, and only then.
#[test]
fn p25_a_body_is_invited_after_its_head_was_checked() {
    PLAIN.play(async |server| {
        let good = server.good();
        let end = good
            .windows(4)
            .position(|window| window == b"\r\n\r\n")
            .unwrap()
            + 2;
        let (head, rest) = good.split_at(end);
        let mut stream = server.connect().await;
        let asking = [head, b"Expect: 100-continue\r\n\r\n"].concat();
        stream.write_all(&asking).await.unwrap();
        let mut invitation = [0; 25];
        stream.read_exact(&mut invitation).await.unwrap();
        assert_eq!(&invitation, b"HTTP/1.1 100 Continue\r\n\r\n");
        stream.write_all(&rest[2..]).await.unwrap();
        assert_eq!(status(&read_all(&mut stream).await), "200 OK");
        let asks = "Expect: 100-continue\r\nConnection: close\r\n";
        for (fields, expected) in [
            (
                "Content-Type: text/html\r\nContent-Length: 9\r\n",
                "415 Unsupported Media Type",
            ),
            (
                "Content-Type: application/soap+xml\r\nContent-Length: 9000000\r\n",
                "413 Payload Too Large",
            ),
            (
                "Content-Length: 9\r\nContent-Length: 9\r\n",
                "400 Bad Request",
            ),
        ] {
            let request = format!("POST /as4 HTTP/1.1\r\nHost: x\r\n{asks}{fields}\r\n");
            let answer = exchange(server, request.as_bytes()).await;
            assert_eq!(status(&answer), expected);
        }
    });
}

/// `[P25]` a chunked message, a connection that is kept, and one that is not.
#[test]
fn p25_chunks_are_taken_and_connections_kept_until_somebody_wants_to_close() {
    PLAIN.play(async |server| {
        let mut stream = server.connect().await;
        for last in [false, true] {
            let ping = server.ping();
            let (body, kind) = (ping.body(), ping.content_type());
            let (one, other) = body.split_at(body.len() / 2);
            let close = if last { "Connection: close\r\n" } else { "" };
            let head = format!(
                "POST /as4 HTTP/1.1\r\nHost: x\r\n{close}Content-Type: {kind}\r\n\
                 Transfer-Encoding: chunked\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).await.unwrap();
            for part in [one, other] {
                let size = format!("{:x};note=\"a\"\r\n", part.len());
                let chunk = [size.as_bytes(), part, b"\r\n"].concat();
                stream.write_all(&chunk).await.unwrap();
            }
            stream.write_all(b"0\r\n\r\n").await.unwrap();
            if last {
                assert_eq!(status(&read_all(&mut stream).await), "200 OK");
            } else {
                let mut beginning = [0; 15];
                stream.read_exact(&mut beginning).await.unwrap();
                assert_eq!(&beginning, b"HTTP/1.1 200 OK");
                let mut rest = vec![0; 1 << 20];
                while stream.read(&mut rest).await.unwrap() == rest.len() {}
            }
        }
    });
}
