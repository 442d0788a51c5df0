//! The XML of a Domibus P-Mode: named things that refer to each other by name.

use super::Finding;
use std::{cell::RefCell, collections::BTreeMap};
use xml::Element;

/// Elements by their `@name`.
type Named<'d> = BTreeMap<String, Element<'d>>;

/// A P-Mode while it is read.
pub(super) struct Source<'d> {
    pub(super) mpcs: Named<'d>,
    pub(super) roles: Named<'d>,
    types: Named<'d>,
    /// In the order of the file.
    pub(super) parties: Vec<(String, Element<'d>)>,
    pub(super) bindings: Named<'d>,
    pub(super) meps: Named<'d>,
    pub(super) properties: Named<'d>,
    pub(super) property_sets: Named<'d>,
    pub(super) payload_profiles: Named<'d>,
    pub(super) securities: Named<'d>,
    pub(super) errors: Named<'d>,
    pub(super) agreements: Named<'d>,
    pub(super) services: Named<'d>,
    pub(super) actions: Named<'d>,
    pub(super) receptions: Named<'d>,
    pub(super) reliabilities: Named<'d>,
    splittings: Named<'d>,
    pub(super) legs: Named<'d>,
    processes: Vec<(String, Element<'d>)>,
    pub(super) findings: RefCell<Vec<Finding>>,
}

impl<'d> Source<'d> {
    pub(super) fn new(root: Element<'d>, all: Element<'d>) -> Self {
        let list = |name| all.child("", name);
        let named = |list_name, item| {
            named(list(list_name), item)
                .into_iter()
                .collect::<Named<'d>>()
        };
        let parties = list("parties");
        Self {
            mpcs: super::source::named(root.child("", "mpcs"), "mpc")
                .into_iter()
                .collect(),
            roles: named("roles", "role"),
            types: super::source::named(
                parties.and_then(|it| it.child("", "partyIdTypes")),
                "partyIdType",
            )
            .into_iter()
            .collect(),
            parties: super::source::named(parties, "party"),
            bindings: named("meps", "binding"),
            meps: named("meps", "mep"),
            properties: named("properties", "property"),
            property_sets: named("properties", "propertySet"),
            payload_profiles: named("payloadProfiles", "payloadProfile"),
            securities: named("securities", "security"),
            errors: named("errorHandlings", "errorHandling"),
            agreements: named("agreements", "agreement"),
            services: named("services", "service"),
            actions: named("actions", "action"),
            receptions: named("as4", "receptionAwareness"),
            reliabilities: named("as4", "reliability"),
            splittings: named("splittingConfigurations", "splitting"),
            legs: named("legConfigurations", "legConfiguration"),
            processes: super::source::named(Some(all), "process"),
            findings: RefCell::default(),
        }
    }

    /// Records what somebody should look at, once.
    pub(super) fn find(&self, kind: &str, name: &str, message: &str) {
        let finding = Finding {
            place: format!("{kind} {name}"),
            message: message.to_owned(),
        };
        let mut findings = self.findings.borrow_mut();
        if !findings.contains(&finding) {
            findings.push(finding);
        }
    }

    /// The element that an attribute of another refers to. A reference to nothing is a finding.
    pub(super) fn refer(
        &self,
        of: Element<'d>,
        key: &str,
        table: &Named<'d>,
    ) -> Option<(String, Element<'d>)> {
        let name = attribute(of, key)?;
        let found = table.get(&name).copied();
        if found.is_none() {
            let place = attribute(of, "name").unwrap_or_default();
            self.find(
                of.name().local,
                &place,
                &format!("{key} {name:?} is not defined"),
            );
        }
        found.map(|found| (name, found))
    }

    pub(super) fn processes_of(&self, party: &str) -> Vec<(String, Element<'d>)> {
        let takes_part = |process: &Element<'d>| {
            let names = |list, item| named(process.child("", list), item);
            let initiators = names("initiatorParties", "initiatorParty");
            let responders = names("responderParties", "responderParty");
            initiators
                .iter()
                .chain(&responders)
                .any(|(name, _)| name == party)
        };
        let all = self.processes.iter();
        all.filter(|(_, process)| takes_part(process))
            .cloned()
            .collect()
    }

    /// Value and scheme of each identifier.
    pub(super) fn identifiers(
        &self,
        party: &str,
        element: Element<'d>,
    ) -> Vec<(String, Option<String>)> {
        let mut ids = Vec::new();
        for identifier in element.children_named("", "identifier") {
            let Some(value) = attribute(identifier, "partyId") else {
                self.find("party", party, "an identifier without partyId");
                continue;
            };
            let kind = self.refer(identifier, "partyIdType", &self.types);
            let scheme = kind.and_then(|(_, kind)| attribute(kind, "value"));
            match crate::id::PartyId::new(&value, scheme.as_deref()) {
                Ok(_) => ids.push((value, scheme)),
                Err(error) => self.find("party", party, &format!("{value}: {error}")),
            }
        }
        ids
    }

    /// The address, without the blanks that published P-Modes have around it. `[P32]` `[W18]`
    pub(super) fn endpoint(&self, party: &str, element: Element<'d>) -> Option<String> {
        let written = element.attribute("", "endpoint").unwrap_or_default();
        let endpoint = written.trim();
        if endpoint.is_empty() {
            self.find("party", party, "no endpoint: left out");
            return None;
        }
        if endpoint != written {
            self.find("party", party, "blanks around the endpoint were taken away");
        }
        if !endpoint.starts_with("https://") {
            self.find("party", party, &format!("endpoint {endpoint} is not https"));
        }
        Some(endpoint.to_owned())
    }

    /// [AS4 3.4] published P-Modes declare a way to split messages that no leg uses.
    pub(super) fn unused_splittings(&self) {
        for name in self.splittings.keys() {
            let used = |leg: &Element<'_>| attribute(*leg, "splitting").as_ref() == Some(name);
            let message = if self.legs.values().any(used) {
                "messages are not split here: legs that ask for it send them whole"
            } else {
                "no leg uses it: not taken over"
            };
            self.find("splitting", name, message);
        }
    }
}

/// The items of a list that have a name, in the order of the file.
pub(super) fn named<'d>(list: Option<Element<'d>>, item: &str) -> Vec<(String, Element<'d>)> {
    let items = list.into_iter().flat_map(|list| list.children());
    items
        .filter(|element| element.name().local == item)
        .filter_map(|element| Some((attribute(element, "name")?, element)))
        .collect()
}

/// An attribute without blanks around it; an empty one says nothing. `[P31]` `[P33]`
pub(super) fn attribute(element: Element<'_>, name: &str) -> Option<String> {
    let value = element.attribute("", name)?.trim();
    (!value.is_empty()).then(|| value.to_owned())
}
