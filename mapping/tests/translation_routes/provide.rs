//! Route `provide`, there and back.

use std::collections::BTreeSet;

use crate::world::{
    self, BIRTH, BIRTH_ACCEPTANCE, PDF, answer, asked, context, draw, request, request_draft,
};
use mapping::code_table::Place;
use mapping::edm::{self, Version};
use mapping::noots::{self, AgentClass, Availability};
use mapping::provide::{
    AnswerFault, Approval, Asked, Asking, Failure, admit, check, is_preview_due, nothing_to_edm,
    to_edm, to_national,
};
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

#[test]
fn an_answer_becomes_evidence_beside_its_content() {
    for version in Version::ALL {
        let request = request(version);
        let national = asked(&request);
        let response = answer(&national, 2);
        let asked = Asked {
            request: &request,
            national: &national,
        };
        let (message, parts) = to_edm(
            &response,
            &asked,
            Approval::NotNeeded,
            &context(),
            &mut draw(9000),
        )
        .unwrap();
        assert_eq!(
            (message.version(), message.request_id()),
            (version, request.id())
        );
        assert_eq!(message.provider().agent().id().value(), "08111000-0001-11");
        assert_eq!(
            message
                .provider()
                .agent()
                .address()
                .unwrap()
                .country()
                .as_str(),
            "DE"
        );
        assert_eq!(
            message.provider().platform().unwrap().id().value(),
            "DE-IP-0001"
        );
        assert_eq!(message.requester().id().value(), "00000000000002");
        assert_eq!(message.evidence().count(), 2);
        for (evidence, part) in message.evidence().zip(&parts) {
            assert_eq!(evidence.content(), &part.content_id);
            assert_eq!(part.content.expose().as_ref(), PDF);
            assert_eq!(evidence.title(), "Geburtsurkunde");
            let metadata = evidence.metadata();
            assert_eq!(metadata.distribution().format(), &part.media_type);
            assert_eq!(metadata.distribution().languages()[0].as_str(), "DE");
            assert_eq!(metadata.conforms_to().id().as_str(), BIRTH_ACCEPTANCE);
            assert_eq!(metadata.conforms_to().descriptions()[0].value(), "Auszug");
            assert_eq!(metadata.issuing_authority().id().value(), "08111000");
            assert_eq!(metadata.issuing_date().to_string(), "2026-11-23");
            assert_eq!(metadata.validity().unwrap().end().to_string(), "2027-11-22");
            assert_eq!(metadata.is_about(), &request.subject().identity());
        }
    }
}

#[test]
fn only_what_the_user_gave_away_leaves() {
    let request = request(Version::V2_0);
    let national = asked(&request);
    let response = answer(&national, 2);
    let Availability::Now(objects) = &response.availability else {
        panic!()
    };
    let chosen = BTreeSet::from([objects[1].object.id]);
    let asked = Asked {
        request: &request,
        national: &national,
    };
    let (message, parts) = to_edm(
        &response,
        &asked,
        Approval::Only(&chosen),
        &context(),
        &mut draw(9000),
    )
    .unwrap();
    assert_eq!(parts.len(), 1);
    assert_eq!(
        message.evidence().next().unwrap().id().uuid(),
        objects[1].object.id.uuid()
    );
    let none = BTreeSet::new();
    let (message, parts) = to_edm(
        &response,
        &asked,
        Approval::Only(&none),
        &context(),
        &mut draw(9000),
    )
    .unwrap();
    assert_eq!((message.packages().len(), parts.len()), (0, 0));
    assert_eq!(message.availability(), &edm::Availability::Now(Vec::new()));
}

#[test]
fn an_answer_for_later_says_when() {
    let request = request(Version::V1_2);
    let national = asked(&request);
    let mut response = answer(&national, 1);
    response.availability = Availability::At(world::now().into());
    let asked = Asked {
        request: &request,
        national: &national,
    };
    let (message, parts) = to_edm(
        &response,
        &asked,
        Approval::NotNeeded,
        &context(),
        &mut draw(1),
    )
    .unwrap();
    assert_eq!(message.availability(), &edm::Availability::At(world::now()));
    assert!(parts.is_empty());
}

#[test]
fn nothing_is_success_with_an_empty_list() {
    let request = request(Version::V2_0);
    let national = asked(&request);
    let asked = Asked {
        request: &request,
        national: &national,
    };
    let message = nothing_to_edm(&asked, &context(), &mut draw(1)).unwrap();
    assert_eq!(message.availability(), &edm::Availability::Now(Vec::new()));
}

#[track_caller]
fn check_fault(change: impl FnOnce(&mut noots::EvidenceResponse), expected: AnswerFault) {
    let request = request(Version::V2_0);
    let national = asked(&request);
    let mut response = answer(&national, 1);
    assert_eq!(check(&response, &national), Ok(()));
    change(&mut response);
    assert_eq!(check(&response, &national), Err(expected));
    let asked = Asked {
        request: &request,
        national: &national,
    };
    let refused = to_edm(
        &response,
        &asked,
        Approval::NotNeeded,
        &context(),
        &mut draw(1),
    )
    .unwrap_err();
    assert_eq!(refused, Failure::AnswerInvalid(expected));
}

