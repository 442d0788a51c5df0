//! Parts, their ids and the octets that are digested of them.

use super::{
    compression::gzip,
    exchange::{changed, check_refused, delivered, soap_of, with_pdf, write},
    forge::Forge,
    published,
    support::{World, draft, payload, request},
};
use ebms::{EbmsCode, Leg, send::Unsendable};

// [P01]
#[test]
fn p01_a_content_id_resolves_percent_encoded_or_not() {
    published::accepted(&["edelivery-1.15/cid-needs-url-decoding.as4"]);
    for href in [
        "cid:regrep%40oots.eu",
        "cid:regrep@oots.eu",
        "cid:%72egrep%40oots%2Eeu",
    ] {
        let described = format!("{href}\"><eb:PartProp");
        let message = changed(|it| it.with("cid:regrep@oots.eu\"><eb:PartProp", &described));
        let message = message.unwrap();
        assert_eq!(message.payloads()[0].cid().as_str(), "regrep@oots.eu");
    }
    // What is sent needs no encoding.
    assert!(!soap_of(&write(&with_pdf(), &Leg::default()).unwrap()).contains('%'));
}

// [P02]
#[test]
fn p02_a_content_id_is_read_however_its_header_is_written() {
    published::accepted(&[
        "edelivery-1.15/lower-case-headers-quoted-start.as4",
        "edelivery-1.15/folded-outer-content-type.as4",
    ]);
    let headers = |change: &dyn Fn(&str) -> String| {
        let world = World::rsa();
        let sent = world.send(&request(), &Leg::default());
        let mut forged = Forge::of(sent.content_type(), sent.body());
        forged.parts[0].headers = change(&forged.parts[0].headers);
        let opened = world.receive(&forged.content_type(), forged.body());
        assert!(opened.is_ok(), "{}: {opened:?}", forged.parts[0].headers);
    };
    headers(&|text| text.replace(['<', '>'], ""));
    headers(&|text| text.replace("Content-ID: ", "Content-ID:\r\n "));
    headers(&|text| text.replace("Content-ID", "content-id"));
    headers(&|text| text.replace("Content-ID: ", "CONTENT-ID:"));
}

// [P03]
#[test]
fn p03_one_content_id_for_two_parts_is_refused_and_not_sent() {
    published::refused(
        &[
            "negative/duplicate-cid.as4",
            "negative/duplicate-cid-evil-first.as4",
        ],
        "EBMS:0007",
    );
    published::refused(&["negative/partinfo-duplicate.as4"], "EBMS:0003");
    let twice = request().with_payload(payload("regrep@oots.eu", "text/xml", b"<a></a>"));
    let refused = write(&twice, &Leg::default()).unwrap_err();
    assert_eq!(refused, Unsendable::ContentIdTwice);
}

// [P04] [AS4 0.2]
#[test]
fn p04_the_type_of_the_part_decides_what_is_digested() {
    published::accepted(&[
        "edelivery-1.15/oots-response-xml-pdf-uncompressed.as4",
        "edelivery-1.15/oots-response-xml-octet-stream.as4",
        "edelivery-1.15/oots-response-xml-pdf-gzip.as4",
    ]);
}

// [P05]
#[test]
fn p05_gzip_is_named_as_what_was_encrypted_and_any_name_is_read() {
    let (sent, _) = delivered(&request(), &Leg::default());
    assert!(soap_of(&sent).contains(" MimeType=\"application/gzip\" "));
    for named in ["application/octet-stream", "application/x-gzip"] {
        let name = format!(" MimeType=\"{named}\" ");
        let message = changed(|it| it.with(" MimeType=\"application/gzip\" ", &name)).unwrap();
        assert_eq!(message.payloads(), request().payloads());
    }
}

// [P07]
#[test]
fn p07_text_is_delivered_with_the_line_ends_it_was_sent_with() {
    published::accepted(&["edelivery-1.15/text-part-lf.as4"]);
    let leg = Leg::default().with_compression(false);
    for content in ["a\nb\n", "a\r\nb\r\n", "a\rb"] {
        let draft = draft().with_payload(payload("t@x", "text/plain", content.as_bytes()));
        let (_, message) = delivered(&draft, &leg);
        assert_eq!(message.payloads()[0].content().as_ref(), content.as_bytes());
    }
}

