//! A request from France for a German birth certificate, an order from Germany for a French one,
//! and what goes with them.

use std::sync::LazyLock;

use bytes::Bytes;
use jiff::Timestamp;
use jiff::civil::date;
use mapping::code_table::FILES;
use mapping::code_table::providers::{Provider, Providers};
use mapping::{CodeTables, Context, EvidencePart, Personal, Platform, PlatformNames, edm, noots};
use uuid::Uuid;

pub(crate) const BIRTH: &str = "https://sr.oots.tech.ec.europa.eu/evidencetypeclassifications/DE/ca8afed6-2dc0-422a-a931-d21c3d8d370e";
pub(crate) const BIRTH_ACCEPTANCE: &str = "https://sr.acc.oots.tech.ec.europa.eu/evidencetypeclassifications/DE/ca8afed6-2dc0-422a-a931-d21c3d8d370e";
pub(crate) const FOREIGN: &str = "https://sr.acc.oots.tech.ec.europa.eu/evidencetypeclassifications/FR/11afed60-2dc0-422a-a931-d21c3d8d370e";
pub(crate) const PDF: &[u8] = b"%PDF-1.7 EVIDENCE-MARKER-5d1e";

pub(crate) static TABLES: LazyLock<CodeTables> = LazyLock::new(|| tables(|_, text| text));

static PLATFORM: LazyLock<Platform> = LazyLock::new(|| {
    let names = PlatformNames {
        id: "DE-IP-0001".to_owned(),
        scheme: "urn:oasis:names:tc:ebcore:partyid-type:unregistered:DE"
            .parse()
            .unwrap(),
        names: noots::Text::new("Intermediäre Plattform", noots::LanguageCode::GERMAN).into(),
        author: party("ip:0001", "Intermediäre Plattform"),
        product: noots::Product {
            name: "bridge".to_owned(),
            maker: "example".to_owned(),
            version: None,
        },
        test: None,
    };
    Platform::new(names).unwrap()
});

static PROVIDERS: LazyLock<Providers> = LazyLock::new(|| {
    let text = format!(
        "[[entry]]\nservice_id = \"standesamt\"\nevidence_type = \"{BIRTH}\"\nformats = [\"application/pdf\"]\n\
         agent = {{ id = \"08111000-0001-11\", scheme = \"urn:cef.eu:names:identifier:EAS:0204\", names = {{ de = \"Standesamt Stuttgart\" }} }}\n\
         reader = {{ directory = \"DVDV\", id = \"psw:08111000\", name = \"Standesamt Stuttgart\" }}\n\
         jurisdiction = {{ level = \"GEMEINDE\", ars = [\"081110000000\"] }}\n"
    );
    Providers::from_toml("providers.toml", &text).unwrap()
});

/// The shipped tables, each text changed by `change`.
pub(crate) fn tables(change: impl Fn(&str, String) -> String) -> CodeTables {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/mapping");
    let read = |name| {
        change(
            name,
            std::fs::read_to_string(format!("{folder}/{name}")).unwrap(),
        )
    };
    let files: Vec<_> = FILES.into_iter().map(|name| (name, read(name))).collect();
    CodeTables::from_toml(files.iter().map(|(name, text)| (*name, text.as_str()))).unwrap()
}

pub(crate) fn context() -> Context<'static> {
    Context {
        tables: &TABLES,
        platform: &PLATFORM,
        now: now(),
    }
}

pub(crate) fn now() -> Timestamp {
    "2026-11-23T10:15:30.123Z".parse().unwrap()
}

pub(crate) fn provider() -> &'static Provider {
    PROVIDERS.iter().next().unwrap()
}

/// Draws 1, 2, 3 … from a start.
pub(crate) fn draw(start: u128) -> impl FnMut() -> Uuid {
    let mut next = start;
    move || {
        next += 1;
        Uuid::from_u128(next)
    }
}

pub(crate) fn message_id(n: u128) -> noots::MessageId {
    noots::MessageId::new(Uuid::from_u128(n))
}

