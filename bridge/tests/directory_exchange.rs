//! The client of the Common Services against simulated ones, over TLS on loopback.

#![expect(clippy::panic, clippy::unwrap_used, reason = "test code")]

use std::{sync::Arc, time::Duration};

use bridge::{
    directory::{
        DataServicesQuery, Directory, EvidenceTypesQuery, Fixed, LookUpError, Offers, Outlook,
        Policy, RequirementsQuery, Settings, Signer, Trust, Untrusted, UserInput, Wanted,
        answer::{DataService, ErrorCode, Outcome, Question, Services},
        evaluate::SENT,
        prepare,
        relevance::Irrelevant,
    },
    world::World,
};
use conformance::{
    pki::{Authority, Identity, Key, Request, Subject, Usage, Validity},
    simulator::{
        Journal, Source,
        common_services::{self, Catalogue, CommonServices, Line, Misbehavior, Setup},
        http::Server,
    },
};
use futures_util::future::join_all;
use jiff::Timestamp;
use mapping::edm::{MediaType, SupportedValues, Version};

const CATALOGUE: &str = include_str!("directory_exchange/catalogue.toml");
const BIRTH: &str =
    "https://sr.oots.tech.ec.europa.eu/requirements/315cfd75-6605-49c4-b0fe-799833b41099";
const T1: &str = "https://sr.oots.tech.ec.europa.eu/evidencetypeclassifications/FR/00000000-0000-4000-8000-000000000001";
const T2: &str = "https://sr.oots.tech.ec.europa.eu/evidencetypeclassifications/FR/00000000-0000-4000-8000-000000000002";
const T3: &str = "https://sr.oots.tech.ec.europa.eu/evidencetypeclassifications/FR/00000000-0000-4000-8000-000000000003";
const T4: &str = "https://sr.oots.tech.ec.europa.eu/evidencetypeclassifications/FR/00000000-0000-4000-8000-000000000004";
const TTL: Duration = Duration::from_secs(3600);
const STALE: Duration = Duration::from_secs(86_400);

/// Common Services and a client that trusts them.
struct Scene {
    services: CommonServices,
    directory: Directory,
    journal: Journal,
    world: World,
    issuer: Authority,
}

impl Scene {
    async fn new() -> Self {
        Self::speaking(&Line::ALL).await
    }

    async fn speaking(lines: &[Line]) -> Self {
        Self::patient(lines, Duration::from_secs(10)).await
    }

    async fn patient(lines: &[Line], timeout: Duration) -> Self {
        let now: Timestamp = "2026-08-01T12:00:00Z".parse().unwrap();
        let world = World::frozen(now, 7);
        // TLS is checked by the clock of the machine, signatures by the one of the world.
        let tls = Authority::new("TLS root", World::system().now()).unwrap();
        let server = tls
            .tls_server("Common Services", World::system().now())
            .unwrap();
        let root = Authority::new("Root", now).unwrap();
        let issuer = root.intermediate("Issuer", now).unwrap();
        let signer = issuer.signing(commission(), Key::P256, now).unwrap();
        let journal = Journal::new();
        let setup = Setup {
            tls: server.tls(),
            signer: common_services::Signer::new(&signer).unwrap(),
            lines: lines.to_vec(),
            source: source(&world),
            journal: journal.clone(),
            client: "platform".to_owned(),
        };
        let listener = Server::bind().await.unwrap();
        let catalogue = Catalogue::from_toml(CATALOGUE).unwrap();
        let services = CommonServices::start(listener, catalogue, setup).unwrap();
        let settings = Settings {
            client: client(tls.root_pem()),
            locate: Arc::new(Fixed {
                evidence_broker: services.evidence_broker_url().unwrap(),
                data_service_directory: services.data_service_directory_url().unwrap(),
            }),
            trust: Trust::new([root.root_pem()], Signer::european_commission()).unwrap(),
            timeout,
            policy: Policy {
                ttl: TTL,
                serve_stale: STALE,
            },
        };
        Self {
            services,
            directory: Directory::new(settings, world.clone()),
            journal,
            world,
            issuer,
        }
    }

