//! Signed blocks moved out of their place, with something else where they were. [AS4 6.A]
//! Numbers are those of the list of wrapping variants in the robustness reference.

use super::{
    bench::{Bench, all},
    careless::Formal,
    message::{Message, swap, with_id},
    tally::{AUTHENTICATION, Case, Group, HEADER, VALUE},
};
use std::sync::LazyLock;

pub(crate) static MESSAGING: LazyLock<Group> = LazyLock::new(|| {
    let cases = all().flat_map(|bench| moved(bench, Block::Messaging));
    Group::of("A 1-11", "eb:Messaging moved, another in its place", cases)
});

pub(crate) static SIBLINGS: LazyLock<Group> = LazyLock::new(|| {
    Group::of(
        "A 12",
        "two eb:Messaging side by side",
        all().flat_map(siblings),
    )
});

pub(crate) static BODY: LazyLock<Group> = LazyLock::new(|| {
    let cases = all().flat_map(|bench| moved(bench, Block::Body));
    Group::of("A 13-22", "Body moved, another in its place", cases)
});

pub(crate) static DOUBLED: LazyLock<Group> = LazyLock::new(|| {
    let cases = all().flat_map(|bench| [bodies(bench), envelopes(bench), smuggled(bench)].concat());
    Group::of(
        "A 23-25",
        "two Bodies, two Envelopes, content smuggled in",
        cases,
    )
});

#[test]
fn a_signed_header_out_of_its_place_is_not_read() {
    // [ROB-76]
    MESSAGING.check(400);
}

#[test]
fn two_headers_are_malformed() {
    // [ROB-76], [EBMS:0009]
    SIBLINGS.check(80);
}

#[test]
fn a_signed_body_out_of_its_place_is_not_read() {
    // [ROB-76]
    BODY.check(400);
}

