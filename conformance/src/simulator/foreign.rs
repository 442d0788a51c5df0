//! A foreign member state: one access point, a procedure portal and an evidence provider

mod access_point;
mod evidence;
mod inspect;
mod portal;
mod provider;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use tokio::net::TcpListener;

pub use access_point::{
    AccessPoint, AccessPointSpec, Delivery, Letter, PATH, Package, PartnerSpec, PartyName,
    Receiving, WireAnswer,
};
pub use evidence::{ForeignOffer, RECORD_MODEL, ReceivedEvidence};
pub use portal::{Outcome, Portal, PortalSpec, ReceivedAnswer, RequestSpec, Sent};
pub use provider::{Answering, Provider, ProviderSpec, Question};

use self::access_point::{Delivered, FollowUp, Inbox, header_keys};
use super::edm::{Received, read};
use super::http::Server;
use super::journal::Journal;
use super::opinion;
use super::source::Source;

/// Everything a member state needs to start
#[derive(Clone, Debug)]
pub struct ForeignSpec {
    /// Its access point
    pub access_point: AccessPointSpec,
    /// Its portal
    pub portal: PortalSpec,
    /// Its evidence provider
    pub provider: ProviderSpec,
}

/// A running member state; stops when dropped
#[derive(Debug)]
pub struct Foreign {
    access_point: AccessPoint,
    portal: Arc<Portal>,
    provider: Arc<Provider>,
    server: Server,
}

impl Foreign {
    /// Starts on a bound listener
    ///
    /// # Errors
    /// When a key or certificate cannot be read.
    pub fn start(
        listener: TcpListener,
        spec: ForeignSpec,
        source: Source,
        journal: Journal,
    ) -> Result<Self> {
        let access_point = AccessPoint::new(spec.access_point, source, journal)?;
        let portal = Arc::new(Portal::new(access_point.clone(), spec.portal));
        let provider = Arc::new(Provider::new(access_point.clone(), spec.provider));
        let desk = Desk {
            access_point: access_point.clone(),
            portal: Arc::clone(&portal),
            provider: Arc::clone(&provider),
        };
        let server = access_point.listen(listener, Arc::new(desk))?;
        Ok(Self {
            access_point,
            portal,
            provider,
            server,
        })
    }

    /// Where partners send to
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("https://{}{PATH}", self.server.address())
    }

    /// Where it listens
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The access point
    #[must_use]
    pub const fn access_point(&self) -> &AccessPoint {
        &self.access_point
    }

    /// The procedure portal
    #[must_use]
    pub const fn portal(&self) -> &Arc<Portal> {
        &self.portal
    }

    /// The evidence provider
    #[must_use]
    pub const fn provider(&self) -> &Arc<Provider> {
        &self.provider
    }

    /// Stops receiving at once: further connections are refused
    pub async fn close(&self) {
        self.server.close().await;
    }

    /// Receives again at the same address
    ///
    /// # Errors
    /// When the address was taken meanwhile.
    pub async fn reopen(&self) -> Result<()> {
        self.server.reopen().await
    }
}

/// Hands requests to the provider and answers to the portal
struct Desk {
    access_point: AccessPoint,
    portal: Arc<Portal>,
    provider: Arc<Provider>,
}

impl Inbox for Desk {
    fn take(&self, delivered: Delivered) -> FollowUp {
        let payloads = delivered.message.get().payloads();
        let Some(first) = payloads.first() else {
            let findings = ["the message has no payload".to_owned()];
            let keys = header_keys(&delivered.message);
            self.access_point
                .record_received(&delivered, keys, &findings);
            return None;
        };
        let content = first.content().clone();
        let findings = opinion::edm(&content);
        match read(&content) {
            Ok(Received::Request(request)) => self.provider.take(&delivered, &request, findings),
            Ok(Received::Response(response)) => {
                self.portal.take_response(&delivered, &response, findings);
                None
            }
            Ok(Received::Error(error)) => {
                self.portal.take_error(&delivered, &error, findings);
                None
            }
            Err(fault) => self.provider.take_unreadable(&delivered, fault),
        }
    }
}
