//! The same message again, at once and after days; another one under its name.

use std::time::Duration;

use bridge::audit::Event;
use conformance::simulator::{
    edm,
    foreign::{Delivery, Outcome, RequestSpec},
};
use tests::LIMIT;

use super::{SCENE, check_answered, code_of, count, good, post, requested, times_asked};

const DAY: Duration = Duration::from_secs(86_400);
const HOUR: Duration = Duration::from_secs(3_600);

/// [ROB-49] within the window the receipt again, after it a refusal; the register is asked once.
#[test]
fn rob49_the_receipt_is_repeated_for_days_and_the_request_never() {
    SCENE.play(async |scene| {
        let before = times_asked(scene);
        let spec = RequestSpec {
            request_id: Some(scene.clock().uuid().to_string()),
            ..good(scene)
        };
        let sent = scene.portal().prepare(&spec).expect("a request");
        let package = sent.package();
        let send = || post(scene, package.content_type(), package.body().clone());
        let first = send().await;
        assert_eq!(first.status, 200);
        scene
            .portal()
            .answer(&sent, LIMIT)
            .await
            .expect("an answer");
        scene.settled().await;
        scene.pass(DAY * 6 + HOUR * 23);
        let again = send().await;
        assert_eq!((again.status, &again.body), (200, &first.body));
        scene.pass(HOUR * 2);
        let late = send().await;
        assert_eq!(code_of(&late).as_deref(), Some("EBMS:0004"));
        // In a message of today: the request is known for as long as the log is kept.
        let replayed = scene.portal().request(&spec).await;
        let replayed = replayed.expect("the bridge can be reached");
        assert_eq!(replayed.delivery, Delivery::Acknowledged);
        scene.quiet().await;
        let mut answers = scene.portal().answers(&sent);
        answers.extend(scene.portal().answers(&replayed));
        let errors: Vec<_> = answers
            .into_iter()
            .filter_map(|answer| match answer.outcome {
                Outcome::Error { code, .. } => Some(code),
                _ => None,
            })
            .collect();
        assert_eq!(errors, ["EDM:ERR:0003"]);
        scene.settled().await;
        assert_eq!(times_asked(scene), before + 1);
    });
}

/// [ROB-47] [EBMS:0003]
#[test]
fn rob47_other_content_under_a_known_id_is_refused() {
    SCENE.play(async |scene| {
        let before = times_asked(scene);
        let first = requested(scene).await;
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
                letter.conversation_id.clone_from(&first.conversation_id);
            })
            .await
            .expect("the bridge can be reached");
        let refused = Delivery::Refused(vec!["EBMS:0003".to_owned()]);
        assert_eq!(second.delivery, refused);
        scene.settled().await;
        check_answered(scene, &first);
        assert_eq!(times_asked(scene), before + 1);
        let refused = scene.logged(Event::RequestRefused);
        assert_eq!(refused.error_code.as_deref(), Some("EBMS:0003"));
    });
}

/// [ROB-48] a refusal is no claim: the same octets are refused with the same words again, and the
/// message they were made from is taken.
#[test]
fn rob48_a_refused_message_is_refused_again_and_its_id_stays_free() {
    SCENE.play(async |scene| {
        let sent = scene.portal().prepare(&good(scene)).expect("a request");
        let package = sent.package();
        let text = String::from_utf8_lossy(package.body()).into_owned();
        let action = text.find("ExecuteQueryRequest").expect("an action");
        let mut changed = package.body().to_vec();
        *changed.get_mut(action).expect("an octet") = b'e';
        for number in 1..=3 {
            let answer = post(scene, package.content_type(), changed.clone().into()).await;
            let code = code_of(&answer);
            assert!(matches!(code.as_deref(), Some("EBMS:0001" | "EBMS:0101")));
            assert_eq!(count(scene, Event::RequestRefused), number);
        }
        let taken = scene.portal().resend(&sent).await;
        assert_eq!(taken.expect("an answer"), Delivery::Acknowledged);
        scene
            .portal()
            .answer(&sent, LIMIT)
            .await
            .expect("an answer");
        scene.settled().await;
        check_answered(scene, &sent);
    });
}
