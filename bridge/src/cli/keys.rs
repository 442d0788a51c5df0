//! `keys list`, `keys expiry`, `keys generate`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Subcommand, ValueEnum};
use jiff::Timestamp;
use serde_json::json;

use super::{
    Global,
    exit::{FINDINGS, Failure},
    init::{write_new, write_secret},
    output::Output,
};
use crate::{
    keys::{
        generate::{self, Algorithm, Usage, Wanted},
        list::{Listed, Standing, list},
    },
    telemetry::metrics::Label,
    world::World,
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Lists every certificate of the configuration
    List,
    /// Lists certificates that end soon or have ended; finding one is exit code 1
    Expiry {
        /// What counts as soon
        #[arg(long, default_value_t = 30)]
        days: u16,
    },
    /// Makes a private key with a test certificate, or a storage or index key
    Generate {
        /// What for
        kind: Kind,
        /// The file of the key; the certificate gets the same name with .pem
        file: PathBuf,
        /// Common name in the certificate
        #[arg(long, default_value = "bridge")]
        name: String,
        /// How long the certificate is valid
        #[arg(long, default_value_t = 365)]
        days: u16,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Kind {
    /// RSA 3072 for keys.as4_signing in profile rsa
    As4Signing,
    /// RSA 3072 for keys.as4_decryption in profile rsa
    As4Decryption,
    /// P-256 for a listener on this machine
    Server,
    /// P-256 for calls to the SAK
    Client,
    /// Ed25519 for keys.audit; no certificate
    Audit,
    /// 32 bytes in base64 for keys.storage
    Storage,
    /// 32 bytes in base64 for keys.index
    Index,
}

pub(super) fn run(
    command: &Command,
    global: &Global,
    world: &World,
    output: &Output,
) -> Result<ExitCode, Failure> {
    match command {
        Command::List => {
            for listed in list(&global.load()?) {
                show(&listed, world.now(), (Standing::Good, *output))?;
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::Expiry { days } => expiry(global, world, *days, *output),
        Command::Generate {
            kind,
            file,
            name,
            days,
        } => {
            make(*kind, file, (name, *days), world)?;
            output.record(&json!({ "file": file }), || {
                format!("{} written", file.display())
            })?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn expiry(global: &Global, world: &World, days: u16, output: Output) -> Result<ExitCode, Failure> {
    let now = world.now();
    let mut code = ExitCode::SUCCESS;
    for listed in list(&global.load()?) {
        let standing = listed.standing(now, days);
        if standing != Standing::Good {
            show(&listed, now, (standing, output))?;
            code = ExitCode::from(FINDINGS);
        }
    }
    Ok(code)
}

fn show(
    listed: &Listed,
    now: Timestamp,
    (standing, output): (Standing, Output),
) -> Result<(), Failure> {
    let certificate = listed.certificate();
    let days = listed.seconds_left(now).div_euclid(86_400);
    let fingerprint: String = certificate
        .fingerprint_sha256()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let purpose = listed.purpose().label();
    let record = json!({
        "purpose": purpose,
        "party": listed.party(),
        "subject": certificate.subject(),
        "not_after": certificate.not_after().to_string(),
        "days_left": days,
        "standing": standing,
        "sha256": fingerprint,
    });
    output.record(&record, || {
        let (party, subject) = (listed.party(), certificate.subject());
        let until = certificate.not_after();
        format!(
            "{purpose:<18} {party:<12} {until}  {days:>5} days  {subject}\n{:>18} {fingerprint}",
            "sha256"
        )
    })
}

fn make(kind: Kind, file: &Path, (name, days): (&str, u16), world: &World) -> Result<(), Failure> {
    let (algorithm, usage) = match kind {
        Kind::As4Signing => (Algorithm::Rsa, Usage::Signing),
        Kind::As4Decryption => (Algorithm::Rsa, Usage::Encryption),
        Kind::Server => (Algorithm::P256, Usage::Server),
        Kind::Client => (Algorithm::P256, Usage::Client),
        Kind::Audit => {
            return Ok(write_secret(
                file,
                &generate::private_key(Algorithm::Ed25519)?,
            )?);
        }
        Kind::Storage | Kind::Index => {
            return Ok(write_secret(file, &generate::symmetric_key(world))?);
        }
    };
    let made = generate::self_signed(
        world,
        Wanted {
            name,
            algorithm,
            usage,
            days,
        },
    )?;
    write_secret(file, made.key_pem())?;
    Ok(write_new(
        &file.with_extension("pem"),
        made.certificate_pem(),
    )?)
}
