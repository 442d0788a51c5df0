//! gzip as AS4 uses it: one member per part, each part on its own. Output is deterministic,
//! because a retry must carry the same digests. [AS4 1.5, AS4 3.1]

use crate::pmode::PayloadLimits;
use flate2::{Compression, GzBuilder, bufread::GzDecoder};
use std::io::{Read, Write};

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
const SAMPLE: usize = 4 << 10;

/// Compresses. What is compressed already is stored: level 0 is valid gzip, and trying costs
/// milliseconds per megabyte for nothing.
pub(crate) fn gzip(content: &[u8], media_type: &str) -> Option<Vec<u8>> {
    if is_dense(content, media_type) {
        write(content, 0)
    } else {
        write(content, LEVEL)
    }
}

fn write(content: &[u8], level: u32) -> Option<Vec<u8>> {
    let out = Vec::with_capacity(if level == 0 {
        content.len() + 1024
    } else {
        content.len() / 4
    });
    // No time, name or system: two runs give the same octets.
    let mut encoder = GzBuilder::new()
        .mtime(0)
        .operating_system(255)
        .write(out, Compression::new(level));
    encoder.write_all(content).ok()?;
    encoder.finish().ok()
}

fn is_dense(content: &[u8], media_type: &str) -> bool {
    let media_type = media_type.to_ascii_lowercase();
    if media_type.contains("xml") || media_type.starts_with("text/") || media_type.contains("json")
    {
        return false;
    }
    const DENSE: &[&str] = &[
        "application/gzip",
        "application/zip",
        "image/jpeg",
        "image/png",
        "image/jp2",
    ];
    if DENSE.contains(&media_type.as_str()) {
        return true;
    }
    // The middle speaks for the whole: files start with structure.
    let start = (content.len() / 2).saturating_sub(SAMPLE / 2);
    let sample = content
        .get(start..content.len().min(start + SAMPLE))
        .unwrap_or(content);
    sample.len() >= 512
        && write(sample, 1).is_some_and(|packed| packed.len() > sample.len() / 10 * 9)
}

/// Decompresses one member within limits: `budget` octets at most.
pub(crate) fn gunzip(
    packed: &[u8],
    limits: &PayloadLimits,
    budget: u64,
) -> Result<Vec<u8>, Problem> {
    let mut decoder = GzDecoder::new(packed);
    let mut out = Vec::with_capacity(expected_size(packed, budget));
    let mut chunk = [0; 32 << 10];
    loop {
        let count = decoder.read(&mut chunk).map_err(|_| Problem::Gzip)?;
        if count == 0 {
            break;
        }
        out.extend_from_slice(chunk.get(..count).unwrap_or_default());
        let size = out.len() as u64;
        if size > budget {
            return Err(Problem::TooLarge);
        }
        let taken = (packed.len() - decoder.get_ref().len()) as u64;
        if size > RATIO_FROM && size > taken.saturating_mul(limits.ratio) {
            return Err(Problem::Ratio);
        }
    }
    // [P36] nothing may follow the member: readers differ in what they make of it.
    if decoder.into_inner().is_empty() {
        Ok(out)
    } else {
        Err(Problem::Gzip)
    }
}

/// The size a member states at its end is a hint: believed up to what its own size makes likely.
fn expected_size(packed: &[u8], budget: u64) -> usize {
    let Some(size) = packed.last_chunk::<4>() else {
        return 0;
    };
    let stated = u64::from(u32::from_le_bytes(*size));
    let likely = (packed.len() as u64).saturating_mul(16);
    usize::try_from(stated.min(likely).min(budget)).unwrap_or(0)
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

    #[track_caller]
    fn check(packed: &[u8], expected: Result<&[u8], Problem>) {
        assert_eq!(
            gunzip(packed, &LIMITS, 1 << 30).as_deref(),
            expected.as_ref().copied()
        );
    }

    #[test]
    fn one_member_with_optional_fields_is_read() {
        // [P36]
        check(&write(b"", 6).unwrap(), Ok(b""));
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
        let good = write(b"hello, world", 6).unwrap();
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
        let bomb = write(&vec![0; 8 << 20], 6).unwrap();
        check(&bomb, Err(Problem::Ratio));
        assert_eq!(gunzip(&bomb, &LIMITS, 1 << 19), Err(Problem::TooLarge));
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
        let packed = gzip(&noise, "application/pdf").unwrap();
        assert!(packed.len() > noise.len());
        check(&packed, Ok(&noise));
        let text = "text ".repeat(1000);
        assert!(gzip(text.as_bytes(), "application/pdf").unwrap().len() < 500);
    }

    proptest! {
        #[test]
        fn what_is_compressed_is_decompressed(content in prop::collection::vec(any::<u8>(), 0..5000)) {
            let packed = gzip(&content, "application/octet-stream").unwrap();
            prop_assert_eq!(gunzip(&packed, &LIMITS, 1 << 20).unwrap(), content);
        }

        #[test]
        fn decompression_never_panics(packed in prop::collection::vec(any::<u8>(), 0..200)) {
            gunzip(&packed, &LIMITS, 1 << 20).ok();
        }
    }
}
