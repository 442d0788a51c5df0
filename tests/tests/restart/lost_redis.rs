//! The bridge lives on while its Redis does not, and takes nothing it cannot keep.

use conformance::simulator::{
    data_consumer::Placement,
    foreign::{Delivery, Sent},
    register::Mood,
    world::ForeignEvidence,
};

use super::ground::{Ground, Kind, LIMIT};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_taken_while_redis_is_dead_and_everything_goes_on_after() {
    let mut g = Ground::set(Kind::Redis).await;
    g.register().set_mood(Mood::Held);
    let running = g.ask().await;
    g.steps("DE.EvidenceRequest.0301", 1).await;
    g.redis.as_mut().unwrap().kill().unwrap();
    let waiting = check_refusing(&g).await;
    // The register answers into the outage.
    g.register().set_mood(Mood::Normal);
    g.register().release();
    g.steps("DE.EvidenceResponse.0302", 1).await;
    g.redis.as_mut().unwrap().restart().unwrap();
    check_resuming(&mut g, &running, &waiting).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_taken_while_redis_hangs_and_everything_goes_on_after() {
    let mut g = Ground::set(Kind::Redis).await;
    g.register().set_mood(Mood::Held);
    let running = g.ask().await;
    g.steps("DE.EvidenceRequest.0301", 1).await;
    g.redis.as_ref().unwrap().freeze().unwrap();
    let waiting = check_refusing(&g).await;
    g.register().set_mood(Mood::Normal);
    g.register().release();
    g.redis.as_ref().unwrap().thaw().unwrap();
    check_resuming(&mut g, &running, &waiting).await;
}

/// Alive, not ready, 503 to everybody; returns a request that was not taken.
async fn check_refusing(g: &Ground) -> Sent {
    let sent = g.portal().prepare(&g.request()).unwrap();
    let answer = post(g, &sent).await;
    let text = String::from_utf8_lossy(&answer.body);
    assert_eq!(answer.status, 503);
    assert!(answer.header("Retry-After").is_some());
    // [EBMS:0202] and no receipt: the sender keeps its message.
    assert!(text.contains("EBMS:0202"), "{text}");
    assert!(!text.contains("NonRepudiationInformation"), "{text}");
    let wanted = g.stage.world().order(&[ForeignEvidence::BirthCertificate]);
    match g.consumer().place(&wanted).await.unwrap() {
        Placement::Refused { refusal, .. } => assert_eq!(refusal.status, 503),
        Placement::Accepted(order) => panic!("{order:?}"),
    }
    assert_eq!(g.bridge.status("/readyz").await.unwrap(), 503);
    assert_eq!(g.bridge.status("/livez").await.unwrap(), 200);
    sent
}

async fn check_resuming(g: &mut Ground, running: &Sent, waiting: &Sent) {
    let began = g.clock.monotonic();
    tokio::time::timeout(LIMIT, g.bridge.ready()).await.unwrap();
    g.report("ready again after", began);
    assert_eq!(g.bridge.status("/readyz").await.unwrap(), 200);
    // The claim of the message that was not taken may still run.
    let taken = g.portal().resend_patiently(waiting, LIMIT).await.unwrap();
    assert_eq!(taken, Delivery::Acknowledged);
    g.answer(waiting).await;
    g.answer(running).await;
    g.report("all answered after", began);
    assert_eq!(g.portal().answers(running).len(), 1);
    assert_eq!(g.portal().answers(waiting).len(), 1);
    assert_eq!(g.stage.world().journal().disagreements(0), [""; 0]);
}

async fn post(g: &Ground, sent: &Sent) -> conformance::simulator::http::Answer {
    let package = sent.package();
    let body = package.body().clone();
    let posted = g.access_point().post_raw(package.content_type(), body);
    posted.await.unwrap()
}
