//! What the Common Services offer for an order, as a question to the user, and the answer to it.

use std::collections::BTreeMap;

use mapping::{
    edm::{LanguageCode, RequestedEvidence, Text},
    noots,
};

use super::{
    page::{Item, Offer as Choice},
    words::Words,
};
use crate::{
    directory::{
        Candidates, Offers, Outlook, Selection, UserInput, Wanted,
        evaluate::{Alternative, SENT},
    },
    platform::{Platform, Stopped},
    retrieve::Content,
};

/// What is asked about every requirement of an order.
pub(super) struct Question {
    requirements: Vec<Asked>,
    language: LanguageCode,
}

struct Asked {
    name: String,
    country: String,
    ways: Vec<Way>,
}

/// One way to prove a requirement: one selection per evidence type of an alternative.
struct Way {
    selections: Vec<Selection>,
}

impl Question {
    /// Asks Evidence Broker and Data Service Directory about each requirement of the order.
    pub(super) async fn ask(
        platform: &Platform,
        content: &Content,
        words: &Words,
    ) -> Result<Self, Stopped> {
        let order = content.order()?;
        let language = words
            .lang
            .to_ascii_uppercase()
            .parse()
            .unwrap_or(LanguageCode::EN);
        let mut requirements = Vec::new();
        for requirement in &order.requirements {
            requirements.push(ask_one(platform, &order, requirement).await?);
        }
        Ok(Self {
            requirements,
            language,
        })
    }

    /// The question as the page shows it.
    pub(super) fn items(&self) -> Vec<Item> {
        let mut items = Vec::new();
        for (number, asked) in self.requirements.iter().enumerate() {
            let offers = asked.ways.iter().enumerate().map(|(way, offered)| Choice {
                id: format!("offer-{number}-{way}"),
                value: offered.value(),
                title: offered.titles(self.language),
                provider: offered.providers(self.language),
                format: offered.formats(),
                // A choice is made for the user only where there is nothing to choose. [AT-08]
                chosen: asked.ways.len() == 1,
            });
            items.push(Item {
                requirement: asked.name.clone(),
                country: asked.country.clone(),
                field: format!("choice-{number}"),
                offers: offers.collect(),
            });
        }
        items
    }

    /// What the form chose; nothing unless every requirement that has an offer got one.
    pub(super) fn chosen(&self, form: &BTreeMap<String, String>) -> Option<Vec<Selection>> {
        let mut chosen = Vec::new();
        for (number, asked) in self.requirements.iter().enumerate() {
            if asked.ways.is_empty() {
                continue;
            }
            let value = form.get(&format!("choice-{number}"))?;
            let way = asked.ways.iter().find(|way| way.value() == *value)?;
            chosen.extend(way.selections.iter().cloned());
        }
        (!chosen.is_empty()).then_some(chosen)
    }
}

impl Way {
    /// Names the way on a form: the data services with their access points.
    fn value(&self) -> String {
        let names = self.selections.iter().map(|selection| {
            format!(
                "{}@{}",
                selection.service_id(),
                selection.access_point().value()
            )
        });
        names.collect::<Vec<_>>().join("+")
    }

    fn titles(&self, language: LanguageCode) -> String {
        self.each(|selection| text(selection.service().titles(), language))
    }

    fn providers(&self, language: LanguageCode) -> String {
        self.each(|selection| text(selection.provider().names(), language))
    }

    fn formats(&self) -> String {
        self.each(|selection| {
            selection
                .requested_evidence(None)
                .as_ref()
                .map_or_else(String::new, formats)
        })
    }

    fn each(&self, of: impl Fn(&Selection) -> String) -> String {
        let mut all: Vec<String> = self.selections.iter().map(of).collect();
        all.dedup();
        all.join(", ")
    }
}

/// Every form the request will name, not only the first: the user agrees to what is sent.
fn formats(requested: &RequestedEvidence) -> String {
    let mut formats: Vec<_> = requested
        .distributions()
        .iter()
        .map(|distribution| distribution.format().as_str())
        .collect();
    formats.dedup();
    formats.join(" / ")
}

