use super::*;
use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm, OaepPublicEncryptingKey,
    PrivateDecryptingKey,
};
use proptest::prelude::*;
use rcgen::{KeyPair, RsaKeySize};
use std::sync::LazyLock;

const SHA1: Scheme = Scheme {
    label: &SHA1_FOR_LEGACY_USE_ONLY,
    mask: &SHA1_FOR_LEGACY_USE_ONLY,
};
const SHA256_ONLY: Scheme = Scheme {
    label: &SHA256,
    mask: &SHA256,
};

struct Keys {
    ours: PrivateKey,
    theirs: OaepPublicEncryptingKey,
    noise: Noise,
}

impl Keys {
    fn new(size: RsaKeySize) -> Self {
        let pair = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, size).unwrap();
        let der = pair.serialize_der();
        let private = PrivateDecryptingKey::from_pkcs8(&der).unwrap();
        Self {
            ours: PrivateKey::from_pkcs8(&der).unwrap(),
            theirs: OaepPublicEncryptingKey::new(private.public_key()).unwrap(),
            noise: Noise::new(&der),
        }
    }

    fn small() -> &'static Self {
        static KEYS: LazyLock<Keys> = LazyLock::new(|| Keys::new(RsaKeySize::_2048));
        &KEYS
    }

    fn wrap(&self, algorithm: &'static OaepAlgorithm, message: &[u8]) -> Vec<u8> {
        let mut out = vec![0; self.theirs.ciphertext_size()];
        self.theirs
            .encrypt(algorithm, message, &mut out, None)
            .unwrap();
        out
    }

    fn unwrap(&self, scheme: Scheme, wrapped: &[u8]) -> Option<[u8; KEY_LENGTH]> {
        self.ours
            .unwrap(scheme, wrapped, &self.noise)
            .map(|key| *key)
    }

    /// The public-key operation on what is already encoded.
    fn raise(&self, encoded: &[u8]) -> Vec<u8> {
        let modulus = &self.ours.modulus;
        let number = BoxedUint::from_be_slice(encoded, modulus.bits_precision()).unwrap();
        let power = BoxedMontyForm::new(number, modulus).pow(&self.ours.public_exponent);
        power.retrieve().to_be_bytes().to_vec()
    }
}

/// Encodes label, padding and message as they are given, right or wrong.
fn encode(first: u8, block: &[u8], scheme: Scheme) -> Vec<u8> {
    let mut seed = vec![0x5A; scheme.label.output_len()];
    let mut block = block.to_vec();
    unmask(&mut block, &seed, scheme.mask);
    unmask(&mut seed, &block, scheme.mask);
    [&[first], seed.as_slice(), &block].concat()
}

/// What stands in a good encoding for a modulus of 2048 bit.
fn good_block(key: &[u8]) -> Vec<u8> {
    let label = digest::digest(&SHA256, b"");
    let zeros = vec![0; 256 - 2 * label.as_ref().len() - 2 - key.len()];
    [label.as_ref(), &zeros, &[1], key].concat()
}

const KEY: [u8; KEY_LENGTH] = *b"sixteen octets !";

