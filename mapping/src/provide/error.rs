//! What a peer abroad is told when there is no evidence.

use super::AnswerFault;
use crate::code_table::NoEvidence;
use crate::platform::{Context, Draw, Untranslatable};
use crate::{edm, noots};

/// Why a foreign request is not answered with evidence.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Failure {
    /// The request breaks a rule of the EDM or of its binding to AS4.
    #[error("the request breaks rule {rule}")]
    RequestInvalid {
        /// Id of the rule.
        rule: String,
        /// What is wrong, without content of the request.
        problem: String,
    },
    /// The user did not ask for the evidence expressly.
    #[error("the user did not ask for the evidence expressly")]
    ExplicitRequestMissing,
    /// The user must see the evidence first, and this platform offers no preview space.
    #[error("the preview that is due cannot be offered")]
    PreviewUnavailable,
    /// A request with this id was answered before.
    #[error("a request with this identifier was processed before")]
    RequestRepeated,
    /// The evidence type is not in the mapping.
    #[error("the evidence type is not offered")]
    EvidenceTypeUnknown,
    /// The user was identified with a lower level of assurance than the evidence needs.
    #[error("the level of assurance is too low")]
    LoaTooLow,
    /// No Data Provider for the evidence type at that place.
    #[error("no provider is responsible")]
    NoProvider,
    /// The register asks for the place, and nobody can be asked for it.
    #[error("the place of the register is missing")]
    PlaceMissing,
    /// The register does not know the person, or more than one, or has nothing.
    #[error("no evidence was found")]
    NoEvidence,
    /// The register is not responsible for the place, and no other one is.
    #[error("the provider is not responsible for the place")]
    NotResponsible,
    /// The register reported another error.
    #[error("the provider reported {0}")]
    Register(noots::ErrorCode),
    /// Register directory, SAK or register could not be reached, or failed.
    #[error("the provider could not be reached")]
    Unreachable,
    /// No answer in time.
    #[error("the provider did not answer in time")]
    NoAnswerInTime,
    /// Vermittlungsstelle, identity management or HTTP said no: our configuration, not the user's
    /// fault.
    #[error("the provider could not be asked")]
    NotPermitted,
    /// The register's answer does not fit the question.
    #[error("the provider's answer cannot be used")]
    AnswerInvalid(#[source] AnswerFault),
    /// The request or the answer has no form on the other side.
    #[error("the message cannot be translated")]
    Untranslatable(#[from] Untranslatable),
    /// The user gave up, or the time for it ran out.
    #[error("the user did not decide in time")]
    UserAbandoned,
    /// Who authenticated in the preview space is somebody else.
    #[error("the user in the preview is not the subject of the request")]
    OtherPerson,
}

impl Failure {
    /// The code the peer gets: one line per event, none left out.
    pub fn edm_code(&self, context: &Context<'_>) -> edm::EdmErrorCode {
        use edm::EdmErrorCode as Code;
        match self {
            Self::RequestInvalid { .. }
            | Self::ExplicitRequestMissing
            | Self::RequestRepeated
            | Self::PlaceMissing => Code::InvalidRequest,
            Self::NoProvider | Self::NoEvidence | Self::NotResponsible => Code::ObjectNotFound,
            Self::EvidenceTypeUnknown | Self::PreviewUnavailable => Code::UnsupportedCapability,
            Self::LoaTooLow | Self::OtherPerson => Code::Authentication,
            Self::NoAnswerInTime | Self::UserAbandoned => Code::Timeout,
            Self::Unreachable | Self::NotPermitted | Self::AnswerInvalid(_) => Code::Query,
            Self::Register(code) => context.tables.errors().to_edm(code),
            Self::Untranslatable(reason) => untranslatable(reason),
        }
    }

    /// `@detail`: the rule, or what happened, never content.
    pub fn detail(&self) -> String {
        match self {
            Self::RequestInvalid { rule, problem } => format!("{rule}: {problem}"),
            Self::Untranslatable(reason) => reason.to_string(),
            other => other.to_string(),
        }
    }

    /// Whether an operator has to act: the fault is ours or a register's, not the peer's or user's.
    pub const fn needs_alarm(&self) -> bool {
        matches!(self, Self::NotPermitted | Self::AnswerInvalid(_))
    }

    /// Whether asking the same again later may help.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Unreachable | Self::NoAnswerInTime)
    }
}

impl From<&edm::Invalid> for Failure {
    fn from(invalid: &edm::Invalid) -> Self {
        Self::RequestInvalid {
            rule: invalid.rule().to_owned(),
            problem: invalid.problem().to_string(),
        }
    }
}

