//! Messages written in another way that is allowed: accepted, with equal payloads. Where what is
//! signed is written otherwise, FR signs it so.

use super::{
    bench::{Bench, all},
    careless::EXC,
    message::{Message, cut, swap},
    tally::{Case, Group},
};
use ebms::pmode::TokenKind;
use std::sync::LazyLock;

pub(crate) static LEGAL: LazyLock<Group> = LazyLock::new(|| {
    let cases = all().flat_map(|bench| {
        [
            envelope(bench),
            signed(bench),
            package(bench),
            written(bench),
        ]
        .concat()
    });
    Group::of("legal", "written otherwise, and accepted", cases)
});

#[test]
fn what_is_allowed_is_accepted_with_equal_payloads() {
    // [P08], [P09], [P10], [P18], [P20], [P22], [P24], [P34]
    LEGAL.check(200);
    assert_eq!(LEGAL.unchanged, LEGAL.tried);
}

/// Nothing that is signed changes its canonical form.
#[expect(clippy::too_many_lines, reason = "a list of variants")]
fn envelope(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let text = good.soap();
    let must = "S12:mustUnderstand=\"true\"";
    let id = format!("wsu:Id=\"{}\"", good.messaging_id());
    let change = |from: &str, to: &str| swap(&text, from, to);
    let security = |from: &str, to: &str| good.security(from, to).soap();
    let behind = swap(&text, &good.security, "");
    let before = swap(
        &behind,
        &good.messaging,
        &format!("{}{}", good.security, good.messaging),
    );
    let list = format!(" xmlns:ec=\"{EXC}\" PrefixList=\"\"");
    assert!(!text.contains(&list));
    [
        change(&good.body, &good.body.replace('"', "'")),
        change(&good.messaging, &good.messaging.replace('"', "'")),
        change(must, "S12:mustUnderstand = 'true'"),
        change(&format!("{id} {must}"), &format!("{must}\n\t{id}")),
        change("></S12:Body>", "/>"),
        change("></S12:Body>", " />"),
        change("<eb:MessageInfo>", "<eb:MessageInfo\n >"),
        change("</eb:MessageInfo>", "</eb:MessageInfo\t>"),
        change("<eb:PartyInfo>", "<eb:PartyInfo><!-- c -->"),
        format!("<?xml version='1.0' encoding='utf-8'?>\n{text}"),
        format!("<?xml version=\"1.0\" standalone=\"yes\"?>{text}"),
        format!("\u{FEFF}{text}"),
        format!("<!-- c -->{text}<!-- c -->\r\n"),
        change("<wsse:Security ", "\r\n\t<wsse:Security "),
        change("<S12:Header>", "\r\n<S12:Header>\r\n"),
        change("</S12:Header>", "\r\n</S12:Header>\r\n"),
        change("<ds:KeyInfo>", "\n<ds:KeyInfo>\n"),
        before,
        change("<S12:Header>", "<S12:Header><x/>"),
        change(
            "</S12:Header>",
            "<x S12:mustUnderstand=\"false\"/></S12:Header>",
        ),
        change(
            "</S12:Header>",
            "<x S12:mustUnderstand=\"0\"/></S12:Header>",
        ),
        change(
            "<S12:Envelope ",
            "<S12:Envelope xmlns:x=\"urn:x\" x:y=\"z\" ",
        ),
        change("<S12:Envelope ", "<S12:Envelope xmlns=\"urn:x\" "),
        change(
            &good.security,
            &good
                .security
                .replace("wsse:", "sec:")
                .replace("xmlns:wsse=", "xmlns:sec="),
        ),
        security(must, ""),
        security(must, "S12:mustUnderstand=\"1\""),
        security("</wsse:Security>", "<wsu:Timestamp/></wsse:Security>"),
        security(
            "</wsse:Security>",
            "<wsse:BinarySecurityToken wsu:Id=\"unused\">AAAA</wsse:BinarySecurityToken>\
             </wsse:Security>",
        ),
        security("<ds:SignatureValue>", "<ds:SignatureValue>\r\n "),
        security("</ds:SignatureValue>", "&#10;</ds:SignatureValue>"),
        security("<ds:Signature ", "<ds:Signature a=\"b\" "),
        whole_envelope_renamed(good),
    ]
    .into_iter()
    .enumerate()
    .map(|(at, soap)| {
        bench
            .soap_case(format!("envelope {at}"), good, soap)
            .unchanged()
    })
    .collect()
}

