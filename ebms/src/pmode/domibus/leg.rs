//! What the processes of a party agree on: roles, legs, security, retry.

use super::source::{Source, attribute};
use crate::{
    header::Service,
    pmode::{Profile, TokenKind},
    profile,
};
use std::collections::BTreeSet;
use xml::Element;

/// What some processes agree on.
#[derive(Clone, Debug)]
pub(super) struct Agreed {
    pub(super) role_from: String,
    pub(super) role_to: String,
    pub(super) agreement: Option<String>,
    pub(super) mpc: Option<String>,
    pub(super) legs: Vec<Leg>,
    pub(super) retry: Option<Retry>,
    pub(super) required: Vec<String>,
    pub(super) properties: BTreeSet<String>,
    pub(super) max_payload_bytes: Option<u64>,
}

/// One leg.
#[derive(Clone, Debug)]
pub(super) struct Leg {
    pub(super) service: Service,
    pub(super) action: String,
    pub(super) compress: bool,
    pub(super) security: Security,
}

/// How a leg is secured.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Security {
    pub(super) profile: Profile,
    pub(super) token: TokenKind,
    pub(super) encrypt: bool,
}

/// `minutes;attempts;CONSTANT`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Retry {
    pub(super) text: String,
    pub(super) attempts: u32,
    pub(super) minutes: u32,
}

impl Retry {
    /// Evenly spaced over the whole time. [AS4 3.1]
    pub(super) fn interval_secs(&self) -> u32 {
        self.minutes.saturating_mul(60) / self.attempts.max(1)
    }
}

impl Leg {
    pub(super) fn is_test(&self) -> bool {
        self.service.value() == profile::TEST_SERVICE && self.action == profile::TEST_ACTION
    }
}

/// Joins the processes; the first says what all must say.
pub(super) fn agreed<'d>(
    source: &Source<'d>,
    processes: &[(String, Element<'d>)],
) -> Option<Agreed> {
    let mut joined: Option<Agreed> = None;
    for (name, process) in processes {
        let Some(agreed) = of_process(source, name, *process) else {
            continue;
        };
        match &mut joined {
            None => joined = Some(agreed),
            Some(all) if all.has_frame_of(&agreed) => all.join(agreed),
            Some(_) => {
                let message = "its roles, agreement or channel differ from another process of the \
                               same party: left out";
                source.find("process", name, message);
            }
        }
    }
    joined
}

impl Agreed {
    fn has_frame_of(&self, other: &Self) -> bool {
        let frame = |it: &Self| {
            let texts = (it.role_from.clone(), it.role_to.clone());
            (texts, it.agreement.clone(), it.mpc.clone())
        };
        frame(self) == frame(other)
    }

    fn join(&mut self, other: Self) {
        for leg in other.legs {
            let known = |it: &Leg| it.service == leg.service && it.action == leg.action;
            if !self.legs.iter().any(known) {
                self.legs.push(leg);
            }
        }
        self.retry = self.retry.take().or(other.retry);
        self.properties.extend(other.properties);
        self.required.retain(|name| other.required.contains(name));
        self.max_payload_bytes = self.max_payload_bytes.max(other.max_payload_bytes);
    }
}

fn of_process<'d>(source: &Source<'d>, name: &str, process: Element<'d>) -> Option<Agreed> {
    let value = |key, table| {
        let (_, element) = source.refer(process, key, table)?;
        attribute(element, "value")
    };
    // [AS4 3.2] One-Way/Push is all that OOTS uses.
    let is = |uri: Option<String>, wanted: &str| uri.is_some_and(|uri| uri.ends_with(wanted));
    if !is(value("mep", &source.meps), "/oneWay")
        || !is(value("binding", &source.bindings), "/push")
    {
        source.find("process", name, "is not One-Way/Push: left out");
        return None;
    }
    let role = |key| {
        let role = value(key, &source.roles);
        if role.is_none() {
            source.find("process", name, &format!("no {key}: left out"));
        }
        role
    };
    let mut agreed = Agreed {
        role_from: role("initiatorRole")?,
        role_to: role("responderRole")?,
        agreement: agreement(source, process),
        mpc: None,
        legs: Vec::new(),
        retry: None,
        required: Vec::new(),
        properties: BTreeSet::new(),
        max_payload_bytes: None,
    };
    let list = process.child("", "legs");
    for (leg_name, _) in super::source::named(list, "leg") {
        match source.legs.get(&leg_name) {
            Some(leg) => agreed.add(source, &leg_name, *leg),
            None => source.find("process", name, &format!("leg {leg_name:?} is not defined")),
        }
    }
    if agreed.legs.iter().all(Leg::is_test) {
        source.find(
            "process",
            name,
            "has no leg that can be taken over: left out",
        );
        return None;
    }
    Some(agreed)
}

