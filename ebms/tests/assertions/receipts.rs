//! Receipts written and judged, and what an answer that is none means for the next attempt. The
//! cases of phase4's `UserMessageDuplicateTest` as far as the engine decides them.

use super::{
    exchange::{delivered, id, with_pdf},
    forge::{Forge, cut},
    published,
    support::{NOW, World, request, time},
};
use ebms::{
    Answer, EbmsCode, Leg, Outgoing, Refusal, SentProof,
    retry::Retry,
    signal::{self, HttpAnswer, InvalidReceipt, NoSignal, read_answer},
};

/// A message and its receipt.
fn receipted() -> (Outgoing, Forge) {
    let (sent, message) = delivered(&with_pdf(), &Leg::default());
    let key = World::rsa().de.signing_key();
    let receipt = signal::receipt(&message, id("r@de.example"), time(NOW), &key).unwrap();
    let forge = Forge::of(receipt.content_type(), receipt.body());
    (sent, forge)
}

#[track_caller]
fn judge(status: u16, kind: Option<&str>, body: &[u8], proof: &SentProof) -> Answer {
    let http = HttpAnswer {
        status,
        content_type: kind,
        body,
    };
    read_answer(&http, proof, &World::rsa().de_partner, time(NOW))
}

#[track_caller]
fn judge_soap(forge: &Forge, proof: &SentProof) -> Answer {
    judge(200, Some("application/soap+xml"), &forge.body(), proof)
}

// [P17] [AS4 2.1]
#[test]
fn p17_our_receipts_carry_no_cid_references() {
    let (sent, receipt) = receipted();
    let info = cut(&receipt.soap, "<ds:SignedInfo", "</ds:SignedInfo>");
    // Beside the copies of what was received, which are not signed by reference.
    let signed = receipt.soap.split("<wsse:Security").nth(1).unwrap();
    assert!(!signed.contains("cid:"), "{signed}");
    assert_eq!(info.matches("<ds:Reference URI=\"#").count(), 2);
    assert_eq!(info.matches("<ds:Reference ").count(), 2);
    // All four references of the message are repeated, in their order.
    let receipt = cut(&receipt.soap, "<eb:Receipt>", "</eb:Receipt>");
    let copied: Vec<_> = receipt.split(" URI=\"").skip(1).collect();
    let sent: Vec<_> = sent.proof().references().iter().collect();
    assert_eq!(copied.len(), 4);
    for (copy, reference) in copied.iter().zip(sent) {
        assert!(
            copy.starts_with(&format!("{}\"", reference.uri())),
            "{copy}"
        );
    }
    assert!(!receipt.contains("MessagePartIdentifier"));
}

// [P18]
#[test]
fn p18_a_receipt_with_more_in_it_is_accepted() {
    published::acknowledged(&["signals/receipt-foreign-child.as4"]);
    let (sent, receipt) = receipted();
    let key = &World::rsa().de.key;
    let marked = receipt.clone().with(
        "</eb:Receipt>",
        "<p:Marker xmlns:p=\"urn:p\">x</p:Marker></eb:Receipt>",
    );
    let timed = "<wsu:Timestamp><wsu:Created>2001-01-01T00:00:00Z</wsu:Created></wsu:Timestamp>\
                 </wsse:Security>";
    let token = "<wsse:BinarySecurityToken wsu:Id=\"other\">AAAA</wsse:BinarySecurityToken>\
                 </wsse:Security>";
    for forged in [
        marked.signed(key),
        receipt.clone().with("</wsse:Security>", timed),
        receipt.with("</wsse:Security>", token),
    ] {
        let answer = judge_soap(&forged, sent.proof());
        assert!(matches!(answer, Answer::Acknowledged(_)), "{answer:?}");
    }
}

/// An unsigned error of another access point, as it would come in an answer.
fn error(codes: &[(&str, &str)], about: &SentProof) -> Vec<u8> {
    let errors: String = codes
        .iter()
        .map(|(code, severity)| format!("<e:Error errorCode=\"{code}\" severity=\"{severity}\"/>"))
        .collect();
    let id = about.message_id();
    let text = format!(
        "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Header>\
         <e:Messaging xmlns:e=\"http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/\">\
         <e:SignalMessage><e:MessageInfo><e:Timestamp>{NOW}</e:Timestamp>\
         <e:MessageId>e@de.example</e:MessageId><e:RefToMessageId>{id}</e:RefToMessageId>\
         </e:MessageInfo>{errors}</e:SignalMessage></e:Messaging></s:Header><s:Body/></s:Envelope>"
    );
    text.into_bytes()
}

