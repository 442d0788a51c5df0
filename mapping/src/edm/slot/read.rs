//! Slots from XML. Addressed by name, checked against a closed table; order carries no meaning.

use super::{Kind, RIM, SCHEMA, SDG, SET, XSI};
use crate::edm::{
    Caution, EvidenceResponseId, Invalid, Liberty, Malformed, Problem, Version,
    slot::read_date_time,
};
use jiff::Timestamp;
use std::{borrow::Cow, str::FromStr};
use xml::Element;

/// What is known while a message is read, and what was tolerated so far.
pub(in crate::edm) struct Reading {
    /// Release line of the message.
    pub(crate) version: Version,
    /// What was tolerated so far.
    pub(crate) cautions: Vec<Caution>,
}

impl Reading {
    /// Notes something tolerated.
    pub(crate) fn caution(
        &mut self,
        liberty: Liberty,
        rule: Option<&'static str>,
        at: Element<'_>,
    ) {
        self.cautions.push(Caution::new(liberty, rule, at.path()));
    }

    /// Whether the rules that came with 1.2 hold. What 1.1 checked is not known, so it is read
    /// like 1.0 where the two could differ.
    pub(crate) fn is_newer(&self) -> bool {
        self.version >= Version::V1_2
    }
}

/// What one slot must be.
#[derive(Clone, Copy)]
pub(in crate::edm) struct SlotRule {
    /// Name.
    pub(crate) name: &'static str,
    /// Type.
    pub(crate) kind: Kind,
    /// Whether it must be there, and the rule on how often.
    pub(crate) count: (bool, &'static str),
    /// Rule on the type.
    pub(crate) typed: &'static str,
    /// First and last release line that has it so.
    pub(crate) lines: (Version, Version),
}

impl SlotRule {
    /// A slot of every release line. The rules are on how often it is there, and on its type.
    pub(crate) const fn new(
        name: &'static str,
        kind: Kind,
        required: bool,
        [count, typed]: [&'static str; 2],
    ) -> Self {
        Self {
            name,
            kind,
            count: (required, count),
            typed,
            lines: (Version::V1_0, Version::V2_0),
        }
    }

    /// The same up to 1.2.
    pub(crate) const fn until_1_2(mut self) -> Self {
        self.lines.1 = Version::V1_2;
        self
    }

    /// The same from 2.0 on.
    pub(crate) const fn since_2_0(mut self) -> Self {
        self.lines.0 = Version::V2_0;
        self
    }

    fn covers(&self, version: Version) -> bool {
        self.lines.0 <= version && version <= self.lines.1
    }
}

/// Rules that all slots of one place share.
#[derive(Clone, Copy)]
pub(in crate::edm) struct Family {
    /// Slots, in the order the specification lists them.
    pub(crate) slots: &'static [SlotRule],
    /// Rule that closes the list; without one an unknown slot is passed over.
    pub(crate) closed: Option<&'static str>,
    /// Rule: one SlotValue per Slot.
    pub(crate) one_value: &'static str,
    /// Rule: a SlotValue is not empty.
    pub(crate) filled: &'static str,
    /// Rules: a collection has elements; its type is Set.
    pub(crate) collection: (&'static str, &'static str),
}

/// The slots found in one place.
pub(in crate::edm) struct Slots<'d> {
    found: Vec<(&'static SlotRule, Element<'d>)>,
    family: Family,
    place: Element<'d>,
}

impl<'d> Slots<'d> {
    /// Reads the slots that are children of an element.
    pub(crate) fn read(
        reading: &mut Reading,
        place: Element<'d>,
        family: Family,
    ) -> Result<Self, Invalid> {
        let mut slots = Self {
            found: Vec::new(),
            family,
            place,
        };
        for slot in place.children_named(RIM, "Slot") {
            slots.take(reading, slot)?;
        }
        slots.check_order(reading);
        for rule in family.slots.iter().filter(|r| r.covers(reading.version)) {
            let (required, rule_id) = rule.count;
            if required && slots.value(rule.name).is_none() {
                let problem = Problem::Missing(rule.name);
                return Err(Invalid::new(rule_id, problem, place.path()));
            }
        }
        Ok(slots)
    }

