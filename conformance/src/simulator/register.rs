//! A German register behind the SAK: knows a few persons, answers 0301 with 0302 or 0303
//!
//! It refuses every request that is not exactly as XNachweis wants it, and says why.

mod inspect;
mod write;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::Notify;

use super::journal::{EvidenceRecord, Flow, Journal, Keys, Step, Verdict, Wire, sha256_hex};
use super::national::{Agent, Body, text};
use super::person::TestPerson;
use super::source::Source;
use super::token::TokenIssuer;

/// What a register is and has
#[derive(Clone, Debug)]
pub struct RegisterProfile {
    /// Service-ID under which the SAK reaches it
    pub service_id: String,
    /// The Data Provider
    pub agent: Agent,
    /// Its name in `leser` and `autor`
    pub body: Body,
    /// The kinds of evidence it has
    pub offers: Vec<Offer>,
    /// The persons it knows
    pub persons: Vec<TestPerson>,
}

/// A kind of evidence a register has
#[derive(Clone, Debug)]
pub struct Offer {
    /// Evidence type classification, a URL of the semantic repository
    pub evidence_type: String,
    /// Title, German
    pub title: String,
    /// What the document is
    pub document: Document,
}

/// What a document of a register is
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Document {
    /// A PDF
    BirthCertificate,
    /// An XML record
    VehicleRecord,
}

impl Document {
    /// The media type
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::BirthCertificate => "application/pdf",
            Self::VehicleRecord => "application/xml",
        }
    }

    /// The data model of a structured document
    #[must_use]
    pub const fn conforms_to(self) -> Option<&'static str> {
        match self {
            Self::BirthCertificate => None,
            Self::VehicleRecord => Some(VEHICLE_MODEL),
        }
    }
}

/// How a register behaves, to be changed while it runs
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Mood {
    /// As it should
    #[default]
    Normal,
    /// Answers every request 0303 with this code
    Refuses(String),
    /// Promises the evidence for later
    Later(Timestamp),
    /// The SAK cannot reach it: 503
    Down,
    /// Keeps the answer until [`Register::release`]
    Held,
    /// Delivers a picture where a PDF or XML was asked for
    WrongFormat,
    /// Delivers another evidence type
    WrongType,
    /// Delivers a document without content
    EmptyDocument,
    /// Delivers the evidence of another person
    OtherPerson,
    /// Answers another request
    OtherRequest,
    /// Breaks off in the middle of the message
    Malformed,
}

/// A request as the SAK hands it over
#[derive(Debug)]
pub(crate) struct Asked {
    /// The message, token included
    pub(crate) message: Value,
    /// nachrichtenUUID
    pub(crate) id: String,
    /// Size of the body
    pub(crate) bytes: u64,
    /// What the SAK objected to
    pub(crate) findings: Vec<String>,
}

/// An answer, ready to be repeated byte for byte
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) body: Bytes,
}

/// A register that cannot be reached
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unreachable;

/// A running register
#[derive(Debug)]
pub struct Register {
    profile: RegisterProfile,
    platform: Agent,
    source: Source,
    journal: Journal,
    tokens: Arc<TokenIssuer>,
    mood: Mutex<Mood>,
    released: Notify,
    asked: AtomicU64,
}

impl Register {
    pub(crate) fn new(
        profile: RegisterProfile,
        platform: Agent,
        tokens: Arc<TokenIssuer>,
        (source, journal): (Source, Journal),
    ) -> Self {
        Self {
            profile,
            platform,
            source,
            journal,
            tokens,
            mood: Mutex::default(),
            released: Notify::new(),
            asked: AtomicU64::new(0),
        }
    }

    /// What it is and has
    #[must_use]
    pub const fn profile(&self) -> &RegisterProfile {
        &self.profile
    }

    /// Changes how it behaves from now on
    pub fn set_mood(&self, mood: Mood) {
        *self.mood.lock().unwrap_or_else(PoisonError::into_inner) = mood;
    }

