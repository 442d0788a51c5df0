//! The command line: every command, its exit codes, its output.

mod audit;
mod config;
mod exit;
mod explain;
mod init;
mod keys;
mod mapping;
mod output;
mod ping;
mod pmode;
mod reload;
mod serve;

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{Args, CommandFactory, Parser, Subcommand};

use self::{exit::Failure, output::Output};
pub use self::{
    exit::{
        CONFIGURATION, FINDINGS, INTERNAL, INTERRUPTED, NO_PERMISSION, TRY_AGAIN, UNAVAILABLE,
        USAGE,
    },
    init::{InitError, write as write_example},
};
use crate::{
    config::{Config, Overrides},
    demo::{self, DemoOptions},
    world::World,
};

/// Connects the German NOOTS with the EU-OOTS.
#[derive(Debug, Parser)]
#[command(name = "bridge", version, about, after_help = exit::HELP)]
struct Arguments {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args, Debug)]
struct Global {
    /// The configuration file
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        default_value = "bridge.toml"
    )]
    config: PathBuf,
    /// Sets one key of the configuration; may be repeated
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Machine-readable output
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the platform
    Serve,
    /// Plays exchanges of both routes in a simulated world, without any set-up
    Demo {
        /// Keep running, and print the addresses
        #[arg(long)]
        serve: bool,
        /// Play only this scenario
        #[arg(long, value_name = "NAME")]
        scenario: Option<String>,
        /// Use this Redis instead of the embedded store
        #[arg(long, value_name = "URL")]
        store: Option<String>,
    },
    /// Writes a complete configuration with fresh test keys
    Init {
        /// A folder that does not exist yet, or is empty
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Checks or prints the configuration
    #[command(subcommand)]
    Config(config::Command),
    /// Checks the configuration and has the running platform take partners, templates, tables and
    /// AS4 keys from it
    Reload,
    /// Makes and lists keys and certificates
    #[command(subcommand)]
    Keys(keys::Command),
    /// Lists, checks, explains and imports what is agreed with partners
    #[command(subcommand)]
    Pmode(pmode::Command),
    /// Checks the tables of codes and looks codes up
    #[command(subcommand)]
    Mapping(mapping::Command),
    /// Examines the audit log
    #[command(subcommand)]
    Audit(audit::Command),
    /// Sends a test message to a partner and checks its receipt
    Ping {
        /// Name of the partner's file
        partner: String,
    },
    /// Tells what a code, rule or problem means: EBMS:0101, EDM:ERR:0004, R-EDM-REQ-S004
    Explain {
        /// The code
        code: String,
    },
    /// Prints a completion script
    Completions {
        /// For which shell
        shell: clap_complete::Shell,
    },
    /// Tests messages and nodes
    #[command(disable_help_flag = true)]
    Conformance {
        /// Arguments of `conformance`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}

/// Runs a command line, the name of the program first.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => return exit::usage(&error),
    };
    let output = Output::new(arguments.global.json);
    match dispatch(arguments, &output) {
        Ok(code) => code,
        Err(failure) => {
            output.complain(&failure);
            failure.code()
        }
    }
}

fn dispatch(arguments: Arguments, output: &Output) -> Result<ExitCode, Failure> {
    let Arguments { global, command } = arguments;
    let world = World::system();
    match command {
        Command::Serve => serve::run(&global, world),
        Command::Demo {
            serve,
            scenario,
            store,
        } => {
            let options = DemoOptions {
                serve,
                scenario,
                store,
                json: global.json,
            };
            serve::block_on(demo::run(options))
        }
        Command::Init { folder } => init::run(&folder, &world, output),
        Command::Config(command) => config::run(&command, &global, output),
        Command::Reload => reload::run(&global, &world, *output),
        Command::Keys(command) => keys::run(&command, &global, &world, output),
        Command::Pmode(command) => pmode::run(&command, &global, &world, output),
        Command::Mapping(command) => mapping::run(&command, &global, output),
        Command::Audit(command) => audit::run(&command, &global, output),
        Command::Ping { partner } => ping::run(&partner, &global, &world, output),
        Command::Explain { code } => explain::run(&code, output),
        Command::Completions { shell } => {
            output.completions(shell, &mut Arguments::command())?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Conformance { arguments } => {
            let name = OsString::from("bridge conformance");
            let json = global.json.then(|| OsString::from("--json"));
            let all = std::iter::once(name).chain(arguments).chain(json);
            Ok(conformance::cli::run(all))
        }
    }
}

impl Global {
    fn overrides(&self) -> Result<Overrides, Failure> {
        let mut overrides = Overrides::from_environment();
        for setting in &self.set {
            overrides = overrides.set(setting)?;
        }
        Ok(overrides)
    }

    fn load(&self) -> Result<Config, Failure> {
        Ok(Config::load(&self.config, &self.overrides()?)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
