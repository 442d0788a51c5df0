use std::sync::Arc;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use xml::{Document, Limits};

use super::question::{DATA_SERVICES, EVIDENCE_TYPES, REQUIREMENTS};
use super::*;

const TYPE: &str = "https://sr.oots.tech.ec.europa.eu/evidencetypeclassifications/FR/00000000-0000-4000-8000-000000000001";

fn catalogue() -> Catalogue {
    Catalogue::from_toml(&format!(
        r#"
        [[requirements]]
        id = "requirement"
        names = {{ EN = "Requirement & more" }}
        descriptions = {{ EN = "Description" }}
        procedures = [{{ id = "p", code = "R1", country = "DE", titles = {{ EN = "Birth" }} }}]
        [[requirements.evidence_type_lists]]
        id = "list"
        country = "FR"
        evidence_types = [{{ id = "{TYPE}", titles = {{ EN = "Certificate" }} }}]

        [[data_services]]
        id = "service"
        evidence_type = "{TYPE}"
        country = "FR"
        titles = {{ EN = "Service" }}
        distributions = [{{ format = "application/pdf", languages = ["FR"] }}]
        [[data_services.providers]]
        id = {{ value = "P", scheme = "s" }}
        names = {{ EN = "Provider" }}
        access_point = {{ value = "A", scheme = "s" }}
        conforms_to = ["oots-edm:v1.2"]
        "#
    ))
    .unwrap()
}

#[track_caller]
fn check(service: Service, line: Line, query: &str, expected: Result<(), &str>) {
    let catalogue = catalogue();
    let answered = service
        .question(query, line, &catalogue)
        .and_then(|question| catalogue.answer(&question, line).map(|_| ()))
        .map_err(|refusal| refusal.code);
    assert_eq!(answered, expected, "{query}");
}

#[track_caller]
fn check_broker(line: Line, id: &str, parameters: &str, expected: Result<(), &str>) {
    let query = format!("queryId={id}&{parameters}");
    check(Service::EvidenceBroker, line, &query, expected);
}

#[track_caller]
fn check_directory(line: Line, parameters: &str, expected: Result<(), &str>) {
    let query = format!("queryId={DATA_SERVICES}&{parameters}");
    check(Service::DataServiceDirectory, line, &query, expected);
}

#[test]
fn requirements_need_procedure_and_country_before_two() {
    for line in [Line::V1_0, Line::V1_1, Line::V1_2] {
        check_broker(
            line,
            REQUIREMENTS,
            "procedure-id=R1&country-code=DE",
            Ok(()),
        );
        check_broker(line, REQUIREMENTS, "procedure-id=R1", Err("EB:ERR:0003"));
        check_broker(line, REQUIREMENTS, "", Err("EB:ERR:0003"));
    }
    check_broker(Line::V2_0, REQUIREMENTS, "", Ok(()));
    check_broker(Line::V2_0, REQUIREMENTS, "procedure-id=R1", Ok(()));
}

#[test]
fn unknown_values_have_their_own_codes() {
    let broker = |parameters, code| check_broker(Line::V1_2, REQUIREMENTS, parameters, Err(code));
    broker("procedure-id=R1&country-code=FR", "EB:ERR:0001");
    broker("procedure-id=Z99&country-code=DE", "EB:ERR:0005");
    broker("procedure-id=R1&country-code=XX", "EB:ERR:0006");
    broker(
        "procedure-id=R1&country-code=DE&jurisdiction-admin-l2=berlin",
        "EB:ERR:0004",
    );
}

#[test]
fn a_region_is_a_wrong_parameter_in_two() {
    let region = "procedure-id=R1&country-code=DE&jurisdiction-admin-l2=DE3";
    check_broker(Line::V1_2, REQUIREMENTS, region, Ok(()));
    check_broker(Line::V2_0, REQUIREMENTS, region, Err("EB:ERR:0003"));
}

#[test]
fn evidence_types_need_a_known_requirement() {
    let broker =
        |parameters, expected| check_broker(Line::V2_0, EVIDENCE_TYPES, parameters, expected);
    broker("requirement-id=requirement&country-code=FR", Ok(()));
    broker("requirement-id=other&country-code=FR", Err("EB:ERR:0002"));
    broker("country-code=FR", Err("EB:ERR:0003"));
}

