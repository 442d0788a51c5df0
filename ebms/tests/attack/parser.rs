//! What an XML reader can be talked into, in the SOAP part and in parts that are canonicalized.
//! [AS4 6.H]

use super::{
    bench::{Bench, all},
    careless::Formal,
    forge,
    message::{Message, swap},
    tally::{AUTHENTICATION, Case, DECRYPTION, Group, HEADER},
};
use std::sync::LazyLock;

pub(crate) static XML: LazyLock<Group> = LazyLock::new(|| {
    let cases = all().flat_map(|bench| [soap(bench), encodings(bench), parts(bench)].concat());
    Group::of("H", "what an XML reader can be talked into", cases)
});

#[test]
fn xml_is_read_in_one_way_or_not_at_all() {
    // [ROB-88], [ROB-89], [ROB-90], [ROB-91], [ROB-92]
    XML.check(250);
}

const DTDS: &[&str] = &[
    "<!DOCTYPE x>",
    "<!DOCTYPE x [<!ENTITY a \"b\">]>",
    "<!DOCTYPE x SYSTEM \"http://127.0.0.1:9/x.dtd\">",
    "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/hostname\">]>",
    "<!DOCTYPE x [<!ENTITY % p SYSTEM \"http://127.0.0.1:9/p\"> %p;]>",
    "<!DOCTYPE x [<!ENTITY a \"zzzzzzzzzz\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>",
    "<!DOCTYPE x [<!ATTLIST y id ID #IMPLIED>]>",
    "<!doctype x>",
];

/// Everything that must not be read, at the head of the document or inside.
#[expect(clippy::too_many_lines, reason = "a list of variants")]
fn soap(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let text = good.soap();
    let mut cases = Vec::new();
    let mut push = |name: &str, soap: String| {
        let case = bench.soap_case(name, good, soap).refused(HEADER);
        let formal = case.judge();
        // Whether the careless verifier gets through depends on its reader, which is ours.
        cases.push(case.formal(formal));
    };
    for dtd in DTDS {
        push(dtd, format!("{dtd}{text}"));
        push(dtd, format!("<?xml version=\"1.0\"?>{dtd}\n{text}"));
        push(
            dtd,
            swap(&text, "<S12:Header>", &format!("<S12:Header>{dtd}")),
        );
    }
    for reference in [
        "&e;",
        "&nbsp;",
        "&#0;",
        "&#xD800;",
        "&#x110000;",
        "&#xFFFE;",
        "&;",
        "& ",
    ] {
        push(
            reference,
            swap(&text, "AP_FR_01", &format!("AP_{reference}FR_01")),
        );
        push(
            reference,
            swap(
                &text,
                "<S12:Header>",
                &format!("<S12:Header a=\"{reference}\">"),
            ),
        );
    }
    for instruction in [
        "<?x?>",
        "<?xml-stylesheet href=\"http://127.0.0.1:9/\"?>",
        "<?php x ?>",
    ] {
        for place in [
            "<S12:Envelope ",
            "<S12:Header>",
            "<eb:UserMessage>",
            "<ds:SignedInfo ",
        ] {
            push(
                instruction,
                swap(&text, place, &format!("{instruction}{place}")),
            );
        }
    }
    push("nothing", String::new());
    let header = |content: &str| swap(&text, "</S12:Header>", &format!("{content}</S12:Header>"));
    for (name, broken) in [
        ("an attribute twice", "<x a=\"1\" a=\"2\"/>"),
        (
            "twice by prefix",
            "<x xmlns:p=\"urn:x\" xmlns:q=\"urn:x\" p:a=\"1\" q:a=\"2\"/>",
        ),
        (
            "a declaration twice",
            "<x xmlns:p=\"urn:x\" xmlns:p=\"urn:y\"/>",
        ),
        ("an unbound prefix", "<p:x/>"),
        ("an unbound attribute", "<x p:a=\"\"/>"),
        ("a prefix undone", "<x xmlns:p=\"\"/>"),
        ("xmlns bound", "<x xmlns:xmlns=\"urn:x\"/>"),
        ("xml bound", "<x xmlns:xml=\"urn:x\"/>"),
        ("not closed", "<x>"),
        ("closed by another", "<x></y>"),
        ("crossed", "<x><y></x></y>"),
        ("a bare sign", "<x><</x>"),
        ("end of CDATA", "<x>]]></x>"),
        ("dashes in a comment", "<!-- -- -->"),
        ("a value without quotes", "<x a=1/>"),
        ("no blank", "<x a=\"\"b=\"\"/>"),
        ("a sign in a value", "<x a=\"<\"/>"),
        ("a declaration inside", "<?xml version=\"1.0\"?>"),
        ("a name with colons", "<a:b:c xmlns:a=\"urn:x\"/>"),
        ("a digit first", "<1x/>"),
    ] {
        push(name, header(broken));
    }
    push("two roots", format!("{text}<x/>"));
    push("text behind", format!("{text}x"));
    push("text before", format!("x{text}"));
    push("half", text.chars().take(text.len() / 2).collect());
    push("version 1.1", format!("<?xml version=\"1.1\"?>{text}"));
    push(
        "SOAP 1.1",
        text.replace(
            "http://www.w3.org/2003/05/soap-envelope",
            "http://schemas.xmlsoap.org/soap/envelope/",
        ),
    );
    cases.extend(ignored(bench, good));
    // How much is read does not depend on the suite.
    if bench.name == "rsa" {
        cases.extend(large(bench));
    }
    cases
}

