//! The files of the log: segments named by the number of their first entry, and the statements.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
};

use super::chain::Statement;

/// File of the signed statements, one JSON per line.
pub(super) const STATEMENTS: &str = "statements";
/// File that is locked while the log is open for writing.
pub(super) const LOCK: &str = "lock";
const SUFFIX: &str = ".audit";

/// A segment on the disk.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Segment {
    /// Number of its first entry.
    pub(super) first: u64,
    pub(super) path: PathBuf,
}

/// The segments of a folder, in order.
pub(super) fn segments(folder: &Path) -> std::io::Result<Vec<Segment>> {
    let mut found = Vec::new();
    for file in std::fs::read_dir(folder)? {
        let file = file?;
        let name = file.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(SUFFIX));
        if let Some(first) = number.and_then(|number| number.parse().ok()) {
            found.push(Segment {
                first,
                path: file.path(),
            });
        }
    }
    found.sort();
    Ok(found)
}

/// The segment that begins with entry `first`.
pub(super) fn named(folder: &Path, first: u64) -> Segment {
    Segment {
        first,
        path: folder.join(format!("{first:012}{SUFFIX}")),
    }
}

/// Opens a file to be appended to, and makes its name durable.
pub(super) fn append_to(path: &Path) -> std::io::Result<File> {
    let file = OpenOptions::new().append(true).create(true).open(path)?;
    if let Some(folder) = path.parent() {
        sync_folder(folder)?;
    }
    Ok(file)
}

pub(super) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

/// The statements of a folder. A last line without its end was never counted on and is left out.
pub(super) fn statements(folder: &Path) -> std::io::Result<Vec<Result<Statement, String>>> {
    let path = folder.join(STATEMENTS);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    let text = String::from_utf8_lossy(&bytes);
    let complete = text.rfind('\n').and_then(|end| text.get(..end));
    let lines = complete.unwrap_or_default().lines();
    Ok(lines
        .map(|line| serde_json::from_str(line).map_err(|_| line.to_owned()))
        .collect())
}

/// Replaces the statements in one step.
pub(super) fn rewrite_statements(folder: &Path, statements: &[Statement]) -> std::io::Result<()> {
    let new = folder.join("statements.new");
    let mut file = File::create(&new)?;
    for statement in statements {
        file.write_all(line_of(statement)?.as_bytes())?;
    }
    file.sync_all()?;
    std::fs::rename(&new, folder.join(STATEMENTS))?;
    sync_folder(folder)
}

pub(super) fn line_of(statement: &Statement) -> std::io::Result<String> {
    let mut line = serde_json::to_string(statement)?;
    line.push('\n');
    Ok(line)
}
