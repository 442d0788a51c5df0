//! Receipts that prove nothing, signed as they should be: the attempt failed, the next may not.

use std::sync::Arc;

use bridge::audit::Event;
use bytes::Bytes;
use conformance::simulator::foreign::{Answering, Letter, WireAnswer};
use ebms::{
    Incoming, MessageId, Payload, Property, profile, receive, security::SigningKey, signal,
};
use tests::Scene;

use super::{INTERVAL, SCENE, confirmed, counted, foreign_key, give_up, placed};

/// Puts this answer in place of the receipt: it does not count, and the receipt of the next attempt
/// does.
async fn check_worthless(
    scene: &Scene,
    change: impl FnOnce(WireAnswer) -> WireAnswer + Send + 'static,
) {
    let before = scene.access_point().packages().len();
    let alert = ["direction=\"sent\"", "EBMS:0302"];
    let alerts = counted(scene, &alert);
    scene.provider().set_answering(Answering::Silent);
    scene.access_point().answer_next(true, change);
    let order = placed(scene).await;
    let trying = async {
        let failed = scene.until(Event::AttemptFailed, 1).await;
        let failed = failed.first().expect("an attempt");
        assert_eq!(failed.facts.error_code.as_deref(), Some("EBMS:0302"));
        assert!(scene.entries(Event::ReceiptReceived).is_empty());
        assert_eq!(counted(scene, &alert), alerts + 1);
        scene.pass(INTERVAL);
        let receipts = scene.until(Event::ReceiptReceived, 1).await;
        let receipt = receipts.first().expect("a receipt");
        assert_eq!(receipt.facts.ebms_message_id, failed.facts.ebms_message_id);
    };
    tokio::select! {
        () = confirmed(scene, &order) => panic!("there is no answer yet"),
        () = trying => {}
    }
    give_up(scene, &order).await;
    let packages = scene.access_point().packages().split_off(before);
    assert_eq!(packages.len(), 2);
    assert_eq!(packages.first(), packages.last());
    assert!(scene.entries(Event::DeliveryFailed).is_empty());
}

/// Makes receipts for the wrong thing: another message, under the id it is asked for.
fn forger(scene: &Scene, key: SigningKey) -> impl FnOnce(MessageId) -> Bytes + Send + 'static {
    let point = scene.access_point().clone();
    let platform = Arc::clone(scene.platform());
    move |about| {
        let content_id = point.content_id().parse().expect("a content id");
        let letter = Letter {
            message_id: about.to_string(),
            conversation_id: platform.world().uuid().to_string(),
            action: profile::EXECUTE_QUERY_REQUEST.to_owned(),
            service: None,
            from: None,
            to: None,
            timestamp: None,
            properties: vec![
                Property::new("originalSender", "somebody"),
                Property::new("finalRecipient", "somebody else"),
            ],
            payloads: vec![Payload::new(content_id, "text/plain", &b"another"[..])],
            signing: None,
            request_id: None,
        };
        let sent = point.compose(&letter).expect("a message");
        let limits = receive::Limits::default();
        let read = receive::read(sent.content_type(), sent.body().clone(), &limits);
        let Ok(Incoming::User(sealed)) = read else {
            panic!("no message");
        };
        let now = platform.world().now();
        let signed = sealed.verify(&platform.partners(), now).expect("genuine");
        let message = signed.open(&platform.decryption_keys()).expect("for us");
        let id = point.message_id().parse().expect("a message id");
        let receipt = signal::receipt(&message, id, now, &key).expect("a receipt");
        receipt.body().clone()
    }
}

/// The message a receipt is about.
fn about(receipt: &WireAnswer) -> MessageId {
    let text = String::from_utf8_lossy(&receipt.body);
    let rest = text.split("<eb:RefToMessageId>").nth(1);
    let id = rest.and_then(|rest| rest.split('<').next());
    id.expect("a receipt").parse().expect("a message id")
}

/// [AT-43] [ROB-50] [EBMS:0302] other digests, under our id, signed by the partner.
#[test]
fn at_43_a_receipt_for_other_octets_is_no_receipt() {
    SCENE.play(async |scene| {
        let forge = forger(scene, foreign_key(scene));
        let change = |receipt: WireAnswer| WireAnswer {
            body: forge(about(&receipt)),
            ..receipt
        };
        check_worthless(scene, change).await;
    });
}

/// [AT-43] [EBMS:0302] another id, signed by the partner.
#[test]
fn at_43_a_receipt_for_another_message_is_no_receipt() {
    SCENE.play(async |scene| {
        let forge = forger(scene, foreign_key(scene));
        let other = scene.access_point().message_id();
        let other = other.parse().expect("a message id");
        let change = |receipt: WireAnswer| WireAnswer {
            body: forge(other),
            ..receipt
        };
        check_worthless(scene, change).await;
    });
}

/// [AT-43] [ROB-52] [EBMS:0302] the right one, without a signature.
#[test]
fn at_43_a_receipt_without_a_signature_is_no_receipt() {
    SCENE.play(async |scene| {
        let change = |receipt: WireAnswer| {
            let text = String::from_utf8_lossy(&receipt.body);
            let (before, rest) = text.split_once("<wsse:Security").expect("a signature");
            let (_, after) = rest.split_once("</wsse:Security>").expect("a signature");
            WireAnswer {
                body: format!("{before}{after}").into(),
                ..receipt
            }
        };
        check_worthless(scene, change).await;
    });
}

/// [AT-43] [ROB-51] [EBMS:0302] the right one, signed by us instead of the partner.
#[test]
fn at_43_a_receipt_signed_by_another_is_no_receipt() {
    SCENE.play(async |scene| {
        let forge = forger(scene, scene.platform().signing_key().clone());
        let change = |receipt: WireAnswer| WireAnswer {
            body: forge(about(&receipt)),
            ..receipt
        };
        check_worthless(scene, change).await;
    });
}
