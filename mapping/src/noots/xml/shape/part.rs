//! The building blocks of 1.4.

use super::Content::{Base64, Integer, Labeled, Parts as Of, Signature, Text, Token};
use super::Namespace::{Body, Channel, Head, None as Bare, Noots, Parts, Values};
use super::{Content, Group, attribute, many, one};

/// The type `Nachricht`.
pub(super) const MESSAGE: Group = &[
    attribute("produkt"),
    attribute("produkthersteller"),
    attribute("produktversion"),
    attribute("standard"),
    attribute("test"),
    attribute("version"),
    one(Parts, "nachrichtenkopf", Of(&[HEADER])),
];

const HEADER: Group = &[
    one(Parts, "identifikation.nachricht", Of(&[IDENTIFICATION])),
    one(Head, "leser", Of(&[PARTY])),
    one(Head, "autor", Of(&[PARTY])),
];

const IDENTIFICATION: Group = &[
    one(Parts, "nachrichtenUUID", Token),
    one(Parts, "nachrichtentyp", CODE),
    one(Parts, "erstellungszeitpunkt", Token),
];

const PARTY: Group = &[
    one(Body, "verzeichnisdienst", CODE),
    one(Body, "kennung", Text),
    one(Body, "name", Text),
    many(Body, "erreichbarkeit", Of(&[CHANNEL])),
];

const CHANNEL: Group = &[
    one(Channel, "kanal", CODE),
    one(Channel, "kennung", Text),
    one(Channel, "zusatz", Text),
];

/// A code. Its parts are in no namespace, wherever it stands.
pub(super) const CODE: Content = Of(CODE_PARTS);

pub(in crate::noots::xml) const CODE_PARTS: &[Group] = &[&[
    attribute("listURI"),
    attribute("listVersionID"),
    one(Bare, "code", Token),
    one(Bare, "name", Text),
]];

/// A text in a language.
pub(super) const TEXT: Content = Of(&[&[one(Values, "value", Text), one(Values, "lang", CODE)]]);

pub(super) const IDENTIFIER: Content = Labeled("schemeID");

const NAME: Content = Labeled("nonLatin");

pub(super) const AGENT: Content = Of(&[&[
    one(Parts, "Identifier", IDENTIFIER),
    many(Parts, "Name", TEXT),
    one(Parts, "Address", ADDRESS),
    one(Parts, "Classification", CODE),
]]);

const ADDRESS: Content = Of(&[&[
    one(Parts, "FullAddress", Text),
    one(Parts, "Thoroughfare", Text),
    one(Parts, "LocatorDesignator", Text),
    one(Parts, "AdminUnitLevel1", CODE),
    one(Parts, "AdminUnitLevel2", Text),
    one(Parts, "PostCode", Text),
    one(Parts, "PostCityName", Text),
]]);

/// The type `QueryType`.
pub(super) const QUERY: Group = &[
    one(Parts, "QueryDefinition", Token),
    one(
        Parts,
        "AuthorizedRepresentative",
        Of(&[&[
            one(Parts, "AuthorizedRepresentativeLegalPerson", LEGAL_PERSON),
            one(Parts, "AuthorizedRepresentativePerson", NATURAL_PERSON),
        ]]),
    ),
    one(
        Parts,
        "LegalOrNaturalPerson",
        Of(&[&[
            one(Parts, "LegalPerson", LEGAL_PERSON),
            one(Parts, "NaturalPerson", NATURAL_PERSON),
        ]]),
    ),
];

/// What `QueryType_RequestedEvidence` adds.
pub(super) const REQUESTED_EVIDENCE: Group = &[
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
    one(Parts, "JurisdictionParameters", CODE),
];

/// The type `ConformantToType`.
pub(super) const EVIDENCE_TYPE: Group = &[
    one(Parts, "EvidenceTypeClassification", Token),
    many(Parts, "Title", TEXT),
    many(Parts, "Description", TEXT),
];

const DISTRIBUTION: Group = &[
    many(
        Parts,
        "PrioritizedFormat",
        Of(&[&[one(Parts, "Format", CODE), one(Parts, "Priority", Integer)]]),
    ),
    one(Parts, "ConformsTo", Token),
    one(Parts, "Transformation", Token),
];

