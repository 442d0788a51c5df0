//! Examples of every message, in the shape the JSON binding gives them.

use serde_json::{Value, json};

pub(crate) const MESSAGE_ID: &str = "5f2b6f0e-9d0f-4c58-8f0c-6b0f3f1d7a11";
pub(crate) const REQUEST_ID: &str = "6a7b6f0e-9d0f-4c58-8f0c-6b0f3f1d7a12";
const BIRTH: &str = "https://sr.oots.tech.ec.europa.eu/evidencetypeclassifications/DE/ca8afed6-2dc0-422a-a931-d21c3d8d370e";

/// A code of a list of XNachweis.
pub(crate) fn code(list: &str, code: &str, version: &str) -> Value {
    json!({"code": code, "listURI": format!("urn:xoev-de:xnachweis:codeliste:{list}"), "listVersionID": version})
}

pub(crate) fn country(code: &str) -> Value {
    json!({"code": code, "listURI": "urn:xoev-de:kosit:codeliste:country-codes", "listVersionID": "8"})
}

pub(crate) fn status(status: &str) -> Value {
    code("responsestatustype", status, "2023-10")
}

fn language(language: &str) -> Value {
    code("sprachen-iso-639-1", language, "2023-12")
}

fn text(value: &str) -> Value {
    json!({"value": value, "lang": language("de")})
}

pub(crate) fn agent(class: &str) -> Value {
    let mut agent = json!({
        "Identifier": identifier(),
        "Name": [text("Standesamt Stuttgart")],
        "Classification": code("agentclassification", class, "2022-12")});
    if class == "ER" {
        agent["Address"] = json!({"AdminUnitLevel1": country("FR")});
    }
    agent
}

fn identifier() -> Value {
    json!({"value": "08111000-0001-11", "schemeID": "urn:cef.eu:names:identifier:EAS:0204"})
}

fn party(id: &str, name: &str) -> Value {
    let directory = json!({"code": "DVDV", "listURI": "urn:xoev-de:kosit:codeliste:verzeichnisdienst", "listVersionID": "3"});
    json!({"verzeichnisdienst": directory, "kennung": id, "name": name})
}

/// What every message begins with.
pub(crate) fn header(name: &str) -> Value {
    json!({
        "produkt": "intermediaere-plattform", "produkthersteller": "example", "produktversion": "0.1.0",
        "standard": "XNachweis", "version": "1.4",
        "nachrichtenkopf": {
            "identifikation.nachricht": {
                "nachrichtenUUID": MESSAGE_ID,
                "nachrichtentyp": code("messagetypes", name, "1.4"),
                "erstellungszeitpunkt": "2026-11-23T10:15:30.123Z"},
            "leser": party("psw:08111000", "Standesamt Stuttgart"),
            "autor": party("ip:0001", "Intermediäre Plattform")},
        "SpecificationIdentifier": "urn:xoev-de:bva:standard:xnachweis_1.4.0",
        "IssueDateTime": "2026-11-23T10:15:30.123Z"})
}

/// The message of this name with these members besides the header.
pub(crate) fn wrap(name: &str, members: Value) -> Value {
    let mut message = header(name);
    for (member, value) in members.as_object().unwrap() {
        message[member] = value.clone();
    }
    json!({name: message})
}

pub(crate) fn natural() -> Value {
    json!({
        "Identifier": {"value": "DE/FR/AT-PII-7f3c91", "schemeID": "eidas"},
        "DateOfBirth": "1931-02-28",
        "FamilyName": {"value": "Müller-Żółkiewska"}, "GivenName": {"value": "Zoë-Ángela"},
        "LevelOfAssurance": code("loa", "High", "2022-12"),
        "PlaceOfBirth": "Stuttgart"})
}

pub(crate) fn request() -> Value {
    wrap(
        "DE.EvidenceRequest.0301",
        json!({
        "Rechtsgrundlage": "Art. 14 VO (EU) 2018/1724",
        "Verarbeitungszweck": "SDG-Verfahren T1",
        "lang": language("en"),
        "EvidenceRequester": [agent("ER"), agent("IP")],
        "EvidenceProvider": agent("EP"),
        "Query": {
            "QueryDefinition": "DocumentQuery",
            "LegalOrNaturalPerson": {"NaturalPerson": natural()},
            "RequestedEvidenceType": {
                "EvidenceTypeClassification": BIRTH,
                "Title": [text("Geburtsurkunde")],
                "Description": [text("Auszug")],
                "Identifier": "41170824-15d9-4c16-984e-63b75b937b8c",
                "DistributedAs": {
                    "PrioritizedFormat": [{"Format": code("ootsmediatypes", "application/pdf", "2023-11"), "Priority": 1}],
                    "ConformsTo": "https://sr.oots.tech.ec.europa.eu/datamodels/Birth-1.0.0",
                    "Transformation": "https://sr.oots.tech.ec.europa.eu/datamodels/Birth-1.0.0/short"}},
            "JurisdictionParameters": {"code": "081110000000", "listURI": "urn:de:bund:destatis:bevoelkerungsstatistik:schluessel:rs", "listVersionID": "2024-10-31"}}}),
    )
}

