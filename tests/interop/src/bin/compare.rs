//! Our engine beside phase4, on one machine in one run: both receive the same payloads from the
//! same sender, and what each process has used is read from `/proc`.
//!
//! `PHASE4_PEER=FOLDER cargo run --release -p interop --bin compare [PROFILE…]`, after
//! `cargo build --release -p interop` (it starts the receiver beside it) and
//! `tests/interop/phase4/build FOLDER`.

use anyhow::{Context, bail, ensure};
use bytes::Bytes;
use ebms::Answer;
use interop::{Client, Peer, Request, Result, Site, cpu, harness, make, pdf, peak_rss, rss, xml};
use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

const PROFILE: &str = "cef";

/// Payload, messages to warm up with, messages measured.
type Case = (&'static str, Vec<(&'static str, Bytes)>, u32, u32);

#[tokio::main]
async fn main() -> Result<()> {
    let built = harness().context("PHASE4_PEER names no folder: build phase4 first")?;
    let mut profiles: Vec<String> = std::env::args().skip(1).collect();
    if profiles.is_empty() {
        profiles.push(PROFILE.to_owned());
    }
    let folder = tempfile::tempdir()?;
    make(folder.path())?;
    let mut out = std::io::stdout();
    writeln!(
        out,
        "| profile | payload | messages | engine CPU/message | phase4 CPU/message | ratio | engine resident, most | phase4 resident, most | ratio of most |\n|---|---|---|---|---|---|---|---|---|"
    )?;
    for profile in &profiles {
        let site = Site::open(folder.path(), profile)?;
        for case in cases() {
            // Each case has fresh processes, so that the memory of one is not that of another.
            let ours = Ours::start(folder.path(), profile)?;
            let engine = measure(&site, &ours.url, ours.child.id(), &case, folder.path()).await?;
            drop(ours);
            let peer = Peer::start_measured(&built, folder.path())?;
            let url = peer.url("http", profile);
            let phase4 = measure(&site, &url, peer.pid(), &case, folder.path()).await?;
            drop(peer);
            report(&mut out, profile, &case, &engine, &phase4)?;
        }
    }
    Ok(())
}

fn cases() -> Vec<Case> {
    const XML: &str = "application/xml";
    vec![
        ("5 kB XML", vec![(XML, xml(5_000))], 2_000, 2_000),
        ("10 kB XML", vec![(XML, xml(10_000))], 2_000, 2_000),
        (
            "128 kB PDF",
            vec![("application/pdf", pdf(128_000))],
            300,
            500,
        ),
        ("50 MB XML", vec![(XML, xml(50_000_000))], 2, 4),
    ]
}

struct Used {
    cpu: Duration,
    now: u64,
    most: u64,
}

/// Sends the case to a receiver and takes what its process used, after a warm-up.
async fn measure(site: &Site, url: &str, pid: u32, case: &Case, folder: &Path) -> Result<Used> {
    let client = Client::new(folder)?;
    let (_, payloads, warm, count) = case;
    send(site, &client, url, payloads, *warm).await?;
    let before = cpu(pid)?;
    send(site, &client, url, payloads, *count).await?;
    Ok(Used {
        cpu: (cpu(pid)? - before) / *count,
        now: rss(pid)?,
        most: peak_rss(pid)?,
    })
}

async fn send(
    site: &Site,
    client: &Client,
    url: &str,
    payloads: &[(&'static str, Bytes)],
    count: u32,
) -> Result<()> {
    let partner = site.partner()?;
    for number in 0..count {
        let request = Request::query(payloads.to_vec())?;
        let message = site.write(&request, partner.leg())?;
        let answer = client.post(url, &message, partner).await?;
        ensure!(
            matches!(answer, Answer::Acknowledged(_)),
            "message {number}: {answer:?}"
        );
    }
    Ok(())
}

fn report(
    out: &mut impl Write,
    profile: &str,
    case: &Case,
    engine: &Used,
    phase4: &Used,
) -> Result<()> {
    let millis = |used: &Used| used.cpu.as_secs_f64() * 1e3;
    let megabytes = |octets: u64| octets as f64 / 1e6;
    let (one, two) = (millis(engine), millis(phase4));
    writeln!(
        out,
        "| {profile} | {} | {} | {one:.3} ms | {two:.2} ms | {:.1} x | {:.0} MB, {:.0} MB | {:.0} MB, {:.0} MB | {:.0} x |",
        case.0,
        case.3,
        two / one,
        megabytes(engine.now),
        megabytes(engine.most),
        megabytes(phase4.now),
        megabytes(phase4.most),
        megabytes(phase4.most) / megabytes(engine.most),
    )?;
    Ok(out.flush()?)
}

/// Our listener as a process of its own.
struct Ours {
    child: Child,
    url: String,
}

impl Ours {
    fn start(folder: &Path, profile: &str) -> Result<Self> {
        let program = std::env::current_exe()?.with_file_name("listener");
        ensure!(program.exists(), "cargo build --release -p interop");
        let mut child = Command::new(program)
            .arg(folder)
            .arg(profile)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut url = String::new();
        let out = child.stdout.take().context("no output")?;
        if BufReader::new(out).read_line(&mut url)? == 0 {
            bail!("the listener did not start");
        }
        let url = url.trim().to_owned();
        Ok(Self { child, url })
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
