//! The test service, in both directions.

use std::process::Command;

use bridge::{
    demo::{Stage, StageOptions},
    world::World,
};
use conformance::simulator::{Step, journal::Wire};
use ebms::{Answer, signal};
use tests::{process, redisctl::Redis};

use super::server::{Server, Shared};

/// Nobody is at home on the national side.
static ALONE: Shared = Shared::new("alone", &["national.sak.url=https://127.0.0.1:9/"]);

/// [AT-47] `[AS4_CP_TA16]` `[AS4_CP_TA17]` answered with a receipt that holds, and nothing comes of it,
/// although the national side is down.
#[test]
fn at_47_a_ping_that_comes_in_is_answered_and_not_handed_on() {
    ALONE.play_alone(async |server| {
        let before = server.audit().len();
        let ping = server.ping();
        let answer = server
            .access_point()
            .post_raw(ping.content_type(), ping.body().clone())
            .await;
        let answer = answer.unwrap();
        assert_eq!(answer.status, 200);
        acknowledged(server, &ping, &answer);
        assert_eq!(server.audit().len(), before);
        assert_eq!(national_steps(server.stage.world().journal().steps()), 0);
    });
}

fn national_steps(steps: Vec<Step>) -> usize {
    steps
        .into_iter()
        .filter(|step| step.wire != Wire::As4)
        .count()
}

/// The receipt holds for exactly this message.
fn acknowledged(
    server: &Server,
    ping: &ebms::Outgoing,
    answer: &conformance::simulator::http::Answer,
) {
    let http = signal::HttpAnswer {
        status: answer.status,
        content_type: answer.header("Content-Type"),
        body: &answer.body,
    };
    let partner = server.access_point().partner();
    let now = World::system().now();
    let judged = signal::read_answer(&http, ping.proof(), partner, now);
    assert!(matches!(judged, Answer::Acknowledged(_)), "{judged:?}");
}

/// [AT-47] the verdict, step by step, and the partner has not handed it on either.
#[test]
fn at_47_bridge_ping_prints_the_verdict() {
    ALONE.play_alone(async |server| {
        let journal = server.stage.world().journal();
        let mark = journal.mark();
        let config = server.stage.config_path();
        let done = tokio::task::spawn_blocking(move || {
            let mut command = Command::new(process::binary().unwrap());
            command
                .args(["ping", "fr", "--config"])
                .arg(config)
                .output()
                .unwrap()
        });
        let done = done.await.unwrap();
        let text = String::from_utf8(done.stdout).unwrap();
        assert_eq!(
            done.status.code(),
            Some(0),
            "{text}{}",
            String::from_utf8_lossy(&done.stderr)
        );
        println!("{text}");
        let steps: Vec<_> = text
            .lines()
            .filter_map(|line| line.split_whitespace().next())
            .collect();
        let names = [
            "dns", "tcp", "tls", "http", "receipt", "digests", "signer", "fr:",
        ];
        assert_eq!(steps, names);
        assert!(
            text.contains("fr: ok, receipt is signed and covers the message"),
            "{text}"
        );
        let seen: Vec<_> = journal.steps().split_off(mark);
        let whats: Vec<_> = seen.iter().map(|step| step.what.as_str()).collect();
        assert_eq!(whats, ["ping", Step::RECEIPT]);
    });
}

/// [AT-47] [AS4 3.3] the store cannot take anything any more.
#[tokio::test(flavor = "multi_thread")]
async fn at_47_a_ping_is_answered_although_the_store_is_gone() {
    let redis = Redis::start().unwrap();
    let options = StageOptions {
        redis: Some(redis.url()),
        ..StageOptions::default()
    };
    let stage = Stage::start(options, World::system()).await.unwrap();
    drop(redis);
    let access_point = stage.world().foreign().access_point();
    for _ in 0..2 {
        let ping = super::server::ping_of(access_point);
        let answer = access_point
            .post_raw(ping.content_type(), ping.body().clone())
            .await;
        let answer = answer.unwrap();
        assert_eq!(
            answer.status,
            200,
            "{}",
            String::from_utf8_lossy(&answer.body)
        );
        assert!(String::from_utf8_lossy(&answer.body).contains("Receipt"));
    }
    stage.stop().await;
}
