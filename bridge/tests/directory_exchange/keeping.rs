//! How long an answer is kept, what stands in during an outage, and who waits for whom.

use std::time::Duration;

use bridge::directory::{EvidenceTypesQuery, LookUpError, Untrusted};
use conformance::simulator::common_services::{Line, Misbehavior};
use futures_util::future::join_all;

use super::{BIRTH, STALE, Scene, TTL};

// [AT-49]
#[tokio::test]
async fn an_answer_is_fresh_then_stale_then_gone() {
    let scene = Scene::new().await;
    assert!(!scene.types().await.unwrap());
    scene.services.stop();
    scene.world.step(TTL - Duration::from_secs(1));
    assert!(!scene.types().await.unwrap(), "fresh");
    scene.world.step(Duration::from_secs(1));
    assert!(scene.types().await.unwrap(), "stale");
    let query = EvidenceTypesQuery::new(BIRTH.parse().unwrap(), "FR".parse().unwrap());
    let answer = scene.directory.evidence_types(&query).await.unwrap();
    assert_eq!(answer.age(), TTL);
    assert_eq!(answer.as_of().to_string(), "2026-08-01T12:00:00Z");
    scene.world.step(STALE);
    let error = scene.types().await.unwrap_err();
    assert!(error.is_outage(), "{error:?}");
}

// [AT-49]
#[tokio::test]
async fn a_fresh_answer_is_not_asked_for_again() {
    let scene = Scene::new().await;
    scene.types().await.unwrap();
    scene.types().await.unwrap();
    assert_eq!(scene.asked().len(), 1);
    scene.world.step(TTL);
    scene.types().await.unwrap();
    assert_eq!(scene.asked().len(), 2);
}

// [AT-48] a wrong signature is a hard stop: no older answer stands in
#[tokio::test]
async fn an_untrusted_answer_is_not_papered_over() {
    let scene = Scene::new().await;
    scene.types().await.unwrap();
    scene.world.step(TTL);
    scene.misbehave(Misbehavior::OtherBody);
    let error = scene.types().await.unwrap_err();
    assert!(matches!(error, LookUpError::Untrusted(Untrusted::Digest)));
    scene.misbehave(Misbehavior::Status(503));
    assert!(scene.types().await.unwrap(), "during an outage it does");
}

// [AT-49]
#[tokio::test]
async fn errors_are_not_kept() {
    let scene = Scene::new().await;
    for status in [500, 503, 404] {
        scene.misbehave(Misbehavior::Status(status));
        let error = scene.types().await.unwrap_err();
        assert!(matches!(error, LookUpError::Status(seen) if seen == status));
        assert_eq!(error.is_outage(), status >= 500);
    }
    scene.services.misbehave(None);
    assert!(!scene.types().await.unwrap());
}

#[tokio::test]
async fn a_silent_service_is_waited_for_only_so_long() {
    let scene = Scene::patient(&Line::ALL, Duration::from_millis(100)).await;
    scene.misbehave(Misbehavior::Silence);
    let error = scene.types().await.unwrap_err();
    assert!(matches!(error, LookUpError::TimedOut), "{error:?}");
}

#[tokio::test]
async fn the_same_question_is_out_only_once() {
    let scene = Scene::new().await;
    let answers = join_all((0..50).map(|_| scene.types())).await;
    assert!(answers.into_iter().all(|answer| !answer.unwrap()));
    assert_eq!(scene.asked().len(), 1);
}

#[tokio::test]
async fn a_question_given_up_is_asked_anew() {
    let scene = Scene::new().await;
    scene.misbehave(Misbehavior::Silence);
    let given_up = tokio::time::timeout(Duration::from_millis(50), scene.types()).await;
    assert!(given_up.is_err());
    scene.services.misbehave(None);
    assert!(!scene.types().await.unwrap());
}
