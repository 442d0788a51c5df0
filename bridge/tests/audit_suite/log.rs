//! The audit log: every entry is there, and any tampering is found.

#[path = "log/entries.rs"]
mod entries;
#[path = "log/life.rs"]
mod life;
#[path = "log/tampering.rs"]
mod tampering;

use std::path::PathBuf;

use aws_lc_rs::{rand::SystemRandom, signature::Ed25519KeyPair};
use bridge::{
    audit::{
        AuditError, AuditKey, AuditLog, Entry, Event, Settings,
        verify::{self, Broken, Fault},
    },
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
