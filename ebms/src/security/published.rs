//! Keys agreed on and signatures made by other implementations: W3C, libxmlsec, asx-rs.

mod manifest;

use super::{
    Certificate,
    agreement::{Curve, Derivation, Secret},
    brainpool,
    decrypt::read_concat_kdf,
    from_base64,
    key::{DecryptionKey, DecryptionSecret},
};
use crate::profile::{alg, ns};
use aws_lc_rs::{
    aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    agreement::{self as library, PrivateKey},
    key_wrap::{AES_128, AES_256, AesKek, KeyWrap},
    signature::{ED25519, UnparsedPublicKey},
};
use rustls_pki_types::{PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer, pem::PemObject};
use std::{
    fs,
    path::{Path, PathBuf},
};
use xml::{Document, Element, Limits, c14n};

/// A published folder, or `None` with one line; with `CI=true` its absence is a failure.
fn published(folder: &str) -> Option<PathBuf> {
    let all = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/reference/as4");
    let path = Path::new(all).join(folder);
    if path.is_dir() {
        return Some(path);
    }
    #[expect(clippy::disallowed_methods, reason = "a test asks where it runs")]
    let ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!ci, "{folder}: the reference folder is missing");
    #[expect(clippy::print_stderr, reason = "the suite says that it did not run")]
    {
        eprintln!("not run: {folder}: no reference folder");
    }
    None
}

fn private(path: &Path) -> Vec<u8> {
    let der = PrivatePkcs8KeyDer::from_pem_file(path).unwrap();
    der.secret_pkcs8_der().to_vec()
}

fn p256(path: &Path) -> Secret {
    let key = PrivateKey::from_private_key_der(&library::ECDH_P256, &private(path)).unwrap();
    Secret::Library(key)
}

fn x25519(path: &Path) -> Secret {
    let der = private(path);
    let raw = &der[der.len() - 32..];
    Secret::Library(PrivateKey::from_private_key(&library::X25519, raw).unwrap())
}

/// The last octets of a `SubjectPublicKeyInfo` are the key.
fn public(path: &Path, length: usize) -> Vec<u8> {
    let spki = SubjectPublicKeyInfoDer::from_pem_file(path).unwrap();
    spki[spki.len() - length..].to_vec()
}

fn find<'d>(root: Element<'d>, namespace: &str, local: &str) -> Element<'d> {
    root.descendants()
        .find(|it| it.is(namespace, local))
        .unwrap_or_else(|| panic!("{local}"))
}

fn canonical(element: Element<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    c14n::exclusive(element, &[], |octets| out.extend_from_slice(octets));
    out
}

fn octets(element: Element<'_>) -> Vec<u8> {
    from_base64(&element.text()).unwrap()
}

fn algorithm<'d>(element: Element<'d>) -> &'d str {
    element.attribute("", "Algorithm").unwrap()
}

/// HKDF with any length of key: the engine takes sixteen octets only.
fn derivation(method: Element<'_>) -> Derivation {
    if algorithm(method) == alg::CONCAT_KDF {
        return read_concat_kdf(method).unwrap();
    }
    let optional = |local| {
        let mut found = method.descendants();
        found
            .find(|it| it.is(ns::DSIG_MORE, local))
            .map_or_else(Vec::new, octets)
    };
    Derivation::Hkdf {
        salt: optional("Salt"),
        info: optional("Info"),
    }
}

/// Agrees on a key with the originator and unwraps the content key, which fails for any other.
#[track_caller]
fn content_key(message: Element<'_>, curve: Curve, ours: &Secret, theirs: &[u8]) -> Vec<u8> {
    let key = find(message, ns::XENC, "EncryptedKey");
    let wrapped = octets(find(key, ns::XENC, "CipherValue"));
    let length = match algorithm(find(key, ns::XENC, "EncryptionMethod")) {
        alg::KW_AES128 => 16,
        _ => 32,
    };
    let secret = ours.agree(curve, theirs).unwrap();
    let mut wrapping = vec![0; length];
    derivation(find(key, ns::XENC11, "KeyDerivationMethod"))
        .derive(&secret, &mut wrapping)
        .unwrap();
    let kind = if length == 16 { &AES_128 } else { &AES_256 };
    let mut out = vec![0; wrapped.len() - 8];
    let kek = AesKek::new(kind, &wrapping).unwrap();
    kek.unwrap(&wrapped, &mut out).unwrap();
    out
}

#[track_caller]
fn open(key: &[u8], sealed: &[u8]) -> Vec<u8> {
    let nonce = Nonce::try_assume_unique_for_key(&sealed[..12]).unwrap();
    let mut rest = sealed[12..].to_vec();
    LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key[..16]).unwrap())
        .open_in_place(nonce, Aad::empty(), &mut rest)
        .unwrap()
        .to_vec()
}

