//! Who signed: path to a root of ours at a given time, key usage, and name of the signer.

use std::time::Duration;

use jiff::Timestamp;
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime, pem::PemObject};
use webpki::{EndEntityCert, ExtendedKeyUsageValidator, KeyPurposeIdIter};
use x509_parser::{
    certificate::X509Certificate,
    oid_registry::{OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_SIG_ED25519},
    prelude::FromDer,
    x509::AttributeTypeAndValue,
};

use super::Untrusted;

/// What signatures of the Common Services must lead to.
#[derive(Clone, Debug)]
pub struct Trust {
    anchors: Vec<TrustAnchor<'static>>,
    signer: Option<Signer>,
}

/// Why certificates cannot serve as roots.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum UnusableTrust {
    /// The text is not PEM, or a certificate in it is unreadable.
    #[error("certificate of a root is not readable")]
    Unreadable,
    /// There is no certificate.
    #[error("no certificate of a root")]
    Empty,
}

/// The name a signer must have. The roots certify a whole institution, so a path alone would let
/// any of its members sign.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Signer {
    organization: String,
    common_name: CommonName,
}

/// What the common name of a signer must be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CommonName {
    /// Exactly this.
    Exact(String),
    /// Anything that begins like this.
    Prefix(String),
}

impl Signer {
    /// A signer of an organization.
    pub fn new(organization: impl Into<String>, common_name: CommonName) -> Self {
        Self {
            organization: organization.into(),
            common_name,
        }
    }

    /// The Common Services of every environment of the Commission: `EC-OOTS-CS-ACC` and the like.
    pub fn european_commission() -> Self {
        let common_name = CommonName::Prefix("EC-OOTS-CS-".to_owned());
        Self::new("European Commission", common_name)
    }
}

impl Trust {
    /// Roots from PEM texts, and the name the signer must have; `None` if the roots are such that
    /// whoever they certify may sign.
    pub fn new<'p>(
        roots: impl IntoIterator<Item = &'p str>,
        signer: impl Into<Option<Signer>>,
    ) -> Result<Self, UnusableTrust> {
        let mut anchors = Vec::new();
        for pem in roots {
            for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                let certificate = certificate.map_err(|_| UnusableTrust::Unreadable)?;
                let anchor = webpki::anchor_from_trusted_cert(&certificate)
                    .map_err(|_| UnusableTrust::Unreadable)?;
                anchors.push(anchor.to_owned());
            }
        }
        if anchors.is_empty() {
            return Err(UnusableTrust::Empty);
        }
        Ok(Self {
            anchors,
            signer: signer.into(),
        })
    }

    pub(super) fn check(
        &self,
        chain: &[Vec<u8>],
        signed_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), Untrusted> {
        let (leaf, above) = chain.split_first().ok_or(Untrusted::Certificate)?;
        self.check_path(leaf, above, now)?;
        let (_, leaf) = X509Certificate::from_der(leaf).map_err(|_| Untrusted::Certificate)?;
        check_key_usage(&leaf)?;
        check_signed_at(&leaf, signed_at)?;
        match &self.signer {
            Some(signer) => signer.check(&leaf),
            None => Ok(()),
        }
    }

    fn check_path(&self, leaf: &[u8], above: &[Vec<u8>], now: Timestamp) -> Result<(), Untrusted> {
        let leaf = CertificateDer::from(leaf);
        let above: Vec<_> = above
            .iter()
            .map(|der| CertificateDer::from(der.as_slice()))
            .collect();
        let now = u64::try_from(now.as_second()).unwrap_or_default();
        EndEntityCert::try_from(&leaf)
            .map_err(|_| Untrusted::Certificate)?
            .verify_for_usage(
                webpki::ALL_VERIFICATION_ALGS,
                &self.anchors,
                &above,
                UnixTime::since_unix_epoch(Duration::from_secs(now)),
                NotForTls,
                None,
                None,
            )
            .map(|_| ())
            .map_err(refusal)
    }
}

