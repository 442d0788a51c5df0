//! Route retrieve, killed before the request is delivered, and before the answer is collected.

use conformance::simulator::{
    data_consumer::{Arrival, Collection, Decision},
    foreign::Receiving,
};

use super::{
    ground::{Ground, LIMIT},
    with_either_store,
};

with_either_store! {
    an_order_is_carried_out_when_the_bridge_dies_before_the_request_is_delivered
    a_request_without_receipt_is_repeated_and_asked_once
    an_answer_waits_for_its_collection_across_a_crash
}

async fn an_order_is_carried_out_when_the_bridge_dies_before_the_request_is_delivered(
    g: &mut Ground,
) {
    undelivered(g, Receiving::Busy).await;
}

async fn a_request_without_receipt_is_repeated_and_asked_once(g: &mut Ground) {
    undelivered(g, Receiving::Held).await;
}

async fn undelivered(g: &mut Ground, receiving: Receiving) {
    g.consumer().set_patience(LIMIT);
    g.access_point().set_receiving(receiving);
    let order = g.order().await;
    let Ground { bridge, stage, .. } = g;
    let foreign = stage.world().foreign().access_point();
    let dying = async {
        foreign.wait_for_packages(1, LIMIT).await.unwrap();
        bridge.kill().await.unwrap();
        foreign.set_receiving(Receiving::Normal);
        bridge.start().await.unwrap();
    };
    let browsing = stage.world().consumer().browse(&order, Decision::Confirm);
    let ((), arrival) = tokio::join!(dying, browsing);
    assert_eq!(arrival.unwrap(), Arrival::Home);
    // The answer may come before the receipt is asked for again; with the end of the exchange that
    // would not be done any more.
    let packages = g.access_point().wait_for_packages(2, LIMIT).await.unwrap();
    assert!(packages.iter().all(|package| *package == packages[0]));
    check_evidence(&g.consumer().collect(&order, LIMIT).await.unwrap());
    g.consumer().delete(&order).await.unwrap();
    assert_eq!(g.provider().times_asked(), 1);
    g.check_ledgers();
}

async fn an_answer_waits_for_its_collection_across_a_crash(g: &mut Ground) {
    let order = g.order().await;
    let arrival = g.consumer().browse(&order, Decision::Confirm).await;
    assert_eq!(arrival.unwrap(), Arrival::Home);
    assert_eq!(g.consumer().state(&order).await.unwrap()["state"], "ready");
    g.crash().await;
    let attempt = g.consumer().ask(&order).await.unwrap();
    g.crash().await;
    // [NOOTS 6.2] the same call gets the same answer, whatever happened in between.
    let again = g.consumer().ask_again(&attempt).await.unwrap();
    assert_eq!(attempt.answer.status, 200);
    assert_eq!(attempt.answer.body, again.body);
    check_evidence(&g.consumer().judge(&order, &attempt));
    g.consumer().delete(&order).await.unwrap();
    assert_eq!(g.provider().times_asked(), 1);
    g.check_ledgers();
}

#[track_caller]
fn check_evidence(collection: &Collection) {
    assert!(
        matches!(collection, Collection::Evidence(documents) if documents.len() == 1),
        "{collection:?}"
    );
}
