//! Entry point of the `bridge` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    bridge::cli::run(std::env::args_os())
}
