//! Certificate revocation lists, given as octets. Read leniently: lists without number and key
//! identifier are in use, and only the signature decides.

use super::{certificate::Certificate, issued::Issued};
use jiff::Timestamp;
use rustls_pki_types::{CertificateRevocationListDer, pem::PemObject};
use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, OnceLock},
};
use x509_parser::{
    extensions::ParsedExtension, oid_registry, prelude::FromDer,
    revocation_list::CertificateRevocationList,
};

/// A certificate revocation list.
#[derive(Clone)]
pub struct Crl(Arc<Facts>);

struct Facts {
    /// DER of the issuer's name.
    issuer: Vec<u8>,
    this_update: Timestamp,
    next_update: Timestamp,
    /// Serial numbers, big-endian, without leading zeros.
    revoked: BTreeSet<Vec<u8>>,
    issued: Issued,
    /// Who was found to have signed it: a long list is not hashed again for every message.
    signed_by: OnceLock<[u8; 32]>,
}

/// Octets that are not a revocation list as it is used here.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidCrl {
    /// Neither PEM nor DER of a revocation list.
    #[error("not a certificate revocation list")]
    Malformed,
    /// It does not say when the next one comes.
    #[error("a revocation list without next update")]
    NoNextUpdate,
    /// A delta, an indirect list, or one for some reasons only.
    #[error("a partial or indirect revocation list")]
    Partial,
}

impl Crl {
    /// Reads PEM or DER.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidCrl> {
        let der = match bytes.first() {
            Some(0x30) => bytes.to_vec(),
            _ => CertificateRevocationListDer::from_pem_slice(bytes)
                .map_err(|_| InvalidCrl::Malformed)?
                .to_vec(),
        };
        let (rest, list) =
            CertificateRevocationList::from_der(&der).map_err(|_| InvalidCrl::Malformed)?;
        if !rest.is_empty() {
            return Err(InvalidCrl::Malformed);
        }
        check_extensions(&list)?;
        let time = |seconds| Timestamp::from_second(seconds).map_err(|_| InvalidCrl::Malformed);
        let next_update = list.next_update().ok_or(InvalidCrl::NoNextUpdate)?;
        Ok(Self(Arc::new(Facts {
            issuer: list.issuer().as_raw().to_vec(),
            this_update: time(list.last_update().timestamp())?,
            next_update: time(next_update.timestamp())?,
            revoked: list
                .iter_revoked_certificates()
                .map(|entry| entry.user_certificate.to_bytes_be())
                .collect(),
            issued: Issued {
                signed: list.tbs_cert_list.as_ref().to_vec(),
                algorithm: list.signature_algorithm.algorithm.to_id_string(),
                signature: list.signature_value.data.to_vec(),
            },
            signed_by: OnceLock::new(),
        })))
    }

    /// Reads one list in DER, or every list of a PEM text.
    pub(crate) fn all_from_bytes(bytes: &[u8]) -> Result<Vec<Self>, InvalidCrl> {
        if bytes.first() == Some(&0x30) {
            return Ok(vec![Self::from_bytes(bytes)?]);
        }
        let mut all = Vec::new();
        for der in CertificateRevocationListDer::pem_slice_iter(bytes) {
            all.push(Self::from_bytes(&der.map_err(|_| InvalidCrl::Malformed)?)?);
        }
        if all.is_empty() {
            Err(InvalidCrl::Malformed)
        } else {
            Ok(all)
        }
    }

    /// When it was made.
    pub fn this_update(&self) -> Timestamp {
        self.0.this_update
    }

    /// When the next list is due.
    pub fn next_update(&self) -> Timestamp {
        self.0.next_update
    }

    /// Whether this is a current list by the issuer of the certificate.
    pub(super) fn speaks_for(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        now: Timestamp,
    ) -> bool {
        let facts = &*self.0;
        facts.issuer == certificate.issuer_der()
            && facts.issuer == issuer.subject_der()
            && (facts.this_update..=facts.next_update).contains(&now)
            && issuer.may_sign_lists()
            && facts.is_signed_by(issuer)
    }

    pub(super) fn revokes(&self, certificate: &Certificate) -> bool {
        self.0.revoked.contains(certificate.serial())
    }
}

impl Facts {
    fn is_signed_by(&self, issuer: &Certificate) -> bool {
        let fingerprint = issuer.fingerprint_sha256();
        if self.signed_by.get() == Some(&fingerprint) {
            return true;
        }
        let genuine = self.issued.is_by(issuer);
        if genuine {
            self.signed_by.get_or_init(|| fingerprint);
        }
        genuine
    }
}

/// A list that says less than "these and no others" cannot clear a certificate.
fn check_extensions(list: &CertificateRevocationList<'_>) -> Result<(), InvalidCrl> {
    for extension in list.extensions() {
        match extension.parsed_extension() {
            ParsedExtension::IssuingDistributionPoint(point) => {
                let partial = point.only_some_reasons.is_some()
                    || point.indirect_crl
                    || point.only_contains_ca_certs
                    || point.only_contains_attribute_certs;
                if partial {
                    return Err(InvalidCrl::Partial);
                }
            }
            _ if extension.oid == oid_registry::OID_X509_EXT_DELTA_CRL_INDICATOR => {
                return Err(InvalidCrl::Partial);
            }
            _ if extension.critical => return Err(InvalidCrl::Partial),
            _ => {}
        }
    }
    Ok(())
}

impl fmt::Debug for Crl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Crl({} revoked, until {})",
            self.0.revoked.len(),
            self.0.next_update
        )
    }
}
