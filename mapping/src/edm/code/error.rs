//! `EDMErrorCodes` and `ErrorSeverity`: one table binds code, exception type and message.

use super::{Malformed, text_conversions};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Severity of an exception.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Severity {
    /// An error.
    Error,
    /// The user must visit the preview space first.
    PreviewRequired,
}

impl Severity {
    /// The URN we write.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:Error",
            Self::PreviewRequired => {
                "urn:sr.oots.tech.ec.europa.eu:codes:ErrorSeverity:EDMErrorResponse:PreviewRequired"
            }
        }
    }
}

/// Error codes of the exchange data model, each bound to one exception type and message.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub enum EdmErrorCode {
    /// EDM:ERR:0001, failed authentication.
    Authentication,
    /// EDM:ERR:0002, missing authorization; with [`Severity::PreviewRequired`] the preview.
    Authorization,
    /// EDM:ERR:0003, invalid request.
    InvalidRequest,
    /// EDM:ERR:0004, object not found.
    ObjectNotFound,
    /// EDM:ERR:0005, time-out.
    Timeout,
    /// EDM:ERR:0006, unresolved reference.
    UnresolvedReference,
    /// EDM:ERR:0007, unsupported capability.
    UnsupportedCapability,
    /// EDM:ERR:0008, query exception: what nothing else fits.
    Query,
}

impl EdmErrorCode {
    /// All codes in list order.
    pub const ALL: [Self; 8] = [
        Self::Authentication,
        Self::Authorization,
        Self::InvalidRequest,
        Self::ObjectNotFound,
        Self::Timeout,
        Self::UnresolvedReference,
        Self::UnsupportedCapability,
        Self::Query,
    ];

    /// The code: `EDM:ERR:0001`.
    pub fn as_str(self) -> &'static str {
        self.entry().0
    }

    /// Local name of the `xsi:type`: `AuthenticationExceptionType`.
    pub fn exception_type(self) -> &'static str {
        self.entry().1
    }

    /// The message in the wording of 2.0.1.
    pub fn message(self) -> &'static str {
        self.entry().2
    }

    /// The code that goes with an exception type, given by local name.
    pub fn from_exception_type(local: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|code| code.exception_type() == local)
    }

    /// `EDMErrorCodes`: code, type, message.
    fn entry(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Authentication => (
                "EDM:ERR:0001",
                "AuthenticationExceptionType",
                "Failed Authentication",
            ),
            Self::Authorization => (
                "EDM:ERR:0002",
                "AuthorizationExceptionType",
                "Missing Authorization",
            ),
            Self::InvalidRequest => (
                "EDM:ERR:0003",
                "InvalidRequestExceptionType",
                "Syntactically or semantically invalid request",
            ),
            Self::ObjectNotFound => (
                "EDM:ERR:0004",
                "ObjectNotFoundExceptionType",
                "Object not found",
            ),
            Self::Timeout => (
                "EDM:ERR:0005",
                "TimeoutExceptionType",
                "Exceeding timeout period",
            ),
            Self::UnresolvedReference => (
                "EDM:ERR:0006",
                "UnresolvedReferenceExceptionType",
                "Referenced object that cannot be resolved",
            ),
            Self::UnsupportedCapability => (
                "EDM:ERR:0007",
                "UnsupportedCapabilityExceptionType",
                "Optional feature or capability is not supported",
            ),
            Self::Query => (
                "EDM:ERR:0008",
                "QueryExceptionType",
                "Invalid query syntax or semantics that must be corrected",
            ),
        }
    }
}

impl FromStr for EdmErrorCode {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Self::ALL
            .into_iter()
            .find(|code| code.as_str() == text)
            .ok_or(Malformed("an EDM error code"))
    }
}

text_conversions!(EdmErrorCode);
