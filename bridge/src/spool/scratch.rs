//! Octets of a message while it is read or written: a little in memory, the rest in a file without
//! a name, encrypted under a key that only this process has and forgets.
//!
//! Nothing here outlives the process, so nothing here counts as stored. [AS4 1.12]

use std::{
    fs::File,
    io::{self, Write},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use aws_lc_rs::cipher::{AES_256, EncryptionContext, StreamingEncryptingKey, UnboundCipherKey};
use bytes::Bytes;
use ebms::{Octets, Source};
use futures_util::{Stream, stream};
use tokio::task;
use zeroize::Zeroizing;

use crate::world::World;

/// Up to this length octets stay in memory.
const IN_MEMORY: usize = 256 << 10;
/// How much is read or written at a time.
const CHUNK: usize = 256 << 10;
const BLOCK: u64 = 16;
const KEY_LEN: usize = 32;

/// Where scratch files are made. Cloning is cheap.
#[derive(Clone)]
pub struct Scratchpad {
    folder: Arc<PathBuf>,
    world: World,
}

impl Scratchpad {
    /// Scratch files in a folder of this machine.
    #[must_use]
    pub fn new(folder: &Path, world: World) -> Self {
        Self {
            folder: Arc::new(folder.to_owned()),
            world,
        }
    }

    /// An empty scratch.
    #[must_use]
    pub fn create(&self) -> ScratchWriter {
        ScratchWriter {
            place: self.clone(),
            buffer: Vec::new(),
            file: None,
        }
    }
}

impl std::fmt::Debug for Scratchpad {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scratchpad")
    }
}

/// Takes octets. Writing may block.
#[derive(Debug)]
pub struct ScratchWriter {
    place: Scratchpad,
    /// All of it, or what is not in the file yet.
    buffer: Vec<u8>,
    file: Option<Sealed>,
}

/// A file without a name.
struct Sealed {
    file: File,
    key: Zeroizing<[u8; KEY_LEN]>,
    length: u64,
}

/// Octets that were written, to be read as often as one likes.
#[derive(Clone, Debug)]
pub struct Scratch(Kept);

#[derive(Clone, Debug)]
enum Kept {
    Memory(Bytes),
    File(Arc<Sealed>),
}

impl ScratchWriter {
    /// Everything written.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(mut self) -> io::Result<Scratch> {
        self.spill(0)?;
        Ok(Scratch(match self.file {
            Some(sealed) => Kept::File(Arc::new(sealed)),
            None => Kept::Memory(self.buffer.into()),
        }))
    }

    /// Writes the buffer out where there is a file and the buffer holds more than `most`.
    fn spill(&mut self, most: usize) -> io::Result<()> {
        if self.buffer.len() <= most {
            return Ok(());
        }
        let Some(sealed) = &mut self.file else {
            return Ok(());
        };
        sealed.append(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }
}

impl Write for ScratchWriter {
    fn write(&mut self, chunk: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(chunk);
        if self.file.is_none() && self.buffer.len() > IN_MEMORY {
            self.file = Some(Sealed::create(&self.place)?);
        }
        self.spill(CHUNK - 1)?;
        Ok(chunk.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sealed {
    fn create(place: &Scratchpad) -> io::Result<Self> {
        let mut key = Zeroizing::new([0; KEY_LEN]);
        place.world.fill(key.as_mut_slice());
        Ok(Self {
            file: tempfile::tempfile_in(place.folder.as_path())?,
            key,
            length: 0,
        })
    }

    fn append(&mut self, chunk: &[u8]) -> io::Result<()> {
        let mut sealed = vec![0; chunk.len() + 2 * BLOCK as usize];
        let range = self.apply(self.length, chunk, &mut sealed)?;
        let sealed = sealed.get(range).unwrap_or_default();
        self.file.write_all_at(sealed, self.length)?;
        self.length += chunk.len() as u64;
        Ok(())
    }

    /// Encrypts or decrypts octets that stand at `offset`. Counter mode: the key is of this file
    /// alone, and no place of it is written twice.
    fn apply(
        &self,
        offset: u64,
        chunk: &[u8],
        out: &mut [u8],
    ) -> io::Result<std::ops::Range<usize>> {
        let failed = |_| io::Error::other("a cryptographic operation failed");
        let key = UnboundCipherKey::new(&AES_256, self.key.as_slice()).map_err(failed)?;
        let counter = u128::from(offset / BLOCK).to_be_bytes();
        let start = EncryptionContext::Iv128((&counter).into());
        let mut cipher = StreamingEncryptingKey::less_safe_ctr(key, start).map_err(failed)?;
        let skipped = usize::try_from(offset % BLOCK).unwrap_or_default();
        let lead = [0_u8; BLOCK as usize];
        let lead = lead.get(..skipped).unwrap_or_default();
        cipher.update(lead, out).map_err(failed)?;
        let rest = out.get_mut(skipped..).unwrap_or_default();
        cipher.update(chunk, rest).map_err(failed)?;
        Ok(skipped..skipped + chunk.len())
    }
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed({})", self.length)
    }
}

impl Source for Sealed {
    fn length(&self) -> u64 {
        self.length
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(into, offset)?;
        let read = into.get_mut(..count).unwrap_or_default();
        let mut plain = vec![0; count + 2 * BLOCK as usize];
        let range = self.apply(offset, read, &mut plain)?;
        read.copy_from_slice(plain.get(range).unwrap_or_default());
        Ok(count)
    }
}

impl Scratch {
    /// How many octets.
    #[must_use]
    pub fn length(&self) -> u64 {
        match &self.0 {
            Kept::Memory(bytes) => bytes.len() as u64,
            Kept::File(sealed) => sealed.length,
        }
    }

    /// All octets in memory: for what is known to be small. May block.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn load(&self) -> io::Result<Bytes> {
        let sealed = match &self.0 {
            Kept::Memory(bytes) => return Ok(bytes.clone()),
            Kept::File(sealed) => sealed,
        };
        let mut all = vec![0; usize::try_from(sealed.length).unwrap_or(usize::MAX)];
        let mut read = 0;
        while read < all.len() {
            let rest = all.get_mut(read..).unwrap_or_default();
            match sealed.read_at(read as u64, rest)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => read += count,
            }
        }
        Ok(all.into())
    }

