//! `pmode list`, `pmode check`, `pmode explain`, `pmode import-domibus`.

mod check;
mod explain;
mod import;

use std::{path::PathBuf, process::ExitCode};

use clap::Subcommand;
use ebms::{Leg, Partner, Service};
use serde_json::{Value, json};

use super::{Global, exit::Failure, output::Output};
use crate::{config::Config, world::World};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Lists the partners and what is agreed with them
    List,
    /// Tells what will not work with a partner although its file can be read
    Check,
    /// Tells which P-Mode a message has, or which field of it failed to match
    Explain {
        /// A stored message: headers and body, or a SOAP envelope alone
        #[arg(value_name = "MESSAGE")]
        message: PathBuf,
    },
    /// Makes templates and partner files of a P-Mode of Domibus
    ImportDomibus {
        /// The P-Mode, XML
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Write pmodes/ and partners/ here; printed otherwise
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
}

pub(super) fn run(
    command: &Command,
    global: &Global,
    world: &World,
    output: &Output,
) -> Result<ExitCode, Failure> {
    match command {
        Command::List => list(&global.load()?, *output),
        Command::Check => check::run(&global.load()?, world.now(), *output),
        Command::Explain { message } => explain::run(&global.load()?, message, *output),
        Command::ImportDomibus { file, out } => import::run(file, out.as_deref(), *output),
    }
}

fn list(config: &Config, output: Output) -> Result<ExitCode, Failure> {
    for partner in config.pmodes().partners() {
        let parties: Vec<_> = partner
            .party_ids()
            .iter()
            .map(|party| party.value())
            .collect();
        let legs = legs(config, partner);
        let record = json!({
            "partner": partner.name().as_str(),
            "country": partner.country(),
            "parties": parties,
            "endpoint": partner.endpoint(),
            "edm_versions": partner.edm_versions(),
            "template": partner.template(),
            "profile": partner.leg().profile(),
            "revocation": partner.trust().revocation(),
            "legs": legs,
        });
        output.record(&record, || {
            let country = partner.country().unwrap_or("-");
            let (name, parties) = (partner.name(), parties.join(", "));
            let (versions, endpoint) = (partner.edm_versions().join(", "), partner.endpoint());
            let template = partner.template();
            format!("{name}  {country}  {parties}  EDM {versions}  {endpoint}  ({template})")
        })?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Every service and action with the leg that counts for it.
fn legs(config: &Config, partner: &Partner) -> Vec<Value> {
    let pmodes = config.pmodes();
    let template = pmodes.template(partner);
    let services = template.map(|it| it.services().collect::<Vec<_>>());
    let mut legs = Vec::new();
    for (service, actions) in services.unwrap_or_default() {
        for action in actions {
            let leg = pmodes.leg(partner, service, action);
            legs.extend(leg.map(|leg| leg_record(service, action, &leg)));
        }
    }
    legs
}

fn leg_record(service: &Service, action: &str, leg: &Leg) -> Value {
    json!({
        "service": service.value(),
        "action": action,
        "profile": leg.profile(),
        "signature_token": leg.signature_token(),
        "encryption_token": leg.encryption_token(),
        "encrypt": leg.encrypts(),
        "compress": leg.compresses(),
    })
}