/// What an attempt came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Came {
    Receipt,
    Known,
    Refused,
    Nothing(NoSignal),
}

impl Came {
    fn of(answer: &Answer) -> Self {
        match answer {
            Answer::Acknowledged(_) => Self::Receipt,
            Answer::AlreadyAccepted(_) => Self::Known,
            Answer::Refused(_) => Self::Refused,
            Answer::Unanswered { reason, .. } => Self::Nothing(*reason),
            Answer::InvalidReceipt(reason) => panic!("{reason}"),
        }
    }
}

/// A name, content type and body of an answer, and what they come to.
type Row<'a> = (&'a str, Option<&'a str>, &'a [u8], (Came, Retry));

// [P19] [ROB-53] [ROB-54]
#[test]
fn p19_a_signal_counts_whatever_the_status_and_nothing_else_does() {
    let (sent, receipt) = receipted();
    let proof = sent.proof();
    let receipt = receipt.soap.into_bytes();
    let refused = error(&[("EBMS:0010", "failure")], proof);
    let busy = error(&[("EBMS:0202", "failure")], proof);
    let known = error(&[("EBMS:4001", "failure")], proof);
    let warned = error(&[("EBMS:0002", "warning")], proof);
    let fault = b"<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Header/>\
                  <s:Body><s:Fault/></s:Body></s:Envelope>"
        .to_vec();
    let soap = Some("application/soap+xml; charset=UTF-8");
    let nothing = |reason| (Came::Nothing(reason), Retry::After);
    let table: [Row<'_>; 13] = [
        ("receipt", soap, &receipt, (Came::Receipt, Retry::Never)),
        (
            "permanent error",
            soap,
            &refused,
            (Came::Refused, Retry::Never),
        ),
        ("passing error", soap, &busy, (Came::Refused, Retry::After)),
        ("known at phase4", soap, &known, (Came::Known, Retry::Never)),
        ("warning", soap, &warned, nothing(NoSignal::WarningsOnly)),
        ("fault", soap, &fault, nothing(NoSignal::Fault)),
        ("empty", None, b"", nothing(NoSignal::Empty)),
        ("empty with a type", soap, b"", nothing(NoSignal::Empty)),
        (
            "page",
            Some("text/html"),
            b"<html/>",
            nothing(NoSignal::NotSoap),
        ),
        ("no type", None, b"x", nothing(NoSignal::NotSoap)),
        (
            "json",
            Some("application/json"),
            b"{}",
            nothing(NoSignal::NotSoap),
        ),
        ("no xml", soap, b"hello", nothing(NoSignal::Unreadable)),
        ("other xml", soap, b"<a/>", nothing(NoSignal::Unreadable)),
    ];
    for status in [200, 202, 204, 302, 400, 403, 404, 413, 500, 502, 503, 504] {
        for (name, kind, body, expected) in &table {
            let answer = judge(status, *kind, body, proof);
            let found = (Came::of(&answer), answer.retry());
            assert_eq!(&found, expected, "{name} with {status}");
        }
    }
}

// [ROB-55] [AS4 2.2]
#[test]
fn rob55_which_codes_end_the_attempts() {
    let (sent, _) = receipted();
    let terminal = [
        "EBMS:0001",
        "EBMS:0003",
        "EBMS:0009",
        "EBMS:0010",
        "EBMS:0011",
        "EBMS:0101",
        "EBMS:0102",
        "EBMS:0103",
        "EBMS:0303",
        "EBMS:4001",
    ];
    for code in EbmsCode::ALL {
        let body = error(&[(code.as_str(), "failure")], sent.proof());
        let retry = judge(200, Some("application/soap+xml"), &body, sent.proof()).retry();
        let expected = terminal.contains(&code.as_str());
        assert_eq!(retry == Retry::Never, expected, "{code}");
    }
    // An unknown code may pass; a known one beside it decides.
    for (codes, expected) in [
        (&[("EBMS:9999", "failure")][..], Retry::After),
        (&[("X", "fatal")], Retry::After),
        (
            &[("EBMS:0202", "failure"), ("EBMS:0101", "failure")],
            Retry::Never,
        ),
        (&[("EBMS:0101", "warning")], Retry::After),
    ] {
        let body = error(codes, sent.proof());
        let answer = judge(500, Some("application/soap+xml"), &body, sent.proof());
        assert_eq!(answer.retry(), expected, "{codes:?}");
    }
}

