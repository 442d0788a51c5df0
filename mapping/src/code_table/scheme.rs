//! Schemes of further identifiers of legal persons: short names in the EDM (`VAT`), URNs of the
//! list EAS in XNachweis, mostly one per country.

use super::country::Countries;
use super::load::{File, Located, Problems, entries};
use crate::{edm, noots};

#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Scheme {
    edm: edm::LegalIdScheme,
    /// Absent: the scheme is the same for all countries.
    country: Option<noots::CountryCode>,
    national: noots::SchemeId,
}

/// All schemes.
#[derive(Clone, Debug)]
pub struct Schemes(Vec<Scheme>);

impl Schemes {
    pub(super) fn read(file: File<'_>, countries: &Countries, problems: &mut Problems) -> Self {
        let mut known: Vec<Scheme> = Vec::new();
        for Located { line, value } in entries::<Scheme>(file, problems) {
            let country = value.country.as_ref();
            if country.is_some_and(|code| !countries.iter().any(|known| known.iso() == code)) {
                problems.add(file.0, line, "the country is not in countries.toml");
            }
            let same = |other: &&Scheme| other.edm == value.edm && other.country == value.country;
            let back = |other: &&Scheme| other.national == value.national && other.edm != value.edm;
            if known.iter().any(|other| same(&other)) {
                problems.add(file.0, line, "scheme and country are there twice");
            } else if known.iter().any(|other| back(&other)) {
                problems.add(
                    file.0,
                    line,
                    format!("\"{}\" leads to two schemes of the EDM", value.national),
                );
            } else {
                known.push(value);
            }
        }
        Self(known)
    }

    /// To the national scheme, for a legal person of this country.
    pub fn to_national(
        &self,
        scheme: edm::LegalIdScheme,
        country: Option<&noots::CountryCode>,
    ) -> Option<&noots::SchemeId> {
        let fits = |known: &&Scheme, place: Option<&noots::CountryCode>| {
            known.edm == scheme && known.country.as_ref() == place
        };
        let own = self
            .0
            .iter()
            .find(|known| country.is_some() && fits(known, country));
        let found = own.or_else(|| self.0.iter().find(|known| fits(known, None)));
        found.map(|known| &known.national)
    }

    /// To the scheme of the EDM.
    pub fn to_edm(&self, scheme: &noots::SchemeId) -> Option<edm::LegalIdScheme> {
        self.0
            .iter()
            .find(|known| known.national == *scheme)
            .map(|known| known.edm)
    }
}
