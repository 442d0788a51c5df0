//! Why a message was refused. Always names the rule; never quotes the message.

use super::{Malformed, RequestId, Version};

/// A message was refused, or a draft cannot become a message.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{rule}: {problem} at {place}")]
pub struct Invalid {
    rule: &'static str,
    problem: Problem,
    place: String,
    request: bool,
    request_id: Option<RequestId>,
    version: Option<Version>,
}

/// What is wrong, without a word of the message's own text.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The bytes are not XML that is read here.
    #[error("{0}")]
    Xml(#[from] xml::Invalid),
    /// Not a message of the exchange data model.
    #[error("neither query:QueryRequest nor query:QueryResponse")]
    Root,
    /// Something required is not there.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// Something is there more than once.
    #[error("{0} is there more than once")]
    Repeated(&'static str),
    /// Something is there that must not be.
    #[error("{0} is not allowed here")]
    Unexpected(&'static str),
    /// A slot or object has another `xsi:type`.
    #[error("the xsi:type is not {0}")]
    Type(&'static str),
    /// A value is not what the rule asks for.
    #[error(transparent)]
    Value(#[from] Malformed),
    /// Values that do not go together.
    #[error("{0}")]
    Combination(&'static str),
}

impl Invalid {
    pub(crate) fn new(rule: &'static str, problem: impl Into<Problem>, place: String) -> Self {
        Self {
            rule,
            problem: problem.into(),
            place,
            request: false,
            request_id: None,
            version: None,
        }
    }

    /// Adds what the root told, so that the message can be answered.
    pub(crate) fn in_message(
        mut self,
        request: bool,
        request_id: Option<RequestId>,
        version: Option<Version>,
    ) -> Self {
        self.request = request;
        self.request_id = request_id;
        self.version = version;
        self
    }

    /// The broken rule: `R-EDM-REQ-S004`.
    pub fn rule(&self) -> &'static str {
        self.rule
    }

    /// What is wrong.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// Where: a path of element names, or the name of a draft field.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Whether the message was a request, which is answered; a response is not.
    pub fn is_request(&self) -> bool {
        self.request
    }

    /// The request id the message carries, where it could be read.
    pub fn request_id(&self) -> Option<&RequestId> {
        self.request_id.as_ref()
    }

    /// The release line the message says it follows, where it could be read.
    pub fn version(&self) -> Option<Version> {
        self.version
    }
}
