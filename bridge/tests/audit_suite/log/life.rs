//! The life of a log: written, closed, opened again after a crash, and purged after its term.

use std::time::Duration;

use bridge::audit::{AuditError, Entry, Event, Settings, verify::Fault};

use super::Place;

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
