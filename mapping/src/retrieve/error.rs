//! What a Data Consumer is told when there is no evidence.

use crate::platform::{Context, Draw, Untranslatable};
use crate::{edm, noots};

/// Why an order or a collection is not answered with evidence.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Failure {
    /// The message cannot be understood at all.
    #[error("the message cannot be read: {0}")]
    Unreadable(noots::Rule),
    /// The message breaks a rule of XNachweis or of the code lists in use.
    #[error("the message breaks rule {0}")]
    RuleBroken(noots::Rule),
    /// The user would be led to an address that is not registered for this Data Consumer.
    #[error("BackToEvidenceRequesterURL is not registered for this Data Consumer")]
    ReturnAddressForeign,
    /// The order does not say what to prove from which country, and the dialogue does not ask.
    #[error("every requirement needs its country")]
    RequirementOpen,
    /// No access token, or one that is no longer valid.
    #[error("no valid access token")]
    TokenMissing,
    /// The token does not hold the role.
    #[error("the role is missing")]
    RoleMissing,
    /// The procedure is not known.
    #[error("the procedure is not known")]
    ProcedureUnknown,
    /// The Common Services have no evidence type or no provider.
    #[error("no evidence type or provider was found")]
    NothingOffered,
    /// The foreign side has no evidence.
    #[error("the foreign provider has no evidence")]
    NoEvidence,
    /// The user let nothing be handed over.
    #[error("the user let nothing be handed over")]
    Declined,
    /// The foreign side reported an error.
    #[error("{country}: {message}")]
    Foreign {
        /// Its code.
        code: edm::EdmErrorCode,
        /// Its message, as received.
        message: String,
        /// Its country.
        country: noots::CountryCode,
    },
    /// The foreign side did not answer in time.
    #[error("the foreign provider did not answer in time")]
    ForeignSilent,
    /// The foreign answer cannot be used.
    #[error("the foreign answer cannot be used")]
    AnswerInvalid(#[from] Untranslatable),
    /// The foreign side asks for a preview with a link no browser may be sent to.
    #[error("the link to the foreign preview cannot be used")]
    PreviewLocationInvalid,
    /// The foreign side speaks no release line that we speak.
    #[error("the foreign provider speaks no common release of the EDM")]
    VersionUnsupported,
    /// The AS4 message could not be delivered.
    #[error("the foreign access point could not be reached")]
    DeliveryFailed,
    /// The Common Services cannot be asked or trusted.
    #[error("the Common Services could not be used")]
    CommonServicesDown(Stage),
    /// No order with this `ConversationID`.
    #[error("the conversation is not known")]
    ConversationUnknown,
    /// The session ended before anything was there.
    #[error("the session has expired")]
    Expired,
    /// The evidence was collected, and deleted.
    #[error("the evidence was collected before")]
    Collected,
    /// Too many calls of this caller.
    #[error("too many requests")]
    TooManyRequests,
    /// The platform cannot take more at the moment.
    #[error("the platform is busy")]
    Overload,
}

/// Which call an answer is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stage {
    /// 0401.
    Order,
    /// 0411.
    Collection,
}

/// How a failure is told.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// Code of the national error message; without one, a problem is the whole answer.
    pub code: Option<noots::ErrorCode>,
    /// HTTP status.
    pub status: u16,
    /// Whether the same again later may help.
    pub retryable: bool,
}

impl Failure {
    /// How the failure is told: one line per event, none left out. The code may still be replaced
    /// when the national list in use does not have it.
    pub fn answer(&self, context: &Context<'_>) -> Answer {
        use noots::ErrorCode as Code;
        let (code, status, retryable) = match self {
            Self::Unreadable(_) => (None, 400, false),
            Self::RuleBroken(_) | Self::ReturnAddressForeign | Self::RequirementOpen => {
                (Some(Code::INVALID_REQUEST), 422, false)
            }
            Self::TokenMissing => (None, 401, false),
            Self::RoleMissing => (Some(Code::AUTHENTICATION), 403, false),
            Self::ProcedureUnknown | Self::NothingOffered | Self::NoEvidence | Self::Declined => {
                (Some(Code::NOT_FOUND), 409, false)
            }
            Self::Foreign { code, .. } => {
                let national = context.tables.errors().to_national(*code);
                (Some(national), 409, is_retryable(*code))
            }
            Self::ForeignSilent => (Some(Code::TIMEOUT), 409, true),
            Self::AnswerInvalid(_) | Self::PreviewLocationInvalid => {
                (Some(Code::QUERY), 409, false)
            }
            Self::VersionUnsupported => (Some(Code::UNSUPPORTED), 409, false),
            Self::DeliveryFailed => (Some(Code::QUERY), 409, true),
            Self::CommonServicesDown(Stage::Order) => (Some(Code::QUERY), 503, true),
            Self::CommonServicesDown(Stage::Collection) => (Some(Code::QUERY), 409, true),
            Self::ConversationUnknown => (Some(Code::NOT_FOUND), 404, false),
            Self::Expired | Self::Collected => (Some(Code::TIMEOUT), 410, false),
            Self::TooManyRequests => (None, 429, true),
            Self::Overload => (None, 503, true),
        };
        let code = code.map(|code| context.tables.errors().writable(code));
        Answer {
            code,
            status,
            retryable,
        }
    }

