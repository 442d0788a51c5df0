//! The audit log: every entry is there, and any tampering is found.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use aws_lc_rs::{rand::SystemRandom, signature::Ed25519KeyPair};
use bridge::{
    audit::{
        AuditError, AuditKey, AuditLog, Entry, Event, Person, PreviewDecision, Settings,
        event::Written,
        search::{self, Query},
        verify::{self, Broken, Fault},
    },
    exchange::{ExchangeId, Route},
    seal::{IndexKey, StorageKey, Vault},
    world::World,
};
use tempfile::TempDir;

struct Place {
    folder: TempDir,
    world: World,
    key: Vec<u8>,
}

impl Place {
    fn new() -> Self {
        let key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self {
            folder: tempfile::tempdir().unwrap(),
            world: World::frozen("2026-01-31T10:00:00Z".parse().unwrap(), 1),
            key: key.as_ref().to_vec(),
        }
    }

    fn key(&self) -> AuditKey {
        AuditKey::from_pkcs8_der(&self.key).unwrap()
    }

    fn vault(&self) -> Vault {
        let storage = StorageKey::new("k1", &[1; 32]).unwrap();
        let index = IndexKey::new(&[2; 32]).unwrap();
        Vault::new(vec![storage], index, self.world.clone()).unwrap()
    }

    fn try_open(&self, settings: Settings) -> Result<AuditLog, AuditError> {
        AuditLog::open(settings, self.key(), self.vault())
    }

    /// Segments so small that every few entries begin a new one.
    fn settings(&self) -> Settings {
        Settings {
            segment_bytes: 1500,
            ..Settings::new(self.folder.path().to_owned(), 366)
        }
    }

    fn open(&self) -> AuditLog {
        self.try_open(self.settings()).unwrap()
    }

    async fn write(&self, entries: usize) {
        let log = self.open();
        for number in 0..entries {
            let entry = Entry::new(Event::ALL[number % Event::ALL.len()]);
            log.write(entry.edm_request(format!("r{number}").as_str()))
                .await
                .unwrap();
        }
        log.close().await.unwrap();
    }

    fn verify(&self) -> Result<verify::Intact, AuditError> {
        verify::verify(self.folder.path(), &self.key().public_key())
    }

    #[track_caller]
    fn check_broken(&self, seq: u64, fault: Fault) {
        match self.verify() {
            Err(AuditError::Broken(found)) => assert_eq!(found, Broken { seq, fault }),
            other => panic!("{other:?}"),
        }
    }

    fn segments(&self) -> Vec<PathBuf> {
        let files = std::fs::read_dir(self.folder.path()).unwrap();
        let mut found: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        found.retain(|path| path.extension().is_some_and(|suffix| suffix == "audit"));
        found.sort();
        found
    }

    /// All lines of all segments, and where each one is.
    fn lines(&self) -> Vec<(PathBuf, String)> {
        let mut lines = Vec::new();
        for path in self.segments() {
            let text = std::fs::read_to_string(&path).unwrap();
            lines.extend(text.lines().map(|line| (path.clone(), line.to_owned())));
        }
        lines
    }

    /// Writes the lines back.
    fn put(&self, lines: &[(PathBuf, String)]) {
        for path in self.segments() {
            let own = lines.iter().filter(|(of, _)| *of == path);
            let text: String = own.map(|(_, line)| format!("{line}\n")).collect();
            std::fs::write(path, text).unwrap();
        }
    }
}

fn sha256_hex(text: &str) -> String {
    bridge::seal::hex(&bridge::seal::sha256(text.as_bytes()))
}

#[tokio::test]
async fn an_untouched_log_is_intact() {
    let p = Place::new();
    p.write(25).await;
    let intact = p.verify().unwrap();
    assert_eq!((intact.first, intact.last, intact.unsigned), (1, 25, 0));
    assert!(p.segments().len() > 3);
}

#[tokio::test]
async fn the_chain_goes_on_after_a_restart() {
    let p = Place::new();
    for round in 1..=4 {
        p.write(3).await;
        assert_eq!(p.verify().unwrap().last, round * 3);
    }
}

#[tokio::test]
async fn an_empty_log_is_intact() {
    let p = Place::new();
    drop(p.open());
    assert_eq!(p.verify().unwrap().last, 0);
}

