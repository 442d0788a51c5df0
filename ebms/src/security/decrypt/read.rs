//! Reads `xenc:EncryptedKey` and `xenc:EncryptedData` as the profiles write them. [AS4 1.9, AS4 1.10, AS4 1.11]

use super::{Encryption, Oaep, Transport};
use crate::{
    envelope::Cursor,
    id::ContentId,
    pmode::{KeyDerivation, Profile},
    profile::{alg, ns},
    refusal::Reason,
    security::{
        agreement::{Curve, Derivation},
        token::{Token, octets},
        verify::{Blocks, Demand},
    },
};
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256};
use std::collections::{BTreeMap, BTreeSet};
use xml::{Element, IdTable};

const SHAPE: Reason = Reason::Policy("the encryption is not built as agreed");
const ALGORITHM: Reason = Reason::Policy("an encryption algorithm is not the agreed one");

/// Reads how the parts are encrypted: one key, and every part under it.
pub(crate) fn read(
    blocks: &Blocks<'_>,
    security: Element<'_>,
    ids: &IdTable<'_>,
    demand: &Demand<'_>,
) -> Result<Encryption, Reason> {
    let key = match blocks.keys.as_slice() {
        [key] => *key,
        [] => return Err(SHAPE),
        // [AS4 6.E] each would cost a private-key operation.
        _ => return Err(Reason::Decryption),
    };
    if blocks.data.len() > demand.parts.len() {
        // More than one for a part, or one for something that is no part.
        return Err(Reason::Decryption);
    }
    let context = Context {
        security,
        ids,
        demand,
    };
    let mut parts = BTreeMap::new();
    let mut listed: Vec<Element<'_>> = Vec::new();
    for data in &blocks.data {
        let (cid, content_type) = context.read_data(*data, key)?;
        if parts.insert(cid, content_type).is_some() {
            return Err(Reason::Policy("a part is encrypted twice"));
        }
        listed.push(*data);
    }
    // All and only the parts of the message. [AS4 1.9]
    let present: BTreeSet<&ContentId> = demand.parts.iter().collect();
    if parts.keys().any(|cid| !present.contains(cid)) {
        return Err(Reason::Decryption);
    }
    if parts.len() != present.len() {
        return Err(Reason::Policy("a part is not encrypted"));
    }
    let (recipient, transport) = context.read_key(key, &listed)?;
    Ok(Encryption {
        recipient,
        transport,
        parts,
    })
}

struct Context<'c, 'd> {
    security: Element<'d>,
    ids: &'c IdTable<'d>,
    demand: &'c Demand<'c>,
}

