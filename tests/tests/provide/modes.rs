//! Registers that answer later: the SAK is asked again, or brings the answer itself.

use std::time::Duration;

use bridge::{audit::Event, demo::StageOptions};
use conformance::simulator::{
    foreign::{Outcome, ReceivedAnswer, Receiving},
    register::Mood,
    world::GermanEvidence,
};
use tests::{LIMIT, Scene, Shared};

use super::{
    Case, PACE, SCENE, answered, birth_1_2, birth_2_0, check_document, sent, sound, vehicle_1_2,
};

/// How long a register may take.
const NATIONAL: Duration = Duration::from_secs(120);

static POLLED: Shared = Shared::new(env!("CARGO_TARGET_TMPDIR"), "provide-polled", || {
    StageOptions {
        slow_registers: true,
        ..StageOptions::default()
    }
});

static PUSHED: Shared = Shared::new(env!("CARGO_TARGET_TMPDIR"), "provide-pushed", || {
    StageOptions {
        push_registers: true,
        ..StageOptions::default()
    }
});

fn check_polled(case: Option<Case>, media_type: &str) {
    let Some(case) = case else { return };
    POLLED.play(async |scene| {
        let sent = sent(scene, &case).await;
        let awaited = scene.portal().answer(&sent, LIMIT);
        let answer = scene.passing(PACE, awaited).await.expect("an answer");
        check_answer(scene, &case, &answer, media_type).await;
    });
}

fn check_pushed(case: Option<Case>, media_type: &str) {
    let Some(case) = case else { return };
    PUSHED.play(async |scene| {
        // Nothing has to be asked for again, so no time passes.
        let (_, answer) = answered(scene, &case).await;
        scene.quiet().await;
        // The look at the end finds nothing left to do.
        scene.pass(NATIONAL);
        check_answer(scene, &case, &answer, media_type).await;
    });
}

async fn check_answer(scene: &Scene, case: &Case, answer: &ReceivedAnswer, media_type: &str) {
    sound(case, answer);
    check_document(answer, media_type);
    scene.passing(PACE, scene.settled()).await;
    scene.agreed();
    scene.logged(Event::NationalRequestSent);
    scene.logged(Event::NationalResponseReceived);
    scene.logged(Event::ResponseSent);
    scene.logged(Event::ReceiptReceived);
}

#[test]
fn an_answer_that_has_to_be_fetched_is_fetched() {
    check_polled(birth_2_0(), "application/pdf");
}

#[test]
fn an_xml_record_that_has_to_be_fetched_is_fetched() {
    check_polled(vehicle_1_2(), "application/xml");
}

#[test]
fn an_answer_that_the_sak_brings_is_taken() {
    check_pushed(birth_2_0(), "application/pdf");
}

#[test]
fn an_answer_of_1_2_that_the_sak_brings_is_taken() {
    check_pushed(birth_1_2(), "application/pdf");
}

/// [NOOTS 6.3] while the answer is on its way, and after it has arrived.
#[test]
fn an_answer_that_the_sak_brings_twice_is_taken_once() {
    let Some(case) = birth_2_0() else { return };
    PUSHED.play(async |scene| {
        let point = scene.access_point();
        let before = point.packages().len();
        point.set_receiving(Receiving::Held);
        let sent = sent(scene, &case).await;
        let arrived = point.wait_for_packages(before + 1, LIMIT).await;
        arrived.expect("the answer is on its way");
        let asked = scene.logged(Event::NationalRequestSent).nachrichten_uuid;
        let asked = asked.expect("the id of the question");
        assert!(scene.world().sak().push_again(&asked).await);
        point.release();
        scene.quiet().await;
        scene.pass(NATIONAL);
        scene.settled().await;
        assert!(scene.world().sak().push_again(&asked).await);
        assert_eq!(scene.portal().answers(&sent).len(), 1);
        scene.logged(Event::ResponseSent);
        let told = "answer pushed: the platform answered 409 to a pushed message";
        assert_eq!(scene.complaints(), [told; 2]);
    });
}

/// [AT-28] a register that never answers leaves the other side an error, not silence.
#[test]
fn a_register_that_takes_too_long_is_given_up() {
    let Some(case) = birth_2_0() else { return };
    POLLED.play(async |scene| {
        let register = scene.register(GermanEvidence::BirthCertificate);
        register.set_mood(Mood::Held);
        let sent = sent(scene, &case).await;
        let awaited = scene.portal().answer(&sent, LIMIT);
        let answer = scene.passing(PACE, awaited).await.expect("an answer");
        sound(&case, &answer);
        assert!(
            matches!(&answer.outcome, Outcome::Error { code, .. } if code == "EDM:ERR:0005"),
            "{:?}",
            answer.outcome
        );
        register.release();
        scene.settled().await;
        let error = scene.logged(Event::ErrorSent);
        assert_eq!(error.error_code.as_deref(), Some("EDM:ERR:0005"));
    });
}

/// [AT-28] the date of a register is told abroad.
#[test]
fn evidence_that_exists_only_later_is_announced() {
    for case in [birth_2_0(), birth_1_2()] {
        let Some(case) = case else { return };
        SCENE.play(async |scene| {
            let at = "2026-08-20T08:00:00Z";
            let later = Mood::Later(at.parse().expect("a time"));
            scene
                .register(GermanEvidence::BirthCertificate)
                .set_mood(later);
            let (_, answer) = answered(scene, &case).await;
            let Outcome::Deferred(told) = &answer.outcome else {
                panic!("{:?}", answer.outcome);
            };
            let told: jiff::Timestamp = told.parse().expect("a time");
            assert_eq!(told.to_string(), at);
            scene.agreed();
        });
    }
}
