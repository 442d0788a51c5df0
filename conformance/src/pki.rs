//! A throw-away public key infrastructure, made anew for each world
//!
//! Everything a simulated neighbor or a test needs to be somebody: roots, intermediates and
//! leaves for TLS, AS4 and the Common Services, and the wrong ones on demand. Validity follows
//! from the `now` handed in; keys and serial numbers are random. Nothing here is written to disk.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, RsaKeySize, SanType,
};

use crate::simulator::http::TlsIdentity;

/// A certificate with its key and the way to its root
#[derive(Clone)]
pub struct Identity {
    chain: Arc<[Certified]>,
    key_pem: Arc<str>,
}

/// One certificate, in both encodings
#[derive(Clone)]
struct Certified {
    der: Vec<u8>,
    pem: String,
}

impl Identity {
    /// The certificate
    #[must_use]
    pub fn certificate_der(&self) -> &[u8] {
        self.chain
            .first()
            .map_or(&[], |certified| certified.der.as_slice())
    }

    /// The certificate as PEM
    #[must_use]
    pub fn certificate_pem(&self) -> &str {
        self.chain
            .first()
            .map_or("", |certified| certified.pem.as_str())
    }

    /// The certificates from this one up to its root, both included
    pub fn chain_der(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.chain.iter().map(|certified| certified.der.as_slice())
    }

    /// The certificates from this one up to its root, both included, as PEM
    #[must_use]
    pub fn chain_pem(&self) -> String {
        self.chain
            .iter()
            .map(|certified| certified.pem.as_str())
            .collect()
    }

    /// The private key, PKCS#8
    #[must_use]
    pub fn key_pem(&self) -> &str {
        &self.key_pem
    }

    /// The same for the HTTPS of the simulators
    #[must_use]
    pub fn tls(&self) -> TlsIdentity {
        TlsIdentity {
            chain_pem: self.chain_pem(),
            key_pem: self.key_pem().to_owned(),
        }
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity")
            .field("certificates", &self.chain.len())
            .finish_non_exhaustive()
    }
}

/// The name in a certificate
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Subject {
    common_name: String,
    organization: Option<String>,
    country: Option<String>,
}

impl Subject {
    /// A name with a common name only
    pub fn new(common_name: impl Into<String>) -> Self {
        Self {
            common_name: common_name.into(),
            organization: None,
            country: None,
        }
    }

    /// The same with an organization
    #[must_use]
    pub fn organization(mut self, organization: impl Into<String>) -> Self {
        self.organization = Some(organization.into());
        self
    }

    /// The same with a country
    #[must_use]
    pub fn country(mut self, country: impl Into<String>) -> Self {
        self.country = Some(country.into());
        self
    }

    fn distinguished_name(&self) -> DistinguishedName {
        let mut name = DistinguishedName::new();
        if let Some(country) = &self.country {
            name.push(DnType::CountryName, country);
        }
        if let Some(organization) = &self.organization {
            name.push(DnType::OrganizationName, organization);
        }
        name.push(DnType::CommonName, &self.common_name);
        name
    }
}

impl From<&str> for Subject {
    fn from(common_name: &str) -> Self {
        Self::new(common_name)
    }
}

/// What a certificate is for
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Usage {
    /// A TLS server on loopback: `localhost`, `127.0.0.1`, `::1`
    TlsServer,
    /// A TLS client
    TlsClient,
    /// Signatures
    Signing,
    /// Keys wrapped for its holder (RSA), or agreed with it (P-256)
    Encryption,
}

/// The kind of a key pair
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Key {
    /// RSA, 2048 bits
    Rsa2048,
    /// RSA, 3072 bits
    Rsa3072,
    /// Elliptic curve P-256
    P256,
    /// Ed25519
    Ed25519,
}