// [P08]
#[test]
fn p08_xml_is_delivered_as_it_was_sent_and_not_as_it_was_digested() {
    published::accepted(&["edelivery-1.15/xml-part-bom-crlf.as4"]);
    let leg = Leg::default().with_compression(false);
    let content = "\u{FEFF}<?xml version='1.0'?>\r\n<!-- c --><a  b='2'\r\n a='1'><c/></a>\r\n";
    let draft = draft().with_payload(payload("x@x", "application/xml", content.as_bytes()));
    let (_, message) = delivered(&draft, &leg);
    assert_eq!(message.payloads()[0].content().as_ref(), content.as_bytes());
}

// [P21]
#[test]
fn p21_a_transfer_encoding_is_undone_before_anything_else() {
    published::accepted(&["edelivery-1.15/cte-base64-part.as4"]);
    let world = World::rsa();
    let sent = world.send(&request(), &Leg::default());
    let mut forged = Forge::of(sent.content_type(), sent.body());
    let part = &mut forged.parts[0];
    let octets: Vec<_> = part.content.iter().map(|it| format!("={it:02X}")).collect();
    let lines: Vec<String> = octets.chunks(25).map(<[String]>::concat).collect();
    part.content = lines.join("=\r\n").into_bytes();
    part.headers = part.headers.replace("binary", "quoted-printable");
    let message = world.receive(&forged.content_type(), forged.body());
    assert_eq!(message.unwrap().payloads(), request().payloads());
}

// [P23]
#[test]
fn p23_the_order_of_parts_is_that_of_the_header() {
    published::accepted(&["edelivery-1.15/oots-response-mime-order-swapped.as4"]);
    let world = World::rsa();
    let sent = world.send(&with_pdf(), &Leg::default());
    let mut forged = Forge::of(sent.content_type(), sent.body());
    forged.parts.reverse();
    let message = world.receive(&forged.content_type(), forged.body());
    assert_eq!(message.unwrap().payloads(), with_pdf().payloads());
}

// [P30]
#[test]
fn p30_a_part_that_is_the_body_is_refused() {
    let world = World::rsa();
    let sent = world.send(&request(), &Leg::default());
    let soap = soap_of(&sent);
    let body = super::forge::cut(&soap, "<S12:Body", "</S12:Body>");
    let id = super::forge::between(&body, "wsu:Id=\"", "\"");
    for href in [format!("#{id}"), String::new(), "regrep@oots.eu".to_owned()] {
        let described = format!("{href}\"><eb:PartProp");
        check_refused(
            |it| it.with("cid:regrep@oots.eu\"><eb:PartProp", &described),
            EbmsCode::ValueInconsistent,
        );
    }
    let none = "<eb:PartInfo><eb:PartProp";
    check_refused(
        |it| {
            it.with(
                "<eb:PartInfo href=\"cid:regrep@oots.eu\"><eb:PartProp",
                none,
            )
        },
        EbmsCode::ValueInconsistent,
    );
}

// [P35]
#[test]
fn p35_28_payloads_are_taken_and_29_are_neither_sent_nor_taken() {
    published::accepted(&["edelivery-1.15/part-29-references.as4"]);
    let many = |count: usize| {
        (0..count).fold(draft(), |draft, at| {
            draft.with_payload(payload(&format!("p{at}@x"), "text/plain", b"x"))
        })
    };
    let (_, message) = delivered(&many(28), &Leg::default());
    assert_eq!(message.payloads().len(), 28);
    let refused = write(&many(29), &Leg::default()).unwrap_err();
    assert_eq!(refused, Unsendable::TooManyPayloads);
    let world = World::rsa();
    let sent = world.send(&many(28), &Leg::default());
    let mut forged = Forge::of(sent.content_type(), sent.body());
    let mut extra = forged.parts[0].clone();
    extra.headers = extra.headers.replace("p0@x", "p28@x");
    extra.content = gzip(b"x");
    forged.parts.push(extra);
    let refusal = world.receive(&forged.content_type(), forged.body());
    let refusal = refusal.expect_err("accepted");
    assert_eq!(refusal.code(), EbmsCode::MimeInconsistency, "{refusal}");
}
