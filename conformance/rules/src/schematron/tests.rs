use super::*;
use crate::{Outcome, Severity};

fn schema(body: &str) -> String {
    format!(
        r#"<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2">
        <ns prefix="t" uri="urn:t"/>{body}</schema>"#
    )
}

fn file(name: &str, content: &str) -> RuleFile {
    RuleFile {
        name: name.to_owned(),
        content: content.as_bytes().to_vec(),
    }
}

const DOCUMENT: &str = r#"<a xmlns="urn:t" k="v"><b n="1">one</b><b n="2"/><c ref="2"/></a>"#;

fn findings(set: &RuleSet) -> Vec<(String, Outcome, String)> {
    let report = set.check(DocumentKind::Request, DOCUMENT.as_bytes());
    report
        .findings()
        .iter()
        .map(|finding| {
            let location = finding.location().to_owned();
            (finding.rule().to_owned(), finding.outcome(), location)
        })
        .collect()
}

#[track_caller]
fn check(body: &str, expected: &[(&str, Outcome, &str)]) {
    let set = official(&[file("own.sch", &schema(body))]).unwrap();
    let found = findings(&set);
    let found: Vec<_> = found
        .iter()
        .map(|(rule, outcome, location)| (rule.as_str(), *outcome, location.as_str()))
        .collect();
    assert_eq!(found, expected);
}

#[track_caller]
fn check_refused(content: &str, expected: &str) {
    let problems = official(&[file("own.sch", content)]).unwrap_err();
    assert_eq!(problems[0].problem, expected);
}

#[test]
fn an_assert_fires_on_false_and_a_report_on_true() {
    check(
        r#"<pattern><rule context="t:b"><assert id="A" test="text()">x</assert>
           <report id="R" test="@n='1'">x</report></rule></pattern>"#,
        &[
            ("R", Outcome::Reported, "/a/b"),
            ("A", Outcome::Failed, "/a/b[2]"),
        ],
    );
}

#[test]
fn a_node_belongs_to_the_first_rule_of_a_pattern_that_matches() {
    check(
        r#"<pattern><rule context="t:b[@n='1']"><assert id="A" test="false()">x</assert></rule>
           <rule context="t:b"><assert id="B" test="false()">x</assert></rule></pattern>
           <pattern><rule context="t:b[@n='1']"><assert id="C" test="false()">x</assert></rule>
           </pattern>"#,
        &[
            ("A", Outcome::Failed, "/a/b"),
            ("B", Outcome::Failed, "/a/b[2]"),
            ("C", Outcome::Failed, "/a/b"),
        ],
    );
}

#[test]
fn variables_of_schema_pattern_and_rule_are_seen() {
    check(
        r#"<let name="s" value="/t:a/@k"/><pattern><let name="p" value="concat($s,'w')"/>
           <rule context="t:c"><let name="r" value="concat($p,@ref)"/>
           <assert id="A" test="$r='vw2'">x</assert><assert id="B" test="$r='no'">x</assert>
           </rule></pattern>"#,
        &[("B", Outcome::Failed, "/a/c")],
    );
}

#[test]
fn a_dynamic_error_is_neither_passed_nor_failed() {
    check(
        r#"<pattern><rule context="t:a"><assert id="A" test="xs:integer('x') = 1">x</assert>
           <assert id="B" test="false()">x</assert></rule></pattern>"#,
        &[
            ("A", Outcome::RuleError, "/a"),
            ("B", Outcome::Failed, "/a"),
        ],
    );
}

#[test]
fn a_rule_that_does_not_compile_is_an_error_on_every_document() {
    let body =
        r#"<pattern><rule context="t:a"><assert id="A" test="((">x</assert></rule></pattern>"#;
    check(body, &[("A", Outcome::RuleError, "/a")]);
    let set = official(&[file("own.sch", &schema(body))]).unwrap();
    assert_eq!(set.compile().len(), 1);
}

#[test]
fn an_attribute_can_be_the_context() {
    check(
        r#"<pattern><rule context="t:c/@ref"><assert id="A" test=".='3'">x</assert></rule>
           </pattern>"#,
        &[("A", Outcome::Failed, "/a/c/@ref")],
    );
}

#[test]
fn current_is_the_node_of_the_rule() {
    check(
        r#"<pattern><rule context="t:c[../t:b[@n=current()/@ref]]">
           <report id="A" test="../t:b[@n=current()/@ref]">x</report></rule></pattern>"#,
        &[("A", Outcome::Reported, "/a/c")],
    );
}

#[test]
fn an_abstract_pattern_is_filled_in() {
    check(
        r#"<pattern abstract="true" id="P"><rule context="$where">
           <assert id="A" test="$what">x</assert></rule></pattern>
           <pattern is-a="P"><param name="where" value="t:c"/><param name="what" value="@no"/>
           </pattern>"#,
        &[("A", Outcome::Failed, "/a/c")],
    );
}

#[test]
fn a_rule_takes_over_the_asserts_of_an_abstract_rule() {
    check(
        r#"<pattern><rule abstract="true" id="base"><assert id="A" test="@no">x</assert></rule>
           <rule context="t:c"><extends rule="base"/></rule></pattern>"#,
        &[("A", Outcome::Failed, "/a/c")],
    );
}

