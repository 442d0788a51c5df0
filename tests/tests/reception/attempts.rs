//! Attempts: how many, when, with what, and what ends them.

use std::collections::BTreeSet;

use bridge::audit::Event;
use conformance::simulator::{
    data_consumer::Collection,
    foreign::{Answering, Receiving},
};
use ebms::EbmsCode;
use jiff::ToSpan as _;
use tests::{LIMIT, Scene};

use super::{
    ATTEMPTS, INTERVAL, SCENE, check_collected, check_silent, confirmed, counted, error, give_up,
    placed,
};

/// Lets all attempts but the last fail, each a minute after the one before.
async fn all_but_the_last_fail(scene: &Scene) {
    for number in 1..ATTEMPTS {
        scene.until(Event::AttemptFailed, number).await;
        if number + 1 < ATTEMPTS {
            scene.pass(INTERVAL);
        }
    }
}

/// [AT-04] [ROB-56] nobody there: four attempts with one id, one failure, and silence.
#[test]
fn at_04_a_partner_that_is_down_is_tried_as_agreed_and_given_up_once() {
    SCENE.play(async |scene| {
        let before = scene.access_point().packages().len();
        scene.world().foreign().close().await;
        let began = scene.clock().now();
        let order = placed(scene).await;
        let trying = async {
            all_but_the_last_fail(scene).await;
            scene.pass(INTERVAL);
            scene.until(Event::DeliveryFailed, 1).await;
        };
        tokio::join!(confirmed(scene, &order), trying);
        let mut attempts = scene.entries(Event::AttemptFailed);
        attempts.extend(scene.entries(Event::DeliveryFailed));
        let times: Vec<_> = attempts.iter().map(|attempt| attempt.occurred_at).collect();
        let expected: Vec<_> = (0..4)
            .map(|number| began + (number * 60).seconds())
            .collect();
        assert_eq!(times, expected);
        let ids: BTreeSet<_> = attempts
            .iter()
            .map(|attempt| attempt.facts.ebms_message_id.clone())
            .collect();
        assert_eq!(ids.len(), 1, "{ids:?}");
        let codes = attempts
            .iter()
            .map(|attempt| attempt.facts.error_code.as_deref());
        assert!(codes.into_iter().all(|code| code == Some("EBMS:0005")));
        let collected = scene.consumer().collect(&order, LIMIT).await;
        let collected = collected.expect("the bridge can be reached");
        assert!(matches!(collected, Collection::Refused(_)), "{collected:?}");
        scene
            .world()
            .foreign()
            .reopen()
            .await
            .expect("the same port");
        check_silent(scene, before).await;
        assert_eq!(scene.entries(Event::DeliveryFailed).len(), 1);
        give_up(scene, &order).await;
    });
}

/// [AT-05] [ROB-54] back before the last attempt: as if nothing had been.
#[test]
fn at_05_a_partner_that_is_back_in_time_gets_the_message_once() {
    SCENE.play(async |scene| {
        let before = scene.access_point().packages().len();
        let asked = scene.provider().times_asked();
        scene.world().foreign().close().await;
        let order = placed(scene).await;
        let trying = async {
            all_but_the_last_fail(scene).await;
            scene
                .world()
                .foreign()
                .reopen()
                .await
                .expect("the same port");
            scene.pass(INTERVAL);
        };
        tokio::join!(confirmed(scene, &order), trying);
        check_collected(scene, &order).await;
        scene.settled().await;
        check_silent(scene, before + 1).await;
        assert_eq!(scene.provider().times_asked(), asked + 1);
        assert_eq!(scene.entries(Event::ReceiptReceived).len(), 1);
        assert!(scene.entries(Event::DeliveryFailed).is_empty());
        scene.agreed();
    });
}

/// [AT-06] [ROB-55] [EBMS:0001] [EBMS:0003] [EBMS:0010] [EBMS:0101] what will never be taken is not
/// sent again.
#[test]
fn at_06_a_refusal_of_the_configuration_ends_the_exchange_at_once() {
    let codes = [
        EbmsCode::ValueNotRecognized,
        EbmsCode::ValueInconsistent,
        EbmsCode::ProcessingModeMismatch,
        EbmsCode::FailedAuthentication,
    ];
    for code in codes {
        SCENE.play(async |scene| {
            let before = scene.access_point().packages().len();
            let alert = ["direction=\"sent\"", "result=\"refused\"", code.as_str()];
            let alerts = counted(scene, &alert);
            let refused = error(scene, code);
            scene.access_point().answer_next(false, |_| refused);
            let order = placed(scene).await;
            confirmed(scene, &order).await;
            let failed = scene.logged(Event::DeliveryFailed);
            assert_eq!(failed.error_code.as_deref(), Some(code.as_str()));
            assert_eq!(counted(scene, &alert), alerts + 1);
            check_silent(scene, before + 1).await;
            assert!(scene.entries(Event::AttemptFailed).is_empty());
            give_up(scene, &order).await;
        });
    }
}

/// [AT-06] [EBMS:0005] what may pass is tried again.
#[test]
fn at_06_a_refusal_that_may_pass_does_not() {
    SCENE.play(async |scene| {
        let before = scene.access_point().packages().len();
        let busy = error(scene, EbmsCode::ConnectionFailure);
        scene.access_point().answer_next(false, |_| busy);
        let order = placed(scene).await;
        let trying = async {
            scene.until(Event::AttemptFailed, 1).await;
            scene.pass(INTERVAL);
        };
        tokio::join!(confirmed(scene, &order), trying);
        check_collected(scene, &order).await;
        let packages = scene.access_point().packages().split_off(before);
        assert_eq!(packages.len(), 2);
        assert_eq!(packages.first(), packages.last());
        scene.agreed();
    });
}

/// [ROB-57] the receipt comes when the exchange is over already: kept, and nothing has failed.
#[test]
fn rob57_a_receipt_that_comes_late_is_kept_and_nothing_failed() {
    SCENE.play(async |scene| {
        let point = scene.access_point();
        let before = point.packages().len();
        point.set_receiving(Receiving::Held);
        scene.provider().set_answering(Answering::Silent);
        let order = placed(scene).await;
        let waiting = async {
            let arrived = point.wait_for_packages(before + 1, LIMIT).await;
            arrived.expect("the message");
            scene.quiet().await;
            let t1 = scene.platform().config().timers().requester().t1();
            scene.pass(t1 + INTERVAL);
            scene.until(Event::Expired, 1).await;
            // By this clock the lease is over as well: another worker has sent the same again.
            let arrived = point.wait_for_packages(before + 2, LIMIT).await;
            arrived.expect("the message again");
            scene.quiet().await;
            point.release();
            point.release();
            scene.until(Event::ReceiptReceived, 1).await;
        };
        tokio::join!(confirmed(scene, &order), waiting);
        check_silent(scene, before + 2).await;
        assert!(scene.entries(Event::DeliveryFailed).is_empty());
        assert!(scene.entries(Event::AttemptFailed).is_empty());
        give_up(scene, &order).await;
    });
}
