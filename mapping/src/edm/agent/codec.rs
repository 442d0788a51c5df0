//! Agents, addresses and texts from and to XML.

use super::{Address, Agent, Text};
use crate::edm::{
    AgentId, CountryCode, IdentifierScheme, Invalid, LanguageCode, Liberty, Malformed, Problem,
    slot::{Reading, SDG, allow_only, leaf, optional, optional_leaf, parsed},
};
use std::str::FromStr;
use xml::{Element, Writer};

/// The rules on the language of a text: it is there, and it is in the list.
pub(in crate::edm) type LangRules = (&'static str, &'static str);

/// The rules on one kind of agent.
#[derive(Clone, Copy)]
pub(in crate::edm) struct AgentRules {
    /// Closed list of children, if there is one, and its rule.
    pub(crate) children: Option<(&'static [&'static str], &'static str)>,
    /// Identifier and schemeID are there.
    pub(crate) scheme_missing: &'static str,
    /// The scheme is one of the known.
    pub(crate) scheme: &'static str,
    /// Names have a language; it is in the list.
    pub(crate) lang: LangRules,
    /// The country is in the list.
    pub(crate) country: &'static str,
}

/// Reads an agent. Its classification is read by the place that gives it a meaning.
pub(in crate::edm) fn read_agent(
    reading: &mut Reading,
    agent: Element<'_>,
    rules: &AgentRules,
) -> Result<Agent, Invalid> {
    if let Some((allowed, rule)) = rules.children {
        allow_only(agent, allowed, rule)?;
    }
    let (identifier, value) = leaf(agent, "Identifier", rules.scheme_missing)?;
    let scheme = read_scheme(reading, identifier, rules)?;
    let id = AgentId::new(&value, scheme)
        .map_err(|malformed| Invalid::new(rules.scheme, malformed, identifier.path()))?;
    let names = read_names(reading, agent, (rules.lang, id.value()))?;
    let address = match agent.only_child(SDG, "Address") {
        Some(address) => Some(read_address(reading, address, (rules.country, true))?),
        None => None,
    };
    Ok(Agent { id, names, address })
}

/// Older traffic has more `unregistered` schemes than the rules allow (oots-edm.md 2).
fn read_scheme(
    reading: &mut Reading,
    identifier: Element<'_>,
    rules: &AgentRules,
) -> Result<IdentifierScheme, Invalid> {
    let scheme = identifier.attribute("", "schemeID").unwrap_or_default();
    let scheme = scheme.trim();
    if scheme.is_empty() {
        let problem = Problem::Missing("schemeID");
        return Err(Invalid::new(
            rules.scheme_missing,
            problem,
            identifier.path(),
        ));
    }
    match (IdentifierScheme::from_str(scheme), reading.is_newer()) {
        (Ok(scheme), _) => Ok(scheme),
        (Err(malformed), newer) => match IdentifierScheme::old(scheme).filter(|_| !newer) {
            Some(scheme) => {
                reading.caution(Liberty::AgentScheme, Some(rules.scheme), identifier);
                Ok(scheme)
            }
            None => Err(Invalid::new(rules.scheme, malformed, identifier.path())),
        },
    }
}

/// At least one name. Older senders left it blank; then the identifier has to do.
fn read_names(
    reading: &mut Reading,
    agent: Element<'_>,
    (rules, identifier): (LangRules, &str),
) -> Result<Vec<Text>, Invalid> {
    let mut names = read_texts(reading, agent, "Name", rules);
    if !names.is_empty() {
        return Ok(names);
    }
    match agent.child(SDG, "Name").filter(|_| !reading.is_newer()) {
        Some(blank) => {
            reading.caution(Liberty::BlankName, Some(rules.0), blank);
            names.push(Text::new(LanguageCode::EN, identifier));
            Ok(names)
        }
        None => Err(Invalid::new(
            rules.0,
            Problem::Missing("Name"),
            agent.path(),
        )),
    }
}

/// Classification of an agent: one of a list.
pub(in crate::edm) fn read_classification<T: FromStr<Err = Malformed>>(
    agent: Element<'_>,
    (missing, wrong): (&'static str, &'static str),
) -> Result<T, Invalid> {
    let (element, text) = leaf(agent, "Classification", missing)?;
    parsed(&text, wrong, element)
}

