//! Genuine messages whose content cannot be used: receipt first, then an error by the data model.

use bridge::audit::Event;
use bytes::Bytes;
use conformance::simulator::{
    edm::{self, EdmVersion},
    foreign::{Delivery, Letter, RequestSpec},
    world::GermanEvidence,
};
use ebms::profile;
use tests::{Sample, Scene};

use super::{SCENE, check_refused, good, times_asked};

/// The document is acknowledged and answered with this code; the detail names the rule.
fn check(content: &[u8], header: impl Fn(&mut Letter), (code, rule): (&str, &str)) {
    SCENE.play(async |scene| {
        let before = times_asked(scene);
        let sent = scene
            .portal()
            .send_edm(Bytes::copy_from_slice(content), |letter| header(letter))
            .await
            .expect("the bridge can be reached");
        assert_eq!(sent.delivery, Delivery::Acknowledged);
        let detail = check_refused(scene, &sent, code).await;
        assert!(detail.contains(rule), "{detail}");
        let logged = scene.logged(Event::RequestRefused);
        let logged = logged.rule_id.unwrap_or_default();
        assert!(logged.contains(rule), "{logged}");
        assert_eq!(times_asked(scene), before);
    });
}

/// [AT-36]
#[test]
fn a_document_that_is_not_xml_is_an_invalid_request() {
    check(
        b"evidence, please",
        |_| {},
        ("EDM:ERR:0003", "R-EDM-REQ-S001"),
    );
    check(b"", |_| {}, ("EDM:ERR:0003", "R-EDM-REQ-S001"));
}

#[test]
fn a_document_with_entities_is_an_invalid_request() {
    let document = b"<!DOCTYPE a [<!ENTITY b \"bb\">]><a>&b;</a>";
    check(document, |_| {}, ("EDM:ERR:0003", "R-EDM-REQ-S001"));
}

#[test]
fn a_document_of_another_kind_is_an_invalid_request() {
    check(b"<evidence/>", |_| {}, ("EDM:ERR:0003", ""));
}

/// [AT-35] one published request, one rule broken in each.
#[test]
fn a_request_that_breaks_a_rule_is_told_which() {
    let broken = [
        ("req-slot-missing-PossibilityForPreview", "R-EDM-REQ-S009"),
        ("req-loa-unknown", "R-EDM-REQ-C"),
        ("req-subject-twice", "R-EDM-REQ-S016"),
    ];
    for (number, (name, rule)) in broken.into_iter().enumerate() {
        let Some(request) = broken_request(name) else {
            return;
        };
        let id = format!("urn:uuid:5a0c1f7e-0000-4000-8000-00000000000{number}");
        let request = request.with_root("id", &id);
        check(request.text().as_bytes(), |_| {}, ("EDM:ERR:0003", rule));
    }
}

/// [R-EDM-REQ-S004] what is no identifier cannot be repeated in the answer.
#[test]
fn a_request_whose_identifier_is_none_is_told_so() {
    let Some(request) = broken_request("req-id-not-uuid") else {
        return;
    };
    let told = ("EDM:ERR:0003", "R-EDM-REQ-S004");
    check(request.text().as_bytes(), |_| {}, told);
}

fn broken_request(name: &str) -> Option<Sample> {
    Sample::published(&format!("v2.0/xml/invalid/{name}.xml"))
}

/// [AT-38] [R-EDM-ebMS-019] [R-EDM-ebMS-038]
#[test]
fn a_header_of_2_0_over_a_body_of_1_2_is_an_invalid_request() {
    let Some(request) = Sample::published("v1.2/xml/edm/1-request.xml") else {
        return;
    };
    SCENE.play(async |scene| {
        let sent = scene
            .portal()
            .send_edm(request.bytes(), |letter| {
                let id = "5f0e64a6-0a2b-4d0e-9f5e-0c6a2d8b7e11";
                letter.properties.extend([
                    ebms::Property::new(profile::EXCHANGE_ID, id),
                    ebms::Property::new(profile::SPECIFICATION_ID, "oots-edm:v2.0"),
                ]);
            })
            .await
            .expect("the bridge can be reached");
        assert_eq!(sent.delivery, Delivery::Acknowledged);
        let answer = scene.portal().answer(&sent, tests::LIMIT).await;
        let answer = answer.expect("an answer in time");
        tests::schema::check("1.2", &answer.edm);
        scene.settled().await;
        let refused = scene.logged(Event::RequestRefused);
        assert_eq!(refused.error_code.as_deref(), Some("EDM:ERR:0003"));
        let rule = refused.rule_id.unwrap_or_default();
        assert!(rule.starts_with("R-EDM-ebMS-"), "{rule}");
    });
}

