//! Outgoing calls: TLS with the roots and the identity of the configuration, no redirects, no proxy.

use std::{sync::Once, time::Duration};

use reqwest::{Certificate, Client, Identity, redirect::Policy};

use super::tls::ClientTls;

/// How long an outgoing call may take.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CallTimeouts {
    /// To connect, TLS included.
    pub connect: Duration,
    /// Without a byte arriving.
    pub read: Duration,
    /// From the first byte out to the last byte in.
    pub total: Duration,
}

impl CallTimeouts {
    /// One limit for everything.
    pub fn within(total: Duration) -> Self {
        Self {
            connect: total,
            read: total,
            total,
        }
    }
}

/// A client could not be made from what the configuration gives.
#[derive(Debug, thiserror::Error)]
#[error("HTTP client cannot be set up")]
pub struct ClientError(#[from] reqwest::Error);

/// A client for one peer or one kind of peer. Redirects are answers, not orders; a proxy of the
/// environment is not ours.
///
/// # Errors
/// Roots, certificate or key that cannot be used.
pub fn client(tls: &ClientTls, timeouts: CallTimeouts) -> Result<Client, ClientError> {
    install_provider();
    let mut builder = Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .connect_timeout(timeouts.connect)
        .read_timeout(timeouts.read)
        .timeout(timeouts.total)
        .user_agent(concat!("bridge/", env!("CARGO_PKG_VERSION")));
    if let Some(trust) = tls.trust_pem() {
        builder = builder.tls_certs_only(Certificate::from_pem_bundle(trust.as_bytes())?);
    }
    if let Some((chain, key)) = tls.identity_pem() {
        let pem = zeroize::Zeroizing::new([chain, "\n", key.expose()].concat());
        builder = builder.identity(Identity::from_pem(pem.as_bytes())?);
    }
    Ok(builder.build()?)
}

/// `reqwest` takes its cryptography from the process; it is set once, whoever comes first.
pub fn install_provider() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error means that somebody in this process has chosen before; that is fine.
        let chosen = rustls::crypto::aws_lc_rs::default_provider().install_default();
        tracing::debug!(
            first = chosen.is_ok(),
            "Cryptography of outgoing TLS is set"
        );
    });
}
