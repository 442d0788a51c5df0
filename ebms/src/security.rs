//! Web Services Security as AS4 uses it: the closed subset of the profiles, over the primitives
//! of one library. The chain [`Sealed`] -> [`Signed`] -> [`Verified`] is the only way to content.
//!
//! Deliberately absent: any algorithm, transform or token outside the two profiles, and any
//! constructor of the chain other than the step before. [AS4 1.6, AS4 1.12]

mod agreement;
pub(crate) mod attachment;
mod brainpool;
mod certificate;
mod crl;
pub(crate) mod decrypt;
mod der;
pub(crate) mod encrypt;
pub(crate) mod gcm;
mod issued;
mod key;
mod name;
mod oaep;
mod ocsp;
#[cfg(test)]
mod published;
mod revocation;
pub(crate) mod sign;
pub(crate) mod token;
mod trust;
pub(crate) mod verify;

pub use certificate::{Certificate, InvalidCertificate};
pub use crl::{Crl, InvalidCrl};
pub use key::{DecryptionKey, InvalidKey, SigningKey};
pub use ocsp::{InvalidOcspAnswer, OCSP_REQUEST, OcspAnswer, OcspQuestion};
pub use revocation::{Revocation, Revocations, Standing};
pub(crate) use trust::Subject;
pub use trust::Trust;

use std::ops::Deref;

use crate::{
    header::UserMessage,
    id::ContentId,
    package,
    pmode::{PModes, Partner, find::PMode},
    receive::{self, ReceivedMessage},
    refusal::{Reason, Refusal},
    storage::{Memory, Storage},
};
use aws_lc_rs::digest;
use jiff::Timestamp;
use std::sync::Arc;

/// A message taken apart and read, nothing proven yet.
#[derive(Debug)]
pub struct Sealed {
    document: xml::Document,
    header: UserMessage,
    parts: Vec<package::Part>,
}

impl Sealed {
    pub(crate) fn new(
        document: xml::Document,
        header: UserMessage,
        parts: Vec<package::Part>,
    ) -> Self {
        Self {
            document,
            header,
            parts,
        }
    }

    /// What the header claims. It is not authenticated: use it for logs and to refuse, nothing
    /// else.
    pub fn claimed(&self) -> &UserMessage {
        &self.header
    }

    /// Octets of the message, but for the framing of its parts.
    fn octets(&self) -> u64 {
        let parts = self.parts.iter().map(|part| part.content.length());
        self.document.source().len() as u64 + parts.sum::<u64>()
    }

    /// The questions to be asked about the signer before [`Self::verify`] can tell whether its
    /// certificate is revoked. Empty where nobody is to be asked, something current is known, or
    /// the certificate is worth nothing anyhow.
    pub fn questions(&self, pmodes: &PModes, now: Timestamp) -> Vec<OcspQuestion> {
        let Ok(pmode) = pmodes.find(&self.header) else {
            return Vec::new();
        };
        let trust = pmode.partner.trust();
        let envelope = crate::envelope::Envelope::locate(&self.document);
        envelope.map_or_else(|_| Vec::new(), |it| verify::questions(&it, trust, now))
    }

    /// Finds the P-Mode, holds the security header against it, checks the signature, the signer
    /// and the digests of header and Body. No private key is used. Steps 5 to 8 of [AS4 1.12].
    pub fn verify(self, pmodes: &PModes, now: Timestamp) -> Result<Signed, Refusal> {
        let message_id = self.header.message_id.clone();
        self.check(pmodes, now)
            .map_err(|reason| Refusal::new(reason, Some(message_id)))
    }

    fn check(self, pmodes: &PModes, now: Timestamp) -> Result<Signed, Reason> {
        let pmode = pmodes.find(&self.header)?;
        pmode.check_size(self.octets())?;
        let leg = pmode.leg(self.header.service(), self.header.action());
        let cids: Vec<ContentId> = self.parts.iter().map(|part| part.cid.clone()).collect();
        let demand = verify::Demand {
            profile: leg.profile,
            encrypted: leg.encrypt && !cids.is_empty(),
            derivation: leg.key_derivation,
            legacy_oaep: leg.legacy_oaep,
            parts: &cids,
        };
        let (proof, encryption) = {
            let envelope = crate::envelope::Envelope::locate(&self.document)?;
            let structure = verify::read(&envelope, &demand)?;
            let proof = structure.check(&envelope, pmode.partner.trust(), now)?;
            (proof, structure.into_encryption())
        };
        receive::check_age(&self.header, &pmode.template, now)?;
        let Self {
            document,
            header,
            parts,
        } = self;
        Ok(Signed {
            document,
            header,
            parts,
            pmode,
            proof,
            encryption,
        })
    }
}

