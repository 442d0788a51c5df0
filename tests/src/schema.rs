//! Holds messages against the published schemas, with `xmllint` as second opinion.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result};

use crate::reference;

/// What is wrong with a document by the schemas of a release line, such as `2.0`; nothing when it
/// is valid, or when there is no reference data.
///
/// # Errors
/// `xmllint` cannot be run.
pub fn findings(release: &str, document: &[u8]) -> Result<Option<String>> {
    let Some(reference) = reference() else {
        return Ok(None);
    };
    let driver = match release {
        "1.0" => "oots/v1.0/xsd/oots-driver-v1.0-2023Q3.xsd".to_owned(),
        other => format!("oots/v{other}/xsd-reconstructed/oots-driver-v{other}.xsd"),
    };
    let mut xmllint = Command::new("xmllint")
        .args(["--nonet", "--noout", "--schema"])
        .arg(reference.join(driver))
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("xmllint must be installed")?;
    let mut input = xmllint.stdin.take().context("xmllint without an input")?;
    input.write_all(document)?;
    drop(input);
    let ended = xmllint.wait_with_output()?;
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    Ok((!ended.status.success()).then_some(said))
}

/// Fails unless the document is valid.
///
/// # Panics
/// It is not, or `xmllint` cannot be run.
#[track_caller]
#[expect(clippy::panic, reason = "test code")]
pub fn check(release: &str, document: &[u8]) {
    match findings(release, document) {
        Ok(None) => {}
        Ok(Some(said)) => panic!("{said}\n{}", String::from_utf8_lossy(document)),
        Err(error) => panic!("{error:#}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sample;

    #[test]
    fn published_messages_are_valid_in_their_release_only() {
        let published = [
            ("1.0", "v1.0/xml/edm/birth-1-request.xml"),
            ("1.2", "v1.2/xml/edm/1-request.xml"),
            ("2.0", "v2.0/xml/derived/request-all-optional.xml"),
        ];
        for (release, path) in published {
            let Some(sample) = Sample::published(path) else {
                return;
            };
            check(release, sample.text().as_bytes());
            let broken = sample.with("sdg:LevelOfAssurance", "sdg:LevelOfTrust");
            let said = findings(release, broken.text().as_bytes()).unwrap();
            assert!(said.unwrap().contains("LevelOfTrust"), "{release}");
        }
    }

    #[test]
    fn what_is_not_xml_is_not_valid() {
        if reference().is_some() {
            assert!(findings("2.0", b"evidence").unwrap().is_some());
        }
    }
}
