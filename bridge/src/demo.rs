//! `bridge demo`: the platform in a simulated world, both routes, real bytes on the loopback
//! interface. Also the stage on which the tests of the whole bridge play.

mod report;
mod scenario;
mod stage;

use std::{process::ExitCode, time::Duration};

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
    let wanted: Vec<Scenario> = match &options.scenario {
        None => Scenario::ALL.to_vec(),
        Some(name) => match Scenario::ALL
            .into_iter()
            .find(|scenario| scenario.name() == name)
        {
            Some(scenario) => vec![scenario],
            None => {
                let known: Vec<_> = Scenario::ALL.map(Scenario::name).to_vec();
                report::complain(&format!(
                    "unknown scenario {name:?}; there are {}",
                    known.join(", ")
                ));
                return ExitCode::from(USAGE);
            }
        },
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
            report::complain(&format!("demo cannot start: {error:#}"));
            return ExitCode::from(UNAVAILABLE);
        }
    };
    if !options.json {
        report::introduce(&stage, options.store.is_some());
    }
    let mut reports = Vec::new();
    for scenario in wanted {
        let report = scenario.play(&stage, &world, LIMIT).await;
        report.print(options.json);
        reports.push(report);
    }
    if !options.json {
        report::summarize(&reports, world.monotonic().saturating_sub(began));
    }
    if options.serve {
        report::addresses(&stage);
        if let Err(error) = tokio::signal::ctrl_c().await {
            report::complain(&format!("cannot wait for the end: {error}"));
        }
    }
    let clean = stage.stop().await;
    if clean && reports.iter().all(Report::is_ok) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Exit code: the command line is wrong.
const USAGE: u8 = 2;
/// Exit code: something needed cannot be reached.
const UNAVAILABLE: u8 = 69;

/// The longest an exchange of the demo may take.
const LIMIT: Duration = Duration::from_secs(30);
