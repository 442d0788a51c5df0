//! German places: regional keys of twelve digits (ARS), municipality keys of eight (AGS, the EU's
//! LAU), and the NUTS codes of the states.

use crate::{edm, noots};

/// Of what kind of place a register is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, serde::Deserialize)]
pub enum Level {
    /// One for the whole country.
    #[serde(rename = "DE")]
    Federal,
    /// One per state.
    #[serde(rename = "LAND")]
    State,
    /// One per county.
    #[serde(rename = "KREIS")]
    County,
    /// One per municipality.
    #[serde(rename = "GEMEINDE")]
    Municipality,
}

/// A place as somebody named it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Place {
    /// By its regional key.
    Ars(noots::Ars),
    /// By its municipality key. The regional key cannot be computed from it: the four digits of
    /// the association of municipalities are not in it.
    Ags(String),
    /// By the state's key, two digits.
    State(String),
}

impl Place {
    /// The place a text names: twelve digits, eight digits, or the NUTS code of a state.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(ars) = text.parse() {
            return Some(Self::Ars(ars));
        }
        if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
            return Some(Self::Ags(text.to_owned()));
        }
        state_of_nuts1(text).map(|state| Self::State(state.to_owned()))
    }

    /// The place among the answers a user gave to find the provider.
    pub fn among(classifications: &[edm::ProviderClassification]) -> Option<Self> {
        classifications
            .iter()
            .find_map(|concept| match concept.values() {
                edm::SupportedValues::Strings(values) => {
                    values.iter().find_map(|text| Self::parse(text))
                }
                _ => None,
            })
    }

    /// The regional key, when it was given.
    pub fn ars(&self) -> Option<&noots::Ars> {
        match self {
            Self::Ars(ars) => Some(ars),
            Self::Ags(_) | Self::State(_) => None,
        }
    }

    /// Whether the place lies in the area of this level that the key names. Nothing when the place
    /// is too coarse to tell.
    pub fn lies_in(&self, area: &noots::Ars, level: Level) -> Option<bool> {
        let begins = |text: &str, digits| text.get(..digits) == area.as_str().get(..digits);
        match (level, self) {
            (Level::Federal, _) => Some(true),
            (Level::State, Self::Ars(place)) => Some(begins(place.as_str(), 2)),
            (Level::State, Self::Ags(place) | Self::State(place)) => Some(begins(place, 2)),
            (Level::County, Self::Ars(place)) => Some(begins(place.as_str(), 5)),
            (Level::County, Self::Ags(place)) => Some(begins(place, 5)),
            (Level::Municipality, Self::Ars(place)) => Some(place == area),
            (Level::Municipality, Self::Ags(place)) => Some(*place == area.ags()),
            (_, Self::State(place)) if !begins(place, 2) => Some(false),
            (Level::County | Level::Municipality, Self::State(_)) => None,
        }
    }
}

/// NUTS1 code of the state with this two-digit key.
pub fn nuts1_of_state(key: &str) -> Option<&'static str> {
    STATES
        .iter()
        .find(|(state, _)| *state == key)
        .map(|(_, nuts)| *nuts)
}

/// Two-digit key of the state with this NUTS1 code.
pub fn state_of_nuts1(code: &str) -> Option<&'static str> {
    STATES
        .iter()
        .find(|(_, nuts)| *nuts == code)
        .map(|(state, _)| *state)
}

const STATES: [(&str, &str); 16] = [
    ("01", "DEF"),
    ("02", "DE6"),
    ("03", "DE9"),
    ("04", "DE5"),
    ("05", "DEA"),
    ("06", "DE7"),
    ("07", "DEB"),
    ("08", "DE1"),
    ("09", "DE2"),
    ("10", "DEC"),
    ("11", "DE3"),
    ("12", "DE4"),
    ("13", "DE8"),
    ("14", "DED"),
    ("15", "DEE"),
    ("16", "DEG"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(place: &str, level: Level, expected: Option<bool>) {
        let stuttgart: noots::Ars = "081110000000".parse().unwrap();
        assert_eq!(
            Place::parse(place).unwrap().lies_in(&stuttgart, level),
            expected
        );
    }

    #[test]
    fn a_place_is_compared_as_far_as_the_level_asks() {
        check("081110000000", Level::Municipality, Some(true));
        check("08111000", Level::Municipality, Some(true));
        check("08112000", Level::Municipality, Some(false));
        check("08112000", Level::State, Some(true));
        check("08112000", Level::County, Some(false));
    }

    #[test]
    fn a_state_says_nothing_about_a_municipality_in_it() {
        check("DE1", Level::Municipality, None);
        check("DE2", Level::Municipality, Some(false));
        check("DE1", Level::State, Some(true));
    }

    #[test]
    fn states_and_nuts_codes_are_one_to_one() {
        for (state, nuts) in STATES {
            assert_eq!(nuts1_of_state(state), Some(nuts));
            assert_eq!(state_of_nuts1(nuts), Some(state));
        }
    }

    #[test]
    fn other_texts_name_no_place() {
        assert_eq!(Place::parse("Stuttgart"), None);
        assert_eq!(Place::parse("0811100"), None);
    }
}
