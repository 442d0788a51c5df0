//! The access point of a running bridge against the conformance assertions, the pitfalls and the
//! protocol rows that need one: attempts and their end, pings, delivery, what partners answer
//! otherwise. What the engine decides alone is in `ebms/tests/assertions.rs`.
#![expect(clippy::expect_used, clippy::panic, reason = "test code")]

#[path = "access_point/answers.rs"]
mod answers;
#[path = "access_point/attempts.rs"]
mod attempts;
#[path = "access_point/conversations.rs"]
mod conversations;
#[path = "access_point/delivery.rs"]
mod delivery;
#[path = "../../ebms/tests/assertions/forge.rs"]
#[expect(
    dead_code,
    reason = "shared with the suite of the engine, which uses the rest"
)]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test code")]
mod forge;
#[path = "access_point/repetition.rs"]
mod repetition;
#[path = "access_point/responses.rs"]
mod responses;
#[path = "access_point/wire.rs"]
mod wire;

use std::time::Duration;

use bridge::{audit::Event, demo::StageOptions};
use bytes::Bytes;
use conformance::simulator::{
    edm::EdmVersion,
    foreign::{Delivery, Outcome, RequestSpec, Sent, WireAnswer},
    http::Answer,
    world::GermanEvidence,
};
use ebms::{Incoming, receive};
use tests::{LIMIT, Scene, Shared};

static SCENE: Shared = Shared::new(
    env!("CARGO_TARGET_TMPDIR"),
    "access-point",
    StageOptions::default,
);

/// Between two attempts.
const INTERVAL: Duration = Duration::from_secs(60);

/// A request that is answered with a document.
fn good(scene: &Scene) -> RequestSpec {
    scene
        .world()
        .request(EdmVersion::V2_0, GermanEvidence::BirthCertificate)
}

/// A good request that was taken.
async fn requested(scene: &Scene) -> Sent {
    let sent = scene.portal().request(&good(scene)).await;
    let sent = sent.expect("the bridge can be reached");
    assert_eq!(sent.delivery, Delivery::Acknowledged);
    sent
}

fn times_asked(scene: &Scene) -> u64 {
    let registers = GermanEvidence::ALL.map(|evidence| scene.register(evidence).times_asked());
    registers.iter().sum()
}

async fn post(scene: &Scene, content_type: &str, body: Bytes) -> Answer {
    let posted = scene.access_point().post_raw(content_type, body).await;
    posted.expect("the bridge can be reached")
}

/// The first code of an error signal, if the answer is one.
fn code_of(answer: &Answer) -> Option<String> {
    let content_type = answer.header("Content-Type")?;
    let limits = receive::Limits::default();
    match receive::read(content_type, answer.body.clone(), &limits) {
        Ok(Incoming::Signal(signal)) => {
            let first = signal.errors().first()?;
            Some(first.code_text().to_owned())
        }
        other => panic!("{other:?}"),
    }
}

/// The portal has exactly one answer, and it is the document.
fn check_answered(scene: &Scene, sent: &Sent) {
    let answers = scene.portal().answers(sent);
    let [answer] = answers.as_slice() else {
        panic!("{} answers", answers.len());
    };
    assert_eq!(answer.findings, [""; 0], "the portal objects");
    assert!(
        matches!(&answer.outcome, Outcome::Evidence(documents) if documents.len() == 1),
        "{:?}",
        answer.outcome
    );
}

/// How often an event is in the log.
fn count(scene: &Scene, event: Event) -> usize {
    scene.events().iter().filter(|it| **it == event).count()
}

/// An error signal with this code, about whatever was sent.
fn error(scene: &Scene, status: u16, code: &str) -> WireAnswer {
    let refusal = ebms::Refusal::undeliverable(None);
    let id = scene.access_point().message_id();
    let id = id.parse().expect("a message id");
    let signal = ebms::signal::error(&refusal, id, scene.clock().now(), None);
    let text = String::from_utf8_lossy(signal.body()).replace("EBMS:0202", code);
    WireAnswer {
        status,
        content_type: Some(signal.content_type().to_owned()),
        body: text.into(),
    }
}

/// Waits until the foreign access point was sent to as often as this since `before`. The time
/// between two attempts passes when the outcome of the first is kept and nothing is in work.
async fn attempts(scene: &Scene, before: usize, count: usize) -> Vec<String> {
    let point = scene.access_point();
    let awaited = async {
        for number in 1..=count {
            while point
                .wait_for_packages(before + number, MOMENT)
                .await
                .is_none()
            {
                if number > 1 {
                    scene.pass(INTERVAL);
                }
            }
            scene.quiet().await;
        }
    };
    let awaited = tokio::time::timeout(LIMIT, awaited).await;
    awaited.expect("as many attempts");
    let new = point.packages().into_iter().skip(before);
    new.map(|package| package.sha256).collect()
}

/// Longer than an attempt takes whose time has come.
const MOMENT: Duration = Duration::from_millis(500);
