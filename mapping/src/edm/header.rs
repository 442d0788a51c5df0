//! What the ebMS header of an EDM message holds, as plain values: this package knows no ebMS.

use super::{
    AgentId, ErrorResponse, Invalid, Malformed, Message, Problem, Request, Response, Version,
    id::bare_uuid,
};
use uuid::Uuid;

/// Service.
pub const SERVICE: &str = "QueryManager";
/// Type of the service.
pub const SERVICE_TYPE: &str = "urn:oasis:names:tc:ebcore:ebrs:ebms:binding:1.0";
/// Role of both gateways.
pub const ROLE: &str = "http://sdg.europa.eu/edelivery/gateway";
/// Media type of the RegRep part, which comes first.
pub const MEDIA_TYPE: &str = "application/x-ebrs+xml";
/// Action of a request.
pub const REQUEST: &str = "ExecuteQueryRequest";
/// Action of a response.
pub const RESPONSE: &str = "ExecuteQueryResponse";
/// Action of an error response.
pub const EXCEPTION: &str = "ExceptionResponse";
/// Property with corner C1.
pub const ORIGINAL_SENDER: &str = "originalSender";
/// Property with corner C4.
pub const FINAL_RECIPIENT: &str = "finalRecipient";
/// Property with the round trip (2.0).
pub const EXCHANGE_ID: &str = "ExchangeId";
/// Property with the release line (2.0).
pub const SPECIFICATION_ID: &str = "SpecificationId";

/// A message property: name, type, value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Property {
    name: String,
    kind: Option<String>,
    value: String,
}

impl Property {
    /// A property as it stands in a header.
    pub fn new(name: impl Into<String>, kind: Option<&str>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            kind: kind.map(str::to_owned),
            value: value.into(),
        }
    }

    /// Name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `@type`: of a corner, the scheme of its identifier.
    pub fn kind(&self) -> Option<&str> {
        self.kind.as_deref()
    }

    /// Value, as it stands.
    pub fn value(&self) -> &str {
        &self.value
    }

    fn corner(name: &str, agent: &AgentId) -> Self {
        Self::new(name, Some(agent.scheme().as_str()), agent.value())
    }
}

impl Message {
    /// The action the message travels under.
    pub fn action(&self) -> &'static str {
        match self {
            Self::Request(_) => REQUEST,
            Self::Response(_) => RESPONSE,
            Self::Error(_) => EXCEPTION,
        }
    }
}

/// Properties of a request: from the authority that asks to the provider that is asked.
pub fn of_request(request: &Request, exchange: Uuid) -> Vec<Property> {
    let corners = (
        request.requester().authority().id(),
        request.provider().id(),
    );
    assemble(
        request.version(),
        Property::corner(ORIGINAL_SENDER, corners.0),
        Property::corner(FINAL_RECIPIENT, corners.1),
        exchange,
    )
}

/// Properties of a response, from its body alone. Prefer [`of_answer`] where the header of the
/// request is at hand: it repeats what the requester wrote.
pub fn of_response(response: &Response, exchange: Uuid) -> Vec<Property> {
    assemble(
        response.version(),
        Property::corner(ORIGINAL_SENDER, response.provider().agent().id()),
        Property::corner(FINAL_RECIPIENT, response.requester().id()),
        exchange,
    )
}

/// Properties of an error response, from its body alone; without a requester in it there is none.
pub fn of_error(error: &ErrorResponse, exchange: Uuid) -> Option<Vec<Property>> {
    Some(assemble(
        error.version(),
        Property::corner(ORIGINAL_SENDER, error.provider().id()),
        Property::corner(FINAL_RECIPIENT, error.requester()?.id()),
        exchange,
    ))
}

/// Properties of the answer to a received request: its corners swapped, values and types exactly as
/// they came, because senders write them in many ways `[W3]`, and its exchange repeated.
pub fn of_answer(version: Version, request: &[Property]) -> Vec<Property> {
    let renamed = |from: &str, to: &str| {
        let found = request.iter().find(|property| property.name == from);
        found.map(|property| Property {
            name: to.to_owned(),
            ..property.clone()
        })
    };
    let mut properties: Vec<_> = [
        renamed(FINAL_RECIPIENT, ORIGINAL_SENDER),
        renamed(ORIGINAL_SENDER, FINAL_RECIPIENT),
    ]
    .into_iter()
    .flatten()
    .collect();
    if version >= Version::V2_0 {
        properties.extend(renamed(EXCHANGE_ID, EXCHANGE_ID));
        properties.push(Property::new(SPECIFICATION_ID, None, version.as_str()));
    }
    properties
}

/// Two properties before 2.0, four from then on. [R-EDM-ebMS-018]
fn assemble(
    version: Version,
    sender: Property,
    recipient: Property,
    exchange: Uuid,
) -> Vec<Property> {
    let mut properties = vec![sender, recipient];
    if version >= Version::V2_0 {
        properties.push(Property::new(EXCHANGE_ID, None, exchange.to_string()));
        properties.push(Property::new(SPECIFICATION_ID, None, version.as_str()));
    }
    properties
}

/// Checks the header of a message against the release line its body follows. All faults are told;
/// each names its rule. Before 1.2 there are no such rules.
pub fn check(
    version: Version,
    conversation: &str,
    properties: &[Property],
) -> Result<(), Vec<Invalid>> {
    if version < Version::V1_2 {
        return Ok(());
    }
    let mut faults = Vec::new();
    if bare_uuid(conversation.trim()).is_none() {
        faults.push(fault(
            "R-EDM-ebMS-017",
            Malformed("a UUID"),
            "ConversationId",
        ));
    }
    let names: &[&str] = match version {
        Version::V2_0 => &[
            ORIGINAL_SENDER,
            FINAL_RECIPIENT,
            EXCHANGE_ID,
            SPECIFICATION_ID,
        ],
        _ => &[ORIGINAL_SENDER, FINAL_RECIPIENT],
    };
    if properties.len() != names.len() {
        let problem = Problem::Combination("the number of message properties is not allowed");
        faults.push(fault("R-EDM-ebMS-018", problem, "MessageProperties"));
    }
    for property in properties {
        if !names.contains(&property.name()) {
            let problem = Problem::Unexpected("a property of this name");
            faults.push(fault("R-EDM-ebMS-019", problem, "MessageProperties"));
        }
        let value = property.value().trim();
        if property.name() == EXCHANGE_ID && bare_uuid(value).is_none() {
            faults.push(fault("R-EDM-ebMS-037", Malformed("a UUID"), EXCHANGE_ID));
        }
        if property.name() == SPECIFICATION_ID && value != version.as_str() {
            let malformed = Malformed("the release line of the body");
            faults.push(fault("R-EDM-ebMS-038", malformed, SPECIFICATION_ID));
        }
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults)
    }
}

fn fault(rule: &'static str, problem: impl Into<Problem>, place: &str) -> Invalid {
    Invalid::new(rule, problem, place.to_owned())
}
