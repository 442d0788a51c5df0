//! Messages that come more than once.

use bridge::audit::Event;
use conformance::simulator::{edm::EdmVersion, world::GermanEvidence};
use tests::LIMIT;
use tokio::task::JoinSet;

use super::SCENE;

/// [ROB-46] fifty copies at once: one is taken, and whoever gets an answer other than "busy" gets
/// the same.
#[test]
fn rob46_of_fifty_copies_at_once_one_is_delivered() {
    SCENE.play(async |scene| {
        let evidence = GermanEvidence::BirthCertificate;
        let asked = scene.register(evidence).times_asked();
        let request = scene.world().request(EdmVersion::V2_0, evidence);
        let sent = scene.portal().prepare(&request).expect("a message");
        let package = sent.package();
        let mut copies = JoinSet::new();
        for _ in 0..50 {
            let point = scene.access_point().clone();
            let (content_type, body) = (package.content_type().to_owned(), package.body().clone());
            copies.spawn(async move { point.post_raw(&content_type, body).await });
        }
        let (mut receipts, mut busy) = (Vec::new(), 0);
        while let Some(answer) = copies.join_next().await {
            let answer = answer.expect("a task").expect("the bridge can be reached");
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            match answer.status {
                200 => receipts.push(text),
                // [EBMS:0202]
                503 => {
                    assert!(text.contains("EBMS:0202"), "{text}");
                    assert!(answer.header("Retry-After").is_some());
                    busy += 1;
                }
                other => panic!("{other}: {text}"),
            }
        }
        println!("50 copies: {} receipts, {busy} times busy", receipts.len());
        let first = receipts.first().expect("a receipt").clone();
        assert!(first.contains("NonRepudiationInformation"), "{first}");
        assert!(receipts.iter().all(|receipt| *receipt == first));
        let answer = scene.portal().answer(&sent, LIMIT).await;
        answer.expect("an answer");
        let posted = scene
            .access_point()
            .post_raw(package.content_type(), package.body().clone());
        let again = posted.await.expect("the bridge can be reached");
        assert_eq!(String::from_utf8_lossy(&again.body), first);
        scene.settled().await;
        assert_eq!(scene.portal().answers(&sent).len(), 1);
        assert_eq!(scene.register(evidence).times_asked(), asked + 1);
        scene.logged(Event::RequestReceived);
        scene.agreed();
    });
}
