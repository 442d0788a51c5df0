//! What all partners of a network share.

use super::{
    Problems,
    leg::{Leg, LegRule, NOT_ECDSA, Security},
    read::{Source, Table},
};
use crate::{
    header::{Property, Service},
    profile,
    retry::Schedule,
};
use std::{collections::BTreeSet, time::Duration};

/// A template: services, roles, rules and limits.
#[derive(Clone, Debug)]
pub struct Template {
    pub(crate) name: String,
    pub(crate) role_from: String,
    pub(crate) role_to: String,
    pub(crate) agreement: Option<String>,
    pub(crate) mpc: String,
    pub(crate) services: Vec<(Service, BTreeSet<String>)>,
    pub(super) security: Security,
    pub(super) legs: Vec<LegRule>,
    pub(super) properties: Vec<PropertySet>,
    pub(crate) rules: Rules,
    pub(crate) limits: PayloadLimits,
    pub(crate) max_message_bytes: u64,
    pub(crate) max_age: Duration,
    pub(crate) max_ahead: Duration,
    retry: Schedule,
    may_outlast_deadline: bool,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// Every problem, with its line.
    pub fn from_toml(name: &str, text: &str) -> Result<Self, Problems> {
        let source = Source::new(name, text);
        let tree = source.tree()?;
        let read = Self::read(name, Table::root(&source, tree.get_ref()));
        source.finish(read)
    }

    fn read(name: &str, table: Table<'_>) -> Option<Self> {
        let role = || profile::GATEWAY_ROLE.to_owned();
        let services = read_services(&table);
        let legs = LegRule::read_all(&table);
        for (line, problem) in unknown_legs(&legs, services.as_deref().unwrap_or_default()) {
            table.problem_at(line, problem);
        }
        let mut this = Self {
            name: name.to_owned(),
            role_from: table.word("role_from").unwrap_or_else(role),
            role_to: table.word("role_to").unwrap_or_else(role),
            agreement: table.word("agreement"),
            mpc: table
                .word("mpc")
                .unwrap_or_else(|| profile::DEFAULT_MPC.to_owned()),
            services: services.unwrap_or_default(),
            security: read_security(&table),
            legs,
            properties: PropertySet::read_all(&table),
            rules: Rules::read(table.table("rules")),
            limits: PayloadLimits::default(),
            max_message_bytes: MAX_MESSAGE_BYTES,
            max_age: MAX_AGE,
            max_ahead: MAX_AHEAD,
            retry: Schedule::new(ATTEMPTS, INTERVAL),
            may_outlast_deadline: false,
        };
        this.adjust(&Adjustment::read(&table));
        table.finish();
        Some(this)
    }

    /// Takes the limits and the retry plan that a file writes.
    pub(super) fn adjust(&mut self, to: &Adjustment) {
        fn set<T: Copy>(place: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *place = value;
            }
        }
        set(&mut self.max_message_bytes, to.message_bytes);
        set(&mut self.limits.payloads, to.payloads);
        set(&mut self.limits.payload_bytes, to.payload_bytes);
        set(&mut self.limits.total_bytes, to.total_bytes);
        set(&mut self.limits.ratio, to.ratio);
        set(&mut self.max_age, to.max_age);
        set(&mut self.max_ahead, to.max_ahead);
        self.retry = Schedule::new(
            to.attempts.unwrap_or(self.retry.attempts()),
            to.interval.unwrap_or(self.retry.interval()),
        );
        set(&mut self.may_outlast_deadline, to.may_outlast_deadline);
    }

    /// What is agreed for this service and action before a partner says otherwise.
    pub(super) fn leg(&self, purpose: Option<(&Service, &str)>) -> Leg {
        let mut leg = Leg {
            agreement: self.agreement.clone(),
            mpc: (self.mpc != profile::DEFAULT_MPC).then(|| self.mpc.clone()),
            ..Leg::default()
        };
        self.security.apply(&mut leg);
        if let Some((service, action)) = purpose {
            for rule in &self.legs {
                rule.apply(&mut leg, service, action);
            }
        }
        leg
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When to send again.
    pub fn retry(&self) -> Schedule {
        self.retry
    }

    /// Whether the last attempt may come after the time in which an answer is of use: so it is in
    /// the P-Modes that were published for Domibus. [AS4 3.1]
    pub fn may_outlast_deadline(&self) -> bool {
        self.may_outlast_deadline
    }

    /// Limits on payloads.
    pub fn limits(&self) -> PayloadLimits {
        self.limits
    }

    /// The most octets a message may have as it travels.
    pub fn max_message_bytes(&self) -> u64 {
        self.max_message_bytes
    }

    /// The role of whoever sends.
    pub fn role_from(&self) -> &str {
        &self.role_from
    }

    /// The role of whoever receives.
    pub fn role_to(&self) -> &str {
        &self.role_to
    }

    /// The services and their actions.
    pub fn services(&self) -> impl Iterator<Item = (&Service, &BTreeSet<String>)> {
        self.services
            .iter()
            .map(|(service, actions)| (service, actions))
    }

    /// The names of the message properties of a release: two before 2.0, four from then on.
    /// `None` where nothing is agreed for it.
    // [R-EDM-ebMS-018] [R-EDM-ebMS-019]
    pub fn property_names(&self, edm_version: &str) -> Option<&[String]> {
        let set = self
            .properties
            .iter()
            .find(|set| set.edm_versions.iter().any(|it| it == edm_version))?;
        Some(&set.names)
    }

    /// Whether these are exactly the properties of that release.
    // [R-EDM-ebMS-018] [R-EDM-ebMS-019]
    pub fn has_properties_of(&self, edm_version: &str, properties: &[Property]) -> bool {
        self.property_names(edm_version).is_none_or(|names| {
            let found: BTreeSet<&str> = properties.iter().map(Property::name).collect();
            properties.len() == names.len() && names.iter().all(|name| found.contains(&**name))
        })
    }
}

