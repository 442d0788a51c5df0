//! Rules about the tree itself: who may depend on whom, how long a file may be, which words may
//! not be in it, and whether every cited requirement is in the ledger.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "test code"
)]

#[path = "tidy/ledger.rs"]
mod ledger;
#[path = "tidy/tree.rs"]
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use tree::{File, files, read, root};

/// Which of our packages a package may use outside its tests.
const DIRECTION: [(&str, &str, &[&str]); 8] = [
    ("xml", "ebms/xml", &[]),
    ("ebms", "ebms", &["xml"]),
    ("mapping", "mapping", &["xml"]),
    ("rules", "conformance/rules", &["xml"]),
    (
        "conformance",
        "conformance",
        &["xml", "ebms", "mapping", "rules"],
    ),
    (
        "bridge",
        "bridge",
        &["xml", "ebms", "mapping", "rules", "conformance"],
    ),
    (
        "tests",
        "tests",
        &["xml", "ebms", "mapping", "rules", "conformance", "bridge"],
    ),
    ("second-opinion", "tests/second-opinion", &[]),
];

/// Crates of the outside world, kept out of the pure packages.
const WORLDLY: [&str; 9] = [
    "axum",
    "bb8",
    "hyper",
    "opentelemetry",
    "redb",
    "redis",
    "reqwest",
    "rustls",
    "tokio",
];

#[test]
fn packages_depend_in_one_direction() {
    for (name, folder, allowed) in DIRECTION {
        let manifest: toml::Table = read(&format!("{folder}/Cargo.toml"))
            .parse()
            .expect("a manifest is TOML");
        let dependencies = manifest.get("dependencies").and_then(toml::Value::as_table);
        for used in dependencies.into_iter().flat_map(toml::Table::keys) {
            let ours = DIRECTION.iter().any(|(package, ..)| package == used);
            assert!(
                !ours || allowed.contains(&used.as_str()),
                "{name} may not depend on {used}"
            );
            let pure = matches!(name, "xml" | "ebms" | "mapping" | "rules");
            assert!(
                !pure || !WORLDLY.contains(&used.as_str()),
                "{name} is pure and may not use {used}"
            );
        }
    }
}

#[test]
fn the_second_opinion_differs_from_the_workspace_in_unsafe_code_alone() {
    let table = |path: &str| -> toml::Table { read(path).parse().expect("a manifest is TOML") };
    let mut workspace = table("Cargo.toml")["workspace"]["lints"].clone();
    assert_eq!(workspace["rust"]["unsafe_code"].as_str(), Some("forbid"));
    workspace["rust"]["unsafe_code"] = "deny".into();
    assert_eq!(table("tests/second-opinion/Cargo.toml")["lints"], workspace);
}

#[test]
fn no_file_is_longer_than_500_lines() {
    let long: Vec<_> = files(&["rs"])
        .into_iter()
        .filter(|file| !file.is_test())
        .map(|file| (file.code().lines().count(), file.path))
        .filter(|(lines, _)| *lines > 500)
        .collect();
    assert!(long.is_empty(), "split by type: {long:?}");
}

#[test]
fn modules_are_named_files() {
    let found: Vec<_> = files(&["rs"])
        .into_iter()
        .filter(|f| f.path.ends_with("/mod.rs"))
        .collect();
    assert!(found.is_empty(), "foo.rs + foo/, never mod.rs: {found:?}");
}

#[test]
fn nothing_is_switched_off_or_left_open() {
    // Spelled in two halves, so that this file does not find itself.
    let words = [
        concat!("#[al", "low("),
        concat!("#![al", "low("),
        concat!("#[ig", "nore"),
        concat!("should_", "panic"),
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
        concat!("FIX", "ME"),
    ];
    for file in files(&["rs"]) {
        for word in words {
            assert!(!file.text.contains(word), "{} contains {word}", file.path);
        }
    }
}

/// Where a test waits for another process, which tells nobody what it does, or kills it at a moment
/// nobody chose.
const OTHER_PROCESSES: [&str; 2] = ["tests/src/process.rs", "tests/tests/restart/storm.rs"];

#[test]
fn tests_do_not_wait_by_the_clock() {
    let alone = |file: &File| {
        OTHER_PROCESSES
            .iter()
            .all(|path| !file.path.starts_with(path))
    };
    for file in files(&["rs"])
        .into_iter()
        .filter(File::is_test)
        .filter(alone)
    {
        assert!(
            !file.text.contains(concat!("slee", "p(")),
            "{} sleeps",
            file.path
        );
    }
}

