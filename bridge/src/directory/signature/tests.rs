use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use conformance::pki::{Authority, Identity, Key, Request, Subject, Usage, Validity};
use http::{HeaderValue, header::HeaderName};
use rustls_pki_types::{PrivatePkcs8KeyDer, pem::PemObject};
use serde_json::{Value, json};

use super::*;

const BODY: &[u8] = b"<answer/>";

fn now() -> Timestamp {
    "2026-08-01T12:00:00Z".parse().unwrap()
}

/// A signed answer whose parts a test can bend before it is put together.
struct Forge {
    root: Authority,
    identity: Identity,
    key: Key,
    header: Value,
    digest: String,
    payload: &'static str,
    trust: Trust,
}

impl Forge {
    fn new() -> Self {
        Self::signed_by(&commission(), Key::P256, Validity::around(now()))
    }

    fn signed_by(subject: &Subject, key: Key, validity: Validity) -> Self {
        let root = Authority::new("Root", now()).unwrap();
        let middle = root.intermediate("Issuer", now()).unwrap();
        let request = Request {
            subject: subject.clone(),
            usage: Usage::Signing,
            key,
            validity,
        };
        let identity = middle.issue(&request).unwrap();
        Self::of(root, identity, key)
    }

    fn of(root: Authority, identity: Identity, key: Key) -> Self {
        let x5c: Vec<_> = identity
            .chain_der()
            .map(|der| BASE64_STANDARD.encode(der))
            .collect();
        let thumbprint = digest::digest(&digest::SHA512, identity.certificate_der());
        let header = json!({
            "alg": if key == Key::Ed25519 { "EdDSA" } else { "ES256" },
            "x5t#o": {"digAlg": "S512", "digVal": BASE64_URL_SAFE_NO_PAD.encode(thumbprint)},
            "x5c": x5c,
            "typ": "jose",
            "b64": false,
            "iat": now().as_second(),
            "sigD": {"mId": "http://uri.etsi.org/19182/HttpHeaders", "pars": ["digest"]},
            "crit": ["b64", "sigD"],
        });
        let trust = Trust::new([root.certificate_pem()], Signer::european_commission()).unwrap();
        let digest = BASE64_STANDARD.encode(digest::digest(&digest::SHA256, BODY));
        Self {
            root,
            identity,
            key,
            header,
            digest: format!("SHA-256={digest}"),
            payload: "",
            trust,
        }
    }

    fn with(mut self, name: &str, value: Value) -> Self {
        self.header[name] = value;
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.header.as_object_mut().unwrap().remove(name);
        self
    }

    fn jws(&self) -> String {
        let protected = BASE64_URL_SAFE_NO_PAD.encode(self.header.to_string());
        let input = format!("{protected}.digest: {}", self.digest);
        let signature = sign(self.key, &self.identity, input.as_bytes());
        let signature = BASE64_URL_SAFE_NO_PAD.encode(signature);
        format!("{protected}.{}.{signature}", self.payload)
    }

    fn headers(&self) -> HeaderMap {
        headers(&[("digest", &self.digest), ("oots-response-sig", &self.jws())])
    }

    #[track_caller]
    fn accepted(&self) {
        verify(&self.headers(), BODY, &self.trust, now()).unwrap();
    }

    #[track_caller]
    fn refused(&self, reason: Untrusted) {
        let refusal = verify(&self.headers(), BODY, &self.trust, now()).unwrap_err();
        assert_eq!(refusal, reason);
    }
}

fn commission() -> Subject {
    Subject::new("EC-OOTS-CS-TEST").organization("European Commission")
}

fn sign(key: Key, identity: &Identity, input: &[u8]) -> Vec<u8> {
    let pkcs8 = PrivatePkcs8KeyDer::from_pem_slice(identity.key_pem().as_bytes()).unwrap();
    let pkcs8 = pkcs8.secret_pkcs8_der();
    if key == Key::Ed25519 {
        let key = Ed25519KeyPair::from_pkcs8(pkcs8).unwrap();
        return key.sign(input).as_ref().to_vec();
    }
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).unwrap();
    let random = aws_lc_rs::rand::SystemRandom::new();
    key.sign(&random, input).unwrap().as_ref().to_vec()
}

fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        let value = HeaderValue::from_str(value).unwrap();
        headers.append(HeaderName::from_static(name), value);
    }
    headers
}

#[test]
fn an_answer_signed_with_es256_is_accepted() {
    Forge::new().accepted();
}

#[test]
fn an_answer_signed_with_eddsa_is_accepted() {
    Forge::signed_by(&commission(), Key::Ed25519, Validity::around(now())).accepted();
}

#[test]
fn a_missing_or_repeated_digest_is_refused() {
    let forge = Forge::new();
    let jws = forge.jws();
    let missing = headers(&[("oots-response-sig", &jws)]);
    let repeated = headers(&[
        ("digest", &forge.digest),
        ("digest", &forge.digest),
        ("oots-response-sig", &jws),
    ]);
    for headers in [missing, repeated] {
        let refusal = verify(&headers, BODY, &forge.trust, now()).unwrap_err();
        assert_eq!(refusal, Untrusted::DigestHeader);
    }
}

