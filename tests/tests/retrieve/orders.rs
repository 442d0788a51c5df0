//! 0401: what is taken, what is refused, and what the user does with it.

use std::time::Duration;

use bridge::audit::Event;
use conformance::simulator::{
    data_consumer::{Arrival, Collection, Decision, Placement},
    http::{Answer, client},
};
use serde_json::Value;
use tests::Scene;

use super::{SCENE, asked, becomes, drop_order, order_of, placed, state};

const ORDERS: &str = "/noots/v1/evidence-orders";

#[test]
fn a_user_who_declines_ends_the_order() {
    SCENE.play(async |scene| {
        let before = scene.provider().times_asked();
        let order = placed(scene, "2.0").await;
        let arrival = scene.consumer().browse(&order, Decision::Decline).await;
        assert_eq!(arrival.expect("a page"), Arrival::Home);
        let attempt = scene.consumer().ask(&order).await.expect("an answer");
        let Collection::Refused(refusal) = scene.consumer().judge(&order, &attempt) else {
            panic!("{:?}", attempt.answer);
        };
        assert_eq!(refusal.status, 409);
        assert_eq!(refusal.code.as_deref(), Some("EDM:ERR:0004"));
        assert_eq!(scene.provider().times_asked(), before);
        scene.agreed();
        drop_order(scene, &order).await;
        let events = [Event::OrderReceived, Event::EvidenceDeleted];
        assert_eq!(scene.events(), events);
    });
}

#[test]
fn a_user_who_never_comes_lets_the_order_expire() {
    SCENE.play(async |scene| {
        let order = placed(scene, "2.0").await;
        assert_eq!(state(scene, &order).await, "pending");
        scene.pass(Duration::from_secs(60 * 60 + 1));
        becomes(scene, &order, "unknown").await;
        let attempt = scene.consumer().ask(&order).await.expect("an answer");
        let Collection::Refused(refusal) = scene.consumer().judge(&order, &attempt) else {
            panic!("{:?}", attempt.answer);
        };
        assert_eq!(refusal.status, 410);
        assert_eq!(refusal.code.as_deref(), Some("EDM:ERR:0005"));
        scene.agreed();
        assert_eq!(scene.events(), [Event::OrderReceived, Event::Expired]);
    });
}

/// [NOOTS 6.2] no open redirect.
#[test]
fn an_order_that_leads_its_user_elsewhere_is_refused() {
    let origins = [
        "https://evil.example",
        "https://portal.stuttgart.example.evil.example",
        "https://portal.stuttgart.example@evil.example",
        "https://portal.stuttgart.example:444",
        "http://portal.stuttgart.example",
        "https://portal.karlsruhe.example",
    ];
    SCENE.play(async |scene| {
        for origin in origins {
            let mut spec = order_of(scene, "2.0");
            spec.return_origin = Some(origin.to_owned());
            let placed = scene.consumer().place(&spec).await;
            let placed = placed.expect("the bridge can be reached");
            let Placement::Refused { refusal, .. } = placed else {
                panic!("{origin} was taken");
            };
            assert_eq!(refusal.status, 422, "{origin}");
            assert_eq!(refusal.code.as_deref(), Some("EDM:ERR:0003"), "{origin}");
        }
        scene.agreed();
        assert_eq!(scene.events(), [Event::OrderRefused; 6]);
        let log = scene.log();
        let codes = log
            .iter()
            .filter_map(|entry| entry.facts.error_code.as_deref());
        assert!(codes.clone().all(|code| code == "EDM:ERR:0003"));
        assert_eq!(codes.count(), 6);
    });
}

#[test]
fn an_order_in_the_name_of_another_portal_is_refused() {
    SCENE.play(async |scene| {
        let order = scene.consumer().write(&order_of(scene, "2.0"));
        let other = scene.world().other_consumer();
        let answer = other.post_raw(ORDERS, &order.id, order.body).await;
        let answer = answer.expect("the bridge can be reached");
        // Its return address is not registered for the caller, and it is not the caller's order.
        assert!(matches!(answer.status, 403 | 422), "{}", answer.status);
        let refused = scene.logged(Event::OrderRefused);
        assert_eq!(refused.component_id.as_deref(), Some("portal-0002"));
    });
}

#[test]
fn the_same_order_again_gets_the_identical_answer() {
    SCENE.play(async |scene| {
        let order = scene.consumer().write(&order_of(scene, "2.0"));
        let place = || {
            scene
                .consumer()
                .post_raw(ORDERS, &order.id, order.body.clone())
        };
        let first = place().await.expect("an answer");
        assert_eq!(first.status, 201);
        let second = place().await.expect("an answer");
        assert_eq!(second.status, 201);
        assert_eq!(second.body, first.body);
        assert_eq!(second.header("Location"), first.header("Location"));
        scene.logged(Event::OrderReceived);
        end(scene, &first).await;
    });
}

