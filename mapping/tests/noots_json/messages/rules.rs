//! Messages whose values do not keep the rules of the standard.

use super::{changed, check, read, refusal};
use crate::example::{self, agent, code, natural, order, request, response};
use mapping::noots::Rule;
use serde_json::{Value, json};

#[test]
fn a_code_is_in_its_list() {
    // [XN-R9]
    let loa = "/Query/LegalOrNaturalPerson/NaturalPerson/LevelOfAssurance";
    check(
        &request(),
        loa,
        code("loa", "Highest", "2022-12"),
        Rule::CodeList,
        &format!("{loa}/code"),
    );
}

#[test]
fn a_natural_and_a_legal_person_exclude_each_other() {
    // [R-EDM-REQ-S016] [AT-19] both places are named
    let both = json!({"NaturalPerson": natural(), "LegalPerson": natural()});
    let invalid = refusal(&changed(
        &order(),
        "/DE.EvidenceOrder.0401/Query/LegalOrNaturalPerson",
        both,
    ));
    assert_eq!(invalid.rule().as_str(), "R-EDM-REQ-S016");
    assert!(!invalid.is_unreadable());
    let places: Vec<_> = invalid
        .findings()
        .map(|finding| finding.pointer().rsplit('/').next().unwrap().to_owned())
        .collect();
    assert_eq!(places, ["NaturalPerson", "LegalPerson"]);
}

#[test]
fn fixed_values_are_what_the_standard_says() {
    check(
        &request(),
        "/version",
        json!("1.2"),
        Rule::Fixed,
        "/version",
    );
    check(
        &request(),
        "/SpecificationIdentifier",
        json!("urn:xoev-de:bva:standard:xnachweis_1.2.0"),
        Rule::Fixed,
        "/SpecificationIdentifier",
    );
    let named = "/nachrichtenkopf/identifikation.nachricht/nachrichtentyp";
    check(
        &request(),
        &format!("{named}/code"),
        json!("DE.GetEvidence.0411"),
        Rule::Fixed,
        &format!("{named}/code"),
    );
    check(
        &request(),
        "/EvidenceProvider",
        agent("IP"),
        Rule::Fixed,
        "/EvidenceProvider/Classification/code",
    );
}

#[test]
fn a_role_occurs_once_and_a_requester_has_a_country() {
    // [XN-R1] [XN-R2]
    check(
        &request(),
        "/EvidenceRequester",
        json!([agent("ER"), agent("ER")]),
        Rule::OneAgentPerClass,
        "/EvidenceRequester",
    );
    check(
        &request(),
        "/EvidenceRequester/0/Address",
        Value::Null,
        Rule::RequesterCountry,
        "/EvidenceRequester",
    );
}

#[test]
fn priorities_are_unique() {
    // [XN-R3]
    let place = "/Query/RequestedEvidenceType/DistributedAs/PrioritizedFormat";
    let format =
        json!({"Format": code("ootsmediatypes", "application/pdf", "2023-11"), "Priority": 1});
    check(
        &request(),
        place,
        json!([format, format]),
        Rule::UniquePriority,
        place,
    );
}

#[test]
fn a_legal_person_has_an_eidas_identifier() {
    // [XN-R4]
    let legal = |id: Value| json!({"LegalPerson": {"LegalPersonIdentifier": id, "LegalName": {"value": "x"}, "LevelOfAssurance": code("loa", "Low", "2022-12")}});
    let place = "/Query/LegalOrNaturalPerson";
    let wrong = legal(json!({"value": "HRB 1", "schemeID": "eidas"}));
    check(
        &order(),
        place,
        wrong,
        Rule::LegalPersonIdentifier,
        &format!("{place}/LegalPerson/LegalPersonIdentifier/value"),
    );
    let mut missing = legal(json!(1));
    missing["LegalPerson"]
        .as_object_mut()
        .unwrap()
        .remove("LegalPersonIdentifier");
    check(
        &order(),
        place,
        missing,
        Rule::LegalPersonIdentifier,
        &format!("{place}/LegalPerson"),
    );
}

#[test]
fn a_power_of_representation_is_for_the_procedure() {
    // [XN-R6]
    let by = |scope: &str| {
        let mut person = natural();
        person["SectorSpecificAttribute"] = json!([{"AttributeName": "PowerOfRepresentationScope",
            "AttributeURI": "http://data.europa.eu/p4s/attributes/PowerOfRepresentationScope", "AttributeValue": scope}]);
        json!({"AuthorizedRepresentativePerson": person})
    };
    let place = "/Query/AuthorizedRepresentative";
    read(&changed(
        &order(),
        &format!("/DE.EvidenceOrder.0401{place}"),
        by("V2"),
    ));
    check(
        &order(),
        place,
        by("T1"),
        Rule::PowerOfRepresentation,
        place,
    );
    // 0301 has no procedure to compare with.
    read(&changed(
        &request(),
        &format!("/DE.EvidenceRequest.0301{place}"),
        by("T1"),
    ));
}

#[test]
fn a_document_refers_to_a_provider_of_the_message() {
    // [XN-R7]
    let place = "/EvidenceAvailability/RegistryObject/0/EvidenceProviderReference";
    let other = json!({"value": "other", "schemeID": "urn:cef.eu:names:identifier:EAS:0204"});
    check(&response(), place, other, Rule::ProviderReference, place);
}

#[test]
fn there_is_one_time_of_availability() {
    // [XN-R8]
    let times = json!({"ResponseAvailableDateTime": ["2026-11-24T08:00:00.000Z", "2026-11-25T08:00:00.000Z"]});
    check(
        &response(),
        "/EvidenceAvailability",
        times,
        Rule::OneAvailability,
        "/EvidenceAvailability/ResponseAvailableDateTime",
    );
}

#[test]
fn a_status_agrees_with_the_answer() {
    check(
        &response(),
        "/Status",
        example::status("Unavailable"),
        Rule::Fixed,
        "/Status/code",
    );
    check(
        &response(),
        "/Status",
        example::status("Failure"),
        Rule::Fixed,
        "/Status/code",
    );
}

#[test]
fn collected_evidence_names_provider_and_platform() {
    let place = "/EvidenceResponse/0/EvidenceProvider";
    check(
        &example::collected(),
        place,
        json!([agent("EP")]),
        Rule::Cardinality,
        place,
    );
}
