//! Single octets changed, added or lost on the way.

use super::GOOD;
use crate::engine::support::World;
use bytes::Bytes;
use proptest::prelude::*;

#[test]
fn anything_changed_in_the_header_breaks_the_signature() {
    let text = &GOOD.messaging;
    let mut tried = 0;
    // A declaration that is also in force from outside may change without changing anything.
    let start = text.find("wsu:Id").unwrap();
    for (at, byte) in text.bytes().enumerate().skip(start).step_by(7) {
        let mut changed = text.clone().into_bytes();
        changed[at] = if byte.is_ascii_digit() {
            b'7'
        } else {
            byte ^ 1
        };
        let Ok(changed) = String::from_utf8(changed) else {
            continue;
        };
        if changed == *text {
            continue;
        }
        let mut evil = GOOD.clone();
        evil.messaging = changed;
        assert!(evil.receive().is_err(), "octet {at}");
        tried += 1;
    }
    assert!(tried > 100);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever is changed in transit: refused, or read exactly as it was sent.
    #[test]
    fn damage_in_transit_changes_nothing_that_is_read(
        at: prop::sample::Index,
        kind in 0..3_u8,
        byte: u8,
        count in 1..40_usize,
    ) {
        let mut octets = GOOD.octets(&GOOD.soap());
        let at = at.index(octets.len());
        match kind {
            0 => octets[at] = byte,
            1 => octets.insert(at, byte),
            _ => drop(octets.drain(at..octets.len().min(at + count))),
        }
        if let Ok(message) = World::rsa().receive(&GOOD.content_type(), Bytes::from(octets)) {
            let good = World::rsa()
                .receive(&GOOD.content_type(), Bytes::from(GOOD.octets(&GOOD.soap())))
                .unwrap();
            prop_assert_eq!(message.header(), good.header());
            prop_assert_eq!(message.payloads(), good.payloads());
        }
    }
}
