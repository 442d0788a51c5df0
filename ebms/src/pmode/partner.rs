//! Who a partner is, where it is reached and which certificates are its own.

use super::{KeyDerivation, Leg, Problem, Profile, Template, TokenKind};
use crate::{
    id::{PartnerName, PartyId},
    security::{Certificate, Crl, Trust},
};
use serde::{Deserialize, de::IgnoredAny};
use std::fmt;

/// A partner access point.
#[derive(Clone, Debug)]
pub struct Partner {
    name: PartnerName,
    template: String,
    country: Option<String>,
    endpoint: String,
    edm_versions: Vec<String>,
    party_ids: Vec<PartyId>,
    trust: Trust,
    encryption: Option<Certificate>,
    leg: Leg,
    encrypt: Option<bool>,
    compress: Option<bool>,
}

impl Partner {
    /// Reads a partner file. `load` fetches the certificate and revocation files it names, in PEM
    /// or DER.
    pub fn from_toml<E: fmt::Display>(
        name: &str,
        text: &str,
        load: impl Fn(&str) -> Result<Vec<u8>, E>,
    ) -> Result<Self, Problem> {
        let file: File =
            toml::from_str(text).map_err(|error| Problem::in_toml(name, text, &error))?;
        let loader = Loader { name, load };
        let common_name = file
            .signing
            .common_name
            .clone()
            .or_else(|| file.default_common_name());
        let pinned = loader.certificates(&file.signing.certificates)?;
        let trust = Trust::new(
            pinned,
            loader.certificates(&file.signing.authorities)?,
            loader.certificates(&file.signing.intermediates)?,
        )
        .with_crls(loader.crls(&file.signing.crls)?)
        .with_common_name(common_name);
        trust
            .check()
            .map_err(|problem| Problem::new(name, format!("signing: {problem}")))?;
        let encryption = match &file.encryption {
            Some(encryption) => loader
                .certificates(std::slice::from_ref(&encryption.certificate))?
                .into_iter()
                .next(),
            None => None,
        };
        let security = file.security;
        if security.key_derivation != KeyDerivation::Hkdf && security.profile != Profile::Ecdsa {
            let problem = "security: another key derivation than HKDF goes with profile \"ecdsa\"";
            return Err(Problem::new(name, problem));
        }
        Ok(Self {
            name: name
                .parse()
                .map_err(|error| Problem::new(name, format!("file name: {error}")))?,
            template: file.template,
            country: file.country,
            // The published P-Modes carry addresses with a trailing blank. [P32]
            endpoint: file.endpoint.trim().to_owned(),
            edm_versions: file.edm_versions,
            party_ids: file.party,
            trust,
            encryption,
            leg: Leg {
                profile: security.profile,
                signature_token: security.signature_token,
                encryption_token: security.encryption_token,
                key_derivation: security.key_derivation,
                legacy_oaep: security.legacy_oaep,
                ..Leg::default()
            },
            encrypt: security.encrypt,
            compress: security.compress,
        })
    }

    /// Fills in from the template what the partner file leaves open.
    pub(super) fn settle(&mut self, template: &Template) {
        self.leg.encrypt = self.encrypt.unwrap_or(template.encrypt);
        self.leg.compress = self.compress.unwrap_or(template.compress);
        self.leg.agreement.clone_from(&template.agreement);
    }

    /// Its name.
    pub fn name(&self) -> &PartnerName {
        &self.name
    }

    /// The template it follows.
    pub fn template(&self) -> &str {
        &self.template
    }

    /// Country code, where it stands for one country.
    pub fn country(&self) -> Option<&str> {
        self.country.as_deref()
    }

    /// URL of its access point.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// EDM releases it speaks, as it writes them.
    pub fn edm_versions(&self) -> &[String] {
        &self.edm_versions
    }

    /// Its party ids; the first is the one to address.
    pub fn party_ids(&self) -> &[PartyId] {
        &self.party_ids
    }

    /// Whose signatures are accepted.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// The certificate to encrypt for.
    pub fn encryption_certificate(&self) -> Option<&Certificate> {
        self.encryption.as_ref()
    }

    /// What was agreed for messages to it.
    pub fn leg(&self) -> &Leg {
        &self.leg
    }
}

struct Loader<'n, F> {
    name: &'n str,
    load: F,
}

impl<E: fmt::Display, F: Fn(&str) -> Result<Vec<u8>, E>> Loader<'_, F> {
    fn bytes(&self, path: &str) -> Result<Vec<u8>, Problem> {
        (self.load)(path).map_err(|error| Problem::new(self.name, format!("{path}: {error}")))
    }

    fn certificates(&self, paths: &[String]) -> Result<Vec<Certificate>, Problem> {
        let mut all = Vec::new();
        for path in paths {
            let found = Certificate::all_from_bytes(&self.bytes(path)?)
                .map_err(|error| Problem::new(self.name, format!("{path}: {error}")))?;
            all.extend(found);
        }
        Ok(all)
    }

    fn crls(&self, paths: &[String]) -> Result<Vec<Crl>, Problem> {
        let read = |path: &String| {
            Crl::from_bytes(&self.bytes(path)?)
                .map_err(|error| Problem::new(self.name, format!("{path}: {error}")))
        };
        paths.iter().map(read).collect()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    template: String,
    country: Option<String>,
    endpoint: String,
    #[serde(default)]
    edm_versions: Vec<String>,
    party: Vec<PartyId>,
    signing: SigningFile,
    encryption: Option<EncryptionFile>,
    #[serde(default)]
    security: SecurityFile,
    /// How connections to it are made is read by whoever makes them.
    #[serde(default)]
    #[expect(dead_code, reason = "taken so that it is not unknown")]
    tls: IgnoredAny,
}

impl File {
    fn default_common_name(&self) -> Option<String> {
        self.party.first().map(|party| party.value().to_owned())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SigningFile {
    #[serde(default)]
    certificates: Vec<String>,
    #[serde(default)]
    authorities: Vec<String>,
    #[serde(default)]
    intermediates: Vec<String>,
    #[serde(default)]
    crls: Vec<String>,
    common_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EncryptionFile {
    certificate: String,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct SecurityFile {
    profile: Profile,
    signature_token: TokenKind,
    encryption_token: TokenKind,
    encrypt: Option<bool>,
    compress: Option<bool>,
    key_derivation: KeyDerivation,
    legacy_oaep: bool,
}
