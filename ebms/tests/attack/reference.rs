//! References that digest something else, or not what they seem to. Every variant is signed by
//! FR: only the rule about references stands in its way. [AS4 6.E]

use super::{
    bench::{Bench, all},
    careless::{EXC, Formal},
    message::{cut, swap},
    tally::{AUTHENTICATION, Case, Group, POLICY},
};
use std::sync::LazyLock;

pub(crate) static WRAPPING: LazyLock<Group> = LazyLock::new(|| {
    let cases = all().flat_map(|bench| {
        [
            enveloped(bench),
            pointers(bench),
            transforms(bench),
            sets(bench),
            indirect(bench),
        ]
        .concat()
    });
    Group::of(
        "A 26-32",
        "references to other things, by other ways",
        cases,
    )
});

pub(crate) static ABUSE: LazyLock<Group> = LazyLock::new(|| {
    Group::of(
        "E",
        "transforms and references without end",
        all().flat_map(abuse),
    )
});

#[test]
fn a_reference_digests_what_is_read_and_nothing_else() {
    // [ROB-76], [ROB-77], [ROB-80]
    WRAPPING.check(200);
}

#[test]
fn references_and_transforms_are_few() {
    // [ROB-80]
    ABUSE.check(40);
}

const TRANSFORM: &str = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">";
const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

fn transform(algorithm: &str, content: &str) -> String {
    format!("<ds:Transform Algorithm=\"{algorithm}\">{content}</ds:Transform>")
}

/// (26): the whole document, without the signature.
fn enveloped(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let mut cases = Vec::new();
    for id in [good.messaging_id(), good.body_id()] {
        let uri = format!("URI=\"#{id}\"");
        let whole = good.security(&uri, "URI=\"\"");
        let case = bench.signed("URI=\"\"", &whole).broken().refused(POLICY);
        cases.push(case.number(26));
        let reference = cut(&whole.security, "<ds:Reference URI=\"\"", "</ds:Reference>");
        let order = [
            format!("{}{TRANSFORM}", transform(ENVELOPED, "")),
            transform(ENVELOPED, ""),
        ];
        for transforms in order {
            let mut changed = reference.clone();
            if transforms.contains(TRANSFORM) {
                changed = swap(&changed, TRANSFORM, &transforms);
            } else {
                changed = swap(
                    &changed,
                    &format!("{TRANSFORM}</ds:Transform>"),
                    &transforms,
                );
            }
            let message = whole.security(&reference, &changed);
            let case = bench
                .signed("enveloped", &message)
                .refused(POLICY)
                .number(26);
            cases.push(case);
        }
        // No URI at all: the application knows.
        let none = good.security(&format!(" {uri}"), "");
        cases.push(
            bench
                .signed("no URI", &none)
                .broken()
                .refused(POLICY)
                .number(26),
        );
    }
    cases
}

/// (27), and every other way to name something.
fn pointers(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let mut cases = Vec::new();
    for id in [good.messaging_id(), good.body_id()] {
        let uri = format!("URI=\"#{id}\"");
        for (pointer, formal) in [
            (format!("#xpointer(id('{id}'))"), Formal::Intact),
            ("#xpointer(/)".to_owned(), Formal::Broken),
            (format!("#element({id})"), Formal::Broken),
            (format!("#{id} "), Formal::Broken),
            (format!("soap.xml#{id}"), Formal::Broken),
            ("http://127.0.0.1:9/x".to_owned(), Formal::Broken),
            ("file:///etc/hostname".to_owned(), Formal::Broken),
            (id.to_owned(), Formal::Intact),
            ("#".to_owned(), Formal::Broken),
        ] {
            let changed = good.security(&uri, &format!("URI=\"{pointer}\""));
            let case = bench.signed(pointer, &changed).formal(formal);
            cases.push(case.number(27).refused(POLICY));
        }
        // Elements that are there but are not what is read.
        for target in ["sig-", "sig-token-"] {
            let from = format!("Id=\"{target}");
            let (_, after) = good.security.rsplit_once(&from).unwrap();
            let found = format!("{target}{}", after.split('"').next().unwrap());
            let changed = good.security(&uri, &format!("URI=\"#{found}\""));
            let formal = if target == "sig-" {
                Formal::Broken
            } else {
                Formal::Intact
            };
            let case = bench
                .signed(format!("to {target}"), &changed)
                .formal(formal);
            cases.push(case.number(27).refused(AUTHENTICATION));
        }
        let changed = good.security(&uri, "URI=\"#nothing\"");
        let case = bench.signed("to nothing", &changed).broken();
        cases.push(case.number(27).refused(AUTHENTICATION));
    }
    cases
}

