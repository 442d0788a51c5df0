//! Reads and checks a signature. Structure is held against what was agreed before any
//! cryptography; the nodes digested are those the header was read from. [AS4 1.7, AS4 1.12, AS4 6]

mod reference;
pub(super) mod value;

pub(crate) use reference::{Reference, Target, Transform};

use super::{
    Certificate, OcspQuestion, Standing, Trust, attachment,
    decrypt::{self, Encryption},
    token::{Token, octets},
};
use crate::{
    envelope::{Cursor, Envelope},
    id::ContentId,
    pmode::{KeyDerivation, Profile},
    profile::{alg, ns},
    refusal::Reason,
};
use aws_lc_rs::digest;
use jiff::Timestamp;
use std::collections::BTreeSet;
use xml::{Element, IdTable, c14n};

/// What was agreed about the security of a message.
pub(crate) struct Demand<'a> {
    pub(crate) profile: Profile,
    pub(crate) encrypted: bool,
    pub(crate) derivation: KeyDerivation,
    pub(crate) legacy_oaep: bool,
    pub(crate) parts: &'a [ContentId],
}

/// A security header that is built as agreed. Nothing is proven yet.
pub(crate) struct Structure<'d> {
    profile: Profile,
    signature: Signature<'d>,
    encryption: Option<Encryption>,
}

/// What a signature proves.
#[derive(Debug)]
pub(crate) struct Proof {
    pub(crate) signer: Certificate,
    pub(crate) references: Vec<Reference>,
    pub(crate) signed_info: Vec<u8>,
}

/// Attributes that may be ids. One value space for all of them. Step 4 of [AS4 1.12].
const ID_KINDS: &[(&str, &str)] = &[
    (ns::WSU, "Id"),
    ("", "Id"),
    ("", "id"),
    ("", "ID"),
    (ns::WSU, "ID"),
    (xml::XML_NAMESPACE, "id"),
];

/// References one signature may have: Santuario refuses more, too. [AS4 0.5]
const MAX_REFERENCES: usize = 30;

/// Reads the security header.
pub(crate) fn read<'d>(
    envelope: &Envelope<'d>,
    demand: &Demand<'_>,
) -> Result<Structure<'d>, Reason> {
    let security = envelope
        .security
        .ok_or(Reason::Policy("no Security header"))?;
    let ids = envelope
        .document
        .ids(ID_KINDS)
        .map_err(|_| Reason::Authentication("two elements carry the same id"))?;
    let nested = |it: Element<'_>| it.is(ns::DS, "Signature") && it.parent() != Some(security);
    if security.descendants().any(nested) {
        return Err(Reason::Authentication("a signature inside another element"));
    }
    let mut blocks = Blocks::default();
    security.children().for_each(|child| blocks.sort(child));
    let signature = match blocks.signatures.as_slice() {
        [signature] => *signature,
        [] => return Err(Reason::Policy("not signed")),
        _ => return Err(Reason::Policy("more than one signature")),
    };
    let signature = Signature::read(signature, envelope, &ids, demand)?;
    if blocks.unknown {
        return Err(Reason::Policy("an unknown element in the Security header"));
    }
    let encryption = match blocks.encrypted() {
        true => Some(decrypt::read(&blocks, security, &ids, demand)?),
        false if demand.encrypted => return Err(Reason::Policy("not encrypted")),
        false => None,
    };
    Ok(Structure {
        profile: demand.profile,
        signature,
        encryption,
    })
}

/// The questions to be asked about whoever signed, as far as its token says; none where nobody is
/// to be asked, something current is known, or the certificate is worth nothing anyhow.
pub(crate) fn questions(
    envelope: &Envelope<'_>,
    trust: &Trust,
    now: Timestamp,
) -> Vec<OcspQuestion> {
    if trust.ocsp_url().is_none() {
        return Vec::new();
    }
    let candidates = candidates(envelope, trust);
    let unknown = candidates.iter().filter(|(certificate, path)| {
        trust.standing(certificate, now) == Standing::Unknown
            && trust.is_candidate(certificate, path, now)
    });
    unknown.filter_map(|(it, _)| trust.question(it)).collect()
}