fn untranslatable(reason: &Untranslatable) -> edm::EdmErrorCode {
    match reason {
        Untranslatable::EvidenceType | Untranslatable::Requirement => {
            edm::EdmErrorCode::UnsupportedCapability
        }
        Untranslatable::Procedure
        | Untranslatable::LegalPersonIdentifier
        | Untranslatable::Field(_)
        | Untranslatable::Requester
        | Untranslatable::National(_) => edm::EdmErrorCode::InvalidRequest,
        Untranslatable::Edm(_) | Untranslatable::Content | Untranslatable::StrayContent => {
            edm::EdmErrorCode::Query
        }
    }
}

/// What to do about a register's error message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Reaction {
    /// Ask the user for the place, then ask the register again.
    AskForPlace,
    /// Look the register up once more, then ask that one.
    LookUpAgain,
    /// Answer with success and an empty list.
    AnswerEmpty,
    /// Answer with an error.
    Fail(Failure),
}

/// Where the exchange stands when a register reports an error.
#[derive(Clone, Copy, Debug)]
pub struct Situation {
    /// Whether the user is in the preview space and can be asked.
    pub user_present: bool,
    /// Whether the register was already looked up a second time.
    pub looked_up_again: bool,
    /// What the register's or the evidence type's entry says about finding nothing.
    pub no_evidence: NoEvidence,
}

/// Decides what follows from a register's error message. The first exception that is not the
/// catch-all decides.
pub fn react(error: &noots::EvidenceErrorResponse, situation: Situation) -> Reaction {
    let catch_all = |exception: &&noots::Exception| exception.code != noots::ErrorCode::QUERY;
    let telling = error
        .exceptions
        .iter()
        .find(catch_all)
        .or_else(|| error.exceptions.first());
    let code = telling.map_or(noots::ErrorCode::QUERY, |exception| exception.code.clone());
    match code {
        noots::ErrorCode::NoEvidence if situation.no_evidence == NoEvidence::Empty => {
            Reaction::AnswerEmpty
        }
        noots::ErrorCode::NoEvidence => Reaction::Fail(Failure::NoEvidence),
        noots::ErrorCode::JurisdictionMissing if situation.user_present => Reaction::AskForPlace,
        noots::ErrorCode::JurisdictionMissing => Reaction::Fail(Failure::PlaceMissing),
        noots::ErrorCode::NotResponsible if !situation.looked_up_again => Reaction::LookUpAgain,
        noots::ErrorCode::NotResponsible => Reaction::Fail(Failure::NotResponsible),
        other => Reaction::Fail(Failure::Register(other)),
    }
}

/// What an error answer has to know of the request.
#[derive(Clone, Debug)]
pub struct Asker {
    /// Release line of the answer.
    pub version: edm::Version,
    /// The request; absent when it could not be read.
    pub request_id: Option<edm::RequestId>,
    /// Who asked.
    pub requester: Option<edm::Agent>,
}

impl From<&edm::Request> for Asker {
    fn from(request: &edm::Request) -> Self {
        Self {
            version: request.version(),
            request_id: Some(request.id().clone()),
            requester: Some(request.requester().authority().clone()),
        }
    }
}

impl Asker {
    /// Whoever sent a request that was refused; `partner` is a release line the partner speaks, for
    /// the case that the message did not tell its own.
    pub fn of_invalid(invalid: &edm::Invalid, partner: edm::Version) -> Self {
        Self {
            version: invalid.version().unwrap_or(partner),
            request_id: invalid.request_id().cloned(),
            requester: None,
        }
    }
}

/// The error answer for a failure.
///
/// # Errors
/// When the release line has no form for it.
pub fn error_to_edm(
    failure: &Failure,
    asker: Asker,
    context: &Context<'_>,
    draw: Draw<'_>,
) -> Result<edm::ErrorResponse, Untranslatable> {
    // [R-EDM-ERR-C025] who does not know the request can only say that it was unreadable.
    let code = match asker.request_id {
        Some(_) => failure.edm_code(context),
        None => edm::EdmErrorCode::InvalidRequest,
    };
    let exception = edm::Exception::new(code, context.now).with_detail(failure.detail());
    answer(exception, asker, context, draw)
}

/// The answer that sends the user to the preview space.
///
/// # Errors
/// When the release line has no form for it.
pub fn preview_to_edm(
    preview: edm::Preview,
    request: &edm::Request,
    context: &Context<'_>,
    draw: Draw<'_>,
) -> Result<edm::ErrorResponse, Untranslatable> {
    let exception = edm::Exception::preview_required(preview, context.now);
    answer(exception, request.into(), context, draw)
}

fn answer(
    exception: edm::Exception,
    asker: Asker,
    context: &Context<'_>,
    draw: Draw<'_>,
) -> Result<edm::ErrorResponse, Untranslatable> {
    Ok(edm::ErrorResponse::new(edm::ErrorDraft {
        version: asker.version,
        request_id: asker.request_id,
        id: edm::EvidenceResponseId::new(draw()),
        provider: context.platform.abroad().clone(),
        role: edm::ErrorProviderRole::ErrorProvider,
        requester: asker.requester,
        exceptions: vec![exception],
    })?)
}
