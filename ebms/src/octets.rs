//! Octets of any length that can be read more than once: in memory, or wherever the caller keeps
//! them. A message is never held in one buffer only because it is large. [AS4 1.12]

use bytes::Bytes;
use memchr::memmem::Finder;
use std::{
    fmt,
    io::{self, BufRead, BufReader, Read},
    ops::Range,
    sync::Arc,
};

/// Octets that the caller keeps, and that do not change while they are read.
pub trait Source: Send + Sync {
    /// How many there are.
    fn length(&self) -> u64;

    /// Reads octets from `offset` on into `into` and returns how many; none only at the end.
    ///
    /// # Errors
    /// They cannot be read now.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize>;
}

/// Octets in memory or with the caller. Cloning is cheap.
#[derive(Clone)]
pub struct Octets(Place);

#[derive(Clone)]
enum Place {
    Memory(Bytes),
    Kept(Arc<dyn Source>, Range<u64>),
}

impl Octets {
    /// Octets that the caller keeps.
    pub fn kept(source: Arc<dyn Source>) -> Self {
        let all = 0..source.length();
        Self(Place::Kept(source, all))
    }

    /// How many.
    pub fn length(&self) -> u64 {
        match &self.0 {
            Place::Memory(bytes) => bytes.len() as u64,
            Place::Kept(_, range) => range.end - range.start,
        }
    }

    /// Reads them from the start. What is in memory comes in one piece.
    pub fn reader(&self) -> Box<dyn BufRead + '_> {
        match &self.0 {
            Place::Memory(bytes) => Box::new(bytes.as_ref()),
            Place::Kept(source, range) => Box::new(BufReader::with_capacity(
                CHUNK,
                Cursor {
                    source: source.as_ref(),
                    left: range.clone(),
                },
            )),
        }
    }

    /// Some of them; those beyond the end are left out.
    pub(crate) fn slice(&self, range: Range<u64>) -> Self {
        let end = range.end.min(self.length());
        let start = range.start.min(end);
        Self(match &self.0 {
            // What is in memory has offsets that fit.
            Place::Memory(bytes) => Place::Memory(bytes.slice(narrow(start)..narrow(end))),
            Place::Kept(source, all) => {
                Place::Kept(Arc::clone(source), all.start + start..all.start + end)
            }
        })
    }

    /// All of them in memory: for what is known to be small.
    pub(crate) fn load(&self) -> io::Result<Bytes> {
        match &self.0 {
            Place::Memory(bytes) => Ok(bytes.clone()),
            Place::Kept(..) => {
                let length = narrow(self.length());
                let mut all = Vec::with_capacity(length);
                read_up_to(&mut *self.reader(), length, &mut all)?;
                Ok(all.into())
            }
        }
    }

    /// Where the needle stands first, from `from` on.
    pub(crate) fn find(&self, needle: &Finder<'_>, from: u64) -> io::Result<Option<u64>> {
        let rest = self.slice(from..u64::MAX);
        if let Place::Memory(bytes) = &rest.0 {
            return Ok(needle.find(bytes).map(|at| from + at as u64));
        }
        let overlap = needle.needle().len().saturating_sub(1);
        let mut window = Vec::with_capacity(SCAN + overlap);
        let mut reader = rest.reader();
        let mut start = from;
        loop {
            let kept = window.len();
            let read = read_up_to(&mut *reader, SCAN, &mut window)?;
            if let Some(at) = needle.find(&window) {
                return Ok(Some(start + at as u64));
            }
            if read == 0 {
                return Ok(None);
            }
            // The end of this window may be the start of the needle.
            let done = (kept + read).saturating_sub(overlap);
            window.drain(..done);
            start += done as u64;
        }
    }
}

impl From<Bytes> for Octets {
    fn from(bytes: Bytes) -> Self {
        Self(Place::Memory(bytes))
    }
}

impl From<Vec<u8>> for Octets {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Place::Memory(bytes.into()))
    }
}

impl fmt::Debug for Octets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // They may be personal data.
        write!(f, "Octets({})", self.length())
    }
}

