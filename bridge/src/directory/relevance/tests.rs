use super::*;
use crate::directory::answer::{EvidenceType, Framework, Listing};
use mapping::edm::{self, LanguageCode, Text};

const BASE: &str = "https://sr.oots.tech.ec.europa.eu";
const ONE: &str = "00000000-0000-4000-8000-000000000001";
const TWO: &str = "00000000-0000-4000-8000-000000000002";

fn country(code: &str) -> CountryCode {
    code.parse().unwrap()
}

fn place(code: &str) -> Jurisdiction {
    Jurisdiction {
        country: country(code),
        nuts: None,
        lau: None,
        classifications: Vec::new(),
    }
}

fn requirement(frameworks: &[(&str, &str)]) -> Requirement {
    Requirement {
        stated: edm::Requirement::new(
            format!("{BASE}/requirements/{ONE}").parse().unwrap(),
            Text::new(LanguageCode::EN, "Name"),
        ),
        frameworks: frameworks
            .iter()
            .map(|(procedure, country)| Framework {
                id: String::new(),
                titles: Vec::new(),
                descriptions: Vec::new(),
                procedure: Some(procedure.parse().unwrap()),
                jurisdictions: vec![place(country)],
            })
            .collect(),
    }
}

#[track_caller]
fn check_requirements(frameworks: &[&[(&str, &str)]], expected: Result<usize, Irrelevant>) {
    let query = RequirementsQuery::new("R1".parse().unwrap(), country("DE"));
    let content = frameworks.iter().map(|list| requirement(list)).collect();
    let listing = Listing {
        content,
        oddities: Vec::new(),
    };
    let kept = requirements(&query, Outcome::Found(listing));
    let kept = kept.map(|outcome| match outcome {
        Outcome::Found(listing) => listing.content().len(),
        Outcome::Refused(_) => 0,
    });
    assert_eq!(kept, expected);
}

#[test]
fn requirements_of_the_procedure_are_kept() {
    check_requirements(&[], Ok(0));
    check_requirements(&[&[("R1", "DE")], &[("T1", "DE")]], Ok(1));
    check_requirements(&[&[("T1", "DE"), ("R1", "FR")]], Err(Irrelevant::Procedure));
}

fn kind(owner: &str, places: &[&str]) -> EvidenceType {
    EvidenceType {
        id: format!("{BASE}/evidencetypeclassifications/{owner}/{TWO}")
            .parse()
            .unwrap(),
        titles: Vec::new(),
        descriptions: Vec::new(),
        jurisdictions: places.iter().map(|code| place(code)).collect(),
    }
}

#[track_caller]
fn check_list(places: &[&str], types: Vec<EvidenceType>, expected: bool) {
    let list = EvidenceTypeList {
        id: String::new(),
        names: Vec::new(),
        types,
        jurisdictions: places.iter().map(|code| place(code)).collect(),
    };
    assert_eq!(is_of(&list, country("FR")), expected);
}

#[test]
fn the_country_of_a_list_stands_where_the_line_has_it() {
    check_list(&["FR"], vec![kind("FR", &[])], true);
    check_list(&["FI"], vec![kind("FR", &[])], false);
    check_list(&[], vec![kind("FI", &["FR"])], true);
    check_list(&[], vec![kind("FR", &["FI"])], false);
    check_list(&[], vec![kind("FR", &[])], true);
    check_list(&[], vec![kind("oots", &[])], true);
    check_list(&[], vec![kind("FR", &[]), kind("FI", &[])], false);
}
