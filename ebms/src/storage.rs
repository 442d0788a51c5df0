//! Where the parts of a message go while they are read or written.

use crate::header::PartInfo;
use bytes::Bytes;
use std::io::{self, Write};

/// Takes the parts of one message, one after the other.
///
/// What is written to a draft may not be used before [`Storage::keep`] returned it: until then it
/// is not verified. A draft that is dropped was refused, and what was written is thrown away.
pub trait Storage {
    /// A part being written.
    type Draft: Write;
    /// A part that was kept.
    type Stored;

    /// A place for one part. `expected` is a guess of how many octets will come.
    ///
    /// # Errors
    /// There is no place now.
    fn create(&mut self, part: &PartInfo, expected: u64) -> io::Result<Self::Draft>;

    /// Keeps what was written.
    ///
    /// # Errors
    /// It cannot be kept.
    fn keep(&mut self, draft: Self::Draft) -> io::Result<Self::Stored>;
}

/// Keeps parts in memory: for messages that are known to be small.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory;

impl Storage for Memory {
    type Draft = Vec<u8>;
    type Stored = Bytes;

    fn create(&mut self, _: &PartInfo, expected: u64) -> io::Result<Vec<u8>> {
        let expected = usize::try_from(expected.min(MOST_RESERVED)).unwrap_or_default();
        Ok(Vec::with_capacity(expected))
    }

    fn keep(&mut self, draft: Vec<u8>) -> io::Result<Bytes> {
        Ok(draft.into())
    }
}

/// A guess is believed up to here; beyond, memory is given when octets come.
const MOST_RESERVED: u64 = 16 << 20;
