//! Whose signature is accepted: pinned certificates, compared octet by octet; or a path to an
//! authority. What a message carries is a hint, never an anchor. [AS4 1.8, AS4 4.5]

use super::{Certificate, Crl, brainpool};
use jiff::Timestamp;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime};
use std::time::Duration;
use webpki::{
    EndEntityCert, ExtendedKeyUsageValidator, KeyPurposeIdIter, RequiredEkuNotFoundContext,
    anchor_from_trusted_cert, aws_lc_rs as algorithms,
};

/// Whose signatures are accepted.
#[derive(Clone, Debug)]
pub struct Trust {
    pinned: Vec<Certificate>,
    authorities: Vec<Certificate>,
    intermediates: Vec<Certificate>,
    crls: Vec<Crl>,
    common_name: Option<String>,
}

impl Trust {
    /// Trusts these certificates and no other.
    pub fn pinned(certificates: Vec<Certificate>) -> Self {
        Self::new(certificates, Vec::new(), Vec::new())
    }

    /// Trusts pinned certificates; where authorities are given, a path to one of them is asked
    /// for too; where nothing is pinned, the path alone decides.
    pub fn new(
        pinned: Vec<Certificate>,
        authorities: Vec<Certificate>,
        intermediates: Vec<Certificate>,
    ) -> Self {
        Self {
            pinned,
            authorities,
            intermediates,
            crls: Vec::new(),
            common_name: None,
        }
    }

    /// Refuses what these lists revoke, and leaf certificates no list speaks for.
    #[must_use]
    pub fn with_crls(mut self, crls: Vec<Crl>) -> Self {
        self.crls = crls;
        self
    }

    /// Without a pinned certificate, asks for this common name: it binds the certificate to the
    /// party, which a path to an authority alone does not.
    #[must_use]
    pub fn with_common_name(mut self, name: Option<String>) -> Self {
        self.common_name = name;
        self
    }

    /// Whether this trusts anybody, and nobody it cannot bind to the party.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        if self.pinned.is_empty() && self.authorities.is_empty() {
            Err("neither certificates nor authorities")
        } else if self.pinned.is_empty() && self.common_name.is_none() {
            Err("authorities need a common name")
        } else if !self.crls.is_empty() && self.authorities.is_empty() {
            Err("revocation lists need authorities")
        } else {
            Ok(())
        }
    }

    /// Certificates a message may name without carrying them.
    pub fn certificates(&self) -> &[Certificate] {
        &self.pinned
    }

    /// Whether a signature by this certificate counts at `now`. `path` is what the message
    /// carried along; it helps to build a path and proves nothing.
    pub(crate) fn accept(
        &self,
        certificate: &Certificate,
        path: &[Certificate],
        now: Timestamp,
    ) -> Result<(), &'static str> {
        if !self.pinned.is_empty() && !self.pinned.contains(certificate) {
            return Err("the certificate is not one of the sender's");
        }
        if self.pinned.is_empty() && self.authorities.is_empty() {
            return Err("nothing is trusted");
        }
        if now < certificate.not_before() {
            return Err("the certificate is not yet valid");
        }
        if now > certificate.not_after() {
            return Err("the certificate has expired");
        }
        if !certificate.may_sign() {
            return Err("the certificate is not for signatures");
        }
        if self.pinned.is_empty() && self.common_name.as_deref() != certificate.common_name() {
            return Err("the certificate is not the sender's");
        }
        if self.authorities.is_empty() {
            Ok(())
        } else {
            self.check_path(certificate, path, now)
        }
    }

    fn check_path(
        &self,
        certificate: &Certificate,
        path: &[Certificate],
        now: Timestamp,
    ) -> Result<(), &'static str> {
        let der = |it: &'_ Certificate| CertificateDer::from(it.der().to_vec());
        let anchors: Vec<CertificateDer<'_>> = self.authorities.iter().map(der).collect();
        let anchors: Vec<TrustAnchor<'_>> = anchors
            .iter()
            .filter_map(|der| anchor_from_trusted_cert(der).ok())
            .collect();
        let between: Vec<CertificateDer<'_>> =
            self.intermediates.iter().chain(path).map(der).collect();
        let leaf = der(certificate);
        let leaf = EndEntityCert::try_from(&leaf).map_err(|_| "the certificate is malformed")?;
        let seconds = u64::try_from(now.as_second()).unwrap_or_default();
        let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let path = leaf
            .verify_for_usage(ALGORITHMS, &anchors, &between, time, AnyUse, None, None)
            .map_err(|_| "no path to a trusted authority")?;
        if self.crls.is_empty() {
            return Ok(());
        }
        // A list must speak for the leaf; lists for authorities count where there are some.
        if !self.is_listed_good(certificate, now)? {
            return Err("no current revocation list speaks for the certificate");
        }
        for between in path.intermediate_certificates() {
            let between = Certificate::from_der(&between.der())
                .map_err(|_| "no path to a trusted authority")?;
            self.is_listed_good(&between, now)?;
        }
        Ok(())
    }

    /// Whether a current list by the certificate's issuer leaves it out; an error if one has it.
    /// Only authorities the operator configured sign lists.
    fn is_listed_good(
        &self,
        certificate: &Certificate,
        now: Timestamp,
    ) -> Result<bool, &'static str> {
        let mut spoken_for = false;
        for issuer in self.authorities.iter().chain(&self.intermediates) {
            for crl in self
                .crls
                .iter()
                .filter(|crl| crl.speaks_for(certificate, issuer, now))
            {
                spoken_for = true;
                if crl.revokes(certificate) {
                    return Err("the certificate is revoked");
                }
            }
        }
        Ok(spoken_for)
    }
}

/// Signature algorithms in certificates: no SHA-1, no RSA below 2048 bit.
static ALGORITHMS: &[&dyn SignatureVerificationAlgorithm] = &[
    algorithms::RSA_PKCS1_2048_8192_SHA256,
    algorithms::RSA_PKCS1_2048_8192_SHA384,
    algorithms::RSA_PKCS1_2048_8192_SHA512,
    algorithms::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
    algorithms::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
    algorithms::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
    algorithms::ECDSA_P256_SHA256,
    algorithms::ECDSA_P256_SHA384,
    algorithms::ECDSA_P384_SHA256,
    algorithms::ECDSA_P384_SHA384,
    algorithms::ECDSA_P521_SHA256,
    algorithms::ECDSA_P521_SHA384,
    algorithms::ECDSA_P521_SHA512,
    algorithms::ED25519,
    &brainpool::InCertificates,
];

/// No extended key usage stands for message signatures, so any is taken that is not reserved for
/// another kind of signature: code, time stamps, OCSP.
struct AnyUse;

impl ExtendedKeyUsageValidator for AnyUse {
    fn validate(&self, purposes: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        const RESERVED: [usize; 3] = [3, 8, 9];
        const PKIX: [usize; 8] = [1, 3, 6, 1, 5, 5, 7, 3];
        let mut any = false;
        for purpose in purposes {
            any = true;
            let oid = purpose?.to_decoded_oid();
            let reserved = oid
                .split_last()
                .is_some_and(|(last, rest)| rest == PKIX.as_slice() && RESERVED.contains(last));
            if !reserved {
                return Ok(());
            }
        }
        if any { Err(not_for_messages()) } else { Ok(()) }
    }
}

fn not_for_messages() -> webpki::Error {
    let required = webpki::KeyUsage::client_auth();
    webpki::Error::RequiredEkuNotFoundContext(RequiredEkuNotFoundContext {
        required,
        present: Vec::new(),
    })
}
