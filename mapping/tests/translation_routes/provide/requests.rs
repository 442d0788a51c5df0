//! What a register is asked, and when it is asked at all.

use crate::world::{self, BIRTH, asked, context, request, request_draft};
use mapping::code_table::Place;
use mapping::edm::{self, Version};
use mapping::noots::{self, AgentClass};
use mapping::provide::{Asking, Failure, admit, is_preview_due, to_national};
use mapping::{Untranslatable, Warning};

fn national(draft: edm::RequestDraft) -> (noots::EvidenceRequest, Vec<Warning>) {
    let request = edm::Request::new(draft).unwrap();
    let asking = Asking {
        provider: world::provider(),
        place: None,
        id: world::message_id(1),
    };
    let translated = to_national(&request, &asking, &context()).unwrap();
    (translated.message, translated.warnings)
}

fn natural(subject: &noots::Subject) -> &noots::NaturalPerson {
    match subject {
        noots::Subject::Natural(person) => person,
        noots::Subject::Legal(_) => panic!("a legal person"),
    }
}

#[test]
fn the_requester_stays_and_the_platform_is_ours() {
    for version in Version::ALL {
        let (message, _) = national(request_draft(version));
        let er = message
            .requesters
            .with_class(AgentClass::EvidenceRequester)
            .unwrap();
        assert_eq!(er.identifier.value, "00000000000002");
        assert_eq!(er.names[0].language.as_str(), "fr");
        assert_eq!(er.country().unwrap().as_str(), "FR");
        let ip = message
            .requesters
            .with_class(AgentClass::IntermediaryPlatform)
            .unwrap();
        assert_eq!(ip.identifier.value, "DE-IP-0001");
    }
}

#[test]
fn a_foreign_platform_has_no_place() {
    let mut draft = request_draft(Version::V2_0);
    draft.requester = draft.requester.with_platform(world::foreign_authority());
    let (message, warnings) = national(draft);
    assert_eq!(message.requesters.as_slice().len(), 2);
    assert!(warnings.contains(&Warning::ForeignPlatformDropped));
}

#[test]
fn the_language_is_the_one_the_request_prefers() {
    for version in Version::ALL {
        assert_eq!(national(request_draft(version)).0.language.as_str(), "fr");
    }
    let mut draft = request_draft(Version::V1_2);
    draft.lang = None;
    assert_eq!(national(draft).0.language, noots::LanguageCode::ENGLISH);
}

#[test]
fn the_procedure_becomes_the_purpose() {
    let (message, _) = national(request_draft(Version::V1_2));
    assert_eq!(message.purpose.as_deref(), Some("SDG-Verfahren T1"));
    assert!(
        message
            .legal_basis
            .unwrap()
            .starts_with("Art. 14 VO (EU) 2018/1724")
    );
}

#[test]
fn the_evidence_type_stands_on_the_production_host() {
    let (message, _) = national(request_draft(Version::V1_2));
    let wanted = &message.evidence_type;
    assert_eq!(wanted.classification.as_str(), BIRTH);
    assert_eq!(
        wanted.id.uuid(),
        request_draft(Version::V1_2).evidence.id().uuid()
    );
    assert_eq!(wanted.titles[0].value, "Certificate of Birth");
    assert_eq!(wanted.descriptions[0].value, "Extract");
    assert_eq!(wanted.distribution.formats()[0].priority, Some(1));
}

#[test]
fn without_a_distribution_the_formats_of_the_type_are_offered() {
    let mut draft = request_draft(Version::V1_2);
    draft.evidence = draft.evidence.with_distributions(Vec::new());
    let (message, _) = national(draft);
    assert_eq!(
        message.evidence_type.distribution.preferred(),
        Some(&noots::MediaType::Pdf)
    );
}

