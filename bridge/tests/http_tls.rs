//! TLS of listeners and of the outgoing client, with certificates made for the test.
#![expect(clippy::unwrap_used, reason = "test code")]

#[path = "http_tls/outbound.rs"]
mod outbound;
#[path = "http_tls/policy.rs"]
mod policy;

use std::{net::SocketAddr, time::Duration};

use axum::{Extension, Router, http::Version, routing::get};
use bridge::{
    config::Secret,
    http::{
        Busy, CallTimeouts, Patience, client,
        server::{ListenerSettings, Peer, Protocols, Shutdown, serve},
        tls::{ClientCertificate, ClientTls, ServerTls, TlsError, TlsPolicy},
    },
    telemetry::metrics::{ListenerName, Metrics},
};
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use tokio::net::TcpListener;

struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

struct Leaf {
    chain: String,
    key: String,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self {
            pem,
            issuer: Issuer::new(params, key),
        }
    }

    fn issue(&self, name: &str, usage: ExtendedKeyUsagePurpose) -> Leaf {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.extended_key_usages = vec![usage];
        let chain = params.signed_by(&key, &self.issuer).unwrap().pem();
        Leaf {
            chain,
            key: key.serialize_pem(),
        }
    }

    fn server(&self) -> Leaf {
        self.issue("localhost", ExtendedKeyUsagePurpose::ServerAuth)
    }

    fn client(&self) -> Leaf {
        self.issue("client", ExtendedKeyUsagePurpose::ClientAuth)
    }
}

struct Server {
    address: SocketAddr,
    metrics: Metrics,
    authority: Authority,
    clients: Authority,
}

impl Server {
    async fn start(kind: Option<ClientCertificate>, protocols: Protocols) -> Self {
        Self::under(&TlsPolicy::default(), kind, protocols).await
    }

    async fn under(
        policy: &TlsPolicy,
        kind: Option<ClientCertificate>,
        protocols: Protocols,
    ) -> Self {
        let (authority, clients) = (Authority::new(), Authority::new());
        let leaf = authority.server();
        let wanted = kind.map(|kind| (clients.pem.clone(), kind));
        let metrics = Metrics::new().unwrap();
        let settings = ListenerSettings {
            name: ListenerName::National,
            tls: Some(ServerTls::under(policy, &leaf.chain, &leaf.key, wanted).unwrap()),
            protocols,
            max_connections: 8,
            max_connections_per_address: 8,
            max_requests: 8,
            max_requests_per_address: 8,
            busy: Busy::default(),
            patience: Patience::default(),
            metrics: metrics.clone(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route(
            "/",
            get(|Extension(peer): Extension<Peer>| async move {
                let shown = peer.certificate().map(|der| der.len().to_string());
                shown.unwrap_or_else(|| "nobody".to_owned())
            }),
        );
        tokio::spawn(serve(
            listener,
            settings,
            router,
            Shutdown::new(Duration::ZERO),
        ));
        Self {
            address,
            metrics,
            authority,
            clients,
        }
    }

    async fn get(&self, identity: Option<Leaf>) -> Result<(Version, String), reqwest::Error> {
        let identity = identity.map(|leaf| (leaf.chain, Secret::new(leaf.key)));
        let tls = ClientTls::new(Some(self.authority.pem.clone()), identity);
        let client = client(&tls, CallTimeouts::within(Duration::from_secs(10))).unwrap();
        let url = format!("https://localhost:{}/", self.address.port());
        let response = client.get(url).send().await?;
        Ok((response.version(), response.text().await?))
    }
}

#[tokio::test]
async fn a_required_certificate_is_shown_to_the_handler() {
    let server = Server::start(Some(ClientCertificate::Required), Protocols::Http1).await;
    let (_, text) = server.get(Some(server.clients.client())).await.unwrap();
    assert!(text.parse::<usize>().unwrap() > 100, "{text}");
}

#[tokio::test]
async fn without_the_required_certificate_there_is_no_answer() {
    let server = Server::start(Some(ClientCertificate::Required), Protocols::Http1).await;
    server.get(None).await.unwrap_err();
    server
        .get(Some(Authority::new().client()))
        .await
        .unwrap_err();
    let text = server.metrics.text().unwrap();
    assert!(text.contains(r#"reason="handshake"} 2"#), "{text}");
}

#[tokio::test]
async fn an_optional_certificate_may_be_absent_but_not_foreign() {
    let server = Server::start(Some(ClientCertificate::Optional), Protocols::Http1).await;
    assert_eq!(server.get(None).await.unwrap().1, "nobody");
    assert_ne!(
        server.get(Some(server.clients.client())).await.unwrap().1,
        "nobody"
    );
    server
        .get(Some(Authority::new().client()))
        .await
        .unwrap_err();
}

#[tokio::test]
async fn a_server_certificate_is_no_client_certificate() {
    let server = Server::start(Some(ClientCertificate::Required), Protocols::Http1).await;
    server.get(Some(server.clients.server())).await.unwrap_err();
}

#[tokio::test]
async fn the_access_point_speaks_http_1_only_and_the_others_http_2_too() {
    let server = Server::start(None, Protocols::Http1).await;
    assert_eq!(server.get(None).await.unwrap().0, Version::HTTP_11);
    let server = Server::start(None, Protocols::Http1And2).await;
    assert_eq!(server.get(None).await.unwrap().0, Version::HTTP_2);
}

#[tokio::test]
async fn a_server_of_another_authority_is_not_trusted() {
    let server = Server::start(None, Protocols::Http1).await;
    let tls = ClientTls::new(Some(Authority::new().pem), None);
    let client = client(&tls, CallTimeouts::within(Duration::from_secs(10))).unwrap();
    let url = format!("https://localhost:{}/", server.address.port());
    client.get(url).send().await.unwrap_err();
}

#[tokio::test]
async fn plain_http_on_a_tls_port_is_no_conversation() {
    let server = Server::start(None, Protocols::Http1).await;
    let url = format!("http://localhost:{}/", server.address.port());
    let client = client(
        &ClientTls::new(None, None),
        CallTimeouts::within(Duration::from_secs(10)),
    );
    client.unwrap().get(url).send().await.unwrap_err();
}

#[test]
fn key_and_certificate_must_be_a_pair() {
    let authority = Authority::new();
    let (one, other) = (authority.server(), authority.server());
    let error = ServerTls::new(&one.chain, &other.key, None).unwrap_err();
    assert!(matches!(error, TlsError::Pair(_)), "{error}");
    assert_eq!(error.key(), "key");
    let error = ServerTls::new("no pem", &one.key, None).unwrap_err();
    assert_eq!(error.key(), "certificate");
    let roots = Some(("no pem".to_owned(), ClientCertificate::Required));
    let error = ServerTls::new(&one.chain, &one.key, roots).unwrap_err();
    assert_eq!(error.key(), "client_ca");
}
