//! Key agreement of eDelivery AS4 2.0: an ephemeral key of the sender, HKDF, AES key wrap.
//! [AS4 1.10, AS4 1.11]

use super::certificate::KeyKind;
use aws_lc_rs::{
    agreement::{self, Algorithm, PrivateKey, UnparsedPublicKey},
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

/// Parameters of HKDF-SHA256.
#[derive(Clone, Debug)]
pub(super) struct Derivation {
    pub(super) salt: Vec<u8>,
    pub(super) info: Vec<u8>,
}

/// A curve keys are agreed on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Curve {
    X25519,
    P256,
    P384,
    P521,
}

impl Curve {
    pub(super) fn of(kind: KeyKind) -> Option<Self> {
        match kind {
            KeyKind::X25519 => Some(Self::X25519),
            KeyKind::P256 => Some(Self::P256),
            KeyKind::P384 => Some(Self::P384),
            KeyKind::P521 => Some(Self::P521),
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
        }
    }

    pub(super) fn algorithm(self) -> &'static Algorithm {
        match self {
            Self::X25519 => &agreement::X25519,
            Self::P256 => &agreement::ECDH_P256,
            Self::P384 => &agreement::ECDH_P384,
            Self::P521 => &agreement::ECDH_P521,
        }
    }

    fn scalar_length(self) -> usize {
        match self {
            Self::X25519 | Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    /// A fresh private key from random octets.
    pub(super) fn ephemeral(self, random: &mut dyn FnMut(&mut [u8])) -> Option<PrivateKey> {
        let mut scalar = Zeroizing::new(vec![0; self.scalar_length()]);
        // A draw at or above the order is refused by the library; one in 2^32 at worst, but the
        // nine bits on top of P-521 must go first.
        for _ in 0..8 {
            random(&mut scalar);
            if let (Self::P521, Some(top)) = (self, scalar.first_mut()) {
                *top &= 1;
            }
            if let Ok(key) = PrivateKey::from_private_key(self.algorithm(), &scalar) {
                return Some(key);
            }
        }
        None
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

/// The key that wraps the content key. The library refuses points off the curve and an all-zero
/// secret.
fn wrapping_key(
    ours: &PrivateKey,
    curve: Curve,
    theirs: &[u8],
    derivation: &Derivation,
) -> Option<AesKek> {
    let theirs = UnparsedPublicKey::new(curve.algorithm(), theirs);
    agreement::agree(ours, theirs, (), |secret| {
        let prk = Salt::new(HKDF_SHA256, &derivation.salt).extract(secret);
        let info = [derivation.info.as_slice()];
        let mut key = Zeroizing::new([0; KEY_LENGTH]);
        let okm = prk.expand(&info, KeyLength).map_err(|_| ())?;
        okm.fill(key.as_mut_slice()).map_err(|_| ())?;
        AesKek::new(&AES_128, key.as_slice()).map_err(|_| ())
    })
    .ok()
}

struct KeyLength;

impl KeyType for KeyLength {
    fn len(&self) -> usize {
        KEY_LENGTH
    }
}

pub(super) fn wrap(
    ours: &PrivateKey,
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
    ours: &PrivateKey,
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
