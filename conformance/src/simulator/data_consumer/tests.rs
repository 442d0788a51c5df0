//! The Data Consumer against a scripted platform: honest, and bent in one place at a time

use std::sync::{Arc, Mutex};

use ::http::{HeaderMap, StatusCode};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Extension, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::*;
use crate::simulator::http::{Caller, Server, header};
use crate::simulator::national::{List, code, text};
use crate::simulator::testing::{agent, body, certificates, now, source};

type Bend = fn(&mut Value);

/// A platform that says what it is told to
struct Script {
    bend: Bend,
    page: &'static str,
    back: fn(&str) -> String,
    return_url: Mutex<String>,
    asked: Mutex<u32>,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            bend: |_| {},
            page: PAGE,
            back: str::to_owned,
            return_url: Mutex::default(),
            asked: Mutex::default(),
        }
    }
}

const CONVERSATION: &str = "e0a6a5b7-6b2e-4b9c-9a63-8f0c6d3a1b24";
const PAGE: &str = r#"<form method="post" action="/abruf/t">
    <input type="hidden" name="csrf" value="0123456789abcdef">
    <input type="radio" name="offer-0" value="a"><input type="radio" name="offer-0" value="b">
    <button name="decision" value="request">Ja</button>
    <button name="decision" value="cancel">Nein</button></form>"#;

fn platform() -> Agent {
    agent("DE-IP-0001", "Intermediäre Plattform", Some("DE"))
}

fn consumer_agent() -> Agent {
    agent("08111000-0002-22", "Zulassungsbehörde", Some("DE"))
}

fn sealed(message: &str, content: Value) -> Value {
    let id = source().uuid().to_string();
    let envelope = Envelope {
        message,
        id: &id,
        author: &body("ip:0001", "Intermediäre Plattform"),
        reader: &body("kfz:08111000", "Zulassungsbehörde"),
        now: now(),
    };
    envelope.seal(content)
}

fn answer(status: u16, id: &str, message: &Value) -> Response {
    let headers = [
        ("Content-Type", "application/json"),
        ("X-NOOTS-Correlation-ID", id),
    ];
    (
        StatusCode::from_u16(status).unwrap(),
        headers,
        message.to_string(),
    )
        .into_response()
}

async fn order(
    State(script): State<Arc<Script>>,
    headers: HeaderMap,
    order: axum::Json<Value>,
) -> Response {
    let message = &order["DE.EvidenceOrder.0401"];
    *script.return_url.lock().unwrap() = text(message, "/BackToEvidenceRequesterURL")
        .unwrap()
        .to_owned();
    let id = header(&headers, "X-NOOTS-Message-ID").unwrap();
    let content = json!({
        "orderid": format!("urn:uuid:{id}"),
        "Status": code(List::Status, "Success"),
        "EvidenceRequester": [consumer_agent().json("ER")],
        "EvidenceProvider": [platform().json("IP")],
        "OrderResponseIdentifier": source().uuid().to_string(),
        "URLtoIP": format!("https://{}/abruf/t", header(&headers, "Host").unwrap()),
        "ConversationID": CONVERSATION,
    });
    let mut response = answer(201, id, &sealed("DE.EvidenceOrderResponse.0402", content));
    let location = format!("/noots/v1/conversations/{CONVERSATION}")
        .parse()
        .unwrap();
    response.headers_mut().insert("Location", location);
    response
}

fn html(text: &str) -> Response {
    let headers = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Security-Policy", "default-src 'none'"),
        ("Cache-Control", "no-store"),
        ("Set-Cookie", "session=s; Secure"),
    ];
    (headers, text.to_owned()).into_response()
}

async fn decide(State(_): State<Arc<Script>>, headers: HeaderMap, form: String) -> Response {
    assert_eq!(header(&headers, "Cookie"), Some("session=s"));
    assert_eq!(form, "csrf=0123456789abcdef&offer-0=a&decision=request");
    (StatusCode::SEE_OTHER, [("Location", "/abruf/t/wait")]).into_response()
}

async fn wait(State(script): State<Arc<Script>>) -> Response {
    let location = (script.back)(&script.return_url.lock().unwrap());
    (StatusCode::SEE_OTHER, [("Location", location)]).into_response()
}

