//! Every key and certificate of the world, and those of the bridge in it

use anyhow::Result;
use jiff::Timestamp;

use crate::pki::{Authority, Identity, Key, Subject};

/// The keys of a bridge in the simulated world
#[derive(Clone, Debug)]
pub struct BridgeKeys {
    /// TLS server, for all listeners
    pub tls_server: Identity,
    /// TLS client, towards the SAK
    pub tls_client: Identity,
    /// Signs AS4 messages
    pub signing: Identity,
    /// Decrypts AS4 messages
    pub decryption: Identity,
}

/// The keys of the whole world
#[derive(Debug)]
pub struct WorldKeys {
    tls: Authority,
    /// The bridge
    pub bridge: BridgeKeys,
    pub(super) foreign_tls: Identity,
    pub(super) foreign_signing: Identity,
    pub(super) foreign_decryption: Identity,
    pub(super) sak_tls: Identity,
    pub(super) sak_client: Identity,
    pub(super) consumer: Identity,
    pub(super) other_consumer: Identity,
    pub(super) common_services_tls: Identity,
    pub(super) common_services: Identity,
    common_services_root_pem: String,
}

impl WorldKeys {
    /// Makes everything anew. TLS is checked by the clock of the machine, everything else by the
    /// clock of the world.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn generate(machine: Timestamp, world: Timestamp) -> Result<Self> {
        let tls = Authority::new("Simulated TLS root", machine)?;
        let as4 = Authority::new("Simulated eDelivery root", world)?;
        let root = Authority::new("Simulated Common Services root", world)?;
        let issuer = root.intermediate("Simulated Common Services issuer", world)?;
        let commission = Subject::new("EC-OOTS-CS-SIMULATED").organization("European Commission");
        Ok(Self {
            bridge: BridgeKeys {
                tls_server: tls.tls_server("bridge", machine)?,
                tls_client: tls.tls_client("bridge", machine)?,
                signing: as4.signing("AP_DE_01", Key::Rsa2048, world)?,
                decryption: as4.encryption("AP_DE_01", Key::Rsa2048, world)?,
            },
            foreign_tls: tls.tls_server("AP_FR_01", machine)?,
            foreign_signing: as4.signing("AP_FR_01", Key::Rsa2048, world)?,
            foreign_decryption: as4.encryption("AP_FR_01", Key::Rsa2048, world)?,
            sak_tls: tls.tls_server("SAK", machine)?,
            sak_client: tls.tls_client("SAK", machine)?,
            consumer: tls.tls_client("portal-0001", machine)?,
            other_consumer: tls.tls_client("portal-0002", machine)?,
            common_services_tls: tls.tls_server("Common Services", machine)?,
            common_services: issuer.signing(commission, Key::P256, world)?,
            common_services_root_pem: root.root_pem().to_owned(),
            tls,
        })
    }

    /// The root of every TLS certificate, of servers and of clients
    #[must_use]
    pub fn tls_root_pem(&self) -> &str {
        self.tls.root_pem()
    }

    /// The root of what the Common Services sign
    #[must_use]
    pub fn common_services_root_pem(&self) -> &str {
        &self.common_services_root_pem
    }
}
