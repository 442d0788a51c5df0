use proptest::prelude::*;

use super::*;
use crate::directory::answer::{ConceptKind, ErrorCode, Level, Oddity};

const HEAD: &str = r#"<query:QueryResponse xmlns:query="urn:oasis:names:tc:ebxml-regrep:xsd:query:4.0"
 xmlns:rim="urn:oasis:names:tc:ebxml-regrep:xsd:rim:4.0"
 xmlns:rs="urn:oasis:names:tc:ebxml-regrep:xsd:rs:4.0"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:sdg="http://data.europa.eu/p4s"
 status="urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:"#;

const TYPE: &str = "https://sr.oots.tech.ec.europa.eu/evidencetypeclassifications/FR/869a6748-bfc5-4de6-a0b4-ec0420f6b6a4";

fn success(slot: &str, objects: &[&str]) -> Vec<u8> {
    let objects: String = objects
        .iter()
        .map(|object| {
            format!(
                r#"<rim:RegistryObject><rim:Slot name="{slot}"><rim:SlotValue
                 xsi:type="rim:AnyValueType">{object}</rim:SlotValue></rim:Slot></rim:RegistryObject>"#
            )
        })
        .collect();
    format!("{HEAD}Success\"><rim:RegistryObjectList>{objects}</rim:RegistryObjectList></query:QueryResponse>")
        .into_bytes()
}

fn failure(exceptions: &str) -> Vec<u8> {
    format!("{HEAD}Failure\">{exceptions}</query:QueryResponse>").into_bytes()
}

fn requirement(id: &str, more: &str) -> String {
    format!(
        "<sdg:Requirement><sdg:Identifier>https://sr.oots.tech.ec.europa.eu/requirements/{id}</sdg:Identifier>\
         <sdg:Name lang=\"en\"> A name </sdg:Name>{more}</sdg:Requirement>"
    )
}

const ID: &str = "315cfd75-6605-49c4-b0fe-799833b41099";

fn service(id: &str, more: &str) -> String {
    format!(
        "<sdg:DataServiceEvidenceType><sdg:Identifier>{id}</sdg:Identifier>\
         <sdg:EvidenceTypeClassification>{TYPE}</sdg:EvidenceTypeClassification>\
         <sdg:Title lang=\"EN\">Title</sdg:Title>{more}</sdg:DataServiceEvidenceType>"
    )
}

fn access(scheme: &str) -> String {
    format!(
        "<sdg:AccessService><sdg:Identifier schemeID=\"{scheme}\">AP</sdg:Identifier>\
         <sdg:ConformsTo>oots-edm:v2.0</sdg:ConformsTo><sdg:Publisher>\
         <sdg:Identifier schemeID=\"{scheme}\">P</sdg:Identifier><sdg:Name>Provider</sdg:Name>\
         </sdg:Publisher></sdg:AccessService>"
    )
}

const SCHEME: &str = "urn:oasis:names:tc:ebcore:partyid-type:unregistered:FR";

fn found<T>(outcome: Outcome<T>) -> Listing<T> {
    match outcome {
        Outcome::Found(listing) => listing,
        Outcome::Refused(refusal) => panic!("{refusal:?}"),
    }
}

fn services(bytes: &[u8]) -> Listing<Vec<crate::directory::answer::DataService>> {
    match data_services(bytes).unwrap() {
        Services::Found(listing) => listing,
        other => panic!("{other:?}"),
    }
}

fn problems(oddities: &[Oddity]) -> Vec<&'static str> {
    oddities.iter().map(Oddity::problem).collect()
}

#[test]
fn an_answer_without_objects_is_empty() {
    let listing = found(requirements(&success("Requirement", &[])).unwrap());
    assert!(listing.content().is_empty());
}

