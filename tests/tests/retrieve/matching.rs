//! Answers that belong to no waiting request: acknowledged, recorded, and without any effect.

use std::time::Duration;

use bridge::audit::Event;
use conformance::simulator::{
    data_consumer::Collection,
    foreign::{Delivery, Letter},
};
use ebms::{Property, profile};
use tests::Sample;

use super::{Asked, Reply, SCENE, asked, becomes, certificate_2_0, drop_order, pdf, send, state};

/// The answer is refused, the order waits as before, and the right answer is still taken. [AT-10]
/// [R-EDM-RESP-C001]
fn check_refused(
    spoil: impl Fn(&mut Reply, &mut Option<String>),
    header: impl Fn(&mut Letter, String),
) {
    SCENE.play(async |scene| {
        let Asked { order, question } = asked(scene, "2.0").await;
        let Some(mut reply) = certificate_2_0(&question) else {
            return drop_order(scene, &order).await;
        };
        let good = certificate_2_0(&question).expect("it was there before");
        let mut request = Some(question.request_id().to_owned());
        spoil(&mut reply, &mut request);
        let mut letter = reply.letter(scene, &question);
        header(&mut letter, scene.clock().uuid().to_string());
        assert_eq!(send(scene, &letter).await, Delivery::Acknowledged);
        let refused = scene.logged(Event::ResponseRefused);
        assert_eq!(refused.ebms_message_id.as_ref(), Some(&letter.message_id));
        assert_eq!(refused.edm_request_id, request);
        assert_eq!(refused.rule_id.as_deref(), Some("R-EDM-RESP-C001"));
        assert_eq!(state(scene, &order).await, "sent");
        let delivery = good.send(scene, "2.0", &question).await;
        assert_eq!(delivery, Delivery::Acknowledged);
        let attempt = scene.consumer().ask(&order).await.expect("an answer");
        let collection = scene.consumer().judge(&order, &attempt);
        assert!(
            matches!(collection, Collection::Evidence(_)),
            "{collection:?}"
        );
        scene.agreed();
        drop_order(scene, &order).await;
    });
}

#[test]
fn an_answer_to_another_request_is_refused() {
    let other = "urn:uuid:0b7d3f9e-5a41-4b2c-9a55-1f0c2d3e4f50";
    check_refused(
        |reply, request| {
            reply.response = reply.response.clone().with_root("requestId", other);
            *request = Some(other.to_owned());
        },
        |_, _| {},
    );
}

#[test]
fn an_answer_in_another_conversation_is_refused() {
    check_refused(|_, _| {}, |letter, id| letter.conversation_id = id);
}

#[test]
fn an_answer_in_another_exchange_is_refused() {
    check_refused(
        |_, _| {},
        |letter, id| {
            let exchange = |property: &&mut Property| property.name() == profile::EXCHANGE_ID;
            let found = letter.properties.iter_mut().find(exchange);
            *found.expect("an exchange") = Property::new(profile::EXCHANGE_ID, &id);
        },
    );
}

/// [R-EDM-ERR-C025] an error that names no request belongs to none.
#[test]
fn an_error_that_names_no_request_is_refused() {
    let Some(error) = Sample::published("v2.0/xml/derived/error-0003-without-request-id.xml")
    else {
        return;
    };
    check_refused(
        |reply, request| {
            reply.response = error.clone();
            reply.documents.clear();
            *request = None;
        },
        |_, _| {},
    );
}

/// [AT-11] a second answer in another message changes nothing.
#[test]
fn a_second_answer_is_refused() {
    SCENE.play(async |scene| {
        let Asked { order, question } = asked(scene, "2.0").await;
        let Some(first) = certificate_2_0(&question) else {
            return drop_order(scene, &order).await;
        };
        let delivery = first.send(scene, "2.0", &question).await;
        assert_eq!(delivery, Delivery::Acknowledged);
        let mut second = certificate_2_0(&question).expect("it was there before");
        second.documents = vec![("application/pdf", pdf(99))];
        let letter = second.letter(scene, &question);
        assert_eq!(send(scene, &letter).await, Delivery::Acknowledged);
        let refused = scene.logged(Event::ResponseRefused);
        assert_eq!(refused.ebms_message_id.as_ref(), Some(&letter.message_id));
        let attempt = scene.consumer().ask(&order).await.expect("an answer");
        let collection = scene.consumer().judge(&order, &attempt);
        assert!(
            matches!(collection, Collection::Evidence(_)),
            "{collection:?}"
        );
        // The first document, and only that one.
        scene.agreed();
        let letter = second.letter(scene, &question);
        assert_eq!(send(scene, &letter).await, Delivery::Acknowledged);
        drop_order(scene, &order).await;
        let letter = second.letter(scene, &question);
        assert_eq!(send(scene, &letter).await, Delivery::Acknowledged);
        let events = scene.events();
        let refused = events.iter().filter(|e| **e == Event::ResponseRefused);
        assert_eq!(
            refused.count(),
            3,
            "before, after, and long after collection"
        );
    });
}

