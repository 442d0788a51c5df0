//! Recorded and published answers of the Common Services: seven signed ones of the acceptance
//! environment, and samples of the lines 1.0 and 1.2.

#![expect(clippy::panic, clippy::unwrap_used, reason = "test code")]

use std::path::PathBuf;

use bridge::directory::{
    Signer, Trust, Untrusted,
    answer::{ConceptKind, ErrorCode, Level, Outcome, Services},
    decode,
    signature::verify,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use mapping::edm::{LanguageCode, Loa, Text, Version};

/// The folder, or `None` where the data are not at hand.
fn reference() -> Option<PathBuf> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/reference/oots");
    let path = PathBuf::from(path);
    if path.is_dir() {
        return Some(path);
    }
    let ci = std::env::vars().any(|(name, value)| name == "CI" && value == "true");
    assert!(!ci, "shared/reference is absent");
    #[expect(clippy::print_stderr, reason = "tells that a test did not run")]
    {
        eprintln!("not run: shared/reference is absent");
    }
    None
}

fn read(name: &str) -> Option<Vec<u8>> {
    Some(std::fs::read(reference()?.join(name)).unwrap())
}

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn trust() -> Option<Trust> {
    let pem = read("v2.0/cs-live/services_communs_acc.pem")?;
    let pem = String::from_utf8(pem).unwrap();
    Some(Trust::new([pem.as_str()], Signer::european_commission()).unwrap())
}

struct Recorded {
    headers: HeaderMap,
    body: Vec<u8>,
}

fn recorded(name: &str) -> Option<Recorded> {
    let lines = read(&format!("v2.0/cs-live/{name}.headers"))?;
    let mut headers = HeaderMap::new();
    for line in String::from_utf8(lines).unwrap().lines() {
        let (name, value) = line.split_once(": ").unwrap();
        headers.append(
            name.parse::<HeaderName>().unwrap(),
            HeaderValue::from_str(value).unwrap(),
        );
    }
    let body = read(&format!("v2.0/cs-live/{name}.xml"))?;
    Some(Recorded { headers, body })
}

const SEVEN: [&str; 7] = [
    "dsd_aucun_service_fr",
    "dsd_data_services_fi",
    "eb_evidence_types_fi",
    "eb_evidence_types_fr",
    "eb_requirements_catalogue",
    "eb_requirements_fr",
    "eb_requirements_vides",
];

fn text(texts: &[Text], lang: &str) -> String {
    let lang = [lang.parse::<LanguageCode>().unwrap()];
    Text::pick(texts, &lang).unwrap().value().to_owned()
}

