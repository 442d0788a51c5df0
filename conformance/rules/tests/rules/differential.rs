//! Our sets evaluated twice: natively, and written as Schematron on the full XPath engine. Both
//! must find the same rules in the same places, on every document there is.

use crate::data;
use rules::{DocumentKind, Outcome, Release, RuleFile, RuleSet, check, official};
use std::{collections::BTreeMap, fmt::Write, path::Path};

#[derive(serde::Deserialize)]
struct Set {
    rule: Vec<Rule>,
}

#[derive(serde::Deserialize)]
struct Rule {
    id: String,
    context: String,
    test: String,
}

#[derive(serde::Deserialize)]
struct Lists {
    list: Vec<List>,
}

#[derive(serde::Deserialize)]
struct List {
    name: String,
    releases: Vec<Release>,
    values: Vec<String>,
}

const NAMESPACES: [(&str, &str); 7] = [
    (
        "eb",
        "http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/",
    ),
    ("query", "urn:oasis:names:tc:ebxml-regrep:xsd:query:4.0"),
    ("rim", "urn:oasis:names:tc:ebxml-regrep:xsd:rim:4.0"),
    ("rs", "urn:oasis:names:tc:ebxml-regrep:xsd:rs:4.0"),
    ("sdg", "http://data.europa.eu/p4s"),
    ("xlink", "http://www.w3.org/1999/xlink"),
    ("xsi", "http://www.w3.org/2001/XMLSchema-instance"),
];

const KINDS: [DocumentKind; 4] = [
    DocumentKind::Request,
    DocumentKind::Response,
    DocumentKind::Error,
    DocumentKind::EbmsHeader,
];

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

fn sets() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/sets"))
}

/// One of our sets as a Schematron file: each rule a pattern, each code list a variable.
fn as_schematron(release: Release, kind: DocumentKind) -> Option<RuleSet> {
    let path = sets().join(format!("v{release}/{kind}.toml"));
    if !path.exists() {
        return None;
    }
    let text = String::from_utf8(data::read(&path)).expect("UTF-8");
    let set: Set = toml::from_str(&text).expect("a set");
    let mut schema = String::from(
        "<schema xmlns=\"http://purl.oclc.org/dsdl/schematron\" queryBinding=\"xslt2\">",
    );
    for (prefix, uri) in NAMESPACES {
        write!(schema, "<ns prefix=\"{prefix}\" uri=\"{uri}\"/>").expect("memory");
    }
    for path in data::files(&sets().join("code-lists"), "toml") {
        let text = String::from_utf8(data::read(&path)).expect("UTF-8");
        let lists: Lists = toml::from_str(&text).expect("code lists");
        for list in lists.list {
            if list.releases.contains(&release) {
                // A literal sequence of this length overflows the stack of the other engine.
                let (name, values) = (list.name, list.values.join(" "));
                write!(
                    schema,
                    "<let name=\"{name}\" value=\"tokenize('{values}', ' ')\"/>"
                )
                .expect("memory");
            }
        }
    }
    for rule in set.rule {
        write!(
            schema,
            "<pattern><rule context=\"{}\"><assert id=\"{}\" test=\"{}\">x</assert></rule></pattern>",
            escaped(&rule.context),
            rule.id,
            escaped(&rule.test)
        )
        .expect("memory");
    }
    schema.push_str("</schema>");
    let file = RuleFile {
        name: "ours.sch".to_owned(),
        content: schema.into_bytes(),
    };
    Some(official(&[file]).expect("our rules are Schematron"))
}

type Found = Vec<(String, String, Outcome)>;

fn found(report: &rules::Report) -> Found {
    let mut found: Found = report
        .findings()
        .iter()
        // Not a rule but a remark of our reader.
        .filter(|finding| finding.rule() != "XML")
        .map(|finding| {
            let rule = finding.rule().to_owned();
            (rule, finding.location().to_owned(), finding.outcome())
        })
        .collect();
    found.sort();
    found
}

#[test]
fn our_rules_are_xpath_to_a_full_engine() {
    for release in Release::ALL {
        for kind in KINDS {
            if let Some(set) = as_schematron(release, kind) {
                assert_eq!(set.compile(), [], "{release} {kind}");
            }
        }
    }
}

#[test]
fn both_engines_find_the_same() {
    let Some(reference) = data::reference("both engines on all documents") else {
        return;
    };
    let mut sets = BTreeMap::new();
    for release in Release::ALL {
        for kind in KINDS {
            if let Some(set) = as_schematron(release, kind) {
                sets.insert((release, kind), set);
            }
        }
    }
    let (mut runs, mut findings) = (0, 0);
    let paths = data::files(&reference.join("oots"), "xml");
    for (number, path) in paths.into_iter().enumerate() {
        let document = data::document(&path);
        let kind = match xml::Document::parse(&document, &xml::Limits::REGREP) {
            Ok(document) => rules::detect(&document).map(|detected| detected.kind),
            Err(_) => continue,
        };
        let Ok(kind) = kind else { continue };
        // The engine is slow without optimization: mutated messages, which differ little, and
        // other releases are sampled.
        let name = data::short(&path);
        let taken = !name.contains("/invalid/") || number % 3 == 0;
        for release in Release::ALL {
            let own = name.starts_with(&format!("v{release}/")) && taken;
            let Some(set) = sets
                .get(&(release, kind))
                .filter(|_| own || number % 16 == 0)
            else {
                continue;
            };
            let ours = found(&check(release, kind, &document));
            let theirs = found(&set.check(kind, &document));
            assert_eq!(ours, theirs, "{name} as {release} {kind}");
            runs += 1;
            findings += ours.len();
        }
    }
    println!("{runs} runs, {findings} findings, the same in both engines");
    assert!(runs > 200, "{runs}");
}
