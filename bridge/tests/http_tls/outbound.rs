//! Calls to partners: which servers are trusted, what is spoken, which address is taken.

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use axum::{Router, routing::get};
use bridge::{
    config::Secret,
    http::{
        Busy, CallTimeouts, Patience,
        client::builder,
        server::{ListenerSettings, Protocols, Shutdown, serve},
        tls::{ClientTls, NameCheck, ServerTls, TlsPolicy, TlsVersion},
    },
    telemetry::metrics::{ListenerName, Metrics},
};
use rcgen::ExtendedKeyUsagePurpose;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::{Authority, ClientCertificate, Leaf, Server};

async fn start(listener: TcpListener, leaf: &Leaf, policy: &TlsPolicy) {
    let settings = ListenerSettings {
        name: ListenerName::As4,
        tls: Some(ServerTls::under(policy, &leaf.chain, &leaf.key, None).unwrap()),
        protocols: Protocols::Http1,
        max_connections: 8,
        max_connections_per_address: 8,
        max_requests: 8,
        max_requests_per_address: 8,
        busy: Busy::default(),
        patience: Patience::default(),
        metrics: Metrics::new().unwrap(),
    };
    let router = Router::new().route("/", get(|| async { "here" }));
    let shutdown = Shutdown::new(Duration::ZERO);
    tokio::spawn(serve(listener, settings, router, shutdown));
}

/// A server at `address` with a certificate for `name`; returns where it is.
async fn server(address: impl Into<SocketAddr>, leaf: &Leaf, policy: &TlsPolicy) -> SocketAddr {
    let listener = TcpListener::bind(address.into()).await.unwrap();
    let address = listener.local_addr().unwrap();
    start(listener, leaf, policy).await;
    address
}

/// Calls `https://partner.test/`, which is at these addresses.
async fn call(tls: &ClientTls, addresses: &[SocketAddr]) -> Result<String, reqwest::Error> {
    let timeouts = CallTimeouts::within(Duration::from_secs(20));
    let builder = builder(tls, Protocols::Http1, timeouts).unwrap();
    let client = builder
        .resolve_to_addrs("partner.test", addresses)
        .build()?;
    let port = addresses.first().unwrap().port();
    let url = format!("https://partner.test:{port}/");
    client.get(url).send().await?.text().await
}

const LOCAL: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);

/// [AS4 4.5] the Commission's test configuration has no check of names.
#[tokio::test]
async fn a_name_may_differ_where_the_authority_is_the_partners() {
    let authority = Authority::new();
    let leaf = authority.issue("other.test", ExtendedKeyUsagePurpose::ServerAuth);
    let address = server(LOCAL, &leaf, &TlsPolicy::default()).await;
    let tls = |names| {
        let common = ClientTls::new(None, None);
        common.with_servers(Some(authority.pem.clone()), None, names)
    };
    call(&tls(NameCheck::On), &[address]).await.unwrap_err();
    assert_eq!(
        call(&tls(NameCheck::Off), &[address]).await.unwrap(),
        "here"
    );
    // The authority is checked all the same.
    let foreign = ClientTls::new(None, None);
    let foreign = foreign.with_servers(Some(Authority::new().pem), None, NameCheck::Off);
    call(&foreign, &[address]).await.unwrap_err();
}

#[tokio::test]
async fn a_pinned_certificate_is_trusted_and_no_other() {
    let authority = Authority::new();
    let leaf = authority.issue("other.test", ExtendedKeyUsagePurpose::ServerAuth);
    let address = server(LOCAL, &leaf, &TlsPolicy::default()).await;
    let pinned = |pem: &str| {
        let common = ClientTls::new(Some(authority.pem.clone()), None);
        common.with_servers(None, Some(pem.to_owned()), NameCheck::On)
    };
    assert_eq!(
        call(&pinned(&leaf.chain), &[address]).await.unwrap(),
        "here"
    );
    let sibling = authority.issue("other.test", ExtendedKeyUsagePurpose::ServerAuth);
    call(&pinned(&sibling.chain), &[address]).await.unwrap_err();
}

