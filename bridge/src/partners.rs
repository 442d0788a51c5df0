//! What of the configuration changes while the platform runs: partners, templates, mapping tables
//! and the keys of our access point. One snapshot is taken per message; a change makes a new one
//! and swaps it in. Beside it, what is known of revoked certificates.
//!
//! **Invariant:** what cannot be read as a whole changes nothing.

mod expiry;
mod reload;
mod revocation;

pub use reload::{Rejected, keep_current, reload};
pub use revocation::Patience;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use arc_swap::{ArcSwap, Guard};
use ebms::{
    PModes, Partner, Sealed,
    signal::{self, HttpAnswer},
};
use jiff::Timestamp;
use tokio::{runtime::Handle, sync::watch};

use self::{expiry::Warnings, revocation::Cache};
use crate::{config::Config, http::client::ClientError, keys, platform::Platform};

/// What is in force.
pub struct Partners {
    config: ArcSwap<Config>,
    /// The P-Modes of the configuration, with what is known of revoked certificates.
    pmodes: ArcSwap<PModes>,
    cache: Cache,
    /// Held while a snapshot is made: two that are made at once could overtake each other.
    publishing: Mutex<()>,
}

impl Partners {
    /// What a configuration says, and nothing known of revoked certificates.
    ///
    /// # Errors
    /// The client that asks authorities cannot be made.
    pub fn new(config: Config, patience: Patience) -> Result<Self, ClientError> {
        Ok(Self {
            pmodes: ArcSwap::from_pointee(config.pmodes().clone()),
            config: ArcSwap::from_pointee(config),
            cache: Cache::new(patience)?,
            publishing: Mutex::default(),
        })
    }

    /// Partners and what was agreed with them: take it once per message.
    pub fn pmodes(&self) -> Guard<Arc<PModes>> {
        self.pmodes.load()
    }

    /// The configuration read last. Only partners, templates, tables and AS4 keys of it count.
    pub fn config(&self) -> Guard<Arc<Config>> {
        self.config.load()
    }

    /// Puts a configuration in force.
    fn adopt(&self, config: Config) {
        self.config.store(Arc::new(config));
        self.publish();
    }

    /// Makes the snapshot that counts from now on.
    fn publish(&self) {
        let _publishing = self
            .publishing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let known = self.cache.known();
        let pmodes = self.config.load().pmodes().with_revocations(known);
        self.pmodes.store(Arc::new(pmodes));
    }

    /// Fetches every list and answer that is due.
    pub async fn refresh(&self, now: Timestamp) {
        let config = self.config.load_full();
        if self.cache.refresh(config.pmodes(), now).await {
            self.publish();
        }
    }

    /// Asks about the signer of a message whatever must be known before it is verified. Blocks its
    /// thread, and is to be called where that is allowed. Most messages need nothing.
    pub fn ask_before(&self, sealed: &Sealed, now: Timestamp) {
        let questions = sealed.questions(&self.pmodes.load_full(), now);
        if questions.is_empty() {
            return;
        }
        let asked = Handle::current().block_on(self.cache.ask(&questions, now));
        if asked {
            self.publish();
        }
    }

    /// Asks about the signer of an answer whatever must be known before it is judged. The partner
    /// as it counts then, if anything was asked.
    pub async fn ask_about(
        &self,
        answer: &HttpAnswer<'_>,
        partner: &Partner,
        now: Timestamp,
    ) -> Option<Partner> {
        let questions = signal::questions(answer, partner, now);
        if questions.is_empty() {
            return None;
        }
        if self.cache.ask(&questions, now).await {
            self.publish();
        }
        self.pmodes.load().partner(partner.name().as_str()).cloned()
    }
}

/// Warns of certificates that end, and keeps lists and answers fresh, until the platform stops.
pub async fn keep_informed(platform: Arc<Platform>, mut stop: watch::Receiver<bool>) {
    let mut warnings = Warnings::default();
    while !*stop.borrow() {
        let now = platform.world().now();
        let config = platform.in_force().config.load_full();
        keys::list::measure(&config, platform.metrics(), now);
        for warning in warnings.due(&keys::list::list(&config), now) {
            warning.log();
        }
        tokio::select! {
            () = platform.in_force().refresh(now) => {}
            _ = stop.changed() => return,
        }
        tokio::select! {
            () = tokio::time::sleep(ROUND) => {}
            _ = stop.changed() => return,
        }
    }
}

/// How often it is looked what is due.
const ROUND: Duration = Duration::from_secs(60);
