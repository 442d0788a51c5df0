//! The signature value: one algorithm per profile, with the key of a certificate that is trusted
//! already.

use crate::{
    pmode::Profile,
    security::{
        brainpool,
        certificate::{Certificate, KeyKind},
    },
};
use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};

/// Whether `value` is the signature of `message` by the certificate's key.
pub(in crate::security) fn verify(
    profile: Profile,
    certificate: &Certificate,
    message: &[u8],
    value: &[u8],
) -> Result<(), &'static str> {
    const INVALID: &str = "the signature value is not valid";
    let mut der = Vec::new();
    let (algorithm, value): (&'static dyn VerificationAlgorithm, &[u8]) =
        match (profile, certificate.key_kind()) {
            (Profile::Rsa, KeyKind::Rsa) => (&signature::RSA_PKCS1_2048_8192_SHA256, value),
            (Profile::Ed25519, KeyKind::Ed25519) => (&signature::ED25519, value),
            (Profile::Ecdsa, KeyKind::P256) => (&signature::ECDSA_P256_SHA256_FIXED, value),
            (Profile::Ecdsa, KeyKind::P521) => (&signature::ECDSA_P521_SHA256_FIXED, value),
            (Profile::Ecdsa, KeyKind::P384) => {
                // The library takes SHA-256 over P-384 in DER only; the wire has r and s.
                to_der(value, 48, &mut der).ok_or(INVALID)?;
                (&signature::ECDSA_P384_SHA256_ASN1, &der)
            }
            (Profile::Ecdsa, KeyKind::Brainpool256) => {
                let good = brainpool::verify(certificate.key_bits(), message, value);
                return if good { Ok(()) } else { Err(INVALID) };
            }
            _ => return Err("the signer's key is not of the agreed kind"),
        };
    UnparsedPublicKey::new(algorithm, certificate.key_bits())
        .verify(message, value)
        .map_err(|_| INVALID)
}

/// `r` and `s`, each of `width` octets, as the DER of `SEQUENCE { r, s }`.
fn to_der(value: &[u8], width: usize, out: &mut Vec<u8>) -> Option<()> {
    let (r, s) = value
        .split_at_checked(width)
        .filter(|(_, s)| s.len() == width)?;
    let mut content = Vec::with_capacity(2 * width + 6);
    for number in [r, s] {
        let zeros = number
            .iter()
            .take_while(|byte| **byte == 0)
            .count()
            .min(width - 1);
        let number = number.get(zeros..)?;
        let padded = number.first().is_some_and(|first| *first >= 0x80);
        content.push(0x02);
        content.push(u8::try_from(number.len() + usize::from(padded)).ok()?);
        if padded {
            content.push(0);
        }
        content.extend_from_slice(number);
    }
    out.push(0x30);
    out.push(
        u8::try_from(content.len())
            .ok()
            .filter(|length| *length < 0x80)?,
    );
    out.extend(content);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_and_s_become_der() {
        let mut out = Vec::new();
        to_der(&[0x00, 0x80, 0x00, 0x01], 2, &mut out).unwrap();
        assert_eq!(out, [0x30, 0x07, 0x02, 0x02, 0x00, 0x80, 0x02, 0x01, 0x01]);
        assert_eq!(to_der(&[1, 2, 3], 2, &mut Vec::new()), None);
        assert_eq!(to_der(&[1, 2, 3, 4, 5], 2, &mut Vec::new()), None);
    }
}
