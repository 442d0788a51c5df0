use mapping::code_table::providers::Providers;

use super::*;
use crate::simulator::testing::{now, source};

async fn world() -> SimulatedWorld {
    let bridge = BridgeUrls {
        as4: "https://127.0.0.1:1/as4".to_owned(),
        national: "https://127.0.0.1:1".to_owned(),
        public: "https://127.0.0.1:1".to_owned(),
    };
    let keys = WorldKeys::generate(now(), now()).unwrap();
    SimulatedWorld::start(WorldSpec::new(bridge, keys, source()))
        .await
        .unwrap()
}

#[tokio::test]
async fn the_files_for_the_bridge_are_what_their_readers_want() {
    let world = world().await;
    let facts = world.facts();
    let providers = Providers::from_toml("providers.toml", &facts.providers_toml).unwrap();
    assert_eq!(providers.iter().count(), 2);
    let load = |name: &str| {
        facts
            .partner_certificates
            .get(name)
            .cloned()
            .map(String::into_bytes)
            .ok_or("none")
    };
    let partner = ebms::Partner::from_toml("fr", &facts.partner_toml, load).unwrap();
    assert_eq!(partner.endpoint(), world.foreign().endpoint());
    let consumers: toml::Table = toml::from_str(&facts.consumers_toml).unwrap();
    // Two portals, and the SAK.
    assert_eq!(consumers["consumer"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn every_published_french_evidence_is_offered() {
    let world = world().await;
    let offers = &world.foreign().provider().spec().offers;
    assert_eq!(offers.len(), 3);
    assert!(offers.iter().all(|offer| !offer.versions.is_empty()));
}

#[tokio::test]
async fn a_request_and_an_order_name_what_is_published() {
    let world = world().await;
    let request = world.request(EdmVersion::V2_0, GermanEvidence::VehicleRecord);
    assert_eq!(request.provider.name, "Kraftfahrt-Bundesamt");
    assert_eq!(request.evidence.format, "application/xml");
    let order = world.order(&[ForeignEvidence::BirthCertificate]);
    assert_eq!(order.procedure, "T1");
    assert_eq!(order.requirements[0].name, "Proof of birth");
}