#[track_caller]
fn check(folder: &Path, name: &str, curve: Curve, ours: &Secret, theirs: &[u8]) {
    let text = fs::read(folder.join(format!("{name}.xml"))).unwrap();
    let document = Document::parse(&text, &Limits::SOAP).unwrap();
    let root = document.root();
    let key = content_key(root, curve, ours, theirs);
    let content = root.child(ns::XENC, "CipherData").unwrap();
    let opened = open(&key, &octets(find(content, ns::XENC, "CipherValue")));
    // What is published is the whole document, what was encrypted its root.
    let expected = fs::read(folder.join(format!("{name}.data"))).unwrap();
    let trimmed = opened.trim_ascii();
    assert!(!trimmed.is_empty() && expected.trim_ascii().ends_with(trimmed));
}

#[test]
fn keys_agreed_on_by_libxmlsec_are_derived() {
    let Some(folder) = published("kat") else {
        return;
    };
    for function in ["concatkdf", "hkdf"] {
        let name = format!("enc_ecdh_p256_{function}_sha256_kw_aes256_aes128gcm");
        let ours = p256(&folder.join("ec-prime256v1-second-key.pem"));
        let theirs = public(&folder.join("ec-prime256v1-pubkey.pem"), 65);
        check(&folder, &name, Curve::P256, &ours, &theirs);
        let name = format!("enc_xdh_x25519_{function}_sha256_kw_aes256_aes128gcm");
        let ours = x25519(&folder.join("xdh-x25519-second-key.pem"));
        let theirs = public(&folder.join("xdh-x25519-first-pubkey.pem"), 32);
        check(&folder, &name, Curve::X25519, &ours, &theirs);
    }
}

#[test]
fn the_key_agreed_on_in_the_example_of_xml_encryption_is_derived() {
    let Some(folder) = published("kat") else {
        return;
    };
    let name = "cipherText__EC-P256__aes128-gcm__kw-aes128__ECDH-ES__ConcatKDF-1.xml";
    let text = fs::read(folder.join(name)).unwrap();
    let document = Document::parse(&text, &Limits::SOAP).unwrap();
    let theirs = octets(find(document.root(), ns::DSIG11, "PublicKey"));
    let ours = p256(&folder.join("w3c-EC-P256-key.pem"));
    let key = content_key(document.root(), Curve::P256, &ours, &theirs);
    let content = document.root().child(ns::XENC, "CipherData").unwrap();
    let opened = open(&key, &octets(find(content, ns::XENC, "CipherValue")));
    // Encrypted was its canonical form.
    let plain = fs::read(folder.join("plaintext.xml")).unwrap();
    let plain = Document::parse(&plain, &Limits::SOAP).unwrap();
    assert_eq!(opened, canonical(plain.root()));
}

#[test]
fn what_asx_encrypts_for_a_brainpool_key_is_opened() {
    let Some(folder) = published("samples/asx-rs") else {
        return;
    };
    let text = fs::read_to_string(folder.join("swa-enc-bdew-fixed.mime")).unwrap();
    let end = text.find("</xenc:EncryptedKey>").unwrap() + "</xenc:EncryptedKey>".len();
    let document = Document::parse(&text.as_bytes()[..end], &Limits::SOAP).unwrap();
    let theirs = octets(find(document.root(), ns::DSIG11, "PublicKey"));
    let der = private(&folder.join("recipient-bp256.key.pem"));
    let ours = Secret::Brainpool(brainpool::Secret::from_pkcs8(&der).unwrap());
    let uri = find(document.root(), ns::DSIG11, "NamedCurve").attribute("", "URI");
    let curve = Curve::named(uri.unwrap()).unwrap();
    let key = content_key(document.root(), curve, &ours, &theirs);
    for part in ["--part0.fixed@asx", "--part1.fixed@asx"] {
        let hex = text.split(part).nth(1).unwrap().trim_ascii();
        let hex = hex
            .split(|it: char| !it.is_ascii_hexdigit())
            .next()
            .unwrap();
        let digit = |at| u8::from_str_radix(hex.get(at..at + 2).unwrap(), 16).unwrap();
        let sealed: Vec<u8> = (0..hex.len()).step_by(2).map(digit).collect();
        assert!(!open(&key, &sealed).is_empty());
    }
}

#[test]
fn brainpool_signatures_of_others_are_valid() {
    // [AS4 1.11] r and s bare.
    let Some(folder) = published("samples/asx-rs") else {
        return;
    };
    for name in ["asx-bp256.xml", "xmlsec1-bp256.xml"] {
        let text = fs::read(folder.join(name)).unwrap();
        let document = Document::parse(&text, &Limits::SOAP).unwrap();
        let root = document.root();
        let mut signed = canonical(find(root, ns::DS, "SignedInfo"));
        let value = octets(find(root, ns::DS, "SignatureValue"));
        let signer = octets(find(root, ns::DS, "X509Certificate"));
        let signer = Certificate::from_der(&signer).unwrap();
        assert!(
            brainpool::verify(signer.key_bits(), &signed, &value),
            "{name}"
        );
        signed[20] ^= 1;
        assert!(!brainpool::verify(signer.key_bits(), &signed, &value));
    }
}

