//! `pmode list`, `pmode check`.

use std::process::ExitCode;

use clap::Subcommand;
use ebms::Partner;
use jiff::Timestamp;
use mapping::edm;
use serde_json::json;

use super::{
    Global,
    exit::{FINDINGS, Failure},
    output::Output,
};
use crate::{config::Config, world::World};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Lists the partners
    List,
    /// Tells what will not work with a partner although its file can be read
    Check,
}

pub(super) fn run(
    command: &Command,
    global: &Global,
    world: &World,
    output: &Output,
) -> Result<ExitCode, Failure> {
    let config = global.load()?;
    match command {
        Command::List => list(&config, *output),
        Command::Check => check(&config, world.now(), *output),
    }
}

fn list(config: &Config, output: Output) -> Result<ExitCode, Failure> {
    for partner in config.pmodes().partners() {
        let parties: Vec<_> = partner
            .party_ids()
            .iter()
            .map(|party| party.value())
            .collect();
        let record = json!({
            "partner": partner.name().as_str(),
            "country": partner.country(),
            "parties": parties,
            "endpoint": partner.endpoint(),
            "edm_versions": partner.edm_versions(),
            "template": partner.template(),
            "profile": partner.leg().profile(),
        });
        output.record(&record, || {
            let country = partner.country().unwrap_or("-");
            let (name, parties) = (partner.name(), parties.join(", "));
            let (versions, endpoint) = (partner.edm_versions().join(", "), partner.endpoint());
            format!("{name}  {country}  {parties}  EDM {versions}  {endpoint}")
        })?;
    }
    Ok(ExitCode::SUCCESS)
}

fn check(config: &Config, now: Timestamp, output: Output) -> Result<ExitCode, Failure> {
    let mut code = ExitCode::SUCCESS;
    for partner in config.pmodes().partners() {
        for finding in findings(partner, now) {
            let name = partner.name().as_str();
            let record = json!({ "partner": name, "finding": finding });
            output.record(&record, || format!("{name}: {finding}"))?;
            code = ExitCode::from(FINDINGS);
        }
    }
    Ok(code)
}

fn findings(partner: &Partner, now: Timestamp) -> Vec<String> {
    let mut findings = Vec::new();
    if !partner.endpoint().starts_with("https://") {
        findings.push(format!("endpoint {} is not https", partner.endpoint()));
    }
    if partner.edm_versions().is_empty() {
        findings.push("edm_versions is empty: nothing can be exchanged".to_owned());
    }
    for version in partner.edm_versions() {
        if format!("oots-edm:v{version}")
            .parse::<edm::Version>()
            .is_err()
        {
            findings.push(format!("EDM version {version} is not spoken here"));
        }
    }
    let pinned = partner.trust().certificates();
    if !pinned.is_empty()
        && !pinned
            .iter()
            .any(|certificate| certificate.is_valid_at(now))
    {
        findings.push("no signing certificate is valid now".to_owned());
    }
    let encryption = partner.encryption_certificate();
    if encryption.is_some_and(|certificate| !certificate.is_valid_at(now)) {
        findings.push("the encryption certificate is not valid now".to_owned());
    }
    findings
}
