//! Parts exchanged, added, left out, renamed, or said to be something else. [AS4 6.C]

use super::{
    bench::{Bench, XML, all},
    forge,
    message::{Message, Part, cut, swap},
    tally::{AUTHENTICATION, Case, DECRYPTION, Group, MIME, POLICY, VALUE},
};
use ebms::EbmsCode;
use std::sync::LazyLock;

pub(crate) static WRAPPING: LazyLock<Group> = LazyLock::new(|| {
    let cases = all()
        .flat_map(|bench| [replaced(bench), extra(bench), renamed(bench), typed(bench)].concat());
    Group::of(
        "A 39-44",
        "parts exchanged, added, renamed, of another type",
        cases,
    )
});

pub(crate) static TYPES: LazyLock<Group> =
    LazyLock::new(|| Group::of("C", "types that are not signed", all().flat_map(confused)));

#[test]
fn parts_are_bound_to_the_signature() {
    // [ROB-76], [ROB-63], [ROB-87]
    WRAPPING.check(150);
}

#[test]
fn the_type_read_is_the_signed_one() {
    // [P04]
    TYPES.check(40);
}

pub(crate) const GCM: &str = "http://www.w3.org/2009/xmlenc11#aes128-gcm";

/// What a part with wrong content is refused with: once it is decrypted, the reason is not told.
pub(crate) fn mismatch(bench: &Bench) -> EbmsCode {
    if bench.encrypted {
        DECRYPTION
    } else {
        AUTHENTICATION
    }
}

impl Bench {
    /// The content as the sender of the message would put it into a part.
    pub(crate) fn seal(&self, content: &[u8]) -> Vec<u8> {
        if self.encrypted {
            forge::seal(GCM, &self.secrets.cek, content).unwrap()
        } else {
            content.to_vec()
        }
    }
}

fn with_content(message: &Message, at: usize, content: Vec<u8>) -> Message {
    let mut changed = message.clone();
    changed.parts[at].content = content;
    changed
}

/// (39), (40)
fn replaced(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let (first, second) = (good.parts[0].content.clone(), good.parts[1].content.clone());
    let mut cases = Vec::new();
    for (at, cid) in [(0, "cid:regrep"), (1, "cid:second")] {
        let reference = good.reference(cid);
        for content in [bench.seal(b"evil"), bench.seal(b""), bench.seal(XML)] {
            let changed = with_content(good, at, content);
            let kept = bench
                .case("replaced", &changed)
                .broken()
                .refused(mismatch(bench));
            cases.push(kept.number(39));
            let dropped = changed.security(&reference, "");
            let case = bench
                .signed("replaced, not signed", &dropped)
                .refused(POLICY);
            cases.push(case.number(39));
            let case = bench
                .case("reference cut out", &dropped)
                .broken()
                .refused(POLICY);
            cases.push(case.number(39));
        }
    }
    let swapped = with_content(&with_content(good, 0, second.clone()), 1, first.clone());
    let case = bench
        .case("contents swapped", &swapped)
        .broken()
        .refused(mismatch(bench));
    cases.push(case.number(40));
    for (at, content) in [(0, second), (1, first)] {
        let twice = with_content(good, at, content);
        let case = bench
            .case("one content twice", &twice)
            .broken()
            .refused(mismatch(bench));
        cases.push(case.number(40));
    }
    // The digests swapped, too, which the signature value does not allow; and the names, so that
    // everything fits but stands in another order, which says nothing.
    let (a, b) = (good.reference("cid:regrep"), good.reference("cid:second"));
    let digest = |it: &str| cut(it, "<ds:DigestValue>", "</ds:DigestValue>");
    let mut changed = swapped.clone();
    changed.security = changed.security.replace(&a, "{a}");
    changed.security = swap(&changed.security, &b, &swap(&b, &digest(&b), &digest(&a)));
    changed.security = swap(
        &changed.security,
        "{a}",
        &swap(&a, &digest(&a), &digest(&b)),
    );
    let case = bench.case("digests swapped", &changed).broken();
    cases.push(case.number(40));
    let mut reversed = good.clone();
    reversed.parts.reverse();
    cases.push(
        bench
            .case("another order", &reversed)
            .number(40)
            .unchanged(),
    );
    cases
}

