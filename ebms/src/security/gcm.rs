//! AES-128-GCM over a part: IV, ciphertext, tag, nothing associated. [AS4 1.9]
//!
//! What fits into a buffer goes through the library's own GCM. What does not is put together from
//! its counter mode and GHASH, and opened in two passes: the tag is checked over the whole
//! ciphertext before one octet is decrypted, so nothing unauthentic is ever decompressed, stored or
//! even timed. [AS4 6.L, AS4 6.N]

use super::agreement::{ContentKey, KEY_LENGTH};
use crate::{
    octets::{CHUNK, for_each_chunk},
    package::{Part, Transfer},
};
use aws_lc_rs::{
    aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    cipher::{AES_128, EncryptingKey, EncryptionContext, StreamingEncryptingKey, UnboundCipherKey},
    constant_time,
    error::Unspecified,
    iv::FixedLength,
};
use ghash::{GHash, universal_hash::UniversalHash};
use std::io::{self, BufRead, Read, Write};

pub(crate) const IV_LENGTH: usize = 12;
const TAG_LENGTH: usize = 16;
const BLOCK: usize = 16;
/// Up to this length a part is sealed or opened in one buffer.
const ONE_PIECE: usize = 1 << 20;
/// The counter has 32 bits.
const LONGEST: u64 = (1 << 36) - 32;

/// Encrypts what is written into it.
pub(crate) struct Sealer<W> {
    out: W,
    iv: [u8; IV_LENGTH],
    key: ContentKey,
    state: Sealing,
}

enum Sealing {
    /// IV and plaintext so far.
    Whole(Vec<u8>),
    Stream(Box<Stream>),
}

impl<W: Write> Sealer<W> {
    /// `iv` must be fresh under this key. [AS4 6.M]
    pub(crate) fn new(key: &ContentKey, iv: [u8; IV_LENGTH], out: W) -> Self {
        let mut whole = Vec::with_capacity(8 << 10);
        whole.extend_from_slice(&iv);
        Self {
            out,
            iv,
            key: key.clone(),
            state: Sealing::Whole(whole),
        }
    }

    /// Writes what is left, and the tag.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        let tag: [u8; TAG_LENGTH] = match self.state {
            Sealing::Whole(mut whole) => {
                let key = one_piece(&self.key)?;
                let content = whole.get_mut(IV_LENGTH..).unwrap_or_default();
                let nonce = Nonce::assume_unique_for_key(self.iv);
                let tag = key
                    .seal_in_place_separate_tag(nonce, Aad::empty(), content)
                    .map_err(failed)?;
                self.out.write_all(&whole)?;
                tag.as_ref().try_into().map_err(io::Error::other)?
            }
            Sealing::Stream(stream) => stream.hash.finish(),
        };
        self.out.write_all(&tag)?;
        Ok(self.out)
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, chunk: &[u8]) -> io::Result<usize> {
        let chunk = chunk.get(..CHUNK).unwrap_or(chunk);
        if let Sealing::Whole(whole) = &mut self.state {
            if whole.len() + chunk.len() <= IV_LENGTH + ONE_PIECE {
                whole.extend_from_slice(chunk);
                return Ok(chunk.len());
            }
            let mut stream = Box::new(Stream::new(&self.key, self.iv)?);
            self.out.write_all(&self.iv)?;
            let content = whole.get(IV_LENGTH..).unwrap_or_default();
            for piece in content.chunks(CHUNK) {
                self.out.write_all(stream.seal(piece)?)?;
            }
            self.state = Sealing::Stream(stream);
        }
        if let Sealing::Stream(stream) = &mut self.state {
            self.out.write_all(stream.seal(chunk)?)?;
        }
        Ok(chunk.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Opens a part. `None`: it was not sealed with this key, or not like this.
pub(crate) fn open<'p>(
    part: &'p Part,
    key: &ContentKey,
) -> io::Result<Option<Box<dyn BufRead + 'p>>> {
    let fits = (ONE_PIECE + IV_LENGTH + TAG_LENGTH) as u64;
    if part.transfer == Transfer::Plain && part.content.length() <= fits {
        let opened = open_in_one_piece(&part.content.load()?, key);
        return Ok(opened.map(|content| Box::new(io::Cursor::new(content)) as Box<dyn BufRead>));
    }
    let Some(found) = authenticate(part, key)? else {
        return Ok(None);
    };
    let mut sealed = part.reader();
    sealed.read_exact(&mut [0; IV_LENGTH])?;
    Ok(Some(Box::new(Opened {
        sealed: sealed.take(found.length),
        counter: Counter::new(key, found.iv)?,
        plain: vec![0; CHUNK + BLOCK],
        ready: 0..0,
    })))
}

