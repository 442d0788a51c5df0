//! `ds:Reference`: one transform, one digest, one target found by position.

use super::{attachment, canonical, octets};
use crate::{
    envelope::{Cursor, Envelope},
    id::ContentId,
    profile::{alg, ns},
    refusal::Reason,
};
use aws_lc_rs::digest;
use xml::{Element, IdTable};

/// A reference of a signature.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Reference {
    /// As it stands in the signature.
    pub(crate) uri: String,
    pub(crate) target: Target,
    pub(crate) transform: Transform,
    pub(crate) digest: [u8; 32],
}

/// What may be signed, and nothing else.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Target {
    Messaging,
    Body,
    Part(ContentId),
}

impl Target {
    pub(crate) fn is_part(&self, cid: &ContentId) -> bool {
        matches!(self, Self::Part(found) if found == cid)
    }
}

/// The two transforms of the profile.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Transform {
    /// With the tokens of its PrefixList.
    // [P09]
    ExclusiveC14n(Vec<String>),
    AttachmentContent,
}

impl Reference {
    pub(crate) fn read<'d>(
        element: Element<'d>,
        envelope: &Envelope<'d>,
        ids: &IdTable<'d>,
    ) -> Result<Self, Reason> {
        const SHAPE: Reason = Reason::Policy("a reference is not built as agreed");
        // A Type would make it a reference to an Object or a Manifest: indirect signing.
        if element.attribute("", "Type").is_some() {
            return Err(SHAPE);
        }
        let uri = element.attribute("", "URI").unwrap_or_default();
        let mut children = Cursor::new(element);
        let transforms = children.take(ns::DS, "Transforms").ok_or(SHAPE)?;
        let transform = read_transform(transforms)?;
        let method = children.take(ns::DS, "DigestMethod").ok_or(SHAPE)?;
        if method.attribute("", "Algorithm") != Some(alg::SHA256) || !Cursor::new(method).is_done()
        {
            return Err(Reason::Policy("a digest algorithm is not the agreed one"));
        }
        let digest = children.take(ns::DS, "DigestValue").ok_or(SHAPE)?;
        if !children.is_done() {
            return Err(Reason::Authentication("not exactly one DigestValue"));
        }
        let digest = octets(digest)
            .and_then(|octets| octets.try_into().ok())
            .ok_or(Reason::Authentication("a DigestValue that is none"))?;
        let target = resolve(uri, envelope, ids)?;
        let fits = match (&target, &transform) {
            (Target::Part(_), Transform::AttachmentContent) => true,
            (Target::Part(_), _) | (_, Transform::AttachmentContent) => false,
            (_, Transform::ExclusiveC14n(_)) => true,
        };
        if !fits {
            return Err(Reason::Policy(
                "a transform does not fit what it is applied to",
            ));
        }
        Ok(Self {
            uri: uri.to_owned(),
            target,
            transform,
            digest,
        })
    }

    /// SHA-256 of an element under the transform.
    pub(super) fn digest_of(&self, element: Element<'_>) -> Option<[u8; 32]> {
        let Transform::ExclusiveC14n(prefixes) = &self.transform else {
            return None;
        };
        let mut context = digest::Context::new(&digest::SHA256);
        canonical(element, prefixes, |chunk| context.update(chunk));
        Some(attachment::finish(context))
    }
}

/// Finds what a reference points at. An element counts only in the place it is read from: a copy
/// elsewhere is a wrapping attack. [AS4 6.A]
fn resolve<'d>(uri: &str, envelope: &Envelope<'d>, ids: &IdTable<'d>) -> Result<Target, Reason> {
    if uri.starts_with("cid:") {
        let cid = ContentId::from_href(uri).ok_or(Reason::Policy("a malformed reference"))?;
        return Ok(Target::Part(cid));
    }
    let id = uri
        .strip_prefix('#')
        .filter(|id| !id.is_empty() && !id.contains(['(', ')', '/', ' ']))
        .ok_or(Reason::Policy(
            "a reference to something other than an id or a part",
        ))?;
    let found = ids
        .find(id)
        .ok_or(Reason::Authentication("a reference to nothing"))?;
    if found == envelope.messaging {
        Ok(Target::Messaging)
    } else if found == envelope.body {
        Ok(Target::Body)
    } else {
        Err(Reason::Authentication(
            "a signed element is not in its place",
        ))
    }
}

fn read_transform(transforms: Element<'_>) -> Result<Transform, Reason> {
    const AGREED: Reason = Reason::Policy("a transform is not one of the agreed ones");
    let mut children = Cursor::new(transforms);
    let transform = children.take(ns::DS, "Transform").ok_or(AGREED)?;
    if !children.is_done() {
        return Err(AGREED);
    }
    match transform.attribute("", "Algorithm") {
        Some(alg::EXC_C14N) => Ok(Transform::ExclusiveC14n(read_c14n(transform)?)),
        Some(alg::ATTACHMENT_SIGNATURE) if Cursor::new(transform).is_done() => {
            Ok(Transform::AttachmentContent)
        }
        _ => Err(AGREED),
    }
}

/// The PrefixList of an exclusive canonicalization; any other algorithm is refused.
pub(super) fn read_c14n(method: Element<'_>) -> Result<Vec<String>, Reason> {
    const AGREED: Reason = Reason::Policy("a canonicalization is not the agreed one");
    if method.attribute("", "Algorithm") != Some(alg::EXC_C14N) {
        return Err(AGREED);
    }
    let mut children = Cursor::new(method);
    let list = children.take(ns::EXC_C14N, "InclusiveNamespaces");
    if !children.is_done() || list.is_some_and(|list| !Cursor::new(list).is_done()) {
        return Err(AGREED);
    }
    let list = list
        .and_then(|list| list.attribute("", "PrefixList"))
        .unwrap_or_default();
    // Every token costs a comparison per declaration, before the signature is checked.
    let tokens = list.split_ascii_whitespace();
    let prefixes: Vec<String> = tokens
        .take(MAX_PREFIXES + 1)
        .map(ToOwned::to_owned)
        .collect();
    if prefixes.len() > MAX_PREFIXES {
        return Err(AGREED);
    }
    Ok(prefixes)
}

/// Domibus lists eight.
const MAX_PREFIXES: usize = 32;
