//! RSA-OAEP of old access points: accepted where the switch is set, refused where it is not, and
//! no way of being wrong looks different from another. `[P11]`, [AS4 6.L]

use super::support::{
    partner, partner_toml, pmodes, read, reference, sha256_hex, split_entity, time,
};
use aws_lc_rs::digest::{Algorithm, Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use crypto_bigint::{
    BoxedUint, Odd,
    modular::{BoxedMontyForm, BoxedMontyParams},
};
use ebms::{
    EbmsCode, Incoming, Reason, ReceivedMessage, Refusal, Verified,
    receive::{self, Limits},
    security::{Certificate, DecryptionKey},
};
use std::path::PathBuf;
use x509_parser::{prelude::*, public_key::PublicKey};

const MIXED: [&str; 2] = [
    "oots-request-oaep-mgf1p-sha256.as4",
    "oots-request-oaep-no-mgf.as4",
];

fn folder(suite: &str) -> Option<PathBuf> {
    Some(reference(suite)?.join("vectors"))
}

fn open(
    folder: &std::path::Path,
    stored: &[u8],
    security: &str,
) -> Result<Verified<ReceivedMessage>, Refusal> {
    let pki = folder.join("pki");
    let signing = "certificates = [\"fr-sign-rsa.cert.pem\"]";
    let text = partner_toml("AP_FR_01", signing, "fr-enc-rsa.cert.pem", security);
    let pmodes = pmodes(vec![partner(&pki, "fr", &text)]);
    let key = DecryptionKey::from_pkcs8_pem(
        &read(&pki.join("de-enc-rsa.key.pem")),
        &read(&pki.join("de-enc-rsa.cert.pem")),
    )
    .unwrap();
    let (content_type, body) = split_entity(stored);
    match receive::read(&content_type, Bytes::from(body), &Limits::default())? {
        Incoming::User(sealed) => sealed
            .verify(&pmodes, time("2026-11-23T10:05:00Z"))?
            .open(&[key]),
        Incoming::Signal(signal) => panic!("{signal:?}"),
    }
}

#[test]
fn old_hashes_need_the_switch() {
    let Some(folder) = folder("vectors/legacy OAEP") else {
        return;
    };
    let files = MIXED
        .map(|file| format!("edelivery-1.15/{file}"))
        .into_iter()
        .chain(["negative/oaep-sha1.as4".to_owned()]);
    for file in files {
        let stored = read(&folder.join(&file));
        for security in ["", "legacy_oaep = false"] {
            let refusal = open(&folder, &stored, security).unwrap_err();
            let policy = Reason::Policy("an encryption algorithm is not the agreed one");
            assert_eq!(refusal.reason(), &policy, "{file}");
            assert_eq!(refusal.code(), EbmsCode::PolicyNoncompliance);
        }
        let message = open(&folder, &stored, "legacy_oaep = true").unwrap();
        assert_eq!(
            sha256_hex(message.payloads()[0].content()),
            "2b26041053d370750ae8c4b49f6f31b336b42ba5db39dd1f73d936756098086e",
            "{file}"
        );
    }
}

#[test]
fn the_switch_asks_for_nothing() {
    let Some(folder) = folder("vectors/modern OAEP with the switch") else {
        return;
    };
    let stored = read(&folder.join("edelivery-1.15/oots-request-bst.as4"));
    open(&folder, &stored, "legacy_oaep = true").unwrap();
}

#[test]
fn every_wrong_padding_gets_the_same_refusal() {
    let Some(folder) = folder("vectors/padding") else {
        return;
    };
    let stored = read(&folder.join("edelivery-1.15").join(MIXED[1]));
    let recipient = Recipient::new(&read(&folder.join("pki/de-enc-rsa.cert.pem")));
    let refuse = |wrapped: &[u8]| {
        let changed = with_key(&stored, wrapped);
        let refusal = open(&folder, &changed, "legacy_oaep = true").unwrap_err();
        assert_eq!(refusal.code(), EbmsCode::FailedDecryption);
        (refusal.reason().clone(), refusal.to_string())
    };
    // Nothing wrong but the key: parts do not decrypt.
    let good = recipient.block(&[9; 16]);
    let expected = refuse(&recipient.wrap(0, &good));
    assert_eq!(expected.0, Reason::Decryption);
    for first in [1, 2, 0x80, 0xFF] {
        assert_eq!(refuse(&recipient.wrap(first, &good)), expected, "{first}");
    }
    // Label, padding, and the one in front of the key.
    for at in (0..good.len() - 16).filter(|at| at % 7 == 0 || *at == good.len() - 17) {
        let mut wrong = good.clone();
        wrong[at] ^= 2;
        assert_eq!(refuse(&recipient.wrap(0, &wrong)), expected, "{at}");
    }
    for length in [0, 15, 17, 32] {
        let block = recipient.block(&vec![9; length]);
        assert_eq!(refuse(&recipient.wrap(0, &block)), expected, "{length}");
    }
    // No ciphertext of this key at all.
    for wrapped in [&[][..], &[0; 256], &[0xFF; 256], &[7; 255], &[7; 257]] {
        assert_eq!(refuse(wrapped), expected);
    }
}

/// The message with another wrapped key: nothing signs it.
fn with_key(stored: &[u8], wrapped: &[u8]) -> Vec<u8> {
    let position = |needle: &[u8]| stored.windows(needle.len()).position(|it| it == needle);
    let start = position(b"<xenc:CipherValue>").unwrap() + b"<xenc:CipherValue>".len();
    let end = position(b"</xenc:CipherValue>").unwrap();
    let text = STANDARD.encode(wrapped);
    [&stored[..start], text.as_bytes(), &stored[end..]].concat()
}

/// Whoever the padding oracle would be asked about.
struct Recipient {
    modulus: BoxedMontyParams,
    exponent: BoxedUint,
}

impl Recipient {
    fn new(pem: &[u8]) -> Self {
        let certificate = Certificate::from_pem(pem).unwrap();
        let (_, certificate) = X509Certificate::from_der(certificate.der()).unwrap();
        let PublicKey::RSA(key) = certificate.public_key().parsed().unwrap() else {
            panic!("not an RSA key")
        };
        let number = |octets: &[u8]| BoxedUint::from_be_slice_vartime(octets);
        let modulus = key.modulus.strip_prefix(&[0]).unwrap_or(key.modulus);
        let modulus = Odd::new(number(modulus)).into_option().unwrap();
        Self {
            modulus: BoxedMontyParams::new_vartime(modulus),
            exponent: number(key.exponent),
        }
    }

    /// Label, padding and key as SHA-256 has them.
    fn block(&self, key: &[u8]) -> Vec<u8> {
        let length = self.modulus.bits_precision() as usize / 8;
        let zeros = vec![0; length - 2 * 32 - 2 - key.len()];
        [digest(&SHA256, b"").as_ref(), &zeros, &[1], key].concat()
    }

    fn wrap(&self, first: u8, block: &[u8]) -> Vec<u8> {
        let (mut seed, mut block) = (vec![0x5A; 32], block.to_vec());
        mask(&mut block, &seed, &SHA1_FOR_LEGACY_USE_ONLY);
        mask(&mut seed, &block, &SHA1_FOR_LEGACY_USE_ONLY);
        let mut encoded = [&[first], seed.as_slice(), &block].concat();
        // What does not fit under the modulus is as wrong as it gets.
        if first == 0xFF {
            encoded.fill(0xFF);
            return encoded;
        }
        let number = BoxedUint::from_be_slice(&encoded, self.modulus.bits_precision()).unwrap();
        let power = BoxedMontyForm::new(number, &self.modulus).pow(&self.exponent);
        power.retrieve().to_be_bytes().to_vec()
    }
}

fn mask(target: &mut [u8], seed: &[u8], hash: &'static Algorithm) {
    for (counter, chunk) in (0_u32..).zip(target.chunks_mut(hash.output_len())) {
        let mut context = Context::new(hash);
        context.update(seed);
        context.update(&counter.to_be_bytes());
        for (byte, mask) in chunk.iter_mut().zip(context.finish().as_ref()) {
            *byte ^= mask;
        }
    }
}
