use rustls::RootCertStore;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};

use super::*;

fn now() -> Timestamp {
    "2026-08-01T12:00:00Z".parse().unwrap()
}

fn verify(identity: &Identity, root_pem: &str, at: Timestamp) -> Result<(), rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(root_pem.as_bytes()).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier =
        rustls::client::WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .unwrap();
    let chain: Vec<_> = identity
        .chain_der()
        .map(|der| CertificateDer::from(der.to_vec()))
        .collect();
    let at = UnixTime::since_unix_epoch(Duration::from_secs(at.as_second().unsigned_abs()));
    rustls::client::danger::ServerCertVerifier::verify_server_cert(
        &*verifier,
        &chain[0],
        &chain[1..],
        &ServerName::try_from("127.0.0.1").unwrap(),
        &[],
        at,
    )
    .map(|_| ())
}

#[test]
fn a_server_certificate_leads_to_its_root_through_an_intermediate() {
    let root = Authority::new("root", now()).unwrap();
    let middle = root.intermediate("middle", now()).unwrap();
    let server = middle.tls_server("server", now()).unwrap();
    assert_eq!(server.chain_der().len(), 3);
    assert_eq!(middle.root_pem(), root.certificate_pem());
    verify(&server, root.root_pem(), now()).unwrap();
}

#[test]
fn a_server_certificate_of_another_root_fails() {
    let root = Authority::new("root", now()).unwrap();
    let other = Authority::new("root", now()).unwrap();
    let server = other.tls_server("server", now()).unwrap();
    verify(&server, root.root_pem(), now()).unwrap_err();
}

#[test]
fn an_expired_and_a_future_certificate_fail() {
    let root = Authority::new("root", now()).unwrap();
    for validity in [Validity::over(now()), Validity::not_begun(now())] {
        let request = Request {
            subject: "server".into(),
            usage: Usage::TlsServer,
            key: Key::P256,
            validity,
        };
        let server = root.issue(&request).unwrap();
        verify(&server, root.root_pem(), now()).unwrap_err();
    }
}

#[test]
fn every_kind_of_key_can_be_certified_and_read_back() {
    let root = Authority::new("root", now()).unwrap();
    for key in [Key::Rsa2048, Key::Rsa3072, Key::P256, Key::Ed25519] {
        let subject = Subject::new("signer").organization("Test").country("FR");
        let identity = root.signing(subject, key, now()).unwrap();
        assert!(identity.key_pem().contains("BEGIN PRIVATE KEY"));
        PrivateKeyDer::from_pem_slice(identity.key_pem().as_bytes()).unwrap();
    }
    root.encryption("holder", Key::Rsa2048, now()).unwrap();
    root.encryption("holder", Key::P256, now()).unwrap();
}

#[test]
fn the_key_identifier_extension_is_written() {
    let root = Authority::new("root", now()).unwrap();
    let identity = root.signing("signer", Key::P256, now()).unwrap();
    // 2.5.29.14, subject key identifier
    let oid = [0x06, 0x03, 0x55, 0x1d, 0x0e];
    let der = identity.certificate_der();
    assert!(der.windows(oid.len()).any(|window| window == oid));
}
