//! What was agreed with a peer: a template (what all partners share) times a partner file (who it
//! is, where, with which certificates). [AS4 4.1]
//!
//! ```toml
//! # pmodes/oots.toml                        # all keys but [[service]] may be left out
//! agreement = "…"                           # only where one is named on the wire
//! role_from = "http://sdg.europa.eu/edelivery/gateway"
//! role_to = "http://sdg.europa.eu/edelivery/gateway"
//! encrypt = true
//! compress = true
//! [[service]]
//! value = "QueryManager"
//! type = "urn:oasis:names:tc:ebcore:ebrs:ebms:binding:1.0"
//! actions = ["ExecuteQueryRequest", "ExecuteQueryResponse", "ExceptionResponse"]
//! [rules]
//! required_properties = ["originalSender", "finalRecipient"]
//! uuid_properties = ["ExchangeId"]
//! conversation_id_is_uuid = true
//! [limits]
//! payloads = 28
//! payload_bytes = 104857600
//! total_bytes = 314572800
//! ratio = 200
//! max_age_secs = 604800
//! max_ahead_secs = 300
//! [retry]
//! attempts = 4
//! interval_secs = 60
//!
//! # partners/fr.toml
//! template = "oots"
//! country = "FR"
//! endpoint = "https://as4.example/msh"
//! edm_versions = ["1.2", "2.0"]
//! [[party]]
//! value = "AP_FR_01"
//! scheme = "urn:oasis:names:tc:ebcore:partyid-type:unregistered:oots"
//! [signing]
//! certificates = ["fr-sign.pem"]            # pinned, compared octet by octet
//! authorities = ["root.pem"]                # a path to one of these must exist …
//! intermediates = ["issuing.pem"]
//! crls = ["issuing.crl"]                    # … and nothing on it may be revoked
//! common_name = "AP_FR_01"                  # asked where no certificate is pinned
//! [encryption]
//! certificate = "fr-enc.pem"
//! [security]                                # all keys may be left out
//! profile = "rsa"                           # "rsa" | "ed25519" | "ecdsa"
//! signature_token = "bst"                   # "bst" | "pki-path" | "issuer-serial" | "ski"
//! encryption_token = "bst"
//! encrypt = true
//! compress = true
//! key_derivation = "hkdf"                   # "hkdf" | "concat-kdf", the latter for "ecdsa" only
//! legacy_oaep = false                       # also accept RSA-OAEP with SHA-1 in it
//! ```

pub(crate) mod find;
mod partner;
mod template;

pub use find::PModes;
pub use partner::Partner;
pub use template::{PayloadLimits, Template};

use serde::{Deserialize, Serialize};

/// Which suite of algorithms a leg uses. They never mix within one message.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// eDelivery AS4 1.15: RSA-SHA256, RSA-OAEP, AES-128-GCM. [AS4 1.7, AS4 1.9]
    #[default]
    Rsa,
    /// eDelivery AS4 2.0: Ed25519, X25519 with HKDF, AES key wrap. [AS4 1.10]
    Ed25519,
    /// The alternative of 2.0: ECDSA, ECDH-ES with HKDF, AES key wrap. [AS4 1.11]
    Ecdsa,
}

/// How a certificate is named in a message we send. All kinds are read, and thumbprints too.
/// [AS4 1.8]
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenKind {
    /// The certificate itself.
    #[default]
    Bst,
    /// The certificate with its chain.
    PkiPath,
    /// Issuer name and serial number.
    IssuerSerial,
    /// Subject key identifier.
    Ski,
}

/// How the key that wraps the content key follows from the secret agreed on a curve.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyDerivation {
    /// HKDF, as eDelivery AS4 2.0 has it.
    #[default]
    Hkdf,
    /// ConcatKDF, as the German energy market has it. Not part of eDelivery.
    ConcatKdf,
}

/// What was agreed for messages to one partner.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Leg {
    pub(crate) profile: Profile,
    pub(crate) signature_token: TokenKind,
    pub(crate) encryption_token: TokenKind,
    pub(crate) encrypt: bool,
    pub(crate) compress: bool,
    pub(crate) agreement: Option<String>,
    pub(crate) key_derivation: KeyDerivation,
    pub(crate) legacy_oaep: bool,
}

impl Default for Leg {
    /// The leg of the OOTS P-Mode: profile `rsa`, certificates by value, encrypted, compressed.
    fn default() -> Self {
        Self {
            profile: Profile::Rsa,
            signature_token: TokenKind::Bst,
            encryption_token: TokenKind::Bst,
            encrypt: true,
            compress: true,
            agreement: None,
            key_derivation: KeyDerivation::Hkdf,
            legacy_oaep: false,
        }
    }
}

impl Leg {
    /// A leg with other tokens.
    #[must_use]
    pub fn with_tokens(mut self, signature: TokenKind, encryption: TokenKind) -> Self {
        self.signature_token = signature;
        self.encryption_token = encryption;
        self
    }

    /// A leg with another suite.
    #[must_use]
    pub fn with_profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// A leg with another key derivation.
    #[must_use]
    pub fn with_key_derivation(mut self, derivation: KeyDerivation) -> Self {
        self.key_derivation = derivation;
        self
    }

    /// A leg that compresses or does not.
    #[must_use]
    pub fn with_compression(mut self, compress: bool) -> Self {
        self.compress = compress;
        self
    }

    /// A leg that encrypts or does not.
    #[must_use]
    pub fn with_encryption(mut self, encrypt: bool) -> Self {
        self.encrypt = encrypt;
        self
    }

    /// Which suite.
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// How the signing certificate is named.
    pub fn signature_token(&self) -> TokenKind {
        self.signature_token
    }

    /// How the encryption certificate is named.
    pub fn encryption_token(&self) -> TokenKind {
        self.encryption_token
    }

    /// How wrapping keys are derived.
    pub fn key_derivation(&self) -> KeyDerivation {
        self.key_derivation
    }

    /// Whether parts are encrypted.
    pub fn encrypts(&self) -> bool {
        self.encrypt
    }

    /// Whether parts are compressed.
    pub fn compresses(&self) -> bool {
        self.compress
    }
}

/// Something wrong in a template or partner file.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{name}{}: {message}", .line.map_or_else(String::new, |line| format!(":{line}")))]
pub struct Problem {
    name: String,
    line: Option<usize>,
    message: String,
}

impl Problem {
    pub(crate) fn new(name: &str, message: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            line: None,
            message: message.into(),
        }
    }

    pub(crate) fn in_toml(name: &str, text: &str, error: &toml::de::Error) -> Self {
        let line = error.span().map(|span| {
            1 + text
                .bytes()
                .take(span.start)
                .filter(|byte| *byte == b'\n')
                .count()
        });
        Self {
            name: name.to_owned(),
            line,
            message: error.message().to_owned(),
        }
    }

    /// The template or partner.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Line in its file, where one can be named.
    pub fn line(&self) -> Option<usize> {
        self.line
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }
}