#[test]
fn nothing_is_smuggled_past_the_signature() {
    // [ROB-76], [P30]
    DOUBLED.check(60);
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Block {
    Messaging,
    Body,
}

/// A place the original can be moved to: where, with what around it, and the number it has in the
/// list when the header is moved. For the Body the list has ten, from 13 on.
const PLACES: &[(&str, &str, u8)] = &[
    ("<S12:Header>", "<S12:Header><wrap>{}</wrap>", 1),
    ("</S12:Header>", "<wrap>{}</wrap></S12:Header>", 1),
    (
        "</S12:Header>",
        "<S12:Header>{}</S12:Header></S12:Header>",
        1,
    ),
    ("<S12:Header>", "<wrap>{}</wrap><S12:Header>", 1),
    ("</S12:Envelope>", "<wrap>{}</wrap></S12:Envelope>", 1),
    (
        "</ds:Signature>",
        "<ds:Object>{}</ds:Object></ds:Signature>",
        8,
    ),
    (
        "</ds:KeyInfo></ds:Signature>",
        "{}</ds:KeyInfo></ds:Signature>",
        8,
    ),
    ("</wsse:Security>", "{}</wsse:Security>", 9),
    ("</wsse:Security>", "<wrap>{}</wrap></wsse:Security>", 9),
    ("</S12:Body>", "{}</S12:Body>", 10),
    ("</S12:Body>", "<wrap>{}</wrap></S12:Body>", 10),
    (
        "</eb:MessageProperties>",
        "<wrap>{}</wrap></eb:MessageProperties>",
        11,
    ),
    ("</eb:UserMessage>", "{}</eb:UserMessage>", 11),
    ("</eb:Messaging>", "<wrap>{}</wrap></eb:Messaging>", 11),
];

/// Every way to give the evil copy an id, with its number in the list.
fn ids(id: &str) -> Vec<(String, u8)> {
    let other = "xmlns:o=\"http://schemas.xmlsoap.org/ws/2003/06/utility\"";
    vec![
        (String::new(), 1),
        (" wsu:Id=\"evil\"".to_owned(), 1),
        (format!(" wsu:Id=\"{id}\""), 2),
        (format!(" Id=\"{id}\""), 4),
        (format!(" id=\"{id}\""), 4),
        (format!(" xml:id=\"{id}\""), 5),
        (format!(" ID=\"{id}\""), 6),
        (format!(" wsu:ID=\"{id}\""), 6),
        (format!(" {other} o:Id=\"{id}\""), 7),
    ]
}

/// What the attacker wants read: other corners, or content in the Body.
fn evil(bench: &Bench, block: Block, id: &str) -> String {
    match block {
        Block::Messaging => swap(&with_id(&bench.good.messaging, id), "BR_FR_01", "EVIL"),
        Block::Body => swap(&with_id(&bench.good.body, id), "></", "><evil/></"),
    }
}

/// The signed original is inside the other signed block, so that one's digest fails.
fn is_inside_other(block: Block, place: &str) -> bool {
    match block {
        Block::Messaging => place == "</S12:Body>",
        Block::Body => place.starts_with("</eb:"),
    }
}

fn moved(bench: &'static Bench, block: Block) -> Vec<Case> {
    let good = &bench.good;
    let (original, id, first) = match block {
        Block::Messaging => (&good.messaging, good.messaging_id(), 1),
        Block::Body => (&good.body, good.body_id(), 13),
    };
    let last = if block == Block::Messaging { 11 } else { 22 };
    let mut cases = Vec::new();
    for (place, put, of_place) in PLACES {
        for (attribute, of_id) in ids(id) {
            let mut changed = good.clone();
            let copy = evil(bench, block, &attribute);
            match block {
                Block::Messaging => changed.messaging = copy,
                Block::Body => changed.body = copy,
            }
            let soap = swap(&changed.soap(), place, &put.replace("{}", original));
            let number = match (*of_place, of_id) {
                (1, 2) if place.starts_with("</") => 2,
                (1, 2) => 3,
                (1, of_id) => of_id,
                (of_place, _) => of_place,
            };
            let case = bench.soap_case(format!("{place} {attribute}"), good, soap);
            let case = match is_inside_other(block, place) {
                true => case.broken(),
                false => case,
            };
            cases.push(case.number((first - 1 + number).min(last)));
        }
    }
    cases
}

/// The manifest of the vectors asks for 0101 where both stand side by side; the list and row 76
/// for 0009, which comes first: a header is looked at before any signature is. [AS4 1.12]
fn siblings(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let mut cases = Vec::new();
    for (attribute, _) in ids(good.messaging_id()) {
        let copy = evil(bench, Block::Messaging, &attribute);
        let original = &good.messaging;
        for (order, both) in [
            ("before", format!("{copy}{original}")),
            ("after", format!("{original}{copy}")),
            ("around", format!("{copy}{}{original}", good.security)),
        ] {
            let mut changed = good.clone();
            changed.messaging = both;
            if order == "around" {
                changed.security = String::new();
            }
            let case = bench.case(format!("{order} {attribute}"), &changed);
            cases.push(case.number(12).refused(HEADER));
        }
    }
    cases
}

fn bodies(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let mut cases = Vec::new();
    for (attribute, _) in ids(good.body_id()) {
        let copy = evil(bench, Block::Body, &attribute);
        for both in [
            format!("{copy}{}", good.body),
            format!("{}{copy}", good.body),
        ] {
            let mut changed = good.clone();
            changed.body = both;
            let case = bench.case(format!("two Bodies {attribute}"), &changed);
            cases.push(case.number(23));
        }
    }
    cases
}

/// The whole good envelope inside another, evil one.
fn envelopes(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let mut outer = good.clone();
    outer.messaging = evil(bench, Block::Messaging, "");
    outer.body = with_id(&good.body, "");
    let mut unsigned = outer.clone();
    unsigned.security = String::new();
    let inner = good.soap();
    let mut cases = Vec::new();
    for (place, put) in [
        ("<S12:Header>", "<S12:Header>{}"),
        ("</S12:Header>", "<wrap>{}</wrap></S12:Header>"),
        ("</S12:Body>", "{}</S12:Body>"),
        ("</S12:Envelope>", "{}</S12:Envelope>"),
        ("</eb:Messaging>", "{}</eb:Messaging>"),
    ] {
        for outer in [&outer, &unsigned] {
            let soap = swap(&outer.soap(), place, &put.replace("{}", &inner));
            cases.push(
                bench
                    .soap_case(format!("inside {place}"), good, soap)
                    .number(24),
            );
        }
    }
    // The other way round: the evil one inside the good.
    let soap = swap(
        &inner,
        "</S12:Envelope>",
        &format!("{}</S12:Envelope>", unsigned.soap()),
    );
    cases.push(bench.soap_case("evil inside", good, soap).number(24));
    cases
}

fn smuggled(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let mut cases = Vec::new();
    // Content in the Body, signed or not.
    for content in [
        "<evil/>",
        "text",
        "<xop:Include xmlns:xop=\"urn:x\" href=\"cid:a\"/>",
    ] {
        let mut changed = good.clone();
        changed.body = swap(&good.body, "></", &format!(">{content}</"));
        let unsigned = bench.case(format!("{content} in the Body"), &changed);
        cases.push(unsigned.number(25).refused(HEADER).broken());
        let signed = bench.signed(format!("{content} in the Body, signed"), &changed);
        cases.push(signed.number(25).refused(HEADER));
    }
    // A payload in a header block that need not be understood, or must be.
    let block = |must: &str| format!("<p xmlns=\"urn:p\" id=\"p\"{must}><evil/></p></S12:Header>");
    let soap = swap(&good.soap(), "</S12:Header>", &block(""));
    cases.push(
        bench
            .soap_case("ignored block", good, soap)
            .number(25)
            .unchanged(),
    );
    let must = block(" S12:mustUnderstand=\"true\"");
    let soap = swap(&good.soap(), "</S12:Header>", &must);
    cases.push(
        bench
            .soap_case("block to understand", good, soap)
            .number(25)
            .refused(HEADER),
    );
    // Named as a payload. [P30]
    for href in ["#p", &format!("#{}", good.body_id()), "p"] {
        let changed = good.messaging("href=\"cid:regrep@oots.eu\"", &format!("href=\"{href}\""));
        cases.push(
            bench
                .signed(format!("href {href}"), &changed)
                .number(25)
                .refused(VALUE),
        );
    }
    cases.extend(renamed(bench, good));
    cases
}

/// Blocks that are no longer those the engine knows, beside their signed originals' digests.
fn renamed(bench: &'static Bench, good: &Message) -> Vec<Case> {
    let namespace = "http://www.w3.org/2003/05/soap-envelope";
    let evil = format!("<s:Body xmlns:s=\"{namespace}\"><evil/></s:Body></S12:Header>");
    let soap = swap(&good.soap(), "</S12:Header>", &evil);
    let nested = bench
        .soap_case("a Body in the Header", good, soap)
        .number(23);
    let copy = good
        .messaging
        .replace("eb:", "e2:")
        .replace("xmlns:eb=", "xmlns:e2=");
    let soap = swap(
        &good.soap(),
        "<S12:Header>",
        &format!("<S12:Header><w>{copy}</w>"),
    );
    // Its own id twice: the careless verifier takes either.
    let prefixed = bench.soap_case("another prefix", good, soap).number(2);
    assert_eq!(prefixed.judge(), Formal::Intact);
    vec![nested.refused(AUTHENTICATION), prefixed]
}
