//! Conversations and the properties of both releases.

use std::collections::BTreeSet;

use conformance::simulator::{
    data_consumer::Collection,
    edm::{self, EdmVersion},
    foreign::{Delivery, Outcome, RequestSpec},
    world::{ForeignEvidence, GermanEvidence},
};
use ebms::{Property, profile};
use tests::{LIMIT, Scene};

use super::{SCENE, check_answered, good, times_asked};

/// `[AS4_CP_TA18]` the portal names no conversation: the bridge makes one, and tells it.
#[test]
fn ta18_a_conversation_is_made_where_the_producer_names_none() {
    SCENE.play(async |scene| {
        let mut seen = BTreeSet::new();
        for _ in 0..2 {
            let spec = scene.world().order(&[ForeignEvidence::VehicleCertificate]);
            let ordered = scene.consumer().order(&spec).await.expect("an order");
            assert!(matches!(ordered.collection, Collection::Evidence(_)));
            let order = ordered.order.expect("an order that was taken");
            let questions = scene.provider().questions();
            let question = questions.last().expect("a request abroad");
            let conversation = question.conversation_id();
            assert_eq!(conversation, order.conversation_id);
            let parsed: Result<uuid::Uuid, _> = conversation.parse();
            assert!(parsed.is_ok(), "{conversation}");
            assert!(seen.insert(conversation.to_owned()));
        }
        scene.settled().await;
        scene.agreed();
    });
}

/// `[AS4_CP_TA02]` `[AS4_CP_TA19]` `[P43]` an answer stays in the conversation of its request; several
/// requests may be in one.
#[test]
fn ta19_every_answer_stays_in_the_conversation_of_its_request() {
    SCENE.play(async |scene| {
        let conversation = scene.clock().uuid().to_string();
        let mut all = Vec::new();
        for _ in 0..3 {
            let spec = RequestSpec {
                conversation_id: Some(conversation.clone()),
                ..good(scene)
            };
            let sent = scene.portal().request(&spec).await;
            let sent = sent.expect("the bridge can be reached");
            assert_eq!(sent.delivery, Delivery::Acknowledged);
            scene
                .portal()
                .answer(&sent, LIMIT)
                .await
                .expect("an answer");
            all.push(sent);
        }
        scene.settled().await;
        // The portal objects to an answer in another conversation.
        for sent in &all {
            assert_eq!(sent.conversation_id, conversation);
            check_answered(scene, sent);
        }
        scene.agreed();
    });
}

/// `[P43]` [AS4 3.2] one-way: an answer names its request in the document and not in the header.
#[test]
fn p43_requests_of_one_conversation_are_told_apart() {
    SCENE.play(async |scene| {
        let conversation = scene.clock().uuid().to_string();
        let spec = || RequestSpec {
            conversation_id: Some(conversation.clone()),
            ..good(scene)
        };
        let (first, second) = (spec(), spec());
        let (first, second) = tokio::join!(
            scene.portal().request(&first),
            scene.portal().request(&second)
        );
        for sent in [first, second] {
            let sent = sent.expect("the bridge can be reached");
            scene
                .portal()
                .answer(&sent, LIMIT)
                .await
                .expect("an answer");
            check_answered(scene, &sent);
        }
        scene.settled().await;
        scene.agreed();
    });
}

/// Acknowledged as a message, refused as a request, with this rule.
async fn check_header(scene: &Scene, version: EdmVersion, properties: &[Property], rule: &str) {
    let before = times_asked(scene);
    let spec = scene
        .world()
        .request(version, GermanEvidence::BirthCertificate);
    let facts = scene.portal().facts(&spec);
    let sent = scene
        .portal()
        .send_edm(edm::request(&facts).into(), |letter| {
            let corners = [profile::ORIGINAL_SENDER, profile::FINAL_RECIPIENT];
            letter
                .properties
                .retain(|property| corners.contains(&property.name()));
            letter.properties.extend_from_slice(properties);
        })
        .await
        .expect("the bridge can be reached");
    assert_eq!(sent.delivery, Delivery::Acknowledged);
    let answer = scene.portal().answer(&sent, LIMIT).await;
    let answer = answer.expect("an answer in time");
    let Outcome::Error { code, detail } = &answer.outcome else {
        panic!("{:?}", answer.outcome);
    };
    assert_eq!(code, "EDM:ERR:0003");
    let detail = detail.clone().unwrap_or_default();
    assert!(detail.contains(rule), "{detail}");
    scene.settled().await;
    assert_eq!(times_asked(scene), before);
}

/// `[P44]` [ROB-60] [ROB-62] [R-EDM-ebMS-018]
#[test]
fn p44_a_header_of_the_other_release_is_acknowledged_and_refused_by_the_data_model() {
    SCENE.play(async |scene| {
        let four = [
            Property::new(profile::EXCHANGE_ID, "5f0e64a6-0a2b-4d0e-9f5e-0c6a2d8b7e11"),
            Property::new(profile::SPECIFICATION_ID, "oots-edm:v2.0"),
        ];
        check_header(scene, EdmVersion::V1_2, &four, "R-EDM-ebMS-").await;
    });
    SCENE.play(async |scene| {
        check_header(scene, EdmVersion::V2_0, &[], "R-EDM-ebMS-").await;
    });
}

/// [ROB-62] [R-EDM-ebMS-038]
#[test]
fn rob62_a_release_in_the_header_that_is_not_that_of_the_document_is_refused() {
    for release in ["oots-edm:v1.2", "oots-edm:v3.0"] {
        SCENE.play(async |scene| {
            let four = [
                Property::new(profile::EXCHANGE_ID, &scene.clock().uuid().to_string()),
                Property::new(profile::SPECIFICATION_ID, release),
            ];
            check_header(scene, EdmVersion::V2_0, &four, "R-EDM-ebMS-").await;
        });
    }
}
