//! What the published responses become for the German portal.

use bridge::audit::Event;
use bytes::Bytes;
use conformance::simulator::{
    data_consumer::{Arrival, Collection, Decision},
    foreign::Delivery,
    journal::sha256_hex,
};
use tests::Sample;

use super::{Asked, Reply, SCENE, asked, drop_order, pdf, send, xml_record};

/// The documents arrive at the portal as they were sent, in their order, and every step is in the
/// audit log. [AT-01] [AT-15]
fn check_documents(release: &'static str, path: &str, documents: &[(&'static str, Bytes)]) {
    let Some(response) = Sample::published(path) else {
        return;
    };
    check_response(release, &response, documents);
}

fn check_response(release: &'static str, response: &Sample, documents: &[(&'static str, Bytes)]) {
    SCENE.play(async |scene| {
        let Asked { order, question } = asked(scene, release).await;
        let reply = Reply::to(&question, response.clone(), documents);
        let delivery = reply.send(scene, release, &question).await;
        assert_eq!(delivery, Delivery::Acknowledged);
        let consumer = scene.consumer();
        let arrival = consumer.browse(&order, Decision::Leave).await;
        assert_eq!(arrival.expect("a page"), Arrival::Home);
        let attempt = consumer.ask(&order).await.expect("an answer");
        let Collection::Evidence(collected) = consumer.judge(&order, &attempt) else {
            panic!("{:?}", attempt.answer);
        };
        let collected: Vec<_> = collected
            .iter()
            .map(|document| (document.media_type.as_str(), document.content.clone()))
            .collect();
        assert_eq!(collected, documents);
        scene.agreed();
        drop_order(scene, &order).await;
        scene.settled().await;
        let mut events = scene.events();
        events.sort_unstable();
        let mut expected = [
            Event::OrderReceived,
            Event::RequestSent,
            Event::ReceiptReceived,
            Event::ResponseReceived,
            Event::EvidenceDelivered,
            Event::EvidenceDeleted,
        ];
        expected.sort_unstable();
        assert_eq!(events, expected);
        let first = documents.first().map(|(_, content)| sha256_hex(content));
        assert_eq!(scene.logged(Event::ResponseReceived).evidence_sha256, first);
    });
}

#[test]
fn the_published_response_of_2_0_brings_its_pdf() {
    check_documents(
        "2.0",
        "v2.0/xml/edm/response.xml",
        &[("application/pdf", pdf(1))],
    );
}

#[test]
fn the_published_response_of_1_2_brings_its_xml_record() {
    let record = [("application/xml", xml_record(1))];
    check_documents("1.2", "v1.2/xml/edm/4-response.xml", &record);
}

#[test]
fn the_published_response_of_1_2_brings_a_pdf() {
    let Some(response) = Sample::published("v1.2/xml/edm/4-response.xml") else {
        return;
    };
    let text = response.text();
    let from = text.find("<sdg:ConformsTo>").expect("a data model");
    let to = text.find("</sdg:Distribution>").expect("an end");
    let model = text.get(from..to).expect("a part").to_owned();
    let response = response
        .with(&model, "")
        .with("<sdg:Format>application/xml", "<sdg:Format>application/pdf");
    check_response("1.2", &response, &[("application/pdf", pdf(2))]);
}

#[test]
fn a_response_of_2_0_brings_an_xml_record() {
    let Some(response) = Sample::published("v2.0/xml/edm/response.xml") else {
        return;
    };
    let model = "application/xml</sdg:Format><sdg:ConformsTo>https://sr.oots.tech.ec.europa.eu/datamodels/FR-simulated-record</sdg:ConformsTo>";
    let response = response.with("application/pdf</sdg:Format>", model);
    check_response("2.0", &response, &[("application/xml", xml_record(2))]);
}

/// The person agreed to one type of evidence and gets no other.
#[test]
fn evidence_of_another_type_is_not_handed_over() {
    let Some(response) = Sample::published("v2.0/xml/edm/response.xml") else {
        return;
    };
    SCENE.play(async |scene| {
        let Asked { order, question } = asked(scene, "2.0").await;
        let reply = Reply {
            response: response
                .clone()
                .with_root("requestId", question.request_id()),
            documents: vec![("application/pdf", pdf(10))],
        };
        let letter = reply.letter(scene, &question);
        assert_eq!(send(scene, &letter).await, Delivery::Acknowledged);
        let attempt = scene.consumer().ask(&order).await.expect("an answer");
        match scene.consumer().judge(&order, &attempt) {
            Collection::Refused(refusal) => {
                assert_eq!(refusal.code.as_deref(), Some("EDM:ERR:0008"));
            }
            other => panic!("{other:?}"),
        }
        scene.agreed();
        drop_order(scene, &order).await;
        scene.settled().await;
    });
}

/// `[W8]` an XML record in front of the response, as some providers send it
#[test]
fn a_response_behind_its_document_is_found() {
    let Some(response) = Sample::published("v1.2/xml/edm/4-response.xml") else {
        return;
    };
    let record = xml_record(6);
    SCENE.play(async |scene| {
        let Asked { order, question } = asked(scene, "1.2").await;
        let documents = [("application/xml", record.clone())];
        let reply = Reply::to(&question, response.clone(), &documents);
        let mut letter = reply.letter(scene, &question);
        letter.payloads.reverse();
        reply.note(scene);
        assert_eq!(send(scene, &letter).await, Delivery::Acknowledged);
        let attempt = scene.consumer().ask(&order).await.expect("an answer");
        match scene.consumer().judge(&order, &attempt) {
            Collection::Evidence(collected) => {
                let collected: Vec<_> = collected.iter().map(|one| &one.content).collect();
                assert_eq!(collected, [&record]);
            }
            other => panic!("{other:?}"),
        }
        scene.agreed();
        drop_order(scene, &order).await;
        scene.settled().await;
    });
}

