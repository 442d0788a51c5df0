//! `bridge demo`: the platform in a simulated world, both routes, real bytes on the loopback
//! interface. Also the stage on which the tests of the whole bridge play.

mod report;
mod scenario;
mod stage;

use std::{
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

pub use self::{
    report::Report,
    scenario::Scenario,
    stage::{Stage, StageError, StageOptions, reserve},
};
use crate::world::World;

/// What the command was told.
#[derive(Clone, Debug, Default)]
pub struct DemoOptions {
    /// Stay, and print the addresses.
    pub serve: bool,
    /// Only this scenario.
    pub scenario: Option<String>,
    /// URL of a Redis; the embedded store otherwise.
    pub store: Option<String>,
    /// One JSON object per exchange.
    pub json: bool,
}

/// Runs the scenarios and prints what happened. Success only if every digest and every receipt
/// agreed and nobody complained.
pub async fn run(options: DemoOptions) -> ExitCode {
    let wanted = match wanted(options.scenario.as_deref()) {
        Ok(wanted) => wanted,
        Err(problem) => {
            complain(&problem);
            return ExitCode::from(USAGE);
        }
    };
    let world = World::system();
    let began = world.monotonic();
    let stage_options = StageOptions {
        redis: options.store.clone(),
        ..StageOptions::default()
    };
    let stage = match Stage::start(stage_options, world.clone()).await {
        Ok(stage) => stage,
        Err(error) => {
            complain(&format!("demo cannot start: {error:#}"));
            return ExitCode::from(UNAVAILABLE);
        }
    };
    if !options.json {
        tell(&report::introduction(&stage, options.store.is_some()));
    }
    let mut reports = Vec::new();
    for scenario in wanted {
        let report = scenario.play(&stage, &world, LIMIT).await;
        tell(&if options.json {
            report.to_json().to_string()
        } else {
            report.text()
        });
        reports.push(report);
    }
    if !options.json {
        let lasted = world.monotonic().saturating_sub(began);
        tell(&report::summary(&reports, lasted));
    }
    if options.serve {
        tell(&report::addresses(&stage));
        if let Err(error) = tokio::signal::ctrl_c().await {
            complain(&format!("cannot wait for the end: {error}"));
        }
    }
    let clean = stage.stop().await;
    if clean && reports.iter().all(Report::is_ok) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn wanted(name: Option<&str>) -> Result<Vec<Scenario>, String> {
    let Some(name) = name else {
        return Ok(Scenario::ALL.to_vec());
    };
    let found = Scenario::ALL
        .into_iter()
        .find(|scenario| scenario.name() == name);
    found.map(|scenario| vec![scenario]).ok_or_else(|| {
        let known = Scenario::ALL.map(Scenario::name).join(", ");
        format!("unknown scenario {name:?}; there are {known}")
    })
}

/// A line on standard output. A reader that has seen enough does not end the exchanges: their
/// verdict is the exit code.
fn tell(text: &str) {
    if let Err(error) = writeln!(io::stdout().lock(), "{text}") {
        tracing::debug!(%error, "Nobody reads");
    }
}

fn complain(text: &str) {
    if let Err(error) = writeln!(io::stderr().lock(), "bridge: {text}") {
        tracing::debug!(%error, "Nobody reads");
    }
}

/// Exit code: the command line is wrong.
const USAGE: u8 = 2;
/// Exit code: something needed cannot be reached.
const UNAVAILABLE: u8 = 69;

/// The longest an exchange of the demo may take.
const LIMIT: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_is_found_by_its_name() {
        for scenario in Scenario::ALL {
            assert_eq!(wanted(Some(scenario.name())), Ok(vec![scenario]));
        }
        assert_eq!(wanted(None).unwrap().len(), Scenario::ALL.len());
        assert!(wanted(Some("x")).unwrap_err().contains("vehicle-record"));
    }
}
