//! MIME and SOAP as other stacks write them.

use super::{
    exchange::delivered,
    forge::Forge,
    published,
    support::{World, request},
};
use bytes::Bytes;
use ebms::{
    EbmsCode, Leg, Refusal,
    receive::{self, Limits},
    refusal::Stage,
};

/// A good request with its package written otherwise.
#[track_caller]
fn check_taken(change: impl FnOnce(&str, Vec<u8>) -> (String, Vec<u8>)) {
    let world = World::rsa();
    let sent = world.send(&request(), &Leg::default());
    let forge = Forge::of(sent.content_type(), sent.body());
    let (content_type, body) = change(&forge.content_type(), forge.body().to_vec());
    let message = world.receive(&content_type, Bytes::from(body));
    assert_eq!(message.unwrap().payloads(), request().payloads());
}

fn replaced(octets: &[u8], old: &str, new: &str) -> Vec<u8> {
    let at = octets
        .windows(old.len())
        .position(|window| window == old.as_bytes())
        .unwrap_or_else(|| panic!("{old:?} is not in the package"));
    [&octets[..at], new.as_bytes(), &octets[at + old.len()..]].concat()
}

// [P20]
#[test]
fn p20_a_byte_order_mark_and_a_declaration_are_taken() {
    published::accepted(&[
        "edelivery-1.15/utf8-bom-soap-part.as4",
        "edelivery-1.15/xml-declaration-soap-part.as4",
    ]);
    let start = "<S12:Envelope ";
    let both = format!("\u{FEFF}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n{start}");
    check_taken(|kind, body| (kind.to_owned(), replaced(&body, start, &both)));
}

// [P22]
#[test]
fn p22_what_stands_around_the_parts_is_ignored() {
    published::accepted(&["edelivery-1.15/mime-preamble.as4"]);
    check_taken(|kind, body| (kind.to_owned(), [b"\r\n".as_slice(), &body].concat()));
    check_taken(|kind, body| {
        let preamble = b"This is a multi-part message in MIME format.\r\n\r\n".as_slice();
        (kind.to_owned(), [preamble, &body].concat())
    });
    // No line break at the end, something behind it, blanks after a boundary.
    check_taken(|kind, body| (kind.to_owned(), body[..body.len() - 2].to_vec()));
    check_taken(|kind, body| (kind.to_owned(), [body.as_slice(), b"epilogue"].concat()));
    check_taken(|kind, body| {
        let boundary = super::forge::between(kind, "boundary=\"", "\"");
        let line = format!("--{boundary}\r\n");
        let blank = format!("--{boundary} \t\r\n");
        (kind.to_owned(), replaced(&body, &line, &blank))
    });
}

// [P24]
#[test]
fn p24_media_types_are_read_in_any_spelling() {
    let root = "Content-Type: application/soap+xml";
    for written in [
        "Content-Type: application/soap+xml; charset=UTF-8",
        "Content-Type: application/soap+xml; charset=\"utf-8\"",
        "content-type: APPLICATION/SOAP+XML;charset=utf-8",
        "Content-Type: Application/Soap+Xml; action=\"\"; charset=Utf-8",
    ] {
        check_taken(|kind, body| (kind.to_owned(), replaced(&body, root, written)));
    }
    for changed in [
        ("multipart/related", "Multipart/RELATED"),
        ("multipart/related;", "multipart/related; charset=UTF-8;"),
        ("type=\"application/soap+xml\"", "type=application/soap+xml"),
        (
            "type=\"application/soap+xml\";",
            "type=\"application/soap+xml\"; start-info=\"application/soap+xml\";",
        ),
        ("type=\"application/soap+xml\"; ", ""),
    ] {
        check_taken(|kind, body| {
            assert!(kind.contains(changed.0), "{kind}");
            (kind.replace(changed.0, changed.1), body)
        });
    }
}

fn read(content_type: &str, body: &[u8]) -> Refusal {
    let body = Bytes::copy_from_slice(body);
    receive::read(content_type, body, &Limits::default()).expect_err("accepted")
}

