//! Canonical forms and text: what is digested must be what is read. [AS4 6.H]

use super::{
    bench::{Bench, all},
    careless::{EXC, Formal},
    message::{Message, cut, swap},
    tally::{AUTHENTICATION, Case, Group, HEADER, POLICY, VALUE},
};
use std::sync::LazyLock;

pub(crate) static WRAPPING: LazyLock<Group> = LazyLock::new(|| {
    let cases = all().flat_map(|bench| {
        [
            prefixes(bench),
            inclusive(bench),
            comments(bench),
            doubled(bench),
        ]
        .concat()
    });
    Group::of(
        "A 45-48",
        "canonical forms, comments, values given twice",
        cases,
    )
});

#[test]
fn what_is_digested_is_what_is_read() {
    // [ROB-78], [ROB-79], [EBMS:0101]
    WRAPPING.check(250);
}

const EXCLUSIVE: &str = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">";

fn listing(prefixes: &str) -> String {
    format!(
        "{EXCLUSIVE}<ec:InclusiveNamespaces xmlns:ec=\"{EXC}\" PrefixList=\"{prefixes}\">\
         </ec:InclusiveNamespaces>"
    )
}

fn on_envelope(soap: &str, attributes: &str) -> String {
    swap(
        soap,
        "<S12:Envelope ",
        &format!("<S12:Envelope {attributes} "),
    )
}

/// (45): a PrefixList emptied, changed or added, and prefixes bound anew outside what is signed.
fn prefixes(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let mut cases = Vec::new();
    // Changed, not signed anew.
    for list in ["evil", "eb", "#default", ""] {
        let changed = good.security(EXCLUSIVE, &listing(list));
        cases.push(
            bench
                .case(format!("PrefixList {list}"), &changed)
                .number(45)
                .broken(),
        );
    }
    // Signed with a list: emptied later, or a listed prefix bound to something else.
    let mut listed = good.security(EXCLUSIVE, &listing("app"));
    listed.open = on_envelope(&listed.open, "xmlns:app=\"urn:good\"");
    let signed = super::forge::resign(
        &listed.soap(),
        &listed.parts,
        &bench.secrets,
        &bench.keys.fr,
    );
    let from = |name: &str, soap: String| bench.soap_case(name, &listed, soap).number(45);
    cases.push(from("a list", signed.clone()).unchanged());
    let emptied = swap(&signed, "PrefixList=\"app\"", "PrefixList=\"\"");
    cases.push(from("emptied", emptied).broken());
    let bound = swap(&signed, "xmlns:app=\"urn:good\"", "xmlns:app=\"urn:evil\"");
    cases.push(from("bound to another", bound).broken());
    let unbound = swap(&signed, " xmlns:app=\"urn:good\"", "");
    cases.push(from("bound to nothing", unbound).broken());
    // Nothing listed: what is bound outside is not seen inside.
    for attributes in [
        "xmlns:eb=\"urn:evil\"",
        "xmlns=\"urn:evil\"",
        "xmlns:wsu=\"urn:evil\"",
        "xml:lang=\"de\"",
        "xml:base=\"http://evil.example/\"",
        "xml:space=\"preserve\"",
    ] {
        let soap = on_envelope(&good.soap(), attributes);
        cases.push(
            bench
                .soap_case(attributes, good, soap)
                .number(45)
                .unchanged(),
        );
    }
    cases.extend(rebound(bench, good));
    cases
}

/// Declarations taken out of the signed block and made anew outside.
fn rebound(bench: &'static Bench, good: &Message) -> Vec<Case> {
    let namespace = "http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/";
    let declared = format!(" xmlns:eb=\"{namespace}\"");
    let mut undeclared = good.clone();
    undeclared.messaging = swap(&good.messaging, &declared, "");
    let outside = on_envelope(&undeclared.soap(), declared.trim());
    let same = bench
        .soap_case("declared outside", good, outside)
        .unchanged();
    let outside = on_envelope(&undeclared.soap(), "xmlns:eb=\"urn:evil\"");
    let evil = bench.soap_case("another outside", good, outside);
    // The header is not found, before any signature is looked at.
    let evil = evil.broken().refused(HEADER);
    vec![same.number(45), evil.number(45)]
}

/// (46): inclusive canonical XML takes in what stands further out.
fn inclusive(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let mut cases = Vec::new();
    for algorithm in [
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
        "http://www.w3.org/2006/12/xml-c14n11",
    ] {
        for injected in [
            "",
            "xmlns:evil=\"urn:evil\"",
            "xml:base=\"urn:b\"",
            "xml:lang=\"de\"",
        ] {
            let mut base = good.clone();
            if !injected.is_empty() {
                base.open = on_envelope(&good.open, injected);
            }
            let transform = swap(EXCLUSIVE, EXC, algorithm);
            let changed = base.security(EXCLUSIVE, &transform);
            cases.push(
                bench
                    .signed("of the header", &changed)
                    .number(46)
                    .refused(POLICY),
            );
            let method = format!("<ds:CanonicalizationMethod Algorithm=\"{EXC}\">");
            let changed = base.security(&method, &swap(&method, EXC, algorithm));
            cases.push(
                bench
                    .signed("of SignedInfo", &changed)
                    .number(46)
                    .refused(POLICY),
            );
        }
    }
    cases
}

