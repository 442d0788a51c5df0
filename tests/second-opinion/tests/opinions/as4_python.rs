//! The PyPI package `as4` (profile Peppol: eDelivery AS4 with one XML payload inside a business
//! header), driven by `tests/interop/as4_peer.py`: messages in both directions, receipts checked by
//! both. `tests/run` makes the environment it runs in.

use crate::{
    identity::{Identity, Kind},
    peer::{Certificates, Side, clock, with_changed_payload},
};
use ebms::{
    Answer, Leg, Outgoing, Payload, Property, Service,
    pmode::TokenKind,
    signal::{self, HttpAnswer},
};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};
use tempfile::TempDir;

const SCHEME: &str = "urn:fdc:peppol.eu:2017:identifiers:ap";
const PROCESS: &str = "urn:example:process";
const ACTION: &str = "busdox-docid-qns::urn:example:Evidence-1::Evidence##urn:example:oots::1.0";
const PURPOSE: &str = "agreement = \"urn:fdc:peppol.eu:2017:agreements:tia:ap_provider\"\n\
    [[service]]\nvalue = \"urn:example:process\"\ntype = \"cenbii-procid-ubl\"\n\
    actions = [\"busdox-docid-qns::urn:example:Evidence-1::Evidence##urn:example:oots::1.0\"]\n\
    [rules]\nrequired_properties = [\"originalSender\", \"finalRecipient\"]\n";

/// The environment of the peer, if `tests/run` could make it: not every machine reaches PyPI.
fn python(test: &str) -> Option<PathBuf> {
    let python = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../as4-peer/bin/python");
    if python.is_file() {
        return Some(python);
    }
    #[expect(clippy::print_stderr, reason = "the test says that it did not run")]
    {
        eprintln!("not run: {test}: no Python environment, which tests/run makes");
    }
    None
}

/// What to change in the agreed leg.
type Change = fn(Leg) -> Leg;

/// An exchange with the peer.
struct Exchange {
    python: PathBuf,
    folder: TempDir,
    side: &'static Side,
}

impl Exchange {
    fn new(test: &str) -> Option<Self> {
        static KEYS: LazyLock<(Identity, Identity, Side)> = LazyLock::new(|| {
            let [peer, us] = ["party-a", "party-b"].map(|name| Identity::new(name, Kind::Rsa));
            let pem = peer.certificate_pem();
            let certificates = Certificates {
                sign: pem,
                encrypt: pem,
            };
            let (sign, decrypt) = (us.signing_key(), us.decryption_key());
            let side = Side::new(SCHEME, PURPOSE, &certificates, sign, decrypt);
            (peer, us, side)
        });
        let python = python(test)?;
        let (peer, us, side) = &*KEYS;
        let this = Self {
            python,
            folder: tempfile::tempdir().unwrap(),
            side,
        };
        this.put("key.pem", &peer.key);
        this.put("certificate.pem", peer.certificate_pem());
        this.put("partner.pem", us.certificate_pem());
        Some(this)
    }

    fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.folder.path().join(name), content).unwrap();
    }

    fn get(&self, name: &str) -> Vec<u8> {
        let path = self.folder.path().join(name);
        fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    fn text(&self, name: &str) -> String {
        String::from_utf8(self.get(name)).unwrap()
    }

    /// The peer takes a step.
    fn step(&self, step: &str) -> Value {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../interop/as4_peer.py");
        let done = Command::new(&self.python)
            .args([script, step])
            .arg(self.folder.path())
            .output()
            .unwrap();
        let complaint = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{step}: {complaint}");
        serde_json::from_slice(&done.stdout).unwrap()
    }

    /// We send to the peer: what it says, and what we make of its answer.
    fn send(&self, sent: &Outgoing, (content_type, body): (&str, &[u8])) -> (Value, Answer) {
        self.put("request.type", content_type);
        self.put("request.body", body);
        let outcome = self.step("receive");
        let http = HttpAnswer {
            status: 200,
            content_type: Some(&self.text("answer.type")),
            body: &self.get("answer.body"),
        };
        let partner = self.side.partner();
        let answer = signal::read_answer(&http, sent.proof(), partner, clock());
        (outcome, answer)
    }

    fn write(&self, id: &str, payload: &[u8], change: impl Fn(Leg) -> Leg) -> Outgoing {
        let scheme = "iso6523-actorid-upis";
        let service = Service::new(PROCESS, Some("cenbii-procid-ubl")).unwrap();
        let cid = "document@party-b.example".parse().unwrap();
        let draft = self
            .side
            .draft(id, service, ACTION)
            .with_property(Property::typed("originalSender", scheme, "9932:sender"))
            .with_property(Property::typed("finalRecipient", scheme, "9932:recipient"))
            .with_payload(Payload::new(cid, "application/xml", payload.to_vec()));
        self.side.write(&draft, change)
    }
}

