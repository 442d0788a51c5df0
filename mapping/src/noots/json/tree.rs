//! JSON text to a tree, with limits, refusing what the binding refuses everywhere: duplicate
//! members, `null`, characters XML cannot carry. Texts are borrowed where the message allows it.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};

use super::Limits;
use crate::noots::invalid::{Finding, Rule};

/// A JSON value as the binding needs it.
#[derive(Clone, Debug)]
pub(in crate::noots) enum Json<'j> {
    Text(Cow<'j, str>),
    Integer(u64),
    /// A fraction, a negative number, a boolean: nothing the binding uses.
    Unused,
    Array(Vec<Self>),
    Object(Vec<(Cow<'j, str>, Self)>),
}

/// Reads the whole text as one value.
pub(in crate::noots) fn parse<'j>(bytes: &'j [u8], limits: &Limits) -> Result<Json<'j>, Finding> {
    if bytes.len() > limits.body_bytes {
        return Err(Finding::new(Rule::Limit, "the message is too large"));
    }
    let refused = RefCell::new(None);
    let seed = Seed {
        limits,
        refused: &refused,
        depth: 0,
        limit: limits.text_bytes,
    };
    let mut source = serde_json::Deserializer::from_slice(bytes);
    let tree = seed
        .deserialize(&mut source)
        .and_then(|tree| source.end().map(|()| tree));
    tree.map_err(|error| refused.take().unwrap_or_else(|| syntax(&error)))
}

fn syntax(error: &serde_json::Error) -> Finding {
    // Only the place: serde_json's own words may quote the text.
    let (line, column) = (error.line(), error.column());
    Finding::new(
        Rule::Json,
        format!("not JSON in UTF-8, line {line} column {column}"),
    )
}

#[derive(Clone, Copy)]
struct Seed<'s> {
    limits: &'s Limits,
    /// The finding behind a refusal; serde errors carry no pointer.
    refused: &'s RefCell<Option<Finding>>,
    depth: usize,
    /// How long a text may be here.
    limit: usize,
}

impl Seed<'_> {
    fn refuse<E: serde::de::Error>(&self, rule: Rule, problem: &'static str) -> E {
        self.refused.replace(Some(Finding::new(rule, problem)));
        E::custom(problem)
    }

    /// Passes an inner error on, its pointer grown by one step.
    fn step<E>(&self, error: E, name: &str) -> E {
        let grown = self.refused.take().map(|finding| finding.below(name));
        self.refused.replace(grown);
        error
    }

    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        let depth = self.depth + 1;
        if depth > self.limits.depth {
            return Err(self.refuse(Rule::Limit, "nested too deeply"));
        }
        Ok(Self { depth, ..self })
    }

    fn text<'j, E: serde::de::Error>(self, text: Cow<'j, str>) -> Result<Json<'j>, E> {
        if text.len() > self.limit {
            return Err(self.refuse(Rule::Limit, "the text is too long"));
        }
        // Every text must be able to travel in XML. Base64 is checked when it is decoded.
        if self.limit == self.limits.text_bytes && !text.chars().all(is_xml_character) {
            return Err(self.refuse(Rule::Json, "a character that XML cannot carry"));
        }
        Ok(Json::Text(text))
    }
}

const fn is_xml_character(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

impl<'j> DeserializeSeed<'j> for Seed<'_> {
    type Value = Json<'j>;

    fn deserialize<D: serde::Deserializer<'j>>(self, source: D) -> Result<Json<'j>, D::Error> {
        source.deserialize_any(self)
    }
}

