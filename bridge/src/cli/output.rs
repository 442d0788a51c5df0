//! Where commands print: lines for people, or JSON for programs. Nothing else prints.

use std::{
    error::Error,
    io::{self, Write},
};

use serde::Serialize;

use super::exit::Failure;

/// Standard output in one of two forms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Output {
    json: bool,
}

impl Output {
    pub(super) fn new(json: bool) -> Self {
        Self { json }
    }

    /// One record: as JSON, or as the line made by `text`.
    pub(super) fn record(
        self,
        record: &impl Serialize,
        text: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        let line = if self.json {
            serde_json::to_string(record).map_err(|error| Failure::Output(error.into()))?
        } else {
            text()
        };
        write_line(&line)
    }

    /// A line for people only.
    pub(super) fn note(self, line: &str) -> Result<(), Failure> {
        if self.json { Ok(()) } else { write_line(line) }
    }

    /// Writes a completion script.
    pub(super) fn completions(
        self,
        shell: clap_complete::Shell,
        command: &mut clap::Command,
    ) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(shell, command, "bridge", &mut script);
        gone_is_fine(io::stdout().lock().write_all(&script)).map_err(Failure::Output)
    }

    /// The failure with its causes, on standard error.
    pub(super) fn complain(self, failure: &Failure) {
        let mut text = format!("bridge: {failure}");
        if let Failure::Config(problems) = failure {
            let count = problems.problems().len();
            text = format!("{problems}\nbridge: {count} {}", plural(count, "problem"));
        }
        let mut cause = failure.source();
        while let Some(error) = cause {
            text.push_str(&format!(": {error}"));
            cause = error.source();
        }
        let written = writeln!(io::stderr().lock(), "{text}");
        // With standard error gone there is nobody left to tell; the exit code still does.
        drop(written);
    }
}

/// "1 problem", "2 problems".
pub(super) fn plural(count: usize, word: &str) -> String {
    if count == 1 {
        word.to_owned()
    } else {
        format!("{word}s")
    }
}

fn write_line(line: &str) -> Result<(), Failure> {
    gone_is_fine(writeln!(io::stdout().lock(), "{line}")).map_err(Failure::Output)
}

/// A reader that has seen enough, as `head` has, is no failure.
fn gone_is_fine(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
