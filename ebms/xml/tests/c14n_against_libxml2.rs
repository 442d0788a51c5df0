//! Exclusive C14N against libxml2's own output over generated documents. `tests/run` installs
//! `xmllint`; without it this test fails, because a check that does not run proves nothing.

#![expect(
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::format_push_string,
    reason = "test code"
)]

#[path = "generated/document.rs"]
mod document;

use document::{element, write};
use proptest::prelude::*;
use std::{io::Write as _, process::Command};
use xml::{Document, Limits};

fn libxml2(xml: &str) -> Vec<u8> {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(xml.as_bytes()).expect("writing it");
    let output = Command::new("xmllint")
        .args(["--nonet", "--exc-c14n"])
        .arg(file.path())
        .output()
        .expect("xmllint is installed by tests/run");
    assert!(output.status.success(), "xmllint refuses {xml:?}");
    output.stdout
}

fn ours(xml: &[u8]) -> Vec<u8> {
    let document = Document::parse(xml, &Limits::ATTACHMENT).expect("well-formed");
    let mut out = Vec::new();
    xml::c14n::document(&document, |chunk| out.extend_from_slice(chunk));
    out
}

/// What may stand around the document element, but for comments: `xmllint` keeps them.
fn around() -> &'static str {
    "(<\\?target [a-z ]{0,4}\\?>|[ \r\n]){0,3}"
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn our_canonical_form_is_libxml2s(
        tree in element(), before in around(), after in around()
    ) {
        let text = format!("{before}{}{after}", write(&tree));
        prop_assert_eq!(String::from_utf8(ours(text.as_bytes())), String::from_utf8(libxml2(&text)));
    }

    #[test]
    fn the_canonical_form_is_its_own_canonical_form(tree in element()) {
        let text = write(&tree);
        let once = ours(text.as_bytes());
        prop_assert_eq!(ours(&once), once);
    }
}
