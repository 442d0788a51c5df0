//! Route provide from outside: published requests come over AS4, registers answer, and what goes
//! back is valid, complete and about what was asked.
#![expect(clippy::expect_used, clippy::panic, reason = "test code")]

#[path = "provide/errors.rs"]
mod errors;
#[path = "provide/modes.rs"]
mod modes;
#[path = "provide/requests.rs"]
mod requests;

use std::time::Duration;

use bridge::{audit::Event, demo::StageOptions};
use conformance::simulator::foreign::{Delivery, Outcome, ReceivedAnswer, Sent};
use ebms::profile;
use tests::{LIMIT, Sample, Scene, Shared, schema};

static SCENE: Shared = Shared::new(
    env!("CARGO_TARGET_TMPDIR"),
    "provide",
    StageOptions::default,
);

/// What is sent and who answers.
struct Case {
    /// Release line of the data model.
    release: &'static str,
    request: Sample,
}

/// The published French request of 2.0, which asks for a German birth certificate as PDF.
fn birth_2_0() -> Option<Case> {
    let request = Sample::published("v2.0/xml/edm/request.xml")?;
    Some(Case {
        release: "2.0",
        request: standesamt(request),
    })
}

/// The published request of 1.2, asking the federal vehicle register for its XML record instead of
/// a school for a diploma.
fn vehicle_1_2() -> Option<Case> {
    let request = Sample::published("v1.2/xml/edm/1-request.xml")?
        .with("https://sr.oots.tech.ec.europa.eu/datamodels/secondary-education-evidence-1.0.0</sdg:ConformsTo>",
              "https://sr.oots.tech.ec.europa.eu/datamodels/DE-simulated-vehicle-record</sdg:ConformsTo>")
        .with_element("sdg:EvidenceTypeClassification", VEHICLE)
        .with("02-SchoolAuthority-34", "991-00001-23")
        .with("DE/DE/123456789", "FR/DE/123456789")
        .with_slot("PossibilityForPreview", "false");
    Some(Case {
        release: "1.2",
        request,
    })
}

/// The published request of 1.2, asking the civil registry for a birth certificate as PDF.
fn birth_1_2() -> Option<Case> {
    let Case { release, request } = vehicle_1_2()?;
    let text = request.text();
    let model = text.find("<sdg:ConformsTo>").expect("a data model");
    let end = text.find("</sdg:DistributedAs>").expect("an end");
    let form = text.get(model..end).expect("a part").to_owned();
    let request = request
        .with(&form, "")
        .with("<sdg:Format>application/xml", "<sdg:Format>application/pdf")
        .with_element("sdg:EvidenceTypeClassification", BIRTH)
        .with("991-00001-23", "08111000-0001-11");
    Some(Case { release, request })
}

/// Sends a request of 2.0 to the civil registry of the simulated world.
fn standesamt(request: Sample) -> Sample {
    request.with(
        "urn:cef.eu:names:identifier:EAS:9930\">DE73524311",
        "urn:cef.eu:names:identifier:EAS:0204\">08111000-0001-11",
    )
}

/// Sends a request under a fresh id and returns what the portal got. Whatever the answer says: it
/// is valid, in the same release, conversation and exchange, with the corners swapped and the
/// request named as it named itself. [AT-27] [R-EDM-ebMS-017] [R-EDM-ebMS-037]
async fn answered(scene: &Scene, case: &Case) -> (Sent, ReceivedAnswer) {
    let sent = sent(scene, case).await;
    let answer = scene.portal().answer(&sent, LIMIT).await;
    let answer = answer.expect("an answer in time");
    sound(case, &answer);
    (sent, answer)
}

async fn sent(scene: &Scene, case: &Case) -> Sent {
    let id = format!("urn:uuid:{}", scene.clock().uuid());
    let request = case.request.clone().with_root("id", &id);
    // What is sent is itself as the release wants it.
    schema::check(case.release, request.text().as_bytes());
    let release = case.release;
    let sent = scene
        .portal()
        .send_edm(request.bytes(), |letter| {
            if release == "1.0" {
                let old = [profile::ORIGINAL_SENDER, profile::FINAL_RECIPIENT];
                letter
                    .properties
                    .retain(|property| old.contains(&property.name()));
            }
        })
        .await
        .expect("the bridge can be reached");
    assert_eq!(sent.delivery, Delivery::Acknowledged);
    sent
}

fn sound(case: &Case, answer: &ReceivedAnswer) {
    assert_eq!(answer.findings, [""; 0], "the portal objects");
    schema::check(case.release, &answer.edm);
}

/// One document of this type arrives, the same at both ends, and every step is in the audit log.
async fn check_evidence(scene: &Scene, case: &Case, media_type: &str) {
    let (_, answer) = answered(scene, case).await;
    check_document(&answer, media_type);
    scene.settled().await;
    scene.agreed();
    assert_eq!(
        scene.events(),
        [
            Event::RequestReceived,
            Event::NationalRequestSent,
            Event::NationalResponseReceived,
            Event::ResponseSent,
            Event::ReceiptReceived,
        ]
    );
}

fn check_document(answer: &ReceivedAnswer, media_type: &str) {
    let Outcome::Evidence(documents) = &answer.outcome else {
        panic!("{:?}", answer.outcome);
    };
    let types: Vec<_> = documents.iter().map(|d| d.media_type.as_str()).collect();
    assert_eq!(types, [media_type]);
}

/// An error with this code comes back, and the log has it.
async fn check_error(scene: &Scene, case: &Case, code: &str) -> Option<String> {
    let (_, answer) = answered(scene, case).await;
    scene.settled().await;
    assert_eq!(
        scene.logged(Event::ErrorSent).error_code.as_deref(),
        Some(code)
    );
    match answer.outcome {
        Outcome::Error {
            code: given,
            detail,
        } => {
            assert_eq!(given, code);
            detail
        }
        other => panic!("{other:?}"),
    }
}

const BIRTH: &str = "https://sr.oots.tech.ec.europa.eu/evidencetypeclassifications/DE/ca8afed6-2dc0-422a-a931-d21c3d8d370e";
const VEHICLE: &str = "https://sr.oots.tech.ec.europa.eu/evidencetypeclassifications/DE/b2a0f6de-3a1c-4b53-8a55-0d1f4a3f6c04";
/// The longest wait of a step that is done again.
const PACE: Duration = Duration::from_secs(2);
