//! What is kept about one exchange.
//!
//! The `Summary` is readable by whoever may look into the store: identifiers, state, times, never
//! personal data. The content is the route's own and is sealed by the store before it is written.
//! Versions: `RECORD_VERSION` is written; an older one is read; a newer one is refused, not dropped.

use std::{collections::BTreeSet, fmt};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::Zeroizing;

use super::{
    id::{EpochNumber, ExchangeId, OpId},
    state::{Refused, Route, State, Step},
};
use crate::seal::{DataKey, IndexKey};

/// The version of the stored form this code writes.
pub const RECORD_VERSION: u16 = 1;

/// How many operations a record remembers, to recognise a repetition whose outcome got lost.
pub const REMEMBERED_OPS: usize = 8;

/// One exchange, with its content in the clear. Lives in memory only; the store writes it sealed.
#[derive(Clone)]
pub struct Record {
    pub(crate) summary: Summary,
    pub(crate) key: Option<DataKey>,
    pub(crate) content: Option<Zeroizing<Vec<u8>>>,
    pub(crate) new_keys: Vec<LookupKey>,
}

/// What a new record starts from.
#[derive(Clone, Debug)]
pub struct Start {
    /// Drawn by the caller.
    pub id: ExchangeId,
    /// Who asks and who answers.
    pub route: Route,
    /// The key everything of this exchange is sealed with; `DataKey::draw`.
    pub key: DataKey,
    /// When the exchange began: for messages from abroad the ebMS timestamp.
    pub created: Timestamp,
}

/// The part of a record that holds no personal data.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Summary {
    pub(crate) version: u16,
    pub(crate) id: ExchangeId,
    pub(crate) route: Route,
    pub(crate) state: State,
    pub(crate) epoch: EpochNumber,
    pub(crate) ops: Vec<(OpId, EpochNumber)>,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) deadline: Option<Timestamp>,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) answer_claimed: bool,
    pub(crate) country: Option<String>,
    pub(crate) procedure: Option<String>,
    pub(crate) partner: Option<String>,
    pub(crate) edm_version: Option<String>,
    pub(crate) indexes: BTreeSet<String>,
}

/// How an exchange ended, in the words a caller is shown.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Evidence was handed over.
    Evidence,
    /// The evidence will exist later; the date was handed over.
    Deferred,
    /// There is no evidence.
    NoEvidence,
    /// The user kept everything back.
    Declined,
    /// The user left without a decision.
    Abandoned,
    /// An error was handed over or received.
    Error,
    /// We, or the other side, refused the request.
    Refused,
    /// The consumer called it off.
    Cancelled,
    /// The other side could not be reached.
    Unreachable,
    /// Time was over.
    TimedOut,
}

/// A name an exchange can be found by.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct LookupKey {
    kind: LookupKind,
    value: String,
}

/// What kind of name it is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LookupKind {
    /// `QueryRequest/@id`, one for each round.
    EdmRequest,
    /// `QueryResponse/@id` where there is one.
    EdmResponse,
    /// The property `ExchangeId` of the AS4 message.
    EdmExchange,
    /// ebMS `ConversationId`; several exchanges may share one.
    EbmsConversation,
    /// ebMS `MessageId`, of messages in both directions.
    EbmsMessage,
    /// `nachrichtenUUID` of a national message.
    NationalMessage,
    /// `ConversationID` of 0402 and 0411.
    NationalConversation,
    /// `EvidenceResponseIdentifier`.
    EvidenceResponse,
    /// The unguessable part of a `PreviewLocation` of ours.
    PreviewToken,
    /// The unguessable part of `URLtoIP`.
    SessionToken,
    /// The unguessable part of a return address.
    ReturnToken,
}

/// The key of the exchange was deleted, and with it everything sealed.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("the exchange was erased")]
pub struct Erased;

impl Record {
    /// A new record in state `Open`.
    #[must_use]
    pub fn new(start: Start) -> Self {
        let summary = Summary {
            version: RECORD_VERSION,
            id: start.id,
            route: start.route,
            state: State::Open,
            epoch: EpochNumber::default(),
            ops: Vec::new(),
            created: start.created,
            updated: start.created,
            deadline: None,
            outcome: None,
            answer_claimed: false,
            country: None,
            procedure: None,
            partner: None,
            edm_version: None,
            indexes: BTreeSet::new(),
        };
        Self {
            summary,
            key: Some(start.key),
            content: None,
            new_keys: Vec::new(),
        }
    }

