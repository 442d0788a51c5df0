//! Identifiers and codes: what is one, and what is not.

use mapping::edm::{
    AgentId, ContentRef, CountryCode, DataModel, EidasId, EvidenceTypeId, IdentifierScheme,
    LanguageCode, MediaType, PreviewUrl, ProcedureCode, RequestId, RequirementId, ReturnUrl, Text,
    Version,
};
use std::str::FromStr;

#[track_caller]
fn check<T: FromStr>(good: &[&str], bad: &[&str]) {
    for text in good {
        assert!(text.parse::<T>().is_ok(), "{text}");
    }
    for text in bad {
        assert!(text.parse::<T>().is_err(), "{text}");
    }
}

const UUID: &str = "4ffb5281-179d-4578-adf2-39fd13ccc797";

#[test]
fn request_ids_are_uuids_with_any_number_of_prefixes() {
    let compact = UUID.replace('-', "");
    check::<RequestId>(
        &[
            &format!("urn:uuid:{UUID}"),
            UUID,
            &format!("urn:uuid:urn:uuid:{}", UUID.to_uppercase()),
        ],
        &[
            "",
            "urn:uuid:",
            &compact,
            &format!("{{{UUID}}}"),
            &format!("urn:uuid:{UUID}x"),
        ],
    );
}

#[test]
fn schemes_are_of_the_eas_list_or_unregistered() {
    check::<IdentifierScheme>(
        &[
            "urn:cef.eu:names:identifier:EAS:0204",
            "urn:cef.eu:names:identifier:EAS:9930",
            "urn:oasis:names:tc:ebcore:partyid-type:unregistered:oots",
            "urn:oasis:names:tc:ebcore:partyid-type:unregistered:DE",
            "urn:oasis:names:tc:ebcore:partyid-type:unregistered:EL",
        ],
        &[
            "",
            "0204",
            "urn:cef.eu:names:identifier:EAS:",
            "urn:cef.eu:names:identifier:EAS:1234",
            "URN:cef.eu:names:identifier:EAS:0204",
            "urn:oasis:names:tc:ebcore:partyid-type:unregistered",
            "urn:oasis:names:tc:ebcore:partyid-type:unregistered:",
            "urn:oasis:names:tc:ebcore:partyid-type:unregistered:GR",
            "urn:oasis:names:tc:ebcore:partyid-type:unregistered:oots-simulator",
        ],
    );
}

#[test]
fn agent_identifiers_have_up_to_255_characters() {
    let scheme = || IdentifierScheme::unregistered("DE".parse().unwrap());
    assert!(AgentId::new(&"x".repeat(255), scheme()).is_ok());
    assert!(AgentId::new(&"x".repeat(256), scheme()).is_err());
    assert!(AgentId::new(" ", scheme()).is_err());
}

#[test]
fn eidas_identifiers_name_two_countries() {
    for (text, good) in [
        ("FR/DE/123456", true),
        ("fr/de/123456", true),
        ("EL/DE/a/b/c/d", true),
        ("FR/DE/12345", false),
        ("GR/DE/123456", false),
        ("FR/DE/12 456", false),
        ("FR/123456", false),
        ("123456789", false),
    ] {
        assert_eq!(EidasId::new(text).is_ok(), good, "{text}");
    }
    let (from, to) = EidasId::new("FR/DE/123456").unwrap().countries().unwrap();
    assert_eq!((from.as_str(), to.as_str()), ("FR", "DE"));
}