/// The published P-Modes have an empty agreement: nothing stands on the wire. `[P33]`
fn agreement<'d>(source: &Source<'d>, process: Element<'d>) -> Option<String> {
    let (name, element) = source.refer(process, "agreement", &source.agreements)?;
    let value = attribute(element, "value")?;
    if let Some(kind) = attribute(element, "type") {
        source.find(
            "agreement",
            &name,
            &format!("its type {kind:?} is neither sent nor asked for"),
        );
    }
    Some(value)
}

impl Agreed {
    fn add<'d>(&mut self, source: &Source<'d>, name: &str, leg: Element<'d>) {
        let Some((service, action)) = purpose(source, name, leg) else {
            return;
        };
        let Some(security) = security(source, name, leg) else {
            return;
        };
        let compress = match attribute(leg, "compressPayloads").as_deref() {
            Some("false") => false,
            Some("true") => true,
            _ => {
                source.find(
                    "legConfiguration",
                    name,
                    "no compressPayloads: taken as true",
                );
                true
            }
        };
        let mpc = source.refer(leg, "defaultMpc", &source.mpcs);
        let mpc = mpc.and_then(|(_, mpc)| attribute(mpc, "qualifiedName"));
        let mpc = mpc.filter(|mpc| mpc != profile::DEFAULT_MPC);
        if self.legs.is_empty() {
            self.mpc = mpc;
        } else if self.mpc != mpc {
            source.find("legConfiguration", name, "is on another channel: left out");
            return;
        }
        self.properties(source, leg);
        let retry = retry(source, leg);
        if self.retry.is_none() {
            self.retry = retry;
        } else if retry.is_some() && retry != self.retry {
            let message = "another retry than the leg before: that of the first leg counts";
            source.find("legConfiguration", name, message);
        }
        handling(source, name, leg);
        self.sizes(source, leg);
        self.legs.push(Leg {
            service,
            action,
            compress,
            security,
        });
    }

    fn properties<'d>(&mut self, source: &Source<'d>, leg: Element<'d>) {
        let Some((set_name, set)) = source.refer(leg, "propertySet", &source.property_sets) else {
            return;
        };
        let mut required = Vec::new();
        for reference in set.children_named("", "propertyRef") {
            let Some((name, property)) = source.refer(reference, "property", &source.properties)
            else {
                source.find(
                    "propertySet",
                    &set_name,
                    "names a property that is not defined",
                );
                continue;
            };
            let key = attribute(property, "key").unwrap_or(name);
            if attribute(property, "required").as_deref() == Some("true") {
                required.push(key.clone());
            }
            self.properties.insert(key);
        }
        if self.legs.is_empty() {
            self.required = required;
        } else {
            self.required.retain(|name| required.contains(name));
        }
    }

    fn sizes<'d>(&mut self, source: &Source<'d>, leg: Element<'d>) {
        let found = source.refer(leg, "payloadProfile", &source.payload_profiles);
        let Some((name, sizes)) = found else {
            return;
        };
        let bytes = attribute(sizes, "maxSize").and_then(|size| size.parse().ok());
        self.max_payload_bytes = self.max_payload_bytes.max(bytes.filter(|size| *size > 0));
        if sizes.children().next().is_some() {
            let message = "which payloads a message must have is not taken over";
            source.find("payloadProfile", &name, message);
        }
    }
}

fn purpose<'d>(source: &Source<'d>, name: &str, leg: Element<'d>) -> Option<(Service, String)> {
    let missing = |what: &str| {
        source.find("legConfiguration", name, &format!("no {what}: left out"));
    };
    let Some((service_name, service)) = source.refer(leg, "service", &source.services) else {
        missing("service");
        return None;
    };
    let action = source.refer(leg, "action", &source.actions);
    let Some(action) = action.and_then(|(_, action)| attribute(action, "value")) else {
        missing("action");
        return None;
    };
    let value = attribute(service, "value").unwrap_or_default();
    let kind = attribute(service, "type");
    // Left over from the example that Domibus comes with: service type "tc1", action "TC1Leg1".
    if let Some(kind) = kind.as_deref().filter(|kind| is_example(kind)) {
        let message = format!("its type {kind:?} is that of the example of Domibus");
        source.find("service", &service_name, &message);
    }
    match Service::new(&value, kind.as_deref()) {
        Ok(service) => Some((service, action)),
        Err(error) => {
            source.find(
                "service",
                &service_name,
                &format!("{value:?}: {error}: left out"),
            );
            None
        }
    }
}

fn is_example(kind: &str) -> bool {
    let number = kind.strip_prefix("tc");
    number.is_some_and(|number| number.chars().all(|c| c.is_ascii_digit()))
}

