//! Published and captured messages are read, and come out as they went in.

use crate::{normal, reference};
use mapping::edm::{self, Message};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Files of one set, and those that cannot be read, each with the rule it breaks.
struct Set {
    folders: &'static [&'static str],
    refused: &'static [(&'static str, &'static str)],
    count: usize,
}

const SETS: &[Set] = &[
    Set {
        folders: &[
            "v1.0/xml/edm",
            "v1.0/xml/edm-2023Q4-it",
            "v1.0/xml/projectathon-2023-04",
            "v1.0/xml/projectathon-2023-06",
        ],
        refused: &[],
        count: 71,
    },
    Set {
        folders: &["v1.1/xml/edm", "v1.1/xml/nonconformant"],
        refused: &[
            // A national slot.
            ("request-it-dataservice.xml", "R-EDM-REQ-S019"),
            // A status that no release has.
            ("response-empty.xml", "R-EDM-RESP-S006"),
            ("4-response.xml", "R-EDM-REQ-S001"),
            ("response-without-preview.xml", "R-EDM-RESP-S003"),
        ],
        count: 4,
    },
    Set {
        folders: &["v1.2/xml/edm", "v1.2/xml/derived"],
        refused: &[],
        count: 15,
    },
    Set {
        folders: &["v2.0/xml/edm", "v2.0/xml/derived"],
        refused: &[],
        count: 18,
    },
];

fn each(set: &Set, mut visit: impl FnMut(&str, &Path)) {
    let Some(root) = reference::folder("published samples") else {
        return;
    };
    let is_message = |name: &str| !name.contains("ebms") && !name.starts_with("DSD");
    let paths: Vec<PathBuf> = set
        .folders
        .iter()
        .flat_map(|folder| reference::files(&root.join(folder), is_message))
        .collect();
    assert_eq!(paths.len(), set.count + set.refused.len());
    for path in &paths {
        visit(path.file_name().unwrap().to_str().unwrap(), path);
    }
}

#[track_caller]
fn encode(message: &Message) -> Vec<u8> {
    match message {
        Message::Request(request) => request.encode(),
        Message::Response(response) => response.encode(),
        Message::Error(error) => error.encode(),
    }
}

#[track_caller]
fn check(set: &Set) {
    each(set, |name, path| {
        let bytes = fs::read(path).unwrap();
        let expected = set.refused.iter().find(|(refused, _)| *refused == name);
        match (edm::decode(&bytes), expected) {
            (Ok(message), None) => {
                let found = normal::difference(&bytes, &encode(&message));
                assert_eq!(found, None, "{}", path.display());
            }
            (Err(invalid), Some((_, rule))) => assert_eq!(invalid.rule(), *rule, "{name}"),
            (outcome, _) => panic!("{}: {:?}", path.display(), outcome.err()),
        }
    });
}

#[test]
fn messages_of_1_0_come_out_as_they_went_in() {
    check(&SETS[0]);
}

#[test]
fn messages_of_1_1_come_out_as_they_went_in() {
    check(&SETS[1]);
}

#[test]
fn messages_of_1_2_come_out_as_they_went_in() {
    check(&SETS[2]);
}

#[test]
fn messages_of_2_0_come_out_as_they_went_in() {
    check(&SETS[3]);
}

#[test]
fn messages_of_real_exchanges_come_out_as_they_went_in() {
    let Some(root) = reference::folder("captured exchanges") else {
        return;
    };
    for folder in [
        "msg-1108a65a",
        "msg-5148cf5a",
        "msg-726acc45",
        "msg-91647356",
        "nl-response",
    ] {
        let folder = root.join("v1.0/exchanges-2023-04").join(folder);
        for path in reference::files(&folder, |name| name != "ebms-header.xml") {
            let bytes = fs::read(&path).unwrap();
            let message = edm::decode(&bytes).unwrap();
            // The Dutch answer calls its only provider a platform.
            let written = String::from_utf8(encode(&message)).unwrap();
            let written = match folder.ends_with("nl-response") {
                true => written.replace(">EP<", ">IP<"),
                false => written,
            };
            let found = normal::difference(&bytes, written.as_bytes());
            assert_eq!(found, None, "{}", path.display());
        }
    }
}

#[test]
fn newer_samples_need_no_tolerance_beyond_comments_and_one_language() {
    for set in &SETS[2..] {
        each(set, |name, path| {
            let message = edm::decode(&fs::read(path).unwrap()).unwrap();
            for caution in message.cautions() {
                let label = caution.liberty().label();
                let known = matches!(label, "comment" | "instruction")
                    || (label == "language" && name == "2-error-preview.xml");
                assert!(known, "{name}: {caution:?}");
            }
        });
    }
}
