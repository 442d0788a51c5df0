use serde_json::{Value, json};

use super::*;
use crate::simulator::http::{Answer, client};
use crate::simulator::journal::Flow;
use crate::simulator::national::{Envelope, List, code, multilingual};
use crate::simulator::person::TestPerson;
use crate::simulator::register::{Document, Mood, Offer};
use crate::simulator::testing::{Certificates, agent, body, certificates, now, source};

const SERVICE: &str = "urn:service:births";
const TYPE: &str = "https://sr.oots.tech.ec.europa.eu/evidencetypeclassifications/DE/ca8afed6-2dc0-422a-a931-d21c3d8d370e";

struct World {
    sak: Sak,
    journal: Journal,
    client: reqwest::Client,
    certificates: Certificates,
}

async fn world(reply_mode: ReplyMode) -> World {
    let certificates = certificates();
    let profile = RegisterProfile {
        service_id: SERVICE.to_owned(),
        agent: agent("08111000-0001-11", "Standesamt Stuttgart", Some("DE")),
        body: body("psw:08111000", "Standesamt Stuttgart"),
        offers: vec![Offer {
            evidence_type: TYPE.to_owned(),
            title: "Geburtsurkunde".to_owned(),
            document: Document::BirthCertificate,
        }],
        persons: vec![TestPerson::planted("FR/DE/AT-PII-7f3c91")],
    };
    let spec = SakSpec {
        identity: certificates.server.clone(),
        client_ca_pem: certificates.root_pem.clone(),
        caller_fingerprint: Some(certificates.client.fingerprint().unwrap()),
        platform_id: "ip:0001".to_owned(),
        platform_token: None,
        platform: platform(),
        registers: vec![(profile, reply_mode)],
        push: None,
    };
    let journal = Journal::new();
    let listener = Server::bind().await.unwrap();
    let sak = Sak::start(listener, spec, source(), journal.clone()).unwrap();
    let client = client(&certificates.root_pem, Some(&certificates.client)).unwrap();
    World {
        sak,
        journal,
        client,
        certificates,
    }
}

fn platform() -> Agent {
    agent("DE-IP-0001", "Intermediäre Plattform", None)
}

fn request(id: &str, person: &TestPerson) -> Value {
    let content = json!({
        "Verarbeitungszweck": "SDG-Verfahren T1",
        "lang": code(List::Language, "en"),
        "EvidenceRequester": [
            agent("00000000000002", "Ministère", Some("FR")).json("ER"),
            platform().json("IP"),
        ],
        "EvidenceProvider": agent("08111000-0001-11", "Standesamt Stuttgart", None).json("EP"),
        "Query": {
            "QueryDefinition": "DocumentQuery",
            "LegalOrNaturalPerson": person.json(),
            "RequestedEvidenceType": {
                "EvidenceTypeClassification": TYPE,
                "Title": [multilingual("Certificate of Birth", "en")],
                "Identifier": "41170824-15d9-4c16-984e-63b75b937b8c",
                "DistributedAs": {"PrioritizedFormat": [
                    {"Format": code(List::MediaType, "application/pdf"), "Priority": 1}
                ]},
            },
        },
    });
    let envelope = Envelope {
        message: REQUEST,
        id,
        author: &body("ip:0001", "Intermediäre Plattform"),
        reader: &body("psw:08111000", "Standesamt Stuttgart"),
        now: now(),
    };
    envelope.seal(content)
}

async fn post(world: &World, id: &str, body: String) -> Answer {
    let url = format!("{}/v1/services/{SERVICE}/messages", world.sak.base_url());
    let response = world
        .client
        .post(url)
        .header("Content-Type", "application/json")
        .header("X-NOOTS-Message-ID", id)
        .header("X-NOOTS-Sender-ID", "ip:0001")
        .header("X-NOOTS-Service-ID", SERVICE)
        .body(body);
    Answer::read(response.send().await.unwrap()).await.unwrap()
}

#[track_caller]
fn json_of(answer: &Answer) -> Value {
    assert_eq!(crate::simulator::opinion::national(&answer.body), [""; 0]);
    serde_json::from_slice(&answer.body).unwrap()
}

const ID: &str = "5f2b6f0e-9d0f-4c58-8f0c-6b0f3f1d7a11";

#[tokio::test]
async fn a_known_person_gets_the_certificate() {
    let world = world(ReplyMode::Direct).await;
    let message = request(ID, &TestPerson::planted("FR/DE/AT-PII-7f3c91"));
    let answer = post(&world, ID, message.to_string()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("X-NOOTS-Correlation-ID"), Some(ID));
    let response = json_of(&answer);
    let response = &response["DE.EvidenceResponse.0302"];
    assert_eq!(response["requestid"], format!("urn:uuid:{ID}"));
    assert!(
        world.journal.complaints().is_empty(),
        "{:?}",
        world.journal.complaints()
    );
    let evidence = world.journal.evidence();
    assert_eq!(evidence.len(), 1);
    assert_eq!(evidence[0].flow, Flow::Sent);
    assert_eq!(evidence[0].media_type, "application/pdf");
}

#[tokio::test]
async fn an_unknown_person_gets_0200() {
    let world = world(ReplyMode::Direct).await;
    let message = request(ID, &TestPerson::unknown("FR/DE/000000"));
    let answer = post(&world, ID, message.to_string()).await;
    let response = json_of(&answer);
    let exception = &response["DE.EvidenceErrorResponse.0303"]["Exception"][0];
    assert_eq!(exception["Code"]["code"], "NOOTS:ERR:0200");
    assert!(world.journal.evidence().is_empty());
}

