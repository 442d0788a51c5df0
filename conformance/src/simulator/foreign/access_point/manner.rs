//! How an access point treats what arrives, and the packages that did

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::simulator::journal::sha256_hex;

/// How an access point receives, to be changed while it runs
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Receiving {
    /// As it should
    #[default]
    Normal,
    /// Takes a message and keeps its receipt back until [`AccessPoint::release`]
    ///
    /// [`AccessPoint::release`]: super::AccessPoint::release
    Held,
    /// Answers everything 503 without a look
    Busy,
    /// Keeps the same answer back until [`AccessPoint::release`]
    ///
    /// [`AccessPoint::release`]: super::AccessPoint::release
    Stalled,
}

/// A package as it came over the wire, before anybody looked into it
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Package {
    /// Its Content-Type
    pub content_type: String,
    /// SHA-256 of its body, lower-case hexadecimal
    pub sha256: String,
}

/// The part of an access point that tests change and look at
#[derive(Debug, Default)]
pub(super) struct Manner {
    receiving: Mutex<Receiving>,
    released: Notify,
    packages: Mutex<Vec<Package>>,
    arrived: Notify,
}

impl Manner {
    pub(super) fn set(&self, receiving: Receiving) {
        *self.receiving() = receiving;
    }

    pub(super) fn get(&self) -> Receiving {
        *self.receiving()
    }

    pub(super) fn release(&self) {
        self.released.notify_one();
    }

    /// Waits until one receipt may go
    pub(super) async fn released(&self) {
        self.released.notified().await;
    }

    pub(super) fn note(&self, content_type: &str, body: &[u8]) {
        let package = Package {
            content_type: content_type.to_owned(),
            sha256: sha256_hex(body),
        };
        self.all().push(package);
        self.arrived.notify_waiters();
    }

    pub(super) fn packages(&self) -> Vec<Package> {
        self.all().clone()
    }

    /// Waits for as many packages; `None` when the time is over
    pub(super) async fn wait_for(&self, count: usize, limit: Duration) -> Option<Vec<Package>> {
        let watch = async {
            loop {
                // Registered before looking, so that a package in between is not missed.
                let mut arrived = std::pin::pin!(self.arrived.notified());
                arrived.as_mut().enable();
                let packages = self.packages();
                if packages.len() >= count {
                    return packages;
                }
                arrived.await;
            }
        };
        tokio::time::timeout(limit, watch).await.ok()
    }

    fn receiving(&self) -> MutexGuard<'_, Receiving> {
        self.receiving
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn all(&self) -> MutexGuard<'_, Vec<Package>> {
        self.packages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
