//! Heads and chunks, good and bad.

use proptest::prelude::*;

use super::*;

#[track_caller]
fn check_head(lines: &[&str], expected: Result<Framing, Violation>) {
    let head = format!("{}\r\n\r\n", lines.join("\r\n"));
    assert_eq!(check(head.as_bytes()), expected, "{head:?}");
}

#[test]
fn ordinary_requests_pass() {
    check_head(&["GET / HTTP/1.1", "Host: x"], Ok(Framing::Length(0)));
    check_head(
        &["POST /as4 HTTP/1.1", "Host: x", "Content-Length: 5"],
        Ok(Framing::Length(5)),
    );
    check_head(
        &[
            "POST /as4 HTTP/1.1",
            "Host: x",
            "Transfer-Encoding: Chunked",
        ],
        Ok(Framing::Chunked),
    );
    check_head(&["OPTIONS * HTTP/1.1", "Host: x"], Ok(Framing::Length(0)));
    check_head(&["GET / HTTP/1.0"], Ok(Framing::Length(0)));
    check_head(
        &["GET http://x/a HTTP/1.1", "Host: X"],
        Ok(Framing::Length(0)),
    );
}

#[test]
fn length_beside_encoding_is_refused_in_either_order() {
    let (length, encoding) = ("Content-Length: 5", "Transfer-Encoding: chunked");
    for pair in [[length, encoding], [encoding, length]] {
        let [one, other] = pair;
        check_head(
            &["POST / HTTP/1.1", "Host: x", one, other],
            Err(Violation::LengthAndEncoding),
        );
    }
}

#[test]
fn lengths_that_can_be_read_in_two_ways_are_refused() {
    for length in ["+5", "5,5", "0x5", "", "-1", "5 5", "99999999999999999999"] {
        let line = format!("Content-Length: {length}");
        check_head(
            &["POST / HTTP/1.1", "Host: x", &line],
            Err(Violation::Length),
        );
    }
    let twice = [
        "POST / HTTP/1.1",
        "Host: x",
        "Content-Length: 5",
        "Content-Length: 5",
    ];
    check_head(&twice, Err(Violation::Length));
}

#[test]
fn encodings_other_than_chunked_are_refused() {
    for encoding in [
        "xchunked",
        "chunked, identity",
        "gzip, chunked",
        "identity",
        "",
        "\"chunked\"",
    ] {
        let line = format!("Transfer-Encoding: {encoding}");
        check_head(
            &["POST / HTTP/1.1", "Host: x", &line],
            Err(Violation::TransferEncoding),
        );
    }
    let old = ["POST / HTTP/1.0", "Host: x", "Transfer-Encoding: chunked"];
    check_head(&old, Err(Violation::TransferEncoding));
}

#[test]
fn a_request_names_exactly_one_host() {
    check_head(&["GET / HTTP/1.1"], Err(Violation::Host));
    check_head(
        &["GET / HTTP/1.1", "Host: x", "Host: x"],
        Err(Violation::Host),
    );
    check_head(&["GET / HTTP/1.1", "Host: "], Err(Violation::Host));
    check_head(
        &["GET http://y/ HTTP/1.1", "Host: x"],
        Err(Violation::OtherHost),
    );
}

#[test]
fn odd_header_lines_are_refused() {
    for line in [
        " folded",
        "Content-Length : 5",
        "no colon",
        ": x",
        "a: b\u{0}c",
        "a\tb: c",
    ] {
        check_head(
            &["POST / HTTP/1.1", "Host: x", line],
            Err(Violation::HeaderLine),
        );
    }
}

#[test]
fn odd_request_lines_are_refused() {
    for line in [
        "GET /",
        "GET  / HTTP/1.1",
        "GET / HTTP/1.1 ",
        "GET / HTTP/2.0",
        "G(T / HTTP/1.1",
    ] {
        check_head(&[line, "Host: x"], Err(Violation::RequestLine));
    }
    check_head(&["TRACE / HTTP/1.1", "Host: x"], Err(Violation::Method));
    check_head(
        &["CONNECT x:443 HTTP/1.1", "Host: x"],
        Err(Violation::Method),
    );
}

/// [ROB-105]
#[test]
fn paths_with_two_readings_are_refused() {
    for path in [
        "/a/../b",
        "/a/%2e%2E/b",
        "/./a",
        "/a/..",
        "//a",
        "/a//b",
        "/a%2fb",
        "/a%5Cb",
        "/a\\b",
        "/a%00",
        "/a#b",
        "/ä",
    ] {
        for prefix in ["", "http://x"] {
            let line = format!("GET {prefix}{path} HTTP/1.1");
            check_head(&[&line, "Host: x"], Err(Violation::Path));
        }
    }
    for path in ["/a..b", "/.a", "/a%20b", "/a?b=../c//d%2f", "/"] {
        let line = format!("GET {path} HTTP/1.1");
        check_head(&[&line, "Host: x"], Ok(Framing::Length(0)));
    }
}

#[test]
fn bare_line_feeds_are_refused() {
    assert_eq!(
        check(b"GET / HTTP/1.1\nHost: x\r\n\r\n"),
        Err(Violation::LineEnd)
    );
    assert_eq!(
        check(b"GET / HTTP/1.1\r\nHost: x\rA: b\r\n\r\n"),
        Err(Violation::LineEnd)
    );
    assert_eq!(
        check(b"GET / HTTP/1.1\r\nHost: x\n\n"),
        Err(Violation::LineEnd)
    );
}

#[track_caller]
fn check_chunks(body: &str, expected: Result<usize, Violation>) {
    let mut chunks = Chunks::START;
    let taken = chunks.follow(body.as_bytes());
    assert_eq!(taken, expected, "{body:?}");
    if taken.is_ok() {
        assert_eq!(chunks, Chunks::Over, "{body:?}");
    }
}

#[test]
fn chunks_end_where_they_end() {
    check_chunks("0\r\n\r\nGET", Ok(5));
    check_chunks("5\r\nhello\r\n0\r\n\r\nGET", Ok(15));
    check_chunks("A;x=y\r\n0123456789\r\n0\r\nT: v\r\n\r\n", Ok(30));
}

#[test]
fn malformed_chunks_are_refused() {
    for body in [
        "\r\n",
        "5\nhello",
        "g\r\n",
        "5\r\nhelloX",
        "5;\u{1}\r\n",
        "0\r\nT: v\n",
        "1234567890123456\r\n",
    ] {
        check_chunks(body, Err(Violation::Chunk));
    }
}

proptest! {
    #[test]
    fn cutting_the_stream_anywhere_changes_nothing(cut in 0_usize..40) {
        let body = b"5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n";
        let (one, other) = body.split_at(cut.min(body.len()));
        let mut chunks = Chunks::START;
        let taken = chunks.follow(one).unwrap() + chunks.follow(other).unwrap();
        prop_assert_eq!(taken, body.len());
        prop_assert_eq!(chunks, Chunks::Over);
    }

    #[test]
    fn no_bytes_make_the_check_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut chunks = Chunks::START;
        let within = |taken: usize| taken <= bytes.len();
        prop_assert!(chunks.follow(&bytes).is_ok_and(within) || !bytes.is_empty());
        prop_assert!(check(&bytes).is_err() || bytes.ends_with(b"\r\n\r\n"));
    }
}
