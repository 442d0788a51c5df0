//! Walking a JSON tree: mandatory, optional and repeated members, codes, choices. A finding's
//! pointer is built on the way out, so that a good message costs nothing for it.

use std::str::FromStr;

use super::tree::Json;
use crate::noots::code::CodeList;
use crate::noots::id::Malformed;
use crate::noots::invalid::{Finding, Rule};
use crate::noots::one_or_more::OneOrMore;

/// A value, or what is wrong with it.
pub(super) type Read<T> = Result<T, Finding>;

/// A place in the tree.
#[derive(Clone, Copy)]
pub(super) struct Node<'j> {
    json: &'j Json<'j>,
    strict: bool,
}

/// The members of one object, and which of them were asked for.
pub(super) struct Fields<'j> {
    members: &'j [(std::borrow::Cow<'j, str>, Json<'j>)],
    asked: Vec<&'static str>,
    strict: bool,
}

impl<'j> Node<'j> {
    /// `strict`: whether an unknown member is refused.
    pub(super) const fn new(json: &'j Json<'j>, strict: bool) -> Self {
        Self { json, strict }
    }

    /// The same place, ignoring what is unknown.
    pub(super) const fn lenient(self) -> Self {
        Self {
            strict: false,
            ..self
        }
    }

    /// Reads an object. What `read` does not ask for is unknown.
    pub(super) fn fields<T>(self, read: impl FnOnce(&mut Fields<'j>) -> Read<T>) -> Read<T> {
        let Json::Object(members) = self.json else {
            return Err(Finding::new(Rule::Kind, "not an object"));
        };
        let mut fields = Fields {
            members,
            asked: Vec::new(),
            strict: self.strict,
        };
        let value = read(&mut fields)?;
        fields.finish()?;
        Ok(value)
    }

    /// Reads an object of exactly one member. [XN-B6]
    pub(super) fn choice<T>(self, read: impl FnOnce(&str, Self) -> Option<Read<T>>) -> Read<T> {
        let Json::Object(members) = self.json else {
            return Err(Finding::new(Rule::Kind, "not an object"));
        };
        let [(name, json)] = members.as_slice() else {
            return Err(Finding::new(Rule::Choice, "not exactly one member"));
        };
        match read(
            name,
            Self {
                json,
                strict: self.strict,
            },
        ) {
            Some(value) => value.map_err(|finding| finding.below(name)),
            None => Err(Finding::new(Rule::Choice, "not a member of the choice").below(name)),
        }
    }

    /// Names of the members, when this is an object.
    pub(super) fn member_names(self) -> impl Iterator<Item = &'j str> {
        let members = match self.json {
            Json::Object(members) => members.as_slice(),
            _ => &[],
        };
        members.iter().map(|(name, _)| name.as_ref())
    }

