//! Reception awareness from outside: a message of ours is sent until there is proof that it arrived
//! or no hope that it will, and whoever sends to us may repeat what it sent.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "test code"
)]

#[path = "reception/attempts.rs"]
mod attempts;
#[path = "reception/copies.rs"]
mod copies;
#[path = "reception/receipts.rs"]
mod receipts;

use std::time::Duration;

use bridge::demo::StageOptions;
use conformance::simulator::{
    data_consumer::{Arrival, Collection, Decision, Order, Placement},
    foreign::WireAnswer,
    world::ForeignEvidence,
};
use ebms::{EbmsCode, security::SigningKey, signal};
use tests::{LIMIT, Scene, Shared};

static SCENE: Shared = Shared::new(
    env!("CARGO_TARGET_TMPDIR"),
    "reception",
    StageOptions::default,
);

/// Places an order for a foreign document.
async fn placed(scene: &Scene) -> Order {
    let wanted = scene.world().order(&[ForeignEvidence::BirthCertificate]);
    let placed = scene.consumer().place(&wanted).await;
    match placed.expect("the bridge can be reached") {
        Placement::Accepted(order) => order,
        Placement::Refused { refusal, .. } => panic!("{refusal:?}"),
    }
}

/// The user confirms, and is back at the portal when there is something to say.
async fn confirmed(scene: &Scene, order: &Order) {
    let arrival = scene.consumer().browse(order, Decision::Confirm).await;
    assert_eq!(arrival.expect("pages"), Arrival::Home);
}

/// The portal has the document.
async fn check_collected(scene: &Scene, order: &Order) {
    let collected = scene.consumer().collect(order, LIMIT).await;
    let collected = collected.expect("the bridge can be reached");
    assert!(
        matches!(&collected, Collection::Evidence(documents) if documents.len() == 1),
        "{collected:?}"
    );
    give_up(scene, order).await;
}

/// Nothing is left of the order.
async fn give_up(scene: &Scene, order: &Order) {
    let deleted = scene.consumer().delete(order).await;
    deleted.expect("the bridge can be reached");
}

/// Long after everything was over: nothing else was sent.
async fn check_silent(scene: &Scene, packages: usize) {
    for _ in 0..10 {
        scene.pass(INTERVAL);
        scene.quiet().await;
    }
    assert_eq!(scene.access_point().packages().len(), packages);
}

/// A signed error with this code.
fn error(scene: &Scene, code: EbmsCode) -> WireAnswer {
    let id = scene.access_point().message_id();
    let id = id.parse().expect("a message id");
    let key = foreign_key(scene);
    let signal = signal::report(code, None, id, scene.clock().now(), Some(&key));
    WireAnswer {
        status: 200,
        content_type: Some(signal.content_type().to_owned()),
        body: signal.body().clone(),
    }
}

/// What the foreign access point signs with.
fn foreign_key(scene: &Scene) -> SigningKey {
    let signing = &scene.access_point().spec().signing;
    let key = SigningKey::from_pkcs8_pem(signing.key_pem.as_bytes(), signing.chain_pem.as_bytes());
    key.expect("a key of the world")
}

/// How often a sample of the metrics was counted, over all with these labels.
fn counted(scene: &Scene, labels: &[&str]) -> u64 {
    let text = scene.platform().metrics().text().expect("metrics");
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    let samples = samples.filter(|line| labels.iter().all(|label| line.contains(label)));
    let values = samples.filter_map(|line| line.rsplit(' ').next());
    values.filter_map(|value| value.parse::<u64>().ok()).sum()
}

/// Between two attempts, as agreed with every partner.
const INTERVAL: Duration = Duration::from_secs(60);
/// Attempts in all.
const ATTEMPTS: usize = 4;
