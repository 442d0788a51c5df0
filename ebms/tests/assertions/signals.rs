//! Signals in both directions. The cases of phase4's `ErrorMessageTest`, `Ebms3MessagingTest` and
//! `PullRequestTest`, and the SOAP fault.

use super::{
    exchange::{changed, delivered, id},
    forge::{Forge, cut},
    published,
    support::{NOW, World, request, time},
};
use bytes::Bytes;
use ebms::{
    Answer, EbmsCode, Incoming, Leg, Refusal,
    receive::{self, Limits},
    signal::{self, HttpAnswer, SignalKind, read_answer},
};

const EBMS: &str = "http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/";

fn envelope(messaging: &str, body: &str) -> Vec<u8> {
    let text = format!(
        "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Header>\
         <e:Messaging xmlns:e=\"{EBMS}\">{messaging}</e:Messaging></s:Header>\
         <s:Body>{body}</s:Body></s:Envelope>"
    );
    text.into_bytes()
}

fn signal(content: &str) -> String {
    format!(
        "<e:SignalMessage><e:MessageInfo><e:Timestamp>{NOW}</e:Timestamp>\
         <e:MessageId>s@x</e:MessageId></e:MessageInfo>{content}</e:SignalMessage>"
    )
}

fn read(octets: Vec<u8>) -> Result<Incoming, Refusal> {
    receive::read(
        "application/soap+xml",
        Bytes::from(octets),
        &Limits::default(),
    )
}

/// What the sender of a message makes of this answer.
fn judged(body: &[u8]) -> Answer {
    let (sent, _) = delivered(&request(), &Leg::default());
    let http = HttpAnswer {
        status: 500,
        content_type: Some("application/soap+xml"),
        body,
    };
    read_answer(&http, sent.proof(), &World::rsa().de_partner, time(NOW))
}

const FAILURE: &str = "<e:Error errorCode=\"EBMS:0004\" severity=\"failure\"/>";

mod error_message {
    use super::*;

    #[test]
    fn an_error_is_read() {
        let errors = format!("{FAILURE}{FAILURE}");
        let Answer::Refused(errors) = judged(&envelope(&signal(&errors), "")) else {
            panic!("no error")
        };
        assert_eq!(errors.len(), 2);
        assert_eq!(errors[0].code(), Some(EbmsCode::Other));
    }

    #[test]
    fn an_error_with_a_fault_is_read() {
        let fault = "<s:Fault><s:Code><s:Value>s:Receiver</s:Value></s:Code></s:Fault>";
        let answer = judged(&envelope(&signal(FAILURE), fault));
        assert!(matches!(answer, Answer::Refused(_)), "{answer:?}");
        if let Some(answer) = published::judged("signals/error-with-soap-fault.as4") {
            assert!(matches!(answer, Answer::Refused(_)), "{answer:?}");
        }
    }

    #[test]
    fn an_error_without_a_reference_is_about_what_was_sent() {
        let answer = judged(&envelope(&signal(FAILURE), ""));
        assert!(matches!(answer, Answer::Refused(_)), "{answer:?}");
        if let Some(answer) = published::judged("signals/error-without-reference.as4") {
            assert!(matches!(answer, Answer::Refused(_)), "{answer:?}");
        }
    }
}

mod ebms3_messaging {
    use super::*;

    fn code(messaging: &str) -> Result<EbmsCode, SignalKind> {
        match read(envelope(messaging, "")) {
            Err(refusal) => Ok(refusal.code()),
            Ok(Incoming::Signal(signal)) => Err(signal.kind()),
            Ok(Incoming::User(_)) => panic!("a user message"),
        }
    }

    // [EBMS:0009]
    #[test]
    fn more_than_one_signal() {
        let two = signal(FAILURE).repeat(2);
        assert_eq!(code(&two), Ok(EbmsCode::InvalidHeader));
        assert_eq!(code(&signal(FAILURE)), Err(SignalKind::Error));
        // It is never answered, as no signal is. [AS4 2.2]
        assert!(!read(envelope(&two, "")).unwrap_err().is_answerable());
    }

    #[test]
    fn a_signal_and_a_user_message_together() {
        let user = {
            let (sent, _) = delivered(&request(), &Leg::default());
            let soap = super::super::exchange::soap_of(&sent);
            let user = cut(&soap, "<eb:UserMessage>", "</eb:UserMessage>");
            user.replace("eb:", "e:")
        };
        for both in [
            format!("{}{user}", signal(FAILURE)),
            format!("{user}{}", signal(FAILURE)),
        ] {
            assert_eq!(code(&both), Ok(EbmsCode::InvalidHeader));
        }
    }

