//! What will not work with a partner, now or soon, although its file can be read.

use std::{process::ExitCode, time::Duration};

use ebms::{
    Partner, Template,
    security::{Certificate, Revocation},
};
use jiff::{SignedDuration, Timestamp};
use mapping::edm;
use serde_json::json;

use crate::{
    cli::{
        exit::{FINDINGS, Failure},
        output::Output,
    },
    config::Config,
};

pub(super) fn run(config: &Config, now: Timestamp, output: Output) -> Result<ExitCode, Failure> {
    let mut code = ExitCode::SUCCESS;
    for partner in config.pmodes().partners() {
        let template = config.pmodes().template(partner);
        let mut findings = findings(partner, now);
        findings.extend(
            template
                .into_iter()
                .flat_map(|template| agreed(config, partner, template)),
        );
        for finding in findings {
            let name = partner.name().as_str();
            let record = json!({ "partner": name, "finding": finding });
            output.record(&record, || format!("{name}: {finding}"))?;
            code = ExitCode::from(FINDINGS);
        }
    }
    Ok(code)
}

fn findings(partner: &Partner, now: Timestamp) -> Vec<String> {
    let mut findings = Vec::new();
    if !partner.endpoint().starts_with("https://") {
        findings.push(format!("endpoint {} is not https", partner.endpoint()));
    }
    if partner.edm_versions().is_empty() {
        findings.push("edm_versions is empty: nothing can be exchanged".to_owned());
    }
    for version in partner.edm_versions() {
        if format!("oots-edm:v{version}")
            .parse::<edm::Version>()
            .is_err()
        {
            findings.push(format!("EDM version {version} is not spoken here"));
        }
    }
    findings.extend(signing(partner, now));
    findings.extend(encryption(partner, now));
    findings.extend(revocation(partner, now));
    findings
}

fn signing(partner: &Partner, now: Timestamp) -> Option<String> {
    let pinned = partner.trust().certificates();
    // While two overlap, the one that ends later counts.
    let last = pinned.iter().max_by_key(|it| it.not_after())?;
    if !pinned
        .iter()
        .any(|certificate| certificate.is_valid_at(now))
    {
        return Some("no signing certificate is valid now".to_owned());
    }
    ends_soon(last, now).map(|days| format!("the signing certificate ends in {days} days"))
}

fn encryption(partner: &Partner, now: Timestamp) -> Option<String> {
    match partner.recipient(now) {
        // Whether it is revoked is asked while the platform runs.
        Err(unusable) if !unusable.may_pass() || !has_begun(partner, now) => {
            Some(unusable.to_string())
        }
        Err(_) => None,
        Ok(certificate) => {
            let days = ends_soon(certificate?, now)?;
            Some(format!("the encryption certificate ends in {days} days"))
        }
    }
}

fn has_begun(partner: &Partner, now: Timestamp) -> bool {
    let certificate = partner.encryption_certificate();
    certificate.is_some_and(|certificate| certificate.not_before() <= now)
}

/// Whole days that are left, if they are few.
fn ends_soon(certificate: &Certificate, now: Timestamp) -> Option<i64> {
    let left = certificate.not_after().duration_since(now);
    (left < SOON).then(|| left.as_hours() / 24)
}

fn revocation(partner: &Partner, now: Timestamp) -> Vec<String> {
    let trust = partner.trust();
    let mut findings = Vec::new();
    let stale = trust.crls().iter().filter(|list| list.next_update() < now);
    for list in stale {
        findings.push(format!(
            "a revocation list is stale since {}",
            list.next_update()
        ));
    }
    if trust.revocation() == Revocation::Off && !trust.authorities().is_empty() {
        findings.push("nobody is asked whether certificates are revoked".to_owned());
    }
    let certificates = trust.certificates().iter();
    for certificate in certificates.chain(partner.encryption_certificate()) {
        let named = certificate.crl_urls().iter().chain(certificate.ocsp_urls());
        let known = |url: &&String| {
            trust.crl_urls().contains(url) || trust.ocsp_url() == Some(url.as_str())
        };
        for url in named.filter(|url| !known(url)) {
            findings.push(format!("a certificate names {url}, which is not asked"));
        }
    }
    findings.dedup();
    findings
}

fn agreed(config: &Config, partner: &Partner, template: &Template) -> Vec<String> {
    let mut findings = Vec::new();
    let t1 = config.timers().provider().t1();
    let attempt = config.as4().retry().timeout();
    let ends = template.retry().budget(attempt);
    if ends >= t1 {
        let (ends, t1) = (Duration::as_secs(&ends), t1.as_secs());
        findings.push(format!(
            "the last attempt to send ends after {ends} s, an answer is of use for {t1} s only"
        ));
    }
    for version in partner.edm_versions() {
        if template.property_names(version).is_none() {
            findings.push(format!(
                "the template has no [[properties]] for EDM {version}"
            ));
        }
    }
    let read = config.as4().max_message_bytes();
    if template.max_message_bytes() > read {
        findings.push(format!(
            "no more than {read} bytes of a message are read at all"
        ));
    }
    findings
}

/// As operators are warned. [ROB-125]
const SOON: SignedDuration = SignedDuration::from_hours(60 * 24);
