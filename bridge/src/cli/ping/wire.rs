//! The way to a partner, one layer after the other: name, connection, TLS, HTTP.

use std::{error::Error, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use ebms::{Outgoing, security::Certificate};
use http::{
    Request, StatusCode,
    header::{CONTENT_TYPE, HOST, USER_AGENT},
};
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use rustls::{AlertDescription, CertificateError, ProtocolVersion};
use rustls_pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use url::{Host, Url};

use super::report::{Ended, Fault, Finding, Report, Stage};
use crate::{
    cli::exit::{INTERNAL, UNAVAILABLE},
    http::{
        limit::read_body,
        tls::{ClientTls, Suite},
    },
};

/// Where to, and with what patience.
pub(super) struct Way<'w> {
    pub(super) url: &'w Url,
    pub(super) tls: &'w ClientTls,
    pub(super) limit: Duration,
    pub(super) now: Timestamp,
}

/// A connection, with TLS or without.
pub(super) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Wire for S {}

/// An HTTP answer.
pub(super) struct Answered {
    pub(super) status: StatusCode,
    pub(super) content_type: Option<String>,
    pub(super) body: Bytes,
}

impl Way<'_> {
    /// Goes up to where HTTP begins.
    pub(super) async fn connection(&self, report: &mut Report) -> Result<Box<dyn Wire>, Ended> {
        let addresses = report.step(Stage::Dns, self.addresses()).await?;
        let stream = report.step(Stage::Tcp, self.connect(&addresses)).await?;
        if self.url.scheme() == "https" {
            let stream = report.step(Stage::Tls, self.secure(stream)).await?;
            return Ok(Box::new(stream));
        }
        Ok(Box::new(stream))
    }

    async fn within<T, E>(
        &self,
        limit: Duration,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Late<E>> {
        match timeout(limit, work).await {
            Ok(result) => result.map_err(Late::Failed),
            Err(_) => Err(Late::TimedOut(limit)),
        }
    }

    async fn addresses(&self) -> Result<(Vec<SocketAddr>, Finding), Fault> {
        let Some(port) = self.url.port_or_known_default() else {
            return Err(Fault::new(INTERNAL, "the endpoint has no port", ENDPOINT));
        };
        let name = match self.url.host() {
            Some(Host::Domain(name)) => name,
            Some(Host::Ipv4(ip)) => return Ok(literal(SocketAddr::from((ip, port)))),
            Some(Host::Ipv6(ip)) => return Ok(literal(SocketAddr::from((ip, port)))),
            None => return Err(Fault::new(INTERNAL, "the endpoint has no host", ENDPOINT)),
        };
        let advice = format!("{ENDPOINT}; then the resolver of this machine: getent hosts {name}");
        let found = self.within(CONNECT, lookup_host((name, port))).await;
        let found: Vec<_> = found
            .map_err(|why| Fault::new(UNAVAILABLE, format!("{name} is unknown: {why}"), &*advice))?
            .collect();
        if found.is_empty() {
            return Err(Fault::new(
                UNAVAILABLE,
                format!("{name} has no address"),
                advice,
            ));
        }
        let listed: Vec<_> = found.iter().map(|it| it.ip().to_string()).collect();
        let finding = Finding::new(format!("{name} is {}", listed.join(", ")));
        Ok((found, finding.with("addresses", listed)))
    }

    /// The first address that answers, tried in the order of the resolver.
    async fn connect(&self, addresses: &[SocketAddr]) -> Result<(TcpStream, Finding), Fault> {
        let mut refusals = Vec::new();
        for address in addresses {
            match self.within(CONNECT, TcpStream::connect(address)).await {
                Ok(stream) => {
                    let finding = Finding::new(format!("connected to {address}"));
                    return Ok((stream, finding.with("address", address.to_string())));
                }
                Err(why) => refusals.push(format!("{address}: {why}")),
            }
        }
        let advice = "ask the partner whether the access point runs and lets our address in; check \
                      our own firewall and the port of the endpoint";
        Err(Fault::new(UNAVAILABLE, refusals.join("; "), advice))
    }

    async fn secure(&self, stream: TcpStream) -> Result<(TlsStream<TcpStream>, Finding), Fault> {
        let config = self.tls.config(&["http/1.1"]);
        let config = config
            .map_err(|error| Fault::new(INTERNAL, error.to_string(), "run bridge config check"))?;
        let name = self.url.host_str().unwrap_or_default();
        let name = ServerName::try_from(name.trim_matches(['[', ']']).to_owned());
        let name =
            name.map_err(|_| Fault::new(INTERNAL, "the host is no name for TLS", ENDPOINT))?;
        let connector = TlsConnector::from(Arc::new(config));
        match self.within(CONNECT, connector.connect(name, stream)).await {
            Ok(stream) => {
                let finding = self.agreed(stream.get_ref().1);
                Ok((stream, finding))
            }
            Err(why) => {
                let advice = match &why {
                    Late::Failed(error) => tls_advice(error),
                    Late::TimedOut(_) => "something at this port does not speak TLS",
                };
                Err(Fault::new(UNAVAILABLE, why.to_string(), advice))
            }
        }
    }

    /// Version, suite, and the server's certificate.
    fn agreed(&self, session: &rustls::ClientConnection) -> Finding {
        let version = match session.protocol_version() {
            Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
            Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
            _ => "unknown version",
        };
        let suite = session.negotiated_cipher_suite().map_or("", Suite::name_of);
        let mut finding = Finding::new(format!("{version}, {suite}"))
            .with("version", version)
            .with("suite", suite);
        let leaf = session.peer_certificates().and_then(<[_]>::first);
        if let Some(certificate) = leaf.and_then(|der| Certificate::from_der(der).ok()) {
            let dates = dates(&certificate, self.now);
            finding
                .text
                .push_str(&format!("; server certificate {dates}"));
            finding = with_certificate(finding, &certificate, self.now);
        }
        finding
    }

    /// Asks, and returns the answer with whatever status.
    pub(super) async fn ask(
        &self,
        stream: Box<dyn Wire>,
        outgoing: &Outgoing,
    ) -> Result<Answered, Fault> {
        let asked = self
            .within(self.limit, self.exchange(stream, outgoing))
            .await;
        asked.map_err(|why| {
            let text = format!("no answer: {why}");
            Fault::new(
                UNAVAILABLE,
                text,
                "the partner closed or broke the connection: its log says \
                why; where it wants a client certificate, give certificate and key in [as4.tls] or \
                in [tls] of the partner's file",
            )
        })
    }

    async fn exchange(
        &self,
        stream: Box<dyn Wire>,
        outgoing: &Outgoing,
    ) -> Result<Answered, Broken> {
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let driving = tokio::spawn(connection);
        let host = match (self.url.host_str().unwrap_or_default(), self.url.port()) {
            (host, Some(port)) => format!("{host}:{port}"),
            (host, None) => host.to_owned(),
        };
        let target = match self.url.query() {
            Some(query) => format!("{}?{query}", self.url.path()),
            None => self.url.path().to_owned(),
        };
        let request = Request::post(target)
            .header(HOST, host)
            .header(USER_AGENT, concat!("bridge/", env!("CARGO_PKG_VERSION")))
            .header(CONTENT_TYPE, outgoing.content_type())
            .body(Full::new(outgoing.body().clone()))?;
        let (parts, body) = sender.send_request(request).await?.into_parts();
        let kind = parts
            .headers
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok());
        let content_type = kind.map(str::to_owned);
        let body = read_body(axum::body::Body::new(body), MAX_ANSWER).await?;
        driving.abort();
        Ok(Answered {
            status: parts.status,
            content_type,
            body,
        })
    }
}

