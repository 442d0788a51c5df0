//! `mapping check`, `mapping lookup`.

use std::process::ExitCode;

use clap::Subcommand;
use mapping::{
    CodeTables,
    code_table::{Titles, providers::Providers},
    noots::LanguageCode,
};
use serde_json::json;

use super::{
    Global,
    exit::{FINDINGS, Failure},
    output::Output,
};
use crate::config::{Config, Registers};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Tells where the tables leave a gap
    Check,
    /// Finds a code, an identifier or a part of a title in the tables
    Lookup {
        /// What to look for
        text: String,
    },
}

pub(super) fn run(
    command: &Command,
    global: &Global,
    output: &Output,
) -> Result<ExitCode, Failure> {
    let config = global.load()?;
    match command {
        Command::Check => check(&config, *output),
        Command::Lookup { text } => lookup(config.tables(), text, *output),
    }
}

/// Contradictions inside the tables are refused when they are read; these are gaps between them.
fn check(config: &Config, output: Output) -> Result<ExitCode, Failure> {
    let Registers::Table(providers) = config.national().registers() else {
        return Ok(ExitCode::SUCCESS);
    };
    let findings = gaps(config.tables(), providers);
    for finding in &findings {
        let record = json!({ "level": "finding", "text": finding });
        output.record(&record, || finding.clone())?;
    }
    for evidence in config.tables().evidence_types().iter() {
        let id = evidence.classification();
        if !providers
            .iter()
            .any(|provider| provider.evidence_type() == id)
        {
            let text = format!("note: no register delivers {}", id.as_str());
            output.record(&json!({ "level": "note", "text": text }), || text.clone())?;
        }
    }
    Ok(if findings.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FINDINGS)
    })
}

/// What a register is said to deliver and the tables do not know.
fn gaps(tables: &CodeTables, providers: &Providers) -> Vec<String> {
    let mut findings = Vec::new();
    for provider in providers.iter() {
        let service = provider.service_id();
        let id = provider.evidence_type();
        let Some(known) = tables.evidence_types().find_national(id) else {
            findings.push(format!(
                "{service} delivers {}, which no table has",
                id.as_str()
            ));
            continue;
        };
        let listed: Vec<_> = known
            .formats()
            .iter()
            .map(|format| format.as_str())
            .collect();
        let offered = provider.formats().iter().map(|format| format.as_str());
        for format in offered.filter(|format| !listed.contains(format)) {
            findings.push(format!(
                "{service} delivers {format}, which its evidence type has not"
            ));
        }
    }
    findings
}

struct Hit {
    table: &'static str,
    code: String,
    title: String,
}

fn lookup(tables: &CodeTables, text: &str, output: Output) -> Result<ExitCode, Failure> {
    let wanted = text.to_lowercase();
    let matches = |hit: &Hit| {
        hit.code.to_lowercase().contains(&wanted) || hit.title.to_lowercase().contains(&wanted)
    };
    let mut found = false;
    for Hit { table, code, title } in entries(tables).into_iter().filter(matches) {
        let record = json!({ "table": table, "code": code, "title": title });
        output.record(&record, || format!("{table}  {code}  {title}"))?;
        found = true;
    }
    Ok(if found {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FINDINGS)
    })
}

fn entries(tables: &CodeTables) -> Vec<Hit> {
    let hit = |table, code: &str, titles: &Titles| Hit {
        table,
        code: code.to_owned(),
        title: titles
            .in_language(LanguageCode::ENGLISH)
            .map(|(_, title)| title.to_owned())
            .unwrap_or_default(),
    };
    let types = tables.evidence_types().iter();
    let mut all: Vec<_> = types
        .map(|it| hit("evidence-types", it.classification().as_str(), it.titles()))
        .collect();
    let procedures = tables.procedures().iter();
    all.extend(procedures.map(|it| hit("procedures", it.code().as_str(), it.titles())));
    let requirements = tables.requirements().iter();
    all.extend(requirements.map(|it| hit("requirements", it.id().as_str(), it.titles())));
    let countries = tables.countries().iter();
    all.extend(countries.map(|it| hit("countries", it.edm().as_str(), it.titles())));
    all
}
