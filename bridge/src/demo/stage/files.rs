//! The configuration of a bridge in the simulated world, as files.

use std::{fs, net::SocketAddr, path::Path};

use conformance::{
    pki::Identity,
    simulator::world::{BridgeKeys, BridgeUrls, Facts},
};

use super::{StageError, audit_key, random_key, write_secret};
use crate::world::World;

/// What is written, and where.
pub(super) struct Files<'f> {
    pub(super) folder: &'f Path,
    pub(super) facts: &'f Facts,
    pub(super) keys: &'f BridgeKeys,
}

/// The mapping tables of the repository.
const TABLES: [(&str, &str); 6] = [
    (
        "countries.toml",
        include_str!("../../../../config/mapping/countries.toml"),
    ),
    (
        "errors.toml",
        include_str!("../../../../config/mapping/errors.toml"),
    ),
    (
        "evidence-types.toml",
        include_str!("../../../../config/mapping/evidence-types.toml"),
    ),
    (
        "identifier-schemes.toml",
        include_str!("../../../../config/mapping/identifier-schemes.toml"),
    ),
    (
        "procedures.toml",
        include_str!("../../../../config/mapping/procedures.toml"),
    ),
    (
        "requirements.toml",
        include_str!("../../../../config/mapping/requirements.toml"),
    ),
];

const PMODE: &str = include_str!("../../../../config/pmodes/oots.toml");

impl Files<'_> {
    pub(super) fn write(
        &self,
        world: &World,
        redis: Option<&str>,
        urls: (&BridgeUrls, SocketAddr),
    ) -> Result<(), StageError> {
        for folder in ["keys", "pmodes", "partners", "mapping"] {
            fs::create_dir_all(self.folder.join(folder))?;
        }
        self.identity("tls", &self.keys.tls_server)?;
        self.identity("client", &self.keys.tls_client)?;
        self.identity("as4-signing", &self.keys.signing)?;
        self.identity("as4-decryption", &self.keys.decryption)?;
        write_secret(&self.path("keys/storage.key"), &random_key(world))?;
        write_secret(&self.path("keys/index.key"), &random_key(world))?;
        write_secret(&self.path("keys/audit.pem"), &audit_key()?)?;
        fs::write(self.path("keys/roots.pem"), &self.facts.tls_root_pem)?;
        fs::write(
            self.path("keys/common-services.pem"),
            &self.facts.common_services_root_pem,
        )?;
        fs::write(self.path("pmodes/oots.toml"), PMODE)?;
        fs::write(self.path("partners/fr.toml"), &self.facts.partner_toml)?;
        for (name, pem) in &self.facts.partner_certificates {
            fs::write(self.path("partners").join(name), pem)?;
        }
        for (name, text) in TABLES {
            // The preview space is not there yet: in this world a law lets evidence go without it.
            fs::write(
                self.path("mapping").join(name),
                text.replace("preview = true", "preview = false"),
            )?;
        }
        fs::write(self.path("providers.toml"), &self.facts.providers_toml)?;
        fs::write(self.path("consumers.toml"), &self.facts.consumers_toml)?;
        write_secret(&self.path("bridge.toml"), &self.main(redis, urls))?;
        Ok(())
    }

    fn identity(&self, name: &str, identity: &Identity) -> Result<(), StageError> {
        fs::write(self.path(&format!("keys/{name}.pem")), identity.chain_pem())?;
        write_secret(&self.path(&format!("keys/{name}.key")), identity.key_pem())?;
        Ok(())
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.join(name)
    }

    fn main(&self, redis: Option<&str>, (urls, admin): (&BridgeUrls, SocketAddr)) -> String {
        let store = match redis {
            None => "kind = \"embedded\"\npath = \"store.redb\"".to_owned(),
            Some(url) => format!("kind = \"redis\"\nurl = {url:?}"),
        };
        let address = |url: &str| {
            let url = url.trim_start_matches("https://");
            url.split('/').next().unwrap_or_default().to_owned()
        };
        let known = [
            ("%as4%", address(&urls.as4)),
            ("%national%", address(&urls.national)),
            ("%public%", address(&urls.public)),
            ("%admin%", admin.to_string()),
            ("%store%", store),
            ("%evidence_broker%", self.facts.evidence_broker_url.clone()),
            (
                "%data_service_directory%",
                self.facts.data_service_directory_url.clone(),
            ),
            ("%sak%", self.facts.sak_url.clone()),
        ];
        let template = include_str!("bridge.toml").to_owned();
        known
            .iter()
            .fold(template, |text, (mark, value)| text.replace(mark, value))
    }
}
