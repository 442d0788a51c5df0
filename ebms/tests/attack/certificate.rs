//! Certificates that may not sign, or not now, or no more. Every message is signed for real by
//! FR's key; only the certificate around it is another. [AS4 6.G]

use super::{
    bench::{Bench, all},
    message::swap,
    tally::{Case, Group},
    world::{Identity, SCHEME, parameters, partner_toml, pmodes_of},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use ebms::{PModes, Partner};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber,
    date_time_ymd,
};
use std::{collections::BTreeMap, sync::LazyLock};

pub(crate) static STATES: LazyLock<Group> = LazyLock::new(|| {
    let cases = all().flat_map(|bench| [pinned(bench), path(bench), lists(bench)].concat());
    Group::of("G", "certificates that may not sign, or not now", cases)
});

#[test]
fn a_certificate_counts_in_its_time_and_for_its_use() {
    // [ROB-85]
    STATES.check(100);
}

const AFTER: &str = "2030-01-01T00:00:01Z";
const BEFORE: &str = "2025-12-31T23:59:59Z";

struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new(name: &str, by: Option<&Self>, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut parameters = parameters(name);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        change(&mut parameters);
        let pair = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
        let pem = match by {
            Some(above) => parameters.signed_by(&pair, &above.issuer).unwrap().pem(),
            None => parameters.self_signed(&pair).unwrap().pem(),
        };
        Self {
            pem,
            issuer: Issuer::new(parameters, pair),
        }
    }

    /// A certificate for a key FR has.
    fn leaf(&self, key: &str, change: impl FnOnce(&mut CertificateParams)) -> Identity {
        let mut parameters = parameters("AP_FR_01");
        parameters.serial_number = Some(SerialNumber::from(vec![1, 2, 3]));
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        change(&mut parameters);
        let pair = KeyPair::from_pem(key).unwrap();
        Identity {
            key: key.to_owned(),
            certificate: parameters.signed_by(&pair, &self.issuer).unwrap().pem(),
        }
    }

    fn list(&self, revoked: &[u8], from: i32, until: i32) -> String {
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(from, 1, 1),
            next_update: date_time_ymd(until, 1, 1),
            crl_number: SerialNumber::from(1_u64),
            issuing_distribution_point: None,
            revoked_certs: vec![RevokedCertParams {
                serial_number: SerialNumber::from(revoked.to_vec()),
                revocation_time: date_time_ymd(2025, 1, 1),
                reason_code: None,
                invalidity_date: None,
            }],
            key_identifier_method: KeyIdMethod::Sha256,
        };
        list.signed_by(&self.issuer).unwrap().pem().unwrap()
    }
}

/// FR as DE knows it: `signing` is the body of that table, over named files.
fn under(bench: &Bench, signing: &str, files: &[(&str, &str)]) -> PModes {
    let suite = bench.name.split(',').next().unwrap();
    let security = format!("profile = \"{suite}\"\nencrypt = {}", bench.encrypted);
    let text = partner_toml("AP_FR_01", signing, "encrypt", &security);
    let mut known: BTreeMap<&str, &str> = files.iter().copied().collect();
    known.insert("encrypt", &bench.keys.other_decrypt.certificate);
    let load = |file: &str| {
        let pem = known.get(file).ok_or("no such file")?;
        Ok::<_, &str>(pem.as_bytes().to_vec())
    };
    pmodes_of(
        "AP_DE_01",
        SCHEME,
        vec![Partner::from_toml("fr", &text, load).unwrap()],
    )
}

/// The good message with another certificate in its token.
fn with(bench: &'static Bench, name: &str, signer: &Identity) -> Case {
    let token = |it: &Identity| STANDARD.encode(it.certificate().der());
    let mut changed = bench.good.clone();
    let (ours, theirs) = (token(&bench.keys.fr), token(signer));
    if ours != theirs {
        changed.security = swap(&changed.security, &ours, &theirs);
    }
    bench.signed_by(name, &changed, signer)
}

