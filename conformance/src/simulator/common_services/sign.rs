//! Signs answers as the real services do: header `digest` over the body, and a detached JAdES
//! signature over that header. [oots-edm 8.5]

use anyhow::{Context, Result, ensure};
use aws_lc_rs::digest::{self, SHA256, SHA512};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject;
use serde_json::json;

use crate::pki::Identity;

/// A key with its certificates, ready to sign
pub struct Signer {
    key: Key,
    /// Certificates as `x5c` has them
    certificates: Vec<String>,
    thumbprint: String,
    issuer_serial: String,
}

enum Key {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
}

/// The two headers of a signed answer
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Headers {
    /// `digest`
    pub digest: String,
    /// `oots-response-sig`
    pub signature: String,
}

impl Signer {
    /// Signs in the name of an identity with a P-256 or Ed25519 key
    ///
    /// # Errors
    /// When the key is of another kind.
    pub fn new(identity: &Identity) -> Result<Self> {
        Self::with_key_of(identity, identity)
    }

    /// Signs in the name of one identity with the key of another, as nobody honest can
    ///
    /// # Errors
    /// When the key is of another kind.
    pub fn with_key_of(identity: &Identity, other: &Identity) -> Result<Self> {
        let certificate = identity.certificate_der();
        Ok(Self {
            key: Key::read(other.key_pem())?,
            certificates: identity
                .chain_der()
                .map(|der| BASE64_STANDARD.encode(der))
                .collect(),
            thumbprint: BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&SHA512, certificate)),
            issuer_serial: BASE64_STANDARD.encode(issuer_serial(certificate)?),
        })
    }

    /// The headers for a body; `since` is when the service started, which is what the real ones
    /// state as the time of signature
    ///
    /// # Errors
    /// When the key cannot sign.
    pub fn headers(&self, body: &[u8], since: Timestamp) -> Result<Headers> {
        let digest = BASE64_STANDARD.encode(digest::digest(&SHA256, body));
        let digest = format!("SHA-256={digest}");
        let protected = json!({
            "alg": self.key.algorithm(),
            "kid": self.issuer_serial,
            "x5t#o": {"digAlg": "S512", "digVal": self.thumbprint},
            "x5c": self.certificates,
            "typ": "jose",
            "b64": false,
            "iat": since.as_second(),
            "sigD": {"mId": "http://uri.etsi.org/19182/HttpHeaders", "pars": ["digest"]},
            "crit": ["b64", "sigD"],
        });
        let protected = BASE64_URL_SAFE_NO_PAD.encode(protected.to_string());
        let value = self
            .key
            .sign(format!("{protected}.digest: {digest}").as_bytes())?;
        let value = BASE64_URL_SAFE_NO_PAD.encode(value);
        Ok(Headers {
            digest,
            signature: format!("{protected}..{value}"),
        })
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").finish_non_exhaustive()
    }
}

impl Key {
    fn read(pem: &str) -> Result<Self> {
        let pkcs8 = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).context("key PEM")?;
        let pkcs8 = pkcs8.secret_pkcs8_der();
        if let Ok(key) = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8) {
            return Ok(Self::Es256(key));
        }
        match Ed25519KeyPair::from_pkcs8(pkcs8) {
            Ok(key) => Ok(Self::EdDsa(key)),
            Err(_) => anyhow::bail!("key is neither P-256 nor Ed25519"),
        }
    }

    const fn algorithm(&self) -> &'static str {
        match self {
            Self::Es256(_) => "ES256",
            Self::EdDsa(_) => "EdDSA",
        }
    }

    fn sign(&self, input: &[u8]) -> Result<Vec<u8>> {
        match self {
            Self::Es256(key) => match key.sign(&SystemRandom::new(), input) {
                Ok(signature) => Ok(signature.as_ref().to_vec()),
                Err(_) => anyhow::bail!("cannot sign"),
            },
            Self::EdDsa(key) => Ok(key.sign(input).as_ref().to_vec()),
        }
    }
}

/// `IssuerSerial` of RFC 5035 for the header `kid`: issuer as a general name, then serial number.
pub(super) fn issuer_serial(certificate: &[u8]) -> Result<Vec<u8>> {
    let certificate = Der(certificate).take(SEQUENCE)?;
    let mut tbs = certificate.content().take(SEQUENCE)?.content();
    tbs.take(VERSION)?;
    let serial = tbs.take(INTEGER)?;
    tbs.take(SEQUENCE)?; // signature algorithm
    let issuer = tbs.take(SEQUENCE)?;
    let names = wrap(SEQUENCE, &wrap(DIRECTORY_NAME, issuer.whole));
    Ok(wrap(SEQUENCE, &[names.as_slice(), serial.whole].concat()))
}

/// A walk through DER, as far as the head of a certificate needs it
struct Der<'d>(&'d [u8]);

struct Value<'d> {
    whole: &'d [u8],
    content: &'d [u8],
}

impl<'d> Value<'d> {
    const fn content(&self) -> Der<'d> {
        Der(self.content)
    }
}

impl<'d> Der<'d> {
    fn take(&mut self, tag: u8) -> Result<Value<'d>> {
        let (first, rest) = self.0.split_first().context("certificate ends early")?;
        ensure!(*first == tag, "certificate is not built as expected");
        let (length, rest) = rest.split_first().context("certificate ends early")?;
        let (length, rest) = match length {
            0..=0x7f => (usize::from(*length), rest),
            _ => {
                let (octets, rest) = rest
                    .split_at_checked(usize::from(length & 0x7f))
                    .context("certificate ends early")?;
                ensure!(octets.len() <= 4, "certificate is too long");
                let length = octets
                    .iter()
                    .fold(0, |sum, octet| sum << 8 | usize::from(*octet));
                (length, rest)
            }
        };
        let (content, after) = rest
            .split_at_checked(length)
            .context("certificate ends early")?;
        let (whole, _) = self
            .0
            .split_at_checked(self.0.len() - after.len())
            .context("certificate ends early")?;
        self.0 = after;
        Ok(Value { whole, content })
    }
}

fn wrap(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = content.len().to_be_bytes();
    let significant: Vec<u8> = length
        .iter()
        .copied()
        .skip_while(|octet| *octet == 0)
        .collect();
    match (significant.as_slice(), u8::try_from(significant.len())) {
        ([], _) => out.push(0),
        ([short @ 0..=0x7f], _) => out.push(*short),
        (octets, count) => {
            out.push(0x80 | count.unwrap_or_default());
            out.extend_from_slice(octets);
        }
    }
    out.extend_from_slice(content);
    out
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
/// `[0]`, explicit
const VERSION: u8 = 0xa0;
/// `[4]`, explicit: a distinguished name as general name
const DIRECTORY_NAME: u8 = 0xa4;