#[test]
fn a_digest_of_another_algorithm_is_refused() {
    let mut forge = Forge::new();
    forge.digest = "SHA-512=AAAA".to_owned();
    forge.refused(Untrusted::DigestForm);
    forge.digest = "SHA-256=AAAA".to_owned();
    forge.refused(Untrusted::DigestForm);
}

// [AT-48] a flipped bit of the body
#[test]
fn another_body_is_refused() {
    let forge = Forge::new();
    let refusal = verify(&forge.headers(), b"<answer />", &forge.trust, now()).unwrap_err();
    assert_eq!(refusal, Untrusted::Digest);
}

// [AT-48] body and digest changed together
#[test]
fn a_digest_that_was_not_signed_is_refused() {
    let mut forge = Forge::new();
    let jws = forge.jws();
    let digest = digest::digest(&digest::SHA256, b"other");
    forge.digest = format!("SHA-256={}", BASE64_STANDARD.encode(digest));
    let headers = headers(&[("digest", &forge.digest), ("oots-response-sig", &jws)]);
    let refusal = verify(&headers, b"other", &forge.trust, now()).unwrap_err();
    assert_eq!(refusal, Untrusted::Signature);
}

#[test]
fn a_missing_signature_is_refused() {
    let forge = Forge::new();
    let headers = headers(&[("digest", &forge.digest)]);
    let refusal = verify(&headers, BODY, &forge.trust, now()).unwrap_err();
    assert_eq!(refusal, Untrusted::SignatureHeader);
}

#[test]
fn a_signature_header_beyond_32_kib_is_refused() {
    let forge = Forge::new();
    let long = "A".repeat(LONGEST_SIGNATURE + 1);
    let headers = headers(&[("digest", &forge.digest), ("oots-response-sig", &long)]);
    let refusal = verify(&headers, BODY, &forge.trust, now()).unwrap_err();
    assert_eq!(refusal, Untrusted::SignatureSize(LONGEST_SIGNATURE + 1));
}

#[test]
fn what_is_no_compact_jws_is_refused() {
    let forge = Forge::new();
    for text in ["a..b.c", "a.b", "!..AAAA"] {
        let headers = headers(&[("digest", &forge.digest), ("oots-response-sig", text)]);
        let refusal = verify(&headers, BODY, &forge.trust, now()).unwrap_err();
        assert_eq!(refusal, Untrusted::Form, "{text}");
    }
}

#[test]
fn an_attached_payload_is_refused() {
    let mut forge = Forge::new();
    forge.payload = "e30";
    forge.refused(Untrusted::NotDetached);
}

