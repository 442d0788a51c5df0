use super::*;

const BIRTH: &str = "https://sr.oots.tech.ec.europa.eu/evidencetypeclassifications/DE/ca8afed6-2dc0-422a-a931-d21c3d8d370e";

fn entry(service: &str, id: &str, jurisdiction: &str, more: &str) -> String {
    format!(
        "[[entry]]\nservice_id = \"{service}\"\nevidence_type = \"{BIRTH}\"\nformats = [\"application/pdf\"]\n\
         agent = {{ id = \"{id}\", scheme = \"urn:cef.eu:names:identifier:EAS:0204\", names = {{ de = \"Standesamt\" }} }}\n\
         reader = {{ directory = \"DVDV\", id = \"psw:{id}\", name = \"Standesamt\" }}\n\
         jurisdiction = {jurisdiction}\n{more}\n"
    )
}

fn two_offices() -> Providers {
    let text = entry(
        "svc-s",
        "08111000",
        "{ level = \"GEMEINDE\", ars = [\"081110000000\"] }",
        "",
    ) + &entry(
        "svc-k",
        "08212000",
        "{ level = \"GEMEINDE\", ars = [\"082120000000\"] }",
        "procedures = [\"T1\"]",
    );
    Providers::from_toml("providers.toml", &text).unwrap()
}

#[track_caller]
fn check(place: Option<&str>, procedure: &str, expected: &str) {
    let providers = two_offices();
    let place = place.map(|text| Place::parse(text).unwrap());
    let found = providers.look_up(&Wanted {
        evidence_type: &BIRTH.parse().unwrap(),
        place: place.as_ref(),
        procedure: &procedure.parse().unwrap(),
        named: None,
    });
    assert_eq!(shown(&found), expected);
}

fn shown(found: &Found<'_>) -> String {
    match found {
        Found::None => "none".to_owned(),
        Found::One(provider) => provider.service_id().to_string(),
        Found::Several(all) => format!("{} of them", all.len()),
        Found::NeedsPlace => "needs place".to_owned(),
    }
}

#[test]
fn the_place_decides() {
    check(Some("081110000000"), "T1", "svc-s");
    check(Some("08212000"), "T1", "svc-k");
    check(Some("091620000000"), "T1", "none");
}

#[test]
fn without_the_place_nobody_is_guessed() {
    check(None, "T1", "needs place");
    check(Some("DE1"), "T1", "needs place");
    check(Some("DE2"), "T1", "none");
}

#[test]
fn a_provider_serves_the_procedures_it_names() {
    check(Some("08212000"), "R1", "none");
}

#[test]
fn whom_the_request_names_needs_no_place() {
    let providers = two_offices();
    let named = edm::AgentId::new(
        "08212000",
        "urn:cef.eu:names:identifier:EAS:0204".parse().unwrap(),
    )
    .unwrap();
    let found = providers.look_up(&Wanted {
        evidence_type: &BIRTH.parse().unwrap(),
        place: None,
        procedure: &"T1".parse().unwrap(),
        named: Some(&named),
    });
    assert_eq!(shown(&found), "svc-k");
}

#[test]
fn two_federal_providers_are_several() {
    let text =
        entry("a", "1", "{ level = \"DE\" }", "") + &entry("b", "2", "{ level = \"DE\" }", "");
    let providers = Providers::from_toml("providers.toml", &text).unwrap();
    let found = providers.look_up(&Wanted {
        evidence_type: &BIRTH.parse().unwrap(),
        place: None,
        procedure: &"T1".parse().unwrap(),
        named: None,
    });
    assert_eq!(shown(&found), "2 of them");
}

#[test]
fn the_regional_key_is_sent_when_it_is_certain() {
    let providers = two_offices();
    let first = providers.iter().next().unwrap();
    assert_eq!(first.ars_for(None).unwrap().as_str(), "081110000000");
    assert_eq!(
        first
            .ars_for(Place::parse("08111000").as_ref())
            .unwrap()
            .as_str(),
        "081110000000"
    );
}

#[test]
fn entries_that_cannot_work_are_refused() {
    let text = entry("a b", "1", "{ level = \"DE\" }", "")
        + &entry("c", "1", "{ level = \"LAND\" }", "")
        + &entry("d", "1", "{ level = \"DE\" }", "colour = 1");
    let problems = Providers::from_toml("providers.toml", &text).unwrap_err();
    let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(lines.len(), 3, "{lines:#?}");
    assert!(
        lines[0].contains("providers.toml:2: not a Service-ID"),
        "{lines:#?}"
    );
    assert!(lines[1].contains("needed there"), "{lines:#?}");
    assert!(lines[2].contains("unknown field `colour`"), "{lines:#?}");
}