#[test]
fn data_services_need_type_and_country() {
    let kind = format!("evidence-type-classification={TYPE}");
    for line in Line::ALL {
        check_directory(line, &format!("{kind}&country-code=FR"), Ok(()));
        check_directory(line, &kind, Err("DSD:ERR:0003"));
        check_directory(line, "country-code=FR", Err("DSD:ERR:0003"));
        check_directory(
            line,
            &format!("{kind}&country-code=FI"),
            Err("DSD:ERR:0001"),
        );
        let other = "evidence-type-classification=other&country-code=FR";
        check_directory(line, other, Err("DSD:ERR:0002"));
    }
}

#[test]
fn a_specification_is_a_wrong_parameter_in_one_zero() {
    let query =
        format!("evidence-type-classification={TYPE}&country-code=FR&specification=oots-edm:v1.2");
    check_directory(Line::V1_0, &query, Err("DSD:ERR:0003"));
    check_directory(Line::V1_1, &query, Ok(()));
    let other = query.replace("v1.2", "v2.0");
    check_directory(Line::V2_0, &other, Err("DSD:ERR:0001"));
}

#[test]
fn a_repeated_or_unknown_parameter_is_refused() {
    let query = format!("evidence-type-classification={TYPE}&country-code=FR");
    for more in ["&country-code=FR", "&page=2"] {
        check_directory(Line::V2_0, &format!("{query}{more}"), Err("DSD:ERR:0003"));
    }
    let concept = "&40000000-0000-4000-8000-000000000001=x";
    check_directory(
        Line::V2_0,
        &format!("{query}{concept}"),
        Err("DSD:ERR:0003"),
    );
}

#[test]
fn an_unknown_query_is_refused() {
    check(Service::EvidenceBroker, Line::V2_0, "", Err("EB:ERR:0007"));
    check_broker(Line::V2_0, DATA_SERVICES, "", Err("EB:ERR:0007"));
    let query = format!("queryId={REQUIREMENTS}");
    check(
        Service::DataServiceDirectory,
        Line::V2_0,
        &query,
        Err("DSD:ERR:0004"),
    );
}

#[track_caller]
fn check_agreement(header: Option<&str>, ours: &[Line], expected: Option<(Line, bool)>) {
    let agreed = line::agree(header, ours).map(|agreed| (agreed.line, agreed.stated));
    assert_eq!(agreed, expected);
}

#[test]
fn the_newest_common_line_is_taken() {
    let all = &Line::ALL;
    check_agreement(None, all, Some((Line::V1_0, false)));
    check_agreement(Some("oots-cs:v2.0"), all, Some((Line::V2_0, true)));
    check_agreement(
        Some("oots-cs:v1.0, oots-cs:v1.2"),
        all,
        Some((Line::V1_2, true)),
    );
    check_agreement(Some("oots-cs:v2.0"), &[Line::V1_2], None);
    check_agreement(Some("oots-cs:v1.0"), all, Some((Line::V1_0, false)));
}

fn written(line: Line, query: &str) -> Document {
    let catalogue = catalogue();
    let service = if query.contains("queryId=urn:fdc:oots:dsd") {
        Service::DataServiceDirectory
    } else {
        Service::EvidenceBroker
    };
    let question = service.question(query, line, &catalogue).unwrap();
    let answer = catalogue.answer(&question, line).unwrap();
    let agreed = Agreed {
        line,
        stated: line > Line::V1_0,
    };
    let source = Source::new(Arc::new(|| Timestamp::UNIX_EPOCH), Arc::new(|_| {}));
    let body = write::success(&answer, agreed, &source);
    Document::parse(&body, &Limits::REGREP).unwrap()
}

fn count(document: &Document, name: &str) -> usize {
    let elements = document.root().descendants();
    elements
        .filter(|element| element.name().local == name)
        .count()
}

