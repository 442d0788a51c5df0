//! Route provide, killed at its two waits: for the register, and for the receipt of the answer.

use conformance::simulator::{foreign::Receiving, register::Mood};

use super::{
    ground::{Ground, LIMIT},
    with_either_store,
};

with_either_store! {
    a_request_is_answered_when_the_bridge_dies_while_the_register_works
    an_answer_without_receipt_is_repeated_and_arrives_once
    an_answer_that_was_turned_away_is_repeated
}

async fn a_request_is_answered_when_the_bridge_dies_while_the_register_works(g: &mut Ground) {
    g.register().set_mood(Mood::Held);
    let sent = g.ask().await;
    g.steps(QUESTION, 1).await;
    g.bridge.kill().await.unwrap();
    let began = g.clock.monotonic();
    g.bridge.start().await.unwrap();
    let asked = g.steps(QUESTION, 2).await;
    g.report("register is asked again after", began);
    assert_eq!(asked[0].keys.national, asked[1].keys.national);
    assert_eq!(asked[0].bytes, asked[1].bytes);
    g.register().release();
    g.answer(&sent).await;
    assert_eq!(g.portal().answers(&sent).len(), 1);
    assert_eq!(g.access_point().packages().len(), 1);
    g.check_ledgers();
}

async fn an_answer_without_receipt_is_repeated_and_arrives_once(g: &mut Ground) {
    g.access_point().set_receiving(Receiving::Held);
    let sent = g.ask().await;
    let answer = g.answer(&sent).await;
    g.bridge.kill().await.unwrap();
    g.access_point().set_receiving(Receiving::Normal);
    let began = g.clock.monotonic();
    g.bridge.start().await.unwrap();
    let packages = g.access_point().wait_for_packages(2, LIMIT).await.unwrap();
    g.report("answer is sent again after", began);
    assert_eq!(packages[0], packages[1]);
    let repeated = g.steps("duplicate", 1).await;
    assert_eq!(repeated[0].id, answer.message_id);
    assert_eq!(g.portal().answers(&sent).len(), 1);
    assert_eq!(g.register().times_asked(), 1);
    g.check_ledgers();
}

async fn an_answer_that_was_turned_away_is_repeated(g: &mut Ground) {
    g.access_point().set_receiving(Receiving::Busy);
    let sent = g.ask().await;
    g.access_point().wait_for_packages(1, LIMIT).await.unwrap();
    g.bridge.kill().await.unwrap();
    g.access_point().set_receiving(Receiving::Normal);
    g.bridge.start().await.unwrap();
    g.answer(&sent).await;
    let packages = g.access_point().packages();
    assert!(packages.iter().all(|package| *package == packages[0]));
    assert_eq!(g.portal().answers(&sent).len(), 1);
    assert_eq!(g.register().times_asked(), 1);
    g.check_ledgers();
}

const QUESTION: &str = "DE.EvidenceRequest.0301";
