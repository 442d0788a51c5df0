//! The scrutiny of an answer: is it the one to our request, complete, and about our subject?

use bytes::Bytes;
use ebms::{Payload, profile};

use super::{Asked, Delivered, Portal};
use crate::simulator::edm::{
    self, EdmVersion, ReceivedDocument, ReceivedError, ReceivedPerson, ReceivedResponse,
};
use crate::simulator::foreign::evidence::ReceivedEvidence;
use crate::simulator::foreign::inspect::{self, Expected};
use crate::simulator::journal::{EvidenceRecord, Flow, Keys, sha256_hex};
use crate::simulator::national::{Findings, is_uuid, urn_uuid};

/// What a portal was answered
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Documents
    Evidence(Vec<ReceivedEvidence>),
    /// Success without a document
    Empty,
    /// The evidence will be there at this time
    Deferred(String),
    /// The user has to go to this address first
    PreviewRequired(String),
    /// Refused
    Error {
        /// `EDM:ERR:` code
        code: String,
        /// Detail
        detail: Option<String>,
    },
}

/// An answer with everything found wrong in it
#[derive(Clone, Debug)]
pub struct ReceivedAnswer {
    /// What it says
    pub outcome: Outcome,
    /// What is wrong with it; also in the journal
    pub findings: Vec<String>,
    /// MessageId
    pub message_id: String,
    /// The EDM message as received
    pub edm: Bytes,
}

pub(super) fn response(
    portal: &Portal,
    asked: &Asked,
    delivered: &Delivered,
    response: &ReceivedResponse,
) -> (Outcome, Vec<String>) {
    let mut findings = Findings::new();
    let version = common(
        asked,
        delivered,
        profile::EXECUTE_QUERY_RESPONSE,
        &mut findings,
    );
    same_version(version, &response.version, &mut findings);
    findings.expect(is_uuid(&response.response_id), || {
        "the response id is no UUID".to_owned()
    });
    parties(portal, asked, response, &mut findings);
    let documents = documents(asked, delivered, response, &mut findings);
    let outcome = match (response.status.as_str(), &response.available) {
        ("Unavailable", Some(at)) => {
            findings.expect(documents.is_empty(), || {
                "documents in a deferred answer".to_owned()
            });
            Outcome::Deferred(at.clone())
        }
        ("Success", None) if documents.is_empty() => Outcome::Empty,
        (_, available) => {
            findings.expect(available.is_none(), || {
                "a date of availability with Success".to_owned()
            });
            findings.expect(response.status == "Success", || {
                "Unavailable without a date".to_owned()
            });
            Outcome::Evidence(documents)
        }
    };
    (outcome, findings.into_vec())
}

pub(super) fn error(
    asked: &Asked,
    delivered: &Delivered,
    error: &ReceivedError,
) -> (Outcome, Vec<String>) {
    let mut findings = Findings::new();
    let version = common(asked, delivered, profile::EXCEPTION_RESPONSE, &mut findings);
    same_version(version, &error.version, &mut findings);
    findings.expect(is_uuid(&error.response_id), || {
        "the response id is no UUID".to_owned()
    });
    // What is no identifier cannot be named.
    let request = asked.request.as_ref();
    let nameable = request.is_some_and(|request| urn_uuid(&request.id).is_some());
    findings.expect(error.request_id.is_some() || !nameable, || {
        "the error does not name the request".to_owned()
    });
    let class = error.provider.class.as_deref();
    findings.expect(matches!(class, Some("ERRP" | "EP" | "IP")), || {
        format!("the error provider is classified {class:?}")
    });
    findings.expect(error.provider.country.is_some(), || {
        "the error provider has no country".to_owned()
    });
    findings.expect(delivered.message.get().payloads().len() == 1, || {
        "an error with parts".to_owned()
    });
    let Some(exception) = error.exceptions.first() else {
        return (Outcome::Empty, findings.into_vec());
    };
    let kind = edm::exception(&exception.code).map(|(kind, _)| kind.rsplit(':').next());
    findings.expect(kind == Some(Some(exception.kind.as_str())), || {
        format!("{} does not go with {}", exception.kind, exception.code)
    });
    let preview = exception
        .severity
        .ends_with(":EDMErrorResponse:PreviewRequired");
    findings.expect(preview == exception.preview_location.is_some(), || {
        "severity and PreviewLocation do not go together".to_owned()
    });
    let outcome = match &exception.preview_location {
        Some(location) => {
            findings.expect(location.starts_with("https://"), || {
                "the preview is not https".to_owned()
            });
            findings.equal("code of a preview", Some(&exception.code), "EDM:ERR:0002");
            Outcome::PreviewRequired(location.clone())
        }
        None => Outcome::Error {
            code: exception.code.clone(),
            detail: exception.detail.clone(),
        },
    };
    (outcome, findings.into_vec())
}

/// Header of an answer: same session and exchange, corners swapped
fn common(
    asked: &Asked,
    delivered: &Delivered,
    action: &str,
    findings: &mut Findings,
) -> Option<EdmVersion> {
    let version = asked
        .request
        .as_ref()
        .and_then(|request| EdmVersion::find(&request.version));
    // What the header of the request lacked, the one of the answer cannot repeat.
    let had_exchange = !asked.exchange_id.is_empty();
    let full = had_exchange || version != Some(EdmVersion::V2_0);
    let expected = Expected {
        action,
        version: version.filter(|_| full),
        sender: Some((&asked.recipient.0, &asked.recipient.1)),
        recipient: Some((&asked.sender.0, &asked.sender.1)),
        conversation: Some(&asked.conversation_id),
        exchange: had_exchange.then_some(asked.exchange_id.as_str()),
    };
    for finding in inspect::header(delivered.message.get(), &expected) {
        findings.add(finding);
    }
    version
}