    fn misbehave(&self, how: Misbehavior) {
        self.services.misbehave(how);
    }

    async fn types(&self) -> Result<bool, LookUpError> {
        let query = EvidenceTypesQuery::new(BIRTH.parse().unwrap(), "FR".parse().unwrap());
        let answer = self.directory.evidence_types(&query).await?;
        assert!(matches!(answer.value(), Outcome::Found(_)));
        Ok(answer.is_stale())
    }

    async fn services(&self, evidence_type: &str, input: UserInput) -> Services {
        let query = DataServicesQuery::new(evidence_type.parse().unwrap(), "FR".parse().unwrap());
        let query = query.with_input(input);
        let answer = self.directory.data_services(&query).await.unwrap();
        answer.value().clone()
    }

    async fn outlook(&self, wanted: &Wanted) -> Box<bridge::directory::Candidates> {
        match self.directory.evaluate(wanted).await.unwrap() {
            Outlook::Candidates(candidates) => candidates,
            Outlook::Refused(refusal) => panic!("{refusal:?}"),
        }
    }

    #[track_caller]
    fn asked(&self) -> Vec<String> {
        self.journal
            .steps()
            .into_iter()
            .map(|step| step.what)
            .collect()
    }
}

fn commission() -> Subject {
    Subject::new("EC-OOTS-CS-TEST").organization("European Commission")
}

fn source(world: &World) -> Source {
    let (clock, random) = (world.clone(), world.clone());
    Source::new(
        Arc::new(move || clock.now()),
        Arc::new(move |bytes| random.fill(bytes)),
    )
}

fn client(root: &str) -> reqwest::Client {
    // Another test of this process may have been first.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    prepare(reqwest::Client::builder())
        .tls_certs_only([reqwest::Certificate::from_pem(root.as_bytes()).unwrap()])
        .no_proxy()
        .build()
        .unwrap()
}

fn wanted() -> Wanted {
    let procedure = ("R1".parse().unwrap(), "DE".parse().unwrap());
    Wanted::new(procedure, BIRTH.parse().unwrap(), "FR".parse().unwrap())
}

fn question(services: Services) -> Question {
    match services {
        Services::MoreInput(question) => *question,
        other => panic!("{other:?}"),
    }
}

