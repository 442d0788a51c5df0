//! `config check`, `config print`.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;

use super::{
    Global,
    exit::{FINDINGS, Failure},
    output::{Output, plural},
};
use crate::config::{Config, settings};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Reads everything and tells all that is wrong, by file and line
    Check,
    /// Prints what is set, and where; passwords are hidden
    Print,
}

pub(super) fn run(
    command: &Command,
    global: &Global,
    output: &Output,
) -> Result<ExitCode, Failure> {
    match command {
        Command::Check => check(global, *output),
        Command::Print => print(global, *output),
    }
}

fn check(global: &Global, output: Output) -> Result<ExitCode, Failure> {
    let Err(errors) = Config::load(&global.config, &global.overrides()?) else {
        let record = json!({ "ok": true });
        output.record(&record, || {
            format!("{}: no problems", global.config.display())
        })?;
        return Ok(ExitCode::SUCCESS);
    };
    for problem in errors.problems() {
        let record = json!({
            "place": problem.origin().to_string(),
            "problem": problem.problem(),
            "hint": problem.hint(),
        });
        output.record(&record, || problem.to_string())?;
    }
    let count = errors.problems().len();
    output.note(&format!("{count} {}", plural(count, "problem")))?;
    Ok(ExitCode::from(FINDINGS))
}

fn print(global: &Global, output: Output) -> Result<ExitCode, Failure> {
    for setting in settings(&global.config, &global.overrides()?)? {
        let line = || format!("{} = {}  # {}", setting.key, setting.value, setting.origin);
        output.record(&setting, line)?;
    }
    Ok(ExitCode::SUCCESS)
}
