//! Which answers are believed: signatures, certificates, and the question that was asked.

use bridge::{
    directory::{DataServicesQuery, LookUpError, Untrusted, relevance::Irrelevant},
    world::World,
};
use conformance::{
    pki::{Authority, Identity, Key, Request, Subject, Usage, Validity},
    simulator::common_services::{self, Misbehavior},
};

use super::{BIRTH, Scene, T1, T2, client, commission};

// [AT-48]
#[tokio::test]
async fn whatever_is_wrong_with_an_answer_is_refused_with_its_reason() {
    let scene = Scene::new().await;
    let now = scene.world.now();
    let signed_by = |identity: &Identity| {
        Misbehavior::SignedBy(common_services::Signer::new(identity).unwrap())
    };
    let honest = || scene.issuer.signing(commission(), Key::P256, now).unwrap();
    let expired = Request {
        subject: commission(),
        usage: Usage::Signing,
        key: Key::P256,
        validity: Validity::over(now),
    };
    let foreign = Authority::new("Foreign root", now).unwrap();
    let foreign = foreign.signing(commission(), Key::P256, now).unwrap();
    let somebody = scene.issuer.signing("somebody", Key::P256, now).unwrap();
    let wrong_key = common_services::Signer::with_key_of(&honest(), &honest()).unwrap();
    let cases = [
        (Misbehavior::OtherBody, Untrusted::Digest),
        (Misbehavior::Unsigned, Untrusted::DigestHeader),
        (Misbehavior::SignedBy(wrong_key), Untrusted::Signature),
        (
            signed_by(&scene.issuer.issue(&expired).unwrap()),
            Untrusted::Validity,
        ),
        (signed_by(&foreign), Untrusted::Issuer),
        (signed_by(&somebody), Untrusted::Subject),
    ];
    for (misbehavior, reason) in cases {
        scene.misbehave(misbehavior);
        match scene.types().await {
            Err(LookUpError::Untrusted(refusal)) => assert_eq!(refusal, reason),
            other => panic!("{reason:?}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_signer_with_an_ed25519_key_is_trusted() {
    let scene = Scene::new().await;
    let signer = scene
        .issuer
        .signing(commission(), Key::Ed25519, scene.world.now());
    let signer = common_services::Signer::new(&signer.unwrap()).unwrap();
    scene.misbehave(Misbehavior::SignedBy(signer));
    scene.types().await.unwrap();
}

// [AT-48] a correctly signed answer to another query
#[tokio::test]
async fn the_answer_to_another_question_is_refused() {
    let scene = Scene::new().await;
    let eb = "/eb/rest/search?queryId=urn:fdc:oots:eb:ebxml-regrep:queries";
    let dsd = "/dsd/rest/search?queryId=urn:fdc:oots:dsd:ebxml-regrep:queries";
    let other_requirement = BIRTH.replace("41099", "41000");
    let types = format!("{eb}:evidence-types-by-requirement-and-jurisdiction");
    let services = format!("{dsd}:dataservices-by-evidencetype-and-jurisdiction");
    scene.misbehave(Misbehavior::AnswerTo(format!(
        "{types}&requirement-id={other_requirement}&country-code=FR"
    )));
    let refused = scene.types().await.unwrap_err();
    assert!(matches!(
        refused,
        LookUpError::Irrelevant(Irrelevant::Requirement)
    ));
    scene.misbehave(Misbehavior::AnswerTo(format!(
        "{types}&requirement-id={BIRTH}&country-code=FI"
    )));
    let refused = scene.types().await.unwrap_err();
    assert!(matches!(
        refused,
        LookUpError::Irrelevant(Irrelevant::Country)
    ));
    scene.misbehave(Misbehavior::AnswerTo(format!(
        "{services}&evidence-type-classification={T2}&country-code=FR"
    )));
    let query = DataServicesQuery::new(T1.parse().unwrap(), "FR".parse().unwrap());
    let refused = scene.directory.data_services(&query).await.unwrap_err();
    assert!(matches!(
        refused,
        LookUpError::Irrelevant(Irrelevant::EvidenceType)
    ));
}

// A real header has 8.3 KiB; the limit is 32.
#[tokio::test]
async fn a_long_signature_header_is_read() {
    let scene = Scene::new().await;
    let now = scene.world.now();
    let long = |name: &str| Subject::new(name).organization("x".repeat(3200));
    let issuer = scene.issuer.intermediate(long("A"), now).unwrap();
    let issuer = issuer.intermediate(long("B"), now).unwrap();
    let signer = issuer.signing(commission(), Key::P256, now).unwrap();
    let signer = common_services::Signer::new(&signer).unwrap();
    let size = signer.headers(b"", now).unwrap().signature.len();
    assert!((24 << 10..32 << 10).contains(&size), "{size}");
    scene.misbehave(Misbehavior::SignedBy(signer));
    scene.types().await.unwrap();
}

#[tokio::test]
async fn another_server_certificate_is_refused() {
    let scene = Scene::new().await;
    let other = Authority::new("Other root", World::system().now()).unwrap();
    let url = scene.services.evidence_broker_url().unwrap();
    let error = client(other.root_pem()).get(url).send().await.unwrap_err();
    assert!(error.is_connect(), "{error:?}");
}