    /// Goes one step of the table.
    ///
    /// # Errors
    /// The table has no such step here, or the one answer was claimed before.
    pub fn step(&mut self, step: Step) -> Result<State, Refused> {
        let Summary { state, route, .. } = self.summary;
        let next = state.after(route, step)?;
        if step == Step::AnswerClaimed && !self.claim_answer() {
            return Err(Refused { state, route, step });
        }
        self.summary.state = next;
        Ok(next)
    }

    /// Takes the right to send the one answer of this exchange; false when it is already taken.
    /// Takes effect when the change is applied: of two workers only one passes the epoch.
    pub fn claim_answer(&mut self) -> bool {
        !std::mem::replace(&mut self.summary.answer_claimed, true)
    }

    /// The content as the route wrote it; none before the first `set_content` and after erasure.
    #[must_use]
    pub fn content(&self) -> Option<&[u8]> {
        self.content.as_deref().map(Vec::as_slice)
    }

    /// Replaces the content.
    ///
    /// # Errors
    /// The exchange was erased: nothing can be kept any more.
    pub fn set_content(&mut self, content: Vec<u8>) -> Result<(), Erased> {
        if self.key.is_none() {
            return Err(Erased);
        }
        self.content = Some(Zeroizing::new(content));
        Ok(())
    }

    /// Drops content and key. Once applied, nothing sealed for this exchange can be read again,
    /// wherever a copy may lie.
    pub fn erase(&mut self) {
        self.content = None;
        self.key = None;
    }

    /// The key of this exchange, for the spool; none after erasure.
    #[must_use]
    pub const fn key(&self) -> Option<&DataKey> {
        self.key.as_ref()
    }

    /// Makes the exchange findable by `key` once the change is applied.
    pub fn add_key(&mut self, key: LookupKey) {
        self.new_keys.push(key);
    }

    /// Sets when the timer is due, or that none is.
    pub const fn set_deadline(&mut self, deadline: Option<Timestamp>) {
        self.summary.deadline = deadline;
    }

    /// Sets how the exchange ended.
    pub const fn set_outcome(&mut self, outcome: Outcome) {
        self.summary.outcome = Some(outcome);
    }

    /// Sets the country of the peer.
    pub fn set_country(&mut self, country: impl Into<String>) {
        self.summary.country = Some(country.into());
    }

    /// Sets the code of the procedure.
    pub fn set_procedure(&mut self, procedure: impl Into<String>) {
        self.summary.procedure = Some(procedure.into());
    }

    /// Sets the name of the partner, as its configuration file is named.
    pub fn set_partner(&mut self, partner: impl Into<String>) {
        self.summary.partner = Some(partner.into());
    }

    /// Sets the version of the EDM spoken in this exchange.
    pub fn set_edm_version(&mut self, version: impl Into<String>) {
        self.summary.edm_version = Some(version.into());
    }

    /// The part without personal data.
    #[must_use]
    pub const fn summary(&self) -> &Summary {
        &self.summary
    }

    /// The identifier.
    #[must_use]
    pub const fn id(&self) -> ExchangeId {
        self.summary.id
    }

    /// Who asks and who answers.
    #[must_use]
    pub const fn route(&self) -> Route {
        self.summary.route
    }

    /// Where the exchange stands.
    #[must_use]
    pub const fn state(&self) -> State {
        self.summary.state
    }

    /// The epoch this record was read at, which a change will be compared with.
    #[must_use]
    pub const fn epoch(&self) -> EpochNumber {
        self.summary.epoch
    }

    /// Whether the one answer was claimed.
    #[must_use]
    pub const fn answer_claimed(&self) -> bool {
        self.summary.answer_claimed
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("summary", &self.summary)
            .finish_non_exhaustive()
    }
}

impl Summary {
    /// The identifier.
    #[must_use]
    pub const fn id(&self) -> ExchangeId {
        self.id
    }

    /// Who asks and who answers.
    #[must_use]
    pub const fn route(&self) -> Route {
        self.route
    }

    /// Where the exchange stands.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// How often it was changed.
    #[must_use]
    pub const fn epoch(&self) -> EpochNumber {
        self.epoch
    }

    /// When it began.
    #[must_use]
    pub const fn created(&self) -> Timestamp {
        self.created
    }

