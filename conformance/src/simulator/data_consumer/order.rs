//! 0401, and the scrutiny of 0402 or 0403

use anyhow::Result;
use bytes::Bytes;
use serde_json::{Value, json};

use super::{CONVERSATIONS, DataConsumer, ORDERS, OrderSpec, Refusal, inspect};
use crate::simulator::http::Answer;
use crate::simulator::journal::{Keys, Verdict};
use crate::simulator::national::{Findings, List, code, is_uuid, multilingual, open, text};
use crate::simulator::person::TestPerson;

/// An order the platform accepted
#[derive(Clone, Debug)]
pub struct Order {
    /// nachrichtenUUID of the 0401
    pub order_id: String,
    /// ConversationID
    pub conversation_id: String,
    /// Where the user goes
    pub url: String,
    /// Where the user comes back to
    pub return_url: String,
    /// About whom
    pub subject: TestPerson,
}

impl Order {
    pub(super) fn keys(&self) -> Keys {
        Keys {
            conversation: Some(self.conversation_id.clone()),
            national: Some(self.order_id.clone()),
            ..Keys::default()
        }
    }
}

/// A 0401, written and not sent
#[derive(Clone, Debug)]
pub struct WrittenOrder {
    /// Its nachrichtenUUID
    pub id: String,
    /// Where the user comes back to
    pub return_url: String,
    /// The message
    pub body: Bytes,
}

/// What the platform said to an order
#[derive(Clone, Debug)]
pub enum Placement {
    /// 0402
    Accepted(Order),
    /// 0403 or a problem
    Refused {
        /// nachrichtenUUID of the 0401
        order_id: String,
        /// Why
        refusal: Refusal,
    },
}

impl DataConsumer {
    /// Writes an order without sending it
    #[must_use]
    pub fn write(&self, spec: &OrderSpec) -> WrittenOrder {
        let id = self.source.uuid().to_string();
        // Unguessable, so that a return nobody began is noticed.
        let state = self.source.uuid();
        let origin = spec.return_origin.as_ref();
        let origin = origin.unwrap_or(&self.spec.return_origin);
        let return_url = format!("{origin}/antrag/zurueck?state={state}");
        let message = self
            .envelope(ORDER, &id)
            .seal(self.content(spec, &return_url));
        WrittenOrder {
            id,
            return_url,
            body: message.to_string().into(),
        }
    }

    /// Places an order
    ///
    /// # Errors
    /// When the platform cannot be reached.
    pub async fn place(&self, spec: &OrderSpec) -> Result<Placement> {
        let WrittenOrder {
            id: order_id,
            return_url,
            body,
        } = self.write(spec);
        let keys = Keys {
            national: Some(order_id.clone()),
            ..Keys::default()
        };
        self.record_out(ORDER, keys.clone(), body.len(), Verdict::Ok);
        let answer = self.post_raw(ORDERS, &order_id, body).await?;
        if answer.status != 201 {
            let mut findings = Findings::new();
            let refusal = inspect::refusal(self, &answer, ORDER_ERROR, &order_id, &mut findings);
            self.record_in(ORDER_ERROR, keys, answer.body.len(), findings.as_slice());
            return Ok(Placement::Refused { order_id, refusal });
        }
        let (order, findings) = self.read_acceptance(spec, &answer, &order_id, return_url);
        self.record_in(ORDER_RESPONSE, order.keys(), answer.body.len(), &findings);
        Ok(Placement::Accepted(order))
    }

    pub(super) fn content(&self, spec: &OrderSpec, return_url: &str) -> Value {
        let mut content = json!({
            "lang": code(List::Language, &spec.lang),
            "EvidenceProvider": self.spec.platform.json("IP"),
            "EvidenceRequester": [self.spec.agent.json("ER")],
            "Procedure": code(List::Procedure, &spec.procedure),
            "Query": {
                "QueryDefinition": "DocumentQuery",
                "LegalOrNaturalPerson": spec.subject.json(),
            },
            "BackToEvidenceRequesterURL": return_url,
        });
        let requirements: Vec<_> = spec.requirements.iter().map(requirement).collect();
        if let (false, Some(members)) = (requirements.is_empty(), content.as_object_mut()) {
            members.insert("Requirement".to_owned(), Value::Array(requirements));
        }
        content
    }

    fn read_acceptance(
        &self,
        spec: &OrderSpec,
        answer: &Answer,
        order_id: &str,
        return_url: String,
    ) -> (Order, Vec<String>) {
        let mut findings = Findings::new();
        let message = open(&answer.body, ORDER_RESPONSE, &mut findings).unwrap_or_else(|fault| {
            findings.add(fault);
            Value::Null
        });
        inspect::transport(answer, order_id, &mut findings);
        inspect::addresses(self, &message, &mut findings);
        let orderid = format!("urn:uuid:{order_id}");
        findings.equal("orderid", text(&message, "/orderid"), &orderid);
        findings.equal("Status", text(&message, "/Status/code"), "Success");
        let response_id = text(&message, "/OrderResponseIdentifier").unwrap_or_default();
        findings.expect(is_uuid(response_id), || {
            "OrderResponseIdentifier is no UUID".to_owned()
        });
        let conversation_id = text(&message, "/ConversationID")
            .unwrap_or_default()
            .to_owned();
        findings.expect(is_uuid(&conversation_id), || {
            "ConversationID is no UUID".to_owned()
        });
        let location = format!("{CONVERSATIONS}/{conversation_id}");
        let found = answer.header("Location").unwrap_or_default();
        findings.expect(found.ends_with(&location), || {
            format!("Location is {found:?}")
        });
        let url = text(&message, "/URLtoIP").unwrap_or_default().to_owned();
        let public = &self.spec.public_url;
        findings.expect(url.starts_with(public.as_str()), || {
            format!("URLtoIP is not below {public}")
        });
        inspect::no_personal_data("URLtoIP", &url, &spec.subject, &mut findings);
        let subject = spec.subject.clone();
        let order = Order {
            order_id: order_id.to_owned(),
            conversation_id,
            url,
            return_url,
            subject,
        };
        (order, findings.into_vec())
    }
}

fn requirement(requirement: &super::OrderedRequirement) -> Value {
    let name = multilingual(&requirement.name, "en");
    match &requirement.country {
        None => json!({"Identifier": requirement.id, "Name": name}),
        Some(country) => json!({
            "Identifier": requirement.id,
            "Name": name,
            "Country": code(List::Country, country),
        }),
    }
}

const ORDER: &str = "DE.EvidenceOrder.0401";
const ORDER_RESPONSE: &str = "DE.EvidenceOrderResponse.0402";
const ORDER_ERROR: &str = "DE.EvidenceOrderErrorResponse.0403";
