//! Trust by path: authorities, intermediates, validity, use, revocation. Made with keys of the
//! test; the message is signed for real each time.

use super::support::{NOW, World, counter, draft, parameters, partner_toml, payload, pmodes, time};
use bytes::Bytes;
use ebms::{
    EbmsCode, Incoming, Leg, PModes, Partner, Reason, Sealed,
    pmode::{Profile, TokenKind},
    receive::{self, Limits},
    security::{Revocations, SigningKey},
    send,
};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber,
};
use std::collections::BTreeMap;

pub(crate) struct Authority {
    pub(crate) pem: String,
    pub(crate) issuer: Issuer<'static, KeyPair>,
}

pub(crate) fn pair() -> KeyPair {
    KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap()
}

fn authority_parameters(name: &str) -> CertificateParams {
    let mut parameters = parameters(name);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters
}

impl Authority {
    pub(crate) fn root(name: &str) -> Self {
        Self::with_key(name, pair())
    }

    pub(crate) fn with_key(name: &str, pair: KeyPair) -> Self {
        let parameters = authority_parameters(name);
        let pem = parameters.self_signed(&pair).unwrap().pem();
        Self {
            pem,
            issuer: Issuer::new(parameters, pair),
        }
    }

    pub(crate) fn below(&self, name: &str) -> Self {
        let (parameters, pair) = (authority_parameters(name), pair());
        let pem = parameters.signed_by(&pair, &self.issuer).unwrap().pem();
        Self {
            pem,
            issuer: Issuer::new(parameters, pair),
        }
    }

    pub(crate) fn leaf(&self, change: impl FnOnce(&mut CertificateParams)) -> (KeyPair, String) {
        let mut parameters = parameters("AP_FR_01");
        parameters.serial_number = Some(SerialNumber::from(vec![1, 2, 3]));
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        change(&mut parameters);
        let pair = pair();
        let pem = parameters.signed_by(&pair, &self.issuer).unwrap().pem();
        (pair, pem)
    }

    pub(crate) fn crl(&self, revoked: &[u8], until: i32) -> String {
        let revoked_certs = vec![RevokedCertParams {
            serial_number: SerialNumber::from(revoked.to_vec()),
            revocation_time: rcgen::date_time_ymd(2025, 1, 1),
            reason_code: None,
            invalidity_date: None,
        }];
        let list = CertificateRevocationListParams {
            this_update: rcgen::date_time_ymd(2025, 1, 1),
            next_update: rcgen::date_time_ymd(until, 1, 1),
            crl_number: SerialNumber::from(1_u64),
            issuing_distribution_point: None,
            revoked_certs,
            key_identifier_method: KeyIdMethod::Sha256,
        };
        list.signed_by(&self.issuer).unwrap().pem().unwrap()
    }
}

/// A root, an intermediate, and the files of a partner that trusts the root.
pub(crate) struct Setting {
    pub(crate) root: Authority,
    pub(crate) issuing: Authority,
    files: BTreeMap<&'static str, String>,
    signing: String,
    token: TokenKind,
    profile: Profile,
    known: Revocations,
}

impl Setting {
    pub(crate) fn new() -> Self {
        let root = Authority::root("Root");
        let issuing = root.below("Issuing");
        let files = BTreeMap::from([("root", root.pem.clone()), ("issuing", issuing.pem.clone())]);
        let signing = "authorities = [\"root\"]\nintermediates = [\"issuing\"]".to_owned();
        Self {
            root,
            issuing,
            files,
            signing,
            token: TokenKind::Bst,
            profile: Profile::Ecdsa,
            known: Revocations::default(),
        }
    }

    /// What was fetched meanwhile.
    pub(crate) fn known(mut self, known: Revocations) -> Self {
        self.known = known;
        self
    }

    pub(crate) fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// The P-Modes of a partner file with these lines.
    pub(crate) fn pmodes(&self) -> PModes {
        let profile = match self.profile {
            Profile::Rsa => "rsa",
            Profile::Ed25519 => "ed25519",
            Profile::Ecdsa => "ecdsa",
        };
        let security = format!("profile = \"{profile}\"\nencrypt = false");
        let text = partner_toml("AP_FR_01", &self.signing, "root", &security);
        let load = |name: &str| {
            self.files
                .get(name)
                .map(|pem| pem.clone().into_bytes())
                .ok_or("no file")
        };
        let partner = Partner::from_toml("fr", &text, load).unwrap();
        pmodes(vec![partner]).with_revocations(self.known.clone())
    }