/// More than is read of anything.
fn large(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let text = good.soap();
    let mut cases = Vec::new();
    let mut push = |name: &str, soap: String| {
        let case = bench.soap_case(name, good, soap).refused(HEADER);
        let formal = case.judge();
        cases.push(case.formal(formal));
    };
    let behind = |tag: &str, content: String| swap(&text, tag, &format!("{content}{tag}"));
    let properties = (0..5000).map(|at| format!("<eb:Property name=\"p{at}\">v</eb:Property>"));
    let properties = behind("</eb:MessageProperties>", properties.collect());
    push("5 000 properties", properties);
    let infos = (0..5000).map(|at| format!("<eb:PartInfo href=\"cid:p{at}\"/>"));
    push("5 000 parts", behind("</eb:PayloadInfo>", infos.collect()));
    let header = |content: &str| behind("</S12:Header>", content.to_owned());
    let deep = |depth: usize| "<n>".repeat(depth) + &"</n>".repeat(depth);
    push("65 deep", header(&deep(63)));
    push("5 000 deep", header(&deep(5_000)));
    push("100 000 deep", header(&deep(100_000)));
    let attributes = |count: usize| {
        (0..count)
            .map(|at| format!(" a{at}=\"\""))
            .collect::<String>()
    };
    push("33 attributes", header(&format!("<x{}/>", attributes(33))));
    push(
        "100 000 attributes",
        header(&format!("<x{}/>", attributes(100_000))),
    );
    let spaces = |count: usize| {
        let all = (0..count).map(|at| format!(" xmlns:n{at}=\"urn:x\""));
        all.collect::<String>()
    };
    push("33 declarations", header(&format!("<x{}/>", spaces(33))));
    push(
        "10 000 declarations",
        header(&format!("<x{}/>", spaces(10_000))),
    );
    push("a long name", header(&format!("<{}/>", "n".repeat(257))));
    push(
        "a long text",
        header(&format!("<x>{}</x>", "t".repeat((1 << 20) + 1))),
    );
    push(
        "a long value",
        header(&format!("<x a=\"{}\"/>", "t".repeat((1 << 20) + 1))),
    );
    push(
        "3 MiB",
        header(&format!("<x>{}</x>", "<y>text</y>".repeat(300_000))),
    );
    push("100 001 elements", header(&"<x/>".repeat(100_001)));
    cases
}

/// Hints that other readers follow and this one does not know.
fn ignored(bench: &'static Bench, good: &Message) -> Vec<Case> {
    let schema = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
                  xsi:schemaLocation=\"urn:x http://127.0.0.1:9/x.xsd\"";
    let include = "<xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\" \
                   href=\"file:///etc/hostname\"/>";
    let text = good.soap();
    [
        swap(&text, "<S12:Envelope ", &format!("<S12:Envelope {schema} ")),
        swap(&text, "</S12:Header>", &format!("{include}</S12:Header>")),
    ]
    .into_iter()
    .map(|soap| bench.soap_case("a hint", good, soap).unchanged())
    .collect()
}