    /// When it was last changed.
    #[must_use]
    pub const fn updated(&self) -> Timestamp {
        self.updated
    }

    /// When its timer is due.
    #[must_use]
    pub const fn deadline(&self) -> Option<Timestamp> {
        self.deadline
    }

    /// How it ended, once it has.
    #[must_use]
    pub const fn outcome(&self) -> Option<Outcome> {
        self.outcome
    }

    /// The country of the peer.
    #[must_use]
    pub fn country(&self) -> Option<&str> {
        self.country.as_deref()
    }

    /// The code of the procedure.
    #[must_use]
    pub fn procedure(&self) -> Option<&str> {
        self.procedure.as_deref()
    }

    /// The name of the partner.
    #[must_use]
    pub fn partner(&self) -> Option<&str> {
        self.partner.as_deref()
    }

    /// The version of the EDM.
    #[must_use]
    pub fn edm_version(&self) -> Option<&str> {
        self.edm_version.as_deref()
    }

    /// The identifiers of the wire this exchange is known by, secret ones left out.
    pub fn references(&self) -> impl Iterator<Item = (LookupKind, &str)> {
        self.indexes.iter().filter_map(|name| {
            let (kind, value) = name.split_once(':')?;
            let kind = LookupKind::ALL.into_iter().find(|k| k.as_str() == kind)?;
            (!kind.is_secret()).then_some((kind, value))
        })
    }

    /// The epoch `op` led to, when it is among the remembered ones.
    #[must_use]
    pub fn epoch_of(&self, op: OpId) -> Option<EpochNumber> {
        let mut remembered = self.ops.iter();
        remembered.find(|(known, _)| *known == op).map(|(_, e)| *e)
    }

    /// Notes that `op` was applied: the next epoch begins.
    pub(crate) fn note(&mut self, op: OpId, now: Timestamp) -> EpochNumber {
        self.epoch = self.epoch.next();
        self.ops.push((op, self.epoch));
        let surplus = self.ops.len().saturating_sub(REMEMBERED_OPS);
        self.ops.drain(..surplus);
        self.updated = now;
        self.epoch
    }
}

impl LookupKey {
    /// The name `value` of this kind.
    #[must_use]
    pub fn new(kind: LookupKind, value: impl Into<String>) -> Self {
        Self {
            kind,
            value: value.into(),
        }
    }

    /// What kind of name it is.
    #[must_use]
    pub const fn kind(&self) -> LookupKind {
        self.kind
    }

    /// The name of the index entry. Whoever knows a secret name could act for the user, so the
    /// store holds only its keyed hash.
    #[must_use]
    pub(crate) fn index_name(&self, key: &IndexKey) -> String {
        let kind = self.kind.as_str();
        if self.kind.is_secret() {
            format!("{kind}:{}", key.name(kind, self.value.as_bytes()))
        } else {
            format!("{kind}:{}", self.value)
        }
    }
}

impl LookupKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::EdmRequest,
        Self::EdmResponse,
        Self::EdmExchange,
        Self::EbmsConversation,
        Self::EbmsMessage,
        Self::NationalMessage,
        Self::NationalConversation,
        Self::EvidenceResponse,
        Self::PreviewToken,
        Self::SessionToken,
        Self::ReturnToken,
    ];

    /// The name as stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EdmRequest => "edm-request",
            Self::EdmResponse => "edm-response",
            Self::EdmExchange => "edm-exchange",
            Self::EbmsConversation => "ebms-conversation",
            Self::EbmsMessage => "ebms-message",
            Self::NationalMessage => "national-message",
            Self::NationalConversation => "national-conversation",
            Self::EvidenceResponse => "evidence-response",
            Self::PreviewToken => "preview-token",
            Self::SessionToken => "session-token",
            Self::ReturnToken => "return-token",
        }
    }

    /// Whether knowing the value is enough to act for the user.
    #[must_use]
    pub const fn is_secret(self) -> bool {
        match self {
            Self::EdmRequest
            | Self::EdmResponse
            | Self::EdmExchange
            | Self::EbmsConversation
            | Self::EbmsMessage
            | Self::NationalMessage
            | Self::EvidenceResponse => false,
            // Possession of the national ConversationID is what 0411 hands evidence over for.
            Self::NationalConversation
            | Self::PreviewToken
            | Self::SessionToken
            | Self::ReturnToken => true,
        }
    }
}
