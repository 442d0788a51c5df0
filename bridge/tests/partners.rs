//! Revocation as the platform asks for it: lists and answers over HTTP, bounded in size and time,
//! remembered, and from nowhere but the addresses of the partner file.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "test code"
)]

use std::{
    fs,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    http::{StatusCode, header::LOCATION},
    routing::{get, post},
};
use bridge::{
    config::{Config, Overrides},
    partners::{Partners, Patience},
};
use ebms::{
    Draft, Heading, Incoming, Leg, Party, PartyId, Payload, Sealed, Service,
    profile::GATEWAY_ROLE,
    receive::{self, Limits},
    security::SigningKey,
    send,
};
use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType, IsCa, Issuer,
    KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, RsaKeySize, SerialNumber,
    SigningKey as _,
};
use x509_cert::der::{DateTime, Decode, Encode, asn1::BitString};
use x509_ocsp::{
    BasicOcspResponse, CertStatus, OcspRequest, OcspResponse, ResponderId, ResponseData,
    RevokedInfo, SingleResponse, Version,
};

#[path = "support/example.rs"]
mod example;

use example::Example;

const NOW: &str = "2026-08-06T10:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn parameters(name: &str) -> CertificateParams {
    let mut parameters = CertificateParams::new(Vec::new()).unwrap();
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.not_before = rcgen::date_time_ymd(2026, 1, 1);
    parameters.not_after = rcgen::date_time_ymd(2030, 1, 1);
    parameters
}

/// An authority, and a partner with one certificate of it, serial number 5.
struct Issued {
    issuer: Issuer<'static, KeyPair>,
    root: String,
    signing: SigningKey,
}

impl Issued {
    fn new() -> Self {
        let mut root = parameters("Root");
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        root.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        let root_pem = root.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(root, key);
        let mut leaf = parameters("AP_FR_01");
        leaf.serial_number = Some(SerialNumber::from(5_u64));
        let key = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
        let chain = leaf.signed_by(&key, &issuer).unwrap().pem();
        let pem = key.serialize_pem();
        let signing = SigningKey::from_pkcs8_pem(pem.as_bytes(), chain.as_bytes()).unwrap();
        Self {
            issuer,
            root: root_pem,
            signing,
        }
    }

    fn list(&self, revoked: u64, until: i32) -> Bytes {
        let list = CertificateRevocationListParams {
            this_update: rcgen::date_time_ymd(2025, 1, 1),
            next_update: rcgen::date_time_ymd(until, 1, 1),
            crl_number: SerialNumber::from(1_u64),
            issuing_distribution_point: None,
            revoked_certs: vec![RevokedCertParams {
                serial_number: SerialNumber::from(revoked),
                revocation_time: rcgen::date_time_ymd(2025, 1, 1),
                reason_code: None,
                invalidity_date: None,
            }],
            key_identifier_method: KeyIdMethod::Sha256,
        };
        list.signed_by(&self.issuer).unwrap().der().to_vec().into()
    }

    /// The body of an answer, signed by the authority.
    fn answer(&self, question: &[u8], status: CertStatus) -> Bytes {
        let question = OcspRequest::from_der(question).unwrap();
        let at = |time: Timestamp| {
            let seconds = u64::try_from(time.as_second()).unwrap();
            DateTime::from_unix_duration(Duration::from_secs(seconds)).unwrap()
        };
        let data = ResponseData {
            version: Version::V1,
            responder_id: ResponderId::ByKey(
                x509_cert::der::asn1::OctetString::new([0; 20]).unwrap(),
            ),
            produced_at: at(now()).into(),
            responses: vec![SingleResponse {
                cert_id: question.tbs_request.request_list[0].req_cert.clone(),
                cert_status: status,
                this_update: at(now()).into(),
                next_update: Some(at(now() + Duration::from_secs(3600)).into()),
                single_extensions: None,
            }],
            response_extensions: None,
        };
        let signature = self.issuer.key().sign(&data.to_der().unwrap()).unwrap();
        let basic = BasicOcspResponse {
            tbs_response_data: data,
            signature_algorithm: x509_cert::spki::AlgorithmIdentifierOwned {
                oid: "1.2.840.10045.4.3.2".parse().unwrap(),
                parameters: None,
            },
            signature: BitString::from_bytes(&signature).unwrap(),
            certs: None,
        };
        let response = OcspResponse::successful(basic).unwrap();
        response.to_der().unwrap().into()
    }