    /// A message signed with the leaf, read and not yet verified.
    pub(crate) fn message(&self, (pair, chain): &(KeyPair, String)) -> Sealed {
        let key = pair.serialize_pem();
        let key = SigningKey::from_pkcs8_pem(key.as_bytes(), chain.as_bytes()).unwrap();
        let leg = Leg::default()
            .with_profile(self.profile)
            .with_encryption(false)
            .with_tokens(self.token, TokenKind::Bst);
        // The sender may be careless: its clock says what its certificate likes.
        let mut heading = draft().heading().clone();
        heading.timestamp = key
            .certificate()
            .not_before()
            .max(time("2026-06-01T00:00:00Z"));
        let message = ebms::Draft::new(heading).with_payload(payload("a", "text/plain", b"x"));
        let sent = send::write(&message, &leg, &key, None, &mut counter()).unwrap();
        let incoming = receive::read(
            sent.content_type(),
            Bytes::copy_from_slice(sent.body()),
            &Limits::default(),
        );
        let Incoming::User(sealed) = incoming.unwrap() else {
            panic!("a signal")
        };
        *sealed
    }

    pub(crate) fn file(mut self, name: &'static str, pem: String) -> Self {
        self.files.insert(name, pem);
        self
    }

    pub(crate) fn signing(mut self, lines: &str) -> Self {
        self.signing = lines.to_owned();
        self
    }

    pub(crate) fn with_crl(self, crl: String) -> Self {
        let lines = format!("{}\ncrls = [\"crl\"]", self.signing);
        self.file("crl", crl).signing(&lines)
    }

    /// A message signed with the leaf, judged by a partner file with these lines.
    #[track_caller]
    pub(crate) fn check(&self, leaf: &(KeyPair, String), expected: Result<(), &str>) {
        let found = self.message(leaf).verify(&self.pmodes(), time(NOW));
        let found = found.map(|_| ());
        let found = found.map_err(|refusal| match refusal.reason() {
            Reason::Authentication(problem) => *problem,
            // The certificate was accepted; the message made for it is only too old or too new.
            Reason::Timestamp(_) => "",
            other => panic!("{other}"),
        });
        let found = if found == Err("") { Ok(()) } else { found };
        assert_eq!(found, expected);
    }
}

#[test]
fn a_path_to_an_authority_is_enough_for_the_party_it_names() {
    let setting = Setting::new();
    setting.check(&setting.issuing.leaf(|_| {}), Ok(()));
    setting.check(&setting.root.leaf(|_| {}), Ok(()));
    let other = setting.issuing.leaf(|it| *it = parameters("AP_AT_01"));
    setting.check(&other, Err("the certificate is not the sender's"));
}

#[test]
fn a_chain_in_the_message_helps_but_is_no_anchor() {
    // [P13]
    let mut setting = Setting::new().signing("authorities = [\"root\"]");
    setting.token = TokenKind::PkiPath;
    let (pair, leaf) = setting.issuing.leaf(|_| {});
    let chain = format!("{leaf}{}", setting.issuing.pem);
    setting.check(&(pair, chain), Ok(()));
    let rogue = Authority::root("Root");
    let (pair, leaf) = rogue.leaf(|_| {});
    let chain = format!("{leaf}{}", rogue.pem);
    setting.check(&(pair, chain), Err("no path to a trusted authority"));
}

#[test]
fn the_key_of_the_authority_may_be_of_another_kind() {
    // [P40] an Ed25519 certificate below an RSA root.
    let rsa = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
    let root = Authority::with_key("RSA root", rsa);
    let pair = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let leaf = parameters("AP_FR_01").signed_by(&pair, &root.issuer);
    let leaf = (pair, leaf.unwrap().pem());
    let setting = Setting::new().profile(Profile::Ed25519);
    setting.check(&leaf, Err("no path to a trusted authority"));
    setting.file("root", root.pem).check(&leaf, Ok(()));
}

#[test]
fn a_subject_and_a_policy_may_be_asked_for() {
    // [AS4 4.5] [AS4 3.5] missing policy, subject that does not match
    let policy = |it: &mut CertificateParams| {
        let policies = b"\x30\x07\x30\x05\x06\x03\x2a\x03\x04".to_vec();
        let extension = rcgen::CustomExtension::from_oid_content(&[2, 5, 29, 32], policies);
        it.custom_extensions = vec![extension];
    };
    let path = "authorities = [\"root\"]\nintermediates = [\"issuing\"]\n";
    let setting = |lines: &str| Setting::new().signing(&format!("{path}{lines}"));
    let none = Err("the certificate has none of the agreed policies");
    let asking = setting("policies = [\"1.2.3.9\", \"1.2.3.4\"]");
    asking.check(&asking.issuing.leaf(policy), Ok(()));
    asking.check(&asking.issuing.leaf(|_| {}), none);
    let asking = setting("policies = [\"1.2.3.9\"]");
    asking.check(&asking.issuing.leaf(policy), none);
    let asking = setting(
        "subject = \"O='Test, with comma'\""
            .replace('\'', "\\\"")
            .as_str(),
    );
    asking.check(&asking.issuing.leaf(|_| {}), Ok(()));
    let asking = setting("subject = \"CN=AP_FR_01,O=Another\"");
    let leaf = asking.issuing.leaf(|_| {});
    asking.check(&leaf, Err("the certificate is not the sender's"));
}

