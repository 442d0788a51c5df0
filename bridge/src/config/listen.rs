//! `[listen.*]`: where we can be reached, and with which TLS.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use url::Url;

use super::{
    platform::Environment,
    read::{Choice, Table},
};
use crate::http::{
    Patience,
    tls::{ClientCertificate, ServerTls, Suite, TlsPolicy, TlsVersion},
};

impl Choice for ClientCertificate {
    const WORDS: &'static [(&'static str, Self)] =
        &[("required", Self::Required), ("optional", Self::Optional)];
}

impl Choice for TlsVersion {
    const WORDS: &'static [(&'static str, Self)] = &[("1.2", Self::V1_2), ("1.3", Self::V1_3)];
}

impl Choice for Suite {
    const WORDS: &'static [(&'static str, Self)] = &Self::ALL;
}

/// `versions` and `suites`, wherever TLS is configured. [AS4 4.5]
pub(super) fn tls_policy(table: &mut Table<'_>) -> Option<TlsPolicy> {
    let (versions, suites) = (table.list("versions"), table.list("suites"));
    TlsPolicy::new(versions, suites)
        .map_err(|error| table.problem(error.key(), error.to_string(), ""))
        .ok()
}

/// `[listen]`: the four listeners.
#[derive(Clone, Debug)]
pub struct Listen {
    as4: Listener,
    national: Listener,
    public: Listener,
    admin: Listener,
}

impl Listen {
    /// Foreign access points.
    pub fn as4(&self) -> &Listener {
        &self.as4
    }

    /// German portals and registers.
    pub fn national(&self) -> &Listener {
        &self.national
    }

    /// Citizens' browsers.
    pub fn public(&self) -> &Listener {
        &self.public
    }

    /// Operators and probes.
    pub fn admin(&self) -> &Listener {
        &self.admin
    }

    pub(super) fn read(mut table: Table<'_>) -> Option<Self> {
        let as4 = Listener::read(table.section("as4"));
        let national = Listener::read(table.section("national"));
        let public = Listener::read(table.section("public"));
        let admin = Listener::read(table.section("admin"));
        table.finish();
        Some(Self {
            as4: as4?,
            national: national?,
            public: public?,
            admin: admin?,
        })
    }

    /// The listeners with their names in the configuration.
    pub fn all(&self) -> [(&'static str, &Listener); 4] {
        [
            ("as4", &self.as4),
            ("national", &self.national),
            ("public", &self.public),
            ("admin", &self.admin),
        ]
    }
}

/// One `[listen.NAME]`.
#[derive(Clone, Debug)]
pub struct Listener {
    address: SocketAddr,
    base_url: Option<Url>,
    tls: Option<ServerTls>,
    behind_proxy: bool,
    max_connections: usize,
    max_connections_per_address: usize,
    max_requests: usize,
    max_requests_per_address: usize,
    patience: Patience,
}

impl Listener {
    /// Where to bind; port 0 lets the system choose.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address others use, when it is written in the configuration.
    pub fn base_url(&self) -> Option<&Url> {
        self.base_url.as_ref()
    }

    /// The address others use: as configured, or else the one that was bound.
    pub fn base_url_at(&self, bound: SocketAddr) -> Option<Url> {
        if let Some(url) = &self.base_url {
            return Some(url.clone());
        }
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let host = match bound.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => "localhost".to_owned(),
            IpAddr::V6(ip) if ip == Ipv6Addr::UNSPECIFIED => "localhost".to_owned(),
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        Url::parse(&format!("{scheme}://{host}:{}/", bound.port())).ok()
    }

    /// TLS of this listener; `None` means plain HTTP.
    pub fn tls(&self) -> Option<&ServerTls> {
        self.tls.as_ref()
    }

    /// Whether a proxy in front of us ends TLS and filters who may connect.
    pub fn behind_proxy(&self) -> bool {
        self.behind_proxy
    }

    /// Connections beyond this number are turned away.
    pub fn max_connections(&self) -> usize {
        self.max_connections
    }

    /// Connections from one address beyond this number are turned away.
    pub fn max_connections_per_address(&self) -> usize {
        self.max_connections_per_address
    }

    /// Requests beyond this number at a time are turned away.
    pub fn max_requests(&self) -> usize {
        self.max_requests
    }

    /// Requests from one address beyond this number at a time are turned away.
    pub fn max_requests_per_address(&self) -> usize {
        self.max_requests_per_address
    }

    /// How long a connection may take for what.
    pub fn patience(&self) -> Patience {
        self.patience
    }

