//! TLS of listeners and of outgoing calls, from PEM texts. TLS 1.3 and 1.2, nothing older.

mod client;
mod policy;

pub use self::{
    client::{ClientTls, NameCheck},
    policy::{Suite, TlsPolicy, TlsVersion},
};

use std::{fmt, sync::Arc};

use rustls::{
    RootCertStore, ServerConfig,
    crypto::{CryptoProvider, aws_lc_rs},
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};

/// Whether clients of a listener must show a certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ClientCertificate {
    /// They must.
    Required,
    /// They may; one that is shown must be valid.
    Optional,
}

/// Why TLS cannot be set up from what was given.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate chain cannot be read.
    #[error("holds no readable certificate")]
    Certificate,
    /// The private key cannot be read.
    #[error("holds no readable private key in PEM")]
    Key,
    /// Key and certificate are not of one pair, or of a kind that TLS cannot use.
    #[error("does not fit the certificate: {0}")]
    Pair(rustls::Error),
    /// No usable root for client certificates.
    #[error("holds no usable certificate authority")]
    ClientCa,
    /// No usable root for server certificates.
    #[error("holds no usable certificate authority")]
    Trust,
    /// Versions without a suite, or suites without their version.
    #[error("every version needs a suite that is its own, and every suite its version")]
    Policy,
    /// Names that differ are accepted of servers that are known otherwise, never of anybody's.
    #[error("cannot be off where every server of the public authorities is trusted")]
    NameCheck,
}

impl TlsError {
    /// The key of the configuration that is to blame.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Key | Self::Pair(_) => "key",
            Self::ClientCa => "client_ca",
            Self::Trust => "trust",
            Self::Policy => "suites",
            Self::NameCheck => "name_check",
        }
    }
}

/// TLS of one listener, ready for use.
#[derive(Clone)]
pub struct ServerTls {
    config: Arc<ServerConfig>,
    chain_pem: Arc<str>,
    clients: Option<ClientCertificate>,
}

impl ServerTls {
    /// Reads chain and key, and the roots of client certificates where they are asked for.
    ///
    /// # Errors
    /// What cannot be read, or does not fit together.
    pub fn new(
        certificate_pem: &str,
        key_pem: &str,
        clients: Option<(String, ClientCertificate)>,
    ) -> Result<Self, TlsError> {
        Self::under(&TlsPolicy::default(), certificate_pem, key_pem, clients)
    }

    /// The same under a policy.
    ///
    /// # Errors
    /// What cannot be read, or does not fit together.
    pub fn under(
        policy: &TlsPolicy,
        certificate_pem: &str,
        key_pem: &str,
        clients: Option<(String, ClientCertificate)>,
    ) -> Result<Self, TlsError> {
        let chain = chain(certificate_pem)?;
        let key = PrivateKeyDer::from_pem_slice(key_pem.as_bytes()).map_err(|_| TlsError::Key)?;
        let verifier = match &clients {
            Some((ca, kind)) => client_verifier(ca, *kind)?,
            None => WebPkiClientVerifier::no_client_auth(),
        };
        let mut config = ServerConfig::builder_with_provider(policy.provider())
            .with_protocol_versions(&policy.versions())
            .map_err(TlsError::Pair)?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)
            .map_err(TlsError::Pair)?;
        // Resumed sessions would skip the check of a client certificate that is gone meanwhile.
        if clients.is_some() {
            config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        Ok(Self {
            config: Arc::new(config),
            chain_pem: certificate_pem.into(),
            clients: clients.map(|(_, kind)| kind),
        })
    }

    /// The certificate chain, as PEM.
    pub fn chain_pem(&self) -> &str {
        &self.chain_pem
    }

    /// Whether clients are asked for a certificate.
    pub fn clients(&self) -> Option<ClientCertificate> {
        self.clients
    }

    /// The settings of `rustls`, offering these application protocols.
    pub(super) fn config(&self, protocols: &[&str]) -> Arc<ServerConfig> {
        let mut config = ServerConfig::clone(&self.config);
        config.alpn_protocols = protocols
            .iter()
            .map(|protocol| protocol.as_bytes().to_vec())
            .collect();
        Arc::new(config)
    }
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerTls")
            .field("clients", &self.clients)
            .finish_non_exhaustive()
    }
}

/// The one source of cryptography in TLS.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// The roots of a PEM text.
fn roots(pem: &str) -> Option<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        roots.add(certificate.ok()?).ok()?;
    }
    (!roots.is_empty()).then_some(roots)
}

fn chain(pem: &str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    chain
        .ok()
        .filter(|chain| !chain.is_empty())
        .ok_or(TlsError::Certificate)
}

fn client_verifier(
    ca: &str,
    kind: ClientCertificate,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let roots = Arc::new(roots(ca).ok_or(TlsError::ClientCa)?);
    let builder = WebPkiClientVerifier::builder_with_provider(roots, provider());
    let builder = match kind {
        ClientCertificate::Required => builder,
        ClientCertificate::Optional => builder.allow_unauthenticated(),
    };
    builder.build().map_err(|_| TlsError::ClientCa)
}
