//! A message of ours that brings no receipt: sent again as it is, delivered once, given up in time.

use bridge::audit::Event;
use conformance::simulator::foreign::{Receiving, WireAnswer};
use tests::{LIMIT, Scene};

use super::{INTERVAL, SCENE, attempts, check_answered, count, error, requested, times_asked};

/// The attempts agreed with every partner.
const ATTEMPTS: usize = 4;

/// `[AS4_CP_TA09]` [ROB-54]
#[test]
fn ta09_without_a_receipt_the_same_octets_are_sent_again() {
    SCENE.play(async |scene| {
        let point = scene.access_point();
        let before = point.packages().len();
        point.set_receiving(Receiving::Busy);
        let sent = requested(scene).await;
        let octets = attempts(scene, before, 2).await;
        assert_eq!(octets.first(), octets.get(1));
        point.set_receiving(Receiving::Normal);
        let octets = attempts(scene, before, 3).await;
        assert_eq!(octets.first(), octets.get(2));
        scene.settled().await;
        check_answered(scene, &sent);
    });
}

/// `[AS4_CP_TA10]`
#[test]
fn ta10_with_the_receipt_back_the_message_is_delivered_once_and_attempts_end() {
    SCENE.play(async |scene| {
        let point = scene.access_point();
        let before = point.packages().len();
        let asked = times_asked(scene);
        // Taken, and the receipt is lost on its way.
        point.answer_next(true, |_| WireAnswer::empty(502));
        let sent = requested(scene).await;
        let octets = attempts(scene, before, 2).await;
        assert_eq!(octets.first(), octets.get(1));
        scene.settled().await;
        scene.quiet().await;
        for _ in 0..ATTEMPTS {
            scene.pass(INTERVAL);
            scene.quiet().await;
        }
        assert_eq!(point.packages().len(), before + 2);
        check_answered(scene, &sent);
        assert_eq!(times_asked(scene), asked + 1);
        let receipt = scene.logged(Event::ReceiptReceived);
        assert!(receipt.ebms_message_id.is_some());
        assert_eq!(count(scene, Event::DeliveryFailed), 0);
    });
}

/// The bridge gives up after all attempts, and says so once.
async fn given_up(scene: &Scene, before: usize, code: &str) {
    let octets = attempts(scene, before, ATTEMPTS).await;
    assert!(octets.iter().all(|it| Some(it) == octets.first()));
    scene.settled().await;
    scene.pass(INTERVAL);
    scene.quiet().await;
    assert_eq!(scene.access_point().packages().len(), before + ATTEMPTS);
    let failed = scene.logged(Event::DeliveryFailed);
    assert_eq!(failed.error_code.as_deref(), Some(code));
    assert_eq!(count(scene, Event::ReceiptReceived), 0);
}

/// `[AS4_CP_TA15]` [ROB-56] [EBMS:0301]
#[test]
fn ta15_when_no_receipt_comes_in_time_the_producer_hears_0301_once() {
    SCENE.play(async |scene| {
        let point = scene.access_point();
        let before = point.packages().len();
        point.set_receiving(Receiving::Busy);
        let sent = requested(scene).await;
        given_up(scene, before, "EBMS:0301").await;
        assert!(scene.portal().answers(&sent).is_empty());
    });
}

/// [ROB-53] [EBMS:0301] success by status is no receipt.
#[test]
fn rob53_an_empty_answer_is_no_receipt_whatever_its_status() {
    SCENE.play(async |scene| {
        let point = scene.access_point();
        let before = point.packages().len();
        for status in [200, 202, 204, 200] {
            point.answer_next(false, move |_| WireAnswer::empty(status));
        }
        let sent = requested(scene).await;
        given_up(scene, before, "EBMS:0301").await;
        assert!(scene.portal().answers(&sent).is_empty());
    });
}

/// [ROB-54] gateways in between, pages in place of signals, a machine that is away.
#[test]
fn rob54_whatever_stands_in_between_is_tried_again() {
    SCENE.play(async |scene| {
        let point = scene.access_point();
        let before = point.packages().len();
        for status in [502, 503, 504] {
            point.answer_next(false, move |_| WireAnswer {
                status,
                content_type: Some("text/html".to_owned()),
                body: "<html><body>Bad Gateway</body></html>".into(),
            });
        }
        let sent = requested(scene).await;
        let octets = attempts(scene, before, ATTEMPTS).await;
        assert!(octets.iter().all(|it| Some(it) == octets.first()));
        scene.settled().await;
        check_answered(scene, &sent);
        scene.logged(Event::ReceiptReceived);
    });
}

/// [EBMS:0005] nobody there at all, and there again.
#[test]
fn rob54_a_partner_that_is_away_is_tried_until_it_is_back() {
    SCENE.play(async |scene| {
        let foreign = scene.world().foreign();
        let sent = requested(scene).await;
        scene
            .portal()
            .answer(&sent, LIMIT)
            .await
            .expect("an answer");
        scene.settled().await;
        foreign.close().await;
        let second = requested(scene).await;
        scene.quiet().await;
        assert!(scene.portal().answers(&second).is_empty());
        foreign.reopen().await.expect("the same port");
        let before = scene.access_point().packages().len();
        scene.pass(INTERVAL);
        attempts(scene, before, 1).await;
        scene.settled().await;
        check_answered(scene, &second);
        assert_eq!(count(scene, Event::ReceiptReceived), 2);
    });
}

/// [ROB-55] a code that ends the attempts, and one that does not.
#[test]
fn rob55_a_permanent_error_ends_the_attempts_and_a_passing_one_does_not() {
    SCENE.play(async |scene| {
        let point = scene.access_point();
        let before = point.packages().len();
        let refused = error(scene, 500, "EBMS:0010");
        point.answer_next(false, |_| refused);
        let sent = requested(scene).await;
        scene.settled().await;
        scene.pass(INTERVAL);
        scene.quiet().await;
        assert_eq!(point.packages().len(), before + 1);
        let failed = scene.logged(Event::DeliveryFailed);
        assert_eq!(failed.error_code.as_deref(), Some("EBMS:0010"));
        assert!(scene.portal().answers(&sent).is_empty());
    });
    SCENE.play(async |scene| {
        let point = scene.access_point();
        let before = point.packages().len();
        let busy = error(scene, 503, "EBMS:0202");
        point.answer_next(false, |_| busy);
        let sent = requested(scene).await;
        attempts(scene, before, 2).await;
        scene.settled().await;
        check_answered(scene, &sent);
        assert_eq!(count(scene, Event::DeliveryFailed), 0);
    });
}

/// `[P42]` a partner may take its time to check a large message.
#[test]
fn p42_an_answer_is_waited_for_at_least_a_minute() {
    SCENE.play(async |scene| {
        let timeout = scene.platform().config().as4().retry().timeout();
        assert!(timeout >= INTERVAL, "{timeout:?}");
    });
}
