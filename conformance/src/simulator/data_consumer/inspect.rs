//! What a Data Consumer requires of every answer of the platform

use serde_json::Value;

use super::{DataConsumer, Refusal};
use crate::simulator::http::Answer;
use crate::simulator::national::{Findings, classified, list, open, text};
use crate::simulator::person::TestPerson;

/// Header fields of an answer
pub(super) fn transport(answer: &Answer, id: &str, findings: &mut Findings) {
    let media_type = answer
        .header("Content-Type")
        .and_then(|value| value.split(';').next());
    findings.equal("Content-Type", media_type, "application/json");
    findings.equal(
        "X-NOOTS-Correlation-ID",
        answer.header("X-NOOTS-Correlation-ID"),
        id,
    );
}

/// The platform writes, and names itself and us
pub(super) fn addresses(consumer: &DataConsumer, message: &Value, findings: &mut Findings) {
    let spec = &consumer.spec;
    let author = text(message, "/nachrichtenkopf/autor/kennung");
    findings.equal("kennung of autor", author, &spec.platform_body.kennung);
    let reader = text(message, "/nachrichtenkopf/leser/kennung");
    findings.equal("kennung of leser", reader, &spec.body.kennung);
    match classified(list(message, "/EvidenceRequester"), "ER").as_slice() {
        [one] => {
            findings.equal("requester", text(one, "/Identifier/value"), &spec.agent.id);
            findings.equal(
                "scheme of requester",
                text(one, "/Identifier/schemeID"),
                &spec.agent.scheme,
            );
        }
        found => findings.add(format!(
            "{} requesters of class ER instead of one",
            found.len()
        )),
    }
    // 0412 names the providers per evidence.
    let providers = list(message, "/EvidenceProvider");
    if !providers.is_empty() {
        platform(consumer, providers, findings);
    }
}

/// Exactly one agent of class IP, and it is the platform
pub(super) fn platform(consumer: &DataConsumer, agents: &[Value], findings: &mut Findings) {
    let spec = &consumer.spec;
    match classified(agents, "IP").as_slice() {
        [one] => {
            findings.equal(
                "platform",
                text(one, "/Identifier/value"),
                &spec.platform.id,
            );
            findings.equal(
                "scheme of platform",
                text(one, "/Identifier/schemeID"),
                &spec.platform.scheme,
            );
        }
        found => findings.add(format!(
            "{} providers of class IP instead of one",
            found.len()
        )),
    }
}

/// A refusal: an error message, or a problem of RFC 9457
pub(super) fn refusal(
    consumer: &DataConsumer,
    answer: &Answer,
    name: &str,
    id: &str,
    findings: &mut Findings,
) -> Refusal {
    let status = answer.status;
    let media_type = answer
        .header("Content-Type")
        .and_then(|value| value.split(';').next());
    if media_type == Some("application/problem+json") {
        let problem: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        findings.expect(problem.is_object(), || "the problem is not JSON".to_owned());
        let code = text(&problem, "/code").map(str::to_owned);
        let detail = text(&problem, "/detail").or_else(|| text(&problem, "/title"));
        return Refusal {
            status,
            code,
            detail: detail.map(str::to_owned),
        };
    }
    let message = open(&answer.body, name, findings).unwrap_or_else(|fault| {
        findings.add(format!("{fault} (status {status})"));
        Value::Null
    });
    transport(answer, id, findings);
    let requestid = format!("urn:uuid:{id}");
    findings.equal("requestid", text(&message, "/requestid"), &requestid);
    findings.equal("Status", text(&message, "/Status/code"), "Failure");
    let provider = text(&message, "/ErrorProvider/Classification/code");
    findings.expect(provider.is_some(), || {
        "ErrorProvider has no classification".to_owned()
    });
    let author = text(&message, "/nachrichtenkopf/autor/kennung");
    findings.equal(
        "kennung of autor",
        author,
        &consumer.spec.platform_body.kennung,
    );
    Refusal {
        status,
        code: text(&message, "/Exception/0/Code/code").map(str::to_owned),
        detail: text(&message, "/Exception/0/Detail").map(str::to_owned),
    }
}

/// Nothing of the person may stand in an address
pub(super) fn no_personal_data(
    what: &str,
    url: &str,
    person: &TestPerson,
    findings: &mut Findings,
) {
    let plain: String = url::form_urlencoded::parse(url.as_bytes())
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    for value in [
        &person.family_name,
        &person.given_name,
        &person.birth_date,
        &person.eidas,
    ] {
        findings.expect(!plain.contains(value.as_str()), || {
            format!("{what} holds personal data")
        });
    }
}
