//! What is delivered, what is not, and what the corners behind the access point hear of it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bridge::audit::Event;
use conformance::simulator::{
    data_consumer::Collection,
    foreign::{Answering, Delivery},
    world::ForeignEvidence,
};
use ebms::{
    Draft, Leg, Party, PartyId, Payload, Property, Service, profile,
    security::{Certificate, SigningKey},
    send::{self, Heading},
};
use tests::{LIMIT, Scene};

use super::{SCENE, check_answered, code_of, count, forge::Forge, good, requested, times_asked};

/// `[AS4_CP_TA01]` `[AS4_CP_TA22]` a receipt in an answer with status 200.
#[test]
fn ta01_a_message_is_answered_with_its_receipt_and_status_200() {
    SCENE.play(async |scene| {
        let sent = scene.portal().prepare(&good(scene));
        let sent = sent.expect("a request can be written");
        let package = sent.package();
        let answer = super::post(scene, package.content_type(), package.body().clone()).await;
        assert_eq!(answer.status, 200);
        let kind = answer.header("Content-Type");
        assert_eq!(kind, Some("application/soap+xml; charset=UTF-8"));
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(text.contains("NonRepudiationInformation"), "{text}");
        let about = format!("<eb:RefToMessageId>{}<", sent.message_id);
        assert!(text.contains(&about), "{text}");
        scene
            .portal()
            .answer(&sent, LIMIT)
            .await
            .expect("an answer");
        scene.settled().await;
    });
}

/// `[AS4_CP_TA21]` the receipt for a message of ours is read, judged and kept as proof.
#[test]
fn ta21_the_receipt_for_our_message_is_processed() {
    SCENE.play(async |scene| {
        let sent = requested(scene).await;
        let answer = scene.portal().answer(&sent, LIMIT).await;
        let answer = answer.expect("an answer");
        scene.settled().await;
        let receipt = scene.logged(Event::ReceiptReceived);
        assert_eq!(receipt.ebms_message_id, Some(answer.message_id));
        assert_eq!(count(scene, Event::DeliveryFailed), 0);
        scene.agreed();
    });
}

/// `[AS4_CP_TA22]` and theirs is one that they accept.
#[test]
fn ta22_our_receipt_for_a_message_with_payload_is_accepted() {
    SCENE.play(async |scene| {
        let sent = requested(scene).await;
        assert_eq!(sent.delivery, Delivery::Acknowledged);
        scene
            .portal()
            .answer(&sent, LIMIT)
            .await
            .expect("an answer");
        scene.settled().await;
        scene.uncontested();
    });
}

/// `[AS4_CP_TA32]` `[AS4_CP_TA33]` whatever travels compressed reaches the consumer as it was.
#[test]
fn ta33_every_document_reaches_the_consumer_decompressed() {
    SCENE.play(async |scene| {
        scene.provider().set_answering(Answering::Documents(3));
        let spec = scene.world().order(&[ForeignEvidence::VehicleCertificate]);
        let ordered = scene.consumer().order(&spec).await.expect("an order");
        let Collection::Evidence(documents) = ordered.collection else {
            panic!("{:?}", ordered.collection);
        };
        assert_eq!(documents.len(), 3);
        for document in &documents {
            assert!(!document.content.starts_with(&[0x1f, 0x8b]));
        }
        scene.settled().await;
        // The same at both ends.
        scene.agreed();
    });
}

/// A request whose document is said to be compressed and is not, signed and encrypted by the
/// partner as it should.
fn damaged(scene: &Scene) -> (String, Forge) {
    let spec = scene.access_point().spec();
    let party = |name: &str, scheme: &str| {
        let id = PartyId::new(name, Some(scheme)).expect("a party id");
        Party::new(id, profile::GATEWAY_ROLE)
    };
    let message_id = scene.access_point().message_id();
    let heading = Heading {
        message_id: message_id.parse().expect("a message id"),
        timestamp: scene.clock().now(),
        conversation_id: scene.clock().uuid().to_string().parse().expect("an id"),
        from: party(&spec.party.id, &spec.party.scheme),
        to: party(&spec.partner.party.id, &spec.partner.party.scheme),
        service: Service::query_manager(),
        action: profile::EXECUTE_QUERY_REQUEST.to_owned(),
    };
    let corner = |name| Property::typed(name, &spec.party.scheme, "x");
    let broken = b"\x1f\x8b\x08\0\0\0\0\0\0\xff broken".as_slice();
    let cid = scene.access_point().content_id();
    let payload = Payload::new(
        cid.parse().expect("an id"),
        "application/octet-stream",
        broken,
    );
    let draft = Draft::new(heading)
        .with_property(corner(profile::ORIGINAL_SENDER))
        .with_property(corner(profile::FINAL_RECIPIENT))
        .with_payload(payload);
    let key = SigningKey::from_pkcs8_pem(
        spec.signing.key_pem.as_bytes(),
        spec.signing.chain_pem.as_bytes(),
    );
    let recipient = Certificate::from_pem(spec.partner.encryption_pem.as_bytes());
    let leg = Leg::default().with_compression(false);
    let mut random = |octets: &mut [u8]| scene.clock().fill(octets);
    let (key, recipient) = (key.expect("a key"), recipient.expect("a certificate"));
    let sent = send::write(&draft, &leg, &key, &recipient, &mut random);
    let sent = sent.expect("a message can be written");
    let gzip = "<eb:Property name=\"CompressionType\">application/gzip</eb:Property>\
                </eb:PartProperties>";
    let forged = Forge::of(sent.content_type(), sent.body())
        .with("</eb:PartProperties>", gzip)
        .signed(&spec.signing.key_pem);
    (message_id, forged)
}