fn read_services(table: &Table<'_>) -> Option<Vec<(Service, BTreeSet<String>)>> {
    let tables = table.tables("service");
    if tables.is_empty() {
        table.problem("service", "at least one [[service]] is needed");
    }
    let read = |table: Table<'_>| {
        let value = table.required("value");
        let kind = table.word("type");
        let actions: BTreeSet<String> = table
            .texts("actions")
            .into_iter()
            .map(|it| it.text)
            .collect();
        if actions.is_empty() {
            table.problem("actions", "at least one action is needed");
        }
        let service = value.and_then(|value| {
            Service::new(&value, kind.as_deref())
                .map_err(|error| table.problem("value", error))
                .ok()
        });
        table.finish();
        Some((service?, actions))
    };
    tables.into_iter().map(read).collect()
}

/// `encrypt` and `compress` may stand at the top, all else in `[security]`.
fn read_security(table: &Table<'_>) -> Security {
    let section = table.table("security");
    let mut security = Security::read(&section);
    if security.is_contradictory() {
        section.problem("key_derivation", NOT_ECDSA);
    }
    section.finish();
    security.fill(table.flag("encrypt"), table.flag("compress"));
    security
}

/// A leg for what the services do not know would never be used.
pub(super) fn unknown_legs(
    legs: &[LegRule],
    services: &[(Service, BTreeSet<String>)],
) -> Vec<(usize, String)> {
    let is_known = |leg: &&LegRule| {
        let (wanted, action) = leg.names();
        services.iter().any(|(service, actions)| {
            wanted.is_none_or(|wanted| wanted == service.value()) && actions.contains(action)
        })
    };
    let problem = |leg: &LegRule| {
        let action = leg.names().1;
        (
            leg.line(),
            format!("leg: no [[service]] has the action {action:?}"),
        )
    };
    let unknown = legs.iter().filter(|leg| !leg.is_test() && !is_known(leg));
    unknown.map(problem).collect()
}

/// Limits and retry plan as far as a file writes them.
#[derive(Clone, Debug, Default)]
pub(super) struct Adjustment {
    message_bytes: Option<u64>,
    payloads: Option<usize>,
    payload_bytes: Option<u64>,
    total_bytes: Option<u64>,
    ratio: Option<u64>,
    max_age: Option<Duration>,
    max_ahead: Option<Duration>,
    attempts: Option<u32>,
    interval: Option<Duration>,
    may_outlast_deadline: Option<bool>,
}

