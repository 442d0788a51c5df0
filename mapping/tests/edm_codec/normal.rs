//! The form in which a message that was read and one that was written are compared.
//!
//! What is made equal, because it carries no meaning or because what is written is stricter:
//! 1. comments, instructions and white space around values are left out;
//! 2. slots stand in the order of their names `[W15]`; `ER` and `EP` agents come before `IP`;
//! 3. times are compared as instants;
//! 4. languages are in capitals, absent ones are English `[W11]`; the language of the procedure string is English;
//! 5. collections say that they are sets (mandatory since 1.1);
//! 6. the severity is the URN in force `[W12]`;
//! 7. the answer id of 1.0 is without `urn:uuid:`, an object id without a stray letter before it;
//! 8. `xsi:schemaLocation` is dropped;
//! 9. of the subject of evidence only what identifies it is left (1.0 and 1.1 send more);
//! 10. agents that only have identifier and name lose the rest (1.0 and 1.1 send more);
//! 11. a blank name is the identifier (seen in 1.0); `TAX` is in capitals; a preview outside PreviewRequired is dropped, before 2.0 it has a method.

use jiff::Timestamp;
use std::collections::BTreeMap;
use xml::{Document, Element, Limits, Name, Node, Writer, compare};

/// The first difference between two messages in normal form.
pub(crate) fn difference(left: &[u8], right: &[u8]) -> Option<String> {
    let (left, right) = (normal(left), normal(right));
    let trim = compare::Normalization {
        trim: true,
        collapse: false,
    };
    compare::difference(left.root(), right.root(), &trim)
}

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
const IDENTITY: &[&str] = &[
    "Identifier",
    "FamilyName",
    "GivenName",
    "DateOfBirth",
    "PlaceOfBirth",
    "LegalPersonIdentifier",
    "LegalName",
];

fn normal(bytes: &[u8]) -> Document {
    let document = Document::parse(bytes, &Limits::REGREP).unwrap();
    let mut writer = Writer::new();
    write(&mut writer, document.root());
    Document::parse(&writer.finish().into_bytes(), &Limits::REGREP).unwrap()
}

fn write(w: &mut Writer, element: Element<'_>) {
    let name = element.name();
    let mut attributes: BTreeMap<String, String> = BTreeMap::new();
    for attribute in element.attributes() {
        if let Some((key, value)) = attribute_of(element, attribute.name(), attribute.value()) {
            attributes.insert(key, value);
        }
    }
    if attributes
        .get("t:type")
        .is_some_and(|t| t == "CollectionValueType")
    {
        let set = "urn:oasis:names:tc:ebxml-regrep:CollectionType:Set";
        attributes.insert("collectionType".to_owned(), set.to_owned());
    }
    if matches!(name.local, "Name" | "Title" | "Description") {
        attributes
            .entry("lang".to_owned())
            .or_insert("EN".to_owned());
    }
    // Every namespace is declared where it is used: prefixes carry no meaning.
    attributes.insert("xmlns:n".to_owned(), name.namespace.to_owned());
    attributes.insert("xmlns:t".to_owned(), XSI.to_owned());
    attributes.insert(
        "xmlns:l".to_owned(),
        "http://www.w3.org/1999/xlink".to_owned(),
    );
    let attributes: Vec<_> = attributes
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    w.element(&format!("n:{}", name.local), &attributes, |w| {
        w.text(&text_of(element));
        children_of(element)
            .into_iter()
            .for_each(|child| write(w, child));
        if is_preview_without_method(element) {
            method(w);
        }
    });
}

fn attribute_of(element: Element<'_>, name: Name<'_>, value: &str) -> Option<(String, String)> {
    let value = value.trim();
    let key = match name.namespace {
        "" => name.local.to_owned(),
        XSI if name.local == "schemaLocation" => return None,
        XSI => format!("t:{}", name.local),
        xml::XML_NAMESPACE => format!("xml:{}", name.local),
        _ => format!("l:{}", name.local),
    };
    let value = value
        .strip_prefix('u')
        .filter(|v| v.starts_with("urn:uuid:"))
        .unwrap_or(value);
    let value = match (element.name().local, name.local) {
        (_, "type") if name.namespace == XSI => value.rsplit(':').next().unwrap().to_owned(),
        (_, "lang") if slot_name(element) == Some("Procedure") => "EN".to_owned(),
        (_, "lang") => value.to_uppercase(),
        (_, "severity") if value.contains("PreviewRequired") => "preview".to_owned(),
        (_, "schemeID") if value == "Tax" => "TAX".to_owned(),
        ("Exception", "severity") => "error".to_owned(),
        _ => value.to_owned(),
    };
    Some((key, value))
}

