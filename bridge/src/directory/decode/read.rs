//! Pieces that every SDG element is read with.

use std::str::FromStr;

use mapping::edm::{LanguageCode, Text};
use xml::{Element, XML_NAMESPACE};

use crate::directory::answer::{Jurisdiction, Oddity};

pub(super) const QUERY: &str = "urn:oasis:names:tc:ebxml-regrep:xsd:query:4.0";
pub(super) const RIM: &str = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:4.0";
pub(super) const RS: &str = "urn:oasis:names:tc:ebxml-regrep:xsd:rs:4.0";
pub(super) const SDG: &str = "http://data.europa.eu/p4s";
pub(super) const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Collects what had to be left out.
#[derive(Default)]
pub(super) struct Reading {
    oddities: Vec<Oddity>,
}

impl Reading {
    /// Notes that an element is left out; always `None`.
    pub(super) fn leave_out<T>(
        &mut self,
        element: Element<'_>,
        problem: &'static str,
    ) -> Option<T> {
        self.oddities.push(Oddity {
            path: element.path(),
            problem,
        });
        None
    }

    pub(super) fn into_oddities(self) -> Vec<Oddity> {
        self.oddities
    }

    /// A child that must be there and of a type; else the parent is left out.
    pub(super) fn required<T: FromStr>(
        &mut self,
        parent: Element<'_>,
        name: &str,
        problem: &'static str,
    ) -> Option<T> {
        match parse(parent, name) {
            Some(value) => Some(value),
            None => self.leave_out(parent, problem),
        }
    }

    /// Values of repeatable children; the ones of another type are left out.
    pub(super) fn each<T: FromStr>(
        &mut self,
        parent: Element<'_>,
        name: &str,
        problem: &'static str,
    ) -> Vec<T> {
        parent
            .children_named(SDG, name)
            .filter_map(|child| match child.trimmed_text().parse() {
                Ok(value) => Some(value),
                Err(_) => self.leave_out(child, problem),
            })
            .collect()
    }

    pub(super) fn jurisdictions(&mut self, parent: Element<'_>) -> Vec<Jurisdiction> {
        parent
            .children_named(SDG, "Jurisdiction")
            .filter_map(|place| self.jurisdiction(place))
            .collect()
    }

    fn jurisdiction(&mut self, place: Element<'_>) -> Option<Jurisdiction> {
        Some(Jurisdiction {
            country: self.required(place, "AdminUnitLevel1", "country is not in the list")?,
            nuts: text(place, "AdminUnitLevel2"),
            lau: text(place, "AdminUnitLevel3"),
            classifications: place
                .children_named(SDG, "AdditionalJurisdictionClassification")
                .filter_map(|child| {
                    let list = child.attribute("", "listID")?;
                    Some((list.to_owned(), child.trimmed_text().into_owned()))
                })
                .collect(),
        })
    }
}

/// The value of the slot of this name.
pub(super) fn slot<'d>(parent: Element<'d>, name: &str) -> Option<Element<'d>> {
    parent
        .children_named(RIM, "Slot")
        .find(|slot| slot.attribute("", "name") == Some(name))?
        .child(RIM, "SlotValue")
}

/// Text of a child, when it is there and not empty.
pub(super) fn text(parent: Element<'_>, name: &str) -> Option<String> {
    let text = parent.child(SDG, name)?.trimmed_text();
    (!text.is_empty()).then(|| text.into_owned())
}

/// Value of a child, when it is there and of the type.
pub(super) fn parse<T: FromStr>(parent: Element<'_>, name: &str) -> Option<T> {
    parent.child(SDG, name)?.trimmed_text().parse().ok()
}

/// Texts in several languages. Where the language is missing or unknown it counts as English.
pub(super) fn texts(parent: Element<'_>, name: &str) -> Vec<Text> {
    parent
        .children_named(SDG, name)
        .filter(|child| !child.trimmed_text().is_empty())
        .map(|child| {
            let lang = child
                .attribute("", "lang")
                .or_else(|| child.attribute(XML_NAMESPACE, "lang"))
                .and_then(|lang| lang.trim().parse().ok())
                .unwrap_or(LanguageCode::EN);
            Text::new(lang, child.trimmed_text())
        })
        .collect()
}
