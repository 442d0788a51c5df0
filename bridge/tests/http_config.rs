//! What can be set about listeners and TLS, and what is refused with its place.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "test code")]

#[path = "support/example.rs"]
mod example;

use std::{fs, time::Duration};

use bridge::config::{Config, Overrides};

use example::Example;

fn load(example: &Example, settings: &[&str]) -> Result<Config, Vec<String>> {
    let mut overrides = Overrides::none();
    for setting in settings {
        overrides = overrides.set(setting).unwrap();
    }
    Config::load(&example.path("bridge.toml"), &overrides).map_err(|errors| {
        let problems = errors.problems().iter();
        problems.map(ToString::to_string).collect()
    })
}

/// The one problem these settings have.
#[track_caller]
fn check_problem(settings: &[&str], expected: &str) {
    let problems = load(&Example::new(), settings).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].contains(expected), "{problems:?}");
}

/// [ROB-96] [ROB-103]
#[test]
fn patience_and_capacity_of_a_listener_can_be_set() {
    let config = load(
        &Example::new(),
        &[
            "listen.as4.patience.head_ms=250",
            "listen.as4.max_requests=7",
            "listen.public.behind_proxy=true",
        ],
    );
    let config = config.unwrap();
    let as4 = config.listen().as4();
    assert_eq!(as4.patience().head, Duration::from_millis(250));
    assert_eq!(as4.patience().first_byte, Duration::from_secs(5));
    assert_eq!(
        (as4.max_requests(), as4.max_requests_per_address()),
        (7, 128)
    );
    // Behind a proxy all come from one address.
    let public = config.listen().public();
    assert_eq!(public.max_requests_per_address(), public.max_requests());
}

#[test]
fn no_patience_and_no_capacity_are_refused() {
    check_problem(
        &["listen.as4.patience.idle_ms=0"],
        "idle_ms: must be at least 1",
    );
    check_problem(
        &["listen.as4.max_requests=0"],
        "max_requests: must be at least 1",
    );
}

/// `[AS4_CP_TA39]` `[AS4_CP_TA42]` what is old or weak cannot even be named.
#[test]
fn versions_and_suites_that_are_not_spoken_are_refused() {
    for version in ["1.0", "1.1", "SSLv3"] {
        let setting = format!("listen.as4.tls.versions={version}");
        check_problem(
            &[&setting],
            "is not a known value (one of \"1.2\", \"1.3\")",
        );
    }
    check_problem(
        &["listen.as4.tls.suites=TLS_RSA_WITH_AES_128_CBC_SHA"],
        "is not a known value",
    );
    check_problem(
        &[
            "as4.tls.versions=1.3",
            "as4.tls.suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        ],
        "as4.tls.suites: every version needs a suite",
    );
}

/// `[P42]` a partner may verify for a while before it says anything.
#[test]
fn p42_an_attempt_may_take_a_minute() {
    let config = load(&Example::new(), &[]).unwrap();
    assert!(config.as4().retry().timeout() >= Duration::from_secs(60));
}

fn with_tls(lines: &str) -> Example {
    let example = Example::new();
    let path = example.path("partners/example.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, format!("{text}\n[tls]\n{lines}\n")).unwrap();
    example
}

/// [AS4 4.5] paths start from the partner's file.
#[test]
fn a_partner_may_have_tls_of_its_own() {
    let example =
        with_tls("trust = [\"../keys/ca.pem\"]\nname_check = \"off\"\nversions = [\"1.2\"]");
    let config = load(&example, &[]).unwrap();
    assert!(config.partner_tls()["example"].config(&[]).is_ok());
    let plain = load(&Example::new(), &[]).unwrap();
    assert!(plain.partner_tls().is_empty());
}

#[test]
fn wrong_tls_of_a_partner_is_reported_at_its_place() {
    for (lines, expected) in [
        (
            "name_check = \"off\"",
            "tls.name_check: \"off\" needs trust or pinned",
        ),
        ("trust = [\"nowhere.pem\"]", "nowhere.pem"),
        (
            "trusted = [\"a.pem\"]",
            "unknown key tls.trusted (did you mean trust?)",
        ),
        (
            "certificate = \"../keys/server.pem\"",
            "missing key tls.key",
        ),
        (
            "suites = [\"RC4\"]",
            "tls.suites: \"RC4\" is not a known value",
        ),
    ] {
        let problems = load(&with_tls(lines), &[]).unwrap_err();
        let found = problems
            .iter()
            .any(|it| it.contains(expected) && it.contains("example.toml:"));
        assert!(found, "{problems:?}");
    }
}