impl Key {
    fn generate(self) -> Result<KeyPair> {
        match self {
            Self::Rsa2048 => KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048),
            Self::Rsa3072 => KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_3072),
            Self::P256 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256),
            Self::Ed25519 => KeyPair::generate_for(&rcgen::PKCS_ED25519),
        }
        .context("key generation")
    }

    const fn encryption_usage(self) -> KeyUsagePurpose {
        match self {
            Self::Rsa2048 | Self::Rsa3072 => KeyUsagePurpose::KeyEncipherment,
            Self::P256 | Self::Ed25519 => KeyUsagePurpose::KeyAgreement,
        }
    }
}

/// A new private key without a certificate, PKCS#8 as PEM
///
/// # Errors
/// When the system gives no randomness.
pub fn key_pem(key: Key) -> Result<String> {
    Ok(key.generate()?.serialize_pem())
}

/// From when to when a certificate holds
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Validity {
    not_before: Timestamp,
    not_after: Timestamp,
}

impl Validity {
    /// Around `now`: from a day ago, for two years
    #[must_use]
    pub fn around(now: Timestamp) -> Self {
        Self {
            not_before: shifted(now, -DAY),
            not_after: shifted(now, 730 * DAY),
        }
    }

    /// Over at `now`: ended a day ago after two years
    #[must_use]
    pub fn over(now: Timestamp) -> Self {
        Self {
            not_before: shifted(now, -731 * DAY),
            not_after: shifted(now, -DAY),
        }
    }

    /// Not begun at `now`: begins tomorrow
    #[must_use]
    pub fn not_begun(now: Timestamp) -> Self {
        Self {
            not_before: shifted(now, DAY),
            not_after: shifted(now, 730 * DAY),
        }
    }
}

/// What to certify
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    /// Whom
    pub subject: Subject,
    /// What for
    pub usage: Usage,
    /// With what kind of key
    pub key: Key,
    /// How long
    pub validity: Validity,
}

/// A certificate authority: a root, or an intermediate below one
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    /// From this authority's certificate up to the root
    chain: Vec<Certified>,
}

impl Authority {
    /// A new root, good for ten years around `now`
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn new(subject: impl Into<Subject>, now: Timestamp) -> Result<Self> {
        let params = authority_params(&subject.into(), now)?;
        let issuer = CertifiedIssuer::self_signed(params, Key::P256.generate()?)
            .context("root certificate")?;
        let chain = vec![Certified {
            der: issuer.der().to_vec(),
            pem: issuer.pem(),
        }];
        Ok(Self { issuer, chain })
    }

    /// A new authority below this one
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn intermediate(&self, subject: impl Into<Subject>, now: Timestamp) -> Result<Self> {
        let mut params = authority_params(&subject.into(), now)?;
        params.use_authority_key_identifier_extension = true;
        let issuer = CertifiedIssuer::signed_by(params, Key::P256.generate()?, &self.issuer)
            .context("intermediate certificate")?;
        let mut chain = vec![Certified {
            der: issuer.der().to_vec(),
            pem: issuer.pem(),
        }];
        chain.extend(self.chain.iter().cloned());
        Ok(Self { issuer, chain })
    }

    /// The certificate of this authority
    #[must_use]
    pub fn certificate_pem(&self) -> &str {
        self.chain
            .first()
            .map_or("", |certified| certified.pem.as_str())
    }

    /// The certificate of the root above it, or its own
    #[must_use]
    pub fn root_pem(&self) -> &str {
        self.chain
            .last()
            .map_or("", |certified| certified.pem.as_str())
    }

    /// Certifies a new key pair
    ///
    /// # Errors
    /// When the system gives no randomness or a name cannot stand in a certificate.
    pub fn issue(&self, request: &Request) -> Result<Identity> {
        let key = request.key.generate()?;
        let certificate = leaf_params(request)?
            .signed_by(&key, &self.issuer)
            .context("certificate")?;
        let mut chain = vec![Certified {
            der: certificate.der().to_vec(),
            pem: certificate.pem(),
        }];
        chain.extend(self.chain.iter().cloned());
        Ok(Identity {
            chain: chain.into(),
            key_pem: key.serialize_pem().into(),
        })
    }

