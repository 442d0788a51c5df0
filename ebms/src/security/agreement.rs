//! Key agreement of eDelivery AS4 2.0: an ephemeral key of the sender, HKDF, AES key wrap. And
//! ConcatKDF in place of HKDF, as the German energy market has it.
//! [AS4 1.10, AS4 1.11]

use super::{brainpool, certificate::KeyKind};
use aws_lc_rs::{
    agreement::{self, Algorithm, PrivateKey, UnparsedPublicKey},
    digest,
    hkdf::{HKDF_SHA256, KeyType, Salt},
    key_wrap::{AES_128, AesKek, KeyWrap},
};
use zeroize::Zeroizing;

/// Octets of a content key, and of the key that wraps it.
pub(super) const KEY_LENGTH: usize = 16;
/// A content key.
pub(super) type ContentKey = Zeroizing<[u8; KEY_LENGTH]>;
/// Content key wrapped: eight octets longer.
pub(super) const WRAPPED_LENGTH: usize = KEY_LENGTH + 8;

/// DER of an X25519 `SubjectPublicKeyInfo` up to the key. (RFC 8410)
const X25519_SPKI: &[u8] = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x6e\x03\x21\x00";
/// Tag of an INTEGER.
const DER_INTEGER: u8 = 2;

/// How a key is derived from an agreed secret, with its parameters. The hash is SHA-256.
#[derive(Clone, Debug)]
pub(super) enum Derivation {
    Hkdf {
        salt: Vec<u8>,
        info: Vec<u8>,
    },
    /// NIST SP 800-56A, 5.8.1.
    Concat {
        other_info: Vec<u8>,
    },
}

/// A curve keys are agreed on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Curve {
    X25519,
    P256,
    P384,
    P521,
    Brainpool256,
}

impl Curve {
    pub(super) fn of(kind: KeyKind) -> Option<Self> {
        match kind {
            KeyKind::X25519 => Some(Self::X25519),
            KeyKind::P256 => Some(Self::P256),
            KeyKind::P384 => Some(Self::P384),
            KeyKind::P521 => Some(Self::P521),
            KeyKind::Brainpool256 => Some(Self::Brainpool256),
            KeyKind::Rsa | KeyKind::Ed25519 | KeyKind::Other => None,
        }
    }

    /// The curve of a `dsig11:NamedCurve`. ENTSOG's text misses a colon. [AS4 1.11]
    pub(super) fn named(uri: &str) -> Option<Self> {
        match uri
            .strip_prefix("urn:oid:")
            .or_else(|| uri.strip_prefix("urn:oid"))?
        {
            "1.2.840.10045.3.1.7" => Some(Self::P256),
            "1.3.132.0.34" => Some(Self::P384),
            "1.3.132.0.35" => Some(Self::P521),
            brainpool::OID => Some(Self::Brainpool256),
            _ => None,
        }
    }

