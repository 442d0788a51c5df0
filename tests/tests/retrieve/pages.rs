//! The dialogue: only its own form, from its own page, counts as the user's yes. [ROB-116]

use bridge::audit::Event;
use conformance::simulator::{
    data_consumer::{
        Order,
        html::{Form, read},
    },
    http::client,
};
use tests::Scene;

use super::{SCENE, drop_order, placed, state};

async fn form(scene: &Scene, order: &Order) -> Form {
    let spec = scene.consumer().spec();
    let browser = client(&spec.root_pem, None).expect("a client");
    let page = browser.get(&order.url).send().await.expect("a page");
    assert_eq!(page.status(), 200);
    let text = page.text().await.expect("a page");
    read(&text).forms.into_iter().next().expect("a form")
}

/// Posts the yes with these changes; the platform does not believe it and asks nobody.
fn check(change: impl Fn(&mut Vec<(String, String)>), header: Option<(&str, &str)>) {
    SCENE.play(async |scene| {
        let order = placed(scene, "2.0").await;
        let form = form(scene, &order).await;
        let mut fields: Vec<(String, String)> = form
            .filled(form.buttons().next())
            .into_iter()
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect();
        change(&mut fields);
        let spec = scene.consumer().spec();
        let browser = client(&spec.root_pem, None).expect("a client");
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        let body = body.extend_pairs(fields).finish();
        let mut request = browser
            .post(&order.url)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(body);
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        let before = scene.provider().questions().len();
        assert_eq!(request.send().await.expect("a page").status(), 403);
        assert_eq!(state(scene, &order).await, "pending");
        assert_eq!(scene.provider().questions().len(), before);
        assert_eq!(scene.events(), [Event::OrderReceived]);
        drop_order(scene, &order).await;
    });
}

fn set_token(fields: &mut [(String, String)], value: &str) {
    let token = fields.iter_mut().find(|(name, _)| name == "csrf");
    value.clone_into(&mut token.expect("a token").1);
}

#[test]
fn a_yes_with_a_forged_token_does_not_count() {
    check(
        |fields| set_token(fields, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        None,
    );
}

#[test]
fn a_yes_without_a_token_does_not_count() {
    check(|fields| fields.retain(|(name, _)| name != "csrf"), None);
    check(|fields| set_token(fields, ""), None);
}

#[test]
fn a_yes_from_another_site_does_not_count() {
    check(|_| {}, Some(("Origin", "https://evil.example")));
    check(|_| {}, Some(("Sec-Fetch-Site", "cross-site")));
}

/// [AT-33] an unknown token and one that is over look the same.
#[test]
fn an_address_nobody_was_given_leads_nowhere() {
    SCENE.play(async |scene| {
        let order = placed(scene, "2.0").await;
        let spec = scene.consumer().spec();
        let browser = client(&spec.root_pem, None).expect("a client");
        let known = order.url.rsplit('/').next().expect("a token");
        let other = order.url.replace(known, &"A".repeat(known.len()));
        drop_order(scene, &order).await;
        for url in [&other, &order.url] {
            let page = browser.get(url).send().await.expect("a page");
            assert_eq!(page.status(), 404, "{url}");
            let form = [("csrf", "x"), ("decision", "fetch")];
            let mut body = url::form_urlencoded::Serializer::new(String::new());
            let body = body.extend_pairs(form).finish();
            let page = browser
                .post(url)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .body(body)
                .send()
                .await
                .expect("a page");
            assert_eq!(page.status(), 404, "{url}");
        }
    });
}