#[tokio::test]
async fn an_identical_resend_gets_the_identical_answer_and_does_not_reach_the_register() {
    let world = world(ReplyMode::Direct).await;
    let message = request(ID, &TestPerson::planted("FR/DE/AT-PII-7f3c91")).to_string();
    let first = post(&world, ID, message.clone()).await;
    let second = post(&world, ID, message).await;
    assert_eq!(first.body, second.body);
    assert_eq!(world.sak.register(SERVICE).unwrap().times_asked(), 1);
    assert_eq!(world.journal.evidence().len(), 1);
}

#[tokio::test]
async fn another_body_under_the_same_id_is_refused() {
    let world = world(ReplyMode::Direct).await;
    post(
        &world,
        ID,
        request(ID, &TestPerson::planted("FR/DE/AT-PII-7f3c91")).to_string(),
    )
    .await;
    let answer = post(
        &world,
        ID,
        request(ID, &TestPerson::unknown("FR/DE/0")).to_string(),
    )
    .await;
    assert_eq!(answer.status, 409);
    assert_eq!(world.journal.complaints().len(), 1);
}

#[track_caller]
fn change(pointer: &str, value: Option<Value>) -> Value {
    let mut message = request(ID, &TestPerson::planted("FR/DE/AT-PII-7f3c91"));
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = message[REQUEST]
        .pointer_mut(parent)
        .unwrap()
        .as_object_mut()
        .unwrap();
    match value {
        Some(value) => parent.insert(name.to_owned(), value),
        None => parent.remove(name),
    };
    message
}

#[tokio::test]
async fn a_faulty_request_is_refused_with_a_complaint() {
    let cases = [
        ("/lang", None),
        ("/Verarbeitungszweck", None),
        ("/IssuedToken", Some(json!("forged"))),
        ("/version", Some(json!("1.2"))),
        ("/IssueDateTime", Some(json!("2026-11-23T10:00:00+01:00"))),
        ("/nachrichtenkopf/leser/kennung", Some(json!("no prefix"))),
        ("/EvidenceRequester/0/Address", None),
        (
            "/EvidenceRequester/1/Classification",
            Some(code(List::AgentClass, "ER")),
        ),
        (
            "/EvidenceProvider/Identifier",
            Some(json!({"value": "other", "schemeID": "x"})),
        ),
        ("/Query/RequestedEvidenceType/Title", Some(json!([]))),
        (
            "/Query/LegalOrNaturalPerson/NaturalPerson/IDNr",
            Some(json!("12345678901")),
        ),
        (
            "/Query/LegalOrNaturalPerson/NaturalPerson/LevelOfAssurance/listVersionID",
            None,
        ),
        ("/surplus", Some(json!("member"))),
    ];
    for (pointer, value) in cases {
        let world = world(ReplyMode::Direct).await;
        let answer = post(&world, ID, change(pointer, value).to_string()).await;
        // Not held against the codec: the answer repeats the faulty requesters.
        let response: Value = serde_json::from_slice(&answer.body).unwrap();
        let code = &response["DE.EvidenceErrorResponse.0303"]["Exception"][0]["Code"]["code"];
        assert_eq!(code, "EDM:ERR:0003", "{pointer}: {response}");
        assert_eq!(world.journal.complaints().len(), 1, "{pointer}");
    }
}

#[tokio::test]
async fn a_stranger_is_turned_away() {
    let world = world(ReplyMode::Direct).await;
    let world = World {
        client: client(
            &world.certificates.root_pem,
            Some(&world.certificates.stranger),
        )
        .unwrap(),
        ..world
    };
    let message = request(ID, &TestPerson::planted("FR/DE/AT-PII-7f3c91"));
    assert_eq!(post(&world, ID, message.to_string()).await.status, 403);
    let nobody = client(&world.certificates.root_pem, None).unwrap();
    let url = format!("{}/v1/services/{SERVICE}/messages", world.sak.base_url());
    assert!(nobody.post(url).send().await.is_err());
}

#[tokio::test]
async fn a_register_that_is_down_is_503_and_asked_again_later() {
    let world = world(ReplyMode::Direct).await;
    let register = world.sak.register(SERVICE).unwrap();
    register.set_mood(Mood::Down);
    let message = request(ID, &TestPerson::planted("FR/DE/AT-PII-7f3c91")).to_string();
    assert_eq!(post(&world, ID, message.clone()).await.status, 503);
    register.set_mood(Mood::Normal);
    assert_eq!(post(&world, ID, message).await.status, 200);
}

#[tokio::test]
async fn a_polled_answer_is_there_when_the_register_lets_it_go() {
    let world = world(ReplyMode::Poll).await;
    let register = world.sak.register(SERVICE).unwrap();
    register.set_mood(Mood::Held);
    let message = request(ID, &TestPerson::planted("FR/DE/AT-PII-7f3c91"));
    let answer = post(&world, ID, message.to_string()).await;
    assert_eq!(answer.status, 202);
    let location = answer.header("Location").unwrap();
    let url = format!("{}{location}", world.sak.base_url());
    let fetch = || async {
        Answer::read(world.client.get(&url).send().await.unwrap())
            .await
            .unwrap()
    };
    let early = fetch().await;
    assert_eq!(
        (early.status, early.header("Retry-After")),
        (202, Some("1"))
    );
    register.release();
    let limit = std::time::Duration::from_secs(10);
    world
        .journal
        .wait_for(0, limit, |step| step.what.ends_with("0302"))
        .await
        .unwrap();
    // Recorded a moment before it can be fetched.
    let mut answer = fetch().await;
    while answer.status == 202 {
        answer = fetch().await;
    }
    assert_eq!(answer.status, 200);
}