#[test]
fn a_brainpool_key_is_read_whole_or_not_at_all() {
    let Some(folder) = published("vectors/pki") else {
        return;
    };
    let key = private(&folder.join("de-enc-bp256.key.pem"));
    assert!(brainpool::Secret::from_pkcs8(&key).is_some());
    let longer = [key.as_slice(), &[0]].concat();
    assert!(brainpool::Secret::from_pkcs8(&longer).is_none());
    assert!(brainpool::Secret::from_pkcs8(&key[..key.len() - 1]).is_none());
    let p256 = private(&folder.join("de-enc-p256.key.pem"));
    assert!(brainpool::Secret::from_pkcs8(&p256).is_none());
}

/// Octets in hexadecimal.
fn from_hex(text: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(text.get(at..at + 2).unwrap(), 16).unwrap();
    (0..text.len()).step_by(2).map(digit).collect()
}

#[test]
fn the_traces_of_the_vectors_are_reproduced() {
    // [AS4 1.10], [AS4 1.11]
    let Some(folder) = published("vectors") else {
        return;
    };
    let manifest = fs::read(folder.join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    let mut traced = 0;
    for entry in manifest["vectors"].as_array().unwrap() {
        let trace = &entry["keyAgreement"];
        if trace.is_null() {
            continue;
        }
        let file = entry["file"].as_str().unwrap();
        let stored = fs::read(folder.join(file)).unwrap();
        let start = memchr::memmem::find(&stored, b"<S12:Envelope").unwrap();
        let end = memchr::memmem::find(&stored, b"</S12:Envelope>").unwrap() + 15;
        let document = Document::parse(&stored[start..end], &Limits::SOAP).unwrap();
        let key = find(document.root(), ns::XENC, "EncryptedKey");
        let named = key.descendants().find(|it| it.is(ns::DSIG11, "NamedCurve"));
        let curve = named.map_or(Curve::X25519, |it| {
            Curve::named(it.attribute("", "URI").unwrap()).unwrap()
        });
        let (local, name) = match curve {
            Curve::X25519 => ("DEREncodedKeyValue", "x25519"),
            Curve::P256 => ("PublicKey", "p256"),
            Curve::P384 => ("PublicKey", "p384"),
            _ => ("PublicKey", "bp256"),
        };
        let theirs = octets(find(key, ns::DSIG11, local));
        let theirs = curve.read_public(&theirs).unwrap();
        let path = |what| folder.join(format!("pki/de-enc-{name}.{what}.pem"));
        let pem = |what| fs::read(path(what)).unwrap();
        let ours = DecryptionKey::from_pkcs8_pem(&pem("key"), &pem("cert")).unwrap();
        let DecryptionSecret::Agreement(ours) = ours.secret() else {
            panic!("{file}");
        };
        let agreed = ours.agree(curve, theirs);
        // The trace is that of the message before its point was exchanged.
        if file.contains("low-order") || file.contains("invalid-point") {
            assert!(agreed.is_none(), "{file}");
            continue;
        }
        let agreed = agreed.unwrap();
        let value = |name: &str| from_hex(trace[name].as_str().unwrap());
        assert_eq!(*agreed, value("shared_secret"), "{file}");
        let mut kek = [0; 16];
        derivation(find(key, ns::XENC11, "KeyDerivationMethod"))
            .derive(&agreed, &mut kek)
            .unwrap();
        assert_eq!(kek.as_slice(), value("kek"), "{file}");
        let wrapped = octets(find(key, ns::XENC, "CipherValue"));
        let mut cek = [0; 16];
        let kek = AesKek::new(&AES_128, &kek).unwrap();
        kek.unwrap(&wrapped, &mut cek).unwrap();
        assert_eq!(cek.as_slice(), value("cek"), "{file}");
        traced += 1;
    }
    assert!(traced >= 12, "{traced}");
}

#[test]
fn ed25519_signatures_of_libxmlsec_are_valid() {
    // [AS4 1.10] enveloped and enveloping, over the canonical SignedInfo.
    let Some(folder) = published("kat") else {
        return;
    };
    let published = public(&folder.join("eddsa-ed25519-pubkey.pem"), 32);
    for name in [
        "enveloped-sha256-eddsa-ed25519.xml",
        "enveloping-sha256-eddsa-ed25519-der-encoded-key-value.xml",
    ] {
        let text = fs::read(folder.join(name)).unwrap();
        let document = Document::parse(&text, &Limits::SOAP).unwrap();
        let root = document.root();
        let info = find(root, ns::DS, "SignedInfo");
        let method = algorithm(find(info, ns::DS, "SignatureMethod"));
        assert_eq!(method, alg::ED25519);
        let value = octets(find(root, ns::DS, "SignatureValue"));
        let carried = root
            .descendants()
            .find(|it| it.is(ns::DSIG11, "DEREncodedKeyValue"));
        let key = carried.map_or_else(
            || published.clone(),
            |it| {
                let der = octets(it);
                der[der.len() - 32..].to_vec()
            },
        );
        let check = UnparsedPublicKey::new(&ED25519, &key);
        let method = find(info, ns::DS, "CanonicalizationMethod");
        let signed = manifest::canonical(info, Some(method));
        assert!(check.verify(&signed, &value).is_ok(), "{name}");
    }
}
