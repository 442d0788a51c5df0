//! Slots: the named values every message of the data model is made of

use std::borrow::Cow;

use xml::{Element, Writer};

use super::{RIM, SET, XSI};

/// The name of a slot's value type: the part of `xsi:type` after the colon
pub(super) fn value_type(element: Element<'_>) -> Option<&str> {
    element
        .attribute(XSI, "type")
        .map(|name| name.rsplit_once(':').map_or(name, |(_, local)| local))
}

/// The slots of an element by name
pub(super) struct Slots<'d> {
    owner: Element<'d>,
}

impl<'d> Slots<'d> {
    pub(super) const fn of(owner: Element<'d>) -> Self {
        Self { owner }
    }

    /// The names, in document order
    pub(super) fn names(&self) -> Vec<&'d str> {
        let slots = self.owner.children_named(RIM, "Slot");
        slots
            .map(|slot| slot.attribute("", "name").unwrap_or_default())
            .collect()
    }

    /// The `SlotValue` of a slot that has the wanted type
    pub(super) fn typed(&self, name: &str, wanted: &str) -> Option<Element<'d>> {
        let mut slots = self.owner.children_named(RIM, "Slot");
        let slot = slots.find(|slot| slot.attribute("", "name") == Some(name))?;
        let value = slot.only_child(RIM, "SlotValue")?;
        (value_type(value) == Some(wanted)).then_some(value)
    }

    /// The text of a slot with a simple value
    pub(super) fn text(&self, name: &str, wanted: &str) -> Option<Cow<'d, str>> {
        self.typed(name, wanted)?
            .only_child(RIM, "Value")
            .map(Element::trimmed_text)
    }

    /// The one element of an `AnyValueType` slot
    pub(super) fn any(&self, name: &str) -> Option<Element<'d>> {
        only(self.typed(name, "AnyValueType")?)
    }

    /// The elements of a collection
    pub(super) fn collection(&self, name: &str) -> Option<Vec<Element<'d>>> {
        let value = self.typed(name, "CollectionValueType")?;
        if value.attribute("", "collectionType") != Some(SET) {
            return None;
        }
        value
            .children_named(RIM, "Element")
            .map(|item| {
                (value_type(item) == Some("AnyValueType"))
                    .then(|| only(item))
                    .flatten()
            })
            .collect()
    }
}

fn only(element: Element<'_>) -> Option<Element<'_>> {
    let mut children = element.children();
    match (children.next(), children.next()) {
        (Some(child), None) => Some(child),
        _ => None,
    }
}

/// Writes a slot around what the closure writes
pub(super) fn slot(writer: &mut Writer, name: &str, kind: &str, value: impl FnOnce(&mut Writer)) {
    writer.element("rim:Slot", &[("name", name)], |writer| {
        let kind = format!("rim:{kind}");
        let set = [("xsi:type", kind.as_str()), ("collectionType", SET)];
        let attributes = if kind.ends_with("CollectionValueType") {
            &set[..]
        } else {
            &set[..1]
        };
        writer.element("rim:SlotValue", attributes, value);
    });
}

/// Writes a slot with a simple value
pub(super) fn simple(writer: &mut Writer, name: &str, kind: &str, text: &str) {
    slot(writer, name, kind, |writer| {
        writer.leaf("rim:Value", &[], text)
    });
}

/// Writes one element of a collection
pub(super) fn item(writer: &mut Writer, content: impl FnOnce(&mut Writer)) {
    writer.element("rim:Element", &[("xsi:type", "rim:AnyValueType")], content);
}