/// The certificates a token may mean, each with the path it came with. Nothing is proven.
fn candidates(envelope: &Envelope<'_>, trust: &Trust) -> Vec<(Certificate, Vec<Certificate>)> {
    let token = || {
        let security = envelope.security?;
        let signature = security.only_child(ns::DS, "Signature")?;
        let key_info = signature.only_child(ns::DS, "KeyInfo")?;
        let ids = envelope.document.ids(ID_KINDS).ok()?;
        Token::read(key_info, security, &ids).ok()
    };
    let Some(token) = token() else {
        return Vec::new();
    };
    let known = trust.certificates().iter().filter(|it| token.names(it));
    let mut found: Vec<_> = known.map(|it| (it.clone(), Vec::new())).collect();
    if let Token::Carried { certificate, path } = token {
        found.push((certificate, path));
    }
    found
}

/// The children of a security header by kind.
#[derive(Default)]
pub(crate) struct Blocks<'d> {
    pub(crate) keys: Vec<Element<'d>>,
    pub(crate) data: Vec<Element<'d>>,
    signatures: Vec<Element<'d>>,
    unknown: bool,
}

impl<'d> Blocks<'d> {
    fn sort(&mut self, child: Element<'d>) {
        if child.is(ns::DS, "Signature") {
            self.signatures.push(child);
        } else if child.is(ns::XENC, "EncryptedKey") {
            self.keys.push(child);
        } else if child.is(ns::XENC, "EncryptedData") {
            self.data.push(child);
        } else if !child.is(ns::WSSE, "BinarySecurityToken") && !child.is(ns::WSU, "Timestamp") {
            // [AS4 1.6] a time stamp is neither asked for nor signed, so it is not read.
            self.unknown = true;
        }
    }

    fn encrypted(&self) -> bool {
        !self.keys.is_empty() || !self.data.is_empty()
    }
}

struct Signature<'d> {
    signed_info: Element<'d>,
    prefixes: Vec<String>,
    references: Vec<Reference>,
    value: Vec<u8>,
    token: Token,
}

impl<'d> Signature<'d> {
    fn read(
        element: Element<'d>,
        envelope: &Envelope<'d>,
        ids: &IdTable<'d>,
        demand: &Demand<'_>,
    ) -> Result<Self, Reason> {
        // [ROB-78] readers differ in which one of two they take.
        let signed_info = element
            .only_child(ns::DS, "SignedInfo")
            .ok_or(Reason::Authentication("not exactly one SignedInfo"))?;
        let value = element
            .only_child(ns::DS, "SignatureValue")
            .and_then(octets)
            .ok_or(Reason::Authentication(
                "not exactly one readable SignatureValue",
            ))?;
        let (prefixes, references) = read_signed_info(signed_info, envelope, ids, demand)?;
        check_coverage(&references, demand.parts)?;
        envelope.check_body()?;
        let mut children = Cursor::new(element);
        let shape = children
            .take(ns::DS, "SignedInfo")
            .and(children.take(ns::DS, "SignatureValue"));
        let key_info = shape.and_then(|_| children.take(ns::DS, "KeyInfo"));
        let (Some(key_info), true) = (key_info, children.is_done()) else {
            return Err(Reason::Policy("the signature is not built as agreed"));
        };
        let security = element.parent().unwrap_or(element);
        let token = Token::read(key_info, security, ids)?;
        Ok(Self {
            signed_info,
            prefixes,
            references,
            value,
            token,
        })
    }
}

fn read_signed_info<'d>(
    element: Element<'d>,
    envelope: &Envelope<'d>,
    ids: &IdTable<'d>,
    demand: &Demand<'_>,
) -> Result<(Vec<String>, Vec<Reference>), Reason> {
    const SHAPE: Reason = Reason::Policy("SignedInfo is not built as agreed");
    let mut children = Cursor::new(element);
    let method = children
        .take(ns::DS, "CanonicalizationMethod")
        .ok_or(SHAPE)?;
    let prefixes = reference::read_c14n(method)?;
    let method = children.take(ns::DS, "SignatureMethod").ok_or(SHAPE)?;
    let agreed = method.attribute("", "Algorithm") == Some(algorithm(demand.profile));
    // A child would be a truncated HMAC or the like.
    if !agreed || !Cursor::new(method).is_done() {
        return Err(Reason::Policy(
            "the signature algorithm is not the agreed one",
        ));
    }
    let mut references: Vec<Reference> = Vec::new();
    while let Some(child) = children.take(ns::DS, "Reference") {
        if references.len() == MAX_REFERENCES {
            return Err(Reason::Policy("more than 30 references"));
        }
        let reference = Reference::read(child, envelope, ids)?;
        if references
            .iter()
            .any(|known| known.target == reference.target)
        {
            return Err(Reason::Policy("two references to one thing"));
        }
        references.push(reference);
    }
    if children.is_done() {
        Ok((prefixes, references))
    } else {
        Err(SHAPE)
    }
}

