//! Certificates on a path instead of pinned: the rules for senders that are trusted by their
//! authority, as far as they apply where every partner has a file.

use super::{
    exchange::id,
    support::{
        Identity, Kind, NOW, World, counter, draft, parameters, partner_toml, payload, pmodes,
        request, time,
    },
};
use bytes::Bytes;
use ebms::{
    Answer, Draft, EbmsCode, Incoming, Leg, Partner, Refusal,
    pmode::{Profile, TokenKind},
    receive::{self, Limits},
    security::SigningKey,
    send,
    signal::{self, HttpAnswer, InvalidReceipt, read_answer},
};
use rcgen::{
    BasicConstraints, IsCa, Issuer, KeyPair, KeyUsagePurpose, RsaKeySize, SignatureAlgorithm,
};

struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new(algorithm: &'static SignatureAlgorithm) -> Self {
        let pair = if algorithm == &rcgen::PKCS_RSA_SHA256 {
            KeyPair::generate_rsa_for(algorithm, RsaKeySize::_2048).unwrap()
        } else {
            KeyPair::generate_for(algorithm).unwrap()
        };
        let mut parameters = parameters("Root");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        Self {
            pem: parameters.self_signed(&pair).unwrap().pem(),
            issuer: Issuer::new(parameters, pair),
        }
    }

    /// A key of this name with a certificate of the authority.
    fn signing(&self, name: &str) -> SigningKey {
        let pair = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
        let mut parameters = parameters(name);
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let chain = parameters.signed_by(&pair, &self.issuer).unwrap().pem();
        SigningKey::from_pkcs8_pem(pair.serialize_pem().as_bytes(), chain.as_bytes()).unwrap()
    }

    fn partner(&self) -> Partner {
        let security = "profile = \"ed25519\"\nencrypt = false";
        let text = partner_toml("AP_FR_01", "authorities = [\"root\"]", "root", security);
        let pem = self.pem.clone().into_bytes();
        Partner::from_toml("fr", &text, |_: &str| Ok::<_, String>(pem.clone())).unwrap()
    }
}

/// Signed with the key, judged by a partner file that trusts the authority.
fn judged(key: &SigningKey, trusted: &Authority) -> Result<(), Refusal> {
    let leg = Leg::default()
        .with_profile(Profile::Ed25519)
        .with_encryption(false)
        .with_tokens(TokenKind::Bst, TokenKind::Bst);
    let message: Draft = draft().with_payload(payload("a@x", "text/plain", b"x"));
    let sent = send::write(&message, &leg, key, None, &mut counter()).unwrap();
    let body = Bytes::copy_from_slice(sent.body());
    match receive::read(sent.content_type(), body, &Limits::default())? {
        Incoming::User(sealed) => sealed
            .verify(&pmodes(vec![trusted.partner()]), time(NOW))
            .map(|_| ()),
        Incoming::Signal(signal) => panic!("{signal:?}"),
    }
}

#[track_caller]
pub(super) fn check_chain(algorithm: &'static SignatureAlgorithm) {
    let root = Authority::new(algorithm);
    assert_eq!(judged(&root.signing("AP_FR_01"), &root), Ok(()));
}

// [AS4_DR_TA01]
#[test]
fn dr_ta01_a_sender_on_a_path_to_the_agreed_authority_is_trusted() {
    check_chain(&rcgen::PKCS_ECDSA_P256_SHA256);
}

// [AS4_DR_TA02]
#[test]
fn dr_ta02_a_sender_of_another_authority_is_not_trusted() {
    let algorithm = &rcgen::PKCS_ECDSA_P256_SHA256;
    let (trusted, other) = (Authority::new(algorithm), Authority::new(algorithm));
    let refusal = judged(&other.signing("AP_FR_01"), &trusted).expect_err("accepted");
    assert_eq!(refusal.code(), EbmsCode::FailedAuthentication);
}

// [AS4_DR_TA04]
#[test]
fn dr_ta04_a_subject_that_is_not_the_party_is_not_trusted() {
    let root = Authority::new(&rcgen::PKCS_ECDSA_P256_SHA256);
    let refusal = judged(&root.signing("AP_XX_01"), &root).expect_err("accepted");
    assert_eq!(refusal.code(), EbmsCode::FailedAuthentication);
}

// [AS4_DS_TA03] [ROB-51] [EBMS:0302]
#[test]
fn ds_ta03_a_receipt_signed_by_somebody_else_is_an_error_to_the_producer() {
    let world = World::rsa();
    let sent = world.send(&request(), &Leg::default());
    let message = world
        .receive(sent.content_type(), sent.body().clone())
        .unwrap();
    let stranger = Identity::new("AP_DE_01", Kind::Rsa).signing_key();
    for key in [stranger, world.fr.signing_key()] {
        let receipt = signal::receipt(&message, id("r@de"), time(NOW), &key).unwrap();
        let http = HttpAnswer {
            status: 200,
            content_type: Some(receipt.content_type()),
            body: receipt.body(),
        };
        let answer = read_answer(&http, sent.proof(), &world.de_partner, time(NOW));
        let invalid = matches!(answer, Answer::InvalidReceipt(InvalidReceipt::Signature(_)));
        assert!(invalid, "{answer:?}");
    }
}