    fn message(&self) -> Sealed {
        let scheme = "urn:oasis:names:tc:ebcore:partyid-type:unregistered:oots";
        let party = |name| Party::new(PartyId::new(name, Some(scheme)).unwrap(), GATEWAY_ROLE);
        let draft = Draft::new(Heading {
            message_id: "1@fr.example".parse().unwrap(),
            timestamp: now(),
            conversation_id: "c".parse().unwrap(),
            from: party("AP_FR_01"),
            to: party("AP_DE_01"),
            service: Service::query_manager(),
            action: "ExecuteQueryRequest".to_owned(),
        });
        let draft = draft.with_payload(Payload::new("x".parse().unwrap(), "text/plain", "x"));
        let leg = Leg::default().with_encryption(false);
        let sent = send::write(&draft, &leg, &self.signing, None, &mut |out| out.fill(7)).unwrap();
        let body = Bytes::copy_from_slice(sent.body());
        match receive::read(sent.content_type(), body, &Limits::default()).unwrap() {
            Incoming::User(sealed) => *sealed,
            Incoming::Signal(signal) => panic!("{signal:?}"),
        }
    }
}

/// Serves these routes; every call is counted.
async fn serve(router: Router) -> (SocketAddr, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let router = router.layer(axum::middleware::from_fn(
        move |request: axum::extract::Request, next: axum::middleware::Next| {
            counted.fetch_add(1, Ordering::SeqCst);
            next.run(request)
        },
    ));
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(socket, router).await.unwrap() });
    (address, calls)
}

/// What is in force with this partner file, after everything due was fetched.
async fn partners(issued: &Issued, lines: &str) -> (Example, Arc<Partners>) {
    let example = Example::new();
    fs::write(example.path("partners/root.pem"), &issued.root).unwrap();
    let file = example.path("partners/example.toml");
    let text = fs::read_to_string(&file).unwrap();
    let signing = format!("authorities = [\"root.pem\"]\n{lines}");
    let text =
        text.replace("certificates = [\"example-signing.pem\"]", &signing) + "encrypt = false\n";
    fs::write(&file, text).unwrap();
    let config = Config::load(&example.path("bridge.toml"), &Overrides::none()).unwrap();
    let patience = Patience {
        time: Duration::from_millis(500),
        list_bytes: 10_000,
        answer_bytes: 10_000,
    };
    let partners = Partners::new(config, patience).unwrap();
    partners.refresh(now()).await;
    (example, Arc::new(partners))
}

/// As the listener does it.
async fn verdict(partners: &Arc<Partners>, issued: &Issued) -> Result<(), String> {
    let (partners, sealed) = (Arc::clone(partners), issued.message());
    let checked = tokio::task::spawn_blocking(move || {
        partners.ask_before(&sealed, now());
        let signed = sealed.verify(&partners.pmodes(), now());
        signed.map(|_| ()).map_err(|refusal| refusal.to_string())
    });
    checked.await.unwrap()
}

const UNKNOWN: &str =
    "EBMS:0101: authentication: no current revocation list speaks for the certificate";
const REVOKED: &str = "EBMS:0101: authentication: the certificate is revoked";