#[test]
fn a_leaf_is_no_authority() {
    let setting = Setting::new();
    let (pair, leaf) = setting.issuing.leaf(|_| {});
    let mut parameters = parameters("AP_FR_01");
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let fake = Authority {
        pem: leaf.clone(),
        issuer: Issuer::new(parameters, pair),
    };
    let mut setting = setting.signing("authorities = [\"root\"]\nintermediates = [\"issuing\"]");
    setting.token = TokenKind::PkiPath;
    let (pair, below) = fake.leaf(|_| {});
    setting.check(
        &(pair, format!("{below}{leaf}")),
        Err("no path to a trusted authority"),
    );
}

#[test]
fn a_certificate_is_used_in_its_time_and_for_its_purpose() {
    // [ROB-85]
    let setting = Setting::new();
    let date = rcgen::date_time_ymd;
    let expired = setting.issuing.leaf(|it| it.not_after = date(2026, 9, 1));
    setting.check(&expired, Err("the certificate has expired"));
    let early = setting.issuing.leaf(|it| it.not_before = date(2026, 12, 1));
    setting.check(&early, Err("the certificate is not yet valid"));
    let none = setting.issuing.leaf(|it| it.key_usages = Vec::new());
    setting.check(&none, Ok(()));
    let purposes = |purpose: ExtendedKeyUsagePurpose| {
        setting
            .issuing
            .leaf(|it| it.extended_key_usages = vec![purpose])
    };
    setting.check(&purposes(ExtendedKeyUsagePurpose::ClientAuth), Ok(()));
    let reserved = Err("no path to a trusted authority");
    setting.check(&purposes(ExtendedKeyUsagePurpose::CodeSigning), reserved);
    setting.check(&purposes(ExtendedKeyUsagePurpose::OcspSigning), reserved);
}

#[test]
fn a_revoked_certificate_is_refused_and_so_is_one_no_list_speaks_for() {
    // [AS4 6.G] fail closed.
    let good = |setting: Setting| {
        let leaf = setting.issuing.leaf(|_| {});
        (setting, leaf)
    };
    let with = |list: &dyn Fn(&Setting) -> String| {
        let setting = Setting::new();
        let crl = list(&setting);
        good(setting.with_crl(crl))
    };
    let unknown = Err("no current revocation list speaks for the certificate");
    let (setting, leaf) = with(&|it| it.issuing.crl(&[9], 2027));
    setting.check(&leaf, Ok(()));
    let (setting, leaf) = with(&|it| it.issuing.crl(&[1, 2, 3], 2027));
    setting.check(&leaf, Err("the certificate is revoked"));
    let (setting, leaf) = with(&|it| it.root.crl(&[9], 2027));
    setting.check(&leaf, unknown);
    let (setting, leaf) = with(&|_| Authority::root("Issuing").crl(&[9], 2027));
    setting.check(&leaf, unknown);
    let stale = Setting::new();
    let crl = stale.issuing.crl(&[9], 2026);
    let (setting, leaf) = good(stale.with_crl(crl));
    setting.check(&leaf, unknown);
}

#[test]
fn a_pinned_certificate_is_compared_octet_by_octet() {
    let setting = Setting::new();
    let leaf = setting.issuing.leaf(|_| {});
    let twin = setting.issuing.leaf(|_| {});
    let pinned = setting
        .file("pin", leaf.1.clone())
        .signing("certificates = [\"pin\"]");
    pinned.check(&leaf, Ok(()));
    pinned.check(&twin, Err("the certificate is not one of the sender's"));
    // Pinned and with authorities: both must hold.
    let strangers = Authority::root("Stranger");
    let both = pinned
        .file("root", strangers.pem)
        .signing("certificates = [\"pin\"]\nauthorities = [\"root\"]");
    both.check(&leaf, Err("no path to a trusted authority"));
}

#[test]
fn the_signature_must_be_by_the_key_of_the_profile() {
    let world = World::new(Profile::Ecdsa);
    let rsa = World::rsa();
    let sent = rsa.send(&super::support::request(), &Leg::default());
    let refusal = world
        .receive(sent.content_type(), sent.body().clone())
        .unwrap_err();
    assert_eq!(refusal.code(), EbmsCode::PolicyNoncompliance);
}
