//! Us: everything a route, a listener or a worker needs, put together once at start.

mod assemble;

pub use assemble::AssemblyError;

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use ebms::{
    PModes, PartyId,
    pmode::UnusableRecipient,
    security::{DecryptionKey, SigningKey},
};
use jiff::Timestamp;
use mapping::{CodeTables, code_table::providers::Providers};
use thiserror::Error;
use tokio::sync::watch;

use crate::{
    as4::client::Client,
    audit::{AuditError, AuditLog},
    config::Config,
    directory::{Directory, LookUpError},
    exchange::{self, Applied, Change, Outcome, Store, StoreError, Summary},
    http::respond::{Kind, Problem},
    national::sak::Sak,
    partners::Partners,
    spool::{Spool, SpoolError},
    telemetry::{Metrics, metrics},
    world::World,
};

/// Why work stopped for a reason of ours: the peer did nothing wrong, nothing was acknowledged, and
/// trying again may help.
#[derive(Debug, Error)]
pub enum Stopped {
    /// The store failed.
    #[error("store failed")]
    Store(#[from] StoreError),
    /// The spool failed.
    #[error("spool failed")]
    Spool(#[from] SpoolError),
    /// The audit log could not be written; without it nothing is done.
    #[error("audit log failed")]
    Audit(#[from] AuditError),
    /// Nothing may be encrypted for the partner now.
    #[error("partner {0} cannot be sent to: {1}")]
    Recipient(String, #[source] UnusableRecipient),
    /// A message of ours cannot be built.
    #[error("message cannot be built")]
    Unsendable(#[source] ebms::send::Unsendable),
    /// An identifier of ours is malformed: the configuration lets no such one through.
    #[error("identifier is malformed")]
    Identifier(#[from] ebms::InvalidId),
    /// What is stored with an exchange cannot be written or read.
    #[error("content cannot be encoded")]
    Encoding(#[source] serde_json::Error),
    /// The partner of a running exchange is no longer configured.
    #[error("partner {0} is not configured")]
    UnknownPartner(String),
    /// The exchange was erased meanwhile.
    #[error("exchange was erased")]
    Erased,
    /// What is kept of an exchange is not what this version wrote.
    #[error("content of the exchange cannot be used")]
    Content,
    /// The table of states has no such step.
    #[error("step is not possible")]
    Step(#[from] exchange::Refused),
    /// A message of ours has no form on the other side.
    #[error("message cannot be translated")]
    Untranslatable(#[from] mapping::Untranslatable),
    /// The Common Services have no usable answer.
    #[error("Common Services cannot be used")]
    LookUp(#[from] LookUpError),
    /// A record was changed by another worker too often in a row.
    #[error("exchange is being changed by another worker")]
    Contended,
    /// A background computation was interrupted by shutdown.
    #[error("interrupted")]
    Interrupted,
}

impl Stopped {
    /// A short code, for the outbox: never text of a peer.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Store(_) => "store",
            Self::Spool(_) => "spool",
            Self::Audit(_) => "audit",
            Self::Recipient(..) => "recipient-certificate",
            Self::Unsendable(_) => "unsendable",
            Self::Identifier(_) => "identifier",
            Self::Encoding(_) | Self::Content => "content",
            Self::UnknownPartner(_) => "unknown-partner",
            Self::Erased => "erased",
            Self::Step(_) => "step",
            Self::Untranslatable(_) => "untranslatable",
            Self::LookUp(_) => "common-services",
            Self::Contended => "contended",
            Self::Interrupted => "interrupted",
        }
    }

    /// The problem a national caller is shown.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let kind = match self {
            Self::Store(_) | Self::Contended | Self::Interrupted => Kind::StoreUnavailable,
            Self::Spool(SpoolError::Full) => Kind::SpoolFull,
            Self::LookUp(error) if error.is_outage() => Kind::CommonServicesUnreachable,
            Self::LookUp(_) => Kind::CommonServicesUntrusted,
            _ => Kind::Internal,
        };
        let problem = Problem::new(kind);
        if kind.is_retryable() {
            problem.with_retry_after(RETRY_AFTER_SECS)
        } else {
            problem
        }
    }
}

/// When a caller should try again after a failure of ours.
const RETRY_AFTER_SECS: u64 = 5;

/// Everything that makes up a running platform.
pub struct Platform {
    pub(crate) parts: Parts,
    pub(crate) changes: watch::Sender<u64>,
}

/// What a [`Platform`] is made of.
pub(crate) struct Parts {
    pub(crate) config: Config,
    pub(crate) world: World,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) spool: Spool,
    pub(crate) audit: AuditLog,
    pub(crate) partners: Partners,
    pub(crate) party_id: PartyId,
    pub(crate) tables: ArcSwap<CodeTables>,
    pub(crate) directory: Directory,
    pub(crate) as4: Client,
    pub(crate) sak: Sak,
    pub(crate) metrics: Metrics,
    pub(crate) public_url: url::Url,
    pub(crate) identity: mapping::Platform,
    pub(crate) providers: Providers,
}

impl Platform {
    pub(crate) fn new(parts: Parts) -> Arc<Self> {
        Arc::new(Self {
            parts,
            changes: watch::Sender::new(0),
        })
    }

    /// The configuration of the start. What changes while the platform runs is [`Self::in_force`].
    pub fn config(&self) -> &Config {
        &self.parts.config
    }

    /// Time and randomness.
    pub fn world(&self) -> &World {
        &self.parts.world
    }

    /// Where exchanges are kept.
    pub fn store(&self) -> &dyn Store {
        &*self.parts.store
    }

    /// Where evidence and messages are kept.
    pub fn spool(&self) -> &Spool {
        &self.parts.spool
    }

    /// The audit log.
    pub fn audit(&self) -> &AuditLog {
        &self.parts.audit
    }

    /// Partners and what was agreed with them, as of now.
    pub fn partners(&self) -> arc_swap::Guard<Arc<PModes>> {
        self.parts.partners.pmodes()
    }

    /// What of the configuration changes while the platform runs.
    pub fn in_force(&self) -> &Partners {
        &self.parts.partners
    }

    /// The mapping tables, as of now.
    pub fn tables(&self) -> arc_swap::Guard<Arc<CodeTables>> {
        self.parts.tables.load()
    }

    /// Our access point's party id.
    pub fn party_id(&self) -> &PartyId {
        &self.parts.party_id
    }

    /// The key that signs our AS4 messages.
    pub fn signing_key(&self) -> SigningKey {
        self.in_force().config().keys().as4_signing().clone()
    }

    /// The keys that open what is sent to us.
    pub fn decryption_keys(&self) -> Vec<DecryptionKey> {
        self.in_force().config().keys().as4_decryption().to_vec()
    }

    /// The Common Services.
    pub fn directory(&self) -> &Directory {
        &self.parts.directory
    }

    /// Sends AS4 messages.
    pub fn as4_client(&self) -> &Client {
        &self.parts.as4
    }

    /// The way to the registers.
    pub fn sak(&self) -> &Sak {
        &self.parts.sak
    }

    /// The metrics.
    pub fn metrics(&self) -> &Metrics {
        &self.parts.metrics
    }

    /// Where citizens' browsers reach us.
    pub fn public_url(&self) -> &url::Url {
        &self.parts.public_url
    }

    /// The right-hand side of our message and content ids.
    pub fn message_domain(&self) -> &str {
        self.parts
            .public_url
            .host_str()
            .filter(|host| host.contains('.'))
            .unwrap_or("bridge.local")
    }

    /// How much of an AS4 message is read.
    pub fn receive_limits(&self) -> ebms::receive::Limits {
        let body_bytes =
            usize::try_from(self.config().as4().max_message_bytes()).unwrap_or(usize::MAX);
        ebms::receive::Limits {
            body_bytes,
            ..ebms::receive::Limits::default()
        }
    }

    /// How long a message may be in work before another copy of it is looked at.
    pub fn message_lease(&self) -> Duration {
        Duration::from_secs(30)
    }

    /// Until when a message of now is recognised as a duplicate.
    pub fn remember_until(&self, now: Timestamp) -> Timestamp {
        now.saturating_add(self.config().as4().duplicate_window())
            .unwrap_or(Timestamp::MAX)
    }

    /// Until when a request id of now is remembered: for as long as the audit log. [AT-37]
    pub fn audited_until(&self) -> Timestamp {
        let days = self.config().audit().retention_days();
        let time = Duration::from_secs(days.saturating_mul(86_400));
        self.world()
            .now()
            .saturating_add(time)
            .unwrap_or(Timestamp::MAX)
    }

    /// The German Data Providers.
    pub fn providers(&self) -> &Providers {
        &self.parts.providers
    }

    /// What a translation made `now` needs to know.
    pub fn context<'c>(&'c self, tables: &'c CodeTables, now: Timestamp) -> mapping::Context<'c> {
        mapping::Context {
            tables,
            platform: &self.parts.identity,
            now,
        }
    }

    /// Makes a change that only one worker is expected to make.
    ///
    /// # Errors
    /// The store failed, or another worker was faster: the caller comes again and decides afresh.
    pub async fn apply(&self, change: Change) -> Result<(), Stopped> {
        match self.store().apply(&change).await? {
            Applied::Done(_) | Applied::Repeated(_) => {
                self.changed();
                Ok(())
            }
            Applied::Stale { .. }
            | Applied::LeaseLost
            | Applied::ClaimLost
            | Applied::RequestKnown(_) => Err(Stopped::Contended),
            Applied::Gone => Err(Stopped::Erased),
        }
    }

    /// Counts an exchange that ended.
    pub fn ended(&self, exchange: &Summary) {
        let route = match exchange.route() {
            exchange::Route::Provide => metrics::Route::Provide,
            exchange::Route::Retrieve => metrics::Route::Retrieve,
        };
        let outcome = match exchange.outcome() {
            Some(Outcome::Evidence | Outcome::Deferred) => metrics::Outcome::Delivered,
            Some(Outcome::NoEvidence | Outcome::Declined) => metrics::Outcome::Empty,
            Some(Outcome::TimedOut | Outcome::Abandoned) => metrics::Outcome::Expired,
            Some(Outcome::Error | Outcome::Refused | Outcome::Cancelled | Outcome::Unreachable)
            | None => metrics::Outcome::Failed,
        };
        let lasted = self.world().now().duration_since(exchange.created());
        let lasted = Duration::try_from(lasted).unwrap_or_default();
        self.metrics()
            .exchange_ended(route, metrics::Flow::Direct, outcome, lasted);
        tracing::info!(
            exchange = %exchange.id(),
            route = exchange.route().as_str(),
            state = exchange.state().as_str(),
            outcome = ?exchange.outcome(),
            "Exchange ended"
        );
    }

    /// Tells waiting pages and workers that an exchange changed.
    pub fn changed(&self) {
        self.changes
            .send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Wakes up at every change from now on.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}
