//! Evidence and AS4 bytes on disk, encrypted in chunks under the key of their exchange.
//!
//! A name is `EXCHANGE/…`. What `put` returned for is durable: file and folder are synced, a torn
//! file is never seen under its name. Deleting the key of the exchange erases its files as well.

mod chunk;
mod scratch;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use object_store::{
    ObjectStore, ObjectStoreExt, PutPayload, WriteMultipart, local::LocalFileSystem,
    path::Path as ObjectPath,
};
use thiserror::Error;
use tokio::task;

pub use self::scratch::{Scratch, ScratchWriter, Scratchpad};

use self::chunk::{Opener, Sealer};
use crate::{
    exchange::{ExchangeId, Store, StoreError},
    seal::{DataKey, SealError},
    world::World,
};

/// Size of the parts a stream is uploaded in: the least an S3 store takes is 5 MiB.
const PART_LEN: usize = 8 * 1024 * 1024;

/// The place for large and for evidential bytes. Cloning is cheap; clones share one place.
#[derive(Clone)]
pub struct Spool {
    shared: Arc<Shared>,
}

struct Shared {
    objects: Box<dyn ObjectStore>,
    scratchpad: Scratchpad,
    world: World,
    max_bytes: u64,
    used: AtomicU64,
}

/// Why something could not be spooled or read back.
#[derive(Debug, Error)]
pub enum SpoolError {
    /// The limit, or the disk, is exhausted.
    #[error("spool is full")]
    Full,
    /// There is nothing of this name.
    #[error("spool has no such object")]
    Missing,
    /// The name is none.
    #[error("malformed name")]
    Name(#[source] object_store::path::Error),
    /// Torn, tampered with, or of another exchange.
    #[error("spooled object cannot be opened")]
    Sealed(#[from] SealError),
    /// The folder or the object store failed.
    #[error("spool failed")]
    Objects(#[source] object_store::Error),
    /// The folder cannot be prepared.
    #[error("spool folder cannot be used")]
    Folder(#[source] std::io::Error),
    /// What was to be spooled broke off.
    #[error("source of the object failed")]
    Source(#[source] std::io::Error),
    /// The store could not say which exchanges exist.
    #[error("store failed")]
    Store(#[from] StoreError),
    /// The platform is stopping.
    #[error("interrupted")]
    Interrupted,
}

impl Spool {
    /// The spool in a local folder, made if there is none. Leftovers of writes that a crash cut off
    /// are removed.
    ///
    /// # Errors
    /// The folder cannot be made, read or cleaned.
    pub async fn open(folder: &Path, max_bytes: u64, world: World) -> Result<Self, SpoolError> {
        let path = folder.to_owned();
        let prepared = task::spawn_blocking(move || {
            std::fs::create_dir_all(&path)?;
            remove_staged(&path, 0)
        });
        let prepared = prepared.await.map_err(|_| SpoolError::Interrupted)?;
        prepared.map_err(SpoolError::Folder)?;
        let objects = LocalFileSystem::new_with_prefix(folder)
            .map_err(SpoolError::Objects)?
            .with_fsync(true)
            .with_automatic_cleanup(true);
        let scratchpad = Scratchpad::new(folder, world.clone());
        Self::with(Box::new(objects), scratchpad, max_bytes, world).await
    }

    /// The spool in any object store. What is only being worked on stays on this machine.
    ///
    /// # Errors
    /// The store cannot be listed.
    pub async fn with(
        objects: Box<dyn ObjectStore>,
        scratchpad: Scratchpad,
        max_bytes: u64,
        world: World,
    ) -> Result<Self, SpoolError> {
        let sizes = objects.list(None).map_ok(|object| object.size);
        let used = sizes
            .try_fold(
                0_u64,
                |sum, size| async move { Ok(sum.saturating_add(size)) },
            )
            .await
            .map_err(SpoolError::Objects)?;
        let shared = Shared {
            objects,
            scratchpad,
            world,
            max_bytes,
            used: AtomicU64::new(used),
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Keeps `content` under `name`, replacing what was there.
    ///
    /// # Errors
    /// The spool is full or failed; nothing of this name is kept then.
    pub async fn put(&self, key: &DataKey, name: &str, content: Bytes) -> Result<(), SpoolError> {
        let path = path_of(name)?;
        let mut sealer = Sealer::new(key, name, &self.shared.world)?;
        let mut sealed = Vec::with_capacity(chunk::sealed_len(content.len()));
        sealer.push(&content, &mut sealed)?;
        sealer.finish(&mut sealed)?;
        let before = self.size_of(&path).await?;
        self.admit(sealed.len(), before)?;
        let length = sealed.len();
        let put = self.shared.objects.put(&path, PutPayload::from(sealed));
        put.await.map_err(refusal)?;
        self.count(length, before);
        Ok(())
    }

    /// Keeps a stream under `name` without ever holding more than a part of it.
    ///
    /// # Errors
    /// The spool is full or failed, or the stream broke off; nothing of this name is kept then.
    pub async fn put_stream<S>(
        &self,
        key: &DataKey,
        name: &str,
        mut content: S,
    ) -> Result<u64, SpoolError>
    where
        S: Stream<Item = std::io::Result<Bytes>> + Send + Unpin,
    {
        let path = path_of(name)?;
        let before = self.size_of(&path).await?;
        let upload = self.shared.objects.put_multipart(&path).await;
        let mut upload = WriteMultipart::new_with_chunk_size(upload.map_err(refusal)?, PART_LEN);
        let mut sealer = Sealer::new(key, name, &self.shared.world)?;
        let (mut plain_len, mut sealed_len) = (0_u64, 0_usize);
        let mut sealed = Vec::new();
        let mut ended = false;
        while !ended {
            match content.next().await {
                Some(Ok(bytes)) => {
                    plain_len = plain_len.saturating_add(bytes.len() as u64);
                    sealer.push(&bytes, &mut sealed)?;
                }
                Some(Err(error)) => {
                    abandon(upload).await;
                    return Err(SpoolError::Source(error));
                }
                None => {
                    sealer.finish(&mut sealed)?;
                    ended = true;
                }
            }
            sealed_len = sealed_len.saturating_add(sealed.len());
            if let Err(full) = self.admit(sealed_len, before) {
                abandon(upload).await;
                return Err(full);
            }
            upload.wait_for_capacity(2).await.map_err(refusal)?;
            upload.write(&sealed);
            sealed.clear();
        }
        upload.finish().await.map_err(refusal)?;
        self.count(sealed_len, before);
        Ok(plain_len)
    }

    /// Reads an object back.
    ///
    /// # Errors
    /// It is missing, torn, tampered with, or sealed with another key.
    pub async fn get(&self, key: &DataKey, name: &str) -> Result<Bytes, SpoolError> {
        let chunks = self.get_stream(key, name).await?;
        let whole = chunks.try_fold(Vec::new(), |mut whole, chunk| async move {
            whole.extend_from_slice(&chunk);
            Ok(whole)
        });
        Ok(whole.await?.into())
    }

    /// Reads an object back as a stream. Every chunk that comes is genuine; that the last one has
    /// come is known only when the stream ends without an error.
    ///
    /// # Errors
    /// It is missing; later, as an item of the stream, torn or tampered with.
    pub async fn get_stream(
        &self,
        key: &DataKey,
        name: &str,
    ) -> Result<impl Stream<Item = Result<Bytes, SpoolError>> + Send + Unpin + use<>, SpoolError>
    {
        let path = path_of(name)?;
        let object = self.shared.objects.get(&path).await.map_err(refusal)?;
        let sealed = object.into_stream();
        let opener = Opener::new(key, name)?;
        let opened = stream::try_unfold(Some((sealed, opener)), |state| async move {
            let Some((mut sealed, mut opener)) = state else {
                return Ok(None);
            };
            loop {
                let Some(bytes) = sealed.next().await else {
                    let rest = Bytes::from(opener.finish()?);
                    return Ok(Some((rest, None)));
                };
                let plain = opener.push(&bytes.map_err(SpoolError::Objects)?)?;
                if !plain.is_empty() {
                    return Ok(Some((Bytes::from(plain), Some((sealed, opener)))));
                }
            }
        });
        Ok(Box::pin(opened))
    }

    /// Keeps octets in memory or from elsewhere, whichever way costs least.
    ///
    /// # Errors
    /// As [`Self::put`] and [`Self::put_stream`].
    pub async fn put_pieces(
        &self,
        key: &DataKey,
        name: &str,
        pieces: Vec<Scratch>,
    ) -> Result<(), SpoolError> {
        let in_memory = |piece: &Scratch| piece.in_memory().cloned();
        let small: Option<Vec<Bytes>> = pieces.iter().map(in_memory).collect();
        if let Some(small) = small {
            return self.put(key, name, small.concat().into()).await;
        }
        let whole = stream::iter(pieces).flat_map(|piece| piece.stream());
        self.put_stream(key, name, whole).await.map(|_| ())
    }

    /// Deletes an object; one that is not there is deleted already.
    ///
    /// # Errors
    /// The spool failed.
    pub async fn delete(&self, name: &str) -> Result<(), SpoolError> {
        let path = path_of(name)?;
        let before = self.size_of(&path).await?;
        match self.shared.objects.delete(&path).await.map_err(refusal) {
            Ok(()) => self.count(0, before),
            Err(SpoolError::Missing) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Deletes everything of an exchange.
    ///
    /// # Errors
    /// The spool failed; what is left will be swept later.
    pub async fn delete_all(&self, exchange: ExchangeId) -> Result<(), SpoolError> {
        let folder = path_of(&exchange.to_string())?;
        let objects: Vec<_> = self
            .shared
            .objects
            .list(Some(&folder))
            .try_collect()
            .await
            .map_err(SpoolError::Objects)?;
        for object in objects {
            self.delete(object.location.as_ref()).await?;
        }
        Ok(())
    }

    /// Deletes what no exchange of `store` can want any more and was written before `before`:
    /// younger files may belong to an exchange that is just being opened. Returns how many.
    ///
    /// # Errors
    /// The spool or the store failed.
    pub async fn sweep(&self, store: &dyn Store, before: Timestamp) -> Result<usize, SpoolError> {
        let all: Vec<_> = self
            .shared
            .objects
            .list(None)
            .try_collect()
            .await
            .map_err(SpoolError::Objects)?;
        let mut swept = 0;
        for object in all {
            if object.last_modified.timestamp_millis() >= before.as_millisecond() {
                continue;
            }
            let name = object.location.as_ref();
            if is_orphan(store, name).await? {
                self.delete(name).await?;
                swept += 1;
            }
        }
        Ok(swept)
    }

    /// Where messages are kept while they are worked on.
    #[must_use]
    pub fn scratchpad(&self) -> &Scratchpad {
        &self.shared.scratchpad
    }

    /// How many bytes are in use.
    #[must_use]
    pub fn used_bytes(&self) -> u64 {
        self.shared.used.load(Ordering::Relaxed)
    }

    fn admit(&self, length: usize, before: u64) -> Result<(), SpoolError> {
        let after = self
            .used_bytes()
            .saturating_sub(before)
            .saturating_add(length as u64);
        if after > self.shared.max_bytes {
            return Err(SpoolError::Full);
        }
        Ok(())
    }

    fn count(&self, added: usize, removed: u64) {
        let used = &self.shared.used;
        used.fetch_add(added as u64, Ordering::Relaxed);
        // What another process wrote may be deleted here: the count never goes below zero.
        used.update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            used.saturating_sub(removed)
        });
    }

    async fn size_of(&self, path: &ObjectPath) -> Result<u64, SpoolError> {
        match self.shared.objects.head(path).await.map_err(refusal) {
            Ok(object) => Ok(object.size),
            Err(SpoolError::Missing) => Ok(0),
            Err(error) => Err(error),
        }
    }
}

impl std::fmt::Debug for Spool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spool")
            .field("used_bytes", &self.used_bytes())
            .finish_non_exhaustive()
    }
}

async fn is_orphan(store: &dyn Store, name: &str) -> Result<bool, SpoolError> {
    let owner = name.split('/').next().unwrap_or_default();
    let Ok(exchange) = owner.parse::<ExchangeId>() else {
        return Ok(true);
    };
    let record = store.load(exchange).await?;
    Ok(record.is_none_or(|record| record.key().is_none()))
}

async fn abandon(upload: WriteMultipart) {
    if let Err(error) = upload.abort().await {
        tracing::warn!(%error, "Half-written object stays until the next start");
    }
}

fn path_of(name: &str) -> Result<ObjectPath, SpoolError> {
    ObjectPath::parse(name).map_err(SpoolError::Name)
}

fn refusal(error: object_store::Error) -> SpoolError {
    if matches!(error, object_store::Error::NotFound { .. }) {
        return SpoolError::Missing;
    }
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(current) = cause {
        let io = current.downcast_ref::<std::io::Error>();
        if io.is_some_and(|io| io.kind() == std::io::ErrorKind::StorageFull) {
            return SpoolError::Full;
        }
        cause = current.source();
    }
    SpoolError::Objects(error)
}

/// Removes staged files (`NAME#NUMBER`): their writes were cut off before they got their name.
fn remove_staged(folder: &Path, depth: u8) -> std::io::Result<()> {
    const DEEPEST: u8 = 4;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path: PathBuf = entry.path();
        if entry.file_type()?.is_dir() {
            if depth < DEEPEST {
                remove_staged(&path, depth + 1)?;
            }
        } else if is_staged(&entry.file_name().to_string_lossy()) {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn is_staged(name: &str) -> bool {
    name.rsplit_once('#').is_some_and(|(_, number)| {
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}
