//! The signature of a document between the two forms: alone it is a `ds:Signature` element, in a
//! message it is an element of the same content that the schema calls `Signature` in its own
//! namespace. Everything inside is kept byte for byte.

use ::xml::{Document, Element, Limits, Writer, c14n, compare};

/// Namespace of XML signatures.
pub(super) const NAMESPACE: &str = "http://www.w3.org/2000/09/xmldsig#";

/// The signature as it stands alone, or nothing when this is none.
pub(super) fn as_read(element: Element<'_>) -> Option<String> {
    let first = signed_info(element)?;
    let name = match first.prefix() {
        "" => "Signature".to_owned(),
        prefix => format!("{prefix}:Signature"),
    };
    let alone = if element.is(NAMESPACE, "Signature") {
        element.raw().to_owned()
    } else {
        renamed(element.raw(), &name)?
    };
    if means_the_same(&alone, element) {
        Some(alone)
    } else {
        Some(canonical(element))
    }
}

/// The signature as an element of this name, or nothing when the bytes are no signature.
pub(super) fn as_written(bytes: &[u8], name: &str) -> Option<String> {
    let document = Document::parse(bytes, &Limits::SOAP).ok()?;
    let root = document.root();
    if !root.is(NAMESPACE, "Signature") {
        return None;
    }
    signed_info(root)?;
    renamed(root.raw(), name)
}

/// Every signature begins with what was signed.
fn signed_info(signature: Element<'_>) -> Option<Element<'_>> {
    let first = signature.children().next()?;
    first.is(NAMESPACE, "SignedInfo").then_some(first)
}

/// The same element text with other names in its tags.
fn renamed(raw: &str, name: &str) -> Option<String> {
    let from = raw.find(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/'))?;
    let inside = raw.get(from..raw.rfind("</")?)?;
    Some(format!("<{name}{inside}</{name}>"))
}

/// Whether the text alone says what the element says in its message: it may have used prefixes
/// that are declared further out.
fn means_the_same(text: &str, element: Element<'_>) -> bool {
    let Ok(document) = Document::parse(text.as_bytes(), &Limits::SOAP) else {
        return false;
    };
    let root = document.root();
    let exact = compare::Normalization::default();
    root.is(NAMESPACE, "Signature")
        && root.children().count() == element.children().count()
        && root
            .children()
            .zip(element.children())
            .all(|(ours, theirs)| compare::difference(ours, theirs, &exact).is_none())
}

/// Each part in the form a verifier digests, with every prefix it uses declared.
fn canonical(element: Element<'_>) -> String {
    let mut attributes = vec![("xmlns:ds", NAMESPACE)];
    attributes.extend(element.attribute("", "Id").map(|id| ("Id", id)));
    let mut writer = Writer::new();
    writer.element("ds:Signature", &attributes, |writer| {
        for part in element.children() {
            writer.fragment(&c14n::fragment(part, &[]));
        }
    });
    writer.finish().into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const INFO: &str = "<ds:SignedInfo>\n <ds:Reference/></ds:SignedInfo>";

    #[track_caller]
    fn check(document: &str, expected: Option<&str>) {
        let document = Document::parse(document.as_bytes(), &Limits::SOAP).unwrap();
        let inner = document.root().children().next().unwrap();
        assert_eq!(as_read(inner).as_deref(), expected);
    }

    #[test]
    fn a_signature_that_stands_alone_keeps_its_bytes() {
        let alone = format!("<ds:Signature  xmlns:ds='{NAMESPACE}'>{INFO}</ds:Signature>");
        check(&format!("<a>{alone}</a>"), Some(&alone));
        let own = as_written(alone.as_bytes(), "b:Signature").unwrap();
        check(&format!("<a xmlns:b='urn:b'>{own}</a>"), Some(&alone));
    }

    #[test]
    fn a_signature_without_prefix_keeps_its_bytes() {
        let alone = format!("<Signature xmlns=\"{NAMESPACE}\"><SignedInfo/></Signature>");
        let own = as_written(alone.as_bytes(), "b:Signature").unwrap();
        assert_eq!(
            own,
            format!("<b:Signature xmlns=\"{NAMESPACE}\"><SignedInfo/></b:Signature>")
        );
        check(&format!("<a xmlns:b='urn:b'>{own}</a>"), Some(&alone));
    }

    #[test]
    fn a_signature_that_borrows_prefixes_is_made_whole() {
        check(
            &format!(
                "<a xmlns:ds='{NAMESPACE}' xmlns:b='urn:b'><b:Signature Id='1'>{INFO}</b:Signature></a>"
            ),
            Some(&format!(
                "<ds:Signature xmlns:ds=\"{NAMESPACE}\" Id=\"1\"><ds:SignedInfo xmlns:ds=\"{NAMESPACE}\">\n \
                 <ds:Reference></ds:Reference></ds:SignedInfo></ds:Signature>"
            )),
        );
    }

    #[test]
    fn anything_else_is_no_signature() {
        check("<a><Signature/></a>", None);
        check("<a><Signature><SignedInfo/></Signature></a>", None);
        for bytes in [&b"<ds:Signature"[..], b"", b"<a/>", b"\xff"] {
            assert_eq!(as_written(bytes, "b:Signature"), None);
        }
    }
}
