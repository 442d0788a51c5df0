//! Signs. `ds:SignedInfo` is written in canonical form, so what is signed is what is written.
//! [AS4 1.7, AS4 1.15]

use super::{
    SigningKey,
    key::{SigningSecret, unused_random},
    to_base64, token,
    verify::{Reference, Target, Transform, algorithm},
};
use crate::{
    pmode::{Profile, TokenKind},
    profile::{alg, ns},
};
use aws_lc_rs::signature;
use xml::{Fragment, Writer};

/// A signature and its token, ready to stand in a Security header.
pub(crate) struct Signature {
    pub(crate) elements: Fragment,
    /// Canonical `ds:SignedInfo`.
    pub(crate) signed_info: String,
}

/// The profile a key signs under.
pub(crate) fn profile(key: &SigningKey) -> Profile {
    match key.secret() {
        SigningSecret::Rsa(_) => Profile::Rsa,
        SigningSecret::Ed25519(_) => Profile::Ed25519,
        SigningSecret::Ecdsa(_) | SigningSecret::Brainpool(_) => Profile::Ecdsa,
    }
}

/// References to header and Body, as every message and signal has.
pub(crate) fn envelope_references(
    messaging: (&str, &Fragment),
    body: (&str, &Fragment),
) -> Vec<Reference> {
    let reference = |(id, fragment): (&str, &Fragment), target| Reference {
        uri: format!("#{id}"),
        target,
        transform: Transform::ExclusiveC14n(Vec::new()),
        digest: super::sha256(fragment.as_ref().as_bytes()),
    };
    vec![
        reference(messaging, Target::Messaging),
        reference(body, Target::Body),
    ]
}

/// Signs the references. `tag` makes ids unique. `None` if the library fails.
pub(crate) fn sign(
    references: &[Reference],
    key: &SigningKey,
    kind: TokenKind,
    tag: &str,
) -> Option<Signature> {
    let signed_info = write_signed_info(references, profile(key));
    let value = sign_octets(key, signed_info.as_ref().as_bytes())?;
    let token_id = format!("sig-token-{tag}");
    let mut w = Writer::new();
    token::write_token(&mut w, kind, key.chain(), &token_id);
    let id = format!("sig-{tag}");
    w.element("ds:Signature", &[("xmlns:ds", ns::DS), ("Id", &id)], |w| {
        w.fragment(&signed_info);
        w.leaf("ds:SignatureValue", &[], &to_base64(&value));
        w.element("ds:KeyInfo", &[], |w| {
            token::write_reference(w, kind, key.certificate(), &token_id);
        });
    });
    Some(Signature {
        elements: w.finish(),
        signed_info: signed_info.into_string(),
    })
}

fn write_signed_info(references: &[Reference], profile: Profile) -> Fragment {
    let mut w = Writer::new();
    w.element("ds:SignedInfo", &[("xmlns:ds", ns::DS)], |w| {
        w.empty("ds:CanonicalizationMethod", &[("Algorithm", alg::EXC_C14N)]);
        w.empty("ds:SignatureMethod", &[("Algorithm", algorithm(profile))]);
        for reference in references {
            write_reference(w, reference, &[]);
        }
    });
    w.finish()
}

/// A reference in canonical form. `declarations` stand on it where nothing above declares `ds`,
/// as in a receipt.
pub(crate) fn write_reference(
    w: &mut Writer,
    reference: &Reference,
    declarations: &[(&str, &str)],
) {
    let mut attributes = declarations.to_vec();
    attributes.push(("URI", &reference.uri));
    w.element("ds:Reference", &attributes, |w| {
        w.element("ds:Transforms", &[], |w| match &reference.transform {
            Transform::AttachmentContent => {
                w.empty("ds:Transform", &[("Algorithm", alg::ATTACHMENT_SIGNATURE)]);
            }
            Transform::ExclusiveC14n(prefixes) if prefixes.is_empty() => {
                w.empty("ds:Transform", &[("Algorithm", alg::EXC_C14N)]);
            }
            Transform::ExclusiveC14n(prefixes) => {
                w.element("ds:Transform", &[("Algorithm", alg::EXC_C14N)], |w| {
                    let list = prefixes.join(" ");
                    let attributes = [("xmlns:ec", ns::EXC_C14N), ("PrefixList", &list)];
                    w.empty("ec:InclusiveNamespaces", &attributes);
                });
            }
        });
        w.empty("ds:DigestMethod", &[("Algorithm", alg::SHA256)]);
        w.leaf("ds:DigestValue", &[], &to_base64(&reference.digest));
    });
}

fn sign_octets(key: &SigningKey, message: &[u8]) -> Option<Vec<u8>> {
    match key.secret() {
        SigningSecret::Rsa(pair) => {
            let mut out = vec![0; pair.public_modulus_len()];
            pair.sign(
                &signature::RSA_PKCS1_SHA256,
                &unused_random(),
                message,
                &mut out,
            )
            .ok()?;
            Some(out)
        }
        SigningSecret::Ed25519(pair) => Some(pair.sign(message).as_ref().to_vec()),
        SigningSecret::Ecdsa(pair) => {
            Some(pair.sign(&unused_random(), message).ok()?.as_ref().to_vec())
        }
        SigningSecret::Brainpool(key) => key.sign(message),
    }
}
