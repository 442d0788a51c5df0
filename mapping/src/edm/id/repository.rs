//! URLs of the semantic repository.

use super::bare_uuid;
use crate::edm::code::{CountryCode, Malformed, text_conversions};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// What follows the host of the repository. Hosts: `sr[.<environment>].oots.tech.ec.europa.eu`,
/// and the one without `ec` that was used until the third quarter of 2023.
fn path(url: &str) -> Option<(&str, Domain)> {
    let rest = url.strip_prefix("https://sr.")?;
    let rest = match rest.strip_prefix("oots.tech.") {
        Some(rest) => rest,
        None => {
            let (environment, rest) = rest.split_once('.')?;
            let letters = environment.bytes().all(|b| b.is_ascii_alphabetic());
            if environment.is_empty() || !letters {
                return None;
            }
            rest.strip_prefix("oots.tech.")?
        }
    };
    match rest.strip_prefix("ec.europa.eu/") {
        Some(path) => Some((path, Domain::Current)),
        None => rest
            .strip_prefix("europa.eu/")
            .map(|path| (path, Domain::Old)),
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Domain {
    Current,
    Old,
}

/// [R-EDM-REQ-C008] asks for lower-case letters.
fn lower_case_uuid(text: &str) -> Option<Uuid> {
    bare_uuid(text).filter(|_| !text.bytes().any(|b| b.is_ascii_uppercase()))
}

macro_rules! repository_url {
    ($(#[$doc:meta])* $name:ident, $what:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Box<str>);

        impl $name {
            /// The URL.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Whether the host is the one used until the third quarter of 2023.
            pub fn is_old_domain(&self) -> bool {
                path(&self.0).is_some_and(|(_, domain)| domain == Domain::Old)
            }
        }

        impl FromStr for $name {
            type Err = Malformed;

            fn from_str(text: &str) -> Result<Self, Malformed> {
                let valid: fn(&str) -> bool = $valid;
                match path(text) {
                    Some((path, _)) if valid(path) => Ok(Self(text.into())),
                    _ => Err(Malformed($what)),
                }
            }
        }

        text_conversions!($name);
    };
}

repository_url! {
    /// A requirement of a procedure: `…/requirements/<uuid>`. [R-EDM-REQ-C008]
    RequirementId, "a requirement URL",
    |path| path.strip_prefix("requirements/").and_then(lower_case_uuid).is_some()
}
repository_url! {
    /// A type of evidence: `…/evidencetypeclassifications/<country or oots>/<uuid>`.
    /// [R-EDM-REQ-C027]
    EvidenceTypeId, "an evidence type URL",
    |path| evidence_type(path).is_some()
}
repository_url! {
    /// A data model, or with one more step a subset of it: `…/datamodels/<name>[/<subset>]`;
    /// `distributions/` before 1.1. [R-EDM-REQ-C034]
    DataModel, "a data model URL",
    |path| {
        let name = path.strip_prefix("datamodels/").or_else(|| path.strip_prefix("distributions/"));
        name.is_some_and(|name| {
            !name.is_empty() && name.len() < 512 && name.bytes().all(|b| b.is_ascii_graphic())
        })
    }
}

fn evidence_type(path: &str) -> Option<(&str, Uuid)> {
    let (owner, uuid) = path
        .strip_prefix("evidencetypeclassifications/")?
        .split_once('/')?;
    let known = owner == "oots" || owner.parse::<CountryCode>().is_ok();
    Some((owner, lower_case_uuid(uuid)?)).filter(|_| known)
}

impl RequirementId {
    /// The UUID at the end.
    pub fn uuid(&self) -> Option<Uuid> {
        self.0.rsplit('/').next().and_then(bare_uuid)
    }
}

impl EvidenceTypeId {
    /// Whose type it is: a country, `EU` or `oots`.
    pub fn owner(&self) -> &str {
        self.parts().map_or("", |(owner, _)| owner)
    }

    /// The UUID at the end.
    pub fn uuid(&self) -> Option<Uuid> {
        self.parts().map(|(_, uuid)| uuid)
    }

    fn parts(&self) -> Option<(&str, Uuid)> {
        path(&self.0).and_then(|(path, _)| evidence_type(path))
    }
}

impl DataModel {
    /// Whether the path is the one used before 1.1.
    pub fn is_old_path(&self) -> bool {
        path(&self.0).is_some_and(|(path, _)| path.starts_with("distributions/"))
    }
}
