//! What XNachweis looks like as XML: for every message the elements and attributes in the order of
//! the schema, their namespaces, and the members of the JSON form they are.
//!
//! Which elements must be there is not said here: the reader of the JSON form checks that.

mod message;
mod part;
mod v1_2;

use crate::noots::code::MessageType;

pub(super) use part::CODE_PARTS;

/// Fields that stand together in the schema.
pub(super) type Group = &'static [Field];

/// A version of the standard.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Version {
    V1_2,
    V1_4,
}

/// The namespaces of the standard and of the XÖV library.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Namespace {
    /// None: the parts of a code.
    None,
    /// `xnachweis-de-noots`: the messages.
    Noots,
    /// `xnachweis-baukasten`: their building blocks.
    Parts,
    /// `xnachweis-basisdatentypen`: the smallest of these.
    Values,
    /// `xnachweis-eu-edm`: what the EDM defines.
    Edm,
    /// Basisnachricht G2G: `leser` and `autor`.
    Head,
    /// Basisnachricht Behörde: what they hold.
    Body,
    /// Basisnachricht Kommunikation: how they are reached.
    Channel,
}

/// One element or attribute.
#[derive(Clone, Copy)]
pub(super) struct Field {
    pub(super) namespace: Namespace,
    /// Its name in XML.
    pub(super) name: &'static str,
    /// Its name in the JSON form.
    pub(super) member: &'static str,
    pub(super) occurs: Occurs,
    pub(super) content: Content,
}

/// How often an element stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Occurs {
    Once,
    /// Any number of times: an array in the JSON form.
    Many,
    /// Once in this version, an array in the JSON form.
    OnceInList,
}

/// What stands in an element.
#[derive(Clone, Copy)]
pub(super) enum Content {
    /// It is no element but an attribute.
    Attribute,
    /// A text, kept as it is.
    Text,
    /// A text around which white space does not count.
    Token,
    /// A positive integer.
    Integer,
    /// A document.
    Base64,
    /// An XML signature.
    Signature,
    /// A text with this attribute: `value` and the attribute in the JSON form.
    Labeled(&'static str),
    /// Elements and attributes.
    Parts(&'static [Group]),
    /// 1.2.0: something 1.4 has no place for.
    Dropped,
    /// 1.2.0: what 1.4 puts one level deeper, into this member.
    Wrapped(&'static str, &'static Self),
    /// 1.2.0: a code where 1.4 has a text.
    CodeText,
    /// 1.2.0: a data model in the folder it had then.
    Model,
}

impl Namespace {
    /// All that a message can need, in the order we declare them.
    pub(super) const ALL: [Self; 7] = [
        Self::Noots,
        Self::Parts,
        Self::Values,
        Self::Edm,
        Self::Head,
        Self::Body,
        Self::Channel,
    ];

    /// Prefix we write.
    pub(super) const fn prefix(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Noots => "xn-de",
            Self::Parts => "xn-bk",
            Self::Values => "xn-bdt",
            Self::Edm => "xn-eu-edm",
            Self::Head => "bn-g2g",
            Self::Body => "bn-beh",
            Self::Channel => "bn-kom",
        }
    }

    /// Its URI.
    pub(super) const fn uri(self, version: Version) -> &'static str {
        match (self, version) {
            (Self::None, _) => "",
            (Self::Noots, Version::V1_2) => {
                "urn:xoev-de:bva:standard:xnachweis:schema:xnachweis-de-noots"
            }
            (Self::Noots, Version::V1_4) => {
                "urn:xoev-de:bva:standard:xnachweis:schema:xnachweis-de-noots_1.4"
            }
            (Self::Parts, Version::V1_2) => {
                "urn:xoev-de:bva:standard:xnachweis:schema:xnachweis-baukasten"
            }
            (Self::Parts, Version::V1_4) => {
                "urn:xoev-de:bva:standard:xnachweis:schema:xnachweis-baukasten_1.4"
            }
            (Self::Values, Version::V1_2) => {
                "urn:xoev-de:bva:standard:xnachweis:schema:xnachweis-basisdatentypen"
            }
            (Self::Values, Version::V1_4) => {
                "urn:xoev-de:bva:standard:xnachweis:schema:xnachweis-basisdatentypen_1.4"
            }
            (Self::Edm, Version::V1_2) => {
                "urn:xoev-de:bva:standard:xnachweis:schema:xnachweis-eu-edm"
            }
            (Self::Edm, Version::V1_4) => {
                "urn:xoev-de:bva:standard:xnachweis:schema:xnachweis-eu-edm_1.4"
            }
            (Self::Head, _) => "http://xoev.de/schemata/basisnachricht/g2g/1_1",
            (Self::Body, _) => "http://xoev.de/schemata/basisnachricht/behoerde/1_1",
            (Self::Channel, _) => "http://xoev.de/schemata/basisnachricht/kommunikation/1_1",
        }
    }
}

impl Field {
    /// The name we write.
    pub(super) fn qualified(&self) -> String {
        match self.namespace.prefix() {
            "" => self.name.to_owned(),
            prefix => format!("{prefix}:{}", self.name),
        }
    }

    pub(super) const fn is_attribute(&self) -> bool {
        matches!(self.content, Content::Attribute)
    }

    /// The same field under another name in the JSON form.
    const fn known_as(self, member: &'static str) -> Self {
        Self { member, ..self }
    }

    const fn in_list(self) -> Self {
        Self {
            occurs: Occurs::OnceInList,
            ..self
        }
    }
}

/// The fields of a message in this version.
pub(super) const fn of(version: Version, message_type: MessageType) -> &'static [Group] {
    match version {
        Version::V1_2 => v1_2::of(message_type),
        Version::V1_4 => message::of(message_type),
    }
}

const fn one(namespace: Namespace, name: &'static str, content: Content) -> Field {
    Field {
        namespace,
        name,
        member: name,
        occurs: Occurs::Once,
        content,
    }
}

const fn many(namespace: Namespace, name: &'static str, content: Content) -> Field {
    Field {
        occurs: Occurs::Many,
        ..one(namespace, name, content)
    }
}

const fn attribute(name: &'static str) -> Field {
    one(Namespace::None, name, Content::Attribute)
}
