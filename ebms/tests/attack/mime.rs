//! Packages and compressed parts that are not what they say. [AS4 6.I, AS4 6.J]

use super::{
    bench::{Bench, XML, all},
    careless::Formal,
    message::Message,
    tally::{AUTHENTICATION, Case, Group, HEADER, MIME},
};
use ebms::EbmsCode;
use flate2::{Compression, GzBuilder, write::GzEncoder};
use std::{io::Write, sync::LazyLock};

pub(crate) static PACKAGE: LazyLock<Group> = LazyLock::new(|| {
    let cases = all().flat_map(|bench| [outer(bench), inner(bench), raw(bench)].concat());
    Group::of("I", "MIME packages", cases)
});

pub(crate) static COMPRESSION: LazyLock<Group> =
    LazyLock::new(|| Group::of("J", "compressed parts", all().flat_map(compressed)));

#[test]
fn a_package_is_read_in_one_way_or_not_at_all() {
    // [ROB-68], [ROB-69]
    PACKAGE.check(150);
}

#[test]
fn compression_is_one_whole_member_within_limits() {
    // [ROB-67], [EBMS:0303]
    COMPRESSION.check(60);
}

fn outer(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let boundary = &good.boundary;
    let mut cases = Vec::new();
    for content_type in [
        "multipart/related".to_owned(),
        "multipart/related; boundary=".to_owned(),
        "multipart/related; boundary=\"\"".to_owned(),
        "multipart/related; boundary=\"other\"".to_owned(),
        format!("multipart/related; boundary=\"{boundary}\"; boundary=\"{boundary}\""),
        format!(
            "multipart/related; boundary=\"{boundary}\"; type=\"application/soap+xml\"; type=\"x/y\""
        ),
        format!("multipart/related; boundary=\"{boundary}\"; start=\"<nosuch@x>\""),
        format!("multipart/related; boundary=\"{boundary}\"; start=\"<regrep@oots.eu>\""),
        format!("multipart/related; boundary=\"{boundary}\"; type=\"application/xop+xml\""),
        format!("multipart/related; boundary=\"{boundary}\"; type=\"text/xml\""),
        format!("multipart/related; boundary=\"{boundary}"),
        format!("multipart/mixed; boundary=\"{boundary}\""),
        format!("multipart/form-data; boundary=\"{boundary}\""),
        "application/soap+xml; charset=UTF-16".to_owned(),
        "text/xml".to_owned(),
        "application/xop+xml".to_owned(),
        String::new(),
        format!("multipart/related; boundary=\"{}\"", "b".repeat(71)),
    ] {
        let name = if content_type.is_empty() {
            "no type"
        } else {
            &content_type
        };
        let case = bench.case(name, good).refused(MIME);
        cases.push(case.with_content_type(content_type));
    }
    // The whole package as if it were the SOAP part.
    let case = bench.case("as a bare entity", good).refused(HEADER);
    cases.push(case.with_content_type("application/soap+xml"));
    cases
}

/// Headers of the root and of a part.
fn inner(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let mut cases = Vec::new();
    for root in [
        "Content-Type: application/xop+xml",
        "Content-Type: text/xml",
        "Content-Type: text/html",
        "Content-Type: application/soap+xml; charset=UTF-16",
        "Content-Type: application/soap+xml; charset=ISO-8859-1",
        "X: y",
        "Content-Type: application/soap+xml\r\nContent-Type: application/soap+xml",
        "Content-Type: application/soap+xml\r\nContent-Transfer-Encoding: x-uuencode",
        "Content-Type: application/soap+xml\r\nContent-ID: <a@x>\r\nContent-ID: <b@x>",
        "Content-Type: application/soap+xml\r\nContent-ID: <second@oots.eu>",
    ] {
        let mut changed = good.clone();
        changed.root = root.to_owned();
        cases.push(bench.case(root, &changed).refused(MIME));
    }
    let many: String = (0..33).map(|at| format!("\r\nX-{at}: y")).collect();
    let flood: String = (0..5000).map(|at| format!("\r\nX-{at}: y")).collect();
    for (name, more) in [
        ("a line without colon", "\r\nno colon".to_owned()),
        ("a blank name", "\r\n : x".to_owned()),
        ("a blank in the name", "\r\nX Y: z".to_owned()),
        ("NUL", "\r\nX: \0".to_owned()),
        ("a bare CR", "\r\nX: a\rb".to_owned()),
        ("a bare LF", "\r\nX: a\nContent-ID: <b@x>".to_owned()),
        ("8 KiB", format!("\r\nX: {}", "y".repeat(8 << 10))),
        ("200 kB", format!("\r\nX: {}", "y".repeat(200_000))),
        ("33 headers", many),
        ("5 000 headers", flood),
        ("two ids", "\r\nContent-ID: <b@x>".to_owned()),
        ("two types", "\r\nContent-Type: text/xml".to_owned()),
        (
            "two encodings",
            "\r\nContent-Transfer-Encoding: binary\r\nContent-Transfer-Encoding: base64".to_owned(),
        ),
    ] {
        let mut changed = good.clone();
        changed.parts[0].headers.push_str(&more);
        // A line that begins with a blank goes on with the one before, which is the id here.
        let case = bench.case(name, &changed).refused(MIME);
        cases.push(case);
    }
    cases
}