#[test]
fn several_formats_keep_their_order() {
    let mut draft = request_draft(Version::V2_0);
    let of = edm::RequestedDistribution::new;
    let model: edm::DataModel = "https://sr.acc.oots.tech.ec.europa.eu/datamodels/Birth-1.0.0"
        .parse()
        .unwrap();
    let xml = of(edm::MediaType::Xml).with_conforms_to(model);
    draft.evidence = draft
        .evidence
        .with_distributions(vec![xml, of(edm::MediaType::Pdf)]);
    let distribution = national(draft).0.evidence_type.distribution;
    let formats: Vec<_> = distribution
        .formats()
        .iter()
        .map(|format| (format.format.as_str(), format.priority))
        .collect();
    assert_eq!(
        formats,
        [("application/xml", Some(1)), ("application/pdf", Some(2))]
    );
    let model = distribution.conforms_to.unwrap();
    assert_eq!(
        model.as_str(),
        "https://sr.oots.tech.ec.europa.eu/datamodels/Birth-1.0.0"
    );
}

#[test]
fn every_attribute_of_a_natural_person_travels() {
    let (message, warnings) = national(request_draft(Version::V1_2));
    let person = natural(&message.subject);
    assert_eq!(
        person.identifier.as_ref().unwrap().as_str(),
        "DE/FR/AT-PII-7f3c91"
    );
    assert_eq!(person.family_name.value, "Müller-Żółkiewska");
    assert_eq!(person.family_name.non_latin.as_deref(), Some("Мюллер"));
    assert_eq!(person.given_name.value, "Zoë-Ángela");
    assert_eq!(person.date_of_birth.to_string(), "1931-02-28");
    assert_eq!(person.loa, noots::Loa::High);
    assert_eq!(person.birth_name.as_ref().unwrap().value, "Żółkiewska");
    assert_eq!(person.place_of_birth.as_deref(), Some("Stuttgart"));
    assert_eq!(person.town_of_birth.as_deref(), Some("Stuttgart"));
    assert_eq!(person.gender.as_deref(), Some("Female"));
    assert_eq!(person.phone.as_deref(), Some("+30 1"));
    assert_eq!(person.email.as_deref(), Some("a@example.org"));
    assert_eq!(person.sector_attributes[0].value, "b");
    assert_eq!(person.id_nr, None);
    assert_eq!(warnings, []);
}

#[test]
fn greece_changes_its_letters() {
    let (message, _) = national(request_draft(Version::V1_2));
    let person = natural(&message.subject);
    let address = person.address.as_ref().unwrap();
    assert_eq!(address.country.as_ref().unwrap().as_str(), "GR");
    // A NUTS code is no country code.
    assert_eq!(address.region.as_deref(), Some("EL30"));
    assert_eq!(person.nationalities[1].as_str(), "GR");
    assert_eq!(person.country_of_residence.as_ref().unwrap().as_str(), "GR");
}

#[test]
fn identifiers_of_companies_change_their_scheme_or_are_dropped() {
    let mut draft = request_draft(Version::V1_2);
    draft.subject = edm::Subject::Legal(Box::new(world::company(Version::V1_2)));
    let (message, warnings) = national(draft);
    let noots::Subject::Legal(company) = message.subject else {
        panic!()
    };
    assert_eq!(company.identifier.as_str(), "FR/DE/HRB-12345");
    let schemes: Vec<_> = company
        .identifiers
        .iter()
        .map(|id| id.scheme.as_str())
        .collect();
    assert_eq!(
        schemes,
        [
            "urn:cef.eu:names:identifier:EAS:9957",
            "urn:cef.eu:names:identifier:EAS:0199"
        ]
    );
    assert!(warnings.contains(&Warning::IdentifierDropped));
}

#[test]
fn a_company_without_eidas_identifier_cannot_be_asked_for() {
    // [XN-R4] 1.0 admits it, XNachweis does not
    let mut draft = request_draft(Version::V1_0);
    draft.subject = edm::Subject::Legal(Box::new(world::company(Version::V1_0)));
    let request = edm::Request::new(draft).unwrap();
    let asking = Asking {
        provider: world::provider(),
        place: None,
        id: world::message_id(1),
    };
    let refused = to_national(&request, &asking, &context()).unwrap_err();
    assert_eq!(refused, Untranslatable::LegalPersonIdentifier);
}

