//! Who we are: the platform as agent in both worlds, as author of national messages, as product.
//! And the context every translation gets.

use jiff::Timestamp;
use uuid::Uuid;

use crate::code_table::CodeTables;
use crate::{edm, noots};

/// The platform's names.
#[derive(Clone, Debug)]
pub struct Platform {
    national: noots::Agent,
    abroad: edm::Agent,
    author: noots::Party,
    product: noots::Product,
    test: Option<String>,
}

/// What a [`Platform`] is made of.
#[derive(Clone, Debug)]
pub struct PlatformNames {
    /// Identifier of the agent.
    pub id: String,
    /// Its scheme.
    pub scheme: noots::SchemeId,
    /// Its name, in one language or more.
    pub names: noots::OneOrMore<noots::Text>,
    /// The platform in the national directory, for `autor`.
    pub author: noots::Party,
    /// The software.
    pub product: noots::Product,
    /// Set outside production: every message we write is marked as test.
    pub test: Option<String>,
}

impl Platform {
    /// The platform, in Germany.
    ///
    /// # Errors
    /// When it cannot be named abroad: the identifier is no agent identifier of the EDM.
    pub fn new(names: PlatformNames) -> Result<Self, edm::Malformed> {
        let germany: edm::CountryCode = "DE".parse()?;
        let scheme = names.scheme.as_str().parse()?;
        let id = edm::AgentId::new(&names.id, scheme)?;
        let mut texts = names.names.iter().map(|text| {
            let language = text
                .language
                .as_str()
                .parse()
                .unwrap_or(edm::LanguageCode::EN);
            edm::Text::new(language, text.value.clone())
        });
        let first = texts.next().ok_or(edm::Malformed("a name"))?;
        let abroad = texts.fold(edm::Agent::new(id, first), edm::Agent::with_name);
        Ok(Self {
            national: noots::Agent {
                identifier: noots::Identifier {
                    value: names.id,
                    scheme: names.scheme,
                },
                names: names.names,
                address: "DE".parse().ok().map(noots::Address::of_country),
                class: noots::AgentClass::IntermediaryPlatform,
            },
            abroad: abroad.with_address(edm::Address::new(germany)),
            author: names.author,
            product: names.product,
            test: names.test,
        })
    }

    /// As agent of class `IP` in national messages.
    pub const fn national(&self) -> &noots::Agent {
        &self.national
    }

    /// As agent abroad, with its country.
    pub const fn abroad(&self) -> &edm::Agent {
        &self.abroad
    }

    /// As author of national messages.
    pub const fn author(&self) -> &noots::Party {
        &self.author
    }

    /// Head of a national message we write.
    pub fn header(
        &self,
        id: noots::MessageId,
        now: Timestamp,
        reader: noots::Party,
    ) -> noots::Header {
        noots::Header {
            product: self.product.clone(),
            test: self.test.clone(),
            id,
            created_at: now.into(),
            reader,
            author: self.author.clone(),
        }
    }

    /// The platform as the one who reports an error.
    pub fn error_provider(&self) -> noots::Agent {
        noots::Agent {
            class: noots::AgentClass::ErrorProvider,
            ..self.national.clone()
        }
    }
}

/// What every translation needs besides the message.
#[derive(Clone, Copy, Debug)]
pub struct Context<'c> {
    /// The code tables.
    pub tables: &'c CodeTables,
    /// Who we are.
    pub platform: &'c Platform,
    /// The time of writing.
    pub now: Timestamp,
}

/// Draws identifiers for what is new in a translation. Only the caller has randomness.
pub type Draw<'d> = &'d mut dyn FnMut() -> Uuid;

/// A translated message, and what of the original could not travel.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Translated<T> {
    /// The message.
    pub message: T,
    /// What was left out or looks doubtful: for the audit log, without content.
    pub warnings: Vec<Warning>,
}

/// Something that was left out, or that the caller should know.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Warning {
    /// A further identifier of a legal person has no scheme on the other side.
    IdentifierDropped,
    /// A country that the other side's list does not have.
    CountryDropped,
    /// An attribute that the other side cannot write.
    AttributeDropped,
    /// The platform of the foreign requester: a national message has room for ours only.
    ForeignPlatformDropped,
    /// [XN-R5] neither identification number nor any optional attribute: hard to find.
    SparsePerson,
    /// Several data models were asked for; the first one went on.
    DataModelDropped,
    /// The scheme of an agent's identifier was rewritten to the one of its country.
    SchemeRewritten,
}

/// Why a message cannot be translated.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Untranslatable {
    /// The evidence type is not in the mapping.
    #[error("the evidence type is not in the mapping")]
    EvidenceType,
    /// The requirement is not one the other side can be told.
    #[error("the requirement cannot be named on the other side")]
    Requirement,
    /// The procedure is not known, or not in the list of the side it is for.
    #[error("the procedure is not in the list in use")]
    Procedure,
    /// [XN-R4] A legal person without eIDAS identifier.
    #[error("a legal person without eIDAS identifier")]
    LegalPersonIdentifier,
    /// A value that the other side has no form for.
    #[error("{0} cannot be written on the other side")]
    Field(&'static str),
    /// No requester of class `ER`, or one without country.
    #[error("no evidence requester with its country")]
    Requester,
    /// A national rule that the translated message would break.
    #[error("the translated message would break rule {0}")]
    National(noots::Rule),
    /// A rule of the EDM that the translated message would break.
    #[error("the translated message would break a rule of the EDM")]
    Edm(#[from] edm::Invalid),
    /// A document has no part with its content, or more than one.
    #[error("a document without exactly one content")]
    Content,
    /// A content that no document refers to.
    #[error("a content that no document refers to")]
    StrayContent,
}

/// A document's content, beside the message that names it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EvidencePart {
    /// Content-ID the message refers to, without `cid:`.
    pub content_id: edm::ContentRef,
    /// Media type of the part.
    pub media_type: edm::MediaType,
    /// The content.
    pub content: crate::Personal<bytes::Bytes>,
}
