//! Steps from HTTP on: status, receipt, digests, signer.

use ebms::{ConversationId, Draft, Heading, Party, Property, Service, profile};

use super::{
    Pair, check_stops,
    partner::{Came, Goes, Partner, SIGNAL, answering},
    steps,
};

/// Pings a partner that answers like this.
fn ping(
    pair: &Pair,
    answer: impl FnOnce(Came) -> Goes + Send + 'static,
) -> (i32, serde_json::Value) {
    let (url, running) = answering(pair, answer);
    pair.at(&url, "");
    let result = pair.ping_json();
    running.join().unwrap();
    result
}

fn signal(body: Vec<u8>) -> Goes {
    Goes { head: SIGNAL, body }
}

/// [AT-47] `[AS4_CP_TA16]` `[AS4_CP_TA17]` every step is there, with what an operator wants to know.
#[test]
fn at_47_a_ping_that_is_answered_reports_every_step() {
    let pair = Pair::new();
    let partner = Partner::of(&pair);
    let (code, record) = ping(&pair, move |came| {
        let message = partner.open(&came);
        let header = message.get().header();
        assert_eq!(header.service().value(), profile::TEST_SERVICE);
        assert_eq!(header.action(), profile::TEST_ACTION);
        signal(partner.receipt(&message))
    });
    assert_eq!(code, 0, "{record:#}");
    let names = ["dns", "tcp", "tls", "http", "receipt", "digests", "signer"];
    assert_eq!(steps(&record), names.map(|name| (name.to_owned(), true)));
    assert_eq!(record["ok"], true);
    let step = |name: &str| {
        let steps = record["steps"].as_array().unwrap();
        steps
            .iter()
            .find(|step| step["step"] == name)
            .unwrap()
            .clone()
    };
    assert_eq!(step("tls")["version"], "TLS 1.3");
    assert_eq!(step("tls")["suite"], "TLS_AES_256_GCM_SHA384");
    assert_eq!(step("http")["status"], 200);
    for name in ["tls", "signer"] {
        assert!(
            step(name)["certificate_days_left"].as_i64().unwrap() > 0,
            "{record:#}"
        );
        assert!(
            step(name)["certificate_not_after"].is_string(),
            "{record:#}"
        );
    }
}

/// [AT-47] the same for people: one line a step, the verdict last.
#[test]
fn a_ping_prints_its_steps_and_its_verdict() {
    let pair = Pair::new();
    let (url, running) = answering(&pair, |_| Goes {
        head: "500 Internal Server Error",
        body: Vec::new(),
    });
    pair.at(&url, "");
    let (code, text) = pair.ping(&[]);
    running.join().unwrap();
    assert_eq!(code, 1);
    let lines: Vec<_> = text.lines().map(str::trim_start).collect();
    let beginnings = [
        "dns ",
        "tcp ",
        "tls ",
        "http ",
        "what to do: ",
        "example: FAILED",
    ];
    assert_eq!(lines.len(), beginnings.len(), "{text}");
    for (line, beginning) in lines.iter().zip(beginnings) {
        assert!(line.starts_with(beginning), "{text}");
    }
}

/// [AT-47] `[P19]`
#[test]
fn a_status_that_is_no_success_fails_at_http() {
    for (head, code) in [
        ("500 Internal Server Error", 1),
        ("404 Not Found", 1),
        ("302 Found\r\nLocation: /elsewhere", 1),
        ("503 Service Unavailable", 75),
    ] {
        let pair = Pair::new();
        let result = ping(&pair, move |_| Goes {
            head,
            body: Vec::new(),
        });
        check_stops(result, "http", code);
    }
}

/// [AT-47] [EBMS:0301]
#[test]
fn an_answer_without_a_receipt_fails_at_the_receipt() {
    for head in [
        "200 OK",
        "204 No Content",
        "200 OK\r\nContent-Type: text/html",
    ] {
        let pair = Pair::new();
        let body = if head.contains("html") {
            b"hello".to_vec()
        } else {
            Vec::new()
        };
        let said = check_stops(ping(&pair, move |_| Goes { head, body }), "receipt", 1);
        assert!(said.contains("no receipt"), "{said}");
    }
}

