//! Messages as real senders bend them: what is tolerated is noted, what is not names its rule.

use crate::{
    bend::{Noted, Read, Refused, check, check_error, check_request, check_response},
    handmade::{at, request, uuid},
};
use mapping::edm::{LanguageCode, Liberty, Severity, Version};

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
