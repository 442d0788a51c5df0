//! A verifier as it should not be: it looks for signatures and ids anywhere, takes whichever
//! copy fits, applies any transform it knows and skips those it does not. It says whether an
//! attack leaves signature and digests formally valid, so that a refusal shows which check did it.

use super::{
    forge::{self, Secrets},
    message::Part,
    world::Identity,
};
use aws_lc_rs::{digest, hmac, signature};
use base64::{Engine, engine::general_purpose::STANDARD};
use xml::{Document, Element, c14n};

pub(crate) const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
pub(crate) const XENC: &str = "http://www.w3.org/2001/04/xmlenc#";
pub(crate) const EXC: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

/// What the careless verifier says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Formal {
    /// Some signature is valid, and all its digests.
    Intact,
    Broken,
    /// An algorithm the suite cannot compute, or no XML at all.
    Unknown,
}

/// What it looks at.
pub(crate) struct View<'a> {
    pub(crate) soap: &'a str,
    pub(crate) parts: &'a [Part],
    pub(crate) secrets: &'a Secrets,
    /// Certificates whose keys it tries, beside those the message carries.
    pub(crate) known: &'a [&'a Identity],
}

impl View<'_> {
    pub(crate) fn judge(&self) -> Formal {
        // Reading much is what is to be avoided.
        if self.soap.len() > xml::Limits::SOAP.bytes {
            return Formal::Unknown;
        }
        let Ok(document) = Document::parse(self.soap.as_bytes(), &xml::Limits::ATTACHMENT) else {
            return Formal::Unknown;
        };
        let signatures = document.root().descendants();
        let verdicts: Vec<Formal> = signatures
            .filter(|it| it.is(DS, "Signature"))
            .map(|it| self.signature(it).unwrap_or_else(|problem| problem))
            .collect();
        let order = [Formal::Intact, Formal::Unknown];
        let found = order.into_iter().find(|it| verdicts.contains(it));
        found.unwrap_or(Formal::Broken)
    }

    fn signature(&self, signature: Element<'_>) -> Result<Formal, Formal> {
        let info = first(signature, DS, "SignedInfo")?;
        for reference in info.children_named(DS, "Reference") {
            let value = octets(first(reference, DS, "DigestValue")?)?;
            if !self.digests(reference)?.contains(&value) {
                return Ok(Formal::Broken);
            }
        }
        let value = octets(first(signature, DS, "SignatureValue")?)?;
        let method = algorithm(first(info, DS, "SignatureMethod")?);
        let signed = signed_info(info)?;
        let carried = signature
            .parent()
            .into_iter()
            .flat_map(Element::descendants);
        let tokens = carried.filter(|it| it.name().local == "BinarySecurityToken");
        let mut certificates: Vec<Vec<u8>> = tokens.filter_map(|it| octets(it).ok()).collect();
        certificates.extend(self.known.iter().map(|it| it.certificate().der().to_vec()));
        let mut verdict = Formal::Broken;
        for certificate in &certificates {
            match is_signed(method, certificate, &signed, &value) {
                Some(true) => return Ok(Formal::Intact),
                Some(false) => {}
                None => verdict = Formal::Unknown,
            }
        }
        Ok(verdict)
    }

    /// What a reference may digest: one value for each element that could be meant.
    pub(crate) fn digests(&self, reference: Element<'_>) -> Result<Vec<Vec<u8>>, Formal> {
        let method = algorithm(first(reference, DS, "DigestMethod")?);
        let hash = hash(method).ok_or(Formal::Unknown)?;
        let of = |octets: &[u8]| digest::digest(hash, octets).as_ref().to_vec();
        let uri = reference.attribute("", "URI").unwrap_or_default();
        if let Some(cid) = uri.strip_prefix("cid:") {
            if reference.raw().contains("Attachment-Complete") {
                return Err(Formal::Unknown);
            }
            return Ok(vec![of(&self.part(&decoded(cid))?)]);
        }
        let transforms: Vec<Element<'_>> = reference
            .descendants()
            .filter(|it| it.is(DS, "Transform"))
            .collect();
        let last = transforms
            .iter()
            .rfind(|it| is_canonicalization(algorithm(**it)));
        let apply = |target: Element<'_>| match last {
            Some(method) => canonical(*method, target),
            None => Ok(exclusive(target, &[])),
        };
        let enveloped = |it: &Element<'_>| algorithm(*it).ends_with("#enveloped-signature");
        if transforms.iter().any(enveloped) {
            let without = self.without_signature();
            let document = Document::parse(without.as_bytes(), &xml::Limits::ATTACHMENT);
            let document = document.map_err(|_| Formal::Unknown)?;
            return Ok(vec![of(&apply(document.root())?)]);
        }
        let id = uri.trim_start_matches('#');
        let id = id
            .trim_start_matches("xpointer(id('")
            .trim_end_matches("'))");
        let mut root = reference;
        while let Some(above) = root.parent() {
            root = above;
        }
        let candidates = root.descendants().filter(|it| {
            let is_id = |name: &str| name.eq_ignore_ascii_case("id");
            let mut ids = it.attributes().filter(|it| is_id(it.name().local));
            ids.any(|it| it.value() == id)
        });
        let octets: Result<Vec<_>, _> = candidates.map(apply).collect();
        Ok(octets?.iter().map(|it| of(it)).collect())
    }

    fn without_signature(&self) -> String {
        let (before, rest) = self.soap.split_once("<ds:Signature ").unwrap();
        let (_, after) = rest.split_once("</ds:Signature>").unwrap();
        format!("{before}{after}")
    }

    /// A part as it was signed.
    fn part(&self, cid: &str) -> Result<Vec<u8>, Formal> {
        let part = self.parts.iter().find(|it| it.cid() == cid);
        let part = part.ok_or(Formal::Broken)?;
        let document = Document::parse(self.soap.as_bytes(), &xml::Limits::ATTACHMENT);
        let document = document.map_err(|_| Formal::Unknown)?;
        let data = document.root().descendants().find(|it| {
            let uri = first(*it, XENC, "CipherReference").ok();
            let uri = uri.and_then(|it| it.attribute("", "URI"));
            it.is(XENC, "EncryptedData")
                && uri.is_some_and(|it| decoded(it.trim_start_matches("cid:")) == cid)
        });
        let Some(data) = data else {
            let kind = part.headers.split("Content-Type:").nth(1);
            let kind = kind.and_then(|it| it.split("\r\n").next());
            return content(kind.unwrap_or_default(), &part.content);
        };
        let method = algorithm(first(data, XENC, "EncryptionMethod")?);
        let opened = forge::open(method, &self.secrets.cek, &part.content)?;
        content(data.attribute("", "MimeType").unwrap_or_default(), &opened)
    }
}

