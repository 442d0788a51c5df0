//! Requests, responses and error responses

use jiff::Timestamp;
use xml::Writer;

use super::slot::{item, simple, slot};
use super::{
    Authority, DocumentFacts, EdmVersion, ErrorFacts, EvidenceTypeFacts, QUERY, RIM, RS,
    ReceivedAgent, RequestFacts, ResponseFacts, SDG, SEVERITY_ERROR, SEVERITY_PREVIEW, STATUS,
    XLINK, XSI, exception,
};
use crate::simulator::person::TestPerson;

/// Writes an evidence request
#[must_use]
pub fn request(facts: &RequestFacts) -> Vec<u8> {
    let id = format!("urn:uuid:{}", facts.id);
    let mut attributes = namespaces();
    attributes.push(("id", &id));
    if facts.version == EdmVersion::V1_2 {
        // The language stands at the root up to 1.2 and is forbidden there in 2.0.
        attributes.push(("xml:lang", &facts.language));
    }
    let mut writer = Writer::with_declaration();
    writer.element("query:QueryRequest", &attributes, |writer| {
        request_slots(writer, facts);
        writer.empty(
            "query:ResponseOption",
            &[("returnType", "LeafClassWithRepositoryItem")],
        );
        writer.element(
            "query:Query",
            &[("queryDefinition", "DocumentQuery")],
            |writer| {
                slot(writer, "NaturalPerson", ANY, |writer| {
                    person(writer, &facts.subject)
                });
                slot(writer, "EvidenceRequest", ANY, |writer| {
                    evidence_type(writer, facts)
                });
            },
        );
    });
    writer.finish().into_bytes()
}

fn request_slots(writer: &mut Writer, facts: &RequestFacts) {
    simple(
        writer,
        "SpecificationIdentifier",
        STRING,
        facts.version.as_str(),
    );
    simple(writer, "IssueDateTime", DATE_TIME, &time(facts.issued));
    match facts.version {
        EdmVersion::V2_0 => simple(writer, "Procedure", STRING, &facts.procedure),
        EdmVersion::V1_2 => slot(
            writer,
            "Procedure",
            "InternationalStringValueType",
            |writer| {
                writer.element("rim:Value", &[], |writer| {
                    let code = [("xml:lang", "EN"), ("value", facts.procedure.as_str())];
                    writer.empty("rim:LocalizedString", &code);
                });
            },
        ),
    }
    if let Some(location) = &facts.preview_location {
        simple(writer, "PreviewLocation", STRING, location);
    }
    if let Some(location) = &facts.return_location {
        simple(writer, "ReturnLocation", STRING, location);
    }
    simple(
        writer,
        "PossibilityForPreview",
        BOOLEAN,
        flag(facts.preview_possible),
    );
    simple(
        writer,
        "ExplicitRequestGiven",
        BOOLEAN,
        flag(facts.explicit),
    );
    slot(writer, "Requirements", COLLECTION, |writer| {
        for requirement in &facts.requirements {
            item(writer, |writer| {
                writer.element("sdg:Requirement", &[], |writer| {
                    writer.leaf("sdg:Identifier", &[], &requirement.id);
                    writer.leaf("sdg:Name", &[("lang", "EN")], &requirement.name);
                });
            });
        }
    });
    slot(writer, "EvidenceRequester", COLLECTION, |writer| {
        item(writer, |writer| classified(writer, &facts.requester, "ER"));
        if let Some(platform) = &facts.platform {
            item(writer, |writer| classified(writer, platform, "IP"));
        }
    });
    slot(writer, "EvidenceProvider", ANY, |writer| {
        writer.element("sdg:Agent", &[], |writer| named(writer, &facts.provider));
    });
}

fn person(writer: &mut Writer, person: &TestPerson) {
    writer.element("sdg:Person", &[], |writer| {
        writer.leaf("sdg:LevelOfAssurance", &[], &person.assurance);
        identity(writer, person);
    });
}

fn identity(writer: &mut Writer, person: &TestPerson) {
    writer.leaf("sdg:Identifier", &[("schemeID", "eidas")], &person.eidas);
    writer.leaf("sdg:FamilyName", &[], &person.family_name);
    writer.leaf("sdg:GivenName", &[], &person.given_name);
    writer.leaf("sdg:DateOfBirth", &[], &person.birth_date);
    writer.leaf("sdg:PlaceOfBirth", &[], &person.birth_place);
}

