//! The messages of 1.2.0, as far as they differ, each part under the member of the JSON form that
//! 1.4 has for it. What that does not express is done by `upgrade`.

use super::Content::{Base64, CodeText, Dropped, Model, Parts as Of, Text, Token, Wrapped};
use super::Namespace::{Edm, Noots, Parts};
use super::message::{REQUEST_ID, REQUIREMENT};
use super::part::{
    AUTHORITY, CODE, EVIDENCE_TYPE, EXCEPTION, IDENTIFIER, MESSAGE, PERIOD, SECTOR_ATTRIBUTE, TEXT,
};
use super::{Content, Field, Group, attribute, many, one};
use crate::noots::code::MessageType;

pub(super) const fn of(message_type: MessageType) -> &'static [Group] {
    match message_type {
        MessageType::EvidenceRequest => &[MESSAGE, ID, EVIDENCE_REQUEST],
        MessageType::EvidenceResponse => &[MESSAGE, REQUEST_ID, EVIDENCE_RESPONSE],
        MessageType::EvidenceOrder => &[MESSAGE, ID, EVIDENCE_ORDER],
        MessageType::EvidenceOrderResponse => &[MESSAGE, ORDER_RESPONSE],
        MessageType::GetEvidence => &[MESSAGE, ID, GET_EVIDENCE],
        MessageType::GetEvidenceResponse => &[MESSAGE, GET_EVIDENCE_RESPONSE],
        MessageType::EvidenceErrorResponse
        | MessageType::EvidenceOrderErrorResponse
        | MessageType::GetEvidenceErrorResponse => &[MESSAGE, REQUEST_ID, ERROR],
    }
}

/// Requests had an id besides the `nachrichtenUUID`.
const ID: Group = &[attribute("id")];

const STATUS: Field = one(Noots, "status", CODE).known_as("Status");
const SPECIFICATION: Field = one(Noots, "SpecificationIdentifier", Token);
const ISSUED: Field = one(Noots, "IssueDateTime", Token);

const EVIDENCE_REQUEST: Group = &[
    one(Noots, "lang", CODE),
    SPECIFICATION,
    ISSUED,
    one(Noots, "IssuedToken", Text),
    many(Noots, "EvidenceRequester", AGENT),
    one(Noots, "EvidenceProvider", AGENT),
    one(
        Noots,
        "Query",
        Of(&[&[
            QUERY_DEFINITION,
            one(
                Parts,
                "RequestedEvidenceType",
                Of(&[
                    EVIDENCE_TYPE,
                    &[
                        one(Parts, "Identifier", Token),
                        one(Parts, "DistributedAs", Of(&[DISTRIBUTION])),
                    ],
                ]),
            ),
            REPRESENTATIVE,
            SUBJECT,
        ]]),
    ),
];

const EVIDENCE_RESPONSE: Group = &[
    STATUS,
    SPECIFICATION,
    one(Noots, "EvidenceResponseIdentifier", Token),
    ISSUED,
    many(Noots, "EvidenceProvider", AGENT),
    many(Noots, "EvidenceRequester", AGENT),
    AVAILABILITY,
];

const AVAILABILITY: Field = one(
    Noots,
    "EvidenceAvailability",
    Of(&[&[
        many(Noots, "RegistryObjectList", Of(&[OBJECT])).known_as("RegistryObject"),
        many(Noots, "ResponseAvailableDateTime", Token),
    ]]),
);

const ERROR: Group = &[
    STATUS,
    SPECIFICATION,
    one(Noots, "EvidenceResponseIdentifier", Token),
    ISSUED,
    one(Noots, "ErrorProvider", AGENT),
    many(Noots, "EvidenceRequester", AGENT),
    many(Noots, "Exception", Of(&[EXCEPTION])),
];

const EVIDENCE_ORDER: Group = &[
    one(Noots, "lang", CODE),
    SPECIFICATION,
    ISSUED,
    one(Noots, "IssuedToken", Text),
    one(Noots, "EvidenceProvider", AGENT),
    many(Noots, "EvidenceRequester", AGENT),
    one(Noots, "Procedure", CODE),
    many(Noots, "Requirement", Of(&[REQUIREMENT])),
    one(
        Noots,
        "Query",
        Of(&[&[
            QUERY_DEFINITION,
            // Since 1.3 an order names no evidence type: the user chooses.
            one(Parts, "RequestedEvidenceType", Dropped),
            REPRESENTATIVE,
            SUBJECT,
        ]]),
    ),
    one(Noots, "BackToEvidenceRequesterURL", Token),
];

/// Names neither requester nor provider, which the answer of 1.4 must: it is refused.
const ORDER_RESPONSE: Group = &[
    attribute("orderid"),
    SPECIFICATION,
    one(Noots, "OrderResponseIdentifier", Token),
    ISSUED,
    one(Noots, "URLtoIP", Text),
    one(Noots, "ConversationID", Token),
];

