//! Decrypts the parts and checks their digests. Every failure is the same failure: whoever sends
//! guesses learns neither which step failed nor, within a class, when. [AS4 1.9, AS4 6.L]

mod read;

pub(crate) use read::read;
#[cfg(test)]
pub(super) use read::read_concat_kdf;

use super::{
    DecryptionKey,
    agreement::{self, ContentKey, Curve, Derivation, KEY_LENGTH},
    key::{DecryptionSecret, Noise},
    oaep,
    token::Token,
    verify::Proof,
};
use crate::{id::ContentId, package::Part, refusal::Reason};
use aws_lc_rs::{
    aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    rsa::OaepAlgorithm,
};
use bytes::Bytes;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// How the parts of a message are encrypted: read, not yet used.
#[derive(Debug)]
pub(crate) struct Encryption {
    recipient: Token,
    transport: Transport,
    /// Every part, with the content type it has once decrypted.
    parts: BTreeMap<ContentId, String>,
}

/// How the content key travels.
enum Transport {
    Oaep {
        algorithm: Oaep,
        wrapped: Vec<u8>,
    },
    Agreement {
        curve: Curve,
        originator: Vec<u8>,
        derivation: Derivation,
        wrapped: Vec<u8>,
    },
}

/// The hashes of RSA-OAEP.
#[derive(Clone, Copy)]
enum Oaep {
    /// The same for label and masks.
    One(&'static OaepAlgorithm),
    /// SHA-256 for the label, SHA-1 for the masks.
    Mixed,
}

impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Oaep { .. } => "Oaep",
            Self::Agreement { .. } => "Agreement",
        })
    }
}

const IV_LENGTH: usize = 12;
const TAG_LENGTH: usize = 16;

/// The parts as they were signed.
pub(crate) fn open(
    parts: Vec<Part>,
    encryption: Option<&Encryption>,
    proof: &Proof,
    keys: &[DecryptionKey],
) -> Result<Vec<Part>, Reason> {
    let Some(encryption) = encryption else {
        return if parts.iter().all(|part| proof.covers(part)) {
            Ok(parts)
        } else {
            Err(Reason::Authentication(
                "the digest of a part does not match",
            ))
        };
    };
    let key = keys
        .iter()
        .find(|key| encryption.recipient.names(key.certificate()))
        .ok_or(Reason::Decryption)?;
    // A key that does not unwrap is replaced, not reported: the work that follows is the same.
    let decoy = encryption.transport.decoy(key.noise());
    let unwrapped = encryption.transport.unwrap(key);
    let whole = unwrapped.is_some();
    let content_key = unwrapped.unwrap_or(decoy);
    let opened: Option<Vec<Part>> = parts
        .into_iter()
        .map(|part| encryption.decrypt(part, &content_key))
        .collect();
    let proven = |parts: &Vec<Part>| parts.iter().all(|part| proof.covers(part));
    opened
        .filter(|parts| whole && proven(parts))
        .ok_or(Reason::Decryption)
}

impl Encryption {
    fn decrypt(&self, part: Part, key: &ContentKey) -> Option<Part> {
        let content_type = self.parts.get(&part.cid)?.clone();
        let (iv, rest) = part.content.split_at_checked(IV_LENGTH)?;
        let (sealed, tag) = rest.split_at_checked(rest.len().checked_sub(TAG_LENGTH)?)?;
        let nonce = Nonce::try_assume_unique_for_key(iv).ok()?;
        let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, key.as_slice()).ok()?);
        let mut content = vec![0; sealed.len()];
        key.open_separate_gather(nonce, Aad::empty(), sealed, tag, &mut content)
            .ok()?;
        Some(Part {
            cid: part.cid,
            content_type,
            content: Bytes::from(content),
        })
    }
}

impl Transport {
    fn unwrap(&self, key: &DecryptionKey) -> Option<ContentKey> {
        match (self, key.secret()) {
            (
                Self::Oaep { algorithm, wrapped },
                DecryptionSecret::Rsa {
                    key: library,
                    mixed,
                },
            ) => {
                let Oaep::One(algorithm) = algorithm else {
                    return mixed.unwrap(oaep::SHA256_MGF1_SHA1, wrapped, key.noise());
                };
                let mut out = Zeroizing::new(vec![0; library.min_output_size()]);
                let content_key = library.decrypt(algorithm, wrapped, &mut out, None).ok()?;
                let content_key: &[u8; KEY_LENGTH] = (&*content_key).try_into().ok()?;
                Some(Zeroizing::new(*content_key))
            }
            (
                Self::Agreement {
                    curve,
                    originator,
                    derivation,
                    wrapped,
                },
                DecryptionSecret::Agreement(key),
            ) => {
                let originator = curve.read_public(originator)?;
                agreement::unwrap(key, *curve, originator, derivation, wrapped)
            }
            _ => None,
        }
    }

    /// A key nobody could encrypt with; what it opens is thrown away in any case.
    fn decoy(&self, noise: &Noise) -> ContentKey {
        let (Self::Oaep { wrapped, .. } | Self::Agreement { wrapped, .. }) = self;
        let mut key = Zeroizing::new([0; KEY_LENGTH]);
        noise.fill(b"decoy", wrapped, key.as_mut_slice());
        key
    }
}