#[expect(clippy::too_many_lines, reason = "a list of variants")]
fn encodings(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let text = good.soap();
    let wide = |big: bool| -> Vec<u8> {
        let order = |it: u16| {
            if big {
                it.to_be_bytes()
            } else {
                it.to_le_bytes()
            }
        };
        let mark = order(0xFEFF);
        let units = text.encode_utf16().flat_map(order);
        mark.into_iter().chain(units).collect()
    };
    let spliced = |octets: &[u8]| {
        let at = text.find("AP_FR_01").unwrap();
        [&text.as_bytes()[..at], octets, &text.as_bytes()[at..]].concat()
    };
    let mut all: Vec<(String, Vec<u8>)> = vec![
        ("UTF-16BE".to_owned(), wide(true)),
        ("UTF-16LE".to_owned(), wide(false)),
        ("UTF-16 without mark".to_owned(), wide(true)[2..].to_vec()),
        (
            "two marks".to_owned(),
            format!("\u{FEFF}\u{FEFF}{text}").into_bytes(),
        ),
        ("UTF-7".to_owned(), text.replace('<', "+ADw-").into_bytes()),
    ];
    for name in [
        "ISO-8859-1",
        "UTF-16",
        "utf-7",
        "US-ASCII",
        "EBCDIC-CP-US",
        "IBM037",
        "",
    ] {
        let declared = format!("<?xml version=\"1.0\" encoding=\"{name}\"?>{text}");
        all.push((format!("says {name}"), declared.into_bytes()));
    }
    for octets in [
        b"\x00".as_slice(),
        b"\x01",
        b"\x08",
        b"\x1B",
        b"\xFF",
        b"\x80",
        b"\xC0\xBC",
        b"\xC1\x81",
        b"\xE0\x80\xBC",
        b"\xED\xA0\x80",
        b"\xEF\xBF\xBE",
        b"\xEF\xBF\xBF",
        b"\xF0\x80\x80\xBC",
        b"\xF4\x90\x80\x80",
        b"\xC3",
    ] {
        all.push((format!("{octets:02X?}"), spliced(octets)));
    }
    let case = |(name, soap): (String, Vec<u8>)| {
        bench
            .soap_case(name, good, soap)
            .formal(Formal::Unknown)
            .refused(HEADER)
    };
    all.into_iter().map(case).collect()
}

/// The same in a part that is canonicalized before it is digested: no digest, no delivery.
fn parts(bench: &'static Bench) -> Vec<Case> {
    let leg = bench.leg().with_compression(false);
    let (message, secrets) = bench.write(&super::bench::request(), &leg);
    let document = std::str::from_utf8(super::bench::XML).unwrap();
    let deep = format!(
        "{}{document}{}",
        "<n>".repeat(100_000),
        "</n>".repeat(100_000)
    );
    let many: String = (0..10_000).map(|at| format!(" a{at}=\"\"")).collect();
    let mut contents: Vec<String> = DTDS.iter().map(|dtd| format!("{dtd}{document}")).collect();
    contents.extend([
        deep,
        format!("<x{many}>{document}</x>"),
        format!("{document}{document}"),
        format!("<x>&e;{document}</x>"),
        String::new(),
        "no XML".to_owned(),
    ]);
    let code = if bench.encrypted {
        DECRYPTION
    } else {
        AUTHENTICATION
    };
    let case = |content: String| {
        let mut changed = message.clone();
        changed.parts[0].content = match bench.encrypted {
            true => forge::seal(super::attachment::GCM, &secrets.cek, content.as_bytes()).unwrap(),
            false => content.clone().into_bytes(),
        };
        let name: String = content.chars().take(40).collect();
        bench
            .case(name, &changed)
            .with_secrets(&secrets)
            .broken()
            .refused(code)
    };
    contents.into_iter().map(case).collect()
}
