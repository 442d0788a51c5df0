//! MIME `multipart/related` and bare SOAP entities, in and out. Strict: a message two readers
//! could take apart differently is refused. [AS4 1.2, AS4 6.B, AS4 6.I]

mod field;
mod read;
mod transfer;
mod write;

pub(crate) use read::read;
pub(crate) use transfer::Transfer;
pub use write::Segment;
pub(crate) use write::{Written, join, write};

use crate::{id::ContentId, octets::Octets};
use bytes::Bytes;
use std::{fmt, io::BufRead};

/// A payload: what travels in one MIME part, before compression and encryption. Its content is in
/// memory, or what a [`crate::Storage`] made of it.
#[derive(Clone, Eq, PartialEq)]
pub struct Payload<C = Bytes> {
    cid: ContentId,
    media_type: String,
    content: C,
}

impl<C> Payload<C> {
    /// A payload.
    pub fn new(cid: ContentId, media_type: &str, content: impl Into<C>) -> Self {
        Self {
            cid,
            media_type: media_type.to_owned(),
            content: content.into(),
        }
    }

    /// Its id.
    pub fn cid(&self) -> &ContentId {
        &self.cid
    }

    /// Its media type.
    pub fn media_type(&self) -> &str {
        &self.media_type
    }

    /// Its octets.
    pub fn content(&self) -> &C {
        &self.content
    }
}

impl<C> fmt::Debug for Payload<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The content may be personal data.
        write!(f, "Payload({}, {})", self.cid, self.media_type)
    }
}

/// A message taken apart.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) root: Bytes,
    pub(crate) parts: Vec<Part>,
}

/// A MIME part other than the root.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) cid: ContentId,
    /// Content type as written, parameters included.
    pub(crate) content_type: String,
    pub(crate) transfer: Transfer,
    /// As they stand in the message, transfer encoding and all.
    pub(crate) content: Octets,
}

impl Part {
    /// Its octets, the transfer encoding undone.
    pub(crate) fn reader(&self) -> Box<dyn BufRead + '_> {
        self.transfer.undo(&self.content)
    }
}

/// What is wrong with a MIME package.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Problem {
    /// No boundary, or one that is not allowed.
    #[error("the boundary is missing or malformed")]
    Boundary,
    /// A parameter of the content type is malformed or given twice.
    #[error("a content type parameter is malformed or given twice")]
    Parameter,
    /// No part at all.
    #[error("no part")]
    Empty,
    /// Too much before the first part or after the last.
    #[error("preamble or epilogue too long")]
    Preamble,
    /// The closing delimiter is missing.
    #[error("the closing delimiter is missing")]
    Unclosed,
    /// A line begins with the boundary and goes on.
    #[error("a line begins with the boundary and goes on")]
    LookAlike,
    /// More parts than allowed.
    #[error("too many parts")]
    Parts,
    /// Part headers larger or more than allowed.
    #[error("part headers too large")]
    HeaderSize,
    /// A part header that is not one.
    #[error("a malformed part header")]
    Header,
    /// A part header that may stand once stands twice.
    #[error("a part header is given twice")]
    HeaderTwice,
    /// A part other than the root without `Content-ID`, or a malformed one.
    #[error("a Content-ID is missing or malformed")]
    ContentId,
    /// Two parts with one `Content-ID`.
    #[error("two parts have one Content-ID")]
    ContentIdTwice,
    /// `start` names no part, or not the first.
    #[error("the start parameter does not name the first part")]
    Start,
    /// A multipart inside a part.
    #[error("nested multipart")]
    Nested,
    /// The root part is not a SOAP 1.2 envelope.
    #[error("the root part is not application/soap+xml in UTF-8")]
    Root,
    /// An unknown transfer encoding, or content that is not encoded that way.
    #[error("the transfer encoding is unknown or broken")]
    TransferEncoding,
}
