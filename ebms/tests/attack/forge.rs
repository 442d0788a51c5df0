//! Signs and encrypts what the engine would not: any structure, by any key, with the algorithms of
//! both suites and with those that are refused.

use super::{
    careless::{self, DS, Formal, View, algorithm, first},
    message::Part,
    world::Identity,
};
use aws_lc_rs::{
    aead::{self, Aad, LessSafeKey, Nonce, UnboundKey},
    agreement,
    cipher::{
        AES_128, AES_256, DecryptionContext, PaddedBlockDecryptingKey, PaddedBlockEncryptingKey,
        UnboundCipherKey,
    },
    hkdf::{HKDF_SHA256, KeyType, Salt},
    hmac, iv,
    key_wrap::{self, AesKek, KeyWrap},
    rand::SystemRandom,
    rsa::{OaepAlgorithm, OaepPublicEncryptingKey, PublicEncryptingKey},
    signature::{self, EcdsaKeyPair, Ed25519KeyPair, RsaKeyPair},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use rustls_pki_types::{PrivatePkcs8KeyDer, pem::PemObject};
use xml::{Document, Element};

/// What was drawn for a message.
#[derive(Clone, Debug)]
pub(crate) struct Secrets {
    /// The content key.
    pub(crate) cek: Vec<u8>,
    /// The ephemeral key and the salt, where keys are agreed on.
    agreed: Option<(Vec<u8>, Vec<u8>)>,
}

impl Secrets {
    /// In the order the engine draws: a tag for ids, the content key, the ephemeral key, the salt.
    pub(crate) fn of(drawn: &[Vec<u8>]) -> Self {
        let agreed = match drawn {
            [_, _, scalar, salt, ..] if scalar.len() == 32 && salt.len() == 32 => {
                Some((scalar.clone(), salt.clone()))
            }
            _ => None,
        };
        Self {
            cek: drawn.get(1).cloned().unwrap_or_default(),
            agreed,
        }
    }

    pub(crate) fn with_cek(&self, cek: &[u8]) -> Self {
        Self {
            cek: cek.to_vec(),
            agreed: self.agreed.clone(),
        }
    }

    /// Wraps a content key for the recipient as the good message does: base64.
    pub(crate) fn wrap(
        &self,
        recipient: &Identity,
        cek: &[u8],
        oaep: &'static OaepAlgorithm,
    ) -> String {
        let certificate = recipient.certificate();
        let Some((scalar, salt)) = &self.agreed else {
            let key = PublicEncryptingKey::from_der(&spki(certificate.der())).unwrap();
            let key = OaepPublicEncryptingKey::new(key).unwrap();
            let mut out = vec![0; key.ciphertext_size()];
            key.encrypt(oaep, cek, &mut out, None).unwrap();
            return STANDARD.encode(out);
        };
        let ours = agreement::PrivateKey::from_private_key(&agreement::X25519, scalar).unwrap();
        let theirs = public_key(certificate.der());
        let theirs = agreement::UnparsedPublicKey::new(&agreement::X25519, theirs);
        let mut kek = [0; 16];
        let derived = agreement::agree(&ours, theirs, (), |secret| {
            let prk = Salt::new(HKDF_SHA256, salt).extract(secret);
            prk.expand(&[&[]], Sixteen).unwrap().fill(&mut kek).unwrap();
            Ok(())
        });
        derived.unwrap();
        let mut out = vec![0; cek.len() + 8];
        let kek = AesKek::new(&key_wrap::AES_128, &kek).unwrap();
        kek.wrap(cek, &mut out).unwrap();
        STANDARD.encode(out)
    }
}

struct Sixteen;

impl KeyType for Sixteen {
    fn len(&self) -> usize {
        16
    }
}

/// The message with every digest made anew, signed by `signer`. What cannot be digested stays.
pub(crate) fn resign(soap: &str, parts: &[Part], secrets: &Secrets, signer: &Identity) -> String {
    let parse = |text: &str| Document::parse(text.as_bytes(), &xml::Limits::ATTACHMENT).unwrap();
    let view = View {
        soap,
        parts,
        secrets,
        known: &[],
    };
    let document = parse(soap);
    let mut out = soap.to_owned();
    let signature =
        |document: &'_ Document| first(document.root(), DS, "Signature").map(Element::span);
    let within = signature(&document).unwrap();
    let references: Vec<Element<'_>> = document
        .root()
        .descendants()
        .filter(|it| it.is(DS, "Reference") && within.contains(&it.span().start))
        .collect();
    for reference in references.into_iter().rev() {
        let value = first(reference, DS, "DigestValue").unwrap();
        if let Some(digest) = view
            .digests(reference)
            .ok()
            .and_then(|it| it.first().cloned())
        {
            out = with_text(&out, value, &digest);
        }
    }
    let document = parse(&out);
    let signature = first(document.root(), DS, "Signature").unwrap();
    let info = first(signature, DS, "SignedInfo").unwrap();
    let method = algorithm(first(info, DS, "SignatureMethod").unwrap());
    let signed = careless::signed_info(info).unwrap();
    let value = sign(method, signer, &signed);
    let at = first(signature, DS, "SignatureValue").unwrap();
    with_text(&out, at, &value)
}

/// The text with the content of an element exchanged; spans before it stay what they are.
fn with_text(text: &str, element: Element<'_>, octets: &[u8]) -> String {
    let raw = element.raw();
    let (tag, rest) = raw.split_once('>').unwrap();
    let (_, end) = rest.rsplit_once("</").unwrap();
    let mut out = text.to_owned();
    let changed = format!("{tag}>{}</{end}", STANDARD.encode(octets));
    out.replace_range(element.span(), &changed);
    out
}

/// A signature by whatever algorithm is named, or by the key's own where it is not known.
pub(crate) fn sign(uri: &str, signer: &Identity, message: &[u8]) -> Vec<u8> {
    if let Some(mac) = careless::mac(uri) {
        let key = hmac::Key::new(mac, signer.certificate().der());
        return hmac::sign(&key, message).as_ref().to_vec();
    }
    let der = PrivatePkcs8KeyDer::from_pem_slice(signer.key.as_bytes()).unwrap();
    let der = der.secret_pkcs8_der();
    let random = SystemRandom::new();
    if let Ok(pair) = RsaKeyPair::from_pkcs8(der) {
        let padding: &dyn signature::RsaEncoding = match uri.rsplit('#').next().unwrap() {
            "rsa-sha384" => &signature::RSA_PKCS1_SHA384,
            "rsa-sha512" => &signature::RSA_PKCS1_SHA512,
            "sha256-rsa-MGF1" => &signature::RSA_PSS_SHA256,
            _ => &signature::RSA_PKCS1_SHA256,
        };
        let mut out = vec![0; pair.public_modulus_len()];
        pair.sign(padding, &random, message, &mut out).unwrap();
        return out;
    }
    if let Ok(pair) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
        return pair.sign(message).as_ref().to_vec();
    }
    let pair = EcdsaKeyPair::from_pkcs8(&signature::ECDSA_P256_SHA256_FIXED_SIGNING, der).unwrap();
    pair.sign(&random, message).unwrap().as_ref().to_vec()
}

