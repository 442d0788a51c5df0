//! `bridge ping`: every step of the way can fail, says so, and says what to do.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "test code"
)]

#[path = "http_ping/partner.rs"]
mod partner;
#[path = "http_ping/receipts.rs"]
mod receipts;
#[path = "http_ping/roads.rs"]
mod roads;

#[path = "support/example.rs"]
mod example;

use std::{fs, process::Command};

use bridge::world::World;
use serde_json::Value;

use example::Example;

/// Us, and the partner as it is configured here.
struct Pair {
    us: Example,
    them: Example,
    world: World,
}

impl Pair {
    fn new() -> Self {
        let (us, them) = (Example::new(), Example::new());
        for (one, other) in [(&us, &them), (&them, &us)] {
            for (name, own) in [("signing", "signing"), ("encryption", "decryption")] {
                let certificate = fs::read(other.path(&format!("keys/as4-{own}.pem"))).unwrap();
                let place = one.path(&format!("partners/example-{name}.pem"));
                fs::write(place, certificate).unwrap();
            }
        }
        let swap = |text: &str, from, to| text.replace(from, to);
        let change = |example: &Example, file: &str, from, to| {
            let path = example.path(file);
            let text = fs::read_to_string(&path).unwrap();
            fs::write(path, swap(&text, from, to)).unwrap();
        };
        change(&them, "bridge.toml", "AP_DE_01", "AP_FR_01");
        change(&them, "partners/example.toml", "AP_FR_01", "AP_DE_01");
        Self {
            us,
            them,
            world: World::system(),
        }
    }

    /// Puts the partner's address, and more, into its file.
    fn at(&self, endpoint: &str, more: &str) {
        let path = self.us.path("partners/example.toml");
        let text = fs::read_to_string(&path).unwrap();
        let text = text.replace("https://as4.example/msh", endpoint);
        fs::write(path, format!("{text}\n{more}")).unwrap();
    }

    /// Runs `bridge ping`; returns its exit code and what it printed.
    fn ping(&self, arguments: &[&str]) -> (i32, String) {
        let config = self.us.path("bridge.toml").display().to_string();
        let done = Command::new(env!("CARGO_BIN_EXE_bridge"))
            .args(["ping", "example", "--config", &config])
            .args(arguments)
            .env_remove("RUST_LOG")
            .output()
            .unwrap();
        let text = String::from_utf8(done.stdout).unwrap();
        let error = String::from_utf8_lossy(&done.stderr).into_owned();
        (done.status.code().unwrap(), text + &error)
    }

    /// Runs `bridge ping --json`; returns its exit code and the record.
    fn ping_json(&self) -> (i32, Value) {
        let (code, text) = self.ping(&["--json"]);
        (
            code,
            serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}")),
        )
    }
}

/// The names of the steps, and whether each was fine.
fn steps(record: &Value) -> Vec<(String, bool)> {
    let steps = record["steps"].as_array().unwrap().iter();
    let step = |step: &Value| {
        assert!(step["duration_ms"].is_u64(), "{step}");
        assert_eq!(step["advice"].is_string(), step["ok"] == false, "{step}");
        (
            step["step"].as_str().unwrap().to_owned(),
            step["ok"] == true,
        )
    };
    steps.map(step).collect()
}

/// The ping stops at this step, after all before it went well; returns what was found there.
#[track_caller]
fn check_stops((code, record): (i32, Value), step: &str, expected: i32) -> String {
    let taken = steps(&record);
    let (last, before) = taken.split_last().unwrap();
    assert_eq!(last, &(step.to_owned(), false), "{record:#}");
    assert!(before.iter().all(|(_, ok)| *ok), "{record:#}");
    assert_eq!(code, expected, "{record:#}");
    assert_eq!(record["ok"], false);
    let last = record["steps"].as_array().unwrap().last().unwrap();
    assert_eq!(record["verdict"], last["found"]);
    format!(
        "{} {}",
        last["found"].as_str().unwrap(),
        last["advice"].as_str().unwrap()
    )
}
