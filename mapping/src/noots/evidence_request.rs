//! 0301: the platform asks a Data Provider.

use super::agent::{Agent, Agents};
use super::evidence::RequestedEvidenceType;
use super::header::Header;
use super::id::{Ars, DateTime, LanguageCode};
use super::subject::{Representative, Subject};

/// `DE.EvidenceRequest.0301`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EvidenceRequest {
    /// Head of the message.
    pub header: Header,
    /// `IssueDateTime`.
    pub issued_at: DateTime,
    /// `Rechtsgrundlage`.
    pub legal_basis: Option<String>,
    /// `Verarbeitungszweck`.
    pub purpose: Option<String>,
    /// Preferred language; a provider that does not have it answers in one it has.
    pub language: LanguageCode,
    /// Token of the Vermittlungsstelle, mostly added by the SAK.
    pub token: Option<IssuedToken>,
    /// Who asks: the foreign body and the platform.
    pub requesters: Agents,
    /// Who is asked.
    pub provider: Agent,
    /// Who acts for the subject.
    pub representative: Option<Representative>,
    /// Whom the evidence is about.
    pub subject: Subject,
    /// What is asked for.
    pub evidence_type: RequestedEvidenceType,
    /// `JurisdictionParameters`: for a central provider that forwards to a regional register.
    pub jurisdiction: Option<Ars>,
}

/// `IssuedToken`: opaque text sealed by the Vermittlungsstelle. `Debug` hides it.
#[derive(Clone, Eq, PartialEq)]
pub struct IssuedToken(String);

impl IssuedToken {
    /// Wraps a token.
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }

    /// The token itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for IssuedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[token]")
    }
}
