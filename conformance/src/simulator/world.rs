//! All simulators put together around one bridge, with certificates made anew
//!
//! The bridge binds its listeners first; the world is started with their addresses and tells, in
//! [`Facts`], everything the bridge's configuration has to say about its neighbors.

mod facts;
mod keys;
mod published;
#[cfg(test)]
mod tests;

use anyhow::Result;

pub use facts::Facts;
pub use keys::{BridgeKeys, WorldKeys};
pub use published::{ForeignEvidence, GermanEvidence};

use self::published::Published;
use super::common_services::{CommonServices, Line, Setup, Signer};
use super::data_consumer::{DataConsumer, DataConsumerSpec, OrderSpec};
use super::edm::{Authority, EdmVersion};
use super::foreign::{
    AccessPointSpec, Foreign, ForeignSpec, PartnerSpec, PartyName, PortalSpec, ProviderSpec,
    RequestSpec,
};
use super::http::Server;
use super::journal::Journal;
use super::national::{Agent, Body};
use super::person::TestPerson;
use super::sak::{PushTarget, ReplyMode, Sak, SakSpec};
use super::source::Source;

/// The platform, as its neighbors know it
#[derive(Clone, Debug)]
pub struct PlatformFacts {
    /// Its access point
    pub party: PartyName,
    /// It as agent, with its country
    pub agent: Agent,
    /// Its `kennung` in `leser` and `autor`
    pub kennung: String,
    /// Its Teilnehmer-ID
    pub component_id: String,
}

impl Default for PlatformFacts {
    fn default() -> Self {
        Self {
            party: PartyName {
                id: "AP_DE_01".to_owned(),
                scheme: OOTS.to_owned(),
            },
            agent: Agent {
                id: "DE-IP-0001".to_owned(),
                scheme: "urn:oasis:names:tc:ebcore:partyid-type:unregistered:DE".to_owned(),
                name: "Intermediäre Plattform".to_owned(),
                lang: "de".to_owned(),
                country: Some("DE".to_owned()),
            },
            kennung: "ip:0001".to_owned(),
            component_id: "ip-0001".to_owned(),
        }
    }
}

/// Where the listeners of the bridge are
#[derive(Clone, Debug)]
pub struct BridgeUrls {
    /// URL of the access point, path included
    pub as4: String,
    /// Base URL of the national listener
    pub national: String,
    /// Base URL of the public listener
    pub public: String,
}

/// Everything a world needs to start
#[derive(Debug)]
pub struct WorldSpec {
    /// The bridge's listeners
    pub bridge: BridgeUrls,
    /// The platform
    pub platform: PlatformFacts,
    /// All keys and certificates, those of the bridge included
    pub keys: WorldKeys,
    /// How the civil registry answers
    pub births: ReplyMode,
    /// How the vehicle register answers
    pub vehicles: ReplyMode,
    /// Time and randomness
    pub source: Source,
}

impl WorldSpec {
    /// The usual world: registers that answer at once
    #[must_use]
    pub fn new(bridge: BridgeUrls, keys: WorldKeys, source: Source) -> Self {
        Self {
            bridge,
            platform: PlatformFacts::default(),
            keys,
            births: ReplyMode::Direct,
            vehicles: ReplyMode::Direct,
            source,
        }
    }
}

/// The running world; stops when dropped
#[derive(Debug)]
pub struct SimulatedWorld {
    journal: Journal,
    foreign: Foreign,
    sak: Sak,
    common_services: CommonServices,
    consumer: DataConsumer,
    other_consumer: DataConsumer,
    facts: Facts,
    published: Published,
}