    fn take(&mut self, reading: &mut Reading, slot: Element<'d>) -> Result<(), Invalid> {
        let name = slot.attribute("", "name").unwrap_or_default();
        let version = reading.version;
        let mut rules = self.family.slots.iter();
        let Some(rule) = rules.find(|rule| rule.name == name && rule.covers(version)) else {
            return match self.family.closed {
                Some(closed) => {
                    let problem = Problem::Unexpected("a slot of this name");
                    Err(Invalid::new(closed, problem, slot.path()))
                }
                None => {
                    reading.caution(Liberty::UnknownElement, None, slot);
                    Ok(())
                }
            };
        };
        if self.value(rule.name).is_some() {
            let problem = Problem::Repeated(rule.name);
            return Err(Invalid::new(rule.count.1, problem, slot.path()));
        }
        let Some(value) = slot.only_child(RIM, "SlotValue") else {
            let problem = Problem::Missing("SlotValue");
            return Err(Invalid::new(self.family.one_value, problem, slot.path()));
        };
        if type_name(value) != Some(rule.kind.type_name()) {
            let problem = Problem::Type(rule.kind.type_name());
            return Err(Invalid::new(rule.typed, problem, value.path()));
        }
        if rule.kind == Kind::Collection {
            self.check_collection(reading, value)?;
        }
        self.found.push((rule, value));
        Ok(())
    }

    /// [R-EDM-REQ-S053] mandatory since 1.1; in 1.0 often left out.
    fn check_collection(&self, reading: &mut Reading, value: Element<'_>) -> Result<(), Invalid> {
        match value.attribute("", "collectionType") {
            Some(SET) => Ok(()),
            _ if reading.is_newer() => {
                let problem = Problem::Value(Malformed("the collection type Set"));
                Err(Invalid::new(
                    self.family.collection.1,
                    problem,
                    value.path(),
                ))
            }
            _ => {
                reading.caution(Liberty::CollectionType, None, value);
                Ok(())
            }
        }
    }

    /// `[W15]` another order is tolerated.
    fn check_order(&self, reading: &mut Reading) {
        let places: Vec<_> = self
            .found
            .iter()
            .map(|(rule, _)| self.family.slots.iter().position(|r| r.name == rule.name))
            .collect();
        if !places.is_sorted() {
            reading.caution(Liberty::SlotOrder, None, self.place);
        }
    }

    fn value(&self, name: &str) -> Option<Element<'d>> {
        let mut found = self.found.iter();
        found
            .find(|(rule, _)| rule.name == name)
            .map(|(_, value)| *value)
    }

    /// Whether the slot is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// The element of a slot that was checked to be there.
    pub(crate) fn required(&self, name: &'static str) -> Result<Element<'d>, Invalid> {
        self.value(name).ok_or_else(|| {
            Invalid::new(
                self.family.filled,
                Problem::Missing(name),
                self.place.path(),
            )
        })
    }

    /// The `rim:Value` of a slot, if the slot is there.
    pub(crate) fn element(&self, name: &'static str) -> Result<Option<Element<'d>>, Invalid> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        match value.only_child(RIM, "Value") {
            Some(value) => Ok(Some(value)),
            None => {
                let problem = Problem::Missing("Value");
                Err(Invalid::new(self.family.filled, problem, value.path()))
            }
        }
    }

    /// The `rim:Value` of a slot that must be there.
    pub(crate) fn scalar(&self, name: &'static str) -> Result<Element<'d>, Invalid> {
        self.element(name)?.ok_or_else(|| {
            let problem = Problem::Missing(name);
            Invalid::new(self.family.filled, problem, self.place.path())
        })
    }

    /// A truth value.
    pub(crate) fn boolean(&self, name: &'static str, rule: &'static str) -> Result<bool, Invalid> {
        let value = self.scalar(name)?;
        match value.trimmed_text().as_ref() {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(Invalid::new(rule, Malformed("a truth value"), value.path())),
        }
    }

    /// A time, if the slot is there.
    pub(crate) fn date_time(
        &self,
        reading: &mut Reading,
        name: &'static str,
        rule: &'static str,
    ) -> Result<Option<Timestamp>, Invalid> {
        let Some(value) = self.element(name)? else {
            return Ok(None);
        };
        let Some((at, zoned)) = read_date_time(&value.trimmed_text()) else {
            return Err(Invalid::new(
                rule,
                Malformed("a date and time"),
                value.path(),
            ));
        };
        if !zoned {
            reading.caution(Liberty::TimeZone, None, value);
        }
        Ok(Some(at))
    }

    /// The one SDG element of a slot that must be there.
    pub(crate) fn any(
        &self,
        name: &'static str,
        local: &'static str,
        rule: &'static str,
    ) -> Result<Element<'d>, Invalid> {
        only_sdg(self.required(name)?, local, rule)
    }

    /// The SDG elements of a collection, if the slot is there. `typed` is the rule on the type of
    /// each `rim:Element`, `one` that each holds exactly one such element.
    pub(crate) fn collection(
        &self,
        name: &'static str,
        local: &'static str,
        (typed, one): (&'static str, &'static str),
    ) -> Result<Vec<Element<'d>>, Invalid> {
        let Some(value) = self.value(name) else {
            return Ok(Vec::new());
        };
        let mut items = Vec::new();
        for element in value.children_named(RIM, "Element") {
            if type_name(element) != Some(Kind::Any.type_name()) {
                let problem = Problem::Type(Kind::Any.type_name());
                return Err(Invalid::new(typed, problem, element.path()));
            }
            items.push(only_sdg(element, local, one)?);
        }
        if items.is_empty() {
            let problem = Problem::Missing("Element");
            return Err(Invalid::new(
                self.family.collection.0,
                problem,
                value.path(),
            ));
        }
        Ok(items)
    }
}

