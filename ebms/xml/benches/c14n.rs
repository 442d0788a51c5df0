//! What the canonical form of an XML attachment costs on one core: from a stream, and by way of a
//! tree. Prints a table; judges nothing.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and stops where it cannot go on"
)]

use std::{hint::black_box, time::Duration};
use xml::{Document, Limits, StreamLimits, c14n};

fn main() {
    // `cargo test` runs benchmarks to see that they start.
    let measured = std::env::args().any(|it| it == "--bench");
    let (budget, sizes): (u64, &[usize]) = match measured {
        true => (2000, &[5_000_000, 50_000_000]),
        false => (1, &[20_000]),
    };
    let budget = Duration::from_millis(budget);
    println!(
        "{:<22} {:>9} {:>14} {:>14}",
        "document", "bytes", "stream MB/s", "tree MB/s"
    );
    for (name, make) in SHAPES {
        for size in sizes {
            let document = make(*size);
            let bytes = document.as_bytes();
            let streamed = rate(bytes, budget, |bytes, sink| {
                c14n::stream(bytes, &StreamLimits::ATTACHMENT, sink).expect("a document");
            });
            let by_tree = rate(bytes, budget, |bytes, sink| {
                let tree = Document::parse(bytes, &Limits::ATTACHMENT).expect("a document");
                c14n::exclusive(tree.root(), &[], sink);
            });
            println!(
                "{name:<22} {:>9} {streamed:>14.0} {by_tree:>14.0}",
                bytes.len()
            );
        }
    }
}

/// A million octets per second, over as many calls as fit.
fn rate(bytes: &[u8], budget: Duration, mut call: impl FnMut(&[u8], &mut dyn FnMut(&[u8]))) -> f64 {
    let mut written = 0_usize;
    #[expect(clippy::disallowed_methods, reason = "a benchmark reads the time")]
    let start = std::time::Instant::now();
    let mut calls = 0_u32;
    while calls == 0 || start.elapsed() < budget {
        call(bytes, &mut |chunk| written += black_box(chunk).len());
        calls += 1;
    }
    black_box(written);
    bytes.len() as f64 * f64::from(calls) / start.elapsed().as_secs_f64() / 1e6
}

type Make = fn(usize) -> String;

const SHAPES: [(&str, Make); 4] = [
    ("records, indented", records),
    ("records, on one line", |size| {
        let lines = records(size);
        lines.lines().map(str::trim_start).collect()
    }),
    ("prefix per element", redeclared),
    ("one long text", long_text),
];

/// The shape of register evidence: prefixed elements, few attributes, short values.
fn records(size: usize) -> String {
    let mut out = String::from(concat!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
        "<ev:Register xmlns:ev=\"http://example.org/evidence/civil-status/v1\" ",
        "xmlns:cbc=\"http://example.org/basic-components/v2\" xml:lang=\"de\">\n",
    ));
    for number in 0.. {
        if out.len() > size {
            break;
        }
        out.push_str(&format!(
            concat!(
                "  <ev:Entry id=\"e-{0}\" status=\"valid\">\n",
                "    <cbc:Identifier schemeID=\"urn:example:register\">DE-{0:08}</cbc:Identifier>\n",
                "    <ev:Person>\n",
                "      <cbc:FamilyName>Müller-Lüdenscheidt</cbc:FamilyName>\n",
                "      <cbc:GivenName>Änne Katharina</cbc:GivenName>\n",
                "      <cbc:BirthDate>1984-05-17</cbc:BirthDate>\n",
                "      <cbc:BirthPlace country=\"DE\">Köln &amp; Umgebung</cbc:BirthPlace>\n",
                "      <ev:Deceased/>\n",
                "    </ev:Person>\n",
                "    <ev:Remark>Registered by the civil registry office on 17 May 1984; ",
                "no later change was recorded in this register.</ev:Remark>\n",
                "  </ev:Entry>\n",
            ),
            number
        ));
    }
    out.push_str("</ev:Register>\n");
    out
}

/// Some writers declare a namespace wherever they use it.
fn redeclared(size: usize) -> String {
    let mut out = String::from("<list>");
    while out.len() < size {
        out.push_str(concat!(
            "<ns1:item xmlns:ns1=\"http://example.org/evidence/civil-status/v1\" kind='a'>",
            "<ns2:value xmlns:ns2=\"http://example.org/basic-components/v2\">42</ns2:value>",
            "</ns1:item>",
        ));
    }
    out.push_str("</list>");
    out
}

/// A scanned page as base64.
fn long_text(size: usize) -> String {
    let mut out = String::from("<file>");
    while out.len() < size {
        out.push_str(
            "JVBERi0xLjcKJeLjz9MKMSAwIG9iago8PC9UeXBlL0NhdGFsb2cvUGFnZXMgMiAwIFI+PgplbmRv\n",
        );
    }
    out.push_str("</file>");
    out
}
