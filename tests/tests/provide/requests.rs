//! The published requests, each answered with its evidence.

use bridge::audit::Event;
use conformance::simulator::{foreign::Delivery, world::GermanEvidence};

use super::{
    Case, SCENE, VEHICLE, answered, birth_1_2, birth_2_0, check_error, check_evidence, standesamt,
    vehicle_1_2,
};
use tests::{LIMIT, Sample};

#[test]
fn the_published_request_of_2_0_gets_its_birth_certificate() {
    let Some(case) = birth_2_0() else { return };
    SCENE.play(async |scene| check_evidence(scene, &case, "application/pdf").await);
}

#[test]
fn the_published_request_of_1_2_gets_a_birth_certificate() {
    let Some(case) = birth_1_2() else { return };
    SCENE.play(async |scene| check_evidence(scene, &case, "application/pdf").await);
}

#[test]
fn the_published_request_of_1_2_gets_an_xml_record() {
    let Some(case) = vehicle_1_2() else { return };
    SCENE.play(async |scene| check_evidence(scene, &case, "application/xml").await);
}

#[test]
fn a_request_of_2_0_gets_an_xml_record() {
    let Some(Case { release, request }) = birth_2_0() else {
        return;
    };
    let model = "application/xml</sdg:Format><sdg:ConformsTo>https://sr.oots.tech.ec.europa.eu/datamodels/DE-simulated-vehicle-record</sdg:ConformsTo>";
    let request = request
        .with_element("sdg:EvidenceTypeClassification", VEHICLE)
        .with("08111000-0001-11", "991-00001-23")
        .with("application/pdf</sdg:Format>", model);
    let case = Case { release, request };
    SCENE.play(async |scene| check_evidence(scene, &case, "application/xml").await);
}

#[test]
fn a_request_with_every_optional_value_gets_its_birth_certificate() {
    let Some(request) = Sample::published("v2.0/xml/derived/request-all-optional.xml") else {
        return;
    };
    let case = Case {
        release: "2.0",
        request: standesamt(request),
    };
    SCENE.play(async |scene| check_evidence(scene, &case, "application/pdf").await);
}

#[test]
fn a_published_request_of_1_0_gets_its_birth_certificate() {
    let Some(case) = birth_1_0() else { return };
    SCENE.play(async |scene| check_evidence(scene, &case, "application/pdf").await);
}

#[test]
fn the_system_check_needs_no_preview_even_if_one_is_possible() {
    let Some(Case { release, request }) = birth_2_0() else {
        return;
    };
    let request = request
        .with_slot("Procedure", "00")
        .with_slot("PossibilityForPreview", "true");
    let case = Case { release, request };
    SCENE.play(async |scene| check_evidence(scene, &case, "application/pdf").await);
}

#[test]
fn the_system_check_works_in_1_2_as_well() {
    let Some(Case { release, request }) = birth_1_2() else {
        return;
    };
    let request = request.with_slot("Procedure", "00");
    let case = Case { release, request };
    SCENE.play(async |scene| check_evidence(scene, &case, "application/pdf").await);
}

#[test]
fn the_register_is_asked_about_the_person_of_the_request_and_once() {
    let Some(case) = birth_2_0() else { return };
    SCENE.play(async |scene| {
        let register = scene.register(GermanEvidence::BirthCertificate);
        let before = register.times_asked();
        answered(scene, &case).await;
        assert_eq!(register.times_asked(), before + 1);
        let received = scene.logged(Event::RequestReceived);
        assert_eq!(received.loa.as_deref(), Some("High"));
        assert_eq!(received.explicit_request, Some(true));
        assert_eq!(received.procedure.as_deref(), Some("T3"));
        assert_eq!(received.country.as_deref(), Some("FR"));
        assert_eq!(received.requester, ["00000000000002"]);
    });
}

#[test]
fn the_log_names_the_evidence_that_left_and_proves_that_it_arrived() {
    let Some(case) = birth_2_0() else { return };
    SCENE.play(async |scene| {
        let (_, answer) = answered(scene, &case).await;
        scene.settled().await;
        let sent = scene.logged(Event::ResponseSent);
        let conformance::simulator::foreign::Outcome::Evidence(documents) = &answer.outcome else {
            panic!("{:?}", answer.outcome);
        };
        let document = documents.first().expect("a document");
        assert_eq!(sent.evidence_sha256.as_ref(), Some(&document.sha256));
        assert_eq!(sent.evidence_identifier, document.evidence_id);
        assert_eq!(sent.ebms_message_id.as_ref(), Some(&answer.message_id));
        let received = scene.logged(Event::ReceiptReceived);
        assert_eq!(received.ebms_message_id.as_ref(), Some(&answer.message_id));
        assert!(
            received
                .proof
                .is_some_and(|proof| proof["receipt"].is_object())
        );
    });
}

/// [AT-37] the same id in a new message is refused, and the register is not asked.
#[test]
fn a_request_that_was_answered_is_not_answered_again() {
    let Some(case) = birth_2_0() else { return };
    SCENE.play(async |scene| {
        let (first, _) = answered(scene, &case).await;
        scene.settled().await;
        let register = scene.register(GermanEvidence::BirthCertificate);
        let before = register.times_asked();
        let id = first.request_id.as_deref().expect("an id");
        let again = case
            .request
            .clone()
            .with_root("id", &format!("urn:uuid:{id}"));
        let portal = scene.portal();
        let second = portal.send_edm(again.bytes(), |_| {}).await;
        let second = second.expect("the bridge can be reached");
        assert_eq!(second.delivery, Delivery::Acknowledged);
        scene.settled().await;
        // Both answers name the one id, so the portal keeps them with the conversation.
        let answer = portal.answer(&second, LIMIT).await.expect("an answer");
        let conformance::simulator::foreign::Outcome::Error { code, .. } = &answer.outcome else {
            panic!("{:?}", answer.outcome);
        };
        assert_eq!(code, "EDM:ERR:0003");
        assert_eq!(register.times_asked(), before);
        let refused = scene.logged(Event::RequestRefused);
        assert_eq!(refused.error_code.as_deref(), Some("EDM:ERR:0003"));
    });
}

/// A register that knows no companies has nothing about one.
#[test]
fn a_request_about_a_company_is_answered_in_its_own_form() {
    let path = "v2.0/xml/derived/request-legal-person-with-representative.xml";
    let Some(request) = Sample::published(path) else {
        return;
    };
    let case = Case {
        release: "2.0",
        request: standesamt(request),
    };
    SCENE.play(async |scene| {
        check_error(scene, &case, "EDM:ERR:0004").await;
    });
}

/// The published Danish request of 1.0, for a PDF and about a person the registry knows.
fn birth_1_0() -> Option<Case> {
    let request = Sample::published("v1.0/xml/edm/birth-1-request.xml")?;
    let text = request.text();
    let (from, to) = (
        text.find("<sdg:ConformsTo>").expect("a data model"),
        text.find("</sdg:DistributedAs>").expect("an end"),
    );
    let model = text.get(from..to).expect("a part").to_owned();
    let request = standesamt(request)
        .with(&model, "")
        .with("<sdg:Format>application/xml", "<sdg:Format>application/pdf")
        .with_element("sdg:GivenName", "Jack")
        .with_element("sdg:DateOfBirth", "1999-03-01")
        .with("DK/DE/123123123", "FR/DE/123456789");
    Some(Case {
        release: "1.0",
        request,
    })
}
