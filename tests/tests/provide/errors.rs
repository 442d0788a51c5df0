//! Registers that say no, and what is said abroad. [NOOTS 8.2]

use bridge::audit::Event;
use conformance::simulator::{register::Mood, world::GermanEvidence};

use super::{Case, SCENE, birth_1_2, birth_2_0, check_error};

/// The register answers with `national`; the other side gets `abroad`, in both releases.
fn check(national: &str, abroad: &str) {
    for case in [birth_2_0(), birth_1_2()] {
        let Some(case) = case else { return };
        SCENE.play(async |scene| {
            scene
                .register(GermanEvidence::BirthCertificate)
                .set_mood(Mood::Refuses(national.to_owned()));
            check_error(scene, &case, abroad).await;
            scene.agreed();
            let log = scene.log();
            let told = log
                .iter()
                .find(|entry| entry.facts.event == Event::NationalErrorReceived);
            let told = told.expect("the register's error is in the log");
            assert_eq!(told.facts.error_code.as_deref(), Some(national));
        });
    }
}

#[test]
fn no_evidence_is_object_not_found() {
    check("NOOTS:ERR:0200", "EDM:ERR:0004");
}

#[test]
fn a_missing_place_is_an_invalid_request_where_nobody_can_be_asked() {
    check("NOOTS:ERR:0201", "EDM:ERR:0003");
}

#[test]
fn a_register_that_stays_not_responsible_is_object_not_found() {
    check("NOOTS:ERR:0202", "EDM:ERR:0004");
}

#[test]
fn codes_of_the_data_model_stay_what_they_are() {
    for code in ["EDM:ERR:0001", "EDM:ERR:0005", "EDM:ERR:0007"] {
        check(code, code);
    }
}

#[test]
fn a_register_cannot_demand_a_preview() {
    check("EDM:ERR:0002", "EDM:ERR:0008");
}

#[test]
fn a_code_without_a_published_meaning_is_the_catch_all() {
    check("NOOTS:ERR:0100", "EDM:ERR:0008");
}

#[test]
fn a_person_no_register_knows_is_object_not_found() {
    let Some(Case { release, request }) = birth_2_0() else {
        return;
    };
    let request = request
        .with("Dupont", "Niemand")
        .with("FR/DE/123123123", "FR/DE/000000000");
    let case = Case { release, request };
    SCENE.play(async |scene| {
        let detail = check_error(scene, &case, "EDM:ERR:0004").await;
        let detail = detail.expect("a detail");
        assert!(!detail.contains("Niemand"), "{detail}");
    });
}