#[test]
fn the_same_id_with_another_body_is_a_conflict() {
    SCENE.play(async |scene| {
        let order = scene.consumer().write(&order_of(scene, "2.0"));
        let consumer = scene.consumer();
        let first = consumer
            .post_raw(ORDERS, &order.id, order.body.clone())
            .await;
        let first = first.expect("an answer");
        assert_eq!(first.status, 201);
        let mut other = order.body.to_vec();
        other.push(b' ');
        let second = consumer.post_raw(ORDERS, &order.id, other.into()).await;
        check_problem(&second.expect("an answer"), 409);
        scene.logged(Event::OrderReceived);
        end(scene, &first).await;
    });
}

#[test]
fn a_refused_order_may_come_corrected_under_its_id() {
    SCENE.play(async |scene| {
        let consumer = scene.consumer();
        let order = consumer.write(&order_of(scene, "2.0"));
        let text = String::from_utf8_lossy(&order.body).into_owned();
        let wrong = text.replace("portal.stuttgart.example", "evil.example");
        let refused = consumer.post_raw(ORDERS, &order.id, wrong.into()).await;
        assert_eq!(refused.expect("an answer").status, 422);
        let taken = consumer.post_raw(ORDERS, &order.id, order.body).await;
        let taken = taken.expect("an answer");
        assert_eq!(taken.status, 201);
        end(scene, &taken).await;
    });
}

/// [NOOTS 6.1] the header repeats the id.
#[test]
fn an_order_without_its_id_in_the_header_is_refused() {
    SCENE.play(async |scene| {
        let order = scene.consumer().write(&order_of(scene, "2.0"));
        let spec = scene.consumer().spec();
        let client = client(&spec.root_pem, Some(&spec.identity)).expect("a client");
        let request = || {
            client
                .post(format!("{}{ORDERS}", spec.national_url))
                .header("Content-Type", "application/json")
                .body(order.body.clone())
        };
        let missing = request().send().await.expect("an answer");
        check_problem(&Answer::read(missing).await.expect("an answer"), 400);
        let other = scene.clock().uuid().to_string();
        let other = request().header("X-NOOTS-Message-ID", other).send().await;
        let other = other.expect("an answer");
        check_problem(&Answer::read(other).await.expect("an answer"), 400);
        assert!(!scene.events().contains(&Event::OrderReceived));
    });
}

#[test]
fn a_caller_without_a_certificate_gets_nowhere() {
    SCENE.play(async |scene| {
        let order = scene.consumer().write(&order_of(scene, "2.0"));
        let spec = scene.consumer().spec();
        let client = client(&spec.root_pem, None).expect("a client");
        let answer = client
            .post(format!("{}{ORDERS}", spec.national_url))
            .header("Content-Type", "application/json")
            .header("X-NOOTS-Message-ID", &order.id)
            .body(order.body)
            .send()
            .await;
        // Refused in the handshake, or in so many words.
        let status = answer.ok().map(|answer| answer.status().as_u16());
        assert!(matches!(status, None | Some(401)), "{status:?}");
        assert!(!scene.events().contains(&Event::OrderReceived));
    });
}

#[test]
fn looking_again_after_the_yes_asks_nobody_again() {
    SCENE.play(async |scene| {
        let asked = asked(scene, "2.0").await;
        let before = scene.provider().questions().len();
        let page = scene.consumer().browse(&asked.order, Decision::Leave);
        let limit = Duration::from_millis(50);
        // Nothing came yet, so the page keeps its answer back.
        assert!(tokio::time::timeout(limit, page).await.is_err());
        assert_eq!(scene.provider().questions().len(), before);
        drop_order(scene, &asked.order).await;
    });
}

fn check_problem(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status);
    assert_eq!(
        answer.header("Content-Type"),
        Some("application/problem+json")
    );
    let problem: Value = serde_json::from_slice(&answer.body).expect("JSON");
    assert_eq!(problem.get("status"), Some(&Value::from(status)));
}

/// Ends an order that was placed by hand.
async fn end(scene: &Scene, answer: &Answer) {
    let spec = scene.consumer().spec();
    let client = client(&spec.root_pem, Some(&spec.identity)).expect("a client");
    let place = answer.header("Location").expect("a place");
    let deleted = client
        .delete(format!("{}{place}", spec.national_url))
        .send();
    assert_eq!(deleted.await.expect("an answer").status(), 204);
}
