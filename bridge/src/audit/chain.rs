//! The hash chain and its signed statements.
//!
//! A line of a segment is the hash of its entry, a space, and the entry as one line of JSON; the
//! entry names the hash of the one before. A statement signs the hash reached at a number.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use rustls_pki_types::{PrivatePkcs8KeyDer, pem::PemObject};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::seal::{hex, sha256};

/// The hash before the first entry.
pub(super) const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The Ed25519 key the statements are signed with.
pub struct AuditKey(Ed25519KeyPair);

/// The key is none.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("not an Ed25519 key in PKCS#8 PEM")]
pub struct KeyInvalid;

/// What is signed about the chain.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Statement {
    pub(super) kind: Kind,
    pub(super) seq: u64,
    pub(super) hash: String,
    pub(super) at: Timestamp,
    pub(super) signature: String,
}

/// What a statement says.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// The chain has reached this entry.
    Head,
    /// This entry is the last of its segment.
    Close,
    /// Everything up to this entry was deleted when its time was over.
    Purge,
}

impl AuditKey {
    /// The key in this PEM.
    ///
    /// # Errors
    /// It is no Ed25519 key in PKCS#8.
    pub fn from_pkcs8_pem(pem: &str) -> Result<Self, KeyInvalid> {
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| KeyInvalid)?;
        Self::from_pkcs8_der(der.secret_pkcs8_der())
    }

    /// The key in this DER.
    ///
    /// # Errors
    /// It is no Ed25519 key in PKCS#8.
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, KeyInvalid> {
        let key = Ed25519KeyPair::from_pkcs8(der)
            .or_else(|_| Ed25519KeyPair::from_pkcs8_maybe_unchecked(der))
            .map_err(|_| KeyInvalid)?;
        Ok(Self(key))
    }

    /// The key statements are verified with.
    #[must_use]
    pub fn public_key(&self) -> Vec<u8> {
        self.0.public_key().as_ref().to_vec()
    }

    pub(super) fn state(&self, kind: Kind, seq: u64, hash: &str, at: Timestamp) -> Statement {
        let text = signed_text(kind, seq, hash, at);
        Statement {
            kind,
            seq,
            hash: hash.to_owned(),
            at,
            signature: STANDARD.encode(self.0.sign(text.as_bytes()).as_ref()),
        }
    }
}

impl Statement {
    pub(super) fn is_signed_by(&self, public_key: &[u8]) -> bool {
        let Ok(signature) = STANDARD.decode(&self.signature) else {
            return false;
        };
        let text = signed_text(self.kind, self.seq, &self.hash, self.at);
        UnparsedPublicKey::new(&ED25519, public_key)
            .verify(text.as_bytes(), &signature)
            .is_ok()
    }
}

/// The hash of an entry. The entry holds the hash before it, so this is the hash of the chain.
pub(super) fn hash_of(json: &str) -> String {
    hex(&sha256(json.as_bytes()))
}

fn signed_text(kind: Kind, seq: u64, hash: &str, at: Timestamp) -> String {
    let kind = match kind {
        Kind::Head => "head",
        Kind::Close => "close",
        Kind::Purge => "purge",
    };
    format!("bridge-audit-1\n{kind}\n{seq}\n{hash}\n{at}\n")
}

impl std::fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AuditKey")
    }
}