/// The octets of the package.
fn raw(bench: &'static Bench) -> Vec<Case> {
    let good = &bench.good;
    let boundary = good.boundary.clone();
    let closing = format!("\r\n--{boundary}--\r\n");
    let cut = |octets: Vec<u8>, by: usize| octets[..octets.len() - by].to_vec();
    let case = |name: &str, change: &dyn Fn(Vec<u8>) -> Vec<u8>| {
        bench.case(name, good).with_octets(change).refused(MIME)
    };
    let mut cases = vec![
        case("not closed", &|it| cut(it, closing.len())),
        case("half closed", &|it| cut(it, 3)),
        case("half a part", &|it| cut(it, closing.len() + 20)),
        case("nothing", &|_| Vec::new()),
        case("delimiter alone", &|_| {
            format!("--{boundary}\r\n").into_bytes()
        }),
        case("closing alone", &|_| {
            format!("--{boundary}--\r\n").into_bytes()
        }),
        case("10 kB before", &|it| [b"x\r\n".repeat(4000), it].concat()),
        case("10 kB behind", &|it| [it, b"x\r\n".repeat(4000)].concat()),
        case("line feeds alone", &|it| {
            it.into_iter().filter(|octet| *octet != b'\r').collect()
        }),
        case("text before the delimiter", &|it| {
            [b"x".to_vec(), it].concat()
        }),
    ];
    let parts = |count: usize| {
        let mut changed = good.clone();
        for at in 0..count {
            changed
                .parts
                .push(super::message::Part::new(&format!("p{at}@x"), b"x"));
        }
        bench
            .case(format!("{count} more parts"), &changed)
            .refused(MIME)
    };
    cases.extend([parts(27), parts(10_000)]);
    // Closed early: what follows is not read, so that parts are missing.
    let mut early: Message = good.clone();
    early.parts.truncate(1);
    cases.push(bench.case("closed early", &early).broken().refused(MIME));
    cases
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// Signed and encrypted whole: the bomb is the sender's own.
#[expect(clippy::too_many_lines, reason = "a list of variants")]
fn compressed(bench: &'static Bench) -> Vec<Case> {
    let packed = gzip(XML);
    let changed = |at: usize, bit: u8| {
        let mut changed = packed.clone();
        let at = if at < 100 {
            at
        } else {
            packed.len() - (200 - at)
        };
        changed[at] ^= bit;
        changed
    };
    let mut named = GzBuilder::new()
        .filename("../x")
        .comment("c")
        .extra(b"xy".to_vec());
    named = named.mtime(7);
    let mut named = named.write(Vec::new(), Compression::fast());
    named.write_all(XML).unwrap();
    let named = named.finish().unwrap();
    let refused = EbmsCode::DecompressionFailure;
    let case = |name: &str, content: &[u8]| {
        let mut message = bench.good.clone();
        message.parts[0].content = bench.seal(content);
        bench.signed(name, &message)
    };
    let mut cases = vec![case("fields in the head", &named).delivered()];
    for (name, content) in [
        ("nothing", Vec::new()),
        ("no gzip", b"this is not gzip".to_vec()),
        ("zlib", vec![0x78, 0x9C, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01]),
        ("zip", b"PK\x03\x04rest".to_vec()),
        ("the head alone", packed[..10].to_vec()),
        ("half", packed[..packed.len() / 2].to_vec()),
        ("no length", packed[..packed.len() - 4].to_vec()),
        ("one octet short", packed[..packed.len() - 1].to_vec()),
        ("one octet more", [packed.as_slice(), &[0]].concat()),
        ("garbage behind", [packed.as_slice(), b"garbage"].concat()),
        ("two members", packed.repeat(2)),
        (
            "an empty member behind",
            [packed.clone(), gzip(b"")].concat(),
        ),
        (
            "an empty member before",
            [gzip(b""), packed.clone()].concat(),
        ),
        ("wrong sum", changed(192, 1)),
        ("wrong length", changed(199, 1)),
        ("another method", changed(2, 1)),
        ("reserved flags", changed(3, 0xE0)),
        ("no magic", changed(0, 1)),
        ("a flipped bit inside", changed(20, 0x10)),
        ("64 MiB of zeros", gzip(&vec![0; 64 << 20])),
    ] {
        cases.push(case(name, &content).refused(refused));
    }
    // Not signed by the sender, it never gets that far.
    let mut message = bench.good.clone();
    message.parts[0].content = bench.seal(&gzip(&vec![0; 8 << 20]));
    let code = if bench.encrypted {
        EbmsCode::FailedDecryption
    } else {
        AUTHENTICATION
    };
    cases.push(
        bench
            .case("not signed", &message)
            .formal(Formal::Broken)
            .refused(code),
    );
    cases
}
