//! What leads to a P-Mode and what does not. The cases of phase4's `PModeCheckTest` and
//! `CEFProfileTest`, and the rows on unknown values.

use super::{
    exchange::{changed, check_refused},
    forge::cut,
    support::{Identity, SCHEME, TEMPLATE, World, partner_toml},
};
use ebms::{EbmsCode, PModes, Partner, PartyId, Template, profile};

/// The message property of this name, as it is written.
fn property(name: &str) -> String {
    let (sent, _) = super::exchange::delivered(&super::support::request(), &ebms::Leg::default());
    let soap = super::exchange::soap_of(&sent);
    cut(
        &soap,
        &format!("<eb:Property name=\"{name}\""),
        "</eb:Property>",
    )
}

mod pmode_check {
    use super::*;

    // [EBMS:0010]
    #[test]
    fn an_agreement_that_was_not_made() {
        let collaboration = "<eb:CollaborationInfo>";
        let named = format!("{collaboration}<eb:AgreementRef>urn:none</eb:AgreementRef>");
        check_refused(
            |it| it.with(collaboration, &named),
            EbmsCode::ProcessingModeMismatch,
        );
        // The id of a P-Mode means nothing to anybody but its owner: it is not asked for.
        let id = format!("{collaboration}<eb:AgreementRef pmode=\"x\">urn:x</eb:AgreementRef>");
        check_refused(
            |it| it.with(collaboration, &id),
            EbmsCode::ProcessingModeMismatch,
        );
    }

    #[test]
    fn a_partner_without_a_template() {
        let pem = World::rsa().fr.certificate.clone();
        let load = |_: &str| Ok::<_, String>(pem.clone().into_bytes());
        let text = partner_toml("AP_FR_01", "certificates = [\"a\"]", "a", "");
        let text = text.replace("template = \"oots\"", "template = \"other\"");
        let partner = Partner::from_toml("fr", &text, load).unwrap();
        let template = Template::from_toml("oots", TEMPLATE).unwrap();
        let ours = PartyId::new("AP_DE_01", Some(SCHEME)).unwrap();
        let problems = PModes::new(vec![ours], vec![template], vec![partner]).unwrap_err();
        assert!(problems[0].message().contains("template"), "{problems:?}");
    }

    #[test]
    fn another_channel() {
        let user = "<eb:UserMessage mpc=\"urn:other\">";
        check_refused(
            |it| it.with("<eb:UserMessage>", user),
            EbmsCode::ProcessingModeMismatch,
        );
    }

    #[test]
    fn no_properties() {
        let (sender, recipient) = (property("originalSender"), property("finalRecipient"));
        let exchange = property("ExchangeId");
        check_refused(
            |it| {
                let all = format!("{sender}{recipient}{exchange}");
                let list = format!("<eb:MessageProperties>{all}</eb:MessageProperties>");
                it.with(&list, "")
            },
            EbmsCode::ValueInconsistent,
        );
        // A list of nothing is no list. [EBMS:0009]
        check_refused(
            |it| {
                it.with(&sender, "")
                    .with(&recipient, "")
                    .with(&exchange, "")
            },
            EbmsCode::InvalidHeader,
        );
    }

    #[test]
    fn no_responder() {
        let to = "<eb:To><eb:PartyId ";
        let id = format!("{to}type=\"{SCHEME}\">AP_DE_01</eb:PartyId>");
        check_refused(|it| it.with(&id, "<eb:To>"), EbmsCode::InvalidHeader);
        let other = id.replace("AP_DE_01", "AP_DE_02");
        check_refused(|it| it.with(&id, &other), EbmsCode::ProcessingModeMismatch);
    }
}

mod cef_profile {
    use super::*;

    // [ROB-60] [EBMS:0003]
    #[test]
    fn a_final_recipient_without_an_original_sender() {
        let sender = property("originalSender");
        check_refused(|it| it.with(&sender, ""), EbmsCode::ValueInconsistent);
    }

    #[test]
    fn an_original_sender_without_a_final_recipient() {
        let recipient = property("finalRecipient");
        check_refused(|it| it.with(&recipient, ""), EbmsCode::ValueInconsistent);
    }
}

