//! The Online Certificate Status Protocol: a question about one certificate, and the answer to it.
//! Transport, patience and memory are the caller's. [AS4 4.5]

use super::{Certificate, der, issued::Issued, revocation::Standing, sha1, sha256};
use jiff::{SignedDuration, Timestamp};
use std::{fmt, sync::Arc};
use x509_cert::{
    der::{Decode, Encode, asn1::OctetString, oid::ObjectIdentifier},
    serial_number::SerialNumber,
    spki::AlgorithmIdentifierOwned,
};
use x509_ocsp::{
    BasicOcspResponse, CertId, CertStatus, OcspRequest, OcspResponse, OcspResponseStatus, Request,
    SingleResponse, TbsRequest,
};

/// Media type of a question.
pub const OCSP_REQUEST: &str = "application/ocsp-request";

/// A question about one certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OcspQuestion {
    id: CertId,
    fingerprint: [u8; 32],
    url: String,
}

impl OcspQuestion {
    /// Asks about a certificate of this issuer; `None` if it is not one of its certificates.
    pub(super) fn new(certificate: &Certificate, issuer: &Certificate, url: &str) -> Option<Self> {
        if certificate.issuer_der() != issuer.subject_der() {
            return None;
        }
        let hash = |bytes: &[u8]| OctetString::new(sha1(bytes)).ok();
        let mut serial = certificate.serial().to_vec();
        // An INTEGER is signed.
        if serial.first().is_none_or(|byte| *byte >= 0x80) {
            serial.insert(0, 0);
        }
        let id = CertId {
            // SHA-1 names the issuer and protects nothing; many responders know no other.
            hash_algorithm: AlgorithmIdentifierOwned {
                oid: SHA1,
                parameters: None,
            },
            issuer_name_hash: hash(issuer.subject_der())?,
            issuer_key_hash: hash(issuer.key_bits())?,
            serial_number: SerialNumber::new(&serial).ok()?,
        };
        Some(Self {
            id,
            fingerprint: certificate.fingerprint_sha256(),
            url: url.to_owned(),
        })
    }

    /// The body of the request, of the media type [`OCSP_REQUEST`].
    ///
    /// # Errors
    /// `None` if it cannot be written, which no certificate that was read brings about.
    pub fn to_der(&self) -> Option<Vec<u8>> {
        let request = OcspRequest {
            tbs_request: TbsRequest {
                request_list: vec![Request {
                    req_cert: self.id.clone(),
                    single_request_extensions: None,
                }],
                ..TbsRequest::default()
            },
            optional_signature: None,
        };
        request.to_der().ok()
    }

    /// Whom to ask: the address that the operator gave, never one of a message.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// SHA-256 of the certificate asked about.
    pub fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }
}

/// Octets that are not an answer that can be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidOcspAnswer {
    /// Not DER of an OCSP response.
    #[error("not an OCSP response")]
    Malformed,
    /// The responder says that it cannot answer.
    #[error("the responder gave no answer")]
    Refused,
}

/// An answer as it claims to be; who signed it is asked when it is used.
#[derive(Clone)]
pub struct OcspAnswer(Arc<Facts>);

struct Facts {
    singles: Vec<SingleResponse>,
    issued: Issued,
    responders: Vec<Certificate>,
}

impl OcspAnswer {
    /// Reads the body of a response.
    ///
    /// # Errors
    /// It cannot be used.
    pub fn from_der(bytes: &[u8]) -> Result<Self, InvalidOcspAnswer> {
        const MALFORMED: InvalidOcspAnswer = InvalidOcspAnswer::Malformed;
        let response = OcspResponse::from_der(bytes).map_err(|_| MALFORMED)?;
        if response.response_status != OcspResponseStatus::Successful {
            return Err(InvalidOcspAnswer::Refused);
        }
        let content = response.response_bytes.ok_or(MALFORMED)?;
        if content.response_type != BASIC {
            return Err(MALFORMED);
        }
        let content = content.response.as_bytes();
        let basic = BasicOcspResponse::from_der(content).map_err(|_| MALFORMED)?;
        // The octets that are signed, as they came.
        let signed = der::take(content, der::SEQUENCE)
            .and_then(|outer| der::take(outer.content, der::SEQUENCE))
            .ok_or(MALFORMED)?;
        let certificate =
            |it: &x509_cert::Certificate| Certificate::from_der(&it.to_der().ok()?).ok();
        let carried = basic.certs.unwrap_or_default();
        Ok(Self(Arc::new(Facts {
            issued: Issued {
                signed: signed.whole.to_vec(),
                algorithm: basic.signature_algorithm.oid.to_string(),
                signature: basic.signature.as_bytes().ok_or(MALFORMED)?.to_vec(),
            },
            responders: carried
                .iter()
                .take(MAX_CARRIED)
                .filter_map(certificate)
                .collect(),
            singles: basic.tbs_response_data.responses,
        })))
    }

