//! The Vermittlungsstelle: issues and checks the token that permits one national transfer
//!
//! Sees identities and a hash of the request, never its content.

use anyhow::{Context, Result, anyhow};
use aws_lc_rs::digest;
use aws_lc_rs::signature::{self, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::source::Source;

/// Issues tokens with one throw-away key
#[derive(Debug)]
pub struct TokenIssuer {
    key: Ed25519KeyPair,
}

/// What a token permits
#[derive(Clone, Copy, Debug)]
pub struct Permission<'a> {
    /// Identifier of the requesting agent
    pub requester: &'a str,
    /// Identifier of the providing agent
    pub provider: &'a str,
    /// Verarbeitungszweck of the request
    pub purpose: &'a str,
}

impl TokenIssuer {
    /// An issuer with a fresh key
    ///
    /// # Errors
    /// When the cryptographic library refuses the seed.
    pub fn new(source: &Source) -> Result<Self> {
        let mut seed = [0; 32];
        source.fill(&mut seed);
        let key = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|error| anyhow!("{error}"))?;
        Ok(Self { key })
    }

    /// A token for one request message
    #[must_use]
    pub fn issue(&self, message: &Value, permission: Permission<'_>, source: &Source) -> String {
        let now = source.now();
        let claims = json!({
            "iss": ISSUER,
            "iat": now.as_second(),
            "exp": now.saturating_add(LIFETIME).unwrap_or(now).as_second(),
            "jti": source.uuid().to_string(),
            "requester": permission.requester,
            "provider": permission.provider,
            "purpose": permission.purpose,
            "idnr_used": false,
            "request_hash": request_hash(message),
        });
        let header = json!({"alg": "EdDSA", "typ": "JWT"});
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        let signature = self.key.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// Checks a token against the request it came with
    ///
    /// # Errors
    /// With what is wrong.
    pub fn check(
        &self,
        token: &str,
        message: &Value,
        provider: &str,
        now: Timestamp,
    ) -> Result<()> {
        let claims = self.claims(token)?;
        let member = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
        let expiry = claims
            .get("exp")
            .and_then(Value::as_i64)
            .unwrap_or_default();
        anyhow::ensure!(now.as_second() < expiry, "the token has expired");
        anyhow::ensure!(member("iss") == ISSUER, "the token is of another issuer");
        anyhow::ensure!(
            member("provider") == provider,
            "the token is for another provider"
        );
        anyhow::ensure!(
            member("request_hash") == request_hash(message),
            "the token is for another request"
        );
        Ok(())
    }

    fn claims(&self, token: &str) -> Result<Value> {
        let (signed, signature) = token
            .rsplit_once('.')
            .context("the token has no signature")?;
        let signature = URL_SAFE_NO_PAD
            .decode(signature)
            .context("the token signature is not base64url")?;
        UnparsedPublicKey::new(&signature::ED25519, self.key.public_key().as_ref())
            .verify(signed.as_bytes(), &signature)
            .map_err(|_| anyhow!("the token signature is wrong"))?;
        let (_, claims) = signed.split_once('.').context("the token has no claims")?;
        let claims = URL_SAFE_NO_PAD
            .decode(claims)
            .context("the token claims are not base64url")?;
        serde_json::from_slice(&claims).context("the token claims are not JSON")
    }
}

fn encode(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

/// SHA-256 over the canonical JSON (RFC 8785) of the message without its token
fn request_hash(message: &Value) -> String {
    let mut message = message.clone();
    if let Some(members) = message.as_object_mut() {
        members.remove("IssuedToken");
    }
    let mut canonical = String::new();
    write_canonical(&message, &mut canonical);
    let hash = digest::digest(&digest::SHA256, canonical.as_bytes());
    format!("sha-256:{}", URL_SAFE_NO_PAD.encode(hash))
}

fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(members) => write_object(members, out),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_canonical(item, out);
            }
            out.push(']');
        }
        // Only integers occur, so the library's form of numbers and strings is the canonical one.
        other => out.push_str(&other.to_string()),
    }
}

fn write_object(members: &Map<String, Value>, out: &mut String) {
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    out.push('{');
    for (index, (name, member)) in sorted.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(&Value::from(name.as_str()).to_string());
        out.push(':');
        write_canonical(member, out);
    }
    out.push('}');
}

const ISSUER: &str = "https://vermittlungsstelle.example";
const LIFETIME: SignedDuration = SignedDuration::from_mins(5);

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn source() -> Source {
        Source::new(
            Arc::new(|| Timestamp::UNIX_EPOCH),
            Arc::new(|buffer| buffer.fill(7)),
        )
    }

    fn token(issuer: &TokenIssuer, message: &Value) -> String {
        let permission = Permission {
            requester: "r",
            provider: "p",
            purpose: "SDG-Verfahren T1",
        };
        issuer.issue(message, permission, &source())
    }

    #[test]
    fn a_token_holds_for_the_message_it_was_issued_for() {
        let issuer = TokenIssuer::new(&source()).unwrap();
        let message = json!({"b": 1, "a": "x"});
        let token = token(&issuer, &message);
        let with_token = json!({"a": "x", "IssuedToken": token, "b": 1});
        issuer
            .check(&token, &with_token, "p", Timestamp::UNIX_EPOCH)
            .unwrap();
    }

    #[test]
    fn a_token_does_not_hold_for_another_message_provider_or_time() {
        let issuer = TokenIssuer::new(&source()).unwrap();
        let message = json!({"a": "x"});
        let token = token(&issuer, &message);
        let now = Timestamp::UNIX_EPOCH;
        assert!(issuer.check(&token, &json!({"a": "y"}), "p", now).is_err());
        assert!(issuer.check(&token, &message, "q", now).is_err());
        assert!(
            issuer
                .check(&token, &message, "p", now + SignedDuration::from_mins(6))
                .is_err()
        );
    }

    #[test]
    fn a_changed_token_is_refused() {
        let issuer = TokenIssuer::new(&source()).unwrap();
        let message = json!({"a": "x"});
        let token = token(&issuer, &message).replacen("eyJ", "eyK", 1);
        assert!(
            issuer
                .check(&token, &message, "p", Timestamp::UNIX_EPOCH)
                .is_err()
        );
    }
}
