//! X.509 certificates, read once into the facts that are asked later. Lenient on purpose: real
//! access points have certificates that strict parsers refuse; acceptance is [`super::Trust`]'s.

use super::{issued::Issued, name::Name};
use jiff::Timestamp;
use rustls_pki_types::{CertificateDer, pem::PemObject};
use std::{fmt, sync::Arc};
use x509_parser::{
    certificate::X509Certificate,
    extensions::{DistributionPointName, GeneralName, ParsedExtension},
    oid_registry,
    prelude::FromDer,
    x509::SubjectPublicKeyInfo,
};

/// A certificate.
#[derive(Clone)]
pub struct Certificate(Arc<Facts>);

struct Facts {
    der: Vec<u8>,
    subject: Name,
    issuer: Name,
    subject_der: Vec<u8>,
    issuer_der: Vec<u8>,
    /// Big-endian, without leading zeros.
    serial: Vec<u8>,
    not_before: Timestamp,
    not_after: Timestamp,
    /// `SubjectPublicKeyInfo`.
    spki: Vec<u8>,
    /// Content of its bit string.
    key_bits: Vec<u8>,
    key_kind: KeyKind,
    key_identifier: Vec<u8>,
    key_usage: Option<Usage>,
    /// Dotted object identifiers of its certificate policies.
    policies: Vec<String>,
    ocsp_responder: bool,
    crl_urls: Vec<String>,
    ocsp_urls: Vec<String>,
    issued: Issued,
}

#[derive(Clone, Copy)]
struct Usage {
    signs: bool,
    encrypts: bool,
    agrees: bool,
    signs_lists: bool,
}

/// The kinds of key this engine has algorithms for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum KeyKind {
    Rsa,
    Ed25519,
    X25519,
    P256,
    P384,
    P521,
    Brainpool256,
    Other,
}

/// A text that is not a certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidCertificate {
    /// Not PEM with at least one certificate.
    #[error("no certificate in PEM")]
    Pem,
    /// Not DER of a certificate.
    #[error("not a certificate in DER")]
    Der,
    /// Validity outside of what a calendar knows.
    #[error("validity cannot be read")]
    Validity,
}

impl Certificate {
    /// Reads the first certificate of a PEM text.
    pub fn from_pem(pem: &[u8]) -> Result<Self, InvalidCertificate> {
        Self::all_from_pem(pem)?
            .into_iter()
            .next()
            .ok_or(InvalidCertificate::Pem)
    }

    /// Reads every certificate of a PEM text, in its order.
    pub fn all_from_pem(pem: &[u8]) -> Result<Vec<Self>, InvalidCertificate> {
        let mut all = Vec::new();
        for der in CertificateDer::pem_slice_iter(pem) {
            all.push(Self::from_der(&der.map_err(|_| InvalidCertificate::Pem)?)?);
        }
        if all.is_empty() {
            Err(InvalidCertificate::Pem)
        } else {
            Ok(all)
        }
    }

    /// Reads PEM or DER.
    pub(crate) fn all_from_bytes(bytes: &[u8]) -> Result<Vec<Self>, InvalidCertificate> {
        match bytes.first() {
            Some(0x30) => Ok(vec![Self::from_der(bytes)?]),
            _ => Self::all_from_pem(bytes),
        }
    }

