//! gzip as AS4 uses it: one member per part, each part on its own. Output is deterministic,
//! because a retry must carry the same digests. [AS4 1.5, AS4 3.1]

use crate::{
    octets::{Octets, for_each_chunk},
    pmode::PayloadLimits,
};
use flate2::{
    Compression, GzBuilder,
    write::{GzDecoder, GzEncoder},
};
use std::io::{self, Write};

/// Why a part cannot be decompressed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Problem {
    /// Not one whole gzip member with nothing behind it.
    #[error("not one whole gzip member")]
    Gzip,
    /// More octets than allowed.
    #[error("more octets than allowed")]
    TooLarge,
    /// A compression ratio no honest payload has.
    #[error("compression ratio too high")]
    Ratio,
}

/// Below this size the ratio is not looked at: short text compresses well.
const RATIO_FROM: u64 = 1 << 20;
/// gzip level for what compresses.
const LEVEL: u32 = 6;
/// How much of content of unknown kind is tried first.
const SAMPLE: u64 = 4 << 10;

/// Compresses into `out`. What is compressed already is stored: level 0 is valid gzip, and trying
/// costs milliseconds per megabyte for nothing.
pub(crate) fn gzip<W: Write>(content: &Octets, media_type: &str, out: W) -> io::Result<W> {
    let level = if is_dense(content, media_type)? {
        0
    } else {
        LEVEL
    };
    let mut encoder = encoder(out, level);
    for_each_chunk(&mut *content.reader(), |chunk| encoder.write_all(chunk))?;
    encoder.finish()
}

/// No time, name or system: two runs give the same octets.
fn encoder<W: Write>(out: W, level: u32) -> GzEncoder<W> {
    GzBuilder::new()
        .mtime(0)
        .operating_system(255)
        .write(out, Compression::new(level))
}

fn is_dense(content: &Octets, media_type: &str) -> io::Result<bool> {
    let media_type = media_type.to_ascii_lowercase();
    if media_type.contains("xml") || media_type.starts_with("text/") || media_type.contains("json")
    {
        return Ok(false);
    }
    const DENSE: &[&str] = &[
        "application/gzip",
        "application/zip",
        "image/jpeg",
        "image/png",
        "image/jp2",
    ];
    if DENSE.contains(&media_type.as_str()) {
        return Ok(true);
    }
    // The middle speaks for the whole: files start with structure.
    let start = (content.length() / 2).saturating_sub(SAMPLE / 2);
    let sample = content.slice(start..start + SAMPLE).load()?;
    if sample.len() < 512 {
        return Ok(false);
    }
    let mut tried = encoder(Vec::with_capacity(sample.len()), 1);
    tried.write_all(&sample)?;
    Ok(tried.finish()?.len() > sample.len() / 10 * 9)
}

/// Takes a part octet by octet as it was signed and writes the payload, within limits. The first
/// problem ends the writing, never the reading: the part must be digested to its end.
pub(crate) struct Unpacker<D: Write> {
    state: State<D>,
}

enum State<D: Write> {
    Plain(Limited<D>),
    Gzip(Box<GzDecoder<Limited<D>>>),
    Failed(Failure),
}

/// Why a payload could not be written.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The part is at fault.
    Part(Problem),
    /// It could not be stored.
    Storage(io::Error),
}

impl<D: Write> Unpacker<D> {
    /// Writes to `draft` at most `budget` octets.
    pub(crate) fn new(draft: D, is_compressed: bool, limits: &PayloadLimits, budget: u64) -> Self {
        let limited = Limited {
            draft,
            budget,
            written: 0,
            taken: 0,
            ratio: limits.ratio,
            is_packed: is_compressed,
            failure: None,
        };
        let state = if is_compressed {
            State::Gzip(Box::new(GzDecoder::new(limited)))
        } else {
            State::Plain(limited)
        };
        Self { state }
    }

    /// The next octets.
    pub(crate) fn push(&mut self, chunk: &[u8]) {
        let failure = match &mut self.state {
            State::Plain(limited) => limited
                .write_all(chunk)
                .err()
                .map(|error| limited.failure(error)),
            State::Gzip(decoder) => feed(decoder, chunk),
            State::Failed(_) => None,
        };
        if let Some(failure) = failure {
            self.state = State::Failed(failure);
        }
    }

    /// The draft and its length, after the last octet.
    pub(crate) fn finish(self) -> Result<(D, u64), Failure> {
        let limited = match self.state {
            State::Plain(limited) => limited,
            State::Gzip(mut decoder) => {
                if let Err(error) = decoder.try_finish() {
                    return Err(decoder.get_mut().failure(error));
                }
                decoder.finish().map_err(|_| Failure::Part(Problem::Gzip))?
            }
            State::Failed(failure) => return Err(failure),
        };
        Ok((limited.draft, limited.written))
    }
}

/// Fed at once: a bomb is seen before more than this has unfolded.
const PIECE: usize = 8 << 10;

