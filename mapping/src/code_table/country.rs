//! Countries: ISO 3166-1 on the national side, the OOTS list on the other. Greece is why the table
//! exists: `GR` here, `EL` there.

use super::load::{File, Problems, Titles, entries};
use crate::{edm, noots};

/// A country in both spellings.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Country {
    iso: noots::CountryCode,
    edm: edm::CountryCode,
    titles: Titles,
}

impl Country {
    /// As XNachweis writes it.
    pub const fn iso(&self) -> &noots::CountryCode {
        &self.iso
    }

    /// As the EDM writes it.
    pub const fn edm(&self) -> edm::CountryCode {
        self.edm
    }

    /// Its name.
    pub const fn titles(&self) -> &Titles {
        &self.titles
    }
}

/// All countries.
#[derive(Clone, Debug)]
pub struct Countries(Vec<Country>);

impl Countries {
    pub(super) fn read(file: File<'_>, problems: &mut Problems) -> Self {
        let mut known: Vec<Country> = Vec::new();
        for row in entries::<Country>(file, problems) {
            let (line, country) = (row.line, row.value);
            country.titles.check(file.0, line, problems);
            if known.iter().any(|other| other.iso == country.iso) {
                problems.add(
                    file.0,
                    line,
                    format!("iso = \"{}\" is there twice", country.iso),
                );
            } else if known.iter().any(|other| other.edm == country.edm) {
                problems.add(
                    file.0,
                    line,
                    format!("edm = \"{}\" is there twice", country.edm),
                );
            } else {
                known.push(country);
            }
        }
        Self(known)
    }

    /// All, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Country> {
        self.0.iter()
    }

    /// To the national spelling. A country outside the table (a nationality, a birth place) keeps
    /// its letters: the EDM's list is ISO but for Greece.
    pub fn to_national(&self, code: edm::CountryCode) -> Option<noots::CountryCode> {
        let listed = self.0.iter().find(|country| country.edm == code);
        match listed {
            Some(country) => Some(country.iso.clone()),
            None => code.as_str().parse().ok(),
        }
    }

    /// To the spelling of the EDM; nothing when its list does not have the country.
    pub fn to_edm(&self, code: &noots::CountryCode) -> Option<edm::CountryCode> {
        Some(self.0.iter().find(|country| country.iso == *code)?.edm)
    }
}
