//! What is written is valid against the schemas of its release line, all kinds of message.

use crate::{generate, reference};
use mapping::edm::{Message, Version};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use std::{fs, path::Path, process::Command};

const COUNT: usize = 25;

#[track_caller]
fn check(version: Version, driver: &str) {
    let Some(root) = reference::folder("schemas") else {
        return;
    };
    let folder =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("edm-{version}").replace(':', "-"));
    fs::create_dir_all(&folder).unwrap();
    let mut runner = TestRunner::deterministic();
    let mut files = Vec::new();
    let messages = [
        generate::request(version)
            .prop_map(|m| Message::Request(Box::new(m)))
            .boxed(),
        generate::response(version)
            .prop_map(|m| Message::Response(Box::new(m)))
            .boxed(),
        generate::error(version)
            .prop_map(|m| Message::Error(Box::new(m)))
            .boxed(),
    ];
    for (kind, strategy) in messages.iter().enumerate() {
        for number in 0..COUNT {
            let message = strategy.new_tree(&mut runner).unwrap().current();
            let path = folder.join(format!("{kind}-{number}.xml"));
            fs::write(&path, generate::encode(&message)).unwrap();
            files.push(path);
        }
    }
    let outcome = Command::new("xmllint")
        .args(["--nonet", "--noout", "--schema"])
        .arg(root.join(driver))
        .args(&files)
        .output()
        .expect("xmllint (package libxml2-utils)");
    let said = String::from_utf8_lossy(&outcome.stderr);
    let faults: Vec<_> = said
        .lines()
        .filter(|line| !line.ends_with(" validates"))
        .collect();
    assert!(outcome.status.success(), "{}", faults.join("\n"));
    assert_eq!(said.matches(" validates").count(), 3 * COUNT);
}

#[test]
fn messages_of_1_0_are_valid() {
    check(Version::V1_0, "v1.0/xsd/oots-driver-v1.0-2023Q3.xsd");
}

#[test]
fn messages_of_1_2_are_valid() {
    check(Version::V1_2, "v1.2/xsd-reconstructed/oots-driver-v1.2.xsd");
}

#[test]
fn messages_of_2_0_are_valid() {
    check(Version::V2_0, "v2.0/xsd-reconstructed/oots-driver-v2.0.xsd");
}
