//! Documents built to hurt.

use proptest::prelude::*;
use rules::{
    DocumentKind, Outcome, Release, Report, RuleFile, Severity, check, check_document, official,
};

const HEAD: &str = r#"<query:QueryResponse xmlns:query="urn:oasis:names:tc:ebxml-regrep:xsd:query:4.0"
    xmlns:rim="urn:oasis:names:tc:ebxml-regrep:xsd:rim:4.0"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><rim:RegistryObjectList>
    <rim:RegistryObject xsi:type="rim:RegistryPackageType"><rim:RegistryObjectList>"#;
const TAIL: &str =
    "</rim:RegistryObjectList></rim:RegistryObject></rim:RegistryObjectList></query:QueryResponse>";

/// A package in which every object refers to another one.
fn associations(count: usize) -> String {
    let mut text = HEAD.to_owned();
    for number in 0..count {
        text.push_str(&format!(
            "<rim:RegistryObject xsi:type=\"rim:AssociationType\" id=\"a{number}\" \
             sourceObject=\"d{number}\" targetObject=\"d0\" \
             type=\"urn:oasis:names:tc:ebxml-regrep:AssociationType:Annex\"/>"
        ));
    }
    text.push_str(TAIL);
    text
}

#[test]
fn a_report_does_not_grow_without_end() {
    let report = check(
        Release::V2_0,
        DocumentKind::Response,
        associations(5_000).as_bytes(),
    );
    assert_eq!(report.findings().len(), Report::MOST_FINDINGS);
    assert!(!report.is_complete() && report.has_fatal());
    let last = report.findings().last().map(rules::Finding::outcome);
    assert_eq!(last, Some(Outcome::Stopped));
}

#[test]
fn an_unreadable_document_is_a_fatal_finding() {
    for document in [&b""[..], b"<a", b"\xff\xfe", b"<!DOCTYPE a><a/>"] {
        let report = check(Release::V1_2, DocumentKind::Request, document);
        assert!(report.has_fatal());
        assert_eq!(report.rules(), 0);
    }
}

#[test]
fn processing_instructions_are_a_caution() {
    let count = |text: &str| {
        let report = check(Release::V2_0, DocumentKind::EbmsHeader, text.as_bytes());
        report.count(Severity::Caution)
    };
    assert_eq!(count("<a/>"), 0);
    assert_eq!(count("<?one x?><a><?two?></a>"), 1);
}

#[test]
fn a_kind_without_rules_is_reported_as_not_checked() {
    let report = check(Release::V2_0, DocumentKind::DataServices, b"<a/>");
    assert_eq!(report.rules(), 0);
    assert!(!report.has_fatal());
}

#[test]
fn a_finding_does_not_quote_the_document() {
    let text = "<a>Erika Mustermann</a>";
    let report = check(Release::V2_0, DocumentKind::Request, text.as_bytes());
    let printed = format!("{report:?}{}", report.findings()[0]);
    assert!(report.has_fatal() && !printed.contains("Mustermann"));
}

proptest! {
    #[test]
    fn no_bytes_make_a_check_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _result = check_document(&bytes);
        let _result = check(Release::V1_0, DocumentKind::Error, &bytes);
    }

    #[test]
    fn no_document_makes_a_check_panic(text in
        "(<(a|q:QueryRequest|q:QueryResponse) xmlns:q='urn:oasis:names:tc:ebxml-regrep:xsd:query:4.0'>\
         (<q:[a-zA-Z]{1,5} (name|id)='[^<&']{0,9}'/>|[^<&]{0,9}|<!--x-->|<\\?p x\\?>){0,5}\
         </(a|q:QueryRequest|q:QueryResponse)>)"
    ) {
        for release in Release::ALL {
            for kind in [DocumentKind::Request, DocumentKind::Response, DocumentKind::Error] {
                let _report = check(release, kind, text.as_bytes());
            }
        }
        let _result = check_document(text.as_bytes());
    }

    #[test]
    fn no_rule_file_makes_the_reader_panic(
        context in "[a-z:/@*\\[\\]().|'= ]{0,20}",
        test in "[a-z:/@*\\[\\]().|'= $0-9]{0,20}",
    ) {
        let escaped = |text: &str| text.replace('<', "&lt;").replace('&', "&amp;");
        let content = format!(
            "<schema xmlns='http://purl.oclc.org/dsdl/schematron'><pattern>\
             <rule context=\"{}\"><assert test=\"{}\">x</assert></rule></pattern></schema>",
            escaped(&context),
            escaped(&test)
        );
        let file = RuleFile { name: "own.sch".to_owned(), content: content.into_bytes() };
        if let Ok(set) = official(&[file]) {
            let _problems = set.compile();
            let _report = set.check(DocumentKind::Request, b"<a><b c='d'>e</b></a>");
        }
    }
}