async fn evidence(
    State(script): State<Arc<Script>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Response {
    assert!(caller.0.is_some());
    let mut asked = script.asked.lock().unwrap();
    *asked += 1;
    if *asked == 1 {
        return (StatusCode::ACCEPTED, [("Retry-After", "0")]).into_response();
    }
    let id = header(&headers, "X-NOOTS-Message-ID").unwrap();
    let mut message = sealed("DE.GetEvidenceResponse.0412", collected(id));
    (script.bend)(&mut message["DE.GetEvidenceResponse.0412"]);
    answer(200, id, &message)
}

fn collected(id: &str) -> Value {
    let foreign = agent("00000000000001", "Ministère", Some("FR"));
    json!({
        "getevidenceid": format!("urn:uuid:{id}"),
        "Status": code(List::Status, "Success"),
        "EvidenceRequester": [consumer_agent().json("ER")],
        "GetEvidenceResponseIdentifier": source().uuid().to_string(),
        "EvidenceResponse": [{
            "EvidenceProvider": [foreign.json("EP"), platform().json("IP")],
            "EvidenceOrTimeAvailable": {"RegistryObject": [{
                "id": format!("urn:uuid:{}", source().uuid()),
                "RepositoryItem": {"RepositoryItem": STANDARD.encode("%PDF-1.4")},
                "EvidenceMetadata": {
                    "Title": "Acte",
                    "IssuingDate": "2026-11-23",
                    "IssuingAuthority": foreign.authority(),
                    "Distribution": {"PrioritizedFormat": [{"Format": code(List::MediaType, "application/pdf")}]},
                    "IsConformantTo": {
                        "EvidenceTypeClassification": "https://sr.oots.tech.ec.europa.eu/evidencetypeclassifications/FR/6d0f6c0a-0d51-4b61-9f0e-3a2c1f4b7e02",
                        "Title": [crate::simulator::national::multilingual("Acte", "fr")],
                    },
                },
                "LegalOrNaturalPerson": subject().json(),
            }]},
        }],
    })
}

fn subject() -> TestPerson {
    TestPerson::planted("DE/FR/AT-PII-7f3c91")
}

struct World {
    consumer: DataConsumer,
    journal: Journal,
    _server: Server,
}

async fn world(script: Script) -> World {
    let certificates = certificates();
    let listener = Server::bind().await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let router = Router::new()
        .route("/noots/v1/evidence-orders", post(order))
        .route("/noots/v1/evidence", post(evidence))
        .route(
            "/noots/v1/conversations/{id}",
            delete(|_: Path<String>| async { StatusCode::NO_CONTENT }),
        )
        .route(
            "/abruf/t",
            get(|script: State<Arc<Script>>| async move { html(script.page) }).post(decide),
        )
        .route("/abruf/t/wait", get(wait))
        .with_state(Arc::new(script));
    // The browser shows no certificate, so it cannot be demanded on this one listener.
    let tls = tls_asking(&certificates).unwrap();
    let server = Server::start(listener, tls, router).unwrap();
    let spec = DataConsumerSpec {
        agent: consumer_agent(),
        body: body("kfz:08111000", "Zulassungsbehörde"),
        component_id: "portal-0001".to_owned(),
        identity: certificates.client.clone(),
        token: None,
        platform: platform(),
        platform_body: body("ip:0001", "Intermediäre Plattform"),
        national_url: url.clone(),
        public_url: url,
        root_pem: certificates.root_pem.clone(),
        return_origin: "https://portal.example".to_owned(),
    };
    let journal = Journal::new();
    let consumer = DataConsumer::new(spec, source(), journal.clone()).unwrap();
    World {
        consumer,
        journal,
        _server: server,
    }
}

/// Asks for a client certificate without demanding one
fn tls_asking(
    certificates: &crate::simulator::testing::Certificates,
) -> Option<rustls::ServerConfig> {
    use rustls_pki_types::pem::PemObject as _;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    let root =
        rustls_pki_types::CertificateDer::from_pem_slice(certificates.root_pem.as_bytes()).ok()?;
    roots.add(root).ok()?;
    let verifier = rustls::server::WebPkiClientVerifier::builder_with_provider(
        Arc::new(roots),
        Arc::clone(&provider),
    )
    .allow_unauthenticated()
    .build()
    .ok()?;
    let chain =
        rustls_pki_types::CertificateDer::pem_slice_iter(certificates.server.chain_pem.as_bytes());
    let key =
        rustls_pki_types::PrivateKeyDer::from_pem_slice(certificates.server.key_pem.as_bytes())
            .ok()?;
    rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .ok()?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain.collect::<Result<_, _>>().ok()?, key)
        .ok()
}

fn spec() -> OrderSpec {
    let requirement = OrderedRequirement {
        id: "https://sr.oots.tech.ec.europa.eu/requirements/4cba0887-2bdf-43ca-bcc6-5deb6783dfe3"
            .to_owned(),
        name: "Proof of vehicle registration Part II".to_owned(),
        country: Some("FR".to_owned()),
    };
    OrderSpec::new(vec![requirement], subject())
}