/// How much is read at a time.
pub(crate) const CHUNK: usize = 64 << 10;
/// How much is searched at a time.
const SCAN: usize = 1 << 20;

struct Cursor<'s> {
    source: &'s dyn Source,
    left: Range<u64>,
}

impl Read for Cursor<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = narrow(self.left.end - self.left.start).min(into.len());
        let into = into.get_mut(..most).unwrap_or_default();
        if into.is_empty() {
            return Ok(0);
        }
        let count = self.source.read_at(self.left.start, into)?;
        if count == 0 {
            // Shorter than it said: a part must not end silently.
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left.start += count as u64;
        Ok(count)
    }
}

/// Reads to the end, one chunk after the other.
pub(crate) fn for_each_chunk(
    reader: &mut dyn BufRead,
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    loop {
        let chunk = match reader.fill_buf() {
            Ok(chunk) => chunk,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if chunk.is_empty() {
            return Ok(());
        }
        let length = chunk.len();
        take(chunk)?;
        reader.consume(length);
    }
}

/// Adds at most `most` octets to `into`; fewer only at the end. Returns how many.
pub(crate) fn read_up_to(
    reader: &mut dyn BufRead,
    most: usize,
    into: &mut Vec<u8>,
) -> io::Result<usize> {
    let mut read = 0;
    while read < most {
        let chunk = match reader.fill_buf() {
            Ok(chunk) => chunk,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if chunk.is_empty() {
            break;
        }
        let taken = chunk.get(..most - read).unwrap_or(chunk);
        into.extend_from_slice(taken);
        let length = taken.len();
        reader.consume(length);
        read += length;
    }
    Ok(read)
}

/// A length as an index; what does not fit is more than any buffer holds.
pub(crate) fn narrow(length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Octets with a caller who returns a few at a time.
    pub(crate) struct Slow(pub(crate) Vec<u8>);

    impl Source for Slow {
        fn length(&self) -> u64 {
            self.0.len() as u64
        }

        fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
            let rest = &self.0[usize::try_from(offset).unwrap()..];
            let count = rest.len().min(into.len()).min(7);
            into[..count].copy_from_slice(&rest[..count]);
            Ok(count)
        }
    }

    pub(crate) fn kept(content: &[u8]) -> Octets {
        Octets::kept(Arc::new(Slow(content.to_vec())))
    }

    #[test]
    fn a_needle_across_two_windows_is_found() {
        let mut content = vec![b'-'; SCAN - 2];
        content.extend_from_slice(b"needle--");
        let finder = Finder::new(b"needle");
        let at = (SCAN - 2) as u64;
        for octets in [kept(&content), Octets::from(content)] {
            assert_eq!(octets.find(&finder, 0).unwrap(), Some(at));
            assert_eq!(octets.find(&finder, at).unwrap(), Some(at));
            assert_eq!(octets.find(&finder, at + 1).unwrap(), None);
            assert_eq!(octets.find(&finder, at + 100).unwrap(), None);
        }
    }

    #[test]
    fn a_source_that_ends_early_is_an_error() {
        struct Short;
        impl Source for Short {
            fn length(&self) -> u64 {
                1
            }
            fn read_at(&self, _: u64, _: &mut [u8]) -> io::Result<usize> {
                Ok(0)
            }
        }
        assert!(Octets::kept(Arc::new(Short)).load().is_err());
    }

    proptest! {
        #[test]
        fn octets_are_the_same_wherever_they_are_kept(
            content in prop::collection::vec(any::<u8>(), 0..300),
            (start, end) in (0_u64..320, 0_u64..320)
        ) {
            let memory = Octets::from(content.clone()).slice(start..end);
            let kept = kept(&content).slice(start..end);
            prop_assert_eq!(memory.length(), kept.length());
            prop_assert_eq!(memory.load().unwrap(), kept.load().unwrap());
            let part = memory.slice(1..3).load().unwrap();
            prop_assert_eq!(part, kept.slice(1..3).load().unwrap());
        }
    }
}