/// [AT-47] [EBMS:0302]
#[test]
fn a_receipt_for_another_message_fails_at_the_receipt() {
    let pair = Pair::new();
    let (partner, other) = (Partner::of(&pair), Partner::of(&pair));
    let (keep, kept) = std::sync::mpsc::channel();
    let result = ping(&pair, move |came| {
        let receipt = partner.receipt(&partner.open(&came));
        keep.send(receipt.clone()).unwrap();
        signal(receipt)
    });
    assert_eq!(result.0, 0);
    let old = kept.recv().unwrap();
    let again = Pair {
        us: pair.us,
        them: pair.them,
        world: other.world,
    };
    let (url, running) = answering(&again, move |_| signal(old));
    let path = again.us.path("partners/example.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let lines = text
        .lines()
        .map(|line| match line.strip_prefix("endpoint = ") {
            Some(_) => format!("endpoint = {url:?}"),
            None => line.to_owned(),
        });
    std::fs::write(&path, lines.collect::<Vec<_>>().join("\n")).unwrap();
    let said = check_stops(again.ping_json(), "receipt", 1);
    running.join().unwrap();
    assert!(said.contains("about another message"), "{said}");
}

/// [AT-47]
#[test]
fn a_receipt_of_a_stranger_fails_at_the_receipt() {
    let pair = Pair::new();
    let partner = Partner::of(&pair);
    // We have another certificate on file.
    let stranger = std::fs::read(pair.us.path("keys/as4-decryption.pem")).unwrap();
    std::fs::write(pair.us.path("partners/example-signing.pem"), stranger).unwrap();
    let result = ping(&pair, move |came| {
        signal(partner.receipt(&partner.open(&came)))
    });
    let said = check_stops(result, "receipt", 1);
    assert!(said.contains("signing.certificates"), "{said}");
}

/// [AT-47] [EBMS:0302] a receipt under the right id for other bytes.
#[test]
fn digests_that_differ_fail_at_the_digests() {
    let pair = Pair::new();
    let (partner, us) = (Partner::of(&pair), pair.us.path("bridge.toml"));
    let result = ping(&pair, move |came| {
        let real = partner.open(&came);
        let forged = sibling(&us, &partner, real.get().header().message_id().clone());
        signal(partner.receipt(&partner.open(&forged)))
    });
    let said = check_stops(result, "digests", 1);
    assert!(
        said.contains("digests are not those that were signed"),
        "{said}"
    );
}

/// Another message of ours under the same id.
fn sibling(us: &std::path::Path, partner: &Partner, id: ebms::MessageId) -> Came {
    let config = bridge::config::Config::load(us, &bridge::config::Overrides::none()).unwrap();
    let them = config.pmodes().partner("example").unwrap();
    let ours = config.platform().party_id().clone();
    let theirs = them.party_ids().first().unwrap().clone();
    let corner =
        |name, party: &ebms::PartyId| Property::typed(name, party.scheme().unwrap(), party.value());
    let heading = Heading {
        message_id: id,
        timestamp: partner.world.now(),
        conversation_id: "another".parse::<ConversationId>().unwrap(),
        from: Party::new(ours.clone(), profile::GATEWAY_ROLE),
        to: Party::new(theirs.clone(), profile::GATEWAY_ROLE),
        service: Service::new(profile::TEST_SERVICE, None).unwrap(),
        action: profile::TEST_ACTION.to_owned(),
    };
    let draft = Draft::new(heading)
        .with_property(corner(profile::ORIGINAL_SENDER, &ours))
        .with_property(corner(profile::FINAL_RECIPIENT, &theirs));
    let mut random = |bytes: &mut [u8]| partner.world.fill(bytes);
    let (key, recipient) = (config.keys().as4_signing(), them.encryption_certificate());
    let sent = ebms::send::write(&draft, them.leg(), key, recipient, &mut random).unwrap();
    Came {
        content_type: sent.content_type().to_owned(),
        body: sent.body().clone(),
    }
}
