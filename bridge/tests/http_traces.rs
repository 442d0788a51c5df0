//! Traces leave for a collector over OTLP, and take up the context of the caller.
#![expect(clippy::unwrap_used, reason = "test code")]

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue},
    routing::post,
};
use bridge::{
    config::{Config, Overrides},
    http::{
        Busy, Patience,
        limit::read_body,
        server::{ListenerSettings, Protocols, Shutdown, serve},
    },
    telemetry::{
        self,
        metrics::{ListenerName, Metrics},
        names, trace,
    },
};
use tokio::{net::TcpListener, sync::mpsc};

#[path = "support/example.rs"]
mod example;

use example::Example;

type Received = mpsc::UnboundedSender<Vec<u8>>;

async fn collector(received: Received) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let keep = |State(received): State<Arc<Received>>, body: Body| async move {
        received
            .send(read_body(body, 1 << 20).await.unwrap().to_vec())
            .unwrap();
    };
    let router = Router::new()
        .route("/v1/traces", post(keep))
        .with_state(Arc::new(received));
    let settings = ListenerSettings {
        name: ListenerName::Admin,
        tls: None,
        protocols: Protocols::Http1,
        max_connections: 8,
        max_connections_per_address: 8,
        max_requests: 8,
        max_requests_per_address: 8,
        busy: Busy::default(),
        patience: Patience::default(),
        metrics: Metrics::new().unwrap(),
    };
    tokio::spawn(serve(
        listener,
        settings,
        router,
        Shutdown::new(Duration::ZERO),
    ));
    format!("http://{address}")
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

// One test: the subscriber belongs to the whole process.
#[tokio::test(flavor = "multi_thread")]
async fn a_span_is_exported_as_a_child_of_the_callers_span() {
    let (sender, mut received) = mpsc::unbounded_channel();
    let endpoint = collector(sender).await;
    let example = Example::new();
    let overrides = Overrides::none()
        .set(&format!("telemetry.otlp_endpoint={endpoint}"))
        .and_then(|it| it.set("telemetry.log_filter=warn"))
        .unwrap();
    let config = Config::load(&example.path("bridge.toml"), &overrides).unwrap();
    let guard = telemetry::install(config.telemetry()).unwrap();

    let mut headers = HeaderMap::new();
    let caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    headers.insert("traceparent", HeaderValue::from_static(caller));
    let span = tracing::info_span!(target: "bridge::test", names::SPAN_AS4_RECEIVE, partner = "fr");
    trace::continue_from(&span, &headers);
    assert_eq!(
        trace::trace_id(&span).unwrap(),
        "0af7651916cd43dd8448eb211c80319c"
    );
    let mut onward = HeaderMap::new();
    trace::inject(&span, &mut onward);
    let onward = onward["traceparent"].to_str().unwrap();
    assert!(
        onward.starts_with("00-0af7651916cd43dd8448eb211c80319c-"),
        "{onward}"
    );
    assert_ne!(onward, caller);
    let library = tracing::info_span!(target: "hyper", "library_span");
    drop((span, library));
    guard.finish().await;

    let exported = received.recv().await.unwrap();
    assert!(contains(&exported, b"as4.receive"));
    assert!(contains(
        &exported,
        &0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128.to_be_bytes()
    ));
    assert!(contains(
        &exported,
        &0xb7ad_6b71_6920_3331_u64.to_be_bytes()
    ));
    assert!(!contains(&exported, b"library_span"));
}

#[test]
fn a_malformed_context_is_no_context() {
    let span = tracing::info_span!("any");
    for text in [
        "",
        "00-zz-zz-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
    ] {
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", HeaderValue::from_str(text).unwrap());
        trace::continue_from(&span, &headers);
        assert_eq!(trace::trace_id(&span), None, "{text:?}");
    }
}