// [AT-53] edit, delete, reorder, truncate: the first broken entry is named.

#[tokio::test]
async fn an_edited_entry_is_found() {
    let p = Place::new();
    p.write(25).await;
    let mut lines = p.lines();
    lines[11].1 = lines[11].1.replace("r11", "r99");
    p.put(&lines);
    p.check_broken(12, Fault::Edited);
}

#[tokio::test]
async fn an_edited_entry_with_a_fitting_hash_is_found() {
    let p = Place::new();
    p.write(25).await;
    let mut lines = p.lines();
    let json = lines[11].1.split_once(' ').unwrap().1.replace("r11", "r99");
    lines[11].1 = format!("{} {json}", sha256_hex(&json));
    p.put(&lines);
    // Either the entry after it gives it away, or the statement that signs the end of its segment:
    // then all that is sure is that nothing before the named entry was touched.
    let Err(AuditError::Broken(broken)) = p.verify() else {
        panic!("not found")
    };
    assert!(broken.seq <= 13, "{broken:?}");
    assert!(matches!(broken.fault, Fault::Rewritten | Fault::OutOfOrder));
}

#[tokio::test]
async fn a_log_rewritten_to_its_end_is_found() {
    let p = Place::new();
    p.write(25).await;
    let mut lines = p.lines();
    let mut prev = String::new();
    for (at, (_, line)) in lines.iter_mut().enumerate() {
        let json = line.split_once(' ').unwrap().1.to_owned();
        if at < 11 {
            prev = sha256_hex(&json);
            continue;
        }
        let mut entry: Written = serde_json::from_str(&json).unwrap();
        entry.prev = prev;
        entry.facts.edm_request_id = Some("forged".to_owned());
        let json = serde_json::to_string(&entry).unwrap();
        prev = sha256_hex(&json);
        *line = format!("{prev} {json}");
    }
    p.put(&lines);
    let Err(AuditError::Broken(broken)) = p.verify() else {
        panic!("not found")
    };
    assert_eq!(broken.fault, Fault::Rewritten);
    assert!(broken.seq <= 12, "{broken:?}");
}

#[tokio::test]
async fn a_deleted_entry_is_found() {
    let p = Place::new();
    p.write(25).await;
    let mut lines = p.lines();
    lines.remove(11);
    p.put(&lines);
    p.check_broken(12, Fault::Missing);
}

#[tokio::test]
async fn a_deleted_segment_is_found() {
    let p = Place::new();
    p.write(25).await;
    let first = p
        .lines()
        .iter()
        .position(|(path, _)| *path == p.segments()[1])
        .unwrap();
    std::fs::remove_file(&p.segments()[1]).unwrap();
    p.check_broken(first as u64 + 1, Fault::Missing);
}

#[tokio::test]
async fn the_first_segment_cannot_just_go() {
    let p = Place::new();
    p.write(25).await;
    std::fs::remove_file(&p.segments()[0]).unwrap();
    p.check_broken(1, Fault::Missing);
}

#[tokio::test]
async fn reordered_entries_are_found() {
    let p = Place::new();
    p.write(25).await;
    let mut lines = p.lines();
    let moved = lines[7].1.clone();
    lines[7].1 = lines[8].1.clone();
    lines[8].1 = moved;
    p.put(&lines);
    p.check_broken(8, Fault::Missing);
}

#[tokio::test]
async fn a_repeated_entry_is_found() {
    let p = Place::new();
    p.write(25).await;
    let mut lines = p.lines();
    let again = lines[7].clone();
    lines.insert(8, again);
    p.put(&lines);
    p.check_broken(9, Fault::OutOfOrder);
}

#[tokio::test]
async fn a_truncated_log_is_found() {
    let p = Place::new();
    p.write(25).await;
    let mut lines = p.lines();
    lines.truncate(24);
    p.put(&lines);
    p.check_broken(25, Fault::Missing);
    lines.truncate(9);
    p.put(&lines);
    p.check_broken(10, Fault::Missing);
}

#[tokio::test]
async fn a_forged_statement_is_found() {
    let p = Place::new();
    p.write(5).await;
    let path = p.folder.path().join("statements");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("\"seq\":5", "\"seq\":4")).unwrap();
    let Err(AuditError::Broken(broken)) = p.verify() else {
        panic!("not found")
    };
    assert_eq!(broken.fault, Fault::Forged);
}

