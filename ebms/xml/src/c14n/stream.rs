//! Exclusive canonical XML of a whole document, read from a stream.

use crate::{Document, Invalid, Limits, StreamLimits};
use std::io::{self, BufRead, Read as _};

/// Why a document that came from a stream has no canonical form.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// It is not XML, or not within the limits.
    #[error(transparent)]
    Xml(#[from] Invalid),
    /// The stream could not be read.
    #[error("the stream could not be read")]
    Read(#[from] io::Error),
}

/// Canonical form of the document element of a document read from a stream, without comments and
/// with an empty `PrefixList`: what [`super::exclusive`] writes for [`Document::root`]. What was
/// written before an error is of no use.
pub fn stream<R: BufRead>(
    mut input: R,
    limits: &StreamLimits,
    sink: impl FnMut(&[u8]),
) -> Result<(), StreamError> {
    let tree = Limits {
        depth: limits.depth,
        attributes: limits.attributes,
        name_bytes: limits.name_bytes,
        ..Limits::ATTACHMENT
    };
    let mut bytes = Vec::new();
    let most = tree.bytes as u64 + 1;
    io::copy(&mut input.by_ref().take(most), &mut bytes)?;
    let document = Document::parse(&bytes, &tree)?;
    super::exclusive(document.root(), &[], sink);
    Ok(())
}