#[test]
fn what_the_library_wraps_is_unwrapped() {
    for size in [RsaKeySize::_2048, RsaKeySize::_3072, RsaKeySize::_4096] {
        let keys = Keys::new(size);
        for (scheme, algorithm, other) in [
            (SHA1, &OAEP_SHA1_MGF1SHA1, SHA256_ONLY),
            (SHA256_ONLY, &OAEP_SHA256_MGF1SHA256, SHA1),
        ] {
            let wrapped = keys.wrap(algorithm, &KEY);
            assert_eq!(keys.unwrap(scheme, &wrapped), Some(KEY));
            // The same once more: the blinding is the same, too.
            assert_eq!(keys.unwrap(scheme, &wrapped), Some(KEY));
            assert_eq!(keys.unwrap(other, &wrapped), None);
            assert_eq!(keys.unwrap(SHA256_MGF1_SHA1, &wrapped), None);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn both_implementations_agree_on_any_key(key: [u8; KEY_LENGTH]) {
        let keys = Keys::small();
        let wrapped = keys.wrap(&OAEP_SHA1_MGF1SHA1, &key);
        prop_assert_eq!(keys.unwrap(SHA1, &wrapped), Some(key));
        let wrapped = keys.wrap(&OAEP_SHA256_MGF1SHA256, &key);
        prop_assert_eq!(keys.unwrap(SHA256_ONLY, &wrapped), Some(key));
    }
}

#[test]
fn a_message_of_another_length_is_no_key() {
    let keys = Keys::small();
    for length in [0, 1, 15, 17, 24, 32, 100] {
        let wrapped = keys.wrap(&OAEP_SHA256_MGF1SHA256, &vec![7; length]);
        assert_eq!(keys.unwrap(SHA256_ONLY, &wrapped), None, "{length}");
    }
}

#[test]
fn a_wrong_octet_anywhere_in_front_of_the_key_is_refused() {
    // Every position; for each, every bit would be the same comparison.
    let good = good_block(&KEY);
    let decoded = decode(&encode(0, &good, SHA256_MGF1_SHA1), SHA256_MGF1_SHA1);
    assert_eq!(*decoded.unwrap(), KEY);
    for at in 0..good.len() - KEY_LENGTH {
        for change in [0x01, 0x80, 0xFF] {
            let mut wrong = good.clone();
            wrong[at] ^= change;
            let encoded = encode(0, &wrong, SHA256_MGF1_SHA1);
            assert!(decode(&encoded, SHA256_MGF1_SHA1).is_none(), "{at}");
        }
    }
    for first in 1..=255 {
        let encoded = encode(first, &good, SHA256_MGF1_SHA1);
        assert!(decode(&encoded, SHA256_MGF1_SHA1).is_none(), "{first}");
    }
}

#[test]
fn a_wrong_octet_is_refused_through_the_private_key_too() {
    let keys = Keys::small();
    let good = good_block(&KEY);
    let unwrap = |first, block: &[u8]| {
        let wrapped = keys.raise(&encode(first, block, SHA256_MGF1_SHA1));
        keys.unwrap(SHA256_MGF1_SHA1, &wrapped)
    };
    assert_eq!(unwrap(0, &good), Some(KEY));
    assert_eq!(unwrap(1, &good), None);
    for at in (0..good.len() - KEY_LENGTH).step_by(13) {
        let mut wrong = good.clone();
        wrong[at] ^= 1;
        assert_eq!(unwrap(0, &wrong), None, "{at}");
    }
}

#[test]
fn numbers_outside_of_the_modulus_are_refused() {
    let keys = Keys::small();
    let wrapped = keys.wrap(&OAEP_SHA1_MGF1SHA1, &KEY);
    let modulus = keys.ours.modulus.modulus().as_ref().to_be_bytes();
    assert_eq!(keys.unwrap(SHA1, &modulus), None);
    assert_eq!(keys.unwrap(SHA1, &[0xFF; 256]), None);
    assert_eq!(keys.unwrap(SHA1, &[0; 256]), None);
    assert_eq!(keys.unwrap(SHA1, &[]), None);
    assert_eq!(keys.unwrap(SHA1, &wrapped[1..]), None);
    assert_eq!(
        keys.unwrap(SHA1, &[&[0], wrapped.as_slice()].concat()),
        None
    );
}

#[test]
fn blinding_changes_with_the_octets_and_with_the_key() {
    let keys = Keys::small();
    let factor = |wrapped: &[u8], noise| keys.ours.blinding_factor(wrapped, noise).retrieve();
    let other = Noise::new(b"another key");
    assert_eq!(factor(b"a", &keys.noise), factor(b"a", &keys.noise));
    assert_ne!(factor(b"a", &keys.noise), factor(b"b", &keys.noise));
    assert_ne!(factor(b"a", &keys.noise), factor(b"a", &other));
}

#[test]
fn only_a_private_key_is_read_as_one() {
    let pair = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    assert!(PrivateKey::from_pkcs8(&pair.serialize_der()).is_none());
    let pair = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
    let der = pair.serialize_der();
    assert!(PrivateKey::from_pkcs8(&der).is_some());
    assert!(PrivateKey::from_pkcs8(&der[..der.len() - 1]).is_none());
    assert!(PrivateKey::from_pkcs8(&[der.as_slice(), &[0]].concat()).is_none());
}
