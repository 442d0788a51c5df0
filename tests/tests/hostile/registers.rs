//! Registers that cannot be reached, or whose answer is not the answer to the question.

use std::time::Duration;

use bridge::audit::Event;
use conformance::simulator::{
    foreign::{Delivery, Receiving, Sent},
    register::Mood,
    world::GermanEvidence,
};
use tests::{LIMIT, Scene};

use super::{SCENE, check_error, good};

async fn sent(scene: &Scene) -> Sent {
    let sent = scene.portal().request(&good(scene)).await;
    let sent = sent.expect("the bridge can be reached");
    assert_eq!(sent.delivery, Delivery::Acknowledged);
    sent
}

/// The answer of a register in this mood leaves nothing but the catch-all. [AT-29] [NOOTS 8.2]
fn check_useless(mood: Mood) {
    SCENE.play(async |scene| {
        let register = scene.register(GermanEvidence::BirthCertificate);
        register.set_mood(mood.clone());
        let sent = sent(scene).await;
        let answer = scene.portal().answer(&sent, LIMIT).await;
        let answer = answer.expect("an answer in time");
        assert_eq!(answer.findings, [""; 0]);
        check_error(&answer, "EDM:ERR:0008");
        scene.settled().await;
        // What the register sent stays here.
        scene.uncontested();
        assert_eq!(scene.portal().answers(&sent).len(), 1);
        let error = scene.logged(Event::ErrorSent);
        assert_eq!(error.error_code.as_deref(), Some("EDM:ERR:0008"));
        assert!(!scene.events().contains(&Event::ResponseSent));
    });
}

#[test]
fn the_evidence_of_another_person_stays_here() {
    check_useless(Mood::OtherPerson);
}

#[test]
fn evidence_of_another_type_stays_here() {
    check_useless(Mood::WrongType);
}

#[test]
fn evidence_in_another_format_stays_here() {
    check_useless(Mood::WrongFormat);
}

#[test]
fn an_empty_document_stays_here() {
    check_useless(Mood::EmptyDocument);
}

#[test]
fn the_answer_to_another_question_stays_here() {
    check_useless(Mood::OtherRequest);
}

#[test]
fn an_answer_that_breaks_off_stays_here() {
    check_useless(Mood::Malformed);
}

/// Four attempts, seconds apart, with one message; then the catch-all. [NOOTS 9]
async fn check_unreachable(scene: &Scene) {
    let sent = sent(scene).await;
    let awaited = scene.portal().answer(&sent, LIMIT);
    let answer = scene.passing(PACE, awaited).await;
    check_error(&answer.expect("an answer in time"), "EDM:ERR:0008");
    scene.settled().await;
    scene.uncontested();
    let log = scene.log();
    let asked: Vec<_> = log
        .iter()
        .filter(|entry| entry.facts.event == Event::NationalRequestSent)
        .map(|entry| entry.facts.nachrichten_uuid.clone())
        .collect();
    assert_eq!(asked.len(), 4);
    let first = asked.first().expect("an attempt");
    assert!(first.is_some() && asked.iter().all(|id| id == first));
    let error = scene.logged(Event::ErrorSent);
    assert_eq!(error.error_code.as_deref(), Some("EDM:ERR:0008"));
}

#[test]
fn a_register_that_is_down_is_tried_again_and_given_up() {
    SCENE.play(async |scene| {
        let register = scene.register(GermanEvidence::BirthCertificate);
        register.set_mood(Mood::Down);
        check_unreachable(scene).await;
    });
}

#[test]
fn a_register_that_comes_back_in_time_is_asked_again() {
    SCENE.play(async |scene| {
        let register = scene.register(GermanEvidence::BirthCertificate);
        register.set_mood(Mood::Down);
        let sent = sent(scene).await;
        let mut changes = scene.platform().changes();
        changes.changed().await.expect("the platform runs");
        register.set_mood(Mood::Normal);
        let awaited = scene.portal().answer(&sent, LIMIT);
        let answer = scene.passing(PACE, awaited).await.expect("an answer");
        assert_eq!(answer.findings, [""; 0]);
        scene.settled().await;
        scene.logged(Event::ResponseSent);
        scene.agreed();
    });
}

#[test]
fn a_sak_that_is_gone_is_tried_again_and_given_up() {
    SCENE.play(async |scene| {
        let sak = scene.world().sak();
        sak.close().await;
        check_unreachable(scene).await;
        sak.reopen().await.expect("the port is still free");
    });
}

/// [AT-04] the answer is sent as often as agreed, always as the same message, and then the
/// exchange ends.
#[test]
fn a_partner_that_takes_no_answer_leaves_nothing_stuck() {
    SCENE.play(async |scene| {
        let point = scene.access_point();
        let before = point.packages().len();
        point.set_receiving(Receiving::Stalled);
        sent(scene).await;
        for number in 1..=4 {
            let arrived = point.wait_for_packages(before + number, LIMIT).await;
            arrived.expect("an attempt");
            // Nothing but this attempt is in work, so what happens next is its end.
            scene.quiet().await;
            let mut changes = scene.platform().changes();
            point.release();
            changes.changed().await.expect("the platform runs");
            scene.pass(MINUTE);
        }
        scene.settled().await;
        let packages = point.packages().split_off(before);
        assert_eq!(packages.len(), 4);
        assert!(packages.iter().all(|package| *package == packages[0]));
        let failed = scene.logged(Event::DeliveryFailed);
        assert!(failed.error_code.is_some());
    });
}

/// The longest pause between two attempts.
const PACE: Duration = Duration::from_secs(4);
const MINUTE: Duration = Duration::from_secs(60);