fn evidence_type(writer: &mut Writer, facts: &RequestFacts) {
    let evidence = &facts.evidence;
    writer.element("sdg:DataServiceEvidenceType", &[], |writer| {
        writer.leaf("sdg:Identifier", &[], &evidence.identifier);
        conformance(writer, evidence);
        writer.element("sdg:DistributedAs", &[], |writer| {
            writer.leaf("sdg:Format", &[], &evidence.format);
            if facts.version == EdmVersion::V2_0 {
                writer.leaf("sdg:Language", &[], &facts.language);
            }
            if let Some(model) = &evidence.conforms_to {
                writer.leaf("sdg:ConformsTo", &[], model);
            }
        });
    });
}

fn conformance(writer: &mut Writer, evidence: &EvidenceTypeFacts) {
    writer.leaf(
        "sdg:EvidenceTypeClassification",
        &[],
        &evidence.classification,
    );
    writer.leaf("sdg:Title", &[("lang", "EN")], &evidence.title);
}

/// Writes an evidence response: documents, none, or a promise
#[must_use]
pub fn response(facts: &ResponseFacts) -> Vec<u8> {
    let mut fresh = facts.fresh_ids.iter().map(String::as_str);
    let state = if facts.available.is_some() {
        "Unavailable"
    } else {
        "Success"
    };
    let status = format!("{STATUS}{state}");
    let mut attributes = namespaces();
    attributes.push(("status", &status));
    attributes.push(("requestId", &facts.request_id));
    let mut writer = Writer::with_declaration();
    writer.element("query:QueryResponse", &attributes, |writer| {
        simple(
            writer,
            "SpecificationIdentifier",
            STRING,
            facts.version.as_str(),
        );
        let response_id = fresh.next().unwrap_or_default();
        simple(writer, "EvidenceResponseIdentifier", STRING, response_id);
        simple(writer, "IssueDateTime", DATE_TIME, &time(facts.issued));
        if let Some(at) = facts.available {
            simple(writer, "ResponseAvailableDateTime", DATE_TIME, &time(at));
        }
        slot(writer, "EvidenceProvider", COLLECTION, |writer| {
            item(writer, |writer| classified(writer, &facts.provider, "EP"));
            if let Some(platform) = &facts.platform {
                item(writer, |writer| classified(writer, platform, "IP"));
            }
        });
        requester_slot(writer, &facts.requester);
        writer.element("rim:RegistryObjectList", &[], |writer| {
            for document in &facts.documents {
                object(writer, facts, document, &mut fresh);
            }
        });
    });
    writer.finish().into_bytes()
}

fn object<'a>(
    writer: &mut Writer,
    facts: &ResponseFacts,
    document: &DocumentFacts,
    fresh: &mut impl Iterator<Item = &'a str>,
) {
    if facts.version == EdmVersion::V1_2 {
        extrinsic(writer, facts, document, None);
        return;
    }
    let package = format!("urn:uuid:{}", fresh.next().unwrap_or_default());
    let classification = format!("urn:uuid:{}", fresh.next().unwrap_or_default());
    let attributes = [
        ("xsi:type", "rim:RegistryPackageType"),
        ("id", package.as_str()),
    ];
    writer.element("rim:RegistryObject", &attributes, |writer| {
        writer.element("rim:RegistryObjectList", &[], |writer| {
            extrinsic(writer, facts, document, Some(&classification));
        });
    });
}

fn extrinsic(
    writer: &mut Writer,
    facts: &ResponseFacts,
    document: &DocumentFacts,
    classification: Option<&str>,
) {
    let id = format!("urn:uuid:{}", document.object_id);
    let attributes = [("xsi:type", "rim:ExtrinsicObjectType"), ("id", id.as_str())];
    writer.element("rim:RegistryObject", &attributes, |writer| {
        slot(writer, "EvidenceMetadata", ANY, |writer| {
            metadata(writer, facts, document)
        });
        if let Some(id) = classification {
            let attributes = [
                ("id", id),
                ("classificationScheme", "urn:fdc:oots:classification:edm"),
                ("classificationNode", "MainEvidence"),
            ];
            writer.empty("rim:Classification", &attributes);
        }
        let href = format!("cid:{}", document.cid);
        let attributes = [
            ("xlink:href", href.as_str()),
            ("xlink:title", &document.evidence.title),
        ];
        writer.empty("rim:RepositoryItemRef", &attributes);
    });
}

