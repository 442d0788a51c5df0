//! Whose signature is accepted: pinned certificates, compared octet by octet; or a path to an
//! authority. What a message carries is a hint, never an anchor. [AS4 1.8, AS4 4.5]

use super::{
    Certificate, Crl, OcspQuestion, Revocation, Revocations, brainpool, name::Name,
    revocation::Standing,
};
use crate::pmode::UnusableRecipient;
use jiff::Timestamp;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime};
use std::{sync::Arc, time::Duration};
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
    common_name: Option<String>,
    subject: Option<Subject>,
    policies: Vec<String>,
    /// Lists of the operator's own files.
    crls: Vec<Crl>,
    crl_urls: Vec<String>,
    ocsp_url: Option<String>,
    revocation: Option<Revocation>,
    known: Arc<Revocations>,
}

/// Attributes that a subject must have.
#[derive(Clone, Debug)]
pub(crate) struct Subject(Name);

impl Subject {
    /// Reads a name in the form of RFC 4514.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        Name::parse(text)
            .map(Self)
            .ok_or("not a name like \"O=…,C=…\"")
    }
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
            common_name: None,
            subject: None,
            policies: Vec::new(),
            crls: Vec::new(),
            crl_urls: Vec::new(),
            ocsp_url: None,
            revocation: None,
            known: Arc::default(),
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

    /// Asks for a subject with these attributes.
    #[must_use]
    pub(crate) fn with_subject(mut self, subject: Option<Subject>) -> Self {
        self.subject = subject;
        self
    }

    /// Asks for one of these certificate policies; without any, none is asked for.
    #[must_use]
    pub(crate) fn with_policies(mut self, policies: Vec<String>) -> Self {
        self.policies = policies;
        self
    }

    /// Where the caller is to fetch lists and answers.
    #[must_use]
    pub(crate) fn with_sources(mut self, crl_urls: Vec<String>, ocsp_url: Option<String>) -> Self {
        self.crl_urls = crl_urls;
        self.ocsp_url = ocsp_url;
        self
    }

    /// What becomes of a certificate nobody speaks for. Left open, it is refused where there is
    /// anybody to ask.
    #[must_use]
    pub(crate) fn with_revocation(mut self, revocation: Option<Revocation>) -> Self {
        self.revocation = revocation;
        self
    }

    /// Takes what was fetched meanwhile.
    #[must_use]
    pub(crate) fn with_revocations(mut self, known: Arc<Revocations>) -> Self {
        self.known = known;
        self
    }

    /// Whether this trusts anybody, and nobody it cannot bind to the party.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        let asked = self.has_sources();
        if self.pinned.is_empty() && self.authorities.is_empty() {
            Err("neither certificates nor authorities")
        } else if self.pinned.is_empty() && self.common_name.is_none() {
            Err("authorities need a common name")
        } else if asked && self.authorities.is_empty() {
            Err("revocation lists need authorities")
        } else if self.revocation.is_some_and(|it| it != Revocation::Off) && !asked {
            Err("revocation needs crls, crl_urls or ocsp_url")
        } else if !self.addresses().all(|url| is_http(url)) {
            Err("revocation is asked over http or https")
        } else {
            Ok(())
        }
    }

    fn has_sources(&self) -> bool {
        !self.crls.is_empty() || !self.crl_urls.is_empty() || self.ocsp_url.is_some()
    }

    fn addresses(&self) -> impl Iterator<Item = &String> {
        self.crl_urls.iter().chain(&self.ocsp_url)
    }

    /// Certificates a message may name without carrying them.
    pub fn certificates(&self) -> &[Certificate] {
        &self.pinned
    }

    /// Where every path must end.
    pub fn authorities(&self) -> &[Certificate] {
        &self.authorities
    }

    /// Certificates between the authorities and the party.
    pub fn intermediates(&self) -> &[Certificate] {
        &self.intermediates
    }

    /// Lists of the operator's own files.
    pub fn crls(&self) -> &[Crl] {
        &self.crls
    }

    /// Where lists are to be fetched.
    pub fn crl_urls(&self) -> &[String] {
        &self.crl_urls
    }

    /// Where questions are to be asked.
    pub fn ocsp_url(&self) -> Option<&str> {
        self.ocsp_url.as_deref()
    }

    /// What becomes of a certificate nobody speaks for.
    pub fn revocation(&self) -> Revocation {
        let default = if self.has_sources() {
            Revocation::Hard
        } else {
            Revocation::Off
        };
        self.revocation.unwrap_or(default)
    }

    /// The question to ask about a certificate, where there is anybody to ask and an issuer it may
    /// be from.
    pub fn question(&self, certificate: &Certificate) -> Option<OcspQuestion> {
        let url = self.ocsp_url.as_ref()?;
        let mut issuers = self.issuers();
        issuers.find_map(|issuer| OcspQuestion::new(certificate, issuer, url))
    }

    /// Whether a signature by this certificate would count at `now`, revocation left aside: only
    /// then is it worth to ask anybody about it.
    pub(crate) fn is_candidate(
        &self,
        certificate: &Certificate,
        path: &[Certificate],
        now: Timestamp,
    ) -> bool {
        let unasked = Self {
            revocation: Some(Revocation::Off),
            ..self.clone()
        };
        unasked.accept(certificate, path, now).is_ok()
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
        if !self.binds(certificate) {
            return Err("the certificate is not the sender's");
        }
        let named = |policy: &String| certificate.policies().contains(policy);
        if !self.policies.is_empty() && !self.policies.iter().any(named) {
            return Err("the certificate has none of the agreed policies");
        }
        if self.authorities.is_empty() {
            Ok(())
        } else {
            self.check_path(certificate, path, now)
        }
    }

    /// Whether the certificate is the party's: pinned, or by its name.
    fn binds(&self, certificate: &Certificate) -> bool {
        let named = self.common_name.as_deref() == certificate.common_name();
        let subject = self.subject.as_ref();
        (named || !self.pinned.is_empty())
            && subject.is_none_or(|wanted| certificate.subject_name().has_all_of(&wanted.0))
    }

    /// Whether a certificate may be encrypted for, as far as its issuer is concerned.
    pub(crate) fn check_recipient(
        &self,
        certificate: &Certificate,
        now: Timestamp,
    ) -> Result<(), UnusableRecipient> {
        if self.revocation() == Revocation::Off || certificate.is_self_issued() {
            return Ok(());
        }
        match self.standing(certificate, now) {
            Standing::Revoked => Err(UnusableRecipient::Revoked),
            Standing::Unknown if self.revocation() == Revocation::Hard => {
                Err(UnusableRecipient::Unknown)
            }
            Standing::Unknown | Standing::Good => Ok(()),
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
        let policy = self.revocation();
        if policy == Revocation::Off {
            return Ok(());
        }
        match self.standing(certificate, now) {
            Standing::Revoked => return Err(REVOKED),
            Standing::Unknown if policy == Revocation::Hard => {
                return Err("no current revocation list speaks for the certificate");
            }
            Standing::Unknown | Standing::Good => {}
        }
        // Somebody must speak for the leaf; what is said of authorities counts where it is said.
        for between in path.intermediate_certificates() {
            let between = Certificate::from_der(&between.der())
                .map_err(|_| "no path to a trusted authority")?;
            if self.standing(&between, now) == Standing::Revoked {
                return Err(REVOKED);
            }
        }
        Ok(())
    }

    /// Only authorities the operator configured speak.
    fn issuers(&self) -> impl Iterator<Item = &Certificate> {
        self.authorities.iter().chain(&self.intermediates)
    }

    /// What current lists and answers by its issuer say of a certificate: the worst counts.
    pub fn standing(&self, certificate: &Certificate, now: Timestamp) -> Standing {
        let mut worst = Standing::Unknown;
        for issuer in self.issuers() {
            let lists = self.crls.iter().chain(&self.known.crls);
            for list in lists.filter(|list| list.speaks_for(certificate, issuer, now)) {
                worst = worst.max(if list.revokes(certificate) {
                    Standing::Revoked
                } else {
                    Standing::Good
                });
            }
            let answers = self.known.answers.iter();
            let said = answers.map(|answer| answer.standing(certificate, issuer, now));
            worst = said.fold(worst, Standing::max);
        }
        worst
    }
}

fn is_http(url: &str) -> bool {
    url.starts_with("http://") || url.starts_with("https://")
}

const REVOKED: &str = "the certificate is revoked";

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