const OTHERS: &[(&str, &str, u8)] = &[
    (
        "http://www.w3.org/TR/1999/REC-xpath-19991116",
        "<ds:XPath>true()</ds:XPath>",
        28,
    ),
    (
        "http://www.w3.org/2002/06/xmldsig-filter2",
        "<XPath>/</XPath>",
        28,
    ),
    (
        "http://www.w3.org/TR/1999/REC-xslt-19991116",
        "<stylesheet/>",
        29,
    ),
    ("http://www.w3.org/2000/09/xmldsig#base64", "", 28),
    ("http://www.w3.org/2001/04/xmlenc#decryption", "", 28),
    ("http://www.w3.org/2002/07/decrypt#XML", "", 28),
    ("http://www.w3.org/2006/12/xmlc14n11#", "", 28),
    (
        "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#STR-Transform",
        "",
        28,
    ),
    (
        "http://docs.oasis-open.org/wss/oasis-wss-SwAProfile-1.1#Attachment-Ciphertext-Transform",
        "",
        28,
    ),
    ("urn:x", "", 28),
    ("", "", 28),
];

/// (28), (29): other transforms before, behind, and in place of the agreed one.
fn transforms(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let mut cases = Vec::new();
    for (algorithm, content, number) in OTHERS {
        let other = transform(algorithm, content);
        let whole = format!("{TRANSFORM}</ds:Transform>");
        for changed in [
            good.security(&whole, &format!("{other}{whole}")),
            good.security(&whole, &format!("{whole}{other}")),
            good.security(&whole, &other),
        ] {
            let case = bench
                .signed(*algorithm, &changed)
                .number(*number)
                .refused(POLICY);
            cases.push(case);
        }
    }
    // None at all, and the transform of parts on the header.
    let part = "http://docs.oasis-open.org/wss/oasis-wss-SwAProfile-1.1#\
                Attachment-Content-Signature-Transform";
    let whole = format!("{TRANSFORM}</ds:Transform>");
    let changed = good.security(&whole, &transform(part, ""));
    cases.push(
        bench
            .signed("of parts", &changed)
            .number(28)
            .refused(POLICY),
    );
    let changed = good.security(&format!("<ds:Transforms>{whole}</ds:Transforms>"), "");
    cases.push(bench.signed("none", &changed).number(28).refused(POLICY));
    cases
}

/// (30), (31): one thing twice, in another order, and one missing.
fn sets(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let header = good.reference(&format!("#{}", good.messaging_id()));
    let body = good.reference(&format!("#{}", good.body_id()));
    let part = good.reference("cid:regrep");
    let last = good.reference("cid:second");
    let listed = "PrefixList=\"x\" xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\"";
    let other = swap(
        &header,
        TRANSFORM,
        &format!("{TRANSFORM}<ec:InclusiveNamespaces {listed}></ec:InclusiveNamespaces>"),
    );
    let mut cases = Vec::new();
    for again in [&header, &body, &part, &last, &other] {
        for changed in [
            good.security(&header, &format!("{header}{again}")),
            good.security(&header, &format!("{again}{header}")),
            good.security(&last, &format!("{last}{again}")),
        ] {
            cases.push(bench.signed("twice", &changed).number(30).refused(POLICY));
        }
    }
    // Signed without one of them; or the signature is the old one. Coverage is looked at before
    // any value, so both are the same. [ROB-77]
    for missing in [&header, &body, &part, &last] {
        let mut changed = good.security(missing, "");
        for order in [false, true] {
            if order {
                let all: String = [&last, &part, &body, &header]
                    .into_iter()
                    .filter(|it| *it != missing)
                    .cloned()
                    .collect();
                let (start, rest) = changed.security.split_once("<ds:Reference").unwrap();
                let (_, end) = rest.rsplit_once("</ds:Reference>").unwrap();
                changed.security = format!("{start}{all}{end}");
            }
            let case = bench.signed("one missing", &changed).number(31);
            cases.push(case.refused(POLICY));
            let case = bench
                .case("one missing, not signed anew", &changed)
                .number(31);
            cases.push(case.refused(POLICY).broken());
        }
    }
    // Order alone: refused where it is not signed, no difference where it is.
    let both = format!("{header}{body}");
    let changed = good.security(&both, &format!("{body}{header}"));
    cases.push(
        bench
            .case("order", &changed)
            .number(31)
            .broken()
            .refused(AUTHENTICATION),
    );
    cases.push(
        bench
            .signed("order, signed", &changed)
            .number(31)
            .unchanged(),
    );
    cases
}