    /// How it behaves
    #[must_use]
    pub fn mood(&self) -> Mood {
        self.mood
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Lets one answer go that [`Mood::Held`] keeps
    pub fn release(&self) {
        self.released.notify_one();
    }

    /// How many requests reached it; an identical resend does not
    #[must_use]
    pub fn times_asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    /// Inspects a request and answers it
    pub(crate) async fn answer(&self, asked: Asked) -> Result<Reply, Unreachable> {
        let mood = self.mood();
        if mood == Mood::Down {
            return Err(Unreachable);
        }
        self.asked.fetch_add(1, Ordering::Relaxed);
        let mut findings = asked.findings.clone();
        findings.extend(inspect::request(self, &asked));
        self.record_request(&asked, &findings);
        if mood == Mood::Held {
            self.released.notified().await;
        }
        let outcome = self.outcome(&asked, &mood, &findings);
        Ok(self.write(&asked, &outcome, &mood))
    }

    fn outcome(&self, asked: &Asked, mood: &Mood, findings: &[String]) -> Outcome {
        if let Some(first) = findings.first() {
            return Outcome::Refusal {
                code: "EDM:ERR:0003".to_owned(),
                detail: first.clone(),
            };
        }
        match mood {
            Mood::Refuses(code) => {
                return Outcome::Refusal {
                    code: code.clone(),
                    detail: "as configured".to_owned(),
                };
            }
            Mood::Later(at) => return Outcome::Later(*at),
            _ => {}
        }
        let known = self.find_person(&asked.message);
        match (known, self.find_offer(&asked.message)) {
            (Some(person), Some(offer)) => Outcome::Evidence {
                person: person.clone(),
                offer: offer.clone(),
            },
            // NOOTS:ERR:0200: no evidence identified in the register.
            _ => Outcome::Refusal {
                code: "NOOTS:ERR:0200".to_owned(),
                detail: "no evidence for this person".to_owned(),
            },
        }
    }

    fn find_person(&self, message: &Value) -> Option<&TestPerson> {
        let person = message.pointer("/Query/LegalOrNaturalPerson/NaturalPerson")?;
        let family = text(person, "/FamilyName/value")?;
        let given = text(person, "/GivenName/value")?;
        let birth = text(person, "/DateOfBirth")?;
        self.profile
            .persons
            .iter()
            .find(|known| known.is(family, given, birth))
    }

    fn find_offer(&self, message: &Value) -> Option<&Offer> {
        let wanted = text(
            message,
            "/Query/RequestedEvidenceType/EvidenceTypeClassification",
        )?;
        self.profile
            .offers
            .iter()
            .find(|offer| offer.evidence_type == wanted)
    }

    fn write(&self, asked: &Asked, outcome: &Outcome, mood: &Mood) -> Reply {
        let written = write::answer(self, asked, outcome, mood);
        let keys = Keys {
            national: Some(asked.id.clone()),
            ..Keys::default()
        };
        if let Some((content, media_type)) = &written.evidence {
            self.journal.record_evidence(EvidenceRecord {
                at: self.source.now(),
                holder: self.profile.agent.name.clone(),
                flow: Flow::Sent,
                sha256: sha256_hex(content),
                media_type: media_type.clone(),
                bytes: content.len() as u64,
                keys: keys.clone(),
            });
        }
        self.journal.record(Step {
            at: self.source.now(),
            from: self.profile.agent.name.clone(),
            to: self.platform.name.clone(),
            wire: Wire::XNachweis,
            what: written.what,
            id: written.id,
            bytes: written.body.len() as u64,
            verdict: Verdict::Ok,
            keys,
        });
        Reply {
            body: written.body.into(),
        }
    }

    fn record_request(&self, asked: &Asked, findings: &[String]) {
        self.journal.record(Step {
            at: self.source.now(),
            from: self.platform.name.clone(),
            to: self.profile.agent.name.clone(),
            wire: Wire::XNachweis,
            what: REQUEST.to_owned(),
            id: asked.id.clone(),
            bytes: asked.bytes,
            verdict: Verdict::of(findings),
            keys: Keys {
                national: Some(asked.id.clone()),
                ..Keys::default()
            },
        });
    }
}

/// What a register decided to answer
#[derive(Clone, Debug)]
enum Outcome {
    Evidence { person: TestPerson, offer: Offer },
    Later(Timestamp),
    Refusal { code: String, detail: String },
}

/// Name of the request message
pub(crate) const REQUEST: &str = "DE.EvidenceRequest.0301";

/// Data model of the vehicle record
pub const VEHICLE_MODEL: &str =
    "https://sr.oots.tech.ec.europa.eu/datamodels/DE-simulated-vehicle-record";
