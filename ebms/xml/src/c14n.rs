//! Exclusive XML Canonicalization 1.0 without comments, with `InclusiveNamespaces PrefixList`.
//!
//! Output goes straight into a sink (a digest, a buffer). The form with comments, inclusive
//! canonicalization and document subsets other than one subtree are deliberately absent.

mod stream;

pub use stream::{StreamError, stream};

use crate::{Attribute, Document, Element, Fragment, Node, XML_NAMESPACE};

/// Canonical form of one element and all below it. `prefixes` is the `PrefixList`; the token
/// `#default` stands for the default namespace.
pub fn exclusive(apex: Element<'_>, prefixes: &[&str], sink: impl FnMut(&[u8])) {
    let mut canon = Canon::new(prefixes, sink);
    canon.element(apex);
    canon.out.flush();
}

/// Canonical form of a whole document: [`exclusive`] of its element, and the processing
/// instructions around it, each on a line of its own. An XML attachment is digested like this.
pub fn document(document: &Document, sink: impl FnMut(&[u8])) {
    let mut canon = Canon::new(&[], sink);
    let [before, after] = document.outer_instructions();
    for (target, data) in before {
        canon.instruction(target, data);
        canon.out.put("\n");
    }
    canon.element(document.root());
    for (target, data) in after {
        canon.out.put("\n");
        canon.instruction(target, data);
    }
    canon.out.flush();
}

/// [`exclusive`] as text that a [`crate::Writer`] takes in as it is.
pub fn fragment(apex: Element<'_>, prefixes: &[&str]) -> Fragment {
    let mut bytes = Vec::new();
    exclusive(apex, prefixes, |chunk| bytes.extend_from_slice(chunk));
    Fragment::from_canonical(bytes)
}

/// Writes character data as canonical XML does.
pub(crate) fn escape_text(text: &str, mut put: impl FnMut(&str)) {
    escape(text, &mut put, |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'\r' => Some("&#xD;"),
        _ => None,
    });
}

/// Writes an attribute value as canonical XML does.
pub(crate) fn escape_attribute(text: &str, mut put: impl FnMut(&str)) {
    escape(text, &mut put, |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'"' => Some("&quot;"),
        b'\t' => Some("&#x9;"),
        b'\n' => Some("&#xA;"),
        b'\r' => Some("&#xD;"),
        _ => None,
    });
}

fn escape(text: &str, put: &mut impl FnMut(&str), special: impl Fn(u8) -> Option<&'static str>) {
    // No early end: so the loop works on many octets at a time, and most texts need no other.
    let clean = |text: &str| {
        text.bytes()
            .fold(true, |clean, byte| clean & special(byte).is_none())
    };
    if clean(text) {
        return put(text);
    }
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        if let Some(replacement) = special(byte) {
            put(text.get(from..at).unwrap_or_default());
            put(replacement);
            from = at + 1;
        }
    }
    put(text.get(from..).unwrap_or_default());
}

struct Canon<'c, 'd, S> {
    prefixes: &'c [&'c str],
    /// Declarations written so far on the way down: prefix and namespace.
    rendered: Vec<(&'d str, &'d str)>,
    out: Buffered<S>,
}

impl<'c, 'd, S: FnMut(&[u8])> Canon<'c, 'd, S> {
    fn new(prefixes: &'c [&'c str], sink: S) -> Self {
        Self {
            prefixes,
            rendered: Vec::new(),
            out: Buffered {
                pending: Vec::new(),
                sink,
            },
        }
    }

    fn element(&mut self, element: Element<'d>) {
        let depth = self.rendered.len();
        self.out.put("<");
        self.name(element.prefix(), element.name().local);
        self.declarations(element);
        self.attributes(element);
        self.out.put(">");
        for node in element.nodes() {
            match node {
                Node::Element(child) => self.element(child),
                Node::Text(text) => escape_text(text, |piece| self.out.put(piece)),
                Node::Comment(_) => {}
                Node::Instruction { target, data } => self.instruction(target, data),
            }
        }
        self.out.put("</");
        self.name(element.prefix(), element.name().local);
        self.out.put(">");
        self.rendered.truncate(depth);
    }

    fn name(&mut self, prefix: &str, local: &str) {
        if !prefix.is_empty() {
            self.out.put(prefix);
            self.out.put(":");
        }
        self.out.put(local);
    }

    /// Visibly used prefixes and those of the list, where an output ancestor has not said the same.
    fn declarations(&mut self, element: Element<'d>) {
        let mut used: Vec<&'d str> = vec![element.prefix()];
        used.extend(
            element
                .attributes()
                .map(Attribute::prefix)
                .filter(|prefix| !prefix.is_empty()),
        );
        for (prefix, _) in element.bindings() {
            let token = if prefix.is_empty() {
                "#default"
            } else {
                prefix
            };
            if self.prefixes.contains(&token) {
                used.push(prefix);
            }
        }
        used.sort_unstable();
        used.dedup();
        for prefix in used {
            self.declare(element, prefix);
        }
    }

    fn declare(&mut self, element: Element<'d>, prefix: &'d str) {
        let namespace = element.resolve(prefix).unwrap_or_default();
        let rendered = self
            .rendered
            .iter()
            .rev()
            .find(|(known, _)| *known == prefix)
            .map(|(_, uri)| *uri);
        // `xml` needs no declaration, and `xmlns=""` is needed only to undo a written default.
        if namespace == XML_NAMESPACE || rendered.unwrap_or_default() == namespace {
            return;
        }
        self.rendered.push((prefix, namespace));
        self.out.put(" xmlns");
        if !prefix.is_empty() {
            self.out.put(":");
            self.out.put(prefix);
        }
        self.out.put("=\"");
        escape_attribute(namespace, |piece| self.out.put(piece));
        self.out.put("\"");
    }

    fn attributes(&mut self, element: Element<'d>) {
        let mut attributes: Vec<_> = element.attributes().collect();
        // By namespace URI, then local name; unqualified ones have the empty URI and come first.
        attributes.sort_by_key(|attribute| attribute.name());
        for attribute in attributes {
            self.out.put(" ");
            self.name(attribute.prefix(), attribute.name().local);
            self.out.put("=\"");
            escape_attribute(attribute.value(), |piece| self.out.put(piece));
            self.out.put("\"");
        }
    }

    fn instruction(&mut self, target: &str, data: &str) {
        self.out.put("<?");
        self.out.put(target);
        if !data.is_empty() {
            self.out.put(" ");
            self.out.put(data);
        }
        self.out.put("?>");
    }
}

/// Gathers small pieces, so that a digest is not called for every angle bracket.
struct Buffered<S> {
    pending: Vec<u8>,
    sink: S,
}

impl<S: FnMut(&[u8])> Buffered<S> {
    const CHUNK: usize = 16 << 10;

    fn put(&mut self, text: &str) {
        if self.pending.len() + text.len() > Self::CHUNK {
            self.flush();
        }
        if text.len() > Self::CHUNK {
            (self.sink)(text.as_bytes());
        } else {
            self.pending.extend_from_slice(text.as_bytes());
        }
    }

    fn flush(&mut self) {
        (self.sink)(&self.pending);
        self.pending.clear();
    }
}

#[cfg(test)]
mod tests;
