//! One test per row of the two error tables: national failure to EDM, and EDM to national.

use crate::world::{collection, context, draw, now, order, request, tables};
use mapping::code_table::NoEvidence;
use mapping::edm::{self, EdmErrorCode, Version};
use mapping::noots::{self, ErrorCode, Message};
use mapping::provide::{self, AnswerFault, Asker, Reaction, Situation};
use mapping::retrieve::{self, Answer, NationalError, Stage};
use mapping::{Context, Untranslatable};

// Route provide: from national failure to EDM.

/// The code the peer gets, and that the answer is one of every release line.
#[track_caller]
fn check(failure: provide::Failure, code: &str) {
    for version in Version::ALL {
        let request = request(version);
        let answer =
            provide::error_to_edm(&failure, Asker::from(&request), &context(), &mut draw(1))
                .unwrap();
        assert_eq!(answer.exceptions()[0].code().as_str(), code);
        assert_eq!(answer.request_id(), Some(request.id()));
        assert_eq!(answer.exceptions()[0].detail(), Some(&failure.detail()));
        assert_eq!(answer.exceptions()[0].severity(), edm::Severity::Error);
    }
}

fn register_error(codes: &[&str]) -> noots::EvidenceErrorResponse {
    let refused = NationalError::of_order(&order());
    let failure = retrieve::Failure::ConversationUnknown;
    let message =
        retrieve::error_to_national(&[failure], refused, &context(), &mut draw(1)).unwrap();
    let Message::EvidenceOrderErrorResponse(error) = message else {
        panic!()
    };
    let exception = |code: &&str| noots::Exception {
        code: code.parse().unwrap(),
        detail: None,
        at: None,
    };
    let exceptions = noots::OneOrMore::new(codes.iter().map(exception).collect()).unwrap();
    noots::EvidenceErrorResponse {
        exceptions,
        ..*error
    }
}

fn situation() -> Situation {
    Situation {
        user_present: true,
        looked_up_again: false,
        no_evidence: NoEvidence::Error,
    }
}

#[track_caller]
fn reacts(codes: &[&str], situation: Situation, expected: Reaction) {
    assert_eq!(provide::react(&register_error(codes), situation), expected);
}

#[test]
fn nothing_found_is_not_found() {
    reacts(
        &["NOOTS:ERR:0200"],
        situation(),
        Reaction::Fail(provide::Failure::NoEvidence),
    );
    check(provide::Failure::NoEvidence, "EDM:ERR:0004");
}

#[test]
fn nothing_found_is_an_empty_answer_where_the_entry_says_so() {
    let empty = Situation {
        no_evidence: NoEvidence::Empty,
        ..situation()
    };
    reacts(&["NOOTS:ERR:0200"], empty, Reaction::AnswerEmpty);
}

#[test]
fn a_missing_place_is_asked_for_or_an_invalid_request() {
    reacts(&["NOOTS:ERR:0201"], situation(), Reaction::AskForPlace);
    let alone = Situation {
        user_present: false,
        ..situation()
    };
    reacts(
        &["NOOTS:ERR:0201"],
        alone,
        Reaction::Fail(provide::Failure::PlaceMissing),
    );
    check(provide::Failure::PlaceMissing, "EDM:ERR:0003");
}

#[test]
fn a_register_that_is_not_responsible_is_looked_up_again_once() {
    reacts(&["NOOTS:ERR:0202"], situation(), Reaction::LookUpAgain);
    let again = Situation {
        looked_up_again: true,
        ..situation()
    };
    reacts(
        &["NOOTS:ERR:0202"],
        again,
        Reaction::Fail(provide::Failure::NotResponsible),
    );
    check(provide::Failure::NotResponsible, "EDM:ERR:0004");
}

#[test]
fn edm_codes_of_a_register_stay_except_the_preview_one() {
    for n in [1, 3, 4, 5, 6, 7, 8] {
        let code = format!("EDM:ERR:000{n}");
        let parsed: ErrorCode = code.parse().unwrap();
        reacts(
            &[&code],
            situation(),
            Reaction::Fail(provide::Failure::Register(parsed.clone())),
        );
        check(provide::Failure::Register(parsed), &code);
    }
    check(
        provide::Failure::Register("EDM:ERR:0002".parse().unwrap()),
        "EDM:ERR:0008",
    );
}

#[test]
fn other_and_unknown_codes_of_a_register_are_the_catch_all() {
    for code in ["EDM:ERR:0009", "NOOTS:ERR:0100", "NOOTS:ERR:0999", "X"] {
        check(
            provide::Failure::Register(code.parse().unwrap()),
            "EDM:ERR:0008",
        );
    }
}

#[test]
fn the_telling_exception_decides() {
    reacts(
        &["EDM:ERR:0008", "NOOTS:ERR:0200"],
        situation(),
        Reaction::Fail(provide::Failure::NoEvidence),
    );
}

#[test]
fn no_provider_is_not_found() {
    check(provide::Failure::NoProvider, "EDM:ERR:0004");
}