/// (41), (42)
fn extra(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let mut cases = Vec::new();
    for (id, number) in [
        ("extra@x", 41),
        ("Regrep@oots.eu", 41),
        ("regrep%40oots.eu", 41),
        ("root", 41),
        ("regrep@oots.eu", 42),
        ("second@oots.eu", 42),
    ] {
        for at in 0..=2 {
            let mut changed = good.clone();
            changed
                .parts
                .insert(at, Part::new(id, &bench.seal(b"evil")));
            let case = bench.case(format!("{id} at {at}"), &changed).number(number);
            // The careless verifier takes the first of two.
            let first = (id == "regrep@oots.eu" && at == 0) || (id == "second@oots.eu" && at < 2);
            cases.push(if first { case.broken() } else { case }.refused(MIME));
        }
    }
    // The same content under the same id is still two parts.
    let mut changed = good.clone();
    changed.parts.push(good.parts[0].clone());
    cases.push(
        bench
            .case("the same part twice", &changed)
            .number(42)
            .refused(MIME),
    );
    // Signed, but not described.
    let mut changed = good.clone();
    changed
        .parts
        .push(Part::new("extra@x", &bench.seal(b"evil")));
    if !bench.encrypted {
        let reference = good.reference("cid:regrep");
        let more = swap(&reference, "cid:regrep@oots.eu", "cid:extra@x");
        let changed = changed.security(&reference, &format!("{reference}{more}"));
        cases.push(
            bench
                .signed("signed, not described", &changed)
                .number(41)
                .refused(MIME),
        );
    }
    let mut unnamed = good.clone();
    unnamed.parts[1].headers = "Content-Type: application/octet-stream".to_owned();
    cases.push(
        bench
            .case("without id", &unnamed)
            .number(41)
            .broken()
            .refused(MIME),
    );
    cases
}

/// (43): one name in several spellings. A MIME header is compared as it is, a `cid:` once its
/// percent signs are resolved. The list asks for 0101, but where part and description differ the
/// package is at fault before any signature. [EBMS:0007]
#[expect(clippy::too_many_lines, reason = "a list of variants")]
fn renamed(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let mut cases = Vec::new();
    for id in [
        "REGREP@oots.eu",
        "Regrep@oots.eu",
        "regrep%40oots.eu",
        "regrep @oots.eu",
        "regrep@oots.eu.",
        "regrep@oots.eu%20",
        "cid:regrep@oots.eu",
        "<regrep@oots.eu>",
        "regrep@oots.eu>",
        "",
    ] {
        let mut changed = good.clone();
        let headers = &mut changed.parts[0].headers;
        *headers = swap(headers, "<regrep@oots.eu>", &format!("<{id}>"));
        let case = bench
            .case(format!("part <{id}>"), &changed)
            .number(43)
            .refused(MIME);
        // Brackets and the like are stripped by a careless reader.
        let taken = matches!(id, "<regrep@oots.eu>" | "regrep@oots.eu>");
        cases.push(if taken { case } else { case.broken() });
    }
    for id in ["regrep@oots.eu", " <regrep@oots.eu> ", "\t<regrep@oots.eu>"] {
        let mut changed = good.clone();
        let headers = &mut changed.parts[0].headers;
        *headers = swap(headers, " <regrep@oots.eu>", id);
        let case = bench.case(format!("part {id:?}"), &changed).number(43);
        cases.push(case.unchanged());
    }
    for href in [
        "cid:regrep%40oots.eu",
        "cid:regrep@oots%2Eeu",
        "cid:regrep@oots%2eeu",
    ] {
        let spelled = |from: &str| {
            let changed = good.security(from, &from.replace("cid:regrep@oots.eu", href));
            bench
                .signed(format!("{href} in the signature"), &changed)
                .number(43)
        };
        cases.push(spelled("<ds:Reference URI=\"cid:regrep@oots.eu\"").unchanged());
        let changed = good.messaging("href=\"cid:regrep@oots.eu\"", &format!("href=\"{href}\""));
        let case = bench
            .signed(format!("{href} in the header"), &changed)
            .number(43);
        cases.push(case.delivered());
        // Both spellings at once are one thing twice.
        let reference = good.reference("cid:regrep");
        let again = reference.replace("cid:regrep@oots.eu", href);
        let changed = good.security(&reference, &format!("{reference}{again}"));
        cases.push(
            bench
                .signed("twice signed", &changed)
                .number(43)
                .refused(POLICY),
        );
        let info = cut(
            &good.messaging,
            "<eb:PartInfo href=\"cid:regrep",
            "</eb:PartInfo>",
        );
        let again = info.replace("cid:regrep@oots.eu", href);
        let changed = good.messaging(&info, &format!("{info}{again}"));
        cases.push(
            bench
                .signed("twice described", &changed)
                .number(43)
                .refused(VALUE),
        );
    }
    for uri in [
        "cid:REGREP@oots.eu",
        "cid:regrep%2540oots.eu",
        "cid:<regrep@oots.eu>",
        "CID:regrep@oots.eu",
    ] {
        let changed = good.security(
            "URI=\"cid:regrep@oots.eu\"",
            &format!("URI=\"{}\"", uri.replace('<', "&lt;")),
        );
        if bench.encrypted {
            continue;
        }
        let case = bench.signed(uri, &changed).number(43).broken();
        cases.push(case.refused(POLICY));
    }
    cases
}

