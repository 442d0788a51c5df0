//! The XML form of the national messages: XNachweis itself. Version 1.4 is read and written, 1.2.0
//! is read.
//!
//! The JSON form renders XNachweis one to one, so this codec only turns a document into the tree
//! of that form and back, by the tables in `shape`; what a message must say is checked in one place
//! for both. `read` and `write` walk the tables, `upgrade` lifts 1.2.0, `path` names places.

mod path;
mod read;
mod shape;
mod signature;
mod upgrade;
mod write;

use super::invalid::{About, Finding, Invalid, Rule};
use super::{Limits, Message, encode_json, json};

/// Reads a message within the default limits.
///
/// Prefixes are free, namespaces and the order of elements are not. Requests must hold nothing
/// unknown; in answers the unknown is ignored.
///
/// # Errors
/// The first rule that is broken and the path of the element it is broken at.
pub fn decode_xml(bytes: &[u8]) -> Result<Message, Invalid> {
    decode_xml_within(bytes, &Limits::default())
}

/// Reads a message within the given limits.
///
/// # Errors
/// As [`decode_xml`].
pub fn decode_xml_within(bytes: &[u8], limits: &Limits) -> Result<Message, Invalid> {
    let unreadable = |finding| Invalid::new(finding, Vec::new(), About::default());
    let document = ::xml::Document::parse(bytes, &within(limits))
        .map_err(|error| unreadable(syntax(&error)))?;
    let read = read::document(&document, limits).map_err(unreadable)?;
    if let Some(finding) = read.finding {
        let about = json::read::about(&read.tree);
        return Err(Invalid::new(finding, Vec::new(), about));
    }
    json::read::decode(&read.tree)
        .map_err(|invalid| invalid.with_places(|pointer| path::of(pointer, read.shape)))
}

/// Writes a message as XNachweis 1.4.
///
/// # Errors
/// When the message holds what XML cannot carry: a character outside XML's range, or a signature
/// that is not an XML signature. Both can come in by JSON only.
pub fn encode_xml(message: &Message) -> Result<Vec<u8>, Invalid> {
    let shape = shape::of(shape::Version::V1_4, message.message_type());
    let text = encode_json(message);
    let written = json::tree::parse(&text, &UNLIMITED)
        .map_err(|finding| finding.because_of(Rule::Xml))
        .and_then(|tree| write::document(&tree, shape));
    match written {
        Ok(text) => Ok(text.into_bytes()),
        Err(finding) => {
            let about = About {
                message_type: Some(message.message_type()),
                ..About::default()
            };
            let invalid = Invalid::new(finding, Vec::new(), about);
            Err(invalid.with_places(|pointer| path::of(pointer, shape)))
        }
    }
}

/// The limits of the national messages as a reader of XML knows them. That only a document may be
/// longer than other texts is checked by `read`.
fn within(limits: &Limits) -> ::xml::Limits {
    ::xml::Limits {
        bytes: limits.body_bytes,
        depth: limits.depth,
        nodes: 100_000,
        attributes: 32,
        name_bytes: 256,
        text_bytes: limits.item_bytes.max(limits.text_bytes),
        instructions: ::xml::Instructions::Refuse,
    }
}

fn syntax(error: &::xml::Invalid) -> Finding {
    let rule = match error.problem() {
        ::xml::Problem::TooLarge { .. } => Rule::Limit,
        _ => Rule::Xml,
    };
    Finding::new(rule, error.to_string())
}

/// What we hold already was let in once. Characters are checked where the limit is that of texts.
const UNLIMITED: Limits = Limits {
    body_bytes: usize::MAX,
    depth: 64,
    item_bytes: usize::MAX,
    text_bytes: usize::MAX - 1,
    items: usize::MAX,
};
