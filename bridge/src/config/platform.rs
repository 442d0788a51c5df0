//! `[platform]`: who we are.

use ebms::PartyId;

use super::read::{Choice, Table};

/// Which network of member states we are part of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Environment {
    /// Real citizens and real evidence.
    Production,
    /// The acceptance environment of the Commission.
    Acceptance,
    /// Anything else: projectathons, development, the demonstration.
    Test,
}

impl Choice for Environment {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("production", Self::Production),
        ("acceptance", Self::Acceptance),
        ("test", Self::Test),
    ];
}

/// A text in one language.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LocalizedName {
    language: String,
    text: String,
}

impl LocalizedName {
    /// Language code as written, for example `de`.
    pub fn language(&self) -> &str {
        &self.language
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// The platform as an agent in EDM and XNachweis messages.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Agent {
    id: String,
    scheme: String,
    name: Vec<LocalizedName>,
}

impl Agent {
    /// Identifier.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Scheme of the identifier.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The name by language, at least one.
    pub fn name(&self) -> &[LocalizedName] {
        &self.name
    }

    pub(super) fn read(mut table: Table<'_>) -> Option<Self> {
        let id = table.get::<String>("id");
        let scheme = table.get::<String>("scheme");
        let names = table.section("name");
        let name: Vec<_> = names
            .texts()
            .into_iter()
            .map(|(language, text)| LocalizedName { language, text })
            .collect();
        if name.is_empty() {
            table.missing(
                "name",
                "for example name = { de = \"Intermediäre Plattform\" }",
            );
        }
        table.finish();
        Some(Self {
            id: id?,
            scheme: scheme?,
            name,
        })
    }
}

/// `[platform]`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Platform {
    party_id: PartyId,
    agent: Agent,
    country: String,
    environment: Environment,
}

impl Platform {
    /// Our access point's party id.
    pub fn party_id(&self) -> &PartyId {
        &self.party_id
    }

    /// Us as an agent.
    pub fn agent(&self) -> &Agent {
        &self.agent
    }

    /// Our country code.
    pub fn country(&self) -> &str {
        &self.country
    }

    /// Which network we are part of.
    pub fn environment(&self) -> Environment {
        self.environment
    }

    pub(super) fn read(mut table: Table<'_>) -> Option<Self> {
        let value = table.get::<String>("party_id");
        let kind = table.get::<String>("party_id_type");
        let party_id = value.zip(kind).and_then(|(value, kind)| {
            PartyId::new(&value, Some(&kind))
                .map_err(|error| table.problem("party_id", error.to_string(), ""))
                .ok()
        });
        let agent = Agent::read(table.section("agent"));
        let country = table.or("country", "DE".to_owned());
        if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
            table.problem(
                "country",
                format!("{country:?} is not a country code"),
                "two capitals",
            );
        }
        let environment = table.get("environment");
        table.finish();
        Some(Self {
            party_id: party_id?,
            agent: agent?,
            country,
            environment: environment?,
        })
    }
}