const NATURAL_PERSON: Content = Of(&[&[
    one(Parts, "Identifier", IDENTIFIER),
    one(Parts, "DateOfBirth", Token),
    one(Parts, "FamilyName", NAME),
    one(Parts, "GivenName", NAME),
    one(Parts, "LevelOfAssurance", CODE),
    one(Parts, "BirthName", NAME),
    one(Parts, "PlaceOfBirth", Text),
    one(Parts, "CurrentAddress", ADDRESS),
    one(Parts, "Gender", Text),
    many(Parts, "SectorSpecificAttribute", SECTOR_ATTRIBUTE),
    one(Parts, "IDNr", Token),
    many(Parts, "Nationality", CODE),
    one(Parts, "CountryOfBirth", CODE),
    one(Parts, "TownOfBirth", Text),
    one(Parts, "CountryOfResidence", CODE),
    one(Parts, "PhoneNumber", Text),
    one(Parts, "EmailAddress", Text),
]]);

const LEGAL_PERSON: Content = Of(&[&[
    one(Parts, "LegalPersonIdentifier", IDENTIFIER),
    one(Parts, "LegalName", NAME),
    one(Parts, "LevelOfAssurance", CODE),
    many(Parts, "Identifier", IDENTIFIER),
    one(Parts, "RegisteredAddress", ADDRESS),
    many(Parts, "SectorSpecificAttribute", SECTOR_ATTRIBUTE),
    one(Parts, "PhoneNumber", Text),
    one(Parts, "EmailAddress", Text),
]]);

pub(super) const SECTOR_ATTRIBUTE: Content = Of(&[&[
    one(Parts, "AttributeName", Text),
    one(Parts, "AttributeURI", Text),
    one(Parts, "AttributeValue", Text),
]]);

/// `RegistryObject` of 0302.
pub(super) const PROVIDED_OBJECT: Group = &[
    one(Parts, "id", Token),
    one(Parts, "EvidenceMetadata", METADATA),
    one(
        Parts,
        "RepositoryItem",
        Of(&[&[
            one(Parts, "RepositoryItem", Base64),
            one(Parts, "RepositoryItemRef", Text),
        ]]),
    ),
    one(
        Parts,
        "LegalOrNaturalPerson",
        Of(&[&[
            one(Parts, "LegalPerson", LEGAL_PERSON),
            one(Parts, "NaturalPerson", NATURAL_PERSON),
        ]]),
    ),
    one(Parts, "EvidenceProviderReference", IDENTIFIER),
    one(Parts, "Signature", Signature),
];

/// `RegistryObject` of 0412: other order, other namespace, no provider reference.
pub(super) const RETRIEVED_OBJECT: Group = &[
    one(Noots, "id", Token),
    one(
        Noots,
        "RepositoryItem",
        Of(&[&[
            one(Noots, "RepositoryItem", Base64),
            one(Noots, "RepositoryItemRef", Text),
        ]]),
    ),
    one(Noots, "EvidenceMetadata", METADATA),
    one(Noots, "Signature", Signature),
    one(
        Noots,
        "LegalOrNaturalPerson",
        Of(&[&[
            one(Noots, "LegalPerson", LEGAL_PERSON),
            one(Noots, "NaturalPerson", NATURAL_PERSON),
        ]]),
    ),
];

const METADATA: Content = Of(&[&[
    one(Parts, "Title", Text),
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

pub(super) const PERIOD: Content =
    Of(&[&[one(Parts, "StartDate", Token), one(Parts, "EndDate", Token)]]);

pub(super) const AUTHORITY: Content = Of(&[&[
    one(Parts, "Identifier", IDENTIFIER),
    many(Parts, "Name", TEXT),
]]);

/// The type `RegistryExceptionType`.
pub(super) const EXCEPTION: Group = &[
    one(Parts, "Code", CODE),
    one(Parts, "Detail", Text),
    one(Parts, "Timestamp", Token),
    one(Parts, "Severity", Token),
];