#[test]
fn the_shape_follows_the_line() {
    let types = format!("queryId={EVIDENCE_TYPES}&requirement-id=requirement&country-code=FR");
    let services =
        format!("queryId={DATA_SERVICES}&evidence-type-classification={TYPE}&country-code=FR");
    let (old, new) = (written(Line::V1_0, &types), written(Line::V2_0, &types));
    assert_eq!(count(&old, "Description"), 0);
    assert_eq!(count(&new, "Description"), 1);
    // 2.0 says at the list where it applies, 1.x at the type.
    let place = |document: &Document| {
        let mut elements = document.root().descendants();
        let kind = elements.find(|element| element.name().local == "EvidenceType");
        kind.is_some_and(|kind| kind.children().any(|c| c.name().local == "Jurisdiction"))
    };
    assert!(place(&old) && !place(&new));
    assert_eq!(count(&old, "Value"), 0, "no SpecificationIdentifier");
    assert_eq!(count(&new, "Value"), 1);
    let (old, new) = (
        written(Line::V1_2, &services),
        written(Line::V2_0, &services),
    );
    assert_eq!(count(&old, "Language"), 0);
    assert_eq!(count(&new, "Language"), 1);
}

/// A file of the real services' answers, or `None` where the data are not at hand.
fn reference(name: &str) -> Option<Vec<u8>> {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../shared/reference/oots/v2.0/cs-live"
    );
    let folder = std::path::Path::new(folder);
    if !folder.is_dir() {
        let ci = std::env::vars().any(|(name, value)| name == "CI" && value == "true");
        assert!(!ci, "shared/reference is absent");
        #[expect(clippy::print_stderr, reason = "tells that a test did not run")]
        {
            eprintln!("not run: shared/reference is absent");
        }
        return None;
    }
    Some(std::fs::read(folder.join(name)).unwrap())
}

/// Publishes a catalogue, asks, and compares with what the real services answered.
#[track_caller]
fn check_recorded(name: &str, catalogue: &str, query: &str, object: &str) {
    let Some(theirs) = reference(name) else {
        return;
    };
    let theirs = Document::parse(&theirs, &Limits::REGREP).unwrap();
    let object: uuid::Uuid = object.parse().unwrap();
    let fill = move |bytes: &mut [u8]| bytes.copy_from_slice(object.as_bytes());
    let source = Source::new(Arc::new(|| Timestamp::UNIX_EPOCH), Arc::new(fill));
    let root = crate::pki::Authority::new("Root", Timestamp::UNIX_EPOCH).unwrap();
    let signer = root.signing("Signer", crate::pki::Key::P256, Timestamp::UNIX_EPOCH);
    let shared = Shared {
        signer: Signer::new(&signer.unwrap()).unwrap(),
        lines: Line::ALL.to_vec(),
        source,
        journal: Journal::new(),
        client: "platform".to_owned(),
        started: Timestamp::UNIX_EPOCH,
        catalogue: Mutex::new(Arc::new(Catalogue::from_toml(catalogue).unwrap())),
        misbehavior: Mutex::default(),
    };
    let ours = shared.answer_to(query, Some("oots-cs:v2.0"));
    let ours = Document::parse(&ours.body, &Limits::REGREP).unwrap();
    let normalization = xml::compare::Normalization {
        trim: true,
        collapse: true,
    };
    let difference = xml::compare::difference(ours.root(), theirs.root(), &normalization);
    assert_eq!(difference, None);
}

const FINNISH: &str = "https://sr.acc.oots.tech.ec.europa.eu/evidencetypeclassifications/FI/19f0783e-7cdc-4146-9ff9-e331514ffb74";