// [AT-48]
#[test]
fn the_seven_recorded_answers_verify() {
    let Some(trust) = trust() else { return };
    for name in SEVEN {
        let recorded = recorded(name).unwrap();
        verify(
            &recorded.headers,
            &recorded.body,
            &trust,
            at("2026-08-01T00:00:00Z"),
        )
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

// [AT-48]
#[test]
fn a_flipped_bit_of_a_recorded_body_is_refused() {
    let Some(trust) = trust() else { return };
    for name in SEVEN {
        let mut recorded = recorded(name).unwrap();
        let middle = recorded.body.len() / 2;
        recorded.body[middle] ^= 1;
        let now = at("2026-08-01T00:00:00Z");
        let refusal = verify(&recorded.headers, &recorded.body, &trust, now).unwrap_err();
        assert_eq!(refusal, Untrusted::Digest, "{name}");
    }
}

// [AT-48] the leaf ends on 2027-10-23
#[test]
fn a_recorded_answer_is_refused_after_its_certificate_ended() {
    let Some(trust) = trust() else { return };
    let recorded = recorded("eb_requirements_fr").unwrap();
    let verify = |time| verify(&recorded.headers, &recorded.body, &trust, at(time)).map(|_| ());
    assert_eq!(verify("2027-10-23T11:39:34Z"), Ok(()));
    assert_eq!(verify("2027-10-23T11:39:36Z"), Err(Untrusted::Validity));
    assert_eq!(verify("2026-07-01T00:00:00Z"), Err(Untrusted::SignedAt));
}

// [AT-48]
#[test]
fn acceptance_is_not_trusted_in_production() {
    let Some(pem) = read("v2.0/cs-live/services_communs_prod.pem") else {
        return;
    };
    let pem = String::from_utf8(pem).unwrap();
    let trust = Trust::new([pem.as_str()], Signer::european_commission()).unwrap();
    let recorded = recorded("eb_requirements_fr").unwrap();
    let now = at("2026-08-01T00:00:00Z");
    let refusal = verify(&recorded.headers, &recorded.body, &trust, now).unwrap_err();
    assert_eq!(refusal, Untrusted::Issuer);
}

#[test]
fn the_recorded_catalogue_has_53_requirements() {
    let Some(recorded) = recorded("eb_requirements_catalogue") else {
        return;
    };
    let Outcome::Found(listing) = decode::requirements(&recorded.body).unwrap() else {
        panic!("refused");
    };
    assert_eq!(listing.oddities(), &[]);
    assert_eq!(listing.content().len(), 53);
    let german = "DE".parse().unwrap();
    let birth = "R1".parse().unwrap();
    let declared = |requirement: &&bridge::directory::answer::Requirement| {
        requirement.is_declared(&birth, german)
    };
    assert!(listing.content().iter().any(|r| declared(&r)));
}

#[test]
fn the_recorded_empty_answers_are_information() {
    let Some(none) = recorded("eb_requirements_vides") else {
        return;
    };
    let Outcome::Refused(refusal) = decode::requirements(&none.body).unwrap() else {
        panic!("found");
    };
    assert_eq!(refusal.code(), &ErrorCode::BrokerEmpty);
    let first = refusal.exceptions().next().unwrap();
    assert_eq!(first.detail(), Some("EMPTY_RESULT"));
    assert_eq!(first.kind(), "ObjectNotFoundExceptionType");

    let none = recorded("dsd_aucun_service_fr").unwrap();
    let Services::Refused(refusal) = decode::data_services(&none.body).unwrap() else {
        panic!("found");
    };
    assert_eq!(refusal.code(), &ErrorCode::DirectoryEmpty);
}

#[test]
fn the_recorded_evidence_types_decode() {
    for (name, classification) in [
        (
            "eb_evidence_types_fr",
            "869a6748-bfc5-4de6-a0b4-ec0420f6b6a4",
        ),
        (
            "eb_evidence_types_fi",
            "19f0783e-7cdc-4146-9ff9-e331514ffb74",
        ),
    ] {
        let Some(recorded) = recorded(name) else {
            return;
        };
        let Outcome::Found(listing) = decode::evidence_types(&recorded.body).unwrap() else {
            panic!("refused");
        };
        assert_eq!(listing.oddities(), &[]);
        let types = listing
            .content()
            .alternatives()
            .iter()
            .flat_map(|list| list.types());
        let ids: Vec<_> = types.map(|kind| kind.id().as_str()).collect();
        assert!(ids.iter().any(|id| id.ends_with(classification)), "{ids:?}");
    }
}

#[test]
fn the_recorded_data_service_decodes() {
    let Some(recorded) = recorded("dsd_data_services_fi") else {
        return;
    };
    let Services::Found(listing) = decode::data_services(&recorded.body).unwrap() else {
        panic!("refused");
    };
    assert_eq!(listing.oddities(), &[]);
    let [service] = listing.content().as_slice() else {
        panic!("one is expected");
    };
    assert_eq!(text(service.titles(), "FI"), "Testi-PDF");
    assert_eq!(service.required_loa(), Some(Loa::Substantial));
    assert_eq!(service.distributions()[0].languages(), &[LanguageCode::EN]);
    let [access] = service.access_services() else {
        panic!("one is expected");
    };
    assert_eq!(access.party().value(), "AP_FI_03");
    assert_eq!(
        access.party().scheme().as_str(),
        "urn:oasis:names:tc:ebcore:partyid-type:unregistered:FI"
    );
    assert_eq!(access.version(&Version::ALL), Some(Version::V2_0));
    assert_eq!(access.publisher().agent().id().value(), "FIKEHA02");
    assert!(access.publisher().is_of("FI".parse().unwrap()));
}

#[test]
fn every_published_requirements_answer_decodes() {
    for name in [
        "v1.0/xml/eb/4-2-Get-List-of-Requirements-Query-Birth-Certificate.xml",
        "v1.0/xml/eb/4-2-Get-List-of-Requirements-Query-Secondary-Education.xml",
        "v1.0/xml/eb/4-2-Get-List-of-Requirements-Query-Social-Security-Contributions.xml",
        "v1.2/xml/cs/eb-requirements-it.xml",
    ] {
        let Some(body) = read(name) else { return };
        let Outcome::Found(listing) = decode::requirements(&body).unwrap() else {
            panic!("{name} refused");
        };
        assert_eq!(listing.oddities(), &[], "{name}");
        assert!(!listing.content().is_empty(), "{name}");
        for requirement in listing.content() {
            assert!(requirement.frameworks()[0].procedure().is_some(), "{name}");
        }
    }
}

#[test]
fn every_published_evidence_types_answer_decodes() {
    for name in [
        "v1.0/xml/eb/4-3-Get-Evidence-Types-for-Requirement-Query-Birth-Certificate.xml",
        "v1.0/xml/eb/4-3-Get-Evidence-Types-for-Requirement-Query-Secondary-Education.xml",
        "v1.0/xml/eb/4-3-Get-Evidence-Types-for-Requirement-Query-Social-Security-Contributions.xml",
        "v1.0/xml/eb/old-4-3-Get-Evidence-Types-Birth-Test-negative.xml",
        "v1.2/xml/cs/eb-evidence-types-it.xml",
    ] {
        let Some(body) = read(name) else { return };
        match decode::evidence_types(&body) {
            Ok(Outcome::Found(listing)) => {
                assert_eq!(listing.oddities(), &[], "{name}");
                assert!(!listing.content().alternatives().is_empty(), "{name}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn every_published_data_services_answer_decodes() {
    for name in [
        "v1.0/xml/dsd/4-3-Query-Response-of-the-DSD-Birth-Certificate-Simple-Flow.xml",
        "v1.0/xml/dsd/4-3-Query-Response-of-the-DSD-Birth-Certificate.xml",
        "v1.0/xml/dsd/4-3-Query-Response-of-the-DSD-Secondary-Education.xml",
        "v1.0/xml/dsd/4-3-Query-Response-of-the-DSD-Social-Security-Contributions.xml",
        "v1.2/xml/cs/dsd-response-it.xml",
    ] {
        let Some(body) = read(name) else { return };
        let Services::Found(listing) = decode::data_services(&body).unwrap() else {
            panic!("{name} refused");
        };
        assert_eq!(listing.oddities(), &[], "{name}");
        for service in listing.content() {
            let access = &service.access_services()[0];
            assert_eq!(access.version(&Version::ALL), Some(Version::V1_0), "{name}");
        }
    }
}

#[test]
fn every_published_refusal_decodes() {
    let eb = "v1.0/xml/eb/4-4-Query-Error-Response-of-the-Evidence-Broker";
    let dsd = "v1.0/xml/dsd/4-4-1-Query-Error-Response-of-the-DSD";
    for (name, code) in [
        (format!("{eb}-Birth.xml"), "EB:ERR:0003"),
        (format!("{eb}-Secondary-Education.xml"), "EB:ERR:0004"),
        (
            format!("{eb}-Social-Security-Contributions.xml"),
            "EB:ERR:0002",
        ),
        (format!("{dsd}-Birth-Certificate.xml"), "DSD:ERR:0003"),
        (format!("{dsd}-Secondary-Education.xml"), "DSD:ERR:0002"),
        (
            format!("{dsd}-Social-Security-Contributions.xml"),
            "DSD:ERR:0001",
        ),
    ] {
        let Some(body) = read(&name) else { return };
        let Services::Refused(refusal) = decode::data_services(&body).unwrap() else {
            panic!("{name} found");
        };
        assert_eq!(refusal.code().as_str(), code, "{name}");
    }
}

#[track_caller]
fn question(name: &str) -> Option<bridge::directory::answer::Question> {
    let body = read(name)?;
    match decode::data_services(&body).unwrap() {
        Services::MoreInput(question) => Some(*question),
        other => panic!("{name}: {other:?}"),
    }
}

// [AT-07]
#[test]
fn a_question_for_a_place_decodes() {
    let name = "v1.0/xml/edm-2023Q4-it/DSD_Error005_jurisdictionDeterminaton.xml";
    let Some(question) = question(name) else {
        return;
    };
    let place = question.determination().unwrap();
    assert_eq!(place.level(), Level::Lau);
    assert_eq!(text(place.labels(), "DE"), "Geburtsort");
    assert!(question.concepts().is_empty());
    assert!(question.service().id().is_some());
}

// [AT-07]
#[test]
fn a_question_for_a_concept_decodes() {
    let name = "v1.0/xml/edm-2023Q4-it/DSD_Error005_classificationConcept.xml";
    let Some(question) = question(name) else {
        return;
    };
    assert!(question.determination().is_none());
    let [concept] = question.concepts() else {
        panic!("one is expected");
    };
    assert_eq!(concept.kind(), &ConceptKind::Text);
    assert_eq!(concept.kind_text(), "stringValue");
    assert_eq!(text(concept.labels(), "DE"), "Art der Sekundarschulbildung");
    assert!(concept.value_expression().is_some());
}

// [AT-07]
#[test]
fn every_other_published_question_decodes() {
    let dsd = "v1.0/xml/dsd/4-4-3-Query-Error-Response-of-the-DSD-requesting-additional-User-Provided-Attributes";
    for name in [
        "v1.0/xml/edm-2023Q4-it/DSD_Error005_jurisdictionAndclassification.xml".to_owned(),
        format!("{dsd}-Birth-Certificate-DSD-ERR005.xml"),
        format!("{dsd}-Secondary-Education-DSD-ERR005.xml"),
        format!("{dsd}-Social-Security-Contributions-DSD-ERR005.xml"),
    ] {
        let Some(question) = question(&name) else {
            return;
        };
        assert!(!question.concepts().is_empty(), "{name}");
    }
}
