//! The JSON form of the national messages: a one-to-one rendering of XNachweis. This file holds
//! the way in and out; `tree` reads text, `cursor` walks it, the rest is one file per part.

mod cursor;
mod pen;
pub(super) mod read;
pub(super) mod tree;
mod write;

use super::Message;
use super::invalid::{About, Invalid};

/// What a message may hold. [XN-B12]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Size of the whole message.
    pub body_bytes: usize,
    /// Nesting of objects and arrays.
    pub depth: usize,
    /// Length of the base64 text of a document.
    pub item_bytes: usize,
    /// Length of every other text.
    pub text_bytes: usize,
    /// Values in one array; also members of one object.
    pub items: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 64 << 20,
            depth: 32,
            item_bytes: 48 << 20,
            text_bytes: 8 << 10,
            items: 64,
        }
    }
}

/// Reads a message within the default limits.
///
/// Requests must hold nothing unknown; in answers the unknown is ignored.
///
/// # Errors
/// The first rule that is broken and where; also further ones where they are independent.
pub fn decode_json(bytes: &[u8]) -> Result<Message, Invalid> {
    decode_json_within(bytes, &Limits::default())
}

/// Reads a message within the given limits.
///
/// # Errors
/// As [`decode_json`].
pub fn decode_json_within(bytes: &[u8], limits: &Limits) -> Result<Message, Invalid> {
    let unreadable = |finding| Invalid::new(finding, Vec::new(), About::default());
    let tree = tree::parse(bytes, limits).map_err(unreadable)?;
    read::decode(&tree)
}

/// Writes a message.
pub fn encode_json(message: &Message) -> Vec<u8> {
    write::message(message)
}