/// A document; with a provider reference as 0302 has it, without as 0412 does.
pub(crate) fn document(provider: Option<Value>) -> Value {
    let mut document = json!({
        "id": "urn:uuid:0b0d5c6e-2f14-4f57-9a3e-5a1d7c3b9e12",
        "EvidenceMetadata": {
            "Title": "Geburtsurkunde", "IssuingDate": "2026-11-23",
            "ValidityPeriod": {"StartDate": "2026-11-23", "EndDate": "2027-11-22"},
            "IssuingAuthority": {"Identifier": identifier(), "Name": [text("Standesamt Stuttgart")]},
            "Distribution": {"PrioritizedFormat": [{"Format": code("ootsmediatypes", "application/pdf", "2023-11")}], "Language": [language("de")]},
            "IsConformantTo": {"EvidenceTypeClassification": BIRTH, "Title": [text("Geburtsurkunde")]}},
        "RepositoryItem": {"RepositoryItem": "JVBERi0xLjcK"},
        "LegalOrNaturalPerson": {"NaturalPerson": natural()},
        "Signature": "PGRzOlNpZ25hdHVyZQ=="});
    if let Some(provider) = provider {
        document["EvidenceProviderReference"] = provider;
    }
    document
}

pub(crate) fn response() -> Value {
    wrap(
        "DE.EvidenceResponse.0302",
        json!({
        "requestid": format!("urn:uuid:{REQUEST_ID}"),
        "Status": status("Success"),
        "EvidenceRequester": [agent("ER"), agent("IP")],
        "EvidenceResponseIdentifier": "0b0d5c6e-2f14-4f57-9a3e-5a1d7c3b9e13",
        "EvidenceProvider": [agent("EP")],
        "EvidenceAvailability": {"RegistryObject": [document(Some(identifier()))]}}),
    )
}

pub(crate) fn error(name: &str) -> Value {
    wrap(
        name,
        json!({
        "requestid": format!("urn:uuid:{REQUEST_ID}"),
        "Status": status("Failure"),
        "EvidenceResponseIdentifier": "0b0d5c6e-2f14-4f57-9a3e-5a1d7c3b9e14",
        "ErrorProvider": agent("ERRP"),
        "EvidenceRequester": [agent("ER")],
        "Exception": [{"Code": code("nootserrorcodes", "NOOTS:ERR:0200", "2024-09"), "Detail": "x",
            "Timestamp": "2026-11-23T10:15:30.123Z",
            "Severity": "urn:oasis:names:tc:ebxmlregrep:ErrorSeverityType:Error"}]}),
    )
}

pub(crate) fn order() -> Value {
    wrap(
        "DE.EvidenceOrder.0401",
        json!({
        "lang": language("de"),
        "EvidenceProvider": agent("IP"),
        "EvidenceRequester": [agent("ER")],
        "Procedure": code("procedures", "V2", "2023-11"),
        "Requirement": [{
            "Identifier": "https://sr.oots.tech.ec.europa.eu/requirements/4cba0887-2bdf-43ca-bcc6-5deb6783dfe3",
            "Name": text("Zulassungsbescheinigung Teil II"), "Country": country("FR")}],
        "Query": {"QueryDefinition": "DocumentQuery", "LegalOrNaturalPerson": {"NaturalPerson": natural()}},
        "BackToEvidenceRequesterURL": "https://portal.example.de/antrag/77/zurueck?state=1"}),
    )
}

pub(crate) fn collected() -> Value {
    wrap(
        "DE.GetEvidenceResponse.0412",
        json!({
        "getevidenceid": format!("urn:uuid:{REQUEST_ID}"),
        "Status": status("Success"),
        "EvidenceRequester": [agent("ER")],
        "GetEvidenceResponseIdentifier": "0b0d5c6e-2f14-4f57-9a3e-5a1d7c3b9e15",
        "EvidenceResponse": [{
            "EvidenceProvider": [agent("EP"), agent("IP")],
            "EvidenceOrTimeAvailable": {"RegistryObject": [document(None)]}}]}),
    )
}