    /// A text.
    pub(super) fn text(self) -> Read<&'j str> {
        match self.json {
            Json::Text(text) => Ok(text),
            Json::Array(_) => Err(Finding::new(
                Rule::Cardinality,
                "an array instead of one text",
            )),
            _ => Err(Finding::new(Rule::Kind, "not a string")),
        }
    }

    /// A text, owned.
    pub(super) fn string(self) -> Read<String> {
        self.text().map(str::to_owned)
    }

    /// A text with a pattern.
    pub(super) fn parsed<T: FromStr<Err = Malformed>>(self) -> Read<T> {
        self.text()?.parse().map_err(malformed)
    }

    /// A text fixed by the standard.
    pub(super) fn fixed(self, expected: &'static str) -> Read<()> {
        if self.text()? == expected {
            Ok(())
        } else {
            Err(Finding::new(Rule::Fixed, format!("not {expected:?}")))
        }
    }

    /// A date.
    pub(super) fn date(self) -> Read<jiff::civil::Date> {
        let text = self.text()?;
        // jiff also reads `20261123` and a date with a time behind it.
        let shaped = text.len() == 10;
        let date = if shaped { text.parse().ok() } else { None };
        date.ok_or_else(|| Finding::new(Rule::Pattern, "not a date of the form YYYY-MM-DD"))
    }

    /// A positive integer. [XN-B10]
    pub(super) fn positive(self) -> Read<u32> {
        match self.json {
            Json::Integer(number) => u32::try_from(*number).ok().filter(|number| *number > 0),
            _ => None,
        }
        .ok_or_else(|| Finding::new(Rule::Kind, "not an integer from 1"))
    }

    /// Base64 to bytes. [XN-B8]
    pub(super) fn base64(self) -> Read<bytes::Bytes> {
        use base64::Engine as _;
        let bytes = base64::engine::general_purpose::STANDARD.decode(self.text()?);
        bytes.map(bytes::Bytes::from).map_err(|_| {
            Finding::new(
                Rule::Base64,
                "not base64 with padding and without line breaks",
            )
        })
    }

    /// A code object of the given list. [XN-B5]
    pub(super) fn code<T: FromStr<Err = Malformed>>(self, list: CodeList) -> Read<T> {
        self.fields(|fields| {
            let code = fields.required("code", Self::text)?;
            let uri = fields.optional("listURI", Self::text)?;
            let version = fields.required("listVersionID", Self::text)?;
            fields.optional("name", Self::text)?;
            if uri.is_some_and(|uri| uri != list.uri()) {
                let problem = format!("not {:?}", list.uri());
                return Err(Finding::new(Rule::Code, problem).below("listURI"));
            }
            if version.is_empty() {
                return Err(Finding::new(Rule::Code, "empty").below("listVersionID"));
            }
            // [XN-R9] a code that is not in its list
            code.parse().map_err(|wrong: Malformed| {
                Finding::new(Rule::CodeList, wrong.to_string()).below("code")
            })
        })
    }

    /// An array of at least one value. [XN-B3]
    pub(super) fn many<T>(self, read: impl Fn(Self) -> Read<T>) -> Read<OneOrMore<T>> {
        let Json::Array(values) = self.json else {
            return Err(Finding::new(Rule::Cardinality, "not an array"));
        };
        let mut read_values = Vec::with_capacity(values.len());
        for (place, json) in values.iter().enumerate() {
            let value = read(Self {
                json,
                strict: self.strict,
            });
            read_values.push(value.map_err(|finding| finding.below(&place.to_string()))?);
        }
        OneOrMore::new(read_values).ok_or_else(|| Finding::new(Rule::Cardinality, "an empty array"))
    }
}

impl<'j> Fields<'j> {
    /// A member that must be there.
    pub(super) fn required<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Node<'j>) -> Read<T>,
    ) -> Read<T> {
        self.optional(name, read)?
            .ok_or_else(|| Finding::new(Rule::Mandatory, "missing").below(name))
    }

    /// A member that may be absent.
    pub(super) fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Node<'j>) -> Read<T>,
    ) -> Read<Option<T>> {
        self.asked.push(name);
        match self.members.iter().find(|(member, _)| member == name) {
            None => Ok(None),
            Some((_, json)) => read(Node {
                json,
                strict: self.strict,
            })
            .map(Some)
            .map_err(|finding| finding.below(name)),
        }
    }

    /// An array that must be there.
    pub(super) fn one_or_more<T>(
        &mut self,
        name: &'static str,
        read: impl Fn(Node<'j>) -> Read<T>,
    ) -> Read<OneOrMore<T>> {
        self.required(name, |node| node.many(read))
    }

    /// An array that may be absent.
    pub(super) fn any_number<T>(
        &mut self,
        name: &'static str,
        read: impl Fn(Node<'j>) -> Read<T>,
    ) -> Read<Vec<T>> {
        let values = self.optional(name, |node| node.many(read))?;
        Ok(values.map(OneOrMore::into_vec).unwrap_or_default())
    }

    /// [XN-B11] refuses what nobody asked for.
    fn finish(self) -> Read<()> {
        let known = |name: &str| self.asked.contains(&name);
        match self
            .members
            .iter()
            .find(|(name, _)| self.strict && !known(name))
        {
            None => Ok(()),
            Some((name, _)) => {
                Err(Finding::new(Rule::UnknownMember, "not a known member").below(name))
            }
        }
    }
}

/// A value of a type with a pattern.
pub(super) fn malformed(wrong: Malformed) -> Finding {
    Finding::new(Rule::Pattern, wrong.to_string())
}

/// A rule that spans several members.
pub(super) fn broken(rule: Rule) -> Finding {
    let problem = match rule {
        Rule::OneAgentPerClass => "two agents of one classification",
        Rule::RequesterCountry => "a requester without AdminUnitLevel1",
        Rule::UniquePriority => "two formats of one priority",
        Rule::LegalPersonIdentifier => "a legal person without eIDAS identifier",
        Rule::PowerOfRepresentation => "a power of representation for another procedure",
        Rule::ProviderReference => "no provider of the message has this identifier",
        Rule::OneAvailability => "more than one time of availability",
        _ => "does not hold",
    };
    Finding::new(rule, problem)
}