#[test]
fn an_evidence_type_outside_the_mapping_is_unsupported() {
    check(provide::Failure::EvidenceTypeUnknown, "EDM:ERR:0007");
    check(
        provide::Failure::Untranslatable(Untranslatable::EvidenceType),
        "EDM:ERR:0007",
    );
}

#[test]
fn a_low_level_of_assurance_is_an_authentication_failure() {
    check(provide::Failure::LoaTooLow, "EDM:ERR:0001");
}

#[test]
fn an_unreachable_provider_is_the_catch_all() {
    check(provide::Failure::Unreachable, "EDM:ERR:0008");
}

#[test]
fn no_answer_in_time_is_a_time_out() {
    check(provide::Failure::NoAnswerInTime, "EDM:ERR:0005");
}

#[test]
fn a_refused_permission_is_the_catch_all_and_an_alarm() {
    check(provide::Failure::NotPermitted, "EDM:ERR:0008");
    assert!(provide::Failure::NotPermitted.needs_alarm());
}

#[test]
fn a_user_who_gives_up_is_a_time_out() {
    check(provide::Failure::UserAbandoned, "EDM:ERR:0005");
}

#[test]
fn another_person_in_the_preview_is_an_authentication_failure() {
    check(provide::Failure::OtherPerson, "EDM:ERR:0001");
}

#[test]
fn an_unusable_answer_of_a_register_is_the_catch_all_and_an_alarm() {
    for fault in [
        AnswerFault::OtherType,
        AnswerFault::OtherFormat,
        AnswerFault::Empty,
        AnswerFault::Seal,
    ] {
        let failure = provide::Failure::AnswerInvalid(fault);
        // What exactly is wrong with it is for the operator.
        assert_eq!(failure.detail(), "the provider's answer cannot be used");
        assert!(failure.needs_alarm());
        check(failure, "EDM:ERR:0008");
    }
}

#[test]
fn a_broken_rule_is_named_in_the_detail() {
    // [AT-35]
    let failure = provide::Failure::RequestInvalid {
        rule: "R-EDM-REQ-S009".to_owned(),
        problem: "a slot is missing".to_owned(),
    };
    assert_eq!(failure.detail(), "R-EDM-REQ-S009: a slot is missing");
    check(failure, "EDM:ERR:0003");
    check(provide::Failure::ExplicitRequestMissing, "EDM:ERR:0003");
    check(provide::Failure::RequestRepeated, "EDM:ERR:0003");
}

#[test]
fn an_unreadable_request_gets_an_answer_without_its_id() {
    // [R-EDM-ERR-C025]
    let asker = Asker {
        version: Version::V2_0,
        request_id: None,
        requester: None,
    };
    let answer = provide::error_to_edm(
        &provide::Failure::Unreachable,
        asker,
        &context(),
        &mut draw(1),
    )
    .unwrap();
    assert_eq!(answer.exceptions()[0].code(), EdmErrorCode::InvalidRequest);
}

#[test]
fn a_preview_is_offered_with_its_own_severity() {
    let preview = edm::Preview::new("https://ip.example.de/preview/x".parse().unwrap());
    let request = request(Version::V1_2);
    let answer = provide::preview_to_edm(preview, &request, &context(), &mut draw(1)).unwrap();
    assert_eq!(
        answer.exceptions()[0].severity(),
        edm::Severity::PreviewRequired
    );
    assert_eq!(answer.exceptions()[0].code(), EdmErrorCode::Authorization);
    assert_eq!(
        answer.preview().unwrap().location().as_str(),
        "https://ip.example.de/preview/x"
    );
}

// Route retrieve: from EDM to national.

#[track_caller]
fn check_national(failure: &retrieve::Failure, code: Option<&str>, status: u16, retryable: bool) {
    let answer = failure.answer(&context());
    let code = code.map(|code| code.parse().unwrap());
    assert_eq!(
        answer,
        Answer {
            code,
            status,
            retryable
        },
        "{failure}"
    );
    let (call, order) = (collection(), order());
    for refused in [
        NationalError::of_order(&order),
        NationalError::of_collection(&call, &order),
    ] {
        let (stage, id) = (refused.stage, refused.request_id);
        let message = retrieve::error_to_national(
            std::slice::from_ref(failure),
            refused,
            &context(),
            &mut draw(1),
        );
        assert_eq!(message.is_some(), answer.code.is_some());
        let Some(message) = message else { continue };
        assert_eq!(message.answers(), Some(id));
        let name = message.message_type().as_str();
        assert!(
            name.ends_with(if stage == Stage::Order {
                "0403"
            } else {
                "0413"
            }),
            "{name}"
        );
        assert_eq!(
            noots::decode_json(&noots::encode_json(&message)),
            Ok(message)
        );
    }
}

#[test]
fn an_unreadable_message_is_a_problem() {
    check_national(
        &retrieve::Failure::Unreadable(noots::Rule::Json),
        None,
        400,
        false,
    );
    let invalid = noots::decode_json(b"{").unwrap_err();
    assert_eq!(
        retrieve::Failure::from(&invalid),
        retrieve::Failure::Unreadable(noots::Rule::Json)
    );
}

