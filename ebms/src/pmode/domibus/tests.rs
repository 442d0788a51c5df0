use super::*;
use crate::{
    Partner, PartyId, Template,
    pmode::{PModes, Profile, TokenKind},
};

const HEAD: &str = r#"<?xml version='1.0' encoding='UTF-8'?>
<db:configuration xmlns:db="http://domibus.eu/configuration" party="us">
<mpcs><mpc name="m" qualifiedName="http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/defaultMPC"/></mpcs>
<businessProcesses>
<roles><role name="r" value="urn:x:gateway "/></roles>
<parties><partyIdTypes><partyIdType name="t" value="urn:x:type"/></partyIdTypes>
<party name="us" endpoint="https://us.example/"><identifier partyId="us" partyIdType="t"/></party>
<party name="AP_FR_01" endpoint=" https://fr.example/msh "><identifier partyId="AP_FR_01" partyIdType="t"/></party>
</parties>
<meps><mep name="oneway" value="http://x/oneWay"/><binding name="push" value="http://x/push"/></meps>
<properties><property name="a" key="originalSender" required="true"/><property name="b" key="finalRecipient" required="true"/>
<propertySet name="corners"><propertyRef property="a"/><propertyRef property="b"/></propertySet></properties>
<securities><security name="s" policy="eDeliveryAS4Policy_IS.xml" signatureMethod="RSA_SHA256"/>
<security name="none" policy="doNothingPolicy.xml" signatureMethod="RSA_SHA256"/></securities>
<errorHandlings><errorHandling name="e" errorAsResponse="true"/></errorHandlings>
<agreements><agreement name="ag" value="" type=""/></agreements>
<services><service name="q" value="bdx:noprocess" type="tc1"/></services>
<actions><action name="go" value="TC1Leg1"/><action name="back" value="TC1Leg2"/></actions>
<as4><receptionAwareness name="ra" retry="12;4;CONSTANT" duplicateDetection="true"/>
<reliability name="re" nonRepudiation="true" replyPattern="response"/></as4>
<splittingConfigurations><splitting name="split" fragmentSize="20"/></splittingConfigurations>
<legConfigurations>
<legConfiguration name="l1" service="q" action="go" defaultMpc="m" reliability="re" security="s" receptionAwareness="ra" propertySet="corners" errorHandling="e" compressPayloads="true"/>
<legConfiguration name="l2" service="q" action="back" defaultMpc="m" reliability="re" security="s" receptionAwareness="ra" propertySet="corners" errorHandling="e" compressPayloads="false"/>
</legConfigurations>
<process name="p" agreement="ag" mep="oneway" binding="push" initiatorRole="r" responderRole="r">
<initiatorParties><initiatorParty name="us"/><initiatorParty name="AP_FR_01"/></initiatorParties>
<responderParties><responderParty name="us"/><responderParty name="AP_FR_01"/></responderParties>
<legs><leg name="l1"/><leg name="l2"/></legs></process>
</businessProcesses></db:configuration>"#;

/// The files as they are read back, the partner with a certificate made for the test.
fn read(imported: &Imported) -> PModes {
    let pem = certificate();
    let (mut templates, mut partners) = (Vec::new(), Vec::new());
    for file in &imported.files {
        if file.folder == "pmodes" {
            templates.push(Template::from_toml(&file.name, &file.text).unwrap());
        } else {
            let load = |_: &str| Ok::<_, std::convert::Infallible>(pem.clone().into_bytes());
            partners.push(Partner::from_toml(&file.name, &file.text, load).unwrap());
        }
    }
    let ours = PartyId::new("us", Some("urn:x:type")).unwrap();
    PModes::new(vec![ours], templates, partners).unwrap()
}

fn certificate() -> String {
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let parameters = rcgen::CertificateParams::new(Vec::new()).unwrap();
    parameters.self_signed(&pair).unwrap().pem()
}

fn findings(imported: &Imported) -> Vec<String> {
    let all = imported.findings.iter();
    all.map(|it| format!("{}: {}", it.place, it.message))
        .collect()
}

#[test]
fn a_p_mode_is_read_back_as_it_was_meant() {
    // [AS4 4.1] [P32] [W18] [W21]
    let imported = import(HEAD.as_bytes()).unwrap();
    let pmodes = read(&imported);
    let partner = pmodes.partner("ap-fr-01").unwrap();
    assert_eq!(partner.endpoint(), "https://fr.example/msh");
    assert_eq!(partner.country(), Some("FR"));
    assert_eq!(partner.party_ids()[0].to_string(), "urn:x:type::AP_FR_01");
    let template = pmodes.template(partner).unwrap();
    assert_eq!(template.role_from(), "urn:x:gateway");
    assert_eq!(template.retry().attempts(), 4);
    assert_eq!(template.retry().interval().as_secs(), 180);
    assert!(template.may_outlast_deadline());
    let (service, actions) = template.services().next().unwrap();
    assert_eq!(service.kind(), Some("tc1"));
    assert_eq!(actions.len(), 2);
    let leg = |action| pmodes.leg(partner, service, action).unwrap();
    assert!(leg("TC1Leg1").compresses() && !leg("TC1Leg2").compresses());
    assert_eq!(leg("TC1Leg1").profile(), Profile::Rsa);
    assert_eq!(leg("TC1Leg1").signature_token(), TokenKind::IssuerSerial);
    assert!(template.property_names("1.2").is_some() && template.property_names("2.0").is_none());
}

