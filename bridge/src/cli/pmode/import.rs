//! Makes templates and partner files of a P-Mode of Domibus.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use ebms::pmode::domibus::{self, Imported};
use serde_json::json;

use crate::cli::{
    exit::{FINDINGS, Failure},
    output::Output,
};

pub(super) fn run(file: &Path, out: Option<&Path>, output: Output) -> Result<ExitCode, Failure> {
    let text = fs::read(file).map_err(failed("cannot be read", file))?;
    let imported = domibus::import(&text)
        .map_err(|error| Failure::Unknown(format!("{}: {error}", file.display())))?;
    if let Some(out) = out {
        write(&imported, out)?;
    }
    for made in &imported.files {
        let path = path(made, out.unwrap_or(Path::new("")));
        let shown = path.display().to_string();
        let record = json!({
            "file": shown,
            "written": out.is_some(),
            "text": out.is_none().then_some(&made.text),
        });
        output.record(&record, || match out {
            Some(_) => format!("wrote {shown}"),
            None => format!("# ---- {shown}\n{}", made.text),
        })?;
    }
    for finding in &imported.findings {
        output.record(finding, || {
            format!("finding: {}: {}", finding.place, finding.message)
        })?;
    }
    output.note("Put the partners' certificates beside their files, then: bridge config check")?;
    Ok(if imported.findings.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FINDINGS)
    })
}

fn path(file: &domibus::File, out: &Path) -> PathBuf {
    out.join(file.folder)
        .join(&file.name)
        .with_extension("toml")
}

/// Writes all files or none that was there before: what somebody wrote is not overwritten.
fn write(imported: &Imported, out: &Path) -> Result<(), Failure> {
    let paths = imported.files.iter().map(|file| path(file, out));
    if let Some(taken) = paths.clone().find(|path| path.exists()) {
        let taken = taken.display();
        return Err(Failure::Unknown(format!(
            "{taken} exists already: nothing is written"
        )));
    }
    for (file, path) in imported.files.iter().zip(paths) {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(failed("cannot be made", folder))?;
        }
        let written =
            File::create_new(&path).and_then(|mut created| created.write_all(file.text.as_bytes()));
        written.map_err(failed("cannot be written", &path))?;
    }
    Ok(())
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Failure {
    let what = format!("{} {what}", path.display());
    |source| Failure::File { what, source }
}
