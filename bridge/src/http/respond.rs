//! Failures as callers see them: RFC 9457 problems. The only place that turns one into a status.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Map, Value};

use super::limit::BodyError;

macro_rules! kinds {
    ($($name:ident $slug:literal $status:ident $again:literal $title:literal $meaning:literal;)*) => {
        /// Every kind of problem we answer with.
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
        pub enum Kind {
            $(#[doc = $meaning] $name,)*
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The last part of the problem's type.
            pub fn slug(self) -> &'static str {
                match self { $(Self::$name => $slug,)* }
            }

            /// The status it is answered with.
            pub fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)* }
            }

            /// Whether the same request may succeed later.
            pub fn is_retryable(self) -> bool {
                match self { $(Self::$name => $again,)* }
            }

            /// What it is, in a few words.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// What it means, in a sentence.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)* }
            }
        }
    };
}

// Name, slug, status, whether trying again may help, title, meaning.
kinds! {
    InvalidJson "invalid-json" BAD_REQUEST false "Body is not JSON" "The body is no JSON.";
    InvalidXml "invalid-xml" BAD_REQUEST false "Body is not XML" "The body is no XML.";
    MissingIdempotencyKey "missing-idempotency-key" BAD_REQUEST false "Idempotency key is missing" "The request has no idempotency key.";
    IdempotencyConflict "idempotency-conflict" CONFLICT false "Idempotency key is already in use" "The idempotency key was used with another body, or is still in work.";
    ValidationFailed "validation-failed" UNPROCESSABLE_ENTITY false "Message breaks a rule" "The message breaks a rule.";
    Unauthenticated "unauthenticated" UNAUTHORIZED false "Caller is not authenticated" "The caller did not say who it is.";
    Forbidden "forbidden" FORBIDDEN false "Caller is not allowed to do this" "The caller may not do this.";
    NotFound "not-found" NOT_FOUND false "Nothing is here" "There is no such thing.";
    MethodNotAllowed "method-not-allowed" METHOD_NOT_ALLOWED false "Method is not allowed here" "There is such a place, but not for this method.";
    ExchangeGone "exchange-gone" GONE false "Exchange is over and deleted" "The exchange is over and gone.";
    PayloadTooLarge "payload-too-large" PAYLOAD_TOO_LARGE false "Body is too large" "The body is too large.";
    RequestTimeout "request-timeout" REQUEST_TIMEOUT true "Body came too slowly" "The body came too slowly.";
    UnsupportedMediaType "unsupported-media-type" UNSUPPORTED_MEDIA_TYPE false "Media type or encoding is not supported" "The media type or encoding is not taken.";
    ExplicitRequestMissing "explicit-request-missing" UNPROCESSABLE_ENTITY false "User did not ask for the evidence explicitly" "The user did not ask for the evidence explicitly.";
    MappingMissing "mapping-missing" UNPROCESSABLE_ENTITY false "Code has no counterpart" "No table has the code.";
    UnsupportedVersion "unsupported-version" UNPROCESSABLE_ENTITY false "Version is not supported" "The version is not spoken.";
    ProviderNotFound "provider-not-found" UNPROCESSABLE_ENTITY false "No provider for this evidence" "Nobody provides the evidence.";
    AttributesRequired "attributes-required" CONFLICT true "Directory needs more attributes" "The directory wants to know more.";
    EvidenceNotFound "evidence-not-found" NOT_FOUND false "Evidence not found" "The provider has no such evidence.";
    EvidenceTimeout "evidence-timeout" GATEWAY_TIMEOUT true "Provider did not answer in time" "The provider did not answer in time.";
    PeerRefused "peer-refused" BAD_GATEWAY false "Partner refused" "The partner refused.";
    PeerUnreachable "peer-unreachable" BAD_GATEWAY true "Partner cannot be reached" "The partner cannot be reached.";
    PreviewRequired "preview-required" CONFLICT false "User must look at the evidence first" "The user has to look first.";
    PreviewLocationInvalid "preview-location-invalid" BAD_GATEWAY false "Preview location of the partner cannot be used" "The partner's preview location cannot be used.";
    PreviewRejected "preview-rejected" CONFLICT false "User refused" "The user refused.";
    RateLimited "rate-limited" TOO_MANY_REQUESTS true "Too many requests" "Too many requests.";
    StoreUnavailable "store-unavailable" SERVICE_UNAVAILABLE true "Store does not answer" "The store does not answer.";
    StoreFull "store-full" SERVICE_UNAVAILABLE true "Store is full" "The store takes nothing more.";
    SpoolFull "spool-full" SERVICE_UNAVAILABLE true "Spool is full" "The spool takes nothing more.";
    Draining "draining" SERVICE_UNAVAILABLE true "Node is about to stop" "This node is about to stop.";
    CommonServicesUnreachable "common-services-unreachable" SERVICE_UNAVAILABLE true "Common Services cannot be reached" "The Common Services do not answer.";
    CommonServicesUntrusted "common-services-untrusted" BAD_GATEWAY false "Answer of the Common Services cannot be trusted" "The answer of the Common Services is not signed as it must be.";
    Internal "internal" INTERNAL_SERVER_ERROR false "Internal error" "Our fault.";
    InternalPoison "internal-poison" INTERNAL_SERVER_ERROR false "Message was set aside" "A message brought us down repeatedly and was set aside.";
}

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
        let mut slugs: Vec<_> = Kind::ALL.iter().map(|kind| kind.slug()).collect();
        let plain = |slug: &&str| slug.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        assert!(slugs.iter().all(plain));
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), Kind::ALL.len());
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
