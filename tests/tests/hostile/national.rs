//! Bad calls at the national listener.

use bridge::audit::Event;
use bytes::Bytes;
use conformance::simulator::{
    data_consumer::WrittenOrder,
    http::{Answer, client},
    world::ForeignEvidence,
};
use serde_json::Value;
use tests::Scene;

use super::SCENE;

const ORDERS: &str = "/noots/v1/evidence-orders";
const EVIDENCE: &str = "/noots/v1/evidence";
const RESPONSES: &str = "/noots/v1/responses";

fn order(scene: &Scene) -> WrittenOrder {
    let spec = scene.world().order(&[ForeignEvidence::VehicleCertificate]);
    scene.consumer().write(&spec)
}

async fn post(scene: &Scene, path: &str, content_type: &str, body: Bytes) -> Answer {
    let spec = scene.consumer().spec();
    let client = client(&spec.root_pem, Some(&spec.identity)).expect("a client");
    let posted = client
        .post(format!("{}{path}", spec.national_url))
        .header("Content-Type", content_type)
        .header("X-NOOTS-Message-ID", scene.clock().uuid().to_string())
        .body(body)
        .send()
        .await;
    let posted = posted.expect("the bridge can be reached");
    Answer::read(posted).await.expect("an answer")
}

/// A problem with this status, and a line in the log.
async fn check(scene: &Scene, (path, content_type): (&str, &str), body: Bytes, status: u16) {
    let answer = post(scene, path, content_type, body).await;
    assert_eq!(answer.status, status);
    assert_eq!(
        answer.header("Content-Type"),
        Some("application/problem+json")
    );
    let problem: Value = serde_json::from_slice(&answer.body).expect("JSON");
    assert_eq!(problem.get("status"), Some(&Value::from(status)));
    let refused = scene.logged(Event::OrderRefused);
    assert_eq!(refused.component_id.as_deref(), Some("portal-0001"));
}

const JSON: &str = "application/json";

/// [NOOTS 8.3]
#[test]
fn another_content_type_is_not_taken() {
    for path in [ORDERS, EVIDENCE] {
        SCENE.play(async |scene| {
            check(scene, (path, "application/xml"), order(scene).body, 415).await;
        });
    }
}

#[test]
fn a_body_larger_than_is_read_is_not_taken() {
    for path in [ORDERS, EVIDENCE] {
        SCENE.play(async |scene| {
            let body = Bytes::from(vec![b' '; (2 << 20) + 1]);
            check(scene, (path, JSON), body, 413).await;
        });
    }
}

#[test]
fn a_body_that_is_not_json_is_not_understood() {
    for path in [ORDERS, EVIDENCE] {
        SCENE.play(async |scene| {
            let half = order(scene).body;
            let half = half.slice(..half.len() / 2);
            check(scene, (path, JSON), half, 400).await;
        });
    }
}

#[test]
fn a_message_for_another_path_is_not_taken() {
    SCENE.play(async |scene| {
        check(scene, (EVIDENCE, JSON), order(scene).body, 422).await;
    });
}

/// [NOOTS 8.3] what can be understood is answered in the form of the call.
#[test]
fn an_order_that_breaks_a_rule_is_told_so() {
    SCENE.play(async |scene| {
        let order = order(scene);
        let text = String::from_utf8_lossy(&order.body).into_owned();
        let broken = text.replace("1931-02-28", "28.02.1931");
        assert_ne!(broken, text);
        let answer = scene
            .consumer()
            .post_raw(ORDERS, &order.id, broken.into())
            .await
            .expect("the bridge can be reached");
        assert_eq!(answer.status, 422);
        let message: Value = serde_json::from_slice(&answer.body).expect("JSON");
        let name = message
            .as_object()
            .and_then(|message| message.keys().next());
        assert_eq!(
            name.map(String::as_str),
            Some("DE.EvidenceOrderErrorResponse.0403")
        );
        let said = answer.body;
        let said = String::from_utf8_lossy(&said);
        assert!(said.contains("EDM:ERR:0003"), "{said}");
        assert!(!said.contains("1931"), "{said}");
        let refused = scene.logged(Event::OrderRefused);
        assert_eq!(refused.error_code.as_deref(), Some("EDM:ERR:0003"));
        assert_eq!(refused.nachrichten_uuid.as_ref(), Some(&order.id));
    });
}

/// Only the SAK brings answers of registers.
#[test]
fn a_portal_cannot_pretend_to_be_the_sak() {
    SCENE.play(async |scene| {
        let answer = post(scene, RESPONSES, JSON, order(scene).body).await;
        assert_eq!(answer.status, 403);
        assert!(scene.events().is_empty());
    });
}

#[test]
fn what_is_not_there_is_not_found() {
    SCENE.play(async |scene| {
        let spec = scene.consumer().spec();
        let client = client(&spec.root_pem, Some(&spec.identity)).expect("a client");
        for path in [
            "/",
            "/noots/v1",
            "/noots/v1/conversations/1",
            "/noots/v2/evidence",
        ] {
            let answer = client.get(format!("{}{path}", spec.national_url)).send();
            assert_eq!(answer.await.expect("an answer").status(), 404, "{path}");
        }
        let wrong = client.put(format!("{}{ORDERS}", spec.national_url)).send();
        assert_eq!(wrong.await.expect("an answer").status(), 405);
    });
}
