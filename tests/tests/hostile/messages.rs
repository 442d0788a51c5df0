//! AS4 messages that are not genuine, or for which nothing was agreed.

use std::time::Duration;

use bridge::audit::Event;
use bytes::Bytes;
use conformance::{
    pki::{Authority, Key},
    simulator::foreign::{Delivery, Letter, PartyName},
};
use ebms::{Property, profile, security::SigningKey};
use tests::Scene;

use super::{SCENE, code_of, good, packed, post, times_asked};

/// A good message with one text for another in its octets is refused with this code.
fn check_octets(change: impl Fn(&str) -> (String, String), code: &str) {
    SCENE.play(async |scene| {
        let before = times_asked(scene);
        let sent = packed(scene);
        let package = sent.package();
        let envelope = String::from_utf8_lossy(package.body()).into_owned();
        let (old, new) = change(&envelope);
        let body = replaced(package.body(), old.as_bytes(), new.as_bytes());
        let answer = post(scene, package.content_type(), body).await;
        assert_eq!(answer.status, 200);
        assert_eq!(code_of(&answer).as_deref(), Some(code));
        refused(scene, &sent.message_id, code);
        assert_eq!(times_asked(scene), before);
        // A refused message holds no claim on its id: the genuine one is taken. [ROB 8]
        let genuine = scene.portal().resend(&sent).await;
        assert_eq!(genuine.expect("an answer"), Delivery::Acknowledged);
    });
}

/// The log has the refusal and nothing else.
fn refused(scene: &Scene, message_id: &str, code: &str) {
    let refused = scene.logged(Event::RequestRefused);
    assert_eq!(refused.error_code.as_deref(), Some(code));
    assert_eq!(refused.ebms_message_id.as_deref(), Some(message_id));
    assert_eq!(scene.events().len(), 1);
}

fn replaced(body: &Bytes, old: &[u8], new: &[u8]) -> Bytes {
    let at = body.windows(old.len()).position(|window| window == old);
    let at = at.expect("the text is in the message");
    let mut changed = body.to_vec();
    changed.splice(at..at + old.len(), new.iter().copied());
    changed.into()
}

/// The part of a text from one mark to another, both included.
fn between(text: &str, from: &str, to: &str) -> String {
    let start = text.find(from).expect("a beginning");
    let rest = text.get(start..).expect("a part");
    let end = rest.find(to).expect("an end") + to.len();
    rest.get(..end).expect("a part").to_owned()
}

/// [EBMS:0103]
#[test]
fn a_message_without_a_signature_is_against_the_policy() {
    let unsigned = |text: &str| {
        (
            between(text, "<wsse:Security", "</wsse:Security>"),
            String::new(),
        )
    };
    check_octets(unsigned, "EBMS:0103");
}

/// [EBMS:0101] [AT-42]
#[test]
fn a_message_with_a_wrong_signature_is_not_authentic() {
    let flip = |text: &str| {
        let value = between(text, "<ds:SignatureValue", "</ds:SignatureValue>");
        let at = value.find('>').expect("a value") + 1;
        let (head, tail) = value.split_at(at);
        let other = if tail.starts_with('A') { "B" } else { "A" };
        let changed = format!("{head}{other}{}", tail.get(1..).expect("a value"));
        (value, changed)
    };
    check_octets(flip, "EBMS:0101");
}

#[test]
fn a_message_with_a_changed_header_is_not_authentic() {
    let other = |text: &str| {
        let value = between(text, "<eb:ConversationId", "</eb:ConversationId>");
        let at = value.find('>').expect("a value") + 1;
        let head = value.get(..at).expect("a tag");
        let id = "6f1d3b57-7f8b-4c1e-8f0e-2f7d5c1a9b10";
        (value.clone(), format!("{head}{id}</eb:ConversationId>"))
    };
    check_octets(other, "EBMS:0101");
}

/// [EBMS:0102] one code for whatever is wrong with an encrypted part.
#[test]
fn a_message_with_a_changed_part_cannot_be_decrypted() {
    SCENE.play(async |scene| {
        let sent = packed(scene);
        let package = sent.package();
        let mut body = package.body().to_vec();
        let place = body.len() - 200;
        *body.get_mut(place).expect("an octet") ^= 1;
        let answer = post(scene, package.content_type(), body.into()).await;
        assert_eq!(answer.status, 200);
        assert_eq!(code_of(&answer).as_deref(), Some("EBMS:0102"));
        refused(scene, &sent.message_id, "EBMS:0102");
    });
}

