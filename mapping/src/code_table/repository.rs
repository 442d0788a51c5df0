//! Hosts of the EU's semantic repository. XNachweis knows the production host only; the EU side
//! uses one per environment, and one more before the third quarter of 2023. URIs are rewritten at
//! the border, and only there.

use crate::{edm, noots};

const PRODUCTION: &str = "sr.oots.tech.ec.europa.eu";

/// The host the EU side uses.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Repository {
    host: String,
}

impl Default for Repository {
    fn default() -> Self {
        Self {
            host: PRODUCTION.to_owned(),
        }
    }
}

impl Repository {
    /// A host such as `sr.acc.oots.tech.ec.europa.eu`.
    ///
    /// # Errors
    /// When it is not a host of the semantic repository.
    pub fn new(host: &str) -> Result<Self, noots::Malformed> {
        let probe = format!("https://{host}/datamodels/x");
        match probe.parse::<edm::DataModel>() {
            Ok(model) if !model.is_old_domain() && !host.contains('/') => Ok(Self {
                host: host.to_owned(),
            }),
            _ => Err(noots::Malformed("a host of the semantic repository")),
        }
    }

    /// The host.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Evidence type as XNachweis writes it.
    pub fn evidence_type_to_national(
        &self,
        id: &edm::EvidenceTypeId,
    ) -> Option<noots::EvidenceTypeId> {
        to_national(id.as_str())?.parse().ok()
    }

    /// Evidence type as the EU environment writes it.
    pub fn evidence_type_to_edm(&self, id: &noots::EvidenceTypeId) -> Option<edm::EvidenceTypeId> {
        self.to_edm(id.as_str())?.parse().ok()
    }

    /// Requirement as XNachweis writes it.
    pub fn requirement_to_national(&self, id: &edm::RequirementId) -> Option<noots::RequirementId> {
        to_national(id.as_str())?.parse().ok()
    }

    /// Requirement as the EU environment writes it.
    pub fn requirement_to_edm(&self, id: &noots::RequirementId) -> Option<edm::RequirementId> {
        self.to_edm(id.as_str())?.parse().ok()
    }

    /// Data model as XNachweis writes it. Before 1.1 the EDM's path was `distributions/`.
    pub fn data_model_to_national(&self, id: &edm::DataModel) -> Option<noots::DataModel> {
        to_national(id.as_str())?
            .replacen("/distributions/", "/datamodels/", 1)
            .parse()
            .ok()
    }

    /// Data model as the EU environment writes it.
    pub fn data_model_to_edm(&self, id: &noots::DataModel) -> Option<edm::DataModel> {
        self.to_edm(id.as_str())?.parse().ok()
    }

    /// [R-EDM-REQ-C008] the EU side wants the UUID at the end in lower case.
    fn to_edm(&self, uri: &str) -> Option<String> {
        let path = path(uri)?;
        match path.rsplit_once('/') {
            Some((front, id)) if uuid::Uuid::try_parse(id).is_ok() => Some(format!(
                "https://{}/{front}/{}",
                self.host,
                id.to_ascii_lowercase()
            )),
            _ => Some(format!("https://{}/{path}", self.host)),
        }
    }
}

fn to_national(uri: &str) -> Option<String> {
    Some(format!("https://{PRODUCTION}/{}", path(uri)?))
}

/// What follows the host.
fn path(uri: &str) -> Option<&str> {
    Some(uri.strip_prefix("https://")?.split_once('/')?.1)
}

/// Whether two URIs of the repository name the same thing, on whatever hosts.
pub(super) fn same_resource(one: &str, other: &str) -> bool {
    match (path(one), path(other)) {
        (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "evidencetypeclassifications/DE/ca8afed6-2dc0-422a-a931-d21c3d8d370e";

    #[test]
    fn hosts_are_rewritten_at_the_border() {
        let acceptance = Repository::new("sr.acc.oots.tech.ec.europa.eu").unwrap();
        let foreign: edm::EvidenceTypeId = format!("https://sr.acc.oots.tech.ec.europa.eu/{ID}")
            .parse()
            .unwrap();
        let national = acceptance.evidence_type_to_national(&foreign).unwrap();
        assert_eq!(
            national.as_str(),
            format!("https://sr.oots.tech.ec.europa.eu/{ID}")
        );
        assert_eq!(acceptance.evidence_type_to_edm(&national), Some(foreign));
    }

    #[test]
    fn the_host_and_path_of_2023_are_read() {
        let old: edm::DataModel = "https://sr.oots.tech.europa.eu/distributions/Birth-1"
            .parse()
            .unwrap();
        let national = Repository::default().data_model_to_national(&old).unwrap();
        assert_eq!(
            national.as_str(),
            "https://sr.oots.tech.ec.europa.eu/datamodels/Birth-1"
        );
    }

    #[test]
    fn other_hosts_are_refused() {
        for host in [
            "evil.example",
            "sr.oots.tech.ec.europa.eu/x",
            "sr.oots.tech.europa.eu",
            "",
        ] {
            assert!(Repository::new(host).is_err(), "{host}");
        }
    }
}