    /// The octets, where they are in memory.
    #[must_use]
    pub fn in_memory(&self) -> Option<&Bytes> {
        match &self.0 {
            Kept::Memory(bytes) => Some(bytes),
            Kept::File(_) => None,
        }
    }

    /// The octets as a stream. Reading the file blocks a thread made for it.
    pub fn stream(&self) -> impl Stream<Item = io::Result<Bytes>> + Send + Unpin + use<> {
        let kept = self.clone();
        Box::pin(stream::try_unfold(
            (kept, 0_u64),
            |(kept, offset)| async move {
                if offset >= kept.length() {
                    return Ok(None);
                }
                let chunk = match &kept.0 {
                    Kept::Memory(bytes) => bytes.clone(),
                    Kept::File(sealed) => read(Arc::clone(sealed), offset).await?,
                };
                if chunk.is_empty() {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                let next = offset + chunk.len() as u64;
                Ok(Some((chunk, (kept, next))))
            },
        ))
    }
}

async fn read(sealed: Arc<Sealed>, offset: u64) -> io::Result<Bytes> {
    let read = task::spawn_blocking(move || {
        let mut chunk = vec![0; CHUNK];
        let count = sealed.read_at(offset, &mut chunk)?;
        chunk.truncate(count);
        Ok(Bytes::from(chunk))
    });
    read.await.map_err(io::Error::other)?
}

impl From<Bytes> for Scratch {
    fn from(bytes: Bytes) -> Self {
        Self(Kept::Memory(bytes))
    }
}

impl From<Scratch> for Octets {
    fn from(scratch: Scratch) -> Self {
        match scratch.0 {
            Kept::Memory(bytes) => bytes.into(),
            Kept::File(sealed) => Self::kept(sealed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::TryStreamExt;

    fn content(length: usize) -> Vec<u8> {
        (0..length).map(|at| (at % 251) as u8).collect()
    }

    fn scratch(folder: &Path, content: &[u8], piece: usize) -> Scratch {
        let mut writer = Scratchpad::new(folder, World::system()).create();
        content
            .chunks(piece)
            .for_each(|piece| writer.write_all(piece).unwrap());
        writer.finish().unwrap()
    }

    async fn read_back(scratch: &Scratch) -> Vec<u8> {
        let chunks: Vec<Bytes> = scratch.stream().try_collect().await.unwrap();
        chunks.concat()
    }

    #[tokio::test]
    async fn what_is_written_is_read_wherever_it_was_kept() {
        let folder = tempfile::tempdir().unwrap();
        for (length, piece) in [
            (0, 1),
            (IN_MEMORY, 1000),
            (IN_MEMORY + 1, 1000),
            (3 * CHUNK + 5, 77_777),
        ] {
            let content = content(length);
            let scratch = scratch(folder.path(), &content, piece);
            assert_eq!(scratch.in_memory().is_some(), length <= IN_MEMORY);
            assert!(read_back(&scratch).await == content, "{length}");
            assert!(scratch.load().unwrap() == content, "{length}");
        }
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert!(left.is_empty(), "a scratch file has no name");
    }

    #[test]
    fn a_file_is_read_at_any_offset_and_does_not_show_its_content() {
        let folder = tempfile::tempdir().unwrap();
        let content = content(CHUNK * 2);
        let scratch = scratch(folder.path(), &content, CHUNK);
        let Kept::File(sealed) = &scratch.0 else {
            panic!("a file")
        };
        for offset in [0_usize, 1, 15, 16, 17, CHUNK - 1, CHUNK + 3] {
            let mut read = [0; 40];
            let count = sealed.read_at(offset as u64, &mut read).unwrap();
            assert_eq!(read[..count], content[offset..offset + count], "{offset}");
        }
        let mut raw = vec![0; 64];
        sealed.file.read_exact_at(&mut raw, 0).unwrap();
        assert_ne!(raw, content[..64]);
    }
}