/// [AT-15] a reference without its document, a document without its reference.
#[test]
fn an_answer_that_does_not_fit_its_documents_is_unusable() {
    SCENE.play(async |scene| {
        for missing in [true, false] {
            let Asked { order, question } = asked(scene, "2.0").await;
            let Some(reply) = certificate_2_0(&question) else {
                return drop_order(scene, &order).await;
            };
            let mut letter = reply.letter(scene, &question);
            if missing {
                letter.payloads.truncate(1);
            } else {
                let id = scene.access_point().content_id();
                let stray = ebms::Payload::new(
                    id.parse().expect("a content id"),
                    "application/pdf",
                    pdf(7),
                );
                letter.payloads.push(stray);
            }
            assert_eq!(send(scene, &letter).await, Delivery::Acknowledged);
            let attempt = scene.consumer().ask(&order).await.expect("an answer");
            let Collection::Refused(refusal) = scene.consumer().judge(&order, &attempt) else {
                panic!("{:?}", attempt.answer);
            };
            assert_eq!(refusal.status, 409);
            assert_eq!(refusal.code.as_deref(), Some("EDM:ERR:0008"));
            drop_order(scene, &order).await;
        }
        scene.agreed();
    });
}

/// T1 of the requester is six minutes. [AT-34]
const TOO_LATE: Duration = Duration::from_secs(6 * 60 + 1);
/// How long a late answer still counts.
const GRACE: Duration = Duration::from_secs(3600 + 1);

/// [AT-12] no answer in time is a presumption that a genuine one overrules.
#[test]
fn a_late_answer_within_the_grace_counts() {
    SCENE.play(async |scene| {
        let Asked { order, question } = asked(scene, "2.0").await;
        let Some(reply) = certificate_2_0(&question) else {
            return drop_order(scene, &order).await;
        };
        // The receipt of the request is in, and nothing is in work.
        scene.quiet().await;
        scene.pass(TOO_LATE);
        becomes(scene, &order, "expired").await;
        let attempt = scene.consumer().ask(&order).await.expect("an answer");
        let Collection::Refused(refusal) = scene.consumer().judge(&order, &attempt) else {
            panic!("{:?}", attempt.answer);
        };
        assert_eq!(refusal.status, 409);
        assert_eq!(refusal.code.as_deref(), Some("EDM:ERR:0005"));
        let delivery = reply.send(scene, "2.0", &question).await;
        assert_eq!(delivery, Delivery::Acknowledged);
        let attempt = scene.consumer().ask(&order).await.expect("an answer");
        let collection = scene.consumer().judge(&order, &attempt);
        assert!(
            matches!(collection, Collection::Evidence(_)),
            "{collection:?}"
        );
        scene.agreed();
        drop_order(scene, &order).await;
        let events = scene.events();
        let place = |event| events.iter().position(|other| *other == event);
        assert!(
            place(Event::Expired) < place(Event::ResponseReceived),
            "{events:?}"
        );
        assert!(place(Event::ResponseReceived).is_some());
    });
}

#[test]
fn an_answer_after_the_grace_is_refused() {
    SCENE.play(async |scene| {
        let Asked { order, question } = asked(scene, "2.0").await;
        let Some(reply) = certificate_2_0(&question) else {
            return drop_order(scene, &order).await;
        };
        // The receipt of the request is in, and nothing is in work.
        scene.quiet().await;
        scene.pass(TOO_LATE);
        becomes(scene, &order, "expired").await;
        scene.pass(GRACE);
        becomes(scene, &order, "unknown").await;
        let letter = reply.letter(scene, &question);
        assert_eq!(send(scene, &letter).await, Delivery::Acknowledged);
        let refused = scene.logged(Event::ResponseRefused);
        assert_eq!(refused.ebms_message_id.as_ref(), Some(&letter.message_id));
        let attempt = scene.consumer().ask(&order).await.expect("an answer");
        let Collection::Refused(refusal) = scene.consumer().judge(&order, &attempt) else {
            panic!("{:?}", attempt.answer);
        };
        assert_eq!(refusal.status, 410);
        assert_eq!(refusal.code.as_deref(), Some("EDM:ERR:0005"));
        scene.agreed();
    });
}