#[test]
fn includes_come_from_the_list_and_from_the_caller() {
    let part = r#"<pattern xmlns="http://purl.oclc.org/dsdl/schematron">
        <rule context="t:c"><assert id="ID" test="@no">x</assert></rule></pattern>"#;
    let main = schema(r#"<include href="one.sch"/><include href="other/two.sch"/>"#);
    let files = [
        file("own.sch", &main),
        file("one.sch", &part.replace("ID", "A")),
    ];
    let two = part.replace("ID", "B");
    let set = official_with(&files, &|href| {
        (href == "other/two.sch").then(|| two.clone().into_bytes())
    })
    .unwrap();
    let rules: Vec<_> = findings(&set).into_iter().map(|(rule, ..)| rule).collect();
    assert_eq!(rules, ["A", "B"]);
    assert_eq!(set.names().collect::<Vec<_>>(), ["own.sch"]);
}

#[test]
fn role_and_flag_give_the_severity() {
    let body = r#"<pattern><rule context="t:a"><assert test="false()">x</assert>
        <assert role="warning" test="false()">x</assert><assert flag="info" test="false()">x</assert>
        <assert flag="ERROR" test="false()">x</assert></rule></pattern>"#;
    let set = official(&[file("own.sch", &schema(body))]).unwrap();
    let report = set.check(DocumentKind::Request, DOCUMENT.as_bytes());
    let severities: Vec<_> = report
        .findings()
        .iter()
        .map(crate::Finding::severity)
        .collect();
    assert_eq!(
        severities,
        [
            Severity::Fatal,
            Severity::Warning,
            Severity::Information,
            Severity::Fatal
        ]
    );
}

#[test]
fn messages_do_not_quote_the_document() {
    let body = r#"<pattern><rule context="t:b"><assert id="A" test="false()">The value
        <value-of select="."/> is wrong</assert></rule></pattern>"#;
    let set = official(&[file("own.sch", &schema(body))]).unwrap();
    let report = set.check(DocumentKind::Request, DOCUMENT.as_bytes());
    assert_eq!(report.findings()[0].text_en(), "The value … is wrong");
}

#[test]
fn a_file_is_applied_to_the_documents_its_name_is_for() {
    let body =
        r#"<pattern><rule context="/*"><assert id="A" test="false()">x</assert></rule></pattern>"#;
    let files = [
        file("v1/EDM-RESP-C.sch", &schema(body)),
        file("local.sch", &schema(body)),
    ];
    let set = official(&files).unwrap();
    let count = |kind| set.check(kind, DOCUMENT.as_bytes()).findings().len();
    assert_eq!(count(DocumentKind::Response), 2);
    assert_eq!(count(DocumentKind::Request), 1);
}

#[test]
fn two_sets_with_the_same_names_are_not_confused() {
    let body = |test: &str| {
        format!(
            r#"<pattern><rule context="/*"><assert id="A" test="{test}">x</assert></rule></pattern>"#
        )
    };
    let one = official(&[file("own.sch", &schema(&body("true()")))]).unwrap();
    let two = official(&[file("own.sch", &schema(&body("false()")))]).unwrap();
    assert!(findings(&one).is_empty());
    assert_eq!(findings(&two).len(), 1);
    drop(two);
    assert!(findings(&one).is_empty());
}

#[test]
fn a_set_is_shared_by_threads() {
    let body =
        r#"<pattern><rule context="/*"><assert id="A" test="false()">x</assert></rule></pattern>"#;
    let set = official(&[file("own.sch", &schema(body))]).unwrap();
    let other = set.clone();
    let there = std::thread::spawn(move || findings(&other)).join().unwrap();
    assert_eq!(there, findings(&set));
}

#[test]
fn a_check_stops_when_there_is_too_much_to_say() {
    let body =
        r#"<pattern><rule context="t:b"><assert id="A" test="false()">x</assert></rule></pattern>"#;
    let set = official(&[file("own.sch", &schema(body))]).unwrap();
    let document = format!("<a xmlns=\"urn:t\">{}</a>", "<b/>".repeat(2_000));
    let report = set.check(DocumentKind::Request, document.as_bytes());
    assert!(!report.is_complete() && report.has_fatal());
    assert_eq!(report.findings().len(), Report::MOST_FINDINGS);
}

#[test]
fn an_unreadable_document_is_a_finding() {
    let set = official(&[file("own.sch", &schema(""))]).unwrap();
    let report = set.check(DocumentKind::Request, b"<!DOCTYPE a><a/>");
    assert!(report.has_fatal());
    assert_eq!(report.findings()[0].outcome(), Outcome::Unreadable);
}

#[test]
fn what_is_not_a_schema_is_refused_with_the_reason() {
    check_refused("<a/>", "not a Schematron file");
    check_refused(
        &schema("<pattern><rule><assert test='1'/></rule></pattern>"),
        "a rule without context",
    );
    check_refused(
        &schema("<include href='no.sch'/>"),
        "include of no.sch: not found",
    );
    check_refused(
        &schema("<include href='own.sch'/>"),
        "include of own.sch: nested too deeply",
    );
    check_refused(&schema("<pattern is-a='no'/>"), "no abstract pattern no");
    check_refused(
        &schema(
            "<pattern><rule abstract='true' id='x'><extends rule='x'/></rule>\
                 <rule context='t:a'><extends rule='x'/></rule></pattern>",
        ),
        "abstract rule x extends itself",
    );
    check_refused(
        r#"<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="stx"/>"#,
        "query binding stx is not supported",
    );
}
