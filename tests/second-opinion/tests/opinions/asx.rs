//! The crate `asx-rs` with its preset for eDelivery AS4 1.15: messages in both directions, receipts
//! checked by both, through its public calls.

use crate::peer::{Certificates, Side, clock, with_changed_payload};
use asx::{
    BoxFuture, HttpClient, MemoryDedup, Partner, Payload, Profile, Reject,
    as4::{As4, Message, UserMessage},
    testkit::{
        loopback::Loopback,
        pki::{KeyAlg, TestCa, TestParty, UNREGISTERED_PARTY_TYPE, published_crl},
    },
};
use bytes::Bytes;
use ebms::{
    Answer, Draft, Leg, Outgoing, ReceivedMessage, Refusal, Service, Verified,
    pmode::TokenKind,
    refusal::EbmsCode,
    security::{DecryptionKey, SigningKey},
    signal::{self, HttpAnswer},
};
use http::{Request, Response, header::CONTENT_TYPE};
use std::sync::{Arc, LazyLock, Mutex};

const PURPOSE: &str = "[[service]]\nvalue = \"urn:example:service\"\n\
    actions = [\"urn:example:action\"]\n";
const OURS: &str = "https://party-b.example/as4";
const THEIRS: &str = "https://party-a.example/as4";
const XML: &[u8] = b"<?xml version='1.0'?>\n<q:a xmlns:q='urn:q' b='1'><!-- c -->\r\n</q:a>";
const PDF: &[u8] = b"%PDF-1.7\n\x00\xff\r\n";

type Received = Result<Verified<ReceivedMessage>, Refusal>;
type Delivered = Vec<(String, Vec<Vec<u8>>)>;

/// The peer as `party-a`, us as `party-b`.
struct World {
    ca: TestCa,
    peer: TestParty,
    us: TestParty,
    side: Side,
}

impl World {
    /// One for all: its keys take a while to make.
    fn new() -> &'static Self {
        static WORLD: LazyLock<World> = LazyLock::new(World::make);
        &WORLD
    }

    fn make() -> Self {
        let ca = TestCa::new("test root", KeyAlg::Rsa2048);
        let (peer, us) = (ca.rsa_party("party-a"), ca.rsa_party("party-b"));
        let text = |pem: &[u8]| String::from_utf8(pem.to_vec()).unwrap();
        let certificates = Certificates {
            sign: &text(&peer.signing.cert_pem),
            encrypt: &text(&peer.encryption.cert_pem),
        };
        let sign = SigningKey::from_pkcs8_pem(&us.signing.key_pem, &us.signing.cert_pem);
        let decrypt =
            DecryptionKey::from_pkcs8_pem(&us.encryption.key_pem, &us.encryption.cert_pem);
        let (sign, decrypt) = (sign.unwrap(), decrypt.unwrap());
        let side = Side::new(
            UNREGISTERED_PARTY_TYPE,
            PURPOSE,
            &certificates,
            sign,
            decrypt,
        );
        Self { ca, peer, us, side }
    }

    fn stack(&self, client: impl HttpClient) -> (As4, Partner) {
        let partner = self.us.partner(OURS);
        let stack = As4::builder(Profile::edelivery_1_15())
            .local(self.peer.local())
            .trust_anchor(self.ca.anchor())
            .partner(partner.clone())
            .http_client(client)
            .build()
            .unwrap();
        (stack, partner)
    }

    fn draft(&self, id: &str) -> Draft {
        let service = Service::new("urn:example:service", None).unwrap();
        self.side.draft(id, service, "urn:example:action")
    }

    /// What the peer answers to a body of ours, and what it delivers.
    async fn deliver(&self, bodies: Vec<(String, Vec<u8>)>) -> (Vec<Response<Bytes>>, Delivered) {
        let loopback = Loopback::new();
        let (stack, _) = self.stack(loopback.clone());
        let delivered: Arc<Mutex<Delivered>> = Arc::default();
        let inbox = Arc::clone(&delivered);
        let inbound = stack.inbound(
            MemoryDedup::default(),
            move |message: asx::Verified<UserMessage>| {
                let payloads = message
                    .payloads()
                    .iter()
                    .map(|it| it.bytes().to_vec())
                    .collect();
                inbox
                    .lock()
                    .unwrap()
                    .push((message.message_id().to_owned(), payloads));
                async { Ok::<(), Reject>(()) }
            },
        );
        loopback.mount(THEIRS, inbound);
        let mut answers = Vec::new();
        for (content_type, body) in bodies {
            let request = Request::post(THEIRS)
                .header(CONTENT_TYPE, content_type)
                .body(Bytes::from(body))
                .unwrap();
            answers.push(loopback.exchange(request).await.unwrap());
        }
        let delivered = delivered.lock().unwrap().clone();
        (answers, delivered)
    }

    fn judge(&self, answer: &Response<Bytes>, sent: &Outgoing) -> Answer {
        let http = HttpAnswer {
            status: answer.status().as_u16(),
            content_type: answer
                .headers()
                .get(CONTENT_TYPE)
                .map(|it| it.to_str().unwrap()),
            body: answer.body(),
        };
        signal::read_answer(&http, sent.proof(), self.side.partner(), clock())
    }
}

