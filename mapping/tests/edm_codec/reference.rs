//! The reference data beside the workspace. It is read where it lies and never copied.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The folder, or `None` and one line when it is absent; with `CI=true` its absence is a failure.
pub(crate) fn folder(what: &str) -> Option<PathBuf> {
    let path = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../shared/reference/oots"
    ));
    if path.is_dir() {
        return Some(path.to_owned());
    }
    let demanded = std::env::var_os("CI").is_some_and(|value| value == "true");
    assert!(!demanded, "no reference data");
    eprintln!("not run: {what} (no reference data)");
    None
}

/// Files of a folder whose name passes, sorted.
pub(crate) fn files(folder: &Path, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut files: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "xml"))
        .filter(|path| wanted(path.file_name().unwrap().to_str().unwrap()))
        .collect();
    files.sort();
    files
}
