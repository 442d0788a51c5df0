//! Route retrieve from outside: a German portal orders, published responses come back over AS4, and
//! the portal collects exactly what was in them.
#![expect(clippy::expect_used, clippy::panic, reason = "test code")]

#[path = "retrieve/answers.rs"]
mod answers;
#[path = "retrieve/collection.rs"]
mod collection;
#[path = "retrieve/matching.rs"]
mod matching;
#[path = "retrieve/orders.rs"]
mod orders;
#[path = "retrieve/pages.rs"]
mod pages;

use std::collections::BTreeSet;

use bridge::demo::StageOptions;
use bytes::Bytes;
use conformance::simulator::{
    EvidenceRecord, Flow, Keys,
    data_consumer::{Decision, Order, OrderSpec, Placement},
    foreign::{Answering, Delivery, Letter, Question},
    journal::sha256_hex,
    world::ForeignEvidence,
};
use ebms::{Payload, profile};
use tests::{LIMIT, Sample, Scene, Shared, schema};

static SCENE: Shared = Shared::new(
    env!("CARGO_TARGET_TMPDIR"),
    "retrieve",
    StageOptions::default,
);

/// An order that its user confirmed, and the request that went abroad for it.
struct Asked {
    order: Order,
    question: Question,
}

/// The evidence of the simulated provider that is asked for in this release.
const fn evidence_of(release: &str) -> ForeignEvidence {
    match release.as_bytes() {
        b"1.2" => ForeignEvidence::BirthCertificate,
        _ => ForeignEvidence::VehicleCertificate,
    }
}

fn order_of(scene: &Scene, release: &str) -> OrderSpec {
    scene.world().order(&[evidence_of(release)])
}

async fn placed(scene: &Scene, release: &str) -> Order {
    let placed = scene.consumer().place(&order_of(scene, release)).await;
    match placed.expect("the bridge can be reached") {
        Placement::Accepted(order) => order,
        Placement::Refused { refusal, .. } => panic!("{refusal:?}"),
    }
}

/// Places an order and says yes; the provider keeps the request and says nothing. The request is
/// valid in its release.
async fn asked(scene: &Scene, release: &str) -> Asked {
    scene.provider().set_answering(Answering::Silent);
    let number = scene.provider().questions().len() + 1;
    let order = placed(scene, release).await;
    let question = tokio::select! {
        question = scene.provider().wait_for_question(number, LIMIT) => question,
        arrival = scene.consumer().browse(&order, Decision::Confirm) => {
            panic!("the user is back without an answer: {arrival:?}")
        }
    };
    let question = question.expect("a request abroad");
    schema::check(release, &question.edm);
    Asked { order, question }
}

/// A published answer and the documents it refers to, in its order.
struct Reply {
    response: Sample,
    documents: Vec<(&'static str, Bytes)>,
}

impl Reply {
    /// The answer to a request, with the evidence type that was asked for.
    fn to(question: &Question, response: Sample, documents: &[(&'static str, Bytes)]) -> Self {
        let edm = String::from_utf8_lossy(&question.edm).into_owned();
        let mark = "<sdg:EvidenceTypeClassification>";
        let wanted = edm
            .split(mark)
            .nth(1)
            .and_then(|rest| rest.split('<').next());
        let wanted = wanted.expect("an evidence type");
        let mut response = response.with_root("requestId", question.request_id());
        let types = response.text().split(mark).skip(1);
        let types = types.filter_map(|rest| rest.split('<').next());
        let types: BTreeSet<_> = types.map(str::to_owned).collect();
        for given in types {
            response = response.with(&given, wanted);
        }
        Self {
            response,
            documents: documents.to_vec(),
        }
    }

    /// The letter it travels in, with the header that belongs to it.
    fn letter(&self, scene: &Scene, question: &Question) -> Letter {
        let failed = self.response.text().contains("ResponseStatusType:Failure");
        let action = if failed {
            profile::EXCEPTION_RESPONSE
        } else {
            profile::EXECUTE_QUERY_RESPONSE
        };
        let cid = |text: &str| text.parse().expect("a content id");
        let leading = cid(&scene.access_point().content_id());
        let mut payloads = vec![Payload::new(leading, EDM, self.response.bytes())];
        let ids = self.response.content_ids();
        assert_eq!(ids.len(), self.documents.len(), "documents of the sample");
        for (id, (media_type, content)) in ids.into_iter().zip(&self.documents) {
            payloads.push(Payload::new(cid(id), media_type, content.clone()));
        }
        scene.provider().reply(question, action, payloads)
    }

    /// Sends it; what is sent is valid itself and is entered in the ledger of documents.
    async fn send(&self, scene: &Scene, release: &str, question: &Question) -> Delivery {
        schema::check(release, self.response.text().as_bytes());
        self.note(scene);
        send(scene, &self.letter(scene, question)).await
    }

    /// Enters its documents in the ledger of what was sent.
    fn note(&self, scene: &Scene) {
        for (media_type, content) in &self.documents {
            scene.journal().record_evidence(EvidenceRecord {
                at: scene.clock().now(),
                holder: "test".to_owned(),
                flow: Flow::Sent,
                sha256: sha256_hex(content),
                media_type: (*media_type).to_owned(),
                bytes: content.len() as u64,
                keys: Keys::default(),
            });
        }
    }
}

async fn send(scene: &Scene, letter: &Letter) -> Delivery {
    let sent = scene.access_point().send(letter).await;
    sent.expect("the bridge can be reached")
}

/// The published response with one document of 2.0, answering `question`.
fn certificate_2_0(question: &Question) -> Option<Reply> {
    let response = Sample::published("v2.0/xml/edm/response.xml")?;
    Some(Reply::to(
        question,
        response,
        &[("application/pdf", pdf(1))],
    ))
}

/// The state of an order as its consumer is shown it.
async fn state(scene: &Scene, order: &Order) -> String {
    let state = scene.consumer().state(order).await;
    let state = state.expect("the bridge can be reached");
    let state = state.get("state").and_then(serde_json::Value::as_str);
    state.unwrap_or("unknown").to_owned()
}

/// Waits until an order is in a state.
async fn becomes(scene: &Scene, order: &Order, wanted: &str) {
    let mut changes = scene.platform().changes();
    let watch = async {
        while state(scene, order).await != wanted {
            changes.changed().await.expect("the platform runs");
        }
    };
    if tokio::time::timeout(LIMIT, watch).await.is_err() {
        assert_eq!(state(scene, order).await, wanted);
    }
}

/// The consumer gives up; nothing is left of the order.
async fn drop_order(scene: &Scene, order: &Order) {
    let deleted = scene.consumer().delete(order).await;
    deleted.expect("the bridge can be reached");
}

/// A document like no other of this number.
fn pdf(number: usize) -> Bytes {
    Bytes::from(format!(
        "%PDF-1.7\n% EVIDENCE-MARKER-5d1e {number}\n\u{0}\n%%EOF"
    ))
}

fn xml_record(number: usize) -> Bytes {
    Bytes::from(format!(
        "<?xml version=\"1.0\"?>\r\n<!-- kept as it is -->\n<r n='{number}'/>"
    ))
}

const EDM: &str = "application/x-ebrs+xml";
