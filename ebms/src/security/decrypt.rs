//! Decrypts the parts and checks their digests. Every failure is the same failure: whoever sends
//! guesses learns neither which step failed nor, within a class, when. [AS4 1.9, AS4 6.L]

mod read;

pub(crate) use read::read;
#[cfg(test)]
pub(super) use read::read_concat_kdf;

use super::{
    DecryptionKey,
    agreement::{self, ContentKey, Curve, Derivation, KEY_LENGTH},
    attachment, gcm,
    key::{DecryptionSecret, Noise},
    oaep,
    token::Token,
    verify::Proof,
};
use crate::{id::ContentId, package::Part, refusal::Reason};
use aws_lc_rs::rsa::OaepAlgorithm;
use std::{collections::BTreeMap, io};
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

/// The parts of a message with what opens them.
pub(crate) struct Opening<'m> {
    encryption: Option<(&'m Encryption, ContentKey)>,
    /// Whether the content key is the one that was sent.
    whole: bool,
    proof: &'m Proof,
}

impl<'m> Opening<'m> {
    /// Unwraps the content key.
    pub(crate) fn new(
        encryption: Option<&'m Encryption>,
        proof: &'m Proof,
        keys: &[DecryptionKey],
    ) -> Result<Self, Reason> {
        let Some(encryption) = encryption else {
            return Ok(Self {
                encryption: None,
                whole: true,
                proof,
            });
        };
        let key = keys
            .iter()
            .find(|key| encryption.recipient.names(key.certificate()))
            .ok_or(Reason::Decryption)?;
        // A key that does not unwrap is replaced, not reported: the work that follows is the same.
        let decoy = encryption.transport.decoy(key.noise());
        let unwrapped = encryption.transport.unwrap(key);
        Ok(Self {
            whole: unwrapped.is_some(),
            encryption: Some((encryption, unwrapped.unwrap_or(decoy))),
            proof,
        })
    }

    /// Reads a part as it was signed, to its end, and says whether it is what was signed.
    pub(crate) fn read(&self, part: &Part, take: impl FnMut(&[u8])) -> io::Result<bool> {
        let Some((encryption, key)) = &self.encryption else {
            let content = &mut *part.reader();
            let digest = attachment::digest(&part.content_type, content, take)?;
            return Ok(self.proof.covers(&part.cid, digest));
        };
        let Some(content_type) = encryption.parts.get(&part.cid) else {
            return Ok(false);
        };
        let Some(mut content) = gcm::open(part, key)? else {
            return Ok(false);
        };
        let digest = attachment::digest(content_type, &mut *content, take)?;
        Ok(self.whole && self.proof.covers(&part.cid, digest))
    }

    /// The one reason for every part that is not what was signed.
    pub(crate) fn refusal(&self) -> Reason {
        match self.encryption {
            Some(_) => Reason::Decryption,
            None => Reason::Authentication("the digest of a part does not match"),
        }
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
