//! Failures as callers see them: RFC 9457 problems. The only place that turns one into a status.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Map, Value};

use super::limit::BodyError;

/// Every kind of problem we answer with.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    /// The body is no JSON.
    InvalidJson,
    /// The body is no XML.
    InvalidXml,
    /// The request has no idempotency key.
    MissingIdempotencyKey,
    /// The idempotency key was used with another body, or is still in work.
    IdempotencyConflict,
    /// The message breaks a rule.
    ValidationFailed,
    /// The caller did not say who it is.
    Unauthenticated,
    /// The caller may not do this.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// There is such a place, but not for this method.
    MethodNotAllowed,
    /// The exchange is over and gone.
    ExchangeGone,
    /// The body is too large.
    PayloadTooLarge,
    /// The body came too slowly.
    RequestTimeout,
    /// The media type or encoding is not taken.
    UnsupportedMediaType,
    /// The user did not ask for the evidence explicitly.
    ExplicitRequestMissing,
    /// No table has the code.
    MappingMissing,
    /// The version is not spoken.
    UnsupportedVersion,
    /// Nobody provides the evidence.
    ProviderNotFound,
    /// The directory wants to know more.
    AttributesRequired,
    /// The provider has no such evidence.
    EvidenceNotFound,
    /// The provider did not answer in time.
    EvidenceTimeout,
    /// The partner refused.
    PeerRefused,
    /// The partner cannot be reached.
    PeerUnreachable,
    /// The user has to look first.
    PreviewRequired,
    /// The partner's preview location cannot be used.
    PreviewLocationInvalid,
    /// The user refused.
    PreviewRejected,
    /// Too many requests.
    RateLimited,
    /// The store does not answer.
    StoreUnavailable,
    /// The store takes nothing more.
    StoreFull,
    /// The spool takes nothing more.
    SpoolFull,
    /// This node is about to stop.
    Draining,
    /// The Common Services do not answer.
    CommonServicesUnreachable,
    /// The answer of the Common Services is not signed as it must be.
    CommonServicesUntrusted,
    /// Our fault.
    Internal,
    /// A message brought us down repeatedly and was set aside.
    InternalPoison,
}

