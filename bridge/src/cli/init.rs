//! `init`: writes a complete configuration with fresh test keys, which `serve` accepts as it is.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::ExitCode,
};

use aws_lc_rs::digest::{SHA256, digest};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use serde_json::json;

use super::{exit::Failure, output::Output};
use crate::{
    config::embedded,
    keys::generate::{
        self, Algorithm, Authority, GenerateError, Generated, Usage, Wanted, self_signed,
    },
    world::World,
};

/// Why no configuration was written.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// The folder holds something already.
    #[error("{} is not empty", .0.display())]
    NotEmpty(PathBuf),
    /// A file cannot be written.
    #[error("{} cannot be written", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A key cannot be made.
    #[error(transparent)]
    Generate(#[from] GenerateError),
    /// A certificate just made cannot be read.
    #[error("certificate cannot be read back")]
    ReadBack,
}

pub(super) fn run(folder: &Path, world: &World, output: &Output) -> Result<ExitCode, Failure> {
    write(folder, world)?;
    let file = folder.join("bridge.toml");
    let shown = file.display();
    output.record(&json!({ "config": file }), || {
        format!(
            "{shown} written, with test keys.\n\
             Next: bridge config check --config {shown}\n      \
             bridge serve --config {shown}"
        )
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Writes `bridge.toml` and all that it names into an empty or new folder.
///
/// # Errors
/// See [`InitError`].
pub fn write(folder: &Path, world: &World) -> Result<(), InitError> {
    if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(InitError::NotEmpty(folder.to_owned()));
    }
    for name in ["keys", "mapping", "partners", "pmodes", "state"] {
        let path = folder.join(name);
        fs::create_dir_all(&path).map_err(|source| InitError::File { path, source })?;
    }
    let target = Target { folder, world };
    let consumer = target.keys()?;
    target.partner()?;
    target.text("bridge.toml", embedded::EXAMPLE)?;
    target.text("providers.toml", embedded::PROVIDERS)?;
    target.text(
        "consumers.toml",
        &embedded::CONSUMERS.replace(&"0".repeat(64), &consumer),
    )?;
    target.text("pmodes/oots.toml", embedded::PMODE)?;
    target.text("partners/example.toml", embedded::PARTNER)?;
    for (name, text) in embedded::MAPPING {
        target.text(&format!("mapping/{name}"), text)?;
    }
    Ok(())
}

struct Target<'t> {
    folder: &'t Path,
    world: &'t World,
}

impl Target<'_> {
    /// Writes all keys; returns the fingerprint of the example consumer's certificate.
    fn keys(&self) -> Result<String, InitError> {
        let authority = Authority::new(self.world, "Test authority of bridge init", DAYS)?;
        self.text("keys/ca.pem", authority.certificate_pem())?;
        let tls = [
            ("server", "localhost", Usage::Server),
            ("national-client", "DE-IP-0001", Usage::Client),
            ("example-consumer", "DC-EXAMPLE-01", Usage::Client),
        ];
        let mut consumer = String::new();
        for (file, name, usage) in tls {
            let made = authority.issue(self.world, wanted(name, Algorithm::P256, usage))?;
            self.pair(file, &made)?;
            consumer = fingerprint(made.certificate_pem())?;
        }
        let as4 = [
            ("as4-signing", Usage::Signing),
            ("as4-decryption", Usage::Encryption),
        ];
        for (file, usage) in as4 {
            self.pair(
                file,
                &self_signed(self.world, wanted("AP_DE_01", Algorithm::Rsa, usage))?,
            )?;
        }
        self.secret("keys/storage-1.key", &generate::symmetric_key(self.world))?;
        self.secret("keys/index.key", &generate::symmetric_key(self.world))?;
        self.secret(
            "keys/audit.key.pem",
            &generate::private_key(Algorithm::Ed25519)?,
        )?;
        let commission = wanted(
            "Placeholder, see bridge.toml",
            Algorithm::P256,
            Usage::Signing,
        );
        let placeholder = self_signed(self.world, commission)?;
        self.text("keys/common-services.pem", placeholder.certificate_pem())?;
        Ok(consumer)
    }

    /// Certificates in the place of a partner's; nobody keeps the private keys.
    fn partner(&self) -> Result<(), InitError> {
        for (file, usage) in [
            ("signing", Usage::Signing),
            ("encryption", Usage::Encryption),
        ] {
            let made = self_signed(self.world, wanted("AP_FR_01", Algorithm::Rsa, usage))?;
            self.text(
                &format!("partners/example-{file}.pem"),
                made.certificate_pem(),
            )?;
        }
        Ok(())
    }

    fn pair(&self, name: &str, made: &Generated) -> Result<(), InitError> {
        self.secret(&format!("keys/{name}.key.pem"), made.key_pem())?;
        self.text(&format!("keys/{name}.pem"), made.certificate_pem())
    }

    fn text(&self, name: &str, text: &str) -> Result<(), InitError> {
        write_new(&self.folder.join(name), text)
    }

    fn secret(&self, name: &str, text: &str) -> Result<(), InitError> {
        write_secret(&self.folder.join(name), text)
    }
}

fn wanted(name: &str, algorithm: Algorithm, usage: Usage) -> Wanted<'_> {
    Wanted {
        name,
        algorithm,
        usage,
        days: DAYS,
    }
}

fn fingerprint(pem: &str) -> Result<String, InitError> {
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| InitError::ReadBack)?;
    let hash = digest(&SHA256, &der);
    Ok(hash
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

/// Writes a file that does not exist yet.
pub(super) fn write_new(path: &Path, text: &str) -> Result<(), InitError> {
    create(path, text, 0o644)
}

/// Writes a file that does not exist yet and that only its owner can read.
pub(super) fn write_secret(path: &Path, text: &str) -> Result<(), InitError> {
    create(path, text, 0o600)
}

fn create(path: &Path, text: &str, mode: u32) -> Result<(), InitError> {
    let mut options = fs::OpenOptions::new();
    let opened = options.write(true).create_new(true).mode(mode).open(path);
    let written = opened.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|source| InitError::File {
        path: path.to_owned(),
        source,
    })
}

const DAYS: u16 = 365;
