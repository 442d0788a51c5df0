//! Release lines of the Common Services, and how client and service agree on one

use serde::Deserialize;

/// A release line
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
pub enum Line {
    /// 1.0
    #[serde(rename = "oots-cs:v1.0")]
    V1_0,
    /// 1.1
    #[serde(rename = "oots-cs:v1.1")]
    V1_1,
    /// 1.2
    #[serde(rename = "oots-cs:v1.2")]
    V1_2,
    /// 2.0
    #[serde(rename = "oots-cs:v2.0")]
    V2_0,
}

impl Line {
    /// All, oldest first
    pub const ALL: [Self; 4] = [Self::V1_0, Self::V1_1, Self::V1_2, Self::V2_0];

    /// The identifier
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1_0 => "oots-cs:v1.0",
            Self::V1_1 => "oots-cs:v1.1",
            Self::V1_2 => "oots-cs:v1.2",
            Self::V2_0 => "oots-cs:v2.0",
        }
    }
}

/// What a service and a client agreed on
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Agreed {
    pub(super) line: Line,
    /// Whether the answer says so: not to a client that asked for nothing
    pub(super) stated: bool,
}

/// The newest line that both have. Without a header it is 1.0; `None` when nothing is common.
/// [oots-edm 8.1]
pub(super) fn agree(header: Option<&str>, ours: &[Line]) -> Option<Agreed> {
    let Some(header) = header else {
        return Some(Agreed {
            line: Line::V1_0,
            stated: false,
        });
    };
    let wanted: Vec<_> = header.split(',').map(str::trim).collect();
    let line = ours
        .iter()
        .copied()
        .filter(|line| wanted.contains(&line.as_str()))
        .max()?;
    Some(Agreed {
        line,
        stated: line > Line::V1_0,
    })
}
