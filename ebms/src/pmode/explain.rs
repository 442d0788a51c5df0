//! Why a message has a P-Mode or has none: every field that is compared, with what was expected and
//! what was found. It decides nothing: [`PModes::find`] does.

use super::{PModes, find::PMode};
use crate::{
    envelope::Envelope,
    header::{Property, UserMessage, decode},
    id::PartyId,
    profile,
    refusal::{Reason, Refusal},
};
use serde::Serialize;
use std::fmt;
use xml::Document;

/// Reads the header of a SOAP envelope that stands alone, without its payloads. Nothing is proven:
/// it is for explanations, never for processing.
///
/// # Errors
/// It is not an envelope with one user message.
pub fn read_header(envelope: &[u8]) -> Result<UserMessage, Refusal> {
    let unnamed = |reason| Refusal::new(reason, None);
    let document = Document::parse(envelope, &xml::Limits::SOAP)
        .map_err(|invalid| unnamed(Reason::Xml(invalid)))?;
    let envelope = Envelope::locate(&document).map_err(unnamed)?;
    decode::user_message(envelope.messaging).map_err(unnamed)
}

/// A field of the header that selects a P-Mode, or that one prescribes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Field {
    /// The receiving party.
    To,
    /// The sending party.
    From,
    /// Role of the sender.
    FromRole,
    /// Role of the receiver.
    ToRole,
    /// Service and its type.
    Service,
    /// Action.
    Action,
    /// Agreement.
    Agreement,
    /// Message partition channel.
    Mpc,
    /// Message properties.
    Properties,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::To => "To",
            Self::From => "From",
            Self::FromRole => "From/Role",
            Self::ToRole => "To/Role",
            Self::Service => "Service",
            Self::Action => "Action",
            Self::Agreement => "AgreementRef",
            Self::Mpc => "mpc",
            Self::Properties => "MessageProperties",
        })
    }
}

/// One comparison.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Check {
    /// Which field.
    pub field: Field,
    /// Whether it is as agreed.
    pub ok: bool,
    /// What was agreed.
    pub expected: String,
    /// What the message says.
    pub found: String,
}

/// How a message compares with the P-Mode that matches it, or comes closest.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Explanation {
    /// The partner of the P-Mode; none if there are no partners.
    pub partner: Option<String>,
    /// The template of the P-Mode.
    pub template: Option<String>,
    /// Whether the message has this P-Mode.
    pub matches: bool,
    /// Every field, in the order of the header.
    pub checks: Vec<Check>,
}

impl Explanation {
    /// The fields that differ.
    pub fn failed(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| !check.ok)
    }
}

impl PModes {
    /// Compares a header with every P-Mode and tells about the closest one.
    pub fn explain(&self, header: &UserMessage) -> Explanation {
        let closest = self.all().min_by_key(|pmode| {
            let checks = self.checks(pmode, header);
            let party = checks
                .iter()
                .any(|check| check.field == Field::From && !check.ok);
            (checks.iter().filter(|check| !check.ok).count(), party)
        });
        let Some(pmode) = closest else {
            return Explanation {
                partner: None,
                template: None,
                matches: false,
                checks: vec![self.to(header)],
            };
        };
        let checks = self.checks(pmode, header);
        // A wrong set of properties is answered by the EDM, not refused for want of a P-Mode. [P44]
        let selects = |check: &&Check| check.field != Field::Properties;
        Explanation {
            partner: Some(pmode.partner.name().to_string()),
            template: Some(pmode.template.name().to_owned()),
            matches: checks.iter().filter(selects).all(|check| check.ok),
            checks,
        }
    }

    fn to(&self, header: &UserMessage) -> Check {
        check(Field::To, party(header.to().id()), &parties(self.ours()))
    }

    fn checks(&self, pmode: &PMode, header: &UserMessage) -> Vec<Check> {
        let template = &pmode.template;
        let from = parties(pmode.partner.party_ids());
        let mut checks = vec![
            check(Field::From, party(header.from().id()), &from),
            check(
                Field::FromRole,
                header.from().role(),
                std::slice::from_ref(&template.role_from),
            ),
            self.to(header),
            check(
                Field::ToRole,
                header.to().role(),
                std::slice::from_ref(&template.role_to),
            ),
        ];
        if header.agreement.is_some() {
            let agreed = template
                .agreement
                .clone()
                .unwrap_or_else(|| NONE.to_owned());
            checks.push(check(
                Field::Agreement,
                header.agreement().unwrap_or(NONE),
                &[agreed],
            ));
        }
        checks.extend(purpose(pmode, header));
        checks.push(check(
            Field::Mpc,
            mpc(header),
            std::slice::from_ref(&template.mpc),
        ));
        checks.push(properties(pmode, header));
        checks
    }
}

fn check(field: Field, found: impl Into<String>, expected: &[String]) -> Check {
    let found = found.into();
    Check {
        field,
        ok: expected.contains(&found),
        expected: expected.join(" or "),
        found,
    }
}

fn party(id: &PartyId) -> String {
    id.to_string()
}

fn parties(ids: &[PartyId]) -> Vec<String> {
    ids.iter().map(PartyId::to_string).collect()
}

/// The message partition channel of a message. `[P34]`
pub(super) fn mpc(header: &UserMessage) -> &str {
    header.mpc.as_deref().unwrap_or(profile::DEFAULT_MPC)
}

/// Service and action: those of the template, or of the test service.
fn purpose(pmode: &PMode, header: &UserMessage) -> [Check; 2] {
    let named = |value: &str, kind: Option<&str>| match kind {
        Some(kind) => format!("{value} ({kind})"),
        None => value.to_owned(),
    };
    let found = named(header.service().value(), header.service().kind());
    if header.is_test_service() {
        return [
            check(Field::Service, found.clone(), &[found]),
            check(
                Field::Action,
                header.action(),
                &[header.action().to_owned()],
            ),
        ];
    }
    let all = pmode.template.services();
    let services: Vec<_> = all.map(|(it, _)| named(it.value(), it.kind())).collect();
    let known = pmode
        .template
        .services()
        .find(|(it, _)| *it == header.service());
    let actions: Vec<String> = match known {
        Some((_, actions)) => actions.iter().cloned().collect(),
        None => {
            let actions = pmode.template.services().flat_map(|(_, actions)| actions);
            actions.cloned().collect()
        }
    };
    [
        check(Field::Service, found, &services),
        check(Field::Action, header.action(), &actions),
    ]
}

/// The properties of the release the message names, or of one the partner speaks.
fn properties(pmode: &PMode, header: &UserMessage) -> Check {
    let names: Vec<&str> = header.properties().iter().map(Property::name).collect();
    let found = if names.is_empty() {
        NONE.to_owned()
    } else {
        names.join(", ")
    };
    let claimed = header
        .property(profile::SPECIFICATION_ID)
        .and_then(|it| it.value().rsplit_once('v'))
        .map(|(_, version)| version.to_owned());
    let spoken = pmode.partner.edm_versions().to_vec();
    let versions = claimed.map_or(spoken, |version| vec![version]);
    let template = &pmode.template;
    let fits = |version: &String| template.has_properties_of(version, header.properties());
    let mut expected: Vec<String> = versions
        .iter()
        .filter_map(|version| Some(template.property_names(version)?.join(", ")))
        .collect();
    expected.dedup();
    Check {
        field: Field::Properties,
        // The test service needs none.
        ok: header.is_test_service() || versions.is_empty() || versions.iter().any(fits),
        expected: expected.join(" or "),
        found,
    }
}

const NONE: &str = "(none)";
