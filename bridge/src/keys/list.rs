//! Every certificate a configuration names, with the end of its validity.

use std::collections::BTreeMap;

use ebms::security::Certificate;
use jiff::Timestamp;
use serde::Serialize;

use crate::{
    config::Config,
    telemetry::metrics::{CertificatePurpose, Metrics},
};

/// One certificate of the configuration.
#[derive(Clone, Debug)]
pub struct Listed {
    purpose: CertificatePurpose,
    party: String,
    certificate: Certificate,
}

/// How long a certificate is still good for.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// No longer valid.
    Expired,
    /// Not valid yet.
    NotYetValid,
    /// Ends within the days asked about.
    Ending,
    /// Good.
    Good,
}

impl Listed {
    /// A certificate of a party.
    pub fn new(purpose: CertificatePurpose, party: &str, certificate: Certificate) -> Self {
        Self {
            purpose,
            party: party.to_owned(),
            certificate,
        }
    }

    /// What it is for.
    pub fn purpose(&self) -> CertificatePurpose {
        self.purpose
    }

    /// Whose it is: a partner, a listener, or the platform.
    pub fn party(&self) -> &str {
        &self.party
    }

    /// The certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Seconds until it ends; negative when it has.
    pub fn seconds_left(&self, now: Timestamp) -> i64 {
        self.certificate
            .not_after()
            .as_second()
            .saturating_sub(now.as_second())
    }

    /// How it stands, where `days` are what counts as soon.
    pub fn standing(&self, now: Timestamp, days: u16) -> Standing {
        let left = self.seconds_left(now);
        if left < 0 {
            Standing::Expired
        } else if !self.certificate.is_valid_at(now) {
            Standing::NotYetValid
        } else if left < i64::from(days) * 86_400 {
            Standing::Ending
        } else {
            Standing::Good
        }
    }
}

/// All certificates: ours first, then the partners'.
pub fn list(config: &Config) -> Vec<Listed> {
    let own = config.platform().party_id().value();
    let mut listed = Vec::new();
    let mut add = |purpose, party: &str, certificate: &Certificate| {
        listed.push(Listed::new(purpose, party, certificate.clone()));
    };
    add(
        CertificatePurpose::As4Signing,
        own,
        config.keys().as4_signing().certificate(),
    );
    for key in config.keys().as4_decryption() {
        add(CertificatePurpose::As4Decryption, own, key.certificate());
    }
    for (name, listener) in config.listen().all() {
        let pem = listener.tls().map(|tls| tls.chain_pem().as_bytes());
        if let Some(Ok(certificate)) = pem.map(Certificate::from_pem) {
            add(CertificatePurpose::Tls, name, &certificate);
        }
    }
    for partner in config.pmodes().partners() {
        let name = partner.name().as_str();
        for certificate in partner.trust().certificates() {
            add(CertificatePurpose::PartnerSigning, name, certificate);
        }
        if let Some(certificate) = partner.encryption_certificate() {
            add(CertificatePurpose::PartnerEncryption, name, certificate);
        }
    }
    listed
}

/// Sets the gauge of each purpose and party. While two certificates overlap, the one that lasts
/// longer counts.
pub fn measure(config: &Config, metrics: &Metrics, now: Timestamp) {
    let mut longest: BTreeMap<(CertificatePurpose, String), i64> = BTreeMap::new();
    for listed in list(config) {
        let left = listed.seconds_left(now);
        let known = longest
            .entry((listed.purpose, listed.party))
            .or_insert(left);
        *known = left.max(*known);
    }
    for ((purpose, party), left) in longest {
        metrics.certificate_expiry(purpose, &party, left);
    }
}
