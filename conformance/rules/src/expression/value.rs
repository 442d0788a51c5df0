//! Values of expressions: items of a document, strings, numbers, truth.

use std::borrow::Cow;
use xml::{Attribute, Element, Node};

/// One item of a sequence.
#[derive(Clone, Debug)]
pub(crate) enum Item<'d> {
    /// The document node.
    Document(Element<'d>),
    Element(Element<'d>),
    Attribute(Attribute<'d>),
    Text(Cow<'d, str>),
    Number(f64),
    Boolean(bool),
}

impl<'d> Item<'d> {
    /// The string value, as XPath defines it.
    pub(crate) fn text(&self) -> Cow<'d, str> {
        match self {
            Self::Document(element) | Self::Element(element) => string_value(*element),
            Self::Attribute(attribute) => Cow::Borrowed(attribute.value()),
            Self::Text(text) => text.clone(),
            Self::Number(number) => Cow::Owned(number.to_string()),
            Self::Boolean(truth) => Cow::Borrowed(if *truth { "true" } else { "false" }),
        }
    }

    pub(crate) fn is_node(&self) -> bool {
        matches!(
            self,
            Self::Document(_) | Self::Element(_) | Self::Attribute(_)
        )
    }

    /// Location for messages.
    pub(crate) fn location(&self) -> String {
        match self {
            Self::Element(element) => element.path(),
            Self::Attribute(attribute) => format!("@{}", attribute.name().local),
            Self::Document(_) | Self::Text(_) | Self::Number(_) | Self::Boolean(_) => {
                "/".to_owned()
            }
        }
    }
}

/// All character data inside, in document order.
fn string_value(element: Element<'_>) -> Cow<'_, str> {
    if element.children().next().is_none() {
        return element.text();
    }
    let mut whole = String::new();
    collect(element, &mut whole);
    Cow::Owned(whole)
}

/// Depth is bounded by the limits of the reader.
fn collect(element: Element<'_>, whole: &mut String) {
    for node in element.nodes() {
        match node {
            Node::Element(child) => collect(child, whole),
            Node::Text(text) => whole.push_str(text),
            Node::Comment(_) | Node::Instruction { .. } => {}
        }
    }
}

/// `normalize-space`: trimmed, and each run of white space one space.
pub(crate) fn normalized(text: Cow<'_, str>) -> Cow<'_, str> {
    let is_space = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
    let mut words = text.split(is_space).filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default();
    if words.next().is_none() {
        if first.len() == text.len() {
            return text;
        }
        return Cow::Owned(first.to_owned());
    }
    let words: Vec<&str> = text
        .split(is_space)
        .filter(|word| !word.is_empty())
        .collect();
    Cow::Owned(words.join(" "))
}