fn payload(cid: &str, media_type: &str, content: &[u8]) -> ebms::Payload {
    ebms::Payload::new(cid.parse().unwrap(), media_type, content.to_vec())
}

fn request(sent: &Outgoing) -> (String, Vec<u8>) {
    (sent.content_type().to_owned(), sent.body().to_vec())
}

// [AS4_CP_TA01, AS4_CP_TA07, AS4_CP_TA38]
#[tokio::test]
async fn asx_delivers_and_acknowledges_what_we_send() {
    let world = World::new();
    for (compress, encrypt) in [(true, true), (false, true), (true, false), (false, false)] {
        let draft = world
            .draft(&format!("sent-{compress}-{encrypt}"))
            .with_payload(payload("xml@party-b.example", "application/xml", XML))
            .with_payload(payload("pdf@party-b.example", "application/pdf", PDF));
        let change = |leg: Leg| leg.with_compression(compress).with_encryption(encrypt);
        let sent = world.side.write(&draft, change);
        let (answers, delivered) = world.deliver(vec![request(&sent)]).await;
        let id = sent.proof().message_id().as_str().to_owned();
        if encrypt {
            let answer = world.judge(&answers[0], &sent);
            assert!(matches!(answer, Answer::Acknowledged(_)), "{answer:?}");
            assert_eq!(delivered, [(id, vec![XML.to_vec(), PDF.to_vec()])]);
        } else {
            // Its preset demands encryption.
            assert_eq!(delivered, []);
            assert_refused(
                &world.judge(&answers[0], &sent),
                EbmsCode::PolicyNoncompliance,
            );
        }
    }
}

#[track_caller]
fn assert_refused(answer: &Answer, code: EbmsCode) {
    let Answer::Refused(errors) = answer else {
        panic!("{answer:?}");
    };
    assert_eq!(errors[0].code(), Some(code), "{errors:?}");
}

// [AS4_CP_TA16, AS4_CP_TA17]
#[tokio::test]
async fn asx_acknowledges_our_ping_and_delivers_nothing() {
    let world = World::new();
    let service = Service::new(ebms::profile::TEST_SERVICE, None).unwrap();
    let draft = world
        .side
        .draft("ping", service, ebms::profile::TEST_ACTION);
    let sent = world.side.write(&draft, |leg| leg);
    let (answers, delivered) = world.deliver(vec![request(&sent)]).await;
    assert_eq!(delivered, []);
    assert!(matches!(
        world.judge(&answers[0], &sent),
        Answer::Acknowledged(_)
    ));
}

#[tokio::test]
async fn asx_refuses_our_message_with_a_changed_payload() {
    let world = World::new();
    let draft = world
        .draft("changed")
        .with_payload(payload("p@x", "application/pdf", PDF));
    let sent = world.side.write(&draft, |leg| leg);
    let changed = with_changed_payload(sent.content_type(), sent.body());
    let (answers, delivered) = world.deliver(vec![changed]).await;
    assert_eq!(delivered, []);
    let answer = world.judge(&answers[0], &sent);
    assert!(matches!(answer, Answer::Refused(_)), "{answer:?}");
}

// [P26] it answers the second copy with a receipt, and delivers once.
#[tokio::test]
async fn asx_acknowledges_a_second_copy_and_delivers_once() {
    let world = World::new();
    let draft = world
        .draft("twice")
        .with_payload(payload("p@x", "application/pdf", PDF));
    let sent = world.side.write(&draft, |leg| leg);
    let (answers, delivered) = world.deliver(vec![request(&sent), request(&sent)]).await;
    assert_eq!(delivered.len(), 1);
    for answer in answers {
        assert!(matches!(
            world.judge(&answer, &sent),
            Answer::Acknowledged(_)
        ));
    }
}

/// A limitation of the peer (as4.md 7.3): it reads no signer's certificate but one that is carried,
/// and no recipient's but a few ways. What we write is right, see libxmlsec1 and bergshamra.
#[tokio::test]
async fn asx_knows_no_signer_that_is_not_carried() {
    let world = World::new();
    for (signer, taken) in [
        (TokenKind::Bst, true),
        (TokenKind::PkiPath, true),
        (TokenKind::IssuerSerial, false),
        (TokenKind::Ski, false),
    ] {
        let draft = world
            .draft(&format!("token-{signer:?}"))
            .with_payload(payload("p@x", "application/pdf", PDF));
        let sent = world
            .side
            .write(&draft, |leg| leg.with_tokens(signer, TokenKind::Bst));
        let (answers, delivered) = world.deliver(vec![request(&sent)]).await;
        let answer = world.judge(&answers[0], &sent);
        assert_eq!(delivered.len() == 1, taken, "{signer:?}: {answer:?}");
        assert_eq!(
            matches!(answer, Answer::Acknowledged(_)),
            taken,
            "{signer:?}: {answer:?}"
        );
    }
}