    fn read(mut table: Table<'_>) -> Option<Self> {
        if !table.is_present() {
            table.missing("address", "every listener needs a table of its own");
            return None;
        }
        let address = table.get::<SocketAddr>("address");
        let base_url = table.find::<Url>("base_url");
        let behind_proxy = table.or("behind_proxy", false);
        let tls = read_tls(&mut table, address, behind_proxy);
        let max_connections = count(&mut table, "max_connections", 4096);
        let default = if behind_proxy { max_connections } else { 256 };
        let max_connections_per_address = count(&mut table, "max_connections_per_address", default);
        let max_requests = count(&mut table, "max_requests", 1024);
        let default = if behind_proxy { max_requests } else { 128 };
        let max_requests_per_address = count(&mut table, "max_requests_per_address", default);
        let patience = patience(table.section("patience"));
        table.finish();
        Some(Self {
            address: address?,
            base_url,
            tls: tls?,
            behind_proxy,
            max_connections,
            max_connections_per_address,
            max_requests,
            max_requests_per_address,
            patience,
        })
    }

    /// What production forbids; called when `[platform]` is known.
    pub(super) fn check(&self, environment: Environment) -> Option<&'static str> {
        let plain = self
            .base_url
            .as_ref()
            .is_some_and(|url| url.scheme() == "http");
        (environment == Environment::Production && plain && !self.address.ip().is_loopback())
            .then_some("http is not allowed in production")
    }
}

fn count(table: &mut Table<'_>, key: &'static str, default: usize) -> usize {
    let number = table.or::<u64>(key, u64::try_from(default).unwrap_or(u64::MAX));
    if number == 0 {
        table.problem(key, "must be at least 1", "");
    }
    usize::try_from(number).unwrap_or(default)
}

/// `[listen.NAME.patience]`: how long a connection may take for what. [ROB-96]
fn patience(mut table: Table<'_>) -> Patience {
    let mut read = |key, default: Duration| {
        let millis = table.or(key, u64::try_from(default.as_millis()).unwrap_or(u64::MAX));
        if millis == 0 {
            table.problem(key, "must be at least 1", "");
        }
        Duration::from_millis(millis)
    };
    let default = Patience::default();
    let patience = Patience {
        first_byte: read("first_byte_ms", default.first_byte),
        handshake: read("handshake_ms", default.handshake),
        head: read("head_ms", default.head),
        idle: read("idle_ms", default.idle),
        body_window: read("body_window_ms", default.body_window),
        write: read("write_ms", default.write),
    };
    table.finish();
    patience
}

/// `tls = "off"` or a table. The outer `None` means that a problem was reported.
fn read_tls(
    table: &mut Table<'_>,
    address: Option<SocketAddr>,
    behind_proxy: bool,
) -> Option<Option<ServerTls>> {
    if table.is_table("tls") {
        return read_tls_table(table.section("tls")).map(Some);
    }
    let Some(word) = table.find::<String>("tls") else {
        table.missing(
            "tls",
            "tls = { certificate = \"…\", key = \"…\" } or tls = \"off\"",
        );
        return None;
    };
    if word != "off" {
        table.problem(
            "tls",
            format!("{word:?} is not a known value"),
            "a table, or \"off\"",
        );
        return None;
    }
    if !behind_proxy && address.is_some_and(|address| !address.ip().is_loopback()) {
        let hint = "use a loopback address, give a certificate, or set behind_proxy = true";
        table.problem("tls", "\"off\" on an address that others can reach", hint);
        return None;
    }
    Some(None)
}

fn read_tls_table(mut table: Table<'_>) -> Option<ServerTls> {
    let certificate = table.pem_file("certificate");
    let key = table.secret_file("key");
    let client_ca = table.has("client_ca").then(|| table.pem_file("client_ca"));
    let client = table.find("client_certificate");
    if client.is_some() && client_ca.is_none() {
        table.problem(
            "client_certificate",
            "needs client_ca",
            "the file of trusted issuers",
        );
    }
    let clients = match client_ca {
        Some(ca) => Some((ca?, client.unwrap_or(ClientCertificate::Required))),
        None => None,
    };
    let policy = tls_policy(&mut table);
    let (certificate, key, policy) = (certificate?, key?, policy?);
    let tls = ServerTls::under(&policy, &certificate, key.expose(), clients)
        .map_err(|error| table.problem(error.key(), error.to_string(), ""))
        .ok();
    table.finish();
    tls
}