// [P26] [EBMS:0302]
#[test]
fn p26_a_duplicate_that_is_known_counts_as_accepted() {
    let (sent, _) = receipted();
    let soap = Some("application/soap+xml");
    let known = error(&[("EBMS:4001", "failure")], sent.proof());
    let answer = judge(400, soap, &known, sent.proof());
    assert!(matches!(answer, Answer::AlreadyAccepted(_)), "{answer:?}");
    // Not if something else is wrong as well.
    let both = [("EBMS:4001", "failure"), ("EBMS:0101", "failure")];
    let answer = judge(200, soap, &error(&both, sent.proof()), sent.proof());
    assert!(matches!(answer, Answer::Refused(_)), "{answer:?}");
    // And not for another message.
    let (_, message) = delivered(&request(), &Leg::default());
    let refusal = Refusal::reused_message_id(id("other@fr.example"));
    let key = World::rsa().de.signing_key();
    let other = signal::error(&refusal, id("e@de"), time(NOW), Some(&key));
    let other = String::from_utf8(other.body().to_vec()).unwrap();
    let other = other.replace("EBMS:0003", "EBMS:4001");
    let answer = judge(200, soap, other.as_bytes(), sent.proof());
    assert!(matches!(answer, Answer::Unanswered { .. }), "{answer:?}");
    drop(message);
}

// [P27] [ROB-58]
#[test]
fn p27_one_answer_is_a_receipt_or_an_error_and_never_both() {
    let (sent, receipt) = receipted();
    let both = receipt.with(
        "</eb:Receipt>",
        "</eb:Receipt><eb:Error errorCode=\"EBMS:0004\" severity=\"failure\"></eb:Error>",
    );
    let both = both.signed(&World::rsa().de.key);
    let answer = judge_soap(&both, sent.proof());
    let unread = matches!(
        answer,
        Answer::Unanswered {
            reason: NoSignal::Unreadable,
            ..
        }
    );
    assert!(unread, "{answer:?}");
    assert_eq!(answer.retry(), Retry::After);
}

// [ROB-50] [EBMS:0302]
#[test]
fn rob50_a_receipt_with_other_digests_is_invalid() {
    check_invalid("signals/neg-receipt-wrong-digest.as4");
    check_invalid("signals/neg-receipt-missing-reference.as4");
    let (sent, receipt) = receipted();
    let part = cut(
        &receipt.soap,
        "<ebbp:MessagePartNRInformation>",
        "</ebbp:MessagePartNRInformation>",
    );
    let key = &World::rsa().de.key;
    for forged in [
        receipt.clone().with(&part, ""),
        receipt.clone().with(&part, &part.repeat(2)),
        receipt.with("cid:evidence@oots.eu", "cid:regrep@oots.eu"),
    ] {
        let answer = judge_soap(&forged.signed(key), sent.proof());
        let digests = Answer::InvalidReceipt(InvalidReceipt::Digests);
        assert_eq!(answer, digests);
        assert_eq!(answer.retry(), Retry::After);
    }
}

#[track_caller]
fn check_invalid(file: &str) {
    let Some(answer) = published::judged(file) else {
        return;
    };
    assert!(matches!(answer, Answer::InvalidReceipt(_)), "{answer:?}");
    assert_eq!(answer.retry(), Retry::After);
}

// [ROB-52]
#[test]
fn rob52_a_receipt_without_a_signature_is_invalid() {
    let (sent, receipt) = receipted();
    let security = cut(&receipt.soap, "<wsse:Security ", "</wsse:Security>");
    let answer = judge_soap(&receipt.with(&security, ""), sent.proof());
    assert_eq!(answer, Answer::InvalidReceipt(InvalidReceipt::Unsigned));
    check_invalid("signals/neg-receipt-unsigned.as4");
    check_invalid("signals/neg-receipt-wrong-signer.as4");
}

mod user_message_duplicate {
    use super::*;

    #[test]
    fn the_same_octets_are_the_same_message() {
        let world = World::rsa();
        let sent = world.send(&request(), &Leg::default());
        let read = || world.receive(sent.content_type(), sent.body().clone());
        let (first, second) = (read().unwrap(), read().unwrap());
        assert_eq!(first.digest(), second.digest());
        let other = world.send(&with_pdf(), &Leg::default());
        let other = world.receive(other.content_type(), other.body().clone());
        assert_ne!(first.digest(), other.unwrap().digest());
    }
}