fn feed<D: Write>(decoder: &mut GzDecoder<Limited<D>>, mut chunk: &[u8]) -> Option<Failure> {
    while !chunk.is_empty() {
        let piece = chunk.get(..PIECE).unwrap_or(chunk);
        let before = decoder.get_ref().taken;
        decoder.get_mut().taken = before + piece.len() as u64;
        match decoder.write(piece) {
            // [P36] nothing may follow the member: readers differ in what they make of it.
            Ok(0) => return Some(Failure::Part(Problem::Gzip)),
            Ok(count) => {
                chunk = chunk.get(count..).unwrap_or_default();
                decoder.get_mut().taken = before + count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Some(decoder.get_mut().failure(error)),
        }
    }
    None
}

/// Writes no more than it may.
struct Limited<D> {
    draft: D,
    budget: u64,
    written: u64,
    /// Compressed octets so far.
    taken: u64,
    ratio: u64,
    is_packed: bool,
    failure: Option<Failure>,
}

impl<D> Limited<D> {
    /// What an error was about: what this refused, or otherwise the octets themselves.
    fn failure(&mut self, _: io::Error) -> Failure {
        self.failure.take().unwrap_or(Failure::Part(Problem::Gzip))
    }

    fn refuse(&mut self, failure: Failure) -> io::Error {
        self.failure = Some(failure);
        io::ErrorKind::Other.into()
    }
}

impl<D: Write> Write for Limited<D> {
    fn write(&mut self, chunk: &[u8]) -> io::Result<usize> {
        let after = self.written.saturating_add(chunk.len() as u64);
        if after > self.budget {
            return Err(self.refuse(Failure::Part(Problem::TooLarge)));
        }
        let most = self.taken.saturating_mul(self.ratio);
        if self.is_packed && after > RATIO_FROM && after > most {
            return Err(self.refuse(Failure::Part(Problem::Ratio)));
        }
        if let Err(error) = self.draft.write_all(chunk) {
            return Err(self.refuse(Failure::Storage(error)));
        }
        self.written = after;
        Ok(chunk.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.draft.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMITS: PayloadLimits = PayloadLimits {
        payloads: 28,
        payload_bytes: 1 << 30,
        total_bytes: 1 << 30,
        ratio: 200,
    };

    fn write(content: &[u8], level: u32) -> Vec<u8> {
        let mut encoder = encoder(Vec::new(), level);
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    fn gzip(content: &[u8], media_type: &str) -> Vec<u8> {
        super::gzip(&content.to_vec().into(), media_type, Vec::new()).unwrap()
    }

    fn gunzip_in(pieces: usize, packed: &[u8], budget: u64) -> Result<Vec<u8>, Problem> {
        let mut unpacker = Unpacker::new(Vec::new(), true, &LIMITS, budget);
        packed.chunks(pieces).for_each(|chunk| unpacker.push(chunk));
        match unpacker.finish() {
            Ok((content, length)) => {
                assert_eq!(content.len() as u64, length);
                Ok(content)
            }
            Err(Failure::Part(problem)) => Err(problem),
            Err(Failure::Storage(error)) => panic!("{error}"),
        }
    }

    fn gunzip(packed: &[u8], budget: u64) -> Result<Vec<u8>, Problem> {
        gunzip_in(usize::MAX, packed, budget)
    }

    #[track_caller]
    fn check(packed: &[u8], expected: Result<&[u8], Problem>) {
        for pieces in [1, 7, usize::MAX] {
            if packed.len() / pieces > 1 << 16 {
                continue;
            }
            let found = gunzip_in(pieces, packed, 1 << 30);
            assert_eq!(found.as_deref(), expected.as_ref().copied(), "{pieces}");
        }
    }

    #[test]
    fn one_member_with_optional_fields_is_read() {
        // [P36]
        check(&write(b"", 6), Ok(b""));
        let mut named = GzBuilder::new()
            .filename("a.xml")
            .extra(vec![1, 2])
            .comment("c")
            .write(Vec::new(), Compression::new(6));
        named.write_all(b"abc").unwrap();
        check(&named.finish().unwrap(), Ok(b"abc"));
    }

    #[test]
    fn damaged_gzip_is_refused() {
        let good = write(b"hello, world", 6);
        check(b"", Err(Problem::Gzip));
        check(b"PK\x03\x04", Err(Problem::Gzip));
        check(&good[..good.len() - 3], Err(Problem::Gzip));
        check(&[good.as_slice(), b"x"].concat(), Err(Problem::Gzip));
        check(
            &[good.as_slice(), good.as_slice()].concat(),
            Err(Problem::Gzip),
        );
        let mut wrong_crc = good;
        let at = wrong_crc.len() - 6;
        wrong_crc[at] ^= 1;
        check(&wrong_crc, Err(Problem::Gzip));
    }

    #[test]
    fn a_bomb_is_stopped_by_ratio_and_by_size() {
        let bomb = write(&vec![0; 8 << 20], 6);
        check(&bomb, Err(Problem::Ratio));
        assert_eq!(gunzip(&bomb, 1 << 19), Err(Problem::TooLarge));
    }

    #[test]
    fn compression_is_deterministic() {
        // [AS4 3.1] a resend carries identical digests.
        assert_eq!(gzip(b"abcabc", "text/plain"), gzip(b"abcabc", "text/plain"));
    }

    #[test]
    fn dense_content_is_stored() {
        let mut state = 1_u32;
        let noise: Vec<u8> = (0..100_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect();
        let packed = gzip(&noise, "application/pdf");
        assert!(packed.len() > noise.len());
        check(&packed, Ok(&noise));
        let text = "text ".repeat(1000);
        assert!(gzip(text.as_bytes(), "application/pdf").len() < 500);
    }

    proptest! {
        #[test]
        fn what_is_compressed_is_decompressed(content in prop::collection::vec(any::<u8>(), 0..5000)) {
            let packed = gzip(&content, "application/octet-stream");
            prop_assert_eq!(&gunzip(&packed, 1 << 20).unwrap(), &content);
            prop_assert_eq!(gunzip_in(3, &packed, 1 << 20).unwrap(), content);
        }

        #[test]
        fn decompression_never_panics(packed in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(gunzip(&packed, 1 << 20), gunzip_in(1, &packed, 1 << 20));
        }
    }
}
