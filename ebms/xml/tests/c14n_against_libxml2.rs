//! Exclusive C14N against libxml2's own output over generated documents. `tests/run` installs
//! `xmllint`; without it this test fails, because a check that does not run proves nothing.

#![expect(
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::format_push_string,
    reason = "test code"
)]

use proptest::prelude::*;
use std::{io::Write as _, process::Command};
use xml::{Document, Limits};

#[derive(Clone, Debug)]
enum Content {
    Element(Element),
    Text(String),
    Instruction(String),
}

#[derive(Clone, Debug)]
struct Element {
    name: String,
    prefix: usize,
    declarations: Vec<(usize, usize)>,
    attributes: Vec<(usize, String, String)>,
    content: Vec<Content>,
}

const PREFIXES: [&str; 4] = ["", "p", "q", "longer"];
// No ampersand: libxml2 writes one in a namespace name unescaped, which is not well-formed.
const NAMESPACES: [&str; 4] = [
    "urn:one",
    "urn:two",
    "http://three.example/?a=b;c",
    "urn:four",
];

fn element() -> impl Strategy<Value = Element> {
    shell().prop_recursive(4, 40, 5, |inner| {
        let content = prop_oneof![
            3 => inner.prop_map(Content::Element),
            2 => "[a-z<>&\"'\t\n\r é€𝄞]{0,12}".prop_map(Content::Text),
            1 => "[a-z ]{0,6}".prop_map(Content::Instruction),
        ];
        (shell(), proptest::collection::vec(content, 0..5))
            .prop_map(|(shell, content)| Element { content, ..shell })
    })
}

fn shell() -> impl Strategy<Value = Element> {
    let declarations = proptest::collection::vec((0..4_usize, 0..4_usize), 0..4);
    let attribute = (0..4_usize, "[a-c]", "[a-z<>&\"'\t\n\r é]{0,8}");
    (
        "[a-e]",
        0..4_usize,
        declarations,
        proptest::collection::vec(attribute, 0..4),
    )
        .prop_map(|(name, prefix, declarations, attributes)| Element {
            name,
            prefix,
            declarations,
            attributes,
            content: Vec::new(),
        })
}

/// Writes with every choice a writer has; skips what would not be well-formed.
fn write(element: &Element, scope: &[Option<usize>; 4], out: &mut String) {
    let mut scope = *scope;
    let mut declared = [false; 4];
    let mut tag = String::new();
    for (prefix, namespace) in &element.declarations {
        if !std::mem::replace(&mut declared[*prefix], true) {
            scope[*prefix] = Some(*namespace);
            let name = if *prefix == 0 {
                "xmlns".to_owned()
            } else {
                format!("xmlns:{}", PREFIXES[*prefix])
            };
            tag.push_str(&format!(" {name}='{}'", NAMESPACES[*namespace]));
        }
    }
    let mut seen = Vec::new();
    for (prefix, local, value) in &element.attributes {
        let namespace = if *prefix == 0 { None } else { scope[*prefix] };
        if (*prefix != 0 && namespace.is_none()) || seen.contains(&(namespace, local)) {
            continue;
        }
        seen.push((namespace, local));
        let name = qualified(*prefix, local);
        tag.push_str(&format!(" {name}=\"{}\"", escape(value)));
    }
    let prefix = if element.prefix != 0 && scope[element.prefix].is_none() {
        0
    } else {
        element.prefix
    };
    let name = qualified(prefix, &element.name);
    out.push_str(&format!("<{name}{tag}"));
    if element.content.is_empty() {
        out.push_str("/>");
        return;
    }
    out.push('>');
    for content in &element.content {
        match content {
            Content::Element(child) => write(child, &scope, out),
            Content::Text(text) => out.push_str(&escape(text)),
            Content::Instruction(data) => out.push_str(&format!("<?target {data}?>")),
        }
    }
    out.push_str(&format!("</{name}>"));
}

fn qualified(prefix: usize, local: &str) -> String {
    if prefix == 0 {
        local.to_owned()
    } else {
        format!("{}:{local}", PREFIXES[prefix])
    }
}

/// Leaves raw line ends and tabs in place, so that normalisation is compared too.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
        .replace('>', "&gt;")
}

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
    xml::c14n::exclusive(document.root(), &[], |chunk| out.extend_from_slice(chunk));
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn our_canonical_form_is_libxml2s(tree in element()) {
        let mut text = String::new();
        write(&tree, &[None; 4], &mut text);
        prop_assert_eq!(String::from_utf8(ours(text.as_bytes())), String::from_utf8(libxml2(&text)));
    }

    #[test]
    fn the_canonical_form_is_its_own_canonical_form(tree in element()) {
        let mut text = String::new();
        write(&tree, &[None; 4], &mut text);
        let once = ours(text.as_bytes());
        prop_assert_eq!(ours(&once), once);
    }
}