const GET_EVIDENCE: Group = &[SPECIFICATION, ISSUED, one(Noots, "ConversationID", Token)];

const GET_EVIDENCE_RESPONSE: Group = &[
    attribute("getevidenceid"),
    STATUS,
    SPECIFICATION,
    one(Noots, "GetEvidenceResponseIdentifier", Token),
    ISSUED,
    many(Noots, "EvidenceProvider", AGENT),
    many(Noots, "EvidenceRequester", AGENT),
    AVAILABILITY,
];

/// Inherits from a type of the EDM, so its parts are in two namespaces.
const AGENT: Content = Of(&[&[
    one(Parts, "Identifier", IDENTIFIER),
    many(Parts, "Name", TEXT),
    one(Edm, "Address", ADDRESS),
    one(Edm, "Classification", CODE),
    one(Parts, "AnyContent", Dropped),
]]);

const ADDRESS: Content = Of(&[&[
    one(Parts, "FullAddress", Text),
    one(Parts, "Thoroughfare", Text),
    one(Parts, "LocatorDesignator", Text),
    one(Parts, "AdminUnitLevel1", CODE),
    one(Parts, "AdminUnitLevel2", CodeText),
    one(Parts, "PostCode", Text),
    one(Parts, "PostCityName", Text),
]]);

const QUERY_DEFINITION: Field = one(Parts, "QueryDefinition", Token);

/// Only a natural person could act for another.
const REPRESENTATIVE: Field = one(
    Parts,
    "AuthorizedRepresentative",
    Wrapped("AuthorizedRepresentativePerson", &REPRESENTING_PERSON),
);

const SUBJECT: Field = one(
    Parts,
    "LegalOrNaturalPerson",
    Of(&[&[
        one(Parts, "LegalPerson", LEGAL_PERSON),
        one(Parts, "NaturalPerson", NATURAL_PERSON),
    ]]),
);

const REPRESENTING_PERSON: Content = Of(&[&[
    one(Parts, "LevelOfAssurance", CODE),
    one(Parts, "PlaceOfBirth", Text),
    CURRENT_ADDRESS,
    one(Parts, "Gender", Text),
    many(Parts, "SectorSpecificAttribute", SECTOR_ATTRIBUTE),
    one(Parts, "DateOfBirth", Token),
    one(Parts, "FamilyName", NAME),
    one(Parts, "GivenName", NAME),
    one(Parts, "IDNr", Token),
]]);

const NATURAL_PERSON: Content = Of(&[&[
    one(Parts, "Identifier", IDENTIFIER),
    one(Parts, "DateOfBirth", Token),
    one(Parts, "FamilyName", NAME),
    one(Parts, "GivenName", NAME),
    one(Parts, "LevelOfAssurance", CODE),
    one(Parts, "BirthName", NAME),
    one(Parts, "PlaceOfBirth", Text),
    CURRENT_ADDRESS,
    one(Parts, "Gender", Text),
    many(Parts, "SectorSpecificAttribute", SECTOR_ATTRIBUTE),
    one(Parts, "IDNr", Token),
]]);

/// Spelled like this in the schema.
const CURRENT_ADDRESS: Field = one(Parts, "CurrentAdress", ADDRESS).known_as("CurrentAddress");

const LEGAL_PERSON: Content = Of(&[&[
    one(Parts, "LegalPersonIdentifier", IDENTIFIER),
    one(Parts, "LegalName", NAME),
    one(Parts, "LevelOfAssurance", CODE),
    // Schemes of eIDAS, for which 1.4 has no place.
    many(Parts, "Identifier", Dropped),
    one(Parts, "RegisteredAddress", ADDRESS),
    many(Parts, "SectorSpecificAttribute", SECTOR_ATTRIBUTE),
]]);

const NAME: Content = Wrapped("value", &Text);

const OBJECT: Group = &[
    one(Parts, "id", Token),
    one(Parts, "EvidenceMetadata", METADATA),
    one(
        Parts,
        "RepositoryItem",
        Of(&[&[
            one(Parts, "RepositoryItem", Base64),
            one(
                Parts,
                "RepositoryItemRef",
                Of(&[&[attribute("href"), attribute("title")]]),
            ),
        ]]),
    ),
    SUBJECT,
];

const METADATA: Content = Of(&[&[
    one(Parts, "IssuingDate", Token),
    one(Parts, "ValidityPeriod", PERIOD),
    one(Parts, "IssuingAuthority", AUTHORITY),
    one(
        Parts,
        "Distribution",
        Of(&[DISTRIBUTION, &[many(Parts, "Language", CODE)]]),
    ),
    one(Parts, "IsConformantTo", Of(&[EVIDENCE_TYPE])),
]]);

const DISTRIBUTION: Group = &[
    one(Parts, "Format", Wrapped("Format", &CODE))
        .known_as("PrioritizedFormat")
        .in_list(),
    one(Parts, "ConformsTo", Model),
    one(Parts, "Transformation", Model),
];