/// (47): text cut by what canonical XML drops or joins.
#[expect(clippy::too_many_lines, reason = "a list of variants")]
fn comments(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let mut cases = Vec::new();
    for (head, tail) in [
        ("AP_FR", "_01"),
        ("AP_DE", "_01"),
        ("54f4d4cc", "-8a26"),
        ("e0a6a5b7", "-6b2e"),
        ("BR_FR", "_01"),
        ("BR_DE", "_01"),
        ("ExecuteQuery", "Request"),
        ("Query", "Manager"),
        ("application/x-ebrs", "+xml"),
        ("2026-11-23T10", ":00:00"),
    ] {
        let whole = format!("{head}{tail}");
        // A reader that takes the first text only would read the first half.
        for between in ["<!-- -->", "<!---->"] {
            let changed = good.messaging(&whole, &format!("{head}{between}{tail}"));
            cases.push(bench.case(&whole, &changed).number(47).refused(HEADER));
        }
        let changed = good.messaging(&whole, &format!("{head}<?x?>{tail}"));
        let case = bench
            .case(format!("instruction in {whole}"), &changed)
            .number(47);
        cases.push(case.broken().refused(HEADER));
        // CDATA and references are the same text to every reader.
        let cdata = good.messaging(&whole, &format!("{head}<![CDATA[{tail}]]>"));
        cases.push(
            bench
                .case(format!("CDATA in {whole}"), &cdata)
                .number(47)
                .unchanged(),
        );
        let first = u32::from(tail.chars().next().unwrap());
        let rest: String = tail.chars().skip(1).collect();
        let coded = good.messaging(&whole, &format!("{head}&#{first};{rest}"));
        cases.push(
            bench
                .case(format!("code in {whole}"), &coded)
                .number(47)
                .unchanged(),
        );
    }
    // The first half is a value of its own: only half is signed.
    let changed = good.messaging("BR_FR_01", "BR_FR_01<!-- -->EVIL");
    cases.push(
        bench
            .case("more behind", &changed)
            .number(47)
            .broken()
            .refused(HEADER),
    );
    for tag in ["<ds:DigestValue>", "<ds:SignatureValue>"] {
        for inserted in ["<!-- -->", "<x/>"] {
            let changed = good.security(tag, &format!("{tag}{inserted}"));
            let case = bench
                .case(format!("{inserted} in {tag}"), &changed)
                .number(47);
            // A child of SignedInfo is digested, a comment is not.
            let digested = inserted == "<x/>" && tag == "<ds:DigestValue>";
            cases.push(if digested { case.broken() } else { case });
        }
        let changed = good.security(tag, &format!("{tag}<![CDATA[]]>"));
        cases.push(
            bench
                .case(format!("CDATA in {tag}"), &changed)
                .number(47)
                .unchanged(),
        );
    }
    // Between elements a comment says nothing.
    let changed = good.messaging("<eb:PartyInfo>", "<!-- AP_AT_01 --><eb:PartyInfo>");
    cases.push(
        bench
            .case("between elements", &changed)
            .number(47)
            .unchanged(),
    );
    cases
}

/// (48): two of what must be one; readers differ in which they take.
#[expect(clippy::too_many_lines, reason = "a list of variants")]
fn doubled(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let mut cases = Vec::new();
    let value = |tag: &str| {
        cut(
            &good.security,
            &format!("<ds:{tag}>"),
            &format!("</ds:{tag}>"),
        )
    };
    let other = |tag: &str| format!("<ds:{tag}>AAAA</ds:{tag}>");
    for tag in ["DigestValue", "SignatureValue"] {
        let (real, other) = (value(tag), other(tag));
        for (name, both) in [
            ("first", format!("{other}{real}")),
            ("second", format!("{real}{other}")),
            ("same", real.repeat(2)),
        ] {
            let changed = good.security(&real, &both);
            let case = bench.signed(format!("{tag} {name}"), &changed).number(48);
            cases.push(case);
        }
        let gone = good.security(&real, "");
        let case = bench.case(format!("no {tag}"), &gone).number(48).broken();
        cases.push(if tag == "DigestValue" {
            case.refused(POLICY)
        } else {
            case
        });
    }
    let info = cut(&good.security, "<ds:SignedInfo", "</ds:SignedInfo>");
    let evil = swap(&info, &value("DigestValue"), &other("DigestValue"));
    for (name, both, formal) in [
        ("same", info.repeat(2), Formal::Intact),
        ("evil second", format!("{info}{evil}"), Formal::Intact),
        ("evil first", format!("{evil}{info}"), Formal::Broken),
    ] {
        let changed = good.security(&info, &both);
        let case = bench
            .case(format!("SignedInfo {name}"), &changed)
            .number(48);
        cases.push(case.formal(formal));
    }
    // Two properties of one name: the header, not the signature, is at fault.
    let twice = "<eb:Property name=\"finalRecipient\">EVIL</eb:Property></eb:MessageProperties>";
    let changed = good.messaging("</eb:MessageProperties>", twice);
    cases.push(
        bench
            .signed("property twice", &changed)
            .number(48)
            .refused(VALUE),
    );
    let again = swap(&info, "<ds:SignedInfo", "<ds:Object><ds:SignedInfo");
    let inside = good.security(
        "</ds:Signature>",
        &format!("{again}</ds:Object></ds:Signature>"),
    );
    cases.push(
        bench
            .case("SignedInfo in an Object", &inside)
            .number(48)
            .refused(POLICY),
    );
    assert_eq!(AUTHENTICATION.as_str(), "EBMS:0101");
    cases
}