/// The URI of a profile's signature algorithm.
pub(crate) fn algorithm(profile: Profile) -> &'static str {
    match profile {
        Profile::Rsa => alg::RSA_SHA256,
        Profile::Ed25519 => alg::ED25519,
        Profile::Ecdsa => alg::ECDSA_SHA256,
    }
}

/// Exactly header, Body and every part are signed. [AS4 1.7]
fn check_coverage(references: &[Reference], parts: &[ContentId]) -> Result<(), Reason> {
    let signed: BTreeSet<&Target> = references.iter().map(|it| &it.target).collect();
    if !signed.contains(&Target::Messaging) {
        return Err(Reason::Policy("eb:Messaging is not signed"));
    }
    if !signed.contains(&Target::Body) {
        return Err(Reason::Policy("the Body is not signed"));
    }
    if !parts
        .iter()
        .all(|cid| signed.contains(&Target::Part(cid.clone())))
    {
        return Err(Reason::Policy("a part is not signed"));
    }
    // Targets are unique, so equal numbers mean equal sets.
    if signed.len() != parts.len() + 2 {
        return Err(Reason::Policy("a reference to a part that is not there"));
    }
    Ok(())
}

impl Structure<'_> {
    /// Checks signer, signature, and the digests of header and Body.
    pub(crate) fn check(
        &self,
        envelope: &Envelope<'_>,
        trust: &Trust,
        now: Timestamp,
    ) -> Result<Proof, Reason> {
        let signature = &self.signature;
        let mut signed_info = Vec::new();
        canonical(signature.signed_info, &signature.prefixes, |chunk| {
            signed_info.extend_from_slice(chunk);
        });
        let signer = self.signer(trust, now, &signed_info)?;
        for reference in &signature.references {
            let element = match reference.target {
                Target::Messaging => envelope.messaging,
                Target::Body => envelope.body,
                Target::Part(_) => continue,
            };
            if reference.digest_of(element) != Some(reference.digest) {
                return Err(Reason::Authentication(
                    "a digest of the envelope does not match",
                ));
            }
        }
        let references = signature.references.clone();
        Ok(Proof {
            signer,
            references,
            signed_info,
        })
    }

    /// The certificate that is trusted and whose key made the signature.
    fn signer(
        &self,
        trust: &Trust,
        now: Timestamp,
        signed_info: &[u8],
    ) -> Result<Certificate, Reason> {
        let token = &self.signature.token;
        let (carried, path) = match token {
            Token::Carried { certificate, path } => (Some(certificate), path.as_slice()),
            _ => (None, Default::default()),
        };
        let known = trust.certificates().iter().filter(|it| token.names(it));
        let mut problem = "the signer's certificate is not known";
        for candidate in known.chain(carried) {
            let accepted = trust.accept(candidate, path, now).and_then(|()| {
                value::verify(self.profile, candidate, signed_info, &self.signature.value)
            });
            match accepted {
                Ok(()) => return Ok(candidate.clone()),
                Err(found) => problem = found,
            }
        }
        Err(Reason::Authentication(problem))
    }

    pub(crate) fn into_encryption(self) -> Option<Encryption> {
        self.encryption
    }
}

impl Proof {
    /// One digest over all digests, independent of their order and of the ids used.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let mut sorted: Vec<&Reference> = self.references.iter().collect();
        sorted.sort_by(|left, right| left.target.cmp(&right.target));
        let mut context = digest::Context::new(&digest::SHA256);
        for reference in sorted {
            if let Target::Part(cid) = &reference.target {
                context.update(cid.as_str().as_bytes());
                context.update(&[0]);
            }
            context.update(&reference.digest);
        }
        attachment::finish(context)
    }

    /// Whether a part with this digest was signed.
    pub(crate) fn covers(&self, cid: &ContentId, digest: Option<[u8; 32]>) -> bool {
        self.references
            .iter()
            .any(|it| it.target.is_part(cid) && Some(it.digest) == digest)
    }
}

fn canonical(element: Element<'_>, prefixes: &[String], sink: impl FnMut(&[u8])) {
    let prefixes: Vec<&str> = prefixes.iter().map(String::as_str).collect();
    c14n::exclusive(element, &prefixes, sink);
}