pub(crate) fn party(id: &str, name: &str) -> noots::Party {
    noots::Party {
        directory: "DVDV".to_owned(),
        id: id.to_owned(),
        name: name.to_owned(),
        channels: Vec::new(),
    }
}

pub(crate) fn header(id: noots::MessageId) -> noots::Header {
    PLATFORM.header(id, now(), party("psw:1", "Portal"))
}

fn foreign_agent(id: &str, name: &str) -> edm::Agent {
    let scheme = "urn:cef.eu:names:identifier:EAS:0009".parse().unwrap();
    let id = edm::AgentId::new(id, scheme).unwrap();
    edm::Agent::new(id, edm::Text::new("FR".parse().unwrap(), name))
}

pub(crate) fn foreign_authority() -> edm::Agent {
    let address = edm::Address::new("FR".parse().unwrap()).with_post_city("Paris".to_owned());
    foreign_agent("00000000000002", "Ministère de l'enseignement supérieur").with_address(address)
}

pub(crate) fn person() -> edm::NaturalPerson {
    let identity = edm::NaturalIdentity::new(
        edm::Name::new("Müller-Żółkiewska").with_non_latin("Мюллер".to_owned()),
        "Zoë-Ángela",
        date(1931, 2, 28),
    )
    .with_identifier(edm::EidasId::new("DE/FR/AT-PII-7f3c91").unwrap())
    .with_place_of_birth(Personal::new("Stuttgart".into()));
    let address = edm::Address::new("EL".parse().unwrap())
        .with_full("Odos 1, Athina".to_owned())
        .with_region("EL30".to_owned());
    edm::NaturalPerson::new(edm::Loa::High, identity)
        .with_birth_name(Personal::new("Żółkiewska".into()))
        .with_current_address(Personal::new(address))
        .with_gender(Personal::new(edm::Gender::Female))
        .with_nationalities(vec![
            Personal::new("DE".parse().unwrap()),
            Personal::new("EL".parse().unwrap()),
        ])
        .with_country_of_birth(Personal::new("DE".parse().unwrap()))
        .with_town_of_birth(Personal::new("Stuttgart".into()))
        .with_country_of_residence(Personal::new("EL".parse().unwrap()))
        .with_phone(Personal::new("+30 1".to_owned()))
        .with_email(Personal::new("a@example.org".to_owned()))
        .with_attributes(vec![edm::SectorAttribute::new("a", "urn:a", "b")])
}

pub(crate) fn company(version: edm::Version) -> edm::LegalPerson {
    let identity = edm::LegalIdentity::new("Beispiel SARL");
    let identity = match version {
        edm::Version::V1_0 => identity,
        _ => identity.with_identifier(edm::EidasId::new("FR/DE/HRB-12345").unwrap()),
    };
    edm::LegalPerson::new(edm::Loa::Substantial, identity).with_other_identifiers(vec![
        (edm::LegalIdScheme::Vat, Personal::new("FR123".to_owned())),
        (edm::LegalIdScheme::Lei, Personal::new("LEI123".to_owned())),
        (
            edm::LegalIdScheme::Eori,
            Personal::new("EORI123".to_owned()),
        ),
    ])
}

/// A request from abroad in this release line.
pub(crate) fn request_draft(version: edm::Version) -> edm::RequestDraft {
    let english = edm::LanguageCode::EN;
    let id = edm::DataServiceId::new(Uuid::from_u128(77));
    let distribution = edm::RequestedDistribution::new(edm::MediaType::Pdf);
    let distribution = match version {
        edm::Version::V2_0 => distribution.with_languages(vec!["FR".parse().unwrap()]),
        _ => distribution,
    };
    let evidence = edm::RequestedEvidence::new(
        id,
        BIRTH_ACCEPTANCE.parse().unwrap(),
        edm::Text::new(english, "Certificate of Birth"),
    )
    .with_descriptions(vec![edm::Text::new(english, "Extract")])
    .with_distributions(vec![distribution]);
    let requirement =
        "https://sr.acc.oots.tech.ec.europa.eu/requirements/df81cba1-1936-46fe-ad4b-53254b79bf55";
    edm::RequestDraft {
        version,
        id: edm::RequestId::new(Uuid::from_u128(1000)),
        lang: (version < edm::Version::V2_0).then(|| "FR".parse().unwrap()),
        issued_at: now(),
        procedure: "T1".parse().unwrap(),
        second_round: None,
        possibility_for_preview: true,
        explicit_request_given: true,
        requirements: vec![edm::Requirement::new(
            requirement.parse().unwrap(),
            edm::Text::new(english, "Proof of birth"),
        )],
        requester: edm::Requester::new(foreign_authority()),
        provider: foreign_agent("08111000", "DE"),
        classifications: Vec::new(),
        subject: edm::Subject::Natural(Box::new(person())),
        representative: None,
        legal_representative: None,
        evidence,
    }
}

