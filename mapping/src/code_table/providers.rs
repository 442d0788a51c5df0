//! The table of German Data Providers: what the register directory (RDN) would answer, from a file,
//! until there is one. The look-up has the same outcomes.

use super::evidence_type::NoEvidence;
use super::load::{File, Located, Problem, Problems, Titles, entries};
use super::place::{Level, Place};
use crate::edm;
use crate::noots::{
    Address, Agent, AgentClass, Ars, CountryCode, DataServiceId, EvidenceTypeId, Identifier,
    MediaType, OneOrMore, Party, ProcedureCode, SchemeId, Text,
};

/// A German Data Provider for one evidence type.
#[derive(Clone, Debug)]
pub struct Provider {
    service_id: ServiceId,
    agent: Agent,
    reader: Party,
    evidence_type: EvidenceTypeId,
    formats: Vec<MediaType>,
    data_service: Option<DataServiceId>,
    reply_mode: ReplyMode,
    jurisdiction: Jurisdiction,
    procedures: Vec<ProcedureCode>,
    no_evidence: Option<NoEvidence>,
}

/// Service-ID under which the SAK reaches a provider.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, serde::Deserialize, serde::Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct ServiceId(Box<str>);

/// How a provider's answer comes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReplyMode {
    /// In the answer to the call.
    #[default]
    Direct,
    /// It is fetched later.
    Poll,
    /// The SAK brings it.
    Push,
}

/// The area a provider is responsible for.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jurisdiction {
    level: Level,
    #[serde(default)]
    ars: Vec<Ars>,
}

/// What the look-up found.
#[derive(Clone, Debug)]
pub enum Found<'p> {
    /// Nobody.
    None,
    /// Exactly one.
    One(&'p Provider),
    /// More than one: the user has to say which.
    Several(Vec<&'p Provider>),
    /// Cannot be said without the place.
    NeedsPlace,
}

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'w> {
    /// The evidence type.
    pub evidence_type: &'w EvidenceTypeId,
    /// The place, when it is known.
    pub place: Option<&'w Place>,
    /// The procedure.
    pub procedure: &'w ProcedureCode,
    /// Whom the foreign request names: the publisher in the Data Service Directory.
    pub named: Option<&'w edm::AgentId>,
}

/// All providers of the file.
#[derive(Clone, Debug)]
pub struct Providers(Vec<Provider>);

impl Providers {
    /// Reads the table from file name and text.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn from_toml(name: &str, text: &str) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems::default();
        let file: File<'_> = (name, text);
        let mut known: Vec<Provider> = Vec::new();
        for Located { line, value } in entries::<Row>(file, &mut problems) {
            let Some(provider) = value.check((name, line), &mut problems) else {
                continue;
            };
            let same = |other: &Provider| {
                other.service_id == provider.service_id
                    && other.evidence_type == provider.evidence_type
            };
            if known.iter().any(same) {
                problems.add(name, line, "service_id and evidence_type are there twice");
            }
            known.push(provider);
        }
        problems.finish(Self(known))
    }

    /// All, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Provider> {
        self.0.iter()
    }

    /// The provider with this Service-ID for this evidence type.
    pub fn find(&self, service: &ServiceId, evidence_type: &EvidenceTypeId) -> Option<&Provider> {
        let same = |provider: &&Provider| {
            provider.service_id == *service && provider.evidence_type == *evidence_type
        };
        self.0.iter().find(same)
    }

    /// Who delivers what is wanted.
    pub fn look_up(&self, wanted: &Wanted<'_>) -> Found<'_> {
        let able: Vec<_> = self
            .0
            .iter()
            .filter(|provider| provider.serves(wanted))
            .collect();
        let named: Vec<_> = able
            .iter()
            .copied()
            .filter(|provider| provider.is_named(wanted))
            .collect();
        // The foreign side chose a register from the Data Service Directory: no place needed.
        if let [provider] = named.as_slice() {
            return Found::One(provider);
        }
        let able = if named.is_empty() { able } else { named };
        let mut here = Vec::new();
        let mut open = false;
        for provider in able {
            match provider.is_responsible(wanted.place) {
                Some(true) => here.push(provider),
                Some(false) => {}
                None => open = true,
            }
        }
        match here.as_slice() {
            _ if open => Found::NeedsPlace,
            [] => Found::None,
            [provider] => Found::One(provider),
            _ => Found::Several(here),
        }
    }
}

impl Provider {
    /// Where the SAK finds it.
    pub const fn service_id(&self) -> &ServiceId {
        &self.service_id
    }

    /// The provider as agent, class `EP`.
    pub const fn agent(&self) -> &Agent {
        &self.agent
    }

    /// The responsible body, for `leser`.
    pub const fn reader(&self) -> &Party {
        &self.reader
    }

    /// What it delivers.
    pub const fn evidence_type(&self) -> &EvidenceTypeId {
        &self.evidence_type
    }

    /// In which formats.
    pub fn formats(&self) -> &[MediaType] {
        &self.formats
    }

    /// Its entry in the Data Service Directory.
    pub const fn data_service(&self) -> Option<DataServiceId> {
        self.data_service
    }

    /// How its answer comes.
    pub const fn reply_mode(&self) -> ReplyMode {
        self.reply_mode
    }

    /// Of what kind of place it is.
    pub const fn level(&self) -> Level {
        self.jurisdiction.level
    }

