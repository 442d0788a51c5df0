//! The small sections: `[mapping]`, `[preview]`, `[validation]`, `[telemetry]`.

use std::path::{Path, PathBuf};

use url::Url;

use super::{
    read::{Choice, Table},
    secret::Secret,
};

/// The identity provider users sign in with.
#[derive(Clone, Debug)]
pub struct IdentityProvider {
    issuer: Url,
    client_id: String,
    client_secret: Option<Secret>,
    trust: Option<String>,
}

impl IdentityProvider {
    /// The OpenID Connect issuer.
    pub fn issuer(&self) -> &Url {
        &self.issuer
    }

    /// Who we are there.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Our secret there.
    pub fn client_secret(&self) -> Option<&Secret> {
        self.client_secret.as_ref()
    }

    /// PEM of the roots of its TLS certificate; `None` means the roots of the system.
    pub fn trust_pem(&self) -> Option<&str> {
        self.trust.as_deref()
    }

    fn read(mut table: Table<'_>) -> Option<Self> {
        let issuer = table.get("issuer");
        let client_id = table.get::<String>("client_id");
        let client_secret = table
            .has("client_secret")
            .then(|| table.secret_file("client_secret"))
            .flatten();
        let trust = table
            .has("trust")
            .then(|| table.pem_file("trust"))
            .flatten();
        table.finish();
        Some(Self {
            issuer: issuer?,
            client_id: client_id?,
            client_secret,
            trust,
        })
    }
}

/// `[preview]`.
#[derive(Clone, Debug)]
pub struct Preview {
    identity_provider: Option<IdentityProvider>,
    languages: Vec<String>,
    texts: Option<PathBuf>,
}

impl Preview {
    /// The identity provider, when pages for citizens are in use.
    pub fn identity_provider(&self) -> Option<&IdentityProvider> {
        self.identity_provider.as_ref()
    }

    /// Languages of the pages, the first being the default.
    pub fn languages(&self) -> &[String] {
        &self.languages
    }

    /// A folder with texts that replace the built-in ones.
    pub fn texts(&self) -> Option<&Path> {
        self.texts.as_deref()
    }

    pub(super) fn read(mut table: Table<'_>) -> Option<Self> {
        let provider = table
            .optional("identity_provider")
            .map(IdentityProvider::read);
        let mut languages = table.list::<String>("languages");
        for language in &languages {
            if language.len() != 2 || !language.bytes().all(|byte| byte.is_ascii_lowercase()) {
                let problem = format!("{language:?} is not a language code");
                table.problem("languages", problem, "two small letters");
            }
        }
        if languages.is_empty() {
            languages = vec!["de".to_owned(), "en".to_owned()];
        }
        let texts = table.folder("texts");
        table.finish();
        let identity_provider = match provider {
            Some(read) => Some(read?),
            None => None,
        };
        Some(Self {
            identity_provider,
            languages,
            texts,
        })
    }
}

/// What the rules may do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Enforcement {
    /// They do not run.
    Off,
    /// Findings are recorded.
    Report,
    /// Fatal findings refuse the message.
    Enforce,
}

impl Choice for Enforcement {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("off", Self::Off),
        ("report", Self::Report),
        ("enforce", Self::Enforce),
    ];
}

/// `[validation]`.
#[derive(Clone, Debug)]
pub struct Validation {
    inbound: Enforcement,
    outbound: Enforcement,
    official_schematron: Option<PathBuf>,
}

impl Validation {
    /// For what we receive.
    pub fn inbound(&self) -> Enforcement {
        self.inbound
    }

    /// For what we send.
    pub fn outbound(&self) -> Enforcement {
        self.outbound
    }

    /// The folder of the published Schematron files.
    pub fn official_schematron(&self) -> Option<&Path> {
        self.official_schematron.as_deref()
    }

    pub(super) fn read(mut table: Table<'_>) -> Self {
        let inbound = table.or("inbound", Enforcement::Report);
        let outbound = table.or("outbound", Enforcement::Report);
        let official_schematron = table.folder("official_schematron");
        table.finish();
        Self {
            inbound,
            outbound,
            official_schematron,
        }
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LogFormat {
    /// For eyes.
    Text,
    /// One object per line.
    Json,
}

impl Choice for LogFormat {
    const WORDS: &'static [(&'static str, Self)] = &[("text", Self::Text), ("json", Self::Json)];
}

/// `[telemetry]`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Telemetry {
    log_format: LogFormat,
    log_filter: String,
    otlp_endpoint: Option<Url>,
}

impl Telemetry {
    /// How log lines look.
    pub fn log_format(&self) -> LogFormat {
        self.log_format
    }

    /// Which lines are written, in the syntax of `tracing`'s `EnvFilter`.
    pub fn log_filter(&self) -> &str {
        &self.log_filter
    }

    /// Where traces are sent to.
    pub fn otlp_endpoint(&self) -> Option<&Url> {
        self.otlp_endpoint.as_ref()
    }

    pub(super) fn read(mut table: Table<'_>) -> Self {
        let log_format = table.or("log_format", LogFormat::Text);
        let log_filter = table.or("log_filter", "info".to_owned());
        if let Err(error) = tracing_subscriber::EnvFilter::try_new(&log_filter) {
            table.problem(
                "log_filter",
                error.to_string(),
                "for example \"info,bridge=debug\"",
            );
        }
        let otlp_endpoint = table.find("otlp_endpoint");
        table.finish();
        Self {
            log_format,
            log_filter,
            otlp_endpoint,
        }
    }
}
