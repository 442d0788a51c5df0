//! 0411: the same call gets the same answer, another call none, another portal nothing at all.

use bridge::audit::Event;
use conformance::simulator::{
    data_consumer::{Attempt, Collection, DataConsumer, Order},
    foreign::Delivery,
};
use tests::Scene;

use super::{Asked, SCENE, asked, certificate_2_0, drop_order, state};

/// An order whose evidence waits to be collected.
async fn ready(scene: &Scene) -> Option<Order> {
    let Asked { order, question } = asked(scene, "2.0").await;
    let Some(reply) = certificate_2_0(&question) else {
        drop_order(scene, &order).await;
        return None;
    };
    let delivery = reply.send(scene, "2.0", &question).await;
    assert_eq!(delivery, Delivery::Acknowledged);
    assert_eq!(state(scene, &order).await, "ready");
    Some(order)
}

async fn ask(consumer: &DataConsumer, order: &Order) -> Attempt {
    consumer
        .ask(order)
        .await
        .expect("the bridge can be reached")
}

/// The call is refused with this status and code.
async fn check_refused(consumer: &DataConsumer, order: &Order, expected: (u16, &str)) {
    let attempt = ask(consumer, order).await;
    match consumer.judge(order, &attempt) {
        Collection::Refused(refusal) => {
            assert_eq!(
                (refusal.status, refusal.code.as_deref()),
                (expected.0, Some(expected.1))
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_same_call_gets_the_identical_bytes() {
    SCENE.play(async |scene| {
        let Some(order) = ready(scene).await else {
            return;
        };
        let consumer = scene.consumer();
        let attempt = ask(consumer, &order).await;
        assert_eq!(attempt.answer.status, 200);
        for _ in 0..3 {
            let again = consumer.ask_again(&attempt).await.expect("an answer");
            assert_eq!(again.status, 200);
            assert_eq!(again.body, attempt.answer.body);
        }
        // Handed over once, however often it was said.
        let delivered = scene.logged(Event::EvidenceDelivered);
        assert_eq!(delivered.nachrichten_uuid.as_ref(), Some(&attempt.id));
        drop_order(scene, &order).await;
    });
}

#[test]
fn another_call_after_delivery_gets_gone() {
    SCENE.play(async |scene| {
        let Some(order) = ready(scene).await else {
            return;
        };
        let attempt = ask(scene.consumer(), &order).await;
        assert_eq!(attempt.answer.status, 200);
        check_refused(scene.consumer(), &order, (410, "EDM:ERR:0005")).await;
        // The first call may still be repeated.
        let again = scene
            .consumer()
            .ask_again(&attempt)
            .await
            .expect("an answer");
        assert_eq!(again.body, attempt.answer.body);
        drop_order(scene, &order).await;
    });
}

#[test]
fn the_same_call_with_another_body_is_a_conflict() {
    SCENE.play(async |scene| {
        let Some(order) = ready(scene).await else {
            return;
        };
        let consumer = scene.consumer();
        let attempt = ask(consumer, &order).await;
        let mut other = attempt.body.to_vec();
        other.push(b'\n');
        let answer = consumer
            .post_raw("/noots/v1/evidence", &attempt.id, other.into())
            .await
            .expect("an answer");
        assert_eq!(answer.status, 409);
        assert_eq!(
            answer.header("Content-Type"),
            Some("application/problem+json")
        );
        drop_order(scene, &order).await;
    });
}

#[test]
fn another_portal_sees_nothing_of_an_order() {
    SCENE.play(async |scene| {
        let Some(order) = ready(scene).await else {
            return;
        };
        let other = scene.world().other_consumer();
        check_refused(other, &order, (404, "EDM:ERR:0004")).await;
        let seen = other.state(&order).await.expect("an answer");
        assert_eq!(seen["status"], 404);
        // Its DELETE is a complaint of its own, and deletes nothing.
        other.delete(&order).await.expect("an answer");
        assert_eq!(state(scene, &order).await, "ready");
        assert_eq!(ask(scene.consumer(), &order).await.answer.status, 200);
        drop_order(scene, &order).await;
        check_refused(other, &order, (404, "EDM:ERR:0004")).await;
    });
}

#[test]
fn before_the_answer_a_call_is_told_to_come_back() {
    SCENE.play(async |scene| {
        let Asked { order, .. } = asked(scene, "2.0").await;
        let attempt = ask(scene.consumer(), &order).await;
        assert_eq!(attempt.answer.status, 202);
        assert!(attempt.answer.body.is_empty());
        assert!(attempt.answer.header("Retry-After").is_some());
        drop_order(scene, &order).await;
    });
}

#[test]
fn delete_ends_an_order_at_every_stage() {
    SCENE.play(async |scene| {
        let waiting = asked(scene, "2.0").await.order;
        drop_order(scene, &waiting).await;
        check_refused(scene.consumer(), &waiting, (410, "EDM:ERR:0005")).await;
        let Some(order) = ready(scene).await else {
            return;
        };
        drop_order(scene, &order).await;
        check_refused(scene.consumer(), &order, (410, "EDM:ERR:0005")).await;
        assert_eq!(state(scene, &order).await, "unknown");
        scene.uncontested();
        let events = scene.events();
        let deleted = events.iter().filter(|e| **e == Event::EvidenceDeleted);
        assert_eq!(deleted.count(), 2);
    });
}

#[test]
fn an_order_that_never_was_is_not_found() {
    SCENE.play(async |scene| {
        let order = Order {
            order_id: scene.clock().uuid().to_string(),
            conversation_id: scene.clock().uuid().to_string(),
            url: String::new(),
            return_url: String::new(),
            subject: super::order_of(scene, "2.0").subject,
        };
        check_refused(scene.consumer(), &order, (404, "EDM:ERR:0004")).await;
        scene.agreed();
    });
}
