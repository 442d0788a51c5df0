//! What all partners of a network share.

use super::Problem;
use crate::{header::Service, profile, retry::Schedule};
use serde::Deserialize;
use std::{collections::BTreeSet, time::Duration};

/// A template: services, roles, rules and limits.
#[derive(Clone, Debug)]
pub struct Template {
    pub(crate) name: String,
    pub(crate) role_from: String,
    pub(crate) role_to: String,
    pub(crate) agreement: Option<String>,
    pub(crate) encrypt: bool,
    pub(crate) compress: bool,
    pub(crate) services: Vec<(Service, BTreeSet<String>)>,
    pub(crate) rules: Rules,
    pub(crate) limits: PayloadLimits,
    pub(crate) max_age: Duration,
    pub(crate) max_ahead: Duration,
    retry: Schedule,
}

impl Template {
    /// Reads a template.
    pub fn from_toml(name: &str, text: &str) -> Result<Self, Problem> {
        let file: File =
            toml::from_str(text).map_err(|error| Problem::in_toml(name, text, &error))?;
        let mut services = Vec::with_capacity(file.service.len());
        for entry in file.service {
            let service = Service::new(&entry.value, entry.kind.as_deref())
                .map_err(|error| Problem::new(name, format!("service: {error}")))?;
            services.push((service, entry.actions));
        }
        let named = [
            Some(&file.role_from),
            Some(&file.role_to),
            file.agreement.as_ref(),
        ];
        if named
            .into_iter()
            .flatten()
            .any(|text| text.is_empty() || text.trim() != text)
        {
            return Err(Problem::new(
                name,
                "a role or the agreement is empty or has blanks around it",
            ));
        }
        let interval = Duration::from_secs(file.retry.interval_secs);
        Ok(Self {
            name: name.to_owned(),
            role_from: file.role_from,
            role_to: file.role_to,
            agreement: file.agreement,
            encrypt: file.encrypt,
            compress: file.compress,
            services,
            rules: file.rules,
            limits: PayloadLimits {
                payloads: file.limits.payloads,
                payload_bytes: file.limits.payload_bytes,
                total_bytes: file.limits.total_bytes,
                ratio: file.limits.ratio,
            },
            max_age: Duration::from_secs(file.limits.max_age_secs),
            max_ahead: Duration::from_secs(file.limits.max_ahead_secs),
            retry: Schedule::new(file.retry.attempts, interval),
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When to send again.
    pub fn retry(&self) -> Schedule {
        self.retry
    }

    /// Limits on payloads.
    pub fn limits(&self) -> PayloadLimits {
        self.limits
    }

    /// The role of whoever sends.
    pub fn role_from(&self) -> &str {
        &self.role_from
    }

    /// The role of whoever receives.
    pub fn role_to(&self) -> &str {
        &self.role_to
    }
}

/// Bounds on the payloads of one message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PayloadLimits {
    /// Parts. WSS4J-based peers refuse more than 28. [AS4 0.5]
    pub payloads: usize,
    /// Octets of one payload after decompression.
    pub payload_bytes: u64,
    /// Octets of all payloads after decompression.
    pub total_bytes: u64,
    /// Octets out per octet in that a compressed part may reach, above 1 MiB.
    pub ratio: u64,
}

impl Default for PayloadLimits {
    fn default() -> Self {
        let file = LimitsFile::default();
        Self {
            payloads: file.payloads,
            payload_bytes: file.payload_bytes,
            total_bytes: file.total_bytes,
            ratio: file.ratio,
        }
    }
}

/// Rules on header values whose violation cannot be answered with a valid message. [AS4 2.3]
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Rules {
    pub(crate) required_properties: Vec<String>,
    pub(crate) uuid_properties: Vec<String>,
    pub(crate) conversation_id_is_uuid: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default = "gateway_role")]
    role_from: String,
    #[serde(default = "gateway_role")]
    role_to: String,
    agreement: Option<String>,
    #[serde(default = "yes")]
    encrypt: bool,
    #[serde(default = "yes")]
    compress: bool,
    service: Vec<ServiceFile>,
    #[serde(default)]
    rules: Rules,
    #[serde(default)]
    limits: LimitsFile,
    #[serde(default)]
    retry: RetryFile,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServiceFile {
    value: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    actions: BTreeSet<String>,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct LimitsFile {
    payloads: usize,
    payload_bytes: u64,
    total_bytes: u64,
    ratio: u64,
    max_age_secs: u64,
    max_ahead_secs: u64,
}

impl Default for LimitsFile {
    /// [AS4 3.6, AS4 4.4]
    fn default() -> Self {
        Self {
            payloads: 28,
            payload_bytes: 100 << 20,
            total_bytes: 300 << 20,
            ratio: 200,
            max_age_secs: 7 * 24 * 3600,
            max_ahead_secs: 300,
        }
    }
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RetryFile {
    attempts: u32,
    interval_secs: u64,
}

impl Default for RetryFile {
    /// Inside T1 of five minutes. [AS4 3.1]
    fn default() -> Self {
        Self {
            attempts: 4,
            interval_secs: 60,
        }
    }
}

fn gateway_role() -> String {
    profile::GATEWAY_ROLE.to_owned()
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "[[service]]\nvalue = \"urn:x:y\"\nactions = [\"Go\"]\n";

    #[test]
    fn what_is_left_out_has_the_oots_value() {
        let template = Template::from_toml("t", SMALL).unwrap();
        assert!(template.encrypt && template.compress);
        assert_eq!(template.limits().payloads, 28);
        assert_eq!(template.role_to(), profile::GATEWAY_ROLE);
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line() {
        let problem = Template::from_toml("t", &format!("{SMALL}colour = 1\n")).unwrap_err();
        assert_eq!(problem.line(), Some(4));
    }

    #[test]
    fn an_empty_role_or_agreement_is_refused() {
        for line in ["role_from = \"\"", "role_to = \" a\"", "agreement = \"\""] {
            assert!(
                Template::from_toml("t", &format!("{line}\n{SMALL}")).is_err(),
                "{line}"
            );
        }
    }

    #[test]
    fn a_service_without_type_is_a_uri() {
        let text = SMALL.replace("urn:x:y", "QueryManager");
        assert!(Template::from_toml("t", &text).is_err());
    }
}
