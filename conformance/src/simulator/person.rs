//! The persons the simulated registers and providers know

use serde_json::{Value, json};

use super::national::{List, code};

/// A person of the test data
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TestPerson {
    /// Family name
    pub family_name: String,
    /// Given name
    pub given_name: String,
    /// Date of birth, `YYYY-MM-DD`
    pub birth_date: String,
    /// Place of birth
    pub birth_place: String,
    /// eIDAS identifier
    pub eidas: String,
    /// Level of assurance of the login: `Low`, `Substantial` or `High`
    pub assurance: String,
}

impl TestPerson {
    /// The planted person: letters beyond Latin-1, and strings that must never leak
    #[must_use]
    pub fn planted(eidas: &str) -> Self {
        Self::new(
            ["Müller-Żółkiewska", "Zoë-Ángela", "1931-02-28", "Stuttgart"],
            eidas,
        )
    }

    /// An ordinary person
    #[must_use]
    pub fn ordinary(eidas: &str) -> Self {
        Self::new(["Smith", "Jack", "1999-03-01", "Stuttgart"], eidas)
    }

    /// The person of the published French messages, so that they can be sent as they are
    #[must_use]
    pub fn published(eidas: &str) -> Self {
        Self::new(["Dupont", "Jean", "1992-10-22", "Lyon"], eidas)
    }

    /// A person no register knows
    #[must_use]
    pub fn unknown(eidas: &str) -> Self {
        Self::new(["Niemand", "Nemo", "1970-01-01", "Nirgendwo"], eidas)
    }

    fn new([family, given, birth, place]: [&str; 4], eidas: &str) -> Self {
        Self {
            family_name: family.to_owned(),
            given_name: given.to_owned(),
            birth_date: birth.to_owned(),
            birth_place: place.to_owned(),
            eidas: eidas.to_owned(),
            assurance: "High".to_owned(),
        }
    }

    /// Whether name and date of birth are those of this person
    #[must_use]
    pub fn is(&self, family_name: &str, given_name: &str, birth_date: &str) -> bool {
        self.family_name == family_name
            && self.given_name == given_name
            && self.birth_date == birth_date
    }

    /// The choice `LegalOrNaturalPerson` of a national message
    #[must_use]
    pub fn json(&self) -> Value {
        json!({"NaturalPerson": {
            "Identifier": {"value": self.eidas, "schemeID": "eidas"},
            "DateOfBirth": self.birth_date,
            "FamilyName": {"value": self.family_name},
            "GivenName": {"value": self.given_name},
            "LevelOfAssurance": code(List::Loa, &self.assurance),
            "PlaceOfBirth": self.birth_place,
        }})
    }
}