impl SimulatedWorld {
    /// Starts every simulator on a free port of loopback
    ///
    /// # Errors
    /// When a certificate cannot be used or no port is free.
    pub async fn start(spec: WorldSpec) -> Result<Self> {
        let journal = Journal::new();
        let published = Published::new()?;
        let environment = || (spec.source.clone(), journal.clone());
        let (source, record) = environment();
        let foreign = Foreign::start(
            Server::bind().await?,
            foreign(&spec, &published)?,
            source,
            record,
        )?;
        let (source, record) = environment();
        let sak = Sak::start(
            Server::bind().await?,
            sak(&spec, &published)?,
            source,
            record,
        )?;
        let (source, record) = environment();
        let setup = Setup {
            tls: spec.keys.common_services_tls.tls(),
            signer: Signer::new(&spec.keys.common_services)?,
            lines: Line::ALL.to_vec(),
            source,
            journal: record,
            client: spec.platform.agent.name.clone(),
        };
        let catalogue = published.catalogue().clone();
        let common_services = CommonServices::start(Server::bind().await?, catalogue, setup)?;
        let (source, record) = environment();
        let consumer = DataConsumer::new(consumer(&spec), source, record)?;
        let (source, record) = environment();
        let other_consumer = DataConsumer::new(other_consumer(&spec), source, record)?;
        let facts = Facts::new(&spec, &published, &foreign, &sak, &common_services)?;
        Ok(Self {
            journal,
            foreign,
            sak,
            common_services,
            consumer,
            other_consumer,
            facts,
            published,
        })
    }

    /// What happened on every wire
    #[must_use]
    pub const fn journal(&self) -> &Journal {
        &self.journal
    }

    /// The foreign member state
    #[must_use]
    pub const fn foreign(&self) -> &Foreign {
        &self.foreign
    }

    /// The SAK with its registers
    #[must_use]
    pub const fn sak(&self) -> &Sak {
        &self.sak
    }

    /// The Common Services
    #[must_use]
    pub const fn common_services(&self) -> &CommonServices {
        &self.common_services
    }

    /// The German portal
    #[must_use]
    pub const fn consumer(&self) -> &DataConsumer {
        &self.consumer
    }

    /// Another German portal, which has no business with the orders of the first
    #[must_use]
    pub const fn other_consumer(&self) -> &DataConsumer {
        &self.other_consumer
    }

    /// What the bridge's configuration has to say
    #[must_use]
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// What the foreign portal asks for to get a German evidence, without preview
    #[must_use]
    pub fn request(&self, version: EdmVersion, evidence: GermanEvidence) -> RequestSpec {
        self.published.request(version, evidence)
    }

    /// What the German portal orders to get a foreign evidence
    #[must_use]
    pub fn order(&self, evidence: &[ForeignEvidence]) -> OrderSpec {
        self.published.order(evidence)
    }
}

fn foreign(spec: &WorldSpec, published: &Published) -> Result<ForeignSpec> {
    let platform = platform_abroad(&spec.platform);
    let intermediary = authority(
        "OOTSFRANCE",
        UNREGISTERED_FR,
        "OOTS-France Intermediary Platform",
    );
    let requester = authority(
        "00000000000002",
        SIRET,
        "Ministère de l'enseignement supérieur",
    );
    let keys = &spec.keys;
    let platform_name = spec.platform.agent.name.clone();
    Ok(ForeignSpec {
        access_point: AccessPointSpec {
            party: PartyName {
                id: FOREIGN_PARTY.to_owned(),
                scheme: OOTS.to_owned(),
            },
            tls: keys.foreign_tls.tls(),
            signing: keys.foreign_signing.tls(),
            decryption: keys.foreign_decryption.tls(),
            partner: PartnerSpec {
                name: platform_name,
                party: spec.platform.party.clone(),
                endpoint: spec.bridge.as4.clone(),
                signing_pem: keys.bridge.signing.certificate_pem().to_owned(),
                encryption_pem: keys.bridge.decryption.certificate_pem().to_owned(),
                tls_root_pem: keys.tls_root_pem().to_owned(),
            },
        },
        portal: PortalSpec {
            requester,
            platform: Some(intermediary.clone()),
            peer_platform: platform.clone(),
        },
        provider: ProviderSpec {
            authority: published.foreign_authority()?,
            offers: published.foreign_offers()?,
            persons: persons("DE/FR"),
            platform: Some(intermediary),
            peer_platform: platform,
        },
    })
}

