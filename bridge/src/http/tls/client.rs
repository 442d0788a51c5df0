//! TLS of outgoing calls: whom we trust, what we speak, and who we are.

use std::sync::Arc;

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_cert_signed_by_trust_anchor, verify_server_name,
    },
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    server::ParsedCertificate,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::{TlsError, TlsPolicy, chain, roots};
use crate::config::Secret;

/// TLS of outgoing calls.
#[derive(Clone, Debug)]
pub struct ClientTls {
    trust: Option<String>,
    pinned: Option<String>,
    names: NameCheck,
    policy: TlsPolicy,
    identity: Option<(String, Secret)>,
}

/// Whether the certificate of a server must carry the name it was called by.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum NameCheck {
    /// It must.
    #[default]
    On,
    /// It need not: partners have certificates with names that are no host names. [AS4 4.5]
    Off,
}

impl ClientTls {
    /// `trust` are the roots in PEM, `None` those of the system; `identity` is our chain and key.
    pub fn new(trust: Option<String>, identity: Option<(String, Secret)>) -> Self {
        Self {
            trust,
            pinned: None,
            names: NameCheck::On,
            policy: TlsPolicy::default(),
            identity,
        }
    }

    /// The same under another policy.
    #[must_use]
    pub fn with_policy(mut self, policy: TlsPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// The same, showing this certificate and no other.
    #[must_use]
    pub fn with_identity(mut self, identity: (String, Secret)) -> Self {
        self.identity = Some(identity);
        self
    }

    /// The same for servers of its own: issued below `trust`, or exactly one of `pinned`, both in
    /// PEM. Nobody else is trusted then, and only then may names differ.
    #[must_use]
    pub fn with_servers(
        mut self,
        trust: Option<String>,
        pinned: Option<String>,
        names: NameCheck,
    ) -> Self {
        self.trust = trust;
        self.pinned = pinned;
        self.names = names;
        self
    }

    /// The settings of `rustls`, offering these application protocols.
    ///
    /// # Errors
    /// What cannot be read, or does not fit together.
    pub fn config(&self, protocols: &[&str]) -> Result<ClientConfig, TlsError> {
        let provider = self.policy.provider();
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&self.policy.versions())
            .map_err(TlsError::Pair)?
            .dangerous()
            .with_custom_certificate_verifier(self.verifier(provider)?);
        let mut config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                let key = PrivateKeyDer::from_pem_slice(key.expose().as_bytes())
                    .map_err(|_| TlsError::Key)?;
                builder
                    .with_client_auth_cert(chain(certificate)?, key)
                    .map_err(TlsError::Pair)?
            }
        };
        let octets = |protocol: &&str| protocol.as_bytes().to_vec();
        config.alpn_protocols = protocols.iter().map(octets).collect();
        Ok(config)
    }

    fn verifier(
        &self,
        provider: Arc<CryptoProvider>,
    ) -> Result<Arc<dyn ServerCertVerifier>, TlsError> {
        if self.trust.is_none() && self.pinned.is_none() {
            if self.names == NameCheck::Off {
                return Err(TlsError::NameCheck);
            }
            let system = rustls_platform_verifier::Verifier::new(provider);
            return Ok(Arc::new(system.map_err(TlsError::Pair)?));
        }
        let trusted = match &self.trust {
            Some(pem) => roots(pem).ok_or(TlsError::Trust)?,
            None => RootCertStore::empty(),
        };
        let pinned = match &self.pinned {
            Some(pem) => chain(pem).map_err(|_| TlsError::Trust)?,
            None => Vec::new(),
        };
        Ok(Arc::new(OwnServers {
            trusted,
            pinned,
            names: self.names,
            provider,
        }))
    }
}

/// Accepts servers below given roots, and given certificates.
#[derive(Debug)]
struct OwnServers {
    trusted: RootCertStore,
    pinned: Vec<CertificateDer<'static>>,
    names: NameCheck,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for OwnServers {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.pinned.iter().any(|pinned| pinned == certificate) {
            // The very certificate that was agreed, whatever names it carries.
            in_force(certificate, now)?;
            return Ok(ServerCertVerified::assertion());
        }
        let parsed = ParsedCertificate::try_from(certificate)?;
        let algorithms = self.provider.signature_verification_algorithms;
        verify_server_cert_signed_by_trust_anchor(
            &parsed,
            &self.trusted,
            intermediates,
            now,
            algorithms.all,
        )?;
        if self.names == NameCheck::On {
            verify_server_name(&parsed, name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

fn in_force(certificate: &CertificateDer<'_>, now: UnixTime) -> Result<(), Error> {
    let (_, parsed) =
        X509Certificate::from_der(certificate).map_err(|_| CertificateError::BadEncoding)?;
    let validity = parsed.validity();
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    if now < validity.not_before.timestamp() {
        return Err(CertificateError::NotValidYet.into());
    }
    if now > validity.not_after.timestamp() {
        return Err(CertificateError::Expired.into());
    }
    Ok(())
}