/// `[AS4_CP_TA30]` `[AS4_CP_TA31]` [ROB-67] [EBMS:0303]
#[test]
fn ta31_damaged_gzip_is_refused_recorded_and_not_delivered() {
    SCENE.play(async |scene| {
        let before = times_asked(scene);
        let (message_id, forged) = damaged(scene);
        let answer = super::post(scene, &forged.content_type(), forged.body()).await;
        assert_eq!(answer.status, 200);
        assert_eq!(code_of(&answer).as_deref(), Some("EBMS:0303"));
        let refused = scene.logged(Event::RequestRefused);
        assert_eq!(refused.error_code.as_deref(), Some("EBMS:0303"));
        assert_eq!(refused.ebms_message_id, Some(message_id));
        assert_eq!(times_asked(scene), before);
        // Octets of the payload are in no answer.
        let text = STANDARD.encode("broken");
        assert!(!String::from_utf8_lossy(&answer.body).contains(&text));
    });
}

/// `[AS4_CP_TA17]` [ROB-65] [AT-47]
#[test]
fn ta17_a_ping_is_acknowledged_and_delivered_to_nobody() {
    SCENE.play(async |scene| {
        let before = times_asked(scene);
        for with_payload in [false, true] {
            let sent = scene
                .portal()
                .send_edm("<ping/>".into(), |letter| {
                    letter.service = Some((profile::TEST_SERVICE.to_owned(), None));
                    letter.action = profile::TEST_ACTION.to_owned();
                    if !with_payload {
                        letter.payloads.clear();
                    }
                })
                .await
                .expect("the bridge can be reached");
            assert_eq!(sent.delivery, Delivery::Acknowledged);
            scene.settled().await;
            assert!(scene.portal().answers(&sent).is_empty());
        }
        assert_eq!(times_asked(scene), before);
        assert!(scene.events().is_empty());
    });
}

/// `[AS4_CP_TA08]` [ROB-64] [EBMS:0011] refused, and never fetched.
#[test]
fn ta08_a_payload_by_hyperlink_is_refused_and_nobody_goes_there() {
    SCENE.play(async |scene| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a listener");
        let place = listener.local_addr().expect("an address");
        let sent = scene.portal().prepare(&good(scene));
        let sent = sent.expect("a request can be written");
        let package = sent.package();
        let forge = Forge::of(package.content_type(), package.body());
        let href = super::forge::between(&forge.soap, "<eb:PartInfo href=\"", "\"");
        let elsewhere = format!("<eb:PartInfo href=\"http://{place}/evidence.xml\"");
        let key = &scene.access_point().spec().signing.key_pem;
        let forged = forge
            .with(&format!("<eb:PartInfo href=\"{href}\""), &elsewhere)
            .signed(key);
        let answer = super::post(scene, &forged.content_type(), forged.body()).await;
        assert_eq!(answer.status, 200);
        assert_eq!(code_of(&answer).as_deref(), Some("EBMS:0011"));
        scene.quiet().await;
        let came = listener.accept().map_err(|error| error.kind());
        assert_eq!(came.err(), Some(std::io::ErrorKind::WouldBlock));
        scene.logged(Event::RequestRefused);
    });
}

/// [ROB-72] the answer is faster than the receipt for what it answers.
#[test]
fn rob72_an_answer_that_comes_before_the_receipt_is_taken() {
    use conformance::simulator::foreign::Receiving;
    SCENE.play(async |scene| {
        let point = scene.access_point();
        point.set_receiving(Receiving::Held);
        let spec = scene.world().order(&[ForeignEvidence::VehicleCertificate]);
        let before = scene.provider().questions().len();
        let (ordered, ()) = tokio::join!(scene.consumer().order(&spec), async {
            // The receipt is held back: the provider answers by hand what it was asked.
            let question = scene.provider().wait_for_question(before + 1, LIMIT).await;
            question.expect("a request abroad");
            point.release();
        });
        let ordered = ordered.expect("an order");
        assert!(
            matches!(&ordered.collection, Collection::Evidence(documents) if documents.len() == 1),
            "{:?}",
            ordered.collection
        );
        scene.settled().await;
        check_order(scene);
    });
}

fn check_order(scene: &Scene) {
    scene.logged(Event::RequestSent);
    scene.logged(Event::ReceiptReceived);
    scene.logged(Event::ResponseReceived);
    scene.agreed();
}

/// `[AS4_CP_TA07]` XML and binary, both ways in one exchange.
#[test]
fn ta07_an_answer_of_xml_and_pdf_is_delivered_whole() {
    SCENE.play(async |scene| {
        let sent = requested(scene).await;
        scene
            .portal()
            .answer(&sent, LIMIT)
            .await
            .expect("an answer");
        scene.settled().await;
        check_answered(scene, &sent);
        scene.agreed();
    });
}