impl Kind {
    /// Slug, status and title: one row each.
    fn row(self) -> (&'static str, StatusCode, &'static str) {
        use StatusCode as S;
        match self {
            Self::InvalidJson => ("invalid-json", S::BAD_REQUEST, "Body is not JSON"),
            Self::InvalidXml => ("invalid-xml", S::BAD_REQUEST, "Body is not XML"),
            Self::MissingIdempotencyKey => (
                "missing-idempotency-key",
                S::BAD_REQUEST,
                "Idempotency key is missing",
            ),
            Self::IdempotencyConflict => (
                "idempotency-conflict",
                S::CONFLICT,
                "Idempotency key is already in use",
            ),
            Self::ValidationFailed => (
                "validation-failed",
                S::UNPROCESSABLE_ENTITY,
                "Message breaks a rule",
            ),
            Self::Unauthenticated => (
                "unauthenticated",
                S::UNAUTHORIZED,
                "Caller is not authenticated",
            ),
            Self::Forbidden => (
                "forbidden",
                S::FORBIDDEN,
                "Caller is not allowed to do this",
            ),
            Self::NotFound => ("not-found", S::NOT_FOUND, "Nothing is here"),
            Self::MethodNotAllowed => (
                "method-not-allowed",
                S::METHOD_NOT_ALLOWED,
                "Method is not allowed here",
            ),
            Self::ExchangeGone => ("exchange-gone", S::GONE, "Exchange is over and deleted"),
            Self::PayloadTooLarge => (
                "payload-too-large",
                S::PAYLOAD_TOO_LARGE,
                "Body is too large",
            ),
            Self::RequestTimeout => (
                "request-timeout",
                S::REQUEST_TIMEOUT,
                "Body came too slowly",
            ),
            Self::UnsupportedMediaType => (
                "unsupported-media-type",
                S::UNSUPPORTED_MEDIA_TYPE,
                "Media type or encoding is not supported",
            ),
            Self::ExplicitRequestMissing => (
                "explicit-request-missing",
                S::UNPROCESSABLE_ENTITY,
                "User did not ask for the evidence explicitly",
            ),
            Self::MappingMissing => (
                "mapping-missing",
                S::UNPROCESSABLE_ENTITY,
                "Code has no counterpart",
            ),
            Self::UnsupportedVersion => (
                "unsupported-version",
                S::UNPROCESSABLE_ENTITY,
                "Version is not supported",
            ),
            Self::ProviderNotFound => (
                "provider-not-found",
                S::UNPROCESSABLE_ENTITY,
                "No provider for this evidence",
            ),
            Self::AttributesRequired => (
                "attributes-required",
                S::CONFLICT,
                "Directory needs more attributes",
            ),
            Self::EvidenceNotFound => ("evidence-not-found", S::NOT_FOUND, "Evidence not found"),
            Self::EvidenceTimeout => (
                "evidence-timeout",
                S::GATEWAY_TIMEOUT,
                "Provider did not answer in time",
            ),
            Self::PeerRefused => ("peer-refused", S::BAD_GATEWAY, "Partner refused"),
            Self::PeerUnreachable => (
                "peer-unreachable",
                S::BAD_GATEWAY,
                "Partner cannot be reached",
            ),
            Self::PreviewRequired => (
                "preview-required",
                S::CONFLICT,
                "User must look at the evidence first",
            ),
            Self::PreviewLocationInvalid => (
                "preview-location-invalid",
                S::BAD_GATEWAY,
                "Preview location of the partner cannot be used",
            ),
            Self::PreviewRejected => ("preview-rejected", S::CONFLICT, "User refused"),
            Self::RateLimited => ("rate-limited", S::TOO_MANY_REQUESTS, "Too many requests"),
            Self::StoreUnavailable => (
                "store-unavailable",
                S::SERVICE_UNAVAILABLE,
                "Store does not answer",
            ),
            Self::StoreFull => ("store-full", S::SERVICE_UNAVAILABLE, "Store is full"),
            Self::SpoolFull => ("spool-full", S::SERVICE_UNAVAILABLE, "Spool is full"),
            Self::Draining => ("draining", S::SERVICE_UNAVAILABLE, "Node is about to stop"),
            Self::CommonServicesUnreachable => (
                "common-services-unreachable",
                S::SERVICE_UNAVAILABLE,
                "Common Services cannot be reached",
            ),
            Self::CommonServicesUntrusted => (
                "common-services-untrusted",
                S::BAD_GATEWAY,
                "Answer of the Common Services cannot be trusted",
            ),
            Self::Internal => ("internal", S::INTERNAL_SERVER_ERROR, "Internal error"),
            Self::InternalPoison => (
                "internal-poison",
                S::INTERNAL_SERVER_ERROR,
                "Message was set aside",
            ),
        }
    }

    /// The last part of the problem's type.
    pub fn slug(self) -> &'static str {
        self.row().0
    }

    /// The status it is answered with.
    pub fn status(self) -> StatusCode {
        self.row().1
    }

    /// What it means, in a few words.
    pub fn title(self) -> &'static str {
        self.row().2
    }

    /// Whether the same request may succeed later.
    pub fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::AttributesRequired
                | Self::CommonServicesUnreachable
                | Self::Draining
                | Self::EvidenceTimeout
                | Self::PeerUnreachable
                | Self::RateLimited
                | Self::RequestTimeout
                | Self::SpoolFull
                | Self::StoreFull
                | Self::StoreUnavailable
        )
    }

    /// Every kind, for documentation and tests.
    pub fn all() -> &'static [Self] {
        ALL
    }
}

const ALL: &[Kind] = &[
    Kind::InvalidJson,
    Kind::InvalidXml,
    Kind::MissingIdempotencyKey,
    Kind::IdempotencyConflict,
    Kind::ValidationFailed,
    Kind::Unauthenticated,
    Kind::Forbidden,
    Kind::NotFound,
    Kind::MethodNotAllowed,
    Kind::ExchangeGone,
    Kind::PayloadTooLarge,
    Kind::RequestTimeout,
    Kind::UnsupportedMediaType,
    Kind::ExplicitRequestMissing,
    Kind::MappingMissing,
    Kind::UnsupportedVersion,
    Kind::ProviderNotFound,
    Kind::AttributesRequired,
    Kind::EvidenceNotFound,
    Kind::EvidenceTimeout,
    Kind::PeerRefused,
    Kind::PeerUnreachable,
    Kind::PreviewRequired,
    Kind::PreviewLocationInvalid,
    Kind::PreviewRejected,
    Kind::RateLimited,
    Kind::StoreUnavailable,
    Kind::StoreFull,
    Kind::SpoolFull,
    Kind::Draining,
    Kind::CommonServicesUnreachable,
    Kind::CommonServicesUntrusted,
    Kind::Internal,
    Kind::InternalPoison,
];

