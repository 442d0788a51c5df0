//! The messages of 1.4.

use super::Content::{Parts as Of, Text, Token};
use super::Namespace::{Edm, Noots, Parts};
use super::part::{
    AGENT, CODE, EXCEPTION, MESSAGE, PROVIDED_OBJECT, QUERY, REQUESTED_EVIDENCE, RETRIEVED_OBJECT,
    TEXT,
};
use super::{Group, attribute, many, one};
use crate::noots::code::MessageType;

pub(super) const fn of(message_type: MessageType) -> &'static [Group] {
    match message_type {
        MessageType::EvidenceRequest => &[MESSAGE, REQUEST, EVIDENCE_REQUEST],
        MessageType::EvidenceResponse => &[MESSAGE, REQUEST_ID, RESPONSE, EVIDENCE_RESPONSE],
        MessageType::EvidenceOrder => &[MESSAGE, REQUEST, EVIDENCE_ORDER],
        MessageType::EvidenceOrderResponse => &[MESSAGE, RESPONSE, ORDER_RESPONSE],
        MessageType::GetEvidence => &[MESSAGE, REQUEST, GET_EVIDENCE],
        MessageType::GetEvidenceResponse => &[MESSAGE, RESPONSE, GET_EVIDENCE_RESPONSE],
        MessageType::EvidenceErrorResponse
        | MessageType::EvidenceOrderErrorResponse
        | MessageType::GetEvidenceErrorResponse => &[MESSAGE, REQUEST_ID, ERROR],
    }
}

pub(super) const REQUEST_ID: Group = &[attribute("requestid")];

/// The type `Request`.
const REQUEST: Group = &[
    one(Parts, "SpecificationIdentifier", Token),
    one(Parts, "IssueDateTime", Token),
    one(Parts, "Rechtsgrundlage", Text),
    one(Parts, "Verarbeitungszweck", Text),
];

/// The type `Response`.
const RESPONSE: Group = &[
    one(Parts, "Status", CODE),
    one(Parts, "SpecificationIdentifier", Token),
    one(Parts, "IssueDateTime", Token),
    many(Parts, "EvidenceRequester", AGENT),
];

/// The type `ErrorResponse`.
const ERROR: Group = &[
    one(Parts, "Status", CODE),
    one(Parts, "SpecificationIdentifier", Token),
    one(Parts, "EvidenceResponseIdentifier", Token),
    one(Parts, "IssueDateTime", Token),
    one(Parts, "ErrorProvider", AGENT),
    many(Parts, "EvidenceRequester", AGENT),
    many(Parts, "Exception", Of(&[EXCEPTION])),
];

const EVIDENCE_REQUEST: Group = &[
    one(Noots, "lang", CODE),
    one(Noots, "IssuedToken", Text),
    many(Noots, "EvidenceRequester", AGENT),
    one(Noots, "EvidenceProvider", AGENT),
    one(Noots, "Query", Of(&[QUERY, REQUESTED_EVIDENCE])),
];

const EVIDENCE_RESPONSE: Group = &[
    one(Noots, "EvidenceResponseIdentifier", Token),
    many(Noots, "EvidenceProvider", AGENT),
    one(Noots, "EvidenceAvailability", Of(&[AVAILABILITY])),
];

const AVAILABILITY: Group = &[
    many(Parts, "RegistryObject", Of(&[PROVIDED_OBJECT])),
    many(Parts, "ResponseAvailableDateTime", Token),
];

const EVIDENCE_ORDER: Group = &[
    one(Noots, "lang", CODE),
    one(Noots, "IssuedToken", Text),
    one(Noots, "EvidenceProvider", AGENT),
    many(Noots, "EvidenceRequester", AGENT),
    one(Noots, "Procedure", CODE),
    many(Noots, "Requirement", Of(&[REQUIREMENT])),
    one(Noots, "Query", Of(&[QUERY])),
    one(Noots, "BackToEvidenceRequesterURL", Token),
];

pub(super) const REQUIREMENT: Group = &[
    one(Edm, "Identifier", Token),
    one(Edm, "Name", TEXT),
    one(Parts, "Country", CODE),
];

const ORDER_RESPONSE: Group = &[
    attribute("orderid"),
    many(Noots, "EvidenceProvider", AGENT),
    one(Noots, "OrderResponseIdentifier", Token),
    one(Noots, "URLtoIP", Text),
    one(Noots, "ConversationID", Token),
];

const GET_EVIDENCE: Group = &[one(Noots, "ConversationID", Token)];

const GET_EVIDENCE_RESPONSE: Group = &[
    attribute("getevidenceid"),
    one(Noots, "GetEvidenceResponseIdentifier", Token),
    many(Noots, "EvidenceResponse", Of(&[RESULT])),
];

// The schema defines these in place, so they stand in the namespace of the messages.
const RESULT: Group = &[
    many(Noots, "EvidenceProvider", AGENT),
    one(
        Noots,
        "EvidenceOrTimeAvailable",
        Of(&[&[
            many(Noots, "RegistryObject", Of(&[RETRIEVED_OBJECT])),
            one(Noots, "ResponseAvailableDateTime", Token),
        ]]),
    ),
];
