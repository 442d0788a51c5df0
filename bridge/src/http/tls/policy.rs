//! Which versions and suites of TLS are spoken. Nothing older than 1.2 and nothing without forward
//! secrecy and authenticated encryption exists here, so none of it can be configured. `[AS4_CP_TA40]`
//! `[AS4_CP_TA41]` [ROB-102]

use std::sync::Arc;

use rustls::{
    SupportedCipherSuite, SupportedProtocolVersion,
    crypto::{
        CryptoProvider,
        aws_lc_rs::{self, cipher_suite as suite},
    },
};

use super::TlsError;

/// A version of TLS.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum TlsVersion {
    /// TLS 1.2
    V1_2,
    /// TLS 1.3
    V1_3,
}

/// A cipher suite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Suite(SupportedCipherSuite);

impl Suite {
    /// Every suite there is, with its registered name, those we prefer first.
    pub const ALL: [(&'static str, Self); 9] = [
        (
            "TLS_AES_256_GCM_SHA384",
            Self(suite::TLS13_AES_256_GCM_SHA384),
        ),
        (
            "TLS_AES_128_GCM_SHA256",
            Self(suite::TLS13_AES_128_GCM_SHA256),
        ),
        (
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            Self(suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384),
        ),
        (
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            Self(suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256),
        ),
        (
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            Self(suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384),
        ),
        (
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            Self(suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256),
        ),
        (
            "TLS_CHACHA20_POLY1305_SHA256",
            Self(suite::TLS13_CHACHA20_POLY1305_SHA256),
        ),
        (
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            Self(suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256),
        ),
        (
            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
            Self(suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256),
        ),
    ];

    /// The registered name.
    #[must_use]
    pub fn name(self) -> &'static str {
        let known = Self::ALL.iter().find(|(_, suite)| *suite == self);
        known.map_or("", |(name, _)| name)
    }

    /// The registered name of what was agreed on.
    #[must_use]
    pub fn name_of(agreed: SupportedCipherSuite) -> &'static str {
        Self(agreed).name()
    }

    fn version(self) -> TlsVersion {
        match self.0 {
            SupportedCipherSuite::Tls12(_) => TlsVersion::V1_2,
            SupportedCipherSuite::Tls13(_) => TlsVersion::V1_3,
        }
    }
}

/// Versions and suites of one listener or one kind of call: what is listed is spoken, and nothing
/// else. `[AS4_CP_TA39]` `[AS4_CP_TA42]` `[AS4_CP_TA43]`
#[derive(Clone, Debug, PartialEq)]
pub struct TlsPolicy {
    versions: Vec<TlsVersion>,
    suites: Vec<Suite>,
}

impl Default for TlsPolicy {
    /// Both versions; AES in Galois/counter mode. [AS4 4.5]
    fn default() -> Self {
        let preferred = Suite::ALL.iter().take(PREFERRED);
        Self {
            versions: vec![TlsVersion::V1_3, TlsVersion::V1_2],
            suites: preferred.map(|(_, suite)| *suite).collect(),
        }
    }
}

impl TlsPolicy {
    /// Versions and suites in order of preference; an empty list means the default.
    ///
    /// # Errors
    /// A version for which no suite is listed, or a suite of a version that is not.
    pub fn new(versions: Vec<TlsVersion>, suites: Vec<Suite>) -> Result<Self, TlsError> {
        let default = Self::default();
        let versions = if versions.is_empty() {
            default.versions
        } else {
            versions
        };
        let usable = |suite: &Suite| versions.contains(&suite.version());
        let suites: Vec<_> = if suites.is_empty() {
            default.suites.into_iter().filter(usable).collect()
        } else {
            suites
        };
        let served = |version: &TlsVersion| suites.iter().any(|suite| suite.version() == *version);
        if !suites.iter().all(usable) || !versions.iter().all(served) {
            return Err(TlsError::Policy);
        }
        Ok(Self { versions, suites })
    }

    pub(super) fn provider(&self) -> Arc<CryptoProvider> {
        Arc::new(CryptoProvider {
            cipher_suites: self.suites.iter().map(|suite| suite.0).collect(),
            ..aws_lc_rs::default_provider()
        })
    }

    pub(super) fn versions(&self) -> Vec<&'static SupportedProtocolVersion> {
        let version = |version: &TlsVersion| match version {
            TlsVersion::V1_2 => &rustls::version::TLS12,
            TlsVersion::V1_3 => &rustls::version::TLS13,
        };
        self.versions.iter().map(version).collect()
    }
}

/// So many of [`Suite::ALL`] are offered unless others are listed.
const PREFERRED: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    fn suite(name: &str) -> Suite {
        let known = Suite::ALL.iter().find(|(known, _)| *known == name);
        known.expect("a known suite").1
    }

    #[test]
    fn a_version_needs_a_suite_and_a_suite_its_version() {
        let gcm = suite("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
        assert!(TlsPolicy::new(Vec::new(), vec![gcm]).is_err());
        assert!(TlsPolicy::new(vec![TlsVersion::V1_3], vec![gcm]).is_err());
        assert!(TlsPolicy::new(vec![TlsVersion::V1_2], vec![gcm]).is_ok());
    }

    #[test]
    fn without_suites_those_of_the_version_are_meant() {
        let policy = TlsPolicy::new(vec![TlsVersion::V1_3], Vec::new()).unwrap();
        let names: Vec<_> = policy.suites.iter().map(|suite| suite.name()).collect();
        assert_eq!(names, ["TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256"]);
    }

    #[test]
    fn empty_lists_are_the_default() {
        let policy = TlsPolicy::new(Vec::new(), Vec::new()).unwrap();
        assert_eq!(policy, TlsPolicy::default());
        assert_eq!(policy.suites.len(), PREFERRED);
    }
}
