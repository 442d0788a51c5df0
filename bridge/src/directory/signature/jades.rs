//! The detached JAdES signature: a compact JWS without payload whose protected header says that
//! the HTTP header `digest` is what was signed.

use aws_lc_rs::{digest, signature};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::{Untrusted, chain};

/// A signature whose protected header was found acceptable; not yet verified.
pub(super) struct Signature<'h> {
    /// The protected header as it was signed: still encoded.
    protected: &'h str,
    algorithm: Algorithm,
    value: Vec<u8>,
    certificates: Vec<Vec<u8>>,
    signed_at: Timestamp,
}

#[derive(Clone, Copy)]
enum Algorithm {
    Es256,
    EdDsa,
}

/// Header members that are read. Others are ignored, as JWS wants it, unless `crit` names them.
#[derive(Deserialize)]
struct Protected {
    alg: String,
    crit: Option<Vec<String>>,
    b64: Option<bool>,
    iat: Option<i64>,
    #[serde(rename = "sigD")]
    signed_data: Option<SignedData>,
    #[serde(rename = "x5t#o")]
    thumbprint: Option<Thumbprint>,
    x5c: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct SignedData {
    #[serde(rename = "mId")]
    mechanism: String,
    pars: Vec<String>,
}

#[derive(Deserialize)]
struct Thumbprint {
    #[serde(rename = "digAlg")]
    algorithm: String,
    #[serde(rename = "digVal")]
    value: String,
}

impl<'h> Signature<'h> {
    pub(super) fn parse(jws: &'h str, now: Timestamp) -> Result<Self, Untrusted> {
        let mut parts = jws.split('.');
        let (Some(protected), Some(payload), Some(value), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Untrusted::Form);
        };
        if !payload.is_empty() {
            return Err(Untrusted::NotDetached);
        }
        let value = decode(value)?;
        let header: Protected =
            serde_json::from_slice(&decode(protected)?).map_err(|_| Untrusted::Protected)?;
        let algorithm = header.algorithm()?;
        header.check_critical()?;
        header.check_signed_data()?;
        let signed_at = header.signed_at(now)?;
        let certificates = header.certificates()?;
        Ok(Self {
            protected,
            algorithm,
            value,
            certificates,
            signed_at,
        })
    }

    /// Verifies with the key of the first certificate, which is not trusted by that.
    pub(super) fn verify(&self, payload: &str) -> Result<(), Untrusted> {
        let leaf = self.certificates.first().ok_or(Untrusted::Certificate)?;
        let key = chain::key(leaf)?;
        let input = format!("{}.{payload}", self.protected);
        let algorithm: &dyn signature::VerificationAlgorithm = match (self.algorithm, &key) {
            (Algorithm::Es256, chain::Key::P256(_)) => &signature::ECDSA_P256_SHA256_FIXED,
            (Algorithm::EdDsa, chain::Key::Ed25519(_)) => &signature::ED25519,
            (Algorithm::Es256 | Algorithm::EdDsa, _) => return Err(Untrusted::KeyKind),
        };
        signature::UnparsedPublicKey::new(algorithm, key.octets())
            .verify(input.as_bytes(), &self.value)
            .map_err(|_| Untrusted::Signature)
    }

    /// Leaf first.
    pub(super) fn certificates(&self) -> &[Vec<u8>] {
        &self.certificates
    }

    pub(super) fn signed_at(&self) -> Timestamp {
        self.signed_at
    }
}

impl Protected {
    fn algorithm(&self) -> Result<Algorithm, Untrusted> {
        match self.alg.as_str() {
            "ES256" => Ok(Algorithm::Es256),
            "EdDSA" => Ok(Algorithm::EdDsa),
            other => Err(Untrusted::Algorithm(other.to_owned())),
        }
    }

    fn check_critical(&self) -> Result<(), Untrusted> {
        let critical = self.crit.as_deref().unwrap_or_default();
        if let Some(unknown) = critical
            .iter()
            .find(|name| !CRITICAL.contains(&name.as_str()))
        {
            return Err(Untrusted::Critical(unknown.clone()));
        }
        if self.b64 != Some(false) {
            return Err(Untrusted::Encoded);
        }
        match CRITICAL
            .iter()
            .find(|name| !critical.iter().any(|listed| listed == *name))
        {
            Some(missing) => Err(Untrusted::NotCritical(missing)),
            None => Ok(()),
        }
    }

    fn check_signed_data(&self) -> Result<(), Untrusted> {
        let named = self.signed_data.as_ref().is_some_and(|data| {
            data.mechanism == "http://uri.etsi.org/19182/HttpHeaders" && data.pars == ["digest"]
        });
        if named {
            Ok(())
        } else {
            Err(Untrusted::SignedData)
        }
    }

    fn signed_at(&self, now: Timestamp) -> Result<Timestamp, Untrusted> {
        let at = self
            .iat
            .and_then(|seconds| Timestamp::from_second(seconds).ok())
            .ok_or(Untrusted::SignedAt)?;
        let latest = now.saturating_add(CLOCK_SKEW).unwrap_or(now);
        if at > latest {
            Err(Untrusted::SignedAt)
        } else {
            Ok(at)
        }
    }

    fn certificates(&self) -> Result<Vec<Vec<u8>>, Untrusted> {
        let certificates = self
            .x5c
            .iter()
            .flatten()
            .map(|text| {
                BASE64_STANDARD
                    .decode(text)
                    .map_err(|_| Untrusted::Certificate)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let leaf = certificates.first().ok_or(Untrusted::Certificate)?;
        self.check_thumbprint(leaf)?;
        Ok(certificates)
    }

    fn check_thumbprint(&self, leaf: &[u8]) -> Result<(), Untrusted> {
        let stated = self.thumbprint.as_ref().ok_or(Untrusted::Thumbprint)?;
        let algorithm = match stated.algorithm.as_str() {
            "S256" => &digest::SHA256,
            "S384" => &digest::SHA384,
            "S512" => &digest::SHA512,
            _ => return Err(Untrusted::Thumbprint),
        };
        let value = BASE64_URL_SAFE_NO_PAD
            .decode(&stated.value)
            .map_err(|_| Untrusted::Thumbprint)?;
        if digest::digest(algorithm, leaf).as_ref() == value.as_slice() {
            Ok(())
        } else {
            Err(Untrusted::Thumbprint)
        }
    }
}

fn decode(part: &str) -> Result<Vec<u8>, Untrusted> {
    BASE64_URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| Untrusted::Form)
}

/// What `crit` must name, and all it may name.
const CRITICAL: [&str; 2] = ["b64", "sigD"];

const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);
