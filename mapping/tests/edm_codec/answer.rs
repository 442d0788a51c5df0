//! Responses and error responses: what they must hold, and in which release line.

use crate::{
    bend::{Noted, Refused, check, check_error, check_response},
    handmade::{self, at, error_draft, response, uuid},
};
use mapping::edm::{
    self, Availability, EdmErrorCode, EidasId, ErrorResponse, Evidence, EvidenceMetadata,
    EvidenceSubject, Exception, LegalIdentity, Liberty, Message, Package, Response, Severity,
    Version,
};

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

#[test]
fn evidence_about_a_company_names_its_identifier() {
    let about = |version, identity| {
        let main = handmade::evidence();
        let metadata = EvidenceMetadata::new(
            uuid(5).into(),
            EvidenceSubject::Legal(identity),
            handmade::agent("EP-1", "Registry office"),
            main.metadata().conforms_to().clone(),
            (
                main.metadata().issuing_date(),
                main.metadata().distribution().clone(),
            ),
        );
        let main = Evidence::new(uuid(6).into(), main.content().clone(), "Extract", metadata);
        let mut draft = response(version).into_draft();
        draft.availability = Availability::Now(vec![Package::new(uuid(9).into(), main)]);
        Response::new(draft).map_err(|invalid| invalid.rule())
    };
    let nameless = LegalIdentity::new("Company");
    assert_eq!(
        about(Version::V2_0, nameless.clone()).err(),
        Some("R-EDM-RESP-C033")
    );
    assert!(about(Version::V1_0, nameless.clone()).is_ok());
    let other = nameless.with_identifier(EidasId::eidas2("0123456789").unwrap());
    assert_eq!(about(Version::V2_0, other).err(), Some("R-EDM-RESP-C037"));
}