    /// Reads a certificate; nothing may follow it.
    pub fn from_der(der: &[u8]) -> Result<Self, InvalidCertificate> {
        let (rest, parsed) = X509Certificate::from_der(der).map_err(|_| InvalidCertificate::Der)?;
        if !rest.is_empty() {
            return Err(InvalidCertificate::Der);
        }
        let time = |seconds| Timestamp::from_second(seconds);
        let validity = parsed.validity();
        let key_bits = parsed.public_key().subject_public_key.data.to_vec();
        let serial = parsed.raw_serial();
        let leading = serial.iter().take_while(|byte| **byte == 0).count();
        Ok(Self(Arc::new(Facts {
            der: der.to_vec(),
            subject: Name::from_x509(parsed.subject()),
            issuer: Name::from_x509(parsed.issuer()),
            subject_der: parsed.subject().as_raw().to_vec(),
            issuer_der: parsed.issuer().as_raw().to_vec(),
            serial: serial.iter().skip(leading).copied().collect(),
            not_before: time(validity.not_before.timestamp())
                .map_err(|_| InvalidCertificate::Validity)?,
            not_after: time(validity.not_after.timestamp())
                .map_err(|_| InvalidCertificate::Validity)?,
            spki: parsed.public_key().raw.to_vec(),
            key_kind: key_kind(parsed.public_key()),
            key_identifier: key_identifier(&parsed)
                .unwrap_or_else(|| super::sha1(&key_bits).to_vec()),
            key_usage: key_usage(&parsed),
            key_bits,
            policies: policies(&parsed),
            ocsp_responder: is_ocsp_responder(&parsed),
            crl_urls: crl_urls(&parsed),
            ocsp_urls: ocsp_urls(&parsed),
            issued: Issued {
                signed: parsed.tbs_certificate.as_ref().to_vec(),
                algorithm: parsed.signature_algorithm.algorithm.to_id_string(),
                signature: parsed.signature_value.data.to_vec(),
            },
        })))
    }

    /// The certificate as it was read.
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// Its subject, in the form of RFC 4514.
    pub fn subject(&self) -> String {
        self.0.subject.to_string()
    }

    /// Its issuer, in the form of RFC 4514.
    pub fn issuer(&self) -> String {
        self.0.issuer.to_string()
    }

    /// Start of its validity.
    pub fn not_before(&self) -> Timestamp {
        self.0.not_before
    }

    /// End of its validity.
    pub fn not_after(&self) -> Timestamp {
        self.0.not_after
    }

    /// SHA-256 of the certificate.
    pub fn fingerprint_sha256(&self) -> [u8; 32] {
        super::sha256(&self.0.der)
    }

    /// Whether `now` is inside its validity.
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        (self.0.not_before..=self.0.not_after).contains(&now)
    }

    /// Where its issuer says that revocation lists are. Nothing is fetched from there unless the
    /// operator writes the address into the partner file.
    pub fn crl_urls(&self) -> &[String] {
        &self.0.crl_urls
    }

    /// Where its issuer says that questions are answered; see [`Self::crl_urls`].
    pub fn ocsp_urls(&self) -> &[String] {
        &self.0.ocsp_urls
    }

    /// Whether it names itself as its issuer: nobody can revoke it.
    pub fn is_self_issued(&self) -> bool {
        self.0.subject_der == self.0.issuer_der
    }

    pub(super) fn subject_name(&self) -> &Name {
        &self.0.subject
    }

    pub(super) fn policies(&self) -> &[String] {
        &self.0.policies
    }

    pub(super) fn is_ocsp_responder(&self) -> bool {
        self.0.ocsp_responder
    }

    pub(super) fn issued(&self) -> &Issued {
        &self.0.issued
    }

    pub(crate) fn common_name(&self) -> Option<&str> {
        self.0.subject.common_name()
    }

    pub(super) fn subject_der(&self) -> &[u8] {
        &self.0.subject_der
    }

    pub(super) fn issuer_der(&self) -> &[u8] {
        &self.0.issuer_der
    }

    pub(super) fn may_sign_lists(&self) -> bool {
        self.0.key_usage.is_none_or(|usage| usage.signs_lists)
    }

    pub(crate) fn issuer_name(&self) -> &Name {
        &self.0.issuer
    }

    pub(crate) fn serial(&self) -> &[u8] {
        &self.0.serial
    }

    pub(crate) fn spki(&self) -> &[u8] {
        &self.0.spki
    }

    pub(crate) fn key_bits(&self) -> &[u8] {
        &self.0.key_bits
    }

    pub(crate) fn key_kind(&self) -> KeyKind {
        self.0.key_kind
    }

    pub(crate) fn key_identifier(&self) -> &[u8] {
        &self.0.key_identifier
    }

    pub(crate) fn thumbprint_sha1(&self) -> [u8; 20] {
        super::sha1(&self.0.der)
    }

    /// Enforced only where the extension is present: most self-signed certificates of OOTS access
    /// points have none. [AS4 1.8]
    pub(crate) fn may_sign(&self) -> bool {
        self.0.key_usage.is_none_or(|usage| usage.signs)
    }

    pub(crate) fn may_encrypt(&self) -> bool {
        self.0.key_usage.is_none_or(|usage| match self.0.key_kind {
            KeyKind::Rsa => usage.encrypts,
            _ => usage.agrees,
        })
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.0.der == other.0.der
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({})", self.0.subject)
    }
}

