//! TLS with certificates on both sides, over IPv6.

use conformance::simulator::http::{TlsIdentity, client};

use super::server::Shared;

/// Where the second family is listened to; read back from the log.
static SIX: Shared = Shared::new(
    "six",
    &[
        "listen.as4.address=[::1]:0",
        "listen.as4.tls.client_ca=keys/roots.pem",
        "telemetry.log_format=json",
    ],
);

/// `[AS4_CP_TA46]` [AS4 4.5] [ROB-102]
#[test]
fn as4_cp_ta46_the_listener_takes_ipv6_and_asks_for_certificates() {
    SIX.play(async |server| {
        let log = server.log();
        let entries = log
            .lines()
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let address = entries
            .filter_map(|entry| entry["as4"].as_str().map(str::to_owned))
            .next();
        let address = address.expect("the address in the log");
        assert!(address.starts_with("[::1]:"), "{address}");
        let folder = server.stage.config_path().with_file_name("keys");
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        let identity = TlsIdentity {
            chain_pem: read("client.pem"),
            key_pem: read("client.key"),
        };
        let url = format!("https://{address}/as4");
        let known = client(&read("roots.pem"), Some(&identity)).unwrap();
        assert_eq!(known.get(&url).send().await.unwrap().status(), 405);
        let unknown = client(&read("roots.pem"), None).unwrap();
        unknown.get(&url).send().await.unwrap_err();
        let metrics = server.metrics().await;
        assert!(metrics.contains("reason=\"handshake\"}"), "{metrics}");
    });
}