fn text(texts: &[Text], language: LanguageCode) -> String {
    Text::pick(texts, &[language, LanguageCode::EN])
        .map(|text| text.value().to_owned())
        .unwrap_or_default()
}

async fn ask_one(
    platform: &Platform,
    order: &noots::EvidenceOrder,
    requirement: &noots::Requirement,
) -> Result<Asked, Stopped> {
    let tables = platform.tables();
    let wanted = wanted(platform, order, requirement, &tables);
    let country = requirement
        .country
        .as_ref()
        .map(|code| code.as_str().to_owned())
        .unwrap_or_default();
    let name = requirement.name.value.clone();
    let Some(wanted) = wanted else {
        return Ok(Asked {
            name,
            country,
            ways: Vec::new(),
        });
    };
    let ways = match platform.directory().evaluate(&wanted).await? {
        Outlook::Candidates(candidates) => ways(platform, &candidates),
        Outlook::Refused(refusal) => {
            tracing::info!(
                code = refusal.code().as_str(),
                "Evidence Broker has nothing"
            );
            Vec::new()
        }
    };
    Ok(Asked {
        name,
        country,
        ways,
    })
}

/// The question to the Common Services; none where the order names a country or code that the EDM
/// does not have.
fn wanted(
    platform: &Platform,
    order: &noots::EvidenceOrder,
    requirement: &noots::Requirement,
    tables: &mapping::CodeTables,
) -> Option<Wanted> {
    let home = platform.config().platform().country().parse().ok()?;
    let procedure = order.procedure.as_str().parse().ok()?;
    let country = tables.countries().to_edm(requirement.country.as_ref()?)?;
    let id = tables.repository().requirement_to_edm(&requirement.id)?;
    Some(Wanted::new((procedure, home), id, country))
}

/// All ways whose every evidence type has a provider that we know and that speaks one of our
/// versions.
fn ways(platform: &Platform, candidates: &Candidates) -> Vec<Way> {
    candidates
        .alternatives()
        .iter()
        .flat_map(|alternative| of_alternative(platform, candidates, alternative))
        .collect()
}

fn of_alternative(
    platform: &Platform,
    candidates: &Candidates,
    alternative: &Alternative,
) -> Vec<Way> {
    let mut ways = vec![Vec::new()];
    for (_, offers) in alternative.types() {
        let Offers::From(offers) = offers else {
            return Vec::new();
        };
        let usable: Vec<Selection> = offers
            .iter()
            .filter_map(|offer| candidates.select(offer, &SENT, &UserInput::default()).ok())
            .filter(|selection| retrieve_partner(platform, selection).is_some())
            .collect();
        // Every provider of this type with every way so far.
        ways = ways
            .iter()
            .flat_map(|way: &Vec<Selection>| {
                usable
                    .iter()
                    .map(|one| [way.clone(), vec![one.clone()]].concat())
            })
            .collect();
    }
    ways.into_iter()
        .filter(|way| !way.is_empty())
        .map(|selections| Way { selections })
        .collect()
}

fn retrieve_partner(platform: &Platform, selection: &Selection) -> Option<String> {
    crate::retrieve::partner_of(platform, selection.access_point())
}

#[cfg(test)]
mod tests {
    use mapping::edm::{MediaType, RequestedDistribution};

    use super::*;

    #[test]
    fn every_form_that_will_be_asked_for_is_shown() {
        let kind = "https://sr.oots.tech.ec.europa.eu/evidencetypeclassifications/FR/6d0f6c0a-0d51-4b61-9f0e-3a2c1f4b7e01";
        let title = Text::new(LanguageCode::EN, "Birth certificate");
        let requested = RequestedEvidence::new(
            mapping::edm::DataServiceId::new(uuid::Uuid::from_u128(1)),
            kind.parse().unwrap(),
            title,
        );
        let both = [MediaType::Pdf, MediaType::Xml].map(RequestedDistribution::new);
        let requested = requested.with_distributions(both.into());
        assert_eq!(formats(&requested), "application/pdf / application/xml");
    }
}
