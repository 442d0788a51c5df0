//! A small HTTP/1.1 listener around an inbox, plain or with TLS.

use crate::{Inbox, Result};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    Request, Response, StatusCode, body::Incoming, header::CONTENT_TYPE, server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use std::{fs, path::Path, sync::Arc};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

/// How a listener is reached.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Security {
    /// `http`.
    Plain,
    /// `https`, with the certificate that [`crate::make`] made.
    Tls,
}

/// A listener on a free port of the loopback.
#[derive(Debug)]
pub struct Listener {
    url: String,
}

impl Listener {
    /// Starts to listen, on the runtime of the caller.
    ///
    /// # Errors
    /// No port, or no usable certificate.
    pub async fn start(inbox: Arc<Inbox>, folder: &Path, security: Security) -> Result<Self> {
        let socket = TcpListener::bind("127.0.0.1:0").await?;
        let port = socket.local_addr()?.port();
        let acceptor = match security {
            Security::Plain => None,
            Security::Tls => Some(acceptor(folder)?),
        };
        let scheme = if acceptor.is_some() { "https" } else { "http" };
        tokio::spawn(accept(socket, acceptor, inbox));
        Ok(Self {
            url: format!("{scheme}://127.0.0.1:{port}/as4"),
        })
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }
}

fn acceptor(folder: &Path) -> Result<TlsAcceptor> {
    let chain = CertificateDer::pem_file_iter(folder.join("tls-bridge.pem"))?
        .collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_slice(&fs::read(folder.join("tls-bridge.key"))?)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

async fn accept(socket: TcpListener, acceptor: Option<TlsAcceptor>, inbox: Arc<Inbox>) {
    while let Ok((stream, _)) = socket.accept().await {
        let (acceptor, inbox) = (acceptor.clone(), Arc::clone(&inbox));
        tokio::spawn(async move {
            match acceptor {
                None => converse(stream, inbox).await,
                Some(acceptor) => {
                    // A handshake that fails is seen by the caller.
                    if let Ok(stream) = acceptor.accept(stream).await {
                        converse(stream, inbox).await;
                    }
                }
            }
        });
    }
}

async fn converse(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, inbox: Arc<Inbox>) {
    let service = service_fn(move |request| answer(request, Arc::clone(&inbox)));
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // A connection that breaks is seen by the caller.
    drop(connection.await);
}

async fn answer(request: Request<Incoming>, inbox: Arc<Inbox>) -> Result<Response<Full<Bytes>>> {
    let content_type = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let body = Limited::new(request.into_body(), 200 << 20)
        .collect()
        .await
        .map_err(anyhow::Error::from_boxed)?
        .to_bytes();
    let signal = tokio::task::spawn_blocking(move || inbox.take(&content_type, body)).await??;
    Ok(Response::builder()
        .status(StatusCode::OK)
        .header(CONTENT_TYPE, signal.content_type())
        .body(Full::new(signal.body().clone()))?)
}
