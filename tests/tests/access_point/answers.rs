//! What partners answer otherwise: other statuses, receipts that prove nothing, codes of their own.

use bridge::audit::Event;
use conformance::simulator::foreign::WireAnswer;
use tests::Scene;

use super::{SCENE, attempts, check_answered, count, error, forge::cut, requested};

/// An answer, in place of the genuine one, to a message that is taken. It counts at once.
fn check_counts(change: impl Fn(WireAnswer) -> WireAnswer + Clone + Send + 'static) {
    SCENE.play(async |scene| {
        let point = scene.access_point();
        let before = point.packages().len();
        point.answer_next(true, change.clone());
        let sent = requested(scene).await;
        scene.settled().await;
        assert_eq!(point.packages().len(), before + 1);
        check_answered(scene, &sent);
        scene.logged(Event::ReceiptReceived);
    });
}

/// The same, but it does not count: the next attempt brings the genuine one.
fn check_proves_nothing(change: impl Fn(WireAnswer) -> WireAnswer + Clone + Send + 'static) {
    SCENE.play(async |scene| {
        let point = scene.access_point();
        let before = point.packages().len();
        point.answer_next(true, change.clone());
        let sent = requested(scene).await;
        let octets = attempts(scene, before, 2).await;
        assert_eq!(octets.first(), octets.get(1));
        scene.settled().await;
        check_answered(scene, &sent);
        scene.logged(Event::ReceiptReceived);
        assert_eq!(count(scene, Event::DeliveryFailed), 0);
    });
}

fn with_text(answer: WireAnswer, change: impl FnOnce(String) -> String) -> WireAnswer {
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    WireAnswer {
        body: change(text).into(),
        ..answer
    }
}

/// `[P19]`
#[test]
fn p19_a_receipt_counts_with_any_status() {
    for status in [201, 202, 400, 500, 503] {
        check_counts(move |answer| WireAnswer { status, ..answer });
    }
    check_counts(|answer| WireAnswer {
        content_type: Some("Application/SOAP+XML".to_owned()),
        ..answer
    });
}

/// `[P19]` and only as what it is.
#[test]
fn p19_a_receipt_under_another_type_or_cut_short_counts_for_nothing() {
    check_proves_nothing(|answer| WireAnswer {
        content_type: Some("text/html".to_owned()),
        ..answer
    });
    check_proves_nothing(|answer| WireAnswer {
        content_type: None,
        ..answer
    });
    check_proves_nothing(|answer| WireAnswer {
        body: answer.body.slice(..answer.body.len() / 2),
        ..answer
    });
}

/// [ROB-50] [EBMS:0302]
#[test]
fn rob50_a_receipt_with_other_digests_is_no_receipt() {
    check_proves_nothing(|answer| {
        with_text(answer, |text| {
            let part = cut(
                &text,
                "<ebbp:MessagePartNRInformation>",
                "</ebbp:MessagePartNRInformation>",
            );
            text.replacen(&part, "", 1)
        })
    });
}

/// [ROB-52] [EBMS:0302]
#[test]
fn rob52_a_receipt_without_a_signature_is_no_receipt() {
    check_proves_nothing(|answer| {
        with_text(answer, |text| {
            let security = cut(&text, "<wsse:Security ", "</wsse:Security>");
            text.replacen(&security, "", 1)
        })
    });
}

/// `[P26]` [ROB-45] the receipt was lost; the partner keeps it and gives it again.
#[test]
fn p26_a_duplicate_is_settled_by_the_receipt_of_domibus() {
    check_proves_nothing(|_| WireAnswer::empty(504));
}

/// `[P26]` or it has thrown the receipt away and says that it knows the message.
#[test]
fn p26_a_duplicate_is_settled_by_the_error_of_phase4() {
    SCENE.play(async |scene| {
        let point = scene.access_point();
        let before = point.packages().len();
        point.answer_next(true, |_| WireAnswer::empty(504));
        let known = error(scene, 200, "EBMS:4001");
        point.answer_next(true, |_| known);
        let sent = requested(scene).await;
        attempts(scene, before, 2).await;
        scene.settled().await;
        check_answered(scene, &sent);
        scene.logged(Event::ReceiptReceived);
        assert_eq!(count(scene, Event::DeliveryFailed), 0);
        scene.pass(super::INTERVAL);
        scene.quiet().await;
        assert_eq!(point.packages().len(), before + 2);
    });
}

/// `[P26]` the other side: whoever sends again gets the receipt again, and so does who never got one.
#[test]
fn p26_our_receipt_is_given_again_octet_by_octet() {
    SCENE.play(async |scene| {
        let sent = scene.portal().prepare(&super::good(scene));
        let sent = sent.expect("a request can be written");
        let package = sent.package();
        let first = super::post(scene, package.content_type(), package.body().clone()).await;
        let again = super::post(scene, package.content_type(), package.body().clone()).await;
        assert_eq!((again.status, &again.body), (200, &first.body));
        scene
            .portal()
            .answer(&sent, tests::LIMIT)
            .await
            .expect("an answer");
        scene.settled().await;
        check_answered(scene, &sent);
    });
}

/// `[P27]` [ROB-58] the first attempt failed by its word and was taken all the same.
#[test]
fn p27_a_receipt_after_an_error_is_the_one_outcome() {
    SCENE.play(async |scene| {
        let point = scene.access_point();
        let before = point.packages().len();
        let failed = error(scene, 200, "EBMS:0004");
        point.answer_next(true, |_| failed);
        let sent = requested(scene).await;
        attempts(scene, before, 2).await;
        scene.settled().await;
        check_answered(scene, &sent);
        check_one_outcome(scene);
    });
}

fn check_one_outcome(scene: &Scene) {
    let outcomes = count(scene, Event::ReceiptReceived) + count(scene, Event::DeliveryFailed);
    assert_eq!(outcomes, 1, "{:?}", scene.events());
    scene.logged(Event::ReceiptReceived);
}

/// `[P27]` nothing that comes after a receipt is asked for.
#[test]
fn p27_after_a_receipt_no_error_can_follow() {
    SCENE.play(async |scene| {
        let point = scene.access_point();
        let before = point.packages().len();
        let sent = requested(scene).await;
        scene
            .portal()
            .answer(&sent, tests::LIMIT)
            .await
            .expect("an answer");
        scene.settled().await;
        let late = error(scene, 200, "EBMS:0101");
        let (kind, body) = (late.content_type.unwrap_or_default(), late.body);
        let answer = super::post(scene, &kind, body).await;
        // Recorded, answered with nothing, and without effect. [AS4 2.2]
        assert_eq!((answer.status, answer.body.len()), (202, 0));
        scene.pass(super::INTERVAL);
        scene.quiet().await;
        assert_eq!(point.packages().len(), before + 1);
        check_one_outcome(scene);
    });
}
