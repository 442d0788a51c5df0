//! The program itself: exit codes, what it prints, starting and stopping.
#![expect(clippy::panic, clippy::unwrap_used, reason = "test code")]

use std::{
    fs,
    io::{BufRead, BufReader, Lines, Read, Write},
    net::TcpStream,
    process::{Child, ChildStderr, Command, Output, Stdio},
};

#[path = "support/example.rs"]
mod example;

use example::Example;

fn bridge(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bridge"));
    command.args(arguments).env_remove("RUST_LOG");
    command
}

fn run(arguments: &[&str]) -> Output {
    bridge(arguments).output().unwrap()
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn example() -> (Example, String) {
    let example = Example::new();
    let config = example.path("bridge.toml").display().to_string();
    (example, config)
}

#[test]
fn wrong_usage_is_exit_code_2() {
    for arguments in [&["fly"][..], &[], &["explain"], &["explain", "EBMS:9999"]] {
        assert_eq!(run(arguments).status.code(), Some(2), "{arguments:?}");
    }
    assert_eq!(
        run(&["--set", "x", "config", "check"]).status.code(),
        Some(2)
    );
}

#[test]
fn help_and_version_are_exit_code_0() {
    assert_eq!(run(&["--help"]).status.code(), Some(0));
    let version = run(&["--version"]);
    assert_eq!(
        text_of(&version.stdout),
        concat!("bridge ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn a_full_folder_is_not_written_into() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("bridge.toml");
    fs::write(&config, "mine").unwrap();
    let before = fs::read(&config).unwrap();
    let again = run(&["init", folder.path().to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(2));
    assert_eq!(fs::read(&config).unwrap(), before);
}

#[test]
fn check_finds_problems_and_serve_refuses_to_start_with_them() {
    let (_example, config) = example();
    let check = |days: &str| {
        bridge(&["config", "check", "--config", &config])
            .env("BRIDGE__AUDIT__RETENTION_DAYS", days)
            .output()
            .unwrap()
    };
    assert_eq!(check("400").status.code(), Some(0));
    let found = check("30");
    assert_eq!(found.status.code(), Some(1));
    assert_eq!(
        text_of(&found.stdout),
        "BRIDGE__AUDIT__RETENTION_DAYS: audit.retention_days: 30 days are less than twelve months \
         (at least 366 (Reg. 2022/1463, Art. 17))\n1 problem\n"
    );
    let refused = run(&[
        "serve",
        "--config",
        &config,
        "--set",
        "audit.retention_days=30",
    ]);
    assert_eq!(refused.status.code(), Some(78));
    assert!(text_of(&refused.stderr).starts_with("--set audit.retention_days: audit"));
}

/// [ROB 8.4] the example of a peer: four attempts in twelve minutes against a deadline of five.
#[test]
fn retries_that_outlast_the_deadline_are_found_and_not_served() {
    let (example, config) = example();
    let template = example.path("pmodes/oots.toml");
    let text = fs::read_to_string(&template).unwrap();
    let text = text.replace("interval_secs = 60", "interval_secs = 180");
    fs::write(&template, &text).unwrap();
    let line = text.lines().position(|line| line.starts_with("attempts"));
    let finding = format!("{}:{}: retry: ", template.display(), line.unwrap() + 1);
    let found = run(&["config", "check", "--config", &config]);
    assert_eq!(found.status.code(), Some(1));
    let said = text_of(&found.stdout);
    assert!(said.starts_with(&finding), "{said}");
    let refused = run(&["serve", "--config", &config]);
    assert_eq!(refused.status.code(), Some(78));
    let said = text_of(&refused.stderr);
    assert!(said.starts_with(&finding), "{said}");
}

#[test]
fn lists_are_one_json_object_per_line_when_asked() {
    let (_example, config) = example();
    for command in [
        &["keys", "list"][..],
        &["pmode", "list"],
        &["config", "print"],
    ] {
        let arguments = [command, &["--json", "--config", &config]].concat();
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(0), "{}", text_of(&output.stderr));
        let lines = text_of(&output.stdout);
        assert!(!lines.is_empty());
        for line in lines.lines() {
            assert!(
                serde_json::from_str::<serde_json::Value>(line)
                    .unwrap()
                    .is_object(),
                "{line}"
            );
        }
    }
}

#[test]
fn certificates_that_end_soon_are_findings() {
    let (_example, config) = example();
    let expiry = |days| {
        run(&["keys", "expiry", "--days", days, "--config", &config])
            .status
            .code()
    };
    assert_eq!(expiry("30"), Some(0));
    assert_eq!(expiry("400"), Some(1));
}

#[test]
fn a_generated_key_takes_the_place_of_another() {
    let (example, config) = example();
    let fresh = example.path("keys/fresh.key").display().to_string();
    for (kind, setting) in [("index", "keys.index"), ("audit", "keys.audit")] {
        fs::remove_file(&fresh).ok();
        assert_eq!(
            run(&["keys", "generate", kind, &fresh]).status.code(),
            Some(0)
        );
        let set = format!("{setting}={fresh}");
        let check = run(&["config", "check", "--config", &config, "--set", &set]);
        assert_eq!(check.status.code(), Some(0), "{}", text_of(&check.stdout));
    }
    assert_ne!(
        run(&["keys", "generate", "index", &fresh]).status.code(),
        Some(0),
        "overwritten"
    );
}

#[test]
fn a_partner_that_is_not_there_cannot_be_pinged() {
    let (example, config) = example();
    let nobody = run(&["ping", "nobody", "--config", &config]);
    assert_eq!(nobody.status.code(), Some(2));
    let port = {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        socket.local_addr().unwrap().port()
    };
    let partner = example.path("partners/example.toml");
    let file = fs::read_to_string(&partner).unwrap();
    let dead = format!("https://127.0.0.1:{port}/msh");
    fs::write(&partner, file.replace("https://as4.example/msh", &dead)).unwrap();
    let silent = run(&["ping", "example", "--config", &config]);
    assert_eq!(
        silent.status.code(),
        Some(69),
        "{}",
        text_of(&silent.stderr)
    );
}

#[test]
fn the_program_of_another_command_is_reachable() {
    let help = run(&["conformance", "--help"]);
    assert_eq!(help.status.code(), Some(0));
    assert!(text_of(&help.stdout).contains("Usage: bridge conformance"));
}

struct Serving {
    child: Child,
    admin: String,
    as4: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Starts the platform on free ports and waits until it says where it is.
fn serve(config: &str) -> Serving {
    serve_aloud(config).0
}

/// The same, with what it says from then on.
fn serve_aloud(config: &str) -> (Serving, Lines<BufReader<ChildStderr>>) {
    let mut command = bridge(&[
        "serve",
        "--config",
        config,
        "--set",
        "telemetry.log_format=json",
    ]);
    for listener in ["as4", "national", "public", "admin"] {
        command.args(["--set", &format!("listen.{listener}.address=127.0.0.1:0")]);
    }
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut serving = Serving {
        child,
        admin: String::new(),
        as4: String::new(),
    };
    let mut seen = Vec::new();
    while let Some(Ok(line)) = lines.next() {
        let entry: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
        let address = |name: &str| Some(entry.get(name)?.as_str()?.to_owned());
        if let (Some(admin), Some(as4)) = (address("admin"), address("as4")) {
            serving.admin = admin;
            serving.as4 = as4;
            return (serving, lines);
        }
        seen.push(line);
    }
    panic!("the platform did not start: {seen:?}");
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    BufReader::new(stream)
        .take(1 << 20)
        .lines()
        .map_while(Result::ok)
        .for_each(|line| {
            answer.push_str(&line);
            answer.push('\n');
        });
    answer
}

#[test]
fn what_init_writes_serves_and_stops_when_asked() {
    let (_example, config) = example();
    let mut serving = serve(&config);
    assert!(get(&serving.admin, "/readyz").starts_with("HTTP/1.1 200"));
    let metrics = get(&serving.admin, "/metrics");
    assert!(
        metrics.contains("bridge_cert_expiry_seconds{party=\"AP_DE_01\""),
        "{metrics}"
    );
    let pid = serving.child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(serving.child.wait().unwrap().code(), Some(0));
    let verified = run(&["audit", "verify", "--config", &config]);
    assert_eq!(
        verified.status.code(),
        Some(0),
        "{}",
        text_of(&verified.stdout)
    );
}

#[test]
fn a_signal_or_a_changed_file_reloads_and_a_broken_file_changes_nothing() {
    // [ROB-126]
    let (example, config) = example();
    let (serving, mut log) = serve_aloud(&config);
    let mut until = |message: &str| {
        let said = |line: Result<String, _>| line.unwrap().contains(message);
        assert!(log.any(said), "{message}");
    };
    let metric = |value: u8| {
        let line = format!("bridge_config_reload_success {value}\n");
        assert!(get(&serving.admin, "/metrics").contains(&line), "{line}");
    };
    let broken = example.path("partners/broken.toml");
    fs::write(&broken, "template = 1\n").unwrap();
    // Without a signal: the file is noticed.
    until("Configuration not reloaded");
    metric(0);
    assert!(get(&serving.admin, "/readyz").starts_with("HTTP/1.1 200"));
    fs::remove_file(&broken).unwrap();
    let pid = serving.child.id().to_string();
    let hangup = Command::new("kill").args(["-HUP", &pid]).status().unwrap();
    assert!(hangup.success());
    until("Configuration reloaded");
    metric(1);
}

/// Makes `one` know `other` as its only partner.
fn introduce(one: &Example, other: &Example, (party, address): (&str, &str)) {
    for name in ["signing", "encryption"] {
        let own = if name == "signing" {
            "signing"
        } else {
            "decryption"
        };
        let certificate = fs::read(other.path(&format!("keys/as4-{own}.pem"))).unwrap();
        fs::write(
            one.path(&format!("partners/example-{name}.pem")),
            certificate,
        )
        .unwrap();
    }
    let file = one.path("partners/example.toml");
    let text = fs::read_to_string(&file).unwrap();
    let endpoint = format!("https://{address}/as4");
    let text = text
        .replace("https://as4.example/msh", &endpoint)
        .replace("AP_FR_01", party);
    fs::write(file, text).unwrap();
}

#[test]
fn one_platform_pings_another_and_gets_a_receipt() {
    let ((one, config), (other, other_config)) = (example(), example());
    let text = fs::read_to_string(&other_config).unwrap();
    fs::write(&other_config, text.replace("AP_DE_01", "AP_FR_01")).unwrap();
    introduce(&other, &one, ("AP_DE_01", "127.0.0.1:1"));
    let serving = serve(&other_config);
    introduce(&one, &other, ("AP_FR_01", &serving.as4));
    let ping = run(&["ping", "example", "--json", "--config", &config]);
    let (out, err) = (text_of(&ping.stdout), text_of(&ping.stderr));
    assert_eq!(ping.status.code(), Some(0), "{out}{err}");
    assert!(out.contains("\"ok\":true"), "{out}");

    // Somebody the other does not know is refused, and says so.
    let set = "platform.party_id=AP_XX_01";
    let stranger = run(&["ping", "example", "--config", &config, "--set", set]);
    assert_eq!(stranger.status.code(), Some(1));
    assert!(
        text_of(&stranger.stdout).contains("refused with EBMS:0010"),
        "{stranger:?}"
    );
}
