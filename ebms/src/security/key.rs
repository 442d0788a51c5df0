//! Our own keys, each with the certificate that goes with it. A key that does not belong to its
//! certificate is refused at start, not at the first message.

use super::{
    agreement::Secret,
    brainpool,
    certificate::{Certificate, InvalidCertificate, KeyKind},
    oaep,
};
use aws_lc_rs::{
    agreement, digest, hmac,
    rand::SystemRandom,
    rsa::{OaepPrivateDecryptingKey, PrivateDecryptingKey},
    signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair},
};
use rustls_pki_types::{PrivatePkcs8KeyDer, pem::PemObject};
use std::{fmt, sync::Arc};
use zeroize::Zeroizing;

/// A key that cannot be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidKey {
    /// Not PEM with a PKCS#8 private key.
    #[error("no PKCS#8 private key in PEM")]
    Pem,
    /// The certificate cannot be read.
    #[error("certificate: {0}")]
    Certificate(#[source] InvalidCertificate),
    /// Not a key of the kind its certificate names, or of a kind that is not supported.
    #[error("the key is of an unsupported kind or not of the kind its certificate names")]
    Kind,
    /// The certificate belongs to another key.
    #[error("the certificate belongs to another key")]
    Mismatch,
}

/// A key we sign with, and its certificate chain, leaf first.
#[derive(Clone)]
pub struct SigningKey(Arc<Signing>);

struct Signing {
    key: SigningSecret,
    leaf: Certificate,
    chain: Vec<Certificate>,
}

pub(super) enum SigningSecret {
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Ecdsa(EcdsaKeyPair),
    Brainpool(brainpool::Secret),
}

impl SigningKey {
    /// Reads a PKCS#8 key and its certificate chain, leaf first.
    pub fn from_pkcs8_pem(key_pem: &[u8], chain_pem: &[u8]) -> Result<Self, InvalidKey> {
        let chain = Certificate::all_from_pem(chain_pem).map_err(InvalidKey::Certificate)?;
        let leaf = chain
            .first()
            .ok_or(InvalidKey::Certificate(InvalidCertificate::Pem))?
            .clone();
        let der = read_pem(key_pem)?;
        let der = der.secret_pkcs8_der();
        let kind = |_| InvalidKey::Kind;
        let key = match leaf.key_kind() {
            KeyKind::Rsa => SigningSecret::Rsa(RsaKeyPair::from_pkcs8(der).map_err(kind)?),
            KeyKind::Ed25519 => SigningSecret::Ed25519(
                Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map_err(kind)?,
            ),
            KeyKind::P256 => SigningSecret::Ecdsa(
                EcdsaKeyPair::from_pkcs8(&signature::ECDSA_P256_SHA256_FIXED_SIGNING, der)
                    .map_err(kind)?,
            ),
            KeyKind::Brainpool256 => SigningSecret::Brainpool(
                brainpool::Secret::from_pkcs8(der).ok_or(InvalidKey::Kind)?,
            ),
            KeyKind::X25519 | KeyKind::P384 | KeyKind::P521 | KeyKind::Other => {
                return Err(InvalidKey::Kind);
            }
        };
        let public = match &key {
            SigningSecret::Rsa(key) => key.public_key().as_ref().to_vec(),
            SigningSecret::Ed25519(key) => key.public_key().as_ref().to_vec(),
            SigningSecret::Ecdsa(key) => key.public_key().as_ref().to_vec(),
            SigningSecret::Brainpool(key) => key.public(),
        };
        if public != leaf.key_bits() {
            return Err(InvalidKey::Mismatch);
        }
        Ok(Self(Arc::new(Signing { key, leaf, chain })))
    }

    /// The certificate of the key.
    pub fn certificate(&self) -> &Certificate {
        &self.0.leaf
    }

    /// The certificate chain, leaf first.
    pub fn chain(&self) -> &[Certificate] {
        &self.0.chain
    }

    pub(super) fn secret(&self) -> &SigningSecret {
        &self.0.key
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({:?})", self.0.leaf)
    }
}

/// A key we decrypt with, and its certificate.
#[derive(Clone)]
pub struct DecryptionKey(Arc<Decryption>);

struct Decryption {
    key: DecryptionSecret,
    noise: Noise,
    certificate: Certificate,
}

pub(super) enum DecryptionSecret {
    Rsa {
        key: OaepPrivateDecryptingKey,
        /// The same key, for what the library does not offer.
        mixed: oaep::PrivateKey,
    },
    Agreement(Secret),
}

