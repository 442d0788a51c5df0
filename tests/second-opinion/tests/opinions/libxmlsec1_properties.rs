//! The two agree on whatever is generated.

use crate::{
    message::Parts,
    template::Unsigned,
    world::{World, draft, parts_of},
};
use ebms::{Leg, Payload, Property};
use proptest::prelude::*;
use second_opinion::{Method, Verdict, canonical_xml};

/// Text of every kind a header may carry.
fn value() -> impl Strategy<Value = String> {
    "[!-~äß€𝄞][ -~äß€𝄞]{0,30}[!-~äß€𝄞]"
}

fn name() -> impl Strategy<Value = String> {
    "[a-zA-Z<>&\"'ä][a-zA-Z0-9<>&\"']{0,10}"
}

/// XML content with namespaces, attributes, references, comments and instructions.
fn xml_content() -> impl Strategy<Value = String> {
    let text = "[a-z \t\r\n&é€]{0,12}".prop_map(|it| it.replace('&', "&#38;"));
    let leaf = prop_oneof![
        3 => text,
        1 => "[a-z ]{0,6}".prop_map(|it| format!("<!--{it}-->")),
        1 => "[a-z ]{1,6}".prop_map(|it| format!("<?i {it}?>")),
        1 => "[a-z<>&'\" \r\n]{0,8}".prop_map(|it| format!("<![CDATA[{it}]]>")),
    ];
    let element = leaf.prop_recursive(4, 24, 4, |inner| {
        let shell = (0..6_usize, 0..4_usize, "[a-z>'\t\n é]{0,6}");
        (shell, prop::collection::vec(inner, 0..4)).prop_map(|((name, declared, value), inner)| {
            let name = ["a", "p:b", "q:c", "a", "p:d", "q:e"][name];
            let declared = [
                "",
                " xmlns=\"urn:one\"",
                " xmlns:p='urn:two' p:z=\"1\" a='2'",
                " xmlns=\"\" xmlns:r=\"urn:three\" r:y='' xml:space=\"preserve\"",
            ][declared];
            format!(
                "<{name}{declared} v=\"{value}\">{}</{name}>",
                inner.concat()
            )
        })
    });
    let around = "(<!--[a-z]{0,3}-->|<\\?i [a-z]{1,3}\\?>|\r?\n){0,3}";
    (around, element, around).prop_map(|(before, inner, after)| {
        format!("{before}<root xmlns:p='urn:p' xmlns:q=\"urn:q\">{inner}</root>{after}")
    })
}

fn part() -> impl Strategy<Value = (&'static str, Vec<u8>)> {
    let octets = prop::collection::vec(any::<u8>(), 0..300);
    let lines = "[a-z\r\n]{0,40}".prop_map(String::into_bytes);
    prop_oneof![
        octets.prop_map(|it| ("application/octet-stream", it)),
        lines.prop_map(|it| ("text/plain", it)),
        xml_content().prop_map(|it| ("application/x-ebrs+xml", it.into_bytes())),
        xml_content().prop_map(|it| ("text/xml", it.into_bytes())),
    ]
}

fn message() -> impl Strategy<Value = Parts> {
    let properties = prop::collection::vec((name(), value()), 0..4);
    let parts = prop::collection::vec(part(), 0..4);
    (properties, parts, any::<bool>()).prop_map(|(properties, parts, compress)| {
        let mut draft = draft();
        for (at, (name, value)) in properties.into_iter().enumerate() {
            draft = draft.with_property(Property::new(&format!("{name}{at}"), &value));
        }
        for (at, (media_type, content)) in parts.into_iter().enumerate() {
            let cid = format!("p{at}@fr.example").parse().unwrap();
            draft = draft.with_payload(Payload::new(cid, media_type, content));
        }
        let leg = Leg::default()
            .with_encryption(false)
            .with_compression(compress);
        parts_of(&World::rsa().send(&draft, leg))
    })
}

fn verdict(message: &Parts) -> Option<Verdict> {
    let pem = World::rsa().fr.certificate_pem();
    message.verify(pem, Method::RsaSha256).ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    // [AS4_CP_TA12]
    #[test]
    fn libxmlsec1_verifies_whatever_we_sign(message in message()) {
        let valid = matches!(verdict(&message), Some(Verdict::Valid(uris))
            if uris.len() == message.parts.len() + 2);
        prop_assert!(valid, "{}", message.soap_text());
    }

    #[test]
    fn we_open_whatever_libxmlsec1_signs(
        parts in prop::collection::vec(part(), 0..4), listed in any::<bool>()
    ) {
        let world = World::rsa();
        let mut unsigned = Unsigned::new(&world.fr, Method::RsaSha256);
        for (media_type, content) in &parts {
            unsigned = unsigned.with_part(media_type, media_type, content);
        }
        if listed {
            unsigned = unsigned.with_prefixes("eb3 wsu #default");
        }
        let message = unsigned.sign(&world.fr);
        let (content_type, body) = message.join();
        let opened = world.receive(&content_type, body);
        prop_assert!(opened.is_ok(), "{opened:?}\n{}", message.soap_text());
        let delivered = opened.unwrap();
        for (payload, (_, content)) in delivered.payloads().iter().zip(&parts) {
            prop_assert_eq!(payload.content(), content);
        }
    }

    /// We are the stricter of the two: whatever octet of the envelope is another, we do not accept
    /// what libxmlsec1 refuses.
    #[test]
    fn no_changed_octet_is_accepted_by_us_alone(
        message in message(), at in any::<prop::sample::Index>(), flip in 1..=255_u8
    ) {
        let mut message = message;
        let at = at.index(message.soap.len());
        message.soap[at] ^= flip;
        let (content_type, body) = message.join();
        let ours = World::rsa().receive(&content_type, body).is_ok();
        let theirs = matches!(verdict(&message), Some(Verdict::Valid(_)));
        prop_assert!(!ours || theirs, "{}", String::from_utf8_lossy(&message.soap));
    }

    #[test]
    fn no_changed_octet_of_a_part_is_accepted_by_one_alone(
        content in xml_content(), at in any::<prop::sample::Index>(), flip in 1..128_u8
    ) {
        let world = World::rsa();
        let content = content.into_bytes();
        let unsigned = Unsigned::new(&world.fr, Method::RsaSha256)
            .with_part("text/xml", "text/xml", &content);
        let mut message = unsigned.sign(&world.fr);
        let at = at.index(content.len());
        message.parts[0].content[at] ^= flip;
        let changed = message.parts[0].content.clone();
        let (content_type, body) = message.join();
        let ours = world.receive(&content_type, body).is_ok();
        let theirs = matches!(verdict(&message), Some(Verdict::Valid(_)));
        // libxml2 has no canonical form where a namespace is not an absolute URI; any other reader
        // takes the name as it is.
        let Ok(canonical) = canonical_xml(&changed) else {
            prop_assert!(!theirs);
            return Ok(());
        };
        prop_assert_eq!(ours, theirs, "{}", String::from_utf8_lossy(&changed));
        prop_assert_eq!(theirs, canonical_xml(&content) == Ok(canonical));
    }
}
