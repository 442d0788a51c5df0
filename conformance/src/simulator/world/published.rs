//! The catalogue of the world, and what the parts of the world are according to it

use anyhow::{Context, Result};

use crate::simulator::common_services::{Catalogue, DataService, Provider, Texts};
use crate::simulator::data_consumer::{OrderSpec, OrderedRequirement};
use crate::simulator::edm::{Authority, EdmVersion, EvidenceTypeFacts, RequirementFacts};
use crate::simulator::foreign::{ForeignOffer, RequestSpec};
use crate::simulator::national::{Agent, Body};
use crate::simulator::person::TestPerson;
use crate::simulator::register::{Document, Offer, RegisterProfile};

/// A German evidence that the foreign portal can ask for
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum GermanEvidence {
    /// PDF, from the civil registry of a municipality
    BirthCertificate,
    /// XML, from the federal vehicle register
    VehicleRecord,
}

impl GermanEvidence {
    /// Both
    pub const ALL: [Self; 2] = [Self::BirthCertificate, Self::VehicleRecord];

    /// Service-ID of the register
    #[must_use]
    pub const fn service_id(self) -> &'static str {
        match self {
            Self::BirthCertificate => "standesamt-stuttgart",
            Self::VehicleRecord => "kba-zfzr",
        }
    }

    /// Identifier of the data service in the directory
    #[must_use]
    pub const fn data_service(self) -> &'static str {
        match self {
            Self::BirthCertificate => "41170824-15d9-4c16-984e-63b75b937b8c",
            Self::VehicleRecord => "41170824-15d9-4c16-984e-63b75b937b8d",
        }
    }

    pub(super) const fn kennung(self) -> &'static str {
        match self {
            Self::BirthCertificate => "psw:08111000",
            Self::VehicleRecord => "kba:zfzr",
        }
    }

    const fn document(self) -> Document {
        match self {
            Self::BirthCertificate => Document::BirthCertificate,
            Self::VehicleRecord => Document::VehicleRecord,
        }
    }

    const fn requirement(self) -> &'static str {
        match self {
            Self::BirthCertificate => BIRTH,
            Self::VehicleRecord => VEHICLE_PART_I,
        }
    }
}

/// A foreign evidence that the German portal can order
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ForeignEvidence {
    /// PDF, EDM 1.2 only
    BirthCertificate,
    /// PDF, EDM 1.2 and 2.0
    VehicleCertificate,
    /// XML, EDM 2.0 only
    VehicleRecord,
}

impl ForeignEvidence {
    const fn requirement(self) -> &'static str {
        match self {
            Self::BirthCertificate => BIRTH,
            Self::VehicleCertificate => VEHICLE_PART_II,
            Self::VehicleRecord => VEHICLE_PART_I,
        }
    }

    const fn procedure(self) -> &'static str {
        match self {
            Self::BirthCertificate => "T1",
            Self::VehicleCertificate | Self::VehicleRecord => "V2",
        }
    }
}

/// The catalogue, read
#[derive(Debug)]
pub(super) struct Published {
    catalogue: Catalogue,
    german: [(GermanEvidence, EvidenceTypeFacts, Authority); 2],
}

impl Published {
    pub(super) fn new() -> Result<Self> {
        let catalogue = Catalogue::from_toml(include_str!("catalogue.toml"))?;
        let facts = |evidence: GermanEvidence| {
            let service = service(&catalogue, evidence.data_service())?;
            anyhow::Ok((evidence, type_facts(service)?, provider_of(service)?))
        };
        let german = [
            facts(GermanEvidence::BirthCertificate)?,
            facts(GermanEvidence::VehicleRecord)?,
        ];
        Ok(Self { catalogue, german })
    }

    pub(super) const fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// The register behind a German evidence
    pub(super) fn register(
        &self,
        evidence: GermanEvidence,
        persons: Vec<TestPerson>,
    ) -> Result<RegisterProfile> {
        let service = service(&self.catalogue, evidence.data_service())?;
        let provider = provider_of(service)?;
        Ok(RegisterProfile {
            service_id: evidence.service_id().to_owned(),
            body: Body {
                kennung: evidence.kennung().to_owned(),
                name: provider.name.clone(),
            },
            agent: Agent {
                id: provider.id,
                scheme: provider.scheme,
                name: provider.name,
                lang: provider.lang.to_ascii_lowercase(),
                country: Some(provider.country),
            },
            offers: vec![Offer {
                evidence_type: service.evidence_type.clone(),
                title: text(&service.titles, "DE")?,
                document: evidence.document(),
            }],
            persons,
        })
    }

