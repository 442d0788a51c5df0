//! The part of the stream that is held: always from the start of an unfinished token on.

use super::StreamError;
use crate::{Invalid, Problem, chars};
use std::io::{self, BufRead};

pub(super) struct Window<R> {
    input: R,
    bytes: Vec<u8>,
    /// How many octets are held; grows for a token that does not fit, up to `most`.
    size: usize,
    most: usize,
    /// Of the first octet held, from the start of the stream.
    offset: usize,
    /// How many octets from the start are known to be allowed characters.
    checked: usize,
    ended: bool,
}

impl<R: BufRead> Window<R> {
    pub(super) fn new(input: R, most: usize) -> Self {
        // The longest token that must be seen at once whatever the limit: `<![CDATA[`.
        let most = most.max(16);
        Self {
            input,
            bytes: Vec::new(),
            size: SIZE.min(most),
            most,
            offset: 0,
            checked: 0,
            ended: false,
        }
    }

    /// Lets go of what was used, and reads until the window is full or the stream has ended.
    pub(super) fn move_on(&mut self, used: usize) -> Result<(), StreamError> {
        if used == 0 && self.bytes.len() >= self.size {
            self.grow()?;
        }
        self.drop_first(used);
        self.read()?;
        if self.offset == 0 && self.bytes.starts_with(BYTE_ORDER_MARK) && used == 0 {
            self.drop_first(BYTE_ORDER_MARK.len());
            self.read()?;
        }
        Ok(())
    }

    /// What is held; an unfinished character at the end is left for the next time.
    pub(super) fn text(&mut self) -> Result<&str, (Problem, usize)> {
        let end = if self.ended {
            self.bytes.len()
        } else {
            whole_characters(&self.bytes)
        };
        let bytes = self.bytes.get(..end).unwrap_or_default();
        let text =
            str::from_utf8(bytes).map_err(|error| (Problem::Encoding, error.valid_up_to()))?;
        let unchecked = text.get(self.checked..).unwrap_or(text);
        if let Some(at) = chars::first_forbidden(unchecked) {
            return Err((Problem::Character, end - unchecked.len() + at));
        }
        self.checked = end;
        Ok(text)
    }

    /// Nothing follows what is held.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    pub(super) fn offset(&self) -> usize {
        self.offset
    }

    fn grow(&mut self) -> Result<(), Invalid> {
        if self.size >= self.most {
            let problem = Problem::TooLarge {
                what: "bytes in a tag, instruction or reference",
                limit: self.most,
            };
            return Err(Invalid::new(problem, self.offset));
        }
        self.size = self.size.saturating_mul(2).min(self.most);
        Ok(())
    }

    fn drop_first(&mut self, count: usize) {
        self.bytes.drain(..count.min(self.bytes.len()));
        self.offset += count;
        self.checked = self.checked.saturating_sub(count);
    }

    fn read(&mut self) -> Result<(), StreamError> {
        self.bytes
            .reserve(self.size.saturating_sub(self.bytes.len()));
        while !self.ended && self.bytes.len() < self.size {
            let room = self.size - self.bytes.len();
            let chunk = match self.input.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(StreamError::Read(error)),
            };
            self.ended = chunk.is_empty();
            let taken = chunk.get(..room).unwrap_or(chunk);
            self.bytes.extend_from_slice(taken);
            let taken = taken.len();
            self.input.consume(taken);
        }
        Ok(())
    }
}

/// Fits the second-level cache of a core beside what is written.
const SIZE: usize = 64 << 10;

const BYTE_ORDER_MARK: &[u8] = "\u{FEFF}".as_bytes();

/// Octets before a UTF-8 sequence that is cut off at the end.
fn whole_characters(bytes: &[u8]) -> usize {
    for (back, byte) in bytes.iter().rev().take(3).enumerate() {
        let wanted = match byte {
            0x80..=0xBF => continue,
            0xC0..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xFF => 4,
            _ => 1,
        };
        let there = back + 1;
        return if wanted > there {
            bytes.len() - there
        } else {
            bytes.len()
        };
    }
    bytes.len()
}
