//! What the tests of the simulators share: a clock, certificates, agents

use std::sync::Arc;

use jiff::Timestamp;

use super::http::TlsIdentity;
use super::national::{Agent, Body};
use super::source::Source;
use crate::pki::{Authority, Identity};

/// The real time, because TLS compares certificates with it
#[expect(
    clippy::disallowed_methods,
    reason = "the TLS library reads the system clock too"
)]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

pub(crate) fn source() -> Source {
    let counter = std::sync::atomic::AtomicU64::new(1);
    let fill = move |buffer: &mut [u8]| {
        let seed = counter
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed)
            .to_be_bytes();
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &seed);
        for (byte, random) in buffer.iter_mut().zip(hash.as_ref().iter().cycle()) {
            *byte = *random;
        }
    };
    Source::new(Arc::new(now), Arc::new(fill))
}

/// One authority with a server and two clients
pub(crate) struct Certificates {
    pub(crate) root_pem: String,
    pub(crate) server: TlsIdentity,
    pub(crate) client: TlsIdentity,
    pub(crate) stranger: TlsIdentity,
}

pub(crate) fn certificates() -> Certificates {
    let authority = Authority::new("Test root", now()).unwrap();
    let tls = |identity: anyhow::Result<Identity>| identity.unwrap().tls();
    Certificates {
        root_pem: authority.root_pem().to_owned(),
        server: tls(authority.tls_server("server", now())),
        client: tls(authority.tls_client("client", now())),
        stranger: tls(authority.tls_client("stranger", now())),
    }
}

pub(crate) fn agent(id: &str, name: &str, country: Option<&str>) -> Agent {
    Agent {
        id: id.to_owned(),
        scheme: "urn:oasis:names:tc:ebcore:partyid-type:unregistered:DE".to_owned(),
        name: name.to_owned(),
        lang: "de".to_owned(),
        country: country.map(str::to_owned),
    }
}

pub(crate) fn body(kennung: &str, name: &str) -> Body {
    Body {
        kennung: kennung.to_owned(),
        name: name.to_owned(),
    }
}