impl Context<'_, '_> {
    fn read_key(
        &self,
        key: Element<'_>,
        listed: &[Element<'_>],
    ) -> Result<(Token, Transport), Reason> {
        let mut children = Cursor::new(key);
        let method = children.take(ns::XENC, "EncryptionMethod").ok_or(SHAPE)?;
        let key_info = children.take(ns::DS, "KeyInfo").ok_or(SHAPE)?;
        let cipher = children.take(ns::XENC, "CipherData").ok_or(SHAPE)?;
        let list = children.take(ns::XENC, "ReferenceList").ok_or(SHAPE)?;
        if !children.is_done() {
            return Err(SHAPE);
        }
        self.check_list(list, listed)?;
        let mut inner = Cursor::new(cipher);
        let value = inner.take(ns::XENC, "CipherValue").ok_or(SHAPE)?;
        if !inner.is_done() {
            return Err(SHAPE);
        }
        let wrapped = octets(value).ok_or(Reason::Decryption)?;
        if self.demand.profile == Profile::Rsa {
            let algorithm = self.read_oaep(method)?;
            let recipient = Token::read(key_info, self.security, self.ids)?;
            return Ok((recipient, Transport::Oaep { algorithm, wrapped }));
        }
        if method.attribute("", "Algorithm") != Some(alg::KW_AES128)
            || !Cursor::new(method).is_done()
        {
            return Err(ALGORITHM);
        }
        self.read_agreement(key_info, wrapped)
    }

    /// RSA-OAEP with SHA-256 in both places. Left out, the defaults are SHA-1: a trap, and refused
    /// unless the partner is known to need it.
    // [P11]
    fn read_oaep(&self, method: Element<'_>) -> Result<Oaep, Reason> {
        let mut children = Cursor::new(method);
        let (mut digest, mut mask) = (None, None);
        while let Some(child) = children.next() {
            let slot = if child.is(ns::DS, "DigestMethod") {
                &mut digest
            } else if child.is(ns::XENC11, "MGF") {
                &mut mask
            } else {
                return Err(ALGORITHM);
            };
            let algorithm = child.attribute("", "Algorithm").unwrap_or_default();
            if slot.replace(algorithm).is_some() || !Cursor::new(child).is_done() {
                return Err(ALGORITHM);
            }
        }
        if !children.is_done() {
            return Err(ALGORITHM);
        }
        let digest = digest.unwrap_or(SHA1);
        let mask = mask.unwrap_or(MGF1_SHA1);
        match (method.attribute("", "Algorithm"), digest, mask) {
            (Some(alg::RSA_OAEP), alg::SHA256, alg::MGF1_SHA256) => {
                Ok(Oaep::One(&OAEP_SHA256_MGF1SHA256))
            }
            (Some(alg::RSA_OAEP | RSA_OAEP_MGF1P), digest, MGF1_SHA1)
                if self.demand.legacy_oaep =>
            {
                match digest {
                    SHA1 => Ok(Oaep::One(&OAEP_SHA1_MGF1SHA1)),
                    alg::SHA256 => Ok(Oaep::Mixed),
                    _ => Err(ALGORITHM),
                }
            }
            _ => Err(ALGORITHM),
        }
    }

    fn read_agreement(
        &self,
        key_info: Element<'_>,
        wrapped: Vec<u8>,
    ) -> Result<(Token, Transport), Reason> {
        let mut children = Cursor::new(key_info);
        let method = children.take(ns::XENC, "AgreementMethod").ok_or(SHAPE)?;
        if !children.is_done() {
            return Err(SHAPE);
        }
        let agreed = match self.demand.profile {
            Profile::Ed25519 => alg::X25519,
            Profile::Ecdsa => alg::ECDH_ES,
            Profile::Rsa => return Err(ALGORITHM),
        };
        if method.attribute("", "Algorithm") != Some(agreed) {
            return Err(ALGORITHM);
        }
        let mut children = Cursor::new(method);
        let derivation = children
            .take(ns::XENC11, "KeyDerivationMethod")
            .ok_or(SHAPE)?;
        let originator = children.take(ns::XENC, "OriginatorKeyInfo").ok_or(SHAPE)?;
        let recipient = children.take(ns::XENC, "RecipientKeyInfo").ok_or(SHAPE)?;
        if !children.is_done() {
            return Err(SHAPE);
        }
        let derivation = match self.demand.derivation {
            KeyDerivation::Hkdf => read_hkdf(derivation)?,
            KeyDerivation::ConcatKdf => read_concat_kdf(derivation)?,
        };
        let (curve, originator) = read_originator(originator, self.demand.profile)?;
        let recipient = Token::read(recipient, self.security, self.ids)?;
        Ok((
            recipient,
            Transport::Agreement {
                curve,
                originator,
                derivation,
                wrapped,
            },
        ))
    }

    /// The list names every `EncryptedData` once, and nothing else.
    fn check_list(&self, list: Element<'_>, listed: &[Element<'_>]) -> Result<(), Reason> {
        let mut children = Cursor::new(list);
        let mut seen: Vec<Element<'_>> = Vec::new();
        while let Some(reference) = children.take(ns::XENC, "DataReference") {
            let uri = reference.attribute("", "URI").unwrap_or_default();
            let target = uri
                .strip_prefix('#')
                .and_then(|id| self.ids.find(id))
                .ok_or(SHAPE)?;
            if seen.contains(&target) || !listed.contains(&target) {
                return Err(SHAPE);
            }
            seen.push(target);
        }
        if children.is_done() && seen.len() == listed.len() {
            Ok(())
        } else {
            Err(SHAPE)
        }
    }

