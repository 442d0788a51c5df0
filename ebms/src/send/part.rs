//! One part on its way out: digested as it is signed, encrypted where that was agreed, stored.

use super::Unsendable;
use crate::{
    compress,
    header::PartInfo,
    id::ContentId,
    octets::{Octets, for_each_chunk},
    package::Written,
    profile,
    security::{attachment, gcm::Sealer},
    storage::Storage,
};
use aws_lc_rs::digest;
use std::io::{self, Write};

/// Where the octets of a part go.
pub(super) enum Out<D> {
    Open(D),
    Sealed(Box<Sealer<D>>),
}

/// A part written to its draft.
pub(super) struct Packed<D> {
    pub(super) cid: ContentId,
    /// As it is signed.
    pub(super) content_type: String,
    pub(super) digest: [u8; 32],
    draft: D,
}

impl<D: Write> Packed<D> {
    /// Reads a payload and writes its part.
    pub(super) fn new(
        info: &PartInfo,
        content: &Octets,
        mut out: Out<D>,
    ) -> Result<Self, Unsendable> {
        let stored = |_| Unsendable::Storage;
        let (content_type, digest) = if info.is_compressed() {
            let digested = Digested {
                context: digest::Context::new(&digest::SHA256),
                out: &mut out,
            };
            let digested = compress::gzip(content, info.media_type(), digested).map_err(stored)?;
            (profile::GZIP, attachment::finish(digested.context))
        } else {
            let content_type = info.media_type();
            let digest = attachment::digest(content_type, &mut *content.reader(), |_| {})
                .map_err(stored)?
                .ok_or(Unsendable::Content)?;
            let mut reader = content.reader();
            for_each_chunk(&mut *reader, |chunk| out.write_all(chunk)).map_err(stored)?;
            (content_type, digest)
        };
        let draft = match out {
            Out::Open(draft) => draft,
            Out::Sealed(sealer) => sealer.finish().map_err(stored)?,
        };
        Ok(Self {
            cid: info.cid().clone(),
            content_type: content_type.to_owned(),
            digest,
            draft,
        })
    }

    /// Keeps the part; `sealed` parts hide their content type.
    pub(super) fn keep<S: Storage<Draft = D>>(
        self,
        sealed: bool,
        storage: &mut S,
    ) -> Result<Written<S::Stored>, Unsendable> {
        let content = storage.keep(self.draft).map_err(|_| Unsendable::Storage)?;
        Ok(Written {
            cid: self.cid,
            content_type: if sealed {
                "application/octet-stream".to_owned()
            } else {
                self.content_type
            },
            content,
        })
    }
}

impl<D: Write> Write for Out<D> {
    fn write(&mut self, chunk: &[u8]) -> io::Result<usize> {
        match self {
            Self::Open(draft) => draft.write(chunk),
            Self::Sealed(sealer) => sealer.write(chunk),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Open(draft) => draft.flush(),
            Self::Sealed(sealer) => sealer.flush(),
        }
    }
}

/// Digests what is written.
struct Digested<W> {
    context: digest::Context,
    out: W,
}

impl<W: Write> Write for Digested<W> {
    fn write(&mut self, chunk: &[u8]) -> io::Result<usize> {
        let written = self.out.write(chunk)?;
        self.context
            .update(chunk.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