fn open_in_one_piece(sealed: &[u8], key: &ContentKey) -> Option<Vec<u8>> {
    let (iv, rest) = sealed.split_at_checked(IV_LENGTH)?;
    let (content, tag) = rest.split_at_checked(rest.len().checked_sub(TAG_LENGTH)?)?;
    let nonce = Nonce::try_assume_unique_for_key(iv).ok()?;
    let mut opened = vec![0; content.len()];
    one_piece(key)
        .ok()?
        .open_separate_gather(nonce, Aad::empty(), content, tag, &mut opened)
        .ok()?;
    Some(opened)
}

/// A part whose tag is right.
struct Found {
    iv: [u8; IV_LENGTH],
    /// Of the ciphertext.
    length: u64,
}

/// Checks the tag over the whole part.
fn authenticate(part: &Part, key: &ContentKey) -> io::Result<Option<Found>> {
    let mut sealed = part.reader();
    let mut iv = [0; IV_LENGTH];
    match sealed.read_exact(&mut iv) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let mut hash = Hash::new(key, iv)?;
    // The last octets are the tag, and which are the last is known at the end.
    let mut held: Vec<u8> = Vec::with_capacity(CHUNK);
    for_each_chunk(&mut *sealed, |chunk| {
        let sure = (held.len() + chunk.len()).saturating_sub(TAG_LENGTH);
        let from_held = sure.min(held.len());
        hash.update(held.get(..from_held).unwrap_or_default());
        held.drain(..from_held);
        let (content, rest) = chunk.split_at_checked(sure - from_held).unwrap_or_default();
        hash.update(content);
        held.extend_from_slice(rest);
        Ok(())
    })?;
    let length = hash.length;
    let genuine = length <= LONGEST
        && held.len() == TAG_LENGTH
        && constant_time::verify_slices_are_equal(&hash.finish(), &held).is_ok();
    Ok(genuine.then_some(Found { iv, length }))
}

/// Decrypts what was authenticated.
struct Opened<'p> {
    sealed: io::Take<Box<dyn BufRead + 'p>>,
    counter: Counter,
    plain: Vec<u8>,
    ready: std::ops::Range<usize>,
}

impl BufRead for Opened<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.ready.is_empty() {
            let chunk = self.sealed.fill_buf()?;
            let chunk = chunk.get(..CHUNK).unwrap_or(chunk);
            let length = chunk.len();
            self.counter.apply(chunk, &mut self.plain)?;
            self.sealed.consume(length);
            self.ready = 0..length;
            if length == 0 && self.sealed.limit() > 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(self.plain.get(self.ready.clone()).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.ready.start = (self.ready.start + amount).min(self.ready.end);
    }
}

impl Read for Opened<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(into)?;
        self.consume(read);
        Ok(read)
    }
}

/// Counter mode and hash of one part being sealed.
struct Stream {
    counter: Counter,
    hash: Hash,
    buffer: Vec<u8>,
}

impl Stream {
    fn new(key: &ContentKey, iv: [u8; IV_LENGTH]) -> io::Result<Self> {
        Ok(Self {
            counter: Counter::new(key, iv)?,
            hash: Hash::new(key, iv)?,
            buffer: vec![0; CHUNK + BLOCK],
        })
    }

