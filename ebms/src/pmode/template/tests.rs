use super::*;

const SMALL: &str = "[[service]]\nvalue = \"urn:x:y\"\nactions = [\"Go\"]\n";

#[test]
fn what_is_left_out_has_the_oots_value() {
    let template = Template::from_toml("t", SMALL).unwrap();
    let leg = template.leg(None);
    assert!(leg.encrypts() && leg.compresses());
    assert_eq!(template.max_message_bytes(), 100 << 20);
    assert_eq!(template.limits().payloads, 28);
    assert_eq!(template.role_to(), profile::GATEWAY_ROLE);
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let problems = Template::from_toml("t", text).unwrap_err();
    let found: Vec<_> = problems.all().iter().map(ToString::to_string).collect();
    assert_eq!(found, expected);
}

#[test]
fn every_problem_is_reported_with_its_line() {
    let text = format!(
        "role_to = \" a\"\nshape = 1\n[limits]\nratio = 0\npayloads = \"many\"\n\
         [security]\nprofile = \"dsa\"\n[[leg]]\naction = \"Stop\"\n{SMALL}colour = 1\n"
    );
    check(
        &text,
        &[
            "t:1: role_to: is empty or has blanks around it",
            "t:2: unknown key shape",
            "t:4: limits.ratio: must not be 0",
            "t:5: limits.payloads: must be a whole number that is not negative",
            "t:7: security.profile: unknown variant `dsa`, expected one of `rsa`, `ed25519`, \
             `ecdsa`",
            "t:9: leg: no [[service]] has the action \"Stop\"",
            "t:13: unknown key service.colour",
        ],
    );
    check(
        "role_to = \"x",
        &["t:1: invalid basic string, expected `\"`"],
    );
    check("", &["t: service: at least one [[service]] is needed"]);
}

#[test]
fn an_action_may_differ_from_the_rest() {
    // [AS4 4.1] responses travel uncompressed in the published P-Modes.
    let text = format!("{SMALL}[[leg]]\naction = \"Go\"\ncompress = false\n");
    let template = Template::from_toml("t", &text).unwrap();
    let service = Service::new("urn:x:y", None).unwrap();
    assert!(!template.leg(Some((&service, "Go"))).compresses());
    assert!(template.leg(Some((&service, "Stay"))).compresses());
}

#[test]
fn a_release_has_its_properties_and_no_others() {
    // [R-EDM-ebMS-018] [R-EDM-ebMS-019] [P44]
    let template = Template::from_toml("t", SMALL).unwrap();
    let all: Vec<_> = [
        "originalSender",
        "finalRecipient",
        "ExchangeId",
        "SpecificationId",
    ]
    .iter()
    .map(|name| Property::new(name, "x"))
    .collect();
    let two = &all[..2];
    assert!(template.has_properties_of("1.2", two));
    assert!(!template.has_properties_of("1.2", &all));
    assert!(template.has_properties_of("2.0", &all));
    assert!(!template.has_properties_of("2.0", two));
    assert!(!template.has_properties_of("1.2", &all[1..3]));
}

#[test]
fn an_empty_role_or_agreement_is_refused() {
    for line in ["role_from = \"\"", "role_to = \" a\"", "agreement = \"\""] {
        assert!(
            Template::from_toml("t", &format!("{line}\n{SMALL}")).is_err(),
            "{line}"
        );
    }
}

#[test]
fn a_service_without_type_is_a_uri() {
    let text = SMALL.replace("urn:x:y", "QueryManager");
    assert!(Template::from_toml("t", &text).is_err());
}
