//! 0411 until there is an answer, and the scrutiny of 0412 or 0413

use std::time::Duration;

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use super::{DataConsumer, EVIDENCE, Order, Refusal, inspect};
use crate::simulator::http::Answer;
use crate::simulator::journal::{EvidenceRecord, Flow, Keys, Verdict, sha256_hex};
use crate::simulator::national::{Findings, classified, is_uuid, list, open, text, urn_uuid};
use crate::simulator::person::TestPerson;

/// An evidence as the Data Consumer got it
#[derive(Clone, Debug)]
pub struct CollectedEvidence {
    /// The bytes
    pub content: Bytes,
    /// SHA-256, lower-case hexadecimal
    pub sha256: String,
    /// Media type of the metadata
    pub media_type: String,
    /// Title
    pub title: String,
    /// Name of the foreign provider
    pub provider: String,
}

/// What a Data Consumer got for an order
#[derive(Clone, Debug)]
pub enum Collection {
    /// Documents
    Evidence(Vec<CollectedEvidence>),
    /// No document yet, but a time
    Later(String),
    /// 0413 or a problem
    Refused(Refusal),
    /// No answer within the limit
    Unanswered,
}

/// One 0411 and what it got
#[derive(Clone, Debug)]
pub struct Attempt {
    /// nachrichtenUUID of the 0411
    pub id: String,
    /// The body that was sent
    pub body: Bytes,
    /// The answer
    pub answer: Answer,
}

impl DataConsumer {
    /// Asks until the platform has an answer, waiting exactly as long as told in between
    ///
    /// # Errors
    /// When the platform cannot be reached.
    pub async fn collect(&self, order: &Order, limit: Duration) -> Result<Collection> {
        let asking = async {
            loop {
                let attempt = self.ask(order).await?;
                if attempt.answer.status != 202 {
                    return Ok(self.judge(order, &attempt));
                }
                let pause = self.pause(order, &attempt);
                tokio::time::sleep(pause).await;
            }
        };
        tokio::time::timeout(limit, asking)
            .await
            .unwrap_or(Ok(Collection::Unanswered))
    }

    /// Sends one new 0411
    ///
    /// # Errors
    /// When the platform cannot be reached.
    pub async fn ask(&self, order: &Order) -> Result<Attempt> {
        let id = self.source.uuid().to_string();
        let content = json!({"ConversationID": order.conversation_id});
        let body = Bytes::from(self.envelope(GET_EVIDENCE, &id).seal(content).to_string());
        self.record_out(GET_EVIDENCE, keys(order, &id), body.len(), Verdict::Ok);
        let answer = self.post_raw(EVIDENCE, &id, body.clone()).await?;
        Ok(Attempt { id, body, answer })
    }

    /// Sends the identical 0411 again
    ///
    /// # Errors
    /// When the platform cannot be reached.
    pub async fn ask_again(&self, attempt: &Attempt) -> Result<Answer> {
        self.post_raw(EVIDENCE, &attempt.id, attempt.body.clone())
            .await
    }

    /// Scrutinizes and records the answer to a 0411
    pub fn judge(&self, order: &Order, attempt: &Attempt) -> Collection {
        let mut findings = Findings::new();
        let answer = &attempt.answer;
        if answer.status != 200 {
            let refusal = inspect::refusal(self, answer, ERROR, &attempt.id, &mut findings);
            let known = matches!(
                refusal.status,
                400 | 401 | 403 | 404 | 409 | 410 | 422 | 429 | 503
            );
            findings.expect(known, || format!("status {} for a 0411", refusal.status));
            self.record_in(
                ERROR,
                keys(order, &attempt.id),
                answer.body.len(),
                findings.as_slice(),
            );
            return Collection::Refused(refusal);
        }
        let message = open(&answer.body, RESPONSE, &mut findings).unwrap_or_else(|fault| {
            findings.add(fault);
            Value::Null
        });
        inspect::transport(answer, &attempt.id, &mut findings);
        inspect::addresses(self, &message, &mut findings);
        let get_evidence_id = format!("urn:uuid:{}", attempt.id);
        findings.equal(
            "getevidenceid",
            text(&message, "/getevidenceid"),
            &get_evidence_id,
        );
        let response_id = text(&message, "/GetEvidenceResponseIdentifier").unwrap_or_default();
        findings.expect(is_uuid(response_id), || {
            "the response identifier is no UUID".to_owned()
        });
        let collection = self.read_entries(order, &message, &mut findings);
        let keys = keys(order, &attempt.id);
        self.record_in(
            RESPONSE,
            keys.clone(),
            answer.body.len(),
            findings.as_slice(),
        );
        self.enter_in_ledger(&collection, &keys);
        collection
    }

