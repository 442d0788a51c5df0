//! From a document to the tree of the JSON form. Checks what only XML has: namespaces, order,
//! mixed content, unknown attributes. Goes on after a fault, so that what can be told about the
//! message is told.

use std::borrow::Cow;

use ::xml::{Document, Element, Node};

use super::shape::{self, Content, Field, Group, Namespace, Occurs, Version};
use super::{signature, upgrade};
use crate::noots::Limits;
use crate::noots::code::MessageType;
use crate::noots::invalid::{Finding, Rule};
use crate::noots::json::tree::Json;

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

type Members<'d> = Vec<(Cow<'d, str>, Json<'d>)>;

/// What a document holds.
pub(super) struct Read<'d> {
    /// The message as the JSON form has it.
    pub(super) tree: Json<'d>,
    /// The first fault of the document itself.
    pub(super) finding: Option<Finding>,
    /// Where its parts stand.
    pub(super) shape: &'static [Group],
}

/// Reads a document whose root is a message of a version we know.
pub(super) fn document<'d>(document: &'d Document, limits: &Limits) -> Result<Read<'d>, Finding> {
    let root = document.root();
    let (version, message_type) = identify(root)
        .ok_or_else(|| Finding::new(Rule::Xml, "not a message of a known version"))?;
    let mut reader = Reader {
        limits,
        version,
        strict: message_type.is_request(),
        finding: None,
    };
    let shape = shape::of(version, message_type);
    let mut body = reader.parts(root, shape);
    if version == Version::V1_2 {
        upgrade::message(&mut body, message_type);
    }
    Ok(Read {
        tree: Json::Object(vec![(Cow::Borrowed(message_type.as_str()), body)]),
        finding: reader.finding,
        shape,
    })
}

fn identify(root: Element<'_>) -> Option<(Version, MessageType)> {
    let name = root.name();
    let version = [Version::V1_4, Version::V1_2]
        .into_iter()
        .find(|version| Namespace::Noots.uri(*version) == name.namespace)?;
    Some((version, name.local.parse().ok()?))
}

struct Reader<'l> {
    limits: &'l Limits,
    version: Version,
    /// Whether what is unknown is refused.
    strict: bool,
    finding: Option<Finding>,
}

/// The elements of one element as they are read.
struct Sequence<'d> {
    fields: Vec<Field>,
    /// The place in `fields` of the last element.
    reached: usize,
    members: Members<'d>,
}

