//! Whether an answer is believed: digest of the body, detached JAdES signature over the digest
//! header, path to a configured root, name of the signer. Pure. [oots-edm 8.5] [AT-48]
//!
//! The signature covers neither URL nor query nor time: an old answer, or the answer to another
//! question, verifies as well. TLS and the relevance check stand against that.

mod chain;
mod jades;

use aws_lc_rs::digest;
use base64::{Engine, prelude::BASE64_STANDARD};
use http::HeaderMap;
use jiff::Timestamp;

pub use chain::{CommonName, Signer, Trust, UnusableTrust};

/// Why an answer is not believed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Untrusted {
    /// The header `digest` is missing, repeated, or not text.
    #[error("header digest is not there exactly once")]
    DigestHeader,
    /// The header `digest` is not `SHA-256=` and base64.
    #[error("header digest does not hold a SHA-256 value")]
    DigestForm,
    /// The body is not the one that was digested.
    #[error("body does not match its digest")]
    Digest,
    /// The header `oots-response-sig` is missing, repeated, or not text.
    #[error("header oots-response-sig is not there exactly once")]
    SignatureHeader,
    /// The header is longer than anything a real one needs.
    #[error("header oots-response-sig has {0} bytes")]
    SignatureSize(usize),
    /// Not three parts in base64url.
    #[error("signature is not a compact JWS")]
    Form,
    /// There is a payload.
    #[error("signature is not detached")]
    NotDetached,
    /// The protected header is not the JSON it should be.
    #[error("protected header is not readable")]
    Protected,
    /// The algorithm is none of ES256 and EdDSA.
    #[error("algorithm {0:?} is not accepted")]
    Algorithm(String),
    /// `crit` names something that is not understood.
    #[error("critical header {0:?} is not understood")]
    Critical(String),
    /// `crit` does not name what must be understood.
    #[error("header {0} is not marked critical")]
    NotCritical(&'static str),
    /// `b64` is missing or true.
    #[error("header b64 is not false")]
    Encoded,
    /// `sigD` does not say that the header `digest`, and only it, is signed.
    #[error("signed data are not the digest header")]
    SignedData,
    /// `iat` is missing, in the future, or outside the validity of the certificate.
    #[error("time of signature is not plausible")]
    SignedAt,
    /// `x5c` is missing, empty or unreadable.
    #[error("no readable certificate")]
    Certificate,
    /// `x5t#o` is missing or names another certificate.
    #[error("certificate is not the one the signature names")]
    Thumbprint,
    /// The key of the certificate is not one for the algorithm.
    #[error("key does not fit the algorithm")]
    KeyKind,
    /// The signature is wrong.
    #[error("signature does not verify")]
    Signature,
    /// The path leads to no configured root.
    #[error("issuer is not trusted")]
    Issuer,
    /// A certificate of the path has ended or not begun.
    #[error("certificate is not valid at this time")]
    Validity,
    /// Another fault of the path.
    #[error("certificate path is not valid: {0}")]
    Path(String),
    /// The certificate is not for signatures.
    #[error("certificate is not for signatures")]
    Usage,
    /// The certificate belongs to somebody else.
    #[error("signer is not the Common Services")]
    Subject,
}

/// A body that was verified.
#[derive(Clone, Copy, Debug)]
pub struct Authentic<'b> {
    body: &'b [u8],
}

impl<'b> Authentic<'b> {
    /// The bytes that were verified.
    pub fn body(self) -> &'b [u8] {
        self.body
    }
}

/// Verifies an answer: digest first, then signature, path and name of the signer.
pub fn verify<'b>(
    headers: &HeaderMap,
    body: &'b [u8],
    trust: &Trust,
    now: Timestamp,
) -> Result<Authentic<'b>, Untrusted> {
    let stated = only(headers, "digest").ok_or(Untrusted::DigestHeader)?;
    check_digest(stated, body)?;
    let jws = only(headers, "oots-response-sig").ok_or(Untrusted::SignatureHeader)?;
    if jws.len() > LONGEST_SIGNATURE {
        return Err(Untrusted::SignatureSize(jws.len()));
    }
    let signature = jades::Signature::parse(jws, now)?;
    signature.verify(&format!("digest: {stated}"))?;
    trust.check(signature.certificates(), signature.signed_at(), now)?;
    Ok(Authentic { body })
}

fn only<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

fn check_digest(stated: &str, body: &[u8]) -> Result<(), Untrusted> {
    let stated = stated
        .strip_prefix("SHA-256=")
        .and_then(|value| BASE64_STANDARD.decode(value).ok())
        .filter(|value| value.len() == digest::SHA256_OUTPUT_LEN)
        .ok_or(Untrusted::DigestForm)?;
    if digest::digest(&digest::SHA256, body).as_ref() == stated.as_slice() {
        Ok(())
    } else {
        Err(Untrusted::Digest)
    }
}

/// Real ones have 8.3 KiB with three certificates.
const LONGEST_SIGNATURE: usize = 32 << 10;

#[cfg(test)]
mod tests;
