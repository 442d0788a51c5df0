//! The states of an exchange and the closed table of steps between them.
//!
//! Pure. The table knows nothing of evidence or messages; what a step means on the wire is decided
//! by the routes.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Who asks and who answers.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Route {
    /// A foreign Evidence Requester asks, a German Data Provider answers.
    Provide,
    /// A German Data Consumer asks, a foreign Evidence Provider answers.
    Retrieve,
}

/// Where an exchange stands.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub enum State {
    /// Accepted; nobody was asked yet.
    Open,
    /// Somebody else's turn: the side that was asked, or the consumer who has to collect.
    Waiting,
    /// The user's turn, in the preview space of the providing side.
    PreviewRequired,
    /// Ended well: evidence, a deferral or a genuine "nothing" was handed over.
    Delivered,
    /// Ended with an error.
    Failed,
    /// Presumed to have ended because time was over.
    Expired,
}

/// What happens to an exchange.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Step {
    /// Provide: the request can be answered without a preview; nobody was asked yet.
    PreviewWaived,
    /// The preview was offered: by us to the requester, or by the foreign provider to us.
    PreviewOffered,
    /// Provide: the requester's access point acknowledged our offer of a preview.
    OfferAcknowledged,
    /// Provide: our offer of a preview could not be delivered.
    OfferUndeliverable,
    /// Provide: the user opened the link and proved who they are.
    UserAuthenticated,
    /// The question went out: to the Data Provider, or to a foreign Evidence Provider.
    Asked,
    /// One answer came in, others may follow.
    Answered,
    /// The second request of a preview: received (provide) or sent (retrieve).
    SecondRequest,
    /// Provide: the user decided what leaves.
    Decided,
    /// Provide: the one answer to the requester is fixed and queued. Happens once per exchange.
    AnswerClaimed,
    /// Provide: the requester's access point acknowledged our answer.
    AnswerAcknowledged,
    /// Provide: our answer could not be delivered.
    AnswerUndeliverable,
    /// Retrieve: every answer that was asked for is in; the consumer may collect.
    AllAnswered,
    /// Retrieve: the answer is that the evidence exists only later.
    Deferred,
    /// Retrieve: genuinely nothing to hand over: nothing found, or the user refused everything.
    NothingToDeliver,
    /// Retrieve: the consumer collected.
    Collected,
    /// We refuse the request, or the other side refused it.
    Refused,
    /// It cannot go on: an error of ours, of the other side, or by an operator's hand.
    Failed,
    /// The consumer, or the user, called it off.
    Cancelled,
    /// The time allowed is over.
    TimeOver,
    /// Retrieve: genuine evidence came after the time was over.
    LateAnswer,
    /// Retrieve: a genuine "nothing" came after the time was over.
    LateNothing,
    /// Retrieve: a genuine error came after the time was over.
    LateError,
    /// The evidence we kept was deleted.
    EvidenceDeleted,
}

/// The step does not exist in this state.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("{step} is not possible on route {route} in state {state}")]
pub struct Refused {
    /// The state the exchange is in.
    pub state: State,
    /// The route of the exchange.
    pub route: Route,
    /// The step that was tried.
    pub step: Step,
}

impl State {
    /// Every state, in the order of an exchange.
    pub const ALL: [Self; 6] = [
        Self::Open,
        Self::Waiting,
        Self::PreviewRequired,
        Self::Delivered,
        Self::Failed,
        Self::Expired,
    ];

    /// The state after `step`, or the refusal when the table has no such step.
    ///
    /// # Errors
    /// The step does not exist for this route in this state; nothing changes then.
    pub const fn after(self, route: Route, step: Step) -> Result<Self, Refused> {
        use Route::{Provide, Retrieve};
        use State::{Delivered, Expired, Failed, Open, PreviewRequired, Waiting};

        let next = match (self, route, step) {
            (Open, Provide, Step::PreviewWaived) => Waiting,
            (Open, _, Step::Asked) => Waiting,
            (Waiting, _, Step::Asked | Step::Answered) => Waiting,
            (PreviewRequired, _, Step::Asked | Step::Answered) => PreviewRequired,

            (Open, Provide, Step::PreviewOffered) => PreviewRequired,
            (Waiting | PreviewRequired, Retrieve, Step::PreviewOffered) => PreviewRequired,
            (PreviewRequired, _, Step::SecondRequest) => PreviewRequired,
            (
                PreviewRequired,
                Provide,
                Step::OfferAcknowledged | Step::UserAuthenticated | Step::Decided,
            ) => PreviewRequired,
            // A receipt may come after the user was faster than the other access point.
            (Waiting | Delivered | Failed | Expired, Provide, Step::OfferAcknowledged) => self,
            (PreviewRequired, Provide, Step::OfferUndeliverable) => Failed,

            (Open | Waiting | PreviewRequired, Provide, Step::AnswerClaimed) => Waiting,
            (Waiting, Provide, Step::AnswerAcknowledged) => Delivered,
            (Waiting, Provide, Step::AnswerUndeliverable) => Failed,
            // The answer that goes out with a final state is an error; its fate changes nothing.
            (
                Delivered | Failed | Expired,
                Provide,
                Step::AnswerAcknowledged | Step::AnswerUndeliverable,
            ) => self,

            (Waiting | PreviewRequired, Retrieve, Step::AllAnswered) => Waiting,
            (Waiting | PreviewRequired, Retrieve, Step::Deferred | Step::NothingToDeliver) => {
                Delivered
            }
            (Waiting | Delivered, Retrieve, Step::Collected) => Delivered,

            (Open | Waiting | PreviewRequired, _, Step::Refused | Step::Failed) => Failed,
            (Open | Waiting | PreviewRequired, _, Step::Cancelled) => Failed,
            (Open | Waiting | PreviewRequired, _, Step::TimeOver) => Expired,

            // [AT-12] a presumed time-out yields to the genuine answer.
            (Expired, Retrieve, Step::LateAnswer) => Waiting,
            (Expired, Retrieve, Step::LateNothing) => Delivered,
            (Expired, Retrieve, Step::LateError) => Failed,
            (Delivered | Failed | Expired, _, Step::EvidenceDeleted) => self,

            (state, route, step) => return Err(Refused { state, route, step }),
        };
        Ok(next)
    }

