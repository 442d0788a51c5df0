//! Exclusive canonical XML of a whole document, read from a stream. Most octets of a document are
//! their own canonical form: they go from the window to the sink as they are, and only what must
//! be written otherwise is touched. No tree is built.

mod scan;
mod scope;
mod tag;
mod window;

use crate::{Invalid, StreamLimits};
use scan::Scan;
use std::io::{self, BufRead};
use window::Window;

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

/// Canonical form of a document read from a stream, without comments and with an empty
/// `PrefixList`: what [`super::document`] writes where instructions are kept.
/// It holds as much as one tag may have, however long the document, a text, a comment or a CDATA
/// section is. What was written before an error is of no use.
pub fn stream<R: BufRead>(
    input: R,
    limits: &StreamLimits,
    sink: impl FnMut(&[u8]),
) -> Result<(), StreamError> {
    let mut window = Window::new(input, limits.markup_bytes);
    let mut scan = Scan::new(limits, sink);
    let mut used = 0;
    loop {
        window.move_on(used)?;
        let (offset, ended) = (window.offset(), window.ended());
        let refuse = |problem, at| StreamError::Xml(Invalid::new(problem, offset + at));
        let text = window.text().map_err(|(problem, at)| refuse(problem, at))?;
        used = match scan.run(text, ended) {
            Ok(used) => used,
            Err(problem) => return Err(refuse(problem, scan.at())),
        };
        if ended {
            return scan.finish().map_err(|problem| refuse(problem, used));
        }
    }
}

#[cfg(test)]
mod tests;
