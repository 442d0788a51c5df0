//! Whether every id of the assertions and pitfalls is a test of that name somewhere in the tree, or
//! stands in the table below with the reason.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Why no test begins with an id.
#[derive(Clone, Copy)]
enum Why {
    /// The product does not do what it is about.
    DoesNotApply(&'static str),
    /// Tests under names of their own.
    TestedIn(&'static str),
}

use Why::{DoesNotApply, TestedIn};

const HANDSHAKES: Why = TestedIn("bridge/tests/http_tls.rs");
const DISCOVERY: Why =
    DoesNotApply("partners are configured; nothing is discovered (SMP is not offered)");

const TABLE: &[(&str, Why)] = &[
    ("AS4_CP_TA39", HANDSHAKES),
    ("AS4_CP_TA40", HANDSHAKES),
    ("AS4_CP_TA41", HANDSHAKES),
    ("AS4_CP_TA42", HANDSHAKES),
    ("AS4_CP_TA43", HANDSHAKES),
    (
        "AS4_CP_TA46",
        TestedIn("bridge/tests/http_server/requests.rs"),
    ),
    // Asked where a path is validated at all.
    ("AS4_DR_TA03", TestedIn("ebms/tests/engine/trust.rs")),
    ("AS4_DS_TA01", DISCOVERY),
    ("AS4_DS_TA02", DISCOVERY),
    (
        "AS4_SBDH",
        DoesNotApply("OOTS sends no standard business document header"),
    ),
    (
        "AS4_ENTSOG",
        DoesNotApply("rules of the gas network: EIC codes, an agreement in every message"),
    ),
    (
        "P12",
        DoesNotApply(
            "a check of other stacks that refuses the profile's own algorithm; our side has no such check",
        ),
    ),
];

/// Every id there is.
fn ids() -> Vec<String> {
    let numbered = |prefix: &str, last: usize| {
        let prefix = prefix.to_owned();
        (1..=last).map(move |number| format!("{prefix}{number:02}"))
    };
    let mut ids: Vec<_> = numbered("AS4_CP_TA", 46)
        .chain(numbered("AS4_4CT_TA", 3))
        .chain(numbered("AS4_DR_TA", 4))
        .chain(numbered("AS4_DS_TA", 3))
        .chain(numbered("P", 44))
        .chain(numbered("TC", 3))
        .collect();
    ids.extend(["AS4_SBDH".to_owned(), "AS4_ENTSOG".to_owned()]);
    ids
}

/// How the name of a test for an id begins.
fn beginning(id: &str) -> String {
    let short = id
        .trim_start_matches("AS4_CP_")
        .trim_start_matches("AS4_")
        .replace("4CT_", "FCT_");
    format!("{}_", short.to_lowercase())
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Names of all tests below a folder.
fn tests_in(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let (path, name) = (entry.path(), entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            if name != "target" && name != ".git" {
                tests_in(&path, found);
            }
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.extend(tests_of(&fs::read_to_string(&path).unwrap()));
        }
    }
}

/// Names of the tests in a source: the first function after each mark.
fn tests_of(source: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut marked = false;
    for line in source.lines().map(str::trim) {
        marked |= line == "#[test]" || line.starts_with("#[tokio::test");
        let name = line
            .trim_start_matches("async ")
            .strip_prefix("fn ")
            .and_then(|rest| rest.split('(').next());
        if let (true, Some(name)) = (marked, name) {
            names.push(name.to_owned());
            marked = false;
        }
    }
    names
}

#[test]
fn every_assertion_and_pitfall_is_a_test_or_has_a_reason() {
    let mut tests = BTreeSet::new();
    tests_in(&root(), &mut tests);
    let ids = ids();
    let mut faults = Vec::new();
    for id in &ids {
        let named = tests.iter().any(|test| test.starts_with(&beginning(id)));
        let entry = TABLE.iter().find(|(listed, _)| listed == id);
        match (named, entry) {
            (true, None) => {}
            (true, Some(_)) => faults.push(format!("{id} is tested: take it off the table")),
            (false, None) => faults.push(format!("{id} is neither tested nor in the table")),
            (false, Some((_, DoesNotApply(reason)))) => assert!(!reason.is_empty()),
            (false, Some((_, TestedIn(path)))) => {
                let source = fs::read_to_string(root().join(path)).unwrap_or_default();
                if tests_of(&source).is_empty() {
                    faults.push(format!("{id} is not tested in {path}"));
                }
            }
        }
    }
    for (id, _) in TABLE {
        if !ids.iter().any(|known| known == id) {
            faults.push(format!("{id} is no id"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_name_and_a_mark_make_a_test() {
    let source = "#[test]\nfn p01_a() {}\nfn p02_b() {}\n    #[tokio::test(x)]\n    async fn p03_c() {}\n\
                  // #[test]\nfn p04_d() {}\n";
    assert_eq!(tests_of(source), ["p01_a", "p03_c"]);
    assert_eq!(beginning("AS4_CP_TA06"), "ta06_");
    assert_eq!(beginning("AS4_4CT_TA01"), "fct_ta01_");
    assert_eq!(beginning("AS4_DS_TA03"), "ds_ta03_");
    assert_eq!(ids().len(), 105);
}