    /// Everything the French provider has
    pub(super) fn foreign_offers(&self) -> Result<Vec<ForeignOffer>> {
        self.foreign_services()
            .map(|service| {
                let versions = first_provider(service)?.conforms_to.iter();
                let versions = versions
                    .filter_map(|version| EdmVersion::find(version))
                    .collect();
                Ok(ForeignOffer {
                    evidence: type_facts(service)?,
                    versions,
                })
            })
            .collect()
    }

    /// The French provider
    pub(super) fn foreign_authority(&self) -> Result<Authority> {
        provider_of(
            self.foreign_services()
                .next()
                .context("no French data service")?,
        )
    }

    fn foreign_services(&self) -> impl Iterator<Item = &DataService> {
        self.catalogue
            .data_services
            .iter()
            .filter(|service| service.country == "FR")
    }

    pub(super) fn request(&self, version: EdmVersion, evidence: GermanEvidence) -> RequestSpec {
        let [birth, vehicle] = &self.german;
        let (_, facts, provider) = if birth.0 == evidence { birth } else { vehicle };
        let subject = TestPerson::planted("FR/DE/AT-PII-7f3c91");
        let mut spec = RequestSpec::new(version, facts.clone(), provider.clone(), subject);
        spec.requirements = vec![RequirementFacts {
            id: evidence.requirement().to_owned(),
            name: self.requirement_name(evidence.requirement()),
        }];
        spec
    }

    pub(super) fn order(&self, evidence: &[ForeignEvidence]) -> OrderSpec {
        let requirements = evidence
            .iter()
            .map(|evidence| OrderedRequirement {
                id: evidence.requirement().to_owned(),
                name: self.requirement_name(evidence.requirement()),
                country: Some("FR".to_owned()),
            })
            .collect();
        let mut spec = OrderSpec::new(requirements, TestPerson::planted("DE/FR/AT-PII-7f3c91"));
        if let Some(first) = evidence.first() {
            spec.procedure = first.procedure().to_owned();
        }
        spec
    }

    fn requirement_name(&self, id: &str) -> String {
        let found = self
            .catalogue
            .requirements
            .iter()
            .find(|requirement| requirement.id == id);
        found
            .and_then(|requirement| requirement.names.get("EN"))
            .cloned()
            .unwrap_or_default()
    }
}

fn service<'c>(catalogue: &'c Catalogue, id: &str) -> Result<&'c DataService> {
    let found = catalogue
        .data_services
        .iter()
        .find(|service| service.id == id);
    found.with_context(|| format!("no data service {id} in the catalogue"))
}

fn first_provider(service: &DataService) -> Result<&Provider> {
    service
        .providers
        .first()
        .context("a data service without provider")
}

fn type_facts(service: &DataService) -> Result<EvidenceTypeFacts> {
    let distribution = service
        .distributions
        .first()
        .context("a data service without format")?;
    Ok(EvidenceTypeFacts {
        identifier: service.id.clone(),
        classification: service.evidence_type.clone(),
        title: text(&service.titles, "EN")?,
        format: distribution.format.clone(),
        conforms_to: distribution.conforms_to.clone(),
    })
}

fn provider_of(service: &DataService) -> Result<Authority> {
    let provider = first_provider(service)?;
    let (lang, name) = provider
        .names
        .first_key_value()
        .context("a provider without name")?;
    Ok(Authority {
        id: provider.id.value.clone(),
        scheme: provider.id.scheme.clone(),
        name: name.clone(),
        lang: lang.clone(),
        country: service.country.clone(),
    })
}

fn text(texts: &Texts, lang: &str) -> Result<String> {
    texts
        .get(lang)
        .cloned()
        .with_context(|| format!("no text in {lang}"))
}

const BIRTH: &str =
    "https://sr.oots.tech.ec.europa.eu/requirements/df81cba1-1936-46fe-ad4b-53254b79bf55";
const VEHICLE_PART_I: &str =
    "https://sr.oots.tech.ec.europa.eu/requirements/ad2f4ed6-2133-4dbe-b145-6e3dddc17159";
const VEHICLE_PART_II: &str =
    "https://sr.oots.tech.ec.europa.eu/requirements/4cba0887-2bdf-43ca-bcc6-5deb6783dfe3";
