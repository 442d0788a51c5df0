//! What was answered before a crash is known after it.

use conformance::simulator::foreign::{Delivery, Outcome, RequestSpec};
use tests::proxy::{Fault, Proxy};

use super::{
    ground::{Ground, LIMIT},
    with_either_store,
};

with_either_store! {
    a_repeated_message_gets_the_identical_receipt
    a_request_id_is_not_answered_twice
    at_45_a_message_whose_receipt_was_lost_is_acknowledged_after_a_restart
}

/// [AS4 3.2] The receipt is a proof: there is one, and it does not change.
async fn a_repeated_message_gets_the_identical_receipt(g: &mut Ground) {
    let sent = g.portal().prepare(&g.request()).unwrap();
    let package = sent.package().clone();
    let post = async |g: &Ground| {
        let content_type = package.content_type();
        let posted = g
            .access_point()
            .post_raw(content_type, package.body().clone());
        posted.await.unwrap()
    };
    let first = post(g).await;
    g.answer(&sent).await;
    let second = post(g).await;
    g.crash().await;
    let third = post(g).await;
    assert_eq!((first.status, third.status), (200, 200));
    assert!(String::from_utf8_lossy(&first.body).contains("NonRepudiationInformation"));
    assert_eq!(first.body, second.body);
    assert_eq!(first.body, third.body);
    assert_eq!(g.portal().answers(&sent).len(), 1);
    assert_eq!(g.register().times_asked(), 1);
    g.check_ledgers();
}

/// [AT-37] The same request id in another message is refused, however often the bridge died.
async fn a_request_id_is_not_answered_twice(g: &mut Ground) {
    let first = g.ask().await;
    g.answer(&first).await;
    g.crash().await;
    let repeated = RequestSpec {
        request_id: first.request_id.clone(),
        ..g.request()
    };
    let second = g.portal().request(&repeated).await.unwrap();
    assert_eq!(second.delivery, Delivery::Acknowledged);
    assert_ne!(second.message_id, first.message_id);
    let answer = g.portal().answer(&second, LIMIT).await.expect("an answer");
    match &answer.outcome {
        Outcome::Error { code, .. } => assert_eq!(code, "EDM:ERR:0003"),
        other => panic!("{other:?}"),
    }
    assert_eq!(g.register().times_asked(), 1);
    assert_eq!(g.portal().answers(&first).len(), 1);
    assert_eq!(g.stage.world().journal().disagreements(0), [""; 0]);
}

/// [AT-45] [ROB-45] The receipt is lost on the wire, the process dies, the partner sends again: the
/// receipt that was lost, and one delivery.
async fn at_45_a_message_whose_receipt_was_lost_is_acknowledged_after_a_restart(g: &mut Ground) {
    let partner = g.access_point().spec().partner.clone();
    let mut url: url::Url = partner.endpoint.parse().unwrap();
    let bridge = url.socket_addrs(|| None).unwrap();
    let bridge = bridge
        .into_iter()
        .find(|address| address.is_ipv4())
        .unwrap();
    let proxy = Proxy::start(bridge).await.unwrap();
    proxy.set(Fault::SwallowAnswer(HANDSHAKE));
    url.set_port(Some(proxy.address().port())).unwrap();
    let root = reqwest::Certificate::from_pem(partner.tls_root_pem.as_bytes()).unwrap();
    let client = reqwest::Client::builder()
        .tls_certs_only([root])
        .build()
        .unwrap();
    let sent = g.portal().prepare(&g.request()).unwrap();
    let package = sent.package().clone();
    let posting = client
        .post(url)
        .header("Content-Type", package.content_type())
        .body(package.body().clone())
        .send();
    let dying = async {
        let lost = proxy
            .wait_for(LIMIT, |traffic| traffic.swallowed > RECEIPT)
            .await;
        lost.expect("an answer");
        let crashed = g.clock.now();
        g.crash().await;
        proxy.set(Fault::None);
        crashed
    };
    let (posted, crashed) = tokio::join!(posting, dying);
    assert!(posted.is_err(), "{posted:?}");
    let post = async |g: &Ground| {
        let body = package.body().clone();
        let posted = g.access_point().post_raw(package.content_type(), body);
        posted.await.unwrap()
    };
    let first = post(g).await;
    let text = String::from_utf8_lossy(&first.body).into_owned();
    assert_eq!(first.status, 200, "{text}");
    assert!(text.contains("NonRepudiationInformation"), "{text}");
    // The receipt that was lost: made before the crash, not for this copy.
    let made = text.split("<eb:Timestamp>").nth(1).unwrap();
    let made: jiff::Timestamp = made.split('<').next().unwrap().parse().unwrap();
    assert!(made < crashed, "{made} is after {crashed}");
    assert_eq!(first.body, post(g).await.body);
    g.answer(&sent).await;
    assert_eq!(g.portal().answers(&sent).len(), 1);
    assert_eq!(g.register().times_asked(), 1);
    g.check_ledgers();
}

/// More than a client says in its handshake, less than a message.
const HANDSHAKE: u64 = 4096;
/// More than a server says after its handshake, less than a receipt.
const RECEIPT: u64 = 2048;
