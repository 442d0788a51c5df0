//! Writes XML. Text and attribute values are always escaped, tags are always balanced, empty
//! elements get start and end tag: what is written with declarations where exclusive C14N puts
//! them is its own canonical form.

use crate::{c14n, chars};
use std::fmt;

/// Well-formed content: what a [`Writer`] or the canonicalizer produced.
#[derive(Clone, Eq, PartialEq)]
pub struct Fragment(String);

impl Fragment {
    /// The text.
    pub fn into_string(self) -> String {
        self.0
    }

    /// The text as UTF-8.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }

    pub(crate) fn from_canonical(bytes: Vec<u8>) -> Self {
        // The canonicalizer writes whole `str` pieces only.
        Self(String::from_utf8(bytes).unwrap_or_default())
    }
}

impl AsRef<str> for Fragment {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Fragment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The content may be personal data.
        write!(f, "Fragment({} bytes)", self.0.len())
    }
}

/// Collects XML text.
#[derive(Default)]
pub struct Writer {
    out: String,
}

impl Writer {
    /// Starts empty.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts with the XML declaration.
    pub fn with_declaration() -> Self {
        Self {
            out: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned(),
        }
    }

    /// An element with the given qualified name, attributes in the order given, and content.
    /// Names and prefixes are the caller's constants; values are escaped here.
    pub fn element(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        content: impl FnOnce(&mut Self),
    ) {
        self.out.push('<');
        self.out.push_str(name);
        for (key, value) in attributes {
            self.out.push(' ');
            self.out.push_str(key);
            self.out.push_str("=\"");
            c14n::escape_attribute(&allowed(value), |piece| self.out.push_str(piece));
            self.out.push('"');
        }
        self.out.push('>');
        content(self);
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    /// An element that holds text only.
    pub fn leaf(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.element(name, attributes, |w| w.text(text));
    }

    /// An element without content.
    pub fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.element(name, attributes, |_| {});
    }

    /// Character data. A character that XML cannot carry becomes U+FFFD.
    pub fn text(&mut self, text: &str) {
        c14n::escape_text(&allowed(text), |piece| self.out.push_str(piece));
    }

    /// Content that is XML already.
    pub fn fragment(&mut self, fragment: &Fragment) {
        self.out.push_str(fragment.as_ref());
    }

    /// What was written.
    pub fn finish(self) -> Fragment {
        Fragment(self.out)
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The content may be personal data.
        write!(f, "Writer({} bytes)", self.out.len())
    }
}

fn allowed(text: &str) -> std::borrow::Cow<'_, str> {
    if text.chars().all(chars::is_char) {
        return text.into();
    }
    text.chars()
        .map(|c| if chars::is_char(c) { c } else { '\u{FFFD}' })
        .collect::<String>()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(write: impl FnOnce(&mut Writer), expected: &str) {
        let mut writer = Writer::new();
        write(&mut writer);
        assert_eq!(writer.finish().as_ref(), expected);
    }

    #[test]
    fn text_and_attributes_are_escaped() {
        check(
            |w| w.leaf("a", &[("b", "\"<&>\t\n\r")], "\"<&>\t\n\r"),
            concat!(
                "<a b=\"&quot;&lt;&amp;>&#x9;&#xA;&#xD;\">",
                "\"&lt;&amp;&gt;\t\n&#xD;</a>",
            ),
        );
    }

    #[test]
    fn an_empty_element_has_both_tags() {
        check(|w| w.empty("a", &[]), "<a></a>");
    }

    #[test]
    fn a_character_xml_cannot_carry_is_replaced() {
        check(
            |w| w.leaf("a", &[("b", "\u{0}")], "x\u{1}\u{FFFF}"),
            "<a b=\"\u{FFFD}\">x\u{FFFD}\u{FFFD}</a>",
        );
    }
}
