//! The curve brainpoolP256r1, which the library does not offer: signatures and key agreement.
//! [AS4 1.11]

use super::der;
use bp256::{
    BrainpoolP256r1,
    elliptic_curve::{PublicKey, point::AffineCoordinates, sec1::ToSec1Point},
    pkcs8::DecodePrivateKey,
    r1::{
        FieldBytes, ProjectivePoint, SecretKey,
        ecdsa::{DerSignature, Signature},
    },
};
use ecdsa::{
    SigningKey, VerifyingKey,
    signature::{Signer, Verifier},
};
use rustls_pki_types::{
    AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};
use zeroize::Zeroizing;

/// Object identifier of the curve.
pub(super) const OID: &str = "1.3.36.3.3.2.8.1.1.7";

/// A private key. It is overwritten when it goes.
pub(super) struct Secret(SecretKey);

impl Secret {
    pub(super) fn from_pkcs8(pkcs8: &[u8]) -> Option<Self> {
        // The reader of the crate takes what follows the key for part of it.
        der::take(pkcs8, der::SEQUENCE).filter(|key| key.rest.is_empty())?;
        SecretKey::from_pkcs8_der(pkcs8).ok().map(Self)
    }

    /// A key from its 32 octets; most draws are one.
    pub(super) fn from_octets(octets: &[u8]) -> Option<Self> {
        let octets: Zeroizing<FieldBytes> = Zeroizing::new(FieldBytes::try_from(octets).ok()?);
        SecretKey::from_bytes(&octets).ok().map(Self)
    }

    /// The public key, as an uncompressed point.
    pub(super) fn public(&self) -> Vec<u8> {
        let point = self.0.public_key().to_sec1_point(false);
        point.as_bytes().to_vec()
    }

    /// The x coordinate of the common point. `None` for what is not on the curve.
    pub(super) fn agree(&self, theirs: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let theirs = PublicKey::<BrainpoolP256r1>::from_sec1_bytes(theirs).ok()?;
        let scalar = Zeroizing::new(self.0.to_nonzero_scalar());
        let point = (ProjectivePoint::from(*theirs.as_affine()) * **scalar).to_affine();
        Some(Zeroizing::new(point.x().to_vec()))
    }

    /// `r` and `s` over SHA-256. The nonce follows from key and message (RFC 6979), so no
    /// randomness is needed.
    pub(super) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let signature: Signature = SigningKey::from(&self.0).try_sign(message).ok()?;
        Some(signature.to_bytes().to_vec())
    }
}

/// Whether `value` is `r` and `s`, 32 octets each, of a signature over SHA-256 of `message`.
pub(super) fn verify(key_bits: &[u8], message: &[u8], value: &[u8]) -> bool {
    Signature::from_slice(value).is_ok_and(|signature| check(key_bits, message, &signature))
}

/// [`verify`], for a signature in DER, as in certificates.
pub(super) fn verify_der(key_bits: &[u8], message: &[u8], value: &[u8]) -> bool {
    DerSignature::try_from(value)
        .and_then(Signature::try_from)
        .is_ok_and(|signature| check(key_bits, message, &signature))
}

fn check(key_bits: &[u8], message: &[u8], signature: &Signature) -> bool {
    VerifyingKey::<BrainpoolP256r1>::from_sec1_bytes(key_bits)
        .is_ok_and(|key| key.verify(message, signature).is_ok())
}

/// ECDSA over SHA-256 in certificates.
#[derive(Debug)]
pub(super) struct InCertificates;

impl SignatureVerificationAlgorithm for InCertificates {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        if verify_der(public_key, message, signature) {
            Ok(())
        } else {
            Err(InvalidSignature)
        }
    }

    /// `id-ecPublicKey` with the curve.
    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        AlgorithmIdentifier::from_slice(
            b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x09\x2b\x24\x03\x03\x02\x08\x01\x01\x07",
        )
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_SHA256
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(first: u8) -> Secret {
        let mut octets = [7; 32];
        octets[0] = first;
        Secret::from_octets(&octets).unwrap()
    }

    #[test]
    fn both_sides_agree() {
        let (ours, theirs) = (secret(1), secret(2));
        let agreed = ours.agree(&theirs.public()).unwrap();
        assert_eq!(agreed.len(), 32);
        assert_eq!(theirs.agree(&ours.public()).unwrap(), agreed);
        assert_ne!(secret(3).agree(&ours.public()).unwrap(), agreed);
    }

    #[test]
    fn the_published_agreement_is_reproduced() {
        // RFC 7027, appendix A.1.
        let octets = |hex: &str| -> Vec<u8> {
            let digit = |at| u8::from_str_radix(hex.get(at..at + 2).unwrap(), 16).unwrap();
            (0..hex.len()).step_by(2).map(digit).collect()
        };
        let secret = |hex| Secret::from_octets(&octets(hex)).unwrap();
        let a = secret("81DB1EE100150FF2EA338D708271BE38300CB54241D79950F77B063039804F1D");
        let b = secret("55E40BC41E37E3E2AD25C3C6654511FFA8474A91A0032087593852D3E7D76BD3");
        let z = octets("89AFC39D41D3B327814B80940B042590F96556EC91E6AE7939BCE31F3A18BF2B");
        let x = octets("44106E913F92BC02A1705D9953A8414DB95E1AAA49E81D9E85F929A8E3100BE5");
        assert_eq!(a.public()[1..33], x);
        assert_eq!(*a.agree(&b.public()).unwrap(), z);
        assert_eq!(*b.agree(&a.public()).unwrap(), z);
    }

    #[test]
    fn what_is_no_point_of_the_curve_is_refused() {
        let ours = secret(1);
        let mut point = secret(2).public();
        point[40] ^= 1;
        assert!(ours.agree(&point).is_none());
        assert!(ours.agree(&[0]).is_none());
        assert!(ours.agree(&[]).is_none());
        assert!(!verify(&point, b"m", &ours.sign(b"m").unwrap()));
    }

    #[test]
    fn a_key_is_below_the_order_and_not_zero() {
        assert!(Secret::from_octets(&[0; 32]).is_none());
        assert!(Secret::from_octets(&[0xFF; 32]).is_none());
        assert!(Secret::from_octets(&[1; 31]).is_none());
    }

    #[test]
    fn a_signature_has_one_form_and_one_message() {
        let ours = secret(1);
        let value = ours.sign(b"message").unwrap();
        assert_eq!(ours.sign(b"message").unwrap(), value);
        let key = ours.public();
        assert!(verify(&key, b"message", &value));
        assert!(!verify(&key, b"another", &value));
        assert!(!verify(&secret(2).public(), b"message", &value));
        for at in [0, 31, 32, 63] {
            let mut wrong = value.clone();
            wrong[at] ^= 1;
            assert!(!verify(&key, b"message", &wrong));
        }
        assert!(!verify(&key, b"message", &[0; 64]));
        assert!(!verify(&key, b"message", &value[1..]));
        // [AS4 1.11] not DER where r and s stand bare, and the other way round.
        let der = Signature::from_slice(&value).unwrap().to_der();
        assert!(verify_der(&key, b"message", der.as_bytes()));
        assert!(!verify(&key, b"message", der.as_bytes()));
        assert!(!verify_der(&key, b"message", &value));
    }
}