#[test]
fn what_is_doubtful_is_a_finding() {
    // [AS4 3.1] [AS4 3.4]
    let imported = import(HEAD.as_bytes()).unwrap();
    assert_eq!(
        findings(&imported),
        [
            "splitting split: no leg uses it: not taken over",
            "service q: its type \"tc1\" is that of the example of Domibus",
            "receptionAwareness ra: retry \"12;4;CONSTANT\" is kept: 4 attempts, 180 s apart, \
             within 12 minutes; an answer is of use for 300 s only",
            "party AP_FR_01: blanks around the endpoint were taken away",
        ]
    );
}

#[track_caller]
fn check_found(from: &str, to: &str, expected: &str) -> Imported {
    assert!(HEAD.contains(from), "{from}");
    let imported = import(HEAD.replace(from, to).as_bytes()).unwrap();
    let found = findings(&imported);
    assert!(found.iter().any(|it| it.contains(expected)), "{found:#?}");
    imported
}

#[test]
fn nothing_is_lost_silently() {
    check_found("security=\"s\"", "security=\"none\"", "not signed");
    check_found(
        "security=\"s\"",
        "security=\"gone\"",
        "security \"gone\" is not defined",
    );
    check_found(
        "value=\"http://x/push\"",
        "value=\"http://x/pull\"",
        "not One-Way/Push",
    );
    check_found("12;4;CONSTANT", "12;4;PROGRESSIVE", "evenly spaced");
    check_found("12;4;CONSTANT", "soon", "our default counts");
    check_found(
        "duplicateDetection=\"true\"",
        "duplicateDetection=\"false\"",
        "duplicates",
    );
    check_found(
        "nonRepudiation=\"true\"",
        "nonRepudiation=\"false\"",
        "digests",
    );
    check_found(
        "errorAsResponse=\"true\"",
        "errorAsResponse=\"false\"",
        "all the same",
    );
    check_found(
        "party=\"us\"",
        "party=\"them\"",
        "stands not among the parties",
    );
    check_found(
        "signatureMethod=\"RSA_SHA256\"",
        "signatureMethod=\"RSA_MD5\"",
        "is not known",
    );
    check_found(
        "<leg name=\"l2\"/>",
        "<leg name=\"l3\"/>",
        "leg \"l3\" is not defined",
    );
    check_found("https://fr.example", "http://fr.example", "is not https");
    check_found("partyId=\"AP_FR_01\"", "partyId=\"us us\"", "AP_FR_01");
    let alone = HEAD.replace("AP_FR_01", "us");
    assert!(
        findings(&import(alone.as_bytes()).unwrap())
            .iter()
            .any(|it| it.contains("no other party"))
    );
}

#[test]
fn text_of_the_file_cannot_leave_its_value() {
    let imported = check_found("name=\"p\"", "name=\"p\n#x\"", "");
    let evil = HEAD.replace(
        "https://fr.example/msh",
        "https://x/&quot;&#10;[signing]&#10;a=&quot;",
    );
    let evil = import(evil.as_bytes()).unwrap();
    for imported in [imported, evil] {
        read(&imported);
    }
}

#[test]
fn other_documents_are_no_p_modes() {
    for text in [
        "",
        "<a/>",
        "<!DOCTYPE a><a/>",
        "<configuration xmlns='http://domibus.eu/configuration'/>",
    ] {
        assert!(import(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn the_published_p_modes_are_read() {
    let folder =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/reference/as4/pmode");
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
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.contains("domibus-pmode") {
            // The policies beside them are no P-Modes, and said to be none.
            assert!(import(&std::fs::read(&path).unwrap()).is_err(), "{name}");
            continue;
        }
        seen += 1;
        let imported = import(&std::fs::read(&path).unwrap()).unwrap();
        let pmodes = read(&imported);
        let found = findings(&imported);
        assert!(
            found.iter().any(|it| it.contains("12;4;CONSTANT")),
            "{found:#?}"
        );
        assert!(
            found.iter().any(|it| it.starts_with("splitting default")),
            "{found:#?}"
        );
        if name.contains("AP_DE_01") {
            check_projectathon(&imported, &pmodes);
        } else {
            // A gateway that talks to itself.
            assert_eq!(pmodes.partners().count(), 0);
            assert!(imported.files[0].text.contains("SpecificationId"));
        }
    }
    assert_eq!(seen, 2);
}

fn check_projectathon(imported: &Imported, pmodes: &PModes) {
    assert_eq!(imported.party, "AP_DE_01");
    assert_eq!(pmodes.partners().count(), 31);
    let partner = pmodes.partner("ap-fr-01").unwrap();
    let template = pmodes.template(partner).unwrap();
    let services: Vec<_> = template.services().map(|(it, _)| it.value()).collect();
    assert_eq!(services, ["LifecycleManager", "QueryManager"]);
    let leg = |action| {
        let service = crate::Service::query_manager();
        pmodes.leg(partner, &service, action).unwrap()
    };
    assert!(leg("ExecuteQueryRequest").compresses());
    assert!(!leg("ExecuteQueryResponse").compresses());
    assert!(leg("ExceptionResponse").compresses());
    assert_eq!(template.role_from(), crate::profile::GATEWAY_ROLE);
    assert!(template.property_names("1.2").is_some() && template.property_names("2.0").is_none());
}
