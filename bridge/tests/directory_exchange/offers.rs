//! What can be had and from whom: requirements, alternatives, providers, and the selection.

use bridge::directory::{Offers, RequirementsQuery, UserInput, answer::Outcome, evaluate::SENT};
use mapping::edm::{MediaType, Version};

use super::{BIRTH, Scene, T1, wanted};

#[tokio::test]
async fn requirements_of_a_procedure_are_found() {
    let scene = Scene::new().await;
    let query = RequirementsQuery::new("R1".parse().unwrap(), "DE".parse().unwrap());
    let answer = scene.directory.requirements(&query).await.unwrap();
    let Outcome::Found(listing) = answer.value() else {
        panic!("refused");
    };
    assert_eq!(listing.content()[0].id().as_str(), BIRTH);
    assert_eq!(listing.content()[0].frameworks().len(), 1);
    assert_eq!(
        scene.asked(),
        ["requirements-by-procedure-and-jurisdiction (oots-cs:v2.0)"]
    );
}

// [AT-08]
#[tokio::test]
async fn alternatives_and_providers_are_put_together() {
    let scene = Scene::new().await;
    let candidates = scene.outlook(&wanted()).await;
    assert!(candidates.is_declared());
    assert_eq!(candidates.requirement().id().as_str(), BIRTH);
    let [both, one] = candidates.alternatives() else {
        panic!("two are expected");
    };
    let types: Vec<_> = both.types().collect();
    assert_eq!(types.len(), 2);
    let Offers::From(offers) = types[0].1 else {
        panic!("{types:?}");
    };
    assert_eq!(offers.len(), 4);
    assert_eq!(one.types().count(), 1);
    assert!(scene.journal.complaints().is_empty());
}

// [AT-09]
#[tokio::test]
async fn the_version_is_the_newest_that_both_speak() {
    let scene = Scene::new().await;
    let candidates = scene.outlook(&wanted()).await;
    let (_, Offers::From(offers)) = candidates.alternatives()[0].types().next().unwrap() else {
        panic!("no offers");
    };
    let version = |provider: &str| {
        let offer = offers
            .iter()
            .find(|offer| offer.access().publisher().agent().id().value() == provider)
            .unwrap();
        candidates.select(offer, &SENT, &UserInput::default())
    };
    assert_eq!(version("P1").unwrap().version(), Version::V1_2);
    assert_eq!(version("P2").unwrap().version(), Version::V2_0);
    assert_eq!(version("P3").unwrap().version(), Version::V2_0);
    assert_eq!(version("P4").unwrap_err().declared(), ["oots-edm:v3.0"]);
}

#[tokio::test]
async fn a_selection_has_what_a_request_needs() {
    let scene = Scene::new().await;
    let candidates = scene.outlook(&wanted()).await;
    let (_, Offers::From(offers)) = candidates.alternatives()[0].types().next().unwrap() else {
        panic!("no offers");
    };
    let selection = |index: usize| {
        candidates
            .select(&offers[index], &SENT, &UserInput::default())
            .unwrap()
    };
    let old = selection(0);
    assert_eq!(old.provider().id().value(), "P1");
    assert_eq!(old.access_point().value(), "AP_FR_01");
    assert_eq!(
        old.access_point().scheme().as_str(),
        "urn:oasis:names:tc:ebcore:partyid-type:unregistered:oots"
    );
    let evidence = old.requested_evidence(None).unwrap();
    assert_eq!(evidence.distributions().len(), 1);
    assert_eq!(evidence.evidence_type().as_str(), T1);
    let new = selection(1);
    assert_eq!(
        new.requested_evidence(None).unwrap().distributions().len(),
        2
    );
    let pdf = new.requested_evidence(Some(&MediaType::Pdf)).unwrap();
    assert_eq!(pdf.distributions().len(), 1);
    assert!(new.requested_evidence(Some(&MediaType::Png)).is_none());
}
