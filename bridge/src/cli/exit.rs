//! Exit codes, and the failures that end in them.

use std::{io, process::ExitCode};

use crate::{
    cli::init::InitError,
    config::{BadOverride, ConfigErrors},
    keys::generate::GenerateError,
    start::StartError,
    telemetry::{SetupError, metrics::MetricsError},
};

/// A check found something.
pub const FINDINGS: u8 = 1;
/// The command line is wrong.
pub const USAGE: u8 = 2;
/// Something needed cannot be reached or opened.
pub const UNAVAILABLE: u8 = 69;
/// Our fault.
pub const INTERNAL: u8 = 70;
/// It may work later.
pub const TRY_AGAIN: u8 = 75;
/// The operating system does not permit it.
pub const NO_PERMISSION: u8 = 77;
/// The configuration is wrong.
pub const CONFIGURATION: u8 = 78;
/// Stopped at once by a second signal.
pub const INTERRUPTED: u8 = 130;

pub(super) const HELP: &str = "Exit codes: 0 done, 1 findings, 2 wrong usage, 69 something needed \
    is not reachable, 70 internal error, 75 try again, 77 not permitted, 78 wrong configuration, \
    130 interrupted";

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Config(#[from] ConfigErrors),
    #[error("--set {0}")]
    Override(#[from] BadOverride),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Telemetry(#[from] SetupError),
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    #[error(transparent)]
    Init(#[from] InitError),
    #[error(transparent)]
    Generate(#[from] GenerateError),
    #[error("{what}")]
    File {
        what: String,
        #[source]
        source: io::Error,
    },
    #[error("output cannot be written")]
    Output(#[source] io::Error),
    #[error("{0}")]
    Unknown(String),
    #[error("{0}")]
    Internal(String),
}

impl Failure {
    pub(super) fn code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Config(_) => CONFIGURATION,
            Self::Override(_) | Self::Unknown(_) => USAGE,
            Self::Start(StartError::Bind { source, .. }) if denied(source) => NO_PERMISSION,
            Self::Start(StartError::Platform(error)) if error.is_configuration() => CONFIGURATION,
            Self::Start(_) => UNAVAILABLE,
            Self::File { source, .. } | Self::Init(InitError::File { source, .. })
                if denied(source) =>
            {
                NO_PERMISSION
            }
            Self::Init(InitError::NotEmpty(_)) => USAGE,
            Self::File { .. } | Self::Init(_) => UNAVAILABLE,
            Self::Telemetry(_)
            | Self::Metrics(_)
            | Self::Generate(_)
            | Self::Output(_)
            | Self::Internal(_) => INTERNAL,
        })
    }
}

fn denied(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied
}

/// Prints what `clap` has to say: help and version are no failure.
pub(super) fn usage(error: &clap::Error) -> ExitCode {
    let shown = error.print();
    if shown.is_ok() && !error.use_stderr() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(USAGE)
    }
}
