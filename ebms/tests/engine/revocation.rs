//! Revocation: lists and OCSP answers that were fetched, soft and hard; who may give them; what is
//! asked before a message is verified; for whom nothing is encrypted any more.

use super::{
    support::{NOW, time},
    trust::{Authority, Setting, pair},
};
use ebms::{
    Partner,
    pmode::UnusableRecipient,
    security::{
        Certificate, Crl, InvalidOcspAnswer, OcspAnswer, OcspQuestion, Revocations, Standing,
    },
};
use rcgen::{ExtendedKeyUsagePurpose, KeyPair, SigningKey as _};
use x509_cert::der::{DateTime, Decode, Encode, asn1::BitString};
use x509_ocsp::{
    BasicOcspResponse, CertStatus, OcspGeneralizedTime, OcspRequest, OcspResponse, ResponderId,
    ResponseData, RevokedInfo, SingleResponse, Version,
};

const SOURCES: &str = "authorities = [\"root\"]\nintermediates = [\"issuing\"]\n\
                       ocsp_url = \"http://ca.example/ocsp\"";

fn asking(revocation: &str) -> Setting {
    Setting::new().signing(&format!("{SOURCES}\nrevocation = \"{revocation}\""))
}

fn certificate(pem: &str) -> Certificate {
    Certificate::from_pem(pem.as_bytes()).unwrap()
}

/// What a responder knows.
struct Responder<'r> {
    key: &'r KeyPair,
    /// Certificate it shows, where it is not the issuer itself.
    carried: Option<&'r str>,
    status: CertStatus,
    from: &'r str,
    until: Option<&'r str>,
}

impl<'r> Responder<'r> {
    fn of(key: &'r KeyPair, status: CertStatus) -> Self {
        Self {
            key,
            carried: None,
            status,
            from: "2026-11-23T09:00:00Z",
            until: Some("2026-11-24T09:00:00Z"),
        }
    }

    fn answer(&self, question: &OcspQuestion) -> OcspAnswer {
        let question = OcspRequest::from_der(&question.to_der().unwrap()).unwrap();
        let data = ResponseData {
            version: Version::V1,
            responder_id: ResponderId::ByKey(
                x509_cert::der::asn1::OctetString::new([0; 20]).unwrap(),
            ),
            produced_at: at(self.from),
            responses: vec![SingleResponse {
                cert_id: question.tbs_request.request_list[0].req_cert.clone(),
                cert_status: self.status,
                this_update: at(self.from),
                next_update: self.until.map(at),
                single_extensions: None,
            }],
            response_extensions: None,
        };
        let signature = self.key.sign(&data.to_der().unwrap()).unwrap();
        let carried = self.carried.map(|pem| {
            let der = certificate(pem).der().to_vec();
            vec![x509_cert::Certificate::from_der(&der).unwrap()]
        });
        let basic = BasicOcspResponse {
            tbs_response_data: data,
            signature_algorithm: x509_cert::spki::AlgorithmIdentifierOwned {
                oid: "1.2.840.10045.4.3.2".parse().unwrap(),
                parameters: None,
            },
            signature: BitString::from_bytes(&signature).unwrap(),
            certs: carried,
        };
        let response = OcspResponse::successful(basic).unwrap();
        OcspAnswer::from_der(&response.to_der().unwrap()).unwrap()
    }
}

fn at(text: &str) -> OcspGeneralizedTime {
    let seconds = u64::try_from(time(text).as_second()).unwrap();
    DateTime::from_unix_duration(std::time::Duration::from_secs(seconds))
        .unwrap()
        .into()
}

fn revoked() -> CertStatus {
    CertStatus::revoked(RevokedInfo {
        revocation_time: at("2026-11-01T00:00:00Z"),
        revocation_reason: None,
    })
}

/// The question that must be asked before a message by this leaf is verified.
fn question(setting: &Setting, leaf: &(KeyPair, String)) -> OcspQuestion {
    let questions = setting
        .message(leaf)
        .questions(&setting.pmodes(), time(NOW));
    assert_eq!(questions.len(), 1);
    questions[0].clone()
}

fn knowing(setting: Setting, answer: OcspAnswer) -> Setting {
    setting.known(Revocations::new(Vec::new(), vec![answer]))
}

const UNKNOWN: Result<(), &str> = Err("no current revocation list speaks for the certificate");
const REVOKED: Result<(), &str> = Err("the certificate is revoked");

#[test]
fn what_a_responder_says_decides() {
    // [AS4 6.G] [ROB-85] [AT-44]
    let check = |revocation: &str, status: CertStatus, expected: Result<(), &str>| {
        let setting = asking(revocation);
        let leaf = setting.issuing.leaf(|_| {});
        let question = question(&setting, &leaf);
        let answer = Responder::of(setting.issuing.issuer.key(), status).answer(&question);
        knowing(setting, answer).check(&leaf, expected);
    };
    check("hard", CertStatus::good(), Ok(()));
    check("hard", revoked(), REVOKED);
    check("hard", CertStatus::unknown(), UNKNOWN);
    check("soft", revoked(), REVOKED);
    check("soft", CertStatus::unknown(), Ok(()));
    check("off", revoked(), Ok(()));
}

