//! What a Data Provider requires of a 0301

use serde_json::Value;

use super::{Asked, Register};
use crate::simulator::national::{Findings, classified, is_uuid, list, text};

/// Everything wrong with a request, in reading order
pub(super) fn request(register: &Register, asked: &Asked) -> Vec<String> {
    let mut findings = Findings::new();
    let message = &asked.message;
    members(message, &mut findings);
    token(register, message, &mut findings);
    parties(register, message, &mut findings);
    query(message, &mut findings);
    evidence_type(register, message, &mut findings);
    findings.into_vec()
}

fn members(message: &Value, findings: &mut Findings) {
    let Some(members) = message.as_object() else {
        return;
    };
    for name in members.keys() {
        findings.expect(MEMBERS.contains(&name.as_str()), || {
            format!("unknown member {name}")
        });
    }
    for name in [
        "IssueDateTime",
        "lang",
        "EvidenceRequester",
        "EvidenceProvider",
        "Query",
    ] {
        findings.expect(members.contains_key(name), || format!("{name} is missing"));
    }
}

fn token(register: &Register, message: &Value, findings: &mut Findings) {
    // The element is optional towards the SAK and mandatory at the Data Provider.
    let Some(token) = text(message, "/IssuedToken") else {
        findings.add("IssuedToken is missing");
        return;
    };
    let provider = &register.profile.agent.id;
    if let Err(error) = register
        .tokens
        .check(token, message, provider, register.source.now())
    {
        findings.add(format!("IssuedToken: {error}"));
    }
}

fn parties(register: &Register, message: &Value, findings: &mut Findings) {
    let requesters = list(message, "/EvidenceRequester");
    match classified(requesters, "ER").as_slice() {
        [one] => {
            // Class ER requires the country.
            let country = text(one, "/Address/AdminUnitLevel1/code");
            findings.expect(country.is_some(), || {
                "the requester has no country".to_owned()
            });
            findings.expect(country != Some("DE"), || {
                "the requester is German".to_owned()
            });
            scheme(one, findings);
        }
        found => findings.add(format!(
            "{} requesters of class ER instead of one",
            found.len()
        )),
    }
    match classified(requesters, "IP").as_slice() {
        [one] => {
            findings.equal(
                "platform identifier",
                text(one, "/Identifier/value"),
                &register.platform.id,
            );
            findings.equal(
                "platform scheme",
                text(one, "/Identifier/schemeID"),
                &register.platform.scheme,
            );
        }
        found => findings.add(format!(
            "{} requesters of class IP instead of one",
            found.len()
        )),
    }
    findings.expect(requesters.len() == 2, || {
        format!("{} requesters instead of two", requesters.len())
    });
    let agent = &register.profile.agent;
    findings.equal(
        "provider",
        text(message, "/EvidenceProvider/Identifier/value"),
        &agent.id,
    );
    findings.equal(
        "provider scheme",
        text(message, "/EvidenceProvider/Identifier/schemeID"),
        &agent.scheme,
    );
    findings.equal(
        "provider class",
        text(message, "/EvidenceProvider/Classification/code"),
        "EP",
    );
    let reader = text(message, "/nachrichtenkopf/leser/name").unwrap_or_default();
    findings.expect(!reader.is_empty(), || "leser has no name".to_owned());
}

fn scheme(agent: &Value, findings: &mut Findings) {
    let scheme = text(agent, "/Identifier/schemeID").unwrap_or_default();
    let country = scheme.strip_prefix(UNREGISTERED).unwrap_or_default();
    let unregistered = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
    let known = scheme.starts_with(EAS) || unregistered;
    findings.expect(known, || {
        format!("identifier scheme {scheme:?} is not one of XNachweis")
    });
}

fn query(message: &Value, findings: &mut Findings) {
    findings.equal(
        "QueryDefinition",
        text(message, "/Query/QueryDefinition"),
        "DocumentQuery",
    );
    let person = "/Query/LegalOrNaturalPerson";
    let choices = message
        .pointer(person)
        .and_then(Value::as_object)
        .map_or(0, serde_json::Map::len);
    findings.expect(choices == 1, || {
        format!("{choices} subjects instead of one")
    });
    let Some(natural) = message.pointer(&format!("{person}/NaturalPerson")) else {
        return;
    };
    for pointer in ["/FamilyName/value", "/GivenName/value", "/DateOfBirth"] {
        let found = text(natural, pointer).unwrap_or_default();
        findings.expect(!found.is_empty(), || {
            format!("{pointer} of the person is missing")
        });
    }
    let assurance = text(natural, "/LevelOfAssurance/code").unwrap_or_default();
    let known = matches!(assurance, "Low" | "Substantial" | "High");
    findings.expect(known, || {
        format!("level of assurance {assurance:?} is unknown")
    });
    // A foreign request cannot carry an IDNr, and the platform has no legal basis to add one.
    findings.expect(natural.get("IDNr").is_none(), || {
        "the person has an IDNr".to_owned()
    });
    if natural.get("Identifier").is_some() {
        findings.equal(
            "scheme of the person",
            text(natural, "/Identifier/schemeID"),
            "eidas",
        );
        let id = text(natural, "/Identifier/value").unwrap_or_default();
        let parts: Vec<_> = id.splitn(3, '/').map(str::len).collect();
        // Without the value: findings are logged, and this one is personal.
        findings.expect(
            matches!(parts.as_slice(), [2, 2, rest] if *rest > 0),
            || "no eIDAS identifier".to_owned(),
        );
    }
}

fn evidence_type(register: &Register, message: &Value, findings: &mut Findings) {
    let requested = "/Query/RequestedEvidenceType";
    let identifier = text(message, &format!("{requested}/Identifier")).unwrap_or_default();
    findings.expect(is_uuid(identifier), || {
        format!("evidence type identifier {identifier:?} is no UUID")
    });
    findings.expect(
        !list(message, &format!("{requested}/Title")).is_empty(),
        || "the evidence type has no title".to_owned(),
    );
    let formats = list(
        message,
        &format!("{requested}/DistributedAs/PrioritizedFormat"),
    );
    findings.expect(!formats.is_empty(), || "no format requested".to_owned());
    if let Some(offer) = register.find_offer(message) {
        let media_type = offer.document.media_type();
        let served = formats
            .iter()
            .any(|format| text(format, "/Format/code") == Some(media_type));
        findings.expect(served, || {
            format!("{} is not offered in any requested format", offer.title)
        });
    } else {
        findings.add("this register has not the requested evidence type");
    }
}

const EAS: &str = "urn:cef.eu:names:identifier:EAS:";
const UNREGISTERED: &str = "urn:oasis:names:tc:ebcore:partyid-type:unregistered:";

const MEMBERS: [&str; 16] = [
    "produkt",
    "produkthersteller",
    "produktversion",
    "standard",
    "test",
    "version",
    "nachrichtenkopf",
    "SpecificationIdentifier",
    "IssueDateTime",
    "Rechtsgrundlage",
    "Verarbeitungszweck",
    "lang",
    "IssuedToken",
    "EvidenceRequester",
    "EvidenceProvider",
    "Query",
];