#[test]
fn time_and_ids_come_from_the_world() {
    // Benchmarks measure time; the world is where it is read. The runtime's `Instant` counts
    // timeouts and is paused by tests; `clippy.toml` tells it from the standard one under any name.
    let outside =
        |file: &File| !file.path.contains("/benches/") && file.path != "bridge/src/world.rs";
    let words = [
        "SystemTime::now(",
        "std::time::Instant::now(",
        "Timestamp::now(",
        "Uuid::new_v4(",
    ];
    for file in files(&["rs"]).into_iter().filter(outside) {
        for word in words.iter().filter(|word| file.code().contains(**word)) {
            let expected = file.code().contains("clippy::disallowed_methods");
            assert!(expected, "{} reads {word} without saying why", file.path);
        }
    }
}

#[test]
fn no_key_and_no_path_of_a_machine_is_in_the_tree() {
    let places = [
        concat!("/ro", "ot/"),
        concat!("/wo", "rk/"),
        concat!("/ho", "me/"),
    ];
    for file in files(&[
        "rs", "toml", "md", "html", "yaml", "json", "css", "sh", "run",
    ]) {
        assert!(
            !file
                .text
                .contains(concat!("-----BEGIN PRIVATE", " KEY-----\nM")),
            "{} holds a key",
            file.path
        );
        for place in places {
            assert!(!file.text.contains(place), "{} names {place}", file.path);
        }
    }
}

#[test]
fn the_readme_is_short_and_names_both_commands() {
    let readme = read("README.md");
    assert!(readme.lines().count() <= 150);
    for command in ["cargo run --release -- demo", "tests/run"] {
        assert!(
            readme.contains(command),
            "README.md does not name {command}"
        );
    }
    assert!(read(".ci/run").contains("tests/run"));
}

#[test]
fn locked_versions_have_no_known_hole() {
    // robustness.md section 6, dependencies.md section 9: the first version without the hole.
    let minimum = [
        ("aws-lc-sys", "0.39.0"),
        ("bytes", "1.11.1"),
        ("h2", "0.4.16"),
        ("quick-xml", "0.41.0"),
        ("rustls-webpki", "0.103.13"),
        ("time", "0.3.47"),
    ];
    let lock: toml::Table = read("Cargo.lock").parse().expect("Cargo.lock is TOML");
    let mut versions: BTreeMap<&str, BTreeSet<Vec<u64>>> = BTreeMap::new();
    for package in lock
        .get("package")
        .and_then(toml::Value::as_array)
        .into_iter()
        .flatten()
    {
        let field = |name| {
            package
                .get(name)
                .and_then(toml::Value::as_str)
                .unwrap_or_default()
        };
        versions
            .entry(field("name"))
            .or_default()
            .insert(numbers(field("version")));
    }
    for (name, first) in minimum {
        for version in versions.get(name).into_iter().flatten() {
            assert!(
                *version >= numbers(first),
                "{name} {version:?} is older than {first}"
            );
        }
    }
    assert_eq!(
        versions.get("quick-xml").map(BTreeSet::len),
        Some(1),
        "one XML parser"
    );
}

/// Crates the product does without, and who else may use them.
const ONLY_FOR: [(&str, &[&str]); 7] = [
    ("rsa", &[]),
    ("native-tls", &[]),
    ("openssl", &["asx-rs"]),
    ("asx-rs", &["second-opinion"]),
    ("bergshamra", &["second-opinion"]),
    ("xmlsec", &["second-opinion"]),
    ("second-opinion", &[]),
];

#[test]
fn the_product_does_without_rsa_of_rust_and_libraries_of_the_system() {
    let lock: toml::Table = read("Cargo.lock").parse().expect("Cargo.lock is TOML");
    let packages = lock["package"].as_array().expect("packages");
    for package in packages {
        let user = package["name"].as_str().expect("a name");
        let used = package.get("dependencies").and_then(toml::Value::as_array);
        for used in used.into_iter().flatten().filter_map(toml::Value::as_str) {
            // A version follows where there are several.
            let used = used.split(' ').next().unwrap_or_default();
            for (name, users) in ONLY_FOR.iter().filter(|(name, _)| *name == used) {
                assert!(users.contains(&user), "{user} uses {name}");
            }
        }
    }
}

fn numbers(version: &str) -> Vec<u64> {
    let core = version.split(['-', '+']).next().unwrap_or_default();
    core.split('.')
        .filter_map(|part| part.parse().ok())
        .collect()
}

#[test]
fn every_citation_is_in_the_ledger_and_every_done_is_cited() {
    let report = ledger::check(&root());
    println!("{}", report.table);
    assert!(
        report.faults.is_empty(),
        "{} faults:\n{}",
        report.faults.len(),
        report.faults.join("\n")
    );
}
