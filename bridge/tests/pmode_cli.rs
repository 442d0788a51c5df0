//! `bridge pmode` and `bridge reload` as an operator runs them.
#![expect(clippy::unwrap_used, reason = "test code")]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

#[path = "support/example.rs"]
mod example;

use example::Example;

fn bridge(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bridge"));
    command.args(arguments).env_remove("RUST_LOG");
    command.output().unwrap()
}

fn records(output: &Output) -> Vec<Value> {
    let text = std::str::from_utf8(&output.stdout).unwrap();
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn config(example: &Example) -> String {
    example.path("bridge.toml").display().to_string()
}

/// A P-Mode in the shape of those that Domibus exports, with one other party.
const DOMIBUS: &str = r#"<?xml version='1.0' encoding='UTF-8'?>
<db:configuration xmlns:db="http://domibus.eu/configuration" party="AP_DE_01"><mpcs/>
<businessProcesses>
<roles><role name="r" value="http://sdg.europa.eu/edelivery/gateway"/></roles>
<parties><partyIdTypes><partyIdType name="t" value="urn:oasis:names:tc:ebcore:partyid-type:unregistered:oots"/></partyIdTypes>
<party name="AP_DE_01" endpoint="https://de.example/"><identifier partyId="AP_DE_01" partyIdType="t"/></party>
<party name="AP_AT_01" endpoint="https://at.example/msh "><identifier partyId="AP_AT_01" partyIdType="t"/></party></parties>
<meps><mep name="oneway" value="http://x/oneWay"/><binding name="push" value="http://x/push"/></meps>
<properties><property name="a" key="originalSender" required="true"/><property name="b" key="finalRecipient" required="true"/>
<propertySet name="c"><propertyRef property="a"/><propertyRef property="b"/></propertySet></properties>
<securities><security name="s" policy="eDeliveryAS4Policy_BST.xml" signatureMethod="RSA_SHA256"/></securities>
<services><service name="q" value="QueryManager" type="urn:oasis:names:tc:ebcore:ebrs:ebms:binding:1.0"/></services>
<actions><action name="go" value="ExecuteQueryRequest"/></actions>
<as4><receptionAwareness name="ra" retry="12;4;CONSTANT" duplicateDetection="true"/><reliability name="re" nonRepudiation="true" replyPattern="response"/></as4>
<legConfigurations><legConfiguration name="l" service="q" action="go" reliability="re" security="s" receptionAwareness="ra" propertySet="c" compressPayloads="false"/></legConfigurations>
<process name="ootsProcess" mep="oneway" binding="push" initiatorRole="r" responderRole="r">
<initiatorParties><initiatorParty name="AP_DE_01"/><initiatorParty name="AP_AT_01"/></initiatorParties>
<responderParties><responderParty name="AP_DE_01"/><responderParty name="AP_AT_01"/></responderParties>
<legs><leg name="l"/></legs></process></businessProcesses></db:configuration>"#;

/// Imports into a configuration, puts certificates where the files name them, and checks it all.
fn imported(file: &Path) -> (Example, Vec<Value>) {
    let example = Example::new();
    let out = example.path("");
    let arguments = [
        "--json",
        "pmode",
        "import-domibus",
        file.to_str().unwrap(),
        "--out",
    ];
    let output = bridge(&[&arguments[..], &[out.to_str().unwrap()]].concat());
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let records = records(&output);
    for record in &records {
        let Some(path) = record["file"].as_str().filter(|it| it.contains("partners")) else {
            continue;
        };
        for what in ["signing", "encryption"] {
            let made = Path::new(path).with_extension("");
            let made = format!("{}-{what}.pem", made.display());
            fs::copy(example.path(&format!("partners/example-{what}.pem")), made).unwrap();
        }
    }
    let checked = bridge(&["config", "check", "--config", &config(&example)]);
    assert_eq!(checked.status.code(), Some(0), "{checked:?}");
    (example, records)
}

#[test]
fn what_is_imported_from_domibus_is_a_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pmode.xml");
    fs::write(&file, DOMIBUS).unwrap();
    let (example, records) = imported(&file);
    let findings: Vec<_> = records
        .iter()
        .filter(|it| it["place"].is_string())
        .collect();
    assert_eq!(findings.len(), 2, "{findings:?}");
    let listed = bridge(&["--json", "pmode", "list", "--config", &config(&example)]);
    let listed = self::records(&listed);
    let partner = listed
        .iter()
        .find(|it| it["partner"] == "ap-at-01")
        .unwrap();
    assert_eq!(partner["endpoint"], "https://at.example/msh");
    assert_eq!(partner["country"], "AT");
    assert_eq!(partner["legs"][0]["compress"], false);
    // [AS4 3.1] kept, and told again whenever somebody asks.
    let checked = bridge(&["--json", "pmode", "check", "--config", &config(&example)]);
    assert_eq!(checked.status.code(), Some(1));
    let findings = self::records(&checked);
    let told = |it: &Value| it["finding"].as_str().unwrap().contains("ends after 690 s");
    assert!(findings.iter().any(told), "{findings:?}");
    // What is there is not overwritten.
    let (file, out) = (file.to_str().unwrap(), example.path(""));
    let again = bridge(&[
        "pmode",
        "import-domibus",
        file,
        "--out",
        out.to_str().unwrap(),
    ]);
    assert_eq!(again.status.code(), Some(2));
    let no_pmode = bridge(&["pmode", "import-domibus", &config(&example)]);
    assert_eq!(no_pmode.status.code(), Some(2));
}

