//! What `bridge init` writes, copied: making the keys anew for each test would take seconds.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use bridge::{cli::write_example, world::World};
use tempfile::TempDir;

/// A configuration folder of its own.
pub(crate) struct Example {
    folder: TempDir,
}

impl Example {
    pub(crate) fn new() -> Self {
        static MADE: OnceLock<TempDir> = OnceLock::new();
        let made = MADE.get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            write_example(folder.path(), &World::system()).unwrap();
            folder
        });
        let folder = tempfile::tempdir().unwrap();
        copy(made.path(), folder.path());
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            fs::create_dir(&target).unwrap();
            copy(&source, &target);
        } else {
            fs::copy(&source, &target).unwrap();
        }
    }
}
