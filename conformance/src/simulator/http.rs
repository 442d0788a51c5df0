//! HTTPS for the simulators: a server that knows its caller's certificate, and a strict client
//!
//! Plain connections do not exist here: every wire of the simulated world is TLS.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use axum::Router;
use bytes::Bytes;
use http::HeaderMap;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use rustls::crypto::CryptoProvider;
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use super::journal::sha256_hex;

/// A certificate chain with its key, both in PEM
#[derive(Clone)]
pub struct TlsIdentity {
    /// Leaf first
    pub chain_pem: String,
    /// PKCS#8
    pub key_pem: String,
}

impl TlsIdentity {
    /// SHA-256 of the leaf certificate, lower-case hexadecimal
    ///
    /// # Errors
    /// When the chain is empty or not PEM.
    pub fn fingerprint(&self) -> Result<String> {
        let chain = certificates(&self.chain_pem)?;
        let leaf = chain.first().context("the certificate chain is empty")?;
        Ok(sha256_hex(leaf))
    }
}

impl std::fmt::Debug for TlsIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TlsIdentity").finish_non_exhaustive()
    }
}

/// The caller of a request: SHA-256 of its client certificate, when it showed one
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Caller(pub Option<String>);

/// A running HTTPS server; stops, with its open connections, when dropped
pub struct Server {
    address: SocketAddr,
    acceptor: TlsAcceptor,
    router: Router,
    running: Mutex<Option<JoinHandle<()>>>,
}

impl Server {
    /// Binds a free port on loopback
    ///
    /// # Errors
    /// When the system has none.
    pub async fn bind() -> Result<TcpListener> {
        Self::bind_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await
    }

    /// Binds a given address, to come back where an earlier server stopped
    ///
    /// # Errors
    /// When the address is taken.
    pub async fn bind_at(address: SocketAddr) -> Result<TcpListener> {
        TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot listen on {address}"))
    }

    /// Serves a router behind TLS
    ///
    /// # Errors
    /// When the listener has no address.
    pub fn start(listener: TcpListener, tls: ServerConfig, router: Router) -> Result<Self> {
        let address = listener.local_addr().context("listener without address")?;
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        let server = Self {
            address,
            acceptor,
            router,
            running: Mutex::default(),
        };
        server.serve(listener);
        Ok(server)
    }

    /// Where it listens
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops at once, as a crash would: open connections are cut
    pub fn stop(&self) {
        if let Some(running) = self.running().take() {
            running.abort();
        }
    }

    /// Stops at once, and returns when connections are refused
    pub async fn close(&self) {
        let running = self.running().take();
        if let Some(running) = running {
            running.abort();
            // Cancelled is what it is meant to be.
            let (Ok(()) | Err(_)) = running.await;
        }
    }

    /// Serves again at the same address
    ///
    /// # Errors
    /// When the address was taken meanwhile.
    pub async fn reopen(&self) -> Result<()> {
        self.close().await;
        self.serve(Self::bind_at(self.address).await?);
        Ok(())
    }

    fn serve(&self, listener: TcpListener) {
        let serving = accept(listener, self.acceptor.clone(), self.router.clone());
        *self.running() = Some(tokio::spawn(serving));
    }

    fn running(&self) -> MutexGuard<'_, Option<JoinHandle<()>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, router: Router) {
    // Owned by this task, so that aborting it also cuts the open connections.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(serve(stream, acceptor.clone(), router.clone()));
                }
            }
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

async fn serve(stream: TcpStream, acceptor: TlsAcceptor, router: Router) {
    let stream = match acceptor.accept(stream).await {
        Ok(stream) => stream,
        Err(error) => {
            tracing::debug!(%error, "Simulator refused a TLS handshake");
            return;
        }
    };
    let leaf = stream
        .get_ref()
        .1
        .peer_certificates()
        .and_then(|chain| chain.first());
    let caller = Caller(leaf.map(|certificate| sha256_hex(certificate)));
    let service = TowerToHyperService::new(router.layer(axum::Extension(caller)));
    let builder = Builder::new(TokioExecutor::new());
    if let Err(error) = builder
        .serve_connection(TokioIo::new(stream), service)
        .await
    {
        tracing::debug!(%error, "Simulator connection ended");
    }
}

/// TLS settings of a server; with `client_ca_pem`, callers must show a certificate of that authority
///
/// # Errors
/// When a PEM text cannot be read.
pub fn server_tls(identity: &TlsIdentity, client_ca_pem: Option<&str>) -> Result<ServerConfig> {
    let builder = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .context("TLS versions")?;
    let builder = match client_ca_pem {
        None => builder.with_no_client_auth(),
        Some(pem) => {
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots(pem)?), provider())
                    .build()
                    .context("client authority")?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    builder
        .with_single_cert(certificates(&identity.chain_pem)?, key(&identity.key_pem)?)
        .context("server certificate")
}

