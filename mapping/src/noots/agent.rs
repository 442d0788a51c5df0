//! Agents: the public bodies and platforms named in a message.

use super::code::AgentClass;
use super::id::{CountryCode, LanguageCode, SchemeId};
use super::invalid::Rule;
use super::one_or_more::OneOrMore;

/// A text in one language.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Text {
    /// The text.
    pub value: String,
    /// Its language.
    pub language: LanguageCode,
}

impl Text {
    /// A text in the given language.
    pub fn new(value: impl Into<String>, language: LanguageCode) -> Self {
        Self {
            value: value.into(),
            language,
        }
    }
}

/// Identifier of an agent within a scheme.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Identifier {
    /// The identifier; case matters.
    pub value: String,
    /// What it is an identifier of.
    pub scheme: SchemeId,
}

/// A postal address. Used for agents and for persons.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Address {
    /// The whole address as one text.
    pub full: Option<String>,
    /// Street.
    pub thoroughfare: Option<String>,
    /// House number.
    pub locator: Option<String>,
    /// `AdminUnitLevel1`: the country.
    pub country: Option<CountryCode>,
    /// `AdminUnitLevel2`: free text, mostly a NUTS code.
    pub region: Option<String>,
    /// Post code.
    pub post_code: Option<String>,
    /// Place.
    pub post_city: Option<String>,
}

impl Address {
    /// An address of which only the country is known.
    pub fn of_country(country: CountryCode) -> Self {
        Self {
            country: Some(country),
            ..Self::default()
        }
    }
}

impl std::fmt::Debug for Address {
    // The address of a person must not reach a log, and the type does not know whose it is.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[address]")
    }
}

/// A public body or a platform with its role.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Agent {
    /// Its identifier.
    pub identifier: Identifier,
    /// Its name, in one language or more.
    pub names: OneOrMore<Text>,
    /// Where it is.
    pub address: Option<Address>,
    /// Its role in this message.
    pub class: AgentClass,
}

impl Agent {
    /// The country of its address.
    pub fn country(&self) -> Option<&CountryCode> {
        self.address.as_ref()?.country.as_ref()
    }
}

/// Agents of one side of the exchange: at most one per role.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Agents(OneOrMore<Agent>);

impl Agents {
    /// One agent.
    ///
    /// # Errors
    /// As [`Agents::new`].
    pub fn one(agent: Agent) -> Result<Self, Rule> {
        Self::new(OneOrMore::one(agent))
    }

    /// The list, when no role occurs twice and a requester says where it is.
    ///
    /// # Errors
    /// The business rule that is broken.
    pub fn new(agents: OneOrMore<Agent>) -> Result<Self, Rule> {
        for (place, agent) in agents.iter().enumerate() {
            // [XN-R1] one classification, one agent
            if agents
                .iter()
                .take(place)
                .any(|other| other.class == agent.class)
            {
                return Err(Rule::OneAgentPerClass);
            }
            // [XN-R2] class ER needs Address/AdminUnitLevel1
            if agent.class == AgentClass::EvidenceRequester && agent.country().is_none() {
                return Err(Rule::RequesterCountry);
            }
        }
        Ok(Self(agents))
    }

    /// The agent with this role.
    pub fn with_class(&self, class: AgentClass) -> Option<&Agent> {
        self.0.iter().find(|agent| agent.class == class)
    }

    /// All agents, in order.
    pub fn as_slice(&self) -> &[Agent] {
        self.0.as_slice()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent(class: AgentClass, country: Option<&str>) -> Agent {
        Agent {
            identifier: Identifier {
                value: "1".to_owned(),
                scheme: "urn:cef.eu:names:identifier:EAS:0204".parse().unwrap(),
            },
            names: Text::new("Amt", LanguageCode::GERMAN).into(),
            address: country.map(|code| Address::of_country(code.parse().unwrap())),
            class,
        }
    }

    #[track_caller]
    fn check(agents: Vec<Agent>, broken: Option<Rule>) {
        assert_eq!(Agents::new(OneOrMore::new(agents).unwrap()).err(), broken);
    }

    #[test]
    fn a_role_occurs_once() {
        // [XN-R1]
        let (er, ip) = (
            AgentClass::EvidenceRequester,
            AgentClass::IntermediaryPlatform,
        );
        check(vec![agent(er, Some("FR")), agent(ip, None)], None);
        check(
            vec![agent(ip, None), agent(ip, None)],
            Some(Rule::OneAgentPerClass),
        );
    }

    #[test]
    fn a_requester_names_its_country() {
        // [XN-R2]
        check(
            vec![agent(AgentClass::EvidenceRequester, None)],
            Some(Rule::RequesterCountry),
        );
    }
}
