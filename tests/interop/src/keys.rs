//! Keys and certificates of both sides, made anew for every run by `openssl` and `keytool`.
//!
//! One folder per profile. What phase4 reads lies at its top (`sign.p12`, `decrypt.p12`,
//! `trust.p12`, `partner.pem`), what we read beside it (`bridge-*.pem`, `bridge-*.key`,
//! `phase4-*.pem`). TLS is shared by the profiles.

use crate::{PROFILES, Result};
use anyhow::{Context, ensure};
use std::{fs, path::Path, process::Command};

const PASSWORD: &str = "pass:interop";

/// Makes everything for both profiles.
///
/// # Errors
/// `openssl` or `keytool` is missing or refuses.
pub fn make(folder: &Path) -> Result<()> {
    for (profile, _) in PROFILES {
        let folder = folder.join(profile);
        fs::create_dir_all(&folder)?;
        let (signing, agreement): (Kind, Kind) = if profile == "cef" {
            (Kind::Rsa, Kind::Rsa)
        } else {
            (Kind::Ed25519, Kind::X25519)
        };
        let keys = Keys { folder: &folder };
        keys.authority("ca", signing)?;
        for party in ["phase4", "bridge"] {
            let usage = "keyUsage=critical,digitalSignature,nonRepudiation\n";
            keys.leaf(&format!("{party}-sign"), signing, usage)?;
            let usage = match agreement {
                Kind::X25519 => "keyUsage=critical,keyAgreement\n",
                _ => "keyUsage=critical,keyEncipherment,dataEncipherment\n",
            };
            keys.leaf(&format!("{party}-decrypt"), agreement, usage)?;
        }
        keys.store("phase4-sign", "sign.p12")?;
        keys.store("phase4-decrypt", "decrypt.p12")?;
        keys.trust("ca", "trust.p12")?;
        fs::copy(
            folder.join("bridge-decrypt.pem"),
            folder.join("partner.pem"),
        )?;
    }
    tls(&Keys { folder })
}

fn tls(keys: &Keys<'_>) -> Result<()> {
    keys.authority("tls-ca", Kind::P256)?;
    let usage = "subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n";
    for name in ["tls-phase4", "tls-bridge"] {
        keys.signed_by("tls-ca", name, Kind::P256, usage)?;
    }
    keys.store("tls-phase4", "tls.p12")?;
    keys.trust("tls-ca", "tls-trust.p12")
}

#[derive(Clone, Copy)]
enum Kind {
    Rsa,
    Ed25519,
    X25519,
    P256,
}

struct Keys<'f> {
    folder: &'f Path,
}

impl Keys<'_> {
    fn key(&self, name: &str, kind: Kind) -> Result<()> {
        let file = format!("{name}.key");
        let mut arguments = vec!["genpkey", "-out", file.as_str(), "-algorithm"];
        arguments.extend(match kind {
            Kind::Rsa => ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"].as_slice(),
            Kind::Ed25519 => &["ED25519"],
            Kind::X25519 => &["X25519"],
            Kind::P256 => &["EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        });
        self.run("openssl", &arguments)
    }

    fn authority(&self, name: &str, kind: Kind) -> Result<()> {
        self.key(name, kind)?;
        let (key, certificate) = (format!("{name}.key"), format!("{name}.pem"));
        let subject = format!("/O=Interop/CN={name}");
        self.run(
            "openssl",
            &[
                "req",
                "-x509",
                "-key",
                &key,
                "-subj",
                &subject,
                "-days",
                "30",
                "-out",
                &certificate,
            ],
        )
    }

    fn leaf(&self, name: &str, kind: Kind, usage: &str) -> Result<()> {
        self.signed_by("ca", name, kind, usage)
    }

    /// The request is signed by the authority, because X25519 keys sign nothing.
    fn signed_by(&self, authority: &str, name: &str, kind: Kind, usage: &str) -> Result<()> {
        self.key(name, kind)?;
        let file = |end: &str| format!("{name}.{end}");
        let (key, public, request) = (file("key"), file("pub"), file("csr"));
        let (extensions, certificate) = (file("ext"), file("pem"));
        let (ca, ca_key) = (format!("{authority}.pem"), format!("{authority}.key"));
        let subject = format!("/O=Interop/CN={name}");
        let identifier = "subjectKeyIdentifier=hash\nbasicConstraints=critical,CA:FALSE\n";
        fs::write(self.folder.join(&extensions), [identifier, usage].concat())?;
        self.run(
            "openssl",
            &["pkey", "-in", &key, "-pubout", "-out", &public],
        )?;
        self.run(
            "openssl",
            &[
                "req", "-new", "-key", &ca_key, "-subj", &subject, "-out", &request,
            ],
        )?;
        self.run(
            "openssl",
            &[
                "x509",
                "-req",
                "-in",
                &request,
                "-CA",
                &ca,
                "-CAkey",
                &ca_key,
                "-force_pubkey",
                &public,
                "-days",
                "20",
                "-extfile",
                &extensions,
                "-out",
                &certificate,
            ],
        )
    }

    fn store(&self, name: &str, file: &str) -> Result<()> {
        let (key, certificate) = (format!("{name}.key"), format!("{name}.pem"));
        self.run(
            "openssl",
            &[
                "pkcs12",
                "-export",
                "-inkey",
                &key,
                "-in",
                &certificate,
                "-name",
                "key",
                "-passout",
                PASSWORD,
                "-out",
                file,
            ],
        )
    }

    /// Java takes an entry without key for trusted only if it is marked as its own tool does.
    fn trust(&self, name: &str, file: &str) -> Result<()> {
        let certificate = format!("{name}.pem");
        self.run(
            "keytool",
            &[
                "-importcert",
                "-noprompt",
                "-alias",
                name,
                "-file",
                &certificate,
                "-storetype",
                "PKCS12",
                "-storepass",
                "interop",
                "-keystore",
                file,
            ],
        )
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<()> {
        let done = Command::new(program)
            .args(arguments)
            .current_dir(self.folder)
            .output()
            .with_context(|| program.to_owned())?;
        let said = String::from_utf8_lossy(&done.stderr);
        ensure!(done.status.success(), "{program} {arguments:?}: {said}");
        Ok(())
    }
}