#[test]
fn without_any_answer_soft_accepts_and_hard_refuses() {
    // [AS4 6.G] fail closed unless the operator says otherwise
    for (revocation, expected) in [("hard", UNKNOWN), ("soft", Ok(())), ("off", Ok(()))] {
        let setting = asking(revocation);
        let leaf = setting.issuing.leaf(|_| {});
        setting.check(&leaf, expected);
    }
}

#[test]
fn an_answer_that_its_issuer_did_not_sign_says_nothing() {
    let stranger = pair();
    let setting = asking("hard");
    let leaf = setting.issuing.leaf(|_| {});
    let question = question(&setting, &leaf);
    for key in [&stranger, setting.root.issuer.key(), &leaf.0] {
        let answer = Responder::of(key, CertStatus::good()).answer(&question);
        let known = Revocations::new(Vec::new(), vec![answer]);
        let pmodes = setting.pmodes().with_revocations(known);
        let refusal = setting
            .message(&leaf)
            .verify(&pmodes, time(NOW))
            .unwrap_err();
        assert_eq!(refusal.code().as_str(), "EBMS:0101");
    }
}

#[test]
fn a_responder_of_the_issuer_may_answer_for_it() {
    let delegated = |purpose: Option<ExtendedKeyUsagePurpose>, by: fn(&Setting) -> &Authority| {
        let setting = asking("hard");
        let leaf = setting.issuing.leaf(|_| {});
        let question = question(&setting, &leaf);
        let (key, pem) = by(&setting).leaf(|it| {
            it.extended_key_usages = purpose.into_iter().collect();
        });
        let responder = Responder {
            carried: Some(&pem),
            ..Responder::of(&key, CertStatus::good())
        };
        let answer = responder.answer(&question);
        (knowing(setting, answer), leaf)
    };
    let signs = || Some(ExtendedKeyUsagePurpose::OcspSigning);
    let (setting, leaf) = delegated(signs(), |it| &it.issuing);
    setting.check(&leaf, Ok(()));
    // Any certificate of the issuer is not enough, nor a responder of another authority.
    let (setting, leaf) = delegated(None, |it| &it.issuing);
    setting.check(&leaf, UNKNOWN);
    let (setting, leaf) = delegated(signs(), |it| &it.root);
    setting.check(&leaf, UNKNOWN);
}

#[test]
fn an_answer_counts_in_its_time_only() {
    let check = |from, until, expected: Result<(), &str>| {
        let setting = asking("hard");
        let leaf = setting.issuing.leaf(|_| {});
        let question = question(&setting, &leaf);
        let responder = Responder {
            from,
            until,
            ..Responder::of(setting.issuing.issuer.key(), CertStatus::good())
        };
        let answer = responder.answer(&question);
        knowing(setting, answer).check(&leaf, expected);
    };
    check(
        "2026-11-20T00:00:00Z",
        Some("2026-11-23T10:00:00Z"),
        UNKNOWN,
    );
    check(
        "2026-11-23T11:00:00Z",
        Some("2026-11-24T10:00:00Z"),
        UNKNOWN,
    );
    check("2026-11-23T01:00:00Z", None, Ok(()));
    check("2026-11-22T01:00:00Z", None, UNKNOWN);
}

#[test]
fn an_answer_about_another_certificate_says_nothing() {
    let setting = asking("hard");
    let leaf = setting.issuing.leaf(|_| {});
    let other = setting
        .issuing
        .leaf(|it| it.serial_number = Some(9_u64.into()));
    let question = question(&setting, &other);
    let answer = Responder::of(setting.issuing.issuer.key(), CertStatus::good()).answer(&question);
    knowing(setting, answer).check(&leaf, UNKNOWN);
}

#[test]
fn octets_that_are_no_answer_are_refused() {
    let read = |bytes: &[u8]| OcspAnswer::from_der(bytes).map(|_| ());
    assert_eq!(read(b""), Err(InvalidOcspAnswer::Malformed));
    assert_eq!(read(b"<html>"), Err(InvalidOcspAnswer::Malformed));
    let later = OcspResponse::try_later().to_der().unwrap();
    assert_eq!(read(&later), Err(InvalidOcspAnswer::Refused));
}

