//! The envelope on its way out: signed, put together, and read back before it is sent.

use super::{Secured, SentProof, SignedDigest, Unsendable, part::Packed};
use crate::{
    envelope::Envelope,
    header::{UserMessage, decode, encode},
    id::{ContentId, MessageId},
    pmode::Leg,
    refusal::Reason,
    security::{
        SigningKey, Trust,
        sign::{self, Signature},
        verify::{self, Demand, Reference, Target, Transform},
    },
};
use std::io::Write;
use xml::{Document, Fragment};

/// A signed envelope before it is put together.
pub(super) struct Signed<'a> {
    leg: &'a Leg,
    key: &'a SigningKey,
    messaging: Fragment,
    body: Fragment,
    references: Vec<Reference>,
    signature: Signature,
}

impl<'a> Signed<'a> {
    pub(super) fn new<D: Write>(
        header: &UserMessage,
        parts: &[Packed<D>],
        secured: &Secured<'a>,
        tag: &str,
    ) -> Result<Self, Unsendable> {
        let Secured { leg, key, .. } = *secured;
        let (messaging_id, body_id) = (format!("msg-{tag}"), format!("body-{tag}"));
        let messaging = encode::messaging(&messaging_id, |w| encode::user_message(w, header));
        let body = encode::body(&body_id, |_| {});
        let mut references =
            sign::envelope_references((&messaging_id, &messaging), (&body_id, &body));
        references.extend(parts.iter().map(|part| Reference {
            uri: part.cid.to_href(),
            target: Target::Part(part.cid.clone()),
            transform: Transform::AttachmentContent,
            digest: part.digest,
        }));
        let signature = sign::sign(&references, key, leg.signature_token, tag)
            .ok_or(Unsendable::Cryptography)?;
        Ok(Self {
            leg,
            key,
            messaging,
            body,
            references,
            signature,
        })
    }

    pub(super) fn write(&self, encryption: Option<&Fragment>) -> Fragment {
        encode::envelope(&self.messaging, &self.body, |w| {
            // [AS4 1.6] encryption first: what was done last stands first.
            if let Some(encryption) = encryption {
                w.fragment(encryption);
            }
            w.fragment(&self.signature.elements);
        })
    }

    /// Reads the envelope back with the code that reads what others send. [AS4 1.15]
    pub(super) fn check(
        &self,
        soap: &str,
        header: &UserMessage,
        encrypted: bool,
    ) -> Result<(), Unsendable> {
        let document = Document::parse(soap.as_bytes(), &xml::Limits::SOAP)
            .map_err(|_| Unsendable::SelfCheck)?;
        let parts: Vec<ContentId> = header.parts.iter().map(|it| it.cid().clone()).collect();
        let read = || {
            let envelope = Envelope::locate(&document)?;
            let demand = Demand {
                profile: self.leg.profile,
                encrypted,
                derivation: self.leg.key_derivation,
                legacy_oaep: false,
                parts: &parts,
            };
            let structure = verify::read(&envelope, &demand)?;
            let own = Trust::pinned(vec![self.key.certificate().clone()]);
            let proof = structure.check(&envelope, &own, header.timestamp)?;
            Ok::<_, Reason>((proof, decode::user_message(envelope.messaging)?))
        };
        match read() {
            Ok((proof, found))
                if proof.references == self.references
                    && proof.signed_info == self.signature.signed_info.as_bytes()
                    && found.message_id == header.message_id
                    && found.properties == header.properties
                    && found.parts.len() == header.parts.len() =>
            {
                Ok(())
            }
            _ => Err(Unsendable::SelfCheck),
        }
    }

    pub(super) fn into_proof(self, message_id: MessageId) -> SentProof {
        let digest = |reference: Reference| SignedDigest {
            uri: reference.uri,
            digest: reference.digest,
        };
        SentProof {
            message_id,
            references: self.references.into_iter().map(digest).collect(),
            signed_info: self.signature.signed_info,
        }
    }
}