pub(crate) fn request(version: edm::Version) -> edm::Request {
    edm::Request::new(request_draft(version)).unwrap()
}

/// What the register is asked for a request.
pub(crate) fn asked(request: &edm::Request) -> noots::EvidenceRequest {
    let asking = mapping::provide::Asking {
        provider: provider(),
        place: None,
        id: message_id(1),
    };
    mapping::provide::to_national(request, &asking, &context())
        .unwrap()
        .message
}

/// A register's answer with so many documents.
pub(crate) fn answer(asked: &noots::EvidenceRequest, documents: u128) -> noots::EvidenceResponse {
    let objects = (0..documents).map(|n| noots::ProvidedObject {
        object: noots::RegistryObject {
            id: noots::ObjectId::new(Uuid::from_u128(500 + n)),
            metadata: metadata(asked.evidence_type.classification.clone()),
            item: noots::RepositoryItem::Content(Personal::new(Bytes::from_static(PDF))),
            subject: asked.subject.clone(),
            signature: None,
        },
        provider: asked.provider.identifier.clone(),
    });
    noots::EvidenceResponse {
        header: header(message_id(2)),
        request_id: asked.header.id,
        issued_at: now().into(),
        requesters: asked.requesters.clone(),
        id: noots::ResponseId::new(Uuid::from_u128(3)),
        providers: noots::Agents::one(asked.provider.clone()).unwrap(),
        availability: noots::Availability::Now(noots::OneOrMore::new(objects.collect()).unwrap()),
    }
}

pub(crate) fn metadata(classification: noots::EvidenceTypeId) -> noots::EvidenceMetadata {
    let german = noots::LanguageCode::GERMAN;
    noots::EvidenceMetadata {
        title: "Geburtsurkunde".to_owned(),
        issued_on: date(2026, 11, 23),
        validity: Some(noots::ValidityPeriod {
            start: date(2026, 11, 23),
            end: date(2027, 11, 22),
        }),
        authority: noots::IssuingAuthority {
            identifier: noots::Identifier {
                value: "08111000".to_owned(),
                scheme: "urn:cef.eu:names:identifier:EAS:0204".parse().unwrap(),
            },
            names: noots::Text::new("Standesamt Stuttgart", german).into(),
        },
        distribution: noots::Distribution {
            distributed_as: noots::DistributedAs::one(noots::MediaType::Pdf, None),
            languages: vec![german],
        },
        conforms_to: noots::EvidenceConformity {
            classification,
            titles: noots::Text::new("Geburtsurkunde", german).into(),
            descriptions: vec![noots::Text::new("Auszug", german)],
        },
    }
}