#[test]
fn a_bad_entry_is_left_out_and_listed() {
    let good = requirement(ID, "");
    let bad = requirement("nonsense", "");
    let listing = found(requirements(&success("Requirement", &[&bad, &good])).unwrap());
    assert_eq!(listing.content().len(), 1);
    assert_eq!(listing.content()[0].names()[0].value(), "A name");
    assert_eq!(
        problems(listing.oddities()),
        ["identifier is not a requirement URL"]
    );
}

#[test]
fn other_slots_are_passed_over() {
    let good = requirement(ID, "");
    let listing = found(requirements(&success("NoOotsRequirement", &[&good])).unwrap());
    assert!(listing.content().is_empty() && listing.oddities().is_empty());
}

// A list proves something only with all its types. [AT-08]
#[test]
fn a_list_with_an_unusable_type_is_unusable() {
    let kind = |id: &str| {
        format!(
            "<sdg:EvidenceType><sdg:EvidenceTypeClassification>{id}</sdg:EvidenceTypeClassification>\
             <sdg:Title lang=\"EN\">T</sdg:Title></sdg:EvidenceType>"
        )
    };
    let list = |types: &str| format!("<sdg:EvidenceTypeList>{types}</sdg:EvidenceTypeList>");
    let both = list(&(kind(TYPE) + &kind("nonsense")));
    let one = list(&kind(TYPE));
    let none = list("");
    let answer = requirement(ID, &(both + &one + &none));
    let listing = found(evidence_types(&success("Requirement", &[&answer])).unwrap());
    assert_eq!(listing.content().alternatives().len(), 1);
    assert_eq!(
        problems(listing.oddities()),
        [
            "classification is not an evidence type URL",
            "list without evidence types"
        ]
    );
}

#[test]
fn evidence_types_come_for_one_requirement() {
    let one = requirement(ID, "");
    let two = success("Requirement", &[&one, &one]);
    assert!(matches!(
        evidence_types(&two),
        Err(Unreadable::Requirements(2))
    ));
    assert!(matches!(
        evidence_types(&success("Requirement", &[])),
        Err(Unreadable::Requirements(0))
    ));
}

#[test]
fn an_access_service_under_an_unknown_scheme_is_left_out() {
    let id = "41170824-15d9-4c16-984e-63b75b937b8c";
    let mixed = service(id, &(access("made-up") + &access(SCHEME)));
    let none = service(id, &access("made-up"));
    let answer = success("DataServiceEvidenceType", &[&mixed, &none]);
    let listing = services(&answer);
    let [kept] = listing.content().as_slice() else {
        panic!("{listing:?}");
    };
    assert_eq!(kept.access_services().len(), 1);
    assert_eq!(
        problems(listing.oddities()),
        [
            "identifier without a known scheme",
            "identifier without a known scheme",
            "data service without a usable access service"
        ]
    );
}

#[test]
fn a_data_service_without_a_uuid_is_left_out() {
    let answer = service("one", &access(SCHEME));
    let listing = services(&success("DataServiceEvidenceType", &[&answer]));
    assert_eq!(problems(listing.oddities()), ["identifier is not a UUID"]);
}

#[test]
fn every_exception_is_kept() {
    let answer = failure(
        r#"<rs:Exception xsi:type="rs:ObjectNotFoundExceptionType" code="DSD:ERR:0001" message="m" severity="s"/>
           <rs:Exception xsi:type="x:OtherType" code="DSD:ERR:9999" message="n" severity="s" detail="d"/>"#,
    );
    let Services::Refused(refusal) = data_services(&answer).unwrap() else {
        panic!("found");
    };
    let codes: Vec<_> = refusal.exceptions().map(|e| e.code().as_str()).collect();
    assert_eq!(codes, ["DSD:ERR:0001", "DSD:ERR:9999"]);
    assert_eq!(refusal.exceptions().last().unwrap().kind(), "OtherType");
}

#[test]
fn a_failure_without_an_exception_is_unreadable() {
    assert!(matches!(
        data_services(&failure("")),
        Err(Unreadable::NoException)
    ));
}

