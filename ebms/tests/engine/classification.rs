//! What an HTTP answer means for the message sent: the table of status and body, as partners are
//! seen to combine them.

use ebms::{
    EbmsCode, MessageId, SentProof,
    retry::Retry,
    signal::{self, Answer, HttpAnswer, read_answer},
};
use jiff::Timestamp;

use super::support::{NOW, World, payload, request, time};

/// Bodies that partners answer with.
const BODIES: [&str; 12] = [
    "receipt",
    "receipt of other octets",
    "unsigned receipt",
    "error 0003",
    "error 0005",
    "error 0202",
    "error 4001",
    "warning",
    "error about another",
    "fault",
    "page",
    "nothing",
];

/// With any status the body decides, and only what is no signal at all is judged without it: it is
/// never taken for a receipt, whatever the status promises.
// [P19] [AS4 1.1]
#[test]
fn the_body_decides_and_never_the_status() {
    let partner = &World::rsa().de_partner;
    let sent = Sent::new();
    let mut table = String::new();
    for body in BODIES {
        let mut verdicts = STATUSES.map(|status| {
            let (content_type, octets) = sent.body(body);
            let http = HttpAnswer {
                status,
                content_type,
                body: &octets,
            };
            verdict(&read_answer(&http, &sent.proof, partner, time(NOW)))
        });
        verdicts.sort();
        let [first, .., last] = &verdicts;
        assert_eq!(first, last, "{body}: the status made a difference");
        table.push_str(&format!("{body}: {first}\n"));
    }
    assert_eq!(table, TABLE);
}

const STATUSES: [u16; 12] = [200, 201, 202, 204, 301, 400, 404, 413, 500, 502, 503, 504];

const TABLE: &str = "\
receipt: acknowledged, never again
receipt of other octets: invalid receipt, again
unsigned receipt: invalid receipt, again
error 0003: refused, never again
error 0005: refused, again
error 0202: refused, again
error 4001: already accepted, never again
warning: unanswered WarningsOnly, again
error about another: unanswered OtherMessage, again
fault: unanswered Fault, again
page: unanswered NotSoap, again
nothing: unanswered Empty, again
";

/// Whatever code a partner gives, the same octets go out again unless it says that they will never
/// be taken. A signature makes no difference: the connection is the one we opened.
// [ROB-55] [AS4 2.2]
#[test]
fn attempts_end_with_the_permanent_codes_only() {
    let partner = &World::rsa().de_partner;
    let sent = Sent::new();
    let key = World::rsa().de.signing_key();
    for number in 0..10_000 {
        let Ok(code) = format!("EBMS:{number:04}").parse::<EbmsCode>() else {
            continue;
        };
        for key in [Some(&key), None] {
            let error = signal::report(code, None, id("e@de"), time(NOW), key);
            let http = HttpAnswer {
                status: 200,
                content_type: Some(error.content_type()),
                body: error.body(),
            };
            let answer = read_answer(&http, &sent.proof, partner, time(NOW));
            let ends = PERMANENT.contains(&number);
            let expected = if ends { Retry::Never } else { Retry::After };
            assert_eq!(answer.retry(), expected, "{code}: {answer:?}");
            let accepted = matches!(answer, Answer::AlreadyAccepted(_));
            assert_eq!(accepted, number == 4001, "{code}");
        }
    }
}

const PERMANENT: [u32; 10] = [1, 3, 9, 10, 11, 101, 102, 103, 303, 4001];

/// `[P19]` a code that is in no table is a refusal that may pass.
#[test]
fn an_unknown_code_may_pass() {
    let sent = Sent::new();
    let (content_type, octets) = sent.body("error 0003");
    let text = String::from_utf8(octets).unwrap();
    let text = text.replace("EBMS:0003", "OXALIS:9");
    let http = HttpAnswer {
        status: 200,
        content_type,
        body: text.as_bytes(),
    };
    let answer = read_answer(&http, &sent.proof, &World::rsa().de_partner, time(NOW));
    assert_eq!(verdict(&answer), "refused, again");
}

fn verdict(answer: &Answer) -> String {
    let what = match answer {
        Answer::Acknowledged(_) => "acknowledged".to_owned(),
        Answer::AlreadyAccepted(_) => "already accepted".to_owned(),
        Answer::Refused(_) => "refused".to_owned(),
        Answer::InvalidReceipt(_) => "invalid receipt".to_owned(),
        Answer::Unanswered { reason, .. } => format!("unanswered {reason:?}"),
    };
    match answer.retry() {
        Retry::Never => format!("{what}, never again"),
        Retry::After => format!("{what}, again"),
    }
}

/// A message sent, and what may come back for it.
struct Sent {
    world: &'static World,
    proof: SentProof,
    receipt: String,
    other: String,
}

impl Sent {
    fn new() -> Self {
        let world = World::rsa();
        let message = |draft: &ebms::Draft| {
            let sent = world.send(draft, &ebms::Leg::default());
            let received = world.receive(sent.content_type(), sent.body().clone());
            let key = world.de.signing_key();
            let receipt = signal::receipt(&received.unwrap(), id("r@de"), now(), &key).unwrap();
            let receipt = String::from_utf8(receipt.body().to_vec()).unwrap();
            (sent.proof().clone(), receipt)
        };
        let (proof, receipt) = message(&request());
        let other = request().with_payload(payload("b", "text/plain", b"b"));
        let (_, other) = message(&other);
        Self {
            world,
            proof,
            receipt,
            other,
        }
    }

    fn body(&self, name: &str) -> (Option<&'static str>, Vec<u8>) {
        let soap = Some("application/soap+xml; charset=UTF-8");
        let octets = match name {
            "receipt" => self.receipt.clone().into_bytes(),
            "receipt of other octets" => self.other.clone().into_bytes(),
            "unsigned receipt" => unsigned(&self.receipt).into_bytes(),
            "error 0003" => self.error(EbmsCode::ValueInconsistent, true),
            "error 0005" => self.error(EbmsCode::ConnectionFailure, true),
            "error 0202" => self.error(EbmsCode::DeliveryFailure, true),
            "error 4001" => self.error(EbmsCode::DuplicateDetected, true),
            "warning" => self.error(EbmsCode::FeatureNotSupported, true),
            "error about another" => self.error(EbmsCode::ValueInconsistent, false),
            "fault" => FAULT.as_bytes().to_vec(),
            "page" => return (Some("text/html"), b"<html>Bad Gateway</html>".to_vec()),
            _ => return (None, Vec::new()),
        };
        (soap, octets)
    }

    fn error(&self, code: EbmsCode, ours: bool) -> Vec<u8> {
        let other = id("other@fr.example");
        let about = if ours {
            self.proof.message_id()
        } else {
            &other
        };
        let key = self.world.de.signing_key();
        let error = signal::report(code, Some(about), id("e@de"), now(), Some(&key));
        error.body().to_vec()
    }
}

fn id(text: &str) -> MessageId {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    time(NOW)
}

/// The same without its signature.
fn unsigned(receipt: &str) -> String {
    let (before, rest) = receipt.split_once("<wsse:Security").unwrap();
    let (_, after) = rest.split_once("</wsse:Security>").unwrap();
    format!("{before}{after}")
}

const FAULT: &str = "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Header/>\
                     <s:Body><s:Fault/></s:Body></s:Envelope>";
