use super::*;
use crate::octets::tests::kept;
use proptest::prelude::*;

const TYPE: &str = "multipart/related; type=\"application/soap+xml\"; boundary=b";
const ROOT: &str = "Content-Type: application/soap+xml\r\nContent-ID: <root>\r\n\r\n<x/>";

fn take(content_type: &str, body: &str) -> Result<Package, Reason> {
    let body = body.as_bytes();
    let whole = read(
        content_type,
        &Octets::from(body.to_vec()),
        &Limits::default(),
    );
    // Wherever the octets are kept, the verdict is the same.
    let slow = read(content_type, &kept(body), &Limits::default());
    assert_eq!(whole.as_ref().err(), slow.as_ref().err());
    whole
}

#[track_caller]
fn check_parts(body: &str, expected: &[(&str, &str)]) {
    let package = take(TYPE, body).unwrap();
    assert_eq!(package.root.as_ref(), b"<x/>");
    let found: Vec<_> = package
        .parts
        .iter()
        .map(|part| {
            let mut content = Vec::new();
            read_up_to(&mut *part.reader(), usize::MAX, &mut content).unwrap();
            (part.cid.as_str(), String::from_utf8(content).unwrap())
        })
        .collect();
    let found: Vec<_> = found
        .iter()
        .map(|(id, text)| (*id, text.as_str()))
        .collect();
    assert_eq!(found, expected);
}

#[track_caller]
fn check_refused(content_type: &str, body: &str, expected: Problem) {
    assert_eq!(
        take(content_type, body).unwrap_err(),
        Reason::Mime(expected)
    );
}

fn part(id: &str, content: &str) -> String {
    format!("\r\n--b\r\nContent-ID: <{id}>\r\n\r\n{content}")
}

#[test]
fn a_bare_envelope_is_a_message() {
    let package = take("application/soap+xml; charset=\"UTF-8\"", "<x/>").unwrap();
    assert_eq!(package.root.as_ref(), b"<x/>");
    assert!(package.parts.is_empty());
}

#[test]
fn parts_are_taken_apart_whatever_stands_around_them() {
    let two = [("a", "1\r\n"), ("c@d", "")];
    let (one, other) = (part("a", "1\r\n"), part("c@d", ""));
    check_parts(&format!("--b\r\n{ROOT}{one}{other}\r\n--b--\r\n"), &two);
    // [P22] preamble, no final line break, blanks after the boundary.
    check_parts(
        &format!("hello\r\n--b\r\n{ROOT}{one}{other}\r\n--b--"),
        &two,
    );
    check_parts(
        &format!("\r\n--b \t\r\n{ROOT}{one}{other}\r\n--b-- \r\nbye"),
        &two,
    );
    check_parts(&format!("--b\r\n{ROOT}\r\n--b--"), &[]);
}

#[test]
fn the_closing_delimiter_is_required() {
    check_refused(
        TYPE,
        &format!("--b\r\n{ROOT}{}", part("a", "1")),
        Problem::Unclosed,
    );
    check_refused(TYPE, &format!("--b\r\n{ROOT}\r\n--b"), Problem::Unclosed);
    check_refused(TYPE, "", Problem::Unclosed);
    check_refused(TYPE, "--b--", Problem::Empty);
}

#[test]
fn bare_line_feeds_delimit_nothing() {
    let body = format!("--b\r\n{ROOT}{}\r\n--b--", part("a", "1")).replace("\r\n", "\n");
    check_refused(TYPE, &body, Problem::LookAlike);
}

#[test]
fn a_line_that_begins_like_a_delimiter_is_refused() {
    let body = format!("--b\r\n{ROOT}{}\r\n--b--", part("a", "1\r\n--bc\r\n2"));
    check_refused(TYPE, &body, Problem::LookAlike);
}

#[test]
fn a_boundary_inside_a_line_is_content() {
    let content = "1 --b\r\n2\n--b\n3";
    check_parts(
        &format!("--b\r\n{ROOT}{}\r\n--b--", part("a", content)),
        &[("a", content)],
    );
}