#[test]
fn a_request_under_the_action_of_an_answer_is_an_invalid_request() {
    SCENE.play(async |scene| {
        let facts = scene.portal().facts(&good(scene));
        let sent = scene
            .portal()
            .send_edm(edm::request(&facts).into(), |letter| {
                letter.action = profile::EXECUTE_QUERY_RESPONSE.to_owned();
            })
            .await
            .expect("the bridge can be reached");
        assert_eq!(sent.delivery, Delivery::Acknowledged);
        check_refused(scene, &sent, "EDM:ERR:0003").await;
    });
}

/// [R-EDM-ERR-C025] nobody answers an answer, so that no loop can begin.
#[test]
fn an_unreadable_answer_is_recorded_and_not_answered() {
    SCENE.play(async |scene| {
        for content in ["<evidence/>", "evidence"] {
            let sent = scene
                .portal()
                .send_edm(content.into(), |letter| {
                    letter.action = profile::EXECUTE_QUERY_RESPONSE.to_owned();
                })
                .await
                .expect("the bridge can be reached");
            assert_eq!(sent.delivery, Delivery::Acknowledged);
            scene.settled().await;
            assert!(scene.portal().answers(&sent).is_empty());
        }
        assert_eq!(scene.events(), [Event::ResponseRefused; 2]);
    });
}

/// A request that is read, understood and refused.
fn check_spec(change: impl Fn(&mut RequestSpec), code: &str) {
    for version in [EdmVersion::V2_0, EdmVersion::V1_2] {
        SCENE.play(async |scene| {
            let before = times_asked(scene);
            let mut spec = scene
                .world()
                .request(version, GermanEvidence::BirthCertificate);
            change(&mut spec);
            let sent = scene.portal().request(&spec).await;
            let sent = sent.expect("the bridge can be reached");
            assert_eq!(sent.delivery, Delivery::Acknowledged);
            refused(scene, &sent, (version, code)).await;
            assert_eq!(times_asked(scene), before);
            scene.agreed();
        });
    }
}

async fn refused(
    scene: &Scene,
    sent: &conformance::simulator::foreign::Sent,
    (version, code): (EdmVersion, &str),
) {
    match version {
        EdmVersion::V2_0 => {
            check_refused(scene, sent, code).await;
        }
        EdmVersion::V1_2 => {
            let answer = scene.portal().answer(sent, tests::LIMIT).await;
            let answer = answer.expect("an answer in time");
            tests::schema::check("1.2", &answer.edm);
            scene.settled().await;
            let refused = scene.logged(Event::RequestRefused);
            assert_eq!(refused.error_code.as_deref(), Some(code));
        }
    }
}

/// [AT-29]
#[test]
fn an_unknown_evidence_type_is_not_supported() {
    let unknown = "https://sr.oots.tech.ec.europa.eu/evidencetypeclassifications/DE/00000000-0000-4000-8000-00000000beef";
    check_spec(
        |spec| unknown.clone_into(&mut spec.evidence.classification),
        "EDM:ERR:0007",
    );
}

/// [AT-39]
#[test]
fn a_request_the_user_did_not_make_is_invalid() {
    check_spec(|spec| spec.explicit = false, "EDM:ERR:0003");
}

/// [AT-40]
#[test]
fn a_level_of_assurance_that_is_too_low_fails_authentication() {
    check_spec(
        |spec| "Low".clone_into(&mut spec.subject.assurance),
        "EDM:ERR:0001",
    );
}

/// Until there is a preview space, a request that leads to one is not supported.
#[test]
fn a_request_with_a_preview_is_not_supported_yet() {
    check_spec(|spec| spec.preview_possible = true, "EDM:ERR:0007");
}