    /// Which part an `EncryptedData` stands for, and the content type the part had before.
    fn read_data(
        &self,
        data: Element<'_>,
        key: Element<'_>,
    ) -> Result<(ContentId, String), Reason> {
        // [AS4 1.9] the other type would encrypt the MIME headers, too.
        if data.attribute("", "Type") != Some(alg::ATTACHMENT_CONTENT_ONLY) {
            return Err(SHAPE);
        }
        let mut children = Cursor::new(data);
        let method = children.take(ns::XENC, "EncryptionMethod").ok_or(SHAPE)?;
        if method.attribute("", "Algorithm") != Some(alg::AES128_GCM)
            || !Cursor::new(method).is_done()
        {
            return Err(ALGORITHM);
        }
        if let Some(key_info) = children.take(ns::DS, "KeyInfo") {
            self.check_key(key_info, key)?;
        }
        let cipher = children.take(ns::XENC, "CipherData").ok_or(SHAPE)?;
        let mut inner = Cursor::new(cipher);
        let reference = inner.take(ns::XENC, "CipherReference").ok_or(SHAPE)?;
        if !children.is_done() || !inner.is_done() {
            return Err(SHAPE);
        }
        check_transform(reference)?;
        let uri = reference.attribute("", "URI").unwrap_or_default();
        // Never fetched.
        let cid = ContentId::from_href(uri).ok_or(Reason::Decryption)?;
        let content_type = data
            .attribute("", "MimeType")
            .unwrap_or("application/octet-stream");
        Ok((cid, content_type.to_owned()))
    }

    /// The key named by a part is the one key of the message.
    fn check_key(&self, key_info: Element<'_>, key: Element<'_>) -> Result<(), Reason> {
        let mut children = Cursor::new(key_info);
        let reference = children
            .take(ns::WSSE, "SecurityTokenReference")
            .ok_or(SHAPE)?;
        let mut inner = Cursor::new(reference);
        let named = inner.take(ns::WSSE, "Reference").ok_or(SHAPE)?;
        if !children.is_done() || !inner.is_done() {
            return Err(SHAPE);
        }
        let id = named
            .attribute("", "URI")
            .and_then(|uri| uri.strip_prefix('#'));
        let found = id.and_then(|id| self.ids.find(id));
        if found == Some(key) {
            Ok(())
        } else {
            Err(SHAPE)
        }
    }
}

fn check_transform(reference: Element<'_>) -> Result<(), Reason> {
    let mut children = Cursor::new(reference);
    let transforms = children.take(ns::XENC, "Transforms").ok_or(SHAPE)?;
    let mut inner = Cursor::new(transforms);
    let transform = inner.take(ns::DS, "Transform").ok_or(SHAPE)?;
    let agreed = transform.attribute("", "Algorithm") == Some(alg::ATTACHMENT_CIPHERTEXT);
    if children.is_done() && inner.is_done() && agreed && Cursor::new(transform).is_done() {
        Ok(())
    } else {
        Err(SHAPE)
    }
}

/// HKDF with HMAC-SHA-256 to 16 octets.
fn read_hkdf(method: Element<'_>) -> Result<Derivation, Reason> {
    if method.attribute("", "Algorithm") != Some(alg::HKDF) {
        return Err(ALGORITHM);
    }
    let mut children = Cursor::new(method);
    let parameters = children.take(ns::DSIG_MORE, "HKDFParams").ok_or(SHAPE)?;
    let mut inner = Cursor::new(parameters);
    let function = inner.take(ns::DSIG_MORE, "PRF").ok_or(SHAPE)?;
    let mut optional = |local| match inner.take(ns::DSIG_MORE, local) {
        Some(element) => octets(element).ok_or(Reason::Decryption),
        None => Ok(Vec::new()),
    };
    let salt = optional("Salt")?;
    let info = optional("Info")?;
    let length = inner.take(ns::DSIG_MORE, "KeyLength").ok_or(SHAPE)?;
    if !children.is_done() || !inner.is_done() || !Cursor::new(function).is_done() {
        return Err(SHAPE);
    }
    if function.attribute("", "Algorithm") != Some(alg::HMAC_SHA256) {
        return Err(ALGORITHM);
    }
    // [P38] octets, not bits.
    if !length.is_plain_text() || length.trimmed_text() != "16" {
        return Err(Reason::Decryption);
    }
    Ok(Derivation::Hkdf { salt, info })
}