fn metadata(writer: &mut Writer, facts: &ResponseFacts, document: &DocumentFacts) {
    writer.element("sdg:Evidence", &[], |writer| {
        writer.leaf("sdg:Identifier", &[], &document.evidence_id);
        writer.element("sdg:IsAbout", &[], |writer| {
            writer.element("sdg:NaturalPerson", &[], |writer| {
                identity(writer, &document.subject)
            });
        });
        writer.element("sdg:IssuingAuthority", &[], |writer| {
            named(writer, &facts.provider)
        });
        writer.element("sdg:IsConformantTo", &[], |writer| {
            conformance(writer, &document.evidence)
        });
        let day = facts.issued.strftime("%Y-%m-%d").to_string();
        writer.leaf("sdg:IssuingDate", &[], &day);
        writer.element("sdg:Distribution", &[], |writer| {
            writer.leaf("sdg:Format", &[], &document.evidence.format);
            if let Some(model) = &document.evidence.conforms_to {
                writer.leaf("sdg:ConformsTo", &[], model);
            }
        });
    });
}

/// Writes an error response
#[must_use]
pub fn error(facts: &ErrorFacts) -> Vec<u8> {
    let status = format!("{STATUS}Failure");
    let mut attributes = namespaces();
    attributes.push(("status", &status));
    if let Some(id) = &facts.request_id {
        attributes.push(("requestId", id));
    }
    let mut writer = Writer::with_declaration();
    writer.element("query:QueryResponse", &attributes, |writer| {
        simple(
            writer,
            "SpecificationIdentifier",
            STRING,
            facts.version.as_str(),
        );
        simple(
            writer,
            "EvidenceResponseIdentifier",
            STRING,
            &facts.response_id,
        );
        slot(writer, "ErrorProvider", ANY, |writer| {
            classified(writer, &facts.provider, "ERRP")
        });
        if let Some(requester) = &facts.requester {
            requester_slot(writer, requester);
        }
        exception_element(writer, facts);
    });
    writer.finish().into_bytes()
}

fn exception_element(writer: &mut Writer, facts: &ErrorFacts) {
    let (kind, message) = exception(&facts.code).unwrap_or((UNKNOWN_EXCEPTION, "Unknown"));
    let severity = match facts.preview_location {
        Some(_) => SEVERITY_PREVIEW,
        None => SEVERITY_ERROR,
    };
    let mut attributes = vec![
        ("xsi:type", kind),
        ("message", message),
        ("severity", severity),
        ("code", facts.code.as_str()),
    ];
    if let Some(detail) = &facts.detail {
        attributes.push(("detail", detail));
    }
    writer.element("rs:Exception", &attributes, |writer| {
        simple(writer, "Timestamp", DATE_TIME, &time(facts.issued));
        let Some(location) = &facts.preview_location else {
            return;
        };
        simple(writer, "PreviewLocation", STRING, location);
        slot(
            writer,
            "PreviewDescription",
            "InternationalStringValueType",
            |writer| {
                writer.element("rim:Value", &[], |writer| {
                    let text = [
                        ("xml:lang", "EN"),
                        ("value", "Please look at your evidence."),
                    ];
                    writer.empty("rim:LocalizedString", &text);
                });
            },
        );
        if facts.version == EdmVersion::V1_2 {
            simple(writer, "PreviewMethod", STRING, "GET");
        }
    });
}

fn requester_slot(writer: &mut Writer, requester: &ReceivedAgent) {
    slot(writer, "EvidenceRequester", ANY, |writer| {
        writer.element("sdg:Agent", &[], |writer| {
            let scheme = [("schemeID", requester.scheme.as_str())];
            writer.leaf("sdg:Identifier", &scheme, &requester.id);
            writer.leaf("sdg:Name", &[("lang", &requester.lang)], &requester.name);
        });
    });
}

fn classified(writer: &mut Writer, authority: &Authority, class: &str) {
    writer.element("sdg:Agent", &[], |writer| {
        named(writer, authority);
        writer.element("sdg:Address", &[], |writer| {
            writer.leaf("sdg:AdminUnitLevel1", &[], &authority.country);
        });
        writer.leaf("sdg:Classification", &[], class);
    });
}

fn named(writer: &mut Writer, authority: &Authority) {
    writer.leaf(
        "sdg:Identifier",
        &[("schemeID", &authority.scheme)],
        &authority.id,
    );
    writer.leaf("sdg:Name", &[("lang", &authority.lang)], &authority.name);
}

fn namespaces() -> Vec<(&'static str, &'static str)> {
    vec![
        ("xmlns:query", QUERY),
        ("xmlns:rim", RIM),
        ("xmlns:rs", RS),
        ("xmlns:sdg", SDG),
        ("xmlns:xlink", XLINK),
        ("xmlns:xsi", XSI),
    ]
}

fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

const fn flag(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

const STRING: &str = "StringValueType";
const DATE_TIME: &str = "DateTimeValueType";
const BOOLEAN: &str = "BooleanValueType";
const ANY: &str = "AnyValueType";
const COLLECTION: &str = "CollectionValueType";
const UNKNOWN_EXCEPTION: &str = "rs:UnknownExceptionType";
