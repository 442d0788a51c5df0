//! Takes in what arrives and keeps it while it is worked on: nothing is held whole in memory only
//! because a partner sent it. [AS4 1.12]

use std::io::{self, Write};

use aws_lc_rs::digest;
use axum::body::Body;
use bytes::{Bytes, BytesMut};
use ebms::{PartInfo, Storage};
use tokio::task;

use crate::{
    http::limit::{BodyError, LimitedBody},
    spool::{Scratch, ScratchWriter, Scratchpad},
};

/// Why a body was not taken in.
#[derive(Debug, thiserror::Error)]
pub(super) enum Untaken {
    /// It did not come as it should.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// There is no place for it now.
    #[error("no place for the message")]
    Scratch(#[source] io::Error),
}

/// How much is gathered before it is written.
const GATHERED: usize = 512 << 10;

/// Reads a request body of at most `limit` octets.
pub(super) async fn take_in(body: Body, limit: u64, pad: &Scratchpad) -> Result<Scratch, Untaken> {
    let mut body = LimitedBody::new(body, limit).await?;
    let mut writer = pad.create();
    let mut gathered = BytesMut::new();
    while let Some(chunk) = body.next().await? {
        gathered.extend_from_slice(&chunk);
        if gathered.len() >= GATHERED {
            let written = write(writer, gathered.split().freeze()).await;
            writer = written.map_err(Untaken::Scratch)?;
        }
    }
    let written = write(writer, gathered.freeze()).await;
    written
        .and_then(ScratchWriter::finish)
        .map_err(Untaken::Scratch)
}

/// Small writes go to memory; others may wait for a disk.
async fn write(mut writer: ScratchWriter, chunk: Bytes) -> io::Result<ScratchWriter> {
    if chunk.len() < GATHERED {
        writer.write_all(&chunk)?;
        return Ok(writer);
    }
    let written = task::spawn_blocking(move || writer.write_all(&chunk).map(|()| writer));
    written.await.map_err(io::Error::other)?
}

/// Keeps the payloads of one message.
#[derive(Debug)]
pub(super) struct Payloads<'p>(pub(super) &'p Scratchpad);

/// A payload being read.
pub(super) struct Draft {
    writer: ScratchWriter,
    digest: digest::Context,
}

/// A payload that was verified.
#[derive(Debug)]
pub struct Content {
    scratch: Scratch,
    sha256: [u8; 32],
}

impl Content {
    /// How many octets.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.scratch.length()
    }

    /// Their SHA-256.
    #[must_use]
    pub const fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }

    /// The octets.
    #[must_use]
    pub const fn scratch(&self) -> &Scratch {
        &self.scratch
    }

    /// All octets, where they are few enough to be held.
    ///
    /// # Errors
    /// They cannot be read back.
    pub fn load(&self, most: u64) -> io::Result<Option<Bytes>> {
        if self.length() > most {
            return Ok(None);
        }
        self.scratch.load().map(Some)
    }
}

impl Storage for Payloads<'_> {
    type Draft = Draft;
    type Stored = Content;

    fn create(&mut self, _: &PartInfo, _: u64) -> io::Result<Draft> {
        Ok(Draft {
            writer: self.0.create(),
            digest: digest::Context::new(&digest::SHA256),
        })
    }

    fn keep(&mut self, draft: Draft) -> io::Result<Content> {
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(draft.digest.finish().as_ref());
        Ok(Content {
            scratch: draft.writer.finish()?,
            sha256,
        })
    }
}

impl Write for Draft {
    fn write(&mut self, chunk: &[u8]) -> io::Result<usize> {
        let written = self.writer.write(chunk)?;
        self.digest.update(chunk.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::World;
    use std::path::Path;

    async fn take(folder: &Path, body: Vec<u8>, limit: u64) -> Result<Scratch, Untaken> {
        let pad = Scratchpad::new(folder, World::system());
        take_in(Body::from(body), limit, &pad).await
    }

    #[tokio::test]
    async fn a_body_is_taken_in_whole_up_to_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        for length in [0, 1, 300_000, 2_000_000] {
            let body: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let taken = take(folder.path(), body.clone(), 2_000_000).await.unwrap();
            assert!(taken.load().unwrap() == body, "{length}");
        }
        let refused = take(folder.path(), vec![0; 2_000_001], 2_000_000).await;
        assert!(matches!(
            refused,
            Err(Untaken::Body(BodyError::TooLarge { limit: 2_000_000 }))
        ));
    }

    #[tokio::test]
    async fn without_a_place_a_large_body_is_not_taken() {
        // [EBMS:0202] is what the sender hears; a small one needs no place.
        let folder = tempfile::tempdir().unwrap();
        let gone = folder.path().join("gone");
        assert!(take(&gone, vec![0; 1000], 10_000_000).await.is_ok());
        let untaken = take(&gone, vec![0; 2_000_000], 10_000_000).await;
        assert!(matches!(untaken, Err(Untaken::Scratch(_))));
    }
}
