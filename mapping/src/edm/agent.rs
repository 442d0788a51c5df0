//! Agents, their addresses, and texts in several languages.

mod codec;

pub(super) use codec::{
    AgentRules, read_address, read_agent, read_classification, read_country, read_language,
    read_texts, write_address, write_agent, write_texts,
};

use super::{AgentId, CountryCode, LanguageCode};

/// A text in one language.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Text {
    lang: LanguageCode,
    value: String,
}

impl Text {
    /// A text in a language.
    pub fn new(lang: LanguageCode, value: impl Into<String>) -> Self {
        Self {
            lang,
            value: value.into(),
        }
    }

    /// Its language.
    pub fn lang(&self) -> LanguageCode {
        self.lang
    }

    /// The text.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The text in the first of the wanted languages that there is, else the first there is.
    pub fn pick<'t>(texts: &'t [Self], wanted: &[LanguageCode]) -> Option<&'t Self> {
        wanted
            .iter()
            .find_map(|lang| texts.iter().find(|text| text.lang == *lang))
            .or_else(|| texts.first())
    }
}

/// An address. Only the country must be there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Address {
    full: Option<String>,
    locator: Option<String>,
    post_code: Option<String>,
    post_city: Option<String>,
    thoroughfare: Option<String>,
    country: CountryCode,
    region: Option<String>,
}

impl Address {
    /// An address in a country.
    pub fn new(country: CountryCode) -> Self {
        Self {
            full: None,
            locator: None,
            post_code: None,
            post_city: None,
            thoroughfare: None,
            country,
            region: None,
        }
    }

    fields! {
        /// FullAddress
        option full, with_full: String;
        /// LocatorDesignator: the house number.
        option locator, with_locator: String;
        /// PostCode
        option post_code, with_post_code: String;
        /// PostCityName
        option post_city, with_post_city: String;
        /// Thoroughfare
        option thoroughfare, with_thoroughfare: String;
        /// AdminUnitLevel1
        copy country: CountryCode;
        /// AdminUnitLevel2: a NUTS code.
        option region, with_region: String;
    }
}

/// An authority or platform that takes part in an exchange. Its role is told by where it stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Agent {
    id: AgentId,
    names: Vec<Text>,
    address: Option<Address>,
}

impl Agent {
    /// An agent with one name.
    pub fn new(id: AgentId, name: Text) -> Self {
        Self {
            id,
            names: vec![name],
            address: None,
        }
    }

    /// Adds a name in another language.
    #[must_use]
    pub fn with_name(mut self, name: Text) -> Self {
        self.names.push(name);
        self
    }

    /// The agent as messages name it where an address is not allowed.
    #[must_use]
    pub fn without_address(&self) -> Self {
        Self {
            address: None,
            ..self.clone()
        }
    }

    /// Names, at least one.
    pub fn names(&self) -> &[Text] {
        &self.names
    }

    fields! {
        /// Identifier and scheme; on the ebMS level the value and type of a corner.
        get id: AgentId;
        /// Address
        option address, with_address: Address;
    }
}