impl Signer {
    fn check(&self, leaf: &X509Certificate<'_>) -> Result<(), Untrusted> {
        let organization = only(leaf.subject().iter_organization());
        let common_name = only(leaf.subject().iter_common_name());
        let named = match (&self.common_name, common_name) {
            (CommonName::Exact(expected), Some(name)) => name == expected,
            (CommonName::Prefix(prefix), Some(name)) => name.starts_with(prefix),
            (CommonName::Exact(_) | CommonName::Prefix(_), None) => false,
        };
        if named && organization == Some(&self.organization) {
            Ok(())
        } else {
            Err(Untrusted::Subject)
        }
    }
}

/// Two values leave open which one was checked, so they are as bad as none.
fn only<'c>(mut values: impl Iterator<Item = &'c AttributeTypeAndValue<'c>>) -> Option<&'c str> {
    let value = values.next()?.as_str().ok()?;
    values.next().is_none().then_some(value)
}

fn check_key_usage(leaf: &X509Certificate<'_>) -> Result<(), Untrusted> {
    match leaf.key_usage() {
        Ok(None) => Ok(()),
        Ok(Some(usage)) if usage.value.digital_signature() || usage.value.non_repudiation() => {
            Ok(())
        }
        Ok(Some(_)) | Err(_) => Err(Untrusted::Usage),
    }
}

fn check_signed_at(leaf: &X509Certificate<'_>, at: Timestamp) -> Result<(), Untrusted> {
    let validity = leaf.validity();
    let span = validity.not_before.timestamp()..=validity.not_after.timestamp();
    if span.contains(&at.as_second()) {
        Ok(())
    } else {
        Err(Untrusted::SignedAt)
    }
}

fn refusal(error: webpki::Error) -> Untrusted {
    match error {
        webpki::Error::UnknownIssuer => Untrusted::Issuer,
        webpki::Error::CertExpired { .. }
        | webpki::Error::CertNotValidYet { .. }
        | webpki::Error::InvalidCertValidity => Untrusted::Validity,
        webpki::Error::RequiredEkuNotFoundContext(_) => Untrusted::Usage,
        other => Untrusted::Path(other.to_string()),
    }
}

/// There is no extended key usage for these signatures, and real certificates carry none. One for
/// TLS servers must not sign: its key lies on other machines.
struct NotForTls;

impl ExtendedKeyUsageValidator for NotForTls {
    fn validate(&self, purposes: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        let mut present = Vec::new();
        for purpose in purposes {
            present.push(purpose?.to_decoded_oid());
        }
        if present
            .iter()
            .any(|oid| oid == webpki::KeyUsage::SERVER_AUTH_REPR)
        {
            let context = webpki::RequiredEkuNotFoundContext {
                required: webpki::KeyUsage::required(ANY_PURPOSE),
                present,
            };
            return Err(webpki::Error::RequiredEkuNotFoundContext(context));
        }
        Ok(())
    }
}

/// 2.5.29.37.0
const ANY_PURPOSE: &[u8] = &[0x55, 0x1d, 0x25, 0x00];

/// The public key of a certificate.
pub(super) enum Key {
    /// Uncompressed point.
    P256(Vec<u8>),
    /// 32 octets.
    Ed25519(Vec<u8>),
    /// One no accepted algorithm uses.
    Other,
}

impl Key {
    pub(super) fn octets(&self) -> &[u8] {
        match self {
            Self::P256(octets) | Self::Ed25519(octets) => octets,
            Self::Other => &[],
        }
    }
}

pub(super) fn key(certificate: &[u8]) -> Result<Key, Untrusted> {
    let (rest, certificate) =
        X509Certificate::from_der(certificate).map_err(|_| Untrusted::Certificate)?;
    if !rest.is_empty() {
        return Err(Untrusted::Certificate);
    }
    let info = certificate.public_key();
    let octets = info.subject_public_key.data.to_vec();
    let curve = info
        .algorithm
        .parameters
        .as_ref()
        .and_then(|any| any.as_oid().ok());
    if info.algorithm.algorithm == OID_SIG_ED25519 {
        Ok(Key::Ed25519(octets))
    } else if info.algorithm.algorithm == OID_KEY_TYPE_EC_PUBLIC_KEY
        && curve.as_ref() == Some(&OID_EC_P256)
    {
        Ok(Key::P256(octets))
    } else {
        Ok(Key::Other)
    }
}
