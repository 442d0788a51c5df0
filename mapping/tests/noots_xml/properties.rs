//! Properties of the XML form: what is written is read back as it was, both forms say the same, and
//! nothing that is read brings the reader down.

use crate::any as arbitrary;
use bytes::Bytes;
use mapping::noots::{
    Availability, Header, Message, OneOrMore, Party, ProvidedObject, RegistryObject, Signature,
    decode_json, decode_xml, encode_json, encode_xml,
};
use proptest::prelude::*;

/// The message as XML can carry it: a code is a token, and a signature is XML.
fn carried(mut message: Message) -> Message {
    trim(header(&mut message));
    match &mut message {
        Message::EvidenceResponse(response) => {
            response.availability = sealed(&response.availability, |provided| ProvidedObject {
                object: signed(&provided.object),
                ..provided.clone()
            });
        }
        Message::GetEvidenceResponse(response) => {
            let results = response.results.iter().cloned().map(|mut result| {
                result.availability = sealed(&result.availability, signed);
                result
            });
            response.results = OneOrMore::new(results.collect()).unwrap();
        }
        _ => {}
    }
    message
}

fn header(message: &mut Message) -> &mut Header {
    match message {
        Message::EvidenceRequest(message) => &mut message.header,
        Message::EvidenceResponse(message) => &mut message.header,
        Message::EvidenceOrder(message) => &mut message.header,
        Message::EvidenceOrderResponse(message) => &mut message.header,
        Message::GetEvidence(message) => &mut message.header,
        Message::GetEvidenceResponse(message) => &mut message.header,
        Message::EvidenceErrorResponse(message)
        | Message::EvidenceOrderErrorResponse(message)
        | Message::GetEvidenceErrorResponse(message) => &mut message.header,
    }
}

fn trim(header: &mut Header) {
    let token = |text: &mut String| *text = text.trim_matches([' ', '\t', '\r', '\n']).to_owned();
    let parties: [&mut Party; 2] = [&mut header.reader, &mut header.author];
    for party in parties {
        token(&mut party.directory);
        party.channels.iter_mut().for_each(|c| token(&mut c.kind));
    }
}

fn sealed<T>(availability: &Availability<T>, sign: impl Fn(&T) -> T) -> Availability<T> {
    match availability {
        Availability::Now(objects) => {
            Availability::Now(OneOrMore::new(objects.iter().map(sign).collect()).unwrap())
        }
        Availability::At(time) => Availability::At(*time),
    }
}

/// The bytes of an arbitrary signature choose among the ways a real one is written.
fn signed(object: &RegistryObject) -> RegistryObject {
    const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
    let xml = |signature: &Signature| match signature.as_xml().len() % 3 {
        0 => format!("<ds:Signature xmlns:ds=\"{DS}\"><ds:SignedInfo/></ds:Signature>"),
        1 => format!("<Signature\n xmlns='{DS}'> <SignedInfo/><!-- c --><Object/></Signature>"),
        _ => format!(
            "<s:Signature Id='a&lt;b' xmlns:s=\"{DS}\"><s:SignedInfo a='1'>&amp;</s:SignedInfo></s:Signature>"
        ),
    };
    RegistryObject {
        signature: object
            .signature
            .as_ref()
            .map(|signature| Signature::new(Bytes::from(xml(signature)))),
        ..object.clone()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_message_survives_writing_and_reading(message in arbitrary::message().prop_map(carried)) {
        let text = encode_xml(&message).unwrap();
        prop_assert_eq!(decode_xml(&text), Ok(message));
    }

    #[test]
    fn both_forms_say_the_same(message in arbitrary::message().prop_map(carried)) {
        let json = encode_json(&message);
        let through = decode_json(&json).unwrap();
        let through = decode_xml(&encode_xml(&through).unwrap()).unwrap();
        prop_assert_eq!(encode_json(&through), json);
    }

    #[test]
    fn bytes_never_bring_the_reader_down(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(decode_xml(&bytes).is_err());
    }

    #[test]
    fn a_damaged_message_never_brings_the_reader_down(
        message in arbitrary::message().prop_map(carried),
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        length in 0_usize..40,
    ) {
        let mut text = encode_xml(&message).unwrap();
        let at = place.index(text.len());
        let end = (at + length).min(text.len());
        text.splice(at..end, [byte]);
        if let Ok(read) = decode_xml(&text) {
            let again = encode_xml(&read).unwrap();
            prop_assert_eq!(decode_xml(&again), Ok(read));
        }
    }

    #[test]
    fn a_message_with_swapped_tags_never_brings_the_reader_down(
        message in arbitrary::message().prop_map(carried),
        from in any::<prop::sample::Index>(),
        to in any::<prop::sample::Index>(),
        older in any::<bool>(),
    ) {
        let text = String::from_utf8(encode_xml(&message).unwrap()).unwrap();
        let text = if older { text.replace("_1.4\"", "\"") } else { text };
        let mut parts: Vec<&str> = text.split_inclusive('>').collect();
        let (from, to) = (from.index(parts.len()), to.index(parts.len()));
        parts.swap(from, to);
        if let Ok(read) = decode_xml(parts.concat().as_bytes()) {
            prop_assert!(encode_xml(&read).is_ok());
        }
    }
}
