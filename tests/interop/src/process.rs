//! What a process has used so far, read from `/proc`.

use crate::Result;
use anyhow::Context;
use std::{fs, process::Command, time::Duration};

/// Processor time of all its threads, in user and kernel mode.
///
/// # Errors
/// There is no such process.
pub fn cpu(pid: u32) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name in brackets may hold blanks; what follows does not.
    let (_, rest) = stat.rsplit_once(')').context("/proc/PID/stat")?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks = |at: usize| -> Result<u64> { Ok(fields.get(at).context("a field")?.parse()?) };
    let used = ticks(11)? + ticks(12)?;
    Ok(Duration::from_secs_f64(used as f64 / ticks_per_second()?))
}

/// Resident memory now, in octets.
///
/// # Errors
/// There is no such process.
pub fn rss(pid: u32) -> Result<u64> {
    status(pid, "VmRSS:")
}

/// The most it ever had resident, in octets.
///
/// # Errors
/// There is no such process.
pub fn peak_rss(pid: u32) -> Result<u64> {
    status(pid, "VmHWM:")
}

fn status(pid: u32, name: &str) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .with_context(|| name.to_owned())?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kilobytes << 10)
}

fn ticks_per_second() -> Result<f64> {
    let said = Command::new("getconf").arg("CLK_TCK").output()?.stdout;
    Ok(String::from_utf8(said)?.trim().parse()?)
}
