//! The same message again, another one under its name, and the one that is for nobody.

use bridge::audit::Event;
use conformance::simulator::{edm, foreign::Delivery};
use ebms::profile;
use tests::LIMIT;

use super::{SCENE, code_of, good, packed, post, times_asked};

/// [AT-11] [AT-45] the identical receipt, and one delivery.
#[test]
fn the_same_message_again_gets_the_identical_receipt() {
    SCENE.play(async |scene| {
        let before = times_asked(scene);
        let sent = packed(scene);
        let package = sent.package();
        let first = post(scene, package.content_type(), package.body().clone()).await;
        assert_eq!(first.status, 200);
        let answer = scene.portal().answer(&sent, LIMIT).await;
        answer.expect("an answer in time");
        for _ in 0..3 {
            let again = post(scene, package.content_type(), package.body().clone()).await;
            assert_eq!((again.status, &again.body), (200, &first.body));
        }
        scene.settled().await;
        assert_eq!(scene.portal().answers(&sent).len(), 1);
        assert_eq!(times_asked(scene), before + 1);
        scene.logged(Event::RequestReceived);
        scene.logged(Event::ResponseSent);
        scene.agreed();
    });
}

/// [EBMS:0003] the second message is refused, the first one's answer is not touched.
#[test]
fn another_message_under_the_same_id_is_refused() {
    SCENE.play(async |scene| {
        let before = times_asked(scene);
        let first = scene.portal().request(&good(scene)).await;
        let first = first.expect("the bridge can be reached");
        assert_eq!(first.delivery, Delivery::Acknowledged);
        scene
            .portal()
            .answer(&first, LIMIT)
            .await
            .expect("an answer");
        let facts = scene.portal().facts(&good(scene));
        let second = scene
            .portal()
            .send_edm(edm::request(&facts).into(), |letter| {
                letter.message_id.clone_from(&first.message_id);
            })
            .await
            .expect("the bridge can be reached");
        assert_eq!(
            second.delivery,
            Delivery::Refused(vec!["EBMS:0003".to_owned()])
        );
        let refused = scene.logged(Event::RequestRefused);
        assert_eq!(refused.error_code.as_deref(), Some("EBMS:0003"));
        assert_eq!(refused.ebms_message_id.as_ref(), Some(&first.message_id));
        scene.settled().await;
        assert_eq!(times_asked(scene), before + 1);
        // The first one still gets its receipt.
        let again = scene.portal().resend(&first).await;
        assert_eq!(again.expect("an answer"), Delivery::Acknowledged);
    });
}

/// The same octets get the same refusal, and never a receipt. [ROB 8]
#[test]
fn a_refused_message_is_refused_again() {
    SCENE.play(async |scene| {
        let sent = packed(scene);
        let package = sent.package();
        let mut body = package.body().to_vec();
        let place = body.len() - 200;
        *body.get_mut(place).expect("an octet") ^= 1;
        for _ in 0..2 {
            let answer = post(scene, package.content_type(), body.clone().into()).await;
            assert_eq!(code_of(&answer).as_deref(), Some("EBMS:0102"));
        }
        assert_eq!(scene.events(), [Event::RequestRefused; 2]);
    });
}

/// [AT-47] answered and never handed on.
#[test]
fn a_ping_gets_its_receipt_and_goes_no_further() {
    SCENE.play(async |scene| {
        let before = times_asked(scene);
        let sent = scene
            .portal()
            .send_edm(bytes::Bytes::new(), |letter| {
                letter.service = Some((profile::TEST_SERVICE.to_owned(), None));
                letter.action = profile::TEST_ACTION.to_owned();
                letter.payloads.clear();
            })
            .await
            .expect("the bridge can be reached");
        assert_eq!(sent.delivery, Delivery::Acknowledged);
        scene.settled().await;
        assert!(scene.portal().answers(&sent).is_empty());
        assert_eq!(times_asked(scene), before);
        assert!(scene.events().is_empty());
        let again = scene.portal().resend(&sent).await;
        assert_eq!(again.expect("an answer"), Delivery::Acknowledged);
    });
}
