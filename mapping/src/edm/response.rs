//! The Evidence Response, `query:QueryResponse` with status Success or Unavailable.

mod check;
mod decode;
mod encode;

pub(super) use decode::decode;

use super::{
    Agent, Caution, Evidence, EvidenceResponseId, Invalid, Package, RequestId, Supplement, Version,
};
use jiff::Timestamp;

/// The content of a response, before it is known to be whole. [`Response::new`] checks it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ResponseDraft {
    /// Release line: that of the request.
    pub version: Version,
    /// The request that is answered; after a preview the second one. Echoed as received.
    pub request_id: RequestId,
    /// New for every answer.
    pub id: EvidenceResponseId,
    /// IssueDateTime
    pub issued_at: Timestamp,
    /// Who answers.
    pub provider: ResponseProvider,
    /// Who asked. Identifier and name only.
    pub requester: Agent,
    /// The evidence, or when there will be some.
    pub availability: Availability,
}

/// A response that is whole for its release line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Response {
    draft: ResponseDraft,
    cautions: Vec<Caution>,
}

/// Whether there is evidence now.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Availability {
    /// Now. No package at all means: nothing to give, or the user gave nothing away.
    Now(Vec<Package>),
    /// Later; the requester asks again after that time.
    At(Timestamp),
}

impl Response {
    /// Checks a draft. Before 2.0 a package holds one main document and nothing else, and takes
    /// its name.
    pub fn new(draft: ResponseDraft) -> Result<Self, Invalid> {
        Self::checked(draft, Vec::new())
    }

    fn checked(mut draft: ResponseDraft, cautions: Vec<Caution>) -> Result<Self, Invalid> {
        draft.conform();
        draft.check().map_err(|(rule, problem)| {
            Invalid::new(rule, problem, "availability".to_owned()).in_message(
                false,
                Some(draft.request_id.clone()),
                Some(draft.version),
            )
        })?;
        Ok(Self { draft, cautions })
    }

    /// The content.
    pub fn content(&self) -> &ResponseDraft {
        &self.draft
    }

    /// Takes the content out.
    pub fn into_draft(self) -> ResponseDraft {
        self.draft
    }

    /// Release line.
    pub fn version(&self) -> Version {
        self.draft.version
    }

    /// The request that is answered.
    pub fn request_id(&self) -> &RequestId {
        &self.draft.request_id
    }

    /// Identifier of the answer.
    pub fn id(&self) -> EvidenceResponseId {
        self.draft.id
    }

    /// IssueDateTime
    pub fn issued_at(&self) -> Timestamp {
        self.draft.issued_at
    }

    /// Who answers.
    pub fn provider(&self) -> &ResponseProvider {
        &self.draft.provider
    }

    /// Who asked.
    pub fn requester(&self) -> &Agent {
        &self.draft.requester
    }

    /// The evidence, or when there will be some.
    pub fn availability(&self) -> &Availability {
        &self.draft.availability
    }

    /// Packages; none in a deferred or empty answer.
    pub fn packages(&self) -> &[Package] {
        match &self.draft.availability {
            Availability::Now(packages) => packages,
            Availability::At(_) => &[],
        }
    }

    /// Every main document.
    pub fn evidence(&self) -> impl Iterator<Item = &Evidence> {
        self.packages().iter().flat_map(Package::mains)
    }

    /// Every supplement.
    pub fn supplements(&self) -> impl Iterator<Item = &Supplement> {
        self.packages().iter().flat_map(Package::supplements)
    }

    /// What was tolerated while reading.
    pub fn cautions(&self) -> &[Caution] {
        &self.cautions
    }

    /// The message as XML.
    pub fn encode(&self) -> Vec<u8> {
        encode::encode(&self.draft)
    }
}

/// Who answers: the provider (agent `EP`) and, if there is one between, the platform (agent `IP`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ResponseProvider {
    agent: Agent,
    platform: Option<Agent>,
}

impl ResponseProvider {
    /// The provider. [R-EDM-RESP-C046]
    pub fn new(agent: Agent) -> Self {
        Self {
            agent,
            platform: None,
        }
    }

    fields! {
        /// The agent classified `EP`.
        get agent: Agent;
        /// The agent classified `IP`.
        option platform, with_platform: Agent;
    }
}