fn sak(spec: &WorldSpec, published: &Published) -> Result<SakSpec> {
    let keys = &spec.keys;
    let births = published.register(GermanEvidence::BirthCertificate, persons("FR/DE"))?;
    let vehicles = published.register(GermanEvidence::VehicleRecord, persons("FR/DE"))?;
    Ok(SakSpec {
        identity: keys.sak_tls.tls(),
        client_ca_pem: keys.tls_root_pem().to_owned(),
        caller_fingerprint: Some(keys.bridge.tls_client.tls().fingerprint()?),
        platform_id: spec.platform.component_id.clone(),
        platform_token: None,
        platform: spec.platform.agent.clone(),
        registers: vec![(births, spec.births), (vehicles, spec.vehicles)],
        push: Some(PushTarget {
            base_url: spec.bridge.national.clone(),
            root_pem: keys.tls_root_pem().to_owned(),
            identity: keys.sak_client.tls(),
            token: None,
        }),
    })
}

fn consumer(spec: &WorldSpec) -> DataConsumerSpec {
    DataConsumerSpec {
        agent: Agent {
            id: "08111000-0002-22".to_owned(),
            scheme: LEITWEG.to_owned(),
            name: "Zulassungsbehörde Stuttgart".to_owned(),
            lang: "de".to_owned(),
            country: Some("DE".to_owned()),
        },
        body: Body {
            kennung: "kfz:08111000".to_owned(),
            name: "Zulassungsbehörde Stuttgart".to_owned(),
        },
        component_id: "portal-0001".to_owned(),
        identity: spec.keys.consumer.tls(),
        token: None,
        platform: spec.platform.agent.clone(),
        platform_body: Body {
            kennung: spec.platform.kennung.clone(),
            name: spec.platform.agent.name.clone(),
        },
        national_url: spec.bridge.national.clone(),
        public_url: spec.bridge.public.clone(),
        root_pem: spec.keys.tls_root_pem().to_owned(),
        return_origin: "https://portal.stuttgart.example".to_owned(),
    }
}

fn other_consumer(spec: &WorldSpec) -> DataConsumerSpec {
    let name = "Zulassungsbehörde Karlsruhe".to_owned();
    let first = consumer(spec);
    DataConsumerSpec {
        agent: Agent {
            id: "08212000-0002-33".to_owned(),
            name: name.clone(),
            ..first.agent
        },
        body: Body {
            kennung: "kfz:08212000".to_owned(),
            name,
        },
        component_id: "portal-0002".to_owned(),
        identity: spec.keys.other_consumer.tls(),
        return_origin: "https://portal.karlsruhe.example".to_owned(),
        ..first
    }
}

/// The platform as EDM messages name it: language in capitals
fn platform_abroad(platform: &PlatformFacts) -> Authority {
    let agent = &platform.agent;
    Authority {
        id: agent.id.clone(),
        scheme: agent.scheme.clone(),
        name: agent.name.clone(),
        lang: agent.lang.to_ascii_uppercase(),
        country: agent.country.clone().unwrap_or_default(),
    }
}

fn authority(id: &str, scheme: &str, name: &str) -> Authority {
    Authority {
        id: id.to_owned(),
        scheme: scheme.to_owned(),
        name: name.to_owned(),
        lang: "FR".to_owned(),
        country: "FR".to_owned(),
    }
}

/// The persons every register of the world knows, with eIDAS identifiers of one direction
fn persons(direction: &str) -> Vec<TestPerson> {
    vec![
        TestPerson::planted(&format!("{direction}/AT-PII-7f3c91")),
        TestPerson::ordinary(&format!("{direction}/123456789")),
        TestPerson::published(&format!("{direction}/123123123")),
    ]
}

/// The foreign access point
pub const FOREIGN_PARTY: &str = "AP_FR_01";
const OOTS: &str = "urn:oasis:names:tc:ebcore:partyid-type:unregistered:oots";
const UNREGISTERED_FR: &str = "urn:oasis:names:tc:ebcore:partyid-type:unregistered:FR";
const SIRET: &str = "urn:cef.eu:names:identifier:EAS:0009";
const LEITWEG: &str = "urn:cef.eu:names:identifier:EAS:0204";