    /// Its URI; X25519 has none, because its key is written as DER.
    pub(super) fn uri(self) -> Option<&'static str> {
        match self {
            Self::X25519 => None,
            Self::P256 => Some("urn:oid:1.2.840.10045.3.1.7"),
            Self::P384 => Some("urn:oid:1.3.132.0.34"),
            Self::P521 => Some("urn:oid:1.3.132.0.35"),
            Self::Brainpool256 => Some("urn:oid:1.3.36.3.3.2.8.1.1.7"),
        }
    }

    /// The library's name for it, if it has one.
    pub(super) fn algorithm(self) -> Option<&'static Algorithm> {
        match self {
            Self::X25519 => Some(&agreement::X25519),
            Self::P256 => Some(&agreement::ECDH_P256),
            Self::P384 => Some(&agreement::ECDH_P384),
            Self::P521 => Some(&agreement::ECDH_P521),
            Self::Brainpool256 => None,
        }
    }

    fn scalar_length(self) -> usize {
        match self {
            Self::X25519 | Self::P256 | Self::Brainpool256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    /// A fresh private key from random octets.
    pub(super) fn ephemeral(self, random: &mut dyn FnMut(&mut [u8])) -> Option<Secret> {
        let mut scalar = Zeroizing::new(vec![0; self.scalar_length()]);
        // A draw at or above the order is no key: one in three for brainpool, hardly any for the
        // others, but the nine bits on top of P-521 must go first.
        for _ in 0..64 {
            random(&mut scalar);
            if let (Self::P521, Some(top)) = (self, scalar.first_mut()) {
                *top &= 1;
            }
            let key = match self.algorithm() {
                Some(algorithm) => PrivateKey::from_private_key(algorithm, &scalar)
                    .ok()
                    .map(Secret::Library),
                None => brainpool::Secret::from_octets(&scalar).map(Secret::Brainpool),
            };
            if let Some(key) = key.filter(|key| self.is_told_apart(key)) {
                return Some(key);
            }
        }
        None
    }

    /// Whether every peer takes the public key for what it is. Santuario (WSS4J, phase4) tries one
    /// kind of key after the other, and Java reads X25519 octets that begin like a DER INTEGER as
    /// a DSA key: one in 2,400, refused with EBMS:0102 however often the message is sent.
    fn is_told_apart(self, key: &Secret) -> bool {
        self != Self::X25519
            || key
                .public()
                .is_some_and(|raw| raw.first() != Some(&DER_INTEGER))
    }

    /// Octets of a public key from what stands in a message, if it has the one form allowed.
    pub(super) fn read_public(self, octets: &[u8]) -> Option<&[u8]> {
        match self {
            Self::X25519 => octets
                .strip_prefix(X25519_SPKI)
                .filter(|raw| raw.len() == 32),
            // Uncompressed points only.
            _ => Some(octets).filter(|point| {
                point.first() == Some(&4) && point.len() == 1 + 2 * self.scalar_length()
            }),
        }
    }

    /// The form of a public key that stands in a message.
    pub(super) fn write_public(self, raw: &[u8]) -> Vec<u8> {
        match self {
            Self::X25519 => [X25519_SPKI, raw].concat(),
            _ => raw.to_vec(),
        }
    }
}

/// A private key on one of the curves.
pub(super) enum Secret {
    Library(PrivateKey),
    Brainpool(brainpool::Secret),
}

impl Secret {
    /// The public key: an uncompressed point, or the octets of X25519.
    pub(super) fn public(&self) -> Option<Vec<u8>> {
        match self {
            Self::Library(key) => Some(key.compute_public_key().ok()?.as_ref().to_vec()),
            Self::Brainpool(key) => Some(key.public()),
        }
    }

    /// What both sides know. Points off the curve and an all-zero secret are refused.
    pub(super) fn agree(&self, curve: Curve, theirs: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        match (self, curve.algorithm()) {
            (Self::Library(key), Some(algorithm)) => {
                let theirs = UnparsedPublicKey::new(algorithm, theirs);
                agreement::agree(key, theirs, (), |secret| {
                    Ok(Zeroizing::new(secret.to_vec()))
                })
                .ok()
            }
            (Self::Brainpool(key), None) => key.agree(theirs),
            _ => None,
        }
    }
}

impl Derivation {
    /// Fills `out` from a secret.
    pub(super) fn derive(&self, secret: &[u8], out: &mut [u8]) -> Option<()> {
        match self {
            Self::Hkdf { salt, info } => {
                let prk = Salt::new(HKDF_SHA256, salt).extract(secret);
                let info = [info.as_slice()];
                prk.expand(&info, Length(out.len())).ok()?.fill(out).ok()
            }
            Self::Concat { other_info } => {
                for (counter, chunk) in (1_u32..).zip(out.chunks_mut(32)) {
                    let mut context = digest::Context::new(&digest::SHA256);
                    context.update(&counter.to_be_bytes());
                    context.update(secret);
                    context.update(other_info);
                    for (byte, derived) in chunk.iter_mut().zip(context.finish().as_ref()) {
                        *byte = *derived;
                    }
                }
                Some(())
            }
        }
    }
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// The key that wraps the content key.
fn wrapping_key(
    ours: &Secret,
    curve: Curve,
    theirs: &[u8],
    derivation: &Derivation,
) -> Option<AesKek> {
    let secret = ours.agree(curve, theirs)?;
    let mut key = Zeroizing::new([0; KEY_LENGTH]);
    derivation.derive(&secret, key.as_mut_slice())?;
    AesKek::new(&AES_128, key.as_slice()).ok()
}

pub(super) fn wrap(
    ours: &Secret,
    curve: Curve,
    theirs: &[u8],
    derivation: &Derivation,
    content_key: &[u8],
) -> Option<Vec<u8>> {
    let kek = wrapping_key(ours, curve, theirs, derivation)?;
    let mut out = vec![0; WRAPPED_LENGTH];
    kek.wrap(content_key, &mut out).ok()?;
    Some(out)
}

pub(super) fn unwrap(
    ours: &Secret,
    curve: Curve,
    theirs: &[u8],
    derivation: &Derivation,
    wrapped: &[u8],
) -> Option<ContentKey> {
    if wrapped.len() != WRAPPED_LENGTH {
        return None;
    }
    let kek = wrapping_key(ours, curve, theirs, derivation)?;
    let mut out = Zeroizing::new([0; KEY_LENGTH]);
    kek.unwrap(wrapped, out.as_mut_slice()).ok()?;
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public(scalar: &[u8]) -> Vec<u8> {
        let key = PrivateKey::from_private_key(&agreement::X25519, scalar).unwrap();
        key.compute_public_key().unwrap().as_ref().to_vec()
    }

    // Seen with phase4 4.4.1 (Santuario 4.0.4, Java 17).
    #[test]
    fn an_ephemeral_key_that_java_takes_for_another_kind_is_not_sent() {
        let scalar = |number: u16| [[7; 30].as_slice(), &number.to_be_bytes()].concat();
        let misread = (0..=u16::MAX)
            .map(scalar)
            .find(|scalar| public(scalar).first() == Some(&2))
            .unwrap();
        let other = (0..=u16::MAX)
            .map(scalar)
            .find(|scalar| public(scalar).first() != Some(&2))
            .unwrap();
        let mut draws = [misread, other.clone()].into_iter();
        let key = Curve::X25519
            .ephemeral(&mut |out| out.copy_from_slice(&draws.next().unwrap()))
            .unwrap();
        assert_eq!(key.public().unwrap(), public(&other));
        assert_eq!(draws.next(), None);
    }
}