    /// When it is worth nothing any more.
    pub fn good_until(&self) -> Timestamp {
        let ends = self.0.singles.iter().filter_map(|it| Some(window(it)?.1));
        ends.min().unwrap_or(Timestamp::MIN)
    }

    /// What the issuer says of the certificate in it.
    pub(super) fn standing(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        now: Timestamp,
    ) -> Standing {
        let Some(question) = OcspQuestion::new(certificate, issuer, "") else {
            return Standing::Unknown;
        };
        let is_current = |single: &&SingleResponse| {
            window(single).is_some_and(|(from, until)| from <= now && now <= until)
        };
        let about = self
            .0
            .singles
            .iter()
            .filter(|single| names(&single.cert_id, &question, issuer))
            .filter(is_current);
        let said = about.map(|single| match single.cert_status {
            CertStatus::Good(_) => Standing::Good,
            CertStatus::Revoked(_) => Standing::Revoked,
            CertStatus::Unknown(_) => Standing::Unknown,
        });
        let said = said.max().unwrap_or(Standing::Unknown);
        if said == Standing::Unknown || self.0.is_by(issuer, now) {
            said
        } else {
            Standing::Unknown
        }
    }
}

impl Facts {
    /// Whether the issuer signed it, or a responder that the issuer made one.
    fn is_by(&self, issuer: &Certificate, now: Timestamp) -> bool {
        let delegated = |responder: &Certificate| {
            responder.is_ocsp_responder()
                && responder.is_valid_at(now)
                && responder.issuer_der() == issuer.subject_der()
                && responder.issued().is_by(issuer)
                && self.issued.is_by(responder)
        };
        self.issued.is_by(issuer) || self.responders.iter().any(delegated)
    }
}

/// Whether an id in an answer names the certificate: by SHA-1 as we ask, or by SHA-256.
fn names(id: &CertId, question: &OcspQuestion, issuer: &Certificate) -> bool {
    let is = |name: &[u8], key: &[u8]| {
        id.issuer_name_hash.as_bytes() == name && id.issuer_key_hash.as_bytes() == key
    };
    let (subject, key) = (issuer.subject_der(), issuer.key_bits());
    id.serial_number == question.id.serial_number
        && match id.hash_algorithm.oid {
            SHA1 => is(&sha1(subject), &sha1(key)),
            SHA256 => is(&sha256(subject), &sha256(key)),
            _ => false,
        }
}

/// From when until when an answer counts.
fn window(single: &SingleResponse) -> Option<(Timestamp, Timestamp)> {
    let time = |at: &x509_ocsp::OcspGeneralizedTime| {
        let seconds = at.0.to_unix_duration().as_secs();
        Timestamp::from_second(i64::try_from(seconds).ok()?).ok()
    };
    let from = time(&single.this_update)?;
    let until = match &single.next_update {
        Some(until) => time(until)?,
        None => from.checked_add(WITHOUT_END).ok()?,
    };
    Some((from, until))
}

impl fmt::Debug for OcspAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OcspAnswer(until {})", self.good_until())
    }
}

/// How long an answer counts that does not say it itself.
const WITHOUT_END: SignedDuration = SignedDuration::from_hours(24);
/// Certificates of responders that are looked at in one answer.
const MAX_CARRIED: usize = 4;
const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const BASIC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.1");
