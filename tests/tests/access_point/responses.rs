//! Answers from abroad that nobody waits for.

use std::fs;

use bridge::{
    audit::{
        Event,
        search::{Query, search},
    },
    demo::{Stage, StageOptions},
    world::World,
};
use conformance::{
    pki::{Authority, Key},
    simulator::{
        data_consumer::{Decision, Order, Placement},
        foreign::{AccessPoint, AccessPointSpec, Answering, Delivery, Letter, PartyName, Question},
        http::TlsIdentity,
        world::ForeignEvidence,
    },
};
use ebms::{Payload, profile};
use tests::{LIMIT, Scene};

use super::SCENE;

async fn asked(stage: &Stage) -> (Order, Question) {
    let world = stage.world();
    let provider = world.foreign().provider();
    provider.set_answering(Answering::Silent);
    let number = provider.questions().len() + 1;
    let spec = world.order(&[ForeignEvidence::VehicleCertificate]);
    let placed = world.consumer().place(&spec).await;
    let order = match placed.expect("the bridge can be reached") {
        Placement::Accepted(order) => order,
        Placement::Refused { refusal, .. } => panic!("{refusal:?}"),
    };
    let question = tokio::select! {
        question = provider.wait_for_question(number, LIMIT) => question,
        arrival = world.consumer().browse(&order, Decision::Confirm) => {
            panic!("the user is back without an answer: {arrival:?}")
        }
    };
    (order, question.expect("a request abroad"))
}

/// An error answer to a question: an answer like any other, and quickly made.
fn answer(stage: &Stage, question: &Question) -> Letter {
    let foreign = stage.world().foreign();
    let cid = foreign.access_point().content_id();
    let text = tests::Sample::published("v2.0/xml/edm/error-object-not-found.xml");
    let text = text.map(|text| text.with_root("requestId", question.request_id()));
    let content = text.map_or_else(Default::default, |text| text.bytes());
    let cid = cid.parse().expect("a content id");
    let payload = Payload::new(cid, "application/x-ebrs+xml", content);
    let action = profile::EXCEPTION_RESPONSE;
    foreign.provider().reply(question, action, vec![payload])
}

async fn state(stage: &Stage, order: &Order) -> String {
    let state = stage.world().consumer().state(order).await;
    let state = state.expect("the bridge can be reached");
    let state = state.get("state").and_then(serde_json::Value::as_str);
    state.unwrap_or("unknown").to_owned()
}

/// [ROB-73] acknowledged, recorded, and answered with nothing.
#[test]
fn rob73_an_answer_to_an_unknown_request_is_recorded_and_not_answered() {
    if tests::reference().is_none() {
        return;
    }
    SCENE.play(async |scene: &Scene| {
        let (order, question) = asked(scene.stage()).await;
        let mut letter = answer(scene.stage(), &question);
        letter.conversation_id = scene.clock().uuid().to_string();
        let before = scene.access_point().packages().len();
        let sent = scene.access_point().send(&letter).await;
        assert_eq!(sent.expect("an answer"), Delivery::Acknowledged);
        let refused = scene.logged(Event::ResponseRefused);
        assert_eq!(refused.ebms_message_id.as_ref(), Some(&letter.message_id));
        scene.quiet().await;
        assert_eq!(scene.access_point().packages().len(), before);
        assert_eq!(state(scene.stage(), &order).await, "sent");
        let deleted = scene.consumer().delete(&order).await;
        deleted.expect("the bridge can be reached");
    });
}

/// [ROB-74] the first answer counts, the second is recorded.
#[test]
fn rob74_of_two_answers_the_first_counts() {
    if tests::reference().is_none() {
        return;
    }
    SCENE.play(async |scene: &Scene| {
        let (order, question) = asked(scene.stage()).await;
        let first = answer(scene.stage(), &question);
        let second = answer(scene.stage(), &question);
        for letter in [&first, &second] {
            let sent = scene.access_point().send(letter).await;
            assert_eq!(sent.expect("an answer"), Delivery::Acknowledged);
        }
        let taken = scene.logged(Event::ErrorReceived);
        assert_eq!(taken.ebms_message_id.as_ref(), Some(&first.message_id));
        let refused = scene.logged(Event::ResponseRefused);
        assert_eq!(refused.ebms_message_id.as_ref(), Some(&second.message_id));
        let deleted = scene.consumer().delete(&order).await;
        deleted.expect("the bridge can be reached");
    });
}

/// A second member state that the bridge knows as well as the first.
fn neighbor(stage: &Stage, clock: &World) -> AccessPoint {
    let now = clock.now();
    let authority = Authority::new("Neighbor", now).expect("an authority");
    let identity = authority.signing("AP_AT_01", Key::Rsa2048, now);
    let identity = identity.expect("a certificate");
    let folder = stage.config_path();
    let folder = folder.parent().expect("a folder").join("partners");
    let known = fs::read_to_string(folder.join("fr.toml")).expect("a partner file");
    let text = known
        .replace("\"FR\"", "\"AT\"")
        .replace("AP_FR_01", "AP_AT_01")
        .replace("fr-signing.pem", "at-signing.pem");
    fs::write(folder.join("at.toml"), text).expect("a file");
    fs::write(folder.join("at-signing.pem"), identity.chain_pem()).expect("a file");
    let own = stage.world().foreign().access_point();
    let spec = AccessPointSpec {
        party: PartyName {
            id: "AP_AT_01".to_owned(),
            ..own.spec().party.clone()
        },
        signing: TlsIdentity {
            chain_pem: identity.chain_pem().to_owned(),
            key_pem: identity.key_pem().to_owned(),
        },
        ..own.spec().clone()
    };
    let neighbor = AccessPoint::new(spec, own.source().clone(), own.journal().clone());
    neighbor.expect("an access point")
}

/// [ROB-75] whoever was not asked cannot answer, however well it is known.
#[tokio::test(flavor = "multi_thread")]
async fn rob75_an_answer_from_a_party_that_was_not_asked_is_refused() {
    if tests::reference().is_none() {
        return;
    }
    let clock = World::frozen("2026-08-06T10:00:00Z".parse().expect("a time"), 75);
    let stage = Stage::start(StageOptions::default(), clock.clone()).await;
    let mut stage = stage.expect("the stage starts");
    let at = neighbor(&stage, &clock);
    stage.restart().await.expect("the bridge starts again");
    let (order, question) = asked(&stage).await;
    let letter = answer(&stage, &question);
    let sent = at.send(&letter).await;
    assert_eq!(sent.expect("an answer"), Delivery::Acknowledged);
    assert_eq!(state(&stage, &order).await, "sent");
    // The one that was asked still can.
    let letter = answer(&stage, &question);
    let sent = stage.world().foreign().access_point().send(&letter).await;
    assert_eq!(sent.expect("an answer"), Delivery::Acknowledged);
    let running = stage.running().expect("a running bridge");
    let log = running.platform().config().audit().path().to_owned();
    let log = search(&log, &Query::default()).expect("the audit log can be read");
    let events = |event| log.iter().filter(|it| it.facts.event == event).count();
    assert_eq!(events(Event::ResponseRefused), 1);
    assert_eq!(events(Event::ErrorReceived), 1);
    stage.stop().await;
}