/// A client that trusts one authority, follows no redirect and ignores proxies of the environment
///
/// # Errors
/// When a PEM text cannot be read.
pub fn client(root_pem: &str, identity: Option<&TlsIdentity>) -> Result<reqwest::Client> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .context("TLS versions")?
        .with_root_certificates(roots(root_pem)?);
    let tls = match identity {
        None => builder.with_no_client_auth(),
        Some(identity) => builder
            .with_client_auth_cert(certificates(&identity.chain_pem)?, key(&identity.key_pem)?)
            .context("client certificate")?,
    };
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .http1_only()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(60))
        // A connection kept from before a crash of the other side would fail the next call.
        .pool_max_idle_per_host(0)
        .build()
        .context("HTTP client")
}

/// An HTTP answer, read whole
#[derive(Clone, Debug)]
pub struct Answer {
    /// Status code
    pub status: u16,
    /// Header fields
    pub headers: HeaderMap,
    /// Body
    pub body: Bytes,
}

impl Answer {
    /// Reads an answer up to a limit
    ///
    /// # Errors
    /// When the connection breaks or the body is larger.
    pub async fn read(mut response: reqwest::Response) -> Result<Self> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.context("answer broke off")? {
            ensure!(
                body.len() + chunk.len() <= MAX_BODY,
                "answer larger than {MAX_BODY} bytes"
            );
            body.extend_from_slice(&chunk);
        }
        Ok(Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: body.into(),
        })
    }

    /// Whether the same request may be answered otherwise in a moment
    fn is_passing(&self) -> bool {
        let in_work = || String::from_utf8_lossy(&self.body).contains("idempotency-conflict");
        self.status == 503 || self.status == 409 && in_work()
    }

    /// A header field that occurs once and is text
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

/// Sends a request, and again while it is not taken: no connection, 503, or still in work
///
/// Returns the answer and how often it was asked for; without patience, the first one.
///
/// # Errors
/// When the other side cannot be reached.
pub async fn patiently(
    patience: Duration,
    request: impl Fn() -> reqwest::RequestBuilder,
) -> Result<(Answer, u32)> {
    let once = async || Answer::read(request().send().await?).await;
    if patience.is_zero() {
        return Ok((once().await?, 1));
    }
    let trying = async {
        let mut tries = 1;
        loop {
            match once().await {
                Ok(answer) if !answer.is_passing() => return (answer, tries),
                Ok(_) | Err(_) => tokio::time::sleep(PAUSE).await,
            }
            tries += 1;
        }
    };
    match tokio::time::timeout(patience, trying).await {
        Ok(answered) => Ok(answered),
        Err(_) => Ok((once().await?, u32::MAX)),
    }
}

/// A header field that occurs once and is text
#[must_use]
pub fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

/// Pause between two attempts of a patient caller
const PAUSE: Duration = Duration::from_millis(250);

/// The largest body any simulator reads
pub const MAX_BODY: usize = 128 * 1024 * 1024;

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>> {
    CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<_, _>>()
        .context("certificate PEM")
}

fn key(pem: &str) -> Result<PrivateKeyDer<'static>> {
    PrivateKeyDer::from_pem_slice(pem.as_bytes()).context("key PEM")
}

fn roots(pem: &str) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(pem)? {
        roots.add(certificate).context("root certificate")?;
    }
    ensure!(!roots.is_empty(), "no root certificate in the PEM text");
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use axum::routing::get;

    use super::*;
    use crate::simulator::testing::certificates;

    #[tokio::test]
    async fn a_closed_server_refuses_and_a_reopened_one_answers_at_the_same_address() {
        let certificates = certificates();
        let tls = server_tls(&certificates.server, None).unwrap();
        let router = Router::new().route("/", get(|| async { "here" }));
        let server = Server::start(Server::bind().await.unwrap(), tls, router).unwrap();
        let client = client(&certificates.root_pem, None).unwrap();
        let url = format!("https://{}/", server.address());
        let status = async || {
            client
                .get(&url)
                .send()
                .await
                .map(|answer| answer.status().as_u16())
        };
        assert_eq!(status().await.unwrap(), 200);
        server.close().await;
        assert!(status().await.unwrap_err().is_connect());
        server.reopen().await.unwrap();
        assert_eq!(status().await.unwrap(), 200);
    }
}
