//! Whatever is changed in a log afterwards is found.

use bridge::audit::{
    AuditError,
    event::Written,
    verify::{self, Broken, Fault},
};

use super::Place;

fn sha256_hex(text: &str) -> String {
    bridge::seal::hex(&bridge::seal::sha256(text.as_bytes()))
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
