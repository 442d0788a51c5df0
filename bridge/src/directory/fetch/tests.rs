use mapping::edm::Version;

use super::*;
use crate::directory::query::{DataServicesQuery, RequirementsQuery};

#[track_caller]
fn check(base: &str, expected: &str) {
    let query = RequirementsQuery::catalogue().parameters(Line::V2_0);
    let url = search_url(base.parse().unwrap(), &query);
    assert_eq!(url.as_str().split_once('?').unwrap().0, expected);
}

// [AT-50] no path is taken for granted
#[test]
fn the_search_stands_below_the_base_or_is_it() {
    check("https://cs/eb/", "https://cs/eb/rest/search");
    check("https://cs/eb", "https://cs/eb/rest/search");
    check(
        "https://cs/query/eb/rest/search",
        "https://cs/query/eb/rest/search",
    );
}

#[test]
fn values_are_percent_encoded() {
    let kind = "https://sr.oots.tech.ec.europa.eu/evidencetypeclassifications/FR/869a6748-bfc5-4de6-a0b4-ec0420f6b6a4";
    let query = DataServicesQuery::new(kind.parse().unwrap(), "FR".parse().unwrap())
        .with_specification(Version::V2_0);
    let url = search_url(
        "https://cs/dsd/".parse().unwrap(),
        &query.parameters(Line::V2_0),
    );
    let query = url.query().unwrap();
    assert!(query.starts_with("queryId=urn%3Afdc%3Aoots%3Adsd%3A"));
    assert!(query.ends_with("&country-code=FR&specification=oots-edm%3Av2.0"));
    assert!(!query.contains('+') && !query.contains(' '));
}

#[track_caller]
fn check_error(error: LookUpError, outage: bool) {
    assert_eq!(error.is_outage(), outage, "{error:?}");
    assert_eq!(error.retry() != Retry::Never, outage, "{error:?}");
}

#[test]
fn only_outages_are_worth_another_try() {
    check_error(LookUpError::Unlocated, true);
    check_error(LookUpError::TimedOut, true);
    check_error(LookUpError::Status(503), true);
    check_error(LookUpError::Status(429), true);
    check_error(LookUpError::Status(404), false);
    check_error(LookUpError::Untrusted(Untrusted::Digest), false);
    check_error(LookUpError::Irrelevant(Irrelevant::Country), false);
    check_error(LookUpError::Unreadable(Unreadable::Root), false);
    check_error(LookUpError::Oversize(1), false);
}