fn content(kind: &str, octets: &[u8]) -> Result<Vec<u8>, Formal> {
    let kind = kind.trim().to_ascii_lowercase();
    if kind.ends_with("xml") {
        let document = Document::parse(octets, &xml::Limits::ATTACHMENT);
        let document = document.map_err(|_| Formal::Broken)?;
        Ok(exclusive(document.root(), &[]))
    } else if kind.starts_with("text/") {
        let text = String::from_utf8_lossy(octets);
        Ok(text
            .replace("\r\n", "\n")
            .replace('\n', "\r\n")
            .into_bytes())
    } else {
        Ok(octets.to_vec())
    }
}

pub(crate) fn signed_info(info: Element<'_>) -> Result<Vec<u8>, Formal> {
    let method = first(info, DS, "CanonicalizationMethod")?;
    if is_canonicalization(algorithm(method)) {
        canonical(method, info)
    } else {
        Ok(exclusive(info, &[]))
    }
}

fn is_canonicalization(uri: &str) -> bool {
    uri.contains("c14n")
}

/// Inclusive forms as the exclusive one with every prefix listed: the same but for `xml:`
/// attributes further out, of which there are none.
fn canonical(method: Element<'_>, target: Element<'_>) -> Result<Vec<u8>, Formal> {
    let list = method.child(EXC, "InclusiveNamespaces");
    let list = list.and_then(|it| it.attribute("", "PrefixList"));
    if algorithm(method).starts_with(EXC) {
        let listed: Vec<&str> = list.unwrap_or_default().split_whitespace().collect();
        return Ok(exclusive(target, &listed));
    }
    let mut all = vec!["#default"];
    let mut above = Some(target);
    while let Some(element) = above {
        let tag = element.raw().split('>').next().unwrap_or_default();
        let declared = tag.split("xmlns:").skip(1);
        all.extend(declared.filter_map(|it| it.split('=').next()));
        above = element.parent();
    }
    Ok(exclusive(target, &all))
}