    /// What to answer when it has nothing, if that differs from the evidence type's answer.
    pub const fn no_evidence(&self) -> Option<NoEvidence> {
        self.no_evidence
    }

    /// The regional key to send with a place: what was given, else the provider's own when it has
    /// exactly one that fits.
    pub fn ars_for(&self, place: Option<&Place>) -> Option<Ars> {
        if let Some(ars) = place.and_then(Place::ars) {
            return Some(ars.clone());
        }
        let fits = |ars: &&Ars| {
            place.is_none_or(|place| place.lies_in(ars, self.jurisdiction.level) == Some(true))
        };
        let mut fitting = self.jurisdiction.ars.iter().filter(fits);
        match (fitting.next(), fitting.next()) {
            (Some(ars), None) if self.jurisdiction.level == Level::Municipality => {
                Some(ars.clone())
            }
            _ => None,
        }
    }

    fn serves(&self, wanted: &Wanted<'_>) -> bool {
        let procedure = self.procedures.is_empty() || self.procedures.contains(wanted.procedure);
        self.evidence_type == *wanted.evidence_type && procedure
    }

    fn is_named(&self, wanted: &Wanted<'_>) -> bool {
        let own = &self.agent.identifier;
        wanted.named.is_some_and(|id| {
            id.value() == own.value && id.scheme().as_str() == own.scheme.as_str()
        })
    }

    /// Nothing when the place would have to be known.
    fn is_responsible(&self, place: Option<&Place>) -> Option<bool> {
        let Jurisdiction { level, ars } = &self.jurisdiction;
        if *level == Level::Federal {
            return Some(true);
        }
        let place = place?;
        let mut verdicts = ars.iter().map(|area| place.lies_in(area, *level));
        if verdicts.clone().any(|verdict| verdict == Some(true)) {
            return Some(true);
        }
        if verdicts.any(|verdict| verdict.is_none()) {
            None
        } else {
            Some(false)
        }
    }
}

impl ServiceId {
    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for ServiceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for ServiceId {
    type Err = crate::noots::Malformed;

    // It becomes part of a path and of a header.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~:".contains(&b);
        if (1..=128).contains(&text.len()) && text.bytes().all(plain) && text != "." && text != ".."
        {
            Ok(Self(text.into()))
        } else {
            Err(crate::noots::Malformed("a Service-ID"))
        }
    }
}

impl TryFrom<String> for ServiceId {
    type Error = crate::noots::Malformed;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ServiceId> for String {
    fn from(id: ServiceId) -> Self {
        id.0.into()
    }
}

/// An entry as it is written.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    service_id: ServiceId,
    agent: AgentRow,
    reader: Party,
    evidence_type: EvidenceTypeId,
    formats: Vec<String>,
    data_service: Option<DataServiceId>,
    #[serde(default)]
    reply_mode: ReplyMode,
    jurisdiction: Jurisdiction,
    #[serde(default)]
    procedures: Vec<ProcedureCode>,
    no_evidence: Option<NoEvidence>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct AgentRow {
    id: String,
    scheme: SchemeId,
    names: Titles,
}

impl Row {
    fn check(self, (file, line): (&str, usize), problems: &mut Problems) -> Option<Provider> {
        let mut formats = Vec::new();
        for text in &self.formats {
            match text.parse::<MediaType>() {
                Ok(MediaType::Other(_)) | Err(_) => {
                    problems.add(
                        file,
                        line,
                        format!("format {text:?} is not in the list OOTSMediaTypes"),
                    );
                }
                Ok(format) => formats.push(format),
            }
        }
        if self.formats.is_empty() {
            problems.add(file, line, "no format");
        }
        let local = self.jurisdiction.level != Level::Federal;
        if local == self.jurisdiction.ars.is_empty() {
            let problem = "jurisdiction.ars is for every level but DE, and needed there";
            problems.add(file, line, problem);
        }
        if !is_agent_id(&self.agent.id, &self.agent.scheme) {
            problems.add(
                file,
                line,
                "agent.id and agent.scheme are not an identifier of the EDM",
            );
        }
        let names = self
            .agent
            .names
            .iter()
            .map(|(code, text)| Text::new(text, code))
            .collect();
        let Some(names) = OneOrMore::new(names) else {
            problems.add(file, line, "agent.names has no name");
            return None;
        };
        let germany: CountryCode = "DE".parse().ok()?;
        Some(Provider {
            service_id: self.service_id,
            agent: Agent {
                identifier: Identifier {
                    value: self.agent.id,
                    scheme: self.agent.scheme,
                },
                names,
                address: Some(Address::of_country(germany)),
                class: AgentClass::EvidenceProvider,
            },
            reader: self.reader,
            evidence_type: self.evidence_type,
            formats,
            data_service: self.data_service,
            reply_mode: self.reply_mode,
            jurisdiction: self.jurisdiction,
            procedures: self.procedures,
            no_evidence: self.no_evidence,
        })
    }
}

/// [R-EDM-RESP-C007] the provider is named abroad too.
fn is_agent_id(id: &str, scheme: &SchemeId) -> bool {
    scheme
        .as_str()
        .parse()
        .is_ok_and(|scheme| edm::AgentId::new(id, scheme).is_ok())
}

#[cfg(test)]
mod tests;