/// A message signed by the partner it names. Header and Body are proven; payloads are not yet.
#[derive(Debug)]
pub struct Signed {
    document: xml::Document,
    header: UserMessage,
    parts: Vec<package::Part>,
    pmode: Arc<PMode>,
    proof: verify::Proof,
    encryption: Option<decrypt::Encryption>,
}

impl Signed {
    /// The header.
    pub fn header(&self) -> &UserMessage {
        &self.header
    }

    /// Who sent it.
    pub fn partner(&self) -> &Partner {
        &self.pmode.partner
    }

    /// Decrypts the parts, checks their digests, decompresses them and holds the header against
    /// the rules of the P-Mode. Steps 9 to 12 of [AS4 1.12].
    ///
    /// The payloads are kept in memory: [`Self::open_into`] is for those that may be large.
    pub fn open(self, keys: &[DecryptionKey]) -> Result<Verified<ReceivedMessage>, Refusal> {
        self.open_into(keys, &mut Memory)
    }

    /// [`Self::open`] with the payloads in a storage of the caller. No payload is kept there
    /// before every part of the message is verified.
    pub fn open_into<S: Storage>(
        self,
        keys: &[DecryptionKey],
        storage: &mut S,
    ) -> Result<Verified<ReceivedMessage<S::Stored>>, Refusal> {
        let message_id = self.header.message_id.clone();
        self.unseal(keys, storage)
            .map_err(|reason| Refusal::new(reason, Some(message_id)))
    }

    fn unseal<S: Storage>(
        self,
        keys: &[DecryptionKey],
        storage: &mut S,
    ) -> Result<Verified<ReceivedMessage<S::Stored>>, Reason> {
        let Self {
            document,
            header,
            parts,
            pmode,
            proof,
            encryption,
        } = self;
        let opening = decrypt::Opening::new(encryption.as_ref(), &proof, keys)?;
        let drafts = receive::unpack(&header, &parts, &opening, &pmode.template, storage)?;
        receive::check_rules(&header, &pmode.template)?;
        let payloads = receive::keep(&header, drafts, storage)?;
        let content = ReceivedMessage::new(receive::Read {
            document,
            header,
            payloads,
            partner: pmode.partner.name().clone(),
            pmode: pmode.template.name().to_owned(),
            proof,
        });
        Ok(Verified { content })
    }
}

/// Content that was signed by the partner it names, whole and unchanged. Nothing else makes one.
#[derive(Debug)]
pub struct Verified<T> {
    content: T,
}

impl<T> Verified<T> {
    /// The content.
    pub fn get(&self) -> &T {
        &self.content
    }

    /// Gives up the proof.
    pub fn into_inner(self) -> T {
        self.content
    }

    /// Keeps the proof while the content becomes more specific.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Verified<U> {
        Verified {
            content: f(self.content),
        }
    }

    /// [`Self::map`] with a step that can fail.
    pub fn try_map<U, E>(self, f: impl FnOnce(T) -> Result<U, E>) -> Result<Verified<U>, E> {
        Ok(Verified {
            content: f(self.content)?,
        })
    }

    /// The proof for a part of the content.
    pub fn as_ref(&self) -> Verified<&T> {
        Verified {
            content: &self.content,
        }
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.content
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    out
}

/// SHA-1 for thumbprints and key identifiers only: names of certificates, not proofs.
fn sha1(bytes: &[u8]) -> [u8; 20] {
    let mut out = [0; 20];
    out.copy_from_slice(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref());
    out
}

/// Octets of base64 text; white space may stand anywhere.
// [P10]
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    if text.bytes().any(|byte| space(&byte)) {
        let packed: Vec<u8> = text.bytes().filter(|byte| !space(byte)).collect();
        STANDARD.decode(packed).ok()
    } else {
        STANDARD.decode(text).ok()
    }
}

pub(crate) fn to_base64(bytes: &[u8]) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD.encode(bytes)
}
