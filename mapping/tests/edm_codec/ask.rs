//! Requests: what they must hold, and in which release line.

use crate::{
    bend::{Noted, Read, Refused, check, check_error, check_request},
    handmade::{self, at, request, uuid},
};
use mapping::edm::{
    self, CountryCode, DataModel, EidasId, Gender, LanguageCode, LegalIdentity, LegalPerson,
    Liberty, Loa, MediaType, Message, NaturalIdentity, NaturalPerson, PreviewUrl, Request,
    RequestDraft, RequestId, RequestedDistribution, Requester, ReturnUrl, SecondRound, Subject,
    SupplementKind, Version,
};

#[test]
fn a_request_without_a_required_slot_names_the_rule_of_the_slot() {
    for (slot, rule) in [
        ("SpecificationIdentifier", "R-EDM-REQ-S005"),
        ("IssueDateTime", "R-EDM-REQ-S006"),
        ("Procedure", "R-EDM-REQ-S007"),
        ("PossibilityForPreview", "R-EDM-REQ-S009"),
        ("ExplicitRequestGiven", "R-EDM-REQ-S010"),
        ("Requirements", "R-EDM-REQ-S011"),
        ("EvidenceRequester", "R-EDM-REQ-S012"),
        ("EvidenceProvider", "R-EDM-REQ-S013"),
        ("EvidenceRequest", "R-EDM-REQ-S015"),
        ("NaturalPerson", "R-EDM-REQ-S016"),
    ] {
        let bytes = String::from_utf8(request(Version::V2_0).encode()).unwrap();
        let start = bytes.find(&format!("<rim:Slot name=\"{slot}\">")).unwrap();
        let end = start + bytes[start..].find("</rim:Slot>").unwrap() + "</rim:Slot>".len();
        let cut = format!("{}{}", &bytes[..start], &bytes[end..]);
        check(cut.into_bytes(), &[], Refused(rule));
    }
}

#[test]
fn a_slot_given_twice_is_refused() {
    let edits = [(
        "<rim:Slot name=\"IssueDateTime\">",
        "<rim:Slot name=\"Procedure\">",
    )];
    check_request(&edits, Refused("R-EDM-REQ-S022"));
    let slot = "<rim:Slot name=\"ExplicitRequestGiven\"><rim:SlotValue xsi:type=\"rim:BooleanValueType\"><rim:Value>true</rim:Value></rim:SlotValue></rim:Slot>";
    let twice = format!("{slot}{slot}");
    check_request(&[(slot, twice.as_str())], Refused("R-EDM-REQ-S010"));
}

#[test]
fn a_request_of_2_0_has_no_root_language() {
    let edits = [(
        "<query:QueryRequest ",
        "<query:QueryRequest xml:lang=\"DE\" ",
    )];
    check_request(&edits, Refused("R-EDM-REQ-S059"));
    let bytes = request(Version::V1_2).encode();
    let message = check(bytes, &edits, Read).unwrap();
    let Message::Request(request) = message else {
        panic!()
    };
    assert_eq!(request.languages(), [LanguageCode::DE]);
}

#[test]
fn the_second_request_of_2_0_says_the_way_back() {
    let location = "https://preview.example/space"
        .parse::<PreviewUrl>()
        .unwrap();
    let round = SecondRound::new(location.clone());
    let first = request(Version::V2_0);
    let id = RequestId::new(uuid(20));
    let missing = first.second(id.clone(), at(), round.clone()).unwrap_err();
    assert_eq!(missing.rule(), "R-EDM-REQ-S062");

    let round = round.with_back("https://portal.example/back".parse::<ReturnUrl>().unwrap());
    let second = first.second(id.clone(), at(), round.clone()).unwrap();
    assert_eq!(second.id(), &id);
    assert_eq!(second.second_round().unwrap().preview(), &location);
    let second = Message::Request(Box::new(second));
    let Message::Request(second) = &second else {
        panic!()
    };
    assert_eq!(
        edm::decode(&second.encode()).unwrap(),
        Message::Request(second.clone())
    );

    let old = request(Version::V1_2).second(id, at(), round).unwrap();
    assert_eq!(old.second_round().unwrap().back(), None);
    assert!(
        !String::from_utf8(old.encode())
            .unwrap()
            .contains("ReturnLocation")
    );
}

