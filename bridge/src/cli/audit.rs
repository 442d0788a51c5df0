//! `audit verify`.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;

use super::{
    Global,
    exit::{FINDINGS, Failure},
    output::Output,
};
use crate::audit::{AuditError, AuditKey, verify};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Follows the chain and checks the signatures; any change is found. The log may be in use
    Verify,
}

pub(super) fn run(
    command: &Command,
    global: &Global,
    output: &Output,
) -> Result<ExitCode, Failure> {
    let Command::Verify = command;
    let config = global.load()?;
    let folder = config.audit().path();
    let internal = |error: &dyn std::error::Error| Failure::Internal(error.to_string());
    let key = AuditKey::from_pkcs8_pem(config.keys().audit_pem().expose())
        .map_err(|error| internal(&error))?;
    match verify::verify(folder, &key.public_key()) {
        Ok(intact) => {
            let (first, last, hash) = (intact.first, intact.last, &intact.hash);
            let record = json!({
                "ok": true,
                "first": first,
                "last": last,
                "hash": hash,
                "unsigned": intact.unsigned,
            });
            output.record(&record, || {
                let unsigned = intact.unsigned;
                if last < first {
                    return "the log is empty".to_owned();
                }
                format!("entries {first} to {last} are intact, {unsigned} not yet signed\n{hash}")
            })?;
            Ok(ExitCode::SUCCESS)
        }
        Err(AuditError::Broken(broken)) => {
            let record = json!({ "ok": false, "problem": broken.to_string() });
            output.record(&record, || format!("{}: {broken}", folder.display()))?;
            Ok(ExitCode::from(FINDINGS))
        }
        Err(AuditError::File(source)) => {
            let what = format!("{} cannot be read", folder.display());
            Err(Failure::File { what, source })
        }
        Err(error) => Err(internal(&error)),
    }
}