/// A profile by its name (5.2), or a policy file and a signature method (before).
fn security<'d>(source: &Source<'d>, leg_name: &str, leg: Element<'d>) -> Option<Security> {
    let Some((name, security)) = source.refer(leg, "security", &source.securities) else {
        source.find("legConfiguration", leg_name, "no security: left out");
        return None;
    };
    let policy = attribute(security, "policy")
        .unwrap_or_default()
        .to_ascii_lowercase();
    if policy.contains("donothing") {
        let message = "messages that are not signed are neither sent nor taken: its legs are left \
                       out";
        source.find("security", &name, message);
        return None;
    }
    let word = attribute(security, "profile").or(attribute(security, "signatureMethod"));
    let profile = match word.as_deref().map(str::to_ascii_lowercase).as_deref() {
        None => Profile::Rsa,
        Some("rsa" | "rsa_sha256") => Profile::Rsa,
        Some("ecc" | "eddsa" | "ed25519") => Profile::Ed25519,
        Some("ecdsa" | "ecdsa_sha256") => Profile::Ecdsa,
        Some(other) => {
            source.find(
                "security",
                &name,
                &format!("{other:?} is not known: its legs are left out"),
            );
            return None;
        }
    };
    // The four policies that Domibus comes with. [AS4 1.8]
    let token = if policy.contains("_pkip") {
        TokenKind::PkiPath
    } else if policy.contains("_is.") || policy.ends_with("_is") {
        TokenKind::IssuerSerial
    } else if policy.is_empty() || policy.contains("_bst") || policy.contains("signonly") {
        TokenKind::Bst
    } else {
        TokenKind::Ski
    };
    Some(Security {
        profile,
        token,
        encrypt: !policy.contains("signonly"),
    })
}

fn retry<'d>(source: &Source<'d>, leg: Element<'d>) -> Option<Retry> {
    let (name, reception) = source.refer(leg, "receptionAwareness", &source.receptions)?;
    if attribute(reception, "duplicateDetection").as_deref() == Some("false") {
        let message = "duplicates are found all the same";
        source.find("receptionAwareness", &name, message);
    }
    let text = attribute(reception, "retry")?;
    let mut parts = text.split(';').map(str::trim);
    let mut number = || parts.next()?.parse::<u32>().ok();
    let (minutes, attempts) = (number(), number());
    let strategy = parts.next().unwrap_or_default().to_owned();
    let (Some(minutes), Some(attempts @ 1..)) = (minutes, attempts) else {
        let message =
            format!("retry {text:?} is not minutes;attempts;CONSTANT: our default counts");
        source.find("receptionAwareness", &name, &message);
        return None;
    };
    let attempts = if strategy == "SEND_ONCE" { 1 } else { attempts };
    if !matches!(strategy.as_str(), "CONSTANT" | "SEND_ONCE") {
        let message = format!("retry {text:?}: attempts are evenly spaced here");
        source.find("receptionAwareness", &name, &message);
    }
    let retry = Retry {
        text,
        attempts,
        minutes,
    };
    // [AS4 3.1] [ROB 8.4] a trap: an answer is waited for five minutes.
    if attempts > 1 && minutes.saturating_mul(60) > T1_SECS {
        let message = format!(
            "retry {:?} is kept: {attempts} attempts, {} s apart, within {minutes} minutes; an \
             answer is of use for {T1_SECS} s only",
            retry.text,
            retry.interval_secs()
        );
        source.find("receptionAwareness", &name, &message);
    }
    Some(retry)
}

/// What is fixed here, whatever the file says. [AS4 4.1]
fn handling<'d>(source: &Source<'d>, name: &str, leg: Element<'d>) {
    let says = |element: Element<'_>, key, value: &str| {
        attribute(element, key).is_some_and(|found| found.eq_ignore_ascii_case(value))
    };
    if let Some((errors_name, errors)) = source.refer(leg, "errorHandling", &source.errors)
        && says(errors, "errorAsResponse", "false")
    {
        source.find(
            "errorHandling",
            &errors_name,
            "errors are sent as a response all the same",
        );
    }
    match source.refer(leg, "reliability", &source.reliabilities) {
        Some((reliability_name, reliability)) => {
            if says(reliability, "nonRepudiation", "false") {
                let message = "receipts carry the digests all the same, and must";
                source.find("reliability", &reliability_name, message);
            }
            if says(reliability, "replyPattern", "callback") {
                let message = "receipts are sent and awaited as a response all the same";
                source.find("reliability", &reliability_name, message);
            }
        }
        None => source.find(
            "legConfiguration",
            name,
            "no reliability: receipts are asked for",
        ),
    }
}

/// How long a requester waits. [AS4 4.3]
pub(super) const T1_SECS: u32 = 300;
