//! Signed blocks moved out of their place, with something else where they were.

use super::{AUTHENTICATION, GOOD, HEADER, Message, POLICY, check, check_soap};

/// Every way to give the evil copy an id: none, the same in any place, other attribute kinds.
fn ids(id: &str) -> Vec<String> {
    vec![
        String::new(),
        " wsu:Id=\"evil\"".to_owned(),
        format!(" wsu:Id=\"{id}\""),
        format!(" Id=\"{id}\""),
        format!(" id=\"{id}\""),
        format!(" ID=\"{id}\""),
        format!(" wsu:ID=\"{id}\""),
        format!(" xml:id=\"{id}\""),
        format!(" xmlns:o=\"http://schemas.xmlsoap.org/ws/2003/06/utility\" o:Id=\"{id}\""),
    ]
}

/// Every place the signed original can be moved to; `{}` is where it goes.
const PLACES: &[(&str, &str)] = &[
    ("<S12:Header>", "<S12:Header><wrap>{}</wrap>"),
    ("</S12:Header>", "<wrap>{}</wrap></S12:Header>"),
    ("</wsse:Security>", "{}</wsse:Security>"),
    ("</wsse:Security>", "<wrap>{}</wrap></wsse:Security>"),
    (
        "</ds:Signature>",
        "<ds:Object>{}</ds:Object></ds:Signature>",
    ),
    (
        "</ds:KeyInfo></ds:Signature>",
        "{}</ds:KeyInfo></ds:Signature>",
    ),
    ("</S12:Envelope>", "{}</S12:Envelope>"),
    ("</S12:Envelope>", "<wrap>{}</wrap></S12:Envelope>"),
    ("</eb:Messaging>", "<wrap>{}</wrap></eb:Messaging>"),
    (
        "</eb:MessageProperties>",
        "<wrap>{}</wrap></eb:MessageProperties>",
    ),
    ("</S12:Body>", "{}</S12:Body>"),
    ("</S12:Body>", "<wrap>{}</wrap></S12:Body>"),
];

/// [1]-[11], [13]-[22]: the original anywhere, the evil copy in its place, with every kind of id.
#[test]
fn a_signed_block_out_of_its_place_is_not_read() {
    let any = &[AUTHENTICATION, POLICY, HEADER].concat();
    let mut tried = 0;
    for (place, moved) in PLACES {
        for id in ids(&Message::id_of(&GOOD.messaging)) {
            let mut evil = GOOD.clone();
            evil.messaging = GOOD.evil_messaging(&id);
            let soap = evil
                .soap()
                .replacen(place, &moved.replace("{}", &GOOD.messaging), 1);
            assert!(soap.len() > evil.soap().len(), "{place}");
            check_soap(&evil, &soap, any);
            tried += 1;
        }
        for id in ids(&Message::id_of(&GOOD.body)) {
            let mut evil = GOOD.clone();
            evil.body = GOOD.evil_body(&id);
            let soap = evil
                .soap()
                .replacen(place, &moved.replace("{}", &GOOD.body), 1);
            check_soap(&evil, &soap, any);
            tried += 1;
        }
    }
    assert_eq!(tried, 2 * 9 * PLACES.len());
}

/// [1], [13]: the plain cases have the code of the catalogue.
#[test]
fn a_wrapped_block_is_a_failed_authentication() {
    let mut evil = GOOD.clone();
    evil.messaging = format!("{}<wrap>{}</wrap>", GOOD.evil_messaging(""), GOOD.messaging);
    check(&evil, AUTHENTICATION);
    let mut evil = GOOD.clone();
    evil.messaging = format!("{}<wrap>{}</wrap>", GOOD.messaging, GOOD.body);
    evil.body = GOOD
        .evil_body("")
        .replace("></S12:Body>", "><evil/></S12:Body>");
    check(&evil, AUTHENTICATION);
}

#[test]
fn two_blocks_of_a_kind_are_refused() {
    // [12]
    let mut evil = GOOD.clone();
    evil.messaging = format!(
        "{}{}",
        GOOD.evil_messaging(" wsu:Id=\"evil\""),
        GOOD.messaging
    );
    check(&evil, HEADER);
    // [23]
    let mut evil = GOOD.clone();
    evil.body = format!("{}{}", GOOD.evil_body(""), GOOD.body);
    check(&evil, AUTHENTICATION);
    // [24]
    let inner = GOOD.soap();
    let mut evil = GOOD.clone();
    evil.messaging = GOOD.evil_messaging("");
    let outer = evil.soap().replacen(
        "</S12:Header>",
        &format!("<wrap>{inner}</wrap></S12:Header>"),
        1,
    );
    check_soap(&evil, &outer, &[AUTHENTICATION, HEADER].concat());
}

#[test]
fn the_body_stays_empty() {
    // [25] content in the Body, where the signature covers it no more.
    let mut evil = GOOD.clone();
    evil.body = GOOD.body.replace("></S12:Body>", "><evil/></S12:Body>");
    check(&evil, HEADER);
}
