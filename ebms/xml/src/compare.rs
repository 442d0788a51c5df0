//! Compares documents as trees: prefixes, attribute order, comments and instructions do not count.
//! For tests and for reports that show how two messages differ.

use crate::{Element, Name, Node};

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// What is made equal before comparing.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Normalization {
    /// White space around character data, and character data that is only white space.
    pub trim: bool,
    /// Runs of white space inside character data count as one space.
    pub collapse: bool,
}

/// The first difference in document order, with its place; `None` if the trees are equal.
pub fn difference(
    left: Element<'_>,
    right: Element<'_>,
    normalization: &Normalization,
) -> Option<String> {
    let place = left.path();
    if left.name() != right.name() {
        return Some(format!(
            "{place}: element {} against {}",
            left.name(),
            right.name()
        ));
    }
    let (ours, theirs) = (attributes(left), attributes(right));
    if ours != theirs {
        return Some(format!("{place}: attributes {ours:?} against {theirs:?}"));
    }
    let (ours, theirs) = (content(left, normalization), content(right, normalization));
    for pair in ours.iter().zip(&theirs) {
        match pair {
            (Item::Text(ours), Item::Text(theirs)) if ours == theirs => {}
            (Item::Element(ours), Item::Element(theirs)) => {
                if let Some(found) = difference(*ours, *theirs, normalization) {
                    return Some(found);
                }
            }
            (ours, theirs) => {
                return Some(format!(
                    "{place}: {} against {}",
                    ours.show(),
                    theirs.show()
                ));
            }
        }
    }
    (ours.len() != theirs.len()).then(|| {
        let extra = ours.get(theirs.len()).or_else(|| theirs.get(ours.len()));
        let side = if ours.len() > theirs.len() {
            "left"
        } else {
            "right"
        };
        format!(
            "{place}: only {side} has {}",
            extra.map(Item::show).unwrap_or_default()
        )
    })
}

enum Item<'d> {
    Element(Element<'d>),
    Text(String),
}

impl Item<'_> {
    fn show(&self) -> String {
        match self {
            Self::Element(element) => format!("element {}", element.name()),
            Self::Text(text) => format!("text {text:?}"),
        }
    }
}

/// Attributes by expanded name; a QName in `xsi:type` is resolved, so that its prefix is free.
fn attributes(element: Element<'_>) -> Vec<(Name<'_>, String)> {
    let mut all: Vec<_> = element
        .attributes()
        .map(|attribute| {
            let name = attribute.name();
            let is_type = name
                == Name {
                    namespace: XSI,
                    local: "type",
                };
            let value = match element.resolve_qname(attribute.value()) {
                Some(resolved) if is_type => resolved.to_string(),
                _ => attribute.value().to_owned(),
            };
            (name, value)
        })
        .collect();
    all.sort();
    all
}

fn content<'d>(element: Element<'d>, normalization: &Normalization) -> Vec<Item<'d>> {
    let mut items: Vec<Item<'d>> = Vec::new();
    for node in element.nodes() {
        match (node, items.last_mut()) {
            (Node::Element(child), _) => items.push(Item::Element(child)),
            (Node::Text(text), Some(Item::Text(before))) => before.push_str(text),
            (Node::Text(text), _) => items.push(Item::Text(text.to_owned())),
            (Node::Comment(_) | Node::Instruction { .. }, _) => {}
        }
    }
    for item in &mut items {
        if let Item::Text(text) = item {
            *text = normalize(text, normalization);
        }
    }
    items.retain(|item| !matches!(item, Item::Text(text) if text.is_empty()));
    items
}

fn normalize(text: &str, normalization: &Normalization) -> String {
    let text = if normalization.trim {
        text.trim_matches(crate::chars::is_space)
    } else {
        text
    };
    if !normalization.collapse {
        return text.to_owned();
    }
    text.split(crate::chars::is_space)
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