/// Encrypts content with the algorithm of that name, as far as the library has it.
pub(crate) fn seal(uri: &str, key: &[u8], content: &[u8]) -> Option<Vec<u8>> {
    let name = uri.rsplit('#').next()?;
    if let Some(algorithm) = gcm(name) {
        let nonce = [7; 12];
        let key = LessSafeKey::new(UnboundKey::new(algorithm, key).ok()?);
        let mut out = content.to_vec();
        let nonce_used = Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_append_tag(nonce_used, Aad::empty(), &mut out)
            .ok()?;
        return Some([&nonce, out.as_slice()].concat());
    }
    let cipher = match name {
        "aes128-cbc" => &AES_128,
        "aes256-cbc" => &AES_256,
        _ => return None,
    };
    let key = UnboundCipherKey::new(cipher, key).ok()?;
    let key = PaddedBlockEncryptingKey::cbc_pkcs7(key).ok()?;
    let mut out = content.to_vec();
    let context = key.encrypt(&mut out).ok()?;
    let DecryptionContext::Iv128(iv) = context else {
        return None;
    };
    Some([iv.as_ref(), out.as_slice()].concat())
}

/// Opens what [`seal`] makes.
pub(crate) fn open(uri: &str, key: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Formal> {
    let name = uri.rsplit('#').next().ok_or(Formal::Unknown)?;
    if let Some(algorithm) = gcm(name) {
        let (nonce, rest) = sealed.split_at_checked(12).ok_or(Formal::Broken)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Formal::Broken)?;
        let key = UnboundKey::new(algorithm, key).map_err(|_| Formal::Broken)?;
        let mut out = rest.to_vec();
        let opened = LessSafeKey::new(key).open_in_place(nonce, Aad::empty(), &mut out);
        return opened.map(|it| it.to_vec()).map_err(|_| Formal::Broken);
    }
    let cipher = match name {
        "aes128-cbc" => &AES_128,
        "aes256-cbc" => &AES_256,
        _ => return Err(Formal::Unknown),
    };
    let (vector, rest) = sealed.split_at_checked(16).ok_or(Formal::Broken)?;
    let vector = iv::FixedLength::from(<[u8; 16]>::try_from(vector).unwrap());
    let key = UnboundCipherKey::new(cipher, key).map_err(|_| Formal::Broken)?;
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(key).map_err(|_| Formal::Broken)?;
    let mut out = rest.to_vec();
    let opened = key.decrypt(&mut out, DecryptionContext::Iv128(vector));
    opened.map(|it| it.to_vec()).map_err(|_| Formal::Broken)
}

fn gcm(name: &str) -> Option<&'static aead::Algorithm> {
    match name {
        "aes128-gcm" => Some(&aead::AES_128_GCM),
        "aes192-gcm" => Some(&aead::AES_192_GCM),
        "aes256-gcm" => Some(&aead::AES_256_GCM),
        _ => None,
    }
}

/// Octets of the key in a certificate.
pub(crate) fn public_key(der: &[u8]) -> Vec<u8> {
    x509_parser::parse_x509_certificate(der).map_or_else(
        |_| Vec::new(),
        |(_, it)| it.public_key().subject_public_key.data.to_vec(),
    )
}

fn spki(der: &[u8]) -> Vec<u8> {
    let (_, certificate) = x509_parser::parse_x509_certificate(der).unwrap();
    certificate.public_key().raw.to_vec()
}