#[test]
fn white_space_around_the_preview_location_is_trimmed() {
    let round = SecondRound::new("https://preview.example/space".parse().unwrap());
    let second = request(Version::V1_2)
        .second(RequestId::new(uuid(20)), at(), round)
        .unwrap();
    let edits = [(
        "https://preview.example/space<",
        "https://preview.example/space\n   <",
    )];
    let Some(Message::Request(read)) = check(second.encode(), &edits, Read) else {
        panic!()
    };
    assert_eq!(read.second_round(), second.second_round());
}

#[test]
fn hostile_preview_locations_are_refused() {
    let long = format!("https://h.example/{}", "a".repeat(10_000));
    for location in [
        "javascript:alert(1)",
        "data:text/html,x",
        "http://preview.example/",
        "https://u:p@preview.example/",
        "https://good.example@evil.example/",
        "https:preview.example",
        "https://",
        "//evil.example",
        "https://preview.example/\n\rX: y",
        "https://preview.example\\@evil.example/",
        long.as_str(),
    ] {
        let edits = [(
            "https://preview.example/space?session=1&amp;lang=de",
            location,
        )];
        check_error(Version::V2_0, &edits, Refused("R-EDM-ERR-C019"));
    }
}

#[test]
fn an_unlisted_procedure_is_noted_and_a_misshapen_one_refused() {
    let noted = Noted(Liberty::Procedure, Some("R-EDM-REQ-C003"));
    let request = check_request(&[(">T3<", ">Z9<")], noted).unwrap();
    assert_eq!(request.procedure().as_str(), "Z9");
    check_request(&[(">T3<", ">birth<")], Refused("R-EDM-REQ-C003"));
    check_request(&[(">T3<", ">00<")], Read);
}

#[test]
fn evidence_types_are_compared_as_they_are_written() {
    let edits = [(
        "<sdg:EvidenceTypeClassification>",
        "<sdg:EvidenceTypeClassification> ",
    )];
    check_request(&edits, Refused("R-EDM-REQ-C027"));
    let edits = [(
        "sr.oots.tech.ec.europa.eu/evidence",
        "sr.acc.oots.tech.ec.europa.eu/evidence",
    )];
    check_request(&edits, Read);
    let edits = [(
        "sr.oots.tech.ec.europa.eu/evidence",
        "sr.oots.tech.europa.eu/evidence",
    )];
    check_request(&edits, Noted(Liberty::OldDomain, Some("R-EDM-REQ-C027")));
    let edits = [("classifications/DE/", "classifications/GR/")];
    check_request(&edits, Refused("R-EDM-REQ-C027"));
}

#[test]
fn schemes_of_2023_are_read_in_old_messages_only() {
    let edits = [(
        "urn:cef.eu:names:identifier:EAS:0204",
        "urn:oasis:names:tc:ebcore:partyid-type:unregistered:oots-simulator",
    )];
    let noted = Noted(Liberty::AgentScheme, Some("R-EDM-REQ-C012"));
    check(request(Version::V1_0).encode(), &edits, noted);
    check_request(&edits, Refused("R-EDM-REQ-C012"));
}

#[test]
fn an_unknown_person_attribute_is_passed_over() {
    let edits = [(
        "<sdg:Gender>",
        "<sdg:ShoeSize>42</sdg:ShoeSize><sdg:Gender>",
    )];
    check_request(&edits, Noted(Liberty::UnknownElement, Some("XSD")));
}

#[test]
fn legal_persons_have_no_identifier_of_the_second_kind() {
    let id = EidasId::eidas2("0123456789abcdef").unwrap();
    let company = LegalPerson::new(
        Loa::High,
        LegalIdentity::new("Company").with_identifier(id.clone()),
    );
    let mut draft = handmade::draft(Version::V2_0);
    draft.subject = Subject::Legal(Box::new(company));
    refuse_draft(draft, "R-EDM-REQ-C053");

    let mut draft = handmade::draft(Version::V1_2);
    let born = jiff::civil::date(1931, 2, 28);
    let identity = NaturalIdentity::new("Doe", "Jo", born).with_identifier(id);
    draft.subject = Subject::Natural(Box::new(NaturalPerson::new(Loa::High, identity)));
    refuse_draft(draft.clone(), "R-EDM-REQ-C042");
    draft.version = Version::V2_0;
    assert!(Request::new(draft).is_ok());
}