/// A good letter with one value changed before it is signed is refused with this code.
fn check_letter(change: impl Fn(&Scene, &mut Letter), code: &str) {
    SCENE.play(async |scene| {
        let before = times_asked(scene);
        let facts = scene.portal().facts(&good(scene));
        let content = conformance::simulator::edm::request(&facts);
        let sent = scene
            .portal()
            .send_edm(content.into(), |letter| change(scene, letter))
            .await
            .expect("the bridge can be reached");
        assert_eq!(sent.delivery, Delivery::Refused(vec![code.to_owned()]));
        refused(scene, &sent.message_id, code);
        assert_eq!(times_asked(scene), before);
    });
}

/// [EBMS:0101] a certificate that was never agreed, whoever issued it. [AT-44]
#[test]
fn a_message_signed_by_a_stranger_is_not_authentic() {
    check_letter(
        |scene, letter| {
            let now = scene.clock().now();
            let stranger = Authority::new("Somebody", now).expect("an authority");
            // The name is right, the key is not.
            let identity = stranger.signing("AP_FR_01", Key::Rsa2048, now);
            let identity = identity.expect("a certificate");
            let key = SigningKey::from_pkcs8_pem(
                identity.key_pem().as_bytes(),
                identity.chain_pem().as_bytes(),
            );
            letter.signing = Some(key.expect("a key"));
        },
        "EBMS:0101",
    );
}

fn party(id: &str) -> Option<PartyName> {
    Some(PartyName {
        id: id.to_owned(),
        scheme: "urn:oasis:names:tc:ebcore:partyid-type:unregistered:oots".to_owned(),
    })
}

/// [EBMS:0010]
#[test]
fn a_message_of_an_unknown_party_has_no_processing_mode() {
    check_letter(|_, letter| letter.from = party("AP_XX_01"), "EBMS:0010");
}

#[test]
fn a_message_for_another_party_has_no_processing_mode() {
    check_letter(|_, letter| letter.to = party("AP_DE_99"), "EBMS:0010");
}

/// [EBMS:0001]
#[test]
fn an_unknown_action_is_not_recognized() {
    check_letter(
        |_, letter| letter.action = "DeleteEverything".to_owned(),
        "EBMS:0001",
    );
}

#[test]
fn an_unknown_service_is_not_recognized() {
    let kind = Some(profile::SERVICE_TYPE.to_owned());
    let service = Some(("LifecycleManager".to_owned(), kind));
    check_letter(|_, letter| letter.service.clone_from(&service), "EBMS:0001");
}

/// [EBMS:0003] no valid answer could be made.
#[test]
fn a_message_that_could_not_be_answered_is_refused() {
    for name in [profile::ORIGINAL_SENDER, profile::FINAL_RECIPIENT] {
        check_letter(
            |_, letter| letter.properties.retain(|property| property.name() != name),
            "EBMS:0003",
        );
    }
    check_letter(
        |_, letter| letter.conversation_id = "conversation-1".to_owned(),
        "EBMS:0003",
    );
    check_letter(
        |_, letter| {
            let exchange = |property: &&mut Property| property.name() == profile::EXCHANGE_ID;
            let found = letter.properties.iter_mut().find(exchange);
            *found.expect("an exchange") = Property::new(profile::EXCHANGE_ID, "exchange-1");
        },
        "EBMS:0003",
    );
}

#[test]
fn a_message_from_the_future_is_refused() {
    let ahead = Duration::from_secs(6 * 60);
    check_letter(
        |scene, letter| {
            letter.timestamp = scene.clock().now().saturating_add(ahead).ok();
        },
        "EBMS:0004",
    );
}

#[test]
fn a_message_from_long_ago_is_refused() {
    SCENE.play(async |scene| {
        let sent = packed(scene);
        scene.pass(Duration::from_secs(7 * 86_400 + 60));
        let delivery = scene.portal().resend(&sent).await;
        let delivery = delivery.expect("the bridge can be reached");
        assert_eq!(delivery, Delivery::Refused(vec!["EBMS:0004".to_owned()]));
        let log = scene.log();
        let refused = log
            .iter()
            .find(|entry| entry.facts.event == Event::RequestRefused);
        let refused = refused.expect("a line in the log");
        assert_eq!(refused.facts.error_code.as_deref(), Some("EBMS:0004"));
    });
}
