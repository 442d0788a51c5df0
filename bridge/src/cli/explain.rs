//! `explain`: what a code on one of the wires, or a problem of ours, means.

use std::process::ExitCode;

use ebms::EbmsCode;
use mapping::{
    CodeTables,
    code_table::Titles,
    edm::EdmErrorCode,
    noots::{ErrorCode, LanguageCode},
};
use serde_json::json;

use super::{exit::Failure, output::Output};
use crate::{config::embedded, http::respond::Kind};

pub(super) fn run(code: &str, output: &Output) -> Result<ExitCode, Failure> {
    let text = ebms(code)
        .or_else(|| edm(code))
        .or_else(|| national(code))
        .or_else(|| rule(code))
        .or_else(|| problem(code))
        .ok_or_else(|| Failure::Unknown(format!("nothing is known about {code:?}")))?;
    output.record(&json!({ "code": code, "meaning": text }), || text.clone())?;
    Ok(ExitCode::SUCCESS)
}

fn ebms(code: &str) -> Option<String> {
    let known = EbmsCode::ALL
        .iter()
        .find(|known| known.as_str().eq_ignore_ascii_case(code))?;
    let (short, severity) = (known.short_description(), known.severity().as_str());
    let (name, category, meaning) = (known.as_str(), known.category().as_str(), known.meaning());
    Some(format!(
        "{name} {short} ({severity}, {category})\n{meaning}"
    ))
}

fn edm(code: &str) -> Option<String> {
    let known = EdmErrorCode::ALL
        .into_iter()
        .find(|known| known.as_str().eq_ignore_ascii_case(code))?;
    Some(format!(
        "{} {} ({})",
        known.as_str(),
        known.message(),
        known.exception_type()
    ))
}

/// Codes of the national list, with the titles of the built-in table.
fn national(code: &str) -> Option<String> {
    let known: ErrorCode = code.to_ascii_uppercase().parse().ok()?;
    let tables = CodeTables::from_toml(embedded::MAPPING).ok()?;
    let title = |titles: &Titles| {
        titles
            .in_language(LanguageCode::ENGLISH)
            .map(|(_, title)| title.to_owned())
    };
    let meaning = tables.errors().titles(&known).and_then(title)?;
    let edm = tables.errors().to_edm(&known);
    Some(format!(
        "{code} {meaning}\nTowards the member state: {}",
        edm.as_str()
    ))
}

/// A rule of the EDM, in the words of our rule sets.
fn rule(code: &str) -> Option<String> {
    let rule = rules::explain(&code.to_ascii_uppercase())?;
    let release = |(release, severity): &(rules::Release, rules::Severity)| {
        format!("{} ({})", release.as_str(), severity.as_str())
    };
    let releases: Vec<_> = rule.releases.iter().map(release).collect();
    let checked = match releases.as_slice() {
        [] => "known, not checked".to_owned(),
        some => format!("checked in {}", some.join(", ")),
    };
    Some(format!(
        "{} {checked}\n{}\n{}\n{}",
        rule.id, rule.text_en, rule.text_de, rule.source
    ))
}

fn problem(code: &str) -> Option<String> {
    let slug = code.trim_start_matches("/problems/");
    let kind = Kind::ALL.iter().find(|kind| kind.slug() == slug)?;
    let again = if kind.is_retryable() {
        "trying again may help"
    } else {
        "trying again is no use"
    };
    let (title, status, meaning) = (kind.title(), kind.status().as_u16(), kind.meaning());
    Some(format!(
        "{slug}: {title} (HTTP {status}, {again})\n{meaning}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_every_wire_are_explained() {
        assert!(
            ebms("ebms:0101")
                .unwrap()
                .starts_with("EBMS:0101 FailedAuthentication (failure")
        );
        assert!(
            edm("EDM:ERR:0004")
                .unwrap()
                .contains("(ObjectNotFoundExceptionType)")
        );
        assert!(problem("store-unavailable").unwrap().contains("HTTP 503"));
        assert!(
            rule("R-EDM-REQ-S004")
                .unwrap()
                .starts_with("R-EDM-REQ-S004 checked in ")
        );
        assert_eq!(rule("R-EDM-REQ-S999"), None);
        assert_eq!(ebms("EBMS:9999"), None);
        assert_eq!(edm("EDM:ERR:9999"), None);
        assert_eq!(problem("nonsense"), None);
    }

    #[test]
    fn every_national_code_of_the_table_has_a_meaning() {
        let text = national("NOOTS:ERR:0200").unwrap();
        assert!(text.contains("EDM:ERR:0004"), "{text}");
    }
}
