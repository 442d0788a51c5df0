//! From the tree of the JSON form to a document of 1.4. Members are written in the order of the
//! schema, wherever they stand in the tree.

use ::xml::Writer;
use base64::Engine as _;

use super::shape::{Content, Field, Group, Namespace, Occurs, Version};
use super::signature;
use crate::noots::invalid::{Finding, Rule};
use crate::noots::json::tree::Json;

/// Writes a message.
pub(super) fn document(tree: &Json<'_>, shape: &'static [Group]) -> Result<String, Finding> {
    let mut pen = Pen {
        signatures: Vec::new(),
        place: String::new(),
        finding: None,
    };
    let mut writer = Writer::with_declaration();
    if let Json::Object(members) = tree {
        for (name, body) in members {
            pen.inside(name, |pen| pen.root(&mut writer, name, shape, body));
        }
    }
    match pen.finding.take() {
        Some(finding) => Err(finding),
        None => Ok(pen.sign(writer.finish().into_string())),
    }
}

struct Pen {
    /// Signatures in the order of the document, each the text of a whole element.
    signatures: Vec<Signature>,
    /// Pointer to what is being written.
    place: String,
    finding: Option<Finding>,
}

struct Signature {
    /// What stands for it until it is put in: nothing else can look like this, because texts are
    /// escaped.
    mark: String,
    text: String,
}

impl Pen {
    fn root(&mut self, writer: &mut Writer, name: &str, shape: &'static [Group], body: &Json<'_>) {
        let declared: Vec<(String, &str)> = Namespace::ALL
            .iter()
            .map(|namespace| {
                let declaration = format!("xmlns:{}", namespace.prefix());
                (declaration, namespace.uri(Version::V1_4))
            })
            .collect();
        let mut attributes: Vec<(&str, &str)> = declared
            .iter()
            .map(|(name, uri)| (name.as_str(), *uri))
            .collect();
        attributes.extend(own_attributes(shape, body));
        let name = format!("{}:{name}", Namespace::Noots.prefix());
        writer.element(&name, &attributes, |writer| {
            self.children(writer, shape, body);
        });
    }

    fn children(&mut self, writer: &mut Writer, shape: &'static [Group], body: &Json<'_>) {
        for field in fields(shape).filter(|field| !field.is_attribute()) {
            let Some(value) = member(body, field.member) else {
                continue;
            };
            self.inside(field.member, |pen| match (field.occurs, value) {
                (Occurs::Many, Json::Array(values)) => {
                    for (place, value) in values.iter().enumerate() {
                        pen.inside(&place.to_string(), |pen| pen.element(writer, field, value));
                    }
                }
                _ => pen.element(writer, field, value),
            });
        }
    }

    fn element(&mut self, writer: &mut Writer, field: &Field, value: &Json<'_>) {
        let name = field.qualified();
        match (field.content, value) {
            (Content::Parts(shape), body) => {
                let attributes: Vec<_> = own_attributes(shape, body).collect();
                writer.element(&name, &attributes, |writer| {
                    self.children(writer, shape, body);
                });
            }
            (Content::Text | Content::Token | Content::Base64, Json::Text(text)) => {
                writer.leaf(&name, &[], text);
            }
            (Content::Integer, Json::Integer(number)) => {
                writer.leaf(&name, &[], &number.to_string());
            }
            (Content::Labeled(attribute), body) => {
                let label = member_text(body, attribute).map(|label| (attribute, label));
                let text = member_text(body, "value").unwrap_or_default();
                writer.leaf(&name, label.as_slice(), text);
            }
            (Content::Signature, Json::Text(text)) => self.signature(writer, &name, text),
            // Parts of 1.2.0, which is not written, and values the tree does not have there.
            _ => {}
        }
    }

    fn signature(&mut self, writer: &mut Writer, name: &str, text: &str) {
        let bytes = base64::engine::general_purpose::STANDARD.decode(text);
        match bytes.ok().and_then(|xml| signature::as_written(&xml, name)) {
            Some(text) => {
                self.signatures.push(Signature {
                    mark: format!("<{name}></{name}>"),
                    text,
                });
                writer.empty(name, &[]);
            }
            None => {
                let finding = Finding::new(Rule::Signature, "not an XML signature");
                let place = self.place.trim_start_matches('/').to_owned();
                self.finding.get_or_insert_with(|| finding.at(&place));
            }
        }
    }

    /// Puts the signatures where their marks stand. A writer would not leave their bytes alone.
    fn sign(&self, text: String) -> String {
        if self.signatures.is_empty() {
            return text;
        }
        let mut signed = String::with_capacity(text.len());
        let mut rest = text.as_str();
        for signature in &self.signatures {
            if let Some((before, after)) = rest.split_once(&signature.mark) {
                signed.push_str(before);
                signed.push_str(&signature.text);
                rest = after;
            }
        }
        signed.push_str(rest);
        signed
    }

    fn inside(&mut self, step: &str, write: impl FnOnce(&mut Self)) {
        let outside = self.place.len();
        self.place.push('/');
        self.place.push_str(step);
        write(self);
        self.place.truncate(outside);
    }
}

fn fields(shape: &'static [Group]) -> impl Iterator<Item = &'static Field> {
    shape.iter().flat_map(|group| group.iter())
}

fn own_attributes<'t>(
    shape: &'static [Group],
    body: &'t Json<'_>,
) -> impl Iterator<Item = (&'t str, &'t str)> {
    fields(shape)
        .filter(|field| field.is_attribute())
        .filter_map(|field| Some((field.name, member_text(body, field.member)?)))
}

fn member<'t, 'd>(place: &'t Json<'d>, name: &str) -> Option<&'t Json<'d>> {
    match place {
        Json::Object(members) => members
            .iter()
            .find(|(member, _)| member == name)
            .map(|(_, value)| value),
        _ => None,
    }
}

fn member_text<'t>(place: &'t Json<'_>, name: &str) -> Option<&'t str> {
    match member(place, name)? {
        Json::Text(text) => Some(text),
        _ => None,
    }
}
