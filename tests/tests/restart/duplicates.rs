//! What was answered before a crash is known after it.

use conformance::simulator::foreign::{Delivery, Outcome, RequestSpec};

use super::{
    ground::{Ground, LIMIT},
    with_either_store,
};

with_either_store! {
    a_repeated_message_gets_the_identical_receipt
    a_request_id_is_not_answered_twice
}

/// [AS4 3.2] The receipt is a proof: there is one, and it does not change.
async fn a_repeated_message_gets_the_identical_receipt(g: &mut Ground) {
    let sent = g.portal().prepare(&g.request()).unwrap();
    let package = sent.package().clone();
    let post = async |g: &Ground| {
        let content_type = package.content_type();
        let posted = g
            .access_point()
            .post_raw(content_type, package.body().clone());
        posted.await.unwrap()
    };
    let first = post(g).await;
    g.answer(&sent).await;
    let second = post(g).await;
    g.crash().await;
    let third = post(g).await;
    assert_eq!((first.status, third.status), (200, 200));
    assert!(String::from_utf8_lossy(&first.body).contains("NonRepudiationInformation"));
    assert_eq!(first.body, second.body);
    assert_eq!(first.body, third.body);
    assert_eq!(g.portal().answers(&sent).len(), 1);
    assert_eq!(g.register().times_asked(), 1);
    g.check_ledgers();
}

/// [AT-37] The same request id in another message is refused, however often the bridge died.
async fn a_request_id_is_not_answered_twice(g: &mut Ground) {
    let first = g.ask().await;
    g.answer(&first).await;
    g.crash().await;
    let repeated = RequestSpec {
        request_id: first.request_id.clone(),
        ..g.request()
    };
    let second = g.portal().request(&repeated).await.unwrap();
    assert_eq!(second.delivery, Delivery::Acknowledged);
    assert_ne!(second.message_id, first.message_id);
    let answer = g.portal().answer(&second, LIMIT).await.expect("an answer");
    match &answer.outcome {
        Outcome::Error { code, .. } => assert_eq!(code, "EDM:ERR:0003"),
        other => panic!("{other:?}"),
    }
    assert_eq!(g.register().times_asked(), 1);
    assert_eq!(g.portal().answers(&first).len(), 1);
    assert_eq!(g.stage.world().journal().disagreements(0), [""; 0]);
}