/// The business header the profile of the peer demands around a document.
fn business_document() -> Vec<u8> {
    let scope = |kind: &str, value: &str, scheme: &str| {
        format!(
            "<Scope><Type>{kind}</Type><InstanceIdentifier>{value}</InstanceIdentifier>{scheme}\
             </Scope>"
        )
    };
    let scheme = |name: &str| format!("<Identifier>{name}</Identifier>");
    let (_, document) = ACTION.split_once("::").unwrap();
    let scopes = [
        scope("DOCUMENTID", document, &scheme("busdox-docid-qns")),
        scope("PROCESSID", PROCESS, &scheme("cenbii-procid-ubl")),
        scope("COUNTRY_C1", "FR", ""),
    ];
    let party = |name: &str| {
        format!("<Identifier Authority='iso6523-actorid-upis'>9932:{name}</Identifier>")
    };
    format!(
        "<?xml version='1.0' encoding='UTF-8'?>\n<StandardBusinessDocument \
         xmlns='http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader'>\
         <StandardBusinessDocumentHeader><HeaderVersion>1.0</HeaderVersion><Sender>{}</Sender>\
         <Receiver>{}</Receiver><DocumentIdentification><Standard>urn:example:Evidence-1</Standard>\
         <TypeVersion>1.0</TypeVersion><InstanceIdentifier>document-1</InstanceIdentifier>\
         <Type>Evidence</Type><CreationDateAndTime>2026-11-23T10:00:00Z</CreationDateAndTime>\
         </DocumentIdentification><BusinessScope>{}</BusinessScope>\
         </StandardBusinessDocumentHeader>\r\n<Evidence xmlns='urn:example:Evidence-1' b='1' \
         a='\u{e4}'><!-- c --></Evidence></StandardBusinessDocument>",
        party("sender"),
        party("recipient"),
        scopes.concat(),
    )
    .into_bytes()
}

// [AS4_CP_TA01, AS4_CP_TA38]
#[test]
fn as4_delivers_and_acknowledges_what_we_send() {
    let Some(exchange) = Exchange::new("as4: we send") else {
        return;
    };
    let payload = business_document();
    let sent = exchange.write("sent", &payload, |leg| leg);
    let (outcome, answer) = exchange.send(&sent, (sent.content_type(), sent.body()));
    assert_eq!(outcome["taken"], true, "{outcome}");
    assert_eq!(outcome["message_id"], sent.proof().message_id().as_str());
    assert_eq!(exchange.get("delivered"), payload);
    assert!(matches!(answer, Answer::Acknowledged(_)), "{answer:?}");
}

#[test]
fn as4_refuses_our_message_with_a_changed_payload() {
    let Some(exchange) = Exchange::new("as4: a changed payload") else {
        return;
    };
    let sent = exchange.write("changed", &business_document(), |leg| leg);
    let (content_type, body) = with_changed_payload(sent.content_type(), sent.body());
    let (outcome, answer) = exchange.send(&sent, (&content_type, &body));
    assert_eq!(outcome["code"], "EBMS:0102", "{outcome}");
    assert!(matches!(answer, Answer::Refused(_)), "{answer:?}");
}

/// Defects of the peer. It digests an XML part as it is, not its canonical form, and it reads no
/// certificate but one carried as X.509: what we write is right, see libxmlsec1.
#[test]
fn as4_cannot_read_everything_we_may_send() {
    let Some(exchange) = Exchange::new("as4: its limits") else {
        return;
    };
    let changes: [(&str, Change, &str); 4] = [
        (
            "raw",
            |leg| leg.with_compression(false),
            "DigestMismatchException",
        ),
        (
            "plain",
            |leg| leg.with_encryption(false),
            "PayloadPartNotFoundException",
        ),
        (
            "path",
            |leg| leg.with_tokens(TokenKind::PkiPath, TokenKind::Bst),
            "UnsupportedSecurityTokenTypeException",
        ),
        (
            "issuer",
            |leg| leg.with_tokens(TokenKind::IssuerSerial, TokenKind::Bst),
            "BaseValueInconsistentException",
        ),
    ];
    for (id, change, problem) in changes {
        let sent = exchange.write(id, &business_document(), change);
        let (outcome, answer) = exchange.send(&sent, (sent.content_type(), sent.body()));
        assert_eq!(outcome["taken"], false, "{id}: {outcome}");
        assert_eq!(outcome["problem"], problem, "{id}: {outcome}");
        assert!(
            !matches!(answer, Answer::Acknowledged(_)),
            "{id}: {answer:?}"
        );
    }
}

// [AS4_CP_TA01]
#[test]
fn we_deliver_what_as4_sends_and_it_takes_our_receipt() {
    let Some(exchange) = Exchange::new("as4: it sends") else {
        return;
    };
    exchange.put(
        "payload",
        "<Evidence xmlns='urn:example:Evidence-1'>\u{e4}</Evidence>",
    );
    let outcome = exchange.step("send");
    let received = exchange.side.receive(
        &exchange.text("request.type"),
        &exchange.get("request.body"),
    );
    let message = received.as_ref().unwrap();
    assert_eq!(
        outcome["message_id"],
        message.header().message_id().as_str()
    );
    assert_eq!(message.payloads().len(), 1);
    assert_eq!(&**message.payloads()[0].content(), exchange.get("sent"));

    let receipt = exchange.side.answer(&received);
    exchange.put("answer.body", receipt.body());
    let verdict = exchange.step("judge");
    assert_eq!(verdict["state"], "acknowledged", "{verdict}");

    // [AS4 2.1] and no receipt that was changed.
    let text = std::str::from_utf8(receipt.body()).unwrap();
    let changed = text.replacen("<ds:DigestValue>", "<ds:DigestValue>A", 1);
    exchange.put("answer.body", changed);
    let verdict = exchange.step("judge");
    assert!(verdict["problem"].is_string(), "{verdict}");
}

#[test]
fn as4_reads_our_refusal() {
    let Some(exchange) = Exchange::new("as4: our refusal") else {
        return;
    };
    exchange.put("payload", "<Evidence xmlns='urn:example:Evidence-1'/>");
    exchange.step("send");
    let (content_type, body) = with_changed_payload(
        &exchange.text("request.type"),
        &exchange.get("request.body"),
    );
    let received = exchange.side.receive(&content_type, &body);
    assert!(received.is_err());
    exchange.put("answer.body", exchange.side.answer(&received).body());
    let verdict = exchange.step("judge");
    assert_eq!(verdict["state"], "rejected", "{verdict}");
    assert_eq!(verdict["code"], "EBMS:0102", "{verdict}");
}