#[test]
fn a_protected_header_with_a_repeated_member_is_refused() {
    let forge = Forge::new();
    let text = forge
        .header
        .to_string()
        .replacen('{', r#"{"alg":"ES256","#, 1);
    let protected = BASE64_URL_SAFE_NO_PAD.encode(text);
    let jws = format!("{protected}..AAAA");
    let headers = headers(&[("digest", &forge.digest), ("oots-response-sig", &jws)]);
    let refusal = verify(&headers, BODY, &forge.trust, now()).unwrap_err();
    assert_eq!(refusal, Untrusted::Protected);
}

// [AT-48] alg none and HS256
#[test]
fn other_algorithms_are_refused() {
    for alg in ["none", "HS256", "RS256", "ES384"] {
        let forge = Forge::new().with("alg", json!(alg));
        forge.refused(Untrusted::Algorithm(alg.to_owned()));
    }
}

// [AT-48]
#[test]
fn an_unknown_critical_header_is_refused() {
    let forge = Forge::new().with("crit", json!(["b64", "sigD", "exp"]));
    forge.refused(Untrusted::Critical("exp".to_owned()));
}

#[test]
fn headers_not_marked_critical_are_refused() {
    Forge::new()
        .with("crit", json!(["b64"]))
        .refused(Untrusted::NotCritical("sigD"));
    Forge::new()
        .without("crit")
        .refused(Untrusted::NotCritical("b64"));
}

// [AT-48]
#[test]
fn a_missing_or_true_b64_is_refused() {
    Forge::new().without("b64").refused(Untrusted::Encoded);
    Forge::new()
        .with("b64", json!(true))
        .refused(Untrusted::Encoded);
}

#[test]
fn other_signed_data_are_refused() {
    let other_header = json!({"mId": "http://uri.etsi.org/19182/HttpHeaders", "pars": ["date"]});
    let more = json!({"mId": "http://uri.etsi.org/19182/HttpHeaders", "pars": ["digest", "date"]});
    let mechanism = json!({"mId": "http://uri.etsi.org/19182/ObjectIdByURI", "pars": ["digest"]});
    for data in [other_header, more, mechanism] {
        Forge::new()
            .with("sigD", data)
            .refused(Untrusted::SignedData);
    }
    Forge::new().without("sigD").refused(Untrusted::SignedData);
}

#[test]
fn an_implausible_time_of_signature_is_refused() {
    let hour = 3600;
    for iat in [now().as_second() + hour, now().as_second() - 3 * 24 * hour] {
        Forge::new()
            .with("iat", json!(iat))
            .refused(Untrusted::SignedAt);
    }
    Forge::new().without("iat").refused(Untrusted::SignedAt);
}

#[test]
fn a_missing_certificate_is_refused() {
    Forge::new().without("x5c").refused(Untrusted::Certificate);
    Forge::new()
        .with("x5c", json!(["AAAA"]))
        .refused(Untrusted::Thumbprint);
}

#[test]
fn another_thumbprint_is_refused() {
    Forge::new().without("x5t#o").refused(Untrusted::Thumbprint);
    Forge::new()
        .with("x5t#o", json!({"digAlg": "S512", "digVal": "AAAA"}))
        .refused(Untrusted::Thumbprint);
    Forge::new()
        .with("x5t#o", json!({"digAlg": "S1", "digVal": "AAAA"}))
        .refused(Untrusted::Thumbprint);
}

#[test]
fn an_algorithm_that_does_not_fit_the_key_is_refused() {
    Forge::new()
        .with("alg", json!("EdDSA"))
        .refused(Untrusted::KeyKind);
}

// [AT-48] a flipped bit of the JWS
#[test]
fn another_signature_is_refused() {
    let forge = Forge::new();
    let jws = forge.jws();
    let (front, value) = jws.rsplit_once('.').unwrap();
    let mut value = BASE64_URL_SAFE_NO_PAD.decode(value).unwrap();
    value[10] ^= 1;
    let jws = format!("{front}.{}", BASE64_URL_SAFE_NO_PAD.encode(value));
    let headers = headers(&[("digest", &forge.digest), ("oots-response-sig", &jws)]);
    let refusal = verify(&headers, BODY, &forge.trust, now()).unwrap_err();
    assert_eq!(refusal, Untrusted::Signature);
}

// [AT-48] another key than the certificate's
#[test]
fn a_signature_by_another_key_is_refused() {
    let mut forge = Forge::new();
    let header = forge.header.clone();
    forge.identity = forge.root.signing(commission(), Key::P256, now()).unwrap();
    forge.header = header;
    forge.refused(Untrusted::Signature);
}

// [AT-48] a foreign root
#[test]
fn a_foreign_root_is_refused() {
    let mut forge = Forge::new();
    let other = Authority::new("Root", now()).unwrap();
    forge.trust = Trust::new([other.certificate_pem()], Signer::european_commission()).unwrap();
    // Same name, other key: the path stops at the signature of the issuer.
    let refusal = verify(&forge.headers(), BODY, &forge.trust, now()).unwrap_err();
    assert!(
        matches!(refusal, Untrusted::Issuer | Untrusted::Path(_)),
        "{refusal:?}"
    );
    let other = Authority::new("Another root", now()).unwrap();
    forge.trust = Trust::new([other.certificate_pem()], Signer::european_commission()).unwrap();
    forge.refused(Untrusted::Issuer);
}

// [AT-48] an expired certificate
#[test]
fn a_certificate_out_of_its_time_is_refused() {
    for validity in [Validity::over(now()), Validity::not_begun(now())] {
        Forge::signed_by(&commission(), Key::P256, validity).refused(Untrusted::Validity);
    }
}

#[test]
fn a_certificate_for_something_else_is_refused() {
    for usage in [Usage::TlsServer, Usage::Encryption] {
        let root = Authority::new("Root", now()).unwrap();
        let request = Request {
            subject: commission(),
            usage,
            key: Key::P256,
            validity: Validity::around(now()),
        };
        let identity = root.issue(&request).unwrap();
        Forge::of(root, identity, Key::P256).refused(Untrusted::Usage);
    }
}

#[test]
fn another_subject_is_refused() {
    let others = [
        Subject::new("EC-OOTS-CS-TEST").organization("Somebody"),
        Subject::new("EC-OOTS-CS-TEST"),
        Subject::new("somebody").organization("European Commission"),
    ];
    for subject in others {
        let forge = Forge::signed_by(&subject, Key::P256, Validity::around(now()));
        forge.refused(Untrusted::Subject);
    }
}

#[test]
fn the_subject_can_be_set() {
    let subject = Subject::new("Directory").organization("Land");
    let mut forge = Forge::signed_by(&subject, Key::P256, Validity::around(now()));
    let root = forge.root.certificate_pem().to_owned();
    let exactly = |name: &str| Signer::new("Land", CommonName::Exact(name.to_owned()));
    forge.trust = Trust::new([root.as_str()], exactly("Directory")).unwrap();
    forge.accepted();
    forge.trust = Trust::new([root.as_str()], exactly("Direct")).unwrap();
    forge.refused(Untrusted::Subject);
    forge.trust = Trust::new([root.as_str()], None).unwrap();
    forge.accepted();
}

#[test]
fn trust_needs_a_root() {
    assert_eq!(Trust::new([], None).unwrap_err(), UnusableTrust::Empty);
    assert_eq!(Trust::new([""], None).unwrap_err(), UnusableTrust::Empty);
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert_eq!(
        Trust::new([broken], None).unwrap_err(),
        UnusableTrust::Unreadable
    );
}
