//! XNachweis 1.4 in its JSON form, as the simulated German side writes and inspects it
//!
//! Written against the message description and not with the platform's own codec, so that a
//! mistake there is noticed here.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::opinion;

/// A public body as named in `leser` and `autor`
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Body {
    /// Identifier in the directory, `prefix:kennung`
    pub kennung: String,
    /// Name
    pub name: String,
}

/// An agent of `EvidenceRequester` or `EvidenceProvider`
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Agent {
    /// Identifier
    pub id: String,
    /// Scheme of the identifier
    pub scheme: String,
    /// Name
    pub name: String,
    /// Language of the name, lower case
    pub lang: String,
    /// Country of the address, when one is given
    pub country: Option<String>,
}

impl Agent {
    /// The agent in one role: `ER`, `EP`, `IP` or `ERRP`
    #[must_use]
    pub fn json(&self, class: &str) -> Value {
        let mut agent = self.unclassified();
        if let Some(country) = &self.country {
            agent.insert(
                "Address".to_owned(),
                json!({"AdminUnitLevel1": code(List::Country, country)}),
            );
        }
        agent.insert("Classification".to_owned(), code(List::AgentClass, class));
        Value::Object(agent)
    }

    /// Identifier and name only, as `IssuingAuthority`
    #[must_use]
    pub fn authority(&self) -> Value {
        Value::Object(self.unclassified())
    }

    fn unclassified(&self) -> Map<String, Value> {
        let mut agent = Map::new();
        agent.insert(
            "Identifier".to_owned(),
            json!({"value": self.id, "schemeID": self.scheme}),
        );
        agent.insert(
            "Name".to_owned(),
            json!([multilingual(&self.name, &self.lang)]),
        );
        agent
    }
}

/// A code list of the national messages
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum List {
    /// Roles of agents
    AgentClass,
    /// Levels of assurance
    Loa,
    /// Media types
    MediaType,
    /// Procedures
    Procedure,
    /// Status of an answer
    Status,
    /// Error codes
    Error,
    /// Languages
    Language,
    /// Countries
    Country,
    /// Regional keys
    Ars,
    /// Message names
    MessageType,
    /// Directories of `leser` and `autor`
    Directory,
}

impl List {
    const ALL: [Self; 11] = [
        Self::AgentClass,
        Self::Loa,
        Self::MediaType,
        Self::Procedure,
        Self::Status,
        Self::Error,
        Self::Language,
        Self::Country,
        Self::Ars,
        Self::MessageType,
        Self::Directory,
    ];

    /// URI of the list and the version in use
    #[must_use]
    pub const fn identity(self) -> (&'static str, &'static str) {
        match self {
            Self::AgentClass => (
                "urn:xoev-de:xnachweis:codeliste:agentclassification",
                "2022-12",
            ),
            Self::Loa => ("urn:xoev-de:xnachweis:codeliste:loa", "2022-12"),
            Self::MediaType => ("urn:xoev-de:xnachweis:codeliste:ootsmediatypes", "2023-11"),
            Self::Procedure => ("urn:xoev-de:xnachweis:codeliste:procedures", "2023-11"),
            Self::Status => (
                "urn:xoev-de:xnachweis:codeliste:responsestatustype",
                "2023-10",
            ),
            Self::Error => ("urn:xoev-de:xnachweis:codeliste:nootserrorcodes", "2024-09"),
            Self::Language => (
                "urn:xoev-de:xnachweis:codeliste:sprachen-iso-639-1",
                "2023-12",
            ),
            Self::Country => ("urn:xoev-de:kosit:codeliste:country-codes", "8"),
            Self::Ars => (
                "urn:de:bund:destatis:bevoelkerungsstatistik:schluessel:rs",
                "2024-10-31",
            ),
            Self::MessageType => ("urn:xoev-de:xnachweis:codeliste:messagetypes", "1.4"),
            Self::Directory => ("urn:xoev-de:kosit:codeliste:verzeichnisdienst", "3"),
        }
    }

    const fn allows(self, value: &str) -> bool {
        match self {
            Self::Language => value.len() == 2 && value.as_bytes().is_ascii() && is_lower(value),
            Self::Country => value.len() == 2 && value.is_ascii() && is_upper(value),
            Self::Ars => value.len() == 12,
            _ => !value.is_empty(),
        }
    }
}

const fn is_lower(value: &str) -> bool {
    match value.as_bytes() {
        [first, second] => first.is_ascii_lowercase() && second.is_ascii_lowercase(),
        _ => false,
    }
}

