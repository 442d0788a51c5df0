//! Single octets changed, added or lost on the way.

use super::{
    bench::{Bench, all},
    world::{NOW, time},
};
use ebms::{ReceivedMessage, Refusal, Verified};
use proptest::prelude::*;

fn receive(bench: &Bench, octets: &[u8]) -> Result<Verified<ReceivedMessage>, Refusal> {
    let content_type = bench.good.content_type();
    bench.receive((&content_type, octets), &bench.pmodes, time(NOW))
}

#[test]
fn anything_changed_in_the_header_breaks_the_signature() {
    for bench in all() {
        let text = &bench.good.messaging;
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
            let mut evil = bench.good.clone();
            evil.messaging = changed;
            let octets = evil.octets(evil.soap().as_bytes());
            assert!(receive(bench, &octets).is_err(), "octet {at}");
            tried += 1;
        }
        assert!(tried > 100);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever is changed in transit: refused, or read exactly as it was sent.
    #[test]
    fn damage_in_transit_changes_nothing_that_is_read(
        bench in 0..4_usize,
        at: prop::sample::Index,
        kind in 0..3_u8,
        byte: u8,
        count in 1..40_usize,
    ) {
        let bench = all().nth(bench).unwrap();
        let mut octets = bench.good.octets(bench.good.soap().as_bytes());
        let at = at.index(octets.len());
        match kind {
            0 => octets[at] = byte,
            1 => octets.insert(at, byte),
            _ => drop(octets.drain(at..octets.len().min(at + count))),
        }
        if let Ok(message) = receive(bench, &octets) {
            let good = bench.opened();
            prop_assert_eq!(message.header(), good.header());
            prop_assert_eq!(message.payloads(), good.payloads());
        }
    }
}