#[track_caller]
fn complaints(world: &World) -> Vec<String> {
    world
        .journal
        .complaints()
        .into_iter()
        .map(|complaint| complaint.text)
        .collect()
}

#[tokio::test]
async fn an_order_is_carried_through() {
    let world = world(Script::default()).await;
    let ordered = world.consumer.order(&spec()).await.unwrap();
    let Collection::Evidence(documents) = ordered.collection else {
        panic!("{:?}", ordered.collection)
    };
    assert_eq!(documents[0].content, "%PDF-1.4");
    assert_eq!(documents[0].provider, "Ministère");
    assert_eq!(complaints(&world), [""; 0]);
    assert_eq!(world.journal.evidence()[0].sha256, documents[0].sha256);
    let wires: Vec<_> = world
        .journal
        .steps()
        .into_iter()
        .map(|step| step.what)
        .collect();
    assert_eq!(
        wires,
        [
            "DE.EvidenceOrder.0401",
            "DE.EvidenceOrderResponse.0402",
            "GET /abruf/t → 200",
            "POST /abruf/t → 303",
            "GET /abruf/t/wait → 303",
            "DE.GetEvidence.0411",
            "202 not yet",
            "DE.GetEvidence.0411",
            "DE.GetEvidenceResponse.0412",
            "DELETE conversation",
        ]
    );
}

#[tokio::test]
async fn what_the_data_consumer_wrote_pleases_the_codec() {
    let world = world(Script::default()).await;
    let content = world
        .consumer
        .content(&spec(), "https://portal.example/zurueck");
    let message = world
        .consumer
        .envelope("DE.EvidenceOrder.0401", &source().uuid().to_string())
        .seal(content);
    let opinion = crate::simulator::opinion::national(message.to_string().as_bytes());
    assert_eq!(opinion, [""; 0]);
}

#[tokio::test]
async fn everything_wrong_in_a_0412_is_complained_about() {
    let cases: [(&str, Bend); 9] = [
        ("getevidenceid", |message| {
            message["getevidenceid"] = json!("urn:uuid:x")
        }),
        ("Status", |message| {
            message["Status"] = code(List::Status, "Failure")
        }),
        ("requester", |message| {
            message["EvidenceRequester"] = json!([agent("x", "X", Some("DE")).json("ER")])
        }),
        ("class IP", |message| {
            message["EvidenceResponse"][0]["EvidenceProvider"][1]["Classification"] =
                code(List::AgentClass, "EP");
        }),
        ("another person", |message| {
            object(message)["LegalOrNaturalPerson"] = TestPerson::unknown("DE/FR/000000").json()
        }),
        ("no title", |message| {
            object(message)["EvidenceMetadata"]["Title"] = json!("")
        }),
        ("base64", |message| {
            object(message)["RepositoryItem"]["RepositoryItem"] = json!("%%%")
        }),
        ("is empty", |message| {
            object(message)["RepositoryItem"]["RepositoryItem"] = json!("")
        }),
        ("kennung", |message| {
            message["nachrichtenkopf"]["leser"]["kennung"] = json!("x:y")
        }),
    ];
    for (complaint, bend) in cases {
        let world = world(Script {
            bend,
            ..Script::default()
        })
        .await;
        world.consumer.order(&spec()).await.unwrap();
        let found = complaints(&world);
        assert!(
            found.iter().any(|text| text.contains(complaint)),
            "{complaint}: {found:?}"
        );
    }
}

fn object(message: &mut Value) -> &mut Value {
    &mut message["EvidenceResponse"][0]["EvidenceOrTimeAvailable"]["RegistryObject"][0]
}

#[tokio::test]
async fn a_changed_return_address_is_complained_about() {
    let world = world(Script {
        back: |url| format!("{url}&added=1"),
        ..Script::default()
    })
    .await;
    world.consumer.order(&spec()).await.unwrap();
    assert_eq!(complaints(&world), ["the return address was changed"]);
}

#[tokio::test]
async fn a_page_with_script_is_complained_about() {
    let page = r#"<form method="post" action="/abruf/t"><button name="decision" value="request"></form><script>1</script>"#;
    let world = world(Script {
        page,
        ..Script::default()
    })
    .await;
    let Placement::Accepted(order) = world.consumer.place(&spec()).await.unwrap() else {
        panic!()
    };
    let arrival = world
        .consumer
        .browse(&order, Decision::Leave)
        .await
        .unwrap();
    assert_eq!(arrival, Arrival::Left);
    assert_eq!(complaints(&world), ["a page with script"]);
}