    /// Whether the exchange has ended. `Expired` is final by presumption only.
    #[must_use]
    pub const fn is_final(self) -> bool {
        match self {
            Self::Open | Self::Waiting | Self::PreviewRequired => false,
            Self::Delivered | Self::Failed | Self::Expired => true,
        }
    }

    /// The name as stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::Waiting => "Waiting",
            Self::PreviewRequired => "PreviewRequired",
            Self::Delivered => "Delivered",
            Self::Failed => "Failed",
            Self::Expired => "Expired",
        }
    }
}

/// The whole table as text: one line per route, state and step that exists.
#[must_use]
pub fn table() -> String {
    let mut text = String::new();
    for route in Route::ALL {
        for state in State::ALL {
            for step in Step::ALL {
                if let Ok(next) = state.after(route, step) {
                    text.push_str(&format!("{route} {state} --{step}--> {next}\n"));
                }
            }
        }
    }
    text
}

impl Route {
    /// Both routes.
    pub const ALL: [Self; 2] = [Self::Provide, Self::Retrieve];

    /// The name as stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Provide => "provide",
            Self::Retrieve => "retrieve",
        }
    }
}

impl Step {
    /// Every step, in the order of an exchange.
    pub const ALL: [Self; 24] = [
        Self::PreviewWaived,
        Self::PreviewOffered,
        Self::OfferAcknowledged,
        Self::OfferUndeliverable,
        Self::UserAuthenticated,
        Self::Asked,
        Self::Answered,
        Self::SecondRequest,
        Self::Decided,
        Self::AnswerClaimed,
        Self::AnswerAcknowledged,
        Self::AnswerUndeliverable,
        Self::AllAnswered,
        Self::Deferred,
        Self::NothingToDeliver,
        Self::Collected,
        Self::Refused,
        Self::Failed,
        Self::Cancelled,
        Self::TimeOver,
        Self::LateAnswer,
        Self::LateNothing,
        Self::LateError,
        Self::EvidenceDeleted,
    ];

    /// The name as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PreviewWaived => "PreviewWaived",
            Self::PreviewOffered => "PreviewOffered",
            Self::OfferAcknowledged => "OfferAcknowledged",
            Self::OfferUndeliverable => "OfferUndeliverable",
            Self::UserAuthenticated => "UserAuthenticated",
            Self::Asked => "Asked",
            Self::Answered => "Answered",
            Self::SecondRequest => "SecondRequest",
            Self::Decided => "Decided",
            Self::AnswerClaimed => "AnswerClaimed",
            Self::AnswerAcknowledged => "AnswerAcknowledged",
            Self::AnswerUndeliverable => "AnswerUndeliverable",
            Self::AllAnswered => "AllAnswered",
            Self::Deferred => "Deferred",
            Self::NothingToDeliver => "NothingToDeliver",
            Self::Collected => "Collected",
            Self::Refused => "Refused",
            Self::Failed => "Failed",
            Self::Cancelled => "Cancelled",
            Self::TimeOver => "TimeOver",
            Self::LateAnswer => "LateAnswer",
            Self::LateNothing => "LateNothing",
            Self::LateError => "LateError",
            Self::EvidenceDeleted => "EvidenceDeleted",
        }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no known value.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("unknown name")]
pub struct UnknownName;

impl FromStr for Route {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        all.find(|route| route.as_str() == text).ok_or(UnknownName)
    }
}

impl FromStr for State {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        all.find(|state| state.as_str() == text).ok_or(UnknownName)
    }
}