    fn seal(&mut self, chunk: &[u8]) -> io::Result<&[u8]> {
        if self.hash.length + chunk.len() as u64 > LONGEST {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.counter.apply(chunk, &mut self.buffer)?;
        let sealed = self.buffer.get(..chunk.len()).unwrap_or_default();
        self.hash.update(sealed);
        Ok(sealed)
    }
}

/// AES in counter mode from the second block on: the first is for the tag.
struct Counter(StreamingEncryptingKey);

impl Counter {
    fn new(key: &ContentKey, iv: [u8; IV_LENGTH]) -> io::Result<Self> {
        let start = EncryptionContext::Iv128(FixedLength::from(&block(iv, 2)));
        StreamingEncryptingKey::less_safe_ctr(cipher(key)?, start)
            .map(Self)
            .map_err(failed)
    }

    /// `out` must be a block longer than the chunk.
    fn apply(&mut self, chunk: &[u8], out: &mut [u8]) -> io::Result<()> {
        let written = self.0.update(chunk, out).map_err(failed)?;
        if written.written().len() == chunk.len() {
            Ok(())
        } else {
            Err(failed(Unspecified))
        }
    }
}

/// GHASH of the ciphertext.
struct Hash {
    hash: GHash,
    /// Encrypted first counter block: what the hash is masked with.
    mask: [u8; BLOCK],
    partial: Vec<u8>,
    length: u64,
}

impl Hash {
    fn new(key: &ContentKey, iv: [u8; IV_LENGTH]) -> io::Result<Self> {
        let cipher = EncryptingKey::ecb(cipher(key)?).map_err(failed)?;
        let mut subkey = [0; BLOCK];
        cipher.encrypt(&mut subkey).map_err(failed)?;
        let mut mask = block(iv, 1);
        cipher.encrypt(&mut mask).map_err(failed)?;
        let hash = GHash::new((&subkey).into());
        zeroize::Zeroize::zeroize(&mut subkey);
        Ok(Self {
            hash,
            mask,
            partial: Vec::with_capacity(BLOCK),
            length: 0,
        })
    }

    fn update(&mut self, mut octets: &[u8]) {
        self.length += octets.len() as u64;
        if !self.partial.is_empty() {
            let missing = (BLOCK - self.partial.len()).min(octets.len());
            let (head, rest) = octets.split_at_checked(missing).unwrap_or_default();
            self.partial.extend_from_slice(head);
            octets = rest;
            if self.partial.len() < BLOCK {
                return;
            }
            self.hash.update_padded(&self.partial);
            self.partial.clear();
        }
        let whole = octets.len() - octets.len() % BLOCK;
        let (blocks, rest) = octets.split_at_checked(whole).unwrap_or_default();
        self.hash.update_padded(blocks);
        self.partial.extend_from_slice(rest);
    }