// [ROB-68] [EBMS:0007]
#[test]
fn rob68_a_broken_package_is_refused_within_limits() {
    let (sent, _) = delivered(&request(), &Leg::default());
    let forge = Forge::of(sent.content_type(), sent.body());
    let (kind, good) = (forge.content_type(), forge.body().to_vec());
    let boundary = super::forge::between(&kind, "boundary=\"", "\"");
    let delimiter = format!("\r\n--{boundary}\r\n");
    let end = format!("\r\n--{boundary}--");
    let part = |headers: &str| {
        let extra = format!("{delimiter}{headers}\r\n\r\nx{end}");
        replaced(&good, &end, &extra)
    };
    let named: String = (0..10_000)
        .map(|at| format!("{delimiter}Content-ID: <{at}@x>\r\n\r\nx"))
        .collect();
    let many = replaced(&good, &end, &format!("{named}{end}"));
    let broken: [(&str, Vec<u8>); 9] = [
        (
            "multipart/related; type=\"application/soap+xml\"",
            good.clone(),
        ),
        (&kind, [vec![b'p'; 10 << 20], good.clone()].concat()),
        (&kind, many),
        (
            &kind,
            part("Content-ID: <n@x>\r\nContent-Type: multipart/mixed; boundary=c"),
        ),
        (
            &kind,
            part(&format!("Content-ID: <h@x>\r\nX: {}", "h".repeat(1 << 20))),
        ),
        (
            &kind,
            String::from_utf8_lossy(&good)
                .replace("\r\n", "\n")
                .into_bytes(),
        ),
        (&kind, good[..good.len() - boundary.len() - 8].to_vec()),
        (
            &kind,
            part(&format!("Content-ID: <l@x>\r\n\r\n--{boundary}x")),
        ),
        (&kind, Vec::new()),
    ];
    for (at, (kind, body)) in broken.iter().enumerate() {
        let refusal = read(kind, body);
        assert_eq!(
            refusal.code(),
            EbmsCode::MimeInconsistency,
            "{at}: {refusal}"
        );
        assert_eq!(refusal.stage(), Stage::Unparsable, "{at}: {refusal}");
    }
}

// [ROB-68]
#[test]
fn rob68_a_boundary_inside_a_line_is_content() {
    // Random octets repeat here, and with them the boundary.
    let (world, leg) = (super::compression::plain(), Leg::default());
    let leg = leg.with_encryption(false).with_compression(false);
    let kind = world.send(&request(), &leg).content_type().to_owned();
    let boundary = super::forge::between(&kind, "boundary=\"", "\"");
    let content = format!("a--{boundary}\n--{boundary}--\r\n --{boundary}");
    let draft = request().with_payload(super::support::payload(
        "b@x",
        "application/octet-stream",
        content.as_bytes(),
    ));
    let sent = world.send(&draft, &leg);
    assert_eq!(sent.content_type(), kind);
    let message = world.receive(&kind, sent.body().clone()).unwrap();
    assert_eq!(message.payloads()[1].content().as_ref(), content.as_bytes());
}

// [ROB-69]
#[test]
fn rob69_another_soap_and_another_type_are_told_apart() {
    published::refused(&["negative/soap11-envelope.as4"], "EBMS:0009");
    let (sent, _) = delivered(&request(), &Leg::default());
    let forge = Forge::of(sent.content_type(), sent.body());
    let kind = forge.content_type();
    for other in [
        "text/xml".to_owned(),
        "application/xop+xml".to_owned(),
        "multipart/mixed; boundary=\"x\"".to_owned(),
        String::new(),
    ] {
        let refusal = read(&other, &forge.body());
        assert_eq!(refusal.stage(), Stage::UnsupportedMediaType, "{other}");
    }
    // The type parameter names another root than there is.
    for (from, to) in [
        ("type=\"application/soap+xml\"", "type=\"text/xml\""),
        (
            "type=\"application/soap+xml\"",
            "type=\"application/xop+xml\"",
        ),
    ] {
        let refusal = read(&kind.replace(from, to), &forge.body());
        assert_eq!(refusal.code(), EbmsCode::MimeInconsistency, "{refusal}");
    }
}

// [ROB-63] [EBMS:0007]
#[test]
fn rob63_parts_and_their_descriptions_are_one_to_one() {
    published::refused(
        &[
            "negative/extra-mime-part.as4",
            "negative/missing-mime-part.as4",
            "negative/duplicate-cid.as4",
        ],
        "EBMS:0007",
    );
    let world = World::rsa();
    let sent = world.send(&super::exchange::with_pdf(), &Leg::default());
    let forge = Forge::of(sent.content_type(), sent.body());
    let mut missing = forge.clone();
    missing.parts.pop();
    let mut extra = forge.clone();
    extra.parts[1].headers = extra.parts[1].headers.replace("evidence@", "other@");
    let mut twice = forge.clone();
    twice.parts.push(forge.parts[0].clone());
    for forged in [missing, extra, twice] {
        let refusal = world.receive(&forged.content_type(), forged.body());
        let refusal = refusal.expect_err("accepted");
        assert_eq!(refusal.code(), EbmsCode::MimeInconsistency, "{refusal}");
    }
}