/// A defect of the peer: around the document element it writes instructions without the line break
/// of canonical XML, so it finds another digest than we, libxml2 and WSS4J.
#[tokio::test]
async fn asx_has_another_canonical_form_for_instructions_around_the_root() {
    let world = World::new();
    for (content, taken) in [("<a><?s t?></a>", true), ("<?s t?><a/>", false)] {
        let draft = world
            .draft(&format!("instruction-{taken}"))
            .with_payload(payload("p@x", "application/xml", content.as_bytes()));
        let sent = world.side.write(&draft, |leg| leg.with_compression(false));
        let (answers, delivered) = world.deliver(vec![request(&sent)]).await;
        let answer = world.judge(&answers[0], &sent);
        assert_eq!(delivered.len() == 1, taken, "{content}: {answer:?}");
        if !taken {
            assert_refused(&answer, EbmsCode::FailedAuthentication);
        }
    }
}

/// Our receiver as the HTTP of the peer: what it sends goes to `ebms`, and the answer back.
#[derive(Clone)]
struct Wire {
    world: &'static World,
    received: Arc<Mutex<Vec<Received>>>,
    tamper: fn(&str, &[u8]) -> (String, Vec<u8>),
    spoil: fn(String) -> String,
}

impl Wire {
    fn new(world: &'static World) -> Self {
        Self {
            world,
            received: Arc::default(),
            tamper: |content_type, body| (content_type.to_owned(), body.to_vec()),
            spoil: |receipt| receipt,
        }
    }

    fn exchange(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let url = request.uri().to_string();
        if let Some(crl) = published_crl(&url) {
            return Response::new(Bytes::from(crl));
        }
        assert_eq!(url, OURS);
        let content_type = request.headers()[CONTENT_TYPE].to_str().unwrap();
        let (content_type, body) = (self.tamper)(content_type, request.body());
        let received = self.world.side.receive(&content_type, &body);
        let answer = self.world.side.answer(&received);
        self.received.lock().unwrap().push(received);
        let body = (self.spoil)(String::from_utf8(answer.body().to_vec()).unwrap());
        Response::builder()
            .header(CONTENT_TYPE, answer.content_type())
            .body(Bytes::from(body))
            .unwrap()
    }
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wire")
    }
}

impl HttpClient for Wire {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, Box<dyn std::error::Error + Send + Sync>>> {
        Box::pin(async move { Ok(self.exchange(&request)) })
    }
}

fn message(to: &Partner) -> Message {
    Message::to(to)
        .service("urn:example:service")
        .action("urn:example:action")
        .payload(Payload::new(XML, "application/xml").named("a.xml"))
        .payload(Payload::new(PDF, "application/pdf"))
}

// [AS4_CP_TA01, AS4_CP_TA07, P18]
#[tokio::test]
async fn we_deliver_what_asx_sends_and_it_takes_our_receipt() {
    let world = World::new();
    let wire = Wire::new(world);
    let (stack, us) = world.stack(wire.clone());
    let receipt = stack
        .send(message(&us).message_id("m1@party-a"))
        .await
        .unwrap();
    assert_eq!(receipt.signer(), &world.us.signing.certificate());
    assert_eq!(receipt.evidence().message_id(), "m1@party-a");
    let received = wire.received.lock().unwrap();
    let message = received[0].as_ref().unwrap();
    let payloads: Vec<&[u8]> = message
        .payloads()
        .iter()
        .map(|it| &**it.content())
        .collect();
    assert_eq!(payloads, [XML, PDF]);
    let types: Vec<&str> = message
        .payloads()
        .iter()
        .map(|it| it.media_type())
        .collect();
    assert_eq!(types, ["application/xml", "application/pdf"]);
}

// [AS4_CP_TA16]
#[tokio::test]
async fn we_acknowledge_its_ping() {
    let world = World::new();
    let wire = Wire::new(world);
    let (stack, us) = world.stack(wire.clone());
    stack
        .send(Message::ping(&us).payload(Payload::new(PDF, "application/pdf")))
        .await
        .unwrap();
    let received = wire.received.lock().unwrap();
    assert!(received[0].as_ref().unwrap().header().is_test_service());
}

#[tokio::test]
async fn asx_reads_our_refusal_of_a_changed_payload() {
    let world = World::new();
    let mut wire = Wire::new(world);
    wire.tamper = with_changed_payload;
    let (stack, us) = world.stack(wire.clone());
    let error = stack.send(message(&us)).await.unwrap_err();
    assert_eq!(error.kind(), asx::ErrorKind::PartnerError, "{error}");
    assert!(error.to_string().contains("EBMS:0102"), "{error}");
}

// [AS4 2.1] the peer refuses what our own sender would refuse.
#[tokio::test]
async fn asx_refuses_our_receipt_for_other_digests() {
    let world = World::new();
    let mut wire = Wire::new(world);
    wire.spoil = |receipt| receipt.replacen("<ds:DigestValue>", "<ds:DigestValue>A", 1);
    let (stack, us) = world.stack(wire.clone());
    let error = stack.send(message(&us)).await.unwrap_err();
    assert_eq!(error.kind(), asx::ErrorKind::Indeterminate, "{error}");
}
