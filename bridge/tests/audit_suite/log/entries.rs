//! What an entry holds: its fields, and a person whom only a search with the key finds.

use std::path::Path;

use bridge::{
    audit::{
        Entry, Event, Person, PreviewDecision,
        search::{self, Query},
    },
    exchange::{ExchangeId, Route},
};

use super::Place;

fn person(family: &str) -> Person {
    Person {
        family_name: family.to_owned(),
        given_name: Some("Zoë-Ángela".to_owned()),
        birth_date: Some("1931-02-28".to_owned()),
        identifier: Some("DE/FR/AT-PII-7f3c91".to_owned()),
    }
}

#[tokio::test]
async fn a_person_is_found_and_lies_encrypted() {
    let p = Place::new();
    let log = p.open();
    let exchange = ExchangeId::new(p.world.uuid());
    let planted = Entry::new(Event::RequestReceived)
        .route(Route::Provide)
        .exchange(exchange)
        .country("FR")
        .subject(person("Müller-Żółkiewska"))
        .content("application/x-ebrs+xml", b"<name>M\xc3\xbcller</name>");
    log.write(planted).await.unwrap();
    log.write(Entry::new(Event::RequestReceived).subject(person("Braun")))
        .await
        .unwrap();
    let decided = Entry::new(Event::PreviewDecided).exchange(exchange);
    log.write(decided.preview_decision(PreviewDecision::Accepted))
        .await
        .unwrap();

    let vault = p.vault();
    let query = Query {
        subject_key: Some(person("MULLER ZOLKIEWSKA").key(vault.index())),
        ..Query::default()
    };
    let found = search::search(p.folder.path(), &query).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].facts.exchange_id, Some(exchange));
    let opened = search::subject(&vault, &found[0]).unwrap().unwrap();
    assert!(opened == person("Müller-Żółkiewska"));
    let content = search::content(&vault, &found[0]).unwrap().unwrap();
    assert_eq!(content.as_slice(), "<name>Müller</name>".as_bytes());

    let of_exchange = Query {
        exchange: Some(exchange),
        ..Query::default()
    };
    assert_eq!(
        search::search(p.folder.path(), &of_exchange).unwrap().len(),
        2
    );
    let of_country = Query {
        country: Some("FR".to_owned()),
        ..Query::default()
    };
    assert_eq!(
        search::search(p.folder.path(), &of_country).unwrap().len(),
        1
    );
    let earlier = Query {
        until: Some(p.world.now()),
        ..Query::default()
    };
    assert!(
        search::search(p.folder.path(), &earlier)
            .unwrap()
            .is_empty()
    );
    check_unreadable(p.folder.path());
}

fn check_unreadable(folder: &Path) {
    for file in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        for trace in ["ller", "kiewska", "ngela", "1931-02-28", "7f3c91"] {
            assert!(!text.contains(trace), "{trace}");
        }
    }
}

#[tokio::test]
async fn a_person_moved_to_another_entry_does_not_open() {
    let p = Place::new();
    let log = p.open();
    for family in ["Müller", "Braun"] {
        log.write(Entry::new(Event::RequestReceived).subject(person(family)))
            .await
            .unwrap();
    }
    let mut found = search::search(p.folder.path(), &Query::default()).unwrap();
    let moved = found[0].subject.clone();
    found[1].subject = moved;
    assert!(search::subject(&p.vault(), &found[1]).is_err());
}

#[tokio::test]
async fn an_entry_is_written_as_the_reference_names_its_fields() {
    let p = Place::new();
    let log = p.open();
    let entry = Entry::new(Event::NationalRequestSent)
        .national_message("n1")
        .national_type("0301")
        .conversation("c1")
        .ebms_message(None)
        .error("EDM:ERR:0003")
        .rule("R-EDM-REQ-S009")
        .explicit_request(true)
        .idnr_used(false)
        .requirement("q1");
    log.write(entry).await.unwrap();
    let line = p.lines().remove(0).1;
    let json: serde_json::Value = serde_json::from_str(line.split_once(' ').unwrap().1).unwrap();
    assert_eq!(json["event"], "national_request_sent");
    assert_eq!(json["nachrichtenUUID"], "n1");
    assert_eq!(json["nachrichtentyp"], "0301");
    assert_eq!(json["conversationID"], "c1");
    assert_eq!(json["errorCode"], "EDM:ERR:0003");
    assert_eq!(json["ruleId"], "R-EDM-REQ-S009");
    assert_eq!(json["explicitRequest"], true);
    assert_eq!(json["idnrUsed"], false);
    assert_eq!(json["requirements"][0], "q1");
    assert_eq!(json["occurredAt"], "2026-01-31T10:00:00Z");
    assert!(json.get("ebmsMessageId").is_none());
}