#[test]
fn two_documents_of_1_2_keep_their_order() {
    let documents = [
        ("application/xml", xml_record(3)),
        ("application/pdf", pdf(3)),
    ];
    check_documents(
        "1.2",
        "v1.2/xml/derived/response-two-documents.xml",
        &documents,
    );
}

#[test]
fn two_packages_of_2_0_keep_their_order() {
    let path = "v2.0/xml/derived/response-two-packages.xml";
    let documents = [("application/pdf", pdf(4)), ("application/pdf", pdf(5))];
    check_documents("2.0", path, &documents);
}

/// [AT-16] a main document with everything that can stand beside it.
#[test]
fn annex_translation_and_rendition_follow_their_main_document() {
    let path = "v2.0/xml/derived/response-main-annex-translation-hrv.xml";
    let documents = [6, 7, 8, 9].map(|number| ("application/pdf", pdf(number)));
    check_documents("2.0", path, &documents);
}

/// The order ends with this status and code; the log has the answer.
fn check_failure(release: &'static str, path: &str, (status, code): (u16, &str), event: Event) {
    let Some(response) = Sample::published(path) else {
        return;
    };
    SCENE.play(async |scene| {
        let Asked { order, question } = asked(scene, release).await;
        let reply = Reply::to(&question, response.clone(), &[]);
        let delivery = reply.send(scene, release, &question).await;
        assert_eq!(delivery, Delivery::Acknowledged);
        let consumer = scene.consumer();
        let arrival = consumer.browse(&order, Decision::Leave).await;
        assert_eq!(arrival.expect("a page"), Arrival::Home);
        let attempt = consumer.ask(&order).await.expect("an answer");
        let Collection::Refused(refusal) = consumer.judge(&order, &attempt) else {
            panic!("{:?}", attempt.answer);
        };
        assert_eq!(
            (refusal.status, refusal.code.as_deref()),
            (status, Some(code))
        );
        scene.agreed();
        let entry = scene.logged(event);
        let request = question.request_id();
        assert_eq!(entry.edm_request_id.as_deref(), Some(request));
        if event == Event::ErrorReceived {
            assert_eq!(entry.error_code.as_deref(), Some(code));
        }
        // Nothing is left to hand over, so the same answer comes as often as it is asked for.
        let again = consumer.ask_again(&attempt).await.expect("an answer");
        assert_eq!(again.status, status);
        drop_order(scene, &order).await;
    });
}

/// [AT-03] the code of the other side is the code of ours.
#[test]
fn errors_of_1_2_reach_the_portal() {
    for number in [1, 3, 4, 5, 6, 7, 8] {
        let path = format!("v1.2/xml/derived/error-000{number}.xml");
        let code = format!("EDM:ERR:000{number}");
        check_failure("1.2", &path, (409, &code), Event::ErrorReceived);
    }
}

#[test]
fn errors_of_2_0_reach_the_portal() {
    let published = [
        ("edm/error-invalid-request", 3),
        ("edm/error-object-not-found", 4),
        ("edm/error-timeout", 5),
        ("edm/error-unsupported-capability", 7),
        ("derived/error-0001", 1),
        ("derived/error-0006", 6),
        ("derived/error-0008", 8),
    ];
    for (name, number) in published {
        let path = format!("v2.0/xml/{name}.xml");
        let code = format!("EDM:ERR:000{number}");
        check_failure("2.0", &path, (409, &code), Event::ErrorReceived);
    }
}

/// [AT-02] a genuine nothing is told as such.
#[test]
fn an_empty_answer_is_no_evidence() {
    for release in ["1.2", "2.0"] {
        let path = format!("v{release}/xml/derived/response-empty.xml");
        let told = (409, "EDM:ERR:0004");
        check_failure(release, &path, told, Event::ResponseReceived);
    }
}

/// [AT-18] the date reaches the portal.
#[test]
fn a_deferred_answer_tells_its_date() {
    for release in ["1.2", "2.0"] {
        let path = format!("v{release}/xml/derived/response-deferred.xml");
        let Some(response) = Sample::published(&path) else {
            return;
        };
        SCENE.play(async |scene| {
            let Asked { order, question } = asked(scene, release).await;
            let slot = "<rim:Slot name=\"ResponseAvailableDateTime\">";
            let at = response.text().split(slot).nth(1).expect("a date");
            let at = at
                .split("<rim:Value>")
                .nth(1)
                .and_then(|at| at.split('<').next());
            let at: jiff::Timestamp = at.expect("a date").parse().expect("a time");
            let reply = Reply::to(&question, response.clone(), &[]);
            reply.send(scene, release, &question).await;
            let attempt = scene.consumer().ask(&order).await.expect("an answer");
            let Collection::Later(told) = scene.consumer().judge(&order, &attempt) else {
                panic!("{:?}", attempt.answer);
            };
            assert_eq!(told.parse::<jiff::Timestamp>().expect("a time"), at);
            scene.agreed();
            drop_order(scene, &order).await;
        });
    }
}