#[tokio::test]
async fn a_pinned_certificate_that_has_ended_is_not_trusted() {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(["partner.test".to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2021, 1, 1);
    let leaf = Leaf {
        chain: params.self_signed(&key).unwrap().pem(),
        key: key.serialize_pem(),
    };
    let address = server(LOCAL, &leaf, &TlsPolicy::default()).await;
    let tls = ClientTls::new(None, None);
    let tls = tls.with_servers(None, Some(leaf.chain.clone()), NameCheck::On);
    call(&tls, &[address]).await.unwrap_err();
}

#[test]
fn names_of_unknown_servers_are_always_checked() {
    let anybody = ClientTls::new(None, None).with_servers(None, None, NameCheck::Off);
    assert_eq!(anybody.config(&[]).unwrap_err().key(), "name_check");
}

/// `[AS4_CP_TA39]` for calls as for listeners.
#[tokio::test]
async fn versions_of_calls_are_configurable() {
    let authority = Authority::new();
    let leaf = authority.issue("partner.test", ExtendedKeyUsagePurpose::ServerAuth);
    let only = |version| TlsPolicy::new(vec![version], Vec::new()).unwrap();
    for theirs in [TlsVersion::V1_2, TlsVersion::V1_3] {
        let address = server(LOCAL, &leaf, &only(theirs)).await;
        for ours in [TlsVersion::V1_2, TlsVersion::V1_3] {
            let tls = ClientTls::new(Some(authority.pem.clone()), None);
            let called = call(&tls.with_policy(only(ours)), &[address]).await;
            assert_eq!(called.is_ok(), theirs == ours, "{theirs:?} {ours:?}");
        }
    }
}

#[tokio::test]
async fn a_partner_that_asks_who_we_are_is_told() {
    let server = Server::start(Some(ClientCertificate::Required), Protocols::Http1).await;
    let leaf = server.clients.client();
    let common = ClientTls::new(Some(server.authority.pem.clone()), None);
    let own = common
        .clone()
        .with_identity((leaf.chain, Secret::new(leaf.key)));
    let url = format!("https://localhost:{}/", server.address.port());
    let timeouts = CallTimeouts::within(Duration::from_secs(10));
    let ask = async |tls: &ClientTls| {
        let client = builder(tls, Protocols::Http1, timeouts).unwrap();
        client.build().unwrap().get(&url).send().await
    };
    ask(&common).await.unwrap_err();
    assert!(ask(&own).await.unwrap().status().is_success());
}

/// `[AS4_CP_TA46]` listener and call on either family.
#[tokio::test]
async fn as4_cp_ta46_ipv4_and_ipv6_are_spoken() {
    let authority = Authority::new();
    let leaf = authority.issue("partner.test", ExtendedKeyUsagePurpose::ServerAuth);
    let tls = ClientTls::new(Some(authority.pem.clone()), None);
    let six = server((Ipv6Addr::LOCALHOST, 0), &leaf, &TlsPolicy::default()).await;
    assert!(six.is_ipv6());
    assert_eq!(call(&tls, &[six]).await.unwrap(), "here");
    let four = server(LOCAL, &leaf, &TlsPolicy::default()).await;
    assert_eq!(call(&tls, &[four]).await.unwrap(), "here");
}

/// `[AS4_CP_TA46]` happy eyeballs: an address that says nothing does not hold up the other.
#[tokio::test]
async fn as4_cp_ta46_a_silent_address_does_not_hold_up_the_other_family() {
    let authority = Authority::new();
    let leaf = authority.issue("partner.test", ExtendedKeyUsagePurpose::ServerAuth);
    let tls = ClientTls::new(Some(authority.pem.clone()), None);
    // A listener whose queue is full answers no further connection.
    let socket = TcpSocket::new_v6().unwrap();
    socket.bind((Ipv6Addr::LOCALHOST, 0).into()).unwrap();
    let silent = socket.listen(1).unwrap();
    let address = silent.local_addr().unwrap();
    let mut queue = Vec::new();
    let moment = Duration::from_millis(300);
    while let Ok(taken) = tokio::time::timeout(moment, TcpStream::connect(address)).await {
        queue.push(taken.unwrap());
    }
    let four = SocketAddr::from((Ipv4Addr::LOCALHOST, address.port()));
    server(four, &leaf, &TlsPolicy::default()).await;
    let both = [address, four];
    let called = tokio::time::timeout(Duration::from_secs(10), call(&tls, &both));
    assert_eq!(called.await.unwrap().unwrap(), "here");
}
