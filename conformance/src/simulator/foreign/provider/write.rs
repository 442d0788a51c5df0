//! The answers of the provider: documents, none, a promise, an error, a demand for a preview

use anyhow::{Context, Result};
use ebms::{Payload, profile};
use jiff::Timestamp;

use super::{Answering, Shared, Task, requester};
use crate::simulator::edm::{self, DocumentFacts, ErrorFacts, ReceivedRequest, ResponseFacts};
use crate::simulator::foreign::evidence::ForeignOffer;
use crate::simulator::foreign::inspect::EDM_MEDIA_TYPE;
use crate::simulator::person::TestPerson;

/// An answer before it is signed
pub(super) struct Written {
    pub(super) action: &'static str,
    pub(super) payloads: Vec<Payload>,
}

impl Shared {
    pub(super) fn write(&self, task: &Task, answering: &Answering) -> Result<Written> {
        match (answering, &task.request) {
            (Answering::Error { code, detail }, _) => self.write_error(task, code, detail.clone()),
            (Answering::PreviewRequired(location), _) => self.write_preview(task, location),
            (_, None) => self.write_error(task, "EDM:ERR:0003", None),
            (Answering::Empty, Some(request)) => self.write_response(task, request, Vec::new()),
            (Answering::Deferred(at), Some(request)) => self.write_promise(task, request, *at),
            (Answering::Documents(count), Some(request)) => {
                self.write_documents(task, request, *count)
            }
            (Answering::Evidence | Answering::Held | Answering::Silent, Some(request)) => {
                self.write_documents(task, request, 1)
            }
        }
    }

    fn write_documents(
        &self,
        task: &Task,
        request: &ReceivedRequest,
        count: usize,
    ) -> Result<Written> {
        let Some(person) = self.find_person(request) else {
            return self.write_error(task, "EDM:ERR:0004", Some("no such person".to_owned()));
        };
        let offer = self.find_offer(request).context("the offer has vanished")?;
        let source = self.access_point.source();
        let document = |_| {
            let number = source.uuid().to_string();
            (offer, person, offer.document(person, source.now(), &number))
        };
        let documents = (0..count).map(document).collect();
        self.write_response(task, request, documents)
    }

    fn write_promise(
        &self,
        task: &Task,
        request: &ReceivedRequest,
        at: Timestamp,
    ) -> Result<Written> {
        let mut facts = self.response_facts(task, request);
        facts.available = Some(at);
        self.payload(edm::response(&facts)).map(|payload| Written {
            action: profile::EXECUTE_QUERY_RESPONSE,
            payloads: vec![payload],
        })
    }

    fn write_response(
        &self,
        task: &Task,
        request: &ReceivedRequest,
        documents: Vec<(&ForeignOffer, &TestPerson, Vec<u8>)>,
    ) -> Result<Written> {
        let source = self.access_point.source();
        let mut facts = self.response_facts(task, request);
        facts
            .fresh_ids
            .extend((0..2 * documents.len()).map(|_| source.uuid().to_string()));
        let mut parts = Vec::new();
        for (offer, person, content) in documents {
            let cid = self.access_point.content_id();
            facts.documents.push(DocumentFacts {
                object_id: source.uuid().to_string(),
                evidence_id: source.uuid().to_string(),
                evidence: offer.evidence.clone(),
                subject: person.clone(),
                cid: cid.clone(),
            });
            self.enter_in_ledger(task, &content, &offer.evidence.format);
            let cid = cid.parse().context("content id")?;
            parts.push(Payload::new(cid, &offer.evidence.format, content));
        }
        let mut payloads = vec![self.payload(edm::response(&facts))?];
        payloads.extend(parts);
        Ok(Written {
            action: profile::EXECUTE_QUERY_RESPONSE,
            payloads,
        })
    }

    fn response_facts(&self, task: &Task, request: &ReceivedRequest) -> ResponseFacts {
        let source = self.access_point.source();
        ResponseFacts {
            version: task.version,
            request_id: request.id.clone(),
            fresh_ids: vec![source.uuid().to_string()],
            issued: source.now(),
            provider: self.spec.authority.clone(),
            platform: self.spec.platform.clone(),
            requester: requester(request).cloned().unwrap_or_default(),
            documents: Vec::new(),
            available: None,
        }
    }

    fn write_error(&self, task: &Task, code: &str, detail: Option<String>) -> Result<Written> {
        let facts = ErrorFacts {
            detail,
            ..self.error_facts(task, code)
        };
        self.exception(&facts)
    }

    fn write_preview(&self, task: &Task, location: &str) -> Result<Written> {
        let preview_location = Some(location.to_owned());
        let facts = ErrorFacts {
            preview_location,
            ..self.error_facts(task, "EDM:ERR:0002")
        };
        self.exception(&facts)
    }

    fn error_facts(&self, task: &Task, code: &str) -> ErrorFacts {
        let source = self.access_point.source();
        ErrorFacts {
            version: task.version,
            request_id: task.request_id().map(str::to_owned),
            response_id: source.uuid().to_string(),
            issued: source.now(),
            provider: self.spec.authority.clone(),
            requester: task.request.as_ref().and_then(requester).cloned(),
            code: code.to_owned(),
            detail: None,
            preview_location: None,
        }
    }

    fn exception(&self, facts: &ErrorFacts) -> Result<Written> {
        let payloads = vec![self.payload(edm::error(facts))?];
        Ok(Written {
            action: profile::EXCEPTION_RESPONSE,
            payloads,
        })
    }

    fn payload(&self, content: Vec<u8>) -> Result<Payload> {
        let cid = self
            .access_point
            .content_id()
            .parse()
            .context("content id")?;
        Ok(Payload::new(cid, EDM_MEDIA_TYPE, content))
    }
}
