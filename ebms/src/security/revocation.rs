//! What is known of revoked certificates, gathered by the caller: lists and OCSP answers. They are
//! hints until an authority of the partner is found to have signed them.

use super::{Crl, OcspAnswer};
use serde::{Deserialize, Serialize};

/// What becomes of a certificate nobody speaks for. A revoked one is always refused, unless
/// nobody is asked. [AS4 6.G]
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Revocation {
    /// Nobody is asked.
    Off,
    /// It is accepted.
    Soft,
    /// It is refused.
    Hard,
}

/// What was fetched: one snapshot.
#[derive(Clone, Debug, Default)]
pub struct Revocations {
    pub(super) crls: Vec<Crl>,
    pub(super) answers: Vec<OcspAnswer>,
}

impl Revocations {
    /// Lists and answers, in any order, of any authority.
    pub fn new(crls: Vec<Crl>, answers: Vec<OcspAnswer>) -> Self {
        Self { crls, answers }
    }
}

/// How a certificate stands with its issuer.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Nobody current says anything.
    Unknown,
    /// Not revoked.
    Good,
    /// Revoked.
    Revoked,
}