const fn is_upper(value: &str) -> bool {
    match value.as_bytes() {
        [first, second] => first.is_ascii_uppercase() && second.is_ascii_uppercase(),
        _ => false,
    }
}

/// A code object with list and version
#[must_use]
pub fn code(list: List, value: &str) -> Value {
    let (uri, version) = list.identity();
    json!({"code": value, "listURI": uri, "listVersionID": version})
}

/// A text in one language
#[must_use]
pub fn multilingual(value: &str, lang: &str) -> Value {
    json!({"value": value, "lang": code(List::Language, lang)})
}

/// A time as XNachweis wants it: UTC, three fraction digits
#[must_use]
pub fn date_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// Who writes to whom, and when
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    /// Message name, such as `DE.EvidenceResponse.0302`
    pub message: &'a str,
    /// nachrichtenUUID
    pub id: &'a str,
    /// Sender
    pub author: &'a Body,
    /// Addressee
    pub reader: &'a Body,
    /// Time of writing
    pub now: Timestamp,
}

impl Envelope<'_> {
    /// The message: header members and the given content under the name of the message
    #[must_use]
    pub fn seal(&self, content: Value) -> Value {
        let mut members = Map::new();
        for (name, value) in [
            ("produkt", "simulated-noots"),
            ("produkthersteller", "conformance"),
            ("produktversion", env!("CARGO_PKG_VERSION")),
            ("standard", "XNachweis"),
            ("version", "1.4"),
            ("SpecificationIdentifier", SPECIFICATION),
            ("IssueDateTime", &date_time(self.now)),
        ] {
            members.insert(name.to_owned(), json!(value));
        }
        members.insert("nachrichtenkopf".to_owned(), self.header());
        if let Value::Object(content) = content {
            members.extend(content);
        }
        let mut message = Map::new();
        message.insert(self.message.to_owned(), Value::Object(members));
        Value::Object(message)
    }

    fn header(&self) -> Value {
        json!({
            "identifikation.nachricht": {
                "nachrichtenUUID": self.id,
                "nachrichtentyp": code(List::MessageType, self.message),
                "erstellungszeitpunkt": date_time(self.now),
            },
            "leser": body(self.reader),
            "autor": body(self.author),
        })
    }
}

fn body(body: &Body) -> Value {
    json!({
        "verzeichnisdienst": code(List::Directory, "DVDV"),
        "kennung": body.kennung,
        "name": body.name,
    })
}

/// What is wrong with a message, collected instead of stopping at the first
#[derive(Debug, Default)]
pub struct Findings(Vec<String>);

impl Findings {
    /// Nothing found yet
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes a finding unless the condition holds
    pub fn expect(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.0.push(otherwise());
        }
    }

    /// Notes a finding unless both are the same
    pub fn equal(&mut self, what: &str, found: Option<&str>, wanted: &str) {
        self.expect(found == Some(wanted), || {
            format!(
                "{what} is {} instead of {wanted}",
                found.unwrap_or("missing")
            )
        });
    }

    /// Notes a finding
    pub fn add(&mut self, finding: impl Into<String>) {
        self.0.push(finding.into());
    }

    /// Whether nothing was found
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The findings
    #[must_use]
    pub fn into_vec(self) -> Vec<String> {
        self.0
    }

    /// The findings so far
    #[must_use]
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }
}

/// A text member by JSON pointer
#[must_use]
pub fn text<'v>(message: &'v Value, pointer: &str) -> Option<&'v str> {
    message.pointer(pointer).and_then(Value::as_str)
}

/// An array member by JSON pointer; empty when it is missing
#[must_use]
pub fn list<'v>(message: &'v Value, pointer: &str) -> &'v [Value] {
    message
        .pointer(pointer)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// The agents of a list that carry a classification
pub fn classified<'v>(agents: &'v [Value], class: &str) -> Vec<&'v Value> {
    agents
        .iter()
        .filter(|agent| text(agent, "/Classification/code") == Some(class))
        .collect()
}