#[test]
fn the_published_p_modes_are_configurations() {
    // [AS4 4.1] [W18] [W21]
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/reference/as4/pmode");
    if !folder.is_dir() {
        #[expect(clippy::disallowed_methods, reason = "a test asks where it runs")]
        let ci = std::env::var("CI").is_ok_and(|value| value == "true");
        assert!(!ci, "the reference folder is missing");
        #[expect(clippy::print_stderr, reason = "the test says that it did not run")]
        {
            eprintln!("not run: published P-Modes: no reference folder");
        }
        return;
    }
    let (example, _) =
        imported(&folder.join("oots-projectathon-2023-10.AP_DE_01.domibus-pmode.xml"));
    let listed = bridge(&["--json", "pmode", "list", "--config", &config(&example)]);
    // 31 parties and the example that was there.
    assert_eq!(records(&listed).len(), 32);
    imported(&folder.join("oots-france-v2.0.domibus-pmode.xml"));
}

/// The header of a message by this party, alone.
fn envelope(from: &str, action: &str) -> String {
    format!(
        r#"<S:Envelope xmlns:S="http://www.w3.org/2003/05/soap-envelope"><S:Header>
<eb:Messaging xmlns:eb="http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/" S:mustUnderstand="true"><eb:UserMessage>
<eb:MessageInfo><eb:Timestamp>2026-08-06T10:00:00.000Z</eb:Timestamp><eb:MessageId>1@fr.example</eb:MessageId></eb:MessageInfo>
<eb:PartyInfo><eb:From><eb:PartyId type="urn:oasis:names:tc:ebcore:partyid-type:unregistered:oots">{from}</eb:PartyId><eb:Role>http://sdg.europa.eu/edelivery/gateway</eb:Role></eb:From>
<eb:To><eb:PartyId type="urn:oasis:names:tc:ebcore:partyid-type:unregistered:oots">AP_DE_01</eb:PartyId><eb:Role>http://sdg.europa.eu/edelivery/gateway</eb:Role></eb:To></eb:PartyInfo>
<eb:CollaborationInfo><eb:Service type="urn:oasis:names:tc:ebcore:ebrs:ebms:binding:1.0">QueryManager</eb:Service><eb:Action>{action}</eb:Action><eb:ConversationId>c</eb:ConversationId></eb:CollaborationInfo>
<eb:MessageProperties><eb:Property name="originalSender">a</eb:Property><eb:Property name="finalRecipient">b</eb:Property></eb:MessageProperties>
<eb:PayloadInfo><eb:PartInfo href="cid:x@fr.example"><eb:PartProperties><eb:Property name="MimeType">application/x-ebrs+xml</eb:Property></eb:PartProperties></eb:PartInfo></eb:PayloadInfo>
</eb:UserMessage></eb:Messaging></S:Header><S:Body/></S:Envelope>"#
    )
}