#[test]
fn content_ids_are_unique_and_present() {
    let body = |more: &str| format!("--b\r\n{ROOT}{more}\r\n--b--");
    check_refused(
        TYPE,
        &body(&(part("a", "1") + &part("a", "2"))),
        Problem::ContentIdTwice,
    );
    check_refused(TYPE, &body(&part("root", "1")), Problem::ContentIdTwice);
    check_refused(TYPE, &body("\r\n--b\r\nX: y\r\n\r\n1"), Problem::ContentId);
    check_refused(TYPE, &body("\r\n--b\r\n\r\n1"), Problem::ContentId);
    check_refused(TYPE, &body(&part("a b", "1")), Problem::ContentId);
}

#[test]
fn an_empty_section_is_not_a_part() {
    check_refused(
        TYPE,
        &format!("--b\r\n{ROOT}\r\n--b\r\n--b--"),
        Problem::Header,
    );
}

#[test]
fn the_root_is_the_first_part_and_soap() {
    let body = format!("--b\r\n{ROOT}{}\r\n--b--", part("a", "1"));
    for start in ["\"<root>\"", "root"] {
        assert!(take(&format!("{TYPE}; start={start}"), &body).is_ok());
    }
    check_refused(&format!("{TYPE}; start=\"<a>\""), &body, Problem::Start);
    check_refused(&format!("{TYPE}; start=\"<b>\""), &body, Problem::Start);
    check_refused(TYPE, &body.replace("soap+xml", "xop+xml"), Problem::Root);
    check_refused(
        TYPE,
        &body.replace("soap+xml", "soap+xml; charset=utf-16"),
        Problem::Root,
    );
}

#[test]
fn another_content_type_is_not_as4() {
    for content_type in [
        "text/xml",
        "multipart/mixed; boundary=b",
        "",
        "application/json",
    ] {
        let refused = take(content_type, "<x/>").unwrap_err();
        assert!(matches!(refused, Reason::ContentType(_)), "{content_type}");
    }
    let refused = take("multipart/related; type=\"text/xml\"; boundary=b", "").unwrap_err();
    assert!(matches!(refused, Reason::ContentType(_)));
}

#[test]
fn the_boundary_is_short_printable_and_present() {
    for boundary in ["", "; boundary=\"a \"", "; boundary=\"\u{e4}\""] {
        check_refused(
            &format!("multipart/related{boundary}"),
            "",
            Problem::Boundary,
        );
    }
    let long = format!("multipart/related; boundary={}", "x".repeat(71));
    check_refused(&long, "", Problem::Boundary);
}

#[test]
fn a_multipart_in_a_part_is_refused() {
    let nested = "\r\n--b\r\nContent-ID: <a>\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n";
    check_refused(
        TYPE,
        &format!("--b\r\n{ROOT}{nested}\r\n--b--"),
        Problem::Nested,
    );
}

#[test]
fn sizes_are_bounded() {
    let long = "x".repeat(9000);
    check_refused(
        TYPE,
        &format!("{long}\r\n--b\r\n{ROOT}\r\n--b--"),
        Problem::Preamble,
    );
    check_refused(
        TYPE,
        &format!("--b\r\n{ROOT}\r\n--b--\r\n{long}"),
        Problem::Preamble,
    );
    let many: String = (0..29).map(|n| part(&format!("p{n}"), "")).collect();
    check_refused(
        TYPE,
        &format!("--b\r\n{ROOT}{many}\r\n--b--"),
        Problem::Parts,
    );
    let limits = Limits {
        body_bytes: 3,
        ..Limits::default()
    };
    let refused = read(TYPE, &Octets::from(b"1234".to_vec()), &limits).unwrap_err();
    assert_eq!(refused, Reason::TooLarge { limit: 3 });
}

proptest! {
    #[test]
    fn reading_never_panics(content_type in ".{0,80}", body in prop::collection::vec(any::<u8>(), 0..300)) {
        read(&content_type, &Octets::from(body.clone()), &Limits::default()).ok();
        read(TYPE, &Octets::from(body), &Limits::default()).ok();
    }

    #[test]
    fn broken_packages_never_panic(pieces in prop::collection::vec(
        prop::sample::select(vec!["--b", "\r\n", "--", "Content-ID: <a>", "Content-Type: application/soap+xml", " ", "x", "\n"]), 0..40)
    ) {
        take(TYPE, &pieces.concat()).ok();
    }
}