fn self_signed(key: &str, change: impl FnOnce(&mut CertificateParams)) -> Identity {
    let mut parameters = parameters("AP_FR_01");
    change(&mut parameters);
    let pair = KeyPair::from_pem(key).unwrap();
    Identity {
        key: key.to_owned(),
        certificate: parameters.self_signed(&pair).unwrap().pem(),
    }
}

/// Known octet by octet, and still only in its time and for its use.
fn pinned(bench: &'static Bench) -> Vec<Case> {
    let key = &bench.keys.fr.key;
    let pin = "certificates = [\"leaf\"]";
    let case = |name: &str, signer: &Identity| {
        let pmodes = under(bench, pin, &[("leaf", &signer.certificate)]);
        with(bench, name, signer).under(pmodes)
    };
    let usage = |purposes: Vec<KeyUsagePurpose>| {
        self_signed(key, |it| {
            it.serial_number = Some(SerialNumber::from(vec![9]));
            it.key_usages = purposes;
        })
    };
    let plain = self_signed(key, |_| {});
    let other = under(bench, pin, &[("leaf", &plain.certificate)]);
    vec![
        case("good", &plain).unchanged(),
        case("expired", &plain).at(AFTER),
        case("not yet valid", &plain).at(BEFORE),
        case(
            "expired before",
            &self_signed(key, |it| it.not_after = date_time_ymd(2026, 2, 1)),
        ),
        case(
            "valid later",
            &self_signed(key, |it| it.not_before = date_time_ymd(2027, 1, 1)),
        ),
        case("to sign", &usage(vec![KeyUsagePurpose::DigitalSignature])).unchanged(),
        case(
            "to encrypt keys",
            &usage(vec![KeyUsagePurpose::KeyEncipherment]),
        ),
        case(
            "to agree on keys",
            &usage(vec![KeyUsagePurpose::KeyAgreement]),
        ),
        case(
            "to sign certificates",
            &usage(vec![KeyUsagePurpose::KeyCertSign]),
        ),
        // The same key in another certificate is not what was pinned.
        with(bench, "another certificate", &bench.keys.rogue).under(other.clone()),
        with(
            bench,
            "renewed, not announced",
            &usage(vec![KeyUsagePurpose::DigitalSignature]),
        )
        .under(other),
    ]
}