/// (44): the type in the MIME header is not signed.
fn typed(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let mut cases = Vec::new();
    for kind in [
        "text/html",
        "application/pdf",
        "application/x-msdownload",
        "application/xml",
        "text/xml",
        "application/x-ebrs+xml",
        "application/gzip",
    ] {
        let mut changed = good.clone();
        let headers = &mut changed.parts[0].headers;
        let old = headers.split("Content-Type:").nth(1).unwrap();
        let old = old.split("\r\n").next().unwrap().to_owned();
        if old.trim() == kind {
            continue;
        }
        *headers = headers.replacen(&old, &format!(" {kind}"), 1);
        let case = bench.case(kind, &changed).number(44);
        // Encrypted, the header is not looked at. Else it says how to digest: gzip is no XML, and
        // as text it has other line ends.
        let looked_at = !bench.encrypted && (kind.contains("xml") || kind.starts_with("text/"));
        cases.push(match looked_at {
            true if kind == "text/html" && !has_line_end(&good.parts[0].content) => {
                case.unchanged()
            }
            true => case.broken().refused(AUTHENTICATION),
            false => case.unchanged(),
        });
    }
    cases
}

fn has_line_end(content: &[u8]) -> bool {
    content.contains(&b'\r') || content.contains(&b'\n')
}

/// [AS4 6.C]: a type that selects another transform fails the digest; content that is its own
/// canonical form keeps the type that is signed.
#[expect(clippy::too_many_lines, reason = "a list of variants")]
fn confused(bench: &'static Bench) -> Vec<Case> {
    let mut cases = Vec::new();
    let leg = bench.leg().with_compression(false);
    let (message, secrets) = bench.write(&super::bench::request(), &leg);
    let changed = |kind: &str| {
        let mut changed = message.clone();
        let at = "application/x-ebrs+xml\"";
        if bench.encrypted {
            changed.security = swap(&message.security, at, &format!("{kind}\""));
        } else {
            let headers = &message.parts[0].headers;
            changed.parts[0].headers = swap(headers, "application/x-ebrs+xml", kind);
        }
        changed
    };
    // XML in canonical form: as raw octets, text or other XML the digest is the same.
    for kind in [
        "application/octet-stream",
        "application/pdf",
        "text/plain",
        "text/html",
        "application/xml",
        "image/svg+xml",
        "text/xml",
    ] {
        let case = bench.case(kind, &changed(kind)).with_secrets(&secrets);
        cases.push(case.delivered());
    }
    for (kind, at) in [
        ("application/xml", "application/pdf"),
        ("text/plain", "application/pdf"),
    ] {
        let mut message = message.clone();
        if bench.encrypted {
            message.security = swap(&message.security, &format!("{at}\""), &format!("{kind}\""));
        } else {
            let headers = &message.parts[1].headers;
            message.parts[1].headers = swap(headers, at, kind);
        }
        let case = bench
            .case(format!("PDF as {kind}"), &message)
            .with_secrets(&secrets);
        cases.push(case.broken().refused(mismatch(bench)));
    }
    // The signed type is part of the header.
    for (from, to) in [
        ("application/x-ebrs+xml", "text/html"),
        ("application/gzip", "application/zip"),
    ] {
        let code = if to.ends_with("zip") {
            VALUE
        } else {
            AUTHENTICATION
        };
        let changed = bench.good.messaging(from, to);
        cases.push(
            bench
                .case(format!("signed {to}"), &changed)
                .broken()
                .refused(code),
        );
    }
    let unpacked = bench.good.messaging("CompressionType", "XompressionType");
    cases.push(bench.case("not compressed", &unpacked).broken());
    cases
}
