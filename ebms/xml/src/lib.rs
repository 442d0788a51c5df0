//! The one XML stack of the workspace.
//!
//! Reading order: [`Limits`] say what a reader refuses, [`Document`] is the immutable tree it
//! builds, [`Element`] walks that tree, [`c14n`] writes exclusive canonical XML, [`Writer`] writes
//! new XML. Deliberately absent: DTDs, entities beyond the five, encodings other than UTF-8,
//! XPath, and any way to change a tree: what was verified is what is read.

mod chars;
mod limit;

mod token;

mod tree;

mod reader;

pub mod c14n;

mod writer;

pub mod compare;

pub use limit::{Instructions, Limits, StreamLimits};
pub use reader::{Invalid, Problem};
pub use tree::{Attribute, Document, DuplicateId, Element, IdTable, Name, Node};
pub use writer::{Fragment, Writer};

/// Namespace bound to the prefix `xml` in every document.
pub const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";
/// Namespace of namespace declarations; no name may be in it.
pub const XMLNS_NAMESPACE: &str = "http://www.w3.org/2000/xmlns/";