/// Explains a stored message; the fields that differ.
fn explain(example: &Example, stored: &str) -> (Option<i32>, Value) {
    let file = example.path("message");
    fs::write(&file, stored).unwrap();
    let config = config(example);
    let file = file.to_str().unwrap();
    let output = bridge(&["--json", "pmode", "explain", file, "--config", &config]);
    (output.status.code(), records(&output).remove(0))
}

fn differing(record: &Value) -> Vec<(&str, &str, &str)> {
    let checks = record["checks"].as_array().unwrap().iter();
    let wrong = checks.filter(|check| check["ok"] == false);
    let text = |check: &'_ Value, key: &str| check[key].as_str().unwrap().to_owned().leak() as &str;
    wrong
        .map(|check| {
            (
                text(check, "field"),
                text(check, "expected"),
                text(check, "found"),
            )
        })
        .collect()
}

#[test]
fn a_message_is_explained() {
    // [EBMS:0010]
    let example = Example::new();
    let good = envelope("AP_FR_01", "ExecuteQueryRequest");
    let (code, record) = explain(&example, &good);
    assert_eq!(code, Some(0), "{record}");
    assert_eq!(record["partner"], "example");
    assert_eq!(record["leg"]["compress"], true);
    let headers =
        "HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml;\r\n charset=UTF-8\r\n\r\n";
    assert_eq!(explain(&example, &format!("{headers}{good}")).0, Some(0));
    let part = "Content-Type: application/soap+xml\r\nContent-ID: <r>\r\n\r\n";
    let payload = "Content-Type: application/x-ebrs+xml\r\nContent-ID: <x@fr.example>\r\n\r\n<q/>";
    let package = format!("--b\r\n{part}{good}\r\n--b\r\n{payload}\r\n--b--\r\n");
    assert_eq!(explain(&example, &package).0, Some(0));

    let scheme = "urn:oasis:names:tc:ebcore:partyid-type:unregistered:oots";
    let (code, record) = explain(&example, &envelope("AP_XX_01", "ExecuteQueryRequest"));
    assert_eq!(code, Some(1));
    let (expected, found) = (format!("{scheme}::AP_FR_01"), format!("{scheme}::AP_XX_01"));
    assert_eq!(differing(&record), [("from", &*expected, &*found)]);
    let (code, record) = explain(&example, &envelope("AP_FR_01", "Stop"));
    assert_eq!(code, Some(1));
    assert_eq!(differing(&record)[0].2, "Stop");
    for wrong in ["", "hello", "<a/>", "Content-Type: text/plain\r\n\r\nx"] {
        let (code, record) = explain(&example, wrong);
        assert_eq!(code, Some(1), "{wrong:?}");
        assert_eq!(record["matches"], false);
    }
}

#[test]
fn a_reload_is_not_asked_for_with_a_broken_configuration() {
    // [ROB-126]
    let example = Example::new();
    let config = config(&example);
    let before = fs::metadata(&config).unwrap().modified().unwrap();
    fs::write(example.path("partners/broken.toml"), "template = 1\n").unwrap();
    let output = bridge(&["reload", "--config", &config]);
    assert_eq!(output.status.code(), Some(78));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains("partners/broken.toml:1: template: must be text"),
        "{told}"
    );
    assert_eq!(fs::metadata(&config).unwrap().modified().unwrap(), before);
    fs::remove_file(example.path("partners/broken.toml")).unwrap();
    assert_eq!(
        bridge(&["reload", "--config", &config]).status.code(),
        Some(0)
    );
    assert_ne!(fs::metadata(&config).unwrap().modified().unwrap(), before);
}
