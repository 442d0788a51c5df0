//! Puts the parts together from a checked configuration. Opens files and connections, no ports.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use mapping::noots;
use thiserror::Error;
use url::Url;

use super::{Parts, Platform};
use crate::{
    as4::client::Client,
    audit::{self, AuditError, AuditKey, AuditLog, KeyInvalid},
    config::{self, Config, Durability, Registers, StoreKind},
    directory::{self, Directory, Fixed, Policy, Signer, Trust, UnusableTrust},
    exchange::{
        Store, StoreError,
        embedded::Embedded,
        redis::{self, Redis},
    },
    http::{
        client::{CallTimeouts, ClientError, client},
        tls::ClientTls,
    },
    national::sak::Sak,
    partners::{Partners, Patience},
    seal::{IndexKey, KeyError, StorageKey, Vault},
    spool::{Spool, SpoolError},
    telemetry::Metrics,
    world::World,
};

/// Why the parts cannot be put together.
#[derive(Debug, Error)]
pub enum AssemblyError {
    /// The store cannot be opened, or is set up so that it could lose what was acknowledged.
    #[error("store cannot be used: {0}")]
    Store(#[from] StoreError),
    /// The spool cannot be opened.
    #[error("spool cannot be used")]
    Spool(#[from] SpoolError),
    /// The audit log cannot be opened.
    #[error("audit log cannot be used")]
    Audit(#[from] AuditError),
    /// The audit key cannot be used.
    #[error("audit key cannot be used")]
    AuditKey(#[from] KeyInvalid),
    /// A storage or index key cannot be used.
    #[error("storage key cannot be used")]
    Key(#[from] KeyError),
    /// An HTTP client cannot be made.
    #[error("HTTP client cannot be made")]
    Client(#[from] ClientError),
    /// The certificates of the Common Services cannot be used.
    #[error("trust of the Common Services cannot be used")]
    Trust(#[from] UnusableTrust),
    /// The platform cannot be named in messages.
    #[error("{0} cannot be written in messages")]
    Identity(&'static str),
    /// The configuration asks for what this release does not have.
    #[error("{0} is not part of this release")]
    Missing(&'static str),
}

impl AssemblyError {
    /// Whether the configuration is to blame, rather than something that may pass.
    #[must_use]
    pub const fn is_configuration(&self) -> bool {
        match self {
            Self::Store(StoreError::Unsafe(_))
            | Self::AuditKey(_)
            | Self::Key(_)
            | Self::Trust(_)
            | Self::Identity(_)
            | Self::Missing(_) => true,
            Self::Store(_) | Self::Spool(_) | Self::Audit(_) | Self::Client(_) => false,
        }
    }
}

impl Platform {
    /// Everything but the listeners. `public_url` is where browsers reach us.
    ///
    /// # Errors
    /// The first part that cannot be made.
    pub async fn assemble(
        config: Config,
        world: World,
        metrics: Metrics,
        public_url: Url,
    ) -> Result<Arc<Self>, AssemblyError> {
        unsupported(&config)?;
        let vault = vault(&config, &world)?;
        let store = store(&config, vault.clone()).await?;
        let spool = Spool::open(
            config.spool().folder(),
            config.spool().max_bytes(),
            world.clone(),
        )
        .await?;
        let audit = audit_log(&config, vault)?;
        let Registers::Table(providers) = config.national().registers() else {
            return Err(AssemblyError::Missing("national.rdn"));
        };
        let parts = Parts {
            store,
            spool,
            audit,
            partners: Partners::new(config.clone(), Patience::default())?,
            party_id: config.platform().party_id().clone(),
            tables: ArcSwap::from_pointee(config.tables().clone()),
            directory: common_services(&config, &world)?,
            as4: Client::new(&config)?,
            sak: sak(&config)?,
            metrics,
            public_url,
            identity: identity(&config)?,
            providers: providers.clone(),
            config,
            world,
        };
        Ok(Self::new(parts))
    }
}

/// A setting that this release cannot honor is refused, never ignored.
fn unsupported(config: &Config) -> Result<(), AssemblyError> {
    let national = config.national();
    let asked_for = [
        (
            national.codec() == config::Codec::Xml,
            "national.codec = \"xml\"",
        ),
        (national.token().is_some(), "national.token"),
        (
            national.token_source() == config::TokenSource::Platform,
            "national.vs.mode = \"platform\"",
        ),
        (
            config.preview().identity_provider().is_some(),
            "preview.identity_provider",
        ),
        (
            config.validation().inbound() == config::Enforcement::Enforce,
            "validation.inbound = \"enforce\"",
        ),
        (
            config.validation().outbound() == config::Enforcement::Enforce,
            "validation.outbound = \"enforce\"",
        ),
    ];
    match asked_for.into_iter().find(|(wanted, _)| *wanted) {
        Some((_, setting)) => Err(AssemblyError::Missing(setting)),
        None => Ok(()),
    }
}

fn vault(config: &Config, world: &World) -> Result<Vault, AssemblyError> {
    let keys = config.keys();
    let storage = keys
        .storage()
        .iter()
        .map(|key| StorageKey::new(key.id(), key.expose()));
    let storage = storage.collect::<Result<Vec<_>, _>>()?;
    Ok(Vault::new(
        storage,
        IndexKey::new(keys.index())?,
        world.clone(),
    )?)
}

async fn store(config: &Config, vault: Vault) -> Result<Arc<dyn Store>, AssemblyError> {
    Ok(match config.store().kind() {
        StoreKind::Embedded { path } => Arc::new(Embedded::open(path, vault)?),
        StoreKind::Redis { url } => {
            let settings = redis::Settings {
                durability: match config.store().durability() {
                    Durability::Strict => redis::Durability::Strict,
                    Durability::Relaxed => redis::Durability::Relaxed,
                },
                replicas_required: config.store().replicas_required() as u64,
                ..redis::Settings::new(url.expose())
            };
            Arc::new(Redis::connect(&settings, vault).await?)
        }
    })
}

fn audit_log(config: &Config, vault: Vault) -> Result<AuditLog, AssemblyError> {
    let key = AuditKey::from_pkcs8_pem(config.keys().audit_pem().expose())?;
    let days = u32::try_from(config.audit().retention_days()).unwrap_or(u32::MAX);
    let settings = audit::Settings::new(config.audit().path().to_owned(), days);
    Ok(AuditLog::open(settings, key, vault)?)
}

fn common_services(config: &Config, world: &World) -> Result<Directory, AssemblyError> {
    let section = config.common_services();
    let config::Directory::Urls {
        evidence_broker,
        data_service_directory,
    } = section.directory()
    else {
        return Err(AssemblyError::Missing("common_services.naptr"));
    };
    let tls = ClientTls::new(section.tls_trust_pem().map(str::to_owned), None);
    let settings = directory::Settings {
        client: client(&tls, CallTimeouts::within(section.timeout()))?,
        locate: Arc::new(Fixed {
            evidence_broker: evidence_broker.clone(),
            data_service_directory: data_service_directory.clone(),
        }),
        trust: Trust::new(
            section.trust_pem().iter().map(String::as_str),
            signer(config),
        )?,
        timeout: section.timeout(),
        policy: Policy {
            ttl: section.cache_ttl(),
            serve_stale: section.serve_stale(),
        },
    };
    Ok(Directory::new(settings, world.clone()))
}

/// Outside the Commission's own environments the roots alone decide.
fn signer(config: &Config) -> Option<Signer> {
    match config.platform().environment() {
        config::Environment::Production | config::Environment::Acceptance => {
            Some(Signer::european_commission())
        }
        config::Environment::Test => None,
    }
}

fn sak(config: &Config) -> Result<Sak, AssemblyError> {
    let national = config.national();
    let sak = national.sak();
    let timeouts = CallTimeouts {
        connect: CONNECT.min(sak.timeout()),
        ..CallTimeouts::within(sak.timeout())
    };
    Ok(Sak::new(
        client(sak.tls(), timeouts)?,
        sak.url().clone(),
        national.component_id(),
    ))
}

/// A SAK stands beside us: a connection that takes longer will not come.
const CONNECT: Duration = Duration::from_secs(5);

fn identity(config: &Config) -> Result<mapping::Platform, AssemblyError> {
    let agent = config.platform().agent();
    let wrong = |what| move |_| AssemblyError::Identity(what);
    let mut names = Vec::new();
    for name in agent.name() {
        let language = name
            .language()
            .parse()
            .map_err(wrong("platform.agent.name"))?;
        names.push(noots::Text::new(name.text(), language));
    }
    let author = noots::Party {
        directory: config.national().directory().to_owned(),
        id: config.national().directory_id().to_owned(),
        name: agent
            .name()
            .first()
            .map(|name| name.text().to_owned())
            .unwrap_or_default(),
        channels: Vec::new(),
    };
    let production = config.platform().environment() == config::Environment::Production;
    let names = mapping::PlatformNames {
        id: agent.id().to_owned(),
        scheme: agent
            .scheme()
            .parse()
            .map_err(wrong("platform.agent.scheme"))?,
        names: noots::OneOrMore::new(names)
            .ok_or(AssemblyError::Identity("platform.agent.name"))?,
        author,
        product: noots::Product {
            name: "intermediaere-plattform".to_owned(),
            maker: env!("CARGO_PKG_NAME").to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        },
        // Messages of a test system say so and must not be processed in production.
        test: (!production).then(|| "true".to_owned()),
    };
    mapping::Platform::new(names).map_err(|_| AssemblyError::Identity("platform.agent.id"))
}
