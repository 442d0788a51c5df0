//! What the bridge's configuration has to say about its neighbors, as ready files

use std::collections::BTreeMap;

use anyhow::Result;

use super::published::{GermanEvidence, Published};
use super::{FOREIGN_PARTY, OOTS, WorldSpec};
use crate::simulator::common_services::CommonServices;
use crate::simulator::foreign::Foreign;
use crate::simulator::sak::{ReplyMode, Sak};

/// Addresses, and configuration files by content
#[derive(Clone, Debug)]
pub struct Facts {
    /// Base URL of the SAK
    pub sak_url: String,
    /// Base URL of the Evidence Broker
    pub evidence_broker_url: String,
    /// Base URL of the Data Service Directory
    pub data_service_directory_url: String,
    /// Root of the signatures of the Common Services
    pub common_services_root_pem: String,
    /// Root of every TLS certificate of the world, of servers and of clients
    pub tls_root_pem: String,
    /// The partner file of the foreign access point, `fr.toml`
    pub partner_toml: String,
    /// The certificate files it names
    pub partner_certificates: BTreeMap<String, String>,
    /// The table of Data Providers
    pub providers_toml: String,
    /// The table of Data Consumers; the SAK stands in it under the platform's own id
    pub consumers_toml: String,
}

impl Facts {
    pub(super) fn new(
        spec: &WorldSpec,
        published: &Published,
        foreign: &Foreign,
        sak: &Sak,
        common_services: &CommonServices,
    ) -> Result<Self> {
        let keys = &spec.keys;
        let certificates = [
            (SIGNING, keys.foreign_signing.certificate_pem()),
            (ENCRYPTION, keys.foreign_decryption.certificate_pem()),
        ];
        Ok(Self {
            sak_url: sak.base_url(),
            evidence_broker_url: common_services.evidence_broker_url()?.to_string(),
            data_service_directory_url: common_services.data_service_directory_url()?.to_string(),
            common_services_root_pem: keys.common_services_root_pem().to_owned(),
            tls_root_pem: keys.tls_root_pem().to_owned(),
            partner_toml: partner(&foreign.endpoint()),
            partner_certificates: certificates
                .map(|(name, pem)| (name.to_owned(), pem.to_owned()))
                .into(),
            providers_toml: providers(spec, published)?,
            consumers_toml: consumers(spec)?,
        })
    }
}

fn partner(endpoint: &str) -> String {
    format!(
        "template = \"oots\"\ncountry = \"FR\"\nendpoint = {endpoint:?}\n\
         edm_versions = [\"1.2\", \"2.0\"]\n\n\
         [[party]]\nvalue = {FOREIGN_PARTY:?}\nscheme = {OOTS:?}\n\n\
         [signing]\ncertificates = [{SIGNING:?}]\n\n[encryption]\ncertificate = {ENCRYPTION:?}\n"
    )
}

fn providers(spec: &WorldSpec, published: &Published) -> Result<String> {
    let mut table = String::new();
    for evidence in GermanEvidence::ALL {
        let register = published.register(evidence, Vec::new())?;
        let (jurisdiction, mode) = match evidence {
            GermanEvidence::BirthCertificate => (
                "{ level = \"GEMEINDE\", ars = [\"081110000000\"] }",
                spec.births,
            ),
            GermanEvidence::VehicleRecord => ("{ level = \"DE\" }", spec.vehicles),
        };
        for offer in &register.offers {
            table.push_str(&format!(
                "[[entry]]\nservice_id = {:?}\nevidence_type = {:?}\nformats = [{:?}]\n\
                 data_service = {:?}\nreply_mode = {:?}\njurisdiction = {jurisdiction}\n\
                 agent = {{ id = {:?}, scheme = {:?}, names = {{ de = {:?} }} }}\n\
                 reader = {{ directory = \"DVDV\", id = {:?}, name = {:?} }}\n\n",
                register.service_id,
                offer.evidence_type,
                offer.document.media_type(),
                evidence.data_service(),
                mode_name(mode),
                register.agent.id,
                register.agent.scheme,
                register.agent.name,
                register.body.kennung,
                register.body.name,
            ));
        }
    }
    Ok(table)
}

const fn mode_name(mode: ReplyMode) -> &'static str {
    mode.as_str()
}

fn consumers(spec: &WorldSpec) -> Result<String> {
    let sak = spec.keys.sak_client.tls().fingerprint()?;
    let platform = &spec.platform;
    let mut table = String::new();
    for portal in [super::consumer(spec), super::other_consumer(spec)] {
        table.push_str(&format!(
            "[[consumer]]\nid = {:?}\nname = {:?}\nagent = {{ id = {:?}, scheme = {:?} }}\n\
             certificates_sha256 = [{:?}]\nreturn_origins = [{:?}]\n\n",
            portal.component_id,
            portal.agent.name,
            portal.agent.id,
            portal.agent.scheme,
            portal.identity.fingerprint()?,
            portal.return_origin,
        ));
    }
    table.push_str(&format!(
        "[[consumer]]\nid = {:?}\nname = \"SAK\"\nagent = {{ id = {:?}, scheme = {:?} }}\n\
         certificates_sha256 = [{sak:?}]\n",
        platform.component_id, platform.agent.id, platform.agent.scheme,
    ));
    Ok(table)
}

const SIGNING: &str = "fr-signing.pem";
const ENCRYPTION: &str = "fr-encryption.pem";
