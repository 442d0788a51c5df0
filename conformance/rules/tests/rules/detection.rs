//! What a document is, read from itself.

use rules::{Detected, DocumentKind, NotADocument, Release, detect};
use xml::{Document, Limits};

const NAMESPACES: &str = r#"xmlns:q="urn:oasis:names:tc:ebxml-regrep:xsd:query:4.0"
    xmlns:r="urn:oasis:names:tc:ebxml-regrep:xsd:rim:4.0"
    xmlns:s="urn:oasis:names:tc:ebxml-regrep:xsd:rs:4.0"
    xmlns:l="urn:oasis:names:tc:ebxml-regrep:xsd:lcm:4.0"
    xmlns:e="http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/"
    xmlns:g="http://data.europa.eu/p4s"
    xmlns:i="http://www.w3.org/2001/XMLSchema-instance""#;

const STATUS: &str = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:";

fn detected(text: &str) -> Result<Detected, NotADocument> {
    let text = text
        .replacen('>', &format!(" {NAMESPACES}>"), 1)
        .replace("STATUS:", STATUS);
    let document = Document::parse(text.as_bytes(), &Limits::REGREP).expect("well-formed");
    detect(&document)
}

#[track_caller]
fn check(text: &str, kind: DocumentKind, release: Release, announced: bool) {
    let expected = Detected {
        kind,
        release,
        announced,
    };
    assert_eq!(detected(text), Ok(expected));
}

fn specification(value: &str) -> String {
    format!(
        "<r:Slot name=\"SpecificationIdentifier\"><r:SlotValue><r:Value> {value}\n</r:Value>\
         </r:SlotValue></r:Slot>"
    )
}

#[test]
fn a_request_names_its_release() {
    for (value, release) in [
        ("oots-edm:v1.0", Release::V1_0),
        ("oots-edm:v1.1", Release::V1_2),
        ("oots-edm:v1.2", Release::V1_2),
        ("oots-edm:v2.0", Release::V2_0),
    ] {
        let text = format!("<q:QueryRequest>{}</q:QueryRequest>", specification(value));
        check(&text, DocumentKind::Request, release, true);
    }
}

#[test]
fn a_request_without_a_release_is_guessed_by_its_form() {
    check(
        "<q:QueryRequest></q:QueryRequest>",
        DocumentKind::Request,
        Release::V1_2,
        false,
    );
    check(
        "<q:QueryRequest><r:Slot name='Procedure'><r:SlotValue i:type='r:StringValueType'/>\
         </r:Slot></q:QueryRequest>",
        DocumentKind::Request,
        Release::V2_0,
        false,
    );
}

#[test]
fn an_answer_is_sorted_by_status_and_content() {
    let kind = |text: &str| detected(text).map(|detected| detected.kind);
    assert_eq!(
        kind("<q:QueryResponse status='STATUS:Success'><r:RegistryObjectList/></q:QueryResponse>"),
        Ok(DocumentKind::Response)
    );
    assert_eq!(
        kind("<q:QueryResponse status='STATUS:Failure'></q:QueryResponse>"),
        Ok(DocumentKind::Error)
    );
    // No status: an exception decides.
    assert_eq!(
        kind("<q:QueryResponse><s:Exception code='EDM:ERR:0003'/></q:QueryResponse>"),
        Ok(DocumentKind::Error)
    );
}

#[test]
fn answers_of_the_common_services_are_told_apart() {
    let kind = |text: &str| detected(text).map(|detected| detected.kind);
    let list = |slot: &str, inside: &str| {
        format!(
            "<q:QueryResponse status='STATUS:Success'><r:RegistryObjectList><r:RegistryObject>\
             <r:Slot name='{slot}'>{inside}</r:Slot></r:RegistryObject></r:RegistryObjectList>\
             </q:QueryResponse>"
        )
    };
    let failure = |code: &str| {
        format!(
            "<q:QueryResponse status='STATUS:Failure'><s:Exception code='{code}'/>\
             </q:QueryResponse>"
        )
    };
    for (text, expected) in [
        (
            list("Requirement", ""),
            DocumentKind::EvidenceBrokerRequirements,
        ),
        (
            list("Requirement", "<g:EvidenceTypeList/>"),
            DocumentKind::EvidenceBrokerEvidenceTypes,
        ),
        (
            list("DataServiceEvidenceType", ""),
            DocumentKind::DataServices,
        ),
        (failure("EB:ERR:0001"), DocumentKind::EvidenceBrokerError),
        (failure("DSD:ERR:0005"), DocumentKind::DataServicesError),
    ] {
        assert_eq!(kind(&text), Ok(expected));
    }
}

#[test]
fn a_header_of_2_0_names_its_release() {
    check(
        "<e:Messaging><e:UserMessage><e:MessageProperties>\
         <e:Property name='SpecificationId'>oots-edm:v2.0</e:Property></e:MessageProperties>\
         </e:UserMessage></e:Messaging>",
        DocumentKind::EbmsHeader,
        Release::V2_0,
        true,
    );
    check(
        "<e:Messaging></e:Messaging>",
        DocumentKind::EbmsHeader,
        Release::V1_2,
        false,
    );
}

#[test]
fn anything_else_is_not_a_document() {
    assert_eq!(detected("<a></a>"), Err(NotADocument::UnknownRoot));
    assert!(matches!(
        rules::check_document(b"<a"),
        Err(NotADocument::Unreadable(_))
    ));
}
