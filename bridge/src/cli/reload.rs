//! `reload`: checks the configuration, then has the running platform read it. The platform looks at
//! its files anyhow; what this adds is the check before, and keys, whose files it does not look at.

use std::{
    fs::File,
    process::ExitCode,
    time::{Duration, SystemTime},
};

use serde_json::json;

use super::{Global, exit::Failure, output::Output};
use crate::world::World;

pub(super) fn run(global: &Global, world: &World, output: Output) -> Result<ExitCode, Failure> {
    let config = global.load()?;
    let path = config.path();
    let since_epoch = u64::try_from(world.now().as_millisecond()).unwrap_or_default();
    let now = SystemTime::UNIX_EPOCH + Duration::from_millis(since_epoch);
    let touched = File::options()
        .append(true)
        .open(path)
        .and_then(|file| file.set_modified(now));
    touched.map_err(|source| Failure::File {
        what: format!(
            "{} cannot be marked as changed: send SIGHUP instead",
            path.display()
        ),
        source,
    })?;
    let partners = config.pmodes().partners().count();
    let record = json!({ "config": path, "partners": partners });
    output.record(&record, || {
        format!(
            "{} is in order ({partners} partners). A platform that runs with it takes it within \
             seconds; bridge_config_reload_success tells whether it did.",
            path.display()
        )
    })?;
    Ok(ExitCode::SUCCESS)
}
