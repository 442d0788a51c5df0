//! Parts both routes translate: texts, agents, addresses, persons, forms of evidence. Each pair of
//! functions is the two directions of one part, so that a field is added in both or in none.

mod person;

pub(crate) use person::{
    abroad_legal, abroad_natural, abroad_subject, national_legal, national_natural,
    national_subject,
};

use crate::code_table::CodeTables;
use crate::platform::{Untranslatable, Warning};
use crate::{edm, noots};

/// A translation in progress: the tables, and what was left out so far.
pub(crate) struct Border<'t> {
    pub(crate) tables: &'t CodeTables,
    warnings: Vec<Warning>,
}

impl<'t> Border<'t> {
    pub(crate) const fn new(tables: &'t CodeTables) -> Self {
        Self {
            tables,
            warnings: Vec::new(),
        }
    }

    pub(crate) fn warn(&mut self, warning: Warning) {
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    pub(crate) fn finish<T>(self, message: T) -> crate::platform::Translated<T> {
        crate::platform::Translated {
            message,
            warnings: self.warnings,
        }
    }

    /// Greece changes its letters; a country unknown to the EDM is left out.
    fn country_abroad(&mut self, code: &noots::CountryCode) -> Option<edm::CountryCode> {
        let found = self.tables.countries().to_edm(code);
        if found.is_none() {
            self.warn(Warning::CountryDropped);
        }
        found
    }

    fn country_here(&mut self, code: edm::CountryCode) -> Option<noots::CountryCode> {
        let found = self.tables.countries().to_national(code);
        if found.is_none() {
            self.warn(Warning::CountryDropped);
        }
        found
    }
}

/// Upper case abroad, lower case here.
pub(crate) fn national_language(code: edm::LanguageCode) -> noots::LanguageCode {
    code.as_str()
        .parse()
        .unwrap_or(noots::LanguageCode::ENGLISH)
}

/// The EDM's list is closed: English stands for a language it does not have.
pub(crate) fn abroad_language(code: noots::LanguageCode) -> edm::LanguageCode {
    code.as_str().parse().unwrap_or(edm::LanguageCode::EN)
}

pub(crate) fn national_texts(texts: &[edm::Text]) -> Vec<noots::Text> {
    let one = |text: &edm::Text| noots::Text::new(text.value(), national_language(text.lang()));
    texts.iter().map(one).collect()
}

pub(crate) fn abroad_text(text: &noots::Text) -> edm::Text {
    edm::Text::new(abroad_language(text.language), text.value.clone())
}

pub(crate) fn abroad_texts(texts: &[noots::Text]) -> Vec<edm::Text> {
    texts.iter().map(abroad_text).collect()
}

/// At least one text: both sides ask for it.
pub(crate) fn national_names(
    texts: &[edm::Text],
    field: &'static str,
) -> Result<noots::OneOrMore<noots::Text>, Untranslatable> {
    noots::OneOrMore::new(national_texts(texts)).ok_or(Untranslatable::Field(field))
}

pub(crate) fn national_media_type(
    format: &edm::MediaType,
) -> Result<noots::MediaType, Untranslatable> {
    format
        .as_str()
        .parse()
        .map_err(|_| Untranslatable::Field("Format"))
}

pub(crate) fn abroad_media_type(
    format: &noots::MediaType,
) -> Result<edm::MediaType, Untranslatable> {
    format
        .as_str()
        .parse()
        .map_err(|_| Untranslatable::Field("Format"))
}

/// A foreign agent here. Traffic before 1.2 uses schemes XNachweis does not admit; they become the
/// unregistered scheme of the agent's country.
pub(crate) fn national_agent(
    agent: &edm::Agent,
    class: noots::AgentClass,
    country: Option<edm::CountryCode>,
    border: &mut Border<'_>,
) -> Result<noots::Agent, Untranslatable> {
    let at = agent.address().map(edm::Address::country).or(country);
    let identifier = national_identifier(agent.id(), at, border)?;
    let names = national_names(agent.names(), "Name")?;
    let address = match agent.address() {
        Some(address) => Some(national_address(address, border)),
        None => at
            .and_then(|code| border.country_here(code))
            .map(noots::Address::of_country),
    };
    Ok(noots::Agent {
        identifier,
        names,
        address,
        class,
    })
}

pub(crate) fn national_identifier(
    id: &edm::AgentId,
    country: Option<edm::CountryCode>,
    border: &mut Border<'_>,
) -> Result<noots::Identifier, Untranslatable> {
    let value = id.value().to_owned();
    if let Ok(scheme) = id.scheme().as_str().parse() {
        return Ok(noots::Identifier { value, scheme });
    }
    let country = country.ok_or(Untranslatable::Field("Identifier/@schemeID"))?;
    border.warn(Warning::SchemeRewritten);
    let scheme = format!(
        "urn:oasis:names:tc:ebcore:partyid-type:unregistered:{}",
        country.as_str()
    );
    let scheme = scheme
        .parse()
        .map_err(|_| Untranslatable::Field("Identifier/@schemeID"))?;
    Ok(noots::Identifier { value, scheme })
}

/// A German agent abroad; the role is told by where it stands.
pub(crate) fn abroad_agent(
    agent: &noots::Agent,
    border: &mut Border<'_>,
) -> Result<edm::Agent, Untranslatable> {
    let address = agent
        .address
        .as_ref()
        .and_then(|address| abroad_address(address, border));
    Ok(abroad_named(&agent.identifier, &agent.names)?.with_address(address))
}

/// Identifier and names.
pub(crate) fn abroad_named(
    identifier: &noots::Identifier,
    names: &noots::OneOrMore<noots::Text>,
) -> Result<edm::Agent, Untranslatable> {
    let wrong = Untranslatable::Field("Identifier");
    let scheme = identifier
        .scheme
        .as_str()
        .parse()
        .map_err(|_| wrong.clone())?;
    let id = edm::AgentId::new(&identifier.value, scheme).map_err(|_| wrong)?;
    let mut texts = names.iter().map(abroad_text);
    let first = texts.next().ok_or(Untranslatable::Field("Name"))?;
    Ok(texts.fold(edm::Agent::new(id, first), edm::Agent::with_name))
}

pub(crate) fn national_address(address: &edm::Address, border: &mut Border<'_>) -> noots::Address {
    noots::Address {
        full: address.full().cloned(),
        thoroughfare: address.thoroughfare().cloned(),
        locator: address.locator().cloned(),
        country: border.country_here(address.country()),
        region: address.region().cloned(),
        post_code: address.post_code().cloned(),
        post_city: address.post_city().cloned(),
    }
}

/// The EDM knows no address without a country of its list.
pub(crate) fn abroad_address(
    address: &noots::Address,
    border: &mut Border<'_>,
) -> Option<edm::Address> {
    let Some(country) = address
        .country
        .as_ref()
        .and_then(|code| border.country_abroad(code))
    else {
        border.warn(Warning::AttributeDropped);
        return None;
    };
    Some(
        edm::Address::new(country)
            .with_full(address.full.clone())
            .with_thoroughfare(address.thoroughfare.clone())
            .with_locator(address.locator.clone())
            .with_region(address.region.clone())
            .with_post_code(address.post_code.clone())
            .with_post_city(address.post_city.clone()),
    )
}