/// One violated rule or wrong field.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct FieldError {
    /// JSON pointer into the body.
    pub pointer: String,
    /// What is wrong there; never the value.
    pub detail: String,
}

/// A problem: answers as `application/problem+json`. Holds no personal data.
#[derive(Clone, Debug)]
pub struct Problem {
    kind: Kind,
    members: Map<String, Value>,
    retry_after_secs: Option<u64>,
}

impl Problem {
    /// A problem of this kind.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            members: Map::new(),
            retry_after_secs: None,
        }
    }

    /// What happened here, for the caller.
    pub fn with_detail(self, detail: impl Into<String>) -> Self {
        self.with_member("detail", detail.into())
    }

    /// Which occurrence this is: the exchange's or the trace's identifier.
    pub fn with_instance(self, instance: impl Into<String>) -> Self {
        self.with_member("instance", instance.into())
    }

    /// The fields that are wrong.
    pub fn with_errors(self, errors: &[FieldError]) -> Self {
        let errors = serde_json::to_value(errors).unwrap_or_default();
        self.with_member("errors", errors)
    }

    /// An extension member: `code`, `edmCode`, `ebmsCode`, `ruleIds`, `messageId`, …
    pub fn with_member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// When to try again.
    pub fn with_retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_secs = Some(seconds);
        self
    }

    /// The kind.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The JSON object.
    pub fn to_json(&self) -> Value {
        let mut object = self.members.clone();
        object.insert(
            "type".to_owned(),
            format!("/problems/{}", self.kind.slug()).into(),
        );
        object.insert("title".to_owned(), self.kind.title().into());
        object.insert("status".to_owned(), self.kind.status().as_u16().into());
        object.insert("retryable".to_owned(), self.kind.is_retryable().into());
        Value::Object(object)
    }
}

impl From<Kind> for Problem {
    fn from(kind: Kind) -> Self {
        Self::new(kind)
    }
}

impl From<&BodyError> for Problem {
    fn from(error: &BodyError) -> Self {
        let kind = match error {
            BodyError::TooLarge { .. } => Kind::PayloadTooLarge,
            BodyError::TooSlow => Kind::RequestTimeout,
            BodyError::Broken(_) => Kind::ValidationFailed,
        };
        Self::new(kind).with_detail(error.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.kind.status();
        let mut response = (status, Json(self.to_json())).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let unavailable = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(RETRY_AFTER_SECS);
        if let Some(seconds) = self.retry_after_secs.or(unavailable) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

const RETRY_AFTER_SECS: u64 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_differ_and_have_the_form_of_a_path() {
        let mut slugs: Vec<_> = Kind::all().iter().map(|kind| kind.slug()).collect();
        let plain = |slug: &&str| slug.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        assert!(slugs.iter().all(plain));
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), Kind::all().len());
    }

    #[test]
    fn a_problem_is_written_as_rfc_9457_says() {
        let problem = Problem::new(Kind::ValidationFailed)
            .with_detail("nachrichtenUUID is missing")
            .with_errors(&[FieldError {
                pointer: "/a".into(),
                detail: "missing".into(),
            }])
            .with_member("code", "EDM:ERR:0003");
        insta::assert_snapshot!(problem.to_json().to_string(), @r#"{"code":"EDM:ERR:0003","detail":"nachrichtenUUID is missing","errors":[{"detail":"missing","pointer":"/a"}],"retryable":false,"status":422,"title":"Message breaks a rule","type":"/problems/validation-failed"}"#);
        let response = problem.into_response();
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(
            response.headers()[header::CONTENT_TYPE],
            "application/problem+json"
        );
    }

    #[test]
    fn unavailable_says_when_to_come_back() {
        let response = Problem::new(Kind::StoreUnavailable).into_response();
        assert_eq!(response.headers()[header::RETRY_AFTER], "5");
        let response = Problem::new(Kind::RateLimited)
            .with_retry_after(60)
            .into_response();
        assert_eq!(response.headers()[header::RETRY_AFTER], "60");
    }
}
