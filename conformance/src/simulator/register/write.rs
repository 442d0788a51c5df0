//! The answers of a register: 0302 with a document or a promise, 0303 with a reason

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::{Asked, Document, Mood, Offer, Outcome, Register};
use crate::simulator::national::{Body, Envelope, List, code, date_time, multilingual, text};
use crate::simulator::pdf;
use crate::simulator::person::TestPerson;

/// A written answer
pub(super) struct Written {
    pub(super) what: String,
    pub(super) id: String,
    pub(super) body: Vec<u8>,
    pub(super) evidence: Option<(Vec<u8>, String)>,
}

pub(super) fn answer(
    register: &Register,
    asked: &Asked,
    outcome: &Outcome,
    mood: &Mood,
) -> Written {
    let mut content = common(register, asked, mood);
    let mut set = |name: &str, value: Value| {
        content.insert(name.to_owned(), value);
    };
    let (message, evidence) = match outcome {
        Outcome::Evidence { person, offer } => {
            let (object, document) = registry_object(register, person, offer, mood);
            set("Status", code(List::Status, "Success"));
            set(
                "EvidenceProvider",
                json!([register.profile.agent.json("EP")]),
            );
            set("EvidenceAvailability", json!({"RegistryObject": [object]}));
            (RESPONSE, Some(document))
        }
        Outcome::Later(at) => {
            set("Status", code(List::Status, "Unavailable"));
            set(
                "EvidenceProvider",
                json!([register.profile.agent.json("EP")]),
            );
            set(
                "EvidenceAvailability",
                json!({"ResponseAvailableDateTime": [date_time(*at)]}),
            );
            (RESPONSE, None)
        }
        Outcome::Refusal {
            code: reason,
            detail,
        } => {
            set("Status", code(List::Status, "Failure"));
            set("ErrorProvider", register.profile.agent.json("ERRP"));
            set("Exception", json!([exception(register, reason, detail)]));
            (ERROR, None)
        }
    };
    let id = register.source.uuid().to_string();
    let mut body = envelope(register, asked, message, &id)
        .seal(Value::Object(content))
        .to_string()
        .into_bytes();
    if *mood == Mood::Malformed {
        body.truncate(body.len() / 2);
    }
    Written {
        what: message.to_owned(),
        id,
        body,
        evidence,
    }
}

fn envelope<'a>(
    register: &'a Register,
    asked: &'a Asked,
    message: &'a str,
    id: &'a str,
) -> Addressed<'a> {
    let author = |member| text(&asked.message, &format!("/nachrichtenkopf/autor/{member}"));
    let reader = Body {
        kennung: author("kennung").unwrap_or_default().to_owned(),
        name: author("name").unwrap_or_default().to_owned(),
    };
    Addressed {
        register,
        reader,
        message,
        id,
    }
}

/// An envelope back to the author of the request
struct Addressed<'a> {
    register: &'a Register,
    reader: Body,
    message: &'a str,
    id: &'a str,
}

impl Addressed<'_> {
    fn seal(&self, content: Value) -> Value {
        let envelope = Envelope {
            message: self.message,
            id: self.id,
            author: &self.register.profile.body,
            reader: &self.reader,
            now: self.register.source.now(),
        };
        envelope.seal(content)
    }
}

