//! Generated documents.

use proptest::prelude::*;

/// Writes with every choice a writer has; skips what would not be well-formed.
pub(crate) fn write(element: &Element) -> String {
    let mut out = String::new();
    write_in(element, &[None; 4], &mut out);
    out
}

#[derive(Clone, Debug)]
enum Content {
    Element(Element),
    Text(String),
    Instruction(String),
}

#[derive(Clone, Debug)]
pub(crate) struct Element {
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

pub(crate) fn element() -> impl Strategy<Value = Element> {
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

fn write_in(element: &Element, scope: &[Option<usize>; 4], out: &mut String) {
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
            Content::Element(child) => write_in(child, &scope, out),
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
