//! Messages other implementations made: their signatures and parts verify or fail exactly as
//! published beside them. The algorithms are those of the messages, refused ones included; the
//! canonical form, the tokens and the keys are read by the engine.

use super::{find, published};
use crate::{
    id::ContentId,
    pmode::Profile,
    profile::ns,
    security::{
        Certificate, certificate::KeyKind, from_base64, key::Noise, oaep, token::Token,
        verify::value,
    },
};
use aws_lc_rs::{
    aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    digest::{self, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512},
    rsa::{
        OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, PrivateDecryptingKey,
    },
    signature::{self, UnparsedPublicKey, VerificationAlgorithm},
};
use rustls_pki_types::{PrivatePkcs8KeyDer, pem::PemObject};
use serde_json::Value;
use std::{collections::BTreeMap, fs, path::Path};
use xml::{Document, Element, Limits, c14n};

/// A part: its content type and content.
type Parts = BTreeMap<String, (String, Vec<u8>)>;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Verdict {
    signature: Option<bool>,
    references: bool,
    decryption: Option<bool>,
}

#[test]
fn every_sample_verifies_or_fails_as_published() {
    let (Some(samples), Some(keys)) = (published("samples"), published("sample-keys")) else {
        return;
    };
    let known = Known::read(&keys);
    let manifest = fs::read(samples.join("manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let entries = manifest["samples"].as_array().unwrap();
    assert!(entries.len() >= 70);
    let mut wrong = Vec::new();
    for entry in entries {
        let file = entry["file"].as_str().unwrap();
        let found = check(&fs::read(samples.join(file)).unwrap(), &known);
        let as_published = match entry["error"].as_str() {
            // One is XML for us: its namespace name is no URI, which XML does not ask for.
            Some("XMLSyntaxError") => found.is_none_or(|it| it.signature == Some(false)),
            // The published verdict is that its tool could not say.
            Some(_) => true,
            None => {
                found
                    == Some(Verdict {
                        signature: entry["signatureValue"].as_bool(),
                        references: entry["references"].as_bool().unwrap(),
                        decryption: entry["decryption"].as_bool(),
                    })
            }
        };
        if !as_published {
            wrong.push(format!("{entry}\n    found {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The keys published beside the samples.
#[derive(Default)]
struct Known {
    certificates: Vec<Certificate>,
    keys: Vec<Key>,
}

/// A key to decrypt with. The library does not read those of 1024 bit.
struct Key {
    library: Option<OaepPrivateDecryptingKey>,
    mixed: oaep::PrivateKey,
    noise: Noise,
}

impl Known {
    fn read(folder: &Path) -> Self {
        let mut known = Self::default();
        for entry in fs::read_dir(folder).unwrap() {
            let pem = fs::read(entry.unwrap().path()).unwrap();
            let all = Certificate::all_from_pem(&pem).unwrap_or_default();
            known.certificates.extend(all);
            known.keys.extend(Key::read(&pem));
        }
        known
    }
}

impl Key {
    fn read(pem: &[u8]) -> Option<Self> {
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem).ok()?;
        let der = der.secret_pkcs8_der();
        let library = PrivateDecryptingKey::from_pkcs8(der).ok();
        Some(Self {
            library: library.and_then(|it| OaepPrivateDecryptingKey::new(it).ok()),
            mixed: oaep::PrivateKey::from_pkcs8(der)?,
            noise: Noise::new(der),
        })
    }

    fn unwrap(&self, key: Element<'_>, wrapped: &[u8]) -> Option<Vec<u8>> {
        let method = key.child(ns::XENC, "EncryptionMethod")?;
        let is_256 = |space, local| {
            let named = method.child(space, local).map(algorithm);
            named.is_some_and(|it| it.ends_with("sha256"))
        };
        let padding = match (is_256(ns::DS, "DigestMethod"), is_256(ns::XENC11, "MGF")) {
            (true, true) => &OAEP_SHA256_MGF1SHA256,
            (false, false) => &OAEP_SHA1_MGF1SHA1,
            (true, false) => {
                let scheme = oaep::SHA256_MGF1_SHA1;
                let key = self.mixed.unwrap(scheme, wrapped, &self.noise);
                return key.map(|it| it.to_vec());
            }
            (false, true) => return None,
        };
        let library = self.library.as_ref()?;
        let mut out = vec![0; library.min_output_size()];
        let key = library.decrypt(padding, wrapped, &mut out, None);
        Some(key.ok()?.to_vec())
    }
}

fn check(stored: &[u8], known: &Known) -> Option<Verdict> {
    let (soap, mut parts) = take_apart(stored);
    let start = soap.iter().position(|it| *it == b'<')?;
    let document = Document::parse(soap[start..].trim_ascii_end(), &Limits::ATTACHMENT).ok()?;
    let root = document.root();
    let decryption = decrypt(root, &mut parts, known);
    // As published: a Signature that is the whole document is none.
    let mut below = root.descendants().skip(1);
    let Some(signature) = below.find(|it| it.is(ns::DS, "Signature")) else {
        return Some(Verdict {
            signature: None,
            references: true,
            decryption,
        });
    };
    let info = signature.child(ns::DS, "SignedInfo")?;
    let references = info
        .children_named(ns::DS, "Reference")
        .all(|it| refers(it, root, &parts));
    Some(Verdict {
        signature: Some(is_signed(signature, info, &document, known)),
        references,
        decryption,
    })
}

/// The SOAP part and the others; stored with or without the headers of the whole.
fn take_apart(stored: &[u8]) -> (Vec<u8>, Parts) {
    let head = String::from_utf8_lossy(stored.get(..4000).unwrap_or(stored)).into_owned();
    let at = head.to_ascii_lowercase().find("boundary=");
    let first = head
        .lines()
        .find(|it| !it.trim().is_empty())
        .unwrap_or_default();
    let boundary = match at.and_then(|at| head.get(at + 9..)) {
        Some(rest) => {
            let rest = rest.trim_start().trim_start_matches('"');
            rest.split(['"', ';', '\r', '\n'])
                .next()
                .unwrap_or_default()
                .trim()
                .to_owned()
        }
        None => match first.strip_prefix("--") {
            Some(boundary) => boundary.trim().to_owned(),
            None => return (stored.to_vec(), Parts::new()),
        },
    };
    let delimiter = format!("--{boundary}");
    let mut sections: Vec<Vec<u8>> = Vec::new();
    for line in stored.split_inclusive(|it| *it == b'\n') {
        let text = line.trim_ascii_end();
        let rest = text.strip_prefix(delimiter.as_bytes());
        if matches!(rest, Some(b"" | b"--")) {
            sections.push(Vec::new());
        } else if let Some(section) = sections.last_mut() {
            section.extend_from_slice(line);
        }
    }
    let (mut root, mut parts) = (None, Parts::new());
    for section in sections {
        let section = section.strip_suffix(b"\n").unwrap_or(&section);
        let section = section.strip_suffix(b"\r").unwrap_or(section);
        let Some((headers, content)) = split_headers(section) else {
            continue;
        };
        if root.is_none() {
            root = Some(content);
            continue;
        }
        let header = |name: &str| headers.get(name).cloned().unwrap_or_default();
        let content = match header("content-transfer-encoding")
            .to_ascii_lowercase()
            .as_str()
        {
            "base64" => from_base64(&String::from_utf8_lossy(&content)).unwrap_or_default(),
            _ => content,
        };
        let cid = header("content-id").trim_matches(['<', '>']).to_owned();
        parts.insert(cid, (header("content-type"), content));
    }
    (root.unwrap_or_default(), parts)
}

fn split_headers(section: &[u8]) -> Option<(BTreeMap<String, String>, Vec<u8>)> {
    let wide = memchr::memmem::find(section, b"\r\n\r\n").map(|at| (at, at + 4));
    let narrow = memchr::memmem::find(section, b"\n\n").map(|at| (at, at + 2));
    let (end, start) = [wide, narrow].into_iter().flatten().min()?;
    let text = String::from_utf8_lossy(&section[..end]).replace("\r\n", "\n");
    let text = text.replace("\n\t", " ").replace("\n ", " ");
    let fields = text.lines().filter_map(|line| line.split_once(':'));
    let headers = fields
        .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    Some((headers, section[start..].to_vec()))
}

/// Octets of base64 text; none where it is not that, which makes whatever follows fail.
fn octets(element: Element<'_>) -> Vec<u8> {
    from_base64(&element.text()).unwrap_or_default()
}

fn algorithm<'d>(element: Element<'d>) -> &'d str {
    element.attribute("", "Algorithm").unwrap_or_default()
}

/// The canonical form a method names: exclusive, or inclusive as exclusive with every prefix.
pub(super) fn canonical(element: Element<'_>, method: Option<Element<'_>>) -> Vec<u8> {
    let list = method.and_then(|it| it.child(ns::EXC_C14N, "InclusiveNamespaces"));
    let list = list
        .and_then(|it| it.attribute("", "PrefixList"))
        .unwrap_or_default();
    let mut prefixes: Vec<&str> = list.split_whitespace().collect();
    if !method.is_some_and(|it| algorithm(it).starts_with(ns::EXC_C14N)) {
        prefixes.push("#default");
        let mut root = element;
        while let Some(above) = root.parent() {
            root = above;
        }
        let declared = root.raw().split("xmlns:").skip(1);
        prefixes.extend(declared.filter_map(|it| it.split('=').next()));
    }
    let mut out = Vec::new();
    c14n::exclusive(element, &prefixes, |chunk| out.extend_from_slice(chunk));
    out
}

fn hash(uri: &str) -> Option<&'static digest::Algorithm> {
    match uri.rsplit('#').next()? {
        "sha1" => Some(&SHA1_FOR_LEGACY_USE_ONLY),
        "sha256" => Some(&SHA256),
        "sha384" => Some(&SHA384),
        "sha512" => Some(&SHA512),
        _ => None,
    }
}

/// Whether a reference has the digest of what it names. Some samples were signed over other
/// forms of a part than its type asks for; any of the three counts, as it did when published.
fn refers(reference: Element<'_>, root: Element<'_>, parts: &Parts) -> bool {
    let Some(hash) = hash(algorithm(find(reference, ns::DS, "DigestMethod"))) else {
        return false;
    };
    let value = octets(find(reference, ns::DS, "DigestValue"));
    let has = |content: &[u8]| digest::digest(hash, content).as_ref() == value;
    let uri = reference.attribute("", "URI").unwrap_or_default();
    if uri.starts_with("cid:") {
        let cid = ContentId::from_href(uri).map(|it| it.as_str().to_owned());
        let Some((kind, content)) = cid.and_then(|it| parts.get(&it)) else {
            return false;
        };
        let as_xml = || {
            let document = Document::parse(content, &Limits::ATTACHMENT).ok()?;
            let mut out = Vec::new();
            c14n::exclusive(document.root(), &[], |chunk| out.extend_from_slice(chunk));
            Some(out)
        };
        let text = String::from_utf8_lossy(content)
            .replace("\r\n", "\n")
            .replace('\n', "\r\n");
        return has(content)
            || as_xml().is_some_and(|it| has(&it))
            || kind.starts_with("text/") && has(text.as_bytes());
    }
    let id = uri.trim_start_matches('#');
    let kinds = [
        (ns::WSU, "Id"),
        ("", "Id"),
        ("", "id"),
        (xml::XML_NAMESPACE, "id"),
    ];
    let mut named = root.descendants().filter(|it| {
        kinds
            .iter()
            .any(|(space, local)| it.attribute(space, local) == Some(id))
    });
    let (Some(target), None) = (named.next(), named.next()) else {
        return false;
    };
    let last = reference
        .descendants()
        .filter(|it| it.is(ns::DS, "Transform"))
        .last();
    has(&canonical(target, last))
}

/// Whether the key named, or any known one where none is, made the signature.
fn is_signed(
    signature: Element<'_>,
    info: Element<'_>,
    document: &Document,
    known: &Known,
) -> bool {
    let signed = canonical(info, info.child(ns::DS, "CanonicalizationMethod"));
    let value = octets(find(signature, ns::DS, "SignatureValue"));
    let method = algorithm(find(info, ns::DS, "SignatureMethod"));
    let candidates = candidates(signature, document, known);
    candidates
        .iter()
        .any(|it| verify(method, it, &signed, &value))
}

fn candidates(signature: Element<'_>, document: &Document, known: &Known) -> Vec<Certificate> {
    let all = || known.certificates.clone();
    let Some(key_info) = signature.child(ns::DS, "KeyInfo") else {
        return all();
    };
    let mut inside = key_info.descendants();
    if let Some(carried) = inside.find(|it| it.is(ns::DS, "X509Certificate")) {
        return Certificate::from_der(&octets(carried))
            .into_iter()
            .collect();
    }
    let security = signature.parent().unwrap_or(document.root());
    let ids = document.ids(&[(ns::WSU, "Id"), ("", "Id")]);
    let token = ids
        .ok()
        .and_then(|ids| Token::read(key_info, security, &ids).ok());
    match token {
        Some(Token::Carried { certificate, .. }) => vec![certificate],
        Some(token) => {
            let named: Vec<_> = all().into_iter().filter(|it| token.names(it)).collect();
            if named.is_empty() { all() } else { named }
        }
        None => all(),
    }
}

/// With the engine, but for RSA over other hashes, which it refuses.
fn verify(method: &str, signer: &Certificate, signed: &[u8], value: &[u8]) -> bool {
    let hash = method.rsplit('-').next().unwrap_or_default();
    let algorithm: &'static dyn VerificationAlgorithm = match (signer.key_kind(), hash) {
        (KeyKind::Rsa, "sha1") => &signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
        (KeyKind::Rsa, "sha384") => &signature::RSA_PKCS1_2048_8192_SHA384,
        (KeyKind::Rsa, "sha512") => &signature::RSA_PKCS1_2048_8192_SHA512,
        // A test key of 1024 bit.
        (KeyKind::Rsa, _) if signer.key_bits().len() < 200 => {
            &signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY
        }
        (kind, _) => {
            let profile = match kind {
                KeyKind::Rsa => Profile::Rsa,
                KeyKind::Ed25519 => Profile::Ed25519,
                _ => Profile::Ecdsa,
            };
            return value::verify(profile, signer, signed, value).is_ok();
        }
    };
    let key = UnparsedPublicKey::new(algorithm, signer.key_bits());
    key.verify(signed, value).is_ok()
}

/// Decrypts every part that is described; whether all were, if there is any.
fn decrypt(root: Element<'_>, parts: &mut Parts, known: &Known) -> Option<bool> {
    let mut keys: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for key in root
        .descendants()
        .filter(|it| it.is(ns::XENC, "EncryptedKey"))
    {
        let wrapped = octets(find(key, ns::XENC, "CipherValue"));
        if let Some(content_key) = known.keys.iter().find_map(|it| it.unwrap(key, &wrapped)) {
            let listed = key
                .descendants()
                .filter(|it| it.is(ns::XENC, "DataReference"));
            for reference in listed {
                let id = reference.attribute("", "URI").unwrap_or_default();
                keys.insert(id.trim_start_matches('#').to_owned(), content_key.clone());
            }
        }
    }
    let mut all = None;
    for data in root
        .descendants()
        .filter(|it| it.is(ns::XENC, "EncryptedData"))
    {
        let opened = open(data, parts, &keys);
        all = Some(opened.is_some() && all.unwrap_or(true));
        if let Some((cid, content)) = opened {
            let kind = data.attribute("", "MimeType").unwrap_or_default();
            parts.insert(cid, (kind.to_owned(), content));
        }
    }
    all
}

fn open(
    data: Element<'_>,
    parts: &Parts,
    keys: &BTreeMap<String, Vec<u8>>,
) -> Option<(String, Vec<u8>)> {
    let key = keys.get(data.attribute("", "Id")?)?;
    let reference = data
        .descendants()
        .find(|it| it.is(ns::XENC, "CipherReference"))?;
    let cid = ContentId::from_href(reference.attribute("", "URI")?)?;
    let (_, sealed) = parts.get(cid.as_str())?;
    let (nonce, rest) = sealed.split_at_checked(12)?;
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, key).ok()?);
    let mut content = rest.to_vec();
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let opened = key
        .open_in_place(nonce, Aad::empty(), &mut content)
        .ok()?
        .to_vec();
    Some((cid.as_str().to_owned(), opened))
}
