//! Signatures that authorities make: on certificates, revocation lists and OCSP answers. No SHA-1,
//! no RSA below 2048 bit.

use super::{
    brainpool,
    certificate::{Certificate, KeyKind},
};
use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};

/// Something an authority signed.
#[derive(Clone, Debug)]
pub(super) struct Issued {
    /// The octets that are signed.
    pub(super) signed: Vec<u8>,
    /// Dotted object identifier of the algorithm.
    pub(super) algorithm: String,
    pub(super) signature: Vec<u8>,
}

impl Issued {
    /// Whether the key of this certificate made the signature.
    pub(super) fn is_by(&self, issuer: &Certificate) -> bool {
        let algorithm: &'static dyn VerificationAlgorithm =
            match (self.algorithm.as_str(), issuer.key_kind()) {
                ("1.2.840.113549.1.1.11", KeyKind::Rsa) => &signature::RSA_PKCS1_2048_8192_SHA256,
                ("1.2.840.113549.1.1.12", KeyKind::Rsa) => &signature::RSA_PKCS1_2048_8192_SHA384,
                ("1.2.840.113549.1.1.13", KeyKind::Rsa) => &signature::RSA_PKCS1_2048_8192_SHA512,
                ("1.2.840.10045.4.3.2", KeyKind::P256) => &signature::ECDSA_P256_SHA256_ASN1,
                ("1.2.840.10045.4.3.2", KeyKind::P384) => &signature::ECDSA_P384_SHA256_ASN1,
                ("1.2.840.10045.4.3.2", KeyKind::Brainpool256) => {
                    return brainpool::verify_der(issuer.key_bits(), &self.signed, &self.signature);
                }
                ("1.2.840.10045.4.3.3", KeyKind::P256) => &signature::ECDSA_P256_SHA384_ASN1,
                ("1.2.840.10045.4.3.3", KeyKind::P384) => &signature::ECDSA_P384_SHA384_ASN1,
                ("1.2.840.10045.4.3.4", KeyKind::P521) => &signature::ECDSA_P521_SHA512_ASN1,
                ("1.3.101.112", KeyKind::Ed25519) => &signature::ED25519,
                _ => return false,
            };
        UnparsedPublicKey::new(algorithm, issuer.key_bits())
            .verify(&self.signed, &self.signature)
            .is_ok()
    }
}