impl<'j> Visitor<'j> for Seed<'_> {
    type Value = Json<'j>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'j str) -> Result<Json<'j>, E> {
        self.text(Cow::Borrowed(text))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Json<'j>, E> {
        self.text(Cow::Owned(text.to_owned()))
    }

    fn visit_string<E: serde::de::Error>(self, text: String) -> Result<Json<'j>, E> {
        self.text(Cow::Owned(text))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Json<'j>, E> {
        Ok(Json::Integer(number))
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<Json<'j>, E> {
        Ok(Json::Unused)
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Json<'j>, E> {
        Ok(Json::Unused)
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<Json<'j>, E> {
        Ok(Json::Unused)
    }

    // [XN-B3] an absent value is left out
    fn visit_unit<E: serde::de::Error>(self) -> Result<Json<'j>, E> {
        Err(self.refuse(Rule::Cardinality, "null"))
    }

    fn visit_seq<A: SeqAccess<'j>>(self, mut source: A) -> Result<Json<'j>, A::Error> {
        let inner = self.deeper()?;
        let mut values = Vec::new();
        loop {
            let value = source.next_element_seed(inner);
            match value.map_err(|error| self.step(error, &values.len().to_string()))? {
                None => return Ok(Json::Array(values)),
                Some(_) if values.len() == self.limits.items => {
                    return Err(self.refuse(Rule::Limit, "too many values"));
                }
                Some(value) => values.push(value),
            }
        }
    }

    fn visit_map<A: MapAccess<'j>>(self, mut source: A) -> Result<Json<'j>, A::Error> {
        let inner = self.deeper()?;
        let mut members: Vec<(Cow<'j, str>, Json<'j>)> = Vec::new();
        let mut names = BTreeSet::new();
        while let Some(Name(name)) = source.next_key_seed(NameSeed)? {
            // [XN-B11] whoever reads the first and whoever reads the last must see the same message
            if !names.insert(name.clone()) {
                let error = self.refuse(Rule::DuplicateMember, "the member occurs twice");
                return Err(self.step(error, &name));
            }
            if members.len() == self.limits.items {
                return Err(self.refuse(Rule::Limit, "too many members"));
            }
            let limit = match name.as_ref() {
                "RepositoryItem" => self.limits.item_bytes,
                _ => self.limits.text_bytes,
            };
            let value = source.next_value_seed(Seed { limit, ..inner });
            let value = value.map_err(|error| self.step(error, &name))?;
            members.push((name, value));
        }
        Ok(Json::Object(members))
    }
}

/// A member name, borrowed where it can be.
struct Name<'j>(Cow<'j, str>);

struct NameSeed;

impl<'j> DeserializeSeed<'j> for NameSeed {
    type Value = Name<'j>;

    fn deserialize<D: serde::Deserializer<'j>>(self, source: D) -> Result<Name<'j>, D::Error> {
        source.deserialize_str(self)
    }
}

impl<'j> Visitor<'j> for NameSeed {
    type Value = Name<'j>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member name")
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'j str) -> Result<Name<'j>, E> {
        Ok(Name(Cow::Borrowed(text)))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Name<'j>, E> {
        Ok(Name(Cow::Owned(text.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<(), (Rule, &str)>) {
        let limits = Limits {
            body_bytes: 200,
            depth: 3,
            item_bytes: 20,
            text_bytes: 10,
            items: 2,
        };
        let found = parse(text.as_bytes(), &limits)
            .map(|_| ())
            .map_err(|finding| (finding.rule(), finding.pointer().to_owned()));
        assert_eq!(
            found,
            expected.map_err(|(rule, at)| (rule, at.to_owned())),
            "{text}"
        );
    }

    #[test]
    fn a_member_occurs_once_however_it_is_escaped() {
        // [XN-B11]
        check(
            r#"{"a":{"b":"1","b":"2"}}"#,
            Err((Rule::DuplicateMember, "/a/b")),
        );
        check(
            r#"{"a":"1","\u0061":"2"}"#,
            Err((Rule::DuplicateMember, "/a")),
        );
    }

    #[test]
    fn null_is_refused_wherever_it_stands() {
        // [XN-B3]
        check(r#"{"a":["x",null]}"#, Err((Rule::Cardinality, "/a/1")));
    }

    #[test]
    fn limits_hold() {
        // [XN-B12]
        check(r#"[[["x"]]]"#, Ok(()));
        check(r#"[[[["x"]]]]"#, Err((Rule::Limit, "/0/0/0")));
        check(r#"["1","2","3"]"#, Err((Rule::Limit, "")));
        check(r#"{"a":"1","b":"2","c":"3"}"#, Err((Rule::Limit, "")));
        check(r#"{"a":"12345678901"}"#, Err((Rule::Limit, "/a")));
        check(r#"{"RepositoryItem":"12345678901"}"#, Ok(()));
        check(&" ".repeat(201), Err((Rule::Limit, "")));
    }

    #[test]
    fn only_whole_utf_8_texts_are_read() {
        // [XN-B1]
        check("{} {}", Err((Rule::Json, "")));
        check("\u{feff}{}", Err((Rule::Json, "")));
        check("{\"a\":1", Err((Rule::Json, "")));
        assert!(parse(b"{\"a\":\"\xff\"}", &Limits::default()).is_err());
    }

    #[test]
    fn characters_xml_cannot_carry_are_refused() {
        check(r#"{"a":"x\u0000"}"#, Err((Rule::Json, "/a")));
        check(r#"{"a":"x\uffff"}"#, Err((Rule::Json, "/a")));
        check(r#"{"a":"x\ud83d\ude00"}"#, Ok(()));
    }

    #[test]
    fn problems_never_quote_the_text() {
        let finding = parse(br#"{"secret": bogus}"#, &Limits::default()).unwrap_err();
        assert!(!finding.to_string().contains("bogus") && !finding.to_string().contains("secret"));
    }
}