/// Another prefix for SOAP where nothing is signed; the signed blocks declare their own.
fn whole_envelope_renamed(good: &Message) -> String {
    let text = good.soap();
    let mut out = text.clone();
    for tag in ["Envelope", "Header"] {
        out = out.replace(&format!("<S12:{tag}"), &format!("<soap:{tag}"));
        out = out.replace(&format!("</S12:{tag}"), &format!("</soap:{tag}"));
    }
    let declared = "<soap:Envelope xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\" ";
    swap(&out, "<soap:Envelope ", declared)
}

/// FR signs something that is written otherwise.
#[expect(clippy::too_many_lines, reason = "a list of variants")]
fn signed(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let transform = format!("<ds:Transform Algorithm=\"{EXC}\">");
    let method = format!("<ds:CanonicalizationMethod Algorithm=\"{EXC}\">");
    let list = |prefixes: &str| {
        format!(
            "<ec:InclusiveNamespaces xmlns:ec=\"{EXC}\" PrefixList=\"{prefixes}\">\
             </ec:InclusiveNamespaces>"
        )
    };
    let namespace = "http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/";
    let mut other_prefix = good.clone();
    other_prefix.messaging = good
        .messaging
        .replace("eb:", "eb3:")
        .replace("xmlns:eb=", "xmlns:eb3=");
    let mut default = good.clone();
    default.messaging = good
        .messaging
        .replace("<eb:", "<")
        .replace("</eb:", "</")
        .replace("xmlns:eb=", "xmlns=");
    assert!(
        default
            .messaging
            .contains(&format!("xmlns=\"{namespace}\""))
    );
    let mut spaced = good.clone();
    spaced.messaging = good.messaging.replace("><", ">\n  <");
    let mut body = good.clone();
    body.body = swap(&good.body, "></", ">\r\n </");
    let mut ids = good.clone();
    let renamed = |text: &str| {
        let text = text.replace(good.messaging_id(), "_ebmsg");
        text.replace(good.body_id(), "_body")
    };
    ids.messaging = renamed(&good.messaging);
    ids.body = renamed(&good.body);
    ids.security = renamed(&good.security);
    let references = cut(
        &good.security,
        "<ds:Reference URI=\"#msg",
        "</ds:SignedInfo>",
    );
    let turned: Vec<&str> = references
        .trim_end_matches("</ds:SignedInfo>")
        .split_inclusive("</ds:Reference>")
        .collect();
    let turned: String = turned.into_iter().rev().collect();
    let mut declared = good.security(&transform, &format!("{transform}{}", list("app #default")));
    declared.open = swap(
        &good.open,
        "<S12:Envelope ",
        "<S12:Envelope xmlns:app=\"urn:a\" ",
    );
    let more = "<eb:Property name=\"PayloadName\">x.xml</eb:Property></eb:PartProperties>";
    let cases = [
        ("another prefix", other_prefix),
        ("a default namespace", default),
        ("blanks between elements", spaced),
        ("blanks in the Body", body),
        ("ids like Domibus", ids),
        ("another order", good.security(
            references.trim_end_matches("</ds:SignedInfo>"),
            &turned,
        )),
        ("a PrefixList", declared),
        ("a PrefixList of SignedInfo", good.security(&method, &format!("{method}{}", list("S12 ds eb wsse wsu")))),
        ("an empty PrefixList", good.security(&transform, &format!("{transform}{}", list("")))),
        ("ids of references", good.security("<ds:Reference URI", "<ds:Reference Id=\"r1\" URI")),
        ("the default channel", good.messaging(
            "<eb:UserMessage>",
            &format!("<eb:UserMessage mpc=\"{namespace}defaultMPC\">"),
        )),
        ("a message before", good.messaging(
            "</eb:MessageInfo>",
            "<eb:RefToMessageId>unknown@x</eb:RefToMessageId></eb:MessageInfo>",
        )),
        ("more part properties", good.messaging("</eb:PartProperties>", more)),
        ("another property", good.messaging(
            "</eb:MessageProperties>",
            "<eb:Property name=\"trackingIdentifier\" type=\"t\">x</eb:Property></eb:MessageProperties>",
        )),
        ("a schema", good.messaging(
            "<eb:PartProperties>",
            "<eb:Schema location=\"urn:x\"/><eb:PartProperties>",
        )),
        ("blanks around a party", good.messaging(">AP_FR_01<", ">\n  AP_FR_01 \n<")),
        ("understood as 1", good.messaging("S12:mustUnderstand=\"true\"", "S12:mustUnderstand=\"1\"")),
        ("a foreign element", good.messaging("</eb:Messaging>", "<x/></eb:Messaging>")),
    ];
    let case = |(name, message): (&str, Message)| bench.signed(name, &message).delivered();
    cases.into_iter().map(case).collect()
}