#[tokio::test]
async fn another_key_verifies_nothing() {
    let p = Place::new();
    p.write(5).await;
    let other = Place::new();
    let result = verify::verify(p.folder.path(), &other.key().public_key());
    assert!(matches!(
        result,
        Err(AuditError::Broken(Broken {
            fault: Fault::Forged,
            ..
        }))
    ));
}

#[tokio::test]
async fn a_tampered_end_stops_the_start() {
    let p = Place::new();
    p.write(5).await;
    let mut lines = p.lines();
    lines.truncate(4);
    p.put(&lines);
    assert!(matches!(
        p.try_open(p.settings()),
        Err(AuditError::Broken(_))
    ));
}

/// A line that was being written when the power went was told to nobody.
#[tokio::test]
async fn a_half_written_line_is_cut_off() {
    let p = Place::new();
    p.write(5).await;
    let last = p.segments().pop().unwrap();
    let mut bytes = std::fs::read(&last).unwrap();
    bytes.extend_from_slice(b"0123456789abcdef {\"seq\":6,\"pr");
    std::fs::write(&last, bytes).unwrap();
    assert_eq!(p.verify().unwrap().last, 5);
    p.write(1).await;
    assert_eq!(p.verify().unwrap().last, 6);
}

#[tokio::test]
async fn an_end_whose_statement_was_lost_is_signed_again() {
    let p = Place::new();
    p.write(5).await;
    let path = p.folder.path().join("statements");
    let text = std::fs::read_to_string(&path).unwrap();
    let kept: Vec<_> = text.lines().take(3).collect();
    std::fs::write(&path, kept.join("\n") + "\n").unwrap();
    assert!(p.verify().unwrap().unsigned > 0);
    drop(p.open());
    assert_eq!(p.verify().unwrap().unsigned, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_writers_make_one_chain() {
    let p = Place::new();
    let log = p.open();
    let writes = (0..200).map(|_| log.write(Entry::new(Event::RequestReceived)));
    let mut numbers = Vec::new();
    for number in futures_util::future::join_all(writes).await {
        numbers.push(number.unwrap());
    }
    numbers.sort_unstable();
    assert!(numbers.into_iter().eq(1..=200));
    assert_eq!(p.verify().unwrap().last, 200);
}

#[tokio::test]
async fn one_process_has_the_log() {
    let p = Place::new();
    let log = p.open();
    assert!(matches!(p.try_open(p.settings()), Err(AuditError::InUse)));
    drop(log);
    assert!(p.try_open(p.settings()).is_ok());
}

#[tokio::test]
async fn a_closed_log_takes_nothing() {
    let p = Place::new();
    let log = p.open();
    log.close().await.unwrap();
    log.close().await.unwrap();
    let refused = log.write(Entry::new(Event::RequestReceived)).await;
    assert!(matches!(refused, Err(AuditError::Stopped)));
}

#[tokio::test]
async fn less_than_a_year_is_refused() {
    let p = Place::new();
    let settings = Settings::new(p.folder.path().to_owned(), 365);
    assert!(matches!(
        p.try_open(settings),
        Err(AuditError::Retention { days: 365 })
    ));
}

#[tokio::test]
async fn segments_past_the_term_go_and_the_chain_still_holds() {
    let p = Place::new();
    p.write(12).await;
    let old = p.segments().len();
    p.world.step(Duration::from_secs(365 * 86_400));
    p.write(12).await;
    let log = p.open();
    assert_eq!(log.purge().await.unwrap(), 0);
    p.world.step(Duration::from_secs(2 * 86_400));
    let purged = log.purge().await.unwrap();
    assert!(purged > 0 && purged <= old);
    log.write(Entry::new(Event::Expired)).await.unwrap();
    drop(log);
    let intact = p.verify().unwrap();
    assert!(intact.first > 1 && intact.first <= 13);
    assert_eq!(intact.last, 25);
    p.write(3).await;
    assert_eq!(p.verify().unwrap().last, 28);
    // What was deleted by right does not cover what is deleted now.
    std::fs::remove_file(&p.segments()[0]).unwrap();
    p.check_broken(intact.first, Fault::Missing);
}

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