fn first(response: &mut noots::EvidenceResponse, change: impl FnOnce(&mut noots::RegistryObject)) {
    let Availability::Now(objects) = &response.availability else {
        panic!()
    };
    let mut objects = objects.clone().into_vec();
    change(&mut objects[0].object);
    response.availability = Availability::Now(noots::OneOrMore::new(objects).unwrap());
}

#[test]
fn an_answer_to_another_question_is_refused() {
    check_fault(
        |response| response.request_id = world::message_id(99),
        AnswerFault::OtherRequest,
    );
}

#[test]
fn an_answer_from_another_provider_is_refused() {
    check_fault(
        |response| {
            let mut agent = response.providers.as_slice()[0].clone();
            agent.identifier.value = "other".to_owned();
            response.providers = noots::Agents::one(agent).unwrap();
        },
        AnswerFault::OtherProvider,
    );
}

#[test]
fn another_type_format_or_model_is_refused() {
    let other: noots::EvidenceTypeId = BIRTH.replace("ca8a", "0000").parse().unwrap();
    check_fault(
        |response| {
            first(response, |object| {
                object.metadata.conforms_to.classification = other
            })
        },
        AnswerFault::OtherType,
    );
    let png = noots::DistributedAs::one(noots::MediaType::Png, None);
    check_fault(
        |response| {
            first(response, |object| {
                object.metadata.distribution.distributed_as = png
            })
        },
        AnswerFault::OtherFormat,
    );
}

#[test]
fn a_structured_document_names_the_model_asked_for() {
    let mut draft = request_draft(Version::V2_0);
    let model: edm::DataModel = "https://sr.acc.oots.tech.ec.europa.eu/datamodels/Birth-1.0.0"
        .parse()
        .unwrap();
    let xml = edm::RequestedDistribution::new(edm::MediaType::Xml).with_conforms_to(model.clone());
    draft.evidence = draft.evidence.with_distributions(vec![xml]);
    let request = edm::Request::new(draft).unwrap();
    let national = asked(&request);
    let mut response = answer(&national, 1);
    let form = noots::DistributedAs::one(noots::MediaType::Xml, None);
    let bare = form.clone();
    first(&mut response, |object| {
        object.metadata.distribution.distributed_as = bare
    });
    assert_eq!(check(&response, &national), Err(AnswerFault::OtherModel));
    let same = national.evidence_type.distribution.conforms_to.clone();
    first(&mut response, |object| {
        object.metadata.distribution.distributed_as = form.with_model(same, None)
    });
    let asked = Asked {
        request: &request,
        national: &national,
    };
    let (message, _) = to_edm(
        &response,
        &asked,
        Approval::NotNeeded,
        &context(),
        &mut draw(1),
    )
    .unwrap();
    let evidence = message.evidence().next().unwrap();
    assert_eq!(
        evidence.metadata().distribution().conforms_to(),
        Some(&model)
    );
}

#[test]
fn an_empty_or_unfetched_document_is_refused() {
    let empty = noots::RepositoryItem::Content(mapping::Personal::new(bytes::Bytes::new()));
    check_fault(
        |response| first(response, |object| object.item = empty),
        AnswerFault::Empty,
    );
    let linked = noots::RepositoryItem::Reference("https://register.example.de/1".to_owned());
    check_fault(
        |response| first(response, |object| object.item = linked),
        AnswerFault::NotFetched,
    );
}

#[test]
fn two_documents_of_one_identifier_are_refused() {
    check_fault(
        |response| {
            let Availability::Now(objects) = &response.availability else {
                panic!()
            };
            let mut objects = objects.clone();
            objects.push(objects[0].clone());
            response.availability = Availability::Now(objects);
        },
        AnswerFault::SameIdentifier,
    );
}

#[test]
fn a_document_about_somebody_else_is_refused() {
    let change = |change: fn(&mut noots::NaturalPerson)| {
        move |response: &mut noots::EvidenceResponse| {
            first(response, |object| {
                let noots::Subject::Natural(person) = &mut object.subject else {
                    panic!()
                };
                change(person);
            });
        }
    };
    let date =
        |person: &mut noots::NaturalPerson| person.date_of_birth = jiff::civil::date(1931, 3, 1);
    check_fault(change(date), AnswerFault::OtherPerson);
    let id = |person: &mut noots::NaturalPerson| {
        person.identifier = Some("DE/FR/OTHER".parse().unwrap())
    };
    check_fault(change(id), AnswerFault::OtherPerson);
    let names = |person: &mut noots::NaturalPerson| {
        person.family_name = noots::Name::new("Anders");
        person.birth_name = None;
        person.given_name = noots::Name::new("Anders");
    };
    check_fault(change(names), AnswerFault::OtherPerson);
}

#[test]
fn a_register_may_spell_names_in_its_own_way() {
    let request = request(Version::V2_0);
    let national = asked(&request);
    let mut response = answer(&national, 1);
    first(&mut response, |object| {
        let noots::Subject::Natural(person) = &mut object.subject else {
            panic!()
        };
        person.family_name = noots::Name::new("MUELLER-ŻÓŁKIEWSKA");
        person.given_name = noots::Name::new("Zoe Angela");
    });
    assert_eq!(check(&response, &national), Ok(()));
}
