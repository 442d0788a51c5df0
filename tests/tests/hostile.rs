//! Bad input: each kind gets its own code, a line in the audit log, and leaves nothing stuck.
#![expect(clippy::expect_used, clippy::panic, reason = "test code")]

#[path = "hostile/messages.rs"]
mod messages;
#[path = "hostile/national.rs"]
mod national;
#[path = "hostile/packages.rs"]
mod packages;
#[path = "hostile/registers.rs"]
mod registers;
#[path = "hostile/repetition.rs"]
mod repetition;
#[path = "hostile/requests.rs"]
mod requests;

use bridge::{audit::Event, demo::StageOptions};
use bytes::Bytes;
use conformance::simulator::{
    edm::EdmVersion,
    foreign::{Outcome, ReceivedAnswer, RequestSpec, Sent},
    http::Answer,
    world::GermanEvidence,
};
use ebms::{Incoming, receive};
use tests::{LIMIT, Scene, Shared, schema};

/// Reads no message larger than this, so that a larger one is quickly made.
const MESSAGE_BYTES: usize = 1 << 20;

static SCENE: Shared = Shared::new(env!("CARGO_TARGET_TMPDIR"), "hostile", || StageOptions {
    settings: vec![format!("as4.max_message_bytes={MESSAGE_BYTES}")],
    ..StageOptions::default()
});

/// A request that would be answered.
fn good(scene: &Scene) -> RequestSpec {
    scene
        .world()
        .request(EdmVersion::V2_0, GermanEvidence::BirthCertificate)
}

/// A good request, packed and not sent.
fn packed(scene: &Scene) -> Sent {
    let prepared = scene.portal().prepare(&good(scene));
    prepared.expect("a request can be written")
}

/// How often any register was asked so far.
fn times_asked(scene: &Scene) -> u64 {
    let registers = GermanEvidence::ALL.map(|evidence| scene.register(evidence).times_asked());
    registers.iter().sum()
}

async fn post(scene: &Scene, content_type: &str, body: Bytes) -> Answer {
    let posted = scene.access_point().post_raw(content_type, body).await;
    posted.expect("the bridge can be reached")
}

/// The first code of an error signal, if the answer is one.
fn code_of(answer: &Answer) -> Option<String> {
    let content_type = answer.header("Content-Type")?;
    let limits = receive::Limits::default();
    match receive::read(content_type, answer.body.clone(), &limits) {
        Ok(Incoming::Signal(signal)) => {
            let first = signal.errors().first()?;
            Some(first.code_text().to_owned())
        }
        other => panic!("{other:?}"),
    }
}

/// The answer to a request: an error with this code, itself valid. Returns its detail.
fn check_error(answer: &ReceivedAnswer, code: &str) -> String {
    schema::check("2.0", &answer.edm);
    match &answer.outcome {
        Outcome::Error {
            code: given,
            detail,
        } => {
            assert_eq!(given, code, "{detail:?}");
            detail.clone().unwrap_or_default()
        }
        other => panic!("{other:?}"),
    }
}

/// The request is refused with this code before any register hears of it. Returns the detail.
async fn check_refused(scene: &Scene, sent: &Sent, code: &str) -> String {
    let answer = scene.portal().answer(sent, LIMIT).await;
    let answer = answer.expect("an answer in time");
    assert_eq!(answer.findings, [""; 0], "the portal objects");
    let detail = check_error(&answer, code);
    scene.settled().await;
    let refused = scene.logged(Event::RequestRefused);
    assert_eq!(refused.error_code.as_deref(), Some(code));
    assert_eq!(refused.ebms_message_id.as_ref(), Some(&sent.message_id));
    let said = scene.logged(Event::ErrorSent);
    assert_eq!(said.error_code.as_deref(), Some(code));
    detail
}
