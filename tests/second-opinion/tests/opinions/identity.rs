//! Keys and certificates, made for the test.

use ebms::security::{Certificate, DecryptionKey, SigningKey};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
    RsaKeySize, SerialNumber,
};
use std::{fs, path::Path, sync::LazyLock};

/// A private key and its certificate chain, leaf first, in PEM.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) key: String,
    pub(crate) chain: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Rsa,
    P256,
    P384,
    Ed25519,
}

impl Identity {
    /// A key with a certificate from the authority of the tests.
    pub(crate) fn new(name: &str, kind: Kind) -> Self {
        static AUTHORITY: LazyLock<(KeyPair, CertificateParams, String)> = LazyLock::new(|| {
            let pair = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
            let mut parameters = parameters("Test authority");
            parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let pem = parameters.self_signed(&pair).unwrap().pem();
            (pair, parameters, pem)
        });
        let (authority, issuer, issuer_pem) = &*AUTHORITY;
        let pair = match kind {
            Kind::Rsa => KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048),
            Kind::P256 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256),
            Kind::P384 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384),
            Kind::Ed25519 => KeyPair::generate_for(&rcgen::PKCS_ED25519),
        }
        .unwrap();
        let issuer = Issuer::from_params(issuer, authority);
        let leaf = parameters(name).signed_by(&pair, &issuer).unwrap().pem();
        Self {
            key: pair.serialize_pem(),
            chain: format!("{leaf}{issuer_pem}"),
        }
    }

    /// A published key: nothing here makes certificates on brainpool curves.
    pub(crate) fn published(reference: &Path, name: &str) -> Self {
        let read = |what| {
            let path = reference.join(format!("vectors/pki/{name}.{what}.pem"));
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        Self {
            key: read("key"),
            chain: read("cert"),
        }
    }

    pub(crate) fn signing_key(&self) -> SigningKey {
        SigningKey::from_pkcs8_pem(self.key.as_bytes(), self.chain.as_bytes()).unwrap()
    }

    pub(crate) fn decryption_key(&self) -> DecryptionKey {
        DecryptionKey::from_pkcs8_pem(self.key.as_bytes(), self.chain.as_bytes()).unwrap()
    }

    pub(crate) fn certificate(&self) -> Certificate {
        Certificate::from_pem(self.certificate_pem().as_bytes()).unwrap()
    }

    /// The leaf alone.
    pub(crate) fn certificate_pem(&self) -> &str {
        const END: &str = "-----END CERTIFICATE-----\n";
        let end = self.chain.find(END).unwrap() + END.len();
        &self.chain[..end]
    }
}

fn parameters(name: &str) -> CertificateParams {
    let mut parameters = CertificateParams::new(Vec::new()).unwrap();
    parameters.distinguished_name = DistinguishedName::new();
    let distinguished = &mut parameters.distinguished_name;
    distinguished.push(DnType::CommonName, name);
    distinguished.push(DnType::OrganizationName, "Test, with comma");
    // With it goes a subject key identifier.
    parameters.is_ca = IsCa::ExplicitNoCa;
    parameters.serial_number = Some(SerialNumber::from(0x00C0_FFEE_0BAD_u64));
    parameters.not_before = rcgen::date_time_ymd(2026, 1, 1);
    parameters.not_after = rcgen::date_time_ymd(2036, 1, 1);
    parameters
}