impl Reader<'_> {
    /// An element of elements.
    fn parts<'d>(&mut self, element: Element<'d>, shape: &'static [Group]) -> Json<'d> {
        let mut sequence = Sequence {
            fields: shape
                .iter()
                .flat_map(|group| group.iter().copied())
                .collect(),
            reached: 0,
            members: Vec::new(),
        };
        self.attributes(element, &mut sequence);
        for node in element.nodes() {
            match node {
                Node::Element(child) => self.child(child, &mut sequence),
                Node::Text(text) if !is_blank(text) => {
                    self.refuse(element, Rule::Kind, "text between elements");
                }
                Node::Text(_) | Node::Comment(_) | Node::Instruction { .. } => {}
            }
        }
        Json::Object(sequence.members)
    }

    fn attributes<'d>(&mut self, element: Element<'d>, sequence: &mut Sequence<'d>) {
        for attribute in element.attributes() {
            let name = attribute.name();
            let field = sequence
                .fields
                .iter()
                .find(|field| field.is_attribute() && field.name == name.local);
            match field {
                Some(field) if name.namespace.is_empty() => {
                    let member = Cow::Borrowed(field.member);
                    let text = self.limited(element, Cow::Borrowed(attribute.value()));
                    sequence.members.push((member, Json::Text(text)));
                }
                _ => self.unknown_attribute(element, name),
            }
        }
    }

    /// [XN-B11] as in the JSON form. Where a schema lies says nothing about the message.
    fn unknown_attribute(&mut self, element: Element<'_>, name: ::xml::Name<'_>) {
        let hint = name.namespace == XSI
            && matches!(name.local, "schemaLocation" | "noNamespaceSchemaLocation");
        if self.strict && !hint {
            let place = format!("{}/@{}", element.path(), name.local);
            self.refuse_at(&place, Rule::UnknownMember, "not a known attribute");
        }
    }

    fn child<'d>(&mut self, child: Element<'d>, sequence: &mut Sequence<'d>) {
        let names = |field: &Field| names(field, child, self.version);
        let found = sequence.fields.iter().copied().enumerate();
        let Some((place, field)) = found.into_iter().find(|(_, field)| names(field)) else {
            if self.strict {
                self.refuse(child, Rule::UnknownMember, "not a known element");
            }
            return;
        };
        let single = field.occurs != Occurs::Many;
        if single
            && sequence
                .members
                .iter()
                .any(|(name, _)| name == field.member)
        {
            self.refuse(child, Rule::DuplicateMember, "the element occurs twice");
            return;
        }
        if place < sequence.reached {
            self.refuse(child, Rule::Order, "not in the order of the schema");
        }
        sequence.reached = sequence.reached.max(place);
        if let Some(value) = self.value(child, field.content) {
            self.put(child, &field, value, &mut sequence.members);
        }
    }

    fn put<'d>(
        &mut self,
        child: Element<'d>,
        field: &Field,
        value: Json<'d>,
        members: &mut Members<'d>,
    ) {
        let list = members.iter_mut().find(|(name, _)| name == field.member);
        match (field.occurs, list) {
            (Occurs::Many, Some((_, Json::Array(values)))) => {
                if values.len() < self.limits.items {
                    values.push(value);
                } else {
                    self.refuse(child, Rule::Limit, "too many values");
                }
            }
            (Occurs::Once, _) => members.push((Cow::Borrowed(field.member), value)),
            (Occurs::Many | Occurs::OnceInList, _) => {
                members.push((Cow::Borrowed(field.member), Json::Array(vec![value])));
            }
        }
    }

    fn value<'d>(&mut self, element: Element<'d>, content: Content) -> Option<Json<'d>> {
        Some(match content {
            Content::Attribute | Content::Dropped => return None,
            Content::Parts(shape) => self.parts(element, shape),
            Content::Text => Json::Text(self.text(element, &[])),
            Content::Token => Json::Text(trimmed(self.text(element, &[]))),
            Content::Integer => integer(&trimmed(self.text(element, &[]))),
            Content::Base64 => Json::Text(self.document(element)),
            Content::Signature => Json::Text(self.signature(element)?),
            Content::Labeled(attribute) => self.labeled(element, attribute),
            Content::Wrapped(member, inner) => {
                let inner = self.value(element, *inner)?;
                Json::Object(vec![(Cow::Borrowed(member), inner)])
            }
            Content::CodeText => upgrade::code_alone(self.parts(element, shape::CODE_PARTS)),
            Content::Model => Json::Text(upgrade::model(trimmed(self.text(element, &[])))),
        })
    }

    /// A text with an attribute; whether the attribute must be there is not said here.
    fn labeled<'d>(&mut self, element: Element<'d>, attribute: &'static str) -> Json<'d> {
        let text = self.text(element, &[attribute]);
        let mut members = vec![(Cow::Borrowed("value"), Json::Text(text))];
        if let Some(label) = element.attribute("", attribute) {
            let label = self.limited(element, Cow::Borrowed(label));
            members.push((Cow::Borrowed(attribute), Json::Text(label)));
        }
        Json::Object(members)
    }

    /// A text as it is, of an element with no attributes but these.
    fn text<'d>(&mut self, element: Element<'d>, attributes: &[&str]) -> Cow<'d, str> {
        let text = self.plain(element, attributes);
        self.limited(element, text)
    }

    fn plain<'d>(&mut self, element: Element<'d>, attributes: &[&str]) -> Cow<'d, str> {
        for attribute in element.attributes() {
            let name = attribute.name();
            if !(name.namespace.is_empty() && attributes.contains(&name.local)) {
                self.unknown_attribute(element, name);
            }
        }
        // A comment too: it would split what one reader sees and not what another sees.
        if !element.is_plain_text() {
            self.refuse(element, Rule::Kind, "not a text only");
        }
        element.text()
    }

    fn limited<'d>(&mut self, element: Element<'_>, text: Cow<'d, str>) -> Cow<'d, str> {
        if text.len() > self.limits.text_bytes {
            self.refuse(element, Rule::Limit, "the text is too long");
        }
        text
    }

    /// The base64 of a document. The schema allows white space in it, and a seal is over the text
    /// as it stands: a sealed text must be the one we would write. [XN-B8]
    fn document<'d>(&mut self, element: Element<'d>) -> Cow<'d, str> {
        let text = self.plain(element, &[]);
        if text.len() > self.limits.item_bytes {
            self.refuse(element, Rule::Limit, "the text is too long");
        }
        if is_sealed(element) || !text.contains(is_space) {
            return text;
        }
        Cow::Owned(text.chars().filter(|c| !is_space(*c)).collect())
    }

    fn signature<'d>(&mut self, element: Element<'d>) -> Option<Cow<'d, str>> {
        use base64::Engine as _;
        match signature::as_read(element) {
            Some(xml) => {
                let text = base64::engine::general_purpose::STANDARD.encode(xml);
                Some(self.limited(element, Cow::Owned(text)))
            }
            None => {
                self.refuse(element, Rule::Signature, "not an XML signature");
                None
            }
        }
    }

    fn refuse(&mut self, element: Element<'_>, rule: Rule, problem: &'static str) {
        // The path costs a walk to the root, and only the first fault is told.
        if self.finding.is_none() {
            self.refuse_at(&element.path(), rule, problem);
        }
    }

    fn refuse_at(&mut self, path: &str, rule: Rule, problem: &'static str) {
        let finding = || Finding::new(rule, problem).at(path.trim_start_matches('/'));
        self.finding.get_or_insert_with(finding);
    }
}

/// Whether the element is the one of the field. The schema gives a signature the name `Signature`
/// in its own namespace; that of XML signatures is understood as well.
fn names(field: &Field, element: Element<'_>, version: Version) -> bool {
    let own = element.is(field.namespace.uri(version), field.name);
    match field.content {
        Content::Attribute => false,
        Content::Signature => own || element.is(signature::NAMESPACE, "Signature"),
        _ => own,
    }
}

fn is_sealed(item: Element<'_>) -> bool {
    let object = item.parent().and_then(Element::parent);
    object.is_some_and(|object| object.children().any(|e| e.name().local == "Signature"))
}

fn integer(text: &str) -> Json<'static> {
    // The schema type allows a sign and leading zeros.
    let digits = text.strip_prefix('+').unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    match digits.parse() {
        Ok(number) if plain => Json::Integer(number),
        _ => Json::Unused,
    }
}

fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_matches(is_space)),
        Cow::Owned(text) => Cow::Owned(text.trim_matches(is_space).to_owned()),
    }
}

fn is_blank(text: &str) -> bool {
    text.chars().all(is_space)
}

const fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}