fn text_of(element: Element<'_>) -> String {
    let leaf = element.children().next().is_none();
    let text: String = element
        .nodes()
        .filter_map(|node| match node {
            Node::Text(text) => Some(text),
            _ => None,
        })
        .collect();
    let text = text.trim();
    let kind = element
        .parent()
        .and_then(|parent| parent.attribute(XSI, "type"));
    if !leaf {
        String::new()
    } else if kind.is_some_and(|kind| kind.ends_with("DateTimeValueType")) {
        text.parse::<Timestamp>().unwrap().to_string()
    } else if text.is_empty() && element.name().local == "Name" {
        let mut siblings = element.parent().unwrap().children();
        let identifier = siblings.find(|e| e.name().local == "Identifier");
        identifier.unwrap().text().trim().to_owned()
    } else if slot_name(element) == Some("EvidenceResponseIdentifier") {
        text.replace("urn:uuid:", "")
    } else {
        text.to_owned()
    }
}

fn children_of(element: Element<'_>) -> Vec<Element<'_>> {
    let mut children: Vec<_> = element.children().filter(|child| is_kept(*child)).collect();
    // Stable: whatever is not a slot keeps its order after the slots.
    children.sort_by_key(|child| match child.name().local {
        "Slot" => (0, child.attribute("", "name").unwrap()),
        "Element" => match child
            .descendants()
            .find(|e| e.name().local == "Classification")
        {
            Some(role) if role.trimmed_text() == "IP" => (2, ""),
            _ => (1, ""),
        },
        _ => (1, ""),
    });
    children
}

fn is_kept(element: Element<'_>) -> bool {
    let local = element.name().local;
    let parent = element.parent().unwrap();
    let inside = |name: &str| parent.parent().is_some_and(|e| e.name().local == name);
    let about = inside("IsAbout");
    let is_response = root(element).name().local == "QueryResponse";
    let bare = is_response && slot_name(element) == Some("EvidenceRequester");
    let bare_agent = bare && parent.name().local == "Agent";
    let dropped_preview = parent.name().local == "Exception"
        && !parent
            .attribute("", "severity")
            .unwrap()
            .contains("PreviewRequired")
        && element
            .attribute("", "name")
            .is_some_and(|name| name.starts_with("Preview"));
    let blank = element.children().next().is_none()
        && element.attributes().next().is_none()
        && local != "Name"
        && element.text().trim().is_empty()
        && !matches!(local, "RegistryObjectList");
    !(about && !IDENTITY.contains(&local)
        || bare_agent && !matches!(local, "Identifier" | "Name")
        || dropped_preview
        || blank)
}

fn is_preview_without_method(element: Element<'_>) -> bool {
    let has = |name| {
        let mut slots = element.children();
        slots.any(|slot| slot.attribute("", "name") == Some(name))
    };
    let preview = element
        .attribute("", "severity")
        .is_some_and(|severity| severity.contains("PreviewRequired"));
    let two = root(element)
        .descendants()
        .any(|e| e.name().local == "Value" && e.text().trim() == "oots-edm:v2.0");
    !two && preview && has("PreviewLocation") && !has("PreviewMethod")
}

fn method(w: &mut Writer) {
    let namespace = ("xmlns:n", "urn:oasis:names:tc:ebxml-regrep:xsd:rim:4.0");
    w.element("n:Slot", &[namespace, ("name", "PreviewMethod")], |w| {
        let kind = [("xmlns:t", XSI), ("t:type", "StringValueType")];
        w.element("n:SlotValue", &kind, |w| w.leaf("n:Value", &[], "GET"));
    });
}

fn root(element: Element<'_>) -> Element<'_> {
    element.parent().map_or(element, root)
}

/// The slot an element stands in.
fn slot_name(element: Element<'_>) -> Option<&str> {
    let parent = element.parent()?;
    if parent.name().local == "Slot" {
        return parent.attribute("", "name");
    }
    slot_name(parent)
}
