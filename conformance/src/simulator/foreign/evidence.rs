//! The documents of the foreign evidence provider, and those the portal got

use bytes::Bytes;
use jiff::Timestamp;

use crate::simulator::edm::{EdmVersion, EvidenceTypeFacts};
use crate::simulator::pdf;
use crate::simulator::person::TestPerson;

/// A kind of evidence the foreign provider has
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ForeignOffer {
    /// As the Data Service Directory names it; its format decides what the document is
    pub evidence: EvidenceTypeFacts,
    /// The EDM versions published for it
    pub versions: Vec<EdmVersion>,
}

impl ForeignOffer {
    /// The document about a person; no two have the same number, so that a digest tells them apart
    #[must_use]
    pub fn document(&self, person: &TestPerson, issued: Timestamp, number: &str) -> Vec<u8> {
        let day = issued.strftime("%Y-%m-%d").to_string();
        if self.evidence.format == "application/xml" {
            return record(person, &day, number);
        }
        let lines = [
            format!("Nom: {}", person.family_name),
            format!("Prénom: {}", person.given_name),
            format!("Date de naissance: {}", person.birth_date),
            format!("Lieu de naissance: {}", person.birth_place),
            format!("Délivré le: {day}"),
            format!("Numéro: {number}"),
        ];
        pdf::page(&self.evidence.title, &lines)
    }
}

fn record(person: &TestPerson, day: &str, number: &str) -> Vec<u8> {
    let mut writer = xml::Writer::with_declaration();
    writer.element("Extrait", &[("xmlns", RECORD_MODEL)], |writer| {
        writer.leaf("DateDelivrance", &[], day);
        writer.leaf("Numero", &[], number);
        writer.leaf("Nom", &[], &person.family_name);
        writer.leaf("Prenom", &[], &person.given_name);
        writer.leaf("DateNaissance", &[], &person.birth_date);
    });
    writer.finish().into_bytes()
}

/// A document a portal got
#[derive(Clone, Debug)]
pub struct ReceivedEvidence {
    /// The bytes
    pub content: Bytes,
    /// SHA-256, lower-case hexadecimal
    pub sha256: String,
    /// Media type
    pub media_type: String,
    /// Identifier of the evidence, when the message names one
    pub evidence_id: Option<String>,
}

/// Data model of the structured record
pub const RECORD_MODEL: &str = "https://sr.oots.tech.ec.europa.eu/datamodels/FR-simulated-record";
