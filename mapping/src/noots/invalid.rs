//! Why a national message is refused: the rule, where in the message, and what is wrong. Never
//! what the message says there: that may be personal data.

use std::borrow::Cow;
use std::fmt;

use super::agent::Agents;
use super::code::MessageType;
use super::header::Party;
use super::id::MessageId;

/// A rule of the national standard or of one of its two forms, JSON and XML.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Rule {
    /// A message is one JSON object with one member, UTF-8, without byte order mark.
    Json,
    /// A message in XML is one well-formed document without document type, its root in a known
    /// version of the standard.
    Xml,
    /// Elements stand in the order of the schema.
    Order,
    /// Lists are arrays and never empty, single values are not arrays, `null` does not occur.
    Cardinality,
    /// A choice has exactly one member.
    Choice,
    /// A code names its list version, and no other list.
    Code,
    /// Base64 with padding and without line breaks.
    Base64,
    /// A signature is one XML signature element.
    Signature,
    /// Texts are texts only, priorities are integers from 1.
    Kind,
    /// Requests hold no unknown member, element or attribute.
    UnknownMember,
    /// No member name and no single element occurs twice.
    DuplicateMember,
    /// Limits on size, depth and number.
    Limit,
    /// A mandatory element is there.
    Mandatory,
    /// A value has the pattern of its type.
    Pattern,
    /// A value fixed by the standard is that value.
    Fixed,
    /// One classification, one agent.
    OneAgentPerClass,
    /// Class `ER` has a country.
    RequesterCountry,
    /// Priorities are unique.
    UniquePriority,
    /// A legal person has an eIDAS identifier.
    LegalPersonIdentifier,
    /// The power of representation names the procedure.
    PowerOfRepresentation,
    /// The provider referred to is a provider of the message.
    ProviderReference,
    /// At most one time of availability.
    OneAvailability,
    /// A code is in its list.
    CodeList,
    /// Natural **or** legal person.
    OneSubject,
}

impl Rule {
    /// The id under which the rule stands in the requirement ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "XN-B1",
            Self::Xml => "XN-XML",
            Self::Cardinality => "XN-B3",
            Self::Code => "XN-B5",
            Self::Choice => "XN-B6",
            Self::Base64 => "XN-B8",
            Self::Signature => "XN-B9",
            Self::Kind => "XN-B10",
            Self::UnknownMember | Self::DuplicateMember => "XN-B11",
            Self::Limit => "XN-B12",
            Self::Mandatory | Self::Order => "XN-SCHEMA",
            Self::Pattern => "XN-PATTERN",
            Self::Fixed => "XN-FIXED",
            Self::OneAgentPerClass => "XN-R1",
            Self::RequesterCountry => "XN-R2",
            Self::UniquePriority => "XN-R3",
            Self::LegalPersonIdentifier => "XN-R4",
            Self::PowerOfRepresentation => "XN-R6",
            Self::ProviderReference => "XN-R7",
            Self::OneAvailability => "XN-R8",
            Self::CodeList => "XN-R9",
            Self::OneSubject => "R-EDM-REQ-S016",
        }
    }

    /// Whether a message that breaks the rule cannot be understood at all, so that it is answered
    /// with a problem and not with a national error message.
    pub const fn is_unreadable(self) -> bool {
        matches!(
            self,
            Self::Json | Self::Xml | Self::UnknownMember | Self::DuplicateMember | Self::Limit
        )
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    rule: Rule,
    pointer: String,
    problem: Cow<'static, str>,
}

impl Finding {
    /// Something wrong at the place in question; the pointer grows on the way out.
    pub(crate) fn new(rule: Rule, problem: impl Into<Cow<'static, str>>) -> Self {
        Self {
            rule,
            pointer: String::new(),
            problem: problem.into(),
        }
    }

    /// The same finding seen from one step further out.
    pub(crate) fn below(mut self, step: &str) -> Self {
        // Names come from the peer: a pointer must not become a way to smuggle text into a log.
        let name: String = step.chars().take(64).filter(|c| !c.is_control()).collect();
        self.pointer.insert_str(
            0,
            &format!("/{}", name.replace('~', "~0").replace('/', "~1")),
        );
        self
    }

    /// The same finding one step further in.
    pub(crate) fn at(mut self, step: &str) -> Self {
        self.pointer.push('/');
        self.pointer.push_str(step);
        self
    }

    /// The same place and problem under a more telling rule.
    pub(crate) fn because_of(self, rule: Rule) -> Self {
        Self { rule, ..self }
    }

    /// The rule that is broken.
    pub const fn rule(&self) -> Rule {
        self.rule
    }

    /// The place: a JSON pointer (RFC 6901), or in XML the path of elements from the root.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// What is wrong there, without the value.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} at {:?}", self.rule, self.problem, self.pointer)
    }
}

/// A message that is refused. Holds at least one finding.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{first}")]
pub struct Invalid {
    first: Finding,
    more: Vec<Finding>,
    about: Box<About>,
}

/// What could be read of a refused message: enough to answer it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct About {
    /// Its type.
    pub message_type: Option<MessageType>,
    /// Its `nachrichtenUUID`.
    pub message_id: Option<MessageId>,
    /// Who wrote it.
    pub author: Option<Party>,
    /// Who asked.
    pub requesters: Option<Agents>,
}

impl Invalid {
    pub(crate) fn new(first: Finding, more: Vec<Finding>, about: About) -> Self {
        Self {
            first,
            more,
            about: Box::new(about),
        }
    }

    /// The same findings, each place named in another way.
    pub(crate) fn with_places(mut self, place: impl Fn(&str) -> String) -> Self {
        for finding in std::iter::once(&mut self.first).chain(&mut self.more) {
            finding.pointer = place(&finding.pointer);
        }
        self
    }

    /// The first rule that is broken.
    pub const fn rule(&self) -> Rule {
        self.first.rule
    }

    /// Where: a JSON pointer, or in XML the path of elements.
    pub fn pointer(&self) -> &str {
        &self.first.pointer
    }

    /// What is wrong there.
    pub fn problem(&self) -> &str {
        &self.first.problem
    }

    /// Everything found.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        std::iter::once(&self.first).chain(&self.more)
    }

    /// Whether the message could not be understood at all: HTTP 400 and a problem, instead of 422
    /// and a national error message.
    pub const fn is_unreadable(&self) -> bool {
        self.first.rule.is_unreadable()
    }

    /// What could be read all the same.
    pub fn about(&self) -> &About {
        &self.about
    }
}
