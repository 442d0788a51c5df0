//! Outgoing calls: TLS with the roots and the identity of the configuration, no redirects, no proxy.

use std::{collections::BTreeMap, sync::Once, time::Duration};

use reqwest::{Client, ClientBuilder, redirect::Policy};

use super::{
    server::Protocols,
    tls::{ClientTls, TlsError},
};

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
pub enum ClientError {
    /// Certificates or keys cannot be used.
    #[error("HTTP client cannot be set up")]
    Tls(#[from] TlsError),
    /// Something else.
    #[error("HTTP client cannot be set up")]
    Client(#[from] reqwest::Error),
}

/// A client for one peer or one kind of peer. Redirects are answers, not orders; a proxy of the
/// environment is not ours.
///
/// # Errors
/// Roots, certificate or key that cannot be used.
pub fn client(tls: &ClientTls, timeouts: CallTimeouts) -> Result<Client, ClientError> {
    Ok(builder(tls, Protocols::Http1And2, timeouts)?.build()?)
}

/// The same before its last word, for one that speaks HTTP/1.1 only or finds hosts in its own way.
/// Of several addresses of a host the next is tried while one does not answer. `[AS4_CP_TA46]`
///
/// # Errors
/// As [`client`].
pub fn builder(
    tls: &ClientTls,
    protocols: Protocols,
    timeouts: CallTimeouts,
) -> Result<ClientBuilder, ClientError> {
    install_provider();
    let config = tls.config(protocols.names())?;
    let builder = Client::builder()
        .tls_backend_preconfigured(config)
        .redirect(Policy::none())
        .no_proxy()
        .connect_timeout(timeouts.connect)
        .read_timeout(timeouts.read)
        .timeout(timeouts.total)
        .user_agent(concat!("bridge/", env!("CARGO_PKG_VERSION")));
    Ok(match protocols {
        Protocols::Http1 => builder.http1_only(),
        Protocols::Http1And2 => builder,
    })
}

/// Clients that speak HTTP/1.1: one for most peers, others for those with TLS of their own.
#[derive(Clone, Debug)]
pub struct Clients {
    common: Client,
    own: BTreeMap<String, Client>,
}

impl Clients {
    /// `own` are the peers with TLS of their own, by name.
    ///
    /// # Errors
    /// As [`client`].
    pub fn new(
        common: &ClientTls,
        own: &BTreeMap<String, ClientTls>,
        timeouts: CallTimeouts,
    ) -> Result<Self, ClientError> {
        let client = |tls| -> Result<_, ClientError> {
            Ok(builder(tls, Protocols::Http1, timeouts)?.build()?)
        };
        let mut clients = BTreeMap::new();
        for (name, tls) in own {
            clients.insert(name.clone(), client(tls)?);
        }
        Ok(Self {
            common: client(common)?,
            own: clients,
        })
    }

    /// The client for a peer.
    #[must_use]
    pub fn of(&self, peer: &str) -> &Client {
        self.own.get(peer).unwrap_or(&self.common)
    }
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