// [ROB-59] [EBMS:0001] [EBMS:0010]
#[test]
fn rob59_no_p_mode_is_0010_and_an_unknown_value_inside_of_one_is_0001() {
    let role = profile::GATEWAY_ROLE;
    for (old, new, code) in [
        (">AP_FR_01<", ">AP_XX_01<", "EBMS:0010"),
        (">AP_DE_01<", ">AP_DE_99<", "EBMS:0010"),
        (role, "urn:other:role", "EBMS:0010"),
        (SCHEME, "urn:other:scheme", "EBMS:0010"),
        (">QueryManager<", ">LifecycleManager<", "EBMS:0001"),
        (
            "ebrs:ebms:binding:1.0",
            "ebrs:ebms:binding:9.0",
            "EBMS:0001",
        ),
        (">ExecuteQueryRequest<", ">ExecuteOrder<", "EBMS:0001"),
        (
            ">ExecuteQueryRequest<",
            ">executequeryrequest<",
            "EBMS:0001",
        ),
    ] {
        let refusal = changed(|it| it.with(old, new)).expect_err("accepted");
        assert_eq!(refusal.code().as_str(), code, "{new}: {refusal}");
    }
}

// [ROB-60] [ROB-61]
#[test]
fn rob61_what_no_valid_answer_could_name_is_0003() {
    for (old, new) in [
        ("e0a6a5b7-6b2e-4b9c-9a63-8f0c6d3a1b24", "conversation-1"),
        ("23945c13-beb7-49e0-8ff8-7bceaaf89867", "exchange-1"),
    ] {
        check_refused(|it| it.with(old, new), EbmsCode::ValueInconsistent);
    }
    // A missing ExchangeId can be answered: that is for the data model to say. [P44]
    let exchange = property("ExchangeId");
    assert!(changed(|it| it.with(&exchange, "")).is_ok());
}

// [EBMS:0003]
#[test]
fn a_party_or_service_without_a_type_is_a_uri() {
    let typed = format!(" type=\"{SCHEME}\">AP_FR_01");
    check_refused(
        |it| it.with(&typed, ">AP_FR_01"),
        EbmsCode::ValueInconsistent,
    );
    let service = " type=\"urn:oasis:names:tc:ebcore:ebrs:ebms:binding:1.0\"";
    check_refused(|it| it.with(service, ""), EbmsCode::ValueInconsistent);
}

// [ROB-66]
#[test]
fn rob66_a_payload_larger_than_agreed_is_0010() {
    let world = World::rsa();
    let text = partner_toml("AP_FR_01", "certificates = [\"s\"]", "e", "");
    let load = |file: &str| {
        let identity: &Identity = if file == "s" {
            &world.fr
        } else {
            &world.de_decrypt
        };
        Ok::<_, String>(identity.certificate.clone().into_bytes())
    };
    let small = format!("{TEMPLATE}[limits]\npayload_bytes = 100\n");
    let pmodes = PModes::new(
        vec![PartyId::new("AP_DE_01", Some(SCHEME)).unwrap()],
        vec![Template::from_toml("oots", &small).unwrap()],
        vec![Partner::from_toml("fr", &text, load).unwrap()],
    )
    .unwrap();
    let send = |size: usize| {
        let draft = super::support::request().with_payload(super::support::payload(
            "b@x",
            "text/plain",
            &vec![b'x'; size],
        ));
        let sent = world.send(&draft, &ebms::Leg::default());
        let limits = ebms::receive::Limits::default();
        match ebms::receive::read(sent.content_type(), sent.body().clone(), &limits).unwrap() {
            ebms::Incoming::User(sealed) => sealed
                .verify(&pmodes, super::support::time(super::support::NOW))
                .and_then(|signed| signed.open(&[world.de_decrypt.decryption_key()]))
                .map(|_| ())
                .map_err(|refusal| refusal.code()),
            ebms::Incoming::Signal(signal) => panic!("{signal:?}"),
        }
    };
    assert_eq!(send(100), Ok(()));
    assert_eq!(send(101), Err(EbmsCode::ProcessingModeMismatch));
}
