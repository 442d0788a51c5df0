//! Whether the answer of a register is one to what was asked.

use crate::world::{self, BIRTH, answer, asked, context, draw, request, request_draft};
use mapping::edm::{self, Version};
use mapping::noots::{self, Availability};
use mapping::provide::{AnswerFault, Approval, Asked, Failure, check, to_edm};

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