#[test]
fn the_gender_of_a_representative_is_said_to_be_open() {
    let mut draft = handmade::draft(Version::V2_0);
    let born = jiff::civil::date(1931, 2, 28);
    let identity = NaturalIdentity::new("Doe", "Jo", born)
        .with_identifier(EidasId::new("FR/DE/123456").unwrap());
    draft.representative = Some(Box::new(NaturalPerson::new(Loa::High, identity)));
    let request = Request::new(draft).unwrap();
    let gender = request.representative().unwrap().gender().unwrap();
    assert_eq!(gender.expose(), &Gender::Unspecified);
    let edits = [("<sdg:Gender>Unspecified</sdg:Gender>", "")];
    let noted = Noted(Liberty::GenderMissing, Some("R-EDM-REQ-C126"));
    check(request.encode(), &edits, noted);
}

#[test]
fn the_data_model_path_of_1_0_went_away_with_2_0() {
    let draft = |version| {
        let model = "https://sr.oots.tech.ec.europa.eu/distributions/birth-1.0.0";
        let model: DataModel = model.parse().unwrap();
        let form = RequestedDistribution::new(MediaType::Xml).with_conforms_to(model);
        let mut draft = handmade::draft(version);
        draft.evidence = draft.evidence.with_distributions(vec![form]);
        draft
    };
    assert!(Request::new(draft(Version::V1_2)).is_ok());
    refuse_draft(draft(Version::V2_0), "R-EDM-REQ-C034");
}

#[test]
fn numbers_as_gender_exist_in_2_0_only() {
    check_request(&[("Female", "2")], Read);
    let edits = [("Female", "2")];
    check(
        request(Version::V1_2).encode(),
        &edits,
        Refused("R-EDM-REQ-C044"),
    );
}

#[test]
fn two_authorities_are_refused() {
    check_request(&[(">IP<", ">ER<")], Refused("R-EDM-REQ-C014"));
    check_request(&[(">ER<", ">EP<")], Refused("R-EDM-REQ-C014"));
}

#[test]
fn a_draft_keeps_only_what_its_release_line_can_carry() {
    let full = |version| {
        let mut draft = handmade::draft(version);
        draft.lang = Some(LanguageCode::DE);
        draft.requirements[0] = draft.requirements[0]
            .clone()
            .with_descriptions(vec![handmade::text("More")]);
        draft.evidence = draft.evidence.with_distributions(vec![
            RequestedDistribution::new(MediaType::Pdf)
                .with_languages(vec![LanguageCode::DE])
                .with_associated(vec![SupplementKind::Annex]),
        ]);
        let person = handmade::person()
            .with_nationalities(vec!["FR".parse::<CountryCode>().unwrap().into()]);
        draft.subject = Subject::Natural(Box::new(person));
        String::from_utf8(Request::new(draft).unwrap().encode()).unwrap()
    };
    for (part, lines) in [
        ("xml:lang=\"DE\"", [true, true, false]),
        ("<sdg:Description", [false, true, true]),
        ("<sdg:Nationality", [false, true, true]),
        ("<sdg:Language", [false, false, true]),
        ("<sdg:AssociatedDocumentRequest", [false, false, true]),
        ("LocalizedString", [true, true, false]),
    ] {
        for (version, expected) in [Version::V1_0, Version::V1_2, Version::V2_0]
            .into_iter()
            .zip(lines)
        {
            assert_eq!(
                full(version).contains(part),
                expected,
                "{part} in {version}"
            );
        }
    }
}

#[track_caller]
fn refuse_draft(draft: RequestDraft, rule: &str) {
    assert_eq!(Request::new(draft).unwrap_err().rule(), rule);
}

#[test]
fn a_draft_that_would_mean_something_else_is_refused() {
    let mut draft = handmade::draft(Version::V2_0);
    draft.requirements.clear();
    refuse_draft(draft, "R-EDM-REQ-S052");

    let mut draft = handmade::draft(Version::V1_2);
    draft.requester = Requester::new(handmade::agent("ER-1", "University"));
    refuse_draft(draft, "R-EDM-REQ-C073");

    let mut draft = handmade::draft(Version::V2_0);
    draft.evidence = draft.evidence.with_distributions(Vec::new());
    refuse_draft(draft, "R-EDM-REQ-C032");

    let mut draft = handmade::draft(Version::V2_0);
    let structured = RequestedDistribution::new(MediaType::Xml);
    draft.evidence = draft.evidence.with_distributions(vec![structured]);
    refuse_draft(draft, "R-EDM-REQ-C070");

    let mut draft = handmade::draft(Version::V1_2);
    let person = LegalPerson::new(Loa::High, LegalIdentity::new("Company"));
    draft.subject = Subject::Legal(Box::new(person));
    refuse_draft(draft, "R-EDM-REQ-C049");
}
