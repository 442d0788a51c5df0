//! The Evidence Error Response, `query:QueryResponse` with status Failure.

mod decode;
mod encode;

pub(super) use decode::decode;

use super::{
    Agent, Caution, EdmErrorCode, ErrorProviderRole, EvidenceResponseId, Invalid, PreviewMethod,
    PreviewUrl, Problem, RequestId, Severity, Text, Version,
};
use jiff::Timestamp;

/// The content of an error response, before it is known to be whole.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ErrorDraft {
    /// Release line: that of the request.
    pub version: Version,
    /// The request that is answered; absent only if it could not be read.
    pub request_id: Option<RequestId>,
    /// New for every answer.
    pub id: EvidenceResponseId,
    /// Who reports the error; from 1.2 on with an address.
    pub provider: Agent,
    /// In what capacity.
    pub role: ErrorProviderRole,
    /// Who asked. Identifier and name only.
    pub requester: Option<Agent>,
    /// What went wrong, at least one; exactly one in 1.0.
    pub exceptions: Vec<Exception>,
}

/// An error response that is whole for its release line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ErrorResponse {
    draft: ErrorDraft,
    cautions: Vec<Caution>,
}

impl ErrorResponse {
    /// Checks a draft.
    pub fn new(draft: ErrorDraft) -> Result<Self, Invalid> {
        Self::checked(draft, Vec::new())
    }

    fn checked(mut draft: ErrorDraft, cautions: Vec<Caution>) -> Result<Self, Invalid> {
        draft.conform();
        draft.check().map_err(|(rule, problem, field)| {
            Invalid::new(rule, problem, field.to_owned()).in_message(
                false,
                draft.request_id.clone(),
                Some(draft.version),
            )
        })?;
        Ok(Self { draft, cautions })
    }

    /// The content.
    pub fn content(&self) -> &ErrorDraft {
        &self.draft
    }

    /// Takes the content out.
    pub fn into_draft(self) -> ErrorDraft {
        self.draft
    }

    /// Release line.
    pub fn version(&self) -> Version {
        self.draft.version
    }

    /// The request that is answered; absent only if the other side could not read it.
    pub fn request_id(&self) -> Option<&RequestId> {
        self.draft.request_id.as_ref()
    }

    /// Identifier of the answer.
    pub fn id(&self) -> EvidenceResponseId {
        self.draft.id
    }

    /// Who reports the error.
    pub fn provider(&self) -> &Agent {
        &self.draft.provider
    }

    /// In what capacity.
    pub fn role(&self) -> ErrorProviderRole {
        self.draft.role
    }

    /// Who asked.
    pub fn requester(&self) -> Option<&Agent> {
        self.draft.requester.as_ref()
    }

    /// What went wrong, at least one.
    pub fn exceptions(&self) -> &[Exception] {
        &self.draft.exceptions
    }

    /// The preview the user must visit, if that is what the answer asks for.
    pub fn preview(&self) -> Option<&Preview> {
        self.draft.exceptions.iter().find_map(Exception::preview)
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

type Fault = (&'static str, Problem, &'static str);

impl ErrorDraft {
    /// A preview has a method before 2.0 and none from then on.
    fn conform(&mut self) {
        self.requester = self.requester.as_ref().map(Agent::without_address);
        let two = self.version >= Version::V2_0;
        let previews = self
            .exceptions
            .iter_mut()
            .filter_map(|e| e.preview.as_mut());
        for preview in previews {
            preview.method = match (two, preview.method) {
                (true, _) => None,
                // [R-EDM-ERR-S031] the method is there whenever the location is.
                (false, method) => Some(method.unwrap_or(PreviewMethod::Get)),
            };
        }
    }

    fn check(&self) -> Result<(), Fault> {
        if self.exceptions.is_empty() {
            let problem = Problem::Missing("Exception");
            return Err(("R-EDM-ERR-S008", problem, "exceptions"));
        }
        if self.version == Version::V1_0 && self.exceptions.len() > 1 {
            return Err((
                "R-EDM-ERR-C011",
                Problem::Repeated("Exception"),
                "exceptions",
            ));
        }
        let newer = self.version >= Version::V1_2;
        if newer && self.provider.address().is_none() {
            return Err(("R-EDM-ERR-C024", Problem::Missing("Address"), "provider"));
        }
        // [R-EDM-ERR-C025] who does not know the request can only say that it was unreadable.
        let readable = self.request_id.is_some()
            || self
                .exceptions
                .iter()
                .all(|exception| exception.code == EdmErrorCode::InvalidRequest);
        if newer && !readable {
            return Err((
                "R-EDM-ERR-C025",
                Problem::Missing("requestId"),
                "request_id",
            ));
        }
        Ok(())
    }
}

/// One thing that went wrong.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Exception {
    code: EdmErrorCode,
    severity: Severity,
    message: String,
    detail: Option<String>,
    at: Timestamp,
    preview: Option<Preview>,
}

impl Exception {
    /// An error with the message that belongs to its code.
    pub fn new(code: EdmErrorCode, at: Timestamp) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: code.message().to_owned(),
            detail: None,
            at,
            preview: None,
        }
    }

    /// The user must visit the preview space. [R-EDM-ERR-C022]
    pub fn preview_required(preview: Preview, at: Timestamp) -> Self {
        Self {
            severity: Severity::PreviewRequired,
            preview: Some(preview),
            ..Self::new(EdmErrorCode::Authorization, at)
        }
    }

    /// The preview the user must visit.
    pub fn preview(&self) -> Option<&Preview> {
        self.preview.as_ref()
    }

    fields! {
        /// `@code`, and with it `@xsi:type`.
        copy code: EdmErrorCode;
        /// `@severity`
        copy severity: Severity;
        /// `@message` as received.
        get message: String;
        /// `@detail`
        option detail, with_detail: String;
        /// Timestamp
        copy at: Timestamp;
    }
}

/// Where the preview is and what the user is told about it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Preview {
    location: PreviewUrl,
    descriptions: Vec<Text>,
    method: Option<PreviewMethod>,
}

impl Preview {
    /// A preview. Before 2.0 it is opened by GET unless [`Preview::with_method`] says otherwise.
    pub fn new(location: PreviewUrl) -> Self {
        Self {
            location,
            descriptions: Vec::new(),
            method: None,
        }
    }

    fields! {
        /// PreviewLocation
        get location: PreviewUrl;
        /// PreviewDescription
        list descriptions, with_descriptions: Text;
        /// PreviewMethod (before 2.0)
        option method, with_method: PreviewMethod;
    }
}
