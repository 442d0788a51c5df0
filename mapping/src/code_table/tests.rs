use super::*;
use crate::{edm, noots};

fn shipped() -> Vec<(&'static str, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/mapping");
    let read = |name: &'static str| {
        (
            name,
            std::fs::read_to_string(format!("{folder}/{name}")).unwrap(),
        )
    };
    FILES.into_iter().map(read).collect()
}

fn load(files: &[(&'static str, String)]) -> Result<CodeTables, Vec<Problem>> {
    CodeTables::from_toml(files.iter().map(|(name, text)| (*name, text.as_str())))
}

/// The shipped tables with one more text at the end of one of them.
#[track_caller]
fn check(file: &str, addition: &str, expected: &str) {
    let mut files = shipped();
    let (_, text) = files.iter_mut().find(|(name, _)| *name == file).unwrap();
    let line = text.lines().count() + 1;
    text.push_str(addition);
    let problems = load(&files).unwrap_err();
    let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert!(
        lines.iter().any(|line| line.contains(expected)),
        "{lines:#?}"
    );
    assert!(
        problems
            .iter()
            .all(|problem| problem.file() == file && problem.line() >= line),
        "{lines:#?}"
    );
}

#[test]
fn the_shipped_tables_are_whole() {
    let tables =
        load(&shipped()).map_err(|found| found.iter().map(ToString::to_string).collect::<Vec<_>>());
    let tables = tables.unwrap();
    assert_eq!(tables.countries().iter().count(), 30);
    for requirement in tables.requirements().iter() {
        assert!(!requirement.procedures().is_empty());
    }
}

#[test]
fn every_shipped_evidence_type_is_found_from_both_sides() {
    let tables = load(&shipped()).unwrap();
    for known in tables.evidence_types().iter() {
        let abroad = tables
            .repository()
            .evidence_type_to_edm(known.classification())
            .unwrap();
        let found = tables.evidence_types().find(&abroad).unwrap();
        assert_eq!(found.classification(), known.classification());
        let back = tables
            .evidence_types()
            .find_by_lookup_key(known.lookup_key())
            .unwrap();
        assert_eq!(back.classification(), known.classification());
    }
}

#[test]
fn greece_is_spelled_in_two_ways() {
    let tables = load(&shipped()).unwrap();
    let (gr, el) = ("GR".parse().unwrap(), "EL".parse().unwrap());
    assert_eq!(tables.countries().to_national(el), Some(gr));
    assert_eq!(tables.countries().to_edm(&"GR".parse().unwrap()), Some(el));
    assert_eq!(tables.countries().to_edm(&"EL".parse().unwrap()), None);
}

#[test]
fn schemes_depend_on_the_country_where_they_must() {
    let tables = load(&shipped()).unwrap();
    let germany = "DE".parse().unwrap();
    let vat = tables
        .schemes()
        .to_national(edm::LegalIdScheme::Vat, Some(&germany))
        .unwrap();
    assert_eq!(vat.as_str(), "urn:cef.eu:names:identifier:EAS:9930");
    assert_eq!(tables.schemes().to_edm(vat), Some(edm::LegalIdScheme::Vat));
    let lei = tables
        .schemes()
        .to_national(edm::LegalIdScheme::Lei, Some(&germany));
    assert!(lei.is_some());
    assert_eq!(
        tables.schemes().to_national(edm::LegalIdScheme::Vat, None),
        None
    );
}

#[test]
fn a_code_outside_the_national_list_is_written_as_the_catch_all() {
    let mut files = shipped();
    for (_, text) in &mut files {
        *text = text.replace(
            "national = \"EDM:ERR:0007\"\nedm = \"EDM:ERR:0007\"\nlisted = true",
            "national = \"EDM:ERR:0007\"\nedm = \"EDM:ERR:0007\"\nlisted = false",
        );
    }
    let tables = load(&files).unwrap();
    let errors = tables.errors();
    assert_eq!(
        errors.to_national(edm::EdmErrorCode::UnsupportedCapability),
        noots::ErrorCode::QUERY
    );
    assert_eq!(
        errors.to_national(edm::EdmErrorCode::Timeout),
        noots::ErrorCode::TIMEOUT
    );
}

#[test]
fn duplicates_are_refused() {
    let titles = "titles = { de = \"x\", en = \"x\" }";
    check(
        "countries.toml",
        &format!("[[entry]]\niso = \"EL\"\nedm = \"EL\"\n{titles}\n"),
        "edm = \"EL\" is there twice",
    );
    check(
        "procedures.toml",
        &format!("[[entry]]\ncode = \"T1\"\nnational = true\n{titles}\n"),
        "code = \"T1\" is there twice",
    );
    check(
        "errors.toml",
        &format!(
            "[[entry]]\nnational = \"NOOTS:ERR:0200\"\nedm = \"EDM:ERR:0004\"\nlisted = true\n{titles}\n"
        ),
        "there twice",
    );
}

#[test]
fn ambiguities_are_refused() {
    let two_ways = "[[entry]]\nedm = \"TAX\"\ncountry = \"DE\"\nnational = \"urn:cef.eu:names:identifier:EAS:9930\"\n";
    check("identifier-schemes.toml", two_ways, "leads to two schemes");
    check(
        "evidence-types.toml",
        &evidence_type(
            "lookup_key = \"https://sr.oots.tech.ec.europa.eu/evidencetypeclassifications/DE/ca8afed6-2dc0-422a-a931-d21c3d8d370e\"",
        ),
        "leads to two evidence types",
    );
}

#[test]
fn unknown_codes_and_keys_are_refused() {
    check(
        "evidence-types.toml",
        &evidence_type("minimum_loa = \"Highest\""),
        "level of assurance",
    );
    check(
        "evidence-types.toml",
        &evidence_type("colour = \"red\""),
        "unknown field `colour`",
    );
    check(
        "errors.toml",
        "[[entry]]\nnational = \"NOOTS:ERR:0999\"\nedm = \"EDM:ERR:0004\"\nlisted = true\ntitles = { de = \"x\", en = \"x\" }\n",
        "not a known code",
    );
    check("countries.toml", "[other]\n", "not known here");
    check(
        "requirements.toml",
        "[[entry]]\nid = \"https://sr.oots.tech.ec.europa.eu/requirements/df81cba1-1936-46fe-ad4b-53254b79bf56\"\ntitles = { de = \"x\" }\nprocedures = [\"Z9\"]\n",
        "procedure \"Z9\"",
    );
}

#[test]
fn all_problems_are_reported_at_once() {
    let mut files = shipped();
    for (name, text) in &mut files {
        if *name == "countries.toml" {
            text.push_str("[[entry]]\niso = \"germany\"\n[[entry]]\nedm = \"XX\"\n");
        }
        if *name == "procedures.toml" {
            text.push_str("[[entry]\n");
        }
    }
    let problems = load(&files).unwrap_err();
    let count = |name: &str| {
        problems
            .iter()
            .filter(|problem| problem.file() == name)
            .count()
    };
    assert_eq!(count("countries.toml"), 2, "{problems:#?}");
    assert!(count("procedures.toml") >= 1);
}

#[test]
fn a_missing_and_an_unknown_table_are_refused() {
    let mut files = shipped();
    files.retain(|(name, _)| *name != "errors.toml");
    files.push(("colours.toml", String::new()));
    let lines: Vec<_> = load(&files)
        .unwrap_err()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(
        lines.contains(&"errors.toml: the table is missing".to_owned()),
        "{lines:?}"
    );
    assert!(
        lines.contains(&"colours.toml: not a table that is known".to_owned()),
        "{lines:?}"
    );
}

fn evidence_type(line: &str) -> String {
    let loa = if line.contains("minimum_loa") {
        ""
    } else {
        "minimum_loa = \"Low\"\n"
    };
    format!(
        "[[entry]]\nclassification = \"https://sr.oots.tech.ec.europa.eu/evidencetypeclassifications/DE/11111111-2dc0-422a-a931-d21c3d8d370e\"\n\
         titles = {{ de = \"x\", en = \"x\" }}\nformats = [\"application/pdf\"]\n{loa}preview = true\nlegal_basis = \"x\"\nlevel = \"DE\"\nprocedures = []\n{line}\n"
    )
}