#[track_caller]
fn check_question(slots: &str, asked: bool) {
    let answer = failure(&format!(
        r#"<rs:Exception xsi:type="rs:ObjectNotFoundExceptionType" code="DSD:ERR:0005" message="m" severity="s">
           <rim:Slot name="DataServiceEvidenceType"><rim:SlotValue>{}</rim:SlotValue></rim:Slot>{slots}
           </rs:Exception>"#,
        service("", "")
    ));
    let answer = data_services(&answer).unwrap();
    assert_eq!(
        matches!(answer, Services::MoreInput(_)),
        asked,
        "{answer:?}"
    );
}

fn concepts(id: &str) -> String {
    format!(
        "<rim:Slot name=\"UserRequestedClassificationConcepts\"><rim:SlotValue><rim:Element>\
         <sdg:EvidenceProviderClassification><sdg:Identifier>{id}</sdg:Identifier>\
         </sdg:EvidenceProviderClassification></rim:Element></rim:SlotValue></rim:Slot>"
    )
}

// [AT-07]
#[test]
fn a_question_needs_something_to_ask_that_can_be_read() {
    let good = concepts("12c58ee8-f40a-42ac-b056-938499d55a1a");
    check_question(&good, true);
    check_question("", false);
    check_question(&concepts("region"), false);
}

// [EB:ERR:0001, EB:ERR:0002, EB:ERR:0003, EB:ERR:0004, EB:ERR:0005, EB:ERR:0006, EB:ERR:0007]
// [DSD:ERR:0001, DSD:ERR:0002, DSD:ERR:0003, DSD:ERR:0004, DSD:ERR:0005, DSD:ERR:0006]
#[test]
fn every_listed_code_is_known_and_others_are_kept() {
    let codes = |service, last| (1..=last).map(move |n| format!("{service}:ERR:{n:04}"));
    for code in codes("EB", 7).chain(codes("DSD", 6)) {
        let known = ErrorCode::parse(&code);
        assert!(!matches!(known, ErrorCode::Other(_)), "{code}");
        assert_eq!(known.as_str(), code);
    }
    assert_eq!(
        ErrorCode::parse("EB:ERR:0042"),
        ErrorCode::Other("EB:ERR:0042".into())
    );
}

#[test]
fn kinds_of_concepts_are_read_in_every_spelling() {
    for (text, kind) in [
        ("string", ConceptKind::Text),
        ("stringValue", ConceptKind::Text),
        ("Codelist", ConceptKind::CodeList),
        ("codelist", ConceptKind::CodeList),
        ("boolean", ConceptKind::YesNo),
        ("dateValue", ConceptKind::Date),
        ("Number", ConceptKind::Other("Number".into())),
    ] {
        assert_eq!(ConceptKind::parse(text), kind);
    }
}

#[test]
fn levels_are_read_in_either_case() {
    assert_eq!(Level::parse("LAU"), Some(Level::Lau));
    assert_eq!(Level::parse("nuts3"), Some(Level::Nuts3));
    assert_eq!(Level::parse("village"), None);
}

#[test]
fn what_is_no_answer_is_unreadable() {
    assert!(matches!(requirements(b"{}"), Err(Unreadable::Xml(_))));
    assert!(matches!(requirements(b"<a/>"), Err(Unreadable::Root)));
    let odd = format!("{HEAD}PartialSuccess\"/>");
    assert!(matches!(
        requirements(odd.as_bytes()),
        Err(Unreadable::Status)
    ));
}

proptest! {
    #[test]
    fn decoding_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        drop(requirements(&bytes));
        drop(evidence_types(&bytes));
        drop(data_services(&bytes));
    }

    #[test]
    fn decoding_text_inside_never_panics(text in "[ -~]{0,40}") {
        let text = text.replace(['<', '&'], "");
        let answer = success("DataServiceEvidenceType", &[&service(&text, &access(&text))]);
        drop(data_services(&answer));
        drop(evidence_types(&success("Requirement", &[&requirement(&text, "")])));
    }
}
