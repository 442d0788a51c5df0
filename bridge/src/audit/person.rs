//! The person an entry is about, and the key such entries are found by.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::seal::IndexKey;

/// Who the evidence is about. A legal person has its name in `family_name` and nothing else.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize, Zeroize, ZeroizeOnDrop)]
pub struct Person {
    /// Family name, or the name of a legal person.
    pub family_name: String,
    /// Given name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// Date of birth, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<String>,
    /// eIDAS or national identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identifier: Option<String>,
}

impl Person {
    /// The keyed hash over name and date of birth. Spelling that differs between registers and
    /// countries (case, accents, hyphens) makes no difference.
    #[must_use]
    pub fn key(&self, index: &IndexKey) -> String {
        let folded = format!(
            "{}|{}|{}",
            fold(&self.family_name),
            fold(self.given_name.as_deref().unwrap_or_default()),
            fold(self.birth_date.as_deref().unwrap_or_default()),
        );
        index.name("audit-subject", folded.as_bytes())
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[personal]")
    }
}

/// Lower case, base letters and digits only.
fn fold(text: &str) -> String {
    let mut folded = String::new();
    for letter in text.chars().flat_map(char::to_lowercase) {
        if let Some((_, base)) = BASES.iter().find(|(marked, _)| marked.contains(letter)) {
            folded.push_str(base);
        } else if letter.is_alphanumeric() {
            folded.push(letter);
        }
    }
    folded
}

/// Letters with marks as the Latin alphabets of Europe use them, composed. Of a decomposed letter
/// the mark is no letter and falls away.
const BASES: &[(&str, &str)] = &[
    ("àáâãäåāăąǎǟǡǻȁȃȧ", "a"),
    ("æǣǽ", "ae"),
    ("ḃ", "b"),
    ("çćĉċč", "c"),
    ("ďđðḋ", "d"),
    ("èéêëēĕėęěȅȇȩ", "e"),
    ("ḟ", "f"),
    ("ĝğġģǥǧǵ", "g"),
    ("ĥħȟ", "h"),
    ("ìíîïĩīĭįıǐȉȋ", "i"),
    ("ĵǰ", "j"),
    ("ķĸǩ", "k"),
    ("ĺļľŀł", "l"),
    ("ṁ", "m"),
    ("ñńņňŉŋǹ", "n"),
    ("òóôõöøōŏőơǒǫǭǿȍȏȫȭȯȱ", "o"),
    ("œ", "oe"),
    ("ṗ", "p"),
    ("ŕŗřȑȓ", "r"),
    ("śŝşšșṡ", "s"),
    ("ßẞ", "ss"),
    ("ţťŧțṫ", "t"),
    ("þ", "th"),
    ("ùúûüũūŭůűųưǔǖǘǚǜȕȗ", "u"),
    ("ŵẁẃẅ", "w"),
    ("ýÿŷȳỳ", "y"),
    ("źżžƶ", "z"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn key(family: &str, given: &str, born: &str) -> String {
        let person = Person {
            family_name: family.to_owned(),
            given_name: Some(given.to_owned()),
            birth_date: Some(born.to_owned()),
            identifier: None,
        };
        person.key(&IndexKey::new(&[7; 32]).unwrap())
    }

    #[test]
    fn spelling_variants_of_one_person_have_one_key() {
        let planted = key("Müller-Żółkiewska", "Zoë-Ángela", "1931-02-28");
        assert_eq!(
            key("MULLER ZOLKIEWSKA", "zoe angela", "1931-02-28"),
            planted
        );
        assert_eq!(
            key(
                "Mu\u{308}ller-Z\u{307}o\u{301}łkiewska",
                "Zoe\u{308} A\u{301}ngela",
                "19310228"
            ),
            planted
        );
    }

    #[test]
    fn other_persons_have_other_keys() {
        let planted = key("Braun", "Anna", "1990-01-01");
        assert_ne!(key("Braun", "Anna", "1990-01-02"), planted);
        assert_ne!(key("Brauna", "nna", "1990-01-01"), planted);
    }

    #[test]
    fn a_person_is_not_printed() {
        let person = Person {
            family_name: "Canary".to_owned(),
            given_name: None,
            birth_date: None,
            identifier: None,
        };
        assert_eq!(format!("{person:?}"), "[personal]");
    }
}