/// Texts of one name in document order. `[W11]` A language that is absent or unknown counts as
/// English, which the specification calls the default; lower case is as good as capitals.
pub(in crate::edm) fn read_texts(
    reading: &mut Reading,
    parent: Element<'_>,
    local: &'static str,
    rules: LangRules,
) -> Vec<Text> {
    let mut texts = Vec::new();
    for element in parent.children_named(SDG, local) {
        let value = element.trimmed_text();
        if value.is_empty() {
            continue;
        }
        let written = element.attribute("", "lang").unwrap_or_default().trim();
        let lang = read_language(reading, written, rules, element);
        texts.push(Text::new(lang, value));
    }
    texts
}

/// A language as [`read_texts`] takes it.
pub(in crate::edm) fn read_language(
    reading: &mut Reading,
    written: &str,
    rules: LangRules,
    at: Element<'_>,
) -> LanguageCode {
    let lang = written.parse().unwrap_or(LanguageCode::EN);
    if lang.as_str() != written {
        let rule = if written.is_empty() { rules.0 } else { rules.1 };
        reading.caution(Liberty::Language, Some(rule), at);
    }
    lang
}

/// Reads an address. `country` is the rule on the country and whether 1.0 enforces it too.
pub(in crate::edm) fn read_address(
    reading: &mut Reading,
    address: Element<'_>,
    country: (&'static str, bool),
) -> Result<Address, Invalid> {
    let (element, text) = leaf(address, "AdminUnitLevel1", country.0)?;
    let country = read_country(reading, &text, country, element)?;
    let part = |local| -> Result<Option<String>, Invalid> {
        Ok(optional_leaf(address, local)?.map(|(_, text)| text.into_owned()))
    };
    Ok(Address {
        full: part("FullAddress")?,
        locator: part("LocatorDesignator")?,
        post_code: part("PostCode")?,
        post_city: part("PostCityName")?,
        thoroughfare: part("Thoroughfare")?,
        country,
        region: part("AdminUnitLevel2")?,
    })
}

/// A country of the list. Where the rules of 1.0 only warn, another one is taken there.
pub(in crate::edm) fn read_country(
    reading: &mut Reading,
    text: &str,
    (rule, always): (&'static str, bool),
    at: Element<'_>,
) -> Result<CountryCode, Invalid> {
    match (text.parse(), CountryCode::unlisted(text)) {
        (Ok(country), _) => Ok(country),
        (Err(_), Some(country)) if !always && !reading.is_newer() => {
            reading.caution(Liberty::Country, Some(rule), at);
            Ok(country)
        }
        (Err(malformed), _) => Err(Invalid::new(rule, malformed, at.path())),
    }
}

/// Writes an agent with the classification its place gives it.
pub(in crate::edm) fn write_agent(
    w: &mut Writer,
    element: &str,
    agent: &Agent,
    classification: Option<&str>,
) {
    w.element(element, &[], |w| {
        let scheme = agent.id().scheme().as_str();
        w.leaf(
            "sdg:Identifier",
            &[("schemeID", scheme)],
            agent.id().value(),
        );
        write_texts(w, "sdg:Name", agent.names());
        if let Some(address) = agent.address() {
            write_address(w, "sdg:Address", address);
        }
        optional(w, "sdg:Classification", classification);
    });
}

/// Writes texts, each with its language in capitals.
pub(in crate::edm) fn write_texts(w: &mut Writer, element: &str, texts: &[Text]) {
    for text in texts {
        w.leaf(element, &[("lang", text.lang().as_str())], text.value());
    }
}

/// Writes an address.
pub(in crate::edm) fn write_address(w: &mut Writer, element: &str, address: &Address) {
    w.element(element, &[], |w| {
        let mut part = |name, text: Option<&String>| {
            optional(w, name, text.map(String::as_str));
        };
        part("sdg:FullAddress", address.full());
        part("sdg:LocatorDesignator", address.locator());
        part("sdg:PostCode", address.post_code());
        part("sdg:PostCityName", address.post_city());
        part("sdg:Thoroughfare", address.thoroughfare());
        w.leaf("sdg:AdminUnitLevel1", &[], address.country().as_str());
        let region = address.region().map(String::as_str);
        optional(w, "sdg:AdminUnitLevel2", region);
    });
}