/// By a path to an authority.
#[expect(clippy::too_many_lines, reason = "a list of variants")]
fn path(bench: &'static Bench) -> Vec<Case> {
    let key = &bench.keys.fr.key;
    let root = Authority::new("Root", None, |_| {});
    let issuing = Authority::new("Issuing", Some(&root), |_| {});
    let rogue = Authority::new("Root", None, |_| {});
    let expired = Authority::new("Old", Some(&root), |it| {
        it.not_after = date_time_ymd(2026, 2, 1)
    });
    let short = Authority::new("Short", Some(&root), |it| {
        it.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    });
    let below = Authority::new("Below", Some(&short), |_| {});
    let signing =
        "authorities = [\"root\"]\nintermediates = [\"between\"]\ncommon_name = \"AP_FR_01\"";
    let known = |anchor: &Authority, between: &Authority| {
        under(
            bench,
            signing,
            &[("root", &anchor.pem), ("between", &between.pem)],
        )
    };
    let case =
        |name: &str, signer: &Identity| with(bench, name, signer).under(known(&root, &issuing));
    let used = |purpose: ExtendedKeyUsagePurpose| {
        issuing.leaf(key, |it| it.extended_key_usages = vec![purpose])
    };
    let good = issuing.leaf(key, |_| {});
    let named = |name: &str| {
        let name = name.to_owned();
        issuing.leaf(key, |it| {
            it.distinguished_name.push(rcgen::DnType::CommonName, name)
        })
    };
    vec![
        case("good", &good).unchanged(),
        case("expired", &good).at(AFTER),
        case("not yet valid", &good).at(BEFORE),
        case(
            "expired before",
            &issuing.leaf(key, |it| it.not_after = date_time_ymd(2026, 2, 1)),
        ),
        case(
            "valid later",
            &issuing.leaf(key, |it| it.not_before = date_time_ymd(2027, 1, 1)),
        ),
        case(
            "to encrypt keys",
            &issuing.leaf(key, |it| {
                it.key_usages = vec![KeyUsagePurpose::KeyEncipherment];
            }),
        ),
        case("for code", &used(ExtendedKeyUsagePurpose::CodeSigning)),
        case(
            "for time stamps",
            &used(ExtendedKeyUsagePurpose::TimeStamping),
        ),
        case(
            "for revocation answers",
            &used(ExtendedKeyUsagePurpose::OcspSigning),
        ),
        case("for another party", &named("AP_AT_01")),
        case("for a longer name", &named("AP_FR_01 ")),
        case("for another case", &named("ap_fr_01")),
        case("by itself", &self_signed(key, |_| {})),
        case("by a root of the same name", &rogue.leaf(key, |_| {})),
        with(bench, "by an expired authority", &expired.leaf(key, |_| {}))
            .under(known(&root, &expired)),
        with(bench, "below the last authority", &below.leaf(key, |_| {})).under(under(
            bench,
            &signing.replace("[\"between\"]", "[\"short\", \"below\"]"),
            &[
                ("root", &root.pem),
                ("short", &short.pem),
                ("below", &below.pem),
            ],
        )),
        with(bench, "by the last authority", &short.leaf(key, |_| {}))
            .under(known(&root, &short))
            .unchanged(),
        with(
            bench,
            "below the leaf of another",
            &below_leaf(key, &issuing),
        )
        .under(known(&root, &issuing)),
    ]
}

/// A certificate issued with a key whose certificate is no authority's.
fn below_leaf(key: &str, issuing: &Authority) -> Identity {
    let pair = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let mut leaf = parameters("AP_AT_01");
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let _certificate = leaf.signed_by(&pair, &issuing.issuer).unwrap();
    let false_authority = Authority {
        pem: String::new(),
        issuer: Issuer::new(leaf, pair),
    };
    false_authority.leaf(key, |_| {})
}

/// An authority that signs lists although its certificate is not for that.
fn mute() -> Authority {
    let pair = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let mut parameters = parameters("Mute");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let pem = parameters.self_signed(&pair).unwrap().pem();
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let issuer = Issuer::new(parameters, pair);
    Authority { pem, issuer }
}

/// Revocation: revoked, no current list, a list of somebody else.
fn lists(bench: &'static Bench) -> Vec<Case> {
    let key = &bench.keys.fr.key;
    let root = Authority::new("Root", None, |_| {});
    let rogue = Authority::new("Root", None, |_| {});
    let mute = mute();
    let signing = "authorities = [\"root\"]\ncommon_name = \"AP_FR_01\"\ncrls = [\"list\"]";
    let good = root.leaf(key, |_| {});
    let case = |name: &str, list: &str| {
        let pmodes = under(bench, signing, &[("root", &root.pem), ("list", list)]);
        with(bench, name, &good).under(pmodes)
    };
    let of_mute = mute.leaf(key, |_| {});
    let by_mute = under(
        bench,
        signing,
        &[("root", &mute.pem), ("list", &mute.list(&[7], 2025, 2030))],
    );
    vec![
        case("not revoked", &root.list(&[7], 2025, 2030)).unchanged(),
        case("revoked", &root.list(&[1, 2, 3], 2025, 2030)),
        case("an old list", &root.list(&[7], 2025, 2026)),
        case("a list of tomorrow", &root.list(&[7], 2028, 2030)),
        case(
            "a list by another of the name",
            &rogue.list(&[7], 2025, 2030),
        ),
        case(
            "an old list that revokes",
            &root.list(&[1, 2, 3], 2024, 2026),
        ),
        with(bench, "a list by who may not", &of_mute).under(by_mute),
    ]
}
