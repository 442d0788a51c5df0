//! Route `retrieve`, there and back.

use crate::world::{
    self, PDF, collection, context, draw, foreign_answer, foreign_metadata, foreign_response,
    order, selection,
};
use bytes::Bytes;
use mapping::edm::{self, Version};
use mapping::noots::{self, AgentClass, Availability, Message};
use mapping::retrieve::{
    Accepted, Collected, Collecting, Failure, Outcome, accept, admit, to_edm, to_national,
};
use mapping::{EvidencePart, Personal, Untranslatable, Warning};
use uuid::Uuid;

fn abroad(version: Version) -> (edm::Request, Vec<Warning>) {
    let translated = to_edm(&order(), selection(version), &context(), &mut draw(100)).unwrap();
    (translated.message, translated.warnings)
}

fn collected(outcomes: &[Outcome<'_>]) -> Collected {
    let (call, order) = (collection(), order());
    to_national(
        outcomes,
        &Collecting {
            call: &call,
            order: &order,
        },
        &context(),
        &mut draw(5000),
    )
    .unwrap()
}

fn results(collected: &Collected) -> &noots::GetEvidenceResponse {
    match &collected.message {
        Message::GetEvidenceResponse(response) => response,
        other => panic!("{other:?}"),
    }
}

fn country() -> edm::CountryCode {
    "FR".parse().unwrap()
}

#[test]
fn an_order_becomes_a_request_in_every_release() {
    for version in Version::ALL {
        let (request, _) = abroad(version);
        assert_eq!(request.version(), version);
        assert_eq!(request.procedure().as_str(), "V2");
        assert!(request.possibility_for_preview() && request.explicit_request_given());
        assert_eq!(request.requester().authority().id().value(), "DE-DC-1");
        assert_eq!(request.requester().country().unwrap().as_str(), "DE");
        assert_eq!(
            request.requester().platform().unwrap().id().value(),
            "DE-IP-0001"
        );
        assert_eq!(request.provider().id().value(), "00000000000002");
        assert_eq!(request.languages(), ["DE".parse().unwrap()]);
        assert_eq!(request.evidence().evidence_type().as_str(), world::FOREIGN);
    }
}

#[test]
fn without_confirmation_the_request_says_so() {
    let chosen = mapping::retrieve::Selection {
        confirmed: false,
        ..selection(Version::V1_2)
    };
    let translated = to_edm(&order(), chosen, &context(), &mut draw(1)).unwrap();
    assert!(!translated.message.explicit_request_given());
}

#[test]
fn the_identification_number_never_goes_abroad() {
    for version in Version::ALL {
        let text = String::from_utf8(abroad(version).0.encode()).unwrap();
        assert!(text.contains("DE/FR/AT-PII-7f3c91"));
        for kept in ["12345678901", "sealed", "EGovG", "portal.example.de"] {
            assert!(!text.contains(kept), "{kept}");
        }
    }
}

#[test]
fn greece_changes_its_letters_and_other_countries_are_left_out() {
    let (request, warnings) = abroad(Version::V1_2);
    let edm::Subject::Natural(person) = request.subject() else {
        panic!()
    };
    let nationalities: Vec<_> = person
        .nationalities()
        .iter()
        .map(|code| code.expose().as_str())
        .collect();
    assert_eq!(nationalities, ["EL"]);
    assert!(warnings.contains(&Warning::CountryDropped));
}

#[test]
fn a_requester_without_country_of_the_list_cannot_ask() {
    let mut order = order();
    let mut agent = order.requesters.as_slice()[0].clone();
    agent.address = Some(noots::Address::of_country("US".parse().unwrap()));
    order.requesters = noots::Agents::one(agent).unwrap();
    let refused = to_edm(&order, selection(Version::V1_2), &context(), &mut draw(1)).unwrap_err();
    assert_eq!(refused, Untranslatable::Requester);
}

#[test]
fn representatives_of_both_kinds_travel() {
    let mut order = order();
    let noots::Subject::Natural(person) = order.subject.clone() else {
        panic!()
    };
    order.representative = Some(noots::Representative::Natural(person));
    let request = to_edm(&order, selection(Version::V2_0), &context(), &mut draw(1))
        .unwrap()
        .message;
    assert!(request.representative().is_some());
    let company = noots::LegalPerson {
        identifier: "DE/FR/HRB-12345".parse().unwrap(),
        name: noots::Name::new("Beispiel GmbH"),
        loa: noots::Loa::High,
        identifiers: vec![noots::LegalIdentifier {
            value: "DE1".to_owned(),
            scheme: "urn:cef.eu:names:identifier:EAS:9930".parse().unwrap(),
        }],
        address: None,
        sector_attributes: Vec::new(),
        phone: None,
        email: None,
    };
    order.representative = Some(noots::Representative::Legal(Box::new(company)));
    let request = to_edm(&order, selection(Version::V2_0), &context(), &mut draw(1))
        .unwrap()
        .message;
    let by = request.legal_representative().unwrap();
    assert_eq!(by.other_identifiers()[0].0, edm::LegalIdScheme::Vat);
}

#[test]
fn an_order_is_taken_for_national_procedures_only() {
    // [XN-R9]
    let tables = context().tables;
    assert_eq!(admit(&order(), tables), Ok(()));
    let of = |code: &str| noots::EvidenceOrder {
        procedure: code.parse().unwrap(),
        ..order()
    };
    assert_eq!(
        admit(&of("V5"), tables),
        Err(Failure::RuleBroken(noots::Rule::CodeList))
    );
    assert_eq!(admit(&of("Z9"), tables), Err(Failure::ProcedureUnknown));
}

#[test]
fn an_order_that_is_taken_gets_a_link() {
    let accepted = Accepted {
        url_to_platform: "https://ip.example.de/abruf/x".to_owned(),
        conversation_id: noots::ConversationId::new(Uuid::from_u128(7)),
    };
    let response = accept(&order(), accepted, &context(), &mut draw(1)).unwrap();
    assert_eq!(response.order_id, order().header.id);
    assert_eq!(response.header.reader, order().header.author);
    let message = Message::EvidenceOrderResponse(Box::new(response));
    assert_eq!(
        noots::decode_json(&noots::encode_json(&message)),
        Ok(message)
    );
}

#[test]
fn an_answer_is_handed_over_with_its_content() {
    for version in Version::ALL {
        let (request, _) = abroad(version);
        let (response, parts) = foreign_answer(&request, 2);
        let collected = collected(&[Outcome::Answered {
            response: &response,
            parts: &parts,
            country: country(),
        }]);
        assert_eq!((collected.status, collected.failures.len()), (200, 0));
        let message = results(&collected);
        assert_eq!(message.request_id, collection().header.id);
        assert_eq!(message.status(), noots::Status::Success);
        let providers = &message.results[0].providers;
        assert_eq!(
            providers
                .with_class(AgentClass::EvidenceProvider)
                .unwrap()
                .identifier
                .value,
            "00000000000002"
        );
        assert_eq!(
            providers
                .with_class(AgentClass::IntermediaryPlatform)
                .unwrap()
                .identifier
                .value,
            "DE-IP-0001"
        );
        let Availability::Now(objects) = &message.results[0].availability else {
            panic!()
        };
        assert_eq!(objects.len(), 2);
        let object = &objects[0];
        let noots::RepositoryItem::Content(content) = &object.item else {
            panic!()
        };
        assert_eq!(content.expose().as_ref(), PDF);
        assert_eq!(object.metadata.title, "Carte grise");
        assert_eq!(object.metadata.issued_on.to_string(), "2026-01-02");
        assert_eq!(
            object.metadata.conforms_to.classification.as_str(),
            world::FOREIGN.replace("sr.acc.", "sr.")
        );
        assert_eq!(
            object.metadata.conforms_to.titles[0].language.as_str(),
            "fr"
        );
        assert_eq!(object.metadata.authority.identifier.value, "130");
        assert_eq!(object.metadata.distribution.languages[0].as_str(), "fr");
        // The person of the order, not the one the foreign side names.
        assert_eq!(object.subject, order().subject);
        assert_eq!(
            noots::decode_json(&noots::encode_json(&collected.message)).as_ref(),
            Ok(&collected.message)
        );
    }
}

#[test]
fn annexes_become_further_documents() {
    // [AT-16]
    let (request, _) = abroad(Version::V2_0);
    let main_id = edm::ObjectId::new(Uuid::from_u128(1));
    let main = edm::Evidence::new(
        main_id,
        "main@x".parse().unwrap(),
        " ",
        foreign_metadata(&request),
    );
    let tie = edm::Association::new(edm::ObjectId::new(Uuid::from_u128(2)), main_id);
    let annex = edm::Supplement::new(
        edm::SupplementKind::Translation,
        (
            edm::ObjectId::new(Uuid::from_u128(3)),
            edm::EvidenceId::new(Uuid::from_u128(4)),
        ),
        ("annex@x".parse().unwrap(), "Übersetzung".to_owned()),
        edm::Distribution::new(edm::MediaType::Png).with_languages(vec![edm::LanguageCode::DE]),
        tie,
    );
    let package = edm::Package::new(edm::ObjectId::new(Uuid::from_u128(5)), main)
        .with_supplements(vec![annex]);
    let response = foreign_response(&request, edm::Availability::Now(vec![package]));
    // The order of the parts carries no meaning. [AT-15]
    let parts = [part("annex@x", b"annex"), part("main@x", b"main")];
    let collected = collected(&[Outcome::Answered {
        response: &response,
        parts: &parts,
        country: country(),
    }]);
    let Availability::Now(objects) = &results(&collected).results[0].availability else {
        panic!()
    };
    // Without xlink:title the title of the evidence type stands in.
    assert_eq!(objects[0].metadata.title, "Certificat");
    assert_eq!(objects[1].metadata.title, "Übersetzung");
    assert_eq!(
        objects[1].metadata.distribution.distributed_as.preferred(),
        Some(&noots::MediaType::Png)
    );
    assert_eq!(
        objects[1].item,
        noots::RepositoryItem::Content(Personal::new(Bytes::from_static(b"annex")))
    );
}

fn part(id: &str, content: &'static [u8]) -> EvidencePart {
    EvidencePart {
        content_id: id.parse().unwrap(),
        media_type: edm::MediaType::Pdf,
        content: Personal::new(Bytes::from_static(content)),
    }
}

#[track_caller]
fn check_parts(parts: &[EvidencePart], expected: Untranslatable) {
    let (request, _) = abroad(Version::V2_0);
    let (response, _) = foreign_answer(&request, 2);
    let collected = collected(&[Outcome::Answered {
        response: &response,
        parts,
        country: country(),
    }]);
    assert_eq!(collected.failures, [Failure::AnswerInvalid(expected)]);
    assert_eq!(collected.status, 409);
    assert!(matches!(
        collected.message,
        Message::GetEvidenceErrorResponse(_)
    ));
}

#[test]
fn documents_and_contents_belong_together() {
    // [AT-15]
    let (one, two) = (part("part0@example", b"1"), part("part1@example", b"2"));
    check_parts(std::slice::from_ref(&one), Untranslatable::Content);
    check_parts(
        &[one.clone(), two.clone(), part("stray@example", b"3")],
        Untranslatable::StrayContent,
    );
    check_parts(&[one.clone(), two, one], Untranslatable::Content);
}

#[test]
fn a_later_answer_says_when() {
    let (request, _) = abroad(Version::V1_2);
    let response = foreign_response(&request, edm::Availability::At(world::now()));
    let collected = collected(&[Outcome::Answered {
        response: &response,
        parts: &[],
        country: country(),
    }]);
    let message = results(&collected);
    assert_eq!(message.status(), noots::Status::Unavailable);
    assert_eq!(
        message.results[0].availability,
        Availability::At(world::now().into())
    );
}

#[test]
fn a_failure_beside_a_success_is_kept_apart() {
    let (request, _) = abroad(Version::V1_2);
    let (response, parts) = foreign_answer(&request, 1);
    let collected = collected(&[
        Outcome::Failed(Failure::ForeignSilent),
        Outcome::Answered {
            response: &response,
            parts: &parts,
            country: country(),
        },
    ]);
    assert_eq!(results(&collected).results.len(), 1);
    assert_eq!(collected.failures, [Failure::ForeignSilent]);
}

#[test]
fn nothing_at_all_is_an_error_message() {
    let (request, _) = abroad(Version::V1_2);
    let (empty, _) = foreign_answer(&request, 0);
    let collected = collected(&[
        Outcome::Answered {
            response: &empty,
            parts: &[],
            country: country(),
        },
        Outcome::Failed(Failure::Declined),
    ]);
    let Message::GetEvidenceErrorResponse(error) = &collected.message else {
        panic!()
    };
    assert_eq!(collected.failures, [Failure::NoEvidence, Failure::Declined]);
    assert_eq!(error.request_id, collection().header.id);
    assert_eq!(error.exceptions.len(), 2);
    assert_eq!(error.exceptions[0].code, noots::ErrorCode::NOT_FOUND);
    assert_eq!(error.error_provider.class, AgentClass::ErrorProvider);
    assert_eq!(
        noots::decode_json(&noots::encode_json(&collected.message)).as_ref(),
        Ok(&collected.message)
    );
}

#[test]
fn an_old_scheme_becomes_the_one_of_the_country() {
    // traffic before 1.2 writes schemes XNachweis does not admit
    let (request, _) = abroad(Version::V1_0);
    let old = "urn:oasis:names:tc:ebcore:partyid-type:unregistered:oots"
        .parse()
        .unwrap();
    let id = edm::AgentId::new("EP-1", old).unwrap();
    let provider = edm::Agent::new(id, edm::Text::new(edm::LanguageCode::EN, "Provider"));
    let mut draft = foreign_answer(&request, 1).0.into_draft();
    draft.provider = edm::ResponseProvider::new(provider);
    let response = edm::Response::new(draft).unwrap();
    let parts = foreign_answer(&request, 1).1;
    let collected = collected(&[Outcome::Answered {
        response: &response,
        parts: &parts,
        country: country(),
    }]);
    let provider = results(&collected).results[0]
        .providers
        .with_class(AgentClass::EvidenceProvider)
        .unwrap();
    assert_eq!(
        provider.identifier.scheme.as_str(),
        "urn:oasis:names:tc:ebcore:partyid-type:unregistered:FR"
    );
}
