//! Messages as real senders bend them: what is tolerated is noted, what is not names its rule.

use crate::handmade::{self, at, error_draft, request, response, uuid};
use mapping::edm::{
    self, Availability, CountryCode, EdmErrorCode, ErrorResponse, Exception, LanguageCode,
    LegalIdentity, LegalPerson, Liberty, Loa, MediaType, Message, PreviewUrl, Request,
    RequestDraft, RequestId, RequestedDistribution, Requester, Response, ReturnUrl, SecondRound,
    Severity, Subject, SupplementKind, Version,
};

/// What becomes of a message after the edits.
enum Outcome {
    /// Read, with this liberty and perhaps a rule.
    Noted(Liberty, Option<&'static str>),
    /// Read as if nothing were.
    Read,
    /// Refused.
    Refused(&'static str),
}
use Outcome::{Noted, Read, Refused};

#[track_caller]
fn bend(bytes: Vec<u8>, edits: &[(&str, &str)]) -> Vec<u8> {
    let mut text = String::from_utf8(bytes).unwrap();
    for (from, to) in edits {
        assert!(text.contains(from), "{from} is not in {text}");
        text = text.replace(from, to);
    }
    text.into_bytes()
}

#[track_caller]
fn check(bytes: Vec<u8>, edits: &[(&str, &str)], expected: Outcome) -> Option<Message> {
    match (edm::decode(&bend(bytes, edits)), expected) {
        (Ok(message), Noted(liberty, rule)) => {
            let cautions = message.cautions();
            assert!(
                cautions
                    .iter()
                    .any(|c| (c.liberty(), c.rule()) == (liberty, rule)),
                "{cautions:?}"
            );
            Some(message)
        }
        (Ok(message), Read) => {
            assert_eq!(message.cautions(), []);
            Some(message)
        }
        (Err(invalid), Refused(rule)) => {
            assert_eq!(invalid.rule(), rule, "{invalid}");
            None
        }
        (Ok(message), Refused(rule)) => panic!("read in spite of {rule}: {:?}", message.cautions()),
        (Err(invalid), _) => panic!("refused: {invalid}"),
    }
}

#[track_caller]
fn check_request(edits: &[(&str, &str)], expected: Outcome) -> Option<Request> {
    match check(request(Version::V2_0).encode(), edits, expected)? {
        Message::Request(request) => Some(*request),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn check_error(
    version: Version,
    edits: &[(&str, &str)],
    expected: Outcome,
) -> Option<ErrorResponse> {
    match check(handmade::error(version).encode(), edits, expected)? {
        Message::Error(error) => Some(*error),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn check_response(version: Version, edits: &[(&str, &str)], expected: Outcome) {
    check(response(version).encode(), edits, expected);
}

// --- [W9] request ids

#[test]
fn a_doubled_prefix_of_the_request_id_is_kept_to_echo() {
    let doubled = format!("urn:uuid:urn:uuid:{}", uuid(3));
    let edit = (format!("urn:uuid:{}", uuid(3)), doubled.clone());
    let edits = [(edit.0.as_str(), edit.1.as_str())];
    let noted = Noted(Liberty::RequestIdPrefix, Some("R-EDM-REQ-S004"));
    let request = check_request(&edits, noted).unwrap();
    assert_eq!(request.id().uuid(), uuid(3));
    assert_eq!(request.id().as_str(), doubled);

    let noted = Noted(Liberty::RequestIdPrefix, Some("R-EDM-ERR-S004"));
    let error = check_error(Version::V1_0, &edits, noted).unwrap();
    assert_eq!(error.request_id().unwrap().uuid(), uuid(3));
}

#[test]
fn a_bare_request_id_is_read() {
    let edits = [("requestId=\"urn:uuid:", "requestId=\"")];
    let noted = Noted(Liberty::RequestIdPrefix, Some("R-EDM-RESP-S004"));
    check_response(Version::V2_0, &edits, noted);
}

#[test]
fn a_request_id_that_is_no_uuid_is_refused() {
    let edits = [("<query:QueryRequest ", "<query:QueryRequest x=\"\" ")];
    check_request(&edits, Read);
    check_request(
        &[(" id=\"urn:uuid:5d1e", " id=\"urn:uuid:5d1")],
        Refused("R-EDM-REQ-S004"),
    );
    check_request(
        &[(" id=\"urn:uuid:5d1e", " ID=\"urn:uuid:5d1e")],
        Refused("R-EDM-REQ-S003"),
    );
}

// --- [W10] times

#[test]
fn times_with_offset_and_long_fractions_are_read() {
    let edits = [(
        "2026-11-24T12:00:00.000Z",
        "2026-11-24T13:00:00.0000000+01:00",
    )];
    assert_eq!(check_request(&edits, Read).unwrap().issued_at(), at());
}

#[test]
fn a_time_without_zone_is_taken_as_utc() {
    let edits = [("2026-11-24T12:00:00.000Z", "2026-11-24T12:00:00")];
    let request = check_request(&edits, Noted(Liberty::TimeZone, None)).unwrap();
    assert_eq!(request.issued_at(), at());
}

#[test]
fn a_date_is_no_time() {
    let edits = [("2026-11-24T12:00:00.000Z", "2026-11-24")];
    check_request(&edits, Refused("R-EDM-REQ-C002"));
    check_response(Version::V1_2, &edits, Refused("R-EDM-RESP-C004"));
    check_error(Version::V2_0, &edits, Refused("R-EDM-ERR-C018"));
}

// --- [W11] languages

#[test]
fn a_language_in_lower_case_is_read_and_written_in_capitals() {
    let noted = Noted(Liberty::Language, Some("R-EDM-REQ-C028"));
    let request = check_request(
        &[("<sdg:Title lang=\"EN\"", "<sdg:Title lang=\"de\"")],
        noted,
    );
    let request = request.unwrap();
    assert_eq!(request.evidence().titles()[0].lang(), LanguageCode::DE);
    let written = String::from_utf8(request.encode()).unwrap();
    assert!(written.contains("<sdg:Title lang=\"DE\">"));
}

#[test]
fn a_language_that_is_empty_absent_or_unknown_counts_as_english() {
    for (lang, rule) in [
        ("lang=\"\"", "R-EDM-REQ-C029"),
        ("", "R-EDM-REQ-C029"),
        ("lang=\"AT\"", "R-EDM-REQ-C028"),
    ] {
        let title = format!("<sdg:Title {lang}");
        let edits = [("<sdg:Title lang=\"EN\"", title.as_str())];
        let request = check_request(&edits, Noted(Liberty::Language, Some(rule))).unwrap();
        assert_eq!(request.evidence().titles()[0].lang(), LanguageCode::EN);
    }
}

// --- [W12] severities

#[test]
fn every_spelling_of_preview_required_is_read() {
    let ours = "urn:sr.oots.tech.ec.europa.eu:codes";
    for theirs in [
        "urn:sr.oots.tech.europa.eu:codes",
        "urn:sr.acc.oots.tech.ec.europa.eu:codes",
    ] {
        let noted = Noted(Liberty::Severity, Some("R-EDM-ERR-C014"));
        let error = check_error(Version::V1_2, &[(ours, theirs)], noted).unwrap();
        assert_eq!(error.exceptions()[0].severity(), Severity::PreviewRequired);
        assert!(error.preview().is_some());
    }
    let edits = [("PreviewRequired\"", "PreviewRequired\u{7f}\"")];
    let noted = Noted(Liberty::Severity, Some("R-EDM-ERR-C014"));
    assert!(
        check_error(Version::V1_0, &edits, noted)
            .unwrap()
            .preview()
            .is_some()
    );
}

#[test]
fn preview_required_under_another_code_is_refused() {
    let edits = [
        ("EDM:ERR:0002", "EDM:ERR:0004"),
        ("AuthorizationException", "ObjectNotFoundException"),
    ];
    check_error(Version::V2_0, &edits, Refused("R-EDM-ERR-C015"));
}

// --- [W13] [W14] [W15] the document

#[test]
fn other_prefixes_are_read() {
    let edits = [
        ("sdg:", "ns6:"),
        ("xmlns:sdg", "xmlns:ns6"),
        ("rim:", "oots:"),
        ("xmlns:rim", "xmlns:oots"),
        ("xsd:oots:4", "xsd:rim:4"),
    ];
    check_request(&edits, Noted(Liberty::Prefix, None));
}

#[test]
fn a_default_namespace_is_read() {
    let edits = [
        (
            "<sdg:DataServiceEvidenceType>",
            "<sdg:DataServiceEvidenceType xmlns=\"http://data.europa.eu/p4s\">",
        ),
        ("sdg:Title", "Title"),
    ];
    check_request(&edits, Noted(Liberty::Prefix, None));
}

#[test]
fn space_and_byte_order_mark_in_front_are_skipped() {
    let bytes = request(Version::V1_2).encode();
    let front = |front: &[u8]| [front, &bytes].concat();
    check(front(b"\r\n \t"), &[], Noted(Liberty::LeadingSpace, None));
    check(
        front(b"\xEF\xBB\xBF"),
        &[],
        Noted(Liberty::ByteOrderMark, None),
    );
    check(
        front(b"\n\xEF\xBB\xBF\n"),
        &[],
        Noted(Liberty::ByteOrderMark, None),
    );
    check(front(b"x"), &[], Refused("R-EDM-REQ-S001"));
}

#[test]
fn slots_in_any_order_are_read() {
    let preview = "<rim:Slot name=\"PossibilityForPreview\"><rim:SlotValue xsi:type=\"rim:BooleanValueType\"><rim:Value>true</rim:Value></rim:SlotValue></rim:Slot>";
    let moved = format!("{preview}<query:ResponseOption");
    let edits = [(preview, ""), ("<query:ResponseOption", moved.as_str())];
    check_request(&edits, Noted(Liberty::SlotOrder, None));
}

#[test]
fn comments_and_instructions_inside_values_are_passed_over() {
    let edits = [("<rim:Value>true<", "<rim:Value> <!-- a --> true<?b c?><")];
    check_request(&edits, Noted(Liberty::Comment, None));
    let edits = [("<rim:Value>true<", "<rim:Value>true<?b c?><")];
    check_request(&edits, Noted(Liberty::Instruction, None));
}

#[test]
fn a_document_type_or_another_encoding_is_refused() {
    let edits = [("<query:QueryRequest", "<!DOCTYPE a><query:QueryRequest")];
    check_request(&edits, Refused("R-EDM-REQ-S001"));
    check_request(&[("UTF-8", "ISO-8859-1")], Refused("R-EDM-REQ-S001"));
}

#[test]
fn other_documents_are_refused() {
    for (document, rule) in [
        ("<a/>", "R-EDM-REQ-S001"),
        ("<QueryRequest/>", "R-EDM-REQ-S002"),
        ("", "R-EDM-REQ-S001"),
    ] {
        check(document.as_bytes().to_vec(), &[], Refused(rule));
    }
}

// --- requests

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

// --- responses and errors

#[test]
fn a_message_is_told_by_its_content_and_not_by_its_status() {
    // [W2] and the other way round: a failure with evidence is no error response.
    let edits = [("ResponseStatusType:Success", "ResponseStatusType:Failure")];
    check_response(Version::V2_0, &edits, Refused("R-EDM-RESP-S006"));
    let edits = [("ResponseStatusType:Failure", "ResponseStatusType:Success")];
    check_error(Version::V2_0, &edits, Refused("R-EDM-ERR-S006"));
}

#[test]
fn content_ids_of_any_form_are_read() {
    let edits = [("cid:evidence-1@bridge.example", "cid:message_1")];
    check_response(
        Version::V1_0,
        &edits,
        Noted(Liberty::ContentId, Some("R-EDM-RESP-C042")),
    );
    let edits = [("cid:evidence-1@bridge.example", "https://bridge.example/1")];
    check_response(Version::V2_0, &edits, Refused("R-EDM-RESP-C042"));
}

#[test]
fn packages_exist_from_2_0_on() {
    let edits = [("oots-edm:v1.2", "oots-edm:v2.0")];
    check_response(Version::V1_2, &edits, Refused("R-EDM-RESP-S066"));
    let edits = [("oots-edm:v2.0", "oots-edm:v1.2")];
    check_response(Version::V2_0, &edits, Refused("R-EDM-RESP-S033"));
}

#[test]
fn the_whole_person_in_evidence_is_read_in_old_messages_only() {
    let edits = [(
        "<sdg:NaturalPerson>",
        "<sdg:NaturalPerson><sdg:LevelOfAssurance>High</sdg:LevelOfAssurance>",
    )];
    check_response(Version::V1_0, &edits, Noted(Liberty::SubjectDetail, None));
    check_response(Version::V1_2, &edits, Refused("R-EDM-RESP-S041"));
}

#[test]
fn a_deferred_answer_has_a_date_and_nothing_else() {
    let edits = [(
        "ResponseStatusType:Success",
        "ResponseStatusType:Unavailable",
    )];
    check_response(Version::V2_0, &edits, Refused("R-EDM-RESP-S045"));
    let mut draft = response(Version::V2_0).into_draft();
    draft.availability = Availability::At(at());
    let deferred = Response::new(draft).unwrap();
    let Message::Response(read) = edm::decode(&deferred.encode()).unwrap() else {
        panic!()
    };
    assert_eq!(read.availability(), &Availability::At(at()));
    let edits = [(
        "ResponseStatusType:Unavailable",
        "ResponseStatusType:Success",
    )];
    check(deferred.encode(), &edits, Refused("R-EDM-RESP-S014"));
}

#[test]
fn an_empty_answer_is_a_success() {
    let mut draft = response(Version::V1_2).into_draft();
    draft.availability = Availability::Now(Vec::new());
    let bytes = Response::new(draft).unwrap().encode();
    let Message::Response(read) = edm::decode(&bytes).unwrap() else {
        panic!()
    };
    assert_eq!(read.evidence().count(), 0);
}

#[test]
fn an_exception_is_known_by_its_code_or_by_its_type() {
    let plain = |version| {
        let exception = Exception::new(EdmErrorCode::Timeout, at());
        ErrorResponse::new(error_draft(version, exception))
            .unwrap()
            .encode()
    };
    let code = |outcome: Option<Message>| match outcome {
        Some(Message::Error(error)) => error.exceptions()[0].code(),
        other => panic!("{other:?}"),
    };
    for (edit, rule) in [
        ((" code=\"EDM:ERR:0005\"", ""), "R-EDM-ERR-C026"),
        (("EDM:ERR:0005", "EDM:ERR:0099"), "R-EDM-ERR-C017"),
        (
            (" xsi:type=\"rs:TimeoutExceptionType\"", ""),
            "R-EDM-ERR-C012",
        ),
        (
            ("rs:TimeoutExceptionType", "rs:OddExceptionType"),
            "R-EDM-ERR-C013",
        ),
    ] {
        let noted = Noted(Liberty::ErrorCode, Some(rule));
        assert_eq!(
            code(check(plain(Version::V2_0), &[edit], noted)),
            EdmErrorCode::Timeout
        );
    }
    let edits = [
        (" code=\"EDM:ERR:0005\"", ""),
        ("rs:TimeoutExceptionType", "rs:OddExceptionType"),
    ];
    check(plain(Version::V1_2), &edits, Refused("R-EDM-ERR-C026"));
}

#[test]
fn code_type_and_message_of_every_exception_belong_together() {
    for code in EdmErrorCode::ALL {
        let exception = Exception::new(code, at()).with_detail("R-EDM-REQ-S009".to_owned());
        let error = ErrorResponse::new(error_draft(Version::V2_0, exception)).unwrap();
        let text = String::from_utf8(error.encode()).unwrap();
        let prefix = if code == EdmErrorCode::Query {
            "query"
        } else {
            "rs"
        };
        let start = format!(
            "<rs:Exception xsi:type=\"{prefix}:{}\" code=\"{code}\"",
            code.exception_type()
        );
        assert!(text.contains(&start), "{text}");
        assert_eq!(
            edm::decode(text.as_bytes()).unwrap(),
            Message::Error(Box::new(error))
        );
    }
}

#[test]
fn who_does_not_know_the_request_can_only_call_it_unreadable() {
    let mut draft = error_draft(Version::V2_0, Exception::new(EdmErrorCode::Timeout, at()));
    draft.request_id = None;
    assert_eq!(
        ErrorResponse::new(draft.clone()).unwrap_err().rule(),
        "R-EDM-ERR-C025"
    );
    draft.exceptions = vec![Exception::new(EdmErrorCode::InvalidRequest, at())];
    assert!(ErrorResponse::new(draft).is_ok());
}

#[test]
fn the_method_of_a_preview_went_away_with_2_0() {
    for (version, expected) in [(Version::V1_2, true), (Version::V2_0, false)] {
        let text = String::from_utf8(handmade::error(version).encode()).unwrap();
        assert_eq!(text.contains("PreviewMethod"), expected);
    }
    let slot = "<rim:Slot name=\"PreviewMethod\"><rim:SlotValue xsi:type=\"rim:StringValueType\"><rim:Value>GET</rim:Value></rim:SlotValue></rim:Slot>";
    let noted = Noted(Liberty::PreviewMethod, Some("R-EDM-ERR-S031"));
    check_error(Version::V1_2, &[(slot, "")], noted);
    let edits = [("oots-edm:v1.2", "oots-edm:v2.0")];
    check_error(Version::V1_2, &edits, Refused("R-EDM-ERR-S027"));
}

#[test]
fn a_failure_that_is_no_preview_must_not_send_the_user_anywhere() {
    let ours = Severity::PreviewRequired.as_str();
    let edits = [(ours, Severity::Error.as_str())];
    check_error(Version::V1_2, &edits, Refused("R-EDM-ERR-C022"));
    let noted = Noted(Liberty::PreviewLocation, Some("R-EDM-ERR-C022"));
    assert!(
        check_error(Version::V1_0, &edits, noted)
            .unwrap()
            .preview()
            .is_none()
    );
}