fn key_kind(key: &SubjectPublicKeyInfo<'_>) -> KeyKind {
    let curve = || key.algorithm.parameters.as_ref()?.as_oid().ok();
    let algorithm = &key.algorithm.algorithm;
    if *algorithm == oid_registry::OID_PKCS1_RSAENCRYPTION {
        KeyKind::Rsa
    } else if *algorithm == oid_registry::OID_SIG_ED25519 {
        KeyKind::Ed25519
    } else if algorithm.to_id_string() == "1.3.101.110" {
        KeyKind::X25519
    } else if *algorithm == oid_registry::OID_KEY_TYPE_EC_PUBLIC_KEY {
        match curve() {
            Some(oid) if oid == oid_registry::OID_EC_P256 => KeyKind::P256,
            Some(oid) if oid == oid_registry::OID_NIST_EC_P384 => KeyKind::P384,
            Some(oid) if oid == oid_registry::OID_NIST_EC_P521 => KeyKind::P521,
            Some(oid) if oid.to_id_string() == super::brainpool::OID => KeyKind::Brainpool256,
            _ => KeyKind::Other,
        }
    } else {
        KeyKind::Other
    }
}

fn key_identifier(certificate: &X509Certificate<'_>) -> Option<Vec<u8>> {
    certificate
        .extensions()
        .iter()
        .find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::SubjectKeyIdentifier(identifier) => Some(identifier.0.to_vec()),
            _ => None,
        })
}

fn key_usage(certificate: &X509Certificate<'_>) -> Option<Usage> {
    certificate
        .extensions()
        .iter()
        .find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::KeyUsage(usage) => Some(Usage {
                signs: usage.digital_signature() || usage.non_repudiation(),
                encrypts: usage.key_encipherment() || usage.data_encipherment(),
                agrees: usage.key_agreement(),
                signs_lists: usage.crl_sign() || usage.key_cert_sign(),
            }),
            _ => None,
        })
}

fn policies(certificate: &X509Certificate<'_>) -> Vec<String> {
    let named = |extension: &x509_parser::extensions::X509Extension<'_>| match extension
        .parsed_extension()
    {
        ParsedExtension::CertificatePolicies(policies) => {
            let ids = policies
                .iter()
                .map(|policy| policy.policy_id.to_id_string());
            Some(ids.collect())
        }
        _ => None,
    };
    let mut extensions = certificate.extensions().iter();
    extensions.find_map(named).unwrap_or_default()
}

fn is_ocsp_responder(certificate: &X509Certificate<'_>) -> bool {
    let mut extensions = certificate.extensions().iter();
    extensions.any(|extension| match extension.parsed_extension() {
        ParsedExtension::ExtendedKeyUsage(usage) => usage.ocsp_signing,
        _ => false,
    })
}

fn crl_urls(certificate: &X509Certificate<'_>) -> Vec<String> {
    let mut urls = Vec::new();
    for extension in certificate.extensions() {
        let ParsedExtension::CRLDistributionPoints(points) = extension.parsed_extension() else {
            continue;
        };
        let names = points
            .iter()
            .filter_map(|point| match &point.distribution_point {
                Some(DistributionPointName::FullName(names)) => Some(names),
                _ => None,
            });
        urls.extend(names.flatten().filter_map(url));
    }
    urls
}

fn ocsp_urls(certificate: &X509Certificate<'_>) -> Vec<String> {
    let mut urls = Vec::new();
    for extension in certificate.extensions() {
        let ParsedExtension::AuthorityInfoAccess(access) = extension.parsed_extension() else {
            continue;
        };
        let ocsp = access
            .iter()
            .filter(|it| it.access_method == oid_registry::OID_PKIX_ACCESS_DESCRIPTOR_OCSP);
        urls.extend(ocsp.filter_map(|it| url(&it.access_location)));
    }
    urls
}

fn url(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::URI(url) => Some((*url).to_owned()),
        _ => None,
    }
}
