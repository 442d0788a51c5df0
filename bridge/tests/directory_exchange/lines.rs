//! Services that speak several lines: which line is asked first, and when another one too.

use bridge::directory::{
    LookUpError, Offers, RequirementsQuery, UserInput,
    answer::{ErrorCode, Outcome},
};
use conformance::simulator::common_services::{Line, Misbehavior};

use super::{Scene, T4, found, wanted};

#[tokio::test]
async fn nothing_is_said_only_after_both_lines() {
    let scene = Scene::new().await;
    let query = RequirementsQuery::new("T1".parse().unwrap(), "DE".parse().unwrap());
    for _ in 0..2 {
        let answer = scene.directory.requirements(&query).await.unwrap();
        let Outcome::Refused(refusal) = answer.value() else {
            panic!("found");
        };
        assert_eq!(refusal.code(), &ErrorCode::BrokerEmpty);
    }
    // [AT-49] a refusal is not kept, so both lines were asked twice.
    assert_eq!(scene.asked().len(), 4);
    assert!(scene.asked()[1].contains("oots-cs:v1.2"));
    assert!(scene.journal.complaints().is_empty());
}

#[tokio::test]
async fn a_service_published_on_the_older_line_only_is_found() {
    let scene = Scene::new().await;
    let services = found(scene.services(T4, UserInput::default()).await);
    assert_eq!(services[0].evidence_type().as_str(), T4);
    let lines = ["oots-cs:v2.0", "oots-cs:v1.2"];
    for (asked, line) in scene.asked().iter().zip(lines) {
        assert!(asked.contains(line), "{asked}");
    }
}

#[tokio::test]
async fn a_service_of_one_line_only_is_understood() {
    for line in Line::ALL {
        let scene = Scene::speaking(&[line]).await;
        let candidates = scene.outlook(&wanted()).await;
        assert_eq!(candidates.alternatives().len(), 2, "{line:?}");
        let (_, Offers::From(offers)) = candidates.alternatives()[0].types().next().unwrap() else {
            panic!("{line:?}");
        };
        assert_eq!(offers.len(), 4, "{line:?}");
    }
}

// A service that has no line of ours may also say so with a status.
#[tokio::test]
async fn the_other_line_is_tried_after_not_acceptable() {
    let scene = Scene::new().await;
    scene.misbehave(Misbehavior::Status(406));
    let error = scene.types().await.unwrap_err();
    assert!(matches!(error, LookUpError::Status(406)));
    assert!(!error.is_outage());
    assert_eq!(scene.asked().len(), 2);
}