#[tokio::test]
async fn a_list_is_fetched_from_the_address_of_the_partner_file() {
    // [AS4 6.G] [ROB-85] revoked, stale, oversized, slow, elsewhere, gone
    let issued = Issued::new();
    let (good, bad) = (issued.list(9, 2030), issued.list(5, 2030));
    let stale = issued.list(9, 2026);
    let router = Router::new()
        .route("/good", get(move || async { good }))
        .route("/bad", get(move || async { bad }))
        .route("/stale", get(move || async { stale }))
        .route("/large", get(|| async { vec![0x30_u8; 20_000] }))
        .route("/slow", get(std::future::pending::<()>))
        .route(
            "/elsewhere",
            get(|| async { (StatusCode::FOUND, [(LOCATION, "/good")]) }),
        )
        .route("/rubbish", get(|| async { "<html>" }));
    let (address, _) = serve(router).await;
    for (path, hard, soft) in [
        ("good", Ok(()), Ok(())),
        ("bad", Err(REVOKED), Err(REVOKED)),
        ("stale", Err(UNKNOWN), Ok(())),
        ("large", Err(UNKNOWN), Ok(())),
        ("slow", Err(UNKNOWN), Ok(())),
        ("elsewhere", Err(UNKNOWN), Ok(())),
        ("rubbish", Err(UNKNOWN), Ok(())),
        ("gone", Err(UNKNOWN), Ok(())),
    ] {
        for (revocation, expected) in [("hard", hard), ("soft", soft)] {
            let lines =
                format!("crl_urls = [\"http://{address}/{path}\"]\nrevocation = \"{revocation}\"");
            let (_example, partners) = partners(&issued, &lines).await;
            let found = verdict(&partners, &issued).await;
            assert_eq!(
                found,
                expected.map_err(str::to_owned),
                "{path} {revocation}"
            );
        }
    }
}

#[tokio::test]
async fn a_list_that_was_fetched_is_kept_when_the_next_one_does_not_come() {
    let issued = Issued::new();
    let list = issued.list(9, 2030);
    let first = AtomicUsize::new(0);
    let serve_once = move || {
        let answer = match first.fetch_add(1, Ordering::SeqCst) {
            0 => Ok(list.clone()),
            _ => Err(StatusCode::INTERNAL_SERVER_ERROR),
        };
        async { answer }
    };
    let serve_once = Arc::new(serve_once);
    let (address, calls) = serve(Router::new().route("/crl", get(move || serve_once()))).await;
    let lines = format!("crl_urls = [\"http://{address}/crl\"]");
    let (_example, partners) = partners(&issued, &lines).await;
    // Not again before it is due.
    partners.refresh(now()).await;
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    partners
        .refresh(now() + Duration::from_secs(7 * 3600))
        .await;
    assert_eq!(calls.load(Ordering::SeqCst), 2);
    assert_eq!(verdict(&partners, &issued).await, Ok(()));
}

#[tokio::test]
async fn a_responder_is_asked_once_and_before_the_message_is_verified() {
    // [AT-44]
    for (status, expected) in [
        (Some(CertStatus::good()), Ok(())),
        (
            Some(CertStatus::revoked(RevokedInfo {
                revocation_time: DateTime::new(2026, 8, 1, 0, 0, 0).unwrap().into(),
                revocation_reason: None,
            })),
            Err(REVOKED.to_owned()),
        ),
        (Some(CertStatus::unknown()), Err(UNKNOWN.to_owned())),
        (None, Err(UNKNOWN.to_owned())),
    ] {
        let issued = Arc::new(Issued::new());
        let responder = Arc::clone(&issued);
        let answer = move |question: Bytes| {
            let status = status.ok_or(StatusCode::SERVICE_UNAVAILABLE);
            let answer = status.map(|status| responder.answer(&question, status));
            async { answer }
        };
        let (address, calls) = serve(Router::new().route("/ocsp", post(answer))).await;
        let lines = format!("ocsp_url = \"http://{address}/ocsp\"");
        let (_example, partners) = partners(&issued, &lines).await;
        assert_eq!(calls.load(Ordering::SeqCst), 0, "nobody is known yet");
        for _ in 0..3 {
            assert_eq!(verdict(&partners, &issued).await, expected);
        }
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    }
}