fn only_sdg<'d>(
    place: Element<'d>,
    local: &'static str,
    rule: &'static str,
) -> Result<Element<'d>, Invalid> {
    let mut children = place.children();
    match (children.next(), children.next()) {
        (Some(child), None) if child.is(SDG, local) => Ok(child),
        (None, _) => Err(Invalid::new(rule, Problem::Missing(local), place.path())),
        _ => {
            let problem = Problem::Combination("one element of the expected name must be here");
            Err(Invalid::new(rule, problem, place.path()))
        }
    }
}

/// The part of `xsi:type` after the colon, as the rules compare it.
pub(in crate::edm) fn type_name(element: Element<'_>) -> Option<&str> {
    let name = element.attribute(XSI, "type")?.trim();
    Some(name.split_once(':').map_or(name, |(_, local)| local))
}

/// An attribute that must be there and not blank.
pub(in crate::edm) fn attribute<'d>(
    element: Element<'d>,
    (namespace, local): (&str, &'static str),
    rule: &'static str,
) -> Result<&'d str, Invalid> {
    let value = element.attribute(namespace, local).map(str::trim);
    value
        .filter(|value| !value.is_empty())
        .ok_or_else(|| Invalid::new(rule, Problem::Missing(local), element.path()))
}

/// Text of a child of the SDG profile that is there at most once; blank counts as absent.
pub(in crate::edm) fn optional_leaf<'d>(
    parent: Element<'d>,
    local: &'static str,
) -> Result<Option<(Element<'d>, Cow<'d, str>)>, Invalid> {
    let mut children = parent.children().filter(move |child| child.is(SDG, local));
    let Some(child) = children.next() else {
        return Ok(None);
    };
    if children.next().is_some() {
        let problem = Problem::Repeated(local);
        return Err(Invalid::new(SCHEMA, problem, parent.path()));
    }
    let text = child.trimmed_text();
    Ok((!text.is_empty()).then_some((child, text)))
}

/// Text of a child of the SDG profile that must be there exactly once.
pub(in crate::edm) fn leaf<'d>(
    parent: Element<'d>,
    local: &'static str,
    rule: &'static str,
) -> Result<(Element<'d>, Cow<'d, str>), Invalid> {
    optional_leaf(parent, local)?
        .ok_or_else(|| Invalid::new(rule, Problem::Missing(local), parent.path()))
}

/// Identifier of an answer. Older messages give it the prefix of request ids.
pub(in crate::edm) fn read_response_id(
    reading: &mut Reading,
    slots: &Slots<'_>,
    rule: &'static str,
) -> Result<EvidenceResponseId, Invalid> {
    let value = slots.scalar("EvidenceResponseIdentifier")?;
    let text = value.trimmed_text();
    let bare = text
        .strip_prefix("urn:uuid:")
        .filter(|_| !reading.is_newer());
    if bare.is_some() {
        reading.caution(Liberty::ResponseIdPrefix, None, value);
    }
    parsed(bare.unwrap_or(&text), rule, value)
}

/// A text as a value.
pub(in crate::edm) fn parsed<T: FromStr<Err = Malformed>>(
    text: &str,
    rule: &'static str,
    at: Element<'_>,
) -> Result<T, Invalid> {
    text.parse()
        .map_err(|malformed| Invalid::new(rule, malformed, at.path()))
}

/// A child text as a value, if the child is there.
pub(in crate::edm) fn choice<T: FromStr<Err = Malformed>>(
    parent: Element<'_>,
    local: &'static str,
    rule: &'static str,
) -> Result<Option<T>, Invalid> {
    match optional_leaf(parent, local)? {
        Some((child, text)) => parsed(&text, rule, child).map(Some),
        None => Ok(None),
    }
}

/// Refuses child elements outside a closed list.
pub(in crate::edm) fn allow_only(
    parent: Element<'_>,
    allowed: &[&str],
    rule: &'static str,
) -> Result<(), Invalid> {
    let stranger = parent
        .children()
        .find(|child| !allowed.iter().any(|local| child.is(SDG, local)));
    match stranger {
        Some(stranger) => {
            let problem = Problem::Unexpected("an element of this name");
            Err(Invalid::new(rule, problem, stranger.path()))
        }
        None => Ok(()),
    }
}