#[test]
fn a_data_service_is_written_as_the_real_directory_does() {
    let scheme = "urn:oasis:names:tc:ebcore:partyid-type:unregistered:FI";
    let catalogue = format!(
        r#"
        [[data_services]]
        id = "41170824-15d9-4c16-984e-63b75b937b8c"
        evidence_type = "{FINNISH}"
        country = "FI"
        titles = {{ EN = "Dummy PDF - FI", FI = "Testi-PDF" }}
        distributions = [{{ format = "application/pdf", languages = ["EN"] }}]
        level_of_assurance = "Substantial"
        [data_services.descriptions]
        EN = "Test evidence type for test requirement"
        FI = "Testitodistetyyppi testivaatimukselle"
        [[data_services.providers]]
        id = {{ value = "FIKEHA02", scheme = "{scheme}" }}
        names = {{ EN = "Keha v. 2.0" }}
        descriptions = {{ EN = "Evidence provider for TDD 2.0.0 tests." }}
        access_point = {{ value = "AP_FI_03", scheme = "{scheme}" }}
        access_point_names = {{ EN = "Finland OOTS DEV TDD 2.0.0" }}
        conforms_to = ["oots-edm:v2.0"]
        "#
    );
    let query = format!(
        "/dsd?queryId={DATA_SERVICES}&evidence-type-classification={FINNISH}&country-code=FI"
    );
    let object = "7c971e8b-ec04-4968-82c2-e6fb66959ac1";
    check_recorded("dsd_data_services_fi.xml", &catalogue, &query, object);
}

#[test]
fn requirements_are_written_as_the_real_broker_does() {
    let catalogue = r#"
        [[requirements]]
        id = "https://sr.acc.oots.tech.ec.europa.eu/requirements/00000000-0000-0000-0000-000000000000"
        names = { EN = "(TEST) Test Requirement", FI = "Testivaatimus" }
        [requirements.descriptions]
        EN = "Member States may assign their own Evidence Types to this Requirement to perform Smoke Tests in the production system. This requirement MUST only be linked with an MS Test Procedure"
        FI = "Testivaatimuksen avulla jäsenmaat voivat testata järjestelmän toimivuutta."
        [[requirements.procedures]]
        id = "92c27c13-5c49-439b-a334-683d736a0cb7"
        code = "00"
        country = "FR"
        titles = { EN = "Test - FR - MS Procedure" }
        [[requirements.procedures]]
        id = "9783d769-63d5-4dce-9e1d-c932fe4cccba"
        code = "R1"
        country = "DE"
        titles = { EN = "Registration of Birth" }
        "#;
    let query = format!("/eb?queryId={REQUIREMENTS}&procedure-id=00&country-code=FR");
    let object = "6aa3a360-fb02-4304-b2e2-5893c0f55211";
    check_recorded("eb_requirements_fr.xml", catalogue, &query, object);
}

#[test]
fn refusals_are_written_as_the_real_services_do() {
    let object = "00000000-0000-4000-8000-000000000000";
    let query = format!("/eb?queryId={REQUIREMENTS}&procedure-id=00&country-code=FR");
    check_recorded("eb_requirements_vides.xml", "", &query, object);
    let catalogue = format!(
        r#"
        [[requirements]]
        id = "requirement"
        names = {{ EN = "Requirement" }}
        [[requirements.evidence_type_lists]]
        id = "list"
        country = "FI"
        evidence_types = [{{ id = "{FINNISH}", titles = {{ EN = "PDF" }} }}]
        "#
    );
    let query = format!(
        "/dsd?queryId={DATA_SERVICES}&evidence-type-classification={FINNISH}&country-code=FR"
    );
    check_recorded("dsd_aucun_service_fr.xml", &catalogue, &query, object);
}

#[test]
fn the_key_identifier_is_built_as_the_real_one() {
    let Some(headers) = reference("dsd_data_services_fi.headers") else {
        return;
    };
    let headers = String::from_utf8(headers).unwrap();
    let mut lines = headers.lines();
    let jws = lines.find_map(|line| line.strip_prefix("oots-response-sig: "));
    let protected = jws.unwrap().split('.').next().unwrap();
    let protected = BASE64_URL_SAFE_NO_PAD.decode(protected).unwrap();
    let protected: serde_json::Value = serde_json::from_slice(&protected).unwrap();
    let decode = |text: &serde_json::Value| BASE64_STANDARD.decode(text.as_str().unwrap());
    let leaf = decode(&protected["x5c"][0]).unwrap();
    assert_eq!(
        sign::issuer_serial(&leaf).unwrap(),
        decode(&protected["kid"]).unwrap()
    );
}
