//! SIGTERM while requests come: everything begun is finished, nobody is turned away before probes
//! said so.

use std::time::Duration;

use conformance::simulator::foreign::{Delivery, Sent};

use super::{
    ground::{Ground, LIMIT},
    with_either_store,
};

with_either_store! { a_bridge_that_is_told_to_end_fails_no_request }

async fn a_bridge_that_is_told_to_end_fails_no_request(g: &mut Ground) {
    let ending = async {
        g.steps("ExecuteQueryResponse", WARM).await;
        g.bridge.terminate().unwrap();
    };
    let (first, second, third, ()) = tokio::join!(load(g), load(g), load(g), ending);
    let sent = [first, second, third].concat();
    let began = g.clock.monotonic();
    let status = g.bridge.ended(DRAIN).await.unwrap();
    g.report("ended after the last request after", began);
    assert_eq!(status.code(), Some(0), "{}", g.bridge.log());
    g.bridge.start().await.unwrap();
    println!("requests: {}", sent.len());
    assert!(sent.len() >= WARM);
    for sent in &sent {
        g.answer(sent).await;
        assert_eq!(g.portal().answers(sent).len(), 1);
    }
    g.check_ledgers();
}

/// Sends requests for as long as a load balancer would: while the bridge says that it is ready.
async fn load(g: &Ground) -> Vec<Sent> {
    let mut all = Vec::new();
    for _ in 0..MOST {
        if g.bridge.status("/readyz").await.ok() != Some(200) {
            break;
        }
        let sent = g.portal().request(&g.request()).await.unwrap();
        assert_eq!(sent.delivery, Delivery::Acknowledged);
        all.push(sent);
    }
    all
}

/// Answers before the end begins.
const WARM: usize = 6;
/// Requests of a client, at most.
const MOST: usize = 500;
const DRAIN: Duration = LIMIT;