fn exclusive(target: Element<'_>, prefixes: &[&str]) -> Vec<u8> {
    let mut out = Vec::new();
    c14n::exclusive(target, prefixes, |chunk| out.extend_from_slice(chunk));
    out
}

pub(crate) fn first<'d>(of: Element<'d>, space: &str, local: &str) -> Result<Element<'d>, Formal> {
    let mut found = of.descendants().filter(|it| it.is(space, local));
    found.next().ok_or(Formal::Broken)
}

fn octets(element: Element<'_>) -> Result<Vec<u8>, Formal> {
    let text: String = element.text().split_whitespace().collect();
    STANDARD.decode(text).map_err(|_| Formal::Broken)
}

pub(crate) fn algorithm<'d>(element: Element<'d>) -> &'d str {
    element.attribute("", "Algorithm").unwrap_or_default()
}

fn decoded(text: &str) -> String {
    text.replace("%40", "@")
        .replace("%2E", ".")
        .replace("%2e", ".")
}

fn hash(uri: &str) -> Option<&'static digest::Algorithm> {
    match uri.rsplit('#').next()? {
        "sha1" => Some(&digest::SHA1_FOR_LEGACY_USE_ONLY),
        "sha224" => Some(&digest::SHA224),
        "sha256" => Some(&digest::SHA256),
        "sha384" => Some(&digest::SHA384),
        "sha512" => Some(&digest::SHA512),
        "sha3-256" => Some(&digest::SHA3_256),
        "sha3-512" => Some(&digest::SHA3_512),
        _ => None,
    }
}

/// HMAC over a secret everybody has, if the algorithm is one.
pub(crate) fn mac(uri: &str) -> Option<hmac::Algorithm> {
    match uri.rsplit('#').next()? {
        "hmac-sha1" => Some(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY),
        "hmac-sha256" => Some(hmac::HMAC_SHA256),
        "hmac-sha384" => Some(hmac::HMAC_SHA384),
        "hmac-sha512" => Some(hmac::HMAC_SHA512),
        _ => None,
    }
}

/// `None` where the algorithm is not known here.
fn is_signed(uri: &str, certificate: &[u8], message: &[u8], value: &[u8]) -> Option<bool> {
    if let Some(mac) = mac(uri) {
        let key = hmac::Key::new(mac, certificate);
        return Some(hmac::verify(&key, message, value).is_ok());
    }
    let algorithm: &dyn signature::VerificationAlgorithm = match uri.rsplit('#').next()? {
        "rsa-sha1" => &signature::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
        "rsa-sha256" => &signature::RSA_PKCS1_2048_8192_SHA256,
        "rsa-sha384" => &signature::RSA_PKCS1_2048_8192_SHA384,
        "rsa-sha512" => &signature::RSA_PKCS1_2048_8192_SHA512,
        "sha256-rsa-MGF1" => &signature::RSA_PSS_2048_8192_SHA256,
        "ecdsa-sha256" => &signature::ECDSA_P256_SHA256_FIXED,
        "eddsa-ed25519" => &signature::ED25519,
        _ => return None,
    };
    let key = forge::public_key(certificate);
    let key = signature::UnparsedPublicKey::new(algorithm, key);
    Some(key.verify(message, value).is_ok())
}