    /// `Detail`: what happened, never content of the order.
    pub fn detail(&self) -> String {
        match self {
            // The message comes from abroad: one line of it, without control characters.
            Self::Foreign { .. } => {
                let shown = self.to_string();
                shown
                    .chars()
                    .filter(|c| !c.is_control())
                    .take(500)
                    .collect()
            }
            Self::AnswerInvalid(reason) => format!("{self}: {reason}"),
            other => other.to_string(),
        }
    }
}

impl From<&noots::Invalid> for Failure {
    fn from(invalid: &noots::Invalid) -> Self {
        if invalid.is_unreadable() {
            Self::Unreadable(invalid.rule())
        } else {
            Self::RuleBroken(invalid.rule())
        }
    }
}

/// [AT-03] only a time-out and the catch-all may pass by themselves.
const fn is_retryable(code: edm::EdmErrorCode) -> bool {
    matches!(code, edm::EdmErrorCode::Timeout | edm::EdmErrorCode::Query)
}

/// What is known of the message that is refused.
#[derive(Clone, Debug)]
pub struct NationalError {
    /// Which call it was.
    pub stage: Stage,
    /// Its `nachrichtenUUID`.
    pub request_id: noots::MessageId,
    /// Who wrote it.
    pub reader: noots::Party,
    /// Who ordered.
    pub requesters: noots::Agents,
}

impl NationalError {
    /// For an order that could be read.
    pub fn of_order(order: &noots::EvidenceOrder) -> Self {
        Self {
            stage: Stage::Order,
            request_id: order.header.id,
            reader: order.header.author.clone(),
            requesters: order.requesters.clone(),
        }
    }

    /// For a collection that could be read; who ordered is in the order.
    pub fn of_collection(collection: &noots::GetEvidence, order: &noots::EvidenceOrder) -> Self {
        Self {
            stage: Stage::Collection,
            request_id: collection.header.id,
            reader: collection.header.author.clone(),
            requesters: order.requesters.clone(),
        }
    }

    /// For a message that was refused while reading, as far as it told enough. `requester` stands
    /// in when the message did not say who orders, as 0411 never does.
    pub fn of_invalid(about: &noots::About, requester: Option<&noots::Agents>) -> Option<Self> {
        let stage = match about.message_type? {
            noots::MessageType::EvidenceOrder => Stage::Order,
            noots::MessageType::GetEvidence => Stage::Collection,
            _ => return None,
        };
        Some(Self {
            stage,
            request_id: about.message_id?,
            reader: about.author.clone()?,
            requesters: about.requesters.as_ref().or(requester)?.clone(),
        })
    }
}

/// The error message for one failure or more, 0403 or 0413 by the call it answers. Nothing when
/// none of them has a national code: then a problem is the whole answer.
pub fn error_to_national(
    failures: &[Failure],
    refused: NationalError,
    context: &Context<'_>,
    draw: Draw<'_>,
) -> Option<noots::Message> {
    let exceptions = failures.iter().filter_map(|failure| {
        Some(noots::Exception {
            code: failure.answer(context).code?,
            detail: Some(failure.detail()),
            at: Some(context.now.into()),
        })
    });
    let error = Box::new(noots::EvidenceErrorResponse {
        exceptions: noots::OneOrMore::new(exceptions.collect())?,
        header: context
            .platform
            .header(noots::MessageId::new(draw()), context.now, refused.reader),
        request_id: refused.request_id,
        id: noots::ResponseId::new(draw()),
        issued_at: context.now.into(),
        error_provider: context.platform.error_provider(),
        requesters: refused.requesters,
    });
    Some(match refused.stage {
        Stage::Order => noots::Message::EvidenceOrderErrorResponse(error),
        Stage::Collection => noots::Message::GetEvidenceErrorResponse(error),
    })
}