type Broken = Box<dyn Error + Send + Sync>;

fn literal(address: SocketAddr) -> (Vec<SocketAddr>, Finding) {
    let ip = address.ip().to_string();
    let finding = Finding::new(format!("{ip} is an address already"));
    (vec![address], finding.with("addresses", vec![ip]))
}

/// From when to when a certificate holds, and how long still.
pub(super) fn dates(certificate: &Certificate, now: Timestamp) -> String {
    let (from, to) = (certificate.not_before(), certificate.not_after());
    let (from, to) = (from.strftime("%Y-%m-%d"), to.strftime("%Y-%m-%d"));
    match days_left(certificate, now) {
        days @ ..0 => format!("{from} to {to}, ended {} days ago", -days),
        days => format!("{from} to {to}, {days} days left"),
    }
}

pub(super) fn with_certificate(
    finding: Finding,
    certificate: &Certificate,
    now: Timestamp,
) -> Finding {
    finding
        .with("certificate_subject", certificate.subject())
        .with(
            "certificate_not_before",
            certificate.not_before().to_string(),
        )
        .with("certificate_not_after", certificate.not_after().to_string())
        .with("certificate_days_left", days_left(certificate, now))
}

fn days_left(certificate: &Certificate, now: Timestamp) -> i64 {
    let left = certificate.not_after().as_second() - now.as_second();
    left.div_euclid(86_400)
}

fn tls_advice(error: &std::io::Error) -> &'static str {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    match inner {
        Some(rustls::Error::InvalidCertificate(problem)) => match problem {
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                "put the authority of the partner's server into trust of [as4.tls] or of [tls] in \
                 the partner's file, or its certificate into pinned there"
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "the certificate carries another name: correct the endpoint, or set name_check = \
                 \"off\" in [tls] of the partner's file"
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "the partner must renew its server certificate; check our clock, too"
            }
            _ => "the partner's server certificate cannot be accepted: ask for another",
        },
        Some(rustls::Error::AlertReceived(
            AlertDescription::HandshakeFailure | AlertDescription::ProtocolVersion,
        ))
        | Some(rustls::Error::PeerIncompatible(_)) => {
            "no version or suite in common: compare versions and suites of [as4.tls], or of [tls] \
             in the partner's file, with what the partner's server offers"
        }
        Some(rustls::Error::AlertReceived(_)) => {
            "the partner's server refused: where it wants a client certificate, give certificate \
             and key in [as4.tls] or in [tls] of the partner's file"
        }
        _ => "something at this port does not speak TLS, or broke off: check the endpoint",
    }
}

/// Why something did not come.
#[derive(Debug)]
enum Late<E> {
    Failed(E),
    TimedOut(Duration),
}

impl<E: AsError> std::fmt::Display for Late<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Failed(error) => f.write_str(&chain(error.as_error())),
            Self::TimedOut(limit) => write!(f, "nothing within {} s", limit.as_secs()),
        }
    }
}

trait AsError {
    fn as_error(&self) -> &(dyn Error + 'static);
}

impl AsError for std::io::Error {
    fn as_error(&self) -> &(dyn Error + 'static) {
        self
    }
}

impl AsError for Broken {
    fn as_error(&self) -> &(dyn Error + 'static) {
        &**self
    }
}

/// An error with its causes: "connection refused" stands at the very end.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

const ENDPOINT: &str = "correct endpoint in the partner's file";
const CONNECT: Duration = Duration::from_secs(10);
const MAX_ANSWER: u64 = 1024 * 1024;
