//! The command line `conformance`, also reachable as `bridge conformance`
//!
//! Exit codes: 0 nothing found, 1 findings, 2 wrong usage.

mod validate;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use validate::{Finding, Kind, Report, Severity, validate};

/// Tests any OOTS node from outside
#[derive(Debug, Parser)]
#[command(name = "conformance", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Checks message files: EDM (XML) and XNachweis (JSON)
    Validate {
        /// Files to check
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// One JSON object per file instead of text
        #[arg(long)]
        json: bool,
    },
}

/// Runs a command line, the name of the program first
pub fn run(arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no failure; nothing can be done if they cannot be printed.
            let shown = error.print();
            return if shown.is_ok() && !error.use_stderr() {
                ExitCode::SUCCESS
            } else {
                USAGE.into()
            };
        }
    };
    let Command::Validate { files, json } = arguments.command;
    let reports: Vec<_> = files.iter().map(|file| Report::of_file(file)).collect();
    match print(&reports, json, &mut io::stdout().lock()) {
        Ok(()) if reports.iter().all(Report::is_valid) => ExitCode::SUCCESS,
        Ok(()) => FINDINGS.into(),
        // The reader has gone away: what was asked for was not delivered.
        Err(_) => FINDINGS.into(),
    }
}

fn print(reports: &[Report], json: bool, out: &mut impl Write) -> io::Result<()> {
    for report in reports {
        if json {
            writeln!(out, "{}", serde_json::to_string(report)?)?;
            continue;
        }
        let verdict = if report.is_valid() {
            "valid"
        } else {
            "invalid"
        };
        writeln!(out, "{}: {} {verdict}", report.file, report.kind.as_str())?;
        for finding in &report.findings {
            let severity = finding.severity.as_str();
            writeln!(
                out,
                "  {severity} {} at {}: {}",
                finding.rule, finding.place, finding.message
            )?;
        }
    }
    out.flush()
}

const FINDINGS: u8 = 1;
const USAGE: u8 = 2;