#[expect(clippy::too_many_lines, reason = "a list of variants")]
fn package(bench: &'static Bench) -> Vec<Case> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let good = &bench.good;
    let mut cases = Vec::new();
    let mut push = |name: &str, change: &dyn Fn(&mut Message)| {
        let mut changed = good.clone();
        change(&mut changed);
        // The careless verifier does not decode transfer encodings, and takes ids as they stand.
        let case = bench.case(name, &changed).unchanged();
        let formal = case.judge();
        cases.push(case.formal(formal));
    };
    push("a preamble", &|it| {
        it.preamble = "This is a MIME message\r\n".to_owned()
    });
    push("a line before", &|it| it.preamble = "\r\n".to_owned());
    push("another order", &|it| it.parts.reverse());
    push("names in capitals", &|it| {
        let headers = it.parts[0].headers.replace("Content-", "CONTENT-");
        it.parts[0].headers = headers.replace("CONTENT-ID", "CONTENT-Id");
    });
    push("names in small letters", &|it| {
        it.parts[0].headers = it.parts[0].headers.replace("Content-", "content-");
        it.root = it.root.replace("Content-", "content-");
    });
    push("no brackets", &|it| {
        it.parts[0].headers = it.parts[0].headers.replace(['<', '>'], "")
    });
    push("folded", &|it| {
        it.parts[0].headers = it.parts[0].headers.replace(": ", ":\r\n\t")
    });
    push("a file name", &|it| {
        it.parts[0]
            .headers
            .push_str("\r\nContent-Disposition: attachment; filename=\"../x\"");
    });
    push("a boundary with dashes", &|it| {
        it.boundary = "----=_Part_1.2".to_owned()
    });
    push("a boundary with a blank", &|it| {
        it.boundary = "a b'()+_,-./:=?c".to_owned()
    });
    push("no charset", &|it| {
        it.root = "Content-Type: application/soap+xml".to_owned()
    });
    push("a quoted charset", &|it| {
        it.root = "Content-Type: Application/SOAP+XML; Charset=\"utf-8\"; action=\"x\"".to_owned();
    });
    push("base64", &|it| {
        it.parts[0].content = STANDARD.encode(&it.parts[0].content).into_bytes();
        it.parts[0].headers = it.parts[0].headers.replace("binary", "base64");
    });
    push("base64 in lines", &|it| {
        let encoded = STANDARD.encode(&it.parts[1].content).into_bytes();
        let lines: Vec<&[u8]> = encoded.chunks(60).collect();
        it.parts[1].content = lines.join(b"\r\n".as_slice());
        it.parts[1].headers = it.parts[1].headers.replace("binary", "BASE64");
    });
    push("quoted printable", &|it| {
        let octets = it.parts[1].content.iter().map(|it| format!("={it:02X}"));
        let all: Vec<String> = octets.collect();
        let lines: Vec<String> = all.chunks(20).map(<[String]>::concat).collect();
        it.parts[1].content = lines.join("=\r\n").into_bytes();
        it.parts[1].headers = it.parts[1].headers.replace("binary", "Quoted-Printable");
    });
    let boundary = &good.boundary;
    for content_type in [
        format!("Multipart/Related;boundary={boundary}"),
        format!("multipart/related; charset=x; type=Application/SOAP+xml; BOUNDARY=\"{boundary}\""),
        format!("multipart/related;\r\n\tboundary=\"{boundary}\";\r\n\tstart-info=\"a;b\""),
    ] {
        let case = bench.case(&content_type, good).unchanged();
        cases.push(case.with_content_type(content_type));
    }
    for (name, behind) in [("an epilogue", "bye\r\n"), ("no last line end", "")] {
        let case = bench.case(name, good).unchanged();
        cases.push(case.with_octets(|mut octets| {
            match behind {
                "" => octets.truncate(octets.len() - 2),
                _ => octets.extend_from_slice(behind.as_bytes()),
            }
            octets
        }));
    }
    cases
}

/// Tokens of every kind, parts compressed and not, as the engine itself writes them.
fn written(bench: &'static Bench) -> Vec<Case> {
    let kinds = [
        TokenKind::Bst,
        TokenKind::PkiPath,
        TokenKind::IssuerSerial,
        TokenKind::Ski,
    ];
    let mut cases = Vec::new();
    for signature in kinds {
        for encryption in kinds {
            for compress in [true, false] {
                let leg = bench
                    .leg()
                    .with_tokens(signature, encryption)
                    .with_compression(compress);
                let (message, secrets) = bench.write(&super::bench::request(), &leg);
                let name = format!("{signature:?}, {encryption:?}, compressed {compress}");
                let case = bench.case(name, &message).with_secrets(&secrets);
                cases.push(case.delivered());
            }
        }
    }
    cases
}