#[test]
fn a_message_that_breaks_a_rule_is_invalid() {
    check_national(
        &retrieve::Failure::RuleBroken(noots::Rule::RequesterCountry),
        Some("EDM:ERR:0003"),
        422,
        false,
    );
    let invalid = noots::decode_json(b"{\"DE.GetEvidence.0411\":{}}").unwrap_err();
    assert_eq!(
        retrieve::Failure::from(&invalid),
        retrieve::Failure::RuleBroken(noots::Rule::Mandatory)
    );
}

#[test]
fn a_missing_token_is_a_problem_and_a_missing_role_is_forbidden() {
    check_national(&retrieve::Failure::TokenMissing, None, 401, false);
    check_national(
        &retrieve::Failure::RoleMissing,
        Some("EDM:ERR:0001"),
        403,
        false,
    );
}

#[test]
fn nothing_to_be_found_is_not_found() {
    for failure in [
        retrieve::Failure::ProcedureUnknown,
        retrieve::Failure::NothingOffered,
        retrieve::Failure::NoEvidence,
        retrieve::Failure::Declined,
    ] {
        check_national(&failure, Some("EDM:ERR:0004"), 409, false);
    }
}

#[test]
fn a_foreign_code_stays_and_names_its_country() {
    // [AT-03]
    for code in EdmErrorCode::ALL {
        let failure = retrieve::Failure::Foreign {
            code,
            message: "Pas\ntrouvé".to_owned(),
            country: "FR".parse().unwrap(),
        };
        let retryable = matches!(code, EdmErrorCode::Timeout | EdmErrorCode::Query);
        check_national(&failure, Some(code.as_str()), 409, retryable);
        assert_eq!(failure.detail(), "FR: Pastrouvé");
    }
}

#[test]
fn a_silent_foreign_side_is_a_time_out() {
    check_national(
        &retrieve::Failure::ForeignSilent,
        Some("EDM:ERR:0005"),
        409,
        true,
    );
}

#[test]
fn failed_delivery_and_common_services_are_the_catch_all() {
    check_national(
        &retrieve::Failure::DeliveryFailed,
        Some("EDM:ERR:0008"),
        409,
        true,
    );
    check_national(
        &retrieve::Failure::CommonServicesDown(Stage::Collection),
        Some("EDM:ERR:0008"),
        409,
        true,
    );
    check_national(
        &retrieve::Failure::CommonServicesDown(Stage::Order),
        Some("EDM:ERR:0008"),
        503,
        true,
    );
}

#[test]
fn unusable_answers_end_the_request() {
    check_national(
        &retrieve::Failure::AnswerInvalid(Untranslatable::Content),
        Some("EDM:ERR:0008"),
        409,
        false,
    );
    check_national(
        &retrieve::Failure::PreviewLocationInvalid,
        Some("EDM:ERR:0008"),
        409,
        false,
    );
    check_national(
        &retrieve::Failure::VersionUnsupported,
        Some("EDM:ERR:0007"),
        409,
        false,
    );
}

#[test]
fn an_unknown_conversation_is_not_found() {
    check_national(
        &retrieve::Failure::ConversationUnknown,
        Some("EDM:ERR:0004"),
        404,
        false,
    );
}

#[test]
fn an_ended_session_is_gone() {
    check_national(
        &retrieve::Failure::Expired,
        Some("EDM:ERR:0005"),
        410,
        false,
    );
    check_national(
        &retrieve::Failure::Collected,
        Some("EDM:ERR:0005"),
        410,
        false,
    );
}

#[test]
fn overload_is_a_problem() {
    check_national(&retrieve::Failure::TooManyRequests, None, 429, true);
    check_national(&retrieve::Failure::Overload, None, 503, true);
}

#[test]
fn a_code_outside_the_list_in_use_is_replaced() {
    let without = tables(|name, text| match name {
        "errors.toml" => text.replace(
            "edm = \"EDM:ERR:0005\"\nlisted = true",
            "edm = \"EDM:ERR:0005\"\nlisted = false",
        ),
        _ => text,
    });
    let context = Context {
        tables: &without,
        ..context()
    };
    assert_eq!(
        retrieve::Failure::ForeignSilent.answer(&context).code,
        Some(ErrorCode::QUERY)
    );
}

#[test]
fn a_refused_message_is_answered_when_it_told_enough() {
    let mut text = noots::encode_json(&Message::EvidenceOrder(Box::new(order())));
    let whole = String::from_utf8(text.clone()).unwrap();
    text = whole.replace("\"XNachweis\"", "\"Other\"").into_bytes();
    let invalid = noots::decode_json(&text).unwrap_err();
    let refused = NationalError::of_invalid(invalid.about(), None).unwrap();
    assert_eq!(refused.request_id, order().header.id);
    let failure = retrieve::Failure::from(&invalid);
    let message =
        retrieve::error_to_national(&[failure], refused, &context(), &mut draw(1)).unwrap();
    let Message::EvidenceOrderErrorResponse(error) = message else {
        panic!()
    };
    assert_eq!(
        error.exceptions[0].detail.as_deref(),
        Some("the message breaks rule XN-FIXED")
    );
    assert_eq!(error.exceptions[0].at, Some(now().into()));
}