/// Takes the one message out of a body and checks what all messages share
///
/// # Errors
/// When the body is not JSON or holds another message.
pub fn open(body: &[u8], name: &str, findings: &mut Findings) -> Result<Value, String> {
    let value: Value =
        serde_json::from_slice(body).map_err(|error| format!("not JSON: {error}"))?;
    let Value::Object(members) = value else {
        return Err("not a JSON object".to_owned());
    };
    // One member, named like the message.
    let mut members = members.into_iter();
    let message = match (members.next(), members.next()) {
        (Some((found, message)), None) if found == name => message,
        (Some((found, _)), None) => return Err(format!("the message is {found}, not {name}")),
        _ => return Err("not exactly one message in the body".to_owned()),
    };
    inspect_header(&message, name, findings);
    inspect_values(&message, "", findings);
    for objection in opinion::national(body) {
        findings.add(objection);
    }
    Ok(message)
}

fn inspect_header(message: &Value, name: &str, findings: &mut Findings) {
    findings.equal("standard", text(message, "/standard"), "XNachweis");
    findings.equal("version", text(message, "/version"), "1.4");
    findings.equal(
        "SpecificationIdentifier",
        text(message, "/SpecificationIdentifier"),
        SPECIFICATION,
    );
    for member in ["produkt", "produkthersteller"] {
        let found = message
            .get(member)
            .and_then(Value::as_str)
            .unwrap_or_default();
        findings.expect(!found.is_empty(), || format!("{member} is missing"));
    }
    let identification = "/nachrichtenkopf/identifikation.nachricht";
    findings.equal(
        "nachrichtentyp",
        text(message, &format!("{identification}/nachrichtentyp/code")),
        name,
    );
    let id = text(message, &format!("{identification}/nachrichtenUUID")).unwrap_or_default();
    findings.expect(is_uuid(id), || {
        format!("nachrichtenUUID {id:?} is not a UUID")
    });
    for pointer in [
        &format!("{identification}/erstellungszeitpunkt"),
        "/IssueDateTime",
    ] {
        let time = text(message, pointer).unwrap_or_default();
        findings.expect(is_utc_millis(time), || {
            format!("{pointer} {time:?} is not UTC with milliseconds")
        });
    }
    for side in ["leser", "autor"] {
        let kennung =
            text(message, &format!("/nachrichtenkopf/{side}/kennung")).unwrap_or_default();
        findings.expect(kennung.contains(':'), || {
            format!("{side} kennung {kennung:?} has no prefix")
        });
    }
}

/// No null, no empty list, and every code with a known list and version
fn inspect_values(value: &Value, path: &str, findings: &mut Findings) {
    match value {
        Value::Null => findings.add(format!("{path} is null")),
        Value::Array(items) => {
            findings.expect(!items.is_empty(), || format!("{path} is an empty list"));
            for (index, item) in items.iter().enumerate() {
                inspect_values(item, &format!("{path}/{index}"), findings);
            }
        }
        Value::Object(members) => {
            if members.contains_key("code") {
                inspect_code(value, path, findings);
            }
            for (name, member) in members {
                inspect_values(member, &format!("{path}/{name}"), findings);
            }
        }
        Value::Bool(_) => findings.add(format!("{path} is a boolean")),
        Value::Number(_) | Value::String(_) => {}
    }
}

fn inspect_code(value: &Value, path: &str, findings: &mut Findings) {
    let uri = text(value, "/listURI").unwrap_or_default();
    let Some(known) = List::ALL.into_iter().find(|list| list.identity().0 == uri) else {
        findings.add(format!("{path} has the unknown code list {uri:?}"));
        return;
    };
    findings.equal(
        &format!("{path}/listVersionID"),
        text(value, "/listVersionID"),
        known.identity().1,
    );
    let code = text(value, "/code").unwrap_or_default();
    findings.expect(known.allows(code), || {
        format!("{path} has the code {code:?}, which {uri} has not")
    });
}

/// Whether a text is a UUID in its usual form
#[must_use]
pub fn is_uuid(text: &str) -> bool {
    text.len() == 36 && text.parse::<uuid::Uuid>().is_ok()
}

/// The UUID in a `urn:uuid:` name
#[must_use]
pub fn urn_uuid(text: &str) -> Option<&str> {
    text.strip_prefix("urn:uuid:").filter(|id| is_uuid(id))
}

fn is_utc_millis(text: &str) -> bool {
    let fraction = text
        .strip_suffix('Z')
        .and_then(|text| text.rsplit_once('.'));
    fraction.is_some_and(|(_, digits)| digits.len() == 3) && text.parse::<Timestamp>().is_ok()
}

/// The version of XNachweis all simulated messages are of
pub const SPECIFICATION: &str = "urn:xoev-de:bva:standard:xnachweis_1.4.0";