#[test]
fn representatives_of_both_kinds_travel() {
    let mut draft = request_draft(Version::V1_2);
    draft.representative = Some(Box::new(world::person()));
    let (message, _) = national(draft);
    assert!(matches!(
        message.representative,
        Some(noots::Representative::Natural(_))
    ));
    let mut draft = request_draft(Version::V1_2);
    draft.legal_representative = Some(Box::new(world::company(Version::V1_2)));
    let (message, _) = national(draft);
    assert!(matches!(
        message.representative,
        Some(noots::Representative::Legal(_))
    ));
}

#[test]
fn the_place_comes_from_the_user_the_request_or_the_register() {
    assert_eq!(
        national(request_draft(Version::V1_2))
            .0
            .jurisdiction
            .unwrap()
            .as_str(),
        "081110000000"
    );
    let mut draft = request_draft(Version::V1_2);
    let values = edm::SupportedValues::Strings(vec!["082120000000".to_owned()]);
    draft.classifications = vec![
        edm::ProviderClassification::new(
            edm::ConceptId::new(uuid::Uuid::from_u128(9)),
            "string",
            values,
        )
        .with_descriptions(vec![edm::Text::new(edm::LanguageCode::EN, "Municipality")]),
    ];
    assert_eq!(
        national(draft.clone()).0.jurisdiction.unwrap().as_str(),
        "082120000000"
    );
    let place = Place::parse("091620000000");
    let asking = Asking {
        provider: world::provider(),
        place: place.as_ref(),
        id: world::message_id(1),
    };
    let request = edm::Request::new(draft).unwrap();
    let message = to_national(&request, &asking, &context()).unwrap().message;
    assert_eq!(message.jurisdiction.unwrap().as_str(), "091620000000");
}

#[test]
fn the_message_is_one_that_a_register_reads() {
    for version in Version::ALL {
        let message = noots::Message::EvidenceRequest(Box::new(asked(&request(version))));
        let read = noots::decode_json(&noots::encode_json(&message));
        assert_eq!(read, Ok(message));
    }
}

#[test]
fn a_register_is_asked_only_when_everything_holds() {
    // [AT-39] [AT-40]
    let tables = context().tables;
    assert!(admit(&request(Version::V2_0), tables).is_ok());
    let mut draft = request_draft(Version::V2_0);
    draft.explicit_request_given = false;
    let refused = admit(&edm::Request::new(draft).unwrap(), tables);
    assert_eq!(refused.err(), Some(Failure::ExplicitRequestMissing));

    let mut draft = request_draft(Version::V2_0);
    let low = edm::NaturalPerson::new(edm::Loa::Low, world::person().identity().clone());
    draft.subject = edm::Subject::Natural(Box::new(low.clone()));
    assert_eq!(
        admit(&edm::Request::new(draft).unwrap(), tables).err(),
        Some(Failure::LoaTooLow)
    );
    let mut draft = request_draft(Version::V2_0);
    draft.representative = Some(Box::new(low));
    assert_eq!(
        admit(&edm::Request::new(draft).unwrap(), tables).err(),
        Some(Failure::LoaTooLow)
    );

    let mut draft = request_draft(Version::V2_0);
    let other = edm::RequestedEvidence::new(
        draft.evidence.id(),
        world::FOREIGN.parse().unwrap(),
        edm::Text::new(edm::LanguageCode::EN, "x1"),
    );
    draft.evidence = other.with_distributions(draft.evidence.distributions().to_vec());
    assert_eq!(
        admit(&edm::Request::new(draft).unwrap(), tables).err(),
        Some(Failure::EvidenceTypeUnknown)
    );
}

#[test]
fn a_preview_is_due_whatever_the_portal_can() {
    let tables = context().tables;
    let mut draft = request_draft(Version::V2_0);
    draft.possibility_for_preview = false;
    let without = edm::Request::new(draft.clone()).unwrap();
    let birth = admit(&without, tables).unwrap();
    assert!(is_preview_due(&without, birth, tables));
    draft.procedure = "00".parse().unwrap();
    let check = edm::Request::new(draft).unwrap();
    assert!(!is_preview_due(&check, birth, tables));
}