/// (32): a Manifest or an Object is signed, and that names the rest.
fn indirect(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let all = cut(&good.security, "<ds:Reference", "</ds:SignedInfo>");
    let all = all.trim_end_matches("</ds:SignedInfo>").to_owned();
    let manifest = format!("<ds:Manifest Id=\"mf\">{all}</ds:Manifest>");
    let object = format!("<ds:Object>{manifest}</ds:Object></ds:Signature>");
    let header = good.reference(&format!("#{}", good.messaging_id()));
    let mut cases = Vec::new();
    for kind in ["Manifest", "Object", "SignatureProperties"] {
        let typed = format!(" Type=\"http://www.w3.org/2000/09/xmldsig#{kind}\"");
        let pointing = swap(
            &header,
            &format!("URI=\"#{}\"", good.messaging_id()),
            &format!("URI=\"#mf\"{typed}"),
        );
        let with_object = good.security("</ds:Signature>", &object);
        for changed in [
            with_object.security(&all, &pointing),
            with_object.security(&header, &format!("{header}{pointing}")),
            with_object.security(&header, &pointing),
        ] {
            let case = bench.signed(kind, &changed).number(32).refused(POLICY);
            cases.push(case);
        }
        // A good reference that says it is one of those.
        let saying = swap(&header, "<ds:Reference", &format!("<ds:Reference{typed}"));
        let changed = good.security(&header, &saying);
        cases.push(
            bench
                .signed(format!("says {kind}"), &changed)
                .number(32)
                .refused(POLICY),
        );
    }
    cases
}

#[expect(clippy::too_many_lines, reason = "a list of variants")]
fn abuse(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let header = good.reference(&format!("#{}", good.messaging_id()));
    let whole = format!("{TRANSFORM}</ds:Transform>");
    let prefixes = |count: usize| {
        let list = "p ".repeat(count);
        format!(
            "{TRANSFORM}<ec:InclusiveNamespaces xmlns:ec=\"{EXC}\" PrefixList=\"{list}\">\
             </ec:InclusiveNamespaces></ds:Transform>"
        )
    };
    let mut cases = Vec::new();
    for (name, changed) in [
        (
            "1000 references",
            good.security(&header, &header.repeat(1000)),
        ),
        ("40 references", good.security(&header, &header.repeat(40))),
        ("100 transforms", good.security(&whole, &whole.repeat(100))),
        ("two transforms", good.security(&whole, &whole.repeat(2))),
        (
            "100 000 prefixes",
            good.security(&whole, &prefixes(100_000)),
        ),
        ("33 prefixes", good.security(&whole, &prefixes(33))),
        (
            "a transform inside",
            good.security(&whole, &format!("{TRANSFORM}{whole}</ds:Transform>")),
        ),
        (
            "something after the value",
            good.security(
                "</ds:DigestValue></ds:Reference>",
                "</ds:DigestValue><x/></ds:Reference>",
            ),
        ),
        (
            "something in SignedInfo",
            good.security("</ds:SignedInfo>", "<x/></ds:SignedInfo>"),
        ),
    ] {
        let case = bench.signed(name, &changed);
        let case = match name {
            "something after the value" => case.refused(AUTHENTICATION),
            _ => case.refused(POLICY),
        };
        cases.push(case);
    }
    // Thirty references are what others take, thirty-two prefixes more than Domibus lists.
    let parts: String = (0..27)
        .map(|at| {
            swap(
                &good.reference("cid:regrep"),
                "cid:regrep",
                &format!("cid:r{at}"),
            )
        })
        .collect();
    let changed = good.security(&header, &format!("{header}{parts}"));
    cases.push(
        bench
            .signed("31 references", &changed)
            .broken()
            .refused(POLICY),
    );
    let changed = good.security(&whole, &prefixes(32));
    cases.push(bench.signed("32 prefixes", &changed).unchanged());
    cases
}