impl Adjustment {
    pub(super) fn read(table: &Table<'_>) -> Self {
        let (limits, retry) = (table.table("limits"), table.table("retry"));
        let positive = |table: &Table<'_>, key| {
            let number = table.number(key);
            if number == Some(0) {
                table.problem(key, "must not be 0");
            }
            number
        };
        let seconds = |table: &Table<'_>, key| table.number(key).map(Duration::from_secs);
        let this = Self {
            message_bytes: positive(&limits, "message_bytes"),
            payloads: positive(&limits, "payloads")
                .map(|number| usize::try_from(number).unwrap_or(usize::MAX)),
            payload_bytes: positive(&limits, "payload_bytes"),
            total_bytes: positive(&limits, "total_bytes"),
            ratio: positive(&limits, "ratio"),
            max_age: seconds(&limits, "max_age_secs"),
            max_ahead: seconds(&limits, "max_ahead_secs"),
            attempts: positive(&retry, "attempts")
                .map(|number| u32::try_from(number).unwrap_or(u32::MAX)),
            interval: seconds(&retry, "interval_secs"),
            may_outlast_deadline: retry.flag("may_outlast_deadline"),
        };
        limits.finish();
        retry.finish();
        this
    }
}

/// The message properties of some releases: these and no others.
#[derive(Clone, Debug)]
pub(super) struct PropertySet {
    edm_versions: Vec<String>,
    names: Vec<String>,
}

impl PropertySet {
    fn read_all(table: &Table<'_>) -> Vec<Self> {
        let tables = table.tables("properties");
        if tables.is_empty() {
            return Self::of_oots();
        }
        let mut taken = BTreeSet::new();
        let read = |table: Table<'_>| {
            let texts = |key| -> Vec<String> {
                let texts = table.texts(key).into_iter();
                texts.map(|located| located.text).collect()
            };
            let set = Self {
                edm_versions: texts("edm_versions"),
                names: texts("names"),
            };
            for version in &set.edm_versions {
                if !taken.insert(version.clone()) {
                    table.problem("edm_versions", format!("{version} is named twice"));
                }
            }
            if set.edm_versions.is_empty() {
                table.problem("edm_versions", "at least one version is needed");
            }
            let distinct: BTreeSet<_> = set.names.iter().collect();
            if distinct.len() != set.names.len() {
                table.problem("names", "a name stands here twice");
            }
            table.finish();
            set
        };
        tables.into_iter().map(read).collect()
    }

    /// [AS4 4.1] two corners in 1.x, and exchange and specification besides in 2.0.
    fn of_oots() -> Vec<Self> {
        let texts = |list: &[&str]| list.iter().copied().map(str::to_owned).collect();
        let corners = [profile::ORIGINAL_SENDER, profile::FINAL_RECIPIENT];
        vec![
            Self {
                edm_versions: texts(&["1.0", "1.1", "1.2"]),
                names: texts(&corners),
            },
            Self {
                edm_versions: texts(&["2.0"]),
                names: texts(&[
                    corners[0],
                    corners[1],
                    profile::EXCHANGE_ID,
                    profile::SPECIFICATION_ID,
                ]),
            },
        ]
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
    /// [AS4 4.4]
    fn default() -> Self {
        Self {
            payloads: 28,
            payload_bytes: 100 << 20,
            total_bytes: 300 << 20,
            ratio: 200,
        }
    }
}

/// Rules on header values whose violation cannot be answered with a valid message. [AS4 2.3]
#[derive(Clone, Debug, Default)]
pub(crate) struct Rules {
    pub(crate) required_properties: Vec<String>,
    pub(crate) uuid_properties: Vec<String>,
    pub(crate) conversation_id_is_uuid: bool,
}

impl Rules {
    fn read(table: Table<'_>) -> Self {
        let texts = |key| -> Vec<String> {
            let texts = table.texts(key).into_iter();
            texts.map(|located| located.text).collect()
        };
        let this = Self {
            required_properties: texts("required_properties"),
            uuid_properties: texts("uuid_properties"),
            conversation_id_is_uuid: table.flag("conversation_id_is_uuid").unwrap_or_default(),
        };
        table.finish();
        this
    }
}

/// [AS4 4.4]
const MAX_MESSAGE_BYTES: u64 = 100 << 20;
/// [AS4 3.6]
const MAX_AGE: Duration = Duration::from_secs(7 * 24 * 3600);
const MAX_AHEAD: Duration = Duration::from_secs(300);
/// Inside T1 of five minutes. [AS4 3.1]
const ATTEMPTS: u32 = 4;
const INTERVAL: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests;