fn found(services: Services) -> Vec<DataService> {
    match services {
        Services::Found(listing) => {
            assert_eq!(listing.oddities(), &[]);
            listing.content().clone()
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn requirements_of_a_procedure_are_found() {
    let scene = Scene::new().await;
    let query = RequirementsQuery::new("R1".parse().unwrap(), "DE".parse().unwrap());
    let answer = scene.directory.requirements(&query).await.unwrap();
    let Outcome::Found(listing) = answer.value() else {
        panic!("refused");
    };
    assert_eq!(listing.content()[0].id().as_str(), BIRTH);
    assert_eq!(listing.content()[0].frameworks().len(), 1);
    assert_eq!(
        scene.asked(),
        ["requirements-by-procedure-and-jurisdiction (oots-cs:v2.0)"]
    );
}

#[tokio::test]
async fn nothing_is_said_only_after_both_lines() {
    let scene = Scene::new().await;
    let query = RequirementsQuery::new("T1".parse().unwrap(), "DE".parse().unwrap());
    for _ in 0..2 {
        let answer = scene.directory.requirements(&query).await.unwrap();
        let Outcome::Refused(refusal) = answer.value() else {
            panic!("found");
        };
        assert_eq!(refusal.code(), &ErrorCode::BrokerEmpty);
    }
    // [AT-49] a refusal is not kept, so both lines were asked twice.
    assert_eq!(scene.asked().len(), 4);
    assert!(scene.asked()[1].contains("oots-cs:v1.2"));
    assert!(scene.journal.complaints().is_empty());
}

// [AT-08]
#[tokio::test]
async fn alternatives_and_providers_are_put_together() {
    let scene = Scene::new().await;
    let candidates = scene.outlook(&wanted()).await;
    assert!(candidates.is_declared());
    assert_eq!(candidates.requirement().id().as_str(), BIRTH);
    let [both, one] = candidates.alternatives() else {
        panic!("two are expected");
    };
    let types: Vec<_> = both.types().collect();
    assert_eq!(types.len(), 2);
    let Offers::From(offers) = types[0].1 else {
        panic!("{types:?}");
    };
    assert_eq!(offers.len(), 4);
    assert_eq!(one.types().count(), 1);
    assert!(scene.journal.complaints().is_empty());
}

// [AT-09]
#[tokio::test]
async fn the_version_is_the_newest_that_both_speak() {
    let scene = Scene::new().await;
    let candidates = scene.outlook(&wanted()).await;
    let (_, Offers::From(offers)) = candidates.alternatives()[0].types().next().unwrap() else {
        panic!("no offers");
    };
    let version = |provider: &str| {
        let offer = offers
            .iter()
            .find(|offer| offer.access().publisher().agent().id().value() == provider)
            .unwrap();
        candidates.select(offer, &SENT, &UserInput::default())
    };
    assert_eq!(version("P1").unwrap().version(), Version::V1_2);
    assert_eq!(version("P2").unwrap().version(), Version::V2_0);
    assert_eq!(version("P3").unwrap().version(), Version::V2_0);
    assert_eq!(version("P4").unwrap_err().declared(), ["oots-edm:v3.0"]);
}

#[tokio::test]
async fn a_selection_has_what_a_request_needs() {
    let scene = Scene::new().await;
    let candidates = scene.outlook(&wanted()).await;
    let (_, Offers::From(offers)) = candidates.alternatives()[0].types().next().unwrap() else {
        panic!("no offers");
    };
    let selection = |index: usize| {
        candidates
            .select(&offers[index], &SENT, &UserInput::default())
            .unwrap()
    };
    let old = selection(0);
    assert_eq!(old.provider().id().value(), "P1");
    assert_eq!(old.access_point().value(), "AP_FR_01");
    assert_eq!(
        old.access_point().scheme().as_str(),
        "urn:oasis:names:tc:ebcore:partyid-type:unregistered:oots"
    );
    let evidence = old.requested_evidence(None).unwrap();
    assert_eq!(evidence.distributions().len(), 1);
    assert_eq!(evidence.evidence_type().as_str(), T1);
    let new = selection(1);
    assert_eq!(
        new.requested_evidence(None).unwrap().distributions().len(),
        2
    );
    let pdf = new.requested_evidence(Some(&MediaType::Pdf)).unwrap();
    assert_eq!(pdf.distributions().len(), 1);
    assert!(new.requested_evidence(Some(&MediaType::Png)).is_none());
}

// [AT-07]
#[tokio::test]
async fn a_question_is_answered_and_never_kept() {
    let scene = Scene::new().await;
    for _ in 0..2 {
        let asked = question(scene.services(T3, UserInput::default()).await);
        assert!(asked.determination().is_none(), "not in 2.0");
        let [concept] = asked.concepts() else {
            panic!("one is expected");
        };
        assert_eq!(concept.labels().len(), 2);
    }
    assert_eq!(scene.asked().len(), 2);
    let asked = question(scene.services(T3, UserInput::default()).await);
    let input = UserInput::default().with_value(&asked.concepts()[0], "north");
    let services = found(scene.services(T3, input.clone()).await);
    assert_eq!(services[0].access_services().len(), 1);
    let publisher = services[0].access_services()[0].publisher();
    assert_eq!(publisher.agent().id().value(), "NORTH");

    let wanted = wanted().with_input(T3.parse().unwrap(), input.clone());
    let candidates = scene.outlook(&wanted).await;
    let (_, Offers::From(offers)) = candidates.alternatives()[1].types().next().unwrap() else {
        panic!("no offers");
    };
    let selection = candidates.select(&offers[0], &SENT, &input).unwrap();
    let [classification] = &selection.classifications()[..] else {
        panic!("one is expected");
    };
    assert_eq!(
        classification.values(),
        &SupportedValues::Strings(vec!["north".to_owned()])
    );
}

// [AT-07]
#[tokio::test]
async fn a_wrong_value_is_refused() {
    let scene = Scene::new().await;
    let asked = question(scene.services(T3, UserInput::default()).await);
    let input = UserInput::default().with_value(&asked.concepts()[0], "west");
    let Services::Refused(refusal) = scene.services(T3, input).await else {
        panic!("found");
    };
    assert_eq!(refusal.code(), &ErrorCode::DirectoryValue);
}

// [AT-07] before 2.0 the place is asked for, too
#[tokio::test]
async fn a_place_is_answered_on_the_older_line() {
    let scene = Scene::speaking(&[Line::V1_0, Line::V1_1]).await;
    let asked = question(scene.services(T3, UserInput::default()).await);
    let place = asked.determination().unwrap();
    let input = UserInput::default()
        .with_value(&asked.concepts()[0], "north")
        .with_place(place, "75056", asked.service().id());
    let services = found(scene.services(T3, input).await);
    let publisher = services[0].access_services()[0].publisher();
    assert_eq!(publisher.agent().id().value(), "NORTH");
    assert_eq!(publisher.concepts()[0].values(), ["north"]);
    assert!(scene.asked().last().unwrap().contains("oots-cs:v1.1"));
}

#[tokio::test]
async fn a_service_published_on_the_older_line_only_is_found() {
    let scene = Scene::new().await;
    let services = found(scene.services(T4, UserInput::default()).await);
    assert_eq!(services[0].evidence_type().as_str(), T4);
    let lines = ["oots-cs:v2.0", "oots-cs:v1.2"];
    for (asked, line) in scene.asked().iter().zip(lines) {
        assert!(asked.contains(line), "{asked}");
    }
}

#[tokio::test]
async fn a_service_of_one_line_only_is_understood() {
    for line in Line::ALL {
        let scene = Scene::speaking(&[line]).await;
        let candidates = scene.outlook(&wanted()).await;
        assert_eq!(candidates.alternatives().len(), 2, "{line:?}");
        let (_, Offers::From(offers)) = candidates.alternatives()[0].types().next().unwrap() else {
            panic!("{line:?}");
        };
        assert_eq!(offers.len(), 4, "{line:?}");
    }
}

#[tokio::test]
async fn a_specification_narrows_the_answer() {
    let scene = Scene::new().await;
    let query = DataServicesQuery::new(T1.parse().unwrap(), "FR".parse().unwrap())
        .with_specification(Version::V1_2);
    let answer = scene.directory.data_services(&query).await.unwrap();
    let providers: Vec<_> = found(answer.value().clone())
        .iter()
        .map(|service| {
            let publisher = service.access_services()[0].publisher();
            publisher.agent().id().value().to_owned()
        })
        .collect();
    assert_eq!(providers, ["P1", "P3"]);
}

#[tokio::test]
async fn an_unknown_evidence_type_is_information() {
    let scene = Scene::new().await;
    let unknown = T1.replace("0001", "00ff");
    let Services::Refused(refusal) = scene.services(&unknown, UserInput::default()).await else {
        panic!("found");
    };
    assert_eq!(refusal.code(), &ErrorCode::DirectoryNoEvidenceType);
}

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

// [AT-49]
#[tokio::test]
async fn an_answer_is_fresh_then_stale_then_gone() {
    let scene = Scene::new().await;
    assert!(!scene.types().await.unwrap());
    scene.services.stop();
    scene.world.step(TTL - Duration::from_secs(1));
    assert!(!scene.types().await.unwrap(), "fresh");
    scene.world.step(Duration::from_secs(1));
    assert!(scene.types().await.unwrap(), "stale");
    let query = EvidenceTypesQuery::new(BIRTH.parse().unwrap(), "FR".parse().unwrap());
    let answer = scene.directory.evidence_types(&query).await.unwrap();
    assert_eq!(answer.age(), TTL);
    assert_eq!(answer.as_of().to_string(), "2026-08-01T12:00:00Z");
    scene.world.step(STALE);
    let error = scene.types().await.unwrap_err();
    assert!(error.is_outage(), "{error:?}");
}

// [AT-49]
#[tokio::test]
async fn a_fresh_answer_is_not_asked_for_again() {
    let scene = Scene::new().await;
    scene.types().await.unwrap();
    scene.types().await.unwrap();
    assert_eq!(scene.asked().len(), 1);
    scene.world.step(TTL);
    scene.types().await.unwrap();
    assert_eq!(scene.asked().len(), 2);
}

// [AT-48] a wrong signature is a hard stop: no older answer stands in
#[tokio::test]
async fn an_untrusted_answer_is_not_papered_over() {
    let scene = Scene::new().await;
    scene.types().await.unwrap();
    scene.world.step(TTL);
    scene.misbehave(Misbehavior::OtherBody);
    let error = scene.types().await.unwrap_err();
    assert!(matches!(error, LookUpError::Untrusted(Untrusted::Digest)));
    scene.misbehave(Misbehavior::Status(503));
    assert!(scene.types().await.unwrap(), "during an outage it does");
}

// [AT-49]
#[tokio::test]
async fn errors_are_not_kept() {
    let scene = Scene::new().await;
    for status in [500, 503, 404] {
        scene.misbehave(Misbehavior::Status(status));
        let error = scene.types().await.unwrap_err();
        assert!(matches!(error, LookUpError::Status(seen) if seen == status));
        assert_eq!(error.is_outage(), status >= 500);
    }
    scene.services.misbehave(None);
    assert!(!scene.types().await.unwrap());
}

// A service that has no line of ours may also say so with a status.
#[tokio::test]
async fn the_other_line_is_tried_after_not_acceptable() {
    let scene = Scene::new().await;
    scene.misbehave(Misbehavior::Status(406));
    let error = scene.types().await.unwrap_err();
    assert!(matches!(error, LookUpError::Status(406)));
    assert!(!error.is_outage());
    assert_eq!(scene.asked().len(), 2);
}

#[tokio::test]
async fn a_silent_service_is_waited_for_only_so_long() {
    let scene = Scene::patient(&Line::ALL, Duration::from_millis(100)).await;
    scene.misbehave(Misbehavior::Silence);
    let error = scene.types().await.unwrap_err();
    assert!(matches!(error, LookUpError::TimedOut), "{error:?}");
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
async fn the_same_question_is_out_only_once() {
    let scene = Scene::new().await;
    let answers = join_all((0..50).map(|_| scene.types())).await;
    assert!(answers.into_iter().all(|answer| !answer.unwrap()));
    assert_eq!(scene.asked().len(), 1);
}

#[tokio::test]
async fn a_question_given_up_is_asked_anew() {
    let scene = Scene::new().await;
    scene.misbehave(Misbehavior::Silence);
    let given_up = tokio::time::timeout(Duration::from_millis(50), scene.types()).await;
    assert!(given_up.is_err());
    scene.services.misbehave(None);
    assert!(!scene.types().await.unwrap());
}

#[tokio::test]
async fn another_server_certificate_is_refused() {
    let scene = Scene::new().await;
    let other = Authority::new("Other root", World::system().now()).unwrap();
    let url = scene.services.evidence_broker_url().unwrap();
    let error = client(other.root_pem()).get(url).send().await.unwrap_err();
    assert!(error.is_connect(), "{error:?}");
}
