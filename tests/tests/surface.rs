//! What the AS4 listener of a running bridge shows to the world: raw sockets against the program.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "test code"
)]

#[path = "surface/at_42.rs"]
mod at_42;
#[path = "surface/at_46.rs"]
mod at_46;
#[path = "surface/at_47.rs"]
mod at_47;
#[path = "surface/crowds.rs"]
mod crowds;
#[path = "surface/families.rs"]
mod families;
#[path = "surface/patience.rs"]
mod patience;
#[path = "surface/server.rs"]
mod server;
#[path = "surface/sizes.rs"]
mod sizes;
#[path = "surface/smuggling.rs"]
mod smuggling;

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use server::Shared;

/// How long anything may take before a test fails; the machine may be busy.
const LIMIT: Duration = Duration::from_secs(60);

/// Speaks plain HTTP, so that every byte on the wire is the test's.
static PLAIN: Shared = Shared::new(
    "plain",
    &["listen.as4.tls=off", "as4.max_message_bytes=1048576"],
);

/// Sends all of it and reads until the other side closes.
async fn exchange(server: &server::Server, request: &[u8]) -> String {
    let mut stream = server.connect().await;
    stream.write_all(request).await.unwrap();
    read_all(&mut stream).await
}

/// What comes until the end; a reset after the answer is an end like any other.
async fn read_all(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let reading = async {
        let mut part = [0; 4096];
        while let Ok(read @ 1..) = stream.read(&mut part).await {
            answer.extend(&part[..read]);
        }
    };
    tokio::time::timeout(LIMIT, reading).await.expect("an end");
    String::from_utf8_lossy(&answer).into_owned()
}

fn status(answer: &str) -> &str {
    let line = answer.lines().next().unwrap_or("no answer");
    line.strip_prefix("HTTP/1.1 ").unwrap_or(line)
}

/// How many answers there are.
fn answers(text: &str) -> usize {
    text.matches("HTTP/1.1 ").count()
}