    fn pause(&self, order: &Order, attempt: &Attempt) -> Duration {
        let seconds = attempt
            .answer
            .header("Retry-After")
            .and_then(|text| text.parse().ok());
        let mut findings = Findings::new();
        findings.expect(seconds.is_some(), || {
            "202 without Retry-After in seconds".to_owned()
        });
        findings.expect(attempt.answer.body.is_empty(), || {
            "202 with a body".to_owned()
        });
        let keys = keys(order, &attempt.id);
        self.record_in(
            "202 not yet",
            keys,
            attempt.answer.body.len(),
            findings.as_slice(),
        );
        Duration::from_secs(seconds.unwrap_or(1))
    }

    fn read_entries(&self, order: &Order, message: &Value, findings: &mut Findings) -> Collection {
        let mut evidence = Vec::new();
        let mut later = None;
        for entry in list(message, "/EvidenceResponse") {
            let providers = list(entry, "/EvidenceProvider");
            inspect::platform(self, providers, findings);
            let provider = self.provider(providers, findings);
            let objects = list(entry, "/EvidenceOrTimeAvailable/RegistryObject");
            for object in objects {
                evidence.extend(read_object(order, object, &provider, findings));
            }
            if objects.is_empty() {
                later = text(entry, "/EvidenceOrTimeAvailable/ResponseAvailableDateTime");
                findings.expect(later.is_some(), || {
                    "an entry with neither evidence nor time".to_owned()
                });
            }
        }
        let status = if evidence.is_empty() {
            "Unavailable"
        } else {
            "Success"
        };
        findings.equal("Status", text(message, "/Status/code"), status);
        match (evidence.is_empty(), later) {
            (true, Some(at)) => Collection::Later(at.to_owned()),
            (true, None) => {
                findings.add("neither evidence nor time in a 0412");
                Collection::Evidence(evidence)
            }
            (false, _) => Collection::Evidence(evidence),
        }
    }

    /// The foreign body behind an evidence
    fn provider(&self, providers: &[Value], findings: &mut Findings) -> String {
        match classified(providers, "EP").as_slice() {
            [one] => {
                let id = text(one, "/Identifier/value").unwrap_or_default();
                findings.expect(id != self.spec.platform.id, || {
                    "the platform is EP".to_owned()
                });
                text(one, "/Name/0/value").unwrap_or_default().to_owned()
            }
            found => {
                findings.add(format!(
                    "{} providers of class EP instead of one",
                    found.len()
                ));
                String::new()
            }
        }
    }

    fn enter_in_ledger(&self, collection: &Collection, keys: &Keys) {
        let Collection::Evidence(documents) = collection else {
            return;
        };
        for document in documents {
            self.journal.record_evidence(EvidenceRecord {
                at: self.source.now(),
                holder: self.spec.agent.name.clone(),
                flow: Flow::Received,
                sha256: document.sha256.clone(),
                media_type: document.media_type.clone(),
                bytes: document.content.len() as u64,
                keys: keys.clone(),
            });
        }
    }
}

fn read_object(
    order: &Order,
    object: &Value,
    provider: &str,
    findings: &mut Findings,
) -> Option<CollectedEvidence> {
    let id = text(object, "/id").unwrap_or_default();
    findings.expect(urn_uuid(id).is_some(), || {
        format!("registry object id {id:?} is no urn:uuid")
    });
    let person = object
        .pointer("/LegalOrNaturalPerson/NaturalPerson")
        .unwrap_or(&Value::Null);
    // The person is the one of the order: a foreign person block is no identity of the user.
    findings.expect(is_subject(person, &order.subject), || {
        "the evidence is about another person".to_owned()
    });
    let metadata = "/EvidenceMetadata";
    let format = format!("{metadata}/Distribution/PrioritizedFormat/0/Format/code");
    let media_type = text(object, &format).unwrap_or_default().to_owned();
    findings.expect(!media_type.is_empty(), || {
        "the evidence has no format".to_owned()
    });
    let title = text(object, &format!("{metadata}/Title"))
        .unwrap_or_default()
        .to_owned();
    findings.expect(!title.is_empty(), || "the evidence has no title".to_owned());
    let encoded = text(object, "/RepositoryItem/RepositoryItem").unwrap_or_default();
    let Ok(content) = STANDARD.decode(encoded) else {
        findings.add("RepositoryItem is not base64");
        return None;
    };
    findings.expect(!content.is_empty(), || "the evidence is empty".to_owned());
    let sha256 = sha256_hex(&content);
    let provider = provider.to_owned();
    Some(CollectedEvidence {
        content: content.into(),
        sha256,
        media_type,
        title,
        provider,
    })
}

fn is_subject(found: &Value, subject: &TestPerson) -> bool {
    let family = text(found, "/FamilyName/value").unwrap_or_default();
    let given = text(found, "/GivenName/value").unwrap_or_default();
    let birth = text(found, "/DateOfBirth").unwrap_or_default();
    subject.is(family, given, birth)
}

fn keys(order: &Order, id: &str) -> Keys {
    Keys {
        national: Some(id.to_owned()),
        ..order.keys()
    }
}

const GET_EVIDENCE: &str = "DE.GetEvidence.0411";
const RESPONSE: &str = "DE.GetEvidenceResponse.0412";
const ERROR: &str = "DE.GetEvidenceErrorResponse.0413";