    fn finish(mut self) -> [u8; TAG_LENGTH] {
        self.hash.update_padded(&self.partial);
        let mut lengths = [0; BLOCK];
        let bits = (self.length * 8).to_be_bytes();
        if let Some(half) = lengths.get_mut(8..) {
            half.copy_from_slice(&bits);
        }
        self.hash.update_padded(&lengths);
        let hashed = self.hash.finalize();
        for (mask, hashed) in self.mask.iter_mut().zip(hashed.iter()) {
            *mask ^= hashed;
        }
        self.mask
    }
}

fn block(iv: [u8; IV_LENGTH], count: u8) -> [u8; BLOCK] {
    let [a, b, c, d, e, f, g, h, i, j, k, l] = iv;
    [a, b, c, d, e, f, g, h, i, j, k, l, 0, 0, 0, count]
}

fn cipher(key: &ContentKey) -> io::Result<UnboundCipherKey> {
    let key: &[u8; KEY_LENGTH] = key;
    UnboundCipherKey::new(&AES_128, key).map_err(failed)
}

fn one_piece(key: &ContentKey) -> io::Result<LessSafeKey> {
    UnboundKey::new(&AES_128_GCM, key.as_slice())
        .map(LessSafeKey::new)
        .map_err(failed)
}

/// The library failed on input that cannot make it fail.
fn failed(_: Unspecified) -> io::Error {
    io::Error::other("a cryptographic operation failed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::octets::{Octets, read_up_to, tests::kept};
    use proptest::prelude::*;
    use zeroize::Zeroizing;

    const IV: [u8; IV_LENGTH] = [7; IV_LENGTH];

    fn key() -> ContentKey {
        Zeroizing::new([9; KEY_LENGTH])
    }

    fn sealed_in_one_piece(content: &[u8]) -> Vec<u8> {
        let mut sealed = content.to_vec();
        let nonce = Nonce::assume_unique_for_key(IV);
        let tag = one_piece(&key())
            .unwrap()
            .seal_in_place_separate_tag(nonce, Aad::empty(), &mut sealed)
            .unwrap();
        [IV.as_slice(), &sealed, tag.as_ref()].concat()
    }

    fn sealed_as_stream(content: &[u8], piece: usize) -> Vec<u8> {
        let mut sealer = Sealer::new(&key(), IV, IV.to_vec());
        sealer.state = Sealing::Stream(Box::new(Stream::new(&key(), IV).unwrap()));
        for piece in content.chunks(piece) {
            sealer.write_all(piece).unwrap();
        }
        sealer.finish().unwrap()
    }

    fn part(content: Octets) -> Part {
        Part {
            cid: "a@b".parse().unwrap(),
            content_type: "application/octet-stream".to_owned(),
            transfer: Transfer::Plain,
            content,
        }
    }

    fn opened_as_stream(sealed: &[u8]) -> Option<Vec<u8>> {
        let part = part(kept(sealed));
        let found = authenticate(&part, &key()).unwrap()?;
        let mut sealed = part.reader();
        sealed.read_exact(&mut [0; IV_LENGTH]).unwrap();
        let mut opened = Opened {
            sealed: sealed.take(found.length),
            counter: Counter::new(&key(), found.iv).unwrap(),
            plain: vec![0; CHUNK + BLOCK],
            ready: 0..0,
        };
        let mut content = Vec::new();
        read_up_to(&mut opened, usize::MAX, &mut content).unwrap();
        Some(content)
    }

    #[test]
    fn a_large_part_goes_through_the_stream_and_back() {
        let content: Vec<u8> = (0..ONE_PIECE * 2 + 5).map(|at| (at % 251) as u8).collect();
        let mut sealer = Sealer::new(&key(), IV, Vec::new());
        sealer.write_all(&content).unwrap();
        let sealed = sealer.finish().unwrap();
        assert!(sealed == sealed_in_one_piece(&content));
        let part = part(sealed.into());
        let mut opened = Vec::new();
        let mut reader = open(&part, &key()).unwrap().unwrap();
        read_up_to(&mut *reader, usize::MAX, &mut opened).unwrap();
        assert!(opened == content);
    }

    #[test]
    fn what_is_too_short_is_not_sealed() {
        for length in 0..IV_LENGTH + TAG_LENGTH {
            let part = part(vec![0; length].into());
            assert!(open(&part, &key()).unwrap().is_none());
            assert!(authenticate(&part, &key()).unwrap().is_none());
        }
    }

    proptest! {
        #[test]
        fn the_stream_is_gcm(
            content in prop::collection::vec(any::<u8>(), 0..400),
            piece in 1_usize..40
        ) {
            let sealed = sealed_in_one_piece(&content);
            prop_assert_eq!(&sealed_as_stream(&content, piece), &sealed);
            prop_assert_eq!(&opened_as_stream(&sealed).unwrap(), &content);
            prop_assert_eq!(&open_in_one_piece(&sealed, &key()).unwrap(), &content);
        }

        #[test]
        fn one_changed_bit_opens_nothing(
            content in prop::collection::vec(any::<u8>(), 0..100),
            at in any::<prop::sample::Index>(),
            bit in 0_u8..8
        ) {
            let mut sealed = sealed_in_one_piece(&content);
            let at = at.index(sealed.len());
            sealed[at] ^= 1 << bit;
            prop_assert_eq!(opened_as_stream(&sealed), None);
            prop_assert_eq!(open_in_one_piece(&sealed, &key()), None);
        }
    }
}