    #[test]
    fn an_empty_list_of_properties() {
        let list = "<eb:MessageProperties></eb:MessageProperties>";
        let refusal = changed(|it| {
            let all = cut(
                &it.soap,
                "<eb:MessageProperties>",
                "</eb:MessageProperties>",
            );
            it.with(&all, list)
        });
        assert_eq!(
            refusal.expect_err("accepted").code(),
            EbmsCode::InvalidHeader
        );
    }
}

mod pull_request {
    use super::*;

    // [ROB-71] [EBMS:0008]
    #[test]
    fn rob71_a_request_to_pull_is_refused() {
        for request in [
            "<e:PullRequest/>".to_owned(),
            format!("<e:PullRequest mpc=\"{EBMS}defaultMPC\"/>"),
            "<e:PullRequest mpc=\"urn:x\"><x/></e:PullRequest>".to_owned(),
        ] {
            let refusal = read(envelope(&signal(&request), "")).unwrap_err();
            assert_eq!(refusal.code().as_str(), "EBMS:0008");
            assert!(refusal.is_answerable());
        }
    }

    // [AS4 3.4]
    #[test]
    fn a_fragment_is_refused() {
        let fragment = "<mf:MessageFragment xmlns:mf=\
                        \"http://docs.oasis-open.org/ebxml-msg/ns/v3.0/mf/2010/04/\"/>";
        let refusal = changed(|it| {
            let first = format!("<S12:Header>{fragment}");
            it.with("<S12:Header>", &first)
        });
        let refusal = refusal.expect_err("accepted");
        assert_eq!(refusal.code(), EbmsCode::FeatureNotSupportedFailure);
    }
}

// [ROB-70]
#[test]
fn rob70_an_unknown_header_that_must_be_understood_is_a_soap_fault() {
    let with = |attribute: &str| {
        let block = format!("<S12:Header><x:Routing xmlns:x=\"urn:x\"{attribute}></x:Routing>");
        changed(move |it| it.with("<S12:Header>", &block))
    };
    for value in ["true", "1", " 1 "] {
        let refusal = with(&format!(" S12:mustUnderstand=\"{value}\"")).expect_err("accepted");
        let error = signal::error(&refusal, id("e@de"), time(NOW), None);
        let text = String::from_utf8(error.body().to_vec()).unwrap();
        let fault = cut(&text, "<S12:Fault>", "</S12:Fault>");
        assert!(fault.contains("<S12:Value>S12:MustUnderstand</S12:Value>"));
        assert!(text.contains("errorCode=\"EBMS:0009\""), "{text}");
        // With the fault the sender still reads the error.
        let answer = judged(error.body());
        assert!(matches!(answer, Answer::Refused(_)), "{answer:?}");
    }
    for attribute in [
        "",
        " S12:mustUnderstand=\"false\"",
        " S12:mustUnderstand=\"0\"",
    ] {
        assert!(with(attribute).is_ok(), "{attribute}");
    }
    published::refused(&["negative/unknown-mustunderstand-header.as4"], "EBMS:0009");
}

// [ROB-64] [EBMS:0011]
#[test]
fn rob64_a_payload_elsewhere_is_refused_with_the_id_of_the_message() {
    published::refused(&["negative/external-payload-href.as4"], "EBMS:0011");
    let world = World::rsa();
    let sent = world.send(&request(), &Leg::default());
    let forged = Forge::of(sent.content_type(), sent.body())
        .with("href=\"cid:regrep@oots.eu", "href=\"http://127.0.0.1:9/x")
        .signed(&world.fr.key);
    let refusal = world.receive(&forged.content_type(), forged.body());
    let refusal = refusal.expect_err("accepted");
    assert_eq!(refusal.message_id(), Some(sent.proof().message_id()));
    let error = signal::error(&refusal, id("e@de"), time(NOW), None);
    let text = String::from_utf8(error.body().to_vec()).unwrap();
    let about = format!("refToMessageInError=\"{}\"", sent.proof().message_id());
    assert!(text.contains(&about), "{text}");
    // What an attacker wrote is not repeated to anybody.
    assert!(!text.contains("127.0.0.1"), "{text}");
}
