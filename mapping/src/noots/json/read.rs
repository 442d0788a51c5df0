//! From the tree to a message.

mod agent;
mod evidence;
mod message;
mod subject;

use super::cursor::{Fields, Node, Read};
use super::tree::Json;
use crate::noots::Message;
use crate::noots::code::{CodeList, MessageType};
use crate::noots::header::{Channel, Header, Party, Product};
use crate::noots::invalid::{About, Finding, Invalid, Rule};

/// The directory's own codes, kept as they are.
struct Free(String);

impl std::str::FromStr for Free {
    type Err = crate::noots::Malformed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

/// Reads a message, or says what is wrong with it and what can be told all the same.
pub(in crate::noots) fn decode(tree: &Json<'_>) -> Result<Message, Invalid> {
    message(tree).map_err(|finding| {
        let about = about(tree);
        if finding.rule() == Rule::OneSubject {
            // Two places are wrong together, and the caller has to see both.
            let legal = finding.clone().at("LegalPerson");
            Invalid::new(finding.at("NaturalPerson"), vec![legal], about)
        } else {
            Invalid::new(finding, Vec::new(), about)
        }
    })
}

fn message(tree: &Json<'_>) -> Read<Message> {
    let (message_type, body) = root(tree)?;
    message::read(message_type, body).map_err(|finding| finding.below(message_type.as_str()))
}

/// What can be told about a message that cannot be read.
pub(in crate::noots) fn about(tree: &Json<'_>) -> About {
    let Ok((message_type, body)) = root(tree) else {
        return About::default();
    };
    // Every part is tried on its own: the reader of the whole stops at the first fault.
    let body = body.lenient();
    let head = |fields: &mut Fields<'_>| {
        fields.required("nachrichtenkopf", |node| {
            node.fields(|fields| {
                fields.required("identifikation.nachricht", |node| {
                    node.fields(|fields| fields.required("nachrichtenUUID", Node::parsed))
                })
            })
        })
    };
    let author = |fields: &mut Fields<'_>| {
        fields.required("nachrichtenkopf", |node| {
            node.fields(|fields| fields.required("autor", party))
        })
    };
    About {
        message_type: Some(message_type),
        message_id: body.fields(head).ok(),
        author: body.fields(author).ok(),
        requesters: body
            .fields(|fields| fields.required("EvidenceRequester", agent::agents))
            .ok(),
    }
}

/// [XN-B1] one member, named like the root element.
fn root<'j>(tree: &'j Json<'j>) -> Read<(MessageType, Node<'j>)> {
    let wrong = || {
        Finding::new(
            Rule::Json,
            "not an object with one member named like a message",
        )
    };
    let Json::Object(members) = tree else {
        return Err(wrong());
    };
    let [(name, body)] = members.as_slice() else {
        return Err(wrong());
    };
    let message_type: MessageType = name.parse().map_err(|_| wrong())?;
    Ok((message_type, Node::new(body, message_type.is_request())))
}

/// Attributes of the message and its head.
fn header(fields: &mut Fields<'_>, message_type: MessageType) -> Read<Header> {
    fields.required("standard", |node| node.fixed("XNachweis"))?;
    fields.required("version", |node| node.fixed("1.4"))?;
    let product = Product {
        name: fields.required("produkt", Node::string)?,
        maker: fields.required("produkthersteller", Node::string)?,
        version: fields.optional("produktversion", Node::string)?,
    };
    let test = fields.optional("test", Node::string)?;
    fields.required("nachrichtenkopf", |node| {
        node.fields(|fields| {
            let (id, created_at) = fields.required("identifikation.nachricht", |node| {
                node.fields(|fields| {
                    let id = fields.required("nachrichtenUUID", Node::parsed)?;
                    fields.required("nachrichtentyp", |node| named_type(node, message_type))?;
                    Ok((id, fields.required("erstellungszeitpunkt", Node::parsed)?))
                })
            })?;
            let reader = fields.required("leser", party)?;
            let author = fields.required("autor", party)?;
            Ok(Header {
                product,
                test,
                id,
                created_at,
                reader,
                author,
            })
        })
    })
}

fn named_type(node: Node<'_>, expected: MessageType) -> Read<()> {
    let named: MessageType = node.code(CodeList::MessageTypes)?;
    if named == expected {
        Ok(())
    } else {
        Err(Finding::new(Rule::Fixed, "not the name of the root member").below("code"))
    }
}

fn party(node: Node<'_>) -> Read<Party> {
    node.fields(|fields| {
        let directory = |node: Node<'_>| node.code::<Free>(CodeList::Directories);
        Ok(Party {
            directory: fields.required("verzeichnisdienst", directory)?.0,
            id: fields.required("kennung", Node::string)?,
            name: fields.required("name", Node::string)?,
            channels: fields.any_number("erreichbarkeit", channel)?,
        })
    })
}

fn channel(node: Node<'_>) -> Read<Channel> {
    node.fields(|fields| {
        Ok(Channel {
            kind: fields
                .required("kanal", |node| node.code::<Free>(CodeList::Channels))?
                .0,
            id: fields.required("kennung", Node::string)?,
            note: fields.optional("zusatz", Node::string)?,
        })
    })
}
