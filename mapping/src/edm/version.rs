//! Release lines of the exchange data model.

use super::Malformed;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A release line. Patch releases never show on the wire.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub enum Version {
    /// `oots-edm:v1.0`
    V1_0,
    /// `oots-edm:v1.1`: out of use; read, and written only to answer one who still speaks it.
    V1_1,
    /// `oots-edm:v1.2`
    V1_2,
    /// `oots-edm:v2.0`
    V2_0,
}

impl Version {
    /// All, oldest first.
    pub const ALL: [Self; 4] = [Self::V1_0, Self::V1_1, Self::V1_2, Self::V2_0];

    /// The identifier in the slot `SpecificationIdentifier`, in the DSD and in ebMS.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1_0 => "oots-edm:v1.0",
            Self::V1_1 => "oots-edm:v1.1",
            Self::V1_2 => "oots-edm:v1.2",
            Self::V2_0 => "oots-edm:v2.0",
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Version {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Self::ALL
            .into_iter()
            .find(|version| version.as_str() == text)
            .ok_or(Malformed("an EDM release line"))
    }
}

impl TryFrom<String> for Version {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        text.parse()
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.as_str().to_owned()
    }
}
