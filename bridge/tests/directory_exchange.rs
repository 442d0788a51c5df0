//! The client of the Common Services against simulated ones, over TLS on loopback.

#![expect(clippy::panic, clippy::unwrap_used, reason = "test code")]

#[path = "directory_exchange/keeping.rs"]
mod keeping;
#[path = "directory_exchange/lines.rs"]
mod lines;
#[path = "directory_exchange/offers.rs"]
mod offers;
#[path = "directory_exchange/questions.rs"]
mod questions;
#[path = "directory_exchange/trust.rs"]
mod trust;

use std::{sync::Arc, time::Duration};

use bridge::{
    directory::{
        DataServicesQuery, Directory, EvidenceTypesQuery, Fixed, LookUpError, Outlook, Policy,
        Settings, Signer, Trust, UserInput, Wanted,
        answer::{DataService, Outcome, Services},
        prepare,
    },
    world::World,
};
use conformance::{
    pki::{Authority, Key, Subject},
    simulator::{
        Journal, Source,
        common_services::{self, Catalogue, CommonServices, Line, Misbehavior, Setup},
        http::Server,
    },
};
use jiff::Timestamp;

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

fn found(services: Services) -> Vec<DataService> {
    match services {
        Services::Found(listing) => {
            assert_eq!(listing.oddities(), &[]);
            listing.content().clone()
        }
        other => panic!("{other:?}"),
    }
}
