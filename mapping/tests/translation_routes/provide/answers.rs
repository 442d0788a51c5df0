//! What the answer of a register becomes.

use std::collections::BTreeSet;

use crate::world::{self, BIRTH_ACCEPTANCE, PDF, answer, asked, context, draw, request};
use mapping::edm::{self, Version};
use mapping::noots::Availability;
use mapping::provide::{Approval, Asked, nothing_to_edm, to_edm};

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