fn common(register: &Register, asked: &Asked, mood: &Mood) -> Map<String, Value> {
    let answered = match mood {
        Mood::OtherRequest => register.source.uuid().to_string(),
        _ => asked.id.clone(),
    };
    let identifier = register.source.uuid().to_string();
    [
        ("requestid", json!(format!("urn:uuid:{answered}"))),
        ("EvidenceResponseIdentifier", json!(identifier)),
        (
            "EvidenceRequester",
            json!(asked.message.get("EvidenceRequester")),
        ),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into_iter()
    .collect()
}

fn exception(register: &Register, reason: &str, detail: &str) -> Value {
    json!({
        "Code": code(List::Error, reason),
        "Detail": detail,
        "Timestamp": date_time(register.source.now()),
        // Without the hyphen of the EDM value: so the national standard has it.
        "Severity": "urn:oasis:names:tc:ebxmlregrep:ErrorSeverityType:Error",
    })
}

fn registry_object(
    register: &Register,
    person: &TestPerson,
    offer: &Offer,
    mood: &Mood,
) -> (Value, (Vec<u8>, String)) {
    let issued = register.source.now().strftime("%Y-%m-%d").to_string();
    let person = match mood {
        Mood::OtherPerson => TestPerson::unknown("FR/DE/000000000"),
        _ => person.clone(),
    };
    let (content, media_type) = match mood {
        Mood::EmptyDocument => (Vec::new(), offer.document.media_type()),
        Mood::WrongFormat => (PICTURE.to_vec(), "image/png"),
        _ => (
            document(register, &person, offer, &issued),
            offer.document.media_type(),
        ),
    };
    let evidence_type = match mood {
        Mood::WrongType => OTHER_TYPE,
        _ => &offer.evidence_type,
    };
    let agent = &register.profile.agent;
    let object = json!({
        "id": format!("urn:uuid:{}", register.source.uuid()),
        "EvidenceMetadata": {
            "Title": offer.title,
            "IssuingDate": issued,
            "IssuingAuthority": agent.authority(),
            "Distribution": distribution(offer, media_type),
            "IsConformantTo": {
                "EvidenceTypeClassification": evidence_type,
                "Title": [multilingual(&offer.title, "de")],
            },
        },
        "RepositoryItem": {"RepositoryItem": STANDARD.encode(&content)},
        "LegalOrNaturalPerson": person.json(),
        "EvidenceProviderReference": {"value": agent.id, "schemeID": agent.scheme},
    });
    (object, (content, media_type.to_owned()))
}

fn distribution(offer: &Offer, media_type: &str) -> Value {
    let formats = json!([{"Format": code(List::MediaType, media_type)}]);
    let languages = json!([code(List::Language, "de")]);
    match offer.document.conforms_to() {
        None => json!({"PrioritizedFormat": formats, "Language": languages}),
        Some(model) => {
            json!({"PrioritizedFormat": formats, "ConformsTo": model, "Language": languages})
        }
    }
}

fn document(register: &Register, person: &TestPerson, offer: &Offer, issued: &str) -> Vec<u8> {
    // No two documents are the same, so that a digest tells which one arrived.
    let serial = register.source.uuid().to_string();
    match offer.document {
        Document::BirthCertificate => {
            let lines = [
                format!("Geburtsname: {}", person.family_name),
                format!("Vorname: {}", person.given_name),
                format!("Geburtstag: {}", person.birth_date),
                format!("Geburtsort: {}", person.birth_place),
                format!("Ausgestellt: {}, {issued}", register.profile.agent.name),
                format!("Nummer: {serial}"),
            ];
            pdf::page(&offer.title, &lines)
        }
        Document::VehicleRecord => vehicle_record(person, issued, &serial),
    }
}

fn vehicle_record(person: &TestPerson, issued: &str, serial: &str) -> Vec<u8> {
    let mut writer = xml::Writer::with_declaration();
    writer.element(
        "Fahrzeugregisterauszug",
        &[("xmlns", super::VEHICLE_MODEL)],
        |writer| {
            writer.leaf("Ausstellungsdatum", &[], issued);
            writer.leaf("Nummer", &[], serial);
            writer.element("Halter", &[], |writer| {
                writer.leaf("Familienname", &[], &person.family_name);
                writer.leaf("Vorname", &[], &person.given_name);
                writer.leaf("Geburtsdatum", &[], &person.birth_date);
            });
            writer.element("Fahrzeug", &[], |writer| {
                writer.leaf("Kennzeichen", &[], "S-IM 1");
                writer.leaf("Fahrzeugklasse", &[], "M1");
                writer.leaf("Erstzulassung", &[], "2021-05-17");
            });
        },
    );
    writer.finish().into_bytes()
}

const RESPONSE: &str = "DE.EvidenceResponse.0302";
const ERROR: &str = "DE.EvidenceErrorResponse.0303";
const OTHER_TYPE: &str = "https://sr.oots.tech.ec.europa.eu/evidencetypeclassifications/DE/00000000-0000-4000-8000-000000000000";
/// The first bytes of every PNG
const PICTURE: [u8; 8] = [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a];