impl DecryptionKey {
    /// Reads a PKCS#8 key and its certificate.
    pub fn from_pkcs8_pem(key_pem: &[u8], certificate_pem: &[u8]) -> Result<Self, InvalidKey> {
        let certificate =
            Certificate::from_pem(certificate_pem).map_err(InvalidKey::Certificate)?;
        let der = read_pem(key_pem)?;
        let der = der.secret_pkcs8_der();
        let (key, matches) = match certificate.key_kind() {
            KeyKind::Rsa => read_rsa(der, &certificate)?,
            kind => read_agreement(der, kind, &certificate)?,
        };
        if !matches {
            return Err(InvalidKey::Mismatch);
        }
        let noise = Noise::new(der);
        Ok(Self(Arc::new(Decryption {
            key,
            noise,
            certificate,
        })))
    }

    /// The certificate of the key.
    pub fn certificate(&self) -> &Certificate {
        &self.0.certificate
    }

    pub(super) fn secret(&self) -> &DecryptionSecret {
        &self.0.key
    }

    pub(super) fn noise(&self) -> &Noise {
        &self.0.noise
    }
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DecryptionKey({:?})", self.0.certificate)
    }
}

/// Octets that only the holder of a key can foretell, though they follow from what they are for:
/// this package has no randomness of its own.
pub(super) struct Noise(hmac::Key);

impl Noise {
    pub(super) fn new(private_key: &[u8]) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(b"noise");
        context.update(private_key);
        let mut secret = Zeroizing::new([0; 32]);
        secret.copy_from_slice(context.finish().as_ref());
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret.as_slice()))
    }

    /// Fills `out` for one use, named by `purpose`, of `input`.
    pub(super) fn fill(&self, purpose: &[u8], input: &[u8], out: &mut [u8]) {
        for (counter, chunk) in (0_u32..).zip(out.chunks_mut(32)) {
            let mut context = hmac::Context::with_key(&self.0);
            context.update(purpose);
            context.update(&counter.to_be_bytes());
            context.update(input);
            for (byte, noise) in chunk.iter_mut().zip(context.sign().as_ref()) {
                *byte = *noise;
            }
        }
    }
}

fn read_pem(pem: &[u8]) -> Result<Zeroizing<PrivatePkcs8KeyDer<'static>>, InvalidKey> {
    PrivatePkcs8KeyDer::from_pem_slice(pem)
        .map(Zeroizing::new)
        .map_err(|_| InvalidKey::Pem)
}

fn read_rsa(der: &[u8], certificate: &Certificate) -> Result<(DecryptionSecret, bool), InvalidKey> {
    let pair = RsaKeyPair::from_pkcs8(der).map_err(|_| InvalidKey::Kind)?;
    let key = PrivateDecryptingKey::from_pkcs8(der).map_err(|_| InvalidKey::Kind)?;
    let key = OaepPrivateDecryptingKey::new(key).map_err(|_| InvalidKey::Kind)?;
    let mixed = oaep::PrivateKey::from_pkcs8(der).ok_or(InvalidKey::Kind)?;
    let matches = pair.public_key().as_ref() == certificate.key_bits();
    Ok((DecryptionSecret::Rsa { key, mixed }, matches))
}

fn read_agreement(
    der: &[u8],
    kind: KeyKind,
    certificate: &Certificate,
) -> Result<(DecryptionSecret, bool), InvalidKey> {
    let read = |algorithm| {
        agreement::PrivateKey::from_private_key_der(algorithm, der)
            .map(Secret::Library)
            .map_err(|_| InvalidKey::Kind)
    };
    let key = match kind {
        KeyKind::X25519 => {
            let raw = x25519_from_pkcs8(der).ok_or(InvalidKey::Kind)?;
            agreement::PrivateKey::from_private_key(&agreement::X25519, raw)
                .map(Secret::Library)
                .map_err(|_| InvalidKey::Kind)?
        }
        KeyKind::P256 => read(&agreement::ECDH_P256)?,
        KeyKind::P384 => read(&agreement::ECDH_P384)?,
        KeyKind::P521 => read(&agreement::ECDH_P521)?,
        KeyKind::Brainpool256 => {
            Secret::Brainpool(brainpool::Secret::from_pkcs8(der).ok_or(InvalidKey::Kind)?)
        }
        KeyKind::Rsa | KeyKind::Ed25519 | KeyKind::Other => return Err(InvalidKey::Kind),
    };
    let matches = key.public().ok_or(InvalidKey::Kind)? == certificate.key_bits();
    Ok((DecryptionSecret::Agreement(key), matches))
}

/// The 32 octets of an X25519 key: RFC 8410 fixes everything before them.
fn x25519_from_pkcs8(der: &[u8]) -> Option<&[u8]> {
    const PREFIX: &[u8] = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x6e\x04\x22\x04\x20";
    der.strip_prefix(PREFIX).filter(|raw| raw.len() == 32)
}

/// The library asks for a source of randomness that it does not use: RSA PKCS#1 signatures have
/// none, and the others take it from the library's own generator.
pub(super) fn unused_random() -> SystemRandom {
    SystemRandom::new()
}
