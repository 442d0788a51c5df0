//! Payloads of any size that compress about as well as real ones do.

use bytes::Bytes;

/// An XML document of about this size: records with names and values that differ.
pub fn xml(size: usize) -> Bytes {
    let mut text = String::with_capacity(size + 200);
    text.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<e:Register xmlns:e=\"urn:example:register\">\n");
    let mut state = SEED;
    while text.len() + 14 < size {
        let (one, two) = (step(&mut state), step(&mut state));
        text.push_str(&format!(
            "  <e:Entry id=\"{one:016x}\"><e:Name>Müller {}</e:Name><e:Value>{two:x}</e:Value></e:Entry>\n",
            one % 997
        ));
    }
    text.push_str("</e:Register>\n");
    Bytes::from(text)
}

/// Octets of this size that do not compress, with the head and tail of a PDF file.
pub fn pdf(size: usize) -> Bytes {
    let mut octets = b"%PDF-1.7\n".to_vec();
    let mut state = SEED;
    while octets.len() + 6 < size {
        octets.extend_from_slice(&step(&mut state).to_le_bytes());
    }
    octets.extend_from_slice(b"%%EOF\n");
    Bytes::from(octets)
}

const SEED: u64 = 0x9E37_79B9_7F4A_7C15;

fn step(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    state.wrapping_mul(0x2545_F491_4F6C_DD1D)
}
