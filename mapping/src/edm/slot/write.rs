//! Slots as XML. Prefixes and declarations are those of the specification.

use super::{Kind, QUERY, RIM, RS, SDG, SET, XLINK, XSI, time::write_date_time};
use crate::edm::LanguageCode;
use jiff::Timestamp;
use xml::Writer;

/// Declarations of a root element, then its attributes.
pub(in crate::edm) fn root_attributes<'a>(
    attributes: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Vec<(&'a str, &'a str)> {
    let mut all = vec![
        ("xmlns:query", QUERY),
        ("xmlns:rim", RIM),
        ("xmlns:rs", RS),
        ("xmlns:sdg", SDG),
        ("xmlns:xlink", XLINK),
        ("xmlns:xsi", XSI),
    ];
    all.extend(attributes);
    all
}

fn slot(w: &mut Writer, name: &str, kind: Kind, content: impl FnOnce(&mut Writer)) {
    let kind_name = format!("rim:{}", kind.type_name());
    let mut attributes = vec![("xsi:type", kind_name.as_str())];
    if kind == Kind::Collection {
        attributes.push(("collectionType", SET));
    }
    w.element("rim:Slot", &[("name", name)], |w| {
        w.element("rim:SlotValue", &attributes, content);
    });
}

/// A slot with a string.
pub(in crate::edm) fn string(w: &mut Writer, name: &str, value: &str) {
    slot(w, name, Kind::Text, |w| w.leaf("rim:Value", &[], value));
}

/// A slot with a time.
pub(in crate::edm) fn date_time(w: &mut Writer, name: &str, at: Timestamp) {
    slot(w, name, Kind::DateTime, |w| {
        w.leaf("rim:Value", &[], &write_date_time(at));
    });
}

/// A slot with a truth value.
pub(in crate::edm) fn boolean(w: &mut Writer, name: &str, value: bool) {
    let value = if value { "true" } else { "false" };
    slot(w, name, Kind::Boolean, |w| w.leaf("rim:Value", &[], value));
}

/// A slot with a string in several languages.
pub(in crate::edm) fn international<'t>(
    w: &mut Writer,
    name: &str,
    texts: impl IntoIterator<Item = (LanguageCode, &'t str)>,
) {
    slot(w, name, Kind::International, |w| {
        w.element("rim:Value", &[], |w| {
            for (lang, value) in texts {
                let attributes = [("xml:lang", lang.as_str()), ("value", value)];
                w.empty("rim:LocalizedString", &attributes);
            }
        });
    });
}

/// A slot with one element of the SDG profile.
pub(in crate::edm) fn any(w: &mut Writer, name: &str, content: impl FnOnce(&mut Writer)) {
    slot(w, name, Kind::Any, content);
}

/// A slot with a set of elements of the SDG profile.
pub(in crate::edm) fn collection<T>(
    w: &mut Writer,
    name: &str,
    items: impl IntoIterator<Item = T>,
    write: impl Fn(&mut Writer, T),
) {
    slot(w, name, Kind::Collection, |w| {
        for item in items {
            let attributes = [("xsi:type", "rim:AnyValueType")];
            w.element("rim:Element", &attributes, |w| write(w, item));
        }
    });
}

/// An element with text, if there is a text.
pub(in crate::edm) fn optional(w: &mut Writer, name: &str, text: Option<&str>) {
    if let Some(text) = text {
        w.leaf(name, &[], text);
    }
}
