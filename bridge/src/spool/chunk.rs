//! The form of a spooled object: chunks of 64 KiB, each sealed with AES-256-GCM.
//!
//! The nonce of a chunk is a random prefix, its number and whether it is the last one (the STREAM
//! construction), so chunks cannot be reordered, dropped or cut off. The name of the object is
//! associated data, so an object opens only under its own name.

use aws_lc_rs::aead::{Aad, LessSafeKey, NONCE_LEN, Nonce};

use crate::{
    seal::{DataKey, SealError},
    world::World,
};

pub(super) const CHUNK_LEN: usize = 64 * 1024;
const TAG_LEN: usize = 16;
const SEALED_LEN: usize = CHUNK_LEN + TAG_LEN;
const PREFIX_LEN: usize = 7;
const MAGIC: &[u8; 5] = b"BSPL1";
const HEADER_LEN: usize = MAGIC.len() + PREFIX_LEN;

/// How long an object of this length is when sealed.
pub(super) const fn sealed_len(plain: usize) -> usize {
    let chunks = if plain == 0 {
        1
    } else {
        plain.div_ceil(CHUNK_LEN)
    };
    HEADER_LEN + plain + chunks * TAG_LEN
}

/// Encrypts what is pushed into it.
pub(super) struct Sealer {
    cipher: LessSafeKey,
    chain: Chain,
    held: Vec<u8>,
    header: Option<[u8; HEADER_LEN]>,
}

/// Decrypts what is pushed into it.
pub(super) struct Opener {
    cipher: LessSafeKey,
    name: Vec<u8>,
    chain: Option<Chain>,
    held: Vec<u8>,
}

/// Number and prefix of the next chunk.
struct Chain {
    prefix: [u8; PREFIX_LEN],
    next: u32,
    name: Vec<u8>,
}

impl Sealer {
    pub(super) fn new(key: &DataKey, name: &str, world: &World) -> Result<Self, SealError> {
        let mut prefix = [0; PREFIX_LEN];
        world.fill(&mut prefix);
        let mut header = [0; HEADER_LEN];
        let (magic, rest) = header.split_at_mut(MAGIC.len());
        magic.copy_from_slice(MAGIC);
        rest.copy_from_slice(&prefix);
        Ok(Self {
            cipher: key.cipher()?,
            chain: Chain::new(prefix, name.as_bytes().to_vec()),
            held: Vec::new(),
            header: Some(header),
        })
    }

    /// Appends to `sealed` whatever can be sealed now. A full chunk is held back until it is known
    /// whether it is the last one.
    pub(super) fn push(&mut self, mut plain: &[u8], sealed: &mut Vec<u8>) -> Result<(), SealError> {
        while !plain.is_empty() {
            if self.held.len() == CHUNK_LEN {
                self.flush(false, sealed)?;
            }
            let room = CHUNK_LEN.saturating_sub(self.held.len()).min(plain.len());
            let (now, later) = plain.split_at(room);
            self.held.extend_from_slice(now);
            plain = later;
        }
        Ok(())
    }

    /// Appends the last chunk.
    pub(super) fn finish(&mut self, sealed: &mut Vec<u8>) -> Result<(), SealError> {
        self.flush(true, sealed)
    }

    fn flush(&mut self, last: bool, sealed: &mut Vec<u8>) -> Result<(), SealError> {
        if let Some(header) = self.header.take() {
            sealed.extend_from_slice(&header);
        }
        let nonce = self.chain.nonce(last)?;
        let tag = self
            .cipher
            .seal_in_place_separate_tag(nonce, Aad::from(&self.chain.name), &mut self.held)
            .map_err(|_| SealError::TooLarge)?;
        sealed.append(&mut self.held);
        sealed.extend_from_slice(tag.as_ref());
        Ok(())
    }
}

impl Opener {
    pub(super) fn new(key: &DataKey, name: &str) -> Result<Self, SealError> {
        Ok(Self {
            cipher: key.cipher()?,
            name: name.as_bytes().to_vec(),
            chain: None,
            held: Vec::new(),
        })
    }

    /// The chunks that are complete and known not to be the last one.
    pub(super) fn push(&mut self, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        self.held.extend_from_slice(sealed);
        let mut start = 0;
        if self.chain.is_none() {
            let Some(header) = self.held.first_chunk::<HEADER_LEN>() else {
                return Ok(Vec::new());
            };
            self.chain = Some(Chain::read(*header, std::mem::take(&mut self.name))?);
            start = HEADER_LEN;
        }
        let mut plain = Vec::new();
        while self.held.len().saturating_sub(start) > SEALED_LEN {
            let Some(chunk) = self.held.get_mut(start..start + SEALED_LEN) else {
                return Err(SealError::Format);
            };
            open(&self.cipher, self.chain.as_mut(), chunk, false, &mut plain)?;
            start += SEALED_LEN;
        }
        self.held.drain(..start);
        Ok(plain)
    }

    /// The last chunk. Fails when the object was cut off.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, SealError> {
        let mut plain = Vec::new();
        open(
            &self.cipher,
            self.chain.as_mut(),
            &mut self.held,
            true,
            &mut plain,
        )?;
        Ok(plain)
    }
}

fn open(
    cipher: &LessSafeKey,
    chain: Option<&mut Chain>,
    chunk: &mut [u8],
    last: bool,
    plain: &mut Vec<u8>,
) -> Result<(), SealError> {
    let chain = chain.ok_or(SealError::Format)?;
    let nonce = chain.nonce(last)?;
    let opened = cipher
        .open_in_place(nonce, Aad::from(&chain.name), chunk)
        .map_err(|_| SealError::Tampered)?;
    plain.extend_from_slice(opened);
    Ok(())
}

impl Chain {
    const fn new(prefix: [u8; PREFIX_LEN], name: Vec<u8>) -> Self {
        Self {
            prefix,
            next: 0,
            name,
        }
    }

    fn read(header: [u8; HEADER_LEN], name: Vec<u8>) -> Result<Self, SealError> {
        let prefix = header.strip_prefix(MAGIC).ok_or(SealError::Format)?;
        let prefix = prefix.try_into().map_err(|_| SealError::Format)?;
        Ok(Self::new(prefix, name))
    }

    fn nonce(&mut self, last: bool) -> Result<Nonce, SealError> {
        let mut nonce = [0; NONCE_LEN];
        let (prefix, rest) = nonce.split_at_mut(PREFIX_LEN);
        prefix.copy_from_slice(&self.prefix);
        let (number, flag) = rest.split_at_mut(4);
        number.copy_from_slice(&self.next.to_be_bytes());
        flag.fill(u8::from(last));
        self.next = self.next.checked_add(1).ok_or(SealError::TooLarge)?;
        Ok(Nonce::assume_unique_for_key(nonce))
    }
}