#[test]
fn nobody_is_asked_about_a_certificate_that_is_worth_nothing() {
    // [AS4 6.G] a message cannot make us call anybody, nor about what it likes.
    let setting = asking("hard");
    let stranger = Authority::root("Issuing").leaf(|_| {});
    let ask = |setting: &Setting, leaf: &(KeyPair, String)| {
        setting
            .message(leaf)
            .questions(&setting.pmodes(), time(NOW))
            .len()
    };
    assert_eq!(ask(&setting, &stranger), 0);
    let other = setting
        .issuing
        .leaf(|it| *it = super::support::parameters("AP_AT_01"));
    assert_eq!(ask(&setting, &other), 0);
    // Not twice either: what is known is not asked again.
    let leaf = setting.issuing.leaf(|_| {});
    let question = question(&setting, &leaf);
    let answer = Responder::of(setting.issuing.issuer.key(), CertStatus::good()).answer(&question);
    assert_eq!(ask(&knowing(setting, answer), &leaf), 0);
    let silent = Setting::new();
    let leaf = silent.issuing.leaf(|_| {});
    assert_eq!(ask(&silent, &leaf), 0);
}

#[test]
fn a_list_that_was_fetched_counts_like_one_of_a_file() {
    let check = |revoked: &[u8], until: i32, expected: Result<(), &str>| {
        let lines = SOURCES.replace(
            "ocsp_url = \"http://ca.example/ocsp\"",
            "crl_urls = [\"http://ca.example/crl\"]",
        );
        let setting = Setting::new().signing(&lines);
        let leaf = setting.issuing.leaf(|_| {});
        let list = Crl::from_bytes(setting.issuing.crl(revoked, until).as_bytes()).unwrap();
        setting
            .known(Revocations::new(vec![list], Vec::new()))
            .check(&leaf, expected);
    };
    check(&[9], 2027, Ok(()));
    check(&[1, 2, 3], 2027, REVOKED);
    check(&[9], 2026, UNKNOWN);
}

#[test]
fn a_revoked_authority_between_takes_its_certificates_with_it() {
    let mut parameters = super::support::parameters("AP_FR_01");
    parameters.serial_number = Some(vec![1, 2, 3].into());
    let setting = asking("soft");
    let leaf = setting.issuing.leaf(|_| {});
    let issuing = certificate(&setting.issuing.pem);
    let trust_of = setting.pmodes();
    let trust = trust_of.partner("fr").unwrap().trust();
    let question = trust.question(&issuing).unwrap();
    let answer = Responder::of(setting.root.issuer.key(), revoked()).answer(&question);
    knowing(setting, answer).check(&leaf, REVOKED);
}

/// A partner whose encryption certificate is this one.
fn recipient(setting: &Setting, pem: &str, lines: &str) -> Partner {
    let text = super::support::partner_toml("AP_FR_01", lines, "encrypt", "profile = \"ecdsa\"");
    let load = |name: &str| {
        Ok::<_, &str>(match name {
            "root" => setting.root.pem.clone().into_bytes(),
            "issuing" => setting.issuing.pem.clone().into_bytes(),
            _ => pem.to_owned().into_bytes(),
        })
    };
    Partner::from_toml("fr", &text, load).unwrap()
}

#[test]
fn nothing_is_encrypted_for_a_certificate_that_is_no_longer_good() {
    // [AS4 1.15] checked before signing and encrypting
    let setting = Setting::new();
    let agrees = |it: &mut rcgen::CertificateParams| {
        it.key_usages = vec![rcgen::KeyUsagePurpose::KeyAgreement];
    };
    let (_, good) = setting.issuing.leaf(agrees);
    let partner =
        |pem: &str, lines: &str| super::support::pmodes(vec![recipient(&setting, pem, lines)]);
    let usable = |pmodes: &ebms::PModes, now: &str| {
        pmodes
            .partner("fr")
            .unwrap()
            .recipient(time(now))
            .map(|_| ())
    };
    let hard = partner(&good, SOURCES);
    assert_eq!(usable(&hard, NOW), Err(UnusableRecipient::Unknown));
    let question = hard
        .partner("fr")
        .unwrap()
        .trust()
        .question(&certificate(&good))
        .unwrap();
    for (status, expected) in [
        (CertStatus::good(), Ok(())),
        (revoked(), Err(UnusableRecipient::Revoked)),
    ] {
        let answer = Responder::of(setting.issuing.issuer.key(), status).answer(&question);
        let pmodes = hard.with_revocations(Revocations::new(Vec::new(), vec![answer]));
        assert_eq!(usable(&pmodes, NOW), expected);
        let trust = pmodes.partner("fr").unwrap().trust();
        let standing = if expected.is_ok() {
            Standing::Good
        } else {
            Standing::Revoked
        };
        assert_eq!(trust.standing(&certificate(&good), time(NOW)), standing);
    }
    let unasked = partner(&good, "authorities = [\"root\"]");
    assert_eq!(usable(&unasked, NOW), Ok(()));
    assert_eq!(
        usable(&unasked, "2031-01-01T00:00:00Z"),
        Err(UnusableRecipient::Expired)
    );
    assert_eq!(
        usable(&unasked, "2025-01-01T00:00:00Z"),
        Err(UnusableRecipient::NotYetValid)
    );
    let (_, signs) = setting.issuing.leaf(|_| {});
    let wrong = partner(&signs, "authorities = [\"root\"]");
    assert_eq!(usable(&wrong, NOW), Err(UnusableRecipient::Usage));
}
