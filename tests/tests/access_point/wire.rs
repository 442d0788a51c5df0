//! HTTP as partners speak it: chunked, with `Expect`, several requests on one connection.

use std::time::Duration;

use bridge::demo::StageOptions;
use tests::{LIMIT, Scene, Shared};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::good;

/// Without TLS, so that octets can be sent one by one.
static PLAIN: Shared = Shared::new(env!("CARGO_TARGET_TMPDIR"), "access-point-plain", || {
    StageOptions {
        settings: vec!["listen.as4.tls=off".to_owned()],
        ..StageOptions::default()
    }
});

struct Connection {
    stream: TcpStream,
    host: String,
    read: Vec<u8>,
}

impl Connection {
    async fn to(scene: &Scene) -> Self {
        let url = &scene.stage().urls().as4;
        let host = url.trim_start_matches("https://").trim_end_matches("/as4");
        let stream = TcpStream::connect(host).await.expect("a connection");
        Self {
            stream,
            host: host.to_owned(),
            read: Vec::new(),
        }
    }

    async fn head(&mut self, content_type: &str, fields: &str) {
        let host = &self.host;
        let head = format!(
            "POST /as4 HTTP/1.1\r\nHost: {host}\r\nContent-Type: {content_type}\r\n{fields}\r\n"
        );
        self.write(head.as_bytes()).await;
    }

    async fn write(&mut self, octets: &[u8]) {
        let written = self.stream.write_all(octets).await;
        written.expect("the bridge reads");
    }

    async fn chunk(&mut self, octets: &[u8]) {
        self.write(format!("{:x}\r\n", octets.len()).as_bytes())
            .await;
        self.write(octets).await;
        self.write(b"\r\n").await;
    }

    /// The next head, and as much of a body as it announces.
    async fn answer(&mut self) -> (String, Vec<u8>) {
        let head = loop {
            if let Some(at) = position(&self.read, b"\r\n\r\n") {
                let rest = self.read.split_off(at + 4);
                let head = std::mem::replace(&mut self.read, rest);
                break String::from_utf8_lossy(&head).into_owned();
            }
            assert!(self.more().await, "closed in the middle of a head");
        };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            let length = name.eq_ignore_ascii_case("content-length");
            length.then(|| value.trim().parse().expect("a length"))
        });
        let length = length.unwrap_or(0);
        while self.read.len() < length {
            assert!(self.more().await, "closed in the middle of a body");
        }
        let rest = self.read.split_off(length);
        (head, std::mem::replace(&mut self.read, rest))
    }

    /// Whether anything more came.
    async fn more(&mut self) -> bool {
        let reading = self.stream.read_buf(&mut self.read);
        let read = tokio::time::timeout(LIMIT, reading).await;
        matches!(read, Ok(Ok(count)) if count > 0)
    }

    /// Whether nothing is said for a moment.
    async fn is_silent(&mut self) -> bool {
        let reading = self.stream.read_buf(&mut self.read);
        tokio::time::timeout(MOMENT, reading).await.is_err()
    }
}

const MOMENT: Duration = Duration::from_millis(200);

fn position(octets: &[u8], wanted: &[u8]) -> Option<usize> {
    octets.windows(wanted.len()).position(|it| it == wanted)
}

#[track_caller]
fn check_receipt((head, body): &(String, Vec<u8>)) {
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let text = String::from_utf8_lossy(body);
    assert!(text.contains("NonRepudiationInformation"), "{text}");
}

/// A good request: content type and octets.
fn message(scene: &Scene) -> (String, Vec<u8>) {
    let sent = scene.portal().prepare(&good(scene));
    let sent = sent.expect("a request can be written");
    let package = sent.package();
    (package.content_type().to_owned(), package.body().to_vec())
}

/// `[P25]`
#[test]
fn p25_a_message_in_chunks_is_taken() {
    PLAIN.play(async |scene| {
        let (kind, body) = message(scene);
        let mut connection = Connection::to(scene).await;
        connection
            .head(&kind, "Transfer-Encoding: chunked\r\n")
            .await;
        for chunk in body.chunks(1000) {
            connection.chunk(chunk).await;
        }
        connection.write(b"0\r\n\r\n").await;
        check_receipt(&connection.answer().await);
        // One octet at a time at the boundary of everything.
        let (kind, body) = message(scene);
        connection
            .head(&kind, "Transfer-Encoding: chunked\r\n")
            .await;
        let (head, rest) = body.split_at(50);
        for octet in head.chunks(1) {
            connection.chunk(octet).await;
        }
        connection.chunk(rest).await;
        connection.write(b"0\r\n\r\n").await;
        check_receipt(&connection.answer().await);
        scene.settled().await;
    });
}

/// `[P25]` "go on" is said when the head is good, and not before.
#[test]
fn p25_who_asks_whether_to_go_on_is_told_after_the_head_was_checked() {
    PLAIN.play(async |scene| {
        let (kind, body) = message(scene);
        let mut connection = Connection::to(scene).await;
        let fields = format!("Content-Length: {}\r\nExpect: 100-continue\r\n", body.len());
        connection.head(&kind, &fields).await;
        let (head, _) = connection.answer().await;
        assert!(head.starts_with("HTTP/1.1 100 "), "{head}");
        assert!(connection.is_silent().await);
        connection.write(&body).await;
        check_receipt(&connection.answer().await);
        scene.settled().await;
        // What would be refused whatever the body says is refused without it.
        for (kind, fields, status) in [
            ("text/html", "Content-Length: 5\r\n", 415),
            (
                &kind,
                "Content-Length: 5\r\nContent-Encoding: gzip\r\n",
                415,
            ),
            (&kind, "Content-Length: 1073741824\r\n", 413),
        ] {
            let mut connection = Connection::to(scene).await;
            let fields = format!("{fields}Expect: 100-continue\r\n");
            connection.head(kind, &fields).await;
            let (head, _) = connection.answer().await;
            let expected = format!("HTTP/1.1 {status} ");
            assert!(head.starts_with(&expected), "{head}");
        }
    });
}

/// `[P25]`
#[test]
fn p25_a_connection_is_kept_and_closed_when_asked() {
    PLAIN.play(async |scene| {
        let mut connection = Connection::to(scene).await;
        for last in [false, false, true] {
            let (kind, body) = message(scene);
            let length = format!("Content-Length: {}\r\n", body.len());
            let close = if last { "Connection: close\r\n" } else { "" };
            connection.head(&kind, &format!("{length}{close}")).await;
            connection.write(&body).await;
            check_receipt(&connection.answer().await);
        }
        assert!(!connection.more().await, "the connection is still open");
        scene.settled().await;
    });
}