#[test]
fn repository_urls_have_their_host_and_path() {
    let host = "https://sr.oots.tech.ec.europa.eu";
    check::<RequirementId>(
        &[
            &format!("{host}/requirements/{UUID}"),
            &format!("https://sr.acc.oots.tech.ec.europa.eu/requirements/{UUID}"),
            &format!("https://sr.oots.tech.europa.eu/requirements/{UUID}"),
        ],
        &[
            &format!("{host}/requirements/{}", UUID.to_uppercase()),
            &format!("http://sr.oots.tech.ec.europa.eu/requirements/{UUID}"),
            &format!("https://sr..oots.tech.ec.europa.eu/requirements/{UUID}"),
            &format!("https://sr.evil.example/oots.tech.ec.europa.eu/requirements/{UUID}"),
            &format!("https://sr.oots.tech.ec.europa.eu.evil.example/requirements/{UUID}"),
            &format!("{host}/requirements/{UUID}/x"),
            &format!("{host}/requirement/{UUID}"),
        ],
    );
    check::<DataModel>(
        &[
            &format!("{host}/datamodels/birth-1.0.0"),
            &format!("{host}/datamodels/birth-1.0.0/age"),
            &format!("{host}/distributions/birth-1.0.0"),
        ],
        &[
            &format!("{host}/datamodels/"),
            &format!("{host}/models/birth"),
        ],
    );
}

#[test]
fn evidence_types_belong_to_a_country_or_to_all() {
    let base = "https://sr.oots.tech.ec.europa.eu/evidencetypeclassifications";
    check::<EvidenceTypeId>(
        &[
            &format!("{base}/DE/{UUID}"),
            &format!("{base}/oots/{UUID}"),
            &format!("{base}/EU/{UUID}"),
        ],
        &[
            &format!("{base}/XX/{UUID}"),
            &format!("{base}/{UUID}"),
            &format!(" {base}/DE/{UUID}"),
        ],
    );
    let id: EvidenceTypeId = format!("{base}/DE/{UUID}").parse().unwrap();
    assert_eq!(id.owner(), "DE");
    assert_eq!(id.uuid().unwrap().to_string(), UUID);
}

#[test]
fn codes_are_those_of_the_lists() {
    check::<CountryCode>(&["DE", "EL", "EU"], &["GR", "UK", "de", "D", "DEU", "US"]);
    check::<LanguageCode>(&["DE", "de", "El"], &["AT", "", "deu", "D"]);
    let shapes = ["", "R", "1", "r1", "01", "R123", "ABC1"];
    check::<ProcedureCode>(&["R1", "AM1", "X10", "00", "Z9"], &shapes);
    let shapes = ["pdf", "a/b/c", "/", "a/ b"];
    check::<MediaType>(&["application/pdf", "text/csv"], &shapes);
    let lines = ["oots-edm:v3.0", "v2.0", "oots-edm:v2.0 "];
    check::<Version>(&["oots-edm:v1.1"], &lines);
    check::<ContentRef>(&["a@b", "regrep"], &["", "a b", "a\nb"]);
}

#[test]
fn the_way_back_travels_in_the_link_before_2_0() {
    let back: ReturnUrl = "https://portal.example/back?x=1&y=2".parse().unwrap();
    let tail = "returnurl=https%3A%2F%2Fportal.example%2Fback%3Fx%3D1%26y%3D2&returnmethod=GET";
    for (location, before) in [
        ("https://space.example/p", "https://space.example/p?"),
        (
            "https://space.example/p?a=b",
            "https://space.example/p?a=b&",
        ),
        ("https://space.example/p?", "https://space.example/p?"),
    ] {
        let url: PreviewUrl = location.parse().unwrap();
        assert_eq!(
            url.user_link(Version::V1_2, &back),
            format!("{before}{tail}")
        );
        assert_eq!(url.user_link(Version::V2_0, &back), location);
    }
    let url: PreviewUrl = "https://space.example/p#top".parse().unwrap();
    let link = url.user_link(Version::V1_0, &back);
    assert_eq!(link, format!("https://space.example/p?{tail}#top"));
}

#[test]
fn the_first_wanted_language_that_there_is_is_picked() {
    let texts = [
        Text::new(LanguageCode::EN, "birth"),
        Text::new(LanguageCode::DE, "Geburt"),
    ];
    let french: LanguageCode = "FR".parse().unwrap();
    let pick = |wanted: &[LanguageCode]| Text::pick(&texts, wanted).map(Text::value);
    assert_eq!(pick(&[french, LanguageCode::DE]), Some("Geburt"));
    assert_eq!(pick(&[french]), Some("birth"));
    assert_eq!(Text::pick(&[], &[french]), None);
}
