use super::*;

#[test]
fn every_metric_is_made_and_named() {
    let metrics = Metrics::new().unwrap();
    metrics.exchange_ended(
        Route::Provide,
        Flow::Direct,
        Outcome::Delivered,
        Duration::from_millis(120),
    );
    metrics.as4_message(
        Direction::Received,
        As4Action::Other,
        As4Result::Refused,
        "EBMS:0101",
    );
    metrics.outbox(Queue::As4, 2, Duration::from_secs(7));
    let text = metrics.text().unwrap();
    for line in [
        r#"bridge_exchanges_total{flow="direct",outcome="delivered",route="provide"} 1"#,
        r#"bridge_exchange_duration_seconds_bucket{flow="direct",route="provide",le="0.5"} 1"#,
        r#"bridge_as4_messages_total{action="other",direction="received",ebms_code="EBMS:0101",result="refused"} 1"#,
        r#"bridge_outbox_oldest_seconds{queue="as4"} 7"#,
        "bridge_as4_retries_total 0",
        "bridge_config_reload_success 1",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(text.contains("bridge_build_info{version="));
}

#[test]
fn a_connection_counts_while_it_is_open() {
    let metrics = Metrics::new().unwrap();
    let open = metrics.connection(ListenerName::Admin);
    assert!(
        metrics
            .text()
            .unwrap()
            .contains(r#"bridge_conn_open{listener="admin"} 1"#)
    );
    drop(open);
    assert!(
        metrics
            .text()
            .unwrap()
            .contains(r#"bridge_conn_open{listener="admin"} 0"#)
    );
}