    /// A TLS server on loopback
    ///
    /// # Errors
    /// As [`Authority::issue`].
    pub fn tls_server(&self, subject: impl Into<Subject>, now: Timestamp) -> Result<Identity> {
        self.valid(subject.into(), Usage::TlsServer, Key::P256, now)
    }

    /// A TLS client
    ///
    /// # Errors
    /// As [`Authority::issue`].
    pub fn tls_client(&self, subject: impl Into<Subject>, now: Timestamp) -> Result<Identity> {
        self.valid(subject.into(), Usage::TlsClient, Key::P256, now)
    }

    /// A signer, of AS4 messages (RSA) or of Common Services answers (P-256, Ed25519)
    ///
    /// # Errors
    /// As [`Authority::issue`].
    pub fn signing(
        &self,
        subject: impl Into<Subject>,
        key: Key,
        now: Timestamp,
    ) -> Result<Identity> {
        self.valid(subject.into(), Usage::Signing, key, now)
    }

    /// A holder of an AS4 decryption key
    ///
    /// # Errors
    /// As [`Authority::issue`].
    pub fn encryption(
        &self,
        subject: impl Into<Subject>,
        key: Key,
        now: Timestamp,
    ) -> Result<Identity> {
        self.valid(subject.into(), Usage::Encryption, key, now)
    }

    fn valid(&self, subject: Subject, usage: Usage, key: Key, now: Timestamp) -> Result<Identity> {
        self.issue(&Request {
            subject,
            usage,
            key,
            validity: Validity::around(now),
        })
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority")
            .field("certificates", &self.chain.len())
            .finish_non_exhaustive()
    }
}

fn authority_params(subject: &Subject, now: Timestamp) -> Result<CertificateParams> {
    let mut params = CertificateParams::new(Vec::new()).context("certificate name")?;
    params.distinguished_name = subject.distinguished_name();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let validity = Validity {
        not_before: shifted(now, -1_825 * DAY),
        not_after: shifted(now, 1_825 * DAY),
    };
    validity.set(&mut params);
    Ok(params)
}

fn leaf_params(request: &Request) -> Result<CertificateParams> {
    let mut params = CertificateParams::new(Vec::new()).context("certificate name")?;
    params.distinguished_name = request.subject.distinguished_name();
    request.validity.set(&mut params);
    params.use_authority_key_identifier_extension = true;
    // Only this variant makes rcgen write the subject key identifier that AS4 signatures point to.
    params.is_ca = IsCa::ExplicitNoCa;
    match request.usage {
        Usage::TlsServer => {
            params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            params.subject_alt_names = loopback()?;
        }
        Usage::TlsClient => {
            params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        }
        Usage::Signing => params.key_usages = vec![KeyUsagePurpose::DigitalSignature],
        Usage::Encryption => params.key_usages = vec![request.key.encryption_usage()],
    }
    Ok(params)
}

fn loopback() -> Result<Vec<SanType>> {
    Ok(vec![
        SanType::DnsName("localhost".try_into().context("certificate name")?),
        SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        SanType::IpAddress(IpAddr::V6(Ipv6Addr::LOCALHOST)),
    ])
}

fn shifted(now: Timestamp, seconds: i64) -> Timestamp {
    now.saturating_add(jiff::SignedDuration::from_secs(seconds))
        .unwrap_or(now)
}

impl Validity {
    fn set(self, params: &mut CertificateParams) {
        // The time type of rcgen is reached through its epoch: no dependency just to name it.
        let epoch = rcgen::date_time_ymd(1970, 1, 1);
        let since =
            |at: Timestamp| Duration::from_secs(u64::try_from(at.as_second()).unwrap_or_default());
        params.not_before = epoch + since(self.not_before);
        params.not_after = epoch + since(self.not_after);
    }
}

const DAY: i64 = 86_400;

#[cfg(test)]
mod tests;
