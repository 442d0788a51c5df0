//! Parts exchanged, added, left out, renamed or encrypted otherwise.

use super::{DECRYPTION, GOOD, MIME, POLICY, Part, check, cut, with_security};
use crate::engine::support::World;
use bytes::Bytes;

#[test]
fn parts_are_bound_to_the_signature() {
    // [39] content replaced, reference kept; reference dropped.
    let mut evil = GOOD.clone();
    evil.parts[0].content = evil.parts[1].content.clone();
    check(&evil, DECRYPTION);
    let reference = cut(
        &GOOD.security,
        "<ds:Reference URI=\"cid:",
        "</ds:Reference>",
    );
    check(
        &with_security(|text| text.replacen(&reference, "", 1)),
        POLICY,
    );
    // [40] contents swapped.
    let mut evil = GOOD.clone();
    let (first, second) = (evil.parts[0].content.clone(), evil.parts[1].content.clone());
    evil.parts[0].content = second;
    evil.parts[1].content = first;
    check(&evil, DECRYPTION);
    // [41] an extra part, [42] one id twice.
    let extra = |id: &str| Part {
        headers: format!("Content-ID: <{id}>"),
        content: vec![1; 40],
    };
    for (id, at) in [
        ("extra@x", 2),
        ("extra@x", 0),
        ("regrep@oots.eu", 0),
        ("regrep@oots.eu", 2),
    ] {
        let mut evil = GOOD.clone();
        evil.parts.insert(at, extra(id));
        check(&evil, MIME);
    }
    let mut evil = GOOD.clone();
    evil.parts.pop();
    check(&evil, MIME);
    // [43] variants of an id are other ids.
    for id in [
        "REGREP@oots.eu",
        "regrep%40oots.eu",
        "regrep @oots.eu",
        "regrep@oots.eu.",
    ] {
        let mut evil = GOOD.clone();
        evil.parts[0].headers = evil.parts[0].headers.replace("regrep@oots.eu", id);
        check(&evil, MIME);
    }
}

#[test]
fn the_type_read_is_the_signed_one() {
    // [44] MIME headers are not signed.
    let mut changed = GOOD.clone();
    changed.parts[0].headers = changed.parts[0]
        .headers
        .replace("application/octet-stream", "text/html");
    let body = Bytes::from(changed.octets(&changed.soap()));
    let message = World::rsa().receive(&changed.content_type(), body).unwrap();
    assert_eq!(message.payloads()[0].media_type(), "application/x-ebrs+xml");
    // [AS4 6.C] the type that selects the transform is not signed either; the digest then fails.
    let evil = with_security(|text| text.replacen("application/gzip", "text/xml", 1));
    check(&evil, DECRYPTION);
}

#[test]
fn decryption_fails_in_one_way() {
    // [ROB-86], [ROB-87] nothing tells which step failed.
    let mut refusals = Vec::new();
    for at in [0, 13, 40] {
        let mut evil = GOOD.clone();
        evil.parts[0].content[at] ^= 1;
        refusals.push(evil.receive().unwrap_err());
    }
    let mut evil = GOOD.clone();
    evil.parts[0].content.truncate(20);
    refusals.push(evil.receive().unwrap_err());
    let (_, value) = GOOD.security.split_once("<xenc:CipherValue>").unwrap();
    let value = value.split('<').next().unwrap().to_owned();
    let (head, tail) = value.split_at(12);
    for other in [
        format!("{head}AAAA{}", tail.split_at(4).1),
        "AAAA".to_owned(),
        String::new(),
    ] {
        refusals.push(
            with_security(|text| text.replacen(&value, &other, 1))
                .receive()
                .unwrap_err(),
        );
    }
    for refusal in &refusals {
        assert_eq!(refusal.to_string(), "EBMS:0102: decryption failed");
        assert_eq!(refusal, &refusals[0]);
    }
}
