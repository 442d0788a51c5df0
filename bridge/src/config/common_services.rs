//! `[common_services]`: the Evidence Broker and the Data Service Directory of the Commission.

use std::time::Duration;

use url::Url;

use super::read::{Choice, Table};

/// Where the Common Services are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Directory {
    /// Written down.
    Urls {
        /// Evidence Broker.
        evidence_broker: Url,
        /// Data Service Directory.
        data_service_directory: Url,
    },
    /// Looked up in the DNS.
    Naptr {
        /// The zone, for example `oots.tech.ec.europa.eu`.
        zone: String,
        /// Whose answers are asked for.
        country: String,
        /// Which of the Commission's environments.
        environment: NaptrEnvironment,
    },
}

/// The Commission's environments as the names in the DNS have them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NaptrEnvironment {
    /// `prod`
    Production,
    /// `acc`
    Acceptance,
    /// `testing`
    Testing,
}

impl Choice for NaptrEnvironment {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("prod", Self::Production),
        ("acc", Self::Acceptance),
        ("testing", Self::Testing),
    ];
}

/// `[common_services]`.
#[derive(Clone, Debug)]
pub struct CommonServices {
    directory: Directory,
    trust: Vec<String>,
    tls_trust: Option<String>,
    timeout: Duration,
    cache_ttl: Duration,
    serve_stale: Duration,
}

impl CommonServices {
    /// Where they are.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// PEM texts of the certificates that the signatures of answers must lead to.
    pub fn trust_pem(&self) -> &[String] {
        &self.trust
    }

    /// PEM text of the roots of their TLS certificates; `None` means the roots of the system.
    pub fn tls_trust_pem(&self) -> Option<&str> {
        self.tls_trust.as_deref()
    }

    /// How long one question may take.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// How long an answer is fresh.
    pub fn cache_ttl(&self) -> Duration {
        self.cache_ttl
    }

    /// How long after that it still serves when nobody answers.
    pub fn serve_stale(&self) -> Duration {
        self.serve_stale
    }

    pub(super) fn read(mut table: Table<'_>) -> Option<Self> {
        let directory = read_directory(&mut table);
        let trust = table.pem_files("trust");
        if !table.has("trust") {
            table.missing(
                "trust",
                "the file of the certificates that sign the answers",
            );
        }
        let tls_trust = table.has("tls_trust").then(|| table.pem_file("tls_trust"));
        let timeout = table.seconds("timeout_secs", 10);
        let mut cache = table.section("cache");
        let cache_ttl = cache.seconds("ttl_secs", 3_600);
        let serve_stale = Duration::from_secs(cache.or("serve_stale_secs", 86_400));
        cache.finish();
        table.finish();
        let tls_trust = match tls_trust {
            Some(pem) => Some(pem?),
            None => None,
        };
        Some(Self {
            directory: directory?,
            trust,
            tls_trust,
            timeout,
            cache_ttl,
            serve_stale,
        })
    }
}

fn read_directory(table: &mut Table<'_>) -> Option<Directory> {
    let Some(mut naptr) = table.optional("naptr") else {
        let evidence_broker = table.get("evidence_broker_url");
        let data_service_directory = table.get("data_service_directory_url");
        return Some(Directory::Urls {
            evidence_broker: evidence_broker?,
            data_service_directory: data_service_directory?,
        });
    };
    for key in ["evidence_broker_url", "data_service_directory_url"] {
        if table.node(key).is_some() {
            table.problem(key, "contradicts naptr", "keep one of the two");
        }
    }
    let zone = naptr.get::<String>("zone");
    let country = naptr.get::<String>("country");
    let environment = naptr.get("environment");
    naptr.finish();
    Some(Directory::Naptr {
        zone: zone?,
        country: country?,
        environment: environment?,
    })
}
