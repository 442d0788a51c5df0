use super::*;

const REQUIREMENT: &str =
    "https://sr.oots.tech.ec.europa.eu/requirements/315cfd75-6605-49c4-b0fe-799833b41099";
const TYPE: &str = "https://sr.oots.tech.ec.europa.eu/evidencetypeclassifications/FR/869a6748-bfc5-4de6-a0b4-ec0420f6b6a4";
const CONCEPT: &str = "12c58ee8-f40a-42ac-b056-938499d55a1a";
const CONTEXT: &str = "5ce148b9-5578-4049-aecf-af7bb55714b5";
const SERVICE: &str = "2af27699-f131-4411-8fdb-9e8cd4e8bded";

#[track_caller]
fn check(query: &impl Query, line: Line, expected: &[(&str, &str)]) {
    let parameters = query.parameters(line);
    let sent: Vec<_> = parameters
        .pairs()
        .iter()
        .skip(1)
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(sent, expected);
}

fn region() -> Region {
    Region::default().with_nuts("DE3").with_lau("11000000")
}

fn determination(level: Level) -> Determination {
    Determination {
        context: CONTEXT.parse().unwrap(),
        labels: Vec::new(),
        level,
    }
}

fn concept() -> Concept {
    Concept {
        id: CONCEPT.parse().unwrap(),
        scheme: None,
        kind: crate::directory::answer::ConceptKind::Text,
        kind_text: "string".to_owned(),
        value_expression: None,
        labels: Vec::new(),
        values: Vec::new(),
    }
}

#[test]
fn requirements_name_procedure_and_country() {
    let query = RequirementsQuery::new("R1".parse().unwrap(), "DE".parse().unwrap());
    let plain = [("procedure-id", "R1"), ("country-code", "DE")];
    check(&query, Line::V2_0, &plain);
    check(&query, Line::V1_0, &plain);
    let query = query.with_region(region());
    check(&query, Line::V2_0, &plain);
    check(
        &query,
        Line::V1_2,
        &[
            ("procedure-id", "R1"),
            ("country-code", "DE"),
            ("jurisdiction-admin-l2", "DE3"),
            ("jurisdiction-admin-l3", "11000000"),
        ],
    );
}

#[test]
fn the_catalogue_needs_no_parameters() {
    check(&RequirementsQuery::catalogue(), Line::V2_0, &[]);
}

#[test]
fn evidence_types_take_a_region_before_1_2() {
    let query = EvidenceTypesQuery::new(REQUIREMENT.parse().unwrap(), "DE".parse().unwrap())
        .with_region(Region::default().with_nuts("DE3"));
    let plain = [("requirement-id", REQUIREMENT), ("country-code", "DE")];
    check(&query, Line::V1_2, &plain);
    check(&query, Line::V2_0, &plain);
    check(
        &query,
        Line::V1_1,
        &[plain[0], plain[1], ("jurisdiction-admin-l2", "DE3")],
    );
}

#[test]
fn data_services_take_a_specification_from_1_1() {
    let query = DataServicesQuery::new(TYPE.parse().unwrap(), "FR".parse().unwrap())
        .with_specification(Version::V2_0);
    let plain = [
        ("evidence-type-classification", TYPE),
        ("country-code", "FR"),
    ];
    check(&query, Line::V1_0, &plain);
    let narrowed = [plain[0], plain[1], ("specification", "oots-edm:v2.0")];
    check(&query, Line::V1_1, &narrowed);
    check(&query, Line::V2_0, &narrowed);
}

// [AT-07]
#[test]
fn answers_of_the_user_follow_the_line() {
    let service = Some(SERVICE.parse().unwrap());
    let input = UserInput::default()
        .with_place(&determination(Level::Lau), "11000000", service)
        .with_value(&concept(), "public");
    let query = DataServicesQuery::new(TYPE.parse().unwrap(), "FR".parse().unwrap())
        .with_input(input.clone());
    check(
        &query,
        Line::V1_0,
        &[
            ("evidence-type-classification", TYPE),
            ("country-code", "FR"),
            ("jurisdiction-admin-l3", "11000000"),
            ("jurisdiction-context-id", CONTEXT),
            ("evidence-type-id", SERVICE),
            (CONCEPT, "public"),
        ],
    );
    check(
        &query,
        Line::V2_0,
        &[
            ("evidence-type-classification", TYPE),
            ("country-code", "FR"),
            (CONCEPT, "public"),
        ],
    );
    assert!(!input.is_empty());
    let printed = format!("{input:?}");
    assert!(!printed.contains("public") && !printed.contains("11000000"));
}

#[test]
fn a_nuts_code_goes_to_the_second_level() {
    for level in [Level::Nuts1, Level::Nuts2, Level::Nuts3] {
        let input = UserInput::default().with_place(&determination(level), "DE3", None);
        let query = DataServicesQuery::new(TYPE.parse().unwrap(), "FR".parse().unwrap());
        check(
            &query.with_input(input),
            Line::V1_2,
            &[
                ("evidence-type-classification", TYPE),
                ("country-code", "FR"),
                ("jurisdiction-admin-l2", "DE3"),
                ("jurisdiction-context-id", CONTEXT),
            ],
        );
    }
}