/// A Data Consumer's order.
pub(crate) fn order() -> noots::EvidenceOrder {
    let german = noots::LanguageCode::GERMAN;
    let mut person = noots::NaturalPerson::new(
        noots::Name {
            value: "Müller-Żółkiewska".to_owned(),
            non_latin: Some("Мюллер".to_owned()),
        },
        noots::Name::new("Zoë-Ángela"),
        date(1931, 2, 28),
        noots::Loa::High,
    );
    person.identifier = Some("DE/FR/AT-PII-7f3c91".parse().unwrap());
    person.id_nr = Some(Personal::new("12345678901".parse().unwrap()));
    person.nationalities = vec!["GR".parse().unwrap(), "US".parse().unwrap()];
    noots::EvidenceOrder {
        header: header(message_id(10)),
        issued_at: now().into(),
        legal_basis: Some("§ 5 EGovG".to_owned()),
        purpose: None,
        language: german,
        token: Some(noots::IssuedToken::new("sealed")),
        platform: PLATFORM.national().clone(),
        requesters: noots::Agents::one(noots::Agent {
            identifier: noots::Identifier {
                value: "DE-DC-1".to_owned(),
                scheme: "urn:oasis:names:tc:ebcore:partyid-type:unregistered:DE"
                    .parse()
                    .unwrap(),
            },
            names: noots::Text::new("Zulassungsstelle", german).into(),
            address: Some(noots::Address::of_country("DE".parse().unwrap())),
            class: noots::AgentClass::EvidenceRequester,
        })
        .unwrap(),
        procedure: "V2".parse().unwrap(),
        requirements: Vec::new(),
        representative: None,
        subject: noots::Subject::Natural(Box::new(person)),
        return_url: "https://portal.example.de/zurueck".parse().unwrap(),
    }
}

pub(crate) fn collection() -> noots::GetEvidence {
    noots::GetEvidence {
        header: header(message_id(11)),
        issued_at: now().into(),
        legal_basis: None,
        purpose: None,
        conversation_id: noots::ConversationId::new(Uuid::from_u128(12)),
    }
}

/// What the user chose in the dialogue.
pub(crate) fn selection(version: edm::Version) -> mapping::retrieve::Selection {
    let draft = request_draft(version);
    let distribution = edm::RequestedDistribution::new(edm::MediaType::Pdf);
    let evidence = edm::RequestedEvidence::new(
        draft.evidence.id(),
        FOREIGN.parse().unwrap(),
        edm::Text::new(edm::LanguageCode::EN, "Vehicle"),
    )
    .with_distributions(vec![distribution]);
    mapping::retrieve::Selection {
        version,
        requirements: draft.requirements,
        evidence,
        provider: foreign_authority(),
        classifications: Vec::new(),
        confirmed: true,
    }
}

/// A foreign answer to a request, with its contents.
pub(crate) fn foreign_answer(
    request: &edm::Request,
    documents: u128,
) -> (edm::Response, Vec<EvidencePart>) {
    let mut packages = Vec::new();
    let mut parts = Vec::new();
    for n in 0..documents {
        let content_id: edm::ContentRef = format!("part{n}@example").parse().unwrap();
        let id = edm::ObjectId::new(Uuid::from_u128(700 + n));
        let evidence = edm::Evidence::new(
            id,
            content_id.clone(),
            "Carte grise",
            foreign_metadata(request),
        );
        packages.push(edm::Package::new(
            edm::ObjectId::new(Uuid::from_u128(800 + n)),
            evidence,
        ));
        parts.push(EvidencePart {
            content_id,
            media_type: edm::MediaType::Pdf,
            content: Personal::new(Bytes::from_static(PDF)),
        });
    }
    (
        foreign_response(request, edm::Availability::Now(packages)),
        parts,
    )
}

pub(crate) fn foreign_response(
    request: &edm::Request,
    availability: edm::Availability,
) -> edm::Response {
    edm::Response::new(edm::ResponseDraft {
        version: request.version(),
        request_id: request.id().clone(),
        id: edm::EvidenceResponseId::new(Uuid::from_u128(20)),
        issued_at: now(),
        provider: edm::ResponseProvider::new(foreign_authority()),
        requester: request.requester().authority().clone(),
        availability,
    })
    .unwrap()
}

pub(crate) fn foreign_metadata(request: &edm::Request) -> edm::EvidenceMetadata {
    let french = "FR".parse().unwrap();
    let evidence_type = edm::EvidenceType::new(
        FOREIGN.parse().unwrap(),
        edm::Text::new(french, "Certificat"),
    );
    let distribution = edm::Distribution::new(edm::MediaType::Pdf).with_languages(vec![french]);
    edm::EvidenceMetadata::new(
        edm::EvidenceId::new(Uuid::from_u128(30)),
        request.subject().identity(),
        foreign_agent("130", "Préfecture"),
        evidence_type,
        (date(2026, 1, 2), distribution),
    )
}