fn same_version(asked: Option<EdmVersion>, answered: &str, findings: &mut Findings) {
    if let Some(version) = asked {
        findings.equal("version of the answer", Some(answered), version.as_str());
    }
}

fn parties(portal: &Portal, asked: &Asked, response: &ReceivedResponse, findings: &mut Findings) {
    let Some(request) = &asked.request else {
        return;
    };
    let wanted = request
        .requesters
        .iter()
        .find(|agent| agent.class.as_deref() == Some("ER"));
    if let Some(wanted) = wanted {
        findings.equal("requester", Some(&response.requester.id), &wanted.id);
        findings.equal(
            "scheme of the requester",
            Some(&response.requester.scheme),
            &wanted.scheme,
        );
    }
    let of_class = |class: &str| {
        let agents = response.providers.iter();
        agents
            .filter(|agent| agent.class.as_deref() == Some(class))
            .collect::<Vec<_>>()
    };
    match of_class("EP").as_slice() {
        [one] => {
            findings.equal("provider", Some(&one.id), &request.provider.id);
            findings.equal(
                "scheme of the provider",
                Some(&one.scheme),
                &request.provider.scheme,
            );
            findings.expect(one.country.is_some(), || {
                "the provider has no country".to_owned()
            });
        }
        found => findings.add(format!(
            "{} providers of class EP instead of one",
            found.len()
        )),
    }
    // The platform is a proxy and always names itself beside the responsible body.
    let platform = &portal.spec.peer_platform;
    match of_class("IP").as_slice() {
        [one] => findings.equal("platform", Some(&one.id), &platform.id),
        found => findings.add(format!(
            "{} providers of class IP instead of one",
            found.len()
        )),
    }
}

/// Every reference has its part, every part its reference, and each is what was asked for
fn documents(
    asked: &Asked,
    delivered: &Delivered,
    response: &ReceivedResponse,
    findings: &mut Findings,
) -> Vec<ReceivedEvidence> {
    let parts = delivered
        .message
        .get()
        .payloads()
        .get(1..)
        .unwrap_or_default();
    for part in parts {
        let cid = part.cid().as_str();
        let named = response
            .documents
            .iter()
            .filter(|document| document.cid == cid)
            .count();
        findings.expect(named == 1, || {
            format!("part {cid} is referred to {named} times")
        });
    }
    let mut received = Vec::new();
    for document in &response.documents {
        let Some(part) = parts
            .iter()
            .find(|part| part.cid().as_str() == document.cid)
        else {
            findings.add(format!("no part for cid:{}", document.cid));
            continue;
        };
        inspect_document(asked, document, part, findings);
        received.push(ReceivedEvidence {
            content: part.content().clone(),
            sha256: sha256_hex(part.content()),
            media_type: part.media_type().to_owned(),
            evidence_id: Some(document.evidence_id.clone()),
        });
    }
    received
}

fn inspect_document(
    asked: &Asked,
    document: &ReceivedDocument,
    part: &Payload,
    findings: &mut Findings,
) {
    findings.equal(
        "format in the metadata",
        Some(&document.format),
        part.media_type(),
    );
    findings.expect(!part.content().is_empty(), || {
        "the document is empty".to_owned()
    });
    findings.expect(is_uuid(&document.evidence_id), || {
        "the evidence id is no UUID".to_owned()
    });
    let Some(request) = &asked.request else {
        return;
    };
    let two = EdmVersion::find(&request.version) == Some(EdmVersion::V2_0);
    findings.expect(document.node.is_some() == two, || {
        format!("classification of the document is {:?}", document.node)
    });
    if document
        .node
        .as_deref()
        .is_some_and(|node| node != "MainEvidence")
    {
        return;
    }
    let class = document.classification.as_deref();
    findings.equal("evidence type", class, &request.classification);
    findings.expect(request.formats.contains(&document.format), || {
        format!("{} was not asked for", document.format)
    });
    // Without values: this text is logged.
    let same = |a: &ReceivedPerson, b: &ReceivedPerson| {
        a.family_name == b.family_name
            && a.given_name == b.given_name
            && a.birth_date == b.birth_date
    };
    let about = match (&document.about, &request.person) {
        (Some(about), Some(person)) => same(about, person),
        (about, person) => about.is_none() == person.is_none(),
    };
    findings.expect(about, || "the evidence is about somebody else".to_owned());
}

/// Enters the documents of an outcome in the ledger
pub(super) fn enter_in_ledger(portal: &Portal, outcome: &Outcome, keys: &Keys) {
    let Outcome::Evidence(documents) = outcome else {
        return;
    };
    for document in documents {
        portal
            .access_point
            .journal()
            .record_evidence(EvidenceRecord {
                at: portal.access_point.source().now(),
                holder: portal.spec.requester.name.clone(),
                flow: Flow::Received,
                sha256: document.sha256.clone(),
                media_type: document.media_type.clone(),
                bytes: document.content.len() as u64,
                keys: keys.clone(),
            });
    }
}