/// ConcatKDF with SHA-256. [AS4 1.11]
pub(in crate::security) fn read_concat_kdf(method: Element<'_>) -> Result<Derivation, Reason> {
    if method.attribute("", "Algorithm") != Some(alg::CONCAT_KDF) {
        return Err(ALGORITHM);
    }
    let mut children = Cursor::new(method);
    let parameters = children.take(ns::XENC11, "ConcatKDFParams").ok_or(SHAPE)?;
    let mut inner = Cursor::new(parameters);
    let hash = inner.take(ns::DS, "DigestMethod").ok_or(SHAPE)?;
    if !children.is_done() || !inner.is_done() || !Cursor::new(hash).is_done() {
        return Err(SHAPE);
    }
    if hash.attribute("", "Algorithm") != Some(alg::SHA256) {
        return Err(ALGORITHM);
    }
    let mut other_info = Vec::new();
    for name in [
        "AlgorithmID",
        "PartyUInfo",
        "PartyVInfo",
        "SuppPubInfo",
        "SuppPrivInfo",
    ] {
        let text = parameters.attribute("", name).unwrap_or_default();
        other_info.extend(bit_string(text).ok_or(Reason::Decryption)?);
    }
    Ok(Derivation::Concat { other_info })
}

/// Octets in hexadecimal. The first says how many bits of the last do not count, and only none
/// are understood; no octets at all are an empty string.
fn bit_string(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let (pairs, odd) = digits.as_chunks::<2>();
    let octets: Option<Vec<u8>> = pairs
        .iter()
        .map(|[high, low]| {
            let digit = |byte: &u8| char::from(*byte).to_digit(16);
            u8::try_from(digit(high)? << 4 | digit(low)?).ok()
        })
        .collect();
    match octets?.as_slice() {
        _ if !odd.is_empty() => None,
        [] => Some(Vec::new()),
        [0, rest @ ..] => Some(rest.to_vec()),
        _ => None,
    }
}

/// The sender's ephemeral key: DER for X25519, a point on a named curve otherwise.
fn read_originator(info: Element<'_>, profile: Profile) -> Result<(Curve, Vec<u8>), Reason> {
    let mut children = Cursor::new(info);
    if profile == Profile::Ed25519 {
        let der = children
            .take(ns::DSIG11, "DEREncodedKeyValue")
            .ok_or(SHAPE)?;
        if !children.is_done() {
            return Err(SHAPE);
        }
        return Ok((Curve::X25519, octets(der).ok_or(Reason::Decryption)?));
    }
    let value = children.take(ns::DS, "KeyValue").ok_or(SHAPE)?;
    let mut inner = Cursor::new(value);
    let ec = inner.take(ns::DSIG11, "ECKeyValue").ok_or(SHAPE)?;
    let mut fields = Cursor::new(ec);
    let named = fields.take(ns::DSIG11, "NamedCurve").ok_or(SHAPE)?;
    let point = fields.take(ns::DSIG11, "PublicKey").ok_or(SHAPE)?;
    if !children.is_done() || !inner.is_done() || !fields.is_done() {
        return Err(SHAPE);
    }
    let curve = Curve::named(named.attribute("", "URI").unwrap_or_default()).ok_or(ALGORITHM)?;
    Ok((curve, octets(point).ok_or(Reason::Decryption)?))
}

const SHA1: &str = "http://www.w3.org/2000/09/xmldsig#sha1";
const MGF1_SHA1: &str = "http://www.w3.org/2009/xmlenc11#mgf1sha1";
const RSA_OAEP_MGF1P: &str = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";
